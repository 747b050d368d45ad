"""What a tag says of the request as a whole: time limit, blocks, supply chain, output (OpenRTB 2.6 §3.2.1)."""

from pipeline.engine.query.parameters.parameter import (
    FREEWHEEL,
    GAM,
    MICROSOFT,
    MODULE,
    OURS,
    PBS,
    PUBMATIC,
    SPRINGSERVE,
    VAST,
    parameter,
)
from pipeline.engine.query.values import (
    CATEGORY,
    DOMAIN,
    SCHAIN,
    SWITCH,
    TEXT,
    TOKEN,
    listed,
    matching,
    whole,
)

_VERSION = matching("VAST version", r"[234](?:\.[0-3])?", "a VAST version such as 4.2")

REQUEST = (
    parameter("source.schain", "Supply chain", SCHAIN, PBS("schain")),
    parameter(
        "source.tid", "Id of the transaction along the whole chain", TOKEN,
        VAST("TRANSACTIONID"), PUBMATIC("source.tid"),
    ),
    parameter(
        "tmax", "Milliseconds the auction may take; less than 100 is ignored", whole(100, 10_000),
        PBS("tmax"), PBS("timeout"), PUBMATIC("req.tmax"),
    ),
    parameter("bcat", "Blocked categories", listed(CATEGORY), PBS("bcat"), GAM("iabexcl"), PUBMATIC("req.bcat")),
    parameter("badv", "Blocked advertiser domains", listed(DOMAIN), PBS("badv"), PUBMATIC("req.badv")),
    parameter(
        "ext.prebid.storedrequest.id", "Stored request at the auction server; named, not read here", TEXT,
        PBS("srid"), PBS("tag_id"), MODULE("stored_request_id"), MICROSOFT("id"),
    ),
    parameter(
        "ext.prebid.profiles", "Profiles of the request", listed(TOKEN),
        PBS("rprof"), PBS("req_profiles"),
    ),
    parameter("ext.prebid.debug", "1 asks the auction server for its debug output", SWITCH, PBS("debug")),
    parameter(
        "ext.prebid.of", "Output format; vast2, vast3, vast4 (xml_vast4 …) choose the VAST version", TOKEN,
        PBS("of"), GAM("output"), FREEWHEEL("resp"),
    ),
    parameter("ext.prebid.om", "Output module", TOKEN, PBS("om")),
    parameter(
        "ext.tag.vast_version", "VAST version of the answer; beats the output format", _VERSION,
        OURS("vast_version"),
    ),
    parameter("ext.tag.receiver", "Receiver the answer is made for", TOKEN, OURS("receiver")),
    parameter(
        "ext.tag.id", "The tag's own id or cache buster; the request gets an id of ours", TEXT,
        MODULE("pod_id"), PUBMATIC("req.id"), GAM("correlator"), SPRINGSERVE("cb"), FREEWHEEL("pvrn"),
        FREEWHEEL("vprn"),
        personal=True,
    ),
)  # fmt: skip
