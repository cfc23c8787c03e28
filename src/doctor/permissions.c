/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks whether IAM permits what the policy requires: probes each permission of the document that
 * `myha iam-policy` prints with DryRun requests, all in one batch for each identity.
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

#define PROBE_MSEC 15000
/* If more permissions are missing, one full document is easier to install than single ones. */
#define SINGLE_MAX 2

#define ASSUME_ROLE "sts:AssumeRole"
#define NONE_NEEDED "no permissions are required"

/* A permission that IAM denies. */
struct missing_permission {
	const char *permission; /* borrowed from the document, or static */
	char *resources; /* owned */
	bool is_explicit; /* a statement with "Effect": "Deny" denies it */
};

/* An identity whose permissions are checked: the host's own, or the role of an overlay. */
struct principal {
	struct doctor *doctor;
	const char *role; /* NULL: the host's own identity */
	struct iam_document document;
	struct probe_set set;
	struct flow_response *responses; /* owned; one for each probe */
	struct missing_permission *missing;
	size_t n_missing, missing_capacity;
	size_t n_required, n_allowed; /* permissions */
};

/* The result of a probe, the worst last. A permission has the worst result of its probes. */
enum verdict {
	NOT_PROBED,
	ALLOWED,
	UNCLEAR,
	DENIED,
};

/* Returns "role" or "user", as in put-role-policy, and the name that IAM uses; "": not known. */
static const char *get_iam_kind(const struct principal *principal, char ret_name[IAM_NAME_SIZE])
{
	const char *arn = principal->role ? principal->role : principal->doctor->identity_arn;

	return iam_principal_parse(arn, ret_name);
}

/* Adds a command that grants only the missing permission. */
static void remedy_permission(const struct principal *principal, const char *permission)
{
	_cleanup_(cleanup_free) char *document = iam_document_print_permission(
		principal->document.root, permission);
	struct diagnosis *diagnosis = principal->doctor->diagnosis;
	_cleanup_(strbuf_done) struct strbuf line = {0};
	const char *action = strchr(permission, ':') + 1; /* "ec2:CreateRoute": CreateRoute */
	char name[IAM_NAME_SIZE];
	const char *kind = get_iam_kind(principal, name);

	if (!document) {
		diagnosis->out_of_memory = true;
		return;
	}
	if (*kind) {
		diagnosis_add_remedy(diagnosis,
			"aws iam put-%s-policy --%s-name %s --policy-name myha-%s --policy-document %s",
			kind, kind, name, action, document);
		return;
	}
	/* This line is not a command, so the document needs no quotes. */
	strbuf_printf(
		&line, "# add this policy in IAM to the role or user of this host: %s", document);
	diagnosis_add_remedy_line(diagnosis, strbuf_text(&line));
	diagnosis->out_of_memory |= line.failed;
}

/* Adds commands that grant the whole document, which iam-policy prints for the policy's uses. */
static void remedy_document(const struct principal *principal)
{
	struct diagnosis *diagnosis = principal->doctor->diagnosis;
	char name[IAM_NAME_SIZE];
	const char *kind = get_iam_kind(principal, name);

	if (principal->role)
		diagnosis_add_remedy(
			diagnosis, "myha iam-policy --for-role %s >myha-iam.json", principal->role);
	else
		diagnosis_add_remedy(diagnosis, "myha iam-policy >myha-iam.json");
	if (*kind)
		diagnosis_add_remedy(diagnosis,
			"aws iam put-%s-policy --%s-name %s --policy-name myha --policy-document file://myha-iam.json",
			kind, kind, name);
	else
		diagnosis_add_remedy(diagnosis,
			"# add the policy in myha-iam.json in IAM to the role or user of this host");
}

/* Returns the resource that IAM's refusal names; if it names none, the resource of the probe. */
static const char *find_resource(const char *message, const char *resources, char buffer[256])
{
	static const char marker[] = "on resource: ";
	const char *at = message ? strstr(message, marker) : NULL;

	if (!at)
		return resources;
	at += strlen(marker);
	snprintf(buffer, 256, "%.*s", (int)strcspn(at, " \n"), at);
	return buffer;
}

