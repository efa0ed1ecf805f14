# SPDX-License-Identifier: Apache-2.0
"""Refusals for what a unit is, or for what it is given: chips that are known
or not plausible, builds, and tickets and records that are not its own."""
import contextlib
import os

import line as lines
import refusals
import wire
import wire_edit

BODY, STATUS = wire_edit.BODY, wire_edit.STATUS
CERT, OBJECT = 2, 3  # in the bodies of permit and store


# -------------------------------------------------------------------- chips

def exchange(unit, name, data):
    """Another file while the power is off; what was there is returned."""
    unit.stop()
    kept = lines.read(unit.path(name))
    lines.write(unit.path(name), data)
    unit.start()
    return kept


@contextlib.contextmanager
def chip_with_another_key(bed):
    """Two chips share an id."""
    one, two = bed.take("done"), bed.take("done")
    kept = exchange(two, "chip.bin", lines.read(one.path("chip.bin")))
    yield bed.provision(two)
    exchange(two, "chip.bin", kept)
    bed.good(two)


@contextlib.contextmanager
def chip_with_fewer_fuses(bed):
    unit = bed.take("done")
    younger = bed.take("keyed")
    exchange(unit, "otp.bin", younger.otp())
    yield bed.provision(unit)


@contextlib.contextmanager
def chip_that_is_blank_again(bed):
    unit, blank = bed.take("done"), bed.take()
    exchange(unit, "otp.bin", blank.otp())
    yield bed.provision(unit)


@contextlib.contextmanager
def scrapped_alone(bed):
    """Nobody scraps a unit without a second person."""
    unit = bed.take("done")
    chip = unit.decode()["chip_id"]
    yield refusals.Attempt(lambda: bed.made.run(
        "ledger", "scrap", chip, "--reason", "a test", "--operator", "kim",
        "--second", "kim", "--confirm", "scrap this unit"))
    bed.good(unit)


def decided(bed, unit, command, words):
    chip = unit.decode()["chip_id"]
    bed.made.must("ledger", command, chip, "--reason", "a test",
                  "--operator", "kim", *words)


@contextlib.contextmanager
def scrapped(bed):
    unit = bed.take("done")
    decided(bed, unit, "scrap", ["--second", "lee", "--confirm",
                                 "scrap this unit"])
    yield bed.provision(unit)


@contextlib.contextmanager
def quarantined(bed):
    unit = bed.take("done")
    decided(bed, unit, "quarantine", [])
    yield bed.provision(unit)
    decided(bed, unit, "release", ["--second", "lee", "--confirm",
                                   "release this unit"])
    bed.good(unit)


@contextlib.contextmanager
def began_elsewhere(bed):
    """A locked unit of another ledger."""
    other = refusals.Bed(bed.root)
    with contextlib.closing(other):
        stranger = other.take("done")
        unit = bed.take()
        for name in ("otp.bin", "chip.bin", "store.bin"):
            exchange(unit, name, lines.read(stranger.path(name)))
        yield bed.provision(unit)


@contextlib.contextmanager
def unknown_and_not_blank(bed):
    """The same, and its store is empty as well."""
    other = refusals.Bed(bed.root)
    with contextlib.closing(other):
        stranger = other.take("done")
        unit = bed.take()
        for name in ("otp.bin", "chip.bin"):
            exchange(unit, name, lines.read(stranger.path(name)))
        yield bed.provision(unit)


@contextlib.contextmanager
def nobody_there(bed):
    unit = bed.take()
    unit.stop()
    unit.editor.close()
    yield bed.provision(unit)
    os.unlink(unit.path("wire.sock"))
    os.symlink(unit.path("agent.sock"), unit.path("wire.sock"))
    unit.start()
    bed.good(unit)


@contextlib.contextmanager
def crossed_cables(bed):
    """The AT ports of two units are changed for each other."""
    one, two = bed.take("done"), bed.take("lock")

    def cross():
        for old, new in ((one.path("at1.sock"), one.path("x")),
                         (two.path("at1.sock"), one.path("at1.sock")),
                         (one.path("x"), two.path("at1.sock"))):
            os.rename(old, new)
    cross()
    yield bed.provision(two)
    cross()
    bed.good(two)


# ------------------------------------------------------------------- builds

