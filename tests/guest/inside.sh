#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The guest's first process once it has the host's files: udev, then what
# /guest/command says, whose output and exit status are left in /guest.
# With guest.systemd=1 the first process is systemd, which has udev and the
# rest of a machine's first units, and runs this script as a service.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

if [ $$ != 1 ]; then
	:
elif grep -q guest.systemd=1 /proc/cmdline; then
	hostname guest 2>/dev/null
	# what tells systemd of a container, if the host is one
	rm -f /.dockerenv /run/.containerenv
	mkdir -p /run/systemd/system
	# it would empty the host's /tmp, as far as the guest sees it
	ln -s /dev/null /run/systemd/system/systemd-tmpfiles-setup.service
	cat >/run/systemd/system/guest.service <<-END
		[Unit]
		After=systemd-udev-settle.service
		Requires=systemd-udev-settle.service
		[Service]
		Type=oneshot
		ExecStart=/bin/sh $0
	END
	exec /lib/systemd/systemd --unit=guest.service
else
	hostname guest 2>/dev/null
	udevd=/lib/systemd/systemd-udevd
	[ -x $udevd ] || udevd=/usr/lib/systemd/systemd-udevd
	$udevd --daemon && udevadm settle --timeout=30
fi

/bin/sh /guest/command >/guest/output 2>&1 </dev/null
echo $? >/guest/exit.new
mv /guest/exit.new /guest/exit
echo b >/proc/sysrq-trigger
while :; do sleep 1; done
