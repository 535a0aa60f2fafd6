"""The denoiser: circular time, any length, what its norm computes, that conditions reach it."""

from dataclasses import replace

import pytest
import torch

from engine.conditioning.conditions import Conditions
from engine.conditioning.notes import NOTE_ROWS
from engine.conditioning.voices import MOST_SQUARE
from engine.conditioning.waves import WAVE_ROWS
from engine.models.blocks import AdaptiveGroupNorm, CircularConv, RepeatMixing
from engine.models.embeddings import sinusoidal
from engine.models.unet import Denoiser, DenoiserConfig
from engine.models.voices import StruckVoices, VoiceEncoder
from engine.vocabulary import PARTS, PICTURE_BANDS, PICTURE_COLUMNS, VOICE_DIM

TINY = DenoiserConfig(
    latent_dim=8, widths=(32, 32, 32, 32), blocks=1, groups=8, timeline_width=8, embedding_width=16, notes=True
)
MIXING = replace(TINY, repeats=True, struck=True, waves=True)


def awake(config: DenoiserConfig = TINY) -> Denoiser:
    """A denoiser whose last layer is not zero."""
    torch.manual_seed(0)
    denoiser = Denoiser(config).eval()
    torch.nn.init.normal_(denoiser.out.weight, std=0.1)
    for block in denoiser.modules():
        if isinstance(block, AdaptiveGroupNorm):
            torch.nn.init.normal_(block.stationary.weight, std=0.3)
        if isinstance(block, RepeatMixing):
            torch.nn.init.normal_(block.bar.weight, std=0.1)
            torch.nn.init.normal_(block.beat.weight, std=0.1)
        if isinstance(block, StruckVoices):
            torch.nn.init.normal_(block.out.weight, std=0.1)
    return denoiser


def noise(frames: int, batch: int = 1) -> torch.Tensor:
    return torch.randn(batch, 8, frames, generator=torch.Generator().manual_seed(1))


def test_a_circular_convolution_is_the_one_on_the_tiled_loop() -> None:
    layer, x = CircularConv(2, 3, 3), torch.randn(1, 2, 10)
    tiled = torch.nn.functional.conv1d(torch.cat((x, x, x), -1), layer.weight, layer.bias, padding=1)
    assert torch.allclose(layer(x), tiled[..., 10:20], atol=1e-6)


