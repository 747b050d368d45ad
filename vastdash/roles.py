"""Who may do what: one table of roles and actions, one table of routes and the action each asks for.

A route that no table names is closed to everybody. Pages, fragments, the API and the sockets all ask here.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final


class Role(StrEnum):
    VIEWER = "viewer"
    QA = "qa"
    AD_OPS = "ad_ops"


ROLE_LABELS: Final = {Role.VIEWER: "Manager (viewer)", Role.QA: "QA", Role.AD_OPS: "Ad-ops"}


class Action(StrEnum):
    """What a route may ask for. The last three are not in the role table: they are rules of their own."""

    READ = "read"
    BUILD = "build"
    PLAY = "play"
    SHARE = "share"
    SAVE_VIEWS = "save views"
    SEE_DEBUG = "see debug"
    EDIT_CONFIG = "edit configuration"
    DELIVER_LIVE = "deliver live"
    DELETE = "delete"

    PUBLIC = "anybody, signed in or not"
    SIGNED_IN = "anybody signed in"
    ADMINISTER = "superusers only"


_READER: Final = frozenset({Action.READ, Action.SHARE})
_TESTER: Final = _READER | {Action.BUILD, Action.PLAY, Action.SAVE_VIEWS, Action.SEE_DEBUG}
_OPERATOR: Final = _TESTER | {Action.EDIT_CONFIG, Action.DELIVER_LIVE, Action.DELETE}

ALLOWED: Final[Mapping[Role, frozenset[Action]]] = {
    Role.VIEWER: _READER,
    Role.QA: _TESTER,
    Role.AD_OPS: _OPERATOR,
}

# Route name -> method -> action. HEAD and OPTIONS count as GET.
_GET = "GET"
_POST = "POST"
_PATCH = "PATCH"
_DELETE = "DELETE"
ROUTES: Final[Mapping[str, Mapping[str, Action]]] = {
    "login": {_GET: Action.PUBLIC, _POST: Action.PUBLIC},
    "logout": {_POST: Action.SIGNED_IN},
    "healthz": {_GET: Action.PUBLIC},
    "home": {_GET: Action.READ},
    "search": {_GET: Action.READ},
    "glossary": {_GET: Action.READ},
    "permissions": {_GET: Action.SIGNED_IN},
    "token-list": {_GET: Action.BUILD},
    "token-new": {_POST: Action.BUILD},
    "token-revoke": {_GET: Action.BUILD, _POST: Action.BUILD},
    "share": {_GET: Action.PUBLIC},
    "share-file": {_GET: Action.PUBLIC},
    "report-list": {_GET: Action.SHARE},
    "report-links": {_GET: Action.SHARE, _POST: Action.SHARE},
    "report-revoke": {_GET: Action.SHARE, _POST: Action.SHARE},
    "session-report": {_GET: Action.READ},
    "build-report": {_GET: Action.READ},
    "batch-report": {_GET: Action.READ},
    "build-list": {_GET: Action.READ},
    "build-new": {_GET: Action.BUILD, _POST: Action.BUILD},
    "build": {_GET: Action.READ},
    "build-delete": {_GET: Action.DELETE, _POST: Action.DELETE},
    "build-vast": {_GET: Action.READ},
    "build-again": {_GET: Action.BUILD, _POST: Action.BUILD},
    "build-bids": {_GET: Action.READ},
    "build-document": {_GET: Action.READ},
    "build-ad": {_GET: Action.READ},
    "build-ad-markup": {_GET: Action.READ},
    "compare-builds": {_GET: Action.READ},
    "receiver-list": {_GET: Action.READ},
    "receiver-new": {_GET: Action.EDIT_CONFIG, _POST: Action.EDIT_CONFIG},
    "receiver-draft": {_POST: Action.EDIT_CONFIG},
    "receiver": {_GET: Action.READ, _POST: Action.EDIT_CONFIG},
    "receiver-delete": {_GET: Action.DELETE, _POST: Action.DELETE},
    "publisher-receiver": {_GET: Action.READ, _POST: Action.EDIT_CONFIG},
    "endpoint-list": {_GET: Action.READ},
    "endpoint-new": {_GET: Action.EDIT_CONFIG, _POST: Action.EDIT_CONFIG},
    "endpoint-settings": {_GET: Action.EDIT_CONFIG},
    "endpoint": {_GET: Action.READ},
    "endpoint-edit": {_GET: Action.EDIT_CONFIG, _POST: Action.EDIT_CONFIG},
    "endpoint-switch": {_POST: Action.EDIT_CONFIG},
    "endpoint-rotate": {_GET: Action.EDIT_CONFIG, _POST: Action.EDIT_CONFIG},
    "endpoint-delete": {_GET: Action.DELETE, _POST: Action.DELETE},
    "endpoint-try": {_GET: Action.SEE_DEBUG},
    "endpoint-request": {_GET: Action.SEE_DEBUG},
    "endpoint-debug": {_GET: Action.SEE_DEBUG},
    "session-list": {_GET: Action.READ},
    "session-new": {_GET: Action.PLAY, _POST: Action.PLAY},
    "session": {_GET: Action.READ},
    "session-delete": {_GET: Action.DELETE, _POST: Action.DELETE},
    "session-record": {_GET: Action.READ},
    "session-hop": {_GET: Action.SEE_DEBUG},
    "session-ledger": {_GET: Action.READ},
    "session-pixel": {_GET: Action.READ},
    "session-replay": {_GET: Action.READ},
    "session-otherwise": {_GET: Action.READ},
    "compare-sessions": {_GET: Action.READ},
    "session-confirm": {_POST: Action.DELIVER_LIVE},
    "session-command": {_POST: Action.PLAY},
    "history": {_GET: Action.READ},
    "history-export": {_GET: Action.READ},
    "weekly-report": {_GET: Action.READ},
    "view-list": {_GET: Action.READ},
    "view-new": {_POST: Action.SAVE_VIEWS},
    "view-edit": {_POST: Action.SAVE_VIEWS},
    "view-delete": {_POST: Action.SAVE_VIEWS},
    "view-pin": {_POST: Action.READ},
    "batch-list": {_GET: Action.READ},
    "batch-new": {_GET: Action.PLAY, _POST: Action.PLAY},
    "batch-builds": {_GET: Action.PLAY},
    "batch-estimate": {_POST: Action.PLAY},
    "batch": {_GET: Action.READ},
    "batch-progress": {_GET: Action.READ},
    "batch-sessions": {_GET: Action.READ},
    "batch-sessions-csv": {_GET: Action.READ},
    "batch-results-json": {_GET: Action.READ},
    "batch-results-csv": {_GET: Action.READ},
    "batch-cancel": {_POST: Action.PLAY},
    "batch-delete": {_GET: Action.DELETE, _POST: Action.DELETE},
    "provider-list": {_GET: Action.READ},
    "provider": {_GET: Action.READ, _POST: Action.EDIT_CONFIG},
    "provider-draft": {_POST: Action.EDIT_CONFIG},
    "provider-reset": {_GET: Action.EDIT_CONFIG, _POST: Action.EDIT_CONFIG},
    "provider-versions": {_GET: Action.READ},
    "provider-restore": {_GET: Action.EDIT_CONFIG, _POST: Action.EDIT_CONFIG},
    "publisher-list": {_GET: Action.READ},
    "publisher-new": {_GET: Action.EDIT_CONFIG, _POST: Action.EDIT_CONFIG},
    "publisher": {_GET: Action.READ, _POST: Action.EDIT_CONFIG},
    "publisher-draft": {_POST: Action.EDIT_CONFIG},
    "publisher-versions": {_GET: Action.READ},
    "publisher-restore": {_GET: Action.EDIT_CONFIG, _POST: Action.EDIT_CONFIG},
    "publisher-delete": {_GET: Action.DELETE, _POST: Action.DELETE},
    "configuration": {_GET: Action.READ},
    "profiles": {_GET: Action.READ, _POST: Action.EDIT_CONFIG},
    "profiles-export": {_GET: Action.READ},
    "api:openapi-json": {_GET: Action.READ},
    "api:openapi-view": {_GET: Action.READ},
    "api:builds": {_GET: Action.READ, _POST: Action.BUILD},
    "api:build": {_GET: Action.READ},
    "api:build-again": {_POST: Action.BUILD},
    "api:build-ad": {_GET: Action.READ},
    "api:build-compare": {_GET: Action.READ},
    "api:receivers": {_GET: Action.READ, _POST: Action.EDIT_CONFIG},
    "api:receiver": {_GET: Action.READ, _PATCH: Action.EDIT_CONFIG, _DELETE: Action.DELETE},
    "api:endpoints": {_GET: Action.READ, _POST: Action.EDIT_CONFIG},
    "api:endpoint": {_GET: Action.READ, _PATCH: Action.EDIT_CONFIG, _DELETE: Action.DELETE},
    "api:endpoint-rotate": {_POST: Action.EDIT_CONFIG},
    "api:history": {_GET: Action.READ},
    "api:sessions": {_GET: Action.READ, _POST: Action.PLAY},
    "api:session": {_GET: Action.READ},
    "api:session-chain": {_GET: Action.READ},
    "api:session-ledger": {_GET: Action.READ},
    "api:session-pixel": {_GET: Action.READ},
    "api:session-seek": {_POST: Action.PLAY},
    "api:session-replay": {_GET: Action.READ},
    "api:session-compare": {_GET: Action.READ},
    "api:session-confirm": {_POST: Action.DELIVER_LIVE},
    "api:session-command": {_POST: Action.PLAY},
    "api:configuration": {_GET: Action.READ},
    "api:reports": {_GET: Action.SHARE, _POST: Action.SHARE},
    "api:report": {_DELETE: Action.SHARE},
    "api:batches": {_GET: Action.READ, _POST: Action.PLAY},
    "api:batch": {_GET: Action.READ, _DELETE: Action.DELETE},
    "api:batch-cancel": {_POST: Action.PLAY},
}

# Whole namespaces that bring their own pages.
NAMESPACES: Final[Mapping[str, Action]] = {"admin": Action.ADMINISTER}

SOCKETS: Final[Mapping[str, Action]] = {"session": Action.READ}


def rule(route: str, method: str) -> Action | None:
    """The action a route asks for, or None when no table names it (which means: closed)."""
    namespace = route.partition(":")[0]
    if namespace in NAMESPACES:
        return NAMESPACES[namespace]
    return ROUTES.get(route, {}).get(_GET if method in {"HEAD", "OPTIONS"} else method)


def is_public(route: str) -> bool:
    """Whether anybody may come to this route by some method."""
    return Action.PUBLIC in ROUTES.get(route, {}).values()


def may(user: Any, action: Action | str | None) -> bool:
    """Whether this user may do it. ``user`` needs ``is_authenticated``, ``is_superuser`` and ``role``."""
    if action is None:
        return False
    if action == Action.PUBLIC:
        return True
    if user is None or not user.is_authenticated or not user.is_active:
        return False
    if action == Action.SIGNED_IN or user.is_superuser:
        return True
    return action in ALLOWED.get(user.role, frozenset())
