/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints text on standard output. Nothing else in the program writes to standard output.
 *
 * Descriptions, tags and names of files and interfaces may contain any character. So utf8_mask()
 * replaces every character that a terminal does not show in its place, line breaks too: no such
 * text can move the cursor or add a line. log_secrets_mask() replaces secrets.
 */
#pragma once

#include "base/cleanup.h"

/* Prints a whole line; the format has no line break. */
void print_line(const char *format, ...) _printf_(1, 2);

/* Prints a piece of a line. Returns its length before masking, in bytes. */
int print_text(const char *format, ...) _printf_(1, 2);

/* Prints a piece of a line in a colour: the number of a terminal's SGR sequence, such as "31". */
void print_coloured(const char *colour, const char *text);

/* Prints lines, and keeps '\n' and '\t': no text from outside the program may contain either. */
void print_lines(const char *format, ...) _printf_(1, 2);

/*
 * Prints a JSON document. Characters that are not shown are escaped, so the values stay the same.
 * Modifies `text`.
 */
void print_json_text(char *text);
