/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs as a table: help and completions come from it. A command takes its arguments, has a deed
 * done, and prints what came of it; that is all it does.
 */
#pragma once

#include "base/error.h"
#include "core/operation.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#define TIMEOUT_DEFAULT 30000 /* ms */

/* An option of one verb alone. */
struct command_option {
	const char *name; /* long, without "--" */
	const char *value; /* what its value is called; NULL: it takes none */
	const char *summary;
	bool repeats; /* may be given several times */
};

#define COMMAND_OPTIONS_MAX 12
#define COMMAND_VALUES_MAX 64 /* of all of them together */

/* One of the verb's own options as it was typed. */
struct given_option {
	const struct command_option *option;
	const char *value; /* "" for one that takes none */
};

/* What was typed. */
struct invocation {
	const struct command *command;
	const struct command *commands; /* all that there are */
	size_t n_commands;
	const char *policy_path;
	bool policy_given; /* by --policy, not by default */
	bool dry_run;
	bool json;
	uint64_t timeout; /* ms */
	const char *const *arguments; /* after the verb, NULL-terminated */
	size_t n_arguments;
	struct given_option given[COMMAND_VALUES_MAX]; /* in their order */
	size_t n_given;
};

struct command {
	const char *name; /* "attach", "policy check" */
	const char *arguments; /* for the usage line */
	size_t min_arguments, max_arguments;
	bool of_interfaces; /* the arguments are names of such */
	uint64_t timeout; /* ms, where nothing else is asked for; 0: TIMEOUT_DEFAULT */
	const char *summary;
	const char *description;
	const char *example;
	struct command_option options[COMMAND_OPTIONS_MAX];
	enum outcome (*run)(const struct invocation *invocation);
	bool hidden; /* not for people: help and completions pass over it */
};

/* Of command->options, by its name: its value, or NULL where it was not given. */
const char *invocation_option(const struct invocation *invocation, const char *name);

/* All values of an option that repeats, NULL-terminated; the caller's to free(). -ENOMEM. */
int invocation_values(
	const struct invocation *invocation, const char *name, const char ***ret_values);

enum outcome cmd_attach(const struct invocation *invocation);
enum outcome cmd_detach(const struct invocation *invocation);
enum outcome cmd_boot(const struct invocation *invocation);
enum outcome cmd_plan(const struct invocation *invocation);
enum outcome cmd_status(const struct invocation *invocation);
enum outcome cmd_overlay_show(const struct invocation *invocation);
enum outcome cmd_overlay_create(const struct invocation *invocation);
enum outcome cmd_overlay_move(const struct invocation *invocation);
enum outcome cmd_overlay_release(const struct invocation *invocation);
enum outcome cmd_overlay_delete(const struct invocation *invocation);
enum outcome cmd_eni_list(const struct invocation *invocation);
enum outcome cmd_eni_show(const struct invocation *invocation);
enum outcome cmd_eni_create(const struct invocation *invocation);
enum outcome cmd_eni_move(const struct invocation *invocation);
enum outcome cmd_eni_detach(const struct invocation *invocation);
enum outcome cmd_address_move(const struct invocation *invocation);
enum outcome cmd_address_release(const struct invocation *invocation);
enum outcome cmd_ocf(const struct invocation *invocation);
enum outcome cmd_check(const struct invocation *invocation);
enum outcome cmd_policy_check(const struct invocation *invocation);
enum outcome cmd_policy_show(const struct invocation *invocation);
enum outcome cmd_policy_schema(const struct invocation *invocation);
enum outcome cmd_iam_policy(const struct invocation *invocation);
enum outcome cmd_complete(const struct invocation *invocation);
