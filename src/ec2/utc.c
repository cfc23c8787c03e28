/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/utc.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY_SECONDS 86400
#define YEAR_MIN 1970
#define YEAR_MAX 9999

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_of_year(unsigned year)
{
	return is_leap(year) ? 366 : 365;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
	static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

int utc_format_stamp(uint64_t seconds, char ret_stamp[UTC_STAMP_SIZE])
{
	uint64_t day = seconds / DAY_SECONDS;
	unsigned seconds_of_day = (unsigned)(seconds % DAY_SECONDS);
	unsigned year = YEAR_MIN, month = 1;

	for (; year <= YEAR_MAX && day >= days_of_year(year); year++)
		day -= days_of_year(year);
	if (year > YEAR_MAX)
		return -ERANGE;
	for (; day >= days_of_month(year, month); month++)
		day -= days_of_month(year, month);
	/* The remainders show the compiler that each number has two digits. */
	snprintf(ret_stamp, UTC_STAMP_SIZE, "%04u%02u%02uT%02u%02u%02uZ", year % 10000, month % 100,
		(unsigned)(day + 1) % 100, seconds_of_day / 3600 % 100, seconds_of_day / 60 % 60,
		seconds_of_day % 60);
	return 0;
}

enum { YEAR, MONTH, DAY, HOUR, MINUTE, SECOND };

/* The fields of a time in the order of the text, each with the character after it. */
static const struct {
	unsigned digits;
	char end;
	unsigned min, max;
} fields[] = {
	{4, '-', YEAR_MIN, YEAR_MAX}, {2, '-', 1, 12}, {2, 'T', 1, 31}, {2, ':', 0, 23},
	{2, ':', 0, 59}, {2, '\0', 0, 59}, /* an optional fraction follows */
};

/* Skips ".123". Leaves a point without digits, which the caller rejects. */
static const char *skip_fraction(const char *at)
{
	size_t digits;

	if (*at != '.')
		return at;
	digits = strspn(at + 1, "0123456789");
	return digits ? at + 1 + digits : at;
}

/* "2026-01-31T23:59:59Z" or "2026-01-31T23:59:59.123Z"; values[i] is the value of fields[i]. */
int utc_parse(const char *text, uint64_t *ret_seconds)
{
	unsigned values[ARRAY_SIZE(fields)] = {0};
	const char *at = text;
	uint64_t days = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		for (unsigned digit = 0; digit < fields[i].digits; digit++, at++) {
			if (*at < '0' || *at > '9')
				return -EINVAL;
			values[i] = values[i] * 10 + (unsigned)(*at - '0');
		}
		if (values[i] < fields[i].min || values[i] > fields[i].max)
			return -EINVAL;
		if (fields[i].end && *at++ != fields[i].end)
			return -EINVAL;
	}
	if (strcmp(skip_fraction(at), "Z") != 0 ||
		values[DAY] > days_of_month(values[YEAR], values[MONTH]))
		return -EINVAL;

	for (unsigned year = YEAR_MIN; year < values[YEAR]; year++)
		days += days_of_year(year);
	for (unsigned month = 1; month < values[MONTH]; month++)
		days += days_of_month(values[YEAR], month);
	days += values[DAY] - 1;
	*ret_seconds = days * DAY_SECONDS + values[HOUR] * 3600 + values[MINUTE] * 60 +
		       values[SECOND];
	return 0;
}
