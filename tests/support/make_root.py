#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make_root.py FOLDER - make a root for tests, unless there is one.

FOLDER/root.key is the private key and FOLDER/root.pem the public one, both
PEM.  Firmware is built with a root compiled in, so one must be there first.
"""

import os
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def write(path, content):
    with open(path + ".new", "wb") as file:
        file.write(content)
    os.rename(path + ".new", path)


def main(folder):
    public = os.path.join(folder, "root.pem")
    if os.path.exists(public):
        return
    os.makedirs(folder, mode=0o700, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    write(os.path.join(folder, "root.key"), key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    write(public, key.public_key().public_bytes(
        serialization.Encoding.PEM,
        serialization.PublicFormat.SubjectPublicKeyInfo))


main(sys.argv[1])
