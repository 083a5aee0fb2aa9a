/* SHA-256 (FIPS 180-4) and SM3 (GB/T 32905) by OpenSSL's libcrypto. */
#ifndef BF_HASH_H
#define BF_HASH_H

#include <stddef.h>
#include <stdint.h>

#define BF_SHA256_LEN 32
void bf_sha256(const void *p, size_t len, uint8_t out[BF_SHA256_LEN]);
void bf_hex(const uint8_t *p, size_t len, char *out); /* 2*len lower-case digits and NUL */

/* A choice of hash, fixed when what it is for is created. The numbers are part of stored bytes. */
enum bf_hash { BF_HASH_SHA256 = 1, BF_HASH_SM3 = 2 };
#define BF_HASH_LEN 32                       /* of either */
const char *bf_hash_word(enum bf_hash hash); /* "sha256", "sm3"; NULL: no such hash */

/* Hashes many small inputs without allocating for each. One thread at a time. */
struct bf_hasher;
struct bf_hasher *bf_hasher_new(
    enum bf_hash hash);                   /* NULL: no memory, or libcrypto lacks the hash */
void bf_hasher_free(struct bf_hasher *h); /* NULL is fine */
enum bf_hash bf_hasher_kind(const struct bf_hasher *h);

struct bf_part {
    const void *p;
    size_t len;
};
/* The hash of the parts, one after another. */
void bf_hasher_parts(struct bf_hasher *h, const struct bf_part *parts, size_t count,
                     uint8_t out[BF_HASH_LEN]);

#endif
