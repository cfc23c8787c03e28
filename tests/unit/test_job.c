/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests the reconcile of one interface without a kernel or EC2: snapshots of generated hosts, with
 * known facts, and the record after each.
 */
#include "interface/job.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAC "02:00:00:00:00:01"

struct scene {
	char directory[64];
	struct table_names names;
	struct policy policy;
	struct operation operation;
	struct report report;
	struct netstate host;
	struct job job;
};

static struct net_link a_link(unsigned index, const char *name, const char *mac)
{
	struct net_link link = {.index = index, .mtu = 1500, .rp_filter = 1, .up = true};

	snprintf(link.name, sizeof(link.name), "%s", name);
	assert_int_equal(parse_mac(mac, &link.mac), 0);
	return link;
}

static int setup(void **state)
{
	static struct scene scene;
	struct net_link eth0 = a_link(2, "eth0", "02:00:00:00:00:ee");
	struct net_route way_out = {.family = AF_INET,
		.type = RTN_UNICAST,
		.table = RT_TABLE_MAIN,
		.destination = {.address = {.family = AF_INET}},
		.link = 2};

	scene = (struct scene){.directory = "/tmp/myha-test-job-XXXXXX"};
	*state = &scene;
	policy_init(&scene.policy);
	scene.policy.interfaces = calloc(1, sizeof(struct policy_interface));
	scene.policy.n_interfaces = 1;
	assert_int_equal(policy_interface_init(scene.policy.interfaces, "eth1"), 0);
	scene.report = (struct report){0};
	assert_int_equal(report_add(&scene.report, "eth1"), 0);
	eth0.mtu = 9001; /* which eth1 is to have as well */
	assert_int_equal(netstate_add_link(&scene.host, &eth0), 0);
	assert_int_equal(netstate_add_route(&scene.host, &way_out), 0);
	scene.operation = (struct operation){
		.policy = &scene.policy,
		.names = &scene.names,
		.run_directory = scene.directory,
		.deadline = {.at = UINT64_MAX},
	};
	return mkdtemp(scene.directory) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const files[] = {"eth1.json", "old0.json", "eth1.lock", "old0.lock"};
	struct scene *scene = *state;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", scene->directory, files[i]);
		unlink(path);
	}
	job_end(&scene->job);
	report_done(&scene->report);
	netstate_done(&scene->host);
	policy_done(&scene->policy);
	return rmdir(scene->directory);
}

static void know(struct scene *scene, enum fact fact, const char *value)
{
	struct error error = {0};

	assert_int_equal(facts_set(&scene->job.facts, fact, value, strlen(value), &error), 0);
}

/* A job with all facts, so that a snapshot makes no request. */
static void begin(struct scene *scene)
{
	struct mac mac;

	assert_int_equal(parse_mac(MAC, &mac), 0);
	job_begin(&scene->job, &scene->operation, &scene->operation.deadline,
		&scene->report.results[0]);
	assert_true(job_is_undecided(&scene->job));
	scene->job.policy = scene->policy.interfaces;
	facts_init(&scene->job.facts, &mac);
	know(scene, FACT_DEVICE_NUMBER, "1");
	know(scene, FACT_LOCAL_IPV4S, "10.0.1.10");
	know(scene, FACT_SUBNET_IPV4, "10.0.1.0/24");
	facts_set_absent(&scene->job.facts, FACT_IPV6S);
}

static void update(struct scene *scene)
{
	const struct deadline now = {0};
	struct imds imds = {0};

	job_update(&scene->job, &scene->host, &imds, &now);
	if (scene->report.results[0].state == RESULT_FAILED)
		fail_msg("%s", scene->report.results[0].error.text);
}

static void load_record(const struct scene *scene, const char *interface, struct record *record)
{
	struct error error = {0};

	record_init(record, interface);
	if (record_load(scene->directory, interface, record, &error))
		fail_msg("%s: %s", interface, error.text);
}

static void add_link(struct scene *scene, struct net_link link)
{
	assert_int_equal(netstate_add_link(&scene->host, &link), 0);
}

static void store_record(
	struct scene *scene, const char *interface, unsigned index, const char *mac)
{
	struct record record;
	struct error error = {0};
	struct ip_prefix address;

	record_init(&record, interface);
	record.index = index;
	assert_int_equal(parse_mac(mac, &record.mac), 0);
	record.original_mtu = 1400;
	record.original_rp_filter = 0;
	assert_int_equal(ip_prefix_parse("10.0.1.99/24", &address), 0);
	assert_int_equal(record_add_address(&record, &address), 0);
	assert_int_equal(record_add_table(&record, 100), 0);
	assert_int_equal(record_store(scene->directory, &record, &error), 0);
	record_done(&record);
}

static size_t count_steps(const struct scene *scene, enum step_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < scene->job.plan.count; i++)
		count += scene->job.plan.steps[i].kind == kind;
	return count;
}

