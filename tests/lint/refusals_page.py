#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""refusals_page.py - docs/refusals.md says what the status list says.

The page is made of the list: `refusals_page.py --update`.  Changed by hand, or
left behind by the list, it is an error.
"""

import os
import sys

import lint

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import status_list  # noqa: E402

PAGE = "docs/refusals.md"
HEAD = """# Codes

Every code that the programs say: on the screen, in the output of `--json`, in
the ledger's events, and, as a number, on the wire. This page is made of
`firmware-agent/proto/status_list.h` by `tests/lint/refusals_page.py --update`;
it is not changed by hand.

The class says what the line does with the unit, always:

| class | exit code | the line |
|---|---|---|
| NONE | 0 | good, or no outcome yet |
| RETRY | 2 | runs the unit again; the third time in a row, for causes in the unit, it is REWORK |
| REWORK | 3 | puts the unit into the red bin |
| STOP | 4 | keeps the unit and calls the engineer |
| BUG | 5 | reports a bug of this product |

Exit code 1 is for words that were not understood. After a refusal nothing is
burnt that was not burnt before, and no number is lost: `tests/flow/test_refusals.py`
is the table of how each comes about, and holds that to the bit.
"""
TITLES = {
    "imei": "Numbers",
    "coding": "Objects and signatures",
    "wire": "Messages and links",
    "device": "Fuses, agent, boot check",
    "signer": "Signer and token",
    "ledger": "Ledger",
    "station": "Profiles, station, verification",
}
CLASS_BYTES = {"NONE": 0x69, "RETRY": 0x0f, "REWORK": 0x33, "STOP": 0x55,
               "BUG": 0x3c}


def value_of(status):
    return "%08x" % int.from_bytes(status.letters.encode() + bytes(
        [status.index, CLASS_BYTES[status.class_name]]), "big")


def page(root):
    lines, module = [HEAD], None
    for status in status_list.load(root).values():
        if status.module != module:
            module = status.module
            lines.append("\n## %s\n\n| code | class | what to do | value |\n"
                         "|---|---|---|---|\n" % TITLES[module])
        lines.append("| `%s` | %s | %s | `%s` |\n" % (
            status.name, status.class_name, status.sentence,
            value_of(status)))
    return "".join(lines)


def check(root):
    made = page(root).split("\n")
    there = lint.text(root, PAGE).split("\n")
    for number, (one, other) in enumerate(zip(made, there), 1):
        if one != other:
            yield "%s:%d: is not what the list says; run " \
                "tests/lint/refusals_page.py --update" % (PAGE, number)
            return
    if len(made) != len(there):
        yield "%s: is not as long as the list; run " \
            "tests/lint/refusals_page.py --update" % PAGE


if sys.argv[1:] == ["--update"]:
    with open(os.path.join(lint.ROOT, PAGE), "w", encoding="utf-8") as out:
        out.write(page(lint.ROOT))
    sys.exit(0)

LIST = "#define STATUS_LIST_IMEI(X) \\\n%s"
ONE = "\tX(ONE, 'A', 'B', 1, STOP, \\\n\t  \"Do \" \\\n\t  \"it.\")"
TWO = " \\\n\tX(TWO, 'A', 'B', 2, RETRY, \"Again.\")"
TABLE = ("\n## Numbers\n\n| code | class | what to do | value |\n"
         "|---|---|---|---|\n| `ONE` | STOP | Do it. | `41420155` |\n")
lint.run(check, good={
    status_list.PATH: LIST % ONE,
    PAGE: HEAD + TABLE,
}, bad=[
    ("is not what the list says", {PAGE: HEAD + TABLE.replace("Do", "So")}),
    ("is not as long as", {PAGE: HEAD + TABLE[:-1]}),
    ("is not what the list says", {status_list.PATH: LIST % (ONE + TWO)}),
])
