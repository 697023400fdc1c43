"""`podcheck table --check page.md`: tables in pages of Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Shell

TWO = "pod two { container app  container helper }\n"
RIGHT = f"""# A page

Prose | with a bar.

<!-- podcheck table --from Running
{TWO}-->

| What happens               | OnFailure | Never     | Why           |
| -------------------------- | :-------: | --------- | ------------- |
| `app exits 1`              | Running   | `Running` | because \\| so |
| any container is OOMKilled | Running   | Running   | x             |

Other | table
---|---
not | ours

```md
<!-- podcheck table nowhere.pod -->
```
"""
BESIDE = """
<!-- podcheck table two.pod --column STATUS --pod two -->
event | Never
--- | ---
app exits 1 | Error
"""


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    found = Shell(tmp_path, capsys)
    found.write("docs/two.pod", TWO)
    return found


def test_tables_that_agree(shell: Shell) -> None:
    shell.write("docs/page.md", RIGHT + BESIDE)
    done = shell("table", "--check", "docs/page.md")
    assert (done.code, done.out) == (0, "docs/page.md: 2 tables agree.\n")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_differs_is_reported_and_rewritten(newline: str, shell: Shell) -> None:
    wrong = RIGHT.replace("`Running`", "**Failed**").replace("Running   | x", "any | x")
    page = shell.folder / "page.md"
    page.write_bytes(wrong.replace("\n", newline).encode())
    done = shell("table", "--check", "page.md")
    assert done.code == 1
    assert "page.md:11: app exits 1, Never: written Failed, is Running\n" in done.out
    assert "page.md:12: any container is OOMKilled, Never: written any, is Running\n" in done.out
    assert page.read_bytes() == wrong.replace("\n", newline).encode()
    assert shell("table", "--check", "page.md", "--write").code == 0
    mended = RIGHT.replace("`Running`  ", "**Running**").replace("`Running`", "**Running**")
    kept = page.read_bytes().decode().replace(newline, "\n")
    words = [w for w in kept.split() if set(w) - set("-:")]  # all but the padding of the table
    assert words == [w for w in mended.split() if set(w) - set("-:")]
    assert kept.partition("| What")[0] == RIGHT.partition("| What")[0]
    assert kept.partition("\nOther")[2] == RIGHT.partition("\nOther")[2]
    assert shell("table", "--check", "page.md").code == 0


MARK = "<!-- podcheck table two.pod -->\n"
HEAD = "| event | Never |\n|---|---|\n"


@pytest.mark.parametrize(
    ("page", "code", "says"),
    [
        ("# Nothing | here\n|---|---|\n", 3, "no marked table"),
        (MARK + "\nprose\n", 2, "No table with a row of dashes follows"),
        (MARK + "| event | Never |\n| app exits 1 | Running |\n", 2, "row of dashes"),
        (MARK + "| event | Sometimes |\n|---|---|\n| a | b |\n", 2, "no column for"),
        (MARK + HEAD, 2, "no rows"),
        (MARK + HEAD + "| app exits 1 |\n", 2, "1 cells, the head 2"),
        (MARK + HEAD + "| app exts 1 | Running |\n", 2, "docs/p.md:4:3"),
        (MARK.replace("two.pod", "tow.pod") + HEAD + "| app exits 1 | a |\n", 2, "two.pod"),
        (MARK.replace(" -->", " --colum phase -->") + HEAD + "| a | b |\n", 2, "`--colum`"),
        (MARK.replace(" -->", " --column phases -->") + HEAD + "| a | b |\n", 2, "`phases`"),
        (MARK.replace(" -->", " --from -->") + HEAD + "| a | b |\n", 2, "needs a value"),
        (MARK.replace(" -->", " --pod tow -->") + HEAD + "| a | b |\n", 2, "no pod `tow`"),
        (MARK.replace(" -->", " --from Runing -->") + HEAD + "| app exits 1 | b |\n", 2, "Runing"),
        (MARK.replace(" -->", " --kubernetes 9 -->") + HEAD + "| a | b |\n", 2, "9"),
        (MARK.replace(" two.pod", "") + HEAD + "| a | b |\n", 2, "names no spec"),
        (MARK.replace(" two.pod", ":") + HEAD + "| a | b |\n", 2, "Write `<!-- podcheck table"),
        (MARK.replace(" two.pod", " 'x") + HEAD + "| a | b |\n", 2, "quotation mark"),
        (f"<!-- podcheck table\npod t {{ containr app }}\n-->\n{HEAD}| a | b |\n", 2, "p.md:2:9"),
    ],
)  # fmt: skip
def test_pages_with_faults(page: str, code: int, says: str, shell: Shell) -> None:
    shell.write("docs/p.md", page)
    done = shell("table", "--check", "docs/p.md")
    assert done.code == code
    assert says in done.out + done.err
    assert (shell.folder / "docs/p.md").read_text() == page


@pytest.mark.parametrize(
    "mark",
    [
        "<!-- podcheck table: two.pod -->",
        "<!-- podcheck table: --from Running pod t { container app  container helper } -->",
        "<!-- podcheck table pod t {\n container app  container helper\n} -->",
    ],
)
def test_a_mark_with_a_colon_or_the_spec_in_its_first_line(mark: str, shell: Shell) -> None:
    row = f"{HEAD}| app exits 1 | Running |\n"
    shell.write("docs/p.md", f"{mark}\n{row}")
    assert shell("table", "--check", "docs/p.md").code == 0
    shell.write("docs/p.md", f"{mark}\n{row.replace('app', 'ap')}")
    wrong = shell("table", "--check", "docs/p.md")
    assert wrong.code == 2 and "docs/p.md:" in wrong.err


def test_a_page_beside_a_spec_says_what_to_leave_out(shell: Shell) -> None:
    """A saved table is one table; a page has tables that name their own specs."""
    row = "| app exits 1 | Running |\n"
    for page in (BESIDE, f"# A page\n\n{HEAD}{row}", "prose | with a bar\n"):
        shell.write("p.md", page)
        done = shell("table", "docs/two.pod", "--check", "p.md")
        assert done.code == 2 and "leave SPEC out" in done.err.replace("Leave", "leave")
    shell.write("p.md", HEAD + row)
    assert shell("table", "docs/two.pod", "--under", "Never", "--check", "p.md").code == 0


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("t.md", f"{HEAD}| app exits 1 | Running |\n| app exts 1 | Running |\n", "t.md:4:3"),
        ("t.csv", "event,Never\napp exts 1,Running\n", "t.csv:2:1"),
        ("t.txt", "event         Never\napp exts 1  Running\n", "t.txt:2:1"),
    ],
)
def test_a_wrong_event_of_a_saved_table_has_its_place(
    name: str, text: str, place: str, shell: Shell
) -> None:
    shell.write(name, text)
    done = shell("table", "docs/two.pod", "--under", "Never", "--check", name)
    assert done.code == 2
    assert f"error[E104] {place}: There is no event `app exts`" in done.err


def test_several_pages_and_what_does_not_go_together(shell: Shell) -> None:
    shell.write("docs/a.md", BESIDE)
    shell.write("docs/b.md", BESIDE.replace("Error", "Running"))
    assert shell("table", "--check", "docs/a.md", "--check", "docs/b.md").code == 1
    assert shell("table").code == 2
    assert shell("table", "docs/two.pod", "--check", "a.md", "--check", "b.md").code == 2
    assert shell("table", "docs/two.pod", "--write").code == 2
