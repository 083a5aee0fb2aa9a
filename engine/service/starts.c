/* Starts: what the calendar starts (engine/core/starts.h), each case once and none left out.
**
** Of each policy the version that is active starts cases. Up to which instant all has started is told by a SETTING row
** of kind "starts", {"through":INSTANT}, under the policy's name; at first that is when the policy was first activated.
** What falls next is the fence of every scan: lapses due by then come first, those after it wait. Then the starts of
** that instant are openings like any other, one after the other, in written order and for each row of the register, in
** the order of their keys, that is durable then; last comes the row that moves the fence.
**
** What it did before a crash, a restart does not do again: each opening has an idempotency key made of policy, procedure,
** place of the start, instant and key of the row. (Rows are looked at when starts are fired, then anew.)
*/
#include <string.h>

#include "engine/core/starts.h"
#include "engine/service/engine_parts.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

#define KIND "starts"
enum { PAGE = 256 };

/* ---- which is next ---- */

/* It is asked for at every turn, and changes with what it follows from. */
static bf_instant next_of(struct bf_starter *s) {
    const struct bf_calendar *c = s->policy->calendar;
    bool found;
    if (s->next_of == s->policy && s->next_by == c && s->next_after == s->through)
        return s->next;
    bf_instant after = s->through, again;
    while ((found = bf_starts_next(s->policy->image, c, after, &s->next)) &&
           !bf_text_starts(s->engine, s->policy, s->next, &again) && again != BF_DUE_NEVER)
        after = again; /* until then it is for the text that amends it */
    if (!found || !bf_text_starts(s->engine, s->policy, s->next, &again))
        s->next = BF_DUE_NEVER;
    s->next_of = s->policy;
    s->next_by = c;
    s->next_after = s->through;
    return s->next;
}

bf_instant bf_starts_fence(const struct bf_engine *e, uint32_t *which) {
    bf_instant next = BF_DUE_NEVER;
    for (uint32_t i = 0; i < e->starter_count; i++) {
        bf_instant at = e->starters[i].known ? next_of(&e->starters[i]) : BF_DUE_NEVER;
        if (at >= next)
            continue;
        next = at;
        *which = i;
    }
    return next;
}

bool bf_starts_hold(const struct bf_engine *e) { return e->starting.busy || e->starters_unknown; }

/* Not at once again after something failed. */
bf_instant bf_starts_wake(const struct bf_engine *e) {
    uint32_t which;
    bf_instant at = e->resting ? BF_DUE_NEVER : bf_starts_fence(e, &which);
    return at < e->starting.not_before ? e->starting.not_before : at;
}

/* ---- one after the other ---- */

static void give_up(struct bf_engine *e, bool again) {
    struct bf_starting *g = &e->starting;
    bf_arena_free(g->arena);
    bf_instant not_before = again ? e->o.now(e->o.ctx) + 1 : BF_INSTANT_NONE;
    *g = (struct bf_starting){.not_before = not_before};
    bf_scan_heard(e, BF_INSTANT_NONE); /* what was held back */
}

static const struct bf_i_start *row_of(const struct bf_starting *g) {
    return &g->policy->image->start[g->start];
}

static bool read_opening(void *ctx, const struct bf_image *m, const struct bf_case *c,
                         struct bf_arena *a, struct bf_event *event) {
    const struct bf_engine *e = ctx;
    const struct bf_starting *g = &e->starting;
    struct bf_value *member = bf_new_array(a, struct bf_value, 1);
    struct bf_canon j;
    struct bf_error error;
    (void)c;
    event->what = bf_start_proc(m, g->start);
    event->start = g->start;
    event->args = member;
    event->nargs = row_of(g)->member_reg ? 1 : 0;
    if (!event->nargs)
        return true;
    const struct bf_i_register *reg = &m->reg[row_of(g)->member_reg - 1];
    if (bf_canon_read(a, g->rows[g->next - 1].row, &j, &error) != BF_OK ||
        bf_value_read_record(m, a, &j, reg->record, member))
        return false; /* another version's row: counted, never guessed */
    *member = bf_start_member(m, g->start, *member);
    return true;
}

