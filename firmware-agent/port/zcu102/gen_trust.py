#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gen_trust.py ROOT.pem MIN_EPOCH - print what an agent trusts, as C.

ROOT.pem is the root's public key: a SubjectPublicKeyInfo with an uncompressed
point of P-256 (RFC 5480), as openssl and the ceremony write it.
"""
import base64
import re
import sys

# SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING { 04 ...
PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"
                       "04")
POINT_LEN = 64
PEM = re.compile(r"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----",
                 re.DOTALL)


def point_of(path):
    with open(path, encoding="ascii") as file:
        found = PEM.findall(file.read())
    if len(found) != 1:
        sys.exit(f"gen_trust: {path}: not one public key in PEM form")
    der = base64.b64decode("".join(found[0].split()), validate=True)
    if not der.startswith(PREFIX) or len(der) != len(PREFIX) + POINT_LEN:
        sys.exit(f"gen_trust: {path}: not an uncompressed P-256 key")
    return der[len(PREFIX):]


def main():
    path, epoch = sys.argv[1], int(sys.argv[2])
    point = point_of(path)
    rows = [", ".join(f"0x{b:02x}" for b in point[i:i + 8])
            for i in range(0, POINT_LEN, 8)]
    body = ",\n\t\t".join(rows)
    print(f"""/* Made by gen_trust.py from the root's public key. */
#include "board.h"

const struct boot_trust TRUST = {{
	.root = {{{{
		{body},
	}}}},
	.min_epoch = {epoch},
	.class = CLASS_DEVELOPMENT, /* the chip has no random source */
}};""")


main()
