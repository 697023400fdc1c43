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


def test_several_pages_and_what_does_not_go_together(shell: Shell) -> None:
    shell.write("docs/a.md", BESIDE)
    shell.write("docs/b.md", BESIDE.replace("Error", "Running"))
    assert shell("table", "--check", "docs/a.md", "--check", "docs/b.md").code == 1
    assert shell("table").code == 2
    assert shell("table", "docs/two.pod", "--check", "a.md", "--check", "b.md").code == 2
    assert shell("table", "docs/two.pod", "--write").code == 2
