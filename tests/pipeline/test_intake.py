"""What people hand over: plain or gzipped, within the limit, or refused at its field."""

import gzip
import tracemalloc

import pytest

from pipeline.intake import Refused, unpack

LIMIT = 1000
TEXT = b'{"id": "1"}'


def refusal(body: bytes, limit: int = LIMIT) -> str:
    with pytest.raises(Refused) as caught:
        unpack("response", body, limit)
    assert caught.value.field == "response"
    assert caught.value.details == {}
    return caught.value.text


def test_plain_and_gzipped_bytes_come_out_the_same():
    assert unpack("response", TEXT, LIMIT) == unpack("response", gzip.compress(TEXT), LIMIT) == TEXT


def test_exactly_the_limit_is_accepted_and_one_byte_more_is_not():
    assert len(unpack("response", b"x" * LIMIT, LIMIT)) == LIMIT
    assert len(unpack("response", gzip.compress(b"x" * LIMIT), LIMIT)) == LIMIT
    assert refusal(b"x" * (LIMIT + 1)) == "This is larger than the limit of 0.001 MB."
    assert refusal(gzip.compress(b"x" * (LIMIT + 1))) == "This is larger than the limit of 0.001 MB."


def test_a_gzip_bomb_is_refused_without_being_unpacked():
    bomb = gzip.compress(bytes(200_000_000), compresslevel=1)
    tracemalloc.start()
    assert "larger than the limit of 10 MB" in refusal(bomb, 10_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


def test_a_cut_off_gzip_file_is_named_as_such():
    assert "cut off" in refusal(gzip.compress(TEXT)[:-6])
    assert "cut off" in refusal(gzip.compress(TEXT)[:10])


def test_bytes_that_only_start_like_gzip_cannot_be_unpacked():
    assert "cannot be unpacked" in refusal(b"\x1f\x8b" + b"no gzip at all")


def test_a_wrong_checksum_cannot_be_unpacked():
    packed = bytearray(gzip.compress(TEXT))
    packed[-8] ^= 0xFF
    assert "cannot be unpacked" in refusal(bytes(packed))


def test_what_follows_the_end_of_a_gzip_file_is_not_dropped_in_silence():
    assert "goes on after its end" in refusal(gzip.compress(b'{"id":') + gzip.compress(b'"1"}'))
    assert "goes on after its end" in refusal(gzip.compress(TEXT) + b"rest")


@pytest.mark.parametrize("body", [b"", b" \n\t ", gzip.compress(b"")], ids=["nothing", "blanks", "packed"])
def test_nothing_and_only_blanks_are_refused_as_empty(body):
    assert "empty" in refusal(body)
