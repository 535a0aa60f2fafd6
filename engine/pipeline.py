"""From a request to a loop: conditions, noise, guided sampling, decoding, exact length, level."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.audio.loudness import level_match
from engine.audio.resampling import resample_periodic
from engine.audio.spectrum import check_audio
from engine.clap.base import ClapEmbedder
from engine.codec.base import LatentCodec
from engine.conditioning.assembly import negative_conditions, request_conditions
from engine.conditioning.composition import compose
from engine.conditioning.conditions import Conditions
from engine.conditioning.prompts import PromptReader
from engine.devices import choose_device, fast_dtype
from engine.diffusion.noise import pad_noise, seeded_noise
from engine.diffusion.samplers import SamplerStep, sample
from engine.diffusion.schedules import alphas
from engine.errors import AudioFileError, Cancelled, InvalidRequest, PackError
from engine.guided import GuidedDenoiser, guided_directions
from engine.loop import Loop, PackInfo, StepReport
from engine.models.unet import Denoiser
from engine.pack_models import load_clap, load_codec, load_denoiser
from engine.packs import Pack
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry

SILENCE = 1e-4
"""Peak below which a sound counts as silent, -80 dBFS."""

__all__ = ["Loop", "LoopPipeline", "PackInfo", "StepReport"]


class LoopPipeline:
    """Renders requests with one pack on one device.

    The same request on the same pack gives the same loop, bit for bit on one machine.
    """

    def __init__(
        self,
        codec: LatentCodec,
        denoiser: Denoiser,
        info: PackInfo,
        device: torch.device,
        clap: ClapEmbedder | None = None,
    ) -> None:
        self._read = PromptReader(clap.to(device).eval().requires_grad_(False) if clap else None)
        self.info, self.device = replace(info, words=self._read.words), device
        self._dtype = fast_dtype(device)
        self._codec = codec.to(device).eval().requires_grad_(False)
        # The scale of the latents stays in float32; only the network runs in the fast precision.
        self._mean, self._deviation = (x.to(device, torch.float32) for x in (denoiser.mean, denoiser.deviation))
        self._denoiser = denoiser.to(device, self._dtype).eval().requires_grad_(False)

    @classmethod
    def from_pack(cls, folder: Path | str, device: str = "auto") -> Self:
        """Load the pack in `folder` on `device` (`auto`, `cpu`, `cuda`, `mps`).

        Raises `PackError` for a missing or damaged pack and `DeviceError` for a device that is not there.
        """
        chosen = choose_device(device)
        pack = Pack.open(folder, verify=False)  # tensors are hashed as they are read
        info = PackInfo(pack.name, str(pack.manifest["version"]), pack.hash, pack.sample_rate)
        clap = load_clap(pack) if "clap" in pack.components else None
        return cls(load_codec(pack), load_denoiser(pack), info, chosen, clap)

    def geometry(self, request: LoopRequest) -> LoopGeometry:
        """Length of the request's loop in samples and latent frames of this pack."""
        return LoopGeometry(request.tempo_bpm, request.bars, self._codec.sample_rate, self._codec.hop_length)

    def render(
        self,
        request: LoopRequest,
        *,
        on_step: Callable[[StepReport], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Loop:
        """The loop of `request`: stereo, exactly as long as its bars, level-matched, true peak <= -1 dBTP.

        `on_step` is told after every step; when `cancelled()` is true there, `Cancelled` is raised.
        """
        return self.render_batch([request], on_step=on_step, cancelled=cancelled)[0]

    def render_batch(
        self,
        requests: Sequence[LoopRequest],
        *,
        on_step: Callable[[StepReport], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> list[Loop]:
        """Several requests that differ in seed or noise alone, in one pass of the network.

        Raises `InvalidRequest` when they differ in more; `StepReport.preview` decodes the first of them.
        """
        first = requests[0]
        if any(_recipe(request) != _recipe(first) for request in requests):
            raise InvalidRequest("Loops of one batch may differ in seed and noise only; render the others apart.")
        geometry, clock = self.geometry(first), _Clock()
        with torch.inference_mode():
            with clock("conditioning"):
                said, unsaid = self._read.wanted(first), self._read(first.negative_prompt)
                written = [compose(said.applied(unsaid.turned().applied(r))) for r in requests]
                conditions = [
                    request_conditions(r, geometry, said.embedded, composition)
                    for r, composition in zip(requests, written, strict=True)
                ]
                directions = guided_directions(first, Conditions.stack(conditions))
                null = Conditions.stack([negative_conditions(first, geometry, unsaid.embedded)] * len(requests))
                guided = GuidedDenoiser(self._denoiser, null, directions)
                x_0 = torch.cat([self.noise(request) for request in requests]).to(self.device)
            with clock("denoiser"):
                hook = self._hook(on_step, cancelled)
                x_1 = sample(guided, x_0, alphas(first.num_steps, first.schedule), first.sampler, hook)
                latent = x_1 * self._deviation + self._mean
            with clock("codec"):
                audio = self._decode(latent)
        loops = []
        for index, request in enumerate(requests):
            with clock("finishing"):
                levelled = level_match(resample_periodic(audio[index], geometry.samples), self.info.sample_rate)
            if levelled.replaced_samples:
                raise PackError(f"Pack {self.info.name!r} gave samples that are not numbers; use another pack.")
            loops.append(
                Loop(
                    audio=levelled.audio,
                    sample_rate=self.info.sample_rate,
                    request=request,
                    latent=latent[index].cpu().numpy(),
                    pack_name=self.info.name,
                    pack_hash=self.info.hash,
                    loudness_lufs=levelled.loudness_lufs,
                    true_peak_dbtp=levelled.true_peak_dbtp,
                    seconds=clock.share(len(requests)),
                    composed=composition.pattern(first.bars) if (composition := written[index]) else Pattern(),
                )
            )
        return loops

    def hear(self, audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
        """The embedding of a sound `audio [C, T]`, for `LoopRequest.reference`.

        Raises `PackError` when the pack has no embedder, `AudioFileError` when there is nothing to hear.
        """
        if self._read.clap is None:
            raise PackError(f"Pack {self.info.name!r} has no embedder: it takes no words and no reference.")
        heard = check_audio(audio)[:2]
        heard = np.tile(heard, -(-sample_rate // heard.shape[1]))  # the embedder needs about a third of a second
        if np.abs(heard).max() < SILENCE:
            raise AudioFileError("The reference is silent; give a sound.")
        with torch.inference_mode():
            embedded = self._read.clap.embed_audio(torch.from_numpy(heard)[None].to(self.device), sample_rate)[0]
        return tuple(round(float(value), 5) for value in embedded)

    def noise(self, request: LoopRequest) -> Tensor:
        """The noise `[1, D, F]` a request starts from: of its seed, or of its point on the noise pad; at its
        temperature.
        """
        shape = (1, self._codec.latent_dim, self.geometry(request).frames)
        if request.noise is None:
            return request.temperature * seeded_noise(request.seed, shape)
        pad = request.noise
        return request.temperature * pad_noise(pad.corners, pad.x, pad.y, shape)

    def _decode(self, latent: Tensor) -> NDArray[np.float32]:
        with torch.autocast(self.device.type, self._dtype, enabled=self._dtype != torch.float32):
            audio = self._codec.decode(latent.float(), circular=True)
        decoded: NDArray[np.float32] = audio.float().cpu().numpy()
        return decoded

    def _hook(
        self, on_step: Callable[[StepReport], None] | None, cancelled: Callable[[], bool] | None
    ) -> Callable[[SamplerStep], None]:
        def hook(step: SamplerStep) -> None:
            if cancelled is not None and cancelled():
                raise Cancelled("The render was cancelled.")
            if on_step is not None:
                estimate = step.estimate[:1]

                def preview() -> NDArray[np.float32]:
                    with torch.inference_mode():
                        decoded: NDArray[np.float32] = self._decode(estimate * self._deviation + self._mean)[0]
                    return decoded

                on_step(StepReport(step.index, step.count, step.alpha, preview))

        return hook


def _recipe(request: LoopRequest) -> LoopRequest:
    return request.with_(seed=0, noise=None)


class _Clock:
    """Adds up the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start

    def share(self, count: int) -> dict[str, float]:
        """Seconds per stage that one of `count` loops cost so far."""
        return {stage: seconds / count for stage, seconds in self.seconds.items()}
