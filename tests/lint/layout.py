#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""layout.py - the top level holds what it was ordered to hold, and no more."""

import os

import lint

FOLDERS = {"docs", "firmware-agent", "hsm", "profiles", "tests", "tool", "udev",
           ".ci", ".git", "build"}
FILES = {"CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json", "LICENSE",
         "README.md", "dev", ".clang-format", ".editorconfig", ".gitignore"}


def check(root):
    for name in sorted(os.listdir(root)):
        is_folder = os.path.isdir(os.path.join(root, name))
        if name not in (FOLDERS if is_folder else FILES):
            yield "%s: does not belong to the top level" % name
    for name in ("firmware-agent", "hsm", "tool", "profiles", "tests"):
        if not os.path.isdir(os.path.join(root, name)):
            yield "%s: is missing" % name


GOOD = {name + "/x": "" for name in
        ("firmware-agent", "hsm", "tool", "profiles", "tests", "build")}

lint.run(check, good=GOOD, bad=[
    ("src: does not belong", {"src/x.c": ""}),
    ("x.c: does not belong", {"x.c": ""}),
])
