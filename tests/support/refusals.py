# SPDX-License-Identifier: Apache-2.0
"""What the matrix of refusals is run on: stations with units at any stage.

A row of the matrix brings its cause about on a Bed and yields an Attempt: what
is run, and the unit that it is about.  Whoever runs the rows looks at fuses,
ledger and outcome.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import line as lines  # noqa: E402
import wire  # noqa: E402
import wire_edit  # noqa: E402

# requests in the order of a whole run; a stage is named by what comes next
STEPS = ("hello", "key", "permit", "program", "reload", "read", "store",
         "lock", "reset", "probe", "attest")
MODEL = "virtual-additive"
SLOTS = 32


def operation(name):
    return wire.NAMES.index(name)


class Attempt:
    """One refusal: run() ends in an Outcome.  unit is None, or the unit whose
    row of provision it is about.  in_row says that the code stands in a row of
    this kind, and not in the error.  bed is another one than the row was given;
    its ledger may have been damaged on purpose."""

    def __init__(self, run, unit=None, in_row=None):
        self.run, self.unit, self.in_row = run, unit, in_row
        self.bed, self.is_damaged = None, False

    def on(self, bed, is_damaged=False):
        self.bed, self.is_damaged = bed, is_damaged
        return self

    def said(self, outcome):
        """(code, sentence)"""
        if self.unit is not None:
            row = outcome.row(self.unit)
            return row["code"], row["sentence"]
        row, = outcome.kind(self.in_row or "error")
        return row["code"], row["sentence"]


class Bed:
    """An armed station whose units are all behind an Editor."""

    def __init__(self, root, profile=None, **how):
        self.root, self.profile, self.how = root, profile, how
        self.made = None
        self.new_line()

    def new_line(self):
        self.close()
        self.made = lines.Line(self.root)
        self.used, self.editors = 0, []
        for number in range(SLOTS):
            unit = self.made.unit(f"s{number + 1}", MODEL)
            self.made.address(unit, "unix:" + unit.path("wire.sock"))
        self.made.open(**self.how)
        profiles = None
        if self.profile:
            lines.write(self.made.path("p.yaml"), self.profile.encode())
            profiles = [self.made.path("p.yaml")]
        self.made.arm(units=100000, profiles=profiles)

    def units(self):
        """Those that there are."""
        return self.made.units[:self.used]

    def make_room(self, count=4):
        """For so many units on one and the same station."""
        if self.used + count > SLOTS:
            self.new_line()

    def take(self, stage="blank", *arguments):
        """A new unit; what is named as its stage is what it would be asked
        next.  Without a stage it is blank, and "keyed" has its secret."""
        unit = self.made.units[self.used]
        self.used += 1
        unit.start(*arguments)
        unit.editor = wire_edit.Editor(unit.path("wire.sock"),
                                       unit.path("agent.sock"))
        self.editors.append(unit.editor)
        if stage == "keyed":
            with wire.Client(unit.path("agent.sock")) as agent:
                agent.hello()
                agent.token(wire.KEY)
        elif stage == "done":
            self.good(unit)
        elif stage != "blank":
            self.stop_before(unit, stage)
        return unit

    def stop_before(self, unit, stage):
        unit.editor.edit = wire_edit.before(operation(stage))
        outcome = self.made.provision(unit)
        unit.editor.edit = None
        if outcome.row(unit)["code"] != "LINK_CLOSED":
            raise lines.Failed(str(outcome))

    def good(self, unit):
        outcome = self.made.provision(unit)
        if outcome.exit != 0:
            raise lines.Failed(str(outcome))
        return outcome.row(unit)["imei"]

    def provision(self, unit):
        return Attempt(lambda: self.made.provision(unit), unit)

    def line_key(self):
        """The station's private key, which nobody has who is honest."""
        key, = [key for label, key
                in wire_edit.keys_of(self.made.token).items()
                if label.endswith(MODEL)]
        return key

    def root_key(self):
        key, = wire_edit.keys_of(self.root.token).values()
        return key

    def close(self):
        if self.made is None:
            return
        for editor in self.editors:
            editor.close()
        self.made.close()
        self.made = None
