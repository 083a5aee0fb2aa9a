/* rebuild: see rebuild.h. */
#include "engine/service/rebuild.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/service/derive.h"
#include "engine/service/early.h"
#include "engine/service/tiling.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"

enum { BATCH_OPS = 2000 };

struct rebuild {
    struct bf_closed *from, *to;
    bool truth;
    struct bf_hasher *hasher;
    struct bf_tiling tiling;
    struct bf_arena *scratch; /* of one row, or one case */
    struct bf_batch batch;    /* in an arena of its own */
    struct bf_row_head head;  /* so far */
    uint64_t submitted;       /* the head's seq in `to` */
    uint64_t *last_seq;       /* of each case, from 1 */
    uint64_t last_cap;
    const struct bf_checkpoint *last; /* NULL: none */
    struct bf_checkpoint old;         /* the head as it was; of size 0 where it cannot be read */
    struct bf_rebuilt *out;
    uint8_t kept[BF_TILE_BYTES]; /* of the old tile of leaves at hand */
    uint32_t kept_width;
};

static enum bf_err no_memory(struct bf_error *e) { return bf_fail(e, BF_ENOMEM, "out of memory"); }

/* ---- batches ---- */
static void begin(struct rebuild *r) {
    bf_arena_reset(r->batch.arena);
    bf_batch_init(&r->batch, r->batch.arena, BF_CLOSED_PARTITION, r->submitted);
}

static void put_tile(void *ctx, uint32_t level, struct bf_tile tile, const uint8_t *hashes) {
    struct rebuild *r = ctx;
    uint32_t n = tile.width * BF_HASH_LEN;
    struct bf_row_tile row = {.level = level,
                              .place = tile.index,
                              .bytes = {bf_arena_copy(r->batch.arena, hashes, n), n}};
    bf_batch_put(&r->batch, BF_TABLE_TILE, &row);
}

static enum bf_err flush(struct rebuild *r, struct bf_error *e) {
    uint8_t tree[BF_MERKLE_BYTES_MAX];
    bf_tiling_tell(&r->tiling);
    size_t n = bf_merkle_write(&r->tiling.tree, tree);
    r->head.size = r->tiling.tree.size;
    r->head.tree = (bf_str){bf_arena_copy(r->batch.arena, tree, n), (uint32_t)n};
    r->batch.head = r->head;
    enum bf_err err = bf_closed_submit(r->to, &r->batch, e);
    r->submitted = r->head.seq;
    begin(r);
    return err;
}

static enum bf_err flush_if_full(struct rebuild *r, struct bf_error *e) {
    return r->batch.count < BATCH_OPS ? BF_OK : flush(r, e);
}

static bf_str kept(struct rebuild *r, bf_str s) { return bf_str_dup(r->batch.arena, s); }

/* ---- registers ---- */
/* {"register":NAME,"row":RECORD} of a row an operator put; with "seq", of one that a sealed case put in that row. */
static enum bf_err read_put(struct bf_arena *a, const struct bf_entry *n, const struct bf_canon *j,
                            struct bf_row_register *out, struct bf_error *e) {
    struct bf_value row;
    const struct bf_canon *name = bf_canon_member(j, "register"), *r = bf_canon_member(j, "row"),
                          *seq = bf_canon_member(j, "seq");
    for (uint32_t i = 0;
         n->image && name && name->kind == BF_CANON_TEXT && r && i < n->image->reg_count; i++)
        if (bf_str_eq(bf_i_text(n->image, n->image->reg[i].name), name->text) &&
            !bf_value_read_record(n->image, a, r, n->image->reg[i].record, &row)) {
            *out = bf_derive_register(a, n->image, i, row,
                                      seq && seq->kind == BF_CANON_INT ? (uint64_t)seq->i
                                                                       : n->head.seq);
            return BF_OK;
        }
    return bf_fail(e, BF_EFORMAT, "data: no row of a register of its policy");
}

