/* SHA-256 (FIPS 180-4) by OpenSSL's libcrypto. */
#ifndef BF_HASH_H
#define BF_HASH_H

#include <stddef.h>
#include <stdint.h>

#define BF_SHA256_LEN 32
void bf_sha256(const void *p, size_t len, uint8_t out[BF_SHA256_LEN]);
void bf_hex(const uint8_t *p, size_t len, char *out); /* 2*len lower-case digits and NUL */

#endif
