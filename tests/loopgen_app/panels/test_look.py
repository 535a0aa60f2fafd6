"""The look: engine controls folded away, a light theme that is remembered, a picture that can be large, one knob."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Stage
from hand import LEFT
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from loopgen_app import theme
from loopgen_app.colours import DARK, LIGHT, WARDROBE
from loopgen_app.widgets import knob_face
from loopgen_app.widgets.dial import Dial
from loopgen_app.widgets.disclosure import Disclosure
from loopgen_app.widgets.knob import CurveKnob
from loopgen_app.widgets.label import Label
from loopgen_app.widgets.round_knob import RoundKnob
from loopgen_app.widgets.steer_knob import SteerKnob


@pytest.fixture(autouse=True)
def dark(qapp: QApplication) -> Iterator[None]:
    yield
    if WARDROBE.worn is not DARK:
        theme.apply(qapp, "dark")


def command(stage: Stage, words: str) -> QAction:
    return next(action for action in stage.window.findChildren(QAction) if action.text() == words)


def test_seed_steps_and_schedule_are_under_one_fold_that_says_how_they_stand(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    stage = make_stage(tmp_path / "same")
    folded = ("seedBox", "stepsBox", "samplerBox", "scheduleBox", "guidanceTagsSlider")
    assert not any(stage.find(name).isVisible() for name in folded)
    assert stage.find("engineFold").text() == "Engine   Quality · seed 7"
    stage.studio.instrument.set_many({"num_steps": 5, "seed": 12, "seed_locked": True}, "Test")
    assert stage.find("engineFold").text() == "Engine   5 steps · seed 12 kept"
    QTest.mouseClick(stage.find("engineFold"), LEFT)
    assert all(stage.find(name).isVisible() for name in folded)
    stage.window.close()
    assert make_stage(tmp_path / "same").find("seedBox").isVisible()


def test_enter_opens_a_fold_that_tab_has_reached(stage: Stage) -> None:
    fold = stage.find("engineFold")
    fold.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(fold, Qt.Key.Key_Return)
    assert stage.find("seedBox").isVisible()


def test_a_fold_tells_only_the_user_s_own_hand(qtbot: QtBot) -> None:
    words = Label("below", None)
    fold = Disclosure("More", words)
    qtbot.addWidget(fold)
    fold.show()
    told: list[bool] = []
    fold.toggled.connect(told.append)
    fold.setOpen(True)
    assert fold.isOpen() and words.isVisible() and told == []
    QTest.mouseClick(fold.button, LEFT)
    assert told == [False] and not words.isVisible()


def test_the_light_theme_is_worn_at_once_and_again_the_next_time(
    make_stage: Callable[..., Stage], tmp_path: Path
) -> None:
    stage = make_stage(tmp_path / "same")
    assert WARDROBE.worn is DARK and not command(stage, "Light theme").isChecked()
    command(stage, "Light theme").trigger()
    assert WARDROBE.worn is LIGHT
    QApplication.processEvents()
    picture = stage.window.grab().toImage()
    shown = {picture.pixelColor(x, y).name() for x in range(0, picture.width(), 3) for y in range(0, 700, 3)}
    assert {LIGHT.ground, LIGHT.panel} <= shown and not {DARK.ground, DARK.panel, DARK.accent} & shown
    assert json.loads((tmp_path / "same" / "settings.json").read_text())["theme"] == "light"
    stage.window.close()
    again = make_stage(tmp_path / "same")
    assert WARDROBE.worn is LIGHT
    command(again, "Light theme").trigger()
    assert WARDROBE.worn is DARK


@pytest.mark.parametrize("damage", ['"sepia"', "7", "null"])
def test_a_theme_that_does_not_exist_is_the_dark_one(
    make_stage: Callable[..., Stage], tmp_path: Path, damage: str
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "settings.json").write_text(f'{{"theme": {damage}}}')
    make_stage()
    assert WARDROBE.worn is DARK


def test_the_picture_is_small_until_it_is_wanted_large(stage: Stage) -> None:
    stage.window.resize(QSize(1280, 800))
    stage.generate()
    view, grow = stage.find("spectrogramView"), stage.find("largePictureButton")
    stage.wait(lambda: view.beats() > 0 and grow.isVisible())
    small = view.height()
    assert small < 0.35 * stage.window.height()
    QTest.mouseClick(grow, LEFT)
    stage.wait(lambda: view.height() > 1.8 * small)
    assert command(stage, "Large picture of the loop").isChecked()
    command(stage, "Large picture of the loop").trigger()
    stage.wait(lambda: view.height() == small)
    assert not grow.isChecked()


def test_grid_and_pad_are_the_largest_things_to_play(stage: Stage) -> None:
    stage.window.resize(QSize(1280, 800))
    QApplication.processEvents()

    def area(name: str) -> int:
        size = stage.find(name).size()
        return int(size.width() * size.height())

    assert min(area("stepGrid"), area("noisePad")) > max(area("spectrogramView"), area("bpmDial"))


def test_every_knob_has_the_same_face(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[str] = []
    for module in ("dial", "round_knob"):
        monkeypatch.setattr(
            f"loopgen_app.widgets.{module}.paint_face",
            lambda painter, circle, face: painted.append(face.text) or knob_face.paint_face(painter, circle, face),
        )
    for made in (Dial("BPM"), RoundKnob("Guidance"), SteerKnob("Dub"), CurveKnob("Bright")):
        qtbot.addWidget(made)
        made.resize(made.sizeHint())
        made.setValue(0.25)
        picture = made.grab().toImage()
        shown = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
        assert {DARK.accent, QColor(DARK.well_deep).name()} <= shown, type(made)
    assert len(painted) == 4
