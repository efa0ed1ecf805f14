#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""one_library.py - each outside library is included by one file, or two.

Product code only: tests may look at a library directly.
"""

import re

import lint

PRODUCT = ("firmware-agent/", "hsm/", "tool/")

# Start of the header's name, and who may include it.
LIBRARIES = [
    ("openssl/", ["firmware-agent/proto/crypto_openssl.c"]),
    ("psa/", ["firmware-agent/proto/crypto_psa.c",
              "firmware-agent/port/zcu102/"]),
    ("mbedtls/", ["firmware-agent/proto/crypto_psa.c",
                  "firmware-agent/port/zcu102/"]),
    ("p11-kit/", ["hsm/token_pkcs11"]),
    ("sqlite3.h", ["tool/ledger/db.c"]),
    ("cyaml/", ["tool/profile/profile.c"]),
    ("jansson.h", ["tool/output.c", "tool/station/station_file.c"]),
    ("libusb", ["tool/link/link_usb.c"]),
    ("argp.h", ["tool/cmd.h"]),
    ("libintl.h", ["tool/lang.c"]),
    ("libserialport.h", ["tool/link/link_serial.c"]),
    ("ncurses.h", ["tool/watch/screen_curses.c"]),
    ("term.h", ["tool/watch/screen_curses.c"]),
]

# C11 and POSIX, and what Linux has beside them.
SYSTEM = re.compile(
    r"(assert|complex|ctype|errno|fenv|float|inttypes|iso646|limits|locale|"
    r"math|setjmp|signal|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|"
    r"stdio|stdlib|stdnoreturn|string|tgmath|threads|time|uchar|wchar|wctype|"
    r"dirent|dlfcn|endian|fcntl|getopt|glob|grp|langinfo|libgen|malloc|netdb|poll|"
    r"pthread|pwd|sched|"
    r"semaphore|spawn|strings|syslog|termios|ucontext|unistd|utime|"
    r"arpa/\w+|linux/[\w/]+|net/\w+|netinet/\w+|sys/\w+)\.h")


def check(root):
    for path in lint.files(root, ".c", ".h"):
        if not path.startswith(PRODUCT):
            continue
        for line, name, is_quoted in lint.includes(root, path):
            allowed = next((where for start, where in LIBRARIES
                            if name.startswith(start)), None)
            if allowed is None and (is_quoted or SYSTEM.fullmatch(name)):
                continue
            if allowed is None:
                yield "%s:%d: %s is of no library in the table" % (
                    path, line, name)
            elif not path.startswith(tuple(allowed)):
                yield "%s:%d: %s belongs to %s" % (
                    path, line, name, ", ".join(allowed))


lint.run(check, good={
    "firmware-agent/proto/crypto_openssl.c": "#include <openssl/ec.h>\n",
    "tool/ledger/ledger.c": "#include <sys/file.h>\n#include <string.h>\n",
    "firmware-agent/port/linux/x.c": "#include <linux/usb/functionfs.h>\n",
    "tests/unit/test_x.c": "#include <sqlite3.h>\n",
}, bad=[
    ("openssl/ec.h belongs", {"tool/x.c": "#include <openssl/ec.h>\n"}),
    ("sqlite3.h belongs", {"tool/station/x.c": "# include <sqlite3.h>\n"}),
    ("sqlite3.h belongs", {"tool/link/x.c": '#include "sqlite3.h"\n'}),
    ("psa/crypto.h belongs", {"hsm/x.h": "#include <psa/crypto.h>\n"}),
    ("libusb.h belongs", {"tool/link/x.c": "#include <libusb.h>\n"}),
    ("zlib.h is of no library", {"tool/x.c": "#include <zlib.h>\n"}),
])
