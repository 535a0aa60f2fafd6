"""Frames are added up alike by both ways, and what is kept of overlaps is bounded, whatever is played."""

import pytest
import torch

from engine.codec.stft import Overlaps, _overlap, frame_centres, hann_root, synthesise


def test_the_newest_are_kept_up_to_a_number_of_bytes() -> None:
    overlaps = Overlaps(most=100_000)
    first = overlaps.of(10, 1000, 256, True)
    assert overlaps.of(10, 1000, 256, True) is first
    for samples in range(1001, 1100):
        overlaps.of(10, samples, 256, True)
        assert overlaps.bytes <= 100_000
    assert overlaps.of(10, 1099, 256, True) is overlaps.of(10, 1099, 256, True)
    assert overlaps.of(10, 1000, 256, True) is not first


@pytest.mark.parametrize("circular", [True, False])
def test_one_that_is_larger_than_all_is_made_and_not_kept(circular: bool) -> None:
    overlaps = Overlaps(most=1)
    made = overlaps.of(10, 1000, 256, circular)
    wanted = _overlap(tuple(frame_centres(10, 1000).tolist()), 1000, 256, circular)
    assert all(torch.equal(one, two) for one, two in zip(made.places, wanted.places, strict=True))
    assert overlaps.bytes == 0


@pytest.mark.parametrize(
    ("frames", "samples", "circular", "noise", "centres"),
    [
        (40, 10_007, True, False, None),
        (40, 10_007, False, True, None),
        (9, 700, True, True, None),  # frames that reach round the loop twice are gathered either way
        (4, 5_000, False, False, (-90, 1_200, 2_345, 5_300)),
        (3, 5_000, True, False, (-2_000, 0, 6_000)),  # two of them lie outside
    ],
)
def test_frames_are_added_up_alike_with_gradients_and_without(
    frames: int, samples: int, circular: bool, noise: bool, centres: tuple[int, ...] | None
) -> None:
    window = hann_root(1024)
    generator = torch.Generator().manual_seed(frames)
    parts = torch.randn(2, 513, frames, 2, generator=generator)
    spectrum = torch.view_as_complex(parts)
    places = None if centres is None else torch.tensor(centres)
    quick = synthesise(spectrum, window, samples, circular=circular, noise=noise, centres=places)
    wanted = synthesise(spectrum.requires_grad_(), window, samples, circular=circular, noise=noise, centres=places)
    assert quick.shape == (2, samples) and float(quick.abs().max()) > 0.1
    assert torch.allclose(quick, wanted.detach(), rtol=0, atol=1e-5)
