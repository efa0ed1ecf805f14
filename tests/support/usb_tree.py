# SPDX-License-Identifier: Apache-2.0
"""A sysfs of USB devices that are none, for an unmodified program.

    tree = Tree(folder)
    tree.plug("0000:00:14.0/2.3", agent=True, ttys=2)
    subprocess.run([...], env={**os.environ, **tree.env})

umockdev's preload library sends the program's /sys and /dev to the folder.
Devices come and go while it runs, as a whole.
"""
import itertools
import os
import shutil

PRELOAD = "libumockdev-preload.so.0"
AGENT = ("ff", "49", "01")
ACM = ("02", "02", "01")
FTDI = ("ff", "ff", "ff")


def put(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="ascii") as file:
        file.write(text + "\n")


class Tree:
    def __init__(self, folder):
        self.folder = folder
        self.devices = os.path.join(folder, "sys/bus/usb/devices")
        self.nodes = os.path.join(folder, "dev/bus/usb/001")
        self.env = {"LD_PRELOAD": PRELOAD, "UMOCKDEV_DIR": folder}
        self.numbers, self.ttys = itertools.count(2), itertools.count()
        for made in (self.devices, self.nodes):
            os.makedirs(made)

    def _place(self, port, bus):
        controller, chain = port.split("/")
        hubs = chain.split(".")[:-1]
        above = ["%d-%s" % (bus, ".".join(hubs[:i + 1]))
                 for i in range(len(hubs))]
        return (os.path.join(self.folder, "sys/devices/pci0000:00", controller,
                             "usb%d" % bus, *above),
                "%d-%s" % (bus, chain))

    def plug(self, port, product="1209:0001", agent=True, ttys=1, adapter=False,
             bus=1):
        """A handset, or an adapter; its serial ports are counted by it."""
        parent, name = self._place(port, bus)
        made = os.path.join(self.folder, "coming", name)
        os.makedirs(made)
        number = next(self.numbers)
        vendor, product = product.split(":")
        for attribute, text in (("idVendor", vendor), ("idProduct", product),
                                ("bDeviceClass", "00"),
                                ("busnum", str(bus)), ("devnum", str(number)),
                                ("devpath", port.split("/")[1])):
            put(made, attribute, text)
        first = 0
        if agent:
            self._interface(made, name, 0, AGENT)
            first = 1
        for i in range(ttys):
            if adapter:
                at = self._interface(made, name, first + i, FTDI)
                tty = "ttyUSB%d" % next(self.ttys)
                os.makedirs(os.path.join(at, tty, "tty", tty))
            else:
                at = self._interface(made, name, first + 2 * i, ACM)
                os.makedirs(os.path.join(at, "tty", "ttyACM%d" % next(
                    self.ttys)))
        os.makedirs(parent, exist_ok=True)
        os.rename(made, os.path.join(parent, name))
        with open(os.path.join(self.nodes, "%03d" % number), "wb"):
            pass
        os.symlink(os.path.relpath(os.path.join(parent, name), self.devices),
                   os.path.join(self.devices, name))

    @staticmethod
    def _interface(made, name, number, triple):
        at = os.path.join(made, "%s:1.%d" % (name, number))
        os.makedirs(at)
        for attribute, text in zip(("bInterfaceClass", "bInterfaceSubClass",
                                    "bInterfaceProtocol"), triple):
            put(at, attribute, text)
        put(at, "bInterfaceNumber", "%02x" % number)
        return at

    def unplug(self, port, bus=1):
        parent, name = self._place(port, bus)
        os.unlink(os.path.join(self.devices, name))
        gone = os.path.join(self.folder, "gone")
        os.rename(os.path.join(parent, name), gone)
        shutil.rmtree(gone)
