# SPDX-License-Identifier: Apache-2.0
"""Refusals of replies that are not what they must be, and of units that go
away.  The wire is tampered with each time, so that asking again is no help;
tampered with once, it must help (`once`)."""
import contextlib

import refusals
import wire
import wire_edit

BODY, STATUS, REPLY = wire_edit.BODY, wire_edit.STATUS, wire_edit.REPLY
PROTOCOL, MODEL, LAYOUT, CLASS, CHIP = 0, 8, 9, 10, 11


def status(letters, index, class_byte):
    return int.from_bytes(letters.encode() + bytes([index, class_byte]),
                          "big")


def reply(name, stage, change):
    """Each reply to this request is another: change(message, last), where
    last is the reply to the request before it."""
    @contextlib.contextmanager
    def how(bed):
        unit, last = bed.take(stage), [{}]

        def edit(way, message):
            if way != "<" or STATUS not in message:
                return None
            if message[wire_edit.OPERATION] != refusals.operation(name):
                last[0] = message
                return None
            return change(message, last[0])
        unit.editor.edit = edit
        yield bed.provision(unit)
        unit.editor.edit = None
        bed.good(unit)
    return how


def hello(key, value, stage="blank"):
    """hello says something else."""
    def change(message, _):
        copy = wire_edit.changed(message)
        copy[REPLY][key] = value
        return copy
    return reply("hello", stage, change)


# Changes of a reply: (message, the one before it) -> what goes on.

def cut(message, _):
    frame = wire.frame_encode(wire_edit.encode(message))
    return [wire_edit.Raw(frame[:len(frame) // 2]), wire_edit.CUT]


def gone(_message, _):
    return wire_edit.CUT


def too_long(message, _):
    """A good frame but for its length."""
    return wire_edit.encode(message) + bytes(wire.MESSAGE_MAX)


def garbled(message, _):
    frame = bytearray(wire.frame_encode(wire_edit.encode(message)))
    frame[len(frame) // 2] ^= 0x55
    return wire_edit.Raw(bytes(frame))


def unreadable(message, _):
    """A good frame with a message that is none."""
    return wire_edit.encode(message) + b"\0"


def out_of_order(message, _):
    return {**message, wire_edit.SEQUENCE: message[wire_edit.SEQUENCE] - 1}


def repeated(_message, last):
    """The last reply once more instead."""
    return last


def of_another_request(message, _):
    return {**message,
            wire_edit.OPERATION: message[wire_edit.OPERATION] % 12 + 1}


def of_a_request_like_it(message, _):
    """All three are answered with a token."""
    like = {wire.KEY: wire.READ, wire.READ: wire.ATTEST,
            wire.ATTEST: wire.KEY}
    return {**message,
            wire_edit.OPERATION: like[message[wire_edit.OPERATION]]}


def of_another_session(message, _):
    return {**message, wire_edit.SESSION: message[wire_edit.SESSION] ^ 1}


def said(code):
    """The unit says this status, alone."""
    def change(message, _):
        copy = {key: message[key] for key in (0, 1, 2)}
        copy[STATUS] = code
        return copy
    return change


def silent(_message, _):
    return wire_edit.Raw(b"\0")


def vanishes(step):
    """The unit goes away when this is asked; it went there before, so that
    nothing is left to burn on the way."""
    @contextlib.contextmanager
    def how(bed):
        unit = bed.take(step)
        unit.editor.edit = wire_edit.before(refusals.operation(step))
        yield bed.provision(unit)
        unit.editor.edit = None
        bed.good(unit)
    return how


def once(change, *steps):
    """A tampered reply for once at each step; asked again, it is as it
    should be."""
    last, left = [{}], {refusals.operation(step) for step in steps}

    def edit(way, message):
        if way != "<" or STATUS not in message:
            return None
        before, last[0] = last[0], message
        if message[wire_edit.OPERATION] not in left:
            return None
        left.remove(message[wire_edit.OPERATION])
        return change(message, before)
    return edit
