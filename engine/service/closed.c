/* closed: a mutex and a condition between the store's threads and the one that waits. */
#include "engine/service/closed.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "lang/base/mem.h"

enum { PAGE_ROWS = 256, IMAGE_LIMIT = 256 << 20 };

struct blob {
    struct blob *next;
    uint8_t hash[BF_SHA256_LEN];
    const struct bf_image *image;       /* NULL: a calendar, or not to be had */
    const struct bf_calendar *calendar; /* NULL: an image, or not to be had */
};

struct bf_closed {
    struct bf_store *store;
    struct bf_store_opened opened;
    struct bf_arena *arena; /* of the blobs */
    struct blob *blobs;
    pthread_mutex_t mutex;
    pthread_cond_t more;
    bool threads; /* the store works on threads of its own */
    bool woken;
};

static void wake(void *ctx) {
    struct bf_closed *c = ctx;
    pthread_mutex_lock(&c->mutex);
    c->woken = true;
    pthread_cond_signal(&c->more);
    pthread_mutex_unlock(&c->mutex);
}

/* Polls until it is done. */
static void wait_for(struct bf_closed *c, const bool *done) {
    for (bf_store_poll(c->store); !*done; bf_store_poll(c->store)) {
        pthread_mutex_lock(&c->mutex);
        while (c->threads && !c->woken)
            pthread_cond_wait(&c->more, &c->mutex);
        c->woken = false;
        pthread_mutex_unlock(&c->mutex);
    }
}

/* ---- opening and closing ---- */
struct bf_closed *bf_closed_over(struct bf_store *s) {
    struct bf_closed *c = bf_malloc(sizeof *c);
    if (!c)
        return NULL;
    *c = (struct bf_closed){.store = s, .arena = bf_arena_new(0)};
    if (!c->arena || pthread_mutex_init(&c->mutex, NULL) || pthread_cond_init(&c->more, NULL)) {
        bf_arena_free(c->arena);
        bf_free(c);
        return NULL;
    }
    return c;
}

static enum bf_err open_file(const char *path, bool must_exist, struct bf_closed **out,
                             struct bf_error *e) {
    struct bf_closed *c = bf_closed_over(NULL);
    if (!c)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    c->threads = true;
    struct bf_store_options o = {.wake = wake, .wake_ctx = c, .must_exist = must_exist};
    enum bf_err err = bf_store_open_sqlite(path, &o, &c->store, &c->opened, e);
    if (err)
        bf_closed_close(c);
    else
        *out = c;
    return err;
}

enum bf_err bf_closed_open(const char *path, struct bf_closed **out, struct bf_error *e) {
    if (access(path, F_OK) != 0) /* before a lock file is left beside it */
        return bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "%s: %s", path, strerror(errno));
    return open_file(path, true, out, e);
}

enum bf_err bf_closed_create(const char *path, struct bf_closed **out, struct bf_error *e) {
    if (access(path, F_OK) == 0)
        return bf_fail(e, BF_EIO, "%s: %s", path, strerror(EEXIST));
    return open_file(path, false, out, e);
}

void bf_closed_close(struct bf_closed *c) {
    if (!c)
        return;
    bf_store_close(c->store);
    pthread_cond_destroy(&c->more);
    pthread_mutex_destroy(&c->mutex);
    bf_arena_free(c->arena);
    bf_free(c);
}

struct bf_store *bf_closed_store(struct bf_closed *c) {
    return c->store;
}
bool bf_closed_outdated(const struct bf_closed *c) { return c->opened.rebuild; }

/* ---- reading ---- */
struct question {
    struct bf_error *e;
    enum bf_err err;
    void **rows; /* copies */
    uint32_t count;
    bool cut, done;
};

static size_t row_size(enum bf_table table) {
    static const size_t sizes[] = {
#define TABLE(id, name, cls, keys) sizeof(struct bf_row_##name),
#define COLUMN(table, kind, name)
#define END(name)
#include "engine/store/tables.def"
    };
    return sizes[table];
}

static void answer(void *ctx, enum bf_err err, const struct bf_error *e,
                   const struct bf_rows *rows) {
    struct question *q = ctx;
    q->done = true;
    q->err = err;
    if (err) {
        if (q->e)
            *q->e = *e;
        return;
    }
    q->cut = rows->cut;
    q->rows = bf_malloc((rows->count + 1) * sizeof *q->rows);
    for (uint32_t i = 0; q->rows && i < rows->count; i++) {
        q->rows[i] = bf_row_copy(rows->table, (const char *)rows->row + i * row_size(rows->table));
        if (!q->rows[i])
            break;
        q->count++;
    }
    if (q->count < rows->count || !q->rows)
        q->err = bf_fail(q->e, BF_ENOMEM, "out of memory");
}

