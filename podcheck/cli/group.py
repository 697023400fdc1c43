"""The command group: `podcheck COMMAND`.  Commands are imported when they are called."""

from __future__ import annotations

import importlib
import os
import re
import shlex

import click

from podcheck.version import VERSION

COMMANDS = {
    "verify": "Prove or refute the claims of spec files.",
    "audit": "Find the hazards of Kubernetes manifests.",
    "watch": "Verify or audit again on save.",
    "run": "Play a sequence of events and print every status on the way.",
    "table": "Print or check the transition table of a pod.",
    "diff": "Show what differs between two releases for the pods of a spec.",
    "repro": "Write a manifest and a script that force a counterexample on a cluster.",
    "export": "Write a claim for Spin or for a solver of Horn clauses.",
    "certify": "Check certificates again, with a second solver.",
    "rules": "List the rules, show one, or list the events.",
    "conform": "Replay recordings of a real kubelet against the rules.",
    "explain": "Explain the status of pods, an error code, a hazard or a word.",
    "fmt": "Format spec files.",
    "config": "Print the JSON schema of podcheck.yaml.",
    "new": "Write a new spec, with comments or from a manifest.",
    "init": "Write a first spec and a CI file.",
    "lsp": "Answer an editor: a language server for specs and manifests.",
    "completion": "Print what completes commands in bash, zsh or fish.",
}

LOOKED_AT = 100_000  # characters of a file that is given in place of a command
# What a pod's status has and a manifest has not; and the head of a table of kubectl's
_STATUS = re.compile(
    r"""^\s*["']?(?:containerStatuses|qosClass|podIP|startTime)["']?:""", re.MULTILINE
)
_LISTED = re.compile(r"\A\s*(?:NAMESPACE\s+)?NAME\s+READY\s+STATUS\s+RESTARTS")

BARE = """\
podcheck is a model checker for Kubernetes Pod status.  What do you have?

  a manifest       podcheck audit deploy.yaml
  a spec           podcheck verify job.pod
  a status         kubectl get pods -o yaml | podcheck explain -
  a word of one    podcheck explain CrashLoopBackOff
  nothing yet      podcheck init

`podcheck --help` lists all commands."""


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"podcheck.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(f"There is no command `{name}`. {_meant(name, args[1:])}")
        return super().resolve_command(ctx, args)


def _meant(name: str, rest: list[str]) -> str:
    """What to type for a file, a word of other tools, or a misspelt command."""
    from podcheck.language.diagnostics import did_you_mean
    from podcheck.language.user_words import COMMANDS_MEANT

    typed = shlex.join([name, *rest])
    if name.endswith(".pod"):
        return f"To check a spec: `podcheck verify {typed}`."
    if name.endswith((".md", ".markdown")):
        return f"To check the marked tables of a page: `podcheck table --check {typed}`."
    shown = _beginning(name)
    if _LISTED.search(shown):
        return f"To explain what `kubectl get pods -w` printed: `podcheck explain --log {typed}`."
    if _STATUS.search(shown):
        return f"To explain the status of a pod: `podcheck explain {typed}`."
    if name.endswith((".yaml", ".yml", ".json")):
        return f"To check a manifest: `podcheck audit {typed}`."
    if os.path.isdir(name):
        return f"To check specs: `podcheck verify {typed}`; manifests: `podcheck audit {typed}`."
    meant = COMMANDS_MEANT.get(name.lower())
    if meant is not None:
        return f"Did you mean `podcheck {meant}`?"
    return did_you_mean(name, COMMANDS, "`podcheck --help` lists the commands.")


def _beginning(path: str) -> str:
    """The first part of a file, as far as it can be read."""
    if not os.path.isfile(path):
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(LOOKED_AT)
    except OSError:
        return ""


@click.group(
    cls=LazyGroup, invoke_without_command=True, subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
@click.version_option(VERSION, message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> int | None:
    """A model checker for Kubernetes Pod status.

    State what phase, restarts and kubectl columns a Pod should have after a crash, OOM kill or
    node loss: podcheck proves it for every exit code, order and policy, or shows a shortest
    counterexample.
    """
    if context.invoked_subcommand is None:
        click.echo(BARE)
        return 2  # nothing was checked
    return None
