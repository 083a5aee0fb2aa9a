/* Grove: the tree over the partition's rows, as far as the engine has handed rows to the writer. It grows with each
** round that is handed over, and goes back to where it was when the disk was full. */
#include "engine/service/engine_parts.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

struct bf_grove {
    struct bf_hasher *hasher;
    struct bf_tiling now, before; /* before the round at the writer */
    uint32_t level;               /* at the start: whose tile is being read */
    uint8_t tree[BF_MERKLE_BYTES_MAX];
    size_t tree_len;
    void (*ready)(struct bf_engine *e, enum bf_err err, const struct bf_error *error);
};

void bf_grove_free(struct bf_grove *g) {
    if (g)
        bf_hasher_free(g->hasher);
    bf_free(g);
}

static void put_tile(void *ctx, uint32_t level, struct bf_tile tile, const uint8_t *hashes) {
    struct bf_batch *b = ctx;
    size_t len = (size_t)tile.width * BF_HASH_LEN;
    struct bf_row_tile row = {.level = level,
                              .place = tile.index,
                              .bytes = {bf_arena_copy(b->arena, hashes, len), (uint32_t)len}};
    bf_batch_put(b, BF_TABLE_TILE, &row);
}

static void leaf_of(struct bf_hasher *h, const struct bf_row_journal *row,
                    uint8_t leaf[BF_HASH_LEN]) {
    uint8_t body[BF_HASH_LEN];
    bf_merkle_body(h, (const uint8_t *)row->salt.p, row->body.p, row->body.len, body);
    bf_merkle_leaf(h, row->head.p, row->head.len, body, leaf);
}

static void grow(struct bf_grove *g, struct bf_batch *b) {
    uint32_t rows = b->count; /* before there are tiles among them */
    uint8_t *bytes = bf_arena_alloc(b->arena, BF_MERKLE_BYTES_MAX);
    g->now.ctx = b;
    for (uint32_t i = 0; i < rows; i++) {
        uint8_t leaf[BF_HASH_LEN];
        if (b->op[i].table != BF_TABLE_JOURNAL)
            continue;
        leaf_of(g->hasher, b->op[i].row, leaf);
        bf_tiling_add(&g->now, leaf);
    }
    bf_tiling_tell(&g->now);
    b->head.size = g->now.tree.size;
    b->head.tree = (bf_str){(const char *)bytes, (uint32_t)bf_merkle_write(&g->now.tree, bytes)};
}

bool bf_grove_grow(struct bf_grove *g, struct bf_batch *b) {
    uint32_t rows = b->count;
    jmp_buf jump, *before = bf_arena_on_exhausted(b->arena, &jump);
    g->before = g->now;
    if (setjmp(jump)) {
        bf_arena_on_exhausted(b->arena, before);
        g->now = g->before;
        b->count = rows;
        return false;
    }
    grow(g, b);
    bf_arena_on_exhausted(b->arena, before);
    BF_ASSERT(b->head.size == b->head.seq);
    return true;
}

void bf_grove_back(struct bf_grove *g) { g->now = g->before; }

/* ---- where it stood ---- */

static enum bf_err last_tile(void *ctx, uint32_t level, uint64_t index, uint32_t width,
                             uint8_t *out, struct bf_error *e) {
    const struct bf_grove *g = ctx;
    struct bf_tile last = bf_tile_last(g->now.tree.size, level);
    if (last.index != index || last.width < width)
        return bf_fail(e, BF_EFORMAT, "the tree asks for another tile than its last");
    memcpy(out, g->now.last[level], (size_t)width * BF_HASH_LEN);
    return BF_OK;
}

