#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""catalogue.py - the catalogues of tool/po have every text, translated.

imeilock.pot is what tool/po/extract.py finds today.  Each language has the
same texts, none empty, fuzzy or obsolete, with the same format directives
(msgfmt), and the same space at its ends.  No translation reads like another
English text, since a text may be looked up twice.
"""

import os
import re
import subprocess
import sys

import lint

sys.path.insert(0, os.path.join(lint.ROOT, "tool", "po"))
import extract  # noqa: E402


def entries_of(text):
    """{(context, msgid): msgstr} and what else stands there."""
    entries, flags = {}, []
    for block in re.split(r"\n{2,}", text):
        lines = block.split("\n")
        flags += [line for line in lines
                  if line.startswith("#~") or "fuzzy" in line[:9]]
        found, key = {}, None
        for line in lines:
            match = re.match(r'(?:(msgctxt|msgid|msgstr) )?(".*")$', line)
            if match:
                key = match.group(1) or key
                found[key] = found.get(key, "") + extract.unquote(
                    match.group(2))
        if found.get("msgid"):
            entries[found.get("msgctxt"), found["msgid"]] = found["msgstr"]
    return entries, flags


def ends(text):
    """The space at the ends, which columns and prompts need."""
    return re.match(r"\s*", text).group(0), re.search(r"\s*$", text).group(0)


def check_language(root, path, texts):
    entries, flags = entries_of(lint.text(root, path))
    for line in flags:
        yield "%s: is fuzzy or obsolete: %s" % (path, line)
    for key in texts:
        if key not in entries:
            yield "%s: lacks '%s'" % (path, key[1])
        elif not entries[key]:
            yield "%s: does not translate '%s'" % (path, key[1])
        elif ends(key[1]) != ends(entries[key]):
            yield "%s: has other space at the ends of '%s'" % (path, key[1])
    for (context, msgid), said in entries.items():
        if (context, msgid) not in texts:
            yield "%s: has '%s', which nobody says" % (path, msgid)
        if context is None and entries.get((None, said), said) != said:
            yield "%s: '%s' reads like another text" % (path, said)
    done = subprocess.run(
        ["msgfmt", "--check-format", "-o", os.devnull,
         os.path.join(root, path)], stderr=subprocess.PIPE, text=True,
        check=False)
    if done.returncode != 0:
        yield "%s: %s" % (path, done.stderr.strip())


def check(root):
    texts = extract.extract(root)
    if lint.text(root, extract.POT) != extract.pot(texts):
        yield "%s: is not what the source says; run ./dev catalogue" % (
            extract.POT)
    for name in extract.languages(root):
        yield from check_language(root, extract.FOLDER + "/" + name, texts)


def made(source, **said):
    """A tree with this source and its catalogues."""
    tree = {"tool/x.c": source, extract.LIST:
            '\tX(ONE, \'O\', \'N\', 1, RETRY, "Again.")\n',
            extract.POT: "", "tool/po/de.po": ""}
    found = extract.Catalogue()
    found.add("tool/x.c", ["%s is bad: "], is_format=True)
    found.add("tool/x.c", ["length"], "name")
    found.add(extract.LIST, ["Again."])
    found.add("tool/po/extract.py", extract.MORE, is_format=True)
    for to in (extract.POT, "tool/po/de.po"):
        tree[to] = extract.HEAD
        for (context, msgid), (paths, is_format) in found.entries.items():
            new = "" if to == extract.POT else said.get(
                "bad", "%s: ") if msgid == "%s is bad: " else said.get(
                    "again", msgid) if msgid == "Again." else msgid
            tree[to] += "\n#: %s\n%s%smsgid %s\nmsgstr %s\n" % (
                " ".join(paths), "#, c-format\n" if is_format and
                extract.DIRECTIVE.search(msgid) else "",
                'msgctxt "%s"\n' % context if context else "",
                extract.quote(msgid), extract.quote(new) if new else '""')
    return tree


SOURCE = ('/* %s */\nvoid f(void)\n{\n\tcmd_detail(c, "%%s is " "bad: ", x);\n'
          '\trow_uint(out, "length", 1);\n}\n' % lint.SPDX)
GOOD = made(SOURCE)
lint.run(check, good=GOOD, bad=[
    ("is not what the source says", {
        "tool/x.c": SOURCE.replace("length", "width")}),
    ("which nobody says", {"tool/x.c": SOURCE.replace("length", "width")}),
    ("lacks 'width'", {"tool/x.c": SOURCE.replace("length", "width")}),
    ("does not translate 'Again.'", made(SOURCE, again="")),
    ("other space at the ends", made(SOURCE, bad="%s")),
    ("reads like another text", made(SOURCE, again="%s is bad: ")),
    ("format specifications", made(SOURCE, bad="%d: ")),
    ("is fuzzy or obsolete", {"tool/po/de.po": GOOD["tool/po/de.po"].replace(
        "msgid \"Again.\"", "#, fuzzy\nmsgid \"Again.\"")}),
    ("is fuzzy or obsolete", {"tool/po/de.po": GOOD["tool/po/de.po"]
                              + "\n#~ msgid \"Old.\"\n#~ msgstr \"Alt.\"\n"}),
])
