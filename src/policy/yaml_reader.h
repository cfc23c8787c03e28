/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a YAML file into a tree.
 *
 * Refused are what a policy has no use for and what could make one part of the file change another
 * out of sight: aliases, anchors, tags, directives, merge keys, a second document, keys that are no
 * scalars or come twice, values of several lines, invisible characters, and nesting or sizes beyond
 * all reason. Each is reported, and reading goes on; only what is not YAML ends it.
 */
#pragma once

#include "policy/yaml_source.h"
#include "policy/yaml_value.h"

/*
 * An empty source gives a null. Returns 0; -EINVAL if reading ended early: the tree has what was read
 * until then; -ENOMEM. In all cases the tree is the caller's. What is wrong is in source->errors.
 */
int yaml_read(const struct yaml_source *source, struct yaml_value *ret_root);
