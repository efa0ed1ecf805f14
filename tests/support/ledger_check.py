#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""ledger_check.py FILE: an independent checker of a ledger.

Knows docs/ledger.md and none of the tool's code.  Recomputes the hash chain,
replays every event by its own table of moves, and compares what comes out with
the rows; checks uniqueness and sums.  Prints a summary as JSON; findings go to
stderr, and the exit code is then 1.

Other tests: ledger_check.check(path) gives (summary, findings).
"""

import collections
import hashlib
import json
import sqlite3
import sys

APPLICATION = int.from_bytes(b"IMLL", "big")
SCHEMA = 2
TAC = 10 ** 6

LIVE = ("ticketed", "written", "locked", "verified")
NEXT = {"written": "ticketed", "locked": "written", "verified": "locked"}


# --------------------------------------------------------------- chain

def head(major, value):
    for size, info in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if value < 24:
            return bytes([major << 5 | value])
        if value < 1 << 8 * size:
            return bytes([major << 5 | info]) + value.to_bytes(size, "big")
    raise ValueError(value)


def cbor(item):
    """Deterministic CBOR of the few types that an event has."""
    if item is None:
        return b"\xf6"
    if isinstance(item, int):
        return head(0, item) if item >= 0 else head(1, -1 - item)
    if isinstance(item, bytes):
        return head(2, len(item)) + item
    if isinstance(item, str):
        text = item.encode()
        return head(3, len(text)) + text
    return head(4, len(item)) + b"".join(cbor(part) for part in item)


COLUMNS = ("number", "time", "kind", "operator", "slot", "version", "chip",
           "imei", "detail", "hash")


def check_chain(events, found):
    before = bytes(32)
    for expected, event in enumerate(events, 1):
        if event["number"] != expected:
            found.append("event %d stands where %d should" % (
                event["number"], expected))
        parts = [before] + [event[name] for name in COLUMNS[:-1]]
        before = event["hash"]
        if hashlib.sha256(cbor(parts)).digest() != before:
            found.append("event %d: hash does not follow" % event["number"])
    return before


# -------------------------------------------------------------- replay

class Replay:
    """What the rows must be if the events are all that happened."""

    def __init__(self, found):
        self.found = found
        self.ledger = None
        self.intervals = []   # (model, first, last)
        self.numbers = {}     # body: (state, before, chip, slot)
        self.units = {}       # chip: dict
        self.retries = {}     # chip: count
        self.register = (0, bytes(32))
        self.replaced = {}    # old chip: new chip

    def complain(self, event, what):
        self.found.append("event %d (%s): %s" % (
            event["number"], event["kind"], what))

    def run(self, events):
        for event in events:
            step = getattr(self, "on_" + event["kind"], None)
            if step is not None:
                step(event, json.loads(event["detail"]))

    def on_created(self, event, detail):
        if event["number"] != 1:
            self.complain(event, "is not the first")
        self.ledger = (bytes.fromhex(detail["ledger"]), detail["class"])

    def on_interval(self, event, detail):
        first, last = int(detail["first"]), int(detail["last"])
        if first > last or first // TAC != last // TAC:
            self.complain(event, "is not an interval of one TAC")
        for model, other_first, other_last in self.intervals:
            if first <= other_last and other_first <= last:
                self.complain(event, "overlaps another")
            if model != detail["model"] and other_first // TAC == first // TAC:
                self.complain(event, "shares its TAC with another model")
        is_test = first // 10 ** 12 in (0, 2, 3, 4, 5, 6, 7, 8, 9)
        if is_test != (self.ledger[1] == "development"):
            self.complain(event, "is not of the ledger's class")
        self.intervals.append((detail["model"], first, last))

    def model_of(self, body):
        return next((model for model, first, last in self.intervals
                     if first <= body <= last), None)

    def put(self, event, body, value):
        if body in self.numbers:
            self.complain(event, "number %014d is not free" % body)
        if self.model_of(body) is None:
            self.complain(event, "number %014d is of no interval" % body)
        self.numbers[body] = value

    def put_range(self, event, detail, value):
        for body in range(int(detail["first"]), int(detail["last"]) + 1):
            self.put(event, body, value)

    def on_remainder(self, event, detail):
        self.put_range(event, detail, ("scrapped", None, None, None))

    def on_skipped(self, event, detail):
        self.put_range(event, detail, ("quarantined", "free", None, None))

    def on_ticketed(self, event, detail):
        chip, imeis = event["chip"], [int(i) for i in detail["imeis"]]
        key = bytes.fromhex(detail["device_key"])
        if chip in self.units:
            self.complain(event, "chip is ticketed twice")
        if any(unit["key"] == key for unit in self.units.values()):
            self.complain(event, "key is ticketed twice")
        if imeis != list(range(imeis[0], imeis[0] + len(imeis))):
            self.complain(event, "numbers are not neighbours")
        if event["imei"] != imeis[0]:
            self.complain(event, "the primary is not the lowest")
        for slot, body in enumerate(imeis, 1):
            self.put(event, body, ("ticketed", None, chip, slot))
            if self.model_of(body) != detail["model"]:
                self.complain(event, "number is of another model")
        self.units[chip] = {"key": key, "model": detail["model"],
                            "imeis": imeis, "record": None, "cert": None,
                            "seen": 1, "burnt": 0,
                            "board": detail.get("board")}
        self.check_board(event, detail.get("board"))
        for old, new in self.replaced.items():
            if new == chip and self.units[old]["model"] != detail["model"]:
                self.complain(event, "replaces another model")

    def is_living(self, chip):
        return self.numbers[self.units[chip]["imeis"][0]][0] != "scrapped"

    def check_board(self, event, board):
        if board is not None and sum(
                unit["board"] == board and self.is_living(chip)
                for chip, unit in self.units.items()) != 1:
            self.complain(event, "the board is another unit's")

    def on_board(self, event, detail):
        unit = self.units[event["chip"]]
        if unit["board"] is not None:
            self.complain(event, "the unit has a board")
        unit["board"] = detail["board"]
        self.check_board(event, detail["board"])

    def on_replaced(self, event, detail):
        if event["chip"] in self.replaced or self.is_living(event["chip"]):
            self.complain(event, "may not be replaced")
        self.replaced[event["chip"]] = bytes.fromhex(detail["by"])

    def on_replaces(self, event, detail):
        old, new = bytes.fromhex(detail["old"]), event["chip"]
        if list(self.replaced.values()).count(new) != 1 or self.replaced.get(
                old) != new:
            self.complain(event, "is not what the old one was replaced by")
        if new in self.units and not self.is_living(new):
            self.complain(event, "is scrapped itself")

    def on_migrated(self, event, detail):
        if not 1 <= detail["from"] < detail["to"] <= SCHEMA:
            self.complain(event, "is of no such version")

    def move(self, event, state, allowed):
        unit = self.units.get(event["chip"])
        if unit is None:
            self.complain(event, "unknown chip")
            return None
        for slot, body in enumerate(unit["imeis"], 1):
            now, before, _, _ = self.numbers[body]
            if not allowed(now, before):
                self.complain(event, "moves from %s to %s" % (now, state))
            self.numbers[body] = (
                state, now if state == "quarantined" else None,
                event["chip"], slot)
        return unit

    def forward(self, event):
        state = event["kind"]
        return self.move(event, state, lambda now, _: now == NEXT[state])

    def on_written(self, event, detail):
        self.keep(self.forward(event), detail)

    @staticmethod
    def keep(unit, detail):
        if unit is not None:
            unit["record"] = bytes.fromhex(detail["record"])
            unit["cert"] = bytes.fromhex(detail["record_cert"])

    def on_record(self, event, detail):
        unit = self.units[event["chip"]]
        if self.numbers[unit["imeis"][0]][0] != "written":
            self.complain(event, "replaces a record that is kept")
        self.keep(unit, detail)

    def on_labelled(self, event, detail):
        unit = self.units.get(event["chip"])
        if unit is None or self.numbers[unit["imeis"][0]][0] != "verified":
            self.complain(event, "is about no verified unit")
        if detail["place"] not in ("housing", "box"):
            self.complain(event, "is of no place")

    def on_locked(self, event, _):
        self.forward(event)

    def on_verified(self, event, detail):
        unit = self.forward(event)
        if unit is not None and bytes.fromhex(
                detail["record"]) != unit["record"]:
            self.complain(event, "is about another record")
        if len(detail["evidence"]) != 64:
            self.complain(event, "has no evidence")

    def on_quarantined(self, event, _):
        self.move(event, "quarantined", lambda now, _: now in LIVE)

    def on_released(self, event, detail):
        if event["chip"] in self.retries:
            self.retries[event["chip"]] = 0
        self.move(event, detail["to"], lambda now, before:
                  now == "quarantined" and before == detail["to"])

    def on_scrapped(self, event, _):
        self.move(event, "scrapped", lambda now, _: now == "quarantined")

    def on_seen(self, event, detail):
        unit = self.units[event["chip"]]
        if detail["burnt_words"] < unit["burnt"]:
            self.complain(event, "was seen with fewer words")
        unit["seen"] = max(unit["seen"], detail["state"])
        unit["burnt"] = max(unit["burnt"], detail["burnt_words"])

    def on_outcome(self, event, detail):
        now = self.retries.get(event["chip"], 0)
        if detail["retries"] not in (0, now, now + 1):
            self.complain(event, "counts from %d to %d" % (
                now, detail["retries"]))
        self.retries[event["chip"]] = detail["retries"]

    def on_register(self, event, detail):
        if detail["count"] <= self.register[0]:
            self.complain(event, "is not longer than before")
        self.register = (detail["count"], bytes.fromhex(detail["hash"]))


# ---------------------------------------------------------------- rows

def digest(blob):
    return None if blob is None else hashlib.sha256(blob).digest()


def compare(what, rows, replayed, found):
    for key in rows.keys() | replayed.keys():
        if rows.get(key) != replayed.get(key):
            found.append("%s %r: row is %r, events say %r" % (
                what, key, rows.get(key), replayed.get(key)))


def check_rows(db, replay, found):
    compare("ledger", {0: db.execute(
        "SELECT id, class FROM ledger").fetchone()}, {0: replay.ledger}, found)
    compare("register", {0: db.execute(
        "SELECT count, hash FROM register").fetchone()},
        {0: replay.register}, found)
    compare("interval", dict(enumerate(db.execute(
        "SELECT model, first, last FROM interval ORDER BY number"))),
        dict(enumerate(replay.intervals)), found)
    compare("number", {row[0]: tuple(row[1:]) for row in db.execute(
        "SELECT body, state, before, chip, slot FROM number"
        " LEFT JOIN unit ON unit.number = number.unit")},
        replay.numbers, found)
    rows = {row[0]: (row[1], row[2], row[3], row[4], row[5], row[6],
                     digest(row[7]), digest(row[8]), row[9])
            for row in db.execute(
        "SELECT chip, device_key, model, slots, primary_slot, seen,"
        " burnt_words, record, record_cert, board FROM unit")}
    compare("unit", rows, {
        chip: (u["key"], u["model"], len(u["imeis"]), 1, u["seen"],
               u["burnt"], u["record"], u["cert"], u["board"])
        for chip, u in replay.units.items()}, found)
    compare("replacement", dict(db.execute(
        "SELECT unit.chip, replacement.chip FROM replacement JOIN unit"
        " ON unit.number = replacement.unit")), replay.replaced, found)
    compare("attempt", dict(db.execute("SELECT chip, retries FROM attempt")),
            {chip: n for chip, n in replay.retries.items()
             if n or db.execute("SELECT 1 FROM attempt WHERE chip = ?",
                                (chip,)).fetchone()}, found)


def sums(db, found):
    """Numbers of each interval by state; they add up by construction of
    "free", so what can be wrong is a number outside, or more than fit."""
    result, total = [], 0
    for model, first, last in db.execute(
            "SELECT model, first, last FROM interval ORDER BY number"):
        count = collections.Counter(dict(db.execute(
            "SELECT state, count(*) FROM number WHERE body BETWEEN ? AND ?"
            " GROUP BY state", (first, last))))
        total += sum(count.values())
        count["free"] = last - first + 1 - sum(count.values())
        if count["free"] < 0:
            found.append("interval %014d: more numbers than fit" % first)
        result.append({"model": model, "first": "%014d" % first,
                       "last": "%014d" % last, "count": dict(count)})
    if total != db.execute("SELECT count(*) FROM number").fetchone()[0]:
        found.append("numbers stand outside of every interval")
    return result


def check(path):
    """(summary, findings) of the ledger file at path."""
    found = []
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        db.execute("BEGIN")
        for pragma, want in (("application_id", APPLICATION),
                             ("user_version", SCHEMA),
                             ("integrity_check", "ok")):
            have = db.execute("PRAGMA " + pragma).fetchone()[0]
            if have != want:
                found.append("%s is %r" % (pragma, have))
        if db.execute("PRAGMA foreign_key_check").fetchone():
            found.append("a foreign key points nowhere")
        events = [dict(zip(COLUMNS, row)) for row in db.execute(
            "SELECT %s FROM event ORDER BY number" % ", ".join(COLUMNS))]
        last = check_chain(events, found)
        replay = Replay(found)
        replay.run(events)
        check_rows(db, replay, found)
        summary = {"events": len(events), "head": last.hex(),
                   "units": len(replay.units), "intervals": sums(db, found)}
    finally:
        db.close()
    return summary, found


def main():
    summary, found = check(sys.argv[1])
    print(json.dumps(summary, indent=1, sort_keys=True))
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
