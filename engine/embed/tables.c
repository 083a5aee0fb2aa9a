/* Tables of banfa.h: what there is to read of a case, as rows of text. */
#include <stdio.h>
#include <string.h>

#include "engine/embed/embed.h"
#include "engine/sim/tell.h"
#include "lang/base/mem.h"

/* The columns of each table, in the order in which rows are written. */
static const char *const choice_columns[] = {
    "act",   "label",    "kind",        "open",  "why",   "must", "asked",   "actor",
    "until", "too_late", "provisional", "state", "after", "duty", "article", NULL};
static const char *const duty_columns[] = {"duty",     "label",       "status",  "bearer", "due",
                                           "too_late", "provisional", "article", NULL};
static const char *const fact_columns[] = {"fact", "text", "article", "json", NULL};

/* A table under way. */
struct filling {
    banfa_case *c;
    banfa_table *t;
    int64_t at;
    int which;
    struct bf_words words;
    size_t cap, column;
};

static const struct bf_image *image_of(const struct filling *f) { return f->c->policy->image; }

static void row(struct filling *f) {
    banfa_table *t = f->t;
    if (t->rows == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16;
        const char **cell = bf_new_array(t->arena, const char *, cap * t->width);
        if (t->rows)
            memcpy(cell, t->cell, t->rows * t->width * sizeof *cell);
        t->cell = cell;
        f->cap = cap;
    }
    t->rows++;
    f->column = 0;
}

/* The next cell; an empty text is none. */
static void put(struct filling *f, bf_str s) {
    banfa_table *t = f->t;
    t->cell[(t->rows - 1) * t->width + f->column++] = s.len ? bf_str_z(t->arena, s) : NULL;
}
static void put_z(struct filling *f, const char *z) { put(f, z ? bf_str_of(z) : (bf_str){"", 0}); }
static void put_yes(struct filling *f, bool yes) { put_z(f, yes ? "yes" : NULL); }
static void put_name(struct filling *f, uint32_t str) { put(f, bf_i_text(image_of(f), str)); }
static void put_row(struct filling *f, uint32_t row_number, const uint32_t *name) {
    if (row_number == BF_NONE)
        put_z(f, NULL);
    else
        put_name(f, *name);
}

static void put_party(struct filling *f, struct bf_value v) {
    struct bf_buf b;
    bf_buf_in(&b, f->t->arena);
    if (bf_present(v))
        bf_value_json(image_of(f), v, &b);
    put(f, bf_buf_view(&b));
}

static void put_due(struct filling *f, const struct bf_due *due) {
    char day[BF_DAY_TEXT], at[24];
    bool is = due->kind == BF_DUE_DAY;
    snprintf(at, sizeof at, "%lld", (long long)due->at);
    put_z(f, is ? bf_day_print(due->last, day) : NULL);
    put_z(f, is ? at : NULL);
    put_yes(f, is && due->provisional);
}

static void put_article(struct filling *f, uint32_t src) {
    const struct bf_image *m = image_of(f);
    struct bf_buf b;
    bf_buf_in(&b, f->t->arena);
    for (uint32_t i = 0; src != BF_NONE && i < m->src[src].cites.count; i++) {
        bf_buf_z(&b, i ? ", " : "");
        bf_words_cite_code(m, &m->cite[m->src[src].cites.first + i], &b);
    }
    put(f, bf_buf_view(&b));
}

/* ---- choices ---- */

static void choice(struct filling *f, const struct bf_choice *c) {
    static const char *const open[] = {"closed", "later", "guarded", "open"};
    const struct bf_image *m = image_of(f);
    const struct bf_i_act *act = &m->act[c->act];
    row(f);
    put_name(f, act->name);
    put(f, bf_words_act(&f->words, c->act));
    put_z(f, c->kind == BF_CHOICE_CONSENT ? "consent" : "act");
    put_z(f, open[c->open]);
    put_z(f, c->open == BF_OPEN || c->why == BF_WHY_NOTHING ? NULL : bf_why_word(c->why));
    put_yes(f, c->must);
    put_yes(f, c->asked);
    put_party(f, c->actor);
    put_due(f, &c->until);
    put_row(f, c->from_state, c->from_state == BF_NONE ? NULL : &m->state[c->from_state].name);
    put_row(f, c->from_act, c->from_act == BF_NONE ? NULL : &m->act[c->from_act].name);
    put_row(f, c->duty, c->duty == BF_NONE ? NULL : &m->duty[c->duty].name);
    put_article(f, c->src);
}

static int choices(struct filling *f) {
    struct bf_world world = bf_embed_world(f->c);
    struct bf_choices all;
    bf_offers(image_of(f), &world, f->c->c, f->at, false, f->c->work, &all);
    if (all.fault)
        return *f->c->message ? BANFA_ARGUMENT
                              : bf_embed_complain(f->c, BANFA_LIMIT, bf_why_word(all.fault), NULL);
    for (uint32_t i = 0; i < all.count; i++)
        choice(f, &all.choice[i]);
    return BANFA_OK;
}

/* ---- duties ---- */

