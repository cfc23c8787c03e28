/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_check.h"

#include "base/json_build.h"
#include "cli/output.h"
#include "cli/print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD_COLOUR "32"
#define NOTE_COLOUR "36"

/* The severities that decide an area's state, the worst first. */
static const struct {
	enum finding_severity severity;
	const char *plural; /* for the last line */
	const char *colour; /* the number of a terminal's SGR sequence */
} severities[] = {
	{FINDING_ERROR, "errors", "31"},
	{FINDING_WARNING, "warnings", "33"},
	{FINDING_UNKNOWN, "not checked", "35"},
};

static bool use_colours(void)
{
	const char *no_color = secure_getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && (!no_color || !*no_color);
}

/* Returns the worst severity, "ok" or "note", and its colour. NULL: the area was not checked. */
static const char *get_area_state(
	const struct diagnosis *diagnosis, enum diagnosis_area area, const char **ret_colour)
{
	for (size_t i = 0; i < ARRAY_SIZE(severities); i++)
		if (diagnosis_count(diagnosis, area, severities[i].severity)) {
			*ret_colour = severities[i].colour;
			return finding_severity_name(severities[i].severity);
		}
	*ret_colour = GOOD_COLOUR;
	if (diagnosis->passed[area].length)
		return "ok";
	*ret_colour = NOTE_COLOUR;
	return diagnosis_count(diagnosis, area, FINDING_NOTE) ? "note" : NULL;
}

static const char *get_severity_colour(enum finding_severity severity)
{
	for (size_t i = 0; i < ARRAY_SIZE(severities); i++)
		if (severities[i].severity == severity)
			return severities[i].colour;
	return NOTE_COLOUR;
}

/* Pads the word to `width`, outside of the coloured text. */
static void print_coloured_word(const char *word, const char *colour, int width)
{
	if (!use_colours()) {
		print_text("%-*s", width, word);
		return;
	}
	print_coloured(colour, word);
	print_text("%*s", width - (int)strlen(word), "");
}

/* Returns the area's first finding at or after *index, and sets *index after it. NULL: no more. */
static const struct finding *next_finding(
	const struct diagnosis *diagnosis, enum diagnosis_area area, size_t *index)
{
	while (*index < diagnosis->count) {
		const struct finding *finding = &diagnosis->findings[(*index)++];
		if (finding->area == area)
			return finding;
	}
	return NULL;
}

static bool have_same_remedy(const struct finding *finding, const struct finding *next)
{
	return finding->remedy && next && next->remedy &&
	       strcmp(finding->remedy, next->remedy) == 0;
}

/* Prints the area's state, what is good in it, and its findings with their remedies. */
static void print_area(const struct diagnosis *diagnosis, enum diagnosis_area area)
{
	const char *colour, *state = get_area_state(diagnosis, area, &colour);
	const struct finding *finding, *next;
	size_t index = 0;

	if (!state)
		return;
	print_text("%-13s", diagnosis_area_name(area)); /* the longest name and 2 blanks */
	if (diagnosis->passed[area].length) {
		print_coloured_word(state, colour, 9); /* the longest state and 2 blanks */
		print_line("%s", strbuf_text(&diagnosis->passed[area]));
	} else {
		print_coloured_word(state, colour, 0); /* no padding */
		print_lines("\n");
	}
	for (finding = next_finding(diagnosis, area, &index); finding; finding = next) {
		next = next_finding(diagnosis, area, &index);
		print_text("    ");
		print_coloured_word(finding_severity_name(finding->severity),
			get_severity_colour(finding->severity), 0 /* no padding */);
		print_line(": %s [%s]", finding->text, finding->id);
		/* If consecutive findings have the same remedy, print it after the last of them. */
		if (finding->remedy && !have_same_remedy(finding, next))
			output_lines(finding->remedy, "        ");
	}
}

/* Prints "1 error, 2 warnings". */
static void print_summary(const struct diagnosis *diagnosis)
{
	bool has_problems = false;

	for (size_t i = 0; i < ARRAY_SIZE(severities); i++) {
		size_t count = diagnosis_count(diagnosis, AREA_COUNT_, severities[i].severity);
		const char *name = finding_severity_name(severities[i].severity);
		/* AREA_COUNT_ stands for all areas. FINDING_UNKNOWN is "not checked" for any count. */
		bool is_single = count == 1 && severities[i].severity != FINDING_UNKNOWN;
		if (!count)
			continue;
		print_text("%s%zu %s", has_problems ? ", " : "", count,
			is_single ? name : severities[i].plural);
		has_problems = true;
	}
	print_line("%s", has_problems ? "" : "no problems found");
}

static json_t *json_finding(const struct finding *finding)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "severity",
		finding_severity_name(finding->severity), "id", finding->id, "what",
		json_text(finding->text), "remedy",
		finding->remedy ? json_text(finding->remedy) : json_null());
}

static json_t *json_area(const struct diagnosis *diagnosis, enum diagnosis_area area)
{
	const char *colour, *state = get_area_state(diagnosis, area, &colour);
	json_t *findings = json_array();
	const struct finding *finding;
	size_t index = 0;

	while ((finding = next_finding(diagnosis, area, &index)))
		json_add_item(&findings, json_finding(finding));
	return json_pack("{s:s, s:s, s:o, s:o}", "area", diagnosis_area_id(area), "state",
		state ? state : "none", "good", json_text(strbuf_text(&diagnosis->passed[area])),
		"findings", findings);
}

static enum outcome print_json(const struct diagnosis *diagnosis)
{
	json_t *areas = json_array();

	for (unsigned i = 0; i < AREA_COUNT_; i++)
		json_add_item(&areas, json_area(diagnosis, (enum diagnosis_area)i));
	return output_json(json_pack("{s:o}", "areas", areas));
}

enum outcome output_diagnosis(
	const struct invocation *invocation, const struct diagnosis *diagnosis)
{
	if (!invocation->json) {
		for (unsigned i = 0; i < AREA_COUNT_; i++)
			print_area(diagnosis, (enum diagnosis_area)i);
		print_summary(diagnosis);
	} else if (print_json(diagnosis) != OUTCOME_DONE) {
		return OUTCOME_FAILED;
	}
	return diagnosis_outcome(diagnosis);
}
