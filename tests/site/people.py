"""Fixtures: people of every role, and browsers they are signed in with. Rooms' conftest files import what they use."""

from collections.abc import Callable

import pytest
from django.test import Client

from vastdash.models import User
from vastdash.roles import Role


def make_person(name: str, role: Role = Role.VIEWER, **fields: object) -> User:
    """Somebody without a usable password: hashing one would cost more than most tests."""
    person = User(username=name, role=role, **fields)
    person.set_unusable_password()
    person.save()
    return person


def browser_of(person: User | None) -> Client:
    client = Client()
    if person:
        client.force_login(person)
    return client


PEOPLE: dict[str, Callable[[], User | None]] = {
    "nobody": lambda: None,
    "viewer": lambda: make_person("manager"),
    "qa": lambda: make_person("qa", Role.QA),
    "ad_ops": lambda: make_person("adops", Role.AD_OPS),
    "superuser": lambda: make_person("root", is_superuser=True, is_staff=True),
}


@pytest.fixture
def nobody() -> Client:
    return Client()


@pytest.fixture
def viewer(db: None) -> Client:
    return browser_of(PEOPLE["viewer"]())


@pytest.fixture
def qa(db: None) -> Client:
    return browser_of(PEOPLE["qa"]())


@pytest.fixture
def ad_ops(db: None) -> Client:
    return browser_of(PEOPLE["ad_ops"]())


@pytest.fixture
def superuser(db: None) -> Client:
    return browser_of(PEOPLE["superuser"]())
