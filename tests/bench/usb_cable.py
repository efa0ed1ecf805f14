#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usb_cable.py - what a unit takes over USB, in a guest with a kernel of its own
(tests/guest): prints the JSON object that cable.py wants.

The guest computes everything in software, so that seconds of it say nothing of
a real station; both sides of the ratio are taken in the same guest.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = os.path.join(os.path.dirname(HERE), "guest")
sys.path.insert(0, GUEST)
import run  # noqa: E402


def main():
    try:
        result = run.run(os.path.join(GUEST, "inside_bench.py"), seconds=400)
    except run.NoGuest as error:
        print(error, file=sys.stderr)
        return 1
    if result.exit != 0:
        print(result.output, file=sys.stderr)
        return 1
    print(result.output.strip().splitlines()[-1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
