# SPDX-License-Identifier: Apache-2.0
"""The lab's own servers, each in a process of its own that has the namespaces of another.

Python takes longer to start than most tests. So one process loads the servers' code once, and forks for
each of them:

    python3 -m lab.servers  (its standard input is a socket; lab.servers.start() speaks to it)
"""

import ctypes
import functools
import gc
import importlib
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import threading

from .host import die_with_parent, libc, stop

PACKAGE = pathlib.Path(__file__).resolve().parent
MODULES = ("lab.client", "lab.imds")
REQUEST_MAX = 1 << 16


class ServerProcess:
    """As far as the lab asks, what subprocess.Popen is."""

    stdin = stderr = None

    def __init__(self, pidfd, output):
        self._pidfd = pidfd
        self.stdout = output.makefile("r")
        output.close()

    def poll(self):
        """None while it runs."""
        return 0 if select.select([self._pidfd], [], [], 0)[0] else None

    def send_signal(self, number):
        signal.pidfd_send_signal(self._pidfd, number)

    def wait(self, timeout=None):
        if not select.select([self._pidfd], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a server of the lab's", timeout)
        return 0

    def __del__(self):
        os.close(self._pidfd)


class Forge:
    """The process that forks, which ends with this one."""

    def __init__(self):
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                ["/usr/bin/python3", "-S", "-m", "lab.servers"], cwd=PACKAGE.parent, stdin=theirs,
                stdout=subprocess.DEVNULL, start_new_session=True)

    def start(self, module, argv, pid, kinds):
        request = {"module": module, "argv": [str(word) for word in argv], "pid": pid, "kinds": kinds}
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            socket.send_fds(self._socket, [json.dumps(request).encode()], [theirs.fileno()])
            _, fds, _, _ = socket.recv_fds(self._socket, 1, 1)
        if not fds:
            ours.close()
            raise OSError(f"{module} did not start")
        return ServerProcess(fds[0], ours)


@functools.cache
def _forge():
    return Forge()


def start(host, module, argv, pid, kinds):
    """Runs module.main(argv) in the namespaces of these kinds that process pid has, until it is ended, at
    the latest when the lab ends. Its standard output is the result's stdout."""
    process = _forge().start(module, argv, pid, kinds)
    host.defer(stop, process)
    return process


def _serve(request, output):
    """In the child."""
    os.setsid()
    die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for kind in request["kinds"]:
        with open(f"/proc/{request['pid']}/ns/{kind}") as namespace:
            if libc.setns(namespace.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), f"setns: process {request['pid']}")
    os.dup2(output, 1)
    os.close(output)
    importlib.import_module(request["module"]).main(request["argv"])


def main():
    control = socket.socket(fileno=0)
    for module in MODULES:
        importlib.import_module(module)
    # Do not wait for the children; loaded modules stay shared with them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    while True:
        message, fds, _, _ = socket.recv_fds(control, REQUEST_MAX, 1)
        if not message:
            return
        child = os.fork()
        if child == 0:
            control.detach()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            _serve(json.loads(message), fds[0])
            os._exit(0)
        os.close(fds[0])
        try:
            pidfd = os.pidfd_open(child)
        except ProcessLookupError:
            control.send(b"x")
            continue
        socket.send_fds(control, [b"x"], [pidfd])
        os.close(pidfd)


if __name__ == "__main__":
    main()
