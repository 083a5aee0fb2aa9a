/* engine IMAGE: every scenario of a compiled policy, acted out by the service's engine over a store, leaves
** the rows that the simulator leaves, byte for byte. Each is done five times: straight; with a cache of one case, so
** that heads are read from their rows again and again; with the disk full at every batch once, each command then
** sent anew; with keys, each command sent twice at once, once more later, and with another body; and with keys and a full disk,
** where the first of the two is refused and the second is done. Prints what was
** seen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/service/engine.h"
#include "engine/service/verify.h"
#include "engine/sim/record.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"

static struct bf_error failure;
static unsigned rows_seen, commands_sent, full_seen;

/* One scenario, in both worlds. */
struct play {
    const struct bf_image *m;
    const struct bf_calendar *c;
    struct bf_arena *a;
    const struct bf_sim *s;
    uint32_t scenario;
    bf_instant now;
    struct bf_memory *memory;
    struct bf_store *store;
    struct bf_engine *e;
    struct bf_engine_policy *policy, *text[BF_SIM_TEXTS]; /* and those behind it */
    bool ready, faults;
    const struct bf_sim_entry *sent;
    bool answered;
    struct bf_answer answer;
    bool keyed; /* the next answer may be the second of two */
    bool keys;  /* rows carry keys, which those of the simulator have not */
    uint64_t twins, refused;
    uint32_t row; /* next to compare */
};

static void broken(const struct play *p, const char *what) {
    bf_str title = bf_i_text(p->m, p->m->scenario[p->scenario].title);
    fprintf(stderr, "%.*s: %s: %s\n", (int)title.len, title.p, what, failure.text);
    exit(1);
}

static bf_instant now(void *ctx) { return ((struct play *)ctx)->now; }

static void salt(void *ctx, uint8_t *out, size_t n) {
    (void)ctx;
    memset(out, 7, n);
}

static void fatal(void *ctx, const struct bf_error *e) {
    failure = *e;
    broken(ctx, "the engine died");
}

static void ready(void *ctx) { ((struct play *)ctx)->ready = true; }

static void told(void *ctx, const struct bf_answer *a) {
    struct play *p = ctx;
    if (p->keyed && a->kind == BF_ANSWER_FULL) {
        p->refused++;
        return;
    }
    if (p->answered && p->keyed) {
        p->twins += a->again && a->seq == p->answer.seq && a->kind == p->answer.kind;
        return;
    }
    if (p->answered)
        broken(p, "answered twice");
    p->answered = true;
    p->answer = *a;
}

static bool reader(void *ctx, const struct bf_image *m, const struct bf_case *c, struct bf_arena *a,
                   struct bf_event *e) {
    const struct play *p = ctx;
    bf_instant effective = e->effective;
    (void)m, (void)c, (void)a;
    *e = p->sent->event;
    e->effective = effective;
    return true;
}

/* Until nothing is left to do. */
static void pump(struct play *p) {
    bf_engine_flush(p->e);
    for (int i = 0; !bf_engine_idle(p->e); i++) {
        if (i > 100000)
            broken(p, "it does not come to rest");
        bf_store_poll(p->store);
        bf_engine_flush(p->e);
    }
}

static void start(struct play *p, uint32_t cached) {
    const struct bf_engine_options o = {.now = now,
                                        .random = salt,
                                        .fatal = fatal,
                                        .ctx = p,
                                        .cached_cases = cached,
                                        .batch_rows = 8};
    if (!(p->memory = bf_memory_new()) ||
        bf_store_open_memory(p->memory, &(struct bf_store_options){0}, &p->store, &failure) ||
        bf_engine_new(p->store, &o, &p->e, &failure) ||
        !(p->policy = p->text[0] = bf_engine_add_policy(p->e, p->m, p->c)))
        broken(p, "no engine");
    for (uint32_t i = 1; i < p->s->texts; i++)
        if (!(p->text[i] = bf_engine_add_policy(p->e, p->s->text[i].image, p->c)))
            broken(p, "no engine");
    bf_engine_start(p->e, ready, p);
    pump(p);
    if (!p->ready)
        broken(p, "not ready");
    for (uint32_t i = 0; i < p->s->texts && p->s->texts > 1; i++)
        bf_engine_activate(p->e, p->text[i], 1);
}

