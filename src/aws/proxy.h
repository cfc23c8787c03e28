/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the passwords of proxies out of logs and messages. libcurl reads the proxies' URLs from
 * environment variables, such as https_proxy.
 */
#pragma once

/*
 * Registers each password with log_secrets_learn(), also in the form of the Proxy-Authorization
 * header. A URL whose "user:password" has 512 bytes or more is skipped.
 */
void proxy_register_passwords(void);
