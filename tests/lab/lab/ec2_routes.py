# SPDX-License-Identifier: Apache-2.0
"""EC2's actions on route tables, VPCs and subnets."""

import functools
import ipaddress

from .cloud import Route
from .ec2_engine import (ENI, INSTANCE, ROUTE_TABLE, SUBNET, action, check_id, tag_filters,
                         tags_of, truth)
from .ec2_model import ApiError, Written

DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGETS = ("GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId",
           "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "TransitGatewayId",
           "LocalGatewayId", "CarrierGatewayId", "VpcEndpointId", "CoreNetworkArn", "LocalTarget")
RESERVED = [ipaddress.ip_network(text) for text in ("169.254.168.0/22", "fd00:ec2::/32")]


def multiple_interfaces(instance):
    return ApiError("InvalidInstanceID", "There are multiple interfaces attached to instance "
                    f"'{instance.id}'. Please specify an interface ID for the operation instead.")


# Reading.

@action
def describe_route_tables(call):
    call.allow()
    tables = call.chosen(ROUTE_TABLE, call.get("RouteTableIds"))
    tables = call.filtered(tables, _table_fields(call.seen))
    tables, token = call.page(tables, "RouteTableIds")
    return {"RouteTables": [_table(call.seen, table) for table in tables], "NextToken": token}


def _table(cloud, table):
    return {"Associations": _associations(table), "PropagatingVgws": [],
            "RouteTableId": table.id, "Routes": _routes(cloud, table) + _more(table.more),
            "Tags": tags_of(table),
            "VpcId": table.vpc or cloud.vpc, "OwnerId": table.owner or cloud.account}


def _associations(table):
    made = [{"Main": True, "SubnetId": None}] if table.main else []
    made += [{"Main": False, "SubnetId": subnet} for subnet in table.subnets]
    for one in made:
        one.update({"RouteTableId": table.id, "AssociationState": {"State": "associated"},
                    "RouteTableAssociationId": "rtbassoc-"
                    + (one["SubnetId"] or table.id).partition("-")[2]})
    return made


def _local(cloud, table):
    return [] if table.vpc else [*cloud.cidrs, *cloud.ipv6_cidrs]


def _routes(cloud, table):
    listed = [{_key(destination): destination, "GatewayId": "local", "Origin": "CreateRouteTable",
               "State": "active"} for destination in _local(cloud, table)]
    for route in table.routes.values():
        one = {_key(route.destination): route.destination, "Origin": route.origin,
               "State": cloud.state_of(route)}
        eni = cloud.enis.get(route.target)
        if eni and eni.instance:
            one.update({"InstanceId": eni.instance, "InstanceOwnerId": cloud.account})
        name = next(name for prefix, name in GATEWAYS if route.target.startswith(prefix))
        listed.append({**one, name: route.target})
    return listed


@functools.lru_cache
def _more(count):
    """Routes to elsewhere, indented as EC2's are, of 350 bytes each."""
    before = f"\n{' ' * 16}<item>\n{' ' * 20}<destinationCidrBlock>"
    after = ("/32</destinationCidrBlock>\n"
             f"{' ' * 20}<instanceId>i-0123456789abcdef0</instanceId>\n"
             f"{' ' * 20}<instanceOwnerId>123456789012</instanceOwnerId>\n"
             f"{' ' * 20}<networkInterfaceId>eni-0123456789abcdef0</networkInterfaceId>\n"
             f"{' ' * 20}<state>active</state>\n{' ' * 20}<origin>CreateRoute</origin>\n"
             f"{' ' * 16}</item>")
    return [Written("".join(
        f"{before}172.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}{after}"
        for number in range(count)))] if count else []


# Which kind of target an id is, in a route as it is described.
GATEWAYS = (("eni-", "NetworkInterfaceId"), ("nat-", "NatGatewayId"), ("tgw-", "TransitGatewayId"),
            ("pcx-", "VpcPeeringConnectionId"), ("eigw-", "EgressOnlyInternetGatewayId"),
            ("lgw-", "LocalGatewayId"), ("cagw-", "CarrierGatewayId"), ("", "GatewayId"))


def _key(destination):
    return "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"


