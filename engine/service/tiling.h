/* Tiling: the tiles of a tree that grows a leaf at a time, for those who make a whole tree again. */
#ifndef BF_TILING_H
#define BF_TILING_H

#include "engine/core/merkle.h"

struct bf_tiling {
    struct bf_merkle tree;
    uint8_t last[BF_TILE_LEVELS][BF_TILE_BYTES]; /* the last tile of each level */
    bool touched[BF_TILE_LEVELS];                /* since it was told */
    /* Hears of each tile that is full, and in bf_tiling_tell of those that grew since they were told. */
    void (*tile)(void *ctx, uint32_t level, struct bf_tile tile, const uint8_t *hashes);
    void *ctx;
};

void bf_tiling_init(struct bf_tiling *t, struct bf_hasher *h,
                    void (*tile)(void *ctx, uint32_t level, struct bf_tile tile,
                                 const uint8_t *hashes),
                    void *ctx);
void bf_tiling_add(struct bf_tiling *t, const uint8_t leaf[BF_HASH_LEN]);
void bf_tiling_tell(struct bf_tiling *t);

#endif
