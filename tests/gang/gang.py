#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""gang.py [--units N] [--slots N] [--seed N] [--minutes N]: a whole line, and
everything at once.

Virtual handsets come late, are unplugged in the middle, come back in another
slot, are bad from the mill, or bear a label that is not theirs.  The station
works in three ways, one after the other: on a screen in tmux with labels that
are typed, with rows of --json and labels, and on a screen with the next
numbers.  Whoever stands there knows no more than what is shown; and each
verdict is compared with ledger and fuses when it is shown.

In the end every unit is good with exactly its ledger's numbers, or refused, and
no number is lost; then what was found whole is spoiled, and must be found so.
With --minutes each way takes new units for its share of that time only.  Exit code 0 only if all held.
"""
import argparse
import collections
import os
import random
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
import line  # noqa: E402
import proc  # noqa: E402
import bay as bays  # noqa: E402
import controls  # noqa: E402
import face as faces  # noqa: E402
import judge  # noqa: E402

ADDITIVE, ONCE = "virtual-additive", "virtual-once"
SLOTS_OF = {ADDITIVE: 1, ONCE: 2}
# (a face, its words, share of the units)
PHASES = ((faces.Screen, ("--scan",), 0.6), (faces.Rows, ("--scan",), 0.2),
          (faces.Screen, (), 0.2))
BAD = ("--lock lies", "--lock stuck-open", "--lock lies@2", "--lock fades",
       "--fault store-full")
WRONG = ("digit", "used", "model", "outside", "housing", "spoken")
# How often, of a unit; and of how many at least, where few are made.
UNPLUGGED, IS_BAD, HAS_WRONG, COMES_AGAIN = 0.15, 0.03, 0.08, 0.02
AT_LEAST = 4
UNPLUGS_MAX = 2
TRIES = 6          # of a bad unit until it is put away
VERDICTS = (0, 2, 3, 4)  # exit codes: of the worst unit, and no bug
STUCK_S = 6        # a slot that shows nothing new
SILENCE_S = 90     # and a whole line
RESCAN_S = 4
TURN_S = 0.05
# What the tool's memory may grow by in the second half of many units.  32 heaps
# and the cache of the ledger (2 MiB) are not full by then.
GROWTH_KIB, GROWTH_UNIT_KIB = 1024, 0.25


class Gang:
    """One line, and whoever plugs, scans and looks."""

    def __init__(self, options, made):
        self.options, self.made = options, made
        self.random = random.Random(options.seed)
        self.count = collections.Counter()
        self.wrongs = collections.Counter()
        self.findings, self.units, self.moved = [], [], time.monotonic()
        self.work_s = 0.4  # that a unit takes, about
        for n in range(1, options.slots + 1):
            model = ONCE if n % 4 == 0 else ADDITIVE
            made.adopt(bays.Bay(made, n, model, SLOTS_OF[model]))
        self.bays = {bay.slot: bay for bay in made.units}
        size = 2 * options.units + 99
        made.open(last_snr=2 * size)
        made.arm(units=10 * options.units)
        self.seen = judge.Seen(made.station)
        self.labels = {}
        for model in SLOTS_OF:
            starts = list(range(0, size, SLOTS_OF[model]))
            self.random.shuffle(starts)
            self.labels[model] = [self.body(model, snr) for snr in starts]

    def body(self, model, snr):
        return int(f"{self.made.tacs[model]}{snr:06d}")

    def complain(self, text):
        self.findings.append(text)
        print("found: " + text, flush=True)

    def chance(self, share):
        return self.random.random() < share

    # -- who comes

    def make(self, model):
        unit = bays.Handset(self.made, len(self.units) + 1, model,
                            SLOTS_OF[model])
        least = AT_LEAST / self.options.units
        if self.chance(max(IS_BAD, least)):
            unit.bad = self.random.choice(BAD)
        elif self.is_scan and self.chance(max(HAS_WRONG, 2 * least)):
            unit.wrong = self.random.choice(WRONG)
        unit.is_again = not unit.bad and self.chance(COMES_AGAIN)
        unit.unplugs = sum(self.chance(max(UNPLUGGED, 3 * least))
                           for _ in range(UNPLUGS_MAX))
        self.units.append(unit)
        return unit

    def next_unit(self, model, now):
        """One that comes back, or a new one."""
        due = [unit for when, unit in self.away
               if when <= now and unit.model == model]
        if due and (self.left == 0 or self.chance(0.6)):
            self.away = [(when, unit) for when, unit in self.away
                         if unit is not due[0]]
            return due[0]
        if self.left == 0:
            return None
        self.left -= 1
        return self.make(model)

    def pause(self):
        return (self.random.uniform(1, 4) if self.chance(0.2)
                else self.random.uniform(0, 0.8))

    def unplug(self, bay, now):
        unit = bay.unplug()
        unit.learn()
        bay.due = now + self.pause()
        if unit.end == "good" and unit.is_again:
            unit.is_again, unit.end = False, None
            self.count["came again"] += 1
        if unit.end is None:
            self.away.append((now + self.random.uniform(0.2, 4), unit))

    # -- labels

    def label(self, unit):
        """What is printed on it: its number, if it has one already."""
        numbers = self.seen.ledger.numbers(unit.chip)
        if numbers:
            unit.label = numbers[0][0]
        elif unit.label is None or not self.seen.ledger.is_free(unit.label):
            unit.label = self.labels[unit.model].pop()
        return judge.imei_of(unit.label)

    def other_label(self, unit, is_done):
        """The number of somebody else of the same model."""
        found = [bodies[0] for name, bodies in self.seen.good.items()
                 if name != unit.name and len(bodies) == unit.slots]
        if not is_done:
            found = [bay.unit.label for bay in self.bays.values()
                     if bay.unit and bay.unit is not unit and bay.unit.label
                     and bay.model == unit.model
                     and not self.seen.ledger.is_free(bay.unit.label)
                     ] or found
        return judge.imei_of(self.random.choice(found)) if found else None

    def wrong_label(self, unit):
        right = self.label(unit)
        if unit.wrong == "digit":
            return right[:14] + str((int(right[14]) + 4) % 10 or 9)
        if unit.wrong == "model":
            other = ONCE if unit.model == ADDITIVE else ADDITIVE
            return judge.imei_of(self.labels[other][0])
        if unit.wrong == "outside":
            return judge.imei_of(35000000000000 + unit.label % 1000)
        return self.other_label(unit, unit.wrong == "used")

    def scan_wrong(self, bay, unit):
        """With a label that is not its own; True if it was scanned."""
        text = self.wrong_label(unit)
        if text is None:
            return False
        bay.before = (unit, unit.otp())
        code = self.face.ask(bay.slot, text)
        self.wrongs[f"{unit.wrong}: {code}"] += 1
        if code == "OK":
            bay.armed, bay.scans = int(text[:14]), 1
        else:
            self.check_kept(bay)
        unit.wrong = None
        return True

    def check_kept(self, bay):
        """Nothing was burnt for a wrong label."""
        (unit, before), bay.before = bay.before, None
        if unit.otp() != before:
            self.complain(f"{unit.name}: burnt for a label that is wrong")

    def scan(self, bay, now):
        unit = bay.unit
        if now - bay.scanned < (RESCAN_S if bay.scans else bay.patience):
            return
        if not unit.learn():
            return
        if any(state == "quarantined" for _, state
               in self.seen.ledger.numbers(unit.chip)):
            unit.end, bay.leaves = "refused", now  # its label is void
            return
        bay.scanned = now
        if unit.wrong not in (None, "housing") and not unit.bad:
            if self.scan_wrong(bay, unit):
                return
        bay.scans += 1
        if bay.scans > 2:
            self.free_label(unit)
        text = self.label(unit)
        bay.armed = unit.label
        self.face.scan(bay.slot, text)
        self.count["labels scanned again"] += bay.scans > 1

    def free_label(self, unit):
        """It was scanned for a slot that its unit has left: there a second
        label takes it away."""
        for bay in self.bays.values():
            if bay.unit is not unit and bay.armed == unit.label:
                bay.armed = None
                spare = judge.imei_of(self.labels[bay.model][-1])
                self.wrongs["second label: "
                            + self.face.ask(bay.slot, spare)] += 1

    def find_owner(self, bay, tile):
        """Whose label is missing: a number that is shown in part may be that
        of two of those who were here, and then each has his turn."""
        found = [unit for unit in reversed(bay.past) if unit.learn()
                 and self.seen.owner(tile, [unit])[0]]
        if not found:
            self.complain(f"slot {bay.slot}: {tile} is nobody's")
            return None
        bay.turn += 1
        return found[bay.turn % len(found)]

    def scan_housing(self, bay, tile, now):
        """After the lock; first a wrong one, if it has one."""
        if now - bay.scanned < bay.patience:
            return
        bay.scanned, bay.patience = now, RESCAN_S
        bay.owner = unit = self.find_owner(bay, tile)
        bay.owed = tile.imei
        if unit is None:
            return
        if unit.wrong == "housing":
            text = self.other_label(unit, True)
            if text is not None:
                unit.wrong, bay.patience = None, 0
                code = self.face.ask(bay.slot, text)
                self.wrongs[f"housing: {code}"] += 1
                if code != "STATION_LABEL":
                    self.complain(f"{unit.name}: {code} for the housing's "
                                  "label of another")
                return
        (body, _), *_ = self.seen.ledger.numbers(unit.chip)
        self.face.scan(bay.slot, judge.imei_of(body))

    # -- what is shown

    def may_be(self, bay):
        # where nobody is, it is about who was there last
        units = bay.were + [unit for unit in (bay.unit or bay.last,)
                            if unit and unit not in bay.were]
        return [unit for unit in units if unit.learn()]

    def compare(self, bay, tile):
        """(who is good, tile) - a picture that was caught while it was drawn
        is looked at again."""
        for tries in range(5):
            unit, found = self.seen.tile(tile, self.may_be(bay))
            if not found:
                return unit, tile
            time.sleep(0.1)
            again = self.face.read()[bay.slot]
            if again.what != tile.what:
                return None, again
            tile = again
        self.complain(f"slot {bay.slot}, {self.face.name}: {found}")
        return unit, tile

    def take_verdict(self, bay, tile, now):
        self.moved = now
        if bay.begun and bay.unit in bay.were and bay.is_fresh:
            self.work_s += (min(now - bay.begun, 10) - self.work_s) / 20
        owner, tile = self.compare(bay, tile)
        if tile.what != "done":
            return
        self.count[f"shown as {tile.mark}"] += 1
        if bay.before is not None:
            self.take_wrong(bay, tile)
        if owner is not None:
            self.take_good(owner, tile)
        else:
            self.take_refused(bay, tile)
        bay.shown = (tile.mark, tile.imei)
        bay.is_fresh, bay.begun, bay.armed, bay.worked = False, None, None, ""
        bay.were = [bay.unit] if len(bay.were) > 1 and bay.unit else []
        bay.scanned = now
        bay.patience = self.random.uniform(0, 0.4)
        if bay.unit is not None:
            # it stays until its housing is labelled
            bay.leaves = (now + self.random.uniform(0.05, 0.5)
                          if tile.mark != "LABEL" or self.chance(0.1)
                          else None)

    def take_wrong(self, bay, tile):
        """The verdict of a unit that was begun with a wrong label."""
        if bay.were != [bay.before[0]]:
            bay.before = None  # it left, and this is about others
            return
        if tile.mark in judge.GOOD_MARKS:
            self.complain(f"{bay.were[0].name}: good with a wrong label")
        self.check_kept(bay)

    def take_good(self, owner, tile):
        if tile.mark == "LABEL":
            return
        self.count["good again"] += owner.end == "good"
        owner.end = "good"

    def take_refused(self, bay, tile):
        for unit in self.may_be(bay):
            if any(state == "quarantined" for _, state
                   in self.seen.ledger.numbers(unit.chip)):
                unit.end = "refused"  # nothing goes on with it
        if len(bay.were) != 1:
            return
        unit = bay.were[0]
        unit.reds += tile.mark == "RED"
        if unit.bad:
            if tile.mark == "RED" or unit.plugs >= TRIES:
                unit.end = "refused"
        elif unit.reds >= 2:
            unit.end = "refused"
            self.count["refused without being bad"] += 1

    def take_row(self, row):
        self.count[f"code {row['code']}"] += row["code"] != "OK"
        known = {unit.chip.hex() for unit in self.units if unit.learn()}
        if row["code"] == "OK":
            found = self.seen.row(row, known)
            if found:
                self.complain(found)

    @staticmethod
    def begin(bay):
        """What is shown next is new.  Who only waited and left brings back
        what was shown before him."""
        bay.is_fresh = True
        if bay.unit is not None and bay.unit not in bay.were:
            bay.were.append(bay.unit)

    def is_new(self, bay, tile):
        """One that was begun and done between two looks shows the same as the
        one before; the ledger tells."""
        return (bay.is_fresh or bay.shown != (tile.mark, tile.imei)
                or tile.mark in judge.GOOD_MARKS
                and any(unit.name not in self.seen.good
                        and self.seen.owner(tile, [unit])[0]
                        for unit in bay.were if unit.learn()))

    def take_labelled(self, bay, tile):
        """Good is who has his label, and it is shown until somebody else is
        begun; the next one may wait there already."""
        owner, bay.owner, bay.turn = bay.owner, None, 0
        if (tile.mark, tile.imei) != ("OK", bay.owed):
            tile = faces.Tile("done", "OK", bay.owed, "")
        _, found = self.seen.tile(tile, [owner])
        if found:
            self.complain(f"slot {bay.slot}, {self.face.name}: {found}")
        if not self.seen.ledger.is_labelled(owner.chip):
            self.complain(f"{owner.name}: its label fits, and the ledger has"
                          " not heard of it")
        self.count["labelled"] += 1
        owner.end = "good"
        bay.shown = ("OK", bay.owed)
        if bay.unit is owner and bay.leaves is None:
            bay.leaves = time.monotonic() + self.random.uniform(0.05, 0.5)

    # -- a turn

    def look(self, bay, tile, now):
        if tile.what == "works":
            self.begin(bay)
            self.look_at_work(bay, tile, now)
        if bay.owner is not None and tile.note != faces.HOUSING:
            self.take_labelled(bay, tile)
        if tile.what == "done" and self.is_new(bay, tile):
            self.take_verdict(bay, tile, now)
        if tile.note == faces.HOUSING:
            self.scan_housing(bay, tile, now)
            return
        if (tile.what == "waits" and tile.note == faces.LABEL
                and bay.unit is not None):
            self.scan(bay, now)

    def look_at_work(self, bay, tile, now):
        if tile.imei and tile.imei != bay.worked:
            bay.worked = tile.imei
            _, again = self.compare(bay, tile)
            self.count["numbers shown at work"] += again.what == "works"
        if bay.begun is not None:
            return
        bay.begun = now
        if bay.unit is not None and bay.unit.unplugs > 0:
            bay.unit.unplugs -= 1
            bay.leaves = now + self.random.uniform(0, 1.2 * self.work_s)

    def plug(self, bay, now):
        unit = self.next_unit(bay.model, now) if now >= bay.due else None
        if unit is None:
            return
        bay.plug(unit, now)
        bay.patience = self.random.uniform(0, 0.3)
        # now and then before anything was begun
        if unit.unplugs > 0 and self.chance(0.15):
            unit.unplugs -= 1
            bay.leaves = now + self.random.uniform(0, 1)

    def move(self, bay, tile, now):
        if bay.unit is None:
            self.plug(bay, now)
            return
        code = bay.unit.process.poll()
        if code is not None:
            self.complain(f"{bay.unit.name} ended by itself: {code}")
        if bay.leaves is not None and now >= bay.leaves:
            self.count["unplugged at work"] += tile.what == "works"
            self.count["unplugged before"] += tile.what == "waits"
            self.unplug(bay, now)
        elif (tile.what in ("done", "empty") and bay.leaves is None
              and bay.owner is None
              and now - max(bay.plugged, bay.scanned) > STUCK_S):
            self.plug_anew(bay, now)

    def plug_anew(self, bay, now):
        """It stands there, and its tile shows what was there before."""
        unit = bay.unit
        if unit.name in self.seen.good:
            unit.end = "good"  # what was said of it stands
        else:
            self.count["plugged in anew"] += 1
        self.unplug(bay, now)

    def check_sums(self):
        if isinstance(self.face, faces.Screen) and (
                self.face.sums_good > self.seen.ledger.verified()):
            self.complain("more good units are counted than verified:\n"
                          + self.face.text)

    def turn(self):
        tiles = self.face.read()
        self.check_sums()
        for row in self.face.rows():
            self.take_row(row)
        if self.face.is_paused(tiles):
            self.count[f"paused: {self.face.why_paused()}"] += 1
            self.face.go_on()
            if isinstance(self.face, faces.Rows):
                for bay in self.bays.values():
                    bay.renew()
            return
        for slot, tile in tiles.items():
            now = time.monotonic()
            self.look(self.bays[slot], tile, now)
            self.move(self.bays[slot], tile, now)
        self.face.flush()

    def is_done(self):
        return self.left == 0 and not self.away and all(
            bay.unit is None and bay.owner is None
            for bay in self.bays.values())

    # -- a phase

    def phase(self, make_face, words, units, minutes):
        self.left, self.away = units, []
        self.is_scan = "--scan" in words
        first = len(self.units)
        for bay in self.bays.values():
            bay.renew()
            bay.due = time.monotonic() + self.pause()
        self.moved = begun = time.monotonic()
        with make_face(self.made, self.options.slots, *words) as self.face:
            cost = Cost(self.face.pid, self.made.signers()[0])
            while not self.is_done():
                now = time.monotonic()
                if now > begun + 60 * minutes:
                    self.left = 0
                if now - self.moved > SILENCE_S:
                    raise line.Failed(self.silence())
                self.turn()
                ended = sum(unit.end is not None
                            for unit in self.units[first:])
                cost.look(ended, units)
                time.sleep(max(0, TURN_S - (time.monotonic() - now)))
            ended = len(self.units) - first
            cost.look(ended, ended)
            self.last = self.face
            print(f"{self.face.name} {' '.join(words) or '(next numbers)'}: "
                  + cost.say(ended, time.monotonic() - begun), flush=True)
            if ended >= 1000 and cost.is_growing():
                self.complain("the tool's memory grows")
            self.face.read()
            code = self.face.end()
            if code not in VERDICTS:
                self.complain(f"it ended with exit code {code}")

    def silence(self):
        text = getattr(self.face, "text", self.face)
        return f"nothing moves:\n{text}\n" + "\n".join(
            f"{bay.slot}: {vars(bay.unit) if bay.unit else None} "
            f"{bay.owner and bay.owner.name} {bay.armed}"
            for bay in self.bays.values()
            if bay.unit or bay.owner) + f"\naway: {len(self.away)}"

    def check_tried(self):
        """A run in which nothing happened proves nothing."""
        tried = (("a bad unit", any(unit.bad for unit in self.units)),
                 ("a wrong label", self.wrongs),
                 ("a unit unplugged", self.count["unplugged at work"]
                  + self.count["unplugged before"]))
        for what, happened in tried:
            if not happened:
                self.complain(f"there never was {what}: take another seed")

    def run(self):
        left = self.options.units
        for n, (make_face, words, share) in enumerate(PHASES):
            units = (left if n == len(PHASES) - 1
                     else round(share * self.options.units))
            left -= units
            self.phase(make_face, words, units,
                       share * self.options.minutes)
        self.made.disarm()


class Cost:
    """What tool and signer take."""

    def __init__(self, pid, signer):
        self.pids = (pid, signer)
        self.begin = [proc.processor_s(pid) for pid in self.pids]
        self.memory = []  # (units, KiB), at each tenth

    def look(self, ended, units):
        try:
            self.end = [proc.processor_s(pid) for pid in self.pids]
            kib = proc.resident_kib(self.pids[0])
        except FileNotFoundError:  # started again
            return
        if 10 * ended >= (len(self.memory) + 1) * units:
            self.memory.append((ended, kib))

    def growth(self):
        """(units, KiB) of the second half."""
        half, end = self.memory[len(self.memory) // 2], self.memory[-1]
        return end[0] - half[0], end[1] - half[1]

    def is_growing(self):
        units, kib = self.growth()
        return kib > GROWTH_KIB + GROWTH_UNIT_KIB * units

    def say(self, units, seconds):
        tool, signer = (1000 * (end - begin) / max(1, units)
                        for begin, end in zip(self.begin, self.end))
        return (f"{units} units in {seconds:.0f} s, "
                f"{3600 * units / seconds:,.0f} an hour; processor a unit: "
                f"tool {tool:.1f} ms, signer {signer:.1f} ms; tool's memory "
                "at each tenth "
                + " ".join(str(kib) for _, kib in self.memory)
                + " KiB, in the second half {1} KiB for {0} units".format(
                    *self.growth()))


def table(title, counts):
    print(title + ": " + (", ".join(
        f"{name} {count}" for name, count in sorted(counts.items())
        if count) or "none"))


def report(gang, states, outcomes):
    ends = collections.Counter(unit.end for unit in gang.units)
    print(f"{len(gang.units)} units: {ends['good']} good, {ends['refused']} "
          f"refused, of them {sum(bool(u.bad) for u in gang.units)} bad from "
          f"the mill; plugged in {sum(u.plugs for u in gang.units)} times")
    table("what was seen", gang.count)
    table("wrong labels, and what was said", gang.wrongs)
    table("outcomes in the ledger", outcomes)
    table("numbers", states)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60)
    return parser.parse_args()


def main():
    options = arguments()
    with line.Root() as root, line.Line(root) as made:
        gang = Gang(options, made)
        begun = time.monotonic()
        gang.run()
        gang.check_tried()
        took = time.monotonic() - begun
        states, outcomes, findings = judge.after(
            made.station, gang.units, gang.seen.good, SLOTS_OF,
            made.path("look"))
        for text in findings:
            gang.complain(text)
        made.must("ledger", "check")
        report(gang, states, outcomes)
        missed = controls.missed(gang, SLOTS_OF)
        for text in missed:
            gang.complain(text)
    print(f"{len(gang.findings)} findings, {len(gang.units)} units in "
          f"{options.slots} slots, {took:.0f} s, seed {options.seed}")
    return 1 if gang.findings else 0


if __name__ == "__main__":
    sys.exit(main())
