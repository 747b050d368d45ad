"""What a tag says of the app or site and what plays there (OpenRTB 2.6 §3.2.13 Site, §3.2.14 App, §3.2.16 Content)."""

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
    ADDRESS,
    AT_LEAST,
    CATEGORY,
    DOMAIN,
    FLAG,
    LANGUAGE,
    PAGE,
    TEXT,
    Kind,
    listed,
    whole,
)

# The GET interface of Prebid Server switches video on with the name that Ad Manager has for the content.
_SWITCHES = frozenset({"0", "1", "true", "false"})
_CONTENT_OR_SWITCH = Kind(
    "text", "id of the content; 0 and 1 say nothing", lambda t: None if t in _SWITCHES else t
)

INVENTORY = (
    parameter(
        "app.bundle", "Bundle or store id of the app", TEXT,
        PBS("bundle"), SPRINGSERVE("app_bundle"), GAM("msid"), MICROSOFT("appid"), FREEWHEEL("_fw_app_bundle"),
        VAST("APPBUNDLE"), PUBMATIC("app.bundle"),
    ),
    parameter(
        "app.name", "Name of the app", TEXT,
        PBS("name"), SPRINGSERVE("app_name"), GAM("an"), PUBMATIC("app.name"),
    ),
    parameter(
        "app.storeurl", "Address of the app in its store", ADDRESS,
        PBS("storeurl"), SPRINGSERVE("app_store_url"), FREEWHEEL("_fw_app_store_url"), PUBMATIC("app.storeurl"),
    ),
    parameter("app.id", "Id of the app at the exchange", TEXT, PUBMATIC("app.id")),
    parameter("app.domain", "Domain of the app", DOMAIN, PUBMATIC("app.domain")),
    parameter("app.ver", "Version of the app", TEXT, PUBMATIC("app.ver")),
    parameter("app.cat", "Categories of the app", listed(CATEGORY), PUBMATIC("app.cat")),
    parameter(
        "site.page", "Address of the page", PAGE,
        PBS("page"), VAST("PAGEURL"), PUBMATIC("site.page"), SPRINGSERVE("url"), GAM("description_url"),
    ),
    parameter("site.domain", "Domain of the site", DOMAIN, OURS("domain"), VAST("DOMAIN"), PUBMATIC("site.domain")),
    parameter("site.id", "Id of the site at the exchange", TEXT, PUBMATIC("site.id")),
    parameter("site.name", "Name of the site", TEXT, PUBMATIC("site.name")),
    parameter("site.cat", "Categories of the site", listed(CATEGORY), PUBMATIC("site.cat")),
    parameter(
        "app/site.publisher.id", "Account, the publisher", TEXT,
        PBS("pubid"), PBS("account"), MODULE("publisher_id"), MODULE("pub_id"), PUBMATIC("app.pub.id"),
        PUBMATIC("site.pub.id"),
    ),
    parameter(
        "app/site.publisher.name", "Name of the publisher", TEXT,
        PUBMATIC("app.pub.name"), PUBMATIC("site.pub.name"),
    ),
    parameter(
        "app/site.content.id", "Id of the content", TEXT,
        SPRINGSERVE("content_id"), GAM("vid", _CONTENT_OR_SWITCH), FREEWHEEL("caid"), PUBMATIC("app.cnt.id"),
        PUBMATIC("site.cnt.id"),
    ),
    parameter(
        "app/site.content.title", "Title", TEXT,
        PBS("ctitle"), SPRINGSERVE("content_title"), PUBMATIC("app.cnt.title"), PUBMATIC("site.cnt.title"),
    ),
    parameter(
        "app/site.content.series", "Series", TEXT,
        PBS("cseries"), SPRINGSERVE("content_series"), PUBMATIC("app.cnt.series"), PUBMATIC("site.cnt.series"),
    ),
    parameter(
        "app/site.content.season", "Season", TEXT,
        SPRINGSERVE("content_season"), PUBMATIC("app.cnt.season"), PUBMATIC("site.cnt.season"),
    ),
    parameter(
        "app/site.content.episode", "Number of the episode", whole(0, 1_000_000),
        SPRINGSERVE("content_episode"), PUBMATIC("app.cnt.episode"), PUBMATIC("site.cnt.episode"),
    ),
    parameter(
        "app/site.content.genre", "Genre", TEXT,
        PBS("cgenre"), SPRINGSERVE("content_genre"), FREEWHEEL("_fw_content_genre"), PUBMATIC("app.cnt.genre"),
        PUBMATIC("site.cnt.genre"),
    ),
    parameter(
        "app/site.content.contentrating", "Rating such as TV-14", TEXT,
        PBS("crating"), SPRINGSERVE("rating"), MICROSOFT("content_rating"), FREEWHEEL("_fw_content_rating"),
        PUBMATIC("app.cnt.contentrating"), PUBMATIC("site.cnt.contentrating"),
    ),
    parameter(
        "app/site.content.language", "Language", LANGUAGE,
        PBS("clang"), MICROSOFT("content_language"), FREEWHEEL("_fw_content_language"),
        PUBMATIC("app.cnt.language"), PUBMATIC("site.cnt.language"),
    ),
    parameter(
        "app/site.content.cat", "Categories", listed(CATEGORY),
        PBS("ccat"), MICROSOFT("content_cat"), FREEWHEEL("_fw_content_category"), PUBMATIC("app.cnt.cat"),
        PUBMATIC("site.cnt.cat"),
    ),
    parameter("app/site.content.cattax", "Taxonomy of the categories", whole(1, 999), PBS("ccattax")),
    parameter(
        "app/site.content.url", "Address of the content; of a site without page it is the page, too", ADDRESS,
        PBS("curl"), PBS("rss_feed"), PUBMATIC("app.cnt.url"), PUBMATIC("site.cnt.url"),
    ),
    parameter(
        "app/site.content.livestream", "1 when it is live", FLAG,
        PBS("clivestream"), SPRINGSERVE("content_livestream"), PUBMATIC("app.cnt.livestream"),
        PUBMATIC("site.cnt.livestream"),
    ),
    parameter(
        "app/site.content.len", "Length in seconds", AT_LEAST,
        GAM("vid_d"), FREEWHEEL("vdur"), PUBMATIC("app.cnt.len"), PUBMATIC("site.cnt.len"),
    ),
    parameter("app/site.content.channel.name", "Channel", TEXT, SPRINGSERVE("channel_name")),
    parameter("app/site.content.network.name", "Network", TEXT, SPRINGSERVE("network_name")),
    parameter("ext.tag.cmsid", "Content source; OpenRTB has no field for it", TEXT, GAM("cmsid")),
)  # fmt: skip
