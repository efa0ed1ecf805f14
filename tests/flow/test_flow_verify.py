#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""QA's side: many units at once, a sample of a lot, a phone in the field, and
the page that is kept."""
import hashlib
import html.parser
import os
import re
import subprocess
import unittest

import case
import line
import wire

MASKED = re.compile(r"\d{8}\*{5}\d{2}$")


class Page(html.parser.HTMLParser):
    """A page's elements, and its tables as lists of texts."""

    EMPTY = {"meta", "circle", "path"}
    KNOWN = EMPTY | {"html", "head", "title", "style", "body", "h1", "h2",
                     "p", "table", "thead", "tbody", "tr", "th", "td", "svg"}

    def __init__(self, text):
        super().__init__()
        self.open, self.rows, self.texts, self.attributes = [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            raise AssertionError(f"left open: {self.open}")

    def handle_starttag(self, tag, attrs):
        if tag not in self.KNOWN:
            raise AssertionError(f"unknown element {tag}")
        self.attributes += attrs
        if tag not in self.EMPTY:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attrs):
        if tag not in self.EMPTY:
            raise AssertionError(f"empty {tag}")

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            raise AssertionError(f"{tag} does not fit")

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.texts.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data

    def fact(self, name):
        return [row[1] for row in self.rows
                if len(row) == 2 and row[0] == name]


class Renaming(wire.Proxy):
    """A unit whose model has another name of the same length."""

    def __init__(self, path, unit, name):
        self.names = unit.model.encode(), name.encode()
        assert len(self.names[0]) == len(self.names[1])
        super().__init__(path, unit.path("agent.sock"), None)

    def _pump(self, _, source, target):
        frames = wire.Frames()
        try:
            while data := source.recv(4096):
                for message in frames.take(data):
                    target.sendall(wire.frame_encode(
                        message.replace(*self.names)))
        except OSError:
            pass
        self._shut(source, target)


class Verify(case.Case):
    def qa(self, made, *words, text=False, cwd="/"):
        return line.run("verify", "--root", made.root.pem,
                        "--accept-development", *words, text=text, cwd=cwd)

    @staticmethod
    def words(*units):
        words = []
        for unit in units:
            words += ["--unit", unit.agent]
            for address in unit.at:
                words += ["--at", address]
        return words

    def listed(self, made, *units):
        path = made.path("units.txt")
        line.write(path, "".join(
            " ".join([unit.agent, *unit.at]) + "\n"
            for unit in units).encode())
        return path

    def page(self, path):
        return Page(line.read(path).decode())

    def locked(self, *models, **how):
        made = self.armed(*models, **how)
        self.assertEqual(made.provision().exit, 0)
        return made


