"""Pictures of an HTML report, to be looked at: light, dark, on a phone, on paper.

    python tests/tools/screenshots.py [FOLDER] [REPORT.html]

writes PNG files (and a PDF) of tests/reports/fails.html, or of another report.
"""

from __future__ import annotations

import sys
from pathlib import Path

from browser import browser, missing

REPORT = Path(__file__).resolve().parents[1] / "reports" / "fails.html"

# name, width and height in px, colour scheme
VIEWS = (
    ("light", 1000, 900, "light"),
    ("dark", 1000, 900, "dark"),
    ("phone", 390, 844, "light"),
    ("phone-dark", 390, 844, "dark"),
)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    report = Path(sys.argv[2]) if len(sys.argv) > 2 else REPORT
    if missing():
        sys.exit(missing())
    folder.mkdir(parents=True, exist_ok=True)
    with browser() as launched:
        for name, width, height, scheme in VIEWS:
            page = launched.new_page(viewport={"width": width, "height": height})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.goto(report.resolve().as_uri())
            # As it looks after two steps of the longest run.
            page.locator(".player").nth(1 if page.locator(".player").count() > 1 else 0).click()
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowRight")
            page.screenshot(path=folder / f"{name}.png", full_page=True)
            print(folder / f"{name}.png")
        page.emulate_media(media="print")
        page.pdf(path=folder / "print.pdf", format="A4", print_background=True)
        print(folder / "print.pdf")


if __name__ == "__main__":
    main()
