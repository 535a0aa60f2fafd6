"""The spectral codec: exact analysis, circular time, levelled spectra."""

import pytest
import torch

from engine.codec.bands import band_means, band_shapes
from engine.codec.base import LOOP, PASSAGE, Decoding, Recurrence
from engine.codec.networks import SpectralCodecConfig
from engine.codec.peaks import tonal_peaks
from engine.codec.spectral import Placement, SpectralCodec, mid_side
from engine.codec.stft import analyse, frame_centres, hann_root, synthesise
from engine.codec.wrapping import wrap_pad

TINY = SpectralCodecConfig(
    learnt_dim=24, fine_width=16, coarse_width=16, encoder_blocks=(1, 1), decoder_blocks=(1, 1)
)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("size", "samples", "frames"),
    [
        (1024, 24 * 512, 24), (1024, 24 * 256, 24), (512, 24 * 256, 24), (1024, 33_001, 70), (256, 33_001, 280),
        (1024, 11_025, 22), (1024, 700, 3), (1024, 20_000, 30),
    ],
)  # fmt: skip
def test_analysis_and_synthesis_are_inverse(size: int, samples: int, frames: int) -> None:
    """At hops that are whole or not (471.4, 117.9, 501.1 samples), at 65 % of a window, in loops shorter than it."""
    window, audio = hann_root(size), noise(2, 2, samples)
    for circular in (True, False):
        spectrum = analyse(audio, window, frames, circular=circular)
        assert spectrum.shape == (2, 2, size // 2 + 1, frames)
        rebuilt = synthesise(spectrum, window, samples, circular=circular)
        assert rebuilt.shape == audio.shape
        assert (rebuilt - audio).abs().max() < 1e-4


def test_a_frame_is_the_windowed_stretch_around_its_middle() -> None:
    """Frame k of K is centred on the sample at or before (k + 1/2) T / K; a loop goes on at its other end."""
    window, audio = hann_root(256), noise(1000)
    assert frame_centres(7, 1000).tolist() == [71, 214, 357, 500, 642, 785, 928]
    assert frame_centres(4, 2048).tolist() == [256, 768, 1280, 1792]
    spectrum = analyse(audio, window, 7, circular=True)
    for frame, centre in ((0, 71), (3, 500), (6, 928)):
        heard = torch.roll(audio, 128 - centre)[:256] * window
        assert torch.allclose(spectrum[:, frame], torch.fft.rfft(heard, norm="ortho"), atol=1e-5)
    alone = analyse(audio, window, 7, circular=False)
    heard = torch.cat((torch.zeros(57), audio[:199])) * window
    assert torch.allclose(alone[:, 0], torch.fft.rfft(heard, norm="ortho"), atol=1e-5)


def test_windows_of_noise_add_up_in_power() -> None:
    """Independent frames at any hop: the level of one frame is the level of the whole, at every sample."""
    window = hann_root(256)
    draw = torch.Generator().manual_seed(0)
    spectrum = torch.view_as_complex(torch.randn(4000, 129, 31, 2, generator=draw)) * 0.5**0.5
    power = synthesise(spectrum, window, 3001, circular=True, noise=True).square().mean(0)
    assert float(power.mean()) == pytest.approx(1.0, abs=0.02)
    assert float((power - 1).abs().max()) < 0.12  # five deviations of a mean over 4000


def test_frames_lie_where_their_centres_are() -> None:
    """What is heard in frames at uneven places comes back there."""
    window, audio = hann_root(512), noise(1, 9000)
    centres = torch.cat((torch.arange(100, 5000, 200), torch.arange(5000, 9200, 333)))
    padded = torch.nn.functional.pad(audio, (512, 512))
    heard = padded[:, centres[:, None] + 256 + torch.arange(512)] * window
    spectrum = torch.fft.rfft(heard, norm="ortho").transpose(1, 2)
    rebuilt = synthesise(spectrum, window, 9000, circular=False, centres=centres)
    assert (rebuilt - audio).abs().max() < 1e-4


def test_wrapping_more_than_the_length_repeats() -> None:
    x = torch.arange(3.0)[None]
    assert wrap_pad(x, 4, 5, True).tolist() == [[2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1]]
    assert wrap_pad(x, 1, 2, False).tolist() == [[0, 0, 1, 2, 0, 0]]


def test_mid_side_keeps_the_energy_and_undoes_itself() -> None:
    audio = noise(1, 2, 100)
    assert torch.allclose(mid_side(mid_side(audio)), audio, atol=1e-6)
    assert torch.allclose(mid_side(audio).square().sum(), audio.square().sum(), rtol=1e-5)


@pytest.mark.parametrize(("samples", "frames"), [(1024 * 9, 9), (9001, 9), (10_007, 10), (60_653, 64)])
def test_any_length_in_any_number_of_frames(samples: int, frames: int) -> None:
    codec = SpectralCodec(TINY)
    latent = codec.encode(noise(2, 2, samples), frames)
    assert latent.shape == (2, 24 + 44, frames)
    assert codec.decode(latent, samples).shape == (2, 2, samples)
    assert codec.decode(latent, samples, PASSAGE).shape == (2, 2, samples)
    assert codec.hop_length is None
    assert codec.geometry(174.5, 1).samples == 60_653 and codec.geometry(174.5, 1).frames == 64


def test_rotating_a_loop_rotates_its_latent_and_its_decoding() -> None:
    codec = SpectralCodec(TINY).eval()
    with torch.no_grad():
        torch.nn.init.normal_(codec.encoder.out.weight, std=0.1)
        audio = noise(1, 2, 1024 * 12)
        latent = codec.encode(audio, 12)
        assert torch.allclose(codec.encode(torch.roll(audio, 5 * 1024, -1), 12), torch.roll(latent, 5, -1), atol=1e-4)
        turned = codec.decode_parts(torch.roll(latent, 5, -1), 12 * 1024).low
        expected = torch.roll(codec.decode_parts(latent, 12 * 1024).low, 5 * 1024, -1)
        assert torch.allclose(turned, expected, atol=1e-4)


@pytest.mark.parametrize("bars", [2, 4])
@torch.no_grad()
def test_bars_that_repeat_have_latents_that_repeat(bars: int) -> None:
    """A hit on the grid begins a frame: at 171 BPM a bar has 61 895 samples, 967.1 a frame, and bars are alike."""
    codec = SpectralCodec(TINY).eval()
    torch.nn.init.normal_(codec.encoder.out.weight, std=0.1)
    geometry = codec.geometry(171, 1)
    assert geometry.samples % geometry.frames and geometry.frames == 64
    bar = 0.1 * noise(1, 2, geometry.samples)
    latent = codec.encode(bar.repeat(1, 1, bars), bars * geometry.frames)
    each = latent.reshape(*latent.shape[:2], bars, geometry.frames)
    assert (each - each[:, :, :1]).abs().max() < 1e-4 * latent.std()
    assert torch.allclose(each[:, :, 0], codec.encode(bar, geometry.frames), atol=1e-4)
    # With the frames of a fixed hop, bars fall into them differently, and latents with them.
    other = codec.encode(bar.repeat(1, 1, bars), round(bars * geometry.samples / 1024))
    assert (other[..., :60] - other[..., 60:120]).square().mean() > 0.05 * other.var()


@torch.no_grad()
def test_even_edges_are_no_edges_and_others_move_the_sound() -> None:
    codec = SpectralCodec(TINY).eval()
    latent, samples = noise(1, codec.latent_dim, 30), 29_001
    codec.decoder.usual.fill_(0.3)
    plain = codec.decode_parts(latent, samples, PASSAGE)
    even = codec.decode_parts(latent, samples, Decoding(False, torch.linspace(0, samples, 31).double()))
    for name in ("low", "high"):
        loud = getattr(plain, name).std()
        # A centre that rounds to the other side lies a sample off: nothing that a low bin or a level would notice.
        assert (getattr(plain, name) - getattr(even, name)).square().mean().sqrt() < 0.05 * loud, name
    # Half of the frames in a third of the time: what frame 15 begins with is heard there.
    latent[...] = -20.0
    edges = torch.cat((torch.linspace(0, 9000, 16), torch.linspace(9000, 27_000, 16)[1:]))
    place = Placement(27_000, Decoding(False, edges))
    assert place.centres(60).tolist()[:3] == [150, 450, 750] and place.centres(60).tolist()[30:32] == [9300, 9900]
    spectrum = torch.zeros(1, 513, 60, dtype=torch.complex64)
    spectrum[:, 20, 30:] = 1.0
    sound = place.synthesise(spectrum, codec.window)[0]
    assert sound[: 9300 - 512].abs().max() == 0 and sound[9300:26_000].square().mean() > 1e-4


def test_without_circular_time_the_ends_do_not_meet() -> None:
    codec = SpectralCodec(TINY).eval()
    first = torch.zeros(1, 2, 1024 * 12)
    first[..., -1024:] = noise(1, 2, 1024)
    with torch.no_grad():
        quiet = codec.encode(torch.zeros_like(first), 12, circular=False)
        assert torch.allclose(codec.encode(first, 12, circular=False)[..., 0], quiet[..., 0], atol=1e-5)
        assert not torch.allclose(codec.encode(first, 12, circular=True)[..., 0], quiet[..., 0], atol=1e-3)


def test_what_has_phases_comes_back_exactly_and_inputs_are_levelled() -> None:
    """Low spectra lead back to the low band; what the network reads has unit level; latents start with it."""
    tilt = torch.linspace(1, 0.02, 513)[:, None]
    window = hann_root(1024)
    spectrum = analyse(0.1 * noise(4, 2, 1024 * 40), window, 80, circular=True) * tilt
    audio = synthesise(spectrum, window, 1024 * 40, circular=True)
    codec = SpectralCodec(TINY)
    codec.fit_levels(audio, 40)
    with torch.no_grad():
        low = codec.low_band(audio, 40, True)
        spectrum = codec._low_spectrum(codec.features(audio, 40, True))
        rebuilt = mid_side(synthesise(spectrum, window, 1024 * 40, circular=True))
        heard = codec.encoder_input(audio, 40, False) / codec.encoder.usual
        latent = codec.encode(audio, 40, circular=False)
    assert (rebuilt - low).abs().max() < 1e-4
    power = torch.fft.rfft(low).abs().square().sum((0, 1))
    assert float(power[: int(350 / 44100 * low.shape[-1])].sum() / power.sum()) > 0.99
    assert heard.shape == (4, TINY.inputs, 80)
    levels = heard.square().mean((0, 2)).sqrt()
    low_parts, tones = 2 * 2 * TINY.phase_bins, 2 * TINY.tones
    assert levels[low_parts : low_parts + tones].max() < 1.1  # hardly a tone sounds in noise
    others = torch.cat((levels[:low_parts], levels[low_parts + tones :]))
    assert others[others > 0].sub(1).abs().max() < 0.1
    assert (others == 0).sum() == 2  # the imaginary part of 0 Hz, of mid and of side
    assert latent[:, : TINY.learnt_dim].std((0, 2)).sub(1).abs().max() < 0.05


@pytest.mark.parametrize(("frames", "samples"), [(37, 37 * 512), (400, 400 * 512), (128, 60_653)])
def test_a_partial_is_a_pure_sine_that_runs_through_the_seam(frames: int, samples: int) -> None:
    codec = SpectralCodec(TINY)
    amplitudes = torch.zeros(1, 2, TINY.tones, frames)
    amplitudes[0, 0, -TINY.lowest_tone] = 1.0  # A4 in the middle
    spectrum = codec._partials(amplitudes, Placement(samples, LOOP))
    audio = synthesise(spectrum, codec.window, samples, circular=True)[0, 0]
    power = torch.fft.rfft(audio).abs().square()
    peak = int(power.argmax())
    assert peak * 44100 / len(audio) == pytest.approx(440, abs=0.5 * 44100 / len(audio))
    assert float(power[peak] / power.sum()) > 0.998  # whole turns: nothing leaks beside the line
    assert float(audio.square().mean().sqrt()) == pytest.approx(0.5**0.5, rel=0.01)


def test_peaks_are_the_partials_that_sound() -> None:
    config = SpectralCodecConfig()
    time = torch.arange(44100) / 44100
    chord = sum(0.1 * torch.sin(2 * torch.pi * hertz * time + hertz) for hertz in (261.6, 311.1, 392.0, 2093.0))
    assert isinstance(chord, torch.Tensor)
    chord = torch.cat((torch.zeros(44100 - 44100 % 512), chord))
    chord = chord[: len(chord) // 512 * 512]
    peaks = tonal_peaks(chord[None, None], config.tone_hz, len(chord) // 512, 44100, circular=False)[0, 0]
    sounding = (peaks[:, 130] > 1e-3).nonzero()[:, 0]
    assert [round(float(config.tone_hz[place])) for place in sounding] == [262, 311, 392, 2093]
    assert peaks[sounding, 130].sub(0.1).abs().max() < 0.03  # a minor third that low is hard to part
    assert float(peaks[:, :84].max()) < 1e-3  # the long window reaches into the attack from frame 82 on


def test_few_peaks_are_found_in_noise() -> None:
    config = SpectralCodecConfig()
    peaks = tonal_peaks(noise(1, 1, 65536), config.tone_hz, 128, 44100, circular=True)
    window = torch.hann_window(4096)
    bins = analyse(noise(1, 1, 65536), window, 128, circular=True).abs() * 2 * 64 / window.sum()
    assert peaks.shape == (1, 1, 112, 128)
    assert float(peaks.mean()) < 0.35 * float(bins.mean())


def test_noise_has_the_level_of_its_gains_and_is_always_the_same() -> None:
    codec = SpectralCodec(TINY)
    gains = torch.full((1, 2 * 4 * 20, 30), -3.0)
    place = Placement(30 * 512, LOOP)
    first, again, louder = (
        place.synthesise(codec._noise(level, None), codec.short_window, noise=True)
        for level in (gains, gains, gains + 1)
    )
    assert torch.equal(first, again)
    assert first.shape == (1, 2, 30 * 512)
    assert float(20 * torch.log10(louder.std() / first.std())) == pytest.approx(8.686, abs=1e-3)  # one neper


def test_bands_draw_and_average() -> None:
    shapes = band_shapes(24, 513)
    assert shapes.shape == (513, 24)
    assert torch.allclose(shapes.sum(1), torch.ones(513), atol=1e-5)
    assert shapes[0, 0] == 1
    assert shapes[-1, -1] == pytest.approx(1, abs=1e-4)
    means = band_means(32, 64, 513)
    assert torch.allclose(means.sum(1), torch.ones(32), atol=1e-5)
    assert not means[:, :64].any()


@torch.no_grad()
def test_a_decoder_that_learns_to_shape_begins_with_what_it_played() -> None:
    codec = SpectralCodec(TINY).eval()
    latent = noise(1, codec.latent_dim, 16)
    wider = codec.with_shaped(96).eval()
    assert wider.config.shaped_bins == 96
    assert torch.equal(wider.decode(latent, 16_000), codec.decode(latent, 16_000))
    # One that shapes bin 6 + 14, at 20 * 44 100 / 1024 = 861 Hz, sounds there.
    assert wider.decoder.shaped is not None
    torch.nn.init.constant_(wider.decoder.shaped.bias[14], 3.0)
    change = (wider.decode_parts(latent, 16_000).high - codec.decode_parts(latent, 16_000).high)[0].mean(0)
    peak = int(torch.fft.rfft(change).abs().argmax()) * 44100 / 16_000
    assert peak == pytest.approx(861, abs=44)
    assert wider.decode_parts(latent, 16_000).shaped.shape == (1, 2, 90, 32)


@torch.no_grad()
def test_a_decoder_that_learns_higher_partials_begins_with_what_it_played() -> None:
    codec = SpectralCodec(TINY).eval()
    latent = noise(1, codec.latent_dim, 16)
    wider = codec.with_high_tones(28).eval()
    assert wider.config.played_hz[-1] == pytest.approx(440 * 2 ** ((TINY.lowest_tone + TINY.tones + 27) / 24))
    assert torch.equal(wider.config.tone_hz, codec.config.tone_hz)
    assert torch.equal(wider.encode(noise(1, 2, 16_000), 16), codec.encode(noise(1, 2, 16_000), 16))
    before, after = codec.decode(latent, 16_000), wider.decode(latent, 16_000)
    assert float(20 * torch.log10((after - before).std() / before.std())) < -20
    # One that plays the last of them sounds there.
    bias = wider.decoder.gains[0].bias.unflatten(0, (2, -1))
    bias[0, -1] = 0.0
    change = (wider.decode(latent, 16_000) - after)[0].mean(0)
    peak = int(torch.fft.rfft(change).abs().argmax()) * 44100 / 16_000
    assert peak == pytest.approx(float(wider.config.played_hz[-1]), rel=0.02)
    assert wider.partials(noise(1, 2, 16_000), 16, True).shape == (1, 2, TINY.tones + 28, 32)


def test_noise_comes_again_with_the_beat_as_far_as_it_is_asked_to() -> None:
    codec, columns = SpectralCodec(TINY), 96
    period = 6 * TINY.stride * TINY.attacks
    drawn = {share: codec._drawn(4 * period, Recurrence(6, share)) for share in (0.0, 0.5, 1.0)}
    assert torch.equal(drawn[0.0], codec._drawn(4 * period, None))
    for share, noise_ in drawn.items():
        beats = noise_.unflatten(1, (4, period))
        likeness = (beats[:, 1:] * beats[:, :1]).mean() / beats.square().mean()
        assert likeness == pytest.approx(share, abs=0.02)
        assert noise_.std() == pytest.approx(1.0, abs=0.02)
    assert torch.equal(drawn[1.0][:, :period], drawn[1.0][:, 3 * period :])
    assert codec._drawn(columns, Recurrence(500, 1.0)).shape[1] == columns
    # Through the decoder: what recurs changes the sound, by noise alone.
    latent = torch.randn(1, codec.latent_dim, 24, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        free, none, again = (
            codec.decode(latent, 24_000, Decoding(again=r)) for r in (None, Recurrence(6, 0), Recurrence(6, 1))
        )
    assert torch.equal(free, none) and not torch.equal(free, again)
