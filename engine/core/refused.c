/* refused: see refused.h. Members are written in the order of their names. */
#include "engine/core/refused.h"

/* ---- written ---- */

static void key(struct bf_buf *out, const char *name) {
    if (out->p[out->len - 1] != '{')
        bf_buf_char(out, ',');
    bf_buf_fmt(out, "\"%s\":", name);
}

static void put_number(struct bf_buf *out, const char *name, uint32_t n) {
    if (n == BF_NONE)
        return;
    key(out, name);
    bf_buf_int(out, n);
}

static void put_yes(struct bf_buf *out, const char *name, bool yes) {
    if (!yes)
        return;
    key(out, name);
    bf_buf_z(out, "true");
}

static void put_due(struct bf_buf *out, const char *name, const struct bf_due *due) {
    char day[BF_DAY_TEXT];
    if (due->kind == BF_DUE_NONE)
        return;
    key(out, name);
    if (due->kind == BF_DUE_PAUSED)
        bf_buf_z(out, "\"paused\"");
    else
        bf_buf_fmt(out, "{\"at\":%lld,\"last\":\"%s\",\"provisional\":%s}", (long long)due->at,
                   bf_day_print(due->last, day), due->provisional ? "true" : "false");
}

static void put_choice(struct bf_buf *out, const struct bf_choice *c) {
    bf_buf_char(out, '{');
    put_yes(out, "asked", c->asked);
    put_yes(out, "consent", c->kind == BF_CHOICE_CONSENT);
    put_yes(out, "maybe", c->maybe);
    put_yes(out, "must", c->must);
    put_number(out, "offer", c->offer);
    put_due(out, "until", &c->until);
    bf_buf_char(out, '}');
}

static void put_done(struct bf_buf *out, const struct bf_image *m, const struct bf_done *d) {
    char day[BF_DAY_TEXT];
    key(out, "done");
    bf_buf_z(out, "{\"act\":");
    bf_json_text(bf_i_text(m, m->act[d->act].name), out);
    if (d->by) {
        key(out, "by");
        bf_persons_json(m, d->by, out);
    }
    bf_buf_fmt(out, ",\"day\":\"%s\"", bf_day_print(d->day, day));
    if (d->instead_count) {
        key(out, "instead");
        bf_value_json(m, bf_list_value(d->instead, d->instead_count), out);
    }
    key(out, "who");
    bf_value_json(m, d->who, out);
    bf_buf_char(out, '}');
}

void bf_refused_json(const struct bf_image *m, const struct bf_refused *r, struct bf_buf *out) {
    bf_buf_char(out, '{');
    if (out->failed)
        return;
    put_number(out, "arg", r->arg);
    put_number(out, "ban", r->ban);
    if (r->done)
        put_done(out, m, r->done);
    put_number(out, "duty", r->duty);
    for (uint32_t i = 0; i < r->lawful_count; i++) {
        if (!i)
            key(out, "lawful");
        bf_buf_char(out, i ? ',' : '[');
        put_choice(out, &r->lawful[i]);
    }
    if (r->lawful_count)
        bf_buf_char(out, ']');
    if (r->part_first != BF_NONE) {
        key(out, "part");
        bf_buf_fmt(out, "[%u,%u]", r->part_first, r->part_end);
    }
    put_number(out, "require", r->require);
    if (r->state != BF_NONE) {
        key(out, "state");
        bf_json_text(bf_i_text(m, m->state[r->state].name), out);
    }
    put_number(out, "status", r->duty == BF_NONE ? BF_NONE : r->status);
    put_due(out, "window", &r->window);
    bf_buf_char(out, '}');
}

/* ---- read ---- */

struct reader {
    const struct bf_image *m;
    const struct bf_i_proc *proc;
    struct bf_arena *a;
    struct bf_error *e;
};

static enum bf_err bad(const struct reader *r, const char *member) {
    return bf_fail(r->e, BF_EFORMAT, "data: %s: not what it should be", member);
}

static enum bf_err get_number(const struct reader *r, const struct bf_canon *j, const char *name,
                              uint32_t first, uint32_t count, uint32_t *n) {
    const struct bf_canon *x = bf_canon_member(j, name);
    *n = BF_NONE;
    if (!x)
        return BF_OK;
    if (x->kind != BF_CANON_INT || x->i < first || x->i >= (int64_t)first + count)
        return bad(r, name);
    *n = (uint32_t)x->i;
    return BF_OK;
}

