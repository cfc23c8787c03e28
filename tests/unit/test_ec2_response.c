/* SPDX-License-Identifier: Apache-2.0 */
#include "ec2/response.h"

#include "ec2_response_text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define EC2_XML(name, content)                                                                     \
	XML "<" name " xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n"                      \
	    "<requestId>r-1</requestId>" content "</" name ">\n"

#define ROUTE_ITEM(destination, kind, target)                                                      \
	"<item><destinationCidrBlock>" destination "</destinationCidrBlock><" kind ">" target      \
	"</" kind "></item>"

static void feed(struct ec2_response_reader *reader, const char *text)
{
	ec2_response_reader_feed(reader, text, strlen(text));
}

/* Reads it in pieces of 7 bytes. */
static int read_response(enum ec2_action action, long status, const char *body,
	struct ec2_response *ret_response, struct error *error)
{
	_cleanup_(ec2_response_reader_cleanup) struct ec2_response_reader *reader = NULL;
	size_t length = strlen(body);

	assert_int_equal(ec2_response_reader_new(action, NULL, &reader), 0);
	for (size_t at = 0; at < length; at += 7)
		ec2_response_reader_feed(reader, body + at, length - at < 7 ? length - at : 7);
	return ec2_response_reader_end(reader, status, ret_response, error);
}

/* A quota of 2,000 routes a table: only those that matter are kept, and the cap is for these. */
static void test_routes_to_destination(void **state)
{
	_cleanup_(ec2_response_reader_cleanup) struct ec2_response_reader *reader = NULL;
	_cleanup_(ec2_response_done) struct ec2_response response = {0};
	struct ip_prefix destination;
	struct error error = {0};
	char item[256];

	(void)state;
	assert_int_equal(ip_prefix_parse("192.168.10.16/32", &destination), 0);
	assert_int_equal(
		ec2_response_reader_new(EC2_DESCRIBE_ROUTE_TABLES, &destination, &reader), 0);
	feed(reader, "<r><requestId>r-1</requestId><routeTableSet>");
	for (unsigned table = 0; table < 40; table++) {
		snprintf(item, sizeof(item),
			"<item><routeTableId>rtb-%08x</routeTableId><routeSet>" ROUTE_ITEM(
				"10.0.0.0/16", "gatewayId", "local"),
			table);
		feed(reader, item);
		for (unsigned route = 0; route < 2000; route++) {
			snprintf(item, sizeof(item),
				ROUTE_ITEM("172.16.%u.%u/32", "gatewayId", "vpce-01234567"),
				route >> 8, route & 255);
			feed(reader, item);
		}
		feed(reader, ROUTE_ITEM("192.168.10.16/32", "networkInterfaceId", "eni-01234567"));
		feed(reader, "</routeSet></item>");
	}
	feed(reader, "</routeTableSet></r>");
	assert_int_equal(ec2_response_reader_end(reader, 200, &response, &error), 0);
	assert_int_equal(response.reply.route_tables.count, 40);
	for (size_t i = 0; i < response.reply.route_tables.count; i++) {
		const struct ec2_route_list *routes = &response.reply.route_tables.items[i].routes;

		assert_int_equal(routes->count, 2);
		assert_string_equal(routes->items[0].target.id, "local");
		assert_string_equal(routes->items[1].target.id, "eni-01234567");
		/* The dropped routes did not enlarge the list. */
		assert_true(routes->capacity < 16);
	}
}

/* Routes that are dropped are checked too. */
static void test_senseless_route_to_elsewhere(void **state)
{
	_cleanup_(ec2_response_reader_cleanup) struct ec2_response_reader *reader = NULL;
	_cleanup_(ec2_response_done) struct ec2_response response = {0};
	struct ip_prefix destination;
	struct error error = {0};

	(void)state;
	assert_int_equal(ip_prefix_parse("192.168.10.16/32", &destination), 0);
	assert_int_equal(
		ec2_response_reader_new(EC2_DESCRIBE_ROUTE_TABLES, &destination, &reader), 0);
	feed(reader, "<r><routeTableSet><item><routeTableId>rtb-01234567</routeTableId><routeSet>");
	feed(reader, ROUTE_ITEM("172.16.0.0", "gatewayId", "local"));
	feed(reader, "</routeSet></item></routeTableSet></r>");
	assert_int_equal(ec2_response_reader_end(reader, 200, &response, &error), -EBADMSG);
}