static void opened(void *ctx, const struct bf_answer *a) {
    struct bf_engine *e = ctx;
    struct bf_starting *g = &e->starting;
    g->sent = false;
    switch (a->kind) {
    case BF_ANSWER_DONE: e->counts.started += !a->again; return;
    case BF_ANSWER_REFUSED: return;
    case BF_ANSWER_FULL:
    case BF_ANSWER_MEMORY:
    case BF_ANSWER_STORE: g->failed = true; return;
    case BF_ANSWER_EARLY:
    case BF_ANSWER_MALFORMED:
    case BF_ANSWER_NO_CASE:
    case BF_ANSWER_OTHER_BODY:
    case BF_ANSWER_CHAIN: e->counts.start_failures++; return;
    }
}

static void add_key_part(struct bf_buf *b, bf_str text) {
    bf_buf_char(b, ' ');
    bf_buf_str(b, text);
}

static void open_one(struct bf_engine *e, bf_str member) {
    struct bf_starting *g = &e->starting;
    const struct bf_image *m = g->policy->image;
    uint32_t proc = bf_start_proc(m, g->start);
    struct bf_buf key;
    bf_buf_init(&key);
    bf_buf_z(&key, KIND);
    add_key_part(&key, bf_i_text(m, m->policy.name));
    add_key_part(&key, bf_i_text(m, m->proc[proc].name));
    bf_buf_fmt(&key, " %u %lld", (unsigned)(g->start - m->proc[proc].starts.first),
               (long long)g->at);
    add_key_part(&key, member);
    g->sent = true;
    if (key.failed)
        opened(e, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
    else
        bf_engine_command(e, &(struct bf_command){.kind = BF_EVENT_OPEN,
                                                  .policy = g->policy,
                                                  .as_is = true,
                                                  .effective = g->at,
                                                  .key = bf_buf_view(&key),
                                                  .read = read_opening,
                                                  .answer = opened,
                                                  .ctx = e});
    bf_buf_fini(&key);
}

/* ---- the rows of a register ---- */

static void read_rows(struct bf_engine *e);

static bool keep_rows(struct bf_starting *g, const struct bf_rows *rows) {
    const struct bf_row_register *row = rows->row;
    jmp_buf jump;
    bf_arena_on_exhausted(g->arena, &jump);
    bool kept = setjmp(jump) == 0;
    for (uint32_t i = 0; kept && i < rows->count; i++) {
        g->rows = bf_arena_grow(g->arena, g->rows, g->count, &g->cap, sizeof *g->rows);
        g->rows[g->count++] = (struct bf_start_row){bf_str_dup(g->arena, row[i].key),
                                                    bf_str_dup(g->arena, row[i].row)};
    }
    bf_arena_on_exhausted(g->arena, NULL);
    return kept;
}

/* One case for what reads alike by now. */
static bool drop_taken(struct bf_engine *e) {
    struct bf_starting *g = &e->starting;
    const struct bf_image *m = g->policy->image;
    uint32_t reg = row_of(g)->member_reg - 1, n = g->count;
    struct bf_world w = {.calendar = g->policy->calendar};
    struct bf_canon j;
    struct bf_error error;
    jmp_buf jump;
    if (!bf_heirs_know(e->heirs, m, g->policy->calendar, &w, g->at))
        return false;
    if (!w.succession_count)
        return true;
    bf_arena_on_exhausted(g->arena, &jump);
    bool done = setjmp(jump) == 0;
    if (done) {
        struct bf_value *row = bf_new_array(g->arena, struct bf_value, n);
        bool *read = bf_new_array(g->arena, bool, n);
        for (uint32_t i = 0; i < n; i++)
            read[i] = bf_canon_read(g->arena, g->rows[i].row, &j, &error) == BF_OK &&
                      !bf_value_read_record(m, g->arena, &j, m->reg[reg].record, &row[i]);
        bf_rows_now(&w, g->arena, m, reg, row, n);
        g->count = 0;
        for (uint32_t i = 0; i < n; i++)
            if (!read[i] || bf_present(row[i])) /* what is unreadable is counted when it starts */
                g->rows[g->count++] = g->rows[i];
    }
    bf_arena_on_exhausted(g->arena, NULL);
    return done;
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    struct bf_starting *g = &e->starting;
    e->under_way--;
    g->sent = false;
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        bf_engine_die(e, error);
    if (err || e->dead || !keep_rows(g, rows)) {
        g->failed = true;
    } else if (rows->count == PAGE) {
        read_rows(e);
        return;
    } else {
        g->failed = !drop_taken(e);
    }
    bf_starts_run(e);
}

static void read_rows(struct bf_engine *e) {
    struct bf_starting *g = &e->starting;
    jmp_buf jump;
    struct bf_row_register at = {.name = BF_STR("")};
    bf_arena_on_exhausted(g->arena, &jump);
    if (setjmp(jump) == 0)
        at.name = bf_derive_register_name(g->arena, g->policy->image, row_of(g)->member_reg - 1);
    bf_arena_on_exhausted(g->arena, NULL);
    if (!at.name.len) {
        g->failed = true;
        return;
    }
    if (g->count)
        at.key = g->rows[g->count - 1].key;
    struct bf_query q = {.partition = e->o.partition,
                         .table = BF_TABLE_REGISTER,
                         .at = &at,
                         .same = 1,
                         .after = g->count > 0,
                         .limit = PAGE};
    g->sent = true;
    e->under_way++;
    bf_store_read(e->store, &q, rows_read, e);
}

/* ---- an instant ---- */

static void marked(void *ctx, const struct bf_answer *a) {
    struct bf_engine *e = ctx;
    struct bf_starting *g = &e->starting;
    if (a->kind == BF_ANSWER_DONE)
        e->starters[g->which].through = g->at;
    give_up(e, a->kind != BF_ANSWER_DONE);
}

static void write_mark(struct bf_engine *e, const struct bf_image *m, bf_instant through,
                       bf_engine_answer *told, void *ctx) {
    struct bf_buf data;
    bf_buf_init(&data);
    bf_buf_z(&data, "{\"id\":");
    bf_json_text(bf_i_text(m, m->policy.name), &data);
    bf_buf_fmt(&data, ",\"json\":{\"through\":%lld},\"kind\":\"" KIND "\"}", (long long)through);
    if (data.failed)
        told(ctx, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
    else
        bf_engine_notice(e, &(struct bf_notice){.kind = BF_ENTRY_SETTING,
                                                .data = bf_buf_view(&data),
                                                .answer = told,
                                                .ctx = ctx});
    bf_buf_fini(&data);
}

/* The next start row of the instant. False: there is none. */
static bool next_start(struct bf_starting *g) {
    const struct bf_image *m = g->policy->image;
    for (g->start++; g->start < m->start_count; g->start++)
        if (bf_start_falls(m, g->policy->calendar, g->start, g->at))
            return true;
    return false;
}

static void go_on(struct bf_engine *e) {
    struct bf_starting *g = &e->starting;
    if (g->next < g->count) {
        open_one(e, g->rows[g->next++].key);
        return;
    }
    g->count = g->next = 0;
    if (!next_start(g)) {
        g->sent = g->marking = true;
        write_mark(e, g->policy->image, g->at, marked, e);
    } else if (row_of(g)->member_reg) {
        read_rows(e);
    } else {
        open_one(e, (bf_str){"", 0});
    }
}

void bf_starts_run(struct bf_engine *e) {
    struct bf_starting *g = &e->starting;
    if (!g->busy || g->running || e->dead || e->held)
        return;
    g->running = true;
    while (g->busy && !g->sent && !g->failed && !e->dead && !e->held)
        go_on(e);
    g->running = false;
    if (g->failed && !g->sent)
        give_up(e, true);
}

bool bf_starts_begin(struct bf_engine *e, bf_instant now) {
    struct bf_starting *g = &e->starting;
    uint32_t which;
    bf_instant at = bf_starts_fence(e, &which);
    if (g->busy || e->resting || e->adopting || at > now || now < g->not_before)
        return false;
    struct bf_arena *a = bf_arena_new(0);
    if (!a) {
        g->not_before = now + 1;
        return false;
    }
    *g = (struct bf_starting){.busy = true,
                              .which = which,
                              .policy = e->starters[which].policy,
                              .at = at,
                              .start = BF_NONE,
                              .arena = a};
    bf_starts_run(e);
    return true;
}

/* ---- which versions are active ---- */

static bf_str name_of(const struct bf_engine_policy *p) {
    return bf_i_text(p->image, p->image->policy.name);
}

/* It is known from when on. */
static void counts(struct bf_starter *s, bf_instant through) {
    s->through = through;
    s->known = true;
    s->engine->starters_unknown--;
    bf_scan_heard(s->engine, BF_INSTANT_NONE);
}

static void first_marked(void *ctx, const struct bf_answer *a) {
    (void)ctx, (void)a; /* if it is not kept, the activation's row says it again */
}

static struct bf_starter *starter_of(struct bf_engine *e, const struct bf_engine_policy *p) {
    for (uint32_t i = 0; i < e->starter_count; i++)
        if (bf_str_eq(name_of(e->starters[i].policy), name_of(p)))
            return &e->starters[i];
    return NULL;
}

static void read_failed(struct bf_engine *e, enum bf_err err, const struct bf_error *error) {
    struct bf_error none;
    bf_fail(&none, err ? err : BF_EFORMAT, "since when a policy is active cannot be read");
    bf_engine_die(e, error && err ? error : &none);
}

/* What a read is for: the starters may move meanwhile. */
struct asked {
    struct bf_engine *engine;
    const struct bf_engine_policy *policy;
    uint64_t seq;
};

static void activation_read(void *ctx, enum bf_err err, const struct bf_error *error,
                            const struct bf_rows *rows) {
    struct asked *q = ctx;
    struct bf_engine *e = q->engine;
    const struct bf_row_journal *row = !err && rows->count ? rows->row : NULL;
    struct bf_starter *s = starter_of(e, q->policy);
    struct bf_entry_head head;
    struct bf_error bad;
    e->under_way--;
    bf_free(q);
    if (!row || row->head.len != BF_ENTRY_HEAD ||
        bf_entry_head_read((const uint8_t *)row->head.p, &head, &bad)) {
        read_failed(e, err, error);
        return;
    }
    counts(s, head.recorded);
    write_mark(e, s->policy->image, s->through, first_marked, NULL);
}

/* {"through":INSTANT}; BF_INSTANT_NONE: it is not that. */
static bf_instant through_of(bf_str json) {
    struct bf_arena *a = bf_arena_new(1 << 16);
    struct bf_canon j;
    struct bf_error bad;
    jmp_buf jump;
    bf_instant through = BF_INSTANT_NONE;
    if (!a)
        return through;
    bf_arena_on_exhausted(a, &jump);
    if (setjmp(jump) == 0 && bf_canon_read(a, json, &j, &bad) == BF_OK) {
        const struct bf_canon *v = bf_canon_member(&j, "through");
        through = v && v->kind == BF_CANON_INT ? v->i : through;
    }
    bf_arena_free(a);
    return through;
}

static void mark_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct asked *q = ctx;
    struct bf_engine *e = q->engine;
    const struct bf_row_setting *row = !err && rows->count ? rows->row : NULL;
    bf_instant through = row ? through_of(row->json) : BF_INSTANT_NONE;
    if (through != BF_INSTANT_NONE) {
        counts(starter_of(e, q->policy), through);
    } else if (!err && !row) {
        struct bf_row_journal at = {.seq = q->seq};
        struct bf_query journal = {.partition = e->o.partition,
                                   .table = BF_TABLE_JOURNAL,
                                   .at = &at,
                                   .same = 1,
                                   .limit = 1};
        bf_store_read(e->store, &journal, activation_read, q);
        return;
    } else {
        read_failed(e, err, error);
    }
    e->under_way--;
    bf_free(q);
}

static bool starts_any(const struct bf_image *m) {
    for (uint32_t i = 0; i < m->start_count; i++)
        if (m->start[i].every)
            return true;
    return false;
}

void bf_engine_activate(struct bf_engine *e, const struct bf_engine_policy *p, uint64_t seq) {
    struct bf_starter *s = starter_of(e, p);
    if (!bf_texts_activate(e, p))
        read_failed(e, BF_ENOMEM, NULL);
    for (uint32_t i = 0; i < e->starter_count; i++)
        e->starters[i].next_of = NULL; /* it may be for another text now */
    if (s) {
        s->policy = p; /* what is under way goes on as it began */
        return;
    }
    if (!starts_any(p->image))
        return; /* another version of it may: from its own activation on */
    struct asked *q = bf_malloc(sizeof *q);
    void *more = bf_realloc(e->starters, (e->starter_count + 1) * sizeof *e->starters);
    if (more)
        e->starters = more;
    if (!q || !more) {
        bf_free(q);
        read_failed(e, BF_ENOMEM, NULL);
        return;
    }
    *q = (struct asked){e, p, seq};
    e->starters[e->starter_count++] = (struct bf_starter){.engine = e, .policy = p};
    e->starters_unknown++;
    struct bf_row_setting at = {.kind = BF_STR(KIND), .id = name_of(p)};
    struct bf_query query = {
        .partition = e->o.partition, .table = BF_TABLE_SETTING, .at = &at, .same = 2, .limit = 1};
    e->under_way++;
    bf_store_read(e->store, &query, mark_read, q);
}

void bf_starts_fini(struct bf_engine *e) {
    bf_arena_free(e->starting.arena);
    bf_free(e->starters);
}
