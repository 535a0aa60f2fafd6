"""Waves: the low bins of a tone as a codec hears them, anew with each strike."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.codec.networks import SpectralCodecConfig
from engine.codec.spectral import SpectralCodec
from engine.conditioning.assembly import annotation_conditions, negative_conditions, request_conditions
from engine.conditioning.blending import blend_conditions, read_conditions
from engine.conditioning.composition import Composition
from engine.conditioning.notes import Notes
from engine.conditioning.voices import VoiceTable
from engine.conditioning.waves import BINS, HARMONICS, POINTS, ROWS, WAVE_ROWS, WINDOW, waves_condition
from engine.corpus.arrangement import plan_loop
from engine.corpus.render import render_plan
from engine.corpus.score import Annotation
from engine.models.embeddings import waves
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry
from engine.vocabulary import VOICE_DIM

GEOMETRY = LoopGeometry(120, 1)
LOW_A = 33.0
SYNCOPATED = (1, 0, 0, 0, 0, 0, 1, 0) * 2


def bass(notes: Notes) -> torch.Tensor:
    return waves_condition({"bass": notes}, GEOMETRY)


def spectra(rows: torch.Tensor) -> torch.Tensor:
    """Waves of the bass as complex spectra `[HARMONICS, BINS, F * POINTS]`, in the order of time."""
    own = rows[0, : ROWS["bass"]].reshape(HARMONICS["bass"], BINS, POINTS, 2, -1).permute(0, 1, 4, 2, 3)
    return torch.view_as_complex(own.contiguous()).flatten(2)


def test_a_wave_turns_with_its_pitch_from_where_its_note_strikes() -> None:
    found = spectra(bass([(1.0, 0.5, LOW_A)]))
    points = (np.arange(GEOMETRY.frames * POINTS) + 0.5) * GEOMETRY.seconds / (GEOMETRY.frames * POINTS)
    seconds = (points - 0.5) % GEOMETRY.seconds  # beat 1 is half a second in; it runs on round the end
    for number, tone in enumerate(found, 1):
        nearest = round(number * 55 / (44100 / 1024))
        assert int(tone.abs().mean(1).argmax()) == nearest
        angles = (tone[nearest] * (-1) ** nearest).angle() - 2 * math.pi * number * torch.from_numpy(55 * seconds)
        assert (torch.polar(torch.ones(()).double(), angles.double()) - 1).abs().max() < 0.2


def test_each_note_starts_anew_and_of_a_chord_the_lowest_counts() -> None:
    found = spectra(bass([(0.0, 4, LOW_A), (0.0, 4, LOW_A + 12), (2.0, 1, LOW_A)]))
    half = found.shape[-1] // 2
    assert torch.allclose(found[..., :half], found[..., half:], atol=1e-4)
    assert torch.allclose(found, spectra(bass([(0, 4, LOW_A), (2, 1, LOW_A)])))
    assert not bass([]).any()


def test_waves_are_the_low_bins_of_their_tones_as_the_codec_hears_them() -> None:
    codec = SpectralCodec(SpectralCodecConfig(learnt_dim=2, fine_width=8, coarse_width=8))
    assert (codec.config.phase_bins, codec.config.fft_size, codec.config.stride) == (BINS, WINDOW, POINTS)
    time = np.arange(GEOMETRY.samples) / 44100
    for pitch in (28.0, 40.0, 52.0):
        audio = np.cos(2 * math.pi * 440 * 2 ** ((pitch - 69) / 12) * time).astype(np.float32)
        low = codec.spectrum(torch.from_numpy(np.stack([audio, audio]))[None], GEOMETRY.frames, True)[0, 0, :BINS]
        heard = (low * low.abs().rsqrt())[:, 4:-4]  # as compressed as `features` are; the loop does not close
        wave = spectra(bass([(0.0, 4, pitch)]))[0][:, 4:-4].to(heard)
        assert float((heard * wave.conj()).sum().real / (heard.norm() * wave.norm())) > 0.99


def test_waves_go_with_the_pitches_of_the_bass_on_both_sides_of_guidance() -> None:
    request = LoopRequest(tempo_bpm=120, bars=1)
    written = Composition({}, {"bass": ((0.0, 1.0, LOW_A),), "lead": ((0.0, 1.0, 60.0),)}, 0.0, (), None)
    asked = request_conditions(request, GEOMETRY, composition=written)
    assert torch.equal(asked.waves, bass(written.notes["bass"]))
    assert torch.equal(negative_conditions(request, GEOMETRY, composition=written).waves, asked.waves)
    assert torch.equal(waves(asked), asked.waves) and not waves(asked.without("notes")).any()
    assert not request_conditions(request, GEOMETRY).waves.any()


def test_only_of_what_was_synthesised_is_it_known_when_oscillators_started() -> None:
    told = Annotation(1, 120, 1, "house", None, ("house",), {}, (), notes={"bass": ((0.0, 1.0, LOW_A),)})
    curves = torch.zeros(4, GEOMETRY.frames)
    assert annotation_conditions(told, GEOMETRY, curves).waves.abs().mean() > 0.02
    heard = annotation_conditions(replace(told, source="folder"), GEOMETRY, curves)
    assert heard.notes.any() and not heard.waves.any()


def test_blends_lead_from_wave_to_wave_and_other_timelines_have_none() -> None:
    request = LoopRequest(tempo_bpm=120, bars=1)
    low, high = (
        request_conditions(request, GEOMETRY, composition=Composition({}, {"bass": notes}, 0.0, (), None))
        for notes in (((0.0, 1.0, LOW_A),), ((0.0, 1.0, LOW_A + 5),))
    )
    between = blend_conditions(low, high, 0.25)
    assert torch.allclose(waves(between), torch.lerp(low.waves, high.waves, 0.25), atol=1e-5)
    fading = blend_conditions(low, low.without("notes"), 0.25)
    assert torch.allclose(waves(fading), 0.75 * low.waves, atol=1e-5)
    assert not read_conditions(low, torch.arange(low.frames)).waves.any()
    assert low.waves.shape == (1, WAVE_ROWS, low.frames)


def test_kicks_have_waves_of_what_their_voice_is_tuned_to() -> None:
    table = VoiceTable.of(torch.zeros(1, 8, VOICE_DIM), torch.ones(1, 8), ["house"], [{"kick": LOW_A}])
    request = LoopRequest(
        tempo_bpm=120, bars=1, compose=False, pattern=Pattern({"kick": (1, 0, 0, 0, 0, 0, 1, 0) * 2})
    )
    asked = request_conditions(request, GEOMETRY, table=table)
    struck = waves_condition({"kick": [(beat, 0.0, LOW_A) for beat in (0.0, 1.5, 2.0, 3.5)]}, GEOMETRY)
    assert torch.equal(asked.waves, struck) and struck[:, : ROWS["bass"]].abs().max() == 0
    assert torch.equal(waves(asked), struck) and not waves(asked.without("pattern")).any()
    before = VoiceTable.of(torch.zeros(1, 8, VOICE_DIM), torch.ones(1, 8), ["house"])
    assert not request_conditions(request, GEOMETRY, table=before).waves.any()


def test_a_kick_that_was_heard_is_tuned_as_the_nearest_that_is_known() -> None:
    voices = torch.zeros(2, 8, VOICE_DIM)
    voices[1] = 1.0
    tunings = [{"kick": LOW_A}, {"kick": LOW_A + 4}]
    table = VoiceTable.of(voices, torch.ones(2, 8), ["house", "house"], tunings)
    for near, asked in ((0.3, LOW_A), (0.8, LOW_A + 4)):
        found = table.condition(
            ["kick", "snare"], {"kick": (near,) * VOICE_DIM, "snare": (near,) * VOICE_DIM}, 1, None
        )
        assert found[2] == {"kick": asked}


def test_a_loop_tells_what_its_kick_is_tuned_to() -> None:
    plan = plan_loop(3, parts=("kick",), style="techno", bars=1)
    told = render_plan(plan).annotation
    assert told.tunings["kick"] == pytest.approx(69 + 12 * math.log2(plan.sounds["kick"].settings["hz"] / 440))
    assert Annotation.from_dict(json.loads(json.dumps(told.to_dict()))) == told
