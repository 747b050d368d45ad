"""The examples run as a reader would run them, and the engine is a library of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> str:
    without = {"PYTHONPATH", "DJANGO_SETTINGS_MODULE"}
    environment = {name: value for name, value in os.environ.items() if name not in without}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "play_in_real_time",
            [
                "Playback complete: 1.0s",
                "hop 1: wrapper, status 200",
                "hop 2: ads, status 200",
                "sent         impression     wrapper 1  pixel/wrapper-1/impression",
                "sent         complete       InLine     pixel/complete",
                "The server received 5 pixels.",
            ],
        ),
        (
            "simulate_playback",
            [
                "Duration: 30.0s",
                "Quartiles: {1, 2, 3, 4}",
                "  7.500 s  firstQuartile",
                "The server received 0 pixels.",
            ],
        ),
        (
            "replace_steps",
            [
                "served: bid-1 bid-2 bid-3",
                "served: bid-1 bid-2\n",
                "bid-3 RIVAL",
                "end: <!-- example.com -->",
            ],
        ),
        (
            "resolve_configuration",
            ["override   mode", "publisher  max_session_duration_sec", "mode: headless"],
        ),
    ],
)
def test_the_examples_run_as_their_first_lines_say_and_print_what_they_promise(name, expected):
    told = (ROOT / "examples" / f"{name}.py").read_text().split("Run from the checkout: ")[1].split("\n")[0]
    assert told == f".venv/bin/python -m examples.{name}"
    printed = run("-m", f"examples.{name}")
    for line in expected:
        assert line in printed


def test_the_simulation_prints_the_same_every_time():
    assert run("-m", "examples.simulate_playback") == run("-m", "examples.simulate_playback")


FORBIDDEN = ("django", "pipeline", "vastdash", "channels", "pydantic", "random", "secrets")

PROBE = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {FORBIDDEN[:5]!r}:
            raise ImportError(name + " is not for the engine")
sys.meta_path.insert(0, Refuse())
import playback.engine
print(all(hasattr(playback.engine, name) for name in playback.engine.__all__))
print(sorted({{name.split(".")[0] for name in sys.modules}} & set({FORBIDDEN[:5]!r})))
"""


def test_the_engine_is_imported_without_django_or_the_other_room():
    assert run("-c", PROBE).split() == ["True", "[]"]
