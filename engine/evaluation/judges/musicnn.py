"""musicnn's embedding (Pons & Serra 2019), read from its own TensorFlow checkpoint without TensorFlow.

An independent judge for Frechet distances: the `MTT_musicnn` folder of the PyPI wheel `musicnn` 0.1.0 (ISC licence,
29 MB). It is not shipped here; give its folder by option or by the environment variable LOOPGEN_MUSICNN.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from engine.audio.resampling import resample
from engine.audio.spectrum import check_audio
from engine.errors import MissingDependency

NAME = "musicnn MTT penultimate layer"
VARIABLE = "LOOPGEN_MUSICNN"

_RATE, _WINDOW, _HOP, _BANDS = 16000, 512, 256, 96
_PATCH, _PATCH_HOP = 187, 92  # 3 s, every 1.5 s
_LEAST_SECONDS = 6.0
_BATCH_NORM_EPSILON = 1e-3


class Musicnn:
    """`embed` gives one row of 200 per 3 s of sound; raises `MissingDependency` when the weights are not there."""

    def __init__(self, folder: Path) -> None:
        if not (folder / ".index").is_file() or not (folder / ".data-00000-of-00001").is_file():
            raise MissingDependency(
                f"No musicnn weights in {folder}; unpack the PyPI wheel musicnn 0.1.0 and give its folder "
                f"musicnn/MTT_musicnn (option --musicnn or environment variable {VARIABLE})."
            )
        try:
            self._weights = {name: torch.tensor(value) for name, value in _read_checkpoint(folder)}
        except (OSError, ValueError, TypeError, LookupError, struct.error) as error:
            raise MissingDependency(f"The musicnn weights in {folder} are damaged; unpack them again.") from error
        self._mel = torch.tensor(_slaney_mel())

    @classmethod
    def find(cls, folder: Path | None = None) -> "Musicnn | None":
        """The model in `folder` or in the folder of LOOPGEN_MUSICNN; None when neither is given."""
        given = folder or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
        return cls(given) if given else None

    def embed(self, audio: NDArray[Any], sample_rate: float) -> NDArray[np.float32]:
        """Loop `audio [C, T]` to `[N, 200]`; shorter loops repeat up to 6 s."""
        mono = check_audio(audio).mean(axis=0, keepdims=True)
        mono = np.tile(mono, max(1, int(np.ceil(_LEAST_SECONDS * sample_rate / mono.shape[-1]))))
        frames = self._log_mel(torch.from_numpy(resample(mono, sample_rate, _RATE)[0]))
        starts = range(0, len(frames) - _PATCH + 1, _PATCH_HOP)
        with torch.inference_mode():
            patches = torch.stack([frames[start : start + _PATCH] for start in starts])
            embedded: NDArray[np.float32] = self._network(patches).numpy()
        return embedded

    def _log_mel(self, mono: Tensor) -> Tensor:
        window = torch.hann_window(_WINDOW)
        spectrum = torch.stft(mono, _WINDOW, _HOP, window=window, pad_mode="constant", return_complex=True)
        return torch.log10(1e4 * (self._mel @ spectrum.abs().square()).T + 1)

    def _network(self, x: Tensor) -> Tensor:
        """Patches `[B, 187, 96]` to the penultimate layer `[B, 200]`: timbre and time filters, then three layers."""
        h = self._norm(x[:, None], 0)
        timbral = [self._norm(self._conv(functional.pad(h, (0, 0, 3, 3)), i), i + 1).amax(3) for i in (0, 1)]
        temporal = [self._norm(self._conv(_same(h, self._kernel(i)), i), i + 1).amax(3) for i in (2, 3, 4)]
        front = torch.cat(timbral + temporal, 1).transpose(1, 2)[:, None]
        layers = [front]
        for i in (5, 6, 7):
            past = front if i == 5 else layers[-1]
            layer = self._norm(self._conv(functional.pad(past, (0, 0, 3, 3)), i), i + 1).permute(0, 3, 2, 1)
            layers.append(layer if i == 5 else layer + past)
        stacked = torch.cat(layers, 3)[:, 0]
        pooled = torch.stack([stacked.amax(1), stacked.mean(1)], 2).flatten(1)
        hidden = self._norm(pooled, 9) @ self._weights["dense/kernel"] + self._weights["dense/bias"]
        return self._norm(functional.relu(hidden), 10)

    def _kernel(self, index: int) -> Tensor:
        return self._weights[_numbered("conv2d", index) + "/kernel"].permute(3, 2, 0, 1)

    def _conv(self, x: Tensor, index: int) -> Tensor:
        bias = self._weights[_numbered("conv2d", index) + "/bias"]
        return functional.relu(functional.conv2d(x, self._kernel(index), bias))

    def _norm(self, x: Tensor, index: int) -> Tensor:
        names = ("moving_mean", "moving_variance", "gamma", "beta")
        shape = (-1,) if x.dim() == 2 else (1, -1, 1, 1)
        prefix = _numbered("batch_normalization", index)
        mean, variance, gamma, beta = (self._weights[f"{prefix}/{name}"].view(shape) for name in names)
        return (x - mean) / torch.sqrt(variance + _BATCH_NORM_EPSILON) * gamma + beta


def _numbered(name: str, index: int) -> str:
    return f"{name}_{index}" if index else name


def _same(x: Tensor, kernel: Tensor) -> Tensor:
    """TensorFlow's "same" padding along time: the odd one goes last."""
    total = kernel.shape[2] - 1
    return functional.pad(x, (0, 0, total // 2, total - total // 2))


def _slaney_mel() -> NDArray[np.float32]:
    """librosa's default mel filters `[96, 257]`: linear below 1 kHz, logarithmic above, unit area."""
    log_step = np.log(6.4) / 27

    def to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp(log_step * (mel - 15)))

    edges = to_hertz(np.linspace(0, 15 + np.log(_RATE / 2 / 1000) / log_step, _BANDS + 2))
    frequencies = np.fft.rfftfreq(_WINDOW, 1 / _RATE)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    triangles = np.clip(np.minimum(rising, falling), 0, None) * 2 / (edges[2:] - edges[:-2])[:, None]
    return np.asarray(triangles, dtype=np.float32)


def _read_checkpoint(folder: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Float tensors of a TensorFlow V2 checkpoint: a LevelDB table of protocol buffers, beside the raw data."""
    index = (folder / ".index").read_bytes()
    data = (folder / ".data-00000-of-00001").read_bytes()
    footer = index[-48:]
    position = 0
    for _ in range(2):  # the meta-index handle comes first
        _, position = _varint(footer, position)
    offset, position = _varint(footer, position)
    size, _ = _varint(footer, position)
    for _, handle in _table_block(index, offset, size):
        block_offset, position = _varint(handle, 0)
        block_size, _ = _varint(handle, position)
        for key, value in _table_block(index, block_offset, block_size):
            entry = _message(value)
            if key and entry.get(1, [0])[0] == 1:  # DT_FLOAT
                shape = [_message(dim).get(1, [0])[0] for dim in _message(entry[2][0]).get(2, [])]
                start = entry.get(4, [0])[0]
                raw = np.frombuffer(data[start : start + entry[5][0]], dtype="<f4")
                yield key.decode(), raw.reshape(shape).copy()


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, position


def _table_block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Entries of an uncompressed table block; keys share a prefix with the key before."""
    block = data[offset : offset + size]
    end = len(block) - 4 - 4 * int(struct.unpack("<I", block[-4:])[0])
    position, key = 0, b""
    while position < end:
        shared, position = _varint(block, position)
        unshared, position = _varint(block, position)
        length, position = _varint(block, position)
        key = key[:shared] + block[position : position + unshared]
        position += unshared
        yield key, block[position : position + length]
        position += length


def _message(data: bytes) -> dict[int, list[Any]]:
    """Fields of a protocol buffer message by number."""
    fields: dict[int, list[Any]] = {}
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        value: int | bytes
        if tag & 7 == 0:
            value, position = _varint(data, position)
        elif tag & 7 == 2:
            length, position = _varint(data, position)
            value, position = data[position : position + length], position + length
        else:  # a 32-bit checksum
            value, position = data[position : position + 4], position + 4
        fields.setdefault(tag >> 3, []).append(value)
    return fields
