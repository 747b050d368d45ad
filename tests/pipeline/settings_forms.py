"""What a browser sends when it saves the form of a receiver profile, and rows those forms edit."""

from typing import Any

from django.utils import timezone

from pipeline.forms.receiver import ReceiverFields
from pipeline.models import Endpoint, EndpointRequest, Outcome, ReceiverProfile, Source, Upload
from tests.pipeline.responses import body
from vastdash.models import Publisher


def settings_form(**said: str) -> dict[str, str]:
    """Every field of the form, blank where nothing is said."""
    return dict.fromkeys(ReceiverFields.settings(), "") | said


def shown_fields(answer: Any, *names: str) -> dict[str, Any]:
    """The forms of a page as it shows them, ready to be sent back unchanged."""
    data = {"version": answer.context["version"]}
    for name in names:
        for field in answer.context[name]:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = value
    return data


def make_profile(name: str = "living-room-gam", **config: Any) -> ReceiverProfile:
    return ReceiverProfile.objects.create(name=name, title=name.replace("-", " ").title(), config=config)


def make_publisher(name: str = "attic", **receiver_config: Any) -> Publisher:
    return Publisher.objects.create(name=name, title=name.title(), receiver_config=receiver_config)


def make_endpoint(receiver: ReceiverProfile | None = None, **fields: Any) -> Endpoint:
    """A canned endpoint that answers with one good bid."""
    return Endpoint.objects.create(
        **{
            "title": "Living room pre-roll",
            "receiver": receiver or make_profile(),
            "source": Source.CANNED,
            "canned": Upload.keep(body()),
            **fields,
        }
    )


def make_request(endpoint: Endpoint, **fields: Any) -> EndpointRequest:
    return EndpointRequest.objects.create(
        **{
            "endpoint": endpoint,
            "at": timezone.now(),
            "outcome": Outcome.NO_AD,
            "status": 200,
            "took_ms": 1.5,
            "notices": [{"code": "X", "bid_id": "", "text": "remarked"}],
            "request": {"id": "1"},
            "vast": '<VAST version="3.0"/>',
            **fields,
        }
    )
