/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes one allocation of a program fail: for LD_PRELOAD.
 *
 *	FAULT=N			the allocation number N from the begin of main() on; 0: none
 *	FAULT_TLS=1		only OpenSSL's are counted, of which there are thousands; else all others
 *	FAULT_REPORT=FILE	gets "FUNCTION MODULE+OFFSET" of the one that failed; without one, how
 *				many allocations there were
 *
 * free() stays the C library's, or a sanitizer's.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static unsigned long wanted; /* 0: no call */
static unsigned long calls; /* since main() began */
static bool has_begun;
static char report_path[256];

/* Where OpenSSL's two libraries are. */
static struct range {
	const char *begin, *end;
} tls[2];
static size_t n_tls;
static bool wants_tls;

static int find_tls(struct dl_phdr_info *module, size_t size, void *data)
{
	const char *base = (const char *)module->dlpi_addr;

	(void)size;
	(void)data;
	if ((!strstr(module->dlpi_name, "/libcrypto.") && !strstr(module->dlpi_name, "/libssl.")) ||
		n_tls == 2)
		return 0;
	for (size_t i = 0; i < module->dlpi_phnum; i++) {
		const char *end = base + module->dlpi_phdr[i].p_vaddr +
				  module->dlpi_phdr[i].p_memsz;

		if (module->dlpi_phdr[i].p_type == PT_LOAD && end > tls[n_tls].end)
			tls[n_tls] = (struct range){base, end};
	}
	n_tls++;
	return 0;
}

static bool is_tls(const char *caller)
{
	for (size_t i = 0; i < n_tls; i++)
		if (caller >= tls[i].begin && caller < tls[i].end)
			return true;
	return false;
}

/* Nothing here may allocate. */
static void report(const char *line)
{
	int fd = open(report_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	if (write(fd, line, strlen(line)) < 0)
		abort();
	close(fd);
}

static void report_caller(const char *function, const void *caller)
{
	char line[512];
	Dl_info module = {0};

	dladdr(caller, &module);
	snprintf(line, sizeof(line), "%s %s+0x%lx\n", function,
		module.dli_fname ? module.dli_fname : "?",
		(unsigned long)((const char *)caller - (const char *)module.dli_fbase));
	report(line);
}

__attribute__((destructor)) static void report_count(void)
{
	char line[32];

	snprintf(line, sizeof(line), "%lu\n", calls);
	if (has_begun && !wanted)
		report(line);
}

static bool fails(const char *function, const void *caller)
{
	if (!has_begun || is_tls(caller) != wants_tls)
		return false;
	if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != wanted)
		return false;
	report_caller(function, caller);
	errno = ENOMEM;
	return true;
}

/* What dlsym() itself asks for, before it has told where the real functions are. */
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

/* What libraries set up before main() is theirs. */
static int counted_main(int argc, char **argv, char **environment)
{
	const char *number = getenv("FAULT"), *path = getenv("FAULT_REPORT");

	dl_iterate_phdr(find_tls, NULL);
	wants_tls = getenv("FAULT_TLS");
	wanted = number ? strtoul(number, NULL, 10) : 0;
	snprintf(report_path, sizeof(report_path), "%s", path ? path : "");
	prepare_crash();
	unsetenv("LD_PRELOAD"); /* not for child processes */
	has_begun = true;
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
