/* seal IMAGE JOURNAL: ended cases are sealed, and then the bodies of their rows dropped; what a rebuild makes of the journal is the
** same before and after, rows of registers included, and the tree is what it was. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/merkle.h"
#include "engine/service/rebuild.h"
#include "engine/service/seal.h"
#include "tests/service/world.h"

static const char calendar_text[] = "banfa calendar 1\n"
                                    "name cn.workdays\n"
                                    "weekend saturday sunday\n"
                                    "offset +08:00\n"
                                    "from 2025-01-01\n"
                                    "horizon 2026-12-31\n";

static void act(struct world *w, uint64_t number, const char *name, const char *note) {
    struct world_sent x = {.act = name, .actor = world_party(w->a, BF_K_DEPARTMENT, "town")};
    if (note)
        x.args[x.nargs++] = bf_text_value(BF_K_TEXT, bf_str_of(note));
    world_send(w, &x, number);
    if (x.kind != BF_ANSWER_DONE)
        world_broken(w, name);
}

static void open_case(struct world *w, const char *who) {
    struct world_sent x = {.actor = world_party(w->a, BF_K_PERSON, who), .nargs = 2};
    x.args[0] = x.actor;
    x.args[1] = world_party(w->a, BF_K_DEPARTMENT, "town");
    world_send(w, &x, 0);
    if (x.kind != BF_ANSWER_DONE)
        world_broken(w, "not opened");
}

static struct bf_answer said;
static bool answered;
static void told(void *ctx, const struct bf_answer *a) {
    (void)ctx;
    said = *a;
    answered = true;
}

static enum bf_answer_kind seal(struct world *w, uint64_t number) {
    answered = false;
    bf_engine_seal(w->e, &(struct bf_seal){.number = number, .answer = told});
    world_pump(w);
    if (!answered && !w->dead)
        world_broken(w, "a seal was not answered");
    return said.kind;
}

/* ---- dropping ---- */

struct dropping {
    struct world *w;
    struct bf_batch batch;
    struct bf_hasher *hasher;
    uint64_t upto[8]; /* rows of each case before this one go */
};

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct dropping *d = ctx;
    struct bf_arena *a = d->w->a;
    (void)e;
    for (uint32_t i = 0; !err && i < rows->count; i++) {
        struct bf_row_journal row = ((const struct bf_row_journal *)rows->row)[i];
        struct bf_entry_head head;
        if (bf_entry_head_read((const uint8_t *)row.head.p, &head, &d->w->error))
            world_broken(d->w, "a header");
        row.head = bf_str_dup(a, row.head);
        if (head.number && row.seq < d->upto[head.number]) {
            uint8_t *hash = bf_arena_alloc(a, BF_HASH_LEN);
            bf_merkle_body(d->hasher, (const uint8_t *)row.salt.p, row.body.p, row.body.len, hash);
            row.salt = (bf_str){(const char *)hash, BF_HASH_LEN};
            row.body = (bf_str){"", 0};
        } else {
            row.salt = bf_str_dup(a, row.salt);
            row.body = bf_str_dup(a, row.body);
        }
        bf_batch_put(&d->batch, BF_TABLE_JOURNAL, &row);
    }
}

static void head_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct dropping *d = ctx;
    (void)err, (void)e;
    d->batch.head = *(const struct bf_row_head *)rows->row;
    d->batch.head.tree = bf_str_dup(d->w->a, d->batch.head.tree);
}

static void done(void *ctx, enum bf_err err, const struct bf_error *e) {
    struct world *w = ctx;
    (void)e;
    if (err)
        world_broken(w, "not done");
}

static struct bf_store *opened(struct world *w, struct bf_memory *m) {
    struct bf_store *s;
    if (!m || bf_store_open_memory(m, &(struct bf_store_options){0}, &s, &w->error))
        world_broken(w, "not opened");
    return s;
}

static bf_str dump(struct world *w) {
    struct bf_store *s = opened(w, w->memory);
    FILE *f = tmpfile();
    bf_store_dump(s, 0, fileno(f), done, w);
    for (int i = 0; i < 100; i++)
        bf_store_poll(s);
    bf_store_close(s);
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    char *text = bf_arena_alloc(w->a, (size_t)n + 1);
    if (fread(text, 1, (size_t)n, f) != (size_t)n)
        world_broken(w, "no dump");
    fclose(f);
    return (bf_str){text, (uint32_t)n};
}

