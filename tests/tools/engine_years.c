/* engine_years SEED YEARS: the engine in a world made of one number: clients that send, send again and look, a clock that
** runs and leaps, acts that come before their time and are kept, cases that move to another image and back, calendars that
** are adopted, a disk that fills up, and power that goes, with or without the batch of that moment. Each year begins with
** an empty disk. At its end, what was promised is held against the journal alone:
**
**   - rows follow one another without a gap, recorded never goes back, each row names the one of its case before;
**   - a key is in one row, and every answer given to it named that row; nobody was answered twice;
**   - no running of a duty lapsed twice, and none that is past is still open; nobody was ever shown one;
**   - an act that was kept ended once: done, refused, or kept anew; and none whose time has come waits still;
**   - cases and worklists are those that the journal's facts make; head, tiles and rows are of one tree.
**
** Prints what came about; the first thing that does not hold ends it, with the seed and the year. */
#include <stdlib.h>

#include "engine/service/derive.h"
#include "tests/engine/kit.h"

enum { CLIENTS = 8, STEPS = 600, ACKS = 4096 };

struct client {
    struct kit_told t;
    bool busy, pending;       /* sent and not answered; to be sent again */
    bool opens, other, early; /* other: under that image. early: it is kept if it is */
    const char *what;
    uint64_t number;
    uint32_t nargs;
    struct bf_value args[4];
    char key[24];
};
struct ack {
    char key[24];
    uint64_t seq;
    enum bf_answer_kind kind;
};

static struct world {
    struct kit k;
    struct client client[CLIENTS];
    struct ack ack[ACKS];
    uint32_t acks, commands;
    uint64_t seed;
    bool migrating, adopting;
    uint32_t adopted; /* of the newer calendars */
    unsigned long full, power, restarts, answers, lapses, looks, rows, early, migrated, moved;
    struct kit_told look[4];
} w;

static uint32_t below(uint32_t n) { return (uint32_t)(test_random(&w.seed) % n); }

/* ---- clients ---- */

static void send(struct client *c) {
    c->busy = true;
    c->pending = false;
    w.k.opens_other = c->other;
    w.k.keeps_early = c->early;
    if (c->opens)
        kit_opens(&w.k, &c->t, kit_ann(&w.k), c->what, c->key, c->nargs, c->args);
    else
        kit_does(&w.k, &c->t, c->args[3], c->what, c->number, c->key, c->nargs, c->args);
}

static void think(struct client *c) {
    static const struct {
        const char *what;
        bool office, number, text;
    } acts[] = {{"reply", true, false, false},     {"note", false, true, false},
                {"put_mark", false, false, true},  {"read", false, false, false},
                {"spread", false, false, false},   {"close", false, false, false},
                {"hurry_up", true, false, false},  {"burst", false, false, false},
                {"mend_it", true, false, false},   {"note", false, true, false},
                {"collect", false, false, false},  {"collect", false, false, false},
                {"consult", false, false, false},  {"consult", false, false, false},
                {"speak", true, true, false},      {"speak", true, true, false},
                {"pass_over", true, false, false}, {"go_on", false, false, false}};
    static const char *const towns[] = {"T", "U", "V"};
    uint64_t cases = bf_engine_count(w.k.e).cached_cases + 3;
    *c = (struct client){0};
    snprintf(c->key, sizeof c->key, "k%u", ++w.commands);
    c->opens = below(4) == 0;
    c->other = below(3) == 0;
    c->early = below(2);
    if (c->opens) {
        c->what = below(4) ? "matter" : "double";
        c->args[0] = kit_ann(&w.k);
        c->args[1] = kit_town(&w.k, towns[below(3)]);
        c->args[2] = c->what[0] == 'd' ? kit_town(&w.k, towns[below(3)]) : BF_ABSENT;
        c->nargs = 3;
    } else {
        uint32_t i = below(sizeof acts / sizeof *acts);
        c->what = acts[i].what;
        c->number = 1 + below((uint32_t)cases);
        c->nargs = acts[i].number || acts[i].text;
        c->args[0] = acts[i].text ? bf_text_value(BF_K_TEXT, BF_STR("x")) : bf_int(1);
        c->args[3] = acts[i].office ? kit_town(&w.k, towns[below(3)]) : kit_ann(&w.k);
    }
    send(c);
}

