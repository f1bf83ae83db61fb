"""README.md and docs/ say what is there: all of it, and nothing that is not."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
import yaml

from service.cli.main import make_app
from service.cli.registry import COMMANDS, load_command
from service.http.metrics import Metrics
from service.settings import Settings, variable
from tests.test_architecture import MAY_IMPORT, PACKAGES, imports, sources

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
    call = re.compile(rf"^(?:\w+=\S*\s+)*(?:\.venv/bin/)?{program}\s+(?![\d\s])(.*)$")
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


def slugs(page: Path) -> set[str]:
    """Return the anchors that a forge, and the site, make of a page's headings."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    headings = [re.sub(r"[`*]", "", line) for line in re.findall(r"^#+ +(.+)$", text, re.MULTILINE)]
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_to_a_heading_leads_to_one() -> None:
    lost = []
    for page in PAGES:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            file, mark, anchor = link.partition("#")
            target = page.parent / file if file else page
            if mark and not re.match(r"[a-z]+:", link) and anchor not in slugs(target):
                lost.append((page.name, link))
    assert lost == []


def test_every_picture_is_shown_and_every_picture_shown_is_there() -> None:
    shown = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    }
    there = {path.resolve() for kind in ("png", "svg") for path in (ROOT / "docs").rglob(f"*.{kind}")}
    assert shown == there


def python_samples() -> list[tuple[str, str]]:
    """Return each block of Python with the name of its page."""
    block = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [(page.name, text) for page in PAGES for text in block.findall(page.read_text(encoding="utf-8"))]


def names_of(module: str) -> set[str]:
    """Return what a module of ours defines or imports at its top level, and the modules within it."""
    base = ROOT / Path(*module.split("."))
    file = base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"
    names = {path.stem for path in base.glob("*") if base.is_dir()}
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_python_samples_parse_and_import_what_is_there() -> None:
    wrong = []
    for page, text in python_samples():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
                missing = {alias.name for alias in node.names} - names_of(node.module or "")
                wrong += [(page, node.module, name) for name in missing]
    assert python_samples()
    assert wrong == []


def shown_output() -> list[tuple[str, str]]:
    """Return each sample that imports nothing of ours, and the block behind it, which it has to print."""
    found = []
    block = re.compile(r"^```python\n(.*?)^```\n\n((?: {4}[^\n]*\n)+)", re.MULTILINE | re.DOTALL)
    for page in PAGES:
        for sample, printed in block.findall(page.read_text(encoding="utf-8")):
            if not re.search(rf"\b(?:{'|'.join(PACKAGES)})\.", sample):
                found.append((sample, re.sub(r"^ {4}", "", printed, flags=re.MULTILINE)))
    return found


def test_samples_print_what_stands_behind_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown_output()
    for sample, printed in shown_output():
        exec(compile(sample, "sample", "exec"), {})
        assert capsys.readouterr().out == printed


def compose_services() -> set[str]:
    """Return the services of docker/compose.yaml and of what is laid over it."""
    files = [ROOT / "docker" / name for name in ("compose.yaml", "compose.gpu.yaml")]
    return {name for file in files for name in yaml.safe_load(file.read_text(encoding="utf-8"))["services"]}


def test_every_call_of_compose_names_files_and_services_that_are_there() -> None:
    lines = command_lines("docker")
    wrong = []
    for line in filter(lambda line: line.startswith("compose "), lines):
        given = words(line)
        wrong += [(line, name) for name in given if name.endswith(".yaml") and not (ROOT / name).exists()]
        if "run" in given:
            rest = given[given.index("run") + 1 :]
            while rest[0].startswith("-"):
                rest = rest[2:] if rest[0] == "-v" else rest[1:]
            wrong += [(line, rest[0])] if rest[0] not in compose_services() else []
            said = check(shlex.join(rest[1:] if rest[0] != "train" else rest))
            wrong += [(line, said)] if said else []
    assert lines
    assert wrong == []


def test_programs_and_modules_that_are_shown_are_there() -> None:
    shown = [words(line)[0:2] for line in command_lines("python")]
    paths = [
        (ROOT / Path(*word[1].split("."))).with_suffix(".py") if word[0] == "-m" else ROOT / word[0]
        for word in shown
        if word[0] == "-m" or word[0].endswith(".py")
    ]
    assert paths
    assert [str(path) for path in paths if not path.exists()] == []


def test_every_page_is_in_the_site() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^([a-z0-9-]+)$", index, re.MULTILINE)
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert (sorted(listed), len(listed)) == (sorted(pages), len(set(listed)))


def test_the_site_builds_strictly_and_asks_no_other_host_for_anything(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    loaded = re.compile(
        r"""<(?:script|img|iframe|source)[^>]+src="https?:|<link[^>]+href="https?:|url\(["']?https?:"""
    )
    files = [path for kind in ("*.html", "*.css") for path in tmp_path.rglob(kind)]
    assert len(files) > 20
    assert [path.name for path in files if loaded.search(path.read_text(encoding="utf-8"))] == []


@pytest.fixture(scope="module")
def flow() -> ModuleType:
    """docs/draw_flow.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("draw_flow", ROOT / "docs" / "draw_flow.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_picture_of_the_flow_is_the_one_that_is_drawn(flow: ModuleType) -> None:
    assert flow.FILE.read_text(encoding="utf-8") == flow.draw()


def test_the_picture_shows_places_that_are_there_and_every_package(flow: ModuleType) -> None:
    places = [box.place for box in flow.BOXES.values() if box.place]
    assert [place for place in places if not (ROOT / place).exists()] == []
    assert {place.split("/")[0] for place in places} == set(PACKAGES)


def test_the_architecture_page_allows_what_the_packages_do() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([^|]*) \|$", text, re.MULTILINE)
    told = {name: set(re.findall(r"`(\w+)`", allowed)) for name, allowed in rows}
    told["service"] = set(PACKAGES) - {"service"}
    done: dict[str, set[str]] = {name: set() for name in PACKAGES}
    for source in sources():
        own = source.name.split(".")[0]
        done[own] |= {name.split(".")[0] for name, _ in imports(source)} & set(PACKAGES) - {own}
    assert told == {name: allowed - {name} for name, allowed in MAY_IMPORT.items()}
    assert told == done


def test_files_that_the_architecture_page_names_are_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = [name for name in INLINE.findall(text) if re.fullmatch(r"[\w/]+(/|\.py)", name)]
    assert len(named) > 20
    there = [name for name in named if (ROOT / name).exists() or name == "detect.py"]
    assert sorted(set(named) - set(there)) == []


def test_operators_are_told_of_every_setting_and_every_figure() -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"`{variable(name)}`" not in text] == []
    families = {family.name for family in Metrics().registry.collect()}
    assert [name for name in sorted(families) if name not in text] == []
