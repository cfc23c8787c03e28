/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the words that a shell offers when TAB is pressed. The tables of commands and options
 * determine which kind of word comes next, and the policy has the names. Does no I/O.
 *
 * The usage of an argument or an option's value determines the kind of name: ENI, IFACE, OVERLAY,
 * ROLE, RTB or SUBNET. FILE is left to the shell. A lower-case word is offered as it is
 * ("overlay|eni").
 */
#pragma once

#include "base/strbuf.h"
#include "cli/command.h"
#include "policy/policy.h"

/* The word that is being typed, and its meaning by the words before it. All borrowed. */
struct complete_context {
	/* Its arguments are the words, of which the last is the typed word. */
	const struct invocation *invocation;
	const char *typed; /* the part of the word to complete */
	const char *prefix; /* the part of the word before `typed`: "--for=" */
	size_t prefix_length;
	const struct command *command; /* NULL: its name is not complete yet */
	/* Of a command's name with two words; NULL: not typed yet; "": no such command. */
	const char *first_word;
	/* The kinds of names that the word may be, up to a blank: "[IFACE]". NULL: see is_… */
	const char *usage;
	bool is_option; /* the word is the name of an option */
	bool is_command; /* the word is the name of a command, or its second word */
	const char *policy_path; /* from --policy in the words, else from `invocation` */
};

/* The arguments are the words after the program's name; the last one, maybe "", is being typed. */
void complete_parse_words(
	const struct invocation *invocation, struct complete_context *ret_context);

/*
 * Appends one candidate per line, "WORD<TAB>SUMMARY", to `out`. If a file name is expected, appends
 * the single line "<TAB>files". `links` has the names of the host's interfaces, NULL-terminated.
 * Returns 0 or -ENOMEM.
 */
int complete_list_candidates(const struct complete_context *context, const struct policy *policy,
	const char *const *links, struct strbuf *out);
