/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocates memory for the XML parser, and overwrites it before it is freed: responses hold
 * credentials, which would stay in the parser's own buffers. Only for xml_reader.c and its test.
 */
#pragma once

#include <expat.h>

extern const XML_Memory_Handling_Suite xml_memory;
