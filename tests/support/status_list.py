# SPDX-License-Identifier: Apache-2.0
"""The status list, read from its header: names, classes, sentences."""
import collections
import os
import re

ROOT = os.environ.get("IMEILOCK_SOURCE_DIR", os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PATH = "firmware-agent/proto/status_list.h"
# exit code of each class; a command that ends well has 0
EXIT = {"NONE": 0, "RETRY": 2, "REWORK": 3, "STOP": 4, "BUG": 5}

Status = collections.namedtuple(
    "Status", "name module letters index class_name sentence")


def load(root=ROOT):
    """{name: Status}, in the order of the list."""
    with open(os.path.join(root, PATH), encoding="utf-8") as file:
        text = file.read().replace("\\\n", "\n")
    found, module = {}, ""
    for match in re.finditer(
            r"#define STATUS_LIST_(\w+)\(X\)|"
            r"\bX\((\w+), '(.)', '(.)', (\d+), (\w+),((?:\s*\"[^\"]*\")+)\)",
            text):
        if match[1]:
            module = match[1].lower()
            continue
        sentence = "".join(re.findall(r'"([^"]*)"', match[7]))
        found[match[2]] = Status(match[2], module, match[3] + match[4],
                                 int(match[5]), match[6], sentence)
    return found
