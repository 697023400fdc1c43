"""The HTML report in a browser: steps, keys, filter, themes; and Mermaid reads its diagram."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import browser, is_required, missing
from places import TESTS

from podcheck.checker.spec_files import Checker
from podcheck.report.html import render
from podcheck.results.verdicts import Report
from podcheck.verification.options import Options

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request

REPORTS = TESTS / "reports"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if missing():
        if is_required():
            pytest.fail(missing())
        pytest.skip(missing())
    with browser() as launched:
        yield launched


class Watched:
    """A page, and all that should not have happened on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.on("console", lambda message: self.trouble.append(message.text))
        page.on("pageerror", lambda error: self.trouble.append(str(error)))
        page.on("dialog", lambda dialog: self.trouble.append(f"dialog {dialog.message}"))
        page.on("request", self._requested)

    def _requested(self, request: Request) -> None:
        if not request.url.startswith("file:") or request.resource_type != "document":
            self.trouble.append(request.url)

    def open(self, name: str, fragment: str = "") -> Page:
        self.page.goto((REPORTS / name).as_uri() + fragment)
        return self.page


@pytest.fixture
def watched(chromium: Browser) -> Iterator[Watched]:
    page = chromium.new_page(viewport={"width": 1000, "height": 900})
    found = Watched(page)
    yield found
    assert not found.trouble
    page.close()


def step_of(player: Any) -> str:
    """Where a run stands, from the three places that say so."""
    counter = player.locator("output").inner_text()
    (heading,) = [h.inner_text() for h in player.locator("h4").all() if h.is_visible()]
    column = player.evaluate(
        """p => { const svg = p.querySelector("svg"), now = svg.querySelector(".now");
        return (now.x.baseVal.value - svg.dataset.left) / svg.dataset.column + 1; }"""
    )
    assert counter.split(" of ")[0] == str(int(column))
    return f"{counter}: {heading}"


def test_a_run_is_stepped_through_with_buttons(watched: Watched) -> None:
    page = watched.open("holds.html")
    player = page.locator(".player").first
    assert step_of(player).startswith("4 of 4")  # it opens where the claim is decided
    player.get_by_role("button", name="first step").click()
    seen = [step_of(player)]
    for _ in range(3):
        player.get_by_role("button", name="Next").click()
        seen.append(step_of(player))
    assert seen == [
        "1 of 4: 0 Running", "2 of 4: 1 work exits 1", "3 of 4: 2 work exits 1",
        "4 of 4: 3 time passes",
    ]  # fmt: skip
    assert player.get_by_role("button", name="Next").is_disabled()
    assert "2/2" in player.locator(".moment.current .kubectl").inner_text()
    player.get_by_role("button", name="Back").click()
    assert "CrashLoopBackOff" in player.locator(".moment.current .kubectl").inner_text()
    player.get_by_role("button", name="first step").click()
    assert step_of(player) == seen[0]
    player.get_by_role("button", name="last step").click()
    assert step_of(player) == seen[-1]


def test_a_run_is_stepped_through_with_keys(watched: Watched) -> None:
    page = watched.open("fails.html")
    first, second = page.locator(".player").nth(0), page.locator(".player").nth(1)
    page.keyboard.press("ArrowLeft")  # nothing has the focus: the first run
    assert step_of(first).startswith("1 of 2")
    second.scroll_into_view_if_needed()
    second.focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    assert step_of(second).startswith("2 of 5")
    page.keyboard.press("End")
    assert step_of(second).startswith("5 of 5")
    page.keyboard.press("Home")
    assert step_of(second).startswith("1 of 5")
    page.keyboard.press("ArrowLeft")
    assert step_of(second).startswith("1 of 5")
    assert page.locator(".player output").first.text_content() == "1 of 2"


def test_only_one_verdict_is_shown(watched: Watched) -> None:
    page = watched.open("fails.html")

    def shown() -> set[str]:
        badges = page.locator(".card:not([hidden]) .badge").all()
        return {b.text_content() or "" for b in badges}

    everything = shown()
    assert everything == {"FAILS", "VACUOUS", "HOLDS to k", "HOLDS"}
    for verdict in sorted(everything):
        page.locator(f'[data-filter="{verdict}"]').click()
        assert shown() == {verdict}
        assert page.locator('[aria-pressed="true"]').count() == 1
    page.locator('[data-filter=""]').click()
    assert shown() == everything


