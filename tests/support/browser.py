"""Chromium as the system has it, for what only a browser shows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def missing() -> str:
    """What has to be installed before a browser can be had, or nothing."""
    if not any(shutil.which(name) for name in NAMES):
        return "no Chromium on the path: `apt-get install chromium`"
    try:
        import playwright.sync_api  # noqa: F401 - only whether it is there
    except ImportError:
        return "no Playwright: `pip install -c constraints.txt -e '.[browser]'`"
    return ""


def is_required() -> bool:
    """Whether tests must not be skipped where a browser is missing."""
    return os.environ.get("PODCHECK_BROWSER") == "required"


@contextmanager
def browser() -> Iterator[Browser]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    path = next(found for name in NAMES if (found := shutil.which(name)))
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, which is who runs CI.
        launched = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            yield launched
        finally:
            launched.close()
