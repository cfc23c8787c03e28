/* SPDX-License-Identifier: Apache-2.0 */
/* Checks whether the instance metadata service responds and, if not, which usual cause applies. */
#include "aws/imds_probe.h"
#include "doctor/parts.h"

#define PROBE_MSEC 8000
#define FETCH_MSEC 5000

static void add_finding(struct doctor *doctor, enum finding_severity severity, const char *id,
	const char *url, const char *text, const struct imds_probe *probe)
{
	doctor_add_finding(
		doctor, AREA_METADATA, severity, id, "%s: %s (%s)", url, text, probe->error.text);
}

/* Adds a command that sets a metadata option of this instance. */
static void remedy_metadata_option(struct doctor *doctor, const char *option, const char *value)
{
	char instance[EC2_ID_SIZE];

	doctor_add_remedy(doctor, "aws ec2 modify-instance-metadata-options --instance-id %s %s %s",
		doctor_instance(doctor, instance), option, value);
}

static void report_failed_probe(
	struct doctor *doctor, const char *url, const struct imds_probe *probe)
{
	switch (probe->state) {
	case IMDS_WORKS:
		break;
	case IMDS_OFF:
		add_finding(doctor, FINDING_ERROR, "imds-off", url,
			"the metadata service is disabled for this instance, or denies access to this host",
			probe);
		remedy_metadata_option(doctor, "--http-endpoint", "enabled");
		break;
	case IMDS_HOP_LIMIT:
		add_finding(doctor, FINDING_ERROR, "imds-hop-limit", url,
			"the service responds, but its tokens do not arrive: the hop limit is too low for a hop in between (a container network, a router)",
			probe);
		remedy_metadata_option(doctor, "--http-put-response-hop-limit", "2");
		break;
	case IMDS_NOT_V2:
		add_finding(doctor, FINDING_ERROR, "imds-no-tokens", url,
			"the server at this address responds, but not as an IMDSv2 metadata service",
			probe);
		doctor_add_remedy(doctor,
			"# set imds.endpoint in %s to the metadata service, or check for a proxy in between",
			doctor->options->policy_path);
		break;
	case IMDS_BUSY:
		add_finding(doctor, FINDING_UNKNOWN, "imds-busy", url,
			"the service throttles requests or has an internal error", probe);
		doctor_add_remedy(doctor,
			"# check which other programs send requests to the metadata service, then check again");
		break;
	case IMDS_UNREACHABLE:
		add_finding(doctor, FINDING_UNKNOWN, "imds-unreachable", url,
			"no response: this host is not an EC2 instance, or cannot reach the metadata service",
			probe);
		doctor_add_remedy(doctor, "ip route get 169.254.169.254");
		doctor_add_remedy(doctor,
			"# if this route does not use the primary interface, set imds.interface in %s",
			doctor->options->policy_path);
		break;
	}
}

/* If no endpoint works, picks the first that responds, if any: its error shows a cause. */
static size_t pick_probe_to_report(const struct imds_probe *probes, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (probes[best].state == IMDS_UNREACHABLE && probes[i].state != IMDS_UNREACHABLE)
			best = i;
	return best;
}

/* Probes all endpoints. Sets has_metadata if one works. -errno: a probe could not start. */
static int probe_endpoints(struct doctor *doctor, struct imds_probe *probes, struct error *error)
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

/* A single working endpoint (IPv4 or IPv6) is enough. Without one, disables the service. */
static void report_probes(struct doctor *doctor, const struct imds_probe *probes)
{
	const struct imds_endpoints *endpoints = &doctor->cloud.imds.endpoints;

	if (!doctor->has_metadata) {
		size_t best = pick_probe_to_report(probes, endpoints->count);
		report_failed_probe(doctor, endpoints->url[best], &probes[best]);
		doctor->is_imds_unreachable = true;
		cloud_disable_imds(&doctor->cloud, "the metadata service does not respond");
		return;
	}
	for (size_t i = 0; i < endpoints->count; i++)
		if (probes[i].state == IMDS_WORKS)
			doctor_add_passed(doctor, AREA_METADATA, "IMDSv2 at %s responds in %llu ms",
				endpoints->url[i], (unsigned long long)probes[i].msec);
		else
			doctor_add_passed(doctor, AREA_METADATA,
				"%s is not available and not required (%s)", endpoints->url[i],
				probes[i].error.text);
}

/* Fetches the facts that later checks need. A fact that cannot be fetched stays empty. */
static void fetch_facts(struct doctor *doctor)
{
	struct error error = {0};
	int err;

	doctor_set_deadline(doctor, FETCH_MSEC);
	err = cloud_get_primary_mac(&doctor->cloud, &doctor->primary_mac, &error);
	if (!err)
		err = cloud_get_instance(&doctor->cloud, doctor->instance, &error);
	if (!err)
		err = cloud_get_vpc(&doctor->cloud, doctor->vpc, &error);
	if (err)
		doctor_add_finding(doctor, AREA_METADATA, FINDING_UNKNOWN, "imds-incomplete", "%s",
			error.text);
	else
		doctor_add_passed(doctor, AREA_METADATA, "this instance is %s in %s",
			doctor->instance, doctor->vpc);
}

/* Reports invalid values in the environment, the AWS tools' files or the policy. */
static void report_bad_settings(struct doctor *doctor, const struct error *error)
{
	bool is_imds = doctor->cloud.imds_error.outcome != OUTCOME_DONE;

	doctor_add_finding(doctor, is_imds ? AREA_METADATA : AREA_CREDENTIALS, FINDING_ERROR,
		is_imds ? "imds-settings" : "aws-settings", "%s", error->text);
	doctor_add_remedy(doctor, "# correct the setting that the message names");
	if (!is_imds)
		doctor_skip(doctor, AREA_METADATA, "the AWS settings are invalid");
}

void doctor_metadata(struct doctor *doctor)
{
	struct imds_probe probes[IMDS_MAX_ENDPOINTS] = {{0}};
	struct error error = {0};

	doctor_set_deadline(doctor, PROBE_MSEC);
	if (cloud_open(&doctor->operation, &doctor->cloud, &error)) {
		report_bad_settings(doctor, &error);
		return;
	}
	doctor->has_cloud = true;
	if (!doctor->cloud.has_imds) {
		doctor_add_finding(doctor, AREA_METADATA, FINDING_ERROR, "imds-disabled", "%s",
			doctor->cloud.imds_error.text);
		doctor_add_remedy(doctor, "unset AWS_EC2_METADATA_DISABLED");
		return;
	}
	if (probe_endpoints(doctor, probes, &error)) {
		doctor_add_finding(doctor, AREA_METADATA, FINDING_UNKNOWN, "imds-unreachable", "%s",
			error.text);
		return;
	}
	report_probes(doctor, probes);
	if (doctor->has_metadata)
		fetch_facts(doctor);
}
