"""Where the lowest tones of basses and kicks stand: at a crest where they would have begun, whatever the voice."""

import numpy as np
import pytest

from engine.corpus.score import Note, Sound
from engine.corpus.voices import SAMPLE_RATE, play, voices_of
from engine.corpus.voices.rendering import SETTLED_SECONDS
from engine.corpus.voices.voice import Voice

FREE = {"kick_acoustic"}
"""Its modes begin wherever they like."""
VOICES = [voice for part in SETTLED_SECONDS for voice in voices_of(part) if voice.name not in FREE]


def stands(audio: np.ndarray, hertz: float, part: str) -> float:
    """Where a tone of `hertz` stands at the beginning of `audio`, in cycles from a crest."""
    begin, end = (round(seconds * SAMPLE_RATE) for seconds in SETTLED_SECONDS[part])
    places = np.arange(begin, min(end, len(audio)))
    turned = audio[places] * np.hanning(len(places)) * np.exp(-2j * np.pi * hertz * places / SAMPLE_RATE)
    return float(np.angle(turned.sum()) / (2 * np.pi))


@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_a_lowest_tone_stands_at_a_crest_where_it_began(voice: Voice) -> None:
    settings = voice.draw(np.random.default_rng(5), {})
    for pitch, velocity in ((36.0, 1.0), (43.0, 0.6)):
        drum = voice.part == "kick"
        note = Note(0.0, 1.0, velocity, 60.0 if drum else pitch)
        audio = play(Sound(voice.name, settings), note, 0.5, np.random.default_rng(1))
        hertz = settings["hz"] if drum else 440 * 2 ** ((pitch - 69) / 12)
        assert stands(audio, hertz, voice.part) == pytest.approx(0, abs=0.06)