static void test_settings_that_it_changes(void **state)
{
	struct scene *scene = *state;
	struct record record;

	add_link(scene, a_link(3, "eth1", MAC));
	begin(scene);
	update(scene);
	assert_int_equal(count_steps(scene, STEP_LINK_MTU), 1);
	job_store_record(&scene->job, &scene->host);
	load_record(scene, "eth1", &record);
	assert_int_equal(record.index, 3);
	assert_int_equal(record.original_mtu, 1500);
	assert_int_equal(record.original_rp_filter, 1);
	record_done(&record);

	/* Another program changed the value again: detach must restore the first value. */
	scene->host.links[1].mtu = 1300;
	update(scene);
	assert_int_equal(count_steps(scene, STEP_LINK_MTU), 1);
	job_store_record(&scene->job, &scene->host);
	load_record(scene, "eth1", &record);
	assert_int_equal(record.original_mtu, 1500);
	record_done(&record);
}

/* Another program sets the MTU here, perhaps later: detach must not restore it. */
static void test_settings_that_it_leaves(void **state)
{
	struct scene *scene = *state;
	struct record record;
	struct net_link link = a_link(3, "eth1", MAC);

	link.rp_filter = 2;
	scene->policy.interfaces[0].addresses = POLICY_ADDRESSES_NONE;
	add_link(scene, link);
	begin(scene);
	update(scene);
	job_store_record(&scene->job, &scene->host);
	load_record(scene, "eth1", &record);
	assert_int_equal(record.original_mtu, 0);
	assert_int_equal(record.original_rp_filter, -1);
	record_done(&record);
}

/* The MTU that the plan sets; 0: none. */
static uint32_t planned_mtu(const struct scene *scene)
{
	for (size_t i = 0; i < scene->job.plan.count; i++)
		if (scene->job.plan.steps[i].kind == STEP_LINK_MTU)
			return scene->job.plan.steps[i].link.mtu;
	return 0;
}

/* The policy of an attached interface changes: a detach sets back the MTU from before the attach. */
static void test_mtu_of_the_policy(void **state)
{
	struct scene *scene = *state;
	struct policy_interface *policy = scene->policy.interfaces;
	struct record record;

	add_link(scene, a_link(3, "eth1", MAC));
	begin(scene);
	update(scene);
	assert_int_equal(planned_mtu(scene), 9001);
	job_store_record(&scene->job, &scene->host);

	struct net_link *link = &scene->host.links[1];
	link->mtu = 9001;
	policy->mtu = 1280;
	update(scene);
	assert_int_equal(planned_mtu(scene), 1280);
	job_store_record(&scene->job, &scene->host);
	load_record(scene, "eth1", &record);
	assert_int_equal(record.original_mtu, 1500);
	record_done(&record);

	/* No more than the link can have; and nothing if another program configures it. */
	link->max_mtu = 4000;
	policy->mtu = 9216;
	update(scene);
	assert_int_equal(planned_mtu(scene), 4000);
	policy->addresses = POLICY_ADDRESSES_NONE;
	update(scene);
	assert_int_equal(planned_mtu(scene), 0);
}

/* Addresses that were added to another device of the same name are not ours on this one. */
static void test_another_device_of_the_name(void **state)
{
	struct scene *scene = *state;
	struct net_address address = {.link = 7, .prefix = {.length = 24}};

	assert_int_equal(ip_address_parse("10.0.1.99", &address.prefix.address), 0);
	store_record(scene, "eth1", 3, "02:00:00:00:00:99");
	add_link(scene, a_link(7, "eth1", MAC));
	assert_int_equal(netstate_add_address(&scene->host, &address), 0);
	begin(scene);
	update(scene);
	assert_int_equal(count_steps(scene, STEP_ADDRESS_DELETE), 0);
	assert_int_equal(count_steps(scene, STEP_ADDRESS_ADD), 1);
}

/* The old name's state goes when the new one's is written, and not before. */
static void test_renamed(void **state)
{
	struct scene *scene = *state;
	struct record record;

	store_record(scene, "old0", 3, MAC);
	add_link(scene, a_link(3, "eth1", MAC));
	begin(scene);
	update(scene);
	load_record(scene, "old0", &record);
	record_done(&record);

	job_store_record(&scene->job, &scene->host);
	assert_true(job_is_undecided(&scene->job));
	record_init(&record, "old0");
	assert_int_equal(record_load(scene->directory, "old0", &record, NULL), -ENOENT);
	record_done(&record);
	load_record(scene, "eth1", &record);
	assert_int_equal(record.n_addresses, 2);
	assert_int_equal(record.n_tables, 1);
	assert_int_equal(record.original_mtu, 1500);
	record_done(&record);
}

