"""From a plan to a corpus loop: every part rendered, mixed, measured, annotated and captioned."""

from engine.corpus.arrangement import LoopPlan, plan_loop
from engine.corpus.captions import Facts, write_captions
from engine.corpus.figures import figures
from engine.corpus.impressions import measured_characters
from engine.corpus.mixing import characters_of, mix
from engine.corpus.score import Annotation, Audio, CorpusLoop
from engine.corpus.streams import Streams
from engine.corpus.voices import render_part
from engine.corpus.wording import part_words
from engine.tempo import LoopGeometry
from engine.vocabulary import CHARACTERS, PARTS


def render_loop(seed: int, *, with_stems: bool = False) -> CorpusLoop:
    """Loop `seed` of the corpus: stereo `[2, T]` at 44.1 kHz, exactly circular, with its annotation.

    With stems, each part's `[2, T]` after its own effects too. The same seed always gives the same loop.
    """
    return render_plan(plan_loop(seed), with_stems=with_stems)


def render_plan(plan: LoopPlan, *, with_stems: bool = False) -> CorpusLoop:
    """The loop of any plan; T is `LoopGeometry(plan.tempo_bpm, plan.bars).samples`."""
    onsets = plan.onsets()
    dry = dry_stems(plan)
    mixed = mix(dry, plan.mix, plan.tempo_bpm, onsets["kick"], with_stems=with_stems)
    found = {*characters_of(plan.mix), *measured_characters(mixed.audio, dry)}
    planned = {*plan.tags}
    characters = tuple(c for c in CHARACTERS if c in planned or c in found)
    annotation = Annotation(
        seed=plan.seed,
        tempo_bpm=plan.tempo_bpm,
        bars=plan.bars,
        style=plan.style,
        key=plan.key,
        tags=(plan.style, *plan.parts, *characters),
        onsets=onsets,
        captions=write_captions(facts_of(plan, characters), Streams(plan.seed)("captions")),
    )
    return CorpusLoop(mixed.audio, annotation, mixed.stems if with_stems else {})


def dry_stems(plan: LoopPlan) -> dict[str, Audio]:
    """Every part of the plan alone, mono `[T]`, circular, before any effect."""
    samples = LoopGeometry(plan.tempo_bpm, plan.bars).samples
    streams = Streams(plan.seed)
    closed = plan.notes.get("closed_hat", ())
    return {
        part: render_part(
            plan.sounds[part],
            notes,
            plan.tempo_bpm,
            samples,
            streams(part, "voice"),
            choke=closed if part == "open_hat" else (),
        )
        for part, notes in plan.notes.items()
    }


def facts_of(plan: LoopPlan, characters: tuple[str, ...]) -> Facts:
    """What captions may say of the plan."""
    return Facts(
        tempo_bpm=plan.tempo_bpm,
        style=plan.style,
        key=plan.key,
        parts=plan.parts,
        absent=tuple(part for part in PARTS if part not in plan.notes),
        characters=characters,
        words={part: part_words(part, plan.sounds[part].voice) for part in plan.parts},
        figures=figures(plan.notes, plan.bars),
    )
