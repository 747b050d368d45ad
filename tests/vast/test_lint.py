from time import process_time

import pytest

from vast.document import MAX_NODES
from vast.lint import lint

DOCUMENT = (
    '<VAST version="{version}"><Ad id="1"><InLine><AdSystem version="1">s</AdSystem><AdTitle>t</AdTitle>{pricing}'
    "<Impression><![CDATA[https://t.example.com/i]]></Impression><Creatives><Creative id='1'><Linear{skip}>"
    '<Duration>{duration}</Duration><TrackingEvents><Tracking event="start"><![CDATA[https://t.example.com/s]]></Tracking>'
    "{tracking}</TrackingEvents><MediaFiles><MediaFile delivery='progressive' type='video/mp4' width='{width}' "
    "height='9' bitrate='500'><![CDATA[https://m.example.com/m.mp4]]></MediaFile></MediaFiles></Linear></Creative>"
    "</Creatives>{extensions}</InLine></Ad></VAST>"
)


def document(**parts):
    given = {
        "version": "3.0",
        "pricing": "",
        "skip": "",
        "duration": "00:00:30",
        "tracking": "",
        "width": "16",
    }
    return DOCUMENT.format(**(given | {"extensions": ""} | parts)).encode()


def rules(xml, severity=None):
    return {finding.rule for finding in lint(xml) if severity in (None, finding.severity)}


def test_a_clean_document_has_no_errors_and_no_warnings():
    assert rules(document(), "error") == rules(document(), "warning") == set()


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        ({"tracking": "<Tracking>https://t.example.com</Tracking>"}, "vastdash-tracking-event-missing"),
        (
            {"tracking": '<Tracking event="strat">https://t.example.com</Tracking>'},
            "vastdash-tracking-event-unknown",
        ),
        ({"width": "wide"}, "vastdash-width-not-a-number"),
        ({"width": "640.5"}, "vastdash-width-not-a-number"),
        ({"pricing": '<Pricing model="cpm" currency="EUR">NaN</Pricing>'}, "vastdash-pricing-not-a-number"),
        ({"pricing": '<Pricing model="cpx" currency="EUR">1</Pricing>'}, "vastdash-pricing-model"),
        ({"pricing": '<Pricing model="cpm" currency="EURO">1</Pricing>'}, "VAST-3.0-pricing-currency-format"),
        ({"skip": ' skipoffset="00:00:30"'}, "vastdash-skipoffset-beyond-duration"),
        ({"skip": ' skipoffset="100%"'}, "vastdash-skipoffset-beyond-duration"),
        (
            {"tracking": '<Tracking event="progress" offset="00:00:31">https://t.example.com</Tracking>'},
            "vastdash-progress-beyond-duration",
        ),
        ({"duration": "soon"}, "VAST-2.0-duration-format"),
        ({"duration": ""}, "vastdash-duration-empty"),
    ],
)
def test_each_fault_is_found_by_its_rule(parts, rule):
    assert rule in rules(document(**parts))


def test_a_misspelt_event_is_named_once_with_the_one_that_was_meant():
    (finding,) = (
        found
        for found in lint(
            document(tracking='<Tracking event="firstquartile">https://t.example.com</Tracking>')
        )
        if found.severity == "error"
    )
    assert "did you mean 'firstQuartile'?" in finding.text
    assert finding.path.endswith("/Linear/TrackingEvents/Tracking[1]")


def test_names_inside_extensions_belong_to_their_owner():
    inside = (
        '<Extensions><Extension type="x"><Tracking/><MediaFile width="w"/><Pricing/></Extension></Extensions>'
    )
    assert not {rule for rule in rules(document(extensions=inside)) if rule.startswith("vastdash-")}


def test_lines_are_those_of_the_text_as_given():
    xml = b"\n\n" + document(width="wide")
    assert {finding.line for finding in lint(xml) if finding.rule == "vastdash-width-not-a-number"} == {3}


def test_a_faulty_address_leads_to_its_line():
    start, pause = ("https://t.example.com", "start"), ("no address", "pause")
    tracking = "".join(f'\n<Tracking event="{event}">{url}</Tracking>' for url, event in (start, pause))
    xml = b"\n\n" + document(tracking=tracking)
    [line] = {finding.line for finding in lint(xml) if finding.rule == "VAST-2.0-url-invalid"}
    assert b"no address" in xml.split(b"\n")[line - 1]


