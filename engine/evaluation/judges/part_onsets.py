"""Onsets of each part heard in a mix: a small circular network trained on corpus loops, whose onsets are exact.

It is a judge, not a part of the instrument, and it errs: `quality` holds its own F1 per part on corpus loops that it
never heard, the ceiling beside which every figure it gives is to be read. Sounds unlike the corpus lower the figure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import scipy.ndimage
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.audio.spectrum import check_audio, mel_filters, power_spectra
from engine.config import RESOURCES
from engine.errors import MissingDependency
from engine.vocabulary import PARTS

SHIPPED = RESOURCES / "evaluation" / "part_onsets.safetensors"

FRAME_SECONDS = 0.01
BANDS = 64
_WINDOWS = (1024, 4096)  # 23 ms for time, 93 ms for pitch
_LEAD = 170  # samples of a window that lie after its frame, as in the onset envelope
_RANGE_DB = 70.0
_SHORTEST_GAP_SECONDS = 0.04


class PartOnsetNetwork(nn.Module):
    """Log-mel features `[B, 2 * BANDS, N]` of a loop to onset logits per part `[B, P, N]`; time is circular."""

    def __init__(self, width: int = 96, parts: int = len(PARTS)) -> None:
        super().__init__()
        self.front = nn.Conv1d(2 * BANDS, width, 5, padding=2, padding_mode="circular")
        self.blocks = nn.ModuleList(
            nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, padding_mode="circular")
            for dilation in (1, 2, 4, 8, 16, 1)
        )
        self.head = nn.Conv1d(width, parts, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Logits `[B, P, N]`."""
        x = nn.functional.gelu(self.front(features))
        for block in self.blocks:
            x = x + nn.functional.gelu(block(x))
        logits: Tensor = self.head(x)
        return logits


def onset_features(audio: NDArray[Any], sample_rate: float) -> NDArray[np.float32]:
    """Log-mel levels of loop `audio [C, T]` through a short and a long window, `[128, N]`, N frames of 10 ms.

    In units of 20 dB below the loudest band, at least -3.5; frames divide the loop evenly.
    """
    audio = check_audio(audio)
    length = audio.shape[-1]
    count = max(16, round(length / sample_rate / FRAME_SECONDS))
    positions = np.arange(count, dtype=np.int64) * length // count
    rows = []
    for window in _WINDOWS:
        power = power_spectra(audio, positions + _LEAD - window, window)
        mel = power @ mel_filters(BANDS, power.shape[-1], float(sample_rate), 30.0, min(16_000.0, sample_rate / 2))
        loudest = max(float(mel.max()), 1e-10)
        rows.append(10 * np.log10(np.maximum(mel / loudest, 10 ** (-_RANGE_DB / 10))) / 20)
    return np.ascontiguousarray(np.concatenate(rows, axis=1).T, dtype=np.float32)


def find_peaks(probability: NDArray[np.float32], threshold: float) -> NDArray[np.float64]:
    """Fractional frames of the circular local maxima of `probability [N]` above `threshold`, 40 ms apart."""
    size = 2 * round(_SHORTEST_GAP_SECONDS / FRAME_SECONDS) - 1
    highest = scipy.ndimage.maximum_filter1d(probability, size, mode="wrap")
    frames = np.flatnonzero(
        (probability == highest) & (probability > threshold) & (probability > np.roll(probability, 1))
    )
    below, above = probability[frames - 1], probability[(frames + 1) % len(probability)]
    curvature = below - 2 * probability[frames] + above
    return np.asarray(frames + np.where(curvature < 0, (below - above) / (2 * np.minimum(curvature, -1e-9)), 0.0))


@dataclass(frozen=True, eq=False)
class PartOnsetDetector:
    """The trained network, a `thresholds` probability per part in the order of its rows, and its `quality` (F1 per
    part on held-out loops). A part that it was not trained with is never heard."""

    network: PartOnsetNetwork
    thresholds: Mapping[str, float]
    quality: Mapping[str, float]

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "PartOnsetDetector":
        """Read a detector; raises `MissingDependency` when there is none."""
        if not path.is_file():
            raise MissingDependency(f"No part onset detector at {path}; train one: loopgen evaluate train-detector.")
        with safetensors.safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["detector"])
            network = PartOnsetNetwork(parts=len(about["thresholds"]))
            network.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})  # noqa: SIM118
        return cls(network.eval().requires_grad_(False), about["thresholds"], about["quality"])

    def probabilities(self, audio: NDArray[Any], sample_rate: float) -> NDArray[np.float32]:
        """Onset probability per part and frame of loop `audio [C, T]`, `[P, N]`."""
        with torch.inference_mode():
            logits = self.network(torch.from_numpy(onset_features(audio, sample_rate))[None])[0]
            found: NDArray[np.float32] = torch.sigmoid(logits).numpy()
        return found

    def detect(self, audio: NDArray[Any], sample_rate: float) -> dict[str, NDArray[np.float64]]:
        """Onset times in seconds per part of loop `audio [C, T]`."""
        probabilities = self.probabilities(audio, sample_rate)
        frame_seconds = np.shape(audio)[-1] / sample_rate / probabilities.shape[-1]
        found = dict.fromkeys(PARTS, np.zeros(0))
        for part, row in zip(self.thresholds, probabilities, strict=True):
            found[part] = find_peaks(row, self.thresholds[part]) * frame_seconds
        return found
