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
#define CLOCK_WRONG 300 /* seconds: AWS rejects requests beyond this */

enum { IDENTITY_CALL, EC2_CALL, N_CALLS };

/* attach, detach and boot of interfaces need no EC2; overlays do, and uses that the user named. */
static bool is_ec2_needed(const struct doctor *doctor)
{
	return doctor->operation.policy->n_overlays || doctor->options->uses_are_given;
}

/*
 * Returns the severity of the finding that EC2 cannot be queried: only a note if EC2 is not needed.
 * Sets can_skip_ec2, by which doctor_skip() chooses the same severity for the skipped checks.
 */
static enum finding_severity mark_ec2_unavailable(struct doctor *doctor)
{
	doctor->can_skip_ec2 = !is_ec2_needed(doctor);
	return doctor->can_skip_ec2 ? FINDING_NOTE : FINDING_UNKNOWN;
}

static void report_missing_credentials(struct doctor *doctor, const struct error *error)
{
	char instance[EC2_ID_SIZE];

	if (!is_ec2_needed(doctor)) {
		doctor_add_finding(doctor, AREA_CREDENTIALS, mark_ec2_unavailable(doctor),
			"credentials-missing",
			"attach and boot of interfaces work without credentials (%s)", error->text);
		return;
	}
	/* The instance may have a role that cannot be read now. */
	if (doctor->is_imds_unreachable) {
		doctor_add_finding(doctor, AREA_CREDENTIALS, FINDING_UNKNOWN, "credentials-unknown",
			"%s", error->text);
		return;
	}
	doctor_add_finding(
		doctor, AREA_CREDENTIALS, FINDING_ERROR, "credentials-missing", "%s", error->text);
	doctor_add_remedy(doctor,
		"myha iam-policy  # prints the permissions that the role requires; add the role to an instance profile, then:");
	doctor_add_remedy(doctor,
		"aws ec2 associate-iam-instance-profile --instance-id %s --iam-instance-profile Name=PROFILE",
		doctor_instance(doctor, instance));
}

/* Reports why no request could be sent; -ENOKEY: there are no credentials. */
static void report_unsent(struct doctor *doctor, int err, const struct error *error)
{
	if (err == -ENOKEY) {
		report_missing_credentials(doctor, error);
		return;
	}
	if (error->outcome == OUTCOME_TIMEOUT) {
		doctor_add_finding(doctor, AREA_CREDENTIALS, mark_ec2_unavailable(doctor),
			"credentials-unknown", "%s", error->text);
		return;
	}
	doctor_add_finding(
		doctor, AREA_CREDENTIALS, FINDING_ERROR, "credentials-failed", "%s", error->text);
	doctor_add_remedy(doctor, "# correct or remove the setting that the message names");
}

/* Reports that AWS rejects the credentials or the clock's time. */
static void report_rejected(struct doctor *doctor, const struct error *reason)
{
	doctor_add_finding(doctor, AREA_CREDENTIALS, FINDING_ERROR, "credentials-refused",
		"the credentials from %s are rejected: %s", api_identity(doctor->api),
		reason->text);
	doctor_add_remedy(
		doctor, "timedatectl set-ntp true  # a wrong clock causes the same error");
	doctor_add_remedy(doctor, "# if the clock is right, provide valid credentials");
}

/* Returns true if the service rejects the credentials or the clock, not the request itself. */
static bool rejects_credentials(enum ec2_action action, const struct flow_response *response)
{
	enum ec2_advice advice = ec2_fault_advice(action, &response->response.fault);

	return !response->err && response->response.is_fault &&
	       (advice == EC2_REFRESH_CREDENTIALS || advice == EC2_CLOCK_SKEW);
}

/* Sets has_ec2 if EC2 accepts the credentials, even if IAM does not permit the request. */
static void check_ec2_response(struct doctor *doctor, const struct flow_response *response)
{
	const struct ec2_fault *fault = &response->response.fault;
	bool is_rejected = rejects_credentials(EC2_DESCRIBE_ROUTE_TABLES, response);
	struct error reason = {0};

	if (response->err) {
		doctor_add_finding(doctor, AREA_PERMISSIONS, mark_ec2_unavailable(doctor),
			"ec2-unreachable", "EC2 does not respond: %s", response->error.text);
		doctor_add_remedy(doctor,
			"# a path to EC2 is required: an internet gateway, a NAT gateway, or a VPC endpoint for ec2");
		return;
	}
	/* EC2's faults have a code; a fault without a code is a proxy's. */
	doctor->has_ec2 = !response->response.is_fault || (fault->code && !is_rejected);
	if (doctor->has_ec2)
		return;
	flow_explain_fault(EC2_DESCRIBE_ROUTE_TABLES, "*", fault, &reason); /* "*": all resources */
	if (is_rejected) {
		report_rejected(doctor, &reason);
		return;
	}
	doctor_add_finding(doctor, AREA_PERMISSIONS, FINDING_UNKNOWN, "ec2-unreachable",
		"the endpoint responds, but not as EC2 does: %s", reason.text);
	doctor_add_remedy(doctor, "# check for a proxy between this host and the EC2 endpoint");
}

