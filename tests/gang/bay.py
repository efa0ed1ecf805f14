# SPDX-License-Identifier: Apache-2.0
"""Handsets, and the places of a line where they are plugged in and out.

A bay is an address: a link to the folder of the handset that is in it.  To
unplug one is to cut its power, at whatever it does.
"""
import os
import subprocess

import line

CHIP_ID = 16  # bytes; a shorter file is still being written


class Handset:
    """Its files stay when it is without power."""

    def __init__(self, made, number, model, slots):
        self.name, self.model, self.slots = f"h{number}", model, slots
        self.folder, self.root = made.path(self.name), made.root.pem
        self.bad = self.wrong = self.end = None
        self.is_again = False  # comes once more when it is good
        self.label = None      # its lowest number, as it is printed
        self.plugs = self.reds = 0
        self.process = self.chip = None
        os.mkdir(self.folder)

    def start(self):
        words = self.bad.split(" ") if self.bad else []
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(line.BIN, "imeilock-handset"), "--folder",
                 self.folder, "--model", self.model, "--slots",
                 str(self.slots), "--root", self.root, *words],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=line.die_with_parent)
        self.plugs += 1

    def learn(self):
        """Its chip id, once it has begun to work."""
        if self.chip is None:
            path = os.path.join(self.folder, "chip.bin")
            if os.path.exists(path) and os.path.getsize(path) >= CHIP_ID:
                self.chip = line.read(path)
        return self.chip is not None

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def otp(self):
        return line.read(self.folder, "otp.bin")


class Bay:
    """A slot of the line (what line.Line takes for a unit), and what the
    driver knows of it."""

    is_virtual = True

    def __init__(self, made, number, model, slots):
        self.model, self.slots = model, slots
        self.name = f"b{number}"
        self.folder = made.path(self.name)
        self.agent = f"unix:{self.folder}/agent.sock"
        self.at = [f"unix:{self.folder}/at{n + 1}.sock"
                   for n in range(slots)]
        self.unit = self.last = None
        self.past = []  # who was here
        self.due = 0.0  # when the next one comes
        self.renew()

    def renew(self):
        """A line that was started again shows nothing yet."""
        self.shown = None      # (mark, imei) that was judged last
        self.is_fresh = False  # something was begun since then
        self.were = []         # whom the next verdict may be about
        self.owner = None      # who is good, and whose label was scanned
        self.turn = 0          # how often it was
        self.owed = ""         # his number, as it is shown
        self.armed = None      # the label that was scanned for this slot
        self.worked = ""       # the number that was shown at work
        self.scanned = self.scans = 0
        self.begun = None
        self.before = None     # fuses of one whose label is wrong

    def plug(self, unit, now):
        self.unit, self.plugged, self.leaves = unit, now, None
        self.last = unit
        self.past = self.past[-9:] + [unit]
        self.scans, self.scanned = 0, now
        if unit not in self.were:
            self.were.append(unit)
        unit.start()
        os.symlink(unit.folder, self.folder)

    def unplug(self):
        unit, self.unit = self.unit, None
        os.unlink(self.folder)
        unit.stop()
        return unit

    def stop(self):
        """The line ends."""
        if self.unit is not None:
            self.unit.stop()
