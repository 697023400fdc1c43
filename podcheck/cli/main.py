"""The console script: how a run begins and ends.

Until ``console`` is called nothing is imported that takes time, so that a Ctrl-C meets no code
that does not expect one.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

EXIT_INPUT = 2
# What a shell reports for a program that SIGINT, SIGPIPE or SIGTERM ended
EXIT_INTERRUPTED, EXIT_PIPE, EXIT_TERMINATED = 130, 141, 143

# A command builds many objects and lets go of few: Python's cycle collector, which looks at
# them again and again, would take a tenth of the time.
COLLECTED = (200_000, 20, 20)


class Terminated(KeyboardInterrupt):
    """SIGTERM: the same as Ctrl-C for whoever reports what is decided by then."""


def main(arguments: list[str] | None = None) -> None:
    """The console script, without the care for signals.  A fault of podcheck ends with exit code
    5, without a traceback."""
    from podcheck.cli.streams import shown_streams

    with shown_streams():
        sys.exit(_code(arguments))


def _code(arguments: list[str] | None) -> int:
    import click

    from podcheck.cli.group import cli
    from podcheck.cli.streams import ReaderGone, Unwritable, is_coloured

    try:
        coloured = True if is_coloured() else None  # None: as click finds the terminal
        result: Any = cli.main(
            arguments, prog_name="podcheck", standalone_mode=False, color=coloured
        )
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return EXIT_INPUT
    except (click.Abort, KeyboardInterrupt) as stopped:
        click.echo("Interrupted.", err=True)
        return _code_of(stopped)
    except ReaderGone:
        return EXIT_PIPE
    except Unwritable as error:
        click.echo(f"Error: Standard output can't be written: {error}.", err=True)
        return EXIT_INPUT
    except Exception as error:  # noqa: BLE001 - whatever it is, it is our fault and no verdict
        from podcheck.cli.crash import report_crash

        return report_crash(error)


def _code_of(stopped: BaseException) -> int:
    """The exit code of an interrupted run; click makes an exception of its own of an interrupt."""
    terminated = isinstance(stopped, Terminated) or isinstance(stopped.__cause__, Terminated)
    return EXIT_TERMINATED if terminated else EXIT_INTERRUPTED


def console() -> None:
    """The console script.

    Nothing is left to be tidied up when a command is done, and taking the solver's memory
    apart piece by piece would cost as much time as a small proof.
    """
    code = EXIT_INTERRUPTED
    try:
        import signal

        from podcheck.cli.streams import hold_descriptors

        gc.set_threshold(*COLLECTED)
        hold_descriptors()
        signal.signal(signal.SIGTERM, _terminate)
        main()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except KeyboardInterrupt as stopped:  # while the run begins, or answers a first one
        code = _code_of(stopped)
    finally:
        os._exit(code)


def _terminate(number: int, frame: object) -> None:
    raise Terminated
