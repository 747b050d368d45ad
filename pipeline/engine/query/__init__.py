"""A tag's address and headers become an OpenRTB 2.6 bid request (pipeline.md §2)."""

from pipeline.engine.query.mapping import request_from_query
from pipeline.engine.query.parameters import PARAMETERS, Alias, Parameter
from pipeline.engine.query.privacy import redacted
from pipeline.engine.query.wishes import requested_config

__all__ = ["PARAMETERS", "Alias", "Parameter", "redacted", "request_from_query", "requested_config"]
