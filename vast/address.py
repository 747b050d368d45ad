"""Which addresses a server of ours may dial for a URL somebody else wrote: public ones, and those allow-listed.

A name is resolved once, every answer is checked, and exactly a checked address is dialled, so that an answer that
changes between check and dial (DNS rebinding) changes nothing. Sources: the IANA registries of special-purpose
addresses (RFC 6890), RFC 6052 (NAT64), RFC 7526 (6to4), the URL Standard's "ends in a number" for hosts.
"""

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any, Protocol

Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# The first network that holds an address says why it is refused; what none of them names must be global to pass.
_REFUSED: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "a carrier's internal address"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.169.254/32", "a cloud's metadata address"),
        ("169.254.0.0/16", "a link-local address"),
        ("168.63.129.16/32", "a cloud's metadata address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("192.88.99.0/24", "a reserved address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a benchmarking address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("::ffff:0:0/96", "an IPv4 address in the form of an IPv6 one"),
        ("::/96", "an IPv4 address in the form of an IPv6 one"),
        ("64:ff9b:1::/48", "a private address"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "a documentation address"),
        ("2002::/16", "a 6to4 address"),
        ("3fff::/20", "a documentation address"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private address"),
        ("ff00::/8", "a multicast address"),
    )
)
_GLOBAL_IPV6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
# 127.1, 2130706433, 0x7f000001, 0177.0.0.1: a resolver reads them as addresses, people read them as something else.
_ENDS_IN_A_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?", re.DOTALL)
_DIALS = 3


class AddressRefused(Exception):
    """A host that must not be dialled. `host` is as it was written in the URL, `text` one sentence."""

    def __init__(self, host: str, text: str) -> None:
        super().__init__(text)
        self.host = host
        self.text = text


def parse_allowed(names: Iterable[str]) -> tuple[Network, ...]:
    """The addresses and networks (CIDR) of an allow-list. Raises ValueError naming the first that is neither."""
    return tuple(_network(name) for name in names)


def _network(name: str) -> Network:
    try:
        return ip_network(name.strip())
    except ValueError as error:
        raise ValueError(f"{name!r} is neither an IP address nor a network: {error}") from None


def refusal(address: str, allowed: Sequence[Network] = ()) -> str:
    """Why this IP address must not be dialled, as a sentence; "" when it may be."""
    try:
        ip = ip_address(address)
    except ValueError:
        return f"{address!r} is not an IP address"
    if isinstance(ip, IPv6Address) and ip.scope_id is not None:
        return f"{address} names a network interface of this machine"
    if any(ip in network for network in allowed):
        return ""
    kind = _kind(ip)
    return f"{address} is {kind}, and such addresses are not fetched from" if kind else ""


@lru_cache(maxsize=1024)
def _kind(ip: IPv4Address | IPv6Address) -> str:
    """What makes an address unfit, "" for a public one."""
    if ip in _NAT64:
        # The gateway dials the IPv4 address in the last four bytes.
        return _kind(IPv4Address(ip.packed[-4:]))
    for network, kind in _REFUSED:
        if ip in network:
            return kind
    if isinstance(ip, IPv6Address) and ip not in _GLOBAL_IPV6:
        return "a reserved address"
    return "" if ip.is_global else "a reserved address"


class Backend(Protocol):
    """What is needed of an httpcore AsyncNetworkBackend."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Any: ...

    async def sleep(self, seconds: float) -> None: ...


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses the system knows for a name, in its order of preference. Raises OSError when it knows none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("the host is no name that could be resolved") from None
    return list(dict.fromkeys(str(row[4][0]) for row in found))


class GuardedNetwork:
    """An httpcore network backend that dials what `refusal` lets pass. Raises AddressRefused otherwise.

    A name is refused as a whole when one of its addresses is: who mixes them means to be dialled at the wrong one.
    TLS is not touched: httpcore checks the certificate against the name in the URL, whatever address was dialled.
    """

    def __init__(
        self, network: Backend, resolve: Resolve = system_resolver, allowed: Sequence[Network] = ()
    ) -> None:
        self._network = network
        self._resolve = resolve
        self._allowed = tuple(allowed)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Any:
        """A stream to the first address of the host that answers; each one tried gets its share of the timeout.

        Resolving is not bounded by the timeout: the caller's deadline is.
        """
        addresses = (await self._checked(host, port))[:_DIALS]
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, share, local_address, socket_options)
            except Exception:  # noqa: S112 (whatever the backend raises, the next address is tried)
                continue
        return await self._network.connect_tcp(addresses[-1], port, share, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own signature)
        socket_options: Iterable[Any] | None = None,
    ) -> Any:
        """Always refused: a socket file is this machine's own."""
        raise AddressRefused(path, "sockets of this machine are not fetched from")

    async def sleep(self, seconds: float) -> None:
        """Waits as the wrapped backend does."""
        await self._network.sleep(seconds)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        addresses = await self._addresses(host, port)
        if not addresses:
            raise OSError(f"{host} has no address")
        for address in addresses:
            if text := refusal(address, self._allowed):
                raise AddressRefused(host, text if address == host else f"{host}: {text}")
        return addresses

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            ip_address(host)
        except ValueError:
            if _ENDS_IN_A_NUMBER.fullmatch(host):
                text = (
                    f"{host} is a number that some read as an address; write the address in four plain parts"
                )
                raise AddressRefused(host, text) from None
            return await self._resolve(host, port)
        return (host,)