enum bf_err bf_entry_puts(struct bf_arena *a, const struct bf_entry *n,
                          enum bf_err (*each)(void *ctx, const struct bf_row_register *row,
                                              struct bf_error *e),
                          void *ctx, struct bf_error *e) {
    struct bf_row_register row;
    struct bf_canon j = {.kind = BF_CANON_NULL};
    enum bf_err err = BF_OK;
    bool put = n->head.kind == BF_ENTRY_REGISTER, seal = n->head.kind == BF_ENTRY_SEAL;
    if ((put || seal) && !n->gone)
        err = bf_canon_read(a, n->data, &j, e);
    const struct bf_canon *puts = seal && !err ? bf_canon_member(&j, "puts") : NULL;
    if (put && !err && (err = read_put(a, n, &j, &row, e)) == BF_OK)
        err = each(ctx, &row, e);
    for (uint32_t i = 0; !err && puts && puts->kind == BF_CANON_LIST && i < puts->count; i++)
        if ((err = read_put(a, n, &puts->items[i], &row, e)) == BF_OK)
            err = each(ctx, &row, e);
    for (uint32_t i = 0; !err && i < n->fact_count; i++)
        if (n->facts[i].kind == BF_FACT_PUT) {
            row = bf_derive_register(a, n->image, n->facts[i].a, n->facts[i].v[0], n->head.seq);
            err = each(ctx, &row, e);
        }
    return err;
}

/* ---- row by row ---- */
static enum bf_err count_case(struct rebuild *r, const struct bf_row_journal *row, uint64_t number,
                              struct bf_error *e) {
    if (number > r->head.cases + 1)
        return bf_fail(e, BF_EFORMAT, "of case %llu, which was never started",
                       (unsigned long long)number);
    if (number >= r->last_cap) {
        uint64_t cap = r->last_cap ? r->last_cap * 2 : 1024;
        uint64_t *bigger = bf_realloc(r->last_seq, cap * sizeof *bigger);
        if (!bigger)
            return no_memory(e);
        r->last_seq = bigger;
        r->last_cap = cap;
    }
    if (number > r->head.cases) {
        r->head.cases = number;
        r->last_seq[number] = 0;
    }
    if (row->before != r->last_seq[number])
        return bf_fail(e, BF_EFORMAT, "names row %llu as the one of its case before, which is %llu",
                       (unsigned long long)row->before, (unsigned long long)r->last_seq[number]);
    r->last_seq[number] = row->seq;
    return BF_OK;
}

static void copy_row(struct rebuild *r, const struct bf_row_journal *row) {
    struct bf_row_journal copy = {.seq = row->seq,
                                  .before = row->before,
                                  .head = kept(r, row->head),
                                  .salt = kept(r, row->salt),
                                  .body = kept(r, row->body)};
    bf_batch_put(&r->batch, BF_TABLE_JOURNAL, &copy);
}

static enum bf_err put_register(void *ctx, const struct bf_row_register *row, struct bf_error *e) {
    struct rebuild *r = ctx;
    (void)e;
    bf_batch_put(&r->batch, BF_TABLE_REGISTER, row);
    return BF_OK;
}

/* An opening's key stands under no case, since it was sent before there was one. */
static void put_key(struct rebuild *r, const struct bf_entry *n) {
    enum bf_entry_kind kind = (enum bf_entry_kind)n->head.kind;
    bool opens = bf_entry_has_event(kind) && n->event.kind == BF_EVENT_OPEN;
    struct bf_row_keys row = {.number = opens ? 0 : n->head.number,
                              .principal = kept(r, n->principal),
                              .key = kept(r, n->key),
                              .seq = n->head.seq};
    if (n->key.len)
        bf_batch_put(&r->batch, BF_TABLE_KEYS, &row);
}

static bool sets(enum bf_entry_kind kind) {
    return kind == BF_ENTRY_POLICY || kind == BF_ENTRY_CALENDAR || kind == BF_ENTRY_DIRECTORY ||
           kind == BF_ENTRY_SETTING;
}

static enum bf_err derive_row(struct rebuild *r, const struct bf_entry *n, struct bf_error *e) {
    struct bf_derived d = {.arena = r->batch.arena};
    enum bf_err err = bf_entry_puts(r->batch.arena, n, put_register, r, e);
    put_key(r, n);
    if (!err && sets((enum bf_entry_kind)n->head.kind))
        err = bf_derive_settings(&d, n, e);
    for (uint32_t i = 0; !err && i < d.count; i++)
        (d.op[i].del ? bf_batch_del : bf_batch_put)(&r->batch, d.op[i].table, d.op[i].row);
    return err;
}

/* ---- against what was kept ---- */
static void conflict(struct rebuild *r, uint64_t size, bool is_signed) {
    if (!r->out->conflict) {
        r->out->conflict = size;
        r->out->conflict_signed = is_signed;
    }
}

static void hold_against(struct rebuild *r, const struct bf_checkpoint *kept, bool is_signed) {
    uint8_t root[BF_HASH_LEN];
    if (!kept || kept->size != r->tiling.tree.size)
        return;
    bf_merkle_root(&r->tiling.tree, root);
    if (memcmp(root, kept->root, BF_HASH_LEN) != 0)
        conflict(r, kept->size, is_signed);
}

