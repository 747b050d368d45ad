"""What may be dialled, and that nothing else is."""

import socket

import httpcore
import httpx
import pytest

from vast.address import AddressRefused, GuardedNetwork, parse_allowed, refusal, system_resolver

REFUSED = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": [
        "10.0.0.1",
        "10.255.255.255",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "64:ff9b:1::1",
    ],
    "link-local": ["169.254.0.1", "fe80::1"],
    "metadata": ["169.254.169.254", "168.63.129.16"],
    "carrier": ["100.64.0.1", "100.100.100.200", "100.127.255.255"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1"],
    "reserved": ["192.0.0.192", "240.0.0.1", "255.255.255.255", "2001::1", "4000::1", "5f00::1", "100::1"],
    "documentation": ["192.0.2.1", "198.51.100.7", "203.0.113.9", "2001:db8::1", "3fff::1"],
    "benchmarking": ["198.18.0.1", "198.19.255.255"],
    "IPv4 address in the form of an IPv6": [
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:7f00:1",
        "::127.0.0.1",
        "::8.8.8.8",
    ],
    "6to4": ["2002:7f00:1::", "2002:808:808::1"],
}


@pytest.mark.parametrize(
    ("address", "kind"), [(address, kind) for kind, addresses in REFUSED.items() for address in addresses]
)
def test_an_address_that_is_not_public_is_refused_with_its_kind(address, kind):
    assert kind in refusal(address)
    assert address in refusal(address)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("64:ff9b::127.0.0.1", "loopback"),
        ("64:ff9b::a00:1", "private"),
        ("64:ff9b::169.254.169.254", "metadata"),
    ],
)
def test_what_a_nat64_gateway_would_dial_counts(address, kind):
    assert kind in refusal(address)
    assert refusal("64:ff9b::8.8.8.8") == ""


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001:82a::200e",
    ],
)
def test_public_addresses_pass_up_to_the_edges_of_the_others(address):
    assert refusal(address) == ""


@pytest.mark.parametrize("address", ["fe80::1%eth0", "2606:4700::1%lo"])
def test_an_interface_of_this_machine_is_refused_even_when_its_network_is_allowed(address):
    assert "interface" in refusal(address, parse_allowed(["::/0"]))


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0177.0.0.1", "1.2.3.4.5", "[::1]"])
def test_what_is_no_address_is_refused(address):
    assert "not an IP address" in refusal(address)


def test_an_allow_list_names_addresses_and_networks_and_lets_exactly_these_pass():
    allowed = parse_allowed(["127.0.0.1", " 10.1.0.0/16 ", "fd00::/8"])
    for address in ("127.0.0.1", "10.1.255.1", "fd12::1", "8.8.8.8"):
        assert refusal(address, allowed) == ""
    for address in ("127.0.0.2", "10.2.0.1", "fe80::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"):
        assert refusal(address, allowed)


@pytest.mark.parametrize("name", ["localhost", "10.0.0.1/8", "10.0.0.0/33", "", "*"])
def test_a_mistake_in_an_allow_list_is_named(name):
    with pytest.raises(ValueError, match="neither an IP address nor a network") as caught:
        parse_allowed(["127.0.0.1", name])
    assert repr(name) in str(caught.value)


class Wire:
    """A network backend that notes what is dialled; addresses in `dead` do not answer."""

    def __init__(self, *dead):
        self.dead = dead
        self.dialled = []
        self.timeouts = []

    async def connect_tcp(self, host, port, timeout=None, *options):  # noqa: ASYNC109 (httpcore's signature)
        self.dialled.append((host, port))
        self.timeouts.append(timeout)
        if host in self.dead:
            raise ConnectionRefusedError(host)
        return f"stream to {host}"

    async def sleep(self, seconds):
        self.timeouts.append(seconds)


def answers(*rounds):
    """A resolver that gives one list of addresses after the other, the last one for ever."""
    left = list(rounds)

    async def resolve(host, port):
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def nobody(host, port):
    raise AssertionError(f"{host} was resolved")


async def refused(network, host):
    with pytest.raises(AddressRefused) as caught:
        await network.connect_tcp(host, 443)
    assert caught.value.host == host
    return caught.value.text


async def test_the_checked_address_is_dialled_and_not_the_name():
    wire = Wire()
    network = GuardedNetwork(wire, answers(["8.8.8.8"]))
    assert await network.connect_tcp("ads.example.com", 443, timeout=3.0) == "stream to 8.8.8.8"
    assert (wire.dialled, wire.timeouts) == ([("8.8.8.8", 443)], [3.0])


async def test_a_resolver_that_changes_its_answer_gains_nothing():
    wire = Wire()
    network = GuardedNetwork(wire, answers(["8.8.8.8"], ["127.0.0.1"]))
    await network.connect_tcp("rebind.example.com", 80)
    assert "loopback" in await refused(network, "rebind.example.com")
    assert wire.dialled == [("8.8.8.8", 80)], "one look-up a dial, and what it said was dialled"


