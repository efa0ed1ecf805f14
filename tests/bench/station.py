# SPDX-License-Identifier: Apache-2.0
"""station.py - a station at work: units an hour, and what one costs.

The station and its signer are the real ones, with keys in SoftHSM and their
files on a disk; the handsets are virtual, share the processors with them, and
have their fuses in memory.
"""
import contextlib
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
import line  # noqa: E402
from proc import children, processor_s, resident_kib  # noqa: E402

TRAY = os.path.join(line.BIN, "bench_tray")
BENCH_LINE = os.path.join(line.BIN, "bench_line")
COUNTER = os.path.join(line.BIN, "libcount_syncs.so")
line.FOLDERS = None  # on a disk, as a station is
MODEL = "virtual-additive"


class Tray:
    """What a line takes for a unit: a slot with addresses."""

    is_virtual = True
    model, slots = MODEL, 1

    def __init__(self, made, number, folder):
        self.slot, self.folder = number, folder
        self.agent = f"unix:{folder}/agent.sock"
        self.at = [f"unix:{folder}/at1.sock"]

    def stop(self):
        """bench_line ends them."""


@contextlib.contextmanager
def armed(slots, syncs, token="softhsm"):
    """An armed line of so many trays, whose signer counts its syncs."""
    env = {"LD_PRELOAD": COUNTER, "IMEILOCK_SYNCS": syncs + ".signer"}
    with tempfile.TemporaryDirectory(prefix="il-tray-",
                                     dir="/dev/shm") as trays, \
            line.Root(token) as root, line.Line(root, token) as made:
        for number in range(1, slots + 1):
            folder = os.path.join(trays, str(number))
            os.mkdir(folder)
            made.units.append(Tray(made, number, folder))
        made.open(last_snr=999999)
        made.token.env.update(env)
        made.arm(units=900000)
        yield made


def size(path):
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def crypto_s(path):
    """Seconds that programs added as they ended."""
    try:
        return sum(map(int, line.read(path).split())) / 1e9
    except FileNotFoundError:
        return 0.0


def signatures(made):
    """That the signer says it made."""
    log = line.read(made.station, "signer", "signer.log").decode()
    return sum(log.count(f" {what}: ") for what
               in ("ticket", "ticket again", "record"))


def take_sample(process, made, syncs):
    signer, = made.signers()
    return {
        "signer_cpu_s": processor_s(signer),
        "signer_kib": resident_kib(signer),
        "signatures": signatures(made),
        "tray_cpu_s": sum(map(processor_s, children(process.pid))),
        "tool_syncs": size(syncs + ".tool"),
        "signer_syncs": size(syncs + ".signer"),
    }


def expect(process, word):
    got = process.stdout.readline()
    if not got.startswith(word):
        raise line.Failed(f"{BENCH_LINE}: {got!r}, status "
                          f"{process.poll()}")
    return got


def go_on(process):
    process.stdin.write(b"\n")
    process.stdin.flush()


def run(slots, units):
    """Sums over units units in slots slots."""
    with tempfile.TemporaryDirectory() as folder:
        syncs = os.path.join(folder, "syncs")
        with armed(slots, syncs) as made:
            with subprocess.Popen(
                    [BENCH_LINE, made.station, TRAY, made.root.pem,
                     str(units)],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    env={**os.environ, "LD_PRELOAD": COUNTER,
                         "IMEILOCK_SYNCS": syncs + ".tool",
                         "IMEILOCK_CRYPTO": syncs + ".crypto"}) as process:
                expect(process, b"begin")
                before = take_sample(process, made, syncs)
                go_on(process)
                sums = json.loads(expect(process, b"{"))
                after = take_sample(process, made, syncs)
                go_on(process)
            if sums["failed"] or process.returncode != 0:
                raise line.Failed(f"{BENCH_LINE}: {sums}")
            sums.update({name: after[name] - before[name] for name in after})
            sums["slots"] = slots
            # with the unit that each slot made before the clock was started
            sums["crypto_s"] = (crypto_s(syncs + ".crypto") * units
                                / (units + slots))
            made.must("ledger", "check")
    return sums


if __name__ == "__main__":
    print(run(int(sys.argv[1]), int(sys.argv[2])))
