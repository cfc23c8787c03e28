/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests detach against the real kernel: with a rule of ours, and with damaged or missing records
 * and devices. Requires root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netlink_bytes.h"
#include "netns.h"

#include "base/file.h"
#include "core/record.h"
#include "interface/detach.h"
#include "kernel/snapshot.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scene {
	char directory[64];
	struct table_names names;
	struct policy policy;
	struct operation operation;
	struct report report;
	struct error error;
};

static const struct step rule = {
	.kind = STEP_RULE_ADD,
	.interface = "eth1",
	.rule = {.family = AF_INET,
		.protocol = NET_PROTOCOL_MYHA,
		.action = FR_ACT_TO_TBL,
		.priority = 100,
		.table = 100,
		.source = PREFIX4(0, 24)},
};

/* The host has our rule, the policy has eth1, and /run has nothing. */
static void setup(struct scene *scene)
{
	*scene = (struct scene){.directory = "/tmp/myha-test-detach-XXXXXX"};
	assert_non_null(mkdtemp(scene->directory));
	policy_init(&scene->policy);
	scene->policy.interfaces = calloc(1, sizeof(struct policy_interface));
	scene->policy.n_interfaces = 1;
	assert_int_equal(policy_interface_init(scene->policy.interfaces, "eth1"), 0);
	scene->report = (struct report){0};
	scene->operation = (struct operation){
		.policy = &scene->policy,
		.names = &scene->names,
		.run_directory = scene->directory,
		.deadline = netns_deadline(),
	};
	netns_apply(&rule, 1, NULL);
}

static void teardown(struct scene *scene)
{
	static const char *const files[] = {"eth1.json", "eth1.lock", "eth2.json"};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", scene->directory, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(scene->directory), 0);
	report_done(&scene->report);
	policy_done(&scene->policy);
}

static void spoil_record(const struct scene *scene, const char *interface, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s.json", scene->directory, interface);
	assert_int_equal(file_replace(path, text, strlen(text), 0644), 0);
}

static void store_record(struct scene *scene, const char *interface, unsigned index, uint32_t table)
{
	struct record record;

	record_init(&record, interface);
	record.index = index;
	assert_int_equal(parse_mac("02:00:00:00:00:01", &record.mac), 0);
	assert_int_equal(record_add_table(&record, table), 0);
	assert_int_equal(record_store(scene->directory, &record, &scene->error), 0);
	record_done(&record);
}

static void store_eth1_record(struct scene *scene, unsigned index)
{
	store_record(scene, "eth1", index, 100);
}

static bool is_recorded(const struct scene *scene)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/eth1.json", scene->directory);
	return access(path, F_OK) == 0;
}

static const struct result *run(struct scene *scene, enum detach_when when)
{
	assert_int_equal(report_add(&scene->report, "eth1"), 0);
	detach(&scene->operation, when, &scene->report.results[0]);
	return &scene->report.results[0];
}

static void assert_record_is_reported(const struct scene *scene, const struct result *result)
{
	char words[512];

	snprintf(words, sizeof(words),
		"%s/eth1.json: not a state file that this version of myha can read: routes and rules of protocol 77 "
		"are removed, but not the addresses that the file lists: delete them from eth1 "
		"with \"ip address delete\", then remove the file",
		scene->directory);
	assert_int_equal(result->state, RESULT_FAILED);
	assert_int_equal(result->error.outcome, OUTCOME_FAILED);
	assert_string_equal(result->error.text, words);
	assert_true(is_recorded(scene));
}

static void test_record_that_cannot_be_read(void **state)
{
	static const char *const spoilt[] = {"{", "", "{\"version\": 2}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spoilt); i++) {
		struct scene scene;
		const struct result *result;

		setup(&scene);
		spoil_record(&scene, "eth1", spoilt[i]);
		result = run(&scene, DETACH_ALWAYS);
		assert_int_equal(result->plan.count, 1);
		assert_record_is_reported(&scene, result);
		teardown(&scene);
	}
}

static void test_record_that_is_no_file(void **state)
{
	struct scene scene;
	const struct result *result;
	char path[128];

	(void)state;
	setup(&scene);
	snprintf(path, sizeof(path), "%s/eth1.json", scene.directory);
	assert_int_equal(mkdir(path, 0755), 0);
	result = run(&scene, DETACH_ALWAYS);
	assert_int_equal(result->state, RESULT_FAILED);
	assert_int_equal(result->plan.count, 1);
	assert_int_equal(rmdir(path), 0);
	teardown(&scene);
}

