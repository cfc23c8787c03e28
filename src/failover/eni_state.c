/* SPDX-License-Identifier: Apache-2.0 */
#include "failover/eni_state.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct eni_state eni_state_make(enum eni_state_kind kind, const char *instance)
{
	struct eni_state state = {.kind = kind};

	snprintf(state.instance, sizeof(state.instance), "%s", instance);
	return state;
}

struct eni_state eni_state_of(const struct ec2_eni *eni)
{
	static const enum eni_state_kind kinds[] = {
		[EC2_ATTACHMENT_UNKNOWN] = ENI_STATE_ATTACHED, /* it has an attachment id */
		[EC2_ATTACHMENT_ATTACHING] = ENI_STATE_ATTACHING,
		[EC2_ATTACHMENT_ATTACHED] = ENI_STATE_ATTACHED,
		[EC2_ATTACHMENT_DETACHING] = ENI_STATE_DETACHING,
		[EC2_ATTACHMENT_DETACHED] = ENI_STATE_DETACHED,
	};

	if (eni->status == EC2_ENI_AVAILABLE)
		return eni_state_make(ENI_STATE_FREE, "");
	if (eni->attachment.id[0])
		return eni_state_make(kinds[eni->attachment.status], eni->attachment.instance);
	return eni_state_make(ENI_STATE_UNKNOWN, "");
}

const char *eni_state_format(const struct eni_state *state, char buffer[ENI_STATE_TEXT_SIZE])
{
	/* The instance's id is put between the two texts; if `after` is NULL, no id is shown. */
	static const struct {
		const char *before, *after;
	} texts[] = {
		[ENI_STATE_UNKNOWN] = {"the state of the ENI is unknown", NULL},
		[ENI_STATE_FREE] = {"the ENI is detached and available", NULL},
		[ENI_STATE_ATTACHING] = {"the ENI is being attached to ", ""},
		[ENI_STATE_ATTACHED] = {"the ENI is attached to ", ""},
		[ENI_STATE_DETACHING] = {"the ENI is being detached from ", ""},
		[ENI_STATE_DETACHED] = {"the ENI is no longer attached to ", ""},
		[ENI_STATE_MAYBE_ATTACHING] = {"unknown whether the ENI is being attached to ", ""},
		[ENI_STATE_MAYBE_DETACHING] = {"unknown whether the ENI is being detached from ",
			""},
		[ENI_STATE_ATTACH_UNSEEN] = {"EC2 accepted the attachment to ",
			", but does not show the ENI there"},
		[ENI_STATE_DETACH_UNSEEN] = {"EC2 accepted the detachment from ",
			", but still shows the ENI there"},
		[ENI_STATE_GONE] = {"the ENI no longer exists", NULL},
	};
	const char *instance = state->instance[0] ? state->instance : "a service";
	const char *after = texts[state->kind].after;

	snprintf(buffer, ENI_STATE_TEXT_SIZE, "%s%s%s", texts[state->kind].before,
		after ? instance : "", after ? after : "");
	return buffer;
}

const char *eni_state_explain(const struct eni_state *state, const char *lead_in,
	const struct error *delay_reason, char buffer[ENI_STATE_SIZE])
{
	char text[ENI_STATE_TEXT_SIZE];
	bool has_reason = delay_reason->outcome != OUTCOME_DONE;

	snprintf(buffer, ENI_STATE_SIZE, "%s%s%s", eni_state_format(state, text),
		has_reason ? lead_in : "", has_reason ? delay_reason->text : "");
	return buffer;
}

void eni_set_error(
	struct error *error, const char *name, const struct error *reason, const char *tail)
{
	char text[sizeof(error->text)];
	size_t fixed_size = strlen(name) + (tail ? strlen(tail) : 0) + sizeof(": ; ");
	size_t room = fixed_size < sizeof(text) ? sizeof(text) - fixed_size : 1;
	int length = snprintf(text, room, "%s", reason->text);

	if (length < 0 || (size_t)length >= room)
		utf8_mark_cut(text, room);
	error_set(error, reason->outcome, EREMOTEIO, "%s: %s%s%s", name, text, tail ? "; " : "",
		tail ? tail : "");
}

