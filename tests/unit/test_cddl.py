#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The CDDL checker says yes and no where it should."""
import os
import subprocess
import sys
import unittest

SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                       "support")
sys.path.insert(0, SUPPORT)
from cddl import Cddl, CborError, CddlError, Mismatch, Tag, decode  # noqa: E402


def h(text):
    return bytes.fromhex(text.replace(" ", ""))


class Decoder(unittest.TestCase):
    """Examples of RFC 8949 appendix A, and what the subset leaves out."""

    def test_values(self):
        for encoded, value in (
                ("00", 0), ("17", 23), ("1818", 24), ("18ff", 255),
                ("190100", 256), ("1a00010000", 65536),
                ("1bffffffffffffffff", 18446744073709551615),
                ("20", -1), ("3bffffffffffffffff", -18446744073709551616),
                ("4401020304", b"\x01\x02\x03\x04"), ("40", b""),
                ("62c3bc", "\u00fc"), ("60", ""), ("80", []),
                ("83010203", [1, 2, 3]), ("a0", {}), ("f4", False),
                ("f5", True), ("f6", None), ("c101", Tag(1, 1))):
            self.assertEqual(decode(h(encoded)), value, encoded)

    def test_bool_is_no_integer(self):
        self.assertIs(decode(h("f5")), True)
        self.assertEqual(len(decode(h("a2 01 00 f5 00"))), 2)

    def test_map(self):
        value = decode(h("a3 01 02 20 03 61 61 04"))
        self.assertEqual([key.value for key in value], [1, -1, "a"])

    def test_refused(self):
        for encoded in (
                "", "18", "1801", "1817", "190018", "1a0000ffff",
                "1b00000000ffffffff", "1c", "1f", "5f4100ff", "9f00ff",
                "bf0000ff", "ff", "61ff", "62c3", "4401", "81", "a101",
                "a2 02 00 01 00", "a2 01 00 01 00", "a1 80 00", "f7", "f0",
                "f818", "f90000", "fa00000000", "fb0000000000000000",
                "0000", "8001", "c1", "7803616263", "5803010203",
                "81" * 40 + "00"):
            with self.assertRaises(CborError, msg=encoded):
                decode(h(encoded))


