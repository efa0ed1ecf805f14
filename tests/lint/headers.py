#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""headers.py - each header compiles alone, with gcc and clang, as C11.

Headers of freestanding code are compiled as such.
"""

import concurrent.futures
import os
import subprocess

import lint

WARNINGS = """-Wall -Wextra -pedantic -Wshadow -Wconversion -Wsign-conversion
-Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wswitch-enum
-Wvla -Werror""".split()
COMPILERS = ("gcc", "clang")
FREESTANDING = ("firmware-agent/proto/", "firmware-agent/agent/",
                "firmware-agent/boot/", "firmware-agent/port/port.h")
# built by a cross compiler, with headers of its own
BOARDS = ("firmware-agent/port/zcu102/",)


def library_flags():
    done = subprocess.run(["pkg-config", "--cflags", "p11-kit-1"], text=True,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.split()


HOSTED = ["-D_GNU_SOURCE", *library_flags()]


def command(compiler, path):
    mode = ["-ffreestanding"] if path.startswith(FREESTANDING) else HOSTED
    return [compiler, "-std=c11", "-fsyntax-only", "-x", "c", *WARNINGS, *mode,
            "-Ifirmware-agent", "-I.", "-Itool", "-Itests", "-include", path,
            "-"]


def compile_alone(root, compiler, path):
    done = subprocess.run(command(compiler, path), cwd=root, text=True,
                          input="int not_empty;\n", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        return "%s: does not compile alone with %s:\n%s" % (
            path, compiler, done.stdout)
    return None


def check(root):
    work = [(root, compiler, path)
            for path in lint.files(root, ".h")
            if not path.startswith(BOARDS) for compiler in COMPILERS]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from filter(None, pool.map(lambda job: compile_alone(*job), work))


lint.run(check, good={
    "firmware-agent/proto/a.h": "#include <stdint.h>\nuint8_t f(void);\n",
    "tool/link/b.h": "#include <sys/types.h>\npid_t g(void);\n",
}, bad=[
    ("a.h: does not compile alone with gcc",
     {"firmware-agent/proto/a.h": "uint8_t f(void);\n"}),
    ("a.h: does not compile alone with clang",
     {"firmware-agent/proto/a.h": "uint8_t f(void);\n"}),
    ("b.h: does not compile", {"tool/link/b.h": '#include "link/c.h"\n'}),
    ("c.h: does not compile", {"hsm/c.h": "static inline int f() "
                                          "{ return 1; }\n"}),
])
