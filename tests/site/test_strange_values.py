"""Values that no row can have, wherever somebody writes them: told as such, on either database, and never an error."""

import pytest
from django.db import DataError
from django.urls import reverse

from playback.batches import making
from playback.models import Batch, SavedView
from playback.sources import StartRefused
from tests.pipeline.responses import inline
from tests.site.rows import make_batch, make_provider
from vastdash.web import AccessMiddleware

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address", ["/batches/a%00b/", "/sessions/%00/", "/reports/build/%00/", "/api/v1/builds/%00"]
)
def test_an_address_with_a_nul_leads_nowhere_and_asks_no_database_for_it(
    viewer, address, django_assert_max_num_queries
):
    with django_assert_max_num_queries(3):  # the reader's own session and row
        assert viewer.get(address).status_code == 404


@pytest.mark.parametrize(
    ("address", "said"), [("/batches/", b"cannot be read"), ("/api/v1/batches", b"Not usable")]
)
def test_a_value_that_the_database_does_not_take_is_a_fault_of_who_asked(rf, address, said):
    request = rf.get(address)
    answer = AccessMiddleware(lambda _: None).process_exception(request, DataError("no NUL (0x00)"))
    assert answer.status_code == 400
    assert said in answer.content


def test_sessions_to_compare_may_be_named_with_any_bytes(viewer):
    answer = viewer.get(reverse("compare-sessions"), {"a": "\0", "b": "b\0c"})
    assert answer.status_code == 422
    assert b"\0" not in answer.content


@pytest.mark.parametrize("query", ["&", "=", "//elsewhere.example", "javascript:alert(1)"])
def test_a_view_of_nothing_known_is_kept_as_the_usual_history_and_opens_without_end(qa, query):
    saved = qa.post(reverse("view-new"), {"name": "Odd", "query": query})
    assert saved["Location"] == "/history/?days=30"
    qa.post(reverse("view-pin", args=[SavedView.objects.get().pk]))
    answer = qa.get("/history/", follow=True)
    assert (answer.status_code, len(answer.redirect_chain)) == (200, 1)


def test_numbers_beyond_every_float_are_refused_at_their_field(qa, ad_ops):
    batch = f'{{"ads": [{{"vast": "<VAST/>"}}], "sessions": {"9" * 400}}}'
    answer = qa.post("/api/v1/batches", batch, content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (422, "sessions")
    name = make_provider().name
    put = f'{{"profile": {{"max_session_duration_sec": {"9" * 400}}}, "version": "", "note": "long"}}'
    answer = ad_ops.put(f"/api/v1/providers/{name}", put, content_type="application/json")
    assert (answer.status_code, answer.json()["fields"][0]["field"]) == (
        422,
        "profile.max_session_duration_sec",
    )


def test_what_no_batch_may_be_is_not_estimated(qa):
    asked = {"sessions": "9" * 30, "spread": "all", "samples": "television_30s", "lengths": "own"}
    asked |= {"providers": "-", "publishers": "-"}
    told = qa.post(reverse("batch-estimate"), asked).content.decode()
    assert "a batch has 5,000,000 at most" in told
    told = qa.post(reverse("batch-estimate"), {**asked, "other_lengths": ",".join(map(str, range(1, 300)))})
    assert "more than 240 are not run" in told.content.decode()


def test_a_batch_of_slow_tags_is_given_up_instead_of_keeping_its_maker_waiting(monkeypatch):
    hours = iter(range(0, 360_000, 3600))
    monkeypatch.setattr(making, "monotonic", lambda: next(hours))
    with pytest.raises(StartRefused, match="0 of 2 ads took longer than 60 seconds"):
        make_batch(inline(), inline())
    assert not Batch.objects.exists()
