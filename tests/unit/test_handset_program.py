#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The program imeilock-handset: options, sockets, signals, a cut's death."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import zlib

ROOT = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7
Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==
-----END PUBLIC KEY-----
"""
# {0: 0, 1: 1, 2: 1, 3: {0: 1}}: hello, as docs/protocol.md has it
HELLO = bytes.fromhex("a4000001010201" "03a10001")


def frame(message):
    """COBS of message and its CRC; neither is long enough for a full block."""
    raw = message + zlib.crc32(message).to_bytes(4, "little")
    wire = b""
    for block in raw.split(b"\0"):
        wire += bytes([len(block) + 1]) + block
    return wire + b"\0"


def receive_frame(client):
    data = b""
    while not data.endswith(b"\0"):
        part = client.recv(1)
        if not part:
            break
        data += part
    return data


class Handset(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = self.temporary.name
        self.root = os.path.join(self.folder, "root.pem")
        with open(self.root, "w", encoding="ascii") as file:
            file.write(ROOT)

    def tearDown(self):
        self.temporary.cleanup()

    def command(self, *options, program="imeilock-handset"):
        return [program, "--folder", self.folder, "--root", self.root,
                *options]

    def start(self, *options, **kind):
        process = subprocess.Popen(self.command(*options, **kind),
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.assertTrue(process.stdout.readline().startswith("ready: "))
        return process

    def client(self, name="agent.sock"):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        client.connect(os.path.join(self.folder, name))
        self.addCleanup(client.close)
        return client

    def counter(self, name):
        with open(os.path.join(self.folder, "counters"),
                  encoding="ascii") as file:
            return int(dict(line.split() for line in file)[name])

    def test_serves_until_it_is_told_to_end(self):
        for program in "imeilock-handset", "imeilock-handset-verify":
            pid_file = os.path.join(self.folder, "pid")
            process = self.start("--slots", "2", "--pid-file", pid_file,
                                 program=program)
            with open(pid_file, encoding="ascii") as file:
                self.assertEqual(int(file.read()), process.pid)
            client = self.client()
            client.sendall(frame(HELLO))
            self.assertIn(b"virtual-additive", receive_frame(client))
            at = self.client("at2.sock")
            at.sendall(b"AT\r")
            self.assertEqual(at.recv(64), b"\r\nOK\r\n")
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(5), 0)

    def test_dies_of_a_cut(self):
        process = self.start("--cut", "frame@2:before")
        client = self.client()
        client.sendall(frame(HELLO))
        self.assertNotEqual(receive_frame(client), b"")
        client.sendall(frame(HELLO))
        self.assertEqual(receive_frame(client), b"")
        self.assertEqual(process.wait(5), -signal.SIGKILL)
        self.assertEqual(self.counter("frame"), 2)
        self.assertEqual(self.counter("refused_burns"), 0)
        # the same folder starts again, over the sockets that were left
        self.start()
        client = self.client()
        client.sendall(frame(HELLO))
        self.assertNotEqual(receive_frame(client), b"")

    def test_one_folder_is_one_chip(self):
        self.start()
        again = subprocess.run(self.command(), stderr=subprocess.PIPE,
                               text=True, timeout=10, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("folder", again.stderr)

    def test_refuses_wrong_options(self):
        for options in (["--model", "other"], ["--slots", "5"],
                        ["--slots", "0"], ["--class", "both"],
                        ["--cut", "frame"], ["--lock", "open"],
                        ["--fault", "lock"], ["--open", "lock"],
                        ["--min-epoch", "-1"],
                        ["--root", "/nonexistent"],
                        ["--root", "/dev/null"], ["rest"],
                        ["--usb=vhci_hcd.0/1"], ["--usb-port"],
                        ["--usb-port", "vhci_hcd.0/999"], ["--what"]):
            done = subprocess.run(self.command(*options),
                                  stderr=subprocess.PIPE, timeout=10,
                                  check=False)
            self.assertIn(done.returncode, (1, 2), options)
            self.assertNotEqual(done.stderr, b"", options)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
