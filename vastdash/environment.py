"""Every environment variable the site reads, with its default and meaning: the one table settings and README share."""

import json
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Variable(NamedTuple):
    """One environment variable; ``default`` is the text used when it is unset or empty."""

    name: str
    default: str
    meaning: str


VARIABLES = (
    Variable(
        "VASTDASH_ENV_FILE", ".env", "File that holds variables of this table; what is exported wins over it"
    ),
    Variable("VASTDASH_DATA_DIR", "var", "Folder of the embedded database and the generated secret key"),
    Variable(
        "VASTDASH_DATABASE_URL",
        "",
        "Database, such as `postgresql://user:password@host:5432/name`; the embedded one when empty",
    ),
    Variable(
        "VASTDASH_RETENTION_DAYS",
        "0",
        "Days for which ended sessions are kept: `manage.py apply_retention` takes older ones away; 0 is for ever",
    ),
    Variable("VASTDASH_HOST", "127.0.0.1", "Address the server listens on"),
    Variable("VASTDASH_PORT", "8000", "Port the server listens on"),
    Variable("VASTDASH_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]", "Host names the site answers to"),
    Variable("VASTDASH_HTTPS", "0", "1 when served over HTTPS: secure cookies and HSTS"),
    Variable("VASTDASH_SECRET_KEY", "", "Signing key; generated once into the data folder when empty"),
    Variable("VASTDASH_DEBUG", "0", "1 shows Django's debug pages; never on a reachable host"),
    Variable(
        "VASTDASH_LOG_LEVEL", "INFO", "Least level that is logged: DEBUG, INFO, WARNING, ERROR or CRITICAL"
    ),
    Variable("VASTDASH_UPLOAD_MAX_BYTES", "10000000", "Largest bid response accepted, after unpacking"),
    Variable("VASTDASH_REDIS_URL", "", "Redis for the channel layer; in-process when empty"),
    Variable("VASTDASH_PLAYBACK_MODE", "", "Mode that `auto` means: real or headless; real when empty"),
    Variable(
        "VASTDASH_SESSION_PERSISTENCE", "1", "1 checkpoints running sessions so that a crash can resume them"
    ),
    Variable("VASTDASH_RUNNING_SESSIONS_MAX", "1000", "Sessions that may run at a time; more are refused"),
    Variable("VASTDASH_BATCH_SESSIONS_MAX", "5000000", "Sessions that one batch may have; more are refused"),
    Variable(
        "VASTDASH_ASKING_SESSIONS_MAX",
        "20",
        "Sessions that may ask ad servers for their ad at a time; more are refused",
    ),
    Variable(
        "VASTDASH_RECEIVER_CONFIG",
        "",
        "Receiver settings of the whole installation, a JSON object: the host layer of every build",
    ),
    Variable(
        "VASTDASH_FETCH_ALLOWED",
        "",
        "Addresses or networks (CIDR) that may be fetched from although they are not public",
    ),
    Variable(
        "VASTDASH_ENDPOINT_RATE",
        "500",
        "Requests a second that one endpoint answers in one process; more get 429 without an ad; 0 is no limit",
    ),
    Variable("VASTDASH_ENDPOINT_RECORDED", "50", "Requests kept of an endpoint whose record switch is on"),
    Variable(
        "VASTDASH_TRUSTED_PROXIES",
        "",
        "Addresses or networks of proxies whose X-Forwarded-For names the viewer's address",
    ),
    Variable("VASTDASH_REPORT_DAYS_MAX", "30", "The most days that a link to a report may be made for"),
    Variable(
        "VASTDASH_REPORT_RATE",
        "60",
        "Openings of shared reports a minute for one caller's address in one process; 0 is no limit",
    ),
    Variable("VASTDASH_MEDIA_HOSTS", "", "Origins whose media the session page may play, besides its own"),
)

_BY_NAME = {variable.name: variable for variable in VARIABLES}
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
PLAYBACK_MODES = ("", "real", "headless")
HIGHEST_PORT = 65535


def env_file(folder: Path, values: Mapping[str, str] = os.environ) -> Path:
    """The file of variables: ``.env``, which need not be there, or the one that is named. Raises ``ValueError``."""
    named = values.get("VASTDASH_ENV_FILE", "")
    path = folder / (named or ".env")
    if named and not path.exists():
        raise ValueError(f"VASTDASH_ENV_FILE: there is no file {path}")
    return path


class Environment:
    """Typed reading of the table above; a name that is not in it is a ``KeyError``."""

    def __init__(self, values: Mapping[str, str] = os.environ) -> None:
        self._values = values

    def text(self, name: str) -> str:
        return self._values.get(name, "") or _BY_NAME[name].default

    def choice(self, name: str, choices: Collection[str]) -> str:
        text = self.text(name)
        if text not in choices:
            raise ValueError(f"{name} must be one of {', '.join(filter(None, choices))}, not {text!r}")
        return text

    def flag(self, name: str) -> bool:
        text = self.text(name)
        try:
            return _FLAGS[text.strip().lower()]
        except KeyError:
            raise ValueError(f"{name} must be 1 or 0, not {text!r}") from None

    def number(self, name: str, least: int = 0, most: int | None = None) -> int:
        """A whole number within these bounds, both included."""
        text = self.text(name)
        wanted = f"from {least} to {most}" if most is not None else f"of {least} or more"
        number = int(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,18}\s*", text) else None
        if number is None or number < least or (most is not None and number > most):
            raise ValueError(f"{name} must be a whole number {wanted}, not {text!r}")
        return number

    def names(self, name: str) -> list[str]:
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def json_object(self, name: str) -> dict[str, Any]:
        try:
            value = json.loads(self.text(name) or "{}")
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ValueError(f'{name} must be a JSON object, such as {{"default_currency": "EUR"}}')
        return value
