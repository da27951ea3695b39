#!/bin/sh
# First process of a user-mode Linux whose root is the machine's own file system: cgroup version 2 alone, then one program.
# Arguments: a folder that is covered by memory, where the result goes, the program and its arguments.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 none /sys/fs/cgroup
echo '+memory +pids +cpu' > /sys/fs/cgroup/cgroup.subtree_control
mount -t tmpfs own "$1"
result=$2
shift 2
cd /
"$@" > "$result" 2> "$result.errors"
# The whole kernel ends with its first process, in an orderly way only by this.
exec /sbin/halt -f
