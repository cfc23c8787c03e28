# SPDX-License-Identifier: Apache-2.0
"""EC2's actions on network interfaces: describe, create, attach, detach, and their addresses."""

import dataclasses
import ipaddress
import json
import time

from .ec2_engine import ENI, INSTANCE, SUBNET, action, tag_filters, tags_of, truth
from .ec2_model import ApiError

TOKEN_MAX = 64


# Reading.

@action
def describe_network_interfaces(call):
    call.allow()
    enis = call.chosen(ENI, call.get("NetworkInterfaceIds"))
    enis = call.filtered(enis, _fields(call.seen))
    enis, token = call.page(enis, "NetworkInterfaceIds")
    return {"NetworkInterfaces": [eni_reply(call.seen, eni) for eni in enis], "NextToken": token}


def attachment_reply(cloud, eni):
    if not eni.instance:
        return None
    return {"AttachmentId": eni.attachment, "InstanceId": eni.instance,
            "InstanceOwnerId": cloud.account, "DeviceIndex": eni.device_index,
            "NetworkCardIndex": eni.network_card or 0, "Status": eni.attachment_status,
            "AttachTime": cloud.date(cloud.now() + eni.attached_at - time.monotonic()),
            "DeleteOnTermination": eni.device_index == 0}


def eni_reply(cloud, eni):
    """An ENI as DescribeNetworkInterfaces tells it."""
    public = dict(zip(eni.ipv4s, eni.public_ipv4s))
    reply = {
        "Attachment": attachment_reply(cloud, eni), "Description": eni.description,
        "AvailabilityZone": cloud.subnets[eni.subnet].az,
        "Groups": [{"GroupId": group, "GroupName": "default"} for group in eni.groups],
        "InterfaceType": "interface", "MacAddress": eni.mac,
        "Ipv6Addresses": [{"Ipv6Address": address} for address in eni.ipv6s],
        "NetworkInterfaceId": eni.id, "OwnerId": cloud.account,
        "PrivateIpAddress": eni.ipv4s[0] if eni.ipv4s else None,
        "PrivateIpAddresses": [
            {"PrivateIpAddress": address, "Primary": number == 0, "Association":
             {"PublicIp": public[address], "IpOwnerId": "amazon"} if address in public else None}
            for number, address in enumerate(eni.ipv4s)],
        "Ipv4Prefixes": [{"Ipv4Prefix": prefix} for prefix in eni.ipv4_prefixes] or None,
        "Ipv6Prefixes": [{"Ipv6Prefix": prefix} for prefix in eni.ipv6_prefixes] or None,
        "RequesterManaged": eni.requester_managed, "SourceDestCheck": eni.source_dest_check,
        "Status": eni.status, "SubnetId": eni.subnet, "TagSet": tags_of(eni),
        "VpcId": cloud.vpc}
    if eni.requester_managed:
        reply["RequesterId"] = "amazon-elb"
    if eni.operator:
        reply["Operator"] = {"Managed": True, "Principal": eni.operator}
    return reply


def _fields(cloud):
    def attachment(read):
        return lambda eni: [read(eni)] if eni.instance else []

    return {
        "network-interface-id": lambda eni: [eni.id], "subnet-id": lambda eni: [eni.subnet],
        "vpc-id": lambda eni: [cloud.vpc], "owner-id": lambda eni: [cloud.account],
        "mac-address": lambda eni: [eni.mac], "description": lambda eni: [eni.description],
        "status": lambda eni: [eni.status], "group-id": lambda eni: eni.groups,
        "availability-zone": lambda eni: [cloud.subnets[eni.subnet].az],
        "private-ip-address": lambda eni: eni.ipv4s[:1],
        "addresses.private-ip-address": lambda eni: eni.ipv4s,
        "ipv6-addresses.ipv6-address": lambda eni: eni.ipv6s,
        "source-dest-check": lambda eni: [truth(eni.source_dest_check)],
        "requester-managed": lambda eni: [truth(eni.requester_managed)],
        "interface-type": lambda eni: ["interface"],
        "attachment.attachment-id": attachment(lambda eni: eni.attachment),
        "attachment.instance-id": attachment(lambda eni: eni.instance),
        "attachment.device-index": attachment(lambda eni: eni.device_index),
        "attachment.status": attachment(lambda eni: eni.attachment_status), **tag_filters()}


# Making.

