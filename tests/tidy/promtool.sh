#!/bin/sh
# Checks and tests compose/prometheus/alerts.yaml with promtool. It comes with Debian's prometheus,
# whose server nobody needs here: where that is not installed, it is unpacked below build/.
# usage: promtool.sh SOURCE BUILD; exit code 77 = there is none and it cannot be fetched
source=$1
build=$2
promtool=$(command -v promtool || echo "$build/promtool/usr/bin/promtool")
if ! [ -x "$promtool" ]; then
  mkdir -p "$build/promtool"
  (cd "$build/promtool" && apt-get download -qq prometheus && dpkg -x prometheus_*.deb . && rm -f prometheus_*.deb) || {
    echo "promtool: no package prometheus is installed or can be downloaded"
    exit 77
  }
fi
"$promtool" check rules "$source/compose/prometheus/alerts.yaml" &&
  "$promtool" test rules "$source/compose/prometheus/alerts_test.yaml"
