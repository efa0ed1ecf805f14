#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""usb_hostile.py - plug USB devices that mean no good into ports of vhci-hcd.

Reads lines "PORT KIND FIFO", with a port such as vhci_hcd.0/3, and is a process
more for each, whose device is plugged in until it is told to end: it says
"ready PID" to the FIFO.  (A Python for each would take seconds to start where a
flood takes all the time there is.)

Such a device calls itself an agent (firmware-agent/proto/usb.h), and:
  silent     takes what it is told and never says anything
  deaf       takes nothing
  drip       says a byte a second
  flood      says frames of nonsense, as fast as it is asked
  endless    says one frame that has no end, and no haste
  halts      halts at each transfer, however often that is cleared
  interrupt  has endpoints of another type than bulk
  twice      has two interfaces of an agent
  cut        ends in the middle of its description
  flaps      is unplugged as soon as it is known, and plugged in anew; at its
             end it prints how often
Linux's Documentation/usb/usbip_protocol.rst, from CMD_SUBMIT on.
"""
import glob
import os
import select
import signal
import socket
import struct
import sys
import time

PLATFORM = "/sys/devices/platform"
SUBMIT, UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
EPIPE, ECONNRESET = -32, -104
HEAD = 48
VDEV_FREE, HIGH_SPEED = 4, 3
BULK, INTERRUPT = 2, 3
IN, OUT = 0x81, 0x02
AWAY_S = 0.2
TICK_S = 0.02
# the kernel may miss a plug that comes so soon behind an unplug
MISSED_S = 1
NOISE = bytes(n * 31 % 256 for n in range(1, 513))
NO_ZERO = b"\x55" * 512


def endpoint(address, kind):
    return struct.pack("<BBBBHB", 7, 5, address, kind, 512, 1)


def interface(number, kind, first):
    return bytes([9, 4, number, 0, 2, 0xFF, 0x49, 1, 0]) + endpoint(
        IN + first, kind) + endpoint(OUT + first, kind)


def configuration(kind):
    count = 2 if kind == "twice" else 1
    body = b"".join(interface(n, INTERRUPT if kind == "interrupt" else BULK,
                              2 * n) for n in range(count))
    if kind == "cut":
        body = body[:-7]
    return struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), count, 1, 0, 0x80,
                       50) + body


DEVICE = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x200, 0, 0, 0, 64, 0x1209, 1,
                     0, 0, 0, 0, 1)


class Port:
    def __init__(self, name):
        controller, number = name.split("/")
        self.number = int(number)
        self.controller = int(controller.rsplit(".", 1)[1])

    def row(self):
        """(the kernel's number of it, state)"""
        name = "status" + ("" if self.controller == 0
                           else ".%d" % self.controller)
        with open(f"{PLATFORM}/vhci_hcd.0/{name}", encoding="ascii") as file:
            rows = [line.split() for line in file
                    if line.startswith("hs")]
        return tuple(map(int, rows[self.number - 1][1:3]))

    def is_known(self):
        """By the kernel's hub thread, as a device that is configured."""
        return bool(glob.glob(f"{PLATFORM}/vhci_hcd.{self.controller}/usb*/"
                              f"[0-9]*-{self.number}/*:1.0"))

    def is_empty(self):
        return self.row()[1] == VDEV_FREE and not glob.glob(
            f"{PLATFORM}/vhci_hcd.{self.controller}/usb*/"
            f"[0-9]*-{self.number}/devnum")

    def attach(self):
        """Our end of the cable."""
        ours, theirs = socket.socketpair()
        with theirs, open(f"{PLATFORM}/vhci_hcd.0/attach", "w",
                          encoding="ascii") as file:
            file.write("%d %d %d %d\n" % (self.row()[0], theirs.fileno(),
                                          1 << 16 | 2, HIGH_SPEED))
        return ours


class Device:
    def __init__(self, kind, cable):
        self.kind, self.cable = kind, cable
        self.waiting = []
        self.drip_at = time.monotonic()

    def receive(self, length):
        data = b""
        while len(data) < length:
            part = self.cable.recv(length - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data

    def end(self, number, status, data=b"", actual=None):
        self.cable.sendall(struct.pack(
            ">IIIIIiI20x", RET_SUBMIT, number, 0, 0, 0, status,
            len(data) if actual is None else actual) + data)

    def control(self, setup):
        """What goes in; None: it halts."""
        kind, request, value, _, length = struct.unpack("<BBHHH", setup)
        if (kind, request) == (0x80, 6):
            found = {1: DEVICE, 2: configuration(self.kind)}.get(value >> 8)
            return found and found[:length]
        if (kind, request) == (0x80, 0):
            return b"\0\0"
        if (kind, request) in ((0, 9), (1, 11)):
            return b""
        return b"" if (kind, request) == (2, 1) else None

    def bulk_in(self, number):
        said = {"flood": NOISE, "endless": NO_ZERO}.get(self.kind)
        if self.kind == "halts":
            self.end(number, EPIPE)
        elif said:
            if self.kind == "endless":
                time.sleep(TICK_S)
            self.end(number, 0, said)
        else:
            self.waiting.append(number)

    def bulk_out(self, number, length):
        if self.kind == "halts":
            self.end(number, EPIPE)
        elif self.kind == "deaf":
            self.waiting.append(number)
        else:
            self.end(number, 0, actual=length)

    def unlink(self, number, other):
        was_waiting = other in self.waiting
        if was_waiting:
            self.waiting.remove(other)
        self.cable.sendall(struct.pack(
            ">IIIIIi24x", RET_UNLINK, number, 0, 0, 0,
            ECONNRESET if was_waiting else 0))

    def serve_one(self):
        head = self.receive(HEAD)
        command, number, _, is_in, place, flags, length = struct.unpack(
            ">IIIIIII", head[:28])
        if command == UNLINK:
            self.unlink(number, flags)
            return
        if not is_in:
            self.receive(length)
        if place == 0:
            said = self.control(head[40:])
            self.end(number, EPIPE if said is None else 0, said or b"",
                     actual=None if is_in else length)
        elif is_in:
            self.bulk_in(number)
        else:
            self.bulk_out(number, length)

    def drip(self):
        if self.kind == "drip" and self.waiting and (
                time.monotonic() >= self.drip_at):
            self.drip_at = time.monotonic() + 1
            self.end(self.waiting.pop(0), 0, b"\x07")

    def serve(self, is_over):
        while not is_over():
            if select.select([self.cable], [], [], 0.05)[0]:
                self.serve_one()
            self.drip()


def flap(port, is_ended, said):
    count = 0
    while not is_ended():
        missed_at = time.monotonic() + MISSED_S
        with port.attach() as cable:
            Device("silent", cable).serve(
                lambda: port.is_known() or is_ended()
                or time.monotonic() > missed_at)
        count += 1
        time.sleep(AWAY_S)
        while not port.is_empty() and not is_ended():
            time.sleep(AWAY_S / 10)
    print(count, file=said)


def plug(port, kind, said):
    ended = []
    signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
    while not port.is_empty():
        time.sleep(AWAY_S)
    print("ready", os.getpid(), file=said, flush=True)
    try:
        if kind == "flaps":
            flap(port, lambda: ended, said)
        else:
            with port.attach() as cable:
                Device(kind, cable).serve(lambda: ended)
    except ConnectionError:
        print("the host let go of it", file=said)


def main():
    # whoever ended is waited for by nobody
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        port, kind, fifo = line.split()
        if os.fork() == 0:
            with open(fifo, "w", encoding="ascii") as said:
                plug(Port(port), kind, said)
            # and not the loop's next line
            os._exit(0)


if __name__ == "__main__":
    main()
