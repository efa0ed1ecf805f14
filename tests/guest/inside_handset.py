#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Virtual handsets on USB, as a real kernel meets them: enumerated, asked over
usbfs and CDC-ACM, reset from both sides, unplugged, many at once.

Inside a guest (run.py); without the tool, which has tests of its own.
"""
import errno
import os
import re
import signal
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import zlib

sys.path.insert(0, os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "tests",
                                "support"))
import cddl  # noqa: E402
import cose_check  # noqa: E402
import usbfs  # noqa: E402

ROOT = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7
Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==
-----END PUBLIC KEY-----
"""
OP_HELLO, OP_RESET = 1, 10
AGENT_IN, AGENT_OUT = 0x81, 0x02


def wait_for(condition, what, seconds=15):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.02)


def encode_frame(message):
    """COBS of message and its CRC; neither is long enough for a full block."""
    raw = message + zlib.crc32(message).to_bytes(4, "little")
    wire = b""
    for block in raw.split(b"\0"):
        wire += bytes([len(block) + 1]) + block
    return wire + b"\0"


def decode_frame(wire):
    body, raw, at = wire.strip(b"\0"), b"", 0
    while at < len(body):
        code = body[at]
        raw += body[at + 1:at + code]
        at += code
        if code < 255 and at < len(body):
            raw += b"\0"
    return raw[:-4]


class Handset:
    """One process, and where it is plugged in."""

    def __init__(self, case, name, *options):
        self.case, self.folder = case, os.path.join(case.folder, name)
        os.makedirs(self.folder, exist_ok=True)
        self.start(*(options or ("--usb",)))

    def start(self, *options):
        self.process = subprocess.Popen(
            ["imeilock-handset", "--folder", self.folder, "--root",
             self.case.root, *options], stdout=subprocess.PIPE, text=True)
        self.case.addCleanup(self.kill)
        ready = self.process.stdout.readline()
        match = re.fullmatch(r"ready: (\S+) at usb:(\S+)\n", ready)
        self.case.assertTrue(match, ready)
        self.model, self.port = match.groups()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def await_plugged(self, slots=1, other_than=None):
        """The kernel has it, with its serial ports and their nodes."""
        wait_for(lambda: usbfs.attribute(self.port, "devnum")
                 not in (None, other_than)
                 and len(usbfs.ttys(self.port)) == slots
                 and all(map(os.path.exists, usbfs.ttys(self.port))),
                 f"{self.port} is not enumerated")

    def await_unplugged(self):
        wait_for(lambda: usbfs.device_folder(self.port) is None,
                 f"{self.port} stays")


def encode_map(value):
    return bytes([0xA0 | len(value)]) + b"".join(
        bytes([key]) + (encode_map(item) if isinstance(item, dict)
                        else cose_check.encode(item))
        for key, item in value.items())


def ask(device, op, session=0, body=None, length=4096):
    """One request, as docs/protocol.md has it; the reply."""
    message = {0: session, 1: 1 if op == OP_HELLO else 2, 2: op}
    if body is not None:
        message[3] = body
    wire = encode_frame(encode_map(message))
    assert device.bulk(AGENT_OUT, wire) == len(wire)
    return cose_check.plain(cddl.decode(
        decode_frame(device.bulk(AGENT_IN, length))))


def hello(device):
    reply = ask(device, OP_HELLO, body={0: 1})
    assert reply[2] == OP_HELLO, reply
    return reply


def ask_at(path, line=b"AT\r"):
    """What an AT port answers."""
    fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
    try:
        mode = termios.tcgetattr(fd)
        mode[0] = mode[1] = mode[3] = 0
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 0, 50
        termios.tcsetattr(fd, termios.TCSANOW, mode)
        os.write(fd, line)
        answer = b""
        while not answer.endswith((b"OK\r\n", b"ERROR\r\n")):
            part = os.read(fd, 100)
            if not part:
                break
            answer += part
        return answer
    finally:
        os.close(fd)


