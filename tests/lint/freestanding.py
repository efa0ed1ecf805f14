#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""freestanding.py - shared and device code needs no operating system.

proto, agent and boot include four freestanding headers and the mem* part of
<string.h>, and compiled as freestanding code they need no symbol from outside
but mem*, what proto/crypto.h names, and, in its PSA back end, psa_*.
"""

import concurrent.futures
import os
import re
import subprocess
import tempfile

import lint

FOLDERS = ("firmware-agent/proto/", "firmware-agent/agent/",
           "firmware-agent/boot/")
# runs on hosts only
HOSTED = ("firmware-agent/proto/crypto_openssl.c",)
PSA = "firmware-agent/proto/crypto_psa.c"
HEADERS = {"stddef.h", "stdint.h", "stdbool.h", "limits.h", "string.h"}
PSA_HEADERS = re.compile(r"(psa|mbedtls)/\w+\.h")
OUTSIDE = re.compile(r"mem(cpy|move|set|cmp|chr)|crypto_\w+")
PSA_OUTSIDE = re.compile(r"(psa|mbedtls)_\w+")
FLAGS = ["-std=c11", "-ffreestanding", "-Os", "-fno-stack-protector",
         "-Ifirmware-agent", '-DIMEILOCK_VERSION="0"']


def symbols(root, path):
    """(undefined, defined) names of a source, or the compiler's complaint."""
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "x.o")
        done = subprocess.run(["gcc", *FLAGS, "-c", path, "-o", target],
                              cwd=root, stderr=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode != 0:
            return done.stderr, set(), set()
        lines = subprocess.run(["nm", target], stdout=subprocess.PIPE,
                               text=True, check=True).stdout.splitlines()
    kinds = [line.split()[-2:] for line in lines]
    return (None, {name for kind, name in kinds if kind == "U"},
            {name for kind, name in kinds if kind.isupper() and kind != "U"})


def check_includes(root, path):
    for line, name, is_quoted in lint.includes(root, path):
        if is_quoted or name in HEADERS:
            continue
        if path != PSA or not PSA_HEADERS.fullmatch(name):
            yield "%s:%d: includes <%s>" % (path, line, name)


def check(root):
    paths = [path for path in lint.files(root, ".c", ".h")
             if path.startswith(FOLDERS) and path not in HOSTED]
    for path in paths:
        yield from check_includes(root, path)
    sources = [path for path in paths if path.endswith(".c")]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda path: symbols(root, path), sources))
    own = set().union(*(defined for _, _, defined in found))
    for path, (complaint, undefined, _) in zip(sources, found):
        if complaint is not None:
            yield "%s: does not compile:\n%s" % (path, complaint)
        for name in sorted(undefined - own):
            if OUTSIDE.fullmatch(name):
                continue
            if path != PSA or not PSA_OUTSIDE.fullmatch(name):
                yield "%s: needs %s" % (path, name)


HEAD = "#include <string.h>\n"
DECLARED = "void *%s();\nvoid *f(void);\nvoid *f(void) { return %s(1); }\n"

lint.run(check, good={
    "firmware-agent/proto/a.c": HEAD + "int a(void);\nint a(void)"
                                " { return memcmp(HEADERS, HEADERS, 1); }\n"
                                .replace("HEADERS", '"x"'),
    "firmware-agent/agent/b.c": "int a(void);\nint b(void);\n"
                                "int b(void) { return a(); }\n",
    "firmware-agent/proto/crypto_openssl.c": "#include <stdio.h>\n",
    PSA: DECLARED % ("psa_hash", "psa_hash"),
}, bad=[
    ("c.c:1: includes <stdio.h>",
     {"firmware-agent/boot/c.c": "#include <stdio.h>\n"}),
    ("c.h:2: includes <stdlib.h>",
     {"firmware-agent/agent/c.h": "\n# include <stdlib.h>\n"}),
    ("c.c: needs malloc",
     {"firmware-agent/proto/c.c": DECLARED % ("malloc", "malloc")}),
    ("c.c: needs strlen", {"firmware-agent/proto/c.c": HEAD
                           + "size_t f(const char *s);\n"
                           "size_t f(const char *s) { return strlen(s); }\n"}),
    ("c.c: needs psa_hash",
     {"firmware-agent/proto/c.c": DECLARED % ("psa_hash", "psa_hash")}),
    ("crypto_psa.c: needs time", {PSA: DECLARED % ("time", "time")}),
    ("c.c: does not compile", {"firmware-agent/proto/c.c": "int x\n"}),
])
