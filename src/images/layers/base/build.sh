#!/bin/bash
# Makes the base layer: build.sh TARGET PACKAGES APT_OPTIONS SOURCE ...
# TARGET is a directory to make; PACKAGES are names with commas between; APT_OPTIONS is a file, a SOURCE a line for apt.
# Runs in a mount namespace of its own: whatever is mounted here is gone when this program ends.
set -euo pipefail
umask 022
target=$1 packages=$2 apt_options=$3
shift 3
here=$(dirname "$(readlink -f "$0")")

# dpkg writes and forks much: in memory it takes half the time, where there is memory.
work=$target
available_kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
if [ "$available_kib" -gt $((4 * 1024 * 1024)) ]; then
  mkdir -p "$target.memory"
  mount -t tmpfs -o size=3g,mode=755 snowglobe-image "$target.memory"
  work=$target.memory/root
fi

options=()
while IFS= read -r option; do options+=("--aptopt=$option"); done < "$apt_options"

# dpkg learns what to leave out from a file: the option of mmdebstrap for it filters each archive in Python.
mmdebstrap --mode=root --variant=apt --format=directory --include="$packages" \
  --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' "${options[@]}" \
  --essential-hook="cp '$here/dpkg-excludes' \"\$1/etc/dpkg/dpkg.cfg.d/snowglobe\"" \
  --customize-hook="'$here/clean.sh' \"\$1\"" \
  bookworm "$work" "$@"

if [ "$work" != "$target" ]; then
  echo 'I: copying to disk'
  cp -a "$work" "$target"
  umount "$target.memory"
  rmdir "$target.memory"
fi
