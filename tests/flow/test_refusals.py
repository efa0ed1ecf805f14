#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every refusal in one table: how it comes about, and what is said.

Each row is run on the real programs.  Before and after it the fuse files of all
units of its station are the same to the bit, the code is the one of the table,
exit code and sentence are those of the status list, the ledger is whole and no
number is in two states.  Where the cause can be removed, the row itself then
makes the same unit, and that must go well.

P1, P2, P3, P9, P13, P14.
"""
import collections
import contextlib
from concurrent import futures

import case
import line as lines
import refuse_station as station
import refuse_text as text
import refuse_unit as unit
import refuse_wire as by_wire
import refusals
import status_list
import wire
import wire_edit

STATUSES = status_list.load()
FOREIGN = wire_edit.foreign_key()
OPERATIONS = refusals.STEPS

Row = collections.namedtuple("Row", "name code how")

# What is wrong with a number, wherever it is read.
NUMBERS = (
    Row("check digit", "IMEI_CHECK", text.check("260531793113838")),
    Row("spare digit 0 on a label", "IMEI_SPARE",
        text.check("260531793113830")),
    Row("14 digits", "IMEI_FORMAT", text.check("26053179311383")),
    Row("16 digits", "IMEI_FORMAT", text.check("2605317931138371")),
    Row("a letter", "IMEI_FORMAT", text.check("26053179311383O")),
    Row("Arabic-Indic digits", "IMEI_FORMAT",
        text.check("٢٦٠٥٣١٧٩٣١١٣٨٣٧")),
    Row("full-width digits", "IMEI_FORMAT",
        text.check("２６０５３１７９３１１３８３７")),
    Row("all zeros", "IMEI_ZERO", text.check("000000000000000")),
    Row("a number twice in a list", "IMEI_TWICE", text.rejects(
        "imei", "check", "--duplicates", text.GOOD, text.GOOD)),
    Row("encode: check digit", "IMEI_CHECK", text.rejects(
        "imei", "encode", "--carrier", "tbcd", "260531793113838")),
    Row("encode: a carrier without it", "IMEI_CARRIER", text.words(
        "imei", "encode", "--carrier", "ts24301", "--svn", "01",
        "260531793113837")),
    Row("ledger: check digit", "IMEI_CHECK", text.words(
        "ledger", "show", "260531793113838")),
    Row("ledger: spare digit 0", "IMEI_SPARE", text.words(
        "ledger", "show", "260531793113830")),
    Row("ledger: full-width digits", "IMEI_FORMAT", text.words(
        "ledger", "show", "２６０５３１７９３１１３８３７")),
    Row("ledger: a number that it does not have", "LEDGER_NONE", text.words(
        "ledger", "show", "260531793113837")),
)

# Numbers that a ledger or a root does not take.
INTERVALS = (
    Row("test TAC in production", "LEDGER_TEST_TAC",
        text.test_tac_in_production),
    Row("live TAC in development", "LEDGER_TEST_TAC",
        text.add_tac("35000000000000", "35000000000009")),
    Row("interval that is there", "LEDGER_OVERLAP",
        text.add_tac("own000005", "own000005")),
    Row("interval that ends before it begins", "LEDGER_INTERVAL",
        text.add_tac("own001009", "own001000")),
    Row("TAC of another model", "LEDGER_TAC_MODEL",
        text.add_tac("own001000", "own001009", model="other")),
    Row("interval of two ledgers", "HSM_OVERLAP",
        text.interval_of_two_ledgers),
)

# Profiles, alone and when a station is armed with them.
PROFILES = (
    Row("unknown key", "PROFILE_FORMAT",
        text.profile(("slots: 1", "slots: 1\ncolour: red"))),
    Row("missing key", "PROFILE_FORMAT", text.profile(("slots: 1\n", ""))),
    Row("key twice", "PROFILE_FORMAT",
        text.profile(("slots: 1", "slots: 1\nslots: 1"))),
    Row("TAC twice", "PROFILE_FORMAT", text.profile(
        ("slots: 1", "slots: 1\ntacs: [00101700, 00101700]"))),
    Row("live TAC in a profile for development", "PROFILE_FORMAT",
        text.profile(("slots: 1", "slots: 1\ntacs: [35000000]"))),
    Row("test TAC in a profile for production", "PROFILE_FORMAT",
        text.profile(("class: development",
                      "class: production\ntacs: [00101700]"),
                     (": false", ": true"))),
    Row("id for tests in a profile for production", "PROFILE_FORMAT",
        text.profile(("class: development", "class: production"),
                     (": false", ": true"))),
    Row("USB id in capitals", "PROFILE_FORMAT",
        text.profile(("1209:0001", "1209:000A"))),
    Row("link twice", "PROFILE_FORMAT",
        text.profile(("slots: 1", "slots: 1\nlinks: [usb, usb]"))),
    Row("further fuse that nobody knows", "PROFILE_FORMAT",
        text.profile(("slots: 1", "slots: 1\nlock_fuses: [debug]"))),
    Row("two profiles for the same units", "PROFILE_OVERLAP",
        text.profiles_overlap),
    Row("armed with an unknown key", "PROFILE_FORMAT",
        station.arm_refused(("slots: 1", "slots: 1\ncolour: red"))),
    Row("armed for production", "STATION_CLASS", station.arm_refused(
        ("class: development", "class: production"), (": false", ": true"),
        ("usb: ['1209:0001']\n", ""))),
    Row("armed with a newer epoch", "HSM_CERT_OLD",
        station.arm_refused(("min_epoch: 0", "min_epoch: 9"))),
    Row("armed with other TACs", "PROFILE_TACS", station.arm_refused(
        ("slots: 1", "slots: 1\ntacs: [00990000]"))),
    Row("armed with TACs in another order", "PROFILE_TACS",
        station.tacs_in_another_order),
    Row("armed for a model without a key", "HSM_KEY_ABSENT",
        station.arm_refused(("model: virtual-additive", "model: m2"))),
    Row("two armed profiles fit", "PROFILE_SEVERAL",
        station.fits(("60", "70"), also_own=True)),
    Row("no armed profile fits", "PROFILE_NONE", station.none_fits),
    Row("more slots than the unit has", "PROFILE_SLOTS",
        station.fits(("slots: 1", "slots: 2"))),
    Row("unit lacks a demanded property", "PROFILE_DEMAND",
        station.fits(("secure_boot: false", "secure_boot: true"),
                     lacks=23)),
    Row("unit that cannot burn a further fuse", "PROFILE_FUSES",
        station.fits(station.BURNS)),
    Row("agent that cannot burn what its hello offers", "AGENT_FUSES",
        station.offers_what_it_cannot_burn),
    Row("evidence without what the profile burns", "VERIFY_DEMAND",
        station.locked_without_a_further_fuse),
    Row("reached by another kind of link", "PROFILE_LINK",
        station.other_link),
)

# The station, its ledger and its signer.
STATION = (
    Row("not armed", "STATION_NOT_ARMED", station.not_armed),
    Row("armed twice", "STATION_ARMED", station.armed_twice),
    Row("time is up", "STATION_ENDED", station.ended),
    Row("signer is gone", "HSM_CONNECT", station.signer_gone),
    Row("disk full", "LEDGER_FAILED", station.disk_full),
    Row("ledger read-only", "LEDGER_FAILED", station.ledger_read_only),
    Row("ledger of a newer schema", "LEDGER_SCHEMA", station.newer_schema),
    Row("ledger of another id", "LEDGER_ID", station.other_ledger),
    Row("old copy of the ledger", "HSM_LEDGER_OLD", station.old_ledger),
    Row("interval used up", "LEDGER_EMPTY", station.used_up),
    Row("number outside the certificate", "HSM_INTERVAL",
        station.outside_certificate),
    Row("armed with numbers outside the certificate", "HSM_INTERVAL",
        station.armed_uncertified),
    Row("number already used, by the signer's register", "HSM_IMEI_TAKEN",
        station.damaged("DELETE FROM number", run=station.provision)),
    Row("chip already has another number, by the register",
        "HSM_CHIP_TAKEN", station.ledger_forgot_a_chip),
    Row("numbers of no interval", "LEDGER_ROWS",
        station.damaged("DELETE FROM interval", run=station.check)),
    Row("root with software keys for production", "HSM_NOT_HARDWARE",
        station.software_root_for_production),
    Row("software token for production", "HSM_NOT_HARDWARE",
        station.software_token_for_production),
    Row("request of the other class", "HSM_CLASS",
        station.request_of_the_other_class),
    Row("certificate of another root", "HSM_CERTIFICATE",
        station.other_root),
    Row("certificate by a foreign key", "HSM_CERTIFICATE",
        station.forged_certificate(lambda claims: None, FOREIGN)),
    Row("certificate of the other class", "HSM_CERTIFICATE",
        station.forged_certificate(station.own(0, 2))),
    Row("certificate of another role", "HSM_CERTIFICATE",
        station.forged_certificate(station.own(8, 2))),
    Row("certificate for another ledger", "HSM_CERT_LEDGER",
        station.forged_certificate(station.own(4, bytes(16)))),
)

# Chips and builds.
UNITS = (
    Row("chip id that is not plausible to the agent", "AGENT_CHIP_ID",
        by_wire.reply("hello", "blank", by_wire.said(
            by_wire.status("AG", 13, 0x33)))),
    Row("chip id of zeros", "MSG_REPLY",
        by_wire.hello(by_wire.CHIP, bytes(16))),
    Row("chip id of ones", "MSG_REPLY",
        by_wire.hello(by_wire.CHIP, b"\xff" * 16)),
    Row("chip with another key", "LEDGER_CHIP_KEY",
        unit.chip_with_another_key),
    Row("chip with fewer fuses", "LEDGER_CHIP_FEWER",
        unit.chip_with_fewer_fuses),
    Row("chip that is blank again", "LEDGER_CHIP_FEWER",
        unit.chip_that_is_blank_again),
    Row("scrap without a second person", "LEDGER_SECOND",
        unit.scrapped_alone),
    Row("scrapped chip", "LEDGER_SCRAPPED", unit.scrapped),
    Row("nobody there", "LINK_OPEN", unit.nobody_there),
    Row("crossed cables", "VERIFY_AT_OTHER", unit.crossed_cables),
    Row("quarantined unit", "LEDGER_QUARANTINED", unit.quarantined),
    Row("unit of another ledger", "STATION_ELSEWHERE", unit.began_elsewhere),
    Row("unknown unit that is not blank", "STATION_UNKNOWN_UNIT",
        unit.unknown_and_not_blank),
    Row("agent of the other class", "STATION_CLASS",
        unit.started("--class", "production")),
    Row("verify-only agent", "MSG_UNKNOWN",
        unit.started(program="imeilock-handset-verify")),
    Row("agent built for another root", "AGENT_CERTIFICATE",
        unit.built_for_another_root),
    Row("agent built for a newer epoch", "AGENT_CERTIFICATE",
        unit.started("--min-epoch", "9")),
    Row("store full at the ticket", "AGENT_STORE", unit.store_full("keyed")),
    Row("store full at the record", "AGENT_STORE", unit.store_full("store")),
)

# What a unit is given, and what it answers, by somebody in between.
OBJECTS = (
    Row("ticket of another unit", "AGENT_CHIP", unit.another_units_ticket),
    Row("ticket for another chip", "AGENT_CHIP",
        unit.ticket(unit.own(1, bytes(range(1, 17))))),
    Row("ticket for another key", "AGENT_KEY",
        unit.ticket(unit.own(2, wire_edit.public(FOREIGN)))),
    Row("ticket for another nonce", "AGENT_NONCE",
        unit.ticket(unit.other_nonce)),
    Row("ticket of the run before", "AGENT_NONCE", unit.old_ticket),
    Row("ticket of the other class", "AGENT_CLASS",
        unit.ticket(unit.own(0, 2))),
    Row("ticket for another ledger", "AGENT_CERTIFICATE",
        unit.ticket(unit.own(4, bytes(16)))),
    Row("ticket outside the intervals", "AGENT_INTERVAL",
        unit.ticket(unit.other_number(10 ** 6))),
    Row("ticket for a slot too many", "AGENT_IDENTITY",
        unit.ticket(unit.second_slot)),
    Row("ticket by a foreign key", "CRYPTO_SIGNATURE",
        unit.ticket(lambda claims: None, FOREIGN)),
    Row("a certificate for a ticket", "COSE_TYPE",
        unit.replaced(wire.PERMIT, "keyed", lambda body: body[2])),
    Row("no object for a ticket", "COSE_FORMAT",
        unit.replaced(wire.PERMIT, "keyed", lambda body: b"\xd2")),
    Row("ticket for another number, chip written", "AGENT_PINNED",
        unit.pinned),
    Row("no ticket at all", "AGENT_NO_PERMIT", unit.never_permitted),
    Row("certificate by a foreign root", "AGENT_CERTIFICATE",
        unit.certificate(lambda claims: None, FOREIGN)),
    Row("unit's certificate of the other class", "AGENT_CLASS",
        unit.certificate(unit.own(0, 2))),
    Row("unit's certificate of another role", "AGENT_CERTIFICATE",
        unit.certificate(unit.own(8, 2))),
    Row("unit's certificate of another model", "AGENT_CERTIFICATE",
        unit.certificate(unit.own(6, "m2"))),
    Row("record by a foreign key", "CRYPTO_SIGNATURE",
        unit.record(lambda claims: None, FOREIGN)),
    Row("record of another chip", "AGENT_MISMATCH",
        unit.record(unit.own(1, bytes(range(1, 17))))),
    Row("record of another key", "AGENT_MISMATCH",
        unit.record(unit.own(2, wire_edit.public(FOREIGN)))),
    Row("record of another number", "AGENT_MISMATCH",
        unit.record(unit.other_number(1))),
    Row("a permit that a locked unit takes", "VERIFY_PROBE",
        unit.takes_what_it_must_refuse(wire.PERMIT)),
    Row("a program that a locked unit takes", "VERIFY_PROBE",
        unit.takes_what_it_must_refuse(wire.PROGRAM)),
    Row("a lock that a locked unit takes", "VERIFY_PROBE",
        unit.takes_what_it_must_refuse(wire.LOCK)),
    Row("a record that does not fit and is taken", "VERIFY_PROBE",
        unit.takes_what_it_must_refuse(wire.STORE)),
    Row("key token with a bad signature", "VERIFY_TOKEN",
        unit.spoiled_token("keyed", wire.KEY)),
    Row("read token with a bad signature", "VERIFY_TOKEN",
        unit.spoiled_token("store", wire.READ)),
    Row("probe token with a bad signature", "VERIFY_TOKEN",
        unit.spoiled_token("probe", wire.PROBE)),
    Row("evidence with a bad signature", "VERIFY_TOKEN",
        unit.spoiled_token("attest", wire.ATTEST)),
    Row("key token of another question", "VERIFY_TOKEN",
        unit.old_token("keyed", wire.KEY)),
    Row("read token of another question", "VERIFY_TOKEN",
        unit.old_token("store", wire.READ)),
    Row("evidence of another question", "VERIFY_TOKEN",
        unit.old_token("attest", wire.ATTEST)),
    Row("key token of another chip", "VERIFY_TOKEN",
        unit.neighbours_token("keyed", wire.KEY)),
    Row("read token of another chip", "VERIFY_TOKEN",
        unit.neighbours_token("store", wire.READ)),
    Row("key token of the other class", "STATION_CLASS",
        unit.neighbours_token("keyed", wire.KEY, "--class", "production")),
)

# Replies that are not what they must be.
WIRE = (
    Row("protocol of another version", "MSG_PROTOCOL",
        by_wire.hello(by_wire.PROTOCOL, 2)),
    Row("layout of another version", "MSG_PROTOCOL",
        by_wire.hello(by_wire.LAYOUT, 2)),
    Row("agent that does not know our version", "MSG_PROTOCOL",
        by_wire.reply("hello", "blank", by_wire.said(
            by_wire.status("MS", 5, 0x55)))),
    Row("another model", "PROFILE_NONE", by_wire.hello(by_wire.MODEL, "m9")),
    Row("another class", "STATION_CLASS", by_wire.hello(by_wire.CLASS, 2)),
    Row("restarted by itself", "MSG_SESSION", by_wire.reply(
        "key", "keyed", by_wire.said(by_wire.status("MS", 1, 0x0f)))),
    Row("a status of somebody else", "MSG_REPLY", by_wire.reply(
        "key", "keyed", by_wire.said(by_wire.status("LE", 7, 0x55)))),
    Row("a status that nobody has", "MSG_REPLY", by_wire.reply(
        "key", "keyed", by_wire.said(1))),
) + tuple(
    Row(f"{what} at {step}", code, by_wire.reply(step, stage, change))
    for step, stage in (("hello", "blank"), ("key", "keyed"),
                        ("read", "store"),
                        ("store", "lock"), ("attest", "attest"))
    for what, code, change in (
        ("cut in the middle", "LINK_CLOSED", by_wire.cut),
        ("unreadable", "MSG_REPLY", by_wire.unreadable),
        ("of another request", "MSG_REPLY", by_wire.of_another_request))
) + tuple(
    Row(f"gone at {step}", "LINK_CLOSED", by_wire.vanishes(step))
    for step in OPERATIONS
)

# Replies that never come, or none of which is to the request: the tool asks
# until the unit's time is up, so these rows wait together.
SILENCE = tuple(
    Row(f"{what} at {step}", code, by_wire.reply(step, stage, change))
    for step, stage in (("key", "keyed"), ("read", "store"),
                        ("attest", "attest"))
    for what, code, change in (
        ("no reply", "LINK_TIMEOUT", by_wire.silent),
        ("reply too long", "FRAME_SIZE", by_wire.too_long),
        ("reply garbled", "FRAME_CRC", by_wire.garbled),
        ("reply out of order", "MSG_REPLY", by_wire.out_of_order),
        ("reply repeated", "MSG_REPLY", by_wire.repeated),
        ("reply of another session", "MSG_REPLY",
         by_wire.of_another_session),
        ("reply of the same form to another request", "MSG_REPLY",
         by_wire.of_a_request_like_it))
)
# Another process holds the ledger for longer than the station waits.
LOCKED = Row("ledger locked", "LEDGER_BUSY", station.ledger_locked)
QUICK = text.profile_text(("60", "5"))

TABLE = NUMBERS + INTERVALS + PROFILES + STATION + UNITS + OBJECTS + WIRE


class Refused(case.Case):
    """One root and one station for many rows."""

    @classmethod
    def setUpClass(cls):
        cls.vendor = lines.Root()
        cls.bed = refusals.Bed(cls.vendor)

    @classmethod
    def tearDownClass(cls):
        cls.bed.close()
        cls.vendor.close()

    def assert_said(self, row, attempt, outcome):
        status = STATUSES[row.code]
        self.assertEqual(attempt.said(outcome), (row.code, status.sentence),
                         outcome)
        self.assertEqual(outcome.exit,
                         status_list.EXIT[status.class_name], outcome)

    def assert_ledger(self, bed):
        self.assert_sums(bed.made)
        outcome = bed.made.run("ledger", "check")
        self.assertEqual(outcome.exit, case.GOOD, outcome)

    def refuse(self, row):
        self.bed.make_room()
        try:
            self.run_row(row)
        except BaseException:
            # the next row is about something else
            self.bed.new_line()
            raise

    def run_row(self, row):
        with row.how(self.bed) as attempt:
            bed = attempt.bed or self.bed
            with self.keeps_fuses(*bed.units()):
                outcome = attempt.run()
            self.assert_said(row, attempt, outcome)
            # the shared one may be out of its place until the row ends
            if bed is not self.bed and not attempt.is_damaged:
                self.assert_ledger(bed)
        self.assert_ledger(self.bed)


def add_rows(rows):
    for number, row in enumerate(rows):
        def test(self, row=row):
            self.refuse(row)
        words = "".join(c if c.isalnum() else "_" for c in row.name)
        test.__doc__ = f"{row.name}: {row.code}"
        setattr(Refused, f"test_{number:03d}_{words}", test)


add_rows(TABLE)


class Waiting(Refused):
    """Rows in which the tool waits as long as it may: all at once."""

    @classmethod
    def setUpClass(cls):
        cls.vendor = lines.Root()
        cls.bed = refusals.Bed(cls.vendor, profile=QUICK)

    def test_all(self):
        locked = refusals.Bed(self.vendor)
        with (contextlib.closing(locked), contextlib.ExitStack() as stack,
              futures.ThreadPoolExecutor(1) as beside):
            attempts = [(row, stack.enter_context(row.how(self.bed)))
                        for row in SILENCE]
            busy = stack.enter_context(LOCKED.how(locked))
            units = [attempt.unit for _, attempt in attempts]
            with self.keeps_fuses(*self.bed.units(), *locked.units()):
                waits = beside.submit(busy.run)
                outcome = self.bed.made.provision(*units)
                self.assert_said(LOCKED, busy, waits.result())
            for row, attempt in attempts:
                with self.subTest(row.name):
                    self.assert_said(row, attempt, outcome)
        self.assert_ledger(self.bed)

    def test_once_is_survived(self):
        """The same for once at a time: the tool asks again, nothing is burnt
        twice, and the unit is good."""
        bed, taken = refusals.Bed(self.vendor), []
        self.addCleanup(bed.close)
        for change in (by_wire.silent, by_wire.too_long, by_wire.garbled,
                       by_wire.repeated, by_wire.unreadable,
                       by_wire.out_of_order, by_wire.of_another_request,
                       by_wire.of_another_session):
            taken.append(bed.take())
            taken[-1].editor.edit = by_wire.once(change, "program", "lock")
        outcome = bed.made.provision(*taken)
        self.assert_good(outcome, *taken)
        for one in taken:
            self.assert_whole(one, outcome.row(one)["imei"])


for name in [name for name in vars(Refused) if name.startswith("test_")]:
    setattr(Waiting, name, None)


if __name__ == "__main__":
    case.main()
