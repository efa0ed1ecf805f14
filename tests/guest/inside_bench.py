#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a unit takes behind a USB cable, beside what the same takes without one.

Inside a guest (run.py); prints one JSON object.  The floor is what the unit and
the tool take over sockets, the time of the bytes at high speed, and for each
restart the time in which kernel and udev bring a unit back, measured without
the tool.
"""
import json
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "tests",
                                "support"))
import inside_handset  # noqa: E402
import line  # noqa: E402
import usbfs  # noqa: E402

REPEATS = 5
BITS_S = 480e6
line.PATIENCE_S = 240


def number_of(unit):
    return int(usbfs.attribute(unit.port, "devnum"))


def provision(made, unit):
    """(seconds as the tool has them, bytes)"""
    row = made.provision(unit).row(unit)
    if row["code"] != "OK":
        raise line.Failed(str(row))
    return float(row["seconds"]), row["bytes"]


def restart_s(unit):
    """From the order to reset until its AT port is there again."""
    before = number_of(unit)
    with usbfs.Device(unit.port) as device:
        device.claim(0)
        first = inside_handset.hello(device)
        begin = time.monotonic()
        inside_handset.ask(device, inside_handset.OP_RESET, first[0], body={})
    line.wait_for(lambda: usbfs.attribute(unit.port, "devnum")
                  not in (None, str(before)), "it stays away", 60)
    unit.await_plugged()
    return time.monotonic() - begin


def main():
    subprocess.run(["modprobe", "-a", "vhci-hcd", "cdc-acm"], check=True)
    over_usb, alone, sizes, restarts = [], [], [], []
    with line.Root() as root, line.Line(root) as made:
        cabled, free = made.usb_unit("c"), made.unit("f")
        made.open()
        made.arm()
        for number in range(REPEATS):
            if number == 0:
                cabled.start()
                free.start()
            else:
                cabled.renew(f"c{number}")
                cabled.start()
                free.become_another()
            restarts.append(restart_s(cabled))
            before = number_of(cabled)
            wall_s, size = provision(made, cabled)
            resets = number_of(cabled) - before
            over_usb.append(wall_s)
            sizes.append(size)
            alone.append(provision(made, free)[0])
    found = {"wall_s": statistics.median(over_usb),
             "device_s": statistics.median(alone),
             "bytes": statistics.median(sizes), "resets": resets,
             "restart_s": statistics.median(restarts)}
    found["bytes_s"] = found["bytes"] * 8 / BITS_S
    found["floor_s"] = (found["device_s"] + found["bytes_s"]
                        + resets * found["restart_s"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
