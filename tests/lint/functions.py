#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""functions.py - no function is longer than 80 lines, no source than 500.

clang-format (format.py) sees to it that a function's body begins with a { and
ends with a } in the first column, with its name at the start of a line.
"""

import re

import lint

FUNCTION_MAX = 80
FILE_MAX = 500


def functions(lines):
    """(name, first line, lines) of each; it begins with its name's line."""
    name, start, body = None, 0, None
    for number, line in enumerate(lines, 1):
        match = re.match(r"(\w+)\(", line)
        if match:
            name, start = match.group(1), number
        elif line == "{" and name:
            body = name
        elif line.startswith("}") and body:
            yield body, start, number - start + 1
            name, body = None, None


def check(root):
    for path in lint.files(root, ".c", ".h"):
        lines = lint.text(root, path).splitlines()
        is_test = path.startswith("tests/")
        if len(lines) > FILE_MAX and path.endswith(".c") and not is_test:
            yield "%s: has %d lines" % (path, len(lines))
        for name, start, length in functions(lines):
            if length > FUNCTION_MAX:
                yield "%s:%d: %s has %d lines" % (path, start, name, length)


def function(length):
    return "static int\nf(int a,\n  int b)\n{\n%s}\n" % (
        "\ta = b;\n" * (length - 4))


lint.run(check, good={"a.c": function(80) + "struct s {\n\tint a;\n};\n"},
         bad=[
             ("f has 81 lines", {"b.c": function(10) + function(81)}),
             ("f has 90 lines", {"b.h": function(90)}),
             ("has 501 lines", {"b.c": "\n" * 501}),
         ])
