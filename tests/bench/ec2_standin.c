/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for EC2's Query API over HTTPS, as far as the moves of an overlay address and of an
 * ENI go: DescribeRouteTables, DescribeNetworkInterfaces and DescribeInstances by id, ReplaceRoute,
 * DetachNetworkInterface and AttachNetworkInterface. What they change is held in memory: route
 * tables, each with the VPC's own route and the overlay address's, and which instance has the ENI,
 * which goes and comes at once. A request that is not signed as it should be is refused.
 *
 *	ec2_standin TABLES CERTIFICATE KEY
 *
 * On the control port BENCH_ROUTES_PATH shows where the overlay address is routed to and
 * BENCH_HOLDER_PATH who has the ENI, and BENCH_RESET_PATH gives both back to the other host.
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
#define MOVED_INDEX "1"
#define NO_INSTANCE UINT32_MAX

struct vpc {
	unsigned tables;
	unsigned targets[BENCH_MAX_TABLES]; /* number of the ENI that each routes to */
	unsigned holder; /* number of the instance that has the moved ENI, or NO_INSTANCE */
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

static void tell_attachment(unsigned eni, unsigned instance, struct strbuf *body)
{
	strbuf_printf(body,
		"            <attachment>\n"
		"                <attachmentId>" BENCH_ATTACHMENT "</attachmentId>\n"
		"                <instanceId>" BENCH_INSTANCE "</instanceId>\n"
		"                <instanceOwnerId>" ACCOUNT "</instanceOwnerId>\n"
		"                <deviceIndex>%s</deviceIndex>\n"
		"                <networkCardIndex>0</networkCardIndex>\n"
		"                <status>attached</status>\n"
		"                <deleteOnTermination>true</deleteOnTermination>\n"
		"            </attachment>\n",
		eni, instance, instance, eni ? MOVED_INDEX : "0");
}

static void tell_eni(unsigned eni, unsigned instance, struct strbuf *body)
{
	strbuf_printf(body,
		"        <item>\n"
		"            <networkInterfaceId>" BENCH_ENI "</networkInterfaceId>\n"
		"            <subnetId>subnet-%017x</subnetId>\n"
		"            <vpcId>" BENCH_VPC "</vpcId>\n"
		"            <availabilityZone>" BENCH_ZONE "</availabilityZone>\n"
		"            <description/>\n"
		"            <ownerId>" ACCOUNT "</ownerId>\n"
		"            <requesterManaged>false</requesterManaged>\n"
		"            <status>%s</status>\n"
		"            <macAddress>" BENCH_MAC "</macAddress>\n"
		"            <privateIpAddress>" BENCH_ADDRESS "</privateIpAddress>\n"
		"            <sourceDestCheck>false</sourceDestCheck>\n",
		eni, eni, instance == NO_INSTANCE ? "available" : "in-use", eni, eni,
		BENCH_FIRST_HOST);
	strbuf_printf(body,
		"            <groupSet>\n"
		"                <item>\n"
		"                    <groupId>sg-%017x</groupId>\n"
		"                    <groupName>default</groupName>\n"
		"                </item>\n"
		"            </groupSet>\n",
		0u);
	if (instance != NO_INSTANCE)
		tell_attachment(eni, instance, body);
	strbuf_printf(body,
		"            <tagSet/>\n"
		"            <privateIpAddressesSet>\n"
		"                <item>\n"
		"                    <privateIpAddress>" BENCH_ADDRESS "</privateIpAddress>\n"
		"                    <primary>true</primary>\n"
		"                </item>\n"
		"            </privateIpAddressesSet>\n"
		"            <interfaceType>interface</interfaceType>\n"
		"        </item>\n",
		eni, BENCH_FIRST_HOST);
}

static bool is_eni(const char *id, unsigned number)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), BENCH_ENI, number);
	return !strcmp(id, wanted);
}

static bool is_this_host(const char *id)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), BENCH_INSTANCE, BENCH_THIS_HOST);
	return !strcmp(id, wanted);
}

static int refuse_eni(struct strbuf *body)
{
	return refuse(body, 400, "InvalidNetworkInterfaceID.NotFound",
		"The networkInterface ID does not exist");
}

/* One of two: this host's primary ENI, whose source/destination check is off, and the moved one. */
static int describe_network_interfaces(
	struct vpc *vpc, const struct form *form, const char *action, struct strbuf *body)
{
	const char *id = form_value(form, "NetworkInterfaceId.1");
	bool is_moved = is_eni(id, BENCH_MOVED_ENI);