/* IPv4 is in place, and IPv6 has no router: nothing to show, but not all is well either. */
static void test_dry_run_that_waits(void **state)
{
	struct scene *scene = *state;
	struct net_link link = a_link(3, "eth1", MAC);

	link.up = false;
	link.rp_filter = 2;
	scene->operation.dry_run = true;
	scene->policy.interfaces[0].addresses = POLICY_ADDRESSES_NONE;
	add_link(scene, link);
	begin(scene);
	update(scene);
	assert_int_equal(scene->report.results[0].plan.count, 0);
	assert_int_equal(scene->report.results[0].state, RESULT_DIFFERS);
	assert_string_equal(scene->report.results[0].note,
		"waiting: the link is down: another program must bring the link up (addresses: none)");
}

/*
 * The timeout comes during one more read of the metadata: the error must still name what was
 * pending.
 */
static void test_time_is_up_in_a_lag(void **state)
{
	struct scene *scene = *state;
	const struct deadline now = {0};
	struct imds imds = {0};

	add_link(scene, a_link(3, "eth1", MAC));
	begin(scene);
	facts_set_absent(&scene->job.facts, FACT_LOCAL_IPV4S);
	facts_set_absent(&scene->job.facts, FACT_IPV6S);
	know(scene, FACT_SUBNET_IPV4, "10.0.1.0/24");
	update(scene);
	assert_int_equal(scene->job.wait, JOB_WAIT_EC2);
	scene->operation.deadline = now;
	job_update(&scene->job, &scene->host, &imds, &now);
	assert_int_equal(scene->report.results[0].state, RESULT_FAILED);
	assert_int_equal(scene->report.results[0].error.outcome, OUTCOME_TIMEOUT);
	assert_string_equal(scene->report.results[0].error.text,
		"EC2's metadata have no address for this ENI yet: metadata service: "
		"PUT /latest/api/token: not tried: no time was left");
}

static void test_outcome(void **state)
{
	static const struct {
		size_t count;
		enum result_state states[3];
		enum outcome errors[3];
		enum outcome outcome;
	} cases[] = {
		{0, {0}, {0}, OUTCOME_DONE},
		{3, {RESULT_UNCHANGED, RESULT_CHANGED, RESULT_NOT_LISTED}, {0}, OUTCOME_DONE},
		{2, {RESULT_DIFFERS, RESULT_UNCHANGED}, {0}, OUTCOME_DIFFERS},
		{1, {RESULT_FAILED}, {OUTCOME_TIMEOUT}, OUTCOME_TIMEOUT},
		{2, {RESULT_FAILED, RESULT_FAILED}, {OUTCOME_TIMEOUT, OUTCOME_TIMEOUT},
			OUTCOME_TIMEOUT},
		{2, {RESULT_FAILED, RESULT_FAILED}, {OUTCOME_TIMEOUT, OUTCOME_FAILED},
			OUTCOME_FAILED},
		{2, {RESULT_FAILED, RESULT_UNCHANGED}, {OUTCOME_TIMEOUT}, OUTCOME_DIFFERS},
		/* One that the policy does not list is no part that was done. */
		{2, {RESULT_NOT_LISTED, RESULT_FAILED}, {0, OUTCOME_TIMEOUT}, OUTCOME_TIMEOUT},
		/* A result that is undecided, or failed without an error, is not done. */
		{1, {RESULT_UNDECIDED}, {0}, OUTCOME_FAILED},
		{1, {RESULT_FAILED}, {OUTCOME_DONE}, OUTCOME_FAILED},
		{2, {RESULT_UNDECIDED, RESULT_CHANGED}, {0}, OUTCOME_DIFFERS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct report report = {0};

		for (size_t j = 0; j < cases[i].count; j++) {
			assert_int_equal(report_add(&report, "eth1"), 0);
			report.results[j].state = cases[i].states[j];
			report.results[j].error.outcome = cases[i].errors[j];
		}
		assert_int_equal(report_outcome(&report), cases[i].outcome);
		report_done(&report);
	}
}

/* An error of the whole is that of the results which have none yet, else the report's own. */
static void test_report_fails(void **state)
{
	struct report report = {0};

	(void)state;
	assert_int_equal(report_add(&report, "eth1"), 0);
	assert_int_equal(report_add(&report, "eth2"), 0);
	report.results[0].state = RESULT_CHANGED;
	report_fail(&report, -ENOMEM, &(struct error){0});
	assert_int_equal(report.results[0].state, RESULT_CHANGED);
	assert_int_equal(report.results[1].state, RESULT_FAILED);
	assert_string_equal(report.results[1].error.text, "out of memory");
	assert_int_equal(report_outcome(&report), OUTCOME_DIFFERS);
	report_done(&report);

	report_fail(&report, -ENOMEM, &(struct error){0});
	assert_string_equal(report.error.text, "out of memory");
	assert_int_equal(report_outcome(&report), OUTCOME_FAILED);
	report_done(&report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_settings_that_it_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_settings_that_it_leaves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_mtu_of_the_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_device_of_the_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_renamed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_dry_run_that_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_time_is_up_in_a_lag, setup, teardown),
		cmocka_unit_test(test_outcome),
		cmocka_unit_test(test_report_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
