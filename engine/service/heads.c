/* Heads: cases as their last step left them, read from their rows when they are asked for, and rows of registers. */
#include "engine/service/engine_parts.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum { CHAIN_ROWS = 256, SPARED = 4096 };

static uint64_t hash_of(uint64_t h, bf_str s) {
    for (uint32_t i = 0; i < s.len; i++)
        h = (h ^ (uint8_t)s.p[i]) * UINT64_C(0x100000001b3);
    return (h ^ s.len) * UINT64_C(0x100000001b3);
}
#define HASH_SEED UINT64_C(0xcbf29ce484222325)

uint64_t bf_key_hash(bf_str principal, bf_str key) {
    uint64_t h = hash_of(hash_of(HASH_SEED, principal), key);
    return h ? h : 1;
}

/* ---- heads ---- */

static struct bf_head **place_of(struct bf_engine *e, uint64_t number) {
    struct bf_head **p = &e->heads[number * UINT64_C(0x9E3779B97F4A7C15) >> (64 - BF_HEAD_BITS)];
    while (*p && (*p)->number != number)
        p = &(*p)->chain;
    return p;
}

static void unlink_age(struct bf_engine *e, struct bf_head *h) {
    *(h->newer ? &h->newer->older : &e->newest) = h->older;
    *(h->older ? &h->older->newer : &e->oldest) = h->newer;
}

static void link_newest(struct bf_engine *e, struct bf_head *h) {
    h->newer = NULL;
    h->older = e->newest;
    *(e->newest ? &e->newest->newer : &e->oldest) = h;
    e->newest = h;
}

void bf_engine_forget(struct bf_engine *e, struct bf_head *h) {
    struct bf_head **p = place_of(e, h->number);
    BF_ASSERT(*p == h);
    if (h->pins || h->first || h->loading || h->advancing)
        return;
    *p = h->chain;
    unlink_age(e, h);
    e->head_count--;
    bf_arena_free(h->arena);
    bf_free(h->keys);
    bf_free(h);
}

static void forget_cell(struct bf_engine *e, struct bf_reg_row *c);

/* While something is read, somebody waits who may need what was read before, however little may be kept: he must not
** lose the one for the other for ever. */
void bf_engine_evict(struct bf_engine *e) {
    uint32_t kept = e->o.cached_cases + (e->reading ? SPARED : 0);
    for (struct bf_head *h = e->oldest, *newer; h && e->head_count > kept; h = newer) {
        newer = h->newer;
        bf_engine_forget(e, h);
    }
    for (struct bf_reg_row *c = e->oldest_cell, *newer; c && e->cell_count > kept; c = newer) {
        newer = c->newer;
        if (!c->pins && !c->reading)
            forget_cell(e, c);
    }
}

static struct bf_head *head_made(struct bf_engine *e, uint64_t number) {
    struct bf_head *h = bf_malloc(sizeof *h);
    if (!h)
        return NULL;
    *h = (struct bf_head){.number = number};
    struct bf_head **place = place_of(e, number);
    BF_ASSERT(!*place);
    *place = h;
    link_newest(e, h);
    e->head_count++;
    return h;
}

struct bf_head *bf_engine_new_head(struct bf_engine *e, uint64_t number,
                                   const struct bf_engine_policy *p) {
    struct bf_head *h = *place_of(e, number); /* somebody may have asked for it too early */
    if (!h && !(h = head_made(e, number)))
        return NULL;
    BF_ASSERT(!h->c);
    h->policy = p;
    h->failed = BF_OK;
    h->calendar = p->calendar;
    h->early = (struct bf_earlies){0};
    h->last_seq = h->epoch = 0;
    return h;
}

struct bf_engine_policy *bf_engine_policy_of(const struct bf_engine *e, bf_str hash) {
    for (uint32_t i = 0; i < e->policy_count && hash.len == BF_SHA256_LEN; i++)
        if (memcmp(e->policies[i]->image->hash, hash.p, BF_SHA256_LEN) == 0)
            return e->policies[i];
    return NULL;
}

void bf_engine_retry_heads(struct bf_engine *e) {
    for (struct bf_head *h = e->newest; h; h = h->older)
        h->failed = BF_OK;
}

