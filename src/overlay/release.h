/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back: an overlay's address off this host, and its routes out of the tables.
 */
#pragma once

#include "overlay/result.h"

/*
 * Takes the address off this host, which needs nothing but the kernel and does not wait for a move that
 * is under way; then, where `routes` says so, deletes the routes that still lead here. Fills the result
 * in. 0 or -errno as result->error says.
 */
int overlay_release(const struct operation *operation, bool routes, struct overlay_result *result);

/*
 * Deletes the routes that lead to this host (`force`: wherever they lead), and when all are gone takes
 * the address off this host. A route that leads elsewhere is an error that says where.
 */
int overlay_remove(const struct operation *operation, bool force, struct overlay_result *result);
