#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A release build has no software keys and no virtual handset: P14.

Builds the release preset inside the build folder of this one (again only what
changed), and compares it with this development build, which has both.
"""
import os
import re
import subprocess

import case
import line

RELEASE = os.path.join(line.BUILD, "release")
# files that only a development build has, and what in them has a name
DEVELOPMENT = ("hsm/token_software.c", "firmware-agent/port/virtual")
WORDS = re.compile(rb"soft:|development key file|virtual-additive"
                   rb"|virtual-once")


def symbols(path):
    listing = subprocess.run(["nm", path], check=True, capture_output=True,
                             text=True).stdout
    return {words[-1] for words in map(str.split, listing.splitlines())
            if words[-2] in "TtDdBbRr"}


def text_of(path):
    return set(WORDS.findall(line.read(path)))


def own_names():
    """Functions that the development-only files define."""
    names = set()
    for place in DEVELOPMENT:
        path = os.path.join(line.SOURCE, place)
        files = [path] if path.endswith(".c") else [
            os.path.join(path, name) for name in os.listdir(path)
            if name.endswith(".c") and name != "main.c"]
        for file in files:
            names |= set(re.findall(r"^(\w+)\(.*[,)]$",
                                    line.read(file).decode(), re.M))
    return names


class Release(case.Case):
    @classmethod
    def setUpClass(cls):
        for command in (
                ["cmake", "--preset", "release", "-B", RELEASE,
                 "-D", "CMAKE_C_FLAGS_RELEASE=-O1"],
                ["cmake", "--build", RELEASE, "--", "--quiet"]):
            done = subprocess.run(command, cwd=line.SOURCE, text=True,
                                  stdout=subprocess.PIPE, check=False,
                                  stderr=subprocess.STDOUT)
            if done.returncode != 0:
                raise line.Failed(done.stdout)

    def programs(self):
        return sorted(os.listdir(os.path.join(RELEASE, "bin")))

    def test_programs(self):
        self.assertEqual(self.programs(), ["imeilock", "imeilock-signer"])

    def test_no_symbol(self):
        names = own_names()
        self.assertIn("software_open", names)
        self.assertIn("otp_model_program", names)
        for program in self.programs():
            found = symbols(os.path.join(RELEASE, "bin", program))
            self.assertGreater(len(found), 200)
            self.assertEqual((found & names) - self.shared(names), set(),
                             program)

    def shared(self, names):
        """Static helpers whose names other files use as well."""
        found = set()
        for top in ("firmware-agent/proto", "hsm", "tool"):
            for folder, _, files in os.walk(os.path.join(line.SOURCE, top)):
                for name in files:
                    if name.endswith(".c") and name != "token_software.c":
                        text = line.read(folder, name).decode()
                        found |= set(re.findall(r"^(\w+)\(.*[,)]$", text,
                                                re.M))
        self.assertNotIn("software_open", found)
        self.assertNotIn("otp_model_program", found)
        return found & names

    def test_control_development_build_has_them(self):
        signer = symbols(os.path.join(line.BIN, "imeilock-signer"))
        self.assertIn("token_software", signer)
        handset = symbols(os.path.join(line.BIN, "imeilock-handset"))
        self.assertIn("otp_model_program", handset)
        self.assertEqual(
            text_of(os.path.join(line.BIN, "imeilock-signer")),
            {b"soft:", b"development key file"})

    def test_no_text(self):
        for program in self.programs():
            self.assertEqual(text_of(os.path.join(RELEASE, "bin", program)),
                             set(), program)

    def test_software_keys_are_refused(self):
        made = self.line()
        for folder, code in ((os.path.join(RELEASE, "bin"), "HSM_ADDRESS"),
                             (line.BIN, "OK")):
            own, line.BIN = line.BIN, folder
            try:
                outcome = line.run(
                    "key", "show", "--folder", made.path("signer" + code),
                    "--token", "soft:" + made.path("keys"), pin="12345678")
            finally:
                line.BIN = own
            self.assertEqual(outcome.code, code, outcome)

    def test_hardened(self):
        for program in self.programs():
            header = subprocess.run(
                ["readelf", "-hdlW", os.path.join(RELEASE, "bin", program)],
                check=True, capture_output=True, text=True).stdout
            self.assertIn("DYN (Position-Independent Executable", header)
            self.assertIn("BIND_NOW", header)
            self.assertIn("GNU_RELRO", header)
            self.assertNotRegex(header, r"GNU_STACK.*RWE")


if __name__ == "__main__":
    case.main()
