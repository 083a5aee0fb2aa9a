/* verify: the tree against what is kept of it, and the derived tables against the journal. */
#include "engine/service/verify.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/service/rebuild.h"
#include "engine/service/tiling.h"
#include "lang/base/mem.h"

enum { LINES_TOLD = 10 };

static void tell(struct bf_verify *v, enum bf_text_id text, const bf_arg *args, int nargs) {
    v->findings++;
    v->found(v->ctx, text, args, nargs);
}

/* ---- the tree ---- */
struct made_tile {
    struct made_tile *next;
    uint32_t level;
    struct bf_tile tile;
    const uint8_t *hashes;
};

struct audit {
    struct bf_verify *v;
    struct bf_arena *a;
    struct bf_hasher *hasher;
    struct bf_tiling tiling;
    struct made_tile *above;                  /* of level 1 and higher, the newest first */
    uint8_t leaf[BF_TILE_WIDTH][BF_HASH_LEN]; /* of the page */
    uint32_t in_page, width;                  /* leaves computed; hashes kept of it */
    uint8_t kept[BF_TILE_BYTES];
    bf_instant recorded;
    uint64_t stop; /* a row is missing: what stands behind it cannot be told; 0 */
};

static void keep_tile(void *ctx, uint32_t level, struct bf_tile tile, const uint8_t *hashes) {
    struct audit *x = ctx;
    if (level == 0) /* compared a page at a time */
        return;
    struct made_tile *m = x->above;
    while (m && !(m->level == level && m->tile.index == tile.index))
        m = m->next;
    if (!m) {
        m = bf_new(x->a, struct made_tile);
        m->next = x->above;
        x->above = m;
    }
    m->level = level;
    m->tile = tile;
    m->hashes = bf_arena_copy(x->a, hashes, (size_t)tile.width * BF_HASH_LEN);
}

static void check_header(struct audit *x, const struct bf_row_journal *r) {
    const bf_arg row = bf_arg_int((int64_t)r->seq);
    struct bf_entry_head head;
    struct bf_error e;
    if (r->head.len != BF_ENTRY_HEAD ||
        bf_entry_head_read((const uint8_t *)r->head.p, &head, &e) != BF_OK) {
        tell(x->v, BF_T_AUDIT_HEADER, BF_ARGS(row));
        return;
    }
    if (head.seq != r->seq || head.partition != BF_CLOSED_PARTITION)
        tell(x->v, BF_T_AUDIT_OTHER_ROW, BF_ARGS(row, bf_arg_int((int64_t)head.seq)));
    if (head.recorded < x->recorded)
        tell(x->v, BF_T_AUDIT_TIME_BACK, BF_ARGS(row));
    x->recorded = head.recorded;
}

static void check_notes(struct audit *x) {
    uint8_t root[BF_HASH_LEN];
    for (uint32_t i = 0; i < x->v->note_count; i++) {
        const struct bf_verify_note *n = &x->v->notes[i];
        if (n->checkpoint.size != x->tiling.tree.size)
            continue;
        bf_merkle_root(&x->tiling.tree, root);
        if (memcmp(root, n->checkpoint.root, BF_HASH_LEN) != 0)
            tell(x->v, n->other ? BF_T_AUDIT_NOTE_OTHER : BF_T_AUDIT_NOTE_ROOT,
                 BF_ARGS(bf_arg_str(n->name), bf_arg_int((int64_t)n->checkpoint.size)));
    }
}

static enum bf_err check_row(void *ctx, const void *row, struct bf_error *e) {
    struct audit *x = ctx;
    const struct bf_row_journal *r = row;
    uint8_t *leaf = x->leaf[x->in_page];
    (void)e;
    if (x->stop)
        return BF_OK;
    if (r->seq != x->v->rows + 1) {
        x->stop = r->seq;
        tell(x->v, BF_T_AUDIT_MISSING,
             BF_ARGS(bf_arg_int((int64_t)x->v->rows + 1), bf_arg_int((int64_t)r->seq - 1)));
        return BF_OK;
    }
    check_header(x, r);
    if (!bf_row_leaf(x->hasher, r, leaf)) {
        tell(x->v, BF_T_AUDIT_SALT, BF_ARGS(bf_arg_int((int64_t)r->seq)));
        memset(leaf, 0, BF_HASH_LEN);
    }
    bf_tiling_add(&x->tiling, leaf);
    x->v->rows++;
    x->in_page++;
    check_notes(x);
    return BF_OK;
}

