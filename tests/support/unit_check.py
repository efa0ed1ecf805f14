# SPDX-License-Identifier: Apache-2.0
"""Look at a station and a virtual handset from outside: at their files.

Shares no code with the product: the fuse file is decoded by otp_image, the
ledger is replayed by ledger_check, the register is read by register_check.
check() says what is wrong, whatever a run claimed; lost() names the fields of
which both copies are spoiled, the one reason for which a unit may be refused.
"""

import hashlib
import os
import shutil
import sqlite3
import struct

import cose_check
import ledger_check
import otp_image
import register_check

LOCKS = 4
DEVELOPMENT = 1


class Unit:
    """What the files of one handset say."""

    def __init__(self, folder):
        def read(name):
            with open(os.path.join(folder, name), "rb") as file:
                return file.read()

        cells = read("otp.bin")
        self.words = struct.unpack("<116I", cells[:464])
        self.canaries = struct.unpack("<4I", cells[464:480])
        self.locks = [bool(byte & 1) for byte in cells[480:484]]
        self.further = [byte & 1 for byte in cells[484:486]]
        self.chip = read("chip.bin")
        self.store = read("store.bin")
        self.counters = dict(line.split() for line in
                             read("counters").decode().splitlines())
        self.image = otp_image.decode(self.words)
        self.fields = self.image["fields"]

    def bodies(self):
        """TAC and SNR of each modem slot, as the fuses decode."""
        return [int(imei[:14]) if imei else None
                for imei in self.image["imei"]]

    def is_whole(self):
        """Every field done, unpopulated slots dead: fit for the lock."""
        header = self.image["header"]
        if not header or not header["plausible"] or not self.image["marker"]:
            return False
        for slot in range(4):
            is_used = header["slot_mask"] >> slot & 1
            state = self.fields["identity_%d" % (slot + 1)]["state"]
            if state != ("done" if is_used else "killed"):
                return False
        return all(self.fields[name]["state"] == "done"
                   for name in ("secret", "header", "digest", "marker"))


class Row:
    """What the ledger has of one chip."""

    def __init__(self, db, chip):
        unit = db.execute(
            "SELECT number, device_key, record, slots, record_cert FROM unit"
            " WHERE chip = ?", (chip,)).fetchone()
        self.is_known = unit is not None
        self.key = unit[1] if unit else None
        self.record = unit[2] if unit else None
        self.slots = unit[3] if unit else 0
        self.cert = unit[4] if unit else None
        numbers = db.execute(
            "SELECT body, state, coalesce(before, state) FROM number"
            " WHERE unit = ? ORDER BY slot",
            (unit[0],)).fetchall() if unit else []
        self.bodies = [body for body, _, _ in numbers]
        self.states = {state for _, state, _ in numbers}
        self.reached = {state for _, _, state in numbers}


def digest(chip, bodies, key):
    """docs/otp.md, section 2."""
    return hashlib.sha256(ledger_check.cbor(
        ["imeilock-digest", 1, DEVELOPMENT, chip, [0] + bodies, key]
    )).hexdigest()


def check_further(unit, burns, say):
    """Before the marker, and none that was not asked for."""
    if not burns and any(unit.further):
        say("a further fuse is burnt that nobody asked for")
    if burns and not all(unit.further) and (
            unit.fields["marker"]["state"] != "empty" or any(unit.locks)):
        say("marker or lock burnt before the further fuses")


def check_fuses(unit, row, registered, say):
    fused = unit.bodies()
    if any(fused):
        expected = (row.bodies + [None] * 4)[:4]
        for slot, (have, want) in enumerate(zip(fused, expected), 1):
            # not burnt yet, or both copies spoiled
            may_lack = (unit.fields["digest"]["state"] == "empty" or
                        unit.fields["identity_%d" % slot]["state"] == "killed")
            if have != want and not (have is None and may_lack):
                say("fuses hold %s, the ledger says %s" % (fused, expected))
                break
        if registered is None:
            say("fuses hold a number that was never registered")
        elif any(have not in (None, want)
                 for have, want in zip(fused, registered[1])):
            say("fuses hold %s, registered was %s" % (fused, registered[1]))
    if any(unit.canaries):
        say("a canary is burnt")
    if any(unit.locks) and not unit.is_whole():
        say("a lock is burnt over an image that is not whole")
    if unit.image["digest"] and row.is_known and unit.image["digest"] != (
            digest(unit.chip, (row.bodies + [None] * 4)[:4], row.key)):
        say("the digest in the fuses is not the unit's")
    if int(unit.counters["second_writes"]):
        say("a write-once word was written twice")


