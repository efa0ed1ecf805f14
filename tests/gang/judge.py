# SPDX-License-Identifier: Apache-2.0
"""Holds what a line shows, and what it left, against ledger, register and
fuses: by readers that share no code with the product.

Seen.tile() compares one verdict at the moment when it is shown; after() judges
the files of all units in the end.  Both say what is wrong, in words.
"""
import collections
import os
import sqlite3

import face
import ledger_check
import otp_image
import register_check
import unit_check

GOOD_MARKS = ("OK", "LABEL")


def imei_of(body):
    text = f"{body:014d}"
    return text + otp_image.check_digit(text)


class Ledger:
    """Read only, while others write."""

    def __init__(self, station):
        path = os.path.join(station, "ledger.db")
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    def numbers(self, chip):
        """[(body, state)] of a chip, by slot."""
        return self.db.execute(
            "SELECT body, state FROM number JOIN unit"
            " ON unit.number = number.unit WHERE chip = ? ORDER BY slot",
            (chip,)).fetchall()

    def is_free(self, body):
        return self.db.execute("SELECT 1 FROM number WHERE body = ?",
                               (body,)).fetchone() is None

    def is_labelled(self, chip):
        """Its own label was seen on its housing."""
        return self.db.execute(
            "SELECT 1 FROM event WHERE chip = ? AND kind = 'labelled'"
            " AND detail = ?",
            (chip, '{"place":"housing","code":"OK"}')).fetchone() is not None

    def verified(self):
        """How many units."""
        return self.db.execute(
            "SELECT count(DISTINCT unit) FROM number"
            " WHERE state = 'verified'").fetchone()[0]

    def close(self):
        self.db.close()


def is_shown_as(shown, body):
    imei = imei_of(body)
    return shown in ("", imei, face.masked(imei))


class Seen:
    """Verdicts at the moment when they are shown."""

    def __init__(self, station):
        self.ledger, self.good = Ledger(station), {}

    def owner(self, tile, units):
        """The unit that a good tile is about: the ledger has it as verified,
        with what is shown."""
        for unit in units:
            numbers = self.ledger.numbers(unit.chip)
            if numbers and {state for _, state in numbers} == {
                    "verified"} and is_shown_as(tile.imei, numbers[0][0]):
                return unit, [body for body, _ in numbers]
        return None, []

    def tile(self, tile, units):
        """(the unit that is good, what is wrong) of one tile; units: those
        that it may be about."""
        names = " or ".join(unit.name for unit in units)
        if tile.mark not in GOOD_MARKS:
            held = not tile.imei or any(
                is_shown_as(tile.imei, body) for unit in units
                for body, _ in self.ledger.numbers(unit.chip))
            return None, "" if held else (
                f"{tile}: the ledger has no such number for {names}")
        unit, bodies = self.owner(tile, units)
        if unit is None:
            return None, f"{tile}: the ledger has not verified {names}"
        fuses = unit_check.Unit(unit.folder)
        if not all(fuses.locks) or fuses.bodies() != (
                bodies + [None] * 4)[:4]:
            return unit, f"{tile}: the fuses of {unit.name} do not say so"
        if unit.bad:
            return unit, f"{tile}: {unit.name} is {unit.bad}"
        self.good[unit.name] = bodies
        return unit, ""

    def row(self, row, by_chip):
        """What is wrong with a verdict that says which chip it is about."""
        if row["code"] != "OK":
            return ""
        numbers = self.ledger.numbers(bytes.fromhex(row["chip"]))
        if row["chip"] not in by_chip or {state for _, state in numbers} != {
                "verified"} or row["imei"] != [
                    imei_of(body) for body, _ in numbers]:
            return f"{row}: the ledger says {numbers}"
        return ""


# ------------------------------------------------------------------ in the end

def check_twice(units, say):
    """No number in the fuses of two, whatever became of them."""
    holder = {}
    for unit in units:
        for body in filter(None, unit_check.Unit(unit.folder).bodies()):
            if holder.setdefault(body, unit.name) != unit.name:
                say(f"{imei_of(body)} is in {holder[body]} and {unit.name}")


def check_ends(units, good, ledger, say):
    for unit in units:
        states = {state for _, state in ledger.numbers(unit.chip)}
        if unit.end not in ("good", "refused"):
            say(f"{unit.name} ended neither good nor refused")
        if (unit.end == "good") != (states == {"verified"}):
            say(f"{unit.name} ended {unit.end}, the ledger says {states}")
        if unit.bad and unit.end == "good":
            say(f"{unit.name} is {unit.bad}, and good")
        if unit.end == "good" and unit.name not in good:
            say(f"{unit.name} ended good, and was not shown so")


def check_sums(summary, units, slots_of, say):
    wanted = sum(slots_of[unit.model] for unit in units
                 if unit.end == "good")
    states = collections.Counter()
    for interval in summary["intervals"]:
        states.update(interval["count"])
        size = int(interval["last"]) - int(interval["first"]) + 1
        if sum(interval["count"].values()) != size:
            say(f"{interval}: numbers are lost")
    if states["verified"] != wanted:
        say(f"{states['verified']} numbers are verified, {wanted} are in good"
            " units")
    return states


def check_register(station, units, say):
    tickets, _, found = register_check.units(
        os.path.join(station, "signer", "register"))
    for text in found:
        say(text)
    for chip in tickets.keys() - {unit.chip for unit in units}:
        say(f"register: chip {chip.hex()} was never here")


def after(station, units, good, slots_of, scratch):
    """(numbers by state, outcomes by code, findings) of what is left of it
    all; good: the numbers of each unit that was shown to be good."""
    claims = [{"status": "OK", "imei": (good[unit.name] + [None] * 4)[:4]}
              if unit.name in good else None for unit in units]
    # what a bad unit does to itself is no fault of the line
    own = {f"{unit.name}: a canary is burnt" for unit in units
           if unit.bad and "lies" in unit.bad and unit.end == "refused"}
    findings = [text for text in unit_check.check(
        station, [unit.folder for unit in units], scratch, claims)
        if text not in own]
    path = unit_check.copy_ledger(station, scratch)
    summary, _ = ledger_check.check(path)  # findings: by unit_check
    ledger = Ledger(scratch)
    say = findings.append
    check_twice(units, say)
    check_ends(units, good, ledger, say)
    check_register(station, units, say)
    states = check_sums(summary, units, slots_of, say)
    outcomes = collections.Counter(code for code, in ledger.db.execute(
        "SELECT json_extract(detail, '$.code') FROM event"
        " WHERE kind = 'outcome'"))
    ledger.close()
    return states, outcomes, findings