/* Rows that were counted and are not there. */
static void hold_end(struct rebuild *r) {
    if (r->last && r->last->size > r->head.seq)
        conflict(r, r->last->size, true);
    if (r->old.size > r->head.seq)
        conflict(r, r->old.size, false);
}

static enum bf_err keep_leaves(void *ctx, const void *row, struct bf_error *e) {
    struct rebuild *r = ctx;
    bf_str bytes = ((const struct bf_row_tile *)row)->bytes;
    (void)e;
    if (bytes.len <= BF_TILE_BYTES) {
        memcpy(r->kept, bytes.p, bytes.len);
        r->kept_width = bytes.len / BF_HASH_LEN;
    }
    return BF_OK;
}

/* Only to name the row: a tile that is damaged, or not there, is what a rebuild mends. */
static enum bf_err compare_leaf(struct rebuild *r, uint64_t index, const uint8_t leaf[BF_HASH_LEN],
                                struct bf_error *e) {
    struct bf_row_tile at = {.level = 0, .place = index / BF_TILE_WIDTH};
    struct bf_query q = {
        .partition = BF_CLOSED_PARTITION, .table = BF_TABLE_TILE, .at = &at, .same = 2, .limit = 1};
    uint32_t i = (uint32_t)(index % BF_TILE_WIDTH);
    enum bf_err err = BF_OK;
    if (i == 0) {
        r->kept_width = 0;
        err = bf_closed_read(r->from, &q, keep_leaves, r, e);
    }
    if (!err && !r->out->first_row && i < r->kept_width &&
        memcmp(leaf, r->kept + (size_t)i * BF_HASH_LEN, BF_HASH_LEN) != 0)
        r->out->first_row = index + 1;
    return err;
}

static enum bf_err take_row(void *ctx, const void *p, struct bf_error *e) {
    struct rebuild *r = ctx;
    const struct bf_row_journal *row = p;
    uint8_t leaf[BF_HASH_LEN];
    struct bf_entry n;
    enum bf_err err = BF_OK;
    bf_arena_reset(r->scratch);
    if (row->seq != r->head.seq + 1)
        err = bf_fail(e, BF_EFORMAT, "row %llu is missing", (unsigned long long)r->head.seq + 1);
    else if (!bf_row_leaf(r->hasher, row, leaf))
        err = bf_fail(e, BF_EFORMAT, "its header or salt is damaged");
    if (!err)
        err = bf_closed_entry(r->from, r->scratch, row, &n, e);
    if (!err && n.head.number)
        err = count_case(r, row, n.head.number, e);
    if (!err && !n.gone)
        err = derive_row(r, &n, e);
    if (err) {
        bf_error_wrap(e, "row %llu", (unsigned long long)row->seq);
        return err;
    }
    if (r->truth && (err = compare_leaf(r, row->seq - 1, leaf, e)) != BF_OK)
        return err;
    bf_tiling_add(&r->tiling, leaf);
    hold_against(r, r->last, true);
    hold_against(r, &r->old, false);
    r->head.seq = row->seq;
    if (r->truth)
        copy_row(r, row);
    return flush_if_full(r, e);
}

/* ---- case by case ---- */
struct chain_row {
    struct bf_row_journal row;
    struct chain_row *later;
};
struct chain {
    struct rebuild *r;
    struct chain_row *first;
    uint64_t count, next;
};

static enum bf_err take_link(void *ctx, const void *p, struct bf_error *e) {
    struct chain *c = ctx;
    const struct bf_row_journal *row = p;
    struct chain_row *link = bf_new(c->r->scratch, struct chain_row);
    (void)e;
    link->row = *row;
    link->row.head = bf_str_dup(c->r->scratch, row->head);
    link->row.salt = bf_str_dup(c->r->scratch, row->salt);
    link->row.body = bf_str_dup(c->r->scratch, row->body);
    link->later = c->first;
    c->first = link;
    c->count++;
    c->next = row->before;
    return BF_OK;
}

static enum bf_err read_chain(struct chain *c, struct bf_error *e) {
    while (c->next) {
        struct bf_row_journal at = {.seq = c->next};
        struct bf_query q = {.partition = BF_CLOSED_PARTITION,
                             .table = BF_TABLE_JOURNAL,
                             .at = &at,
                             .chain = true,
                             .limit = 256,
                             .bytes = BF_PAGE_BYTES};
        uint64_t before = c->count;
        enum bf_err err = bf_closed_read(c->r->from, &q, take_link, c, e);
        if (err)
            return err;
        if (c->count == before)
            return bf_fail(e, BF_EFORMAT, "row %llu is missing", (unsigned long long)c->next);
    }
    return BF_OK;
}

