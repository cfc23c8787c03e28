/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of the bench, as the stand-in IMDS tells it and as the floors and `bench` know it:
 * ENI number N (0 is the primary) is ethN, has a MAC, a subnet and addresses made from its number.
 */
#pragma once

#define BENCH_MAC "02:00:00:00:00:%02x" /* ENI number */
#define BENCH_MAC_PREFIX "02:00:00:00:00:"
#define BENCH_SUBNET "10.0.%u.0/24" /* ENI number */
#define BENCH_ADDRESS "10.0.%u.%u" /* ENI number, host */
#define BENCH_FIRST_HOST 10u /* the primary address; the others follow */
#define BENCH_MAX_ENIS 200u
#define BENCH_MAX_ADDRESSES 200u

#define BENCH_IMDS_ADDRESS "169.254.169.254"
#define BENCH_IMDS_PORT 80
#define BENCH_TOKEN_PATH "/latest/api/token"
#define BENCH_MAC_PATH "/latest/meta-data/mac"
#define BENCH_MACS_PATH "/latest/meta-data/network/interfaces/macs/"
#define BENCH_COUNTS_PATH "/bench/counts" /* what was asked since the last look, then forgotten */