static void forget(struct question *q) {
    for (uint32_t i = 0; i < q->count; i++)
        bf_free(q->rows[i]);
    bf_free(q->rows);
    *q = (struct question){.e = q->e};
}

/* With pages, asks again behind the last row until there is none. */
static enum bf_err ask(struct bf_closed *c, struct bf_query query, bool pages, bf_closed_each *each,
                       void *ctx, struct bf_error *e) {
    struct question q = {.e = e}, last = {.e = e};
    enum bf_err err = BF_OK;
    bool more = true;
    while (!err && more) {
        bf_store_read(c->store, &query, answer, &q);
        wait_for(c, &q.done);
        forget(&last);
        err = q.err;
        for (uint32_t i = 0; !err && i < q.count; i++)
            err = each(ctx, q.rows[i], e);
        more = pages && (q.count == query.limit || q.cut);
        if (more) {
            query.at = q.rows[q.count - 1];
            query.after = true;
        }
        last = q;
        q = (struct question){.e = e};
    }
    forget(&last);
    return err;
}

enum bf_err bf_closed_read(struct bf_closed *c, const struct bf_query *query, bf_closed_each *each,
                           void *ctx, struct bf_error *e) {
    return ask(c, *query, false, each, ctx, e);
}

enum bf_err bf_closed_walk(struct bf_closed *c, enum bf_table table, bf_closed_each *each,
                           void *ctx, struct bf_error *e) {
    struct bf_query q = {.partition = BF_CLOSED_PARTITION,
                         .table = table,
                         .limit = PAGE_ROWS,
                         .bytes = BF_PAGE_BYTES};
    return ask(c, q, true, each, ctx, e);
}

struct kept {
    struct bf_arena *a;
    struct bf_row_head head;
    bf_str text;
    uint64_t seq;
};

static enum bf_err keep_head(void *ctx, const void *row, struct bf_error *e) {
    struct kept *k = ctx;
    (void)e;
    k->head = *(const struct bf_row_head *)row;
    k->head.tree = bf_str_dup(k->a, k->head.tree);
    return BF_OK;
}

enum bf_err bf_closed_head(struct bf_closed *c, struct bf_arena *a, struct bf_row_head *out,
                           struct bf_error *e) {
    struct kept k = {.a = a};
    struct bf_query q = {.partition = BF_CLOSED_PARTITION, .table = BF_TABLE_HEAD, .limit = 1};
    enum bf_err err = bf_closed_read(c, &q, keep_head, &k, e);
    if (!err)
        *out = k.head;
    return err;
}

static enum bf_err keep_setting(void *ctx, const void *row, struct bf_error *e) {
    struct kept *k = ctx;
    (void)e;
    k->text = bf_str_dup(k->a, ((const struct bf_row_setting *)row)->json);
    k->seq = ((const struct bf_row_setting *)row)->seq;
    return BF_OK;
}

enum bf_err bf_closed_setting(struct bf_closed *c, struct bf_arena *a, const char *kind,
                              const char *id, bf_str *json, uint64_t *seq, struct bf_error *e) {
    struct kept k = {.a = a};
    struct bf_row_setting at = {.kind = bf_str_of(kind), .id = bf_str_of(id)};
    struct bf_query q = {.partition = BF_CLOSED_PARTITION,
                         .table = BF_TABLE_SETTING,
                         .at = &at,
                         .same = 2,
                         .limit = 1};
    enum bf_err err = bf_closed_read(c, &q, keep_setting, &k, e);
    if (!err)
        *json = k.text;
    if (!err && seq)
        *seq = k.seq;
    return err;
}

/* ---- blobs ---- */
static enum bf_err keep_blob(void *ctx, const void *row, struct bf_error *e) {
    struct kept *k = ctx;
    bf_str bytes = ((const struct bf_row_blob *)row)->bytes;
    (void)e;
    k->text = bf_str_dup(k->a, bytes);
    return BF_OK;
}

/* The bytes of that hash, which they must have. */
static bf_str blob_bytes(struct bf_closed *c, const uint8_t hash[BF_SHA256_LEN]) {
    struct kept k = {.a = c->arena};
    struct bf_row_blob at = {.hash = {(const char *)hash, BF_SHA256_LEN}};
    struct bf_query q = {
        .partition = BF_CLOSED_PARTITION, .table = BF_TABLE_BLOB, .at = &at, .same = 1, .limit = 1};
    struct bf_error e;
    return bf_closed_read(c, &q, keep_blob, &k, &e) ? (bf_str){NULL, 0} : k.text;
}

