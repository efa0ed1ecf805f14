#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The program at the command line, as far as it goes without a signer: exit
codes, messages, JSON, and that nothing is ever written over."""

import json
import os
import pty
import shutil
import signal
import subprocess
import tempfile
import termios
import unittest

GOOD = "260531793113837"
BINARIES = os.path.join(os.environ["IMEILOCK_BINARY_DIR"], "bin")
SOURCES = os.environ["IMEILOCK_SOURCE_DIR"]
PROGRAM = os.path.join(BINARIES, "imeilock")
PIN = "4711-secret"
WAIT_S = 60

COMMANDS = [
    "provision", "devices", "verify", "inspect", "station init",
    "station arm", "station close", "station show", "slots list",
    "slots learn", "slots set", "slots remove", "imei check",
    "imei format", "imei encode", "tac add", "tac list", "tac show",
    "ledger show", "ledger history", "ledger quarantine", "ledger release",
    "ledger scrap", "ledger replace", "ledger export", "ledger backup",
    "ledger check", "profile new", "profile check", "profile udev", "key root",
    "key request", "key certify", "key install", "key show"]


class Result:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout.decode()
        self.err = done.stderr.decode()
        self.all = self.out + self.err

    def rows(self, kind=None):
        """The JSON rows; every line of the output is one."""
        found = [json.loads(line) for line in self.out.splitlines()]
        return [row for row in found if kind is None or row["kind"] == kind]


class CliTest(unittest.TestCase):
    """The program as people run it, in a folder that goes away."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="il-cli-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        mode = "wb" if isinstance(content, bytes) else "w"
        with open(self.path(name), mode) as file:
            file.write(content)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_tool(self, *arguments, **options):
        """Without a terminal, so that nothing waits for an answer."""
        options.setdefault("cwd", self.folder)
        options.setdefault("stdin", subprocess.DEVNULL)
        if "input" in options:
            options.pop("stdin")
        return Result(subprocess.run(
            [PROGRAM, *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=WAIT_S, check=False,
            start_new_session=True, **options))

    def run_pin(self, *arguments, pin=PIN):
        """The same, with a PIN by descriptor."""
        source, sink = os.pipe()
        os.write(sink, pin.encode() + b"\n")
        os.close(sink)
        try:
            return self.run_tool(*arguments, "--pin-fd", str(source),
                                 pass_fds=[source])
        finally:
            os.close(source)

    def good(self, result):
        self.assertEqual(result.code, 0, result.all)
        return result

    def fails(self, result, code, *words):
        """It ends with this code, and says these words."""
        self.assertEqual(result.code, code, result.all)
        for word in words:
            self.assertIn(word, result.all)
        return result

    def make_station(self, name="line", slots=1, count=100):
        slot = []
        for number in range(1, slots + 1):
            slot += ["--slot", "%d=unix:h%d/agent.sock,unix:h%d/at1.sock" % (
                number, number, number)]
        self.good(self.run_tool("-s", name, "station", "init", "--class",
                                "development", *slot))
        self.good(self.run_tool(
            "-s", name, "tac", "add", "--model", "virtual-additive", "--first",
            "00440100000000", "--last", "%014d" % (440100000000 + count - 1)))


class Usage(CliTest):
    def test_help_lists_every_command(self):
        out = self.good(self.run_tool("--help")).out
        for command in COMMANDS:
            self.assertRegex(out, r"(?m)^  %s +\w" % command)

    def test_every_command_explains_itself(self):
        for command in COMMANDS:
            result = self.good(self.run_tool(*command.split(), "--help"))
            self.assertIn("Example:\n  imeilock ", result.out)
            self.assertEqual(result.err, "")

    def test_no_command(self):
        self.fails(self.run_tool(), 1, "a command is missing")
        self.fails(self.run_tool("nothing"), 1, "'nothing' is no command")
        self.fails(self.run_tool("station"), 1, "station arm")
        self.fails(self.run_tool("station", "x"), 1, "'station x'")
        self.good(self.run_tool("station", "--help"))

    def test_arguments_that_are_not_understood(self):
        for arguments, words in [
                (["--nothing"], "--nothing"),
                (["provision", "--slot", "0"], "--slot is a number"),
                (["provision", "--slot", "x"], "--slot is a number"),
                (["provision", "extra"], "Too many arguments"),
                (["verify", "--unit", "unix:x"], "--root is missing"),
                (["verify", "--root", "x"], "--unit is missing"),
                (["inspect"], "give a FILE"),
                (["imei", "format", GOOD], "--as is missing"),
                (["imei", "encode", GOOD, "--carrier", "x"], "--carrier is"),
                (["imei", "encode", GOOD, "--carrier", "tbcd", "--svn", "99"],
                 "--svn is a number from 0 to 98"),
                (["imei", "encode", GOOD, "--carrier", "ueid", "--svn", "1"],
                 "ueid has no software version"),
                (["station", "init"], "--class is missing"),
                (["station", "init", "--class", "x"], "--class is"),
                (["station", "init", "--class", "production", "--slot", "1"],
                 "--slot is N=AGENT"),
                (["tac", "add", "--model", "m", "--first", "123"],
                 "--first has 14 digits"),
                (["tac", "add", "--model", "m"], "--first and --last"),
                (["tac", "show", "123"], "8 digits"),
                (["station", "arm", "--token", "x"], "--operator is missing"),
                (["key", "root", "--token", "x"], "--folder is missing"),
                (["key", "show", "--folder", "x"], "--token is missing"),
                (["verify", "--root", "r", "--unit", "h1"], "kind:place"),
                (["verify", "--root", "r", "--unit", "unix:x", "--at", "at1"],
                 "kind:place"),
                (["station", "init", "--class", "development", "--slot",
                  "1=/h1/agent.sock"], "kind:place"),
                (["station", "init", "--class", "development", "--slot",
                  "1=unix:a", "--slot", "2=unix:a"], "have one agent")]:
            self.fails(self.run_tool(*arguments), 1, words)

    def test_a_pin_is_never_an_argument(self):
        """No option takes one, and the environment is not asked."""
        for command in COMMANDS:
            out = self.good(self.run_tool(*command.split(), "--help")).out
            self.assertNotRegex(out, r"--pin(?!-fd)")
        self.fails(self.run_tool(
            "key", "root", "--folder", "r", "--class", "development", "--out",
            "r.pem", "--token", "soft:k", env={"PIN": "1", "IMEILOCK_PIN": "1"}),
            1, "no terminal")
        self.fails(self.run_tool("key", "show", "--token",
                                 "pkcs11:token=x?pin-value=1234"), 1,
                   "must not hold the PIN")
        self.assertFalse(os.path.exists(self.path("r.pem")))

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "imei", "check", GOOD],
                                  stdout=full, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual(done.returncode, 4)