@torch.no_grad()
def test_rotating_by_whole_strides_rotates_the_output() -> None:
    denoiser, x, conditions = awake(), noise(64), Conditions.open(64)
    alpha = torch.tensor([0.4])
    turned = denoiser(torch.roll(x, 8, -1), alpha, conditions)
    assert torch.allclose(turned, torch.roll(denoiser(x, alpha, conditions), 8, -1), atol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("frames", [11, 43, 130, 343, 1000])
def test_any_number_of_frames_works(frames: int) -> None:
    output = awake()(noise(frames), torch.tensor([0.5]), Conditions.open(frames))
    assert output.shape == (1, 8, frames)
    assert output.isfinite().all()


def test_the_norm_is_the_report_s_formula() -> None:
    torch.manual_seed(0)
    norm, x = AdaptiveGroupNorm(6, 3, 4, 5), torch.randn(2, 6, 50)
    torch.nn.init.normal_(norm.stationary.weight)
    alpha, z = torch.randn(2, 4), torch.randn(2, 5)
    grouped = x.view(2, 3, 2, 50)
    mu, sigma = grouped.mean((2, 3), keepdim=True), grouped.var((2, 3), unbiased=False, keepdim=True).add(1e-5).sqrt()
    normed = ((grouped - mu) / sigma).view(2, 6, 50)
    a, b = (1 + norm.alpha(alpha)[:, :6, None]), norm.alpha(alpha)[:, 6:, None]
    expected = (1 + norm.stationary(z)[:, :, None]) * (a * normed + b)
    assert torch.allclose(norm(x, alpha, z), expected, atol=1e-5)


@torch.no_grad()
def test_every_condition_reaches_the_output() -> None:
    denoiser, x, alpha = awake(MIXING), noise(64), torch.tensor([0.5])
    none = Conditions.open(64)
    plain = denoiser(x, alpha, none)
    for change in (
        {"beat": torch.rand(1, 2, 64), "beat_given": torch.ones(1, 1)},
        {"pattern": torch.rand(1, 8, 64), "pattern_given": torch.ones(1, 8)},
        {"pattern_given": torch.ones(1, 8)},
        {"notes": torch.rand(1, NOTE_ROWS, 64), "notes_given": torch.ones(1, 3)},
        {"notes_given": torch.ones(1, 3)},
        {"notes_given": torch.ones(1, 3), "waves": torch.rand(1, WAVE_ROWS, 64)},
        {"curves": torch.rand(1, 4, 64), "curves_given": torch.ones(1, 4)},
        {"tags": torch.ones_like(none.tags)},
        {"tags": -torch.ones_like(none.tags)},
        {"key": torch.ones_like(none.key)},
        {"clap": torch.ones_like(none.clap), "clap_given": torch.ones(1, 1)},
        {"voices": torch.ones_like(none.voices), "voices_given": torch.ones(1, 8)},
        {"voices_given": torch.ones(1, 8)},
        {"rate": torch.full((1, 1), 0.3)},
        {"repeats": torch.full((1, 1), 0.3)},
        {"bars": torch.full((1, 1), 2.0)},
    ):
        assert (denoiser(x, alpha, replace(none, **change)) - plain).abs().max() > 1e-4, change.keys()
    # A value without its mask is open, and must not leak.
    leaky = replace(
        none,
        pattern=torch.rand(1, 8, 64),
        notes=torch.rand(1, NOTE_ROWS, 64),
        waves=torch.rand(1, WAVE_ROWS, 64),
        curves=torch.rand(1, 4, 64),
        clap=torch.ones(1, 512),
        voices=torch.ones_like(none.voices),
    )
    assert torch.equal(denoiser(x, alpha, leaky), plain)


@torch.no_grad()
def test_one_that_learns_to_read_notes_begins_with_what_it_knew() -> None:
    denoiser, x, alpha = awake(replace(TINY, notes=False)), noise(64), torch.tensor([0.5])
    conditions = replace(
        Conditions.open(64),
        pattern=torch.rand(1, 8, 64),
        notes=torch.rand(1, NOTE_ROWS, 64),
        notes_given=torch.ones(1, 3),
    )
    reader = denoiser.widened().eval()
    assert reader.config.notes and reader.config.repeats and reader.config.struck and reader.widened() is reader
    known = denoiser(x, alpha, conditions)
    # Of voices, rate and repeats it makes next to nothing: the weights start at a hundredth.
    told = replace(conditions, rate=torch.full((1, 1), 0.2), repeats=torch.full((1, 1), 0.2), bars=torch.ones(1, 1))
    assert torch.allclose(reader(x, alpha, conditions), known, atol=1e-5)
    off = (reader(x, alpha, told) - known).norm() / known.norm()
    assert 0 < float(off) < 0.01
    torch.nn.init.normal_(reader.front.weight)
    without = reader(x, alpha, conditions.without("notes"))
    assert (reader(x, alpha, conditions) - without).abs().max() > 1e-3


@torch.no_grad()
def test_mixing_hears_the_other_bars_and_the_other_beats() -> None:
    torch.manual_seed(0)
    mixing, x = RepeatMixing(4), torch.randn(1, 4, 2 * 16 * 3)
    assert torch.equal(mixing(x, 2), x)  # it begins as nothing
    for layer in (mixing.bar, mixing.beat):
        torch.nn.init.normal_(layer.weight)
    bars, beats = x.reshape(1, 4, 2, 48).mean(2), x.reshape(1, 4, 8, 12).mean(2)
    for frame in (0, 17, 70):
        added = mixing.bar.weight @ bars[0, :, frame % 48] + mixing.beat.weight @ beats[0, :, frame % 12]
        assert torch.allclose(mixing(x, 2)[0, :, frame] - x[0, :, frame], added, atol=1e-5)
    # Frame 53 is in the second bar: what changes there reaches its place in the first bar, and in every beat.
    touched = x.clone()
    touched[..., 53] += 1.0
    moved = (mixing(touched, 2) - mixing(x, 2)).abs().amax(1)[0] > 1e-4
    assert moved.nonzero()[:, 0].tolist() == list(range(53 % 12, 96, 12))
    # And frames that are no bars pass as they are, as do those that 5 beats or 3 bars do not divide.
    assert torch.equal(mixing(x, 0), x)
    assert torch.equal(mixing(x[..., :95], 2), x[..., :95])


@torch.no_grad()
def test_bars_hear_each_other_only_where_frames_are_bars() -> None:
    """Convolutions of three stages reach 40 frames or so: two bars of 160 frames are heard by mixing alone."""
    denoiser, x, alpha = awake(MIXING), noise(320), torch.tensor([0.4])
    bars = replace(Conditions.open(320), bars=torch.full((1, 1), 2.0))
    touched = x.clone()
    touched[..., 240] += 10.0
    change = {
        name: (denoiser(touched, alpha, told) - denoiser(x, alpha, told)).abs().amax(1)[0]
        for name, told in {"bars": bars, "none": Conditions.open(320)}.items()
    }
    twin, elsewhere = slice(76, 85), slice(20, 29)  # the touched frame's place in bar 1, and none of its beats'
    assert float(change["bars"][twin].mean() / change["none"][twin].mean()) > 2  # norms join all frames a little
    assert float(change["bars"][twin].mean() / change["bars"][elsewhere].mean()) > 1.5


@torch.no_grad()
def test_voices_tell_apart_what_differs_most_and_are_bounded() -> None:
    torch.manual_seed(0)
    encoder, kick, snare, pad = VoiceEncoder(), PARTS.index("kick"), PARTS.index("snare"), PARTS.index("pad")
    assert not encoder.is_fitted
    # Kicks that differ in three ways, of which one moves most; snares in others; few pads, and no hats.
    ways = torch.randn(2, 3, PICTURE_BANDS * PICTURE_COLUMNS) * torch.tensor([0.3, 0.1, 0.03])[:, None]
    found = 0.01 * torch.randn(400, len(PARTS), PICTURE_BANDS * PICTURE_COLUMNS)
    moved = torch.randn(2, 400, 3)
    found[:, kick] += moved[0] @ ways[0] + 0.5
    found[:, snare] += moved[1] @ ways[1] + 0.3
    given = torch.zeros(400, len(PARTS))
    given[:, [kick, snare]] = given[:5, pad] = 1.0
    encoder.fit(found.unflatten(2, (PICTURE_BANDS, PICTURE_COLUMNS)), given)
    voices = encoder(found.unflatten(2, (PICTURE_BANDS, PICTURE_COLUMNS)))
    assert encoder.is_fitted and voices.shape == (400, 8, VOICE_DIM)
    kicks = voices[:, kick]
    assert float(kicks.square().mean()) == pytest.approx(1.0, abs=0.05) and float(kicks.mean(0).abs().max()) < 0.15
    for way in range(3):  # each way is one number, and the one that moves most weighs most
        likeness = torch.corrcoef(torch.cat((moved[0][:, [way]], kicks), dim=1).T)[0, 1:].abs()
        assert int(likeness.argmax()) == way and likeness.max() > 0.95
    assert kicks.std(0)[:3].tolist() == sorted(kicks.std(0)[:3].tolist(), reverse=True)
    # What no part of the corpus is like stays bounded, and what is one sound has one voice.
    odd = encoder(torch.ones(2, len(PARTS), PICTURE_BANDS, PICTURE_COLUMNS) * 40)
    assert odd.square().mean(2).max() <= MOST_SQUARE + 1e-4 and torch.equal(odd[0], odd[1])
    assert encoder(torch.rand(1, 8, PICTURE_BANDS, PICTURE_COLUMNS))[0, pad].abs().max() > 0  # of what all differ in


def test_before_training_it_knows_white_noise_and_standardising_is_undone() -> None:
    """Untrained, the direction is the least-squares one for white data of unit deviation."""
    denoiser = Denoiser(TINY)
    x_0, x_1 = torch.randn(2, 400, 8, 20, generator=torch.Generator().manual_seed(0)).unbind()
    for alpha in (0.0, 0.2, 0.5, 0.9, 1.0):
        x_alpha = (1 - alpha) * x_0 + alpha * x_1
        slope = float(((x_1 - x_0) * x_alpha).sum() / x_alpha.square().sum())
        with torch.no_grad():
            direction = denoiser(x_alpha, torch.full((400,), alpha), Conditions.stack([Conditions.open(20)] * 400))
        assert torch.allclose(direction, slope * x_alpha, atol=0.08)
        error = (x_1 - x_0 - direction).square().mean()
        assert float(error) == pytest.approx(1 / (alpha**2 + (1 - alpha) ** 2), rel=0.02)
    denoiser.mean.fill_(3.0)
    denoiser.deviation.fill_(2.0)
    x = noise(20)
    assert torch.allclose(denoiser.restore(denoiser.standardise(x)), x, atol=1e-6)


def test_alphas_have_different_codes() -> None:
    codes = sinusoidal(torch.linspace(0, 1, 101), 64)
    distances = torch.cdist(codes, codes) + 10 * torch.eye(101)
    assert distances.min() > 0.1
    assert sinusoidal(torch.zeros(1), 8).tolist() == [[0, 0, 0, 0, 1, 1, 1, 1]]


def test_the_shipped_size_fits_the_pack() -> None:
    parameters = sum(p.numel() for p in Denoiser().parameters())
    assert 15e6 < parameters < 22e6  # in half precision under 44 of the pack's 80 MB