static void test_replies(void **state)
{
	static const struct {
		enum ec2_action action;
		const char *body;
		const char *text;
	} cases[] = {
		{EC2_DESCRIBE_ROUTE_TABLES,
			EC2_XML("DescribeRouteTablesResponse", "<routeTableSet/>"), "reply\n"},
		{EC2_DESCRIBE_ROUTE_TABLES,
			EC2_XML("DescribeRouteTablesResponse",
				"<routeTableSet><item><routeTableId>rtb-01234567</routeTableId>"
				"<vpcId>vpc-01234567</vpcId><ownerId>123456789012</ownerId>"
				"<routeSet>"
				"<item><destinationCidrBlock>10.0.0.0/16</destinationCidrBlock>"
				"<gatewayId>local</gatewayId><state>active</state>"
				"<origin>CreateRouteTable</origin></item>"
				"<item><destinationCidrBlock>192.168.10.16/32"
				"</destinationCidrBlock><instanceId>i-01234567</instanceId>"
				"<instanceOwnerId>123456789012</instanceOwnerId>"
				"<networkInterfaceId>eni-01234567</networkInterfaceId>"
				"<state>blackhole</state><origin>CreateRoute</origin></item>"
				"<item><destinationIpv6CidrBlock>fd00:aa::10/128"
				"</destinationIpv6CidrBlock>"
				"<networkInterfaceId>eni-01234567</networkInterfaceId>"
				"<state>filtered</state><origin>Advertisement</origin></item>"
				"<item><destinationPrefixListId>pl-01234567"
				"</destinationPrefixListId><gatewayId>vpce-01234567</gatewayId>"
				"<state>new</state><origin>newer</origin></item>"
				"</routeSet><associationSet>"
				"<item><routeTableAssociationId>rtbassoc-1"
				"</routeTableAssociationId><routeTableId>rtb-01234567"
				"</routeTableId><main>true</main><associationState>"
				"<state>associated</state></associationState></item>"
				"<item><routeTableAssociationId>rtbassoc-2"
				"</routeTableAssociationId><subnetId>subnet-01234567</subnetId>"
				"<main>false</main></item>"
				"</associationSet><propagatingVgwSet/><tagSet><item><key>Name"
				"</key><value>private</value></item></tagSet></item>"
				"<item><routeTableId>rtb-01234568</routeTableId><routeSet/>"
				"</item></routeTableSet><nextToken>n</nextToken>"),
			"reply next=n\n"
			"rtb-01234567 vpc=vpc-01234567\n"
			" association main=true\n"
			" association main=false subnet=subnet-01234567\n"
			" route to=10.0.0.0/16 gateway=local state=active "
			"origin=CreateRouteTable\n"
			" route to=192.168.10.16/32 eni=eni-01234567 instance=i-01234567 "
			"state=blackhole origin=CreateRoute\n"
			" route to=fd00:aa::10/128 eni=eni-01234567 state=filtered "
			"origin=Advertisement\n"
			" route gateway=vpce-01234567\n"
			"rtb-01234568\n"},
		/* Each target; the more specific one stays, independent of the order. */
		{EC2_DESCRIBE_ROUTE_TABLES,
			EC2_XML("DescribeRouteTablesResponse",
				"<routeTableSet><item><routeTableId>rtb-01234567</routeTableId>"
				"<routeSet><item><natGatewayId>nat-1</natGatewayId></item>"
				"<item><transitGatewayId>tgw-1</transitGatewayId></item>"
				"<item><localGatewayId>lgw-1</localGatewayId></item>"
				"<item><carrierGatewayId>cagw-1</carrierGatewayId></item>"
				"<item><egressOnlyInternetGatewayId>eigw-1"
				"</egressOnlyInternetGatewayId></item>"
				"<item><vpcPeeringConnectionId>pcx-1</vpcPeeringConnectionId>"
				"</item><item><coreNetworkArn>arn:1</coreNetworkArn></item>"
				"<item><instanceId>i-01234567</instanceId></item>"
				"<item><networkInterfaceId>eni-01234567</networkInterfaceId>"
				"<instanceId>i-01234567</instanceId></item>"
				"<item><newTargetId>x-1</newTargetId></item></routeSet>"
				"</item></routeTableSet>"),
			"reply\nrtb-01234567\n route nat=nat-1\n route transit=tgw-1\n"
			" route local-gateway=lgw-1\n route carrier=cagw-1\n route egress=eigw-1\n"
			" route peering=pcx-1\n route core=arn:1\n"
			" route to-instance=i-01234567 instance=i-01234567\n"
			" route eni=eni-01234567 instance=i-01234567\n route\n"},
		/* Another order, another namespace, a prefix. */
		{EC2_DESCRIBE_ROUTE_TABLES,
			"<ns:DescribeRouteTablesResponse xmlns:ns='urn:x'><ns:routeTableSet>"
			"<ns:item><ns:routeSet><ns:item><ns:state>active</ns:state>"
			"<ns:networkInterfaceId>eni-01234567</ns:networkInterfaceId>"
			"<ns:destinationCidrBlock>192.168.10.16/32</ns:destinationCidrBlock>"
			"</ns:item></ns:routeSet><ns:routeTableId>rtb-01234567</ns:routeTableId>"
			"</ns:item></ns:routeTableSet></ns:DescribeRouteTablesResponse>",
			"reply\nrtb-01234567\n"
			" route to=192.168.10.16/32 eni=eni-01234567 state=active\n"},
		{EC2_CREATE_ROUTE, EC2_XML("CreateRouteResponse", "<return>true</return>"),
			"reply return=true\n"},
		{EC2_REPLACE_ROUTE, EC2_XML("ReplaceRouteResponse", "<return>true</return>"),
			"reply return=true\n"},
		{EC2_REPLACE_ROUTE, "<ReplaceRouteResponse/>", "reply\n"},
		{EC2_REPLACE_ROUTE, "", "reply\n"},
		{EC2_CREATE_ROUTE, "\n", "reply\n"},
		{EC2_DELETE_ROUTE, "", "reply\n"},
		{EC2_DETACH_NETWORK_INTERFACE, "", "reply\n"},
		{EC2_MODIFY_NETWORK_INTERFACE_ATTRIBUTE, "", "reply\n"},
		{EC2_DESCRIBE_NETWORK_INTERFACES,
			EC2_XML("DescribeNetworkInterfacesResponse",
				"<networkInterfaceSet><item>"
				"<networkInterfaceId>eni-0123456789abcdef0</networkInterfaceId>"
				"<subnetId>subnet-01234567</subnetId><vpcId>vpc-01234567</vpcId>"
				"<availabilityZone>eu-central-1a</availabilityZone>"
				"<description>the service's</description>"
				"<ownerId>123456789012</ownerId>"
				"<requesterManaged>false</requesterManaged>"
				"<operator><managed>true</managed><principal>eks.amazonaws.com"
				"</principal></operator><status>in-use</status>"
				"<macAddress>02:00:00:00:00:0A</macAddress>"
				"<privateIpAddress>10.0.1.10</privateIpAddress>"
				"<sourceDestCheck>false</sourceDestCheck><groupSet><item>"
				"<groupId>sg-01234567</groupId><groupName>n</groupName></item>"
				"</groupSet><attachment><attachmentId>eni-attach-01234567"
				"</attachmentId><instanceId>i-01234567</instanceId>"
				"<instanceOwnerId>123456789012</instanceOwnerId><deviceIndex>1"
				"</deviceIndex><networkCardIndex>0</networkCardIndex><status>"
				"attaching</status><deleteOnTermination>false"
				"</deleteOnTermination></attachment><privateIpAddressesSet><item>"
				"<privateIpAddress>10.0.1.10</privateIpAddress><primary>true"
				"</primary></item><item><privateIpAddress>10.0.1.11"
				"</privateIpAddress><primary>false</primary></item>"
				"</privateIpAddressesSet><ipv6AddressesSet><item><ipv6Address>"
				"2001:db8::1</ipv6Address></item></ipv6AddressesSet>"
				"<ipv4PrefixSet><item><ipv4Prefix>10.0.1.16/28</ipv4Prefix></item>"
				"</ipv4PrefixSet><ipv6PrefixSet><item><ipv6Prefix>"
				"2001:db8:0:0:1::/80</ipv6Prefix></item></ipv6PrefixSet>"
				"<tagSet><item><key>empty</key><value/></item></tagSet>"
				"<interfaceType>interface</interfaceType></item>"
				"<item><networkInterfaceId>eni-01234567</networkInterfaceId>"
				"<attachment/><status>available</status></item>"
				"<item><networkInterfaceId>eni-01234568</networkInterfaceId>"
				"<requesterManaged>true</requesterManaged><attachment>"
				"<attachmentId>ela-attach-0123456789abcdef0</attachmentId>"
				"<instanceOwnerId>amazon-elb</instanceOwnerId><deviceIndex>1"
				"</deviceIndex><status>attached</status></attachment>"
				"<status>in-use</status></item>"
				"</networkInterfaceSet>"),
			"reply\n"
			"eni-0123456789abcdef0 vpc=vpc-01234567 subnet=subnet-01234567 "
			"zone=eu-central-1a "
			"description=the service's mac=02:00:00:00:00:0a status=in-use "
			"check=false requester-managed=false managed=true by=eks.amazonaws.com "
			"attachment=eni-attach-01234567 instance=i-01234567 "
			"instance-owner=123456789012 index=1 card=0 is=attaching "
			"address=10.0.1.10 primary=10.0.1.10 ipv4=10.0.1.11 ipv6=2001:db8::1 "
			"group=sg-01234567 "
			"tag:empty=\n"
			"eni-01234567 status=available\n"
			"eni-01234568 status=in-use requester-managed=true "
			"attachment=ela-attach-0123456789abcdef0 instance-owner=amazon-elb "
			"index=1 is=attached\n"},
		{EC2_CREATE_NETWORK_INTERFACE,
			EC2_XML("CreateNetworkInterfaceResponse",
				"<networkInterface><networkInterfaceId>eni-01234567"
				"</networkInterfaceId><status>pending</status></networkInterface>"
				"<clientToken>t</clientToken>"),
			"reply\neni-01234567\n"},
		{EC2_ATTACH_NETWORK_INTERFACE,
			EC2_XML("AttachNetworkInterfaceResponse",
				"<attachmentId>eni-attach-0123456789abcdef0</attachmentId>"),
			"reply attachment=eni-attach-0123456789abcdef0\n"},
		{EC2_ASSIGN_PRIVATE_IP_ADDRESSES,
			EC2_XML("AssignPrivateIpAddressesResponse",
				"<networkInterfaceId>eni-01234567</networkInterfaceId>"
				"<assignedPrivateIpAddressesSet><item><privateIpAddress>10.0.1.20"
				"</privateIpAddress></item></assignedPrivateIpAddressesSet>"
				"<return>true</return>"),
			"reply return=true\n"},
		{EC2_DESCRIBE_INSTANCES,
			EC2_XML("DescribeInstancesResponse",
				"<reservationSet><item><reservationId>r-2</reservationId>"
				"<instancesSet><item><instanceId>i-01234567</instanceId>"
				"<instanceState><code>16</code><name>running</name>"
				"</instanceState><placement><availabilityZone>eu-central-1a"
				"</availabilityZone></placement><subnetId>subnet-01234567"
				"</subnetId><vpcId>vpc-01234567</vpcId><networkInterfaceSet><item>"
				"<networkInterfaceId>eni-01234567</networkInterfaceId><status>"
				"in-use</status><sourceDestCheck>true</sourceDestCheck>"
				"<attachment><attachmentId>eni-attach-01234567</attachmentId>"
				"<deviceIndex>0</deviceIndex><status>attached</status>"
				"</attachment></item></networkInterfaceSet><tagSet><item><key>Name"
				"</key><value>node1</value></item></tagSet></item>"
				"<item><instanceId>i-01234568</instanceId><instanceState><name>"
				"dreaming</name></instanceState></item></instancesSet></item>"
				"<item><instancesSet><item><instanceId>i-01234569</instanceId>"
				"</item></instancesSet></item></reservationSet>"),
			"reply\n"
			"i-01234567 vpc=vpc-01234567 state=running\n"
			" eni-01234567 status=in-use check=true attachment=eni-attach-01234567 "
			"index=0 is=attached\n"
			"i-01234568\ni-01234569\n"},
		{STS_ASSUME_ROLE,
			"<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
			"<AssumeRoleResult><SourceIdentity>x</SourceIdentity><AssumedRoleUser>"
			"<Arn>arn:aws:sts::123456789012:assumed-role/net/myha</Arn>"
			"</AssumedRoleUser><Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId>"
			"<SecretAccessKey>s/+=</SecretAccessKey><SessionToken>\n t== \n"
			"</SessionToken><Expiration>2015-08-30T12:36:00Z</Expiration>"
			"</Credentials></AssumeRoleResult><ResponseMetadata><RequestId>r-1"
			"</RequestId></ResponseMetadata></AssumeRoleResponse>",
			"reply access-key=ASIAEXAMPLE secret-key=s/+= "
			"session-token=t== expires=1440938160\n"},
		{STS_GET_CALLER_IDENTITY,
			"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>"
			"arn:aws:iam::123456789012:user/a</Arn><UserId>AIDA</UserId><Account>"
			"123456789012</Account></GetCallerIdentityResult>"
			"</GetCallerIdentityResponse>",
			"reply account=123456789012 arn=arn:aws:iam::123456789012:user/a\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ec2_response_done) struct ec2_response copy = {0};
		_cleanup_(strbuf_done) struct strbuf text = {0};
		struct ec2_response response = {0};
		struct error error = {0};

		assert_int_equal(
			read_response(cases[i].action, 200, cases[i].body, &response, &error), 0);
		assert_string_equal(error.text, "");
		assert_string_equal(ec2_response_text(&response, &text), cases[i].text);

		/* A copy holds the same, and still does without what it was made of. */
		assert_int_equal(shape_copy(response.reply.shape, &response.reply, &copy.reply), 0);
		ec2_response_done(&response);
		assert_string_equal(ec2_response_text(&copy, &text), cases[i].text);
	}
}

static void test_faults(void **state)
{
	static const struct {
		long status;
		const char *body;
		const char *text;
		enum ec2_advice advice; /* where the action is ReplaceRoute */
	} cases[] = {
		{400,
			XML "<Response><Errors><Error><Code>InvalidRouteTableID.NotFound</Code>"
			    "<Message>The routeTable ID 'rtb-1' does not exist</Message></Error>"
			    "</Errors><RequestID>r-1</RequestID></Response>",
			"fault status=400 code=InvalidRouteTableID.NotFound "
			"message=The routeTable ID 'rtb-1' does not exist\n",
			EC2_NOT_FOUND_MAYBE_NEW},
		{412,
			"<Response><RequestID>r-1</RequestID><Errors><Error><Message>m</Message>"
			"<Code>DryRunOperation</Code></Error><Error><Code>Other</Code></Error>"
			"</Errors></Response>",
			"fault status=412 code=DryRunOperation message=m\n", EC2_WOULD_BE_ALLOWED},
		{403,
			"<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error>"
			"<Type>Sender</Type><Code>AccessDenied</Code><Message>m</Message></Error>"
			"<RequestId>r-1</RequestId></ErrorResponse>",
			"fault status=403 code=AccessDenied message=m\n", EC2_DENIED},
		{400,
			"<e:ErrorResponse xmlns:e='urn:x'><e:Errors><e:Error><e:Code>"
			"RouteAlreadyExists</e:Code></e:Error></e:Errors></e:ErrorResponse>",
			"fault status=400 code=RouteAlreadyExists\n", EC2_USE_REPLACE},
		{503, "<Error><Code>SlowDown</Code><Message>m</Message></Error>",
			"fault status=503 code=SlowDown message=m\n", EC2_THROTTLED},
		/* The body is an error, independent of the status. */
		{200,
			"<Response><Errors><Error><Code>InternalError</Code></Error></Errors>"
			"</Response>",
			"fault status=200 code=InternalError\n", EC2_TRANSIENT},
		{200, "<Response/>", "fault status=200\n", EC2_PERMANENT},
		/* The status is an error, independent of the body. */
		{500, "", "fault status=500\n", EC2_TRANSIENT},
		{502, "<html><body><h1>502 Bad Gateway</h1></body></html>", "fault status=502\n",
			EC2_TRANSIENT},
		{503, "<!DOCTYPE html><p>", "fault status=503\n", EC2_TRANSIENT},
		{429, "slow down", "fault status=429\n", EC2_THROTTLED},
		{302, "", "fault status=302\n", EC2_PERMANENT},
		{500, "<ReplaceRouteResponse><requestId>r-1</requestId></ReplaceRouteResponse>",
			"fault status=500\n", EC2_TRANSIENT},
		{400, "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Requ",
			"fault status=400 code=RequestLimitExceeded\n", EC2_THROTTLED},
		{400, "<Response><Errors><Error><Code>RequestLimitExc", "fault status=400\n",
			EC2_PERMANENT},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(ec2_response_done) struct ec2_response response = {0};
		_cleanup_(strbuf_done) struct strbuf text = {0};
		struct error error = {0};

		assert_int_equal(read_response(EC2_REPLACE_ROUTE, cases[i].status, cases[i].body,
					 &response, &error),
			0);
		assert_string_equal(ec2_response_text(&response, &text), cases[i].text);
		assert_int_equal(
			ec2_fault_advice(EC2_REPLACE_ROUTE, &response.fault), cases[i].advice);
		assert_string_equal(error.text, "");
	}
}

#define SENSELESS "invalid response: "

static void test_no_response(void **state)
{
	static const struct {
		enum ec2_action action;
		const char *body;
		int err;
		const char *words;
	} cases[] = {
		/* Nothing is not "there are none". */
		{EC2_DESCRIBE_ROUTE_TABLES, "", -ENODATA, "the response is empty"},
		{EC2_DESCRIBE_ROUTE_TABLES, "<DescribeRouteTablesResponse/>", -EBADMSG,
			SENSELESS "DescribeRouteTablesResponse has no routeTableSet"},
		{EC2_DESCRIBE_ROUTE_TABLES,
			"<R><routeTableSet><item><routeTableId>rtb-01234567</routeTableId></item>"
			"</routeTableSet></R>",
			-EBADMSG, SENSELESS "routeTableSet/item has no routeSet"},
		{EC2_DESCRIBE_ROUTE_TABLES,
			"<R><routeTableSet><item><routeTableId>rtb-01234567</routeTableId>"
			"<routeSet><item><networkInterfaceId>vpce-1</networkInterfaceId></item>",
			-EBADMSG,
			SENSELESS "routeTableSet/item/routeSet/item/networkInterfaceId is "
				  "\"vpce-1\", not an AWS id of this kind"},
		{EC2_DESCRIBE_NETWORK_INTERFACES, "<R/>", -EBADMSG,
			SENSELESS "R has no networkInterfaceSet"},
		{EC2_DESCRIBE_NETWORK_INTERFACES,
			"<R><networkInterfaceSet><item><networkInterfaceId>eni-01234567"
			"</networkInterfaceId>",
			-EPIPE, "the response was cut off after 83 bytes"},
		{EC2_DESCRIBE_INSTANCES, "<R/>", -EBADMSG, SENSELESS "R has no reservationSet"},
		{EC2_CREATE_NETWORK_INTERFACE, "<R/>", -EBADMSG,
			SENSELESS "R has no networkInterface"},
		{EC2_CREATE_NETWORK_INTERFACE, "<R><networkInterface/></R>", -EBADMSG,
			SENSELESS "networkInterface has no networkInterfaceId"},
		{EC2_ATTACH_NETWORK_INTERFACE, "<R/>", -EBADMSG, SENSELESS "R has no attachmentId"},
		{EC2_ATTACH_NETWORK_INTERFACE, "", -ENODATA, "the response is empty"},
		{STS_GET_CALLER_IDENTITY, "<R/>", -EBADMSG,
			SENSELESS "R has no GetCallerIdentityResult/Account"},
		{STS_ASSUME_ROLE,
			"<R><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId>"
			"<SecretAccessKey>secret</SecretAccessKey><SessionToken>token"
			"</SessionToken></Credentials></AssumeRoleResult></R>",
			-EBADMSG, SENSELESS "R has no AssumeRoleResult/Credentials/Expiration"},
		{EC2_REPLACE_ROUTE, "<R><return>false</return></R>", -EBADMSG,
			SENSELESS "EC2 received the request, but did not execute it"},
		{EC2_REPLACE_ROUTE, "<html/>", -EPROTO, "the response is HTML"},
		{EC2_REPLACE_ROUTE, "<ReplaceRouteResponse>", -EPIPE,
			"the response was cut off after 22 bytes"},
		{EC2_REPLACE_ROUTE, "OK", -EPROTO, "the response is not XML: syntax error"},
		{EC2_REPLACE_ROUTE, "<Response><Errors>", -EPIPE,
			"the response was cut off after 18 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ec2_response response = {0};
		static const struct ec2_response untouched;
		struct error error = {0};

		assert_int_equal(
			read_response(cases[i].action, 200, cases[i].body, &response, &error),
			cases[i].err);
		assert_string_equal(error.text, cases[i].words);
		assert_int_equal(error.outcome, OUTCOME_FAILED);
		assert_memory_equal(&response, &untouched, sizeof(response));
		assert_int_equal(
			read_response(cases[i].action, 204, cases[i].body, &response, NULL),
			cases[i].err);
	}
}

/* The caller frees members that it takes out of a reply. */
static void test_taken(void **state)
{
	_cleanup_(ec2_response_done) struct ec2_response response = {0};
	struct ec2_eni eni, copy;

	(void)state;
	assert_int_equal(
		read_response(EC2_CREATE_NETWORK_INTERFACE, 200,
			"<R><networkInterface><networkInterfaceId>eni-01234567"
			"</networkInterfaceId><description>d</description></networkInterface></R>",
			&response, NULL),
		0);
	eni = response.reply.enis.items[0];
	response.reply.enis.items[0] = (struct ec2_eni){0};
	ec2_response_done(&response);
	assert_string_equal(eni.description, "d");
	assert_int_equal(ec2_eni_copy(&eni, &copy), 0);
	ec2_eni_done(&eni);
	assert_string_equal(copy.description, "d");
	ec2_eni_done(&copy);
	assert_null(eni.description);
	assert_int_equal(eni.attachment.device_index, -1);

	ec2_response_done(NULL);
	ec2_reply_done(NULL);
	ec2_eni_done(NULL);
	ec2_response_reader_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_routes_to_destination),
		cmocka_unit_test(test_senseless_route_to_elsewhere),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_no_response),
		cmocka_unit_test(test_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
