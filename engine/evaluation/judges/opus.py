"""Opus as a yardstick for codecs: a loop through the first Opus encoder found on this machine."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from engine.audio.resampling import resample
from engine.errors import MissingDependency

_OPUS_RATE = 48000
_ENCODERS = ("opusenc", "ffmpeg")


@dataclass(frozen=True)
class OpusLoop:
    """`audio [C, T]` as decoded, and the bit rate per channel that the file really has, in kb/s."""

    audio: NDArray[np.float32]
    kbps_per_channel: float


def opus_available() -> bool:
    """Whether an Opus encoder is on the path."""
    return any(shutil.which(encoder) for encoder in _ENCODERS)


def through_opus(audio: NDArray[Any], sample_rate: int, kbps_per_channel: float) -> OpusLoop:
    """Encode and decode loop `audio [C, T]`; raises `MissingDependency` when neither opusenc nor ffmpeg is installed.

    The loop is encoded three times in a row and the middle is kept, so Opus too hears it as a loop.
    """
    encoder = next((name for name in _ENCODERS if shutil.which(name)), None)
    if encoder is None:
        raise MissingDependency("Comparing with Opus needs opusenc (opus-tools) or ffmpeg on the path.")
    tripled = np.tile(np.asarray(audio, dtype=np.float32), 3)
    with tempfile.TemporaryDirectory() as folder:
        source, encoded = Path(folder) / "loop.wav", Path(folder) / "loop.opus"
        soundfile.write(source, resample(tripled, sample_rate, _OPUS_RATE).T, _OPUS_RATE, subtype="PCM_24")
        total = kbps_per_channel * len(audio)
        subprocess.run(_command(encoder, source, encoded, total), check=True, capture_output=True)
        decoded, rate = soundfile.read(encoded, dtype="float32", always_2d=True)
        seconds = tripled.shape[-1] / sample_rate
        reached = encoded.stat().st_size * 8 / 1000 / seconds / len(audio)
    length = audio.shape[-1]
    decoded = resample(decoded.T, rate, sample_rate)[:, length : 2 * length]
    return OpusLoop(np.ascontiguousarray(decoded), reached)


def _command(encoder: str, source: Path, target: Path, kbps: float) -> list[str]:
    if encoder == "opusenc":
        return ["opusenc", "--quiet", "--music", "--bitrate", f"{kbps:g}", "--cvbr", str(source), str(target)]
    return [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(source),
        "-c:a",
        "libopus",
        "-vbr",
        "constrained",
        "-b:a",
        f"{kbps:g}k",
        str(target),
    ]
