#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A shift with the station's key in a TPM2, through tpm2-pkcs11, on an emulated
TPM (swtpm) that listens on loopback.

The module is another one than SoftHSM, so what only one of the two does is not
relied on.  The TPM stops and starts again in the middle of the work.
"""
import glob
import os
import shutil
import socket
import subprocess
import unittest

import case
import line


def free_pair():
    """Two ports, one after the other: the module wants them so."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
    raise line.Failed("no two free ports")


class Tpm2:
    """An emulated TPM, and a token of tpm2-pkcs11 in it."""

    kind = "tpm2"

    def __init__(self, folder, name):
        self.folder = os.path.join(folder, "tpm")
        self.store = os.path.join(folder, "store")
        for made in (self.folder, self.store):
            os.mkdir(made)
        self.pin, self.process = "123456-tpm", None
        self.module, = glob.glob(
            "/usr/lib/*/pkcs11/libtpm2_pkcs11.so") or glob.glob(
                "/usr/lib/*/libtpm2_pkcs11.so.1")
        self.address = f"pkcs11:token=imeilock-{name}?module-path={self.module}"
        self.port = free_pair()
        self.env = {"TPM2_PKCS11_STORE": self.store,
                    "TPM2_PKCS11_TCTI":
                        f"swtpm:host=127.0.0.1,port={self.port}",
                    "TPM2_PKCS11_LOG_LEVEL": "0", "TSS2_LOG": "all+NONE"}
        self.start()
        try:
            self.tool("--slot-index", "0", "--init-token", "--label",
                      f"imeilock-{name}", "--so-pin", self.pin)
            self.tool("--token-label", f"imeilock-{name}", "--login",
                      "--login-type", "so", "--so-pin", self.pin,
                      "--init-pin", "--pin", self.pin)
        except BaseException:
            self.stop()
            raise

    def tool(self, *words):
        done = subprocess.run(
            ["pkcs11-tool", "--module", self.module, *words], check=False,
            env={**os.environ, **self.env}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=line.PATIENCE_S)
        if done.returncode != 0:
            raise line.Failed(done.stdout)

    def start(self):
        listen = "type=tcp,bindaddr=127.0.0.1,port="
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate",
             "dir=" + self.folder, "--server",
             f"{listen}{self.port},disconnect", "--ctrl",
             f"{listen}{self.port + 1}", "--flags",
             "not-need-init,startup-clear"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            preexec_fn=line.die_with_parent)
        line.wait_for(self.answers, "swtpm does not answer")

    def answers(self):
        with socket.socket() as end:
            return end.connect_ex(("127.0.0.1", self.port + 1)) == 0

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


line.TOKENS["tpm2"] = Tpm2


class Shift(case.Case):
    def setUp(self):
        self.made = made = self.line(token="tpm2")
        self.addCleanup(made.token.stop)
        self.units = [made.unit(f"u{n + 1}") for n in range(3)]
        made.open()
        for unit in self.units:
            unit.start()

    def signer_log(self):
        return line.read(self.made.path("station", "signer",
                                        "signer.log")).decode()

    def test_a_shift(self):
        made = self.made
        made.arm()
        self.assert_good(made.provision(self.units[0]), self.units[0])
        made.disarm()
        made.arm()
        self.assert_good(made.provision(*self.units[1:]), *self.units[1:])
        self.assert_sums(made)
        imeis = sorted(row["imei"][0] for row in made.ledger().values())
        self.assertEqual([imei[8:14] for imei in imeis],
                         ["000000", "000001", "000002"])
        # one process at a time: there is no resource manager here
        made.disarm()
        shown = made.run("key", "show", "--folder",
                         made.path("another-folder"), token=True)
        # as tpm2-pkcs11 has it: no serial; and an emulated one says hardware
        signer, = shown.kind("signer")
        self.assertEqual((signer["serial"], signer["is_hardware"]),
                         ("0" * 16, True))

    def test_restarted_tpm(self):
        """The signer finds it again by itself, and says what it met."""
        made = self.made
        made.arm()
        self.assert_good(made.provision(self.units[0]), self.units[0])
        made.token.stop()
        made.token.start()
        self.assert_good(made.provision(self.units[1]), self.units[1])
        self.assertIn("token: trying again", self.signer_log())
        made.token.stop()
        outcome = made.provision(self.units[2])
        self.assertIn(outcome.row(self.units[2])["code"],
                      ("HSM_TOKEN_FAILED", "HSM_TOKEN_ABSENT"), outcome)
        made.token.start()
        self.assert_good(made.provision(self.units[2]), self.units[2])
        self.assert_sums(made)
        made.disarm()

    def test_wrong_pin(self):
        made = self.made
        self.assert_refused(made.try_arm(pin="wrong-pin"), "HSM_PIN",
                            case.STOP)
        self.assert_refused(made.try_arm(), "HSM_PIN", case.STOP)
        os.unlink(made.path("station", "signer", "pin-refused"))
        made.arm()

    def test_another_tpm(self):
        """Its serial is the same, so the key tells."""
        made = self.made
        made.token.stop()
        for folder in (made.token.folder, made.token.store):
            shutil.rmtree(folder)
        env = made.token.env
        made.token = Tpm2(made.folder, "station")
        self.addCleanup(made.token.stop)
        self.assertNotEqual(env, made.token.env)
        self.assert_refused(made.try_arm(), "HSM_KEY_LOST", case.STOP)


if __name__ == "__main__":
    unittest.main()
