#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tool and virtual handsets with a real USB stack between them: units come
and go, are provisioned over usb: and serial: addresses by a user who has his
rights from udev alone, and are unplugged at each step.

Inside a guest (run.py).  P1, P2, P8.
"""
import os
import subprocess
import sys
import time
import unittest.mock

sys.path.insert(0, os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "tests",
                                "flow"))
import case  # noqa: E402
import line  # noqa: E402
import station_user  # noqa: E402
import unit_check  # noqa: E402
import usbfs  # noqa: E402

UNITS = 8
# that are unplugged in one run: so many that three runs have them all
BATCH = 9
# Where a unit was told to restart, the tool waits ten seconds for it.  These
# are in one run, to wait together.  If others should do so one day, the test
# is slower, and no less true.
AWAITED = [f"frame@{n}:before" for n in (11, 12, 19, 20)]
RETRIES = 3
# The same handset with other cryptography.  In an emulator that of
# imeilock-handset takes 15 times as long as on its host: two thirds of all
# that a guest with eight units computes.  Other tests have it there.
QUICK = "imeilock-handset-openssl"
# udev takes so long, where it is made to be late
RIGHTS_S = 0.5
# a guest is slow, and slower where others work, too
line.PATIENCE_S = 240


def claim_of(outcome, unit):
    """What unit_check wants to know of a run."""
    row = outcome.row(unit)
    imeis = [int(text[:14]) for text in row["imei"] or ()]
    return {"status": row["code"], "imei": (imeis + [None] * 4)[:4]}


def link_by_path(port):
    """The one of udev's own that names the first AT port by where it is."""
    host, number = port.split("/")
    return f"/dev/serial/by-path/platform-{host}-usb-0:{number}:1.1"


class Usb(case.Case):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["modprobe", "-a", "vhci-hcd", "cdc-acm"], check=True)

    def run_as(self, who):
        how = unittest.mock.patch.object(line, "AS", who)
        how.start()
        self.addCleanup(how.stop)

    def made(self, *models):
        made = self.line()
        for number, model in enumerate(models):
            unit = made.usb_unit(f"u{number + 1}", model)
            # and here, a few among the others
            if model == "virtual-additive":
                unit.program = QUICK
        return made

    def assert_nothing_wrong(self, made, outcome, units):
        """By the fuse files, the ledger and the register alone."""
        found = unit_check.check(
            made.station, [unit.folder for unit in units], made.path("look"),
            [claim_of(outcome, unit) for unit in units])
        self.assertEqual(found, [], outcome)

    def answers(self, made):
        """{slot: "yes", or why not} of `imeilock devices`."""
        return {row["slot"]: row["answers"]
                for row in made.run("devices").kind("device")}