/* The frontier follows from the last tiles: it must be the one the head says. */
static enum bf_err check(struct bf_grove *g, struct bf_error *e) {
    struct bf_tiles tiles = {last_tile, g};
    struct bf_merkle tree;
    uint8_t bytes[BF_MERKLE_BYTES_MAX];
    enum bf_err err = bf_merkle_load(&tree, g->hasher, &tiles, g->now.tree.size, e);
    if (!err &&
        (bf_merkle_write(&tree, bytes) != g->tree_len || memcmp(bytes, g->tree, g->tree_len) != 0))
        err = bf_fail(e, BF_EFORMAT, "the tree's tiles do not make the tree of its head");
    return err;
}

static void read_tile(struct bf_engine *e);

static void tile_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    struct bf_grove *g = e->grove;
    struct bf_tile last = bf_tile_last(g->now.tree.size, g->level);
    struct bf_error missing;
    e->under_way--;
    if (!err) {
        const struct bf_row_tile *row = rows->count ? rows->row : NULL;
        if (row && row->bytes.len == last.width * BF_HASH_LEN) {
            memcpy(g->now.last[g->level++], row->bytes.p, row->bytes.len);
            read_tile(e);
            return;
        }
        err = bf_fail(&missing, BF_EFORMAT, "the last tile of level %u is missing, or too short",
                      (unsigned)g->level);
        error = &missing;
    }
    g->ready(e, err, error);
}

static void read_tile(struct bf_engine *e) {
    struct bf_grove *g = e->grove;
    struct bf_tile last = {0};
    struct bf_error error;
    if (g->level < BF_TILE_LEVELS)
        last = bf_tile_last(g->now.tree.size, g->level);
    if (!last.width) {
        enum bf_err err = check(g, &error);
        g->ready(e, err, err ? &error : NULL);
        return;
    }
    struct bf_row_tile at = {.level = g->level, .place = last.index};
    struct bf_query q = {
        .partition = e->o.partition, .table = BF_TABLE_TILE, .at = &at, .same = 2, .limit = 1};
    e->under_way++;
    bf_store_read(e->store, &q, tile_read, e);
}

/* The tree of a head, or a new one. */
static enum bf_err open_tree(struct bf_engine *e, const struct bf_row_head *head,
                             struct bf_error *error) {
    struct bf_grove *g = e->grove;
    bool known = head && head->seq;
    enum bf_hash hash = e->o.hash ? e->o.hash : BF_HASH_SHA256;
    if (known && head->tree.len > 1)
        hash = (enum bf_hash)head->tree.p[1];
    if (!bf_hash_word(hash) || (known && head->tree.len > sizeof g->tree))
        return bf_fail(error, BF_EFORMAT, "the head holds no tree");
    if (!(g->hasher = bf_hasher_new(hash)))
        return bf_fail(error, BF_ENOMEM, "no memory for the tree, or %s is not there",
                       bf_hash_word(hash));
    bf_tiling_init(&g->now, g->hasher, put_tile, NULL);
    if (!known)
        return BF_OK;
    g->tree_len = head->tree.len;
    memcpy(g->tree, head->tree.p, g->tree_len);
    enum bf_err err = bf_merkle_read(&g->now.tree, g->hasher, g->tree, g->tree_len, error);
    if (!err && (g->now.tree.size != head->seq || head->size != head->seq))
        err = bf_fail(error, BF_EFORMAT, "the tree has %llu rows, the journal %llu",
                      (unsigned long long)g->now.tree.size, (unsigned long long)head->seq);
    return err;
}

void bf_grove_open(struct bf_engine *e, const struct bf_row_head *head,
                   void (*ready)(struct bf_engine *e, enum bf_err err,
                                 const struct bf_error *error)) {
    struct bf_error error = {.code = BF_ENOMEM, .text = "out of memory"};
    struct bf_grove *g = e->grove = bf_malloc(sizeof *g);
    enum bf_err err = BF_ENOMEM;
    if (g) {
        memset(g, 0, sizeof *g);
        g->ready = ready;
        err = open_tree(e, head, &error);
    }
    if (err || !g->now.tree.size)
        ready(e, err, &error);
    else
        read_tile(e);
}
