"""What hostile documents, damaged rows and impatient people do to sessions, and what must not come of it."""

import json

import pytest

from playback.models import Session
from tests.pipeline.responses import inline
from tests.site.rows import make_session

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/sessions"


def post(client, payload: dict, address: str = ADDRESS):
    return client.post(address, json.dumps(payload), content_type="application/json")


def started(client, **payload) -> dict:
    answer = post(client, {"mode": "headless", "speed": 0, "seed": 7, **payload})
    assert answer.status_code == 201, answer.content
    return answer.json()


class TestDamagedRows:
    @pytest.mark.parametrize(
        "record",
        [{}, [], "text", {"hops": None}, {"hops": [1]}, {"hops": ["hop"]}, {"hops": [{"number": 1}]}],
    )
    def test_a_chain_that_cannot_be_read_is_left_out_of_its_page_and_missing_elsewhere(self, qa, record):
        row = make_session()
        row.chain.record = record
        row.chain.save()
        assert qa.get(f"/sessions/{row.public_id}/").status_code == 200
        assert qa.get(f"{ADDRESS}/{row.public_id}").json()["chain"] is None
        for address in (f"/sessions/{row.public_id}/hops/1/", f"{ADDRESS}/{row.public_id}/chain"):
            assert qa.get(address).status_code == 404

    def test_a_hop_whose_body_is_gone_is_missing(self, qa):
        row = make_session()
        row.chain.bodies.clear()
        for number in (0, 1, 999):
            assert qa.get(f"/sessions/{row.public_id}/hops/{number}/").status_code == 404
        assert qa.get(f"{ADDRESS}/{row.public_id}/chain?bodies=1").status_code == 404

    @pytest.mark.parametrize("record", [{}, [], "text", {"config": 1}, {"config": {}}])
    @pytest.mark.parametrize("delivery", ["dry_run", "live"])
    def test_a_record_that_cannot_be_read_breaks_no_page(self, ad_ops, delivery, record):
        found = started(ad_ops, vast=inline(), delivery=delivery)
        Session.objects.update(record=record)
        assert "cannot be read" in ad_ops.get(f"/sessions/{found['id']}/").content.decode()
        told = ad_ops.get(f"{ADDRESS}/{found['id']}").json()
        assert (told["record"], told["confirmation"]) == (record, None)
        assert ad_ops.get("/sessions/").status_code == 200
        assert post(ad_ops, {}, f"{ADDRESS}/{found['id']}/discard").status_code == 409


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "\u0663", "", "1e3", " 3"])
def test_a_confirmation_of_no_number_of_pixels_changes_nothing(ad_ops, number):
    found = started(ad_ops, vast=inline(), delivery="live")
    answer = ad_ops.post(f"/sessions/{found['id']}/confirm/", {"pixels": number})
    assert answer.status_code == 302
    assert Session.objects.get().waits_for_confirmation
