"""The pages of the stand-ins: plain HTML that a browser, or a test without one, signs in with."""

from __future__ import annotations

from html import escape

from ._messages import Reply

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
</head>
<body>
<main>
<h1>{heading}</h1>
{content}
</main>
</body>
</html>
"""
# Without an action a form goes back to the address of its page, with the query that is there.
_FORM = """<form method="post">
<p><label for="username">User name</label>
<input id="username" name="username" autocomplete="username" required autofocus></p>
<p><label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required></p>
{hidden}<p><button type="submit">Sign in</button>{cancel}</p>
</form>"""
_CANCEL = ' <button type="submit" name="cancel" value="yes" formnovalidate>Cancel</button>'
_WRONG = '<p role="alert">The user name or the password is wrong.</p>\n'


def page(title: str, heading: str, content: str, status: int = 200) -> Reply:
    """Give a page whose content is HTML already."""
    text = _PAGE.format(title=escape(title), heading=escape(heading), content=content)
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"))
    return Reply(status, headers, text.encode())


def sign_in_page(
    title: str,
    heading: str,
    *,
    is_wrong: bool = False,
    can_cancel: bool = False,
    hidden: dict[str, str] | None = None,
) -> Reply:
    """Give the page that asks for user name and password.

    Args:
        title: The page's title.
        heading: Its heading.
        is_wrong: Whether it is shown again because they were wrong, which makes it a 401.
        can_cancel: Whether there is a button for who does not want to sign in.
        hidden: What the form sends beside what the person enters.
    """
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">\n'
        for name, value in (hidden or {}).items()
    )
    form = _FORM.format(hidden=fields, cancel=_CANCEL if can_cancel else "")
    return page(title, heading, (_WRONG if is_wrong else "") + form, 401 if is_wrong else 200)


def problem_page(text: str, status: int = 400) -> Reply:
    """Give the page of an error that no redirect may tell."""
    return page("Error", "This cannot be done", f"<p>{escape(text)}</p>", status)
