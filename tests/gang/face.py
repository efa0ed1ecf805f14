# SPDX-License-Identifier: Apache-2.0
"""What a watched line shows, and how it is told labels: on a screen in tmux,
where a scanner types, or as rows of --json.

    with Screen(made, 32, "--scan") as face:
        tiles = face.read()             # {slot: Tile}
        face.scan(3, "351000000000017") # typed with the next flush()

Both give the same: a tile for each slot, as far as the face shows it.
"""
import collections
import os
import queue
import re
import signal
import time

import line
import proc
import terminal
import watch

# what: empty, waits, works or done; mark: of a verdict, without its brackets;
# imei: as it is shown, or ""; note: what is to be done, or why it waits.
# With the note HOUSING the number is that of the unit whose label is missing.
Tile = collections.namedtuple("Tile", "what mark imei note")
EMPTY = Tile("empty", "", "", "")
HOUSING = "scan the housing"
LABEL = "scan the label"
SLOT_PAUSED = "slot is paused"
SCAN_S = 10  # until a scan is answered
TRIES = 3  # of a scan that seems to have no answer


def masked(imei):
    return f"{imei[:8]}*****{imei[-2:]}"


class Screen:
    """80 columns and 24 rows, as a factory's terminal has."""

    name = "screen"
    WORDS = re.compile(r" *(\d+) (\[ ?(\w+) ?\]|waits(?!: )|empty|)")
    DUE = re.compile(r" *\d+ (\[LABEL\]|waits: label of)")
    REFUSED = re.compile(r"scan .*: ([A-Z_]+): ")

    def __init__(self, made, slots, *words, columns=80, rows=24):
        self.made, self.columns = made, columns
        self.typed, self.text, self.sums_good = "", "", 0
        self.terminal = terminal.Terminal(
            [os.path.join(line.BIN, "imeilock"), "-s", made.station,
             "provision", "--watch", *words], columns, rows,
            env={"LC_ALL": "C.UTF-8", "LANGUAGE": ""})
        try:
            self.terminal.until("q quit")
            line.wait_for(lambda: self._find(slots), "a tile for each slot")
            self.pid = self._pid()
        except BaseException:
            self.terminal.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.terminal.__exit__()

    def _pid(self):
        shell = int(self.terminal.tmux("display-message", "-p",
                                       "#{pane_pid}"))
        pid, = [child for child in proc.children(shell)
                if b"imeilock" in proc.read(child, "cmdline")]
        return pid

    def _find(self, slots):
        """Where each tile stands, on a screen of empty ones."""
        self.place = {
            int(match[1]): (row, match.start(1) - (len(match[1]) == 1))
            for row, text in enumerate(self.terminal.rows())
            for match in re.finditer(r"(?:(?<=^)|(?<=\s))(\d+) empty", text)}
        starts = sorted({column for _, column in self.place.values()})
        ends = starts[1:] + [self.columns + 1]
        self.width = min(end - start - 1 for start, end
                         in zip(starts, ends)) if starts else 0
        return len(self.place) == slots

    def parse(self, text):
        """{slot: Tile} of a picture of the whole screen."""
        rows = text.split("\n")
        found = {}
        for slot, (row, column) in self.place.items():
            first, second = (rows[row + n][column:column + self.width]
                             for n in (0, 1))
            match = self.WORDS.match(first)
            if not match or int(match[1]) != slot:
                raise line.Failed(f"no tile of slot {slot}:\n{text}")
            imei = re.match(r"\d{8}\*{5}\d\d|\d{15}", second)
            what = "done" if match[3] else match[2] or "works"
            note = "" if imei else second.strip()
            if due := self.DUE.match(first):
                note = HOUSING
                what = "done" if due[1] == "[LABEL]" else "waits"
            found[slot] = Tile(what, match[3] or "", imei[0] if imei else "",
                               note)
        return found

    def read(self):
        self.text = self.terminal.text()
        rows = self.text.split("\n")
        self.state, self.said = rows[1].strip(), rows[-4].strip()
        match = re.search(r"units: (\d+) good", rows[-3])
        self.sums_good = int(match[1]) if match else 0
        return self.parse(self.text)

    def rows(self):
        """Verdicts with all that is said of them: not on a screen."""
        return []

    def scan(self, slot, text):
        self.typed += f"SLOT-{slot}\r{text}\r"

    def flush(self):
        if self.typed:
            self.terminal.type(self.typed)
        self.typed = ""

    def _until_said(self, pattern):
        end = time.monotonic() + SCAN_S
        while True:
            self.read()
            if match := re.search(pattern, self.said):
                return match
            if time.monotonic() > end:
                raise line.Failed(f"no answer to a scan:\n{self.text}")
            time.sleep(0.02)

    def _ask_slot(self, slot):
        """That a label has left with its unit may be said before anybody has
        read the answer: who sees none scans again."""
        told = rf"^slot {slot}: scan its label now$|SCAN_SLOT: "
        for _ in range(TRIES - 1):
            self.terminal.type(f"SLOT-{slot}\r")
            try:
                return self._until_said(told)
            except line.Failed:
                print(f"slot {slot}: its code is scanned again behind: "
                      f"{self.said}")
        self.terminal.type(f"SLOT-{slot}\r")
        return self._until_said(told)

    def ask(self, slot, text):
        """Scan, and wait for the answer: the code, or "OK"."""
        self.flush()
        answer = self._ask_slot(slot)
        if "SCAN_SLOT" in answer[0]:
            return "STATION_SCAN_SLOT"
        self.terminal.type(text + "\r")
        answer = self._until_said(rf"{self.REFUSED.pattern}|its label is")
        return answer[1] or "OK"

    def is_paused(self, tiles):
        return (self.state.startswith("The line is paused")
                or any(tile.note == SLOT_PAUSED for tile in tiles.values()))

    def why_paused(self):
        match = re.search(r"goes on: ([A-Z_]+):", self.state)
        return match[1] if match else "slot"

    def go_on(self):
        self.flush()
        self.terminal.keys("p")
        line.wait_for(lambda: not self.is_paused(self.read()), "it goes on")

    def end(self):
        self.terminal.keys("q")
        return self.terminal.exit()