static struct blob *known(struct bf_closed *c, const uint8_t hash[BF_SHA256_LEN], bool *fresh) {
    for (struct blob *b = c->blobs; b; b = b->next)
        if (memcmp(b->hash, hash, BF_SHA256_LEN) == 0) {
            *fresh = false;
            return b;
        }
    struct blob *b = bf_new(c->arena, struct blob);
    memcpy(b->hash, hash, BF_SHA256_LEN);
    b->next = c->blobs;
    c->blobs = b;
    *fresh = true;
    return b;
}

const struct bf_image *bf_closed_image(void *closed, const uint8_t hash[BF_SHA256_LEN]) {
    struct bf_closed *c = closed;
    bool fresh;
    struct blob *b = known(c, hash, &fresh);
    bf_str bytes = fresh ? blob_bytes(c, hash) : (bf_str){NULL, 0};
    struct bf_image *m;
    struct bf_error e;
    if (bytes.p && bytes.len <= IMAGE_LIMIT &&
        bf_image_load(c->arena, bytes.p, bytes.len, &m, &e) == BF_OK &&
        memcmp(m->hash, hash, BF_SHA256_LEN) == 0)
        b->image = m;
    return b->image;
}

const struct bf_calendar *bf_closed_calendar(struct bf_closed *c, bf_str name,
                                             const uint8_t hash[BF_SHA256_LEN]) {
    bool fresh;
    struct blob *b = known(c, hash, &fresh);
    bf_str bytes = b->calendar ? (bf_str){NULL, 0} : blob_bytes(c, hash);
    const struct bf_calendar *cal;
    struct bf_error e;
    if (bytes.p &&
        bf_calendar_load(c->arena, name, bytes.p, bytes.len, BF_DAY_MAX, &cal, &e) == BF_OK &&
        memcmp(bf_calendar_hash(cal), hash, BF_SHA256_LEN) == 0)
        b->calendar = cal;
    return b->calendar;
}

void bf_closed_bring(struct bf_closed *c, const struct bf_image *m, const struct bf_calendar *cal) {
    bool fresh;
    known(c, m->hash, &fresh)->image = m;
    known(c, bf_calendar_hash(cal), &fresh)->calendar = cal;
}

/* ---- rows of the journal ---- */
bool bf_row_leaf(struct bf_hasher *h, const struct bf_row_journal *r, uint8_t leaf[BF_HASH_LEN]) {
    uint8_t body_hash[BF_HASH_LEN];
    if (r->head.len != BF_ENTRY_HEAD)
        return false;
    if (bf_row_gone(r))
        memcpy(body_hash, r->salt.p, BF_HASH_LEN);
    else if (r->salt.len == BF_MERKLE_SALT)
        bf_merkle_body(h, (const uint8_t *)r->salt.p, r->body.p, r->body.len, body_hash);
    else
        return false;
    bf_merkle_leaf(h, r->head.p, BF_ENTRY_HEAD, body_hash, leaf);
    return true;
}

enum bf_err bf_closed_entry(struct bf_closed *c, struct bf_arena *a, const struct bf_row_journal *r,
                            struct bf_entry *n, struct bf_error *e) {
    const struct bf_images images = {bf_closed_image, c};
    struct bf_entry_head head;
    if (r->head.len != BF_ENTRY_HEAD)
        return bf_fail(e, BF_EFORMAT, "its header is damaged");
    enum bf_err err = bf_entry_head_read((const uint8_t *)r->head.p, &head, e);
    if (err)
        return err;
    if (head.seq != r->seq)
        return bf_fail(e, BF_EFORMAT, "its header is of row %llu", (unsigned long long)head.seq);
    if (bf_row_gone(r)) {
        *n = (struct bf_entry){.head = head, .proc = BF_NONE, .day = BF_DAY_NONE, .gone = true};
        return BF_OK;
    }
    return bf_entry_read(&images, a, &head, r->body, n, e);
}

/* ---- writing ---- */
struct deed {
    struct bf_error *e;
    enum bf_err err;
    bool done;
};

static void deed_done(void *ctx, enum bf_err err, const struct bf_error *e) {
    struct deed *d = ctx;
    d->err = err;
    if (err && d->e)
        *d->e = *e;
    d->done = true;
}

enum bf_err bf_closed_submit(struct bf_closed *c, const struct bf_batch *b, struct bf_error *e) {
    struct deed d = {.e = e};
    bf_store_submit(c->store, b, deed_done, &d);
    wait_for(c, &d.done);
    return d.err;
}

enum bf_err bf_closed_check(struct bf_closed *c, struct bf_error *e) {
    struct deed d = {.e = e};
    bf_store_check(c->store, deed_done, &d);
    wait_for(c, &d.done);
    return d.err;
}

enum bf_err bf_closed_dump(struct bf_closed *c, int fd, struct bf_error *e) {
    struct deed d = {.e = e};
    bf_store_dump(c->store, BF_CLOSED_PARTITION, fd, deed_done, &d);
    wait_for(c, &d.done);
    return d.err;
}
