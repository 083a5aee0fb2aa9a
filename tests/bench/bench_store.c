/* bench_store: batches of 64 steps through the store, against a bare loop that writes the same rows in SQLite, 64
** steps to a transaction. A step is a journal row of 250 bytes and the row of its case, one of 1,000, with a new due. */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/store.h"
#include "tests/bench/bench.h"
#include "tests/store/bare.h"

enum { STEPS = 64, BATCHES = 40, CASES = 1000, BODY = 250, REPEATS = 7 };

static char body[BODY];

struct subject {
    struct bf_store *store;
    struct bf_arena *arena;
    sem_t sem;
    bool ended;
    uint64_t seq;
    struct bf_batch_cost cost; /* of the last batch */
};
struct baseline {
    struct bare *bare;
    uint64_t seq;
};

static uint64_t case_of(uint64_t seq) { return 1 + seq * 2654435761u % CASES; }
static bf_instant due_of(uint64_t seq) { return (bf_instant)(1800000000 + seq * 40503 % 1000000); }

static void wake(void *ctx) { sem_post(&((struct subject *)ctx)->sem); }

static void done(void *ctx, enum bf_err err, const struct bf_error *e) {
    ((struct subject *)ctx)->ended = true;
    if (!err)
        return;
    fprintf(stderr, "bench_store: %s\n", e->text);
    exit(1);
}

static void put_step(struct bf_batch *b, uint64_t seq) {
    static const char zeros[40];
    bf_batch_put(b, BF_TABLE_JOURNAL,
                 &(struct bf_row_journal){.seq = seq,
                                          .before = seq - 1,
                                          .head = {zeros, 40},
                                          .salt = {zeros, 16},
                                          .body = {body, BODY}});
    bf_batch_put(b, BF_TABLE_CASES,
                 &(struct bf_row_cases){.number = case_of(seq),
                                        .last_seq = seq,
                                        .due = due_of(seq),
                                        .due_seq = seq,
                                        .epoch = seq,
                                        .policy = {zeros, 32}});
}

static void run_store(void *ctx) {
    struct subject *s = ctx;
    for (int i = 0; i < BATCHES; i++) {
        struct bf_batch b;
        bf_arena_reset(s->arena);
        bf_batch_init(&b, s->arena, 0, s->seq);
        for (int step = 0; step < STEPS; step++)
            put_step(&b, ++s->seq);
        b.head = (struct bf_row_head){.seq = s->seq, .size = s->seq};
        bf_batch_cost(&b, &s->cost);
        s->ended = false;
        bf_store_submit(s->store, &b, done, s);
        while (!s->ended) {
            sem_wait(&s->sem);
            bf_store_poll(s->store);
        }
    }
}

static void run_bare(void *ctx) {
    struct baseline *b = ctx;
    for (int i = 0; i < BATCHES; i++) {
        bare_begin(b->bare);
        for (int step = 0; step < STEPS; step++) {
            uint64_t seq = ++b->seq;
            bare_step(b->bare, seq, case_of(seq), due_of(seq), body, BODY);
        }
        bare_commit(b->bare);
    }
}

int main(void) {
    char dir[] = "/tmp/bench_store.XXXXXX", path[64], command[64];
    struct subject s = {.arena = bf_arena_new(0)};
    struct bf_store_options o = {.wake = wake, .wake_ctx = &s};
    struct bf_store_opened opened;
    struct bf_error e;
    struct baseline b = {0};
    memset(body, 'x', sizeof body);
    sem_init(&s.sem, 0, 0);
    if (!mkdtemp(dir))
        return 1;
    snprintf(path, sizeof path, "%s/store.db", dir);
    if (bf_store_open_sqlite(path, &o, &s.store, &opened, &e) != BF_OK) {
        fprintf(stderr, "bench_store: %s\n", e.text);
        return 1;
    }
    snprintf(path, sizeof path, "%s/bare.db", dir);
    b.bare = bare_open(path);
    struct bench_side ours = {"store", run_store, &s, (double)STEPS * BATCHES};
    struct bench_side bare = {"bare SQLite", run_bare, &b, (double)STEPS * BATCHES};
    struct bench_result r = bench_compare(&ours, &bare, REPEATS);
    bool ok = bench_speed_at_least("64 two-row steps a batch", "step", &r, 0.6);
    printf("a step: %.2f rows, %.2f index entries, %.0f bytes (%.2f rows the head)\n",
           (double)s.cost.rows / STEPS, (double)s.cost.index_entries / STEPS,
           (double)s.cost.bytes / STEPS, 1.0 / STEPS);
    bf_store_close(s.store);
    bare_close(b.bare);
    bf_arena_free(s.arena);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 && ok ? 0 : 1;
}
