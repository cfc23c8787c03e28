/* SPDX-License-Identifier: Apache-2.0 */
#include "eni/link_record.h"

#include "core/resource_record.h"
#include "kernel/snapshot.h"

#include <errno.h>
#include <string.h>

#define RECORD_KIND "mac"

int link_record_store(const struct operation *operation, const char *name, const struct mac *mac,
	struct error *error)
{
	char text[MAC_TEXT_SIZE];

	return resource_record_store(operation, name, RECORD_KIND, mac_format(mac, text), error);
}

int link_record_find(const struct operation *operation, const char *name,
	char ret_interface[IFNAMSIZ], struct error *error)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	_cleanup_(netstate_done) struct netstate observed = {0};
	const struct net_link *link;
	struct mac mac;
	int err = resource_record_load(operation, name, RECORD_KIND, &text, error);

	ret_interface[0] = '\0';
	if (err || !text.length)
		return err;
	if (parse_mac(strbuf_text(&text), &mac))
		return error_set(error, OUTCOME_FAILED, EBADMSG,
			"%s: the record of the ENI contains \"%s\", which is not a MAC address",
			name, strbuf_text(&text));
	err = snapshot_read(NULL, 0 /* no routes */, &operation->deadline, &observed, error);
	link = err ? NULL : netstate_link_of_eni(&observed, &mac);
	if (link)
		memcpy(ret_interface, link->name, IFNAMSIZ);
	return err;
}

int link_record_remove(const struct operation *operation, const char *name, struct error *error)
{
	return resource_record_remove(operation, name, RECORD_KIND, error);
}
