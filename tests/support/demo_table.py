#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""demo_table.py DEMO - what QA was told, held against the fuses themselves.

For each unit DEMO/units/NAME there is DEMO/NAME.verify, the JSON lines of
`imeilock verify`.  The fuse file is read by the tests' own decoder, which
shares no code with the tool.  Fails unless both say: locked, the same IMEIs.
"""
import json
import os
import struct
import sys

import otp_image
import zcu102_otp

UNITS = ("additive", "once", "zcu102")


def fuses_of(folder, name):
    """(IMEIs, locked, canaries blank) as the file has them."""
    with open(os.path.join(folder, "units", name, "otp.bin"), "rb") as file:
        data = file.read()
    if name == "zcu102":
        seen = zcu102_otp.decode(data)
        return seen["imei"], seen["locked"], seen["canary"] == 0
    words = struct.unpack("<116I4I4B", data[:484])
    seen = otp_image.decode(list(words[:116]))
    return (seen["imei"], all(lock & 1 for lock in words[120:124]),
            not any(words[116:120]))


def row_of(folder, name):
    with open(os.path.join(folder, name + ".verify")) as file:
        told = [json.loads(line) for line in file]
    verdict = next(line for line in told if line["kind"] == "verdict")
    imeis, locked, blank = fuses_of(folder, name)
    imeis = [imei for imei in imeis if imei]
    good = (verdict["verdict"] == "good" and locked and blank and
            imeis != [] and imeis == verdict["imei"])
    return good, (name, verdict["verdict"], "locked" if locked else "OPEN",
                  "blank" if blank else "BURNT", " ".join(imeis))


def main():
    rows = [row_of(sys.argv[1], name) for name in UNITS]
    table = [("unit", "verify says", "lock fuses", "canaries",
              "IMEI in the fuses")] + [row for _, row in rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        print("  ".join(text.ljust(width)
                        for text, width in zip(row, widths)).rstrip())
    return 0 if all(good for good, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
