/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs parsers for compare-botocore and compare-jsonschema: reads a text in hexadecimal digits from
 * each line, and prints the result as one line, which begins with "!" if the text is refused.
 *
 *	parser_helper endpoint    "SERVICE REGION FIPS DUALSTACK" → the URL
 *	parser_helper split       a command line → its words in hexadecimal digits, a ',' after each
 *	parser_helper ini         a file → "[SECTION]" and "PARENT.NAME=VALUE;" in hexadecimal digits
 *	parser_helper policy      a policy file → nothing, or "!" and the error
 */
#include "aws/endpoint.h"
#include "aws/ini.h"
#include "aws/shell_split.h"
#include "policy/policy_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_hex(const char *text)
{
	for (; text && *text; text++)
		printf("%02x", (unsigned char)*text);
}

static void run_endpoint(char *text)
{
	char *words[4] = {text};
	struct endpoint_options options = {0};
	struct endpoint endpoint;

	for (int i = 1; i < 4; i++) {
		words[i] = strchr(words[i - 1], ' ');
		*words[i]++ = '\0';
	}
	options.service = strcmp(words[0], "sts") == 0 ? AWS_SERVICE_STS : AWS_SERVICE_EC2;
	options.region = words[1];
	options.fips = *words[2] == '1';
	options.dualstack = *words[3] == '1';
	fputs(endpoint_build(&options, &endpoint, NULL) == 0 ? endpoint.url : "!", stdout);
}

static void run_split(char *text)
{
	char **words;
	size_t count;

	if (shell_split(text, &words, &count) < 0) {
		printf("!");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		print_hex(words[i]);
		printf(",");
	}
	free(words);
}

static void run_ini(char *text)
{
	struct strbuf bytes = {0};
	struct ini ini = {0};

	strbuf_add_string(&bytes, text);
	if (ini_parse("file", &bytes, &ini, NULL) < 0) {
		printf("!");
		return;
	}
	for (size_t i = 0; i < ini.count; i++) {
		printf("[");
		print_hex(ini.sections[i].name);
		printf("]");
		for (size_t j = 0; j < ini.sections[i].count; j++) {
			const struct ini_key *key = &ini.sections[i].keys[j];

			print_hex(key->parent);
			printf(".");
			print_hex(key->name);
			printf("=");
			print_hex(key->value ? key->value : "{}");
			printf(";");
		}
	}
	ini_done(&ini);
}

static void run_policy(char *text)
{
	static const char rt_tables[] = "101 blue\n";
	_cleanup_(table_names_done) struct table_names names = {0};
	struct policy policy;
	struct policy_errors errors = {0};

	if (table_names_parse(&names, rt_tables, strlen(rt_tables)) < 0)
		abort();
	if (policy_parse("policy", text, strlen(text), &names, &policy, &errors) < 0)
		printf("!%s", errors.items[0].text);
	else
		policy_done(&policy);
}

static void decode(char *line)
{
	char *to = line;

	for (char *at = line; at[0] && at[0] != '\n'; at += 2) {
		char pair[3] = {at[0], at[1], '\0'};

		*to++ = (char)strtoul(pair, NULL, 16);
	}
	*to = '\0';
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(char *text);
	} kinds[] = {
		{"endpoint", run_endpoint},
		{"split", run_split},
		{"ini", run_ini},
		{"policy", run_policy},
	};
	static char line[65536];

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (argc != 2 || strcmp(argv[1], kinds[i].name) != 0)
			continue;
		while (fgets(line, sizeof(line), stdin)) {
			decode(line);
			kinds[i].run(line);
			putchar('\n');
		}
		return 0;
	}
	return 2;
}
