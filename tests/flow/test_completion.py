#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What bash offers for imeilock is what the program takes."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import help_text  # noqa: E402

SCRIPT = os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "tool",
                      "imeilock.bash")
PROGRAM = os.path.join(help_text.BIN, "imeilock")
GOOD = "260531793113837"
ASK = """set -u
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_imeilock
[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
"""


class Completion(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="il-bash-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(os.path.join(self.folder, "line1"))
        for name in ("line1.pem", "a b.txt"):
            with open(os.path.join(self.folder, name), "w"):
                pass

    def offered(self, *words, program=PROGRAM, **options):
        """For the last of the words."""
        done = subprocess.run(
            ["bash", "-c", ASK, "bash", SCRIPT, program, *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=self.folder, check=True, **options)
        self.assertEqual(done.stderr, "")
        return done.stdout.splitlines()

    def test_commands(self):
        commands = list(help_text.commands())
        first = sorted({command.split()[0] for command in commands})
        self.assertEqual(self.offered(""), first)
        self.assertEqual(self.offered("--json", "-s", "line1", ""), first)
        self.assertEqual(self.offered("--station", "=", "line1", ""), first)
        self.assertEqual(self.offered("pro"), ["provision", "profile"][::-1])
        for group in first:
            second = [command.split()[1] for command in commands
                      if command.startswith(group + " ")]
            if second:
                self.assertEqual(self.offered(group, ""), second, group)

    def test_options_of_every_command(self):
        for command in ["", *help_text.commands()]:
            real = help_text.options("imeilock", *command.split())
            names = [name.split("=")[0] for option in real
                     for name in option.split(", ")]
            self.assertEqual(sorted(self.offered(*command.split(), "-")),
                             sorted(names), command)
        self.assertEqual(self.offered("-s", "line1", "imei", "encode", "--sp"),
                         ["--spare"])
        self.assertEqual(self.offered("provision", "--slot", "1", "--fu"),
                         ["--full"])

    def test_values_are_taken_by_the_program(self):
        for words, more in [
                (["imei", "format", "--as"], [GOOD]),
                (["imei", "format", "-a"], [GOOD]),
                (["imei", "encode", "--carrier"], [GOOD]),
                (["imei", "encode", "-c"], [GOOD]),
                (["station", "init", "--class"], [])]:
            values = self.offered(*words, "")
            self.assertGreater(len(values), 1, words)
            # all that the option's error message names
            done = subprocess.run([PROGRAM, *words, "nothing", *more],
                                  stderr=subprocess.PIPE, text=True,
                                  cwd=self.folder, check=False)
            named = re.search(r"is ([\w ,]+)\n", done.stderr)[1]
            self.assertEqual(values, re.split(r", | or ", named))
            for value in values:
                station = os.path.join(self.folder, value)
                done = subprocess.run(
                    [PROGRAM, "-s", station, *words, value, *more],
                    stdout=subprocess.DEVNULL, check=False)
                self.assertEqual(done.returncode, 0, (words, value))

    def test_files_and_folders(self):
        for words, found in [
                (["-s", "l"], ["line1"]),
                (["station", "show", "--station", "=", "l"], ["line1"]),
                (["verify", "--root", "line1."], ["line1.pem"]),
                (["verify", "--root", "="],
                 ["a b.txt", "line1", "line1.pem"]),
                (["verify", "--unit", "unix", ":", "line1."], ["line1.pem"]),
                (["imei", "check", "a"], ["a b.txt"]),
                (["imei", "check", "-d", "a"], ["a b.txt"]),
                (["provision", "--slot", ""], []),
                (["imei", "encode", "-v", ""], [])]:
            self.assertEqual(sorted(self.offered(*words)), found, words)

    def test_the_program_is_not_there(self):
        self.assertEqual(self.offered("", program="/nowhere/imeilock"), [])


if __name__ == "__main__":
    unittest.main()
