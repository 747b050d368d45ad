"""The environment variables: one table, read in types, and every one documented where people look."""

import re
from pathlib import Path

import pytest

from vastdash.environment import LOG_LEVELS, VARIABLES, Environment, env_file

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLE = ROOT / ".env.example"


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_every_variable_stands_in_the_readme_with_its_default(variable):
    row = next(line for line in README.splitlines() if line.startswith(f"| `{variable.name}`"))
    if variable.default:
        assert f"`{variable.default}`" in row


def test_the_readme_names_no_variable_that_does_not_exist():
    assert set(re.findall(r"^\| `(VASTDASH_\w+)`", README, re.MULTILINE)) == {
        variable.name for variable in VARIABLES
    }


def test_the_example_file_names_every_variable_and_no_other():
    named = set(re.findall(r"^#?\s*(VASTDASH_\w+)=", EXAMPLE.read_text(), re.MULTILINE))
    assert named == {variable.name for variable in VARIABLES} - {"VASTDASH_ENV_FILE"}


def test_no_code_reads_a_variable_of_ours_that_the_table_does_not_name():
    rooms = ("vastdash", "pipeline", "playback", "vast")
    text = "".join(path.read_text() for room in rooms for path in (ROOT / room).rglob("*.py"))
    assert set(re.findall(r"VASTDASH_[A-Z_]+", text)) <= {variable.name for variable in VARIABLES}


def test_what_is_unset_or_empty_has_its_default():
    for values in ({}, {"VASTDASH_PORT": "", "VASTDASH_HOST": ""}):
        env = Environment(values)
        assert (env.text("VASTDASH_HOST"), env.number("VASTDASH_PORT")) == ("127.0.0.1", 8000)


@pytest.mark.parametrize("text", ["1", "true", "yes", "ON"])
def test_a_switch_is_on(text):
    assert Environment({"VASTDASH_DEBUG": text}).flag("VASTDASH_DEBUG")


@pytest.mark.parametrize("text", ["0", "false", "No", " off ", ""])
def test_a_switch_is_off(text):
    assert not Environment({"VASTDASH_DEBUG": text}).flag("VASTDASH_DEBUG")


def test_names_are_a_list_without_blanks():
    assert Environment({"VASTDASH_ALLOWED_HOSTS": " a.example, ,b.example"}).names(
        "VASTDASH_ALLOWED_HOSTS"
    ) == [
        "a.example",
        "b.example",
    ]


@pytest.mark.parametrize("text", ["maybe", "2", "on off", "-1"])
def test_a_switch_that_is_neither_is_blamed_by_name(text):
    with pytest.raises(ValueError, match=f"VASTDASH_HTTPS must be 1 or 0, not '{text}'"):
        Environment({"VASTDASH_HTTPS": text}).flag("VASTDASH_HTTPS")


@pytest.mark.parametrize("text", ["http", "-1", "1.5", "1e3", "65536", "9" * 5000])
def test_a_number_that_is_none_or_out_of_bounds_is_blamed_by_name(text):
    with pytest.raises(ValueError, match="VASTDASH_PORT must be a whole number from 0 to 65535, not '"):
        Environment({"VASTDASH_PORT": text}).number("VASTDASH_PORT", most=65535)


def test_a_number_may_have_a_least_alone():
    rate = Environment({"VASTDASH_ENDPOINT_RATE": " 0 "})
    assert rate.number("VASTDASH_ENDPOINT_RATE") == 0
    with pytest.raises(ValueError, match="VASTDASH_ENDPOINT_RATE must be a whole number of 1 or more"):
        rate.number("VASTDASH_ENDPOINT_RATE", least=1)


def test_a_choice_that_is_none_is_blamed_by_name():
    levels = Environment({"VASTDASH_LOG_LEVEL": "LOUD"})
    with pytest.raises(ValueError, match=r"VASTDASH_LOG_LEVEL must be one of DEBUG, .*, not 'LOUD'"):
        levels.choice("VASTDASH_LOG_LEVEL", LOG_LEVELS)
    assert Environment({}).choice("VASTDASH_LOG_LEVEL", LOG_LEVELS) == "INFO"


def test_a_file_of_variables_that_is_named_must_be_there(tmp_path):
    assert env_file(tmp_path, {}) == tmp_path / ".env"
    with pytest.raises(ValueError, match=r"VASTDASH_ENV_FILE: there is no file .*mine"):
        env_file(tmp_path, {"VASTDASH_ENV_FILE": "mine"})
    (tmp_path / "mine").touch()
    assert env_file(tmp_path, {"VASTDASH_ENV_FILE": "mine"}) == tmp_path / "mine"


def test_a_variable_the_table_does_not_name_cannot_be_read():
    with pytest.raises(KeyError):
        Environment({"VASTDASH_COLOUR": "red"}).text("VASTDASH_COLOR")


def test_an_object_is_read_from_json():
    given = {"VASTDASH_RECEIVER_CONFIG": '{"default_currency": "EUR"}'}
    assert Environment(given).json_object("VASTDASH_RECEIVER_CONFIG") == {"default_currency": "EUR"}
    assert Environment({}).json_object("VASTDASH_RECEIVER_CONFIG") == {}


@pytest.mark.parametrize("text", ["EUR", "[1]", '"a"', "{"])
def test_what_is_no_json_object_is_refused_by_name(text):
    with pytest.raises(ValueError, match="VASTDASH_RECEIVER_CONFIG must be a JSON object"):
        Environment({"VASTDASH_RECEIVER_CONFIG": text}).json_object("VASTDASH_RECEIVER_CONFIG")
