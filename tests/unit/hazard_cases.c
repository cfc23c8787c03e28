/* SPDX-License-Identifier: Apache-2.0 */
#include "hazard_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

#include <string.h>

static const struct tree_file sound[] = {
	{"/usr/lib/udev/rules.d/90-myha.rules", "ACTION==\"remove\"\n", NULL},
	{"/usr/lib/systemd/system/myha@.service", "[Unit]\n", NULL},
	{"/usr/lib/systemd/system/myha-boot.service", "[Unit]\n", NULL},
	{"/etc/systemd/system/multi-user.target.wants/myha-boot.service", NULL,
		"/usr/lib/systemd/system/myha-boot.service"},
	{"/proc/sys/net/ipv4/conf/all/rp_filter", "0\n", NULL},
	{"/proc/uptime", "1000.00 1500.00\n", NULL},
	{"/proc/1/comm", "systemd\n", NULL},
	{"/proc/self/comm", "systemd-network\n", NULL}, /* no process, but a way to one */
	{NULL, NULL, NULL},
};

static void print_finding(const struct finding *finding, struct strbuf *out)
{
	const char *at = finding->remedy ? finding->remedy : "";

	strbuf_printf(out, "%s %s %s: %s\n", finding_severity_name(finding->severity),
		diagnosis_area_id(finding->area), finding->id, finding->text);
	while (*at) {
		int length = (int)strcspn(at, "\n");
		strbuf_printf(out, "\t%.*s\n", length, at);
		at += length + (at[length] == '\n');
	}
}

static void print(const struct diagnosis *diagnosis, struct strbuf *out)
{
	assert_false(diagnosis->out_of_memory);
	for (size_t i = 0; i < diagnosis->count; i++)
		print_finding(&diagnosis->findings[i], out);
	if (diagnosis->passed[AREA_HAZARDS].length)
		strbuf_printf(out, "good other-tools: %s\n",
			strbuf_text(&diagnosis->passed[AREA_HAZARDS]));
}

static bool lists_eth1(enum hazard_case_policy policy)
{
	return policy == LISTS_ETH1 || policy == LISTS_BOTH || policy == LISTS_BOTH_ON_ETH1;
}

static bool lists_overlay(enum hazard_case_policy policy)
{
	return policy == LISTS_OVERLAY || policy == LISTS_BOTH || policy == LISTS_BOTH_ON_ETH1;
}

static void run(const struct hazard_case *one, const char *root)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	struct hazard_interface interface = one->interface;
	struct ip_address address;
	bool on_eth1 = one->policy == LISTS_BOTH_ON_ETH1;
	const struct hazard_overlay overlay = {
		.name = "sapascs",
		.address = &address,
		.at_boot = true,
		.interface = on_eth1 ? "eth1" : "eth0",
		.index = on_eth1 ? 3 : 2,
	};
	struct diagnosis diagnosis;
	const struct hazard_context context = {
		.root = root,
		.now = clock_wall(),
		.has_policy = one->policy != IS_MISSING,
		.interfaces = &interface,
		.n_interfaces = lists_eth1(one->policy),
		.lists_interfaces = lists_eth1(one->policy),
		.overlays = &overlay,
		.n_overlays = lists_overlay(one->policy),
		.diagnosis = &diagnosis,
	};

	if (!interface.name)
		interface = (struct hazard_interface){"eth1", 3,
			{{0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f}}, 2, one->interface.addresses,
			one->interface.has_host_sources};
	assert_int_equal(ip_address_parse("192.168.10.16", &address), 0);
	diagnosis_init(&diagnosis);
	hazard_probe_all(&context);
	print(&diagnosis, &text);
	assert_string_equal(strbuf_text(&text), one->expected);
	diagnosis_done(&diagnosis);
}

void hazard_cases_run(const struct hazard_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char root[FILE_TREE_ROOT_SIZE];

		file_tree_make(root);
		file_tree_add(root, sound);
		file_tree_add(root, cases[i].files);
		run(&cases[i], root);
		file_tree_remove(root);
	}
}
