"""Random and mutated specs: whatever is written, podcheck answers with a diagnostic or a verdict.

    python tests/tools/fuzz.py --random 10000 --mutated 10000

A random spec is a tree that is printed, so most are well formed; a mutated one is a real spec
with tokens dropped, doubled, swapped or replaced and bytes flipped.  Each is parsed, planned
and, if it has no syntax errors, formatted; one in `--verify-every` is verified with a small
budget.  Any exception but a diagnostic is a fault.  Same seed, same specs.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from podcheck.checker.spec_files import Checker  # noqa: E402
from podcheck.compiler.plan import make_plan  # noqa: E402
from podcheck.declarations.pack import Pack  # noqa: E402
from podcheck.language.diagnostics import Diagnostics  # noqa: E402
from podcheck.language.formatter import format_text  # noqa: E402
from podcheck.language.lexer import KEYWORDS, tokenize  # noqa: E402
from podcheck.language.source import Source  # noqa: E402
from podcheck.loading.rules import load_pack  # noqa: E402
from podcheck.loading.sources import Files  # noqa: E402
from podcheck.loading.specs import spec_of  # noqa: E402
from podcheck.report.terminal import Style  # noqa: E402
from podcheck.report.text import render_diagnostic, render_file  # noqa: E402
from podcheck.verification.options import Options  # noqa: E402

NOWHERE = Files().folder("/nonexistent")

SLOW_S = 10.0


# ---- random specs ---------------------------------------------------------------------------


class Writer:
    """Prints random specs: half of them without a slip, as far as that can be known."""

    def __init__(self, chance: random.Random, pack: Pack) -> None:
        self.chance = chance
        self.events = [(e.words, e.actor) for e in pack.events.values()]
        self.kinds = [*pack.kinds(), *pack.groups]
        self.wrong = chance.random() < 0.5
        self.pods: list[str] = []
        self.containers = ["app"]

    def pick(self, *choices: str) -> str:
        return self.chance.choice(choices)

    def maybe(self, text: str, chance: float = 0.5) -> str:
        return text if self.chance.random() < chance else ""

    def slip(self, right: str, *wrong: str) -> str:
        """In a spec with slips, now and then something wrong."""
        return self.pick(*wrong) if self.wrong and self.chance.random() < 0.1 else right

    def many(self, make: Callable[[], str], low: int, high: int, between: str) -> str:
        return between.join(make() for _ in range(self.chance.randint(low, high)))

    def spec(self) -> str:
        parts = [self.maybe(f"kubernetes {self.slip('1.36', '1.26', '1.30', '2.0')}\n", 0.2)]
        gate = self.slip("SidecarContainers on", "ContainerRestartRules off", "Nothing on")
        parts.append(self.maybe(f"gates {gate}\n", 0.1))
        parts += [self.pod(name) for name in ("one", "two")[: self.chance.randint(1, 2)]]
        parts += [self.claim() for _ in range(self.chance.randint(0, 4))]
        return "\n".join(parts)

    def pod(self, name: str) -> str:
        self.pods.append(name)
        names = self.chance.sample(["app", "helper", "web", "init", "c"], self.chance.randint(1, 3))
        self.containers = names
        items = [self.maybe(f"restartPolicy: {self.policy()}", 0.3)]
        items.append(self.maybe("activeDeadlineSeconds: 60", 0.2))
        items.append(self.slip("volume scratch: emptyDir", ""))
        items += [self.container(n, i == 0) for i, n in enumerate(names)]
        body = "\n  ".join(item for item in items if item)
        return f"pod {name}{self.maybe(' static', 0.1)} {{\n  {body}\n}}\n"

    def container(self, name: str, must_be_main: bool) -> str:
        word = "container"
        if not must_be_main or (self.wrong and self.chance.random() < 0.1):
            word = self.pick("container", "container", "init", "sidecar")
        shown = f'"{name}"' if name == "init" else self.slip(name, "init", "1st")
        items = [
            self.maybe("mount scratch", 0.2),
            self.maybe(f"port {self.slip('80', '99999')}", 0.1),
        ]
        if self.chance.random() < 0.3 and word != "sidecar":
            items.append(f"restartPolicy: {self.pick('OnFailure', 'Never')}")
            action = self.pick("Restart", "RestartAllContainers")
            items.append(self.maybe(f"on exit {self.codes()}: {self.slip(action, 'Stop')}"))
        if word != "init" or self.slip("", "x"):
            items.append(
                self.maybe(self.pick("livenessProbe", "startupProbe", "readinessProbe"), 0.4)
            )
        body = " { " + "  ".join(i for i in items if i) + " }" if any(items) else ""
        family = self.maybe(f"[1..{self.chance.randint(1, 3)}]", 0.1 if self.wrong else 0)
        return f"{word} {shown}{family}{body}"

    def policy(self) -> str:
        return self.slip(self.pick("Always", "OnFailure", "Never"), "Sometimes", "never")

    def codes(self) -> str:
        right = self.pick("0", "1", "137", "nonzero", "any", "1..127", "{1, 42}", "not in {0, 1}")
        return self.slip(right, "256", "5..1", "{}")

    def claim(self) -> str:
        header = f"for {self.slip(self.pods[-1], self.pods[0], 'three')} "
        where = f"any state where {self.expression(1)}"
        start = self.pick("created", "Running", "Running", "any Running", where)
        start = self.slip(start, "nowhere", "running")
        header += self.maybe(f"from {start} ", 0.7)
        under = self.pick("every policy", "Never", "Always, OnFailure")
        assuming = self.pick(
            f"no {self.pick(*self.kinds)}", f"only {self.pick(*self.kinds)}, exits",
            f"at most 3 {self.pick(*self.kinds)}", "races",
        )  # fmt: skip
        assuming = self.slip(assuming, "good weather", "no")
        tail = self.maybe(f"assuming {assuming} ", 0.4)
        kind = self.pick("table", "scenario", "scenario", "check", "find", "refute")
        if kind == "table":
            return f'table "t" {header}{tail}{{\n{self.rows()}}}\n'
        header += self.maybe(f"under {under} ", 0.6) + tail
        wants_steps = kind == "scenario" or (kind == "refute" and self.chance.random() < 0.5)
        make = self.step if wants_steps or self.slip("", "x") else self.formula
        body = self.expression(2) if kind == "find" else self.many(make, 1, 3, "\n  ")
        return f'{kind} "{kind} of it" {header}{{\n  {body}\n}}\n'

    def rows(self) -> str:
        heads = ["event", *self.chance.sample(["Always", "OnFailure", "Never", "from"], 2)]
        rows = [heads]
        for _ in range(self.chance.randint(0, 3)):
            rows.append([self.pattern(1), *(self.cell(h) for h in heads[1:])])
        return "".join(f"  | {' | '.join(row)} |\n" for row in rows)

    def cell(self, head: str) -> str:
        if head == "pod":
            return self.pick(*self.pods)
        if head == "from":
            return self.pick("created", "Running", "any Running")
        return self.pick(
            "Running", "Failed", "!Failed", "Running or Pending", '"CrashLoopBackOff"', "any",
            f"({self.expression(1)})", self.slip("Failed", "CrashLoopBackOff", ""),
        )  # fmt: skip

    def step(self) -> str:
        at_once = self.maybe(f" at once {self.expression(1)}", 0.2)
        then = self.maybe(f" then {self.expression(2)}", 0.9)
        return f"when {self.pattern(2)}{at_once}{then}"

    def formula(self) -> str:
        word = self.slip(self.pick("always", "never", "stays", "eventually"), "", "often")
        text = f"{word} {self.expression(2)}"
        return self.slip(
            text, f"{self.expression(1)} leads to {self.expression(1)}", f"{text} until"
        )

    def pattern(self, depth: int) -> str:
        if depth == 0 or self.chance.random() < 0.5:
            return self.event()
        a, b = self.pattern(depth - 1), self.pattern(depth - 1)
        return self.pick(
            f"{a} followed by {b}", f"{a} or {b}", f"{a} or {b}", f"{{{a}}} x 2",
            f"{{{a}}} x 1..3", f"{{{a}}} repeatedly", f"in any order {{{a}; {b}}}", f"{{{a}}}",
            f"{self.event()} together with {self.event()}",
            "anything", f"anything but {self.pick(*self.kinds)}",
        )  # fmt: skip

    def event(self) -> str:
        words, actor = self.chance.choice([self.events[0], self.events[1], *self.events])
        if self.chance.random() < 0.6:
            words, actor = self.events[0]
        named = self.pick(*self.containers)
        role = self.pick("", "", "init ", "sidecar ", "main ")
        who = self.pick(
            f'"{named}"' if named == "init" else named, f"any {self.slip('', role)}container",
            f"every {self.slip('', role)}container at once", "any container as x",
            self.slip("every container", "every other container"),
        )  # fmt: skip
        if words and words[0] != actor:
            who = named if named != "init" else '"init"'
        text = " ".join(who if w == actor else w for w in words)
        code = f" {self.codes()}" if "exits" in words else ""
        return text + code + self.slip("", " with exit 3", " with Evicted")

    def expression(self, depth: int) -> str:
        if depth == 0 or self.chance.random() < 0.4:
            return self.comparison()
        a, b = self.expression(depth - 1), self.expression(depth - 1)
        role = self.pick("", "main ", "sidecar ", "init ")
        return self.pick(
            f"{a} and {b}", f"{a} or {b}", f"not ({a})", f"({a}) implies {b}",
            f"some {role}container: ready", f"every {role}container as c: c.state = running",
            f"no container: restartCount > {self.chance.randint(0, 9)}",
            f"count({role}container: ready) >= {self.chance.randint(0, 9)}",
            f"(if {a} then {b} else {a})", self.slip(a, f"next phase = {self.value()}"),
        )  # fmt: skip

    def comparison(self) -> str:
        named = self.pick(*self.containers)
        owner = '"init"' if named == "init" else self.slip(named, "x", "nobody")
        sorts = {
            "phase": ("Running", "Failed", "Pending", "Succeeded"),
            "STATUS": ('"Error"', '"Running"', '"Completed"'),
            "READY": ('"1/1"', '"0/1"'),
            "RESTARTS": ("0", "1", "3"),
            f"{owner}.state": ("running", "terminated", "waiting"),
            f"{owner}.reason": ("OOMKilled", "Error", "none"),
            f"{owner}.exitCode": ("0", "1", "137"),
            f"{owner}.restartCount": ("0", "2"),
            f"{owner}.ready": ("true", "false"),
            "policy": ("Always", "Never"),
        }
        left = self.pick(*sorts)
        value = self.slip(self.pick(*sorts[left]), "300", "Redy", '"x"', "phase", owner)
        sign = self.pick("=", "!=")
        if left in ("RESTARTS", f"{owner}.exitCode", f"{owner}.restartCount"):
            sign = self.pick("=", "<", ">=")
        return self.pick(
            f"{left} {self.slip(sign, '<', '==', 'is')} {value}",
            f"{left} in {{{value}, {self.pick(*sorts[left])}}}",
            f"condition {self.slip('Ready', 'Initialized', 'Redy')}", "deleted",
            f"{owner}.{self.slip('ready', 'redy', 'phase')}",
            f"RESTARTS + 1 > {owner}.restartCount",
        )  # fmt: skip

    def value(self) -> str:
        return self.slip("Running", "0", '"Error"', "Redy")


# ---- mutated specs --------------------------------------------------------------------------


def mutated(text: str, chance: random.Random) -> str:
    """A spec with one to four small accidents."""
    for _ in range(chance.randint(1, 4)):
        text = chance.choice(_ACCIDENTS)(text, chance)
    return text


def _places(text: str) -> list[tuple[int, int]]:
    tokens, _ = tokenize(Source("", text), Diagnostics())
    return [(t.start_pos or 0, t.end_pos or 0) for t in tokens] or [(0, 0)]


def _drop(text: str, chance: random.Random) -> str:
    start, end = chance.choice(_places(text))
    return text[:start] + text[end:]


def _double(text: str, chance: random.Random) -> str:
    start, end = chance.choice(_places(text))
    return f"{text[:end]} {text[start:]}"


def _swap(text: str, chance: random.Random) -> str:
    places = _places(text)
    i = chance.randrange(len(places))
    (a, b), (c, d) = sorted((places[i], places[min(i + chance.randint(1, 3), len(places) - 1)]))
    return text if b > c else text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _replace(text: str, chance: random.Random) -> str:
    places = _places(text)
    (start, end), (a, b) = chance.choice(places), chance.choice(places)
    word = chance.choice(
        [text[a:b], chance.choice(sorted(KEYWORDS)), "{", "}", "(", ")", "|", "300"]
    )
    return text[:start] + word + text[end:]


def _flip(text: str, chance: random.Random) -> str:
    data = bytearray(text.encode("utf-8"))
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data.decode("utf-8", "replace")


def _cut(text: str, chance: random.Random) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.randint(1, 60) :]


_ACCIDENTS = (_drop, _drop, _double, _swap, _replace, _replace, _flip, _cut)


def seeds() -> list[str]:
    """Every spec of the catalogue and of the tests."""
    paths = [*(ROOT / "specs").rglob("*.pod"), *(ROOT / "tests").rglob("*.pod")]
    return [p.read_text(encoding="utf-8", errors="replace") for p in sorted(paths)]


# ---- trying them ----------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """What became of the specs; ``faults`` has each spec that broke something, and how."""

    counts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, str]] = field(default_factory=list)
    slowest_s: float = 0.0


def attempt(text: str, pack: Pack, tally: Tally, verify: bool) -> None:
    """Read, plan, format and perhaps verify one spec."""
    began = time.monotonic()
    try:
        clean = _planned(text, pack, tally)
        if clean and verify:
            _verified(text, pack, tally)
    except Exception:  # noqa: BLE001 (a fault of any kind is what is looked for)
        tally.faults.append((text, traceback.format_exc()))
    elapsed = time.monotonic() - began
    tally.slowest_s = max(tally.slowest_s, elapsed)
    if elapsed > SLOW_S:
        tally.faults.append((text, f"took {elapsed:.1f} s"))


def _planned(text: str, pack: Pack, tally: Tally) -> bool:
    diagnostics = Diagnostics()
    source = Source("fuzz.pod", text)
    spec = spec_of(source, NOWHERE, diagnostics)
    if not diagnostics.has_errors:
        tally.counts["formatted"] += 1
        assert format_text(source, Diagnostics()) is not None
    make_plan(spec, pack, diagnostics)
    for diagnostic in diagnostics.sorted():
        tally.codes[diagnostic.code] += 1
        assert list(render_diagnostic(diagnostic, Style(False)))
    tally.counts["clean" if not diagnostics.has_errors else "with errors"] += 1
    return not diagnostics.has_errors


def _verified(text: str, pack: Pack, tally: Tally) -> None:
    end = time.monotonic() + 1.0
    options = Options(
        bound=2, max_steps=500, expired=lambda units=0: "late" * (time.monotonic() > end)
    )
    result = Checker(options, pack).check_source(Source("fuzz.pod", text), NOWHERE)
    assert list(render_file(result, Style(False))) or not result.claims
    tally.counts["verified"] += 1
    for claim in result.claims:
        tally.counts[f"claims {claim.verdict.value}"] += 1
        if claim.verdict.value == "INTERNAL":
            tally.faults.append((text, claim.detail))


def specs(random_count: int, mutated_count: int, seed: int, pack: Pack) -> Iterator[str]:
    """The specs to try; each has a seed of its own, so that a fault can be looked at again."""
    for i in range(random_count):
        yield Writer(random.Random(f"{seed} random {i}"), pack).spec()
    stock = seeds()
    for i in range(mutated_count):
        chance = random.Random(f"{seed} mutated {i}")
        yield mutated(chance.choice(stock), chance)


def main() -> int:
    """Run the fuzzer from the command line; prints figures and the first faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--random", type=int, default=1000)
    parser.add_argument("--mutated", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--verify-every", type=int, default=50)
    arguments = parser.parse_args()
    pack, tally = load_pack(), Tally()
    began = time.monotonic()
    made = specs(arguments.random, arguments.mutated, arguments.seed, pack)
    for i, text in enumerate(made):
        attempt(text, pack, tally, i % arguments.verify_every == 0)
    print(f"{arguments.random} random, {arguments.mutated} mutated specs, seed {arguments.seed}")
    print(f"{time.monotonic() - began:.0f} s, slowest {tally.slowest_s:.2f} s")
    print(", ".join(f"{n} {what}" for what, n in sorted(tally.counts.items())))
    print(", ".join(f"{code} {n}" for code, n in sorted(tally.codes.items())))
    print(f"{len(tally.faults)} faults")
    kinds: dict[str, list[tuple[str, str]]] = {}
    for text, fault in tally.faults:
        places = [line for line in fault.splitlines() if line.startswith("  File")]
        kinds.setdefault((places or [fault.split()[0]])[-1], []).append((text, fault))
    for examples in kinds.values():
        text, fault = min(examples, key=lambda example: len(example[0]))
        print("-" * 72, f"{len(examples)} times", text, fault[-1500:], sep="\n")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
