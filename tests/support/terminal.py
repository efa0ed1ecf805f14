# SPDX-License-Identifier: Apache-2.0
"""A terminal of a given size with a program in it, by tmux on a socket of its
own: what stands on the screen, and keys."""
import os
import shlex
import shutil
import subprocess
import tempfile
import time

import line


class Terminal:
    """Ends with its "with", and the program in it too."""

    def __init__(self, words, columns=80, rows=24, env=None):
        self.folder = tempfile.mkdtemp(prefix="il-tmux-", dir=line.FOLDERS)
        self.socket = os.path.join(self.folder, "tmux")
        self.done = os.path.join(self.folder, "exit")
        names = {**(env or {})}
        command = " ".join(
            ["env", *(shlex.quote(f"{name}={value}")
                      for name, value in names.items()),
             *map(shlex.quote, words)])
        # the shell behind it keeps the last screen, and the exit code
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns),
                  "-y", str(rows),
                  f"trap : INT; {command}; echo $? > {self.done}; exec sleep 1000")

    def tmux(self, *words):
        outside = {name: value for name, value in os.environ.items()
                   if name not in ("TMUX", "TERM")}
        done = subprocess.run(
            ["tmux", "-u", "-S", self.socket, *words], check=True,
            env={**outside, "TERM": "xterm"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, timeout=line.PATIENCE_S)
        return done.stdout.decode()

    def rows(self, escapes=False):
        return self.tmux("capture-pane", "-p",
                         *(["-e"] if escapes else [])).split("\n")[:-1]

    def text(self):
        return "\n".join(self.rows())

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def type(self, text):
        self.tmux("send-keys", "-l", text)

    def resize(self, columns, rows):
        self.tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def until(self, words, seconds=line.PATIENCE_S):
        """The screen, as soon as these words stand on it."""
        end = time.monotonic() + seconds
        while words not in (seen := self.text()):
            if time.monotonic() > end:
                raise line.Failed(f"no '{words}':\n{seen}")
            time.sleep(0.02)
        return seen

    def exit(self, seconds=line.PATIENCE_S):
        end = time.monotonic() + seconds
        while not (os.path.exists(self.done) and line.read(self.done)):
            if time.monotonic() > end:
                raise line.Failed(f"it does not end:\n{self.text()}")
            time.sleep(0.02)
        return int(line.read(self.done))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if os.path.exists(self.socket):
            self.tmux("kill-server")
        shutil.rmtree(self.folder, ignore_errors=True)
