#!/bin/sh
# Builds a wheel once, installs it into three empty environments (bare, [parity], [torch]) and
# runs there, outside the source tree, what each of them can do.
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
wheel=$(echo "$room"/wheel/*.whl)
cd "$room"

# environment NAME [EXTRA]: an empty environment with the wheel in it; its programs are in $bin.
environment() {
    echo "--- wheel${2:-}"
    "$python" -m venv "$room/$1"
    bin=$room/$1/bin
    # shellcheck disable=SC2086
    "$bin/python" -m pip install --quiet --disable-pip-version-check --no-compile $options \
        -c "$root/constraints.txt" "$wheel${2:-}"
    "$bin/python" -c 'import refimpl, parity; assert "site-packages" in parity.__file__'
}

# same WHAT EXPECTED FOUND
same() {
    if [ "$2" != "$3" ]; then
        printf '%s: expected\n%s\nbut found\n%s\n' "$1" "$2" "$3" >&2
        exit 1
    fi
    printf '%s\n' "$3"
}

# refuses SENTENCE ARGUMENTS…: `parity ARGUMENTS` says this and nothing else, exit code 2.
refuses() {
    sentence=$1
    shift
    code=0
    said=$("$bin/parity" "$@" 2>&1) || code=$?
    same "parity $*" "$sentence
exit code 2" "$said
exit code $code"
}

environment bare
same "packages" "cnn-parity numpy" "$("$bin/python" -m pip list --format=freeze \
    --disable-pip-version-check --exclude pip --exclude setuptools | cut -d= -f1 | xargs)"
"$bin/python" -c '
import numpy as np, refimpl
x, weight, dy = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2)), np.eye(2)[None, None]
found = refimpl.conv2d_backward(dy, x, weight).dweight[0, 0].tolist()
assert found == [[4, 6], [10, 12]], found
print("conv2d_backward:", found)'
needs_typer="parity: the command line needs typer, which is not installed: pip install 'cnn-parity[parity]'"
refuses "$needs_typer" run
refuses "$needs_typer" --help

environment parity '[parity]'
"$bin/parity" explain D1.23 --lang zh > explained.txt
grep -F 'D1.23' explained.txt
refuses "parity page needs jinja2, which is not installed: pip install 'cnn-parity[page]'" page
needs_torch="needs torch, which is not installed: pip install 'cnn-parity[torch]'"
"$bin/parity" --version
"$bin/parity" --help > help.txt
grep -F 'Compare refimpl' help.txt
"$bin/parity" list > list.txt
grep -F 'conv2d: ' list.txt
"$bin/parity" audit --no-torch --out "$room/partial" > audit.txt
tail -n 2 audit.txt
test -s "$room/partial/audit.csv"
refuses "parity run $needs_torch" run
refuses "parity mistakes $needs_torch" mistakes
refuses "parity audit $needs_torch, or leave it out with --no-torch" audit

environment torch '[torch]'
"$bin/python" -c 'from parity.cases.digits import digits; assert digits()[0].shape == (400, 1, 32, 32); from parity.cases.photograph import photograph; assert photograph().shape == (227, 227, 3)'
"$bin/parity" run relu small_relu --out "$room/reports"
"$bin/parity" page "$room/reports"
grep -q '<math' "$room/reports/index.html"
"$bin/parity" audit --document D3 --out "$room/reports"
test -s "$room/reports/summary.csv"
test -s "$room/reports/audit.csv"
echo "wheel: installs and runs"
