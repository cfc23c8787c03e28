/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/complete.h"

#include "base/utf8.h"
#include "cli/global_options.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#define FILES_LINE "\tfiles\n"

/* State while the words before the typed word are read. */
struct word_reader {
	struct complete_context *context;
	bool options_ended; /* "--" was read: only arguments follow */
	size_t n_arguments; /* of the command, without its name */
};

/* Whether `text` is the first or only word of the command's name. */
static bool is_first_word(const struct command *command, const char *text)
{
	size_t length = strcspn(command->name, " ");

	return strlen(text) == length && strncmp(command->name, text, length) == 0;
}

static const char *get_second_word(const struct command *command)
{
	const char *blank = strchr(command->name, ' ');

	return blank ? blank + 1 : NULL;
}

static bool is_long_form_of(const char *word, const struct command_option *option)
{
	size_t length = strlen(option->name);

	return strncmp(word, "--", 2) == 0 && strncmp(word + 2, option->name, length) == 0 &&
	       (word[2 + length] == '\0' || word[2 + length] == '=');
}

/* Finds the option in "--for", "--for=ove" or "-p". `command` NULL: only global options. */
static const struct command_option *find_option(const struct command *command, const char *word)
{
	for (size_t i = 0; i < GLOBAL_OPTIONS; i++) {
		const char letter[] = {'-', (char)global_options[i].value, '\0'};
		if (is_long_form_of(word, &global_options[i].option))
			return &global_options[i].option;
		if (global_option_has_letter(&global_options[i]) && strcmp(word, letter) == 0)
			return &global_options[i].option;
	}
	for (size_t i = 0; command && i < COMMAND_OPTIONS_MAX && command->options[i].name; i++)
		if (is_long_form_of(word, &command->options[i]))
			return &command->options[i];
	return NULL;
}

/* Reads the first or second word of the command's name, and finds the command if it is complete. */
static void read_command_word(struct complete_context *context, const char *word)
{
	for (size_t i = 0; i < context->invocation->n_commands && !context->command; i++) {
		const struct command *command = &context->invocation->commands[i];
		const char *second = get_second_word(command);
		bool is_complete = false;
		if (!context->first_word)
			is_complete = !second && is_first_word(command, word);
		else if (second && is_first_word(command, context->first_word))
			is_complete = strcmp(second, word) == 0;
		if (is_complete)
			context->command = command;
	}
	/* No command's first word is "": after an unknown second word, nothing is offered. */
	context->first_word = context->first_word ? "" : word;
}

/*
 * Reads words[0] or, for an option and its value, two words. Returns how many. The typed word is
 * words[n_words]: if it is the option's value, `usage` gets the kinds of that value.
 */
static size_t read_word(struct word_reader *reader, const char *const *words, size_t n_words)
{
	struct complete_context *context = reader->context;
	const char *word = words[0], *equals = strchr(word, '=');
	const struct command_option *option;

	if (!reader->options_ended && strcmp(word, "--") == 0) {
		reader->options_ended = true;
	} else if (!reader->options_ended && word[0] == '-' && word[1]) {
		option = find_option(context->command, word);
		if (!option || !option->value) /* an unknown option counts as one without a value */
			return 1;
		if (strcmp(option->name, "policy") == 0 && (equals || n_words > 1))
			context->policy_path = equals ? equals + 1 : words[1];
		if (!equals && n_words == 1) /* the typed word is its value */
			context->usage = option->value;
		return equals ? 1 : 2;
	} else if (!context->command) {
		read_command_word(context, word);
	} else {
		reader->n_arguments++;
	}
	return 1;
}

/* Sets what to complete: in "--fo" the option's name, in "--for=ove" only the value "ove". */
static void parse_typed_option(struct complete_context *context)
{
	const char *equals = strchr(context->typed, '=');
	const struct command_option *option = equals ? find_option(context->command, context->typed)
						     : NULL;

	context->is_option = !option || !option->value;
	if (context->is_option)
		return;
	context->usage = option->value;
	context->prefix = context->typed;
	context->prefix_length = (size_t)(equals + 1 - context->typed);
	context->typed = equals + 1;
}

/* The usage of an argument by its number from 0: in "AGENT ACTION", 1 is "ACTION". NULL: none. */
static const char *find_argument_usage(const struct command *command, size_t number)
{
	const char *usage = command->arguments;

	for (size_t i = 0; usage && i < number; i++) {
		usage = strchr(usage, ' ');
		usage = usage ? usage + 1 : NULL;
	}
	return usage;
}

