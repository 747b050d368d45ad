"""Whether a JSON object is a bid response at all, and what a no-bid says."""

import pytest

from pipeline.engine import build_vast_from_bid_response


@pytest.mark.parametrize(
    ("response", "code"),
    [
        ({"foo": 1}, "RESPONSE_NOT_A_BID_RESPONSE"),
        ({"id": "r1", "imp": [{"id": "1", "video": {}}]}, "RESPONSE_IS_A_REQUEST"),
        ([], "RESPONSE_NOT_AN_OBJECT"),
    ],
)
def test_something_else_than_a_bid_response_is_told_by_name(response: object, code: str) -> None:
    result = build_vast_from_bid_response(None, response, {})
    assert result.no_ad
    assert [notice.code for notice in result.errors] == [code]


@pytest.mark.parametrize("response", [{}, {"id": "r1"}, {"id": "r1", "seatbid": []}, {"nbr": 8}])
def test_a_no_bid_is_no_error(response: dict[str, object]) -> None:
    result = build_vast_from_bid_response(None, response, {})
    assert result.no_ad
    assert result.errors == ()
    assert result.rejected == ()


@pytest.mark.parametrize(
    ("nbr", "read"), [(8, 8), (0, 0), ("8", None), (True, None), (None, None), (10**400, None)]
)
def test_the_no_bid_reason_is_kept_when_it_is_one(nbr: object, read: int | None) -> None:
    result = build_vast_from_bid_response(None, {"id": "r1", "nbr": nbr}, {})
    assert result.nbr == read
    assert result.to_debug()["nbr"] == read