class Imei(CliTest):
    def test_numbers(self):
        self.good(self.run_tool("imei", "check", GOOD, "26-053179-311383-7",
                                "urn:gsma:imei:26053179-311383-0"))
        for number, code in [("260531793113838", "IMEI_CHECK"),
                             ("260531793113830", "IMEI_SPARE"),
                             ("000000000000000", "IMEI_ZERO"),
                             ("12345", "IMEI_FORMAT"),
                             ("26053179311383a", "IMEI_FORMAT")]:
            self.fails(self.run_tool("imei", "check", number), 2, code, number)

    def test_a_file_names_lines(self):
        self.write("l.txt", GOOD.encode() + b"\r\n\n260531793113838\n" +
                   b"26053179311383\x007\n " + GOOD.encode() + b"\n" +
                   b"9" * 5000 + b"\n" + GOOD.encode())
        result = self.fails(self.run_tool("imei", "check", "l.txt"), 2,
                            "l.txt:2: ", "l.txt:3: 260531793113838: "
                            "IMEI_CHECK", "l.txt:4: ", "l.txt:5: ",
                            "l.txt:6: ")
        self.assertNotIn("l.txt:1:", result.out)
        self.assertNotIn("l.txt:7:", result.out)
        rows = self.run_tool("imei", "check", "--json", "l.txt").rows()
        self.assertEqual([row["line"] for row in rows[:-1]], [2, 3, 4, 5, 6])
        self.assertEqual(rows[-1], {"kind": "summary", "good": 2,
                                    "test_numbers": 0, "rejected": 5})

    def test_a_list_of_any_size(self):
        """Line numbers far into a file; memory does not grow with it."""
        good = (GOOD.encode() + b"\n") * 99999
        self.write("l.txt", (good + b"1\r\n") * 10 + b"9" * 3000000)
        result = self.fails(self.run_tool("imei", "check", "l.txt"), 2,
                            *("l.txt:%d00000: 1: IMEI_FORMAT" % n
                              for n in range(1, 11)),
                            "l.txt:1000001: 9999", "good:         999990",
                            "rejected:     11")
        self.assertEqual(result.out.count("IMEI_FORMAT"), 11)
        peaks = []
        for count in (1, 10):
            self.write("l.txt", good * count)
            with subprocess.Popen([PROGRAM, "imei", "check", "l.txt"],
                                  cwd=self.folder,
                                  stdout=subprocess.DEVNULL) as process:
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            peaks.append(usage.ru_maxrss)
        self.assertLess(peaks[1], peaks[0] + 2000, "kB")

    def test_duplicates(self):
        other = "352099001761481"
        self.write("l.txt", "\n".join([
            GOOD, other, "26-053179-311383-7", "1", GOOD, other + "x"]))
        result = self.fails(
            self.run_tool("imei", "check", "--duplicates", "l.txt"), 4,
            "l.txt:3: %s: IMEI_TWICE: " % GOOD,
            "l.txt:5: %s: IMEI_TWICE: " % GOOD, "l.txt:4: 1: IMEI_FORMAT")
        self.assertEqual(result.out.count("IMEI_TWICE"), 2)
        self.fails(self.run_tool("imei", "check", "l.txt"), 2)
        self.write("m.txt", other)
        rows = self.run_tool("imei", "check", "--json", "-d", "l.txt",
                             "m.txt").rows()
        self.assertEqual([(row["file"], row["line"], row["code"])
                          for row in rows[:-1]][-1],
                         ("m.txt", 1, "IMEI_TWICE"))
        self.assertEqual(rows[-1], {"kind": "summary", "good": 5,
                                    "test_numbers": 0, "rejected": 2,
                                    "duplicates": 3})
        self.good(self.run_tool("imei", "check", "-d", GOOD, other))

    def test_forms_of_a_list(self):
        """Results on the output, rejects with their lines beside it."""
        self.write("l.txt", GOOD + "\r\n2605\n\n26-053179-311383-7")
        for words, text in [
                (["format", "--as", "masked"], "26053179*****37\n"),
                (["encode", "--carrier", "tbcd"], "62501397133138f0\n")]:
            result = self.fails(self.run_tool("imei", *words, "l.txt"), 2)
            self.assertEqual(result.out, 2 * text)
            self.assertRegex(result.err, r"^l.txt:2: 2605: IMEI_FORMAT: .*\n"
                                         r"l.txt:3: : IMEI_FORMAT: .*\n$")
            result = self.good(self.run_tool("imei", *words,
                                             input=GOOD.encode()))
            self.assertEqual(result.out, text)
            rows = self.run_tool("imei", *words, "--json", "l.txt").rows()
            self.assertEqual([(row["kind"], row["line"]) for row in rows],
                             [("number", 1), ("reject", 2), ("reject", 3),
                              ("number", 4)])
            self.assertEqual(rows[3]["text"] + "\n", text)

    def test_nobody_reads_the_result(self):
        """A closed pipe ends the work, and is no success."""
        self.write("l.txt", (GOOD + "\n") * 200000)
        with subprocess.Popen([PROGRAM, "imei", "format", "--as", "urn",
                               "l.txt"], cwd=self.folder,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(WAIT_S), 4)

    def test_input(self):
        result = self.run_tool("imei", "check", input=b"1\n" + GOOD.encode())
        self.fails(result, 2, "input:1: 1: IMEI_FORMAT")
        self.good(self.run_tool("imei", "check", "-", input=GOOD.encode()))
        self.fails(self.run_tool("imei", "check", "absent.txt"), 4,
                   "absent.txt")

    def test_text_from_a_file_is_no_format_and_no_escape(self):
        self.write("l.txt", b"%s%n\033[2J\xff\n")
        result = self.fails(self.run_tool("imei", "check", "l.txt"), 2,
                            "%s%n\\x1b[2J\\xff")
        self.assertNotIn("\033", result.all)

    def test_forms(self):
        for form, text in [("plain", GOOD),
                           ("presentation", "26-053179-311383-7"),
                           ("urn", "urn:gsma:imei:26053179-311383-0"),
                           ("masked", "26053179*****37")]:
            result = self.good(self.run_tool("imei", "format", GOOD, "--as",
                                             form))
            self.assertEqual(result.out, text + "\n")
        self.fails(self.run_tool("imei", "format", "1", "--as", "urn"), 2,
                   "IMEI_FORMAT")

    def test_encodings(self):
        for arguments, text in [
                (["ts24008"], "2a06357139118373"),
                (["ts24008", "--spare"], "2a06357139118303"),
                (["ts24008", "--svn", "5"], "2306357139118303f5"),
                (["ts24301"], "2b06357139118373"),
                (["ts24501", "--svn", "05"], "2506357139118303f5"),
                (["tbcd"], "62501397133138f0"),
                (["tbcd", "--svn", "5"], "6250139713313850"),
                (["ueid"], "030206000503010709030101030803"),
                (["bcd"], "2605317 9311383")]:
            result = self.good(self.run_tool("imei", "encode", GOOD,
                                             "--carrier", *arguments))
            self.assertEqual(result.out, text + "\n")
        self.fails(self.run_tool("imei", "encode", GOOD, "--carrier",
                                 "ts24301", "--svn", "1"), 2, "IMEI_CARRIER")


