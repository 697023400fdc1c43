"""Long texts, each made of one thing many times over."""

from __future__ import annotations

from collections.abc import Callable

from podcheck.checker.spec_files import Checker
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.formatter import format_text
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.verification.options import Options

POD = "pod p { container app }\n"


def scenario(events: str) -> str:
    return f'{POD}scenario "s" under Never {{ when {events} then phase = Running }}\n'


def check(condition: str) -> str:
    return f'{POD}check "c" {{ always {condition} }}\n'


def table(rows: str) -> str:
    return f'{POD}table "t" under Always {{\n{rows}\n}}\n'


def listed(count: int, text: str, between: str = "\n") -> str:
    """The text this many times, `%` in it an exit code."""
    return between.join(text.replace("%", str(n % 256)) for n in range(count))


# What of a text's language may stand there any number of times.
REPEATED: dict[str, Callable[[int], str]] = {
    "codes": lambda n: scenario(f"app exits {{{listed(n, '%', ', ')}}}"),
    "codes on lines": lambda n: scenario(f"app exits {{{listed(n, '%', ',' + chr(10))}}}"),
    "members": lambda n: check(f"app.exitCode in {{{listed(n, '%', ', ')}}}"),
    "or": lambda n: check(listed(n, "app.exitCode = %", " or ")),
    "and": lambda n: check(listed(n, "app.exitCode != %", " and ")),
    "events or": lambda n: scenario(listed(n, "app exits %", " or ")),
    "followed by": lambda n: scenario(listed(n, "app exits %", " followed by ")),
    "arguments": lambda n: check(f"f({listed(n, '%', ', ')})"),
    "rows": lambda n: table(listed(n, "| app exits % | Running |")),
    "policies": lambda n: f'{POD}check "c" under {listed(n, "Never", ", ")} {{ never true }}\n',
    "assumptions": lambda n: (
        f'{POD}check "c" assuming {listed(n, "no exits", ", ")} {{ never true }}'
    ),
    "claims": lambda n: POD + listed(n, 'check "c" { never phase = Failed }'),
    "formulas": lambda n: f'{POD}check "c" {{\n{listed(n, "never phase = Failed")}\n}}\n',
    "steps": lambda n: f'{POD}scenario "c" {{\n{listed(n, "when app exits %")}\n}}\n',
    "containers": lambda n: f"pod p {{\n{listed(n, 'container c%')}\n}}\n",
    "exit rules": lambda n: (
        f"pod p {{ container app {{\n{listed(n, 'on exit %: Restart')}\n}} }}\n"
    ),
    "volumes": lambda n: f"pod p {{\n{listed(n, 'volume v%')}\n container app }}\n",
    "pods": lambda n: "".join(f"pod p{number} {{ container app }}\n" for number in range(n)),
    "includes": lambda n: listed(n, 'include "a.pod"') + "\n",
    "gates": lambda n: f"gates {listed(n, 'G% on', ', ')}\n{POD}",
    "comments": lambda n: POD + listed(n, "# a comment"),
    "a comment": lambda n: f"{POD}# {'long ' * n}\n",
    "a title": lambda n: f'{POD}check "{"long " * n}" {{ never phase = Failed }}\n',
    "spaces": lambda n: f"{POD}{' ' * n}{chr(10) * n}",
    # and what is wrong
    "brackets": lambda n: check(f"{'(' * 3 * n}true{')' * 3 * n}"),  # more than may be nested
    "not": lambda n: check(f"{'not ' * 3 * n}true"),
    "implies": lambda n: check(listed(3 * n, "app.exitCode = %", " implies ")),
    "words": lambda n: POD + "word " * n,
    "words of an event": lambda n: scenario("word " * n),
    "words of a condition": lambda n: check("word " * n),
    "keywords": lambda n: POD + "check " * n,
    "open texts": lambda n: POD + listed(n, 'check "c { never phase = 3 }'),
    "closing braces": lambda n: (
        f'{POD}table "t" {{\n| event | Always |\n| app exits 0 | Running |{"}" * n}'
    ),
    "bars": lambda n: f'{POD}table "t" {{\n{"|" * n}\n}}\n',
    "empty cells": lambda n: f'{POD}table "t" {{\n{listed(n, "| app exits % | |")}\n}}\n',
    "errors of the lexer": lambda n: POD + listed(n, 'check "c" { never phase == Failed }'),
    "errors of the parser": lambda n: POD + listed(n, 'check "c" { never = }'),
    "unknown names": lambda n: check(listed(n, "what% = 3", " or ")),
    "a brace that is missing": lambda n: scenario(f"app exits {{{listed(n, '%', ', ')}"),
}


def parsed(source: Source) -> None:
    diagnostics = Diagnostics()
    parse(source, diagnostics)
    for found in diagnostics.sorted():
        assert found.span.line


def formatted(source: Source) -> None:
    format_text(source, Diagnostics())


def compiled(source: Source) -> None:
    Checker(Options(), load_pack()).open_source(source, None)
