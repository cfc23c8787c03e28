# SPDX-License-Identifier: Apache-2.0
"""Credentials of a program that the user names, and the files that name it."""

import json
import os
import signal

import pytest
from overlay_fixtures import NAME

from lab.host import wait_for
from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"
CONFIG, TOOL = "/etc/lab/aws", "/etc/lab/bin/tool"
ENVIRONMENT = {"AWS_CONFIG_FILE": CONFIG}


@pytest.fixture
def node(pair):
    """db2 with a program that prints its keys; all of its files are root's."""
    node = pair.db2
    keys = pair.cloud.credentials_of(node.instance)
    node.write(TOOL, "#!/bin/sh\ncat <<'.'\n" + json.dumps({
        "Version": 1, "AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key,
        "SessionToken": keys.token}) + "\n.\n")
    node.write(CONFIG, f"[default]\ncredential_process = {TOOL}\n")
    node.run("chmod", "-R", "go-w", "/etc/lab")
    node.run("chmod", "755", TOOL)
    pair.route(pair.db1)
    yield node
    node.run("rm", "-r", "/etc/lab")


def test_keys_of_a_program(pair, node):
    ran = pair.run(node, "overlay", "move", NAME, env=ENVIRONMENT)
    assert ran.status == 0, ran.said
    assert all(one == "db2" for table in pair.routes().values() for name, one in table.items()
               if name == DESTINATION)


@pytest.mark.parametrize("path, mode", [(TOOL, 0o777), (TOOL, 0o775), ("/etc/lab/bin", 0o777),
                                        ("/etc/lab", 0o777), (CONFIG, 0o666), (CONFIG, 0o664)])
def test_a_program_that_other_users_can_change_is_not_run(pair, node, path, mode):
    """Nor one that is named in a file that others can change; the remedy is right."""
    node.run("chmod", f"{mode:o}", path)
    before = pair.state()
    ran = pair.run(node, "overlay", "move", NAME, env=ENVIRONMENT)
    assert ran.status == 2 and ran.sent == [] and pair.state() == before
    head, _, remedy = ran.said[-1].rpartition(": ")
    # The directory above both is met first on the way to the file.
    prefix = "not run" if path in (CONFIG, "/etc/lab") else "not run as root"
    assert head == f"{NAME}: {CONFIG}:2: credential_process: {prefix}: {path}: can be written by " \
        f"others (mode {mode:04o})"
    node.run("sh", "-e", "-c", remedy)
    assert pair.run(node, "overlay", "move", NAME, env=ENVIRONMENT).status == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_program_ends_with_myha(pair, node, number):
    """With all that it has started."""
    node.write(TOOL, "#!/bin/sh\nsleep 3600 & echo $$ $! > /etc/lab/pids\nwait\n")
    runner = pair.start(node, "--timeout", "600", "overlay", "move", NAME, **ENVIRONMENT)
    wait_for(lambda: node.path("/etc/lab/pids").exists()
             and len(node.path("/etc/lab/pids").read_text().split()) == 2, "the program to run")
    pids = node.path("/etc/lab/pids").read_text().split()
    parent = next(line.split()[1] for line in
                  open(f"/proc/{pids[0]}/status", encoding="utf-8") if line.startswith("PPid:"))
    os.kill(int(parent), number)
    runner.wait(timeout=60)
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids),
             "the program and its child to end")


def test_a_file_that_is_named_and_not_there(pair, node):
    """The variable is named, and no other credentials are used instead."""
    for path in ("$NOWHERE/aws", "/etc/lab/other"):
        ran = pair.run(node, "overlay", "move", NAME, env={"AWS_CONFIG_FILE": path})
        assert ran.status == 1 and ran.sent == []
        assert ran.said[-1] == f"{NAME}: AWS_CONFIG_FILE: {path}: No such file or directory: " \
            "correct or unset the variable"


def test_a_path_with_a_variable_and_a_file_with_a_byte_order_mark(pair, node):
    node.path(CONFIG).write_bytes(b"\xef\xbb\xbf" + node.path(CONFIG).read_bytes())
    ran = pair.run(node, "overlay", "move", NAME,
                   env={"AWS_CONFIG_FILE": "$LAB/${WHICH}", "LAB": "/etc/lab", "WHICH": "aws"})
    assert ran.status == 0, ran.said
