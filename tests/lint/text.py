#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""text.py - licence lines, and nothing that belongs to one machine."""

import re

import lint

# Licence, texts and formats without comments.
NO_SPDX = re.compile(r"LICENSE|.*\.(md|json|golden|bin|cbor|hex|txt|1|8)|"
                     r"\.gitignore|\.editorconfig|\.ci/run")
NO_SPDX_EXCEPT = ("CMakeLists.txt",)
FORBIDDEN = [
    ("a path of one machine", re.compile(
        r"(?<![\w.])/(?:work|shared)/|/bash_jobs|\.\./shared|"
        r"(?<![\w.])/root/|(?<![\w.])/home/\w")),
    ("a registry's or mirror's host", re.compile(
        r"\b(?:deb|security|snapshot|ftp)\.debian\.org|archive\.ubuntu|"
        r"\bpypi\.org|pythonhosted|registry\.npmjs|\bcrates\.io|"
        r"proxy\.golang|\bdocker\.io|\bghcr\.io|\bquay\.io")),
    ("work that is left", re.compile(r"\b(?:TO[D]O|FIXM[E]|XX[X])\b")),
    ("trailing space", re.compile(r"[ \t]+$", re.M)),
]


def check(root):
    for path in lint.files(root):
        try:
            content = lint.text(root, path)
        except UnicodeDecodeError:
            continue
        must_have = path.endswith(NO_SPDX_EXCEPT) or not NO_SPDX.fullmatch(path)
        if must_have and lint.SPDX not in "\n".join(
                content.split("\n")[:3]):
            yield "%s: has no SPDX line at its start" % path
        if path == "LICENSE" or path == "tests/lint/text.py":
            continue
        for what, pattern in FORBIDDEN:
            for match in pattern.finditer(content):
                line = content.count("\n", 0, match.start()) + 1
                yield "%s:%d: holds %s" % (path, line, what)


HEAD = "/* %s */\n" % lint.SPDX

lint.run(check, good={
    "a.c": HEAD + "int x;\n", "b.md": "text\n", "LICENSE": "no line  \n",
    "dev": "#!/bin/sh\n# %s\n" % lint.SPDX,
}, bad=[
    ("a.c: has no SPDX", {"a.c": "int x;\n"}),
    ("dev: has no SPDX", {"dev": "#!/bin/sh\n"}),
    ("CMakeLists.txt: has no SPDX", {"x/CMakeLists.txt": "x\n"}),
    ("c.md:2: holds a path", {"c.md": "\nsee /work/x\n"}),
    ("c.md:1: holds a registry", {"c.md": "from pypi.org\n"}),
    ("c.c:2: holds work", {"c.c": HEAD + "/* TODO */\n"}),
    ("c.c:2: holds trailing", {"c.c": HEAD + "int x; \n"}),
])
