"""Log lines as JSON, one object a line, whoever wrote them: structlog here, or the standard library elsewhere."""

import logging
import re
from typing import Any

import structlog

_SHARED_LINK = re.compile(r"(/share/[^/.]{0,12})[^/]*")
_SHARED = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _one_line_a_request(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """The line at the end of a request says all that the one at its start does.

    Addresses are logged without their query: what callers put there is theirs, a mistyped password included. Of a
    link to a report the id stays, without the signature that opens it.
    """
    if event.get("event") == "request_started":
        raise structlog.DropEvent
    if isinstance(event.get("request"), str):
        event["request"] = _SHARED_LINK.sub(r"\1***", event["request"].partition("?")[0])
    return event


def formatter() -> logging.Formatter:
    """The formatter that ``LOGGING`` names; also points structlog at the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            _one_line_a_request,
            *_SHARED,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
    )
