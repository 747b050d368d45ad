"""Signing in and out, wrong passwords, and the lock after too many of them."""

import pytest
from django.test import Client

from vastdash.models import User
from vastdash.roles import Role

pytestmark = pytest.mark.django_db

PASSWORD = "a long and quiet sentence"
SIGN_IN = "/sign-in/"


@pytest.fixture(autouse=True)
def somebody(settings) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_user("qa", password=PASSWORD, role=Role.QA)


def sign_in(client: Client, password: str = PASSWORD, **fields: str):
    return client.post(SIGN_IN, {"username": "qa", "password": password, **fields})


def test_a_right_password_leads_to_the_overview_or_back_to_where_one_came_from(client):
    assert sign_in(client)["Location"] == "/"
    assert sign_in(Client(), next="/sessions/?mode=real")["Location"] == "/sessions/?mode=real"


def test_signing_in_never_leads_to_another_site(client):
    assert sign_in(client, next="https://evil.example/")["Location"] == "/"


def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(client):
    known = sign_in(client, "wrong")
    assert known.status_code == 200
    assert 'role="alert"' in known.content.decode()
    unknown = client.post(SIGN_IN, {"username": "nobody", "password": "wrong"})
    assert known.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    assert client.get("/").status_code == 302


def test_ten_wrong_passwords_lock_the_name_even_for_the_right_one(client, settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        answer = sign_in(client, "wrong")
    assert answer.status_code == 429
    assert "Too many wrong passwords" in answer.content.decode()
    assert sign_in(Client()).status_code == 429


def test_who_is_signed_in_is_sent_on_from_the_sign_in_page(client):
    sign_in(client)
    assert client.get(SIGN_IN)["Location"] == "/"


def test_signing_out_ends_the_session_and_needs_a_post(client):
    sign_in(client)
    assert client.get("/sign-out/").status_code == 403
    assert client.get("/").status_code == 200
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert client.get("/").status_code == 302


def test_signing_in_needs_the_csrf_token():
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client).status_code == 403
    client.get(SIGN_IN)
    token = client.cookies["csrftoken"].value
    assert sign_in(client, csrfmiddlewaretoken=token).status_code == 302


def test_the_cookies_of_a_session_cannot_be_read_by_scripts_nor_sent_across_sites(client):
    sign_in(client)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_the_menu_shows_who_one_is(client, somebody):
    sign_in(client)
    page = client.get("/").content.decode()
    assert "QA" in page
    assert 'action="/sign-out/"' in page


@pytest.mark.parametrize(
    ("role", "superuser", "label"),
    [(Role.VIEWER, False, "Manager (viewer)"), (Role.AD_OPS, False, "Ad-ops"), (Role.QA, True, "Superuser")],
)
def test_a_role_has_a_name_people_read(role, superuser, label):
    assert User(role=role, is_superuser=superuser).role_label == label
