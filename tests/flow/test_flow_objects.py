#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""All that a real run said and signed, held against the documents.

One unit is provisioned over a recorded link.  Frames are taken apart, messages
are checked against docs/protocol.cddl, signed objects against docs/record.cddl
and their signatures by a checker of its own; the signer's register against
docs/hsm.cddl; the ledger by its own checker.
"""
import hashlib
import os
import sqlite3
import unittest

import case
import cddl
import cose_check
import line
import register_check
import wire

DOCS = os.path.join(line.SOURCE, "docs")
OWN = cose_check.OWN
TOKENS = {wire.KEY: "key-token", wire.READ: "read-token",
          wire.PROBE: "probe-token", wire.ATTEST: "evidence"}
STORED = {1: "cert", 2: "ticket", 3: "cert", 4: "record"}


class Objects(case.Case):
    model, token = "virtual-additive", "soft"

    @classmethod
    def setUpClass(cls):
        cls.vendor = line.Root(firmware_root=cls.model == "zcu102")
        cls.addClassCleanup(cls.vendor.close)
        cls.made = made = line.Line(cls.vendor, cls.token)
        cls.addClassCleanup(made.close)
        cls.unit = unit = (made.board("u1") if cls.model == "zcu102"
                           else made.unit("u1", cls.model))
        tape = made.path("tape")
        behind, unit.agent = unit.agent, f"tape:record={tape}:{unit.agent}"
        made.open()
        unit.agent = behind
        unit.start()
        made.arm()
        cls.outcome = made.provision()
        cls.tape = wire.tape(tape)
        cls.messages = [(direction, message, wire.decode(message))
                        for direction, message in cls.tape]
        cls.protocol = cddl.load(os.path.join(DOCS, "protocol.cddl"))
        cls.record = cddl.load(os.path.join(DOCS, "record.cddl"))

    def replies(self):
        """(request, reply) of each exchange; progress is left out, and so is
        what was said again because an answer was late."""
        request, answered = None, set()
        for direction, _, message in self.messages:
            if direction == ">":
                request = message
            elif (4 in message and message[1] == request[1]
                  and message[1] not in answered):
                answered.add(message[1])
                yield request, message

    def objects(self):
        """(kind, bytes) of each signed object that went over the wire."""
        for request, reply in self.replies():
            operation, body = request[2], request[3]
            if operation == wire.PERMIT:
                yield "cert", body[2]
                yield "ticket", body[3]
            elif operation == wire.STORE:
                yield "cert", body[2]
                # that of the probe is made to fit nobody
                if reply[4] == wire.OK:
                    yield "record", body[3]
            elif reply[4] == wire.OK and operation in TOKENS:
                yield TOKENS[operation], reply[5][3]
            elif reply[4] == wire.OK and operation == wire.FETCH:
                yield STORED[body[4]], reply[5][3]

    def root_key(self):
        return cose_check.load_key(line.read(self.vendor.pem))

    def line_key(self):
        cert = next(data for kind, data in self.objects() if kind == "cert")
        claims = cose_check.open_object("cert", cert, self.root_key())
        return cose_check.load_key(cose_check.key_inside(claims))

    def opened(self):
        """{kind: [claims]} of all objects, each signature checked."""
        keys = {"cert": self.root_key(), "ticket": self.line_key(),
                "record": self.line_key()}
        found = {}
        for kind, data in self.objects():
            found.setdefault(kind, []).append(
                cose_check.open_object(kind, data, keys.get(kind)))
        return found

    def test_run_was_good(self):
        self.assert_good(self.outcome, self.unit)

    def test_messages(self):
        for direction, message, plain in self.messages:
            if direction == ">":
                rule = wire.NAMES[plain[2]] + "-request"
            elif 6 in plain:
                rule = "progress"
            elif plain[4] != wire.OK:
                rule = "failed-reply"
            else:
                rule = wire.NAMES[plain[2]] + "-reply"
            self.protocol.check(rule, message)

    def test_every_operation_was_there(self):
        asked = {request[2] for request, _ in self.replies()}
        # the record was just stored: only `verify` alone fetches it
        self.assertEqual(asked, set(range(1, 13)) - {wire.FETCH})

    def test_what_verify_fetches(self):
        """QA asks the unit for everything; it holds what the line stored."""
        tape = self.made.path("verify-tape")
        behind = self.unit.agent
        self.unit.agent = f"tape:record={tape}:{behind}"
        try:
            told = line.verify(self.unit)
        finally:
            self.unit.agent = behind
        self.assertEqual(told.code, "OK")
        fetched = []
        for direction, message in wire.tape(tape):
            plain = wire.decode(message)
            if plain[2] != wire.FETCH:
                continue
            end = "request" if direction == ">" else "reply"
            self.protocol.check("fetch-" + end, message)
            if direction == "<":
                fetched.append(plain[5][3])
        stored = [data for kind, data in self.objects() if kind == "record"]
        self.assertEqual(len(fetched), 2)
        self.assertIn(stored[0], fetched)

    def test_progress_was_told(self):
        told = [message for _, _, message in self.messages if 6 in message]
        self.assertTrue(told)
        for message in told:
            self.assertEqual(message[2], wire.PROGRAM)

    def test_control_a_wrong_message_is_found(self):
        message = wire.encode({0: 1, 1: 1, 2: wire.READ, 3: {1: bytes(15)}})
        with self.assertRaises(cddl.Mismatch):
            self.protocol.check("read-request", message)

    def test_sequence_and_session(self):
        """protocol.md 3: hello in session 0, all else in the agent's."""
        session, last = None, 0
        for request, reply in self.replies():
            if request[2] == wire.HELLO:
                self.assertEqual(request[0], 0)
                self.assertNotEqual(reply[0], session)
                session = reply[0]
            else:
                self.assertEqual((request[0], reply[0]), (session, session))
                self.assertGreater(request[1], last)
            last = request[1]
            self.assertEqual(reply[2], request[2])

    def test_counts(self):
        """What the tool says of itself is what was on the wire."""
        row = self.outcome.row(self.unit)
        self.assertEqual(row["exchanges"], len(list(self.replies())))
        with open(self.made.path("tape"), encoding="ascii") as file:
            self.assertEqual(row["bytes"], sum(
                len(text.split()[1]) // 2 for text in file if " " in text))

    def test_signed_objects(self):
        found = self.opened()
        self.assertEqual(set(found), {"cert", "ticket", "record", "key-token",
                                      "read-token", "probe-token",
                                      "evidence"})
        for kind, data in self.objects():
            self.record.check(kind, data)
            self.assertLessEqual(len(data), 768)

    def test_control_a_flipped_bit_is_found(self):
        for kind, data in self.objects():
            bad = bytearray(data)
            bad[-1] ^= 1
            key = {"cert": self.root_key(), "ticket": self.line_key(),
                   "record": self.line_key()}.get(kind)
            with self.assertRaises(cose_check.NotGood, msg=kind):
                cose_check.open_object(kind, bytes(bad), key)

    def test_ceremony_objects(self):
        request = line.read(self.made.path(self.model + ".request"))
        cert = line.read(self.made.path(self.model + ".cert"))
        self.record.check("request", request)
        self.record.check("cert", cert)
        asked = cose_check.open_object("request", request)
        given = cose_check.open_object("cert", cert, self.root_key())
        self.assertEqual(asked[8], given[8])
        for key in (0, 4, 6, 8):
            self.assertEqual(asked[OWN][key], given[OWN][key])
        tac = int(self.made.tacs[self.model]) * 10 ** 6
        self.assertEqual(given[OWN][10], [[tac, tac + 999]])

    def test_nonces(self):
        """Each answer answers its own question; the ticket answers the
        device's; no nonce is used twice."""
        asked = []
        for request, reply in self.replies():
            if request[2] in TOKENS and reply[4] == wire.OK:
                claims = wire.claims(reply[5][3])
                self.assertEqual(claims[10], request[3][1])
                asked.append(claims[10])
                if request[2] == wire.KEY:
                    asked.append(claims[OWN][13])
        self.assertEqual(len(asked), len(set(asked)))
        device = None
        for request, reply in self.replies():
            if request[2] == wire.KEY:
                device = wire.claims(reply[5][3])[OWN][13]
            if request[2] == wire.PERMIT:
                self.assertEqual(wire.claims(request[3][3])[10], device)

    def test_they_speak_of_one_unit(self):
        found = self.opened()
        fuses = self.unit.decode()
        identity = [0] + [imei and int(imei[:14]) for imei in fuses["imei"]]
        device = found["key-token"][0][OWN][2]
        for kind in set(found) - {"cert"}:
            for claims in found[kind]:
                self.assertEqual(claims[OWN][0], 1, kind)
                self.assertEqual(claims[OWN][1].hex(), fuses["chip_id"], kind)
                self.assertEqual(claims[OWN][2], device, kind)
        for kind in ("ticket", "record", "evidence"):
            for claims in found[kind]:
                self.assertEqual(claims[OWN][3], identity, kind)
        for claims in found["probe-token"]:
            self.assertEqual(claims[OWN][7], wire.LOCKED)
            self.assertEqual(set(claims[OWN][19]), {1})
        evidence = found["evidence"][-1]
        self.assertEqual(evidence[OWN][7], wire.LOCKED)
        self.assertEqual(evidence[OWN][27], wire.OK)
        self.assertEqual(evidence[OWN][23], self.unit.is_virtual)

    def test_record_rests_on_a_read_token_that_was_seen(self):
        hashes = {hashlib.sha256(data).digest()
                  for kind, data in self.objects() if kind == "read-token"}
        for claims in self.opened()["record"]:
            self.assertIn(claims[OWN][11], hashes)

    def test_digest_in_the_fuses_is_the_records(self):
        record = self.opened()["record"][0][OWN]
        self.assertEqual(self.unit.decode()["digest"],
                         cose_check.digest(record).hex())

    def test_read_token_shows_the_fuse_file(self):
        """The last one, word for word; and the secret is in no message."""
        words = [word.to_bytes(4, "big") for word in self.unit.words()]
        claims = self.opened()["read-token"][-1][OWN]
        self.assertEqual(claims[16], b"".join(words[22:116]))
        secret = bytes.fromhex(self.unit.decode()["secret"])
        for _, message in self.tape:
            self.assertNotIn(secret, message)
            self.assertNotIn(words[1] + words[2], message)
            self.assertNotIn(words[1][::-1] + words[2][::-1], message)

    def test_unit_as_a_whole(self):
        last = dict(self.objects())
        record = cose_check.open_record(self.root_key(), last["cert"],
                                        last["record"])
        cose_check.check_evidence(last["record"], record, last["evidence"])

    def test_probe_was_refused_as_it_must_be(self):
        def code(text, index, kind):
            return int.from_bytes(text.encode() + bytes([index, kind]), "big")

        probe = [(request[2], reply[4]) for request, reply in self.replies()
                 if reply[4] != wire.OK]
        self.assertEqual(probe, [
            (wire.PERMIT, code("AG", 1, 0x33)),
            (wire.PROGRAM, code("AG", 1, 0x33)),
            (wire.LOCK, code("AG", 1, 0x33)),
            (wire.STORE, code("AG", 4, 0x55))])

    def test_ledger(self):
        summary = self.assert_sums(self.made)
        self.assertEqual(summary["units"], 1)

    def test_ledger_holds_the_unit_objects(self):
        db = sqlite3.connect(
            f"file:{self.made.path('station', 'ledger.db')}?mode=ro",
            uri=True)
        record, cert = db.execute(
            "SELECT record, record_cert FROM unit").fetchone()
        db.close()
        last = dict(self.objects())
        self.assertEqual((record, cert), (last["record"], last["cert"]))


class ObjectsOfWriteOnceWords(Objects):
    """Two IMEIs."""

    model = "virtual-once"


class ObjectsOfAToken(Objects):
    """Signed by a PKCS#11 token."""

    token = "softhsm"


class Register(case.Case):
    """The signer's registers: each entry, and the chain that they make."""

    def test_register(self):
        made = self.armed("virtual-additive", "virtual-once")
        self.assert_good(made.provision(), *made.units)
        made.kill_signer()
        os.unlink(made.path("station", "armed.json"))
        made.arm()
        made.disarm()
        kinds = self.check(made.path("station", "signer", "register"))
        # role, key, open, close, request, install, ticket, again, record, mark
        self.assertEqual(set(kinds), {1, 2, 3, 4, 5, 6, 7, 8, 10, 11})
        self.assertEqual(kinds.count(7), 2)
        self.assertEqual(kinds.count(10), 2)
        kinds = self.check(made.root.path("folder", "register"))
        self.assertEqual(kinds.count(13), 2)

    def check(self, path):
        """The kinds of all entries."""
        document = cddl.load(os.path.join(DOCS, "hsm.cddl"))
        before, kinds, data = bytes(32), [], line.read(path)
        for number, (_, item) in enumerate(register_check.items(data), 1):
            document.check("item", item)
            entry, digest = cddl.decode(item)
            self.assertEqual(entry[0], number)
            self.assertEqual(entry[3], before)
            before = hashlib.sha256(item[1:-34]).digest()
            self.assertEqual(digest, before)
            kinds.append(entry[2])
        return kinds


if __name__ == "__main__":
    unittest.main()
