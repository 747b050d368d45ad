"""What a tag says of the impression: player, durations, pod (OpenRTB 2.6 §3.2.4 and §3.2.7; AdCOM 1.0 lists)."""

from pipeline.engine.query.parameters.parameter import (
    EYEVINN,
    FREEWHEEL,
    FREEWHEEL_SLOT,
    GAM,
    MODULE,
    OURS,
    PBS,
    PUBMATIC,
    PUBMATIC_POD,
    SPRINGSERVE,
    VAST,
    parameter,
)
from pipeline.engine.query.values import (
    AT_LEAST,
    AT_LEAST_MS,
    AT_MOST,
    AT_MOST_MS,
    CURRENCY,
    FLAG,
    MIME,
    OBJECT,
    PAIRS,
    SIZE,
    TEXT,
    TOKEN,
    choice,
    decimal,
    listed,
    whole,
)

_PIXELS = whole(1, 20_000)
_ADS = whole(1, 1000)
_BITRATE = whole(1, 1_000_000)
# AdCOM gives a pod or a slot a number only where it is the first or the last.
_FIRST = choice("place", {"1": 1} | {str(place): None for place in (0, *range(2, 100))})
_LAST = choice("flag", {"1": -1, "true": -1, "0": None, "false": None})
_BREAK = choice("break", {"preroll": 0, "midroll": -1, "postroll": -2})
_BREAK_NUMBER = choice("break", {"1": 0, "2": -1, "3": -2, "0": None, "4": None})
_SLOT_CLASS = choice(
    "break",
    {"preroll": 0, "midroll": -1, "pause_midroll": -1, "postroll": -2, "overlay": None, "display": None},
)
_AUDIO = choice("flag", {"1": 3, "true": 3, "0": None, "false": None})
_AUTOPLAY = choice("start of play", {"auto": 1, "1": 1, "true": 1, "click": 0, "0": 0, "false": 0})
_LINEARITY = choice("kind of ad", {"linear": 1, "nonlinear": 2})

