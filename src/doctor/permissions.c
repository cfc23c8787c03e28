/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether IAM allows what the policy needs: each permission of the document that `iam-policy` prints is
 * tried by a dry run, all at once.
 */
#include "doctor/parts.h"
#include "doctor/permission_probes.h"
#include "iam/document.h"
#include "iam/part.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRY_MSEC 15000
/* Beyond, the whole document is easier to put in place than its parts. */
#define PARTS_MAX 2

#define ASSUME_ROLE "sts:AssumeRole"
#define NONE_NEEDED "none is needed"

/* A permission that is not given. */
struct missing {
	const char *permission; /* of the document */
	char *resources; /* owned */
	bool is_explicit; /* a statement denies it */
};

/* Whoever's permissions are looked at: the host's own identity, or a role of an overlay. */
struct principal {
	struct doctor *doctor;
	const char *role; /* NULL: the host's own */
	struct api *api;
	struct iam_document document;
	struct probe_scene scene;
	struct flow_response *answers; /* one a trial */
	struct missing *missing;
	size_t n_missing, missing_capacity;
	size_t allowed;
};

/* What a permission's trials came to. */
enum verdict {
	ALLOWED,
	DENIED,
	UNCLEAR,
};

static void fail(struct principal *principal)
{
	principal->doctor->diagnosis->failed = true;
}

static const json_t *statements_of(const struct principal *principal)
{
	return json_object_get(principal->document.root, "Statement");
}

/* What IAM calls it in its commands, "role", and its name; "" where that is not known. */
static const char *kind_of(const struct principal *principal, char ret_name[IAM_NAME_SIZE])
{
	const char *arn = principal->role ? principal->role : principal->doctor->principal;

	return iam_principal_kind(arn, ret_name);
}

/* A command that adds the missing permission, and nothing else. */
static void remedy_part(const struct principal *principal, const char *permission)
{
	_cleanup_(cleanup_free) char *part = iam_part_print(principal->document.root, permission);
	struct diagnosis *diagnosis = principal->doctor->diagnosis;
	_cleanup_(strbuf_done) struct strbuf line = {0};
	const char *action = strchr(permission, ':') + 1;
	char name[IAM_NAME_SIZE];
	const char *kind = kind_of(principal, name);

	if (!part) {
		diagnosis->failed = true;
		return;
	}
	if (*kind) {
		diagnosis_remedy(diagnosis,
			"aws iam put-%s-policy --%s-name %s --policy-name myha-%s "
			"--policy-document %s",
			kind, kind, name, action, part);
		return;
	}
	/* Not for a shell: without quotes. */
	strbuf_printf(&line, "# let IAM allow this: %s", part);
	diagnosis_remedy_line(diagnosis, strbuf_text(&line));
	diagnosis->failed |= line.failed;
}

static void remedy_whole(const struct principal *principal)
{
	struct diagnosis *diagnosis = principal->doctor->diagnosis;
	char name[IAM_NAME_SIZE];
	const char *kind = kind_of(principal, name);

	if (principal->role)
		diagnosis_remedy(
			diagnosis, "myha iam-policy --for-role %s >myha-iam.json", principal->role);
	else
		diagnosis_remedy(diagnosis, "myha iam-policy >myha-iam.json");
	if (*kind)
		diagnosis_remedy(diagnosis,
			"aws iam put-%s-policy --%s-name %s --policy-name myha --policy-document "
			"file://myha-iam.json",
			kind, kind, name);
	else
		diagnosis_remedy(diagnosis, "# let IAM allow what is in it");
}

/* The resource that IAM names in its refusal; where it names none, what was tried. */
static const char *resource_of(const char *message, const char *thing, char buffer[256])
{
	static const char words[] = "on resource: ";
	const char *at = message ? strstr(message, words) : NULL;

	if (!at)
		return thing;
	at += strlen(words);
	snprintf(buffer, 256, "%.*s", (int)strcspn(at, " \n"), at);
	return buffer;
}

