# SPDX-License-Identifier: Apache-2.0
"""Policy files with mistakes: all of them in one run. And files that are no policy, or that the user
behind sudo may not read: nothing of them is shown."""

import json
import os

SECRET = "s3cr3t-k3y"
SHADOW = f"root:{SECRET}:19000:0:99999:7:::\nbin: {SECRET}: 5\n"
WRONG = f"version: 1\ninterfaces:\n  eth1: {{table: {SECRET}, zebra: 1}}\n  {SECRET}: [\n"
USER = ["SUDO_UID=4242", "SUDO_GID=4242", "SUDO_USER=nobody-else"]
WITHHELD = "not a valid policy: details are shown only to users who can read the file"


def check(node, path, *words, env=()):
    """The exit status, and the lines that are said."""
    ran = node.run("env", *env, node.install.program, "policy", "check", "--policy", path, *words,
                   check=False)
    return ran.returncode, ran.stderr.splitlines(), ran.stdout


def write(node, name, text, mode):
    path = f"/run/input/{name}"
    node.write(path, text)
    node.run("chmod", mode, path)
    return path


def test_all_errors_in_one_run(bare):
    text = "version: 1\ninterfaces:\n  eth1: {tabel: 5}\n  eth2: {priority: x}\noverlays: {a: {}}\n"
    bare.set_policy(text)
    words = ['/etc/myha/policy.yaml:3:10: unknown key "tabel", did you mean "table"?',
             '/etc/myha/policy.yaml:4:20: priority must be a number from 1 to 9999, not "x"',
             "/etc/myha/policy.yaml:5:12: a has no address: add the line \"address: ADDRESS\""]
    for command in (["policy", "check"], ["policy", "show"], ["attach", "eth1"], ["boot"], ["plan"],
                 ["status"], ["overlay", "move", "a"], ["iam-policy"]):
        ran = bare.myha(*command)
        assert ran.returncode == 2, command
        assert [line for line in ran.stderr.splitlines() if line.startswith("myha: ")] == [
            f"myha: {line}" for line in words], command
    ran = bare.myha("policy", "check", "--json")
    told = json.loads(ran.stdout)
    assert (told["valid"], told["error"]["text"]) == (False, words[0])
    assert [one["text"] for one in told["errors"]] == words
    # Where it can be done without, each is a warning; and check has them as its findings.
    ran = bare.myha("detach", "eth1")
    assert (ran.returncode, ran.stderr.splitlines()) == (0, [f"myha: {line}" for line in words])
    areas = json.loads(bare.myha("check", "--json", "--timeout", "5").stdout)["areas"]
    found = [one for area in areas for one in area["findings"] if one["id"] == "policy-wrong"]
    assert [one["what"] for one in found] == words


CALLERS = [
    (USER, "600", False), (USER, "644", True), (USER, "640", False), ([], "600", True),
    (["SUDO_UID=0", "SUDO_GID=0"], "600", True), (["PKEXEC_UID=4242"], "600", False),
    (["PKEXEC_UID=4242"], "644", True), (["DOAS_USER=somebody"], "600", False),
    (["DOAS_USER=root"], "600", True), (["SUDO_UID=x"], "600", False)]


def test_what_the_caller_may_read(bare):
    """A sudo rule for myha does not permit reading other files."""
    for env, mode, shown in CALLERS:
        path = write(bare, "policy.yaml", WRONG, mode)
        status, said, out = check(bare, path, env=env)
        assert (status, out) == (2, "")
        if shown:
            assert "".join(said).count(SECRET) == 7 and len(said) > 5, (env, mode, said)
        else:
            assert said == [f"myha: {path}:3:17: {WITHHELD}"], (env, mode)
        status, _, out = check(bare, path, "--json", env=env)
        assert (status, SECRET in out) == (2, shown), (env, mode)


def test_a_directory_that_the_caller_may_not_enter(bare):
    path = write(bare, "private/policy.yaml", WRONG, "644")
    bare.run("chmod", "700", "/run/input/private")
    assert check(bare, path, env=USER)[1] == [f"myha: {path}:3:17: {WITHHELD}"]


def test_groups(bare):
    """Those of root are not the caller's; the caller's own counts."""
    path = write(bare, "policy.yaml", WRONG, "640")
    assert check(bare, path, env=USER)[1] == [f"myha: {path}:3:17: {WITHHELD}"]
    bare.run("chgrp", "4242", path)
    assert len(check(bare, path, env=USER)[1]) > 5


def test_what_is_no_policy(bare):
    """Root may read it, but a log must not contain it."""
    path = write(bare, "shadow", SHADOW, "600")
    assert check(bare, path)[1] == [
        f'myha: {path} is not a policy file: the line "version: 1" is missing']
    assert check(bare, path, env=USER)[1] == [f"myha: {path}:1:1: {WITHHELD}"]
    bare.run("ln", "-s", path, "/run/input/link.yaml")
    assert check(bare, "/run/input/link.yaml", env=USER)[1] == [
        f"myha: /run/input/link.yaml:1:1: {WITHHELD}"]
    # By its name it is meant to be one.
    assert len(check(bare, write(bare, "shadow.yaml", SHADOW, "644"), env=USER)[1]) > 3


def test_what_is_no_file(bare):
    bare.run("mkdir", "-p", "/run/input/directory")
    bare.run("mkfifo", "/run/input/fifo")
    for path, line in (("/run/input/directory", "cannot read policy file {}: Is a directory"),
                       ("/run/input/fifo", "policy file {} is not a regular file"),
                       ("/dev/zero", "policy file {} is not a regular file"),
                       ("/dev/full", "policy file {} is not a regular file"),
                       ("/proc/self/mem", "cannot read policy file {}: Input/output error")):
        assert check(bare, path) == (2, [f"myha: {line.format(path)}"], ""), path
    path = write(bare, "huge.yaml", "", "644")
    os.truncate(bare.path(path), 1 << 40)
    assert check(bare, path) == (2, [f"myha: policy file {path} is larger than 1 MiB"], "")
    ran = bare.run("setpriv", "--reuid=4242", "--regid=4242", "--clear-groups", bare.install.program,
                   "policy", "check", "--policy", write(bare, "mine.yaml", WRONG, "600"), check=False)
    assert ran.stderr == "myha: cannot read policy file /run/input/mine.yaml: Permission denied\n"
