#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""docs/ledger.md names the columns, moves and kinds of events that there are.

That the moves are those of the schema is what test_ledger_moves.c shows, pair
by pair; here its table is compared with the page.
"""

import os
import re
import sqlite3
import sys

ROOT = os.environ.get("IMEILOCK_SOURCE_DIR", os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def section(page, title):
    return re.search(r"^##+ %s\n(.*?)(?=^##)" % title, page,
                     re.M | re.S).group(1)


def first_cells(text):
    """What stands in backquotes in the first cell of each row."""
    return [word for row in re.findall(r"^\| (.*?) \|", text, re.M)
            for word in re.findall(r"`(\w+)`", row)]


def same(what, page, code, wrong):
    if page != code:
        wrong.append("%s: the page has %r, the code %r" % (what, page, code))


def check_columns(page, wrong):
    db = sqlite3.connect(":memory:")
    db.executescript(read("tool/ledger/schema.sql"))
    tables = [row[0] for row in db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table'"
        " AND name NOT LIKE 'sqlite_%'")]
    same("tables", sorted(re.findall(r"^### (\w+)$", page, re.M)),
         sorted(tables), wrong)
    for table in tables:
        columns = [row[0] for row in db.execute(
            "SELECT name FROM pragma_table_info(?)", (table,))]
        same("columns of " + table, first_cells(section(page, table)),
             columns, wrong)


def check_moves(page, wrong):
    moves = re.findall(r"^\| `(\w+)` \| `(\w+)` \|",
                       section(page, "4. Legal moves"), re.M)
    tried = re.findall(r"\{NUMBER_(\w+), NUMBER_(\w+)\},",
                       read("tests/unit/test_ledger_moves.c"))
    same("moves", sorted(moves),
         sorted((a.lower(), b.lower()) for a, b in tried), wrong)


def check_kinds(page, wrong):
    source = re.search(r"own_kinds\[\] = \{(.*?)\};",
                       read("tool/ledger/event_sqlite.c"), re.S).group(1)
    same("kinds", sorted(first_cells(section(page, "6. Kinds of events"))),
         sorted(re.findall(r'"(\w+)"', source)), wrong)


def main():
    page, wrong = read("docs/ledger.md"), []
    check_columns(page, wrong)
    check_moves(page, wrong)
    check_kinds(page, wrong)
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
