/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/timestamp.h"

#include "ec2/utc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 48
#define TIME_POSITION strlen("YYYY-MM-DDT") /* the date has '-', too */

static int parse_two_digits(const char *text, int max, int *ret_number)
{
	int number;

	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -EINVAL;
	number = (text[0] - '0') * 10 + (text[1] - '0');
	if (number > max)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

/* Parses "+HH:MM" or "-HH:MM", with or without the colon. `*ret_offset`: seconds east of UTC. */
static int parse_offset(const char *text, int64_t *ret_offset)
{
	int hours, minutes, err = parse_two_digits(text + 1, 23, &hours);
	const char *rest = text + 3;

	if (err)
		return err;
	if (*rest == ':')
		rest++;
	if (parse_two_digits(rest, 59, &minutes) < 0 || rest[2])
		return -EINVAL;
	*ret_offset = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
	return 0;
}

/* Replaces the offset, if there is one, by "Z", which utc_parse() requires, and subtracts it. */
int timestamp_parse(const char *text, uint64_t *ret_seconds)
{
	char utc[TEXT_MAX];
	size_t length = strlen(text);
	const char *offset_text = length > TIME_POSITION ? strpbrk(text + TIME_POSITION, "+-")
							 : NULL;
	uint64_t seconds;
	int64_t offset = 0;

	if (length + sizeof("Z") > sizeof(utc))
		return -EINVAL;
	if (offset_text && parse_offset(offset_text, &offset) < 0)
		return -EINVAL;
	if (offset_text)
		snprintf(utc, sizeof(utc), "%.*sZ", (int)(offset_text - text), text);
	if (utc_parse(offset_text ? utc : text, &seconds) < 0)
		return -EINVAL;
	if (offset > 0 && seconds < (uint64_t)offset) /* before 1970 */
		return -EINVAL;
	*ret_seconds = seconds - (uint64_t)offset;
	return 0;
}
