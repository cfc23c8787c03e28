/* SPDX-License-Identifier: Apache-2.0 */
/* Checks the policy file, and its overlay addresses against the CIDRs of the VPC. */
#include "doctor/parts.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define CIDR_MSEC 5000

/* Reports a missing or an invalid file. */
static void report_invalid_file(struct doctor *doctor)
{
	const struct doctor_options *options = doctor->options;
	const struct policy_errors *errors = &options->policy_errors;
	const char *path = options->policy_path;
	struct stat stat_;

	if (stat(path, &stat_) < 0 && errno == ENOENT) {
		const char *slash = strrchr(path, '/');

		doctor_add_finding(doctor, AREA_POLICY, FINDING_ERROR, "policy-missing",
			"%s does not exist: without a policy file, myha changes nothing", path);
		if (slash && slash != path)
			doctor_add_remedy(doctor, "mkdir -p -- %.*s", (int)(slash - path), path);
		doctor_add_remedy(
			doctor, "printf '%%s\\n' 'version: 1' 'interfaces: {}' >%s", path);
		doctor_add_remedy(
			doctor, "# then list the interfaces and overlays: see man myha.policy");
		return;
	}
	if (errors->items[0].code == ERROR_UNSAFE_OWNER) {
		doctor_add_finding(doctor, AREA_POLICY, FINDING_ERROR, "policy-owner", "%s",
			errors->items[0].text);
		doctor_add_remedy(doctor, "chown root -- %s", path);
		doctor_add_remedy(doctor, "chmod go-w -- %s", path);
		return;
	}
	for (size_t i = 0; i < errors->count; i++) {
		doctor_add_finding(doctor, AREA_POLICY, FINDING_ERROR, "policy-wrong", "%s",
			errors->items[i].text);
		doctor_add_remedy(doctor, "# correct the file, then run: myha policy check");
	}
}

void doctor_policy(struct doctor *doctor)
{
	const struct policy *policy = doctor->operation.policy;

	if (!doctor->has_policy) {
		report_invalid_file(doctor);
		return;
	}
	doctor_add_passed(doctor, AREA_POLICY, "%s lists %zu interface%s and %zu overlay%s",
		doctor->options->policy_path, policy->n_interfaces,
		policy->n_interfaces == 1 ? "" : "s", policy->n_overlays,
		policy->n_overlays == 1 ? "" : "s");
	if (policy->n_interfaces || policy->n_overlays)
		return;
	doctor_add_finding(doctor, AREA_POLICY, FINDING_NOTE, "policy-empty",
		"%s lists no interfaces and no overlays: myha changes nothing",
		doctor->options->policy_path);
	doctor_add_remedy(doctor,
		"# list the interfaces and overlays in this file, for example: interfaces: {eth1: {}}");
	doctor_add_remedy(
		doctor, "# see man myha.policy; then show the planned changes: myha plan");
}

/* Fetches the VPC's CIDRs of one family from the metadata service. Returns 0 or -errno. */
static int fetch_cidrs(
	struct doctor *doctor, const char *key, struct strbuf *text, struct error *error)
{
	int err = imds_get_for_interface(&doctor->cloud.imds, &doctor->primary_mac, key,
		&doctor->operation.deadline, text, error);

	if (err != -ENOENT)
		return err;
	/* -ENOENT: a VPC without IPv6 has no such key, so it has no such CIDRs. */
	strbuf_clear(text);
	return 0;
}

/* Reports an overlay whose address is inside a CIDR of the VPC. */
static void check_overlay_outside(
	struct doctor *doctor, const struct policy_overlay *overlay, const char *cidr)
{
	struct ip_prefix prefix;
	char address[IP_ADDRESS_TEXT_SIZE];

	if (ip_prefix_parse(cidr, &prefix) || !ip_prefix_contains(&prefix, &overlay->address))
		return;
	doctor_add_finding(doctor, AREA_POLICY, FINDING_ERROR, "overlay-inside-vpc",
		"%s: %s is inside CIDR %s of VPC %s: EC2 rejects routes to this address",
		overlay->name, ip_address_format(&overlay->address, address), cidr, doctor->vpc);
	doctor_add_remedy(doctor,
		"# set overlays.%s.address in %s to an address outside every CIDR of the VPC",
		overlay->name, doctor->options->policy_path);
}

/* Checks that each overlay address is outside of the VPC, as EC2 requires. */
void doctor_vpc(struct doctor *doctor)
{
	static const char *const keys[] = {"vpc-ipv4-cidr-blocks", "vpc-ipv6-cidr-blocks"};
	const struct policy *policy = doctor->operation.policy;

	if (!policy->n_overlays || !mac_is_set(&doctor->primary_mac))
		return;
	doctor_set_deadline(doctor, CIDR_MSEC);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_(strbuf_done) struct strbuf text = {0};
		struct error error = {0};
		char *cidr, *rest;

		if (fetch_cidrs(doctor, keys[i], &text, &error)) {
			doctor_add_finding(doctor, AREA_POLICY, FINDING_UNKNOWN,
				"overlay-inside-vpc",
				"cannot check whether the overlay addresses are outside the VPC: %s",
				error.text);
			return;
		}
		cidr = text.data ? strtok_r(text.data, "\n", &rest) : NULL;
		for (; cidr; cidr = strtok_r(NULL, "\n", &rest))
			for (size_t j = 0; j < policy->n_overlays; j++)
				check_overlay_outside(doctor, &policy->overlays[j], cidr);
	}
}
