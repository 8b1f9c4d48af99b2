#!/bin/bash
# Puts into an image what comes from this host: build.sh ROOT AUTHORITY NODE
# AUTHORITY is the certificate that machines trust; NODE a Node.js binary, so that `nodejs24` needs no network.
set -euo pipefail
root=$1 authority=$2 node=$3

mkdir -p "$root/usr/local/share/ca-certificates"
install -m 644 "$authority" "$root/usr/local/share/ca-certificates/snowglobe.crt"
chroot "$root" update-ca-certificates > /dev/null 2>&1

install -m 755 "$node" "$root/usr/bin/node"
ln -sfn node "$root/usr/bin/node-24"
ln -sfn node "$root/usr/bin/nodejs"
chroot "$root" /usr/bin/node --version > /dev/null
