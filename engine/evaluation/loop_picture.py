"""A picture of a loop: waveform, mel spectrogram with the beat grid, and the onsets of its parts."""

from pathlib import Path

import numpy as np

from engine.audio.spectrum import mel_spectrogram
from engine.corpus.score import Annotation, Audio
from engine.evaluation.plots import new_figure, save_figure
from engine.vocabulary import BEATS_PER_BAR, PARTS

SAMPLE_RATE = 44100


def draw_loop(audio: Audio, annotation: Annotation, path: Path) -> Path:
    """Draw loop `audio` `[2, T]` at 44.1 kHz and what is known of it to `path` (PNG); returns the path.

    Raises `MissingDependency` without matplotlib.
    """
    figure = new_figure(12, 7)
    wave, spectrum, score = figure.subplots(3, 1, height_ratios=(1, 3, 1.4), sharex=True)
    beats = annotation.bars * BEATS_PER_BAR
    wave.fill_between(np.linspace(0, beats, 2000), *_extent(audio, 2000), linewidth=0)
    wave.set_ylim(-1, 1)
    wave.set_title(
        f"{annotation.style or annotation.source}, {annotation.tempo_bpm:.2f} BPM, {annotation.key or 'no key'}"
    )
    mel = mel_spectrogram(audio, SAMPLE_RATE)
    spectrum.imshow(
        mel, origin="lower", aspect="auto", extent=(0, beats, 0, len(mel)), cmap="magma", vmin=-80, vmax=0
    )
    spectrum.set_ylabel("mel band")
    for row, part in enumerate(PARTS):
        onsets = annotation.onsets.get(part, ())
        score.scatter([beat for beat, _ in onsets], [row] * len(onsets), s=[40 * v for _, v in onsets])
    score.set_yticks(range(len(PARTS)), PARTS)
    score.set_xlabel("beat")
    for axes in (wave, spectrum, score):
        for beat in range(beats + 1):
            axes.axvline(beat, color="grey", alpha=0.5, linewidth=1.2 if beat % BEATS_PER_BAR == 0 else 0.4)
    save_figure(figure, path)
    return path


def _extent(audio: Audio, points: int) -> tuple[Audio, Audio]:
    columns = np.array_split(audio.mean(0), points)
    return np.array([c.min() for c in columns]), np.array([c.max() for c in columns])
