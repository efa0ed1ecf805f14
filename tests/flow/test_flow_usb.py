#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Handsets on USB, and what else is plugged in, under the tool as it is.

The devices are those of usb_units, in a bed of umockdev: no kernel has a part
in it, but the tool and its library cannot tell.
"""
import os
import signal
import subprocess
import sys
import time
import unittest.mock

import case
import line
import watch

CONTROLLER = "0000:00:14.0"
# longer than one device may take to settle
LOADER_MS = 2000


class UsbUnit(line.VirtualUnit):
    """A virtual handset at a port; its AT ports are sockets as always."""

    def __init__(self, made, name, port, **how):
        super().__init__(made, name, **how)
        self.agent = f"usb:{CONTROLLER}/{port}"
        self.word = f"1-{port}=handset,folder={self.folder}," \
                    f"model={self.model},slots={self.slots}"

    def start(self, *arguments, program=None):
        raise NotImplementedError("a bed starts all of them")


class Bed:
    """Devices that are plugged in until it is closed."""

    def __init__(self, root, words):
        self.process = subprocess.Popen(
            ["umockdev-wrapper", os.path.join(line.BIN, "usb_units"),
             root.pem, *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            preexec_fn=line.die_with_parent)
        said = [self.process.stdout.readline() for _ in range(2)]
        if said[1] != "ready\n":
            raise line.Failed(str(said))
        self.env = unittest.mock.patch.dict(os.environ, {
            "LD_PRELOAD": "libumockdev-preload.so.0",
            "UMOCKDEV_DIR": said[0].split()[1]})
        self.env.start()

    def close(self):
        """{port: {what: count}}"""
        if self.env is None:
            return {}
        self.env.stop()
        self.env = None
        said, _ = self.process.communicate(timeout=20)
        if self.process.returncode != 0:
            raise line.Failed(f"usb_units: exit {self.process.returncode}")
        rows = [text.split() for text in said.splitlines()]
        return {row[0]: dict(zip(row[1::2], map(int, row[2::2])))
                for row in rows}


class Case(case.Case):
    def bed(self, root, words):
        made = Bed(root, words)
        self.addCleanup(made.close)
        return made

    def station(self, *units, others=(), more=None):
        """A line with handsets at ports, and a bed in which they are."""
        made = self.line()
        for name, port, model, pull in units:
            unit = made.adopt(UsbUnit(made, name, port, model=model))
            if pull:
                unit.word += f",pull={pull}"
            if more and name in more:
                unit.word += "," + more[name]
        made.open()
        made.bed = self.bed(made.root, [unit.word for unit in made.units]
                            + list(others))
        made.arm()
        return made


class Provision(Case):
    def test_whole_line(self):
        """From blank to locked; each restart is another plug, and one unit
        shows its boot loader first."""
        made = self.station(("u1", "2", "virtual-additive", 0),
                            ("u2", "3.1", "virtual-once", 0),
                            ("u3", "3.2", "virtual-once", 0),
                            ("u4", "4", "virtual-additive", 0),
                            more={"u4": f"loader={LOADER_MS}"})
        first = made.provision()
        self.assert_good(first, *made.units)
        again = made.provision()
        self.assert_good(again, *made.units)
        for unit in made.units:
            self.assertTrue(again.row(unit)["is_unchanged"])
            self.assertEqual(again.row(unit)["imei"],
                             first.row(unit)["imei"])
        verdict, = line.verify(made.units[1]).kind("verdict")
        self.assertEqual(verdict["imei"], first.row(made.units[1])["imei"])
        made.bed.close()
        for unit in made.units:
            self.assert_whole(unit, first.row(unit)["imei"])
        self.assert_sums(made)

    def test_pulled_in_the_middle(self):
        """A cable that is pulled costs a run, never a unit."""
        made = self.station(("u1", "2", "virtual-additive", 1),
                            ("u2", "3", "virtual-additive", 4),
                            ("u3", "4", "virtual-once", 9),
                            ("u4", "5", "virtual-additive", 14))
        first = made.provision()
        self.assertEqual(first.exit, case.RETRY, first)
        for unit in made.units:
            self.assertEqual(first.row(unit)["code"], "LINK_CLOSED", first)
        time.sleep(0.3)  # until the last one is plugged in again
        again = made.provision()
        self.assert_good(again, *made.units)
        self.assert_sums(made)


class Watched(Case):
    FLAPS = 1000
    # of a run that met a device on its way out
    GONE = ("LINK_OPEN", "LINK_CLOSED", "LINK_FOREIGN")
    GONE_S = 15

    def open_files(self, seen):
        return len(os.listdir(f"/proc/{seen.process.pid}/fd"))

    def test_a_thousand_plugs(self):
        """A device that comes and goes a thousand times costs its neighbour
        nothing and the station no file; what it is in the end is made."""
        made = self.station(
            ("u1", "2", "virtual-additive", 0),
            ("u2", "3", "virtual-additive", 0),
            more={"u2": f"flaps={self.FLAPS}"})
        one, two = made.units
        with watch.Watch(made, "--slot-limit", "0", "--line-limit",
                         "0") as seen:
            row = seen.until("unit", slot=one.slot)
            self.assertEqual(row["code"], "OK", row)
            files = self.open_files(seen)
            while row["slot"] != two.slot or row["code"] != "OK":
                row = seen.until("unit", slot=two.slot)
                self.assertIn(row["code"], ("OK", *self.GONE), row)
                self.assertLess(row["seconds"], self.GONE_S, row)
            self.assertEqual(seen.quiet(1, "unit"), [])
            self.assertLessEqual(self.open_files(seen), files)
            seen.ask_to_stop(signal.SIGINT)
            seen.end()
        counts = made.bed.close()
        self.assertGreater(counts["1-3"]["plugs"], self.FLAPS)
        refusals = [row for row in seen.kind("unit") if row["code"] != "OK"]
        print(f"{len(refusals)} runs of {counts['1-3']['plugs']} plugs",
              file=sys.stderr)
        self.assert_sums(made)


class Devices(Case):
    OTHERS = {"4": ("foreign", "LINK_FOREIGN"),
              "5": ("lying", "LINK_DESCRIPTORS"),
              "6": ("busy", "LINK_BUSY"),
              "7": ("refused", "LINK_CLAIM"),
              "8": ("halted", "LINK_STALLED"),
              "9": ("deaf", "LINK_TIMEOUT"),
              "10": ("silent", "LINK_TIMEOUT"),
              "11": ("noise", ("FRAME_CRC", "FRAME_SIZE", "LINK_TIMEOUT")),
              "12": (None, "LINK_OPEN")}

    def test_who_is_there(self):
        """Each slot says what is wrong with it, in bounded time; what is no
        agent, or cannot be one, gets no byte."""
        made = self.line()
        unit = made.adopt(UsbUnit(made, "u1", "2"))
        words = [unit.word]
        slots = {1: "yes"}
        for slot, (port, (kind, code)) in enumerate(self.OTHERS.items(), 2):
            other = made.adopt(UsbUnit(made, f"o{slot}", port))
            if kind:
                words.append(f"1-{port}={kind}")
            slots[other.slot] = code
        made.open()
        bed = self.bed(made.root, words)
        outcome = made.run("devices")
        self.assertEqual(outcome.exit, case.GOOD, outcome)
        for row in outcome.kind("device"):
            wanted = slots[row["slot"]]
            self.assertIn(row["answers"], wanted if isinstance(wanted, tuple)
                          else (wanted,), outcome)
        self.assertLess(outcome.wall_s, 20)
        counts = bed.close()
        for port, seen in counts.items():
            self.assertGreater(seen.pop("plugs"), 0)
            if port == "1-2":
                self.assertGreater(seen["bytes"], 0)
            if port == "1-4":
                self.assertEqual(set(seen.values()), {0}, seen)
            if port in ("1-5", "1-6", "1-7"):
                self.assertEqual((seen["transfers"], seen["bytes"]), (0, 0))
            if port == "1-5":
                self.assertEqual(seen["claims"], 0)


if __name__ == "__main__":
    case.main()
