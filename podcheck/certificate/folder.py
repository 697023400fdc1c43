"""The files of a spec's certificates, as a function of the spec and of what was found.

Because nothing else goes into them, whoever checks certificates writes them anew, from the
spec, the invariants and the runs, and compares: a system or a claim that was tampered with
is not what podcheck would have written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from podcheck.certificate.invariant_text import terms
from podcheck.certificate.obligations import OBLIGATIONS, ROUNDS, kept_within, obligations
from podcheck.certificate.runs import run_data, shown_by
from podcheck.certificate.states import one_of, states_in
from podcheck.certificate.subject import Asked, Questions
from podcheck.core.terms import Term
from podcheck.explicit.interpreter import ReplayDiffers
from podcheck.export.exporter import CannotExportError
from podcheck.transform.safety import Safety, assumed

MANIFEST = "manifest.json"
INVARIANT = "invariant.txt"
STATES = "states.json"
RUN = "run.json"
WITNESS = "witness.json"


class Case(NamedTuple):
    """What was found about one question under some policies.

    ``pod`` and ``question`` are places in the compiled spec.  Exactly one of ``invariant``
    (lines, each a condition), ``states`` (JSON data: all that are reached), ``run`` (JSON data,
    for one policy), ``syncs`` (for one policy: a promise is kept within this many, whatever comes
    between them) and ``nothing`` (why there is no certificate) is given.  Another proof of a
    promise says within how many fair ``rounds`` it is kept.  Beside a proof there may be a
    ``witness`` (JSON data): a run, under any policy of the question, to what it is about.
    """

    pod: int
    question: int
    policies: tuple[str, ...]
    invariant: tuple[str, ...] | None = None
    states: Any = None
    run: Any = None
    nothing: str = ""
    rounds: int = 0
    syncs: int = 0
    witness: Any = None

    @property
    def kind(self) -> str:
        if self.nothing or self.syncs:
            return "nothing" if self.nothing else "syncs"
        return "proof" if self.invariant is not None else "states" if self.states else "run"

    @property
    def obligations(self) -> tuple[str, ...]:
        """The names of the questions to another solver."""
        return (ROUNDS,) if self.syncs else OBLIGATIONS

    def idle(self, questions: Questions) -> Asked | None:
        """What the case's witness violates, under its policy; None if there is nothing to be
        shown.  Raises ``CannotExportError`` as ``asked`` does, ``ReplayDiffers`` of a policy that
        the question does not have."""
        known = questions.of(self.pod, self.question)[1].policies
        policy = known[0] if self.witness is None else self.witness.get("policy")
        if policy not in known:
            raise ReplayDiffers("the witness is under a policy that the claim does not name")
        return questions.idle(self.pod, self.question, (policy,))

    def asked(self, questions: Questions) -> Asked:
        """What the case claims; raises ``CannotExportError`` if there is nothing to prove."""
        return questions.asked(self.pod, self.question, self.policies)

    def violated(self, questions: Questions) -> Asked:
        """What the case's run violates, whatever the counts are that were cut."""
        return questions.asked(self.pod, self.question, self.policies, violated=True)


class Proof(NamedTuple):
    """A safety question and conditions that prove it."""

    asked: Safety
    invariant: tuple[Term, ...]


def proof(questions: Questions, case: Case) -> Proof:
    """The proof that a case's invariant or states are; raises ``UnreadableError``."""
    asked = case.asked(questions)
    claim = asked.to_prove(case.rounds)
    if case.invariant is None:
        found = asked.safety(case.rounds)
        return Proof(found, (one_of(states_in(case.states, found.system), found.system),))
    variables = {v.name: v for v in assumed(claim).variables}
    invariant = tuple(terms(case.invariant, variables, claim.condition))
    others = [t for t in invariant if t is not claim.condition]
    return Proof(asked.safety(case.rounds, others), invariant)


