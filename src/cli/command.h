/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defines a command, an entry of the table from which help and completions are made. A command only
 * converts its arguments to an operation, runs the operation, and prints the results.
 */
#pragma once

#include "base/error.h"
#include "core/operation.h"

#include <stdbool.h>
#include <stdint.h>

#define TIMEOUT_DEFAULT 30000 /* ms */

/* An option of a single command. */
struct command_option {
	const char *name; /* long, without "--" */
	const char *value; /* the name of its value in the help; NULL: it has no value */
	const char *summary;
	bool repeats; /* may be given several times */
};

#define COMMAND_OPTIONS_MAX 12
#define COMMAND_VALUES_MAX 64 /* limit for all options together */

/* One of command->options, as typed. Global options have their own members of the invocation. */
struct given_option {
	const struct command_option *option;
	const char *value; /* "" if the option has no value */
};

/* The parsed command line. All pointers are borrowed. */
struct invocation {
	const struct command *command;
	const struct command *commands; /* the table of all commands */
	size_t n_commands;
	const char *policy_path;
	bool dry_run;
	bool json;
	uint64_t timeout; /* ms */
	const char *const *arguments; /* after the command's name, NULL-terminated */
	size_t n_arguments;
	struct given_option given[COMMAND_VALUES_MAX]; /* in the order of the command line */
	size_t n_given;
};

struct command {
	const char *name; /* "attach", "policy check" */
	const char *arguments; /* for the usage line */
	size_t min_arguments, max_arguments;
	bool of_interfaces; /* the arguments are names of interfaces */
	uint64_t timeout; /* ms, the default of --timeout; 0: TIMEOUT_DEFAULT */
	const char *summary;
	const char *description;
	const char *example;
	struct command_option options[COMMAND_OPTIONS_MAX];
	enum outcome (*run)(const struct invocation *invocation);
	bool hidden; /* not for users: help and completions leave it out */
};

/* Returns the (first) value of one of command->options; "": it has no value; NULL: not given. */
const char *invocation_option(const struct invocation *invocation, const char *name);

/* Gets all values of an option, NULL-terminated; the caller frees the array. 0 or -ENOMEM. */
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
