#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Check the signed objects as docs/record.md says, apart from the product.

As a command:

    cose_check.py object FILE (--pem FILE | --xy FILE | --inside)
    cose_check.py unit --root PEM|XY CERT RECORD [EVIDENCE]

The first checks one signature and prints the kind; --inside takes the key
that the object names itself (requests and device tokens).  The second checks a
record, and the evidence with it, from the root's public key on.  A key file is
PEM, or 64 bytes: x, then y.  Exit code 0: good; 1: not good.
"""
import argparse
import hashlib
import os
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cddl  # noqa: E402

DOCS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..",
                    "docs")
OWN = -70001

# rule in record.cddl -> (typ, external_aad), as in the table of record.md
KINDS = {
    "cert": ("application/imeilock-cert+cwt", b"imeilock 1 cert"),
    "request": ("application/imeilock-request+cwt", b"imeilock 1 request"),
    "ticket": ("application/imeilock-ticket+cwt", b"imeilock 1 ticket"),
    "record": ("application/imeilock-record+cwt", b"imeilock 1 record"),
    "key-token": ("application/imeilock-key+cwt", b"imeilock 1 key"),
    "read-token": ("application/imeilock-read+cwt", b"imeilock 1 read"),
    "probe-token": ("application/imeilock-probe+cwt", b"imeilock 1 probe"),
    "evidence": ("application/imeilock-eat+cwt", b"imeilock 1 evidence"),
    "revocation": ("application/imeilock-revoke+cwt",
                   b"imeilock 1 revoke"),
}


class NotGood(Exception):
    """The object is not what it must be; the text says why."""


def plain(value):
    """A decoded item with plain map keys."""
    if isinstance(value, dict):
        return {cddl.key_value(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value


def encode(value):
    """Deterministic CBOR of integers, bytes, text, null and arrays."""
    if value is None:
        return b"\xf6"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    return _head(4, len(value)) + b"".join(encode(part) for part in value)


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([major << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError(number)


def load_key(data):
    """A public key from 64 bytes x || y, or from PEM."""
    if len(data) == 64:
        try:
            return ec.EllipticCurvePublicKey.from_encoded_point(
                ec.SECP256R1(), b"\x04" + data)
        except ValueError:
            raise NotGood("the key is no point of P-256") from None
    key = serialization.load_pem_public_key(data)
    if not isinstance(key, ec.EllipticCurvePublicKey) \
            or key.curve.name != "secp256r1":
        raise NotGood("the key is not of P-256")
    return key


def kind_of(data):
    """The name of the kind whose typ the object carries."""
    try:
        header = plain(cddl.decode(cddl.decode(data).value[0]))
    except (cddl.CborError, AttributeError, IndexError, TypeError):
        raise NotGood("not a signed object") from None
    for kind, (typ, _) in KINDS.items():
        if isinstance(header, dict) and header.get(16) == typ:
            return kind
    raise NotGood("a signed object of no kind that is known")


def key_inside(claims):
    if 8 in claims:
        return claims[8][1][-2] + claims[8][1][-3]
    return claims[OWN][2]


def open_object(kind, data, key=None):
    """The claims of a good object; key None takes the one inside."""
    document = cddl.load(os.path.join(DOCS, "record.cddl"))
    try:
        value = document.check(kind, data)
    except (cddl.CborError, cddl.Mismatch) as error:
        raise NotGood(f"{kind}: {error}") from None
    protected, _, payload, signature = value.value
    claims = plain(cddl.decode(payload))
    if key is None:
        key = load_key(key_inside(claims))
    signed = encode(["Signature1", protected, KINDS[kind][1], payload])
    der = utils.encode_dss_signature(int.from_bytes(signature[:32], "big"),
                                     int.from_bytes(signature[32:], "big"))
    try:
        key.verify(der, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        raise NotGood(f"{kind}: the signature is not valid") from None
    _check_beyond_cddl(kind, claims)
    return claims


def _demand(condition, reason):
    if not condition:
        raise NotGood(reason)


def _check_beyond_cddl(kind, claims):
    """What record.md asks of the claims and CDDL cannot say."""
    own = claims[OWN]
    if kind == "cert":
        last = 0
        for first, end in own[10]:
            _demand(last < first <= end, "intervals are not ascending")
            last = end
    if 1 in own:
        _demand(set(own[1]) not in ({0}, {0xff}), "the chip id is blank")
    identity = own.get(3)
    if identity is not None:
        numbers = [number for number in identity[1:] if number is not None]
        _demand(identity[1 + identity[0]] is not None,
                "the primary slot is not populated")
        _demand(len(numbers) == len(set(numbers)), "an IMEI stands twice")
    if kind == "evidence":
        ueid = None
        if identity is not None:
            number = identity[1 + identity[0]]
            ueid = b"\x03" + bytes(int(digit) for digit in f"{number:014d}")
        _demand(claims.get(256) == ueid, "ueid is not the primary IMEI")
        _demand(max(own[25], own[26]) >> own[24] == 0, "masks are too wide")
    if kind == "read-token":
        indices = [byte & 0x7f for byte in own[17]]
        _demand(indices == sorted(set(indices)) and max(indices, default=0)
                < 94, "word health is out of order")


def digest(own):
    """SHA-256 of the canonical payload: what the fuses' digest must be."""
    return hashlib.sha256(encode(
        ["imeilock-digest", 1, own[0], own[1], own[3], own[2]])).digest()


