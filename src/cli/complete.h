/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a shell offers when TAB is pressed: the tables of verbs and options say what may stand there,
 * the policy which names. Pure.
 *
 * Which names an argument or an option's value is, its usage says: ENI, IFACE, OVERLAY, ROLE, RTB,
 * SUBNET; FILE is left to the shell; what is in lower case stands for itself ("overlay|eni").
 */
#pragma once

#include "base/strbuf.h"
#include "cli/command.h"
#include "policy/policy.h"

/* The word that is being typed, and what is known of it from those before. All borrowed. */
struct complete_point {
	const struct command *commands; /* all that there are */
	size_t n_commands;
	const char *typed; /* from here on it is to be completed */
	const char *before; /* the beginning of the same word, which stays: "--for=" */
	size_t n_before; /* bytes of it */
	const struct command *command; /* NULL: its name is not complete yet */
	const char *first; /* of a name in two words, typed before; NULL: nothing */
	const char *usage; /* what it stands for, up to a blank; NULL: see what follows */
	bool is_option; /* the name of one */
	bool is_command; /* the name of a verb, or its second word */
	const char *policy_path; /* of --policy; NULL: not given */
	const char *const *words; /* those before; options among them are not offered again */
	size_t n_words;
};

/* `words` are those behind the program's name; the last one, which may be "", is being typed. */
void complete_locate(const struct command *commands, size_t n_commands, const char *const *words,
	size_t count, struct complete_point *ret_point);

/*
 * A candidate a line, "WORD<TAB>SUMMARY"; or the one line "<TAB>files", where the name of a file is
 * wanted. `links` are the host's interfaces, NULL-terminated. Returns 0 or -ENOMEM.
 */
int complete_offer(const struct complete_point *point, const struct policy *policy,
	const char *const *links, struct strbuf *out);
