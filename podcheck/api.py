"""The public functions, each on a file or on a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from podcheck.arguments import (
    Column,
    InputError,
    Policy,
    Severity,
    Spec,
    checked,
    known,
)
from podcheck.checker.spec_files import Checker
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source
from podcheck.loading.sources import MAX_MANIFEST_BYTES, Files, folder_of, read_source
from podcheck.report import formats, sentences, terminal, text
from podcheck.results import explanations, stories, verdicts
from podcheck.results.verdicts import Verdict
from podcheck.verification.options import Options

if TYPE_CHECKING:
    from podcheck.arguments import Path
    from podcheck.compiler.pod_plan import PodPlan
    from podcheck.declarations import spec as model
    from podcheck.loading.sources import Folder
    from podcheck.reproduction.writer import Reproduction
    from podcheck.results.differences import Comparison


class Report(verdicts.Report):
    """The results of a run, file by file, claim by claim.  As text it is what
    ``podcheck verify`` prints."""

    __slots__ = ()

    def __str__(self) -> str:
        if self.tally is not None:
            return formats.render(self, "text").rstrip("\n")
        return "\n".join(text.render_lines(self, terminal.PLAIN))

    def __repr__(self) -> str:
        return f"<Report: {sentences.summary(self)}>"

    def json(self) -> str:
        """What ``podcheck verify --format json`` prints; its schema is published."""
        return formats.render(self, "json").rstrip("\n")

    def assert_holds(self) -> None:
        """Raise ``AssertionError``, with the story of what did not pass, unless everything did.

        What was vacuous or not decided did not pass.
        """
        __tracebackhide__ = True  # pytest shows the caller's line
        if self.exit_code() != verdicts.EXIT_HOLDS:
            failing = [
                f._replace(claims=tuple(c for c in f.claims if c.verdict is not Verdict.HOLDS))
                for f in self.files
            ]
            lines = [line for f in failing for line in text.render_file(f, terminal.PLAIN)]
            raise AssertionError("\n".join([sentences.summary(self), "", *lines]))


class Explanations(explanations.Explanations):
    """What is said of each pod and Job.  As text it is what ``podcheck explain`` prints."""

    __slots__ = ()

    def __str__(self) -> str:
        from podcheck.report import explanation_text

        return "\n".join(explanation_text.lines(self, terminal.PLAIN))

    def __repr__(self) -> str:
        names = [f"{job.title} {job.verdict}" for job in self.jobs]
        names += [f"{pod.title} {pod.verdict}" for pod in self.pods]
        return f"<Explanations: {', '.join(names)}>"


class Play(stories.Play):
    """A played sequence of events: every status on the way.  As text it is what ``podcheck run``
    prints."""

    __slots__ = ()

    def __str__(self) -> str:
        from podcheck.report import play

        return "\n".join(play.render(self, verbose=False))

    def __repr__(self) -> str:
        count, last = len(self.steps) - 1, self.steps[-1].status
        events = f"{count} event{'s' * (count != 1)}"
        return f"<Play: {self.pod} under {self.policy}, {events}, then {last.phase}>"


class TransitionTable(stories.TransitionTable):
    """What each event leads to under each policy.  As text it is what ``podcheck table`` prints."""

    __slots__ = ()

    def __str__(self) -> str:
        from podcheck.report import tables
        from podcheck.report.cleaning import cleaned

        return tables.render(cleaned(self), "text")

    def __repr__(self) -> str:
        count = len(self.rows)
        rows, policies = f"{count} event{'s' * (count != 1)}", ", ".join(self.policies)
        return f"<TransitionTable: {self.column} of {self.pod} after {rows}, under {policies}>"


class Differences(NamedTuple):
    """Two releases beside each other, for each pod and policy.  As text it is what
    ``podcheck diff`` prints."""

    pods: tuple[Comparison, ...]
    old: str
    new: str

    def __str__(self) -> str:
        from podcheck.report import differences

        return differences.render(self.pods, self.old, self.new).rstrip("\n")

    def __repr__(self) -> str:
        listed = ", ".join(f"{c.pod} under {c.policy} {c.verdict}" for c in self.pods)
        return f"<Differences of {self.old} and {self.new}: {listed}>"


@checked
def load(path: Path) -> Spec:
    """Read a spec file and check it, without solving anything.

    Raises ``InputError`` with every error in it or in the files it includes.
    """
    from podcheck.compiler.plan import make_plan
    from podcheck.loading.rules import load_pack

    spec = _spec(path)
    diagnostics = Diagnostics()
    make_plan(_parsed(spec, diagnostics), load_pack(), diagnostics)
    if diagnostics.has_errors:
        raise _wrong(diagnostics)
    return spec


@checked
def verify(*specs: Path | Spec, bound: int | None = None, effort: int = 1) -> Report:
    """Prove or refute every claim of spec files, of the ``.pod`` files below folders, and of
    loaded specs.

    ``bound`` searches only this many events deep; `HOLDS to k` then counts as success.
    ``effort`` is how much is tried for each claim before it is UNKNOWN, from 1 (about three
    minutes) to 8; each level is four times as much as the one before.
    Errors in a spec are in the report, they are not raised.
    """
    checker = Checker(Options(bound=bound, effort=effort))
    results: list[verdicts.FileResult] = []
    for spec in specs:
        if isinstance(spec, Spec):
            results.append(checker.check_source(Source(spec.name, spec.text), _folder(spec)))
        else:
            results.extend(checker.check_paths((str(spec),)))
    return Report(tuple(results), bounded=bound is not None)


@checked
def audit(
    *manifests: Path, severity: Severity = "warning", kubernetes: str | None = None
) -> Report:
    """Find the hazards of Kubernetes manifests: files, and the YAML and JSON files below folders.

    Findings of less than ``severity`` are left out, and what files podcheck.yaml above the
    manifests ignore; ``kubernetes`` is the release of the cluster (left out: the latest that
    podcheck knows).  What is wrong with a manifest is in the report, what is wrong with an
    argument or a podcheck.yaml raises ``InputError``.
    """
    from podcheck.auditing.auditor import Auditor
    from podcheck.auditing.config_files import Configs, unused_in
    from podcheck.auditing.findings_report import Demands, Judge
    from podcheck.auditing.manifest_files import audited, files_of
    from podcheck.auditing.work_pool import Alone
    from podcheck.declarations.releases import UnknownReleaseError, release_of
    from podcheck.loading.hazards import load_hazards

    names = tuple(h.name for h in load_hazards())
    paths = [str(path) for path in manifests]
    configs = Configs(None, names)
    files = files_of(paths, ())
    configs.find(file.path for file in files)
    if configs.diagnostics.has_errors:
        raise _wrong(configs.diagnostics)
    files = [file for file in files if not configs.excludes(file.path)]
    judge = Judge(Demands(severity, configs.exempt, frozenset(), lambda: names))
    try:
        version = None if kubernetes is None else release_of(kubernetes)
    except UnknownReleaseError as error:
        raise InputError(str(error)) from error
    auditor = Auditor(Options(), Alone(), severity, version, configs.pod_templates)
    found = audited(files, judge, auditor, lambda file: None, False)
    extra = unused_in(configs.unused(judge.used, paths))
    return Report(*found._replace(files=(*found.files, *extra)))


@checked
def verify_text(
    text: str, *, name: str = "spec", bound: int | None = None, effort: int = 1
) -> Report:
    """Prove or refute every claim of a spec given as text.  It may not name other files."""
    return verify(Spec(text, name), bound=bound, effort=effort)


@checked
def run(
    spec: Path | Spec,
    *events: str,
    pod: str | None = None,
    under: Policy | None = None,
    start: str = "created",
) -> Play:
    """Play one sequence of events, such as ``"app exits 1"``, and tell every status on the way.

    ``pod`` may be left out if the spec has only one; ``under`` is the restartPolicy (left out:
    the pod's own); ``start`` is ``created`` or ``Running``.  Raises ``InputError``.
    """
    from podcheck.simulation.play import play

    diagnostics = Diagnostics()
    plan = _pod(spec, pod, (), diagnostics)
    with _as_input_error():
        return Play(*_given(play(plan, under, start, events, diagnostics), diagnostics))


@checked
def table(
    spec: Path | Spec,
    *events: str,
    pod: str | None = None,
    under: Sequence[Policy] = ("Always", "OnFailure", "Never"),
    start: str = "Running",
    column: Column = "phase",
) -> TransitionTable:
    """What each event leads to under each policy, over all exit codes and orders of the
    kubelet's steps; without events, every event that can happen.  Raises ``InputError``.
    """
    from podcheck.simulation.transition_table import transition_table

    diagnostics = Diagnostics()
    plan = _pod(spec, pod, events, diagnostics)
    with _as_input_error():
        found = transition_table(plan, start, events, under, column, diagnostics)
        return TransitionTable(*_given(found, diagnostics))


@checked
def repro(spec: Path | Spec, claim: str | int | None = None) -> Reproduction:
    """What forces a claim's counterexample (or witness) on a real cluster: a manifest and a
    script, as texts.

    ``claim`` is its title or its number, from 1; it may be left out if there is only one.
    Raises ``InputError``, also if no script can force the run.
    """
    from podcheck.reproduction.writer import CannotReproduceError, reproduction

    given = _spec(spec)
    checker = Checker(Options(stories="all"))
    file = checker.open_source(Source(given.name, given.text), _folder(given))
    if any(d.is_error for d in file.diagnostics):
        raise _wrong(file.diagnostics)
    try:
        return reproduction(file, None if claim is None else str(claim), checker.compiler.pack)
    except CannotReproduceError as error:
        raise InputError(str(error)) from None


@checked
def explain(status: Path | str, *, kubernetes: str | None = None) -> Explanations:
    """How pods and Jobs got the status that ``kubectl get job,pod -o yaml`` (or json) shows, and
    what can still come: ``status`` is the path of a file with it, or the text itself if it has
    several lines.

    ``kubernetes`` is the release of the cluster, such as ``"1.34"``.  Raises ``InputError``.
    """
    from podcheck.loading.rules import load_pack
    from podcheck.observation.explainer import Explainer
    from podcheck.observation.job_explainer import JobExplainer
    from podcheck.observation.reader import read_observed

    diagnostics = Diagnostics()
    given = str(status)
    source: Source | None = Source("status", given)
    if "\n" not in given:
        source = read_source(given, given, diagnostics, MAX_MANIFEST_BYTES)
    pack = load_pack()
    found = None if source is None else read_observed(source, pack, diagnostics)
    if found is None or diagnostics.has_errors:
        raise _wrong(diagnostics)
    explainer = Explainer(pack, Options(), _release(kubernetes))
    pods = {pod.title: explainer.explain(pod) for pod in found.pods}
    jobs = JobExplainer(pack, Options(), _release(kubernetes)) if found.jobs else None
    of_jobs = tuple([jobs.explain(job, pods) for job in found.jobs]) if jobs is not None else ()
    return Explanations(tuple(pods.values()), found.skipped, of_jobs)


@checked
def diff(
    old: str,
    new: str,
    spec: Path | Spec,
    *,
    pod: str | None = None,
    under: Sequence[Policy] = ("Always", "OnFailure", "Never"),
) -> Differences:
    """The events after which two releases of Kubernetes, such as ``"1.35"`` and ``"1.36"``, show
    different statuses for the pods of a spec, for each pod and policy.  Raises ``InputError``.
    """
    from podcheck.comparison.pairs import of_releases
    from podcheck.declarations.releases import text_of

    given, diagnostics = _spec(spec), Diagnostics()
    releases = _release(old), _release(new)
    parsed = _parsed(given, diagnostics)
    pairs = of_releases(given.name, parsed, *releases, diagnostics)
    if diagnostics.has_errors:
        raise _wrong(diagnostics)
    chosen = [p for p in pairs if pod in (None, p.pod.member, p.pod.name)]
    if pod is not None and not chosen:
        known(pod, [p.pod.name for p in pairs])
    found = [c for pair in chosen for c in pair.compared(under, Options())]
    named = text_of(releases[0]), text_of(releases[1])
    return Differences(tuple(found), *named)


def _release(text: str | None) -> tuple[int, ...]:
    """A release as an argument names it; the latest recorded one if none is named."""
    from podcheck.declarations.releases import RECORDED, UnknownReleaseError, release_of

    try:
        return RECORDED if text is None else release_of(text)
    except UnknownReleaseError as error:
        raise InputError(str(error)) from None


# ---- what they share ---------------------------------------------------------------------------

Found = TypeVar("Found")


def _spec(given: Path | Spec) -> Spec:
    if isinstance(given, Spec):
        return given
    diagnostics = Diagnostics()
    source = read_source(str(given), str(given), diagnostics)
    if source is None:
        raise _wrong(diagnostics)
    return Spec(source.text, source.name, folder_of(str(given)))


def _parsed(spec: Spec, diagnostics: Diagnostics) -> model.Spec:
    from podcheck.loading.specs import spec_of

    return spec_of(Source(spec.name, spec.text), _folder(spec), diagnostics)


def _folder(spec: Spec) -> Folder | None:
    return None if spec.folder is None else Files().folder(spec.folder)


def _pod(
    given: Path | Spec, name: str | None, events: Sequence[str], diagnostics: Diagnostics
) -> PodPlan:
    """The pod that a function refers to; the claims of its file are not looked at."""
    from podcheck.loading.rules import load_pack
    from podcheck.simulation.play import choose_pod

    parsed = _parsed(_spec(given), diagnostics)
    if diagnostics.has_errors:
        raise _wrong(diagnostics)
    with _as_input_error():
        plan = choose_pod(parsed, load_pack(), diagnostics, name)
    if diagnostics.has_errors:
        raise _wrong(diagnostics)
    return plan


@contextmanager
def _as_input_error() -> Iterator[None]:
    from podcheck.simulation.play import CannotPlayError

    try:
        yield
    except CannotPlayError as error:
        raise InputError(str(error)) from None


def _given(found: Found | None, diagnostics: Diagnostics) -> Found:
    if found is None:
        raise _wrong(diagnostics)
    return found


def _wrong(diagnostics: Diagnostics | tuple[Diagnostic, ...]) -> InputError:
    listed = diagnostics.sorted() if isinstance(diagnostics, Diagnostics) else diagnostics
    found = tuple(d for d in listed if d.is_error)
    lines = [line for d in found for line in text.render_diagnostic(d, terminal.PLAIN)]
    return InputError("\n".join(lines), found)
