#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""profiles/FORMAT.md and the schema in profile.c name the same keys, with the
same kinds, ranges and presence; and key_list.h, from which `profile new` takes
its comments, says the same in the same words and order."""

import os
import re
import sys

ROOT = os.environ.get("IMEILOCK_SOURCE_DIR", os.path.dirname(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
DEFINES = ("firmware-agent/proto/identity.h", "firmware-agent/proto/image.h",
           "firmware-agent/proto/record.h", "tool/profile/profile.h")


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def documented():
    """key: (kind, required, range), from the tables."""
    rows = re.findall(r"^\| `([\w.]+)` \| (\w+) \| (yes|no) \| (.*?) \| \S",
                      read("profiles/FORMAT.md"), re.M)
    return {row[0]: row[1:] for row in rows}


def meanings():
    """[(key, kind, required, range, meaning)] of the tables."""
    return [tuple(cell.strip().replace("`", "") for cell in row)
            for row in re.findall(
                r"^\| `([\w.]+)` \| (\w+) \| (yes|no) \| (.*?)\| (.*?) \|$",
                read("profiles/FORMAT.md"), re.M)]


def key_list():
    """The same from key_list.h."""
    text = read("tool/profile/key_list.h").replace("\\\n", "\n")
    text = re.sub(r'"\s*"', lambda m: m[0] if m[0] == '""' else "", text)
    return [tuple(row[:4]) + (row[4],) for row in re.findall(
        r'X\("([\w.]+)",\s*"(\w+)",\s*"(\w+)",\s*"(.*?)",'
        r'\s*(?:".*?"|\w+),\s*(?:".*?"|\w+),\s*"(.*?)"\)', text, re.S)]


def constants():
    result = {"UINT32_MAX": 2 ** 32 - 1}
    for name in DEFINES:
        for key, value in re.findall(r"^#define (\w+) (\d+)\b", read(name),
                                     re.M):
            result[key] = int(value)
    return result


def schema():
    """The same from the source."""
    source = read("tool/profile/profile.c")
    value = constants()
    result = {}
    sizes = {name: value[size] for name, size in re.findall(
        r"char (\w+)\[(\w+) \+ 1\];",
        re.search(r"struct content \{.*?\};", source, re.S).group(0))
        if size in value}
    ranges = {}
    for key, low, high in re.findall(
            r'check_number\(reading, "(\w+)",\s*content->\w+,\s*(\w+),'
            r"\s*(\w+),", source):
        number = [value[x] if x in value else int(x) for x in (low, high)]
        ranges[key] = "%d to %d" % tuple(number)
    for key, presence in re.findall(
            r"^\tTEXT_FIELD\((\w+), CYAML_FLAG_(\w+)\)", source, re.M):
        required = "yes" if presence == "DEFAULT" else "no"
        if key in ranges:
            result[key] = ("number", required, ranges[key])
        else:
            result[key] = ("text", required,
                           "1 to %d bytes of printable ASCII" % sizes[key])
    links = re.search(r"profile_link\[PROFILE_LINKS\] = \{(.*?)\};",
                      read("tool/profile/fit.c"), re.S).group(1)
    words = re.findall(r'"(\w+)"', links)
    assert len(words) == value["PROFILE_LINKS"]
    ranges = {"PROFILE_LINKS": ", ".join("`%s`" % word for word in words),
              "PROFILE_TACS_MAX":
              "1 to %d TACs of 8 digits" % value["PROFILE_TACS_MAX"],
              "PROFILE_IDS_MAX":
              "1 to %d ids such as 1209:0001" % value["PROFILE_IDS_MAX"]}
    words = re.findall(r'"(\w+)"', re.search(
        r"profile_fuse\[PROFILE_FUSES\] = \{(.*?)\};",
        read("tool/profile/fit.c"), re.S).group(1))
    assert len(words) == value["PROFILE_FUSES"]
    ranges["PROFILE_FUSES"] = ", ".join("`%s`" % word for word in words)
    for key, size in re.findall(r"^\tLIST_FIELD\((\w+), (\w+)\)", source,
                                re.M):
        result[key] = ("list", "no", ranges[size])
    classes = re.search(r"classes\[\] = \{(.*?)\};", source, re.S).group(1)
    result["class"] = ("word", "yes", ", ".join(
        "`%s`" % word for word in re.findall(r'"(\w+)"', classes)))
    assert re.search(r'CYAML_FIELD_ENUM\("class", CYAML_FLAG_STRICT', source)
    assert re.search(r'CYAML_FIELD_MAPPING\("demand", CYAML_FLAG_DEFAULT',
                     source)
    assert re.search(r'CYAML_FIELD_ENUM\(\s*"serial_rtscts",\s*CYAML_FLAG_STRICT'
                     r"\s*\|\s*CYAML_FLAG_OPTIONAL", source)
    result["serial_rtscts"] = ("truth", "no", "`true`, `false`")
    result["demand"] = ("group", "yes", "")
    for key in re.findall(r"[\t ]DEMAND_FIELD\((\w+)\)[,;]", source):
        result["demand." + key] = ("truth", "yes", "`true`, `false`")
    return result


def main():
    text, code = documented(), schema()
    assert len(code) == 23, code
    wrong = 0
    for key in sorted(text.keys() | code.keys()):
        if text.get(key) != code.get(key):
            print("%s: FORMAT.md has %r, the schema %r" % (
                key, text.get(key), code.get(key)))
            wrong += 1
    listed = key_list()
    for one, other in zip(meanings(), listed):
        if one != other:
            print("FORMAT.md has %r, key_list.h %r" % (one, other))
            wrong += 1
    assert len(listed) == len(meanings()) == len(code), listed
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
