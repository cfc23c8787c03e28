# SPDX-License-Identifier: Apache-2.0
"""The expected contents of a package, from the file `contents`."""

import difflib
import pathlib
import re

from lab.host import LabError

LIST = pathlib.Path(__file__).with_name("contents")


def expected(family, places):
    """The lines that a package of this family has, with its distribution's places filled in."""
    lines = []
    for line in LIST.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        kind, mode, path, *only = line.split()
        if not only or family in only:
            path = re.sub("@([a-z]+)@", lambda match: places[match.group(1)], path)
            lines.append(f"{kind} {mode} {path}")
    return sorted(lines)


def plain(path):
    """A path without the suffix that a distribution's compression adds."""
    if path.startswith("/usr/share/") and path.endswith(".gz"):
        return path[:-len(".gz")]
    return path


def same(what, found, wanted):
    """Complain with a difference that can be read."""
    if found != wanted:
        difference = "\n".join(difflib.unified_diff(wanted, found, "expected", "found", n=0,
                                                    lineterm=""))
        raise LabError(f"{what} is not as expected:\n{difference}")
