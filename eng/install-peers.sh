#!/usr/bin/env bash
# Installs the programs that tests compare with and talk to, from Debian's or Ubuntu's archive. Starts none of them.
# Does nothing without root or apt: the tests then skip what is missing.
set -euo pipefail
packages=(
  docker-registry nginx-light apache2-utils          # registries and faults
  skopeo umoci buildah podman runc busybox-static    # other implementations
  docker.io containerd                               # daemons, which tests start on roots of their own
  golang-docker-credential-helpers pass gnupg2       # a keeper of secrets
  attr iproute2 libcap2-bin openssl strace tar util-linux xz-utils zstd   # tools of the tests
)
# What some releases have as packages of their own, and others as a part of another package or not at all.
optional=(docker-cli oras)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
((${#missing[@]} > 0)) || ! command -v docker > /dev/null || exit 0
if ((EUID != 0)) || ! command -v apt-get > /dev/null; then
  echo "not installed, and cannot be without root and apt: ${missing[*]}" >&2
  exit 0
fi
# Package scripts are kept from starting daemons.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
for package in "${optional[@]}"; do
  # The candidate is "(none)" where the archive only knows the name.
  LC_ALL=C apt-cache policy "$package" 2> /dev/null | grep 'Candidate: [0-9]' > /dev/null && missing+=("$package")
done
apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
echo "installed: ${missing[*]}" >&2
