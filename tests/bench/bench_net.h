/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of the bench, as the stand-ins report it and as the floors and `bench` know it: ENI
 * number N (0 is the primary) is ethN, has a MAC, a subnet and addresses made from its number. The
 * route tables of its VPC count from 1, and each routes the overlay address to an ENI.
 */
#pragma once

#define BENCH_MAC "02:00:00:00:00:%02x" /* ENI number */
#define BENCH_MAC_PREFIX "02:00:00:00:00:"
#define BENCH_ENI "eni-%017x" /* ENI number */
#define BENCH_SUBNET "10.0.%u.0/24" /* ENI number */
#define BENCH_ADDRESS "10.0.%u.%u" /* ENI number, host */
#define BENCH_FIRST_HOST 10u /* the primary address; the others follow */
#define BENCH_MAX_ENIS 200u
#define BENCH_MAX_ADDRESSES 200u

#define BENCH_REGION "eu-central-1"
#define BENCH_VPC "vpc-0123456789abcdef0"
#define BENCH_VPC_CIDR "10.0.0.0/16"
#define BENCH_ZONE BENCH_REGION "a"
#define BENCH_INSTANCE "i-%017x" /* one of: */
#define BENCH_THIS_HOST 0u
#define BENCH_OTHER_HOST 1u /* where the overlay address and the moved ENI are at first */
#define BENCH_MOVED_ENI 240u
#define BENCH_ATTACHMENT "eni-attach-%08x%09x" /* ENI number, number of the instance */
#define BENCH_TABLE "rtb-%017x" /* number of the table */
#define BENCH_MAX_TABLES 64u
#define BENCH_OVERLAY "192.168.10.16"

#define BENCH_ROLE "myha-node"
#define BENCH_ACCESS_KEY "ASIABENCHBENCHBENCHB"
#define BENCH_SECRET_KEY "bench/secret+key/of/forty/characters/012"
#define BENCH_SESSION_TOKEN "IQoJb3JpZ2luX2VjEBench//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQ=="

#define BENCH_CONTROL_PORT 81 /* of each stand-in: see standin.h */
#define BENCH_COUNTS_PATH "/counts"
#define BENCH_LATENCY_PATH "/latency/"

#define BENCH_IMDS_ADDRESS "169.254.169.254"
#define BENCH_IMDS_PORT 80
#define BENCH_TOKEN_PATH "/latest/api/token"
#define BENCH_META_DATA "/latest/meta-data/"
#define BENCH_MACS_PATH BENCH_META_DATA "network/interfaces/macs/"
#define BENCH_INSTANCE_PATH BENCH_META_DATA "instance-id"
#define BENCH_ZONE_PATH BENCH_META_DATA "placement/availability-zone"
#define BENCH_ROLES_PATH BENCH_META_DATA "iam/security-credentials/"

#define BENCH_EC2_HOST "ec2." BENCH_REGION ".amazonaws.com"
#define BENCH_EC2_ADDRESS "198.51.100.10"
#define BENCH_EC2_PORT 443
#define BENCH_ROUTES_PATH "/routes" /* "TABLE ENI", a line each */
#define BENCH_HOLDER_PATH "/holder" /* the instance that has the moved ENI; empty: none has */
#define BENCH_RESET_PATH "/reset" /* all is back where it was at first */
