# SPDX-License-Identifier: Apache-2.0
"""A key that the root revoked: what the root, a station and a verifier do."""
import os
import re
import time
import unittest

import case
import cose_check
import line


def when(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Revoked(case.Case):
    def setUp(self):
        self.made = self.armed()
        self.unit, = self.made.units
        self.assert_good(self.made.provision(), self.unit)
        self.cert = self.made.path("virtual-additive.cert")

    def revoke(self, name="notice", root=None, cert=None, **how):
        root = root or self.made.root
        path = root.path(name)
        words = [word for key, value in how.items()
                 for word in (f"--{key}_".rstrip("_"), value)]
        root.must("key", "revoke", "--folder", root.path("folder"), "--cert",
                  cert or self.cert, "--reason", "token stolen", "--out",
                  path, *words)
        return path

    def verify(self, *notices, roots=()):
        words = []
        for notice in notices:
            words += ["--revoked", notice]
        for root in (self.made.root, *roots):
            words += ["--root", root.pem]
        return line.run("verify", "--unit", self.unit.agent, "--at",
                        self.unit.at[0], "--accept-development", *words,
                        cwd="/")

    def assert_revocation(self, outcome, result):
        self.assertEqual(outcome.checks().get("revocation"), result, outcome)
        if result == "VERIFY_REVOKED":
            self.assert_refused(outcome, result, case.STOP)
        else:
            self.assertEqual(outcome.exit, case.GOOD, outcome)

    def test_verify(self):
        self.assert_revocation(self.verify(), "not shown")
        self.assert_revocation(self.verify(self.revoke()), "VERIFY_REVOKED")

    def test_a_phone_without_an_agent(self):
        record, cert = self.made.path("record"), self.made.path("phone.cert")
        imei, = self.unit.decode()["imei"][:1]
        self.made.must("ledger", "show", imei, "--record", record, "--cert",
                       cert)
        words = ["verify", "--root", self.made.root.pem, "--record", record,
                 "--cert", cert, "--at", self.unit.at[0],
                 "--accept-development", "--accept-unshown-lock"]
        later = self.revoke("later", **{"from": when(time.time() + 3600)})
        for more, result, code in (
                ((), "not shown", case.GOOD),
                (("--revoked", later), "good", case.GOOD),
                (("--revoked", self.revoke()), "VERIFY_REVOKED", case.STOP)):
            outcome = line.run(*words, *more)
            self.assertEqual((outcome.checks()["revocation"], outcome.exit),
                             (result, code), outcome)

    def test_from(self):
        """Judged by the record's own time, as well as that can be done."""
        now = int(time.time())
        later = self.revoke(
            "later", **{"from": when(now + 3600).replace("T", " ")})
        before = self.revoke("before", **{"from": when(now - 3600)})
        self.assert_revocation(self.verify(later), "good")
        self.assert_revocation(self.verify(before), "VERIFY_REVOKED")
        self.assert_revocation(self.verify(later, before), "VERIFY_REVOKED")
        for text in ("yesterday", when(now) + "x", "1969-12-31T00:00:00Z"):
            outcome = line.run(
                "key", "revoke", "--folder", "x", "--cert", self.cert,
                "--reason", "r", "--out", self.made.path("no"), "--token",
                "soft:x", "--from", text)
            self.assertEqual(outcome.code, "USAGE", outcome)

    def test_every_certificate_of_the_key(self):
        made = self.made
        tac = made.root.next_tac()
        other = made.path("other.cert")
        made.root.certify(made.path("virtual-additive.request"),
                          f"{tac}000000", f"{tac}000009", other)
        self.assert_revocation(self.verify(self.revoke(cert=other)),
                               "VERIFY_REVOKED")

    def test_notice_about_another_key(self):
        other = self.line(self.made.root)
        other.unit("u2")
        other.open()
        notice = self.revoke(cert=other.path("virtual-additive.cert"))
        self.assert_revocation(self.verify(notice), "good")

    def test_notices_that_are_none(self):
        garbage = self.made.path("garbage")
        line.write(garbage, b"\xd2\x84")
        strange = self.root()
        # what is not its own, a root does not revoke
        outcome = line.run(
            "key", "revoke", "--folder", strange.path("folder"), "--cert",
            self.cert, "--reason", "r", "--out", strange.path("n"), "--token",
            strange.token.address, pin=strange.token.pin)
        self.assert_refused(outcome, "HSM_REVOCATION", case.STOP)
        self.assertFalse(os.path.exists(strange.path("n")))
        line_of_it = self.line(strange)
        line_of_it.unit("u2")
        line_of_it.open()
        foreign = self.revoke(root=strange,
                              cert=line_of_it.path("virtual-additive.cert"))
        changed = bytearray(line.read(self.revoke()))
        changed[-1] ^= 1
        broken = self.made.path("broken")
        line.write(broken, bytes(changed))
        for path in (garbage, foreign, broken, self.cert):
            self.assert_refused(self.verify(path), "HSM_REVOCATION",
                                case.STOP)
        # of another root that is accepted as well: a good one, about others
        self.assert_revocation(self.verify(foreign, roots=[strange]), "good")

    def test_the_object(self):
        notice = self.revoke(**{"from": when(1800000000)})
        claims = cose_check.open_object(
            "revocation", line.read(notice),
            cose_check.load_key(line.read(self.made.root.pem)))
        cert = cose_check.open_object(
            "cert", line.read(self.cert),
            cose_check.load_key(line.read(self.made.root.pem)))
        self.assertEqual((claims[7], claims[8]), (cert[7], cert[8]))
        self.assertEqual(claims[cose_check.OWN],
                         {0: 1, 29: 1800000000, 30: "token stolen"})
        shown = line.run("inspect", notice, "--root", self.made.root.pem)
        self.assertEqual(shown.exit, case.GOOD, shown)
        row, = shown.kind("object")
        self.assertEqual((row["object"], row["reason"], row["revoked_from"]),
                         ("revocation", "token stolen",
                          when(1800000000).replace("T", " ")))
        self.assertRegex(shown.output, '"signature":"good"')

    def test_the_root_certifies_it_no_more(self):
        self.revoke()
        root = self.made.root
        outcome = line.run(
            "key", "certify", "--folder", root.path("folder"), "--request",
            self.made.path("virtual-additive.request"), "--first",
            "00101999000000", "--last", "00101999000009", "--out",
            root.path("no.cert"), "--token", root.token.address,
            pin=root.token.pin)
        self.assert_refused(outcome, "HSM_CERT_REVOKED", case.STOP)

    def test_at_the_station(self):
        made = self.made
        notice = self.revoke(**{"from": when(int(time.time()) + 3600)})
        outcome = made.must("key", "install", "--revoked", notice)
        self.assertEqual(outcome.kind("object")[0]["object"], "revocation")
        # whatever its time: nothing new is signed with that key
        new = made.unit("u2")
        self.addCleanup(new.stop)
        self.assert_refused(made.provision(self.unit), "HSM_CERT_REVOKED",
                            case.STOP)
        made.disarm()
        self.assert_refused(made.try_arm(), "HSM_CERT_REVOKED", case.STOP)
        self.assert_no_signer(made)
        self.assert_refused(
            made.run("key", "install", "--cert", self.cert, "--root",
                     made.root.pem, token=True), "HSM_CERT_REVOKED",
            case.STOP)
        self.assert_refused(made.run("key", "install", "--revoked", notice),
                            "STATION_EXISTS", case.STOP)
        # a notice that is damaged is not passed over
        folder = made.path("station", "revoked")
        name, = os.listdir(folder)
        self.assertRegex(name, re.compile("[0-9a-f]{16}-[0-9]+"))
        line.write(os.path.join(folder, name), b"")
        self.assert_refused(made.try_arm(), "HSM_REVOCATION", case.STOP)
        os.unlink(os.path.join(folder, name))
        made.arm()

    def test_a_station_takes_its_roots_notices_only(self):
        strange = self.root()
        other = self.line(strange)
        other.unit("u2")
        other.open()
        foreign = self.revoke(root=strange,
                              cert=other.path("virtual-additive.cert"))
        self.assert_refused(
            self.made.run("key", "install", "--revoked", foreign),
            "HSM_REVOCATION", case.STOP)


if __name__ == "__main__":
    unittest.main()
