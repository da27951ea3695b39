#!/bin/sh
# Makes a root folder the root of this mount namespace, as that of a machine that has started from it, and runs a command in
# it. Called by `unshare --mount --pid --fork`: what is mounted here is gone with the last process of the namespace.
#
#   enter-root.sh pivot|chroot ROOT COMMAND ARGUMENT…
#
# `chroot` leaves the old root where it is: the kernel forbids user namespaces to a process in a plain chroot.
set -eu
how=$1
root=$2
shift 2
# pivot_root wants a mount point of its own; a plain chroot has none.
[ "$how" = chroot ] || mount --bind "$root" "$root"
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
mkdir -m 1777 "$root/run/lock"
cd "$root"
[ "$how" = pivot ] || exec chroot . "$@"
mkdir -p .old
pivot_root . .old
exec chroot . /bin/sh -c 'umount -l /.old && rmdir /.old && exec "$@"' sh "$@"
