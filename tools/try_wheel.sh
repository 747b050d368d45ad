#!/bin/sh
# Build the library's wheel and try it in a clean environment: the engines import without Django, the examples run.
# Usage: tools/try_wheel.sh VENV (whose uv is used; packages come from the configured index)
set -eu
cd "$(dirname "$0")/.."
uv=$PWD/$1/bin/uv
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$uv" build --quiet --wheel --out-dir "$place" .
"$uv" venv --quiet --python 3.11 "$place/venv"
"$uv" pip install --quiet --python "$place/venv/bin/python" "$place"/*.whl
cp -r examples "$place/examples"
cd "$place"
venv/bin/python - <<'PYTHON'
import importlib.util

import pipeline.engine
import playback.engine
import vast.ad

assert importlib.util.find_spec("django") is None, "this environment is not clean"
for room in (vast.ad, pipeline.engine, playback.engine):
    assert "site-packages" in room.__file__, room.__file__
print(f"{len(playback.engine.__all__)} names of playback.engine, {len(pipeline.engine.__all__)} of pipeline.engine")
PYTHON
for example in play_in_real_time simulate_playback resolve_configuration replace_steps; do
    venv/bin/python -m "examples.$example" >/dev/null
    echo "examples.$example runs"
done
