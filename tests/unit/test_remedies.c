/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs remedies as printed, by sh -e, with names that a shell could misinterpret. The commands only
 * record their arguments. Files are written below the test's own root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/utf8.h"
#include "doctor/parts.h"
#include "file_tree.h"
#include "hazard/hazard.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_MAX 65536

/* None is longer than an interface's name may be. */
static const char *const names[] = {
	"eth1",
	"a b",
	"it's",
	"$(pwned)",
	"`pwned`",
	"a;pwned",
	"a&pwned&",
	"a|pwned",
	"a>pwned",
	"'\"';pwned '",
	"-eth1",
	"#a",
	"~",
	"*",
	"\\a\\",
	"%s%n",
	"größe",
	"\033[2J",
	"a\342\200\256b",
	"\377",
};

/* Records its name and arguments in brackets, one call per line. grep always finds its pattern. */
static const char stub[] = "#!/bin/sh\n"
			   "name=${0##*/}\n"
			   "{ printf '[%s]' \"$name\" \"$@\"; echo; } >>\"$ROOT/log\"\n"
			   "[ \"$name\" != mkdir ] || {\n"
			   "	for last; do :; done\n"
			   "	exec /bin/mkdir -p \"$ROOT/$last\"\n"
			   "}\n";

static const char *const commands[] = {"chmod", "chown", "grep", "ip", "mkdir", "mv", "myha",
	"networkctl", "nmcli", "pwned", "rm", "sed", "systemctl", "touch", "udevadm", "wicked"};

static void add_file(const char *root, const char *content, int mode, const char *format, ...)
	_printf_(4, 5);

static void add_file(const char *root, const char *content, int mode, const char *format, ...)
{
	char path[PATH_MAX], whole[PATH_MAX + FILE_TREE_ROOT_SIZE];
	const struct tree_file files[] = {{path, content, NULL}, {NULL, NULL, NULL}};
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	file_tree_add(root, files);
	snprintf(whole, sizeof(whole), "%s%s", root, path);
	assert_int_equal(chmod(whole, (mode_t)mode), 0);
}

static void make_root(char root[FILE_TREE_ROOT_SIZE])
{
	file_tree_make(root);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		add_file(root, stub, 0755, "/bin/%s", commands[i]);
}

/* Where every tool does what it can to the interface `name`, whose index is 3. */
static void add_tools(const char *root, const char *name)
{
	char state[PATH_MAX];

	add_file(root, "1\n", 0644, "/proc/sys/net/ipv4/conf/all/rp_filter");
	add_file(root, "1\n", 0644, "/proc/sys/net/ipv4/conf/%s/rp_filter", name);
	add_file(root, "systemd-network\n", 0644, "/proc/77/comm");
	snprintf(state, sizeof(state),
		"ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/%s.network\n", name);
	add_file(root, state, 0644, "/run/systemd/netif/links/3");
	add_file(root, "[Match]\n", 0644, "/etc/systemd/network/%s.network", name);
	add_file(root, "NetworkManager\n", 0644, "/proc/88/comm");
	add_file(root, "[device]\nmanaged=true\n", 0644, "/run/NetworkManager/devices/3");
	add_file(root, "[Unit]\n", 0644, "/usr/lib/systemd/system/policy-routes@.service");
	add_file(root, "", 0755, "/usr/libexec/cloud-netconfig");
	add_file(root, "", 0755, "/usr/sbin/wicked");
	add_file(root, "STARTMODE=auto\n", 0644, "/etc/sysconfig/network/ifcfg-%s", name);
}

static void diagnose(const char *root, const char *name, enum policy_addresses addresses,
	struct diagnosis *diagnosis)
{
	const struct hazard_interface interface = {
		.name = name,
		.index = 3,
		.mac = {{0x0a, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f}},
		.rp_filter = 1,
		.addresses = addresses,
	};
	const struct hazard_context context = {
		.root = root,
		.has_policy = true,
		.lists_interfaces = true,
		.interfaces = &interface,
		.n_interfaces = 1,
		.diagnosis = diagnosis,
	};

