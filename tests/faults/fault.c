/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes one allocation of a program fail: for LD_PRELOAD.
 *
 *	FAULT=HASH:N		the call path of the allocation, and which of its allocations, from 1 on;
 *				none: nothing fails
 *	FAULT_TLS=1		only OpenSSL's are counted, of which there are thousands; else all others
 *	FAULT_REPORT=FILE	gets "FUNCTION MODULE+OFFSET…" of the allocation that failed and its callers;
 *				where none is to fail, a line "HASH COUNT OURS" of each call path
 *
 * A call path is the callers of an allocation, by module and offset. It has the same name in each run of
 * the same build, whatever other threads do meanwhile and wherever the modules are loaded. OURS is 1 if
 * the three callers nearest to the C library are the program's own, else 0: then a library decides what
 * becomes of the failure.
 *
 * free() stays the C library's, or a sanitizer's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_MODULES 64
#define MAX_FRAMES 32
#define MAX_PATHS 16384
#define OUR_CALLERS 3

static bool is_counting;
static bool wants_tls;
static uint64_t wanted_path; /* 0: none */
static unsigned long wanted_call;
static char report_path[256];

enum module_kind {
	MODULE_OTHER,
	MODULE_PROGRAM,
	MODULE_C_LIBRARY, /* and what stands in for it: sanitizers, and this */
	MODULE_TLS,
};

static struct module {
	const char *begin, *end;
	const char *name;
	enum module_kind kind;
} modules[MAX_MODULES];
static size_t n_modules;

static struct call_path {
	uint64_t hash; /* 0: free */
	unsigned long count;
	bool is_ours;
} paths[MAX_PATHS];
static pthread_mutex_t paths_lock = PTHREAD_MUTEX_INITIALIZER;

/* Inside of here, allocations are not counted: the unwinder may make some. */
static __thread bool is_inside;

static enum module_kind module_kind(const char *name)
{
	static const struct {
		const char *part;
		enum module_kind kind;
	} kinds[] = {
		{"/libc.so", MODULE_C_LIBRARY},
		{"/libc-", MODULE_C_LIBRARY},
		{"/libasan.", MODULE_C_LIBRARY},
		{"/libubsan.", MODULE_C_LIBRARY},
		{"/fault.so", MODULE_C_LIBRARY},
		{"/libcrypto.", MODULE_TLS},
		{"/libssl.", MODULE_TLS},
	};

	if (n_modules == 0)
		return MODULE_PROGRAM;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(name, kinds[i].part))
			return kinds[i].kind;
	return MODULE_OTHER;
}

static int add_module(struct dl_phdr_info *info, size_t size, void *data)
{
	struct module *module = &modules[n_modules];
	const char *base = (const char *)info->dlpi_addr;

	(void)size;
	(void)data;
	if (n_modules == MAX_MODULES)
		return 0;
	*module = (struct module){.begin = base, .end = base};
	module->kind = module_kind(info->dlpi_name);
	module->name = module->kind == MODULE_PROGRAM ? "myha" : strrchr(info->dlpi_name, '/');
	module->name = module->name && module->name[0] == '/' ? module->name + 1 : module->name;
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const char *end = base + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type == PT_LOAD && end > module->end)
			module->end = end;
	}
	n_modules++;
	return 0;
}

/* NULL: it was loaded since. */
static const struct module *module_of(const void *address)
{
	for (size_t i = 0; i < n_modules; i++)
		if ((const char *)address >= modules[i].begin &&
			(const char *)address < modules[i].end)
			return &modules[i];
	return NULL;
}

/* Nothing here may allocate. */
static void write_whole(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		abort();
}