bool bf_head_room_for_key(struct bf_head *h) {
    if (h->key_count < h->key_cap)
        return true;
    uint32_t cap = h->key_cap ? h->key_cap * 2 : 4;
    struct bf_used_key *bigger = bf_realloc(h->keys, cap * sizeof *bigger);
    if (!bigger)
        return false;
    h->keys = bigger;
    h->key_cap = cap;
    return true;
}

/* ---- reading a head: its row, then its journal from the newest row back, then all applied in order ---- */

struct loading {
    struct bf_engine *e;
    struct bf_head *h;
    struct bf_arena *arena; /* becomes the head's */
    struct loaded_row {
        bf_str head, body;
        struct loaded_row *later;
    } * first;
    uint64_t next; /* row to read; 0: all are here */
};

static void loaded(struct loading *l, enum bf_err err, const struct bf_error *error) {
    struct bf_engine *e = l->e;
    struct bf_head *h = l->h;
    e->under_way--;
    e->reading--;
    h->loading = false;
    h->failed = h->c ? BF_OK : err;
    if (err || h->arena != l->arena) {
        bf_arena_free(l->arena);
    }
    if (err) {
        if (err != BF_ENOENT && err != BF_ENOMEM && err != BF_ELIMIT)
            bf_engine_die(e, error); /* a journal that cannot be read */
    }
    bf_free(l);
    bf_engine_advance(e, h);
    bf_engine_resume(e);
}

const struct bf_image *bf_engine_image_of(void *ctx, const uint8_t hash[BF_SHA256_LEN]) {
    const struct bf_engine_policy *p =
        bf_engine_policy_of(ctx, (bf_str){(const char *)hash, BF_SHA256_LEN});
    return p ? p->image : NULL;
}

static bool remember_key(struct bf_head *h, const struct bf_entry *n) {
    if (!n->key.len)
        return true;
    if (!bf_head_room_for_key(h))
        return false;
    h->keys[h->key_count++] = (struct bf_used_key){bf_key_hash(n->principal, n->key), n->head.seq};
    return true;
}

/* A body is never empty but where it was dropped. */
static enum bf_err read_entry(const struct bf_images *images, struct bf_arena *a,
                              const struct bf_entry_head *head, bf_str body, struct bf_entry *n,
                              struct bf_error *error) {
    if (body.len)
        return bf_entry_read(images, a, head, body, n, error);
    *n = (struct bf_entry){.head = *head, .proc = BF_NONE, .day = BF_DAY_NONE, .gone = true};
    return BF_OK;
}

static enum bf_err apply_rows(struct loading *l, struct bf_error *error) {
    struct bf_images images = {bf_engine_image_of, l->e};
    struct bf_head *h = l->h;
    for (const struct loaded_row *r = l->first; r; r = r->later) {
        struct bf_entry_head head;
        struct bf_entry n;
        enum bf_err err = r->head.len == BF_ENTRY_HEAD ? BF_OK : BF_EFORMAT;
        if (err)
            return bf_fail(error, err, "case %llu: a row's header is damaged",
                           (unsigned long long)h->number);
        if ((err = bf_entry_head_read((const uint8_t *)r->head.p, &head, error)) != BF_OK ||
            (err = read_entry(&images, l->arena, &head, r->body, &n, error)) != BF_OK ||
            (err = bf_entry_apply(l->arena, &n, &h->c, error)) != BF_OK)
            return err;
        if (!remember_key(h, &n))
            return bf_fail(error, BF_ENOMEM, "out of memory");
        if (!n.gone)
            h->calendar = bf_adopt_calendar_of(l->e, n.calendar);
        bf_early_row(l->arena, &h->early, &n, r->body);
        h->last_seq = head.seq;
        h->epoch++;
    }
    return h->c ? BF_OK
                : bf_fail(error, BF_EFORMAT, "case %llu: its rows do not start it",
                          (unsigned long long)h->number);
}

