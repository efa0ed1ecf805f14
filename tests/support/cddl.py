#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Check CBOR against CDDL (RFC 8610): the subset that docs/*.cddl uses.

Its CBOR decoder is its own, apart from the product's, and takes deterministic
CBOR only (RFC 8949 4.2.1).  Known of CDDL: numbers, texts, ranges, choices,
&(...), maps with literal keys and optional entries, arrays with occurrences,
groups by name, #6.N(...), and the controls .size, .cbor and .regexp.  Anything
else in a file is an error, never passed over.

    cddl.py FILE.cddl RULE < object
"""
import functools
import re
import sys


class CborError(Exception):
    """Not one item of deterministic CBOR."""


class CddlError(Exception):
    """The CDDL file itself cannot be used."""


class Mismatch(Exception):
    """The data is not what the rule says; the text says where."""


class Tag:
    def __init__(self, number, value):
        self.number, self.value = number, value

    def __eq__(self, other):
        return (isinstance(other, Tag) and self.number == other.number
                and self.value == other.value)

    def __repr__(self):
        return f"{self.number}({self.value!r})"


# ------------------------------------------------------------------- CBOR

class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count > len(self.data) - self.at:
            raise CborError("cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 0x1f
        if info < 24:
            return major, info
        if info > 27:
            raise CborError("indefinite or reserved")
        size = 1 << (info - 24)
        value = int.from_bytes(self.take(size), "big")
        if major != 7 and value < (24 if size == 1 else 1 << (4 * size)):
            raise CborError("longer head than needed")
        return major, value

    def item(self, depth=0):
        if depth > 32:
            raise CborError("nested too deep")
        start = self.at
        major, value = self.head()
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major == 2:
            return bytes(self.take(value))
        if major == 3:
            return self.text(value)
        if major == 4:
            return [self.item(depth + 1) for _ in range(value)]
        if major == 5:
            return self.map(value, depth + 1)
        if major == 6:
            return Tag(value, self.item(depth + 1))
        simple = {0xf4: False, 0xf5: True, 0xf6: None}
        if self.at - start != 1 or self.data[start] not in simple:
            raise CborError("float or simple value")
        return simple[self.data[start]]

    def text(self, size):
        try:
            return self.take(size).decode("utf-8")
        except UnicodeDecodeError:
            raise CborError("text that is not UTF-8") from None

    def map(self, count, depth):
        pairs, last = [], b""
        for _ in range(count):
            start = self.at
            key = self.item(depth)
            encoded = self.data[start:self.at]
            if encoded <= last:
                raise CborError("keys out of order, or twice")
            if isinstance(key, (list, dict, Tag)):
                raise CborError("key of a type that is not known here")
            last = encoded
            pairs.append((_Key(key), self.item(depth)))
        return dict(pairs)


class _Key:
    """A map key; 1, True and 1.0 are one in a dict, and must not be here."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        other = other.value if isinstance(other, _Key) else other
        return type(self.value) is type(other) and self.value == other

    def __hash__(self):
        return hash(self.value)

    def __repr__(self):
        return repr(self.value)


def decode(data):
    """One whole item; integers, bytes, str, list, dict, Tag, bool, None."""
    reader = _Reader(bytes(data))
    value = reader.item()
    if reader.at != len(reader.data):
        raise CborError("bytes behind the end")
    return value


def key_value(key):
    """The plain value of a key of a decoded map."""
    return key.value


# ------------------------------------------------------------ CDDL, parsed

_TOKEN = re.compile(r"""
    (?P<skip>\s+|;[^\n]*)
  | (?P<tag>\#6\.\d+)
  | (?P<number>-?(?:0x[0-9a-fA-F]+|\d+))
  | (?P<text>"[^"\\]*")
  | (?P<control>\.[a-z]+)
  | (?P<name>[A-Za-z_$@][\w$@]*(?:[-.]+[\w$@]+)*)
  | (?P<sign>\.\.\.|\.\.|=>|//|[=/,:?*+&()\[\]{}])
""", re.X)


def _tokens(text):
    at, out = 0, []
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise CddlError(f"not understood: {text[at:at + 20]!r}")
        at = match.end()
        kind = match.lastgroup
        if kind == "number":
            # "0..9": the range sign is no part of the number
            out.append((kind, int(match.group(), 0)))
        elif kind != "skip":
            out.append((kind, match.group()))
    out.append(("end", ""))
    return out


_CONTROLS = (".size", ".cbor", ".regexp")


