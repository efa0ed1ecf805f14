/* SPDX-License-Identifier: Apache-2.0 */
#include "report/sampling.h"

#include <stdio.h>

#define LETTERS 16
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* No I and no O. */
static const char letters[] = "ABCDEFGHJKLMNPQR";
static const uint32_t sizes[LETTERS] = {
	2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000};

static const char *const level_names[] = {"S-1", "S-2", "S-3", "S-4",
					  "I",	 "II",	"III"};

/* Table 1: lots up to this size, a letter a level. */
static const struct {
	uint64_t last;
	const char *letter;
} code_letters[] = {
	{8, "AAAAAAB"},	     {15, "AAAAABC"},	  {25, "AABBBCD"},
	{50, "ABBCCDE"},     {90, "BBCCCEF"},	  {150, "BBCDDFG"},
	{280, "BCDEEGH"},    {500, "BCDEFHJ"},	  {1200, "CCEFGJK"},
	{3200, "CDEGHKL"},   {10000, "CDFGJLM"},  {35000, "CDFHKMN"},
	{150000, "DEGJLNP"}, {500000, "DEGJMPQ"}, {UINT64_MAX, "DEHKNQR"},
};

/* Table 2-A is one sequence that stands a row higher in each column: its
 * first plan, with Ac 0, is at L for 0.065 and at A for 6.5. */
static const unsigned int aqls[] = {65,	  100,	150,  250,  400, 650,
				    1000, 1500, 2500, 4000, 6500};
#define LETTER_OF_FIRST_ZERO 10 /* L at 0.065 */

/* What stands below the plan with Ac 0, an arrow up, and an arrow down. */
static const unsigned int accepts[] = {1, 2, 3, 5, 7, 10, 14, 21};
#define ROWS_TO_ONE 3

bool
sampling_level_parse(enum sampling_level *out, const char *text)
{
	for (size_t i = 0; i < COUNT(level_names); i++)
		if (strcmp(text, level_names[i]) == 0) {
			*out = (enum sampling_level)(i + 1);
			return true;
		}
	return false;
}

const char *
sampling_level_name(enum sampling_level level)
{
	return level_names[level - 1];
}

void
sampling_aql_format(char out[8], unsigned int aql)
{
	const char *format = aql == 0	  ? "0"
			     : aql < 100  ? "0.%03u"
			     : aql < 1000 ? "0.%02u"
					  : NULL;

	if (format == NULL)
		(void)snprintf(out, 8, "%u.%u", aql / 1000 % 10,
			       aql / 100 % 10);
	else
		(void)snprintf(out, 8, format, aql < 100 ? aql : aql / 10);
}

bool
sampling_aql_parse(unsigned int *out, const char *text)
{
	char name[8];

	*out = 0;
	if (strcmp(text, "0") == 0)
		return true;
	for (size_t i = 0; i < COUNT(aqls); i++) {
		size_t len;

		sampling_aql_format(name, aqls[i]);
		len = strlen(name);
		*out = aqls[i];
		if (strcmp(text, name) == 0)
			return true;
		/* "0.4" and "1" are usual too */
		while (len > 1 && name[len - 1] == '0')
			name[--len] = '\0';
		if (name[len - 1] == '.')
			name[len - 1] = '\0';
		if (strcmp(text, name) == 0)
			return true;
	}
	*out = 0;
	return false;
}

/* The row of the letter in table 1. */
static size_t
find_letter(uint64_t lot, enum sampling_level level)
{
	size_t row = 0;

	while (lot > code_letters[row].last)
		row++;
	return (size_t)(strchr(letters, code_letters[row].letter[level - 1]) -
			letters);
}

/* The row where the plan stands, and its Ac. */
static size_t
follow_arrows(size_t row, unsigned int aql, unsigned int *accept)
{
	size_t zero = LETTER_OF_FIRST_ZERO;
	size_t last;

	for (size_t i = 0; i < COUNT(aqls) && aqls[i] != aql; i++)
		zero--;
	last = zero + ROWS_TO_ONE + COUNT(accepts) - 1;
	*accept = 0;
	if (row <= zero + 1)
		return zero; /* above it an arrow down, below it one up */
	if (row < zero + ROWS_TO_ONE)
		row = zero + ROWS_TO_ONE; /* an arrow down */
	if (row > last)
		row = last; /* arrows up */
	*accept = accepts[row - zero - ROWS_TO_ONE];
	return row;
}

void
sampling_plan(struct sampling_plan *out, uint64_t lot,
	      enum sampling_level level, unsigned int aql)
{
	size_t row = find_letter(lot, level);

	*out = (struct sampling_plan){.letter = letters[row]};
	if (aql != 0)
		row = follow_arrows(row, aql, &out->accept);
	out->used = letters[row];
	out->table = sizes[row];
	out->size = lot < sizes[row] ? (uint32_t)lot : sizes[row];
	out->reject = out->accept + 1;
}

enum sampling_outcome
sampling_judge(const struct sampling_plan *plan, uint64_t bad,
	       uint64_t undecided)
{
	if (bad >= plan->reject)
		return LOT_REJECT;
	return undecided == 0 ? LOT_ACCEPT : LOT_OPEN;
}

static uint64_t
draw(uint64_t *seed)
{
	uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static uint64_t
draw_below(uint64_t *seed, uint64_t limit)
{
	uint64_t spare = (UINT64_MAX % limit + 1) % limit;
	uint64_t x;

	do
		x = draw(seed);
	while (x > UINT64_MAX - spare);
	return x % limit;
}

void
sampling_choose(size_t *out, size_t count, size_t total, uint64_t seed)
{
	size_t taken = 0;

	for (size_t i = 0; i < total && taken < count; i++)
		if (draw_below(&seed, total - i) < count - taken)
			out[taken++] = i;
}
