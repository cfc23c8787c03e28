/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/utf8.h"
#include "iam/document.h"
#include "policy/policy_forms.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sets an error such as "--subnet x: not an id of the form subnet-…"; shortens a long value. */
static _printf_(4, 5) int refuse(
	struct error *error, const char *name, const char *text, const char *format, ...)
{
	char shown[UTF8_SHORT_SIZE], why[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	return error_set(
		error, OUTCOME_USAGE, EINVAL, "--%s %s: %s", name, utf8_shorten(text, shown), why);
}

static int check_id(const char *name, const char *text, const char *prefix, struct error *error)
{
	if (parse_ec2_id(text, prefix) == 0)
		return 0;
	return refuse(error, name, text, "not an id of the form %s-…", prefix);
}

/* `part` names the text in the message: "key" or, of a tag or of the whole option, "value". */
static int check_length(const char *name, const char *part, const char *text, size_t max_length,
	struct error *error)
{
	size_t count = utf8_count(text);

	if (count <= max_length)
		return 0;
	return error_set(error, OUTCOME_USAGE, E2BIG,
		"--%s: %s has %zu characters, but EC2 accepts at most %zu", name, part, count,
		max_length);
}

int option_id(const struct invocation *invocation, const char *name, const char *prefix,
	const char **ret_id, struct error *error)
{
	const char *text = invocation_option(invocation, name);
	int err = text ? check_id(name, text, prefix, error) : 0;

	if (!err)
		*ret_id = text;
	return err;
}

int option_ids(const struct invocation *invocation, const char *name, const char *prefix,
	const char ***ret_ids, struct error *error)
{
	_cleanup_(cleanup_free) const char **texts = NULL;
	int err = 0;

	if (!invocation_option(invocation, name))
		return 0;
	if (invocation_values(invocation, name, &texts))
		return error_oom(error);
	for (size_t i = 0; !err && texts[i]; i++)
		err = check_id(name, texts[i], prefix, error);
	if (!err)
		*ret_ids = TAKE_PTR(texts);
	return err;
}

int option_addresses(const struct invocation *invocation, const char *name,
	struct ip_address **ret_addresses, struct error *error)
{
	_cleanup_(cleanup_free) const char **texts = NULL;
	_cleanup_(cleanup_free) struct ip_address *addresses = NULL;

	if (!invocation_option(invocation, name))
		return 0;
	/* n_given counts all options, so it is an upper limit. */
	addresses = calloc(invocation->n_given + 1, sizeof(*addresses));
	if (!addresses || invocation_values(invocation, name, &texts))
		return error_oom(error);
	for (size_t i = 0; texts[i]; i++)
		if (ip_address_parse(texts[i], &addresses[i]))
			return refuse(error, name, texts[i], "not an IP address");
	*ret_addresses = TAKE_PTR(addresses);
	return 0;
}

static int check_tags(const char *name, const struct ec2_tag *tags, struct error *error)
{
	int err = 0;

	for (; !err && tags->key; tags++) {
		err = check_length(name, "key", tags->key, EC2_TAG_KEY_MAX, error);
		if (!err && tags->value)
			err = check_length(name, "value", tags->value, EC2_TAG_VALUE_MAX, error);
	}
	return err;
}

/* A single allocation has the array and, after its last element, the keys and values as strings. */
int option_tags(const struct invocation *invocation, const char *name, struct ec2_tag **ret_tags,
	struct error *error)
{
	_cleanup_(cleanup_free) const char **texts = NULL;
	size_t count = 0, bytes = 0;
	struct ec2_tag *tags;
	char *string;
	int err;

	if (!invocation_option(invocation, name))
		return 0;
	if (invocation_values(invocation, name, &texts))
		return error_oom(error);
	for (; texts[count]; count++) {
		bytes += strlen(texts[count]) + 1;
		if (texts[count][0] == '=') /* the key is empty */
			return refuse(error, name, texts[count], "not of the form KEY=VALUE");
	}
	if (count > EC2_TAGS_MAX)
		return error_set(error, OUTCOME_USAGE, E2BIG,
			"--%s: %zu tags are given, but EC2 accepts at most %d", name, count,
			EC2_TAGS_MAX);
	tags = calloc(1, (count + 1) * sizeof(*tags) + bytes);
	if (!tags)
		return error_oom(error);
	string = (char *)(tags + count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(texts[i]) + 1;
		char *equals;
		memcpy(string, texts[i], size);
		equals = strchr(string, '=');
		tags[i] = (struct ec2_tag){.key = string, .value = equals ? equals + 1 : NULL};
		if (equals)
			*equals = '\0';
		string += size;
	}
	err = check_tags(name, tags, error);
	if (err) {
		free(tags);
		return err;
	}
	*ret_tags = tags;
	return 0;
}

/* The loop begins at 1: keywords[0] stands for "not given". */
int option_word(const struct invocation *invocation, const char *name, const char *const *keywords,
	unsigned *ret_value, struct error *error)
{
	const char *text = invocation_option(invocation, name);
	_cleanup_(strbuf_done) struct strbuf list = {0};

	if (!text)
		return 0;
	for (unsigned i = 1; keywords[i]; i++) {
		if (strcmp(keywords[i], text) == 0) {
			*ret_value = i;
			return 0;
		}
		strbuf_printf(&list, "%s%s", i > 1 ? ", " : "", keywords[i]);
	}
	return refuse(error, name, text, "not one of %s", strbuf_text(&list));
}

int option_seconds(const struct invocation *invocation, const char *name, uint64_t *ret_msec,
	struct error *error)
{
	const char *text = invocation_option(invocation, name);

	if (text && (parse_seconds(text, ret_msec) || *ret_msec == 0))
		return refuse(
			error, name, text, "not a number of seconds above 0, such as 10 or 0.5");
	return 0;
}

int option_interface(const struct invocation *invocation, const char *name,
	const char **ret_interface, struct error *error)
{
	const char *text = invocation_option(invocation, name);

	if (!text)
		return 0;
	if (!policy_form_interface.is_valid(text))
		return refuse(error, name, text, "not an interface name: see \"ip link\"");
	*ret_interface = text;
	return 0;
}

int option_client_token(const struct invocation *invocation, const char *name,
	const char **ret_token, struct error *error)
{
	const char *text = invocation_option(invocation, name);

	if (text && !ec2_is_client_token(text))
		return refuse(error, name, text, "not 1 to %d printable ASCII characters",
			EC2_CLIENT_TOKEN_MAX);
	*ret_token = text; /* NULL: not given */
	return 0;
}

int option_text(const struct invocation *invocation, const char *name, size_t max_length,
	const char **ret_text, struct error *error)
{
	const char *text = invocation_option(invocation, name);
	int err = text ? check_length(name, "value", text, max_length, error) : 0;

	if (!err)
		*ret_text = text;
	return err;
}

int option_uses(const struct invocation *invocation, const struct policy *policy,
	unsigned *ret_uses, struct error *error)
{
	_cleanup_(cleanup_free) const char **words = NULL;
	unsigned uses = 0;
	enum iam_use use;

	if (invocation_values(invocation, "for", &words))
		return error_oom(error);
	if (!words[0]) /* --for is not given */
		uses = iam_find_uses(policy);
	for (size_t i = 0; words[i]; i++) {
		int err = iam_use_parse(words[i], &use, error);
		if (err) {
			error_prefix(error, "--for");
			return err;
		}
		uses |= IAM_USE_BIT(use);
	}
	*ret_uses = uses;
	return 0;
}