IMPRESSION = (
    parameter(
        "imp.tagid", "Placement: the ad unit, site section or slot", TEXT,
        PBS("slot"), GAM("iu"), FREEWHEEL("csid"), MODULE("imp"), PUBMATIC("imp.tagid"),
    ),
    parameter(
        "imp.bidfloor", "Lowest price, CPM", decimal(0, 1_000_000),
        PUBMATIC("imp.bidfloor"),
    ),
    parameter(
        "imp.bidfloorcur", "Currency of the lowest price", CURRENCY,
        PUBMATIC("imp.bidfloorcur"),
    ),
    parameter(
        "imp.displaymanager", "Player that shows the ad", TEXT,
        PUBMATIC("imp.displaymanager"),
    ),
    parameter(
        "imp.displaymanagerver", "Version of that player", TEXT,
        PUBMATIC("imp.displaymanagerver"),
    ),
    parameter(
        "imp.ssai", "Stitching: 1 all in the player, 2 stitched by a server, 3 tracked by it too", whole(0, 3),
        OURS("ssai"), PUBMATIC("imp.ssai"),
    ),
    parameter(
        "imp.video / imp.audio", "Media type: 2 video (default), 3 audio", whole(1, 4),
        PBS("mtype"), PBS("aud", _AUDIO),
        rule="media",
    ),
    parameter(
        "imp.video.mimes", "Media types the player can play", listed(MIME),
        PBS("mimes"), PUBMATIC("imp.vid.mimes"),
    ),
    parameter(
        "imp.video.protocols",
        "VAST versions: 2, 3, 7, 11, 13, 15 are 2.0, 3.0, 4.0 to 4.3; 5, 6, 8, 12, 14, 16 their wrappers",
        listed(whole(1, 16)),
        PBS("proto"), PUBMATIC("imp.vid.protocols"),
    ),
    parameter(
        "imp.video.api", "Frameworks: 1, 2 VPAID, 7 OMID, 8, 9 SIMID", listed(whole(1, 999)),
        PBS("api"), GAM("sdk_apis"), PUBMATIC("imp.vid.api"),
    ),
    parameter(
        "imp.video.w", "Width of the player in pixels", _PIXELS,
        PBS("ow"), PBS("w"), MODULE("width"), PUBMATIC("imp.vid.w"),
    ),
    parameter(
        "imp.video.h", "Height of the player in pixels", _PIXELS,
        PBS("oh"), PBS("h"), MODULE("height"), PUBMATIC("imp.vid.h"),
    ),
    parameter(
        "imp.video.w, imp.video.h", "Sizes; used when neither width nor height is given", SIZE,
        GAM("sz"),
        rule="size",
    ),
    parameter(
        "imp.video.minduration", "Shortest ad", AT_LEAST,
        PBS("mindur"), MODULE("min_duration"), GAM("min_ad_duration", AT_LEAST_MS), FREEWHEEL("mind"),
        VAST("BREAKMINADLENGTH"), PUBMATIC("imp.vid.ext.adpod.adminduration"), PUBMATIC("imp.vid.minduration"),
    ),
    parameter(
        "imp.video.maxduration", "Longest ad", AT_MOST,
        PBS("maxdur"), MODULE("max_duration"), MODULE("duration"), GAM("max_ad_duration", AT_MOST_MS),
        SPRINGSERVE("pod_max_ad_dur"), FREEWHEEL("maxd"), VAST("BREAKMAXADLENGTH"),
        PUBMATIC("imp.vid.ext.adpod.admaxduration"), PUBMATIC("imp.vid.maxduration"),
    ),
    parameter(
        "imp.video.rqddurs", "The only lengths an ad may have", listed(AT_MOST),
        PBS("rqddurs"), PUBMATIC("imp.vid.rqddurs"),
    ),
    parameter(
        "imp.video.poddur", "Length of the pod", AT_MOST,
        PBS("poddur"), GAM("pmxd", AT_MOST_MS), SPRINGSERVE("pod_max_dur"), FREEWHEEL_SLOT("maxd"),
        VAST("BREAKMAXDURATION"), EYEVINN("max"), EYEVINN("dur"), PUBMATIC("imp.vid.poddur"),
        PUBMATIC_POD("imp.vid.maxduration"),
    ),
    parameter(
        "ext.tag.minpoddur", "Shortest pod, seconds; OpenRTB has no field for it", AT_LEAST,
        GAM("pmnd", AT_LEAST_MS), FREEWHEEL_SLOT("mind"), EYEVINN("min"), PUBMATIC_POD("imp.vid.minduration"),
    ),
    parameter(
        "imp.video.maxseq", "Most ads in the pod; also bounds the ads served", _ADS,
        PBS("maxseq"), MODULE("max_ads"), GAM("pmad"), SPRINGSERVE("pod_ad_slots"), FREEWHEEL("maxa"),
        VAST("BREAKMAXADS"), EYEVINN("ps"), PUBMATIC("imp.vid.ext.adpod.maxads"), PUBMATIC("imp.vid.maxseq"),
        MODULE("slot_count"),
    ),
    parameter(
        "imp.video.podid", "Id of the pod within the request", TEXT,
        PBS("podid"), FREEWHEEL("slid"), PUBMATIC("imp.vid.podid"),
    ),
    parameter(
        "imp.video.podseq", "Place of the pod in the content: 1 first, -1 last, 0 any", whole(-1, 1, signed=True),
        PBS("podseq"), PUBMATIC("imp.vid.podseq"), GAM("pod", _FIRST), FREEWHEEL("cpsq", _FIRST),
    ),
    parameter(
        "imp.video.sequence", "Number of the impression in the request (deprecated)", whole(0, 1000),
        PBS("seq"), PUBMATIC("imp.vid.sequence"),
    ),
    parameter(
        "imp.video.slotinpod", "Place in the pod: 1 first, -1 last, 2 either, 0 any", whole(-1, 2, signed=True),
        PBS("slotinpod"), MODULE("position"), PUBMATIC("imp.vid.slotinpod"), GAM("lip", _LAST),
        GAM("ppos", _FIRST),
    ),
    parameter(
        "imp.video.startdelay", "Place of the break: 0 before, -1 within, -2 after the content; seconds into it",
        whole(-2, 86_400, signed=True),
        PBS("startdelay"), PUBMATIC("imp.vid.startdelay"), GAM("vpos", _BREAK),
        VAST("BREAKPOSITION", _BREAK_NUMBER), FREEWHEEL("tpcl", _SLOT_CLASS),
    ),
    parameter(
        "imp.video.startdelay", "Second of the break; counts for a mid-roll, or where no class is given",
        AT_LEAST,
        FREEWHEEL("tpos"),
        rule="break_second",
    ),
    parameter(
        "ext.tag.mridx", "Number of the mid-roll", whole(0, 1000),
        GAM("mridx"),
    ),
    parameter(
        "imp.video.mincpmpersec", "Lowest price a second, CPM", decimal(0, 100_000),
        PBS("mincpms"), PUBMATIC("imp.vid.mincpmpersec"),
    ),
    parameter(
        "imp.video.skip", "1 when the ad may be skipped", FLAG,
        PBS("skip"), PUBMATIC("imp.vid.skip"),
    ),
    parameter(
        "imp.video.skipmin", "Length in seconds from which an ad may be skippable", AT_LEAST,
        PBS("skipmin"), PUBMATIC("imp.vid.skipmin"),
    ),
    parameter(
        "imp.video.skipafter", "Seconds to play before an ad may be skipped", AT_LEAST,
        PBS("skipafter"), PUBMATIC("imp.vid.skipafter"),
    ),
    parameter(
        "imp.video.linearity", "1 linear, 2 non-linear", whole(1, 2),
        PBS("linearity"), PUBMATIC("imp.vid.linearity"), GAM("vad_type", _LINEARITY),
    ),
    parameter(
        "imp.video.pos", "Place on the screen; 7 is full screen", whole(0, 7),
        PBS("pos"), PUBMATIC("imp.vid.pos"),
    ),
    parameter(
        "imp.video.plcmt", "1 instream, 2 accompanying, 3 interstitial, 4 stand-alone", whole(1, 4),
        PBS("plcmt"), PUBMATIC("imp.vid.plcmt"),
    ),
    parameter(
        "imp.video.placement", "Placement type before plcmt (deprecated)", whole(1, 5),
        PBS("placement"), PUBMATIC("imp.vid.placement"),
    ),
    parameter(
        "imp.video.playbackmethod", "1, 2 on load with, without sound; 3 on click; 5, 6 in view; 7 continuous",
        listed(whole(1, 7)),
        PBS("playbackmethod"), PUBMATIC("imp.vid.playbackmethod"),
    ),
    parameter(
        "imp.video.playbackmethod", "How play starts: auto (1) or click (0)", _AUTOPLAY,
        GAM("vpa"),
        rule="autoplay",
    ),
    parameter(
        "imp.video.playbackmethod", "1 when play starts without sound; counts beside vpa", FLAG,
        GAM("vpmute"),
        rule="muted",
    ),
    parameter(
        "imp.video.playbackend", "1 at the end, 2 leaving the viewport, 3 floating", whole(1, 3),
        PBS("playbackend"), PUBMATIC("imp.vid.playbackend"),
    ),
    parameter(
        "imp.video.delivery", "1 streaming, 2 progressive, 3 download", listed(whole(1, 3)),
        PBS("delivery"), PUBMATIC("imp.vid.delivery"),
    ),
    parameter(
        "imp.video.minbitrate", "Lowest bitrate, kbit/s", _BITRATE,
        PBS("minbr"), PUBMATIC("imp.vid.minbitrate"),
    ),
    parameter(
        "imp.video.maxbitrate", "Highest bitrate, kbit/s", _BITRATE,
        PBS("maxbr"), PUBMATIC("imp.vid.maxbitrate"),
    ),
    parameter(
        "imp.video.maxextended", "Seconds an ad may exceed its longest; -1 any, 0 none",
        whole(-1, 86_400, signed=True),
        PBS("maxex"), PUBMATIC("imp.vid.maxextended"),
    ),
    parameter(
        "imp.video.boxingallowed", "1 when letter-boxing is allowed", FLAG,
        PBS("boxingallowed"), PUBMATIC("imp.vid.boxingallowed"),
    ),
    parameter(
        "imp.video.battr", "Blocked creative attributes", listed(whole(1, 999)),
        PBS("battr"), PUBMATIC("imp.vid.battr"),
    ),
    parameter(
        "imp.ext.prebid.storedauctionresponse.id", "Stored answer, for tests", TEXT,
        PBS("sarid"),
    ),
    parameter(
        "imp.ext.prebid.profiles", "Profiles of the impression", listed(TOKEN),
        PBS("iprof"), PBS("imp_profiles"),
    ),
    parameter(
        "imp.ext.data", "First-party data; wins over cust_params and FreeWheel key-values", OBJECT,
        PBS("targeting"),
        rule="targeting", personal=True,
    ),
    parameter(
        "imp.ext.data", "First-party data as key-values; joined with targeting", PAIRS,
        GAM("cust_params"),
        rule="key_values", personal=True,
    ),
)  # fmt: skip
