#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""run_tests.py FILTER FOLDER... - run ctest in build folders, count it all.

Runs every test whose name or one of whose labels matches the regular
expression FILTER ("" for all).  One line a test; a failure is followed by its
output.  Whatever did not pass is a failure: skipped, not run, timed out, and a
build that failed (there is a file FOLDER.failed).  Ends with
"N passed, N failed" and fails if something failed or nothing ran.
"""

import json
import os
import re
import subprocess
import sys

RESULT = re.compile(r"\s*\d+/\d+ Test\s+#\d+: (\S+) [ .]*(\**)(.+?)"
                    r"\s+([\d.]+) sec$")
# what ctest says beside results and output
CHATTER = re.compile(
    r"\s*Start\s+\d+:|\w+ +=.*sec\*proc|\d+% tests|"
    r"(Internal ctest|Test project|Errors |Label Time|Total Test)")


def selected(folder, pattern):
    """Names of the tests of a build folder that pattern selects."""
    listing = subprocess.run(
        ["ctest", "--test-dir", folder, "--show-only=json-v1"],
        stdout=subprocess.PIPE, check=True).stdout
    for test in json.loads(listing)["tests"]:
        labels = next((item["value"] for item in test["properties"]
                       if item["name"] == "LABELS"), [])
        if any(pattern.search(text) for text in [test["name"], *labels]):
            yield test["name"]


def results(folder, names):
    """Run them; {name: how it ended} for those that ended at all."""
    ended = {}
    regex = "^(%s)$" % "|".join(re.escape(name) for name in names)
    with subprocess.Popen(
            ["ctest", "--test-dir", folder, "-j2", "--output-on-failure",
             "-R", regex], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT, errors="replace") as ctest:
        for line in ctest.stdout:
            match = RESULT.match(line)
            if match:
                name, _, how, seconds = match.groups()
                ended[name] = how
                print("%-6s %-7s %6.2fs  %s" % (
                    os.path.basename(folder),
                    "ok" if how == "Passed" else how.upper(),
                    float(seconds), name), flush=True)
            elif line.startswith("The following tests"):
                break
            elif line.strip() and not CHATTER.match(line):
                print("    " + line.rstrip(), flush=True)
        ctest.stdout.read()
    return ended


def main(expression, folders):
    pattern = re.compile(expression)
    passed, failed = 0, []
    for folder in folders:
        if os.path.exists(folder + ".failed"):
            failed.append("%s does not build" % os.path.basename(folder))
            continue
        names = list(selected(folder, pattern))
        ended = results(folder, names) if names else {}
        for name in names:
            how = ended.get(name, "gave no result")
            if how == "Passed":
                passed += 1
            else:
                failed.append("%s in %s: %s" % (
                    name, os.path.basename(folder), how.lower()))
    print()
    for text in failed:
        print("not passed: " + text)
    if passed + len(failed) == 0:
        print("no test matches '%s'" % expression)
    print("%d passed, %d failed" % (passed, len(failed)))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
