"""The JSON API of the configuration in force."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router
from pydantic import BaseModel, Field

from playback.effective import EffectiveForm, told
from vastdash.web import Answer, problem

router = Router(tags=["configuration"])


class Asked(BaseModel):
    """A provider, a publisher, and what a player states itself; whatever is left out states nothing."""

    provider: str = Field("", description="Name of a provider")
    publisher: str = Field("", description="Name of a publisher")
    rules: str = Field("", description="The player's interruption rules: event to parts, as JSON or YAML")
    mode: str = Field("", description="real, headless or auto")
    max_session_duration_sec: str = ""
    quartile_offset_tolerance_sec: str = ""
    headless_tick_interval_sec: str = ""
    headless_playback_speed: str = ""
    enable_auto_quartiles: str = Field("", description="true or false")
    emit_playback_events: str = Field("", description="true or false")
    log_tracking_urls: str = Field("", description="true or false")
    enable_session_persistence: str = Field("", description="true or false")
    pause_pixels: str = Field("", description="every or once")


@router.get("", url_name="configuration", summary="The configuration in force", response=Answer)
def read_configuration(request: HttpRequest, asked: Query[Asked]) -> HttpResponse:
    """Every field and rule part: the value in force, the level it comes from, and what each level said of it. 422
    naming the field that cannot be used."""
    form = EffectiveForm(asked.model_dump())
    traced = form.traced()
    faults = {
        name: f"There is no such field; known: {', '.join(Asked.model_fields)}." for name in _unknown(request)
    }
    faults |= {name: " ".join(texts) for name, texts in form.errors.items()}
    if faults:
        fields = [{"field": name, "text": text} for name, text in faults.items()]
        return problem(
            422, "Not valid", "; ".join(": ".join(fault) for fault in faults.items()), fields=fields
        )
    return JsonResponse(
        {
            "provider": asked.provider or None,
            "publisher": asked.publisher or None,
            "override": form.override(),
            "fields": told(traced),
        }
    )


def _unknown(request: HttpRequest) -> list[str]:
    """A misspelt field would silently state nothing."""
    return [name[:120] for name in request.GET if name not in Asked.model_fields][:20]
