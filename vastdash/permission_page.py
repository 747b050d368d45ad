"""The table of rights as everybody signed in may read it: role × action, and which of them is oneself."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from vastdash.roles import ALLOWED, ROLE_LABELS, Action

MEANINGS: Final = {
    Action.READ: "open every page, list, record and configuration; search; the JSON API for reading",
    Action.SHARE: "give somebody without an account a link to a report",
    Action.BUILD: "turn a bid response into VAST, build again; make API tokens of one's own",
    Action.PLAY: "start sessions as a dry run or in the sandbox, pause, skip and stop them; simulate, run batches",
    Action.SAVE_VIEWS: "keep a history as it is narrowed down under a name, for oneself or for all",
    Action.SEE_DEBUG: "see what was exchanged: bodies of a chain, recorded requests and the debug view of endpoints",
    Action.EDIT_CONFIG: "change and publish providers, publishers, receivers and endpoints; import profiles",
    Action.DELIVER_LIVE: "let a session call the addresses in an ad, after confirming their number",
    Action.DELETE: "delete what others rely on; revoke links and tokens of others",
}
"""What each action of the role table lets somebody do, in the words of the pages."""


def table(request: HttpRequest) -> HttpResponse:
    rows = [
        (action, text, [action in allowed for allowed in ALLOWED.values()])
        for action, text in MEANINGS.items()
    ]
    roles = [
        (label, role == request.user.role and not request.user.is_superuser)
        for role, label in ROLE_LABELS.items()
    ]
    return render(request, "vastdash/permissions.html", {"roles": roles, "rows": rows})
