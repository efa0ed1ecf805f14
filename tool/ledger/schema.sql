-- SPDX-License-Identifier: Apache-2.0
--
-- The ledger of one station, schema version 2, for SQLite 3.37 or later.
-- What the tables mean, and the table of legal moves: docs/ledger.md.
--
-- A refusal's text begins with the name of the status that the tool gives.
-- REPLACE deletes rows without asking a delete trigger: so each insert trigger
-- refuses a row that is there already.

PRAGMA application_id = 1229802572; -- "IMLL"
PRAGMA user_version = 2;

-- ------------------------------------------------------------------- tables

CREATE TABLE ledger (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  id BLOB NOT NULL CHECK (length(id) = 16),
  class TEXT NOT NULL CHECK (class IN ('development', 'production'))
) STRICT;

CREATE TABLE event (
  number INTEGER PRIMARY KEY CHECK (number >= 1),
  time INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 31),
  operator TEXT NOT NULL,
  slot INTEGER NOT NULL CHECK (slot >= 0),
  version TEXT NOT NULL,
  chip BLOB CHECK (length(chip) BETWEEN 8 AND 32),
  imei INTEGER CHECK (imei BETWEEN 1 AND 99999999999999),
  detail TEXT NOT NULL CHECK (json_valid(detail)),
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX event_chip ON event (chip) WHERE chip IS NOT NULL;

-- The signer's register as it was when it last answered.
CREATE TABLE register (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  count INTEGER NOT NULL CHECK (count >= 0),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  event INTEGER NOT NULL REFERENCES event (number)
) STRICT;

-- In the order in which they are used.
CREATE TABLE interval (
  number INTEGER PRIMARY KEY CHECK (number >= 1),
  model TEXT NOT NULL CHECK (length(model) BETWEEN 1 AND 31),
  first INTEGER NOT NULL CHECK (first BETWEEN 1 AND 99999999999999),
  last INTEGER NOT NULL CHECK (last BETWEEN 1 AND 99999999999999),
  event INTEGER NOT NULL REFERENCES event (number)
) STRICT;

CREATE TABLE unit (
  number INTEGER PRIMARY KEY CHECK (number >= 1),
  chip BLOB NOT NULL UNIQUE
    CHECK (length(chip) BETWEEN 8 AND 32)
    CHECK (replace(hex(chip), '0', '') <> '')
    CHECK (replace(hex(chip), 'F', '') <> ''),
  device_key BLOB NOT NULL UNIQUE CHECK (length(device_key) = 64),
  model TEXT NOT NULL CHECK (length(model) BETWEEN 1 AND 31),
  slots INTEGER NOT NULL CHECK (slots BETWEEN 1 AND 4),
  primary_slot INTEGER NOT NULL CHECK (primary_slot BETWEEN 1 AND slots),
  seen INTEGER NOT NULL CHECK (seen BETWEEN 1 AND 9),
  burnt_words INTEGER NOT NULL CHECK (burnt_words BETWEEN 0 AND 255),
  record BLOB CHECK (length(record) BETWEEN 1 AND 768),
  record_cert BLOB CHECK (length(record_cert) BETWEEN 1 AND 768),
  board TEXT CHECK (length(board) BETWEEN 1 AND 63)
    CHECK (board NOT GLOB '*[^ -~]*' AND board = trim(board)),
  event INTEGER NOT NULL REFERENCES event (number),
  CHECK ((record IS NULL) = (record_cert IS NULL))
) STRICT;

CREATE INDEX unit_board ON unit (board) WHERE board IS NOT NULL;

-- A number that is not free; the key is TAC and SNR, fourteen digits.
CREATE TABLE number (
  body INTEGER PRIMARY KEY CHECK (body BETWEEN 1 AND 99999999999999),
  state TEXT NOT NULL CHECK (state IN ('leased', 'reserved', 'ticketed',
    'written', 'locked', 'verified', 'quarantined', 'scrapped')),
  before TEXT CHECK (before IN ('free', 'ticketed', 'written', 'locked',
    'verified')),
  unit INTEGER REFERENCES unit (number),
  slot INTEGER CHECK (slot BETWEEN 1 AND 4),
  event INTEGER NOT NULL REFERENCES event (number),
  UNIQUE (unit, slot),
  CHECK ((unit IS NULL) = (slot IS NULL)),
  CHECK ((state = 'quarantined') = (before IS NOT NULL)),
  CHECK (state NOT IN ('leased', 'reserved') OR unit IS NULL),
  CHECK (state NOT IN ('ticketed', 'written', 'locked', 'verified')
         OR unit IS NOT NULL),
  CHECK (before IS NULL OR (before = 'free') = (unit IS NULL))
) STRICT;

