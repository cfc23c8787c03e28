/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the credentials: whether there are any, whose they are, and when they expire. Also checks
 * whether EC2 responds, and compares this host's clock, on which signatures depend, with AWS's.
 */
#include "base/clock.h"
#include "doctor/parts.h"
#include "ec2/errors.h"
#include "failover/flow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define QUERY_MSEC 8000
#define EXPIRES_SOON 300 /* seconds; credentials of instance roles are renewed earlier */
#define CLOCK_WARN 60 /* seconds */
#define CLOCK_WRONG 300 /* seconds */

enum { IDENTITY_CALL, EC2_CALL, N_CALLS };

static bool is_ec2_needed(const struct doctor *doctor)
{
	return doctor->operation.policy->n_overlays || doctor->options->uses_are_given;
}

/*
 * attach, detach and boot of interfaces do not need EC2, so without overlays its absence is only
 * worth a note. Sets can_skip_ec2, so that the checks that are skipped for it are notes too.
 */
static enum finding_severity choose_severity(struct doctor *doctor)
{
	doctor->can_skip_ec2 = !is_ec2_needed(doctor);
	return doctor->can_skip_ec2 ? FINDING_NOTE : FINDING_UNKNOWN;
}

static void add_missing(struct doctor *doctor, const struct error *error)
{
	char instance[EC2_ID_SIZE];

	if (!is_ec2_needed(doctor)) {
		diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS, choose_severity(doctor),
			"credentials-missing",
			"attach and boot of interfaces work without credentials (%s)", error->text);
		return;
	}
	/* The instance may have a role that cannot be read now. */
	if (doctor->is_imds_unreachable) {
		diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS, FINDING_UNKNOWN,
			"credentials-unknown", "%s", error->text);
		return;
	}
	diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS, FINDING_ERROR, "credentials-missing",
		"%s", error->text);
	diagnosis_add_remedy(doctor->diagnosis,
		"myha iam-policy  # prints the permissions that the role requires; add the role to an instance profile, then:");
	diagnosis_add_remedy(doctor->diagnosis,
		"aws ec2 associate-iam-instance-profile --instance-id %s --iam-instance-profile Name=PROFILE",
		doctor_instance(doctor, instance));
}

/* Reports why no request could be sent. */
static void add_unsent(struct doctor *doctor, int err, const struct error *error)
{
	if (err == -ENOKEY) {
		add_missing(doctor, error);
		return;
	}
	if (error->outcome == OUTCOME_TIMEOUT) {
		diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS, choose_severity(doctor),
			"credentials-unknown", "%s", error->text);
		return;
	}
	diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS, FINDING_ERROR, "credentials-failed",
		"%s", error->text);
	diagnosis_add_remedy(
		doctor->diagnosis, "# correct or remove the setting that the message names");
}

static void add_refused(struct doctor *doctor, const struct error *reason)
{
	diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS, FINDING_ERROR, "credentials-refused",
		"the credentials from %s are rejected: %s", api_identity(doctor->api),
		reason->text);
	diagnosis_add_remedy(doctor->diagnosis,
		"timedatectl set-ntp true  # a wrong clock causes the same error");
	diagnosis_add_remedy(
		doctor->diagnosis, "# if the clock is right, provide valid credentials");
}

/* Returns true if the service rejects the credentials or the clock, not the request itself. */
static bool is_rejected(enum ec2_action action, const struct flow_response *response)
{
	enum ec2_advice advice = ec2_fault_advice(action, &response->response.fault);

	return !response->err && response->response.is_fault &&
	       (advice == EC2_REFRESH_CREDENTIALS || advice == EC2_CLOCK_SKEW);
}

/* EC2 works if it accepts the credentials, also if IAM does not permit the request. */
static void check_ec2_response(struct doctor *doctor, const struct flow_response *response)
{
	const struct ec2_fault *fault = &response->response.fault;
	bool rejected = is_rejected(EC2_DESCRIBE_ROUTE_TABLES, response);
	struct error reason = {0};

	if (response->err) {
		diagnosis_add(doctor->diagnosis, AREA_PERMISSIONS, choose_severity(doctor),
			"ec2-unreachable", "EC2 does not respond: %s", response->error.text);
		diagnosis_add_remedy(doctor->diagnosis,
			"# a path to EC2 is required: an internet gateway, a NAT gateway, or a VPC endpoint for ec2");
		return;
	}
	doctor->has_ec2 = !response->response.is_fault || (fault->code && !rejected);
	if (doctor->has_ec2)
		return;
	flow_explain_fault(EC2_DESCRIBE_ROUTE_TABLES, "*", fault, &reason);
	if (rejected) {
		add_refused(doctor, &reason);
		return;
	}
	diagnosis_add(doctor->diagnosis, AREA_PERMISSIONS, FINDING_UNKNOWN, "ec2-unreachable",
		"the server that responds is not EC2: %s", reason.text);
	diagnosis_add_remedy(
		doctor->diagnosis, "# check for a proxy between this host and the EC2 endpoint");
}

