/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the policy file, and its overlay addresses against the CIDRs of the VPC.
 */
#include "doctor/parts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Reports a missing or an invalid file. */
static void add_invalid_file(struct doctor *doctor)
{
	const struct doctor_options *options = doctor->options;
	const struct policy_errors *errors = &options->policy_errors;
	const char *path = options->policy_path;
	struct stat stat_;

	if (stat(path, &stat_) < 0 && errno == ENOENT) {
		const char *slash = strrchr(path, '/');

		diagnosis_add(doctor->diagnosis, AREA_POLICY, FINDING_ERROR, "policy-missing",
			"%s does not exist: without a policy file, myha changes nothing", path);
		if (slash && slash != path)
			diagnosis_add_remedy(
				doctor->diagnosis, "mkdir -p -- %.*s", (int)(slash - path), path);
		diagnosis_add_remedy(doctor->diagnosis,
			"printf '%%s\\n' 'version: 1' 'interfaces: {}' >%s", path);
		diagnosis_add_remedy(doctor->diagnosis,
			"# then list the interfaces and overlays: see man myha.policy");
		return;
	}
	if (errors->items[0].code == ERROR_UNSAFE_OWNER) {
		diagnosis_add(doctor->diagnosis, AREA_POLICY, FINDING_ERROR, "policy-owner", "%s",
			errors->items[0].text);
		diagnosis_add_remedy(doctor->diagnosis, "chown root -- %s", path);
		diagnosis_add_remedy(doctor->diagnosis, "chmod go-w -- %s", path);
		return;
	}
	for (size_t i = 0; i < errors->count; i++) {
		diagnosis_add(doctor->diagnosis, AREA_POLICY, FINDING_ERROR, "policy-wrong", "%s",
			errors->items[i].text);
		diagnosis_add_remedy(
			doctor->diagnosis, "# correct the file, then run: myha policy check");
	}
}

void doctor_policy(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;

	if (!doctor->has_policy) {
		add_invalid_file(doctor);
		return;
	}
	diagnosis_add_passed(doctor->diagnosis, AREA_POLICY,
		"%s lists %zu interface%s and %zu overlay%s", doctor->options->policy_path,
		policy->n_interfaces, policy->n_interfaces == 1 ? "" : "s", policy->n_overlays,
		policy->n_overlays == 1 ? "" : "s");
	if (policy->n_interfaces || policy->n_overlays)
		return;
	diagnosis_add(doctor->diagnosis, AREA_POLICY, FINDING_NOTE, "policy-empty",
		"%s lists no interfaces and no overlays: myha changes nothing",
		doctor->options->policy_path);
	/* A new user reads this finding first. */
	diagnosis_add_remedy(doctor->diagnosis,
		"# list the interfaces and overlays in this file, for example: interfaces: {eth1: {}}");
	diagnosis_add_remedy(doctor->diagnosis,
		"# see man myha.policy; then show the planned changes: myha plan");
}

/* Fetches the VPC's CIDRs of one family from the metadata service. Returns 0 or -errno. */
static int fetch_cidrs(
	struct doctor *doctor, const char *key, struct strbuf *text, struct error *error)
{
	int err = imds_get_for_interface(&doctor->cloud.imds, &doctor->primary, key,
		&doctor->operation.deadline, text, error);

	/* A VPC without IPv6 has no such key. */
	if (err == -ENOENT) {
		strbuf_clear(text);
		err = 0;
	}
	return err;
}

static void check_overlay(
	struct doctor *doctor, const struct policy_overlay *overlay, const char *block)
{
	struct ip_prefix prefix;
	char address[IP_ADDRESS_TEXT_SIZE];

	if (ip_prefix_parse(block, &prefix) || !ip_prefix_contains(&prefix, &overlay->address))
		return;
	diagnosis_add(doctor->diagnosis, AREA_POLICY, FINDING_ERROR, "overlay-inside-vpc",
		"%s: %s is inside CIDR %s of VPC %s: EC2 rejects routes to this address",
		overlay->name, ip_address_format(&overlay->address, address), block, doctor->vpc);
	diagnosis_add_remedy(doctor->diagnosis,
		"# set overlays.%s.address in %s to an address outside every CIDR of the VPC",
		overlay->name, doctor->options->policy_path);
}

void doctor_vpc(struct doctor *doctor)
{
	static const char *const keys[] = {"vpc-ipv4-cidr-blocks", "vpc-ipv6-cidr-blocks"};
	const struct policy *policy = doctor->operation.policy;

	if (!policy->n_overlays || !mac_is_set(&doctor->primary))
		return;
	doctor_limit(doctor, 5000);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_(strbuf_done) struct strbuf text = {0};
		struct error error = {0};
		char *block, *rest;

		if (fetch_cidrs(doctor, keys[i], &text, &error)) {
			diagnosis_add(doctor->diagnosis, AREA_POLICY, FINDING_UNKNOWN,
				"overlay-inside-vpc",
				"cannot check whether the overlay addresses are outside the VPC: %s",
				error.text);
			return;
		}
		block = text.data ? strtok_r(text.data, "\n", &rest) : NULL;
		for (; block; block = strtok_r(NULL, "\n", &rest))
			for (size_t j = 0; j < policy->n_overlays; j++)
				check_overlay(doctor, &policy->overlays[j], block);
	}
}
