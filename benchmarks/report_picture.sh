#!/usr/bin/env bash
# Take the picture of the README from the committed sample: benchmarks/report_picture.sh [CHROMIUM]
# Needs Chromium (Debian: apt-get install chromium). No network: the report is one file.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
"${1:-chromium}" --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run \
    --hide-scrollbars --user-data-dir="$profile" --window-size=1280,1720 \
    --screenshot="$PWD/docs/report.png" "file://$PWD/reports/sample/report.html" 2>/dev/null
ls -l docs/report.png
