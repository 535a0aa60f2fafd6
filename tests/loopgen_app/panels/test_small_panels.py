"""Rows of knobs and lines of words, each on a desk: what is turned, what is told, and what is as wide as it says."""

from pathlib import Path

import pytest
from conftest import Desk
from hand import LEFT
from PySide6.QtTest import QTest

from engine import CURVES, PARTS, STEERS, STEPS_PER_BAR, Pattern, PatternRequest, Written
from loopgen_app.making.rows import Proposal
from loopgen_app.panels.bank_panel import BankPanel
from loopgen_app.panels.curves_panel import CurvesPanel
from loopgen_app.panels.exits import copy_path, shown
from loopgen_app.panels.generate_panel import GeneratePanel
from loopgen_app.panels.next_row import NextRow, in_short, turn_back
from loopgen_app.panels.pattern_panel import COMPOSED_BY, PatternPanel
from loopgen_app.panels.reference_row import FILTER, ReferenceRow
from loopgen_app.panels.result_tabs import ResultTabs
from loopgen_app.panels.row_menu import rows_proposed
from loopgen_app.panels.steer_row import SteerRow
from loopgen_app.state.parameters import PARAMETERS


def test_every_steer_and_every_curve_has_a_knob_of_its_own(desk: Desk) -> None:
    steers, curves = desk.show(SteerRow(desk.studio)), desk.show(CurvesPanel(desk.studio))
    assert (list(steers.knobs), list(curves.knobs)) == (list(STEERS), list(CURVES))
    for number, knob in enumerate(steers.knobs.values()):
        knob.setValue(0.1 * (number + 1))
    value = desk.studio.instrument.value
    assert [value(f"steer_{steer}") for steer in STEERS] == pytest.approx(
        [0.1 * n for n in range(1, len(STEERS) + 1)]
    )
    curves.knobs["brightness"].setCurve((0.2, 0.9))
    assert [value(f"curve_{curve}") for curve in CURVES] == [
        (0.2, 0.9) if c == "brightness" else None for c in CURVES
    ]


def test_the_press_that_makes_sound_says_what_it_will_do(desk: Desk) -> None:
    panel = desk.show(GeneratePanel(desk.studio))
    assert (panel.generate.text(), panel.cancel.isEnabled(), panel.variations.text()) == ("Generate", False, "1 loop")
    panel.variations.setValue(3)
    assert panel.variations.text() == "3 loops"
    QTest.mouseClick(panel.generate, LEFT)
    assert len(desk.service.waiting) == 3
    assert (panel.generate.text(), panel.cancel.isEnabled()) == ("Generate again", True)
    QTest.mouseClick(panel.cancel, LEFT)
    assert not desk.service.waiting


def test_what_is_next_and_what_of_it_is_otherwise(desk: Desk) -> None:
    row, instrument = desk.show(NextRow(desk.studio)), desk.studio.instrument
    desk.generate(tempo_bpm=120.0, bars=2, key="Am")
    assert (row.asked.whole(), row.changed.whole()) == ("Next: 120 BPM · 2 bars · Am", "as what plays")
    instrument.set_many({"tempo_bpm": 126.5, "key": None}, "Turn")
    assert row.asked.whole() == "Next: 126.5 BPM · 2 bars" and row.back.isEnabled()
    assert set(row.changed.whole().removeprefix("changed: ").split(", ")) == {
        PARAMETERS["tempo_bpm"].label, PARAMETERS["key"].label,
    }  # fmt: skip
    turn_back(desk.studio)
    assert (instrument.value("tempo_bpm"), instrument.value("key"), row.back.isEnabled()) == (120.0, "Am", False)


def test_a_loop_in_short() -> None:
    assert in_short(174.0, 1, None) == "174 BPM · 1 bar" and in_short(90.25, 16, "F#m") == "90.25 BPM · 16 bars · F#m"


