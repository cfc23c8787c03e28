/* SPDX-License-Identifier: Apache-2.0 */
#include "hazard/probe.h"

#include "base/shell.h"
#include "hazard/root_files.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hazard_add_finding(const struct hazard_context *context, const char *format, ...)
{
	_cleanup_(cleanup_free) char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0) {
		text = NULL; /* undefined after an error */
		context->diagnosis->out_of_memory = true;
		return;
	}
	diagnosis_add(context->diagnosis, context->hazard->area, context->hazard->severity,
		context->hazard->id, "%s", text);
}

void hazard_add_unknown(const struct hazard_context *context, const char *object, int err)
{
	diagnosis_add(context->diagnosis, context->hazard->area, FINDING_UNKNOWN,
		context->hazard->id, "cannot read %s: %s", object, strerror(-err));
	if (err == -EACCES)
		hazard_add_remedy(context, "sudo myha check");
}

void hazard_check_oom(const struct hazard_context *context, int err)
{
	if (err == -ENOMEM)
		context->diagnosis->out_of_memory = true;
}

bool hazard_is_true(const struct hazard_context *context, int result)
{
	hazard_check_oom(context, result);
	return result > 0;
}

bool hazard_may_list_interfaces(const struct hazard_context *context)
{
	return !context->has_policy || context->lists_interfaces;
}

/* If the file does not exist, returns the error but reports nothing: the tool may be absent. */
int hazard_read(const struct hazard_context *context, const char *path, struct strbuf *ret_text)
{
	int err = root_read(context->root, path, ret_text, NULL);

	if (err && err != -ENOENT && err != -ENOTDIR)
		hazard_add_unknown(context, path, err);
	return err;
}

void hazard_remedy_file(
	const struct hazard_context *context, const char *path, const char *const *lines)
{
	_cleanup_(strbuf_done) struct strbuf command = {0};
	const char *slash = strrchr(path, '/');
	int err = 0;

	hazard_add_remedy(context, "mkdir -p %.*s", (int)(slash - path), path);
	/* An existing file may be a link to /dev/null, through which the shell would write. */
	hazard_add_remedy(context, "rm -f %s", path);
	strbuf_add_string(&command, "printf '%s\\n'"); /* an error remains in `command` */
	for (size_t i = 0; !err && lines[i]; i++)
		err = strbuf_add(&command, " ", 1) ? -ENOMEM : shell_add_quoted(&command, lines[i]);
	if (!err)
		err = shell_printf(&command, " >%s", path);
	if (err)
		context->diagnosis->out_of_memory = true;
	else
		diagnosis_add_remedy_line(context->diagnosis, strbuf_text(&command));
}

/* `myha attach` then makes the address, which the client leaves behind, permanent. */
void hazard_remedy_keep_address(
	const struct hazard_context *context, const struct hazard_interface *interface)
{
	if (!interface->index)
		return;
	hazard_add_remedy(
		context, "ip route flush exact default proto dhcp dev %s", interface->name);
	hazard_add_remedy(context, "myha attach -- %s", interface->name);
}

bool hazard_is_excludable(const struct hazard_interface *interface)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-";
	const char *name = interface->name;
	bool is_plain = *name != '-' && strspn(name, plain) == strlen(name);

	return interface->addresses == POLICY_ADDRESSES_IMDS && is_plain;
}

void hazard_remedy_wait_ended(const struct hazard_context *context, const char *unit)
{
	hazard_add_remedy(context,
		"until systemctl is-active %s | grep -Eqx 'inactive|failed'; do sleep 0.2; done",
		unit);
}
