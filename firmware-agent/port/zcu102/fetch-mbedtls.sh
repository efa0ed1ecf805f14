#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# fetch-mbedtls.sh FOLDER - put the source of Mbed TLS in FOLDER/mbedtls.
#
# Takes Debian's source package, through apt and from the archives that this
# system is set up for; apt checks signatures and hashes as for any package.
# The system's own lists stay as they are: everything is under FOLDER.  Does
# nothing if the source is there already.
set -eu

folder=${1:?usage: fetch-mbedtls.sh FOLDER}
[ -e "$folder/mbedtls/library/psa_crypto.c" ] && exit 0

mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial"
apt=$(cd "$folder/apt" && pwd)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

apt-get indextargets \
	--format "deb-src [signed-by=$keyring] \$(REPO_URI) \$(RELEASE) main" \
	'Created-By: Packages' 'Origin: Debian' 'Component: main' |
	sort -u >"$apt/sources.list"
if [ ! -s "$apt/sources.list" ]; then
	echo "fetch-mbedtls: apt knows no Debian archive;" \
		"run 'apt-get update' first" >&2
	exit 1
fi

cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "$(id -un)";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
export APT_CONFIG="$apt/apt.conf"

apt-get -qq update
cd "$apt"
rm -rf mbedtls-*
apt-get -qq source --only-source mbedtls
set -- mbedtls-*/
rm -rf ../mbedtls
mv "$1" ../mbedtls
cd ..
rm -rf "$apt"
