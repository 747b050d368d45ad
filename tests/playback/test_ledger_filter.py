"""The filters of a ledger, and the keys of its rows."""

import pytest

from playback.session_page.ledger_filter import LedgerFilter, choices, keyed


def entry(event="start", url="https://track.example.com/a", origin="InLine", status="dry_run", resolved=None):
    return {"event": event, "url": url, "resolved_url": resolved, "origin": origin, "status": status}


ROWS = [
    entry(),
    entry(
        "impression", "https://Other.example.com/b?e=[ERRORCODE]", "wrapper 1", resolved="https://o.test/900"
    ),
    entry("complete", status="not_reached"),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [0, 1, 2]),
        ({"event": "impression"}, [1]),
        ({"level": "InLine"}, [0, 2]),
        ({"level": "InLine", "fate": "not_reached"}, [2]),
        ({"q": "OTHER"}, [1]),
        ({"q": "/900"}, [1]),
        ({"q": "track", "event": "impression"}, []),
        ({"event": "nothing"}, []),
    ],
)
def test_a_row_must_fit_every_filter(wanted, found):
    assert [number for number, row in enumerate(ROWS) if LedgerFilter(**wanted).fits(row)] == found


def test_what_the_sandbox_found_is_a_fate_to_look_for():
    rows = [entry(status="sent"), {**entry(status="sent"), "verdict": "doubled, late"}]
    assert [[LedgerFilter(fate=fate).fits(row) for row in rows] for fate in ("sent", "late", "missing")] == [
        [True, True],
        [False, True],
        [False, False],
    ]
    assert choices(rows)["fate"] == ["sent", "doubled", "late"]


def test_a_key_names_a_tracker_whatever_becomes_of_it():
    before = [row["key"] for row in keyed([entry(status="pending"), *ROWS[1:]])]
    after = [row["key"] for row in keyed(ROWS)]
    assert before == after
    assert len(set(after)) == 3


def test_a_pixel_that_is_called_twice_has_two_keys():
    assert len({row["key"] for row in keyed([entry("pause"), entry("pause")])}) == 2


def test_the_filters_offer_what_the_ledger_holds():
    assert choices(ROWS) == {
        "event": ["start", "impression", "complete"],
        "level": ["InLine", "wrapper 1"],
        "fate": ["dry_run", "not_reached"],
    }
