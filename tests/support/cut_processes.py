# SPDX-License-Identifier: Apache-2.0
"""Cuts of real processes: imeilock, imeilock-signer, imeilock-handset.

The handset kills itself at a step (its own --cut); station and signer are
killed by cut.c, which is loaded before the C library.  What is not cut goes on
running: a handset whose station died is asked again by the next one.
"""

import os
import shutil
import subprocess

import line
import unit_check

PRELOAD = os.path.join(line.BUILD, "tests", "power", "libcut_preload.so")
STATION = ("ledger", "host-send", "host-receive")
SIGNER = ("register", "mark", "sign")
KILLED = -9
CLASSES = {2: 0x0f, 3: 0x33, 4: 0x55, 5: 0x3c}


class Preloaded:
    """In the environment of what is started within."""

    def __init__(self, program, **settings):
        self.settings = {"LD_PRELOAD": PRELOAD, "CUT_PROGRAM": program,
                         **settings}

    def __enter__(self):
        os.environ.update(self.settings)

    def __exit__(self, *_):
        for name in self.settings:
            del os.environ[name]


class ProcessRig:
    """A line of its own; restore() makes it as it was before any unit."""

    def __init__(self, config):
        model, slots, self.fault, self.open = (*config, "")[:4]
        self.line = line.Line(line.Root())
        model = "virtual-" + model
        self.units = {name: self.line.unit(name, model, slots)
                      for name in ("a", "b")}
        self.line.open()
        self.profile = self.line.root.path("profile.yaml")
        text = line.read(line.PROFILES, model + ".yaml").decode()
        burns = "lock_fuses: [debug_closed, secure_boot]\n"
        line.write(self.profile, "".join(
            "slots: %d\n%s" % (slots, burns if self.open else "")
            if row.startswith("slots:") else row
            for row in text.splitlines(True)).encode())
        self.fired = self.line.path("fired")
        self.kept = self.line.folder + ".kept"
        shutil.copytree(self.line.folder, self.kept)

    def end(self):
        for unit in self.units.values():
            unit.stop()
        self.line.kill_signer()

    def restore(self):
        self.end()
        shutil.rmtree(self.line.folder)
        shutil.copytree(self.kept, self.line.folder)

    def look(self, units, claims):
        return unit_check.check(
            self.line.station, [self.units[name].folder for name in units],
            self.line.folder + ".look", claims, bool(self.open))

    def lost(self):
        return unit_check.lost(self.units["a"].folder)

    def arm(self):
        """As the engineer does when the signer is gone."""
        if os.path.exists(os.path.join(self.line.station, "armed.json")):
            self.line.disarm()
        return self.line.try_arm(profiles=[self.profile])

    def start(self, unit, cut, fault):
        words = ["--cut", cut] if cut else []
        words += ["--open", self.open] if self.open else []
        faults = ",".join(filter(None, (self.fault, fault)))
        if faults:
            words += ["--fault", faults]
        is_running = unit.process and unit.process.poll() is None
        if cut or not is_running:
            unit.stop()
            unit.start(*words)

    def provision(self, unit):
        outcome = self.line.provision(unit)
        if outcome.exit == KILLED or not outcome.kind("unit"):
            return outcome, None
        row = outcome.row(unit)
        imeis = [int(text[:14]) for text in row["imei"] or ()]
        claim = {"status": row["code"], "step": row["step"],
                 "class": CLASSES.get(row["exit"], 0),
                 "imei": (imeis + [None] * 4)[:4]}
        return outcome, claim

    def run(self, unit="a", cut=None, fault=None):
        kind = cut.split("@")[0] if cut else ""
        unit = self.units[unit]
        if kind in SIGNER:
            return self.run_signer_cut(unit, cut, fault)
        if not self.line.signers():
            self.arm()
        is_handset = cut and kind not in STATION
        self.start(unit, cut if is_handset else None, fault)
        if not is_handset and cut:
            with Preloaded("imeilock", CUT_AT=cut, CUT_FIRED=self.fired):
                outcome, claim = self.provision(unit)
            return claim, self.has_fired()
        outcome, claim = self.provision(unit)
        if claim is None:
            raise RuntimeError(str(outcome))
        return claim, bool(is_handset) and self.has_died(unit)

    @staticmethod
    def has_died(unit):
        try:
            return unit.process.wait(timeout=1) == KILLED
        except subprocess.TimeoutExpired:
            return False

    def has_fired(self):
        """Asked once for each cut."""
        try:
            os.unlink(self.fired)
        except FileNotFoundError:
            return False
        return True

    def run_signer_cut(self, unit, cut, fault):
        """From its start on; the station may not even be armed."""
        self.start(unit, None, fault)
        if self.line.signers():
            self.line.disarm()
        with Preloaded("imeilock-signer", CUT_AT=cut, CUT_FIRED=self.fired):
            outcome = self.arm()
        claim = None
        if outcome.exit == 0:
            outcome, claim = self.provision(unit)
        if self.line.signers():
            # the cut may be in the orderly end
            self.line.run("station", "close")
        return claim, self.has_fired()

    def count(self):
        """(claim, steps of each kind) of a good run."""
        unit, paths = self.units["a"], {}
        self.start(unit, None, None)
        for program in ("imeilock-signer", "imeilock"):
            paths[program] = self.line.path(program + ".counts")
        with Preloaded("imeilock-signer",
                       CUT_COUNTS=paths["imeilock-signer"]):
            self.arm()
        with Preloaded("imeilock", CUT_COUNTS=paths["imeilock"]):
            outcome, claim = self.provision(unit)
        if claim is None:
            raise RuntimeError(str(outcome))
        steps = dict(unit.counters())
        self.line.disarm()
        for kinds, program in ((STATION, "imeilock"),
                               (SIGNER, "imeilock-signer")):
            counted = dict(row.split() for row in
                           line.read(paths[program]).decode().splitlines())
            steps.update((kind, int(counted[kind])) for kind in kinds)
        return claim, steps


_rigs = {}


def use(folder):
    """Everything is made in folder from now on."""
    line.FOLDERS = folder


def rig(config):
    """This process's own rig of a kind, as good as new."""
    key = (os.getpid(), config)
    if key not in _rigs:
        _rigs[key] = ProcessRig(config)
    _rigs[key].restore()
    return _rigs[key]