def test_the_filter_is_in_the_address(watched: Watched) -> None:
    page = watched.open("fails.html")
    everything = page.locator(".card:not([hidden])").count()
    page.locator('[data-filter="FAILS"]').click()
    failing = page.locator(".card:not([hidden])").count()
    page.locator("#search").fill("CRASH")
    found = page.locator(".card:not([hidden])").count()
    assert 0 < found < failing < everything
    again = watched.open("fails.html", page.evaluate("location.hash"))
    again.reload()
    assert again.locator("#search").input_value() == "CRASH"
    assert again.locator(".card:not([hidden])").count() == found
    again.locator("#search").fill("nothing like it")
    assert again.locator("#nothing").is_visible()
    assert again.locator(".file:not([hidden])").count() == 0


def test_a_claim_and_a_cell_have_addresses(watched: Watched) -> None:
    page = watched.open("fails.html")
    cell = page.locator(".matrix a").first
    cell.click()
    target = page.evaluate("location.hash")[1:]
    part = page.locator(f"[id='{target}']")
    assert part.is_visible() and part.locator(".player").count() == 1
    card = page.locator(".card").last
    name = card.get_attribute("id")
    page.goto("about:blank")
    watched.open("fails.html", f"#{name}")
    assert page.locator(f"[id='{name}']").evaluate(
        "e => e.getBoundingClientRect().top < innerHeight"
    )


def test_the_command_that_plays_a_run_is_copied(chromium: Browser) -> None:
    """Where a page may write to the clipboard; else the command is selected."""
    for granted, says in ((["clipboard-read", "clipboard-write"], "Copied"), ([], "Selected")):
        context = chromium.new_context(permissions=granted)
        page = context.new_page()
        page.goto((REPORTS / "fails.html").as_uri())
        if not granted:
            page.evaluate(
                "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()) }"
            )
        button = page.locator("[data-copy]").first
        button.click()
        page.wait_for_function("b => b.textContent !== 'Copy'", arg=button.element_handle())
        assert button.inner_text() == says
        command = page.locator(".replay").first.inner_text()
        wanted = "navigator.clipboard.readText()" if granted else "String(getSelection())"
        assert page.evaluate(wanted).split() == command.split()
        assert command.startswith("podcheck run fails.pod")
        context.close()


def test_failures_come_first(watched: Watched) -> None:
    page = watched.open("fails.html")
    tones = [c.get_attribute("data-verdict") for c in page.locator(".card").all()]
    order = ["FAILS", "VACUOUS", "HOLDS to k", "HOLDS"]
    assert tones == sorted(tones, key=lambda v: order.index(str(v)) if v != "HOLDS to k" else 1)


AXE = os.environ.get("PODCHECK_AXE", "")


