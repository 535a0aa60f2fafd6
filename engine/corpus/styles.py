"""The twelve styles as data: tempo, swing, which parts play, which patterns they like, modes and chords."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

Weights = Mapping[str, float]


@dataclass(frozen=True)
class Style:
    """The habits of one style.

    `tempo`: comfort zone in BPM. `swing`: range of the delay of every second sixteenth, in steps, taken with
    probability `swing_chance`. `parts`: probability of each part in a full arrangement. `makers`: per part, weights
    of the pattern makers (names of `engine.corpus.patterns.MAKERS`). `modes`, `chords`: harmonic habits.
    `energy`: range of how busy the loop is. A part that a style does not name never plays in it.
    """

    tempo: tuple[float, float]
    swing: tuple[float, float]
    swing_chance: float
    parts: Weights
    makers: Mapping[str, Weights]
    modes: Weights
    chords: Weights
    energy: tuple[float, float] = (0.2, 0.9)

    def of(self, parts: Sequence[str]) -> Self:
        """The habits of who has these `parts` alone, in their order."""
        return replace(self, parts={part: self.parts[part] for part in parts if part in self.parts})


def _parts(*probabilities: float, **others: float) -> Weights:
    return dict(zip(_KIT, probabilities, strict=True)) | others


def _weights(text: str) -> Weights:
    """`"four 3 broken 1"` as a mapping."""
    words = text.split()
    return {name: float(weight) for name, weight in zip(words[::2], words[1::2], strict=True)}


def _makers(**texts: str) -> Mapping[str, Weights]:
    return {part: _weights(text) for part, text in texts.items()}


_KIT: Final = ("kick", "snare", "closed_hat", "open_hat", "percussion", "bass", "lead", "pad")
"""Order of `_parts`; parts of later vocabularies are named."""

STYLE_HABITS: Final[Mapping[str, Style]] = {
    "minimal": Style(
        tempo=(120, 130),
        swing=(0.08, 0.3),
        swing_chance=0.5,
        parts=_parts(0.97, 0.7, 0.85, 0.4, 0.75, 0.8, 0.55, 0.3),
        makers=_makers(
            kick="four 6 holes 1 sparse 1 broken 0.5",
            snare="rims 3 one 2 backbeat 1.5 late 2 euclid 2",
            closed_hat="offbeat 2 ticks 3 thinned 3 euclid 2 shuffled 2 breathing 0.7",
            open_hat="offbeat 1.5 end 2 long 1 syncopated 1",
            percussion="euclid 3 polymeter 3 sparse 3 clave 1 answer 2 shaker 1",
            bass="around_kick 3 riff 2 dub 1.5 sub 1.5 offbeat 1 rolling 0.7",
            lead="bleep 3 pluck 1.5 dub_stabs 2 answer 2 stabs 1",
            pad="drone 3 held 1 swells 1 high 1",
        ),
        modes=_weights("minor 3 dorian 2 phrygian 1.5 major 1 mixolydian 1"),
        chords=_weights("static 6 two 1"),
        energy=(0.1, 0.6),
    ),
    "house": Style(
        tempo=(118, 130),
        swing=(0.1, 0.35),
        swing_chance=0.55,
        parts=_parts(0.97, 0.9, 0.8, 0.75, 0.55, 0.88, 0.75, 0.35),
        makers=_makers(
            kick="four 8 holes 0.7 tribal 0.4",
            snare="backbeat 5 decorated 3 triple 0.7 rims 0.7",
            closed_hat="sixteenths 2 offbeat 1.5 eighths 2 shuffled 3 thinned 1",
            open_hat="offbeat 6 syncopated 1 end 1",
            percussion="clave 3 shaker 3 tribal 2 euclid 1 quarters 1",
            bass="riff 4 offbeat 2 octaves 1.5 around_kick 2 sub 0.5",
            lead="stabs 5 offbeat 1.5 riff 1.5 arpeggio 0.7 pluck 1 answer 1",
            pad="held 3 push 2 high 1 swells 1",
        ),
        modes=_weights("minor 3 dorian 2 phrygian 0.2 major 3 mixolydian 1"),
        chords=_weights("static 2 two 3 four 3"),
    ),
    "deep_house": Style(
        tempo=(114, 125),
        swing=(0.1, 0.38),
        swing_chance=0.6,
        parts=_parts(0.95, 0.85, 0.82, 0.6, 0.55, 0.9, 0.75, 0.65),
        makers=_makers(
            kick="four 7 holes 1 sparse 0.3",
            snare="backbeat 4 decorated 2 rims 2",
            closed_hat="shuffled 3 thinned 2 offbeat 2 sixteenths 1 eighths 1",
            open_hat="offbeat 4 syncopated 1 end 1",
            percussion="shaker 3 clave 2 sparse 2 euclid 1 tribal 1",
            bass="dub 2 riff 4 sub 2 around_kick 1.5 offbeat 1",
            lead="stabs 4 offbeat 1 dub_stabs 2 pluck 1.5 riff 1",
            pad="held 5 push 1 swells 2 high 1",
        ),
        modes=_weights("minor 3 dorian 3 phrygian 0.1 major 2 mixolydian 1"),
        chords=_weights("static 1.5 two 4 four 3"),
        energy=(0.15, 0.7),
    ),
    "tech_house": Style(
        tempo=(122, 132),
        swing=(0.05, 0.3),
        swing_chance=0.5,
        parts=_parts(0.98, 0.85, 0.9, 0.7, 0.8, 0.9, 0.6, 0.2),
        makers=_makers(
            kick="four 8 holes 0.6",
            snare="backbeat 4 decorated 3 triple 1.5 roll 1 rims 1",
            closed_hat="sixteenths 3 shuffled 3 offbeat 2 thinned 1 ratchets 1",
            open_hat="offbeat 5 syncopated 1.5 end 1",
            percussion="tribal 3 clave 2 shaker 2 euclid 2 fill 1.5 answer 1",
            bass="riff 5 around_kick 3 rolling 2 offbeat 1.5 with_kick 0.5",
            lead="stabs 2 bleep 2 riff 2 answer 2",
            pad="high 1 drone 1 push 1",
        ),
        modes=_weights("minor 3 dorian 1.5 phrygian 1.5 major 1 mixolydian 1"),
        chords=_weights("static 6 two 1.5"),
        energy=(0.4, 0.95),
    ),
    "techno": Style(
        tempo=(124, 145),
        swing=(0.03, 0.2),
        swing_chance=0.25,
        parts=_parts(0.97, 0.65, 0.88, 0.65, 0.65, 0.82, 0.65, 0.35),
        makers=_makers(
            kick="four 8 rolling 0.8 broken 1 holes 0.6",
            snare="backbeat 2 rims 2 late 1.5 roll 1 euclid 1.5 one 1",
            closed_hat="sixteenths 4 offbeat 3 breathing 1 ratchets 1 euclid 1 broken 0.5",
            open_hat="offbeat 5 end 1 long 1 syncopated 1",
            percussion="euclid 3 polymeter 3 quarters 2 tribal 1.5 sparse 1",
            bass="rolling 4 offbeat 2 pedal 2 around_kick 2 sub 1 acid 1",
            lead="stabs 2 bleep 2.5 arpeggio 1.5 dub_stabs 1.5 riff 1 acid 1 long 0.7",
            pad="drone 3 high 2 held 1.5 gate 1",
        ),
        modes=_weights("minor 4 dorian 1 phrygian 3 major 1 mixolydian 1"),
        chords=_weights("static 7 two 1.5 four 0.5"),
        energy=(0.3, 1.0),
    ),
    "dub_techno": Style(
        tempo=(110, 126),
        swing=(0.05, 0.25),
        swing_chance=0.35,
        parts=_parts(0.93, 0.45, 0.8, 0.5, 0.45, 0.85, 0.9, 0.6),
        makers=_makers(
            kick="four 7 sparse 1 holes 1 half_time 0.4",
            snare="rims 3 one 2 late 2 backbeat 1",
            closed_hat="offbeat 3 ticks 2 thinned 2 breathing 1 eighths 1",
            open_hat="offbeat 3 long 2 end 1",
            percussion="sparse 4 polymeter 2 euclid 1 shaker 1.5",
            bass="dub 4 sub 3 around_kick 1 offbeat 1",
            lead="dub_stabs 7 offbeat 2 stabs 1",
            pad="drone 3 held 2 swells 1",
        ),
        modes=_weights("minor 4 dorian 2 phrygian 0.5 major 1 mixolydian 1"),
        chords=_weights("static 6 two 2"),
        energy=(0.1, 0.5),
    ),
    "acid": Style(
        tempo=(118, 145),
        swing=(0.05, 0.25),
        swing_chance=0.3,
        parts=_parts(0.95, 0.75, 0.85, 0.6, 0.35, 0.75, 0.7, 0.15),
        makers=_makers(
            kick="four 8 rolling 0.4 electro 0.5",
            snare="backbeat 4 decorated 2 roll 2 electro 1",
            closed_hat="sixteenths 4 offbeat 2 eighths 2 shuffled 1",
            open_hat="offbeat 5 syncopated 1",
            percussion="clave 2 quarters 2 euclid 1 tribal 1",
            bass="acid 7 rolling 1 octaves 1 answer 1.5",
            lead="acid 7 stabs 1 riff 1 bleep 1",
            pad="high 1 drone 1 held 1",
        ),
        modes=_weights("minor 3 dorian 1 phrygian 3 major 1 mixolydian 2"),
        chords=_weights("static 9 two 1"),
        energy=(0.4, 1.0),
    ),
    "industrial": Style(
        tempo=(124, 158),
        swing=(0.02, 0.15),
        swing_chance=0.12,
        parts=_parts(0.97, 0.7, 0.75, 0.6, 0.75, 0.75, 0.45, 0.4),
        makers=_makers(
            kick="four 5 rolling 3 broken 2.5 euclid 1",
            snare="backbeat 2 late 1.5 roll 2 breaks 1 half_time 1 triple 1",
            closed_hat="sixteenths 4 offbeat 2 broken 2 breathing 1",
            open_hat="offbeat 3 long 2 syncopated 1",
            percussion="polymeter 3 euclid 3 tribal 1.5 quarters 1.5 fill 1",
            bass="rolling 3 pedal 3 around_kick 2 with_kick 2 reese 1",
            lead="bleep 2 long 2 acid 1 stabs 1 answer 1",
            pad="drone 5 gate 1 high 1",
        ),
        modes=_weights("minor 2 dorian 0.3 phrygian 5 major 0.5 mixolydian 1"),
        chords=_weights("static 8 two 1"),
        energy=(0.4, 1.0),
    ),
    "electro": Style(
        tempo=(108, 138),
        swing=(0.05, 0.2),
        swing_chance=0.2,
        parts=_parts(0.97, 0.93, 0.85, 0.4, 0.5, 0.88, 0.7, 0.4),
        makers=_makers(
            kick="electro 8 broken 1",
            snare="electro 5 backbeat 3 decorated 1",
            closed_hat="sixteenths 3 broken 2 eighths 3 ratchets 1.5 shuffled 0.5",
            open_hat="syncopated 3 end 2 offbeat 1",
            percussion="clave 3 euclid 2 tribal 2 quarters 1",
            bass="octaves 2 riff 3 acid 2 pedal 1.5 answer 2",
            lead="arpeggio 3 riff 2 bleep 2 stabs 1.5 answer 1.5 long 1",
            pad="held 2 high 2 drone 1 gate 1",
        ),
        modes=_weights("minor 4 dorian 1.5 phrygian 2 major 1 mixolydian 1"),
        chords=_weights("static 4 two 3 four 1.5"),
        energy=(0.3, 0.95),
    ),
    "breakbeat": Style(
        tempo=(90, 142),
        swing=(0.08, 0.35),
        swing_chance=0.45,
        parts=_parts(0.96, 0.95, 0.85, 0.4, 0.5, 0.85, 0.6, 0.4),
        makers=_makers(
            kick="breaks 8 broken 2",
            snare="breaks 7 backbeat 1 decorated 2",
            closed_hat="eighths 4 broken 3 sixteenths 1.5 shuffled 2 ratchets 0.5",
            open_hat="syncopated 3 end 2 long 1",
            percussion="shaker 3 tribal 3 clave 2 fill 1 quarters 1",
            bass="riff 3 reese 1.5 sub 2 dub 2 answer 1.5 around_kick 1",
            lead="stabs 3 pluck 1.5 arpeggio 1 answer 2 riff 1.5",
            pad="held 3 swells 1 high 1 drone 1",
        ),
        modes=_weights("minor 4 dorian 2 phrygian 0.7 major 2 mixolydian 1"),
        chords=_weights("static 3 two 3 four 2"),
        energy=(0.3, 0.95),
    ),
    "drum_and_bass": Style(
        tempo=(160, 195),
        swing=(0.03, 0.2),
        swing_chance=0.25,
        parts=_parts(0.96, 0.95, 0.88, 0.4, 0.5, 0.9, 0.45, 0.5),
        makers=_makers(
            kick="two_step 8 breaks 2 half_time 0.5",
            snare="backbeat 3 breaks 4 decorated 2 half_time 0.5",
            closed_hat="eighths 4 sixteenths 2 broken 3 shuffled 2",
            open_hat="long 2 end 2 syncopated 1",
            percussion="shaker 3 quarters 2 tribal 1 fill 1",
            bass="reese 4 sub 3 dub 2 riff 1 rolling 0.5",
            lead="pluck 2 dub_stabs 2 stabs 1 answer 1.5 arpeggio 1 long 1",
            pad="held 4 drone 2 high 1",
        ),
        modes=_weights("minor 5 dorian 1.5 phrygian 1 major 1.5 mixolydian 0.5"),
        chords=_weights("static 3 two 3 four 2"),
        energy=(0.4, 1.0),
    ),
    "downtempo": Style(
        tempo=(62, 105),
        swing=(0.1, 0.4),
        swing_chance=0.6,
        parts=_parts(0.9, 0.85, 0.8, 0.35, 0.55, 0.85, 0.65, 0.7),
        makers=_makers(
            kick="laid_back 6 breaks 2 half_time 2 sparse 1 four 0.7",
            snare="backbeat 4 decorated 3 half_time 2 rims 1 breaks 1",
            closed_hat="eighths 4 shuffled 3 sixteenths 2 thinned 1 ratchets 1",
            open_hat="end 3 syncopated 1 long 1.5",
            percussion="shaker 3 sparse 2 clave 2 tribal 1.5 polymeter 0.7",
            bass="dub 4 sub 3 riff 2.5 around_kick 1",
            lead="pluck 3 arpeggio 2 dub_stabs 2 stabs 2 answer 1 bleep 0.7",
            pad="held 5 drone 2 swells 2 high 1",
        ),
        modes=_weights("minor 3 dorian 3 phrygian 0.3 major 3 mixolydian 1"),
        chords=_weights("static 1.5 two 3 four 4"),
        energy=(0.1, 0.7),
    ),
}
"""The habits of every style of the vocabulary."""
