"""What the costliest hostile document costs a build: CPU in ms, and memory in MB beyond the input itself.

The documents are those of the tests, each built in a process of its own; the contract is 100 ms and 50 MB on an idle
machine.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
# What costs less than so many ordinary pods is not the costliest, and need not be measured again.
NOT_WORTH_ANOTHER_ROUND = "4"


def costs() -> list[dict[str, Any]]:
    """One row a document and configuration: name, config, cpu_ms, extra_mb and more."""
    command = [sys.executable, "-m", "tests.pipeline.engine.hostile", NOT_WORTH_ANOTHER_ROUND]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def worst(rows: list[dict[str, Any]], figure: str) -> float:
    """The highest of a figure, named on the screen."""
    row = max(rows, key=lambda row: float(row[figure]))
    print(f"  {figure}: {row[figure]:.1f} for {row['name']} ({row['config']})")
    return float(row[figure])


def run() -> Mapping[str, float]:
    """The figures of the costliest."""
    rows = costs()
    return {"hostile_cpu_ms": worst(rows, "cpu_ms"), "hostile_memory_mb": worst(rows, "extra_mb")}
