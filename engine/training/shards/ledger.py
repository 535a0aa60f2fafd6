"""Which loops were trained on, by epoch: enough for any other number of processes to go on with the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from engine.training.checkpoints import CheckpointError


@dataclass
class LoopLedger:
    """Loops of the shards of `sizes` that were drawn, in the epochs from `first` on; all before are complete.

    `drawn` has, by epoch and shard, a bit for each loop. Ledgers of processes that trained side by side are merged:
    a loop that one of them drew is drawn. `of` names the set of shards.
    """

    of: str
    sizes: Sequence[int]
    first: int = 0
    drawn: dict[int, dict[int, int]] = field(default_factory=dict)

    def draw(self, epoch: int, shard: int, place: int) -> None:
        """Note that the loop at `place` of `shard` was drawn."""
        shards = self.drawn.setdefault(epoch, {})
        shards[shard] = shards.get(shard, 0) | 1 << place

    def has(self, epoch: int, shard: int, place: int) -> bool:
        """Whether that loop was drawn."""
        return epoch < self.first or bool(self.drawn.get(epoch, {}).get(shard, 0) >> place & 1)

    def is_done(self, epoch: int, shard: int) -> bool:
        """Whether every loop of `shard` was drawn."""
        return epoch < self.first or self.drawn.get(epoch, {}).get(shard, 0) == (1 << self.sizes[shard]) - 1

    def count(self, epoch: int) -> int:
        """Loops drawn in `epoch`."""
        if epoch < self.first:
            return sum(self.sizes)
        return sum(bits.bit_count() for bits in self.drawn.get(epoch, {}).values())

    def merged(self, others: "Iterable[LoopLedger]") -> Self:
        """What this and `others` drew together; epochs that are complete are closed."""
        ledgers: list[LoopLedger] = [self, *others]
        whole = type(self)(self.of, self.sizes, max(ledger.first for ledger in ledgers))
        for ledger in ledgers:
            for epoch, shards in ledger.drawn.items():
                if epoch >= whole.first:
                    own = whole.drawn.setdefault(epoch, {})
                    for shard, bits in shards.items():
                        own[shard] = own.get(shard, 0) | bits
        while all(whole.is_done(whole.first, shard) for shard in range(len(self.sizes))):
            whole.drawn.pop(whole.first, None)
            whole.first += 1
        return whole

    def to_dict(self) -> dict[str, Any]:
        """Plain values: complete shards by number, the bits of others in hexadecimal digits."""
        epochs = {}
        for epoch, shards in self.drawn.items():
            done = sorted(shard for shard in shards if self.is_done(epoch, shard))
            begun = {str(shard): f"{bits:x}" for shard, bits in shards.items() if shard not in set(done)}
            epochs[str(epoch)] = {"done": done, "begun": begun}
        return {"of": self.of, "first": self.first, "epochs": epochs}

    def read(self, told: Mapping[str, Any]) -> Self:
        """The ledger of the same shards that `told` (of `to_dict`) is; this one where that is of other shards, whose
        epochs say nothing of these. Raises `CheckpointError` on what is no ledger."""
        try:
            if told["of"] != self.of:
                return self
            found = type(self)(self.of, self.sizes, int(told["first"]))
            for epoch, row in told["epochs"].items():
                shards = {int(shard): (1 << self.sizes[shard]) - 1 for shard in row["done"]}
                shards |= {int(shard): int(bits, 16) for shard, bits in row["begun"].items()}
                found.drawn[int(epoch)] = shards
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise CheckpointError(f"The checkpoint does not say which shards were read ({error}).") from error
        return found
