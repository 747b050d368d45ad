"""The page of rights is the table of rights."""

from html import unescape

from tests.site.people import PEOPLE, browser_of
from vastdash.permission_page import MEANINGS
from vastdash.roles import ALLOWED, Action


def test_the_page_tells_of_every_action_what_each_role_may(db):
    answer = browser_of(PEOPLE["qa"]()).get("/permissions/")
    assert {action: cells for action, _, cells in answer.context["rows"]} == {
        action: [action in allowed for allowed in ALLOWED.values()]
        for action in Action
        if any(action in allowed for allowed in ALLOWED.values())
    }
    assert [own for _, own in answer.context["roles"]] == [False, True, False]
    page = unescape(answer.content.decode())
    assert all(meaning in page for meaning in MEANINGS.values())


def test_a_refusal_leads_to_it(db):
    answer = browser_of(PEOPLE["viewer"]()).get("/builds/new/")
    assert answer.status_code == 403
    assert 'href="/permissions/"' in answer.content.decode()