class Many(Verify):
    def test_several_at_once(self):
        made = self.locked("virtual-additive", "virtual-once",
                           "virtual-additive")
        with self.keeps_fuses(*made.units):
            outcome = self.qa(made, *self.words(*made.units))
        self.assertEqual(outcome.exit, 0, outcome)
        rows = outcome.kind("unit")
        self.assertEqual([row["unit"] for row in rows], [1, 2, 3])
        self.assertEqual([len(row["imei"]) for row in rows], [1, 2, 1])
        for row, unit in zip(rows, made.units):
            self.assertEqual((row["verdict"], row["code"], row["chip"]),
                             ("good", "OK", unit.decode()["chip_id"]))
            for imei in row["imei"]:
                self.assertRegex(imei, MASKED)
        summary, = outcome.kind("summary")
        self.assertEqual(summary, {"kind": "summary", "units": 3, "good": 3,
                                   "again": 0, "red": 0, "engineer": 0})
        self.assertEqual(len([row for row in outcome.kind("check")
                              if row["check"] == "unique"
                              and row["result"] == "good"]), 3)
        full = self.qa(made, "--full", "--at-once", "1",
                       *self.words(*made.units)).kind("unit")
        self.assertEqual([row["imei"] for row in full],
                         [[imei for imei in unit.decode()["imei"] if imei]
                          for unit in made.units])

    def test_worst_is_the_exit_code(self):
        made = self.armed("virtual-additive", "virtual-additive",
                          "virtual-additive")
        good, blank, absent = made.units
        self.assertEqual(made.provision(good).exit, 0)
        absent.stop()
        listed = self.listed(made, good, blank, absent)
        outcome = self.qa(made, "--units", listed)
        self.assertEqual(outcome.exit, case.RETRY, outcome)
        self.assertEqual([row["code"] for row in outcome.kind("unit")],
                         ["OK", "AGENT_NOT_LOCKED", "LINK_OPEN"])
        summary, = outcome.kind("summary")
        self.assertEqual((summary["good"], summary["again"]), (1, 2))
        # the one whose AT port is not given is worse
        outcome = self.qa(made, "--units", listed, "--unit", good.agent)
        self.assertEqual(outcome.exit, 1, outcome)
        self.assertIn("is given twice", outcome.output)
        outcome = self.qa(made, "--unit", good.agent, *self.words(blank))
        self.assertEqual(outcome.exit, case.STOP, outcome)
        shown = self.qa(made, "--units", listed, text=True).output
        self.assertIn("3     agent  LINK_OPEN", shown)
        self.assertNotIn("certificate", shown)

    def test_two_that_show_the_same(self):
        """P1: one unit behind two addresses stands for a copied one."""
        made = self.locked("virtual-additive", "virtual-once")
        one, other = made.units
        # the same socket by another path
        os.symlink(one.folder, made.path("twin"))
        twin = ["--unit", "unix:" + made.path("twin", "agent.sock"),
                "--at", "unix:" + made.path("twin", "at1.sock")]
        outcome = self.qa(made, "--at-once", "1", *self.words(one, other),
                          *twin)
        self.assertEqual(outcome.exit, case.STOP, outcome)
        self.assertEqual([row["code"] for row in outcome.kind("unit")],
                         ["VERIFY_TWICE", "OK", "VERIFY_TWICE"])
        said = [row["detail"] for row in outcome.kind("check")
                if row["result"] == "VERIFY_TWICE"]
        self.assertEqual(len(said), 2)
        self.assertRegex(said[0], "^unit 3 shows the same ")
        self.assertRegex(said[1], "^unit 1 shows the same ")

    def test_list_is_read_strictly(self):
        made = self.line()
        path = made.path("list")
        at = " unix:a"
        for text, why in [
                (b"unix:x unix:y\nnonsense\n", ":2: an address is kind:place"),
                (b"# words\n\nunix:x" + 5 * at.encode(),
                 ":3: more than 4 AT ports"),
                (b"unix:x\nunix:" + 256 * b"y", ":2: an address is too long"),
                (b"unix:" + 2000 * b"y", ":1: the line is too long"),
                (b"unix:x\0y\n", ":1: a control character"),
                (b"unix:x\x1b[2J\n", ":1: a control character"),
                (b"unix:x\nunix:y unix:x\n", "unix:x is given twice"),
                (b"# nobody\n", "names no unit")]:
            line.write(path, text)
            outcome = self.qa(made, "--units", path)
            self.assertEqual(outcome.exit, 1, outcome)
            self.assertIn(why, outcome.output)
        outcome = self.qa(made, "--units", made.path("absent"))
        self.assert_refused(outcome, "STATION_FILE", case.STOP)

    def test_arguments(self):
        made = self.line()
        for words, why in [
                (["--at", "unix:a", "--unit", "unix:b"], "behind its --unit"),
                (["--sample", "2", "--aql", "1.0", "--unit", "unix:b"],
                 "either --sample"),
                (["--aql", "0.2", "--unit", "unix:b"], "--aql is"),
                (["--level", "IV", "--unit", "unix:b"], "--level is"),
                (["--seed", "1", "--unit", "unix:b"], "--seed goes with"),
                (["--at-once", "33", "--unit", "unix:b"], "--at-once"),
                (["--record", "x", "--at", "unix:a"], "belong together"),
                (["--record", "x", "--cert", "x"], "--at is missing"),
                (["--record", "x", "--cert", "x", "--unit", "unix:a"],
                 "without --unit"),
                (["--accept-unshown-lock", "--unit", "unix:a"],
                 "goes with --record")]:
            outcome = self.qa(made, *words)
            self.assertEqual(outcome.exit, 1, outcome)
            self.assertIn(why, outcome.errors)


