#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`provision --watch` with a real USB stack: units come and go while it runs,
and devices that mean no good stand between them.

Inside a guest (run.py).  P1, P2, P8.
"""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "tests",
                                "flow"))
import case  # noqa: E402
import inside_flow  # noqa: E402
import line  # noqa: E402
import usbfs  # noqa: E402
import watch  # noqa: E402

# Of a unit, good or not; a good one takes a fifth of it on a quiet machine.
BUDGET_S = 35
# a unit may be away for so long, where floods take the processor's time
RESET_S = 25
# What a slot with one of them may say, in bounded time.
HOSTILE = {"flood": ("FRAME_CRC", "FRAME_SIZE", "FRAME_CODE", "LINK_TIMEOUT"),
           "silent": ("LINK_TIMEOUT",),
           "drip": ("FRAME_CRC", "FRAME_SIZE", "LINK_TIMEOUT"),
           "endless": ("FRAME_CRC", "FRAME_SIZE", "LINK_TIMEOUT")}
GONE = ("LINK_OPEN", "LINK_CLOSED", "LINK_FOREIGN", "LINK_TIMEOUT")
LIARS = ("interrupt", "twice", "cut")
FLAPS_MIN = 10
# longer than all of it takes where others work, too
line.PATIENCE_S = 200


class Hostiles:
    """The process that those come from which mean no good."""

    def __init__(self):
        self.process = subprocess.Popen(
            [os.path.join(line.HERE, "usb_hostile.py")], text=True, bufsize=1,
            stdin=subprocess.PIPE, preexec_fn=line.die_with_parent)

    def plug(self, port, kind, fifo):
        self.process.stdin.write(f"{port} {kind} {fifo}\n")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Hostile(line.Unit):
    """What usb_hostile.py plugs in."""

    def __init__(self, made, name, port, hostiles):
        super().__init__(made, name, "virtual-additive", 1)
        self.port, self.agent = port, "usb:" + port
        self.at = [f"serial:{port}#0"]
        self.hostiles, self.pid = hostiles, None
        os.mkfifo(self.path("said"))

    def start(self, kind):
        self.hostiles.plug(self.port, kind, self.path("said"))
        self.said = open(self.path("said"), encoding="ascii")
        self.pid = int(self.said.readline().removeprefix("ready "))

    def stop(self):
        """What it said in the end."""
        if self.pid is None:
            return ""
        os.kill(self.pid, signal.SIGTERM)
        self.pid = None
        with self.said:
            return self.said.read()

    def await_unplugged(self):
        line.wait_for(lambda: usbfs.device_folder(self.port) is None,
                      f"{self.port} stays", line.PATIENCE_S)


class Watching(inside_flow.Usb):
    def ready(self):
        """Two slots for good units, and one for each of the others."""
        made = self.line()
        one, two = made.usb_unit("u1"), made.usb_unit("u2")
        one.program = two.program = inside_flow.QUICK
        others, hostiles = {}, Hostiles()
        self.addCleanup(hostiles.close)
        for kind in (*HOSTILE, "liar", "flaps"):
            port = f"vhci_hcd.0/{len(made.units) + 1}"
            others[kind] = made.adopt(
                Hostile(made, kind, port, hostiles))
        made.open()
        profile = made.path("virtual-additive.yaml")
        text = line.read(line.PROFILES, "virtual-additive.yaml").decode()
        line.write(profile, text.replace(
            "time_budget_s: 60",
            f"time_budget_s: {BUDGET_S}\nreset_s: {RESET_S}").encode())
        made.arm(profiles=[profile])
        return made, one, two, others

    def come(self, seen, kind, count=1, **values):
        """The row of this kind with these values; those that came while
        another one was waited for, too."""
        while True:
            found = [row for row in seen.kind(kind) if all(
                row.get(name) == value for name, value in values.items())]
            if len(found) >= count:
                return found[count - 1]
            seen.until(kind, **values)

    def good(self, seen, unit, count=1):
        """The verdict on the unit that is now in a slot, the slot's so
        manieth."""
        row = self.come(seen, "unit", count, slot=unit.slot)
        self.assertEqual(row["code"], "OK", seen)
        self.made_units.append((unit.folder, row))

    def refused(self, seen, unit, codes, count=1):
        row = self.come(seen, "unit", count, slot=unit.slot)
        self.assertIn(row["code"], codes, row)
        self.assertLess(row["seconds"], BUDGET_S + 10, row)

    def plug_next(self, unit, name):
        """Another unit, as quickly as the port takes it."""
        unit.renew(name)
        unit.start()

    def good_units(self, seen, one, two):
        """Two in one port, and one that dies on the way and comes again."""
        one.start()
        two.start("--cut", "frame@9:before")
        self.refused(seen, two, ("LINK_CLOSED", "LINK_OPEN"))
        two.restart()
        self.good(seen, one)
        self.plug_next(one, "next")
        self.good(seen, two, 2)
        self.good(seen, one, 2)
        # whoever is good keeps his verdict when he restarts
        one.restart()

    def liars(self, seen, liar):
        for count, kind in enumerate(LIARS, 1):
            liar.start(kind)
            self.refused(seen, liar, ("LINK_DESCRIPTORS",), count)
            liar.stop()
            liar.await_unplugged()
        self.come(seen, "slot", slot=liar.slot, state="paused")

    def flaps(self, seen, unit):
        """Whoever is gone before he can be asked costs nobody anything."""
        count = int(unit.stop())
        self.assertGreaterEqual(count, FLAPS_MIN)
        print(f"{count} plugs and unplugs in a slot", file=sys.stderr)
        for row in seen.kind("unit"):
            if row["slot"] == unit.slot:
                self.assertIn(row["code"], GONE, row)

    def assert_made(self, made):
        """Fuses, ledger and register agree with what was said."""
        folders = [folder for folder, _ in self.made_units]
        claims = [{"status": row["code"], "imei": (
            [int(imei[:14]) for imei in row["imei"]] + [None] * 4)[:4]}
            for _, row in self.made_units]
        self.assertEqual(len({row["chip"] for _, row in self.made_units}),
                         len(folders))
        self.assertEqual(inside_flow.unit_check.check(
            made.station, folders, made.path("look"), claims), [])

    def test_good_ones_among_others(self):
        made, one, two, others = self.ready()
        self.made_units = []
        for kind in (*HOSTILE, "flaps"):
            others[kind].start(kind)
        # a slot is paused by three refusals, the line by none
        with watch.Watch(made, "--line-limit", "0") as seen:
            self.good_units(seen, one, two)
            self.liars(seen, others["liar"])
            for kind, codes in HOSTILE.items():
                self.refused(seen, others[kind], codes)
            self.flaps(seen, others["flaps"])
            # a good unit where a bad one was
            others["silent"].stop()
            others["silent"].await_unplugged()
            last = line.UsbUnit(made, "last", "virtual-additive", 1,
                                others["silent"].port)
            last.program = inside_flow.QUICK
            self.addCleanup(last.stop)
            last.slot = others["silent"].slot
            last.start()
            self.good(seen, last, 2)
            # nobody got a second run for standing there
            self.assertEqual(seen.quiet(1, "unit", "step"), [])
            seen.ask_to_stop(signal.SIGINT)
            self.assertNotEqual(seen.end(), case.GOOD)
        runs = [row["slot"] for row in seen.kind("unit")]
        for kind in HOSTILE:
            slot = others[kind].slot
            self.assertEqual(runs.count(slot), 1 + (slot == last.slot), seen)
        self.assert_made(made)


if __name__ == "__main__":
    case.unittest.main(argv=sys.argv, verbosity=2)