static enum bf_err apply_chain(struct chain *c, struct bf_case **at, const struct bf_image **image,
                               struct bf_earlies *early, struct bf_error *e) {
    for (const struct chain_row *l = c->first; l; l = l->later) {
        struct bf_entry n;
        enum bf_err err = bf_closed_entry(c->r->from, c->r->scratch, &l->row, &n, e);
        if (!err)
            err = bf_entry_apply(c->r->scratch, &n, at, e);
        if (err) {
            bf_error_wrap(e, "row %llu", (unsigned long long)l->row.seq);
            return err;
        }
        bf_early_row(c->r->scratch, early, &n, l->row.body);
        if (n.image)
            *image = n.image;
    }
    return *at ? BF_OK : bf_fail(e, BF_EFORMAT, "its rows do not start it");
}

static enum bf_err derive_case(struct rebuild *r, uint64_t number, struct bf_error *e) {
    struct chain c = {.r = r, .next = r->last_seq[number]};
    const struct bf_image *m = NULL;
    struct bf_case *at = NULL;
    struct bf_earlies early = {0};
    bf_arena_reset(r->scratch);
    enum bf_err err = read_chain(&c, e);
    if (!err)
        err = apply_chain(&c, &at, &m, &early, e);
    if (err) {
        bf_error_wrap(e, "case %llu", (unsigned long long)number);
        return err;
    }
    struct bf_derived d = {.arena = r->scratch};
    struct bf_row_cases row =
        bf_derive_case(r->batch.arena, m, at, number, r->last_seq[number], c.count);
    bf_early_due(&row, &early);
    bf_batch_put(&r->batch, BF_TABLE_CASES, &row);
    bf_derive_work(&d, m, NULL, at, number);
    for (uint32_t i = 0; i < d.count; i++) {
        struct bf_row_work work = *(const struct bf_row_work *)d.op[i].row;
        work.who = kept(r, work.who); /* the case's, which goes before the batch does */
        work.item = kept(r, work.item);
        bf_batch_put(&r->batch, BF_TABLE_WORK, &work);
    }
    return flush_if_full(r, e);
}

/* ---- what stands beside ---- */
static enum bf_err copy_blob(void *ctx, const void *p, struct bf_error *e) {
    struct rebuild *r = ctx;
    const struct bf_row_blob *row = p;
    struct bf_row_blob copy = {
        .hash = kept(r, row->hash), .kind = row->kind, .bytes = kept(r, row->bytes)};
    bf_batch_put(&r->batch, BF_TABLE_BLOB, &copy);
    return flush_if_full(r, e);
}

static enum bf_err copy_delivery(void *ctx, const void *p, struct bf_error *e) {
    struct rebuild *r = ctx;
    struct bf_row_outbox copy = *(const struct bf_row_outbox *)p;
    copy.destination = kept(r, copy.destination);
    copy.body = kept(r, copy.body);
    bf_batch_put(&r->batch, BF_TABLE_OUTBOX, &copy);
    return flush_if_full(r, e);
}

static enum bf_err run(struct rebuild *r, struct bf_error *e) {
    enum bf_err err = BF_OK;
    begin(r);
    if (r->truth)
        err = bf_closed_walk(r->from, BF_TABLE_BLOB, copy_blob, r, e);
    if (!err)
        err = bf_closed_walk(r->from, BF_TABLE_JOURNAL, take_row, r, e);
    if (!err)
        hold_end(r);
    for (uint64_t number = 1; !err && number <= r->head.cases; number++)
        err = derive_case(r, number, e);
    if (!err && r->truth)
        err = bf_closed_walk(r->from, BF_TABLE_OUTBOX, copy_delivery, r, e);
    return err || (!r->head.seq && !r->batch.count) ? err : flush(r, e);
}

/* The tree is of one hash from the first row on. */
static enum bf_err find_hash(struct rebuild *r, struct bf_error *e) {
    struct bf_row_head head;
    enum bf_err err = bf_closed_head(r->from, r->scratch, &head, e);
    if (err)
        return err;
    r->hasher = bf_hasher_new(bf_merkle_kind(head.tree.p, head.tree.len));
    if (!r->hasher)
        return no_memory(e);
    struct bf_merkle tree;
    struct bf_error unreadable;
    if (head.tree.len &&
        bf_merkle_read(&tree, r->hasher, head.tree.p, head.tree.len, &unreadable) == BF_OK) {
        r->old.size = tree.size;
        bf_merkle_root(&tree, r->old.root);
    }
    return BF_OK;
}

