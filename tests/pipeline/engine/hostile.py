"""Documents and bid responses made to cost much, and what building from each costs: `python -m` this in a process.

Each is built in a fork of its own, so that the peak of one is not that of another; one JSON line each. An argument
says below how many ordinary pods a cost is low enough not to be measured again.
"""

import gc
import json
import os
import sys
import time

from pipeline.engine import build_vast_from_bid_response
from tests.pipeline.engine.adm import CFG0, bid, inl, response
from vast.document import MAX_ATTRIBUTES, MAX_BYTES, MAX_NAMESPACES, MAX_NODES, MAX_REFERENCES

HEAD, TAIL = '<VAST version="3.0"><Ad><InLine>', "</InLine></Ad></VAST>"
NODES = MAX_NODES - 20
MUCH = 4_000_000


def within(piece, count):
    """An ad that holds a piece so many times."""
    return HEAD + piece * count + TAIL


def titled(piece, count):
    return within(f"<AdTitle>{piece * count}</AdTitle>", 1)


def creatives(piece, count):
    return inl(after=f"<Creatives>{piece * count}</Creatives>")


def attributes(count):
    return " ".join(f'a{n}=""' for n in range(count))


def namespaces(count):
    return " ".join(f'xmlns:n{n}="urn:n"' for n in range(count))


def billion_laughs():
    def level(n):
        return f"&l{n - 1};" * 10 if n else "ha"

    levels = "".join(f"<!ENTITY l{n} '{level(n)}'>" for n in range(10))
    return f"<!DOCTYPE VAST [{levels}]>" + inl("&l9;")


