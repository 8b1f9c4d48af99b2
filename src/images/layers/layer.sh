#!/bin/bash
# Makes one layer on top of others: layer.sh UPPER LOWER[:LOWER ...] SCRIPT [ARG ...]
# UPPER is a directory to make; SCRIPT is called with the merged root first. Runs in a mount namespace of its own.
set -euo pipefail
umask 022
upper=$1 lower=$2 script=$3
shift 3
mkdir -p "$upper" "$upper.work" "$upper.root"
mount -t overlay snowglobe-image -o "lowerdir=$lower,upperdir=$upper,workdir=$upper.work" "$upper.root"
"$script" "$upper.root" "$@"
umount "$upper.root"
rmdir "$upper.root"
rm -r --one-file-system "$upper.work"
