"""`podcheck explain`: the status of pods, an error code, a hazard or a word of a status."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

import click

from podcheck.cli import releases, streams

if TYPE_CHECKING:
    from podcheck.language.diagnostic_codes import Explanation

_BANDS = {
    "0": "syntax", "1": "names", "2": "types",
    "3": "manifests, and what the API server refuses or warns of",
    "4": "limits", "5": "engines", "9": "faults of podcheck",
}  # fmt: skip


@click.command(short_help="Explain the status of pods, an error code, a hazard or a word.")
@click.argument("what", metavar="[FILE or - or CODE or HAZARD or WORD]", required=False)
@click.option("-f", "--filename", "filename", metavar="FILE", help="A file, as kubectl takes it.")
@click.option(
    "--kubernetes", "version", callback=releases.release, metavar="RELEASE",
    help="The release of the cluster, such as 1.34 (left out: the latest that podcheck knows).",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html"]), default="text",
    show_default=True, help="What to print of pods.",
)  # fmt: skip
@click.option(
    "--log", is_flag=True,
    help="FILE has the statuses of one pod in order, as `kubectl get pod NAME -w -o json` prints.",
)  # fmt: skip
@click.option(
    "--pod", metavar="FILE",
    help="With --log and the table that `kubectl get pods -w` prints: the pod's manifest or spec.",
)  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Show the sources of rules.")
def command(
    what: str | None, filename: str | None, version: tuple[int, ...] | None, form: str,
    log: bool, pod: str | None, verbose: bool,
) -> int:  # fmt: skip
    """Explain the status of pods and Jobs: how they got there, what can still come, what to do.

    FILE, or `-` for standard input, is what `kubectl get pods -o yaml` or `-o json` prints, of Jobs
    and their pods what `kubectl get job,pod` prints. CODE is
    an error code, HAZARD one of `podcheck audit`, WORD one of a status, such as CrashLoopBackOff;
    without an argument all codes are listed.

    \b
    Examples:
      kubectl get pod web -o yaml | podcheck explain -
      kubectl get job,pod -n batch -o yaml | podcheck explain -
      kubectl get pods -A -o json | podcheck explain - --format html > pods.html
      kubectl get pod web -w -o json > log.json; podcheck explain --log log.json
      kubectl get pod web -w > log; podcheck explain --log log --pod web.yaml
      podcheck explain E102

    Exit code: 0 explained, 1 a status is impossible, 2 wrong input, 4 not known within the limits.
    """
    path = what if filename is None else filename
    if path is not None and (filename is not None or _is_file(path)):
        from podcheck.cli.explain_pods import explain_log, explain_pods

        if log:
            return explain_log(path, version, form, pod)
        return explain_pods(path, version, form, verbose)
    return _explained(what)


def _is_file(path: str) -> bool:
    return path == "-" or path.endswith((".yaml", ".yml", ".json")) or os.path.exists(path)


def _explained(code: str | None) -> int:
    """What a code, a hazard or a word of a status means; None: all codes."""
    if code is not None and "-" in code:
        return _hazard(code)
    known = explanations()
    if code is None:
        click.echo("\n".join(_list(known)))
        return 0
    wanted = code.strip("[]").upper()
    if wanted not in known:
        return _status_word(code)
    click.echo("\n".join(_explain(wanted, known[wanted])))
    return 0


def _status_word(word: str) -> int:
    from podcheck.cli import status_words
    from podcheck.language.diagnostics import nearest
    from podcheck.loading.rules import load_pack

    pack = load_pack()
    meant = status_words.meant(word, pack)
    if meant is None:
        close = nearest(word, (*status_words.known(pack), *explanations()))
        hint = f"Did you mean `{close}`?" if close else "`podcheck explain` lists all codes."
        raise click.UsageError(f"`{word}` is not a code, a hazard or a word of a status. {hint}")
    click.echo("\n".join(status_words.explained(meant, pack)))
    return 0


def _hazard(name: str) -> int:
    from podcheck.cli import hazards

    found = hazards.named(name)
    if found is None:
        from podcheck.language.diagnostics import did_you_mean
        from podcheck.loading.hazards import load_hazards

        known = [h.name for h in load_hazards()]
        hint = did_you_mean(name, known, "`podcheck audit --list` lists all hazards.")
        raise click.UsageError(f"There is no hazard `{name}`. {hint}")
    click.echo("\n".join(hazards.explained(found)))
    return 0


def explanations() -> dict[str, Explanation]:
    """Every code with its explanation, those of the rule pack included, in order."""
    from podcheck.language.diagnostic_codes import EXPLANATIONS, PACK_EXAMPLES, Explanation
    from podcheck.language.manifest_codes import MANIFEST_EXAMPLES, MANIFEST_EXPLANATIONS
    from podcheck.loading.rules import load_pack

    found = {**EXPLANATIONS, **MANIFEST_EXPLANATIONS}
    for refusal in load_pack().refusals:
        names = [p.name for p in refusal.parameters]
        message, _, rest = refusal.message.partition(". ")
        title = message.removesuffix(".").replace("{owner}", "controller")
        for name in names:
            title = title.replace(f"{{{name}}}", name.upper())
        what = "warns of this or lets it pass" if refusal.code[0] == "W" else "refuses such a pod"
        text = f"The API server {what}.  {rest}".strip()
        if refusal.cites:
            text += f"  Source: {refusal.cites}."
        title = title[:1].lower() + title[1:]
        manifest = MANIFEST_EXAMPLES.get(refusal.code, "")
        example = manifest or PACK_EXAMPLES.get(refusal.code, "")
        suffix = ".yaml" if manifest else ".pod"
        found[refusal.code] = Explanation(title, text, example, suffix)
    return dict(sorted(found.items(), key=lambda item: (item[0][1:], item[0])))


def _list(known: dict[str, Explanation]) -> list[str]:
    lines: list[str] = []
    band = ""
    for code, explanation in known.items():
        if code[1] != band:
            band = code[1]
            lines += ["", _BANDS[band]] if lines else [_BANDS[band]]
        title = textwrap.shorten(explanation.title, 72, placeholder="...")
        lines.append(f"  {code}  {title}")
    return lines


def _explain(code: str, explanation: Explanation) -> list[str]:
    kind = "error" if code[0] == "E" else "warning"
    width = streams.prose()
    lines = textwrap.wrap(
        f"{code}  {explanation.title} ({kind})", width, subsequent_indent="      "
    )
    lines += ["", *textwrap.wrap(explanation.text, width)]
    if explanation.example:
        shown = explanation.example.rstrip().split("\n")
        if len(shown) > 12:
            shown = [*shown[:10], "..."]
        lines += ["", "Example:", ""]
        lines += [f"    {x if len(x) <= 76 else f'{x[:73]}...'}".rstrip() for x in shown]
    return lines
