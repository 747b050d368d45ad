"""Which text is a viewer's IP address, and whether a peer is a proxy that may speak for one."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Place = tuple[str, str]
"""A field of the device, "ip" or "ipv6", and what stands there."""

# Networks that are nobody's on the internet. Documentation ranges are not among them: they serve as examples.
_PRIVATE_NETWORKS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
    *("192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"),
    *("::/96", "fc00::/7", "fe80::/10", "ff00::/8"),
)
_PRIVATE: Mapping[int, tuple[Network, ...]] = {
    version: tuple(network for network in map(ip_network, _PRIVATE_NETWORKS) if network.version == version)
    for version in (4, 6)
}


MOST_HOPS = 32


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


def _is_private(address: Address) -> bool:
    return any(address in network for network in _PRIVATE[address.version])


# An IPv4 address that by its first number can be in no private network: most are, and need no more reading.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAINLY_PUBLIC = re.compile(
    rf"(?!(?:0|10|100|127|169|172|192|198|22[4-9]|2[3-5][0-9])\.){_OCTET}(?:\.{_OCTET}){{3}}"
)


def public_address(text: str) -> Place | None:
    """Where the first public address of a list "client, proxy" goes, and how it is spelled; None when all are private.

    Only the first MOST_HOPS entries are looked at: no chain of proxies is longer. Raises ValueError when an entry
    before the public one is no address at all.
    """
    if _PLAINLY_PUBLIC.fullmatch(text):
        return "ip", text
    for entry in text.split(",", MOST_HOPS)[:MOST_HOPS]:
        if not entry.strip():
            continue
        address = _parsed(entry.strip())
        if address is None:
            raise ValueError("must be an IPv4 or IPv6 address")
        if not _is_private(address):
            return ("ip" if address.version == 4 else "ipv6"), str(address)
    return None


def address_or_none(text: str) -> Place | None:
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