def open_record(root, cert_data, record_data):
    """The claims of a record that is good under the root's public key."""
    cert = open_object("cert", cert_data, root)
    record = open_object("record", record_data, load_key(key_inside(cert)))
    by, of = cert[OWN], record[OWN]
    _demand(by[8] == 1, "the certificate is not of a line key")
    _demand(by[0] == of[0], "classes differ")
    _demand(by[6] == of[6], "models differ")
    _demand(by[4] == of[4], "ledgers differ")
    for number in of[3][1:]:
        _demand(number is None or any(first <= number <= last
                                      for first, last in by[10]),
                f"IMEI {number} is outside the certificate")
    return record


def check_evidence(record_data, record, evidence_data, nonce=None):
    """The claims of evidence for a locked unit that fits its record."""
    evidence = open_object("evidence", evidence_data)
    says, of = evidence[OWN], record[OWN]
    _demand(nonce is None or evidence[10] == nonce, "an old nonce")
    for key, what in ((0, "class"), (1, "chip id"), (2, "device key"),
                      (3, "identity"), (5, "layout"), (6, "model")):
        _demand(says[key] == of[key], f"evidence and record: {what} differs")
    _demand(says[7] == 7, "the unit is not locked")
    every = (1 << says[24]) - 1
    _demand(says[25] == every, "a lock unit is open")
    _demand(says[26] == every, "a canary is burnt")
    _demand(says.get(28) == hashlib.sha256(record_data).digest(),
            "the unit holds another record")
    return evidence


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _main_object(arguments):
    data = _read(arguments.file)
    path = arguments.pem or arguments.xy
    kind = kind_of(data)
    open_object(kind, data, load_key(_read(path)) if path else None)
    print(kind)


def _main_unit(arguments):
    record_data = _read(arguments.record)
    record = open_record(load_key(_read(arguments.root)),
                         _read(arguments.cert), record_data)
    if arguments.evidence:
        check_evidence(record_data, record, _read(arguments.evidence))
    print(f"good; digest {digest(record[OWN]).hex()}")


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("object")
    one.add_argument("file")
    key = one.add_mutually_exclusive_group(required=True)
    key.add_argument("--pem")
    key.add_argument("--xy")
    key.add_argument("--inside", action="store_true")
    one.set_defaults(run=_main_object)
    unit = commands.add_parser("unit")
    unit.add_argument("--root", required=True)
    unit.add_argument("cert")
    unit.add_argument("record")
    unit.add_argument("evidence", nargs="?")
    unit.set_defaults(run=_main_unit)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except (NotGood, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
