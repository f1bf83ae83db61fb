"""The command line as one meets it: quick help, one line for an error, one document for JSON."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import types

import pytest
import typer

from service.cli import registry
from service.cli.console import print_json, print_table
from service.cli.main import main

HEAVY = (
    "torch",
    "gensim",
    "faiss",
    "librosa",
    "numpy",
    "pandas",
    "sqlalchemy",
    "alembic",
    "pydantic_settings",
)


def add_command(monkeypatch: pytest.MonkeyPatch, name: str, **contents: object) -> None:
    """Register a command whose module holds `contents`."""
    module = types.ModuleType(f"service.cli.{name}")
    vars(module).update(contents)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(registry.COMMANDS, name, "For a test.")


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Register a command `fail` that raises `error`."""

    def run() -> None:
        raise error

    add_command(monkeypatch, "fail", run=run)


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys; from service.cli.main import main; code = main(['--help']);"
        f"print([name for name in {HEAVY} if name in sys.modules], code, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[] 0"


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in registry.COMMANDS if name not in shown] == []


@pytest.mark.parametrize("name", registry.COMMANDS)
def test_the_line_in_the_list_is_the_first_line_of_the_commands_own_help(name: str) -> None:
    assert (registry.load_command(name).help or "").split("\n")[0] == registry.COMMANDS[name]


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "Usage: songspace" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["settings", "--nope"], "error: No such option: --nope"),
        (["setings"], "error: No such command 'setings'"),
        (["settings", "extra"], "error: Got unexpected extra argument"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_a_group_without_its_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    app = typer.Typer()
    app.command("list")(lambda: None)
    add_command(monkeypatch, "things", app=app)
    assert main(["things", "list"]) == 0
    assert main(["things"]) == 2
    assert capsys.readouterr().err == "error: Missing command (see 'songspace things --help')\n"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("k must be positive,\n  got 0"), "error: k must be positive, got 0\n"),
        (
            FileNotFoundError(2, "No such file or directory", "x"),
            "error: [Errno 2] No such file or directory: 'x'\n",
        ),
        (
            RuntimeError("odd"),
            "error: unexpected RuntimeError: odd (songspace --debug COMMAND shows where)\n",
        ),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, message: str
) -> None:
    failing(monkeypatch, error)
    assert main(["fail"]) == 1
    assert capsys.readouterr() == ("", message)


def test_a_named_exception_of_ours_speaks_for_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown_song = type("UnknownSong", (KeyError,), {"__module__": "recsys.taste"})
    failing(monkeypatch, unknown_song("no song 'x:1'"))
    assert main(["fail"]) == 1
    assert capsys.readouterr().err == "error: no song 'x:1'\n"


def test_ctrl_c_is_one_line_and_exit_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    assert main(["fail"]) == 130
    assert capsys.readouterr().err == "error: interrupted\n"


def test_a_command_chooses_its_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, typer.Exit(1))
    assert main(["fail"]) == 1


@pytest.mark.parametrize("how", ["option", "variable"])
def test_debug_lets_the_error_through(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    failing(monkeypatch, ValueError("bad"))
    if how == "variable":
        monkeypatch.setenv("SONGSPACE_DEBUG", "1")
    with pytest.raises(ValueError, match="bad"):
        main(["--debug", "fail"] if how == "option" else ["fail"])


def test_a_reader_that_goes_away_is_no_error() -> None:
    program = (
        "import sys; from service.cli import main\n"
        "main.run = lambda *_: [main.print_line('x' * 99) for _ in range(9999)] and 0\n"
        "sys.exit(main.main(['settings']))"
    )
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=broken, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (1, b"")


def test_a_bad_setting_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SONGSPACE_THREADS", "many")
    assert main(["settings"]) == 1
    assert capsys.readouterr().err.startswith("error: SONGSPACE_THREADS: ")


def test_settings_say_where_they_come_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SONGSPACE_DATABASE_URL", "postgresql://ann:hunter2@host/db")
    assert main(["--log-level", "warning", "settings", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["settings"]}
    assert rows["database_url"]["value"] == "postgresql://ann:***@host/db"
    assert rows["database_url"]["source"] == "SONGSPACE_DATABASE_URL"
    assert (rows["log_level"]["value"], rows["log_level"]["source"]) == ("warning", "--log-level")
    assert rows["threads"]["source"] == "default"


def test_logs_go_to_standard_error_at_the_level_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_command(
        monkeypatch, "speak", run=lambda: logging.getLogger("pipelines.nightly").info("counted 3 songs")
    )
    assert main(["speak"]) == 0
    assert capsys.readouterr().err.endswith("INFO pipelines.nightly: counted 3 songs\n")
    assert main(["--log-level", "warning", "speak"]) == 0
    assert capsys.readouterr() == ("", "")


def test_json_is_utf_8_whatever_the_locale(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json({"title": "Господин \udcff"})
    assert json.loads(capfdbinary.readouterr().out.decode("utf-8")) == {"title": "Господин ?"}


def test_json_knows_no_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"score": float("nan")})


def test_a_title_is_shown_as_it_is_and_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["title", "score"], [["[bold]Loud[/bold]\x1b[2J", 0.5]])
    shown = capsys.readouterr().out
    assert "[bold]Loud[/bold] [2J" in shown
    assert "0.500" in shown