/* The words before the typed word, which is the last one, determine what it may be. */
void complete_parse_words(const struct invocation *invocation, struct complete_context *ret_context)
{
	struct complete_context *context = ret_context;
	struct word_reader reader = {.context = context};
	size_t last = invocation->n_arguments ? invocation->n_arguments - 1 : 0;

	*context = (struct complete_context){
		.invocation = invocation,
		.typed = invocation->n_arguments ? invocation->arguments[last] : "",
		.policy_path = invocation->policy_path,
	};
	for (size_t i = 0; i < last;)
		i += read_word(&reader, invocation->arguments + i, last - i);
	if (context->usage) /* the last word is an option's value */
		return;
	if (!reader.options_ended && context->typed[0] == '-')
		parse_typed_option(context);
	else if (context->command)
		context->usage = find_argument_usage(context->command, reader.n_arguments);
	else
		context->is_command = true;
}

/* Only the end checks `out`: after an addition has failed, all later additions fail, too. */
struct candidates {
	const struct complete_context *context;
	const struct policy *policy;
	const char *const *links;
	struct strbuf *out;
};

/* Whether a line of the output begins with `prefix`: several policy entries may offer one name. */
static bool has_candidate(const struct candidates *candidates, const char *prefix, size_t length)
{
	const char *line = strbuf_text(candidates->out);

	while (*line) {
		if (strncmp(line, prefix, length) == 0)
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n'; /* 0 at the end of the text */
	}
	return false;
}

/* Adds the first `length` bytes of `word`, if `word` begins with the typed text. */
static void add_candidate(
	struct candidates *candidates, const char *word, size_t length, const char *summary)
{
	const struct complete_context *context = candidates->context;
	_cleanup_(strbuf_done) struct strbuf line = {0};

	/* Printing would mask a character that terminals do not show, and so offer another name. */
	if (strncmp(word, context->typed, strlen(context->typed)) != 0 || !utf8_is_shown_text(word))
		return;
	strbuf_printf(&line, "%.*s%.*s\t", (int)context->prefix_length,
		context->prefix_length ? context->prefix : "", (int)length, word);
	if (line.failed)
		candidates->out->failed = true;
	else if (!has_candidate(candidates, strbuf_text(&line), line.length))
		strbuf_printf(candidates->out, "%s%s\n", strbuf_text(&line), summary);
}

static void add_name(struct candidates *candidates, const char *name, const char *summary)
{
	add_candidate(candidates, name, strlen(name), summary);
}

/* Lists the second words of all commands that have the same first word: "check, show". */
static void list_second_words(
	const struct complete_context *context, const struct command *command, struct strbuf *out)
{
	size_t prefix_length = strcspn(command->name, " ") + 1; /* "overlay " */

	for (size_t i = 0; i < context->invocation->n_commands; i++) {
		const struct command *sibling = &context->invocation->commands[i];
		if (strncmp(sibling->name, command->name, prefix_length) == 0)
			strbuf_printf(
				out, "%s%s", out->length ? ", " : "", get_second_word(sibling));
	}
}

/* Adds the name's first word. If the name has two words, the summary lists all second words. */
static void add_first_word(struct candidates *candidates, const struct command *command)
{
	_cleanup_(strbuf_done) struct strbuf seconds = {0};

	if (get_second_word(command))
		list_second_words(candidates->context, command, &seconds);
	candidates->out->failed |= seconds.failed; /* memory ran out */
	add_candidate(candidates, command->name, strcspn(command->name, " "),
		get_second_word(command) ? strbuf_text(&seconds) : command->summary);
}

/* Adds all commands' first words or, if a first word was typed, the second words that follow it. */
static void add_commands(struct candidates *candidates)
{
	const struct invocation *invocation = candidates->context->invocation;
	const char *first = candidates->context->first_word;

	for (size_t i = 0; i < invocation->n_commands; i++) {
		const struct command *command = &invocation->commands[i];
		const char *second = get_second_word(command);
		if (command->hidden)
			continue;
		if (!first)
			add_first_word(candidates, command);
		else if (second && is_first_word(command, first))
			add_name(candidates, second, command->summary);
	}
}

/* Whether no word before the typed word gives the option, or it may be repeated. */
static bool can_add_option(
	const struct complete_context *context, const struct command_option *option)
{
	const struct invocation *invocation = context->invocation;

	for (size_t i = 0; !option->repeats && i + 1 < invocation->n_arguments; i++)
		if (find_option(context->command, invocation->arguments[i]) == option)
			return false;
	return true;
}

