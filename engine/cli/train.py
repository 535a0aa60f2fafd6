"""`loopgen train`: train the models of a pack on a corpus; stop and go on at any time.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too. To use several
processes or GPUs, start it with `torchrun --nproc-per-node N -m -- engine train ...`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from engine.cli.options import DeviceOption, FirstSeedOption, HeldOutOption
from engine.cli.train_cost import cost
from engine.cli.train_directions import directions
from engine.errors import InvalidRequest, MissingDependency

if TYPE_CHECKING:
    from engine.training.run import TrainingOptions

CorpusArgument: TypeAlias = Annotated[Path, typer.Argument(help="A corpus folder; see `loopgen corpus build`.")]
LatentsArgument: TypeAlias = Annotated[
    Path, typer.Argument(help="A corpus that the pack's codec encoded, as a folder of loops or of shards.")
]
PackFolder: TypeAlias = Annotated[Path, typer.Option("--pack", metavar="DIR", help="The pack to train into.")]
RunFolder: TypeAlias = Annotated[
    Path, typer.Option("--run", metavar="DIR", help="Checkpoints, metrics and plot; the same folder goes on.")
]
Minutes: TypeAlias = Annotated[float, typer.Option(help="Wall-clock minutes to train.")]
Steps: TypeAlias = Annotated[int, typer.Option(help="Steps to train at the most.")]
Rate: TypeAlias = Annotated[float, typer.Option(help="Peak learning rate.")]
Decay: TypeAlias = Annotated[float, typer.Option(help="Last share of the budget in which the rate falls to zero.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(help="Train the models of a pack.", no_args_is_help=True, rich_markup_mode=None)
    verbs.command("codec", help="Train a codec on a corpus with audio.")(codec)
    verbs.command("levels", help="Bring the bands of a trained codec to the levels of a corpus.")(levels)
    verbs.command("clap", help="Train an embedder of words and sounds on a corpus with audio.")(clap)
    verbs.command("denoiser", help="Train a denoiser on a corpus that the pack's codec encoded.")(denoiser)
    verbs.command("patterns", help="Train the autoencoder of patterns on scores of the corpus; no sound is made.")(
        patterns
    )
    verbs.command("stems", help="Train the separator of stems on loops of the corpus, rendered as it trains.")(stems)
    verbs.command("fewsteps", help="Train the model of two evaluations on what the pack's denoiser makes in many.")(
        fewsteps
    )
    verbs.command("all", help="Train a whole pack, from its corpus on, in the time there is.")(everything)
    verbs.command("cost", help="What training on very many loops would take, as a table.")(cost)
    verbs.command("steers", help="Calibrate the steer sliders of a trained pack on loops it renders.")(steers)
    verbs.command("balance", help="Measure what the bands of a trained pack's loops lack, and give it back.")(balance)
    verbs.command("directions", help="Find where sliders lead in what two evaluations make a loop of.")(directions)
    app.add_typer(verbs, name="train")


def codec(
    corpus: CorpusArgument,
    pack: PackFolder,
    run: RunFolder,
    minutes: Minutes = 120.0,
    steps: Steps = 1_000_000,
    rate: Rate = 1e-3,
    decay: Decay = 0.25,
    batch: Annotated[int, typer.Option(help="Crops of 1.5 s per step.")] = 12,
    name: Annotated[str, typer.Option(help="Name of a new pack.")] = "starter",
    freeze_encoder: Annotated[
        bool, typer.Option(help="Train the decoder alone: latents stay what they are.")
    ] = False,
    latent_noise: Annotated[
        float, typer.Option(help="Largest noise added to latents: more makes them coarser, and easier to generate.")
    ] = 0.5,
    adversarial: Annotated[
        bool, typer.Option(help="Second stage: the decoder against a discriminator, latents unchanged.")
    ] = False,
    rendered: Annotated[
        int, typer.Option(help="Loops that the pack renders for the second stage, to sound real as well.")
    ] = 0,
) -> None:
    """Train a codec on a corpus with audio."""
    need_accelerate()
    from engine.training.codec import CodecTraining
    from engine.training.codec_run import train_codec

    options = _options(minutes, steps, rate, decay)
    if not 0 <= latent_noise <= 4:
        raise InvalidRequest(f"--latent-noise {latent_noise} is not possible: 0 to 4; latents have a deviation of 1.")
    if not 0 <= rendered <= 100_000 or (rendered and not adversarial):
        raise InvalidRequest(f"--rendered {rendered} is not possible: 0 to 100000, beside --adversarial.")
    training = CodecTraining(
        corpus, batch_size=batch, latent_noise=latent_noise, freeze_encoder=freeze_encoder, rendered=rendered
    )
    _say(train_codec(training, pack, run, options, name=name, adversarial=adversarial))


def levels(
    corpus: CorpusArgument,
    pack: PackFolder,
    loops: Annotated[int, typer.Option(help="Loops to measure.")] = 100,
    within: Annotated[float, typer.Option(help="What a band may be off, in dB.")] = 1.0,
) -> None:
    """Bring the bands of a trained codec to the levels of a corpus; latents stay what they are."""
    from engine.training.band_levels import train_levels

    found = train_levels(corpus, pack, loops=loops, within_db=within)
    _say({f"greatest error {when} (dB)": max(map(abs, errors)) for when, errors in found.items()})


def clap(
    corpus: CorpusArgument,
    pack: PackFolder,
    run: RunFolder,
    minutes: Minutes = 40.0,
    steps: Steps = 1_000_000,
    rate: Rate = 1e-3,
    decay: Decay = 0.5,
    batch: Annotated[int, typer.Option(help="Loops per step, each with a caption.")] = 128,
    words: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Sentence encoder of BERT's kind that a new embedder takes words from."),
    ] = None,
) -> None:
    """Train an embedder of words and sounds on a corpus with audio."""
    need_accelerate()
    from engine.training.clap import ClapTraining
    from engine.training.clap_run import train_clap

    training = ClapTraining(corpus, batch_size=batch)
    _say(train_clap(training, pack, run, _options(minutes, steps, rate, decay), words=words))


def denoiser(
    corpus: LatentsArgument,
    pack: PackFolder,
    run: RunFolder,
    minutes: Minutes = 240.0,
    steps: Steps = 1_000_000,
    rate: Rate = 1e-3,
    decay: Decay = 0.25,
    frames: Annotated[int, typer.Option(help="Latent frames per step, over all loops of a batch.")] = 2048,
) -> None:
    """Train a denoiser on a corpus that the pack's codec encoded."""
    need_accelerate()
    from engine.training.denoiser_run import train_denoiser

    _say(train_denoiser(corpus, pack, run, _options(minutes, steps, rate, decay), frames_per_batch=frames))


