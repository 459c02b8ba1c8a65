#!/bin/sh
# servers.sh BIN: sees that the tests have an Elasticsearch and an Exim; where none can be had they say so and skip.
set -u
bin=$1

if ! { command -v exim4 || [ -x /usr/sbin/exim4 ]; } >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing Exim for the tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        exim4-daemon-light >/dev/null || echo "the tests that need an Exim will skip" >&2
fi
[ -n "${RASID_TEST_ELASTICSEARCH:-}" ] && exit 0
if ! { command -v mvn && command -v java; } >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "installing Maven and a Java for the tests"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq maven openjdk-17-jre-headless >/dev/null
fi
"$bin/python" tests/servers/elasticsearch.py --fetch || echo "the tests that need an Elasticsearch will skip" >&2
exit 0
