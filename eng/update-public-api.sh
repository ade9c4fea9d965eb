#!/usr/bin/env bash
# Writes the public surface of every library into its PublicAPI.Unshipped.txt: what the analyzer misses is added, what is gone is removed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
for project in src/*/; do
  for file in Shipped Unshipped; do
    [[ -e $project/PublicAPI.$file.txt ]] || echo '#nullable enable' > "$project/PublicAPI.$file.txt"
  done
done
for project in src/*/*.csproj; do
  unshipped=$(dirname "$project")/PublicAPI.Unshipped.txt
  echo '#nullable enable' > "$unshipped"
  # Each missing line is a diagnostic whose message names it: "Symbol 'LINE' is not part of the declared public API".
  dotnet build "$project" --nologo -p:TreatWarningsAsErrors=false -p:WarningsNotAsErrors=RS0016 -warnAsMessage:RS0017 --no-incremental 2> /dev/null \
    | sed -n "s/.*RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" | LC_ALL=C sort -u >> "$unshipped" || true
done
