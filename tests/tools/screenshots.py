"""Pictures of HTML reports, to be looked at.

    python tests/tools/screenshots.py [FOLDER] [REPORT.html]...

writes PNG files (and a PDF) of a report on claims, of an audit and of an explanation, or of other
reports: light, dark, on a phone, by keyboard, without scripts and on paper.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "support"))

from browser import browser, missing  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What is reported, and the file's name.
COMMANDS = (
    ("claims.html", "verify", "tests/reports/fails.pod", "--bound", "12", "--format", "html"),
    ("audit.html", "audit", "tests/corpus", "--severity", "info", "--format", "html"),
    ("explanation.html", "explain", "tests/observation/pods/evicted.yaml", "--format", "html"),
)

DRAWN_MS = 300  # after which what has come into view is drawn
HIGHEST = 12_000  # px of a picture that shows all of its page

# name, width and height in px, colour scheme
VIEWS = (
    ("light", 1000, 900, "light"),
    ("dark", 1000, 900, "dark"),
    ("phone", 390, 844, "light"),
    ("phone-dark", 390, 844, "dark"),
)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    if missing():
        sys.exit(missing())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        for report in map(Path, sys.argv[2:]) if len(sys.argv) > 2 else reports(Path(made)):
            picture(report.resolve().as_uri(), folder, report.stem)


def reports(folder: Path) -> Iterator[Path]:
    """Reports that are made for this."""
    for name, *command in COMMANDS:
        asked = [sys.executable, "-m", "podcheck", *command]
        with (folder / name).open("wb") as page:
            subprocess.run(asked, stdout=page, cwd=TESTS.parent, check=False)
        yield folder / name


def picture(report: str, folder: Path, stem: str) -> None:
    """All pictures of a report."""

    def path(name: str) -> Path:
        print(found := folder / f"{stem}-{name}")
        return found

    with browser() as launched:
        for name, width, height, scheme in VIEWS:
            page = launched.new_page(viewport={"width": width, "height": height})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.goto(report)
            players = page.locator(".player")
            if players.count():  # as it looks after two steps of the second run
                players.nth(min(1, players.count() - 1)).click()
                page.keyboard.press("ArrowRight")
                page.keyboard.press("ArrowRight")
            whole(page, path(f"{name}.png"))
        page = launched.new_page(viewport={"width": 1000, "height": 900})
        page.goto(report)
        for _ in range(12):
            page.keyboard.press("Tab")
        page.screenshot(path=path("keyboard.png"))
        context = launched.new_context(java_script_enabled=False)
        plain = context.new_page()
        plain.set_viewport_size({"width": 1000, "height": 900})
        plain.goto(report)
        whole(plain, path("no-script.png"))
        page.emulate_media(media="print")
        page.screenshot(path=path("print.png"), full_page=True)
        page.pdf(path=path("print.pdf"), format="A4", print_background=True)


def whole(page: Page, path: Path) -> None:
    """A picture of a page from top to bottom: what is far below is drawn as it comes into view."""
    size, box = page.viewport_size, page.locator("html").bounding_box()
    assert size is not None and box is not None
    page.set_viewport_size({"width": size["width"], "height": min(HIGHEST, round(box["height"]))})
    page.wait_for_timeout(DRAWN_MS)
    page.screenshot(path=path, full_page=True)


if __name__ == "__main__":
    main()
