/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints text on standard output. Descriptions, tags, names of files and interfaces may hold anything:
 * what a terminal does not show in its place is masked (utf8_mask()), a line break too, so that none
 * of them moves the cursor or adds a line. So are secrets (log_secrets_mask()). Nothing else in the program
 * writes to standard output.
 */
#pragma once

#include "base/cleanup.h"

/* A whole line; the format has no line break. */
void print_line(const char *format, ...) _printf_(1, 2);

/* A part of a line. Returns how many bytes were printed. */
int print_text(const char *format, ...) _printf_(1, 2);

/* A part of a line in a colour of the terminal, the number of an SGR sequence such as "31". */
void print_coloured(const char *colour, const char *text);

/* Lines whose breaks and tabs are the program's own: only for texts that have none from elsewhere. */
void print_lines(const char *format, ...) _printf_(1, 2);

/* A JSON document. What is not shown is escaped, so that its values are what they were. Changes the text. */
void print_json_text(char *text);
