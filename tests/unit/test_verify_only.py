#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""test_verify_only.py - a verify-only agent has nothing that burns.

Three looks at it: the symbols in the library, the symbols that are linked into
a handset of that build, and its sources compiled against a struct port from
which otp_program, lock and canary_program were taken away.  Each look is made
at the factory build too, where it must find something.
"""

import os
import re
import subprocess
import tempfile
import unittest

SOURCE = os.environ["IMEILOCK_SOURCE_DIR"]
BINARY = os.environ["IMEILOCK_BINARY_DIR"]
FIRMWARE = os.path.join(SOURCE, "firmware-agent")
IRREVERSIBLE = ("otp_program", "lock", "fuse_program", "canary_program")
# What decides on burns or makes them, and the requests that lead there.
BURNING = {
    "image_next_burn", "image_next_kill", "image_plan_secret",
    "burn_field", "burn_kill", "request_key", "request_permit",
    "request_program", "request_store", "request_lock", "request_probe",
}
# The programs of the factory build, and what else burns in them.
HANDSETS = {
    "imeilock-handset": BURNING,
    "imeilock-agent-linux": BURNING | {
        "chip_otp_program", "chip_lock", "chip_canary_program",
        "chip_store_erase", "chip_store_program"},
}


def symbols(path):
    """Every name that a library or program has, defined or not."""
    out = subprocess.run(["nm", path], check=True, capture_output=True,
                         text=True).stdout
    return {line.split()[-1] for line in out.splitlines() if line.split()}


def lists():
    with open(os.path.join(FIRMWARE, "sources.cmake"), encoding="utf-8") as f:
        found = re.findall(r"set\(IMEILOCK_(\w+)_SOURCES\s+([^)]*)\)", f.read())
    return {name: files.split() for name, files in found}


def port_that_cannot_burn():
    with open(os.path.join(FIRMWARE, "port", "port.h"), encoding="utf-8") as f:
        text = f.read()
    for name in IRREVERSIBLE:
        text, count = re.subn(
            r"MUST_CHECK enum status \(\*%s\)\([^;]*;" % name, "", text)
        assert count == 1, name
    return text


class VerifyOnly(unittest.TestCase):
    def library(self, build):
        return symbols(os.path.join(BINARY, "firmware-agent",
                                    "libimeilock_agent_%s.a" % build))

    def test_symbols_of_the_library(self):
        verify, factory = self.library("verify"), self.library("factory")
        self.assertIn("request_read", verify)
        self.assertEqual(verify & BURNING, set())
        self.assertEqual(BURNING - factory, set())

    def test_symbols_of_a_handset(self):
        for name, burning in HANDSETS.items():
            with self.subTest(name):
                path = os.path.join(BINARY, "bin", name)
                verify, factory = symbols(path + "-verify"), symbols(path)
                self.assertIn("request_read", verify)
                self.assertEqual(verify & burning, set())
                self.assertEqual(burning - factory, set())

    def compiles(self, name):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "port"))
            with open(os.path.join(folder, "port", "port.h"), "w",
                      encoding="utf-8") as f:
                f.write(port_that_cannot_burn())
            return subprocess.run(
                ["cc", "-std=c11", "-fsyntax-only", "-I", folder,
                 "-I", FIRMWARE, os.path.join(FIRMWARE, name)],
                capture_output=True, check=False).returncode == 0

    def test_sources_compile_where_nothing_burns(self):
        found = lists()
        for name in found["BOOT"] + found["AGENT"] + found["AGENT_VERIFY"]:
            self.assertTrue(self.compiles(name), name)

    def test_what_burns_does_not(self):
        for name in ("agent/burn.c", "agent/lock.c", "agent/probe.c"):
            self.assertFalse(self.compiles(name), name)


if __name__ == "__main__":
    unittest.main()
