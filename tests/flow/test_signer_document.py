#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The signer's register and messages are what docs/hsm.cddl says."""
import glob
import hashlib
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.environ.get("IMEILOCK_SOURCE_DIR") or os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from cddl import Mismatch, decode, load  # noqa: E402

KINDS = ["role", "key", "open", "close", "request", "install", "ticket",
         "again", "shown", "record", "mark", "skip", "certify", "revoke"]
HEAD_LEN = 5


def items(data):
    """The encodings of the items in a register."""
    while data:
        head = decode(data[:HEAD_LEN])
        length = head >> 16
        assert length ^ (head & 0xffff) == 0xffff
        yield data[HEAD_LEN:HEAD_LEN + length]
        data = data[HEAD_LEN + length:]


class Documents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        program = os.path.join(os.environ["IMEILOCK_BINARY_DIR"], "bin",
                               "make_signer_files")
        subprocess.run([program, cls.folder.name], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        cls.cddl = load(os.path.join(ROOT, "docs", "hsm.cddl"))

    def read(self, name):
        with open(os.path.join(self.folder.name, name), "rb") as file:
            return file.read()

    def check_register(self, name, seen):
        previous = bytes(32)
        for number, item in enumerate(items(self.read(name)), 1):
            self.cddl.check("item", item)
            # [entry, hash]: one byte before the entry, 34 behind it
            self.assertEqual(hashlib.sha256(item[1:-34]).digest(), item[-32:])
            entry = decode(item)[0]
            self.assertEqual(entry[0], number)
            self.assertEqual(entry[3], previous)
            previous = item[-32:]
            kind = KINDS[entry[2] - 1]
            self.cddl.check(kind + "-entry", item[1:-34])
            seen.add(kind)

    def test_registers(self):
        seen = set()
        self.check_register("root.register", seen)
        self.check_register("line.register", seen)
        self.assertEqual(seen, set(KINDS) - {"shown"})

    def test_messages(self):
        rules = set()
        for kind in ("request", "reply"):
            for path in glob.glob(os.path.join(self.folder.name, "*." + kind)):
                name = os.path.basename(path).rsplit("-", 1)[0]
                rule = "%s-%s" % (name, kind)
                self.cddl.check(rule, self.read(os.path.basename(path)))
                rules.add(rule)
        names = {rule.rsplit("-", 1)[0] for rule in rules}
        self.assertEqual(names, {
            "status", "register-at", "certify", "request", "install",
            "ticket", "record", "shutdown", "revoke", "failed"})

    def test_can_fail(self):
        with self.assertRaises(Mismatch):
            self.cddl.check("register-at-request", bytes.fromhex("820120"))


if __name__ == "__main__":
    unittest.main()