static void add_missing(struct principal *principal, const char *permission, const char *resources,
	const char *message)
{
	struct missing missing = {
		.permission = permission,
		.resources = strdup(resources),
		.is_explicit = message && strstr(message, "explicit deny"),
	};

	if (!missing.resources || array_reserve(&principal->missing, &principal->missing_capacity,
					  principal->n_missing, sizeof(missing))) {
		free(missing.resources);
		fail(principal);
		return;
	}
	principal->missing[principal->n_missing++] = missing;
}

/* How many are missing decides on the remedy, so that they are told last. */
static void report_missing(struct principal *principal)
{
	struct diagnosis *diagnosis = principal->doctor->diagnosis;

	for (size_t i = 0; i < principal->n_missing; i++) {
		const struct missing *missing = &principal->missing[i];
		_cleanup_(strbuf_done) struct strbuf sids = {0};

		if (iam_part_list_sids(principal->document.root, missing->permission, &sids))
			fail(principal);
		diagnosis_add(diagnosis, AREA_PERMISSIONS, FINDING_ERROR, "permission-missing",
			"IAM does not permit %s on %s%s%s (statement %s)%s", missing->permission,
			missing->resources, principal->role ? " to " : "",
			principal->role ? principal->role : "", strbuf_text(&sids),
			missing->is_explicit ? ": another statement denies it" : "");
		if (missing->is_explicit)
			diagnosis_remedy(
				diagnosis, "# take the statement with \"Effect\": \"Deny\" away");
		else if (principal->n_missing > PARTS_MAX &&
			 !principal->doctor->options->uses_are_given)
			remedy_whole(principal);
		else
			remedy_part(principal, missing->permission);
	}
}

static void add_unclear(
	struct principal *principal, const char *permission, bool is_by_nature, const char *why)
{
	diagnosis_add(principal->doctor->diagnosis, AREA_PERMISSIONS,
		is_by_nature ? FINDING_NOTE : FINDING_UNKNOWN, "permission-unknown",
		"%s cannot be checked: %s", permission, why);
}

static enum verdict judge(const struct flow_response *response, const struct flow_call *call)
{
	if (response->err)
		return UNCLEAR;
	/* A service that makes no difference has done it, which a Describe does not mind. */
	if (!response->response.is_fault)
		return ALLOWED;
	switch (ec2_fault_advice(call->action, &response->response.fault)) {
	case EC2_WOULD_BE_ALLOWED:
		return ALLOWED;
	case EC2_DENIED:
		return DENIED;
	case EC2_PERMANENT:
	case EC2_DONE_ALREADY:
	case EC2_THROTTLED:
	case EC2_TRANSIENT:
	case EC2_REFRESH_CREDENTIALS:
	case EC2_CLOCK_SKEW:
	case EC2_NOT_YET:
	case EC2_NOT_FOUND_MAYBE_NEW:
	case EC2_USE_REPLACE:
	case EC2_USE_CREATE:
	case EC2_USE_ENI:
	case EC2_USE_OTHER_INDEX:
		break;
	}
	return UNCLEAR;
}

static enum verdict verdict_of(const struct principal *principal, const char *permission)
{
	enum verdict verdict = ALLOWED;

	for (size_t i = 0; i < principal->scene.count; i++) {
		const struct probe *probe = &principal->scene.probes[i];
		enum verdict one = judge(&principal->answers[i], &probe->call);

		if (strcmp(probe->permission, permission) == 0 && verdict != DENIED &&
			one != ALLOWED)
			verdict = one;
	}
	return verdict;
}

static void add_unclear_response(struct principal *principal, const struct probe *probe,
	const struct flow_response *response)
{
	const struct ec2_fault *fault = &response->response.fault;
	char why[512];

	if (response->err)
		snprintf(why, sizeof(why), "%s", response->error.text);
	else
		snprintf(why, sizeof(why), "EC2's answer to the %s on %s is %s: %s",
			probe->is_dry_run ? "dry run" : "trial", probe->thing,
			fault->code ? fault->code : "no error code",
			fault->message ? fault->message : "");
	add_unclear(principal, probe->permission, !response->err && !probe->is_dry_run, why);
}

