#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of a line: masks, verdicts in words, a stop, a busy
slot, files that are kept, objects in readable form."""
import os
import pty
import re
import signal
import unittest

import case
import line

DELAYED = "fault:r:delay@4=1500:"


def digits(text):
    """Every IMEI that stands in a text in full."""
    return re.findall(r"(?<![0-9a-f])\d{14,15}(?![0-9a-f])", text)


class Screen(case.Case):
    """Text, as without --json."""

    def test_masked_unless_asked(self):
        made = self.armed("virtual-once")
        unit, = made.units
        first = made.run("provision", text=True)
        self.assertEqual(first.exit, 0, first)
        imeis = made.provision(unit).row(unit)["imei"]
        for words in (["provision"], ["devices"], ["ledger", "show"],
                      ["ledger", "history", imeis[1]]):
            shown = made.run(*words, text=True).output
            self.assertIn("*****", shown)
            self.assertEqual(digits(shown), [], words)
            for imei in imeis:
                self.assertIn(imei[:14], made.run(*words, "--full",
                                                  text=True).output)

    def test_history_names_codes(self):
        made = self.armed()
        unit, = made.units
        unit.restart("--lock", "stuck-open")
        made.provision(unit)
        words = ("ledger", "history")
        self.assertRegex(made.run(*words).output, r'"told\\":\\"[A-Z]{2}\d\d')
        self.assertRegex(made.run(*words, text=True).output,
                         r'"told":"[A-Z]+_[A-Z_]+"')

    def test_again_says_nothing_changed(self):
        made = self.armed()
        for words in ("good ", "good (was locked already, nothing changed)"):
            outcome = made.run("provision", text=True)
            self.assertEqual(outcome.exit, 0, outcome)
            self.assertIn("slot 1: verify\n", outcome.output)
            self.assertIn(words, outcome.output)

    def test_worst_unit_is_the_exit_code(self):
        made = self.line()
        for name in ("good", "absent", "lies"):
            made.unit(name)
        made.open()
        made.units[0].start()
        made.units[2].start("--lock", "lies")
        made.arm()
        outcome = made.run("provision", text=True)
        self.assertEqual(outcome.exit, case.REWORK, outcome)
        for words in ("slot 2: run again: LINK_OPEN: No unit answers",
                      "slot 3: red bin: VERIFY_CANARY: ", "Red bin. (step: "):
            self.assertIn(words, outcome.output)
        self.assertNotIn("slot 1: good:", outcome.output)
        tally, = made.must("station", "show").kind("tally")
        self.assertEqual(
            [tally[name] for name in ("units", "good", "again", "red",
                                      "first_units", "first_good")],
            [2, 1, 0, 1, 2, 1])  # who never answered is no unit
        outcome = made.provision(made.units[0], made.units[1])
        self.assertEqual(outcome.exit, case.RETRY, outcome)
        tally, = outcome.kind("tally")
        self.assertEqual(
            [tally[name] for name in ("units", "good", "again", "red",
                                      "first_units", "first_good")],
            [2, 1, 1, 0, 1, 0])

    def test_no_more_than_armed(self):
        made = self.line()
        for name in ("a", "b"):
            made.unit(name)
        made.open()
        for unit in made.units:
            unit.start()
        made.arm(units=1)
        outcome = made.provision()
        self.assertEqual([row["code"] for row in outcome.kind("unit")],
                         ["OK", "STATION_ENDED"])
        self.assert_refused(made.provision(), "STATION_ENDED", case.STOP)
        row, = made.must("station", "show").kind("armed")
        self.assertEqual((row["made"], row["of_units"]), (1, 1))

    def test_redrawn_on_a_terminal(self):
        made = self.armed()
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(os.path.join(line.BIN, "imeilock"),
                     ["imeilock", "-s", made.station, "provision"])
        seen = b""
        try:
            while more := os.read(terminal, 4096):
                seen += more
        except OSError:
            pass  # the other end is closed
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, seen)
        self.assertIn(b"\033[1A\033[2Kslot  1  verify ", seen)
        self.assertIn(b"\033[32mgood\033[0m", seen)


class Stop(case.Case):
    def delayed(self):
        """An armed line whose unit is slow to answer."""
        made = self.line()
        unit = made.unit("u1")
        made.address(unit, DELAYED + unit.agent)
        made.open()
        unit.start()
        made.arm()
        return made, unit

    def until(self, process, words):
        seen = b""
        while words not in seen:
            more = process.stdout.readline()
            self.assertTrue(more, seen)
            seen += more
        return seen

    def test_stops_between_steps_and_carries_on(self):
        """P8: a stop is a cut between two steps."""
        made, unit = self.delayed()
        process = made.start_provision()
        self.until(process, b'"permit"')
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(), case.RETRY, rest)
        self.assertIn(b"Stopping after the running steps", rest)
        self.assertIn(b'"code":"STATION_STOPPED"', rest)
        self.assertNotIn(b'"step":"verify"', rest)
        self.assert_good(made.provision(unit), unit)
        self.assert_sums(made)

    def test_a_slot_that_is_worked_is_left_alone(self):
        made, unit = self.delayed()
        process = made.start_provision()
        self.until(process, b'"permit"')
        for words in (["provision"], ["devices"], ["station", "close"]):
            self.assertIn("STATION_BUSY", made.run(*words).output)
        rest = process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(), 0, rest)
        self.assert_good(made.provision(unit), unit)


class Objects(case.Case):
    def test_nothing_is_written_over(self):
        made = self.line()
        made.unit("u1")
        made.open()
        root, request = made.root, made.path("virtual-additive.request")
        cert = made.path("virtual-additive.cert")
        kept = [line.read(path) for path in (root.pem, request, cert)]
        for outcome in (
                line.run("key", "root", "--folder", root.path("other"),
                         "--class", "development", "--token", "soft:other",
                         "--out", root.pem, pin="1"),
                made.run("key", "request", "--model", "m", "--out", request,
                         token=True),
                line.run("key", "certify", "--folder", root.path("folder"),
                         "--request", request, "--first", "00440100000000",
                         "--last", "00440100000001", "--out", cert,
                         "--token", root.token.address, pin=root.token.pin)):
            self.assert_refused(outcome, "STATION_EXISTS", case.STOP)
            self.assertIn("there already", outcome.output)
        self.assertEqual(kept, [line.read(path) for path
                                in (root.pem, request, cert)])
        self.assertFalse(os.path.exists(root.path("other")))
        self.assertFalse(os.path.exists("other"))

    def test_another_root_is_refused(self):
        made = self.line()
        made.unit("u1")
        made.open()
        other = self.root()
        outcome = made.run("key", "install", "--cert",
                           made.path("virtual-additive.cert"), "--root",
                           other.pem, token=True)
        self.assert_refused(outcome, "HSM_CERTIFICATE", case.STOP)
        self.assertIn("another root", outcome.output)

    def test_a_failed_request_leaves_no_file(self):
        made = self.line()
        made.unit("u1")
        made.open()
        outcome = made.run("key", "request", "--model", "m", "--out",
                           made.path("new.request"), token=True, pin="wrong")
        self.assert_refused(outcome, "HSM_PIN", case.STOP)
        self.assertFalse(os.path.exists(made.path("new.request")))

    def test_readable(self):
        made = self.line()
        made.unit("u1")
        made.open()
        cert = made.path("virtual-additive.cert")
        outcome = line.run("inspect", cert, "--root", made.root.pem)
        row, = outcome.kind("object")
        self.assertEqual((row["object"], row["model"], row["role"],
                          row["class"]),
                         ("certificate", "virtual-additive", "line",
                          "development"))
        tac = made.tacs["virtual-additive"]
        self.assertEqual(row["intervals"], [f"{tac}000000-{tac}000999"])
        self.assertEqual(outcome.kind("signature")[0]["signature"], "good")
        outcome = line.run("inspect", cert)
        self.assertEqual(outcome.kind("signature")[0]["signature"],
                         "not checked")
        outcome = line.run("inspect", cert, "--root", self.root().pem)
        self.assert_refused(outcome, "CRYPTO_SIGNATURE", case.STOP)
        outcome = line.run("inspect", made.path("virtual-additive.request"))
        self.assertEqual(outcome.kind("object")[0]["object"], "request")
        self.assertEqual(outcome.exit, 0)

    def test_a_unit_in_readable_form(self):
        made = self.armed("virtual-once")
        unit, = made.units
        blank = line.run("inspect", "--unit", unit.agent)
        self.assertEqual((blank.exit, blank.kind("unit")[0]["state"],
                          blank.kind("field")), (0, "blank", []))
        imeis = made.provision(unit).row(unit)["imei"]
        with self.keeps_fuses(unit):
            outcome = line.run("inspect", "--unit", unit.agent)
        self.assertEqual(outcome.exit, 0, outcome)
        says = {row["field"]: (row["state"], row["copy_a"], row["a_says"])
                for row in outcome.kind("field")}
        self.assertEqual(says["secret"], ("done", "hidden", None))
        self.assertEqual(says["identity 1"], ("done", "valid", imeis[0]))
        self.assertEqual(says["identity 2"], ("done", "valid", imeis[1]))
        self.assertEqual(says["identity 3"], ("killed", "dead", None))
        self.assertEqual(outcome.kind("image")[0]["imei"], imeis)
        self.assertEqual(outcome.kind("locks")[0]["boot_check"], "OK")


if __name__ == "__main__":
    unittest.main()
