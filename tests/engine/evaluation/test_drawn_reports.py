"""Pictures of results: each a whole PNG of its size with its curves in it, or one sentence that says why not."""

from pathlib import Path

import numpy as np
import pytest

from engine.audio.third_octaves import THIRD_OCTAVES_HZ
from engine.corpus.score import Annotation
from engine.errors import ExportError, MissingDependency
from engine.evaluation import loop_picture, loop_report
from engine.evaluation.plots import new_figure, save_figure


def size_of(path: Path) -> tuple[int, int]:
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n") and content.endswith(b"IEND\xaeB`\x82")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


class Kept:
    """Keeps the figures that would be written."""

    def __init__(self, patch: pytest.MonkeyPatch, module: object) -> None:
        self.figures: dict[str, object] = {}
        patch.setattr(module, "save_figure", lambda figure, path: self.figures.update({path.name: figure}))


def test_a_figure_is_as_large_as_asked_and_written_whole(tmp_path: Path) -> None:
    figure = new_figure(3, 2)
    figure.add_subplot().plot([1, 2])
    save_figure(figure, tmp_path / "a.png")
    assert size_of(tmp_path / "a.png") == (330, 220) and [path.name for path in tmp_path.iterdir()] == ["a.png"]
    with pytest.raises(ExportError):
        save_figure(figure, tmp_path / "nowhere" / "a.png")


def test_without_matplotlib_one_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"pip install 'loopgen\[train\]'"):
        new_figure(1, 1)


def test_a_loop_is_drawn_with_every_onset_on_its_beat(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = Kept(monkeypatch, loop_picture)
    onsets = {"kick": ((0.0, 1.0), (2.0, 0.5)), "pad": ((3.5, 0.25),)}
    known = Annotation(1, 120.0, 1, "techno", "Am", (), onsets)
    audio = np.zeros((2, 88_200), np.float32)
    audio[:, 44_100:] = 0.5
    path = loop_picture.draw_loop(audio, known, tmp_path / "loop.png")
    (figure,) = kept.figures.values()
    wave, spectrum, score = figure.axes  # type: ignore[attr-defined]
    assert path.name in kept.figures and wave.get_title() == "techno, 120.00 BPM, Am"
    drawn = [tuple(map(float, point)) for each in score.collections for point in each.get_offsets()]
    assert drawn == [(0.0, 0.0), (2.0, 0.0), (3.5, 7.0)]
    assert [size for each in score.collections for size in each.get_sizes()] == [40.0, 20.0, 10.0]
    assert spectrum.images[0].get_extent()[:2] == [0, 4] and len(wave.lines) == 5
    outline = wave.collections[0].get_paths()[0].vertices
    assert outline[outline[:, 0] < 1.9, 1].max() == 0.0 and outline[outline[:, 0] > 2.1, 1].max() == 0.5


def measured(count: int) -> list[dict[str, object]]:
    """Loops whose seam was measured in every second alone."""
    spectrum = [-20.0] * len(THIRD_OCTAVES_HZ)
    return [
        {"beat_ms": 5.0 * n, "lag_ms": 1000.0, "seam_ratio": 1.0 if n % 2 else None, "third_octaves": spectrum,
         "width": 0.1 * n, "crest_db": 10.0 + n}
        for n in range(count)
    ]  # fmt: skip


def test_loops_are_drawn_by_set_and_nothing_falls_out_of_its_histogram(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = Kept(monkeypatch, loop_report)
    loop_report.draw_loops(tmp_path, {"rendered": measured(8), "corpus": measured(4)}, [(40, 60, 0.5, 0.75)])
    tempo, _, _, _, levels, lag = kept.figures["loops.png"].axes  # type: ignore[attr-defined]
    assert sorted(bar.get_height() for bar in tempo.patches) == [0.5, 0.75]
    assert [len(each.get_offsets()) for each in levels.collections] == [8, 4]
    # 1 s late is drawn at the edge of 40 ms: the whole density of both sets lies in their last bins.
    heights = np.array([bar.get_height() for bar in lag.patches]).reshape(2, 40)
    assert (heights[:, -1] > 0).all() and not heights[:, :-1].any()
    assert [text.get_text() for text in lag.get_legend().get_texts()] == ["rendered", "corpus"]


def test_figures_over_guidance_leave_gaps_and_show_the_ceiling(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = Kept(monkeypatch, loop_report)
    first, second = loop_report.GUIDED_FIGURES[:2]
    loop_report.draw_guidance(tmp_path, {"0": {first: 0.1}, "2": {first: 0.4, second: None}}, {first: 0.9})
    one, two, *_ = kept.figures["guidance.png"].axes  # type: ignore[attr-defined]
    assert one.lines[0].get_xydata().tolist() == [[0.0, 0.1], [2.0, 0.4]]
    assert list(one.lines[1].get_ydata()) == [0.9, 0.9]
    assert np.isnan(two.lines[0].get_ydata()).all() and len(two.lines) == 1
