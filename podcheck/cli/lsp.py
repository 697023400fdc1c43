"""`podcheck lsp`: the language server."""

from __future__ import annotations

import click


@click.command(short_help="Answer an editor: a language server for specs and manifests.")
@click.option("--stdio", is_flag=True, hidden=True, help="What editors pass; it is so anyway.")
def command(stdio: bool) -> int:
    """Answer an editor over standard input and output (Language Server Protocol): errors as you
    type, the verdict above each claim, hover, completion, rename, quick fixes; hazards in
    manifests. How to set up VS Code, Neovim, Helix and Emacs: docs/editors.md.

    Needs the package pygls: pip install 'podcheck[lsp]'
    """
    try:
        from podcheck.editor.server import serve
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("pygls", "lsprotocol"):
            raise
        needs = "`podcheck lsp` needs the package pygls: pip install 'podcheck[lsp]'"
        raise click.UsageError(needs) from None
    serve()
    return 0
