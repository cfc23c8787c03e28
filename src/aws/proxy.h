/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the passwords of https_proxy and other variables of libcurl out of logs and messages. */
#pragma once

/* A URL whose "user:password" has 512 bytes or more is skipped. */
void proxy_register_passwords(void);
