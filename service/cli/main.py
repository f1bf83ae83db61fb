"""The entry point of `songspace`: options before the command name, and errors as one line.

Exit codes: 0 done, 1 failed, 2 the command line is wrong, 130 interrupted. Every failure is one line
`error: ...` on standard error; `--debug` or SONGSPACE_DEBUG=1 shows the traceback instead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from service.cli.console import print_error, print_line
from service.cli.logs import OUR_PACKAGES, logging_to_stderr
from service.cli.registry import LazyGroup, register_stand_ins
from service.cli.state import State, state_of

FAILED = 1
USAGE = 2
INTERRUPTED = 130


def make_app() -> typer.Typer:
    """Build the application: the options before the command name, and a stand-in for each command."""
    app = typer.Typer(cls=LazyGroup, name="songspace", callback=before_command)
    register_stand_ins(app)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print_line(f"songspace {version('songspace')}")
        raise typer.Exit


def before_command(
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit."),
    ] = False,
    log_level: Annotated[
        str | None,
        typer.Option(metavar="LEVEL", help="debug, info, warning or error; logs go to standard error."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Music recommendation and generation for whoever has a catalogue of songs."""
    from service.settings import load_settings

    state = state_of(ctx)
    state.debug = debug
    given = {
        name: value
        for name, value in {"log_level": log_level, "debug": debug or None}.items()
        if value is not None
    }
    state.options = tuple(given)
    state.settings = load_settings(given)
    state.debug = state.settings.debug
    ctx.with_resource(logging_to_stderr(state.settings.log_level))


def main(args: Sequence[str] | None = None) -> int:
    """Run one command line (by default the program's own) and return its exit code."""
    state = State()
    # A catalogue may hold characters that an old terminal cannot show: a "?" is better than no answer.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = run(list(sys.argv[1:] if args is None else args) or ["--help"], state)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader has gone (`songspace ... | head`). Python flushes again at exit: let it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print_error("interrupted")
        return INTERRUPTED
    except Exception as error:  # the edge of the program: nothing may leave it as a traceback
        if is_usage_error(error):
            print_error(usage_line(error))
            return USAGE
        if state.debug:
            raise
        print_error(error_line(error))
        return FAILED


def run(args: list[str], state: State) -> int:
    """Parse and run, letting errors through; return the exit code of a command that ended by itself."""
    command = typer.main.get_command(make_app())
    try:
        result: Any = command.main(args=args, prog_name="songspace", standalone_mode=False, obj=state)
    except SystemExit as stop:  # rich and typer leave so when the reader of a pipe has gone
        return stop.code if isinstance(stop.code, int) else 1
    if result == INTERRUPTED:  # how typer reports Ctrl-C
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def is_usage_error(error: Exception) -> bool:
    """Tell whether the command line was wrong, not what it asked for."""
    # Every error of click has this method; typer carries click inside and gives its classes no public name.
    return hasattr(error, "format_message")


def usage_line(error: Any) -> str:
    """Say in one line what is wrong with the command line, and where to read how it is meant."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "songspace"
    message = error.format_message().strip().rstrip(".") or "a command is missing"
    return f"{message} (see '{path} --help')"


def error_line(error: Exception) -> str:
    """Say in one line what went wrong; an error that nobody foresaw says its type and how to see more."""
    said_by_database = getattr(error, "orig", None)  # SQLAlchemy's errors carry the driver's, and much else
    if isinstance(said_by_database, Exception):
        return f"the database says: {said_by_database}"
    foreseen = isinstance(error, ValueError | OSError) or type(error).__module__.split(".")[0] in OUR_PACKAGES
    # str() of a KeyError is the repr of its argument.
    text = str(error.args[0]) if isinstance(error, KeyError) and error.args else str(error)
    if foreseen and text:
        return text
    return f"unexpected {type(error).__name__}: {text} (songspace --debug COMMAND shows where)"


if __name__ == "__main__":
    sys.exit(main())