/* Stores a missing permission for report_missing_permissions(). */
static void add_missing_permission(struct principal *principal, const char *permission,
	const char *resources, bool is_explicit)
{
	struct missing_permission missing = {
		.permission = permission,
		.resources = strdup(resources),
		.is_explicit = is_explicit,
	};

	if (!missing.resources || array_add(&principal->missing, &principal->missing_capacity,
					  &principal->n_missing, &missing, sizeof(missing))) {
		free(missing.resources);
		principal->doctor->diagnosis->out_of_memory = true;
	}
}

/* Must follow the checks of all permissions: the number of missing ones determines the remedy. */
static void report_missing_permissions(struct principal *principal)
{
	struct diagnosis *diagnosis = principal->doctor->diagnosis;

	for (size_t i = 0; i < principal->n_missing; i++) {
		const struct missing_permission *missing = &principal->missing[i];
		_cleanup_(strbuf_done) struct strbuf sids = {0};

		if (iam_document_list_sids(principal->document.root, missing->permission, &sids))
			diagnosis->out_of_memory = true;
		diagnosis_add(diagnosis, AREA_PERMISSIONS, FINDING_ERROR, "permission-missing",
			"IAM does not permit %s on %s%s%s (statement %s)%s", missing->permission,
			missing->resources, principal->role ? " to " : "",
			principal->role ? principal->role : "", strbuf_text(&sids),
			missing->is_explicit ? ": another statement denies the action" : "");
		if (missing->is_explicit)
			diagnosis_add_remedy(
				diagnosis, "# remove the statement with \"Effect\": \"Deny\"");
		else if (principal->n_missing > SINGLE_MAX &&
			 !principal->doctor->options->uses_are_given)
			remedy_document(principal);
		else
			remedy_permission(principal, missing->permission);
	}
}

/* Reports a permission that could not be checked; is_expected: nothing failed, so only a note. */
static void report_unclear(
	struct principal *principal, const char *permission, bool is_expected, const char *why)
{
	doctor_add_finding(principal->doctor, AREA_PERMISSIONS,
		is_expected ? FINDING_NOTE : FINDING_UNKNOWN, "permission-unknown",
		"%s cannot be checked: %s", permission, why);
}

static enum verdict get_probe_verdict(const struct principal *principal, size_t index)
{
	const struct flow_response *response = &principal->responses[index];
	enum ec2_advice advice;

	if (response->err)
		return UNCLEAR;
	/* A service that ignores DryRun has executed the request: harmless for a Describe. */
	if (!response->response.is_fault)
		return ALLOWED;
	advice = ec2_fault_advice(
		principal->set.probes[index].call.action, &response->response.fault);
	if (advice == EC2_DENIED)
		return DENIED;
	return advice == EC2_WOULD_BE_ALLOWED ? ALLOWED : UNCLEAR;
}

/* Returns the worst verdict of the permission's probes. */
static enum verdict get_permission_verdict(
	const struct principal *principal, const char *permission)
{
	enum verdict worst = NOT_PROBED;

	for (size_t i = 0; i < principal->set.count; i++)
		if (strcmp(principal->set.probes[i].permission, permission) == 0 &&
			get_probe_verdict(principal, i) > worst)
			worst = get_probe_verdict(principal, i);
	return worst;
}

/* Without DryRun, a refusal by EC2 is normal, and leaves open what IAM permits. */
static void report_unclear_response(struct principal *principal, const struct probe *probe,
	const struct flow_response *response)
{
	const struct ec2_fault *fault = &response->response.fault;
	char why[512];

	if (response->err)
		snprintf(why, sizeof(why), "%s", response->error.text);
	else
		snprintf(why, sizeof(why), "EC2's response to the %s on %s is %s: %s",
			probe->is_dry_run ? "DryRun" : "probe", probe->resources,
			fault->code ? fault->code : "no error code",
			fault->message ? fault->message : "");
	report_unclear(principal, probe->permission, !response->err && !probe->is_dry_run, why);
}