def _table_fields(cloud):
    def association(key):
        return lambda table: [one[key] for one in _associations(table) if one.get(key)]

    def route(key):
        return lambda table: [one[key] for one in _routes(cloud, table) if one.get(key)]

    return {
        "route-table-id": lambda table: [table.id],
        "vpc-id": lambda table: [table.vpc or cloud.vpc],
        "owner-id": lambda table: [table.owner or cloud.account],
        "association.main": lambda table: [truth(one["Main"]) for one in _associations(table)],
        "association.subnet-id": association("SubnetId"),
        "association.route-table-id": association("RouteTableId"),
        "association.route-table-association-id": association("RouteTableAssociationId"),
        "route.destination-cidr-block": route("DestinationCidrBlock"),
        "route.destination-ipv6-cidr-block": route("DestinationIpv6CidrBlock"),
        "route.gateway-id": route("GatewayId"), "route.instance-id": route("InstanceId"),
        "route.nat-gateway-id": route("NatGatewayId"), "route.state": route("State"),
        "route.transit-gateway-id": route("TransitGatewayId"), "route.origin": route("Origin"),
        "route.vpc-peering-connection-id": route("VpcPeeringConnectionId"), **tag_filters()}


@action
def describe_vpcs(call):
    call.allow()
    cloud = call.seen
    vpc = {"VpcId": cloud.vpc, "OwnerId": cloud.account, "State": "available",
           "CidrBlock": cloud.cidrs[0], "IsDefault": False, "InstanceTenancy": "default",
           "CidrBlockAssociationSet": [
               {"CidrBlock": cidr, "AssociationId": f"vpc-cidr-assoc-{number:017x}",
                "CidrBlockState": {"State": "associated"}}
               for number, cidr in enumerate(cloud.cidrs)],
           "Ipv6CidrBlockAssociationSet": [
               {"Ipv6CidrBlock": cidr, "AssociationId": f"vpc-cidr-assoc-6{number:016x}",
                "Ipv6CidrBlockState": {"State": "associated"}}
               for number, cidr in enumerate(cloud.ipv6_cidrs)]}
    for name in call.get("VpcIds", ()):
        if name != cloud.vpc:
            raise ApiError("InvalidVpcID.NotFound", f"The vpc ID '{name}' does not exist")
    vpcs = call.filtered([vpc], {"vpc-id": lambda one: [one["VpcId"]],
                                 "owner-id": lambda one: [one["OwnerId"]],
                                 "cidr": lambda one: [one["CidrBlock"]],
                                 "cidr-block-association.cidr-block": lambda one: cloud.cidrs})
    vpcs, token = call.page(vpcs, "VpcIds")
    return {"Vpcs": vpcs, "NextToken": token}


@action
def describe_subnets(call):
    call.allow()
    cloud = call.seen
    subnets = call.filtered(call.chosen(SUBNET, call.get("SubnetIds")), {
        "subnet-id": lambda one: [one.id], "vpc-id": lambda one: [cloud.vpc],
        "availability-zone": lambda one: [one.az], "owner-id": lambda one: [cloud.account],
        "cidr-block": lambda one: [one.cidr] if one.cidr else []})
    subnets, token = call.page(subnets, "SubnetIds")
    return {"Subnets": [{
        "SubnetId": one.id, "VpcId": cloud.vpc, "OwnerId": cloud.account, "State": "available",
        "AvailabilityZone": one.az, "CidrBlock": one.cidr,
        "AvailableIpAddressCount": len(cloud.free_addresses(one)),
        "Ipv6CidrBlockAssociationSet": [
            {"Ipv6CidrBlock": cidr, "AssociationId": f"subnet-cidr-assoc-{number:017x}",
             "Ipv6CidrBlockState": {"State": "associated"}}
            for number, cidr in enumerate(one.ipv6_cidrs)],
        "SubnetArn": f"arn:aws:ec2:{cloud.region}:{cloud.account}:subnet/{one.id}"}
        for one in subnets], "NextToken": token}


# Changing.

@action
def create_route(call):
    table, destination, target = _asked(call)
    there = table.routes.get(destination)
    if there and there.origin == "CreateRoute":
        if there.target == target:
            return {"Return": True}
        raise ApiError("RouteAlreadyExists",
                       f"The route identified by {destination} already exists.")
    if destination in _local(call.cloud, table):
        raise ApiError("RouteAlreadyExists",
                       f"The route identified by {destination} already exists.")
    if len(table.routes) >= call.engine.limits.routes:
        raise ApiError("RouteLimitExceeded", "The maximum number of routes has been reached.")
    table.routes[destination] = Route(destination, target)
    call.engine.network.routes()
    return {"Return": True}


