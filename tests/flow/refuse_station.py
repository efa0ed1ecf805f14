# SPDX-License-Identifier: Apache-2.0
"""Refusals for what is wrong with the station: arming, profiles, ledger,
signer.  A row takes its bed's station apart and puts it together again."""
import contextlib
import ctypes
import json
import os
import resource
import signal
import sqlite3
import subprocess

import line as lines
import refusals
import refuse_text
import wire
import wire_edit

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


@contextlib.contextmanager
def armed_anew(bed, profiles):
    """The station is armed with these profiles for a while."""
    made = bed.made
    made.disarm()
    made.arm(profiles=profiles, units=100000)
    try:
        yield
    finally:
        made.disarm()
        made.arm(units=100000)


@contextlib.contextmanager
def disarmed(bed):
    bed.made.disarm()
    try:
        yield
    finally:
        if bed.made.run("station", "show").exit == 0:
            bed.made.try_arm(units=100000)


@contextlib.contextmanager
def not_armed(bed):
    unit = bed.take()
    with disarmed(bed):
        yield refusals.Attempt(lambda: bed.made.provision(unit))
    bed.good(unit)


@contextlib.contextmanager
def armed_twice(bed):
    yield refusals.Attempt(lambda: bed.made.try_arm())


@contextlib.contextmanager
def ended(bed):
    unit = bed.take()
    path = bed.made.path("station", "armed.json")
    arms = json.loads(lines.read(path))
    lines.write(path, json.dumps({**arms, "ends": 1}).encode())
    yield refusals.Attempt(lambda: bed.made.provision(unit))
    lines.write(path, json.dumps(arms).encode())
    bed.good(unit)


@contextlib.contextmanager
def signer_gone(bed):
    unit = bed.take()
    bed.made.kill_signer()
    yield refusals.Attempt(lambda: bed.made.provision(unit))
    bed.made.disarm()
    bed.made.arm(units=100000)
    bed.good(unit)


# ---------------------------------------------------------------- profiles

def fits(*changes, also_own=False, lacks=None):
    """A station that is armed with a changed profile refuses the unit, which
    says in hello that it lacks the property of this key."""
    @contextlib.contextmanager
    def how(bed):
        unit = bed.take()
        path = refuse_text.write_profile(bed, *changes)
        profiles = [path] + (bed.made.profiles() if also_own else [])

        def say_not(message):
            copy = wire_edit.changed(message)
            copy[wire_edit.REPLY][lacks] = False
            return copy
        if lacks is not None:
            unit.editor.edit = wire_edit.on_reply(wire.HELLO, say_not)
        with armed_anew(bed, profiles):
            yield bed.provision(unit)
        unit.editor.edit = None
        bed.good(unit)
    return how


BURNS = ("slots: 1", "slots: 1\nlock_fuses: [debug_closed]")


@contextlib.contextmanager
def offers_what_it_cannot_burn(bed):
    """Somebody says it for the unit; the agent itself knows better."""
    unit = bed.take("lock")
    path = refuse_text.write_profile(bed, BURNS)

    def offer(message):
        copy = wire_edit.changed(message)
        copy[wire_edit.REPLY][25] = 1
        return copy
    unit.editor.edit = wire_edit.on_reply(wire.HELLO, offer)
    with armed_anew(bed, [path]):
        yield bed.provision(unit)
    unit.editor.edit = None
    bed.good(unit)


@contextlib.contextmanager
def locked_without_a_further_fuse(bed):
    """Its lock was burnt when the profile did not burn it yet."""
    unit = bed.take("attest", "--open", "debug")
    path = refuse_text.write_profile(bed, BURNS)
    with armed_anew(bed, [path]):
        yield bed.provision(unit)
    bed.good(unit)


@contextlib.contextmanager
def none_fits(bed):
    unit = bed.take()
    if "virtual-once" not in bed.made.tacs:
        bed.made.disarm()
        bed.made.add_model("virtual-once")
        bed.made.arm(units=100000)
    other = os.path.join(lines.PROFILES, "virtual-once.yaml")
    with armed_anew(bed, [other]):
        yield bed.provision(unit)
    bed.good(unit)


def arm_refused(*changes):
    @contextlib.contextmanager
    def how(bed):
        path = refuse_text.write_profile(bed, *changes)
        with disarmed(bed):
            yield refusals.Attempt(
                lambda: bed.made.try_arm(profiles=[path]))
        bed.good(bed.take())
    return how