/* Adds the option's name, if it may be given now. */
static void add_option(struct candidates *candidates, const struct command_option *option)
{
	_cleanup_(strbuf_done) struct strbuf name = {0};

	if (!can_add_option(candidates->context, option))
		return;
	if (strbuf_printf(&name, "--%s", option->name))
		candidates->out->failed = true;
	add_name(candidates, strbuf_text(&name), option->summary);
}

static void add_options(struct candidates *candidates)
{
	const struct command *command = candidates->context->command;

	for (size_t i = 0; command && i < COMMAND_OPTIONS_MAX && command->options[i].name; i++)
		add_option(candidates, &command->options[i]);
	for (size_t i = 0; i < GLOBAL_OPTIONS; i++)
		add_option(candidates, &global_options[i].option);
}

/* Adds the names in the policy, and this host's links except lo that a name or pattern matches. */
static void add_interfaces(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->policy->n_interfaces; i++) {
		const struct policy_interface *interface = &candidates->policy->interfaces[i];
		const char *name = interface->match.name;
		if (name && !strpbrk(name, "*?[\\")) /* not a pattern */
			add_name(candidates, name, interface->name);
		for (const char *const *link = candidates->links; *link; link++)
			if (strcmp(*link, "lo") != 0 && (!name || fnmatch(name, *link, 0) == 0))
				add_name(candidates, *link, interface->name);
	}
}

static void add_overlays(struct candidates *candidates)
{
	char address[IP_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < candidates->policy->n_overlays; i++)
		add_name(candidates, candidates->policy->overlays[i].name,
			ip_address_format(&candidates->policy->overlays[i].address, address));
}

static void add_enis(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->policy->n_interfaces; i++)
		if (candidates->policy->interfaces[i].match.eni)
			add_name(candidates, candidates->policy->interfaces[i].match.eni,
				candidates->policy->interfaces[i].name);
}

static void add_subnets(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->policy->n_interfaces; i++)
		if (candidates->policy->interfaces[i].match.subnet)
			add_name(candidates, candidates->policy->interfaces[i].match.subnet,
				candidates->policy->interfaces[i].name);
}

static void add_roles(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->policy->n_overlays; i++)
		if (candidates->policy->overlays[i].role_arn)
			add_name(candidates, candidates->policy->overlays[i].role_arn,
				candidates->policy->overlays[i].name);
}

static void add_route_tables(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->policy->n_overlays; i++) {
		const struct policy_overlay *overlay = &candidates->policy->overlays[i];
		for (size_t j = 0; j < overlay->n_route_tables; j++)
			add_name(candidates, overlay->route_tables[j], overlay->name);
	}
}

/* Makes the shell's completion script offer names of files. */
static void add_files(struct candidates *candidates)
{
	strbuf_add_string(candidates->out, FILES_LINE);
}

/* Adds the names that a word in capitals stands for, if any, or a lower-case word itself. */
static void add_usage_word(struct candidates *candidates, const char *word, size_t length)
{
	static const struct {
		const char *word;
		void (*add)(struct candidates *candidates);
	} kinds[] = {
		{"ENI", add_enis},
		{"FILE", add_files},
		{"IFACE", add_interfaces},
		{"OVERLAY", add_overlays},
		{"ROLE", add_roles},
		{"RTB", add_route_tables},
		{"SUBNET", add_subnets},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i].word) == length && strncmp(kinds[i].word, word, length) == 0)
			kinds[i].add(candidates);
	if (*word >= 'a' && *word <= 'z')
		add_candidate(candidates, word, length, "" /* no summary */);
}

/* Adds the candidates for a usage such as "[OVERLAY]" or "overlay|eni", up to a blank. */
static void add_usage(struct candidates *candidates, const char *usage)
{
	while (*usage && *usage != ' ') {
		size_t length;
		usage += strspn(usage, "[]|");
		length = strcspn(usage, "[]| ");
		if (length)
			add_usage_word(candidates, usage, length);
		usage += length;
	}
}

int complete_list_candidates(const struct complete_context *context, const struct policy *policy,
	const char *const *links, struct strbuf *out)
{
	struct candidates candidates = {context, policy, links, out};

	if (context->usage)
		add_usage(&candidates, context->usage);
	else if (context->is_option)
		add_options(&candidates);
	else if (context->is_command)
		add_commands(&candidates);
	return out->failed ? -ENOMEM : 0;
}
