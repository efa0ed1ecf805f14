#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""status_tested.py - every status is reached by a test, or there is a reason.

A test names it: ST_NAME in a .c file of tests, or "NAME" in a .py file.  A new
status without a test is an error, and so is a reason that is none any more.
"""

import os
import re
import sys

import lint

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import status_list  # noqa: E402

# Those that no test brings about.
REASONS = {
    "OTP_DONE": "is an outcome of image_next_burn and no refusal",
    "AGENT_STATUS_ONLY": "is made by nothing: the probe token says it itself",
    "STATION_TIME_BUDGET": "is made by nothing: what was last waited for is",
    "LEDGER_TAKEN": "is the schema's last guard, behind the choice of a free "
                    "number: test_ledger_guards.c meets it in SQL",
    "LEDGER_SUMS": "stands behind LEDGER_ROWS, which every wrong row leads "
                   "to first",
}
# They name codes, and reach none.
NOT_TESTS = ("tests/lint/", "tests/support/")


def named(root):
    """The codes that tests name."""
    found = set()
    for path in lint.files(root, ".c", ".py"):
        if not path.startswith("tests/") or path.startswith(NOT_TESTS):
            continue
        pattern = r"\bST_(\w+)" if path.endswith(".c") else r"\"([A-Z]\w+)\""
        found.update(re.findall(pattern, lint.text(root, path)))
    return found


def check(root, reasons=None):
    reasons = REASONS if reasons is None else reasons
    tests = named(root)
    for name in status_list.load(root):
        if name not in tests and name not in reasons:
            yield "%s: no test reaches it" % name
        if name in tests and name in reasons:
            yield "%s: a test reaches it, so it needs no reason" % name
    for name in reasons:
        if name not in status_list.load(root):
            yield "%s: has a reason and is no status" % name


LIST = status_list.PATH
ENTRY = "\tX(%s, 'A', 'B', 1, STOP,%s\\\n\t  \"Do \" \\\n\t  \"it.\")\n"


def self_check(root):
    """The same, with no reasons but one."""
    return check(root, {"ODD": "it is odd"})


GOOD = {
    LIST: ENTRY % ("ONE", " ") + ENTRY % ("TWO", " ") + ENTRY % ("ODD", " "),
    "tests/unit/test_x.c": "a(ST_ONE);\n",
    "tests/flow/test_x.py": 'a("TWO")\n',
}
lint.run(self_check if sys.argv[1:] == ["--self-test"] else check, good=GOOD,
         bad=[
    ("ONE: no test", {"tests/unit/test_x.c": "/* one */\n"}),
    ("TWO: no test", {"tests/flow/test_x.py": "TWO = 1\n"}),
    ("ODD: a test reaches it", {"tests/flow/test_y.py": 'b("ODD")\n'}),
    ("ODD: has a reason", {LIST: ENTRY % ("ONE", " ") + ENTRY % ("TWO", " ")}),
])
