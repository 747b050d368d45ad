"""One command serves the site; the settings keep a key of their own, and log lines are JSON."""

import io
import json
import logging
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.core.management import call_command
from django.core.management.base import CommandError

from vastdash.database import database
from vastdash.logs import formatter
from vastdash.models import User, new_public_id

ROOT = Path(__file__).resolve().parents[2]


def settings_of(folder: Path, *names: str, **variables: str) -> list:
    """The named settings as a fresh process with these variables reads them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VASTDASH_")}
    values = f"[getattr(settings, name) for name in {names!r}]"
    code = f"import json; from vastdash import settings; print(json.dumps({values}, default=str))"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**environment, "VASTDASH_DATA_DIR": str(folder), **variables},
        capture_output=True,
        text=True,
    )
    if answer.returncode:
        raise RuntimeError(answer.stderr)
    return json.loads(answer.stdout)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    folder = tmp_path / "kept" / "here"
    (first,) = settings_of(folder, "SECRET_KEY")
    assert settings_of(folder, "SECRET_KEY") == [first]
    assert len(first) > 50
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert settings_of(folder, "SECRET_KEY", VASTDASH_SECRET_KEY="given") == ["given"]


def test_the_database_lives_in_the_data_folder_and_waits_for_its_turn(tmp_path):
    (databases,) = settings_of(tmp_path, "DATABASES")
    assert databases["default"]["NAME"] == str(tmp_path / "vastdash.sqlite3")
    assert databases["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_the_database_may_be_a_server_of_its_own_with_connections_in_a_pool(tmp_path):
    url = "postgresql://ours:p%40ss@db.example:5433/vastdash?sslmode=require"
    (databases,) = settings_of(tmp_path, "DATABASES", VASTDASH_DATABASE_URL=url)
    found = databases["default"]
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", 5433, "vastdash")
    assert (found["USER"], found["PASSWORD"], found["CONN_MAX_AGE"]) == ("ours", "p@ss", 0)
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["pool"]["max_size"] > 1


@pytest.mark.parametrize("url", ["mysql://me:secret@h/db", "postgresql://me:secret@h", "secret"])
def test_an_address_of_no_database_is_refused_without_repeating_its_password(url):
    with pytest.raises(ValueError, match="VASTDASH_DATABASE_URL must be like") as refused:
        database(url, Path())
    assert "secret" not in str(refused.value)


def test_behind_https_cookies_are_secure_and_the_browser_stays_there(tmp_path):
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS")
    assert settings_of(tmp_path, *names, VASTDASH_HTTPS="1") == [True, True, 31536000]
    assert settings_of(tmp_path, *names) == [False, False, 0]


def test_redis_is_a_setting(tmp_path):
    (layers,) = settings_of(tmp_path, "CHANNEL_LAYERS", VASTDASH_REDIS_URL="redis://127.0.0.1:6379/0")
    assert layers["default"]["CONFIG"] == {"hosts": ["redis://127.0.0.1:6379/0"]}
    (layers,) = settings_of(tmp_path, "CHANNEL_LAYERS")
    assert layers["default"]["BACKEND"] == "channels.layers.InMemoryChannelLayer"


def test_a_wrong_value_stops_the_site_naming_the_variable(tmp_path):
    with pytest.raises(
        RuntimeError, match="VASTDASH_PORT must be a whole number from 0 to 65535, not 'http'"
    ):
        settings_of(tmp_path, "SERVE_PORT", VASTDASH_PORT="http")


@pytest.fixture
def started(monkeypatch, settings, tmp_path) -> list[dict[str, Any]]:
    """What each server was started with, in place of starting it."""
    settings.DATA_DIR = tmp_path / "data"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr("uvicorn.run", lambda application, **options: calls.append(options))
    return calls


def serve(*arguments: str) -> str:
    out = io.StringIO()
    call_command("serve", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_serving_makes_what_is_missing_and_prints_where_and_how_to_sign_in(started, settings):
    told = serve("--port", "8123")
    assert "http://127.0.0.1:8123/" in told
    assert "adops" in told
    assert User.objects.count() == 3
    assert settings.DATA_DIR.is_dir()
    assert settings.DATA_DIR.stat().st_mode & 0o077 == 0
    (options,) = started
    assert (options["host"], options["port"], options["lifespan"], options["workers"]) == (
        "127.0.0.1",
        8123,
        "on",
        1,
    )


@pytest.mark.django_db
def test_serving_again_loses_nothing_and_prints_no_passwords(started):
    serve()
    before = list(User.objects.values())
    said = serve()
    assert "Demonstration users" not in said
    assert "manage.py changepassword" in said
    assert list(User.objects.values()) == before


@pytest.mark.django_db
def test_a_second_server_on_the_same_data_is_refused_while_the_first_runs(started, monkeypatch):
    refusals = []

    def running(application, **options):
        with pytest.raises(CommandError, match="already uses") as refused:
            serve("--port", "8124")
        refusals.append(refused)

    monkeypatch.setattr("uvicorn.run", running)
    serve()
    assert len(refusals) == 1


def test_a_port_that_is_no_number_is_refused(started):
    with pytest.raises(CommandError, match="port"):
        call_command("serve", "--port", "http")
    assert started == []


def test_a_log_line_is_one_json_object_whoever_wrote_it():
    shape = formatter()
    plain = logging.LogRecord("django", logging.WARNING, "x.py", 1, "over %s", ("there",), None)
    line = json.loads(shape.format(plain))
    assert (line["event"], line["level"], line["logger"]) == ("over there", "warning", "django")
    assert line["timestamp"].endswith("Z")


def test_a_fault_is_logged_with_its_place():
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(formatter())
    logging.getLogger("tests").addHandler(handler)
    try:
        json.loads("{")
    except ValueError:
        structlog.get_logger("tests").exception("it broke", session="abc")
    finally:
        logging.getLogger("tests").removeHandler(handler)
    line = json.loads(written.getvalue())
    assert (line["event"], line["session"], line["level"]) == ("it broke", "abc", "error")
    assert "JSONDecodeError" in line["exception"]


def test_public_ids_are_short_distinct_and_spell_nothing():
    made = {new_public_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(one) == 12 and not set(one) & set("aeiou01lo") for one in made)
