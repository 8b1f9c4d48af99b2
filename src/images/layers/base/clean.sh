#!/bin/sh
# Takes out of the finished base layer what belongs to the host that built it, and what nobody reads: clean.sh ROOT
set -e
root=$1
rm -rf "$root"/usr/share/man/* "$root"/usr/share/locale/*
find "$root/usr/share/doc" -type f ! -name copyright -delete
# The host's name would win over the machine's own; an empty machine-id is filled at the first boot.
rm -f "$root/etc/hostname" "$root/etc/resolv.conf"
: > "$root/etc/machine-id"
# Each machine makes its own host keys.
rm -f "$root"/etc/ssh/ssh_host_*
# A proxy of the host is its own affair; the other settings hold for the machines too.
sed -i /Proxy/d "$root/etc/apt/apt.conf.d/99mmdebstrap"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/log/*.log "$root"/var/log/apt
