// The list of pages is longer than a screen: show the part of it where the reader is.
document.addEventListener("DOMContentLoaded", () => {
  const list = document.querySelector(".sidebar-scroll");
  const here = list?.querySelector(".current-page");
  if (here) {
    const down = here.getBoundingClientRect().bottom - list.getBoundingClientRect().bottom;
    if (down > 0) {
      list.scrollBy({ top: down + list.clientHeight / 2, behavior: "instant" });
    }
  }
});