@action
def create_network_interface(call):
    token = call.get("ClientToken")
    parameters = json.dumps({name: value for name, value in call.arguments.items()
                             if name not in ("ClientToken", "DryRun")}, sort_keys=True)
    if token and (len(token) > TOKEN_MAX or not token.isascii()):
        raise ApiError("InvalidParameterValue",
                       f"Invalid value for clientToken: at most {TOKEN_MAX} ASCII characters.")
    subnet = call.find(SUBNET, call["SubnetId"])
    groups = call.get("Groups", call.cloud.groups[:1])
    tags = _tags(call)
    call.check_allowed("network-interface/*", f"subnet/{subnet.id}",
                       *(f"security-group/{group}" for group in groups))
    if tags:
        call.engine.iam.allow(call.credentials, "ec2:CreateTags",
                              [call.arn("network-interface/*")],
                              lambda _: {"ec2:CreateAction": "CreateNetworkInterface"})
    call.end_dry_run()
    before = call.engine.tokens.get(token)
    if before:
        if before[0] != parameters:
            raise ApiError("IdempotentParameterMismatch", "The client token provided is already "
                           "associated with another set of parameters.")
        return _created(call, call.cloud.enis[before[1]], token)
    for group in groups:
        if group not in call.cloud.groups:
            raise ApiError("InvalidGroup.NotFound",
                           f"The security group '{group}' does not exist")
    ipv4s, ipv6s = _addresses(call, subnet)
    eni = call.cloud.create_eni(subnet, ipv4s, ipv6s=ipv6s, groups=groups, tags=tags,
                                description=call.get("Description", ""))
    if token:
        call.engine.tokens[token] = parameters, eni.id
    return _created(call, eni, token)


def _created(call, eni, token):
    return {"NetworkInterface": {**eni_reply(call.cloud, eni), "Status": "pending"}
            if eni.status == "available" else eni_reply(call.cloud, eni), "ClientToken": token}


def _tags(call):
    tags = {}
    for one in call.get("TagSpecifications", ()):
        if one.get("ResourceType") != "network-interface":
            raise ApiError("InvalidParameterValue", f"'{one.get('ResourceType')}' is not a valid "
                           "taggable resource type for this operation.")
        for tag in one.get("Tags", ()):
            if tag["Key"] in tags:
                raise ApiError("InvalidParameterValue",
                               f"Duplicate tag key '{tag['Key']}' specified.")
            tags[tag["Key"]] = tag.get("Value", "")
    return tags


def _addresses(call, subnet):
    """The addresses of an ENI that is made: the requested ones, else the first free one."""
    listed = call.get("PrivateIpAddresses", [])
    primary = [one["PrivateIpAddress"] for one in listed if one.get("Primary")]
    if len(primary) > 1 or primary and "PrivateIpAddress" in call.arguments:
        raise ApiError("InvalidParameterCombination",
                       "Only one primary private IP address can be specified.")
    if "PrivateIpAddress" in call.arguments:
        primary = [call["PrivateIpAddress"]]
    ipv4s = primary + [one["PrivateIpAddress"] for one in listed if not one.get("Primary")]
    ipv6s = [one["Ipv6Address"] for one in call.get("Ipv6Addresses", ())]
    for address in ipv4s + ipv6s:
        _check_address(call.cloud, subnet, address)
    if subnet.cidr and not primary:
        free = [one for one in call.cloud.free_addresses(subnet) if one not in ipv4s]
        if not free:
            raise ApiError("InsufficientFreeAddressesInSubnet", "The specified subnet does not "
                           "have enough free addresses to satisfy the request.")
        ipv4s.insert(0, free[0])
    return ipv4s, ipv6s


def _check_address(cloud, subnet, text):
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ApiError("InvalidParameterValue",
                       f"invalid value for parameter address: {text}") from None
    networks = [ipaddress.ip_network(cidr) for cidr in (subnet.cidr, *subnet.ipv6_cidrs) if cidr]
    network = next((one for one in networks if address in one), None)
    if not network:
        raise ApiError("InvalidParameterValue",
                       f"Address {address} does not fall within the subnet's address range")
    if address in [*(network[number] for number in range(4)), network[-1]]:
        raise ApiError("InvalidParameterValue",
                       f"Address {address} is in subnet's reserved address range")
    if cloud.eni_at(str(address)):
        raise ApiError("InvalidIPAddress.InUse", f"Address {address} is in use.")


# Attaching and detaching.

@action
def attach_network_interface(call):
    eni = call.find(ENI, call["NetworkInterfaceId"])
    instance = call.find(INSTANCE, call["InstanceId"])
    call.allow(f"instance/{instance.id}", f"network-interface/{eni.id}")
    index, card = call["DeviceIndex"], call.get("NetworkCardIndex", 0)
    _check_attach(call, eni, instance, index, card)
    engine, cloud = call.engine, call.cloud
    delay = engine.delays.attach
    cloud.attach(eni, instance, index, dataclasses.replace(engine.delays.imds))
    eni.attachment_status, eni.attached_at = "attaching", time.monotonic() + delay
    if card:
        eni.network_card = card
    attachment = eni.attachment

    def attached():
        with engine.change():
            if eni.attachment != attachment or eni.attachment_status != "attaching":
                return
            eni.attachment_status, eni.attached_at = "attached", time.monotonic()
        engine.network.publish()
        engine.network.plug(eni)
        engine.network.routes()

    engine.later(delay, attached)
    return {"AttachmentId": attachment, "NetworkCardIndex": card}


