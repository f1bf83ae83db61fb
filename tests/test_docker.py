"""docker/ says what the rest of the project says, and what linters can see of it is right."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from service.cli.registry import COMMANDS
from service.settings import Settings, variable
from tests.test_architecture import PACKAGES

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "docker/compose.yaml").read_text(encoding="utf-8"))
GPU = yaml.safe_load((ROOT / "docker/compose.gpu.yaml").read_text(encoding="utf-8"))
OURS = {name: service for name, service in COMPOSE["services"].items() if name != "database"}


def program(name: str) -> ModuleType:
    """A program of docker/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"docker/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def by_hand() -> ModuleType:
    return program("build_by_hand")


@pytest.fixture(scope="module")
def run_by_hand(by_hand: ModuleType) -> ModuleType:
    return program("run_by_hand")


@pytest.fixture(scope="module")
def steps(by_hand: ModuleType) -> list[tuple[str, str]]:
    return list(by_hand.instructions(DOCKERFILE))


def test_the_linter_finds_nothing() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint is not None, "hadolint is one of the extra `dev`: make setup"
    said = subprocess.run(
        [hadolint, "--no-color", ROOT / "docker/Dockerfile"], capture_output=True, text=True
    )
    assert (said.stdout, said.returncode) == ("", 0)


def test_every_instruction_can_be_done_by_hand(by_hand: ModuleType, tmp_path: Path) -> None:
    done: list[str] = []
    by_hand.run = lambda stage, command: done.append(command)
    by_hand.copy = lambda stage, words, stages: None
    base = tmp_path / "base"
    base.mkdir()
    last = by_hand.build(DOCKERFILE, base, tmp_path / "work", {})
    assert len(done) == len(re.findall(r"^RUN ", DOCKERFILE, re.MULTILINE))
    image = by_hand.image_of(last)
    assert by_hand.start_line(image)[-5:] == ["serve", "--host", "0.0.0.0", "--port", "8000"]
    assert image["env"]["PATH"].startswith("/opt/songspace/bin:/usr")
    assert (image["healthcheck"][0], image["healthcheck_options"]["retries"]) == ("python", "4")


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_role_can_be_run_by_hand_without_roots_rights(run_by_hand: ModuleType, name: str) -> None:
    image = {
        "root": "/r",
        "env": {"A": "1"},
        "user": "7:8",
        "folder": "/data",
        "entrypoint": ["songspace"],
        "cmd": [],
    }
    service = run_by_hand.read_compose()["services"][name]
    line = run_by_hand.role_line(image, service)
    assert line[-len(service["command"]) - 1 :] == ["songspace", *service["command"]]
    assert {"--reuid=7", "--regid=8", "--no-new-privs", "--bounding-set=-all", "A=1"} <= set(line)
    assert "SONGSPACE_NIGHTLY_CRON=0 3 * * *" in line


def test_it_runs_as_nobody_in_particular_and_is_asked_for_its_health(steps: list[tuple[str, str]]) -> None:
    last = [name for name, _ in steps][::-1].index("FROM")
    said = dict(steps[-last:])
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", said["USER"])
    assert "/healthz" in said["HEALTHCHECK"]
    assert not re.search(r"\b(gcc|build-essential|git|make)\b", " ".join(rest for _, rest in steps[-last:]))


def test_bases_and_images_are_pinned_by_tag() -> None:
    bases = re.findall(r"^ARG BASE=(\S+)", DOCKERFILE, re.MULTILINE)
    images = [service["image"] for service in (COMPOSE["services"] | GPU["services"]).values()]
    assert [name for name in bases + images if not re.search(r":\d+\.\d+", name)] == []


def test_everything_that_is_copied_is_there_and_all_packages_are(steps: list[tuple[str, str]]) -> None:
    copied = [
        word for name, rest in steps if name == "COPY" and "--from" not in rest for word in rest.split()[:-1]
    ]
    assert [name for name in copied if not (ROOT / name).exists()] == []
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert set(copied) == {line[1:] for line in ignored if line.startswith("!")}
    assert set(PACKAGES) <= set(copied)