/* All resources on which it was denied in one finding; what is unclear, one by one. */
static void conclude_permission(struct principal *principal, const char *permission)
{
	enum verdict verdict = verdict_of(principal, permission);
	_cleanup_(strbuf_done) struct strbuf resources = {0};
	const char *message = NULL;

	principal->allowed += verdict == ALLOWED;
	for (size_t i = 0; i < principal->scene.count; i++) {
		const struct probe *probe = &principal->scene.probes[i];
		const struct flow_response *response = &principal->answers[i];
		enum verdict one = judge(response, &probe->call);
		char buffer[256];

		if (strcmp(probe->permission, permission) != 0 || one == ALLOWED)
			continue;
		if (one == UNCLEAR) {
			add_unclear_response(principal, probe, response);
			continue;
		}
		message = response->response.fault.message;
		strbuf_printf(&resources, "%s%s", resources.length ? ", " : "",
			resource_of(message, probe->thing, buffer));
	}
	if (verdict == DENIED)
		add_missing(principal, permission, strbuf_text(&resources), message);
}

/* Each permission of the document once, in its order. */
static void for_each_permission(struct principal *principal,
	void (*operation)(struct principal *principal, const char *permission))
{
	const json_t *statements = statements_of(principal), *statement, *action;
	size_t i, j;

	json_array_foreach(statements, i, statement)
		json_array_foreach(json_object_get(statement, "Action"), j, action)
	{
		const char *permission = json_string_value(action);
		bool is_first = true;

		for (size_t k = 0; is_first && k < i; k++)
			is_first = !iam_statement_has(json_array_get(statements, k), permission);
		/* By assuming the roles it is tried later. */
		if (is_first && strcmp(permission, ASSUME_ROLE) != 0)
			operation(principal, permission);
	}
}

static void prepare_permission(struct principal *principal, const char *permission)
{
	struct probe_obstacle obstacle = {0};
	int err = probe_scene_add(&principal->scene, permission, &obstacle);

	if (err == -ENOMEM)
		fail(principal);
	else if (err)
		add_unclear(principal, permission, obstacle.is_by_nature, obstacle.why);
}

static bool was_tried(const struct principal *principal, const char *permission)
{
	for (size_t i = 0; i < principal->scene.count; i++)
		if (strcmp(principal->scene.probes[i].permission, permission) == 0)
			return true;
	return false;
}

static void conclude_tried(struct principal *principal, const char *permission)
{
	/* Tags are given to what is made: who may not make it is not asked for them. */
	bool depends = strcmp(permission, "ec2:CreateTags") == 0 &&
		       verdict_of(principal, "ec2:CreateNetworkInterface") != ALLOWED;

	if (!was_tried(principal, permission))
		return;
	if (depends)
		add_unclear(principal, permission, false,
			"it goes with ec2:CreateNetworkInterface, which is not permitted");
	else
		conclude_permission(principal, permission);
}

static int try_all(struct principal *principal, struct error *error)
{
	size_t count = principal->scene.count;
	_cleanup_(cleanup_free) struct flow_call *calls = calloc(count + 1, sizeof(*calls));

	principal->answers = calloc(count + 1, sizeof(*principal->answers));
	if (!calls || !principal->answers)
		return error_set(error, OUTCOME_FAILED, ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++)
		calls[i] = principal->scene.probes[i].call;
	return count ? api_run(principal->api, calls, count, &principal->doctor->operation.deadline,
			       principal->answers, error)
		     : 0;
}

static int open_document(struct principal *principal, struct error *error)
{
	struct doctor *doctor = principal->doctor;
	const struct aws_setting *region = &doctor->cloud.settings.region;
	const struct iam_place_given given = {
		.region = region->value,
		.account = doctor->account[0] ? doctor->account : NULL,
		.vpc = doctor->vpc[0] ? doctor->vpc : NULL,
		.role = principal->role,
	};
	struct iam_place place;
	int err = iam_place_find(&doctor->operation, &given, &place, error);

	return err ? err
		   : iam_document_build(doctor->operation.policy, doctor->options->uses, &place,
			     principal->role, &principal->document, error);
}