static void apply_all(struct loading *l) {
    struct bf_error error = {.code = BF_ENOMEM, .text = "out of memory"};
    struct bf_head *h = l->h;
    jmp_buf jump;
    volatile enum bf_err err = BF_ENOMEM;
    if (h->c) { /* it was started while we looked for it */
        loaded(l, BF_OK, NULL);
        return;
    }
    h->last_seq = h->epoch = h->key_count = 0; /* of an earlier try */
    h->early = (struct bf_earlies){0};
    bf_arena_on_exhausted(l->arena, &jump);
    if (setjmp(jump) == 0)
        err = apply_rows(l, &error);
    bf_arena_on_exhausted(l->arena, NULL);
    if (err) {
        h->c = NULL;
        h->key_count = 0;
    } else {
        h->arena = l->arena;
    }
    loaded(l, err, &error);
}

static void rows_loaded(void *ctx, enum bf_err err, const struct bf_error *e,
                        const struct bf_rows *rows);

static void read_rows(struct loading *l) {
    struct bf_row_journal at = {.seq = l->next};
    struct bf_query q = {.partition = l->e->o.partition,
                         .table = BF_TABLE_JOURNAL,
                         .at = &at,
                         .chain = true,
                         .limit = CHAIN_ROWS,
                         .bytes = BF_PAGE_BYTES};
    bf_store_read(l->e->store, &q, rows_loaded, l);
}

static bool take_rows(struct loading *l, const struct bf_rows *rows) {
    const struct bf_row_journal *row = rows->row;
    jmp_buf jump;
    bf_arena_on_exhausted(l->arena, &jump);
    if (setjmp(jump))
        return false;
    for (uint32_t i = 0; i < rows->count; i++) {
        struct loaded_row *r = bf_new(l->arena, struct loaded_row);
        *r = (struct loaded_row){bf_str_dup(l->arena, row[i].head),
                                 bf_str_dup(l->arena, row[i].body), l->first};
        l->first = r;
        l->next = row[i].before;
    }
    bf_arena_on_exhausted(l->arena, NULL);
    return true;
}

static void rows_loaded(void *ctx, enum bf_err err, const struct bf_error *e,
                        const struct bf_rows *rows) {
    struct loading *l = ctx;
    struct bf_error none = {.code = BF_ENOMEM, .text = "out of memory"};
    if (err)
        loaded(l, err, e);
    else if (!rows->count)
        loaded(l, BF_EFORMAT,
               &(struct bf_error){.code = BF_EFORMAT, .text = "a case's rows are missing"});
    else if (!take_rows(l, rows))
        loaded(l, BF_ENOMEM, &none);
    else if (l->next)
        read_rows(l);
    else
        apply_all(l);
}

static void case_loaded(void *ctx, enum bf_err err, const struct bf_error *e,
                        const struct bf_rows *rows) {
    struct loading *l = ctx;
    struct bf_error none = {.code = BF_ENOENT, .text = "no such case"};
    if (err || l->h->c) { /* … it was started while we looked for it */
        loaded(l, err, e);
        return;
    }
    const struct bf_row_cases *row = rows->count ? rows->row : NULL;
    l->h->policy = row ? bf_engine_policy_of(l->e, row->policy) : NULL;
    if (!l->h->policy) {
        loaded(l, BF_ENOENT, &none);
        return;
    }
    l->next = row->last_seq;
    read_rows(l);
}

bool bf_engine_load(struct bf_engine *e, struct bf_head *h) {
    struct loading *l = bf_malloc(sizeof *l);
    if (!l)
        return false;
    *l = (struct loading){.e = e, .h = h, .arena = bf_arena_new(0)};
    if (!l->arena) {
        bf_free(l);
        return false;
    }
    h->loading = true;
    h->failed = BF_OK;
    e->under_way++;
    e->reading++;
    struct bf_row_cases at = {.number = h->number};
    struct bf_query q = {
        .partition = e->o.partition, .table = BF_TABLE_CASES, .at = &at, .same = 1, .limit = 1};
    bf_store_read(e->store, &q, case_loaded, l);
    return true;
}

struct bf_head *bf_engine_head(struct bf_engine *e, uint64_t number) {
    struct bf_head *h = *place_of(e, number);
    if (!h && !(h = head_made(e, number)))
        return NULL;
    unlink_age(e, h);
    link_newest(e, h);
    h->pins++; /* a read may end at once, and nobody waits for it yet */
    bool there = h->c || h->loading || h->failed == BF_ENOENT || bf_engine_load(e, h);
    h->pins--;
    return there ? h : NULL;
}

