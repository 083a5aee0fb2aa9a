/* audit_last: the last checkpoint, and whether the tree that is there goes on from it. Asked before the first checkpoint
** after a start:
**
**   bf_audit_look ▸ head ▸ with_tiles, tile after tile ▸ with_rows, page after page ▸ then
**
** 1. What was signed is the beginning of the tree: a proof of consistency from the tiles.
** 2. The rows since, at most REHASHED of them and always the last ones, are hashed again: they must lead from the tree
**    before them to the head's. So nothing is signed that was never there, and a row that the disk spoilt while it was
**    written is found at the next start. Rows that were signed before are `banfad audit verify`'s.
** 3. Without memory it ends, and nothing is signed.
*/
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/service/audit.h"
#include "engine/service/closed.h"
#include "engine/service/hand.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"

enum { REHASHED = 1 << 16, PAGE_ROWS = 256 };

enum bf_err bf_audit_last(const struct bf_config *config, struct bf_arena *a, bool *there,
                          struct bf_checkpoint *out, struct bf_error *e) {
    bf_str bytes, data = bf_config_text(config, BF_CONFIG_DATA);
    uint8_t seed[BF_SEED_LEN];
    struct bf_signer key;
    struct bf_buf path;
    bf_buf_in(&path, a);
    bf_buf_fmt(&path, "%.*s/" BF_AUDIT_FILE, (int)data.len, data.p);
    bf_buf_char(&path, 0);
    *there = access(path.p, F_OK) == 0 || errno != ENOENT;
    if (!*there)
        return BF_OK;
    enum bf_err err = bf_file_read(a, path.p, BF_CHECKPOINT_MAX, &bytes, e);
    if (!err)
        err = bf_service_read_key(config, seed, e);
    if (err)
        return err;
    const char *end = bytes.len ? memchr(bytes.p, '\n', bytes.len) : NULL;
    bf_str origin = {bytes.p, end ? (uint32_t)(end - bytes.p) : 0};
    err = bf_signer_open(origin, seed, sizeof seed, &key, e);
    explicit_bzero(seed, sizeof seed);
    if (!err) {
        err = bf_checkpoint_verify(bytes, &key, out, e);
        bf_signer_fini(&key);
    }
    return err ? bf_error_wrap(e, "%s", path.p) : BF_OK;
}

/* ---- does the tree go on from it? ---- */
struct last {
    struct bf_service *service;
    bf_audit_looked *then;
    struct bf_arena *arena;
    struct bf_hasher *hasher;
    struct bf_checkpoint was, now; /* was.size 0: nothing was signed */
    struct bf_hand hand;
    struct bf_merkle tree; /* the rows before `row` */
    uint64_t row;          /* the next to be hashed */
    /* What is read next, and who takes it. */
    bool asks;
    struct bf_query query;
    struct bf_row_tile tile;
    struct bf_row_journal journal;
    enum bf_err (*take)(struct last *l, const struct bf_rows *rows, struct bf_error *e);
};

static void over(struct last *l, enum bf_err err, const struct bf_error *e) {
    l->then(l->service, err, e, l->was.size, l->now.size);
    bf_hasher_free(l->hasher);
    bf_arena_free(l->arena);
    bf_free(l);
}

static enum bf_err no_memory(struct bf_error *e) { return bf_fail(e, BF_ENOMEM, "out of memory"); }

static void answered(void *ctx, enum bf_err read, const struct bf_error *error,
                     const struct bf_rows *rows) {
    struct last *l = ctx;
    struct bf_error e;
    jmp_buf jump;
    volatile enum bf_err err = read;
    l->asks = false;
    bf_arena_on_exhausted(l->arena, &jump);
    if (read)
        e = *error;
    else if (setjmp(jump) == 0)
        err = l->take(l, rows, &e);
    else
        err = no_memory(&e);
    bf_arena_on_exhausted(l->arena, NULL);
    if (!err && l->asks)
        bf_store_read(l->service->store, &l->query, answered, l);
    else
        over(l, err, &e);
}

static void ask(struct last *l, enum bf_table table, const void *at, uint32_t same, uint32_t limit,
                enum bf_err (*take)(struct last *, const struct bf_rows *, struct bf_error *)) {
    l->query = (struct bf_query){.table = table,
                                 .at = at,
                                 .same = same,
                                 .after = at && !same,
                                 .limit = limit,
                                 .bytes = BF_PAGE_BYTES};
    l->take = take;
    l->asks = true;
}

static enum bf_err with_rows(struct last *l, const struct bf_rows *rows, struct bf_error *e);

static void ask_rows(struct last *l) {
    uint64_t left = l->now.size - l->tree.size;
    l->journal = (struct bf_row_journal){.seq = l->tree.size};
    ask(l, BF_TABLE_JOURNAL, &l->journal, 0, left < PAGE_ROWS ? (uint32_t)left : PAGE_ROWS,
        with_rows);
}