class Sample(Verify):
    def test_fixed_size(self):
        made = self.locked(*["virtual-additive"] * 4)
        listed = self.listed(made, *made.units)
        outcome = self.qa(made, "--units", listed, "--sample", "2")
        self.assertEqual(outcome.exit, 0, outcome)
        lot, = outcome.kind("lot")
        self.assertEqual((lot["lot"], lot["lot_size"], lot["sample_size"],
                          lot["accept"], lot["reject"], lot["aql"]),
                         ("accept", 4, 2, 0, 1, None))
        self.assertIn("not from ISO 2859-1", lot["plan"])
        again = self.qa(made, "--units", listed, "--sample", "2", "--seed",
                        lot["seed"])
        self.assertEqual([row["unit"] for row in again.kind("unit")],
                         [row["unit"] for row in outcome.kind("unit")])
        self.assertEqual(again.kind("lot"), outcome.kind("lot"))
        outcome = self.qa(made, "--units", listed, "--sample", "5")
        self.assertEqual(outcome.exit, 1, outcome)

    def test_an_unlocked_unit_rejects(self):
        made = self.armed("virtual-additive", "virtual-additive")
        good, blank = made.units
        self.assertEqual(made.provision(good).exit, 0)
        words = ["--aql", "0", *self.words(good, blank)]
        outcome = self.qa(made, *words)
        self.assertEqual(outcome.exit, case.RETRY, outcome)
        lot, = outcome.kind("lot")
        self.assertEqual((lot["lot"], lot["aql"], lot["code_letter"],
                          lot["level"]), ("reject", "0", "A", "II"))
        self.assertIn("not from the standard", lot["plan"])
        # of one that does not answer nothing is known
        blank.stop()
        lot, = self.qa(made, *words).kind("lot")
        self.assertEqual(lot["lot"], "not decided: run again")

    def test_plan_of_the_standard(self):
        made = self.line()
        path = made.path("lot")
        line.write(path, "".join(f"unix:/nowhere/{n}\n"
                                 for n in range(100)).encode())
        outcome = self.qa(made, "--units", path, "--aql", "1.5", "--level",
                          "II")
        lot, = outcome.kind("lot")
        # 91 to 150 is F at level II; 1.5 has an arrow down to G
        self.assertEqual((lot["lot_size"], lot["code_letter"],
                          lot["plan_letter"], lot["sample_size"],
                          lot["accept"], lot["reject"], lot["aql"]),
                         (100, "F", "G", 32, 1, 2, "1.5"))
        self.assertEqual(lot["lot"], "not decided: run again")
        self.assertIn("ISO 2859-1", lot["plan"])
        self.assertEqual(len(outcome.kind("unit")), 32)
        numbers = [row["unit"] for row in outcome.kind("unit")]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertLessEqual(numbers[-1], 100)


