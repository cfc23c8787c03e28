# SPDX-License-Identifier: Apache-2.0
"""Refusals of EC2, and missing or senseless responses, for each action of the overlay commands: the
retries, the exit status, the messages, and the state afterwards."""

import re

import pytest
from overlay_fixtures import NAME, READ, changes, check, read_tables, refused, stays, table_reads

from lab.host import LATE
from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"
WORDS = "words of EC2"
LISTS = ': see "myha eni list"'
CLOCK = ": check the credentials and this host's clock"
TABLE, ENI = "arn:aws:ec2:*:*:route-table/main", "arn:aws:ec2:*:*:network-interface/db2"


def denied(action, resource, arn):
    return f"IAM does not permit ec2:{action} on {resource}: allow \"ec2:{action}\" on \"{arn}\" " \
        f'(see "myha iam-policy"): UnauthorizedOperation: {WORDS}'


# The consequences of each code (field by field): its status, how often the request is made in all, the
# exit status of a change of routes, and the words, where {} is the action.
STOPS, INSISTS, ONCE_MORE = 1, 6, 2
CODES = [
    ("InvalidNetworkInterfaceID.NotFound", 400, INSISTS, 1, f"{{}}: {{code}}: {WORDS}{LISTS}"),
    ("InvalidRouteTableID.NotFound", 400, INSISTS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("InvalidInstanceID.NotFound", 400, INSISTS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("IncorrectState", 400, INSISTS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("IncorrectInstanceState", 400, INSISTS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("InvalidInstanceID", 400, STOPS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("InvalidParameterValue", 400, STOPS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("InvalidParameterCombination", 400, STOPS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("RouteLimitExceeded", 400, STOPS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("OperationNotPermitted", 400, STOPS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("SomethingNew", 400, STOPS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("DryRunOperation", 412, STOPS, 1, f"{{}}: {{code}}: {WORDS}"),
    ("UnauthorizedOperation", 403, STOPS, 4, None),
    ("AuthFailure", 401, ONCE_MORE, 1, f"{{}}: {{code}}: {WORDS}{CLOCK}"),
    ("RequestExpired", 400, ONCE_MORE, 1, f"{{}}: {{code}}: {WORDS}{CLOCK}"),
]
PASSING = [("RequestLimitExceeded", 503), ("Throttling", 400), ("ThrottlingException", 400),
           ("EC2ThrottledException", 503), ("SlowDown", 503), ("TooManyRequestsException", 429),
           ("InternalError", 500), ("InternalFailure", 500), ("ServiceUnavailable", 503),
           ("Unavailable", 503)]
# Each with one of the commands; the unit tests show that all apply to all.
CHANGES = [("move", "ReplaceRoute"), ("create", "CreateRoute"), ("delete", "DeleteRoute")]
REFUSED = [(*CHANGES[0], *code) for code in CODES] + [
    (*change, *code) for change in CHANGES[1:] for code in CODES
    if code[0] in ("InvalidRouteTableID.NotFound", "RouteLimitExceeded", "UnauthorizedOperation",
                   "AuthFailure")]
PUT_OFF = [(*change, *code) for change, code in zip(CHANGES * 4, PASSING)]
ALL = [(code, status) for code, status, *_ in CODES] + PASSING


def error(action, code, status, **more):
    return {"kind": "error", "action": action, "code": code, "status": status, "message": WORDS,
            **more}


def prepare(pair, command):
    """One table, to keep it short, and a route for the command to change. Returns the first reads."""
    pair.set_policy(tables=f"[{pair.tables['main'].id}]")
    pair.db2.eth0.source_dest_check = False
    if command != "create":
        pair.route(pair.db1 if command == "move" else pair.db2, DESTINATION, tables=["main"])
    if command == "delete":
        pair.place(pair.db2, OVERLAY)
    return [read_tables("main"), *([check("db2")] if command != "delete" else [])]


# Changes of routes.

@pytest.mark.parametrize("command, action, code, status, tries, outcome, words", REFUSED)
def test_a_change_that_is_refused(pair, command, action, code, status, tries, outcome, words):
    """The routes are as before, and so is the host: what was put on it is taken off again."""
    first = prepare(pair, command)
    before = pair.state()
    pair.ec2.faults.set([error(action, code, status)])
    ran = pair.run(pair.db2, "overlay", command, NAME)
    eni = "db2" if command != "delete" else None
    refused = [f"{line} → {code}" for line in changes(action, DESTINATION, eni, ["main"])]
    wanted = words.format(action, code=code) if words else denied(action, "main", TABLE)
    assert ran.sent == [*first, *refused * tries]
    assert (ran.status, ran.said[-1]) == (outcome, f"{NAME}: main: {wanted}")
    assert pair.state() == before


@pytest.mark.parametrize("command, action, code, status", PUT_OFF)
def test_a_change_that_is_put_off(pair, command, action, code, status):
    """It is made at last."""
    first = prepare(pair, command)
    pair.ec2.faults.set([error(action, code, status, times=2)])
    ran = pair.run(pair.db2, "overlay", command, NAME)
    eni = "db2" if command != "delete" else None
    sent, = changes(action, DESTINATION, eni, ["main"])
    wanted = [*first, *[f"{sent} → {code}"] * 2, sent, read_tables("main")]
    assert ran.sent[:len(wanted)] == wanted
    assert ran.status == 0


def test_the_other_way_to_do_it(pair):
    """A route comes or goes between the read and the request."""
    missing = error("ReplaceRoute", "InvalidParameterValue", 400, times=1)
    missing["message"] = f"There is no route defined for '{DESTINATION}'. Use CreateRoute instead."
    exists = error("CreateRoute", "RouteAlreadyExists", 400, times=1)
    replace, = changes("ReplaceRoute", DESTINATION, "db2", ["main"])
    create, = changes("CreateRoute", DESTINATION, "db2", ["main"])
    for command, faults, sent in (
            ("move", [missing], [f"{replace} → InvalidParameterValue",
                                 f"{create} → RouteAlreadyExists", replace]),
            ("move", [error("ReplaceRoute", "InvalidRoute.NotFound", 400, times=1)],
             [f"{replace} → InvalidRoute.NotFound", f"{create} → RouteAlreadyExists", replace])):
        pair.reset()
        prepare(pair, command)
        pair.ec2.faults.set(faults)
        ran = pair.run(pair.db2, "overlay", command, NAME)
        assert (ran.status, ran.sent[2:5]) == (0, sent)
    pair.reset()
    prepare(pair, "create")
    pair.ec2.faults.set([exists])
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.sent[2:5] == [f"{create} → RouteAlreadyExists",
                              f"{replace} → InvalidParameterValue", create]
    assert ran.status == 0


def test_a_route_that_has_gone_already(pair):
    """To delete it is what was wanted; the read confirms it."""
    prepare(pair, "delete")
    sent, = changes("DeleteRoute", DESTINATION, None, ["main"])
    pair.ec2.faults.set([{"kind": "lost", "action": "DeleteRoute", "times": 1}])
    ran = pair.run(pair.db2, "overlay", "delete", NAME)
    assert ran.sent[1:3] == [f"{sent} → lost", f"{sent} → InvalidRoute.NotFound"]
    assert (ran.status, pair.routes()["main"], pair.added(pair.db2)) == (0, {}, [])


def test_some_tables_are_refused(pair):
    """The others are switched; the next run does the rest."""
    pair.route(pair.db1)
    pair.ec2.faults.set([error("ReplaceRoute", "UnauthorizedOperation", 403,
                               match=f"RouteTableId={pair.tables['main'].id}")])
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 3
    assert f"{NAME}: main: {denied('ReplaceRoute', 'main', TABLE)}" in ran.said
    assert ran.said[-1] == f"{NAME}: only some routes were changed"
    assert pair.placed() == {"db1": [], "db2": [[DESTINATION, "eth0"]]}
    document = pair.run(pair.db2, "--json", "overlay", "move", NAME).json
    assert (document["routed"], document["error"]["exit"]) == ("mixed", 3)
    assert [table["verdict"] for table in document["tables"]] == ["failed", "in-place"]
    pair.ec2.faults.set([])
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0


# Reads.

@pytest.mark.parametrize("code, status", ALL)
def test_a_read_that_is_refused(pair, code, status):
    """Then nothing is changed; requests with a temporary fault are repeated until the deadline."""
    passes = (code, status) in PASSING

    def begin():
        pair.route(pair.db1)
        pair.ec2.faults.set([error("DescribeRouteTables", code, status)])

    begin()
    before = pair.state()
    move = pair.db2, "overlay", "move", NAME
    ran = pair.run_to_deadline(begin, *move, reached=refused(2)) if passes else pair.run(*move)
    tries = len(table_reads(ran)) if passes else \
        ONCE_MORE if code in ("AuthFailure", "RequestExpired") else 1
    assert table_reads(ran) == [f"{READ} → {code}"] * tries and check("db2") in ran.sent
    if passes:
        wanted = f"DescribeRouteTables: timed out, last error: {code}"
    elif code == "UnauthorizedOperation":
        wanted = denied("DescribeRouteTables", "*", "*")
    else:
        wanted = f"DescribeRouteTables: {code}: {WORDS}{CLOCK if tries > 1 else ''}"
        if code == "InvalidRouteTableID.NotFound":
            wanted = "route table main or clients does not exist in this account and region: " \
                + wanted
        if code == "InvalidNetworkInterfaceID.NotFound":
            wanted += LISTS
    assert ran.said == [f"{NAME}: {wanted}"]
    assert ran.status == (5 if passes else 4 if code == "UnauthorizedOperation" else 1)
    assert pair.state() == before


@pytest.mark.parametrize("code, status", [("UnauthorizedOperation", 403), ("InternalError", 500),
                                          ("InvalidRouteTableID.NotFound", 400)])
def test_a_read_back_that_is_refused(pair, code, status):
    """The routes are moved, but no read shows it: no success, and the address stays."""
    def begin():
        pair.route(pair.db1)
        pair.ec2.faults.set([error("DescribeRouteTables", code, status, skip=1)])

    begin()
    move = pair.db2, "overlay", "move", NAME
    ran = pair.run(*move) if code != "InternalError" else \
        pair.run_to_deadline(begin, *move, reached=refused(2))
    words = {"UnauthorizedOperation": denied("DescribeRouteTables", "*", "*"),
             "InternalError": "DescribeRouteTables: timed out, last error: InternalError"}.get(
                 code, f"DescribeRouteTables: {code}: {WORDS}")
    assert ran.said[-4:] == [
        *(f"{NAME}: {table}: the route was changed, but could not be read back: {words}"
          for table in pair.tables), stays(), f"{NAME}: EC2 has not confirmed any route change"]
    assert ran.status == {"UnauthorizedOperation": 4, "InternalError": 5}.get(code, 1)
    assert pair.placed() == {"db1": [], "db2": [[DESTINATION, "eth0"]]}
    pair.ec2.faults.set([])
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0


def test_an_instance_that_ec2_does_not_tell_of(pair):
    """--to: nothing is changed."""
    pair.route(pair.db1)
    before = pair.state()
    for code, status, outcome, words in (
            ("UnauthorizedOperation", 403, 4, denied("DescribeInstances", "*", "*")),
            ("InvalidInstanceID.NotFound", 400, 1, f"DescribeInstances: {{}}: {WORDS}"),
            ("Unavailable", 503, 5, "DescribeInstances: timed out, last error: {}")):
        def begin():
            pair.route(pair.db1)
            pair.ec2.faults.set([error("DescribeInstances", code, status)])

        begin()
        move = pair.db1, "overlay", "move", NAME, "--to", pair.db2.instance.id
        ran = pair.run(*move) if outcome != 5 else \
            pair.run_to_deadline(begin, *move, reached=refused(2))
        assert (ran.status, ran.said) == \
            (outcome, [f"{NAME}: instance i-db2: {words.format(code)}"])
        assert {line.split()[0] for line in ran.sent} == {"DescribeInstances"}
        assert pair.state() == before


def refused_after_switching(times):
    """As refused(), of what comes after the last change of a route."""
    def is_reached(ran):
        switched = [at for at, line in enumerate(ran.sent) if line.startswith("ReplaceRoute")]
        later = ran.sent[switched[-1]:] if switched else []
        return sum("→" in line for line in later) >= times
    return is_reached


# The check of the ENI: the routes are switched, unless it is known before that they would lead nowhere.

@pytest.mark.parametrize("words", [["overlay", "move", NAME], ["overlay", "create", NAME],
                                   ["--dry-run", "overlay", "move", NAME],
                                   ["ocf", "overlay-ip", "start"]],
                         ids=["move", "create", "dry run", "agent"])
def test_a_check_that_may_not_be_switched_off_keeps_the_routes(pair, words):
    """EC2 would drop what is routed here: the service stays where it is, and exit 4 says what IAM
    does not permit."""
    if "create" not in words:
        pair.route(pair.db1)
    pair.place(pair.db1, OVERLAY)
    before = pair.state()
    pair.ec2.faults.set([error("ModifyNetworkInterfaceAttribute", "UnauthorizedOperation", 403)])
    ran = pair.run(pair.db2, *words, env={"OCF_RESKEY_name": NAME, "OCF_RESKEY_create_route": "1"})
    assert pair.state() == before and not any("Route " in line for line in ran.sent)
    assert ran.status == 4, ran
    refusal = denied("ModifyNetworkInterfaceAttribute", "db2", ENI)
    assert any(f"source/destination check of db2: {refusal}" in line for line in ran.said), ran


def test_a_check_that_is_off_needs_no_permission(pair):
    pair.route(pair.db1)
    pair.db2.eth0.source_dest_check = False
    pair.ec2.faults.set([error("ModifyNetworkInterfaceAttribute", "UnauthorizedOperation", 403)])
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0
    assert {table[DESTINATION] for table in pair.routes().values()} == {"db2"}


@pytest.mark.parametrize("code, status", [
    ("UnauthorizedOperation", 403), ("OperationNotPermitted", 400), ("AuthFailure", 401),
    ("InvalidNetworkInterfaceID.NotFound", 400), ("RequestLimitExceeded", 503)])
@pytest.mark.parametrize("action", ["DescribeNetworkInterfaces", "ModifyNetworkInterfaceAttribute"])
def test_a_check_that_cannot_be_switched_off(pair, action, code, status):
    """That is known only when the routes are switched: of a denial it is where the DryRun says nothing."""
    is_told_before = action.startswith("Modify") and code == "UnauthorizedOperation"

    def begin():
        pair.route(pair.db1)
        pair.ec2.faults.set([error(action, code, status, skip=int(is_told_before))])

    begin()
    move = pair.db2, "overlay", "move", NAME
    ran = pair.run(*move) if code != "RequestLimitExceeded" else \
        pair.run_to_deadline(begin, *move, reached=refused_after_switching(2))
    resource = ("*", "*") if action.startswith("Describe") else ("db2", ENI)
    words = {"UnauthorizedOperation": denied(action, *resource),
             "AuthFailure": f"{action}: AuthFailure: {WORDS}{CLOCK}",
             "RequestLimitExceeded": f"{action}: timed out, last error: RequestLimitExceeded"}.get(
                 code, f"{action}: {code}: {WORDS}")
    if code == "InvalidNetworkInterfaceID.NotFound":
        words += LISTS
    assert ran.said[-1] == f"{NAME}: source/destination check of db2: {words}"
    assert ran.status == 3
    assert {table[DESTINATION] for table in pair.routes().values()} == {"db2"}
    assert pair.placed() == {"db1": [], "db2": [[DESTINATION, "eth0"]]}
    assert pair.db2.eth0.source_dest_check


def test_the_check_as_the_policy_wants_it(pair):
    """warn reports it, ignore does not even read it."""
    for mode, status, sent in (("warn", 0, [check("db2")]), ("ignore", 0, [])):
        pair.reset()
        pair.set_policy(more=f"source-dest-check: {mode}\n")
        pair.route(pair.db1)
        ran = pair.run(pair.db2, "overlay", "move", NAME)
        assert (ran.status, ran.sent[1:-3]) == (status, sent)
        assert ("enabled, so EC2 drops" in ran.said[-1]) == (mode == "warn")
        assert pair.db2.eth0.source_dest_check


# Responses that are missing or invalid.

URL = "https://ec2.eu-central-1.amazonaws.com/"
# kind: what it is, and what the last try is said to have come to.
FAULTS = {
    "lost": ({"kind": "lost"}, f"{URL}: (Empty reply from server|.*reset.*|.*SSL.*)"),
    "cut": ({"kind": "cut"}, f"{URL}: (Empty reply from server|.*reset.*|.*SSL.*)"),
    "reset": ({"kind": "cut", "value": "reset"}, f"{URL}: .*(reset|SSL|Empty).*"),
    "html": ({"kind": "html", "status": 200}, "the response is HTML"),
    "html 502": ({"kind": "html", "status": 502}, "HTTP 502 without an error code"),
    "empty 503": ({"kind": "empty", "status": 503}, "HTTP 503 without an error code"),
    "truncated": ({"kind": "truncated"}, f"{URL}: .*(closed|missing|SSL).*"),
    "slow": ({"kind": "slow"}, f"no response from {URL}"),
    "hang": ({"kind": "hang"}, f"no response from {URL}"),
}
ACTIONS = ["DescribeRouteTables", "ReplaceRoute", "back", "DescribeNetworkInterfaces",
           "ModifyNetworkInterfaceAttribute"]
CHECKS = ACTIONS[3:]
# The read that shows whether a change was made.
READS = {"ReplaceRoute": READ, "ModifyNetworkInterfaceAttribute": check("db2")}


def at(action):
    return {"action": "DescribeRouteTables", "skip": 1} if action == "back" else {"action": action}


@pytest.mark.parametrize("kind, action", [
    (kind, action) for kind in FAULTS for action in ACTIONS
    if action not in CHECKS or kind in ("hang", "html")])
def test_no_response(pair, kind, action):
    """The deadline is kept, its end is exit 5, or 3 where only the check is left; the words say
    what is known. A later run makes it good."""
    fault, last = FAULTS[kind]

    def begin():
        pair.route(pair.db1)
        pair.ec2.faults.set([{**fault, **at(action)}])

    # A fault that never ends occurs once; one of two tables is read twice.
    wanted = 1 if kind in ("slow", "hang") else 3 if action == "ReplaceRoute" else 2
    reached = refused_after_switching(wanted) if action in CHECKS else refused(wanted)
    ran = pair.run_to_deadline(begin, pair.db2, "overlay", "move", NAME, reached=reached)
    assert ran.deadline - 0.05 < ran.took < ran.deadline + LATE
    name = "DescribeRouteTables" if action == "back" else action
    last = rf"{name}: timed out(, last error)?: {last}"
    head = {"DescribeRouteTables": "", "ReplaceRoute":
            "main: unknown whether the route was changed: ",
            "back": "main: the route was changed, but could not be read back: ",
            "DescribeNetworkInterfaces": "source/destination check of db2: ",
            "ModifyNetworkInterfaceAttribute": "source/destination check of db2: unknown whether "
            "the check was disabled: "}[action]
    assert any(re.fullmatch(f"{NAME}: {re.escape(head)}{last}", line) for line in ran.said), ran
    assert ran.status == (3 if action in CHECKS else 5)
    if action in ("ReplaceRoute", "back"):
        assert ran.said[-2:] == [stays(), f"{NAME}: EC2 has not confirmed any route change"]
    # Where one cannot tell, the address stays; where nothing was begun, there is none.
    assert pair.placed()["db2"] == \
        ([] if action == "DescribeRouteTables" else [[DESTINATION, "eth0"]])
    pair.ec2.faults.set([])
    pair.ec2.cut()
    assert pair.run(pair.db2, "overlay", "move", NAME).status == 0
    assert {table[DESTINATION] for table in pair.routes().values()} == {"db2"}
    assert not pair.db2.eth0.source_dest_check


@pytest.mark.parametrize("kind", ["lost", "cut", "html", "truncated"])
@pytest.mark.parametrize("action", ACTIONS)
def test_one_response_is_lost(pair, kind, action):
    """All is done in the end, and nothing twice that does harm."""
    pair.route(pair.db1)
    pair.ec2.faults.set([{**FAULTS[kind][0], **at(action), "times": 1}])
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0
    assert {table[DESTINATION] for table in pair.routes().values()} == {"db2"}
    assert not pair.db2.eth0.source_dest_check


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("fault, words", [
    ({"kind": "redirect", "value": "https://elsewhere.example/"},
     "{}: HTTP 307 without an error code"),
    ({"kind": "huge"}, f"{{}}: {URL}: the response is too long")], ids=["redirect", "huge"])
def test_an_unexpected_response(pair, action, fault, words):
    """No redirect is followed, and no memory filled."""
    pair.route(pair.db1)
    pair.ec2.faults.set([{**fault, **at(action)}])
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    name = "DescribeRouteTables" if action == "back" else action
    if fault["kind"] == "huge" and action in READS:
        # It may have been done, so it is read again.
        assert ran.sent.count(READS[action]) >= 2
    assert any(line.endswith(words.format(name)) for line in ran.said), ran
    assert ran.status == (3 if action in CHECKS else 1)


@pytest.mark.parametrize("slow", [0, 0.3])
def test_a_success_that_was_none(pair, slow):
    """EC2 says yes without a word, and the routes are as before: the reads continue until the deadline,
    which may come between two or in the middle of one, and the words say what is not known."""
    def begin():
        pair.route(pair.db1)
        pair.ec2.faults.set([{"kind": "empty", "action": "ReplaceRoute", "status": 200},
                             {"kind": "latency", "action": "DescribeRouteTables", "value": slow}])

    # A read before the change, one after it, and another one that the deadline may cut short.
    ran = pair.run_to_deadline(begin, pair.db2, "overlay", "move", NAME,
                               reached=lambda ran: ran.sent.count(READ) >= 3)
    assert (ran.status, ran.said[-4:]) == (5, [
        *(f"{NAME}: {table}: route to {DESTINATION} still points to db1 (i-db1, active), "
          "although EC2 accepted the change" for table in pair.tables),
        stays(), f"{NAME}: EC2 has not confirmed any route change"])
    assert pair.placed() == {"db1": [], "db2": [[DESTINATION, "eth0"]]}


def test_changes_are_seen_late(pair):
    """EC2 is eventually consistent: the reads continue."""
    pair.route(pair.db1)
    pair.ec2.engine.consistency = 0.5
    ran = pair.run(pair.db2, "overlay", "move", NAME)
    assert ran.status == 0 and ran.took > 0.5
    assert len([line for line in ran.sent if line == READ]) > 2
