"""Path lengths of what loops are made from: of noise under the denoiser's map, of x_2, z_2 and z_1 under two
evaluations."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.audio.spectrum import mel_spectrogram
from engine.clap.base import ClapEmbedder
from engine.diffusion.noise import slerp
from engine.diffusion.samplers import sample
from engine.evaluation.held_out import held_out_request
from engine.evaluation.judges.path_length import path_length
from engine.evaluation.plots import new_figure, save_figure
from engine.knobs import PROGRESSIVE
from engine.models.fewsteps import noises_of
from engine.pipeline import LoopPipeline
from engine.rendering.guided import Aim
from engine.rendering.progressive import StageLatents
from engine.requests import LoopRequest


@dataclass(frozen=True, eq=False)
class PathOfRequest:
    """Two noises of a request, and what hears loops made under it."""

    pipeline: LoopPipeline
    request: LoopRequest
    aim: Aim
    ends: tuple[Tensor, Tensor]
    clap: ClapEmbedder | None = None

    @classmethod
    def of(cls, pipeline: LoopPipeline, request: LoopRequest, clap: ClapEmbedder | None = None) -> "PathOfRequest":
        """The path from the noise of the request's seed to that of the next."""
        aim = pipeline.aim(request)
        noises = (
            pipeline.noise(each, aim.compositions[0]) for each in (request, request.with_(seed=request.seed + 1))
        )
        first, second = (noise.to(pipeline.device) for noise in noises)
        return cls(pipeline, request, aim, (first, second), clap)

    def hear(self, x: Tensor, request: LoopRequest, latents: StageLatents | None = None) -> Tensor:
        """The embedding `[1, E]` of the loop that `request` makes of noise `x`."""
        assert self.clap is not None
        audio = torch.from_numpy(self.sound(x, request, latents))
        heard: Tensor = self.clap.embed_audio(audio[None], self.pipeline.info.sample_rate)
        return heard

    def made(self, latent: str, share: float) -> NDArray[np.float32]:
        """The sound `[2, T]` at a share of the way through x_2, z_2 or z_1, the others as at its beginning."""
        one, other = self._latents(self.request)
        x, semantics, details = self.ends[0], one.semantics, one.details
        assert semantics is not None and details is not None
        assert other.semantics is not None and other.details is not None
        if latent == "x_2":
            x = slerp(x, self.ends[1], share)
        elif latent == "z_2":
            semantics = slerp(semantics, other.semantics, share)
        else:
            details = slerp(details, other.details, share)
        return self.sound(x, self.request, StageLatents(semantics, details))

    def sound(self, x: Tensor, request: LoopRequest, latents: StageLatents | None = None) -> NDArray[np.float32]:
        """The sound `[2, T]` that `request` makes of noise `x`."""
        pipeline = self.pipeline
        few = request.sampler == PROGRESSIVE
        flow = pipeline.few_steps.flow(request, self.aim, latents) if few else pipeline.flow(request, self.aim)
        x_1 = sample(flow, x, pipeline.alphas(request), request.sampler)
        decoded: NDArray[np.float32] = pipeline.latents.decode(x_1, pipeline.geometry(request).samples)[0]
        return decoded

    def of_noise(self, request: LoopRequest, share: float) -> float:
        """The path length of the noise under the sampler of `request`; latents, where it has any, stay."""
        kept = self._latents(request)[0] if request.sampler == PROGRESSIVE else None
        return path_length(lambda x: self.hear(x, request, kept), [self.ends], [share])

    def of_latents(self, share: float) -> dict[str, float]:
        """Path lengths of x_2, z_2 and z_1 at two evaluations, each with the others as they are."""
        request = self.request.with_(sampler=PROGRESSIVE)
        x = self.ends[0]
        one, other = self._latents(request)
        assert one.semantics is not None and other.semantics is not None
        assert one.details is not None and other.details is not None

        def semantics(z: Tensor) -> Tensor:
            return self.hear(x, request, StageLatents(z, one.details))

        def details(z: Tensor) -> Tensor:
            return self.hear(x, request, StageLatents(one.semantics, z))

        return {
            "x_2": self.of_noise(request, share),
            "z_2": path_length(semantics, [(one.semantics, other.semantics)], [share]),
            "z_1": path_length(details, [(one.details, other.details)], [share]),
        }

    def _latents(self, request: LoopRequest) -> tuple[StageLatents, StageLatents]:
        """What the prior draws by each of the noises, and their details."""
        few = self.pipeline.few_steps
        flow = few.flow(request, self.aim)
        size = few.model.config.semantic_dim
        first, second = (StageLatents(flow.semantics(x), noises_of(x, size)[1]) for x in self.ends)
        return first, second


SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Places on a path that are drawn."""


def draw_paths(pipeline: LoopPipeline, request: LoopRequest, path: Path) -> None:
    """Draw to `path` (PNG) the loops of `request` on the ways through x_2, z_2 and z_1, a row for each: the paper's
    figure 2, as mel spectrograms."""
    with torch.inference_mode():
        walked = PathOfRequest.of(pipeline, request.with_(sampler=PROGRESSIVE))
        rows = {name: [walked.made(name, share) for share in SHARES] for name in ("x_2", "z_2", "z_1")}
    figure = new_figure(12, 6)
    for axes, (name, loops) in zip(figure.subplots(3, len(SHARES), squeeze=False), rows.items(), strict=True):
        for axis, share, audio in zip(axes, SHARES, loops, strict=True):
            mel = mel_spectrogram(audio, pipeline.info.sample_rate)
            axis.imshow(mel, origin="lower", aspect="auto", cmap="magma", vmin=-80, vmax=0)
            axis.set(xticks=[], yticks=[], title=f"{name}, {share:g}")
    save_figure(figure, path)


def measure_paths(pipeline: LoopPipeline, clap: ClapEmbedder, seed: int, steps: int = 16) -> dict[str, float]:
    """Path lengths for held-out request `seed`: of x_0 under `steps` of Euler, of x_2, z_2 and z_1 under two
    evaluations where the pack has them. The pipeline's network has to be in float32."""
    request = held_out_request(seed)[0]
    share = float(torch.rand((), generator=torch.Generator().manual_seed(seed))) * 0.9
    with torch.inference_mode():
        path = PathOfRequest.of(pipeline, request, clap)
        found = {"x_0": path.of_noise(request.with_(num_steps=steps, sampler="euler"), share)}
        return found | (path.of_latents(share) if pipeline.info.progressive else {})
