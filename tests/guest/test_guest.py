#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The guest itself: what a script in it finds, and that each way to get no
result is a failure and not a pass."""
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import run  # noqa: E402

INSIDE = """
set -e
echo "user $(id -u), host $(hostname), release $(uname -r)"
echo "words $*"
echo "source $IMEILOCK_SOURCE_DIR"
imeilock --version >/dev/null && echo "the tool runs"
modprobe vhci-hcd && test -w /sys/devices/platform/vhci_hcd.0/attach
modprobe -a dummy_hcd libcomposite && ls /sys/class/udc
test -e /dev/null -a -d /dev/shm && touch /dev/shm/x && udevadm settle
test -S /run/udev/control && echo "udev runs"
touch "$IMEILOCK_SOURCE_DIR/written" && echo "it may write"
echo kept >/guest/kept
exit 3
"""


class Guest(unittest.TestCase):
    def setUp(self):
        # where the guest sees it: memory of the host it does not
        temporary = tempfile.TemporaryDirectory(dir=run.BUILD)
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def script(self, text):
        path = os.path.join(self.folder, "script.sh")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def test_a_script_has_all_it_needs(self):
        keep = os.path.join(self.folder, "results")
        os.mkdir(keep)
        result = run.run("/bin/sh", self.script(INSIDE), "two words", "$x",
                         keep=keep)
        self.assertEqual(result.exit, 3, result.output)
        with open(os.path.join(run.KERNEL, "release"),
                  encoding="ascii") as file:
            release = file.read().strip()
        self.assertEqual(result.output.splitlines(), [
            f"user 0, host guest, release {release}", "words two words $x",
            f"source {run.SOURCE}", "the tool runs", "dummy_udc.0",
            "udev runs", "it may write"])
        with open(os.path.join(keep, "kept"), encoding="ascii") as file:
            self.assertEqual(file.read(), "kept\n")
        self.assertFalse(os.path.exists(os.path.join(run.SOURCE, "written")))

    def test_too_slow_is_a_failure(self):
        with self.assertRaises(run.NoGuest) as caught:
            run.run("/bin/true", seconds=1)
        self.assertIn("ended after 1 seconds", str(caught.exception))

    def test_a_guest_that_dies_is_a_failure(self):
        with self.assertRaises(run.NoGuest):
            run.run("/bin/sh", "-c", "echo b >/proc/sysrq-trigger; sleep 60")

    def test_no_kernel_is_a_failure(self):
        for name in "apt-get", "apt-cache":
            path = os.path.join(self.folder, name)
            with open(path, "w", encoding="ascii") as file:
                file.write("#!/bin/sh\necho no archive >&2\nexit 100\n")
            os.chmod(path, 0o755)
        done = subprocess.run(
            [os.path.join(HERE, "fetch_kernel.sh"),
             os.path.join(self.folder, "guest")],
            env={**os.environ, "PATH": self.folder + ":" + os.environ["PATH"]},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no archive", done.stdout)
        self.assertFalse(os.path.exists(
            os.path.join(self.folder, "guest", "kernel")))


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
