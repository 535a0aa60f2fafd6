"""Time-stretch: a loop's noise, brought to the length of another tempo, becomes a loop again under its beat."""

from typing import Final

import torch
from torch import Tensor

from engine.applications.inversion import InvertedLoop, check_pack
from engine.diffusion.noise import resample_noise
from engine.diffusion.samplers import sample
from engine.errors import InvalidRequest
from engine.knobs import STRETCH_RATIOS, TEMPO
from engine.loop import Loop
from engine.pipeline import LoopPipeline
from engine.progress import Progress
from engine.requests import LoopRequest

TURN_AT: Final = 0.4
"""The alpha at which a state is brought to its new length. Noise (0) forgets the sound: its neighbouring frames are
made afresh under the new beat. At 0.4 onsets, timbre and pitches of four stretched corpus loops stayed nearest."""
ROUTES: Final = ("inversion", "conditions")


def stretch(
    pipeline: LoopPipeline,
    inverted: InvertedLoop,
    tempo_bpm: float,
    *,
    route: str = "inversion",
    resampling: str = "nearest",
    turn_at: float = TURN_AT,
    progress: Progress | None = None,
) -> Loop:
    """The loop of `inverted` at `tempo_bpm`: as many bars, the same pitches, onsets where the new beat has them.

    Route "inversion" regenerates from its own state at the alpha nearest to `turn_at` (0 is its noise), resampled in
    time (see `resample_noise`): a loop that was inverted down to `turn_at` is enough. "conditions" regenerates from
    new noise of its seed, with its conditions alone. Raises `InvalidRequest` beyond half or twice the tempo.
    """
    request = stretched_request(inverted.request, tempo_bpm)
    frames = pipeline.geometry(request).frames
    check_route(route)
    check_pack(pipeline, inverted.pack_hash)
    walk = inverted.walk
    turn = walk.nearest(turn_at) if route == "inversion" else 0
    with torch.inference_mode():
        if route == "inversion":
            start = stretched_state(inverted.at(turn), frames, resampling)
        else:
            start = pipeline.noise(request, inverted.composition).to(pipeline.device)
        # Composed at its own tempo: another one would be arranged otherwise.
        aim = pipeline.aim(request, inverted.composition)
        flow = pipeline.flow(request, aim)
        x_1 = sample(flow, start, walk.alphas[turn:], walk.sampler, pipeline.latents.hook(progress))
    return pipeline.finish(x_1, [request], aim)[0]


def stretched_request(request: LoopRequest, tempo_bpm: float) -> LoopRequest:
    """`request` at `tempo_bpm`, its density with it; raises `InvalidRequest` for a tempo out of reach."""
    low, high = (TEMPO.clamp(ratio * request.tempo_bpm) for ratio in STRETCH_RATIOS)
    if not low <= tempo_bpm <= high:  # also catches NaN
        raise InvalidRequest(
            f"A loop of {request.tempo_bpm:.4g} BPM cannot be stretched to {tempo_bpm:.4g} BPM: "
            f"{low:.4g} to {high:.4g} BPM are possible."
        )
    curves = dict(request.curves)
    if "density" in curves:  # onsets a second
        ratio = tempo_bpm / request.tempo_bpm
        curves["density"] = tuple(round(min(1.0, ratio * value), 3) for value in curves["density"])
    return request.with_(tempo_bpm=float(tempo_bpm), curves=curves)


def stretched_state(state: Tensor, frames: int, resampling: str = "nearest") -> Tensor:
    """A state `[B, D, F]` of a loop as one of as many bars in `frames` frames."""
    positions = torch.arange(frames, dtype=torch.float64) * state.shape[-1] / frames
    return resample_noise(state, positions, resampling)


def check_route(route: str) -> None:
    """Raise `InvalidRequest` on an unknown route."""
    if route not in ROUTES:
        raise InvalidRequest(f"Unknown route {route!r}; possible: {', '.join(ROUTES)}.")
