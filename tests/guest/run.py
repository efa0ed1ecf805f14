#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""run.py [--seconds N] [--keep FOLDER] [--systemd] SCRIPT [ARGUMENT...] - run a program
inside a guest that has a whole Linux: udev, USB host controllers without
hardware (vhci-hcd, dummy_hcd), gadgets, serial ports.

The guest sees this machine's files, read only with memory over them, so that
SCRIPT and all that it uses are there under their own paths; it is root there,
and what it changes is gone afterwards.  What it finds of the environment is in
PASSED below, with IMEILOCK_SOURCE_DIR and IMEILOCK_BINARY_DIR set in any case.
Modules are those below drivers/usb, by modprobe.  --systemd: with it as the
first process, for services; it takes ten seconds more.  /guest is a folder that the
host sees, too: --keep names it, for files that are to be looked at.

Prints what SCRIPT printed, and ends as it ended.  Whatever else happens is a
failure: no kernel package, no boot, too slow.  From Python: run(), below.

The emulator is told to compute everything itself (TCG), so that it makes no
difference where it runs; a guest is about ten times slower than its host.
"""

import argparse
import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.environ.get("IMEILOCK_SOURCE_DIR",
                        os.path.dirname(os.path.dirname(HERE)))
BUILD = os.environ.get("IMEILOCK_BINARY_DIR",
                       os.path.join(SOURCE, "build", "dev"))
KERNEL = os.path.join(SOURCE, "build", "guest", "kernel")
PASSED = ("LANGUAGE", "LC_ALL", "PYTHONDONTWRITEBYTECODE", "ASAN_OPTIONS",
          "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS")


class NoGuest(Exception):
    """It did not boot, or did not end; what its console said."""


class Result:
    def __init__(self, code, output, console, wall_s):
        self.exit, self.output = code, output
        self.console, self.wall_s = console, wall_s


def fetch():
    """The kernel and its initramfs; one process at a time."""
    folder = os.path.dirname(KERNEL)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            [os.path.join(HERE, "fetch_kernel.sh"), folder],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise NoGuest("no kernel for the guest:\n" + done.stdout)


def environment():
    values = {name: os.environ[name] for name in PASSED if name in os.environ}
    values["IMEILOCK_SOURCE_DIR"] = SOURCE
    values["IMEILOCK_BINARY_DIR"] = BUILD
    values["PATH"] = os.path.join(BUILD, "bin") + ":$PATH"
    values["HOME"] = "/root"
    return values


def write_command(folder, words):
    with open(os.path.join(folder, "command"), "w", encoding="utf-8") as file:
        for name, value in environment().items():
            quoted = '"%s"' % value if name == "PATH" else shlex.quote(value)
            file.write("export %s=%s\n" % (name, quoted))
        file.write("cd %s\nexec %s\n" % (shlex.quote(SOURCE),
                                         shlex.join(words)))


def emulator(folder, has_systemd):
    share = "local,path=%s,mount_tag=%s,security_model=none,multidevs=remap%s"
    return [
        "qemu-system-x86_64", "-accel", "tcg",
        # "rep stosb" and "rep movsb" go byte by byte when they are emulated,
        # and a processor that has ERMS is one where Linux likes them best
        "-cpu", "max,la57=off,erms=off,avx=off",
        "-M", "q35", "-smp", "1", "-m", "1024",
        "-nodefaults", "-no-user-config",
        "-display", "none", "-no-reboot",
        "-serial", "file:" + os.path.join(folder, "console"),
        "-kernel", os.path.join(KERNEL, "vmlinux"),
        "-initrd", os.path.join(KERNEL, "initramfs"),
        "-virtfs", share % ("/", "host", ",readonly=on"),
        "-virtfs", share % (folder, "results", ""),
        "-append", " ".join([
            "console=ttyS0", "quiet", "panic=-1", "random.trust_cpu=on",
            # what protects a real machine costs this one a third of the
            # kernel's time, and USB is none of its business
            "mitigations=off", "init_on_alloc=0", "hardened_usercopy=off",
            "lsm=", "cgroup_disable=memory", "cryptomgr.notests",
            # on a busy host it would find that there is no timer
            "no_timer_check", "nowatchdog",
            # no links in it: it is looked up from outside the root folder
            "guest.modules=" + os.path.realpath(
                os.path.join(KERNEL, "lib", "modules")),
            "guest.inside=" + os.path.join(HERE, "inside.sh"),
            "guest.systemd=%d" % has_systemd,
            "systemd.show_status=no"])]


def text_of(folder, name):
    try:
        with open(os.path.join(folder, name), encoding="utf-8",
                  errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def boot(folder, seconds, has_systemd):
    """Run the emulator to its end, or end it; what it said."""
    with subprocess.Popen(emulator(folder, has_systemd),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as process:
        try:
            return process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return process.communicate()[0] + (
                "ended after %d seconds\n" % seconds)
        except BaseException:
            process.kill()
            raise


def run(*words, seconds=300, keep=None, has_systemd=False):
    """Run a program, by its absolute path, inside a guest: a Result.  seconds:
    for booting and all; keep: the folder that is /guest.  Raises NoGuest."""
    fetch()
    folder = keep or tempfile.mkdtemp(prefix="il-guest-")
    try:
        write_command(folder, words)
        begin = time.monotonic()
        said = boot(folder, seconds, has_systemd)
        code = text_of(folder, "exit").strip()
        output = text_of(folder, "output")
        console = text_of(folder, "console")
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if not code.isdigit():
        raise NoGuest("the guest came to no end\n%s%s\n%s" % (
            said, console[-8000:], output))
    return Result(int(code), output, console, time.monotonic() - begin)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split(" - ")[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--keep")
    parser.add_argument("--systemd", action="store_true")
    parser.add_argument("script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    script = os.path.abspath(given.script)
    try:
        result = run(script, *given.arguments, seconds=given.seconds,
                     keep=given.keep and os.path.abspath(given.keep),
                     has_systemd=given.systemd)
    except NoGuest as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.write(result.output)
    print("guest: exit %d after %.1f s" % (result.exit, result.wall_s))
    return result.exit


if __name__ == "__main__":
    sys.exit(main())