static enum bf_err rebuild(struct bf_closed *from, struct bf_closed *to, bool truth,
                           const struct bf_checkpoint *last, struct bf_rebuilt *out,
                           struct bf_error *e) {
    struct rebuild *r = bf_malloc(sizeof *r);
    if (!r)
        return no_memory(e);
    *out = (struct bf_rebuilt){0};
    *r = (struct rebuild){.from = from, .to = to, .truth = truth, .last = last, .out = out};
    r->scratch = bf_arena_new(0);
    r->batch.arena = bf_arena_new(0);
    enum bf_err err = r->scratch && r->batch.arena ? find_hash(r, e) : no_memory(e);
    if (!err) {
        bf_tiling_init(&r->tiling, r->hasher, put_tile, r);
        err = run(r, e);
    }
    out->rows = r->head.seq;
    out->cases = r->head.cases;
    bf_hasher_free(r->hasher);
    bf_free(r->last_seq);
    bf_arena_free(r->batch.arena);
    bf_arena_free(r->scratch);
    bf_free(r);
    return err;
}

enum bf_err bf_rebuild(struct bf_closed *from, struct bf_closed *to, bool truth,
                       struct bf_rebuilt *out, struct bf_error *e) {
    return rebuild(from, to, truth, NULL, out, e);
}

/* ---- a file anew ---- */
static enum bf_err sync_folder(const char *path, struct bf_error *e) {
    char folder[BF_PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        enum bf_err err = bf_fail(e, BF_EIO, "sync %s: %s", folder, strerror(errno));
        if (fd >= 0)
            close(fd);
        return err;
    }
    close(fd);
    return BF_OK;
}

static void remove_new(const char *name) {
    char side[BF_PATH_MAX + 8];
    static const char *const tail[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof tail / sizeof *tail; i++) {
        snprintf(side, sizeof side, "%s%s", name, tail[i]);
        unlink(side);
    }
}

static bool same_file(const struct stat *x, const struct stat *y) {
    return x->st_ino == y->st_ino && x->st_size == y->st_size &&
           x->st_mtim.tv_sec == y->st_mtim.tv_sec && x->st_mtim.tv_nsec == y->st_mtim.tv_nsec;
}

/* The old store was closed so that SQLite is done with it: nobody must have served it meanwhile. */
static enum bf_err put_in_place(const char *name, const char *path, const struct stat *was,
                                struct bf_error *e) {
    struct stat now;
    char log[BF_PATH_MAX + 8];
    int lock = bf_store_lock(path, e);
    enum bf_err err = lock < 0 ? e->code : BF_OK;
    snprintf(log, sizeof log, "%s-wal", path);
    if (!err && access(log, F_OK) == 0) /* it would be taken for the new file's */
        err = bf_fail(e, BF_EIO, "%s is still there: the old file was not closed", log);
    if (!err && (stat(path, &now) != 0 || !same_file(was, &now)))
        err = bf_fail(e, BF_EBUSY, "%s was written meanwhile", path);
    if (!err && rename(name, path) != 0)
        err = bf_fail(e, BF_EIO, "rename %s: %s", name, strerror(errno));
    if (!err)
        err = sync_folder(path, e);
    if (lock >= 0)
        close(lock);
    return err;
}

enum bf_err bf_rebuild_file(const char *path, const struct bf_checkpoint *last, bool force,
                            struct bf_rebuilt *out, struct bf_error *e) {
    char name[BF_PATH_MAX];
    struct bf_closed *from = NULL, *to = NULL;
    struct stat was;
    *out = (struct bf_rebuilt){0};
    if ((size_t)snprintf(name, sizeof name, "%s.rebuild", path) >= sizeof name)
        return bf_fail(e, BF_ELIMIT, "the path is longer than %d bytes", BF_PATH_MAX);
    enum bf_err err = bf_closed_open(path, &from, e);
    if (err)
        return err;
    remove_new(name); /* of one that was cut off */
    err = bf_closed_create(name, &to, e);
    if (!err)
        err = rebuild(from, to, true, last, out, e);
    if (!err && out->conflict && !force)
        err = bf_fail(e, BF_EFORMAT, "the rows are not those that the tree was built from");
    bf_closed_close(to);
    bf_closed_close(from);
    if (!err && stat(path, &was) != 0)
        err = bf_fail(e, BF_EIO, "%s: %s", path, strerror(errno));
    if (!err)
        err = put_in_place(name, path, &was, e);
    remove_new(name);
    return err;
}
