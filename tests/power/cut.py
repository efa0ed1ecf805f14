#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""cut.py [--seed N] [--torn N] [--two N] [--every N] [--only TEXT]
[--processes]: the power is cut at every step of a good run, and the unit is
run again.

For additive and write-once fuses, for one and two IMEIs: each step of each
kind is cut once before it, torn and after it; the unit is then run again, at
most three times.  After each run unit_check looks at the files from outside.
Further fuses are cut on units that were left open, with all that is burnt with
them.
One cut must always end good.  Two cuts, sampled, may end in a refusal only
where both copies of a field are spoiled.  Then the mutants of mutate.py: each
must be caught where the product passes.

All in one process (cutrun.c), or with --processes real ones that are killed
(cut_processes.py).  --torn N tears each step in N ways, --two N makes N cases
of two cuts for each kind of fuses, --every N takes each Nth step only (a
sanitizer build is slow).  Exit code 0 only if everything held; what was run is
printed.
"""

import argparse
import collections
import concurrent.futures
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.environ.setdefault("IMEILOCK_SOURCE_DIR",
                               os.path.dirname(os.path.dirname(HERE)))
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))

import cut_processes  # noqa: E402
import unit_check  # noqa: E402

BIN = os.path.join(os.environ.get("IMEILOCK_BINARY_DIR",
                                  os.path.join(SOURCE, "build", "dev")), "bin")
HANDSET = ("otp-program", "lock", "canary", "store-erase", "store-program",
           "frame")
STATION = ("ledger", "register", "mark", "host-send", "host-receive", "sign")
# A second unit is brought through before the first comes back.
SHARED = ("ledger", "register", "mark", "sign")
EXTENTS = ("before", "torn", "after")
CUT_EXIT = 77
REWORK = 0x33
RUNS_MAX = 3
WORKERS = 2
TIMEOUT_S = 60

# A spoiling part is the unkindest of those with write-once words.
CONFIGS = [("additive", slots, "") for slots in (1, 2)] + [
    ("once", slots, "spoils") for slots in (1, 2)]
# Left open by the mill, and burnt at the lock: all that is done there is cut.
OPEN = "debug,secure-boot"
OPEN_CONFIGS = [("additive", 1, "", OPEN), ("once", 2, "spoils", OPEN)]
OPEN_KINDS = ("fuse", "lock", "otp-program")


def config_name(config):
    return "%s, %d IMEI%s%s" % (config[0], config[1], "s"[:config[1] - 1],
                                ", fuses" if config[3:] else "")


class Rig:
    """A folder with a station and handsets, and the program that runs them."""

    def __init__(self, folder, config, program="cutrun"):
        self.folder = folder
        self.model = "virtual-" + config[0]
        self.slots, self.fault, self.open = (*config[1:], "")[:3]
        self.program = os.path.join(BIN, program)

    def set_up(self):
        os.makedirs(self.folder)
        subprocess.run([self.program, "setup", self.folder, self.model],
                       check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def run(self, unit="a", cut=None, fault=None):
        """(result of the station or None, whether the cut fired)."""
        command = [self.program, "run", self.folder, self.model,
                   str(self.slots), unit]
        faults = ",".join(filter(None, (self.fault, fault)))
        cut, *flags = cut.split("+") if cut else [None]
        command += ["--" + flag for flag in flags]
        for option, value in (("--cut", cut), ("--fault", faults),
                              ("--open", self.open)):
            if value:
                command += [option, value]
        done = subprocess.run(command, capture_output=True, text=True,
                              timeout=TIMEOUT_S)
        if done.returncode == CUT_EXIT and cut:
            return None, True
        if done.returncode != 0:
            raise RuntimeError("cutrun says %d: %s" % (
                done.returncode, done.stderr.strip()))
        result = json.loads(done.stdout)
        result["imei"] = [body if body < 10 ** 14 else None
                          for body in result["imei"]]
        return result, result["handset_cut"]

    def count(self):
        """(result, steps of each kind) of a good run."""
        result, _ = self.run()
        return result, result["steps"]

    def end(self):
        """Nothing of it runs on."""

    def look(self, units, claims):
        """What is wrong from outside."""
        return unit_check.check(
            self.folder, [os.path.join(self.folder, unit) for unit in units],
            self.folder + ".look", claims, bool(self.open))

    def lost(self):
        return unit_check.lost(os.path.join(self.folder, "a"))


class Case:
    """One unit, its cuts, and how it ended."""

    def __init__(self, rig, cuts):
        self.rig, self.cuts = rig, cuts
        self.findings, self.fired, self.runs = [], 0, 0
        self.end, self.cause = "", ""

    def look(self, units, claims, when):
        self.findings += ["%s: %s" % (when, line)
                          for line in self.rig.look(units, claims)]

    def neighbour(self):
        """The number of the cut unit must not go to the next one."""
        result, _ = self.rig.run("b")
        if result["status"] != "OK":
            self.findings.append("unit b: refused, %s" % result["status"])
        self.look(("b",), (result,), "unit b")

    def play(self):
        for number, cut in enumerate(self.cuts, 1):
            result, has_fired = self.rig.run(cut=cut)
            self.fired += has_fired
            self.look(("a",), (result,), "cut %d" % number)
        if any(cut.startswith(SHARED) for cut in self.cuts):
            self.neighbour()
        for self.runs in range(1, RUNS_MAX + 1):
            result, _ = self.rig.run()
            self.look(("a",), (result,), "run %d" % self.runs)
            if result["status"] == "OK":
                self.end = "good"
                return
            if result["class"] == REWORK:
                break
        self.refused(result)

    def refused(self, result):
        """Right only if a field is lost, and the unit is told to go."""
        lost = self.rig.lost()
        self.cause = "%s at '%s', lost: %s" % (
            result["status"], result["step"], ", ".join(lost) or "nothing")
        if not lost:
            self.findings.append("refused without cause: " + self.cause)
        if result["class"] != REWORK:
            self.findings.append("stuck: " + self.cause)
        self.end = "refused"


# ------------------------------------------------------------------- workers

def fresh(prepared, config, program="cutrun"):
    """A copy of the prepared folder, the worker's own; or real processes."""
    if prepared is None:
        return cut_processes.rig(config)
    folder = os.path.join(os.path.dirname(prepared), str(os.getpid()))
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(prepared, folder)
    return Rig(folder, config, program)


