"""What the command of a container lets expect: how its process takes SIGTERM and a second run, and
whether it waits for something."""

from __future__ import annotations

import re

from podcheck.manifests.fields import Fields
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.tree import Scalar, value_of

_SHELLS = ("sh", "bash", "ash", "dash")
_NO_HANDLER = ("sleep", "tail")  # as process 1 they have no handler for SIGTERM, so it is ignored
_SEVERAL = re.compile(r"[;&|\n]")  # more than one command, for which the shell stays process 1
_HANDLED = re.compile(r"(^|[;&|\n]\s*)(trap|exec)\b")
# Commands that fail where an earlier run has left its results.
_ONCE = re.compile(
    r"\bgit\s+(-\S+\s+(\S+\s+)?)*clone\b"
    r"|\bmkdir\s+(?!-\S*p|--parents)\S"
    r"|\bln\s+-s(?!\S*f)\s"
    r"|\b(createdb|createuser|useradd|adduser)\s"
)
_CLEANED = re.compile(r"\brm\s+-\S*[rf]|\|\||\[\s+!?\s*-[def]\s|\btest\s+!?\s*-[def]\s|--force\b")

# A loop that ends when something else is there, as `until nc -z db 5432; do sleep 1; done`.
_LOOP = re.compile(r"\b(until|while)\b[\s\S]*?\bdo\b[\s\S]*?\bsleep\b[\s\S]*?\bdone\b")
_BOUNDED = re.compile(r"\btimeout\b|\bexit\b|\bbreak\b|-(lt|le|gt|ge)\s|\bSECONDS\b")
_STOPS_MESH = re.compile(
    r"quitquitquit|/shutdown\b|linkerd-await|pkill\b[^\n]*(envoy|pilot-agent|linkerd)"
)


def note_command(fields: Fields, notes: Notes) -> None:
    """Note `ignores SIGTERM`, `can't run twice`, `waits in a loop` and `stops the mesh` where the
    command says so."""
    words = [*_words(fields, "command"), *_words(fields, "args")]
    if not words:
        return
    place = fields.place("command" if "command" in fields else "args")
    program, script = words[0].rpartition("/")[2], ""
    if program in _SHELLS:
        options = [i for i, w in enumerate(words[1:], 1) if w.startswith("-") and "c" in w]
        script = words[options[0] + 1].strip() if options and options[0] + 1 < len(words) else ""
    if "command" in fields and _ignores_term(program, script):
        notes.add("ignores SIGTERM", place)
    text = script or " ".join(words)
    if _ONCE.search(text) and not _CLEANED.search(text):
        notes.add("can't run twice", place)
    if _LOOP.search(text) and not _BOUNDED.search(text):
        notes.add("waits in a loop", place)
    if _STOPS_MESH.search(text):
        notes.add("stops the mesh", place)


def _ignores_term(program: str, script: str) -> bool:
    if not script:
        return program in _NO_HANDLER
    if _SEVERAL.search(script):
        return _HANDLED.search(script) is None
    first = script.split(maxsplit=1)[0].rpartition("/")[2]  # a shell becomes its only command
    return first in _NO_HANDLER


def _words(fields: Fields, name: str) -> list[str]:
    found = []
    for node in fields.items(name):
        value = value_of(node) if isinstance(node, Scalar) else None
        found.append(str(value) if value is not None else "")
    return found
