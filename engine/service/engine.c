/* Engine; see engine.h. A command goes: bf_engine_command ▸ queue of its head ▸ run_work (attempt.c) ▸ forming round
** ▸ bf_engine_flush ▸ written ▸ its answer. */
#include "engine/service/engine_parts.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum { ATTEMPT_BYTES = 64 << 20, CHAIN_ROWS = 256 };

static void advance(struct bf_engine *e, struct bf_head *h);
static void wait_in_line(struct bf_engine *e, struct bf_head *h);
static void resume_stalled(struct bf_engine *e);
static void run_page(struct bf_engine *e);

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

static void die(struct bf_engine *e, const struct bf_error *error) {
    if (!e->dead) {
        e->dead = true;
        e->o.fatal(e->o.ctx, error);
    }
}

/* ---- heads ---- */

static struct bf_head **place_of(struct bf_engine *e, uint64_t number) {
    struct bf_head **p = &e->heads[number * UINT64_C(0x9E3779B97F4A7C15) >> 54];
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

static void evict(struct bf_engine *e) {
    for (struct bf_head *h = e->oldest, *newer; h && e->head_count > e->o.cached_cases; h = newer) {
        newer = h->newer;
        bf_engine_forget(e, h);
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
    h->last_seq = h->epoch = 0;
    return h;
}

static struct bf_engine_policy *policy_of(const struct bf_engine *e, bf_str hash) {
    for (uint32_t i = 0; i < e->policy_count && hash.len == BF_SHA256_LEN; i++)
        if (memcmp(e->policies[i]->image->hash, hash.p, BF_SHA256_LEN) == 0)
            return e->policies[i];
    return NULL;
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
    h->loading = false;
    h->failed = h->c ? BF_OK : err;
    if (err || h->arena != l->arena) {
        bf_arena_free(l->arena);
    }
    if (err) {
        if (err != BF_ENOENT && err != BF_ENOMEM && err != BF_ELIMIT)
            die(e, error); /* a journal that cannot be read */
    }
    bf_free(l);
    advance(e, h);
    resume_stalled(e);
}

static const struct bf_image *image_of(void *ctx, const uint8_t hash[BF_SHA256_LEN]) {
    const struct bf_engine_policy *p = policy_of(ctx, (bf_str){(const char *)hash, BF_SHA256_LEN});
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

static enum bf_err apply_rows(struct loading *l, struct bf_error *error) {
    struct bf_images images = {image_of, l->e};
    struct bf_head *h = l->h;
    for (const struct loaded_row *r = l->first; r; r = r->later) {
        struct bf_entry_head head;
        struct bf_entry n;
        enum bf_err err = r->head.len == BF_ENTRY_HEAD ? BF_OK : BF_EFORMAT;
        if (err)
            return bf_fail(error, err, "case %llu: a row's header is damaged",
                           (unsigned long long)h->number);
        if ((err = bf_entry_head_read((const uint8_t *)r->head.p, &head, error)) != BF_OK ||
            (err = bf_entry_read(&images, l->arena, &head, r->body, &n, error)) != BF_OK ||
            (err = bf_entry_apply(l->arena, &n, &h->c, error)) != BF_OK)
            return err;
        if (!remember_key(h, &n))
            return bf_fail(error, BF_ENOMEM, "out of memory");
        h->last_seq = head.seq;
        h->epoch++;
    }
    return h->c ? BF_OK
                : bf_fail(error, BF_EFORMAT, "case %llu: its rows do not start it",
                          (unsigned long long)h->number);
}

static void apply_all(struct loading *l) {
    struct bf_error error = {BF_ENOMEM, "out of memory"};
    struct bf_head *h = l->h;
    jmp_buf jump;
    volatile enum bf_err err = BF_ENOMEM;
    if (h->c) { /* it was started while we looked for it */
        loaded(l, BF_OK, NULL);
        return;
    }
    h->last_seq = h->epoch = h->key_count = 0; /* of an earlier try */
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
                         .limit = CHAIN_ROWS};
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
    struct bf_error none = {BF_ENOMEM, "out of memory"};
    if (err)
        loaded(l, err, e);
    else if (!rows->count)
        loaded(l, BF_EFORMAT, &(struct bf_error){BF_EFORMAT, "a case's rows are missing"});
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
    struct bf_error none = {BF_ENOENT, "no such case"};
    if (err) {
        loaded(l, err, e);
        return;
    }
    const struct bf_row_cases *row = rows->count ? rows->row : NULL;
    l->h->policy = row ? policy_of(l->e, row->policy) : NULL;
    if (!l->h->policy) {
        loaded(l, BF_ENOENT, &none);
        return;
    }
    l->next = row->last_seq;
    read_rows(l);
}

static bool load(struct bf_engine *e, struct bf_head *h) {
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
    if (!h->c && !h->loading && h->failed != BF_ENOENT && !load(e, h))
        return NULL;
    return h;
}

/* ---- registers ---- */

static void cell_loaded(void *ctx, enum bf_err err, const struct bf_error *error,
                        const struct bf_rows *rows) {
    struct bf_reg_row *c = ctx;
    struct bf_engine *e = c->engine;
    const struct bf_row_register *row = !err && rows->count ? rows->row : NULL;
    e->under_way--;
    c->reading = false;
    if (!c->here) { /* else it was put meanwhile */
        char *p = row ? bf_malloc(row->row.len + 1) : NULL;
        if (p)
            memcpy(p, row->row.p, row->row.len);
        if (p)
            c->row = (bf_str){p, row->row.len};
        c->here = !err && (p || !row);
        c->failed = !c->here;
    }
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        die(e, error);
    resume_stalled(e);
}

struct bf_reg_row *bf_engine_cell(struct bf_engine *e, bf_str name, bf_str key) {
    uint64_t hash = hash_of(hash_of(HASH_SEED, name), key);
    struct bf_reg_row **p = &e->cells[hash % BF_TABLE_SLOTS], *c;
    while ((c = *p) && !(c->hash == hash && bf_str_eq(c->name, name) && bf_str_eq(c->key, key)))
        p = &c->chain;
    if (!c) {
        char *texts = bf_malloc(sizeof *c + name.len + key.len);
        if (!texts)
            return NULL;
        c = (struct bf_reg_row *)(void *)texts;
        texts += sizeof *c;
        memcpy(texts, name.p, name.len);
        memcpy(texts + name.len, key.p, key.len);
        *c = (struct bf_reg_row){.engine = e,
                                 .hash = hash,
                                 .name = {texts, name.len},
                                 .key = {texts + name.len, key.len}};
        *p = c;
    }
    if (!c->here && !c->reading) {
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
        bf_store_read(e->store, &q, cell_loaded, c);
    }
    return c;
}

static void forget_cells(struct bf_engine *e) {
    for (uint32_t i = 0; i < BF_TABLE_SLOTS; i++)
        for (struct bf_reg_row *c; (c = e->cells[i]) != NULL;) {
            e->cells[i] = c->chain;
            bf_free((void *)c->row.p);
            bf_free(c);
        }
}

/* ---- answers ---- */

static void answer(struct bf_work *w) {
    w->engine->under_way--;
    w->command.answer(w->command.ctx, &w->result);
    bf_arena_free(w->arena); /* it holds the work too */
}

static void drop_opening(struct bf_work *w) {
    struct bf_work **p = &w->engine->openings;
    while (*p != w)
        p = &(*p)->next_opening;
    *p = w->next_opening;
}

/* Out of its queue; then its answer, or its place in a round. */
static void leave_queue(struct bf_work *w) {
    struct bf_head *h = w->head;
    if (h && h->first == w) {
        h->first = w->next;
        if (!h->first)
            h->last = NULL;
    }
    w->next = NULL;
}

static void follow(struct bf_work *leader);

static void answer_now(struct bf_work *w, enum bf_answer_kind kind) {
    w->result.kind = kind;
    leave_queue(w);
    if (!w->head) {
        drop_opening(w);
        follow(w);
    }
    answer(w);
}

/* ---- the same key again: told from its row ---- */

static void run_work(struct bf_work *w);

static bool is_twin(const struct bf_work *w, const struct bf_entry *n) {
    return bf_str_eq(n->principal, w->command.principal) && bf_str_eq(n->key, w->command.key);
}

static enum bf_answer_kind tell_row(struct bf_work *w, const struct bf_row_journal *row,
                                    struct bf_error *error) {
    struct bf_images images = {image_of, w->engine};
    struct bf_entry_head head;
    struct bf_entry n;
    jmp_buf jump;
    volatile enum bf_err err = row->head.len == BF_ENTRY_HEAD ? BF_ENOMEM : BF_EFORMAT;
    bf_arena_on_exhausted(w->arena, &jump);
    if (err == BF_ENOMEM && setjmp(jump) == 0) {
        err = bf_entry_head_read((const uint8_t *)row->head.p, &head, error);
        if (!err)
            err =
                bf_entry_read(&images, w->arena, &head, bf_str_dup(w->arena, row->body), &n, error);
    }
    bf_arena_on_exhausted(w->arena, NULL);
    if (err)
        return err == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE;
    if (!is_twin(w, &n))
        return BF_ANSWER_NO_CASE; /* two keys of one hash: not this one */
    if (memcmp(n.body_hash, w->command.body_hash, sizeof n.body_hash) != 0)
        return BF_ANSWER_OTHER_BODY;
    w->result = (struct bf_answer){.again = true,
                                   .seq = head.seq,
                                   .number = head.number,
                                   .image = n.image,
                                   .facts = n.facts,
                                   .fact_count = n.fact_count};
    return head.kind == BF_ENTRY_STEP ? BF_ANSWER_DONE : BF_ANSWER_REFUSED;
}

static void twin_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct bf_work *w = ctx;
    struct bf_engine *engine = w->engine;
    struct bf_head *h = w->head;
    struct bf_error error = {BF_OK, ""};
    w->reading = false;
    if (err || !rows->count) {
        if (err && err != BF_ENOMEM && err != BF_ELIMIT)
            die(engine, e);
        answer_now(w, err == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE);
    } else {
        enum bf_answer_kind kind = tell_row(w, rows->row, &error);
        if (kind == BF_ANSWER_STORE)
            die(engine, &error);
        if (kind == BF_ANSWER_NO_CASE) {
            w->hash_is_known = true;
            run_work(w);
        } else {
            answer_now(w, kind);
        }
    }
    if (h)
        advance(engine, h);
}

static void read_twin(struct bf_work *w) {
    struct bf_row_journal at = {.seq = w->twin};
    struct bf_query q = {.partition = w->engine->o.partition,
                         .table = BF_TABLE_JOURNAL,
                         .at = &at,
                         .same = 1,
                         .limit = 1};
    w->reading = true;
    bf_store_read(w->engine->store, &q, twin_read, w);
}

/* The work's key was used for that row: its answer waits until the row is durable. */
static void become_twin(struct bf_work *w, uint64_t seq) {
    w->twin = seq;
    if (seq <= w->engine->committed)
        read_twin(w);
    /* else the round that holds the row resumes it */
}

/* An opening is over: those with its key that came meanwhile get its row's answer, or are the next to try. */
static void follow(struct bf_work *leader) {
    struct bf_work *next;
    uint64_t seq = leader->result.seq;
    for (struct bf_work *w = leader->engine->openings; w; w = next) {
        next = w->next_opening;
        if (w->leader != leader)
            continue;
        w->leader = NULL;
        if (seq) {
            become_twin(w, seq);
        } else {
            for (struct bf_work *x = leader->engine->openings; x; x = x->next_opening)
                if (x->leader == leader)
                    x->leader = w;
            w->stalled = true;
            return;
        }
    }
}

/* ---- rounds ---- */

static struct bf_round *forming(struct bf_engine *e) {
    if (e->forming)
        return e->forming;
    struct bf_arena *a = bf_arena_new(0);
    struct bf_round *r = a ? bf_malloc(sizeof *r) : NULL;
    if (!r) {
        bf_arena_free(a);
        return NULL;
    }
    *r = (struct bf_round){.engine = e, .arena = a};
    r->last = &r->first;
    bf_batch_init(&r->batch, a, e->o.partition, e->seq);
    return e->forming = r;
}

static void release(struct bf_round *r) {
    for (struct bf_kept *k = r->kept; k; k = k->next)
        bf_arena_free(k->garbage);
    bf_arena_free(r->arena);
    bf_free(r);
}

static void answer_all(struct bf_round *r, bool full) {
    for (struct bf_work *w = r->first, *next; w; w = next) {
        next = w->next;
        if (full)
            w->result = (struct bf_answer){.kind = BF_ANSWER_FULL};
        if (!w->head) {
            drop_opening(w);
            follow(w);
        }
        answer(w);
    }
}

/* What a round that is not durable did is forgotten. */
static void undo(struct bf_round *r) {
    for (struct bf_kept *k = r->kept; k; k = k->next) {
        if (k->head) {
            struct bf_head *h = k->head;
            h->pins--;
            bf_arena_free(h->arena);
            h->arena = NULL;
            h->c = NULL;
            h->key_count = 0;
            bf_engine_forget(r->engine, h);
        }
        if (k->cell) {
            k->cell->pins--;
            k->cell->here = false;
            bf_free((void *)k->cell->row.p);
            k->cell->row = (bf_str){0};
        }
    }
}

static void unpin(struct bf_round *r) {
    for (struct bf_kept *k = r->kept; k; k = k->next) {
        if (k->head)
            k->head->pins--;
        if (k->cell)
            k->cell->pins--;
    }
}

/* A head whose first command waits; pinned while it stands here. */
static void wait_in_line(struct bf_engine *e, struct bf_head *h) {
    if (h->waiting)
        return;
    h->waiting = true;
    h->pins++;
    h->next_waiting = NULL;
    *(e->waiting ? &e->waiting_last->next_waiting : &e->waiting) = h;
    e->waiting_last = h;
    e->waiting_count++;
}

static struct bf_head *next_in_line(struct bf_engine *e) {
    struct bf_head *h = e->waiting;
    e->waiting = h->next_waiting;
    e->waiting_count--;
    h->waiting = false;
    h->pins--;
    return h;
}

/* Everybody whose wait may be over gets one try: who must wait again does so behind the others. */
static void resume_stalled(struct bf_engine *e) {
    if (e->dead || e->resuming)
        return;
    e->resuming = true;
    for (struct bf_work *w = e->openings; w; w = w->next_opening) {
        w->resume = w->stalled || (w->twin && !w->reading && w->twin <= e->committed);
        w->stalled = false;
    }
    for (struct bf_work *w = e->openings; w;) {
        if (!w->resume) {
            w = w->next_opening;
            continue;
        }
        w->resume = false;
        run_work(w);
        w = e->openings; /* the list may have changed */
    }
    for (uint32_t n = e->waiting_count; n && !e->dead; n--)
        advance(e, next_in_line(e));
    run_page(e);
    e->resuming = false;
}

/* The row that a key was used for is not there after all: the command is as if it were the first. */
static void forget_twins(struct bf_engine *e) {
    for (struct bf_work *w = e->openings; w; w = w->next_opening)
        if (w->twin > e->committed) {
            w->twin = 0;
            w->stalled = true;
        }
    for (struct bf_head *h = e->waiting; h; h = h->next_waiting)
        if (h->first && h->first->twin > e->committed)
            h->first->twin = 0;
}

static void written(void *ctx, enum bf_err err, const struct bf_error *error) {
    struct bf_round *r = ctx;
    struct bf_engine *e = r->engine;
    BF_ASSERT(e->flying == r);
    e->flying = NULL;
    e->under_way--;
    if (err && err != BF_EFULL) {
        die(e, error);
        e->flying = r; /* answers nobody */
        return;
    }
    if (err) {
        struct bf_round *later = e->forming;
        e->forming = NULL;
        e->seq = e->committed;
        e->cases = e->committed_cases;
        if (later)
            undo(later);
        undo(r);
        forget_twins(e);
        answer_all(r, true);
        if (later) {
            answer_all(later, true);
            release(later);
        }
    } else {
        e->committed = r->batch.head.seq;
        e->committed_cases = r->batch.head.cases;
        unpin(r);
        answer_all(r, false);
    }
    release(r);
    resume_stalled(e);
    bf_engine_flush(e);
}

void bf_engine_flush(struct bf_engine *e) {
    struct bf_round *r = e->forming;
    if (e->dead || e->flying || !r)
        return;
    e->forming = NULL;
    if (!r->batch.count) {
        BF_ASSERT(!r->first);
        release(r);
        return;
    }
    r->batch.head = (struct bf_row_head){.seq = e->seq, .cases = e->cases, .size = e->seq};
    e->flying = r;
    e->under_way++;
    evict(e);
    bf_store_submit(e->store, &r->batch, written, r);
}

/* ---- commands ---- */

static enum bf_attempt_end attempt(struct bf_engine *e, const struct bf_deed *d) {
    struct bf_work *w = d->work;
    struct bf_attempt t = {.engine = e, .now = e->o.now(e->o.ctx)};
    struct bf_round *r = forming(e);
    t.arena = r ? bf_arena_new(ATTEMPT_BYTES) : NULL;
    if (!t.arena)
        return BF_ATTEMPT_MEMORY;
    enum bf_attempt_end end = bf_attempt_run(&t, d);
    if (end == BF_ATTEMPT_DONE && t.made_count && !bf_attempt_write(&t, w, r))
        end = BF_ATTEMPT_MEMORY;
    if (end != BF_ATTEMPT_DONE || !t.made_count) {
        bf_arena_free(t.arena);
        return end;
    }
    if (w) {
        const struct bf_entry *n = &t.made[0].entry;
        w->refused = t.first.refused;
        w->result = (struct bf_answer){.kind = n->head.kind == BF_ENTRY_REFUSAL ? BF_ANSWER_REFUSED
                                                                                : BF_ANSWER_DONE,
                                       .seq = n->head.seq,
                                       .number = n->head.number,
                                       .image = n->image,
                                       .facts = n->facts,
                                       .fact_count = n->fact_count};
        if (w->result.kind == BF_ANSWER_REFUSED)
            w->result.refused = &w->refused;
        leave_queue(w);
        *r->last = w;
        r->last = &w->next;
    }
    return end;
}

/* False: it waits. */
static bool try(struct bf_work *w) {
    switch (attempt(w->engine, &(struct bf_deed){.work = w, .head = w->head})) {
    case BF_ATTEMPT_DONE: return true;
    case BF_ATTEMPT_WAIT: return false;
    case BF_ATTEMPT_MALFORMED: answer_now(w, BF_ANSWER_MALFORMED); return true;
    case BF_ATTEMPT_CHAIN: answer_now(w, BF_ANSWER_CHAIN); return true;
    case BF_ATTEMPT_MEMORY: answer_now(w, BF_ANSWER_MEMORY); return true;
    case BF_ATTEMPT_UNREADABLE: answer_now(w, BF_ANSWER_STORE); return true;
    }
    return true;
}

static void key_read(void *ctx, enum bf_err err, const struct bf_error *e,
                     const struct bf_rows *rows) {
    struct bf_work *w = ctx;
    w->reading = false;
    if (err) {
        if (err != BF_ENOMEM && err != BF_ELIMIT)
            die(w->engine, e);
        answer_now(w, err == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE);
    } else if (rows->count) {
        become_twin(w, ((const struct bf_row_keys *)rows->row)->seq);
    } else {
        w->hash_is_known = true;
        run_work(w);
    }
}

/* Was its key used before? True: it is, or will be, answered otherwise. */
static bool used_before(struct bf_work *w) {
    if (!w->hash || w->hash_is_known)
        return false;
    if (w->head) {
        for (uint32_t i = 0; i < w->head->key_count; i++)
            if (w->head->keys[i].hash == w->hash) {
                become_twin(w, w->head->keys[i].seq);
                return true;
            }
        return false;
    }
    struct bf_row_keys at = {.principal = w->command.principal, .key = w->command.key};
    struct bf_query q = {.partition = w->engine->o.partition,
                         .table = BF_TABLE_KEYS,
                         .at = &at,
                         .same = 3,
                         .limit = 1};
    w->reading = true;
    bf_store_read(w->engine->store, &q, key_read, w);
    return true;
}

/* The head of its queue, or an opening. */
static void run_work(struct bf_work *w) {
    struct bf_engine *e = w->engine;
    if (e->dead || w->reading || w->leader)
        return;
    if (w->twin) {
        if (w->twin <= e->committed && !w->hash_is_known)
            read_twin(w);
        if (!w->hash_is_known)
            return;
    }
    if (!used_before(w) && !try(w))
        w->stalled = true;
}

/* A head's commands, as far as they go. */
static void advance(struct bf_engine *e, struct bf_head *h) {
    if (h->advancing || e->dead)
        return;
    h->advancing = true;
    h->pins++;
    for (struct bf_work *w; (w = h->first) != NULL && !e->dead && !h->loading;) {
        if (!h->c) {
            if (h->failed) {
                enum bf_answer_kind kind = h->failed == BF_ENOENT   ? BF_ANSWER_NO_CASE
                                           : h->failed == BF_ENOMEM ? BF_ANSWER_MEMORY
                                                                    : BF_ANSWER_STORE;
                answer_now(w, kind);
            } else if (!load(e, h)) {
                answer_now(w, BF_ANSWER_MEMORY);
            }
            continue;
        }
        run_work(w);
        if (h->first == w)
            break; /* it waits */
    }
    h->pins--;
    h->advancing = false;
    if (h->first)
        wait_in_line(e, h);
    else if (!h->c)
        bf_engine_forget(e, h);
}

static struct bf_work *work_made(struct bf_engine *e, const struct bf_command *c) {
    struct bf_arena *a = bf_arena_new(ATTEMPT_BYTES);
    jmp_buf jump;
    if (!a)
        return NULL;
    bf_arena_on_exhausted(a, &jump);
    if (setjmp(jump)) {
        bf_arena_free(a);
        return NULL;
    }
    struct bf_work *w = bf_new(a, struct bf_work);
    *w = (struct bf_work){.engine = e, .command = *c, .arena = a};
    w->command.principal = bf_str_dup(a, c->principal);
    w->command.key = bf_str_dup(a, c->key);
    w->command.request = bf_str_dup(a, c->request);
    w->hash = c->key.len ? bf_key_hash(c->principal, c->key) : 0;
    bf_arena_on_exhausted(a, NULL);
    return w;
}

void bf_engine_command(struct bf_engine *e, const struct bf_command *c) {
    struct bf_work *w = work_made(e, c);
    struct bf_head *h = NULL;
    if (w && c->kind != BF_EVENT_OPEN)
        h = bf_engine_head(e, c->number);
    if (!w || (c->kind != BF_EVENT_OPEN && !h)) {
        bf_arena_free(w ? w->arena : NULL);
        c->answer(c->ctx, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
        return;
    }
    e->under_way++;
    if (h) {
        w->head = h;
        *(h->last ? &h->last->next : &h->first) = w;
        h->last = w;
        advance(e, h);
        return;
    }
    for (struct bf_work *x = e->openings; x && w->hash; x = x->next_opening)
        if (x->hash == w->hash && !x->leader && bf_str_eq(x->command.key, w->command.key) &&
            bf_str_eq(x->command.principal, w->command.principal)) {
            w->leader = x;
            break;
        }
    w->next_opening = e->openings;
    e->openings = w;
    run_work(w);
}

void bf_engine_put(struct bf_engine *e, const struct bf_engine_policy *p, uint32_t reg,
                   struct bf_value row, bf_engine_answer *told, void *ctx) {
    struct bf_command c = {.kind = BF_EVENT_TICK, .policy = p, .answer = told, .ctx = ctx};
    struct bf_work *w = work_made(e, &c);
    if (!w) {
        told(ctx, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
        return;
    }
    e->under_way++;
    w->next_opening = e->openings;
    e->openings = w;
    switch (attempt(e, &(struct bf_deed){.work = w, .put = true, .reg = reg, .row = row})) {
    case BF_ATTEMPT_DONE: break;
    case BF_ATTEMPT_WAIT:
    case BF_ATTEMPT_MALFORMED:
    case BF_ATTEMPT_CHAIN:
    case BF_ATTEMPT_UNREADABLE:
    case BF_ATTEMPT_MEMORY: answer_now(w, BF_ANSWER_MEMORY); break;
    }
}

/* ---- lapses ---- */

static void end_page(struct bf_engine *e) {
    for (uint32_t i = 0; i < e->page_count; i++)
        e->page[i]->pins--;
    bf_free(e->page);
    e->page = NULL;
    e->page_count = 0;
    e->scanning = false;
}

static void run_page(struct bf_engine *e) {
    if (!e->page || e->dead)
        return;
    for (uint32_t i = 0; i < e->page_count; i++)
        if (e->page[i]->loading)
            return;
    for (;;) {
        struct bf_lapse next = {.by = e->o.now(e->o.ctx)};
        for (uint32_t i = 0; i < e->page_count; i++)
            bf_lapse_offer(&next, e->page[i]);
        if (!next.head)
            break;
        struct bf_error error;
        switch (attempt(e, &(struct bf_deed){.head = next.head, .lapse_at = next.at})) {
        case BF_ATTEMPT_DONE: break;
        case BF_ATTEMPT_WAIT: return;
        case BF_ATTEMPT_MEMORY: end_page(e); return; /* the next scan tries again */
        case BF_ATTEMPT_CHAIN:
        case BF_ATTEMPT_UNREADABLE:
        case BF_ATTEMPT_MALFORMED:
            bf_fail(&error, BF_ELIMIT, "case %llu: what its lapse brings about cannot be done",
                    (unsigned long long)next.head->number);
            die(e, &error);
            return;
        }
    }
    end_page(e);
}

static void due_read(void *ctx, enum bf_err err, const struct bf_error *error,
                     const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    e->under_way--;
    e->scanning = false;
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        die(e, error);
    if (err || e->dead || !rows->count)
        return;
    if (!(e->page = bf_malloc(rows->count * sizeof *e->page)))
        return;
    e->scanning = true;
    for (uint32_t i = 0; i < rows->count; i++) {
        struct bf_head *h = bf_engine_head(e, ((const struct bf_row_cases *)rows->row)[i].number);
        if (!h)
            break;
        h->pins++;
        e->page[e->page_count++] = h;
    }
    run_page(e);
}

void bf_engine_scan(struct bf_engine *e) {
    if (e->dead || e->scanning)
        return;
    struct bf_query q = {.partition = e->o.partition,
                         .table = BF_TABLE_CASES,
                         .order = BF_BY_DUE,
                         .bounded = true,
                         .until = e->o.now(e->o.ctx),
                         .limit = e->o.batch_rows / 4 ? e->o.batch_rows / 4 : 1};
    e->scanning = true;
    e->under_way++;
    bf_store_read(e->store, &q, due_read, e);
}

/* ---- life ---- */

enum bf_err bf_engine_new(struct bf_store *store, const struct bf_engine_options *o,
                          struct bf_engine **out, struct bf_error *error) {
    struct bf_engine *e = bf_malloc(sizeof *e);
    if (!e)
        return bf_fail(error, BF_ENOMEM, "out of memory");
    memset(e, 0, sizeof *e);
    e->store = store;
    e->o = *o;
    *out = e;
    return BF_OK;
}

void bf_engine_free(struct bf_engine *e) {
    if (!e)
        return;
    if (e->forming) /* of a dead engine; else nothing is under way */
        release(e->forming);
    if (e->flying)
        release(e->flying);
    bf_free(e->page);
    while (e->newest) {
        e->newest->pins = 0;
        bf_engine_forget(e, e->newest);
    }
    forget_cells(e);
    for (uint32_t i = 0; i < e->policy_count; i++)
        bf_free(e->policies[i]);
    bf_free(e->policies);
    bf_free(e);
}

struct bf_engine_policy *bf_engine_add_policy(struct bf_engine *e, const struct bf_image *m,
                                              const struct bf_calendar *c) {
    struct bf_engine_policy *known = policy_of(e, (bf_str){(const char *)m->hash, BF_SHA256_LEN});
    if (known)
        return known;
    if (e->policy_count == e->policy_cap) {
        uint32_t cap = e->policy_cap ? e->policy_cap * 2 : 8;
        struct bf_engine_policy **bigger = bf_realloc(e->policies, cap * sizeof *bigger);
        if (!bigger)
            return NULL;
        e->policies = bigger;
        e->policy_cap = cap;
    }
    struct bf_engine_policy *p = bf_malloc(sizeof *p);
    if (!p)
        return NULL;
    *p = (struct bf_engine_policy){m, c, NULL};
    return e->policies[e->policy_count++] = p;
}

static void head_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    e->under_way--;
    if (err) {
        die(e, error);
        return;
    }
    if (rows->count) {
        const struct bf_row_head *row = rows->row;
        e->seq = e->committed = row->seq;
        e->cases = e->committed_cases = row->cases;
    }
    e->ready(e->ready_ctx);
}

void bf_engine_start(struct bf_engine *e, void (*ready)(void *ctx), void *ctx) {
    struct bf_query q = {.partition = e->o.partition, .table = BF_TABLE_HEAD, .limit = 1};
    e->ready = ready;
    e->ready_ctx = ctx;
    e->under_way++;
    bf_store_read(e->store, &q, head_read, e);
}

bool bf_engine_idle(const struct bf_engine *e) {
    return !e->under_way && !e->forming && !e->flying && !e->page;
}
