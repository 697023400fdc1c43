"""Syntax errors that come from the habits of other languages, and from plain English.

As in ``syntax_errors.py``, each ``_of_...`` function knows one of them.  The words themselves are
in ``user_words.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from lark import Token

from podcheck.language.diagnostics import nearest
from podcheck.language.syntax_trouble import Complaint, Trouble, unexpected
from podcheck.language.user_words import (
    CODE_WORDS,
    EVENT_VERBS,
    EVENTS_MEANT,
    KEYWORDS_MEANT,
    NUMBER_WORDS,
    OTHER_DECLARATIONS,
    POD_PREFIXES,
    SPEC_DECLARATIONS,
    TIMES_WORDS,
)

_BEFORE_EVENT = ("WHEN", "BAR", "BY", "WITH", "LBRACE", "SEMICOLON", "OR", "BUT")
_CLOSING = ("RBRACE", "RPAR", "RSQB", "BAR")
_PARTS_OF_PODS = ("container", "init", "sidecar", "volume", "mount", "port", "hostPort")
_COMPARED = ("phase", "reason", "STATUS", "READY", "RESTARTS")  # before a mistaken `is`
_STATES = ("running", "waiting", "terminated")


def _of_declaration(trouble: Trouble) -> Complaint | None:
    """What begins a declaration is no word for one."""
    at = trouble.at
    if at is None or at.type in _CLOSING or not {"POD", "CHECK"} <= trouble.accepts:
        return None
    if at.type in ("DOC", "SEMICOLON"):
        return unexpected(at, "Comments begin with `#`.")
    expected = ", ".join(SPEC_DECLARATIONS[:-1]) + f" or {SPEC_DECLARATIONS[-1]}"
    meant = nearest(str(at), (*SPEC_DECLARATIONS, *OTHER_DECLARATIONS), 0.75)
    hint = f"Expected {expected}." if meant is None else f"Did you mean `{meant}`?"
    return unexpected(at, hint)


def _of_prefix(trouble: Trouble) -> Complaint | None:
    """`pod.phase`, `pod.status.phase`, `pod.app.restartCount`."""
    at, index = trouble.at, trouble.index
    if at is None or at.type != "POD" or "DOT" not in _types(trouble, index + 1, index + 2):
        return None
    path = [w for w in _path(trouble.chunk, index) if w.lower() not in POD_PREFIXES]
    hint = f"Write `{'.'.join(path[:2])}`." if path else ""
    return Complaint("E001", at, "Fields of the pod have no prefix.", hint)


def _of_nested_field(trouble: Trouble) -> Complaint | None:
    """`app.state.terminated.exitCode`, `app.lastState.terminated.reason`, `web.status.phase`."""
    at, index = trouble.at, trouble.index
    if at is None or at.type != "DOT" or _types(trouble, index - 2, index - 1) != ["DOT"]:
        return None
    first = index - 3
    owner, field, *rest = _path(trouble.chunk, first)
    if not rest:
        return None
    last = rest[-1]
    if owner.lower() in POD_PREFIXES:
        meant = ".".join(rest[-2:])
    elif field.lower() in POD_PREFIXES:
        meant = ".".join(rest[:2])
    elif last in _STATES:
        meant = f"{owner}.{field} = {last}"
    else:
        prior = field.startswith("last") and not last.startswith("last")
        meant = f"{owner}.last{last[:1].upper()}{last[1:]}" if prior else f"{owner}.{last}"
    place = trouble.chunk[first]
    return Complaint("E001", place, "Fields are not nested.", f"Write `{meant}`.")


def _of_repetition(trouble: Trouble) -> Complaint | None:
    """`app exits 1 three times`, `twice`, `3 times`, `x3`."""
    at, index, chunk = trouble.at, trouble.index, trouble.chunk
    if at is None or "TIMES" not in trouble.accepts or at.type not in ("WORD", "NUMBER", "ONCE"):
        return None
    word, event = str(at).lower(), _event_before(trouble, index)
    following = str(chunk[index + 1]).lower() if index + 1 < len(chunk) else ""
    glued = re.fullmatch(r"x(\d+)", word)
    if glued:
        times = glued[1]
    elif word in NUMBER_WORDS and (following in TIMES_WORDS or word in ("once", "twice", "thrice")):
        times = NUMBER_WORDS[word]
    elif at.type == "NUMBER" and following in TIMES_WORDS:
        times = word
    elif word in ("times", "time") and index and chunk[index - 1].type == "NUMBER":
        times, event = str(chunk[index - 1]), f"{_event_before(trouble, index - 1)} any"
    elif word in TIMES_WORDS and (following.isdigit() or following in NUMBER_WORDS):
        times = NUMBER_WORDS.get(following, following)
    else:
        return None
    return unexpected(at, f"Repeat an event with `x`: `{event} x {times}`.")


def _of_exit_code(trouble: Trouble) -> Complaint | None:
    """`app exits with code 1`."""
    at, index, chunk = trouble.at, trouble.index, trouble.chunk
    place = index
    while place and str(chunk[place - 1]).lower() in CODE_WORDS:
        place -= 1
    if at is None or not place or chunk[place - 1].type != "WITH":
        return None
    code = next((str(t) for t in chunk[index : index + 3] if t.type in ("NUMBER", "NONZERO")), "1")
    event = _event_before(trouble, place - 1)
    meant = f"{event} {code}" if event.endswith("exits") else f"{event} with exit {code}"
    return unexpected(at, f"Write `{meant}`.")


def _of_joined_events(trouble: Trouble) -> Complaint | None:
    """Events joined by a comma, `and`, `and then` or `then`."""
    at, index, chunk = trouble.at, trouble.index, trouble.chunk
    if at is None:
        return None
    if _in_event(trouble) and at.type in ("BEFORE", "AFTER"):
        order = "" if at.type == "BEFORE" else "Name the earlier event first. "
        return unexpected(at, f"{order}Join events with `followed by`.")
    if _in_event(trouble) and at.type in ("AND", "COMMA", "SEMICOLON"):
        if _types(trouble, index + 1, index + 2) == ["THEN"]:
            return unexpected(at, "Join events with `followed by`.")
        hint = (
            "Join events with `followed by` (one after the other), `together with` (at the same "
            "time) or `in any order {a; b}`."
        )
        return unexpected(at, hint)
    verb = index - 1 if index and chunk[index - 1].type == "IS" else index
    before = _types(trouble, verb - 2, verb)
    said = verb == index or (
        str(chunk[verb - 1]) not in _COMPARED and str(at).lower() in EVENTS_MEANT
    )
    is_event = said and str(chunk[verb]) in EVENT_VERBS
    if before in (["THEN", "WORD"], ["THEN", "STRING"]) and is_event:
        message = "A condition follows `then`, not an event."
        return Complaint("E001", chunk[verb - 1], message, "Join events with `followed by`.")
    return None


def _of_at_once(trouble: Trouble) -> Complaint | None:
    """`then at once phase = Running`, `then phase = Failed at once`."""
    at, index = trouble.at, trouble.index
    if at is None or at.type != "AT" or _types(trouble, index + 1, index + 2) != ["ONCE"]:
        return None
    return unexpected(at, "Write `at once CONDITION` after the event, before `then CONDITION`.")


def _of_event(trouble: Trouble) -> Complaint | None:
    """`container app exits 1`, `wait 5 minutes`, `app becomes not ready`."""
    at, index, chunk = trouble.at, trouble.index, trouble.chunk
    if at is None or at.type in ("EXIT", *_CLOSING):
        return None
    first = index
    while first and chunk[first - 1].type not in _BEFORE_EVENT:
        first -= 1
    if not first or chunk[first - 1].type not in ("WHEN", "BY", "BUT"):
        return None
    after = _types(trouble, index + 1, index + 2)
    if at.type == "NUMBER" and first == index:
        return unexpected(at, f"Write the event first, then how often: `EVENT x {at}`.")
    if at.type == "EQ" and after == ["NUMBER"] and str(chunk[index - 1]) == "exits":
        return unexpected(at, f"Write `{_event_before(trouble, index)} {chunk[index + 1]}`.")
    if at.type == "DOT" and after == ["WORD"]:
        return unexpected(at, f"Write an event in words: `{chunk[index - 1]} {chunk[index + 1]}`.")
    if at.type == "CONTAINER" and first == index and after and str(chunk[index + 1]) in EVENT_VERBS:
        return unexpected(at, "Name the container, or write `any container`.")
    if at.type == "CONTAINER" and first == index and index + 1 < len(chunk):
        return unexpected(at, f"Write the container's name alone: `{chunk[index + 1]}`.")
    words = []
    for token in chunk[first : index + 4]:
        if token.type in ("EQ", "NE", "LT", "LE", "GT", "GE", "DOT"):
            return None  # a condition
        if token.type in ("THEN", "FOLLOWED", "WHEN", "RBRACE"):
            break
        words.append(str(token).lower())
    if "not" in words and "ready" in words:
        words.append("unready")
    known = [w for w in reversed(words) if w in EVENTS_MEANT and w not in ("ready", "fails")]
    if not known or "THEN" in _types(trouble, first, index):
        return None
    container = str(chunk[first]) if str(chunk[first + 1]) in EVENT_VERBS else "CONTAINER"
    return unexpected(at, f"Write `{EVENTS_MEANT[known[0]][0].replace('{c}', container)}`.")


def _of_observations(trouble: Trouble) -> Complaint | None:
    """Statuses in order without `observe`, or joined by something else than `then`."""
    at, types = trouble.at, _types(trouble, 0, trouble.index)
    if at is None or types[:1] not in (["FIND"], ["REFUTE"]) or "WHEN" in types:
        return None
    if at.type == "THEN" and "OBSERVE" not in types and "LBRACE" in types:
        return unexpected(at, "Write `observe` before the first of several statuses in order.")
    before = trouble.before
    if at.type == "THEN" and before is not None and before.type == "AND":
        return Complaint("E001", before, "Unexpected `and`.", "Write `then` alone.")
    joins = ("COMMA", "SEMICOLON", "FOLLOWED", "LEADS", "UNTIL", "AFTER", "BEFORE", "TO", "AT")
    if at.type in joins and "OBSERVE" in types and "THEN" in trouble.accepts:
        return unexpected(at, "Write `then` between two statuses.")
    return None


def _of_assumption(trouble: Trouble) -> Complaint | None:
    """`assuming only exit`: `exit` is a keyword, the kind of events is called `exits`."""
    at, types = trouble.at, _types(trouble, 0, trouble.index)
    elsewhere = ("AND", "FOR", "FROM", "UNDER", "ASSUMING")
    if at is None or at.type in elsewhere or "ASSUMING" not in types or "LBRACE" in types:
        return None
    if at.type == "EXIT":
        return unexpected(at, "Did you mean `exits`?")
    if types[-1] in ("EVERY", "ANY") or at.type == "EVENTUALLY":
        hint = "Write `every container exits eventually` or `node returns eventually`."
        return unexpected(at, hint)
    if types[-1] == "AT" or types[-2:] == ["AT", "MOST"]:
        return unexpected(at, "Write a number and a kind of events: `at most 3 deletion`.")
    return unexpected(at, "Write `no KIND`, `only KIND, KIND`, `at most 3 KIND` or `races`.")


def _of_other_word(trouble: Trouble) -> Complaint | None:
    """A word or sign of another language for one that is possible here."""
    at, before, index = trouble.at, trouble.before, trouble.index
    if at is None:
        return None
    following = str(trouble.chunk[index + 1]) if index + 1 < len(trouble.chunk) else "NAME"
    if at.type == "COLON" and str(before) in _PARTS_OF_PODS:
        return unexpected(at, f"Write `{before} {following}`.")
    if at.type == "LSQB" and before is not None and "THEN" in _types(trouble, 0, index):
        return unexpected(at, "Containers have names, not numbers: `CONTAINER.ready`.")
    if before is not None and before.type == "WORD" and trouble.accepts == {"COLON"}:
        meant = KEYWORDS_MEANT.get(str(before).lower())
        if meant in _PARTS_OF_PODS:
            return unexpected(before, f"Write `{meant} {at}`.")
    setting = before is not None and before.type == "WORD" and trouble.accepts == {"COLON"}
    if setting and not nearest(str(before), _PARTS_OF_PODS) and at.type in ("WORD", "NUMBER"):
        return unexpected(at, f"Write `{before}: {at}`.")
    meant = KEYWORDS_MEANT.get(str(at).lower(), "")
    token = "EQ" if meant == "=" else meant.upper()
    if token in trouble.accepts and str(at) != meant:
        return unexpected(at, f"Write `{meant}`.")
    return None


# ---- tokens -------------------------------------------------------------------------------------


def _of_numbered_pod(trouble: Trouble) -> Complaint | None:
    """`pod 2 fails`, `index 1 succeeds`: the `:` is missing."""
    at, index = trouble.at, trouble.index
    if at is None or at.type not in ("WORD", "IS") or not _in_event(trouble):
        return None
    if index < 2 or trouble.chunk[index - 1].type != "NUMBER":
        return None
    which, number = trouble.chunk[index - 2], trouble.chunk[index - 1]
    if str(which) not in ("pod", "index"):
        return None
    return unexpected(at, f"Write `{which} {number}: {at}`.")


def _in_event(trouble: Trouble) -> bool:
    """Is the place between `when` and `then`?"""
    types = _types(trouble, 0, trouble.index)
    return "WHEN" in types and "THEN" not in types[len(types) - types[::-1].index("WHEN") :]


def _types(trouble: Trouble, start: int, end: int) -> list[str]:
    return [t.type for t in trouble.chunk[max(0, start) : max(0, end)]]


def _path(chunk: list[Token], start: int) -> list[str]:
    """The words of a dotted path that begins at a token."""
    words = [str(chunk[start])]
    for dot, word in zip(chunk[start + 1 :: 2], chunk[start + 2 :: 2], strict=False):
        if dot.type != "DOT":
            break
        words.append(str(word))
    return words


def _event_before(trouble: Trouble, end: int) -> str:
    """The event, as it is written, that ends before a token."""
    start = end
    while start and trouble.chunk[start - 1].type not in _BEFORE_EVENT:
        start -= 1
    if start == end:
        return "EVENT"
    first, last = trouble.chunk[start].start_pos, trouble.chunk[end - 1].end_pos
    return " ".join(trouble.source.text[first:last].split())


HABITS: tuple[Callable[[Trouble], Complaint | None], ...] = (
    _of_declaration, _of_prefix, _of_nested_field, _of_repetition, _of_exit_code,
    _of_joined_events, _of_observations, _of_at_once, _of_numbered_pod, _of_event, _of_assumption,
    _of_other_word,
)  # fmt: skip
