/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Defines the overlay of the flow tests: two tables of an EC2 in memory route its address to an
 * ENI.
 */
#pragma once

#include "ec2_memory.h"
#include "failover/overlay_read.h"

#define OURS "eni-1"
#define THEIRS "eni-2"

#define A "rtb-a"
#define B "rtb-b"

/* The lines of calls. */
#define READ_TABLE(table) "DescribeRouteTables RouteTableId.1=" table "\n"
#define READ_A READ_TABLE(A)
#define READ_B READ_TABLE(B)
#define READ_BOTH "DescribeRouteTables RouteTableId.1=" A " RouteTableId.2=" B "\n"
#define READ_PAGE(token)                                                                           \
	"DescribeRouteTables Filter.1.Name=vpc-id Filter.1.Value.1=" MEMORY_VPC                    \
	" Filter.2.Name=route.destination-cidr-block Filter.2.Value.1=192.168.10.16%2F32"          \
	" MaxResults=20" token "\n"
#define READ_ALL READ_PAGE("")
#define REPLACE(table) CHANGE("Replace", table) " NetworkInterfaceId=" OURS "\n"
#define CREATE(table) CHANGE("Create", table) " NetworkInterfaceId=" OURS "\n"
#define DELETE(table) CHANGE("Delete", table) "\n"
#define CHANGE(action, table)                                                                      \
	action "Route RouteTableId=" table " DestinationCidrBlock=192.168.10.16%2F32"
#define READ_CHECK DESCRIBE_ENI(OURS) /* the ENI's source/destination check */
#define DISABLE CHANGE_CHECK "\n"
#define TRY_TO_DISABLE CHANGE_CHECK " DryRun=true\n"
#define CHANGE_CHECK                                                                               \
	"ModifyNetworkInterfaceAttribute NetworkInterfaceId=" OURS " SourceDestCheck.Value=false"
#define WAIT "wait\n"

#define DEADLINE (MEMORY_START + 30000)

/* The overlay's routes: in these tables, or in all of the VPC. */
struct overlay_routes make_routes(const char *const *tables);

/* "rtb-a: moved", "rtb-b: failed: …", a line each; or "error: …"; then "outcome 3". */
void print_tables(const struct overlay_read *read, enum outcome outcome, struct strbuf *ret_text);