static void hear(struct client *c) {
    if (!c->busy || !c->t.times)
        return;
    const struct bf_answer *a = &c->t.answer;
    c->busy = false;
    w.answers++;
    assert_int_equal(c->t.times, 1);
    if (a->kind != BF_ANSWER_DONE && a->kind != BF_ANSWER_REFUSED && a->kind != BF_ANSWER_EARLY) {
        assert_true(a->kind == BF_ANSWER_FULL || a->kind == BF_ANSWER_NO_CASE ||
                    a->kind == BF_ANSWER_CHAIN);
        c->pending = a->kind == BF_ANSWER_FULL;
        return;
    }
    bool known = false;
    for (uint32_t i = 0; i < w.acks && !known; i++)
        if (strcmp(w.ack[i].key, c->key) == 0) {
            known = true;
            assert_true(a->again);
            assert_int_equal(w.ack[i].seq, a->seq);
            assert_int_equal(w.ack[i].kind, a->kind);
        }
    if (known)
        return;
    assert_true(w.acks < ACKS);
    struct ack *ack = &w.ack[w.acks++];
    memcpy(ack->key, c->key, sizeof ack->key);
    ack->seq = a->seq;
    ack->kind = a->kind;
}

/* ---- what an operator does ---- */

static void adoption_told(void *ctx, const struct bf_answer *a) {
    const struct bf_calendar *c = ctx;
    w.adopting = false;
    assert_true(a->kind == BF_ANSWER_DONE || a->kind == BF_ANSWER_FULL);
    if (a->kind == BF_ANSWER_DONE)
        bf_engine_adopt_calendar(w.k.e, c, a->seq);
}

/* The next calendar; where it was refused, or nobody heard, the same again. */
static void adopt(void) {
    const struct bf_row_setting *row;
    uint32_t adopted = kit_rows(&w.k, BF_TABLE_SETTING, (const void **)&row) ? w.adopted : 0;
    char hash[2 * BF_SHA256_LEN + 1], data[200];
    if (w.adopting || adopted == w.k.newer_count)
        return;
    const struct bf_calendar *c = w.k.newer[adopted];
    w.adopted = adopted + 1;
    bf_hex(bf_calendar_hash(c), BF_SHA256_LEN, hash);
    bf_str name = bf_calendar_name(c);
    int n = snprintf(data, sizeof data, "{\"calendar\":\"%s\",\"name\":\"%.*s\"}", hash,
                     (int)name.len, name.p);
    w.adopting = true;
    bf_engine_notice(w.k.e, &(struct bf_notice){.kind = BF_ENTRY_CALENDAR,
                                                .data = {data, (uint32_t)n},
                                                .answer = adoption_told,
                                                .ctx = (void *)(uintptr_t)c});
}

static void moved(void *ctx, const struct bf_migrated_case *c) {
    (void)ctx;
    assert_int_equal(c->obstacle, BF_OBSTACLE_NONE); /* the two say the same */
}

static void all_moved(void *ctx, enum bf_answer_kind kind) {
    (void)ctx, (void)kind;
    w.migrating = false;
}

static void migrate(void) {
    bool forth = below(2);
    if (w.migrating)
        return;
    w.migrating = true;
    bf_engine_migrate(w.k.e, &(struct bf_migration){.from = forth ? w.k.policy : w.k.other_policy,
                                                    .to = forth ? w.k.other_policy : w.k.policy,
                                                    .dry_run = below(4) == 0,
                                                    .each = moved,
                                                    .done = all_moved});
}

/* ---- the world ---- */

/* Power goes: whoever was not answered asks again, some day. */
static void power(void) {
    w.power++;
    bf_store_close(w.k.store);
    bf_engine_free(w.k.e);
    w.migrating = w.adopting = false;
    for (int i = 0; i < CLIENTS; i++) {
        hear(&w.client[i]);
        w.client[i].pending |= w.client[i].busy;
        w.client[i].busy = false;
    }
    w.k.o.cached_cases = below(20);
    kit_open(&w.k);
    assert_int_equal(w.k.ready, 1);
}

static void settle(void) {
    kit_run(&w.k);
    if (w.k.died)
        power();
    for (int i = 0; i < CLIENTS; i++)
        hear(&w.client[i]);
}

static void step(void) {
    struct client *c = &w.client[below(CLIENTS)];
    uint32_t what = below(100);
    if (what < 45) {
        if (c->pending || (!c->busy && c->key[0] && below(8) == 0))
            send(c);
        else if (!c->busy)
            think(c);
    } else if (what < 55) {
        struct kit_told *t = &w.look[below(4)];
        if (t->k && !t->times)
            return; /* still under way */
        kit_looks(&w.k, t, 1 + below(30));
        w.looks++;
    } else if (what < 68) {
        bf_engine_flush(w.k.e);
    } else if (what < 84) {
        bf_store_poll(w.k.store);
    } else if (what < 91) {
        w.k.now += below(10) ? below(2 * 86400) : below(30 * 86400);
    } else if (what < 95) {
        if (bf_engine_wake(w.k.e) <= w.k.now)
            bf_engine_scan(w.k.e);
    } else if (what < 97) {
        bf_memory_fail(w.k.memory, below(3), BF_MEMORY_FULL);
        w.full++;
    } else if (what < 98) {
        bf_memory_fail(w.k.memory, below(3), below(2) ? BF_MEMORY_LOST : BF_MEMORY_DOUBTFUL);
    } else if (what < 99) {
        below(2) ? migrate() : adopt();
    } else {
        settle();
        kit_close(&w.k);
        w.k.o.cached_cases = below(20);
        kit_open(&w.k);
        w.restarts++;
    }
    for (int i = 0; i < CLIENTS && !w.k.died; i++)
        hear(&w.client[i]);
    if (w.k.died) {
        memset(w.look, 0, sizeof w.look);
        power();
    }
}