def started(*arguments, stage="keyed", program="imeilock-handset"):
    """The unit runs with other arguments, or is of another build."""
    @contextlib.contextmanager
    def how(bed):
        unit = bed.take(stage)
        unit.stop()
        unit.start(*arguments, program=program)
        yield bed.provision(unit)
        unit.restart()
        bed.good(unit)
    return how


@contextlib.contextmanager
def built_for_another_root(bed):
    stranger = lines.Root()
    with contextlib.closing(stranger):
        unit = bed.take("keyed")
        unit.restart("--root", stranger.pem)
        yield bed.provision(unit)
    unit.restart()
    bed.good(unit)


def store_full(stage):
    @contextlib.contextmanager
    def how(bed):
        unit = bed.take(stage)
        unit.restart("--fault", "store-full")
        yield bed.provision(unit)
        unit.restart()
        bed.good(unit)
    return how


# ----------------------------------------------------- tickets and records

@contextlib.contextmanager
def given(bed, stage, operation, change):
    """In the place of what the station gives the unit: change(body, unit)."""
    unit = bed.take(stage)

    def edit(message):
        copy = wire_edit.changed(message)
        change(copy[BODY], unit)
        return copy
    unit.editor.edit = wire_edit.on_request(operation, edit)
    yield bed.provision(unit)
    unit.editor.edit = None
    bed.good(unit)


def ticket(change, key=None, stage="keyed"):
    """Another ticket, signed by the station's key, or by this one."""
    def how(bed):
        def edit(body, _):
            body[OBJECT] = wire_edit.sign_again(
                body[OBJECT], key or bed.line_key(), change)
        return given(bed, stage, wire.PERMIT, edit)
    return how


def certificate(change, key=None, operation=wire.PERMIT, stage="keyed"):
    """Another certificate with it, signed by the root, or by this key."""
    def how(bed):
        def edit(body, _):
            body[CERT] = wire_edit.sign_again(
                body[CERT], key or bed.root_key(), change)
        return given(bed, stage, operation, edit)
    return how


def replaced(operation, stage, value):
    """Bytes that are no such object; value(body) gives them."""
    def how(bed):
        def edit(body, _):
            body[OBJECT] = value(body)
        return given(bed, stage, operation, edit)
    return how


def record(change, key=None):
    def how(bed):
        def edit(body, _):
            body[OBJECT] = wire_edit.sign_again(
                body[OBJECT], key or bed.line_key(), change)
        return given(bed, "store", wire.STORE, edit)
    return how


def own(key, value):
    def change(claims):
        claims[wire_edit.OWN] = {**claims[wire_edit.OWN], key: value}
    return change


def other_nonce(claims):
    claims[10] = bytes(16)


def other_number(step):
    """The number that lies step further."""
    def change(claims):
        identity = list(claims[wire_edit.OWN][3])
        identity[1] += step
        claims[wire_edit.OWN] = {**claims[wire_edit.OWN], 3: identity}
    return change


def second_slot(claims):
    """A modem slot that this unit does not have."""
    identity = list(claims[wire_edit.OWN][3])
    identity[2] = identity[1] + 1
    claims[wire_edit.OWN] = {**claims[wire_edit.OWN], 3: identity}


@contextlib.contextmanager
def pinned(bed):
    """A ticket for another number, when a part of the first is burnt."""
    unit = bed.take("keyed")
    unit.restart("--cut", "otp-program@10:after")
    outcome = bed.made.provision(unit)
    assert outcome.row(unit)["step"] == "program", outcome
    unit.restart()

    def change(message):
        copy = wire_edit.changed(message)
        copy[BODY][OBJECT] = wire_edit.sign_again(
            copy[BODY][OBJECT], bed.line_key(), other_number(1))
        return copy
    unit.editor.edit = wire_edit.on_request(wire.PERMIT, change)
    yield bed.provision(unit)
    unit.editor.edit = None
    bed.good(unit)


@contextlib.contextmanager
def another_units_ticket(bed):
    """A real ticket of this station, of the unit beside it."""
    seen = []

    def keep(message):
        seen.append(message[BODY])
    neighbour = bed.take("keyed")
    neighbour.editor.edit = wire_edit.on_request(wire.PERMIT, keep)
    bed.good(neighbour)

    def change(body, _):
        body.update(seen[0])
    with given(bed, "keyed", wire.PERMIT, change) as attempt:
        yield attempt


