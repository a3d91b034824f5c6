// What is wrong with the look of the page that is open, as a list of sentences.
// The least contrast is that of WCAG 2, level AA, for text of any size.
({ theme }) => {
  const LEAST_CONTRAST = 4.5;

  const pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const known = new Map();

  // Red, green, blue and opacity, each from 0 to 1, of a colour as CSS computes it.
  function parts(color) {
    if (!known.has(color)) {
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = color;
      pixel.fillRect(0, 0, 1, 1);
      known.set(color, [...pixel.getImageData(0, 0, 1, 1).data].map((part) => part / 255));
    }
    return known.get(color);
  }

  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));

  function background(element) {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      const layer = parts(getComputedStyle(each).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reduceRight((below, layer) => over(layer, below), [1, 1, 1]);
  }

  function luminance(color) {
    const [red, green, blue] = color.map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function contrast(element) {
    const below = background(element);
    const text = over(parts(getComputedStyle(element).color), below);
    const [dark, light] = [luminance(text), luminance(below)].sort((one, two) => one - two);
    return (light + 0.05) / (dark + 0.05);
  }

  function name(element) {
    const names = [];
    for (let each = element; each && each !== document.body; each = each.parentElement) {
      names.unshift([each.localName, ...each.classList].join("."));
    }
    return names.slice(-3).join(" > ");
  }

  function faint() {
    const found = new Map();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      const text = texts.currentNode.data.trim();
      if (!text || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) {
        continue;
      }
      const ratio = contrast(element);
      if (ratio < LEAST_CONTRAST) {
        found.set(name(element), `contrast ${ratio.toFixed(2)}: ${name(element)}: ${text}`);
      }
    }
    return [...found.values()];
  }

  // The text scrolls inside .content where the window is narrow: it must not, either.
  function wide() {
    return [document.scrollingElement, document.querySelector(".content")]
      .filter((each) => each.scrollWidth > each.clientWidth)
      .map((each) => `${name(each)} is ${each.scrollWidth} wide in ${each.clientWidth}`);
  }

  // The mean of its pixels, from black (0) to white (1), as the page shows it.
  function brightness(picture) {
    const { width, height } = picture.getBoundingClientRect();
    const scale = Math.min(1, 300 / width);
    const canvas = new OffscreenCanvas(Math.ceil(width * scale), Math.ceil(height * scale));
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const below = background(picture).map((part) => Math.round(255 * part));
    context.fillStyle = `rgb(${below})`;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.filter = getComputedStyle(picture).filter;
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, part, i) => (i % 4 === 3 ? sum : sum + part), 0) / data.length / 0.75 / 255;
  }

  const isOf = (other, bright) => (other === "dark" ? bright < 0.3 : bright > 0.6);

  function pictures() {
    const images = [...document.images];
    const [there, missing] = [true, false].map((is) =>
      images.filter((picture) => (picture.complete && picture.naturalWidth > 0) === is),
    );
    const wrong = there
      .filter((picture) => picture.checkVisibility() && !isOf(theme, brightness(picture)))
      .map((picture) => `${picture.src} has brightness ${brightness(picture).toFixed(2)}`);
    const themed = ["light", "dark"].flatMap((each) =>
      [...document.querySelectorAll(`.only-${each}`)]
        .filter((picture) => picture.checkVisibility() !== (each === theme))
        .map((picture) => `${name(picture)} in the ${theme} theme`),
    );
    return [...missing.map((picture) => `no picture at ${picture.src}`), ...wrong, ...themed];
  }

  const page = luminance(background(document.body));
  const inverted = isOf(theme, page) ? [] : [`the page has brightness ${page.toFixed(2)}`];
  return [...inverted, ...wide(), ...faint(), ...pictures()];
}
