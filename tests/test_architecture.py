"""Who may import whom, and other rules of the house that can be read from the source.

`service -> pipelines, recsys, generation, db`. In `pipelines`, composers may import `db`, `recsys` and
`generation`, pure modules of ours only `pipelines.columns`, `pipelines.sources` and their own package.
`recsys`, `generation` and `db` import none of our other packages.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("db", "pipelines", "recsys", "generation", "service")
MAY_IMPORT = {
    "db": {"db"},
    "recsys": {"recsys"},
    "generation": {"generation"},
    "pipelines": {"pipelines", "db", "recsys", "generation"},
    "service": set(PACKAGES),
}
PURE = ("columns", "sources", "clean", "decode", "features", "groups", "recording_key", "sample_world")
LIBROSA = "generation.audio.compiled_librosa"
"""Through which librosa is imported, so that one process at a time compiles it."""
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}
# Networks are torch modules, so these import torch, and importing one of them is importing torch.
NETWORKS = (
    "recsys.song_transformer",
    "generation.audio.autoencoder",
    "generation.audio.convnext",
    "generation.audio.denoiser",
    "generation.audio.discriminators",
    "generation.audio.pipeline",
    "generation.audio.vocoder",
    "generation.lyrics.recurrent",
    "generation.lyrics.reward",
    "generation.lyrics.transformer",
    "generation.lyrics.window",
)
HEAVY = {"torch", "gensim", "faiss", "librosa", "diffusers", "transformers", "implicit", "lightgbm"}


@dataclass(frozen=True)
class Source:
    """One module of ours: its dotted name and its tree."""

    name: str
    tree: ast.Module
    is_package: bool = False


def parse(name: str, text: str) -> Source:
    """Make a source from text, for the tests of the rules themselves."""
    return Source(name, ast.parse(text))


def sources() -> list[Source]:
    """Read every module of our packages."""
    return [
        Source(
            ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"),
            ast.parse(path.read_text(encoding="utf-8"), filename=str(path)),
            path.name == "__init__.py",
        )
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        # The pipeline.py that lies beside weights is theirs, in diffusers' format.
        if "weights" not in path.relative_to(ROOT).parts
    ]


def imports(source: Source) -> Iterator[tuple[str, int]]:
    """Yield the full name of everything imported anywhere in the module, with its line."""
    for node in ast.walk(source.tree):
        yield from imported_by(node, source)


def imported_by(node: ast.AST, source: Source) -> Iterator[tuple[str, int]]:
    """Yield what one statement imports; a relative import under its full name."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, node.lineno) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        parts = source.name.split(".")
        keep = len(parts) - node.level + source.is_package
        base = [*(parts[:keep] if node.level else []), *(node.module.split(".") if node.module else [])]
        yield from ((".".join([*base, alias.name]), node.lineno) for alias in node.names)


def within(name: str, package: str) -> bool:
    """Tell whether a dotted name is the package or in it."""
    return name == package or name.startswith(package + ".")


def wrong_arrows(source: Source) -> list[str]:
    """Return the imports between our packages that the rules forbid."""
    package = source.name.split(".")[0]
    return [
        f"{source.name}:{line} imports {name}"
        for name, line in imports(source)
        if name.split(".")[0] in PACKAGES and name.split(".")[0] not in MAY_IMPORT[package]
    ]


def impurities(source: Source) -> list[str]:
    """Return what a pure module imports of ours beyond columns, readers, itself and librosa's door."""
    own = next((f"pipelines.{name}" for name in PURE if within(source.name, f"pipelines.{name}")), None)
    if own is None:
        return []
    return [
        f"{source.name}:{line} imports {name}"
        for name, line in imports(source)
        if name.split(".")[0] in PACKAGES
        and not any(
            within(name, allowed) for allowed in ("pipelines.columns", "pipelines.sources", own, LIBROSA)
        )
    ]


