# SPDX-License-Identifier: Apache-2.0
"""What a running process has used, and its children, from /proc."""
import os

TICKS = os.sysconf("SC_CLK_TCK")


def read(pid, *names):
    with open(os.path.join("/proc", str(pid), *names), "rb") as file:
        return file.read()


def processor_s(pid):
    """All threads of a process, also those that have ended."""
    words = read(pid, "stat").rsplit(b")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICKS


def resident_kib(pid):
    pages = int(read(pid, "statm").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") // 1024


def children(pid):
    return [int(word) for word in
            read(pid, "task", str(pid), "children").split()]