@pytest.mark.parametrize(
    "mixed", [["8.8.8.8", "10.0.0.1"], ["::ffff:10.0.0.1", "8.8.8.8"], ["8.8.8.8", "not one"]]
)
async def test_one_refused_answer_refuses_the_name(mixed):
    wire = Wire()
    await refused(GuardedNetwork(wire, answers(mixed)), "mixed.example.com")
    assert wire.dialled == []


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "127.0.0.1.",
        "8.8.2056",
        "0X8.8.8.8",
        "a.0x",
        "134744072",
    ],
)
async def test_numbers_that_some_read_as_addresses_are_refused_unresolved(host):
    network = GuardedNetwork(Wire(), nobody, parse_allowed(["0.0.0.0/0"]))
    assert "four plain parts" in await refused(network, host)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:1", "fe80::1%eth0", "169.254.169.254"],
)
async def test_addresses_in_a_url_are_checked_without_a_resolver(host):
    wire = Wire()
    await refused(GuardedNetwork(wire, nobody), host)
    assert wire.dialled == []


async def test_a_public_or_allowed_address_in_a_url_is_dialled_as_written():
    wire = Wire()
    network = GuardedNetwork(wire, nobody, parse_allowed(["127.0.0.1"]))
    await network.connect_tcp("8.8.8.8", 80)
    await network.connect_tcp("127.0.0.1", 8080)
    assert wire.dialled == [("8.8.8.8", 80), ("127.0.0.1", 8080)]


async def test_names_that_only_look_like_numbers_are_resolved():
    wire = Wire()
    for host in ("1and1.example", "4.example.com", "0x.example", "ads.123abc"):
        await GuardedNetwork(wire, answers(["8.8.8.8"])).connect_tcp(host, 80)
    assert len(wire.dialled) == 4


async def test_the_next_address_is_tried_and_each_has_its_share_of_the_time():
    wire = Wire("1.1.1.1", "2606:4700::1")
    network = GuardedNetwork(wire, answers(["2606:4700::1", "1.1.1.1", "8.8.8.8", "9.9.9.9"]))
    assert await network.connect_tcp("ads.example.com", 443, timeout=3.0) == "stream to 8.8.8.8"
    assert wire.timeouts == [1.0, 1.0, 1.0]


async def test_when_no_address_answers_the_last_error_is_told():
    with pytest.raises(ConnectionRefusedError, match=r"9\.9\.9\.9"):
        await GuardedNetwork(Wire("1.1.1.1", "9.9.9.9"), answers(["1.1.1.1", "9.9.9.9"])).connect_tcp(
            "a.b", 1
        )
    with pytest.raises(OSError, match="no address"):
        await GuardedNetwork(Wire(), answers([])).connect_tcp("a.b", 1)


async def test_socket_files_are_refused_and_waiting_is_the_backends_business():
    wire = Wire()
    network = GuardedNetwork(wire, nobody, parse_allowed(["0.0.0.0/0"]))
    with pytest.raises(AddressRefused):
        await network.connect_unix_socket("/run/a.sock")
    await network.sleep(0.0)
    assert wire.timeouts == [0.0]


async def test_the_system_resolver_gives_each_address_once_in_the_systems_order(monkeypatch):
    assert await system_resolver("127.0.0.1", 80) == ["127.0.0.1"]
    rows = [(2, 1, 6, "", (address, 80)) for address in ("9.9.9.9", "8.8.8.8", "9.9.9.9")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    assert await system_resolver("ads.example.com", 80) == ["9.9.9.9", "8.8.8.8"]


async def test_a_host_that_is_no_name_is_an_error_of_the_network_like_any_other(monkeypatch):
    def label_too_long(*_, **__):
        raise UnicodeError("label empty or too long")

    monkeypatch.setattr(socket, "getaddrinfo", label_too_long)
    with pytest.raises(OSError, match="no name"):
        await system_resolver("a" * 70 + ".example", 80)


@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://private.example.com/", "//127.1/", "http://[::1]:81/"]
)
async def test_each_redirect_is_a_dial_of_its_own_and_is_checked_like_the_first(target):
    moved = f"HTTP/1.1 302 Found\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n".encode()

    class Moving(Wire):
        async def connect_tcp(self, host, *options):
            await super().connect_tcp(host, *options)
            return httpcore.AsyncMockStream([moved])

    async def resolve(host, port):
        return {"ads.example.com": ["8.8.8.8"], "private.example.com": ["192.168.0.1"]}[host]

    wire = Moving()
    transport = httpx.AsyncHTTPTransport(trust_env=False)
    transport._pool = httpcore.AsyncConnectionPool(network_backend=GuardedNetwork(wire, resolve))
    async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
        with pytest.raises(AddressRefused):
            await client.get("http://ads.example.com/")
    assert [host for host, _ in wire.dialled] == ["8.8.8.8"]