class Usb(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["modprobe", "-a", "vhci-hcd", "cdc-acm"], check=True)

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name
        self.root = os.path.join(self.folder, "root.pem")
        with open(self.root, "w", encoding="ascii") as file:
            file.write(ROOT)

    def test_the_kernel_takes_it_for_what_it_is(self):
        unit = Handset(self, "a", "--usb", "--slots", "2")
        unit.await_plugged(2)
        with open(os.path.join(unit.folder, "chip.bin"), "rb") as file:
            chip = file.read().hex()
        for name, text in (("idVendor", "1209"), ("idProduct", "0001"),
                           ("speed", "480"), ("manufacturer", "imeilock"),
                           ("product", "virtual-additive"),
                           ("serial", chip), ("bNumInterfaces", "5"),
                           ("bConfigurationValue", "1"), ("version", "2.10")):
            self.assertEqual(usbfs.attribute(unit.port, name), text, name)
        self.assertEqual(usbfs.interfaces(unit.port), {
            0: ("ff", "49", "01", None),
            1: ("02", "02", "01", "cdc_acm"), 2: ("0a", "00", "00", "cdc_acm"),
            3: ("02", "02", "01", "cdc_acm"), 4: ("0a", "00", "00", "cdc_acm")})
        with usbfs.Device(unit.port) as device:
            ms_os = device.control(0xC0, 0x4D, 0, 7, 512)
            self.assertEqual(len(ms_os), int.from_bytes(ms_os[8:10],
                                                        "little"))
            with self.assertRaises(OSError) as caught:
                device.control(0xC0, 0x4E, 0, 7, 512)
            self.assertEqual(caught.exception.errno, errno.EPIPE)

    def test_agent_and_at_ports_answer(self):
        unit = Handset(self, "a", "--usb", "--slots", "2")
        unit.await_plugged(2)
        for path in usbfs.ttys(unit.port):
            self.assertEqual(ask_at(path), b"\r\nOK\r\n")
            # nothing is burnt yet
            self.assertIn(b"ERROR", ask_at(path, b"AT+CGSN\r"))
        with usbfs.Device(unit.port) as device:
            device.claim(0)
            self.assertIn("virtual-additive", str(hello(device)))
            # a transfer that is given up leaves the next one alone
            with self.assertRaises(OSError) as caught:
                device.bulk(AGENT_IN, 512, timeout_ms=50)
            self.assertEqual(caught.exception.errno, errno.ETIMEDOUT)
            hello(device)
            # less than a packet asked for: the kernel is told of the overflow
            with self.assertRaises(OSError) as caught:
                ask(device, OP_HELLO, body={0: 1}, length=16)
            self.assertEqual(caught.exception.errno, errno.EOVERFLOW)
            # a pipe that is halted, and cleared again
            device.control_out(0x02, 3, 0, AGENT_IN)
            with self.assertRaises(OSError) as caught:
                device.bulk(AGENT_IN, 512)
            self.assertEqual(caught.exception.errno, errno.EPIPE)
            device.clear_halt(AGENT_IN)
            hello(device)
            # somebody else's interface
            with self.assertRaises(OSError) as caught:
                device.claim(1)
            self.assertEqual(caught.exception.errno, errno.EBUSY)

    def test_a_reset_takes_it_off_the_bus(self):
        unit = Handset(self, "a")
        unit.await_plugged()
        number, port = usbfs.attribute(unit.port, "devnum"), unit.port
        for _ in range(2):
            with usbfs.Device(port) as device:
                device.claim(0)
                first = hello(device)
                self.assertEqual(ask(device, OP_RESET, first[0], body={})[2], OP_RESET)
                wait_for(lambda: usbfs.attribute(port, "devnum") != number,
                         "it stays on the bus")
                with self.assertRaises(OSError) as caught:
                    device.bulk(AGENT_IN, 512)
                self.assertEqual(caught.exception.errno, errno.ENODEV)
            unit.await_plugged(other_than=number)
            number = usbfs.attribute(port, "devnum")
            with usbfs.Device(port) as device:
                device.claim(0)
                self.assertNotEqual(hello(device)[0], first[0])
        self.assertEqual(ask_at(usbfs.ttys(port)[0]), b"\r\nOK\r\n")

    def test_the_host_resets_the_port(self):
        unit = Handset(self, "a")
        unit.await_plugged()
        with usbfs.Device(unit.port) as device:
            device.claim(0)
            session = hello(device)[0]
            device.reset()
            # the chip did not restart: `hello` alone renews the session
            self.assertEqual(hello(device)[0], session)
        self.assertEqual(ask_at(usbfs.ttys(unit.port)[0]), b"\r\nOK\r\n")

    def test_eight_at_once_come_and_go(self):
        units = [Handset(self, f"u{n}") for n in range(8)]
        self.assertEqual(len({unit.port for unit in units}), 8)
        for unit in units:
            unit.await_plugged()
        devices = [usbfs.Device(unit.port) for unit in units]
        for device in devices:
            device.claim(0)
        sessions = {hello(device)[0] for device in devices}
        self.assertEqual(len(sessions), 8)
        for unit in units:
            self.assertEqual(ask_at(usbfs.ttys(unit.port)[0]),
                             b"\r\nOK\r\n")
        for unit in units:
            unit.process.send_signal(signal.SIGKILL)
        for unit, device in zip(units, devices):
            unit.await_unplugged()
            device.close()
        # one of them again, where it was, though others are free
        units[5].kill()
        units[5].start("--usb-port", units[5].port)
        units[5].await_plugged()

    def test_an_order_to_end_unplugs_too(self):
        unit = Handset(self, "a")
        unit.await_plugged()
        unit.process.terminate()
        self.assertEqual(unit.process.wait(5), 0)
        unit.await_unplugged()

    def test_a_host_that_lets_go(self):
        unit = Handset(self, "a")
        unit.await_plugged()
        with open(usbfs.PLATFORM + "/vhci_hcd.0/detach", "w",
                  encoding="ascii") as file:
            file.write("%d" % (int(unit.port.split("/")[1]) - 1))
        self.assertEqual(unit.process.wait(5), 1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
