#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of `profile udev`, as udev itself reads them: in a mount namespace,
on devices that are none.  `udevadm test` ends with 0 whatever it finds, so what
it prints is looked at.  Needs root, for the namespace."""
import glob
import os
import re
import shlex
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import test_cli  # noqa: E402

NAME = "70-imeilock.rules"
GROUP = 60100
PCI = "/devices/pci0000:00/0000:00:14.0"
OTHER_PCI = "/devices/pci0000:00/0000:00:1a.0"
PROFILE = """model: m1
class: development
layout: 1
slots: 1
min_epoch: 0
time_budget_s: 60
final_process: final assembly
usb: ['1209:0001', '18d1:4ee7']
serial_adapters: ['0403:6011']
demand:
  permanent_lock: true
  secure_boot: false
  debug_closed: false
  random_source: false
  secret_hidden: false
"""
# Nothing of the computer's own rules for this, and a group of this name.
INSIDE = """set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/udev/rules.d /run/empty
[ ! -d /etc/udev ] || mount --bind /run/empty /etc/udev
{ grep -v '^imeilock:' /etc/group; echo 'imeilock:x:%d:'; } >/run/group
mount --bind /run/group /etc/group
cp %%s /run/udev/rules.d/%%s
exec umockdev-run -d %%s -- udevadm test --action=%%s /sys%%s
""" % GROUP


def device(path, vendor, product, number, device_class="00"):
    return f"""P: {path}
N: bus/usb/001/{number:03d}
E: DEVTYPE=usb_device
E: SUBSYSTEM=usb
E: MAJOR=189
E: MINOR={number}
A: idVendor={vendor}\\n
A: idProduct={product}\\n
A: bDeviceClass={device_class}\\n

"""


def interface(path, number):
    return f"""P: {path}:1.{number}
E: DEVTYPE=usb_interface
E: SUBSYSTEM=usb
A: bInterfaceNumber={number:02x}\\n
A: bInterfaceClass=02\\n
A: bInterfaceSubClass=02\\n
A: bInterfaceProtocol=01\\n

"""


def tty(path, name):
    return f"""P: {path}/tty/{name}
N: {name}
E: SUBSYSTEM=tty
E: MAJOR=166
E: MINOR=1

"""


def usb_serial(path, port):
    return f"""P: {path}
E: SUBSYSTEM=usb-serial
A: port_number={port}\\n

