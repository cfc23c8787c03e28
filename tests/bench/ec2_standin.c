/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for EC2's Query API over HTTPS, as far as the move of an overlay address goes:
 * DescribeRouteTables and DescribeNetworkInterfaces by id, and ReplaceRoute. Its route tables are
 * held in memory, each with the VPC's own route and the overlay address's. A request that is not
 * signed as it should be is refused.
 *
 *	ec2_standin TABLES CERTIFICATE KEY
 *
 * On the control port BENCH_ROUTES_PATH tells where the overlay address is routed to, and
 * BENCH_RESET_PATH routes it to the other host's ENI again.
 */
#include "bench_net.h"
#include "ec2/query.h"
#include "ec2/sigv4.h"
#include "ec2/utc.h"
#include "standin.h"

#include <stdio.h>
#include <string.h>

#define ACCOUNT "123456789012"
#define NAMESPACE "http://ec2.amazonaws.com/doc/2016-11-15/"
#define REQUEST_ID "7a62c49f-347e-4fc4-9331-6e8eBENCH000"
#define MAX_FORM 4096
#define MAX_FIELDS 80
#define OTHER_ENI 1u

struct vpc {
	unsigned tables;
	unsigned targets[BENCH_MAX_TABLES]; /* number of the ENI that each routes to */
};

/* A body, cut and decoded. */
struct form {
	char text[MAX_FORM];
	struct {
		char *name, *value;
	} fields[MAX_FIELDS];
	size_t count;
};

static unsigned digit(char character)
{
	return character <= '9' ? (unsigned)(character - '0')
				: (unsigned)((character | 0x20) - 'a' + 10);
}

