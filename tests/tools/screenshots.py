"""Pictures of an HTML report, to be looked at.

    python tests/tools/screenshots.py [FOLDER] [REPORT.html]

writes PNG files (and a PDF) of tests/reports/fails.html, or of another report: light, dark, on a
phone, by keyboard, without scripts and on paper.
"""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "support"))

from browser import browser, missing  # noqa: E402

REPORT = TESTS / "reports" / "fails.html"

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
        page = launched.new_page(viewport={"width": 1000, "height": 900})
        page.goto(report.resolve().as_uri())
        for _ in range(12):
            page.keyboard.press("Tab")
        page.screenshot(path=folder / "keyboard.png")
        print(folder / "keyboard.png")
        plain = launched.new_context(java_script_enabled=False).new_page()
        plain.goto(report.resolve().as_uri())
        plain.screenshot(path=folder / "no-script.png", full_page=True)
        print(folder / "no-script.png")
        page.emulate_media(media="print")
        page.screenshot(path=folder / "print.png", full_page=True)
        print(folder / "print.png")
        page.pdf(path=folder / "print.pdf", format="A4", print_background=True)
        print(folder / "print.pdf")


if __name__ == "__main__":
    main()
