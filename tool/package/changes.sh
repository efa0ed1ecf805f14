#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# changes.sh CHANGELOG.md PACKAGE VERSION MAINTAINER - the changes in Debian's
# form: what the newest heading lists, dated SOURCE_DATE_EPOCH.
set -eu
file=$1 package=$2 version=$3 maintainer=$4

echo "$package ($version) UNRELEASED; urgency=medium"
echo
awk '
	function flush() {
		if (item != "")
			print item
		item = ""
	}
	/^## / { headings++ }
	headings != 1 { next }
	/^- / { flush(); item = substr($0, 3); next }
	/^  [^ ]/ && item != "" { item = item " " substr($0, 3); next }
	{ flush() }
	END { flush() }
' "$file" | while read -r item; do
	echo "$item" | fold -s -w 74 | sed 's/ *$//; 1s/^/  * /; 2,$s/^/    /'
done
echo
date=$(LC_ALL=C date -u -R -d "@${SOURCE_DATE_EPOCH:-0}")
echo " -- $maintainer  $date"
