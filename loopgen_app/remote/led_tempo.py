"""The tempo that another clock gives, as the knob's."""

from loopgen_app.studio import Studio


def take_tempo(studio: Studio, tempo_bpm: float) -> None:
    """The tempo of the clock stays: it is the tempo of what comes next, and of what plays, made anew."""
    knob = studio.instrument
    if 40.0 <= tempo_bpm <= 240.0 and knob.value("tempo_bpm") != tempo_bpm:
        studio.live_tempo.held = True
        knob.set("tempo_bpm", tempo_bpm)
    if studio.transport.state.playing:
        studio.live_tempo.make_anew()