/* ---- what must hold ---- */

struct rows {
    const struct bf_row_journal *row;
    uint32_t count, next;
};

static const struct bf_image *image_of(void *ctx, const uint8_t hash[BF_SHA256_LEN]) {
    (void)ctx;
    return memcmp(hash, w.k.m->hash, BF_SHA256_LEN) == 0       ? w.k.m
           : memcmp(hash, w.k.other->hash, BF_SHA256_LEN) == 0 ? w.k.other
                                                               : NULL;
}

static bool next_row(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e) {
    struct rows *r = ctx;
    const struct bf_images images = {image_of, NULL};
    struct bf_entry_head head;
    if (r->next == r->count)
        return false;
    const struct bf_row_journal *row = &r->row[r->next++];
    *err = bf_entry_head_read((const uint8_t *)row->head.p, &head, e);
    if (!*err)
        *err = bf_entry_read(&images, w.k.a, &head, row->body, n, e);
    return !*err;
}

static void rows_hold(struct rows r) {
    uint64_t *last = bf_new_array(w.k.a, uint64_t, r.count + 2);
    bool *runs = bf_new_array(w.k.a, bool, (size_t)(r.count + 2) * w.k.m->duty_count);
    bool *kept = bf_new_array(w.k.a, bool, r.count + 2); /* rows whose act waits */
    char **key = bf_new_array(w.k.a, char *, r.count + 1);
    bf_instant recorded = BF_INSTANT_NONE;
    struct bf_entry n;
    struct bf_error e;
    enum bf_err err = BF_OK;
    for (uint32_t i = 0; next_row(&r, &n, &err, &e); i++) {
        assert_int_equal(n.head.seq, i + 1);
        assert_true(n.head.recorded >= recorded);
        recorded = n.head.recorded;
        assert_true(n.head.number <= r.count);
        if (n.head.number)
            assert_int_equal(r.row[i].before, last[n.head.number]);
        last[n.head.number] = n.head.seq;
        if (n.cause && kept[n.cause])
            kept[n.cause] = false;
        else
            assert_true(n.head.kind != BF_ENTRY_EARLY || n.key.len);
        kept[i + 1] = n.head.kind == BF_ENTRY_EARLY;
        w.early += n.head.kind == BF_ENTRY_EARLY && n.key.len;
        w.migrated += n.head.kind == BF_ENTRY_MIGRATE;
        w.moved += n.event.kind == BF_EVENT_CALENDAR && n.fact_count;
        key[i] = n.key.len ? bf_str_z(w.k.a, n.key) : NULL;
        for (uint32_t k = 0; k < i && key[i]; k++)
            assert_true(!key[k] || strcmp(key[k], key[i]) != 0);
        for (uint32_t f = 0; f < n.fact_count; f++) {
            bool *run = &runs[n.head.number * w.k.m->duty_count];
            if (n.facts[f].kind == BF_FACT_ARMED || n.facts[f].kind == BF_FACT_RESTARTED)
                run[n.facts[f].a] = true;
            if (n.facts[f].kind == BF_FACT_LAPSED) {
                assert_true(run[n.facts[f].a]);
                run[n.facts[f].a] = false;
                w.lapses++;
            }
        }
    }
    assert_int_equal(err, BF_OK);
    for (uint32_t i = 0; i < w.acks; i++) {
        assert_in_range(w.ack[i].seq, 1, r.count);
        assert_string_equal(key[w.ack[i].seq - 1], w.ack[i].key);
    }
    w.rows += r.count;
}

static bool same_work(const struct bf_row_work *x, const struct bf_row_work *y) {
    return bf_str_eq(x->who, y->who) && x->due == y->due && x->number == y->number &&
           bf_str_eq(x->item, y->item) && x->kind == y->kind && x->provisional == y->provisional;
}

/* What else follows from a case's rows: how many there are, which acts wait. */
struct rows_say {
    uint64_t epoch, last_seq;
    struct bf_earlies early;
};