@contextlib.contextmanager
def tacs_in_another_order(bed):
    """The ledger uses its intervals in the order in which they came."""
    own_bed = refusals.Bed(bed.root)
    with contextlib.closing(own_bed):
        made, tac = own_bed.made, bed.root.next_tac()
        made.must("tac", "add", "--model", refusals.MODEL, "--tac", tac)
        order = [made.tacs[refusals.MODEL], tac]
        right, wrong = (refuse_text.write_profile(
            own_bed, ("slots: 1", f"slots: 1\ntacs: [{', '.join(tacs)}]"),
            name=tacs[0] + ".yaml") for tacs in (order, order[::-1]))
        made.disarm()
        yield refusals.Attempt(
            lambda: made.try_arm(profiles=[wrong])).on(own_bed)
        made.arm(profiles=[right])
        own_bed.good(own_bed.take())


@contextlib.contextmanager
def other_link(bed):
    with fits(("slots: 1", "slots: 1\nlinks: [usb, serial]"))(bed) as attempt:
        yield attempt
    path = refuse_text.write_profile(
        bed, ("slots: 1", "slots: 1\nlinks: [serial, unix]"))
    with armed_anew(bed, [path]):
        bed.good(bed.take())


# ------------------------------------------------------------------ ledger

def ledger_path(bed):
    return bed.made.path("station", "ledger.db")


@contextlib.contextmanager
def ledger_locked(bed):
    """By somebody who takes no turns."""
    unit = bed.take("keyed")
    db = sqlite3.connect(ledger_path(bed), isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    yield bed.provision(unit)
    db.execute("ROLLBACK")
    db.close()
    bed.good(unit)


def provision_limited(bed, unit, limit):
    """provision in a process that limit() was called in before."""
    command = [os.path.join(lines.BIN, "imeilock"), "--json", "-s",
               bed.made.station, "provision", "--full", "--slot",
               str(unit.slot)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          preexec_fn=limit, check=False, timeout=60)
    return lines.Outcome(command, done.returncode, done.stdout.decode(),
                         done.stderr.decode())


@contextlib.contextmanager
def disk_full(bed):
    """No file can grow: what SQLite sees of a full disk."""
    unit = bed.take()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    yield refusals.Attempt(lambda: provision_limited(bed, unit, limit))
    bed.good(unit)


@contextlib.contextmanager
def ledger_read_only(bed):
    """Also to root, who goes without the right to write all the same."""
    unit = bed.take()
    names = [name for name in os.listdir(bed.made.station)
             if name.startswith("ledger.db")]

    def limit():
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)
    for name in names:
        os.chmod(bed.made.path("station", name), 0o400)
    yield refusals.Attempt(lambda: provision_limited(bed, unit, limit))
    for name in names:
        os.chmod(bed.made.path("station", name), 0o600)
    bed.good(unit)


@contextlib.contextmanager
def newer_schema(bed):
    unit = bed.take()

    def set_version(change):
        db = sqlite3.connect(ledger_path(bed))
        version, = db.execute("PRAGMA user_version").fetchone()
        db.execute(f"PRAGMA user_version = {version + change}")
        db.commit()
        db.close()
    set_version(1)
    yield refusals.Attempt(lambda: bed.made.provision(unit))
    set_version(-1)
    bed.good(unit)


@contextlib.contextmanager
def other_ledger(bed):
    """Another station's ledger in the place of this one's."""
    unit = bed.take()
    path, other = ledger_path(bed), lines.Line(bed.root)
    other.must("station", "init", "--class", "development")
    os.rename(path, path + ".kept")
    lines.write(path, lines.read(other.path("station", "ledger.db")))
    other.close()
    yield refusals.Attempt(lambda: bed.made.provision(unit))
    os.rename(path + ".kept", path)
    bed.good(unit)


@contextlib.contextmanager
def old_ledger(bed):
    one, two = bed.take(), bed.take()
    bed.made.disarm()
    kept = bed.made.copy("ledger.db")
    bed.made.arm(units=100000)
    bed.good(one)
    newer = bed.made.copy("ledger.db")
    bed.made.restore(kept, "ledger.db")
    yield refusals.Attempt(lambda: bed.made.provision(two))
    bed.made.restore(newer, "ledger.db")
    bed.good(two)


# ------------------------------------------------- numbers that run out

@contextlib.contextmanager
def used_up(bed):
    """A station with one number, for two units."""
    few = refusals.Bed(bed.root, last_snr=0)
    with contextlib.closing(few):
        few.good(few.take())
        unit = few.take("keyed")
        yield few.provision(unit).on(few)


@contextlib.contextmanager
def past_the_certificate(bed):
    """A station whose ledger was given numbers that the certificate does not
    have, when those that it has were used."""
    few = refusals.Bed(bed.root, last_snr=0)
    with contextlib.closing(few):
        few.good(few.take())
        tac = few.root.next_tac()
        few.made.must("tac", "add", "--model", refusals.MODEL, "--first",
                      f"{tac}000000", "--last", f"{tac}000009")
        yield few


