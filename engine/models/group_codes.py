"""Codes of channel groups in hand: how much one group inside one block counts, be it contiguous or learnt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.models.sampling import PreparedBlock, PreparedConditions


@dataclass(frozen=True)
class GroupPlace:
    """Group number `group` of the norm inside block number `block`, in the order of the signal."""

    block: int
    group: int


def group_places(prepared: PreparedConditions, groups: int) -> list[GroupPlace]:
    """All groups of a network that has `groups` in each norm."""
    return [GroupPlace(block, group) for block in range(len(prepared.blocks)) for group in range(groups)]


def turned(
    prepared: PreparedConditions, places: Sequence[GroupPlace | None], groups: int, factor: float
) -> PreparedConditions:
    """`prepared` conditions of as many loops as there are `places`, or of copies of these one after the other, in
    which the code of each loop's group is `factor` times what it was; of None, none.

    The code is `z_e` of contiguous groups, which scales what all channels of the group make, and the scale of `h` of
    those that are learnt.
    """
    blocks = [_copied(block) for block in prepared.blocks]
    for row, place in enumerate(places):
        if place is None:
            continue
        block = blocks[place.block]
        rows = slice(row, None, len(places))
        if block.codes is None:
            width = block.second.shape[1] // groups
            block.second[rows, place.group * width : (place.group + 1) * width] *= factor
        else:
            block.codes[rows, place.group] = (1 + block.codes[rows, place.group]) * factor - 1
    return replace(prepared, blocks=tuple(blocks))


def _copied(block: PreparedBlock) -> PreparedBlock:
    return replace(block, second=block.second.clone(), codes=None if block.codes is None else block.codes.clone())
