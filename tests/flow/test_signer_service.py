# SPDX-License-Identifier: Apache-2.0
"""The signer as a service: under a user of its own, behind a socket that a
group may use, with its PIN as a credential, started by whoever connects.

systemd itself does not run here: the test hands over the listening socket and
the credential as it does.  Needs root, to be several users."""
import os
import re
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

import case
import line

UNITS = os.path.join(line.SOURCE, "hsm", "systemd")
SIGNER, OPERATOR, STRANGER = 60001, 60002, 60003  # users
GROUP = 60004  # those who may ask
PIN = "0123456789"


def as_user(user, *groups):
    command = ["setpriv", f"--reuid={user}", f"--regid={user}",
               "--no-new-privs", "--inh-caps=-all"]
    if groups:
        return [*command, "--groups=" + ",".join(map(str, groups))]
    return [*command, "--clear-groups"]


class Service(line.WithFolder):
    """What the units say, done by hand."""

    def __init__(self):
        super().__init__("service")
        os.chmod(self.folder, 0o755)
        self.state, self.credentials = self.path("state"), self.path("creds")
        self.socket = self.path("line1.sock")
        for folder in (self.state, self.credentials):
            os.mkdir(folder, 0o700)
            os.chown(folder, SIGNER, SIGNER)
        self.give_pin(PIN)
        for name in ("imeilock", "imeilock-signer"):
            shutil.copy(os.path.join(line.BIN, name), self.path(name))
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.socket)
        os.chown(self.socket, SIGNER, GROUP)
        os.chmod(self.socket, 0o660)
        self.listener.listen(8)
        self.process, self.exits, self.ends = None, [], threading.Event()
        self.thread = threading.Thread(target=self.activate)
        self.thread.start()

    def give_pin(self, pin):
        path = os.path.join(self.credentials, "pin")
        line.write(path, pin.encode() + b"\n", 0o400)
        os.chown(path, SIGNER, SIGNER)

    def command(self):
        """ExecStart= of the unit."""
        text = line.read(UNITS, "imeilock-signer@.service").decode()
        start = re.search(r"(?m)^ExecStart=((?:.*\\\n)*.*)$", text).group(1)
        for old, new in (
                ("\\\n", " "), ("/usr/bin/", self.folder + "/"),
                ("/var/lib/imeilock-signer/%i", self.state),
                ("${TOKEN}", f"soft:{self.state}/keys")):
            assert old in start, (old, start)
            start = start.replace(old, new)
        return start.split()

    def activate(self):
        while not self.ends.is_set():
            if self.process is not None:
                if self.process.poll() is not None:
                    self.exits.append(self.process.returncode)
                    self.process = None
                self.ends.wait(0.01)
            elif select.select([self.listener], [], [], 0.02)[0]:
                self.process = subprocess.Popen(
                    [*as_user(SIGNER), *self.command()],
                    env={"CREDENTIALS_DIRECTORY": self.credentials,
                         **{name: value for name, value in os.environ.items()
                            if name.endswith("SAN_OPTIONS")}},
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, cwd="/", close_fds=False,
                    preexec_fn=lambda: os.dup2(self.listener.fileno(), 3,
                                               inheritable=True))

    def close(self):
        self.ends.set()
        self.thread.join()
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
        self.listener.close()
        super().close()


class Served(line.Line):
    """A line whose signer is a service; its operator is in the group."""

    def __init__(self, root, service):
        super().__init__(root)
        self.service = service
        os.chmod(self.folder, 0o755)
        os.mkdir(self.station, 0o700)
        os.chown(self.station, OPERATOR, OPERATOR)
        self.user, self.groups = OPERATOR, (GROUP,)
        shutil.copytree(line.PROFILES, self.path("profiles"))
        shutil.copy(root.pem, self.path("root.pem"))
        os.chmod(self.path("root.pem"), 0o644)

    def run(self, *words, token=False, pin=None, text=False):
        # files that it makes are the operator's, in a folder of his
        command = [*as_user(self.user, *self.groups),
                   self.service.path("imeilock"), "--json", "-s",
                   self.station, *words]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=line.PATIENCE_S, cwd="/")
        return line.Outcome(words, done.returncode, done.stdout.decode(),
                            done.stderr.decode())

    def profiles(self):
        return [self.path("profiles", "virtual-additive.yaml")]

    def open(self, last_snr=999):
        unit, = self.units
        self.must("station", "init", "--class", "development", "--signer",
                  self.service.socket, "--slot",
                  ",".join([f"{unit.slot}={unit.agent}", *unit.at]))
        tac = self.root.next_tac()
        first, last = f"{tac}000000", f"{tac}{last_snr:06d}"
        request = os.path.join(self.station, "request")
        cert = self.path("cert")
        self.must("key", "request", "--model", unit.model, "--out", request)
        self.root.certify(request, first, last, cert)
        os.chmod(cert, 0o644)
        self.must("key", "install", "--cert", cert, "--root",
                  self.path("root.pem"))
        self.must("tac", "add", "--model", unit.model, "--first", first,
                  "--last", last)
        unit.start()
        for address in (unit.agent, *unit.at):
            os.chmod(address.split(":", 1)[1], 0o666)
        os.chmod(unit.folder, 0o755)


