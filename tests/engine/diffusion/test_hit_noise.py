"""Noise that comes again with what is struck."""

import pytest
import torch

from engine.diffusion.hit_noise import PATCH_STEPS, SLOTS, Onset, Ties, patch, strikes_of, tie
from engine.diffusion.noise import seeded_noise
from engine.tempo import LoopGeometry

GEOMETRY = LoopGeometry(120, 2)  # 5 frames a sixteenth
K, DEPTH = 5, 300
FREE = seeded_noise(3, (1, DEPTH, GEOMETRY.frames))


def tied(strikes: list[Onset], share: float, seeds: dict[str, int] | None = None) -> torch.Tensor:
    ties = Ties.of(strikes, GEOMETRY)
    seeds = seeds or {"kick": 1, "snare": 1, "bass": 1}
    return tie(FREE, ties.bank(seeds, DEPTH), ties.places[None], torch.tensor([share]))


def test_a_part_has_the_same_noise_wherever_it_strikes_and_elsewhere_it_is_free() -> None:
    noise = tied([Onset("kick", frame) for frame in (0, 40, 83)], 1.0)
    length = PATCH_STEPS * K
    hits = [noise[..., frame : frame + length] for frame in (0, 40, 83)]
    assert torch.equal(hits[0], hits[1]) and torch.equal(hits[0], hits[2])
    assert torch.equal(hits[0], patch("kick", 1, DEPTH, length))
    assert torch.equal(noise[..., length:40], FREE[..., length:40])


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_every_frame_keeps_unit_variance_and_hits_are_as_alike_as_asked(share: float) -> None:
    noise = tied([Onset("kick", 0), Onset("kick", 60), Onset("snare", 62), Onset("kick", 120)], share)
    deviations = noise.std(1)[0]
    assert float((deviations - 1).abs().max()) < 0.2  # 300 channels: five deviations
    alike = (noise[..., :2] * noise[..., 60:62]).mean()
    assert float(alike) == pytest.approx(share, abs=0.13)
    assert torch.equal(noise, FREE) == (share == 0)


def test_patches_go_round_the_end() -> None:
    noise = tied([Onset("kick", 0), Onset("kick", 155)], 1.0)
    assert torch.equal(noise[..., 155:160], patch("kick", 1, DEPTH, 10)[..., :5])
    both = patch("kick", 1, DEPTH, 10)[..., :5] + patch("kick", 1, DEPTH, 10)[..., 5:]
    assert torch.allclose(noise[..., :5], both / 2**0.5, atol=1e-6)


def test_more_patches_than_slots_leave_the_first() -> None:
    places = Ties.of([Onset(f"part {number}", 0) for number in range(SLOTS + 2)], GEOMETRY).places
    assert places[:, 0].tolist() == [0, 10, 20, 30]
    assert (places[:, 10:] == -1).all()


def test_a_kept_voice_keeps_its_patch_whatever_the_others_do() -> None:
    strikes = [Onset("kick", 0), Onset("snare", 20)]
    one, other = tied(strikes, 1.0), tied(strikes, 1.0, {"kick": 1, "snare": 9})
    assert torch.equal(one[..., :10], other[..., :10])
    assert not torch.equal(one[..., 20:30], other[..., 20:30])


def test_loops_of_a_batch_are_tied_each_by_its_own_share() -> None:
    ties = Ties.of([Onset("kick", 0), Onset("kick", 80)], GEOMETRY)
    bank = torch.cat([ties.bank({"kick": seed}, DEPTH) for seed in (1, 2)])
    noise = tie(FREE.expand(2, -1, -1), bank, ties.places.expand(2, -1, -1), torch.tensor([0.0, 1.0]))
    assert torch.equal(noise[0], FREE[0])
    assert torch.equal(noise[1, :, 80:90], patch("kick", 2, DEPTH, 10)[0])


def test_what_strikes_is_a_hit_of_its_part_in_the_frame_that_it_begins_in() -> None:
    onsets = {"kick": [(0.0, 1.0), (1.0, 0.0)], "bass": [(0.0, 0.9), (0.5, 0.9), (1.27, 0.8)]}
    found = strikes_of(onsets, GEOMETRY)
    assert found == [Onset("kick", 0), Onset("bass", 0), Onset("bass", 10), Onset("bass", 25)]
