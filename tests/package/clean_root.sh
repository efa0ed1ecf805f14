#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# clean_root.sh SOURCE - install, try and purge the packages in a clean Debian
# like this one, in namespaces of its own.  As root.
set -euo pipefail

source=${1:?usage: clean_root.sh SOURCE}
here=$source/build/package-root
root=$here/root
mkdir -p "$here/archives/partial"

# "deb URI SUITE main" of the Debian archives that this system's apt knows
archives() {
	apt-get indextargets \
		--format 'deb $(REPO_URI) $(RELEASE) main' \
		'Created-By: Packages' 'Origin: Debian' 'Component: main' |
		sort -u
}

make_base() {
	local suite mirror
	suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
	mirror=$(archives | awk -v suite="$suite" '$3 == suite { print $2; exit }')
	if [ -z "$mirror" ]; then
		echo "clean_root: apt knows no Debian archive of $suite;" \
			"run 'apt-get update' first" >&2
		return 1
	fi
	rm -rf "$root"
	debootstrap --variant=minbase "$suite" "$root" "$mirror" \
		>"$here/debootstrap.log" 2>&1 || {
		tail -n 20 "$here/debootstrap.log" >&2
		return 1
	}
	archives >"$root/etc/apt/sources.list"
	chroot "$root" apt-get -qq update
	tar -C "$root" -cf "$here/base.tar.new" .
	mv "$here/base.tar.new" "$here/base.tar"
}

[ -e "$here/base.tar" ] || make_base
rm -rf "$root"
mkdir -p "$root"
tar -C "$root" -xf "$here/base.tar"
mkdir -p "$root/mnt/source" "$root/mnt/packages"

# everything that is mounted or started in there ends with it
unshare --mount --pid --fork --kill-child bash -euc '
	root=$1 source=$2
	mount --make-rprivate /
	mount -t proc proc "$root/proc"
	mount -t tmpfs tmpfs "$root/run"
	mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
	mount --bind "$source" "$root/mnt/source"
	mount -o remount,bind,ro "$root/mnt/source"
	mount --bind "$source/build/packages" "$root/mnt/packages"
	mount --bind "$source/build/package-root/archives" \
		"$root/var/cache/apt/archives"
	chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
		/mnt/source/tests/package/inside.sh
' bash "$root" "$source"
rm -rf "$root"