def patterns(
    pack: PackFolder,
    run: RunFolder,
    minutes: Minutes = 60.0,
    steps: Steps = 1_000_000,
    rate: Rate = 1e-3,
    decay: Decay = 0.4,
    scores: Annotated[int, typer.Option(help="Scores to draw and train on; they are kept in the run.")] = 20_000,
    bars: Annotated[int, typer.Option(help="Bars per step, over all scores of a batch.")] = 256,
) -> None:
    """Train the autoencoder of patterns on scores of the corpus; no sound is made."""
    need_accelerate()
    from engine.training.patterns import PatternTraining
    from engine.training.patterns_run import train_patterns

    if not 8 <= scores <= 100_000 or not 16 <= bars <= 65_536:
        raise InvalidRequest("Possible: --scores 8 to 100000, --bars 16 to 65536.")
    training = PatternTraining(scores=scores, bars_per_batch=bars)
    _say(train_patterns(pack, run, _options(minutes, steps, rate, decay), training))


def stems(
    pack: PackFolder,
    run: RunFolder,
    minutes: Minutes = 60.0,
    steps: Steps = 1_000_000,
    rate: Rate = 1.5e-3,
    decay: Decay = 0.4,
    loops: Annotated[int, typer.Option(help="Loops per step; one of them is new.")] = 4,
) -> None:
    """Train the separator of stems on loops of the corpus, rendered as it trains."""
    need_accelerate()
    from engine.training.stems import StemTraining
    from engine.training.stems_run import train_stems

    if not 1 <= loops <= 256:
        raise InvalidRequest(f"--loops {loops} is not possible: 1 to 256.")
    training = StemTraining(loops=loops, kept=max(loops, StemTraining.kept))
    _say(train_stems(pack, run, _options(minutes, steps, rate, decay), training))


