# SPDX-License-Identifier: Apache-2.0
"""The keys and values of the instance metadata service, without the service.

The keys are those of the EC2 user guide's "Instance metadata categories". A key that an ENI does
not have is not there at all: the service says 404, never an empty value.
"""

import json
import time


def keys_of(cloud, instance, now=None):
    """All keys of an instance: path below /latest/ to text."""
    now = time.monotonic() if now is None else now
    enis = cloud.enis_of(instance)
    region = cloud.region
    keys = {
        "meta-data/ami-id": "ami-0a1b2c3d4e5f60001",
        "meta-data/instance-id": instance.id,
        "meta-data/instance-type": instance.type,
        "meta-data/placement/availability-zone": instance.az,
        "meta-data/placement/region": region,
        "meta-data/services/domain": "amazonaws.com",
        "meta-data/services/partition": "aws",
        "dynamic/instance-identity/document": json.dumps({
            "accountId": cloud.account, "architecture": "x86_64",
            "availabilityZone": instance.az, "imageId": "ami-0a1b2c3d4e5f60001",
            "instanceId": instance.id, "instanceType": instance.type,
            "privateIp": enis[0].ipv4s[0] if enis and enis[0].ipv4s else None,
            "region": region, "version": "2017-09-30"}, indent=2),
    }
    if instance.role:
        keys[f"meta-data/iam/security-credentials/{instance.role}"] = \
            _credentials(cloud.credentials_of(instance))
    if enis:
        keys["meta-data/mac"] = enis[0].mac
    for eni in enis:
        age = now - eni.attached_at
        if age >= eni.lag.mac:
            for key, value in _eni(cloud, eni, age).items():
                if value:
                    keys[f"meta-data/network/interfaces/macs/{eni.mac}/{key}"] = value
    return keys


def _eni(cloud, eni, age):
    """The keys of one ENI; those with an empty value are not there."""
    subnet = cloud.subnets[eni.subnet]
    known = age >= eni.lag.addresses
    names = [f"ip-{address.replace('.', '-')}.{cloud.region}.compute.internal"
             for address in eni.ipv4s[:1]]
    keys = {
        "device-number": str(eni.device_index if age >= eni.lag.device_number else 0),
        "interface-id": eni.id,
        "ipv4-prefix": "\n".join(eni.ipv4_prefixes) if known else "",
        "ipv6-prefix": "\n".join(eni.ipv6_prefixes) if known else "",
        "ipv6s": "\n".join(eni.ipv6s) if known else "",
        "local-hostname": "".join(names) if known else "",
        "local-ipv4s": "\n".join(eni.ipv4s) if known else "",
        "mac": eni.mac,
        "network-card": "" if eni.network_card is None else str(eni.network_card),
        "owner-id": cloud.account,
        "public-ipv4s": "\n".join(eni.public_ipv4s),
        "security-group-ids": "\n".join(eni.groups),
        "security-groups": "\n".join("default" for _ in eni.groups),
        "subnet-id": subnet.id,
        "subnet-ipv4-cidr-block": subnet.cidr or "",
        "subnet-ipv6-cidr-blocks": "\n".join(subnet.ipv6_cidrs),
        "vpc-id": cloud.vpc,
        "vpc-ipv4-cidr-block": cloud.cidrs[0],
        "vpc-ipv4-cidr-blocks": "\n".join(cloud.cidrs),
        "vpc-ipv6-cidr-blocks": "\n".join(cloud.ipv6_cidrs),
    }
    # Which public address leads to which private one; one key a public address.
    for public, private in zip(eni.public_ipv4s, eni.ipv4s):
        keys[f"ipv4-associations/{public}"] = private
    return keys


def _credentials(given):
    def date(seconds):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))

    return json.dumps({
        "Code": "Success", "LastUpdated": date(given.expires - 6 * 3600), "Type": "AWS-HMAC",
        "AccessKeyId": given.access_key, "SecretAccessKey": given.secret_key,
        "Token": given.token, "Expiration": date(given.expires)}, indent=2)


def lookup(keys, path):
    """The response to a GET of a path below /latest/: a value, a listing, or None."""
    path = path.strip("/")
    if path in keys:
        return keys[path]
    below = f"{path}/" if path else ""
    names = []
    for key in sorted(keys):
        if key.startswith(below):
            name, slash, _ = key[len(below):].partition("/")
            if name + slash not in names:
                names.append(name + slash)
    # The role's name is listed bare, as EC2 does.
    return "\n".join(names) or None

