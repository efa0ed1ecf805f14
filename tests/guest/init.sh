#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# /init of the guest: the host's files, read only, with memory over them.
set -e
busybox=/bin/busybox

for module in /modules/*.ko; do
	$busybox insmod "$module"
done
$busybox mkdir -p /proc /host /memory /tree
$busybox mount -t proc proc /proc
value() {
	$busybox tr ' ' '\n' </proc/cmdline | $busybox sed -n "s/^guest\.$1=//p"
}
options=trans=virtio,version=9p2000.L,msize=262144
$busybox mount -t 9p -o "$options,ro,cache=loose" host /host
$busybox mount -t tmpfs -o size=70% memory /memory
$busybox mkdir /memory/upper /memory/work
$busybox mount -t overlay -o \
	lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work root /tree
$busybox mkdir -p /tree/guest /tree/lib/modules
$busybox mount -t 9p -o "$options" results /tree/guest
for folder in proc sys dev run; do
	$busybox mkdir -p /tree/$folder
done
$busybox mount -t sysfs sys /tree/sys
$busybox mount -t devtmpfs dev /tree/dev
$busybox mount -t tmpfs run /tree/run
$busybox mkdir -p /tree/dev/shm /tree/dev/pts
$busybox mount -t tmpfs shm /tree/dev/shm
$busybox mount -t devpts pts /tree/dev/pts
$busybox mount -o bind "/tree$(value modules)" /tree/lib/modules
$busybox ifconfig lo 127.0.0.1 up
inside=$(value inside)
$busybox mount -o move /proc /tree/proc
exec $busybox switch_root /tree /bin/sh "$inside"
