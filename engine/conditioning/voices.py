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
    What a part has too few of is repeated; a part without any has zeros. A table that is `tuned` knows the MIDI
    pitches of drums, `tunings` `[P, MOST]`, too (0: not known).
    """

    voices: Tensor
    styles: Tensor
    tunings: Tensor

    def __init__(self, known: Vocabulary = TODAY, *, tuned: bool = False) -> None:
        super().__init__()
        self.known = known
        parts = len(known.parts)
        self.register_buffer("voices", torch.zeros(parts, MOST, VOICE_DIM))
        self.register_buffer("styles", torch.full((parts, MOST), -1, dtype=torch.int16))
        if tuned:
            self.register_buffer("tunings", torch.zeros(parts, MOST))
        else:  # packs from before drums were tuned hold no such tensor
            self.tunings = torch.zeros(parts, MOST)

    @property
    def is_tuned(self) -> bool:
        """Whether it knows pitches of drums."""
        return "tunings" in dict(self.named_buffers())

    @classmethod
    def of(
        cls,
        voices: Tensor,
        given: Tensor,
        styles: Sequence[str | None],
        tunings: Sequence[Mapping[str, float]] | None = None,
    ) -> "VoiceTable":
        """Voices `[N, P, V]` of N loops, those with a mask `given` `[N, P]`, the loops' styles, and the MIDI pitches
        of their drums."""
        table = cls(tuned=tunings is not None)
        numbers = torch.tensor([STYLES.index(style) if style in STYLES else -1 for style in styles])
        for row, part in enumerate(PARTS):
            known = given[:, row].nonzero()[:, 0]
            if len(known):
                spread = torch.arange(MOST) * max(1.0, len(known) / MOST)
                chosen = known[spread.long() % len(known)]
                table.voices[row], table.styles[row] = voices[chosen, row].float(), numbers[chosen].short()
                if tunings is not None:
                    table.tunings[row] = torch.tensor([tunings[number].get(part, 0.0) for number in chosen.tolist()])
        return table

    def draw(self, part: str, seed: int, style: str | None) -> Tensor:
        """A voice `[V]` of `part`, the same for a seed and a style; of any style where the part has none of it."""
        return self._drawn(part, seed, style)[0]

    def _drawn(self, part: str, seed: int, style: str | None) -> tuple[Tensor, float]:
        """What `draw` gives, and what it is tuned to."""
        parts, styles = self.known.parts, self.known.styles
        row = parts.index(part)
        generator = torch.Generator().manual_seed((seed * len(parts) + row) % 2**63)
        fitting = (self.styles[row] == styles.index(style)).nonzero()[:, 0] if style in styles else torch.tensor([])
        places = fitting if len(fitting) else torch.arange(MOST)
        chosen = places[int(torch.randint(1 << 30, (), generator=generator)) % len(places)]
        voice = self.voices[row, int(chosen)] + SPREAD * torch.randn(VOICE_DIM, generator=generator)
        middle = self.voices[row].mean(0)
        drawn = bounded(middle + EMPHASIS.get(part, 1.0) * (voice - middle))
        return drawn, float(self.tunings[row, int(chosen)])

    def _nearest_tuning(self, part: str, voice: Tensor) -> float:
        """What the voice of `part` is tuned to that lies nearest to `voice` `[V]`; 0 where that is not known."""
        if part not in self.known.parts:
            return 0.0
        row = self.known.parts.index(part)
        return float(self.tunings[row, int((self.voices[row] - voice).square().sum(-1).argmin())])

    def condition(
        self, playing: Sequence[str], asked: Voices, seed: int, style: str | None
    ) -> tuple[Tensor, Tensor, dict[str, float]]:
        """Voices `[1, P, V]` and mask `[1, P]` of the parts that are `playing`, in the rows of today's parts, and the
        MIDI pitches that are known of them: as `asked`, or drawn by `seed`; for a part that it does not know none is
        drawn. Of a voice that was heard its numbers count, not its picture, and the pitch of the one nearest to it.
        """
        voices, given = torch.zeros(1, len(PARTS), VOICE_DIM), torch.zeros(1, len(PARTS))
        tunings: dict[str, float] = {}
        for part in playing:
            wanted = asked.get(part, seed)
            row = PARTS.index(part)
            if isinstance(wanted, tuple):
                voice = torch.tensor(wanted[:VOICE_DIM])
                tuning = self._nearest_tuning(part, voice)
            elif part in self.known.parts:
                voice, tuning = self._drawn(part, wanted, style)
            else:
                continue
            voices[0, row], given[0, row] = voice, 1.0
            tunings |= {part: tuning} if tuning else {}
        return voices, given, tunings
