#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The guides are true: their commands are run as they stand there, in an empty
folder, and what the guides say is shown is shown.

A block that begins with ```sh is run; one with ```text is what the commands so
far have said, a line for a line, where "..." stands for anything.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import help_text  # noqa: E402
import line  # noqa: E402

GUIDES = os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "docs", "guides")
BLOCK = re.compile(r"(?ms)^```(\w*)\n(.*?)^```$")
MARK = "=== block %d ends"
PATIENCE_S = 120


def blocks(name):
    with open(os.path.join(GUIDES, name), encoding="utf-8") as file:
        return BLOCK.findall(file.read())


def looks_like(shown):
    """A pattern for a line of a ```text block."""
    words = [".*" if word == "..." else re.escape(word)
             for word in shown.split()]
    return r"(?m)^ *" + " *".join(words) + r" *$"


class Guides(unittest.TestCase):
    def setUp(self):
        # short: a socket's path has 107 bytes at most
        self.folder = tempfile.mkdtemp(prefix="il-guide-")
        self.addCleanup(self.clean)

    def clean(self):
        """What a guide left running is ended: all of it works in the folder."""
        pids = set(line.signers_of(self.folder))
        for root, _, files in os.walk(self.folder):
            if "pid" in files:
                with open(os.path.join(root, "pid"), encoding="ascii") as file:
                    pids.add(int(file.read()))
        for pid in pids:
            try:
                cwd = os.readlink(f"/proc/{pid}/cwd")
            except FileNotFoundError:
                continue
            if (cwd + "/").startswith(self.folder) or \
                    pid in line.signers_of(self.folder):
                line.end_process(pid)
        shutil.rmtree(self.folder)

    def follow(self, name):
        """Run a guide; what each of its blocks said."""
        steps = blocks(name)
        script = ["set -euo pipefail"]
        for number, (kind, text) in enumerate(steps):
            self.assertIn(kind, ("sh", "text"), text)
            if kind == "sh":
                script.append(text)
            script.append(f"echo '{MARK % number}'")
        environment = {"PATH": os.environ["PATH"], "HOME": self.folder}
        environment.update((key, value) for key, value in os.environ.items()
                           if key.endswith("SAN_OPTIONS"))
        # no pipe: what a guide left running would hold it open
        with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
            done = subprocess.run(
                ["bash", "-c", "\n".join(script)], cwd=self.folder,
                env=environment, stdin=subprocess.DEVNULL, stdout=said,
                stderr=subprocess.STDOUT, timeout=PATIENCE_S,
                start_new_session=True, check=False)
            said.seek(0)
            output = said.read()
        self.assertEqual(done.returncode, 0, output)
        self.compare(name, steps, output)
        return output

    def compare(self, name, steps, output):
        said, rest = "", output
        for number, (kind, text) in enumerate(steps):
            part, rest = rest.split((MARK % number) + "\n", 1)
            if kind == "sh":
                said = part
                continue
            for shown in text.splitlines():
                self.assertRegex(said, looks_like(shown), name)

    def test_engineer_then_qa(self):
        output = self.follow("engineer-first-day.md")
        self.assertNotIn("our bug", output)
        output = self.follow("qa.md")
        self.assertNotIn("our bug", output)
        self.assertIn('"verdict":"good"', output)
        # both guides switch off what they switched on
        self.assertEqual(list(line.signers_of(self.folder)), [])

    def test_engineer_then_a_loss(self):
        self.follow("engineer-first-day.md")
        output = self.follow("recovery.md")
        for code in ("HSM_REGISTER_OLD", "HSM_OVERLAP", "STATION_ELSEWHERE"):
            self.assertIn(code, output)
        self.assertNotIn("our bug", output)
        self.assertEqual(list(line.signers_of(self.folder)), [])

    def test_every_option_in_every_guide_is_real(self):
        real = set()
        for command in help_text.commands():
            real |= set(help_text.options("imeilock", *command.split()))
        for program in ("imeilock-handset", "imeilock-signer"):
            real |= set(help_text.options(program))
        real = {word.split("=")[0] for option in real
                for word in option.replace(",", "").split()
                if word.startswith("--")}
        for name in os.listdir(GUIDES):
            with open(os.path.join(GUIDES, name), encoding="utf-8") as file:
                text = file.read()
            for command in re.findall(
                    r"(?m)\bimeilock[^`\n]*(?:\\\n[^`\n]*)*", text):
                for option in re.findall(r"(?<!\S)--[a-z][a-z-]+", command):
                    self.assertIn(option, real, (name, command))

    def test_every_code_in_every_guide_is_real(self):
        with open(os.path.join(os.environ["IMEILOCK_SOURCE_DIR"],
                               "firmware-agent", "proto", "status_list.h"),
                  encoding="utf-8") as file:
            real = set(re.findall(r"X\((\w+), '", file.read()))
        # names of others, such as those of PKCS#11, begin otherwise
        ours = {code.split("_")[0] for code in real}
        for name in os.listdir(GUIDES):
            with open(os.path.join(GUIDES, name), encoding="utf-8") as file:
                for code in re.findall(r"`([A-Z]+_[A-Z_]+)`", file.read()):
                    if code.split("_")[0] in ours:
                        self.assertIn(code, real, name)

    def test_technician_is_one_page(self):
        with open(os.path.join(GUIDES, "technician.md"),
                  encoding="utf-8") as file:
            self.assertLess(len(file.readlines()), 60)


if __name__ == "__main__":
    unittest.main()
