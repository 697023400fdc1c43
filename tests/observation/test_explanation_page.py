"""The page of `podcheck explain --format html`."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import browser, is_required, missing

from podcheck.cli.main import main

PODS = Path(__file__).parent / "pods"


class Words(HTMLParser):
    """The texts of a page, and the names of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def page_of(path: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["explain", str(path), "--format", "html"])
    assert ended.value.code == code
    return capsys.readouterr().out


def test_a_page_has_all_that_the_text_says(capsys: pytest.CaptureFixture[str]) -> None:
    page = Words(page_of(PODS / "crash-loop-after-oom.yaml", capsys))
    shown = " ".join(page.words)
    for text in (
        "web-7d4b9c", "CrashLoopBackOff", "exited 137 (OOMKilled)", "How it got here",
        "Steps 5 to 6: and so on, 54 more times.", "All of these events are ordinary.",
        "What comes next", "no way found, and no proof that there is none.", "What to do",
        "kubectl logs web-7d4b9c -n shop -c web --previous",
    ):  # fmt: skip
        assert text in shown, text
    assert "svg" in page.tags
    assert "script" not in page.tags


def test_a_page_says_why_a_status_is_impossible(capsys: pytest.CaptureFixture[str]) -> None:
    page = Words(page_of(PODS / "impossible-succeeded-crash-loop.yaml", capsys, 1))
    shown = " ".join(page.words)
    assert "Why it is impossible" in shown
    assert "The nearest status that a pod can show" in shown


def test_what_a_cluster_says_is_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pod = (PODS / "crash-loop-after-oom.yaml").read_text(encoding="utf-8")
    hostile = pod.replace("type: Ready", "type: <script>alert(1)</script>", 1)
    assert hostile != pod
    (tmp_path / "pod.yaml").write_text(hostile, encoding="utf-8")
    page = Words(page_of(tmp_path / "pod.yaml", capsys, 1))
    assert "script" not in page.tags
    assert "<script>alert(1)</script>:" in page.words


@pytest.mark.parametrize("width", [380, 1000])
def test_a_page_fits_a_phone_and_a_desk(
    width: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if (why := missing()) and not is_required():
        pytest.skip(why)
    (tmp_path / "page.html").write_text(page_of(PODS / "list.yaml", capsys), encoding="utf-8")
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": width, "height": 900})
        page.goto(f"file://{tmp_path}/page.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
