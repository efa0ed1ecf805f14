#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""sources.py - every .c file is built, and every check and script runs.

Each .c file, each check of tests/lint and each test script is named in a
CMakeLists.txt or .cmake file of a folder above it.
"""

import os
import re

import lint

BUILD_FILES = ("CMakeLists.txt", ".cmake")
TEST_SCRIPT = re.compile(
    r"tests/(lint/(?!lint\.py)[^/]+|.*/test_[^/]+)\.(py|sh)")


def named(root):
    """Every path, relative to root, that a build file could mean."""
    paths = set()
    for path in lint.files(root, *BUILD_FILES):
        content = re.sub(r"#[^\n]*", "", lint.text(root, path))
        loops = re.findall(r"foreach\((\w+) IN ITEMS\s+([^)]*)\)", content)
        for word in re.findall(r"[^\s()\"]+", content):
            words = [word.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")]
            for variable, items in loops:
                words += [words[0].replace("${%s}" % variable, item)
                          for item in items.split()]
            for name in words:
                paths.add(os.path.normpath(
                    os.path.join(os.path.dirname(path), name)))
    return paths


def check(root):
    paths = named(root)
    for path in lint.files(root, ".c", ".py", ".sh"):
        is_checked = path.endswith(".c") or TEST_SCRIPT.fullmatch(path)
        if is_checked and path not in paths:
            yield "%s: is in no CMakeLists.txt" % path


lint.run(check, good={
    "a/CMakeLists.txt": "add(x SOURCES x.c b/y.c)\n",
    "a/x.c": "", "a/b/y.c": "",
    "tests/CMakeLists.txt": "foreach(unit IN ITEMS cbor cose)\n"
                            "  add(unit/test_${unit}.c)\nendforeach()\n",
    "tests/unit/test_cbor.c": "", "tests/unit/test_cose.c": "",
    "tests/support/demo.sh": "", "tests/flow/case.py": "",
    "tests/lint/lint.py": "",
}, bad=[
    ("a/z.c: is in no", {"a/z.c": ""}),
    ("a/x.c: is in no", {"a/CMakeLists.txt": "# x.c\nadd(b/y.c)\n"}),
    ("tests/unit/test_imei.c: is in no", {"tests/unit/test_imei.c": ""}),
    ("tests/flow/test_x.sh: is in no", {"tests/flow/test_x.sh": ""}),
    ("tests/lint/x.py: is in no", {"tests/lint/x.py": ""}),
])
