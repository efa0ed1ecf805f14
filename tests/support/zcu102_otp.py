#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""zcu102_otp.py OTP-FILE - print what the fuses of a zcu102 unit hold, as JSON.

Reads the emulator's file, not the device, and shares no code with the product.
The file has arrays 0, 2 and 3 one after the other, 64 rows of 32 bits each,
little endian.  Image word n is row n + 1 of array 2, from word 63 on row
n - 62 of array 3; the canary is row 63 of array 3; the fuse that locks both is
bit 30 of row 21 of array 0; the chip id is rows 3 to 5 of array 0.
"""
import json
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import otp_image  # noqa: E402

ROWS = 64
FIRST_ROW = 1
LOCK_ROW, LOCK_BIT = 21, 30
CHIP_ID = slice(12, 24)


def rows_of(data):
    """{array: its 64 rows}."""
    words = struct.unpack(f"<{3 * ROWS}I", data[:3 * ROWS * 4])
    return {array: words[i * ROWS:(i + 1) * ROWS]
            for i, array in enumerate((0, 2, 3))}


def decode(data):
    arrays = rows_of(data)
    usable = arrays[2][FIRST_ROW:] + arrays[3][FIRST_ROW:]
    words = usable[:otp_image.WORDS]
    rest = usable[otp_image.WORDS:-1]
    result = otp_image.decode(list(words))
    result.update({
        "chip_id": data[CHIP_ID].hex(),
        "locked": bool(arrays[0][LOCK_ROW] >> LOCK_BIT & 1),
        "canary": usable[-1],
        "rest_blank": not any(rest),
        "words": [f"{word:08x}" for word in words],
    })
    return result


def main():
    with open(sys.argv[1], "rb") as file:
        json.dump(decode(file.read()), sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
