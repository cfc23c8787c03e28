/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor through libcurl: what a program pays that loads libcurl and everything behind it.
 * TLS is left asleep (CURL_GLOBAL_NOTHING), since nothing here speaks it.
 */
#include "floor.h"
#include "floor_curl.h"

int main(int argc, char **argv)
{
	return floor_main(argc, argv, floor_curl_exchange, floor_curl_open(CURL_GLOBAL_NOTHING));
}
