# SPDX-License-Identifier: Apache-2.0
"""What the flow tests share."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import ledger_check  # noqa: E402
import line  # noqa: E402

GOOD, RETRY, REWORK, STOP, BUG = 0, 2, 3, 4, 5


class Case(unittest.TestCase):
    """Roots and lines that end with the test, and what is asked of them."""

    maxDiff = None

    def root(self, **how):
        root = line.Root(**how)
        self.addCleanup(root.close)
        return root

    def line(self, root=None, **how):
        made = line.Line(root or self.root(), **how)
        self.addCleanup(made.close)
        return made

    def armed(self, *models, root=None, **how):
        """An armed line with a running unit of each model."""
        made = self.line(root, **how)
        for number, model in enumerate(models or ("virtual-additive",)):
            made.unit(f"u{number + 1}", model)
        made.open()
        for unit in made.units:
            unit.start()
        made.arm()
        return made

    def assert_good(self, outcome, *units):
        self.assertEqual(outcome.exit, GOOD, outcome)
        for unit in units:
            row = outcome.row(unit)
            self.assertEqual((row["code"], row["verdict"][:4]),
                             ("OK", "good"), outcome)

    def assert_refused(self, outcome, code, exit_code, unit=None):
        said = outcome.row(unit)["code"] if unit else outcome.code
        self.assertEqual((said, outcome.exit), (code, exit_code), outcome)

    def assert_whole(self, unit, imeis):
        """The fuse file, by the independent decoder, is a locked image with
        these numbers."""
        fuses = unit.decode()
        slots = len(imeis)
        states = [fuses["fields"][f"identity_{i + 1}"]["state"]
                  for i in range(4)]
        self.assertEqual(states, ["done"] * slots + ["killed"] * (4 - slots))
        self.assertEqual([imei for imei in fuses["imei"] if imei], imeis)
        for name in ("secret", "header", "digest", "marker"):
            self.assertEqual(fuses["fields"][name]["state"], "done", name)
        self.assertTrue(fuses["marker"])
        self.assertTrue(fuses["locked"])
        self.assertEqual(fuses["header"]["class"], "development")
        self.assertEqual(fuses["header"]["slot_mask"], (1 << slots) - 1)

    def assert_sums(self, made):
        """The ledger by the independent checker."""
        summary, found = ledger_check.check(made.path("station", "ledger.db"))
        self.assertEqual(found, [])
        return summary

    def assert_no_signer(self, made):
        """It has ended, or is about to."""
        line.wait_for(lambda: not made.signers(), "the signer goes on")

    def keeps_fuses(self, *units):
        return KeepsFuses(self, units)


class KeepsFuses:
    """Inside this "with" the units' fuse files do not change, to the bit."""

    def __init__(self, case, units):
        self.case, self.units = case, units

    def __enter__(self):
        self.before = [unit.otp() for unit in self.units]

    def __exit__(self, kind, *_):
        if kind is None:
            for unit, before in zip(self.units, self.before):
                self.case.assertEqual(unit.otp(), before,
                                      f"the fuses of {unit.name} changed")


def main():
    unittest.main()
