# SPDX-License-Identifier: Apache-2.0
"""The lab's own EC2 does what EC2 does, to botocore's client: what the other tests stand on."""

import time

import pytest
from ec2_fixtures import OVERLAY, OVERLAY6, refused

from lab.cloud import Route
from lab.host import wait_for

OTHER = "arn:aws:iam::444455556666:role/network"


# Route tables.

def routes(ec2, table):
    tables = ec2.describe_route_tables(RouteTableIds=[table.id])["RouteTables"]
    return tables[0]["Routes"][2:]


def test_route_tables_are_told_whole(ec2, setup):
    told = ec2.describe_route_tables(RouteTableIds=[setup.table.id, setup.main.id])
    setup.main.routes[OVERLAY] = Route(OVERLAY, setup.eni1.id)
    local = [{"DestinationCidrBlock": "10.0.0.0/16"},
             {"DestinationIpv6CidrBlock": "2001:db8:1234::/56"}]
    local = [{**one, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
             for one in local]
    same = {"PropagatingVgws": [], "Routes": local, "VpcId": setup.cloud.vpc,
            "OwnerId": setup.cloud.account}
    state = {"State": "associated"}
    assert told["RouteTables"] == [
        {**same, "RouteTableId": setup.table.id, "Tags": [{"Key": "Name", "Value": "b"}],
         "Associations": [{"Main": False, "SubnetId": setup.b.id, "AssociationState": state,
                           "RouteTableId": setup.table.id,
                           "RouteTableAssociationId": f"rtbassoc-{setup.b.id[7:]}"}]},
        {**same, "RouteTableId": setup.main.id, "Tags": [],
         "Associations": [{"Main": True, "RouteTableId": setup.main.id, "AssociationState": state,
                           "RouteTableAssociationId": f"rtbassoc-{setup.main.id[4:]}"}]}]


@pytest.mark.parametrize("key, destination", [("DestinationCidrBlock", OVERLAY),
                                              ("DestinationIpv6CidrBlock", OVERLAY6)])
def test_a_route_is_created_replaced_and_deleted(ec2, setup, key, destination):
    named = {"RouteTableId": setup.main.id, key: destination}
    assert ec2.create_route(**named, NetworkInterfaceId=setup.eni1.id)["Return"] is True
    one = {key: destination, "InstanceId": setup.one.id, "InstanceOwnerId": setup.cloud.account,
           "NetworkInterfaceId": setup.eni1.id, "Origin": "CreateRoute", "State": "active"}
    assert routes(ec2, setup.main) == [one]
    assert ec2.create_route(**named, NetworkInterfaceId=setup.eni1.id)["Return"] is True
    refused(ec2.create_route, "RouteAlreadyExists", **named, NetworkInterfaceId=setup.eni2.id)
    ec2.replace_route(**named, InstanceId=setup.two.id)
    assert routes(ec2, setup.main) == [
        {**one, "InstanceId": setup.two.id, "NetworkInterfaceId": setup.eni2.id}]
    ec2.replace_route(**named, NetworkInterfaceId=setup.free.id)
    assert routes(ec2, setup.main) == [
        {key: destination, "NetworkInterfaceId": setup.free.id, "Origin": "CreateRoute",
         "State": "blackhole"}]
    ec2.delete_route(**named)
    assert routes(ec2, setup.main) == []
    kind = "destination-cidr-block" if key == "DestinationCidrBlock" \
        else "destination-ipv6-cidr-block"
    assert refused(ec2.delete_route, "InvalidRoute.NotFound", **named) == \
        f"no route with {kind} {destination} in route table {setup.main.id}"
    assert refused(ec2.replace_route, "InvalidParameterValue", **named,
                   NetworkInterfaceId=setup.eni1.id) == \
        f"There is no route defined for '{destination}' in the route table. " \
        "Use CreateRoute instead."


INSIDE = "Route destination doesn't match any subnet CIDR blocks."


@pytest.mark.parametrize("destination, message", [
    ("10.0.1.16/32", INSIDE), ("10.0.1.0/25", INSIDE), ("10.0.1.0/24", None),
    ("10.0.0.0/8", None), ("2001:db8:1234:1::16/128", INSIDE),
    ("169.254.168.10/32", "The destination 169.254.168.10/32 is reserved."),
    ("192.168.10.16", "Value (192.168.10.16) for parameter destinationCidrBlock is invalid. "
     "This is not a valid CIDR block."),
    ("192.168.10.256/32", "Value (192.168.10.256/32) for parameter destinationCidrBlock is "
     "invalid. This is not a valid CIDR block.")])
def test_destinations(ec2, setup, destination, message):
    """Inside the VPC a route is for a whole subnet or not at all."""
    key = "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"
    sent = {"RouteTableId": setup.main.id, key: destination, "NetworkInterfaceId": setup.eni1.id}
    if message:
        assert refused(ec2.create_route, "InvalidParameterValue", **sent) == message
    else:
        ec2.create_route(**sent)


def test_targets(ec2, setup):
    named = {"RouteTableId": setup.main.id, "DestinationCidrBlock": OVERLAY}
    refused(ec2.create_route, "MissingParameter", **named)
    refused(ec2.create_route, "InvalidParameterCombination", **named, InstanceId=setup.one.id,
            NetworkInterfaceId=setup.eni1.id)
    assert refused(ec2.create_route, "InvalidNetworkInterfaceID.NotFound", **named,
                   NetworkInterfaceId="eni-0") == "The networkInterface ID 'eni-0' does not exist"
    setup.cloud.attach(setup.free, setup.one, 1)
    assert refused(ec2.create_route, "InvalidInstanceID", **named, InstanceId=setup.one.id) == \
        f"There are multiple interfaces attached to instance '{setup.one.id}'. Please specify " \
        "an interface ID for the operation instead."
    refused(ec2.create_route, "InvalidRouteTableID.NotFound", RouteTableId="rtb-0",
            DestinationCidrBlock=OVERLAY, NetworkInterfaceId=setup.eni1.id)
    elsewhere = setup.cloud.create_route_table(vpc="vpc-0a1b2c3d4e5f60002")
    assert refused(ec2.create_route, "InvalidParameterValue", RouteTableId=elsewhere.id,
                   DestinationCidrBlock=OVERLAY, NetworkInterfaceId=setup.eni1.id) == \
        f"route table {elsewhere.id} and interface {setup.eni1.id} belong to different networks"


def test_states_and_limits_of_routes(ec2, setup, server):
    """A route is a black hole while its ENI is not attached to what runs."""
    named = {"RouteTableId": setup.main.id, "NetworkInterfaceId": setup.eni1.id}
    ec2.create_route(DestinationCidrBlock=OVERLAY, **named)
    ec2.stop_instances(InstanceIds=[setup.one.id])
    wait_for(lambda: setup.one.state == "stopped", "the stop")
    assert routes(ec2, setup.main)[0]["State"] == "blackhole"
    server.engine.limits.routes = 1
    refused(ec2.create_route, "RouteLimitExceeded", DestinationCidrBlock="192.168.1.1/32", **named)
    setup.main.routes[OVERLAY6] = Route(OVERLAY6, "rs-1", "Advertisement")
    assert routes(ec2, setup.main)[1]["Origin"] == "Advertisement"
    refused(ec2.delete_route, "InvalidParameterValue", RouteTableId=setup.main.id,
            DestinationCidrBlock="10.0.0.0/16")


@pytest.mark.parametrize("name, values, count", [
    ("association.subnet-id", ["SUBNET"], 1), ("association.main", ["true"], 1),
    ("vpc-id", ["vpc-*"], 2), ("vpc-id", ["vpc-0"], 0), ("tag:Name", ["b", "c"], 1),
    ("tag:name", ["b"], 0), ("tag-key", ["Name"], 1),
    ("route.destination-cidr-block", [OVERLAY], 1), ("route.destination-cidr-block", ["10.*"], 2)])
def test_filters(ec2, setup, name, values, count):
    setup.main.routes[OVERLAY] = Route(OVERLAY, setup.eni1.id)
    values = [setup.b.id if value == "SUBNET" else value for value in values]
    told = ec2.describe_route_tables(Filters=[{"Name": name, "Values": values}])
    assert len(told["RouteTables"]) == count


def test_a_filter_must_be_known(ec2, setup):
    assert refused(ec2.describe_route_tables, "InvalidParameterValue",
                   Filters=[{"Name": "color", "Values": ["red"]}]) == \
        "The filter 'color' is invalid"


def test_pages(ec2, setup, server):
    made = [setup.cloud.create_route_table().id for _ in range(21)]
    pages = list(ec2.get_paginator("describe_route_tables").paginate(
        PaginationConfig={"PageSize": 10}))
    assert [len(page["RouteTables"]) for page in pages] == [10, 10, 3]
    told = [table["RouteTableId"] for page in pages for table in page["RouteTables"]]
    assert told == [setup.main.id, setup.table.id, *made]
    # Not asked for, but all the same.
    server.engine.limits.page = 20
    first = ec2.describe_route_tables()
    assert len(first["RouteTables"]) == 20
    assert len(ec2.describe_route_tables(NextToken=first["NextToken"])["RouteTables"]) == 3
    refused(ec2.describe_route_tables, "InvalidParameterValue", NextToken=first["NextToken"],
            Filters=[{"Name": "vpc-id", "Values": ["*"]}])
    refused(ec2.describe_route_tables, "InvalidParameterValue", MaxResults=4)
    refused(ec2.describe_route_tables, "InvalidParameterValue", MaxResults=101)
    refused(ec2.describe_route_tables, "InvalidParameterCombination", MaxResults=5,
            RouteTableIds=made[:1])
    refused(ec2.describe_route_tables, "InvalidRouteTableID.NotFound", RouteTableIds=["rtb-0"])
    refused(ec2.describe_route_tables, "InvalidRouteTableId.Malformed", RouteTableIds=["eni-1"])


def test_vpcs_and_subnets(ec2, setup):
    vpc, = ec2.describe_vpcs(VpcIds=[setup.cloud.vpc])["Vpcs"]
    assert vpc["CidrBlock"] == "10.0.0.0/16"
    refused(ec2.describe_vpcs, "InvalidVpcID.NotFound", VpcIds=["vpc-0"])
    subnet, = ec2.describe_subnets(SubnetIds=[setup.a.id])["Subnets"]
    assert (subnet["AvailabilityZone"], subnet["AvailableIpAddressCount"]) == ("eu-central-1a", 248)


# Network interfaces.

def eni_of(ec2, eni):
    return ec2.describe_network_interfaces(NetworkInterfaceIds=[eni.id])["NetworkInterfaces"][0]


def test_interfaces_are_told(ec2, setup):
    told = eni_of(ec2, setup.free)
    assert (told["Status"], told["AvailabilityZone"], told["SourceDestCheck"]) == \
        ("available", "eu-central-1a", True)
    assert [one["PrivateIpAddress"] for one in told["PrivateIpAddresses"]] == \
        ["10.0.1.20", "10.0.1.21"]
    by = {"addresses.private-ip-address": "10.0.1.21", "status": "available",
          "subnet-id": setup.a.id, "mac-address": setup.free.mac}
    told = ec2.describe_network_interfaces(
        Filters=[{"Name": name, "Values": [value]} for name, value in by.items()])
    assert [one["NetworkInterfaceId"] for one in told["NetworkInterfaces"]] == [setup.free.id]
    refused(ec2.describe_network_interfaces, "InvalidNetworkInterfaceID.NotFound",
            NetworkInterfaceIds=["eni-0"])


def test_instances_are_told(ec2, setup):
    told = ec2.describe_instances(InstanceIds=[setup.two.id])["Reservations"][0]["Instances"][0]
    inside, = told["NetworkInterfaces"]
    assert (told["State"]["Name"], inside["NetworkInterfaceId"],
            inside["Attachment"]["DeviceIndex"]) == ("running", setup.eni2.id, 0)
    refused(ec2.describe_instances, "InvalidInstanceID.NotFound", InstanceIds=["i-0"])


def test_source_destination_check(ec2, setup):
    def found():
        told = ec2.describe_instance_attribute(InstanceId=setup.one.id,
                                               Attribute="sourceDestCheck")
        return told["SourceDestCheck"]["Value"], eni_of(ec2, setup.eni1)["SourceDestCheck"]

    ec2.modify_network_interface_attribute(NetworkInterfaceId=setup.eni1.id,
                                           SourceDestCheck={"Value": False})
    assert found() == (False, False)
    ec2.modify_instance_attribute(InstanceId=setup.one.id, SourceDestCheck={"Value": True})
    assert found() == (True, True)
    setup.cloud.attach(setup.free, setup.one, 1)
    refused(ec2.modify_instance_attribute, "InvalidInstanceID", InstanceId=setup.one.id,
            SourceDestCheck={"Value": False})


def test_an_interface_is_made_once(ec2, setup):
    """However often a client token is sent."""
    sent = {"SubnetId": setup.a.id, "PrivateIpAddress": "10.0.1.30", "ClientToken": "once",
             "Description": "<&>", "TagSpecifications": [
                 {"ResourceType": "network-interface", "Tags": [{"Key": "k", "Value": "v"}]}]}
    made = ec2.create_network_interface(**sent)["NetworkInterface"]
    again = ec2.create_network_interface(**sent)["NetworkInterface"]
    assert made == again and len(setup.cloud.enis) == 4
    assert (made["PrivateIpAddress"], made["Description"], made["TagSet"]) == \
        ("10.0.1.30", "<&>", [{"Key": "k", "Value": "v"}])
    refused(ec2.create_network_interface, "IdempotentParameterMismatch",
            **{**sent, "PrivateIpAddress": "10.0.1.31"})
    refused(ec2.create_network_interface, "InvalidParameterValue",
            **{**sent, "ClientToken": "x" * 65})


@pytest.mark.parametrize("more, code", [
    ({"SubnetId": "subnet-0"}, "InvalidSubnetID.NotFound"),
    ({"PrivateIpAddress": "10.0.9.9"}, "InvalidParameterValue"),
    ({"PrivateIpAddress": "10.0.1.3"}, "InvalidParameterValue"),
    ({"PrivateIpAddress": "10.0.1.20"}, "InvalidIPAddress.InUse"),
    ({"Groups": ["sg-0"]}, "InvalidGroup.NotFound")])
def test_interfaces_that_cannot_be_made(ec2, setup, more, code):
    refused(ec2.create_network_interface, code, **{"SubnetId": setup.a.id, **more})


def test_a_full_subnet(ec2, setup):
    small = setup.cloud.create_subnet("10.0.3.0/28")
    for _ in range(11):
        ec2.create_network_interface(SubnetId=small.id)
    refused(ec2.create_network_interface, "InsufficientFreeAddressesInSubnet", SubnetId=small.id)


def attach(ec2, setup, instance=None, index=1):
    return ec2.attach_network_interface(NetworkInterfaceId=setup.free.id, DeviceIndex=index,
                                        InstanceId=(instance or setup.one).id)["AttachmentId"]


def test_attach_and_detach_take_their_time(ec2, setup, server, clock):
    server.engine.delays.attach, server.engine.delays.detach = 2, 3
    attachment = attach(ec2, setup)
    told = eni_of(ec2, setup.free)
    assert (told["Status"], told["Attachment"]["Status"]) == ("in-use", "attaching")
    clock.advance(1.9)
    refused(ec2.detach_network_interface, "IncorrectState", AttachmentId=attachment)
    clock.advance(0.1)
    wait_for(lambda: eni_of(ec2, setup.free)["Attachment"]["Status"] == "attached", "attached")
    ec2.detach_network_interface(AttachmentId=attachment)
    told = eni_of(ec2, setup.free)
    assert (told["Status"], told["Attachment"]["Status"]) == ("in-use", "detaching")
    assert refused(attach, "InvalidNetworkInterface.InUse", ec2=ec2, setup=setup) == \
        f"Interface: [{setup.free.id}] in use."
    server.engine.in_use_is_a_parameter = True
    assert refused(attach, "InvalidParameterValue", ec2=ec2, setup=setup) == \
        f"Network interface '{setup.free.id}' is currently in use."
    clock.advance(2.9)
    assert eni_of(ec2, setup.free)["Status"] == "in-use"
    clock.advance(0.1)
    wait_for(lambda: eni_of(ec2, setup.free)["Status"] == "available", "available")
    assert "Attachment" not in eni_of(ec2, setup.free)
    refused(ec2.detach_network_interface, "InvalidAttachmentID.NotFound", AttachmentId=attachment)


def test_a_detach_that_is_stuck_wants_force(ec2, setup, server):
    server.engine.stuck_detach = True
    attachment = attach(ec2, setup)
    wait_for(lambda: setup.free.attachment_status == "attached", "attached")
    ec2.detach_network_interface(AttachmentId=attachment)
    refused(ec2.detach_network_interface, "IncorrectState", AttachmentId=attachment)
    assert setup.free.attachment_status == "detaching"
    ec2.detach_network_interface(AttachmentId=attachment, Force=True)
    wait_for(lambda: setup.free.status == "available", "available")


def test_what_cannot_be_attached(ec2, setup):
    assert refused(attach, "InvalidParameterCombination", ec2=ec2, setup=setup,
                   instance=setup.two) == "You may not attach a network interface to an " \
        "instance if they are not in the same availability zone"
    assert refused(attach, "InvalidParameterValue", ec2=ec2, setup=setup, index=0) == \
        f"Instance '{setup.one.id}' already has an interface attached at device index '0'."
    for index in (1, 2):
        setup.cloud.attach(setup.cloud.create_eni(setup.a), setup.one, index)
    assert refused(attach, "AttachmentLimitExceeded", ec2=ec2, setup=setup, index=3) == \
        "Interface count 4 exceeds the limit for r6i.large"
    setup.one.state = "stopping"
    refused(attach, "IncorrectState", ec2=ec2, setup=setup, index=3)
    refused(ec2.attach_network_interface, "InvalidInstanceID.NotFound", InstanceId="i-0",
            NetworkInterfaceId=setup.free.id, DeviceIndex=1)


def test_what_cannot_be_detached(ec2, setup):
    assert refused(ec2.detach_network_interface, "OperationNotPermitted",
                   AttachmentId=setup.eni1.attachment) == \
        "The network interface at device index 0 cannot be detached."
    setup.cloud.attach(setup.free, setup.one, 1)
    setup.free.operator = "eks.amazonaws.com"
    refused(ec2.detach_network_interface, "OperationNotPermitted",
            AttachmentId=setup.free.attachment)


def test_addresses_are_assigned(ec2, setup):
    setup.cloud.attach(setup.free, setup.one, 1)
    sent = {"NetworkInterfaceId": setup.eni1.id, "PrivateIpAddresses": ["10.0.1.21"]}
    refused(ec2.assign_private_ip_addresses, "InvalidParameterValue", **sent)
    told = ec2.assign_private_ip_addresses(**sent, AllowReassignment=True)
    assert told["AssignedPrivateIpAddresses"] == [{"PrivateIpAddress": "10.0.1.21"}]
    assert (setup.free.ipv4s, setup.eni1.ipv4s) == (["10.0.1.20"], ["10.0.1.11", "10.0.1.21"])
    refused(ec2.assign_private_ip_addresses, "InvalidParameterValue", AllowReassignment=True,
            NetworkInterfaceId=setup.eni1.id, PrivateIpAddresses=["10.0.1.20"])
    ec2.assign_private_ip_addresses(NetworkInterfaceId=setup.eni1.id,
                                    SecondaryPrivateIpAddressCount=8)
    refused(ec2.assign_private_ip_addresses, "PrivateIpAddressLimitExceeded",
            NetworkInterfaceId=setup.eni1.id, SecondaryPrivateIpAddressCount=1)


def test_instances_are_stopped(ec2, setup, server):
    server.engine.delays.stop = 0.1
    told = ec2.stop_instances(InstanceIds=[setup.one.id])["StoppingInstances"]
    assert told[0]["CurrentState"]["Name"] == "stopping"
    wait_for(lambda: setup.one.state == "stopped", "the stop")


def test_a_change_is_not_seen_at_once(ec2, setup, server, clock):
    server.engine.consistency = 2
    made = ec2.create_network_interface(SubnetId=setup.a.id)["NetworkInterface"]
    ids = [made["NetworkInterfaceId"]]
    refused(ec2.describe_network_interfaces, "InvalidNetworkInterfaceID.NotFound",
            NetworkInterfaceIds=ids)
    refused(ec2.attach_network_interface, "InvalidNetworkInterfaceID.NotFound", DeviceIndex=1,
            NetworkInterfaceId=ids[0], InstanceId=setup.one.id)
    clock.advance(2)
    ec2.describe_network_interfaces(NetworkInterfaceIds=ids)


# STS.

def test_whoami(sts, setup, user):
    told = sts.get_caller_identity()
    assert (told["UserId"], told["Account"], told["Arn"]) == \
        (user.user_id, setup.cloud.account, f"arn:aws:iam::{setup.cloud.account}:user/tester")


def test_a_role_is_assumed(ec2, sts, setup, make_client):
    """And with it another account's route tables are changed."""
    setup.cloud.create_role("network", "444455556666", external_id="x")
    told = sts.assume_role(RoleArn=OTHER, RoleSessionName="myha", ExternalId="x")
    assert told["AssumedRoleUser"]["Arn"] == \
        "arn:aws:sts::444455556666:assumed-role/network/myha"
    given = told["Credentials"]
    lasts = given["Expiration"].timestamp() - time.time()
    assert 3590 < lasts <= 3600 and given["AccessKeyId"].startswith("ASIA")
    setup.main.owner = "444455556666"
    sent = {"RouteTableId": setup.main.id, "DestinationCidrBlock": OVERLAY,
             "NetworkInterfaceId": setup.eni1.id}
    refused(ec2.create_route, "UnauthorizedOperation", 403, **sent)
    made = setup.cloud.credentials[given["AccessKeyId"]]
    assert (made.secret_key, made.token) == (given["SecretAccessKey"], given["SessionToken"])
    make_client(made).create_route(**sent)


@pytest.mark.parametrize("arguments, code", [
    ({"RoleArn": OTHER + "s"}, ("AccessDenied", 403)),
    ({"ExternalId": "wrong"}, ("AccessDenied", 403)),
    ({"DurationSeconds": 3601}, ("ValidationError", 400)),
    ({"RoleSessionName": "with space"}, ("ValidationError", 400))])
def test_roles_that_are_not_assumed(sts, setup, arguments, code):
    setup.cloud.create_role("network", "444455556666", external_id="right")
    refused(sts.assume_role, *code, **{"RoleArn": OTHER, "RoleSessionName": "myha",
                                       "ExternalId": "right", **arguments})
