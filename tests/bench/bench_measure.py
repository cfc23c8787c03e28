# SPDX-License-Identifier: Apache-2.0
"""Measuring: contestants by turns, what they came to, and what was promised of that."""

import re
import statistics
import subprocess

from bench_stage import ENVIRONMENT, WORK, run, split_environment

CLONE_THREAD = 0x10000  # linux/sched.h
RTM_GET = 2  # linux/rtnetlink.h: of each four types, the third one reads


class Figures:
    """All runs of one contestant."""

    def __init__(self):
        self.msec, self.peak, self.children = [], [], []

    def add(self, other):
        """Another measuring's rounds too."""
        self.msec += other.msec
        self.peak += other.peak
        self.children += other.children

    def median(self):
        return statistics.median(self.msec)

    def p95(self):
        return sorted(self.msec)[int(len(self.msec) * 0.95)]

    def over(self, *others):
        """The median over the rounds of this one's time by the others' together.

        Within a round, all had the same machine: what else it does cancels out.
        """
        return statistics.median(mine / sum(rest) for mine, *rest in
                                 zip(self.msec, *(other.msec for other in others)))


    def above(self, other):
        """The same for the difference, in milliseconds."""
        return statistics.median(mine - theirs for mine, theirs in zip(self.msec, other.msec))


def measure(programs, rounds, contestants, undo):
    """Runs all contestants by turns; {name: Figures}."""
    command = [f"{programs}/stopwatch", str(rounds), "1", "::", *undo]
    for words in contestants.values():
        command += ["::", *words]
    with open(f"{WORK}/stderr", "w+", encoding="utf-8", errors="replace") as errors:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=errors, text=True,
                              env=ENVIRONMENT, check=False)
        if done.returncode:
            errors.seek(0)
            raise RuntimeError("".join(errors.readlines()[-5:]).strip())
    return read_figures(done.stdout, contestants)


def read_figures(text, names):
    """The figures that stopwatch prints of contestants with these names, in the order that it has them in."""
    figures = {name: Figures() for name in names}
    for line in text.splitlines():
        _, index, nanoseconds, peak, children = (int(word) for word in line.split())
        one = figures[list(names)[index]]
        one.msec.append(nanoseconds / 1e6)
        one.peak.append(peak)
        one.children.append(children)
    return figures


class Trace:
    """One run of a command under strace.

    messages: the types (linux/rtnetlink.h) of the netlink messages that it sends, sorted; changes:
    those of them that do not only read; processes: how many it makes, without threads.
    """

    def __init__(self, command):
        path = f"{WORK}/trace"
        environment, words = split_environment(command)
        # As numbers: strace does not know yet what kind of socket the first message is for.
        run(*environment, "strace", "-f", "-v", "-X", "raw", "-o", path,
            "-e", "trace=sendto,sendmsg,fork,vfork,clone,clone3", *words)
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        self.messages = sorted(int(kind, 0) for kind in re.findall(r"nlmsg_type=(\w+)", text))
        self.changes = [kind for kind in self.messages if kind >= 16 and kind % 4 != RTM_GET]
        flags = re.findall(r"\bclone3?\(.*?flags=(\w+)", text)
        self.processes = len(re.findall(r"\bv?fork\(", text)) + \
            sum(not int(value, 0) & CLONE_THREAD for value in flags)


class Report:
    """Prints figures, and collects the missed promises."""

    def __init__(self):
        self.missed = []

    @staticmethod
    def table(title, figures, than=None):
        print(f"\n{title}\n{'':26}{'median':>9}{'p95':>9}{'ratio':>8}{'peak':>10}{'children':>10}")
        for name, one in figures.items():
            ratio = f"{one.over(figures[than]):8.2f}" if than else f"{'':8}"
            print(f"{name:26}{one.median():6.2f} ms{one.p95():6.2f} ms{ratio}"
                  f"{max(one.peak):6} KiB{max(one.children):10}", flush=True)

    def promise(self, what, value, limit, at_least=False):
        kept = value >= limit if at_least else value <= limit
        verdict = "kept" if kept else "MISSED"
        print(f"  {verdict:7} {what}: {value:.4g}, {'at least' if at_least else 'at most'} {limit}",
              flush=True)
        if not kept:
            self.missed.append(what)


def compare_outcomes(contestants, undo, state, standins):
    """Each contestant once: all must end in the same state, and all must be undone.

    Returns the requests of each: {name: [Counts of each stand-in]}.
    """
    clean, wanted = state(), None
    seen = {}
    for name, command in contestants.items():
        run(*command)
        seen[name] = [standin.counts() for standin in standins]
        found = state()
        wanted = wanted or found
        if found != wanted:
            raise RuntimeError(f"{name} ends in another state than the first contestant:\n"
                               f"{found}\nand not\n{wanted}")
        run(*undo)
        if state() != clean:
            raise RuntimeError(f"what {name} did was not undone:\n{state()}\nand not\n{clean}")
    return seen


def require_same_requests(seen, floor, than):
    """The floor must send the same requests to every stand-in, in any order."""
    for mine, theirs in zip(seen[floor], seen[than]):
        if sorted(mine.requests) != sorted(theirs.requests):
            raise RuntimeError(f"{floor} makes other requests than {than}:\n"
                               f"{mine.requests}\nand not\n{theirs.requests}")


def require_same_changes(floor, mine, than, theirs):
    """The floor must send the kernel the same netlink messages."""
    if mine != theirs:
        raise RuntimeError(f"{floor} sends other netlink messages than {than}:\n"
                           f"{mine}\nand not\n{theirs}")