/* What cases that start by this entry, or because of it, assume; if none starts, what the scenario assumes in the end. */
static const struct bf_value *assumed(const struct play *p, uint32_t entry) {
    for (uint32_t i = entry; i < p->s->entry_count; i++) {
        const struct bf_sim_entry *x = &p->s->entries[i];
        if (i > entry && x->stmt != BF_NONE)
            break;
        if (x->event.kind == BF_EVENT_OPEN && x->after)
            return x->after->assume;
    }
    return p->s->assume;
}

static void send(struct play *p, const struct bf_sim_entry *x) {
    struct bf_command c = {.kind = x->event.kind,
                           .number = x->event.kind == BF_EVENT_OPEN ? 0 : x->number,
                           .policy = p->policy,
                           .effective = BF_INSTANT_NONE,
                           .read = reader,
                           .answer = told,
                           .ctx = p};
    p->sent = x;
    do {
        p->answered = false;
        if (p->faults)
            bf_memory_fail(p->memory, 0, BF_MEMORY_FULL);
        bf_engine_command(p->e, &c);
        pump(p);
        commands_sent++;
        if (!p->answered)
            broken(p, "no answer");
        if (p->faults && p->answer.kind != BF_ANSWER_FULL)
            broken(p, "the disk was full, and nobody said so");
        full_seen += p->faults;
        p->faults = !p->faults && p->answer.kind == BF_ANSWER_FULL;
    } while (p->answer.kind == BF_ANSWER_FULL);
    if (p->answer.kind != (x->outcome == BF_DONE ? BF_ANSWER_DONE : BF_ANSWER_REFUSED))
        broken(p, "another answer");
}

/* The same command twice at once, again when it is durable, and its key with another body. */
static void send_keyed(struct play *p, const struct bf_sim_entry *x) {
    char key[16];
    int n = snprintf(key, sizeof key, "k%u", (unsigned)(x - p->s->entries));
    struct bf_command c = {.kind = x->event.kind,
                           .number = x->event.kind == BF_EVENT_OPEN ? 0 : x->number,
                           .policy = p->policy,
                           .effective = BF_INSTANT_NONE,
                           .principal = BF_STR("somebody"),
                           .key = {key, (uint32_t)n},
                           .read = reader,
                           .answer = told,
                           .ctx = p};
    p->sent = x;
    p->answered = false;
    p->keyed = true;
    p->twins = p->refused = 0;
    if (p->faults)
        bf_memory_fail(p->memory, 0, BF_MEMORY_FULL);
    bf_engine_command(p->e, &c);
    bf_engine_command(p->e, &c);
    pump(p);
    if (p->faults) { /* the first was refused, the second was then the first */
        full_seen++;
        if (p->refused != 1)
            broken(p, "the disk was full, and nobody or everybody was told so");
        bf_engine_command(p->e, &c);
        pump(p);
    }
    bf_engine_command(p->e, &c);
    pump(p);
    p->keyed = false;
    if (p->twins != 2 || !p->answer.seq || p->answer.again)
        broken(p, "the same key, another answer");
    p->answered = false;
    c.body_hash[0] = 1;
    bf_engine_command(p->e, &c);
    pump(p);
    if (!p->answered || p->answer.kind != BF_ANSWER_OTHER_BODY)
        broken(p, "another body under the same key was not refused");
    commands_sent += 4;
}

/* What the directory says: the row is the simulator's. */
static void succession(struct play *p, uint32_t row) {
    struct bf_entry n;
    bf_record_entry(p->s, row, &n);
    bf_engine_notice(
        p->e,
        &(struct bf_notice){.kind = BF_ENTRY_DIRECTORY, .data = n.data, .answer = told, .ctx = p});
}

static bool seen(void *ctx, const struct bf_view *v, struct bf_arena *scratch) {
    (void)ctx, (void)v, (void)scratch;
    return true;
}

/* Whoever looks at a case finds in it who took a department's place. */
static void look(struct play *p, uint32_t number) {
    p->answered = false;
    bf_engine_look(p->e,
                   &(struct bf_look){.number = number, .look = seen, .answer = told, .ctx = p});
    pump(p);
    if (!p->answered || p->answer.kind != BF_ANSWER_DONE)
        broken(p, "a case was not shown");
}

