/* verify_rules: every event stepped again, on cases and registers as the journal left them. */
#include <string.h>

#include "engine/service/derive.h"
#include "engine/service/heirs.h"
#include "engine/service/rebuild.h"
#include "engine/service/verify.h"
#include "lang/base/mem.h"

enum { SLOTS = 1 << 14, DIFFERENCES_TOLD = 20 };

struct cell {
    struct cell *next;
    struct bf_row_register row;
};

struct rerun {
    struct bf_verify *v;
    struct bf_arena *kept;    /* cases and registers */
    struct bf_arena *scratch; /* of one row */
    struct cell **cells;      /* SLOTS of them */
    struct bf_case **cases;
    uint64_t case_cap;
    const struct bf_image *image; /* of the row under way */
    struct bf_heirs *heirs;       /* as the rows before it have it */
    bool full;                    /* no memory for what they say */
};

/* ---- registers ---- */
static struct cell **cell_of(struct rerun *x, bf_str name, bf_str key) {
    struct cell **c = &x->cells[(bf_str_hash(name) * 31 + bf_str_hash(key)) % SLOTS];
    while (*c && !(bf_str_eq((*c)->row.name, name) && bf_str_eq((*c)->row.key, key)))
        c = &(*c)->next;
    return c;
}

static enum bf_err put(void *ctx, const struct bf_row_register *row, struct bf_error *e) {
    struct rerun *x = ctx;
    struct cell **c = cell_of(x, row->name, row->key);
    (void)e;
    if (!*c) {
        *c = bf_new(x->kept, struct cell);
        (*c)->row.name = bf_str_dup(x->kept, row->name);
        (*c)->row.key = bf_str_dup(x->kept, row->key);
    }
    (*c)->row.row = bf_str_dup(x->kept, row->row);
    return BF_OK;
}

static enum bf_lookup row_of(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                             struct bf_value *row) {
    struct rerun *x = ctx;
    const struct bf_image *m = x->image;
    struct bf_canon j;
    struct bf_error e;
    struct cell *c = *cell_of(x, bf_derive_register_name(x->scratch, m, reg),
                              bf_derive_register_key(x->scratch, m, keys, n));
    if (!c)
        return BF_LOOKUP_ABSENT;
    bool read = bf_canon_read(x->scratch, c->row.row, &j, &e) == BF_OK &&
                !bf_value_read_record(m, x->scratch, &j, m->reg[reg].record, row);
    return read ? BF_LOOKUP_FOUND : BF_LOOKUP_NEEDS; /* told as a difference */
}

/* ---- cases ---- */
static struct bf_case **case_of(struct rerun *x, uint64_t number) {
    if (number >= x->case_cap) {
        uint64_t cap = number * 2 + 64;
        struct bf_case **bigger = bf_realloc(x->cases, cap * sizeof *bigger);
        if (!bigger)
            return NULL;
        memset(bigger + x->case_cap, 0, (cap - x->case_cap) * sizeof *bigger);
        x->cases = bigger;
        x->case_cap = cap;
    }
    return &x->cases[number];
}

/* ---- one row ---- */
static void differs(struct rerun *x, const struct bf_entry *n, enum bf_text_id text,
                    const char *kept, const char *made) {
    if (x->v->findings++ < DIFFERENCES_TOLD)
        x->v->found(x->v->ctx, text,
                    BF_ARGS(bf_arg_int((int64_t)n->head.seq), bf_arg_int((int64_t)n->head.number),
                            bf_arg_str(bf_str_of(kept)), bf_arg_str(bf_str_of(made))));
}

static char *facts_json(struct rerun *x, const struct bf_image *m, const struct bf_fact *f,
                        uint32_t count) {
    struct bf_buf out;
    bf_buf_in(&out, x->scratch);
    for (uint32_t i = 0; i < count; i++) {
        bf_fact_json(m, &f[i], &out);
        bf_buf_char(&out, '\n');
    }
    bf_buf_char(&out, 0);
    return out.p;
}

/* The first line in which two texts differ, cut out of both. */
static void first_difference(char **x, char **y) {
    for (;;) {
        char *xe = strchr(*x, '\n'), *ye = strchr(*y, '\n');
        if (!xe || !ye || xe - *x != ye - *y || memcmp(*x, *y, (size_t)(xe - *x)) != 0) {
            if (xe)
                *xe = 0;
            if (ye)
                *ye = 0;
            return;
        }
        *x = xe + 1;
        *y = ye + 1;
    }
}

/* What a case that starts assumes is not of the rules: it is taken from its first fact, whose values behind the data
** it is. */
static const struct bf_value *assumed(const struct bf_entry *n) {
    const struct bf_fact *f = n->facts;
    uint32_t before = 2 + n->image->proc[n->proc].data.count;
    bool starts =
        n->fact_count && f->kind == BF_FACT_STARTED && f->n >= before + n->image->assume_count;
    return starts ? f->v + before : NULL;
}

/* A lapse of which the service could not do what it should bring about. */
static enum bf_why lapse_failed(const struct bf_entry *n) {
    for (uint32_t i = 0; i < n->fact_count; i++)
        if (n->facts[i].kind == BF_FACT_FAILED &&
            (n->facts[i].c == BF_WHY_CHAIN || n->facts[i].c == BF_WHY_UNREADABLE))
            return (enum bf_why)n->facts[i].c;
    return BF_WHY_NOTHING;
}

