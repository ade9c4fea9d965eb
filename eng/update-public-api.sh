#!/usr/bin/env bash
# Writes the public surface of every library into its PublicAPI.Unshipped.txt, without what PublicAPI.Shipped.txt has already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Lowest first: a project builds only when those below it have their files.
projects=(Model Registry Content Layers References Transfers)
projects=("${projects[@]/#/OciImages.}" OciImages)
for directory in src/*/; do
  name=$(basename "$directory")
  [[ " ${projects[*]} " == *" $name "* ]] || projects+=("$name")
done
for name in "${projects[@]}"; do
  directory=src/$name
  [[ -e $directory/PublicAPI.Shipped.txt ]] || echo '#nullable enable' > "$directory/PublicAPI.Shipped.txt"
  echo '#nullable enable' > "$directory/PublicAPI.Unshipped.txt"
  # Each missing line is an error whose message names it.
  dotnet build "$directory" --nologo --verbosity quiet 2>&1 \
    | sed -n "s/.*RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" \
    | LC_ALL=C sort -u >> "$directory/PublicAPI.Unshipped.txt" || true
  echo "$name: $(($(wc -l < "$directory/PublicAPI.Unshipped.txt") - 1)) lines"
done
