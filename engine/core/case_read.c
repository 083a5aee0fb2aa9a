/* case_read: a case from the form that bf_case_json writes. What was read is written again and compared, so that no
** member is passed over and no second spelling is taken. */
#include <string.h>

#include "engine/core/canon.h"

struct reader {
    const struct bf_image *m;
    const struct bf_i_proc *p;
    struct bf_arena *a;
    const char *wrong; /* NULL: all is well so far */
};

/* ---- members; the first that is wrong is kept ---- */

static const struct bf_canon *member(struct reader *r, const struct bf_canon *j, const char *name,
                                     enum bf_canon_kind kind) {
    static const struct bf_canon none = {.kind = BF_CANON_LIST};
    const struct bf_canon *v = bf_canon_member(j, name);
    if (v && v->kind == kind)
        return v;
    if (!r->wrong)
        r->wrong = name;
    return &none;
}

static int64_t number(struct reader *r, const struct bf_canon *j, const char *name, int64_t most) {
    int64_t i = member(r, j, name, BF_CANON_INT)->i;
    if (i >= 0 && i <= most)
        return i;
    if (!r->wrong)
        r->wrong = name;
    return 0;
}

static uint32_t counter(struct reader *r, const struct bf_canon *j, const char *name) {
    return (uint32_t)number(r, j, name, UINT32_MAX);
}

static bool is_null(const struct bf_canon *j, const char *name) {
    const struct bf_canon *v = bf_canon_member(j, name);
    return v && v->kind == BF_CANON_NULL;
}

/* A row of a range, or none. */
static uint32_t row(struct reader *r, const struct bf_canon *j, const char *name,
                    struct bf_i_range of) {
    if (is_null(j, name))
        return BF_NONE;
    uint32_t i = (uint32_t)number(r, j, name, UINT32_MAX);
    if (i - of.first >= of.count && !r->wrong)
        r->wrong = name;
    return r->wrong ? of.first : i;
}

static bf_day day(struct reader *r, const struct bf_canon *j, const char *name) {
    bf_day d = BF_DAY_NONE;
    if (!is_null(j, name) && !bf_day_parse(member(r, j, name, BF_CANON_TEXT)->text, &d) &&
        !r->wrong)
        r->wrong = name;
    return d;
}

static bf_instant instant(struct reader *r, const struct bf_canon *j, const char *name) {
    return is_null(j, name) ? BF_INSTANT_NONE : member(r, j, name, BF_CANON_INT)->i;
}

static const struct bf_canon *list(struct reader *r, const struct bf_canon *j, const char *name,
                                   uint32_t count) {
    const struct bf_canon *v = member(r, j, name, BF_CANON_LIST);
    if (v->count != count && !r->wrong)
        r->wrong = name;
    return v;
}

static struct bf_value party(struct reader *r, const struct bf_canon *j, const char *name) {
    struct bf_value v = BF_ABSENT;
    const struct bf_canon *x = bf_canon_member(j, name);
    if ((!x || bf_value_read_party(r->m, r->a, x, &v)) && !r->wrong)
        r->wrong = name;
    return v;
}

static void value(struct reader *r, const struct bf_canon *j, uint32_t type, struct bf_value *v,
                  const char *name) {
    if (!r->wrong && bf_value_read(r->m, r->a, j, type, v))
        r->wrong = name;
}

static const struct bf_value *args(struct reader *r, const struct bf_canon *j, uint32_t act,
                                   bool done) {
    struct bf_i_range params = r->m->act[act].params;
    const struct bf_canon *l = list(r, j, "args", done ? params.count : 0);
    struct bf_value *v = bf_new_array(r->a, struct bf_value, params.count + 1);
    for (uint32_t i = 0; done && !r->wrong && i < params.count; i++)
        value(r, &l->items[i], r->m->field[params.first + i].type, &v[i], "args");
    return v;
}

static const struct bf_persons *persons(struct reader *r, const struct bf_canon *j) {
    const struct bf_canon *by = bf_canon_member(j, "by");
    const struct bf_persons *h = NULL;
    if (by && !r->wrong && bf_value_read_persons(r->m, r->a, by, &h))
        r->wrong = "by";
    return h;
}

/* ---- the parts of a case ---- */

