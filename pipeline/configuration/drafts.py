"""What a layer would do if it were saved as it stands in its form: settings, endpoints, and one build tried again."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from pipeline.configuration.effective import Effective, effective
from pipeline.configuration.layers import Layer, account_of
from pipeline.configuration.trial import Trial, compare
from pipeline.forms.profile import LensForm
from pipeline.models import Build, Endpoint, ReceiverProfile
from vastdash.models import Publisher


class Draft:
    """The page's panel beside the form of a layer. ``row`` is the profile or publisher, perhaps not saved yet."""

    def __init__(
        self, row: ReceiverProfile | Publisher, stated: Layer, looking: Mapping[str, Any] | None = None
    ) -> None:
        self.row = row
        self.layer = "profile" if isinstance(row, ReceiverProfile) else "account"
        self.lens = LensForm(looking, without=_FIELD_OF[self.layer])
        self.saved = self._effective(stored_layer(row))
        self.effective = self._effective(stated, saved=self.saved)
        self.build: Build | None = self.lens.chosen("build")

    def _effective(self, own: Layer, saved: Effective | None = None) -> Effective:
        if self.layer == "profile":
            publisher = self.lens.chosen("publisher")
            return effective(account_of(publisher), own, saved=saved)
        profile = self.lens.chosen("profile")
        return effective(own, profile.config if profile else None, saved=saved)

    @property
    def trial(self) -> Trial | None:
        """The outcome of the chosen build under what is saved and under the draft; None without a build."""
        if self.build is None:
            return None
        return compare(self.build, self.saved.config, self.effective.config)

    @property
    def endpoints(self) -> QuerySet[Endpoint]:
        """Those that follow this layer, and so would change with it."""
        return endpoints_of(self.row)


_FIELD_OF = {"profile": "profile", "account": "publisher"}


def stored_layer(row: ReceiverProfile | Publisher) -> dict[str, Any]:
    """What is saved of the layer that a form edits."""
    stored: dict[str, Any] = row.config if isinstance(row, ReceiverProfile) else row.receiver_config
    return stored


def endpoints_of(row: ReceiverProfile | Publisher) -> QuerySet[Endpoint]:
    """The endpoints that follow a profile or publisher."""
    if row.pk is None:
        return Endpoint.objects.none()
    return row.endpoints.all()