@pytest.mark.skipif(not AXE, reason="PODCHECK_AXE names no axe.min.js")
@pytest.mark.parametrize("name", ["fails.html", "holds.html", "wrong.html", "repeats.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium: Browser, name: str, scheme: Any) -> None:
    page = chromium.new_context(bypass_csp=True, color_scheme=scheme).new_page()
    page.goto((REPORTS / name).as_uri())
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    assert not found, [(v["id"], v["nodes"][0]["html"]) for v in found]
    page.close()


def test_five_hundred_claims_are_a_small_page(chromium: Browser, tmp_path: Path) -> None:
    """A third of them fail, each with a run: three megabytes, and drawn as soon as one is."""
    (file,) = Checker(Options(stories="all")).check_paths((str(REPORTS / "fails.pod"),))
    failing = next(c for c in file.claims if c.outcomes and any(o.story for o in c.outcomes))
    (other,) = Checker(Options()).check_paths((str(REPORTS / "holds.pod"),))
    passing = next(c for c in other.claims if c.kind not in ("find", "refute"))
    claims = tuple(
        (failing if n % 3 == 0 else passing)._replace(title=f"claim {n}") for n in range(500)
    )
    text = render(Report((file._replace(claims=claims),)))
    assert len(text.encode()) < 3_000_000
    (tmp_path / "r.html").write_text(text, encoding="utf-8")
    page = chromium.new_page()
    page.goto((tmp_path / "r.html").as_uri())
    assert page.locator(".card").count() == 500
    assert page.locator(".moment.current").count() < 50  # set up as they come into sight
    page.close()


def test_light_and_dark(watched: Watched) -> None:
    page = watched.open("holds.html")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(paper)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(paper)
    assert light != dark
    page.locator("#theme").click()
    assert page.evaluate(paper) == light
    page.locator("#theme").click()
    assert page.evaluate(paper) == dark


@pytest.mark.parametrize("width", [320, 390, 1000])
@pytest.mark.parametrize("name", ["fails.html", "hostile.html", "wrong.html"])
def test_nothing_is_wider_than_the_screen(watched: Watched, name: str, width: int) -> None:
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_run_that_is_wider_than_the_screen_keeps_its_names_in_view(watched: Watched) -> None:
    """Whatever part of it is shown, each row says what it is and in which state."""
    watched.page.set_viewport_size({"width": 390, "height": 800})
    page = watched.open("fails.html")
    player = page.locator(".player").nth(1)
    player.scroll_into_view_if_needed()
    player.locator("[data-go=last]").evaluate("b => b.click()")
    page.wait_for_function("p => p.querySelector('.names').hasAttribute('transform')",
                           arg=player.element_handle())  # fmt: skip
    box = player.locator(".drawing").bounding_box()
    assert box is not None and player.locator(".drawing").evaluate("d => d.scrollLeft") > 0
    for text in ("app", "helper", "phase", "READY", "CrashLoopBackOff", "Running"):
        places = [t.bounding_box() for t in player.locator(f"svg text:text-is('{text}')").all()]
        assert any(p and box["x"] <= p["x"] <= box["x"] + box["width"] - p["width"] for p in places)
    page.emulate_media(media="print")
    assert player.locator(".names").evaluate("n => getComputedStyle(n).transform") == "none"


def test_on_paper_every_step_is_shown(watched: Watched) -> None:
    page = watched.open("holds.html")
    page.locator("#theme").click()  # dark paper would be a waste of ink
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == "rgb(255, 255, 255)"
    assert all(m.is_visible() for m in page.locator(".moment").all())
    assert not [b for b in page.locator("button").all() if b.is_visible()]


def test_without_scripts_every_step_is_shown(chromium: Browser) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto((REPORTS / "holds.html").as_uri())
    assert all(m.is_visible() for m in page.locator(".moment").all())
    assert page.locator("button").count()
    assert not [b for b in page.locator("button").all() if b.is_visible()]
    page.close()


def test_hostile_names_are_shown_and_not_run(watched: Watched) -> None:
    page = watched.open("hostile.html")
    title = page.locator(".title").inner_text()
    assert title.startswith('scenario "</script><img src=x onerror=alert(1)><b>x</b> {{ 7*7 }}')
    assert page.locator("img").count() == page.locator("main b b").count() == 0
    page.keyboard.press("ArrowLeft")  # our own script has run
    assert step_of(page.locator(".player")).startswith("1 of 2")


def test_scripts_that_are_not_ours_would_not_run(chromium: Browser) -> None:
    """Even if escaping failed, the page's policy stands."""
    page = chromium.new_page()
    ran: list[str] = []
    page.on("dialog", lambda dialog: ran.append(dialog.message))
    text = (REPORTS / "holds.html").read_text(encoding="utf-8")
    page.set_content(
        text.replace("<main>", "<main><img src=x onerror=alert(1)><script>alert(2)</script>")
    )
    page.wait_for_timeout(200)
    assert page.locator("img").count() == 1
    assert not ran
    page.close()


# ---- Mermaid -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mermaid() -> Path:
    """The library, as the npm package `mermaid` ships it (`dist/mermaid.min.js`)."""
    path = os.environ.get("PODCHECK_MERMAID", "")
    if not path:
        if is_required():
            pytest.fail("PODCHECK_MERMAID does not name mermaid.min.js")
        pytest.skip("PODCHECK_MERMAID does not name mermaid.min.js (npm pack mermaid)")
    return Path(path)


@pytest.mark.parametrize("name", ["holds", "fails", "wrong", "hostile"])
def test_mermaid_draws_the_diagram(chromium: Browser, mermaid: Path, name: str) -> None:
    text = (REPORTS / f"{name}.mmd").read_text(encoding="utf-8")
    page = chromium.new_page()
    page.set_content("<body></body>")
    page.add_script_tag(path=mermaid)
    kind = page.evaluate("async text => (await mermaid.parse(text)).diagramType", text)
    assert kind == "stateDiagram"
    page.evaluate(
        """async text => { mermaid.initialize({startOnLoad: false});
        document.body.innerHTML = (await mermaid.render("d", text)).svg; }""",
        text,
    )
    drawn = "".join((page.locator("svg").first.text_content() or "").split())
    wanted = {
        "holds": ["twofailuresendthepod", "workexits1", "CrashLoopBackOff", "phase=Failed"],
        "fails": ["appisOOMKilled", "OOMKilled137", "VACUOUS", "HOLDStok"],
        "wrong": ["E105", "nevver"],
        "hostile": ["</script><imgsrc=xonerror=alert(1)><b>x</b>{{7*7}}"],
    }
    for part in wanted[name]:
        assert part in drawn
    page.close()