/* Evaluates a permission's responses: stores denied resources, and reports unclear responses. */
static void report_permission(struct principal *principal, const char *permission)
{
	enum verdict verdict = get_permission_verdict(principal, permission);
	_cleanup_(strbuf_done) struct strbuf resources = {0};
	bool is_explicit = false;

	if (verdict == NOT_PROBED)
		return;
	/* EC2 does not check CreateTags if it does not permit CreateNetworkInterface. */
	if (strcmp(permission, "ec2:CreateTags") == 0 &&
		get_permission_verdict(principal, "ec2:CreateNetworkInterface") > ALLOWED) {
		report_unclear(principal, permission, false,
			"the probe requires ec2:CreateNetworkInterface, which IAM does not permit");
		return;
	}
	principal->n_allowed += verdict == ALLOWED; /* 1 or 0 */
	for (size_t i = 0; i < principal->set.count; i++) {
		const struct probe *probe = &principal->set.probes[i];
		const struct ec2_fault *fault = &principal->responses[i].response.fault;
		char buffer[256];

		if (strcmp(probe->permission, permission) != 0)
			continue;
		if (get_probe_verdict(principal, i) == UNCLEAR)
			report_unclear_response(principal, probe, &principal->responses[i]);
		if (get_probe_verdict(principal, i) != DENIED)
			continue;
		is_explicit = ec2_fault_is_explicit_deny(fault); /* of the last denial */
		strbuf_printf(&resources, "%s%s", resources.length ? ", " : "",
			find_resource(fault->message, probe->resources, buffer));
	}
	if (verdict == DENIED)
		add_missing_permission(principal, permission, strbuf_text(&resources), is_explicit);
}

/* Calls `function` once for each permission of the document, in the document's order. */
static void for_each_permission(struct principal *principal,
	void (*function)(struct principal *principal, const char *permission))
{
	const json_t *statements = json_object_get(principal->document.root, "Statement");
	const json_t *statement, *action;
	size_t i, j;

	json_array_foreach (statements, i, statement)
		json_array_foreach (json_object_get(statement, "Action"), j, action) {
			const char *permission = json_string_value(action);
			bool is_first = true; /* no earlier statement has it */

			for (size_t k = 0; is_first && k < i; k++)
				is_first = !iam_statement_allows(
					json_array_get(statements, k), permission);
			/* check_role() checks sts:AssumeRole by assuming the role. */
			if (is_first && strcmp(permission, ASSUME_ROLE) != 0)
				function(principal, permission);
		}
}

static void count_permission(struct principal *principal, const char *permission)
{
	(void)permission;
	principal->n_required++;
}

static void add_permission_probes(struct principal *principal, const char *permission)
{
	struct probe_obstacle obstacle = {0};
	int err = probe_set_add(&principal->set, permission, &obstacle);

	if (err == -ENOMEM)
		principal->doctor->diagnosis->out_of_memory = true;
	else if (err)
		report_unclear(principal, permission, obstacle.is_expected, obstacle.why);
}

/* Sends all probes in one batch, and keeps their responses. */
static int run_probes(struct principal *principal, struct error *error)
{
	size_t count = principal->set.count;
	_cleanup_(cleanup_free) struct flow_call *calls = calloc(count + 1, sizeof(*calls));

	principal->responses = calloc(count + 1, sizeof(*principal->responses));
	if (!calls || !principal->responses)
		return error_oom(error);
	for (size_t i = 0; i < count; i++)
		calls[i] = principal->set.probes[i].call;
	return count ? api_run(principal->set.api, calls, count,
			       &principal->doctor->operation.deadline, principal->responses, error)
		     : 0;
}

/* Builds the document with the permissions that the principal requires; root NULL: none. */
static int build_document(struct principal *principal, struct error *error)
{
	struct doctor *doctor = principal->doctor;
	const struct iam_location_options given = {
		.region = doctor->cloud.settings.region.value,
		.account = doctor->account[0] ? doctor->account : NULL,
		.vpc = doctor->vpc[0] ? doctor->vpc : NULL,
		.role = principal->role,
	};
	struct iam_location location;
	int err = iam_location_find(&doctor->operation, &given, &location, error);

	return err ? err
		   : iam_document_build(doctor->operation.policy, doctor->options->uses, &location,
			     principal->role, &principal->document, error);
}