-- A scrapped unit, and the chip that was put in the place of its chip.  That
-- one may get its number later.
CREATE TABLE replacement (
  unit INTEGER PRIMARY KEY REFERENCES unit (number),
  chip BLOB NOT NULL UNIQUE CHECK (length(chip) BETWEEN 8 AND 32)
    CHECK (replace(hex(chip), '0', '') <> '')
    CHECK (replace(hex(chip), 'F', '') <> ''),
  event INTEGER NOT NULL REFERENCES event (number)
) STRICT;

-- RETRY in a row for causes in the unit, also of chips never ticketed.
CREATE TABLE attempt (
  chip BLOB PRIMARY KEY NOT NULL CHECK (length(chip) BETWEEN 8 AND 32),
  retries INTEGER NOT NULL CHECK (retries >= 0),
  event INTEGER NOT NULL REFERENCES event (number)
) STRICT;

-- -------------------------------------------------------------------- views

-- Units whose numbers break a rule between number, unit and interval: all
-- neighbours of one TAC, in the order of the slots, of the unit's model.
CREATE VIEW misfit AS
SELECT number.unit AS unit
  FROM number JOIN unit ON unit.number = number.unit
 WHERE number.slot > unit.slots
    OR NOT EXISTS (SELECT 1 FROM interval
                    WHERE number.body BETWEEN first AND last
                      AND interval.model = unit.model)
    OR EXISTS (SELECT 1 FROM number AS other
                WHERE other.unit = number.unit
                  AND (other.body - other.slot <> number.body - number.slot
                       OR other.body / 1000000 <> number.body / 1000000));

-- Units that are not scrapped, and their boards.
CREATE VIEW living AS
SELECT unit.number AS unit, unit.board AS board
  FROM unit
 WHERE EXISTS (SELECT 1 FROM number
                WHERE number.unit = unit.number
                  AND number.state <> 'scrapped');

-- Each interval with its first number that was not handed out; last + 1 when
-- it is used up.
CREATE VIEW supply AS
SELECT number, model, first, last,
       coalesce((SELECT max(body) FROM number
                  WHERE body BETWEEN first AND last) + 1, first) AS next
  FROM interval;

-- ---------------------------------------------------------- what never moves

CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger
WHEN EXISTS (SELECT 1 FROM ledger)
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a ledger has one id'); END;

CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a ledger keeps its id'); END;

CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a ledger keeps its id'); END;

CREATE TRIGGER event_insert BEFORE INSERT ON event
WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM event)
BEGIN SELECT RAISE(ABORT, 'LEDGER_CHAIN: events come one after another'); END;

CREATE TRIGGER event_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'LEDGER_CHAIN: an event is never changed'); END;

CREATE TRIGGER event_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'LEDGER_CHAIN: an event is never removed'); END;

CREATE TRIGGER interval_update BEFORE UPDATE ON interval
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: an interval is never changed'); END;

CREATE TRIGGER interval_delete BEFORE DELETE ON interval
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: an interval is never removed'); END;

CREATE TRIGGER unit_delete BEFORE DELETE ON unit
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a unit is never removed'); END;

CREATE TRIGGER attempt_delete BEFORE DELETE ON attempt
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a count is never removed'); END;

CREATE TRIGGER replacement_update BEFORE UPDATE ON replacement
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a replacement is never changed'); END;

CREATE TRIGGER replacement_delete BEFORE DELETE ON replacement
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a replacement is never removed'); END;

CREATE TRIGGER register_delete BEFORE DELETE ON register
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a register is never removed'); END;

-- ---------------------------------------------------------------- intervals

CREATE TRIGGER interval_insert BEFORE INSERT ON interval
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: intervals are numbered in order')
   WHERE NEW.number IS NOT
         (SELECT coalesce(max(number), 0) + 1 FROM interval);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NEW.event IS NOT (SELECT max(number) FROM event);
  SELECT RAISE(ABORT, 'LEDGER_INTERVAL: first to last, within one TAC')
   WHERE NEW.first > NEW.last OR NEW.first / 1000000 <> NEW.last / 1000000;
  SELECT RAISE(ABORT, 'LEDGER_OVERLAP: intervals do not overlap')
   WHERE EXISTS (SELECT 1 FROM interval
                  WHERE first <= NEW.last AND NEW.first <= last);
  SELECT RAISE(ABORT, 'LEDGER_TAC_MODEL: a TAC serves one model')
   WHERE EXISTS (SELECT 1 FROM interval
                  WHERE first / 1000000 = NEW.first / 1000000
                    AND model <> NEW.model);
  SELECT RAISE(ABORT, 'LEDGER_TEST_TAC: test TACs are for development')
   WHERE (NEW.first / 1000000000000 IN (0, 2, 3, 4, 5, 6, 7, 8, 9))
         <> (SELECT class = 'development' FROM ledger);
