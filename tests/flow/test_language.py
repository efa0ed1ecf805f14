#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""German for people, English for programs.  Each run is made in both, so that
an English line that stays is found whoever says it."""
import os
import pty
import re
import sys
import unittest
from unittest import mock

import case
import line

sys.path.insert(0, os.path.join(line.SOURCE, "tool", "po"))
import extract  # noqa: E402

ENGLISH = {"LC_ALL": "C", "LANGUAGE": "de"}
GERMAN = {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}
COMMANDS = [
    [], ["provision"], ["devices"], ["verify"], ["inspect"],
    *(["station", name] for name in ("init", "arm", "close", "show")),
    *(["imei", name] for name in ("check", "format", "encode")),
    *(["tac", name] for name in ("add", "list", "show")),
    *(["ledger", name] for name in (
        "show", "history", "quarantine", "release", "scrap", "replace",
        "export", "backup", "check")),
    *(["profile", name] for name in ("check", "new")),
    *(["key", name] for name in (
        "root", "request", "certify", "install", "revoke", "show"))]


def speak(language):
    return mock.patch.dict(os.environ, language)


def words_of(text):
    """Without what is data: JSON of the ledger, paths, examples."""
    text = re.sub(r"\{.*\}|\S*/\S*|'[^']*'", "", text)
    return re.findall(r"(?<![\w-])[A-Za-z]{2,}(?![\w-])", text)


def say(words):
    with speak(GERMAN):
        german = line.run(*words, text=True)
    with speak(ENGLISH):
        return german, line.run(*words, text=True)


class Language(case.Case):
    def assert_german(self, german, english):
        """Nothing with two English words in it is the same in both."""
        stayed = set(german.splitlines()) & set(english.splitlines())
        for text in stayed:
            if not re.match(r"  +(imeilock |--)", text):
                self.assertLess(len(words_of(text)), 2, text)
        self.assertNotEqual(german, english)


class Help(Language):
    def test_help_of_every_command(self):
        for command in COMMANDS:
            german, english = say([*command, "--help"])
            self.assertEqual((german.exit, german.errors), (0, ""))
            self.assertTrue(german.output.startswith("Aufruf: imeilock"))
            self.assertIn("Diese Hilfe zeigen", german.output)
            self.assertEqual("\nBeispiel:\n" in german.output, command != [])
            self.assert_german(german.output, english.output)
            self.assertIn("Usage: imeilock", english.output)

    def test_what_is_not_understood(self):
        for words, said in (
                (["provision", "--slot", "99"],
                 "--slot ist eine Zahl von 1 bis 32\n"),
                (["verify"], "--root fehlt\n"),
                (["station"], "'station' braucht einen dieser Befehle"),
                (["frob"], "'frob' ist kein Befehl. Siehe --help.\n"),
                (["imei", "check", "1"],
                 "1: IMEI_FORMAT: Das ist keine IMEI mit 15 Ziffern.")):
            german, english = say(words)
            self.assertEqual(german.exit, english.exit)
            self.assertIn(said, german.output + german.errors)
            self.assert_german(german.output + german.errors,
                               english.output + english.errors)

    def test_the_name_of_the_language_is_enough(self):
        """Also where the system does not have the locale."""
        with speak({"LC_ALL": "", "LANGUAGE": "", "LANG": "de_DE.UTF-8"}):
            self.assertIn("Aufruf:", line.run("--help", text=True).output)
        with speak({"LC_ALL": "", "LANGUAGE": "", "LANG": "fr_FR.UTF-8"}):
            self.assertIn("Usage:", line.run("--help", text=True).output)

    def test_formats_keep_what_is_empty(self):
        with speak(GERMAN):
            said = line.run("imei", "check", "260531793113837", text=True)
        self.assertEqual(said.output, "260531793113837: gut, von keiner "
                         "bekannten Vergabestelle\ngut:         1\n"
                         "Testnummern: 0\nabgelehnt:   0\n")


class Line(Language):
    def both(self, made, *words):
        with speak(ENGLISH):
            english = made.run(*words, text=True)
        with speak(GERMAN):
            german = made.run(*words, text=True)
        self.assertEqual(german.exit, english.exit, german)
        self.assert_german(german.output + german.errors,
                           english.output + english.errors)
        return german

    def assert_aligned(self, german, name, pattern):
        """Every cell of a column begins where its name does."""
        lines = german.output.splitlines()
        head = next(i for i, text in enumerate(lines) if name in text)
        rows = [text for text in lines[head + 1:] if re.search(pattern, text)]
        self.assertTrue(rows, german)
        for text in rows:
            self.assertEqual(re.search(pattern, text).start(),
                             lines[head].index(name), german)

    def test_a_shift(self):
        made = self.armed("virtual-additive", "virtual-once")
        with speak(GERMAN):
            first = made.run("provision", text=True)
        self.assertIn("Slot 1: Begrüßung\n", first.output)
        self.assertIn("Slot 2: sperren\n", first.output)
        self.assertRegex(first.output, r"\nSlot  Ergebnis  IMEI +Sekunden  ")
        self.assertRegex(first.output, r"\nim ersten Durchgang: +2 von 2 \(1")
        self.assert_aligned(first, "IMEI ", r"\d{8}\*")
        again = self.both(made, "provision")
        self.assertIn("gut (war schon gesperrt, nichts geändert)",
                      again.output)
        self.assert_aligned(again, "IMEI ", r"\d{8}\*")
        unit = made.units[0]
        chip = next(iter(made.ledger()))
        for words in (
                ["devices"], ["station", "show"], ["tac", "list"],
                ["tac", "show", made.tacs[unit.model]], ["ledger", "show"],
                ["ledger", "show", chip], ["ledger", "history"],
                ["ledger", "check"], ["inspect", "--unit", unit.agent],
                ["inspect", made.path(unit.model + ".cert")],
                ["profile", "check", *made.profiles()],
                ["verify"], ["ledger", "show", "77"], ["key", "show"]):
            self.both(made, *words)
        with speak(GERMAN):
            closed = made.run("station", "close", text=True)
            stopped = made.run("ledger", "quarantine", chip, "--reason", "xy",
                               text=True)
        self.assertRegex(stopped.output, "war: +geprüft\nZustand: +in Quara")
        self.assertTrue(closed.output.endswith("Die Station ist geschlossen.\n"))
        self.assertRegex(closed.output, r"^Modell +erste +letzte +Nummern ")
        self.both(made, "provision")

    def test_verify(self):
        made = self.armed()
        unit, = made.units
        made.provision(unit)
        page = {}
        for name, language in (("de", GERMAN), ("en", ENGLISH)):
            page[name] = made.path(name + ".html")
            with speak(language):
                page[name, "said"] = line.run(
                    "verify", "--root", made.root.pem, "--unit", unit.agent,
                    "--at", unit.at[0], "--accept-development", "--report",
                    page[name], text=True)
        german, english = page["de", "said"], page["en", "said"]
        self.assertEqual((german.exit, english.exit), (0, 0), german)
        self.assert_german(german.output, english.output)
        self.assertIn("Sperreinheiten gesperrt, Canaries leer", german.output)
        html = {name: line.read(page[name]).decode() for name in ("de", "en")}
        for name in html:
            self.assertIn(f'<html lang="{name}">', html[name])
        self.assert_german(*(re.sub("<[^>]*>", "\n", html[name][
            html[name].index("</style>"):]) for name in ("de", "en")))

    def test_a_refusal_says_what_to_do(self):
        made = self.armed()
        unit, = made.units
        unit.restart("--lock", "lies")
        with speak(GERMAN):
            german = made.run("provision", text=True)
        self.assertEqual(german.exit, case.REWORK)
        self.assertIn(
            "Slot 1: rote Kiste: VERIFY_CANARY: Eine Canary-Fuse konnte "
            "gebrannt werden: die Sperre ist nicht echt. Rote Kiste.",
            german.output)
        self.assertRegex(german.output, r"Sekunden: +\d+\.\d\n")
        self.both(made, "provision")

    def test_json_has_no_language(self):
        made = self.armed()
        unit, = made.units
        made.provision(unit)
        with speak(GERMAN):
            made.run("provision")
        for words in (["tac", "list"], ["devices"], ["ledger", "history"],
                      ["ledger", "show"], ["inspect", "--unit", unit.agent],
                      ["verify", "--root", made.root.pem, "--unit",
                       unit.agent, "--at", unit.at[0]],
                      ["ledger", "show", "77"], ["frob"]):
            said = []
            for language in (GERMAN, ENGLISH):
                with speak(language):
                    outcome = made.run(*words)
                    said.append((outcome.exit, outcome.output))
            self.assertEqual(*said)
        with speak(GERMAN):
            row, = made.provision(unit).kind("unit")
        self.assertEqual((row["verdict"], row["step"], row["sentence"]),
                         ("good", "verify", "Good."))

    def test_a_ledger_has_no_language(self):
        """What is kept and exported is the same in every language."""
        made = self.armed()
        with speak(GERMAN):
            made.provision(*made.units)
            made.must("ledger", "quarantine", next(iter(made.ledger())),
                      "--reason", "xy")
            german = made.run("ledger", "export", "--csv", text=True)
        with speak(ENGLISH):
            english = made.run("ledger", "export", "--csv", text=True)
        self.assertEqual(german.output, english.output)
        self.assertIn('"quarantined"', german.output)
        self.assert_sums(made)

    def test_the_live_view(self):
        made = self.armed()
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(GERMAN)
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
        text = seen.decode()
        self.assertIn("\033[2KSlot  1  prüfen ", text)
        self.assertIn("\033[32mgut\033[0m", text)
        self.assertEqual(len({found.start() - found.string.rindex(
            "\033[2K", 0, found.start())
            for found in re.finditer(r" \d+\.\d s  ", text)}), 1)


class Catalogue(unittest.TestCase):
    def test_instructions_are_the_same(self):
        """What the operator does is one German phrase for one English one."""
        with open(os.path.join(line.SOURCE, "tool", "po", "de.po"),
                  encoding="utf-8") as file:
            text = file.read()
        said = dict((extract.unquote(a), extract.unquote(b)) for a, b in
                    re.findall(r'\nmsgid (".*")\nmsgstr (".*")\n', text))
        phrases = {"un again": "och einmal laufen lassen",
                   "ed bin.": "ote Kiste.", "Report this.": "Bitte melden.",
                   "all the engineer": "ngenieur rufen"}
        count = 0
        for *_, sentence in extract.codes(line.SOURCE):
            german = said[sentence]
            for phrase, instruction in phrases.items():
                self.assertEqual(phrase in sentence, instruction in german,
                                 sentence)
                count += phrase in sentence
            if "Keep the unit" in sentence:
                self.assertIn("Gerät behalten", german)
        self.assertGreater(count, 100)


if __name__ == "__main__":
    case.main()
