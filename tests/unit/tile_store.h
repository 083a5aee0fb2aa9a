/* tile_store: a tree's tiles in memory, each level one row of hashes, as a caller of merkle.h keeps them. */
#ifndef BF_TILE_STORE_H
#define BF_TILE_STORE_H

#include <stdlib.h>
#include <string.h>

#include "engine/core/merkle.h"

struct tile_store {
    struct {
        uint8_t (*hash)[BF_HASH_LEN];
        uint64_t count, cap;
    } level[BF_TILE_LEVELS];
    uint32_t read; /* tiles, so far */
};

static inline void tile_store_put(struct tile_store *s, uint32_t level, const uint8_t *hash) {
    if (s->level[level].count == s->level[level].cap) {
        s->level[level].cap = s->level[level].cap ? 2 * s->level[level].cap : 256;
        s->level[level].hash = realloc(s->level[level].hash, s->level[level].cap * BF_HASH_LEN);
        if (!s->level[level].hash)
            abort();
    }
    memcpy(s->level[level].hash[s->level[level].count++], hash, BF_HASH_LEN);
}

static inline void tile_store_append(struct tile_store *s, struct bf_merkle *t,
                                     const uint8_t leaf[BF_HASH_LEN]) {
    uint8_t put[BF_TILE_LEVELS][BF_HASH_LEN];
    uint32_t levels = bf_merkle_append(t, leaf, put);
    for (uint32_t l = 0; l < levels; l++)
        tile_store_put(s, l, put[l]);
}

static inline enum bf_err tile_store_read(void *ctx, uint32_t level, uint64_t index, uint32_t width,
                                          uint8_t *out, struct bf_error *e) {
    struct tile_store *s = ctx;
    if (level >= BF_TILE_LEVELS || width == 0 || width > BF_TILE_WIDTH ||
        index * BF_TILE_WIDTH + width > s->level[level].count)
        return bf_fail(e, BF_ENOENT, "tile %u/%llu has no %u hashes", level,
                       (unsigned long long)index, width);
    memcpy(out, s->level[level].hash[index * BF_TILE_WIDTH], (size_t)width * BF_HASH_LEN);
    s->read++;
    return BF_OK;
}

static inline void tile_store_fini(struct tile_store *s) {
    for (uint32_t l = 0; l < BF_TILE_LEVELS; l++)
        free(s->level[l].hash);
}

#endif
