"""From a request to a loop: conditions, noise, guided sampling, decoding, exact length, level."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.clap.base import ClapEmbedder
from engine.codec.base import Decoding, LatentCodec
from engine.conditioning.assembly import negative_conditions, request_conditions
from engine.conditioning.composition import Composition, compose
from engine.conditioning.learnt_sounds import LearntSounds
from engine.conditioning.prompts import PromptReader
from engine.conditioning.steers import Steers
from engine.conditioning.voices import VoiceTable
from engine.devices import choose_device, fast_dtype, keep_few_shapes, return_free_memory
from engine.diffusion.found_noise import NoiseShelf, is_found
from engine.diffusion.noise import pad_noise
from engine.diffusion.samplers import Model, sample
from engine.diffusion.schedules import alphas
from engine.errors import InvalidRequest, PackError
from engine.knobs import MAP_SAMPLERS, PROGRESSIVE
from engine.loop import Loop, PackInfo
from engine.models.adapters import Adapter
from engine.models.balance import Balance
from engine.models.blended import BlendedDenoiser
from engine.models.fewsteps import FewSteps
from engine.models.semantic_directions import SemanticDirections
from engine.models.unet import Denoiser
from engine.packs.balances import load_balance
from engine.packs.directions import load_directions
from engine.packs.learnt import load_adapter, load_learnt_sounds
from engine.packs.models import (
    load_clap,
    load_codec,
    load_denoiser,
    load_fewsteps,
    load_steers,
    load_stems,
    load_voices,
    writes_patterns,
)
from engine.packs.pack import Pack
from engine.progress import Progress
from engine.rendering.batching import batch_key
from engine.rendering.finishing import Clock, asked_loudness, finished_loops, recurrence
from engine.rendering.guided import Aim, Guidance, GuidedDenoiser
from engine.rendering.latents import LatentSpace
from engine.rendering.progressive import FewStepSampling, StageLatents
from engine.rendering.sounds import embedding_of, voice_of
from engine.rendering.starts import drawn_noise, found_noise, reach, starts_from_found
from engine.requests import LoopRequest, Pattern
from engine.stems.network import StemNetwork
from engine.stems.separation import separate
from engine.tempo import LoopGeometry
from engine.vocabulary import STYLES, TODAY, Vocabulary

__all__ = ["Loop", "LoopPipeline", "PackInfo"]


class LoopPipeline:
    """Renders requests with one pack on one device.

    The same request on the same pack gives the same loop, bit for bit on one machine; on another number of threads,
    with what differs 100 dB below it. The network runs in `dtype`, by default in what the device is fastest with.
    Noises that were found in loops lie on the `shelf`. What was `learnt` beside the denoiser is blended into it as
    far as a request says.
    """

    def __init__(
        self,
        codec: LatentCodec,
        denoiser: Denoiser,
        info: PackInfo,
        device: torch.device,
        *,
        clap: ClapEmbedder | None = None,
        steers: Steers | None = None,
        voices: VoiceTable | None = None,
        balance: Balance | None = None,
        stems: StemNetwork | None = None,
        learnt: Adapter | None = None,
        sounds: LearntSounds | None = None,
        fewsteps: FewSteps | None = None,
        directions: SemanticDirections | None = None,
        dtype: torch.dtype | None = None,
        shelf: NoiseShelf | None = None,
    ) -> None:
        self.shelf = shelf or NoiseShelf()
        self._stems = stems and stems.to(device).eval().requires_grad_(False)
        self._voices, self._samples = voices, 0
        self.balance = balance
        """What tells phases, which begin warm, and what bands of loops are given back; None changes neither."""
        if learnt is not None:
            fewsteps = None  # it was taught by the denoiser as it was, and would play on as if nothing was learnt
        self._read = PromptReader(clap.to(device).eval().requires_grad_(False) if clap else None, steers, sounds)
        known = _known(denoiser, self._read.steers)
        told = {"composes": self._composes, "takes_apart": self.stems if stems is not None else None}
        self.info = replace(
            info,
            words=self._read.words,
            known=known,
            learnt=learnt is not None,
            progressive=fewsteps is not None,
            **told,  # type: ignore[arg-type]
        )
        self.device = device
        self._dtype = dtype or fast_dtype(device)
        self.latents = LatentSpace(codec, denoiser.mean, denoiser.deviation, device=device, dtype=self._dtype)
        self._few = None if fewsteps is None else FewStepSampling(fewsteps, denoiser, device, self._dtype, directions)
        self._denoiser = BlendedDenoiser(denoiser, device, self._dtype, learnt)

    @classmethod
    def from_pack(cls, folder: Path | str, device: str = "auto", dtype: torch.dtype | None = None) -> Self:
        """Load the pack in `folder` on `device` (`auto`, `cpu`, `cuda`, `mps`), the network in `dtype` or as usual.

        Raises `PackError` for a missing or damaged pack and `DeviceError` for a device that is not there.
        """
        chosen = choose_device(device)
        keep_few_shapes()
        pack = Pack.open(folder, verify=False)  # tensors are hashed as they are read
        told = (pack.name, str(pack.manifest["version"]), pack.hash, pack.sample_rate)
        info = PackInfo(*told, writes=writes_patterns(pack))
        clap = load_clap(pack) if "clap" in pack.components else None
        denoiser = load_denoiser(pack)
        return cls(
            load_codec(pack),
            denoiser,
            info,
            chosen,
            clap=clap,
            steers=load_steers(pack),
            voices=load_voices(pack),
            balance=load_balance(pack),
            stems=load_stems(pack),
            learnt=load_adapter(pack, denoiser),
            sounds=load_learnt_sounds(pack),
            fewsteps=load_fewsteps(pack, denoiser),
            directions=load_directions(pack),
            dtype=dtype,
        )

    @contextmanager
    def steered(self, steers: Steers) -> Iterator[None]:
        """Sliders lead where `steers` say while this lasts: for trying them."""
        kept = self._read.steers
        self._read.steers = steers
        try:
            yield
        finally:
            self._read.steers = kept

    def geometry(self, request: LoopRequest) -> LoopGeometry:
        """Length of the request's loop in samples and latent frames of this pack."""
        return self.latents.geometry(request.tempo_bpm, request.bars)

    def render(self, request: LoopRequest, *, progress: Progress | None = None) -> Loop:
        """The loop of `request`: stereo, exactly as long as its bars, as loud as asked, true peak <= -1 dBTP.

        `progress` is told after every step, and raises `Cancelled` where it is to stop.
        """
        return self.render_batch([request], progress=progress)[0]

    def render_batch(self, requests: Sequence[LoopRequest], *, progress: Progress | None = None) -> list[Loop]:
        """Several requests of one length that are sampled and guided alike, in one pass of the network.

        Raises `InvalidRequest` where they are not (`engine.rendering.batching`); `StepReport.preview` decodes the
        first of them.
        """
        first = requests[0]
        if len({batch_key(request) for request in requests}) > 1:
            raise InvalidRequest("Loops of one batch have one length, sampler and guidance; render the others apart.")
        clock = Clock()
        with torch.inference_mode():
            with clock("conditioning"):
                aim = Aim.stack([self.aim(request) for request in requests])
                guided = self.flow(first, aim)
                played = zip(requests, aim.compositions, strict=True)
                x_0 = torch.cat([self.noise(request, written) for request, written in played]).to(self.device)
            with clock("denoiser"):
                geometry = self.geometry(first)
                hook = self.latents.hook(progress, geometry.samples, Decoding(again=recurrence(first, geometry)))
                x_1 = sample(guided, x_0, self.alphas(first), first.sampler, hook)
                limits = torch.tensor([reach(request) for request in requests], device=self.device)[:, None, None]
                x_1 = x_1.clamp(-limits, limits)
        loops = self._finish(x_1, requests, aim, clock)
        if self._samples != geometry.samples:
            self._samples = geometry.samples
            return_free_memory()
        return loops

    def aim(self, request: LoopRequest, composition: Composition | None = None) -> Aim:
        """What `request` asks for and what it leads away from: one loop's conditions.

        What it leaves open is played as `composition` says, by default as the engine composes it.
        """
        geometry = self.geometry(request)
        said = self._read.wanted(self._few.worded(request) if self._few else request)
        asked = self._read.asked(request)
        written = composition or compose(asked, self.info.known)
        # What was found in a loop is as it is.
        repeats = torch.full((1, 1), 0.0 if starts_from_found(request) else request.repeat)
        table = None if self._read.plays_a_sound(request) else self._voices
        towards = request_conditions(asked, geometry, said.embedded, written, lean=said.lean, table=table)
        away = negative_conditions(asked, geometry, said.unwanted, written)
        return Aim(
            replace(towards, repeats=repeats),
            replace(away, repeats=repeats, voices=towards.voices, voices_given=towards.voices_given),
            (written,),
            self._few.steered(request) if self._few else None,
        )

    def compose(self, request: LoopRequest) -> Composition | None:
        """What is written where `request` leaves parts open, as its tags, words and reference say; None when nothing
        is."""
        return compose(self._read.asked(request), self.info.known)

    def _composes(self, request: LoopRequest) -> Pattern:
        if written := self.compose(request):
            return written.pattern(request.bars)
        if not self._read.plays_a_sound(request):
            return Pattern()
        taken = self._read.asked(request).pattern
        return Pattern.nearest({part: taken.onsets(part, request.bars) for part in taken.rows}, request.bars)

    def flow(self, request: LoopRequest, aim: Aim, whole: Tensor | None = None) -> Model:
        """The direction field `D(x, alpha)` under `aim`, of B loops or windows of F frames, guided as `request` says.

        States are standardised latents `[B, D, F]` on `device`: data at alpha 1, noise at alpha 0. It is made, and
        walked along `alphas` with the samplers of `engine.diffusion`, under `torch.inference_mode()`. Under the
        sampler "progressive" it is the few-step model's, and for one walk alone, with latents that belong to its
        noise, or to that of the `whole` loop `[B, D, F]` that windows are of; raises `PackError` where the pack has
        none.
        """
        if request.sampler == PROGRESSIVE:
            return self.few_steps.flow(request, aim, StageLatents(noise=whole))
        return GuidedDenoiser(
            self._denoiser.at(self._read.learnt(request)), aim.away, Guidance.of(request, aim.towards)
        )

    def alphas(self, request: LoopRequest) -> Tensor:
        """The increasing alphas `[N + 1]` that sampling `request` visits; raises as `flow` does."""
        if request.sampler == PROGRESSIVE:
            return self.few_steps.alphas
        return alphas(request.num_steps, request.schedule)

    @property
    def few_steps(self) -> FewStepSampling:
        """The pack's few-step model; raises `PackError` where it has none."""
        if self._few is None:
            raise PackError(
                f"Pack {self.info.name!r} has no model of two evaluations; choose another sampler: "
                f"{', '.join(MAP_SAMPLERS)}."
            )
        return self._few

    def finish(self, x_1: Tensor, requests: Sequence[LoopRequest], aim: Aim) -> list[Loop]:
        """The loops `[B]` of states `x_1` `[B, D, F]` at alpha 1, sampled under `aim`: exact length and level, as
        `render` gives them."""
        with torch.inference_mode():
            return self._finish(x_1, requests, aim, Clock())

    def _finish(self, x_1: Tensor, requests: Sequence[LoopRequest], aim: Aim, clock: Clock) -> list[Loop]:
        geometry = self.geometry(requests[0])
        with clock("codec"):
            again = Decoding(again=recurrence(requests[0], geometry))
            audio = self.latents.decode(x_1, geometry.samples, again)
            latent = self.latents.restore(x_1)
        loudness = [asked_loudness(self._read.asked(request)) for request in requests]
        return finished_loops(
            audio,
            latent,
            requests,
            aim,
            loudness,
            info=self.info,
            clock=clock,
            balance=self.balance,
            stems=self._stems,
        )

    def embed_sound(self, audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
        """The embedding of a sound `audio [C, T]`, for `LoopRequest.reference`.

        Raises `PackError` when the pack has no embedder, `AudioFileError` when there is nothing to hear.
        """
        if self._read.clap is None:
            raise PackError(f"Pack {self.info.name!r} has no embedder: it takes no words and no reference.")
        return embedding_of(self._read.clap, audio, sample_rate, self.device)

    def embed_voice(self, part: str, audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
        """How `part` sounds in `audio [C, T]`, a hit or a stem that plays alone, for `LoopRequest.voices`.

        Its clearest onset counts. Raises `PackError` when the pack knows no voices, `AudioFileError` when there is
        nothing to hear.
        """
        if part in TODAY.parts and part not in self.info.known.parts:
            raise PackError(f"Pack {self.info.name!r} does not know the part {part!r}.")
        voices = self._denoiser.voices
        if voices is None:
            raise PackError(f"Pack {self.info.name!r} knows no voices.")
        return voice_of(voices, part, audio, sample_rate, self.device)

    def stems(self, audio: NDArray[np.float32], request: LoopRequest) -> dict[str, NDArray[np.float32]]:
        """The parts `[2, T]` of a loop `audio [2, T]`, those that play as the score of `request` tells; they add up
        to it. A part that the request leaves open to the model may play.

        Raises `PackError` when the pack takes no loops apart.
        """
        if self._stems is None:
            raise PackError(f"Pack {self.info.name!r} takes no loops apart; see `loopgen train stems`.")
        return separate(self._stems, audio, self.aim(request).towards)

    def noise(self, request: LoopRequest, composition: Composition | None = None) -> Tensor:
        """The noise `[1, D, F]` a request starts from: of its seed, or of its point on the noise pad; at its
        temperature. `composition` is what is played, as for `aim`.
        """
        drawn = partial(self.corner_noise, request, composition=composition)
        if request.noise is None:
            return drawn(request.seed)
        pad = request.noise
        return pad_noise(pad.corners, pad.x, pad.y, drawn)

    def corner_noise(self, request: LoopRequest, seed: int, *, composition: Composition | None = None) -> Tensor:
        """The noise `[1, D, F]` of a seed or of a corner of the pad under `request`: drawn at its temperature, the
        same wherever a part strikes as far as its `repeat` says; or found in a loop and brought to F frames.

        What was found keeps the deviation that it had, whatever the temperature. Raises `InvalidRequest` when it is
        not here.
        """
        geometry = self.geometry(request)
        shape = (1, self.latents.channels, geometry.frames)
        if is_found(seed):
            return found_noise(self.shelf.fetch(seed, self.info.hash), shape[-1])
        asked = self._read.asked(request)
        written = composition or compose(asked, self.info.known)
        phases = None if self.balance is None else self.balance.phases.cpu().float()
        return drawn_noise(asked, seed, shape, geometry, written, phases)


def _known(denoiser: Denoiser, steers: Steers | None) -> Vocabulary:
    """What a pack of these was trained with, as far as requests can name it."""
    styles = tuple(tag for tag in denoiser.known.tags if tag in STYLES)
    return replace(denoiser.known, styles=styles, steers=steers.known.steers if steers else TODAY.steers)
