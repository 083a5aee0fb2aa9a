/* figures: see figures.h. */
#include "engine/sim/figures.h"

#include <stdlib.h>
#include <string.h>

#include "engine/sim/words.h"

void bf_figures_init(struct bf_figures *f, struct bf_arena *a, bf_day from, bf_day to,
                     bf_str only) {
    *f = (struct bf_figures){.arena = a, .from = from, .to = to, .only = only};
}

/* ---- which figure ---- */

static bf_str policy_of(const struct bf_image *m) { return bf_i_text(m, m->policy.name); }

static struct bf_figure *figure_of(struct bf_figures *f, const struct bf_image *m,
                                   const struct bf_i_measure *x) {
    bf_str name = bf_i_text(m, x->name), policy = policy_of(m);
    if (f->only.len && !bf_str_eq(name, f->only))
        return NULL;
    for (uint32_t i = 0; i < f->count; i++)
        if (bf_str_eq(bf_i_text(f->figure[i].image, f->figure[i].measure->name), name) &&
            bf_str_eq(policy_of(f->figure[i].image), policy))
            return &f->figure[i];
    f->figure = bf_arena_grow(f->arena, f->figure, f->count, &f->cap, sizeof *f->figure);
    f->figure[f->count] = (struct bf_figure){.image = m, .measure = x};
    return &f->figure[f->count++];
}

void bf_figures_know(struct bf_figures *f, const struct bf_image *m) {
    for (uint32_t i = 0; i < m->measure_count; i++) {
        struct bf_figure *g = figure_of(f, m, &m->measure[i]);
        if (!g)
            continue;
        g->image = m;
        g->measure = &m->measure[i];
    }
}

/* ---- whose row ---- */

static uint32_t party_hash(struct bf_value who) {
    if (who.n < BF_PARTY_PARTS)
        return who.aux;
    bf_str code = bf_value_text(who.u.items[BF_PARTY_CODE]);
    return bf_str_hash(code.len ? code : bf_value_text(who.u.items[BF_PARTY_NAME]));
}

static void more_slots(struct bf_figures *f, struct bf_figure *g) {
    g->slots = g->slots ? g->slots * 2 : 64;
    g->slot = bf_new_array(f->arena, uint32_t, g->slots);
    for (uint32_t i = 0; i < g->row_count; i++) {
        uint32_t at = party_hash(g->rows[i].who) & (g->slots - 1);
        while (g->slot[at])
            at = (at + 1) & (g->slots - 1);
        g->slot[at] = i + 1;
    }
}

static struct bf_figure_row *row_of(struct bf_figures *f, struct bf_figure *g,
                                    struct bf_value who) {
    if (g->row_count * 2 >= g->slots)
        more_slots(f, g);
    uint32_t at = party_hash(who) & (g->slots - 1);
    for (; g->slot[at]; at = (at + 1) & (g->slots - 1))
        if (bf_same_party(g->rows[g->slot[at] - 1].who, who))
            return &g->rows[g->slot[at] - 1];
    g->rows = bf_arena_grow(f->arena, g->rows, g->row_count, &g->row_cap, sizeof *g->rows);
    g->rows[g->row_count] = (struct bf_figure_row){.who = bf_value_copy(f->arena, who)};
    g->slot[at] = ++g->row_count;
    return &g->rows[g->row_count - 1];
}

/* ---- counting ---- */

static void count(struct bf_figures *f, struct bf_figure *g, const struct bf_i_tally *t, bool over,
                  struct bf_env *env) {
    const struct bf_case *c = env->self;
    bool yes = false;
    if (t->proc != c->proc)
        return;
    env->budget = BF_STEP_BUDGET;
    if (bf_holds(env, t->where, &yes) != BF_WHY_NOTHING) {
        g->failed++;
        return;
    }
    if (!yes)
        return;
    *(over ? &g->total.over : &g->total.counted) += 1;
    if (t->per == BF_NONE)
        return;
    struct bf_value who = c->data[t->per - env->image->proc[c->proc].data.first];
    if (!bf_is_party(who))
        return;
    struct bf_figure_row *r = row_of(f, g, who);
    *(over ? &r->over : &r->counted) += 1;
}

void bf_figures_add(struct bf_figures *f, const struct bf_image *m,
                    const struct bf_calendar *calendar, const struct bf_case *c,
                    struct bf_arena *scratch) {
    struct bf_world world = {.calendar = calendar};
    struct bf_env env = {.image = m, .world = &world, .arena = scratch, .self = c, .today = c->day};
    if (c->state == BF_NONE || c->start_day < f->from || c->start_day > f->to)
        return;
    for (uint32_t i = 0; i < m->measure_count; i++) {
        const struct bf_i_measure *x = &m->measure[i];
        struct bf_figure *g = figure_of(f, m, x);
        if (!g)
            continue;
        count(f, g, &x->counted, false, &env);
        if (x->over.proc != BF_NONE)
            count(f, g, &x->over, true, &env);
    }
    bf_arena_reset(scratch);
}

