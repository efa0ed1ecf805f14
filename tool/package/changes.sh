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
	/^## / { headings++ }
	headings != 1 { next }
	/^- / { sub(/^- /, "  * "); print; is_item = 1; next }
	/^  [^ ]/ && is_item { print "  " $0; next }
	{ is_item = 0 }
' "$file"
echo
date=$(LC_ALL=C date -u -R -d "@${SOURCE_DATE_EPOCH:-0}")
echo " -- $maintainer  $date"