class Signer(case.Case):
    def served(self):
        service = Service()
        self.addCleanup(service.close)
        made = Served(self.root(), service)
        self.addCleanup(made.close)
        made.unit("u1")
        made.open()
        return made, service

    def test_a_shift(self):
        made, service = self.served()
        unit, = made.units
        made.arm()
        self.assert_good(made.provision(), unit)
        status = line.read(f"/proc/{service.process.pid}/status").decode()
        self.assertIn(f"\nUid:\t{SIGNER}\t{SIGNER}\t{SIGNER}\t{SIGNER}\n",
                      status)
        # nothing of the signer is at the station
        self.assertEqual(os.listdir(made.path("station", "signer")), [])
        self.assertTrue(os.path.exists(
            os.path.join(service.state, "register")))
        check = made.must("ledger", "check")
        self.assertTrue([row for row in check.kind("look")
                         if row["what"] == "heads"], check)
        # closing ends it in order, and who connects next starts it again
        made.disarm()
        line.wait_for(lambda: service.exits == [0], "it does not end")
        made.arm()
        self.assertEqual(len(made.ledger()), 1)
        made.disarm()

    def test_who_is_not_in_the_group(self):
        made, service = self.served()
        made.groups = ()
        self.assert_refused(made.try_arm(), "HSM_CONNECT", case.STOP)
        for user in (OPERATOR, STRANGER):
            done = subprocess.run(
                [*as_user(user, GROUP), "ls", service.state], check=False,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertNotEqual(done.returncode, 0)
        made.groups = (GROUP,)
        made.arm()

    def test_why_it_does_not_come_up_is_told(self):
        made, service = self.served()
        made.arm()
        made.disarm()
        line.wait_for(lambda: service.exits == [0], "it does not end")
        service.give_pin("wrong-pin")
        self.assert_refused(made.try_arm(), "HSM_PIN", case.STOP)
        service.give_pin(PIN)
        self.assert_refused(made.try_arm(), "HSM_PIN", case.STOP)
        os.unlink(os.path.join(service.state, "pin-refused"))
        os.unlink(os.path.join(service.credentials, "pin"))
        self.assert_refused(made.try_arm(), "HSM_PIN_ABSENT", case.STOP)
        service.give_pin(PIN)
        made.arm()
        line.wait_for(lambda: service.exits == [0, 4, 4, 4], service.exits)

    def test_token_options_are_refused(self):
        made, _ = self.served()
        outcome = made.run("key", "show", "--token", "soft:x")
        self.assertEqual(outcome.code, "USAGE", outcome)
        self.assertIn("is a service", outcome.output)
        self.assertEqual(made.run("key", "show").exit, 0)


class Units(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def instance(self, kind):
        """A unit as it is for the station line1, with a program that is
        there."""
        text = line.read(UNITS, f"imeilock-signer@.{kind}").decode()
        program = os.path.join(line.BIN, "imeilock-signer")
        path = os.path.join(self.folder, f"imeilock-signer@line1.{kind}")
        line.write(path, text.replace("/usr/bin/imeilock-signer",
                                      program).encode())
        return path

    def analyze(self, *words):
        return subprocess.run(["systemd-analyze", *words], check=False,
                              stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT)

    def test_they_are_sound(self):
        paths = [self.instance(kind) for kind in ("service", "socket")]
        done = self.analyze("verify", "--man=no", *paths)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        # a control: what it does not know, it says
        line.write(paths[0], line.read(paths[0]) + b"NoNewPrivilege=yes\n")
        self.assertIn("NoNewPrivilege",
                      self.analyze("verify", "--man=no", *paths).stdout)

    def test_exposure(self):
        path = self.instance("service")
        done = self.analyze("security", "--offline=true", "--threshold=10",
                            "--no-pager", path)
        self.assertEqual(done.returncode, 0, done.stdout[-300:])
        line.write(path, line.read(path).replace(
            b"RestrictAddressFamilies=AF_UNIX", b"").replace(
                b"PrivateNetwork=yes", b"").replace(
                    b"CapabilityBoundingSet=", b""))
        self.assertNotEqual(
            self.analyze("security", "--offline=true", "--threshold=10",
                         "--no-pager", path).returncode, 0)

    def test_users_and_folders(self):
        for folder in ("usr/lib/sysusers.d", "usr/lib/tmpfiles.d", "etc"):
            os.makedirs(os.path.join(self.folder, folder))
        for kind in ("sysusers", "tmpfiles"):
            shutil.copy(
                os.path.join(UNITS, f"imeilock-signer.{kind}"),
                os.path.join(self.folder, "usr/lib", kind + ".d",
                             "imeilock-signer.conf"))
            command = [f"systemd-{kind}", "--root=" + self.folder]
            if kind == "tmpfiles":
                command.append("--create")
            done = subprocess.run(
                [*command, "imeilock-signer.conf"], check=False,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.assertEqual(done.returncode, 0, done.stdout)
        users = line.read(self.folder, "etc", "passwd").decode()
        self.assertRegex(users, "(?m)^imeilock-signer:")
        self.assertRegex(line.read(self.folder, "etc", "group").decode(),
                         "(?m)^imeilock:")
        made = os.stat(os.path.join(self.folder, "etc/imeilock/signer"))
        self.assertEqual(made.st_mode & 0o777, 0o700)


if __name__ == "__main__":
    unittest.main()
