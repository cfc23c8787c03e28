# SPDX-License-Identifier: Apache-2.0
"""Removes what is left of labs that were killed before they could clear up.

Their namespaces have gone with them; what stays are a directory each and the cgroups of nodes, with
their owner's process id in the name.
"""

import os
import pathlib
import re
import shutil
import tempfile

from .host import PREFIX
from .system_node import CGROUP, remove_cgroup


def leftovers():
    """The paths that belong to labs of which no process is left."""
    places = [pathlib.Path(tempfile.gettempdir()), CGROUP, CGROUP / "systemd", CGROUP / "unified"]
    for place in places:
        for path in place.glob(f"{PREFIX}*"):
            owner = re.match(rf"{PREFIX}(\d+)-", path.name)
            if owner and not os.path.exists(f"/proc/{owner[1]}"):
                yield path


def clean():
    """Removes them; returns what was removed."""
    removed = list(leftovers())
    for path in removed:
        if path.is_relative_to(CGROUP):
            remove_cgroup(path)
        else:
            shutil.rmtree(path)
    return removed


def main():
    for path in clean():
        print(f"removed {path}")
