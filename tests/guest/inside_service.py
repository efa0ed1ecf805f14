# SPDX-License-Identifier: Apache-2.0
"""Station and signer as services of a real systemd, shut off as their units
say.  Inside a guest whose first process is systemd (run.py --systemd)."""
import os
import shutil
import subprocess
import unittest.mock

import inside_flow
import line  # noqa: E402
import station_user

STATION, SIGNER = "imeilock-station@line1", "imeilock-signer@line1"
# a service sees no /tmp but its own, and this may be one
PROFILES = "/usr/share/imeilock/profiles"
STATIONS, SIGNERS = "/var/lib/imeilock", "/var/lib/imeilock-signer"
SETTINGS = "/etc/imeilock/signer"
SOCKET = "/run/imeilock-signer/line1.sock"
UNITS = [os.path.join(line.SOURCE, *names) for names in (
    ("tool", "systemd", "imeilock-station@.service"),
    ("hsm", "systemd", "imeilock-signer@.service"),
    ("hsm", "systemd", "imeilock-signer@.socket"))]


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def shown(unit, name):
    return systemctl("show", "--value", "-p", name, unit).strip()


def install():
    """What the packages do, in a guest that forgets it."""
    for name in ("imeilock", "imeilock-signer"):
        shutil.copy(os.path.join(line.BIN, name), "/usr/bin")
    shutil.copytree(line.PROFILES, PROFILES)
    for path in UNITS:
        shutil.copy(path, "/etc/systemd/system")
    station_user.make()
    signer = os.path.join(line.SOURCE, "hsm", "systemd", "imeilock-signer.")
    subprocess.run(["systemd-sysusers", signer + "sysusers"], check=True)
    for path in signer + "tmpfiles", station_user.SYSUSERS.replace(
            "sysusers", "tmpfiles"):
        subprocess.run(["systemd-tmpfiles", "--create", path], check=True)
    systemctl("daemon-reload")


def own(user, *paths):
    for path in paths:
        subprocess.run(["chown", "-R", f"{user}:{user}", path], check=True)


class Service(inside_flow.Usb):
    def setUp(self):
        install()
        profiles = unittest.mock.patch.object(line, "PROFILES", PROFILES)
        profiles.start()
        self.addCleanup(profiles.stop)
        self.addCleanup(station_user.remove_rules)

    def give_token(self, made):
        """The signer's settings; its token is where it may write."""
        os.makedirs(os.path.join(SIGNERS, "line1"), 0o700)
        made.token.move(os.path.join(SIGNERS, "line1", "token"))
        line.write(os.path.join(SETTINGS, "line1.conf"), "".join(
            f"{name}={value}\n" for name, value in (
                ("TOKEN", made.token.address),
                *made.token.env.items())).encode())
        line.write(os.path.join(SETTINGS, "line1.pin"),
                   made.token.pin.encode() + b"\n", 0o600)
        own("imeilock-signer", os.path.join(SIGNERS, "line1"))

    def made(self, *models):
        # what the operator's commands write is the station's
        self.run_as(station_user.MEMBER)
        made = self.line(token="softhsm", signer=SOCKET)
        made.station = os.path.join(STATIONS, "line1")
        os.makedirs(made.station, 0o700)
        own(station_user.USER, made.station)
        self.give_token(made)
        systemctl("start", SIGNER + ".socket")
        for number, model in enumerate(models):
            made.usb_unit(f"u{number + 1}", model).program = inside_flow.QUICK
        made.open()
        station_user.install(made)
        return made

    def journal(self):
        return subprocess.run(
            ["journalctl", "--no-pager", "-o", "cat", "-u", STATION],
            check=True, text=True, stdout=subprocess.PIPE).stdout

    def until_said(self, text):
        line.wait_for(lambda: text in self.journal(), f"no {text}",
                      line.PATIENCE_S)

    def row(self, made, unit):
        rows = [row for row in made.ledger().values()
                if row["chip"] == unit.decode()["chip_id"]]
        self.assertEqual(len(rows), 1, self.journal())
        return rows[0]

    def assert_made(self, made, unit):
        row = self.row(made, unit)
        self.assertEqual(row["state"], "verified", self.journal())
        self.assert_whole(unit, row["imei"])

    def assert_ended(self, unit, *codes):
        self.assertEqual((shown(unit, "ActiveState"), shown(unit, "Result")),
                         ("inactive", "success"), self.journal())
        self.assertIn(shown(unit, "ExecMainStatus"), codes)

    def test_a_shift(self):
        made = self.made("virtual-additive", "virtual-additive")
        one, two = made.units
        # unarmed, it is not started
        systemctl("start", STATION)
        self.assertEqual(shown(STATION, "ConditionResult"), "no")
        made.arm(units=2)
        systemctl("start", STATION)
        one.start()
        self.until_said("slot 1: good")
        self.assert_made(made, one)
        # asked to stop, it ends behind the step that runs
        two.start()
        self.until_said("slot 2: program")
        systemctl("stop", STATION)
        self.assert_ended(STATION, "0", "2")
        number = self.row(made, two)["imei"]
        # and is done with the unit when it is started again; then the shift
        # has all its units
        systemctl("start", STATION)
        line.wait_for(lambda: shown(STATION, "ActiveState") == "inactive",
                      "it does not end", line.PATIENCE_S)
        self.assert_ended(STATION, "0")
        self.assert_made(made, two)
        self.assertEqual(self.row(made, two)["imei"], number)
        # nobody but the signer itself may look into its folder
        denied = subprocess.run(["ls", SIGNERS + "/line1"], check=False,
                                stderr=subprocess.PIPE,
                                **station_user.MEMBER)
        self.assertIn(b"Permission denied", denied.stderr)
        self.assertEqual(shown(SIGNER, "ActiveState"), "active")
        made.disarm()
        line.wait_for(lambda: shown(SIGNER, "ActiveState") == "inactive",
                      "the signer stays", line.PATIENCE_S)
        self.assert_ended(SIGNER, "0")
