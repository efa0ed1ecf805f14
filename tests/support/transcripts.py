#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""transcripts.py - write docs/transcripts.md: what the commands really print.

Every text is of a run that this script makes, with programs of build/dev, a
station of four slots, and handsets of which one lies about its lock and one
does not answer.  A run that ends otherwise than it should ends this script.
"""
import os
import pty
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import line  # noqa: E402
import terminal  # noqa: E402

DOCUMENT = os.path.join(line.SOURCE, "docs", "transcripts.md")
HEAD = """# Transcripts

What the commands print, at a station with four slots: two virtual handsets that are
good, one with two IMEIs whose lock says that it holds and does not, and an empty slot.
Made by `./dev transcripts`; nothing is edited but the names of folders.
"""
ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Page:
    """Runs commands of a line and keeps what they print."""

    def __init__(self, made):
        self.made, self.text = made, HEAD

    def say(self, text):
        self.text += f"\n{text}\n"

    def clean(self, text):
        text = text.replace(self.made.station, "STATION")
        text = text.replace(self.made.folder, "FIXTURE")
        text = text.replace(self.made.root.folder, "ROOT")
        return text.replace(line.SOURCE + "/", "")

    def show(self, command, output):
        lines = self.clean(output).rstrip().splitlines()
        if command:
            lines.insert(0, f"$ {command}")
        self.text += "\n" + "\n".join(("    " + row).rstrip()
                                      for row in lines) + "\n"

    def run(self, *words, code=0):
        outcome = self.made.run(*words, text=True)
        if outcome.exit != code:
            raise line.Failed(str(outcome))
        self.show(self.clean("imeilock " + " ".join(words)),
                  outcome.output + outcome.errors)

    def last_screen(self, *words, code):
        """What stands on the terminal when the command has ended."""
        pid, terminal = pty.fork()
        if pid == 0:
            program = os.path.join(line.BIN, "imeilock")
            os.environ["TERM"] = "xterm"
            os.execv(program, ["imeilock", "-s", self.made.station, *words])
        seen = b""
        try:
            while more := os.read(terminal, 4096):
                seen += more
        except OSError:
            pass  # the other end is closed
        _, status = os.waitpid(pid, 0)
        if os.waitstatus_to_exitcode(status) != code:
            raise line.Failed(seen.decode())
        self.show("imeilock " + " ".join(words), screen_of(seen.decode()))


    def watched(self, *words):
        """The screen of a line that takes units as they come, when the units
        that are there have got their verdicts; and that of a key."""
        program = os.path.join(line.BIN, "imeilock")
        with terminal.Terminal(
                [program, "-s", self.made.station, *words],
                env={"LC_ALL": "C.UTF-8", "LANGUAGE": ""}) as seen:
            for mark in ("[STOP]", "2 good"):
                screen = seen.until(mark)
            self.show("imeilock " + " ".join(words), screen)
            seen.keys("r")
            self.say("After the key `r`:")
            self.show(None, seen.until("press a key"))
            seen.keys("q")
            seen.keys("C-c")


def screen_of(text):
    """Lines as they stand after "up n lines" and "clear the line"."""
    rows, at = [], 0
    for row in text.replace("\r", "").split("\n"):
        while match := re.match(r"\x1b\[(\d+)A", row):
            at, row = at - int(match.group(1)), row[match.end():]
        rows[at:at + 1] = [ESCAPE.sub("", row)]
        at += 1
    return "\n".join(rows)


def station(page, made):
    page.say("## A shift begins")
    page.run("station", "show")
    page.run("tac", "list")
    page.say("## Units\n\nThe lines above the table are drawn in place while "
             "the units are made; this is how they stand at the end. The exit "
             "code is that of the worst unit.")
    page.last_screen("provision", code=3)
    page.say("A line that takes units as they are plugged in, on a terminal of "
             "80 by 24. The units were there before:")
    page.watched("provision", "--watch")
    page.say("The same without a terminal, for two slots that were made "
             "before:")
    page.run("provision", "--slot", "1", "--slot", "2")


def ledger(page, made):
    page.say("## What became of the numbers")
    page.run("ledger", "show")
    lying = made.units[2].decode()["chip_id"]
    page.run("ledger", "history", lying)
    page.run("ledger", "check")


def quality(page, made):
    good, lying = made.units[0], made.units[2]
    page.say("## QA, without the station")
    words = ["--root", made.root.pem, "--accept-development"]
    page.run("verify", *words, "--unit", good.agent, "--at", good.at[0])
    page.run("verify", *words, "--unit", lying.agent, "--at", lying.at[0],
             "--at", lying.at[1], code=3)
    page.say("Several at once; the exit code is that of the worst:")
    page.run("verify", *words, "--unit", good.agent, "--at", good.at[0],
             "--unit", made.units[1].agent, "--at", made.units[1].at[0],
             "--unit", lying.agent, "--at", lying.at[0], "--at", lying.at[1],
             code=3)
    page.run("inspect", "--unit", good.agent)


def main():
    with line.Root() as root, line.Line(root) as made:
        made.unit("first")
        made.unit("second")
        made.unit("lying", "virtual-once")
        made.unit("absent")
        made.open()
        for unit, arguments in zip(made.units, ((), (), ("--lock", "lies"))):
            unit.start(*arguments)
        made.arm()
        page = Page(made)
        station(page, made)
        ledger(page, made)
        quality(page, made)
        page.say("## A shift ends")
        page.run("station", "close")
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(page.text)


if __name__ == "__main__":
    main()