class Station(CliTest):
    def test_init_never_writes_over(self):
        self.make_station()
        before = self.read("line/station.json"), self.read("line/ledger.db")
        self.fails(self.run_tool("-s", "line", "station", "init", "--class",
                                 "production"), 4, "there already")
        os.rename(self.path("line/station.json"), self.path("line/old"))
        self.fails(self.run_tool("-s", "line", "station", "init", "--class",
                                 "production"), 4, "LEDGER_EXISTS")
        self.assertEqual(before, (self.read("line/old"),
                                  self.read("line/ledger.db")))
        self.assertEqual(os.stat(self.path("line")).st_mode & 0o777, 0o700)

    def test_folder_by_option_and_environment(self):
        self.make_station()
        self.fails(self.run_tool("station", "show"), 4, "STATION_FOLDER")
        for arguments, environment in [
                (["-s", "line", "station", "show"], {}),
                (["station", "show", "-s", "line"], {}),
                (["station", "show"], {"IMEILOCK_STATION": "line"})]:
            result = self.good(self.run_tool(*arguments, env=environment))
            self.assertIn("not armed", result.out)

    def test_show(self):
        self.make_station(slots=2)
        rows = self.good(self.run_tool("-s", "line", "--json", "station",
                                       "show")).rows()
        self.assertEqual([row["kind"] for row in rows],
                         ["station", "slot", "slot"])
        self.assertEqual(rows[0]["class"], "development")
        self.assertRegex(rows[0]["ledger"], "^[0-9a-f]{32}$")
        self.assertEqual(rows[2]["at_ports"], ["unix:h2/at1.sock"])

    def test_slots_are_checked(self):
        self.fails(self.run_tool("-s", "x", "station", "init", "--class",
                                 "development", "--slot", "1=unix:a",
                                 "--slot", "1=unix:b"), 1, "given twice")
        self.assertFalse(os.path.exists(self.path("x")))

    def test_not_armed(self):
        self.make_station()
        self.fails(self.run_tool("-s", "line", "provision"), 4,
                   "STATION_NOT_ARMED")
        self.fails(self.run_tool("-s", "line", "station", "close"), 4,
                   "STATION_NOT_ARMED", "adds up")
        row = self.fails(self.run_tool("-s", "line", "--json", "provision"),
                         4).rows()[-1]
        self.assertEqual((row["kind"], row["code"], row["exit"]),
                         ("error", "STATION_NOT_ARMED", 4))
        self.assertIn("arm", row["sentence"])
        self.fails(self.run_tool("-s", "line", "provision", "--slot", "2"), 1,
                   "no slot 2")

    def test_nobody_in_a_slot(self):
        self.make_station()
        rows = self.good(self.run_tool("-s", "line", "--json",
                                       "devices")).rows("device")
        self.assertEqual(rows[0]["answers"], "LINK_OPEN")

    def test_production_is_armed_in_words(self):
        self.good(self.run_tool("-s", "line", "station", "init", "--class",
                                "production"))
        self.write("p.yaml", "")
        arguments = ["-s", "line", "station", "arm", "--operator", "kim",
                     "--shift", "early", "--profile", "p.yaml", "--units", "1",
                     "--hours", "1", "--token", "soft:k"]
        self.fails(self.run_pin(*arguments, "--confirm", "yes"), 1,
                   "not confirmed")
        self.fails(self.run_pin(*arguments, "--confirm", "Arm production"), 1,
                   "not confirmed")
        self.fails(self.run_pin(*arguments), 1, "no terminal")
        # confirmed, and then refused for the profile
        self.fails(self.run_pin(*arguments, "--confirm", "arm production"), 4,
                   "PROFILE_FORMAT")


