/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the instance metadata service: whether it responds, and if not, which usual cause applies.
 */
#include "aws/imds_probe.h"
#include "doctor/parts.h"

#define PROBE_MSEC 8000
#define FETCH_MSEC 5000

static void add_finding(struct doctor *doctor, enum finding_severity severity, const char *id,
	const char *url, const char *text, const struct imds_probe *probe)
{
	diagnosis_add(doctor->diagnosis, AREA_METADATA, severity, id, "%s: %s (%s)", url, text,
		probe->error.text);
}

static void remedy_option(struct doctor *doctor, const char *option, const char *value)
{
	char instance[EC2_ID_SIZE];

	diagnosis_add_remedy(doctor->diagnosis,
		"aws ec2 modify-instance-metadata-options --instance-id %s %s %s",
		doctor_instance(doctor, instance), option, value);
}

static void add_failure(struct doctor *doctor, const char *url, const struct imds_probe *probe)
{
	switch (probe->state) {
	case IMDS_WORKS:
		break;
	case IMDS_OFF:
		add_finding(doctor, FINDING_ERROR, "imds-off", url,
			"the metadata service is disabled for this instance, or denies access to this host",
			probe);
		remedy_option(doctor, "--http-endpoint", "enabled");
		break;
	case IMDS_HOP_LIMIT:
		add_finding(doctor, FINDING_ERROR, "imds-hop-limit", url,
			"the service responds, but its tokens do not arrive: the hop limit is too low for the hop in between (a container network, a router)",
			probe);
		remedy_option(doctor, "--http-put-response-hop-limit", "2");
		break;
	case IMDS_NO_TOKENS:
		add_finding(doctor, FINDING_ERROR, "imds-no-tokens", url,
			"the server at this address responds, but not as an IMDSv2 metadata service",
			probe);
		diagnosis_add_remedy(doctor->diagnosis,
			"# set imds.endpoint in %s to the metadata service, or check for a proxy in between",
			doctor->options->policy_path);
		break;
	case IMDS_BUSY:
		add_finding(doctor, FINDING_UNKNOWN, "imds-busy", url,
			"the service throttles requests or has an internal error", probe);
		diagnosis_add_remedy(doctor->diagnosis,
			"# check which other programs send requests to the metadata service, then check again");
		break;
	case IMDS_UNREACHABLE:
		add_finding(doctor, FINDING_UNKNOWN, "imds-unreachable", url,
			"no response: this host is not an EC2 instance, or cannot reach the metadata service",
			probe);
		diagnosis_add_remedy(doctor->diagnosis, "ip route get 169.254.169.254");
		diagnosis_add_remedy(doctor->diagnosis,
			"# if this route does not use the primary interface, set imds.interface in %s",
			doctor->options->policy_path);
		break;
	}
}

/*
 * If no endpoint works, the one to report is an endpoint that responds, as its error has a cause.
 */
static size_t find_most_specific(const struct imds_probe *probes, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (probes[best].state == IMDS_UNREACHABLE && probes[i].state != IMDS_UNREACHABLE)
			best = i;
	return best;
}

static int probe_all(struct doctor *doctor, struct imds_probe *probes, struct error *error)
{
	const struct imds_endpoints *endpoints = &doctor->cloud.imds.endpoints;

	for (size_t i = 0; i < endpoints->count; i++) {
		int err = imds_probe(endpoints->url[i], doctor->operation.policy->imds.interface,
			&doctor->operation.deadline, &probes[i], error);
		if (err)
			return err;
		doctor->has_metadata |= probes[i].state == IMDS_WORKS;
	}
	return 0;
}

static void report_probes(struct doctor *doctor, const struct imds_probe *probes)
{
	const struct imds_endpoints *endpoints = &doctor->cloud.imds.endpoints;

	if (!doctor->has_metadata) {
		size_t best = find_most_specific(probes, endpoints->count);
		add_failure(doctor, endpoints->url[best], &probes[best]);
		doctor->is_imds_unreachable = true;
		cloud_disable_imds(&doctor->cloud, "the metadata service does not respond");
		return;
	}
	for (size_t i = 0; i < endpoints->count; i++)
		if (probes[i].state == IMDS_WORKS)
			diagnosis_add_passed(doctor->diagnosis, AREA_METADATA,
				"IMDSv2 at %s responds in %llu ms", endpoints->url[i],
				(unsigned long long)probes[i].msec);
		else
			diagnosis_add_passed(doctor->diagnosis, AREA_METADATA,
				"%s is not available and not required (%s)", endpoints->url[i],
				probes[i].error.text);
}

/* Fetches the facts that later checks need. */
static void fetch_facts(struct doctor *doctor)
{
	struct error error = {0};
	int err;

	doctor_limit(doctor, FETCH_MSEC);
	err = cloud_get_primary_mac(&doctor->cloud, &doctor->primary, &error);
	if (!err)
		err = cloud_get_instance(&doctor->cloud, doctor->instance, &error);
	if (!err)
		err = cloud_get_vpc(&doctor->cloud, doctor->vpc, &error);
	if (err)
		diagnosis_add(doctor->diagnosis, AREA_METADATA, FINDING_UNKNOWN, "imds-incomplete",
			"%s", error.text);
	else
		diagnosis_add_passed(doctor->diagnosis, AREA_METADATA, "this instance is %s in %s",
			doctor->instance, doctor->vpc);
}

/* Reports invalid values in the environment, the AWS tools' files or the policy. */
static void add_settings(struct doctor *doctor, const struct error *error)
{
	bool is_imds = doctor->cloud.imds_error.outcome != OUTCOME_DONE;

	diagnosis_add(doctor->diagnosis, is_imds ? AREA_METADATA : AREA_CREDENTIALS, FINDING_ERROR,
		is_imds ? "imds-settings" : "aws-settings", "%s", error->text);
	diagnosis_add_remedy(doctor->diagnosis, "# correct the setting that the message names");
	if (!is_imds)
		doctor_skip(doctor, AREA_METADATA, "the AWS settings are invalid");
}

void doctor_metadata(struct doctor *doctor)
{
	struct imds_probe probes[IMDS_MAX_ENDPOINTS] = {{0}};
	struct error error = {0};

	doctor_limit(doctor, PROBE_MSEC);
	if (cloud_open(&doctor->operation, &doctor->cloud, &error)) {
		add_settings(doctor, &error);
		return;
	}
	doctor->has_cloud = true;
	if (!doctor->cloud.has_imds) {
		diagnosis_add(doctor->diagnosis, AREA_METADATA, FINDING_ERROR, "imds-disabled",
			"%s", doctor->cloud.imds_error.text);
		diagnosis_add_remedy(doctor->diagnosis, "unset AWS_EC2_METADATA_DISABLED");
		return;
	}
	if (probe_all(doctor, probes, &error)) {
		diagnosis_add(doctor->diagnosis, AREA_METADATA, FINDING_UNKNOWN, "imds-unreachable",
			"%s", error.text);
		return;
	}
	report_probes(doctor, probes);
	if (doctor->has_metadata)
		fetch_facts(doctor);
}