@pytest.mark.parametrize(
    ("xml", "rule"),
    [
        (b"<VAST><", "vastdash-not-xml"),
        (b"<html/>", "vastdash-not-vast"),
        (b"<VideoAdServingTemplate/>", "vastdash-vast1"),
        (b'<!DOCTYPE VAST [<!ENTITY a "b">]><VAST/>', "vastdash-doctype"),
        (b"x" * 5_000_000, "vastdash-too-large"),
        (b"<VAST>" + b"<a>" * 200 + b"</a>" * 200 + b"</VAST>", "vastdash-too-deep"),
    ],
)
def test_a_refused_document_is_one_error(xml, rule):
    assert [(finding.rule, finding.severity) for finding in lint(xml)] == [(rule, "error")]


def test_a_document_in_another_encoding_is_checked_too():
    xml = b'<?xml version="1.0" encoding="ISO-8859-1"?>' + document(width="wide").replace(b">t<", b">\xe9<")
    assert "vastdash-width-not-a-number" in rules(xml)


def test_findings_that_exist_only_because_the_root_was_raised_say_so():
    raised = {finding.rule: finding.text for finding in lint(document(version="4.2"), ["3.0"])}
    assert "only because the document was raised to VAST 4.2" in raised["VAST-4.1-adservingid-present"]
    plain = {finding.rule: finding.text for finding in lint(document(version="4.2"), ["4.2"])}
    assert "only because" not in plain["VAST-4.1-adservingid-present"]
    assert lint(document(version="4.2"), []) == lint(document(version="4.2"))


def test_errors_come_first():
    severities = [finding.severity for finding in lint(document(width="wide", skip=' skipoffset="100%"'))]
    assert severities == sorted(severities, key=("error", "warning", "info").index)


def test_a_pod_of_more_nodes_than_one_ad_may_have_is_checked_like_any_other():
    tracking = '<Tracking event="midpoint">https://t.example.com/m</Tracking>' * (MAX_NODES // 8)
    head, ad, tail = document(tracking=tracking).partition(b'<Ad id="1">')
    ads = b"".join(ad.replace(b'"1"', b'"%d"' % n) + tail.removesuffix(b"</VAST>") for n in range(10))
    found = lint(head + ads + b"</VAST>")
    assert {finding.path.split("/")[2] for finding in found if finding.path} >= {"Ad[0]", "Ad[9]"}


def test_thousands_of_faults_are_numbered():
    count = MAX_NODES - 100
    findings = lint(document(tracking='<Tracking event="strat">https://t.example.com</Tracking>' * count))
    named = {finding.path for finding in findings if finding.rule == "vastdash-tracking-event-unknown"}
    block = "/VAST/Ad[0]/InLine/Creatives/Creative[0]/Linear/TrackingEvents"
    assert named == {f"{block}/Tracking[{number}]" for number in range(1, count + 1)}


def test_long_names_are_cropped_in_the_paths_of_findings():
    name = "x" * 40_000
    inside = f"<{name}>" * 20 + "<Pricing/>" * 50 + f"</{name}>" * 20
    ours = [finding.path for finding in lint(document(pricing=inside)) if "vastdash" in finding.rule]
    assert 1000 < max(map(len, ours)) < 2000


def test_each_of_many_faults_is_found_where_it_stands():
    sound = '<Tracking event="midpoint">https://t.example.com/m</Tracking>'
    found = lint(document(tracking=sound + f"<Tracking>u</Tracking><!-- -->{sound}<Tracking>u</Tracking>"))
    paths = [finding.path for finding in found if finding.rule == "vastdash-tracking-event-missing"]
    assert [path.rpartition("/")[2] for path in paths] == ["Tracking[2]", "Tracking[4]"]


def test_what_a_document_full_of_faults_costs_grows_with_their_number():
    def cost(faults: int) -> float:
        xml = document(tracking='<Tracking event="midpiont">u</Tracking>' * faults)
        started = process_time()
        assert len(lint(xml)) >= faults
        return process_time() - started

    few, many = min(cost(500) for _ in range(3)), min(cost(4000) for _ in range(2))
    assert many < 24 * few, "eight times the faults would cost 64 times as much if each looked at all others"
