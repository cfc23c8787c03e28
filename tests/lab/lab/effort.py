# SPDX-License-Identifier: Apache-2.0
"""How much is tried by the tests that try the same many times over.

$MYHA_EFFORT is a share of that: 1 is all of it, which is the default; 0.2 is a fifth of the rounds, and
every fifth system call. Sanitizers make a run several times as long: a fifth is the default for them.
"""

import os


def effort(installed):
    return float(os.environ.get("MYHA_EFFORT") or (0.2 if installed.install.sanitized else 1))


def rounds(installed, usual):
    """How many of the usual number of rounds."""
    return max(1, round(usual * effort(installed)))


def sample(installed, points):
    """That share of the points, evenly."""
    return points[::max(1, round(1 / effort(installed)))]
