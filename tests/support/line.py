# SPDX-License-Identifier: Apache-2.0
"""A factory line in a temporary folder, of the real programs.

    with Root() as root, Line(root) as line:
        unit = line.unit("a", "virtual-additive")
        line.open()                 # ceremony, station init, tac add
        unit.start()
        line.arm()
        line.provision().row(unit)  # {"code": "OK", ...}

Root is the vendor's root with its token; lines of one root share nothing else.
Tokens are software keys ("soft", quick) or SoftHSM ("softhsm").  Units are
virtual handsets, or zcu102 boards in QEMU.  Only processes that were started
here are ended, and all of them are ended when the "with" is left.
"""
import ctypes
import glob
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from cryptography.hazmat.primitives import serialization

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import cose_check  # noqa: E402
import otp_image  # noqa: E402
import usbfs  # noqa: E402
import zcu102_otp  # noqa: E402

SOURCE = os.environ.get("IMEILOCK_SOURCE_DIR",
                        os.path.dirname(os.path.dirname(HERE)))
BUILD = os.environ.get("IMEILOCK_BINARY_DIR",
                       os.path.join(SOURCE, "build", "dev"))
BIN = os.path.join(BUILD, "bin")
TEST_ROOT = os.path.join(SOURCE, "build", "test-root")
FIRMWARE = os.environ.get("IMEILOCK_FIRMWARE", os.path.join(
    SOURCE, "build", "zcu102", "firmware-agent", "port", "zcu102"))
RUN_QEMU = os.path.join(SOURCE, "firmware-agent", "port", "zcu102", "run.sh")
PROFILES = os.path.join(SOURCE, "profiles")
MODULES = ("/usr/lib/softhsm/libsofthsm2.so",
           "/usr/lib/*/softhsm/libsofthsm2.so")
PATIENCE_S = 60
# Who runs the tool, as subprocess has it: {"user": ..., "group": ...,
# "extra_groups": [...]}.  Empty: who runs the test.
AS = {}
# Where lines are: in memory if it can be, since durability is not tested here
# and each sync of a busy disk takes its time.
FOLDERS = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def wait_for(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.005)


def is_alive(pid):
    """A zombie is not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def end_process(pid, number=signal.SIGTERM):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    try:
        wait_for(lambda: not is_alive(pid), f"process {pid} does not end", 5)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)


def signers_of(folder):
    """The signers that work in this folder: nobody else's have it."""
    inside = folder.encode() + b"/"
    for name in os.listdir("/proc"):
        try:
            words = read("/proc", name, "cmdline").split(b"\0")
            # those that were named a folder from where they stand
            words.append(os.readlink(f"/proc/{name}/cwd").encode() + b"/")
        except OSError:
            continue
        if words[0].endswith(b"imeilock-signer") and any(
                word.startswith(inside) for word in words):
            yield int(name)


def maps(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
        return file.read()


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def write(path, data, mode=0o600):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, mode),
              "wb") as file:
        file.write(data)


class Outcome:
    """What one run of imeilock said with --json."""

    def __init__(self, words, code, output, errors, cpu_s=0.0, wall_s=0.0):
        self.words, self.exit, self.errors = words, code, errors
        self.cpu_s, self.wall_s, self.output = cpu_s, wall_s, output
        self.rows = [json.loads(line) for line in output.splitlines()
                     if line.startswith("{")]

    def kind(self, kind):
        return [row for row in self.rows if row["kind"] == kind]

    @property
    def code(self):
        """The code of the error, or of the verdict, or "OK"."""
        for row in self.rows:
            if row["kind"] in ("error", "verdict"):
                return row["code"]
        return "OK" if self.exit == 0 else f"exit {self.exit}"

    def row(self, unit):
        """The row of provision for a unit."""
        found = [row for row in self.kind("unit") if row["slot"] == unit.slot]
        if len(found) != 1:
            raise AssertionError(f"no row for slot {unit.slot}: {self}")
        return found[0]

    def checks(self):
        """{check: result} of verify."""
        return {row["check"]: row["result"] for row in self.kind("check")}

    def __str__(self):
        return (f"imeilock {' '.join(self.words)}: exit {self.exit}\n"
                f"{self.output}{self.errors}")


