/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resource agents for Pacemaker, as deeds: an overlay IP address, and an ENI. They keep to the
 * Open Cluster Framework's resource agent API, version 1.1: an action, parameters, and a number back.
 *
 * A stop takes the address off this host by the kernel alone, and reads that back; a start reads back,
 * too. Only a start and a validation refuse parameters: a stop and a monitor of what can never have been
 * started end with "stopped", so that no mistake in the cluster's configuration gets a node fenced. What
 * the kernel carries runs, also where EC2 does not answer.
 */
#pragma once

#include "core/operation.h"

/* The numbers are those of the API. */
enum ocf_code {
	OCF_SUCCESS = 0,
	OCF_ERR_GENERIC = 1,
	OCF_ERR_ARGS = 2,
	OCF_ERR_UNIMPLEMENTED = 3,
	OCF_ERR_PERM = 4,
	OCF_ERR_INSTALLED = 5, /* not on this node, but perhaps on another */
	OCF_ERR_CONFIGURED = 6, /* on no node: the cluster's configuration is wrong */
	OCF_NOT_RUNNING = 7,
	OCF_RUNNING_DEGRADED =
		190, /* it does its work, but not all that one wants to know is known */
};

struct ocf_parameter {
	const char *name;
	const char *type; /* "string", "boolean", "integer" */
	const char *fallback; /* what it is where it is not given; NULL: nothing */
	bool unique;
	bool ignored; /* taken for the sake of configurations of other agents */
	const char *summary;
	const char *description;
};

#define OCF_PARAMETERS_MAX 20

/* What Pacemaker tells. All borrowed. */
struct ocf_call {
	const struct operation *operation; /* its deadline is what is left of Pacemaker's */
	const struct ocf_agent *agent;
	const char *values[OCF_PARAMETERS_MAX]; /* by agent->parameters; NULL: not given */
	bool is_probe; /* a monitor that asks whether it runs at all */
};

struct ocf_agent {
	const char *name; /* "overlay-ip" */
	const char *summary;
	const char *description;
	struct ocf_parameter parameters[OCF_PARAMETERS_MAX];
	/* Seconds, for the meta-data. */
	unsigned start_timeout, stop_timeout, monitor_timeout, monitor_interval;
	/* Each logs, and sets the words of a failure. */
	enum ocf_code (*start)(const struct ocf_call *call, struct error *error);
	enum ocf_code (*stop)(const struct ocf_call *call, struct error *error);
	enum ocf_code (*monitor)(const struct ocf_call *call, struct error *error);
	enum ocf_code (*validate)(const struct ocf_call *call, struct error *error);
};

/* A parameter's value, or its fallback. */
const char *ocf_value(const struct ocf_call *call, const char *name);
bool ocf_flag(const struct ocf_call *call, const char *name);

/* What a deed's failure is for Pacemaker: what it need not try again on this node, or may. */
enum ocf_code ocf_code_of(enum outcome outcome);

/*
 * What it is when the parameters make no sense: -ENOENT, that they name something which this node has
 * not, is the one case in which another node may do better.
 */
enum ocf_code ocf_code_of_parameters(int err);

/*
 * A stop or a monitor that failed. Where the error is one of the parameters (OUTCOME_USAGE), which no
 * start would have accepted, nothing runs: the error is left as a note for the log.
 */
enum ocf_code ocf_code_of_stop(struct error *error);
enum ocf_code ocf_code_of_monitor(struct error *error);

/* For what a monitor asks beyond the kernel: it changes nothing, and has a third of the action's time. */
struct operation ocf_brief_operation(const struct ocf_call *call);
