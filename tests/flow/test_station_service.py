#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The station's loop as a service: a unit that systemd takes, shut off from all
but the line's devices, under a user who may open them."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import help_text  # noqa: E402
import line  # noqa: E402

UNITS = os.path.join(line.SOURCE, "tool", "systemd")
THRESHOLD = 10  # tenths of what systemd calls exposure; without any it is 96


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.text = line.read(UNITS, "imeilock-station@.service").decode()

    def instance(self, text=None):
        """The unit of the station line1, with a program that is there."""
        path = os.path.join(self.folder, "imeilock-station@line1.service")
        program = os.path.join(line.BIN, "imeilock")
        line.write(path, (text or self.text).replace(
            "/usr/bin/imeilock ", program + " ").encode())
        return path

    @staticmethod
    def analyze(*words):
        return subprocess.run(["systemd-analyze", *words], check=False,
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT)

    def test_it_is_sound(self):
        done = self.analyze("verify", "--man=no", self.instance())
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        # a control: what it does not know, it says
        for wrong in ("NoNewPrivilege=yes\n", "DeviceAllow=ttyUSB rw\n"):
            done = self.analyze("verify", "--man=no",
                                self.instance(self.text + wrong))
            self.assertNotEqual(done.stdout, "", wrong)

    def security(self, text=None):
        return self.analyze("security", "--offline=true", "--no-pager",
                            f"--threshold={THRESHOLD}", self.instance(text))

    def test_exposure(self):
        done = self.security()
        self.assertEqual(done.returncode, 0, done.stdout[-300:])
        for gone in ("CapabilityBoundingSet=\n", "DevicePolicy=closed\n",
                     "SystemCallFilter=@system-service\n"):
            self.assertIn(gone, self.text)
            # also of each kind that there is
            text = re.sub("(?m)^" + gone.split("=")[0] + "=.*\n", "",
                          self.text)
            if gone.startswith("DevicePolicy"):
                text = re.sub("(?m)^(DeviceAllow|ProtectClock)=.*\n", "",
                              text)
            self.assertGreater(self.exposure(text), self.exposure(self.text),
                               gone)
        self.assertNotEqual(self.security(re.sub(
            "(?m)^(Capability|SystemCall|Restrict|Protect).*\n", "",
            self.text)).returncode, 0)

    def exposure(self, text):
        return float(re.search(r"level for \S+: ([\d.]+)",
                               self.security(text).stdout).group(1))

    def test_what_it_runs(self):
        """Options that the program has, and a folder that it may write."""
        words = re.search("(?m)^ExecStart=(.*)$", self.text).group(1).split()
        self.assertEqual(words[:3], ["/usr/bin/imeilock", "-s",
                                     "/var/lib/imeilock/%i"])
        command, *options = words[3:]
        self.assertTrue(options)
        for option in options:
            self.assertIn(option, [name.split("=")[0] for name in
                                   help_text.options("imeilock", command)])
        self.assertIn("\nStateDirectory=imeilock/%i\n", self.text)
        self.assertIn("\nConditionPathExists=/var/lib/imeilock/%i/armed.json\n",
                      self.text)

    def test_devices(self):
        """USB, and the serial ports that adapters and handsets have."""
        self.assertEqual(
            sorted(re.findall("(?m)^DeviceAllow=(.*)$", self.text)),
            ["char-ttyACM rw", "char-ttyS rw", "char-ttyUSB rw",
             "char-usb_device rw"])
        self.assertIn("\nDevicePolicy=closed\n", self.text)
        self.assertNotIn("PrivateDevices", self.text)

    def test_user_group_and_folder(self):
        os.mkdir(os.path.join(self.folder, "etc"))
        for kind in ("sysusers", "tmpfiles"):
            inside = os.path.join(self.folder, "usr/lib", kind + ".d")
            os.makedirs(inside)
            shutil.copy(os.path.join(UNITS, f"imeilock.{kind}"),
                        os.path.join(inside, "imeilock.conf"))
            command = [f"systemd-{kind}", "--root=" + self.folder]
            if kind == "tmpfiles":
                command.append("--create")
            done = subprocess.run(
                [*command, "imeilock.conf"], check=False, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
        user = re.search("(?m)^User=(.*)$", self.text).group(1)
        group = re.search("(?m)^SupplementaryGroups=(.*)$",
                          self.text).group(1)
        self.assertRegex(line.read(self.folder, "etc/passwd").decode(),
                         f"(?m)^{user}:.*/nologin$")
        self.assertRegex(line.read(self.folder, "etc/group").decode(),
                         f"(?m)^{group}:.*:{user}$")
        made = os.stat(os.path.join(self.folder, "var/lib/imeilock"))
        self.assertEqual(made.st_mode & 0o777, 0o755)


if __name__ == "__main__":
    unittest.main()
