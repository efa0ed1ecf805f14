#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# gadget.sh - make a handset's USB gadget of configfs, for imeilock-agent-linux:
# interface 0 is the agent's, and behind it stands a serial port a modem slot.
#
#   gadget.sh up [NAME=VALUE...]  make it, and mount FunctionFS for the agent
#   gadget.sh bind [UDC]          plug it in, once the agent has written its
#                                 descriptors; UDC: the only one there is
#   gadget.sh down                unplug it and take it apart; the agent has
#                                 ended
#
# NAMEs of up: vendor and product (0x1234, the maker's own), serial,
# manufacturer, name (texts), slots (1 to 4; default 1).
#
# The agent then finds FunctionFS at /dev/usb-ffs/imeilock, and AT ports at
# /dev/ttyGS0 and so on: the kernel counts them over all gadgets.
# IMEILOCK_GADGET and IMEILOCK_FFS are other places for gadget and mount.
set -eu

gadget=${IMEILOCK_GADGET:-/sys/kernel/config/usb_gadget/imeilock}
mount=${IMEILOCK_FFS:-/dev/usb-ffs/imeilock}
PATIENCE_S=10

fail() {
	echo "gadget.sh: $*" >&2
	exit 1
}

# An image may have these built in, and no modprobe.
load() {
	for module in configfs libcomposite usb_f_fs usb_f_acm; do
		modprobe -q "$module" 2>/dev/null || true
	done
	[ -d /sys/kernel/config/usb_gadget ] ||
		mount -t configfs none /sys/kernel/config
}

up() {
	vendor='' product='' serial='' manufacturer='' name='' slots=1
	for word in "$@"; do
		value=${word#*=}
		case $word in
		vendor=*) vendor=$value ;;
		product=*) product=$value ;;
		serial=*) serial=$value ;;
		manufacturer=*) manufacturer=$value ;;
		name=*) name=$value ;;
		slots=[1-4]) slots=$value ;;
		*) fail "$word is not known" ;;
		esac
	done
	[ -n "$vendor" ] && [ -n "$product" ] || fail "vendor or product is missing"
	load
	mkdir "$gadget"
	cd "$gadget"
	echo "$vendor" >idVendor
	echo "$product" >idProduct
	# a device of several functions, told by interface associations
	echo 0xef >bDeviceClass
	echo 0x02 >bDeviceSubClass
	echo 0x01 >bDeviceProtocol
	mkdir strings/0x409
	echo "$serial" >strings/0x409/serialnumber
	echo "$manufacturer" >strings/0x409/manufacturer
	echo "$name" >strings/0x409/product
	# by these Windows asks for the OS descriptors
	echo 1 >os_desc/use
	echo 0x4d >os_desc/b_vendor_code
	echo MSFT100 >os_desc/qw_sign
	mkdir configs/c.1 functions/ffs.imeilock
	# in this order they become interfaces
	ln -s functions/ffs.imeilock configs/c.1/
	slot=0
	while [ "$slot" -lt "$slots" ]; do
		mkdir "functions/acm.at$slot"
		ln -s "functions/acm.at$slot" configs/c.1/
		slot=$((slot + 1))
	done
	ln -s configs/c.1 os_desc/
	mkdir -p "$mount"
	mount -t functionfs imeilock "$mount"
}

only_udc() {
	set -- /sys/class/udc/*
	[ $# -eq 1 ] && [ -e "$1" ] || fail "name one UDC of: $*"
	basename "$1"
}

bind() {
	udc=${1:-$(only_udc)}
	tries=0
	# endpoints are there once the descriptors are
	until [ -e "$mount/ep1" ]; do
		[ "$tries" -lt $((PATIENCE_S * 10)) ] || fail "no agent"
		tries=$((tries + 1))
		sleep 0.1
	done
	echo "$udc" >"$gadget/UDC"
}

down() {
	[ -d "$gadget" ] || return 0
	cd "$gadget"
	[ -z "$(cat UDC)" ] || echo >UDC
	umount "$mount"
	rm -f os_desc/c.1 configs/c.1/ffs.* configs/c.1/acm.*
	rmdir functions/* configs/c.1 strings/0x409
	cd /
	rmdir "$gadget"
}

case ${1:-} in
up | down | bind)
	"$@"
	;;
*)
	sed -n '/^# gadget.sh/,/^set/s/^# \{0,1\}//p' "$0"
	exit 2
	;;
esac
