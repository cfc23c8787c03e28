/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/session.h"
#include "iam/document.h"
#include "iam/location.h"

/* Logs what the administrator must know about the document: JSON cannot have comments. */
static void log_notes(const struct policy *policy, unsigned uses,
	const struct iam_location *location, const char *role, const struct iam_document *document)
{
	if (!document->root)
		log_line(LOG_INFO, NULL, "no IAM permissions are required");
	if (document->any_vpc)
		log_line(LOG_WARNING, NULL,
			"the document covers every VPC of the account in %s: use --vpc to limit the document",
			location->region);
	if (role) /* the notes about roles belong to the host's document */
		return;
	for (size_t i = 0; i < policy->n_overlays; i++) {
		const struct policy_overlay *overlay = &policy->overlays[i];
		if (overlay->role_arn && uses & (IAM_USE_BIT(IAM_OVERLAY) | IAM_USE_BIT(IAM_BOOT)))
			log_line(LOG_INFO, NULL,
				"%s: the overlay's role requires a separate IAM policy: use --for-role %s",
				overlay->name, overlay->role_arn);
	}
}

enum outcome cmd_iam_policy(const struct invocation *invocation)
{
	_cleanup_(session_close) struct session session;
	_cleanup_(iam_document_done) struct iam_document document = {0};
	const char *role = invocation_option(invocation, "for-role");
	const struct iam_location_options given = {
		.partition = invocation_option(invocation, "partition"),
		.region = invocation_option(invocation, "region"),
		.account = invocation_option(invocation, "account"),
		.vpc = invocation_option(invocation, "vpc"),
		.role = role,
	};
	struct iam_location location;
	struct error error = {0};
	unsigned uses = 0;

	if (session_open(invocation, SESSION_POLICY_NEEDED, &session, &error) ||
		option_uses(invocation, &session.policy, &uses, &error) ||
		iam_location_find(&session.operation, &given, &location, &error) ||
		iam_document_build(&session.policy, uses, &location, role, &document, &error))
		return output_error(&error);
	log_notes(&session.policy, uses, &location, role, &document);
	if (!document.root)
		return OUTCOME_DONE;
	return output_json(json_incref(document.root)); /* which releases a reference */
}