# Refused: what the notice must be. Accepted: None, for then only the cost counts.
MARKUP = {
    "50 MB of text": (lambda: "<VAST>" + "x" * 50_000_000, "ADM_PARSE_FAILED"),
    "50 MB of two-byte text": (lambda: "<VAST>" + "é" * 25_000_000, "ADM_PARSE_FAILED"),
    "50 MB of blanks": (lambda: " " * 50_000_000, "BID_ADM_EMPTY"),
    "50 MB of blanks and an ad": (lambda: " " * 50_000_000 + inl(), "ADM_PARSE_FAILED"),
    "50 MB of address": (lambda: "https://ads.example.com/" + "x" * 50_000_000, "ADM_PARSE_FAILED"),
    "depth 100 000": (lambda: "<a>" * 100_000, "ADM_PARSE_FAILED"),
    "depth 100 000 of VAST": (lambda: "<VAST>" * 100_000, "ADM_PARSE_FAILED"),
    "depth 100 000, closed": (
        lambda: "<VAST>" + "<a>" * 100_000 + "</a>" * 100_000 + "</VAST>",
        "ADM_PARSE_FAILED",
    ),
    "a million elements": (lambda: "<VAST>" + "<a/>" * 1_000_000, "ADM_PARSE_FAILED"),
    "elements": (lambda: within("<a/>", NODES), None),
    "comments": (lambda: within("<!---->", NODES), None),
    "too many comments": (lambda: within("<!---->", MUCH // 7), "ADM_PARSE_FAILED"),
    "instructions": (lambda: within("<?a?>", NODES), None),
    "open instructions": (lambda: "<?a" * 1_000_000, "ADM_PARSE_FAILED"),
    "open comment": (lambda: "<!--" + "<!DOCTYPE " * 300_000, "ADM_PARSE_FAILED"),
    "open CDATA": (lambda: HEAD + "<AdTitle><![CDATA[" + "]]" * 2_000_000, "ADM_PARSE_FAILED"),
    "open comments and an ampersand": (
        lambda: HEAD + "<AdTitle>&" + "<!--" * NODES + "x" * MUCH,
        "ADM_PARSE_FAILED",
    ),
    "CDATA sections": (lambda: titled("<![CDATA[x]]>", NODES), None),
    "attributes of one element": (
        lambda: f"<VAST {attributes(MAX_ATTRIBUTES - 9)}/>",
        "ADM_NO_AD",
    ),
    "too many attributes": (lambda: f"<VAST {attributes(300_000)}/>", "ADM_PARSE_FAILED"),
    "attributes of many elements": (lambda: within(f"<a {attributes(9)}/>", NODES), None),
    "one attribute again and again": (lambda: "<VAST " + 'a="" ' * 90_000 + "/>", "ADM_PARSE_FAILED"),
    "namespaces": (
        lambda: (
            f"<VAST {namespaces(MAX_NAMESPACES - 9)} version='3.0'><Ad><InLine>" + "<n1:a/>" * NODES + TAIL
        ),
        None,
    ),
    "too many namespaces": (lambda: f"<VAST {namespaces(90_000)}/>", "ADM_PARSE_FAILED"),
    "an entity of a megabyte": (
        lambda: f"<!DOCTYPE VAST [<!ENTITY a '{'x' * 1_000_000}'>]>" + inl("&a;" * 1000),
        "ADM_PARSE_FAILED",
    ),
    "a billion laughs": (billion_laughs, "ADM_PARSE_FAILED"),
    "an entity from a file": (
        lambda: '<!DOCTYPE VAST [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + inl("&a;"),
        "ADM_PARSE_FAILED",
    ),
    "a DOCTYPE behind 4 MB": (
        lambda: "<!-- " + "x" * MUCH + " --><!DOCTYPE VAST [<!ENTITY a 'b'>]><VAST/>",
        "ADM_PARSE_FAILED",
    ),
    "references to characters": (lambda: titled("&#65;", MAX_REFERENCES), None),
    "escaped ampersands": (lambda: titled("&amp;", MAX_REFERENCES), None),
    "too many escaped ampersands": (lambda: titled("&amp;", MUCH // 5), "ADM_PARSE_FAILED"),
    "entities of HTML": (lambda: titled("&nbsp;", MUCH // 6), "ADM_PARSE_FAILED"),
    "stray ampersands": (lambda: titled("&", MUCH), "ADM_PARSE_FAILED"),
    "NUL": (lambda: inl("\x00"), "ADM_PARSE_FAILED"),
    "4 MB of NUL": (lambda: within("\x00", MUCH), "ADM_PARSE_FAILED"),
    "4 MB of control characters": (lambda: titled("\x01\x1f", MUCH // 2), "ADM_PARSE_FAILED"),
    "4 MB of control characters in an attribute": (
        lambda: "<VAST version='" + "\x02" * MUCH + "'/>",
        "ADM_PARSE_FAILED",
    ),
    "lone surrogates": (lambda: within("\ud800", MUCH // 3), "ADM_PARSE_FAILED"),
    "characters that are none": (lambda: titled("\uffff", MUCH // 3), "ADM_PARSE_FAILED"),
    "blanks": (lambda: " " * (MAX_BYTES - 1), "BID_ADM_EMPTY"),
    "an attribute": (lambda: f"<VAST version='3.0' a='{'x' * MUCH}'/>", "ADM_NO_AD"),
    "a name": (lambda: f"<{'V' * MUCH}/>", "ADM_NOT_VAST"),
    "a version": (lambda: f"<VAST version='{'3' * MUCH}'/>", "ADM_VERSION"),
    "an id": (lambda: inl(ad=f"id='{'x' * MUCH}'"), None),
    "a sequence": (lambda: inl(ad=f"sequence='{'9' * MUCH}'"), None),
    "digits as duration": (lambda: inl(duration=f"<Duration>{'0' * MUCH}:00:30</Duration>"), None),
    "colons as duration": (lambda: inl(duration=f"<Duration>{'00:' * (MUCH // 3)}</Duration>"), None),
    "digits as price": (lambda: inl(inside=f"<Pricing>{'9' * MUCH}</Pricing>"), None),
    "dots as price": (lambda: inl(inside=f"<Pricing>{'1.' * (MUCH // 2)}</Pricing>"), None),
    "angle brackets": (lambda: titled(">", MAX_REFERENCES - 30_000), None),
    "too many angle brackets": (lambda: titled(">", MUCH), "ADM_PARSE_FAILED"),
    "quotes in an attribute": (
        lambda: within("<a b='" + '"' * (4 * MAX_ATTRIBUTES - 9_000) + "'/>", 1),
        None,
    ),
    "too many quotes in an attribute": (lambda: within("<a b='" + '"' * MUCH + "'/>", 1), "ADM_PARSE_FAILED"),
    "quotes": (lambda: titled("'\"", 3 * MAX_ATTRIBUTES), None),
    "ads": (
        lambda: '<VAST version="3.0">' + '<Ad id="x"><InLine/></Ad>' * (NODES // 2) + "</VAST>",
        None,
    ),
    "ads with long ids": (
        lambda: '<VAST version="3.0">' + f"<Ad id='{'x' * 800}'><InLine/></Ad>" * (NODES // 2) + "</VAST>",
        None,
    ),
    "creatives": (lambda: creatives("<Creative><Linear/></Creative>", NODES // 2), None),
    "durations": (
        lambda: creatives("<Creative><Linear><Duration>00:00:30</Duration></Linear></Creative>", NODES // 3),
        None,
    ),
    "extensions": (
        lambda: inl(
            after="<Extensions>"
            + '<Extension type="pricing"><Price>1</Price></Extension>' * (NODES // 2)
            + "</Extensions>"
        ),
        None,
    ),
    "blocks of extensions": (
        lambda: inl(
            after='<Extensions><Extension type="iab_category"><Category>IAB1</Category></Extension></Extensions>'
            * (NODES // 3)
        ),
        None,
    ),
    "prices": (lambda: inl(inside="<Pricing/>" * NODES), None),
    "categories": (lambda: inl(inside="<Category>IAB</Category>" * NODES, version="4.2"), None),
}

# As wide as the configuration gets: every leniency, every placement, every warning.
CONFIGS = {
    "strict": CFG0 | {"enable_debug": True},
    "wide": CFG0
    | {"collision_policy": "MERGE", "repair_markup": True, "lenient_markup": True, "enable_debug": True},
}
GOOD = bid("good", 1)
ORDINARY = response(*[bid(f"b{number}", number + 1) for number in range(100)])
"""A pod of a hundred plain ads: what it costs is the unit, so that a slow or busy machine slows both alike."""
ENOUGH_UNITS = 10
ROUNDS = 8


def built_apart(answer, config):
    """What a build says of itself, and the peak of its process in MB."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        gc.freeze()
        started = time.process_time()
        result = build_vast_from_bid_response(None, answer, config)
        cpu = time.process_time() - started
        fates = {item.meta.bid_id: "selected" for item in result.selected}
        fates |= {item.bid_id: item.code for item in result.rejected}
        notices = result.warnings + result.errors
        told = {
            "cpu_ms": cpu * 1000,
            "fate": fates.get("evil", ""),
            "good": fates.get("good", ""),
            "longest": max((len(notice.text) for notice in notices), default=0),
        }
        os.write(outlet, json.dumps(told).encode())
        os._exit(0)
    os.close(outlet)
    told = json.loads(os.read(inlet, 65_536) or b'{"cpu_ms": 1e9, "fate": "died", "good": "", "longest": 0}')
    os.close(inlet)
    return told | {"peak_mb": os.wait4(child, 0)[2].ru_maxrss / 1024}


def cost(answer, config, usual_mb, enough):
    """The cheapest of some rounds, in ms and in units: other processes only ever add to what one costs."""
    rounds, units = [], []
    while len(rounds) < ROUNDS:
        units.append(built_apart(ORDINARY, CFG0 | {"selection_strategy": "ALL"})["cpu_ms"])
        rounds.append(built_apart(answer, config))
        told = min(rounds, key=lambda told: told["cpu_ms"])
        told |= {"units": told["cpu_ms"] / min(units), "extra_mb": told["peak_mb"] - usual_mb}
        if told["units"] < enough:
            break
    return told


def main(enough=ENOUGH_UNITS):
    build_vast_from_bid_response(None, response(GOOD), CFG0)
    for name, (make, _) in MARKUP.items():
        evil = bid("evil", 9, make(), cat=["IAB1"], adomain=["a.example"], dur=15)
        # The input is there in both: what is more is the build's.
        usual_mb = built_apart(response(GOOD), CFG0)["peak_mb"]
        for config, settings in CONFIGS.items():
            told = cost(response(evil, GOOD), settings, usual_mb, enough)
            sys.stdout.write(json.dumps({"name": name, "config": config} | told) + "\n")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
