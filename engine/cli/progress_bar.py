"""The progress bar of the verbs that sample."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from engine.progress import Progress


@contextmanager
def progress_bar(total: int) -> Iterator[Progress]:
    """Progress over `total` steps, shown on a terminal alone, and not for what is done within a second."""
    from tqdm import tqdm

    with tqdm(total=total, unit="step", file=sys.stderr, disable=None, delay=1.0, leave=False) as bar:
        yield Progress(lambda report: bar.update(report.step - bar.n), total=total)
