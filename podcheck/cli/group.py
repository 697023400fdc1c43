"""The command group: `podcheck COMMAND`.  Commands are imported when they are called."""

from __future__ import annotations

import importlib

import click

from podcheck.version import VERSION

COMMANDS = {
    "verify": "Prove or refute the claims of spec files.",
    "audit": "Find the hazards of Kubernetes manifests.",
    "watch": "Verify again whenever a spec is saved.",
    "run": "Play a sequence of events and print every status on the way.",
    "table": "Print or check the transition table of a pod.",
    "diff": "Show what differs between two releases for the pods of a spec.",
    "repro": "Write a manifest and a script that force a counterexample on a cluster.",
    "export": "Write a claim for Spin or for a solver of Horn clauses.",
    "certify": "Check certificates again, with a second solver.",
    "rules": "List the rules, show one, or list the events.",
    "conform": "Replay recordings of a real kubelet against the rules.",
    "explain": "Explain an error code or a hazard.",
    "fmt": "Format spec files.",
}


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
