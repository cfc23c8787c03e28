/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets that are known by their form: passwords in URLs, as of proxies, and the signature of a request, which
 * EC2 accepts for minutes. What is secret without a form is known to log_secrets.h.
 */
#pragma once

/*
 * Puts "***" in place of a URL's password, or of its user without one, which may be a token; and of the
 * hexadecimal digits after "Signature=".
 */
void secret_forms_mask(char *text);
