#!/bin/sh
# Becomes a program inside a cgroup and namespaces: enter.sh CGROUP NETWORK HOSTNAME PROGRAM [ARG ...]
# The cgroup comes first, so that whatever the program forks is found and killed with it. NETWORK is the path of a
# network namespace, `-` the host's. HOSTNAME is what the program believes its host is called, `-` the host's own name.
set -e
echo $$ > "$1/cgroup.procs"
network=$2
hostname=$3
shift 3
[ "$hostname" = - ] || set -- unshare --uts -- sh -c 'hostname "$0" && exec "$@"' "$hostname" "$@"
[ "$network" = - ] || set -- nsenter --net="$network" -- "$@"
exec "$@"
