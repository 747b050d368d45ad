"""The VAST error codes with their meanings (IAB VAST 4.3 §2.3.6.3), and the exception a refused document raises."""

from enum import IntEnum


class VastErrorCode(IntEnum):
    """A code for the [ERRORCODE] macro; `meaning` says in a few words what happened."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> "VastErrorCode":
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    XML_PARSING = 100, "the XML cannot be parsed"
    SCHEMA = 101, "the structure is not VAST"
    VERSION_UNSUPPORTED = 102, "the VAST version is not supported"
    TRAFFICKING = 200, "an ad type the player did not expect"
    LINEARITY = 201, "a linearity the player did not expect"
    DURATION = 202, "a duration the player did not expect"
    SIZE = 203, "a size the player did not expect"
    CATEGORY_MISSING = 204, "the ad category is required but missing"
    CATEGORY_BLOCKED = 205, "the ad category is blocked"
    BREAK_SHORTENED = 206, "the ad break was shortened, the ad was not served"
    WRAPPER_GENERAL = 300, "general wrapper error"
    WRAPPER_TIMEOUT = 301, "the wrapper's address is unavailable or timed out"
    WRAPPER_LIMIT = 302, "the wrapper limit is reached"
    NO_AD = 303, "no ad after one or more wrappers, or an empty answer"
    INLINE_TIMEOUT = 304, "the InLine ad was not displayed in time"
    LINEAR_GENERAL = 400, "general linear error"
    MEDIA_NOT_FOUND = 401, "the media file was not found"
    MEDIA_TIMEOUT = 402, "loading the media file timed out"
    MEDIA_UNSUPPORTED = 403, "no media file the player supports"
    MEDIA_DISPLAY = 405, "the media file cannot be displayed"
    MEZZANINE_MISSING = 406, "a mezzanine is required but missing"
    MEZZANINE_PENDING = 407, "the mezzanine is being fetched or transcoded"
    CONDITIONAL_REJECTED = 408, "the conditional ad was rejected"
    INTERACTIVE_NOT_RUN = 409, "the interactive unit was not executed"
    VERIFICATION_NOT_RUN = 410, "the verification unit was not executed"
    MEZZANINE_INVALID = 411, "the mezzanine does not meet the requirements"
    NON_LINEAR_GENERAL = 500, "general non-linear error"
    NON_LINEAR_DIMENSIONS = 501, "the non-linear ad does not fit"
    NON_LINEAR_FETCH = 502, "the non-linear resource cannot be fetched"
    NON_LINEAR_TYPE = 503, "no non-linear resource the player supports"
    COMPANION_GENERAL = 600, "general companion error"
    COMPANION_DIMENSIONS = 601, "the companion does not fit"
    COMPANION_REQUIRED = 602, "a required companion cannot be displayed"
    COMPANION_FETCH = 603, "the companion resource cannot be fetched"
    COMPANION_TYPE = 604, "no companion resource the player supports"
    UNDEFINED = 900, "undefined error"
    VPAID_GENERAL = 901, "general VPAID error"
    INTERACTIVE_GENERAL = 902, "general interactive creative file error"


class VastError(Exception):
    """A document that is refused: `code` for [ERRORCODE], `reason` a stable word for machines, `text` a sentence.

    Reasons: TOO_LARGE, TOO_DEEP, TOO_MANY_NODES, ENCODING, DOCTYPE, NOT_XML, NOT_VAST, VAST1, VERSION; of a VMAP
    NOT_VMAP; of VastParser STRICT and REQUIRED.
    """

    def __init__(self, code: int, reason: str, text: str) -> None:
        super().__init__(text)
        self.code = int(code)
        self.reason = reason
        self.text = text
