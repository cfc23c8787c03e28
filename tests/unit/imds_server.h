/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a metadata service in a child process on 127.0.0.1, which responds by a script and records
 * the requests.
 */
#pragma once

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum reply_kind {
	RESPONSE, /* status, headers and body, with a Content-Length */
	RESPONSE_AND_CLOSE, /* the same, and no word of it in the headers */
	CUT_OFF, /* a longer Content-Length than the body, and close */
	RAW, /* the body alone, no HTTP, and close */
	DRIP, /* like RESPONSE, one byte every 20 ms */
	FLOOD, /* 200 and 10 MiB */
	HANG, /* nothing, until the client goes */
	CLOSE, /* nothing */
	RESET, /* nothing, with a RST */
};

struct reply {
	enum reply_kind kind;
	unsigned status; /* 0: end of the script; the last one is repeated */
	const char *body; /* NULL: "" */
	const char *headers; /* further lines with CRLF; NULL: none */
};

/* The most frequent replies of a script. */
#define RESPONDS(status, body)                                                                     \
	{                                                                                          \
		RESPONSE, status, body, NULL                                                       \
	}
#define OK(body) RESPONDS(200, body)
#define NOT_FOUND RESPONDS(404, "no")

/* Lines of requests; the server gives out the token T1. */
#define PUT_FOR(seconds) "PUT /latest/api/token X-aws-ec2-metadata-token-ttl-seconds: " seconds "\n"
#define PUT PUT_FOR("300")
#define GET_WITH(token, path) "GET /latest/" path " X-aws-ec2-metadata-token: " token "\n"
#define GET(path) GET_WITH("T1", path)

#define SERVER_MAX_REPLIES 8
#define SERVER_TEXT_SIZE 16384

/* In memory that both processes share. */
struct server_notes {
	unsigned connections;
	unsigned requests;
	/* "METHOD PATH", then " NAME: VALUE" of each X- and the Authorization header, and a newline;
	 * "!" before a request with headers that do not belong there. */
	char requests_text[SERVER_TEXT_SIZE];
};

struct server {
	pid_t pid; /* 0: not running */
	unsigned port;
	char url[64];
	struct server_notes *notes;
};

/* The script is copied with the process. Each returns 0 or -errno. */
int server_start(struct server *server, const struct reply script[SERVER_MAX_REPLIES]);
/* Ends the child and waits for it; the notes stay until server_done(). */
void server_stop(struct server *server);
void server_done(struct server *server);

/* Adds the text with the server's URL in the place of the first '@'. */
void server_expand(const struct server *server, const char *text, struct strbuf *out);