/* What retention leaves of the journal, in a store of its own, and all the rest made from that. */
static void drop(struct world *w, const uint64_t upto[8]) {
    struct dropping d = {.w = w, .hasher = bf_hasher_new(BF_HASH_SHA256)};
    struct bf_memory *left = bf_memory_new(), *whole = bf_memory_new();
    struct bf_query q = {.table = BF_TABLE_HEAD, .limit = 1};
    struct bf_rebuilt made;
    memcpy(d.upto, upto, sizeof d.upto);
    bf_batch_init(&d.batch, w->a, 0, 0);
    bf_store_read(w->store, &q, head_read, &d);
    q = (struct bf_query){.table = BF_TABLE_JOURNAL, .limit = UINT32_MAX};
    bf_store_read(w->store, &q, rows_read, &d);
    bf_store_poll(w->store);
    struct bf_store *s = opened(w, left);
    bf_store_submit(s, &d.batch, done, w);
    bf_store_poll(s);
    struct bf_closed *from = bf_closed_over(s), *to = bf_closed_over(opened(w, whole));
    bf_closed_bring(from, w->image[0], w->calendar[0]);
    if (bf_rebuild(from, to, true, &made, &w->error))
        world_broken(w, "what is left does not rebuild");
    bf_closed_close(from);
    bf_closed_close(to);
    bf_hasher_free(d.hasher);
    bf_memory_free(left);
    world_close(w);
    bf_memory_free(w->memory);
    w->memory = whole;
    world_open(w);
}

/* ---- the story ---- */

static bool looked;
static bool look(void *ctx, const struct bf_view *v, struct bf_arena *scratch) {
    const uint64_t *last = ctx;
    (void)scratch;
    looked =
        bf_case_ended(v->policy->image, v->c) && v->c->acts[0].times == 1 && v->last_seq == *last;
    return true;
}

static bool story(const char *path, uint32_t n, enum bf_memory_fault fault, const char *journal) {
    struct world w = {.a = bf_arena_new(0), .cached_cases = 1, .batch_rows = 8};
    uint64_t upto[8] = {0};
    unsigned faults = 0;
    world_image(&w, path);
    world_calendar(&w, "cn.workdays", calendar_text);
    world_open(&w);
    w.now = (bf_instant)bf_day_from_civil(2025, 11, 3) * 86400;
    for (int i = 0; i < 4; i++)
        open_case(&w, i == 3 ? "bob" : "ann");
    act(&w, 1, "mark", "first");
    act(&w, 2, "mark", "second"); /* over the first */
    act(&w, 4, "mark", "his");
    act(&w, 1, "close_it", NULL);
    act(&w, 2, "close_it", NULL);
    act(&w, 4, "close_it", NULL);
    if (seal(&w, 3) != BF_ANSWER_MALFORMED || seal(&w, 9) != BF_ANSWER_NO_CASE)
        world_broken(&w, "sealed what is not ended, or not there");
    if (n)
        bf_memory_fail(w.memory, n - 1, fault);
    for (uint64_t number = 1; number <= 4; number += number == 2 ? 2 : 1) {
        while (seal(&w, number) != BF_ANSWER_DONE || w.dead) {
            faults++;
            if (w.dead)
                world_reopen(&w);
        }
        upto[number] = said.seq;
        uint64_t once = said.seq;
        if (seal(&w, number) != BF_ANSWER_DONE || said.seq != once)
            world_broken(&w, "sealed twice, though nothing came after it");
    }
    world_verify(&w);
    bf_str before = dump(&w);
    drop(&w, upto);
    if (!bf_str_eq(before, dump(&w)))
        world_broken(&w, "the tables are others than before");
    world_verify(&w);
    answered = looked = false;
    bf_engine_look(w.e,
                   &(struct bf_look){.number = 2, .look = look, .answer = told, .ctx = &upto[2]});
    world_pump(&w);
    if (!answered || !looked)
        world_broken(&w, "a sealed case is not read from its seal");
    act(&w, 3, "mark", "third"); /* over what a dropped row put */
    world_verify(&w);
    if (journal)
        world_export(&w, journal);
    world_close(&w);
    bf_memory_free(w.memory);
    bf_arena_free(w.a);
    return faults > 0;
}

int main(int argc, char **argv) {
    unsigned faults = 0;
    if (argc != 3)
        return 2;
    story(argv[1], 0, BF_MEMORY_FULL, argv[2]);
    for (int fault = BF_MEMORY_FULL; fault <= BF_MEMORY_DOUBTFUL; fault++)
        for (uint32_t n = 1; story(argv[1], n, (enum bf_memory_fault)fault, NULL); n++)
            faults++;
    printf("%u faults\n", faults);
    return faults ? 0 : 1;
}
