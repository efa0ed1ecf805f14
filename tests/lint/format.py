#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""format.py - clang-format would change nothing.  `./dev format` mends it."""

import os
import subprocess

import lint


def check(root):
    paths = list(lint.files(root, ".c", ".h"))
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", "--ferror-limit=1",
         "--style=file:" + os.path.join(lint.ROOT, ".clang-format")] + paths,
        cwd=root, stderr=subprocess.PIPE, text=True, check=False)
    found = [line for line in done.stderr.splitlines() if ": error:" in line]
    yield from found
    if done.returncode != 0 and not found:
        yield done.stderr


GOOD = "static int\nf(int a)\n{\n\treturn a;\n}\n"

lint.run(check, good={"a.c": GOOD}, bad=[
    ("a.c:2", {"a.c": GOOD.replace("f(int a)", "f( int a )")}),
    ("b.h:1", {"b.h": "static int f(int a) {\n\treturn a;\n}\n"}),
    ("b.c:3", {"b.c": GOOD.replace("\t", "    ")}),
])