	if (!is_moved && !is_eni(id, 0))
		return refuse_eni(body);
	begin(body, action);
	strbuf_add_string(body, "    <networkInterfaceSet>\n");
	if (is_moved)
		tell_eni(BENCH_MOVED_ENI, vpc->holder, body);
	else
		tell_eni(0, BENCH_THIS_HOST, body);
	strbuf_add_string(body, "    </networkInterfaceSet>\n");
	return end(body, action);
}

/* This host alone. */
static int describe_instances(
	struct vpc *vpc, const struct form *form, const char *action, struct strbuf *body)
{
	if (!is_this_host(form_value(form, "InstanceId.1")))
		return refuse(
			body, 400, "InvalidInstanceID.NotFound", "The instance ID does not exist");
	begin(body, action);
	strbuf_printf(body,
		"    <reservationSet>\n"
		"        <item>\n"
		"            <reservationId>r-%017x</reservationId>\n"
		"            <ownerId>" ACCOUNT "</ownerId>\n"
		"            <instancesSet>\n"
		"                <item>\n"
		"        <instanceId>" BENCH_INSTANCE "</instanceId>\n"
		"        <instanceState><code>16</code><name>running</name></instanceState>\n"
		"        <placement><availabilityZone>" BENCH_ZONE
		"</availabilityZone></placement>\n"
		"        <vpcId>" BENCH_VPC "</vpcId>\n"
		"        <networkInterfaceSet>\n",
		0u, BENCH_THIS_HOST);
	tell_eni(0, BENCH_THIS_HOST, body);
	if (vpc->holder == BENCH_THIS_HOST)
		tell_eni(BENCH_MOVED_ENI, BENCH_THIS_HOST, body);
	strbuf_add_string(body, "        </networkInterfaceSet>\n"
				"                </item>\n"
				"            </instancesSet>\n"
				"        </item>\n"
				"    </reservationSet>\n");
	return end(body, action);
}

static int detach_network_interface(
	struct vpc *vpc, const struct form *form, const char *action, struct strbuf *body)
{
	char id[64];

	snprintf(id, sizeof(id), BENCH_ATTACHMENT, BENCH_MOVED_ENI, vpc->holder);
	if (vpc->holder == NO_INSTANCE || strcmp(form_value(form, "AttachmentId"), id) != 0)
		return refuse(body, 400, "InvalidAttachmentID.NotFound",
			"The attachment ID does not exist");
	vpc->holder = NO_INSTANCE;
	begin(body, action);
	strbuf_add_string(body, "    <return>true</return>\n");
	return end(body, action);
}

/* To this host, at the only index that the read of this instance shows as free. */
static int attach_network_interface(
	struct vpc *vpc, const struct form *form, const char *action, struct strbuf *body)
{
	if (!is_eni(form_value(form, "NetworkInterfaceId"), BENCH_MOVED_ENI))
		return refuse_eni(body);
	if (!is_this_host(form_value(form, "InstanceId")))
		return refuse(
			body, 400, "InvalidInstanceID.NotFound", "The instance ID does not exist");
	if (strcmp(form_value(form, "DeviceIndex"), MOVED_INDEX) != 0)
		return refuse(body, 400, "InvalidParameterValue",
			"Instance already has an interface attached at device index 0.");
	if (strcmp(form_value(form, "DryRun"), "true") == 0)
		return refuse(body, 412, "DryRunOperation", "Request would have succeeded.");
	if (vpc->holder != NO_INSTANCE)
		return refuse(body, 400, "InvalidNetworkInterface.InUse", "Interface: in use.");
	vpc->holder = BENCH_THIS_HOST;
	begin(body, action);
	strbuf_printf(body, "    <attachmentId>" BENCH_ATTACHMENT "</attachmentId>\n",
		BENCH_MOVED_ENI, vpc->holder);
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
	{"DescribeInstances", describe_instances},
	{"DetachNetworkInterface", detach_network_interface},
	{"AttachNetworkInterface", attach_network_interface},
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

static int respond(void *data, const struct standin_request *request, struct strbuf *body)
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
	vpc->holder = BENCH_OTHER_HOST;
}

static int control(void *data, const struct standin_request *request, struct strbuf *body)
{
	struct vpc *vpc = data;

	if (!strcmp(request->path, BENCH_RESET_PATH)) {
		reset(vpc);
		return 200;
	}
	if (!strcmp(request->path, BENCH_HOLDER_PATH)) {
		if (vpc->holder != NO_INSTANCE)
			strbuf_printf(body, BENCH_INSTANCE "\n", vpc->holder);
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
		.respond = respond,
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
