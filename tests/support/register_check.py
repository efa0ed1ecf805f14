# SPDX-License-Identifier: Apache-2.0
"""Independent reader of the signer's register, from docs/hsm.md alone.

units(path) gives {chip: (key, [IMEI or None, four])} of all that was
ticketed, the chips that a record was signed for, and findings: what breaks the
chain or binds anything twice.
"""

import hashlib
import sys

TICKET, AGAIN, SHOWN, RECORD = 7, 8, 9, 10


class Reader:
    """The CBOR of a register: heads of unsigned numbers, strings, arrays."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        part = self.data[self.at:self.at + count]
        if len(part) != count:
            raise ValueError("ends within an item")
        self.at += count
        return part

    def item(self):
        first = self.take(1)[0]
        if first == 0xf6:
            return None
        major, info = first >> 5, first & 31
        if info > 27 or major > 4 or major == 1:
            raise ValueError("head %02x" % first)
        value = info if info < 24 else int.from_bytes(
            self.take(1 << (info - 24)), "big")
        if major == 0:
            return value
        if major == 2:
            return bytes(self.take(value))
        if major == 3:
            return self.take(value).decode()
        return [self.item() for _ in range(value)]


def items(data):
    """(start, encoded item) of each whole item; the last may be torn."""
    at = 0
    while len(data) - at >= 5 and any(data[at:]):
        head = data[at:at + 5]
        length = head[1] << 8 | head[2]
        if head[0] != 0x1a or (head[1] ^ head[3], head[2] ^ head[4]) != (
                0xff, 0xff):
            raise ValueError("no head at byte %d" % at)
        if len(data) - at - 5 < length:
            return
        yield at, data[at + 5:at + 5 + length]
        at += 5 + length


def entries(data, findings):
    before = bytes(32)
    for number, (at, encoded) in enumerate(items(data), 1):
        if at + 5 + len(encoded) == len(data) and not any(encoded[-8:]):
            return
        reader = Reader(encoded)
        reader.take(1)
        start = reader.at
        entry = reader.item()
        raw = encoded[start:reader.at]
        stored = reader.item()
        if encoded[0] != 0x82 or reader.at != len(encoded):
            findings.append("register: entry %d has another shape" % number)
        if hashlib.sha256(raw).digest() != stored:
            findings.append("register: entry %d has a wrong hash" % number)
        if entry[0] != number or entry[3] != before:
            findings.append("register: entry %d does not follow" % number)
        before = stored
        yield entry


def units(path):
    with open(path, "rb") as file:
        data = file.read()
    found, recorded, holder, findings = {}, set(), {}, []
    try:
        for entry in entries(data, findings):
            if entry[2] == RECORD:
                recorded.add(entry[4][0])
            if entry[2] not in (TICKET, AGAIN, SHOWN):
                continue
            chip, key, identity = entry[4][:3]
            unit = (key, identity[1:])
            if found.setdefault(chip, unit) != unit:
                findings.append("register: chip %s has two identities"
                                % chip.hex())
            for imei in filter(None, unit[1]):
                if holder.setdefault(imei, chip) != chip:
                    findings.append("register: %014d has two chips" % imei)
    except ValueError as problem:
        findings.append("register: %s" % problem)
    return found, recorded, findings


def main():
    """UNITS RECORDED, and what was found: status 1 if there is any."""
    found, recorded, findings = units(sys.argv[1])
    print(len(found), len(recorded), *findings)
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
