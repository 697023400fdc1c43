"""Reads reports back, format by format, with the parsers that others would use."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from typing import NamedTuple
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt

Claim = tuple[str, str, str]  # verdict, kind and title, place
Moment = tuple[tuple[str, str], ...]  # the rows of a timeline, by name


class Facts(NamedTuple):
    """What a report says: claims, runs (where the format has them in parts), and all words."""

    claims: list[Claim]
    runs: list[tuple[Moment, ...]] | None
    words: str


def squeezed(text: str) -> str:
    """A text without white space and line continuations, which layout may put anywhere."""
    return re.sub(r"\s+", "", text.replace("\\\n", "").replace("\u00a0", ""))


# ---- text, and what has text inside --------------------------------------------------------

CLAIM = re.compile(
    r'(HOLDS to k|HOLDS|REFUTED|FAILS|VACUOUS|UNKNOWN|INTERNAL ERROR) +(\w+ ".*") +(\S+:\d+)'
)


def read_text(text: str) -> Facts:
    heads = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if re.match(r"(HOLDS|REFUTED|FAILS|VACUOUS|UNKNOWN|INTERNAL)", line):
            head = line
            while not CLAIM.fullmatch(head):
                number += 1
                head += " " + lines[number].strip()
            heads.append(head)
    return Facts([claim_of(head) for head in heads], read_grids(text), text)


def claim_of(line: str) -> Claim:
    match = CLAIM.search(line)
    assert match, line
    return match[1], match[2].rstrip(), match[3]


def read_grids(text: str) -> list[tuple[Moment, ...]]:
    """Every timeline in a text, blocks put together, dots replaced by what they stand for."""
    runs: list[list[dict[str, str]]] = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines = block.splitlines()
        if lines and re.match(r" *step +\d", lines[0]):
            moments = read_block(lines)
            if re.match(r" *step +0( |$)", lines[0]):
                runs.append([])
            for moment in moments:
                before = runs[-1][-1] if runs[-1] else {}
                runs[-1].append({k: before[k] if v == "." else v for k, v in moment.items()})
    return [tuple(tuple(m.items()) for m in run) for run in runs]


def read_block(lines: list[str]) -> list[dict[str, str]]:
    """The columns begin where every row has a word: no cell of a row is empty."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    body = [line for line in lines[1:] if line[indent : indent + 1].strip()]
    starts = [
        i for i in range(indent + 1, min(len(line) for line in body))
        if all(line[i - 1] == " " != line[i] for line in body)
    ]  # fmt: skip
    ends = [*starts[1:], None]
    found: list[dict[str, str]] = [{} for _ in starts]
    for line in body:
        for moment, start, end in zip(found, starts, ends, strict=True):
            moment[line[: starts[0]].strip()] = line[start:end].strip()
    return found


# ---- the others ------------------------------------------------------------------------------


def read_json(text: str) -> Facts:
    data = json.loads(text)
    claims, runs, words = [], [], [text]
    for claim in (c for f in data["files"] for c in f["claims"]):
        place = f"{claim['place']['file']}:{claim['place']['line']}"
        claims.append((claim["verdict"], f'{claim["kind"]} "{claim["title"]}"', place))
        about = f"from {claim['from']}, under"
        assuming = f", assuming {claim['assuming']}" if claim["assuming"] else ""
        under = f"{', '.join(claim['policies'])}{assuming}"
        words.append(f"for {', '.join(claim['pods'])}, {about} {under}")
        for outcome in claim["outcomes"]:
            label = f"[{outcome['label']}] " if outcome["label"] else ""
            words.append(f"{label}for {outcome['pod']}, {about} {outcome['policy']}{assuming}")
            words.append(f"{outcome['detail']}. {claim['detail']}.")
            if outcome["verdict"] == "HOLDS to k":
                words.append(f"no violation up to {outcome['bound']} events; not proved beyond.")
            if outcome["story"] is not None:
                runs.append(tuple(m for s in outcome["story"]["steps"] for m in json_step(s)))
                words.append(" ".join(strings(outcome)))
    words += [s for f in data["files"] for s in strings(f)]
    return Facts(claims, runs, "\n".join(words))


def json_step(step: dict[str, object]) -> list[Moment]:
    found = []
    for status in (*step["on_the_way"], step["status"]):  # type: ignore[misc]
        rows = {c["name"]: c["text"] for c in status["containers"]}
        rows |= {name: status[name] for name in ("phase", "READY", "STATUS", "RESTARTS")}
        found.append(tuple(rows.items()))
    return found


