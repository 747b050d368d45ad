"""Personal API tokens: made and shown once, kept as a digest, accepted as ``Authorization: Bearer`` on the API alone.

A token acts as its owner, with the owner's role as it is now: the route tables decide as for a signed-in browser.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja.security.http import HttpAuthBase

from vastdash.models import ApiToken, User
from vastdash.web import is_api, problem

log = structlog.get_logger(__name__)

PREFIX = "vd_"
_RANDOM_BYTES = 32
_HINT = len(PREFIX) + 5
_LONGEST = 200
# How exact "last used" is; a write for every request would cost more than most requests.
_USED_EVERY = timedelta(minutes=1)


def issue(user: User, name: str, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    """A stored token and its secret, which is nowhere kept: whoever asked has to note it now."""
    secret = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    row = ApiToken.objects.create(
        user=user, name=name, digest=_digest(secret), hint=secret[:_HINT], expires_at=expires_at
    )
    return row, secret


def find(secret: str, now: datetime) -> ApiToken | None:
    """The token of this secret with its owner, while it may be used; None otherwise."""
    if not secret.startswith(PREFIX) or len(secret) > _LONGEST:
        return None
    token = ApiToken.objects.select_related("user").filter(digest=_digest(secret)).first()
    return token if token and is_usable(token, now) else None


def is_usable(token: ApiToken, now: datetime) -> bool:
    """Whether it is neither revoked nor expired, and its owner still comes in."""
    expired = token.expires_at is not None and token.expires_at <= now
    return token.revoked_at is None and not expired and token.user.is_active


def revoke(token: ApiToken, now: datetime) -> None:
    """From now on the token opens nothing; the first revocation counts."""
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])


def _digest(secret: str) -> str:
    # The secret is random and long, so a plain digest cannot be guessed back; a slow hash would only slow requests.
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _note_use(token: ApiToken, now: datetime) -> None:
    if token.last_used_at and now - token.last_used_at < _USED_EVERY:
        return
    try:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    except OperationalError:  # the request matters, when the token was last used does not
        log.warning("last use of a token not noted", token=token.public_id)


class TokenMiddleware:
    """Lets a bearer token stand for its owner on the API, before ``AccessMiddleware`` asks the route tables.

    A request that brings one is judged by it alone: whatever its cookies say, a token that is no good is 401.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer: HttpResponse = self.get_response(request)
        return answer

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        secret = _bearer(request)
        if secret is None:
            return None
        now = timezone.now()
        token = find(secret, now)
        if token is None:
            return _no_good()
        _note_use(token, now)
        request.user = token.user
        request.api_token = token
        return None


def _bearer(request: HttpRequest) -> str | None:
    """What an API request presents as a token; other schemes may be a proxy's business and are not ours."""
    if not is_api(request):
        return None
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def _no_good() -> HttpResponse:
    answer = problem(
        401, "Token not accepted", "This token is unknown, expired or revoked, or its owner is gone."
    )
    answer["WWW-Authenticate"] = 'Bearer realm="vastdash", error="invalid_token"'
    return answer


class TokenAuth(HttpAuthBase):
    """Tells ninja what the middleware found: such a request needs no CSRF token, and its cookies are not looked at.

    Ninja's own HttpBearer would log the header of another scheme.
    """

    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Any:
        return request.user if hasattr(request, "api_token") else None
