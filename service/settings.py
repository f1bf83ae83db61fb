"""What a person may set, from the environment; the only module that reads it.

Every setting is a variable `SONGSPACE_<NAME>`. An option of the command line goes before the environment, and
the environment before the default; `Settings.sources` remembers which it was. Nothing is read at import: call
`load_settings`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "SONGSPACE_"
MASK = "***"
# Names of query parameters whose values are secrets in database URLs (libpq and common drivers).
SECRET_PARAMETERS = frozenset({"password", "passwd", "pwd", "sslpassword", "token", "secret"})


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it and repeats no secret."""


class LogLevel(StrEnum):
    """How much is logged, to standard error."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


class Auth(StrEnum):
    """Whether the service asks for keys."""

    auto = "auto"
    on = "on"


class IndexKind(StrEnum):
    """Which kind of index the nightly job builds (recsys/index.py)."""

    auto = "auto"
    exact = "exact"
    hnsw = "hnsw"
    ivf = "ivf"


def available_cpus() -> int:
    """Return the number of processors that this process may use."""
    # A container or `taskset` may allow fewer than the machine has.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Settings(BaseSettings):
    """All settings, checked; made by `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,  # `SONGSPACE_HOME= songspace ...` is the usual way to unset for one command
        frozen=True,
        extra="ignore",
    )

    home: Path = Field(
        default=Path("var"), description="Folder of the database, the releases and the caches."
    )
    database_password_file: Path | None = Field(
        default=None,
        description="File with the password that belongs into the database URL; by default it stands there.",
    )
    database_url: str = Field(
        default="",
        validate_default=True,
        description="SQLAlchemy URL of the song database; by default SQLite in the home folder.",
    )
    database_connections: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Connections to the database that a process may hold; by default what requests need.",
    )
    database_recycle_s: float = Field(
        default=1800.0,
        ge=1,
        le=604_800,
        allow_inf_nan=False,
        description="Seconds after which a connection to the database is made anew.",
    )
    database_statement_timeout_s: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        allow_inf_nan=False,
        description="Seconds that PostgreSQL may take over one statement of an answer; 0 for no limit.",
    )
    log_level: LogLevel = Field(default=LogLevel.info, description="debug, info, warning or error.")
    threads: int = Field(
        default_factory=available_cpus,
        ge=1,
        le=1024,
        description="Threads that training and search may use; by default all processors.",
    )
    debug: bool = Field(default=False, description="Show the traceback of an error that ends a command.")
    soundfont: Path | None = Field(
        default=None,
        description="SoundFont (.sf2, .sf3) that music is rendered with; by default the best one installed.",
    )
    index: IndexKind = Field(
        default=IndexKind.auto,
        description="Kind of index over songs: auto, by their number; exact, hnsw or ivf.",
    )
    generator: Path | None = Field(
        default=None,
        description="Folder of the generator's weights; by default those that ship.",
    )
    policy: Path | None = Field(
        default=None, description="File with topics and names that no music is made for; by default none."
    )

    auth: Auth = Field(
        default=Auth.auto, description="`auto`: the service asks for keys unless it is on loopback; or `on`."
    )
    rate_limit: float = Field(
        default=50.0,
        ge=0,
        le=1e6,
        allow_inf_nan=False,
        description="Requests a second that a key may make, ten times as many an admin's; 0 for no limit.",
    )
    request_threads: int = Field(
        default_factory=lambda: max(4, 2 * available_cpus()),
        ge=1,
        le=256,
        description="Requests that the service works on at once; others wait.",
    )
    answering_processes: int | None = Field(
        default=None,
        ge=0,
        le=64,
        description="Processes beside the service that recommend; by default one for each processor, four at "
        "most.",
    )
    upload_mib: int = Field(default=64, ge=1, le=4096, description="Largest file that may be uploaded.")
    cors_origins: str = Field(
        default="", description="Web pages that may call the service, as origins with commas between; none."
    )

    generations_at_once: int = Field(
        default=1, ge=1, le=64, description="Generations that one worker makes at once."
    )
    generations_per_user: int = Field(
        default=1, ge=1, le=64, description="Generations of one user that are made at once, by all workers."
    )
    generations_waiting: int = Field(
        default=20, ge=1, le=10_000, description="Generations of one user that may wait or be made."
    )
    generation_threads: int = Field(
        default_factory=lambda: max(1, available_cpus() - 1),
        ge=1,
        le=1024,
        description="Threads that make a generation, at low priority; by default all processors but one.",
    )
    generation_timeout_s: float = Field(
        default=900.0,
        gt=0,
        le=86_400,
        allow_inf_nan=False,
        description="Seconds that a worker may spend on one generation; then it fails.",
    )
    nightly_cron: str = Field(
        default="0 3 * * *",
        description="When workers run the nightly job, as cron has it, in UTC; `off` for never.",
    )

    @field_validator("nightly_cron")
    @classmethod
    def _a_schedule(cls, cron: str) -> str:
        cron = cron.strip()
        fields = cron.split()
        if cron != "off" and not (
            len(fields) in (5, 6) and all(re.fullmatch(r"[0-9A-Za-z*/,#?-]{1,64}", one) for one in fields)
        ):
            raise ValueError("five fields such as 0 3 * * * are expected, or off")
        return cron

    @field_validator("home")
    @classmethod
    def _home_is_a_folder(cls, home: Path) -> Path:
        home = home.expanduser()
        if home.exists() and not home.is_dir():
            raise ValueError("a file, a folder is expected")
        if "?" in str(home):
            raise ValueError("the name of a folder without '?' is expected, which a database URL cannot hold")
        return home

    @field_validator("database_password_file")
    @classmethod
    def _password_can_be_read(cls, file: Path | None) -> Path | None:
        if file is None:
            return None
        try:
            password = file.expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ValueError("a file that can be read is expected") from None
        if not password:
            raise ValueError("a file with a password in it is expected")
        return file.expanduser()

    @field_validator("soundfont")
    @classmethod
    def _soundfont_is_a_file(cls, soundfont: Path | None) -> Path | None:
        if soundfont is not None and not soundfont.expanduser().is_file():
            raise ValueError("a file that is there is expected")
        return soundfont.expanduser() if soundfont is not None else None

    @field_validator("policy")
    @classmethod
    def _policy_is_a_file(cls, policy: Path | None) -> Path | None:
        if policy is not None and not policy.expanduser().is_file():
            raise ValueError("a file that is there is expected")
        return policy.expanduser() if policy is not None else None

    @field_validator("generator")
    @classmethod
    def _generator_is_a_folder(cls, generator: Path | None) -> Path | None:
        if generator is not None and not generator.expanduser().is_dir():
            raise ValueError("a folder that is there is expected")
        return generator.expanduser() if generator is not None else None

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: str) -> str:
        for origin in filter(None, map(str.strip, origins.split(","))):
            if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:_-]+", origin):
                raise ValueError("origins such as https://music.example.org are expected")
        return origins

    @field_validator("log_level", "auth", mode="before")
    @classmethod
    def _any_case(cls, level: Any) -> Any:
        return level.lower() if isinstance(level, str) else level

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str, info: Any) -> str:
        if not url:
            # `home` is missing when it was itself refused; its own message is the one to show.
            return f"sqlite:///{info.data.get('home', Path('var')) / 'songspace.db'}"
        scheme, colon, _ = url.partition("://")
        if not colon or scheme.split("+")[0] not in {"sqlite", "postgresql"}:
            raise ValueError("expected sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
        file = info.data.get("database_password_file")
        return url if file is None else _with_password(url, file.read_text(encoding="utf-8").strip())

    @property
    def sources(self) -> dict[str, str]:
        """Where each setting comes from: its variable, or "default"; `service.cli` overlays options."""
        return {
            name: variable(name) if name in self.model_fields_set else "default"
            for name in type(self).model_fields
        }

    def shown(self) -> dict[str, str | int | float | bool]:
        """Return name -> value fit to be printed, with secrets redacted."""
        return {
            "home": str(self.home),
            "database_password_file": str(self.database_password_file or ""),
            "database_url": redacted(self.database_url),
            "database_connections": self.database_connections,
            "database_recycle_s": self.database_recycle_s,
            "database_statement_timeout_s": self.database_statement_timeout_s,
            "log_level": self.log_level.value,
            "threads": self.threads,
            "debug": self.debug,
            "soundfont": str(self.soundfont or ""),
            "generator": str(self.generator or ""),
            "policy": str(self.policy or ""),
            "auth": self.auth.value,
            "rate_limit": self.rate_limit,
            "request_threads": self.request_threads,
            "answering_processes": "" if self.answering_processes is None else self.answering_processes,
            "upload_mib": self.upload_mib,
            "cors_origins": self.cors_origins,
            "generations_at_once": self.generations_at_once,
            "generations_per_user": self.generations_per_user,
            "generations_waiting": self.generations_waiting,
            "generation_threads": self.generation_threads,
            "generation_timeout_s": self.generation_timeout_s,
            "nightly_cron": self.nightly_cron,
        }


def variable(name: str) -> str:
    """Return the environment variable of a setting: `threads` -> `SONGSPACE_THREADS`."""
    return PREFIX + name.upper()


def load_settings(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read the settings from the environment, under `overrides` (name -> value) that go before it.

    Raises
    ------
    SettingsError
        A value that cannot be used; one line that names every variable at fault.
    """
    try:
        return Settings(**(overrides or {}))
    except ValidationError as error:
        raise SettingsError("; ".join(_complaint(detail) for detail in error.errors())) from None


def _with_password(url: str, password: str) -> str:
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.partition("@")
    if not at or not user or ":" in user or scheme.startswith("sqlite"):
        raise ValueError("with SONGSPACE_DATABASE_PASSWORD_FILE postgresql://USER@HOST/DATABASE is expected")
    return f"{scheme}{separator}{user}:{quote(password, safe='')}@{place}"


def _complaint(detail: Any) -> str:
    name = str(detail["loc"][0])
    reason = str(detail["msg"]).removeprefix("Value error, ")
    # A database URL may hold a password, and a mistyped one cannot be redacted for sure: do not repeat it.
    got = "" if name == "database_url" else f", got {str(detail['input'])!r}"
    return f"{variable(name)}: {reason[0].lower() + reason[1:]}{got}"


def redacted(url: str) -> str:
    """Return a database URL with every secret in it replaced by `***`, well formed or not."""
    head, separator, rest = url.partition("://")
    if not separator:
        return url
    # A password may hold "/", ":" and "?", so all before the last "@" goes: too much rather than too little.
    credentials, at, place = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    if at and colon:
        rest = f"{user}:{MASK}@{place}"
    body, question, query = rest.partition("?")
    return (
        head + separator + body + question + "&".join(_redacted_parameter(part) for part in query.split("&"))
    )


def _redacted_parameter(part: str) -> str:
    name, equals, _ = part.partition("=")
    return f"{name}={MASK}" if equals and name.lower() in SECRET_PARAMETERS else part
