#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""irreversible.py - what cannot be undone is called in one place each.

The four functions of struct port that burn (otp_program, lock, fuse_program,
canary_program) are named by the agent's own files for them and by ports, which
define them; and no source of a verify-only agent is one of these.
"""

import re

import lint

PRODUCT = ("firmware-agent/", "hsm/", "tool/")
PORTS = "firmware-agent/port/"
ALLOWED = {
    "otp_program": "firmware-agent/agent/burn.c",
    "lock": "firmware-agent/agent/lock.c",
    "fuse_program": "firmware-agent/agent/lock.c",
    "canary_program": "firmware-agent/agent/probe.c",
}
# A member that is reached through a pointer or value, called or not; `lock`
# is also the name of other things, so there only a call counts.
USES = re.compile(r"(?:->|\.)\s*(?:(otp_program|fuse_program|canary_program)\b"
                  r"|(lock)\s*\()"
                  r"|\b(?:port|hw)\s*->\s*(lock)\b")
SOURCES = "firmware-agent/sources.cmake"


def verify_only_sources(root):
    """The files that sources.cmake names outside its factory list."""
    lists = re.findall(r"set\((\w+)\s+([^)]*)\)", lint.text(root, SOURCES))
    return [name for variable, names in lists if "FACTORY" not in variable
            for name in names.split()]


def check(root):
    for path in lint.files(root, ".c", ".h"):
        if not path.startswith(PRODUCT) or path.startswith(PORTS):
            continue
        for line, content in enumerate(lint.code(root, path), 1):
            for groups in USES.findall(content):
                name = "".join(groups)
                if path != ALLOWED[name]:
                    yield "%s:%d: %s belongs to %s" % (
                        path, line, name, ALLOWED[name])
    for name in verify_only_sources(root):
        if "firmware-agent/" + name in ALLOWED.values():
            yield "%s: %s is in a verify-only agent" % (SOURCES, name)


LISTS = "set(BOTH\n  agent/agent.c)\nset(FACTORY\n  agent/burn.c)\n"

lint.run(check, good={
    SOURCES: LISTS,
    "firmware-agent/agent/burn.c": "x = port->otp_program(port->ctx, w, v);\n",
    "firmware-agent/agent/lock.c": "x = port->lock(port->ctx, unit);\n"
                                   "y = port->fuse_program(port->ctx, f);\n",
    "firmware-agent/agent/probe.c": "p->canary_program(p->ctx, 0);\n",
    "firmware-agent/port/virtual/x.c": "port.otp_program = program;\n",
    "tool/x.c": "/* port->lock() */ pthread_mutex_lock(&x->lock);\n",
}, bad=[
    ("otp_program belongs",
     {"firmware-agent/agent/x.c": "f = port->otp_program;\n"}),
    ("canary_program belongs",
     {"firmware-agent/boot/x.c": "port->canary_program(c, 0);\n"}),
    ("fuse_program belongs",
     {"firmware-agent/agent/burn.c": "port->fuse_program(c, fuse);\n"}),
    ("fuse_program belongs", {"tool/x.c": "f = port.fuse_program;\n"}),
    ("lock belongs", {"firmware-agent/agent/x.c": "p->port->lock(c, 0);\n"}),
    ("lock belongs", {"firmware-agent/agent/x.c": "f = port->lock;\n"}),
    ("lock belongs", {"firmware-agent/agent/burn.c": "q->lock(c, 0);\n"}),
    ("is in a verify-only agent",
     {SOURCES: LISTS.replace("agent/agent.c", "agent/agent.c agent/lock.c")}),
])
