# SPDX-License-Identifier: Apache-2.0
"""The wire protocol from the outside, written from docs/protocol.md alone.

Frames (COBS, CRC-32), messages as plain dicts, a client that asks an agent
without the tool, a recording taken apart, and a proxy that stands between the
tool and an agent and calls back at each message.
"""
import os
import socket
import sys
import threading
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cddl  # noqa: E402
import cose_check  # noqa: E402

OK = 0x30a8ef69
(HELLO, KEY, PERMIT, PROGRAM, RELOAD, READ, STORE, FETCH, LOCK, RESET, PROBE,
 ATTEST) = range(1, 13)
NAMES = (None, "hello", "key", "permit", "program", "reload", "read", "store",
         "fetch", "lock", "reset", "probe", "attest")
LOCKED = 7
MESSAGE_MAX = 1024


class WireError(Exception):
    """Bytes that are no frame, or no answer where one must come."""


# ------------------------------------------------------------------ frames

def cobs_encode(data):
    out, rest = bytearray(), data + b"\0"
    while rest:
        zero = rest.index(0)
        if zero >= 254:
            out += b"\xff" + rest[:254]
            rest = rest[254:]
        else:
            out += bytes([zero + 1]) + rest[:zero]
            rest = rest[zero + 1:]
    return bytes(out)


def cobs_decode(data):
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        block = data[at + 1:at + code]
        if code == 0 or len(block) != code - 1:
            raise WireError("not COBS")
        out += block + (b"" if code == 255 else b"\0")
        at += code
    if out[-1:] != b"\0":
        raise WireError("not COBS: no last zero")
    return bytes(out[:-1])


def frame_encode(message):
    crc = zlib.crc32(message).to_bytes(4, "little")
    return b"\0" + cobs_encode(message + crc) + b"\0"


def frame_decode(frame):
    """The message of one frame without its zero bytes."""
    data = cobs_decode(frame)
    message, crc = data[:-4], data[-4:]
    if zlib.crc32(message).to_bytes(4, "little") != crc:
        raise WireError("wrong CRC")
    if not 1 <= len(message) <= MESSAGE_MAX:
        raise WireError("no message has this length")
    return message


class Frames:
    """Cuts a stream of bytes into messages.

    The first may be the end of one that was sent to somebody else, as a late
    reply of a board is; it is then passed over.
    """

    def __init__(self):
        self.rest = b""
        self.is_first = True

    def take(self, data):
        *frames, self.rest = (self.rest + data).split(b"\0")
        messages = []
        for frame in filter(None, frames):
            try:
                messages.append(frame_decode(frame))
            except WireError:
                if not self.is_first:
                    raise
            self.is_first = False
        return messages


# ---------------------------------------------------------------- messages

def encode(value):
    """Deterministic CBOR, with maps of keys that are small numbers."""
    if isinstance(value, dict):
        return (bytes([0xa0 | len(value)])
                + b"".join(encode(key) + encode(value[key])
                           for key in sorted(value)))
    return cose_check.encode(value)


def decode(message):
    return cose_check.plain(cddl.decode(message))


def claims(token):
    """The claims of a signed object, its signature not looked at."""
    return decode(cddl.decode(token).value[2])


class Client:
    """Asks an agent as the tool would; shares no code with it."""

    def __init__(self, path, timeout=10):
        self.path, self.timeout = path, timeout
        self.session, self.sequence = 0, 0
        self.link = socket.socket(socket.AF_UNIX)
        self.link.settimeout(timeout)
        self.link.connect(path)
        self.frames = Frames()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def receive(self):
        while True:
            data = self.link.recv(4096)
            if not data:
                raise WireError("the agent is gone")
            yield from self.frames.take(data)

    def ask(self, operation, body=None):
        """(status, body) of the reply."""
        self.sequence += 1
        session = 0 if operation == HELLO else self.session
        request = frame_encode(encode(
            {0: session, 1: self.sequence, 2: operation, 3: body or {}}))
        self.link.sendall(request)
        self.link.settimeout(1 if operation == HELLO else self.timeout)
        for _ in range(self.timeout):
            try:
                for message in self.receive():
                    reply = decode(message)
                    if reply[1] == self.sequence and 4 in reply:
                        return self._take(reply)
            except TimeoutError:
                self.link.sendall(request)
        raise WireError(f"no answer to {NAMES[operation]}")

    def _take(self, reply):
        if reply[2] == HELLO:
            self.session = reply[0]
        return reply[4], reply.get(5)

    def good(self, operation, body=None):
        status, answer = self.ask(operation, body)
        if status != OK:
            raise WireError(f"{NAMES[operation]}: {status:08x}")
        return answer

    def hello(self):
        return self.good(HELLO, {0: 1})

    def token(self, operation, nonce=None):
        """A signed answer to a nonce."""
        return self.good(operation, {1: nonce or os.urandom(16)})[3]


# --------------------------------------------------------------- recording

def tape(path):
    """[(direction, message)] of a recording of the tape link."""
    frames, found = {">": Frames(), "<": Frames()}, []
    with open(path, encoding="ascii") as file:
        for line in file:
            if line.strip() in ("timeout", "closed"):
                continue
            direction, text = line.split()
            found += [(direction, message) for message
                      in frames[direction].take(bytes.fromhex(text))]
    return found


# ------------------------------------------------------------------- proxy

class Proxy:
    """A socket in front of an agent's.

    hook(direction, message) is called before a message goes on, as a decoded
    dict, ">" to the agent and "<" to the tool.  What it does in between is its
    business; if it returns True the connection is cut instead.
    """

    def __init__(self, path, agent, hook):
        self.path, self.agent, self.hook = path, agent, hook
        self.error, self.ends = None, []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(4)
        self.pumps = []
        self.acceptor = threading.Thread(target=self._accept, daemon=True)
        self.acceptor.start()

    def close(self):
        # no thread may be left that uses the number of a closed file
        self._shut(self.listener)
        self.acceptor.join()
        self._shut(*self.ends)
        for pump in self.pumps:
            pump.join()
        for end in (self.listener, *self.ends):
            end.close()

    @staticmethod
    def _shut(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self):
        while True:
            try:
                tool, _ = self.listener.accept()
            except OSError:
                return
            unit = socket.socket(socket.AF_UNIX)
            self.ends += [tool, unit]
            try:
                unit.connect(self.agent)
            except OSError:
                # nobody is there, as the tool will see
                self._shut(tool)
                continue
            for way in ((">", tool, unit), ("<", unit, tool)):
                pump = threading.Thread(target=self._pump, args=way,
                                        daemon=True)
                self.pumps.append(pump)
                pump.start()

    def _pump(self, direction, source, target):
        frames = Frames()
        try:
            while data := source.recv(4096):
                for message in frames.take(data):
                    if self.hook(direction, decode(message)):
                        raise OSError("cut")
                target.sendall(data)
        except OSError:
            pass
        except Exception as error:
            self.error = error  # for the test to see
        self._shut(source, target)
