# SPDX-License-Identifier: Apache-2.0
"""USB devices as the kernel shows them: sysfs, usbfs, the ttys of CDC-ACM.

For tests that run where virtual handsets are plugged in; no library between.
"""
import ctypes
import fcntl
import glob
import os

CONTROL, BULK = 0xC0185500, 0xC0185502
CLAIM, RESET, CLEAR_HALT = 0x8004550F, 0x5514, 0x80045515
PLATFORM = "/sys/devices/platform"


class _Control(ctypes.Structure):
    _fields_ = [("type", ctypes.c_uint8), ("request", ctypes.c_uint8),
                ("value", ctypes.c_uint16), ("index", ctypes.c_uint16),
                ("length", ctypes.c_uint16), ("timeout", ctypes.c_uint32),
                ("data", ctypes.c_void_p)]


class _Bulk(ctypes.Structure):
    _fields_ = [("endpoint", ctypes.c_uint), ("length", ctypes.c_uint),
                ("timeout", ctypes.c_uint), ("data", ctypes.c_void_p)]


def device_folder(port):
    """sysfs of what is plugged into a port such as vhci_hcd.0/3, or None."""
    controller, chain = port.split("/")
    found = [folder for folder
             in glob.glob(f"{PLATFORM}/{controller}/usb*/*-{chain}")
             if os.path.exists(folder + "/idVendor")]
    return found[0] if found else None


def attribute(port, name):
    """Text of a sysfs file of the device; None when it is not there."""
    folder = device_folder(port)
    try:
        with open(f"{folder}/{name}", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return None


def interfaces(port):
    """{number: (class, subclass, protocol, driver)} in hex."""
    found = {}
    for folder in glob.glob(f"{device_folder(port)}/*:1.*"):
        words = [attribute(port, f"{os.path.basename(folder)}/bInterface{name}")
                 for name in ("Class", "SubClass", "Protocol")]
        driver = folder + "/driver"
        words.append(os.path.basename(os.readlink(driver))
                     if os.path.exists(driver) else None)
        found[int(folder.rsplit(".", 1)[1])] = tuple(words)
    return found


def ttys(port):
    """Paths of its serial ports, in the order of interfaces."""
    folders = glob.glob(f"{device_folder(port)}/*:1.*/tty/tty*")
    folders.sort(key=lambda path: int(
        path.split("/tty/")[0].rsplit(".", 1)[1]))
    return ["/dev/" + os.path.basename(folder) for folder in folders]


class Device:
    """A device that is open by usbfs."""

    def __init__(self, port):
        bus, number = (int(attribute(port, name))
                       for name in ("busnum", "devnum"))
        self.fd = os.open(f"/dev/bus/usb/{bus:03}/{number:03}", os.O_RDWR)

    def close(self):
        os.close(self.fd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def claim(self, interface):
        fcntl.ioctl(self.fd, CLAIM, ctypes.c_uint(interface))

    def clear_halt(self, endpoint):
        fcntl.ioctl(self.fd, CLEAR_HALT, ctypes.c_uint(endpoint))

    def reset(self):
        """The host resets the port."""
        fcntl.ioctl(self.fd, RESET)

    def descriptors(self):
        return os.pread(self.fd, 4096, 0)

    def control(self, kind, request, value, index, length):
        """A request whose data comes in."""
        data = (ctypes.c_uint8 * length)()
        asked = _Control(kind, request, value, index, length, 3000,
                         ctypes.addressof(data))
        count = fcntl.ioctl(self.fd, CONTROL, asked)
        return bytes(data)[:count]

    def control_out(self, kind, request, value, index):
        """A request without data."""
        fcntl.ioctl(self.fd, CONTROL,
                    _Control(kind, request, value, index, 0, 3000, None))

    def bulk(self, endpoint, data_or_length, timeout_ms=5000):
        """Out: how much was taken.  In: the bytes."""
        data = ctypes.create_string_buffer(data_or_length, len(
            data_or_length)) if endpoint < 0x80 else (
                ctypes.c_uint8 * data_or_length)()
        asked = _Bulk(endpoint, len(data), timeout_ms, ctypes.addressof(data))
        count = fcntl.ioctl(self.fd, BULK, asked)
        return count if endpoint < 0x80 else bytes(data)[:count]
