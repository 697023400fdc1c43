"""Links of a report: to the sources that rules cite, and to the files of a repository."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from podcheck.language.source import Span

_CITED = re.compile(
    r"(?P<page>https?://[^\s,;)]+)"
    r"|(?P<go>(?P<path>[\w./-]+\.go):(?P<name>\w+))"
    r"|(?P<issue>kubernetes#(?P<number>\d+))"
    r"|(?P<kep>KEP-(?P<proposal>\d+))"
)
_CODE = "https://github.com/search?type=code&q="
_ISSUE = "https://github.com/kubernetes/kubernetes/issues/"
_KEP = "https://kep.k8s.io/"


def cited(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a citation, each with the address of what it names (empty: it names nothing that
    has one)."""
    at = 0
    for found in _CITED.finditer(text):
        if found.start() > at:
            yield text[at : found.start()], ""
        yield found[0], _address(found)
        at = found.end()
    if at < len(text):
        yield text[at:], ""


def _address(found: re.Match[str]) -> str:
    if found["page"]:
        return found["page"]
    if found["issue"]:
        return f"{_ISSUE}{found['number']}"
    if found["kep"]:
        return f"{_KEP}{found['proposal']}"
    query = f"repo:kubernetes/kubernetes path:{found['path']} {found['name']}"
    return _CODE + quote(query, safe="")


def of_source(template: str, span: Span) -> str:
    """The address of a line of a spec in its repository; empty without a template, whose `{path}`
    and `{line}` are filled in."""
    if not template or not span.source.text:
        return ""
    path = quote(span.source.name.removeprefix("./"), safe="/", errors="surrogateescape")
    return template.replace("{path}", path).replace("{line}", str(span.line))
