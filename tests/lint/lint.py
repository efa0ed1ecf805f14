# SPDX-License-Identifier: Apache-2.0
"""What all checks of this folder share.

A check is a function that takes the root of a source tree and yields one text
for each finding.  run() calls it on the whole project, or, with --self-test,
on small trees that are made for it: one that is good, and some that each must
lead to a finding, so that a check that finds nothing any more is noticed.
"""

import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SKIPPED_FOLDERS = {".git", "build", "__pycache__"}
SPDX = "SPDX-License-Identifier: Apache-2.0"


def files(root, *suffixes):
    """Paths of the project's files relative to root, in order."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if not suffixes or path.endswith(suffixes):
                yield path


def text(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def code(root, path):
    """The lines of a C file without comments and string contents."""
    def blank(match):
        if match.group(0)[0] in "\"'":
            return '""'
        return re.sub(r"[^\n]", " ", match.group(0))

    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|' r"'(?:\\.|[^'\\\n])+'"
    source = re.sub(r'^(\s*#\s*include\s*)"([^"]+)"', r"\1<<\2>>",
                    text(root, path), flags=re.M)
    return re.sub(pattern, blank, source, flags=re.S).split("\n")


def includes(root, path):
    """(line number, name, is in quotes) of each #include."""
    for number, line in enumerate(code(root, path), 1):
        match = re.match(r"\s*#\s*include\s*<(<?)([^>]+)>", line)
        if match:
            yield number, match.group(2), bool(match.group(1))


def write_tree(root, tree):
    for path, content in tree.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(content)


def findings_in(check, tree):
    with tempfile.TemporaryDirectory() as root:
        write_tree(root, tree)
        return list(check(root))


def self_test(check, good, bad):
    wrong = ["good tree: " + text for text in findings_in(check, good)]
    for words, tree in bad:
        found = findings_in(check, {**good, **tree})
        if not any(words in text for text in found):
            wrong.append("not found: %s (but %s)" % (words, found))
    return wrong


def run(check, good, bad):
    """good: {path: content}; bad: [(words of the finding, {path: content})]"""
    if sys.argv[1:] == ["--self-test"]:
        found = self_test(check, good, bad)
    else:
        found = list(check(sys.argv[1] if sys.argv[1:] else ROOT))
    for finding in found:
        print(finding)
    sys.exit(1 if found else 0)
