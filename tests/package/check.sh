#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check.sh - judge the packages in build/packages: by lintian; by building them
# again in two other places, which must give the same bytes; and in a clean
# Debian.  The last needs root, and keeps a base in build/package-root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '== %s\n' "$*"; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

lintian_check() {
	local accepted
	accepted=$(sed 's/#.*//' tests/package/lintian-accepted | xargs |
		tr ' ' ,)
	lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
		--suppress-tags "$accepted" build/packages/*.deb
}

# What is committed is built; no path, umask or time zone may be seen in it.
build_elsewhere() { # FOLDER UMASK TZ
	mkdir -p "$(dirname "$1")"
	git clone -q . "$1"
	(
		cd "$1"
		umask "$2"
		TZ=$3 ./dev package >/dev/null
	)
}

same_bytes() {
	local one=$scratch/one two=$scratch/a/longer/path/two
	build_elsewhere "$one" 022 UTC
	build_elsewhere "$two" 077 Pacific/Auckland
	diff <(cd "$one/build/packages" && sha256sum -- *) \
		<(cd "$two/build/packages" && sha256sum -- *)
}

say "lintian"
lintian_check
say "the same bytes from two clones"
same_bytes
say "a clean Debian"
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" tests/package/clean_root.sh "$PWD"
say "the packages are good"