@contextlib.contextmanager
def outside_certificate(bed):
    """It was armed before."""
    with past_the_certificate(bed) as few:
        yield few.provision(few.take("keyed")).on(few)


@contextlib.contextmanager
def armed_uncertified(bed):
    """It is found when the next shift begins."""
    with past_the_certificate(bed) as few:
        few.made.disarm()
        yield refusals.Attempt(few.made.try_arm).on(few)


def past_guards(bed, *statements):
    """SQL by somebody who takes the schema's guards away for a while."""
    db = sqlite3.connect(ledger_path(bed))
    guards = db.execute("SELECT name, sql FROM sqlite_schema"
                        " WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        db.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        db.execute(statement)
    for _, sql in guards:
        db.execute(sql)
    db.commit()
    db.close()


def damaged(*statements, run):
    """A station of its own, whose ledger nobody can trust afterwards:
    run(bed, unit) is an Attempt with a unit that has its secret only."""
    @contextlib.contextmanager
    def how(bed):
        own_bed = refusals.Bed(bed.root)
        with contextlib.closing(own_bed):
            own_bed.good(own_bed.take())
            unit = own_bed.take("keyed")
            past_guards(own_bed, *statements)
            yield run(own_bed, unit).on(own_bed, is_damaged=True)
    return how


@contextlib.contextmanager
def ledger_forgot_a_chip(bed):
    """The signer does not forget: the chip would get a second number."""
    own_bed = refusals.Bed(bed.root)
    with contextlib.closing(own_bed):
        unit = own_bed.take("permit")
        own_bed.good(own_bed.take())
        past_guards(own_bed, "DELETE FROM number WHERE unit = 1",
                    "DELETE FROM unit WHERE number = 1")
        yield own_bed.provision(unit).on(own_bed, is_damaged=True)


def provision(bed, unit):
    return bed.provision(unit)


def check(bed, _):
    return refusals.Attempt(lambda: bed.made.run("ledger", "check"))


def forged_certificate(change, key=None, cert="station"):
    """Arm with a certificate that was changed and signed again."""
    @contextlib.contextmanager
    def how(bed):
        made = bed.made
        path = made.path(refusals.MODEL + ".cert")
        data = lines.read(path)
        signed = wire_edit.sign_again(data, key or bed.root_key(), change)
        forged = made.path("forged.cert")
        lines.write(forged, signed)
        with disarmed(bed):
            yield refusals.Attempt(lambda: made.run(
                "key", "install", "--cert", forged, "--root",
                bed.root.pem, token=True))
        bed.good(bed.take())
    return how


# ----------------------------------------------------------------- classes

@contextlib.contextmanager
def software_root_for_production(bed):
    folder = bed.made.path("production-root")
    token = lines.SoftToken(bed.made.folder, "none")
    token.address += ".production"
    yield refusals.Attempt(lambda: lines.run(
        "key", "root", "--folder", folder, "--class", "production", "--out",
        folder + ".pem", "--token", token.address, pin=token.pin))


@contextlib.contextmanager
def software_token_for_production(bed):
    folder = bed.made.path("production-line")
    if not os.path.exists(folder):
        assert lines.run("-s", folder, "station", "init", "--class",
                         "production").exit == 0
    token = lines.SoftToken(bed.made.folder, "none")
    token.address += ".production-line"
    yield refusals.Attempt(lambda: lines.run(
        "-s", folder, "key", "request", "--model", "m", "--out",
        folder + ".request", "--token", token.address, pin=token.pin))


@contextlib.contextmanager
def request_of_the_other_class(bed):
    """A development root is asked to certify for production."""
    data = lines.read(bed.made.path(refusals.MODEL + ".request"))
    path, token = bed.made.path("production.request"), bed.root.token
    lines.write(path, wire_edit.sign_again(data, bed.line_key(), own(0, 2)))
    tac = bed.root.next_tac()
    yield refusals.Attempt(lambda: lines.run(
        "key", "certify", "--folder", bed.root.path("folder"), "--request",
        path, "--first", f"{tac}000000", "--last", f"{tac}000009", "--out",
        path + ".cert", "--token", token.address, pin=token.pin))


@contextlib.contextmanager
def other_root(bed):
    stranger = lines.Root()
    with contextlib.closing(stranger), disarmed(bed):
        yield refusals.Attempt(lambda: bed.made.run(
            "key", "install", "--cert",
            bed.made.path(refusals.MODEL + ".cert"), "--root", stranger.pem,
            token=True))
    bed.good(bed.take())


def own(key, value):
    """A change of one of our own claims."""
    def change(claims):
        claims[wire_edit.OWN] = {**claims[wire_edit.OWN], key: value}
    return change
