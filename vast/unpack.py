"""Bodies that come packed: gzip, or not at all, unpacked piece by piece into no more room than there is.

Sources: RFC 1952 §2.2, RFC 9110 §8.4.1.
"""

import zlib
from collections.abc import Callable

Unpack = Callable[[bytes, int], bytes | bytearray]
"""(a chunk as sent, room for how many bytes) -> the bytes in it, never more than there is room for when packed."""

UnpackError = zlib.error
"""What an `Unpack` raises for a body that is not packed as it says."""

_GZIP_BITS = 16 + zlib.MAX_WBITS
_GZIP_BEGINS = b"\x1f\x8b"


def unpacking(content_encoding: str | None) -> Unpack | None:
    """How to unpack a body with this Content-Encoding; None for one that is not known here."""
    encoding = (content_encoding or "identity").strip().lower()
    if encoding == "identity":
        return lambda chunk, _: chunk
    # RFC 9110 §8.4.1.3: the same
    return _unzipping() if encoding in ("gzip", "x-gzip") else None


def _unzipping() -> Unpack:
    """Members one after the other are one body (RFC 1952 §2.2); what follows them and is none is left out."""
    member = zlib.decompressobj(_GZIP_BITS)

    def unpack(chunk: bytes, room: int) -> bytearray:
        nonlocal member
        body = bytearray(member.decompress(chunk, room))
        while member.eof and member.unused_data.startswith(_GZIP_BEGINS) and len(body) < room:
            rest = member.unused_data
            member = zlib.decompressobj(_GZIP_BITS)
            body += member.decompress(rest, room - len(body))
        return body

    return unpack
