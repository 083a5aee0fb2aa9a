/* Hand: the tiles that a proof has asked for so far. One that is not at hand is named, and read by whoever makes the
** proof, who then begins it again: a proof takes few tiles, and no thread waits for a read.
*/
#ifndef BF_HAND_H
#define BF_HAND_H

#include "engine/core/merkle.h"
#include "engine/store/store.h"

enum { BF_HAND_TILES = 6 * BF_TILE_LEVELS };

struct bf_hand_tile {
    uint32_t level, width;
    uint64_t place;
    const uint8_t *hashes;
};
struct bf_hand {
    struct bf_arena *arena; /* of the hashes */
    struct bf_hand_tile tile[BF_HAND_TILES];
    uint32_t count;
    struct bf_hand_tile wanted; /* width 0: none */
};

/* For a proof that begins. */
struct bf_tiles bf_hand_open(struct bf_hand *h);
/* Did it end for want of a tile? That one is to be read. */
bool bf_hand_wants(const struct bf_hand *h, struct bf_row_tile *at);
/* What was read of it. False: it is not there, or too short: the tree is damaged. */
bool bf_hand_take(struct bf_hand *h, const struct bf_rows *rows);

#endif
