#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Further fuses that are burnt at the lock, with the real programs: P5, P7, P8.

The unit leaves the mill with debug open and secure boot off (--open); its
profile burns both and demands both.
"""
import os
import signal

import case
import line
import test_flow_locks
import wire

BOTH = "debug,secure-boot"
CLOSED = "debug 3, secure boot on"


class Fuses(case.Case):
    def setUp(self):
        self.made = self.line()
        self.unit = self.made.unit("u1")
        self.made.open()
        self.made.arm(profiles=[self.profile()])

    def profile(self, fuses="debug_closed, secure_boot", demand=True):
        return write_profile(self.made, fuses, demand)

    def rearm(self, *words, **how):
        self.made.disarm()
        self.made.arm(profiles=[self.profile(*words, **how)])

    def evidence(self):
        """What verify alone shows of the unit's evidence."""
        row, = [row for row in line.verify(self.unit).kind("check")
                if row["check"] == "evidence"]
        return row["detail"]

    def assert_closed(self):
        self.assertEqual(self.unit.decode()["further"], [1, 1])
        self.assertIn(CLOSED, self.evidence())

    def assert_not_good(self, outcome, code, exit_code):
        self.assert_refused(outcome, code, exit_code, self.unit)
        for row in self.made.ledger().values():
            self.assertNotEqual(row["state"], "verified")
        self.assert_sums(self.made)

    # -- good units

    def test_burnt_at_the_lock(self):
        self.unit.start("--open", BOTH)
        done = self.made.provision()
        self.assert_good(done, self.unit)
        self.assert_whole(self.unit, done.row(self.unit)["imei"])
        self.assert_closed()
        self.assertEqual(self.unit.counters()["fuse"], 2)
        # for ever, and nothing more is burnt
        self.unit.restart("--open", BOTH)
        with self.keeps_fuses(self.unit):
            self.assert_good(self.made.provision(), self.unit)
        self.assert_closed()
        self.assertEqual(self.unit.counters()["fuse"], 2)

    def test_control_open_without_it(self):
        """The profile of the shelf burns nothing and demands neither."""
        self.made.disarm()
        self.made.arm()
        self.unit.start("--open", BOTH)
        self.assert_good(self.made.provision(), self.unit)
        self.assertEqual(self.unit.decode()["further"], [0, 0])
        self.assertIn("debug 0, secure boot off", self.evidence())

    def test_burnt_without_a_demand(self):
        self.rearm("debug_closed", demand=False)
        self.unit.start("--open", "debug")
        self.assert_good(self.made.provision(), self.unit)
        self.assertEqual(self.unit.decode()["further"], [1, 0])
        self.assertIn(CLOSED, self.evidence())

    # -- cuts

    def test_cut_at_each(self):
        for number, cut in enumerate((
                "fuse@1:before", "fuse@1:after", "fuse@2:before",
                "fuse@2:after", "lock@1:before", "lock@4:after")):
            with self.subTest(cut=cut):
                if number:
                    self.fresh_unit()
                self.unit.start("--open", BOTH, "--cut", cut)
                self.assertNotEqual(self.made.provision().exit, case.GOOD)
                line.wait_for(lambda: not self.unit.is_running(),
                              "the cut did not come")
                fuses = self.unit.decode()
                if cut.startswith("fuse"):
                    self.assertEqual(fuses["fields"]["marker"]["state"],
                                     "empty")
                self.unit.restart("--open", BOTH)
                self.assert_good(self.made.provision(), self.unit)
                self.assert_closed()

    def fresh_unit(self):
        """Another chip in the slot."""
        self.unit.stop()
        for name in ("otp.bin", "chip.bin", "store.bin", "counters"):
            os.unlink(self.unit.path(name))

    # -- refused

    def test_demand_without_the_burn(self):
        self.rearm("")
        self.unit.start("--open", "debug")
        with self.keeps_fuses(self.unit):
            self.assert_not_good(self.made.provision(), "PROFILE_DEMAND",
                                 case.REWORK)

    def test_unit_that_cannot_burn_it(self):
        for options in ((), ("--open", "debug"), ("--open", "secure-boot")):
            self.unit.restart(*options)
            with self.keeps_fuses(self.unit):
                self.assert_not_good(self.made.provision(), "PROFILE_FUSES",
                                     case.STOP)
            self.assertEqual(self.unit.counters()["otp-program"], 0)

    def test_fuse_that_lies(self):
        """It says ok, and after the reset the unit is as open as before."""
        self.unit.start("--open", BOTH, "--fault", "fuse=lies")
        self.assert_not_good(self.made.provision(), "VERIFY_DEMAND",
                             case.STOP)
        self.assertTrue(self.unit.decode()["locked"])
        self.assertEqual(self.unit.decode()["further"], [0, 0])
        # and it stays so, whatever becomes of the fault
        self.unit.restart("--open", BOTH)
        with self.keeps_fuses(self.unit):
            self.assert_not_good(self.made.provision(), "VERIFY_DEMAND",
                                 case.STOP)

    def test_fuse_that_is_refused(self):
        for fault in ("fuse=refuses", "fuse=denies"):
            with self.subTest(fault=fault):
                self.unit.restart("--open", BOTH, "--fault", fault)
                self.assert_refused(self.made.provision(), "PORT_REFUSED",
                                    case.RETRY, self.unit)
                fuses = self.unit.decode()
                self.assertEqual(fuses["fields"]["marker"]["state"], "empty")
                self.assertFalse(fuses["locked"])
        self.unit.restart("--open", BOTH)
        self.assert_good(self.made.provision(), self.unit)
        self.assert_closed()

    def test_verified_unit_is_judged_by_its_evidence(self):
        """Its fuse opens again, as none does; the ledger had it as good."""
        self.unit.start("--open", BOTH)
        self.assert_good(self.made.provision(), self.unit)
        self.unit.stop()
        data = bytearray(self.unit.otp())
        data[484] = 0
        line.write(self.unit.path("otp.bin"), bytes(data))
        self.unit.start("--open", BOTH)
        with self.keeps_fuses(self.unit):
            self.assert_refused(self.made.provision(), "VERIFY_DEMAND",
                                case.STOP, self.unit)

    def test_verified_with_another_profile(self):
        self.rearm("", demand=False)
        self.unit.start("--open", BOTH)
        self.assert_good(self.made.provision(), self.unit)
        self.rearm()
        with self.keeps_fuses(self.unit):
            self.assert_refused(self.made.provision(), "VERIFY_DEMAND",
                                case.STOP, self.unit)

    def test_profile_check_and_inspect_show_them(self):
        shown, = self.made.must("profile", "check",
                                self.profile()).kind("profile")
        self.assertEqual(shown["lock_fuses"], ["debug_closed", "secure_boot"])
        self.unit.start("--open", "secure-boot")
        shown, = line.run("inspect", "--unit",
                          self.unit.agent).kind("unit")
        self.assertEqual(shown["lock_fuses"], ["secure_boot"])
        self.assertFalse(shown["secure_boot"])


