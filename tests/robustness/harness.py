"""Mutated input for readers: only our own errors come out, in bounded time and memory; nothing else changes."""

import logging
import os
import random
import resource
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import LoopGenError

INPUTS = int(os.environ.get("LOOPGEN_FUZZ", "60"))
"""Mutated inputs for each reader."""
REPORT = os.environ.get("LOOPGEN_FUZZ_REPORT", "")
"""A file that gets a line of counts from each reader, if one is named."""
MOST_SECONDS = 5.0
"""Of computing; a reader that waits has twelve times as long, as other programs may have the machine."""
MOST_BYTES = 1_000_000_000

_TOKENS = (
    b"\x00", b"\xff" * 4, b"\x00\x00\x00\x80", b"\xff\xff\xff\x7f", b"[" * 300, b'{"a":' * 300, b"1e999", b"NaN",
    b"-1", b"9" * 400, b"null", b"true", b'""', b"[]", b"{}", b"\\ud800", b"\xed\xa0\x80", b"\t" * 300, b"..",
    b"/etc/passwd", b"\x1b]0;x\x07", b"\r\n", b"<img src=x>", b"0.1", b"2147483648", b"9223372036854775808",
    b"\xc2\xb2", b"LIST", b"data",
)  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """What is fuzzed: `read` takes the bytes and a folder of its own; `errors` may come out besides our own."""

    name: str
    seeds: Callable[[Path], Sequence[bytes]]
    read: Callable[[bytes, Path], object]
    errors: tuple[type[Exception], ...] = ()


class Hang(BaseException):
    """A reader that took too long; no reader may catch it."""


@dataclass(frozen=True)
class Counts:
    """What became of all inputs of a reader, and the longest that one took, in seconds."""

    read: int
    refused: int
    longest: float
    peak_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.read} read, {self.refused} refused, {self.longest:.2f} s at most, {self.peak_bytes / 1e6:.0f} MB"
        )


def report(reader: Reader, counts: Counts) -> None:
    """Add the counts to the file that `LOOPGEN_FUZZ_REPORT` names, if any."""
    if REPORT:
        with Path(REPORT).open("a", encoding="utf-8") as file:
            file.write(f"{reader.name}: {counts}\n")


def fuzz(reader: Reader, folder: Path, inputs: int = INPUTS, seed: int = 0) -> Counts:
    """Give `reader` its seeds and `inputs` mutations of them. Fails on the first that does anything else than to be
    read or refused."""
    rng, refused, longest = random.Random(f"{reader.name} {seed}"), 0, 0.0
    home, outside = folder / "inside", folder / "outside"
    home.mkdir()
    outside.mkdir()
    (outside / "kept").write_bytes(b"kept")
    seeds = list(reader.seeds(home))
    before = _names(folder)
    for number in range(len(seeds) + inputs):
        content = seeds[number] if number < len(seeds) else mutated(rng.choice(seeds), rng)
        most, began = _peak_bytes() + MOST_BYTES, time.process_time()
        try:
            with watched(), unlogged():
                reader.read(content, home)
        except (LoopGenError, *reader.errors) as error:
            refused += 1
            assert str(error) and "\n" not in str(error), f"{reader.name} {number}: {error!r} of {content[:300]!r}"
        except (Exception, Hang) as error:
            raise AssertionError(f"{reader.name} {number}: {error!r} of {content[:2000]!r}") from error
        longest = max(longest, time.process_time() - began)
        assert _peak_bytes() < most, f"{reader.name} {number}: memory, of {content[:2000]!r}"
        after = _names(folder)
        assert after == before, f"{reader.name} {number}: {after ^ before} came or went, of {content[:2000]!r}"
    return Counts(len(seeds) + inputs - refused, refused, longest, _peak_bytes())


@contextmanager
def watched() -> Iterator[None]:
    """`Hang` where what is inside takes longer than any reader may."""
    clocks = {signal.ITIMER_PROF: (signal.SIGPROF, 1), signal.ITIMER_REAL: (signal.SIGALRM, 12)}
    before = {sign: signal.signal(sign, _hang) for sign, _ in clocks.values()}
    for clock, (_, times) in clocks.items():
        signal.setitimer(clock, times * MOST_SECONDS)
    try:
        yield
    finally:
        for clock in clocks:
            signal.setitimer(clock, 0)
        for sign, handler in before.items():
            signal.signal(sign, handler)


@contextmanager
def unlogged() -> Iterator[None]:
    """Without the lines that a reader logs: a test keeps them all, six kilobytes for each refusal."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def _hang(*_args: Any) -> None:
    raise Hang(f"more than {MOST_SECONDS:g} s")


def mutated(content: bytes, rng: random.Random) -> bytes:
    """`content` with one to four changes: bytes, lengths, pieces, and what readers stumble over."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        # Headers say more than sound: half of all changes are near the beginning.
        at = rng.randrange(min(len(changed), rng.choice((64, 512, 10**9))) + 1)
        match rng.randrange(8):
            case 0:
                changed[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                changed[at : at + 4] = rng.randrange(2**32).to_bytes(4, rng.choice(("little", "big")))
            case 2:
                del changed[at : at + rng.choice((1, 2, 4, 100))]
            case 3:
                del changed[at:]
            case 4:
                changed[at:at] = rng.choice(_TOKENS)
            case 5:
                token = rng.choice(_TOKENS)
                changed[at : at + len(token)] = token
            case 6:
                piece = changed[at : at + rng.choice((4, 16, 200))]
                changed[at:at] = piece * rng.choice((1, 2, 50))
            case 7:
                other = rng.randrange(len(changed) + 1)
                changed[at : at + 8] = changed[other : other + 8]
    return bytes(changed[:4_000_000])


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _names(folder: Path) -> frozenset[str]:
    return frozenset(str(path.relative_to(folder)) for path in folder.rglob("*"))
