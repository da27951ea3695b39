#!/bin/sh
# First process of a user-mode Linux whose root is the machine's own file system: cgroup version 2 alone, then one program,
# as root or as an ordinary user to whom a group is delegated.
# Arguments: a folder that is covered by memory, where the result goes, the id of the user, the program and its arguments.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 none /sys/fs/cgroup
echo '+memory +pids +cpu' > /sys/fs/cgroup/cgroup.subtree_control
mount -t tmpfs own "$1"
state=$1 result=$2 user=$3
shift 3
cd /
if [ "$user" = 0 ]; then
  "$@" > "$result" 2> "$result.errors"
else
  # What `Delegate=yes` gives: a folder and the files by which processes and controllers are moved. The program is in a group below.
  delegated=/sys/fs/cgroup/delegated
  mkdir -p "$delegated/host"
  chown "$user:$user" "$state" "$delegated" "$delegated/cgroup.procs" "$delegated/cgroup.subtree_control" "$delegated/cgroup.threads"
  chown -R "$user:$user" "$delegated/host"
  echo $$ > "$delegated/host/cgroup.procs"
  setpriv --reuid "$user" --regid "$user" --clear-groups "$@" > "$result" 2> "$result.errors"
fi
# The whole kernel ends with its first process, in an orderly way only by this: a bare system has no `halt`.
echo o > /proc/sysrq-trigger
sleep 60
