"""The workers of a Dask cluster.

They get texts and shapes, not paths: nothing is asked of their file systems.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from podcheck.auditing.work_items import OtherPodcheck
from podcheck.version import VERSION

if TYPE_CHECKING:
    from podcheck.auditing.work_items import Work
    from podcheck.auditing.work_pool import Crew

WAIT_S = 10  # for the scheduler, and then for its first worker


class Cluster:
    """A crew.  When a worker dies, the scheduler gives its work to another one; it gives up work
    under which several have died."""

    def __init__(self, client: Any, lost: type[Exception]) -> None:
        self.lost: tuple[type[Exception], ...] = (BrokenExecutor, lost)
        self._executor: Executor = client.get_executor(pure=False)

    def executor(self, work: Sequence[Work]) -> Executor:
        return self._executor

    def renew(self) -> None:
        """Only the cluster itself can have others."""


@contextmanager
def cluster_at(address: str) -> Iterator[Crew]:
    """The workers of a scheduler.  Ends with a message if there are none or others than ours."""
    try:
        import distributed
    except ImportError as error:
        hint = "Install it: pip install 'podcheck[distributed]'."
        raise click.ClickException(f"--scheduler needs the package distributed. {hint}") from error
    # that versions of libraries differ matters only as far as OtherPodcheck finds them to
    warnings.simplefilter("ignore", distributed.versions.VersionMismatchWarning)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what fails is said below
    try:
        client: Any = distributed.Client(address, timeout=WAIT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise click.ClickException(f"No Dask scheduler answers at `{address}`.") from error
    try:
        client.wait_for_workers(1, timeout=WAIT_S)
        yield Cluster(client, distributed.KilledWorker)
    except TimeoutError as error:
        message = f"The scheduler at `{address}` has no workers."
        raise click.ClickException(message) from error
    except OtherPodcheck as error:
        message = (
            f"A worker of `{address}` has podcheck {error} with other files or libraries than this "
            f"podcheck {VERSION}. Install the same on both."
        )
        raise click.ClickException(message) from error
    except ModuleNotFoundError as error:
        message = f"The workers of `{address}` have no `{error.name}`."
        raise click.ClickException(message) from error
    except CancelledError as error:
        message = f"The scheduler at `{address}` went away."
        raise click.ClickException(message) from error
    finally:
        client.close(timeout=1)
