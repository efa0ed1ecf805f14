#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the station refuses, with code and exit code; and after each refusal
the fuses are what they were, to the bit: P2, P3, P13, P14."""
import json
import os
import re
import socket

import case
import line
import wire


class NotArmed(case.Case):
    def test_not_armed(self):
        made = self.line()
        unit = made.unit("u1")
        made.open()
        unit.start()
        with self.keeps_fuses(unit):
            self.assert_refused(made.provision(), "STATION_NOT_ARMED",
                                case.STOP)
        made.arm()
        self.assert_good(made.provision(), unit)

    def test_count_is_used_up(self):
        made = self.line()
        one, two = made.unit("u1"), made.unit("u2")
        made.open()
        one.start()
        two.start()
        made.arm(units=1)
        self.assert_good(made.provision(one), one)
        with self.keeps_fuses(one, two):
            self.assert_refused(made.provision(two), "STATION_ENDED",
                                case.STOP)

    def test_count_holds_for_those_at_once(self):
        made = self.line()
        one, two = made.unit("u1"), made.unit("u2")
        made.open()
        one.start()
        two.start()
        made.arm(units=1)
        with self.keeps_fuses(two):
            outcome = made.provision()
        self.assert_refused(outcome, "STATION_ENDED", case.STOP, two)
        self.assertEqual(outcome.row(one)["code"], "OK")

    def test_time_is_used_up(self):
        made = self.armed()
        path = made.path("station", "armed.json")
        arms = json.loads(line.read(path))
        line.write(path, json.dumps({**arms, "ends": 1}).encode())
        with self.keeps_fuses(*made.units):
            self.assert_refused(made.provision(), "STATION_ENDED", case.STOP)
        line.write(path, json.dumps(arms).encode())
        self.assert_good(made.provision(), *made.units)

    def test_unit_never_says_hello(self):
        """Before it does nobody knows its model's time: the slot is given up
        after that of the slowest model that is armed."""
        made = self.line()
        unit = made.unit("u1")
        made.open()
        profile = made.path("quick.yaml")
        line.write(profile, re.sub(
            rb"time_budget_s: \d+", b"time_budget_s: 5",
            line.read(line.PROFILES, "virtual-additive.yaml")))
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(unit.path("agent.sock"))
            silent.listen()
            made.arm(profiles=[profile])
            outcome = made.provision()
        self.assert_refused(outcome, "LINK_TIMEOUT", case.RETRY, unit)
        self.assertLess(outcome.row(unit)["seconds"], 10)
        unit.start()
        self.assert_good(made.provision(), unit)

    def test_signer_is_gone(self):
        made = self.armed()
        made.kill_signer()
        with self.keeps_fuses(*made.units):
            self.assert_refused(made.provision(), "HSM_CONNECT", case.STOP)


class Pin(case.Case):
    def try_wrong(self, kind):
        made = self.line(token=kind)
        unit = made.unit("u1")
        made.open()
        unit.start()
        with self.keeps_fuses(unit):
            self.assert_refused(made.try_arm(pin="wrong-pin"), "HSM_PIN",
                                case.STOP)
            self.assert_no_signer(made)
            self.assert_refused(made.provision(), "STATION_NOT_ARMED",
                                case.STOP)
            # latched: no PIN is tried again until the engineer says so
            self.assert_refused(made.try_arm(), "HSM_PIN", case.STOP)
        os.unlink(made.path("station", "signer", "pin-refused"))
        made.arm()
        self.assert_good(made.provision(), unit)

    def test_wrong_pin_of_software_keys(self):
        self.try_wrong("soft")

    def test_wrong_pin_of_a_token(self):
        self.try_wrong("softhsm")


class Profiles(case.Case):
    def setUp(self):
        self.made = self.line()
        self.unit = self.made.unit("u1")
        self.made.open()
        self.unit.start()

    def other(self, name, *changes):
        """The unit's profile with other values."""
        path = os.path.join(line.PROFILES, self.unit.model + ".yaml")
        text = line.read(path).decode()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        line.write(self.made.path(name), text.encode())
        return self.made.path(name)

    def refuse(self, profiles, code, exit_code):
        self.made.arm(profiles=profiles)
        with self.keeps_fuses(self.unit):
            self.assert_refused(self.made.provision(), code, exit_code,
                                self.unit)

    def test_several_fit(self):
        self.refuse(self.made.profiles()
                    + [self.other("p.yaml", ("60", "70"))],
                    "PROFILE_SEVERAL", case.STOP)

    def test_none_fits(self):
        self.made.add_model("virtual-once")
        self.refuse([os.path.join(line.PROFILES, "virtual-once.yaml")],
                    "PROFILE_NONE", case.STOP)

    def test_more_slots_than_the_unit_has(self):
        self.refuse([self.other("p.yaml", ("slots: 1", "slots: 2"))],
                    "PROFILE_SLOTS", case.STOP)

    def test_profile_of_the_other_class(self):
        production = self.other(
            "p.yaml", ("class: development", "class: production"),
            (": false", ": true"), ("usb: ['1209:0001']\n", ""))
        self.assert_refused(self.made.try_arm(profiles=[production]),
                            "STATION_CLASS", case.STOP)

    def test_certificate_of_an_older_epoch(self):
        newer = self.other("p.yaml", ("min_epoch: 0", "min_epoch: 4294967295"))
        self.assert_refused(self.made.try_arm(profiles=[newer]),
                            "HSM_CERT_OLD", case.STOP)

    def test_root_of_other_firmware(self):
        for name, root in (("own", self.made.root), ("other", self.root())):
            line.write(self.made.path(name + ".pem"), line.read(root.pem))
        lines = ("min_epoch: 0", "root: {}.pem\nmin_epoch: 0")
        other = self.other("p.yaml", (lines[0], lines[1].format("other")))
        self.assert_refused(self.made.try_arm(profiles=[other]),
                            "HSM_CERTIFICATE", case.STOP)
        absent = self.other("p.yaml", (lines[0], lines[1].format("absent")))
        self.assert_refused(self.made.try_arm(profiles=[absent]),
                            "STATION_FILE", case.STOP)
        own = self.other("p.yaml", (lines[0], lines[1].format("own")))
        self.made.arm(profiles=[own])
        self.assert_good(self.made.provision(), self.unit)

    def test_model_without_a_certificate(self):
        other = os.path.join(line.PROFILES, "virtual-once.yaml")
        outcome = self.made.try_arm(profiles=[other])
        self.assert_refused(outcome, "HSM_KEY_ABSENT", case.STOP)


