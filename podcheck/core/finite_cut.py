"""The finite cut: exit codes as classes, counts up to a largest one, and when that is exact.

Rules and claims are elaborated with all 256 exit codes and with counts that do not end.  An
engine needs few values of finite sorts.  What may be thrown away is read off the *terms* of the
system and of its claim, whoever wrote them: rules, overrides, hazards, claims, assumptions, ways
to a start.

**Codes.**  Two codes that lie in the same tested sets are alike, and the smallest stands for
both.  That is exact because a code is only copied, or tested for being in a set, or shown in a text
that is compared with some words.  Where two codes are compared with each other, or two texts,
each code is a class of its own.

**Counts.**  A count above ``top`` is shown as ``top``.  Write ``[x]`` for ``min(x, top)``.  Sums
and copies keep it: ``[x + y] = [[x] + [y]]``.  A comparison keeps it if one of its sides never
exceeds a number below ``top``, so each such number makes ``top`` larger.  A comparison of two
sides that both grow without end (a *pair*) is unknown where both are cut.  That does not matter
where it only chooses between two counts that are cut there, too, as in ``if restartCount >=
attempt then restartCount + 1 else attempt``.  It matters everywhere else: in a condition of a
claim, :func:`definite` asks for what holds whatever the unknown ones say; in a rule there is no
exact cut, and :func:`uncuttable` finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from podcheck.core import terms as t
from podcheck.core.exit_codes import CodeClasses, code_classes, every_code
from podcheck.core.substitution import substituted
from podcheck.core.sums import compared
from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import COUNTS, Sort, Term, Value

SPARE_COUNTS = 7  # where two counts are compared with each other, and runs have any length
_NO_PAIRS: frozenset[Term] = frozenset()


class Cut(NamedTuple):
    """Classes of exit codes, and the largest count; it stands for all that are larger."""

    codes: CodeClasses
    top: int


class Needs(NamedTuple):
    """What terms ask of codes and counts."""

    codes: frozenset[frozenset[int]]
    every_code: bool  # a code is compared with another, or shown
    largest: int  # the largest number that a count is compared with
    pairs: frozenset[Term]  # comparisons of two counts that both grow without end
    words: frozenset[Value] = frozenset()  # that texts are compared with
    shown: frozenset[Term] = frozenset()  # what turns a code into a text


def needs_of(roots: Iterable[Term], known: dict[tuple[Term, ...], Needs] | None = None) -> Needs:
    """What the terms below some roots ask of codes and counts; ``known`` remembers it by roots."""
    together = tuple(dict.fromkeys(roots))
    if known is None:
        return _needs_below(together)
    if together not in known:
        known[together] = _needs_below(together)
    return known[together]


def joined(found: Iterable[Needs]) -> Needs:
    """What several terms ask of codes and counts."""
    every = list(found)
    words = frozenset[Value]().union(*(x.words for x in every))
    shown = frozenset[Term]().union(*(x.shown for x in every))
    texts = {frozenset(c for c, text in s.value if text == word) for s in shown for word in words}
    return Needs(
        frozenset(texts).union(*(x.codes for x in every)),
        any(x.every_code for x in every),
        max((x.largest for x in every), default=0),
        _NO_PAIRS.union(*(x.pairs for x in every)),
        words,
        shown,
    )


def _needs_below(roots: Iterable[Term]) -> Needs:
    codes: set[frozenset[int]] = set()
    every, largest = False, 0
    pairs: set[Term] = set()
    limits: dict[Term, int | None] = {}
    shown: list[Term] = []
    words: set[Value] = set()
    for term in t.walk(list(roots)):
        if term.sort.kind == "count":
            limits[term] = _limit(term, limits)
        if term.op not in ("in", "eq", "le", "lookup"):
            continue
        kind = term.args[0].sort.kind
        if term.op == "in" and kind == "code":
            codes.add(frozenset(term.value))
        elif term.op == "in" and kind == "text":
            words |= term.value
        elif term.op == "in" and kind == "count":
            largest = max(largest, *map(int, term.value))
        elif term.op == "lookup" and kind == "code" and term.sort is t.TEXT:
            shown.append(term)
        elif kind in ("code", "text"):
            every = True
        elif term.op != "lookup" and kind == "count":
            sides = [limits[a] for a in term.args]
            known = [side for side in sides if side is not None]
            if known:
                largest = max(largest, min(known))
            else:
                pairs.add(term)
    return Needs(
        frozenset(codes), every, largest, frozenset(pairs), frozenset(words), frozenset(shown)
    )


def _limit(term: Term, limits: Mapping[Term, int | None]) -> int | None:
    """The number that a count never exceeds; None if there is none."""
    if term.op == "const":
        return int(term.value)
    if term.op == "var":
        return None if term.sort == COUNTS else int(term.sort.values[-1])
    if term.op == "lookup":
        return max(int(value) for _, value in term.value)
    sides = [limits[a] for a in term.args if a.sort.kind == "count"]
    known = [side for side in sides if side is not None]
    if len(known) < len(sides):
        return None
    return sum(known) if term.op == "add" else max(known)


def cut_for(needs: Needs, codes: Iterable[frozenset[int]] = (), spare: int = 0) -> Cut:
    """The smallest cut that is exact for what terms ask; ``codes`` are further sets of exit
    codes that are distinguished, such as those after `exits`.  Besides the numbers that counts are
    compared with, ``spare`` more are distinguished."""
    if needs.every_code:
        classes = every_code()
    else:
        classes = code_classes({*needs.codes, *codes, frozenset((0,))})
    return Cut(classes, max(1, needs.largest) + 1 + spare)


# ---- what has no exact cut ---------------------------------------------------------------------


def unknown_pairs(roots: Sequence[Term]) -> dict[Term, frozenset[Term]]:
    """For each term below the roots, the pairs that it may depend on where both sides are cut."""
    found: dict[Term, frozenset[Term]] = {}
    limits: dict[Term, int | None] = {}
    for term in t.walk(list(roots)):
        if term.sort.kind == "count":
            limits[term] = _limit(term, limits)
        below = _NO_PAIRS.union(*(found[a] for a in term.args))
        if term.op == "ite" and term.sort.kind == "count" and found[term.args[0]]:
            cond, then, other = term.args
            kept = {p for p in found[cond] if not (_is_cut(then, p) and _is_cut(other, p))}
            below = frozenset(kept) | found[then] | found[other]
        elif term.op in ("eq", "le") and all(limits.get(a, 0) is None for a in term.args):
            below |= {term}
        found[term] = below
    return found


def _is_cut(count: Term, pair: Term) -> bool:
    """Is a count cut wherever both sides of a pair are?"""
    if count in pair.args:
        return True
    if count.op == "add":
        return any(_is_cut(a, pair) for a in count.args)
    if count.op == "ite":
        return _is_cut(count.args[1], pair) and _is_cut(count.args[2], pair)
    return False


def uncuttable(system: TransitionSystem) -> frozenset[Term]:
    """The pairs by which a step of the system may differ where both sides are cut; none if the
    cut of the system is exact."""
    roots = [x for a in system.actions() for x in (a.guard, *a.updates.values())]
    found = unknown_pairs(roots)
    return _NO_PAIRS.union(*(found[root] for root in roots))


def is_plain(condition: Term) -> bool:
    """Does a condition reach its pairs by connectives only, so that :func:`definite` can say
    what it is where they are unknown?"""
    found = unknown_pairs([condition])
    stack = [condition]
    while stack:
        term = stack.pop()
        if not found[term] or (term.op in ("eq", "le") and found[term] == {term}):
            continue
        if term.sort is not t.BOOL or term.op not in ("and", "or", "not", "ite"):
            return False
        stack.extend(term.args)
    return True


def definite(
    condition: Term, top: int, holds: bool = True, known: Mapping[Term, Term] | None = None
) -> Term:
    """A condition that holds only where the given one certainly does (or certainly does not),
    when counts are cut at ``top``.

    A pair is unknown where both of its sides are cut.  ``known`` says of some pairs whether they
    hold, as terms with the values of :data:`KNOWN`.
    """
    pairs = unknown_pairs([condition])
    known = known or {}
    done: dict[tuple[Term, bool], Term] = {}

    def certain(term: Term, wanted: bool) -> Term:
        key = (term, wanted)
        if key not in done:
            done[key] = find(term, wanted)
        return done[key]

    def find(term: Term, wanted: bool) -> Term:
        if not pairs[term]:
            return term if wanted else t.not_(term)
        if term in known:
            return t.member(known[term], frozenset(("yes" if wanted else "no",)))
        if term.op == "not":
            return certain(term.args[0], not wanted)
        if term.op in ("and", "or"):
            join = t.and_ if (term.op == "and") is wanted else t.or_
            return join(*(certain(a, wanted) for a in term.args))
        if term.op == "ite":
            cond, then, other = term.args
            return t.or_(
                t.and_(certain(cond, True), certain(then, wanted)),
                t.and_(certain(cond, False), certain(other, wanted)),
            )
        # where both sides are cut they look equal, so only then may it hold by chance
        return t.and_(term, t.not_(_is_cut_at(term.args[0], top))) if wanted else t.not_(term)

    return certain(condition, holds)


def in_doubt(condition: Term, top: int, known: Mapping[Term, Term] | None = None) -> Term:
    """Where some pair of a condition is unknown."""
    known = known or {}
    pairs = unknown_pairs([condition])[condition]
    ordered = [term for term in t.walk([condition]) if term in pairs]
    return t.or_(*(
        t.member(known[p], frozenset(("open",)))
        if p in known
        else t.and_(*(_is_cut_at(a, top) for a in p.args))
        for p in ordered
    ))  # fmt: skip


def _is_cut_at(count: Term, top: int) -> Term:
    return t.member(count, frozenset((top,)))


# ---- pairs of a step ---------------------------------------------------------------------------

KNOWN = Sort("comparison", "enum", ("yes", "no", "open"))


def with_step_pairs(
    system: TransitionSystem, condition: Term, top: int
) -> tuple[TransitionSystem, dict[Term, Term]]:
    """A system that notes in each step whether the pairs of a condition that look at the next
    state hold, and these notes, as they are after the step.

    `next restartCount >= restartCount` compares what one step makes of a count with the count:
    often both hold the same summand, and nothing is unknown.
    """
    found = unknown_pairs([condition])[condition]
    pairs = [p for p in t.walk([condition]) if p in found and _looks_ahead(p)]
    known: dict[Term, Term] = {}
    for number, pair in enumerate(pairs, 1):
        name = f"comparison {number}"
        note = Variable(name, KNOWN, "yes", "", name)
        known[pair] = t.var(f"{name}'", KNOWN)
        system = system._replace(
            variables=(*system.variables, note),
            sync=_noting(system.sync, name, pair, top),
            events=tuple(_noting(e, name, pair, top) for e in system.events),
        )
    return system, known


def _looks_ahead(term: Term) -> bool:
    return any(name.endswith("'") for name in t.variables([term]))


def _noting(action: Action, name: str, pair: Term, top: int) -> Action:
    names = {n for n in t.variables([pair]) if n.endswith("'")}
    leaves = {v.value: v for v in t.walk([pair]) if v.op == "var"}
    after = {n: action.updates.get(n[:-1], t.var(n[:-1], leaves[n].sort)) for n in sorted(names)}
    new = substituted(pair.args, after)
    holds = compared(pair.op, *(new[a] for a in pair.args))
    yes, no, unknown = (t.const(KNOWN, v) for v in KNOWN.values)
    value = t.ite(definite(holds, top), yes, t.ite(definite(holds, top, False), no, unknown))
    return action._replace(updates={**action.updates, name: value})


# ---- the cut itself ----------------------------------------------------------------------------


class Cuts:
    """What was found out about the cuts of one pod, for all claims about it."""

    def __init__(self) -> None:
        self.needs: dict[tuple[Term, ...], Needs] = {}
        self._cutters: dict[Cut, Cutter] = {}

    def cutter(self, cut: Cut) -> Cutter:
        """What makes terms finite by a cut; it is made once."""
        if cut not in self._cutters:
            self._cutters[cut] = Cutter(cut)
        return self._cutters[cut]


class Cutter:
    """Makes terms and systems finite.  Those of one pod with one cut share their terms."""

    def __init__(self, cut: Cut) -> None:
        self.cut = cut
        self._counts = Sort("count", "count", range(cut.top + 1))
        self._done: dict[Term, Term] = {}

    def sort(self, sort: Sort) -> Sort:
        """The finite sort in the place of one of all codes, or of all counts."""
        if sort.kind == "code":
            return self.cut.codes.sort
        return self._counts if sort == COUNTS else sort

    def value(self, sort: Sort, value: Value) -> Value:
        """The value that stands for a value of a sort."""
        if sort.kind == "code":
            return self.cut.codes.representative[int(value)]
        return min(int(value), self.cut.top) if sort == COUNTS else value

    def codes(self, codes: Iterable[Value]) -> tuple[Value, ...]:
        """What stands for some exit codes, in order."""
        wanted = {self.cut.codes.representative[int(code)] for code in codes}
        return tuple(v for v in self.cut.codes.sort.values if v in wanted)

    def term(self, term: Term) -> Term:
        """A term over the finite sorts."""
        for node in t.walk([term], self._done):
            self._done[node] = self._node(node)
        return self._done[term]

    def _node(self, node: Term) -> Term:
        sort = self.sort(node.sort)
        if node.op == "var":
            return t.var(node.value, sort)
        if node.op == "const":
            return t.const(sort, self.value(node.sort, node.value))
        args = [self._done[a] for a in node.args]
        if node.op == "in":
            of = node.args[0].sort
            return t.member(args[0], frozenset(self.value(of, v) for v in node.value))
        if node.op == "lookup":
            of = node.args[0].sort
            pairs = {k: self.value(node.sort, v) for k, v in node.value if self.value(of, k) == k}
            return t.lookup(args[0], pairs, sort)
        match node.op:
            case "not":
                return t.not_(args[0])
            case "and":
                return t.and_(*args)
            case "or":
                return t.or_(*args)
            case "ite":
                return t.ite(args[0], args[1], args[2])
            case "add":
                return t.add(args[0], args[1])
        a, b = self._alike(args[0], args[1])
        return t.eq(a, b) if node.op == "eq" else t.le(a, b)

    def _alike(self, a: Term, b: Term) -> tuple[Term, Term]:
        """Two sides of a comparison, of one sort."""
        if a.sort == b.sort or a.sort.kind != "count":
            return a, b
        wide = a.sort if len(a.sort.values) >= len(b.sort.values) else b.sort
        return t.resort(a, wide), t.resort(b, wide)

    def system(self, system: TransitionSystem) -> TransitionSystem:
        """A system over the finite sorts; its decisions stay as they are, for stories."""
        return system._replace(
            variables=tuple(self._variable(v) for v in system.variables),
            sync=self.action(system.sync),
            events=tuple(self.action(e) for e in system.events),
            lemmas=tuple(self.term(lemma) for lemma in system.lemmas),
        )

    def _variable(self, v: Variable) -> Variable:
        return v._replace(sort=self.sort(v.sort), initial=self.value(v.sort, v.initial))

    def _input(self, i: Input) -> Input:
        return i._replace(sort=self.sort(i.sort))

    def action(self, action: Action) -> Action:
        """An action over the finite sorts."""
        return action._replace(
            guard=self.term(action.guard),
            inputs=tuple(self._input(i) for i in action.inputs),
            updates={n: self.term(x) for n, x in action.updates.items()},
        )