def test_a_sound_to_take_after_is_named_and_its_weight_counts_from_then_on(desk: Desk) -> None:
    row = desk.show(ReferenceRow(desk.studio))
    assert "*.wav" in FILTER and "*.ogg" in FILTER and not row.blend.isEnabled()
    desk.studio.references.take_loop(desk.generate(prompt="warm dub"))
    desk.service.listen()
    assert row.blend.isEnabled() and row.drop.toolTip().startswith("warm dub: ")
    row.drop.dropped.emit([])
    assert desk.said().startswith("Only files and loops")
    desk.studio.references.clear()
    assert not row.blend.isEnabled() and row.drop.toolTip() == PARAMETERS["reference"].tooltip


def test_a_source_that_is_opened_comes_to_the_front(desk: Desk) -> None:
    bank = BankPanel(desk.studio)
    tabs = desk.show(ResultTabs(desk.studio, bank))
    assert bank.isVisible() and not tabs.source.isVisible()
    desk.studio.reworking.open_banked(desk.generate().id)
    assert tabs.source.isVisible() and not bank.isVisible() and tabs.choice.value() == 1
    tabs.show_page(0)
    assert bank.isVisible()


def test_a_folder_is_told_short_where_it_is_the_users_own(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shown(tmp_path / "Music" / "loops") == "~/Music/loops" and shown(Path("/srv/loops")) == "/srv/loops"
    copy_path(desk.studio, None)
    assert desk.said() == ""


def test_of_a_proposal_the_bar_at_hand_is_shown_and_rows_that_stay_are_not() -> None:
    long, short = tuple(n / 32 for n in range(32)), tuple(n / 16 for n in range(16))
    written = Written(Pattern({"kick": long, "snare": short, "bass": short}), ("kick", "snare"))
    found = rows_proposed(Proposal("", PatternRequest("new", Pattern(), part="kick"), written), 16, STEPS_PER_BAR)
    assert found[PARTS.index("kick")] == long[16:] and found[PARTS.index("snare")] == short
    assert [part for part, row in zip(PARTS, found, strict=True) if row] == ["kick", "snare"]
    assert rows_proposed(None, 0, STEPS_PER_BAR) == [None] * len(PARTS)


TURNED = {
    "pattern": Pattern({"kick": (1.0,) * 16}), "muted": ("kick",), "tags": ("house",), "negative_tags": ("dark",),
    "prompt": "warm", "negative_prompt": "cold", "key": "Am", "compose": False, "bars": 2, "seed": 5,
    "reference": (0.1,) * 512,
}  # fmt: skip


def test_the_grid_writes_anew_for_exactly_the_knobs_that_decide_what_is_composed(desk: Desk) -> None:
    instrument = desk.studio.instrument
    instrument.set("reference", (0.2,) * 512)  # without one its blend decides nothing
    found = set()
    for knob in PARAMETERS.values():
        if knob.id not in TURNED and knob.kind not in ("number", "whole"):
            continue
        before, was = instrument.request().score(), instrument.value(knob.id)
        instrument.set(knob.id, TURNED.get(knob.id, knob.high if was == knob.low else knob.low))
        if instrument.request().score() != before:
            found.add(knob.id)
        instrument.set(knob.id, was)
    assert found - {"swing"} == set(COMPOSED_BY)  # the swing is that of drawn rows, and what is composed has its own


def test_what_is_composed_is_asked_for_once_after_many_turns(desk: Desk) -> None:
    panel, asked = desk.show(PatternPanel(desk.studio)), []
    desk.studio.scores.ask = asked.append  # type: ignore[method-assign]
    for knob, value in (("tempo_bpm", 140.0), ("steer_dense", 0.5), ("level_db", -3.0)):
        panel._composing.stop()
        desk.studio.instrument.set(knob, value)
        assert panel._composing.isActive() == (knob != "level_db")
    panel._composing.timeout.emit()
    assert [(request.tempo_bpm, request.bars) for request in asked] == [(140.0, desk.studio.instrument.value("bars"))]