def run_at_import(nodes: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that importing a module runs: none in functions or under `if TYPE_CHECKING`."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}:
            yield from run_at_import(node.orelse)
            continue
        yield node
        for block in ("body", "orelse", "finalbody"):
            yield from run_at_import(getattr(node, block, []))
        for part in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            yield from run_at_import(part.body)


def heavy_imports(source: Source) -> list[str]:
    """Return the heavy libraries that importing the module would import."""
    if source.name in NETWORKS:
        return []
    return [
        f"{source.name}:{line} imports {name}"
        for node in run_at_import(source.tree.body)
        for name, line in imported_by(node, source)
        if name.split(".")[0] in HEAVY or any(within(name, network) for network in NETWORKS)
    ]


def bare_librosa(source: Source) -> list[str]:
    """Return the places that import librosa other than through the one module that guards its compiling."""
    if source.name == LIBROSA:
        return []
    return [f"{source.name}:{line}" for name, line in imports(source) if within(name, "librosa")]


def environment_reads(source: Source) -> list[str]:
    """Return the places outside `service.settings` that read the environment."""
    if source.name == "service.settings":
        return []
    names = {"environ", "environb", "getenv", "getenvb"}
    attributes = [
        f"{source.name}:{node.lineno} uses os.{node.attr}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in names and ast.unparse(node.value) == "os"
    ]
    return attributes + [
        f"{source.name}:{line} imports {name}"
        for name, line in imports(source)
        if name in {f"os.{name}" for name in names}
    ]


def prints(source: Source) -> list[str]:
    """Return the calls of print outside the command line."""
    if within(source.name, "service.cli"):
        return []
    return [
        f"{source.name}:{node.lineno} prints"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def nameless(source: Source) -> list[str]:
    """Return the parts of the module's name that say nothing."""
    return [f"{source.name} has no name of its own" for part in source.name.split(".") if part in NAMELESS]


RULES = [wrong_arrows, impurities, heavy_imports, bare_librosa, environment_reads, prints, nameless]


@pytest.mark.parametrize("rule", RULES)
def test_our_source_keeps_the_rule(rule: Callable[[Source], list[str]]) -> None:
    assert [breach for source in sources() for breach in rule(source)] == []


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (wrong_arrows, "recsys.taste", "import db"),
        (wrong_arrows, "recsys.taste", "from generation.audio import pipeline"),
        (wrong_arrows, "db.models", "def f():\n    from pipelines import columns"),
        (wrong_arrows, "pipelines.nightly", "import service.settings"),
        (impurities, "pipelines.sources.mpd", "from db.session import make_engine"),
        (impurities, "pipelines.sources.mpd", "from .. import ingest"),
        (impurities, "pipelines.clean", "from pipelines.nightly import nightly"),
        (impurities, "pipelines.sample_world.songs", "import recsys"),
        (heavy_imports, "recsys.song2vec", "import gensim.models"),
        (heavy_imports, "recsys.song2vec", "try:\n    import torch\nexcept ImportError:\n    import faiss"),
        (heavy_imports, "recsys.song2vec", "class A:\n    from librosa import load"),
        (heavy_imports, "recsys.song2vec", "if TYPE_CHECKING:\n    pass\nelse:\n    import torch"),
        (bare_librosa, "pipelines.features", "def f():\n    import librosa.beat"),
        (environment_reads, "db.session", "import os\nos.environ['HOME']"),
        (environment_reads, "db.session", "from os import getenv"),
        (prints, "pipelines.nightly", "print('done')"),
        (nameless, "recsys.utils", ""),
    ],
)
def test_a_breach_of_the_rule_is_caught(rule: Callable[[Source], list[str]], name: str, text: str) -> None:
    assert rule(parse(name, text))


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (wrong_arrows, "service.cli.nightly", "from pipelines.nightly import nightly\nimport db, recsys"),
        (wrong_arrows, "pipelines.nightly", "import db\nfrom recsys import taste"),
        (
            impurities,
            "pipelines.sources.mpd",
            "from pipelines.columns import SONG_REF\nfrom .batch import Batch",
        ),
        (impurities, "pipelines.sample_world.songs", "from pipelines.sample_world import model"),
        (impurities, "pipelines.ingest", "from db import models\nfrom pipelines import clean"),
        (heavy_imports, "recsys.song2vec", "def train():\n    import gensim"),
        (heavy_imports, "recsys.song2vec", "if TYPE_CHECKING:\n    import torch"),
        (prints, "service.cli.console", "print('done')"),
    ],
)
def test_what_the_rule_allows_passes(rule: Callable[[Source], list[str]], name: str, text: str) -> None:
    assert rule(parse(name, text)) == []


def test_every_package_is_read() -> None:
    assert {source.name.split(".")[0] for source in sources()} == set(PACKAGES)
