/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs commands by turns and measures each as a whole process, from spawn to exit.
 *
 *	stopwatch ROUNDS SEED :: UNDO… :: COMMAND… [:: COMMAND…]…
 *
 * Each round runs all commands once, in an order drawn anew, and UNDO after each, outside the time.
 * NAME=VALUE words before a command are put into its environment.
 * One line a run goes to stdout: round, number of the command (from 0), nanoseconds, peak memory in
 * KiB, processes and threads that it made. A command that fails ends it all.
 *
 * It is small and in C because a child's peak memory begins with that of the process that spawned
 * it, and because the spawner's own cost would else be in every figure. The processes are counted
 * by pids: the bench has a pid namespace of its own, in which no other program starts any, so what lies
 * between a command's pid and that of the UNDO after it was made by the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 16
#define MAX_ENVIRONMENT 64

struct run {
	pid_t pid;
	int status;
	uint64_t nanoseconds;
	long peak; /* KiB */
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Our own environment with the words before the command; returns where the command begins. */
static char **make_environment(char **command, char **ret_environment)
{
	size_t count = 0;

	for (; command[0] && strchr(command[0], '=') && count < MAX_ENVIRONMENT; command++)
		ret_environment[count++] = command[0];
	for (char **word = environ; *word && count < MAX_ENVIRONMENT; word++)
		ret_environment[count++] = *word;
	ret_environment[count] = NULL;
	return command;
}

static struct run run(char **words, const posix_spawn_file_actions_t *actions)
{
	char *environment[MAX_ENVIRONMENT + 1];
	char **command = make_environment(words, environment);
	struct run run;
	struct rusage usage;
	uint64_t start = now();
	int err = posix_spawnp(&run.pid, command[0], actions, NULL, command, environment);

	if (err) {
		fprintf(stderr, "stopwatch: %s: %s\n", command[0], strerror(err));
		exit(1);
	}
	while (wait4(run.pid, &run.status, 0, &usage) < 0)
		if (errno != EINTR)
			exit(1);
	run.nanoseconds = now() - start;
	run.peak = usage.ru_maxrss;
	return run;
}

static void must_have_worked(const struct run *run, char **command)
{
	if (WIFEXITED(run->status) && WEXITSTATUS(run->status) == 0)
		return;
	fprintf(stderr, "stopwatch: failed (status %#x):", (unsigned)run->status);
	for (char **word = command; *word; word++)
		fprintf(stderr, " %s", *word);
	fprintf(stderr, "\n");
	exit(1);
}

static void shuffle(size_t *order, size_t count, unsigned *seed)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)rand_r(seed) % i;
		size_t swapped = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swapped;
	}
}

/* Cuts the arguments at each "::"; commands[0] is what undoes. */
static size_t split(char **argv, char ***commands)
{
	size_t count = 0;

	for (; *argv; argv++) {
		if (strcmp(*argv, "::"))
			continue;
		*argv = NULL;
		if (count == MAX_COMMANDS || !argv[1])
			return 0;
		commands[count++] = argv + 1;
	}
	return count;
}

int main(int argc, char **argv)
{
	const struct timespec settle = {.tv_nsec = 2000000};
	char **commands[MAX_COMMANDS];
	size_t order[MAX_COMMANDS];
	posix_spawn_file_actions_t actions;
	unsigned seed;
	unsigned long rounds;
	size_t count = argc > 3 ? split(argv + 3, commands) : 0;

	if (count < 2) {
		fprintf(stderr, "usage: stopwatch ROUNDS SEED :: UNDO… :: COMMAND…\n");
		return 2;
	}
	rounds = strtoul(argv[1], NULL, 10);
	seed = (unsigned)strtoul(argv[2], NULL, 10);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	for (size_t i = 1; i < count; i++)
		order[i - 1] = i;
	for (unsigned long round = 0; round < rounds; round++) {
		shuffle(order, count - 1, &seed);
		for (size_t i = 0; i < count - 1; i++) {
			struct run measured = run(commands[order[i]], &actions);
			struct run undone = run(commands[0], &actions);

			must_have_worked(&measured, commands[order[i]]);
			must_have_worked(&undone, commands[0]);
			printf("%lu %zu %llu %ld %d\n", round, order[i] - 1,
				(unsigned long long)measured.nanoseconds, measured.peak,
				undone.pid - measured.pid - 1);
			nanosleep(&settle, NULL);
		}
	}
	return 0;
}
