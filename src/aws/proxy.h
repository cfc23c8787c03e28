/* SPDX-License-Identifier: Apache-2.0 */
/* The proxies that libcurl takes from the environment: their passwords must not be seen. */
#pragma once

/* Has the log leave them out, in the form of the header that they are sent in as well. */
void proxy_learn_passwords(void);