static void put(struct play *p, const struct bf_sim_put *x) {
    p->answered = false;
    if (x->reg == BF_NONE)
        succession(p, x->after + (uint32_t)(x - p->s->puts));
    else
        bf_engine_put(p->e, p->policy, x->reg, x->row, told, p);
    pump(p);
    if (!p->answered || p->answer.kind != BF_ANSWER_DONE)
        broken(p, "a row was not put");
}

enum how { STRAIGHT, FULL, KEYED, KEYED_FULL };

static void act_out(struct play *p, enum how how) {
    uint32_t puts = 0;
    for (uint32_t i = 0; i <= p->s->entry_count; i++) {
        for (; puts < p->s->put_count && p->s->puts[puts].after <= i; puts++) {
            const struct bf_sim_put *x = &p->s->puts[puts];
            p->now = x->at != BF_INSTANT_NONE ? x->at : bf_record_begin(p->s);
            put(p, x);
        }
        if (i == p->s->entry_count)
            break;
        const struct bf_sim_entry *x = &p->s->entries[i];
        p->now = x->event.recorded;
        bool calendar = x->event.kind == BF_EVENT_OPEN && x->event.start != BF_NONE &&
                        p->m->start[x->event.start].every; /* the service's part: starts.c there */
        if (x->stmt != BF_NONE || x->event.kind == BF_EVENT_TICK || calendar)
            p->policy->assume = assumed(p, i);
        if (x->stmt != BF_NONE && how >= KEYED) {
            p->faults = how == KEYED_FULL;
            send_keyed(p, x);
        } else if (x->stmt != BF_NONE || calendar) {
            p->faults = how == FULL;
            send(p, x);
        } else if (x->event.kind == BF_EVENT_SUCCEED) {
            look(p, x->number);
        } else if (x->event.kind == BF_EVENT_TICK) {
            bf_engine_scan(p->e);
            pump(p);
        }
    }
}

/* The value of "key" in a body; empty if it has none. */
static bf_str key_in(bf_str body) {
    const char *at = memmem(body.p, body.len, "\"key\":\"k", 8);
    const char *end = at ? memchr(at + 7, '"', (size_t)(body.p + body.len - at - 7)) : NULL;
    return end ? (bf_str){at + 7, (uint32_t)(end - at - 7)} : (bf_str){0};
}

static bool has_key(bf_str body) { return key_in(body).len > 0; }

static void compare(void *ctx, enum bf_err err, const struct bf_error *e,
                    const struct bf_rows *rows) {
    struct play *p = ctx;
    if (err) {
        failure = *e;
        broken(p, "no rows");
    }
    const struct bf_row_journal *row = rows->row;
    if (rows->count != bf_record_count(p->s)) {
        fprintf(stderr, "%u rows, not %u\n", (unsigned)rows->count,
                (unsigned)bf_record_count(p->s));
    }
    for (uint32_t i = 0; i < rows->count && i < bf_record_count(p->s); i++) {
        struct bf_entry n;
        uint8_t head[BF_ENTRY_HEAD];
        struct bf_buf body;
        bf_record_entry(p->s, i, &n);
        bf_entry_head_write(&n.head, head);
        bf_buf_in(&body, p->a);
        if (p->keys && has_key(row[i].body)) {
            n.principal = BF_STR("somebody");
            n.key = key_in(row[i].body);
        }
        bf_entry_body(&n, &body);
        if (memcmp(row[i].head.p, head, sizeof head) != 0 ||
            !bf_str_eq(bf_buf_view(&body), row[i].body)) {
            fprintf(stderr, "row %u\n%.*s\n%.*s\n", (unsigned)i + 1, (int)body.len, body.p,
                    (int)row[i].body.len, row[i].body.p);
            broken(p, "the engine's row (second) is another than the simulator's");
        }
        rows_seen++;
    }
    if (rows->count != bf_record_count(p->s))
        broken(p, "another number of rows");
}

