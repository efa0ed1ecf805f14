#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The ledger in daily work, at the command line: what people decide, boards,
replaced chips, export, backup, check, low water."""

import csv
import io
import json
import os
import pty
import sqlite3
import stat

import case
import line

USAGE = 1
TWO = ("--reason", "board is dead", "--operator", "kim", "--second", "lee")
SCRAP = (*TWO, "--confirm", "scrap this unit")
RELEASE = (*TWO, "--confirm", "release this unit")
REPLACE = (*TWO, "--confirm", "replace this chip")


def dump(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return "\n".join(db.iterdump())
    finally:
        db.close()


class LedgerCase(case.Case):
    def ledger_path(self, made):
        return made.path("station", "ledger.db")

    def refused(self, made, code, exit_code, *words):
        """It is refused with this code, and the ledger stays as it was."""
        before = dump(self.ledger_path(made))
        outcome = made.run("ledger", *words)
        if exit_code != USAGE:
            self.assertEqual(outcome.code, code, outcome)
        else:
            self.assertIn(code, outcome.errors + outcome.output)
        self.assertEqual(outcome.exit, exit_code, outcome)
        self.assertEqual(dump(self.ledger_path(made)), before)
        return outcome

    def provision(self, made, *boards):
        words = []
        for board in boards:
            words += ["--board", board]
        return made.run("provision", "--full", *words)

    def show(self, made, what):
        return made.must("ledger", "show", "--full", what).kind("unit")[0]

    def events(self, made):
        return made.must("ledger", "history", "--full").kind("event")

    def events_of(self, made, what):
        return made.must("ledger", "history", "--full", what).kind("event")

    def good_unit(self, made, unit, *boards):
        words = [word for board in boards for word in ("--board", board)]
        outcome = made.run("provision", "--full", "--slot", str(unit.slot),
                           *words)
        self.assert_good(outcome, unit)
        row = outcome.row(unit)
        return row["chip"], row["imei"][0]


class Decisions(LedgerCase):
    def test_quarantine_and_release(self):
        made = self.armed()
        unit = made.units[0]
        chip, imei = self.good_unit(made, unit)
        self.refused(made, "LEDGER_NOT_QUARANTINED", case.RETRY, "release",
                     imei, *RELEASE)
        self.refused(made, "--reason", USAGE, "quarantine", imei)
        row = made.must("ledger", "quarantine", imei, "--reason",
                        "screen \"cracked\"").rows[-1]
        self.assertEqual((row["kind"], row["was"], row["state"], row["chip"]),
                         ("quarantined", "verified", "quarantined", chip))
        self.assertEqual(row["operator"], "test")  # who is armed
        self.refused(made, "LEDGER_QUARANTINED", case.STOP, "quarantine",
                     chip, "--reason", "again")
        with self.keeps_fuses(unit):
            self.assert_refused(self.provision(made), "LEDGER_QUARANTINED",
                                case.STOP, unit)
        for words, code, exit_code in [
                (("--reason", "x"), "--second", USAGE),
                (("--second", "lee"), "--reason", USAGE),
                ((*TWO[:4], "--second", " KIM "), "LEDGER_SECOND",
                 case.RETRY),
                (("--reason", "x", "--second", "test"), "LEDGER_SECOND",
                 case.RETRY),
                (TWO, "no terminal", USAGE),
                ((*TWO, "--confirm", "yes"), "not confirmed", USAGE),
                ((*TWO, "--confirm", "scrap this unit"), "not confirmed",
                 USAGE),
                (("--reason", "was " + imei, *TWO[2:]), "IMEI", USAGE),
                (("--reason", "a\nb", *TWO[2:]), "cannot be shown", USAGE),
                (("--reason", "x" * 201, *TWO[2:]), "200", USAGE),
                (("--reason", "", *TWO[2:]), "--reason", USAGE)]:
            self.refused(made, code, exit_code, "release", imei, *words)
        made.must("ledger", "release", chip, *RELEASE)
        event = self.events_of(made, chip)[-1]
        self.assertEqual((event["event"], event["operator"]),
                         ("released", "kim"))
        self.assertEqual(json.loads(event["detail"]),
                         {"to": "verified", "second": "lee",
                          "why": "board is dead"})
        self.assert_good(self.provision(made), unit)
        self.assert_sums(made)

    def test_scrap_is_for_ever(self):
        made = self.armed()
        unit = made.units[0]
        chip, imei = self.good_unit(made, unit, "1=B-7")
        self.refused(made, "LEDGER_NONE", case.RETRY, "scrap", "--board",
                     "B-8", *SCRAP)
        self.refused(made, "either", USAGE, "scrap", imei, "--board", "B-7",
                     *SCRAP)
        self.refused(made, "is missing", USAGE, "scrap", *SCRAP)
        self.refused(made, "not confirmed", USAGE, "scrap", imei, *RELEASE)
        row = made.must("ledger", "scrap", "--board", "B-7", *SCRAP).rows[-1]
        self.assertEqual((row["chip"], row["state"]), (chip, "scrapped"))
        for what in ("scrap", imei, *SCRAP), ("release", imei, *RELEASE), (
                "quarantine", imei, "--reason", "x"):
            self.refused(made, "LEDGER_SCRAPPED", case.REWORK, *what)
        self.refused(made, "LEDGER_NONE", case.RETRY, "show", "--board", "B-7")
        with self.keeps_fuses(unit):
            self.assert_refused(self.provision(made), "LEDGER_SCRAPPED",
                                case.REWORK, unit)
        self.assertEqual([e["event"] for e in self.events_of(made, chip)][-3:],
                         ["quarantined", "scrapped", "outcome"])
        self.assert_sums(made)

    def test_words_on_a_terminal(self):
        made = self.armed()
        chip, _ = self.good_unit(made, made.units[0])
        for typed, code in ((b"no\n", USAGE), (b"scrap this unit\n", 0)):
            before = dump(self.ledger_path(made))
            pid, terminal = pty.fork()
            if pid == 0:
                program = os.path.join(line.BIN, "imeilock")
                os.execv(program, [program, "-s", made.station, "ledger",
                                   "scrap", chip, *TWO])
            seen = b""
            while b"': " not in seen:
                seen += os.read(terminal, 1000)
            os.write(terminal, typed)
            try:
                while os.read(terminal, 1000):
                    pass
            except OSError:
                pass  # the other end is closed
            _, status = os.waitpid(pid, 0)
            self.assertEqual(os.waitstatus_to_exitcode(status), code, seen)
            self.assertIn(b"cannot be undone", seen)
            self.assertIn(chip.encode(), seen)
            if code:
                self.assertEqual(dump(self.ledger_path(made)), before)
        self.assertEqual(self.show(made, chip)["state"], "scrapped")

    def test_a_chip_is_replaced(self):
        made = self.armed("virtual-additive", "virtual-additive")
        first, second = made.units
        old, imei = self.good_unit(made, first)
        new = second.decode()["chip_id"]
        self.refused(made, "--new", USAGE, "replace", "--old", imei, *REPLACE)
        self.refused(made, "--new is a chip id", USAGE, "replace", "--old",
                     imei, "--new", imei, *REPLACE)
        self.refused(made, "LEDGER_SCRAPPED", case.REWORK, "replace", "--old",
                     imei, "--new", old, *REPLACE)
        self.refused(made, "not confirmed", USAGE, "replace", "--old", imei,
                     "--new", new, *SCRAP)
        # before the new chip has a number
        row = made.must("ledger", "replace", "--old", imei, "--new", new,
                        *REPLACE).rows[-1]
        self.assertEqual((row["state"], row["replaced_by"]),
                         ("scrapped", new))
        self.refused(made, "LEDGER_REPLACED", case.STOP, "replace", "--old",
                     old, "--new", "11" * 8, *REPLACE)
        self.assert_good(made.run("provision", "--full", "--slot",
                                  str(second.slot)), second)
        self.assertEqual(self.show(made, old)["replaced_by"], new)
        self.assertEqual(self.show(made, new)["replaces"], old)
        self.assertIn("replaced", [e["event"]
                                   for e in self.events_of(made, old)])
        self.assertIn("replaces", [e["event"]
                                   for e in self.events_of(made, new)])
        self.assert_refused(self.provision(made), "LEDGER_SCRAPPED",
                            case.REWORK, first)
        self.assert_sums(made)


class Boards(LedgerCase):
    def test_boards(self):
        made = self.armed("virtual-additive", "virtual-additive")
        first, second = made.units
        for words, said in [(["--board", "1"], "N=TEXT"),
                            (["--board", "0=x"], "number from 1"),
                            (["--board", "1="], "barcode"),
                            (["--board", "1= x"], "barcode"),
                            (["--board", "1=\xe4"], "barcode"),
                            (["--board", "1=" + "x" * 64], "barcode"),
                            (["--board", "1=a", "--board", "1=b"], "two"),
                            (["--board", "1=a", "--board", "2=a"], "one"),
                            (["--board", "3=a"], "not worked at"),
                            (["--slot", "1", "--board", "2=a"],
                             "not worked at")]:
            with self.keeps_fuses(first, second):
                outcome = made.run("provision", *words)
            self.assertEqual(outcome.exit, USAGE, outcome)
            self.assertIn(said, outcome.output + outcome.errors)
        self.assert_good(made.run("provision", "--full", "--slot", "1",
                                  "--board", "1=A=1"), first)
        row = made.must("ledger", "show", "--board", "A=1").kind("unit")[0]
        self.assertEqual(row["board"], "A=1")
        # a board that is another unit's: refused before anything is burnt
        outcome = made.run("provision", "--full", "--slot", "2", "--board",
                           "2=A=1")
        self.assert_refused(outcome, "LEDGER_BOARD_TAKEN", case.RETRY, second)
        self.assertEqual(second.decode()["fields"]["header"]["state"],
                         "empty")
        self.assertEqual(len(made.ledger()), 1)
        self.assert_good(self.provision(made, "1=A=1", "2=B"), first, second)
        self.assert_refused(self.provision(made, "2=C"), "LEDGER_BOARD_OTHER",
                            case.RETRY, second)
        self.assert_good(self.provision(made), first, second)
        self.assert_sums(made)


class Files(LedgerCase):
    def test_export(self):
        made = self.armed("virtual-once")
        unit = made.units[0]
        chip, imei = self.good_unit(made, unit, "1==1+\"x\"")
        before = dump(self.ledger_path(made))
        target = made.path("n.csv")
        made.must("ledger", "export", target)  # --json is the harness's
        self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o600)
        with open(target, encoding="utf-8") as file:
            rows = [json.loads(text) for text in file]
        self.assertEqual([(r["chip"], r["slot"], r["primary"], r["state"],
                           r["board"], r["before"]) for r in rows],
                         [(chip, 1, True, "verified", '=1+"x"', None),
                          (chip, 2, False, "verified", '=1+"x"', None)])
        self.assertNotIn(imei, [r["imei"] for r in rows])
        self.assertEqual(rows[0]["imei"][:8], imei[:8])
        self.assertRegex(rows[0]["ticketed"], r"^2\d{3}-\d\d-\d\d .*Z$")
        rows = [
            json.loads(text) for text in made.must(
                "ledger", "export", "--full", "-").output.splitlines()]
        self.assertEqual(rows[0]["imei"], imei)
        text = made.run("ledger", "export", "--csv", "--full", text=True)
        self.assertEqual(text.exit, 0, text)
        self.assertIn('"\'=1+""x"""', text.output)
        rows = list(csv.DictReader(io.StringIO(text.output, newline="")))
        self.assertEqual([r["imei"] for r in rows][0], imei)
        self.assertEqual(rows[1]["primary"], "no")
        for words, said in [(("--csv",), "either"),
                            (("a", "b"), "one file")]:
            outcome = made.run("ledger", "export", *words)
            self.assertEqual(outcome.exit, USAGE, outcome)
            self.assertIn(said, outcome.errors)
        outcome = made.run("ledger", "export", target)
        self.assertEqual(outcome.code, "STATION_EXISTS", outcome)
        self.assertEqual(dump(self.ledger_path(made)), before)

    def test_backup(self):
        made = self.armed()
        unit = made.units[0]
        chip, imei = self.good_unit(made, unit)
        target = made.path("l.backup")
        row = made.must("ledger", "backup", target).rows[-1]
        self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o600)
        self.assertEqual(self.events(made)[-1]["event"], "backup")
        self.refused(made, "STATION_EXISTS", case.STOP, "backup", target)
        self.refused(made, "STATION_FILE", case.STOP, "backup",
                     made.path("none", "x"))
        made.must("ledger", "scrap", chip, *SCRAP)
        self.refused(made, "housing or box", USAGE, "show", "--unlabelled",
                     "lid")
        self.refused(made, "all units", USAGE, "show", "--unlabelled", "box",
                     chip)
        for words in (("show", chip), ("history",), ("check",),
                      ("show", "--unlabelled", "box"), ("export", "--full")):
            outcome = made.run("ledger", *words, "--file", target)
            self.assertEqual(outcome.exit, 0, outcome)
            self.assertIn("is a backup with", outcome.output + outcome.errors)
        self.assertEqual(made.run("ledger", "show", chip, "--file", target)
                         .kind("unit")[0]["state"], "verified")
        head = made.run("ledger", "check", "--file", target).kind("head")[0]
        self.assertEqual((head["events"], head["hash"]),
                         (row["events"], row["hash"]))
        # in the ledger's place it says what it is, and nothing works
        made.disarm()
        for name in made.copy("ledger.db"):
            os.unlink(made.path("station", name))
        os.rename(target, self.ledger_path(made))
        for words in (("tac", "list"), ("ledger", "show"),
                      ("ledger", "scrap", imei, *SCRAP), ("ledger", "check"),
                      ("station", "show")):
            outcome = made.run(*words)
            self.assertEqual((outcome.code, outcome.exit),
                             ("LEDGER_BACKUP", case.STOP), outcome)
        self.assertEqual(made.try_arm().code, "LEDGER_BACKUP")
        made.must("ledger", "show", "--file", self.ledger_path(made))
        outcome = made.run("ledger", "show", "--file", unit.path("otp.bin"))
        self.assertEqual((outcome.code, outcome.exit),
                         ("LEDGER_OPEN", case.STOP), outcome)

    def test_check(self):
        made = self.armed()
        chip, _ = self.good_unit(made, made.units[0], "1=B")
        before = dump(self.ledger_path(made))
        outcome = made.must("ledger", "check")
        looks = {row["what"]: row for row in outcome.kind("look")}
        self.assertEqual({row["check"] for row in looks.values()}, {"good"})
        self.assertLessEqual({"chain", "sums", "moves", "heads", "records"},
                             looks.keys())
        self.assertEqual(looks["chain"]["count"], len(self.events(made)))
        self.assertEqual(dump(self.ledger_path(made)), before)
        # rows moved past every guard
        db = sqlite3.connect(self.ledger_path(made))
        trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name ="
                             " 'number_update'").fetchone()[0]
        db.execute("DROP TRIGGER number_update")
        db.execute("UPDATE number SET state = 'locked'")
        db.commit()
        outcome = made.run("ledger", "check")
        self.assertEqual((outcome.code, outcome.exit),
                         ("LEDGER_SCHEMA", case.STOP), outcome)
        db.execute(trigger)
        db.commit()
        db.close()
        outcome = made.run("ledger", "check")
        self.assertEqual((outcome.code, outcome.exit),
                         ("LEDGER_ROWS", case.STOP), outcome)
        wrong = [row for row in outcome.kind("look")
                 if row["check"] != "good"]
        self.assertEqual([row["what"] for row in wrong], ["numbers"])
        self.assertIn(", event ", wrong[0]["place"])
        self.assertIn(wrong[0]["place"], outcome.kind("error")[0]["detail"])

    def test_check_against_the_register(self):
        made = self.armed("virtual-additive", "virtual-additive")
        first, second = made.units
        self.good_unit(made, first)
        old = made.copy("ledger.db")
        self.assert_good(self.provision(made), first, second)
        made.restore(old, "ledger.db")
        outcome = made.run("ledger", "check")
        self.assertEqual((outcome.code, outcome.exit),
                         ("HSM_LEDGER_OLD", case.STOP), outcome)

    def test_an_older_ledger(self):
        made = self.line()
        made.must("station", "init", "--class", "development")
        for name in made.copy("ledger.db"):
            os.unlink(made.path("station", name))
        with open(os.path.join(line.SOURCE, "tests", "support",
                               "ledger_v1.sql"), encoding="utf-8") as file:
            db = sqlite3.connect(self.ledger_path(made))
            db.executescript(file.read())
            db.close()
        before = dump(self.ledger_path(made))
        made.must("ledger", "show", "--file", self.ledger_path(made))
        self.assertEqual(dump(self.ledger_path(made)), before)
        self.assertEqual(len(made.ledger()), 5)
        self.assertEqual(self.events(made)[-1]["event"], "migrated")
        made.must("ledger", "check")
        kept = self.ledger_path(made) + ".schema-1.25-events"
        self.assertEqual(dump(kept), before)
        made.must("ledger", "check", "--file", kept)
        self.assert_sums(made)
        db = sqlite3.connect(self.ledger_path(made))
        db.execute("PRAGMA user_version = 3")
        db.close()
        self.refused(made, "LEDGER_SCHEMA", case.STOP, "show")


