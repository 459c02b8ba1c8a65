#!/bin/sh
# lock.sh UV [--upgrade]: pins every dependency with its hashes, in requirements.lock to run and requirements-test.lock
# for the tests too; what is pinned already stays, unless --upgrade asks for the newest.
set -eu
uv=$1
shift
upgrade=$*
without=$(mktemp)
trap 'rm -f "$without"' EXIT
# torch is wanted by nothing that Rasid runs, see the Makefile
echo 'torch ; python_version < "3"' >"$without"
compile() {
    "$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --override "$without" \
        --generate-hashes --no-emit-index-url --no-header $upgrade "$@"
}
compile --extra build --output-file requirements.lock
compile --extra build --extra test --constraint requirements.lock --output-file requirements-test.lock
