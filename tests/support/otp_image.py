# SPDX-License-Identifier: Apache-2.0
"""Independent decoder of the OTP image, layout version 1.

Written from docs/otp.md alone and shares no code with the product: tests hold
what tool and agent say against it.  decode() takes the 116 words of a unit
(None for a word that cannot be read) and gives plain values for JSON.
"""

WORDS = 116
ONES = 0xffffffff
PAYLOAD_BITS = 28
TAG = 0b0101
MARKER = 0x6b5a3c9
LAYOUT = 1
CLASSES = {0x5a: "development", 0xa6: "production"}
SLOTS = 4

# Name and payload words, in the order of the image.
FIELDS = (
    ("secret", 5),
    ("header", 1),
    ("identity_1", 2),
    ("identity_2", 2),
    ("identity_3", 2),
    ("identity_4", 2),
    ("digest", 10),
    ("marker", 1),
)


def split(words):
    """The words of each field, as {name: (words of copy A, of copy B)}."""
    if len(words) != WORDS:
        raise ValueError(f"an image has {WORDS} words, not {len(words)}")
    fields, at = {}, 0
    for name, payload_words in FIELDS:
        length = 1 + 2 * payload_words
        fields[name] = (words[at:at + length],
                        words[at + length:at + 2 * length])
        at += 2 * length
    assert at == WORDS
    return fields


def decode_copy(words):
    """State of one copy, and its payload words if it is valid."""
    pairs = list(zip(words[1::2], words[2::2]))
    if None in words:
        return {"state": "dead"}
    if words[0] != 0 or any(a & b for a, b in pairs):
        return {"state": "dead"}
    if not any(words):
        return {"state": "blank"}
    if all(a ^ b == ONES and a >> PAYLOAD_BITS == TAG for a, b in pairs):
        mask = (1 << PAYLOAD_BITS) - 1
        return {"state": "valid", "payload": [a & mask for a, _ in pairs]}
    return {"state": "torn"}


def field_state(a, b):
    states = {a["state"], b["state"]}
    if states == {"blank"}:
        return "empty"
    if states == {"dead"}:
        return "killed"
    if states == {"valid"}:
        return "done" if a["payload"] == b["payload"] else "clash"
    return "done" if states == {"valid", "dead"} else "partial"


def decode_field(copies):
    a, b = (decode_copy(words) for words in copies)
    state = field_state(a, b)
    payload = None
    if state != "clash":
        payload = a.get("payload", b.get("payload"))
    return {"state": state, "copies": [a["state"], b["state"]],
            "payload": payload}


def joined(payload):
    """The payload words as one big-endian number."""
    number = 0
    for word in payload:
        number = number << PAYLOAD_BITS | word
    return number


def bits_of(payload, bits):
    """The first bits of the payload as hex, or None if the rest is not 0."""
    spare = PAYLOAD_BITS * len(payload) - bits
    number = joined(payload)
    if number & ((1 << spare) - 1):
        return None
    return f"{number >> spare:0{bits // 4}x}"


def decode_header(payload):
    word = payload[0]
    mask, primary = word >> 8 & 0xf, word & 0xff
    return {
        "layout": word >> 20,
        "class": CLASSES.get(word >> 12 & 0xff),
        "slot_mask": mask,
        "primary": primary,
        "plausible": (word >> 20 == LAYOUT
                      and word >> 12 & 0xff in CLASSES
                      and primary < SLOTS and bool(mask >> primary & 1)),
    }


def check_digit(body):
    """3GPP TS 23.003 annex B: from the right, every other digit doubled."""
    total = 0
    for i, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if i % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)


def decode_identity(payload):
    """15 digits, or None where the nibbles are not 14 decimal digits."""
    body = f"{joined(payload):014x}"
    if not body.isdecimal() or int(body) == 0:
        return None
    return body + check_digit(body)


def decode(words):
    """Everything that the 116 words of an image say."""
    fields = {name: decode_field(copies)
              for name, copies in split(words).items()}

    def payload_of(name):
        return fields[name].pop("payload")

    secret, header = payload_of("secret"), payload_of("header")
    imeis = [payload_of(f"identity_{i + 1}") for i in range(SLOTS)]
    digest, marker = payload_of("digest"), payload_of("marker")
    return {
        "fields": fields,
        "secret": bits_of(secret, 128) if secret else None,
        "header": decode_header(header) if header else None,
        "imei": [decode_identity(p) if p else None for p in imeis],
        "digest": bits_of(digest, 256) if digest else None,
        "marker": marker == [MARKER] if marker else None,
    }
