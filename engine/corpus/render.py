"""From a plan to a corpus loop: every part rendered, mixed, measured, annotated and captioned."""

import math
from collections.abc import Collection, Mapping

from engine.audio.tuning import fallen_hz
from engine.audio.voice_image import voice_image
from engine.corpus.arrangement import LoopPlan, plan_loop
from engine.corpus.captions import Facts, write_captions
from engine.corpus.figures import figures
from engine.corpus.impressions import measured_characters
from engine.corpus.mixing import characters_of, mix
from engine.corpus.one_shots import with_one_shots
from engine.corpus.sampled import with_instrument
from engine.corpus.score import Annotation, Audio, CorpusLoop, Note
from engine.corpus.streams import Streams
from engine.corpus.voices import render_part
from engine.corpus.wording import part_words
from engine.tempo import LoopGeometry
from engine.vocabulary import CHARACTERS, PARTS

TUNED = "kick"
"""The drum whose pitch is known."""


def render_loop(seed: int, *, with_stems: bool = False) -> CorpusLoop:
    """Loop `seed` of the corpus: stereo `[2, T]` at 44.1 kHz, exactly circular, with its annotation.

    With stems, each part's `[2, T]` after its own effects too. The same seed always gives the same loop, as long as
    the same one-shots are named (`engine.corpus.one_shots`).
    """
    return render_plan(plan_loop(seed), with_stems=with_stems)


def render_plan(plan: LoopPlan, *, with_stems: bool = False) -> CorpusLoop:
    """The loop of any plan; T is `LoopGeometry(plan.tempo_bpm, plan.bars).samples`."""
    onsets = plan.onsets()
    voiced = dry_stems(plan)
    dry = sampled_stems(plan, voiced)
    mixed = mix(dry, plan.mix, plan.tempo_bpm, onsets["kick"], with_stems=with_stems)
    found = {*characters_of(plan.mix), *measured_characters(mixed.audio, dry)}
    if "distorted" in found:
        found.discard("soft")  # dirt flattens the peaks that punch is measured by
    characters = tuple(c for c in CHARACTERS if c in found or c in plan.tags)
    facts = facts_of(plan, characters, sampled=[part for part in dry if dry[part] is not voiced[part]])
    annotation = Annotation(
        seed=plan.seed,
        tempo_bpm=plan.tempo_bpm,
        bars=plan.bars,
        style=plan.style,
        key=plan.key,
        tags=(plan.style, *plan.parts, *characters),
        onsets=onsets,
        captions=write_captions(facts, Streams(plan.seed)("captions")),
        notes=plan.pitches(),
        tunings=tunings(plan, dry, synthesised=[part for part in dry if dry[part] is voiced[part]]),
    )
    return CorpusLoop(mixed.audio, annotation, mixed.stems if with_stems else {}, voice_images(plan, dry))


def tunings(plan: LoopPlan, stems: Mapping[str, Audio], synthesised: Collection[str]) -> dict[str, float]:
    """The MIDI pitch that the kick falls to: as it is set where it is `synthesised`, else as it is heard in its dry
    stem `[T]`. None where there is no kick, or one without a pitch."""
    if TUNED not in stems:
        return {}
    geometry = LoopGeometry(plan.tempo_bpm, plan.bars)
    strikes = [(geometry.beat_to_sample(beat) % geometry.samples, v) for beat, v in plan.onsets()[TUNED]]
    own = plan.sounds[TUNED].settings.get("hz") if TUNED in synthesised else None
    hertz = own or fallen_hz(stems[TUNED], geometry.sample_rate, strikes)
    return {} if hertz is None else {TUNED: 69 + 12 * math.log2(hertz / 440)}


def voice_images(plan: LoopPlan, stems: Mapping[str, Audio]) -> dict[str, Audio]:
    """The picture of the clearest hit of each part, from its dry stem `[T]`; parts that are not heard have none."""
    geometry = LoopGeometry(plan.tempo_bpm, plan.bars)
    found = {}
    for part, struck in plan.onsets().items():
        if part in stems:
            places = [(geometry.beat_to_sample(beat) % geometry.samples, velocity) for beat, velocity in struck]
            image = voice_image(stems[part], geometry.sample_rate, places)
            if image is not None:
                found[part] = image
    return found


def dry_stems(plan: LoopPlan) -> dict[str, Audio]:
    """Every part of the plan alone as its voice plays it, mono `[T]`, circular, before any effect."""
    samples = LoopGeometry(plan.tempo_bpm, plan.bars).samples
    streams = Streams(plan.seed)
    return {
        part: render_part(
            plan.sounds[part],
            notes,
            plan.tempo_bpm,
            samples,
            streams(part, "voice"),
            choke=_choke(plan, part),
        )
        for part, notes in plan.notes.items()
    }


def sampled_stems(plan: LoopPlan, stems: Mapping[str, Audio]) -> dict[str, Audio]:
    """`stems` `[T]`, some played by or with one-shots or sampled instruments where collections of them are named."""
    streams, pitches = Streams(plan.seed), plan.pitches()
    found = {}
    for part, stem in stems.items():
        notes = plan.notes[part]
        struck = with_one_shots(
            stem, part, notes, plan.tempo_bpm, streams(part, "one_shot"), choke=_choke(plan, part)
        )
        if struck is stem:
            rng = streams(part, "instrument")
            struck = with_instrument(stem, part, notes, pitches.get(part, ()), plan.tempo_bpm, rng=rng)
        found[part] = struck
    return found


def _choke(plan: LoopPlan, part: str) -> tuple[Note, ...]:
    return plan.notes.get("closed_hat", ()) if part == "open_hat" else ()


def facts_of(plan: LoopPlan, characters: tuple[str, ...], sampled: Collection[str] = ()) -> Facts:
    """What captions may say of the plan; of `sampled` parts the voice is not named, for it is another one."""
    return Facts(
        tempo_bpm=plan.tempo_bpm,
        style=plan.style,
        key=plan.key,
        parts=plan.parts,
        absent=tuple(part for part in PARTS if part not in plan.notes),
        characters=characters,
        words={part: part_words(part, "" if part in sampled else plan.sounds[part].voice) for part in plan.parts},
        figures=figures(plan.notes, plan.bars),
    )
