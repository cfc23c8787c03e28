/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/complete.h"

#include "base/utf8.h"
#include "cli/global_options.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#define FILES_LINE "\tfiles\n"

/* The state while reading the words before the one that is being typed. */
struct walk {
	struct complete_context *point;
	bool ended; /* "--" was read: only arguments follow */
	size_t arguments; /* the number of the command's arguments that were read */
};

/* Whether `text` is the first word of a command's name, or its only one. */
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

static const struct command_option *find_option(const struct command *command, const char *word)
{
	for (size_t i = 0; i < GLOBAL_OPTIONS; i++) {
		const char letter[] = {'-', (char)global_options[i].value, '\0'};

		if (is_long_form_of(word, &global_options[i].option))
			return &global_options[i].option;
		if (global_options[i].value < 256 && strcmp(word, letter) == 0)
			return &global_options[i].option;
	}
	for (size_t i = 0; command && i < COMMAND_OPTIONS_MAX && command->options[i].name; i++)
		if (is_long_form_of(word, &command->options[i]))
			return &command->options[i];
	return NULL;
}

/* Reads the first or second word of the command's name. */
static void read_command_word(struct complete_context *point, const char *word)
{
	for (size_t i = 0; i < point->invocation->n_commands && !point->command; i++) {
		const struct command *command = &point->invocation->commands[i];
		const char *second = get_second_word(command);

		if (point->first ? second && is_first_word(command, point->first) &&
					   strcmp(second, word) == 0
				 : !second && is_first_word(command, word))
			point->command = command;
	}
	/* If the second word is unknown, nothing is offered: no command's name begins with "". */
	point->first = point->first ? "" : word;
}

/* Reads one word or, for an option and its value, two. Returns how many. */
static size_t read_word(struct walk *walk, const char *const *words, size_t n_left)
{
	struct complete_context *point = walk->point;
	const char *word = words[0], *equals = strchr(word, '=');
	const struct command_option *option;

	if (!walk->ended && strcmp(word, "--") == 0) {
		walk->ended = true;
	} else if (!walk->ended && word[0] == '-' && word[1]) {
		option = find_option(point->command, word);
		if (!option || !option->value)
			return 1;
		if (option == &global_options[0].option && (equals || n_left > 1))
			point->policy_path = equals ? equals + 1 : words[1];
		if (!equals && n_left == 1)
			point->usage = option->value;
		return equals ? 1 : 2;
	} else if (!point->command) {
		read_command_word(point, word);
	} else {
		walk->arguments++;
	}
	return 1;
}

