"""``manage.py load_demo``: people of the three roles, the six providers, a publisher, a few builds, two endpoints, a
history of sessions dated back, a saved view."""

import secrets
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from pipeline import builds
from pipeline.models import Endpoint, ReceiverProfile, Source, Upload
from playback.batches.asked import Asked, AskedAd
from playback.batches.dated import run_dated
from playback.batches.forms import own_ad
from playback.batches.making import make
from playback.engine import PROVIDER_LABELS
from playback.models import Batch, Provider, SavedView
from playback.rows import shipped
from playback.rules.publishing import Origin, on_record, publish
from playback.sources import source_of
from playback.starting import start
from vastdash.models import Publisher, User
from vastdash.roles import Role
from vastdash.version import version_of

PEOPLE = {"adops": Role.AD_OPS, "qa": Role.QA, "manager": Role.VIEWER}
PROFILE_SET = "seed"
SAMPLES = ("inline-vast4", "pod-three-seats", "wrapper")
PUBLISHER = {
    "name": "living-room",
    "title": "Living Room TV",
    "playback": {"max_session_duration_sec": 120.0, "rules": [{"event": "start", "probability": 0.05}]},
}
# What it publishes next, and why.
NEXT_RULES = {"max_session_duration_sec": 120.0, "rules": [{"event": "start", "probability": 0.02}]}
NOTE = "Demonstration: fewer viewers leave at the start than we had assumed."
RECEIVER = {
    "name": "ad-manager-pods",
    "title": "Ad Manager, pods of four",
    "config": {
        "receiver": "GAM_SSU",
        "selection_strategy": "TOP_N",
        "max_ads_in_pod": 4,
        "vast_version_default": "4.2",
    },
}
STORED_POD = "Living Room TV, a stored pod"
# An address that answers nobody: the auction fails, players get a document without an ad.
LIVE_AUCTION = "Living Room TV, a Prebid Server"
AUCTION_URL = "https://prebid.example.com/openrtb2/auction"
AD = "television_30s"
# Five of every weekday: as much as "usual" takes.
DAYS = 35
SESSIONS = 2_100
HISTORY = f"Demonstration: {SESSIONS:,} sessions dated back over {DAYS} days"
# Provider, seed, and how it ends with that seed.
SINGLE = (("global", 1, "to its end"), ("yandex", 3, "cut off"))
VIEW = {"name": "Interrupted, seven days", "query": "days=7&outcome=interrupted", "is_shared": True}


class Command(BaseCommand):
    help = "Load demonstration data; passwords are generated and printed once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing when somebody can already sign in"
        )

    @transaction.atomic
    def handle(self, *args: Any, if_empty: bool, **options: Any) -> None:
        if if_empty and User.objects.exists():
            return
        passwords = {name: self._person(name, role) for name, role in PEOPLE.items()}
        for position, (name, label) in enumerate(PROVIDER_LABELS[PROFILE_SET].items()):
            provider, _ = Provider.objects.get_or_create(
                name=name,
                defaults={
                    "title": name.capitalize(),
                    "description": label,
                    "position": position,
                    "playback": shipped(name, PROFILE_SET),
                },
            )
            on_record("provider", provider)
        adops, qa = (User.objects.get(username=name) for name in ("adops", "qa"))
        publisher = self._publisher(adops)
        self._builds(qa)
        self._endpoints(publisher, adops)
        if not Batch.objects.exists():
            self._history(qa)
        SavedView.objects.get_or_create(owner=qa, name=VIEW["name"], defaults=VIEW)
        self._tell(passwords)

    def _person(self, name: str, role: Role) -> str | None:
        """The new password, or None for somebody who was there before."""
        person, made = User.objects.get_or_create(username=name, defaults={"role": role})
        if not made:
            return None
        password = secrets.token_urlsafe(12)
        person.set_password(password)
        person.save()
        return password

    def _publisher(self, user: User) -> Publisher:
        """Of two versions, when it is new."""
        publisher, made = Publisher.objects.get_or_create(name=PUBLISHER["name"], defaults=PUBLISHER)
        on_record("publisher", publisher)
        if made:
            read = version_of(publisher.playback)
            why = {"user": user, "note": NOTE, "origin": Origin.PUBLISHED}
            publish("publisher", publisher.name, NEXT_RULES, read=read, **why)
        return publisher

    def _history(self, user: User) -> None:
        """Weeks of sessions played now and dated back, as the batch's title says; single ones that are played when
        the site opens."""
        ad = source_of(None, own_ad(AD), None, "Television 30s")
        asked = Asked(
            [AskedAd("samples", ad)],
            providers=tuple(PROVIDER_LABELS[PROFILE_SET]),
            sessions=SESSIONS,
            title=HISTORY,
            seed=7,
        )
        now = datetime.now(UTC)
        run_dated(make(asked, user=user), now - timedelta(days=DAYS), now)
        for provider, seed, end in SINGLE:
            how = {"mode": "headless", "speed": 0.0, "provider": provider, "seed": seed, "user": user}
            start(vast=own_ad(AD), title=f"Television 30s, {end}", **how)

    def _builds(self, user: User) -> None:
        for name in SAMPLES:
            if user.builds.filter(title=f"{name}.json").exists():
                continue
            builds.build(
                response=_sample(name),
                request=None,
                config={"receiver": "GENERIC", "selection_strategy": "TOP_N"},
                title=f"{name}.json",
                user=user,
            )

    def _endpoints(self, publisher: Publisher, user: User) -> None:
        receiver, _ = ReceiverProfile.objects.get_or_create(name=RECEIVER["name"], defaults=RECEIVER)
        sources = {
            STORED_POD: {"source": Source.CANNED, "canned": Upload.keep(_sample("pod-three-seats"))},
            LIVE_AUCTION: {"source": Source.PREBID_SERVER, "auction_url": AUCTION_URL},
        }
        for title, source in sources.items():
            row = {"receiver": receiver, "publisher": publisher, "records_requests": True, "created_by": user}
            Endpoint.objects.get_or_create(title=title, defaults={**row, **source})

    def _tell(self, passwords: dict[str, str | None]) -> None:
        self.stdout.write("\nDemonstration users (these passwords are shown only now):")
        for name, password in passwords.items():
            role = PEOPLE[name].value.replace("_", "-")
            self.stdout.write(f"  {name:<8} {password or '(as before)':<18} role {role}")


def _sample(name: str) -> bytes:
    return (settings.BASE_DIR / "examples" / "bids" / f"{name}.json").read_bytes()
