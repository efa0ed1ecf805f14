#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# run.sh ELF FOLDER [QEMU-ARGUMENT...] - power up the unit that lives in FOLDER.
#
# A new FOLDER becomes a new unit: otp.bin (fuses, with a chip id of its own)
# and store.bin (flash, erased).  Returns once the unit's links are there:
# agent.sock and at1.sock, for a tool to connect to.  What arrives before the
# program listens is lost, as on any UART: a tool repeats its hello.  The links
# outlive a warm reset.  qemu.pid names the
# process; end it to cut the power.  qemu.log has what the emulator thinks of
# the program's accesses.
set -eu

elf=$(realpath "${1:?usage: run.sh ELF FOLDER [QEMU-ARGUMENT...]}")
folder=${2:?usage: run.sh ELF FOLDER [QEMU-ARGUMENT...]}
shift 2

mkdir -p "$folder"
cd "$folder"
if [ ! -e otp.bin ]; then
	truncate -s 1024 otp.new
	head -c 12 /dev/urandom |
		dd of=otp.new bs=12 seek=1 conv=notrunc status=none
	mv otp.new otp.bin
fi
if [ ! -e store.bin ]; then
	head -c 1048576 /dev/zero | tr '\0' '\377' >store.new
	mv store.new store.bin
fi

# The chip has no random source: each power-up gets fresh bytes (random.c).
head -c 32 /dev/urandom >seed.bin
QEMU_AUDIO_DRV=none qemu-system-aarch64 -M xlnx-zcu102 -display none \
	-monitor none -daemonize -pidfile qemu.pid -d guest_errors -D qemu.log \
	-kernel "$elf" \
	-device loader,file=seed.bin,addr=0x500000,force-raw=on \
	-drive if=pflash,index=3,format=raw,file=otp.bin \
	-drive if=mtd,index=0,format=raw,file=store.bin \
	-chardev socket,id=agent,path=agent.sock,server=on,wait=off \
	-serial chardev:agent \
	-chardev socket,id=at1,path=at1.sock,server=on,wait=off \
	-serial chardev:at1 "$@"
rm -f seed.bin
