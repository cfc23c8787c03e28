/* SPDX-License-Identifier: Apache-2.0 */
/* Tests secrets that other software quotes in any form, and texts that must stay unchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/log_secrets.h"
#include "base/secret_forms.h"

#include <stdio.h>
#include <string.h>

#define KEY "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define KEY_ENCODED "wJalrXUtnFEMI%2FK7MDENG%2BbPxRfiCYEXAMPLEKEY"
#define KEY_ENCODED_TWICE "wJalrXUtnFEMI%252fK7MDENG%252bbPxRfiCYEXAMPLEKEY"
#define STS_TOKEN "IQoJb3JpZ2luX2VjEJr//////////wEaCWV1LXdlc3QtMSJHMEUC=="
#define PASSWORD "hunter2%!"
#define SECRET_OF_13 "thirteen-char"
#define SECRET_OF_14 "fourteen-chars"

static const struct {
	const char *text, *wanted;
} cases[] = {
	{"", ""},
	{"nothing secret", "nothing secret"},
	{KEY, "***"},
	{"the key " KEY " is quoted", "the key *** is quoted"},
	{"<" KEY "><" STS_TOKEN ">", "<***><***>"},
	{KEY KEY, "******"},
	{"x-amz-security-token:" STS_TOKEN "\n\nhost", "x-amz-security-token:***\n\nhost"},
	{"encoded " KEY_ENCODED " once", "encoded *** once"},
	{"encoded " KEY_ENCODED_TWICE " twice", "encoded *** twice"},
	/* A part, as of a text that was cut. */
	{"\"wJalrXUtnFEM...\"", "\"***...\""},
	{"FEMI/K7MDENG+bPxRf and more", "*** and more"},
	/* Too little of it to be more than chance. */
	{"wJalrXUtnFE", "wJalrXUtnFE"},
	/* All overlapping pieces are found, also those that begin within the first 3 characters. */
	{"<" SECRET_OF_13 ">", "<***>"},
	{"<" SECRET_OF_14 ">", "<***>"},
	{SECRET_OF_13 SECRET_OF_14, "******"},
	/* Short secrets count as a whole. */
	{"password=hunter2%!", "password=***"},
	{"password=hunter2%25%21", "password=***"},
	{"hunter2%", "hunter2%"},
	{"short1", "short1"},
	/* A text that is not an encoding stays unchanged. */
	{"100% of 5%zz %4", "100% of 5%zz %4"},
	{"ends in %", "ends in %"},
	/* A secret that was not registered. */
	{"proxy http://user:pass@proxy:3128/ refused", "proxy http://user:***@proxy:3128/ refused"},
};

static void test_mask(void **state)
{
	(void)state;
	log_secrets_learn(KEY);
	log_secrets_learn(STS_TOKEN);
	log_secrets_learn(PASSWORD);
	log_secrets_learn(SECRET_OF_13);
	log_secrets_learn(SECRET_OF_14);
	log_secrets_learn("short1");
	log_secrets_learn("");
	log_secrets_learn(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[256];

		snprintf(text, sizeof(text), "%s", cases[i].text);
		log_secrets_mask(text);
		assert_string_equal(text, cases[i].wanted);
	}
	log_secrets_reset();
}

static void test_nothing_is_known(void **state)
{
	char text[] = "as it is, 100%";

	(void)state;
	log_secrets_mask(text);
	assert_string_equal(text, "as it is, 100%");
}

/*
 * Credentials are renewed again and again: the last ones are known, and tokens with equal
 * beginnings are distinguished.
 */
static void test_many(void **state)
{
	char secret[64], text[96];

	(void)state;
	for (int i = 0; i < 40; i++) {
		snprintf(secret, sizeof(secret), "IQoJb3JpZ2luX2Vj-%08d-%08d", i, i);
		log_secrets_learn(secret);
		log_secrets_learn(secret);
	}
	for (int i = 0; i < 40; i++) {
		snprintf(secret, sizeof(secret), "%08d-%08d", i, i);
		snprintf(text, sizeof(text), "<%s>", secret);
		log_secrets_mask(text);
		assert_int_equal(strstr(text, secret) == NULL, i >= 24);
	}
	log_secrets_reset();
}

static void test_forms(void **state)
{
	static const struct {
		const char *text, *wanted;
	} forms[] = {
		{"http://a:b@c", "http://a:*@c"},
		{"http://a:bcde@c", "http://a:***@c"},
		{"http://a:b@c@d:1/e", "http://a:***@d:1/e"},
		{"http://a:b:c@d", "http://a:***@d"},
		{"http://token@host", "http://***@host"},
		{"http://:@host", "http://:@host"},
		{"\"http://a:bcd@c\", \"https://e:fgh@i\"",
			"\"http://a:***@c\", \"https://e:***@i\""},
		{"http://host/path@x:y", "http://host/path@x:y"},
		{"http://host:80 a@b", "http://host:80 a@b"},
		{"a:b@c", "a:b@c"},
		{"://", "://"},
		{"Credential=A, Signature=0123456789abcdef, x", "Credential=A, Signature=***, x"},
		{"Signature=a", "Signature=*"},
		{"Signature=", "Signature="},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char text[128];

		snprintf(text, sizeof(text), "%s", forms[i].text);
		secret_forms_mask(text);
		assert_string_equal(text, forms[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_nothing_is_known),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
