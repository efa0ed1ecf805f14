#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""measure.py ELF QMP-SOCKET - how much stack and heap a running unit has used.

Both are painted at each start; what is no longer painted was used since.
Start the unit with `run.sh ELF FOLDER -qmp unix:FILE,server=on,wait=off`.
Nothing in the firmware takes part in this: the emulator saves the memory.
"""
import json
import os
import socket
import subprocess
import sys
import tempfile

PAINT = 0xa5
SYMBOLS = ("stack_start", "stack_top", "heap_start", "heap_end")


def symbols(elf):
    listing = subprocess.run(["aarch64-linux-gnu-nm", elf], check=True,
                             capture_output=True, text=True).stdout
    table = {}
    for line in listing.splitlines():
        fields = line.split()
        table[fields[-1]] = int(fields[0], 16) if len(fields) == 3 else 0
    return [table[name] for name in SYMBOLS]


def command(stream, name, **arguments):
    """Run one QMP command; events that come in between are passed over."""
    stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
    stream.flush()
    while True:
        answer = json.loads(stream.readline())
        if "error" in answer:
            sys.exit(f"measure: {name}: {answer['error']['desc']}")
        if "return" in answer:
            return


def save(path, start, length):
    """The memory of the unit from start on."""
    with socket.socket(socket.AF_UNIX) as link, \
            tempfile.TemporaryDirectory() as folder:
        link.connect(path)
        target = os.path.join(folder, "memory")
        with link.makefile("rw", encoding="utf-8") as stream:
            stream.readline()
            command(stream, "qmp_capabilities")
            command(stream, "pmemsave", val=start, size=length,
                    filename=target)
        with open(target, "rb") as file:
            return file.read()


def main():
    elf, path = sys.argv[1:]
    start, top, heap_start, end = symbols(elf)
    memory = save(path, start, end - start)
    stack, heap = memory[:top - start], memory[heap_start - start:]
    used_stack = len(stack.lstrip(bytes([PAINT])))
    used_heap = len(heap.rstrip(bytes([PAINT])))
    print(json.dumps({"stack_used": used_stack, "stack": len(stack),
                      "heap_used": used_heap, "heap": len(heap)}))


main()