class Failed(AssertionError):
    """A step that a test needs and is not about did not succeed."""


def run(*words, pin=None, env=None, cwd=None, text=False):
    """Run imeilock with these words to its end; text: as people see it."""
    files, command = (), [os.path.join(BIN, "imeilock"), *words]
    if not text:
        command.insert(1, "--json")
    if pin is not None:
        source, target = os.pipe()
        os.write(target, pin.encode() + b"\n")
        os.close(target)
        command += ["--pin-fd", str(source)]
        files = (source,)
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=PATIENCE_S, pass_fds=files,
            env=env, cwd=cwd, check=False, **AS)
    finally:
        for file in files:
            os.close(file)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime
           - before.ru_stime)
    return Outcome(words, done.returncode, done.stdout.decode(),
                   done.stderr.decode(), cpu, time.time() - begin)


# ------------------------------------------------------------------ tokens

class SoftToken:
    """A key file."""

    kind = "soft"

    def __init__(self, folder, _):
        self.path = os.path.join(folder, "token")
        self.pin = "0123456789"
        self.address = "soft:" + self.path
        self.env = {}

    def plant(self, label, key_pem):
        """Make the file with one private key in it."""
        key = serialization.load_pem_private_key(key_pem, None)
        scalar = key.private_numbers().private_value.to_bytes(32, "big")
        serial = os.urandom(8).hex()
        pin = hashlib.sha256((serial + self.pin).encode()).digest()
        write(self.path, cose_check.encode(
            ["imeilock development key file", serial, pin,
             [[label, scalar]], []]))


class SoftHsm:
    """A token of SoftHSM in a folder of its own."""

    kind = "softhsm"

    def __init__(self, folder, name):
        self.folder = os.path.join(folder, "token")
        self.pin = os.urandom(6).hex()
        os.mkdir(self.folder)
        self.configure()
        self.module = next(path for pattern in MODULES
                           for path in glob.glob(pattern))
        self.address = (f"pkcs11:token=imeilock-{name}"
                        f"?module-path={self.module}")
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label",
             f"imeilock-{name}", "--so-pin", self.pin, "--pin", self.pin],
            env={**os.environ, **self.env}, check=True,
            stdout=subprocess.DEVNULL)

    def configure(self):
        config = self.folder + ".conf"
        write(config, (f"directories.tokendir = {self.folder}\n"
                       "objectstore.backend = file\n"
                       "log.level = ERROR\n").encode())
        self.env = {"SOFTHSM2_CONF": config}

    def move(self, folder):
        """To where others may use it."""
        shutil.move(self.folder, folder)
        self.folder = folder
        self.configure()


TOKENS = {"soft": SoftToken, "softhsm": SoftHsm}


class WithFolder:
    """Something in a temporary folder that ends with its "with"."""

    def __init__(self, name):
        # short: a socket's path has 107 bytes at most
        self.folder = tempfile.mkdtemp(prefix=f"il-{name}-", dir=FOLDERS)
        if AS:
            shutil.chown(self.folder, AS["user"], AS["group"])

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


# -------------------------------------------------------------------- root

