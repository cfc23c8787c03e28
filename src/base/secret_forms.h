/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Masks secrets that have a known form: passwords in URLs, for example of proxies, and the
 * signature of a request, which EC2 accepts for minutes. log_secrets.h masks secrets without a
 * known form.
 */
#pragma once

/*
 * Replaces with "***", in place: the password of a URL; the user if the URL has no password,
 * because it may be a token; and the hexadecimal digits after "Signature=".
 */
void secret_forms_mask(char *text);
