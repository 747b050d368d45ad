"""A request as it may be kept and shown: without what identifies a viewer."""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

_DEVICE_IDS = frozenset({"ifa", "didsha1", "didmd5", "dpidsha1", "dpidmd5", "macsha1", "macmd5"})
_USER_IDS = frozenset(
    {"id", "buyeruid", "eids", "customdata", "yob", "gender", "keywords", "data", "consent"}
)
_KEPT_BITS = {"ip": 24, "ipv6": 48}
REDACTED = "(redacted)"
# "user:password@" of an address.
_SIGNS_IN = re.compile(r"://[^/]*@")


def redacted(request: Mapping[str, Any]) -> dict[str, Any]:
    """A copy to record or show. Total on anything a request may hold; the argument is not changed.

    - device.ip keeps its first 24 bits, device.ipv6 its first 48 (the rest becomes 0): enough to tell a network from
      another, and what the trade itself calls truncated. One that cannot be read goes.
    - device.ifa and the hashed device ids, user.id, user.buyeruid, user.eids, user.data and the like read "(redacted)":
      that they were there matters, which they were does not. device.ext.ifa_type and lmt stay.
    - latitude and longitude are rounded to one decimal (some 11 km); accuracy and zip go.
    - user.consent, regs.gpp and the AC string read "(redacted)": a consent string is long, carries the moment it was
      made and its vendors, and so tells viewers apart. regs.us_privacy, gdpr, coppa, gpc and gpp_sid stay: they have
      few values, and an ad-ops engineer needs them to know why nobody bid.
    - imp.ext.data (first-party data), the tag's own id (ext.tag.id), source.tid and the rid of each node of its chain
      read "(redacted)": they may be keyed by viewer, or join this request to another record of the same one.
    - device.ua, make, model and os stay: they say which device could not play, and are shared by very many.
    - site.page, site.ref, content.url lose their query, and who signs in there: they may hold any of the above.
    """
    copy: dict[str, Any] = _copied(request)
    _redact_device(_object(copy, "device"))
    _redact_user(_object(copy, "user"))
    _mask(_object(copy, "regs"), {"gpp"})
    _mask(_object(_object(copy, "regs"), "ext"), {"gpp"})
    _mask(_object(_object(copy, "ext"), "tag"), {"id"})
    _mask(_object(copy, "source"), {"tid"})
    for node in _objects(_object(_object(copy, "source"), "schain"), "nodes"):
        _mask(node, {"rid"})
    for imp in _objects(copy, "imp"):
        _mask(_object(imp, "ext"), {"data"})
    for name in ("app", "site"):
        inventory = _object(copy, name)
        _cut_queries(inventory, ("page", "ref"))
        _cut_queries(_object(inventory, "content"), ("url",))
    return copy


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copied(item) for item in value]
    return value


def _object(parent: dict[str, Any], key: str) -> dict[str, Any]:
    found = parent.get(key)
    return found if isinstance(found, dict) else {}


def _objects(parent: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = parent.get(key)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _mask(parent: dict[str, Any], keys: set[str] | frozenset[str]) -> None:
    parent.update(dict.fromkeys(keys & parent.keys(), REDACTED))


def _redact_device(device: dict[str, Any]) -> None:
    for key, bits in _KEPT_BITS.items():
        if key in device:
            network = _network(device[key], bits)
            if network:
                device[key] = network
            else:
                del device[key]
    _mask(device, _DEVICE_IDS)
    _coarsen(_object(device, "geo"))


def _redact_user(user: dict[str, Any]) -> None:
    _coarsen(_object(user, "geo"))
    _mask(user, _USER_IDS)
    ext = _object(user, "ext")
    _mask(ext, {"consent", "eids", "ConsentedProvidersSettings"})


def _network(text: Any, bits: int) -> str:
    try:
        return str(ip_network(f"{text}/{bits}", strict=False).network_address)
    except ValueError:
        return ""


def _coarsen(geo: dict[str, Any]) -> None:
    for key in ("lat", "lon"):
        if isinstance(geo.get(key), (int, float)):
            geo[key] = round(float(geo[key]), 1)
        else:
            geo.pop(key, None)
    geo.pop("accuracy", None)
    geo.pop("zip", None)


def _cut_queries(parent: dict[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if isinstance(parent.get(key), str):
            place = parent[key].partition("?")[0].partition("#")[0]
            parent[key] = _SIGNS_IN.sub("://", place, count=1)