static enum bf_err get_yes(const struct reader *r, const struct bf_canon *j, const char *name,
                           bool *yes) {
    const struct bf_canon *x = bf_canon_member(j, name);
    *yes = x != NULL;
    return !x || x->kind == BF_CANON_TRUE ? BF_OK : bad(r, name);
}

static enum bf_err get_due(const struct reader *r, const struct bf_canon *j, const char *name,
                           struct bf_due *due) {
    const struct bf_canon *x = bf_canon_member(j, name), *at, *last, *provisional;
    *due = (struct bf_due){.kind = BF_DUE_NONE, .last = BF_DAY_NONE, .at = BF_INSTANT_NONE};
    if (!x)
        return BF_OK;
    if (x->kind == BF_CANON_TEXT && bf_str_eq(x->text, BF_STR("paused"))) {
        due->kind = BF_DUE_PAUSED;
        return BF_OK;
    }
    at = bf_canon_member(x, "at");
    last = bf_canon_member(x, "last");
    provisional = bf_canon_member(x, "provisional");
    if (x->kind != BF_CANON_OBJECT || x->count != 3 || !at || at->kind != BF_CANON_INT || !last ||
        last->kind != BF_CANON_TEXT || !bf_day_parse(last->text, &due->last) || !provisional ||
        (provisional->kind != BF_CANON_TRUE && provisional->kind != BF_CANON_FALSE))
        return bad(r, name);
    due->kind = BF_DUE_DAY;
    due->at = at->i;
    due->provisional = provisional->kind == BF_CANON_TRUE;
    return BF_OK;
}

static enum bf_err get_choice(const struct reader *r, const struct bf_canon *j,
                              struct bf_choice *c) {
    static const char *const known[] = {"asked", "consent", "maybe", "must",
                                        "offer", "until",   NULL};
    struct bf_i_range offers = r->proc->offers;
    bool consent;
    enum bf_err err;
    *c = (struct bf_choice){.open = BF_OPEN,
                            .any = BF_NONE,
                            .from_state = BF_NONE,
                            .from_act = BF_NONE,
                            .part_first = BF_NONE,
                            .part_end = BF_NONE};
    if (j->kind != BF_CANON_OBJECT || bf_canon_stranger(j, known))
        return bad(r, "lawful");
    if ((err = get_yes(r, j, "asked", &c->asked)) || (err = get_yes(r, j, "consent", &consent)) ||
        (err = get_yes(r, j, "maybe", &c->maybe)) || (err = get_yes(r, j, "must", &c->must)) ||
        (err = get_number(r, j, "offer", offers.first, offers.count, &c->offer)) ||
        (err = get_due(r, j, "until", &c->until)))
        return err;
    if (c->offer == BF_NONE)
        return bad(r, "offer");
    const struct bf_i_offer *o = &r->m->offer[c->offer];
    c->kind = consent ? BF_CHOICE_CONSENT : BF_CHOICE_ACT;
    c->act = o->act;
    c->duty = o->kind == BF_OFFER_MAY ? BF_NONE : o->duty;
    c->src = o->src;
    return BF_OK;
}

static enum bf_err get_lawful(const struct reader *r, const struct bf_canon *j,
                              struct bf_refused *f) {
    const struct bf_canon *x = bf_canon_member(j, "lawful");
    if (!x)
        return BF_OK;
    if (x->kind != BF_CANON_LIST)
        return bad(r, "lawful");
    struct bf_choice *c = bf_new_array(r->a, struct bf_choice, x->count + 1);
    for (uint32_t i = 0; i < x->count; i++) {
        enum bf_err err = get_choice(r, &x->items[i], &c[i]);
        if (err)
            return err;
    }
    f->lawful = c;
    f->lawful_count = x->count;
    return BF_OK;
}

static uint32_t act_called(const struct reader *r, const struct bf_canon *name) {
    struct bf_i_range acts = r->proc->acts;
    for (uint32_t i = acts.first; i < acts.first + acts.count; i++)
        if (name && name->kind == BF_CANON_TEXT &&
            bf_str_eq(bf_i_text(r->m, r->m->act[i].name), name->text))
            return i;
    return BF_NONE;
}