class _Parser:
    def __init__(self, text):
        self.tokens, self.at = _tokens(text), 0

    def peek(self, ahead=0):
        return self.tokens[min(self.at + ahead, len(self.tokens) - 1)]

    def next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def is_sign(self, sign, ahead=0):
        return self.peek(ahead) == ("sign", sign)

    def accept(self, sign):
        if not self.is_sign(sign):
            return False
        self.at += 1
        return True

    def expect(self, sign):
        if not self.accept(sign):
            raise CddlError(f"{sign!r} expected before {self.peek()[1]!r}")

    def rules(self):
        out = {}
        while self.peek()[0] != "end":
            kind, name = self.next()
            if kind != "name" or name in out:
                raise CddlError(f"not a new rule name: {name!r}")
            self.expect("=")
            out[name] = self.rule()
        return out

    def rule(self):
        """A type, or, in parentheses with keys or commas, a group."""
        start = self.at
        if self.accept("("):
            entries = self.entries(")")
            if len(entries) != 1 or entries[0][2] is not None:
                return ("group", entries)
            self.at = start
        return self.type()

    def type(self):
        choices = [self.type1()]
        while self.accept("/"):
            choices.append(self.type1())
        return choices[0] if len(choices) == 1 else ("choice", choices)

    def type1(self):
        first = self.type2()
        for sign in ("..", "..."):
            if self.accept(sign):
                last = self.type2()
                if "number" not in (first[0], last[0]) or first[0] != last[0]:
                    raise CddlError("a range that is not of numbers")
                return ("range", first[1], last[1] - (sign == "..."))
        if self.peek()[0] == "control":
            control = self.next()[1]
            if control not in _CONTROLS:
                raise CddlError(f"control {control} is not known here")
            return ("control", control, first, self.type2())
        return first

    def type2(self):
        kind, value = self.next()
        if kind == "number":
            return ("number", value)
        if kind == "text":
            return ("text", value[1:-1])
        if kind == "name":
            return ("name", value)
        if kind == "tag":
            self.expect("(")
            inner = self.type()
            self.expect(")")
            return ("tag", int(value[3:]), inner)
        if value == "(":
            inner = self.type()
            self.expect(")")
            return inner
        if value == "[":
            return ("array", self.entries("]"))
        if value == "{":
            return ("map", self.entries("}"))
        if value == "&":
            self.expect("(")
            return ("choice", [entry[3] for entry in self.entries(")")])
        raise CddlError(f"a type expected before {value!r}")

    def entries(self, end):
        out = []
        while not self.accept(end):
            out.append(self.entry())
            if not self.accept(",") and not self.is_sign(end):
                raise CddlError(f"a comma expected before {self.peek()[1]!r}")
        return out

    def entry(self):
        """(at least, at most, key, type); key is None where there is none."""
        low, high = self.occurrence()
        key = None
        if self.peek()[0] in ("number", "text", "name") \
                and self.is_sign(":", 1):
            kind, key = self.next()
            key = key[1:-1] if kind == "text" else key
            self.expect(":")
        return low, high, key, self.type()

    def occurrence(self):
        if self.accept("?"):
            return 0, 1
        if self.accept("+"):
            return 1, None
        if self.peek()[0] == "number" and self.is_sign("*", 1):
            low = self.next()[1]
        elif self.is_sign("*"):
            low = 0
        else:
            return 1, 1
        self.expect("*")
        if self.peek()[0] == "number" and not self.is_sign(":", 1):
            return low, self.next()[1]
        return low, None


# ----------------------------------------------------------- CDDL, applied

def _is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


_PRELUDE = {
    "any": lambda v: True,
    "uint": lambda v: _is_int(v) and v >= 0,
    "nint": lambda v: _is_int(v) and v < 0,
    "int": _is_int,
    "bstr": lambda v: isinstance(v, bytes),
    "bytes": lambda v: isinstance(v, bytes),
    "tstr": lambda v: isinstance(v, str),
    "text": lambda v: isinstance(v, str),
    "bool": lambda v: isinstance(v, bool),
    "true": lambda v: v is True,
    "false": lambda v: v is False,
    "null": lambda v: v is None,
    "nil": lambda v: v is None,
}


