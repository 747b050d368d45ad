"""Which text is a viewer's IP address, and whether a peer is a proxy that may speak for one."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Networks that are nobody's on the internet, as (bits to the right, what stands to the left of them). Documentation
# ranges are not among them: they serve as examples.
_PRIVATE: Mapping[int, tuple[tuple[int, int], ...]] = {
    version: tuple(
        (
            network.max_prefixlen - network.prefixlen,
            int(network.network_address) >> (network.max_prefixlen - network.prefixlen),
        )
        for network in map(ip_network, names.split())
    )
    for version, names in (
        (
            4,
            "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.168.0.0/16 224.0.0.0/3",
        ),
        (6, "::/96 fc00::/7 fe80::/10 ff00::/8"),
    )
}


class Peer(NamedTuple):
    """Who is at the other end of the socket, and whether it may speak for a viewer."""

    remote_addr: str
    is_trusted: bool


def _bare(text: str) -> str:
    """The address in "[v6]", "[v6]:port" and "v4:port"."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _parsed(text: str) -> Address | None:
    bare = _bare(text) if ":" in text else text
    try:
        if ":" not in bare:
            return IPv4Address(bare)
        address = IPv6Address(bare)
    except ValueError:
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return None if address.scope_id else address


# What an IPv4 address of a private network can begin with: most addresses are public, and known for it at once.
_FIRST_OCTETS = frozenset(
    octet
    for octet in range(256)
    for shift, prefix in _PRIVATE[4]
    if (octet << 24 >> shift) == prefix or prefix << shift >> 24 == octet
)


def _is_private(address: Address) -> bool:
    number = int(address)
    if address.version == 4 and number >> 24 not in _FIRST_OCTETS:
        return False
    return any(number >> shift == prefix for shift, prefix in _PRIVATE[address.version])


def public_address(text: str) -> Address | None:
    """The first public address of a list "client, proxy"; None when all are private.

    Raises ValueError when an entry before it is no address at all.
    """
    for entry in text.split(","):
        if not entry.strip():
            continue
        address = _parsed(entry.strip())
        if address is None:
            raise ValueError("must be an IPv4 or IPv6 address")
        if not _is_private(address):
            return address
    return None


def address_or_none(text: str) -> Address | None:
    """The first public address of a header's value; None for anything that is none."""
    try:
        return public_address(text.strip())
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _networks(names: tuple[str | Address | Network, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(name, strict=False) for name in names)


@lru_cache(maxsize=256)
def _inside(remote_addr: str, names: tuple[str | Address | Network, ...]) -> bool:
    address = _parsed(remote_addr)
    return address is not None and any(address in network for network in _networks(names))


def is_trusted(remote_addr: str, proxies: Iterable[str | Address | Network]) -> bool:
    """True when the peer is one of the proxies (addresses or networks; a wrong name among them trusts nobody)."""
    names = tuple(proxies)
    try:
        return bool(names) and _inside(remote_addr, names)
    except (TypeError, ValueError):
        return False
