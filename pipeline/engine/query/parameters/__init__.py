"""Every parameter a tag may carry: the table of pipeline.md §2.2 as data, one row a name."""

from collections.abc import Mapping

from pipeline.engine.query.parameters.impression import IMPRESSION
from pipeline.engine.query.parameters.inventory import INVENTORY
from pipeline.engine.query.parameters.parameter import Alias, Parameter
from pipeline.engine.query.parameters.request import REQUEST
from pipeline.engine.query.parameters.viewer import VIEWER

SECTIONS: Mapping[str, tuple[Parameter, ...]] = {
    "impression": IMPRESSION,
    "inventory": INVENTORY,
    "viewer": VIEWER,
    "request": REQUEST,
}
PARAMETERS: tuple[Parameter, ...] = tuple(row for section in SECTIONS.values() for row in section)
"""Every parameter of a tag, in the order they are documented."""

__all__ = ["PARAMETERS", "SECTIONS", "Alias", "Parameter"]
