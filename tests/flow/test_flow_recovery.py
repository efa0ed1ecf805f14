#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""After a loss: what is left of a station is not mended, a new one begins beside
it with a new ledger, key and numbers (docs/guides/recovery.md).  And units of
several roots, as after a change of roots."""
import os
import shutil

import case
import line


class Recovery(case.Case):
    def setUp(self):
        self.vendor = self.root()
        self.old = self.line(self.vendor, token="softhsm")
        self.good, self.begun = (self.old.unit(name) for name in "ab")
        self.old.open(last_snr=99)
        self.good.start()
        self.begun.start("--cut", "otp-program@25:before")
        self.old.arm()
        self.assert_good(self.old.provision(self.good), self.good)
        self.assertEqual(self.old.provision(self.begun).exit, case.RETRY)
        self.old.disarm()
        self.begun.stop()
        self.begun.start()

    def station(self, *names):
        return self.old.path("station", *names)

    def assert_lost(self, code):
        with self.keeps_fuses(self.good, self.begun):
            self.assert_refused(self.old.try_arm(), code, case.STOP)
            self.assert_no_signer(self.old)

    def new_line(self):
        """A new folder, token, key and certificate; its own blank unit."""
        new = self.line(self.vendor, token="softhsm")
        fresh = new.unit("c")
        for unit in (self.good, self.begun):
            new.adopt(unit)
        new.must("station", "init", "--class", "development", *[
            word for unit in new.units for word in (
                "--slot", ",".join([f"{unit.slot}={unit.agent}", *unit.at]))])
        request = new.path("request")
        new.must("key", "request", "--model", fresh.model, "--out", request,
                 token=True)
        # numbers that the old ledger may have given
        tac = self.old.tacs[fresh.model]
        outcome = line.run(
            "key", "certify", "--folder", self.vendor.path("folder"),
            "--request", request, "--first", f"{tac}000099", "--last",
            f"{tac}000199", "--out", new.path("no.cert"), "--token",
            self.vendor.token.address, pin=self.vendor.token.pin)
        self.assert_refused(outcome, "HSM_OVERLAP", case.STOP)
        self.vendor.certify(request, f"{tac}000100", f"{tac}000199",
                            new.path("cert"))
        new.must("key", "install", "--cert", new.path("cert"), "--root",
                 self.vendor.pem, token=True)
        new.must("tac", "add", "--model", fresh.model, "--first",
                 f"{tac}000100", "--last", f"{tac}000199")
        fresh.start()
        new.arm()
        return new, fresh

    def assert_goes_on(self):
        new, fresh = self.new_line()
        with self.keeps_fuses(self.good, self.begun):
            for unit in (self.good, self.begun):
                self.assert_refused(new.provision(unit), "STATION_ELSEWHERE",
                                    case.STOP, unit)
        outcome = new.provision(fresh)
        self.assert_good(outcome, fresh)
        imei, = outcome.row(fresh)["imei"]
        self.assertGreaterEqual(int(imei[8:14]), 100)
        # what was good stays so
        self.assertEqual(line.verify(self.good).exit, case.GOOD)
        self.assert_sums(new)
        new.disarm()
        return new

    def scrap(self):
        """In the old ledger, without a signer; nothing of it is open after."""
        chip = self.begun.decode()["chip_id"]
        self.old.must("ledger", "scrap", chip, "--reason", "station lost",
                      "--operator", "kim", "--second", "lee", "--confirm",
                      "scrap this unit")
        count = self.assert_sums(self.old)["intervals"][0]["count"]
        self.assertEqual({key: n for key, n in count.items() if n},
                         {"free": 98, "verified": 1, "scrapped": 1})

    def test_register_lost(self):
        os.unlink(self.station("signer", "register"))
        self.assert_lost("HSM_REGISTER_OLD")
        self.assert_goes_on()
        self.scrap()

    def test_register_from_a_backup(self):
        """And its numbers went on after that."""
        kept = self.old.copy("signer")
        self.old.arm()
        self.assertEqual(self.old.provision(self.begun).exit, case.GOOD)
        self.old.disarm()
        self.old.restore(kept, "signer")
        with self.keeps_fuses(self.good, self.begun):
            self.assert_refused(self.old.try_arm(), "HSM_REGISTER_OLD",
                                case.STOP)
        self.assert_goes_on()

    def test_ledger_lost(self):
        for name in os.listdir(self.station()):
            if name.startswith("ledger.db"):
                os.unlink(self.station(name))
        self.assert_lost("LEDGER_OPEN")
        self.assert_goes_on()

    def test_token_lost(self):
        """And maybe found by somebody: the root revokes the key."""
        shutil.rmtree(self.old.token.folder)
        os.mkdir(self.old.token.folder)
        self.assert_lost("HSM_TOKEN_ABSENT")
        notice = self.vendor.path("notice")
        self.vendor.must(
            "key", "revoke", "--folder", self.vendor.path("folder"), "--cert",
            self.old.path("virtual-additive.cert"), "--reason", "token lost",
            "--from", "2100-01-01T00:00:00Z", "--out", notice)
        new = self.assert_goes_on()
        new.must("key", "install", "--revoked", notice)
        new.arm()
        self.scrap()

    def test_token_initialised_anew(self):
        """The same token serves again once its old key is gone."""
        shutil.rmtree(self.old.token.folder)
        anew = line.TOKENS["softhsm"]
        os.unlink(self.old.path("token.conf"))
        self.old.token = anew(self.old.folder, "station")
        self.assert_lost("HSM_TOKEN_CHANGED")
        lost = self.old.path("lost")
        os.mkdir(lost)
        for name in ("station", "virtual-additive.request",
                     "virtual-additive.cert"):
            os.rename(self.old.path(name), os.path.join(lost, name))
        self.old.open(last_snr=9)
        self.old.arm()
        with self.keeps_fuses(self.good, self.begun):
            self.assert_refused(self.old.provision(self.begun),
                                "STATION_ELSEWHERE", case.STOP, self.begun)


class Roots(case.Case):
    def test_units_of_two_roots(self):
        lines = [self.armed() for _ in range(2)]
        for made in lines:
            self.assert_good(made.provision(), made.units[0])
        pems = [made.root.pem for made in lines]
        for made in lines:
            unit, = made.units
            for roots, good in ((pems, True), (pems[::-1], True),
                                ([made.root.pem], True),
                                ([pem for pem in pems
                                  if pem != made.root.pem], False)):
                words = [word for pem in roots for word in ("--root", pem)]
                outcome = line.run("verify", "--unit", unit.agent, "--at",
                                   unit.at[0], "--accept-development", *words,
                                   cwd="/")
                self.assertEqual(
                    (outcome.code, outcome.exit),
                    ("OK", case.GOOD) if good
                    else ("VERIFY_RECORD", case.STOP), outcome)


if __name__ == "__main__":
    case.main()
