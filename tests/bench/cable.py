#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cable.py - what a unit takes behind a cable, beside what the cable alone and
the unit alone would take.

Each row is a baud rate: the median of whole provisions over lines that take
their time (tests/support/pace.h), against the time of the bytes that went over
them, ten bits a byte, and the median of the same over lines that do not.  The
result goes to build/bench.json, beside what bench.py has there; with --write,
docs/benchmarks.md is made around both.

What a USB cable takes is measured by usb_cable.py, or another program that
IMEILOCK_BENCH_USB names: it prints {"wall_s": ..., "floor_s": ...}.  Where it
fails, that row says so.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
import line  # noqa: E402
import paced  # noqa: E402

RESULT = os.path.join(line.SOURCE, "build", "bench.json")
BAUDS = (115200, 921600)
BITS_A_BYTE = 10
AIM = 1.25


def virtual(made, number):
    return made.unit(f"v{number}")


def board(made, number):
    return made.board(f"b{number}")


UNITS = {"virtual handset": virtual, "zcu102 in QEMU": board}


def provision(made, unit, baud):
    """(seconds as the tool has them, bytes over the lines)"""
    unit.start()
    with paced.Lines(unit, baud) as lines:
        outcome = made.provision(unit)
    unit.stop()
    row = outcome.row(unit)
    if row["code"] != "OK":
        raise line.Failed(str(outcome))
    return float(row["seconds"]), sum(lines.bytes)


def measure_unit(make, repeats):
    """{baud: medians}; what is compared is taken in turns."""
    runs = {baud: [] for baud in (0, *BAUDS)}
    with line.Root(firmware_root=True) as root, line.Line(root) as made:
        units = [make(made, n) for n in range(repeats * len(runs))]
        for unit in units:
            paced.use_terminals(unit)
        made.open()
        made.arm()
        for baud in list(runs) * repeats:
            runs[baud].append(provision(made, units.pop(), baud))
    device_s = statistics.median(seconds for seconds, _ in runs.pop(0))
    found = {}
    for baud, taken in runs.items():
        wall_s = statistics.median(seconds for seconds, _ in taken)
        size = statistics.median(size for _, size in taken)
        bytes_s = size * BITS_A_BYTE / baud
        found[str(baud)] = {"wall_s": wall_s, "device_s": device_s,
                            "bytes": size, "bytes_s": bytes_s,
                            "of_floor": wall_s / (bytes_s + device_s)}
    return found


def measure_usb():
    program = os.environ.get("IMEILOCK_BENCH_USB",
                             os.path.join(HERE, "usb_cable.py"))
    done = subprocess.run([program], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return None
    found = json.loads(done.stdout)
    found["of_floor"] = found["wall_s"] / found["floor_s"]
    return found


def measure(repeats):
    found = {name: measure_unit(make, repeats)
             for name, make in UNITS.items()}
    return {"uart": found, "usb": measure_usb()}


def rows_of(found):
    """(what, figure, limit, ratio, aim), as bench.py has them."""
    for name, bauds in found["uart"].items():
        for baud, it in bauds.items():
            yield (f"a unit at {int(baud):,} baud, {name}",
                   f"{it['wall_s']:.2f} s",
                   f"{it['bytes_s']:.2f} s ({it['bytes']:,.0f} bytes) + "
                   f"{it['device_s']:.2f} s (the unit)", it["of_floor"], AIM)
    it = found["usb"]
    if it is None:
        yield ("a unit over USB", "not measured here", "", None, AIM)
    else:
        parts = f"{it['floor_s']:.2f} s"
        if "restart_s" in it:
            parts = (f"{it['device_s']:.2f} s (the unit) + "
                     f"{it['bytes_s'] * 1000:.1f} ms ({it['bytes']:,.0f} "
                     f"bytes) + {it['resets']} × {it['restart_s']:.2f} s "
                     "(to be plugged in again)")
        yield ("a unit over USB, in the guest", f"{it['wall_s']:.2f} s",
               parts, it["of_floor"], AIM)


def save(wire):
    try:
        found = json.loads(line.read(RESULT))
    except FileNotFoundError:
        found = {}
    found["wire"] = wire
    with open(RESULT, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5,
                        help="units of each kind and rate (default 5)")
    parser.add_argument("--write", action="store_true",
                        help="make docs/benchmarks.md anew, with what "
                             "./dev bench has measured before")
    arguments = parser.parse_args()
    found = save(measure(arguments.repeats))
    import bench  # it measures with this file, too
    bench.print_table(bench.table({"wire": found["wire"]}))
    if arguments.write:
        bench.write_page(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
