#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh BUILD - the main job from nothing: a ceremony, a station, three
# handsets from blank to locked, and the proof with the root's public key only.
# Everything is made in build/demo; what ran there before is replaced.  Exit 0
# only if every unit was seen locked.
set -euo pipefail

build=$(realpath "${1:?usage: demo.sh BUILD}")
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$source/build/demo
bin=$build/bin
pids=()

say() { printf '\n== %s\n' "$*"; }

stop_units() {
	local pid folder
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	pids=()
	for folder in "$here"/units/zcu102; do
		[ -e "$folder/qemu.pid" ] || continue
		pid=$(cat "$folder/qemu.pid")
		kill "$pid" 2>/dev/null || true
		while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
		rm -f "$folder/qemu.pid"
	done
}

finish() {
	stop_units
	# a station that is still armed has a signer
	"$bin/imeilock" -s "$here/station" station close >/dev/null 2>&1 || true
}
trap finish EXIT

# The longest of the paths that are sockets; Linux takes 107 bytes.
longest=$here/units/additive/agent.sock
if [ "$(printf %s "$longest" | wc -c)" -gt 107 ]; then
	echo "demo: put the source into a folder with a shorter path, for" \
		"sockets: $source" >&2
	exit 1
fi

# A token of its own for root and for station, in folders of their own.
token() { # NAME: makes it; later commands use it with on_token NAME
	mkdir -p "$here/$1/token"
	printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' \
		"$here/$1/token" >"$here/$1/softhsm2.conf"
	head -c 12 /dev/urandom | base64 | tr '/+' 'ab' >"$here/$1/pin"
	chmod 600 "$here/$1/pin"
	SOFTHSM2_CONF=$here/$1/softhsm2.conf softhsm2-util --init-token --free \
		--label "imeilock-$1" --so-pin "$(cat "$here/$1/pin")" \
		--pin "$(cat "$here/$1/pin")" >/dev/null
}

on_token() { # NAME COMMAND...: the PIN comes by descriptor
	local name=$1
	shift
	SOFTHSM2_CONF=$here/$name/softhsm2.conf "$bin/imeilock" "$@" \
		--token "pkcs11:token=imeilock-$name?module-path=$module" \
		--pin-fd 3 3<"$here/$name/pin"
}

station() { "$bin/imeilock" -s "$here/station" "$@"; }

# What the ceremony says at length goes to a file, and to the screen if it fails.
quietly() {
	"$@" >>"$here/ceremony.log" 2>&1 || {
		cat "$here/ceremony.log"
		return 1
	}
}

module=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so \
	2>/dev/null | head -n 1)

start_units() {
	local model
	for model in additive once; do
		"$bin/imeilock-handset" --folder "$here/units/$model" \
			--model "virtual-$model" --root "$here/root.pem" \
			--slots "$([ "$model" = once ] && echo 2 || echo 1)" \
			>/dev/null &
		pids+=($!)
	done
	"$source/firmware-agent/port/zcu102/run.sh" \
		"$here/firmware/firmware-agent/port/zcu102/imeilock-zcu102.elf" \
		"$here/units/zcu102"
	for model in additive once zcu102; do
		for _ in $(seq 100); do
			[ -S "$here/units/$model/agent.sock" ] && break
			sleep 0.05
		done
	done
}

rm -rf "$here"
mkdir -p "$here"/{root,station,units/{additive,once}}
begin=$EPOCHREALTIME

say "Ceremony: the root's key is made in a token of its own"
token root
token station
quietly on_token root key root --folder "$here/root/folder" --class development \
	--out "$here/root.pem"
cat "$here/root.pem"

say "A station with three slots; for each model a key, a request and a certificate"
units=$here/units
quietly station station init --class development \
	--slot "1=unix:$units/additive/agent.sock,unix:$units/additive/at1.sock" \
	--slot "2=unix:$units/once/agent.sock,unix:$units/once/at1.sock,unix:$units/once/at2.sock" \
	--slot "3=unix:$units/zcu102/agent.sock,unix:$units/zcu102/at1.sock"
tac=00101001
for model in virtual-additive virtual-once zcu102; do
	first=${tac}000000 last=${tac}000999
	quietly on_token station -s "$here/station" key request --model "$model" \
		--out "$here/$model.request"
	quietly on_token root key certify --folder "$here/root/folder" \
		--request "$here/$model.request" --first "$first" --last "$last" \
		--out "$here/$model.cert"
	quietly on_token station -s "$here/station" key install \
		--cert "$here/$model.cert" --root "$here/root.pem"
	quietly station tac add --model "$model" --first "$first" --last "$last"
	echo "$model: $first to $last"
	tac=$(printf '%08d' $((10#$tac + 1)))
done

say "Firmware for the zcu102, with the root's public key in it"
cmake -S "$source" --preset zcu102 -B "$here/firmware" \
	-D IMEILOCK_ROOT="$here/root.pem" >"$here/firmware.log" 2>&1
cmake --build "$here/firmware" >>"$here/firmware.log" 2>&1
tail -n 3 "$here/firmware.log"

say "Three blank handsets: additive fuses; write-once fuses and two IMEIs; a zcu102"
start_units
station devices

say "The station is armed, and the three are provisioned at once"
on_token station -s "$here/station" station arm --operator demo --shift demo \
	--profile "$source/profiles/virtual-additive.yaml" \
	--profile "$source/profiles/virtual-once.yaml" \
	--profile "$source/profiles/zcu102.yaml" --units 10 --hours 1
ready=$EPOCHREALTIME
station provision
done=$EPOCHREALTIME

say "The handsets lose power, start again, and are provisioned once more"
stop_units
sha256sum "$units"/*/otp.bin >"$here/otp.before"
start_units
station provision
sha256sum --quiet --check "$here/otp.before"
echo "the fuse files are the same to the bit"

say "QA: nothing but the root's public key and the unit"
station station close
for slot in additive once zcu102; do
	at=(--at "unix:$units/$slot/at1.sock")
	[ "$slot" != once ] || at+=(--at "unix:$units/$slot/at2.sock")
	check=("$bin/imeilock" verify --root "$here/root.pem" --accept-development
		--unit "unix:$units/$slot/agent.sock" "${at[@]}")
	(cd / && env -i "${check[@]}" --json >"$here/$slot.verify") || true
	[ "$slot" != once ] || (cd / && env -i "${check[@]}")
done

say "What QA was told, held against the fuse files by a decoder of the tests' own"
"$source/tests/support/demo_table.py" "$here"

say "Where things lie"
cat <<END
$here/root.pem      the root's public key: all that a verifier needs
$here/station       station folder: ledger, signer's register, settings
$here/units         the handsets: fuses (otp.bin), store, links
END
awk "BEGIN { printf \"ceremony and firmware %.1f s, provisioning of three %.1f s, all %.1f s\\n\",
	$ready - $begin, $done - $ready, $EPOCHREALTIME - $begin }"