static void step_again(struct rerun *x, const struct bf_entry *n, const struct bf_case *c) {
    const struct bf_image *m = n->image;
    const struct bf_calendar *calendar =
        bf_closed_calendar(x->v->store, bf_i_text(m, m->policy.calendar), n->calendar);
    struct bf_world world = {.calendar = calendar,
                             .assume = assumed(n),
                             .row = row_of,
                             .ctx = x,
                             .lapse_fails = lapse_failed(n)};
    struct bf_event event = n->event;
    struct bf_outcome out;
    if (!calendar) {
        differs(x, n, BF_T_VERIFY_NO_CALENDAR, "", "");
        return;
    }
    if (!bf_heirs_know(x->heirs, m, calendar, &world, event.effective)) {
        x->full = true;
        return;
    }
    x->image = m;
    event.recorded = n->head.recorded;
    bf_step(m, &world, event.kind == BF_EVENT_OPEN ? NULL : c, &event, x->scratch, &out);
    char *kept = facts_json(x, m, n->facts, n->fact_count);
    char *made = out.kind == BF_NEEDS ? facts_json(x, m, NULL, 0)
                                      : facts_json(x, m, out.facts, out.fact_count);
    if (n->head.kind == BF_ENTRY_REFUSAL && !n->fact_count)
        return; /* kept early, and given up unlooked at */
    if (n->head.kind == BF_ENTRY_EARLY) {
        if (out.kind != BF_REFUSED || out.refused.kind != BF_REFUSAL_NOT_YET)
            differs(x, n, BF_T_VERIFY_OUTCOME, "", "");
    } else if (strcmp(kept, made) != 0) {
        first_difference(&kept, &made);
        differs(x, n, BF_T_VERIFY_FACTS, kept, made);
    } else if ((n->head.kind == BF_ENTRY_REFUSAL) != (out.kind == BF_REFUSED)) {
        differs(x, n, BF_T_VERIFY_OUTCOME, "", "");
    }
}

/* What the directory says of departments that are no more. */
static enum bf_err hear(struct rerun *x, const struct bf_entry *n, struct bf_error *e) {
    struct bf_derived d = {.arena = x->scratch};
    enum bf_err err =
        n->head.kind == BF_ENTRY_DIRECTORY && !n->gone ? bf_derive_settings(&d, n, e) : BF_OK;
    for (uint32_t i = 0; i < d.count && !err; i++) {
        const struct bf_row_setting *row = d.op[i].row;
        if (bf_str_eq(row->kind, BF_STR("succession")) &&
            !bf_heirs_put(x->heirs, row->id, row->json, row->seq))
            err = bf_fail(e, BF_ENOMEM, "out of memory");
    }
    return err;
}

static enum bf_err rerun_row(void *ctx, const void *p, struct bf_error *e) {
    struct rerun *x = ctx;
    const struct bf_row_journal *row = p;
    struct bf_entry n;
    bf_arena_reset(x->scratch);
    enum bf_err err = bf_closed_entry(x->v->store, x->scratch, row, &n, e);
    struct bf_case **c = err ? NULL : case_of(x, n.head.number);
    if (!err && !c)
        err = bf_fail(e, BF_ENOMEM, "out of memory");
    if (!err && bf_entry_has_event((enum bf_entry_kind)n.head.kind) && !n.gone) {
        if (*c || n.event.kind == BF_EVENT_OPEN)
            step_again(x, &n, *c);
        else if (!row->before) /* else what it was then is dropped, and this cannot be stepped */
            differs(x, &n, BF_T_VERIFY_NO_CASE, "", "");
    }
    if (x->full)
        err = bf_fail(e, BF_ENOMEM, "out of memory");
    if (!err && n.head.number)
        err = bf_entry_apply(x->kept, &n, c, e);
    if (!err)
        err = bf_entry_puts(x->scratch, &n, put, x, e);
    if (!err)
        err = hear(x, &n, e);
    x->v->rows++;
    return err ? bf_error_wrap(e, "row %llu", (unsigned long long)row->seq) : BF_OK;
}

enum bf_err bf_verify_rules(struct bf_verify *v, struct bf_error *e) {
    struct rerun x = {.v = v,
                      .kept = bf_arena_new(0),
                      .scratch = bf_arena_new(0),
                      .cells = bf_malloc(SLOTS * sizeof *x.cells),
                      .heirs = bf_heirs_new()};
    enum bf_err err = BF_OK;
    v->findings = v->rows = 0;
    if (x.kept && x.scratch && x.cells && x.heirs) {
        memset(x.cells, 0, SLOTS * sizeof *x.cells);
        err = bf_closed_walk(v->store, BF_TABLE_JOURNAL, rerun_row, &x, e);
    } else {
        err = bf_fail(e, BF_ENOMEM, "out of memory");
    }
    bf_free(x.cases);
    bf_free(x.cells);
    bf_heirs_free(x.heirs);
    bf_arena_free(x.scratch);
    bf_arena_free(x.kept);
    return err;
}
