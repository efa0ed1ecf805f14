#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Labels at a watched line: a unit gets exactly the number that was scanned for
its slot, and nothing is burnt for a label that does not fit (P1, P2)."""
import fcntl
import json
import os
import signal
import socket
import struct
import time
import unittest

import case
import line
import terminal
import watch


F_OFD_SETLKW = 38  # which Python has no name for
LABEL_S = 1.7  # after that a label that is read again was scanned again


def imei(body):
    """15 digits, by TS 23.003 annex B."""
    total = 0
    for at, digit in enumerate(reversed(body)):
        value = int(digit) * (1 if at % 2 else 2)
        total += value // 10 + value % 10
    return body + str(-total % 10)


class Turn:
    """The ledger's turn, held by another process (docs/ledger.md, 8)."""

    def __init__(self, made):
        self.fd = os.open(made.path("station", "ledger.db.lock"), os.O_RDWR)

    def __enter__(self):
        fcntl.fcntl(self.fd, F_OFD_SETLKW, struct.pack(
            "hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 1, 1, 0))

    def __exit__(self, *_):
        os.close(self.fd)


class Labels(case.Case):
    def ready(self, *models, **how):
        made = self.line()
        for number, model in enumerate(models or ("virtual-additive",)):
            made.unit(f"u{number + 1}", model)
        made.open(**how)
        made.arm()
        return made

    def number(self, made, unit, snr):
        return imei(f"{made.tacs[unit.model]}{snr:06d}")

    def watch(self, made, *words):
        found = watch.Watch(made, "--scan", *words)
        self.addCleanup(found.__exit__)
        return found

    @staticmethod
    def screen(made, *words):
        return terminal.Terminal(
            [os.path.join(line.BIN, "imeilock"), "-s", made.station,
             "provision", "--watch", *words], env={"LC_ALL": "C.UTF-8"})

    def scan(self, seen, *lines, code="OK"):
        for text in lines:
            seen.say(text)
            row = seen.until("scan")
        self.assertEqual(row["code"], code, seen)
        return row

    def until_good(self, seen, unit, snr, made):
        row = seen.until("unit", slot=unit.slot)
        wanted = [self.number(made, unit, snr + n) for n in range(unit.slots)]
        self.assertEqual((row["code"], row["imei"]), ("OK", wanted), seen)
        self.assertEqual([n for n in unit.decode()["imei"] if n], wanted)
        return row

    def unlabelled(self, made, place):
        """Verified units whose label there nobody compared."""
        rows = made.run("ledger", "show", "--unlabelled", place).kind("unit")
        return [unit for unit in made.units
                for row in rows if row["chip"] == unit.decode()["chip_id"]]

    def test_exactly_the_scanned_number(self):
        made = self.ready("virtual-additive", "virtual-additive")
        one, two = made.units
        one.start()
        two.start()
        with self.watch(made) as seen:
            # both wait, and nothing is burnt
            with self.keeps_fuses(one, two):
                for unit in made.units:
                    seen.until("slot", state="waiting for scan")
                self.assertEqual(seen.quiet(1, "unit", "step"), [])
                # two wait: it cannot be told which is meant
                self.scan(seen, self.number(made, one, 40),
                          code="STATION_SCAN_SLOT")
                self.scan(seen, "SLOT-9", code="STATION_SCAN_SLOT")
            self.scan(seen, "SLOT-2", self.number(made, two, 41))
            self.until_good(seen, two, 41, made)
            seen.until("slot", slot=2, state="scan the housing label")
            # the only one that waits
            self.scan(seen, self.number(made, one, 7))
            self.until_good(seen, one, 7, made)
            # the labels are on; they tell themselves whose they are
            seen.say(self.number(made, two, 41))
            seen.until("slot", slot=2, state="its labels fit")
            seen.say("slot:1")
            seen.say(self.number(made, one, 7))
            seen.until("slot", slot=1, state="its labels fit")
            seen.ask_to_stop(signal.SIGINT)
            self.assertEqual(seen.end(), 0, seen)
        self.assert_sums(made)

    def test_label_first_and_then_the_unit(self):
        made = self.ready("virtual-once")
        unit, = made.units
        with self.watch(made, "--match") as seen:
            seen.until("slot", state="empty")
            self.scan(seen, self.number(made, unit, 12) + ","
                      + self.number(made, unit, 13))
            unit.start()
            self.until_good(seen, unit, 12, made)
            seen.until("slot", state="scan the housing label")
            # of another unit: this label is to be destroyed
            self.scan(seen, "SLOT-1", self.number(made, unit, 14),
                      code="STATION_LABEL")
            self.assertEqual(self.unlabelled(made, "housing"), [unit])
            seen.say(self.number(made, unit, 12))
            seen.until("slot", state="scan the box label")
            # by the ledger: the next shift will know what this one has seen
            self.assertEqual(self.unlabelled(made, "housing"), [])
            self.assertEqual(self.unlabelled(made, "box"), [unit])
            # at once, it could be the housing's that was read twice
            self.scan(seen, "SLOT-1")
            seen.say(self.number(made, unit, 12) + " "
                     + self.number(made, unit, 13))
            seen.until("slot", state="its labels fit")
            self.assertEqual(self.unlabelled(made, "box"), [])
            # the next unit of this slot, its numbers one after the other
            self.scan(seen, "SLOT-1", self.number(made, unit, 20),
                      self.number(made, unit, 21))
            unit.become_another()
            self.until_good(seen, unit, 20, made)
        self.assert_sums(made)

    def test_a_label_that_was_left_out(self):
        made = self.ready()
        unit, = made.units
        unit.start()
        with self.watch(made) as seen:
            self.scan(seen, "SLOT-1", self.number(made, unit, 1))
            seen.until("slot", state="scan the housing label")
            seen.ask_to_stop(signal.SIGINT)
            self.assertEqual(seen.end(), 0)
            self.assertIn("labels were not compared",
                          seen.kind("warning")[0]["text"])

    def test_stopped_before_its_label_was_seen(self):
        """No label is told to fit a unit that somebody has quarantined."""
        made = self.ready()
        unit, = made.units
        unit.start()
        with self.watch(made) as seen:
            number = self.number(made, unit, 1)
            self.scan(seen, "SLOT-1", number)
            seen.until("slot", state="scan the housing label")
            made.must("ledger", "quarantine", number, "--reason", "a test")
            self.scan(seen, number, code="LEDGER_QUARANTINED")
            # and the next unit does not wait for it
            unit.become_another()
            self.scan(seen, "SLOT-1", self.number(made, unit, 2))
            self.until_good(seen, unit, 2, made)
        self.assertEqual(self.unlabelled(made, "housing"), [unit])

    def events(self, made):
        """[(place, code)] of what was compared."""
        return [(detail["place"], detail["code"]) for detail in (
            json.loads(row["detail"]) for row in made.must(
                "ledger", "history", "--full").kind("event")
            if row["event"] == "labelled")]

    def test_read_twice(self):
        """A label counts once; the box's own is another scan."""
        made = self.ready("virtual-once")
        unit, = made.units
        unit.start()
        first, second = (self.number(made, unit, n) for n in (12, 13))
        with self.watch(made, "--match") as seen:
            seen.until("slot", state="waiting for scan")
            self.scan(seen, first, second)
            self.until_good(seen, unit, 12, made)
            seen.until("slot", state="scan the housing label")
            # the second bar code alone is none of another unit's
            self.scan(seen, second, code="LEDGER_LABEL_PAIR")
            self.assertEqual(self.events(made), [])
            for number in (first, first, second):
                seen.say(number)
            seen.until("slot", state="scan the box label")
            self.assertEqual(seen.quiet(LABEL_S, "scan", "slot"), [])
            self.assertEqual(self.unlabelled(made, "box"), [unit])
            seen.say(first)
            seen.until("slot", state="its labels fit")
            # nor is a slot armed with it
            seen.say(first)
            self.assertEqual(seen.quiet(0.5, "scan", "slot"), [])
        self.assertEqual(self.events(made), [("housing", "OK"),
                                             ("box", "OK")])

    def test_another_unit_while_the_ledger_is_waited_for(self):
        """Whoever is there when the ledger answers has not the label of the one
        before him."""
        made = self.ready("virtual-additive", "virtual-additive")
        one, two = made.units
        with self.watch(made) as seen:
            for _ in made.units:
                seen.until("slot", state="empty")
            for unit, snr in (one, 5), (two, 9):
                self.scan(seen, f"SLOT-{unit.slot}",
                          self.number(made, unit, snr))
            with Turn(made):
                two.start()
                seen.until("step", slot=2)
                one.start()
                time.sleep(1)  # it is seen, and is to be begun
                one.become_another()
            row = seen.until("unit", slot=1)
            self.assertEqual(row["code"], "STATION_LABEL_LEFT", seen)
            self.assertEqual(one.decode()["fields"]["header"]["state"],
                             "empty")
            self.until_good(seen, two, 9, made)
        self.assert_sums(made)

    def test_known_after_a_crash(self):
        made = self.ready("virtual-additive", "virtual-additive")
        one, two = made.units
        with self.watch(made) as seen:
            for snr, unit in enumerate(made.units, 1):
                unit.start()
                self.scan(seen, f"SLOT-{unit.slot}",
                          self.number(made, unit, snr))
                self.until_good(seen, unit, snr, made)
            seen.say(self.number(made, two, 2))
            seen.until("slot", slot=2, state="its labels fit")
        # killed, and both are gone
        one.stop()
        two.stop()
        self.assertEqual(self.unlabelled(made, "housing"), [one])
        self.assertEqual(self.unlabelled(made, "box"), [one, two])

    def test_refused_before_anything_is_burnt(self):
        made = self.ready("virtual-additive", "virtual-once",
                          last_snr=99)
        one, two = made.units
        one.start()
        first = made.provision(one).row(one)["imei"][0]
        one.become_another("--lock", "lies")
        two.start()
        with self.watch(made) as seen:
            for _ in made.units:
                seen.until("slot", state="waiting for scan")
            good = self.number(made, one, 50)
            with self.keeps_fuses(one, two):
                for texts, code in (
                        (["hello"], "STATION_SCAN"),
                        (["SLOT-1", good[:14]], "IMEI_FORMAT"),
                        ([good[:14] + str((int(good[14]) + 1) % 10 or 5)],
                         "IMEI_CHECK"),
                        (["000000000000000"], "IMEI_ZERO"),
                        # of no interval here
                        ([self.number(made, one, 100)],
                         "LEDGER_LABEL_OUTSIDE"),
                        ([imei("35000000000001")], "LEDGER_LABEL_OUTSIDE"),
                        # two labels, one slot
                        (["SLOT-2", self.number(made, two, 30),
                          self.number(made, two, 34)],
                         "LEDGER_LABEL_PAIR"),
                        # the second of a pair
                        (["SLOT-2", self.number(made, two, 31)],
                         "LEDGER_LABEL_PAIR")):
                    self.scan(seen, *texts, code=code)
                self.assertEqual(seen.quiet(2, "unit", "step"), [])
                # a number that has its unit, which this one is not
                self.scan(seen, "SLOT-1", first)
                row = seen.until("unit", slot=1)
                self.assertEqual((row["code"], row["exit"]),
                                 ("LEDGER_TAKEN", case.STOP))
                # another model's number
                self.scan(seen, "SLOT-2", self.number(made, one, 51))
                row = seen.until("unit", slot=2)
                self.assertEqual((row["code"], row["exit"]),
                                 ("LEDGER_LABEL_OUTSIDE", case.STOP))
        self.assert_sums(made)

    def test_a_refused_slot_code_is_followed_by_nothing(self):
        """The label that was scanned with it is not the only waiting unit's."""
        made = self.ready()
        unit, = made.units
        unit.start()
        with self.watch(made) as seen:
            seen.until("slot", state="waiting for scan")
            with self.keeps_fuses(unit):
                for _ in range(2):
                    self.scan(seen, "SLOT-9", self.number(made, unit, 1),
                              self.number(made, unit, 2),
                              code="STATION_SCAN_SLOT")
                self.assertEqual(seen.quiet(1, "unit", "step"), [])
            self.scan(seen, "SLOT-1", self.number(made, unit, 3))
            self.until_good(seen, unit, 3, made)
        self.assert_sums(made)

    def test_after_what_cannot_be_read_the_slot_is_scanned_again(self):
        """It may have been the code of another slot."""
        made = self.ready("virtual-additive", "virtual-additive")
        one = made.units[0]
        one.start()
        with self.watch(made) as seen:
            seen.until("slot", slot=1, state="waiting for scan")
            for texts in (["SLOT-?2"], ["SLOT-1", "SL0T-2"]):
                with self.keeps_fuses(one):
                    self.scan(seen, *texts, code="STATION_SCAN")
                    self.scan(seen, self.number(made, one, 1),
                              code="STATION_SCAN_SLOT")
                    self.assertEqual(seen.quiet(1, "unit", "step"), [])
            self.scan(seen, "SLOT-1", self.number(made, one, 3))
            self.until_good(seen, one, 3, made)
            # a label that tells itself whose it is needs none
            self.scan(seen, "?", code="STATION_SCAN")
            seen.say(self.number(made, one, 3))
            seen.until("slot", slot=1, state="its labels fit")
        self.assert_sums(made)

    def test_a_label_leaves_with_its_unit(self):
        """The next one in this slot has another."""
        made = self.ready("virtual-once")
        unit, = made.units
        unit.start()
        with self.watch(made) as seen:
            seen.until("slot", state="waiting for scan")
            # the label's second number may still come
            self.scan(seen, "SLOT-1", self.number(made, unit, 10))
            unit.stop()
            seen.until("scan", code="STATION_LABEL_LEFT", slot=1)
            unit.become_another()
            seen.until("slot", state="waiting for scan")
            with self.keeps_fuses(unit):
                self.assertEqual(seen.quiet(3, "unit", "step"), [])
            self.scan(seen, "SLOT-1", self.number(made, unit, 20))
            self.until_good(seen, unit, 20, made)
        self.assert_sums(made)

    def test_the_next_unit_waits_for_the_label_of_the_one_before(self):
        made = self.ready()
        unit, = made.units
        unit.start()
        with self.watch(made) as seen:
            self.scan(seen, "SLOT-1", self.number(made, unit, 1))
            self.until_good(seen, unit, 1, made)
            seen.until("slot", state="scan the housing label")
            unit.become_another()
            seen.until("slot", state="scan the housing label")
            self.scan(seen, "SLOT-1", self.number(made, unit, 2),
                      code="STATION_LABEL")
            seen.say(self.number(made, unit, 1))
            seen.until("slot", state="its labels fit")
            seen.until("slot", state="waiting for scan")
            self.scan(seen, "SLOT-1", self.number(made, unit, 2))
            self.until_good(seen, unit, 2, made)
        self.assert_sums(made)

    def test_left_before_its_label_behind_a_good_unit(self):
        """It has no share in the verdict of the unit before it."""
        made = self.ready()
        unit, = made.units
        unit.start()
        with self.watch(made) as seen:
            self.scan(seen, "SLOT-1", self.number(made, unit, 1))
            self.until_good(seen, unit, 1, made)
            seen.say(self.number(made, unit, 1))
            seen.until("slot", state="its labels fit")
            unit.become_another()
            for _ in range(2):
                seen.until("slot", state="waiting for scan")
                unit.stop()
                seen.until("slot", state="empty")
                unit.start()
            self.scan(seen, "SLOT-1", self.number(made, unit, 2))
            self.until_good(seen, unit, 2, made)

    def test_same_chip_same_label(self):
        made = self.ready()
        unit, = made.units
        unit.start("--cut", "otp-program@30:before")
        with self.watch(made) as seen:
            self.scan(seen, self.number(made, unit, 5))
            row = seen.until("unit")
            self.assertEqual(row["exit"], case.RETRY)
            seen.until("slot", state="empty")
            unit.restart()
            seen.until("slot", state="waiting for scan")
            with self.keeps_fuses(unit):
                self.scan(seen, self.number(made, unit, 6))
                row = seen.until("unit")
                self.assertEqual((row["code"], row["exit"]),
                                 ("LEDGER_LABEL_OTHER", case.RETRY))
            unit.stop()
            seen.until("slot", state="empty")
            unit.start()
            self.scan(seen, self.number(made, unit, 5))
            self.until_good(seen, unit, 5, made)
        self.assert_sums(made)

    def test_dead_chip(self):
        """Its number goes with it, and so does its label."""
        made = self.ready()
        unit, = made.units
        unit.start("--lock", "lies")
        with self.watch(made) as seen:
            self.scan(seen, self.number(made, unit, 5))
            row = seen.until("unit")
            self.assertEqual(row["exit"], case.REWORK)
            seen.until("slot", state="destroy the label")
            unit.become_another()
            self.scan(seen, "SLOT-1", self.number(made, unit, 5),
                      code="LEDGER_LABEL_VOID")
            self.scan(seen, self.number(made, unit, 6))
            self.until_good(seen, unit, 6, made)
        known = made.ledger()[row["chip"]]
        self.assertEqual(known["state"], "quarantined")
        self.assert_sums(made)

    def test_a_number_is_promised_to_one_slot(self):
        made = self.ready("virtual-additive", "virtual-additive")
        with self.watch(made) as seen:
            for _ in made.units:
                seen.until("slot", state="empty")
            number = self.number(made, made.units[0], 3)
            self.scan(seen, "SLOT-1", number)
            self.scan(seen, "SLOT-2", number, code="LEDGER_TAKEN")

    def test_next_takes_no_scanned_number(self):
        """Another process without labels, at the same time."""
        made = self.ready("virtual-additive", "virtual-additive")
        one, two = made.units
        with self.watch(made, "--slot", "1") as seen:
            seen.until("slot", state="empty")
            self.scan(seen, self.number(made, one, 0))
            # the number is nobody's until the unit is there, so it is gone
            two.start()
            got = made.provision(two).row(two)["imei"]
            self.assertEqual(got, [self.number(made, one, 0)])
            one.start()
            with self.keeps_fuses(one):
                self.assertEqual(seen.until("unit")["code"], "LEDGER_TAKEN")
            # and one that was given is not the next
            self.scan(seen, "SLOT-1", self.number(made, one, 9))
            one.become_another()
            self.until_good(seen, one, 9, made)
            two.become_another()
            got = made.provision(two).row(two)["imei"]
            self.assertEqual(got, [self.number(made, one, 10)])
        self.assert_sums(made)

    def test_a_scanner_of_its_own(self):
        made = self.ready()
        unit, = made.units
        path = made.path("scanner")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            found = watch.Watch(made, "--scanner", "unix:" + path)
            self.addCleanup(found.__exit__)
            scanner, _ = server.accept()
            scanner.sendall(b"SLOT-1\r")
            scanner.close()  # unplugged and plugged in
            scanner, _ = server.accept()
            with scanner:
                scanner.sendall(self.number(made, unit, 2).encode() + b"\r\n")
                found.until("scan", code="OK", slot=1)
                unit.start()
                self.until_good(found, unit, 2, made)

    def test_on_a_screen(self):
        made = self.ready("virtual-additive", "virtual-additive")
        one, two = made.units
        one.start()
        two.start()
        with self.screen(made, "--scan") as seen:
            seen.until("scan the label")
            seen.type("SLOT-2\r" + self.number(made, two, 3) + "\r")
            text = seen.until("[LABEL] housing")
            self.assertNotIn("[ OK ]", text)
            seen.until("scan the housing label")
            seen.type("hello\r")
            seen.until("STATION_SCAN: ")
            seen.type(self.number(made, two, 3) + "\r")
            seen.until("[ OK ]")
            seen.keys("q")
            self.assertEqual(seen.exit(), 0)

    def test_quarantined_on_a_screen(self):
        """Good is not shown of a unit that the ledger has as stopped."""
        made = self.ready()
        unit, = made.units
        unit.start()
        number = self.number(made, unit, 1)
        with self.screen(made, "--scan") as seen:
            seen.until("scan the label")
            seen.type(number + "\r")
            seen.until("[LABEL] housing")
            made.must("ledger", "quarantine", number, "--reason", "a test")
            seen.type(number + "\r")
            text = seen.until("[STOP]")
            self.assertNotIn("[ OK ]", text)
            self.assertNotIn("housing", text)
            seen.keys("q")
            seen.exit()

    def test_the_ledger_makes_a_scan_wait(self):
        """And nobody else: keys are heard, and what is shown is so."""
        made = self.ready()
        unit, = made.units
        unit.start()
        number = self.number(made, unit, 1)
        with self.screen(made, "--scan") as seen:
            seen.until("scan the label")
            seen.type(number + "\r")
            seen.until("[LABEL] housing")
            with Turn(made):
                seen.type(number + "\r")
                time.sleep(0.5)
                seen.keys("p")
                text = seen.until("The line is paused")
                # not before the ledger has it
                self.assertIn("[LABEL] housing", text)
            seen.until("[ OK ]")
            seen.keys("q")
            self.assertEqual(seen.exit(), 0)

    def test_labels_of_the_last_units(self):
        made = self.ready()
        unit, = made.units
        path = made.path("scanner")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            with self.screen(made, "--scanner", "unix:" + path,
                             "--stop-after", "1") as seen:
                scanner, _ = server.accept()
                with scanner:
                    text = self.number(made, unit, 2).encode() + b"\r"
                    scanner.sendall(text)
                    seen.until("its label is")
                    unit.start()
                    seen.until("This is the end")
                    scanner.sendall(text)
                    seen.until("[ OK ]")
                seen.keys("q")
                self.assertEqual(seen.exit(), 0)
        # the same in rows: it ends behind the last label
        unit.become_another()
        with self.watch(made, "--stop-after", "1") as seen:
            number = self.number(made, unit, 4)
            self.scan(seen, number)
            self.until_good(seen, unit, 4, made)
            self.assertEqual(self.unlabelled(made, "housing"), [unit])
            seen.say(number)
            seen.until("slot", state="its labels fit")
            self.assertEqual(seen.end(), 0)

    def test_on_a_screen_behind_a_dead_chip(self):
        """What is said of its label is not said of the next unit's."""
        made = self.ready()
        unit, = made.units
        unit.start("--lock", "lies")
        with self.screen(made, "--scan") as seen:
            seen.until("scan the label")
            seen.type(self.number(made, unit, 3) + "\r")
            seen.until("destroy the label")
            unit.become_another()
            self.assertNotIn("destroy", seen.until("scan the label"))
            seen.keys("q")
            self.assertEqual(seen.exit(), case.REWORK)

    def test_options(self):
        made = self.ready()
        for words, said in (
                (("--scan",), "--scan needs --watch"),
                (("--watch", "--match"), "--match needs --scan"),
                (("--watch", "--scanner", "ttyS0"), "kind:place")):
            outcome = made.run("provision", *words, text=True)
            self.assertEqual(outcome.exit, 1, outcome)
            self.assertIn(said, outcome.errors)


if __name__ == "__main__":
    unittest.main()
