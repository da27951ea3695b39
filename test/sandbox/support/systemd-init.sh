#!/bin/sh
# First process of a user-mode Linux whose root is the machine's own file system: puts together a root in memory from an image
# with systemd and folders of the machine, and goes on as systemd in it. Neither the image nor the machine is written to, but
# for the folder of the results.
# Arguments: a folder that is covered by memory, the image, the folder of the results, folders of the machine with `:` between
# them, the unit that is started, the program that it starts and its arguments.
set -e
stage=$1 image=$2 results=$3 folders=$4 unit=$5
shift 5
mount -t proc proc /proc
mount -t tmpfs -o mode=755 stage "$stage"
for entry in "$image"/*; do
  name=${entry##*/}
  case $name in
    proc | sys | dev | run | tmp | mnt | root) mkdir "$stage/$name" ;;
    etc | var | home) cp -a "$entry" "$stage/$name" ;;
    *)
      if [ -L "$entry" ]; then cp -a "$entry" "$stage/$name"; else mkdir "$stage/$name" && mount --bind "$entry" "$stage/$name"; fi
      ;;
  esac
done
for folder in $(echo "$folders" | tr : ' '); do
  mkdir -p "$stage$folder"
  mount --bind "$folder" "$stage$folder"
done
mount --bind "$results" "$stage/mnt"
mount -t proc proc "$stage/proc"
cp "$unit" "$stage/etc/systemd/system/guest.service"
mkdir "$stage/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultTimeoutStartSec=15min\n' > "$stage/etc/systemd/system.conf.d/patient.conf"
echo "exec $*" > "$stage/guest.sh"
mkdir "$stage/before"
cd "$stage"
pivot_root . before
umount -l /before
exec chroot . /lib/systemd/systemd --unit=guest.service systemd.unified_cgroup_hierarchy=1