static enum bf_err with_rows(struct last *l, const struct bf_rows *rows, struct bf_error *e) {
    const struct bf_row_journal *row = rows->row;
    uint8_t leaf[BF_HASH_LEN], put[BF_TILE_LEVELS][BF_HASH_LEN], root[BF_HASH_LEN];
    for (uint32_t i = 0; i < rows->count; i++) {
        if (row[i].seq != l->tree.size + 1 || !bf_row_leaf(l->hasher, &row[i], leaf))
            return bf_fail(e, BF_EFORMAT, "row %llu is not there, or damaged",
                           (unsigned long long)l->tree.size + 1);
        bf_merkle_append(&l->tree, leaf, put);
    }
    if (rows->count && l->tree.size < l->now.size) {
        ask_rows(l);
        return BF_OK;
    }
    bf_merkle_root(&l->tree, root);
    if (l->tree.size != l->now.size || memcmp(root, l->now.root, BF_HASH_LEN) != 0)
        return bf_fail(e, BF_EFORMAT,
                       "rows from %llu on are not those of the tree: run banfad audit verify",
                       (unsigned long long)l->row);
    return BF_OK;
}

static enum bf_err changed(struct bf_error *e) {
    return bf_fail(e, BF_EFORMAT,
                   "the tree is not the one that was signed: the journal was changed");
}

/* The root of what was signed, made from the tiles, and the proof that the head's tree begins with it. */
static enum bf_err prove(struct last *l, const struct bf_tiles *tiles, struct bf_error *e) {
    struct bf_merkle tree;
    struct bf_merkle_proof proof;
    uint8_t root[BF_HASH_LEN];
    enum bf_err err = bf_merkle_load(&tree, l->hasher, tiles, l->was.size, e);
    if (!err)
        err = bf_merkle_consistency(l->hasher, tiles, l->was.size, l->now.size, &proof, e);
    if (err)
        return err;
    bf_merkle_root(&tree, root);
    return memcmp(root, l->was.root, BF_HASH_LEN) == 0 &&
                   bf_merkle_consistent(l->hasher, l->was.size, l->now.size, l->was.root,
                                        l->now.root, &proof)
               ? BF_OK
               : changed(e);
}

static enum bf_err with_tiles(struct last *l, const struct bf_rows *rows, struct bf_error *e) {
    if (rows && !bf_hand_take(&l->hand, rows))
        return bf_fail(e, BF_EFORMAT, "a piece of the tree is missing: run banfad audit verify");
    const struct bf_tiles tiles = bf_hand_open(&l->hand);
    uint64_t from = l->now.size > REHASHED ? l->now.size - REHASHED : 0;
    if (from < l->was.size)
        from = l->was.size;
    l->row = from + 1;
    enum bf_err err = l->was.size ? prove(l, &tiles, e) : BF_OK;
    if (!err)
        err = bf_merkle_load(&l->tree, l->hasher, &tiles, from, e);
    if (!err && from < l->now.size) {
        ask_rows(l);
    } else if (err && bf_hand_wants(&l->hand, &l->tile)) {
        ask(l, BF_TABLE_TILE, &l->tile, 2, 1, with_tiles);
        err = BF_OK;
    }
    return err;
}

static enum bf_err with_head(struct last *l, const struct bf_rows *rows, struct bf_error *e) {
    const struct bf_row_head *head = rows->count ? rows->row : NULL;
    enum bf_err err = head ? bf_audit_root(head, &l->now, e) : BF_OK;
    if (err)
        return err;
    l->hasher = bf_hasher_new(head ? bf_merkle_kind(head->tree.p, head->tree.len) : BF_HASH_SHA256);
    if (!l->hasher)
        return no_memory(e);
    if (l->was.size > l->now.size)
        return bf_fail(e, BF_EFORMAT, "rows that were signed are not there");
    return with_tiles(l, NULL, e);
}

static enum bf_err read_last(struct last *l, struct bf_error *e) {
    bool there;
    jmp_buf jump;
    volatile enum bf_err err = BF_OK;
    bf_arena_on_exhausted(l->arena, &jump);
    if (setjmp(jump) == 0)
        err = bf_audit_last(l->service->config, l->arena, &there, &l->was, e);
    else
        err = no_memory(e);
    bf_arena_on_exhausted(l->arena, NULL);
    return err;
}

void bf_audit_look(struct bf_service *s, bf_audit_looked *then) {
    struct bf_error e;
    struct last *l = bf_malloc(sizeof *l);
    struct bf_arena *a = bf_arena_new(0);
    if (!l || !a) {
        bf_free(l);
        bf_arena_free(a);
        then(s, no_memory(&e), &e, 0, 0);
        return;
    }
    *l = (struct last){.service = s, .then = then, .arena = a, .hand = {.arena = a}};
    enum bf_err err = read_last(l, &e);
    if (err) {
        over(l, err, &e);
        return;
    }
    ask(l, BF_TABLE_HEAD, NULL, 0, 1, with_head);
    bf_store_read(s->store, &l->query, answered, l);
}
