#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Units behind serial lines: terminals, adapters, USB modems; slow ones, and
such as say too much, too little or nothing that makes sense."""
import os
import subprocess
import time

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
        # what the tool counts and what went over the line: nothing came
        # late that nobody waited for
        at_bytes = 2 * len("AT+CGSN=1\r")
        sent, received = lines.bytes
        self.assertEqual(row["exchanges"], 21)
        self.assertLess(sent + received - row["bytes"], 4 * at_bytes + 100)
        self.assertLess(row["bytes"], 7168)


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