def check_binding(unit, row, registered, say):
    if registered is None:
        return
    if not row.is_known:
        say("registered, and unknown to the ledger")
    elif registered != (row.key, (row.bodies + [None] * 4)[:4]):
        say("ledger and register bind the chip differently")


def is_proven(unit, row):
    """Locked and verified, as far as files can say it."""
    return (all(unit.locks) and unit.is_whole()
            and row.states == {"verified"}
            and (row.bodies + [None] * 4)[:4] == unit.bodies()
            and row.record is not None and row.record in unit.store
            and row.cert in unit.store)


def check_record(unit, row, root, say):
    """The record is good under the root, and is about this unit."""
    try:
        record = cose_check.open_record(cose_check.load_key(root), row.cert,
                                        row.record)
    except cose_check.NotGood as problem:
        say("the record is not good: %s" % problem)
        return
    own = record[cose_check.OWN]
    if (own[1], own[2], own[3]) != (unit.chip, row.key, [0] + unit.bodies()):
        say("the record is about another unit")
    if cose_check.digest(own).hex() != unit.image["digest"]:
        say("the fuses' digest is not the record's")


def check_states(unit, row, say):
    later = row.reached & {"locked", "verified"}
    if later and not (all(unit.locks) and unit.is_whole()):
        say("the ledger says %s, the fuses do not" % later.pop())
    if row.is_known and len(row.bodies) != row.slots:
        say("a unit of %d slots has %d numbers" % (
            row.slots, len(row.bodies)))
    if len(row.states) > 1:
        say("numbers of one unit are in different states")


def copy_ledger(station, scratch):
    """A copy: to look at a ledger that was cut may repair it."""
    os.makedirs(scratch, exist_ok=True)
    for name in ("ledger.db", "ledger.db-wal"):
        target = os.path.join(scratch, name)
        if os.path.exists(target):
            os.unlink(target)
        if os.path.exists(os.path.join(station, name)):
            shutil.copyfile(os.path.join(station, name), target)
    return os.path.join(scratch, "ledger.db")


def check(station, folders, scratch, claims=(), burns=False):
    """Findings about a station folder and the handsets at it.

    claims: for each handset the result that the station gave, or None.
    burns: the profile burns both further fuses at the lock.
    """
    findings = []
    path = copy_ledger(station, scratch)
    findings += ["ledger: " + line for line in ledger_check.check(path)[1]]
    register, recorded, found = register_check.units(
        os.path.join(station, "signer", "register"))
    findings += found
    with open(os.path.join(station, "root.pem"), "rb") as file:
        root = file.read()
    db = sqlite3.connect(path)
    claims = list(claims) + [None] * len(folders)
    for folder, claim in zip(folders, claims):
        if not os.path.exists(os.path.join(folder, "store.bin")):
            continue
        unit = Unit(folder)
        row = Row(db, unit.chip)

        def say(what):
            findings.append("%s: %s" % (os.path.basename(folder), what))

        check_fuses(unit, row, register.get(unit.chip), say)
        check_further(unit, burns, say)
        check_binding(unit, row, register.get(unit.chip), say)
        check_states(unit, row, say)
        if claim and claim["status"] == "OK":
            if unit.chip not in recorded:
                say("no record was registered")
            if not is_proven(unit, row):
                say("said to be good, and is not")
            else:
                check_record(unit, row, root, say)
            if claim["imei"] != unit.bodies():
                say("the station says %s, the fuses %s" % (
                    claim["imei"], unit.bodies()))
    db.close()
    return findings


def lost(folder):
    """Fields whose two copies are both spoiled, of those that must be."""
    unit = Unit(folder)
    header = unit.image["header"]
    used = header["slot_mask"] if header else 0
    names = ["secret", "header", "digest", "marker"] + [
        "identity_%d" % (slot + 1) for slot in range(4) if used >> slot & 1]
    return [name for name in names
            if unit.fields[name]["state"] in ("killed", "clash")]
