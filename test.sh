#!/usr/bin/env bash
# Installs the real programs that the tests talk to (root and apt only), builds everything, runs every test project and the
# samples' smoke runs, and ends with the line "N passed, N failed, N skipped" summed from the projects' own results.
#
#   ./test.sh                 everything
#   ./test.sh Layers Model    only the test projects whose names contain one of the words
#
# Without a peer its tests are skipped with the reason; with CI=true a missing peer is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
configuration=${CONFIGURATION:-Release}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

eng/install-peers.sh

if ! dotnet build OciImages.sln --configuration "$configuration" --nologo --verbosity quiet; then
  echo "the build failed"
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

wanted() {
  (($# == 1)) && return 0
  local name=$1 word; shift
  for word in "$@"; do [[ $name == *"$word"* ]] && return 0; done
  return 1
}

passed=0 failed=0 skipped=0
log=$(mktemp); trap 'rm -f "$log"' EXIT
for project in tests/*Tests/; do
  name=$(basename "$project")
  wanted "$name" "$@" || continue
  echo "== $name"
  status=0
  "tests/$name/bin/$configuration/net10.0/$name" --no-progress --no-ansi > "$log" 2>&1 < /dev/null || status=$?
  counts=$(awk '$1 == "succeeded:" { p = $2 } $1 == "failed:" { f = $2 } $1 == "skipped:" { s = $2 } END { if (p != "") print p, f, s }' "$log")
  read -r p f s <<< "${counts:-0 0 0}"
  # A project that died, or ran no test, has failed whatever it counted.
  ((status == 0 || f > 0)) || f=1
  grep -E '^(skipped|failed) ' -A 6 "$log" || true
  ((f == 0)) || cat "$log"
  echo "   $p passed, $f failed, $s skipped"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done

echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0 && passed > 0))
