"""What the public functions take: the values, and errors that say what is allowed."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, ParamSpec, TypeVar, get_args

from podcheck.core.effort import LEVELS
from podcheck.language.diagnostics import did_you_mean

if TYPE_CHECKING:
    from os import PathLike

    from podcheck.language.diagnostics import Diagnostic

    Path = str | PathLike[str]

Policy = Literal["Always", "OnFailure", "Never"]
Severity = Literal["error", "warning", "info"]
Column = Literal["phase", "STATUS", "READY", "RESTARTS"]

MAX_BOUND = 50  # events deep, as `podcheck verify --bound`
SHOWN = 40  # characters of a wrong value that a message shows


class InputError(ValueError):
    """The input is wrong.  The text is what the command line prints; ``diagnostics`` are the
    errors in a spec, in their order (none if the error is in an argument)."""

    def __init__(self, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class Spec(NamedTuple):
    """A spec as text.

    ``name`` is what reports call it; ``folder`` is where the files it includes stand (None:
    it may include nothing).
    """

    text: str
    name: str = "spec"
    folder: str | None = None

    def __repr__(self) -> str:
        lines = len(str(self.text).splitlines())
        return f"<Spec {self.name!r}: {lines} line{'s' * (lines != 1)}>"


Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Check = Callable[[str, Any], None]


def checked(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """A public function that raises ``InputError`` for a value of a wrong kind, by the
    annotations of its parameters, before it does anything."""
    signature = inspect.signature(function)
    checks = {name: CHECKS[str(p.annotation)] for name, p in signature.parameters.items()}
    several = {n for n, p in signature.parameters.items() if p.kind is p.VAR_POSITIONAL}

    @functools.wraps(function)
    def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            for one in value if name in several else (value,):
                checks[name](name, one)
        return function(*args, **kwargs)

    return call


def known(word: str, words: Sequence[str]) -> None:
    """Raise ``InputError`` unless a word is one of those that are allowed."""
    if word not in words:
        hint = did_you_mean(word, words, f"Known: {', '.join(words)}.")
        raise InputError(f"There is no `{word}` here. {hint}")


# ---- a check for each annotation ---------------------------------------------------------------


def _wrong(name: str, allowed: str, value: object) -> InputError:
    shown = repr(value)
    shown = shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 3]}..."
    return InputError(f"`{name}` is {allowed}, not {shown}.")


def _text(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise _wrong(name, "a text", value)


def _path(name: str, value: object, others: str = "") -> None:
    if not isinstance(value, str) and not hasattr(value, "__fspath__"):
        raise _wrong(name, f"a path{others}", value)
    if value == "":
        raise InputError(f"`{name}` is an empty text. Give the path of a file.")


def _path_or_spec(name: str, value: object) -> None:
    if not isinstance(value, Spec):
        _path(name, value, " or a podcheck.Spec")
        return
    _text("Spec.text", value.text)
    _text("Spec.name", value.name)
    if value.folder is not None:
        _path("Spec.folder", value.folder, " or None")


def _path_or_text(name: str, value: object) -> None:
    if isinstance(value, str) and not value.strip():
        raise InputError(
            f"`{name}` is an empty text. Give the output of `kubectl get pods -o yaml`, or the "
            "path of a file with it."
        )
    _path(name, value, " or a text")


def _whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(name, f"a whole number from {least} to {most}", value)


def _bound(name: str, value: object) -> None:
    if value is not None:
        _whole(name, value, 1, MAX_BOUND)


def _effort(name: str, value: object) -> None:
    _whole(name, value, 1, LEVELS)


def _text_or_none(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise _wrong(name, "a text or None", value)


def _claim(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise _wrong(name, "the title of a claim, its number from 1, or None", value)


def _word(name: str, value: object, words: Sequence[str], others: str = "") -> None:
    if not isinstance(value, str):
        raise _wrong(name, f"one of {', '.join(words)}{others}", value)
    known(value, words)


def _policy(name: str, value: object) -> None:
    if value is not None:
        _word(name, value, get_args(Policy), " or None")


def _policies(name: str, value: object) -> None:
    allowed = f"a list of {', '.join(get_args(Policy))}"
    if isinstance(value, str):
        raise _wrong(name, f"{allowed}, such as {[value]}", value)
    if not isinstance(value, Sequence) or not value:
        raise _wrong(name, allowed, value)
    for word in value:
        _word(name, word, get_args(Policy))


def _severity(name: str, value: object) -> None:
    _word(name, value, get_args(Severity))


def _column(name: str, value: object) -> None:
    _word(name, value, get_args(Column))


CHECKS: dict[str, Check] = {
    "str": _text,
    "str | None": _text_or_none,
    "Path": _path,
    "Path | Spec": _path_or_spec,
    "Path | str": _path_or_text,
    "int | None": _bound,
    "int": _effort,
    "str | int | None": _claim,
    "Policy | None": _policy,
    "Sequence[Policy]": _policies,
    "Severity": _severity,
    "Column": _column,
}