static enum bf_err take_leaves(void *ctx, const void *row, struct bf_error *e) {
    struct audit *x = ctx;
    bf_str bytes = ((const struct bf_row_tile *)row)->bytes;
    (void)e;
    if (bytes.len <= BF_TILE_BYTES && bytes.len % BF_HASH_LEN == 0) {
        memcpy(x->kept, bytes.p, bytes.len);
        x->width = bytes.len / BF_HASH_LEN;
    }
    return BF_OK;
}

/* A page of rows is what one tile of leaves holds. */
static enum bf_err check_page(struct audit *x, struct bf_error *e) {
    struct bf_row_journal behind = {.seq = x->v->rows};
    struct bf_query q = {.partition = BF_CLOSED_PARTITION,
                         .table = BF_TABLE_JOURNAL,
                         .at = &behind,
                         .after = true,
                         .limit = BF_TILE_WIDTH};
    struct bf_row_tile at = {.level = 0, .place = x->v->rows / BF_TILE_WIDTH};
    struct bf_query tile = {
        .partition = BF_CLOSED_PARTITION, .table = BF_TABLE_TILE, .at = &at, .same = 2, .limit = 1};
    uint64_t first = x->v->rows;
    x->in_page = x->width = 0;
    enum bf_err err = bf_closed_read(x->v->store, &q, check_row, x, e);
    if (!err && x->in_page)
        err = bf_closed_read(x->v->store, &tile, take_leaves, x, e);
    if (err)
        return err;
    if (x->width != x->in_page)
        tell(x->v, BF_T_AUDIT_TILE, BF_ARGS(bf_arg_int(0), bf_arg_int((int64_t)at.place)));
    for (uint32_t i = 0; i < x->in_page && i < x->width; i++)
        if (memcmp(x->leaf[i], x->kept + (size_t)i * BF_HASH_LEN, BF_HASH_LEN) != 0)
            tell(x->v, BF_T_AUDIT_ROW, BF_ARGS(bf_arg_int((int64_t)(first + i + 1))));
    return BF_OK;
}

static enum bf_err check_tile(void *ctx, const void *row, struct bf_error *e) {
    struct audit *x = ctx;
    const struct bf_row_tile *t = row;
    uint64_t leaf_tiles = (x->v->rows + BF_TILE_WIDTH - 1) / BF_TILE_WIDTH;
    (void)e;
    if (t->level == 0 && t->place < leaf_tiles)
        return BF_OK; /* was compared */
    for (const struct made_tile *m = x->above; m; m = m->next)
        if (m->level == t->level && m->tile.index == t->place &&
            t->bytes.len == m->tile.width * BF_HASH_LEN &&
            memcmp(t->bytes.p, m->hashes, t->bytes.len) == 0) {
            x->in_page++;
            return BF_OK;
        }
    tell(x->v, BF_T_AUDIT_TILE,
         BF_ARGS(bf_arg_int((int64_t)t->level), bf_arg_int((int64_t)t->place)));
    return BF_OK;
}

static enum bf_err check_tiles(struct audit *x, struct bf_error *e) {
    uint32_t made = 0;
    bf_tiling_tell(&x->tiling);
    for (const struct made_tile *m = x->above; m; m = m->next)
        made++;
    x->in_page = 0; /* from here: those that were found and right */
    uint64_t before = x->v->findings;
    enum bf_err err = bf_closed_walk(x->v->store, BF_TABLE_TILE, check_tile, x, e);
    if (!err && x->in_page < made && x->v->findings == before)
        tell(x->v, BF_T_AUDIT_TILES_MISSING, BF_ARGS(bf_arg_int((int64_t)(made - x->in_page))));
    return err;
}

