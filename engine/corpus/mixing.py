"""From mono stems to a stereo loop: channel strips, placement, shared space, ducking, and the master chain.

mono stem -> level -> drive -> tone -> movement -> place ----> duck --+--> stem
                                  \\-> reverb and delay sends -> duck -+
sum of stems -> tilt, width -> bus compressor -> drive -> loudness -> limiter
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import scipy.fft

from engine.corpus.effects import dynamics, equaliser, modulation, saturation, space, stereo
from engine.corpus.effects.transfer import (
    BLOCK,
    SAMPLE_RATE,
    Audio,
    Design,
    Response,
    analyse,
    apply,
    grid_of,
    lead_in,
    synthesise,
    transform_length,
)
from engine.corpus.mix_settings import MasterMix, MixSettings, PartMix, SpaceMix, characters_of, draw_mix

__all__ = ["MasterMix", "MixSettings", "PartMix", "SpaceMix", "characters_of", "draw_mix", "mix"]

CEILING = 0.98
MAX_LIMITING_DB = 5.0
"""A loop is left quieter than its drawn loudness rather than limited by more than this."""

TONAL = ("kick", "bass", "lead", "pad")
"""Parts in which one would hear a distortion alias."""

_BLOCK_SECONDS = 0.05
_SILENCE = 1e-5


class Mixed(NamedTuple):
    """The finished loop `[2, T]` and, per part, its stem `[2, T]`; the stems sum to the mix before the master."""

    audio: Audio
    stems: Mapping[str, Audio]


def mix(
    stems: Mapping[str, Audio],
    settings: MixSettings,
    tempo_bpm: float,
    kick_onsets: Sequence[tuple[float, float]],
    *,
    with_stems: bool = True,
) -> Mixed:
    """Mix mono `stems` `[T]` (44.1 kHz, all of one length, circular) as `settings` say; everything wraps around.

    `kick_onsets` are the (beat, velocity) pairs that duck the rest. A part without settings is left out. Without
    stems the sends are shared, which is faster; the audio is the same up to rounding. Peak at most 0.98.
    """
    names = [name for name in stems if name in settings.parts]
    samples = len(next(iter(stems.values())))
    rng = np.random.default_rng(settings.seed)
    spaces = _Space(settings.space, tempo_bpm, samples, rng)
    curve = _ducking(settings, tempo_bpm, kick_onsets, samples)
    placed: dict[str, Audio] = {}
    strips = _strips(names, stems, settings)
    for name, strip in zip(names, strips, strict=True):
        part = settings.parts[name]
        placed[name] = _duck(_place(strip, part), curve, part.duck_depth)
    sends = np.array([[settings.parts[n].reverb_send, settings.parts[n].delay_send] for n in names], dtype=np.float32)
    if with_stems:
        for name, strip, send in zip(names, strips, sends, strict=True):
            placed[name] += _duck(spaces.returns(np.outer(send, strip)), curve, settings.space.duck_depth)
        total = _sum(placed, samples)
    else:
        total = _sum(placed, samples)
        placed = {}
        if names:
            total += _duck(spaces.returns(sends.T @ strips), curve, settings.space.duck_depth)
    level = float(np.sqrt(np.mean(total**2)))
    if level < _SILENCE:
        return Mixed(total, placed)
    gain = np.float32(10 ** (settings.master.loudness_db / 20) / level)
    return Mixed(_master(total * gain, settings.master, rng), {name: stem * gain for name, stem in placed.items()})


def _ducking(
    settings: MixSettings, tempo_bpm: float, kick_onsets: Sequence[tuple[float, float]], samples: int
) -> Audio | None:
    """The full ducking curve `[samples]`, None without kicks."""
    places = [(round(beat * 60 / tempo_bpm * SAMPLE_RATE) % samples, float(v)) for beat, v in kick_onsets]
    if not places:
        return None
    recovery = settings.duck_recovery_beats * 60 / tempo_bpm
    return dynamics.ducking_curve(samples, places, 1.0, recovery, settings.duck_curve)


def _sum(placed: Mapping[str, Audio], samples: int) -> Audio:
    total = np.zeros((2, samples), dtype=np.float32)
    for audio in placed.values():
        total += audio
    return total


def loud_level(audio: Audio) -> float:
    """RMS of the loudest twentieth of the 50 ms blocks of `[T]`: how loud a part is when it plays."""
    block = min(round(_BLOCK_SECONDS * SAMPLE_RATE), len(audio))
    blocks = audio[: len(audio) // block * block].reshape(-1, block)
    power = np.sort(np.mean(blocks**2, axis=1))
    return float(np.sqrt(power[-max(1, len(power) // 20) :].mean()))


def _strips(names: Sequence[str], stems: Mapping[str, Audio], settings: MixSettings) -> Audio:
    """Levelled, driven and equalised mono channels `[P, T]`, through one batch of transforms."""
    if not names:
        return np.zeros((0, 1), dtype=np.float32)
    driven = np.stack([_drive(stems[name], settings.parts[name], tonal=name in TONAL) for name in names])
    spectra = analyse(driven)
    for row, name in enumerate(names):
        spectra[row] *= _tone(settings.parts[name])(grid_of(BLOCK))
    strips = synthesise(spectra, driven.shape[-1])
    for row, name in enumerate(names):
        if (level := loud_level(strips[row])) > _SILENCE:
            strips[row] *= np.float32(10 ** (settings.parts[name].level_db / 20) / level)
    return strips


def _drive(stem: Audio, part: PartMix, *, tonal: bool) -> Audio:
    if part.transient:
        stem = dynamics.shape_transients(stem, part.transient)
    if part.drive_db > 0:
        stem = saturation.saturate(stem, part.drive_db, part.shape, anti_alias=tonal)
    if part.crush_bits > 0:
        stem = saturation.crush(stem, part.crush_bits, part.crush_hold)
    return stem


def _tone(part: PartMix) -> Design:
    designs = [equaliser.high_pass(part.high_pass_hz), equaliser.tilt(part.tilt_db)]
    if part.low_pass_hz < 17000:
        designs.append(equaliser.low_pass(part.low_pass_hz))
    if abs(part.bell_db) > 0.5:
        designs.append(equaliser.bell(part.bell_hz, part.bell_db))
    return equaliser.chain(*designs)


def _place(strip: Audio, part: PartMix) -> Audio:
    """Stereo `[2, T]` of a strip, moved if it moves."""
    samples, cycles, depth = len(strip), part.movement_cycles, part.movement_depth
    if part.movement in ("sweep", "phaser"):
        centres = np.geomspace(500, 500 + 5000 * depth, 4)
        make = equaliser.phaser if part.movement == "phaser" else equaliser.low_pass
        curve = 0.5 + 0.5 * modulation.cycle(samples, cycles)
        strip = modulation.sweep(strip, [make(float(centre)) for centre in centres], curve)
    audio = stereo.place(strip, part.pan, part.side_delay_seconds)
    if part.movement == "chorus":
        return modulation.chorus(audio, 0.012, 0.004 * depth, cycles, 0.8)
    if part.movement == "flanger":
        return modulation.chorus(audio, 0.002, 0.0015 * depth, cycles, 0.7)
    if part.movement == "auto_pan":
        return modulation.auto_pan(audio, depth, cycles)
    return audio


def _duck(audio: Audio, curve: Audio | None, depth: float) -> Audio:
    """Push `[2, T]` down by `depth` of the full ducking `curve`."""
    if curve is None or depth <= 0:
        return audio
    return audio * (1 - np.float32(depth) * (1 - curve))


class _Space:
    """The reverb and delay that parts send to, as one pair of responses."""

    def __init__(self, settings: SpaceMix, tempo_bpm: float, samples: int, rng: np.random.Generator) -> None:
        impulse_response = space.reverb_response(
            settings.reverb_kind, settings.rt60_seconds, settings.pre_delay_seconds, settings.damping, rng
        )
        seconds = settings.delay_beats * 60 / tempo_bpm
        reverb_seconds = impulse_response.shape[1] / SAMPLE_RATE
        delay_seconds = space.delay_seconds_total(seconds, settings.feedback)
        if settings.echo_reverb > 0:
            delay_seconds += reverb_seconds
        self._samples = samples
        self._length, self._lead = transform_length(samples, max(reverb_seconds, delay_seconds))
        grid = grid_of(self._length)
        reverb = space.reverb(impulse_response)(grid)
        echoes = space.delay(
            seconds, settings.feedback, settings.delay_low_cut_hz, settings.delay_high_cut_hz, settings.ping_pong
        )(grid)
        self._responses: Response = np.stack([reverb, echoes * (1 + np.float32(settings.echo_reverb) * reverb)])

    def returns(self, sends: Audio) -> Audio:
        """What comes back, `[2, T]`, for mono reverb and delay sends `[2, T]`."""
        spectra = scipy.fft.rfft(lead_in(sends, self._lead), self._length)
        wet = spectra[0] * self._responses[0] + spectra[1] * self._responses[1]
        back = scipy.fft.irfft(wet, self._length)[:, self._lead : self._lead + self._samples]
        return np.ascontiguousarray(back, dtype=np.float32)


def _master(audio: Audio, master: MasterMix, rng: np.random.Generator) -> Audio:
    designs = [equaliser.high_pass(master.high_pass_hz), equaliser.tilt(master.tilt_db)]
    if master.low_pass_hz < 18000:
        designs.append(equaliser.low_pass(master.low_pass_hz))
    audio = stereo.widen(apply(audio, equaliser.chain(*designs)), master.width)
    if master.ratio > 1:
        threshold = master.loudness_db + master.threshold_db
        audio = dynamics.compress(audio, threshold, master.ratio, master.attack_seconds, master.release_seconds)
    if master.drive_db > 0:
        audio = saturation.saturate(audio, master.drive_db, master.shape, anti_alias=False)
    if master.crush_bits > 0:
        audio = saturation.crush(audio, master.crush_bits, 1)
    if master.wobble_seconds > 0:
        audio = modulation.wobble(audio, master.wobble_seconds, master.wobble_cycles, 23)
    if master.noise > 0:
        audio = audio + saturation.vinyl_noise(audio.shape[-1], master.crackles_per_second, master.noise, rng)
    wanted = 10 ** (master.loudness_db / 20) / max(float(np.sqrt(np.mean(audio**2))), _SILENCE)
    possible = CEILING * 10 ** (MAX_LIMITING_DB / 20) / max(float(np.abs(audio).max()), _SILENCE)
    return dynamics.limit(audio * np.float32(min(wanted, possible)), CEILING)
