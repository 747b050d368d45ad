"""Every page of the site is among the places that are examined for accessibility and pictured."""

import ast
from collections.abc import Iterator

from django.conf import settings
from django.urls import resolve

from vastdash.roles import ROUTES

PLACES = settings.BASE_DIR / "tests" / "browser" / "pages.py"
# Their addresses are only known once their rows are there; the last one is come to by a form.
KNOWN_LATER = {"session-pixel", "share", "token-revoke"}
FILES = {
    *("healthz", "build-vast", "build-ad-markup", "endpoint-debug", "session-record", "session-hop"),
    *("history-export", "batch-sessions-csv", "batch-results-json", "batch-results-csv", "profiles-export"),
    *("share-file", "session-report", "build-report", "batch-report"),
}
PARTS_OF_PAGES = {
    *("endpoint-settings", "endpoint-try", "endpoint-request", "session-ledger"),
    *("batch-builds", "batch-progress"),
}


def paths() -> Iterator[str]:
    """The addresses of the places, any row named "x"."""
    for node in ast.walk(ast.parse(PLACES.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Place":
            match node.args[2]:
                case ast.Constant(value=str(path)):
                    yield path
                case ast.JoinedStr(values=parts):
                    yield "".join(
                        str(part.value) if isinstance(part, ast.Constant) else "x" for part in parts
                    )


def test_every_page_has_a_place():
    placed = {resolve(path.partition("?")[0]).url_name for path in paths()} | KNOWN_LATER
    shown = {name for name, methods in ROUTES.items() if "GET" in methods and ":" not in name}
    assert shown - FILES - PARTS_OF_PAGES == placed