class LowWater(LedgerCase):
    def profile(self, made, units):
        path = made.path("low.yaml")
        text = line.read(line.PROFILES, "virtual-once.yaml").decode()
        line.write(path, f"{text}\nlow_water_units: {units}\n".encode())
        return path

    def armed_low(self, units, last_snr):
        made = self.line()
        unit = made.unit("u1", "virtual-once")
        made.must("station", "init", "--class", "development", "--slot",
                  ",".join([f"1={unit.agent}", *unit.at]))
        made.add_model("virtual-once", last_snr=last_snr)
        unit.start()
        return made, unit, made.arm(profiles=[self.profile(made, units)])

    def warnings(self, outcome):
        return [text for text in (outcome.output + outcome.errors)
                .splitlines() if "units are left" in text]

    def test_warnings(self):
        # seven numbers are three units of two
        made, unit, outcome = self.armed_low(3, 6)
        self.assertEqual(self.warnings(outcome), [])
        self.assertEqual(self.warnings(made.must("station", "show")), [])
        row = made.must("tac", "list").kind("interval")[0]
        self.assertEqual((row["free"], row["units_left"]), (7, 3))
        outcome = self.provision(made)
        self.assert_good(outcome, unit)
        self.assertIn("numbers for 2 units", self.warnings(outcome)[0])
        self.assertEqual(len(self.warnings(made.must("station", "show"))), 1)
        made.disarm()
        self.assertEqual(made.must("tac", "list").kind("interval")[0]
                         ["units_left"], 2)
        self.assertEqual(len(self.warnings(made.arm(
            profiles=[made.path("low.yaml")]))), 1)
        made.disarm()
        self.assertEqual(self.warnings(made.arm(
            profiles=[self.profile(made, 0)])), [])

    def test_slots_that_nobody_knows(self):
        made = self.line()
        made.unit("u1", "virtual-once")
        made.open()
        self.assertIsNone(made.must("tac", "list").kind("interval")[0]
                          ["units_left"])


if __name__ == "__main__":
    case.main()