static void close_principal(struct principal *principal)
{
	for (size_t i = 0; principal->answers && i < principal->scene.count; i++)
		flow_response_done(&principal->answers[i]);
	free(principal->answers);
	for (size_t i = 0; i < principal->n_missing; i++)
		free(principal->missing[i].resources);
	free(principal->missing);
	probe_scene_close(&principal->scene);
	iam_document_done(&principal->document);
}

static int check_principal(struct principal *principal, struct error *error)
{
	struct doctor *doctor = principal->doctor;
	int err = open_document(principal, error);

	if (err || !principal->document.root)
		return err;
	if (principal->role)
		err = cloud_api(&doctor->cloud, principal->role, &principal->api, error);
	else
		principal->api = doctor->api;
	if (!err)
		err = probe_scene_open(doctor, principal->api, principal->role, &principal->scene);
	if (err)
		return err;
	for_each_permission(principal, prepare_permission);
	err = try_all(principal, error);
	if (!err)
		for_each_permission(principal, conclude_tried);
	return err;
}

/* The host's own, which `role` could not be assumed with. */
static void refuse_role(struct principal *host, const char *role, const struct error *error)
{
	if (error->outcome == OUTCOME_DENIED)
		add_missing(host, ASSUME_ROLE, role, error->text);
	else
		add_unclear(host, ASSUME_ROLE, false, error->text);
}

static void check_role(struct principal *host, const char *role)
{
	struct principal principal = {.doctor = host->doctor, .role = role};
	struct error error = {0};

	if (check_principal(&principal, &error)) {
		refuse_role(host, role, &error);
		diagnosis_add(host->doctor->diagnosis, AREA_PERMISSIONS, FINDING_UNKNOWN,
			"permission-unknown", "those of %s cannot be checked: it is not assumed",
			role);
	} else {
		host->allowed += principal.allowed + (principal.document.root != NULL);
		report_missing(&principal);
	}
	close_principal(&principal);
}

static bool was_checked(const struct policy *policy, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (policy->overlays[i].role_arn && strcmp(policy->overlays[i].role_arn,
							    policy->overlays[number].role_arn) == 0)
			return true;
	return false;
}

static void check_all(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;
	struct principal host = {.doctor = doctor};
	struct error error = {0};

	if (check_principal(&host, &error))
		diagnosis_add(doctor->diagnosis, AREA_PERMISSIONS, FINDING_UNKNOWN,
			"permission-unknown", "not looked at: %s", error.text);
	for (size_t i = 0; i < policy->n_overlays; i++)
		if (policy->overlays[i].role_arn && !was_checked(policy, i))
			check_role(&host, policy->overlays[i].role_arn);
	report_missing(&host);
	if (!error.text[0] && !host.document.root)
		diagnosis_good(doctor->diagnosis, AREA_PERMISSIONS, NONE_NEEDED);
	if (host.allowed)
		diagnosis_good(doctor->diagnosis, AREA_PERMISSIONS,
			"IAM allows %zu of what is needed", host.allowed);
	close_principal(&host);
}

/* Where EC2 did not answer, that has been said. */
static void skip(struct doctor *doctor)
{
	if (diagnosis_count(doctor->diagnosis, AREA_PERMISSIONS, FINDING_UNKNOWN) ||
		diagnosis_count(doctor->diagnosis, AREA_PERMISSIONS, FINDING_NOTE))
		return;
	doctor_skip(doctor, AREA_PERMISSIONS, "EC2 could not be asked");
}

void doctor_permissions(struct doctor *doctor)
{
	if (!doctor->has_policy && !doctor->options->uses_are_given)
		return;
	if (!doctor->options->uses) {
		diagnosis_good(doctor->diagnosis, AREA_PERMISSIONS, NONE_NEEDED);
		return;
	}
	if (!doctor->has_ec2) {
		skip(doctor);
		return;
	}
	doctor_limit(doctor, TRY_MSEC);
	check_all(doctor);
}
