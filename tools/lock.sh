#!/bin/sh
# lock.sh UV: pins every dependency with its hashes: requirements.lock to run, requirements-test.lock for the tests too.
set -eu
uv=$1
without=$(mktemp)
trap 'rm -f "$without"' EXIT
# torch is wanted by nothing that Rasid runs, see the Makefile
echo 'torch ; python_version < "3"' >"$without"
compile() {
    "$uv" pip compile pyproject.toml --quiet --upgrade --universal --python-version 3.11 --override "$without" \
        --generate-hashes --no-emit-index-url --no-header "$@"
}
compile --extra build --output-file requirements.lock
compile --extra build --extra test --constraint requirements.lock --output-file requirements-test.lock
