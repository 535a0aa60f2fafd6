"""How alike two sounds are: as waveforms, and as mel spectra at four resolutions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.audio.spectrum import check_audio, mel_filters, power_spectra

MEL_RESOLUTIONS = ((4096, 128), (2048, 96), (1024, 64), (512, 40))
"""(window length, mel bands) of the multi-scale mel distance; hops are a quarter of the window."""

_MEL_FLOOR = 1e-5


def si_sdr(reference: NDArray[Any], decoded: NDArray[Any]) -> float:
    """Scale-invariant signal-to-distortion ratio in dB over all channels (Le Roux et al. 2019); 100 when equal."""
    target, estimate = np.ravel(reference).astype(np.float64), np.ravel(decoded).astype(np.float64)
    scaled = target * (target @ estimate) / max(float(target @ target), 1e-12)
    error = float(np.sum(np.square(estimate - scaled)))
    power = float(np.sum(np.square(scaled)))
    return float(np.clip(10 * np.log10((power + 1e-12) / (error + 1e-12)), -100, 100))


def mel_distance(reference: NDArray[Any], decoded: NDArray[Any], sample_rate: float) -> float:
    """Mean absolute difference of log10 mel amplitudes over four resolutions (`MEL_RESOLUTIONS`), of loops `[C, T]`.

    Amplitudes below 1e-5 of a full-scale sine count as silence. The mean over channels is taken of the distances.
    """
    reference, decoded = check_audio(reference), check_audio(decoded)
    distances = []
    for window, bands in MEL_RESOLUTIONS:
        for channel in range(len(reference)):
            before = _log_mel(reference[channel : channel + 1], sample_rate, window, bands)
            after = _log_mel(decoded[channel : channel + 1], sample_rate, window, bands)
            distances.append(float(np.abs(before - after).mean()))
    return float(np.mean(distances))


def _log_mel(mono: NDArray[np.float32], sample_rate: float, window: int, bands: int) -> NDArray[np.float32]:
    starts = np.arange(0, mono.shape[-1], window // 4, dtype=np.int64) - window // 2
    # power_spectra reads a full-scale sine as 0.25: twice its root is the amplitude.
    amplitude = 2 * np.sqrt(power_spectra(mono, starts, window))
    filters = mel_filters(bands, amplitude.shape[-1], float(sample_rate), 30.0, min(16_000.0, sample_rate / 2))
    levels: NDArray[np.float32] = np.log10(np.maximum(amplitude @ filters, _MEL_FLOOR))
    return levels
