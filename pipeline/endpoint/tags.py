"""An endpoint's address as an ad server's tag: our parameters filled by that ad server's own macros.

Sources: Ad Manager's macros for video ad tags, SpringServe's table of demand tag macros, FreeWheel's tag macros.
"""

from collections.abc import Mapping

# Parameters are names of the tag's mapping (docs/vast-endpoint.md); an unexpanded macro counts as absent there.
MACROS: Mapping[str, Mapping[str, str]] = {
    "Google Ad Manager": {
        "rdid": "[IFA]",
        "idtype": "[IFATYPE]",
        "is_lat": "[LIMITADTRACKING]",
        "msid": "[APPBUNDLE]",
        "poddur": "[BREAKMAXDURATION]",
        "gdpr_consent": "[GDPRCONSENT]",
        "cb": "[CACHEBUSTING]",
    },
    "SpringServe": {
        "w": "{{WIDTH}}",
        "h": "{{HEIGHT}}",
        "ip": "{{IP}}",
        "ua": "{{USER_AGENT}}",
        "did": "{{DEVICE_ID}}",
        "app_bundle": "{{APP_BUNDLE}}",
        "app_name": "{{APP_NAME}}",
        "pod_max_dur": "{{POD_MAX_DUR}}",
        "pod_ad_slots": "{{POD_AD_SLOTS}}",
        "us_privacy": "{{US_PRIVACY}}",
        "cb": "{{CACHEBUSTER}}",
    },
    "FreeWheel": {
        "_fw_did": "#{request.deviceId}",
        "_fw_gdpr": "#{request.keyValue('_fw_gdpr')}",
        "_fw_gdpr_consent": "#{request.keyValue('_fw_gdpr_consent')}",
        "_fw_us_privacy": "#{request.keyValue('_fw_us_privacy')}",
        "vprn": "#{request.videoRandom}",
    },
}


def tags(address: str) -> dict[str, str]:
    """The tag for each ad server by its name; ``address`` is the endpoint's, without a query."""
    return {
        server: f"{address}?{'&'.join(f'{name}={macro}' for name, macro in macros.items())}"
        for server, macros in MACROS.items()
    }
