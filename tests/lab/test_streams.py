# SPDX-License-Identifier: Apache-2.0
"""Output that cannot be written, descriptors that are closed from the start, and a log that no
process reads: the changes, and the exit status. tests/unit/test_streams has the commands that
need no host."""

import itertools
import os
import subprocess

import pytest
from overlay_fixtures import NAME

from lab.scene import OVERLAY

FULL = "myha: cannot write output: No space left on device"
LONG = 60  # seconds, after which a run has surely blocked

SHOWN = ["status", "status --json", "plan", "plan eth0", "boot --dry-run", "overlay show",
         "overlay show --json", f"overlay move {NAME} --dry-run", "eni list", "eni list --json",
         "eni show ENI", "eni show ENI --json", "eni move ENI --dry-run --json",
         "check", "check --json", "iam-policy"]


def myha(pair, words, **streams):
    """A run on db1 with streams of the test's own."""
    ran = subprocess.run(
        [str(word) for word in pair.db1.command(pair.db1.install.program, *words)], check=False,
        text=True, timeout=LONG, env=pair.environment(),
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
           **streams})
    return ran.returncode, ran.stdout, (ran.stderr or "").splitlines()


def moved(pair):
    """The overlay is on db1, with both routes, and the lock files are empty."""
    assert pair.placed()["db1"] == [[f"{OVERLAY}/32", "eth0"]]
    assert [routes[f"{OVERLAY}/32"] for routes in pair.routes().values()] == ["db1", "db1"]
    locks = list(pair.db1.path("/run/myha").glob("*.lock"))
    assert locks and [lock.read_text() for lock in locks] == [""] * len(locks)


@pytest.mark.parametrize("command", SHOWN)
def test_a_full_disk(pair, command):
    """Output that cannot be printed is a failure with a message."""
    words = command.replace("ENI", pair.db2.eth0.id).split()
    pair.route(pair.db1)
    pair.db1.set_policy(pair.policy(more="interfaces: {eth0: {}}\n"))
    status, out, _ = myha(pair, words)
    assert out
    with open("/dev/full", "wb") as full:
        refused, _, said = myha(pair, words, stdout=full)
    assert (refused, said[-1]) == (1 if status in (0, 3) else status, FULL)


def test_a_change_that_cannot_be_reported(pair):
    with open("/dev/full", "wb") as full:
        status, _, said = myha(pair, ["overlay", "move", NAME, "--json"], stdout=full)
    assert (status, said[-1]) == (1, FULL)
    moved(pair)


@pytest.mark.parametrize("closed", [
    some for count in (1, 2, 3) for some in itertools.combinations((0, 1, 2), count)])
def test_closed_descriptors(pair, closed):
    """No lock file and no socket gets the number of a standard descriptor, and the log with it."""
    shell = " ".join({0: "<&-", 1: ">&-", 2: "2>&-"}[fd] for fd in closed)
    words = pair.db1.command("sh", "-c", f'exec "$@" {shell}', "sh", pair.db1.install.program,
                             "-v", "overlay", "move", NAME)
    ran = subprocess.run([str(word) for word in words], check=False, text=True, timeout=LONG,
                         stdin=subprocess.DEVNULL, capture_output=True, env=pair.environment())
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    assert ("sapascs" in ran.stderr) == (2 not in closed)
    moved(pair)


@pytest.fixture
def unread():
    """A full pipe that no process reads."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(writing, True)
    yield writing
    os.close(reading)
    os.close(writing)


def test_a_log_without_a_reader(pair, unread):
    """It holds up neither the move nor, with the lock, those that come after it."""
    status, out, _ = myha(pair, ["-v", "--timeout", "2", "overlay", "move", NAME], stderr=unread)
    assert (status, out) == (0, "")
    moved(pair)


def test_output_without_a_reader(pair, unread):
    """Who prints holds no lock: the next run does not wait for the reader."""
    process = subprocess.Popen(
        [str(word) for word in pair.db1.command(pair.db1.install.program, "overlay", "move", NAME,
                                                "--json")],
        stdin=subprocess.DEVNULL, stdout=unread, stderr=subprocess.PIPE, env=pair.environment())
    try:
        # The log ends with the change that is made last.
        while b"source/destination check" not in process.stderr.readline():
            assert process.poll() is None
        assert pair.run(pair.db1, "overlay", "release", NAME).status == 0
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
