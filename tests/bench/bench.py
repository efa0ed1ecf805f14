#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""bench.py - how fast a station is, as ratios to a limit of the same run.

Needs the preset bench.  Prints a table and writes build/bench.json; with
--write, docs/benchmarks.md is made around it.  A ratio beyond its aim is said,
and is no failure: machines differ, and this one may be busy.
"""
import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
import line  # noqa: E402
import measure  # noqa: E402
import station  # noqa: E402
import cable  # noqa: E402

RESULT = os.path.join(line.SOURCE, "build", "bench.json")
DOCUMENT = os.path.join(line.SOURCE, "docs", "benchmarks.md")
SLOTS = (1, 4, 16, 32)
PAGE = """# Benchmarks

How fast a station is, each figure beside a limit or a peer that was measured in the
same run, on the same machine: the ratio is what counts. Written by

    ./dev bench --write

on {cores} processors. A ratio of 1 is at the limit, or just within the aim where the
limit is one ("25 ms"). For a cable a smaller one is better.

{table}

- **Units an hour**: one station, so many slots, keys in SoftHSM, the handsets virtual
  and on the same processors, their fuses in memory; ledger and register on a disk.
  The limit is the processor time of the cryptography of handsets and tool alone,
  over all processors. A real handset brings its own processor and takes longer: there
  a line is as fast as its handsets burn.
- **Processor time, syncs**: of 16 slots. The time holds the counting itself. What a
  unit needs on the wire is in [measured.md](measured.md).
- **Reservations**: a number bound to a chip, durable before the next. The limit is a
  file that grows by as much as such a commit, with fdatasync. What is missing to it is
  SQLite's own work, with the constraints and triggers that hold each move (some
  0.1 ms): on a disk that syncs in 3 ms the ratio is 1, on one of 0.15 ms it is below the
  aim. Either is a hundred times what a line needs. Several processes take turns; each
  then reads anew what the others wrote. The slowest beside the quickest says that none
  starves.
- **Tickets**: the signer's whole way, from the request to the signed ticket, with the
  register in memory, so that its sync does not count; the limit is C_SignInit and
  C_Sign in a loop on the same token. The signer also verifies the unit's signature and
  its own before it lets it go, which with SoftHSM takes longer than signing. With a
  token that takes {sign_ms} ms, as quick HSMs do, little of that is left. Of {clients}
  slots at once as many signatures are under way, up to 8; the limit then is as many
  threads, each with a session.
- **imei check** reads, checks each digit, and names rejects; `wc -l` counts lines.
- **A unit at N baud** (`./dev bench wire`): the whole way, blank to proven, over serial
  lines for agent and AT port that let each byte arrive when its last bit would have.
  The limit is the time of the bytes, ten bits each, and that of the same unit over
  lines that take none; the ratio is how many times that it takes, and should be small.
  What is above 1 is the tool's waiting. The emulator's own time says nothing of a chip.
- **A unit over USB**: the same in a guest with a kernel of its own, between a virtual
  handset and Linux's virtual host controller. The limit is the same unit over sockets
  in that guest, its bytes at 480 Mbit/s, and for each restart the time until kernel
  and udev have a unit back, measured without the tool. The guest computes in software,
  about ten times slower than its host, so only the ratio says something.

Syncs of ledger and signer, signatures, exchanges, bytes a unit, by slots:

{units}

