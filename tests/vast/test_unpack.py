"""Packed bodies are unpacked piece by piece, into no more room than there is."""

import gzip
import zlib

import pytest

from vast.unpack import UnpackError, unpacking

TEXT = b"<VAST/>" * 1000


@pytest.mark.parametrize("name", ["gzip", "x-gzip", " GZIP "])
def test_gzip_is_unpacked_however_it_is_cut(name):
    packed = gzip.compress(TEXT)
    for size in (1, 7, len(packed)):
        unpack = unpacking(name)
        pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
        assert b"".join(unpack(piece, 10**6) for piece in pieces) == TEXT


@pytest.mark.parametrize("name", [None, "identity", "Identity"])
def test_what_is_not_packed_stays(name):
    assert unpacking(name)(TEXT, 10) == TEXT


@pytest.mark.parametrize("name", ["br", "deflate", "zstd", "gzip, gzip", ""])
def test_other_packings_are_not_known(name):
    assert (unpacking(name) is None) is (name != "")


def test_members_in_a_row_are_one_body_and_what_follows_is_left_out():
    assert unpacking("gzip")(gzip.compress(b"a") + gzip.compress(b"b") + b"padding", 100) == b"ab"


def test_no_more_comes_out_than_there_is_room_for():
    bomb = gzip.compress(b" " * 10_000_000)
    assert len(unpacking("gzip")(bomb, 1000)) == 1000
    members = gzip.compress(b" " * 1000) * 50
    assert len(unpacking("gzip")(members, 1500)) == 1500


def test_what_is_not_packed_as_it_says_is_an_error():
    with pytest.raises(UnpackError):
        unpacking("gzip")(b"plain text", 100)
    assert issubclass(UnpackError, zlib.error)
