"""The rows of the playback half, by what they are about."""

from playback.models.batch import Batch, BatchAd, BatchCell
from playback.models.configuration import ProfileVersion, Provider
from playback.models.history import SavedView, SessionCohort, SessionDay, SessionTitle
from playback.models.session import UNREADABLE, AdDocument, Session, SessionChain, SessionLedger

__all__ = [
    "UNREADABLE",
    "AdDocument",
    "Batch",
    "BatchAd",
    "BatchCell",
    "ProfileVersion",
    "Provider",
    "SavedView",
    "Session",
    "SessionChain",
    "SessionCohort",
    "SessionDay",
    "SessionLedger",
    "SessionTitle",
]
