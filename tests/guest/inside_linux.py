#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The Linux port as a handset has it: FunctionFS and ACM behind a UDC
(dummy_hcd), gadget.sh and a supervisor; and the tool at the other end.

Inside a guest (run.py).  The chip is files, which burn by nvmem_shim.c.  P7,
P8.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "tests",
                                "flow"))
import case  # noqa: E402
import line  # noqa: E402
import linux_unit  # noqa: E402
import usbfs  # noqa: E402

GADGET = os.path.join(line.SOURCE, "firmware-agent", "port", "linux",
                      "gadget.sh")
FFS = "/dev/usb-ffs/imeilock"
PORT = "dummy_hcd.0/1"
SLOTS = 2


def gadget(*words):
    subprocess.run([GADGET, *words], check=True, stdin=subprocess.DEVNULL)


class GadgetUnit(linux_unit.LinuxUnit):
    """Of two slots, at the port of dummy_hcd; it resets itself by reboot(2),
    which in process ids of its own ends no more than these."""

    def __init__(self, made, name):
        super().__init__(
            made, name, slots=SLOTS,
            runner=("unshare", "--pid", "--fork", "--kill-child"),
            changes=[("reset = exit", "reset = reboot")])
        self.agent = "usb:" + PORT
        self.at = [f"serial:{PORT}#{n}" for n in range(SLOTS)]

    def links(self):
        return "\n".join([f"agent = usb {FFS}"] + [
            f"at = /dev/ttyGS{n}" for n in range(SLOTS)])

    def launched(self):
        gadget("bind")

    def ended(self):
        """A gadget goes with its agent."""

    def await_plugged(self):
        line.wait_for(lambda: len(usbfs.ttys(PORT)) == SLOTS
                      and all(map(os.path.exists, usbfs.ttys(PORT))),
                      "it is not enumerated", 30)


class Gadget(case.Case):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["modprobe", "-a", "dummy_hcd", "cdc-acm"], check=True)

    def setUp(self):
        self.made = self.line()
        self.unit = self.made.adopt(GadgetUnit(self.made, "u1"))
        gadget("up", "vendor=0x1209", "product=0x0001", "serial=0123",
               "manufacturer=imeilock", "name=linux-files", f"slots={SLOTS}")
        self.addCleanup(gadget, "down")
        self.addCleanup(self.unit.close)

    def up(self, **how):
        self.unit.start(**how)
        self.unit.await_plugged()

    def test_the_kernel_takes_it_for_what_it_is(self):
        self.up()
        for name, text in (("idVendor", "1209"), ("idProduct", "0001"),
                           ("speed", "480"), ("serial", "0123"),
                           ("manufacturer", "imeilock"),
                           ("product", "linux-files"),
                           ("bNumInterfaces", "5")):
            self.assertEqual(usbfs.attribute(PORT, name), text, name)
        self.assertEqual(usbfs.interfaces(PORT), {
            0: ("ff", "49", "01", None),
            1: ("02", "02", "01", "cdc_acm"), 2: ("0a", "00", "00", "cdc_acm"),
            3: ("02", "02", "01", "cdc_acm"), 4: ("0a", "00", "00", "cdc_acm")})
        with usbfs.Device(PORT) as device:
            # the OS string, and the compatible id of interface 0
            self.assertIn("MSFT100".encode("utf-16le"),
                          device.control(0x80, 6, 0x3EE, 0, 64))
            self.assertIn(b"WINUSB\0\0", device.control(0xC0, 0x4D, 0, 4, 64))
            self.assertIn("{6b0e1f3a-".encode("utf-16le"),
                          device.control(0xC1, 0x4D, 0, 5, 256))
            # a request to the interface that is none of the agent's
            with self.assertRaises(OSError):
                device.control(0xC1, 1, 0, 0, 8)

    def test_provisioned_cut_and_verified(self):
        self.made.open()
        self.made.arm(profiles=[self.unit.profile()])
        self.up(cut=30)
        number = usbfs.attribute(PORT, "devnum")
        outcome = self.made.provision(self.unit)
        self.assertNotEqual(outcome.exit, case.GOOD, outcome)
        self.unit.stop()
        self.up()
        self.assertNotEqual(usbfs.attribute(PORT, "devnum"), number)
        number = usbfs.attribute(PORT, "devnum")
        outcome = self.made.provision(self.unit)
        self.assert_good(outcome, self.unit)
        imeis = outcome.row(self.unit)["imei"]
        self.assert_whole(self.unit, imeis)
        self.assertEqual(len(imeis), SLOTS)
        # its resets took it off the bus
        self.assertNotEqual(usbfs.attribute(PORT, "devnum"), number)
        outcome = line.verify(self.unit)
        self.assertEqual(outcome.exit, case.GOOD, outcome)
        self.assertEqual(outcome.checks()["canaries"], "good")
        self.unit.stop()
        self.up(program="imeilock-agent-linux-verify", burns=False)
        outcome = line.verify(self.unit)
        self.assertEqual(outcome.exit, case.GOOD, outcome)
        self.assertEqual(outcome.kind("verdict")[0]["imei"], imeis)
        self.assertEqual(outcome.checks()["canaries"], "not shown")


if __name__ == "__main__":
    case.unittest.main(argv=sys.argv, verbosity=2)
