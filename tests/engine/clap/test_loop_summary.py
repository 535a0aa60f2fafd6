"""Summaries of loops whose tempo and pitches are known; the audio tower takes them in without a change at first."""

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.clap.audio_tower import AudioTower
from engine.clap.config import StarterClapConfig
from engine.clap.listening import Listening
from engine.clap.summary import BEATS, FASTEST_BPM, SLOWEST_BPM, SUMMARY, TEMPI, summarise

TEMPI_BPM = np.geomspace(SLOWEST_BPM, FASTEST_BPM, TEMPI)


def clicks(tempo_bpm: float, beats: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    samples = round(beats * 60 / tempo_bpm * 44100)
    into_beat = (np.arange(samples) / 44100) % (60 / tempo_bpm)
    noise = np.random.default_rng(0).normal(size=(2, samples))
    return (noise * np.exp(-60 * into_beat) * 0.3).astype(np.float32)


def tone(hertz: float, seconds: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    time = np.arange(round(seconds * 44100)) / 44100
    return np.tile(0.4 * np.sin(2 * np.pi * hertz * time), (2, 1)).astype(np.float32)


def heard(audio: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> Tensor:
    return Listening()(torch.from_numpy(audio)[None])


@pytest.mark.parametrize("tempo_bpm", [71.0, 98.0, 126.0, 174.0])
def test_onsets_repeat_most_at_their_tempo(tempo_bpm: float) -> None:
    summary = summarise(heard(clicks(tempo_bpm, 16)))
    rows = summary[0, : 2 * len(BEATS) * TEMPI].reshape(2, len(BEATS), TEMPI)
    octave = np.abs(np.log2(TEMPI_BPM / tempo_bpm)) < 0.5
    together = rows.sum((0, 1)).numpy()[octave]
    assert TEMPI_BPM[octave][together.argmax()] == pytest.approx(tempo_bpm, rel=0.03)
    assert rows.abs().max() <= 1.01


@pytest.mark.parametrize(("midi", "at"), [(45, 0), (69, 1)])
def test_a_tone_stands_out_in_its_pitch_class(midi: int, at: int) -> None:
    summary = summarise(heard(tone(440 * 2 ** ((midi - 69) / 12), 2.0)))
    classes = summary[0, -24:].reshape(2, 12)
    assert int(classes[at].argmax()) == (midi - 28) % 12


def test_where_a_loop_begins_says_nothing() -> None:
    audio = torch.randn(1, Listening.rows, 131, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(summarise(audio), summarise(audio.roll(40, -1)), atol=1e-4)
    assert summarise(audio).shape == (1, SUMMARY)


def test_a_summary_changes_nothing_before_it_is_trained() -> None:
    torch.manual_seed(0)
    plain = AudioTower(StarterClapConfig(4, 8, 4, audio_widths=(16, 24)), Listening.rows).eval()
    widened = AudioTower(StarterClapConfig(4, 8, 4, audio_widths=(16, 24), summary=True), Listening.rows).eval()
    missing = widened.load_state_dict(plain.state_dict(), strict=False).missing_keys
    assert missing and all(name.startswith("summary.") for name in missing)
    audio = torch.randn(2, Listening.rows, 64, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(plain(audio), widened(audio), atol=1e-6)
    last = widened.summary[-1]  # type: ignore[index]
    torch.nn.init.normal_(last.weight, generator=torch.Generator().manual_seed(2))
    assert not torch.allclose(widened(audio), widened(audio, torch.zeros(2, SUMMARY)), atol=1e-2)