def fewsteps(
    corpus: CorpusArgument,
    pack: PackFolder,
    run: RunFolder,
    minutes: Minutes = 120.0,
    steps: Steps = 1_000_000,
    rate: Rate = 1e-3,
    decay: Decay = 0.5,
    frames: Annotated[int, typer.Option(help="Latent frames per step, over all loops of a batch.")] = 1024,
    every: Annotated[int, typer.Option(help="Steps to each new lesson of the denoiser; lessons are kept.")] = 4,
) -> None:
    """Train the model of two evaluations on what the pack's denoiser makes in many."""
    need_accelerate()
    from engine.training.fewsteps import FewStepTraining
    from engine.training.fewsteps_run import train_fewsteps

    if not 64 <= frames <= 1_000_000 or not 1 <= every <= 1000:
        raise InvalidRequest("Possible: --frames 64 to 1000000, --every 1 to 1000.")
    training = FewStepTraining(corpus, frames_per_batch=frames, lesson_every=every)
    _say(train_fewsteps(training, pack, run, _options(minutes, steps, rate, decay)))


def everything(
    folder: Annotated[Path, typer.Argument(help="Folder for the corpus and the runs; the same folder goes on.")],
    pack: PackFolder,
    minutes: Minutes = 600.0,
    loops: Annotated[int, typer.Option(help="Loops to render at the most.")] = 12_000,
    held_out: HeldOutOption = 200,
    first_seed: FirstSeedOption = 0,
    jobs: Annotated[int, typer.Option(help="Processes that render; 0 for one less than there are cores.")] = 0,
    rate: Rate = 1e-3,
    words: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Sentence encoder that an embedder takes words from; without one, none."),
    ] = None,
    device: DeviceOption = "auto",
) -> None:
    """Train a whole pack: corpus, codec, decoder, embedder and denoiser, each with its share of the minutes."""
    need_accelerate()
    from engine.training.chain import Chain, train_all

    chain = Chain(
        folder,
        pack,
        minutes,
        loops=loops,
        held_out=held_out,
        first_seed=first_seed,
        jobs=jobs,
        device=device,
        words=words,
        rate=rate,
    )
    _say(train_all(chain, lambda told: typer.echo(told, err=True)))


def steers(
    pack: PackFolder,
    loops: Annotated[int, typer.Option(help="Loops that are steered, of all styles in turn.")] = 22,
    rounds: Annotated[int, typer.Option(help="How often the mixes are tried and mended.")] = 4,
    judged: Annotated[int, typer.Option(help="Corpus loops that the classifiers learn from.")] = 800,
    device: DeviceOption = "auto",
) -> None:
    """Calibrate the steer sliders of a trained pack: each is to move its own attribute of rendered loops alone."""
    import numpy as np

    from engine.training.steers import spills, train_steers

    responses = train_steers(pack, loops=loops, rounds=rounds, judged=judged, device=device)
    _say(
        {f"moved besides its own, {when}": float(spills(np.array(found)).mean()) for when, found in responses.items()}
    )


def balance(
    pack: PackFolder,
    loops: Annotated[int, typer.Option(help="Loops that are rendered, and set beside those of the corpus.")] = 60,
    device: DeviceOption = "auto",
) -> None:
    """Find what tells phases, and what the bands of a trained pack's loops lack beside the corpus; give it back."""
    from engine.training.balance import train_balance

    found = train_balance(pack, loops=loops, device=device)
    _say({f"greatest error {when} (dB)": max(map(abs, errors)) for when, errors in found.items()})


def _options(minutes: float, steps: int, rate: float, decay: float) -> "TrainingOptions":
    from engine.training.run import TrainingOptions

    for what, value, low, high in (
        ("Minutes", minutes, 0.0, 1e6),
        ("Steps", steps, 1, 1e9),
        ("Rate", rate, 1e-7, 1.0),
        ("Decay", decay, 0.0, 1.0),
    ):
        if not low <= value <= high:
            raise InvalidRequest(f"{what} {value:g} is out of range: {low:g} to {high:g}.")
    return TrainingOptions(minutes=minutes, max_steps=steps, learning_rate=rate, decay_fraction=decay)


def need_accelerate() -> None:
    """Raise `MissingDependency` without what training needs."""
    try:
        import accelerate  # noqa: F401
    except ImportError as error:
        raise MissingDependency("Training needs accelerate: pip install 'loopgen[train]'.") from error


def _say(figures: dict[str, Any]) -> None:
    typer.echo(", ".join(f"{name} {value:.4g}" for name, value in figures.items()))