class Killed(test_flow_locks.WithProxy):
    def test_killed_between_lock_and_reset(self):
        """Locked, and what was burnt does not show yet: no reason to refuse
        it, since it is reset before it is judged."""
        self.made.disarm()
        self.made.arm(profiles=[write_profile(
            self.made, "debug_closed, secure_boot", True)])
        self.unit.start("--open", BOTH)
        process = self.made.start_provision()

        def kill():
            process.send_signal(signal.SIGKILL)
            return True

        self.at_request(wire.RESET, 1, kill)
        process.communicate(timeout=60)
        self.hook = lambda direction, message: None
        shown, = line.run("inspect", "--unit", self.unit.agent).kind("unit")
        self.assertEqual((shown["state"], shown["secure_boot"]),
                         ("locked", False))
        self.assert_good(self.made.provision(), self.unit)
        self.assertEqual(self.unit.counters()["fuse"], 2)
        self.assertEqual(self.unit.counters()["lock"], 4)


def write_profile(made, fuses, demand):
    """The one of the shelf, that burns these and demands both."""
    text = line.read(line.PROFILES, "virtual-additive.yaml").decode()
    if fuses:
        text = text.replace("slots: 1", f"slots: 1\nlock_fuses: [{fuses}]")
    if demand:
        for name in ("debug_closed", "secure_boot"):
            text = text.replace(f"{name}: false", f"{name}: true")
    path = made.path("profile.yaml")
    line.write(path, text.encode())
    return path


if __name__ == "__main__":
    case.main()
