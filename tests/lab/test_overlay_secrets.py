# SPDX-License-Identifier: Apache-2.0
"""A secret does not appear where other users can read it: not in the output, in arguments, in the environment, in
state files, or in a core dump."""

import os
import pathlib
import urllib.parse

import pytest
from overlay_fixtures import NAME

from lab.ec2 import environment
from lab.host import wait_for


def hidden_in(texts, credentials):
    """Where the secret key, the token, or a good part of them is found."""
    secrets = [credentials.secret_key, credentials.token or ""]
    parts = {secret[at:at + 16] for secret in secrets for at in range(0, len(secret) - 15, 8)}
    return [name for name, text in texts.items() if any(part in text for part in parts)]


def files_below(directory):
    return {str(path): path.read_text(errors="replace") for path in directory.rglob("*")
            if path.is_file()}


@pytest.fixture
def waiting(pair):
    """start(*arguments): a run that waits for EC2's response to a change; it is ended at the end."""
    started = []

    def start(node, *arguments, **options):
        pair.route(pair.db1)
        pair.ec2.faults.set([{"kind": "hang", "action": "ReplaceRoute"}])
        seen = []
        started.append(pair.start(node, *arguments, **options))
        wait_for(lambda: seen.extend(pair.ec2.requests()) or
                 [one for one in seen if one["action"] == "DescribeRouteTables"], "a read")
        wait_for(lambda: started[-1].poll() is None and
                 node.path(f"/proc/{started[-1].pid}").exists(), "the run")
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("source", ["instance", "environment"])
def test_no_other_user_sees_a_secret(pair, waiting, source):
    """Also with -v, and also where a signature is refused or a role is assumed."""
    role = pair.cloud.create_role("overlay")
    pair.set_policy(role=role.arn)
    used = pair.cloud.credentials_of(pair.db2.instance) if source == "instance" else \
        pair.cloud.create_user("tester")
    env = environment(used) if source == "environment" else {}
    process = waiting(pair.db2, "-v", "--timeout", "5", "overlay", "move", NAME, **env)
    seen = files_below(pair.db2.path("/run/myha"))
    assert seen  # the lock, at least
    for name in ("cmdline", "environ", "status", "comm"):
        seen[name] = pathlib.Path(f"/proc/{process.pid}/{name}").read_text()
    if source == "environment":
        # As its owner wanted it; only the owner can read it.
        assert hidden_in({"environ": seen.pop("environ")}, used)
        assert os.stat(f"/proc/{process.pid}/environ").st_mode & 0o777 == 0o400
    seen["stdout"], seen["stderr"] = process.communicate()
    assert "AssumeRole" in seen["stderr"] and process.returncode == 5
    pair.ec2.faults.set([{"kind": "error", "action": "*", "code": "SignatureDoesNotMatch",
                          "status": 403, "message": "The request signature we calculated ..."}])
    ran = pair.run(pair.db2, "-v", "--json", "overlay", "move", NAME, env=env)
    seen["refused"] = ran.out + "\n".join(ran.said)
    every = [one for one in pair.cloud.credentials.values()
             if one is used or one.role == role.name]
    assert len(every) == 2
    for credentials in every:
        assert hidden_in(seen, credentials) == []


def forms(credentials):
    """How a service may quote what it was sent."""
    once = urllib.parse.quote(credentials.token, safe="")
    return {"as it is": credentials.token, "encoded": once,
            "encoded twice": urllib.parse.quote(once, safe=""), "cut": credentials.token[:-30],
            "the key": credentials.secret_key, "in lower case": once.replace("%2B", "%2b")}


@pytest.mark.parametrize("form", ["as it is", "encoded", "encoded twice", "cut", "the key",
                                  "in lower case"])
@pytest.mark.parametrize("code, status", [("SignatureDoesNotMatch", 403), ("InternalError", 500),
                                          ("UnauthorizedOperation", 403)])
def test_a_service_that_quotes_the_request(pair, form, code, status):
    """In the log, also at debug, in JSON, and in what check says, there is *** instead."""
    credentials = pair.cloud.credentials_of(pair.db2.instance)
    quoted = forms(credentials)[form]
    pair.route(pair.db1)
    pair.ec2.faults.set([{
        "kind": "error", "action": "DescribeRouteTables", "code": code, "status": status,
        "message": f"The Canonical String should have been 'x-amz-security-token:{quoted}\nx' and "
        "Authorization=AWS4-HMAC-SHA256 Credential=A, Signature=" + "0123456789abcdef" * 4}])
    said = {}
    for words in (["-v", "--json", "overlay", "move", NAME], ["overlay", "show", NAME], ["check"],
                  ["--json", "check"], ["status"]):
        # Temporary faults are retried until the deadline.
        ran = pair.run(pair.db2, "--timeout", "1" if status == 500 else "50", *words)
        said[" ".join(words)] = ran.out + "\n".join(ran.said)
    plain = {name: urllib.parse.unquote(urllib.parse.unquote(text)) for name, text in said.items()}
    assert hidden_in(plain, credentials) == []
    assert not any("0123456789abcdef" in text for text in said.values())
    first = next(iter(said.values()))
    if status != 500:
        assert "x-amz-security-token:***" in first and "Signature=***" in first


@pytest.mark.parametrize("proxy", ["ftp://me:{}@127.0.0.1:9", "nonsense://me:{}@127.0.0.1:9",
                                   "http://me:{}@127.0.0.1:9", "http://me:{}@no.such.host.:9"])
def test_the_password_of_a_proxy(pair, proxy):
    password = "p%40ss-w0rd"
    for variable in ("https_proxy", "ALL_PROXY"):
        ran = pair.run(pair.db2, "-v", "--json", "--timeout", "1", "overlay", "move", NAME,
                       env={variable: proxy.format(password)})
        assert ran.status != 0
        for part in (password, "p@ss-w0rd", "bWU6cEBzcy13MHJk"):
            assert part not in ran.out + "\n".join(ran.said)


def test_no_core_dump_when_run_by_hand(pair):
    """The kernel dumps no core of a process that is not dumpable; whether it is, is seen by who
    owns its files in /proc. Another program shows that one would see it."""
    nobody = ("setpriv", "--reuid=65534", "--clear-groups")
    pair.ec2.faults.set([{"kind": "hang"}])
    other = pair.db2.namespaces.start(*nobody, "sleep", "60")
    process = pair.start(pair.db2, "overlay", "show", NAME, before=nobody)

    def owner(one, program):
        directory = pathlib.Path(f"/proc/{one.pid}")
        wait_for(lambda: program in (directory / "comm").read_text(), program)
        return (directory / "environ").stat().st_uid

    try:
        assert owner(other, "sleep") == 65534
        wait_for(lambda: owner(process, "myha") == 0, "a process that is not dumpable")
    finally:
        process.kill()
        process.communicate()
