/* hand: see hand.h. */
#include "engine/service/hand.h"

#include <string.h>

static enum bf_err at_hand(void *ctx, uint32_t level, uint64_t index, uint32_t width, uint8_t *out,
                           struct bf_error *e) {
    struct bf_hand *h = ctx;
    for (uint32_t i = 0; i < h->count; i++)
        if (h->tile[i].level == level && h->tile[i].place == index && h->tile[i].width >= width) {
            memcpy(out, h->tile[i].hashes, (size_t)width * BF_HASH_LEN);
            return BF_OK;
        }
    h->wanted = (struct bf_hand_tile){.level = level, .place = index, .width = width};
    return bf_fail(e, BF_EBUSY, "a tile is not at hand");
}

struct bf_tiles bf_hand_open(struct bf_hand *h) {
    h->wanted.width = 0;
    return (struct bf_tiles){at_hand, h};
}

bool bf_hand_wants(const struct bf_hand *h, struct bf_row_tile *at) {
    *at = (struct bf_row_tile){.level = h->wanted.level, .place = h->wanted.place};
    return h->wanted.width > 0;
}

bool bf_hand_take(struct bf_hand *h, const struct bf_rows *rows) {
    const struct bf_row_tile *row = rows->count ? rows->row : NULL;
    if (!row || row->bytes.len / BF_HASH_LEN < h->wanted.width || h->count == BF_HAND_TILES)
        return false;
    h->tile[h->count++] =
        (struct bf_hand_tile){.level = h->wanted.level,
                              .place = h->wanted.place,
                              .width = row->bytes.len / BF_HASH_LEN,
                              .hashes = bf_arena_copy(h->arena, row->bytes.p, row->bytes.len)};
    return true;
}
