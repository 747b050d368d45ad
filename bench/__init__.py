"""Measurements: each module has `run() -> dict[str, float]`; `python -m bench` runs them."""