/* ---- registers ---- */

static void cell_loaded(void *ctx, enum bf_err err, const struct bf_error *error,
                        const struct bf_rows *rows) {
    struct bf_reg_row *c = ctx;
    struct bf_engine *e = c->engine;
    const struct bf_row_register *row = !err && rows->count ? rows->row : NULL;
    e->under_way--;
    e->reading--;
    c->reading = false;
    if (!c->here) { /* else it was put meanwhile */
        char *p = row ? bf_malloc(row->row.len + 1) : NULL;
        if (p)
            memcpy(p, row->row.p, row->row.len);
        if (p)
            c->row = (bf_str){p, row->row.len};
        c->seq = row ? row->seq : 0;
        c->here = !err && (p || !row);
        c->failed = !c->here;
    }
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        bf_engine_die(e, error);
    bf_engine_resume(e);
}

static struct bf_reg_row **cell_place(struct bf_engine *e, uint64_t hash, bf_str name, bf_str key) {
    struct bf_reg_row **p = &e->cells[hash >> (64 - BF_HEAD_BITS)], *c;
    while ((c = *p) && !(c->hash == hash && bf_str_eq(c->name, name) && bf_str_eq(c->key, key)))
        p = &c->chain;
    return p;
}

static void unlink_cell(struct bf_engine *e, struct bf_reg_row *c) {
    *(c->newer ? &c->newer->older : &e->newest_cell) = c->older;
    *(c->older ? &c->older->newer : &e->oldest_cell) = c->newer;
}

static void link_newest_cell(struct bf_engine *e, struct bf_reg_row *c) {
    c->newer = NULL;
    c->older = e->newest_cell;
    *(e->newest_cell ? &e->newest_cell->newer : &e->oldest_cell) = c;
    e->newest_cell = c;
}

static void forget_cell(struct bf_engine *e, struct bf_reg_row *c) {
    struct bf_reg_row **p = cell_place(e, c->hash, c->name, c->key);
    BF_ASSERT(*p == c);
    *p = c->chain;
    unlink_cell(e, c);
    e->cell_count--;
    bf_free((void *)c->row.p);
    bf_free(c);
}

static struct bf_reg_row *cell_made(struct bf_engine *e, uint64_t hash, bf_str name, bf_str key) {
    char *texts = bf_malloc(sizeof(struct bf_reg_row) + name.len + key.len);
    if (!texts)
        return NULL;
    struct bf_reg_row *c = (struct bf_reg_row *)(void *)texts;
    texts += sizeof *c;
    memcpy(texts, name.p, name.len);
    memcpy(texts + name.len, key.p, key.len);
    *c = (struct bf_reg_row){
        .engine = e, .hash = hash, .name = {texts, name.len}, .key = {texts + name.len, key.len}};
    link_newest_cell(e, c);
    e->cell_count++;
    return c;
}

struct bf_reg_row *bf_engine_cell(struct bf_engine *e, bf_str name, bf_str key, bool read) {
    uint64_t hash = hash_of(hash_of(HASH_SEED, name), key);
    struct bf_reg_row **p = cell_place(e, hash, name, key), *c = *p;
    if (!c && !(c = *p = cell_made(e, hash, name, key)))
        return NULL;
    unlink_cell(e, c);
    link_newest_cell(e, c);
    if (read && !c->here && !c->reading) {
        struct bf_row_register at = {.name = c->name, .key = c->key};
        struct bf_query q = {.partition = e->o.partition,
                             .table = BF_TABLE_REGISTER,
                             .at = &at,
                             .same = 2,
                             .limit = 1};
        if (c->failed) { /* no memory, or too slow: the command hears of it */
            c->failed = false;
            return NULL;
        }
        c->reading = true;
        e->under_way++;
        e->reading++;
        bf_store_read(e->store, &q, cell_loaded, c);
    }
    return c;
}

void bf_engine_forget_cells(struct bf_engine *e) {
    while (e->newest_cell)
        forget_cell(e, e->newest_cell);
}
