"""What the codec's losses count: lines of a long window, each octave alike."""

import pytest
import torch

from engine.training.spectral_losses import ReconstructionLoss

OCTAVES = 5.8
"""From 180 Hz to 10 kHz."""


@pytest.mark.parametrize(("low_hz", "high_hz"), [(400, 800), (3200, 6400)])
def test_an_octave_that_is_20_db_off_costs_its_share_wherever_it_lies(low_hz: int, high_hz: int) -> None:
    audio = torch.randn(1, 2, 44_100, generator=torch.Generator().manual_seed(0))
    spectrum = torch.fft.rfft(audio)
    spectrum[..., low_hz:high_hz] /= 10
    softer = torch.fft.irfft(spectrum, n=44_100)
    assert float(ReconstructionLoss(44_100)._partials(softer, audio)) == pytest.approx(1 / OCTAVES, rel=0.1)
