/* SPDX-License-Identifier: Apache-2.0 */
#include "hazard/diagnosis.h"

#include "base/shell.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNQUOTABLE_REMEDY                                                                          \
	"# the file name ends with a line break: rename the file, then run myha check again"

static const struct {
	const char *name, *id;
} areas[AREA_COUNT_] = {
	[AREA_POLICY] = {"policy", "policy"},
	[AREA_METADATA] = {"metadata", "metadata"},
	[AREA_CREDENTIALS] = {"credentials", "credentials"},
	[AREA_CLOCK] = {"clock", "clock"},
	[AREA_PERMISSIONS] = {"permissions", "permissions"},
	[AREA_OVERLAYS] = {"overlays", "overlays"},
	[AREA_HOST] = {"host", "host"},
	[AREA_HAZARDS] = {"other tools", "other-tools"},
};

void diagnosis_init(struct diagnosis *diagnosis)
{
	*diagnosis = (struct diagnosis){0};
}

void diagnosis_done(struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++) {
		free(diagnosis->findings[i].text);
		free(diagnosis->findings[i].remedy);
	}
	free(diagnosis->findings);
	for (size_t i = 0; i < AREA_COUNT_; i++)
		strbuf_done(&diagnosis->passed[i]);
	diagnosis_init(diagnosis);
}

/* Formats printable text. Returns NULL if memory runs out. */
static _printf_(1, 0) char *format_line(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		return NULL;
	utf8_mask(text);
	return text;
}

void diagnosis_add(struct diagnosis *diagnosis, enum diagnosis_area area,
	enum finding_severity severity, const char *id, const char *format, ...)
{
	struct finding finding = {.area = area, .severity = severity, .id = id};
	va_list arguments;

	va_start(arguments, format);
	finding.text = format_line(format, arguments);
	va_end(arguments);
	if (!finding.text || array_add(&diagnosis->findings, &diagnosis->capacity,
				     &diagnosis->count, &finding, sizeof(finding))) {
		free(finding.text);
		diagnosis->out_of_memory = true;
	}
}

/* Appends a line to the remedy of the finding that was added last. */
static void add_remedy_line(struct diagnosis *diagnosis, const char *line)
{
	struct finding *finding;
	char *remedy;

	/* The finding of this remedy may be lost; the last one would then be a wrong one. */
	if (diagnosis->out_of_memory)
		return;
	finding = &diagnosis->findings[diagnosis->count - 1];
	if (asprintf(&remedy, "%s%s%s", finding->remedy ? finding->remedy : "",
		    finding->remedy ? "\n" : "", line) < 0) {
		diagnosis->out_of_memory = true;
		return;
	}
	free(finding->remedy);
	finding->remedy = remedy;
}

void diagnosis_add_remedy(struct diagnosis *diagnosis, const char *format, ...)
{
	_cleanup_(strbuf_done) struct strbuf line = {0};
	va_list arguments;
	int err;

	va_start(arguments, format);
	err = shell_vprintf(&line, format, arguments);
	va_end(arguments);
	if (err == -EINVAL) /* a word ends with a newline, which a shell would drop */
		add_remedy_line(diagnosis, UNQUOTABLE_REMEDY);
	else if (err)
		diagnosis->out_of_memory = true;
	else
		add_remedy_line(diagnosis, strbuf_text(&line));
}

void diagnosis_add_remedy_line(struct diagnosis *diagnosis, const char *line)
{
	_cleanup_(cleanup_free) char *copy = strdup(line);

	if (!copy) {
		diagnosis->out_of_memory = true;
		return;
	}
	utf8_mask(copy);
	add_remedy_line(diagnosis, copy);
}

void diagnosis_add_passed(
	struct diagnosis *diagnosis, enum diagnosis_area area, const char *format, ...)
{
	struct strbuf *passed = &diagnosis->passed[area];
	_cleanup_(cleanup_free) char *item = NULL;
	va_list arguments;

	va_start(arguments, format);
	item = format_line(format, arguments);
	va_end(arguments);
	if (!item || strbuf_printf(passed, "%s%s", passed->length ? "; " : "", item))
		diagnosis->out_of_memory = true;
}

size_t diagnosis_count(
	const struct diagnosis *diagnosis, enum diagnosis_area area, enum finding_severity severity)
{
	size_t count = 0;

	for (size_t i = 0; i < diagnosis->count; i++)
		count += diagnosis->findings[i].severity == severity &&
			 (area == AREA_COUNT_ || diagnosis->findings[i].area == area);
	return count;
}

enum outcome diagnosis_outcome(const struct diagnosis *diagnosis)
{
	if (diagnosis->out_of_memory || diagnosis_count(diagnosis, AREA_COUNT_, FINDING_UNKNOWN))
		return OUTCOME_FAILED;
	if (diagnosis_count(diagnosis, AREA_COUNT_, FINDING_ERROR) ||
		diagnosis_count(diagnosis, AREA_COUNT_, FINDING_WARNING))
		return OUTCOME_DIFFERS;
	return OUTCOME_DONE;
}

const char *diagnosis_area_name(enum diagnosis_area area)
{
	return areas[area].name;
}

const char *diagnosis_area_id(enum diagnosis_area area)
{
	return areas[area].id;
}

const char *finding_severity_name(enum finding_severity severity)
{
	static const char *const names[] = {
		[FINDING_NOTE] = "note",
		[FINDING_WARNING] = "warning",
		[FINDING_ERROR] = "error",
		[FINDING_UNKNOWN] = "unknown",
	};
	return names[severity];
}
