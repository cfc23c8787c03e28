# SPDX-License-Identifier: Apache-2.0
"""EC2 and its metadata service may return any text: users who may describe or tag an ENI choose it. File
and link names may be any text, too. No character of it acts on the terminal that myha's output is
shown on, and none forges a line."""

import ipaddress
import json
import subprocess
import unicodedata

import pytest
from overlay_fixtures import NAME

# C1 and the rest of what XML 1.0 lets through of C0, line ends, bidi controls, zero-width.
HOSTILE = "x\x9b2J\x85\r\nmyha: forged\u2028\u202eb\u2066c\u200bd\ufeff"

FREE = ("description", "key", "value")

COMMANDS = [
    ["eni", "list"], ["eni", "show", "ENI"], ["eni", "detach", "ENI", "--any", "--dry-run"],
    ["eni", "create", "--subnet", "SUBNET", "--dry-run"], ["eni", "move", "ENI", "--dry-run"],
    ["overlay", "show"], ["overlay", "move", NAME, "--dry-run"], ["overlay", "delete", NAME],
    ["address", "move", "ADDRESS", "--dry-run"], ["status"], ["plan"], ["check"]]


class Planted(dict):
    """Text put behind what an element has, by the element's name; which names there were is kept."""

    def __init__(self, **texts):
        super().__init__(**texts)
        self.names = set()

    def get(self, name, default=None):
        self.names.add(name)
        return super().get(name, default)


def is_shown(character):
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


def run(pair, words, planted, *options):
    """How it ends, and what it prints, byte for byte: all of it is shown as it is."""
    given = {"ENI": pair.free.id, "SUBNET": pair.free.subnet, "ADDRESS": pair.free.ipv4s[-1]}
    words = [*options, *(given.get(word, word) for word in words)]
    pair.ec2.faults.set([{"kind": "style", "value": {"planted": planted}}])
    done = subprocess.run(
        [str(word) for word in pair.db1.command(pair.db1.install.program, *words)],
        capture_output=True, env=pair.environment(), timeout=60)
    pair.ec2.faults.set([])
    outputs = [output.decode(errors="surrogateescape") for output in (done.stdout, done.stderr)]
    for output in outputs:
        hidden = [character for character in output if character != "\n" and not is_shown(character)]
        assert not hidden and "\nmyha: forged" not in output, (words, dict(planted), output)
    return done.returncode, outputs[0]


@pytest.fixture
def hostile_pair(pair):
    """With an ENI that is attached to nothing, and overlays that are routed elsewhere."""
    eth0 = pair.db1.eth0
    first = ipaddress.ip_address(eth0.ipv4s[0]) + 40
    pair.free = pair.cloud.create_eni(pair.cloud.subnets[eth0.subnet], [str(first), str(first + 1)],
                                      description="service", tags={"Name": "service"})
    pair.route(pair.db2)
    yield pair
    del pair.cloud.enis[pair.free.id]
    # The pair is others', too.
    detached = pair.db1.myha("detach", "eth0", env=pair.environment())
    assert detached.returncode == 0, detached
    assert [line for line in pair.added(pair.db1) if "rule" in line or "rp_filter" in line] == []


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_texts_that_anybody_may_choose(hostile_pair, words):
    """The command does what it does, and shows them masked; in JSON they are what they were."""
    planted = Planted(**{name: HOSTILE for name in FREE})
    before = run(hostile_pair, words, Planted())
    assert run(hostile_pair, words, planted)[0] == before[0]
    document = json.loads(run(hostile_pair, words, planted, "--json")[1])
    if words[:2] == ["eni", "show"]:
        assert document["enis"][0]["tags"] == {f"Name{HOSTILE}": f"service{HOSTILE}"}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_any_text_of_a_response(hostile_pair, words):
    """Each element in turn, also if that makes the response invalid."""
    seen = Planted()
    run(hostile_pair, words, seen, "-v")
    for name in sorted(seen.names):
        run(hostile_pair, words, Planted(**{name: HOSTILE}), "-v", "--timeout", "5")


# Each byte for itself: invalid UTF-8, an escape sequence, C1, a line end.
HOSTILE_BYTES = "x\x1b[2J\x9b2J\xff\xc3\r\nmyha: forged"

METADATA_COMMANDS = [
    ["attach", "eth0"], ["plan"], ["status"], ["boot", "--dry-run"], ["overlay", "show"],
    ["overlay", "move", NAME, "--dry-run"], ["eni", "list"], ["eni", "move", "ENI", "--dry-run"],
    ["address", "move", "ADDRESS", "--dry-run"], ["check"]]


@pytest.mark.parametrize("words", METADATA_COMMANDS, ids=" ".join)
def test_any_text_of_the_metadata(hostile_pair, words):
    """Each value in turn, also where that makes it one that cannot be believed; in JSON, too."""
    imds = hostile_pair.scene.vpc.imds
    hostile_pair.set_policy(more="interfaces: {eth0: {}}\n")
    imds.requests()
    run(hostile_pair, words, Planted(), "-v")
    sent = {one["path"] for one in imds.requests()["requests"]}
    assert sent
    for path in sorted(sent):
        imds.faults({"kind": "planted", "path": path, "value": HOSTILE_BYTES})
        run(hostile_pair, words, Planted(), "-v", "--timeout", "3")
        out = run(hostile_pair, words, Planted(), "--json", "--timeout", "3")[1]
        assert not out or json.loads(out), (words, path)


def outputs_of(node, *words):
    """How it ends, and what it prints: UTF-8, of which each character is shown."""
    done = subprocess.run([str(word) for word in node.command(node.install.program, *words)],
                          capture_output=True, timeout=60)
    outputs = [output.decode() for output in (done.stdout, done.stderr)]
    for output in outputs:
        assert not [one for one in output if one != "\n" and not is_shown(one)], output
        assert "memory" not in output
    return done.returncode, outputs[0]


def test_names_of_files_that_are_not_text(scene):
    """A path is shown masked; in JSON U+FFFD stands for what is not UTF-8."""
    node, path = scene.bare_node("odd"), "/run/x\udcff.yaml"
    for text, valid in (None, False), ("version: 2\n", False), ("version: 1\n", True):
        if text:
            node.write(path, text)
        for words in (["status"], ["plan"], ["check"], ["policy", "show"]):
            outputs_of(node, "-p", path, *words)
            out = outputs_of(node, "-p", path, "--json", *words)[1]
            assert not out or json.loads(out)
        status, out = outputs_of(node, "-p", path, "--json", "policy", "check")
        assert status == (0 if valid else 2)
        assert json.loads(out)["file"] == "/run/x\ufffd.yaml" and json.loads(out)["valid"] == valid


@pytest.mark.parametrize("name", [b"\xff", b"a\xfe", b"e\xcc\x81\xc3"], ids=repr)
def test_names_of_links_that_are_not_text(scene, name):
    """An ENI whose link has such a name is attached, shown, planned and detached as any other."""
    node = scene.bare_node("odd")
    node.set_policy("version: 1\ninterfaces: {second: {match: {device-number: 1}}}\n")
    node.hot_attach(scene.service_eni())
    name = name.decode(errors="surrogateescape")
    node.run("ip", "link", "set", "eth1", "name", name, check=True)
    for words in (["attach", name], ["status"], ["plan"], ["--json", "status"], ["--json", "plan"],
                  ["detach", name]):
        status, out = outputs_of(node, *words)
        assert status == 0, (words, out)
        assert words[0] != "--json" or json.loads(out)