class Field(Verify):
    """A phone that answers AT+CGSN alone."""

    def papers(self, made, unit, name="phone"):
        record, cert = made.path(name + ".record"), made.path(name + ".cert")
        imei = next(imei for imei in unit.decode()["imei"] if imei)
        made.must("ledger", "show", imei, "--record", record, "--cert", cert)
        return record, cert

    def look(self, made, papers, ports, *more, **how):
        words = ["--record", papers[0], "--cert", papers[1]]
        for port in ports:
            words += ["--at", port]
        return self.qa(made, *words, *more, **how)

    def test_fits_and_is_no_pass(self):
        made = self.locked("virtual-once")
        unit, = made.units
        papers = self.papers(made, unit)
        outcome = self.look(made, papers, unit.at)
        self.assert_refused(outcome, "VERIFY_NOT_SHOWN", case.STOP)
        row, = outcome.kind("verdict")
        self.assertEqual((row["verdict"], row["accepted"]),
                         ("record fits; lock not shown", False))
        checks = outcome.checks()
        for name in ("certificate", "record", "AT+CGSN slot 1",
                     "AT+CGSN slot 2"):
            self.assertEqual(checks[name], "good", name)
        for name in ("chip", "locks", "canaries", "evidence"):
            self.assertEqual(checks[name], "not shown", name)
        outcome = self.look(made, papers, unit.at, "--accept-unshown-lock")
        self.assertEqual(outcome.exit, 0, outcome)
        row, = outcome.kind("verdict")
        self.assertEqual((row["verdict"], row["code"], row["accepted"]),
                         ("record fits; lock not shown", "VERIFY_NOT_SHOWN",
                          True))
        page = made.path("page.html")
        self.look(made, papers, unit.at, "--report", page)
        page = self.page(page)
        self.assertEqual(page.fact("Verdict"),
                         ["record fits; lock not shown"])
        self.assertEqual(page.fact("Lock that is not shown"), ["no pass"])
        self.assertEqual(page.fact("Chip, by its record"),
                         [unit.decode()["chip_id"]])
        # the files are objects like others
        self.assertEqual(line.run("inspect", papers[0]).kind("object")[0]
                         ["object"], "record")

    def test_what_does_not_fit(self):
        made = self.locked("virtual-additive", "virtual-additive")
        one, other = made.units
        papers = self.papers(made, one)
        accept = "--accept-unshown-lock"
        for ports, code, check in [
                (other.at, "VERIFY_AT", "AT+CGSN slot 1"),
                (one.at + other.at, "VERIFY_AT", "AT+CGSN slot 2"),
                (["unix:/nowhere"], "LINK_OPEN", "AT+CGSN slot 1")]:
            outcome = self.look(made, papers, ports, accept)
            self.assertEqual(outcome.code, code, outcome)
            self.assertNotEqual(outcome.exit, 0)
            self.assertEqual(outcome.checks()[check], code)
        foreign = self.root()
        outcome = line.run("verify", "--root", foreign.pem, accept,
                           "--accept-development", "--record", papers[0],
                           "--cert", papers[1], "--at", one.at[0])
        self.assert_refused(outcome, "VERIFY_RECORD", case.STOP)
        outcome = line.run("verify", "--root", made.root.pem, accept,
                           "--record", papers[0], "--cert", papers[1],
                           "--at", one.at[0])
        self.assert_refused(outcome, "VERIFY_CLASS", case.STOP)
        # one bit of the record, and the two files in each other's place
        spoilt = bytearray(line.read(papers[0]))
        spoilt[-1] ^= 1
        line.write(made.path("spoilt"), bytes(spoilt))
        for pair in ((made.path("spoilt"), papers[1]), papers[::-1]):
            outcome = self.look(made, pair, one.at, accept)
            self.assert_refused(outcome, "VERIFY_RECORD", case.STOP)

    def test_second_slot_is_asked_for(self):
        made = self.locked("virtual-once")
        unit, = made.units
        outcome = self.look(made, self.papers(made, unit), unit.at[:1],
                            "--accept-unshown-lock")
        self.assert_refused(outcome, "VERIFY_AT_ABSENT", case.STOP)

    def test_papers_of_the_ledger(self):
        made = self.locked()
        unit, = made.units
        papers = self.papers(made, unit)
        kept = line.read(papers[0])
        imei = unit.decode()["imei"][0]
        outcome = made.run("ledger", "show", imei, "--record", papers[0])
        self.assert_refused(outcome, "STATION_EXISTS", case.STOP)
        self.assertEqual(line.read(papers[0]), kept)
        outcome = made.run("ledger", "show", "--record", made.path("x"))
        self.assertEqual(outcome.exit, 1, outcome)