static void decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (*from == '%' && from[1] && from[2]) {
			*to++ = (char)(digit(from[1]) << 4 | digit(from[2]));
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

static void form_read(struct form *form, const char *body)
{
	char *rest = form->text, *field;

	snprintf(form->text, sizeof(form->text), "%s", body);
	form->count = 0;
	while ((field = strsep(&rest, "&")) && form->count < MAX_FIELDS) {
		char *value = strchr(field, '=');

		if (!value)
			continue;
		*value++ = '\0';
		decode(value);
		form->fields[form->count].name = field;
		form->fields[form->count++].value = value;
	}
}

static const char *form_value(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (!strcmp(form->fields[i].name, name))
			return form->fields[i].value;
	return "";
}

static int refuse(struct strbuf *body, int status, const char *code, const char *message)
{
	strbuf_printf(body,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors>"
		"<RequestID>" REQUEST_ID "</RequestID></Response>",
		code, message);
	return status;
}

static void begin(struct strbuf *body, const char *action)
{
	strbuf_printf(body,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<%sResponse xmlns=\"" NAMESPACE "\">\n"
		"    <requestId>" REQUEST_ID "</requestId>\n",
		action);
}

static int end(struct strbuf *body, const char *action)
{
	strbuf_printf(body, "</%sResponse>", action);
	return 200;
}

/* The table's number, from 1; 0 where there is none of this id. */
static unsigned find_table(const struct vpc *vpc, const char *id)
{
	unsigned table;
	char again[64];

	if (sscanf(id, "rtb-%x", &table) != 1 || table < 1 || table > vpc->tables)
		return 0;
	snprintf(again, sizeof(again), BENCH_TABLE, table);
	return strcmp(id, again) ? 0 : table;
}

static void tell_table(const struct vpc *vpc, unsigned table, struct strbuf *body)
{
	unsigned target = vpc->targets[table - 1];

	strbuf_printf(body,
		"        <item>\n"
		"            <routeTableId>" BENCH_TABLE "</routeTableId>\n"
		"            <vpcId>" BENCH_VPC "</vpcId>\n"
		"            <ownerId>" ACCOUNT "</ownerId>\n"
		"            <routeSet>\n"
		"                <item>\n"
		"                    <destinationCidrBlock>" BENCH_VPC_CIDR
		"</destinationCidrBlock>\n"
		"                    <gatewayId>local</gatewayId>\n"
		"                    <state>active</state>\n"
		"                    <origin>CreateRouteTable</origin>\n"
		"                </item>\n"
		"                <item>\n"
		"                    <destinationCidrBlock>" BENCH_OVERLAY
		"/32</destinationCidrBlock>\n"
		"                    <instanceId>" BENCH_INSTANCE "</instanceId>\n"
		"                    <instanceOwnerId>" ACCOUNT "</instanceOwnerId>\n"
		"                    <networkInterfaceId>" BENCH_ENI "</networkInterfaceId>\n"
		"                    <state>active</state>\n"
		"                    <origin>CreateRoute</origin>\n"
		"                </item>\n"
		"            </routeSet>\n",
		table, target, target);
	strbuf_printf(body,
		"            <associationSet>\n"
		"                <item>\n"
		"                    <routeTableAssociationId>rtbassoc-%017x"
		"</routeTableAssociationId>\n"
		"                    <routeTableId>" BENCH_TABLE "</routeTableId>\n"
		"                    <subnetId>subnet-%017x</subnetId>\n"
		"                    <main>false</main>\n"
		"                    "
		"<associationState><state>associated</state></associationState>\n"
		"                </item>\n"
		"            </associationSet>\n"
		"            <propagatingVgwSet/>\n"
		"            <tagSet/>\n"
		"        </item>\n",
		table, table, table);
}

static int describe_route_tables(
	struct vpc *vpc, const struct form *form, const char *action, struct strbuf *body)
{
	begin(body, action);
	strbuf_add_string(body, "    <routeTableSet>\n");
	for (size_t i = 0; i < form->count; i++) {
		unsigned table;

		if (strncmp(form->fields[i].name, "RouteTableId.", strlen("RouteTableId.")) != 0)
			continue;
		table = find_table(vpc, form->fields[i].value);
		if (!table) {
			strbuf_clear(body);
			return refuse(body, 400, "InvalidRouteTableID.NotFound",
				"The routeTable ID does not exist");
		}
		tell_table(vpc, table, body);
	}
	strbuf_add_string(body, "    </routeTableSet>\n");
	return end(body, action);
}

/* This host's primary ENI alone, whose source/destination check is off. */
static int describe_network_interfaces(
	struct vpc *vpc, const struct form *form, const char *action, struct strbuf *body)
{
	char id[64], mac[32];

	(void)vpc;
	snprintf(id, sizeof(id), BENCH_ENI, 0u);
	snprintf(mac, sizeof(mac), BENCH_MAC, 0u);
	if (strcmp(form_value(form, "NetworkInterfaceId.1"), id) != 0)
		return refuse(body, 400, "InvalidNetworkInterfaceID.NotFound",
			"The networkInterface ID does not exist");
	begin(body, action);
	strbuf_printf(body,
		"    <networkInterfaceSet>\n"
		"        <item>\n"
		"            <networkInterfaceId>%s</networkInterfaceId>\n"
		"            <subnetId>subnet-%017x</subnetId>\n"
		"            <vpcId>" BENCH_VPC "</vpcId>\n"
		"            <availabilityZone>" BENCH_REGION "a</availabilityZone>\n"
		"            <description/>\n"
		"            <ownerId>" ACCOUNT "</ownerId>\n"
		"            <requesterManaged>false</requesterManaged>\n"
		"            <status>in-use</status>\n"
		"            <macAddress>%s</macAddress>\n"
		"            <privateIpAddress>" BENCH_ADDRESS "</privateIpAddress>\n"
		"            <sourceDestCheck>false</sourceDestCheck>\n",
		id, 0u, mac, 0u, BENCH_FIRST_HOST);
	strbuf_printf(body,
		"            <groupSet>\n"
		"                <item>\n"
		"                    <groupId>sg-%017x</groupId>\n"
		"                    <groupName>default</groupName>\n"
		"                </item>\n"
		"            </groupSet>\n"
		"            <attachment>\n"
		"                <attachmentId>eni-attach-%017x</attachmentId>\n"
		"                <instanceId>" BENCH_INSTANCE "</instanceId>\n"
		"                <instanceOwnerId>" ACCOUNT "</instanceOwnerId>\n"
		"                <deviceIndex>0</deviceIndex>\n"
		"                <networkCardIndex>0</networkCardIndex>\n"
		"                <status>attached</status>\n"
		"                <deleteOnTermination>true</deleteOnTermination>\n"
		"            </attachment>\n"
		"            <tagSet/>\n"
		"            <privateIpAddressesSet>\n"
		"                <item>\n"
		"                    <privateIpAddress>" BENCH_ADDRESS "</privateIpAddress>\n"
		"                    <primary>true</primary>\n"
		"                </item>\n"
		"            </privateIpAddressesSet>\n"
		"            <interfaceType>interface</interfaceType>\n"
		"        </item>\n"
		"    </networkInterfaceSet>\n",
		0u, 0u, 0u, 0u, BENCH_FIRST_HOST);
	return end(body, action);
}

static int replace_route(
	struct vpc *vpc, const struct form *form, const char *action, struct strbuf *body)
{
	unsigned table = find_table(vpc, form_value(form, "RouteTableId"));
	unsigned eni;

	if (!table)
		return refuse(body, 400, "InvalidRouteTableID.NotFound",
			"The routeTable ID does not exist");
	if (strcmp(form_value(form, "DestinationCidrBlock"), BENCH_OVERLAY "/32") != 0)
		return refuse(body, 400, "InvalidParameterValue",
			"There is no route defined for it in the route table. Use CreateRoute "
			"instead.");
	if (sscanf(form_value(form, "NetworkInterfaceId"), "eni-%x", &eni) != 1)
		return refuse(body, 400, "InvalidNetworkInterfaceID.NotFound",
			"The networkInterface ID does not exist");
	vpc->targets[table - 1] = eni;
	begin(body, action);
	strbuf_add_string(body, "    <return>true</return>\n");
	return end(body, action);
}

static const struct action {
	const char *name;
	int (*perform)(
		struct vpc *vpc, const struct form *form, const char *action, struct strbuf *body);
} actions[] = {
	{"DescribeRouteTables", describe_route_tables},
	{"DescribeNetworkInterfaces", describe_network_interfaces},
	{"ReplaceRoute", replace_route},
};

/* Signed again, with the time that the request names. */
static bool is_signed(const struct standin_request *request)
{
	const struct sigv4_credentials credentials = {
		.access_key = BENCH_ACCESS_KEY,
		.secret_key = BENCH_SECRET_KEY,
		.session_token = BENCH_SESSION_TOKEN,
	};
	struct sigv4_request same = {
		.region = BENCH_REGION,
		.service = "ec2",
		.host = BENCH_EC2_HOST,
		.content_type = QUERY_CONTENT_TYPE,
		.body = request->body,
		.length = request->length,
	};
	struct sigv4_headers headers = {0};
	const char *stamp = standin_header(request, "X-Amz-Date");
	char time[UTC_STAMP_SIZE + 8];
	bool good;

	if (strlen(stamp) != UTC_STAMP_SIZE - 1)
		return false;
	snprintf(time, sizeof(time), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", stamp, stamp + 4, stamp + 6,
		stamp + 9, stamp + 11, stamp + 13);
	if (utc_parse(time, &same.time) || sigv4_sign(&credentials, &same, &headers))
		return false;
	good = !strcmp(standin_header(request, "Authorization"),
		       strchr(strbuf_text(&headers.authorization), ' ') + 1) &&
	       !strcmp(standin_header(request, "X-Amz-Security-Token"), BENCH_SESSION_TOKEN);
	sigv4_headers_done(&headers);
	return good;
}

static int answer(void *data, const struct standin_request *request, struct strbuf *body)
{
	static struct form form;
	const char *action;

	form_read(&form, request->body);
	action = form_value(&form, "Action");
	if (!is_signed(request))
		return refuse(body, 401, "AuthFailure",
			"AWS was not able to validate the provided access credentials");
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(action, actions[i].name))
			return actions[i].perform(data, &form, action, body);
	return refuse(body, 400, "InvalidAction", "The action is not valid for this web service.");
}