static void add_expiry(struct doctor *doctor)
{
	uint64_t expires = api_expiry(doctor->api), now = clock_wall();
	uint64_t left = expires > now ? expires - now : 0;

	if (expires == CREDENTIALS_NEVER) {
		diagnosis_add_passed(
			doctor->diagnosis, AREA_CREDENTIALS, "the credentials do not expire");
		return;
	}
	if (left >= EXPIRES_SOON) {
		diagnosis_add_passed(doctor->diagnosis, AREA_CREDENTIALS,
			"valid for %" PRIu64 " h %" PRIu64 " min", left / 3600, left / 60 % 60);
		return;
	}
	if (left)
		diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS, FINDING_WARNING,
			"credentials-expire", "the credentials from %s expire in %" PRIu64 " s",
			api_identity(doctor->api), left);
	else
		diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS, FINDING_ERROR,
			"credentials-expire",
			"the credentials from %s have expired, by this host's clock",
			api_identity(doctor->api));
	diagnosis_add_remedy(doctor->diagnosis,
		"# get new credentials; credentials of an instance profile are renewed automatically");
}

static void save_identity(struct doctor *doctor, const struct sts_identity *identity)
{
	snprintf(doctor->principal, sizeof(doctor->principal), "%s",
		identity->arn ? identity->arn : "");
	if (identity->account && strlen(identity->account) == 12)
		snprintf(doctor->account, sizeof(doctor->account), "%s", identity->account);
	diagnosis_add_passed(doctor->diagnosis, AREA_CREDENTIALS, "%s, from %s", doctor->principal,
		api_identity(doctor->api));
	add_expiry(doctor);
}

static void check_identity_response(
	struct doctor *doctor, const struct flow_response responses[N_CALLS])
{
	const struct flow_response *response = &responses[IDENTITY_CALL];
	struct error reason = {0};

	if (!flow_check_response(STS_GET_CALLER_IDENTITY, "*", response, &reason)) {
		save_identity(doctor, &response->response.reply.identity);
		return;
	}
	if (!doctor->has_ec2 && is_rejected(STS_GET_CALLER_IDENTITY, response)) {
		/* If EC2 rejects them too, this is reported already. */
		if (!is_rejected(EC2_DESCRIBE_ROUTE_TABLES, &responses[EC2_CALL]))
			add_refused(doctor, &reason);
		return;
	}
	/* If EC2 accepts the credentials, they are valid: a VPC may have no route to STS. */
	diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS,
		doctor->has_ec2 ? FINDING_NOTE : choose_severity(doctor), "sts-unreachable",
		"STS GetCallerIdentity with the credentials from %s failed: %s",
		api_identity(doctor->api), reason.text);
}

static void skip_clock(struct doctor *doctor)
{
	doctor_skip(doctor, AREA_CLOCK, "AWS could not be queried");
}

static void check_clock(struct doctor *doctor)
{
	int64_t offset;
	uint64_t seconds;

	if (!api_clock_offset(doctor->api, &offset)) {
		skip_clock(doctor);
		return;
	}
	seconds = (uint64_t)(offset < 0 ? -offset : offset);
	if (seconds <= CLOCK_WARN) {
		diagnosis_add_passed(doctor->diagnosis, AREA_CLOCK,
			"this host's clock differs by %" PRIu64 " s from AWS's", seconds);
		return;
	}
	diagnosis_add(doctor->diagnosis, AREA_CLOCK,
		seconds > CLOCK_WRONG ? FINDING_ERROR : FINDING_WARNING, "clock-wrong",
		"this host's clock is %" PRIu64
		" s %s AWS's: AWS rejects signatures if the difference exceeds 5 minutes",
		seconds, offset > 0 ? "behind" : "ahead of");
	diagnosis_add_remedy(doctor->diagnosis, "timedatectl set-ntp true");
}

static void query_aws(struct doctor *doctor)
{
	const struct flow_call calls[N_CALLS] = {
		[IDENTITY_CALL] = {.action = STS_GET_CALLER_IDENTITY},
		[EC2_CALL] = {.action = EC2_DESCRIBE_ROUTE_TABLES, .parameters = {.dry_run = true}},
	};
	struct flow_response responses[N_CALLS] = {{0}};
	struct error error = {0};
	int err = api_run(
		doctor->api, calls, N_CALLS, &doctor->operation.deadline, responses, &error);

	if (err) {
		add_unsent(doctor, err, &error);
		skip_clock(doctor);
	} else {
		check_ec2_response(doctor, &responses[EC2_CALL]);
		check_identity_response(doctor, responses);
		check_clock(doctor);
	}
	for (size_t i = 0; i < N_CALLS; i++)
		flow_response_done(&responses[i]);
}

void doctor_credentials(struct doctor *doctor)
{
	struct error error = {0};

	if (!doctor->has_cloud) {
		skip_clock(doctor);
		return;
	}
	doctor_limit(doctor, QUERY_MSEC);
	if (!cloud_get_api(&doctor->cloud, NULL, &doctor->api, &error)) {
		query_aws(doctor);
		return;
	}
	doctor->api = NULL;
	diagnosis_add(doctor->diagnosis, AREA_CREDENTIALS,
		error.outcome == OUTCOME_USAGE && !doctor->is_imds_unreachable ? FINDING_ERROR
									       : FINDING_UNKNOWN,
		"aws-settings", "%s", error.text);
	skip_clock(doctor);
}
