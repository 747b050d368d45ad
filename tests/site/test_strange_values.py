"""Values that no row can have, wherever somebody writes them: told as such, on either database, and never an error."""

import pytest
from django.db import DataError
from django.urls import reverse

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
