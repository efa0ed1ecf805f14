# SPDX-License-Identifier: Apache-2.0
"""What was found whole is spoiled, one thing at a time: each must be found.
The line has ended, and its files are changed for good."""
import os
import shutil
import sqlite3

import judge
from face import Tile


def copies(made, gang):
    """A copy of the station's folder and of two good units."""
    folder = made.path("spoilt")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made.station, folder)
    return folder


def find(gang, slots_of, station):
    return judge.after(station, gang.units, gang.seen.good, slots_of,
                       gang.made.path("look"))[2]


class Changed:
    """Within, the bytes of a file are others."""

    def __init__(self, path, change):
        self.path, self.change = path, change

    def __enter__(self):
        with open(self.path, "rb") as file:
            self.before = file.read()
        self.put(self.change(self.before))

    def put(self, data):
        with open(self.path, "wb") as file:
            file.write(data)

    def __exit__(self, *_):
        self.put(self.before)


def bit(at, mask=1):
    def change(data):
        return data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]
    return change


def other_number(data):
    """Valid words of another number in both copies."""
    for at in (4 * 31, 4 * 36):
        data = bit(at + 4)(bit(at)(data))
    return data


def scenes(gang):
    """(name, what it is about) of files."""
    good = [unit for unit in gang.units if unit.end == "good"]
    one, two = good[0], next(unit for unit in good[1:]
                             if unit.model == good[0].model)

    def otp(unit):
        return os.path.join(unit.folder, "otp.bin")

    yield "a number in the fuses", Changed(otp(one), other_number)
    yield "a lock", Changed(otp(one), bit(481))
    yield "a canary", Changed(otp(one), bit(465))
    yield "another unit's fuses", Changed(otp(one), lambda _: two.otp())
    yield "a record", Changed(os.path.join(one.folder, "store.bin"),
                              lambda data: b"\xff" * len(data))


def sql(station, *statements):
    db = sqlite3.connect(os.path.join(station, "ledger.db"))
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def spoilt_ledgers(gang):
    drop = ["DROP TRIGGER " + name for name, in gang.seen.ledger.db.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
    yield "a number that is gone", [*drop, (
        "DELETE FROM number WHERE body ="
        " (SELECT max(body) FROM number WHERE state = 'verified')")]
    yield "a number put back", [*drop, (
        "UPDATE number SET state = 'ticketed' WHERE body ="
        " (SELECT max(body) FROM number WHERE state = 'verified')")]


def picture(gang, slots_of):
    """A screen of which one verdict is another's, read as the run reads it;
    says what was missed."""
    face = gang.last
    numbers = {unit.name: bodies for unit in gang.units
               if (bodies := gang.seen.good.get(unit.name))}
    for slot, tile in face.parse(face.text).items():
        units = [unit for unit in gang.units if numbers.get(unit.name)
                 and judge.is_shown_as(tile.imei, numbers[unit.name][0])]
        if tile.mark != "OK" or not tile.imei or not units:
            continue
        if gang.seen.tile(tile, units)[1]:
            yield f"the picture that was not changed: {tile}"
        digit = str((int(tile.imei[-1]) + 1) % 10)
        changed = face.text.replace(tile.imei, tile.imei[:-1] + digit)
        if not gang.seen.tile(face.parse(changed)[slot], units[:1])[1]:
            yield f"a picture with another number: {tile}"
        break
    else:
        yield "no good tile on the last picture"
    for unit in gang.units:
        if unit.end == "refused":
            if not gang.seen.tile(Tile("done", "OK", "", ""), [unit])[1]:
                yield f"a picture on which {unit.name} is good"
            break


def missed(gang, slots_of):
    """The names of what was spoiled and not found."""
    found = list(picture(gang, slots_of))
    made = gang.made
    if find(gang, slots_of, made.station):
        return found  # it was not whole to begin with
    count = 0
    for name, changed in scenes(gang):
        with changed:
            count += 1
            if not find(gang, slots_of, made.station):
                found.append(name)
    for name, statements in spoilt_ledgers(gang):
        station = copies(made, gang)
        sql(station, *statements)
        count += 1
        if not find(gang, slots_of, station):
            found.append(name)
    refused = next((u for u in gang.units if u.end == "refused"), None)
    if refused is not None:
        refused.end = "good"
        count += 1
        if not find(gang, slots_of, made.station):
            found.append("a refused unit that is said to be good")
        refused.end = "refused"
    print(f"{count} things spoiled behind its back, and a changed picture: "
          f"{len(found)} missed")
    return ["not found: " + text for text in found]