static int open_report(void)
{
	return open(report_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void report_call(const char *function, void *const *frames, int count)
{
	int fd = open_report();
	char text[256];

	if (fd < 0)
		return;
	write_whole(fd, function);
	for (int i = 0; i < count; i++) {
		const struct module *module = module_of(frames[i]);

		snprintf(text, sizeof(text), " %s+0x%lx",
			module && module->name ? module->name : "?",
			module ? (unsigned long)((const char *)frames[i] - module->begin) : 0);
		write_whole(fd, text);
	}
	close(fd);
}

__attribute__((destructor)) static void report_paths(void)
{
	char text[64];
	int fd;

	if (!is_counting || wanted_path || (fd = open_report()) < 0)
		return;
	is_counting = false;
	for (size_t i = 0; i < MAX_PATHS; i++) {
		if (!paths[i].hash)
			continue;
		snprintf(text, sizeof(text), "%016lx %lu %d\n", (unsigned long)paths[i].hash,
			paths[i].count, paths[i].is_ours);
		write_whole(fd, text);
	}
	close(fd);
}

/* FNV-1a */
static uint64_t hash_more(uint64_t hash, uint64_t value)
{
	for (int i = 0; i < 8; i++, value >>= 8)
		hash = (hash ^ (value & 0xff)) * 0x100000001b3;
	return hash;
}

static uint64_t hash_path(void *const *frames, int count)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (int i = 0; i < count; i++) {
		const struct module *module = module_of(frames[i]);

		/* By its name: the order in which modules are loaded is not fixed. */
		for (const char *at = module ? module->name : NULL; at && *at; at++)
			hash = hash_more(hash, (uint64_t)*at);
		hash = hash_more(
			hash, module ? (uint64_t)((const char *)frames[i] - module->begin) : 0);
	}
	return hash ? hash : 1;
}

static bool path_is_ours(void *const *frames, int count)
{
	const struct module *module;
	int i = 0;

	while (i < count && (module = module_of(frames[i])) && module->kind == MODULE_C_LIBRARY)
		i++;
	if (i + OUR_CALLERS > count)
		return false;
	for (int end = i + OUR_CALLERS; i < end; i++) {
		module = module_of(frames[i]);
		if (!module || module->kind != MODULE_PROGRAM)
			return false;
	}
	return true;
}

/* The number of this allocation among those of its path. */
static unsigned long count_call(uint64_t hash, void *const *frames, int count)
{
	unsigned long number = 0;

	pthread_mutex_lock(&paths_lock);
	for (size_t i = 0; i < MAX_PATHS; i++) {
		struct call_path *path = &paths[(hash + i) % MAX_PATHS];

		if (path->hash && path->hash != hash)
			continue;
		if (!path->hash)
			*path = (struct call_path){
				.hash = hash, .is_ours = path_is_ours(frames, count)};
		number = ++path->count;
		break;
	}
	pthread_mutex_unlock(&paths_lock);
	return number;
}

static bool is_tls(const void *caller)
{
	const struct module *module = module_of(caller);

	return module && module->kind == MODULE_TLS;
}

static bool fails_here(const char *function)
{
	void *all[MAX_FRAMES], **frames = all;
	int count = backtrace(all, MAX_FRAMES);
	const struct module *module;

	/* The first ones are here. */
	while (count > 0 && (module = module_of(*frames)) && !strcmp(module->name, "fault.so")) {
		frames++;
		count--;
	}
	uint64_t hash = hash_path(frames, count);
	unsigned long number = count_call(hash, frames, count);

	if (hash != wanted_path || number != wanted_call)
		return false;
	report_call(function, frames, count);
	return true;
}

static bool fails(const char *function, const void *caller)
{
	if (!is_counting || is_inside || is_tls(caller) != wants_tls)
		return false;
	is_inside = true;
	bool failed = fails_here(function);
	is_inside = false;
	if (failed)
		errno = ENOMEM;
	return failed;
}

/* Allocations of dlsym() itself, before it has returned the real functions. */
static void *early(size_t size)
{
	static char memory[4096] __attribute__((aligned(16)));
	static size_t used;
	void *at = memory + used;

	used += (size + 15) & ~(size_t)15;
	return used <= sizeof(memory) ? at : NULL;
}

#define REAL(name)                                                                                 \
	static __typeof__(name) *real;                                                             \
	static bool is_searched;                                                                   \
	if (!real && !is_searched) {                                                               \
		is_searched = true;                                                                \
		real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);                                \
	}

void *malloc(size_t size)
{
	REAL(malloc)
	if (!real)
		return early(size);
	return fails("malloc", __builtin_return_address(0)) ? NULL : real(size);
}

void *calloc(size_t count, size_t size)
{
	REAL(calloc)
	if (!real)
		return early(count * size);
	return fails("calloc", __builtin_return_address(0)) ? NULL : real(count, size);
}

void *realloc(void *memory, size_t size)
{
	REAL(realloc)
	return fails("realloc", __builtin_return_address(0)) ? NULL : real(memory, size);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
	REAL(posix_memalign)
	return fails("posix_memalign", __builtin_return_address(0))
		       ? ENOMEM
		       : real(ret_memory, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	REAL(aligned_alloc)
	return fails("aligned_alloc", __builtin_return_address(0)) ? NULL : real(alignment, size);
}

static void on_crash(int number)
{
	void *frames[32];

	backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
	raise(number);
}

/* The first call of backtrace() loads a library. */
static void prepare_crash(void)
{
	const struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)SA_RESETHAND};
	void *frame;

	backtrace(&frame, 1);
	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGABRT, &action, NULL);
}

static int (*real_main)(int, char **, char **);

/* Allocations of libraries before main() do not count. */
static int counted_main(int argc, char **argv, char **environment)
{
	const char *fault = getenv("FAULT"), *path = getenv("FAULT_REPORT");
	char *number = NULL;

	dl_iterate_phdr(add_module, NULL);
	wants_tls = getenv("FAULT_TLS");
	wanted_path = fault ? strtoull(fault, &number, 16) : 0;
	wanted_call = number && *number == ':' ? strtoul(number + 1, NULL, 10) : 0;
	snprintf(report_path, sizeof(report_path), "%s", path ? path : "");
	prepare_crash();
	unsetenv("LD_PRELOAD"); /* not for child processes */
	is_counting = true;
	return real_main(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
	REAL(__libc_start_main)
	real_main = main;
	return real(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
