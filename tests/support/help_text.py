# SPDX-License-Identifier: Apache-2.0
"""What the programs say of themselves with --help."""
import os
import re
import subprocess

BIN = os.path.join(os.environ["IMEILOCK_BINARY_DIR"], "bin")
# every command has these; imeilock(1) has them
COMMON = {"--json", "-s, --station=DIR", "-?, --help", "--usage",
          "-V, --version"}


def help_of(program, *words):
    """Wide, so that an option and what it means are one line."""
    done = subprocess.run(
        [os.path.join(BIN, program), *words, "--help"], check=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "ARGP_HELP_FMT": "rmargin=250,opt-doc-col=60"})
    return done.stdout


def commands():
    """{"station init": summary} of imeilock."""
    listed = help_of("imeilock").split("Commands (", 1)[1]
    return dict(re.findall(r"(?m)^  ((?:\w+ )?\w+)  +(\S.*)$", listed))


def options(program, *words):
    """{"-n, --slot=N": what it means} as --help lists them."""
    text = help_of(program, *words).split("Example:", 1)[0]
    return dict(re.findall(r"(?m)^ +(-\S(?:.*?\S)?)  +(\S.*)$", text))