	hazard_probe_all(&context);
	assert_false(diagnosis->out_of_memory);
}

/* Redirects output to "/…", in quotes or not, to a file below the root. */
static size_t skip_redirection(const char *at)
{
	static const char *const redirections[] = {">/", ">'/", ">\"$(printf '/"};

	for (size_t i = 0; i < ARRAY_SIZE(redirections); i++)
		if (strncmp(at, redirections[i], strlen(redirections[i])) == 0)
			return strlen(redirections[i]) - 1;
	return 0;
}

static void write_script(const char *root, const char *remedy)
{
	_cleanup_(strbuf_done) struct strbuf script = {0};

	for (const char *at = remedy; *at; at++) {
		size_t length = skip_redirection(at);
		assert_int_equal(strbuf_add(&script, at, length ? length : 1), 0);
		if (length)
			assert_int_equal(strbuf_add_string(&script, root), 0);
		at += length ? length - 1 : 0;
	}
	assert_int_equal(strbuf_add(&script, "\n", 1), 0);
	add_file(root, strbuf_text(&script), 0644, "/remedy");
}

static void run_remedy(const char *root, const char *remedy)
{
	char command[PATH_MAX], said[512] = "";

	write_script(root, remedy);
	snprintf(command, sizeof(command), "cd %s && ROOT=%s PATH=%s/bin /bin/sh -eu ./remedy 2>&1",
		root, root, root);
	FILE *shell = popen(command, "r");
	assert_non_null(shell);
	said[fread(said, 1, sizeof(said) - 1, shell)] = '\0';
	int status = pclose(shell);
	if (status || *said)
		fail_msg("%s\nended with %d: %s", remedy, status, said);
}

static void run_all(const char *root, const struct diagnosis *diagnosis)
{
	for (size_t i = 0; i < diagnosis->count; i++) {
		const char *remedy = diagnosis->findings[i].remedy;
		_cleanup_(cleanup_free) char *lines = remedy ? strdup(remedy) : NULL;

		if (!lines)
			continue;
		run_remedy(root, lines);
		for (char *at = lines; (at = strchr(at, '\n'));)
			*at = ' ';
		assert_true(utf8_is_shown_text(lines));
	}
}

static void read_log(const char *root, struct strbuf *ret_log)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/log", root);
	assert_int_equal(file_read(path, LOG_MAX, ret_log, NULL), 0);
	assert_null(strstr(strbuf_text(ret_log), "[pwned]"));
}

static void assert_called(const struct strbuf *log, const char *format, ...) _printf_(2, 3);