/* ---- a journal ---- */

bool bf_figures_after(const struct bf_figures *f, const struct bf_entry *n,
                      const struct bf_calendar *calendar) {
    if (f->to == BF_DAY_ANY_TO || n->gone)
        return false;
    if (bf_entry_has_event((enum bf_entry_kind)n->head.kind))
        return (n->fact_count ? n->facts[0].day : n->day) >
               f->to; /* of a lapse its limit's last day */
    return calendar && bf_calendar_day_of(calendar, n->head.recorded, BF_DAY_SECONDS) > f->to;
}

struct reading {
    struct bf_figures *f;
    struct bf_journal_in *in;
    const struct bf_calendar *calendar; /* of the last row that named one */
    bool gone; /* bodies of rows were dropped: seals may say what they said */
};

/* Rows of the interval. A seal repeats what the rows of its case said, and is wanted where they are gone. */
static bool next(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e) {
    struct reading *r = ctx;
    while (bf_journal_in_next(r->in, n, err, e)) {
        const struct bf_calendar *c = bf_journal_in_calendar(r->in, n->calendar);
        r->calendar = c ? c : r->calendar;
        r->gone = r->gone || n->gone;
        if (n->image)
            bf_figures_know(r->f, n->image);
        bool seal = n->head.kind == BF_ENTRY_SEAL && !n->gone;
        if (seal ? r->gone : !bf_figures_after(r->f, n, r->calendar))
            return true;
    }
    return false;
}

enum bf_err bf_figures_read(struct bf_figures *f, struct bf_journal_in *in, struct bf_error *e) {
    struct reading r = {.f = f, .in = in};
    struct bf_entries rows = {next, &r};
    struct bf_journal_cases all = {0};
    enum bf_err err = bf_journal_rebuild(f->arena, &rows, BF_INSTANT_NONE, &all, e);
    if (err)
        return err;
    struct bf_arena *scratch = bf_arena_new(0);
    if (!scratch)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    jmp_buf full, *outer = bf_arena_on_exhausted(f->arena, &full);
    bf_arena_on_exhausted(scratch, &full);
    if (setjmp(full)) {
        err = bf_fail(e, BF_ENOMEM, "out of memory");
    } else {
        for (uint32_t i = 0; i < all.count; i++) {
            const struct bf_journal_case *k = &all.cases[i];
            if (!k->c || k->c->day > f->to)
                f->unknown++;
            else
                bf_figures_add(f, k->image, r.calendar, k->c, scratch);
        }
    }
    bf_arena_on_exhausted(f->arena, outer);
    bf_arena_free(scratch);
    return err;
}

/* ---- telling ---- */

static bf_str code_of(const struct bf_figure_row *r) {
    return r->who.n >= BF_PARTY_PARTS ? bf_value_text(r->who.u.items[BF_PARTY_CODE])
                                      : (bf_str){"", 0};
}

static int by_code(const void *x, const void *y) { return bf_str_cmp(code_of(x), code_of(y)); }

/* Rows by the code of their party: journals in which cases stand in another order tell the same. */
static const struct bf_figure_row *sorted(const struct bf_figures *f, const struct bf_figure *g) {
    struct bf_figure_row *rows = bf_new_array(f->arena, struct bf_figure_row, g->row_count + 1);
    if (g->row_count)
        memcpy(rows, g->rows, sizeof *rows * g->row_count);
    qsort(rows, g->row_count, sizeof *rows, by_code);
    return rows;
}

static bool divided(const struct bf_figure *g) { return g->measure->over.proc != BF_NONE; }

static void numbers_json(const struct bf_figure *g, const struct bf_figure_row *r,
                         struct bf_buf *out) {
    bf_buf_fmt(out, "\"counted\":%llu", (unsigned long long)r->counted);
    if (divided(g))
        bf_buf_fmt(out, ",\"over\":%llu", (unsigned long long)r->over);
}

static void figure_json(const struct bf_figures *f, const struct bf_figure *g, struct bf_buf *out) {
    const struct bf_figure_row *rows = sorted(f, g);
    bf_buf_z(out, "{\"cites\":");
    bf_words_cites_json(g->image, g->measure->src, out);
    bf_buf_fmt(out, ",\"failed\":%llu,\"label\":", (unsigned long long)(f->sees ? 0 : g->failed));
    bf_json_text(bf_i_label(g->image, g->measure->name, g->measure->label), out);
    bf_buf_z(out, ",\"name\":");
    bf_json_text(bf_i_text(g->image, g->measure->name), out);
    bf_buf_z(out, ",\"policy\":");
    bf_json_text(policy_of(g->image), out);
    if (g->measure->counted.per != BF_NONE) {
        bf_buf_z(out, ",\"rows\":[");
        for (uint32_t i = 0, told = 0; i < g->row_count; i++) {
            if (f->sees && !f->sees(f->sees_ctx, rows[i].who))
                continue;
            bf_buf_z(out, told++ ? ",{" : "{");
            numbers_json(g, &rows[i], out);
            bf_buf_z(out, ",\"party\":");
            bf_value_json(g->image, rows[i].who, out);
            bf_buf_char(out, '}');
        }
        bf_buf_char(out, ']');
    }
    if (!f->sees) {
        bf_buf_z(out, ",\"total\":{");
        numbers_json(g, &g->total, out);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, '}');
}

