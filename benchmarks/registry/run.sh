#!/usr/bin/env bash
# Compares `oci registry` with docker-registry: one client sends a blob and gets it again, on loopback, by turns, each time to a new
# process with an empty store. Prints the medians of the times and of the servers' peak memory (VmHWM).
#
#   benchmarks/registry/run.sh [RUNS [MIB]]        5 runs of 1024 MiB
#
# OCI=FILE names the program to measure; without it the program is published as native code, which needs a C toolchain.
# DIR=FOLDER is where blobs go (default: a new folder in /tmp); the disk behind it is a part of what is measured.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
runs=${1:-5} mib=${2:-1024}
for program in docker-registry curl openssl sha256sum; do
  command -v "$program" > /dev/null || { echo "$program is not installed (eng/install-peers.sh)" >&2; exit 1; }
done

work=$(mktemp -d "${DIR:-/tmp}/registry-bench.XXXXXX") server=
cleanup() {
  [[ -z $server ]] || kill "$server" 2> /dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

if [[ -z ${OCI:-} ]]; then
  dotnet publish samples/Oci --configuration Release --runtime "linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" \
    --property:PublishAot=true --output "$work/oci" --nologo --verbosity quiet >&2
  OCI=$work/oci/oci
fi

blob=$work/blob
openssl enc -aes-128-ctr -pass pass:registry -nosalt -md sha256 -in /dev/zero 2> /dev/null | head -c "${mib}M" > "$blob" || true
[[ $(stat -c %s "$blob") == $((mib << 20)) ]]
digest=sha256:$(sha256sum "$blob" | cut -d' ' -f1)

start() { # NAME: sets server and url
  local port
  port=$(shuf -i 20000-29999 -n 1)
  rm -rf "$work/root" && mkdir "$work/root"
  url=http://127.0.0.1:$port
  case $1 in
    docker-registry)
      printf 'version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%s"}\n' \
        "$work/root" "$port" > "$work/config.yml"
      OTEL_TRACES_EXPORTER=none docker-registry serve "$work/config.yml" > "$work/log" 2>&1 & ;;
    oci)
      "$OCI" --root "$work/root" registry --listen "127.0.0.1:$port" > "$work/log" 2>&1 & ;;
  esac
  server=$!
  curl --silent --fail --output /dev/null --retry 50 --retry-delay 0 --retry-max-time 20 --retry-connrefused "$url/v2/" ||
    { cat "$work/log" >&2; exit 1; }
}

stop() {
  kill "$server"
  wait "$server" 2> /dev/null || true
  server=
}

peak() { awk '/^VmHWM:/ { printf "%.1f", $2 / 1024 }' "/proc/$server/status"; }

measure() { # NAME: appends "idle put put-peak get get-peak" to the name's file
  local idle put put_peak get location
  start "$1"
  idle=$(peak)
  location=$(curl --silent --fail --request POST --dump-header - --output /dev/null "$url/v2/bench/blobs/uploads/" |
    tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
  [[ $location == http* ]] || location=$url$location
  case $location in *\?*) location+="&digest=$digest" ;; *) location+="?digest=$digest" ;; esac
  put=$(curl --silent --fail --header 'Content-Type: application/octet-stream' --header 'Expect:' --upload-file "$blob" \
    --output /dev/null --write-out '%{time_total}' "$location")
  put_peak=$(peak)
  get=$(curl --silent --fail --output /dev/null --write-out '%{time_total}' "$url/v2/bench/blobs/$digest")
  echo "$idle $put $put_peak $get $(peak)" | tee -a "$work/$1.txt" | sed "s/^/  $1 /" >&2
  stop
}

median() { sort -g | awk '{ v[NR] = $1 } END { print (NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2) }'; }

for ((run = 1; run <= runs; run++)); do
  echo "run $run of $runs (idle MiB, PUT s, peak MiB, GET s, peak MiB)" >&2
  # By turns, and each first as often as the other: what else the machine does meets both.
  if ((run % 2)); then measure docker-registry; measure oci; else measure oci; measure docker-registry; fi
done

printf '%-16s %10s %10s %10s %10s %10s\n' "medians of $runs" 'idle MiB' 'PUT s' 'peak MiB' 'GET s' 'peak MiB'
for name in docker-registry oci; do
  printf '%-16s' "$name"
  for column in 1 2 3 4 5; do printf ' %10.2f' "$(cut -d' ' -f"$column" "$work/$name.txt" | median)"; done
  echo
done
