# SPDX-License-Identifier: Apache-2.0
"""Somebody between the tool and a unit who changes what they say; and a forger
of signed objects who has what keys a test gives him.

The tool and the handset are the real programs; only what is on the wire, or in
a signed object, is not what they said.
"""
import os
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cddl  # noqa: E402
import cose_check  # noqa: E402
import wire  # noqa: E402

CUT = object()  # what an edit returns to end the connection
SESSION, SEQUENCE, OPERATION, BODY, STATUS, REPLY = range(6)
OWN = cose_check.OWN


def encode(value):
    """Deterministic CBOR of all that messages and objects are made of."""
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, dict):
        pairs = sorted((encode(key), encode(item))
                       for key, item in value.items())
        return (_head(5, len(pairs))
                + b"".join(key + item for key, item in pairs))
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    return cose_check.encode(value)


def _head(major, number):
    head = bytearray(cose_check.encode(number))
    head[0] |= major << 5
    return bytes(head)


class Editor(wire.Proxy):
    """A proxy whose edit(direction, message) says what goes on in place of a
    message: None as it is, a dict, the bytes of a message, a list of these, or
    CUT.  A wire.Raw goes on as the bytes that it is."""

    def __init__(self, path, agent):
        self.edit = None
        super().__init__(path, agent, None)

    def _pump(self, direction, source, target):
        frames = wire.Frames()
        try:
            while data := source.recv(4096):
                for message in frames.take(data):
                    self._pass_on(direction, message, target, source)
        except OSError:
            pass
        except Exception as error:
            self.error = error  # for the test to see
        self._shut(source, target)

    def _pass_on(self, direction, message, target, source):
        edit = self.edit
        said = edit(direction, wire.decode(message)) if edit else None
        for item in said if isinstance(said, list) else [said]:
            if item is CUT:
                raise OSError("cut")
            if isinstance(item, Raw):
                target.sendall(item.data)
                continue
            if isinstance(item, Back):
                source.sendall(wire.frame_encode(encode(item.message)))
                continue
            target.sendall(wire.frame_encode(
                message if item is None
                else encode(item) if isinstance(item, dict) else item))


class Raw:
    """Bytes that go on without a frame around them."""

    def __init__(self, data):
        self.data = data


class Back:
    """A message that goes back to where the edited one came from."""

    def __init__(self, message):
        self.message = message


# ------------------------------------------------------------------- edits

def before(operation):
    """The connection ends when this is asked."""
    return lambda way, message: (
        CUT if way == ">" and message.get(OPERATION) == operation else None)


def on_reply(operation, change):
    """change(message) instead of each reply to this request; progress, which
    has no status, is left."""
    def edit(way, message):
        if (way == "<" and message.get(OPERATION) == operation
                and STATUS in message):
            return change(message)
        return None
    return edit


def on_request(operation, change):
    def edit(way, message):
        if way == ">" and message.get(OPERATION) == operation:
            return change(message)
        return None
    return edit


def changed(message, **_):
    """A copy that can be changed, body and all."""
    copy = dict(message)
    for key in (BODY, REPLY):
        if key in copy and isinstance(copy[key], dict):
            copy[key] = dict(copy[key])
    return copy


# ----------------------------------------------------------------- objects

def key_of(scalar):
    return ec.derive_private_key(int.from_bytes(scalar, "big"),
                                 ec.SECP256R1())


def keys_of(token):
    """{label: private key} of a software token."""
    document = cose_check.plain(cddl.decode(_read(token.path)))
    return {label: key_of(scalar) for label, scalar in document[3]}


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def foreign_key():
    return ec.generate_private_key(ec.SECP256R1())


def public(key):
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def sign_again(data, key, change=lambda claims: None):
    """The object with other claims, signed by this key."""
    kind = cose_check.kind_of(data)
    protected, _, payload, _ = cddl.decode(data).value
    claims = cose_check.plain(cddl.decode(payload))
    change(claims)
    payload = encode(claims)
    signed = cose_check.encode(["Signature1", protected,
                                cose_check.KINDS[kind][1], payload])
    r, s = utils.decode_dss_signature(key.sign(signed,
                                               ec.ECDSA(hashes.SHA256())))
    return b"\xd2" + encode([protected, {}, payload, r.to_bytes(32, "big")
                             + s.to_bytes(32, "big")])


def spoiled(data):
    """The object with another signature."""
    return data[:-1] + bytes([data[-1] ^ 1])
