/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log_secrets.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/parse.h"
#include "base/secret_forms.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_LENGTH 12 /* characters; a match of this length is not a coincidence */
#define SECRETS_MAX 16
#define MASK "***"
#define DECODINGS 2

struct fingerprint {
	uint64_t hash;
	uint32_t secret; /* its number, in the order of learning */
	uint32_t length; /* of the piece, in characters */
};

static struct {
	struct fingerprint *items; /* sorted by hash */
	size_t count, capacity;
	uint32_t n_learned; /* number of learned secrets, including forgotten ones */
	unsigned lengths; /* bit N: pieces of N characters exist */
	uint64_t key;
} known;

/* Reads one character and moves *at past it. Decodes twice: "%2B" and "%252B" are '+'. */
static unsigned char next_character(const char **at)
{
	const char *text = *at;
	unsigned char byte = (unsigned char)*text++;

	for (unsigned i = 0; i < DECODINGS && byte == '%'; i++) {
		int high = parse_hex_digit(text[0]);
		int low = high < 0 ? -1 : parse_hex_digit(text[1]);

		if (low < 0)
			break;
		byte = (unsigned char)(high << 4 | low);
		text += 2; /* a decoded '%' may begin an escape again */
	}
	*at = text;
	return byte;
}

/* Hashes `length` characters with keyed FNV-1a. Returns false if the text is shorter. */
static bool hash_piece(const char *text, size_t length, uint64_t *ret_hash, const char **ret_end)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ known.key;

	for (; length > 0; length--) {
		if (!*text)
			return false;
		hash = (hash ^ next_character(&text)) * UINT64_C(0x100000001b3);
	}
	*ret_hash = hash;
	*ret_end = text; /* after the hashed characters */
	return true;
}

static int compare_hashes(const void *a, const void *b)
{
	const struct fingerprint *first = a, *second = b;

	return first->hash < second->hash ? -1 : first->hash > second->hash;
}

static bool is_known_hash(uint64_t hash)
{
	const struct fingerprint pattern = {.hash = hash};

	return known.count &&
	       bsearch(&pattern, known.items, known.count, sizeof(pattern), compare_hashes);
}

static size_t count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; count++)
		next_character(&text);
	return count;
}

static void forget_secret(uint32_t number)
{
	size_t kept = 0;

	for (size_t i = 0; i < known.count; i++)
		if (known.items[i].secret != number)
			known.items[kept++] = known.items[i];
	known.count = kept;
}

/* Learns all pieces of `length` characters, also overlapping ones, to find fragments, too. */
static void add_pieces(const char *secret, size_t length)
{
	struct fingerprint piece = {.secret = known.n_learned, .length = (uint32_t)length};
	const char *end;

	while (hash_piece(secret, length, &piece.hash, &end)) {
		if (array_add(&known.items, &known.capacity, &known.count, &piece, sizeof(piece)))
			break; /* no memory: the remaining pieces are not masked */
		next_character(&secret);
	}
	qsort(known.items, known.count, sizeof(*known.items), compare_hashes);
	known.lengths |= 1u << length;
	known.n_learned++;
}

/* Checks only the last `length` of `count` characters: session tokens have equal beginnings. */
static bool is_learned(const char *secret, size_t count, size_t length)
{
	const char *end;
	uint64_t hash;

	for (; count > length; count--)
		next_character(&secret);
	return hash_piece(secret, length, &hash, &end) && is_known_hash(hash);
}

void log_secrets_learn(const char *secret)
{
	size_t count = secret ? count_characters(secret) : 0;
	size_t piece_length = count < PIECE_LENGTH ? count : PIECE_LENGTH;

	if (!known.n_learned) /* the first secret */
		known.key = (uint64_t)clock_random() << 32 | clock_random();
	if (count < LOG_SECRET_MIN || is_learned(secret, count, piece_length))
		return;
	if (known.n_learned >= SECRETS_MAX) /* forget the oldest secret */
		forget_secret(known.n_learned - SECRETS_MAX);
	add_pieces(secret, piece_length);
}

/* Returns the end of the longest piece of a secret that begins at `text`, or NULL. */
static const char *find_piece(const char *text)
{
	const char *end;
	uint64_t hash;

	for (size_t length = PIECE_LENGTH; length >= LOG_SECRET_MIN; length--) {
		bool exists = known.lengths & 1u << length;

		if (exists && hash_piece(text, length, &hash, &end) && is_known_hash(hash))
			return end;
	}
	return NULL;
}

void log_secrets_mask(char *text)
{
	const char *in = text, *masked_end = text; /* end of the pieces found so far */
	char *out = text;

	/*
	 * Overlapping pieces become one mask, which is written when `in` reaches their end:
	 * find_piece() still reads the text from `in` on. A mask is shorter than any piece, so
	 * `out` never overtakes `in`.
	 */
	while (known.count && *in) {
		const char *piece_end = find_piece(in), *next = in;

		if (piece_end && piece_end > masked_end)
			masked_end = piece_end;
		next_character(&next);
		if (in >= masked_end) {
			memmove(out, in, (size_t)(next - in));
			out += next - in;
		} else if (next == masked_end) {
			memcpy(out, MASK, strlen(MASK));
			out += strlen(MASK);
		}
		in = next;
	}
	if (known.count) /* otherwise nothing was moved */
		*out = '\0';
	secret_forms_mask(text);
}

void log_secrets_reset(void)
{
	free(known.items);
	memset(&known, 0, sizeof(known));
}