static void report_expiry(struct doctor *doctor)
{
	uint64_t expires = api_expiry(doctor->api), now = clock_wall();
	uint64_t left = expires > now ? expires - now : 0;

	if (expires == CREDENTIALS_NEVER) {
		doctor_add_passed(doctor, AREA_CREDENTIALS, "the credentials do not expire");
		return;
	}
	if (left >= EXPIRES_SOON) {
		doctor_add_passed(doctor, AREA_CREDENTIALS,
			"valid for %" PRIu64 " h %" PRIu64 " min", left / 3600, left / 60 % 60);
		return;
	}
	if (left)
		doctor_add_finding(doctor, AREA_CREDENTIALS, FINDING_WARNING, "credentials-expire",
			"the credentials from %s expire in %" PRIu64 " s",
			api_identity(doctor->api), left);
	else
		doctor_add_finding(doctor, AREA_CREDENTIALS, FINDING_ERROR, "credentials-expire",
			"the credentials from %s have expired, by this host's clock",
			api_identity(doctor->api));
	doctor_add_remedy(doctor,
		"# get new credentials; credentials of an instance profile are renewed automatically");
}

static void save_identity(struct doctor *doctor, const struct sts_identity *identity)
{
	snprintf(doctor->identity_arn, sizeof(doctor->identity_arn), "%s",
		identity->arn ? identity->arn : "");
	if (identity->account && strlen(identity->account) == 12) /* digits of an account id */
		snprintf(doctor->account, sizeof(doctor->account), "%s", identity->account);
	doctor_add_passed(doctor, AREA_CREDENTIALS, "%s, from %s", doctor->identity_arn,
		api_identity(doctor->api));
	report_expiry(doctor);
}

/* Keeps the identity, or reports an error of STS that check_ec2_response() has not covered. */
static void check_identity_response(
	struct doctor *doctor, const struct flow_response responses[N_CALLS])
{
	const struct flow_response *response = &responses[IDENTITY_CALL];
	struct error reason = {0};

	if (!flow_check_response(STS_GET_CALLER_IDENTITY, "*", response, &reason)) {
		save_identity(doctor, &response->response.reply.identity);
		return;
	}
	if (!doctor->has_ec2 && rejects_credentials(STS_GET_CALLER_IDENTITY, response)) {
		/* check_ec2_response() has already reported it if EC2 rejects them too. */
		if (!rejects_credentials(EC2_DESCRIBE_ROUTE_TABLES, &responses[EC2_CALL]))
			report_rejected(doctor, &reason);
		return;
	}
	/* If EC2 accepts the credentials, they are valid: a VPC may have no route to STS. */
	doctor_add_finding(doctor, AREA_CREDENTIALS,
		doctor->has_ec2 ? FINDING_NOTE : mark_ec2_unavailable(doctor), "sts-unreachable",
		"STS GetCallerIdentity with the credentials from %s failed: %s",
		api_identity(doctor->api), reason.text);
}

/* The time of AWS is the Date header of a response, so it is unknown without one. */
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
	seconds = (uint64_t)(offset < 0 ? -offset : offset); /* offset > 0: AWS is ahead */
	if (seconds <= CLOCK_WARN) {
		doctor_add_passed(doctor, AREA_CLOCK,
			"this host's clock differs by %" PRIu64 " s from AWS's", seconds);
		return;
	}
	doctor_add_finding(doctor, AREA_CLOCK,
		seconds > CLOCK_WRONG ? FINDING_ERROR : FINDING_WARNING, "clock-wrong",
		"this host's clock is %" PRIu64
		" s %s AWS's: AWS rejects signatures if the difference exceeds 5 minutes",
		seconds, offset > 0 ? "behind" : "ahead of");
	doctor_add_remedy(doctor, "timedatectl set-ntp true");
}

/* Queries STS and EC2 at once: whose credentials they are, and whether EC2 accepts them. */
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
		report_unsent(doctor, err, &error);
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
	bool is_invalid;

	if (!doctor->has_cloud) {
		skip_clock(doctor);
		return;
	}
	doctor_set_deadline(doctor, QUERY_MSEC);
	if (!cloud_get_api(&doctor->cloud, NULL /* no role */, &doctor->api, &error)) {
		query_aws(doctor);
		return;
	}
	doctor->api = NULL;
	/* Without metadata, the cause may be a setting that only the metadata service has. */
	is_invalid = error.outcome == OUTCOME_USAGE && !doctor->is_imds_unreachable;
	doctor_add_finding(doctor, AREA_CREDENTIALS, is_invalid ? FINDING_ERROR : FINDING_UNKNOWN,
		"aws-settings", "%s", error.text);
	skip_clock(doctor);
}