class Root(WithFolder):
    """The vendor's root.  With firmware_root its key is the one that firmware
    for tests is built with."""

    def __init__(self, token="soft", class_name="development",
                 firmware_root=False):
        super().__init__("root")
        self.token = TOKENS[token](self.folder, "root")
        self.pem = self.path("root.pem")
        self.tac = 101000
        if firmware_root:
            self.token.plant("imeilock root", read(TEST_ROOT, "root.key"))
        try:
            self.must("key", "root", "--folder", self.path("folder"),
                      "--class", class_name, "--out", self.pem)
            if firmware_root and read(self.pem) != read(TEST_ROOT,
                                                        "root.pem"):
                raise Failed("the root took another key than the planted one")
        except BaseException:
            self.close()
            raise

    def must(self, *words):
        outcome = run(*words, "--token", self.token.address,
                      pin=self.token.pin,
                      env={**os.environ, **self.token.env})
        if outcome.exit != 0:
            raise Failed(str(outcome))
        return outcome

    def next_tac(self):
        self.tac += 1
        return f"00{self.tac}"

    def certify(self, request, first, last, out):
        return self.must("key", "certify", "--folder", self.path("folder"),
                         "--request", request, "--first", first, "--last",
                         last, "--out", out)


# ------------------------------------------------------------------- units

class Unit:
    """What virtual handsets and boards have in common."""

    def __init__(self, line, name, model, slots):
        self.line, self.name, self.model = line, name, model
        self.slots, self.slot = slots, 0
        self.folder = line.path(name)
        os.mkdir(self.folder)
        self.agent = "unix:" + self.path("agent.sock")
        self.at = ["unix:" + self.path(f"at{n + 1}.sock")
                   for n in range(slots)]

    def path(self, name):
        return os.path.join(self.folder, name)

    def otp(self):
        return read(self.path("otp.bin"))

    def restart(self, *arguments):
        self.stop()
        self.start(*arguments)