static enum bf_err get_done(const struct reader *r, const struct bf_canon *j,
                            struct bf_refused *f) {
    const struct bf_canon *x = bf_canon_member(j, "done");
    if (!x)
        return BF_OK;
    const struct bf_canon *by = bf_canon_member(x, "by"), *day = bf_canon_member(x, "day"),
                          *instead = bf_canon_member(x, "instead"),
                          *who = bf_canon_member(x, "who");
    struct bf_done *d = bf_new(r->a, struct bf_done);
    uint32_t n = instead && instead->kind == BF_CANON_LIST ? instead->count : 0;
    struct bf_value *party = bf_new_array(r->a, struct bf_value, n + 1);
    *d = (struct bf_done){
        .act = act_called(r, bf_canon_member(x, "act")), .instead = party, .instead_count = n};
    for (uint32_t i = 0; i < n; i++)
        if (bf_value_read_party(r->m, r->a, &instead->items[i], &party[i]))
            return bad(r, "done");
    if (d->act == BF_NONE || !day || day->kind != BF_CANON_TEXT ||
        !bf_day_parse(day->text, &d->day) || !who ||
        bf_value_read_party(r->m, r->a, who, &d->who) ||
        (by && bf_value_read_persons(r->m, r->a, by, &d->by)))
        return bad(r, "done");
    f->done = d;
    return BF_OK;
}

static enum bf_err get_part(const struct reader *r, const struct bf_canon *j,
                            struct bf_refused *f) {
    const struct bf_canon *x = bf_canon_member(j, "part");
    f->part_first = f->part_end = BF_NONE;
    if (!x)
        return BF_OK;
    if (x->kind != BF_CANON_LIST || x->count != 2 || x->items[0].kind != BF_CANON_INT ||
        x->items[1].kind != BF_CANON_INT || x->items[0].i < 0 || x->items[0].i > UINT32_MAX ||
        x->items[1].i < x->items[0].i || x->items[1].i > UINT32_MAX)
        return bad(r, "part");
    f->part_first = (uint32_t)x->items[0].i;
    f->part_end = (uint32_t)x->items[1].i;
    return BF_OK;
}

static enum bf_err get_state(const struct reader *r, const struct bf_canon *j,
                             struct bf_refused *f) {
    const struct bf_canon *x = bf_canon_member(j, "state");
    struct bf_i_range states = r->proc->states;
    f->state = BF_NONE;
    for (uint32_t i = states.first; x && i < states.first + states.count; i++)
        if (x->kind == BF_CANON_TEXT && bf_str_eq(bf_i_text(r->m, r->m->state[i].name), x->text)) {
            f->state = i;
            return BF_OK;
        }
    return x ? bad(r, "state") : BF_OK;
}

static enum bf_err get_all(const struct reader *r, const struct bf_canon *j, struct bf_refused *f) {
    static const char *const known[] = {"arg",     "ban",   "done",   "duty",   "lawful", "part",
                                        "require", "state", "status", "window", NULL};
    const struct bf_i_proc *p = r->proc;
    enum bf_err err;
    if (j->kind != BF_CANON_OBJECT || bf_canon_stranger(j, known))
        return bad(r, "members");
    if ((err = get_number(r, j, "arg", 0, UINT32_MAX, &f->arg)) ||
        (err = get_number(r, j, "ban", p->bans.first, p->bans.count, &f->ban)) ||
        (err = get_number(r, j, "duty", p->duties.first, p->duties.count, &f->duty)) ||
        (err = get_number(r, j, "require", p->requires.first, p->requires.count, &f->require)) ||
        (err = get_number(r, j, "status", 0, BF_STATUSES, &f->status)) ||
        (err = get_due(r, j, "window", &f->window)) || (err = get_lawful(r, j, f)) ||
        (err = get_part(r, j, f)) || (err = get_done(r, j, f)))
        return err;
    return get_state(r, j, f);
}

enum bf_err bf_refused_read(const struct bf_image *m, uint32_t proc, struct bf_arena *a,
                            const struct bf_fact *facts, uint32_t fact_count, bf_str data,
                            struct bf_refused *f, struct bf_error *e) {
    const struct reader r = {m, &m->proc[proc], a, e};
    const struct bf_fact *fact = fact_count ? &facts[fact_count - 1] : NULL;
    struct bf_canon j;
    if (!fact || fact->kind != BF_FACT_REFUSED || fact->how > BF_REFUSAL_REFUSED ||
        fact->c >= BF_WHYS)
        return bf_fail(e, BF_EFORMAT, "facts: none of them is a refusal");
    *f = (struct bf_refused){.window.kind = BF_DUE_NONE};
    enum bf_err err = bf_canon_read(a, data.len ? data : BF_STR("{}"), &j, e);
    if (!err)
        err = get_all(&r, &j, f);
    f->kind = (enum bf_refusal)fact->how;
    f->why = (enum bf_why)fact->c;
    f->src = fact->src;
    f->offer = fact->a;
    return err;
}
