# SPDX-License-Identifier: Apache-2.0
"""`provision --watch` as a process whose rows are read as they come."""
import json
import os
import queue
import subprocess
import threading
import time

import line


class Watch:
    """Ends with its "with", by SIGKILL if it has not ended by itself."""

    def __init__(self, made, *words, env=None):
        self.rows, self.came, self.errors = [], queue.Queue(), []
        self.process = subprocess.Popen(
            [os.path.join(line.BIN, "imeilock"), "--json", "-s", made.station,
             "provision", "--watch", "--full", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=line.die_with_parent,
            env={**os.environ, **(env or {})}, **line.AS)
        self.readers = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True)]
        for reader in self.readers:
            reader.start()

    def _read(self):
        for text in self.process.stdout:
            self.came.put(json.loads(text))
        self.came.put(None)

    def _read_errors(self):
        self.errors += list(self.process.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join()
        for pipe in (self.process.stdin, self.process.stdout,
                     self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass

    def until(self, kind, seconds=line.PATIENCE_S, **values):
        """The next row of this kind with these values."""
        end = time.monotonic() + seconds
        while True:
            try:
                row = self.came.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise line.Failed(f"no {kind} {values}: {self}") from None
            if row is None:
                raise line.Failed(f"it ended without {kind} {values}: {self}")
            self.rows.append(row)
            if row["kind"] == kind and all(
                    row.get(name) == value for name, value in values.items()):
                return row

    def quiet(self, seconds, *kinds):
        """Rows of these kinds that come within so long; there should be
        none."""
        end, seen = time.monotonic() + seconds, []
        while (left := end - time.monotonic()) > 0:
            try:
                row = self.came.get(timeout=left)
            except queue.Empty:
                break
            if row is None:
                self.came.put(None)
                break
            self.rows.append(row)
            if row["kind"] in kinds:
                seen.append(row)
        return seen

    def say(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def ask_to_stop(self, number):
        self.process.send_signal(number)

    def end(self, seconds=line.PATIENCE_S):
        """Its exit code, when it has ended by itself."""
        code = self.process.wait(seconds)
        for reader in self.readers:
            reader.join()
        while (row := self.came.get()) is not None:
            self.rows.append(row)
        self.came.put(None)
        return code

    def kind(self, kind):
        return [row for row in self.rows if row["kind"] == kind]

    def __str__(self):
        rows = "\n".join(json.dumps(row) for row in self.rows)
        return f"{rows}\n{b''.join(self.errors).decode()}"
