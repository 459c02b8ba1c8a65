#!/bin/sh
# browser.sh BIN: sees that the tests have a Chromium; where none can be had they say so and skip.
set -u
bin=$1

[ -n "${RASID_TEST_CHROMIUM:-}" ] && exit 0
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
"$bin/python" - <<'PYTHON' && exit 0
import pathlib
import sys
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    sys.exit(not pathlib.Path(playwright.chromium.executable_path).exists())
PYTHON
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing Chromium for the tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "asking Playwright for a Chromium for the tests"
"$bin/playwright" install chromium >/dev/null 2>&1 && exit 0
echo "no Chromium can be had here: the tests that need one will skip and say so" >&2
exit 0
