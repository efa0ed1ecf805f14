# SPDX-License-Identifier: Apache-2.0
"""cli.py - run the built programs as an operator would, each in a folder of
its own that goes away with the test."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BINARIES = os.path.join(os.environ["IMEILOCK_BINARY_DIR"], "bin")
SOURCES = os.environ["IMEILOCK_SOURCE_DIR"]
PROGRAM = os.path.join(BINARIES, "imeilock")
PIN = "4711-secret"
WAIT_S = 60


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()
        self.all = self.out + self.err

    def rows(self, kind=None):
        """The JSON rows; every line of the output is one."""
        found = [json.loads(line) for line in self.out.splitlines()]
        return [row for row in found if kind is None or row["kind"] == kind]


class CliTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cli")
        self.running = []
        self.armed = []

    def tearDown(self):
        for station in self.armed:
            self.run_tool("-s", station, "station", "close")
        for process in self.running:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        mode = "wb" if isinstance(content, bytes) else "w"
        with open(self.path(name), mode) as file:
            file.write(content)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_tool(self, *arguments, **options):
        """Without a terminal, so that nothing waits for an answer."""
        options.setdefault("cwd", self.folder)
        options.setdefault("stdin", subprocess.DEVNULL)
        if "input" in options:
            options.pop("stdin")
        return Result(subprocess.run(
            [PROGRAM, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=WAIT_S, check=False,
            start_new_session=True, **options))

    def run_pin(self, *arguments, pin=PIN):
        """The same, with a PIN by descriptor."""
        source, sink = os.pipe()
        os.write(sink, pin.encode() + b"\n")
        os.close(sink)
        try:
            return self.run_tool(*arguments, "--pin-fd", str(source),
                                 pass_fds=[source])
        finally:
            os.close(source)

    def good(self, result):
        self.assertEqual(result.code, 0, result.all)
        return result

    def fails(self, result, code, *words):
        """It ends with this code, and says these words."""
        self.assertEqual(result.code, code, result.all)
        for word in words:
            self.assertIn(word, result.all)
        return result

    # ------------------------------------------------------------- a line

    def make_station(self, name="line", slots=1, count=100):
        slot = []
        for number in range(1, slots + 1):
            slot += ["--slot", "%d=unix:h%d/agent.sock,unix:h%d/at1.sock" % (
                number, number, number)]
        self.good(self.run_tool("-s", name, "station", "init", "--class",
                                "development", *slot))
        self.good(self.run_tool(
            "-s", name, "tac", "add", "--model", "virtual-additive", "--first",
            "00440100000000", "--last", "%014d" % (440100000000 + count - 1)))

    def make_keys(self, name="line", count=100):
        """The whole ceremony, with keys in files."""
        self.good(self.run_pin("key", "root", "--folder", "root", "--class",
                               "development", "--token", "soft:root.key",
                               "--out", "root.pem"))
        self.good(self.run_pin("-s", name, "key", "request", "--token",
                               "soft:line.key", "--model", "virtual-additive",
                               "--out", "line.req"))
        self.good(self.run_pin(
            "key", "certify", "--folder", "root", "--token", "soft:root.key",
            "--request", "line.req", "--first", "00440100000000", "--last",
            "%014d" % (440100000000 + count - 1), "--out", "line.cert"))
        self.good(self.run_pin("-s", name, "key", "install", "--cert",
                               "line.cert", "--root", "root.pem", "--token",
                               "soft:line.key"))

    def arm(self, name="line", units=10):
        self.good(self.run_pin(
            "-s", name, "station", "arm", "--operator", "kim", "--shift",
            "early", "--profile",
            os.path.join(SOURCES, "profiles", "virtual-additive.yaml"),
            "--units", str(units), "--hours", "1", "--token",
            "soft:line.key"))
        self.armed.append(name)

    def handset(self, number, *options):
        """Start the virtual handset of a slot and wait for it."""
        folder = self.path("h%d" % number)
        os.makedirs(folder, exist_ok=True)
        mark = self.path("h%d.pid" % number)
        process = subprocess.Popen(
            [os.path.join(BINARIES, "imeilock-handset"), "--folder",
             "h%d" % number, "--root", "root.pem", "--pid-file", mark,
             *options], cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        self.running.append(process)
        self.wait_for(lambda: os.path.exists(mark))

    def start(self, *arguments):
        """The tool, with its output in a file."""
        with open(self.path("started.out"), "wb") as out:
            process = subprocess.Popen(
                [PROGRAM, *arguments], cwd=self.folder, stdout=out,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                preexec_fn=lambda: signal.signal(signal.SIGINT,
                                                 signal.SIG_DFL))
        self.running.append(process)
        return process

    def wait_for(self, condition):
        end = time.monotonic() + WAIT_S
        while not condition():
            self.assertLess(time.monotonic(), end, "waited in vain")
            time.sleep(0.02)
