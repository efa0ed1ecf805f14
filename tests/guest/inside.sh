#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The guest's first process once it has the host's files: udev, then what
# /guest/command says, whose output and exit status are left in /guest.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
hostname guest 2>/dev/null
udevd=/lib/systemd/systemd-udevd
[ -x $udevd ] || udevd=/usr/lib/systemd/systemd-udevd
$udevd --daemon && udevadm settle --timeout=30
/bin/sh /guest/command >/guest/output 2>&1 </dev/null
echo $? >/guest/exit.new
mv /guest/exit.new /guest/exit
echo b >/proc/sysrq-trigger
while :; do sleep 1; done
