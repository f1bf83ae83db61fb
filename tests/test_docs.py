"""README.md and docs/ say what is there: all of it, and nothing that is not."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from service.cli.main import make_app
from service.cli.registry import COMMANDS, load_command
from service.settings import Settings, variable

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"^ {4}.*$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def code(page: Path) -> list[str]:
    """Return the code of a page: lines of fenced and indented blocks, and what stands between backticks."""
    text = page.read_text(encoding="utf-8")
    blocks = [line for block in FENCED.finditer(text) for line in block.group().splitlines()[1:-1]]
    text = FENCED.sub("", text)
    blocks += INDENTED.findall(text)
    joined = re.sub(r"\\\n\s*", "", "\n".join(blocks))
    return [line.strip().removeprefix("$ ") for line in joined.splitlines()] + INLINE.findall(text)


def command_lines(program: str) -> list[str]:
    """Return every line of code, of all pages, that runs the program, without its name."""
    call = re.compile(rf"^(?:\w+=\S*\s+)*(?:\.venv/bin/)?{program}\s+(.*)$")
    return [match[1] for page in PAGES for line in code(page) if (match := call.match(line))]


def words(line: str) -> list[str]:
    """Return the arguments that a shell would pass to the first program of the line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    arguments = []
    for word in lexer:
        if set(word) & set("|;&<>"):
            break
        arguments.append(word)
    return arguments


def check(line: str) -> str:
    """Follow a command line to its command; return what is wrong with its names, or nothing.

    A synopsis such as `ingest PATH... [--format F]` is a command line too: names of commands and options are
    compared, values and their number are not.
    """
    command: Any = typer.main.get_command(make_app())
    is_value = False
    for word in words(re.sub(r"[\[\]()]", " ", line)):
        if is_value:
            is_value = False
        elif word.startswith("--"):
            name, equals, _ = word.partition("=")
            options = {
                name: option for option in command.params for name in option.opts + option.secondary_opts
            }
            if name not in options and name != "--help":
                return f"{command.name} has no option {name}"
            is_value = name != "--help" and not equals and not options[name].is_flag
        elif hasattr(command, "commands") and word not in {"...", "COMMAND"}:
            if word not in command.commands:
                return f"{command.name} has no command {word}"
            command = load_command(word) if command.name == "songspace" else command.commands[word]
    return ""


def test_every_command_is_documented() -> None:
    documented = {words(line)[0] for line in command_lines("songspace") if words(line)}
    assert set(COMMANDS) - documented == set()


def test_every_setting_is_documented() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in Settings.model_fields if variable(name) not in text] == []


def test_no_setting_is_documented_that_is_not_there() -> None:
    named = {
        name
        for page in PAGES
        for name in re.findall(r"\bSONGSPACE_[A-Z_]+", page.read_text(encoding="utf-8"))
    }
    assert named - {variable(name) for name in Settings.model_fields} == set()


def test_every_command_line_shown_has_real_names() -> None:
    assert [(line, wrong) for line in command_lines("songspace") if (wrong := check(line))] == []


@pytest.mark.parametrize(
    "line", ["setings", "settings --jsn", "--nope settings", "--debug frobnicate", "frobnicate PATH..."]
)
def test_a_wrong_command_line_is_caught(line: str) -> None:
    assert check(line)


@pytest.mark.parametrize(
    "line", ["settings --json", "--log-level debug settings", "settings [--json] | jq .", "--help"]
)
def test_a_right_command_line_passes(line: str) -> None:
    assert check(line) == ""


def test_every_make_target_named_is_in_the_makefile() -> None:
    targets = set(
        re.findall(r"^([a-z0-9][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    named = {
        word for line in command_lines("make") for word in words(line) if re.fullmatch(r"[a-z][\w-]*", word)
    }
    assert named
    assert named - targets == set()


def test_every_relative_link_leads_to_a_file() -> None:
    links = [(page, link) for page in PAGES for link in LINK.findall(page.read_text(encoding="utf-8"))]
    inside = [(page, link.split("#")[0]) for page, link in links if not re.match(r"[a-z]+:|#", link)]
    assert [(page.name, link) for page, link in inside if not (page.parent / link).exists()] == []
