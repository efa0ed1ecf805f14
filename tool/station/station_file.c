/* SPDX-License-Identifier: Apache-2.0 */
#include "station/station_file.h"

#include <jansson.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/pem.h"

#define FORMAT_VERSION 1

static const char *class_name(enum dev_class class)
{
	return class == CLASS_PRODUCTION ? "production" : "development";
}

static enum dev_class
class_of(const char *name)
{
	if (text_equal(name, "production"))
		return CLASS_PRODUCTION;
	return text_equal(name, "development") ? CLASS_DEVELOPMENT : CLASS_NONE;
}

/* False if text is too long: nothing is cut off silently. */
static bool
take_text(char *out, size_t size, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len >= size)
		return false;
	memset(out, 0, size);
	if (len != 0)
		memcpy(out, text, len);
	return true;
}

static void
hex_of(char out[2 * LEDGER_ID_LEN + 1], const struct ledger_id *id)
{
	for (size_t i = 0; i < LEDGER_ID_LEN; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", id->byte[i]);
}

static bool
id_of(struct ledger_id *out, const char *hex)
{
	if (strlen(hex) != 2 * LEDGER_ID_LEN)
		return false;
	for (size_t i = 0; i < LEDGER_ID_LEN; i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return false;
		out->byte[i] = (uint8_t)byte;
	}
	return true;
}

/* Whole or not at all: written beside and moved into place. */
static enum status
save(const struct station *station, const char *name, json_t *json, bool keep)
{
	char path[ADDRESS_MAX + 1], beside[ADDRESS_MAX + 1];
	enum status st = station_path(station, name, path);
	int len = snprintf(beside, sizeof(beside), "%s.new", path);
	FILE *file;
	bool good;

	if (st != ST_OK || json == NULL || len < 0 ||
	    (size_t)len >= sizeof(beside) ||
	    (keep && access(path, F_OK) == 0)) {
		json_decref(json);
		return ST_STATION_FILE;
	}
	file = fopen(beside, "we");
	good = file != NULL && json_dumpf(json, file, JSON_INDENT(2)) == 0 &&
	       fputc('\n', file) != EOF && fflush(file) == 0 &&
	       fsync(fileno(file)) == 0;
	if (file != NULL)
		good &= fclose(file) == 0;
	json_decref(json);
	return good && rename(beside, path) == 0 ? ST_OK : ST_STATION_FILE;
}

static json_t *
load(const struct station *station, const char *name)
{
	char path[ADDRESS_MAX + 1];
	json_t *json;
	int version = 0;

	if (station_path(station, name, path) != ST_OK)
		return NULL;
	json = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	if (json_unpack(json, "{s:i}", "version", &version) == 0 &&
	    version == FORMAT_VERSION)
		return json;
	json_decref(json);
	return NULL;
}

enum status
station_socket(const struct station *station, char out[ADDRESS_MAX + 1])
{
	struct sockaddr_un address;
	enum status st = ST_OK;

	if (station->signer[0] != '\0')
		memcpy(out, station->signer, sizeof(station->signer));
	else
		st = station_path(station, "signer.sock", out);
	if (st != ST_OK)
		return st;
	return strlen(out) < sizeof(address.sun_path) ? ST_OK : ST_STATION_PATH;
}

/* --------------------------------------------------------- station.json */

static json_t *
slot_json(const struct station_slot *slot)
{
	json_t *at = json_array();

	for (unsigned int i = 0; i < SLOTS_MAX; i++)
		(void)json_array_append_new(at, json_string(slot->unit.at[i]));
	return json_pack("{s:i,s:s,s:o}", "slot", slot->number, "agent",
			 slot->unit.agent, "at", at);
}

enum status
station_file_save(const struct station *station, bool keep)
{
	const char *signer = station->signer[0] != '\0' ? station->signer
							: NULL;
	char id[2 * LEDGER_ID_LEN + 1];
	json_t *slots = json_array();

	hex_of(id, &station->ledger);
	for (size_t i = 0; i < station->slot_count; i++)
		(void)json_array_append_new(slots,
					    slot_json(&station->slot[i]));
	return save(station, "station.json",
		    json_pack("{s:i,s:s,s:s,s:s*,s:o}", "version",
			      FORMAT_VERSION, "class",
			      class_name(station->class), "ledger", id,
			      "signer", signer, "slots", slots),
		    keep);
}

static bool
take_slot(struct station_slot *out, json_t *json)
{
	const char *agent;
	json_t *at;

	if (json_unpack(json, "{s:i,s:s,s:o !}", "slot", &out->number, "agent",
			&agent, "at", &at) != 0 ||
	    !json_is_array(at) || json_array_size(at) > SLOTS_MAX ||
	    out->number < 1 || out->number > STATION_SLOTS_MAX)
		return false;
	for (size_t i = 0; i < json_array_size(at); i++)
		if (!take_text(out->unit.at[i], sizeof(out->unit.at[i]),
			       json_string_value(json_array_get(at, i))))
			return false;
	return take_text(out->unit.agent, sizeof(out->unit.agent), agent);
}

static bool
take_station(struct station *out, json_t *json)
{
	const char *class, *id, *signer = NULL;
	json_t *slots;
	int version;

	if (json_unpack(json, "{s:i,s:s,s:s,s?s,s:o !}", "version", &version,
			"class", &class, "ledger", &id, "signer", &signer,
			"slots", &slots) != 0 ||
	    !take_text(out->signer, sizeof(out->signer), signer))
		return false;
	out->class = class_of(class);
	out->slot_count = json_array_size(slots);
	if (out->class == CLASS_NONE || !id_of(&out->ledger, id) ||
	    out->slot_count > STATION_SLOTS_MAX)
		return false;
	for (size_t i = 0; i < out->slot_count; i++)
		if (!take_slot(&out->slot[i], json_array_get(slots, i)))
			return false;
	return true;
}

enum status
station_file_load(struct station *station)
{
	json_t *json = load(station, "station.json");
	bool good = json != NULL && take_station(station, json);

	json_decref(json);
	return good ? ST_OK : ST_STATION_FOLDER;
}

/* ----------------------------------------------------------- armed.json */

enum status
station_arms_save(const struct station *station,
		  const struct station_arms *arms)
{
	json_t *profiles = json_array();

	for (size_t i = 0; i < arms->profile_count; i++)
		(void)json_array_append_new(profiles,
					    json_string(arms->profile[i]));
	return save(station, "armed.json",
		    json_pack("{s:i,s:s,s:s,s:o,s:I,s:I,s:I,s:I,s:I}",
			      "version", FORMAT_VERSION, "operator",
			      arms->operator_name, "shift", arms->shift,
			      "profiles", profiles, "units",
			      (json_int_t)arms->units, "after",
			      (json_int_t)arms->after, "begun",
			      (json_int_t)arms->begun, "ends",
			      (json_int_t)arms->ends, "signer",
			      (json_int_t)arms->signer_pid),
		    false);
}

static bool
take_profiles(struct station_arms *out, json_t *profiles)
{
	out->profile_count = json_array_size(profiles);
	if (out->profile_count > STATION_PROFILES_MAX)
		return false;
	for (size_t i = 0; i < out->profile_count; i++)
		if (!take_text(out->profile[i], sizeof(out->profile[i]),
			       json_string_value(json_array_get(profiles, i))))
			return false;
	return true;
}

static bool
take_arms(struct station_arms *out, json_t *json)
{
	const char *operator_name, *shift;
	json_int_t units, after, begun, ends, signer;
	json_t *profiles;
	int version;

	if (json_unpack(json, "{s:i,s:s,s:s,s:o,s:I,s:I,s:I,s:I,s:I !}",
			"version", &version, "operator", &operator_name,
			"shift", &shift, "profiles", &profiles, "units", &units,
			"after", &after, "begun", &begun, "ends", &ends,
			"signer", &signer) != 0)
		return false;
	if (units < 0 || units > UINT32_MAX || after < 0)
		return false;
	out->after = (uint64_t)after;
	out->begun = begun;
	out->units = (uint32_t)units;
	out->ends = ends;
	out->signer_pid = signer;
	return take_text(out->operator_name, sizeof(out->operator_name),
			 operator_name) &&
	       take_text(out->shift, sizeof(out->shift), shift) &&
	       take_profiles(out, profiles);
}

enum status
station_arms_load(struct station_arms *out, const struct station *station)
{
	json_t *json = load(station, "armed.json");
	bool good;

	memset(out, 0, sizeof(*out));
	good = json != NULL && take_arms(out, json);
	json_decref(json);
	return good ? ST_OK : ST_STATION_NOT_ARMED;
}

enum status
station_arms_remove(const struct station *station)
{
	char path[ADDRESS_MAX + 1];
	enum status st = station_path(station, "armed.json", path);

	if (st != ST_OK)
		return st;
	return unlink(path) == 0 ? ST_OK : ST_STATION_FILE;
}

/* ------------------------------------------------------------- root.pem */

enum status
root_load(struct public_key *out, const char *path)
{
	char text[PEM_PUBLIC_FILE_MAX];
	FILE *file = fopen(path, "re");
	size_t len;

	memset(out, 0, sizeof(*out));
	if (file == NULL)
		return ST_STATION_FILE;
	len = fread(text, 1, sizeof(text), file);
	(void)fclose(file);
	return pem_public_parse(out, bytes_of(text, len));
}

enum status
root_save(const struct public_key *root, const char *path)
{
	char text[PEM_PUBLIC_LEN + 1];
	FILE *file = fopen(path, "wxe");
	bool written;

	if (file == NULL)
		return ST_STATION_FILE;
	pem_public_format(text, root);
	written = fputs(text, file) >= 0;
	return fclose(file) == 0 && written ? ST_OK : ST_STATION_FILE;
}
