/* hash: see hash.h. */
#include "lang/base/hash.h"

#include <openssl/sha.h>

#include "lang/base/assert.h"

_Static_assert(BF_SHA256_LEN == SHA256_DIGEST_LENGTH, "length of SHA-256");

void bf_sha256(const void *p, size_t len, uint8_t out[BF_SHA256_LEN]) {
    const unsigned char *done = SHA256(p, len, out);
    BF_ASSERT(done);
}

void bf_hex(const uint8_t *p, size_t len, char *out) {
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        *out++ = digit[p[i] >> 4];
        *out++ = digit[p[i] & 15];
    }
    *out = 0;
}
