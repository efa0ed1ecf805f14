#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tool and virtual handsets with a real USB stack between them: units come
and go, are provisioned over usb: and serial: addresses, and are unplugged at
each step.

Inside a guest (run.py).  P1, P2, P8.
"""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "tests",
                                "flow"))
import case  # noqa: E402
import line  # noqa: E402
import unit_check  # noqa: E402

UNITS = 8
RETRIES = 3


def claim_of(outcome, unit):
    """What unit_check wants to know of a run."""
    row = outcome.row(unit)
    imeis = [int(text[:14]) for text in row["imei"] or ()]
    return {"status": row["code"], "imei": (imeis + [None] * 4)[:4]}


class Usb(case.Case):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["modprobe", "-a", "vhci-hcd", "cdc-acm"], check=True)

    def made(self, *models):
        made = self.line()
        for number, model in enumerate(models):
            made.usb_unit(f"u{number + 1}", model)
        made.open()
        return made

    def assert_nothing_wrong(self, made, outcome):
        found = unit_check.check(
            made.station, [unit.folder for unit in made.units],
            made.path("look"),
            [claim_of(outcome, unit) for unit in made.units])
        self.assertEqual(found, [], outcome)

    def codes(self, made):
        """{slot: code} of `imeilock devices`."""
        return {row["slot"]: row["code"]
                for row in made.run("devices").kind("device")}


class Flow(Usb):
    def test_eight_at_once(self):
        models = ["virtual-additive"] * 6 + ["virtual-once"] * 2
        made = self.made(*models)
        units = made.units
        self.assertEqual(set(self.codes(made).values()), {"LINK_OPEN"})
        for unit in units:
            unit.start()
        self.assertEqual(set(self.codes(made).values()), {"OK"})
        made.arm()
        begin = time.monotonic()
        outcome = made.provision()
        wall = time.monotonic() - begin
        self.assert_good(outcome, *units)
        for unit in units:
            self.assert_whole(unit, outcome.row(unit)["imei"])
        self.assert_nothing_wrong(made, outcome)
        print(f"{UNITS} units at once in {wall:.1f} s", file=sys.stderr)
        # they are where they were, after two resets each
        self.assertEqual(set(self.codes(made).values()), {"OK"})
        for unit in (units[0], units[-1]):
            outcome = line.verify(unit)
            self.assertEqual(outcome.exit, 0, outcome)
        for unit in units:
            unit.stop()
        for unit in units:
            unit.await_unplugged()
        self.assertEqual(set(self.codes(made).values()), {"LINK_OPEN"})


class Unplugged(Usb):
    def steps(self, made):
        """The cuts to make: each reply that a good unit gives, and burns."""
        unit = made.units[0]
        unit.start()
        outcome = made.provision(unit)
        self.assert_good(outcome, unit)
        frames = unit.counters()["frame"]
        return [f"frame@{n}:before" for n in range(1, frames + 1)] + [
            "otp-program@20:torn:1", "store-program@2:torn:1",
            "lock@1:torn:1", "lock@1:after"]

    def test_at_each_step(self):
        made = self.made(*["virtual-additive"] * UNITS)
        made.arm()
        steps = self.steps(made)
        for number in range(0, len(steps), UNITS):
            batch = (steps[number:number + UNITS] + steps)[:UNITS]
            for unit, cut in zip(made.units, batch):
                unit.renew(f"{unit.name}-{number}")
                unit.start("--cut", cut)
            self.run_cut(made, batch)
        print(f"unplugged at {len(steps)} steps", file=sys.stderr)

    def run_cut(self, made, batch):
        outcome = made.provision()
        for unit, cut in zip(made.units, batch):
            self.assertFalse(unit.is_running(), f"{cut} did not come")
            self.assertNotEqual(outcome.row(unit)["code"], "OK", cut)
            unit.restart()
        for _ in range(RETRIES):
            outcome = made.provision()
            if outcome.exit == case.GOOD:
                break
        self.assert_good(outcome, *made.units)
        self.assert_nothing_wrong(made, outcome)


if __name__ == "__main__":
    case.unittest.main(argv=sys.argv, verbosity=2)
