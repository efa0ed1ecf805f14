#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The screen of a watched line, in a real terminal (tmux): what it shows, held
against the ledger, its keys, its sizes, its languages."""
import os
import re
import time
import unittest

import case
import line
import terminal

DELAYED = "fault:r:delay@4=1500:"
ENGLISH = {"LC_ALL": "C.UTF-8", "LANGUAGE": ""}
GERMAN = {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|[34]8)[;m]")


class Screen(case.Case):
    def ready(self, slots, units=100, delayed=()):
        made = self.line()
        for n in range(slots):
            unit = made.unit(f"u{n + 1}")
            if n in delayed:
                made.address(unit, DELAYED + unit.agent)
        made.open()
        made.arm(units=units)
        return made

    def screen(self, made, *words, env=None, **how):
        found = terminal.Terminal(
            [os.path.join(line.BIN, "imeilock"), "-s", made.station,
             "provision", "--watch", *words], env=env or ENGLISH, **how)
        self.addCleanup(found.__exit__)
        return found

    def tile(self, seen, slot):
        """(first line, second line) of a slot's tile, by its number."""
        rows = seen.split("\n")
        for at, row in enumerate(rows[2:-4], 2):
            match = re.search(rf"(?:^| ) ?{slot} (?=\[|[a-z])", row)
            if match:
                begin = match.end() - 3 if slot < 10 else match.end() - 3
                end = begin + 19
                return row[begin:end], rows[at + 1][begin:end]
        self.fail(f"slot {slot} is not there:\n{seen}")

    def chip(self, unit):
        return line.read(unit.path("chip.bin")).hex()


class Verdicts(Screen):
    def test_shows_what_the_ledger_holds(self):
        """At every moment: a unit is good on the screen only if it is
        verified in the ledger, with the number that is shown."""
        made = self.ready(4, delayed=(1,))
        with self.screen(made) as seen:
            seen.until("q quit")
            made.units[0].start()
            made.units[1].start()
            made.units[2].start("--lock", "lies")
            made.units[3].start("--cut", "otp-program@5:before")
            marks = set()
            end = time.monotonic() + line.PATIENCE_S
            while len(marks) < 4:
                self.assertLess(time.monotonic(), end, seen.text())
                text = seen.text()
                known = made.ledger()
                for unit in made.units:
                    first, second = self.tile(text, unit.slot)
                    if "[ OK ]" in first:
                        row = known[self.chip(unit)]
                        self.assertEqual(row["state"], "verified", text)
                        imei = row["imei"][0]
                        self.assertIn(f"{imei[:8]}*****{imei[-2:]}",
                                      second, text)
                    if match := re.search(r"\[[^]]*\]", first):
                        marks.add((unit.slot, match.group()))
            self.assertEqual(sorted(marks), [
                (1, "[ OK ]"), (2, "[ OK ]"), (3, "[ RED ]"), (4, "[AGAIN]")])
            # nothing of it goes when the units do
            for unit in made.units:
                unit.stop()
            time.sleep(4)
            text = seen.text()
            self.assertIn("taken out", text)
            for slot, mark in marks:
                self.assertIn(mark, self.tile(text, slot)[0])
            self.assertNotRegex(text, r"\d{14}")
            seen.keys("q")
            self.assertEqual(seen.exit(), case.REWORK)
            self.assertIn("first pass:", seen.until("seconds:"))

    def test_german(self):
        made = self.ready(2)
        for unit in made.units:
            unit.start()
        made.units[1].restart("--lock", "lies")
        with self.screen(made, env=GERMAN) as seen:
            seen.until("[ ROT ]")
            text = seen.until("[ OK ]")
            self.assertIn("[ ROT ] rote Kiste", text)
            self.assertIn("[ OK ]  gut", text)
            self.assertRegex(text, r"gemacht, noch \d:\d\d\n")
            seen.keys("r")
            self.assertIn("eine Taste", seen.until("VERIFY_CANARY"))


class Sizes(Screen):
    def test_32_slots(self):
        made = self.ready(32)
        for unit in made.units[::8]:
            unit.start()
        for env in (ENGLISH, GERMAN):
            with self.screen(made, env=env) as seen:
                line.wait_for(lambda: seen.text().count("[ OK ]") == 4,
                              "four good units")
                rows = seen.rows()
                self.assertEqual(len(rows), 24)
                numbers = [int(n) for row in rows[2:-4] for n in
                           re.findall(r"(?:^|  )[ ]?(\d{1,2}) (?=[\[a-z])",
                                      row)]
                self.assertEqual(sorted(numbers), list(range(1, 33)),
                                 "\n".join(rows))
                self.assertTrue(all(len(row) <= 80 for row in rows))
                seen.keys("q")
                self.assertEqual(seen.exit(), 0)

    def test_resized(self):
        made = self.ready(4)
        with self.screen(made) as seen:
            seen.until("q quit")
            for columns, rows in ((132, 43), (40, 10), (20, 5), (80, 24)):
                seen.resize(columns, rows)
                line.wait_for(
                    lambda: len(seen.rows()) == rows
                    and "p pause" in seen.rows()[-1], f"{columns}x{rows}")
            self.assertIn(" 4 empty", seen.text())


