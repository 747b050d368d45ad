#!/bin/sh
# Install hash-locked requirement files into VENV: with uv, or with pip where uv cannot be had.
# Usage: tools/install.sh VENV REQUIREMENTS...
set -eu
venv=$1
shift
lock=$(dirname "$0")/../requirements-uv.txt
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

if [ ! -x "$venv/bin/uv" ]; then
    pip install --quiet --require-hashes -r "$lock" || echo "uv could not be installed; going on with pip alone (slower)." >&2
fi
for requirements; do
    echo "Installing $requirements into $venv"
    if [ -x "$venv/bin/uv" ]; then
        "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r "$requirements" && continue
        echo "uv could not install $requirements; trying pip." >&2
    fi
    pip install --quiet --require-hashes -r "$requirements"
done
