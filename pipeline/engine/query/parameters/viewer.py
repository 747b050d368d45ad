"""What a tag says of the viewer: device, identity, consent (OpenRTB 2.6 §3.2.18 Device, §3.2.20 User, §3.2.3 Regs)."""

from pipeline.engine.query.parameters.parameter import (
    FREEWHEEL,
    GAM,
    MICROSOFT,
    PBS,
    PUBMATIC,
    SPRINGSERVE,
    VAST,
    parameter,
)
from pipeline.engine.query.values import (
    CONSENT,
    COUNTRY,
    FLAG,
    FLAG_TEXT,
    IDENTITY,
    IFA_TYPE,
    IP,
    LANGUAGE,
    LATITUDE,
    LONGITUDE,
    POINT,
    TEXT,
    TOKEN,
    US_PRIVACY,
    listed,
    whole,
)

VIEWER = (
    parameter(
        "device.ua", "User agent of the viewer's device", TEXT,
        PBS("ua"), FREEWHEEL("_fw_h_user_agent"), VAST("DEVICEUA"), PUBMATIC("dev.ua"),
    ),
    parameter(
        "device.ip / device.ipv6", "Address of the viewer", IP,
        PBS("ip"), PBS("uip"), FREEWHEEL("vip"), FREEWHEEL("_fw_ip"), VAST("DEVICEIP"), PUBMATIC("dev.ip"),
        PUBMATIC("dev.ipv6"), FREEWHEEL("X-Forwarded-For"),
        rule="ip",
        personal=True,
    ),
    parameter(
        "device.ifa", "Advertising id", IDENTITY,
        PBS("ifa"), SPRINGSERVE("did"), FREEWHEEL("_fw_did"), GAM("rdid"), VAST("IFA"), PUBMATIC("dev.ifa"),
        MICROSOFT("openudid"),
        personal=True,
    ),
    parameter(
        "device.ext.ifa_type", "Kind of the advertising id; Ad Manager's adid is sent as aaid", IFA_TYPE,
        PBS("ifat"), SPRINGSERVE("ifa_type"), GAM("idtype"), VAST("IFATYPE"), PUBMATIC("dev.ext.ifa_type"),
    ),
    parameter(
        "device.lmt", "1 when tracking is limited", FLAG,
        PBS("lmt"), GAM("is_lat"), FREEWHEEL("_fw_is_lat"), VAST("LIMITADTRACKING"), PUBMATIC("dev.lmt"),
    ),
    parameter("device.dnt", "1 when the browser asks not to be tracked", FLAG, PBS("dnt"), PUBMATIC("dev.dnt")),
    parameter(
        "device.devicetype", "3 connected TV, 6 connected device, 7 set-top box", whole(1, 8),
        PBS("dtype"), SPRINGSERVE("device_type"), PUBMATIC("dev.devicetype"),
    ),
    parameter("ext.tag.dth", "Device type hint, kept as it came", TOKEN, GAM("dth")),
    parameter("device.make", "Make", TEXT, SPRINGSERVE("device_make"), PUBMATIC("dev.make")),
    parameter("device.model", "Model", TEXT, SPRINGSERVE("device_model"), PUBMATIC("dev.model")),
    parameter("device.os", "Operating system", TEXT, SPRINGSERVE("os"), PUBMATIC("dev.os")),
    parameter("device.osv", "Version of the operating system", TEXT, SPRINGSERVE("osv"), PUBMATIC("dev.osv")),
    parameter("device.language", "Language of the device", LANGUAGE, PUBMATIC("dev.language")),
    parameter("device.geo.lat", "Latitude", LATITUDE, SPRINGSERVE("lat"), PUBMATIC("dev.geo.lat"), personal=True),
    parameter("device.geo.lon", "Longitude", LONGITUDE, SPRINGSERVE("lon"), PUBMATIC("dev.geo.lon"), personal=True),
    parameter(
        "device.geo.lat, device.geo.lon", "Latitude and longitude", POINT,
        VAST("LATLONG"),
        rule="point",
        personal=True,
    ),
    parameter("device.geo.country", "Country, three letters", COUNTRY, PUBMATIC("dev.geo.country")),
    parameter("user.id", "Id of the viewer at the exchange", IDENTITY, PUBMATIC("user.id"), personal=True),
    parameter("user.buyeruid", "Id of the viewer at the buyer", IDENTITY, PUBMATIC("user.buyeruid"), personal=True),
    parameter(
        "user.consent", "Consent string of the TCF", CONSENT,
        PBS("tcfc"), FREEWHEEL("_fw_gdpr_consent"), VAST("GDPRCONSENT"), PUBMATIC("user.ext.consent"),
        personal=True,
    ),
    parameter(
        "user.consent / regs.us_privacy / regs.gpp", "Consent string of the kind that consent_type names", TEXT,
        PBS("consent_string"), PBS("gdpr_consent"),
        rule="consent",
        personal=True,
    ),
    parameter(
        "user.consent / regs.us_privacy / regs.gpp",
        "Kind of the consent string: 1, 2 (and none) TCF, 3 US privacy, 4 GPP", TEXT,
        PBS("consent_type"),
        rule="consent_type",
    ),
    parameter(
        "user.ext.ConsentedProvidersSettings.consented_providers", "Additional consent (AC string)", TEXT,
        GAM("addtl_consent"),
        personal=True,
    ),
    parameter(
        "regs.gdpr", "1 when the GDPR applies", FLAG,
        PBS("gdpr"), PBS("gdpr_applies"), FREEWHEEL("_fw_gdpr"), PUBMATIC("regs.ext.gdpr"),
    ),
    parameter(
        "regs.us_privacy", "US privacy string", US_PRIVACY,
        PBS("usp"), SPRINGSERVE("us_privacy"), FREEWHEEL("_fw_us_privacy"), SPRINGSERVE("ccpa"),
        PUBMATIC("regs.ext.us_privacy"),
    ),
    parameter(
        "regs.gpp", "GPP string", CONSENT,
        PBS("gppc"), PBS("gpp"), VAST("GPPSTRING"), PUBMATIC("regs.gpp"),
        personal=True,
    ),
    parameter(
        "regs.gpp_sid", "GPP sections in force", listed(whole(1, 999), ",_"),
        PBS("gpps"), PBS("gpp_sid"), VAST("GPPSECTIONID"), PUBMATIC("regs.gpp_sid"),
    ),
    parameter(
        "regs.coppa", "1 when directed at children", FLAG,
        PBS("coppa"), GAM("tfcd"), FREEWHEEL("_fw_coppa"), PUBMATIC("regs.coppa"),
    ),
    parameter("regs.ext.gpc", "1 when Global Privacy Control is on", FLAG_TEXT, PBS("gpc"), PUBMATIC("regs.ext.gpc")),
)  # fmt: skip
