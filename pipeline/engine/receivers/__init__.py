"""The receivers by name. A new one is a file beside this and a line here."""

from pipeline.engine.receivers.freewheel import FREEWHEEL
from pipeline.engine.receivers.gam_ssu import GAM_SSU
from pipeline.engine.receivers.generic import GENERIC
from pipeline.engine.receivers.receiver import ROWS, Receiver

RECEIVERS: dict[str, Receiver] = {receiver.name: receiver for receiver in (GENERIC, GAM_SSU, FREEWHEEL)}
"""Name -> receiver: who can get our VAST."""

__all__ = ["RECEIVERS", "ROWS", "Receiver"]
