# SPDX-License-Identifier: Apache-2.0
"""In a guest: the user that a station has as a service, who is not root, and
udev with the rules that `imeilock profile udev` prints."""
import grp
import os
import stat
import subprocess

import line
import usbfs

GROUP = "imeilock"
USER = "imeilock-station"
SYSUSERS = os.path.join(line.SOURCE, "tool", "systemd", "imeilock.sysusers")
RULES = "/run/udev/rules.d/70-imeilock.rules"
SLOW = "/run/udev/rules.d/69-slow.rules"
LINKS = "/dev/imeilock"
MEMBER = {"user": USER, "group": USER, "extra_groups": [GROUP]}
STRANGER = {"user": USER, "group": USER, "extra_groups": []}


def make():
    """Group and user, as the package makes them; and let them reach the
    programs, wherever these were built."""
    subprocess.run(["systemd-sysusers", SYSUSERS], check=True)
    for folder in (line.BIN, line.PROFILES):
        while folder != "/":
            os.chmod(folder, os.stat(folder).st_mode | 0o055)
            folder = os.path.dirname(folder)


def _use(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["udevadm", "control", "--reload"], check=True)


def install(made, *words):
    """Hand udev the rules for this station; what is plugged in is as it was
    until it is plugged in anew, or udev is asked to look again."""
    rules, = made.must("profile", "udev", *words, *made.profiles()).kind(
        "rules")
    _use(RULES, rules["rules"])


def delay(seconds):
    """Have udev take its time with each device from now on."""
    _use(SLOW, 'ACTION=="add", SUBSYSTEM=="usb|tty", '
         f'PROGRAM="/bin/sleep {seconds}"\n')


def remove_rules():
    for path in RULES, SLOW:
        if os.path.exists(path):
            os.unlink(path)
    subprocess.run(["udevadm", "control", "--reload"], check=True)


def look_again():
    subprocess.run(["udevadm", "trigger", "--action=change",
                    "--subsystem-match=usb", "--subsystem-match=tty",
                    "--settle"], check=True)


def settle():
    subprocess.run(["udevadm", "settle", "--timeout=60"], check=True)


def nodes(port):
    """{the name of a slot's link, without the slot: node}; its AT ports are
    at interfaces 1, 3..."""
    found = {f"-if{2 * n + 1:02}": path
             for n, path in enumerate(usbfs.ttys(port))}
    found[""] = "/dev/bus/usb/%03d/%03d" % tuple(
        int(usbfs.attribute(port, name)) for name in ("busnum", "devnum"))
    return found


def rights(path):
    about = os.stat(path)
    return (grp.getgrgid(about.st_gid).gr_name,
            oct(stat.S_IMODE(about.st_mode)))


def links():
    """{name: node} of what stands in /dev/imeilock."""
    if not os.path.isdir(LINKS):
        return {}
    return {name: os.path.realpath(os.path.join(LINKS, name))
            for name in os.listdir(LINKS)}
