#!/bin/sh
# Becomes a program inside a cgroup and a network namespace: enter.sh CGROUP NAMESPACE PROGRAM [ARG ...]
# The cgroup comes first, so that whatever the program forks is found and killed with it. NAMESPACE `-` means the host's.
set -e
echo $$ > "$1/cgroup.procs"
namespace=$2
shift 2
[ "$namespace" = - ] && exec "$@"
exec nsenter --net="$namespace" -- "$@"