def _check_attach(call, eni, instance, index, card):
    cloud, engine = call.cloud, call.engine
    if eni.instance:
        if engine.in_use_is_a_parameter:
            raise ApiError("InvalidParameterValue",
                           f"Network interface '{eni.id}' is currently in use.")
        raise ApiError("InvalidNetworkInterface.InUse", f"Interface: [{eni.id}] in use.")
    if cloud.subnets[eni.subnet].az != instance.az:
        raise ApiError("InvalidParameterCombination", "You may not attach a network interface to "
                       "an instance if they are not in the same availability zone")
    if instance.state not in ("running", "stopped"):
        raise ApiError("IncorrectState", f"The instance '{instance.id}' is not in a valid state "
                       "for this operation.")
    there = cloud.enis_of(instance)
    if index in [one.device_index for one in there if (one.network_card or 0) == card]:
        raise ApiError("InvalidParameterValue", f"Instance '{instance.id}' already has an "
                       f"interface attached at device index '{index}'.")
    if not 0 <= card < instance.cards:
        raise ApiError("InvalidParameterValue", f"Network card index {card} is invalid for the "
                       f"instance type {instance.type}.")
    if len(there) >= instance.enis_max:
        raise ApiError("AttachmentLimitExceeded", f"Interface count {len(there) + 1} exceeds the "
                       f"limit for {instance.type}")


@action
def detach_network_interface(call):
    engine, name, force = call.engine, call["AttachmentId"], call.get("Force", False)
    eni = next((one for one in call.cloud.enis.values() if one.attachment == name), None)
    if not eni:
        raise ApiError("InvalidAttachmentID.NotFound",
                       f"The attachment ID '{name}' does not exist")
    call.allow(f"instance/{eni.instance}", f"network-interface/{eni.id}")
    if eni.requester_managed or eni.operator:
        raise ApiError("OperationNotPermitted",
                       f"You are not allowed to manage '{name}' attachments.")
    if eni.device_index == 0:
        raise ApiError("OperationNotPermitted",
                       "The network interface at device index 0 cannot be detached.")
    if eni.attachment_status != "attached" and not force:
        raise ApiError("IncorrectState", f"The attachment '{name}' is in state "
                       f"'{eni.attachment_status}', it must be 'attached'.")
    eni.attachment_status = "detaching"

    def detached():
        with engine.change():
            if eni.attachment != name:
                return
            call.cloud.detach(eni)
        engine.network.publish()
        engine.network.routes()

    def detaching():
        engine.network.routes()
        engine.network.pull(eni)

    engine.later(0, detaching)
    if force or not engine.stuck_detach:
        engine.later(engine.delays.detach, detached)


# Their addresses and checks.

@action
def assign_private_ip_addresses(call):
    cloud, eni = call.cloud, call.find(ENI, call["NetworkInterfaceId"])
    call.allow(f"network-interface/{eni.id}")
    subnet = cloud.subnets[eni.subnet]
    wanted = list(call.get("PrivateIpAddresses", []))
    count = call.get("SecondaryPrivateIpAddressCount", 0)
    if bool(wanted) == bool(count):
        raise ApiError("InvalidParameterCombination" if wanted else "MissingParameter",
                       "The request must contain exactly one of privateIpAddresses, "
                       "secondaryPrivateIpAddressCount")
    wanted += cloud.free_addresses(subnet)[:count]
    owners = [owner for owner in map(cloud.eni_at, wanted) if owner and owner is not eni]
    for owner in owners:
        if owner.ipv4s[0] in wanted:
            raise ApiError("InvalidParameterValue", f"The primary address {owner.ipv4s[0]} of "
                           f"interface {owner.id} cannot be reassigned.")
        if not call.get("AllowReassignment"):
            raise ApiError("InvalidParameterValue", "Some of the specified addresses are already "
                           f"assigned to interface {owner.id}.")
    for address in wanted:
        if not cloud.eni_at(address):
            _check_address(cloud, subnet, address)
    new = [address for address in wanted if address not in eni.ipv4s]
    instance = cloud.instances.get(eni.instance)
    if instance and len(eni.ipv4s) + len(new) > instance.ipv4s_max:
        raise ApiError("PrivateIpAddressLimitExceeded",
                       "Number of private addresses will exceed limit.")
    for owner in owners:
        owner.ipv4s = [address for address in owner.ipv4s if address not in wanted]
    eni.ipv4s = eni.ipv4s + new
    call.engine.network.readdress(*owners, eni)
    return {"NetworkInterfaceId": eni.id,
            "AssignedPrivateIpAddresses": [{"PrivateIpAddress": address} for address in wanted]}


@action
def modify_network_interface_attribute(call):
    eni = call.find(ENI, call["NetworkInterfaceId"])
    call.allow(f"network-interface/{eni.id}")
    given = [name for name in call.arguments if name not in ("NetworkInterfaceId", "DryRun")]
    if given != ["SourceDestCheck"] or "Value" not in call["SourceDestCheck"]:
        raise ApiError("InvalidParameterCombination", "The lab knows the attribute "
                       f"sourceDestCheck alone; the request has {', '.join(given) or 'none'}.")
    eni.source_dest_check = call["SourceDestCheck"]["Value"]
    call.engine.network.routes()
