#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The zcu102's own firmware in QEMU, whose fuses go one way, outlive the
process, and have a lock that the emulator itself enforces and logs: P5 to P8.
"""
import os
import signal
import struct

import case
import line
import test_flow_objects
import wire

# what the emulator says of a write to the canary, row 63 of array 3, bit 0
CANARY = "addr=0x1fe0"
LOCK_FUSE = 21 * 32 + 30  # array 0, row 21, bit 30


class Board(case.Case):
    """Each test has a line with one board of its own."""

    def setUp(self):
        self.vendor = self.root(firmware_root=True)
        self.made = self.line(self.vendor)
        self.hook = lambda direction, message: None
        self.unit = self.made.board("b1")

    def up(self, *arguments, proxied=False, **how):
        behind = self.unit.agent
        if proxied:
            self.proxy = wire.Proxy(
                self.made.path("proxy.sock"), self.unit.path("agent.sock"),
                lambda *message: self.hook(*message))
            self.addCleanup(self.proxy.close)
            self.unit.agent = "unix:" + self.made.path("proxy.sock")
        self.made.open()
        self.unit.agent = behind
        self.unit.start(*arguments)
        self.made.arm(**how)

    def good(self):
        outcome = self.made.provision(self.unit)
        self.assert_good(outcome, self.unit)
        return outcome

    def refused_canary_writes(self):
        return self.unit.log().count(CANARY)


class Locked(Board):
    def test_from_blank_to_locked_and_again(self):
        self.up()
        first = self.good()
        imeis = first.row(self.unit)["imei"]
        self.assert_whole(self.unit, imeis)
        fuses = self.unit.decode()
        self.assertTrue(fuses["rest_blank"])
        self.assertEqual(fuses["canaries"], [0])
        self.assertEqual(fuses["chip_id"], first.row(self.unit)["chip"])
        # exactly one refused write a canary
        self.assertEqual(self.refused_canary_writes(), 1)

        with self.keeps_fuses(self.unit):
            again = self.good()
            self.assertTrue(again.row(self.unit)["is_unchanged"])
            self.assertEqual(self.refused_canary_writes(), 1)
            self.unit.restart()
            again = self.good()
            self.assertEqual(again.row(self.unit)["imei"], imeis)
            for tries in (2, 3):
                outcome = line.verify(self.unit)
                self.assertEqual(outcome.exit, case.GOOD, outcome)
                self.assertEqual(outcome.kind("verdict")[0]["imei"], imeis)
                self.assertEqual(self.refused_canary_writes(), tries)
            self.assertEqual(line.verify(self.unit, probe=False).exit,
                             case.GOOD)
            self.assertEqual(self.refused_canary_writes(), 3)
        self.assert_sums(self.made)

    def test_control_unit_that_was_not_probed(self):
        """A station that died before its probe: no write was refused."""
        self.up(proxied=True)
        process = self.made.start_provision()

        def kill(direction, message):
            if (direction, message[2]) == (">", wire.PROBE):
                process.send_signal(signal.SIGKILL)
                return True
            return None

        self.hook = kill
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGKILL)
        self.assertTrue(self.unit.decode()["locked"])
        self.assertEqual(self.refused_canary_writes(), 0)
        # and `verify` alone tries it, once
        self.assertEqual(line.verify(self.unit).exit, case.GOOD)
        self.assertEqual(self.refused_canary_writes(), 1)

    def test_verify_only_build(self):
        self.up()
        self.good()
        self.unit.stop()
        self.unit.elf = self.unit.elf.replace("102.elf", "102-verify.elf")
        self.unit.start()
        with self.keeps_fuses(self.unit):
            before = self.refused_canary_writes()
            outcome = line.verify(self.unit)
            self.assertEqual(outcome.exit, case.GOOD, outcome)
            self.assertEqual(outcome.checks()["canaries"], "not shown")
            self.assertEqual(self.refused_canary_writes(), before)
            with wire.Client(self.unit.path("agent.sock")) as agent:
                agent.hello()
                unknown = int.from_bytes(b"MS\x04\x55", "big")
                question, pair = {1: bytes(16)}, {2: b"\0", 3: b"\0"}
                for operation, body in (
                        (wire.KEY, question), (wire.PERMIT, pair),
                        (wire.PROGRAM, None), (wire.STORE, pair),
                        (wire.LOCK, None), (wire.PROBE, question)):
                    self.assertEqual(agent.ask(operation, body)[0], unknown)

    def test_lost_record_is_put_back_byte_for_byte(self):
        self.up()
        self.good()
        with wire.Client(self.unit.path("agent.sock")) as agent:
            agent.hello()
            record = agent.good(wire.FETCH, {4: 4})[3]
        self.unit.stop()
        size = len(line.read(self.unit.path("store.bin")))
        line.write(self.unit.path("store.bin"), b"\xff" * size)
        self.unit.start()
        with self.keeps_fuses(self.unit):
            self.assert_refused(line.verify(self.unit), "AGENT_NONE_STORED",
                                case.RETRY)
            self.good()
            self.assertEqual(line.verify(self.unit).exit, case.GOOD)
        with wire.Client(self.unit.path("agent.sock")) as agent:
            agent.hello()
            self.assertEqual(agent.good(wire.FETCH, {4: 4})[3], record)

    def test_three_at_once(self):
        others = [self.made.board("b2"),
                  self.made.unit("u3", "virtual-once")]
        self.made.open()
        for unit in self.made.units:
            unit.start()
        self.made.arm()
        outcome = self.made.provision()
        self.assert_good(outcome, *self.made.units)
        for unit in (self.unit, *others):
            self.assert_whole(unit, outcome.row(unit)["imei"])
        for unit in (self.unit, others[0]):
            self.assertEqual(unit.log().count(CANARY), 1)
        self.assert_sums(self.made)


class Refused(Board):
    def test_lock_fuse_that_cannot_be_burnt(self):
        self.up("-global", "driver=xlnx,,efuse,property=len-read-only,value=1",
                "-global", "driver=xlnx,,efuse,property=read-only[0],"
                f"value={LOCK_FUSE}")
        self.assert_refused(self.made.provision(), "OTP_LOCK", case.RETRY,
                            self.unit)
        self.assertFalse(self.unit.decode()["locked"])
        self.assertEqual(line.verify(self.unit).code, "AGENT_NOT_LOCKED")
        self.assertEqual(self.refused_canary_writes(), 0)

    def test_no_random_source(self):
        profile = os.path.join(line.PROFILES, "zcu102.yaml")
        text = line.read(profile).replace(b"random_source: false",
                                          b"random_source: true")
        line.write(self.made.path("p.yaml"), text)
        self.up(profiles=[self.made.path("p.yaml")])
        with self.keeps_fuses(self.unit):
            self.assert_refused(self.made.provision(), "PROFILE_DEMAND",
                                case.REWORK, self.unit)

    def test_unit_of_another_ledger(self):
        self.up()
        self.good()
        other = self.line(self.vendor)
        other.adopt(self.unit)
        other.open()
        other.arm()
        with self.keeps_fuses(self.unit):
            self.assert_refused(other.provision(), "STATION_ELSEWHERE",
                                case.STOP, self.unit)

    def edit_row(self, unit, array, row, change):
        """Change one row of the fuse file of a unit that is off."""
        data = bytearray(unit.otp())
        at = ({0: 0, 2: 1, 3: 2}[array] * 64 + row) * 4
        value, = struct.unpack_from("<I", data, at)
        struct.pack_into("<I", data, at, change(value))
        line.write(unit.path("otp.bin"), bytes(data))

    def test_fuse_file_edited_between_runs(self):
        """No fuse does this; the file is changed while the unit is off."""
        lock, canary = self.unit, self.made.board("b2")
        digit = self.made.board("b3")
        units = (lock, canary, digit)
        self.made.open()
        for unit in units:
            unit.start()
        self.made.arm()
        self.assert_good(self.made.provision(), *units)
        for unit in units:
            unit.stop()
        self.edit_row(lock, 0, 21, lambda row: row & ~(1 << 30))
        self.edit_row(canary, 3, 63, lambda row: 1)
        # the last digit but one, in word and complement of both copies: image
        # words 31, 32, 36 and 37; it is no other unit's number then
        for row in (32, 33, 37, 38):
            self.edit_row(digit, 2, row, lambda row: row ^ 0x10)
        for unit in units:
            unit.start()
        with self.keeps_fuses(*units):
            for unit, code in ((lock, "AGENT_NOT_LOCKED"),
                               (canary, "VERIFY_CANARY"),
                               (digit, "VERIFY_RECORD")):
                self.assertEqual(line.verify(unit).code, code)
            outcome = self.made.provision()
        self.assertEqual([outcome.row(unit)["code"] for unit in units],
                         ["AGENT_LOCK_FAILED", "AGENT_LOCK_FAILED",
                          "VERIFY_AT"], outcome)
        self.assertNotEqual([digit.decode()["imei"][0]],
                            outcome.row(digit)["imei"])


class PowerCut(Board):
    def test_power_is_cut_while_it_programs(self):
        """P8: the emulator is killed, and the unit ends with its number."""
        self.up(proxied=True)

        def cut(direction, message):
            if direction == "<" and 6 in message:
                self.unit.stop()
                return True
            return None

        self.hook = cut
        outcome = self.made.provision()
        self.assertEqual(outcome.exit, case.RETRY, outcome)
        imei = outcome.row(self.unit)["imei"]
        states = {field["state"] for field
                  in self.unit.decode()["fields"].values()}
        self.assertNotEqual(states, {"done", "killed"})
        self.hook = lambda direction, message: None
        self.unit.start()
        done = self.good()
        self.assertEqual(done.row(self.unit)["imei"], imei)
        self.assert_whole(self.unit, imei)
        self.assert_sums(self.made)


class Nonces(Board):
    """The chip has no random source: each power-up brings a seed, and a warm
    restart has the same one again."""

    def test_differ_over_restarts_of_both_kinds(self):
        found = []
        for _ in range(2):
            self.unit.restart()
            with wire.Client(self.unit.path("agent.sock")) as agent:
                for _ in range(3):
                    agent.hello()
                    found.append(agent.session.to_bytes(8, "big"))
                    for _ in range(2):
                        claims = wire.claims(agent.token(wire.KEY))
                        found.append(claims[wire.cose_check.OWN][13])
                    agent.good(wire.RESET)
        self.assertEqual(len(found), 18)
        self.assertEqual(len(set(found)), 18)


class Objects(test_flow_objects.Objects):
    """What the real firmware said and signed, against the documents."""

    model = "zcu102"


if __name__ == "__main__":
    case.main()
