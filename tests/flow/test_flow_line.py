#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""From blank to locked, again, and from the outside: P1, P2, P5, P7, P11."""
import case
import line
import wire


class Line(case.Case):
    """Three units at once: additive words, write-once words and two IMEIs."""

    @classmethod
    def setUpClass(cls):
        cls.vendor = line.Root()
        cls.addClassCleanup(cls.vendor.close)
        cls.made = made = line.Line(cls.vendor)
        cls.addClassCleanup(made.close)
        cls.units = (made.unit("u1"), made.unit("u2", "virtual-once"),
                     made.unit("u3", "virtual-once"))
        made.open()
        for unit in cls.units:
            unit.start()
        made.arm()
        cls.first = made.provision()

    def imeis(self, unit):
        return self.first.row(unit)["imei"]

    def test_good(self):
        self.assert_good(self.first, *self.units)
        for unit in self.units:
            self.assertFalse(self.first.row(unit)["is_unchanged"])

    def test_fuses_say_the_same(self):
        for unit in self.units:
            self.assertEqual(len(self.imeis(unit)), unit.slots)
            self.assert_whole(unit, self.imeis(unit))
            self.assertEqual(unit.decode()["canaries"], [0, 0, 0, 0])

    def test_unique_neighbours_in_sequence(self):
        numbers = [imei for unit in self.units for imei in self.imeis(unit)]
        self.assertEqual(len(numbers), 5)
        self.assertEqual(len(set(numbers)), 5)
        for unit in self.units[1:]:
            first, second = (int(imei[:14]) for imei in self.imeis(unit))
            self.assertEqual(second, first + 1)
        once = sorted(int(imei[:14]) for unit in self.units[1:]
                      for imei in self.imeis(unit))
        tac = int(self.made.tacs["virtual-once"]) * 10 ** 6
        self.assertEqual(once, [tac, tac + 1, tac + 2, tac + 3])

    def test_ledger(self):
        rows = self.made.ledger()
        for unit in self.units:
            row = rows[unit.decode()["chip_id"]]
            self.assertEqual((row["state"], row["imei"], row["seen"]),
                             ("verified", self.imeis(unit), "locked"))
        summary = self.assert_sums(self.made)
        self.assertEqual(summary["units"], 3)

    def test_write_once_words_were_written_once(self):
        for unit in self.units[1:]:
            self.assertEqual(unit.counters()["second_writes"], 0)

    def test_again_changes_nothing(self):
        burns = [unit.counters()["otp-program"] for unit in self.units]
        refused = [unit.counters()["refused_burns"] for unit in self.units]
        with self.keeps_fuses(*self.units):
            again = self.made.provision()
        self.assert_good(again, *self.units)
        for unit in self.units:
            row = again.row(unit)
            self.assertTrue(row["is_unchanged"])
            self.assertEqual(row["imei"], self.imeis(unit))
        self.assertEqual([u.counters()["otp-program"] for u in self.units],
                         burns)
        self.assertEqual([u.counters()["refused_burns"] for u in self.units],
                         refused)

    def test_again_says_so(self):
        again = self.made.provision(self.units[0], text=True)
        self.assertIn("nothing changed", again.output)
        self.assertIn(self.imeis(self.units[0])[0], again.output)

    def test_again_after_power_was_off(self):
        with self.keeps_fuses(*self.units):
            for unit in self.units:
                unit.restart()
            again = self.made.provision()
        self.assert_good(again, *self.units)
        self.assertTrue(again.row(self.units[0])["is_unchanged"])

    def test_verify_with_nothing_but_root_and_unit(self):
        for unit in self.units:
            with self.keeps_fuses(unit):
                outcome = line.verify(unit)
            self.assertEqual(outcome.exit, case.GOOD, outcome)
            verdict, = outcome.kind("verdict")
            self.assertEqual(verdict["imei"], self.imeis(unit))
            self.assertEqual(
                {check for check, result in outcome.checks().items()
                 if result == "not shown"},
                {"requests refused", "revocation"})

    def test_verify_tries_the_canaries_itself(self):
        unit = self.units[0]
        before = unit.counters()["refused_burns"]
        line.verify(unit, probe=False)
        self.assertEqual(unit.counters()["refused_burns"], before)
        line.verify(unit)
        self.assertEqual(unit.counters()["refused_burns"], before + 4)

    def test_development_only_if_asked_for(self):
        self.assert_refused(line.verify(self.units[0], accept=False),
                            "VERIFY_CLASS", case.STOP)

    def test_foreign_root(self):
        other = self.root()
        for unit in self.units[:2]:
            outcome = line.verify(unit, root=other.pem)
            self.assert_refused(outcome, "VERIFY_RECORD", case.STOP)
            self.assertEqual(outcome.checks()["certificate"], "VERIFY_RECORD")

    def test_second_read_path_is_needed_and_compared(self):
        one, two = self.units[:2]
        self.assert_refused(line.verify(one, at=False), "VERIFY_AT_ABSENT",
                            case.STOP)
        own, one.at = one.at, two.at[:1]
        try:
            outcome = line.verify(one)
        finally:
            one.at = own
        self.assert_refused(outcome, "VERIFY_AT", case.REWORK)

    def test_lost_record_is_put_back_byte_for_byte(self):
        for unit in self.units[:2]:
            with wire.Client(unit.path("agent.sock")) as agent:
                agent.hello()
                record = agent.good(wire.FETCH, {4: 4})[3]
            with self.keeps_fuses(unit):
                unit.stop()
                size = len(line.read(unit.path("store.bin")))
                line.write(unit.path("store.bin"), b"\xff" * size)
                unit.start()
                self.assert_refused(line.verify(unit), "AGENT_NONE_STORED",
                                    case.RETRY)
                back = self.made.provision(unit)
            self.assert_good(back, unit)
            self.assertFalse(back.row(unit)["is_unchanged"])
            self.assertEqual(line.verify(unit).exit, case.GOOD)
            with wire.Client(unit.path("agent.sock")) as agent:
                agent.hello()
                self.assertEqual(agent.good(wire.FETCH, {4: 4})[3], record)


class Close(case.Case):
    def test_sums_are_shown_and_signer_ends(self):
        made = self.armed()
        self.assert_good(made.provision(), *made.units)
        self.assertEqual(len(made.signers()), 1)
        closed = made.disarm()
        self.assert_no_signer(made)
        self.assertTrue(closed.rows, closed)
        self.assert_refused(made.provision(), "STATION_NOT_ARMED", case.STOP)


if __name__ == "__main__":
    case.main()