static enum bf_err check_end(struct audit *x, const struct bf_row_head *head, struct bf_error *e) {
    uint8_t bytes[BF_MERKLE_BYTES_MAX];
    struct bf_verify *v = x->v;
    enum bf_err err = check_tiles(x, e);
    if (err)
        return err;
    size_t n = v->rows || head->tree.len ? bf_merkle_write(&x->tiling.tree, bytes) : 0;
    bf_merkle_root(&x->tiling.tree, v->root);
    if (head->seq != v->rows || head->size != v->rows)
        tell(v, BF_T_AUDIT_HEAD_SIZE,
             BF_ARGS(bf_arg_int((int64_t)head->seq), bf_arg_int((int64_t)v->rows)));
    else if (head->tree.len != n || (n && memcmp(head->tree.p, bytes, n) != 0))
        tell(v, BF_T_AUDIT_HEAD_TREE, BF_NOARGS);
    for (uint32_t i = 0; i < v->note_count; i++)
        if (v->notes[i].checkpoint.size > v->rows)
            tell(v, BF_T_AUDIT_NOTE_AHEAD,
                 BF_ARGS(bf_arg_str(v->notes[i].name),
                         bf_arg_int((int64_t)v->notes[i].checkpoint.size),
                         bf_arg_int((int64_t)v->rows)));
    return BF_OK;
}

/* Images and calendars are what their names, their hashes, say. */
static enum bf_err check_blob(void *ctx, const void *row, struct bf_error *e) {
    struct audit *x = ctx;
    const struct bf_row_blob *b = row;
    uint8_t hash[BF_SHA256_LEN];
    char hex[2 * BF_SHA256_LEN + 1] = "";
    bool fine = b->hash.len == BF_SHA256_LEN;
    (void)e;
    if (fine)
        bf_hex((const uint8_t *)b->hash.p, BF_SHA256_LEN, hex);
    bf_sha256(b->bytes.p, b->bytes.len, hash);
    if (fine && b->kind == BF_BLOB_IMAGE)
        fine = bf_closed_image(x->v->store, (const uint8_t *)b->hash.p) != NULL;
    else if (fine)
        fine = b->kind == BF_BLOB_CALENDAR && memcmp(hash, b->hash.p, BF_SHA256_LEN) == 0;
    if (!fine)
        tell(x->v, BF_T_AUDIT_BLOB, BF_ARGS(bf_arg_str(bf_str_of(hex))));
    return BF_OK;
}

enum bf_err bf_verify_tree(struct bf_verify *v, struct bf_error *e) {
    struct audit *x = bf_malloc(sizeof *x);
    struct bf_arena *a = bf_arena_new(0);
    struct bf_row_head head;
    struct bf_error unsound;
    enum bf_err err = x && a ? BF_OK : bf_fail(e, BF_ENOMEM, "out of memory");
    if (!err)
        *x = (struct audit){.v = v, .a = a, .recorded = INT64_MIN};
    v->findings = v->rows = 0;
    if (!err && (err = bf_closed_check(v->store, &unsound)) == BF_EFORMAT) {
        tell(v, BF_T_AUDIT_FILE, BF_ARGS(bf_arg_str(bf_str_of(unsound.text))));
        err = BF_OK;
    } else if (err && x && a) {
        *e = unsound;
    }
    if (!err)
        err = bf_closed_head(v->store, a, &head, e);
    if (!err && !(x->hasher = bf_hasher_new(bf_merkle_kind(head.tree.p, head.tree.len))))
        err = bf_fail(e, BF_ENOMEM, "out of memory");
    if (!err) {
        bf_tiling_init(&x->tiling, x->hasher, keep_tile, x);
        check_notes(x);
        do
            err = check_page(x, e);
        while (!err && !x->stop && x->in_page == BF_TILE_WIDTH);
        if (!err && !x->stop)
            err = check_end(x, &head, e);
        if (!err)
            err = bf_closed_walk(v->store, BF_TABLE_BLOB, check_blob, x, e);
        bf_hasher_free(x->hasher);
    }
    bf_arena_free(a);
    bf_free(x);
    return err;
}

