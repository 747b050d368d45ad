"""The receivers by name. A new one is a file beside this and a line here."""

from pipeline.engine.receivers.gam_ssu import GAM_SSU
from pipeline.engine.receivers.generic import GENERIC
from pipeline.engine.receivers.receiver import Receiver

RECEIVERS: dict[str, Receiver] = {receiver.name: receiver for receiver in (GENERIC, GAM_SSU)}

__all__ = ["RECEIVERS", "Receiver"]
