"""Two documents line by line: every line of both is told once, in order, at a cost that no document can blow up."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.build_page.differences import CONTEXT, MAX_FOLDED_ROWS, MAX_LINES, MAX_ROWS, Reason, differences


def rows_of(before: str, after: str, **options):
    found = differences(before, after, **options)
    assert found is not None
    return [row for stretch in found.stretches for row in stretch.rows]


def kinds(before: str, after: str) -> list[str]:
    return [row.kind for row in rows_of(before, after)]


def test_equal_texts_have_no_difference():
    assert kinds("a\nb", "a\nb") == ["same", "same"]
    assert differences("a", "a").total == 0


def test_a_line_of_the_same_element_is_changed_and_the_differing_part_is_cut_out():
    [row] = rows_of('<Ad id="old">', '<Ad id="new">')
    assert row.kind == "changed"
    assert (row.left.before, row.left.differs, row.left.after) == ('<Ad id="', "old", '">')
    assert row.right.differs == "new"


def test_a_line_of_another_element_is_removed_and_added():
    assert sorted(kinds("<Error>x</Error>", "<Pricing>x</Pricing>")) == ["added", "removed"]


def test_extensions_of_different_types_are_not_one_changed_line():
    assert "changed" not in kinds('<Extension type="a">', '<Extension type="b">')


def test_what_was_inserted_among_repeated_lines_is_added_alone():
    before = "<A>\n<B/>\n<B/>\n<B/>\n</A>"
    assert kinds(before, before.replace("<A>", "<A>\n<New/>")).count("added") == 1


LINES = st.lists(st.sampled_from(["<A/>", "<B/>", "<C>x</C>", "<C>y</C>", "text", ""]), max_size=60)


@given(LINES, LINES)
def test_every_line_of_both_sides_is_told_once_and_in_order(left, right):
    before, after = "\n".join(left), "\n".join(right)
    rows = rows_of(before, after)
    assert [row.left.text for row in rows if row.left] == before.split("\n")
    assert [row.right.text for row in rows if row.right] == after.split("\n")
    for side in ("left", "right"):
        numbers = [getattr(row, side).number for row in rows if getattr(row, side)]
        assert numbers == list(range(1, len(numbers) + 1))
    for row in rows:
        assert (row.kind == "same") == bool(row.left and row.right and row.left.text == row.right.text)


def test_long_unchanged_stretches_are_folded_with_some_lines_round_each_difference():
    lines = [f"<L{number}/>" for number in range(100)]
    found = differences("\n".join(lines), "\n".join([*lines[:50], "<New/>", *lines[50:]]))
    first, shown, last = found.stretches
    assert (first.folded, shown.folded, last.folded) == (True, False, True)
    assert len(shown.rows) == 2 * CONTEXT + 1
    assert first.lines + last.lines == 100 - 2 * CONTEXT


def test_a_short_unchanged_stretch_is_not_folded():
    found = differences("<A/>\n<B/>\n<C/>", "<A/>\n<B/>\n<New/>\n<C/>")
    assert [stretch.folded for stretch in found.stretches] == [False]


def test_more_unchanged_lines_than_a_page_bears_are_counted_and_left_out():
    text = "\n".join(f"<L{number}/>" for number in range(5_000))
    [stretch] = differences(text, text).stretches
    assert len(stretch.rows) == MAX_FOLDED_ROWS
    assert stretch.lines == 5_000


def test_more_differences_than_a_page_bears_are_counted_and_left_out():
    before = "\n".join(f"<A{number}/>" for number in range(MAX_ROWS))
    after = "\n".join(f"<B{number}/>" for number in range(MAX_ROWS))
    found = differences(before, after)
    assert found.added + found.removed == 2 * MAX_ROWS
    assert sum(len(stretch.rows) for stretch in found.stretches) == MAX_ROWS
    assert found.cut == MAX_ROWS


def test_texts_too_long_to_be_compared_are_said_to_be():
    assert differences("\n" * MAX_LINES, "x") is None


def test_a_very_long_line_is_shown_round_its_difference():
    long = "x" * 1_000_000
    [row] = rows_of(f"<A>{long}1{long}</A>", f"<A>{long}2{long}</A>")
    assert (row.left.differs, row.right.differs) == ("1", "2")
    assert len(row.left.text) < 10_000


def test_reasons_are_said_once_for_lines_that_belong_together():
    reason = Reason("pricing", "added", "INLINE", "1")
    rows = rows_of("<A/>", "<B/>\n<B/>\n<A/>", blame=lambda kind, *_: (reason,) if kind == "added" else ())
    assert [row.reasons for row in rows] == [(reason,), (), ()]


HOSTILE = {
    "every other line is different": lambda n: (
        [f"<A{i}/>" for i in range(n)],
        [f"<A{i // 2 * 2}/>" for i in range(n)],
    ),
    "two lines alternate": lambda n: (["<A/>", "<B/>"] * (n // 2), ["<B/>", "<A/>", "<C/>"] * (n // 3)),
    "one line is repeated": lambda n: (["<A/>"] * n, ["<A/>", "<B/>"] * (n // 2)),
    "nothing is in common": lambda n: ([f"<A{i}/>" for i in range(n)], [f"<B{i}/>" for i in range(n)]),
    "the order is turned round": lambda n: (
        [f"<A{i}/>" for i in range(n)],
        [f"<A{i}/>" for i in range(n)][::-1],
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_the_lines_cost_far_less_than_four_times_as_much(name):
    """Quadratic cost would be a ratio of 16 from 5,000 to 20,000 lines."""

    def cost(lines: int) -> float:
        before, after = ("\n".join(side) for side in HOSTILE[name](lines))
        spent = []
        for _ in range(3):
            start = time.process_time()
            assert differences(before, after) is not None
            spent.append(time.process_time() - start)
        return min(spent)

    small, large = cost(5_000), cost(20_000)
    assert large < 10 * small + 0.05