static void acts(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = list(r, j, "acts", r->p->acts.count);
    for (uint32_t i = 0; i < r->p->acts.count && !r->wrong; i++) {
        const struct bf_canon *x = &l->items[i];
        struct bf_case_act *act = &c->acts[i];
        act->times = counter(r, x, "times");
        act->day = day(r, x, "day");
        act->filed = day(r, x, "filed");
        act->at = instant(r, x, "at");
        act->who = party(r, x, "who");
        act->by = persons(r, x);
        act->args = args(r, x, r->p->acts.first + i, act->times > 0);
    }
}

static void ledger(struct reader *r, const struct bf_canon *j, struct bf_case_duty *d) {
    const struct bf_canon *ex = member(r, j, "extensions", BF_CANON_LIST),
                          *ps = member(r, j, "pauses", BF_CANON_LIST);
    struct bf_period *extensions = bf_new_array(r->a, struct bf_period, ex->count + 1);
    struct bf_pause *pauses = bf_new_array(r->a, struct bf_pause, ps->count + 1);
    if ((ex->count > BF_LEDGER_MAX || ps->count > BF_LEDGER_MAX) && !r->wrong)
        r->wrong = "pauses";
    for (uint32_t i = 0; i < ex->count && !r->wrong; i++)
        extensions[i] =
            (struct bf_period){(enum bf_unit)number(r, &ex->items[i], "unit", BF_UNIT_HOURS),
                               number(r, &ex->items[i], "count", INT64_MAX)};
    for (uint32_t i = 0; i < ps->count && !r->wrong; i++) {
        const struct bf_canon *x = &ps->items[i];
        pauses[i] = (struct bf_pause){.from = day(r, x, "from"),
                                      .to = day(r, x, "to"),
                                      .from_at = instant(r, x, "from_at"),
                                      .to_at = instant(r, x, "to_at")};
    }
    d->extensions = extensions;
    d->extension_count = ex->count;
    d->pauses = pauses;
    d->pause_count = ps->count;
}

static void duty(struct reader *r, const struct bf_canon *x, struct bf_case_duty *d) {
    d->status = (uint8_t)number(r, x, "status", BF_STATUS_VOID);
    d->left = number(r, x, "left", 1);
    d->limit = (uint8_t)number(r, x, "limit", BF_LIMIT_DATE);
    d->unit = (uint8_t)number(r, x, "unit", BF_UNIT_HOURS);
    d->epoch = counter(r, x, "epoch");
    d->happened = counter(r, x, "happened");
    d->comings = counter(r, x, "comings");
    d->by = row(r, x, "by", r->p->acts);
    d->start = day(r, x, "start");
    d->date = day(r, x, "date");
    d->start_at = instant(r, x, "start_at");
    d->count = member(r, x, "count", BF_CANON_INT)->i;
    ledger(r, x, d);
    d->due = (struct bf_due){.kind = (enum bf_due_kind)number(r, x, "due_kind", BF_DUE_PAUSED),
                             .last = day(r, x, "due"),
                             .at = instant(r, x, "due_at"),
                             .provisional = number(r, x, "provisional", 1)};
}

static void duties(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = list(r, j, "duties", r->p->duties.count);
    for (uint32_t i = 0; i < r->p->duties.count && !r->wrong; i++)
        duty(r, &l->items[i], &c->duties[i]);
}

/* A party; absent where there is no such member. */
static struct bf_value may_party(struct reader *r, const struct bf_canon *j, const char *name) {
    return bf_canon_member(j, name) ? party(r, j, name) : BF_ABSENT;
}

static const uint32_t *used(struct reader *r, const struct bf_canon *j) {
    const struct bf_canon *l = member(r, j, "used", BF_CANON_LIST);
    uint32_t *list = bf_new_array(r->a, uint32_t, l->count + 1);
    if (l->count && l->count != r->p->offers.count && !r->wrong)
        r->wrong = "used";
    for (uint32_t i = 0; i < l->count && !r->wrong; i++) {
        if (l->items[i].kind != BF_CANON_INT || l->items[i].i < 0 || l->items[i].i > UINT32_MAX)
            r->wrong = "used";
        list[i] = (uint32_t)l->items[i].i;
    }
    return l->count ? list : NULL;
}

