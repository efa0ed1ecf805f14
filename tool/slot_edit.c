/* SPDX-License-Identifier: Apache-2.0 */
#include "tool/slot_edit.h"

#include "station/fixture.h"
#include "tool/slots.h"

static enum status
load(struct cli *cli, struct station *station)
{
	enum status st = station_load(station, cli->folder);

	if (st != ST_OK)
		cmd_detail(cli, "folder '%s'", cli->folder);
	return st;
}

enum status
slot_edit_begin(struct cli *cli, struct station *station)
{
	enum status st = load(cli, station);

	if (st == ST_OK)
		st = fixture_may_change(station);
	if (st == ST_OK)
		st = slots_take_all(cli, station);
	/* what stands there now that nobody else changes it */
	return st == ST_OK ? load(cli, station) : st;
}

enum status
slot_edit_put(struct cli *cli, struct station *station,
	      const struct station_slot *slot)
{
	int other;
	enum status st = fixture_put(station, slot, &other);

	if (st == ST_SLOT_TAKEN)
		cmd_detail(cli, "two slots have one agent: %d and %d", other,
			   slot->number);
	return st;
}

enum status
slot_edit_save(struct cli *cli, const struct station *station)
{
	enum status st = fixture_save(station);

	/* the locks were those of the file that was replaced */
	return st == ST_OK ? slots_take_all(cli, station) : st;
}