class Numbers(CliTest):
    def test_intervals(self):
        self.make_station(count=100)
        tool = ["-s", "line", "tac"]
        self.fails(self.run_tool(*tool, "add", "--model", "m2", "--first",
                                 "00440100000050", "--last",
                                 "00440100000150"), 4, "LEDGER_OVERLAP")
        self.fails(self.run_tool(*tool, "add", "--model", "m2", "--tac",
                                 "35440100"), 4, "LEDGER_TEST_TAC")
        self.fails(self.run_tool(*tool, "add", "--model", "m2", "--first",
                                 "00440100000200", "--last",
                                 "00440200000000"), 4, "LEDGER_INTERVAL")
        self.good(self.run_tool(*tool, "add", "--model", "m2", "--tac",
                                "00440300"))
        rows = self.good(self.run_tool(*tool, "list", "--json")).rows()
        self.assertEqual([(row["first"], row["numbers"], row["free"])
                          for row in rows],
                         [("00440100000000", 100, 100),
                          ("00440300000000", 1000000, 1000000)])

    def test_sums(self):
        self.make_station(count=100)
        result = self.good(self.run_tool("-s", "line", "tac", "show",
                                         "00440100"))
        self.assertIn("adds up", result.out)
        row = self.run_tool("-s", "line", "--json", "tac", "show",
                            "00440100").rows()[0]
        self.assertEqual(row["sum"], row["numbers"])
        self.assertEqual(row["free"], 100)
        self.fails(self.run_tool("-s", "line", "tac", "show", "00440199"), 2,
                   "LEDGER_NONE")

    def test_ledger_without_units(self):
        self.make_station()
        tool = ["-s", "line", "ledger"]
        self.good(self.run_tool(*tool, "show"))
        rows = self.good(self.run_tool(*tool, "history", "--json")).rows()
        self.assertEqual([row["number"] for row in rows],
                         list(range(1, len(rows) + 1)))
        for what, code in [("004401000000006", "LEDGER_NONE"),
                           ("1122334455667788", "LEDGER_NONE"),
                           ("004401000000007", "IMEI_CHECK"),
                           ("nothing", "IMEI_FORMAT")]:
            self.fails(self.run_tool(*tool, "show", what), 2, code)
            self.fails(self.run_tool(*tool, "history", what), 2, code)