class Rules(unittest.TestCase):
    def yes(self, rule, *encodings):
        for encoded in encodings:
            Cddl(rule).check("x", h(encoded))

    def no(self, rule, *encodings):
        for encoded in encodings:
            with self.assertRaises(Mismatch, msg=f"{rule}: {encoded}"):
                Cddl(rule).check("x", h(encoded))

    def test_prelude(self):
        self.yes("x = uint", "00", "18ff")
        self.no("x = uint", "20", "f5", "40", "f6")
        self.yes("x = int", "20", "00")
        self.no("x = int", "f4")
        self.yes("x = nint", "20")
        self.no("x = nint", "00")
        self.yes("x = bool", "f4", "f5")
        self.no("x = bool", "00", "f6")
        self.yes("x = null", "f6")
        self.no("x = null", "f4", "00")
        self.yes("x = bstr", "40")
        self.no("x = bstr", "60")
        self.yes("x = tstr", "60")
        self.no("x = tstr", "40")
        self.yes("x = any", "80", "f6")

    def test_literals(self):
        self.yes("x = 5", "05")
        self.no("x = 5", "06", "24", "6135")
        self.yes("x = -70001", "3a00011170")
        self.yes("x = 0x30", "1830")
        self.no("x = 1", "f5")
        self.yes('x = "ab"', "626162")
        self.no('x = "ab"', "426162", "6161")

    def test_ranges(self):
        self.yes("x = 1..3", "01", "03")
        self.no("x = 1..3", "00", "04", "f5")
        self.yes("x = 1...3", "02")
        self.no("x = 1...3", "03")
        self.yes("x = -2..2", "21", "02")
        self.no("x = -2..2", "22", "03")

    def test_choices(self):
        self.yes("x = 1 / tstr / null", "01", "60", "f6")
        self.no("x = 1 / tstr / null", "02", "40", "f4")
        self.yes("x = &( a: 1, b: 3 )", "01", "03")
        self.no("x = &( a: 1, b: 3 )", "02", "6161")
        self.yes("x = (1 / 2)", "02")

    def test_controls(self):
        self.yes("x = bstr .size 2", "420000")
        self.no("x = bstr .size 2", "4100", "43000000", "626161")
        self.yes("x = bstr .size (1..2)", "4100", "420000")
        self.no("x = bstr .size (1..2)", "40", "43000000")
        self.yes("x = bstr .cbor y  y = 7", "4107")
        self.no("x = bstr .cbor y  y = 7", "4108", "40", "420707", "07")
        self.yes('x = tstr .regexp "[a-c]{1,2}"', "6161", "626163")
        self.no('x = tstr .regexp "[a-c]{1,2}"', "60", "6164", "63616161",
                "62610a")

    def test_maps(self):
        rule = "x = { 1: uint, ? 2: bool, -1: null }"
        self.yes(rule, "a2 01 00 20 f6", "a3 01 00 02 f4 20 f6")
        self.no(rule, "a1 01 00", "a2 01 20 20 f6", "a3 01 00 02 00 20 f6",
                "a3 01 00 03 f4 20 f6", "82 01 00", "a0")
        self.yes("x = {}", "a0")
        self.no("x = {}", "a1 01 01", "80")
        self.yes('x = { name: 1, "n": 2 }', "a2 61 6e 02 64 6e616d65 01")
        self.no("x = { 1: 0 }", "a1 f5 00")

    def test_arrays(self):
        self.yes("x = [1, name: tstr]", "82 01 60")
        self.no("x = [1, name: tstr]", "81 01", "82 01 01", "83 01 60 60",
                "a0")
        self.yes("x = [1*2 uint]", "81 00", "82 00 01")
        self.no("x = [1*2 uint]", "80", "83 00 01 02", "81 20")
        self.yes("x = [* uint, ? tstr]", "80", "81 00", "82 00 60", "81 60")
        self.no("x = [* uint, ? tstr]", "82 60 00", "82 60 60")
        self.yes("x = [+ uint]", "81 00")
        self.no("x = [+ uint]", "80")

    def test_groups(self):
        rule = "x = { g, 3: 3 }  g = ( 1: 1, ? 2: 2 )"
        self.yes(rule, "a2 01 01 03 03", "a3 01 01 02 02 03 03")
        self.no(rule, "a1 03 03", "a2 01 02 03 03")
        self.yes("x = [g, 3]  g = ( a: 1, b: 2 )", "83 01 02 03")
        self.no("x = [g, 3]  g = ( a: 1, b: 2 )", "82 01 03")

    def test_tags(self):
        self.yes("x = #6.18([uint])", "d2 81 00")
        self.no("x = #6.18([uint])", "81 00", "d1 81 00", "d2 80")

    def test_comments(self):
        self.yes("; one\nx = 1 ; two = 3\n", "01")

    def test_files_that_cannot_be_used(self):
        for text in ("x = ", "x = y", "x = 1 x = 2", "x = [1", "x = {1: 2",
                     "x = 1..", 'x = 1.."a"', "x = bstr .bits 1",
                     "x = uint .gt 1", "x = 1.5", "x = #7.25", "uint = 1",
                     "x = { 1 => 2 }", "x = (a: 1 // b: 2)", "x = [1 2]"):
            with self.assertRaises(CddlError, msg=text):
                Cddl(text).check("x", h("00"))

    def test_not_passed_over(self):
        for text, data in (("x = { uint }", "a0"), ("x = { * 1: 2 }", "a0"),
                           ("x = [* g] g = (a: 1, b: 2)", "80"),
                           ("x = g  g = (a: 1, b: 2)", "01"),
                           ("x = int .size 1", "01"), ("y = 1", "01")):
            with self.assertRaises(CddlError, msg=text):
                Cddl(text).check("x", h(data))


class Command(unittest.TestCase):
    def run_command(self, rule, data):
        document = os.path.join(SUPPORT, "..", "..", "docs", "protocol.cddl")
        return subprocess.run(
            ["/usr/bin/python3", os.path.join(SUPPORT, "cddl.py"), document,
             rule], input=data, capture_output=True).returncode

    def test_exit_codes(self):
        reset = h("a4 00 00 01 01 02 0a 03 a0")
        self.assertEqual(self.run_command("reset-request", reset), 0)
        self.assertEqual(self.run_command("request", reset), 0)
        self.assertEqual(self.run_command("lock-request", reset), 1)
        self.assertEqual(self.run_command("reset-request", reset[:-1]), 1)
        self.assertEqual(self.run_command("no-such-rule", reset), 2)


if __name__ == "__main__":
    unittest.main()
