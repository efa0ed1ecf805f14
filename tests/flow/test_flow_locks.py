#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Locks that are none, and fuses that change behind the station's back: P6,
P7, P8, and what `verify` sees of it alone.

A proxy stands between tool and unit, so that things happen at one message.
"""
import signal

import case
import line
import wire


class WithProxy(case.Case):
    """A line with one unit behind a proxy; hook may be set at any time."""

    def setUp(self):
        self.hook = lambda direction, message: None
        self.seen = []
        self.made = self.line()
        self.unit = self.made.unit("u1")
        self.behind = self.unit.agent
        self.proxy = wire.Proxy(self.made.path("proxy.sock"),
                                self.unit.path("agent.sock"), self.at_message)
        self.addCleanup(self.proxy.close)
        self.unit.agent = "unix:" + self.made.path("proxy.sock")
        self.made.open()
        self.unit.agent = self.behind
        self.made.arm()

    def at_message(self, direction, message):
        if direction == ">":
            self.seen.append(message[2])
        return self.hook(direction, message)

    def at_request(self, operation, number, action):
        """Act before the request of this number goes to the unit."""
        count = {"left": number}

        def hook(direction, message):
            if (direction, message[2]) != (">", operation):
                return None
            count["left"] -= 1
            return action() if count["left"] == 0 else None

        self.hook = hook

    def killed_at(self, operation, number=1):
        """A station that dies before this request of its."""
        process = self.made.start_provision()

        def kill():
            process.send_signal(signal.SIGKILL)
            return True

        self.at_request(operation, number, kill)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.hook = lambda direction, message: None
        self.assertIsNone(self.proxy.error)


class Locks(WithProxy):
    def test_control_good_lock(self):
        self.unit.start()
        done = self.made.provision()
        self.assert_good(done, self.unit)
        self.assertIsNone(self.proxy.error)
        self.assertEqual(self.seen.count(wire.PROBE), 1)
        self.assertEqual(self.seen.count(wire.RESET), 2)
        self.assertLess(self.seen.index(wire.LOCK),
                        self.seen.index(wire.PROBE))
        self.assertEqual(self.unit.counters()["refused_burns"], 4)

    def test_lock_that_lies(self):
        self.unit.start("--lock", "lies")
        self.assert_refused(self.made.provision(), "VERIFY_CANARY",
                            case.REWORK, self.unit)
        fuses = self.unit.decode()
        self.assertTrue(fuses["locked"])
        self.assertNotEqual(fuses["canaries"], [0, 0, 0, 0])
        self.stays_refused()

    def test_one_lock_unit_of_four_lies(self):
        self.unit.start("--lock", "lies@2")
        self.assert_refused(self.made.provision(), "VERIFY_CANARY",
                            case.REWORK, self.unit)
        self.stays_refused()

    def stays_refused(self):
        """The canary is burnt for good: station and verify both see it, and
        the IMEI is still whole."""
        row, = self.made.ledger().values()
        self.assertEqual(row["state"], "quarantined")
        self.assertEqual([self.unit.decode()["imei"][0]], row["imei"])
        with self.keeps_fuses(self.unit):
            again = self.made.provision()
            self.assertEqual(again.exit, case.STOP, again)
            for probe in (True, False):
                self.assertNotEqual(
                    line.verify(self.unit, probe=probe).exit, case.GOOD)
        self.assert_sums(self.made)

    def test_lock_that_fades(self):
        self.unit.start("--lock", "fades")
        self.assert_refused(self.made.provision(), "AGENT_NOT_LOCKED",
                            case.RETRY, self.unit)
        self.assertEqual(line.verify(self.unit).code, "AGENT_NOT_LOCKED")

    def test_lock_that_stays_open(self):
        self.unit.start("--lock", "stuck-open")
        self.assert_refused(self.made.provision(), "OTP_LOCK", case.RETRY,
                            self.unit)
        self.assertFalse(self.unit.decode()["locked"])
        self.assertEqual(line.verify(self.unit).code, "AGENT_NOT_LOCKED")
        with self.keeps_fuses(self.unit):
            self.unit.restart("--lock", "stuck-open")
            self.assert_refused(self.made.provision(), "OTP_LOCK",
                                case.RETRY, self.unit)

    def test_verify_alone_finds_a_lock_that_lies(self):
        """The station was killed before its probe; nothing was tried yet."""
        self.unit.start("--lock", "lies")
        self.killed_at(wire.PROBE)
        self.assertEqual(self.unit.counters()["canary"], 0)
        # the control: all that the unit says of itself is as it should be
        self.assertEqual(line.verify(self.unit, probe=False).exit, case.GOOD)
        outcome = line.verify(self.unit)
        self.assert_refused(outcome, "VERIFY_CANARY", case.REWORK)
        self.assertEqual(outcome.checks()["canaries"], "VERIFY_CANARY")

    def test_control_verify_alone_after_a_killed_station(self):
        self.unit.start()
        self.killed_at(wire.PROBE)
        self.assertEqual(line.verify(self.unit).exit, case.GOOD)
        row, = self.made.ledger().values()
        self.assertEqual(row["state"], "locked")

    def test_locked_unit_is_proven_again_until_verified(self):
        """Nothing is skipped after the lock until the ledger has it."""
        self.unit.start()
        self.killed_at(wire.PROBE)
        self.seen.clear()
        done = self.made.provision()
        self.assert_good(done, self.unit)
        self.assertFalse(done.row(self.unit)["is_unchanged"])
        self.assertIn(wire.PROBE, self.seen)
        self.assertNotIn(wire.LOCK, self.seen[:self.seen.index(wire.RESET)])
        self.assertEqual(self.unit.counters()["lock"], 4)


class KilledStation(WithProxy):
    def test_killed_at_each_request_ends_with_one_number(self):
        """P8 for the station: cut before its n-th request, run again."""
        self.unit.start()
        for operation in (wire.KEY, wire.PERMIT, wire.PROGRAM, wire.RELOAD,
                          wire.STORE, wire.LOCK, wire.RESET, wire.ATTEST):
            self.killed_at(operation)
        done = self.made.provision()
        self.assert_good(done, self.unit)
        self.assert_whole(self.unit, done.row(self.unit)["imei"])
        summary = self.assert_sums(self.made)
        self.assertEqual(summary["units"], 1)
        used = {name: count for name, count
                in summary["intervals"][0]["count"].items() if name != "free"}
        self.assertEqual(used, {"verified": 1})


class Edits(WithProxy):
    """The fuse file is changed from outside, as no fuse changes."""

    SECRET, IDENTITY_1 = 0, 28

    def edit(self, change):
        data = bytearray(self.unit.otp())
        change(data)
        line.write(self.unit.path("otp.bin"), bytes(data))

    def burn_pair(self, data, word, payload):
        value = 0x50000000 | payload
        data[4 * word:4 * word + 4] = value.to_bytes(4, "little")
        data[4 * word + 4:4 * word + 8] = (value ^ 0xffffffff).to_bytes(
            4, "little")

    def other_digits(self, data):
        """Both copies of the identity say another number, consistently."""
        for copy in (self.IDENTITY_1, self.IDENTITY_1 + 5):
            self.burn_pair(data, copy + 1, 0x0010100)
            self.burn_pair(data, copy + 3, 0x9999999)

    def one_digit_in_one_copy(self, data):
        self.burn_pair(data, self.IDENTITY_1 + 3, 0x9999999)

    def open_lock(self, data):
        data[483] = 0

    def canary(self, data):
        data[464] = 1

    def half_dead(self, data):
        """Each copy of the identity has a pair with a bit burnt in both."""
        for copy in (self.IDENTITY_1, self.IDENTITY_1 + 5):
            data[4 * (copy + 1)] = data[4 * (copy + 2)] = 0xff

    def as_blank(self, data):
        data[:] = bytes(len(data))

    def other_secret(self, data):
        for copy in (0, 11):
            for pair in range(4):
                self.burn_pair(data, copy + 1 + 2 * pair, 0x1234567)

    def test_between_lock_and_hello(self):
        """Changed while the unit restarts, at either of its restarts."""
        for edit, codes in (
                (self.other_digits, {"VERIFY_AT"}),
                (self.open_lock, {"AGENT_NOT_LOCKED"}),
                (self.canary, {"AGENT_LOCK_FAILED"}),
                (self.one_digit_in_one_copy, {"OTP_VOID"})):
            for restart in (1, 2):
                with self.subTest(edit=edit.__name__, restart=restart):
                    self.fresh_unit()
                    self.at_request(wire.RESET, restart,
                                    lambda edit=edit: self.edit(edit))
                    outcome = self.made.provision()
                    self.assertIn(outcome.row(self.unit)["code"], codes,
                                  outcome)
                    row = self.made.ledger()[outcome.row(self.unit)["chip"]]
                    self.assertNotEqual(row["state"], "verified")
                    self.assertNotEqual(line.verify(self.unit).exit,
                                        case.GOOD)

    def test_between_reset_and_hello(self):
        """The restart is over, hello is not asked yet: the second restart
        shows it at the latest."""
        self.fresh_unit()
        state = {"resets": 0, "edited": False}

        def hook(direction, message):
            state["resets"] += (direction, message[2]) == (">", wire.RESET)
            if (direction, message[2]) == (">", wire.HELLO) \
                    and state["resets"] == 1 and not state["edited"]:
                state["edited"] = True
                self.edit(self.other_digits)

        self.hook = hook
        outcome = self.made.provision()
        self.assertTrue(state["edited"])
        self.assert_refused(outcome, "VERIFY_AT", case.REWORK, self.unit)

    def fresh_unit(self):
        """Another chip in the slot."""
        self.unit.stop()
        for name in ("otp.bin", "chip.bin", "store.bin", "counters"):
            try:
                line.os.unlink(self.unit.path(name))
            except FileNotFoundError:
                pass
        self.hook = lambda direction, message: None
        self.unit.start()

    def test_between_runs(self):
        for edit, codes, alone in (
                (self.other_digits, {"VERIFY_AT"}, {"VERIFY_RECORD"}),
                (self.open_lock, {"AGENT_LOCK_FAILED"}, {"AGENT_NOT_LOCKED"}),
                (self.canary, {"AGENT_LOCK_FAILED"}, {"VERIFY_CANARY"}),
                (self.one_digit_in_one_copy, {"OTP_VOID"}, {"OTP_VOID"}),
                (self.half_dead, {"OTP_VOID"}, {"OTP_VOID"}),
                (self.as_blank, {"LEDGER_CHIP_FEWER"}, {"AGENT_NOT_LOCKED"}),
                (self.other_secret, {"LEDGER_CHIP_KEY"},
                 {"VERIFY_RECORD"})):
            with self.subTest(edit=edit.__name__):
                self.fresh_unit()
                self.assert_good(self.made.provision(), self.unit)
                self.unit.stop()
                self.edit(edit)
                self.unit.start()
                self.assertIn(line.verify(self.unit).code, alone)
                with self.keeps_fuses(self.unit):
                    outcome = self.made.provision()
                self.assertIn(outcome.row(self.unit)["code"], codes, outcome)

    def test_control_a_restart_alone_is_no_edit(self):
        self.fresh_unit()
        self.assert_good(self.made.provision(), self.unit)
        self.unit.stop()
        self.edit(lambda data: None)
        self.unit.start()
        self.assertEqual(line.verify(self.unit).exit, case.GOOD)
        self.assert_good(self.made.provision(), self.unit)


if __name__ == "__main__":
    case.main()
