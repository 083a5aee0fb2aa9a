/* rates: levels are in millionths of one request, so that per_second is also millionths a microsecond. */
#include <string.h>

#include "engine/service/auth.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

#define ONE INT64_C(1000000)
#define LIMIT INT64_C(1000000)

struct bucket {
    uint64_t key; /* 0: free */
    int64_t level, at_us;
};

struct bf_rates {
    uint8_t seed[16];
    int64_t per_second, full;
    uint32_t mask; /* of places */
    struct bucket buckets[];
};

struct bf_rates *bf_rates_new(uint32_t places, const uint8_t seed[16]) {
    uint32_t n = 1;
    while (n < places && n < 1u << 24)
        n *= 2;
    size_t size = sizeof(struct bf_rates) + sizeof(struct bucket) * BF_RATE_WAYS * n;
    struct bf_rates *r = bf_malloc(size);
    if (!r)
        return NULL;
    memset(r, 0, size);
    memcpy(r->seed, seed, sizeof r->seed);
    r->mask = n - 1;
    bf_rates_set(r, 1, 1);
    return r;
}

void bf_rates_free(struct bf_rates *r) { bf_free(r); }

void bf_rates_set(struct bf_rates *r, int64_t per_second, int64_t burst) {
    BF_ASSERT(per_second >= 1 && per_second <= LIMIT && burst >= 1 && burst <= LIMIT);
    r->per_second = per_second;
    r->full = burst * ONE;
}

static uint64_t key_of(const struct bf_rates *r, bf_str key) {
    uint8_t in[16 + BF_SHA256_LEN], hash[BF_SHA256_LEN];
    memcpy(in, r->seed, 16);
    size_t n = key.len;
    if (n > BF_SHA256_LEN)
        bf_sha256(key.p, key.len, in + 16), n = BF_SHA256_LEN;
    else if (n)
        memcpy(in + 16, key.p, n);
    bf_sha256(in, 16 + n, hash);
    uint64_t k;
    memcpy(&k, hash, sizeof k);
    return k ? k : 1;
}

static void fill(const struct bf_rates *r, struct bucket *b, int64_t now_us) {
    int64_t passed = now_us > b->at_us ? now_us - b->at_us : 0;
    b->at_us += passed;
    int64_t missing = r->full - b->level;
    if (missing <= 0 || passed > missing / r->per_second)
        b->level = r->full;
    else
        b->level += passed * r->per_second;
}

/* The key's bucket, filled up to now. */
static struct bucket *bucket_of(struct bf_rates *r, uint64_t key, int64_t now_us) {
    struct bucket *place = r->buckets + (size_t)(key >> 32 & r->mask) * BF_RATE_WAYS,
                  *fullest = place;
    for (struct bucket *b = place; b < place + BF_RATE_WAYS; b++) {
        if (!b->key)
            *b = (struct bucket){0, r->full, now_us};
        fill(r, b, now_us);
        if (b->key == key)
            return b;
        if (b->level > fullest->level)
            fullest = b;
    }
    fullest->key = key;
    return fullest;
}

bool bf_rates_take(struct bf_rates *r, bf_str key, int64_t now_us, int64_t *retry_us) {
    if (now_us < 0)
        now_us = 0;
    struct bucket *b = bucket_of(r, key_of(r, key), now_us);
    bool may = b->level >= ONE;
    if (may)
        b->level -= ONE;
    else if (retry_us)
        *retry_us = (ONE - b->level + r->per_second - 1) / r->per_second;
    return may;
}

bf_str bf_rates_address(const uint8_t *address, size_t len, uint8_t out[8]) {
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    BF_ASSERT(len == 4 || len == 16);
    if (len == 16 && memcmp(address, mapped, sizeof mapped) == 0)
        address += 12, len = 4;
    size_t n = len == 4 ? 4 : 8;
    memcpy(out, address, n);
    return (bf_str){(const char *)out, (uint32_t)n};
}
