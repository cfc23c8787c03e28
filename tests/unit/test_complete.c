/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/complete.h"
#include "cli/global_options.h"
#include "policy/policy_yaml.h"

#include <string.h>

#define LINE_WORDS_MAX 10

static const char policy_text[] =
	"version: 1\n"
	"interfaces:\n"
	"  eth1: {}\n"
	"  pair: {match: {name: 'ens[67]'}, table: 101}\n"
	"  ascs: {match: {eni: eni-0123456789abcdef0, subnet: subnet-01234567}, table: 102}\n"
	"overlays:\n"
	"  sapascs: {address: 192.168.10.16, route-tables: [rtb-01234567, rtb-89abcdef]}\n"
	"  sapers:\n"
	"    address: '2001:db8::16'\n"
	"    role-arn: arn:aws:iam::123456789012:role/overlay\n"
	"    route-tables: [rtb-01234567]\n";

/* A host that has the first two, and others. */
static const char *const links[] = {"lo", "eth0", "eth1", "ens6", NULL};

static const struct {
	const char *words[LINE_WORDS_MAX];
	const char *policy_path;
	const char *offered; /* without the summaries, but with those of names */
} cases[] = {
	/* Commands. */
	{{"b"}, NULL, "boot"},
	{{"p"}, NULL, "plan policy"},
	{{"x"}, NULL, ""},
	{{"complete"}, NULL, ""},
	{{"policy", ""}, NULL, "check show schema"},
	{{"overlay", "re"}, NULL, "release"},
	{{"-n", "overlay", "sh"}, NULL, "show"},
	{{"-p", "x.yaml", "pl"}, "x.yaml", "plan"},
	{{"frobnicate", ""}, NULL, ""},
	{{"frobnicate", "policy", ""}, NULL, ""},
	{{"overlay", "frobnicate", ""}, NULL, ""},
	/* Options. */
	{{"-"}, NULL, "--policy --dry-run --json --timeout --verbose --quiet --help --version"},
	{{"--v"}, NULL, "--verbose --version"},
	{{"detach", "--"}, NULL,
		"--keep-record --if-gone --policy --dry-run --json --timeout --verbose --quiet "
		"--help --version"},
	{{"detach", "--if-gone", "--i"}, NULL, ""},
	{{"detach", "--if-gone", "--k"}, NULL, "--keep-record"},
	{{"iam-policy", "--for", "eni", "--for"}, NULL, "--for --for-role"},
	{{"iam-policy", "--for-role", "x", "--for"}, NULL, "--for"},
	{{"plan", "-n", "--d"}, NULL, ""},
	{{"plan", "--", "--d"}, NULL, ""},
	/* Their values. */
	{{"--policy", ""}, NULL, "<files>"},
	{{"plan", "-p", "/e"}, NULL, "<files>"},
	{{"plan", "--policy=/e"}, NULL, "<files>"},
	{{"plan", "--timeout", ""}, NULL, ""},
	{{"plan", "--dry-run=", ""}, NULL, "eth1(eth1) ens6(pair) eth0(ascs)"},
	{{"iam-policy", "--for", ""}, NULL, "overlay eni address boot cluster check"},
	{{"iam-policy", "--for=b"}, NULL, "--for=boot"},
	{{"iam-policy", "--for-role", "arn:"}, NULL,
		"arn:aws:iam::123456789012:role/overlay(sapers)"},
	{{"overlay", "move", "x", "--interface", ""}, NULL,
		"primary lo eth1(eth1) ens6(pair) eth0(ascs)"},
	{{"overlay", "move", "x", "--to", "e"}, NULL, "eni-0123456789abcdef0(ascs)"},
	{{"overlay", "show", "--route-table", "rtb"}, NULL,
		"rtb-01234567(sapascs) rtb-89abcdef(sapascs)"},
	{{"eni", "create", "--subnet", ""}, NULL, "subnet-01234567(ascs)"},
	/* Names. */
	{{"attach", ""}, NULL, "eth1(eth1) ens6(pair) eth0(ascs)"},
	{{"attach", "--json", "en"}, NULL, "ens6(pair)"},
	{{"attach", "--policy=y", "ens"}, "y", "ens6(pair)"},
	{{"plan", "--", "eth1"}, NULL, "eth1(eth1)"},
	{{"attach", "eth1", ""}, NULL, ""},
	{{"status", ""}, NULL, ""},
	{{"eni", "move", "--force", ""}, NULL, "eni-0123456789abcdef0(ascs)"},
	{{"ocf", "eni", ""}, NULL, ""},
	{{"overlay", "move", ""}, NULL, "sapascs(192.168.10.16) sapers(2001:db8::16)"},
	{{"overlay", "move", "--to", "eni-1", "-p", "z", "sape"}, "z", "sapers(2001:db8::16)"},
};

