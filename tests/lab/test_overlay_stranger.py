# SPDX-License-Identifier: Apache-2.0
"""An EC2 that is not the lab's: a small server of its own, that writes its responses by hand and in
other ways than AWS. Nothing may depend on how the lab says things."""

import http.server
import ssl
import threading
import urllib.parse

import pytest
from overlay_fixtures import NAME

from lab.ec2 import environment
from lab.host import socket_in
from lab.scene import OVERLAY

DESTINATION = f"{OVERLAY}/32"
OTHER, THEIRS = "rtb-0a1b2c33", "eni-0a1b2c13"
TABLES = ["rtb-0a1b2c31", "rtb-0a1b2c32"]


class Stranger(http.server.BaseHTTPRequestHandler):
    """The service; what it knows is in its server: tables, checks, style, log."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = dict(urllib.parse.parse_qsl(body))
        self.server.log.append(sent)
        status, text = getattr(self, sent["Action"])(sent)
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def reply(self, action, inner):
        style = self.server.style
        namespace = {"none": "", "other": ' xmlns="urn:some:other"',
                     "prefix": ' xmlns:x="urn:x"'}.get(
                         style, ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"')
        text = f"<{action}Response{namespace}>{inner}</{action}Response>"
        if style == "prefix":
            text = text.replace("</", "\0").replace("<", "<x:").replace("\0", "</x:")
        if style == "noise":
            text = '<?xml version="1.0"?>\n<!-- hand-made -->\n' + text.replace(
                "<item>", "\n\t<item>\n\t<new><thing a='&lt;'>&amp;</thing></new>").replace(
                    "eni-", "<![CDATA[eni-]]>")
        return 200, text

    def refuse(self, status, code, message):
        form = self.server.errors
        if form == "html":
            return status, f"<html><body><h1>{status}</h1></body></html>"
        if form == "ErrorResponse":
            return status, f"<ErrorResponse><Error><Message>{message}</Message><Code>{code}" \
                "</Code></Error></ErrorResponse>"
        return status, f"<Response><Errors><Error><Code>{code}</Code><Message>{message}" \
            "</Message></Error></Errors></Response>"

    # Actions.

    def DescribeRouteTables(self, sent):
        wanted = [value for name, value in sent.items() if name.startswith("RouteTableId.")]
        items = [self.table(name) for name in self.server.tables
                 if name in wanted and name not in self.server.silent]
        items += [self.table(name) for name in self.server.besides]
        return self.reply("DescribeRouteTables",
                          f"<routeTableSet>{''.join(items)}</routeTableSet>")

    def table(self, name):
        target = self.server.tables[name]
        route = f"<item><state>active</state><networkInterfaceId>{target}</networkInterfaceId>" \
            f"<origin>CreateRoute</origin><destinationCidrBlock>{DESTINATION}" \
            "</destinationCidrBlock></item>" if target else ""
        local = "<item><gatewayId>local</gatewayId><destinationCidrBlock>10.0.0.0/16" \
            "</destinationCidrBlock></item>"
        parts = [f"<routeTableId>{name}</routeTableId>", f"<vpcId>{self.server.vpc}</vpcId>",
                 f"<routeSet>{local}{route}</routeSet>"]
        return f"<item>{''.join(parts[::-1] if self.server.style == 'order' else parts)}</item>"

    def ReplaceRoute(self, sent):
        if not self.server.tables[sent["RouteTableId"]]:
            return self.refuse(400, "InvalidRoute.NotFound", "no such route")
        return self.CreateRoute(sent)

    def CreateRoute(self, sent):
        self.server.tables[sent["RouteTableId"]] = sent["NetworkInterfaceId"]
        # Neither has a body in the model; some say so, some say nothing.
        return (200, "") if sent["Action"] == "ReplaceRoute" else \
            self.reply("CreateRoute", "<return>true</return>")

    def DeleteRoute(self, sent):
        self.server.tables[sent["RouteTableId"]] = None
        return self.reply("DeleteRoute", "<requestId/>")

    def DescribeNetworkInterfaces(self, sent):
        eni = sent["NetworkInterfaceId.1"]
        item = "<item><sourceDestCheck>{}</sourceDestCheck><networkInterfaceId>{}" \
            "</networkInterfaceId></item>"
        on = "true" if eni in self.server.checks else "false"
        return self.reply("DescribeNetworkInterfaces", "<networkInterfaceSet>"
                          f"{item.format(on, eni)}</networkInterfaceSet>")

    def ModifyNetworkInterfaceAttribute(self, sent):
        self.server.checks.discard(sent["NetworkInterfaceId"])
        return 200, ""


class Service(http.server.ThreadingHTTPServer):
    """On the node's own loopback, with a certificate of the lab's authority."""

    daemon_threads = True

    def __init__(self, pair, node):
        super().__init__(("127.0.0.1", 0), Stranger, bind_and_activate=False)
        self.socket.close()
        self.socket = socket_in(node.pid, 2, 1)
        self.server_bind()
        self.server_activate()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair.ec2.authority.certificate("stranger-ec2", ["127.0.0.1"]))
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.vpc, self.eni = pair.cloud.vpc, node.eth0.id
        self.environment = {
            **environment(pair.cloud.create_user("tester")), "AWS_REGION": "eu-central-1",
            "AWS_CA_BUNDLE": str(pair.ec2.authority.bundle),
            "AWS_ENDPOINT_URL_EC2": f"https://127.0.0.1:{self.server_port}"}
        self.style, self.errors = "plain", "Response"
        self.tables, self.checks = dict.fromkeys(TABLES), {self.eni}
        self.silent, self.besides, self.log = [], [], []
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def stranger(pair):
    made = Service(pair, pair.db1)
    pair.set_policy(tables=f"[{', '.join(TABLES)}]")
    yield made
    made.shutdown()
    made.server_close()


def run(pair, stranger, *words):
    return pair.run(pair.db1, "--timeout", "5", *words, env=stranger.environment)


@pytest.mark.parametrize("style", ["plain", "none", "other", "prefix", "order", "noise"])
def test_each_command(pair, stranger, style):
    """Namespaces, prefixes, orders, comments, unknown elements, responses without a body or
    an id: all the same."""
    stranger.style = style
    assert run(pair, stranger, "overlay", "create", NAME).status == 0
    assert stranger.tables == dict.fromkeys(TABLES, stranger.eni)
    assert stranger.checks == set() and pair.placed()["db1"] == [[DESTINATION, "eth0"]]
    stranger.tables = dict.fromkeys(TABLES, THEIRS)
    assert run(pair, stranger, "overlay", "move", NAME).status == 0
    assert stranger.tables == dict.fromkeys(TABLES, stranger.eni)
    shown = run(pair, stranger, "--json", "overlay", "show", NAME)
    assert (shown.status, shown.json["overlays"][0]["routed"]) == (0, "here")
    assert run(pair, stranger, "overlay", "delete", NAME).status == 0
    assert stranger.tables == dict.fromkeys(TABLES) and pair.placed()["db1"] == []
    assert pair.sent() == [], "the lab's own EC2 got requests"


@pytest.mark.parametrize("errors", ["Response", "ErrorResponse"])
def test_refusals(pair, stranger, errors):
    """In either envelope, without an id: a route that disappears between read and change is created."""
    stranger.errors = errors
    stranger.tables = dict.fromkeys(TABLES, THEIRS)
    hidden = stranger.RequestHandlerClass.ReplaceRoute
    replies = []

    class Gone(Stranger):
        def ReplaceRoute(self, sent):
            replies.append(sent["RouteTableId"])
            self.server.tables[sent["RouteTableId"]] = None
            return hidden(self, sent)

    stranger.RequestHandlerClass = Gone
    assert run(pair, stranger, "overlay", "move", NAME).status == 0
    assert stranger.tables == dict.fromkeys(TABLES, stranger.eni) and sorted(replies) == TABLES


def test_pages_instead_of_refusals(pair, stranger):
    stranger.errors, stranger.tables = "html", dict.fromkeys(TABLES, THEIRS)

    class Page(Stranger):
        def ReplaceRoute(self, sent):
            return self.refuse(404, "", "")

    stranger.RequestHandlerClass = Page
    ran = run(pair, stranger, "overlay", "move", NAME)
    assert ran.status == 1
    assert f"{NAME}: {TABLES[0]}: ReplaceRoute: HTTP 404 without an error code" in ran.said
    assert stranger.tables == dict.fromkeys(TABLES, THEIRS) and pair.placed()["db1"] == []


def test_a_table_that_is_left_out(pair, stranger):
    """It was named: without it nothing is changed. After the change, that is an error as well."""
    stranger.silent = [TABLES[1]]
    before = dict(stranger.tables)
    ran = run(pair, stranger, "overlay", "create", NAME)
    assert (ran.status, ran.said) == (1, [
        f"{NAME}: route table {TABLES[1]} is missing in EC2's response: check that the table "
        "exists in this account and region"])
    assert stranger.tables == before and pair.placed()["db1"] == []


def test_more_than_was_asked_for(pair, stranger):
    """Tables twice, and one that was not requested: each is changed once, and that one never."""
    stranger.tables[OTHER] = THEIRS
    stranger.besides = [TABLES[0], OTHER, TABLES[1]]
    assert run(pair, stranger, "overlay", "create", NAME).status == 0
    assert stranger.tables == {TABLES[0]: stranger.eni, TABLES[1]: stranger.eni,
                               OTHER: THEIRS}
    assert sorted(one["RouteTableId"] for one in stranger.log if one["Action"] == "CreateRoute") \
        == TABLES


def test_what_says_nothing_of_the_check(pair, stranger):
    """Unknown is not off."""
    class Silent(Stranger):
        def DescribeNetworkInterfaces(self, sent):
            return self.reply("DescribeNetworkInterfaces", "<networkInterfaceSet><item>"
                              f"<networkInterfaceId>{sent['NetworkInterfaceId.1']}"
                              "</networkInterfaceId></item></networkInterfaceSet>")

    stranger.RequestHandlerClass = Silent
    ran = run(pair, stranger, "overlay", "create", NAME)
    assert (ran.status, ran.said[-1]) == (
        3, f"{NAME}: source/destination check of db1: EC2 does not report whether the check is "
        "enabled")