void eni_set_error_with_state(struct error *error, const char *name, const struct error *reason,
	const struct eni_state *state)
{
	char text[ENI_STATE_TEXT_SIZE];

	/* If the ENI is gone, the reason already says so. */
	eni_set_error(error, name, reason,
		state->kind == ENI_STATE_GONE ? NULL : eni_state_format(state, text));
}

int eni_attachment_compare_date(const struct ec2_attachment *attachment, uint64_t date)
{
	if (!attachment->attached_at || !date || attachment->attached_at == date)
		return 0;
	return attachment->attached_at > date ? 1 : -1;
}

int eni_attachment_compare(const struct ec2_attachment *a, const struct ec2_attachment *b)
{
	return eni_attachment_compare_date(a, b->attached_at);
}

/* The earliest date is that of the first response minus the time since the first call (seconds). */
void eni_start_next(struct eni_start *start, uint64_t now)
{
	uint64_t seconds = (now - start->sent_at + 999) / 1000; /* rounded up */

	if (!start->is_sent)
		*start = (struct eni_start){.is_sent = true, .sent_at = now};
	else if (!start->earliest_date && start->date > seconds)
		start->earliest_date = start->date - seconds;
}

void eni_start_handle_response(struct eni_start *start, const struct flow_response *response)
{
	if (!start->date)
		start->date = response->date;
}

const char *eni_get_holder(const struct ec2_eni *eni)
{
	const struct ec2_attachment *attachment = &eni->attachment;

	if (!attachment->id[0])
		return NULL;
	if (attachment->instance[0])
		return attachment->instance;
	return attachment->instance_owner ? attachment->instance_owner : "a service";
}

/* A service attaches its ENIs without an instance id: the holder is in instance_owner. */
int eni_check_not_managed(const struct ec2_eni *eni, struct error *error)
{
	const struct ec2_attachment *attachment = &eni->attachment;
	bool is_attached_by_service = attachment->id[0] && !attachment->instance[0];
	const char *service = eni->operator_principal;

	if (!service && is_attached_by_service)
		service = attachment->instance_owner;
	if (eni->requester_managed != EC2_FLAG_TRUE && eni->operator_managed != EC2_FLAG_TRUE &&
		!is_attached_by_service)
		return 0;
	return error_set(error, OUTCOME_FAILED, EPERM,
		"%s is managed by %s: other programs must not change the ENI", eni->id,
		service ? service : "an AWS service");
}

int eni_check_vpc_and_zone(const struct ec2_eni *eni, const char *instance, const char *vpc,
	const char *zone, struct error *error)
{
	if (eni->vpc[0] && strcmp(eni->vpc, vpc) != 0)
		return error_set(error, OUTCOME_FAILED, EXDEV,
			"%s is in %s, but this instance, %s, is in %s: an ENI cannot leave its VPC",
			eni->id, eni->vpc, instance, vpc);
	if (eni->zone && strcmp(eni->zone, zone) != 0)
		return error_set(error, OUTCOME_FAILED, EXDEV,
			"%s is in zone %s, but this instance, %s, is in %s: an ENI cannot leave its zone: use an overlay address instead (\"myha overlay move\")",
			eni->id, eni->zone, instance, zone);
	return 0;
}

/* The primary ENI has index 0 on card 0. A card that EC2 does not report is -1. */
static bool is_primary(const struct ec2_attachment *attachment)
{
	return attachment->instance[0] && attachment->device_index == 0 &&
	       attachment->network_card <= 0;
}

int eni_check_detachable(const struct ec2_eni *eni, struct error *error)
{
	int err = eni_check_not_managed(eni, error);

	if (err)
		return err;
	if (is_primary(&eni->attachment))
		return error_set(error, OUTCOME_FAILED, EPERM,
			"%s is the primary ENI of %s and cannot be detached: move another ENI, or a secondary address of this ENI (\"myha address move\")",
			eni->id, eni->attachment.instance);
	return 0;
}
