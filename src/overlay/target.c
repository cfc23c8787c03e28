/* SPDX-License-Identifier: Apache-2.0 */
#include "overlay/target.h"

#include "base/utf8.h"
#include "failover/instance_eni.h"

#include <errno.h>
#include <string.h>

int overlay_target_find_local(struct overlay_host *host, struct cloud *cloud,
	const struct overlay_subject *subject, struct net_link *ret_link, char ret_eni[EC2_ID_SIZE],
	struct error *error)
{
	struct net_link link;
	struct mac mac;
	int err = overlay_host_find_link(host, cloud, subject, &link, error);

	if (err)
		return err;
	*ret_link = link;
	mac = link.mac;
	/* Traffic for the addresses of the loopback link arrives through the primary ENI. */
	if (link.loopback)
		err = cloud_get_primary_mac(cloud, &mac, error);
	return err ? err : cloud_get_eni(cloud, &mac, ret_eni, error);
}

int overlay_target_find_named(
	struct cloud *cloud, const char *to, char ret_eni[EC2_ID_SIZE], struct error *error)
{
	struct instance_eni instance;
	char shown[UTF8_SHORT_SIZE];
	int err;

	if (value_id.parse(to, "eni", ret_eni) == 0) /* copies the id */
		return 0;
	if (parse_ec2_id(to, "i"))
		return error_set(error, OUTCOME_USAGE, EINVAL,
			"--to %s: neither the id of an ENI (eni-…) nor of an instance (i-…)",
			utf8_shorten(to, shown));
	instance_eni_init(&instance, to);
	err = cloud_run_flow(cloud, NULL /* no role */, instance_eni_flow(&instance), error);
	if (err)
		return err;
	if (instance_eni_outcome(&instance) != OUTCOME_DONE) {
		*error = instance.error;
		return -ENOENT;
	}
	memcpy(ret_eni, instance.eni, EC2_ID_SIZE);
	return 0;
}

int overlay_target_find_vpc(struct cloud *cloud, const struct overlay_subject *subject,
	char ret_vpc[EC2_ID_SIZE], struct error *error)
{
	int err = cloud_get_vpc(cloud, ret_vpc, error);

	/* -ENXIO: without the metadata service, named tables need no VPC. */
	if (err != -ENXIO || !subject->tables)
		return err;
	*error = (struct error){0};
	ret_vpc[0] = '\0';
	return 0;
}
