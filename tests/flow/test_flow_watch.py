#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A line that takes units as they are plugged in: `provision --watch` with
virtual handsets that come and go."""
import signal
import unittest

import case
import line
import watch

DELAYED = "fault:r:delay@4=1500:"
# longer than it takes to notice that somebody has gone
GONE_S = 4


class Watching(case.Case):
    def ready(self, slots=2, units=100, **how):
        """An armed line of empty slots."""
        made = self.line(**how)
        for n in range(slots):
            made.unit(f"u{n + 1}")
        made.open()
        made.arm(units=units)
        return made

    def watch(self, made, *words, **how):
        found = watch.Watch(made, *words, **how)
        self.addCleanup(found.__exit__)
        return found


    def assert_ledger(self, made, row):
        """What was said of a unit is what the ledger has."""
        known = made.ledger()[row["chip"]]
        self.assertEqual((known["state"], known["imei"]),
                         ("verified", row["imei"]))


class Units(Watching):
    def test_units_come_and_go(self):
        made = self.ready(2)
        one, two = made.units
        with self.watch(made) as seen:
            self.assertEqual(seen.quiet(1, "unit", "step"), [])
            one.start()
            first = seen.until("unit", slot=1)
            self.assertEqual(first["code"], "OK")
            self.assert_ledger(made, first)
            two.start()
            self.assert_ledger(made, seen.until("unit", slot=2))
            # the verdict stays, and nothing is run, while it is there, when
            # it restarts, when it is taken out, and when it comes back
            one.restart()
            two.stop()
            self.assertEqual(seen.quiet(GONE_S, "unit", "step"), [])
            two.start()
            self.assertEqual(seen.quiet(2, "unit", "step"), [])
            # the next unit in the slot of the first
            one.become_another()
            second = seen.until("unit", slot=1)
            self.assertEqual(second["code"], "OK")
            self.assertNotEqual(second["chip"], first["chip"])
            self.assert_ledger(made, second)
            seen.ask_to_stop(signal.SIGINT)
            self.assertEqual(seen.end(), 0, seen)
            tally, = seen.kind("tally")
            self.assertEqual((tally["units"], tally["good"],
                              tally["first_good"]), (3, 3, 3))
            self.assertEqual([(row["slot"], row["units"], row["good"])
                              for row in seen.kind("slot_sums")],
                             [(1, 2, 2), (2, 1, 1)])
        self.assert_sums(made)

    def test_run_again_is_plugged_again(self):
        made = self.ready(1)
        unit, = made.units
        unit.start("--cut", "otp-program@5:before")
        with self.watch(made) as seen:
            row = seen.until("unit")
            self.assertEqual(row["exit"], case.RETRY)
            seen.until("slot", slot=1, state="empty")
            unit.restart()
            again = seen.until("unit")
            self.assertEqual((again["code"], again["chip"]),
                             ("OK", row["chip"]))
            seen.ask_to_stop(signal.SIGTERM)
            # one unit, and in the end it was good
            self.assertEqual(seen.end(), 0, seen)
            tally, = seen.kind("tally")
            self.assertEqual((tally["units"], tally["good"],
                              tally["first_good"]), (1, 1, 0))
        self.assert_sums(made)

    def test_a_bad_unit_is_the_exit_code(self):
        made = self.ready(2)
        made.units[0].start("--lock", "lies")
        made.units[1].start()
        with self.watch(made) as seen:
            rows = {}
            for _ in range(2):
                row = seen.until("unit")
                rows[row["slot"]] = row
            self.assertEqual((rows[1]["code"], rows[1]["exit"]),
                             ("VERIFY_CANARY", case.REWORK))
            # it stands there and is not run again
            with self.keeps_fuses(*made.units):
                self.assertEqual(seen.quiet(2, "unit", "step"), [])
            seen.ask_to_stop(signal.SIGHUP)
            self.assertEqual(seen.end(), case.REWORK, seen)

    def test_a_stop_is_between_two_steps(self):
        made = self.line()
        unit = made.unit("u1")
        made.address(unit, DELAYED + unit.agent)
        made.open()
        made.arm()
        unit.start()
        with self.watch(made) as seen:
            seen.until("step", step="permit")
            seen.ask_to_stop(signal.SIGINT)
            self.assertEqual(seen.end(), case.RETRY)
            row, = seen.kind("unit")
            self.assertEqual(row["code"], "STATION_STOPPED")
            self.assertEqual(seen.kind("step")[-1]["step"], "permit")
        self.assert_good(made.provision(unit), unit)
        self.assert_sums(made)

    def test_someone_who_does_not_understand_us(self):
        """Nobody of ours, but somebody: a verdict, once."""
        made = self.ready(1)
        unit, = made.units
        unit.start(program="imeilock-handset-verify")
        with self.watch(made) as seen:
            row = seen.until("unit")
            self.assertEqual(row["code"], "MSG_UNKNOWN")
            self.assertEqual(seen.quiet(2, "unit", "step"), [])


class Limits(Watching):
    def test_no_more_than_armed(self):
        """However many are plugged in, and some that fail."""
        made = self.ready(4, units=2)
        made.units[0].start("--cut", "otp-program@5:before")
        for unit in made.units[1:]:
            unit.start()
        with self.watch(made) as seen:
            code = seen.end()
            self.assertNotEqual(code, case.STOP)
            good = [row for row in seen.kind("unit") if row["code"] == "OK"]
            self.assertEqual(len(good), 2, seen)
        row, = made.must("station", "show").kind("armed")
        self.assertEqual((row["made"], row["of_units"]), (2, 2))
        # never more tickets than that, but for the one that failed
        self.assertLessEqual(len(made.ledger()), 3)
        self.assert_refused(made.run("provision", "--watch"),
                            "STATION_ENDED", case.STOP)
        self.assert_sums(made)

    def test_stop_after(self):
        made = self.ready(4)
        for unit in made.units:
            unit.start()
        with self.watch(made, "--stop-after", "3") as seen:
            self.assertEqual(seen.end(), 0, seen)
            self.assertEqual([row["code"] for row in seen.kind("unit")],
                             ["OK"] * 3)
        self.assertEqual(len(made.ledger()), 3)
        # those that are good already are none of them
        with self.watch(made, "--stop-after", "1") as seen:
            self.assertEqual(seen.end(), 0, seen)
            self.assertEqual(sorted(row["is_unchanged"] for row
                                    in seen.kind("unit"))[0], False)
        self.assertEqual(len(made.ledger()), 4)

    def test_a_slot_is_paused(self):
        made = self.ready(2)
        one, two = made.units
        with self.watch(made, "--slot-limit", "2", "--line-limit",
                        "0") as seen:
            one.start("--cut", "otp-program@5:before")
            seen.until("unit", slot=1, exit=case.RETRY)
            seen.until("slot", slot=1, state="empty")
            one.restart("--cut", "otp-program@5:before")
            seen.until("unit", slot=1, exit=case.RETRY)
            seen.until("slot", slot=1, state="paused")
            seen.until("slot", slot=1, state="empty")
            one.restart()
            seen.until("slot", slot=1, state="waits: the slot is paused")
            with self.keeps_fuses(one):
                # its neighbour works on
                two.start()
                seen.until("unit", slot=2, code="OK")
                self.assertEqual(seen.quiet(1, "unit"), [])
            seen.ask_to_stop(signal.SIGINT)
            self.assertEqual(seen.end(), case.RETRY)
        # it goes on when it is started again
        with self.watch(made) as seen:
            seen.until("unit", slot=1, code="OK")

    def test_the_line_is_paused(self):
        made = self.ready(3)
        with self.watch(made, "--line-limit", "2") as seen:
            for unit in made.units[:2]:
                unit.start("--lock", "stuck-open")
                seen.until("unit", slot=unit.slot)
            row = seen.until("line", is_paused=True)
            self.assertNotEqual(row["code"], "OK")
            made.units[2].start()
            seen.until("slot", slot=3, state="waits: the line is paused")
            with self.keeps_fuses(made.units[2]):
                self.assertEqual(seen.quiet(1, "unit", "step"), [])

    def test_what_is_no_units_fault_pauses_the_line(self):
        """The signer is gone: the first unit that needs it stops the line."""
        made = self.ready(2)
        made.kill_signer()
        # it is asked for at the start as well
        self.assertEqual(made.run("provision", "--watch").exit, case.STOP)
        made.disarm()
        made.arm()
        with self.watch(made) as seen:
            seen.until("slot", slot=1, state="empty")
            made.kill_signer()
            made.units[0].start()
            row = seen.until("unit", slot=1)
            self.assertEqual(row["exit"], case.STOP)
            self.assertTrue(row["code"].startswith("HSM_"), row)
            seen.until("line", is_paused=True, code=row["code"])
            made.units[1].start()
            with self.keeps_fuses(made.units[1]):
                seen.until("slot", slot=2, state="waits: the line is paused")
                self.assertEqual(seen.quiet(1, "unit", "step"), [])


class Words(Watching):
    def test_for_people(self):
        made = self.ready(1)
        made.units[0].start()
        outcome = made.run("provision", "--watch", "--plain", "--stop-after",
                           "1", text=True)
        self.assertEqual(outcome.exit, 0, outcome)
        for words in ("Plug the units in.", "slot 1: working\n",
                      "slot 1: lock\n", "slot 1: good  0010",
                      "1 units are good, as asked."):
            self.assertIn(words, outcome.output)
        self.assertNotRegex(outcome.output, r"\d{14}")

    def test_options_that_need_it(self):
        made = self.ready(1)
        for words, said in (
                (("--stop-after", "3"), "--stop-after needs --watch"),
                (("--plain",), "--plain needs --watch"),
                (("--watch", "--board", "1=B1"),
                 "--board is not for --watch"),
                (("--watch", "--slot-limit", "-1"), "--slot-limit")):
            outcome = made.run("provision", *words, text=True)
            self.assertEqual(outcome.exit, 1, outcome)
            self.assertIn(said, outcome.errors)


if __name__ == "__main__":
    unittest.main()