class Flow(Usb):
    """By the user that a station has as a service."""

    def setUp(self):
        station_user.make()
        self.addCleanup(station_user.remove_rules)
        self.run_as(station_user.MEMBER)

    def assert_rights(self, units, has_links):
        """What udev made of each node, and which links lead there."""
        station_user.settle()
        links = {}
        for unit in units:
            for name, node in station_user.nodes(unit.port).items():
                links[f"slot{unit.slot}{name}"] = node
                self.assertEqual(station_user.rights(node),
                                 ("imeilock", "0o660"), node)
        self.assertEqual(station_user.links(), links if has_links else {})

    def assert_nobody_else(self, unit):
        self.run_as(station_user.STRANGER)
        outcome = line.verify(unit)
        self.assertEqual((outcome.code, outcome.exit),
                         ("LINK_PERMISSION", case.STOP), outcome)
        self.run_as(station_user.MEMBER)

    def plug_all(self, made):
        """The first of them before udev has its rules."""
        first = made.units[0]
        self.assertEqual(set(self.answers(made).values()), {"LINK_OPEN"})
        first.start()
        self.assertEqual(self.answers(made)[first.slot], "LINK_PERMISSION")
        station_user.install(made)
        first.stop()
        first.await_unplugged()
        for unit in made.units:
            unit.plug()
        for unit in made.units:
            unit.await_plugged()
        self.assert_rights(made.units, False)
        station_user.install(made, "--slots")
        station_user.look_again()
        self.assert_rights(made.units, True)
        self.assertEqual(set(self.answers(made).values()), {"yes"})
        self.assert_nobody_else(first)

    def test_eight_at_once(self):
        models = ["virtual-additive"] * 6 + ["virtual-once"] * 2
        made = self.made(*models)
        units = made.units
        units[1].at = ["serial:" + link_by_path(units[1].port)]
        made.open()
        self.plug_all(made)
        before = [usbfs.attribute(unit.port, "devnum") for unit in units]
        made.arm()
        begin = time.monotonic()
        outcome = made.provision()
        wall = time.monotonic() - begin
        self.assert_good(outcome, *units)
        for unit in units:
            self.assert_whole(unit, outcome.row(unit)["imei"])
        self.assert_nothing_wrong(made, outcome, units)
        print(f"{UNITS} units at once in {wall:.1f} s", file=sys.stderr)
        self.assertTrue(os.path.islink(link_by_path(units[1].port)))
        # they are where they were, after two resets each, by other nodes
        for unit, number in zip(units, before):
            self.assertNotEqual(usbfs.attribute(unit.port, "devnum"), number)
        self.assert_rights(units, True)
        # rights that come late are waited for
        station_user.delay(RIGHTS_S)
        outcome = line.verify(units[-1])
        self.assertEqual(outcome.exit, 0, outcome)
        for unit in units:
            unit.stop()
        for unit in units:
            unit.await_unplugged()
        self.assertEqual(set(self.answers(made).values()), {"LINK_OPEN"})
        station_user.settle()
        self.assertEqual(station_user.links(), {})


class Unplugged(Usb):
    def steps(self, made):
        """The cuts to make: each reply that a good unit gives, and burns."""
        unit = made.units[0]
        unit.start()
        outcome = made.provision(unit)
        self.assert_good(outcome, unit)
        frames = unit.counters()["frame"]
        steps = [f"frame@{n}:before" for n in range(1, frames + 1)] + [
            "otp-program@20:torn:1", "store-program@2:torn:1",
            "lock@1:torn:1", "lock@1:after"]
        return sorted(steps, key=lambda step: step not in AWAITED)

    def test_at_each_step(self):
        made = self.made(*["virtual-additive"] * BATCH)
        made.open()
        made.arm()
        steps = self.steps(made)
        self.ended = []
        for number in range(0, len(steps), BATCH):
            batch = dict(zip(made.units, steps[number:number + BATCH]))
            for unit, cut in batch.items():
                unit.renew(f"{unit.name}-{number}")
                unit.plug("--cut", cut)
            for unit in batch:
                unit.await_plugged()
            self.run_cut(made, batch)
        # by the fuse files, the ledger and the register alone
        folders, claims = zip(*self.ended)
        self.assertEqual(unit_check.check(made.station, folders,
                                          made.path("look"), claims), [])
        print(f"unplugged at {len(steps)} steps", file=sys.stderr)

    def run_cut(self, made, batch):
        """batch: {unit: cut}."""
        outcome = made.provision(*batch)
        for unit, cut in batch.items():
            self.assertFalse(unit.is_running(), f"{cut} did not come")
            self.assertNotEqual(outcome.row(unit)["code"], "OK", cut)
            unit.stop()
            unit.plug()
        for unit in batch:
            unit.await_plugged()
        for _ in range(RETRIES):
            outcome = made.provision(*batch)
            if outcome.exit == case.GOOD:
                break
        self.assert_good(outcome, *batch)
        self.ended += [(unit.folder, claim_of(outcome, unit))
                       for unit in batch]


if __name__ == "__main__":
    case.unittest.main(argv=sys.argv, verbosity=2)
