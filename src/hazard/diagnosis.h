/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the doctor has to say: findings, each with its reason and its remedy, and a line of what is in
 * order for each area. Plain data; who shows it is elsewhere.
 */
#pragma once

#include "base/error.h"
#include "base/strbuf.h"

enum doctor_area {
	AREA_POLICY,
	AREA_METADATA,
	AREA_CREDENTIALS,
	AREA_CLOCK,
	AREA_PERMISSIONS,
	AREA_OVERLAYS, /* their routes, and the addresses on this host */
	AREA_HOST, /* interfaces, rules, tables, and what myha itself needs there */
	AREA_HAZARDS, /* other tools that configure this host's network */
	AREA_COUNT_,
};

enum finding_severity {
	FINDING_NOTE, /* to know; nothing is wrong */
	FINDING_WARNING, /* will hurt some day, or hurts a little */
	FINDING_ERROR, /* does not work, or will not when it must */
	FINDING_UNKNOWN, /* it could not be looked at */
};

struct finding {
	enum doctor_area area;
	enum finding_severity severity;
	const char *id; /* "networkd-drops-rules": the same from release to release */
	char *what; /* one line for a person, lower case */
	char *remedy; /* lines for a shell, those that are no command after a '#'; NULL: none */
};

/* Memory that runs out is remembered in `failed`, and what was to be added is lost. */
struct diagnosis {
	struct finding *findings;
	size_t count, capacity;
	struct strbuf good[AREA_COUNT_]; /* "; " between the parts; "": nothing to say */
	bool failed;
};

void diagnosis_init(struct diagnosis *diagnosis);
void diagnosis_done(struct diagnosis *diagnosis);

/* Adds a finding, without a remedy yet. Control characters in what is formatted become '?'. */
void diagnosis_add(struct diagnosis *diagnosis, enum doctor_area area,
	enum finding_severity severity, const char *id, const char *format, ...) _printf_(5, 6);

/*
 * Adds a line to the remedy of the finding that was added last. The format is shell_printf()'s: what
 * stands for a %s is quoted, so that names from elsewhere are only names.
 */
void diagnosis_remedy(struct diagnosis *diagnosis, const char *format, ...) _printf_(2, 3);

/* The same for a line that is complete: a command whose words are quoted, or a "# …". */
void diagnosis_remedy_line(struct diagnosis *diagnosis, const char *line);

/* Adds to what is in order. */
void diagnosis_good(struct diagnosis *diagnosis, enum doctor_area area, const char *format, ...)
	_printf_(3, 4);

/* How many of this severity, and of this area (AREA_COUNT_: of all). */
size_t diagnosis_count(
	const struct diagnosis *diagnosis, enum doctor_area area, enum finding_severity severity);

/* FAILED where something could not be looked at; DIFFERS with errors or warnings; else DONE. */
enum outcome diagnosis_outcome(const struct diagnosis *diagnosis);

const char *doctor_area_name(enum doctor_area area); /* for people: "other tools" */
const char *doctor_area_id(enum doctor_area area); /* for programs: "other-tools" */
const char *finding_severity_name(enum finding_severity severity);
