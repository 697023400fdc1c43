"""Is the finite system that a certificate is about a faithful picture of the pod?

A certificate proves a claim about a system with classes of exit codes and with counts that end
(``core/finite_cut.py``).  Each script asks for a state of the pod, with any of 256 codes and with
unbounded integers, in which some rules or conditions say something else of that state than of
its picture.  If all are ``unsat``, each step of the pod is one of the system, and a condition
that is proved holds of the pod.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from podcheck.compiler.finite_questions import Finite, conditions_of, terms_of
from podcheck.compiler.questions import PropertyQuestion, Question
from podcheck.core.finite_cut import KNOWN, Cutter
from podcheck.core.substitution import substituted
from podcheck.core.system import Action
from podcheck.core.terms import (
    BOOL,
    CODES,
    COUNTS,
    FALSE,
    Sort,
    Term,
    Value,
    and_,
    const,
    eq,
    le,
    not_,
    or_,
    rebuilt,
    var,
    variables,
    walk,
)
from podcheck.export.operators import OPERATORS
from podcheck.export.sharing import printed
from podcheck.export.smt import bound
from podcheck.export.values import Numbering

PICTURE = "picture"  # what the scripts ask about
Pair = tuple[Term, Term]  # of the pod, and of the system


def faithful(found: Finite) -> Iterator[str]:
    """The scripts; each is to be ``unsat``.

    Solvers are good at many bit-vectors, or at a few integers.  So what reads no count is compared
    as bit-vectors alone; of the rest the parts that read no count are variables, which the first
    script shows to be the same on both sides.
    """
    cutter = found.cutter
    pairs = [(a, b) for a, b in dict.fromkeys(_pictures(found)) if a is not b]
    bits = [(a, b) for a, b in pairs if not _counts(a)]
    parts: dict[str, Term] = {}
    counting = []
    for a, b in pairs:
        if _counts(a):
            small = _without_parts(a, parts)
            counting.append((small, cutter.term(small)))
            bits.append((cutter.term(small), b))
    bits += [(part, cutter.term(part)) for part in parts.values()]
    if bits:
        yield _Script(cutter, bits, [], {n: cutter.term(part) for n, part in parts.items()}).text()
    for pair in counting:
        yield _Script(cutter, [pair], []).text()
    for a, b in dict.fromkeys(_contradictions(found)):
        if a is not FALSE and b is not FALSE:
            yield _Script(cutter, [], [(a, b)]).text()


def _counts(root: Term) -> bool:
    """Is a count that does not end below a term?"""
    return any(term.sort == COUNTS for term in walk([root]))


def _without_parts(root: Term, parts: dict[str, Term]) -> Term:
    """The term with a variable for each of its largest conditions that read no count; which
    condition a variable stands for is added to ``parts``."""
    counts: dict[Term, bool] = {}
    for term in walk([root]):
        counts[term] = term.sort == COUNTS or any(counts[a] for a in term.args)
    names = {part: name for name, part in parts.items()}
    new: dict[Term, Term] = {}
    stack = [root]
    while stack:
        term = stack.pop()
        if term.sort is BOOL and term.args and not counts[term]:
            name = names.setdefault(term, f"part {len(names) + 1}")
            parts[name] = term
            new[term] = var(name, BOOL)
        else:
            stack += term.args
    for term in walk([root], new.keys()):
        args = tuple(new[a] for a in term.args)
        new[term] = rebuilt(term.op, args, term.sort, term.value)
    return new[root]


# ---- what is compared --------------------------------------------------------------------------


def _pictures(found: Finite) -> Iterator[Pair]:
    """What the pod says, and what the system says, of everything that an engine reads."""
    cut, exact = found.cutter.term, found.exact
    notes = {note.value.removesuffix("'") for note in exact.notes.values()}
    for ours, theirs in zip(exact.system.actions(), found.system.actions(), strict=True):
        yield ours.guard, theirs.guard
        for name, term in ours.updates.items():
            if name not in notes:
                yield term, theirs.updates[name]
    for question in exact.certain:
        if question.doubt is None:
            terms = dict.fromkeys([*conditions_of(question), *terms_of(question)])
            yield from ((t, cut(t)) for t in terms)
    for way in exact.preparations.values():
        yield way.condition, cut(way.condition)


def _contradictions(found: Finite) -> Iterator[Pair]:
    """What the pod and the system must never say together: that something is certain, and that
    it is not so."""
    exact, cut = found.exact, found.cutter.term
    noted = [
        or_(not_(_is(note, word)), pair if word == "yes" else not_(pair))
        for pair, note in exact.notes.items()
        for word in ("yes", "no")
    ]
    for asked, sure in zip(exact.asked, exact.certain, strict=True):
        if sure.doubt is not None:
            for a, s in zip(_claimed(asked), _claimed(sure), strict=True):
                yield and_(not_(a), *noted), cut(s)
    for action in exact.system.actions():
        for pair, note in exact.notes.items():
            after = cut(action.updates[note.value.removesuffix("'")])
            holds = _after(action, pair)
            yield not_(holds), _is(after, "yes")
            yield holds, _is(after, "no")


def _is(note: Term, word: str) -> Term:
    return eq(note, const(KNOWN, word))


def _claimed(question: Question) -> list[Term]:
    """What a proof says of every state; of a find, that no state meets its condition."""
    found = list(conditions_of(question))
    is_find = isinstance(question, PropertyQuestion) and question.sought
    return [not_(t) for t in found] if is_find else found


def _after(action: Action, pair: Term) -> Term:
    """A comparison that looks at the next state, when this action leads to it."""
    sorts = {v.value: v.sort for v in walk([pair]) if v.op == "var"}
    ahead = [n for n in sorted(variables([pair])) if n.endswith("'")]
    leaves = {n: action.updates.get(n[:-1], var(n[:-1], sorts[n])) for n in ahead}
    new = substituted(pair.args, leaves)
    compare = eq if pair.op == "eq" else le
    return compare(*(new[a] for a in pair.args))


# ---- the script --------------------------------------------------------------------------------


class _Script:
    """One question: do some terms differ from their pictures, or hold terms together that
    contradict each other?"""

    def __init__(
        self,
        cutter: Cutter,
        pictures: list[Pair],
        contradictions: list[Pair],
        parts: Mapping[str, Term] | None = None,
    ) -> None:
        self.cutter = cutter
        self.parts = parts or {}
        self.pictures = pictures
        self.pairs = [*pictures, *contradictions]
        self.numbering = Numbering()

    def text(self) -> str:
        exact = printed([a for a, _ in self.pairs], self._exact, lambda n: f"$pod{n}")
        small = printed([b for _, b in self.pairs], self._small, lambda n: f"$cut{n}")
        texts = [(a.sort, exact.texts[a], small.texts[b]) for a, b in self.pairs]
        most = len(self.pictures)
        wrong = [f"(distinct {self._picture(sort, a)} {b})" for sort, a, b in texts[:most]]
        wrong += [f"(and {a} {b})" for _, a, b in texts[most:]]
        body = bound(exact, bound(small, [f"(or false {' '.join(wrong)})"]))
        lines = [
            "; unsat if the system is a faithful picture of the pod",
            f"(set-logic {'ALL' if self._counts() else 'QF_BV'})",
            *self._functions(),
            *self._declarations(),
            *self._definitions(),
            "(assert",
            *body[:-1],
            f"{body[-1]})",
            "(check-sat)",
        ]
        return "\n".join([*lines, ""])

    def _definitions(self) -> Iterator[str]:
        """The parts, as the system has them."""
        for name, part in self.parts.items():
            found = printed([part], self._small, lambda n: f"$part{n}")
            yield f"(define-fun |{name}| () Bool"
            yield from bound(found, [f"{found.texts[part]})"])

    def _counts(self) -> bool:
        return any(_counts(a) for a, _ in self.pairs)

    def _picture(self, sort: Sort, text: str) -> str:
        """The system's value for a value of the pod."""
        return text if self._is_same(sort) else f"(|{sort.name} cut| {text})"

    def _is_same(self, sort: Sort) -> bool:
        return sort == self.cutter.sort(sort)

    def _functions(self) -> list[str]:
        """From codes and counts to what stands for them."""
        found = []
        for sort in (COUNTS, CODES) if self._counts() else (CODES,):
            if self._is_same(sort):
                continue
            small = self.cutter.sort(sort)
            *others, last = small.values
            text = self._literal(small, last)
            for value in reversed(others):
                text = f"(ite {self._stands_for(sort, value)} {self._literal(small, value)} {text})"
            head = f"(define-fun |{sort.name} cut| ((x {self._kind(sort)})) {self._kind(small)}"
            found += [head, f"  {text})"]
        return found

    def _stands_for(self, sort: Sort, value: Value) -> str:
        if sort == COUNTS:
            return f"(= x {value})"
        codes = [c for c in CODES.values if self.cutter.value(CODES, c) == value]
        return f"(or false {' '.join(f'(= x {self._literal(CODES, c)})' for c in codes)})"

    def _declarations(self) -> Iterator[str]:
        """The pod's variables and inputs, and the system's as pictures of them."""
        roots = [t for pair in self.pairs for t in pair] + list(self.parts.values())
        sorts: dict[str, Sort] = {}
        for t in walk(roots):
            if t.op == "var" and (t.value not in sorts or not self._is_same(t.sort)):
                sorts[t.value] = t.sort  # the pod's own, if both sorts are met
        for name, sort in sorted(sorts.items()):
            if name in self.parts:
                continue
            own = self._name(name, sort)
            yield f"(declare-const {own} {self._kind(sort)})"
            width = 0 if sort == COUNTS else self.numbering.width(sort)
            if sort == COUNTS:
                yield f"(assert (>= {own} 0))"
            elif width and len(sort.values) < 1 << width:
                yield f"(assert (bvule {own} #b{self.numbering.top(sort):0{width}b}))"
            if not self._is_same(sort):
                kind = self._kind(self.cutter.sort(sort))
                yield f"(define-fun |{name}| () {kind} {self._picture(sort, own)})"

    # ---- texts -----------------------------------------------------------------------------

    def _name(self, name: str, sort: Sort) -> str:
        return f"|{name}|" if self._is_same(sort) else f"|pod: {name}|"

    def _kind(self, sort: Sort) -> str:
        if sort == COUNTS:
            return "Int"
        width = self.numbering.width(sort)
        return f"(_ BitVec {width})" if width else "Bool"

    def _literal(self, sort: Sort, value: Value) -> str:
        if sort.kind == "bool":
            return "true" if value else "false"
        if sort == COUNTS:
            return str(value)
        return f"#b{self.numbering.position(sort, value):0{self.numbering.width(sort)}b}"

    def _small(self, term: Term, arguments: list[str]) -> str:
        if term.op == "var":
            return f"|{term.value}|"
        if term.op == "const":
            return self._literal(term.sort, term.value)
        return OPERATORS[term.op].smt(arguments, term, self._literal)

    def _exact(self, term: Term, arguments: list[str]) -> str:
        if term.op == "var":
            return self._name(term.value, term.sort)
        of = term.args[0].sort if term.args else term.sort
        if of == COUNTS and term.op == "in":
            tests = [f"(= {arguments[0]} {v})" for v in sorted(map(int, term.value))]
            return f"(or false {' '.join(tests)})"
        if of == COUNTS and term.op in ("add", "le"):
            return f"({'+' if term.op == 'add' else '<='} {' '.join(arguments)})"
        return self._small(term, arguments)
