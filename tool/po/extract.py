#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""extract.py - the texts of the tool, for translators.

Writes imeilock.pot and brings the catalogues beside it up to date: what is
new stands there untranslated, what is gone goes.  `./dev catalogue` runs it.

xgettext sees calls only.  Most texts here are no calls: options and their
help, the list of codes, names of states.  So every file is preprocessed as
the compiler does it, and read as tokens.
"""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
FOLDER = "tool/po"
POT = FOLDER + "/imeilock.pot"
LIST = "firmware-agent/proto/status_list.h"
HEAD = """# SPDX-License-Identifier: Apache-2.0
# Texts of imeilock; ./dev catalogue makes this file.
msgid ""
msgstr ""
"Project-Id-Version: imeilock\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""

# Functions, and which argument is a format or a text; counted from 1.
FORMATS = {
    "output_say": 2, "output_complain": 2, "output_warn": 2, "say": 2,
    "cmd_detail": 2, "cmd_refuse": 2, "flow_detail": 2, "add_line": 5,
    "lang": 1}
TEXTS = {
    "good": [2, 3], "bad": [2, 4], "add_line": [2],
    "verify_note": [2, 5], "row_verdict": [4],
    "show_signature": [3], "show_unchecked": [2],
    "progress_done": [3], "flow_step": [2], "expect": [2],
    "complain": [2, 3], "complain_item": [5], "reading_complain": [3],
    "show_look": [2], "watch_say_slot": [3],
    "html_begin": [2], "html_heading": [2], "html_fact": [2],
    "html_name": [2], "html_outcome": [3], "put_uint": [2], "put_time": [2]}
# Only in these files, where a name is too common.
ONLY = {
    "good": "tool/station/verify", "bad": "tool/station/verify",
    "add_line": "tool/station/verify", "expect": "tool/station/flow",
    "complain": "tool/profile/", "put_uint": "tool/verify_page.c",
    "put_time": "tool/verify_page.c"}
NAMES = {"row_%s" % kind: [2] for kind in (
    "text", "hex", "uint", "bool", "time", "seconds", "list", "identity",
    "verdict", "status")}
# Arrays of texts, by their name.
TABLES = {
    "name": "tool/", "class_names": "tool/text.c",
    "state_names": "tool/ledger/state.c",
    "own_kinds": "tool/ledger/event_sqlite.c",
    "names": "tool/verify_page.c", "check": "tool/station/verify_record.c",
    "hold_words": "tool/watch/watch_run.c"}
# Arrays of structs, by tag or name: the places of texts, and of names.
STRUCTS = {
    "argp_option": ([2, 4], []), "cmd": ([2], []), "claim_name": ([], [1]),
    "kinds": ([1], []), "looks": ([0], []), "unshown": ([0, 1], [])}
# Where what is returned is a text.
RETURNS = ("tool/profile/profile.c", "tool/station/verify",
           "tool/verify_sample.c", "tool/verify_run.c")
# *why = "...": a text for whoever asked.
POINTED = ("why", "detail", "what")

# What argp says itself, in the domain of the program; the sentence of what is
# no failure; and what the ledger has as kinds of events beside its own.
MORE = [
    "Usage:", " [OPTION...]", "  or: ",
    "Try `%s --help' or `%s --usage' for more information.\n",
    "Mandatory or optional arguments to long options are also mandatory or "
    "optional for any corresponding short options.",
    "Give this help list", "Give a short usage message",
    "Print program version", "%s: Too many arguments\n",
    "Good.", "arm", "close", "backup", "heads", "ledger", "register"]

TOKEN = re.compile(r'''
    ^\#\s+\d+\s+"(?P<file>[^"]*)"[^\n]*$ | ^\#[^\n]*$
    | (?P<string>"(?:\\.|[^"\\\n])*") | '(?:\\.|[^'\\\n])+'
    | (?P<word>\w+) | (?P<sign>[^\s\w])''', re.X | re.M)
ESCAPES = {"n": "\n", "t": "\t", "v": "\v", "r": "\r", "a": "\a", "b": "\b",
           "f": "\f"}
DIRECTIVE = re.compile(r"%(?:%|[-+ #0']*(?:\*|\d+)?(?:\.(?:\*|\d+))?"
                       r"(?:hh|h|ll|l|z|j|t|L)?(?:[diouxXeEfgGcsp]|"
                       r"<PRI\w+>))")