def strings(data: object) -> list[str]:
    if isinstance(data, dict):
        actual = []
        if data.keys() == {"name", "value"}:  # texts have quotes in reports that people read
            quote = '"' if data["name"] in ("STATUS", "READY") else ""
            actual = [f"{data['name']} = {quote}{data['value']}{quote}"]
        return actual + [s for value in data.values() for s in strings(value)]
    if isinstance(data, list):
        together = ", ".join(s for v in data for s in strings(v) if " = " in s)
        return [s for value in data for s in strings(value)] + [together]
    return [str(data)]


def read_junit(text: str) -> Facts:
    root = ET.fromstring(text)
    outs = [case.findtext("system-out") or "" for case in root.iter("testcase")]
    texts = [e.text or "" for e in root.iter() if e.text]
    messages = [e.get(name, "") for e in root.iter() for name in ("name", "message")]
    runs = [run for t in texts for run in read_grids(t)]
    claims = [claim_of(out.splitlines()[0]) for out in outs if out]
    return Facts(claims, runs, "\n".join([*texts, *messages]))


def read_sarif(text: str) -> Facts:
    (run,) = json.loads(text)["runs"]
    kept = run["properties"]["claims"]
    runs, words = [], [json.dumps(run)]
    for result in run["results"]:
        words.append(result["message"]["text"])
        for flow in result.get("codeFlows", ()):
            locations = flow["threadFlows"][0]["locations"]
            runs.append(tuple(tuple((k, v["text"]) for k, v in x["state"].items())
                              for x in locations))  # fmt: skip
            words += [x["location"]["message"]["text"] for x in locations]
    words += [told for claim in kept for told in claim["told"]]
    claims = [(c["verdict"], c["claim"], c["place"]) for c in kept]
    failing = {(c["verdict"], c["claim"]) for c in kept if c["verdict"] == "FAILS"}
    assert len({r["message"]["text"].splitlines()[0] for r in run["results"]
                if r["ruleId"] == "claim-fails"}) == len(failing)  # fmt: skip
    # Runs of claims that hold are in the property bag, as text.
    held = [told for c in kept if c["verdict"] == "HOLDS" for told in c["told"]]
    return Facts(claims, [*runs, *(r for t in held for r in read_grids(t))], "\n".join(words))


COMMAND = re.compile(r"::(\w+) ((?:\w+=[^,:]*)(?:,\w+=[^,:]*)*)::(.*)")


def read_workflow_commands(text: str) -> tuple[list[tuple[str, dict[str, str], str]], list[str]]:
    """The commands of a log (kind, properties, message), as a runner reads them, and the rest."""
    commands, rest = [], []
    for line in text.splitlines():
        assert "##[" not in line, "the older form of a command"
        match = COMMAND.fullmatch(line)
        if match is None:
            assert not line.lstrip().startswith("::"), line
            rest.append(line)
            continue
        properties = dict(part.split("=", 1) for part in match[2].split(","))
        decoded = {
            k: data_of(v.replace("%3A", ":").replace("%2C", ",")) for k, v in properties.items()
        }
        commands.append((match[1], decoded, data_of(match[3])))
    return commands, rest


def data_of(text: str) -> str:
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def read_github(text: str) -> Facts:
    commands, rest = read_workflow_commands(text)
    log = "\n".join(rest).replace("# #[", "##[")
    claims = [claim_of(line) for line in rest if CLAIM.fullmatch(line)]
    runs = read_grids(log)
    words = [log]
    for _, properties, message in commands:
        title = properties["title"].replace("# #[", "##[")
        found = re.fullmatch(r'([A-Z][A-Za-z ]*?)  (\w+ ".*")', title, re.DOTALL)
        if found:
            claims.append((found[1], found[2], properties["file"]))
        runs += read_grids(message)
        words += [title, message.replace("# #[", "##[")]
    return Facts(claims, runs, "\n".join(words))


def read_markdown(text: str) -> Facts:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    assert all(t.content.startswith(("<details><summary>", "</details>")) for t in tokens
               if t.type == "html_block")  # fmt: skip
    inline = [shown(t) for t in tokens if t.type == "inline"]
    cells = inline[inline.index("place") + 1 :] if "place" in inline else []
    claims = []
    for i in range(0, len(cells) - 2, 3):
        verdict = cells[i].split(" ", 1)[-1]
        if not re.fullmatch(r"\S+:\d+", cells[i + 2]):
            break
        claims.append((verdict, cells[i + 1], cells[i + 2]))
    blocks = [t.content for t in tokens if t.type == "fence"]
    titles = [html.unescape(t.content) for t in tokens if t.type == "html_block"]
    runs = [run for b in blocks for run in read_grids(b)]
    return Facts(claims, runs, "\n".join([*inline, *titles, *blocks]))