@action
def replace_route(call):
    table, destination, target = _asked(call)
    there = table.routes.get(destination)
    if not there or there.origin != "CreateRoute":
        raise ApiError("InvalidParameterValue", f"There is no route defined for '{destination}' "
                       "in the route table. Use CreateRoute instead.")
    table.routes[destination] = Route(destination, target)
    call.engine.network.routes()


@action
def delete_route(call):
    table = _table_to_change(call)
    destination = _destination(call)
    if destination in _local(call.cloud, table):
        raise ApiError("InvalidParameterValue",
                       f"cannot remove local route {destination} in route table {table.id}")
    there = table.routes.get(destination)
    if not there or there.origin != "CreateRoute":
        kind = "destination-ipv6-cidr-block" if ":" in destination else "destination-cidr-block"
        raise ApiError("InvalidRoute.NotFound",
                       f"no route with {kind} {destination} in route table {table.id}")
    del table.routes[destination]
    call.engine.network.routes()


def _table_to_change(call):
    table = call.find(ROUTE_TABLE, call["RouteTableId"])
    call_account = table.owner or call.cloud.account
    if call_account != call.credentials.account:
        raise ApiError("UnauthorizedOperation", "You are not authorized to perform this "
                       f"operation. User: {call.credentials.arn} is not authorized to perform: "
                       f"{call.action} on resource: {call.arn(f'route-table/{table.id}')}", 403)
    call.allow(f"route-table/{table.id}")
    return table


def _asked(call):
    """Table, destination and target of a change, after all checks that do not depend on the route
    that is there."""
    destination, target = _destination(call), _one_of(call, TARGETS)
    table = _table_to_change(call)
    _check_destination(call, table, destination)
    return table, destination, _target(call, table, target)


def _one_of(call, names):
    given = [name for name in names if name in call.arguments]
    if not given:
        raise ApiError("MissingParameter", "The request must contain exactly one of "
                       f"{', '.join(_lower(name) for name in names)}")
    if len(given) > 1:
        raise ApiError("InvalidParameterCombination", "The request must contain exactly one of "
                       f"{', '.join(_lower(name) for name in names)}: it contains "
                       f"{', '.join(_lower(name) for name in given)}")
    return given[0]


def _lower(name):
    return name[0].lower() + name[1:]


def _destination(call):
    name = _one_of(call, DESTINATIONS)
    text = call[name]
    try:
        if "/" not in text or name == "DestinationPrefixListId":
            raise ValueError
        network = ipaddress.ip_network(text, strict=False)
        if network.version != (6 if "Ipv6" in name else 4):
            raise ValueError
    except ValueError:
        raise ApiError("InvalidParameterValue", f"Value ({text}) for parameter {_lower(name)} is "
                       "invalid. This is not a valid CIDR block.") from None
    return str(network)


def _check_destination(call, table, destination):
    """Nothing inside of the VPC but a whole subnet."""
    network = ipaddress.ip_network(destination)

    def within(others):
        return any(network.version == other.version and network.subnet_of(other)
                   for other in others)

    if within(RESERVED):
        raise ApiError("InvalidParameterValue", f"The destination {destination} is reserved.")
    cidrs = [ipaddress.ip_network(text) for text in _local(call.cloud, table)]
    subnets = [cidr for subnet in call.cloud.subnets.values()
               for cidr in (subnet.cidr, *subnet.ipv6_cidrs)]
    if within(cidrs) and destination not in _local(call.cloud, table) \
            and destination not in subnets:
        raise ApiError("InvalidParameterValue",
                       "Route destination doesn't match any subnet CIDR blocks.")


def _target(call, table, name):
    value = call[name]
    if name == "InstanceId":
        instance = call.find(INSTANCE, value)
        enis = call.cloud.enis_of(instance)
        if len(enis) > 1:
            raise multiple_interfaces(instance)
        if not enis:
            raise ApiError("InvalidInstanceID",
                           f"There is no interface attached to instance '{instance.id}'.")
        return enis[0].id
    if name != "NetworkInterfaceId":
        return value
    check_id(ENI, value)
    eni = call.find(ENI, value)
    if table.vpc:
        raise ApiError("InvalidParameterValue", f"route table {table.id} and interface {eni.id} "
                       "belong to different networks")
    return eni.id