class Cddl:
    def __init__(self, text):
        self.rules = _Parser(text).rules()
        for name in self.rules:
            if name in _PRELUDE:
                raise CddlError(f"{name} is defined already")
        self._check_names(list(self.rules.values()))

    def _check_names(self, node):
        if isinstance(node, tuple) and len(node) == 2 and node[0] == "name":
            if node[1] not in self.rules and node[1] not in _PRELUDE:
                raise CddlError(f"no rule {node[1]!r}")
        elif isinstance(node, (list, tuple)):
            for part in node:
                self._check_names(part)

    def check(self, rule, data):
        """The decoded value of data, or Mismatch, or CborError."""
        if rule not in self.rules:
            raise CddlError(f"no rule {rule!r}")
        value = decode(data)
        self._match(("name", rule), value, rule)
        return value

    def _match(self, node, value, where):
        getattr(self, "_match_" + node[0])(node, value, where)

    def _match_name(self, node, value, where):
        name = node[1]
        if name in self.rules:
            return self._match(self.rules[name], value, where)
        if not _PRELUDE[name](value):
            raise Mismatch(f"{where}: not {name}: {value!r}")

    def _match_group(self, node, value, where):
        raise CddlError(f"{where}: a group where a type must be")

    def _match_number(self, node, value, where):
        if not _is_int(value) or value != node[1]:
            raise Mismatch(f"{where}: not {node[1]}: {value!r}")

    def _match_text(self, node, value, where):
        if not isinstance(value, str) or value != node[1]:
            raise Mismatch(f"{where}: not {node[1]!r}: {value!r}")

    def _match_range(self, node, value, where):
        if not _is_int(value) or not node[1] <= value <= node[2]:
            raise Mismatch(f"{where}: not {node[1]}..{node[2]}: {value!r}")

    def _match_choice(self, node, value, where):
        reasons = []
        for choice in node[1]:
            try:
                return self._match(choice, value, where)
            except Mismatch as mismatch:
                reasons.append(str(mismatch))
        raise Mismatch(f"{where}: none of the choices: " + "; ".join(reasons))

    def _match_tag(self, node, value, where):
        if not isinstance(value, Tag) or value.number != node[1]:
            raise Mismatch(f"{where}: not tag {node[1]}")
        self._match(node[2], value.value, where)

    def _match_control(self, node, value, where):
        _, control, target, argument = node
        self._match(target, value, where)
        if control == ".size":
            if not isinstance(value, (bytes, str)):
                raise CddlError(f"{where}: .size of neither bytes nor text")
            size = len(value if isinstance(value, bytes) else value.encode())
            self._match(argument, size, where + ".size")
        elif control == ".cbor":
            try:
                inner = decode(value)
            except CborError as error:
                raise Mismatch(f"{where}: {error}") from None
            self._match(argument, inner, where)
        elif not re.fullmatch(argument[1], value, re.A):
            raise Mismatch(f"{where}: not {argument[1]!r}: {value!r}")

    def _flat(self, entries):
        """Entries with the groups that they name written out."""
        for low, high, key, node in entries:
            rule = self.rules.get(node[1]) if node[0] == "name" else None
            if key is None and rule is not None and rule[0] == "group":
                if (low, high) != (1, 1):
                    raise CddlError("a group with an occurrence")
                yield from self._flat(rule[1])
            else:
                yield low, high, key, node

    def _match_map(self, node, value, where):
        if not isinstance(value, dict):
            raise Mismatch(f"{where}: not a map: {value!r}")
        left = dict(value)
        for low, high, key, part in self._flat(node[1]):
            if key is None or high != 1:
                raise CddlError(f"{where}: a map entry without one key")
            if _Key(key) in left:
                self._match(part, left.pop(_Key(key)), f"{where}.{key}")
            elif low > 0:
                raise Mismatch(f"{where}: no key {key}")
        if left:
            raise Mismatch(f"{where}: keys that no rule has: {list(left)}")

    def _match_array(self, node, value, where):
        if not isinstance(value, list):
            raise Mismatch(f"{where}: not an array: {value!r}")
        at = 0
        for low, high, _, part in self._flat(node[1]):
            count = 0
            while at < len(value) and (high is None or count < high):
                try:
                    self._match(part, value[at], f"{where}[{at}]")
                except Mismatch:
                    if count < low:
                        raise
                    break
                at, count = at + 1, count + 1
            if count < low:
                raise Mismatch(f"{where}: fewer items than {low}")
        if at != len(value):
            raise Mismatch(f"{where}: items that no rule has, from {at} on")


@functools.cache
def load(path):
    with open(path, encoding="utf-8") as file:
        return Cddl(file.read())


def main(arguments):
    if len(arguments) != 3:
        print("usage: cddl.py FILE.cddl RULE < object", file=sys.stderr)
        return 2
    try:
        load(arguments[1]).check(arguments[2], sys.stdin.buffer.read())
    except (CborError, Mismatch) as error:
        print(f"{arguments[2]}: {error}", file=sys.stderr)
        return 1
    except (CddlError, OSError) as error:
        print(f"{arguments[1]}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
