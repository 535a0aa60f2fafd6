"""The few-step model: a loop in two evaluations, what it is like first, then its details.

After Yang et al., "Progressive image synthesis from semantics to details with denoising diffusion GAN" (2023), over
latents of loops and their conditions. The paper counts noise levels t down: `x_2` is noise, `x_0` the data, and
between them one posterior step `q(x_1 | x_2, x_0)`. Here, where noise is at alpha 0 and data at alpha 1:

    paper                          here
    x_2, pure noise                x at alpha 0
    x~_0 = G(x_2, z_2, t=2, c)     estimate x + (1 - 0) D of the data, under z_2 = SE(x_1)
    x_1 ~ q(x_1 | x_2, x~_0)       x at alpha a = `refine_alpha`: (1 - a) x_noise + a estimate
    x~ = G(x_1, z_1, t=1, c)       estimate x + (1 - a) D of the data, under z_1

The blend of IADB keeps its noise, so that its posterior, given both ends, is a point; with the noise renewed in a
share s, `sqrt(1 - s) x_noise + sqrt(s) fresh`, blends have the same distribution for any s. Sampling takes s = 0:
then the posterior step *is* an Euler step along `D = (estimate - x) / (1 - alpha)`, noise pads stay smooth and hits
keep the noise they share. The discriminator is shown blends of s = 1, so that what is real and what is not overlap.

The generator is the denoiser of the pack, changed by an `Adapter`; z and guidance are added to `alpha_e` through
layers that begin at nothing. Before any training it is the denoiser, unguided, in two steps of Euler.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor, nn
from torch.func import functional_call

from engine.conditioning.conditions import Conditions
from engine.models.adapters import Adapter, AdapterConfig, adapted
from engine.models.guidance_told import GUIDANCE_INPUTS
from engine.models.sampling import SamplingDenoiser
from engine.models.semantics import SemanticEncoder, SemanticPrior, on_sphere
from engine.models.unet import Denoiser, EmbeddedConditions, struck_voices
from engine.models.word_rows import own_rows

SEMANTICS, DETAILS = 2, 1
"""The stages by the paper's t: what a loop is like, from noise; then its details."""


CHANGED: Final = ("front.", "down.", "shrink.", "middle.", "grow.", "up.", "mix_", "norm.", "out.")
"""Where the names of weights begin that a generator changes: all that states go through. What reads conditions
stays."""


@dataclass(frozen=True)
class FewStepConfig:
    """Shape of a `FewSteps`: the rank of what is changed, numbers of `z_2` and of `z_1`, widths of its small
    networks, and the alpha that details are made from."""

    rank: int = 32
    semantic_dim: int = 64
    encoder_width: int = 160
    told_width: int = 192
    prior_width: int = 384
    refine_alpha: float = 0.5


class StageEmbedding(nn.Module):
    """What is added to `alpha_e` at a stage: its latent and what is told of guidance; nothing to begin with."""

    def __init__(self, semantic_dim: int, width: int, outputs: int) -> None:
        super().__init__()
        self.latents = nn.ModuleList(nn.Linear(semantic_dim, width) for _ in (DETAILS, SEMANTICS))
        self.guidance = nn.ModuleList(nn.Linear(GUIDANCE_INPUTS, width) for _ in (DETAILS, SEMANTICS))
        self.layers = nn.Sequential(nn.SiLU(), nn.Linear(width, width), nn.SiLU())
        self.out = nn.Linear(width, outputs)
        for begun_at_nothing in self.out.parameters():
            nn.init.zeros_(begun_at_nothing)

    def forward(self, z: Tensor, guidance: Tensor, stage: int) -> Tensor:
        """`z` `[B, Z]` and guidance `[B, G]` to `[B, E]`."""
        dtype = self.out.weight.dtype
        hidden = self.latents[stage - 1](z.to(dtype)) + self.guidance[stage - 1](guidance.to(dtype))
        added: Tensor = self.out(self.layers(hidden))
        return added


