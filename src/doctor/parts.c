/* SPDX-License-Identifier: Apache-2.0 */
#include "doctor/parts.h"

#include "base/clock.h"
#include "base/parse.h"
#include "hazard/root_files.h"

#include <stdio.h>
#include <string.h>

/* On Nitro instances the firmware has the instance id, even without the metadata service. */
#define ASSET_TAG "/sys/devices/virtual/dmi/id/board_asset_tag"

void doctor_set_deadline(struct doctor *doctor, uint64_t msec)
{
	doctor->operation.deadline = deadline_min(
		doctor->total_deadline, deadline_after(clock_now(), msec));
}

void doctor_skip(struct doctor *doctor, enum diagnosis_area area, const char *why)
{
	doctor_add_finding(doctor, area, doctor->can_skip_ec2 ? FINDING_NOTE : FINDING_UNKNOWN,
		"not-looked-at", "not checked: %s", why);
}

const char *doctor_instance(const struct doctor *doctor, char buffer[EC2_ID_SIZE])
{
	_cleanup_(strbuf_done) struct strbuf tag = {0};

	snprintf(buffer, EC2_ID_SIZE, "%s", doctor->instance);
	if (!buffer[0] && !root_read("", ASSET_TAG, &tag, NULL) && tag.data) {
		tag.data[strcspn(tag.data, "\n")] = '\0';
		if (parse_ec2_id(tag.data, "i") == 0)
			snprintf(buffer, EC2_ID_SIZE, "%s", tag.data);
	}
	if (!buffer[0])
		snprintf(buffer, EC2_ID_SIZE, "INSTANCE_ID");
	return buffer;
}
