"""What is kept of overlaps is bounded, whatever number of lengths is played."""

import pytest
import torch

from engine.codec.stft import Overlaps, _overlap, frame_centres


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