class Units(case.Case):
    def test_nobody_there(self):
        made = self.armed()
        made.units[0].stop()
        self.assert_refused(made.provision(), "LINK_OPEN", case.RETRY,
                            made.units[0])

    def test_production_unit(self):
        made = self.armed()
        unit, = made.units
        unit.restart("--class", "production")
        with self.keeps_fuses(unit):
            self.assert_refused(made.provision(), "STATION_CLASS", case.STOP,
                                unit)

    def test_verify_only_unit_that_is_blank(self):
        """There is no code in it that could program."""
        made = self.line()
        unit = made.unit("u1")
        made.open()
        unit.start(program="imeilock-handset-verify")
        made.arm()
        with self.keeps_fuses(unit):
            self.assert_refused(made.provision(), "MSG_UNKNOWN", case.STOP,
                                unit)

    def test_verify_only_unit_that_is_locked(self):
        made = self.armed()
        unit, = made.units
        self.assert_good(made.provision(), unit)
        unit.stop()
        unit.start(program="imeilock-handset-verify")
        with self.keeps_fuses(unit):
            outcome = line.verify(unit)
        self.assertEqual(outcome.exit, case.GOOD, outcome)
        self.assertEqual(outcome.checks()["canaries"], "not shown")

    def test_unit_of_another_ledger(self):
        root = self.root()
        one = self.armed(root=root)
        self.assert_good(one.provision(), *one.units)
        self.bring_to_another(root, one.units[0])

    def test_unfinished_unit_of_another_ledger(self):
        root = self.root()
        one = self.line(root)
        unit = one.unit("u1")
        one.open()
        unit.start("--cut", "lock@1:before")
        one.arm()
        self.assertEqual(one.provision().row(unit)["verdict"], "run again")
        unit.restart()
        self.bring_to_another(root, unit)
        self.assert_good(one.provision(), unit)

    def bring_to_another(self, root, unit):
        two = self.line(root)
        two.adopt(unit)
        two.open()
        two.arm()
        with self.keeps_fuses(unit):
            self.assert_refused(two.provision(), "STATION_ELSEWHERE",
                                case.STOP, unit)
        self.assertEqual(two.ledger(), {})

    def test_unit_of_another_root(self):
        """The unit itself refuses: nothing but its secret is burnt."""
        made = self.line()
        unit = made.unit("u1")
        made.open()
        made.arm()
        stranger = self.root()
        unit.start("--root", stranger.pem)
        self.assert_refused(made.provision(), "AGENT_CERTIFICATE", case.STOP,
                            unit)
        fields = unit.decode()["fields"]
        self.assertEqual({name for name, field in fields.items()
                          if field["state"] != "empty"}, {"secret"})
        with self.keeps_fuses(unit):
            self.assert_refused(made.provision(), "AGENT_CERTIFICATE",
                                case.STOP, unit)

    def test_no_number_left(self):
        made = self.line()
        units = [made.unit(f"u{i}") for i in range(3)]
        made.open(last_snr=1)
        for unit in units:
            unit.start()
        made.arm()
        self.assert_good(made.provision(*units[:2]), *units[:2])
        self.assert_refused(made.provision(units[2]), "LEDGER_EMPTY",
                            case.STOP, units[2])
        self.assertIsNone(units[2].decode()["header"])
        self.assert_sums(made)

    def test_no_at_port(self):
        """Not locked without the second read path; then it carries on."""
        made = self.line()
        unit = made.unit("u1")
        unit.at = ["unix:" + made.path("nobody.sock")]
        made.open()
        unit.start()
        made.arm()
        outcome = made.provision()
        self.assertNotEqual(outcome.exit, case.GOOD, outcome)
        fuses = unit.decode()
        self.assertFalse(fuses["locked"])
        self.assertEqual(fuses["fields"]["digest"]["state"], "empty")
        with self.keeps_fuses(unit):
            again = made.provision()
            self.assertNotEqual(again.exit, case.GOOD, again)
        os.symlink(unit.path("at1.sock"), made.path("nobody.sock"))
        done = made.provision()
        self.assert_good(done, unit)
        self.assert_whole(unit, done.row(unit)["imei"])

    def test_third_time_for_causes_of_its_own(self):
        """P13: the third RETRY in a row becomes REWORK."""
        made = self.line()
        unit = made.unit("u1")
        made.open()
        unit.start("--lock", "stuck-open")
        made.arm()
        said = [made.provision().row(unit) for _ in range(3)]
        self.assertEqual([row["code"] for row in said],
                         ["OTP_LOCK", "OTP_LOCK", "STATION_REPEATED"])
        self.assertEqual([row["exit"] for row in said], [2, 2, 3])
        with self.keeps_fuses(unit):
            self.assert_refused(made.provision(), "LEDGER_QUARANTINED",
                                case.STOP, unit)
        self.assert_sums(made)


