"""The tables of ``roles.py``: what each role may do, and that every address is named in them."""

from types import SimpleNamespace

import pytest

from playback.urls import socket_urlpatterns
from tests.site.addresses import patterns
from vastdash.roles import ALLOWED, NAMESPACES, ROUTES, SOCKETS, Action, Role, may, rule

# Never reached by a name of ours, so no table opens it: the API's bare prefix, which ninja keeps for reversing.
CLOSED = {"api:api-root"}

EVERY_ROLE = {
    Action.READ: {Role.VIEWER, Role.QA, Role.AD_OPS},
    Action.SAVE_VIEWS: {Role.QA, Role.AD_OPS},
    Action.SHARE: {Role.VIEWER, Role.QA, Role.AD_OPS},
    Action.BUILD: {Role.QA, Role.AD_OPS},
    Action.PLAY: {Role.QA, Role.AD_OPS},
    Action.SEE_DEBUG: {Role.QA, Role.AD_OPS},
    Action.EDIT_CONFIG: {Role.AD_OPS},
    Action.DELIVER_LIVE: {Role.AD_OPS},
    Action.DELETE: {Role.AD_OPS},
    Action.PUBLIC: set(Role),
    Action.SIGNED_IN: set(Role),
    Action.ADMINISTER: set(),
}


def person(role=Role.VIEWER, *, authenticated=True, active=True, superuser=False):
    return SimpleNamespace(
        role=role, is_authenticated=authenticated, is_active=active, is_superuser=superuser
    )


def test_every_action_belongs_to_exactly_the_roles_it_was_given_to():
    found = {action: {role for role in Role if may(person(role), action)} for action in Action}
    assert found == EVERY_ROLE


def test_a_superuser_may_everything():
    assert all(may(person(superuser=True), action) for action in Action)


@pytest.mark.parametrize("who", [None, person(authenticated=False), person(Role.AD_OPS, active=False)])
def test_the_signed_out_and_the_deactivated_may_only_what_is_public(who):
    assert [action for action in Action if may(who, action)] == [Action.PUBLIC]


def test_what_no_table_names_is_closed_to_everybody():
    assert rule("never-heard-of", "GET") is None
    assert rule("home", "DELETE") is None
    assert rule("", "GET") is None
    assert not may(person(superuser=True), None)


def test_a_role_nobody_knows_may_nothing():
    assert not may(person("intern"), Action.READ)


def test_head_and_options_count_as_get():
    assert (
        rule("build-new", "HEAD") == rule("build-new", "OPTIONS") == rule("build-new", "GET") == Action.BUILD
    )


def test_every_named_address_stands_in_the_table_and_every_row_of_the_table_has_an_address():
    named = {name for name, _ in patterns() if name.partition(":")[0] not in NAMESPACES}
    assert named - CLOSED == set(ROUTES)


def test_every_socket_asks_the_table():
    assert len(socket_urlpatterns) == len(SOCKETS)


def test_the_roles_a_user_can_be_given_are_the_roles_of_the_table():
    assert set(ALLOWED) == set(Role)
