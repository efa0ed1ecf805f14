#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""measure.py - how large the agent is, and what one unit costs.

Needs the builds dev and zcu102.  Prints a table; with --write, docs/measured.md
is made anew around it.  Fails if a number is beyond its aim.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import line  # noqa: E402
import wire  # noqa: E402

UNITS = 5
DOCUMENT = os.path.join(line.SOURCE, "docs", "measured.md")
MEASURE = os.path.join(line.SOURCE, "firmware-agent", "port", "zcu102",
                       "measure.py")
AIMS = {"text": 72000, "ram": 32768, "exchanges": 28, "bytes": 7168}

PAGE = """# Measured

How large the agent is, and what a unit costs. Written by

    ./dev measure

which builds `dev` and `zcu102`, provisions {units} fresh units of each model, one
at a time, from blank to proven, and takes the median. It fails if a number is
beyond its aim.

## The agent on the zcu102

The factory build of the firmware: agent, boot check, port, Mbed TLS. Stack and
arena are the most that was used in a unit's whole run, from blank to proven:
both are painted at each start, and looked at before each restart.

{size}

## One unit, from blank to proven

An exchange is a request and its reply; bytes are those of both ways, frames and
all, without the AT port. Processor time is that of the host: of `imeilock
provision` for one unit, start of the program and all, and of the signer with
software keys. Seconds are those that the tool shows; the zcu102's are the
emulator's, and say nothing of a chip.

{cost}

## Signing

The same unit with keys in a PKCS#11 token (SoftHSM):

{token}
"""


def table(head, rows):
    lines = [head, ["---" for _ in head], *rows]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |"
                     for cells in lines)


def kilo(number):
    return f"{number:,}".replace(",", " ")


def sections(elf):
    """text (code and constants) and data of the program as it is loaded."""
    listing = subprocess.run(["aarch64-linux-gnu-size", elf], check=True,
                             capture_output=True, text=True).stdout
    text, data, bss = map(int, listing.splitlines()[1].split()[:3])
    return {"text": text, "data": data, "bss": bss}


def agent_sizes():
    """Of the factory build, and the text of the verify-only one."""
    firmware = os.path.join(line.FIRMWARE, "imeilock-zcu102")
    size = sections(firmware + ".elf")
    size["verify"] = sections(firmware + "-verify.elf")["text"]
    return size


def stack_and_arena(unit, socket):
    return json.loads(subprocess.run(
        [MEASURE, unit.elf, socket], check=True, capture_output=True,
        text=True).stdout)


def processor_time(pid):
    """Seconds that the threads of a running process have had."""
    folder = f"/proc/{pid}/task"
    return sum(int(line.read(folder, thread, "schedstat").split()[0])
               for thread in os.listdir(folder)) / 1e9


def provision(made, unit):
    signer, = made.signers()
    before = processor_time(signer)
    outcome = made.provision(unit)
    row = outcome.row(unit)
    if row["code"] != "OK":
        raise line.Failed(str(outcome))
    return {"exchanges": row["exchanges"], "bytes": row["bytes"],
            "seconds": row["seconds"], "tool": outcome.cpu_s,
            "signer": processor_time(signer) - before}


def median(runs):
    return {name: statistics.median(run[name] for run in runs)
            for name in runs[0]}


class Watched:
    """A board whose stack and arena are looked at before each restart, which
    paints them anew, and at the end."""

    def __init__(self, made, name, size):
        self.unit, self.size = made.board(name), size
        self.socket = self.unit.path("qmp")
        self.proxy = wire.Proxy(self.unit.path("proxy.sock"),
                                self.unit.path("agent.sock"), self.look)
        self.unit.agent = "unix:" + self.unit.path("proxy.sock")

    def start(self):
        self.unit.start("-qmp", f"unix:{self.socket},server=on,wait=off")

    def look(self, direction, message):
        if (direction, message[2]) == (">", wire.RESET):
            self.sample()

    def sample(self):
        for name, value in stack_and_arena(self.unit, self.socket).items():
            self.size[name] = max(value, self.size.get(name, 0))

    def stop(self):
        self.sample()
        self.proxy.close()
        self.unit.stop()
        if self.proxy.error is not None:
            raise self.proxy.error


def measure_model(model, token="soft"):
    with line.Root(token) as root, line.Line(root, token) as made:
        units = [made.unit(f"u{n}", model) for n in range(UNITS)]
        made.open()
        made.arm()
        runs = []
        for unit in units:
            unit.start()
            runs.append(provision(made, unit))
            unit.stop()
        return median(runs)


def measure_board(size):
    """And stack and arena of one more unit into size, which takes time of its
    own."""
    with line.Root(firmware_root=True) as root, line.Line(root) as made:
        units = [made.board(f"u{n}") for n in range(UNITS)]
        watched = Watched(made, "watched", size)
        made.open()
        made.arm()
        runs = []
        for unit in units:
            unit.start()
            runs.append(provision(made, unit))
            unit.stop()
        watched.start()
        provision(made, watched.unit)
        watched.stop()
        return median(runs)


def size_table(size):
    ram = size["data"] + size["bss"]
    return table(["", "bytes", "aim"], [
        ["text: code and constants", kilo(size["text"]),
         "at most " + kilo(AIMS["text"])],
        ["RAM in all: data, bss, stack, arena", kilo(ram),
         "at most " + kilo(AIMS["ram"])],
        ["of that, stack", f"{kilo(size['stack'])}, used "
         f"{kilo(size['stack_used'])}", ""],
        ["of that, arena of Mbed TLS", f"{kilo(size['heap'])}, used "
         f"{kilo(size['heap_used'])}", ""],
        ["text, verify-only build", kilo(size["verify"]), ""],
    ])


def cost_table(costs):
    def row(name, key, show, aim=""):
        return [name, *(show(cost[key]) for cost in costs.values()), aim]

    def milli(seconds):
        return f"{1000 * seconds:.1f} ms"

    return table(["", *costs, "aim"], [
        row("exchanges", "exchanges", int, f"at most {AIMS['exchanges']}"),
        row("bytes on the wire", "bytes", lambda n: kilo(int(n)),
            "at most " + kilo(AIMS["bytes"])),
        row("seconds", "seconds", "{:.2f}".format),
        row("processor time, tool", "tool", milli),
        row("processor time, signer", "signer", milli),
    ])


def beyond_aims(size, costs):
    found = {"text": size["text"], "ram": size["data"] + size["bss"],
             "exchanges": max(cost["exchanges"] for cost in costs.values()),
             "bytes": max(cost["bytes"] for cost in costs.values())}
    return [f"{name}: {found[name]:.0f}, the aim is {aim}"
            for name, aim in AIMS.items() if found[name] > aim]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true",
                        help="make docs/measured.md anew")
    arguments = parser.parse_args()
    line.FOLDERS = None  # on a disk, as a station is
    size = agent_sizes()
    costs = {model: measure_model(model)
             for model in ("virtual-additive", "virtual-once")}
    costs["zcu102"] = measure_board(size)
    token = {"virtual-additive": measure_model("virtual-additive", "softhsm")}
    page = PAGE.format(units=UNITS, size=size_table(size),
                       cost=cost_table(costs), token=cost_table(token))
    if arguments.write:
        with open(DOCUMENT, "w", encoding="utf-8") as file:
            file.write(page)
    print(page)
    missed = beyond_aims(size, costs)
    for text in missed:
        print("beyond its aim: " + text, file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