class Files(CliTest):
    def test_profiles(self):
        folder = os.path.join(SOURCES, "profiles")
        for name in os.listdir(folder):
            if name.endswith(".yaml"):
                self.good(self.run_tool("profile", "check",
                                        os.path.join(folder, name)))
        self.write("bad.yaml", "model: m\nclas: development\n")
        self.fails(self.run_tool("profile", "check", "bad.yaml"), 4,
                   "PROFILE_FORMAT", "bad.yaml")
        self.fails(self.run_tool("profile", "check", "absent.yaml"), 4)

    def test_cbor(self):
        for content in ("a2016161", "1800", "", b"model: x\n".hex()):
            self.write("x.cbor", bytes.fromhex(content))
            self.fails(self.run_tool("inspect", "x.cbor"), 4, "COSE_FORMAT",
                       "x.cbor", "not a signed object")
        self.write("y.cbor", bytes.fromhex("a2016161028203f6"))
        self.assertIn('{1: "a", 2: [3, null]}',
                      self.good(self.run_tool("inspect", "y.cbor")).out)
        self.fails(self.run_tool("inspect", "absent"), 4, "absent")
        self.write("long", bytes(70000))
        self.fails(self.run_tool("inspect", "long"), 4, "long")

    def test_roots_and_units_that_are_not_there(self):
        self.write("root.pem", "no key")
        self.fails(self.run_tool("verify", "--root", "root.pem", "--unit",
                                 "unix:none"), 4, "root.pem")
        self.fails(self.run_tool("inspect", "--unit", "unix:none"), 2,
                   "LINK_OPEN")
        self.fails(self.run_tool("inspect", "--unit", "none:none"), 4,
                   "LINK_ADDRESS")