static void members(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = bf_canon_member(j, "members");
    if (!l)
        return;
    if (l->kind != BF_CANON_LIST || l->count > BF_LEDGER_MAX) {
        r->wrong = r->wrong ? r->wrong : "members";
        return;
    }
    const struct bf_case_member **list =
        bf_new_array(r->a, const struct bf_case_member *, l->count + 1);
    for (uint32_t i = 0; i < l->count && !r->wrong; i++) {
        const struct bf_canon *j2 = &l->items[i];
        struct bf_case_member *x = bf_new(r->a, struct bf_case_member);
        x->duty = row(r, j2, "duty", r->p->duties);
        if (!r->wrong && (x->duty == BF_NONE || !r->m->duty[x->duty].each))
            r->wrong = "duty";
        x->round = counter(r, j2, "round");
        x->gone = number(r, j2, "gone", 1);
        x->spared = number(r, j2, "spared", 1);
        x->who = party(r, j2, "who");
        x->used = used(r, j2);
        const struct bf_canon *his = bf_canon_member(j2, "his");
        if (his)
            duty(r, his, &x->d);
        else
            r->wrong = "his";
        list[i] = x;
    }
    c->members = list;
    c->member_count = l->count;
}

static void gone(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = bf_canon_member(j, "gone");
    if (!l)
        return;
    l = member(r, j, "gone", BF_CANON_LIST);
    struct bf_case_gone *g = bf_new_array(r->a, struct bf_case_gone, l->count + 1);
    for (uint32_t i = 0; i < l->count && !r->wrong; i++) {
        const struct bf_canon *among = member(r, &l->items[i], "among", BF_CANON_LIST);
        g[i].who = party(r, &l->items[i], "who");
        if (!r->wrong && bf_value_read_parties(r->m, r->a, among, &g[i].among))
            r->wrong = "among";
    }
    c->gone = g;
    c->gone_count = l->count;
}

static void states(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = list(r, j, "states", r->p->states.count);
    for (uint32_t i = 0; i < r->p->states.count && !r->wrong; i++) {
        const struct bf_canon *x = &l->items[i];
        c->states[i] = (struct bf_case_state){.times = counter(r, x, "times"),
                                              .from = row(r, x, "from", r->p->states),
                                              .day = day(r, x, "day"),
                                              .at = instant(r, x, "at")};
    }
}

static void requests(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = member(r, j, "requests", BF_CANON_LIST);
    struct bf_case_request *q = bf_new_array(r->a, struct bf_case_request, l->count + 1);
    for (uint32_t i = 0; i < l->count && !r->wrong; i++) {
        const struct bf_canon *x = &l->items[i];
        q[i].offer = row(r, x, "offer", r->p->offers);
        if (q[i].offer == BF_NONE || r->wrong) {
            r->wrong = r->wrong ? r->wrong : "offer";
            return;
        }
        q[i].status = (uint32_t)number(r, x, "status", BF_REQUEST_DEAD);
        q[i].given = counter(r, x, "given");
        q[i].who = party(r, x, "who");
        q[i].by = persons(r, x);
        q[i].member = may_party(r, x, "member");
        q[i].args = args(r, x, r->m->offer[q[i].offer].act, true);
        q[i].day = day(r, x, "day");
        q[i].at = instant(r, x, "at");
    }
    c->requests = q;
    c->request_count = l->count;
}

static void violations(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = member(r, j, "violations", BF_CANON_LIST);
    struct bf_case_violation *v = bf_new_array(r->a, struct bf_case_violation, l->count + 1);
    if (l->count > BF_LEDGER_MAX && !r->wrong)
        r->wrong = "violations";
    for (uint32_t i = 0; i < l->count && !r->wrong; i++) {
        const struct bf_canon *x = &l->items[i];
        v[i].violation = row(r, x, "violation", (struct bf_i_range){0, r->m->violation_count});
        if (v[i].violation == BF_NONE)
            r->wrong = "violation";
        v[i].duty = row(r, x, "duty", r->p->duties);
        v[i].epoch = counter(r, x, "epoch");
        v[i].src = row(r, x, "src", (struct bf_i_range){0, r->m->src_count});
        v[i].by = party(r, x, "by");
        v[i].member = may_party(r, x, "member");
        v[i].day = day(r, x, "day");
        v[i].excused = number(r, x, "excused", 1);
    }
    c->violations = v;
    c->violation_count = l->count;
}