static void principal_done(struct principal *principal)
{
	for (size_t i = 0; principal->responses && i < principal->set.count; i++)
		flow_response_done(&principal->responses[i]);
	free(principal->responses);
	for (size_t i = 0; i < principal->n_missing; i++)
		free(principal->missing[i].resources);
	free(principal->missing);
	probe_set_close(&principal->set);
	iam_document_done(&principal->document);
}

/* Counts the principal's permissions, and stores the missing ones for the caller to report. */
static int check_principal(struct principal *principal, struct error *error)
{
	struct doctor *doctor = principal->doctor;
	struct api *api = doctor->api;
	int err = build_document(principal, error);

	if (err || !principal->document.root)
		return err;
	for_each_permission(principal, count_permission);
	if (principal->role)
		err = cloud_get_api(&doctor->cloud, principal->role, &api, error);
	if (!err)
		err = probe_set_open(doctor, api, principal->role, &principal->set);
	if (err)
		return error_ensure_text(error, err);
	for_each_permission(principal, add_permission_probes);
	err = run_probes(principal, error);
	if (!err)
		for_each_permission(principal, report_permission);
	return err;
}

/* Checks the permissions of a role, and whether the host's identity may assume it. */
static void check_role(struct principal *host, const char *role)
{
	struct principal principal = {.doctor = host->doctor, .role = role};
	struct error error = {0};
	int err = check_principal(&principal, &error);

	/* The host also requires ASSUME_ROLE, unless the role needs no permission (root NULL). */
	host->n_required += principal.n_required + (err || principal.document.root);
	if (err) {
		if (error.outcome == OUTCOME_DENIED)
			add_missing_permission(
				host, ASSUME_ROLE, role, error.code == ERROR_EXPLICIT_DENY);
		else
			report_unclear(host, ASSUME_ROLE, false, error.text);
		doctor_add_finding(host->doctor, AREA_PERMISSIONS, FINDING_UNKNOWN,
			"permission-unknown",
			"the permissions of %s cannot be checked: assuming the role failed", role);
	} else {
		host->n_allowed += principal.n_allowed + (principal.document.root != NULL);
		report_missing_permissions(&principal);
	}
	principal_done(&principal);
}

static bool is_role_of_earlier_overlay(const struct policy *policy, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (policy_is_same_role(
			    policy->overlays[i].role_arn, policy->overlays[index].role_arn))
			return true;
	return false;
}

static void check_principals(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;
	struct principal host = {.doctor = doctor};
	struct error error = {0};
	int err = check_principal(&host, &error);

	if (err)
		doctor_add_finding(doctor, AREA_PERMISSIONS, FINDING_UNKNOWN, "permission-unknown",
			"not checked: %s", error.text);
	for (size_t i = 0; i < policy->n_overlays; i++)
		if (policy->overlays[i].role_arn && !is_role_of_earlier_overlay(policy, i))
			check_role(&host, policy->overlays[i].role_arn);
	report_missing_permissions(&host);
	if (!err && !host.document.root)
		doctor_add_passed(doctor, AREA_PERMISSIONS, NONE_NEEDED);
	if (host.n_allowed && host.n_allowed == host.n_required && !err)
		doctor_add_passed(doctor, AREA_PERMISSIONS,
			"IAM allows all %zu required permissions", host.n_allowed);
	else if (host.n_allowed)
		doctor_add_passed(doctor, AREA_PERMISSIONS,
			"IAM allows %zu of %zu required permissions", host.n_allowed,
			host.n_required);
	principal_done(&host);
}

void doctor_permissions(struct doctor *doctor)
{
	if (!doctor->has_policy && !doctor->options->uses_are_given)
		return;
	if (!doctor->options->uses) {
		doctor_add_passed(doctor, AREA_PERMISSIONS, NONE_NEEDED);
		return;
	}
	if (!doctor->has_ec2) {
		/* If EC2 did not respond, a finding of this area has reported it. */
		if (!diagnosis_count(doctor->diagnosis, AREA_PERMISSIONS, FINDING_UNKNOWN) &&
			!diagnosis_count(doctor->diagnosis, AREA_PERMISSIONS, FINDING_NOTE))
			doctor_skip(doctor, AREA_PERMISSIONS, "EC2 could not be queried");
		return;
	}
	doctor_set_deadline(doctor, PROBE_MSEC);
	check_principals(doctor);
}
