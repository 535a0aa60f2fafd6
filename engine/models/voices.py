"""Voices: how one part sounds, as a few numbers, from a picture of its hit, and where it is heard."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.conditioning.conditions import Conditions
from engine.conditioning.voices import bounded
from engine.models.word_rows import matched
from engine.vocabulary import PARTS, PICTURE_BANDS, PICTURE_COLUMNS, VOICE_DIM, places


class VoiceEncoder(nn.Module):
    """Pictures of hits to voices: for each part, how a picture lies along the directions in which pictures of that
    part differ most.

    It begins with the principal components of the hits of a corpus (`fit`) and is trained together with the denoiser,
    which reads voices. Voices have a mean square of about one and are bounded, so that noise on them costs the same
    everywhere; components that differ more weigh more, but less than they would by themselves.
    """

    middle: Tensor

    def __init__(self, parts: tuple[str, ...] = PARTS) -> None:
        super().__init__()
        self.parts = parts
        pixels = PICTURE_BANDS * PICTURE_COLUMNS
        self.register_buffer("middle", torch.zeros(len(parts), pixels))
        self.basis = nn.Parameter(torch.randn(len(parts), pixels, VOICE_DIM) * pixels**-0.5)

    @property
    def is_fitted(self) -> bool:
        """Whether it knows what hits look like."""
        return bool(self.middle.any())

    @torch.no_grad()
    def fit(self, images: Tensor, given: Tensor) -> None:
        """Learn from pictures `[N, P, bands, columns]` of today's parts, those with a mask `given` `[N, P]`, in what
        directions they differ; a part with too few of them takes those of all parts."""
        every = images.flatten(2).float()
        for row, part in enumerate(self.parts):
            at = PARTS.index(part)
            found = every[:, at][given[:, at] > 0]
            found = found if len(found) > 4 * VOICE_DIM else every[given > 0]
            if len(found) <= VOICE_DIM:
                continue
            self.middle[row] = found.mean(0)
            _, sizes, directions = torch.linalg.svd(found - found.mean(0), full_matrices=False)
            spreads = sizes[:VOICE_DIM] / len(found) ** 0.5
            # Evened out half-way: fully, what hardly differs would be as loud as what makes a kick another kick.
            scale = spreads.clamp_min(1e-4) ** -0.5
            scale = scale / (spreads * scale).square().mean().sqrt().clamp_min(1e-4)
            self.basis[row] = directions[:VOICE_DIM].T * scale

    def forward(self, images: Tensor) -> Tensor:
        """Pictures `[B, P, bands, columns]` in [0, 1] to voices `[B, P, V]`, both in the rows of today's parts; those
        of parts that it does not know are zero."""
        seen = matched(images, places(self.parts, PARTS), 1).flatten(2) - self.middle
        voices = bounded(torch.einsum("bpi,piv->bpv", seen, self.basis))
        return matched(voices, places(PARTS, self.parts), 1)


class StruckVoices(nn.Module):
    """What every frame is told of the voices that are struck in it: a small network of each part hears its voice and
    how long ago it was struck, and what the networks of all parts found is added up.

    What a voice does is thus told where its part plays and nowhere else, and begins at nothing.
    """

    def __init__(self, outputs: int, width: int = 32, parts: tuple[str, ...] = PARTS) -> None:
        super().__init__()
        count = len(parts)
        self.voice = nn.Parameter(torch.randn(count, width, VOICE_DIM + 1) * VOICE_DIM**-0.5)
        self.ramp = nn.Parameter(torch.randn(count, width, 2))
        self.start = nn.Parameter(torch.zeros(count, width))
        self.out = nn.Linear(count * width, outputs, bias=False)
        nn.init.zeros_(self.out.weight)

    def forward(self, conditions: Conditions) -> Tensor:
        """Conditions, in the rows of its parts, to `[B, F, outputs]`; nothing where no part that is given sounds."""
        masks = conditions.voices_given[:, :, None]
        told = torch.cat((conditions.voices * masks, masks), dim=2)
        voice = torch.einsum("bpv,phv->bph", told, self.voice) + self.start
        ramps = conditions.pattern * conditions.pattern_given[:, :, None]
        ramp = torch.einsum("bprf,phr->bphf", torch.stack((ramps, ramps.square()), dim=2), self.ramp)
        heard = functional.silu(voice[..., None] + ramp) * (ramps > 0)[:, :, None]
        added: Tensor = self.out(heard.flatten(1, 2).transpose(1, 2))
        return added