@contextlib.contextmanager
def old_ticket(bed):
    """The unit's own ticket of the run before, for the nonce of that run."""
    unit, seen = bed.take("keyed"), []

    def keep(way, message):
        if way == ">" and message[wire_edit.OPERATION] == wire.PERMIT:
            seen.append(message[BODY])
            return wire_edit.CUT
        return None
    unit.editor.edit = keep
    bed.made.provision(unit)

    def replay(message):
        return {**message, BODY: seen[0]}
    unit.editor.edit = wire_edit.on_request(wire.PERMIT, replay)
    yield bed.provision(unit)
    unit.editor.edit = None
    bed.good(unit)


@contextlib.contextmanager
def never_permitted(bed):
    """Somebody says for the unit that it took the ticket."""
    unit = bed.take("keyed")

    def swallow(message):
        reply = {key: message[key] for key in (0, 1, 2)}
        return [wire_edit.Back({**reply, STATUS: wire.OK}),
                wire_edit.Raw(b"\0")]
    unit.editor.edit = wire_edit.on_request(wire.PERMIT, swallow)
    yield bed.provision(unit)
    unit.editor.edit = None
    bed.good(unit)


def takes_what_it_must_refuse(operation):
    """The locked unit says that it took this request.  That is against the
    unit, so its number is quarantined until two people say otherwise."""
    @contextlib.contextmanager
    def how(bed):
        unit = bed.take("probe")

        def take(message):
            if message[STATUS] == wire.OK:
                return None
            copy = {key: message[key] for key in (0, 1, 2)}
            outcome = {} if operation == wire.PERMIT else {
                wire_edit.REPLY: {5: wire.LOCKED}}
            return {**copy, STATUS: wire.OK, **outcome}
        unit.editor.edit = wire_edit.on_reply(operation, take)
        yield bed.provision(unit)
        unit.editor.edit = None
        decided(bed, unit, "release", ["--second", "lee", "--confirm",
                                       "release this unit"])
        bed.good(unit)
    return how


# ------------------------------------------------------------------- tokens

@contextlib.contextmanager
def answered(bed, stage, operation, change, arguments=()):
    """In the place of the unit's signed answer: change(object, nonce)."""
    unit, nonces = bed.take(stage, *arguments), []

    def edit(way, message):
        if message.get(wire_edit.OPERATION) != operation:
            return None
        if way == ">":
            nonces.append(message[BODY][1])
        elif message.get(STATUS) == wire.OK:
            copy = wire_edit.changed(message)
            copy[wire_edit.REPLY][3] = change(copy[wire_edit.REPLY][3],
                                              nonces[-1])
            return copy
        return None
    unit.editor.edit = edit
    yield bed.provision(unit)
    unit.editor.edit = None
    bed.good(unit)


def spoiled_token(stage, operation):
    return lambda bed: answered(bed, stage, operation,
                                lambda data, _: wire_edit.spoiled(data))


def old_token(stage, operation):
    """A good token, for another question: the unit is asked beside the tool,
    as somebody would who keeps an answer for later."""
    @contextlib.contextmanager
    def how(bed):
        unit = bed.take(stage)
        with wire.Client(unit.path("agent.sock")) as agent:
            agent.hello()
            kept = agent.token(operation)

        def change(message):
            copy = wire_edit.changed(message)
            copy[wire_edit.REPLY][3] = kept
            return copy
        unit.editor.edit = wire_edit.on_reply(operation, change)
        yield bed.provision(unit)
        unit.editor.edit = None
        bed.good(unit)
    return how


def neighbours_token(stage, operation, *arguments):
    """Another box answers: with arguments, one that has the same chip id."""
    @contextlib.contextmanager
    def how(bed):
        other = bed.take("keyed")
        if arguments:
            other.stop()

        def change(_, nonce):
            with wire.Client(other.path("agent.sock")) as agent:
                agent.hello()
                return agent.token(operation, nonce)
        with answered(bed, stage, operation, change) as attempt:
            if arguments:
                lines.write(other.path("chip.bin"), lines.read(
                    attempt.unit.path("chip.bin")))
                # a fresh chip, so that its key is of its own class
                os.unlink(other.path("otp.bin"))
                other.start(*arguments)
                with wire.Client(other.path("agent.sock")) as agent:
                    agent.hello()
                    agent.token(wire.KEY)
            yield attempt
    return how
