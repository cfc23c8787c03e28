# SPDX-License-Identifier: Apache-2.0
"""The lab: a small EC2 on one machine, in which an installed myha does its work.

A lab is a VPC (vpc.py: a router with the rules of EC2's network), its metadata service (imds.py),
EC2's API (ec2.py), nodes (node.py: booted systems, or bare namespaces for quick tests) and a client
(client.py). cloud.py holds what EC2 would say of all this; host.py makes sure that the machine
under it is left as it was found.
"""
