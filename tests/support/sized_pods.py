"""Pods of any size, and claims about every pod, for measurements and for tests of the exports."""

from __future__ import annotations

from typing import NamedTuple

SIZES = (1, 2, 4, 8, 16)

# What sets a main container apart without changing which claims hold.
SETTINGS = (
    "",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "livenessProbe  readinessProbe",
    "startupProbe  livenessProbe",
    "startupProbe  readinessProbe",
    "startupProbe  livenessProbe  readinessProbe",
)


class Shape(NamedTuple):
    """How a pod is made up.

    ``alike``: all main containers have the same settings (else each differs from its next
    seven); ``around``: an init container and a sidecar besides; ``rules``: each main
    container is restarted after one exit code, of its own unless all are alike.
    """

    mains: int
    alike: bool = True
    around: bool = False
    rules: bool = False

    def __str__(self) -> str:
        parts = [f"{self.mains} main" + ("s" if self.mains > 1 else "")]
        if self.mains > 1:
            parts.append("alike" if self.alike else "different")
        parts += ["init + sidecar"] if self.around else []
        parts += ["rules"] if self.rules else []
        return ", ".join(parts)


class Claim(NamedTuple):
    """The body of a check; ``holds`` is what the rules make of it for every shape."""

    name: str
    body: str
    holds: bool


HOLDING = (
    Claim(
        "terminal phases absorb",
        "under every policy { always (phase in {Succeeded, Failed} implies next phase = phase) }",
        True,
    ),
    # A record that is lost may cost a container its exit code: with restart rules of its own even
    # a final phase does not keep it, under Always, where every status is accepted.
    Claim(
        "Succeeded means that all exited 0",
        "under every policy assuming no lost records {"
        " always (phase = Succeeded implies every main container: exitCode = 0) }",
        True,
    ),
    Claim(
        "OnFailure never fails by itself",
        "under OnFailure assuming no stop from outside, no lost records, no image change,"
        " no sandbox death { never phase = Failed }",
        True,
    ),
)
WITHOUT_RULES = Claim(
    "Never restarts nothing by itself",
    "under Never assuming no image change, no lost records {"
    " never some main container: restartCount > 0 }",
    True,
)
FAILING = (
    Claim(
        "never completes",
        "under OnFailure assuming only exits { never phase = Succeeded }",
        False,
    ),
    Claim(
        "one is never restarted",
        "under Always assuming only exits, backoff {"
        " never every main container: restartCount > 0 }",
        False,
    ),
)


def pod(shape: Shape) -> str:
    """The declaration of a pod `sized`, with main containers `m1`, `m2`, ..."""
    lines = ["  init prepare", "  sidecar proxy"] if shape.around else []
    lines += [f"  container m{n + 1}{_settings(shape, n)}" for n in range(shape.mains)]
    return "\n".join(["pod sized {", *lines, "}", ""])


def _settings(shape: Shape, number: int) -> str:
    own = [] if shape.alike else [SETTINGS[number % len(SETTINGS)]]
    if shape.rules:
        code = 3 if shape.alike else 3 + number
        own.insert(0, f"restartPolicy: OnFailure  on exit {code}: Restart")
    text = "  ".join(o for o in own if o)
    return f" {{ {text} }}" if text else ""


def claims(shape: Shape) -> tuple[Claim, ...]:
    """Claims that hold, and claims that fail after more events the larger the pod is."""
    return (*HOLDING, *(() if shape.rules else (WITHOUT_RULES,)), *FAILING)


def spec(shape: Shape, claim: Claim) -> str:
    """A spec file with one claim about one pod."""
    return f'{pod(shape)}\ncheck "{claim.name}" for sized {claim.body}\n'
