#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""inside.py NAME... - run tests of several files in one guest (run.py), since
to boot one takes its time: NAME is as unittest has it, without "inside_"."""
import sys
import unittest

if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromNames(
        ["inside_" + name for name in sys.argv[1:]])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(not result.wasSuccessful() or result.testsRun == 0)
