#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many units at once: sixteen slots in one process, and several processes on
one station (P1, P8, P9).  Built with the thread sanitizer this is where races
are looked for."""
import json
import unittest

import case
import line
import watch

SLOTS = 16
PROCESSES = 4
WATCHED = 8


class Many(case.Case):
    def ready(self):
        """An armed line of sixteen blank units, one of them write-once."""
        made = self.line()
        for n in range(SLOTS - 1):
            made.unit(f"u{n}")
        made.unit("once", "virtual-once")
        made.open()
        for unit in made.units:
            unit.start()
        made.arm()
        return made

    def assert_all_locked(self, made):
        """By the fuses themselves: locked, and no number twice."""
        seen = [unit.decode() for unit in made.units]
        self.assertTrue(all(unit["locked"] for unit in seen))
        numbers = [imei for unit in seen for imei in unit["imei"] if imei]
        self.assertEqual(len(numbers), SLOTS + 1)
        self.assertEqual(len(set(numbers)), len(numbers))
        made.must("ledger", "check")

    def test_sixteen_slots(self):
        made = self.ready()
        outcome = made.provision()
        self.assertEqual(outcome.exit, 0, outcome)
        self.assertEqual({row["code"] for row in outcome.kind("unit")}, {"OK"})
        tally, = outcome.kind("tally")
        self.assertEqual((tally["units"], tally["good"], tally["first_good"]),
                         (SLOTS, SLOTS, SLOTS))
        self.assert_all_locked(made)

    def test_processes_take_turns(self):
        made = self.ready()
        share = SLOTS // PROCESSES
        running = [made.start_provision(*made.units[n * share:(n + 1) * share])
                   for n in range(PROCESSES)]
        for process in running:
            output, _ = process.communicate(timeout=line.PATIENCE_S)
            self.assertEqual(process.returncode, 0, output)
            rows = [json.loads(row) for row in output.splitlines()
                    if row.startswith(b"{")]
            good = [row["code"] for row in rows if row["kind"] == "unit"]
            self.assertEqual(good, ["OK"] * share, output)
        self.assert_all_locked(made)

    def test_eight_watched_slots(self):
        """Units that come one after another, two to a slot, while others are
        at work."""
        made = self.line()
        for n in range(WATCHED):
            made.unit(f"u{n}")
        made.open()
        made.arm()
        with watch.Watch(made, "--stop-after", str(2 * WATCHED)) as seen:
            for unit in made.units:
                unit.start()
            done = [seen.until("unit") for _ in range(WATCHED)]
            self.assertEqual({row["code"] for row in done}, {"OK"}, seen)
            for unit in made.units:
                unit.become_another()
            self.assertEqual(seen.end(), 0, seen)
            tally, = seen.kind("tally")
            self.assertEqual(tally["good"], 2 * WATCHED)
        made.must("ledger", "check")


if __name__ == "__main__":
    unittest.main()
