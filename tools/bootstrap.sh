#!/bin/sh
# Make .venv with the first Python >= 3.11 that can; name what is missing in one line.
# Usage: tools/bootstrap.sh VENV [PYTHON]
set -eu
venv=$1
missing=

fits() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

for python in ${2:-} python3.11 python3 python3.12 python3.13 python3.14; do
    fits "$python" || continue
    if makes_venvs "$python"; then
        "$python" -m venv "$venv"
        exit 0
    fi
    missing=${missing:-"the venv module of $python (Debian: apt-get install python3-venv)"}
done
echo "make install: missing: ${missing:-Python 3.11 or newer with venv (Debian: apt-get install python3 python3-venv)}" >&2
exit 1