static void assert_called(const struct strbuf *log, const char *format, ...)
{
	char call[PATH_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(call, sizeof(call), format, arguments);
	va_end(arguments);
	if (!strstr(strbuf_text(log), call))
		fail_msg("no %s in:\n%s", call, strbuf_text(log));
}

static void assert_written(const char *root, const char *line, const char *format, ...)
	_printf_(3, 4);

static void assert_written(const char *root, const char *line, const char *format, ...)
{
	_cleanup_(strbuf_done) struct strbuf text = {0};
	char below[PATH_MAX], path[PATH_MAX + FILE_TREE_ROOT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(below, sizeof(below), format, arguments);
	va_end(arguments);
	snprintf(path, sizeof(path), "%s%s", root, below);
	assert_int_equal(file_read(path, LOG_MAX, &text, NULL), 0);
	if (!strstr(strbuf_text(&text), line))
		fail_msg("no %s in %s:\n%s", line, path, strbuf_text(&text));
}

static void test_names_of_other_tools_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(diagnosis_done) struct diagnosis diagnosis;
		_cleanup_(strbuf_done) struct strbuf log = {0};
		char root[FILE_TREE_ROOT_SIZE];
		const char *name = names[i];
		bool is_option = *name == '-';

		make_root(root);
		add_tools(root, name);
		diagnosis_init(&diagnosis);
		diagnose(root, name, POLICY_ADDRESSES_IMDS, &diagnosis);
		diagnose(root, name, POLICY_ADDRESSES_NONE, &diagnosis);
		run_all(root, &diagnosis);
		read_log(root, &log);
		assert_called(&log, "\n[myha][attach]%s[%s]\n", is_option ? "[--]" : "", name);
		assert_called(&log, "\n[nmcli][device][set][%s][managed][no]\n", name);
		assert_called(&log, "\n[wicked][ifdown]%s[%s]\n", is_option ? "[--]" : "", name);
		assert_called(&log, "[mask][--now][refresh-policy-routes@%s.timer]\n", name);
		assert_called(&log, "[stop][refresh-policy-routes@%s.service]\n", name);
		assert_called(&log, "[mask][--now][policy-routes@%s.service]\n", name);
		assert_called(&log, "\n[networkctl][status][--json=short]%s[%s]\n",
			is_option ? "[--]" : "", name);
		assert_called(
			&log, "\n[networkctl][reconfigure]%s[%s]\n", is_option ? "[--]" : "", name);
		assert_called(&log, "\n[touch][/etc/sysconfig/network/ifcfg-%s]\n", name);
		assert_called(&log, "\n[mkdir][-p][/etc/systemd/network/%s.network.d]\n", name);
		assert_written(root, "KeepConfiguration=yes\n",
			"/etc/systemd/network/%s.network.d/zzz-myha.conf", name);
		assert_written(root, "CLOUD_NETCONFIG_MANAGE='no'\n",
			"/etc/sysconfig/network/ifcfg-%s", name);
		assert_written(root, "2\n", "/proc/sys/net/ipv4/conf/%s/rp_filter", name);
		file_tree_remove(root);
	}
}

static void diagnose_policy(const char *path, enum error_code code, struct diagnosis *diagnosis)
{
	struct doctor_options options = {
		.policy_path = path,
	};
	struct error *error = policy_errors_replace(&options.policy_errors);
	struct policy policy;
	struct doctor doctor = {
		.operation = {.policy = &policy},
		.options = &options,
		.diagnosis = diagnosis,
	};

	policy_init(&policy);
	error_set(error, OUTCOME_USAGE, EINVAL, "not usable");
	error->code = code;
	doctor_policy(&doctor);
	assert_false(diagnosis->out_of_memory);
	policy_done(&policy);
}

static void test_names_of_the_policy_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names) + 1; i++) {
		_cleanup_(diagnosis_done) struct diagnosis diagnosis;
		_cleanup_(strbuf_done) struct strbuf log = {0};
		const char *name = i < ARRAY_SIZE(names) ? names[i] : "a\nb";
		const char *mark = *name == '-' ? "[--]" : "";
		char root[FILE_TREE_ROOT_SIZE], path[64];

		make_root(root);
		snprintf(path, sizeof(path), "%s.d/policy", name);
		diagnosis_init(&diagnosis);
		diagnose_policy(path, ERROR_OTHER, &diagnosis);
		assert_string_equal(diagnosis.findings[0].id, "policy-missing");
		run_all(root, &diagnosis);
		assert_written(root, "interfaces: {}\n", "/%s.d/policy", name);

		add_file(root, "", 0666, "/policy");
		assert_int_equal(chdir(root), 0);
		assert_true(rename("policy", name) == 0);
		diagnose_policy(name, ERROR_UNSAFE_OWNER, &diagnosis);
		assert_int_equal(chdir("/"), 0);
		assert_string_equal(diagnosis.findings[1].id, "policy-owner");
		run_remedy(root, diagnosis.findings[1].remedy);
		read_log(root, &log);
		assert_called(&log, "[mkdir][-p]%s[%s.d]\n", mark, name);
		assert_called(&log, "\n[chown][root]%s[%s]\n", mark, name);
		assert_called(&log, "\n[chmod][go-w]%s[%s]\n", mark, name);
		file_tree_remove(root);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_other_tools_files),
		cmocka_unit_test(test_names_of_the_policy_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
