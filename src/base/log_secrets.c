/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_secrets.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/secret_forms.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 12 /* characters: so many of a secret in a row are no chance */
#define SECRETS_MAX 16
#define MASK "***"
#define DECODINGS 2

struct fingerprint {
	uint64_t hash;
	uint32_t secret; /* its number */
	uint32_t length; /* of the piece, in characters */
};

static struct {
	struct fingerprint *items; /* by hash */
	size_t count, capacity;
	uint32_t secrets; /* that were learned, forgotten ones included */
	unsigned lengths; /* a bit for each that a piece has */
	uint64_t key;
} known;

static int digit_of(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

/* The character at *at, which goes past it: "%2B" and "%252B" are '+'. */
static unsigned char next_character(const char **at)
{
	const char *text = *at;
	unsigned char byte = (unsigned char)*text++;

	for (unsigned i = 0; i < DECODINGS && byte == '%'; i++) {
		int high = digit_of(text[0]);
		int low = high < 0 ? -1 : digit_of(text[1]);

		if (low < 0)
			break;
		byte = (unsigned char)(high << 4 | low);
		text += 2;
	}
	*at = text;
	return byte;
}

/* FNV-1a of so many characters, with a key; false: there are fewer. */
static bool hash_piece(const char *text, size_t length, uint64_t *ret_hash, const char **ret_end)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ known.key;

	for (; length > 0; length--) {
		if (!*text)
			return false;
		hash = (hash ^ next_character(&text)) * UINT64_C(0x100000001b3);
	}
	*ret_hash = hash;
	*ret_end = text;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct fingerprint *one = a, *other = b;

	return one->hash < other->hash ? -1 : one->hash > other->hash;
}

static bool is_known(uint64_t hash)
{
	const struct fingerprint wanted = {.hash = hash};

	return known.count && bsearch(&wanted, known.items, known.count, sizeof(wanted), compare);
}

static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; count++)
		next_character(&text);
	return count;
}

static void forget(uint32_t secret)
{
	size_t kept = 0;

	for (size_t i = 0; i < known.count; i++)
		if (known.items[i].secret != secret)
			known.items[kept++] = known.items[i];
	known.count = kept;
}

/* All pieces of the secret, which may lie over each other. */
static void add_pieces(const char *secret, size_t length)
{
	struct fingerprint piece = {.secret = known.secrets, .length = (uint32_t)length};
	const char *end;

	while (hash_piece(secret, length, &piece.hash, &end)) {
		if (array_reserve(&known.items, &known.capacity, known.count, sizeof(*known.items)))
			break;
		known.items[known.count++] = piece;
		next_character(&secret);
	}
	qsort(known.items, known.count, sizeof(*known.items), compare);
	known.lengths |= 1u << length;
	known.secrets++;
}

/* By its end: session tokens begin alike. */
static bool is_learned(const char *secret, size_t count, size_t length)
{
	const char *end;
	uint64_t hash;

	for (; count > length; count--)
		next_character(&secret);
	return hash_piece(secret, length, &hash, &end) && is_known(hash);
}

void log_secrets_learn(const char *secret)
{
	size_t count = secret ? count_characters(secret) : 0;
	size_t length = count < PIECE ? count : PIECE;

	if (!known.secrets)
		known.key = (uint64_t)clock_random() << 32 | clock_random();
	if (count < LOG_SECRET_MIN || is_learned(secret, count, length))
		return;
	if (known.secrets >= SECRETS_MAX)
		forget(known.secrets - SECRETS_MAX);
	add_pieces(secret, length);
}

/* The end of the longest piece of a secret that begins here; NULL: none does. */
static const char *find_piece(const char *text)
{
	const char *end;
	uint64_t hash;

	for (size_t length = PIECE; length >= LOG_SECRET_MIN; length--)
		if (known.lengths & 1u << length && hash_piece(text, length, &hash, &end) &&
			is_known(hash))
			return end;
	return NULL;
}

void log_secrets_mask(char *text)
{
	const char *in = text, *masked = text;
	char *out = text;

	/* A piece is longer than what stands for it, so that `out` stays behind. */
	while (known.count && *in) {
		const char *end = find_piece(in), *next = in;

		if (end && in >= masked) {
			memcpy(out, MASK, strlen(MASK));
			out += strlen(MASK);
		}
		if (end && end > masked)
			masked = end;
		next_character(&next);
		if (in >= masked) {
			memmove(out, in, (size_t)(next - in));
			out += next - in;
		}
		in = next;
	}
	if (known.count)
		*out = '\0';
	secret_forms_mask(text);
}

void log_secrets_forget(void)
{
	free(known.items);
	memset(&known, 0, sizeof(known));
}
