# SPDX-License-Identifier: Apache-2.0
"""EC2's actions on instances."""

from .ec2_engine import INSTANCE, action
from .ec2_enis import attachment_reply, eni_reply
from .ec2_model import ApiError
from .ec2_routes import multiple_interfaces

STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64,
          "stopped": 80}


@action
def describe_instances(call):
    call.allow()
    cloud = call.seen
    instances = call.chosen(INSTANCE, call.get("InstanceIds"))

    def of_enis(read):
        return lambda one: [value for eni in cloud.enis_of(one) for value in read(eni)]

    instances = call.filtered(instances, {
        "instance-id": lambda one: [one.id], "instance-type": lambda one: [one.type],
        "availability-zone": lambda one: [one.az], "vpc-id": lambda one: [cloud.vpc],
        "instance-state-name": lambda one: [one.state],
        "private-ip-address": lambda one: [eni.ipv4s[0] for eni in cloud.enis_of(one)[:1]
                                           if eni.ipv4s],
        "network-interface.network-interface-id": of_enis(lambda eni: [eni.id]),
        "network-interface.addresses.private-ip-address": of_enis(lambda eni: eni.ipv4s)})
    instances, token = call.page(instances, "InstanceIds")
    return {"Reservations": [{"ReservationId": f"r-{one.id.partition('-')[2]}", "Groups": [],
                              "OwnerId": cloud.account, "Instances": [_instance(cloud, one)]}
                             for one in instances], "NextToken": token}


def _instance(cloud, instance):
    enis = cloud.enis_of(instance)
    first = enis[0] if enis else None
    reply = {
        "InstanceId": instance.id, "ImageId": "ami-0a1b2c3d4e5f60001",
        "InstanceType": instance.type, "State": _state(instance.state),
        "Placement": {"AvailabilityZone": instance.az, "GroupName": "", "Tenancy": "default"},
        "NetworkInterfaces": [_inside(cloud, eni) for eni in enis], "Tags": []}
    if first:
        reply.update({"PrivateIpAddress": first.ipv4s[0] if first.ipv4s else None,
                      "SubnetId": first.subnet, "VpcId": cloud.vpc})
    if len(enis) == 1:
        reply["SourceDestCheck"] = first.source_dest_check
    return reply


def _inside(cloud, eni):
    """An ENI as its instance tells it, with less than an ENI tells of itself."""
    reply = eni_reply(cloud, eni)
    attachment = attachment_reply(cloud, eni)
    return {**{name: reply[name] for name in (
        "Description", "Groups", "Ipv6Addresses", "MacAddress", "NetworkInterfaceId", "OwnerId",
        "PrivateIpAddress", "PrivateIpAddresses", "SourceDestCheck", "Status", "SubnetId",
        "VpcId", "InterfaceType")},
        "Attachment": {name: attachment[name] for name in (
            "AttachTime", "AttachmentId", "DeleteOnTermination", "DeviceIndex", "Status",
            "NetworkCardIndex")}}


def _state(name):
    return {"Code": STATES[name], "Name": name}


@action
def describe_instance_attribute(call):
    instance = call.find(INSTANCE, call["InstanceId"])
    call.allow(f"instance/{instance.id}")
    if call["Attribute"] != "sourceDestCheck":
        raise ApiError("InvalidParameterValue",
                       "The lab knows the attribute sourceDestCheck alone.")
    return {"InstanceId": instance.id,
            "SourceDestCheck": {"Value": _only_eni(call, instance).source_dest_check}}


@action
def modify_instance_attribute(call):
    instance = call.find(INSTANCE, call["InstanceId"])
    call.allow(f"instance/{instance.id}")
    given = [name for name in call.arguments if name not in ("InstanceId", "DryRun")]
    if given != ["SourceDestCheck"] or "Value" not in call["SourceDestCheck"]:
        raise ApiError("InvalidParameterCombination", "The lab knows the attribute "
                       f"sourceDestCheck alone; the request has {', '.join(given) or 'none'}.")
    _only_eni(call, instance).source_dest_check = call["SourceDestCheck"]["Value"]
    call.engine.network.routes()


def _only_eni(call, instance):
    enis = call.cloud.enis_of(instance)
    if len(enis) != 1:
        raise multiple_interfaces(instance)
    return enis[0]


@action
def stop_instances(call):
    engine = call.engine
    instances = [call.find(INSTANCE, name) for name in call["InstanceIds"]]
    call.allow(*(f"instance/{one.id}" for one in instances))
    changes = []
    for instance in instances:
        if instance.state == "terminated":
            raise ApiError("IncorrectInstanceState", f"The instance '{instance.id}' is not in a "
                           "state from which it can be stopped.")
        before = instance.state
        if before == "running":
            instance.state = "stopping"
            _stop_later(engine, instance)
        changes.append({"InstanceId": instance.id, "PreviousState": _state(before),
                        "CurrentState": _state(instance.state)})
    return {"StoppingInstances": changes}


def _stop_later(engine, instance):
    def stopping():
        engine.network.stop(instance)

    def stopped():
        with engine.change():
            instance.state = "stopped"
        engine.network.routes()

    engine.later(0, stopping)
    engine.later(engine.delays.stop, stopped)
