#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The manual pages have the commands and options that the programs have, no
fewer and no more."""

import glob
import os
import re
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "support"))
import help_text  # noqa: E402

PAGES = os.path.join(os.environ["IMEILOCK_SOURCE_DIR"], "docs", "man")
BUILT = os.path.join(os.environ["IMEILOCK_BINARY_DIR"], "man")
OF_ALL = "OPTIONS OF ALL"
PROGRAMS = ["imeilock-signer", "imeilock-handset"]


def plain(text):
    """Without the marks of bold and underlined."""
    return re.sub(r"[*_]", "", text)


def options_of(text):
    """The options that a part of a page explains."""
    return {plain(line) for line in re.findall(r"(?m)^(\*-.*)$", text)}


def sections(text):
    """{heading: text} of both kinds of headings."""
    parts = re.split(r"(?m)^##? (.*)$", text)
    return dict(zip(parts[1::2], parts[2::2]))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Man(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.pages = {os.path.basename(path)[:-len(".scd")]: read(path)
                      for path in glob.glob(os.path.join(PAGES, "*.scd"))}
        self.parts = {name: sections(text)
                      for name, text in self.pages.items()}

    def explained(self, heading):
        """(page, options) of the one page that has this heading."""
        pages = [name for name, parts in self.parts.items()
                 if heading in parts]
        self.assertEqual(len(pages), 1, f"'## {heading}' is in {pages}")
        options = options_of(self.parts[pages[0]][heading])
        for other, text in self.parts[pages[0]].items():
            if other.startswith(OF_ALL):
                options |= options_of(text)
        return pages[0], options

    def assert_same(self, heading, real):
        page, options = self.explained(heading)
        self.assertEqual(
            (sorted(set(real) - options), sorted(options - set(real))),
            ([], []), f"{page}: '{heading}' (missing, not real)")

    def test_every_command(self):
        for command in help_text.commands():
            real = set(help_text.options("imeilock", *command.split()))
            self.assertLessEqual(help_text.COMMON, real, command)
            self.assert_same(command, real - help_text.COMMON)

    def test_no_other_command(self):
        found = {heading for parts in self.parts.values()
                 for heading in parts if heading.islower()}
        self.assertEqual(found - set(PROGRAMS),
                         set(help_text.commands()))

    def test_what_comes_before_the_command(self):
        real = help_text.options("imeilock")
        self.assertEqual(options_of(self.parts["imeilock.1"]["OPTIONS"]),
                         set(real))
        self.assertEqual(set(real), help_text.COMMON)

    def test_the_other_programs(self):
        for program in PROGRAMS:
            self.assert_same(program, set(help_text.options(program)))

    def test_imeilock_1_names_commands_and_pages(self):
        part = self.parts["imeilock.1"]["COMMANDS"]
        named = [command for line in re.findall(r"(?m)^\*.*$", part)
                 for command in plain(line).split(", ")]
        self.assertEqual(sorted(named), sorted(help_text.commands()))
        text = plain(self.pages["imeilock.1"])
        for name in self.pages:
            page, section = name.rsplit(".", 1)
            if page != "imeilock":
                self.assertIn(f"{page}({section})", text)
            for other, number in re.findall(r"(imeilock[\w-]*)\((\d)\)",
                                            plain(self.pages[name])):
                self.assertIn(f"{other}.{number}", self.pages)

    def test_options_in_examples_and_text_are_real(self):
        real = set()
        for command in help_text.commands():
            real |= {re.search("--[a-z-]+", option)[0] for option
                     in help_text.options("imeilock", *command.split())}
        for program in PROGRAMS:
            real |= {option.split()[0] for option
                     in help_text.options(program)}
        for name, text in self.pages.items():
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*",
                                     plain(text).replace("\\", "")):
                self.assertIn(option, real, name)

    def test_options_in_the_examples_of_help_are_real(self):
        for command in help_text.commands():
            example = help_text.help_of("imeilock", *command.split()).split(
                "Example:\n", 1)[1]
            real = {name.split("=")[0] for option
                    in help_text.options("imeilock", *command.split())
                    for name in option.split(", ")}
            self.assertLessEqual(
                set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", example)), real,
                command)

    def test_pages_are_built(self):
        for name in self.pages:
            self.assertRegex(read(os.path.join(BUILT, name)),
                             r'(?m)^\.TH "imeilock')


if __name__ == "__main__":
    unittest.main()