def shown(token: object) -> str:
    """What a reader sees of inline Markdown; no link, image or HTML may have come of a name."""
    children = token.children  # type: ignore[attr-defined]
    kinds = {t.type for t in children}
    assert kinds <= {"text", "code_inline", "text_special", "strong_open", "strong_close",
                     "softbreak"}, kinds  # fmt: skip
    return "".join(t.content for t in children)


class PageReader(HTMLParser):
    """The text of a page, and of chosen elements; scripts and styles apart."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.found: list[str] = []
        self.parts: dict[str, list[str]] = {"badge": [], "title": [], "place": []}
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.cells: list[str] = []  # of tables that show what kubectl prints

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not [n for n, _ in attrs if n.startswith("on")], (tag, attrs)
        given = {n: v or "" for n, v in attrs}
        if tag == "a":
            self.links.append(given["href"])
        if tag in ("meta", "br", "rect", "line", "circle", "input"):
            return
        kind = given.get("class", "").split(" ")[0]
        if tag == "span" and kind in self.parts and "severity" not in given["class"]:
            self.parts[kind].append("")
        self.open.append((tag, kind))

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1][0] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.open]
        if ("a", "anchor") in self.open or {"script", "style"} & set(tags):
            return
        if tags and tags[-1] == "code" and {"p", "li", "h3"} & set(tags):
            data = f"`{data}`"  # as it was written
        self.found.append(data)
        if ("table", "kubectl") in self.open and tags[-1] == "td":
            self.cells.append(data)
        for kind, texts in self.parts.items():
            if ("span", kind) in self.open and texts:
                texts[-1] += data


# Where a page may lead to: itself, and the sources of rules
LINKS = (
    "#",
    "https://github.com/",
    "https://kep.k8s.io/",
    "https://kubernetes.io/",
    "https://pkg.go.dev/",
)


def read_html(text: str) -> Facts:
    page = PageReader()
    page.feed(text)
    assert not page.tags & {"img", "iframe", "link", "object"}, page.tags
    assert all(link.startswith(LINKS) for link in page.links)
    badges, titles, places = page.parts.values()
    claims = [
        (badge, title.strip(), place)
        for badge, title, place in zip(badges, titles, places, strict=True)
        if badge not in ("ERROR", "WARNING")
    ]
    return Facts(claims, None, " ".join(page.found).replace("\u201c", '"').replace("\u201d", '"'))


def read_svg(text: str) -> Facts:
    root = ET.fromstring(text)
    tags = {e.tag.rpartition("}")[2] for e in root.iter()}
    assert tags <= {"svg", "style", "rect", "text", "g", "line", "circle"}, tags
    words = [(e.get("class") or "", e.text or "") for e in root.iter() if e.tag.endswith("}text")]
    claims: list[Claim] = []
    verdict, title = "", ""
    for kind, content in words:
        if kind.startswith("badge"):
            verdict, title = content, ""
        elif kind == "title":
            title += content + " "
        elif kind.startswith("code faint"):
            claims.append((verdict, title.strip(), content))
    return Facts(claims, None, "\n".join(t for _, t in words))


def read_mermaid(text: str) -> Facts:
    """The states of a diagram; `test_report_page.py` has Mermaid itself read it."""
    decoded = re.sub(r"#(\d+);", lambda m: chr(int(m[1])), text.replace("<br/>", " "))
    states = re.findall(r'^ *state "(.*?)" as (\w+)', text, re.MULTILINE)
    arrows = re.findall(r"^ *(\S+) --> (\w+)(?: : (.*))?$", text, re.MULTILINE)
    labels = {name: re.sub(r"#(\d+);", lambda m: chr(int(m[1])), label) for label, name in states}
    claims = []
    for name, label in labels.items():
        if re.fullmatch(r"c\d+(t\d+)?", name):
            one = claim_of(label.replace("<br/>", " "))
            claims += [one] if one not in claims else []
    runs: dict[str, list[Moment]] = {}
    for name, label in labels.items():
        if re.fullmatch(r"c\d+t\d+s\d+", name):
            rows = [tuple(line.split(": ", 1)) for line in label.split("<br/>")]
            runs.setdefault(name.rpartition("s")[0], []).append(tuple(rows))  # type: ignore[arg-type]
    assert all(end in labels for _, end, _ in arrows)
    return Facts(claims, [tuple(r) for r in runs.values()], decoded)


READERS = {
    "text": read_text,
    "json": read_json,
    "junit": read_junit,
    "sarif": read_sarif,
    "github": read_github,
    "markdown": read_markdown,
    "html": read_html,
    "mermaid": read_mermaid,
    "svg": read_svg,
}
