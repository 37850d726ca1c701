#!/bin/sh
# Builds a wheel, installs it into an empty environment and runs it outside the source tree.
# usage: tests/wheel.sh PYTHON [PIP OPTIONS]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
python=$1
options=${2:-}
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

# From a copy, because a build leaves its files in the source tree.
mkdir "$room/source"
cp -r "$root/pyproject.toml" "$root/README.md" "$root/LICENSE" "$root/refimpl" "$root/parity" \
    "$room/source"

# shellcheck disable=SC2086 # options are several words
"$python" -m pip wheel --quiet --no-deps --wheel-dir "$room/wheel" $options "$room/source"
"$python" -m venv "$room/venv"
# shellcheck disable=SC2086
"$room/venv/bin/python" -m pip install --quiet --disable-pip-version-check $options \
    -c "$root/constraints.txt" "$room"/wheel/*.whl
cd "$room"
"$room/venv/bin/python" -c 'import refimpl, parity; from parity.cases.digits import digits; assert digits()[0].shape == (400, 1, 32, 32); from parity.cases.photograph import photograph; assert photograph().shape == (227, 227, 3); assert "site-packages" in parity.__file__'
"$room/venv/bin/parity" run relu small_relu --out "$room/reports"
"$room/venv/bin/parity" audit --document D3 --out "$room/reports"
test -s "$room/reports/summary.csv"
test -s "$room/reports/audit.csv"
echo "wheel: installs and runs"