/* "WORD(SUMMARY)", where the summary is of a name and no sentence. */
static void flatten(const char *text, struct strbuf *out)
{
	while (*text) {
		size_t word = strcspn(text, "\t"), summary = strcspn(text + word + 1, "\n");

		strbuf_printf(out, "%s", out->length ? " " : "");
		if (!word)
			strbuf_printf(out, "<%.*s>", (int)summary, text + 1);
		else
			strbuf_printf(out, "%.*s", (int)word, text);
		if (word && summary && !memchr(text + word + 1, ' ', summary))
			strbuf_printf(out, "(%.*s)", (int)summary, text + word + 1);
		text += word + 1 + summary + 1;
	}
}

static struct invocation invocation_of(const char *const *words, size_t count)
{
	return (struct invocation){
		.commands = commands,
		.n_commands = n_commands,
		.policy_path = "default",
		.arguments = words,
		.n_arguments = count,
	};
}

static void test_cases(void **state)
{
	struct policy policy;
	struct policy_errors errors = {0};

	(void)state;
	if (policy_parse("policy", policy_text, strlen(policy_text), NULL, &policy, &errors))
		fail_msg("%s", errors.items[0].text);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0}, flat = {0};
		struct complete_context point;
		struct invocation invocation;
		size_t count = 0;

		while (cases[i].words[count])
			count++;
		invocation = invocation_of(cases[i].words, count);
		complete_parse_words(&invocation, &point);
		assert_string_equal(
			point.policy_path, cases[i].policy_path ? cases[i].policy_path : "default");
		assert_int_equal(complete_list_candidates(&point, &policy, links, &out), 0);
		flatten(strbuf_text(&out), &flat);
		if (strcmp(strbuf_text(&flat), cases[i].offered) != 0)
			fail_msg("%zu: %s\nwanted: %s", i, strbuf_text(&flat), cases[i].offered);
	}
	policy_done(&policy);
}

/* Every visible command is offered with its summary, and so are its options. */
static void test_table(void **state)
{
	const struct policy policy = {0};

	(void)state;
	for (size_t i = 0; i < n_commands; i++) {
		_cleanup_(strbuf_done) struct strbuf out = {0}, options = {0}, line = {0};
		const char *second = strchr(commands[i].name, ' ');
		char first[32] = "";
		const char *words[] = {second ? first : "", "", ""};
		struct complete_context point;
		struct invocation invocation;

		if (commands[i].hidden)
			continue;
		strncat(first, commands[i].name, strcspn(commands[i].name, " "));
		invocation = invocation_of(words, second ? 2 : 1);
		complete_parse_words(&invocation, &point);
		assert_int_equal(complete_list_candidates(&point, &policy, links, &out), 0);
		strbuf_printf(&line, "%s\t%s\n", second ? second + 1 : commands[i].name,
			commands[i].summary);
		assert_non_null(strstr(strbuf_text(&out), strbuf_text(&line)));

		words[0] = first;
		words[second ? 1 : 0] = second ? second + 1 : first;
		words[second ? 2 : 1] = "--";
		invocation = invocation_of(words, second ? 3 : 2);
		complete_parse_words(&invocation, &point);
		assert_ptr_equal(point.command, &commands[i]);
		assert_int_equal(complete_list_candidates(&point, &policy, links, &options), 0);
		for (const struct command_option *option = commands[i].options; option->name;
			option++) {
			strbuf_clear(&line);
			strbuf_printf(&line, "--%s\t%s\n", option->name, option->summary);
			assert_non_null(strstr(strbuf_text(&options), strbuf_text(&line)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
