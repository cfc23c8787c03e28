/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2_request_cases.h"

#define CIDR4(length, ...)                                                                         \
	&(const struct ip_prefix)                                                                  \
	{                                                                                          \
		{AF_INET, {__VA_ARGS__}}, length                                                   \
	}
#define CIDR6(length, ...)                                                                         \
	&(const struct ip_prefix)                                                                  \
	{                                                                                          \
		{AF_INET6, {__VA_ARGS__}}, length                                                  \
	}
#define EC2(action) "Action=" action "&Version=2016-11-15"
#define STS(action) "Action=" action "&Version=2011-06-15"

#define OVERLAY4 CIDR4(32, 192, 168, 10, 16)
#define OVERLAY6 CIDR6(128, 0xfd, 0, 0, 0xaa, [15] = 0x10)

const struct request_case request_cases[] = {
	{"tables", EC2_DESCRIBE_ROUTE_TABLES, {0}, EC2("DescribeRouteTables")},
	{"tables-by-id", EC2_DESCRIBE_ROUTE_TABLES,
		{.route_tables = TEXTS("rtb-0123456789abcdef0", "rtb-01234567")},
		EC2("DescribeRouteTables") "&RouteTableId.1=rtb-0123456789abcdef0"
					   "&RouteTableId.2=rtb-01234567"},
	{"tables-by-filter", EC2_DESCRIBE_ROUTE_TABLES,
		{
			.filters =
				(const struct ec2_filter[]){
					{"vpc-id", TEXTS("vpc-01234567")},
					{"route.destination-cidr-block",
						TEXTS("192.168.10.16/32", "192.168.10.17/32")},
					{0},
				},
			.max_results = 100,
		},
		EC2("DescribeRouteTables") "&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-01234567"
					   "&Filter.2.Name=route.destination-cidr-block"
					   "&Filter.2.Value.1=192.168.10.16%2F32"
					   "&Filter.2.Value.2=192.168.10.17%2F32&MaxResults=100"},
	{"tables-next", EC2_DESCRIBE_ROUTE_TABLES,
		{.max_results = 5, .next_token = "eyJ2IjoiMiJ9+/=="},
		EC2("DescribeRouteTables") "&MaxResults=5&NextToken=eyJ2IjoiMiJ9%2B%2F%3D%3D"},
	{"tables-dry", EC2_DESCRIBE_ROUTE_TABLES, {.dry_run = true},
		EC2("DescribeRouteTables") "&DryRun=true"},
	{"create-route", EC2_CREATE_ROUTE,
		{.route_table = "rtb-01234567", .destination = OVERLAY4, .eni = "eni-01234567"},
		EC2("CreateRoute") "&RouteTableId=rtb-01234567"
				   "&DestinationCidrBlock=192.168.10.16%2F32"
				   "&NetworkInterfaceId=eni-01234567"},
	{"create-route6-dry", EC2_CREATE_ROUTE,
		{
			.route_table = "rtb-01234567",
			.destination = OVERLAY6,
			.eni = "eni-01234567",
			.dry_run = true,
		},
		EC2("CreateRoute") "&RouteTableId=rtb-01234567"
				   "&DestinationIpv6CidrBlock=fd00%3Aaa%3A%3A10%2F128"
				   "&NetworkInterfaceId=eni-01234567&DryRun=true"},
	{"replace-route", EC2_REPLACE_ROUTE,
		{.route_table = "rtb-01234567", .destination = OVERLAY4, .eni = "eni-01234567"},
		EC2("ReplaceRoute") "&RouteTableId=rtb-01234567"
				    "&DestinationCidrBlock=192.168.10.16%2F32"
				    "&NetworkInterfaceId=eni-01234567"},
	{"replace-route6", EC2_REPLACE_ROUTE,
		{.route_table = "rtb-01234567", .destination = OVERLAY6, .eni = "eni-01234567"},
		EC2("ReplaceRoute") "&RouteTableId=rtb-01234567"
				    "&DestinationIpv6CidrBlock=fd00%3Aaa%3A%3A10%2F128"
				    "&NetworkInterfaceId=eni-01234567"},
	{"delete-route", EC2_DELETE_ROUTE, {.route_table = "rtb-01234567", .destination = OVERLAY4},
		EC2("DeleteRoute") "&RouteTableId=rtb-01234567"
				   "&DestinationCidrBlock=192.168.10.16%2F32"},
	{"delete-route6-dry", EC2_DELETE_ROUTE,
		{.route_table = "rtb-01234567", .destination = OVERLAY6, .dry_run = true},
		EC2("DeleteRoute") "&RouteTableId=rtb-01234567"
				   "&DestinationIpv6CidrBlock=fd00%3Aaa%3A%3A10%2F128&DryRun=true"},
	{"enis-by-id", EC2_DESCRIBE_NETWORK_INTERFACES, {.enis = TEXTS("eni-01234567")},
		EC2("DescribeNetworkInterfaces") "&NetworkInterfaceId.1=eni-01234567"},
	{"enis-by-filter", EC2_DESCRIBE_NETWORK_INTERFACES,
		{
			.filters =
				(const struct ec2_filter[]){
					{"addresses.private-ip-address", TEXTS("10.0.1.10")},
					{0},
				},
			.max_results = 1000,
			.next_token = "a b",
			.dry_run = true,
		},
		EC2("DescribeNetworkInterfaces") "&Filter.1.Name=addresses.private-ip-address"
						 "&Filter.1.Value.1=10.0.1.10&MaxResults=1000"
						 "&NextToken=a%20b&DryRun=true"},
	{"create-eni", EC2_CREATE_NETWORK_INTERFACE,
		{.subnet = "subnet-01234567", .client_token = "t"},
		EC2("CreateNetworkInterface") "&SubnetId=subnet-01234567&ClientToken=t"},
	{"create-eni-odd", EC2_CREATE_NETWORK_INTERFACE,
		{
			.subnet = "subnet-01234567",
			.description = "-$x `y` \\",
			.tags = (const struct ec2_tag[]){{"a,b=[c]", "{d}\"e\\'f"}, {"g:h", "i j"},
				{0}},
			.client_token = "t",
		},
		EC2("CreateNetworkInterface") "&SubnetId=subnet-01234567"
					      "&Description=-%24x%20%60y%60%20%5C"
					      "&TagSpecification.1.ResourceType=network-interface"
					      "&TagSpecification.1.Tag.1.Key=a%2Cb%3D%5Bc%5D"
					      "&TagSpecification.1.Tag.1.Value=%7Bd%7D%22e%5C%27f"
					      "&TagSpecification.1.Tag.2.Key=g%3Ah"
					      "&TagSpecification.1.Tag.2.Value=i%20j"
					      "&ClientToken=t"},
	{"create-eni-whole", EC2_CREATE_NETWORK_INTERFACE,
		{
			.subnet = "subnet-01234567",
			.addresses =
				(const struct ip_address[]){
					{AF_INET, {10, 0, 1, 10}},
					{AF_INET6, {0x20, 1, 0xd, 0xb8, [15] = 1}},
					{AF_INET, {10, 0, 1, 11}},
					{0},
				},
			.security_groups = TEXTS("sg-01234567", "sg-01234568"),
			.description = "the service's ENI (\303\266)",
			.tags = (const struct ec2_tag[]){{"Name", "sapascs & co"}, {"empty", NULL},
				{0}},
			.client_token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
					"abcdef",
			.dry_run = true,
		},
		EC2("CreateNetworkInterface") "&SubnetId=subnet-01234567"
					      "&PrivateIpAddresses.1.Primary=true"
					      "&PrivateIpAddresses.1.PrivateIpAddress=10.0.1.10"
					      "&Ipv6Addresses.1.Ipv6Address=2001%3Adb8%3A%3A1"
					      "&PrivateIpAddresses.2.Primary=false"
					      "&PrivateIpAddresses.2.PrivateIpAddress=10.0.1.11"
					      "&SecurityGroupId.1=sg-01234567&SecurityGroupId.2=sg-"
					      "01234568"
					      "&Description=the%20service%27s%20ENI%20%28%C3%B6%29"
					      "&TagSpecification.1.ResourceType=network-interface"
					      "&TagSpecification.1.Tag.1.Key=Name"
					      "&TagSpecification.1.Tag.1.Value=sapascs%20%26%20co"
					      "&TagSpecification.1.Tag.2.Key=empty&"
					      "TagSpecification.1.Tag.2.Value="
					      "&ClientToken="
					      "0123456789abcdef0123456789abcdef0123456789abcdef0123"
					      "456789"
					      "abcdef&DryRun=true"},
	{"attach", EC2_ATTACH_NETWORK_INTERFACE,
		{.eni = "eni-01234567", .instance = "i-01234567", .device_index = 1},
		EC2("AttachNetworkInterface") "&NetworkInterfaceId=eni-01234567"
					      "&InstanceId=i-01234567&DeviceIndex=1"},
	{"attach-card-dry", EC2_ATTACH_NETWORK_INTERFACE,
		{
			.eni = "eni-01234567",
			.instance = "i-01234567",
			.device_index = 2,
			.network_card = 1,
			.dry_run = true,
		},
		EC2("AttachNetworkInterface") "&NetworkInterfaceId=eni-01234567"
					      "&InstanceId=i-01234567&DeviceIndex=2"
					      "&NetworkCardIndex=1&DryRun=true"},
	{"detach", EC2_DETACH_NETWORK_INTERFACE, {.attachment = "eni-attach-01234567"},
		EC2("DetachNetworkInterface") "&AttachmentId=eni-attach-01234567"},
	{"detach-force-dry", EC2_DETACH_NETWORK_INTERFACE,
		{.attachment = "eni-attach-01234567", .force = true, .dry_run = true},
		EC2("DetachNetworkInterface") "&AttachmentId=eni-attach-01234567&Force=true"
					      "&DryRun=true"},
	{"check-off", EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
		{.eni = "eni-01234567", .source_dest_check = EC2_FLAG_FALSE},
		EC2("ModifyNetworkInterfaceAttribute") "&NetworkInterfaceId=eni-01234567"
						       "&SourceDestCheck.Value=false"},
	{"check-on-dry", EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE,
		{
			.eni = "eni-01234567",
			.source_dest_check = EC2_FLAG_TRUE,
			.dry_run = true,
		},
		EC2("ModifyNetworkInterfaceAttribute") "&NetworkInterfaceId=eni-01234567"
						       "&SourceDestCheck.Value=true&DryRun=true"},
	{"assign", EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
		{
			.eni = "eni-01234567",
			.private_addresses = TEXTS("10.0.1.20", "10.0.1.21"),
			.allow_reassignment = true,
		},
		EC2("AssignPrivateIpAddresses") "&NetworkInterfaceId=eni-01234567"
						"&PrivateIpAddress.1=10.0.1.20"
						"&PrivateIpAddress.2=10.0.1.21"
						"&AllowReassignment=true"},
	{"instances", EC2_DESCRIBE_INSTANCES, {.instances = TEXTS("i-01234567")},
		EC2("DescribeInstances") "&InstanceId.1=i-01234567"},
	{"instances-next", EC2_DESCRIBE_INSTANCES,
		{
			.filters = (const struct ec2_filter[]){{"vpc-id", TEXTS("vpc-01234567")},
				{0}},
			.max_results = 5,
			.next_token = "t",
			.dry_run = true,
		},
		EC2("DescribeInstances") "&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-01234567"
					 "&MaxResults=5&NextToken=t&DryRun=true"},
	{"assume-role", STS_ASSUME_ROLE,
		{.role_arn = "arn:aws:iam::123456789012:role/net", .session_name = "myha"},
		STS("AssumeRole") "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fnet"
				  "&RoleSessionName=myha"},
	{"assume-role-whole", STS_ASSUME_ROLE,
		{
			.role_arn = "arn:aws:iam::123456789012:role/net",
			.session_name = "myha",
			.external_id = "a=b,c@d:e/f-g",
			.duration_seconds = 3600,
		},
		STS("AssumeRole") "&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fnet"
				  "&RoleSessionName=myha&ExternalId=a%3Db%2Cc%40d%3Ae%2Ff-g"
				  "&DurationSeconds=3600"},
	{"identity", STS_GET_CALLER_IDENTITY, {0}, STS("GetCallerIdentity")},
};

const size_t request_case_count = ARRAY_SIZE(request_cases);