def unquote(literal):
    def value(match):
        code = match.group(1)
        if code[0] in "01234567":
            return chr(int(code, 8))
        return ESCAPES.get(code, code)
    return re.sub(r"\\([0-7]{1,3}|.)", value, literal[1:-1])


# ------------------------------------------------------------------ sources

def sources(root):
    for folder, _, names in os.walk(os.path.join(root, "tool")):
        for name in sorted(names):
            if name.endswith(".c"):
                yield os.path.relpath(os.path.join(folder, name), root)


def preprocess(root, path):
    """With directives like PRIu64 as catalogues write them."""
    with tempfile.TemporaryDirectory() as folder:
        kinds = ["PRI%s%d" % (kind, bits) for kind in "diouxX"
                 for bits in (8, 16, 32, 64)]
        with open(os.path.join(folder, "inttypes.h"), "w",
                  encoding="ascii") as file:
            file.write("#pragma GCC system_header\n"
                       "#include_next <inttypes.h>\n")
            file.write("".join("#undef %s\n#define %s \"<%s>\"\n" % (
                kind, kind, kind) for kind in kinds))
        return subprocess.run(
            ["gcc", "-E", "-std=c11", "-D_GNU_SOURCE", "-DIMEILOCK_VERSION="
             "\"\"", "-I", folder, "-I", "firmware-agent", "-I", ".", "-I",
             "tool", path], cwd=root, stdout=subprocess.PIPE, text=True,
            check=True).stdout


def tokens_of(root, path):
    """(kind, text) of the project's own tokens; adjacent strings are one."""
    tokens, is_ours = [], True
    for match in TOKEN.finditer(preprocess(root, path)):
        kind = match.lastgroup
        if kind == "file":
            name = match.group("file")
            is_ours = not os.path.isabs(name) and not name.startswith("<")
        elif kind is None or not is_ours:
            continue
        elif kind != "string":
            tokens.append((kind, match.group(0)))
        elif tokens and tokens[-1][0] == "string":
            tokens[-1] = ("string", tokens[-1][1] + unquote(match.group(0)))
        else:
            tokens.append(("string", unquote(match.group(0))))
    return tokens


