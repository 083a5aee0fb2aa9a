/* tiling: see tiling.h. */
#include "engine/service/tiling.h"

#include <string.h>

void bf_tiling_init(struct bf_tiling *t, struct bf_hasher *h,
                    void (*tile)(void *ctx, uint32_t level, struct bf_tile tile,
                                 const uint8_t *hashes),
                    void *ctx) {
    bf_merkle_init(&t->tree, h);
    memset(t->touched, 0, sizeof t->touched);
    t->tile = tile;
    t->ctx = ctx;
}

void bf_tiling_add(struct bf_tiling *t, const uint8_t leaf[BF_HASH_LEN]) {
    uint8_t put[BF_TILE_LEVELS][BF_HASH_LEN];
    uint32_t levels = bf_merkle_append(&t->tree, leaf, put);
    for (uint32_t l = 0; l < levels; l++) {
        struct bf_tile at = bf_tile_last(t->tree.size, l);
        memcpy(t->last[l] + (size_t)(at.width - 1) * BF_HASH_LEN, put[l], BF_HASH_LEN);
        t->touched[l] = at.width < BF_TILE_WIDTH;
        if (at.width == BF_TILE_WIDTH)
            t->tile(t->ctx, l, at, t->last[l]);
    }
}

void bf_tiling_tell(struct bf_tiling *t) {
    for (uint32_t l = 0; l < BF_TILE_LEVELS; l++)
        if (t->touched[l]) {
            t->touched[l] = false;
            t->tile(t->ctx, l, bf_tile_last(t->tree.size, l), t->last[l]);
        }
}
