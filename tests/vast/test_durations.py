import pytest
from hypothesis import given
from hypothesis import strategies as st

from vast.durations import format_duration, parse_duration, parse_offset, read_duration


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("00:00:30", 30_000),
        ("00:00:29.97", 29_970),
        ("00:00:00.500", 500),
        ("01:02:03.004", 3_723_004),
        (" 00:00:15 \n", 15_000),
        ("120:00:00", 432_000_000),
        ("00:00:01.123456", 1_123),
    ],
)
def test_strict_grammar_gives_milliseconds_without_remark(text, milliseconds):
    assert read_duration(text) == (milliseconds, None)
    assert parse_duration(text, lenient=False) == milliseconds


@pytest.mark.parametrize(
    ("text", "milliseconds"), [("30", 30_000), ("120", 120_000), ("7.5", 7_500), ("0:00:30", 30_000)]
)
def test_tolerated_forms_carry_a_remark_and_are_refused_when_strict(text, milliseconds):
    found, remark = read_duration(text)
    assert found == milliseconds
    assert remark
    assert parse_duration(text) == milliseconds
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text, lenient=False)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "00:30", "-00:00:05", "-5", "00:61:00", "00:00:61", "abc", "00:00:30s", "٣٠", "9" * 5000],
)
def test_other_text_is_no_duration(text):
    milliseconds, remark = read_duration(text)
    assert milliseconds is None
    assert remark
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


def test_an_absent_duration_is_empty():
    assert read_duration(None) == (None, "the duration is empty")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "00:00:00"),
        (-5, "00:00:00"),
        (15_500, "00:00:15.500"),
        (360_000_000, "100:00:00"),
        (59_999, "00:00:59.999"),
    ],
)
def test_durations_are_written_with_a_fraction_only_when_there_is_one(milliseconds, text):
    assert format_duration(milliseconds) == text


@given(st.integers(0, 359_999_999))
def test_writing_and_reading_a_duration_gives_it_back(milliseconds):
    assert parse_duration(format_duration(milliseconds), lenient=False) == milliseconds


@pytest.mark.parametrize(
    ("text", "duration_ms", "at"),
    [
        ("00:00:05", 30_000, 5_000),
        ("00:00:05", None, 5_000),
        ("25%", 30_000, 7_500),
        ("12.5 %", 8_001, 1_000),
        ("100%", 30_000, 30_000),
        ("25%", None, None),
    ],
)
def test_offsets_are_times_or_shares_of_the_duration(text, duration_ms, at):
    assert parse_offset(text).at(duration_ms) == at


@pytest.mark.parametrize("text", ["101%", "-5%", "", "start", "1000%"])
def test_other_text_is_no_offset(text):
    with pytest.raises(ValueError):  # noqa: PT011 (any of several sentences)
        parse_offset(text)