/* By the case's number. */
static struct rows_say *say(struct rows r) {
    struct rows_say *all = bf_new_array(w.k.a, struct rows_say, r.count + 2);
    struct bf_entry n;
    struct bf_error e;
    enum bf_err err = BF_OK;
    while (next_row(&r, &n, &err, &e)) {
        struct rows_say *s = &all[n.head.number];
        s->epoch++;
        s->last_seq = n.head.seq;
        bf_early_row(w.k.a, &s->early, &n, r.row[r.next - 1].body);
    }
    assert_int_equal(err, BF_OK);
    return all;
}

static void tables_hold(struct rows r) {
    const struct bf_row_cases *row;
    const struct bf_row_work *work;
    struct bf_journal_cases made;
    struct bf_error e;
    const struct bf_entries entries = {next_row, &r};
    const struct rows_say *all = say(r);
    struct bf_derived d = {.arena = w.k.a};
    assert_int_equal(bf_journal_rebuild(w.k.a, &entries, BF_INSTANT_NONE, &made, &e), BF_OK);
    assert_int_equal(kit_rows(&w.k, BF_TABLE_CASES, (const void **)&row), made.count);
    for (uint32_t i = 0; i < made.count; i++) {
        const struct bf_journal_case *x = &made.cases[i];
        struct rows_say told = all[x->number];
        struct bf_row_cases c =
            bf_derive_case(w.k.a, x->image, x->c, x->number, told.last_seq, told.epoch);
        bf_early_due(&c, &told.early);
        assert_int_equal(row[i].number, c.number);
        assert_int_equal(row[i].last_seq, c.last_seq);
        assert_int_equal(row[i].epoch, c.epoch);
        assert_int_equal(row[i].due, c.due);
        assert_int_equal(row[i].due_seq, c.due_seq);
        assert_int_equal(row[i].ended, c.ended);
        assert_true(c.due == BF_INSTANT_NONE || c.due > w.k.now); /* none is missed */
        bf_derive_work(&d, x->image, NULL, x->c, x->number);
    }
    uint32_t n = kit_rows(&w.k, BF_TABLE_WORK, (const void **)&work);
    assert_int_equal(n, d.count);
    for (uint32_t i = 0; i < n; i++) {
        bool there = false;
        for (uint32_t k = 0; k < d.count && !there; k++)
            there = same_work(d.op[k].row, &work[i]);
        assert_true(there);
    }
}

static void year_ends(void) {
    for (int tries = 0; tries < 100; tries++) { /* faults asked for may still come */
        bool open = false;
        for (int i = 0; i < CLIENTS; i++)
            if (w.client[i].pending)
                send(&w.client[i]);
        settle();
        w.k.now++;
        if (bf_engine_wake(w.k.e) <= w.k.now)
            bf_engine_scan(w.k.e);
        settle();
        for (int i = 0; i < CLIENTS; i++)
            open |= w.client[i].pending || w.client[i].busy;
        /* the next second is when a scan that a fault ended begins again */
        if (!open && bf_engine_wake(w.k.e) > w.k.now + 1)
            break;
        assert_true(tries < 99);
    }
    struct rows r = {0};
    r.count = kit_rows(&w.k, BF_TABLE_JOURNAL, (const void **)&r.row);
    rows_hold(r);
    tables_hold(r);
    kit_tree(&w.k, BF_HASH_SHA256);
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    unsigned years = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 10;
    kit_init(&w.k);
    kit_more(&w.k);
    struct bf_arena *image = w.k.a;
    bf_memory_free(w.k.memory);
    for (unsigned y = 0; y < years; y++) {
        w.seed = seed * 1000003 + y;
        w.acks = w.commands = w.adopted = 0;
        w.migrating = w.adopting = false;
        memset(w.client, 0, sizeof w.client);
        memset(w.look, 0, sizeof w.look);
        w.k.a = bf_arena_new(0);
        w.k.memory = bf_memory_new();
        w.k.now = kit_at("2025-01-06 10:00:00");
        w.k.o.batch_rows = 4 + below(40);
        w.k.o.cached_cases = below(20);
        kit_open(&w.k);
        bf_instant end = w.k.now + INT64_C(365) * 86400;
        fprintf(stderr, "seed %llu year %u\r", (unsigned long long)seed, y);
        for (int i = 0; i < STEPS || w.k.now < end; i++)
            step();
        year_ends();
        kit_close(&w.k);
        bf_memory_free(w.k.memory);
        bf_arena_free(w.k.a);
    }
    bf_arena_free(image);
    printf("seed %llu: %u years, %lu rows, %lu answers, %lu looks, %lu lapses, %lu acts kept, %lu "
           "cases migrated, %lu dates moved, %lu full disks, %lu power cuts, %lu restarts\n",
           (unsigned long long)seed, years, w.rows, w.answers, w.looks, w.lapses, w.early,
           w.migrated, w.moved, w.full, w.power, w.restarts);
    return 0;
}