class Agent(case.Case):
    """Requests that a unit refuses, asked without the tool."""

    def setUp(self):
        self.made = self.armed()
        self.unit, = self.made.units

    def ask(self, *requests):
        with wire.Client(self.unit.path("agent.sock")) as agent:
            agent.hello()
            return [agent.ask(operation, body)[0]
                    for operation, body in requests]

    def test_blank(self):
        with self.keeps_fuses(self.unit):
            for status in self.ask(
                    (wire.PROGRAM, None), (wire.LOCK, None),
                    (wire.PERMIT, {2: b"\xd2", 3: b"\xd2"}),
                    (wire.STORE, {2: b"\xd2", 3: b"\xd2"}),
                    (wire.READ, {1: bytes(16)}),
                    (wire.PROBE, {1: bytes(16)})):
                self.assertNotEqual(status, wire.OK)

    def test_locked(self):
        """P6: and with the unit's own ticket, which it keeps, as well."""
        self.assert_good(self.made.provision(), self.unit)
        with wire.Client(self.unit.path("agent.sock")) as agent:
            agent.hello()
            kept = {number: agent.good(wire.FETCH, {4: number})[3]
                    for number in (1, 2, 3, 4)}
        with self.keeps_fuses(self.unit):
            said = self.ask((wire.PERMIT, {2: kept[1], 3: kept[2]}),
                            (wire.PROGRAM, None), (wire.LOCK, None))
            locked = int.from_bytes(b"AG\x01\x33", "big")
            self.assertEqual([hex(status) for status in said],
                             [hex(locked)] * 3)
            self.assertEqual(
                self.ask((wire.STORE, {2: kept[3], 3: kept[4]})), [wire.OK])
            bad = bytearray(kept[4])
            bad[-1] ^= 1
            self.assertNotEqual(
                self.ask((wire.STORE, {2: kept[3], 3: bytes(bad)})),
                [wire.OK])
        self.assertEqual(line.verify(self.unit).exit, case.GOOD)


if __name__ == "__main__":
    case.main()