def inside(tokens, at):
    """Index behind the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(tokens)):
        if tokens[i][1] in ("(", "[", "{") and tokens[i][0] == "sign":
            depth += 1
        elif tokens[i][1] in (")", "]", "}") and tokens[i][0] == "sign":
            depth -= 1
            if depth == 0:
                return i + 1
    return len(tokens)


def split(tokens, at):
    """What stands between the commas of the bracket at `at`."""
    end, parts, i = inside(tokens, at) - 1, [[]], at + 1
    while i < end:
        if tokens[i] == ("sign", ","):
            parts.append([])
            i += 1
            continue
        last = inside(tokens, i) if tokens[i] in (
            ("sign", "("), ("sign", "["), ("sign", "{")) else i + 1
        parts[-1] += tokens[i:last]
        i = last
    return parts


def strings(tokens):
    """Texts of an expression, without those of calls in it."""
    found, i = [], 0
    while i < len(tokens):
        if tokens[i][0] == "string":
            found.append(tokens[i][1])
        elif (tokens[i][0] == "word" and tokens[i + 1:i + 2] ==
              [("sign", "(")]):
            i = inside(tokens, i + 1) - 1
        i += 1
    return found


class Catalogue:
    """Texts in the order in which they are found."""

    def __init__(self):
        self.entries = {}

    def add(self, path, texts, context=None, is_format=False):
        for text in texts:
            if not re.search(r"[A-Za-z]", DIRECTIVE.sub("", text)):
                continue
            entry = self.entries.setdefault((context, text), [[], False])
            if path not in entry[0]:
                entry[0].append(path)
            entry[1] = entry[1] or bool(
                is_format and DIRECTIVE.search(text))

    def add_call(self, path, word, parts):
        def fits(table):
            return word in table and path.startswith(ONLY.get(word, ""))

        def argument(number):
            return strings(parts[number - 1]) if number <= len(parts) else []
        if fits(FORMATS):
            self.add(path, argument(FORMATS[word]), is_format=True)
        if fits(TEXTS):
            for number in TEXTS[word]:
                self.add(path, argument(number))
        if fits(NAMES):
            self.add(path, argument(2), "name")

    def add_array(self, path, tag, name, parts):
        if name in TABLES and path.startswith(TABLES[name]):
            for part in parts:
                self.add(path, strings(part))
        places = STRUCTS.get(tag) or STRUCTS.get(name)
        for part in parts if places else []:
            if part[:1] != [("sign", "{")]:
                continue
            cells = split(part, 0)
            for context, numbers in ((None, places[0]), ("name", places[1])):
                for number in numbers:
                    if number < len(cells):
                        self.add(path, strings(cells[number]), context)

    def add_doc(self, path, tokens):
        """cmd_parse looks up what is before and behind \\v each by itself."""
        for text in strings(tokens):
            self.add(path, [part for part in text.split("\v") if part])

    def add_file(self, path, tokens):
        for i, (kind, text) in enumerate(tokens):
            follows = [token[1] for token in tokens[i + 1:i + 3]]
            if kind == "word" and follows[:1] == ["("]:
                self.add_call(path, text, split(tokens, i + 1))
            if (kind == "word" and text in ("doc", "args_doc")
                    and tokens[i - 1] == ("sign", ".")
                    and follows[:1] == ["="]):
                self.add_doc(path, tokens[i + 2:i + 3])
            if (kind == "sign" and text == "{" and i > 2
                    and tokens[i - 1][1] == "=" and tokens[i - 2][1] == "]"):
                at = i - 2
                while tokens[at][1] != "[":
                    at -= 1
                tag = tokens[at - 2][1] if at > 1 else ""
                self.add_array(path, tag, tokens[at - 1][1],
                               split(tokens, i))
            if kind == "word" and (
                    text == "return" and path.startswith(RETURNS)
                    or text in POINTED and follows[:1] == ["="]
                    and tokens[i - 1][1] == "*"):
                end = tokens.index(("sign", ";"), i)
                self.add(path, strings(tokens[i + 1:end]))

    def add_codes(self, root):
        for _, _, _, _, _, sentence in codes(root):
            self.add(LIST, [sentence])


def codes(root):
    """The list of codes, as it stands there."""
    with open(os.path.join(root, LIST), encoding="utf-8") as file:
        source = file.read().replace("\\\n", " ")
    for match in re.finditer(
            r"\bX\((\w+), ('.'), ('.'), (\d+), (\w+),\s*"
            r'((?:"(?:\\.|[^"\\])*"\s*)+)\)', source):
        parts = re.findall(r'"(?:\\.|[^"\\])*"', match.group(6))
        yield (*match.groups()[:5], "".join(unquote(part) for part in parts))


def extract(root):
    found = Catalogue()
    for path in sorted(sources(root)):
        found.add_file(path, tokens_of(root, path))
    found.add_codes(root)
    found.add(FOLDER + "/extract.py", MORE, is_format=True)
    return found.entries


# --------------------------------------------------------------- catalogues

def quote(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace(
        "\t", "\\t").replace("\v", "\\v")
    lines = ['"%s"' % line.replace("\n", "\\n")
             for line in re.findall(r"[^\n]*\n|[^\n]+", escaped)]
    return lines[0] if len(lines) == 1 else '""\n' + "\n".join(lines)


def pot(entries):
    text = HEAD
    for (context, msgid), (paths, is_format) in entries.items():
        text += "\n#: %s\n" % " ".join(paths)
        text += "#, c-format\n" if is_format else ""
        text += 'msgctxt "%s"\n' % context if context else ""
        text += "msgid %s\nmsgstr \"\"\n" % quote(msgid)
    return text


def languages(root):
    return sorted(name for name in os.listdir(os.path.join(root, FOLDER))
                  if name.endswith(".po"))


def renew(root):
    with open(os.path.join(root, POT), "w", encoding="utf-8") as file:
        file.write(pot(extract(root)))
    for name in languages(root):
        path = os.path.join(root, FOLDER, name)
        merged = subprocess.run(
            ["msgmerge", "--quiet", "--no-fuzzy-matching", "--no-wrap", path,
             os.path.join(root, POT)], stdout=subprocess.PIPE, check=True)
        with open(path, "wb") as file:
            file.write(subprocess.run(
                ["msgattrib", "--no-obsolete", "--no-wrap"],
                input=merged.stdout, stdout=subprocess.PIPE,
                check=True).stdout)


if __name__ == "__main__":
    renew(sys.argv[1] if sys.argv[1:] else ROOT)
