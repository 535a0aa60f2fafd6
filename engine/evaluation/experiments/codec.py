"""`loopgen evaluate codec`: what the codec does to loops, and what Opus does to the same loops at 16 and 32 kb/s."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from engine.audio.likeness import mel_distance, si_sdr
from engine.audio.resampling import resample_periodic
from engine.audio.third_octaves import THIRD_OCTAVES_HZ, band_errors
from engine.codec.base import LatentCodec
from engine.corpus.seeds import HELD_OUT_SEED
from engine.evaluation.held_out import SAMPLE_RATE, held_out_case
from engine.evaluation.judges.codec_quality import kick_attack_errors
from engine.evaluation.judges.opus import opus_available, through_opus
from engine.evaluation.plots import new_figure, save_figure
from engine.evaluation.results import markdown_table, results_folder, write_json
from engine.files import write_atomically
from engine.tempo import FRAME_RATE

OPUS_KBPS = (16, 32)
"""Per channel."""

Audio = NDArray[np.float32]
RoundTrip = Callable[[Audio], Audio]


@dataclass(frozen=True, eq=False)
class CodecLoop:
    """A loop `audio [2, T]` at 44.1 kHz to send through a codec, and when its kicks sound, where that is known."""

    name: str
    audio: Audio
    kick_seconds: tuple[float, ...] = ()


def codec_round_trip(codec: LatentCodec, device: torch.device | str = "cpu") -> RoundTrip:
    """Loops `[2, T]` of any length through `codec` and back to T samples, as the pipeline brings them there."""

    def round_trip(audio: Audio) -> Audio:
        samples = round(audio.shape[-1] * codec.sample_rate / SAMPLE_RATE)
        hop = codec.hop_length or codec.sample_rate / FRAME_RATE
        fitted = torch.from_numpy(resample_periodic(audio, samples))[None].to(device)
        with torch.inference_mode():
            latent = codec.encode(fitted, max(1, round(samples / hop)), circular=True)
            decoded = codec.decode(latent, samples)[0].float().cpu().numpy()
        return resample_periodic(decoded, audio.shape[-1])

    return round_trip


def held_out_loops(count: int, first_seed: int = HELD_OUT_SEED) -> Iterable[CodecLoop]:
    """`count` held-out corpus loops with their exact kicks."""
    for seed in range(first_seed, first_seed + count):
        case = held_out_case(seed)
        kicks = tuple(case.geometry.beat_to_seconds(beat) for beat, _ in case.annotation.onsets.get("kick", ()))
        yield CodecLoop(str(seed), case.audio, kicks)


def evaluate_codec(
    round_trip: RoundTrip,
    sets: Mapping[str, Iterable[CodecLoop]],
    out: Path,
    *,
    progress: bool = True,
) -> dict[str, Any]:
    """Figures per set of loops: `codec.json`, `codec.md`, `codec.png` in `out`; Opus only where it is installed."""
    out = results_folder(out)
    results = {
        name: _measure_set(round_trip, tqdm(loops, desc=f"codec on {name}", unit="loop", disable=not progress))
        for name, loops in sets.items()
    }
    write_json(out / "codec.json", results)
    names = list(dict.fromkeys(figure for found in results.values() for figure in found["figures"]))
    rows = [[name, *(found["figures"].get(name) for found in results.values())] for name in names]
    write_atomically(out / "codec.md", markdown_table(["figure", *results], rows).encode())
    figure = new_figure(8, 4)
    axis = figure.subplots()
    for name, found in results.items():
        axis.semilogx(THIRD_OCTAVES_HZ, found["band_errors_db"], marker=".", label=name)
    axis.axhspan(-2, 2, color="0.9")
    axis.set(title="codec: level error per third octave", xlabel="Hz", ylabel="dB")
    axis.legend()
    save_figure(figure, out / "codec.png")
    return results


def _measure_set(round_trip: RoundTrip, loops: Iterable[CodecLoop]) -> dict[str, Any]:
    waveform, mel, bands, attacks = [], [], [], []
    opus: dict[int, list[tuple[float, float, float]]] = {kbps: [] for kbps in OPUS_KBPS if opus_available()}
    for loop in loops:
        decoded = round_trip(loop.audio)
        waveform.append(si_sdr(loop.audio, decoded))
        mel.append(mel_distance(loop.audio, decoded, SAMPLE_RATE))
        bands.append(band_errors(loop.audio, decoded, SAMPLE_RATE))
        attacks.append(kick_attack_errors(loop.audio, decoded, SAMPLE_RATE, loop.kick_seconds))
        for kbps, found in opus.items():
            other = through_opus(loop.audio, SAMPLE_RATE, kbps)
            distance = mel_distance(loop.audio, other.audio, SAMPLE_RATE)
            found.append((distance, si_sdr(loop.audio, other.audio), other.kbps_per_channel))
    if not mel:
        return {"figures": {"loops": 0}, "band_errors_db": [float("nan")] * len(THIRD_OCTAVES_HZ)}
    heard = np.isfinite(np.array(bands))
    errors = np.where(heard, bands, 0).sum(axis=0) / np.where(heard.sum(axis=0) > 0, heard.sum(axis=0), np.nan)
    figures: dict[str, Any] = {
        "loops": len(mel),
        "mel distance, mean": float(np.mean(mel)),
        "SI-SDR, mean dB": float(np.mean(waveform)),
        "SI-SDR, median dB": float(np.median(waveform)),
        "greatest mean band error, dB": float(np.nanmax(np.abs(errors))),
    }
    late = np.concatenate(attacks)
    if len(late):
        figures["kick attack, median error ms"] = float(np.median(late))
        figures["kick attack, median absolute error ms"] = float(np.median(np.abs(late)))
        figures["kick attack, 90 % of absolute errors ms"] = float(np.percentile(np.abs(late), 90))
    for kbps, found in opus.items():
        distance, sdr, reached = np.mean(found, axis=0)
        figures[f"Opus {kbps}, kb/s per channel reached"] = float(reached)
        figures[f"Opus {kbps}, mel distance"] = float(distance)
        figures[f"Opus {kbps}, SI-SDR dB"] = float(sdr)
        figures[f"mel distance / that of Opus {kbps}"] = float(np.mean(mel) / distance)
    return {"figures": figures, "band_errors_db": errors.tolist()}