END;

-- -------------------------------------------------------------------- units

CREATE TRIGGER unit_insert BEFORE INSERT ON unit
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: units are numbered in order')
   WHERE NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM unit);
  SELECT RAISE(ABORT, 'LEDGER_TAKEN: the chip or key is another unit''s')
   WHERE EXISTS (SELECT 1 FROM unit WHERE chip = NEW.chip)
      OR EXISTS (SELECT 1 FROM unit WHERE device_key = NEW.device_key);
  SELECT RAISE(ABORT, 'LEDGER_BOARD_TAKEN: the board is another unit''s')
   WHERE EXISTS (SELECT 1 FROM living WHERE board = NEW.board);
  SELECT RAISE(ABORT, 'LEDGER_MODEL: it replaces a unit of another model')
   WHERE EXISTS (SELECT 1 FROM replacement JOIN unit AS old
                     ON old.number = replacement.unit
                  WHERE replacement.chip = NEW.chip
                    AND old.model <> NEW.model);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NOT EXISTS (SELECT 1 FROM event
                      WHERE number = NEW.event AND chip = NEW.chip
                        AND number = (SELECT max(number) FROM event));
END;

CREATE TRIGGER unit_update BEFORE UPDATE ON unit
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a unit keeps chip, key, model and slots')
   WHERE NEW.number IS NOT OLD.number OR NEW.chip IS NOT OLD.chip
      OR NEW.device_key IS NOT OLD.device_key OR NEW.model IS NOT OLD.model
      OR NEW.slots IS NOT OLD.slots
      OR NEW.primary_slot IS NOT OLD.primary_slot;
  SELECT RAISE(ABORT, 'LEDGER_BOARD_OTHER: a unit keeps its board')
   WHERE OLD.board IS NOT NULL AND NEW.board IS NOT OLD.board;
  SELECT RAISE(ABORT, 'LEDGER_BOARD_TAKEN: the board is another unit''s')
   WHERE EXISTS (SELECT 1 FROM living
                  WHERE board = NEW.board AND unit <> NEW.number);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: what was seen is not taken back')
   WHERE NEW.seen < OLD.seen OR NEW.burnt_words < OLD.burnt_words;
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a record is kept from the lock on')
   WHERE (NEW.record IS NOT OLD.record
          OR NEW.record_cert IS NOT OLD.record_cert)
     AND (NEW.record IS NULL
          OR EXISTS (SELECT 1 FROM number WHERE unit = OLD.number
                        AND state NOT IN ('ticketed', 'written')));
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NEW.event <= OLD.event
      OR NOT EXISTS (SELECT 1 FROM event
                      WHERE number = NEW.event AND chip = NEW.chip
                        AND number = (SELECT max(number) FROM event));
END;

-- ------------------------------------------------------------------ numbers

CREATE TRIGGER number_insert BEFORE INSERT ON number
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_TAKEN: the number is not free')
   WHERE EXISTS (SELECT 1 FROM number WHERE body = NEW.body);
  SELECT RAISE(ABORT, 'LEDGER_TAKEN: the slot has a number')
   WHERE EXISTS (SELECT 1 FROM number
                  WHERE unit = NEW.unit AND slot = NEW.slot);
  SELECT RAISE(ABORT, 'LEDGER_INTERVAL: the number is of no interval')
   WHERE NOT EXISTS (SELECT 1 FROM interval
                      WHERE NEW.body BETWEEN first AND last);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: not a move of a free number')
   WHERE NEW.state NOT IN ('leased', 'reserved', 'ticketed', 'quarantined',
                           'scrapped')
      OR (NEW.state <> 'ticketed' AND NEW.unit IS NOT NULL);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NEW.event IS NOT (SELECT max(number) FROM event);
END;

CREATE TRIGGER number_bound AFTER INSERT ON number
WHEN NEW.unit IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: the number does not fit the unit')
   WHERE EXISTS (SELECT 1 FROM misfit WHERE unit = NEW.unit);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: the unit is past its ticket')
   WHERE EXISTS (SELECT 1 FROM number
                  WHERE unit = NEW.unit AND state <> 'ticketed');
END;

