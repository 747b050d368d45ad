"""An ad server on 127.0.0.1 with real sockets: a table says how each path behaves, and every request is kept.

    async with AdServer({"/tag": xml, "/slow": slow(event, xml)}) as server:
        await client_of(server.url("/tag")).request_ad()
        assert server.paths == ["/tag"]

Paths that are not in the table get `default`. It serves as a sink for pixels as well: `AdServer(default=PIXEL)`.
"""

import asyncio
import gzip
import ssl
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET
from typing import NamedTuple, Self
from urllib.parse import parse_qs, urlsplit

_PIECE = 64 * 1024


class Asked(NamedTuple):
    """One request as it came: `target` is path and query as written, header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)


@dataclass(frozen=True)
class Behaviour:
    """How a path answers: after `wait` is set, with `body` (or what `pieces` gives, of undeclared length) or, with
    `reset`, by cutting the connection."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: asyncio.Event | None = None
    pieces: Callable[[], Iterator[bytes]] | None = None
    reset: bool = False


Answers = Behaviour | str | Callable[[Asked], "Behaviour | str"]


def xml(text: str, **headers: str) -> Behaviour:
    return Behaviour(body=text.encode(), headers={"content-type": "application/xml", **headers})


def page(text: str) -> Behaviour:
    return Behaviour(body=text.encode(), headers={"content-type": "text/html; charset=utf-8"})


def status(code: int, body: bytes = b"") -> Behaviour:
    return Behaviour(status=code, body=body)


def redirect(location: str, code: int = 302) -> Behaviour:
    return Behaviour(status=code, headers={"location": location})


def slow(until: asyncio.Event, then: Behaviour | str) -> Behaviour:
    """Answers once the event is set."""
    return replace(_behaviour(then), wait=until)


def reset() -> Behaviour:
    """Cuts the connection where an answer is due."""
    return Behaviour(reset=True)


def packed(text: str) -> Behaviour:
    """An answer in gzip."""
    return Behaviour(body=gzip.compress(text.encode()), headers={"content-encoding": "gzip"})


def gzip_bomb(unpacked_bytes: int) -> Behaviour:
    """A small body that unpacks into a very large one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    blank = b" " * (1024 * 1024)
    body = b"".join(packer.compress(blank) for _ in range(unpacked_bytes // len(blank))) + packer.flush()
    return Behaviour(body=body, headers={"content-encoding": "gzip"})


def huge(size: int, *, declared: bool = False) -> Behaviour:
    """A plain body of this many bytes, made as it is sent."""
    pieces = size // _PIECE
    headers = {"content-length": str(pieces * _PIECE)} if declared else {}
    return Behaviour(headers=headers, pieces=lambda: (b" " * _PIECE for _ in range(pieces)))


PIXEL = Behaviour(body=b"GIF89a", headers={"content-type": "image/gif"})
NOT_FOUND = status(404)


def _behaviour(answers: Behaviour | str) -> Behaviour:
    return xml(answers) if isinstance(answers, str) else answers


class AdServer:
    """The server; `table` may be changed while it runs. With `tls` it speaks https."""

    def __init__(
        self,
        table: Mapping[str, Answers] | None = None,
        *,
        default: Answers = NOT_FOUND,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.table: dict[str, Answers] = dict(table or {})
        self.default = default
        self.requests: list[Asked] = []
        self.connections = 0
        self.bytes_sent = 0
        self._tls = tls
        self._news = asyncio.Condition()
        self._running: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [asked.path for asked in self.requests]

    def asked(self, path: str) -> list[Asked]:
        """The requests for one path."""
        return [asked for asked in self.requests if asked.path == path]

    async def arrived(self, path: str, times: int = 1) -> None:
        """Waits until the path has been asked for so many times."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.asked(path)) >= times)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        self.connections += 1
        try:
            while asked := await _read(reader):
                self.requests.append(asked)
                async with self._news:
                    self._news.notify_all()
                if not await self._answer(asked, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            # The test is over; a cancelled handler would be reported as one that failed.
            pass
        finally:
            self._running.discard(task)
            writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection serves on."""
        answers = self.table.get(asked.path, self.default)
        behaviour = _behaviour(answers(asked) if callable(answers) else answers)
        if behaviour.wait is not None:
            await behaviour.wait.wait()
        if behaviour.reset:
            # Lingering for no time makes the kernel send a reset instead of an orderly end.
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return False
        writer.write(_head(behaviour))
        for piece in behaviour.pieces() if behaviour.pieces else (behaviour.body,):
            writer.write(piece)
            self.bytes_sent += len(piece)
            await writer.drain()
        return behaviour.pieces is None


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    line = (await reader.readline()).decode("latin-1").split()
    if len(line) < 3:
        return None
    headers: dict[str, str] = {}
    while text := (await reader.readline()).decode("latin-1").strip():
        name, _, value = text.partition(":")
        headers[name.strip().lower()] = value.strip()
    if length := int(headers.get("content-length", "0")):
        await reader.readexactly(length)
    return Asked(line[0], line[1], headers)


def _head(behaviour: Behaviour) -> bytes:
    headers = (
        {"content-length": str(len(behaviour.body))} if behaviour.pieces is None else {"connection": "close"}
    )
    if behaviour.status == 204:
        headers = {}
    lines = [f"{name}: {value}" for name, value in {**headers, **behaviour.headers}.items()]
    first = f"HTTP/1.1 {behaviour.status} {HTTPStatus(behaviour.status).phrase}"
    return ("\r\n".join([first, *lines]) + "\r\n\r\n").encode("latin-1")


def self_signed(folder: Path, address: str = "127.0.0.1") -> tuple[ssl.SSLContext, Path]:
    """A server's TLS with a certificate nobody vouches for, and the file a client needs to trust it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    return context, certificate_file
