"""A safety question as a Promela model, for Spin.

One process, one loop, an option for the sync and for each event.  An action is one
transition of Spin: a ``d_step``, or an ``atomic`` around it where inputs are chosen first.
Spin stores a state between two rounds of the loop and nowhere else, so it stores exactly
the reachable states (and one more before a choice of several starts).

Shared terms are computed once, into hidden variables, which are no part of Spin's state.
An input is chosen only where its value can matter (``core/sensitivity.py``), and is zero
in every stored state.  A variable that nothing reads is left out by Spin itself; a sliced
system has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from podcheck.core.claims import Start
from podcheck.core.sensitivity import sensitivity
from podcheck.core.system import Action, Input
from podcheck.core.terms import FALSE, TRUE, Sort, Term, Value, variables, walk
from podcheck.export.operators import OPERATORS
from podcheck.export.sharing import Printed, printed
from podcheck.export.values import Numbering, legend
from podcheck.transform.safety import PRIME, Safety

SMALL = 60  # nodes of a guard that is written out in front of its option


def program(asked: Safety, heading: Iterable[str] = ()) -> list[str]:
    """The lines of the model, after a heading and how to run it."""
    extra = " and one before the start is chosen" if len(asked.starts) > 1 else ""
    about = [
        *heading,
        "Run: spin -a THIS && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan -m1000000",
        "`errors: 0` means that no violation can be reached; `states, stored` counts the",
        f"reachable states{extra}.  `./pan -r` replays a violation.",
    ]
    comments = [f" * {line.replace('*/', '* /')}" for line in about]
    return ["/*", *comments, " */", *Program(asked).lines()]


class Program:
    """The transition system of one question as text."""

    def __init__(self, asked: Safety) -> None:
        self.asked = asked
        self.actions = asked.system.actions()
        self.variables = asked.system.variables
        self._numbering = Numbering()
        self._hidden: dict[str, None] = {}  # names of hidden variables, in order of use
        self._names: dict[str, str] = {}  # of variables, their primed forms, and inputs
        for v in self.variables:
            self._names[v.name] = self._identifier(v.name)
        for v in self.variables:
            self._names[v.name + PRIME] = f"next_{self._names[v.name]}"
        read = variables([self.asked.condition])
        self._read_after = [v.name for v in self.variables if v.name + PRIME in read]

    def lines(self) -> list[str]:
        # the declarations last: what is hidden is known when all else is written
        checks = self._check() if self.asked.on_steps else []
        options = [line for a in self.actions for line in self._option(a)]
        watch = [] if self.asked.on_steps else self._watch()
        loop = [*self._starts(), "do", *watch, *options, "od"]
        process = ["active proctype pod() {", *_indented(loop), "}"]
        return [*self.declarations(), "", *checks, *process]

    # ---- names and values -------------------------------------------------------------------

    def _identifier(self, name: str) -> str:
        """A C identifier that no other name has; no word of Promela or C begins like it."""
        plain = "v_" + re.sub(r"[^A-Za-z0-9]+", "_", name)
        taken = set(self._names.values())
        found, number = plain, 2
        while found in taken:
            found, number = f"{plain}_{number}", number + 1
        return found

    def name(self, variable: str) -> str:
        """The identifier of a state variable."""
        return self._names[variable]

    def literal(self, sort: Sort, value: Value) -> str:
        """The text of a value."""
        if sort.kind == "bool":
            return "true" if value else "false"
        return str(self._numbering.position(sort, value))

    def _text(self, term: Term, arguments: list[str]) -> str:
        if term.op == "var":
            return self._names[term.value]
        if term.op == "const":
            return self.literal(term.sort, term.value)
        return OPERATORS[term.op].promela(arguments, term, self.literal)

    def _computed(self, roots: Sequence[Term], prefix: str = "shared") -> tuple[list[str], Printed]:
        """Assignments of shared terms to hidden variables, and the texts after them."""
        found = printed(roots, self._text, lambda n: f"{prefix}_{n}")
        for named in found.names:
            self._hidden[named.name] = None
        return [f"{n.name} = {n.text};" for n in found.names], found

    def in_full(self, term: Term) -> str:
        """A small term as one expression that names nothing."""
        return self._text(term, [self.in_full(a) for a in term.args])

    # ---- declarations -----------------------------------------------------------------------

    def declarations(self) -> list[str]:
        only = self.asked.starts[0] if len(self.asked.starts) == 1 else None
        lines = []
        for v in self.variables:
            bits = max(1, (len(v.sort.values) - 1).bit_length())
            initial = f" = {self.literal(v.sort, only.state[v.name])}" if only else ""
            comment = f"/* {_plain(v.name)}: {_plain(legend(v.sort))} */"
            lines.append(f"unsigned {self._names[v.name]} : {bits}{initial};  {comment}")
        return [*lines, *self._inputs(), *(f"hidden int {name};" for name in self._hidden)]

    def _inputs(self) -> Iterable[str]:
        """All actions choose into the same variables; only one is taken at a time."""
        for place in range(max(len(a.inputs) for a in self.actions)):
            sorts = [a.inputs[place].sort for a in self.actions if len(a.inputs) > place]
            # one number more than there are values: "still to be chosen"
            bits = max(len(sort.values) for sort in sorts).bit_length()
            yield f"unsigned {_input(place)} : {bits};"

    # ---- the property -----------------------------------------------------------------------

    def _watch(self) -> list[str]:
        """An option that changes nothing and looks at the state."""
        shared, found = self._computed([self.asked.condition])
        assertion = f"assert({found.texts[self.asked.condition]})"
        return ["/* the property */", ":: d_step {", *_indented(["true;", *shared, assertion]), "}"]

    def _check(self) -> list[str]:
        """What each action calls when the values after it are known and not yet assigned.

        Its hidden variables are its own: those of the action are still needed.
        """
        shared, found = self._computed([self.asked.condition], "checked")
        assertion = f"assert({found.texts[self.asked.condition]})"
        return ["inline check_step() {", *_indented([*shared, assertion]), "}", ""]

    # ---- the process ------------------------------------------------------------------------

    def _starts(self) -> list[str]:
        """The choice of a start; a single one stands in the declarations."""
        if len(self.asked.starts) == 1:
            return []
        lines = ["if"]
        for start in self.asked.starts:
            lines.append(f":: d_step {{ {' '.join(self._assigned(start))} }}")
        return [*lines, "fi;"]

    def _assigned(self, start: Start) -> Iterable[str]:
        for v in self.variables:
            yield f"{self._names[v.name]} = {self.literal(v.sort, start.state[v.name])};"

    def _option(self, action: Action) -> list[str]:
        """What the loop offers for one action."""
        self._names |= {i.name: _input(place) for place, i in enumerate(action.inputs)}
        reads_input = not variables([action.guard]).isdisjoint(i.name for i in action.inputs)
        ahead = not reads_input and _size(action.guard) <= SMALL
        opening = f"{self.in_full(action.guard) if ahead else 'true'};"
        taken = _indented(self._taken(action, guarded=not ahead))
        matters = {i: c for i, c in _conditions(action) if c is not FALSE}
        legends = [f"; {self._names[i.name]}: {legend(i.sort)}" for i in matters]
        head = f"/* {_plain(action.name)}{_plain(''.join(legends))} */"
        if not matters:
            return [head, ":: d_step {", f"  {opening}", *taken, "}"]
        choices = [line for i, c in matters.items() for line in self._choice(i, c)]
        body = [*self._relevance(matters, opening), *choices, "d_step {", *taken, "}"]
        return [head, ":: atomic {", *_indented(body), "}"]

    def _relevance(self, matters: dict[Input, Term], opening: str) -> list[str]:
        """Gives each input that can matter here the number that stands for "to be chosen"."""
        asked = {i: c for i, c in matters.items() if c is not TRUE}
        if not asked:
            return [opening]
        shared, found = self._computed([*asked.values()])
        marks = [
            f"{self._names[i.name]} = ({found.texts[c]} -> {len(i.sort.values)} : 0);"
            for i, c in asked.items()
        ]
        return ["d_step {", *_indented([opening, *shared, *marks]), "};"]

    def _choice(self, chosen: Input, condition: Term) -> list[str]:
        name = self._names[chosen.name]
        values = " ".join(f":: {name} = {n}" for n in range(len(chosen.sort.values)))
        if condition is TRUE:
            return [f"if {values} fi;"]
        return [f"if :: {name} == {len(chosen.sort.values)} -> if {values} fi :: else fi;"]

    def _taken(self, action: Action, *, guarded: bool) -> list[str]:
        """The action itself: new values from old ones, then all assigned."""
        guard = action.guard if guarded else TRUE
        shared, found = self._computed([guard, *action.updates.values()])
        after, assigned = self._assignments(action, found)
        checks = ["check_step();"] if self.asked.on_steps else []
        lines = [*after, *checks, *assigned]
        if guard is not TRUE:
            lines = ["if", f":: {found.texts[guard]};", *_indented(lines), ":: else", "fi;"]
        forgotten = [f"{self._names[i.name]} = 0;" for i in action.inputs]
        return [*shared, *lines, self._told(action), *forgotten]

    def _assignments(self, action: Action, found: Printed) -> tuple[list[str], list[str]]:
        """Values that must be kept until all have been computed, and the assignments."""
        after, assigned = [], []
        for name, update in action.updates.items():
            text = found.texts[update]
            if name in self._read_after or not variables([update]).isdisjoint(action.updates):
                after.append(f"{self._next(name)} = {text};")
                text = self._next(name)
            assigned.append(f"{self._names[name]} = {text};")
        for name in self._read_after:
            if name not in action.updates:
                after.append(f"{self._next(name)} = {self._names[name]};")
        return after, assigned

    def _next(self, name: str) -> str:
        """The hidden variable that keeps the value after a step."""
        kept = self._names[name + PRIME]
        self._hidden[kept] = None
        return kept

    def _told(self, action: Action) -> str:
        """What a replay of Spin's trail prints."""
        inputs = "".join(f", {self._names[i.name]} = %d" for i in action.inputs)
        values = "".join(f", {self._names[i.name]}" for i in action.inputs)
        return f'printf("{_plain(action.name)}{inputs}\\n"{values});'


def _input(place: int) -> str:
    return f"input_{place}"


def _conditions(action: Action) -> Iterable[tuple[Input, Term]]:
    """Each input with the states in which its value can make a difference."""
    found = sensitivity(action)
    return ((i, found[i.name]) for i in action.inputs)


def _size(term: Term) -> int:
    """How many nodes the term has when nothing is shared."""
    sizes: dict[Term, int] = {}
    for each in walk([term]):
        sizes[each] = 1 + sum(sizes[a] for a in each.args)
    return sizes[term]


def _plain(text: str) -> str:
    """A text that neither ends a comment or a string nor means anything to a preprocessor."""
    return re.sub(r"[^A-Za-z0-9 .,:;_-]", " ", text)


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]
