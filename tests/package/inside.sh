#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# inside.sh - what clean_root.sh runs in the clean Debian: install, look, work by
# the guides, purge, and look what is left.
set -euo pipefail

packages=(imeilock imeilock-signer imeilock-handset)
lists=$(mktemp -d)

say() { printf -- '-- %s\n' "$*"; }

apt() {
	apt-get -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@" \
		>"$lists/apt.log" 2>&1 || {
		cat "$lists/apt.log" >&2
		return 1
	}
}

# Without what apt, dpkg and their triggers keep for themselves.
files() {
	find / -xdev \( -path /proc -o -path /run -o -path "$lists" -o \
		-path /mnt -o -path /var/lib/dpkg -o -path /var/lib/apt -o \
		-path /var/cache -o -path /var/log \) -prune -o -print | sort
}

install_packages() {
	local package file
	apt install /mnt/packages/*.deb
	for package in "${packages[@]}"; do
		dpkg -V "$package"
		for file in copyright changelog.Debian.gz; do
			[ -s "/usr/share/doc/$package/$file" ]
		done
	done
}

look_at_programs() {
	local program
	for program in imeilock imeilock-signer imeilock-handset \
		imeilock-handset-verify; do
		"$program" --version
		zcat /usr/share/man/man?/"$program".?.gz | grep -q "^\.SH NAME"
	done
	bash -n /usr/share/bash-completion/completions/imeilock
}

look_at_service() {
	getent passwd imeilock-signer
	getent group imeilock
	stat -c '%A %U %G %n' /etc/imeilock/signer /run/imeilock-signer
	[ "$(stat -c '%a %U' /etc/imeilock/signer)" = "700 root" ]
	# an instance's settings are the engineer's, so a template is verified
	systemd-analyze --man=no verify \
		/usr/lib/systemd/system/imeilock-signer@.service \
		/usr/lib/systemd/system/imeilock-signer@.socket
	# of a station: it may ask the signer and open the line's devices
	id -nG imeilock-station | grep -qw imeilock
	[ "$(stat -c '%a %U' /var/lib/imeilock)" = "755 root" ]
	systemd-analyze --man=no verify \
		/usr/lib/systemd/system/imeilock-station@.service
}

# No ids of examples become a computer's.
has_no_rules() {
	! find / -xdev -path /mnt -prune -o -name '*imeilock*.rules' -print |
		grep .
}

# The release takes no keys in files.
refuses_software_keys() {
	local said
	said=$(cd "$lists" && echo 12345678 | imeilock key show --folder x \
		--token soft:keys --pin-fd 0 2>&1) && return 1
	grep -q HSM_ADDRESS <<<"$said"
}

# As the guides' test does, with the programs of the packages.
follow_guides() {
	apt install softhsm2 python3 python3-cryptography
	useradd --create-home engineer
	runuser -u engineer -- env IMEILOCK_SOURCE_DIR=/mnt/source \
		IMEILOCK_BINARY_DIR=/usr PYTHONDONTWRITEBYTECODE=1 \
		/usr/bin/python3 /mnt/source/tests/flow/test_guides.py
	userdel --remove engineer
}

# Beside this script's own, in a process namespace of their own.
no_process_left() {
	local left
	left=$(grep -l imeilock /proc/[0-9]*/comm || true)
	[ -z "$left" ] || {
		echo "still there: $(cat $left)" >&2
		return 1
	}
}

# A register outlives the packages.  All else of them must be gone; what their
# dependencies leave is shown.
purge_leaves_data_only() {
	local data=/var/lib/imeilock-signer
	mkdir -p $data/line1
	touch $data/line1/register
	apt purge "${packages[@]}"
	[ -e $data/line1/register ]
	rm -r $data
	files >"$lists/purged"
	if grep -v "^$lists" "$lists/purged" | grep imeilock; then
		echo "this was left by a purge" >&2
		return 1
	fi
	apt purge --auto-remove softhsm2 python3 python3-cryptography
	apt autoremove --purge
	files >"$lists/after"
	echo "only before (<), or only after (>):"
	diff "$lists/before" "$lists/after" | grep '^[<>]' || true
	if dpkg-query -W -f '${Package} ${db:Status-Status}\n' |
		grep imeilock; then
		return 1
	fi
}

say "install"
files >"$lists/before"
install_packages
say "programs, manual pages"
look_at_programs
refuses_software_keys
say "service"
look_at_service
has_no_rules
say "the guides"
follow_guides
say "purge"
no_process_left
purge_leaves_data_only
rm -rf "$lists"
