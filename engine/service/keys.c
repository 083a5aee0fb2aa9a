/* Keys: which idempotency keys openings and notices have used. Nearly always the answer is "not this one", and a read
** of the store that finds nothing costs as much as a fifth of an opening. A Bloom filter says no exactly, and yes
** sometimes wrongly: then the store is asked, as it is while the filter is not whole.
**
**   16 openings ▸ bits ▸ read_page ▸ … ▸ whole     adopt (attempt.c) ▸ bf_keys_add, from when there are bits
**
** 0. Pages are of what is committed: they are read when all that was made before there were bits is.
** 1. What is not durable after all stays in it: a read too many, no more.
** 2. Its size is fixed. With 2,000,000 keys one answer in 400 is a wrong yes, with 10,000,000 one in four.
** 3. Without memory for it there is none.
*/
#include "engine/service/engine_parts.h"

#include <string.h>

#include "lang/base/mem.h"

enum {
    PROBES = 4,
    BITS_LOG2 = 25,
    WORDS = 1 << (BITS_LOG2 - 6),
    PAGE_ROWS = 1000,
    ASKED_BEFORE = 16
};

/* The bits of a hash: a walk with a stride that is odd. */
struct walk {
    uint64_t at, stride;
};

static struct walk begin(uint64_t hash) {
    uint64_t mixed = (hash ^ hash >> 31) * UINT64_C(0x9E3779B97F4A7C15);
    return (struct walk){mixed, mixed >> 32 | 1};
}

static uint32_t next_bit(struct walk *w) {
    w->at += w->stride;
    return (uint32_t)w->at & ((1u << BITS_LOG2) - 1);
}

void bf_keys_add(struct bf_engine *e, uint64_t hash) {
    struct walk w = begin(hash);
    for (int i = 0; i < PROBES && e->keys.bits; i++) {
        uint32_t bit = next_bit(&w);
        e->keys.bits[bit / 64] |= UINT64_C(1) << bit % 64;
    }
}

static bool has(const struct bf_keys *k, uint64_t hash) {
    struct walk w = begin(hash);
    for (int i = 0; i < PROBES; i++) {
        uint32_t bit = next_bit(&w);
        if (!(k->bits[bit / 64] >> bit % 64 & 1))
            return false;
    }
    return true;
}

/* ---- all that were used before ---- */

static void give_up(struct bf_keys *k) {
    bf_free(k->bits);
    k->bits = NULL;
    k->asked = 0;
}

static void read_page(struct bf_engine *e, const struct bf_row_keys *after);

static void page_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    e->under_way--;
    e->keys.reading = false;
    if (err || e->resting || e->dead) {
        if (err && err != BF_ENOMEM && err != BF_ELIMIT)
            bf_engine_die(e, error);
        give_up(&e->keys);
        return;
    }
    const struct bf_row_keys *row = rows->row;
    for (uint32_t i = 0; i < rows->count; i++)
        bf_keys_add(e, bf_key_hash(row[i].principal, row[i].key));
    if (rows->count < PAGE_ROWS)
        e->keys.whole = true;
    else
        read_page(e, &row[rows->count - 1]);
}

static void read_page(struct bf_engine *e, const struct bf_row_keys *after) {
    static const struct bf_row_keys first = {0};
    struct bf_query q = {.partition = e->o.partition,
                         .table = BF_TABLE_KEYS,
                         .at = after ? after : &first,
                         .same = 1,
                         .after = after != NULL,
                         .limit = PAGE_ROWS};
    e->keys.reading = true;
    e->under_way++;
    bf_store_read(e->store, &q, page_read, e);
}

/* Not at the start: a command of an operator that opens the store for a moment shall not read all keys. */
static void ask(struct bf_engine *e) {
    struct bf_keys *k = &e->keys;
    e->counts.key_reads++;
    if (k->whole || k->reading || e->resting)
        return;
    if (!k->bits && ++k->asked >= ASKED_BEFORE) {
        k->asked = 0;
        k->since = e->seq;
        k->bits = bf_malloc(WORDS * sizeof *k->bits);
        if (k->bits)
            memset(k->bits, 0, WORDS * sizeof *k->bits);
    }
    if (k->bits && e->committed >= k->since)
        read_page(e, NULL);
}

bool bf_keys_unused(struct bf_engine *e, uint64_t hash) {
    if (e->keys.whole && !has(&e->keys, hash))
        return true;
    ask(e);
    return false;
}

void bf_keys_fini(struct bf_engine *e) { give_up(&e->keys); }
