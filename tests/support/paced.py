# SPDX-License-Identifier: Apache-2.0
"""Units behind serial lines that are none.

    with Lines(unit, 9600) as lines:    # once the unit runs
        ...                             # at addresses(unit)
    lines.bytes                         # how many went each way

A line is a terminal before the unit's socket, and takes its time: ten bits a
byte, both ways at once (tests/support/pace.h).
"""
import os
import subprocess

import line

PACE = os.path.join(line.BIN, "pace")
RUN = os.path.join(line.BIN, "serial_run")


def sockets(unit):
    """Those that a unit itself has, agent first."""
    return [unit.path("agent.sock"),
            *(unit.path(f"at{n + 1}.sock") for n in range(unit.slots))]


def terminals(unit):
    return [name[:-len("sock")] + "tty" for name in sockets(unit)]


def use_terminals(unit):
    """Have the line know the unit by its terminals; before it is opened."""
    unit.agent, *unit.at = ["pty:" + path for path in terminals(unit)]


class Lines:
    """The unit's lines, agent's and AT ports', at one baud rate; 0: as fast as
    it goes."""

    def __init__(self, unit, baud):
        self.unit, self.baud = unit, baud
        self.bytes = None

    def __enter__(self):
        pairs = [f"{terminal}={socket}" for terminal, socket
                 in zip(terminals(self.unit), sockets(self.unit))]
        self.process = subprocess.Popen(
            [PACE, str(self.baud), *pairs], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, preexec_fn=line.die_with_parent)
        ready = self.process.stdout.readline()
        if ready != b"ready\n":
            raise line.Failed(f"{PACE}: {ready}")
        return self

    def __exit__(self, *_):
        out, _ = self.process.communicate()
        self.bytes = tuple(map(int, out.split()))
