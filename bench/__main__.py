"""Run every measurement, or those named; print a table and write bench/results.json (name -> number)."""

import gc
import importlib
import json
import pkgutil
import sys
from pathlib import Path
from time import perf_counter

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results.json"


def measurements() -> list[str]:
    """Modules of this folder with a `run`."""
    names = (module.name for module in pkgutil.iter_modules([str(FOLDER)]) if module.name != "__main__")
    return sorted(name for name in names if hasattr(importlib.import_module(f"bench.{name}"), "run"))


def measure(name: str) -> dict[str, float]:
    """The figures of one module; every figure must be a number."""
    # What earlier measurements left in memory would be looked at by every full collection of this one.
    gc.collect()
    gc.freeze()
    start = perf_counter()
    figures: dict[str, float] = importlib.import_module(f"bench.{name}").run()
    print(f"{name} ({perf_counter() - start:.1f} s)")
    for figure, value in figures.items():
        print(f"  {figure:<34}{value:>16,.3f}")
    return {figure: float(f"{value:.5g}") for figure, value in figures.items()}


def main(wanted: list[str]) -> int:
    there = measurements()
    unknown = sorted(set(wanted) - set(there))
    if unknown:
        print(f"No such measurement: {', '.join(unknown)}. There are: {', '.join(there)}.", file=sys.stderr)
        return 2
    results: dict[str, float] = {}
    for name in wanted or there:
        for figure, value in measure(name).items():
            if figure in results:
                raise ValueError(f"two measurements give {figure}")
            results[figure] = value
    RESULTS.write_text(json.dumps(results, indent=2, sort_keys=True) + "\n")
    print(f"Written to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
