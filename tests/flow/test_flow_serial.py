#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Units behind serial lines: terminals, adapters, USB modems; slow ones, and
such as say too much, too little or nothing that makes sense."""
import os
import subprocess
import threading
import time
import tty

import case
import line
import paced


class Terminals(case.Case):
    def armed_behind(self, model="virtual-additive", baud=0):
        made = self.line()
        unit = made.unit("u1", model)
        paced.use_terminals(unit)
        made.open()
        unit.start()
        lines = paced.Lines(unit, baud)
        lines.__enter__()
        self.addCleanup(lines.__exit__)
        made.arm()
        return made, unit, lines

    def test_a_whole_unit(self):
        made, unit, _ = self.armed_behind("virtual-once")
        outcome = made.provision(unit)
        self.assert_good(outcome, unit)
        self.assert_whole(unit, outcome.row(unit)["imei"])
        self.assert_good(made.provision(unit), unit)
        self.assertEqual(line.verify(unit).exit, case.GOOD)
        self.assert_sums(made)

    def test_a_slow_line_asks_nothing_twice(self):
        made, unit, lines = self.armed_behind(baud=9600)
        outcome = made.provision(unit)
        self.assert_good(outcome, unit)
        row = outcome.row(unit)
        lines.__exit__()
        # a question that is asked twice is some hundred bytes; a hello
        # that a busy machine answers late, a few
        fast, quick, quick_lines = self.armed_behind()
        same = fast.provision(quick).row(quick)
        quick_lines.__exit__()
        self.assertEqual(row["exchanges"], same["exchanges"])
        self.assertLess(row["bytes"], same["bytes"] + 300)
        self.assertLess(sum(lines.bytes), sum(quick_lines.bytes) + 300)


class Babbler:
    """A terminal whose other end says what it likes."""

    def __init__(self, speak):
        self.end, self.held = os.openpty()
        tty.setraw(self.held)
        os.set_blocking(self.end, False)
        self.path = os.ttyname(self.held)
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(speak,))
        self.thread.start()

    def say(self, data):
        try:
            os.write(self.end, data)
        except BlockingIOError:
            time.sleep(0.01)

    def run(self, speak):
        while not self.is_over.is_set():
            speak(self)

    def close(self):
        self.is_over.set()
        self.thread.join()
        os.close(self.end)
        os.close(self.held)


def silent(babbler):
    babbler.is_over.wait(0.1)


def endless(babbler):
    babbler.say(b"Z" * 4000)


def empty(babbler):
    babbler.say(bytes(4000))


def trickling(babbler):
    babbler.say(b"x")
    babbler.is_over.wait(1)


def noisy(babbler):
    babbler.say(os.urandom(500))


def echoing(babbler):
    try:
        babbler.say(os.read(babbler.end, 4000))
    except BlockingIOError:
        time.sleep(0.01)


class Hostile(case.Case):
    BUDGET_S = 5

    def test_a_slot_is_given_up_in_time(self):
        made = self.line()
        good = made.unit("good")
        speakers = (silent, endless, empty, trickling, noisy, echoing)
        units = []
        for speak in speakers:
            unit = made.unit(speak.__name__)
            babbler = Babbler(speak)
            self.addCleanup(babbler.close)
            unit.agent = "pty:" + babbler.path
            units.append(unit)
        made.open()
        good.start()
        profile = made.path("quick.yaml")
        with open(os.path.join(line.PROFILES, good.model + ".yaml"),
                  encoding="utf-8") as file:
            text = file.read()
        line.write(profile, text.replace(
            "time_budget_s: 60", f"time_budget_s: {self.BUDGET_S}").encode())
        made.arm(profiles=[profile])
        begun = time.monotonic()
        outcome = made.provision()
        self.assertLess(time.monotonic() - begun, self.BUDGET_S + 4)
        self.assert_whole(good, outcome.row(good)["imei"])
        self.assertEqual(outcome.row(good)["code"], "OK")
        for unit in units:
            self.assertIn(outcome.row(unit)["code"],
                          ("LINK_TIMEOUT", "FRAME_SIZE", "FRAME_CRC",
                           "MSG_REPLY"), unit.name)
        self.assert_sums(made)


class Ports(case.Case):
    """The tool itself, on a bed of serial ports."""

    def armed_at(self, *addresses, baud=115200):
        made = self.line()
        unit = made.unit("u1")
        unit.agent, *unit.at = addresses
        made.open()
        unit.start()
        made.arm()
        self.made, self.unit, self.baud = made, unit, baud

    def on_a_bed(self, kind, *words):
        pairs = [f"{kind}={path}" for path in paced.sockets(self.unit)]
        done = subprocess.run(
            ["umockdev-wrapper", paced.RUN, str(self.baud), *pairs, "--",
             os.path.join(line.BIN, "imeilock"), "--json", "-s",
             self.made.station, *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
            check=False)
        return line.Outcome(words, done.returncode, done.stdout.decode(),
                            done.stderr.decode())

    def test_a_usb_modem_by_its_port(self):
        self.armed_at("serial:0000:00:14.0/1#0", "serial:0000:00:14.0/2#0",
                      baud=0)
        outcome = self.on_a_bed("acm", "provision", "--full")
        self.assert_good(outcome, self.unit)
        self.assert_whole(self.unit, outcome.row(self.unit)["imei"])

    def test_adapters_by_their_paths(self):
        self.armed_at("serial:/dev/ttyUSB1@921600", "serial:/dev/ttyUSB2",
                      baud=921600)
        self.assert_good(self.on_a_bed("usb", "provision"), self.unit)

    def test_an_adapter_that_is_not_there(self):
        self.armed_at("serial:/dev/ttyUSB7", "serial:/dev/ttyUSB2")
        outcome = self.on_a_bed("usb", "provision")
        self.assert_refused(outcome, "LINK_OPEN", case.RETRY, self.unit)
        self.armed_at("serial:/dev/null", "serial:/dev/ttyUSB2")
        outcome = self.on_a_bed("usb", "provision")
        self.assert_refused(outcome, "LINK_TTY", case.STOP, self.unit)


if __name__ == "__main__":
    case.main()