/* A case's row is what its journal rows say: how many there are, and the last. */
static void compare_cases(void *ctx, enum bf_err err, const struct bf_error *e,
                          const struct bf_rows *rows) {
    struct play *p = ctx;
    if (err) {
        failure = *e;
        broken(p, "no cases");
    }
    if (rows->count != p->s->case_count)
        broken(p, "another number of cases");
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct bf_row_cases *row = (const struct bf_row_cases *)rows->row + i;
        uint64_t count = 0, last = 0;
        for (uint32_t k = 0; k < bf_record_count(p->s); k++) {
            struct bf_entry n;
            bf_record_entry(p->s, k, &n);
            if (n.head.number != row->number)
                continue;
            count++;
            last = n.head.seq;
        }
        if (row->epoch != count || row->last_seq != last)
            broken(p, "a case's row counts its journal rows otherwise");
    }
}

static void found(void *ctx, enum bf_text_id text, const bf_arg *args, int nargs) {
    struct bf_buf out;
    (void)ctx;
    bf_buf_init(&out);
    bf_text_render(&out, BF_LANG_EN, text, args, nargs);
    fprintf(stderr, "%.*s\n", (int)out.len, out.p);
    bf_buf_fini(&out);
}

/* A refused opening does not say what it assumed: the service's cases assume what their image does. */
static bool assumes(const struct play *p) {
    struct bf_i_range stmts = p->m->scenario[p->scenario].stmts;
    for (uint32_t i = 0; i < stmts.count; i++)
        if (p->m->stmt[stmts.first + i].op == BF_S_ASSUME)
            return true;
    return false;
}

/* The tree is that of the rows, each step again gives the same, and what the engine derived a step at a time is what
** a rebuild derives from the journal. */
static void verify(struct play *p) {
    struct bf_verify v = {.store = bf_closed_over(p->store), .found = found};
    if (!v.store)
        broken(p, "no memory");
    for (uint32_t i = 0; i < p->s->texts; i++)
        bf_closed_bring(v.store, p->s->text[i].image, p->c);
    if (bf_verify_tree(&v, &failure) || v.findings || v.rows != bf_record_count(p->s))
        broken(p, "the tree is not that of the rows");
    if (bf_verify_derived(&v, &failure) || v.findings)
        broken(p, "the derived tables are not what the journal makes");
    if (!assumes(p) && (bf_verify_rules(&v, &failure) || v.findings))
        broken(p, "stepped again, it gives something else");
    bf_closed_close(v.store);
}

static void play(struct play p, uint32_t cached, enum how how) {
    start(&p, cached);
    act_out(&p, how);
    p.keys = how >= KEYED;
    p.policy->assume = NULL;
    struct bf_query q = {.table = BF_TABLE_JOURNAL, .limit = 100000};
    bf_store_read(p.store, &q, compare, &p);
    q.table = BF_TABLE_CASES;
    bf_store_read(p.store, &q, compare_cases, &p);
    bf_store_poll(p.store);
    bf_engine_free(p.e);
    verify(&p); /* and closes the store */
    bf_memory_free(p.memory);
}

int main(int argc, char **argv) {
    struct bf_arena *a = bf_arena_new(0);
    const struct bf_calendar *c;
    struct bf_image *m;
    bf_str bytes;
    if (argc != 2 || !a || bf_file_read(a, argv[1], 64 << 20, &bytes, &failure) ||
        bf_image_load(a, bytes.p, bytes.len, &m, &failure) ||
        bf_calendar_open(a, bf_i_text(m, m->policy.calendar), BF_DAY_MAX, &c, &failure)) {
        fprintf(stderr, "engine: %s\n", argc == 2 && a ? failure.text : "an image, please");
        return 2;
    }
    for (uint32_t i = 0; i < m->scenario_count; i++) {
        struct play p = {.m = m, .c = c, .a = bf_arena_new(0), .scenario = i};
        p.s = bf_sim_run(p.a, m, c, i, NULL);
        play(p, 1000, STRAIGHT);
        play(p, 1, STRAIGHT);
        play(p, 1000, FULL);
        play(p, 1, KEYED);
        play(p, 1000, KEYED_FULL);
        bf_arena_free(p.a);
    }
    printf("%u scenarios: %u rows, %u commands, %u of them on a full disk\n",
           (unsigned)m->scenario_count, rows_seen, commands_sent, full_seen);
    bf_arena_free(a);
    return rows_seen > 0 ? 0 : 1;
}