"""


HUB = f"{PCI}/usb1/1-2"
HANDSET, STRANGER = f"{HUB}/1-2.3", f"{HUB}/1-2.5"
ADAPTER = f"{HUB}/1-2.4"
FAST = f"{PCI}/usb2/2-1"
TWELVE = f"{PCI}/usb1/1-12/1-12.3"
BELOW = f"{HANDSET}/1-2.3.1"
ELSEWHERE = f"{OTHER_PCI}/usb3/3-2/3-2.3"
HUB_OF_IDS = f"{PCI}/usb1/1-7"
BELOW_IDS = f"{HUB_OF_IDS}/1-7.1"
HANDSET_TTY = f"{HANDSET}/1-2.3:1.1/tty/ttyACM0"
ADAPTER_TTYS = [f"{ADAPTER}/1-2.4:1.0/ttyUSB{n}/tty/ttyUSB{n}"
                for n in range(2)]
STRANGER_TTY = f"{STRANGER}/1-2.5:1.0/tty/ttyACM1"
BELOW_IDS_TTY = f"{BELOW_IDS}/1-7.1:1.0/tty/ttyACM2"
TREE = "".join([
    device(f"{PCI}/usb1", "1d6b", "0002", 1, "09"),
    device(HUB, "05e3", "0608", 2, "09"),
    device(HANDSET, "1209", "0001", 3),
    interface(f"{HANDSET}/1-2.3", 1), tty(f"{HANDSET}/1-2.3:1.1", "ttyACM0"),
    device(BELOW, "1209", "0001", 4),
    device(ADAPTER, "0403", "6011", 5), interface(f"{ADAPTER}/1-2.4", 0),
    *[usb_serial(f"{ADAPTER}/1-2.4:1.0/ttyUSB{n}", n) +
      tty(f"{ADAPTER}/1-2.4:1.0/ttyUSB{n}", f"ttyUSB{n}") for n in range(2)],
    device(STRANGER, "1209", "0002", 6), interface(f"{STRANGER}/1-2.5", 0),
    tty(f"{STRANGER}/1-2.5:1.0", "ttyACM1"),
    device(TWELVE, "1209", "0001", 7),
    device(HUB_OF_IDS, "18d1", "4ee7", 8, "09"),
    device(BELOW_IDS, "046d", "c31c", 9),
    interface(f"{BELOW_IDS}/1-7.1", 0),
    tty(f"{BELOW_IDS}/1-7.1:1.0", "ttyACM2"),
    device(FAST, "1209", "0001", 10),
    device(ELSEWHERE, "1209", "0001", 11)])
SLOTS = ["1=usb:0000:00:14.0/2.3,serial:0000:00:14.0/2.3#0",
         "2=serial:0000:00:14.0/2.4#0@9600,serial:0000:00:14.0/2.4#1@9600",
         "3=unix:a", "4=usb:0000:00:14.0/1,serial:0000:00:14.0/2.5#0"]


class Said:
    """What udevadm test printed."""

    def __init__(self, text):
        self.text = text
        self.properties = dict(re.findall(r"(?m)^([.A-Z_0-9]+)=(.*)$", text))
        ours = r"(?m)^\S+: \S*imeilock\.rules:\d+ "
        found = [re.findall(ours + kind + r" (\d+)$", text)
                 for kind in ("GROUP", "MODE")]
        self.group, self.mode = [each[-1] if each else None for each in found]
        self.links = {link[len("/dev/imeilock/"):] for link
                      in self.properties.get("DEVLINKS", "").split()
                      if link.startswith("/dev/imeilock/")}
        self.has_uaccess = "RUN 'uaccess'" in text
        # what udev did not understand, or could not do for these rules
        self.complaints = re.findall(
            r"(?m)^.*imeilock\.rules:\d+:? (?!GROUP|MODE|LINK|Importing|Skipping builtin)"
            r".*$", text)

    def all(self):
        return (self.group, self.mode, self.has_uaccess,
                self.properties.get("ID_MM_DEVICE_IGNORE"),
                self.properties.get("ID_MM_PORT_IGNORE"))


NONE = (None, None, False, None, None)
HANDSETS = (str(GROUP), "0660", True, "1", None)
TTYS = (str(GROUP), "0660", True, "1", "1")
ADAPTERS = (None, None, False, "1", None)


class Udev(test_cli.CliTest):
    def setUp(self):
        super().setUp()
        self.write("tree", TREE)
        self.write("m1.yaml", PROFILE)
        self.good(self.run_tool("-s", "line", "station", "init", "--class",
                                "development",
                                *[word for slot in SLOTS
                                  for word in ("--slot", slot)]))
        self.write(NAME, self.rules("m1.yaml"))

    def rules(self, *words):
        return self.good(self.run_tool("-s", "line", "profile", "udev",
                                       *words)).out

    def ask(self, path, name=NAME, action="add"):
        script = INSIDE % tuple(map(shlex.quote, (
            self.path(NAME), name, self.path("tree"), action, path)))
        done = subprocess.run(["unshare", "-m", "bash", "-c", script],
                              stdout=subprocess.PIPE, text=True, check=False,
                              stderr=subprocess.STDOUT, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout)
        said = Said(done.stdout)
        # it was this device, and the rules were read
        self.assertEqual(said.properties.get("DEVPATH"), path, said.text)
        return said

    def test_who_gets_what(self):
        for path, expected in (
                (HANDSET, HANDSETS), (FAST, HANDSETS), (ELSEWHERE, HANDSETS),
                (HANDSET_TTY, TTYS), (ADAPTER, ADAPTERS),
                (ADAPTER_TTYS[0], TTYS), (ADAPTER_TTYS[1], TTYS),
                # another product, the hubs, and what is below a listed one
                (STRANGER, NONE), (STRANGER_TTY, NONE), (HUB, NONE),
                (BELOW_IDS, NONE), (BELOW_IDS_TTY, NONE),
                (f"{PCI}/usb1", NONE)):
            said = self.ask(path)
            self.assertEqual(said.all(), expected, said.text)
            self.assertEqual((said.links, said.complaints), (set(), []),
                             said.text)

    def test_nothing_when_it_goes(self):
        self.assertEqual(self.ask(HANDSET, action="remove").all(), NONE)

    def test_names_of_slots(self):
        self.write(NAME, self.rules("--slots", "m1.yaml"))
        for path, links in (
                (HANDSET, {"slot1"}), (HANDSET_TTY, {"slot1-if01"}),
                (ADAPTER, {"slot2"}), (ADAPTER_TTYS[0], {"slot2-if00"}),
                (ADAPTER_TTYS[1], {"slot2-if00-port1"}),
                # both buses of a controller have its ports
                (FAST, {"slot4"}),
                # other ports, another controller; and who is not listed
                # gets no name, though its port is one
                (TWELVE, set()), (BELOW, set()), (ELSEWHERE, set()),
                (STRANGER, set()), (STRANGER_TTY, set())):
            said = self.ask(path)
            self.assertEqual((said.links, said.complaints), (links, []),
                             said.text)
        self.write("m1.yaml", PROFILE.replace("18d1:4ee7", "1209:0002"))
        self.write(NAME, self.rules("--slots", "m1.yaml"))
        self.assertEqual(self.ask(STRANGER).links, {"slot4-at1"})
        self.assertEqual(self.ask(STRANGER_TTY).links, {"slot4-at1-if00"})

    def test_controls(self):
        good = self.rules("m1.yaml")
        # without the rules there is nothing of it
        self.write(NAME, "# nothing\n")
        self.assertEqual(self.ask(HANDSET).all(), NONE)
        # rules that come too late
        self.write(NAME, good)
        self.assertFalse(self.ask(HANDSET, "75-imeilock.rules").has_uaccess)
        # each of these is noticed
        for old, new in (('MODE="0660"', 'MODE="0666"'),
                         ('GROUP="imeilock"', 'GROUP="dialout"'),
                         (', TAG+="uaccess"', ""),
                         ('ENV{ID_MM_PORT_IGNORE}="1"', 'ENV{X}="1"'),
                         ("IMEILOCK}==", "IMEILOCK}!="),
                         ('"1209"', '"120a"')):
            self.assertIn(old, good)
            self.write(NAME, good.replace(old, new))
            self.assertNotEqual(self.ask(HANDSET_TTY).all(), TTYS, new)
        # ids of any parent, as rules often have them: what is below a hub
        # of these ids is wrongly taken
        self.write(NAME, good.replace("ENV{ID_VENDOR_ID}", "ATTRS{idVendor}")
                   .replace("ENV{ID_MODEL_ID}", "ATTRS{idProduct}"))
        self.assertNotEqual(self.ask(BELOW_IDS_TTY).all(), NONE)
        # what udev does not understand
        for old, new in (("ACTION==", "ACTIN=="), ("MODE=", "MODE!="),
                         ('GOTO="imeilock_names"', 'GOTO="imeilock_nams"')):
            self.assertIn(old, good)
            self.write(NAME, good.replace(old, new))
            self.assertNotEqual(self.ask(HANDSET).complaints, [], new)


class Text(test_cli.CliTest):
    def test_examples(self):
        """udev/ has what the command prints for the example profiles."""
        paths = sorted(glob.glob(os.path.join(test_cli.SOURCES, "profiles",
                                              "*.yaml")))
        profiles = [path for path in paths if re.search(
            rb"(?m)^(usb|serial_adapters):", self.read(path))]
        self.assertTrue(profiles)
        made = self.good(self.run_tool("profile", "udev", *profiles)).out
        there = self.read(os.path.join(test_cli.SOURCES, "udev", NAME))
        self.assertEqual(there.decode(), made)

    def test_words(self):
        self.fails(self.run_tool("profile", "udev"), 1, "FILE is missing")
        self.write("m1.yaml", PROFILE)
        self.fails(self.run_tool("-s", "none", "profile", "udev", "--slots",
                                 "m1.yaml"), 4, "STATION_FOLDER")
        self.write("plain.yaml", re.sub("(?m)^(usb|serial).*\n", "", PROFILE))
        self.fails(self.run_tool("profile", "udev", "m1.yaml", "plain.yaml"),
                   1, "plain.yaml says neither usb nor serial_adapters")
        self.write("odd.yaml", PROFILE.replace("1209:0001", "1209:*"))
        self.fails(self.run_tool("profile", "udev", "odd.yaml"), 4,
                   "PROFILE_FORMAT")
        row, = self.good(self.run_tool("--json", "profile", "udev",
                                       "m1.yaml")).rows("rules")
        self.assertEqual(row["rules"], self.good(
            self.run_tool("profile", "udev", "m1.yaml")).out)


if __name__ == "__main__":
    unittest.main()
