# SPDX-License-Identifier: Apache-2.0
"""How fast the other tool is, compared with the remedy against it.

A tool that is slow has returned long before it has acted; one that is fast has acted before the next
line of the remedy.
"""

import pathlib

from .host import run

SOURCE = pathlib.Path(__file__).with_name("slow.c")
LIBRARY = "/usr/lib/lab-slow.so"
PACES = ("slow", "fast")


class Pace:
    """One of PACES, on a node."""

    def __init__(self, node, name):
        self.node = node
        self.is_slow = name == "slow"
        self.pause = 0 if self.is_slow else 1  # seconds between the lines of a remedy
        self.delay = 3 if self.is_slow else 0  # seconds that a stand-in takes
        if self.is_slow:
            path = node.path(LIBRARY)
            run("cc", "-D_GNU_SOURCE", "-O", "-shared", "-fPIC", "-o", path, SOURCE, "-ldl")

    def set(self, unit):
        """Before the unit is started: it has this pace."""
        if self.is_slow:
            self.node.write(f"/etc/systemd/system/{unit}.d/lab-pace.conf",
                            f"[Service]\nEnvironment=LD_PRELOAD={LIBRARY}\n")