/*
 * Without a policy, a table belongs to the link of its routes; without routes, to eth1 if no other
 * record may have it.
 */
static void test_record_that_cannot_be_read_and_no_policy(void **state)
{
	static const struct step route = {
		.kind = STEP_ROUTE_ADD,
		.route = {.family = AF_INET,
			.type = RTN_UNICAST,
			.protocol = NET_PROTOCOL_MYHA,
			.scope = RT_SCOPE_LINK,
			.table = 100,
			.destination = PREFIX4(0, 24)},
	};
	static const struct {
		unsigned link; /* that the table's route leaves by; 0: there is none */
		const char *other; /* the record of eth2; NULL: there is none */
		size_t removed;
	} cases[] = {
		{0, NULL, 1},
		{NETNS_ETH1, NULL, 2},
		{NETNS_PEER1, NULL, 0},
		{0, "{", 0},
		{NETNS_ETH1, "{", 2},
		{NETNS_ETH1, "100", 0},
		{0, "100", 0},
		{0, "101", 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct step steps[2] = {
			{.kind = STEP_LINK_UP, .link = {.index = NETNS_ETH1}}, route};
		struct scene scene;
		const struct result *result;

		setup(&scene);
		scene.operation.policy = NULL;
		steps[1].route.link = cases[i].link;
		if (cases[i].link)
			netns_apply(steps, 2, NULL);
		spoil_record(&scene, "eth1", "{");
		if (cases[i].other && cases[i].other[0] == '{')
			spoil_record(&scene, "eth2", "{");
		else if (cases[i].other)
			store_record(&scene, "eth2", 7, (uint32_t)atoi(cases[i].other));
		result = run(&scene, DETACH_ALWAYS);
		assert_int_equal(result->plan.count, cases[i].removed);
		assert_record_is_reported(&scene, result);
		if (cases[i].link && !cases[i].removed) {
			steps[1].kind = STEP_ROUTE_DELETE;
			netns_apply(&steps[1], 1, NULL);
		}
		if (!cases[i].removed)
			netns_apply(&(struct step){.kind = STEP_RULE_DELETE, .rule = rule.rule}, 1,
				NULL);
		teardown(&scene);
	}
}

/* The record is eth1's; only the device with the recorded index matters. */
static void test_conditions(void **state)
{
	static const struct {
		unsigned index; /* of the device that was attached */
		enum detach_when when;
		enum result_state state;
		enum outcome outcome;
		bool done, forgotten;
	} cases[] = {
		{NETNS_ETH1, DETACH_IF_GONE, RESULT_UNCHANGED, OUTCOME_DONE, false, false},
		{NETNS_ETH1, DETACH_KEEP_RECORD, RESULT_CHANGED, OUTCOME_DONE, true, true},
		/* Another device has the name now. */
		{NETNS_ETH1 - 1, DETACH_KEEP_RECORD, RESULT_CHANGED, OUTCOME_DONE, true, false},
		{NETNS_ETH1 - 1, DETACH_IF_GONE, RESULT_CHANGED, OUTCOME_DONE, true, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct result *result;
		struct scene scene;

		setup(&scene);
		store_eth1_record(&scene, cases[i].index);
		result = run(&scene, cases[i].when);
		assert_int_equal(result->state, cases[i].state);
		assert_int_equal(result->error.outcome, cases[i].outcome);
		assert_int_equal(is_recorded(&scene), !cases[i].forgotten);
		if (!cases[i].done)
			netns_apply(&(struct step){.kind = STEP_RULE_DELETE, .rule = rule.rule}, 1,
				NULL);
		teardown(&scene);
	}
}

static struct step address_step(enum step_kind kind, unsigned char last, unsigned char length)
{
	return (struct step){
		.kind = kind, .address = {.link = NETNS_ETH1, .prefix = PREFIX4(last, length)}};
}

/* "10.0.1.99/24 " for each of the link's IPv4 addresses. */
static void list_addresses(struct strbuf *out)
{
	_cleanup_(netstate_done) struct netstate state = {0};
	struct deadline deadline = netns_deadline();
	char text[IP_PREFIX_TEXT_SIZE];

	assert_int_equal(snapshot_take(&netns_rtnl, NULL, 0, &deadline, &state, NULL), 0);
	for (size_t i = 0; i < state.n_addresses; i++)
		if (state.addresses[i].link == NETNS_ETH1 &&
			state.addresses[i].prefix.address.family == AF_INET)
			strbuf_printf(
				out, "%s ", ip_prefix_format(&state.addresses[i].prefix, text));
}

static void set_promotion(const char *whose, const char *value)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", whose);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(value, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* The kernel deletes the later addresses of a subnet together with the first one. */
static void test_addresses_of_other_programs_stay(void **state)
{
	static const struct {
		unsigned char last, length;
		bool is_ours;
	} addresses[] = {
		{10, 24, true},
		{99, 24, false},
		{98, 24, false},
		{11, 32, true},
		{11, 24, false},
	};
	static const char *const promotions[] = {"0\n", "1\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(promotions); i++) {
		_cleanup_(strbuf_done) struct strbuf left = {0};
		struct record record;
		struct scene scene;
		char value[16];

		setup(&scene);
		set_promotion("all", "0");
		set_promotion("eth1", promotions[i]);
		store_eth1_record(&scene, NETNS_ETH1);
		record_init(&record, "eth1");
		assert_int_equal(record_load(scene.directory, "eth1", &record, &scene.error), 0);
		netns_apply(&(struct step){.kind = STEP_LINK_UP, .link = {.index = NETNS_ETH1}}, 1,
			NULL);
		for (size_t j = 0; j < ARRAY_SIZE(addresses); j++) {
			struct step step = address_step(
				STEP_ADDRESS_ADD, addresses[j].last, addresses[j].length);
			netns_apply(&step, 1, NULL);
			if (addresses[j].is_ours)
				assert_int_equal(
					record_add_address(&record, &step.address.prefix), 0);
		}
		assert_int_equal(record_store(scene.directory, &record, &scene.error), 0);
		record_done(&record);

		assert_int_equal(run(&scene, DETACH_ALWAYS)->state, RESULT_CHANGED);
		list_addresses(&left);
		assert_string_equal(strbuf_text(&left), "10.0.1.99/24 10.0.1.98/24 10.0.1.11/24 ");
		netns_read_setting("/proc/sys/net/ipv4/conf/eth1/promote_secondaries", value);
		assert_string_equal(value, promotions[i]);
		teardown(&scene);
		set_promotion("all", "1");
		for (size_t j = 0; j < ARRAY_SIZE(addresses); j++) {
			struct step step = address_step(
				STEP_ADDRESS_DELETE, addresses[j].last, addresses[j].length);
			if (!addresses[j].is_ours)
				netns_apply(&step, 1, NULL);
		}
	}
}

/* An attach that was killed before it wrote anything down, and a device that is there. */
static void test_no_record_of_a_killed_attach(void **state)
{
	const struct result *result;
	struct scene scene;

	(void)state;
	setup(&scene);
	result = run(&scene, DETACH_IF_GONE);
	assert_int_equal(result->state, RESULT_UNCHANGED);
	assert_int_equal(result->error.outcome, OUTCOME_DONE);
	netns_apply(&(struct step){.kind = STEP_RULE_DELETE, .rule = rule.rule}, 1, NULL);
	teardown(&scene);
}

static void test_all_gone(void **state)
{
	struct scene scene;

	(void)state;
	setup(&scene);
	store_eth1_record(&scene, NETNS_ETH1);
	assert_int_equal(detach_gone(&scene.operation, &scene.report, &scene.error), 0);
	assert_int_equal(scene.report.count, 0);
	store_eth1_record(&scene, NETNS_ETH1 - 1);
	assert_int_equal(detach_gone(&scene.operation, &scene.report, &scene.error), 0);
	assert_int_equal(scene.report.count, 1);
	assert_int_equal(scene.report.results[0].state, RESULT_CHANGED);
	assert_string_equal(scene.report.results[0].note, "device is gone");
	teardown(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_NETNS(test_record_that_cannot_be_read),
		IN_NETNS(test_record_that_is_no_file),
		IN_NETNS(test_record_that_cannot_be_read_and_no_policy),
		IN_NETNS(test_conditions),
		IN_NETNS(test_addresses_of_other_programs_stay),
		IN_NETNS(test_no_record_of_a_killed_attach),
		IN_NETNS(test_all_gone),
	};

	if (geteuid() != 0) {
		print_message("needs root: skipped\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