class LongPath(CliTest):
    """The signer's socket stands in the station's folder."""

    def init(self, folder):
        return self.run_tool("-s", folder, "station", "init", "--class",
                             "development")

    def test_folder_of_the_longest_name_is_made_and_no_longer_one(self):
        self.good(self.init("n" * 95))
        for length in (96, 200, 300):
            self.fails(self.init("n" * length), 4, "STATION_PATH")
        self.assertEqual(os.listdir(self.folder), ["n" * 95])

    def test_folder_that_was_moved_says_so(self):
        self.make_station()
        os.rename(self.path("line"), self.path("n" * 96))
        profile = os.path.join(SOURCES, "profiles", "virtual-additive.yaml")
        self.fails(self.run_pin(
            "-s", "n" * 96, "station", "arm", "--operator", "kim", "--shift",
            "early", "--profile", profile, "--units", "1", "--hours", "1",
            "--token", "soft:line.key"), 4, "STATION_PATH")


class Terminal(CliTest):
    def asked(self):
        """(process, terminal) where the PIN is asked for, and what was seen
        until then."""
        if not os.path.exists(os.path.join(BINARIES, "imeilock-signer")):
            self.fail("the signer is not built")
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execv(PROGRAM, [
                PROGRAM, "key", "root", "--folder", "root", "--class",
                "development", "--token", "soft:root.key", "--out",
                "root.pem"])
        seen = b""
        while b"PIN: " not in seen:
            seen += os.read(terminal, 100)
        return pid, terminal, seen

    def is_echoed(self, terminal):
        return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)

    def test_the_echo_comes_back_whatever_ends_the_question(self):
        for number in (None, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM,
                       signal.SIGHUP):
            pid, terminal, _ = self.asked()
            self.assertFalse(self.is_echoed(terminal))
            os.write(terminal, b"tell-nob")
            if number is None:  # Ctrl-C
                os.write(terminal, b"\x03")
            else:
                os.kill(pid, number)
            _, status = os.waitpid(pid, 0)
            self.assertEqual(os.waitstatus_to_exitcode(status),
                             -(number or signal.SIGINT))
            self.assertTrue(self.is_echoed(terminal), number)
            os.close(terminal)

    def test_pin_is_asked_for_without_echo(self):
        pid, terminal, seen = self.asked()
        os.write(terminal, b"tell-nobody\n")
        try:
            while True:
                more = os.read(terminal, 1000)
                if not more:
                    break
                seen += more
        except OSError:
            pass  # the other end is closed
        _, status = os.waitpid(pid, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, seen)
        self.assertNotIn(b"tell-nobody", seen)
        self.assertIn(b"root.pem was written", seen)


if __name__ == "__main__":
    unittest.main()