class FewSteps(nn.Module):
    """Generator, semantic encoder and prior over a denoiser of given `shapes`; it does not hold the denoiser."""

    def __init__(
        self, config: FewStepConfig, latent_dim: int, embedding: int, view: int, shapes: Mapping[str, tuple[int, ...]]
    ) -> None:
        super().__init__()
        self.config = config
        self.change = Adapter(AdapterConfig(rank=config.rank), shapes)
        self.encoder = SemanticEncoder(latent_dim, config.encoder_width, config.semantic_dim)
        self.prior = SemanticPrior(config.semantic_dim, view, GUIDANCE_INPUTS, config.prior_width)
        self.stages = StageEmbedding(config.semantic_dim, config.told_width, embedding)

    @classmethod
    def over(cls, denoiser: Denoiser, config: FewStepConfig | None = None) -> "FewSteps":
        """A new one over `denoiser`, which it changes nothing of yet."""
        shape = denoiser.config
        view = shape.embedding_width + shape.timeline_width
        changed = changed_shapes(denoiser)
        return cls(config or FewStepConfig(), shape.latent_dim, shape.embedding_width, view, changed)

    def alpha(self, stage: int) -> float:
        """The alpha that a stage starts from."""
        return 0.0 if stage == SEMANTICS else self.config.refine_alpha

    def forward(  # noqa: PLR0917
        self, denoiser: Denoiser, x: Tensor, embedded: EmbeddedConditions, z: Tensor, guidance: Tensor, stage: int
    ) -> Tensor:
        """The estimate `[B, D, F]` of the data that the generator over `denoiser` makes of states `x` of a stage.

        `embedded` are the conditions as the denoiser embeds them, `z` `[B, Z]` is `z_2` or `z_1`, `guidance` as
        `guidance_inputs` gives it.
        """
        told = replace(embedded, stage=self.stages(z, guidance, stage))
        alpha = x.new_full((len(x),), self.alpha(stage))
        own = dict(denoiser.named_parameters())
        changed = {f"denoiser.{name}": own[name] + change for name, change in self.change.changes().items()}
        direction: Tensor = functional_call(_Predicting(denoiser), changed, (x, alpha, told))
        return x + (1 - self.alpha(stage)) * direction

    @torch.no_grad()
    def changed(self, denoiser: Denoiser) -> Denoiser:
        """A copy of `denoiser` with the weights of the generator."""
        return adapted(denoiser, self.change)


def changed_shapes(denoiser: Denoiser) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the weights of a denoiser that a generator changes."""
    return {
        name: tuple(p.shape)
        for name, p in denoiser.named_parameters()
        if name.startswith(CHANGED) and ".grouping." not in name  # which channels belong together stays, too
    }


class _Predicting(nn.Module):
    """`Denoiser.predict` as a forward, which is what weights can be given to."""

    def __init__(self, denoiser: Denoiser) -> None:
        super().__init__()
        self.denoiser = denoiser

    def forward(self, x: Tensor, alpha: Tensor, embedded: EmbeddedConditions) -> Tensor:
        return self.denoiser.predict(x, alpha, embedded)


def view_of(denoiser: Denoiser | SamplingDenoiser, conditions: Conditions) -> Tensor:
    """What the prior sees of conditions `[B, V]`: `z_e`, and the mean of the timeline over the loop."""
    own = own_rows(conditions, denoiser.known)
    told, _ = struck_voices(denoiser.struck, own, denoiser.config.timeline_width)
    return torch.cat((denoiser.stationary(own), denoiser.timeline(own, told)[0].mean(2)), dim=1).float()


def noises_of(x: Tensor, semantic_dim: int) -> tuple[Tensor, Tensor]:
    """Noise for `z_2` and for `z_1`, `[B, Z]` each, that belongs to the noise `x` `[B, D, F]` of loops.

    Both are fixed projections of it: what moves the noise (a pad, a path, a voice) moves them as smoothly, and equal
    noise has equal latents. At any temperature they have a mean square of 1.
    """
    depth, frames = x.shape[1:]
    signs = torch.randn(2, depth, semantic_dim, generator=torch.Generator().manual_seed(depth)).to(x)
    phase = torch.arange(frames, device=x.device) * (2.399963 * torch.tensor([[1.0], [2.0]], device=x.device))
    waves = torch.cos(phase).to(x)
    summed = torch.einsum("bdf,nf->nbd", x.float(), waves.float())
    first, second = (on_sphere(row @ sign.float()) for row, sign in zip(summed, signs, strict=True))
    return first, second
