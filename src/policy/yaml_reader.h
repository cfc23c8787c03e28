/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a YAML file into a tree.
 *
 * The reader refuses syntax that a policy does not need, or that can invisibly change another
 * position in the file. Refused are aliases, anchors, tags, directives, merge keys, a second
 * document, non-scalar or duplicate keys, multi-line values, invisible characters, and excessive
 * nesting or sizes. The reader reports each error and continues; only a syntax error stops it.
 */
#pragma once

#include "policy/yaml_source.h"
#include "policy/yaml_value.h"

/*
 * Reads the source. An empty source returns a null value. Reports errors to source->errors. Returns
 * 0; -EINVAL if reading stopped early, then the tree contains the values that were read before; or
 * -ENOMEM. The caller owns the tree in all cases.
 */
int yaml_read(const struct yaml_source *source, struct yaml_value *ret_root);
