"""`podcheck completion`: what completes commands and options in a shell."""

from __future__ import annotations

import click


@click.command(short_help="Print what completes commands in bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print what completes the commands, options and files of podcheck in a shell.

    \b
    bash   eval "$(podcheck completion bash)"       in ~/.bashrc
    zsh    eval "$(podcheck completion zsh)"        in ~/.zshrc
    fish   podcheck completion fish > ~/.config/fish/completions/podcheck.fish
    """
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(context.find_root().command, {}, "podcheck", "_PODCHECK_COMPLETE").source())
    return 0