class Report(Verify):
    def test_says_it_all(self):
        made = self.locked("virtual-additive", "virtual-once")
        path = made.path("page.html")
        outcome = self.qa(made, "--report", path, "--aql", "0",
                          *self.words(*made.units))
        self.assertEqual(outcome.exit, 0, outcome)
        page = self.page(path)
        text = " ".join(page.texts)
        der = subprocess.run(
            ["openssl", "pkey", "-pubin", "-in", made.root.pem, "-outform",
             "der"], check=True, stdout=subprocess.PIPE).stdout
        self.assertEqual(page.fact("Root (SHA-256 of its public key)"),
                         [hashlib.sha256(der).hexdigest()])
        self.assertEqual(page.fact("Verdict"), ["good", "good"])
        self.assertEqual(page.fact("Verdict of the lot"), ["accept"])
        self.assertEqual(page.fact("Sample size"), ["2"])
        self.assertRegex(page.fact("Begun")[0],
                         r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$")
        self.assertRegex(page.fact("Tool")[0], r"^imeilock \d")
        lines = [tuple(row) for row in page.rows if len(row) == 3]
        for row in outcome.kind("check"):
            self.assertIn((row["check"], row["result"], row["detail"]),
                          lines)
        self.assertRegex(text, r"\d{8}\*{5}\d{2}")
        for unit in made.units:
            self.assertIn(unit.decode()["chip_id"], text)
            for imei in filter(None, unit.decode()["imei"]):
                self.assertNotIn(imei, text)
        for name, value in page.attributes:
            self.assertNotIn(name, ("src", "href", "onload", "style"), value)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        full = made.path("full.html")
        self.qa(made, "--report", full, "--full", *self.words(*made.units))
        text = " ".join(self.page(full).texts)
        for unit in made.units:
            for imei in filter(None, unit.decode()["imei"]):
                self.assertIn(imei, text)

    def test_hostile_texts(self):
        made = self.locked()
        unit, = made.units
        name, folder = "<i>a&\"'</td></i>", made.path("<b>&'\" \u00fc")
        os.mkdir(folder)
        proxy = Renaming(os.path.join(folder, "agent.sock"), unit, name)
        self.addCleanup(proxy.close)
        path, agent = made.path("page.html"), f"unix:{folder}/agent.sock"
        outcome = self.qa(made, "--report", path, "--unit", agent, "--at",
                          unit.at[0])
        self.assertEqual(outcome.kind("verdict")[0]["model"], name)
        self.assertEqual(outcome.code, "VERIFY_RECORD", outcome)
        page = self.page(path)
        self.assertEqual(page.fact("Model"), [name])
        self.assertEqual(page.fact("Agent"), [agent])

    def test_never_replaces(self):
        made = self.locked()
        path = made.path("page.html")
        words = self.words(*made.units)
        line.write(path, b"kept")
        outcome = self.qa(made, "--report", path, *words)
        self.assert_refused(outcome, "STATION_EXISTS", case.STOP)
        self.assertEqual(line.read(path), b"kept")
        self.assertEqual(outcome.kind("check"), [])
        os.unlink(path)
        os.symlink(made.path("target"), path)
        outcome = self.qa(made, "--report", path, *words)
        self.assert_refused(outcome, "STATION_EXISTS", case.STOP)
        self.assertFalse(os.path.exists(made.path("target")))
        # a place where none can be: the units are shown all the same
        outcome = self.qa(made, "--report", made.path("no", "page"), *words)
        self.assertEqual(outcome.exit, case.STOP, outcome)
        self.assertEqual(outcome.kind("verdict")[0]["code"], "OK")
        self.assertEqual(outcome.kind("error")[0]["code"], "STATION_FILE")
        # no part is left
        late = made.path("late.html")
        outcome = self.qa(made, "--report", late, *words)
        self.assertEqual(outcome.exit, 0, outcome)
        self.assertEqual([name for name in os.listdir(made.folder)
                          if name.startswith("late.html")], ["late.html"])


if __name__ == "__main__":
    unittest.main()
