#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""mutate.py MUTANT SOURCE OUT: write SOURCE with the mutant's faults to OUT.

Each old text must be in its file exactly once: a mutant that no longer fits
the source fails the build.
"""

import pathlib
import sys

MUTANTS = {
    # "All bits that should be set are set" is taken for equal.
    "mask": {
        "firmware-agent/proto/image.c": [
            ("dead |= (word[i] & word[i + 1]) != 0;", "dead |= false;"),
            ("return pair[1] == ~pair[0] && (pair[0] & ~PAYLOAD_MASK) == TAG;",
             "return (pair[0] | pair[1]) == UINT32_MAX &&"
             " (pair[0] & TAG) == TAG;"),
        ],
        "firmware-agent/proto/image_view.c": [
            ("""		if (state != COPY_VALID ||
		    memcmp(words, image->word + image_kill_word(field, copy),
			   image_copy_words(field) * sizeof(words[0])) != 0)
			return false;
""",
             """		for (unsigned int i = 0; i < image_copy_words(field); i++)
			if ((image->word[image_kill_word(field, copy) + i] &
			     words[i]) != words[i])
				return false;
"""),
        ],
    },
    # The lock comes first, and the last look at the fuses after it.
    "lock_first": {
        "firmware-agent/agent/lock.c": [
            ("""		st = burn_marker(turn);
	if (st == ST_OK)
		st = check_all(turn);
""",
             """		st = burn_marker(turn);
	if (st == ST_OK)
		st = lock_units(turn);
"""),
            ("""	if (st == ST_OK)
		st = lock_units(turn);
	turn->reply->state""",
             """	if (st == ST_OK)
		st = check_image(turn);
	turn->reply->state"""),
        ],
    },
    # The further fuses come behind the marker, where a resumed lock that is
    # not asked for them any more would leave them out.
    "fuse_last": {
        "firmware-agent/agent/lock.c": [
            ("	if (st == ST_OK && !was_begun)\n"
             "		st = burn_fuses(turn);\n", ""),
            ("	if (st == ST_OK && was_begun)\n"
             "		st = burn_fuses(turn);\n",
             "	if (st == ST_OK)\n		st = burn_fuses(turn);\n"),
        ],
    },
    # A number whose unit failed goes back to the free ones.
    "reuse": {
        "tool/ledger/schema.sql": [
            ("WHEN OLD.state NOT IN ('leased', 'reserved')\n",
             "WHEN OLD.state NOT IN ('leased', 'reserved', 'ticketed')\n"),
            ("-- Back to free: only what was never ticketed.\n",
             "CREATE TRIGGER give_back AFTER INSERT ON event\n"
             "WHEN NEW.kind = 'outcome'\n"
             "BEGIN DELETE FROM number WHERE state = 'ticketed' AND unit ="
             " (SELECT number FROM unit WHERE chip = NEW.chip); END;\n"),
        ],
    },
    # A ticketed number is in the ledger, and not yet on the disk.
    "no_sync": {
        "tool/ledger/db.c": [
            ("PRAGMA synchronous = FULL", "PRAGMA synchronous = OFF"),
        ],
    },
    # The driver's good status stands for a look at the cells.
    "trust_burn": {
        "firmware-agent/agent/burn.c": [
            ("""	st = port->otp_read(port->ctx, burn->word, &image->word[burn->word],
			    &health);
	if (st == ST_PORT_POWER)
		return st;
""",
             """	image->word[burn->word] = burn->value;
	health = WORD_GOOD;
"""),
        ],
    },
    # And for a look at what the further fuses do.
    "trust_fuse": {
        "tool/station/flow.c": [
            ("		.fuses = profile_last_fuses(flow->profile),\n", ""),
        ],
    },
    # So does the agent's good status for a look at the unit.
    "trust_lock": {
        "firmware-agent/agent/lock.c": [
            ("return turn->view.state == STATE_LOCKED ? ST_OK : ST_OTP_LOCK;",
             "return ST_OK;"),
        ],
        "tool/station/flow.c": [
            ("return flow->hello.state == STATE_LOCKED"
             " ? ST_OK : ST_AGENT_NOT_LOCKED;",
             "return ST_OK;"),
        ],
    },
}


def mutated(mutant, source, text):
    for old, new in MUTANTS[mutant][source]:
        if text.count(old) != 1:
            sys.exit("mutant %s: in %s once, not %d times: %s" % (
                mutant, source, text.count(old), old))
        text = text.replace(old, new)
    return text


def main():
    mutant, source, out = sys.argv[1:]
    root = pathlib.Path(__file__).parents[2]
    text = (root / source).read_text()
    pathlib.Path(out).write_text(mutated(mutant, source, text))


if __name__ == "__main__":
    main()