static void day_json(bf_day day, struct bf_buf *out) {
    char text[BF_DAY_TEXT];
    if (day == BF_DAY_ANY_FROM || day == BF_DAY_ANY_TO)
        bf_buf_z(out, "null");
    else
        bf_buf_fmt(out, "\"%s\"", bf_day_print(day, text));
}

void bf_figures_json(const struct bf_figures *f, struct bf_buf *out) {
    bf_buf_z(out, "{\"from\":");
    day_json(f->from, out);
    bf_buf_z(out, ",\"measures\":[");
    for (uint32_t i = 0, told = 0; i < f->count; i++) {
        if (f->sees && f->figure[i].measure->counted.per == BF_NONE)
            continue;
        bf_buf_z(out, told++ ? "," : "");
        figure_json(f, &f->figure[i], out);
    }
    bf_buf_z(out, "],\"to\":");
    day_json(f->to, out);
    bf_buf_fmt(out, ",\"unknown\":%llu}", (unsigned long long)(f->sees ? 0 : f->unknown));
}

static bf_str day_text(const struct bf_figures *f, bf_day day) {
    char text[BF_DAY_TEXT];
    return bf_str_dup(f->arena, bf_str_of(bf_day_print(day, text)));
}

static bf_str interval(const struct bf_figures *f, const struct bf_words *w) {
    bool from = f->from != BF_DAY_ANY_FROM, to = f->to != BF_DAY_ANY_TO;
    bf_arg first = from ? bf_arg_str(day_text(f, f->from)) : bf_arg_int(0);
    bf_arg last = to ? bf_arg_str(day_text(f, f->to)) : bf_arg_int(0);
    if (from && to)
        return bf_words_text(w, BF_T_SIM_STARTED_IN, BF_ARGS(first, last));
    if (from)
        return bf_words_text(w, BF_T_SIM_STARTED_FROM, BF_ARGS(first));
    if (to)
        return bf_words_text(w, BF_T_SIM_STARTED_TO, BF_ARGS(last));
    return bf_words_text(w, BF_T_SIM_STARTED_EVER, BF_NOARGS);
}

static void row_text(const struct bf_figure *g, const struct bf_words *w, bf_str who,
                     const struct bf_figure_row *r, struct bf_buf *out) {
    bf_buf_z(out, "  ");
    bf_buf_str(out, who);
    bf_buf_z(out, w->lang == BF_LANG_ZH ? "：" : ": ");
    bf_buf_fmt(out, "%llu", (unsigned long long)r->counted);
    if (divided(g))
        bf_buf_fmt(out, "/%llu", (unsigned long long)r->over);
    if (divided(g) && !r->over)
        bf_buf_str(out, bf_words_text(w, BF_T_SIM_NOTHING_OVER, BF_NOARGS));
    bf_buf_char(out, '\n');
}

void bf_figures_text(const struct bf_figures *f, enum bf_lang lang, struct bf_buf *out) {
    for (uint32_t i = 0; i < f->count; i++) {
        const struct bf_figure *g = &f->figure[i];
        const struct bf_figure_row *rows = sorted(f, g);
        struct bf_words w = {f->arena, g->image, NULL, lang};
        bf_str cites = bf_words_cites(&w, g->measure->src);
        bf_str label = bf_i_label(g->image, g->measure->name, g->measure->label);
        if (cites.len)
            label = bf_words_join(&w, label, "",
                                  bf_words_text(&w, BF_T_SIM_CITED, BF_ARGS(bf_arg_str(cites))));
        bf_buf_str(out, bf_words_text(&w, BF_T_SIM_FIGURE,
                                      BF_ARGS(bf_arg_str(label), bf_arg_str(interval(f, &w)))));
        bf_buf_char(out, '\n');
        for (uint32_t k = 0; k < g->row_count; k++)
            row_text(g, &w, bf_words_party(&w, rows[k].who), &rows[k], out);
        row_text(g, &w, bf_words_text(&w, BF_T_SIM_IN_ALL, BF_NOARGS), &g->total, out);
        if (g->failed) {
            bf_buf_z(out, "  ");
            bf_buf_str(out, bf_words_text(&w, BF_T_SIM_NOT_COUNTED,
                                          BF_ARGS(bf_arg_int((int64_t)g->failed))));
            bf_buf_char(out, '\n');
        }
    }
    if (f->unknown) {
        struct bf_words w = {f->arena, NULL, NULL, lang};
        bf_buf_str(out, bf_words_text(&w, BF_T_SIM_UNKNOWN_THEN,
                                      BF_ARGS(bf_arg_int((int64_t)f->unknown))));
        bf_buf_char(out, '\n');
    }
}