Memory, 16 slots (`./dev bench --memory 20000`, some 15 minutes): {memory}
"""
MEMORY = os.path.join(line.SOURCE, "build", "bench-memory.json")
CORES = len(os.sched_getaffinity(0))
SIGN_MS = 5
CLIENTS = 8


def program(name, *words, env=None):
    done = subprocess.run([os.path.join(line.BIN, name), *map(str, words)],
                          stdout=subprocess.PIPE, check=True, text=True,
                          env={**os.environ, **(env or {})})
    return done.stdout.split()


# ---------------------------------------------------------------- a station

def per_unit(sums):
    units = sums["units"]
    # a unit alone cannot use two processors
    floor_s = sums["crypto_s"] / units / min(CORES, sums["slots"])
    return {
        "units_an_hour": 3600 * units / sums["wall_s"],
        "floor_units_an_hour": 3600 / floor_s,
        "of_floor": floor_s * units / sums["wall_s"],
        "tool_cpu_ms": 1000 * sums["tool_cpu_s"] / units,
        "signer_cpu_ms": 1000 * sums["signer_cpu_s"] / units,
        "handset_cpu_ms": 1000 * sums["tray_cpu_s"] / units,
        "tool_syncs": sums["tool_syncs"] / units,
        "signer_syncs": sums["signer_syncs"] / units,
        "signatures": sums["signatures"] / units,
        "exchanges": sums["exchanges"] / units,
        "bytes": sums["bytes"] / units,
    }


def measure_station(units):
    found = {}
    for slots in SLOTS:
        sums = station.run(slots, max(units * min(slots, 4) // 4, 50))
        found[str(slots)] = per_unit(sums)
    return found


def measure_memory(units):
    """What a station of 16 slots grows by, from its second unit a slot on."""
    sums = station.run(16, units)
    return {"units": units,
            "tool_kib": sums["kib_after"],
            "tool_bytes_a_unit":
                1024 * (sums["kib_after"] - sums["kib_before"]) / units,
            "signer_bytes_a_unit": 1024 * sums["signer_kib"] / units}


def measure_one_shot(units=7):
    """Processor time of `imeilock provision` for one unit, start and all."""
    with line.Root("softhsm") as root, line.Line(root, "softhsm") as made:
        fresh = [made.unit(f"u{n}") for n in range(units)]
        made.open()
        made.arm()
        spent = []
        for unit in fresh:
            unit.start()
            outcome = made.provision(unit)
            if outcome.row(unit)["code"] != "OK":
                raise line.Failed(str(outcome))
            spent.append(outcome.cpu_s)
            unit.stop()
    return {"tool_cpu_ms": 1000 * statistics.median(spent)}


# ---------------------------------------------------------------- the ledger

def race(kind, path, processes, seconds):
    """(all together a second, the fewest of one, the most, longest wait)."""
    running = [subprocess.Popen(
        [os.path.join(line.BIN, "bench_reserve"), kind,
         path if kind == "ledger" else f"{path}.{n}", str(n * 1000000),
         str(seconds)], stdout=subprocess.PIPE, text=True)
        for n in range(processes)]
    each = []
    for process in running:
        out, _ = process.communicate()
        if process.returncode != 0:
            raise line.Failed("bench_reserve")
        count, longest = out.split()
        each.append((int(count), float(longest)))
    counts = [count for count, _ in each]
    return (sum(counts) / seconds, min(counts), max(counts),
            max(longest for _, longest in each))


def measure_ledger(seconds=2, rounds=3):
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for processes in (1, 8):
            runs = []
            for n in range(rounds):
                path = os.path.join(folder, f"{processes}-{n}.db")
                program("bench_reserve", "make", path, 0, 0)
                # one appends at a time: eight files would share a sync
                limit = race("append", path + ".append", 1, seconds)
                runs.append((race("ledger", path, processes, seconds), limit))
            runs.sort(key=lambda run: run[0][0] / run[1][0])
            (rate, fewest, most, longest), limit = runs[len(runs) // 2]
            found[str(processes)] = {
                "reservations_a_second": rate,
                "append_fdatasync_a_second": limit[0],
                "of_limit": rate / limit[0],
                "fewest_of_a_process": fewest,
                "most_of_a_process": most,
                "longest_wait_ms": 1000 * longest,
            }
    return found


# ---------------------------------------------------------------- the signer

def measure_signer_with(made, unit, module, tickets, threads):
    token = made.token
    asked, = program("bench_ticket", made.station, unit.agent, tickets,
                     threads)
    bare, = program("bench_sign", module, "imeilock-station", token.pin,
                    "imeilock line " + unit.model, tickets, threads,
                    env=token.env)
    return {"tickets_a_second": tickets / float(asked),
            "bare_signatures_a_second": tickets / float(bare),
            "of_limit": float(bare) / float(asked)}


def measure_signer(slow_ms, tickets, threads=1):
    """The register's syncs cost nothing here: its folder is in memory."""
    folders, line.FOLDERS = line.FOLDERS, "/dev/shm"
    try:
        with line.Root("softhsm") as root, line.Line(root, "softhsm") as made:
            unit = made.unit("u")
            made.open()
            module = made.token.module
            if slow_ms:
                slow = os.path.join(line.BIN, "libslow_token.so")
                made.token.address = made.token.address.replace(module, slow)
                made.token.env["IMEILOCK_SIGN_MS"] = str(slow_ms)
                module = slow
            made.arm()
            unit.start()
            return measure_signer_with(made, unit, module, tickets, threads)
    finally:
        line.FOLDERS = folders


