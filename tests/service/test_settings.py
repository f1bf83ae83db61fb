"""Settings: where they come from, what is refused, and what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import SettingsError, load_settings, redacted


def test_defaults_hold_in_an_empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SONGSPACE_HOME")
    settings = load_settings()
    assert settings.home == Path("var")
    assert settings.database_url == "sqlite:///var/songspace.db"
    assert settings.threads >= 1
    assert set(settings.sources.values()) == {"default"}


def test_the_database_is_in_the_home_folder_unless_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path))
    assert load_settings().database_url == f"sqlite:///{tmp_path}/songspace.db"


def test_an_override_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGSPACE_LOG_LEVEL", "error")
    assert load_settings().log_level == "error"
    assert load_settings({"log_level": "DEBUG"}).log_level == "debug"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGSPACE_THREADS", "")
    assert load_settings().sources["threads"] == "default"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("THREADS", "0"),
        ("THREADS", "two"),
        ("LOG_LEVEL", "loud"),
        ("DEBUG", "maybe"),
        ("HOME", __file__),
        ("HOME", "a?b"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(f"SONGSPACE_{variable}", value)
    with pytest.raises(SettingsError, match=f"^SONGSPACE_{variable}: ") as caught:
        load_settings()
    assert value in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://root:hunter2@host/db", "hunter2", "postgres//u:hunter2@h/d"])
def test_a_refused_database_url_is_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("SONGSPACE_DATABASE_URL", url)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        load_settings().threads = 3


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///var/songspace.db", "sqlite:///var/songspace.db"),
        ("postgresql://ann@host/db", "postgresql://ann@host/db"),
        ("postgresql://ann:hunter2@host:5432/db", "postgresql://ann:***@host:5432/db"),
        ("postgresql+psycopg://ann:hunt@er/2?:@host/db?a=1", "postgresql+psycopg://ann:***@host/db?a=1"),
        ("postgresql://host/db?user=ann&password=hunter2", "postgresql://host/db?user=ann&password=***"),
    ],
)
def test_a_password_in_a_url_is_redacted(url: str, shown: str) -> None:
    assert redacted(url) == shown


@pytest.fixture
def password_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "password"
    file.write_text("p@ss/w\u00f6rd:1\n", encoding="utf-8")
    monkeypatch.setenv("SONGSPACE_DATABASE_PASSWORD_FILE", str(file))
    return file


def test_a_password_comes_from_a_file_and_is_not_shown(
    password_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_DATABASE_URL", "postgresql://ann@db/songs?sslmode=require")
    settings = load_settings()
    assert settings.database_url == "postgresql://ann:p%40ss%2Fw%C3%B6rd%3A1@db/songs?sslmode=require"
    assert settings.shown()["database_url"] == "postgresql://ann:***@db/songs?sslmode=require"


@pytest.mark.parametrize("url", ["", "sqlite:///a.db", "postgresql://db/songs", "postgresql://a:b@db/songs"])
def test_a_password_file_belongs_to_a_url_with_a_user_and_without_a_password(
    password_file: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SONGSPACE_DATABASE_URL", url)
    if url:
        with pytest.raises(
            SettingsError, match="SONGSPACE_DATABASE_URL: with SONGSPACE_DATABASE_PASSWORD_FILE"
        ):
            load_settings()
    else:  # SQLite in the home folder has no password.
        assert load_settings().database_url.startswith("sqlite:///")


@pytest.mark.parametrize("content", [None, "", "\n"])
def test_a_password_file_that_says_nothing_is_named(password_file: Path, content: str | None) -> None:
    password_file.unlink()
    if content is not None:
        password_file.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="SONGSPACE_DATABASE_PASSWORD_FILE: a file"):
        load_settings()
