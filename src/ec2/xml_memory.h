/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for the XML parser that is overwritten before it is given back: answers hold credentials,
 * and the parser's own buffers would keep them. For xml_reader.c and its test alone.
 */
#pragma once

#include <expat.h>

extern const XML_Memory_Handling_Suite xml_memory;