class Rows:
    """Lines of --json; what a screen would show is kept here."""

    name = "rows"
    STATES = {"waiting for scan": ("waits", LABEL), "working": ("works", ""),
              "its labels fit": ("done", ""),
              "scan the housing label": ("done", HOUSING)}

    def __init__(self, made, slots, *words):
        self.made, self.slots, self.words = made, slots, words
        self.tiles, self.asked, self.units = {}, [], []
        self.paused_for = None
        self._start()

    def _start(self):
        self.tiles = {n: EMPTY for n in range(1, self.slots + 1)}
        self.paused_for, self.typed = None, ""
        # nobody is there to let a line of rows go on
        self.watch = watch.Watch(self.made, "--slot-limit", "0",
                                 "--line-limit", "0", *self.words)
        self.pid = self.watch.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.watch.__exit__()

    def _take(self, row):
        kind, slot = row["kind"], row.get("slot")
        if kind == "slot" and row["state"] in self.STATES:
            what, note = self.STATES[row["state"]]
            old = self.tiles[slot]
            mark, imei = old.mark, old.imei
            if row["state"] == "its labels fit":
                mark = "OK"
            elif note == HOUSING:
                mark = "LABEL"
            elif what != "done":
                mark, imei = "", ""
            self.tiles[slot] = Tile(what, mark, imei, note)
        elif kind == "slot" and row["state"].startswith("waits"):
            old = self.tiles[slot]
            self.tiles[slot] = (old._replace(what="waits", mark="")
                                if old.note == HOUSING
                                else Tile("waits", "", "", row["state"]))
        elif kind == "unit":
            mark = {0: "LABEL" if "--scan" in self.words else "OK",
                    2: "AGAIN", 3: "RED"}.get(row["exit"], "STOP")
            imei = row["imei"][0] if row["imei"] else ""
            self.tiles[slot] = Tile("done", mark, imei, "")
            self.units.append(row)
        elif kind == "scan":
            self.asked.append(row)
        elif kind == "line":
            self.paused_for = row["code"]

    def read(self):
        while True:
            try:
                row = self.watch.came.get_nowait()
            except queue.Empty:
                return dict(self.tiles)
            if row is None:
                raise line.Failed(f"it ended by itself: {self.watch}")
            self._take(row)

    def rows(self):
        taken, self.units = self.units, []
        return taken

    def scan(self, slot, text):
        self.typed += f"SLOT-{slot}\n{text}\n"

    def flush(self):
        if self.typed:
            self.watch.say(self.typed[:-1])
        self.typed = ""

    def ask(self, slot, text):
        self.flush()
        self.watch.say(f"SLOT-{slot}")
        wanted = {text[:8], ""}  # of a line that is no number nothing is said
        end, told = time.monotonic() + SCAN_S, False
        self.asked = []
        while time.monotonic() < end:
            self.read()
            for row in self.asked:
                if row["code"] == "STATION_SCAN_SLOT":
                    return row["code"]
                if not told and row["slot"] == slot and not row["imei"]:
                    told = True
                    self.watch.say(text)
                elif told and row["imei"][:8] in wanted:
                    return row["code"]
            self.asked = []
            time.sleep(0.01)
        raise line.Failed(f"no answer to a scan: {self.watch}")

    def is_paused(self, _):
        return self.paused_for is not None

    def why_paused(self):
        return self.paused_for

    def go_on(self):
        """It goes on when it is started again."""
        self.end()
        self.__exit__()
        self._start()

    def end(self):
        self.watch.ask_to_stop(signal.SIGINT)
        return self.watch.end()