def play(task):
    """Runs in a worker: (cuts, fired, end, runs, cause, findings)."""
    prepared, config, cuts = task
    case = Case(fresh(prepared, config), cuts)
    try:
        case.play()
    except (RuntimeError, AssertionError, OSError,
            subprocess.TimeoutExpired) as problem:
        case.findings.append(str(problem))
        case.end = "stuck"
    case.rig.end()
    return (cuts, case.fired, case.end, case.runs, case.cause, case.findings)


def torn_seed(seed, *words):
    text = " ".join(str(word) for word in (seed,) + words)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def spec(seed, config, kind, step, extent, variant=0):
    """The last bit of a torn store's seed says what comes of it."""
    cut = "%s@%d:%s" % (kind, step, extent)
    if extent == "torn":
        cut += ":%d" % (2 * torn_seed(seed, config, kind, step, variant)
                        + variant % 2)
    return cut


class Campaign:
    def __init__(self, options, root):
        self.options, self.root = options, root
        self.failures = 0
        self.pool = concurrent.futures.ProcessPoolExecutor(
            WORKERS, multiprocessing.get_context("fork"))

    def fail(self, what):
        self.failures += 1
        if self.failures <= 40:
            print("FAILED: %s" % what, flush=True)

    def prepare(self, config, program="cutrun"):
        prepared = os.path.join(tempfile.mkdtemp(dir=self.root), "new")
        Rig(prepared, config, program).set_up()
        return prepared

    def count(self, prepared, config):
        """Steps of a good run, which is checked itself."""
        rig = fresh(prepared, config)
        result, steps = rig.count()
        for line in rig.look(("a",), (result,)):
            self.fail("%s: uncut: %s" % (config_name(config), line))
        if result["status"] != "OK":
            self.fail("%s: uncut: %s at '%s'" % (
                config_name(config), result["status"], result["step"]))
        rig.end()
        return steps

    # ------------------------------------------------------------ one cut

    def one_cut(self, prepared, config, steps, kinds):
        tasks = collections.defaultdict(list)
        for kind in kinds:
            if not steps[kind]:
                self.fail("%s: no step of kind %s" % (
                    config_name(config), kind))
            for step in range(1, steps[kind] + 1, self.options.every):
                tasks[kind] += [
                    (prepared, config,
                     (spec(self.options.seed, config, kind, step, extent,
                           variant),))
                    for extent, variant in self.extents(kind)]
        for kind, cases in tasks.items():
            played = self.pool.map(play, cases, chunksize=4)
            self.tell_one(config, kind, steps[kind], list(played))

    def tell_one(self, config, kind, steps, played):
        good = collections.Counter(runs for _, _, end, runs, _, _ in played
                                   if end == "good")
        for cuts, fired, end, _, cause, findings in played:
            name = "%s: %s" % (config_name(config), cuts[0])
            if not fired:
                self.fail("%s: did not fire" % name)
            if end != "good":
                self.fail("%s: %s: %s" % (name, end, cause))
            for line in findings:
                self.fail("%s: %s" % (name, line))
        print("%-24s %-13s steps %3d  cases %3d  fired %3d  good at the first"
              " run %3d, later %d  refused %d" % (
                  config_name(config), kind, steps, len(played),
                  sum(case[1] for case in played), good[1],
                  sum(good.values()) - good[1],
                  sum(case[2] == "refused" for case in played)), flush=True)

    def extents(self, kind):
        """(extent, variant) of each case of a step.

        A station that dies when it has asked may leave a handset that does
        what it was asked; a real one lives on anyway.  A station that loses
        its mains before it asks for anything loses what it has not synced.
        """
        torn = self.options.torn * (2 if kind.startswith("store") else 1)
        extents = [("before", 0), ("after", 0)]
        extents += [("torn", variant) for variant in range(torn)]
        if not self.options.processes:
            if kind == "host-send":
                extents.append(("after+survive", 0))
            if kind in ("host-send", "sign"):
                extents.append(("before+mains", 0))
        return extents

    # ----------------------------------------------------------- two cuts

    def two_cuts(self, prepared, config, steps):
        """One half: any two steps.  The other is aimed at what two cuts can
        cost: two torn burns, close to each other."""
        dice = random.Random("%s %s" % (self.options.seed, config))

        def draw(kinds):
            kind = dice.choice(kinds)
            return spec(dice.random(), config, kind,
                        dice.randint(1, steps[kind]), dice.choice(EXTENTS),
                        dice.randint(0, 1))

        def torn(last=steps["otp-program"]):
            return spec(dice.random(), config, "otp-program",
                        dice.randint(1, last), "torn")

        def play_all(how, cuts):
            tasks = [(prepared, config, cuts())
                     for _ in range((self.options.two + 1) // 2)]
            self.tell_two(config, how,
                          list(self.pool.map(play, tasks, chunksize=4)))

        play_all("any", lambda: (draw(HANDSET + STATION),
                                 draw(HANDSET + STATION)))
        play_all("aimed", lambda: (torn(), torn(12)))

    def tell_two(self, config, how, played):
        ends = collections.Counter(case[2] for case in played)
        for cuts, _, end, _, cause, findings in played:
            name = "%s: %s" % (config_name(config), " then ".join(cuts))
            if end not in ("good", "refused"):
                self.fail("%s: %s" % (name, end))
            for line in findings:
                self.fail("%s: %s" % (name, line))
        print("%-17s two cuts, %s, seed %s: cases %d, both fired %d, good %d,"
              " refused %d (%.1f %%)" % (
                  config_name(config), how, self.options.seed, len(played),
                  sum(case[1] == 2 for case in played), ends["good"],
                  ends["refused"], 100 * ends["refused"] / len(played)))
        for cause, count in collections.Counter(
                case[4] for case in played if case[4]).items():
            print("    %d: %s" % (count, cause))
        sys.stdout.flush()

    # ------------------------------------------------------------ mutants

    def mutant(self, name, config, scene):
        """The product passes the scene; the mutant is caught in it."""
        found = {}
        for program in ("cutrun", "cutrun_" + name):
            prepared = self.prepare(config, program)
            case = Case(fresh(prepared, config, program), ())
            try:
                scene(case)
            except RuntimeError as problem:
                case.findings.append(str(problem))
            found[program] = case.findings
        for line in found["cutrun"]:
            self.fail("the product, where mutant %s is shown: %s" % (
                name, line))
        if not found["cutrun_" + name]:
            self.fail("mutant %s was not caught" % name)
        caught = found["cutrun_" + name]
        print("mutant %-11s %s" % (name, "caught" if caught else
                                   "NOT caught"))
        for line in caught[:1] + caught[1:][-1:]:
            print("    " + line, flush=True)

    def mutants(self):
        self.mutant("mask", CONFIGS[0], scene_extra_bits)
        self.mutant("lock_first", CONFIGS[0], scene_weak_marker)
        self.mutant("reuse", CONFIGS[0], scene_neighbour)
        self.mutant("no_sync", CONFIGS[0], scene_mains)
        self.mutant("trust_burn", CONFIGS[0], scene_lying_burn)
        self.mutant("trust_fuse", OPEN_CONFIGS[0], scene_lying_fuse)
        self.mutant("fuse_last", OPEN_CONFIGS[0], scene_cut_marker)
        self.mutant("trust_lock", CONFIGS[0], scene_lock_stuck_open)

    def sceptic(self):
        """The look from outside sees each thing that is spoiled in a good
        unit's files."""
        prepared = self.prepare(CONFIGS[1])
        seen = 0
        for spoil in SPOILS:
            rig = fresh(prepared, CONFIGS[1])
            result, _ = rig.run()
            spoil(rig)
            if rig.look(("a",), (result,)):
                seen += 1
            else:
                self.fail("the look does not see %s" % spoil.__name__)
        print("spoiled files: %d of %d seen from outside" % (
            seen, len(SPOILS)), flush=True)

    def run(self):
        for config in CONFIGS + OPEN_CONFIGS:
            if self.options.only not in config_name(config):
                continue
            prepared = None
            if not self.options.processes:
                prepared = self.prepare(config)
            steps = self.count(prepared, config)
            is_open = config in OPEN_CONFIGS
            self.one_cut(prepared, config, steps,
                         OPEN_KINDS if is_open else HANDSET + STATION)
            if self.options.two and not is_open:
                self.two_cuts(prepared, config, steps)
        if not self.options.processes:
            self.sceptic()
            self.mutants()
        self.pool.shutdown()


# -------------------------------------------------------------------- scenes

def burn_bits(rig, bits):
    """Further cells of unit a burn by themselves: (word, bit) each."""
    with open(os.path.join(rig.folder, "a", "otp.bin"), "r+b") as file:
        for word, bit in bits:
            file.seek(4 * word + bit // 8)
            byte = file.read(1)[0] | 1 << bit % 8
            file.seek(4 * word + bit // 8)
            file.write(bytes([byte]))


def first_zero(rig, word):
    unit = unit_check.Unit(os.path.join(rig.folder, "a"))
    return next(bit for bit in range(32) if not unit.words[word] >> bit & 1)


def ends_with_look(case, fault=None):
    """Run the unit again, looking from outside; what it says may be no."""
    for number in range(1, RUNS_MAX + 1):
        result, _ = case.rig.run(fault=fault)
        case.look(("a",), (result,), "run %d" % number)
        if result["status"] == "OK" or result["class"] == REWORK:
            break
    return result


def scene_extra_bits(case):
    """Both copies of the digest take a further bit before the lock."""
    case.rig.run(cut="lock@1:before")
    complements = (70, 91)
    burn_bits(case.rig, [(word, first_zero(case.rig, word))
                         for word in complements])
    ends_with_look(case)
    if not case.rig.lost():
        case.findings.append("the bits spoiled no field")


def scene_weak_marker(case):
    """A cell of the marker burns in the shadow register only."""
    ends_with_look(case, fault="weak=111.0")


def scene_neighbour(case):
    """A unit fails behind its ticket, and another one comes."""
    case.rig.run(cut="otp-program@30:after")
    case.look(("a",), (None,), "cut")
    case.neighbour()
    result = ends_with_look(case)
    if result["status"] != "OK":
        case.refused(result)


def scene_mains(case):
    """The station loses its mains when it has a ticket and sends it."""
    case.rig.run(cut="host-send@3:before+mains")
    case.look(("a",), (None,), "cut")
    result = ends_with_look(case)
    if result["status"] != "OK":
        case.refused(result)


def scene_lying_burn(case):
    """A burn says that it is done, and did nothing."""
    result = ends_with_look(case, fault="lie@28")
    if result["status"] != "OK":
        case.refused(result)


def scene_lying_fuse(case):
    """A further fuse says that it is burnt, and is not."""
    result, _ = case.rig.run(fault="fuse=lies")
    if result["status"] == "OK":
        case.findings.append("an open unit is said to be good")


def scene_cut_marker(case):
    """Power goes when the first word of the marker is burnt."""
    steps = case.rig.run("b")[0]["steps"]
    case.rig.run(cut="otp-program@%d:after" % steps["otp-program"])
    case.look(("a",), (None,), "cut")
    result = ends_with_look(case)
    if result["status"] != "OK":
        case.refused(result)


def scene_lock_stuck_open(case):
    """A lock says that it is done, and is open."""
    result = ends_with_look(case, fault="lock=stuck-open")
    if result["status"] == "OK":
        case.findings.append("an open unit is said to be good")


# ------------------------------------------------------------ spoiled files

def spoil_otp(rig, at, change):
    with open(os.path.join(rig.folder, "a", "otp.bin"), "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([change(byte)]))


def identity_copies(rig):
    """One bit more in both copies of the first IMEI."""
    burn_bits(rig, [(word, first_zero(rig, word)) for word in (29, 34)])


def one_lock(rig):
    spoil_otp(rig, 482, lambda byte: 0)


def one_canary(rig):
    spoil_otp(rig, 468, lambda byte: 1)


def marker(rig):
    for word in range(110, 116):
        for byte in range(4):
            spoil_otp(rig, 4 * word + byte, lambda _: 0)


def other_imei(rig):
    """Valid words of another number: copies A and B, the last digit."""
    for at in (4 * 31, 4 * 36):
        spoil_otp(rig, at, lambda byte: byte ^ 1)
        spoil_otp(rig, at + 4, lambda byte: byte ^ 1)


def stored_record(rig):
    with open(os.path.join(rig.folder, "a", "store.bin"), "wb") as file:
        file.write(b"\xff" * 8192)


def ledger_state(rig):
    """Back to ticketed, past the triggers."""
    db = sqlite3.connect(os.path.join(rig.folder, "ledger.db"))
    db.execute("DROP TRIGGER number_update")
    db.execute("UPDATE number SET state = 'ticketed'")
    db.commit()
    db.close()


def register_binding(rig):
    """An empty register: nothing was ever ticketed."""
    with open(os.path.join(rig.folder, "signer", "register"), "wb"):
        pass


def register_bit(rig):
    path = os.path.join(rig.folder, "signer", "register")
    with open(path, "r+b") as file:
        file.seek(100)
        byte = file.read(1)[0]
        file.seek(100)
        file.write(bytes([byte ^ 4]))


def further_fuse(rig):
    """One that nobody asked for."""
    spoil_otp(rig, 485, lambda byte: 1)


SPOILS = (further_fuse, identity_copies, one_lock, one_canary, marker, other_imei,
          stored_record, ledger_state, register_binding, register_bit)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--torn", type=int, default=1)
    parser.add_argument("--two", type=int, default=100)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--processes", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cut", dir=memory) as root:
        cut_processes.use(root)
        campaign = Campaign(options, root)
        campaign.run()
    print("%d failures, %.0f s, seed %s; steps cut: %s, each before, after and"
          " torn in %d way(s); two cuts: %d for each kind of fuses; %s" % (
              campaign.failures, time.monotonic() - begin, options.seed,
              "all" if options.every == 1 else "one in %d" % options.every,
              options.torn, options.two,
              "real processes, SIGKILL" if options.processes
              else "in one process"))
    return 1 if campaign.failures else 0


if __name__ == "__main__":
    sys.exit(main())
