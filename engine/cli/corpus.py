"""`loopgen corpus`: build what models are trained on, from synthesis, recordings or one's own loops, and look at it.

Everything heavy is imported where it is used: this module is loaded for `loopgen --help` too.
"""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.corpus_shards import ShareOption, parse_share, shards
from engine.cli.options import DeviceOption, FirstSeedOption, HeldOutOption, JsonOption
from engine.cli.progress_bar import counted
from engine.errors import CorpusError, InvalidRequest

PackOption = Annotated[
    str | None, typer.Option("--pack", metavar="DIR", help="Encode the loops with the codec of this pack.")
]
JobsOption = Annotated[int, typer.Option(help="Loops rendered at once, each on a core.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(help="Make and show what models are trained on.", no_args_is_help=True, rich_markup_mode=None)
    verbs.command("build", help="Render loops into a folder, to train on; goes on where it was stopped.")(build)
    verbs.command("import", help="Add folders of your own loops to a corpus.")(import_folder)
    verbs.command("hear", help="Add to imported loops what can be heard: strokes, bass.")(hear)
    verbs.command("encode", help="Encode a corpus with the codec of a pack, to train a denoiser on.")(encode)
    verbs.command("shards", help="Cut an encoded corpus into tar files that many processes train on.")(shards)
    verbs.command("show", help="Write one loop, its stems, its annotation and a picture.")(show)
    app.add_typer(verbs, name="corpus")


def build(
    folder: Annotated[Path, typer.Argument(help="The corpus folder; made if missing.")],
    count: Annotated[int, typer.Option(help="Loops to train on.")] = 3000,
    held_out: HeldOutOption = 200,
    first_seed: FirstSeedOption = 0,
    alone: Annotated[int, typer.Option(help="Loops of which one part is stored by itself too, dry.")] = 0,
    recordings: Annotated[int, typer.Option(help="Passes over the recordings that are installed; 0 for none.")] = 1,
    audio: Annotated[bool, typer.Option(help="Keep the audio, which training a codec needs.")] = True,
    jobs: JobsOption = 1,
    pack: PackOption = None,
    device: DeviceOption = "auto",
    json: JsonOption = False,
) -> None:
    """Render loops into a folder, to train on; goes on where it was stopped."""
    from engine.corpus.build import BuildOptions, build_corpus
    from engine.corpus.one_shots import FOLDERS_VARIABLE, available_one_shots
    from engine.corpus.recordings import find_tracks

    options = BuildOptions(count, held_out, first_seed, recordings, audio or pack is not None, jobs, alone)
    with counted("loop") as progress:
        loops = build_corpus(folder, options, progress)
    if pack is not None:
        encode(folder, pack, device=device)
    tracks = len(find_tracks()) if recordings else 0
    shots = available_one_shots() is not None
    told = {"folder": str(folder), "loops": loops, "tracks": tracks, "one_shots": shots}
    if json:
        typer.echo(json_format.dumps(told))
        return
    typer.echo(f"{folder}: {loops} loops.")
    if recordings and not tracks:
        typer.echo("No recordings are installed: the corpus is synthesis alone (README, training, names them).")
    if not shots:
        typer.echo(f"No one-shots: set {FOLDERS_VARIABLE} to folders of drum samples to mix them in.")


def import_folder(
    folder: Annotated[Path, typer.Argument(help="The corpus folder; made if missing.")],
    source: Annotated[list[Path], typer.Argument(help="Folders of loops: WAV, FLAC, AIFF, OGG, Opus, MP3, CAF.")],
    fit: Annotated[
        str | None,
        typer.Option(help="What is done with loops that are not whole bars: trim or stretch. Else refused."),
    ] = None,
    one_shots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep drums that are found here, for `corpus build`.")
    ] = None,
    captions: Annotated[
        Path | None, typer.Option(metavar="CSV", help="A table of files and what they are like. Else folders say.")
    ] = None,
    listen: Annotated[bool, typer.Option(help="Add strokes and notes of the bass, by ear.")] = True,
    report: Annotated[Path | None, typer.Option(metavar="JSON", help="Write what became of every file.")] = None,
    json: JsonOption = False,
) -> None:
    """Add folders of your own loops to a corpus; goes on where it was stopped, and takes no loop twice."""
    from engine.corpus.importing import ImportOptions, import_loops
    from engine.files import write_atomically

    if fit not in (None, "trim", "stretch"):
        raise InvalidRequest(f"--fit {fit} is not possible: trim or stretch.")
    options = ImportOptions(fit, one_shots, captions)
    with counted("file") as progress:
        found = import_loops(folder, *source, options=options, progress=progress)
    if report is not None:
        write_atomically(report, (json_format.dumps(found.to_dict(), indent=1) + "\n").encode())
    if listen and found.accepted:
        hear(folder)
    refused = [sentence for _, sentence in found.refused]
    if not found.accepted and not found.known:
        raise CorpusError(f"No usable loop among {len(refused)} files. The first: {refused[0]}")
    if json:
        counts = found.to_dict()["counts"]
        told = {"loops": len(found.accepted), "known": len(found.known), "refused": refused, "counts": counts}
        typer.echo(json_format.dumps({**told, "remarks": found.remarks}))
        return
    again = f" {len(found.known)} were there already." if found.known else ""
    typer.echo(f"{folder}: {len(found.accepted)} loops imported.{again}")
    typer.echo(found.table())
    for sentence in (*found.remarks, *refused):
        typer.echo(sentence, err=True)


def hear(folder: Annotated[Path, typer.Argument(help="A corpus folder with audio.")]) -> None:
    """Add to imported loops what can be heard: strokes of kick, snare, hats and bass, and its notes."""
    from engine.training.hearing import hear_corpus

    with counted("loop") as progress:
        hear_corpus(folder, progress)


def encode(
    folder: Annotated[Path, typer.Argument(help="A corpus folder with audio.")],
    pack: Annotated[str, typer.Option("--pack", metavar="DIR", help="The pack whose codec encodes.")],
    again: Annotated[bool, typer.Option(help="Also what was encoded before.")] = False,
    share: ShareOption = "1/1",
    device: DeviceOption = "auto",
) -> None:
    """Encode a corpus with the codec of a pack, to train a denoiser on; embed it where the pack has an embedder."""
    from engine.devices import choose_device
    from engine.packs.models import load_codec
    from engine.packs.pack import Pack, find_pack
    from engine.training.encoding import embed_corpus, encode_corpus

    number, shares = parse_share(share)
    opened = Pack.open(find_pack(pack))
    codec = load_codec(opened).to(choose_device(device))
    with counted("loop") as progress:
        encode_corpus(folder, codec, progress, again=again, share=number - 1, shares=shares)
    if "clap" in opened.components:
        with counted("loop") as progress:
            embed_corpus(folder, opened, progress, again=again, device=device, share=number - 1, shares=shares)


def show(
    seed: Annotated[int, typer.Argument(help="Which loop.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="An existing folder to write to.")] = Path(),
) -> None:
    """Write one loop, its stems, its annotation and a picture."""
    from engine.audio.io import write_wav
    from engine.corpus.render import render_loop
    from engine.evaluation.loop_picture import draw_loop
    from engine.files import write_atomically

    loop = render_loop(seed, with_stems=True)
    name, known = f"loop_{seed}", loop.annotation
    described = json_format.dumps(known.to_dict(), indent=1).encode()
    written = [write_atomically(out / f"{name}.json", described)]
    for part, audio in {"": loop.audio, **loop.stems}.items():
        path = out / f"{name}{'_' if part else ''}{part}.wav"
        written.append(write_wav(path, audio, 44100, tempo_bpm=known.tempo_bpm, beats=known.bars * 4, key=known.key))
    written.append(draw_loop(loop.audio, known, out / f"{name}.png"))
    for path in written:
        typer.echo(path)
