"""What loops are called: short, after what was asked, and no two alike unless they are takes of one another."""

from collections.abc import Iterable

MOST_CHARACTERS = 32


def short_name(name: str) -> str:
    """`name` as far as whole words fit into 32 characters."""
    words = " ".join(name.split())
    if len(words) <= MOST_CHARACTERS:
        return words
    whole = words[: MOST_CHARACTERS + 1].rpartition(" ")[0].rstrip(" ,;:")
    return whole or words[:MOST_CHARACTERS]


def distinct_name(name: str, seed: int, known: Iterable[tuple[str, int]], *, take: bool) -> str:
    """`name`, with a number where it is taken; a `take` is called like the newest of `known` with its seed.

    `known` are the names and seeds of loops that are there, newest first.
    """
    there = [(other, its) for other, its in known if other == name or _number(other, name)]
    if take:
        twin = next((other for other, its in there if its == seed), None)
        if twin is not None:
            return twin
    highest = max((_number(other, name) or 1 for other, _ in there), default=0)
    return f"{name} #{highest + 1}" if highest else name


def _number(other: str, name: str) -> int:
    """The number of `other` among the loops called `name`; 0 when it is none of them."""
    beginning, number = other[: len(name) + 2], other[len(name) + 2 :]
    return int(number) if beginning == f"{name} #" and number.isascii() and number.isdigit() else 0