# --------------------------------------------------------------------- lists

def check_digit(body):
    total = 0
    for place, digit in enumerate(map(int, reversed(body))):
        digit = digit * 2 if place % 2 == 0 else digit
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)


def write_imeis(path, lines):
    """Right ones, in blocks of 1,000 neighbours."""
    random.seed(1)
    with open(path, "w", encoding="ascii") as file:
        for _ in range(lines // 1000):
            head = f"35{random.randrange(10**9):09d}"
            file.write("".join(
                f"{head}{n:03d}{check_digit(f'{head}{n:03d}')}\n"
                for n in range(1000)))


def timed(command):
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def measure_lists(lines, rounds=5):
    with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
        write_imeis(file.name, lines)
        check = [os.path.join(line.BIN, "imeilock"), "imei", "check",
                 file.name]
        runs = sorted((timed(check), timed(["wc", "-l", file.name]))
                      for _ in range(rounds))
    ours = statistics.median(run[0] for run in runs)
    limit = statistics.median(run[1] for run in runs)
    return {"lines": lines, "imei_check_s": ours, "wc_s": limit,
            "of_limit": limit / ours}


# ----------------------------------------------------------------- the agent

def measure_agent():
    """Sizes of the zcu102's, where it is built; None where it is not."""
    if not os.path.exists(os.path.join(line.FIRMWARE, "imeilock-zcu102.elf")):
        return None
    size = measure.agent_sizes()
    return {"text": size["text"], "data": size["data"],
            "ram": size["data"] + size["bss"], "text_aim": measure.AIMS["text"],
            "ram_aim": measure.AIMS["ram"], "verify_only_text": size["verify"]}


# --------------------------------------------------------------------- table

def rows_of(found):
    """(what, figure, limit or peer, ratio, aim)"""
    if "station" in found:
        yield from station_rows(found)
    if "wire" in found:
        yield from cable.rows_of(found["wire"])


def station_rows(found):
    for slots, it in found["station"].items():
        yield (f"{slots_of(slots)}: units an hour", f"{it['units_an_hour']:,.0f}",
               f"{it['floor_units_an_hour']:,.0f} (cryptography alone)",
               it["of_floor"], 0.5 if int(slots) >= 16 else None)
    it = found["station"]["16"]
    yield ("processor time of the tool a unit, in a station",
           f"{it['tool_cpu_ms']:.1f} ms", "3 ms", 3 / it["tool_cpu_ms"], 1)
    one = found["one_shot"]["tool_cpu_ms"]
    yield ("the same, a process for each unit", f"{one:.1f} ms", "25 ms",
           25 / one, 1)
    yield ("syncs of the ledger a unit", f"{it['tool_syncs']:.2f}", "3",
           3 / it["tool_syncs"], 1)
    for processes, it in found["ledger"].items():
        yield (f"reservations a second, processes: {processes}",
               f"{it['reservations_a_second']:,.0f}",
               f"{it['append_fdatasync_a_second']:,.0f} (append, fdatasync)",
               it["of_limit"], 0.85)
    it = found["ledger"]["8"]
    yield ("the slowest of 8 processes", f"{it['fewest_of_a_process']:,}",
           f"{it['most_of_a_process']:,} (the quickest)",
           it["fewest_of_a_process"] / it["most_of_a_process"], 0.5)
    for name, it in found["signer"].items():
        yield (f"tickets a second, {name}", f"{it['tickets_a_second']:,.0f}",
               f"{it['bare_signatures_a_second']:,.0f} (C_Sign alone)",
               it["of_limit"], 0.9 if "ms" in name else None)
    it = found["lists"]
    yield (f"imei check, {it['lines']:,} lines", f"{it['imei_check_s']:.2f} s",
           f"{it['wc_s']:.2f} s (wc -l)", it["of_limit"], None)


def slots_of(count):
    return "1 slot" if int(count) == 1 else f"{count} slots"


def table(found):
    lines = [("what", "measured", "limit or peer", "ratio", "aim")]
    for what, figure, limit, ratio, aim in rows_of(found):
        lines.append((what, figure, limit,
                      "" if ratio is None else f"{ratio:.2f}",
                      "" if aim is None else f"{aim:g}"))
    return lines


def marked(lines):
    rows = [lines[0], ["---" for _ in lines[0]], *lines[1:]]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def unit_table(found):
    names = ("tool_syncs", "signer_syncs", "signatures", "exchanges", "bytes",
             "tool_cpu_ms", "signer_cpu_ms", "handset_cpu_ms")
    lines = [("", *(map(slots_of, found["station"])))]
    for name in names:
        lines.append((name.replace("_", " "), *(
            f"{it[name]:,.1f}" for it in found["station"].values())))
    return marked(lines)


def memory_words():
    try:
        found = json.loads(line.read(MEMORY))
    except FileNotFoundError:
        return "not measured."
    return (f"over {found['units']:,} units the tool grew by "
            f"{found['tool_bytes_a_unit']:.0f} bytes a unit, to "
            f"{found['tool_kib']:,} KiB; the signer, which keeps an index of "
            f"its register, by {found['signer_bytes_a_unit']:.0f} bytes a "
            "unit.")


def write_page(found):
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(PAGE.format(
            cores=CORES, sign_ms=SIGN_MS, clients=CLIENTS,
            table=marked(table(found)),
            units=unit_table(found), memory=memory_words()))


def print_table(lines):
    widths = [max(len(cells[i]) for cells in lines) for i in range(5)]
    for cells in lines:
        print("  ".join(text.ljust(width) for text, width
                        in zip(cells, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=400,
                        help="units of each run of a station (default 400)")
    parser.add_argument("--memory", type=int, metavar="UNITS",
                        help="nothing else: what a station of 16 slots grows "
                             "by over so many units (20,000: some 15 minutes)")
    parser.add_argument("--lines", type=int, default=10000000,
                        help="lines of the list (default 10,000,000)")
    parser.add_argument("--write", action="store_true",
                        help="make docs/benchmarks.md anew")
    arguments = parser.parse_args()
    line.FOLDERS = None  # on a disk, as a station is
    if arguments.memory:
        grown = measure_memory(arguments.memory)
        print(json.dumps(grown))
        with open(MEMORY, "w", encoding="utf-8") as file:
            json.dump(grown, file)
        return 0
    found = {
        "station": measure_station(arguments.units),
        "one_shot": measure_one_shot(),
        "ledger": measure_ledger(),
        "signer": {
            "SoftHSM": measure_signer(0, 5000),
            f"an HSM of {SIGN_MS} ms": measure_signer(SIGN_MS, 300),
            f"an HSM of {SIGN_MS} ms, {CLIENTS} slots at once":
                measure_signer(SIGN_MS, 300 * CLIENTS, CLIENTS),
        },
        "lists": measure_lists(arguments.lines),
        "agent": measure_agent(),
    }
    try:
        found["wire"] = json.loads(line.read(RESULT))["wire"]
    except (FileNotFoundError, KeyError):
        pass
    with open(RESULT, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
    print_table(table(found))
    if arguments.write:
        write_page(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