/* ---- the derived tables ---- */
struct line {
    struct bf_buf text; /* without its newline */
    bool there;
};

static void next_line(FILE *f, struct line *l) {
    int c = getc(f);
    l->there = c != EOF;
    l->text.len = 0;
    for (; c != EOF && c != '\n'; c = getc(f))
        bf_buf_char(&l->text, (char)c);
}

static bool same_line(const struct line *x, const struct line *y) {
    return x->there == y->there && x->text.len == y->text.len &&
           (!x->text.len || memcmp(x->text.p, y->text.p, x->text.len) == 0);
}

static bf_str shown(const struct line *l) {
    return (bf_str){l->text.p, (uint32_t)(l->text.len < 400 ? l->text.len : 400)};
}

static enum bf_err compare(struct bf_verify *v, FILE *kept, FILE *made, struct bf_error *e) {
    struct line x, y;
    bf_buf_init(&x.text);
    bf_buf_init(&y.text);
    for (next_line(kept, &x), next_line(made, &y); (x.there || y.there) && v->findings < LINES_TOLD;
         next_line(kept, &x), next_line(made, &y))
        if (!same_line(&x, &y))
            tell(v, BF_T_VERIFY_DIFFERS, BF_ARGS(bf_arg_str(shown(&x)), bf_arg_str(shown(&y))));
    bool failed = x.text.failed || y.text.failed;
    bf_buf_fini(&x.text);
    bf_buf_fini(&y.text);
    if (ferror(kept) || ferror(made))
        return bf_fail(e, BF_EIO, "temporary file: %s", strerror(errno));
    return failed ? bf_fail(e, BF_ENOMEM, "out of memory") : BF_OK;
}

static enum bf_err dump_to(struct bf_closed *c, FILE **out, struct bf_error *e) {
    FILE *f = tmpfile();
    if (!f)
        return bf_fail(e, BF_EIO, "temporary file: %s", strerror(errno));
    enum bf_err err = bf_closed_dump(c, fileno(f), e);
    rewind(f);
    *out = f;
    return err;
}

/* A store in memory, made from the journal. */
static enum bf_err made_again(struct bf_closed *from, struct bf_memory *memory,
                              struct bf_closed **out, struct bf_error *e) {
    struct bf_store *store;
    struct bf_rebuilt done;
    enum bf_err err = bf_store_open_memory(memory, &(struct bf_store_options){0}, &store, e);
    if (err)
        return err;
    if (!(*out = bf_closed_over(store))) {
        bf_store_close(store);
        return bf_fail(e, BF_ENOMEM, "out of memory");
    }
    return bf_rebuild(from, *out, false, &done, e);
}

enum bf_err bf_verify_derived(struct bf_verify *v, struct bf_error *e) {
    struct bf_memory *memory = bf_memory_new();
    struct bf_closed *made = NULL;
    FILE *x = NULL, *y = NULL;
    struct bf_error why;
    v->findings = 0;
    if (!memory)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    enum bf_err err = made_again(v->store, memory, &made, &why);
    if (err == BF_EFORMAT) {
        tell(v, BF_T_VERIFY_UNREADABLE, BF_ARGS(bf_arg_str(bf_str_of(why.text))));
        err = BF_OK;
    } else if (err) {
        *e = why;
    } else {
        err = dump_to(v->store, &x, e);
        if (!err)
            err = dump_to(made, &y, e);
        if (!err)
            err = compare(v, x, y, e);
    }
    if (x)
        fclose(x);
    if (y)
        fclose(y);
    bf_closed_close(made);
    bf_memory_free(memory);
    return err;
}
