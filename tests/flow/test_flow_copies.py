#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Old copies of ledger, of register, and of both: P1, P12.

A backup that was put back, or a cloned disk, must not give a number out a
second time.  The token is no part of a backup: what it holds stays.
"""
import case
import line

LEDGER, REGISTER, BOTH = ("ledger.db",), ("signer",), ("ledger.db", "signer")


class Copies(case.Case):
    token = "soft"

    def setUp(self):
        self.made = made = self.line(token=self.token)
        self.units = [made.unit(f"u{n + 1}") for n in range(3)]
        made.open()
        for unit in self.units:
            unit.start()

    def make(self, unit):
        outcome = self.made.provision(unit)
        self.assert_good(outcome, unit)
        imei, = outcome.row(unit)["imei"]
        return imei

    def before_and_after(self, names, orderly=True):
        """One unit, then the copy, then another unit; the copy is back, and
        the station is not armed."""
        self.made.arm()
        first = self.make(self.units[0])
        self.made.disarm()
        kept = self.made.copy(*names)
        self.assertTrue(kept)
        self.made.arm()
        second = self.make(self.units[1])
        if orderly:
            self.made.disarm()
        else:
            self.made.kill_signer()
            line.os.unlink(self.made.path("station", "armed.json"))
        self.made.restore(kept, *names)
        return first, second

    def stops(self, code):
        with self.keeps_fuses(*self.units):
            self.assert_refused(self.made.try_arm(), code, case.STOP)
            self.assert_no_signer(self.made)
            self.assert_refused(self.made.provision(), "STATION_NOT_ARMED",
                                case.STOP)

    def test_control_nothing_was_restored(self):
        self.made.arm()
        first = self.make(self.units[0])
        self.made.disarm()
        self.made.arm()
        second = self.make(self.units[1])
        self.assertEqual(int(second[:14]), int(first[:14]) + 1)
        summary = self.assert_sums(self.made)
        count = summary["intervals"][0]["count"]
        self.assertEqual({k: v for k, v in count.items() if k != "free"},
                         {"verified": 2})

    def test_old_ledger(self):
        self.before_and_after(LEDGER)
        self.stops("HSM_LEDGER_OLD")

    def test_old_ledger_while_armed(self):
        self.made.arm()
        kept = self.made.copy(*LEDGER)
        self.make(self.units[0])
        self.made.restore(kept, *LEDGER)
        with self.keeps_fuses(*self.units):
            self.assert_refused(self.made.provision(self.units[1]),
                                "HSM_LEDGER_OLD", case.STOP)

    def test_old_register(self):
        self.before_and_after(REGISTER)
        self.stops("HSM_REGISTER_OLD")

    def test_old_register_and_then_the_right_one(self):
        """What was refused has not moved the token's mark."""
        self.made.arm()
        self.make(self.units[0])
        self.made.disarm()
        old = self.made.copy(*REGISTER)
        self.made.arm()
        second = self.make(self.units[1])
        self.made.disarm()
        right = self.made.copy(*REGISTER)
        self.made.restore(old, *REGISTER)
        self.stops("HSM_REGISTER_OLD")
        self.made.restore(right, *REGISTER)
        self.made.arm()
        third = self.make(self.units[2])
        self.assertEqual(int(third[:14]), int(second[:14]) + 1)
        self.assert_sums(self.made)

    def test_lost_register(self):
        self.made.arm()
        self.make(self.units[0])
        self.made.disarm()
        line.os.unlink(self.made.path("station", "signer", "register"))
        self.stops("HSM_REGISTER_OLD")

    def skips(self, orderly, ahead):
        """The station goes on from the token's mark: what may be out is not
        given again, and the unit that has it is stopped as unknown."""
        first, second = self.before_and_after(BOTH, orderly)
        self.made.arm()
        third = self.make(self.units[2])
        self.assertEqual(int(second[:14]), int(first[:14]) + 1)
        self.assertEqual(int(third[:14]), int(first[:14]) + 1 + ahead)
        summary = self.assert_sums(self.made)
        count = summary["intervals"][0]["count"]
        self.assertEqual({k: v for k, v in count.items() if k != "free"},
                         {"verified": 2, "quarantined": ahead})
        with self.keeps_fuses(*self.units):
            outcome = self.made.provision(self.units[1])
        self.assert_refused(outcome, "STATION_UNKNOWN_UNIT", case.STOP,
                            self.units[1])
        self.assertEqual(line.verify(self.units[1]).exit, case.GOOD)
        self.assert_good(self.made.provision(self.units[0]), self.units[0])

    def test_old_copy_of_both(self):
        self.skips(orderly=True, ahead=1)

    def test_old_copy_of_both_after_a_crash(self):
        self.skips(orderly=False, ahead=64)

    def test_another_ledger_in_its_place(self):
        other = self.line(self.made.root)
        other.unit("u1")
        other.open()
        kept = other.copy(*LEDGER)
        self.made.restore(kept, *LEDGER)
        self.stops("LEDGER_ID")


class CopiesWithToken(Copies):
    """The same with a PKCS#11 token."""

    token = "softhsm"


if __name__ == "__main__":
    case.main()
