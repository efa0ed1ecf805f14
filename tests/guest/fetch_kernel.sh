#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fetch_kernel.sh FOLDER - put a Linux to boot in FOLDER/kernel, and an
# initramfs beside it.
#
# Takes Debian's kernel package, through apt and from the archives that this
# system is set up for; apt checks signatures and hashes as for any package.
# Nothing is installed.  Does nothing if it is there already.
#   kernel/vmlinux      the kernel, unpacked: in an emulator it would take as
#                       long to unpack itself as it takes to boot
#   kernel/release      what `uname -r` says in it
#   kernel/lib/modules  its modules for USB, and for files of the host
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?usage: fetch_kernel.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
PATH=$PATH:/usr/sbin:/sbin

package=linux-image-amd64
# what the initramfs needs; the others are loaded from the host's files
first='virtio_pci 9pnet_virtio 9p overlay'

apt_() {
	apt-get -qq -o "APT::Sandbox::User=$(id -un)" "$@"
}

# The package with the kernel in it: the other one only depends on it.
real_name() {
	apt-cache "$@" show --no-all-versions $package |
		sed -n 's/^Depends: \(linux-image-[0-9][^ ,]*\).*/\1/p'
}

# With lists of its own if those of the system are missing or old.
download() {
	name=$(real_name)
	if [ -n "$name" ] && apt_ download "$name"; then
		return
	fi
	mkdir -p lists/partial cache/archives/partial
	set -- -o "Dir::State::lists=$PWD/lists" -o "Dir::Cache=$PWD/cache"
	apt_ "$@" update
	name=$(real_name "$@")
	if [ -z "$name" ]; then
		echo "fetch_kernel: apt knows no $package" >&2
		return 1
	fi
	apt_ "$@" download "$name"
}

unpack() {
	dpkg-deb --fsys-tarfile linux-image-*.deb | tar -x --wildcards \
		'./boot/vmlinuz-*' './lib/modules/*/modules.*' \
		'./lib/modules/*/kernel/drivers/usb' \
		'./lib/modules/*/kernel/drivers/virtio' \
		'./lib/modules/*/kernel/fs/configfs' \
		'./lib/modules/*/kernel/fs/9p' \
		'./lib/modules/*/kernel/fs/fscache' \
		'./lib/modules/*/kernel/fs/netfs' \
		'./lib/modules/*/kernel/fs/overlayfs' \
		'./lib/modules/*/kernel/net/9p'
	mkdir kernel
	"$here/unpack_kernel.py" boot/vmlinuz-* kernel/vmlinux
	mv lib kernel/
	ls kernel/lib/modules >kernel/release
	depmod -b kernel "$(cat kernel/release)"
}

# /init, busybox, and modules by their place in the order of loading.
make_initramfs() {
	mkdir initramfs initramfs/bin initramfs/modules
	cp "$here/init.sh" initramfs/init
	cp "$(command -v busybox)" initramfs/bin/busybox
	ln -s busybox initramfs/bin/sh
	number=100
	for module in $first; do
		modprobe -S "$(cat kernel/release)" -d "$PWD/kernel" \
			--show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
		while read -r path; do
			cp "$path" "initramfs/modules/$number.ko"
			number=$((number + 1))
		done
	(cd initramfs && find . | cpio --quiet -o -H newc -R 0:0) |
		gzip -1 >kernel/initramfs
}

# An initramfs with another init is made anew.
stamp=$(sha256sum "$0" "$here/init.sh" "$here/unpack_kernel.py" | sha256sum)
[ "$(cat "$folder/kernel/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

work=$folder/work
rm -rf "$work"
mkdir "$work"
cd "$work"
kept=$(find "$folder" -maxdepth 1 -name 'linux-image-*.deb')
if [ -n "$kept" ]; then
	cp "$kept" .
else
	download
	cp linux-image-*.deb "$folder/"
fi
unpack
make_initramfs
echo "$stamp" >kernel/stamp
rm -rf "$folder/kernel"
mv kernel "$folder/kernel"
cd "$folder"
rm -rf "$work"
