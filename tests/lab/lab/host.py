# SPDX-License-Identifier: Apache-2.0
"""The machine under the lab: run programs on it, and leave it as it was found.

Whatever the lab makes lives in namespaces that are held by a process of the lab and by nothing
else: no names under /run/netns, no mounts in the host's mount namespace, no interface in the
host's network namespace, not even for a moment. Every such process is told by the kernel to die
with the lab (PR_SET_PDEATHSIG), so that a lab that is killed takes its namespaces, and with them
its mounts and interfaces, along. What the kernel does not take along (directories, cgroups) carries
the lab's process id in its name, and clean.py removes it later.
"""

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

PREFIX = "myha-lab-"

# Seconds after which a wait has failed, however busy the machine is. It ends at its event, so that it may be
# long.
PATIENCE = 60
# Seconds by which a busy machine may be late, in assertions about elapsed time.
LATE = 30

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """Something that the lab needs did not come true; the message is for a person."""


def run(*argv, check=True, timeout=2 * PATIENCE, **options):
    """Run a program to its end; its output is text."""
    try:
        result = subprocess.run([str(word) for word in argv], text=True, timeout=timeout,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{' '.join(str(word) for word in argv)}: not within {timeout:g} s") from error
    if check and result.returncode != 0:
        said = result.stderr.strip() or result.stdout.strip()
        raise LabError(f"{' '.join(str(word) for word in argv)}: exit {result.returncode}: {said}")
    return result


def wait_for(condition, what, timeout=PATIENCE, interval=0.005):
    """The first true value of condition(), which is called until the deadline: less and less often, since
    most conditions run programs, and what is waited for needs the processor too."""
    began = time.monotonic()
    while True:
        value = condition()
        if value:
            return value
        waited = time.monotonic() - began
        if waited > timeout:
            raise LabError(f"not within {timeout:g} s: {what() if callable(what) else what}")
        time.sleep(max(interval, min(waited / 10, 0.25)))


def socket_in(pid, *arguments):
    """A socket of the network namespace of process pid, for use from here.

    A thread of its own changes the namespace, so that no other code of this process ever sees it.
    """
    made = []

    def make():
        with open(f"/proc/{pid}/ns/net") as namespace:
            if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
                made.append(OSError(ctypes.get_errno(), f"setns: process {pid}"))
                return
        try:
            made.append(socket.socket(*arguments))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def children_of(pid):
    """The process ids whose parent is pid, in the order in which the kernel lists them."""
    try:
        listed = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(word) for word in listed.split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Host:
    """The registry of what the lab made on this machine. Used as a context manager: at its end,
    however that comes about, all is undone in the reverse order."""

    def __init__(self):
        self._undo = contextlib.ExitStack()
        self._handlers = {}

    def __enter__(self):
        if os.geteuid() != 0:
            raise LabError("the lab needs root: it makes namespaces and boots systems in them")
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                self._handlers[number] = signal.signal(number, self._interrupt)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self.defer(shutil.rmtree, self.directory, ignore_errors=True)
        return self

    def __exit__(self, *error):
        # A second signal must not cut the clearing short.
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)
        try:
            return self._undo.__exit__(*error)
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    @staticmethod
    def _interrupt(number, _frame):
        raise KeyboardInterrupt(signal.Signals(number).name)

    def defer(self, function, *arguments, **options):
        """Have function(…) called when the lab ends."""
        self._undo.callback(function, *arguments, **options)

    def start(self, *argv, **options):
        """Start a program that runs until it is ended, at the latest when the lab ends.

        To be called from a thread that lives as long as the lab: the kernel ends the program with
        the thread that started it.
        """
        process = subprocess.Popen([str(word) for word in argv], preexec_fn=die_with_parent,
                                   start_new_session=True, **options)
        self.defer(stop, process)
        return process


def stop(process, number=signal.SIGKILL, timeout=PATIENCE):
    """End a process that Host.start() made, and collect it."""
    if process.poll() is None:
        process.send_signal(number)
    process.wait(timeout)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


class Namespaces:
    """A set of namespaces, held by one process that does nothing else.

    kinds are some of net, mount, uts and pid; setup is a shell script that runs in them first. With
    pid all that runs in them dies with the holder.
    """

    def __init__(self, host, name, kinds=("net",), setup="", arguments=()):
        self.host = host
        self.name = name
        self.enter = [f"--{kind}" for kind in kinds]
        options = list(self.enter)
        if "pid" in kinds:
            options += ["--fork", "--kill-child", "--mount-proc"]
        script = f"set -e\n{setup}\necho ready\nexec sleep infinity\n"
        self.holder = host.start("unshare", *options, "--", "sh", "-c", script, name, *arguments,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            raise LabError(f"{name}: its namespaces could not be set up")
        # A process in these namespaces.
        self.pid = children_of(self.holder.pid)[0] if "pid" in kinds else self.holder.pid

    def command(self, *argv):
        """The words that run argv in these namespaces."""
        return ("nsenter", "-t", str(self.pid), *self.enter, "--", *argv)

    def run(self, *argv, **options):
        return run(*self.command(*argv), **options)

    def start(self, *argv, **options):
        return self.host.start(*self.command(*argv), **options)

    def batch(self, lines, tool="ip", options=()):
        """Many commands of ip(8) in one process; all or an error."""
        if lines:
            self.run(tool, *options, "-batch", "-", input="\n".join(lines) + "\n")

    def close(self):
        stop(self.holder)
