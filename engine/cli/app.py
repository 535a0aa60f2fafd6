"""The `loopgen` command: finds its verbs, and is the one place where errors become a line and an exit code."""

import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module, metadata
from pathlib import Path
from typing import Annotated

import typer

import engine.cli
from engine.errors import Cancelled, LoopGenError
from engine.files import shown

EXIT_UNHEARD = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

# Version-independent: newer typer carries click inside itself, older typer imports it.
_UsageProblem: type[Exception] = typer.BadParameter.__mro__[2]


def build_app() -> typer.Typer:
    """The whole command with every verb that is a module of `engine.cli`."""
    app = typer.Typer(
        name="loopgen",
        add_completion=False,
        no_args_is_help=False,
        rich_markup_mode=None,
        help="Make music loops: exactly in time, without a seam, offline. Without a verb, the instrument opens.",
    )
    app.callback(invoke_without_command=True)(_root)
    for module in pkgutil.iter_modules(engine.cli.__path__):
        register = getattr(import_module(f"engine.cli.{module.name}"), "register", None)
        if register is not None:
            register(app)
    return app


def run(arguments: Sequence[str], start_window: Callable[[], int]) -> int:
    """Run `loopgen ARGUMENTS` and return its exit code: 0, 2 with one line on stderr on bad input, 130 on Ctrl-C."""
    command = typer.main.get_command(build_app())
    try:
        # Not command.main(): that prints usage panels, and a blank line on Ctrl-C.
        with command.make_context("loopgen", list(arguments), obj=start_window) as context:
            result = command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as finished:
        return int(finished.exit_code)
    except (KeyboardInterrupt, Cancelled, typer.Abort):
        return _say("Interrupted.", EXIT_INTERRUPTED)
    except LoopGenError as error:
        return _say(str(error), EXIT_BAD_INPUT)
    except _UsageProblem as error:
        problem = getattr(error, "format_message", error.__str__)()
        return _say(f"{problem.rstrip('.')}. See 'loopgen --help'.", EXIT_BAD_INPUT)
    except OSError as error:
        if error.filename is not None:
            raise
        return _unheard(error)
    return result if isinstance(result, int) else 0


def _unheard(error: OSError) -> int:
    """What was made is there, and stdout takes no word of it: its reader is gone, or the disk behind it full."""
    with suppress(OSError):  # the interpreter would try once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 0
    return _say(f"What was made cannot be told: {(error.strerror or str(error)).lower()}.", EXIT_UNHEARD)


def _say(sentence: str, exit_code: int) -> int:
    with suppress(OSError):  # nobody reads that either
        typer.echo(f"loopgen: {shown(' '.join(sentence.split()))}", err=True)
    return exit_code


def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
    session: Annotated[Path | None, typer.Option(help="Session that the instrument opens.")] = None,
    pack: Annotated[Path | None, typer.Option(help="Model pack that the instrument plays.")] = None,
    screenshot: Annotated[Path | None, typer.Option(help="Render the instrument to a PNG and exit.")] = None,
    size: Annotated[str, typer.Option(help="Size of that picture.")] = "1280x800",
) -> int:
    # The window reads its own options again (loopgen_app/__main__.py); here they are only known and explained.
    window_only = session or pack or screenshot or size != "1280x800"
    if window_only and context.invoked_subcommand is not None:
        raise typer.BadParameter("--session, --pack, --screenshot and --size belong to the window, not to a verb.")
    if version:
        try:
            typer.echo(f"loopgen {metadata.version('loopgen')}")
        except metadata.PackageNotFoundError:
            typer.echo("loopgen, run from its source folder")
        raise typer.Exit
    if context.invoked_subcommand is None:
        start_window: Callable[[], int] = context.obj
        raise typer.Exit(start_window())
    return 0