/* Splits "--for=ove" at the '=': the option's value is to be completed. */
static void split_value(struct complete_context *point)
{
	const char *equals = strchr(point->typed, '=');
	const struct command_option *option = equals ? find_option(point->command, point->typed)
						     : NULL;

	point->is_option = !option || !option->value;
	if (point->is_option)
		return;
	point->usage = option->value;
	point->before = point->typed;
	point->n_before = (size_t)(equals + 1 - point->typed);
	point->typed = equals + 1;
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

void complete_parse_words(const struct invocation *invocation, struct complete_context *ret_point)
{
	struct complete_context *point = ret_point;
	struct walk walk = {.point = point};
	size_t n_before = invocation->n_arguments ? invocation->n_arguments - 1 : 0;

	*point = (struct complete_context){
		.invocation = invocation,
		.typed = invocation->n_arguments ? invocation->arguments[n_before] : "",
		.policy_path = invocation->policy_path,
	};
	for (size_t i = 0; i < n_before;)
		i += read_word(&walk, invocation->arguments + i, n_before - i);
	if (point->usage)
		return;
	if (!walk.ended && point->typed[0] == '-')
		split_value(point);
	else if (point->command)
		point->usage = find_argument_usage(point->command, walk.arguments);
	else
		point->is_command = true;
}

/* `out` is checked only at the end: after one addition has failed, all later ones fail too. */
struct offer {
	const struct complete_context *point;
	const struct policy *policy;
	const char *const *links;
	struct strbuf *out;
};

/* A name may occur twice: if an entry's pattern matches an interface that another entry names. */
static bool is_offered(const struct offer *offer, const char *line, size_t length)
{
	const char *at = strbuf_text(offer->out);

	while (*at) {
		if (strncmp(at, line, length) == 0)
			return true;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return false;
}

static void add_candidate(struct offer *offer, const char *word, size_t length, const char *summary)
{
	const struct complete_context *point = offer->point;
	_cleanup_(strbuf_done) struct strbuf line = {0};

	/* Printing would mask a character that is not shown, and so offer a different name. */
	if (strncmp(word, point->typed, strlen(point->typed)) != 0 || !utf8_is_shown_text(word))
		return;
	strbuf_printf(&line, "%.*s%.*s\t", (int)point->n_before,
		point->n_before ? point->before : "", (int)length, word);
	if (line.failed)
		offer->out->failed = true;
	else if (!is_offered(offer, strbuf_text(&line), line.length))
		strbuf_printf(offer->out, "%s%s\n", strbuf_text(&line), summary);
}

static void add_name(struct offer *offer, const char *name, const char *summary)
{
	add_candidate(offer, name, strlen(name), summary);
}

/* Lists the second words of all commands that have the same first word: "check, show". */
static void list_second_words(
	const struct complete_context *point, const struct command *command, struct strbuf *out)
{
	const char *first = command->name;
	size_t length = strcspn(first, " ") + 1;

	for (size_t i = 0; i < point->invocation->n_commands; i++) {
		const struct command *other = &point->invocation->commands[i];

		if (strncmp(other->name, first, length) == 0)
			strbuf_printf(out, "%s%s", out->length ? ", " : "", get_second_word(other));
	}
}

static void add_first_word(struct offer *offer, const struct command *command)
{
	_cleanup_(strbuf_done) struct strbuf seconds = {0};

	if (get_second_word(command))
		list_second_words(offer->point, command, &seconds);
	offer->out->failed |= seconds.failed;
	add_candidate(offer, command->name, strcspn(command->name, " "),
		get_second_word(command) ? strbuf_text(&seconds) : command->summary);
}

static void add_commands(struct offer *offer)
{
	const struct invocation *invocation = offer->point->invocation;
	const char *first = offer->point->first;

	for (size_t i = 0; i < invocation->n_commands; i++) {
		const struct command *command = &invocation->commands[i];
		const char *second = get_second_word(command);

		if (command->hidden)
			continue;
		if (!first)
			add_first_word(offer, command);
		else if (second && is_first_word(command, first))
			add_name(offer, second, command->summary);
	}
}

/* Whether a word before the typed one is the option, which does not repeat. */
static bool is_given(const struct complete_context *point, const struct command_option *option)
{
	const struct invocation *invocation = point->invocation;

	for (size_t i = 0; i + 1 < invocation->n_arguments; i++)
		if (!option->repeats &&
			find_option(point->command, invocation->arguments[i]) == option)
			return true;
	return false;
}

static void add_option(struct offer *offer, const struct command_option *option)
{
	_cleanup_(strbuf_done) struct strbuf name = {0};

	if (is_given(offer->point, option))
		return;
	if (strbuf_printf(&name, "--%s", option->name))
		offer->out->failed = true;
	add_name(offer, strbuf_text(&name), option->summary);
}

static void add_options(struct offer *offer)
{
	const struct command *command = offer->point->command;

	for (size_t i = 0; command && i < COMMAND_OPTIONS_MAX && command->options[i].name; i++)
		add_option(offer, &command->options[i]);
	for (size_t i = 0; i < GLOBAL_OPTIONS; i++)
		add_option(offer, &global_options[i].option);
}

/* Adds the interfaces that an entry names or, for a pattern or no name, the host's that match. */
static void add_interfaces(struct offer *offer)
{
	for (size_t i = 0; i < offer->policy->n_interfaces; i++) {
		const struct policy_interface *interface = &offer->policy->interfaces[i];
		const char *name = interface->match.name;

		if (name && !strpbrk(name, "*?[\\"))
			add_name(offer, name, interface->name);
		for (const char *const *link = offer->links; *link; link++)
			if (strcmp(*link, "lo") != 0 && (!name || fnmatch(name, *link, 0) == 0))
				add_name(offer, *link, interface->name);
	}
}

static void add_overlays(struct offer *offer)
{
	char address[IP_ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < offer->policy->n_overlays; i++)
		add_name(offer, offer->policy->overlays[i].name,
			ip_address_format(&offer->policy->overlays[i].address, address));
}

static void add_enis(struct offer *offer)
{
	for (size_t i = 0; i < offer->policy->n_interfaces; i++)
		if (offer->policy->interfaces[i].match.eni)
			add_name(offer, offer->policy->interfaces[i].match.eni,
				offer->policy->interfaces[i].name);
}

static void add_subnets(struct offer *offer)
{
	for (size_t i = 0; i < offer->policy->n_interfaces; i++)
		if (offer->policy->interfaces[i].match.subnet)
			add_name(offer, offer->policy->interfaces[i].match.subnet,
				offer->policy->interfaces[i].name);
}

static void add_roles(struct offer *offer)
{
	for (size_t i = 0; i < offer->policy->n_overlays; i++)
		if (offer->policy->overlays[i].role_arn)
			add_name(offer, offer->policy->overlays[i].role_arn,
				offer->policy->overlays[i].name);
}

static void add_route_tables(struct offer *offer)
{
	for (size_t i = 0; i < offer->policy->n_overlays; i++) {
		const struct policy_overlay *overlay = &offer->policy->overlays[i];
		for (size_t j = 0; j < overlay->n_route_tables; j++)
			add_name(offer, overlay->route_tables[j], overlay->name);
	}
}

static void add_files(struct offer *offer)
{
	strbuf_add_string(offer->out, FILES_LINE);
}

/* Adds the candidates for one word of a usage; none for an unknown word in capitals. */
static void add_usage_word(struct offer *offer, const char *word, size_t length)
{
	static const struct {
		const char *word;
		void (*add)(struct offer *offer);
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
			kinds[i].add(offer);
	if (*word >= 'a' && *word <= 'z')
		add_candidate(offer, word, length, "");
}

/* Adds the candidates for a usage such as "[OVERLAY]" or "overlay|eni". */
static void add_usage(struct offer *offer, const char *usage)
{
	while (*usage && *usage != ' ') {
		size_t length;

		usage += strspn(usage, "[]|");
		length = strcspn(usage, "[]| ");
		if (length)
			add_usage_word(offer, usage, length);
		usage += length;
	}
}

int complete_list_candidates(const struct complete_context *point, const struct policy *policy,
	const char *const *links, struct strbuf *out)
{
	struct offer offer = {point, policy, links, out};

	if (point->usage)
		add_usage(&offer, point->usage);
	else if (point->is_option)
		add_options(&offer);
	else if (point->is_command)
		add_commands(&offer);
	return out->failed ? -ENOMEM : 0;
}
