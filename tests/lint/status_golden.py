#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""status_golden.py - status values are append only.

They go over the wire and into ledgers, so status.golden keeps every one that
was ever given.  A value that changed or vanished is an error; a new one is
added with `status_golden.py --update`, which never touches an old line.
"""

import os
import subprocess
import sys
import tempfile

import lint

GOLDEN = "tests/lint/status.golden"
PROGRAM = """#include <stdio.h>
#include "proto/status.h"
int main(void)
{
	printf("OK=%08x\\n", (unsigned int)ST_OK);
#define X(name, a, b, index, class, sentence) \\
	printf(#name "=%08x\\n", (unsigned int)ST_##name);
	STATUS_LIST(X)
	return 0;
}
"""


def values_of(lines):
    return dict(line.split("=") for line in lines if "=" in line)


def current(root):
    """Names and values, in the order of the list."""
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "list")
        subprocess.run(["gcc", "-std=c11", "-x", "c", "-", "-o", target, "-I",
                        os.path.join(root, "firmware-agent")],
                       input=PROGRAM, text=True, check=True)
        return subprocess.run([target], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.splitlines()


def check(root):
    lines = current(root)
    now = values_of(lines)
    golden = values_of(lint.text(root, GOLDEN).splitlines())
    if len(now) != len(lines) or len(set(now.values())) != len(lines):
        yield "status_list.h: a name or value stands there twice"
    for name, value in golden.items():
        if name not in now:
            yield "%s: was removed" % name
        elif now[name] != value:
            yield "%s: changed from %s to %s" % (name, value, now[name])
    for name in now:
        if name not in golden:
            yield "%s: is new; run tests/lint/status_golden.py --update" % name


def update(root):
    path = os.path.join(root, GOLDEN)
    golden = values_of(lint.text(root, GOLDEN).splitlines()
                       if os.path.exists(path) else [])
    with open(path, "a", encoding="utf-8") as file:
        for line in current(root):
            if line.split("=")[0] not in golden:
                file.write(line + "\n")


STATUS = """#define STATUS_LIST(X) %s
enum status {
	ST_OK = 0x2d9a4b69,
#define X(name, a, b, index, class, sentence) ST_##name = (index),
	STATUS_LIST(X)
#undef X
};
"""
HEADER = "firmware-agent/proto/status.h"


def header(entries):
    return STATUS % entries


if sys.argv[1:] == ["--update"]:
    update(lint.ROOT)
    sys.exit(0)

ONE = 'X(ONE, 1, 1, 1, C, "") '
TWO = 'X(TWO, 1, 1, 2, C, "") '
lint.run(check, good={
    HEADER: header(ONE + TWO),
    GOLDEN: "OK=2d9a4b69\nONE=00000001\nTWO=00000002\n",
}, bad=[
    ("ONE: was removed", {HEADER: header(TWO)}),
    ("TWO: changed", {HEADER: header(ONE + TWO.replace("2", "3"))}),
    ("THREE: is new", {HEADER: header(
        ONE + TWO + TWO.replace("TWO", "THREE").replace("2", "3"))}),
    ("stands there twice", {HEADER: header(
        ONE + TWO + TWO.replace("TWO", "THREE"))}),
])