static uint32_t sub_end(struct reader *r, const struct bf_canon *j) {
    const struct bf_canon *end = bf_canon_member(j, "end");
    for (uint32_t i = 0; end && end->kind == BF_CANON_TEXT && i < 3; i++)
        if (bf_str_eq(end->text, bf_str_of(bf_sub_word(BF_SUB_FAILED + i))))
            return BF_SUB_FAILED + i;
    return row(r, j, "end", (struct bf_i_range){0, r->m->state_count});
}

static void subs(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = bf_canon_member(j, "subs");
    if (!l)
        return;
    l = member(r, j, "subs", BF_CANON_LIST);
    struct bf_case_sub *s = bf_new_array(r->a, struct bf_case_sub, l->count + 1);
    for (uint32_t i = 0; i < l->count && !r->wrong; i++) {
        s[i].state = row(r, &l->items[i], "state", r->p->states);
        s[i].number = counter(r, &l->items[i], "number");
        s[i].end = sub_end(r, &l->items[i]);
        if (!r->wrong && (s[i].state == BF_NONE || !r->m->state[s[i].state].runs))
            r->wrong = "subs";
    }
    c->subs = s;
    c->sub_count = l->count;
}

static void data(struct reader *r, const struct bf_canon *j, struct bf_case *c) {
    const struct bf_canon *l = list(r, j, "data", r->p->data.count);
    for (uint32_t i = 0; i < r->p->data.count && !r->wrong; i++)
        value(r, &l->items[i], r->m->data[r->p->data.first + i].type, &c->data[i], "data");
    l = list(r, j, "assume", r->m->assume_count);
    struct bf_value *assume = bf_new_array(r->a, struct bf_value, r->m->assume_count + 1);
    for (uint32_t i = 0; i < r->m->assume_count && !r->wrong; i++)
        value(r, &l->items[i], r->m->assume[i].type, &assume[i], "assume");
    c->assume = assume;
    l = list(r, j, "used", r->p->offers.count);
    for (uint32_t i = 0; i < r->p->offers.count && !r->wrong; i++) {
        if (l->items[i].kind != BF_CANON_INT || l->items[i].i < 0 || l->items[i].i > UINT32_MAX)
            r->wrong = "used";
        c->used[i] = (uint32_t)l->items[i].i;
    }
}

enum bf_err bf_case_read(const struct bf_image *m, struct bf_arena *a, const struct bf_canon *j,
                         struct bf_case **out, struct bf_error *e) {
    struct reader r = {.m = m, .a = a};
    uint32_t proc = row(&r, j, "procedure", (struct bf_i_range){0, m->proc_count});
    if (r.wrong || proc == BF_NONE)
        return bf_fail(e, BF_EFORMAT, "procedure: no such one");
    struct bf_case *c = bf_case_new(a, m, proc);
    r.p = &m->proc[proc];
    c->number = counter(&r, j, "number");
    c->state = row(&r, j, "state", r.p->states);
    c->start_day = day(&r, j, "start_day");
    c->start_at = instant(&r, j, "start_at");
    c->day = day(&r, j, "day");
    c->at = instant(&r, j, "at");
    c->starter = party(&r, j, "starter");
    data(&r, j, c);
    acts(&r, j, c);
    duties(&r, j, c);
    gone(&r, j, c);
    members(&r, j, c);
    states(&r, j, c);
    requests(&r, j, c);
    violations(&r, j, c);
    subs(&r, j, c);
    if (bf_canon_member(j, "parent"))
        c->parent = counter(&r, j, "parent");
    if (r.wrong || c->state == BF_NONE)
        return bf_fail(e, BF_EFORMAT, "%s: not as it must be", r.wrong ? r.wrong : "state");
    struct bf_buf again;
    bf_buf_in(&again, a);
    bf_case_json(m, c, &again);
    if (!bf_str_eq(bf_buf_view(&again), j->bytes))
        return bf_fail(e, BF_EFORMAT, "no case is written so");
    *out = c;
    return BF_OK;
}
