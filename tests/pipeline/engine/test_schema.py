"""What enrichment writes stands where the IAB schemas want it: a valid ad stays valid."""

import json

import pytest
from lxml import etree

from pipeline.engine import build_vast_from_bid_response
from tests.corpus import CORPUS, needs_corpus
from tests.pipeline.engine.adm import bid, response

pytestmark = needs_corpus

SCHEMAS = {
    "2.0": "vast_2.0.1.xsd",
    "3.0": "vast3_draft.xsd",
    "4.0": "vast4.xsd",
    "4.1": "vast_4.1.xsd",
    "4.2": "vast_4.2.xsd",
}
# Documents of the corpus that are valid in themselves, at the least, by version.
VALID_AT_LEAST = {"2.0": 25, "3.0": 21, "4.0": 8, "4.1": 8, "4.2": 8}


@pytest.fixture(scope="module")
def schemas():
    return {version: etree.XMLSchema(etree.parse(CORPUS / "xsd" / name)) for version, name in SCHEMAS.items()}


def valid_documents(version, schema):
    for path in sorted((CORPUS / "vast").rglob("*.xml")):
        try:
            root = etree.fromstring(path.read_bytes())
        except etree.XMLSyntaxError:
            continue
        if (root.get("version") or "").startswith(version) and schema.validate(root):
            yield path, root


def built(path, version, receiver):
    single = bid(adm=path.read_text(encoding="utf-8"), adomain=["a.example"], cat=["IAB1", "IAB2"], dur=30)
    config = {
        "receiver": receiver,
        "vast_version_default": version,
        "enable_debug": True,
        "deals_first": True,
    }
    return build_vast_from_bid_response(None, response(single), config)


def allowed(xml):
    """The draft of 3.0 lists the pricing models in lower case only; its text and later schemas have both."""
    return etree.fromstring(xml.replace(b'model="CPM"', b'model="cpm"'))


@pytest.mark.parametrize("receiver", ["GENERIC", "FREEWHEEL"])
@pytest.mark.parametrize("version", SCHEMAS)
def test_a_valid_document_stays_valid(version, receiver, schemas):
    count = 0
    for path, _ in valid_documents(version, schemas[version]):
        result = built(path, version, receiver)
        if result.no_ad:
            continue
        schemas[version].assertValid(allowed(result.xml))
        count += 1
    assert count >= VALID_AT_LEAST[version]


@pytest.mark.parametrize("version", SCHEMAS)
def test_for_gam_only_what_it_wants_on_wrappers_is_outside_the_schema(version, schemas):
    for path, _ in valid_documents(version, schemas[version]):
        result = built(path, version, "GAM_SSU")
        root = allowed(result.xml)
        for side in root.iter("{*}Wrapper"):
            for child in [*side.iterchildren("{*}Advertiser"), *side.iterchildren("{*}Category")]:
                side.remove(child)
        schemas[version].assertValid(root)


def test_no_banner_and_no_native_bid_of_the_corpus_is_served_as_video():
    served = dict.fromkeys((True, False, None), 0)
    for line in (CORPUS / "EXPECTED_BIDS.open.jsonl").read_text(encoding="utf-8").splitlines():
        expected = json.loads(line)
        answer = (CORPUS / expected["file"]).read_bytes()
        request = (CORPUS / expected["request"]).read_bytes() if expected.get("request") else None
        result = build_vast_from_bid_response(request, answer, {"selection_strategy": "ALL"})
        for item in result.selected:
            kind = expected["bids"][item.bid.position]["expected_type"]
            served[None if kind is None else kind == "video"] += 1
    assert served[False] == 0
    assert served[True] >= 24
