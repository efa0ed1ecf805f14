# SPDX-License-Identifier: Apache-2.0
"""Refusals of what is typed, scanned or written down: numbers, TACs, profiles,
before any unit is asked."""
import contextlib
import os

import line as lines
import refusals

GOOD = "260531793113837"
PRODUCTION = ("station", "init", "--class", "production")


def check(number):
    """`imei check` of one number."""
    @contextlib.contextmanager
    def how(bed):
        path = bed.made.path("labels.txt")
        lines.write(path, number.encode() + b"\n")
        yield refusals.Attempt(lambda: bed.made.run("imei", "check", path),
                               in_row="reject")
        lines.write(path, GOOD.encode() + b"\n")
        assert bed.made.run("imei", "check", path).exit == 0
    return how


def words(*arguments, in_row=None):
    """A command that is refused."""
    @contextlib.contextmanager
    def how(bed):
        yield refusals.Attempt(lambda: bed.made.run(*arguments),
                               in_row=in_row)
    return how


def rejects(*arguments):
    return words(*arguments, in_row="reject")


def add_tac(first, last, model=refusals.MODEL):
    """`tac add`; "own" stands for the TAC that the station has."""
    @contextlib.contextmanager
    def how(bed):
        own = bed.made.tacs[refusals.MODEL]
        yield refusals.Attempt(lambda: bed.made.run(
            "tac", "add", "--model", model,
            "--first", first.replace("own", own),
            "--last", last.replace("own", own)))
    return how


@contextlib.contextmanager
def test_tac_in_production(bed):
    folder = bed.made.path("production")
    if not os.path.exists(folder):
        assert lines.run("-s", folder, *PRODUCTION).exit == 0
    yield refusals.Attempt(lambda: lines.run(
        "-s", folder, "tac", "add", "--model", "m", "--tac", "00101700"))
    assert lines.run("-s", folder, "tac", "add", "--model", "m", "--tac",
                     "35000000").exit == 0


@contextlib.contextmanager
def interval_of_two_ledgers(bed):
    """The root's register remembers what it gave to whom."""
    tac = bed.made.tacs[refusals.MODEL]
    other = lines.Line(bed.root)
    try:
        other.must("station", "init", "--class", "development")
        other.must("key", "request", "--model", "m", "--out",
                   other.path("r"), token=True)
        token = bed.root.token

        def certify(first, last):
            return lines.run(
                "key", "certify", "--folder", bed.root.path("folder"),
                "--request", other.path("r"), "--first", first, "--last",
                last, "--out", other.path("c"), "--token", token.address,
                pin=token.pin)
        yield refusals.Attempt(lambda: certify(f"{tac}000005",
                                               f"{tac}000005"))
        free = bed.root.next_tac()
        outcome = certify(f"{free}000000", f"{free}000005")
        assert outcome.exit == 0, outcome
    finally:
        other.close()


# ---------------------------------------------------------------- profiles

def profile_text(*changes):
    path = os.path.join(lines.PROFILES, refusals.MODEL + ".yaml")
    text = lines.read(path).decode()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def write_profile(bed, *changes, name="other.yaml"):
    path = bed.made.path(name)
    lines.write(path, profile_text(*changes).encode())
    return path


def profile(*changes):
    """A profile that `profile check` refuses, and so does `station arm`."""
    @contextlib.contextmanager
    def how(bed):
        path = write_profile(bed, *changes)
        yield refusals.Attempt(lambda: bed.made.run("profile", "check",
                                                    path))
        assert bed.made.run("profile", "check",
                            write_profile(bed)).exit == 0
    return how


@contextlib.contextmanager
def profiles_overlap(bed):
    one, two = (write_profile(bed, ("60", seconds), name=seconds + ".yaml")
                for seconds in ("60", "70"))
    yield refusals.Attempt(lambda: bed.made.run("profile", "check", one,
                                                two))
    assert bed.made.run("profile", "check", two).exit == 0
