"""Voices to draw from: how the parts of a corpus sound, as a trained encoder heard them."""

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from engine.vocabulary import PARTS, STYLES, TODAY, VOICE_DIM, Vocabulary

MOST: Final = 384
"""Voices kept of a part."""
SPREAD: Final = 0.15
"""Standard deviation of the noise that is added to a voice when it is drawn: no two loops share one exactly."""

EMPHASIS: Final[Mapping[str, float]] = {"kick": 1.1}
"""How much farther from the middle of all voices than it lies a drawn voice is told: what is heard of it lies nearer
to that than what was asked for."""

MOST_SQUARE: Final = 4.0
"""Greatest mean square of a voice."""

Voices = Mapping[str, int | tuple[float, ...]]


def bounded(voices: Tensor) -> Tensor:
    """Voices `[..., V]`, those beyond the greatest mean square brought back to it."""
    return voices * torch.rsqrt((voices.square().mean(-1, keepdim=True) / MOST_SQUARE).clamp_min(1.0))


class VoiceTable(nn.Module):
    """For each part bounded voices `[P, MOST, V]`, and the styles they are from, `[P, MOST]` (-1: none).

    Parts and styles are those that it has `known`, in their order.
    What a part has too few of is repeated; a part without any has zeros.
    """

    voices: Tensor
    styles: Tensor

    def __init__(self, known: Vocabulary = TODAY) -> None:
        super().__init__()
        self.known = known
        parts = len(known.parts)
        self.register_buffer("voices", torch.zeros(parts, MOST, VOICE_DIM))
        self.register_buffer("styles", torch.full((parts, MOST), -1, dtype=torch.int16))

    @classmethod
    def of(cls, voices: Tensor, given: Tensor, styles: Sequence[str | None]) -> "VoiceTable":
        """Voices `[N, P, V]` of N loops, those with a mask `given` `[N, P]`, and the loops' styles."""
        table = cls()
        numbers = torch.tensor([STYLES.index(style) if style in STYLES else -1 for style in styles])
        for part in range(len(PARTS)):
            known = given[:, part].nonzero()[:, 0]
            if len(known):
                spread = torch.arange(MOST) * max(1.0, len(known) / MOST)
                chosen = known[spread.long() % len(known)]
                table.voices[part], table.styles[part] = voices[chosen, part].float(), numbers[chosen].short()
        return table

    def draw(self, part: str, seed: int, style: str | None) -> Tensor:
        """A voice `[V]` of `part`, the same for a seed and a style; of any style where the part has none of it."""
        parts, styles = self.known.parts, self.known.styles
        row = parts.index(part)
        generator = torch.Generator().manual_seed((seed * len(parts) + row) % 2**63)
        fitting = (self.styles[row] == styles.index(style)).nonzero()[:, 0] if style in styles else torch.tensor([])
        places = fitting if len(fitting) else torch.arange(MOST)
        chosen = places[int(torch.randint(1 << 30, (), generator=generator)) % len(places)]
        voice = self.voices[row, int(chosen)] + SPREAD * torch.randn(VOICE_DIM, generator=generator)
        middle = self.voices[row].mean(0)
        return bounded(middle + EMPHASIS.get(part, 1.0) * (voice - middle))

    def condition(self, playing: Sequence[str], asked: Voices, seed: int, style: str | None) -> tuple[Tensor, Tensor]:
        """Voices `[1, P, V]` and mask `[1, P]` of the parts that are `playing`, in the rows of today's parts: as
        `asked`, or drawn by `seed`; for a part that it does not know none is drawn. Of a voice that was heard its
        numbers count, not its picture."""
        voices, given = torch.zeros(1, len(PARTS), VOICE_DIM), torch.zeros(1, len(PARTS))
        for part in playing:
            wanted = asked.get(part, seed)
            row = PARTS.index(part)
            if isinstance(wanted, tuple):
                voices[0, row], given[0, row] = torch.tensor(wanted[:VOICE_DIM]), 1.0
            elif part in self.known.parts:
                voices[0, row], given[0, row] = self.draw(part, wanted, style), 1.0
        return voices, given
