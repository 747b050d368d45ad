"""Takes what people hand over: plain or gzipped, within the limit, or a refusal that names the field."""

import zlib

_GZIP = b"\x1f\x8b"
OPENRTB = "an OpenRTB document in JSON"


class Refused(Exception):
    """What was handed over cannot be used; nothing has been kept.

    ``field`` is the form's or API's field name; ``details`` is JSON-native and may say more (bids and reasons).
    """

    def __init__(self, field: str, text: str, details: dict | None = None) -> None:
        super().__init__(text)
        self.field = field
        self.text = text
        self.details = details or {}


def unpack(field: str, body: bytes, limit: int, expected: str = OPENRTB) -> bytes:
    """The bytes inside, at most ``limit`` of them, however small they were packed. Raises ``Refused``.

    ``expected`` says what somebody who handed over nothing was asked for.
    """
    if body.startswith(_GZIP):
        body = _gunzip(field, body, limit)
    if len(body) > limit:
        raise Refused(field, f"This is larger than the limit of {_size(limit)}.")
    if not body.strip():
        raise Refused(field, f"This is empty: {expected} is expected.")
    return body


def _gunzip(field: str, body: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        # One byte more than allowed is enough to know; a bomb is never unpacked.
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error:
        raise Refused(field, "This starts like a gzip file but cannot be unpacked.") from None
    if len(unpacked) <= limit and not unpacker.eof:
        raise Refused(field, "This gzip file is cut off before its end.")
    if unpacker.unused_data:
        raise Refused(field, "This gzip file goes on after its end: pack it as one.")
    return unpacked


def _size(size: int) -> str:
    return f"{size / 1_000_000:g} MB"