def test_wheels_are_those_of_make_setup() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in ("TORCH", "WHEELS"):
        made = re.search(rf"^{name} \?= (.+)$", makefile, re.MULTILINE)
        image = re.search(rf'^ARG {name}="?([^"\n]+)"?$', DOCKERFILE, re.MULTILINE)
        assert made is not None
        assert image is not None
        assert made[1] == image[1]


def test_every_file_that_is_no_module_is_installed_with_its_package() -> None:
    given = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "package-data"
    ]
    installed = {path for name, kinds in given.items() for kind in kinds for path in (ROOT / name).glob(kind)}
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False
    )
    there = {ROOT / name for name in listed.stdout.splitlines() if not name.endswith(".py")}
    assert sorted(str(path) for path in there - installed) == []


def test_extras_of_the_images_are_in_pyproject() -> None:
    known = set(
        re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    )
    asked = re.findall(r"EXTRAS[=:]\s*([\w,]+)", DOCKERFILE + (ROOT / "docker/compose.gpu.yaml").read_text())
    assert len(asked) == 2
    assert {extra for extras in asked for extra in extras.split(",")} <= known


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_runs_a_command_with_settings_that_are_there(name: str) -> None:
    service = OURS[name]
    assert service["command"][0] in COMMANDS
    settings = {variable(field) for field in Settings.model_fields}
    assert set(service["environment"]) - settings == set()


def test_what_services_name_is_declared() -> None:
    services = {**COMPOSE["services"], **GPU["services"]}
    named = {secret for service in services.values() for secret in service.get("secrets", [])}
    assert named == set(COMPOSE["secrets"])
    volumes = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert {volume for volume in volumes if re.fullmatch(r"\w+", volume)} == set(COMPOSE["volumes"])
    wanted = {other for service in services.values() for other in service.get("depends_on", {})}
    assert wanted <= set(COMPOSE["services"])


def test_compose_files_are_as_the_specification_has_them() -> None:
    files = [ROOT / "docker" / name for name in ("compose.yaml", "compose.gpu.yaml")]
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", *files]
    said = subprocess.run(check, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """Compose's own program, which needs no engine to read files."""
    for client in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(client[0]):
            asked = [*client, "version", "--short"]
            said = subprocess.run(asked, capture_output=True, text=True, check=False)
            if re.match(r"v?[2-9]", said.stdout):
                return client
    pytest.skip("no docker compose of version 2 or later is installed")


@pytest.mark.parametrize("laid_over", [(), ("compose.gpu.yaml",)])
def test_compose_itself_reads_them(compose: list[str], laid_over: tuple[str, ...]) -> None:
    files = [f"--file={ROOT / 'docker' / name}" for name in ("compose.yaml", *laid_over)]
    said = subprocess.run(
        [*compose, *files, "--profile=*", "config"], capture_output=True, text=True, check=False
    )
    assert (said.stderr, said.returncode) == ("", 0)
    read = yaml.safe_load(said.stdout)["services"]
    assert set(read) == {*COMPOSE["services"], *(GPU["services"] if laid_over else ())}
    assert read["nightly"]["environment"]["SONGSPACE_NIGHTLY_CRON"] == "0 3 * * *"


def test_only_the_proxy_of_the_machine_reaches_in() -> None:
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_no_password_stands_in_a_file_or_a_variable() -> None:
    told: dict[str, Any] = {}
    for service in COMPOSE["services"].values():
        told |= service.get("environment", {})
    assert [name for name in told if "PASSWORD" in name and not name.endswith("_FILE")] == []
    assert "@" not in re.sub(r"songspace@database", "", json.dumps(told))


def test_alerts_ask_for_figures_that_there_are() -> None:
    from service.http.metrics import Metrics

    alerts = yaml.safe_load((ROOT / "docker/alerts.yaml").read_text(encoding="utf-8"))
    asked = " ".join(rule["expr"] for group in alerts["groups"] for rule in group["rules"])
    metrics = Metrics()
    metrics.began()
    metrics.ended("GET", "/", 200, 0.1)
    page = metrics.page(release="r", swaps=0, degraded=False).decode()
    there = set(re.findall(r"^(songspace_\w+)", page, re.MULTILINE))
    named = set(re.findall(r"\bsongspace_\w+", asked))
    assert named
    assert named - there == set()