static void duty(struct filling *f, uint32_t number, const struct bf_case_member *whose) {
    const struct bf_image *m = image_of(f);
    const struct bf_case_duty *d = whose ? &whose->d : bf_case_duty(m, f->c->c, number);
    struct bf_world world = bf_embed_world(f->c);
    const struct bf_due none = {.kind = BF_DUE_NONE};
    struct bf_words english = f->words;
    english.lang = BF_LANG_EN;
    bool running = d->status == BF_STATUS_OPEN || d->status == BF_STATUS_PAUSED;
    if (d->status == BF_STATUS_NONE)
        return;
    row(f);
    put_name(f, m->duty[number].name);
    put(f, bf_words_duty(&f->words, number));
    put(f, bf_words_status(&english, (enum bf_status)d->status));
    put_party(f, whose ? whose->who : bf_duty_bearer(m, &world, f->c->c, number, f->c->work));
    put_due(f, running ? &d->due : &none);
    put_article(f, m->duty[number].src);
}

/* One of each has a row for each member who has it. */
static void duties(struct filling *f, uint32_t number) {
    const struct bf_case *c = f->c->c;
    if (!image_of(f)->duty[number].each)
        duty(f, number, NULL);
    for (uint32_t i = 0; i < c->member_count; i++)
        if (c->members[i]->duty == number && bf_case_member_now(image_of(f), c, c->members[i]))
            duty(f, number, c->members[i]);
}

/* ---- facts ---- */

static void fact(struct filling *f, const struct bf_fact *fact) {
    banfa_case *c = f->c;
    struct bf_world world = bf_embed_world(c);
    struct bf_tale tale = {.words = &f->words,
                           .world = &world,
                           .event = &c->event,
                           .proc = c->proc,
                           .number = c->number,
                           .refused = c->out.kind == BF_REFUSED ? &c->out.refused : NULL,
                           .after = c->c};
    struct bf_buf b;
    bf_buf_in(&b, f->t->arena);
    bf_fact_json(image_of(f), fact, &b);
    row(f);
    put_z(f, bf_fact_word((enum bf_fact_kind)fact->kind));
    put(f, bf_tell_fact(&tale, fact));
    put_article(f, fact->src);
    put(f, bf_buf_view(&b));
}

/* ---- the table ---- */

static int fill(void *ctx) {
    struct filling *f = ctx;
    banfa_case *c = f->c;
    struct bf_i_range rows = image_of(f)->proc[c->proc].duties;
    f->words = (struct bf_words){c->work, image_of(f), c->calendar->calendar, c->lang};
    switch (f->which) {
    case BANFA_OFFERS: return choices(f);
    case BANFA_LAWFUL:
        for (uint32_t i = 0; c->out.kind == BF_REFUSED && i < c->out.refused.lawful_count; i++)
            choice(f, &c->out.refused.lawful[i]);
        return BANFA_OK;
    case BANFA_DUTIES:
        for (uint32_t i = rows.first; i < rows.first + rows.count; i++)
            duties(f, i);
        return BANFA_OK;
    default:
        for (uint32_t i = 0; i < c->out.fact_count; i++)
            fact(f, &c->out.facts[i]);
        return BANFA_OK;
    }
}

static int begin(void *ctx) {
    static const char *const *const columns[] = {choice_columns, choice_columns, duty_columns,
                                                 fact_columns};
    struct filling *f = ctx;
    f->t->columns = columns[f->which];
    while (f->t->columns[f->t->width])
        f->t->width++;
    return fill(f);
}

int banfa_case_table(banfa_case *c, int which, int64_t at, banfa_table **table) {
    struct filling f = {.c = c, .at = at, .which = which};
    int status = BANFA_OK;
    *table = NULL;
    if (which < BANFA_OFFERS || which > BANFA_FACTS)
        return bf_embed_complain(c, BANFA_ARGUMENT, "there is no such table", NULL);
    if (which == BANFA_OFFERS)
        status = bf_embed_may_look(c, at);
    else if (which == BANFA_DUTIES && !c->c)
        status = bf_embed_complain(c, BANFA_ARGUMENT, "the case is not started", NULL);
    if (status)
        return status;
    f.t = bf_malloc(sizeof *f.t);
    struct bf_arena *arena = bf_arena_new(0);
    if (f.t && arena) {
        *f.t = (banfa_table){.arena = arena};
        status = bf_embed_apart(c, arena, begin, &f);
    } else {
        status = bf_embed_complain(c, BANFA_NOMEM, "out of memory", NULL);
    }
    if (status == BANFA_OK) {
        *table = f.t;
        return status;
    }
    bf_arena_free(arena);
    bf_free(f.t);
    return status;
}

size_t banfa_table_rows(const banfa_table *t) { return t->rows; }

const char *banfa_table_text(const banfa_table *t, size_t row_number, const char *column) {
    for (size_t i = 0; row_number < t->rows && i < t->width; i++)
        if (strcmp(t->columns[i], column) == 0)
            return t->cell[row_number * t->width + i];
    return NULL;
}

void banfa_table_free(banfa_table *t) {
    if (!t)
        return;
    bf_arena_free(t->arena);
    bf_free(t);
}
