/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collects the results of `myha check`: findings with reasons and remedies, and for each area a
 * line that lists the passed checks. Plain data: the cli room prints it.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

enum diagnosis_area {
	AREA_POLICY,
	AREA_METADATA,
	AREA_CREDENTIALS,
	AREA_CLOCK,
	AREA_PERMISSIONS,
	AREA_OVERLAYS, /* their routes, and the addresses on this host */
	AREA_HOST, /* interfaces, rules, tables, and what myha itself needs on the host */
	AREA_HAZARDS, /* other tools that configure this host's network */
	AREA_COUNT_,
};

enum finding_severity {
	FINDING_NOTE, /* information; nothing is wrong */
	FINDING_WARNING, /* may cause a failure later, or has a small effect now */
	FINDING_ERROR, /* does not work, or will not work when it must */
	FINDING_UNKNOWN, /* it could not be checked */
};

struct finding {
	enum diagnosis_area area;
	enum finding_severity severity;
	const char *id; /* "networkd-drops-rules": stable across releases */
	char *text; /* owned; one line for a person, lower case */
	char *remedy; /* owned; lines for a shell, with '#' before other text; NULL: none */
};

/* If memory runs out, out_of_memory is set, and the addition is lost. */
struct diagnosis {
	struct finding *findings;
	size_t count, capacity;
	struct strbuf passed[AREA_COUNT_]; /* the passed checks, "; " between them; "": none */
	bool out_of_memory;
};

void diagnosis_init(struct diagnosis *diagnosis);
void diagnosis_done(struct diagnosis *diagnosis);

/* Adds a finding without a remedy. Control characters in the formatted text become '?'. */
void diagnosis_add(struct diagnosis *diagnosis, enum diagnosis_area area,
	enum finding_severity severity, const char *id, const char *format, ...) _printf_(5, 6);

/*
 * Adds a line to the remedy of the finding that was added last. The format is that of
 * shell_printf(), which quotes the text for each %s, so that the shell expands no name.
 */
void diagnosis_add_remedy(struct diagnosis *diagnosis, const char *format, ...) _printf_(2, 3);

/* The same for a complete line: a command whose words are already quoted, or a "# …". */
void diagnosis_add_remedy_line(struct diagnosis *diagnosis, const char *line);

/* Adds an item to the area's list of passed checks. */
void diagnosis_add_passed(struct diagnosis *diagnosis, enum diagnosis_area area, const char *format,
	...) _printf_(3, 4);

/* Counts the findings of this severity in this area (AREA_COUNT_: in all areas). */
size_t diagnosis_count(const struct diagnosis *diagnosis, enum diagnosis_area area,
	enum finding_severity severity);

/* FAILED if memory ran out or a check was impossible; DIFFERS if errors or warnings; else DONE. */
enum outcome diagnosis_outcome(const struct diagnosis *diagnosis);

const char *diagnosis_area_name(enum diagnosis_area area); /* for people: "other tools" */
const char *diagnosis_area_id(enum diagnosis_area area); /* for programs: "other-tools" */
const char *finding_severity_name(enum finding_severity severity);
