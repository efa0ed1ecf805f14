# SPDX-License-Identifier: Apache-2.0
"""A handset of the Linux port on this machine: its chip is files, written
through nvmem_shim.c, and its serial ports are ptys.

    with Root() as root, Line(root) as line:
        unit = line.adopt(LinuxUnit(line, "a"))

The agent is started anew when it ends by itself, as its supervisor does on a
handset.
"""
import os
import pty
import select
import signal
import socket
import subprocess
import threading
import tty

from line import BIN, Failed, Unit, die_with_parent, read, write
import otp_image

# how reboot(2) ends an agent that has process ids of its own
REBOOT = -signal.SIGHUP
IMAGE = 0x100
CANARIES = (0x2d0, 0x2d4)
LOCK_WORD = 0x14
NVMEM_SIZE = 0x300
MODEL = "linux-files"
PROFILE = """\
model: linux-files
class: development
layout: 1
slots: {slots}
min_epoch: 0
time_budget_s: 60
final_process: final assembly
demand:
  permanent_lock: true
  secure_boot: true
  debug_closed: true
  random_source: false
  secret_hidden: false
"""
CONFIG = """\
# lock unit 0 by a file, lock unit 1 by a fuse
model = linux-files
class = development
root = {root}
nvmem = {folder}/nvmem
word_kind = additive
image_offset = 0x100
refusal = EPERM
lock_unit = 0x2d0 file {folder}/lock 1
lock_unit = 0x2d4 bits 0x14 0x1
chip_id = nvmem 0 16
store = {folder}/store
lock_permanent = true
refusal_harmless = true
secret_hidden = false
random_source = false
debug = disabled-permanently bits 0x10 0x2
secure_boot = bits 0x10 0x1
reset = exit
{links}
"""


class Bridge:
    """A socket at this end, a serial port at the agent's."""

    def __init__(self, path):
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        self.name = os.ttyname(self.slave)
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(path)
        self.server.listen(1)
        self.ending, self.end = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        client = None
        while True:
            wanted = [self.ending, self.server, self.master]
            ready = select.select(wanted + ([client] if client else []), [],
                                  [])[0]
            if self.ending in ready:
                if os.read(self.ending, 1) == b"e":
                    return
                if client:
                    client.close()
                client = None
                continue
            if self.server in ready:
                client = self.server.accept()[0]
            elif client in ready:
                data = client.recv(4096)
                if data:
                    os.write(self.master, data)
                else:
                    client.close()
                    client = None
            if self.master in ready:
                data = os.read(self.master, 4096)
                if client:
                    client.sendall(data)

    def hang_up(self):
        os.write(self.end, b"h")

    def close(self):
        os.write(self.end, b"e")
        self.thread.join()
        self.server.close()
        for fd in (self.master, self.slave, self.ending, self.end):
            os.close(fd)


def make_chip(folder, chip_id):
    """The files of a blank chip, secure boot on and debug closed."""
    blank = bytearray(NVMEM_SIZE)
    blank[:16] = chip_id
    blank[0x10] = 3
    write(os.path.join(folder, "nvmem"), bytes(blank))
    write(os.path.join(folder, "lock"), b"0\n")
    write(os.path.join(folder, "store"), b"\xff" * 8192)


def shim(folder):
    """The environment in which nvmem burns."""
    return {"LD_PRELOAD": os.path.join(BIN, "libnvmem_shim.so"),
            "NVMEM": os.path.join(folder, "nvmem"),
            "NVMEM_LOCK": os.path.join(folder, "lock")}


class LinuxUnit(Unit):
    is_virtual = True

    def __init__(self, line, name, slots=1, runner=(), changes=()):
        """runner: the words before the program; changes: (old, new) texts of
        the configuration."""
        super().__init__(line, name, MODEL, slots)
        self.runner, self.changes = runner, changes
        make_chip(self.folder, os.urandom(16))
        self.ports = []
        self.process = self.thread = None
        self.is_kept = False

    def renew(self):
        """Another chip, blank."""
        self.stop()
        make_chip(self.folder, os.urandom(16))

    def links(self):
        """The lines of the configuration for agent and AT ports."""
        if not self.ports:
            self.ports = [Bridge(self.path(name))
                          for name in ("agent.sock", "at1.sock")]
        return "agent = tty %s\nat = %s" % tuple(
            port.name for port in self.ports)

    def launched(self):
        """The agent is there, for the first time or again."""

    def ended(self):
        """It was killed."""
        self.ports[0].hang_up()

    def configure(self):
        text = CONFIG.format(root=self.line.root.pem, folder=self.folder,
                             links=self.links())
        for old, new in self.changes:
            assert old in text
            text = text.replace(old, new)
        write(self.path("agent.conf"), text.encode())

    def start(self, program="imeilock-agent-linux", cut=None, burns=True):
        self.configure()
        environment = dict(os.environ)
        if burns:
            environment.update(shim(self.folder))
        if cut:
            environment["NVMEM_CUT"] = str(cut)
        self.is_kept = True
        self._launch(program, environment)
        self.thread = threading.Thread(target=self._supervise,
                                       args=(program, environment))
        self.thread.start()

    def _launch(self, program, environment):
        self.process = subprocess.Popen(
            [*self.runner, os.path.join(BIN, program),
             self.path("agent.conf")],
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        self.ready = self.process.stdout.readline()
        if not self.ready.startswith(b"ready"):
            raise Failed(f"{program}: {self.ready}")
        self.launched()

    def _supervise(self, program, environment):
        """A good end is a reset; after a bad one it stays off."""
        while self.process.wait() in (0, REBOOT) and self.is_kept:
            self.process.stdout.close()
            self._launch(program, environment)
            if not self.is_kept:
                self.process.kill()
        self.process.stdout.close()
        self.ended()

    def stop(self):
        """The power is cut."""
        if self.thread is not None:
            self.is_kept = False
            self.process.kill()
            self.thread.join()
            self.thread = None

    def close(self):
        self.stop()
        for port in self.ports:
            port.close()

    def profile(self):
        """The file of a profile that this unit fits."""
        write(self.path("linux-files.yaml"), PROFILE.format(slots=self.slots).encode())
        return self.path("linux-files.yaml")

    def otp(self):
        return read(self.path("nvmem")) + read(self.path("lock"))

    def words(self):
        data = read(self.path("nvmem"))
        count = otp_image.WORDS
        places = [IMAGE + 4 * i for i in range(count)] + list(CANARIES)
        return [int.from_bytes(data[at:at + 4], "little") for at in places]

    def is_locked(self):
        fuses, lock = read(self.path("nvmem")), read(self.path("lock"))
        return lock[:1] == b"1" and fuses[LOCK_WORD] & 1 == 1

    def decode(self):
        words = self.words()
        result = otp_image.decode(words[:otp_image.WORDS])
        result["locked"] = self.is_locked()
        result["canaries"] = words[otp_image.WORDS:]
        result["chip_id"] = read(self.path("nvmem"))[:16].hex()
        return result