static void reset(struct vpc *vpc)
{
	for (unsigned i = 0; i < vpc->tables; i++)
		vpc->targets[i] = OTHER_ENI;
}

static int control(void *data, const struct standin_request *request, struct strbuf *body)
{
	struct vpc *vpc = data;

	if (!strcmp(request->path, BENCH_RESET_PATH)) {
		reset(vpc);
		return 200;
	}
	if (strcmp(request->path, BENCH_ROUTES_PATH) != 0)
		return 404;
	for (unsigned i = 0; i < vpc->tables; i++)
		strbuf_printf(body, BENCH_TABLE " " BENCH_ENI "\n", i + 1, vpc->targets[i]);
	return 200;
}

int main(int argc, char **argv)
{
	static struct vpc vpc;
	struct standin_options options = {
		.address = BENCH_EC2_ADDRESS,
		.port = BENCH_EC2_PORT,
		.headers = "Content-Type: text/xml;charset=UTF-8\r\nServer: AmazonEC2\r\n",
		.data = &vpc,
		.answer = answer,
		.control = control,
	};

	if (argc != 4) {
		fprintf(stderr, "usage: ec2_standin TABLES CERTIFICATE KEY\n");
		return 2;
	}
	vpc.tables = standin_number(argv[1], 1, BENCH_MAX_TABLES);
	options.certificate = argv[2];
	options.key = argv[3];
	reset(&vpc);
	standin_run(&options);
}
