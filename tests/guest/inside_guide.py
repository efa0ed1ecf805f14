#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The guide to practising with USB is true.  Inside a guest (run.py)."""
import os
import sys

sys.path.insert(0, os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "tests",
                                "flow"))
import test_guides  # noqa: E402

test_guides.PATIENCE_S = 400


class UsbPractice(test_guides.Guides):
    def test_practice(self):
        output = self.follow("usb-practice.md")
        self.assertNotIn("our bug", output)
        self.assertEqual(list(test_guides.line.signers_of(self.folder)), [])


if __name__ == "__main__":
    suite = test_guides.unittest.TestSuite([UsbPractice("test_practice")])
    result = test_guides.unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(not result.wasSuccessful())