class VirtualUnit(Unit):
    """A virtual handset; arguments are those of imeilock-handset."""

    is_virtual = True

    def __init__(self, line, name, model="virtual-additive", slots=None):
        super().__init__(line, name, model,
                         slots or (2 if model == "virtual-once" else 1))
        self.process = None

    def start(self, *arguments, program="imeilock-handset"):
        command = [os.path.join(BIN, program), "--folder", self.folder,
                   "--model", self.model, "--slots", str(self.slots),
                   "--root", self.line.root.pem, *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        ready = self.process.stdout.readline()
        if not ready.startswith(b"ready"):
            raise Failed(f"{command}: {ready}")

    def stop(self):
        """The power is cut."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def become_another(self, *arguments):
        """Taken out, and the next handset is plugged in."""
        self.stop()
        for name in ("otp.bin", "chip.bin", "store.bin", "counters"):
            os.unlink(self.path(name))
        self.start(*arguments)

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def counters(self):
        lines = read(self.path("counters")).decode().split("\n")
        return {name: int(value) for name, value
                in (line.split() for line in lines if line)}

    def words(self):
        """The image, and the canaries behind it."""
        data = self.otp()
        return [int.from_bytes(data[i:i + 4], "little")
                for i in range(0, 480, 4)]

    def decode(self):
        """What the fuse file says, by the independent decoder."""
        words = self.words()
        result = otp_image.decode(words[:otp_image.WORDS])
        result["locked"] = all(byte & 1 for byte in self.otp()[480:484])
        result["further"] = [byte & 1 for byte in self.otp()[484:486]]
        result["canaries"] = words[otp_image.WORDS:]
        result["chip_id"] = read(self.path("chip.bin")).hex()
        return result


class UsbUnit(VirtualUnit):
    """A virtual handset at a port of vhci-hcd: in a guest (tests/guest)."""

    program = "imeilock-handset"

    def __init__(self, line, name, model, slots, port):
        super().__init__(line, name, model, slots)
        self.port, self.agent = port, "usb:" + port
        self.at = [f"serial:{port}#{n}" for n in range(self.slots)]

    def start(self, *arguments, **kind):
        self.plug(*arguments, **kind)
        self.await_plugged()

    def plug(self, *arguments, **kind):
        """Without waiting for the kernel."""
        super().start("--usb-port", self.port, *arguments,
                      **{"program": self.program, **kind})

    def await_plugged(self):
        """The kernel has it, with its serial ports, and their nodes stand."""
        wait_for(lambda: len(usbfs.ttys(self.port)) == self.slots
                 and all(map(os.path.exists, usbfs.ttys(self.port))),
                 f"{self.port} is not enumerated", PATIENCE_S)

    def await_unplugged(self):
        wait_for(lambda: usbfs.device_folder(self.port) is None,
                 f"{self.port} stays", PATIENCE_S)

    def renew(self, name):
        """Another handset at this port: a folder of its own, not yet on."""
        self.stop()
        self.folder = self.line.path(name)
        os.mkdir(self.folder)


class BoardUnit(Unit):
    """A zcu102 in QEMU with the firmware that build/zcu102 has."""

    is_virtual = False  # so it says; what it runs on is not its to know

    def __init__(self, line, name, build="imeilock-zcu102"):
        super().__init__(line, name, "zcu102", 1)
        self.elf = os.path.join(FIRMWARE, build + ".elf")

    def start(self, *arguments):
        if not os.path.exists(self.elf):
            raise Failed(f"{self.elf} is not there: ./dev build zcu102")
        # the emulator begins its log anew at each start
        self.keep_log()
        subprocess.run([RUN_QEMU, self.elf, self.folder, *arguments],
                       check=True, stdin=subprocess.DEVNULL)

    def pid(self):
        try:
            return int(read(self.path("qemu.pid")))
        except FileNotFoundError:
            return None

    def stop(self):
        pid = self.pid()
        if pid is not None:
            end_process(pid, signal.SIGKILL)
            os.unlink(self.path("qemu.pid"))

    def keep_log(self):
        try:
            log = read(self.path("qemu.log"))
        except FileNotFoundError:
            return
        with open(self.path("qemu.all"), "ab") as file:
            file.write(log)
        os.unlink(self.path("qemu.log"))

    def log(self):
        """All that the emulator said of this unit's program so far."""
        text = ""
        for name in ("qemu.all", "qemu.log"):
            try:
                text += read(self.path(name)).decode()
            except FileNotFoundError:
                pass
        return text

    def words(self):
        return [int(word, 16) for word in self.decode()["words"]]

    def decode(self):
        result = zcu102_otp.decode(self.otp())
        result["canaries"] = [result.pop("canary")]
        return result


# -------------------------------------------------------------------- line

class Line(WithFolder):
    """A station, its token and its units.  Where signer is the socket of one
    that is a service, token and PIN are that one's, and not asked for."""

    def __init__(self, root, token="soft", signer=None):
        super().__init__("line")
        self.root, self.signer = root, signer
        self.token = TOKENS[token](self.folder, "station")
        self.station = self.path("station")
        self.units, self.tacs = [], {}

    # -- units

    def adopt(self, unit):
        """Take a unit in, which may have been another line's."""
        self.units.append(unit)
        unit.slot = len(self.units)
        return unit

    def unit(self, name, model="virtual-additive", slots=None):
        return self.adopt(VirtualUnit(self, name, model, slots))

    def usb_unit(self, name, model="virtual-additive", slots=None):
        port = f"vhci_hcd.0/{len(self.units) + 1}"
        return self.adopt(UsbUnit(self, name, model, slots, port))

    def board(self, name, build="imeilock-zcu102"):
        return self.adopt(BoardUnit(self, name, build))

    def address(self, unit, text):
        """Another address for a unit's agent; before open."""
        unit.agent = text

    # -- commands

    def run(self, *words, token=False, pin=None, text=False):
        token_words, token_env = (), {}
        if token and self.signer is None:
            token_words = ("--token", self.token.address)
            token_env, pin = self.token.env, pin or self.token.pin
        return run("-s", self.station, *words, *token_words, pin=pin,
                   env={**os.environ, **token_env}, text=text)

    def must(self, *words, token=False):
        outcome = self.run(*words, token=token)
        if outcome.exit != 0:
            raise Failed(str(outcome))
        return outcome

    def open(self, last_snr=999):
        """Station folder, and for each model a key, a certificate, numbers."""
        slots = []
        for unit in self.units:
            slots += ["--slot", ",".join(
                [f"{unit.slot}={unit.agent}", *unit.at])]
        if self.signer is not None:
            slots += ["--signer", self.signer]
        self.must("station", "init", "--class", "development", *slots)
        for model in sorted({unit.model for unit in self.units}):
            self.add_model(model, last_snr)

    def add_model(self, model, last_snr=999):
        tac = self.root.next_tac()
        first, last = f"{tac}000000", f"{tac}{last_snr:06d}"
        request = self.path(model + ".request")
        cert = self.path(model + ".cert")
        self.must("key", "request", "--model", model, "--out", request,
                  token=True)
        self.root.certify(request, first, last, cert)
        self.must("key", "install", "--cert", cert, "--root", self.root.pem,
                  token=True)
        self.must("tac", "add", "--model", model, "--first", first, "--last",
                  last)
        self.tacs[model] = tac

    def profiles(self):
        return [os.path.join(PROFILES, model + ".yaml")
                for model in sorted({unit.model for unit in self.units})]

    def try_arm(self, units=100, profiles=None, pin=None):
        words = []
        for profile in profiles or self.profiles():
            words += ["--profile", profile]
        return self.run("station", "arm", "--operator", "test", "--shift",
                        "test", "--units", str(units), "--hours", "1",
                        *words, token=True, pin=pin)

    def arm(self, **how):
        outcome = self.try_arm(**how)
        if outcome.exit != 0:
            raise Failed(str(outcome))
        return outcome

    def disarm(self):
        return self.must("station", "close")

    def provision(self, *units, text=False):
        words = []
        for unit in units:
            words += ["--slot", str(unit.slot)]
        return self.run("provision", "--full", *words, text=text)

    def start_provision(self, *units):
        """The same as a process that a test ends or looks at."""
        words = []
        for unit in units:
            words += ["--slot", str(unit.slot)]
        return subprocess.Popen(
            [os.path.join(BIN, "imeilock"), "--json", "-s", self.station,
             "provision", "--full", *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent, **AS)

    def ledger(self):
        """Rows of `ledger show --full`, by chip id."""
        return {row["chip"]: row for row
                in self.must("ledger", "show", "--full").kind("unit")}

    def signers(self):
        return list(signers_of(self.folder))

    def kill_signer(self):
        """No orderly close: as a power cut of the station."""
        for pid in self.signers():
            end_process(pid, signal.SIGKILL)

    # -- copies, as a backup or a cloned disk makes them

    def copy(self, *names):
        """{name: file or folder as it is now} of the station's folder."""
        kept = {}
        for name in names:
            for path in glob.glob(self.path("station", name) + "*"):
                if os.path.isdir(path):
                    for inner in os.listdir(path):
                        self._keep(kept, os.path.join(path, inner))
                else:
                    self._keep(kept, path)
        return kept

    def _keep(self, kept, path):
        if os.path.isfile(path):
            kept[os.path.relpath(path, self.station)] = read(path)

    def restore(self, kept, *names):
        """Put back what copy(*names) took; what came since is gone."""
        for name in self.copy(*names):
            os.unlink(self.path("station", name))
        for name, data in kept.items():
            if any(name.startswith(wanted) for wanted in names):
                write(self.path("station", name), data)

    def close(self):
        try:
            for unit in self.units:
                unit.stop()
            self.kill_signer()
        finally:
            super().close()


def verify(unit, root=None, accept=True, probe=True, at=True):
    """verify as QA has it: no environment, no station folder."""
    words = ["--root", root or unit.line.root.pem, "--unit", unit.agent]
    for address in unit.at if at else ():
        words += ["--at", address]
    if accept:
        words.append("--accept-development")
    if not probe:
        words.append("--no-probe")
    env = {name: value for name, value in os.environ.items()
           if re.match("[AUL]SAN_OPTIONS|LD_PRELOAD|UMOCKDEV_DIR", name)}
    return run("verify", *words, env=env, cwd="/")