class Keys(Screen):
    def test_pause_and_go_on(self):
        made = self.ready(2)
        with self.screen(made) as seen:
            seen.until("q quit")
            seen.keys("p")
            seen.until("The line is paused: p goes on.")
            made.units[0].start()
            with self.keeps_fuses(made.units[0]):
                seen.until("\nline is paused")
                time.sleep(1)
            seen.keys("p")
            seen.until("[ OK ]")
            # a unit that was refused is run again at a key
            made.units[1].start("--lock", "stuck-open")
            seen.until("[AGAIN]")
            seen.keys("r")
            self.assertIn("slot 2: run again: ", seen.until("press a key"))
            seen.keys("x")
            for _ in range(50):
                seen.keys("a")
                time.sleep(0.2)
                if "[ RED ]" in seen.text():  # the third in a row
                    break
            seen.keys("r")
            self.assertIn("STATION_REPEATED", seen.until("press a key"))
            seen.keys("x")
            line.wait_for(lambda: "press a key" not in seen.text(), "box")

    def test_close_the_shift(self):
        made = self.ready(2)
        with self.screen(made) as seen:
            made.units[0].start()
            seen.until("[ OK ]")
            seen.keys("c")
            seen.until("Close the shift?")
            seen.keys("n")
            line.wait_for(lambda: "Close the" not in seen.text(), "box")
            seen.keys("c", "y")
            self.assertEqual(seen.exit(), 0)
            self.assertIn("adds up", seen.until("The station is closed."))
        self.assert_no_signer(made)
        self.assert_refused(made.run("provision"), "STATION_NOT_ARMED",
                            case.STOP)
        self.assert_sums(made)

    def test_interrupted(self):
        made = self.ready(1, delayed=(0,))
        unit, = made.units
        with self.screen(made) as seen:
            unit.start()
            seen.until(" 1 p")
            seen.keys("C-c")
            self.assertEqual(seen.exit(), case.RETRY)
            self.assertIn("STATION_STOPPED", seen.text())
        self.assert_sums(made)

    def test_broken_off(self):
        """A second one ends it at once, and gives the terminal back."""
        made = self.ready(1, delayed=(0,))
        unit, = made.units
        with self.screen(made) as seen:
            unit.start()
            seen.until(" 1 p")
            seen.keys("C-c")
            time.sleep(0.3)
            seen.keys("C-c")
            self.assertEqual(seen.exit(), 130)
            self.assertNotIn("q quit", seen.text())
        self.assert_good(made.provision(unit), unit)

    def test_the_end_waits_to_be_read(self):
        made = self.ready(1, units=1)
        with self.screen(made) as seen:
            made.units[0].start()
            seen.until("This is the end: q leaves")
            self.assertIn("[ OK ]", seen.text())
            time.sleep(1)
            self.assertFalse(os.path.exists(seen.done))
            seen.keys("q")
            self.assertEqual(seen.exit(), 0)


class Terminals(Screen):
    def shows_colour(self, made, **env):
        with self.screen(made, env={**ENGLISH, **env}) as seen:
            seen.until("[ OK ]")
            text = "\n".join(seen.rows(escapes=True))
            seen.keys("q")
            self.assertEqual(seen.exit(), 0)
            return COLOUR.search(text) is not None

    def test_colour(self):
        made = self.ready(1)
        made.units[0].start()
        self.assertTrue(self.shows_colour(made))
        self.assertFalse(self.shows_colour(made, NO_COLOR="1"))

    def test_plain(self):
        made = self.ready(1)
        made.units[0].start()
        for words, env in ((("--plain",), {}), ((), {"TERM": "nosuch"})):
            with self.screen(made, *words, env={**ENGLISH, **env}) as seen:
                seen.until("slot 1: good")
                seen.keys("C-c")
                self.assertEqual(seen.exit(), 0)

    def test_terminals_of_old(self):
        made = self.ready(1)
        made.units[0].start()
        for name in ("vt100", "linux", "screen", "xterm"):
            with self.screen(made, env={**ENGLISH, "TERM": name}) as seen:
                self.assertIn("q quit", seen.until("[ OK ]"))
                seen.keys("q")
                self.assertEqual(seen.exit(), 0)


if __name__ == "__main__":
    unittest.main()
