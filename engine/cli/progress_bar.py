"""The progress bars of verbs: over the steps of samplers, and over things that are counted."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from engine.progress import Progress


@contextmanager
def progress_bar(total: int) -> Iterator[Progress]:
    """Progress over `total` steps, shown on a terminal alone, and not for what is done within a second."""
    from tqdm import tqdm

    with tqdm(total=total, unit="step", file=sys.stderr, disable=None, delay=1.0, leave=False) as bar:
        yield Progress(lambda report: bar.update(report.step - bar.n), total=total)


@contextmanager
def counted(unit: str) -> Iterator[Callable[[int, int], None]]:
    """What is told how many of how many are done, shown as `progress_bar`."""
    from tqdm import tqdm

    with tqdm(unit=unit, file=sys.stderr, disable=None, delay=1.0, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress
