#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Linux port, its chip in files and its serial ports ptys: P3 to P8."""
import os
import unittest

import case
import line
from linux_unit import LinuxUnit


ARM64 = os.environ.get("IMEILOCK_LINUX_ARM64", os.path.join(
    line.SOURCE, "build", "linux-arm64", "firmware-agent", "port", "linux"))


class Linux(case.Case):
    """Each test has a line with one unit of its own."""

    kind = {}

    def setUp(self):
        self.made = self.line()
        self.unit = self.made.adopt(LinuxUnit(self.made, "u1", **self.kind))
        self.addCleanup(self.unit.close)
        self.made.open()

    def up(self, **how):
        self.unit.start(**how)
        self.arm()

    def arm(self):
        self.made.arm(profiles=[self.unit.profile()])

    def good(self):
        outcome = self.made.provision(self.unit)
        self.assert_good(outcome, self.unit)
        return outcome.row(self.unit)["imei"]


class OnFiles(Linux):
    def test_from_blank_to_locked_and_again(self):
        self.up()
        imeis = self.good()
        self.assert_whole(self.unit, imeis)
        fuses = self.unit.decode()
        self.assertTrue(fuses["locked"])
        self.assertEqual(fuses["canaries"], [0, 0])
        with self.keeps_fuses(self.unit):
            outcome = line.verify(self.unit)
            self.assertEqual(outcome.exit, case.GOOD, outcome)
            verdict = outcome.kind("verdict")[0]
            self.assertEqual(verdict["imei"], imeis)
            self.assertEqual(outcome.checks()["canaries"], "good")
            self.assertEqual(self.good(), imeis)
        self.assert_sums(self.made)

    def test_it_says_what_it_is(self):
        self.unit.start()
        self.assertRegex(self.unit.ready, b"^ready: linux-files, "
                                          b"virtual: nvmem is no fuses")
        said = self.made.must("inspect", "--unit", self.unit.agent).rows[0]
        self.assertTrue(said["virtual"])
        self.assertEqual((said["lock_permanent"], said["random_source"],
                          said["secret_hidden"]), (True, False, False))

    def test_a_verify_only_build(self):
        self.up()
        imeis = self.good()
        self.unit.stop()
        self.unit.start(program="imeilock-agent-linux-verify", burns=False)
        with self.keeps_fuses(self.unit):
            outcome = line.verify(self.unit)
            self.assertEqual(outcome.kind("verdict")[0]["imei"], imeis)
            self.assertEqual(outcome.exit, case.GOOD, outcome)
            self.assertEqual(outcome.checks()["canaries"], "not shown")

    def test_power_that_is_cut(self):
        self.arm()
        burns = (1, 7, 24, 40, 61, 83)  # the last is the second lock
        for number in burns:
            with self.subTest(burn=number):
                self.unit.start(cut=number)
                outcome = self.made.provision(self.unit)
                self.assertNotEqual(outcome.exit, case.GOOD, outcome)
                self.unit.stop()
                self.unit.start()
                imeis = self.good()
                self.assert_whole(self.unit, imeis)
                self.unit.renew()
        self.assert_sums(self.made)

    def test_locks_that_do_not_hold(self):
        """A plain file takes any write: a lock there is a promise."""
        self.up(burns=False)
        outcome = self.made.provision(self.unit)
        self.assert_refused(outcome, "VERIFY_CANARY", case.REWORK, self.unit)
        self.assertEqual(self.unit.decode()["canaries"], [1, 1])

    def test_a_kernel_that_writes_nothing_is_no_lock(self):
        self.up()
        self.good()
        os.chmod(self.unit.path("nvmem"), 0o444)
        outcome = line.verify(self.unit)
        self.assertNotEqual(outcome.exit, case.GOOD, outcome)
        os.chmod(self.unit.path("nvmem"), 0o600)
        self.assertEqual(line.verify(self.unit).exit, case.GOOD)


class Arm64(Linux):
    """The static program for a phone's processor, run by an emulator: nothing
    can be preloaded there, so the canaries are not to be tried."""

    kind = {"runner": ("qemu-aarch64",),
            "changes": [("refusal_harmless = true",
                         "refusal_harmless = false")]}

    def test_from_blank_to_locked_and_again(self):
        program = os.path.join(ARM64, "imeilock-agent-linux")
        if not os.path.exists(program):
            self.fail(f"{program} is not there: ./dev build linux-arm64")
        self.up(program=program, burns=False)
        imeis = self.good()
        self.assert_whole(self.unit, imeis)
        self.unit.stop()
        self.unit.start(program=program + "-verify", burns=False)
        with self.keeps_fuses(self.unit):
            outcome = line.verify(self.unit)
            self.assertEqual(outcome.exit, case.GOOD, outcome)
            self.assertEqual(outcome.kind("verdict")[0]["imei"], imeis)
        self.assert_sums(self.made)


if __name__ == "__main__":
    unittest.main()
