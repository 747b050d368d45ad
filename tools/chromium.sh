#!/bin/sh
# Install Debian's Chromium for the browser tests when it is missing and this user may.
# Never fails: without it the browser tests are skipped, and the summary says so.
set -u
command -v chromium >/dev/null && exit 0
command -v apt-get >/dev/null || { echo "No Chromium and no apt-get: the browser tests will be skipped." >&2; exit 0; }
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    echo "No Chromium, and this user may not install it (apt-get install chromium): the browser tests will be skipped." >&2
    exit 0
fi
echo "Installing Debian's Chromium for the browser tests"
export DEBIAN_FRONTEND=noninteractive
{ $as_root apt-get update -q && $as_root apt-get install -qy --no-install-recommends chromium; } >/dev/null </dev/null ||
    echo "Chromium could not be installed: the browser tests will be skipped." >&2
