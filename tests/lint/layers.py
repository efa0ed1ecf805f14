#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""layers.py - which folder may include which headers.

Arrows point down only and siblings do not know each other; the picture is in
docs/design.md.  Tests include any header, and no file includes a .c file.
"""

import lint

PROTO = ["proto/"]
AGENT = ["boot/", "port/port.h"] + PROTO
STATION = ["link/", "profile/", "ledger/", "hsm/client.h"]
CLIENT = ["hsm/client.h", "hsm/transport.h", "hsm/wire.h"] + PROTO

# Folder or file, and the headers that it may include.  The first that fits.
RULES = [
    ("firmware-agent/proto/", PROTO),
    ("firmware-agent/boot/", AGENT),
    ("firmware-agent/agent/", ["agent/"] + AGENT),
    # and what stands in the port's own folder; mbedtls: the settings of a
    # board's own build of it
    ("firmware-agent/port/", ["agent/", "port/", "mbedtls/"] + AGENT),
    ("hsm/client.", CLIENT),
    ("hsm/connect.", CLIENT + ["hsm/pool.h"]),
    ("hsm/pool.", CLIENT + ["hsm/pool.h"]),
    ("hsm/", ["hsm/"] + PROTO),
    ("tool/link/", ["link/"] + PROTO),
    ("tool/lang.", ["tool/lang.h"]),
    ("tool/profile/", ["profile/", "tool/lang.h"] + PROTO),
    # chain_head and object are values that ledger and signer exchange
    ("tool/ledger/", ["ledger/", "hsm/client.h"] + PROTO),
    ("tool/station/", ["station/", "tool/lang.h"] + STATION + PROTO),
    # pages and plans know texts, and nothing of units
    ("tool/report/", ["report/", "tool/lang.h", "tool/show.h", "tool/text.h"]
     + PROTO),
    # units as they come, and their screen: commands' own helpers, and station
    ("tool/watch/", ["watch/", "tool/", "station/"] + STATION + PROTO),
    ("tool/", ["tool/", "watch/", "station/", "report/"] + STATION + PROTO),
    ("tests/", [""]),
]


def in_own_port(path, name):
    """A port is one folder: its own headers need no path."""
    return path.startswith("firmware-agent/port/") and "/" not in name


def other_port(path, name):
    """A port knows port.h and its own folder, no other port."""
    if path.count("/") < 3 or not path.startswith("firmware-agent/port/"):
        return False
    own = path.split("/")[2]
    return (name.startswith("port/") and name != "port/port.h"
            and not name.startswith("port/%s/" % own))


def check(root):
    for path in lint.files(root, ".c", ".h"):
        allowed = next((headers for start, headers in RULES
                        if path.startswith(start)), None)
        if allowed is None:
            yield "%s: no layer is known for this folder" % path
            continue
        for line, name, is_quoted in lint.includes(root, path):
            if name.endswith(".c") or ".." in name.split("/"):
                yield "%s:%d: includes %s" % (path, line, name)
            elif is_quoted and not in_own_port(path, name) and (
                    other_port(path, name)
                    or not name.startswith(tuple(allowed))):
                yield "%s:%d: may not include %s" % (path, line, name)


def bad(path, name):
    return ("includes " + name if name.endswith(".c") or ".." in name
            else "may not include " + name,
            {path: '#include "%s"\n' % name})


lint.run(check, good={
    "firmware-agent/proto/x.c": '#include <string.h>\n#include "proto/x.h"\n'
                                '/* #include "agent/agent.h" */\n',
    "firmware-agent/agent/x.c": '#include "boot/boot.h"\n',
    "firmware-agent/port/virtual/x.c": '#include "port/virtual/x.h"\n',
    "tool/ledger/x.c": '#include "hsm/client.h"\n',
    "tests/unit/test_x.c": '#include "hsm/signer.h"\n',
}, bad=[
    bad("firmware-agent/proto/y.c", "port/port.h"),
    bad("firmware-agent/boot/y.h", "agent/agent.h"),
    bad("firmware-agent/agent/y.c", "port/virtual/x.h"),
    bad("firmware-agent/port/virtual/y.c", "port/zcu102/x.h"),
    bad("firmware-agent/port/linux/y.c", "port/virtual/x.h"),
    bad("firmware-agent/boot/y.c", "y.h"),
    bad("firmware-agent/port/virtual/y.c", "link/link.h"),
    bad("hsm/client.c", "hsm/token.h"),
    bad("hsm/signer.c", "ledger/ledger.h"),
    bad("tool/link/y.c", "ledger/ledger.h"),
    bad("tool/ledger/y.c", "hsm/signer.h"),
    bad("tool/station/y.c", "tool/cmd.h"),
    bad("tool/station/y.c", "log/log.h"),
    bad("tool/cmd_y.c", "port/port.h"),
    bad("tool/cmd_y.c", "agent/agent.h"),
    bad("tests/unit/test_y.c", "proto/x.c"),
    bad("tool/station/y.c", "../link/link.h"),
    ("no layer", {"other/y.c": ""}),
])
