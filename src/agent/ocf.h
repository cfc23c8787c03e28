/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defines the interface of the Pacemaker resource agents, one for an overlay IP address and one for
 * an ENI. They implement the Open Cluster Framework's resource agent API, version 1.1: an action
 * and parameters go in, and a numeric code comes back.
 *
 * A stop removes the address from this host, uses only the kernel and /run/myha for that, and reads
 * the result back; a start also reads back. Only a start and a validation refuse parameters. If no
 * start can have succeeded with the parameters, a stop and a monitor end with "stopped". So a
 * mistake in the cluster's configuration does not get a node fenced. A resource whose address is
 * placed in the kernel counts as running, also if EC2 does not respond.
 */
#pragma once

#include "core/operation.h"

/* The values are those of the API. */
enum ocf_code {
	OCF_SUCCESS = 0,
	OCF_ERR_GENERIC = 1,
	OCF_ERR_ARGS = 2,
	OCF_ERR_UNIMPLEMENTED = 3,
	OCF_ERR_PERM = 4,
	OCF_ERR_INSTALLED = 5, /* cannot run on this node, but perhaps on another one */
	OCF_ERR_CONFIGURED = 6, /* cannot run on any node: the cluster's configuration is wrong */
	OCF_NOT_RUNNING = 7,
	OCF_RUNNING_DEGRADED = 190, /* serves, but its state is not fully known or not as wanted */
};

struct ocf_parameter {
	const char *name;
	const char *type; /* "string", "boolean", "integer" */
	const char *fallback; /* the value if it is not given; NULL: none */
	bool unique;
	bool ignored; /* accepted without effect: configurations of other agents have it */
	const char *summary;
	const char *description;
};

#define OCF_PARAMETERS_MAX 20

/* One call by Pacemaker. All members are borrowed. */
struct ocf_call {
	const struct operation *operation; /* its deadline is derived from Pacemaker's timeout */
	const struct ocf_agent *agent;
	/* In the order of agent->parameters; NULL: not given. */
	const char *values[OCF_PARAMETERS_MAX];
	bool is_probe; /* a monitor that only finds out whether the resource runs here */
};

struct ocf_agent {
	const char *name; /* "overlay-ip" */
	const char *summary;
	const char *description;
	struct ocf_parameter parameters[OCF_PARAMETERS_MAX];
	/* Seconds; published in the meta-data. */
	unsigned start_timeout, stop_timeout, monitor_timeout, monitor_interval;
	/* The actions. Each logs its steps, and sets the message of a failure. */
	enum ocf_code (*start)(const struct ocf_call *call, struct error *error);
	enum ocf_code (*stop)(const struct ocf_call *call, struct error *error);
	enum ocf_code (*monitor)(const struct ocf_call *call, struct error *error);
	enum ocf_code (*validate)(const struct ocf_call *call, struct error *error);
};

extern const struct ocf_agent ocf_overlay_ip, ocf_eni;

/*
 * Return the value of a parameter, or its fallback. NULL: it has neither. ocf_get_flag() is true
 * for yes, true, 1, on and ja in any case, as in the shell functions of the resource agents.
 */
const char *ocf_get_value(const struct ocf_call *call, const char *name);
bool ocf_get_flag(const struct ocf_call *call, const char *name);

/* Returns the code for a failed operation. It decides whether Pacemaker retries on this node. */
enum ocf_code ocf_code_from_outcome(enum outcome outcome);

/*
 * Returns the code for parameters that were refused. Only -ENOENT, when this node does not have the
 * thing that they name, lets Pacemaker try another node. -ENOMEM and -EIO are general failures.
 */
enum ocf_code ocf_code_from_parameter_error(int err);

/*
 * Returns the code for a stop or a monitor that failed. With OUTCOME_USAGE the parameters are
 * wrong. No start would have accepted them, so the resource does not run: the code is
 * `never_started`, which is OCF_SUCCESS for a stop, OCF_NOT_RUNNING for a monitor. The error stays
 * set, for the log.
 */
enum ocf_code ocf_code_if_never_started(enum ocf_code never_started, struct error *error);

/*
 * Returns an operation that reads EC2 or the metadata service during an action. It is a dry run,
 * and its deadline is a third of the action's time from now.
 */
struct operation ocf_make_read_operation(const struct ocf_call *call);
