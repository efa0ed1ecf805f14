#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The objects that the code makes are those of docs/record and docs/protocol.

Runs make_objects and holds each file against CDDL and, if it is signed,
against an independent check of its signature.
"""
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import unittest
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
import cddl  # noqa: E402
import cose_check  # noqa: E402

SIGNED_INSIDE = ("request", "key-token", "read-token", "probe-token",
                 "evidence")


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


class Objects(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run(["make_objects", cls.folder.name], check=True)
        names = sorted(os.listdir(cls.folder.name))
        cls.files = {name: read(cls.folder.name, name) for name in names}
        cls.keys = {name: cose_check.load_key(cls.files[name + ".public.xy"])
                    for name in ("root", "line", "device")}
        cls.record = cddl.load(os.path.join(cose_check.DOCS, "record.cddl"))
        cls.protocol = cddl.load(
            os.path.join(cose_check.DOCS, "protocol.cddl"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def objects(self):
        for name, data in self.files.items():
            if name.endswith(".object"):
                rule, size, signer, _ = name.split(".")
                yield rule, size, self.keys[signer], data

    def messages(self):
        for name, data in self.files.items():
            if name.endswith(".message"):
                yield name.split(".")[0], data

    def test_nothing_is_missing(self):
        rules = [rule for rule, _, _, _ in self.objects()]
        self.assertEqual(sorted(rules), sorted(2 * list(cose_check.KINDS)))
        rules = {rule for rule, _ in self.messages()}
        defined = {name for name in self.protocol.rules
                   if re.fullmatch(r"[a-z]+-(request|reply)|progress", name)}
        self.assertEqual(rules, defined)
        self.assertEqual(len(defined), 26)

    def test_messages(self):
        for rule, data in self.messages():
            self.protocol.check(rule, data)
            self.protocol.check("message", data)

    def test_a_message_fits_its_own_rule_only(self):
        rules = {rule for rule, _ in self.messages()}
        for rule, data in self.messages():
            for other in rules - {rule}:
                with self.assertRaises(cddl.Mismatch, msg=(rule, other)):
                    self.protocol.check(other, data)

    def test_objects(self):
        for rule, _, key, data in self.objects():
            self.record.check(rule, data)
            self.assertEqual(cose_check.kind_of(data), rule)
            cose_check.open_object(rule, data, key)
            if rule in SIGNED_INSIDE:
                cose_check.open_object(rule, data)

    def test_an_object_fits_its_own_rule_only(self):
        for rule, _, _, data in self.objects():
            for other in set(cose_check.KINDS) - {rule}:
                with self.assertRaises(cddl.Mismatch):
                    self.record.check(other, data)

    def test_a_changed_byte_is_found(self):
        for rule, _, key, data in self.objects():
            for at in range(0, len(data), 7):
                other = bytearray(data)
                other[at] ^= 1
                with self.assertRaises(cose_check.NotGood, msg=(rule, at)):
                    cose_check.open_object(rule, bytes(other), key)

    def test_another_key_is_found(self):
        for rule, _, key, data in self.objects():
            for other in self.keys.values():
                if other is key:
                    continue
                with self.assertRaises(cose_check.NotGood):
                    cose_check.open_object(rule, data, other)

    def test_a_unit(self):
        cert = self.files["cert.large.root.object"]
        record = self.files["record.large.line.object"]
        claims = cose_check.open_record(self.keys["root"], cert, record)
        with self.assertRaisesRegex(cose_check.NotGood, "signature"):
            cose_check.open_record(self.keys["line"], cert, record)
        with self.assertRaisesRegex(cose_check.NotGood, "line key"):
            cose_check.open_record(
                self.keys["root"], self.files["cert.small.root.object"],
                self.files["record.small.line.object"])
        evidence = self.files["evidence.large.device.object"]
        with self.assertRaisesRegex(cose_check.NotGood, "another record"):
            cose_check.check_evidence(record, claims, evidence)
        with self.assertRaisesRegex(cose_check.NotGood, "old nonce"):
            cose_check.check_evidence(record, claims, evidence, bytes(16))

    def test_digest_input(self):
        record = self.files["record.large.line.object"]
        own = cose_check.open_object("record", record, self.keys["line"])[
            cose_check.OWN]
        encoded = cose_check.encode(["imeilock-digest", 1, own[0], own[1],
                                     own[3], own[2]])
        self.record.check("digest-input", encoded)
        self.assertEqual(hashlib.sha256(encoded).digest(),
                         cose_check.digest(own))
        self.assertEqual(cose_check.digest(own),
                         self.files["record.large.digest"])

    def test_sig_structure(self):
        self.record.check("sig-structure", cose_check.encode(
            ["Signature1", b"\xa0", b"imeilock 1 cert", b"\xa0"]))

    def test_documents_name_every_kind(self):
        text = read(cose_check.DOCS, "record.md").decode()
        for typ, aad in cose_check.KINDS.values():
            self.assertIn(f"`{typ}`", text)
            self.assertIn(f"`{aad.decode()}`", text)

    def test_the_documents_example_frame(self):
        text = read(cose_check.DOCS, "protocol.md").decode()
        message, frame = (bytes.fromhex(line) for line in re.search(
            r"message and frame:\n\n {4}(.*)\n {4}(.*)\n", text).groups())
        self.assertEqual(message, self.files["reset-request.small.message"])
        self.assertEqual(frame, self.files["reset-request.small.frame"])
        raw, at = b"", 0
        while frame[at] != 0:
            raw += frame[at + 1:at + frame[at]] + b"\0"
            at += frame[at]
        self.assertEqual(raw[:-1], message + zlib.crc32(message).to_bytes(
            4, "little"))
        self.assertEqual(at + 1, len(frame))

    def test_documents_and_code_agree_on_good(self):
        with open(os.path.join(HERE, "..", "..", "firmware-agent", "proto",
                               "status.h"), encoding="utf-8") as file:
            good = re.search(r"ST_OK = 0x([0-9a-f]{8})", file.read()).group(1)
        for name in ("protocol.md", "protocol.cddl", "record.md"):
            self.assertIn(good, read(cose_check.DOCS, name).decode(), name)


if __name__ == "__main__":
    unittest.main()
