"""The command line: `podcheck COMMAND`.  Commands are imported when they are called."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any

import click

from podcheck.version import VERSION

# What a shell reports for a program that SIGPIPE ended; click would say 1, which means FAILS.
EXIT_PIPE = 141

# A command builds many objects and lets go of few: Python's cycle collector, which looks at
# them again and again, would take a tenth of the time.
COLLECTED = (200_000, 20, 20)

COMMANDS = {
    "verify": "Prove or refute the claims of spec files.",
    "audit": "Find the hazards of Kubernetes manifests.",
    "watch": "Verify again whenever a spec is saved.",
    "run": "Play a sequence of events and print every status on the way.",
    "table": "Print or check the transition table of a pod.",
    "repro": "Write a manifest and a script that force a counterexample on a cluster.",
    "export": "Write a claim for Spin or for a solver of Horn clauses.",
    "certify": "Check certificates again, with a second solver.",
    "rules": "List the rules, show one, or list the events.",
    "conform": "Replay recordings of a real kubelet against the rules.",
    "explain": "Explain an error code or a hazard.",
    "fmt": "Format spec files.",
}


class ReaderGone(Exception):
    """Whoever read our output went away.  Not an OSError, which click turns into exit code 1."""


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are called."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError:
            raise ReaderGone from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGone from None

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
            from podcheck.language.diagnostics import did_you_mean

            ctx.fail(f"There is no command `{name}`. {did_you_mean(name, COMMANDS)}".strip())
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, message="%(prog)s %(version)s")
def cli() -> None:
    """A model checker for the restart and status rules of Kubernetes Pods.

    podcheck proves what status a Pod ends in, or shows the shortest sequence of events
    that ends otherwise.
    """


def main(arguments: list[str] | None = None) -> None:
    """The console script.  A fault of podcheck ends with exit code 5, without a traceback."""
    try:
        result: Any = cli.main(arguments, prog_name="podcheck", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except ReaderGone:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_PIPE)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our fault and no verdict
        from podcheck.cli.crash import report_crash

        sys.exit(report_crash(error))


def console() -> None:
    """The console script: ``main``, and then out at once.

    Nothing is left to be tidied up when a command is done, and taking the solver's memory
    apart piece by piece would cost as much time as a small proof.
    """
    gc.set_threshold(*COLLECTED)
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = EXIT_PIPE
    os._exit(code)
