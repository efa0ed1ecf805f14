#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Slots by USB ports: learned while devices come and go on a sysfs of the
test's own, set by hand, removed; and what is at no slot is left alone."""
import ctypes
import json
import os
import select
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import test_cli  # noqa: E402
import usb_tree  # noqa: E402

HUB = "0000:00:14.0/2."
IN_OPEN = 0x20
PROFILE = """model: m1
class: development
layout: 1
slots: %d
min_epoch: 0
time_budget_s: 60
final_process: final assembly
%s
demand:
  permanent_lock: true
  secure_boot: false
  debug_closed: false
  random_source: false
  secret_hidden: false
"""
USB = "usb: ['1209:0001']"
SERIAL = ("serial_adapters: ['0403:6011']\nserial_baud: 921600\n"
          "serial_rtscts: true")


class Opens:
    """What is opened below these folders; the tree's own looks are not."""

    def __init__(self, *folders):
        self.libc = ctypes.CDLL(None)
        self.fd = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        for folder in folders:
            assert self.libc.inotify_add_watch(
                self.fd, folder.encode(), IN_OPEN) > 0

    def any(self):
        return bool(select.select([self.fd], [], [], 0)[0])

    def close(self):
        os.close(self.fd)


class SlotsTest(test_cli.CliTest):
    def setUp(self):
        super().setUp()
        self.tree = usb_tree.Tree(self.path("tree"))
        self.env = {**os.environ, **self.tree.env}
        self.profile = self.model(USB)
        self.good(self.tool("station", "init", "--class", "development"))

    def model(self, lines, slots=1, name="m1.yaml"):
        return self.write(name, PROFILE % (slots, lines))

    def tool(self, *words):
        return self.run_tool("--json", "-s", "line", *words, env=self.env)

    def slots(self):
        """{number: [agent, AT ports...]} of the file."""
        rows = json.loads(self.read("line/station.json"))["slots"]
        return {row["slot"]: [row["agent"], *filter(None, row["at"])]
                for row in rows}

    def learn(self, *words, profile=None):
        lesson = Lesson(self, ["--profile", profile or self.profile, *words])
        self.addCleanup(lesson.close)
        return lesson