CREATE TRIGGER number_update BEFORE UPDATE ON number
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a number keeps its unit for ever')
   WHERE NEW.body IS NOT OLD.body
      OR (OLD.unit IS NOT NULL
          AND (NEW.unit IS NOT OLD.unit OR NEW.slot IS NOT OLD.slot))
      OR (OLD.unit IS NULL AND NEW.unit IS NOT NULL
          AND NEW.state <> 'ticketed');
  SELECT RAISE(ABORT, 'LEDGER_TAKEN: the slot has a number')
   WHERE EXISTS (SELECT 1 FROM number WHERE unit = NEW.unit
                    AND slot = NEW.slot AND body <> OLD.body);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: not a legal move')
   WHERE NOT CASE OLD.state
         WHEN 'leased' THEN NEW.state IN ('reserved', 'ticketed', 'scrapped')
         WHEN 'reserved' THEN NEW.state IN ('leased', 'ticketed', 'scrapped')
         WHEN 'ticketed' THEN NEW.state IN ('written', 'quarantined')
         WHEN 'written' THEN NEW.state IN ('locked', 'quarantined')
         WHEN 'locked' THEN NEW.state IN ('verified', 'quarantined')
         WHEN 'verified' THEN NEW.state = 'quarantined'
         WHEN 'quarantined' THEN NEW.state IN (OLD.before, 'scrapped')
              OR (OLD.before = 'free' AND NEW.state = 'ticketed')
         ELSE 0 END;
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a quarantine remembers where it was')
   WHERE NEW.state = 'quarantined' AND NEW.before IS NOT OLD.state;
  SELECT RAISE(ABORT, 'LEDGER_MOVE: written is whole and has a record')
   WHERE NEW.state = 'written'
     AND NOT EXISTS (SELECT 1 FROM unit
                      WHERE number = NEW.unit AND record IS NOT NULL
                        AND slots = (SELECT count(*) FROM number
                                      WHERE unit = NEW.unit));
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NEW.event <= OLD.event
      OR NOT EXISTS (SELECT 1 FROM event
                      WHERE number = NEW.event
                        AND number = (SELECT max(number) FROM event)
                        AND (NEW.unit IS NULL OR chip =
                             (SELECT chip FROM unit
                               WHERE number = NEW.unit)));
END;

CREATE TRIGGER number_bind AFTER UPDATE OF unit ON number
WHEN NEW.unit IS NOT NULL AND OLD.unit IS NULL
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: the number does not fit the unit')
   WHERE EXISTS (SELECT 1 FROM misfit WHERE unit = NEW.unit);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: the unit is past its ticket')
   WHERE EXISTS (SELECT 1 FROM number
                  WHERE unit = NEW.unit AND state <> 'ticketed');
END;

-- Back to free: only what was never ticketed.
CREATE TRIGGER number_delete BEFORE DELETE ON number
WHEN OLD.state NOT IN ('leased', 'reserved')
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: a number is not given back'); END;

-- ------------------------------------------------------------ replacements

CREATE TRIGGER replacement_insert BEFORE INSERT ON replacement
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_REPLACED: a replacement is made once')
   WHERE EXISTS (SELECT 1 FROM replacement
                  WHERE unit = NEW.unit OR chip = NEW.chip);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: what is replaced is scrapped')
   WHERE EXISTS (SELECT 1 FROM living WHERE unit = NEW.unit);
  SELECT RAISE(ABORT, 'LEDGER_SCRAPPED: what replaces it is not')
   WHERE EXISTS (SELECT 1 FROM unit
                  WHERE chip = NEW.chip
                    AND NOT EXISTS (SELECT 1 FROM living
                                     WHERE living.unit = unit.number));
  SELECT RAISE(ABORT, 'LEDGER_MODEL: it replaces a unit of another model')
   WHERE EXISTS (SELECT 1 FROM unit JOIN unit AS old ON old.number = NEW.unit
                  WHERE unit.chip = NEW.chip AND unit.model <> old.model);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NOT EXISTS (SELECT 1 FROM event
                      WHERE number = NEW.event AND chip = NEW.chip
                        AND number = (SELECT max(number) FROM event));
END;

-- ------------------------------------------------------ attempts, register

CREATE TRIGGER attempt_insert BEFORE INSERT ON attempt
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: the chip is counted already')
   WHERE EXISTS (SELECT 1 FROM attempt WHERE chip = NEW.chip);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NEW.event IS NOT (SELECT max(number) FROM event);
END;

CREATE TRIGGER attempt_update BEFORE UPDATE ON attempt
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: counts go up by one or to zero')
   WHERE NEW.chip IS NOT OLD.chip
      OR NEW.retries NOT IN (0, OLD.retries + 1);
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NEW.event <= OLD.event
      OR NEW.event IS NOT (SELECT max(number) FROM event);
END;

CREATE TRIGGER register_insert BEFORE INSERT ON register
WHEN EXISTS (SELECT 1 FROM register)
BEGIN SELECT RAISE(ABORT, 'LEDGER_MOVE: there is one register'); END;

CREATE TRIGGER register_update BEFORE UPDATE ON register
BEGIN
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a register only grows')
   WHERE NEW.count <= OLD.count;
  SELECT RAISE(ABORT, 'LEDGER_MOVE: a change needs its own event')
   WHERE NEW.event <= OLD.event
      OR NEW.event IS NOT (SELECT max(number) FROM event);
END;