def name_of(questions: Questions, case: Case) -> str:
    """The folder of a case."""
    _, question = questions.of(case.pod, case.question)
    place = f"claim-{question.claim + 1}.pod-{case.pod + 1}.question-{case.question + 1}"
    return ".".join([place, *case.policies])


def heading(questions: Questions, case: Case) -> str:
    """What a case is about, in one line."""
    pod, question = questions.of(case.pod, case.question)
    head = questions.spec.claims[question.claim]
    label = f", {question.label}" if question.label else ""
    title = " ".join(head.title.split())
    return f'{head.kind} "{title}"{label}: {pod.member}, {", ".join(case.policies)}'


# ---- files -----------------------------------------------------------------------------------


def files(questions: Questions, cases: Sequence[Case]) -> dict[str, str]:
    """Every file's text, by its path in the spec's folder; the manifest comes last."""
    found: dict[str, str] = {}
    rows = []
    for case in cases:
        texts = _files_of(questions, case)
        folder = name_of(questions, case)
        found |= {f"{folder}/{name}": text for name, text in texts.items()}
        rows.append(
            {
                "about": heading(questions, case),
                "kind": case.kind,
                "pod": case.pod,
                "question": case.question,
                "policies": list(case.policies),
                **({"nothing": case.nothing} if case.nothing else {}),
                **({"rounds": case.rounds} if case.rounds else {}),
                **({"syncs": case.syncs} if case.syncs else {}),
                "files": {f"{folder}/{n}": digest(text) for n, text in texts.items()},
            }
        )
    first, *others = questions.spec.sources
    spec, *includes = [{"path": s.name, "sha256": digest(s.text)} for s in (first, *others)]
    found[MANIFEST] = json_text({"spec": spec, "includes": includes, "certificates": rows})
    return found


def without(texts: Mapping[str, str]) -> list[str]:
    """Of files by their path, what has no certificate, and why; a line for each."""
    rows = [
        row
        for path, text in texts.items() if path.endswith(MANIFEST)
        for row in json.loads(text)["certificates"]
    ]  # fmt: skip
    return [" ".join(f"{r['about']}: {r['nothing']}".split()) for r in rows if "nothing" in r]


def _files_of(questions: Questions, case: Case) -> Mapping[str, str]:
    if case.nothing:
        return {}
    if case.kind == "run":
        return {RUN: _run_text(case.violated(questions), case.run)}
    texts = _proof_of(questions, case)
    idle = None if case.witness is None else case.idle(questions)
    return texts if idle is None else {**texts, WITNESS: _run_text(idle, case.witness)}


def _run_text(asked: Asked, run: Any) -> str:
    return json_text(run_data(asked, shown_by(run, asked)))


def _proof_of(questions: Questions, case: Case) -> dict[str, str]:
    if case.syncs:
        asked_within = case.asked(questions).within_syncs(case.syncs)
        if asked_within is None:
            raise CannotExportError("the claim says more than what is proved")
        return _texts(kept_within(asked_within, case.syncs))
    found = proof(questions, case)
    if case.invariant is None:
        texts = {STATES: json_text(case.states)}
    else:
        meaning = "Each line holds at every start and is kept by every step."
        if not case.invariant:
            meaning = "No condition is needed: from no state at all does a step violate the claim."
        about = [f"# {heading(questions, case)}", f"# {meaning}"]
        texts = {INVARIANT: "\n".join([*about, *case.invariant, ""])}
    return texts | _texts(obligations(found.asked, found.invariant))


def _texts(scripts: Mapping[str, list[str]]) -> dict[str, str]:
    return {f"{name}.smt2": "\n".join([*lines, ""]) for name, lines in scripts.items()}


def json_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def data_of(text: str) -> Any:
    """JSON data that ``json_text`` may have written; raises ``ValueError``.

    Only whole numbers stand there: no fraction, no infinity.
    """
    try:
        return json.loads(text, parse_float=_refused, parse_constant=_refused)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _refused(text: str) -> Any:
    raise ValueError(text)


def digest(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