class Lesson:
    """`slots learn` while it runs; rows as they come."""

    def __init__(self, test, words):
        self.test = test
        self.process = subprocess.Popen(
            [test_cli.PROGRAM, "--json", "-s", "line", "slots", "learn",
             *words], cwd=test.folder, env=test.env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def row(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def expect(self, kind, **fields):
        row = self.row() or {"kind": "the end"}
        self.test.assertEqual(
            {name: row.get(name) for name in ("kind", *fields)},
            {"kind": kind, **fields}, row)
        return row

    def ends(self, code, said=None):
        """With this exit code; the row before it says this code."""
        if said is not None:
            self.row_of_end = self.expect("error", code=said)
        self.test.assertIsNone(self.row())
        self.test.assertEqual(self.process.wait(), code)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Learn(SlotsTest):
    def test_one_after_the_other(self):
        self.tree.plug(HUB + "9")  # there before, and never taken
        lesson = self.learn("--count", "3")
        for number in (1, 2, 3):
            lesson.expect("ask", slot=number)
            self.tree.plug(HUB + str(number))
            lesson.expect("seen", port=HUB + str(number))
            lesson.expect("slot", slot=number, agent=f"usb:{HUB}{number}",
                          at_ports=[f"serial:{HUB}{number}#0"])
            # what was learned is kept, whatever comes next
            self.assertEqual(len(self.slots()), number)
        lesson.ends(0)
        self.assertEqual(self.slots(), {n: [
            f"usb:{HUB}{n}", f"serial:{HUB}{n}#0"] for n in (1, 2, 3)})

    def test_two_modem_slots(self):
        lesson = self.learn(profile=self.model(USB, slots=2))
        lesson.expect("ask", slot=1)
        self.tree.plug(HUB + "1", ttys=2)
        lesson.expect("seen")
        lesson.expect("slot", at_ports=[f"serial:{HUB}1#0",
                                        f"serial:{HUB}1#1"])
        lesson.ends(0)

    def test_too_few_serial_ports(self):
        lesson = self.learn("--seconds", "1",
                            profile=self.model(USB, slots=2))
        lesson.expect("ask")
        self.tree.plug(HUB + "1", ttys=1)
        lesson.expect("seen")
        lesson.ends(2, "SLOT_NOTHING")
        self.assertIn("1 serial ports, 1 too few", lesson.row_of_end["detail"])
        # given by hand, they need not be there
        lesson = self.learn("--at", "unix:a", "--at", "unix:b",
                            profile=self.model(USB, slots=2))
        lesson.expect("ask")
        self.tree.plug(HUB + "2", ttys=0)
        lesson.expect("seen")
        lesson.expect("slot", at_ports=["unix:a", "unix:b"])
        lesson.ends(0)

    def test_adapters(self):
        profile = self.model(SERIAL, slots=2)
        lesson = self.learn("--count", "2", profile=profile)
        lesson.expect("ask", slot=1)
        self.tree.plug(HUB + "1", "0403:6011", agent=False, ttys=4,
                       adapter=True)
        lesson.expect("seen")
        lesson.expect("slot", agent=f"serial:{HUB}1#0@921600+rtscts",
                      at_ports=[f"serial:{HUB}1#1@921600",
                                f"serial:{HUB}1#2@921600"])
        # as far as it has them, and it is said
        lesson.expect("ask", slot=2)
        self.tree.plug(HUB + "2", "0403:6011", agent=False, ttys=2,
                       adapter=True)
        lesson.expect("seen")
        lesson.expect("slot", at_ports=[f"serial:{HUB}2#1@921600"])
        lesson.expect("warning")
        lesson.ends(0)

    def test_other_devices_are_let_be(self):
        others = [("046d:c31c", False), ("1209:0001", False),
                  ("1209:0002", True)]
        lesson = self.learn()
        lesson.expect("ask")
        for number, (product, agent) in enumerate(others):
            self.tree.plug(f"{HUB}{number + 5}", product, agent=agent)
            if product == "1209:0001":  # it could have been
                lesson.expect("seen")
            lesson.expect("other", port=f"{HUB}{number + 5}",
                          plugged_in=product, has_agent=agent)
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        lesson.expect("slot", agent=f"usb:{HUB}1")
        lesson.ends(0)

    def test_two_at_once(self):
        lesson = self.learn()
        lesson.expect("ask")
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        self.tree.plug(HUB + "2")
        row = lesson.row()
        if row["kind"] == "seen":  # one look, one row
            row = lesson.row()
        self.assertEqual(row["code"], "SLOT_TWO")
        lesson.ends(2)
        self.assertEqual(self.slots(), {})

    def test_two_speeds_of_one_name(self):
        lesson = self.learn()
        lesson.expect("ask")
        self.tree.plug(HUB + "1", "046d:0001", agent=False, bus=2)
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        row = lesson.row()
        if row["kind"] == "other":
            row = lesson.row()
        self.assertEqual(row["code"], "LINK_TWO_DEVICES")
        lesson.ends(4)
        self.assertEqual(self.slots(), {})

    def test_a_port_that_is_a_slot(self):
        lesson = self.learn("--count", "2")
        lesson.expect("ask")
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        lesson.expect("slot")
        lesson.expect("ask", slot=2)
        self.tree.unplug(HUB + "1")
        time.sleep(0.3)
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        lesson.ends(2, "SLOT_TAKEN")
        self.assertIn(f"port {HUB}1 is slot 1", lesson.row_of_end["detail"])
        self.assertEqual(list(self.slots()), [1])
        # it may be learned anew by its own number, here or elsewhere
        for port in (HUB + "1", HUB + "4"):
            self.tree.unplug(HUB + "1")
            lesson = self.learn("--slot", "1")
            lesson.expect("ask", slot=1)
            self.tree.plug(port)
            lesson.expect("seen")
            lesson.expect("slot", slot=1, agent="usb:" + port)
            lesson.ends(0)

    def test_nothing_comes(self):
        begin = time.monotonic()
        lesson = self.learn("--seconds", "1")
        lesson.expect("ask")
        # too short to be one
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        self.tree.unplug(HUB + "1")
        lesson.ends(2, "SLOT_NOTHING")
        self.assertGreaterEqual(time.monotonic() - begin, 1)
        self.assertEqual(self.slots(), {})

    def test_bounces(self):
        lesson = self.learn()
        lesson.expect("ask")
        for _ in range(3):
            self.tree.plug(HUB + "1")
            lesson.expect("seen")
            self.tree.unplug(HUB + "1")
        self.tree.plug(HUB + "1")
        begin = time.monotonic()
        lesson.expect("seen")
        lesson.expect("slot", agent=f"usb:{HUB}1")
        self.assertGreaterEqual(time.monotonic() - begin, 0.5)
        lesson.ends(0)

    def test_an_abort_leaves_whole_slots(self):
        lesson = self.learn("--count", "2")
        lesson.expect("ask")
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        lesson.expect("slot")
        lesson.expect("ask", slot=2)
        self.tree.plug(HUB + "2")
        lesson.expect("seen")
        lesson.close()
        self.assertEqual(self.slots(), {
            1: [f"usb:{HUB}1", f"serial:{HUB}1#0"]})
        self.good(self.tool("station", "show"))

    def test_somebody_else_at_work(self):
        lesson = self.learn()
        lesson.expect("ask")
        for words in (["slots", "set", "1=unix:a"], ["slots", "remove", "1"],
                      ["slots", "learn", "--profile", self.profile],
                      ["station", "close"]):
            self.fails(self.tool(*words), 2, "STATION_BUSY")
        # also behind a slot that was learned: the file is another then
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        lesson.expect("slot")
        lesson.ends(0)
        lesson = self.learn("--count", "2")
        lesson.expect("ask", slot=2)
        self.tree.plug(HUB + "2")
        lesson.expect("seen")
        lesson.expect("slot")
        lesson.expect("ask", slot=3)
        self.fails(self.tool("slots", "set", "1=unix:a"), 2, "STATION_BUSY")
        # armed meanwhile
        self.write("line/armed.json", "{}")
        self.tree.plug(HUB + "3")
        lesson.expect("seen")
        lesson.ends(4, "STATION_ARMED")
        self.assertEqual(list(self.slots()), [1, 2])

    def test_what_the_profile_says(self):
        plain = self.model("", name="plain.yaml")
        self.fails(self.tool("slots", "learn", "--profile", plain), 1,
                   "neither usb nor serial_adapters")
        lesson = self.learn(profile=self.model(USB + "\nlinks: [serial]"))
        lesson.expect("ask")
        self.tree.plug(HUB + "1")
        lesson.expect("seen")
        lesson.ends(4, "PROFILE_LINK")
        self.assertEqual(self.slots(), {})

    def test_words(self):
        for words in (["--count", "1", "--slot", "1"], ["--count", "33"],
                      ["--at", "unix:a", "--count", "2"], ["--at", "x"],
                      ["--seconds", "0"], ["--slot", "33"]):
            self.fails(self.tool("slots", "learn", "--profile", self.profile,
                                 *words), 1)
        self.fails(self.tool("slots", "learn"), 1, "--profile is missing")

    def test_people_read_it(self):
        self.tree.plug(HUB + "9")
        process = subprocess.Popen(
            [test_cli.PROGRAM, "-s", "line", "slots", "learn", "--profile",
             self.profile, "--seconds", "20"], cwd=self.folder, env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(),
                         "Slot 1: plug a unit in.\n")
        self.tree.plug(HUB + "1")
        out, _ = process.communicate(timeout=test_cli.WAIT_S)
        self.assertEqual(process.returncode, 0)
        self.assertIn(f"1209:0001 at port {HUB}1; leave it plugged in.", out)
        self.assertRegex(out, rf"agent: +usb:{HUB}1\n")


class List(SlotsTest):
    def rows(self, *words):
        result = self.good(self.tool("slots", "list", *words))
        return ({row["slot"]: row["plugged_in"] for row
                 in result.rows("slot")},
                {row["port"]: (row["plugged_in"], row["meaning"]) for row
                 in result.rows("port")})

    def test_slots_and_others(self):
        for number in (1, 3, 5, 6):
            self.tree.plug(f"{HUB}{number}")
        self.tree.plug(HUB + "5", bus=2)
        self.tree.plug(HUB + "7", "046d:c31c", agent=False)
        self.tree.plug(HUB + "8", "0403:6011", agent=False, adapter=True)
        self.good(self.tool(
            "slots", "set", f"1=usb:{HUB}1,serial:{HUB}1#0",
            f"2=usb:{HUB}2", "3=unix:a", f"4=serial:{HUB}4#0@9600",
            f"5=usb:{HUB}5"))
        opens = Opens(self.tree.nodes, os.path.join(self.tree.folder, "dev"))
        self.addCleanup(opens.close)
        slots, others = self.rows()
        self.assertEqual(slots, {1: "1209:0001", 2: "nothing", 3: None,
                                 4: "nothing", 5: "two devices"})
        self.assertEqual(others, {
            HUB + port: ("1209:0001", "no slot; left alone")
            for port in "36"})
        # nobody's node was opened; a control that it would be seen
        self.assertFalse(opens.any())
        node = os.path.join(self.tree.nodes, os.listdir(self.tree.nodes)[0])
        test_cli.subprocess.run(["cat", node], check=True)
        self.assertTrue(opens.any())
        # an adapter is known by its profile
        _, others = self.rows("--profile", self.model(SERIAL))
        self.assertEqual(sorted(others), [HUB + port for port in "368"])

    def test_devices_asks_slots_only(self):
        self.tree.plug(HUB + "6")
        self.good(self.tool("slots", "set", f"1=usb:{HUB}1"))
        opens = Opens(self.tree.nodes)
        self.addCleanup(opens.close)
        row, = self.good(self.tool("devices")).rows("device")
        self.assertEqual(row["slot"], 1)
        self.assertFalse(opens.any())

    def test_no_usb(self):
        self.env = {**os.environ}
        self.env["LD_PRELOAD"] = usb_tree.PRELOAD
        self.env["UMOCKDEV_DIR"] = self.path("empty")
        os.makedirs(self.path("empty/sys"))
        result = self.good(self.tool("slots", "list"))
        self.assertEqual(len(result.rows("warning")), 1)
        self.fails(self.tool("slots", "learn", "--profile", self.profile), 2,
                   "LINK_OPEN")

    def test_people_read_it(self):
        self.tree.plug(HUB + "3")
        text = self.good(self.run_tool("-s", "line", "slots", "list",
                                       env=self.env)).out
        self.assertIn("The station has no slots yet.", text)
        self.assertRegex(text, rf"{HUB}3 .* no slot; left alone")


class SetAndRemove(SlotsTest):
    def test_set(self):
        self.good(self.tool("slots", "set", "2=unix:a,unix:b"))
        self.good(self.tool("slots", "set", "1=unix:c", "3=unix:d"))
        self.assertEqual(list(self.slots().items()), [
            (1, ["unix:c"]), (2, ["unix:a", "unix:b"]), (3, ["unix:d"])])
        row, = self.good(self.tool("slots", "set", "2=unix:e")).rows("slot")
        self.assertEqual((row["slot"], row["agent"]), (2, "unix:e"))
        self.assertEqual(self.slots()[2], ["unix:e"])
        self.good(self.tool("slots", "remove", "1", "3"))
        self.assertEqual(list(self.slots()), [2])
        self.good(self.tool("ledger", "check"))

    def test_refused(self):
        self.good(self.tool("slots", "set", f"1=usb:{HUB}1",
                            f"2=serial:{HUB}2#0@9600"))
        before = self.read("line/station.json")
        for words, code, said in (
                (["set", "3=" + f"usb:{HUB}1"], 2, "SLOT_TAKEN"),
                (["set", "3=" + f"serial:{HUB}2#0"], 2, "SLOT_TAKEN"),
                (["set", "3=" + f"usb:{HUB}2"], 2, "SLOT_TAKEN"),
                (["set", "3=unix:a", "4=unix:a"], 2, "SLOT_TAKEN"),
                (["set", "3=unix:a", "3=unix:b"], 1, "given twice"),
                (["set", "33=unix:a"], 1, "number from 1 to 32"),
                (["set", "3=a"], 1, "kind:place"),
                (["set", "3="], 1, "one agent"),
                (["set", "unix:a"], 1, "N=AGENT"),
                (["set", "3=unix:a" + ",unix:b" * 5], 1, "AT ports"),
                (["set", "3=unix:" + "a" * 300], 1, "too long"),
                (["set"], 1, "is missing"), (["remove"], 1, "is missing"),
                (["remove", "3"], 1, "no slot 3"),
                (["remove", "1", "3"], 1, "no slot 3"),
                (["remove", "x"], 1, "number")):
            self.fails(self.tool("slots", *words), code, said)
            self.assertEqual(self.read("line/station.json"), before)
        # another serial port of the same adapter is another agent
        self.good(self.tool("slots", "set", f"3=serial:{HUB}2#2@9600"))
        # what an armed station has stays, also when the file is damaged
        self.write("line/armed.json", "")
        for words in (["set", "1=unix:a"], ["remove", "1"],
                      ["learn", "--profile", self.profile]):
            self.fails(self.tool("slots", *words), 4, "STATION_ARMED")
        self.fails(self.run_tool("-s", "other", "slots", "set", "1=unix:a"),
                   4, "STATION_FOLDER")


if __name__ == "__main__":
    unittest.main()
