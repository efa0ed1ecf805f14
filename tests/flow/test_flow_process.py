#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the programs are as processes: the PKCS#11 module is loaded in the
signer alone; QA needs nothing but files and sockets; nonces are fresh."""
import os
import subprocess
import sys

import case
import line
import wire


class Maps(case.Case):
    """The module is vendor code, and the tool never maps it."""

    def test_module_is_in_the_signer_only(self):
        made = self.line(token="softhsm")
        unit = made.unit("u1")
        seen, process = [], []

        def hook(direction, message):
            if direction == ">" and process:
                seen.append((message[2], line.maps(process[0].pid)))

        proxy = wire.Proxy(made.path("proxy.sock"), unit.path("agent.sock"),
                           hook)
        self.addCleanup(proxy.close)
        unit.agent = "unix:" + made.path("proxy.sock")
        made.open()
        unit.start()
        made.arm()
        process.append(made.start_provision())
        output, _ = process[0].communicate(timeout=60)
        self.assertEqual(process[0].returncode, case.GOOD, output)
        self.assertIsNone(proxy.error)
        operations = [operation for operation, _ in seen]
        # the hello may have come before the process was known here
        for operation in (wire.KEY, wire.PERMIT, wire.PROGRAM, wire.STORE,
                          wire.LOCK, wire.PROBE, wire.ATTEST):
            self.assertIn(operation, operations)
        module = os.path.basename(made.token.module)
        for operation, maps in seen:
            self.assertIn("/bin/imeilock", maps)
            self.assertNotIn(module, maps, wire.NAMES[operation])
            self.assertNotIn("p11-kit", maps, wire.NAMES[operation])
        signer, = made.signers()
        self.assert_signer_has(signer, module)

    def assert_signer_has(self, pid, module):
        """The control.  Its maps are hidden from all but root."""
        try:
            maps = line.maps(pid)
        except PermissionError:
            self.assertNotEqual(os.geteuid(), 0)
            maps = self.maps_of_another(module)
        self.assertIn(module, maps)

    def maps_of_another(self, module):
        path = next(path for path in line.glob.glob(
            "/usr/lib/**/" + module, recursive=True))
        return subprocess.run(
            [sys.executable, "-c",
             f"import ctypes; ctypes.CDLL('{path}');"
             "print(open('/proc/self/maps').read())"],
            check=True, capture_output=True, text=True).stdout

    def test_tool_is_not_linked_with_pkcs11(self):
        for program, has in (("imeilock", False), ("imeilock-signer", True)):
            needed = subprocess.run(
                ["ldd", os.path.join(line.BIN, program)], check=True,
                capture_output=True, text=True).stdout
            self.assertEqual("p11-kit" in needed, has, program)


class Verify(case.Case):
    """`verify` opens the root's file and the unit's sockets, and no more of
    what is the station's."""

    def test_no_station_is_there(self):
        made = self.armed()
        self.assert_good(made.provision(), *made.units)
        made.disarm()
        # neither station nor token can be found any more
        os.rename(made.station, made.path("gone"))
        os.rename(made.token.path, made.path("token.gone"))
        with self.keeps_fuses(*made.units):
            outcome = line.verify(made.units[0])
        self.assertEqual(outcome.exit, case.GOOD, outcome)
        self.assertEqual(outcome.errors, "")

    def test_where_it_runs_nothing_is_left(self):
        made = self.armed()
        self.assert_good(made.provision(), *made.units)
        empty = made.path("empty")
        os.mkdir(empty)
        unit = made.units[0]
        done = line.run("verify", "--root", made.root.pem, "--unit",
                        unit.agent, "--at", unit.at[0],
                        "--accept-development", env={}, cwd=empty)
        self.assertEqual(done.exit, case.GOOD, done)
        self.assertEqual(os.listdir(empty), [])


class Nonces(case.Case):
    """Session and nonces differ over requests, restarts and power-ups."""

    def collect(self, unit, boots):
        found = []
        for _ in range(boots):
            unit.restart()
            with wire.Client(unit.path("agent.sock")) as agent:
                for _ in range(2):
                    agent.hello()
                    found.append(agent.session.to_bytes(8, "big"))
                    for _ in range(2):
                        own = wire.claims(agent.token(wire.KEY))
                        found.append(own[wire.cose_check.OWN][13])
                    agent.good(wire.RESET)
        return found

    def test_virtual(self):
        made = self.line()
        unit = made.unit("u1")
        found = self.collect(unit, 5)
        self.assertEqual(len(found), 30)
        self.assertEqual(len(set(found)), 30)
        self.assertNotIn(bytes(8), found)
        self.assertNotIn(bytes(16), found)

    def test_secrets_of_units_differ(self):
        made = self.line()
        units = [made.unit(f"u{n}") for n in range(4)]
        for unit in units:
            unit.start()
            with wire.Client(unit.path("agent.sock")) as agent:
                agent.hello()
                agent.token(wire.KEY)
        self.assertEqual(len({unit.decode()["secret"] for unit in units}), 4)

    def test_token_answers_this_question(self):
        made = self.line()
        unit = made.unit("u1")
        unit.start()
        with wire.Client(unit.path("agent.sock")) as agent:
            agent.hello()
            for operation in (wire.KEY, wire.READ, wire.PROBE, wire.ATTEST):
                nonce = os.urandom(16)
                self.assertEqual(
                    wire.claims(agent.token(operation, nonce))[10], nonce)


if __name__ == "__main__":
    case.main()
