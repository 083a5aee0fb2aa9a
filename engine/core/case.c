/* case: see case.h. */
#include "engine/core/case.h"

#include <string.h>

/* The arrays of a block, in the order that keeps each aligned. */
static void lay(struct bf_case *c, const struct bf_i_proc *p) {
    char *at = (char *)(c + 1);
    c->data = (void *)at;
    at += p->data.count * sizeof *c->data;
    c->acts = (void *)at;
    at += p->acts.count * sizeof *c->acts;
    c->duties = (void *)at;
    at += p->duties.count * sizeof *c->duties;
    c->states = (void *)at;
    at += p->states.count * sizeof *c->states;
    c->used = (void *)at;
    at += p->offers.count * sizeof *c->used;
    c->size = (size_t)(at - (char *)c);
}

struct bf_case *bf_case_new(struct bf_arena *a, const struct bf_image *m, uint32_t proc) {
    const struct bf_i_proc *p = &m->proc[proc];
    struct bf_case measure;
    lay(&measure, p);
    struct bf_case *c = bf_arena_zalloc(a, measure.size);
    lay(c, p);
    c->proc = proc;
    c->state = BF_NONE;
    c->start_day = c->day = BF_DAY_NONE;
    c->start_at = c->at = BF_INSTANT_NONE;
    for (uint32_t i = 0; i < p->acts.count; i++) {
        c->acts[i].day = c->acts[i].filed = BF_DAY_NONE;
        c->acts[i].at = BF_INSTANT_NONE;
    }
    for (uint32_t i = 0; i < p->duties.count; i++) {
        c->duties[i].by = BF_NONE;
        c->duties[i].start = c->duties[i].date = BF_DAY_NONE;
        c->duties[i].due.kind = BF_DUE_NONE;
    }
    for (uint32_t i = 0; i < p->states.count; i++) {
        c->states[i].from = BF_NONE;
        c->states[i].day = BF_DAY_NONE;
        c->states[i].at = BF_INSTANT_NONE;
    }
    return c;
}

struct bf_case *bf_case_fork(struct bf_arena *a, const struct bf_case *c) {
    struct bf_case *copy = bf_arena_copy(a, c, c->size);
    ptrdiff_t by = (char *)copy - (const char *)c;
    copy->data = (void *)((char *)c->data + by);
    copy->acts = (void *)((char *)c->acts + by);
    copy->duties = (void *)((char *)c->duties + by);
    copy->states = (void *)((char *)c->states + by);
    copy->used = (void *)((char *)c->used + by);
    return copy;
}

static const void *copied(struct bf_arena *a, const void *list, uint32_t n, size_t size) {
    return n ? bf_arena_copy(a, list, n * size) : NULL;
}

static void copy_ledger(struct bf_arena *a, struct bf_case_duty *d) {
    d->extensions = copied(a, d->extensions, d->extension_count, sizeof *d->extensions);
    d->pauses = copied(a, d->pauses, d->pause_count, sizeof *d->pauses);
}

static void copy_members(struct bf_arena *a, const struct bf_i_proc *p, struct bf_case *c) {
    const struct bf_case_member **list =
        bf_new_array(a, const struct bf_case_member *, c->member_count);
    for (uint32_t i = 0; i < c->member_count; i++) {
        struct bf_case_member *x = bf_arena_copy(a, c->members[i], sizeof *x);
        x->who = bf_value_copy(a, x->who);
        copy_ledger(a, &x->d);
        if (x->used)
            x->used = bf_arena_copy(a, x->used, p->offers.count * sizeof *x->used);
        list[i] = x;
    }
    c->members = list;
}

struct bf_case *bf_case_clone(struct bf_arena *a, const struct bf_image *m,
                              const struct bf_case *c) {
    const struct bf_i_proc *p = &m->proc[c->proc];
    struct bf_case *copy = bf_case_fork(a, c);
    copy->starter = bf_value_copy(a, c->starter);
    for (uint32_t i = 0; i < p->data.count; i++)
        copy->data[i] = bf_value_copy(a, c->data[i]);
    if (c->assume)
        copy->assume = bf_values_copy(a, c->assume, m->assume_count);
    for (uint32_t i = 0; i < p->acts.count; i++) {
        copy->acts[i].who = bf_value_copy(a, c->acts[i].who);
        copy->acts[i].by = bf_persons_copy(a, c->acts[i].by);
        if (c->acts[i].times)
            copy->acts[i].args =
                bf_values_copy(a, c->acts[i].args, m->act[p->acts.first + i].params.count);
    }
    for (uint32_t i = 0; i < p->duties.count; i++) {
        copy_ledger(a, &copy->duties[i]);
    }
    copy_members(a, p, copy);
    struct bf_case_violation *violations =
        bf_new_array(a, struct bf_case_violation, c->violation_count);
    for (uint32_t i = 0; i < c->violation_count; i++) {
        violations[i] = c->violations[i];
        violations[i].by = bf_value_copy(a, violations[i].by);
        violations[i].member = bf_value_copy(a, violations[i].member);
    }
    copy->violations = violations;
    struct bf_case_request *requests = bf_new_array(a, struct bf_case_request, c->request_count);
    for (uint32_t i = 0; i < c->request_count; i++) {
        requests[i] = c->requests[i];
        requests[i].who = bf_value_copy(a, requests[i].who);
        requests[i].by = bf_persons_copy(a, requests[i].by);
        requests[i].member = bf_value_copy(a, requests[i].member);
        uint32_t act = m->offer[requests[i].offer].act;
        requests[i].args = bf_values_copy(a, requests[i].args, m->act[act].params.count);
    }
    copy->requests = requests;
    copy->subs = copied(a, c->subs, c->sub_count, sizeof *c->subs);
    struct bf_case_gone *gone = bf_new_array(a, struct bf_case_gone, c->gone_count);
    for (uint32_t i = 0; i < c->gone_count; i++)
        gone[i] = (struct bf_case_gone){bf_value_copy(a, c->gone[i].who),
                                        bf_value_copy(a, c->gone[i].among)};
    copy->gone = gone;
    return copy;
}

const struct bf_case_request *bf_case_request(const struct bf_case *c, uint32_t offer,
                                              struct bf_value member) {
    for (uint32_t i = 0; i < c->request_count; i++)
        if (c->requests[i].offer == offer && bf_value_equal(c->requests[i].member, member))
            return &c->requests[i];
    return NULL;
}

const struct bf_case_sub *bf_case_running(const struct bf_case *c) {
    const struct bf_case_sub *last = c->sub_count ? &c->subs[c->sub_count - 1] : NULL;
    return last && last->end == BF_SUB_RUNNING ? last : NULL;
}

const char *bf_sub_word(uint32_t end) {
    static const char *const word[] = {"failed", "cancelled", "running"};
    return end >= BF_SUB_FAILED ? word[end - BF_SUB_FAILED] : "ended";
}

const struct bf_case_member *bf_case_next_member(const struct bf_case *c, uint32_t duty,
                                                 struct bf_value member, uint32_t *at) {
    for (uint32_t k = 0, i = *at; k < c->member_count; k++, i++) {
        i = i < c->member_count ? i : 0;
        if (c->members[i]->duty != duty || !bf_value_equal(c->members[i]->who, member))
            continue;
        *at = i + 1;
        return c->members[i];
    }
    return NULL;
}

const struct bf_case_member *bf_case_member(const struct bf_case *c, uint32_t duty,
                                            struct bf_value member) {
    uint32_t at = 0;
    return bf_case_next_member(c, duty, member, &at);
}

bool bf_case_member_now(const struct bf_image *m, const struct bf_case *c,
                        const struct bf_case_member *x) {
    return x && !x->gone && x->round == bf_case_duty(m, c, x->duty)->epoch;
}

const struct bf_case_duty *bf_case_members_duty(const struct bf_image *m, const struct bf_case *c,
                                                uint32_t duty, struct bf_value member) {
    static const struct bf_case_duty none = {.by = BF_NONE,
                                             .start = BF_DAY_NONE,
                                             .date = BF_DAY_NONE,
                                             .start_at = BF_INSTANT_NONE,
                                             .due.kind = BF_DUE_NONE};
    const struct bf_case_member *x = bf_case_member(c, duty, member);
    return bf_case_member_now(m, c, x) ? &x->d : &none;
}

bool bf_case_has(const struct bf_case *c, uint32_t violation) {
    for (uint32_t i = 0; i < c->violation_count; i++)
        if (c->violations[i].violation == violation && !c->violations[i].excused)
            return true;
    return false;
}

bool bf_duty_lives(const struct bf_image *m, uint32_t state, uint32_t duty) {
    if (state == BF_NONE)
        return false;
    const uint32_t *d = m->index + m->state[state].duties.first;
    for (uint32_t i = 0; i < m->state[state].duties.count; i++)
        if (d[i] == duty)
            return true;
    return false;
}

uint32_t bf_case_happened(const struct bf_image *m, const struct bf_case *c, uint32_t duty) {
    const struct bf_i_duty *d = &m->duty[duty];
    switch (d->from) {
    case BF_FROM_START: return 1;
    case BF_FROM_ACT: return bf_case_act(m, c, d->from_ref)->times;
    case BF_FROM_STATE: return bf_case_state(m, c, d->from_ref)->times;
    }
    return bf_case_duty(m, c, duty)->comings; /* ENTRY, DATE: coming to where it lives */
}

void bf_case_set_limit(struct bf_case_duty *d, struct bf_value limit) {
    d->limit = limit.kind == BF_K_PERIOD ? BF_LIMIT_PERIOD
               : limit.kind == BF_K_DATE ? BF_LIMIT_DATE
                                         : BF_LIMIT_NONE;
    d->unit = (uint8_t)limit.aux;
    d->count = d->limit == BF_LIMIT_PERIOD ? limit.u.i : 0;
    d->date = d->limit == BF_LIMIT_DATE ? (bf_day)limit.u.i : BF_DAY_NONE;
}

struct bf_term bf_case_term(const struct bf_case_duty *d) {
    return (struct bf_term){
        .limit = (enum bf_limit)d->limit,
        .start = d->start,
        .start_at = d->start_at,
        .period = {(enum bf_unit)d->unit, d->count},
        .date = d->date,
        .extensions = d->extensions,
        .extension_count = d->extension_count,
        .pauses = d->pauses,
        .pause_count = d->pause_count,
    };
}

static bool lapses(const struct bf_case_duty *d) {
    return d->status == BF_STATUS_OPEN && d->due.kind == BF_DUE_DAY && !d->due.provisional;
}

uint32_t bf_case_next_lapse_of(const struct bf_image *m, const struct bf_case *c, bf_instant *at,
                               const struct bf_case_member **member) {
    struct bf_i_range duties = m->proc[c->proc].duties;
    uint32_t next = BF_NONE;
    *member = NULL;
    for (uint32_t i = 0; i < duties.count; i++) {
        const struct bf_case_duty *d = &c->duties[i];
        if (lapses(d) && (next == BF_NONE || d->due.at < *at)) {
            next = duties.first + i;
            *at = d->due.at;
        }
    }
    for (uint32_t i = 0; i < c->member_count; i++) {
        const struct bf_case_member *x = c->members[i];
        if (lapses(&x->d) &&
            (next == BF_NONE || x->d.due.at < *at || (x->d.due.at == *at && x->duty < next))) {
            next = x->duty;
            *at = x->d.due.at;
            *member = x;
        }
    }
    return next;
}

uint32_t bf_case_next_lapse(const struct bf_image *m, const struct bf_case *c, bf_instant *at) {
    const struct bf_case_member *member;
    return bf_case_next_lapse_of(m, c, at, &member);
}

struct bf_due bf_case_due(const struct bf_image *m, const struct bf_case *c, uint32_t duty) {
    struct bf_due due = bf_case_duty(m, c, duty)->due;
    for (uint32_t i = 0; i < c->member_count; i++) {
        const struct bf_case_member *x = c->members[i];
        if (x->duty == duty && x->d.status == BF_STATUS_OPEN && x->d.due.kind == BF_DUE_DAY &&
            (due.kind != BF_DUE_DAY || x->d.due.at < due.at))
            due = x->d.due;
    }
    return due;
}

/* ---- canonical JSON: keys in byte order, rows by number ---- */

static void key(struct bf_buf *out, const char *name) {
    if (out->len && out->p[out->len - 1] != '{')
        bf_buf_char(out, ',');
    bf_buf_char(out, '"');
    bf_buf_z(out, name);
    bf_buf_z(out, "\":");
}

static void put_row(struct bf_buf *out, const char *name, uint32_t row) {
    key(out, name);
    if (row == BF_NONE)
        bf_buf_z(out, "null");
    else
        bf_buf_int(out, row);
}

static void put_int(struct bf_buf *out, const char *name, int64_t i) {
    key(out, name);
    bf_buf_int(out, i);
}

static void put_day(struct bf_buf *out, const char *name, bf_day day) {
    char text[BF_DAY_TEXT];
    key(out, name);
    if (day == BF_DAY_NONE)
        bf_buf_z(out, "null");
    else
        bf_buf_fmt(out, "\"%s\"", bf_day_print(day, text));
}

static void put_at(struct bf_buf *out, const char *name, bf_instant at) {
    key(out, name);
    if (at == BF_INSTANT_NONE)
        bf_buf_z(out, "null");
    else
        bf_buf_int(out, at);
}

static void put_value(struct bf_buf *out, const struct bf_image *m, const char *name,
                      struct bf_value v) {
    key(out, name);
    bf_value_json(m, v, out);
}

static void open_object(struct bf_buf *out, uint32_t i) { bf_buf_z(out, i ? ",{" : "{"); }

/* Said only where it is known. */
static void put_persons(struct bf_buf *out, const struct bf_image *m, const struct bf_persons *by) {
    if (!by)
        return;
    key(out, "by");
    bf_persons_json(m, by, out);
}

static void acts_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out) {
    struct bf_i_range acts = m->proc[c->proc].acts;
    key(out, "acts");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < acts.count; i++) {
        const struct bf_case_act *act = &c->acts[i];
        uint32_t n = act->times ? m->act[acts.first + i].params.count : 0;
        open_object(out, i);
        put_value(out, m, "args", bf_list_value(act->args, n));
        put_at(out, "at", act->at);
        put_persons(out, m, act->by);
        put_day(out, "day", act->day);
        put_day(out, "filed", act->filed);
        put_int(out, "times", act->times);
        put_value(out, m, "who", act->who);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

static void ledger_json(const struct bf_case_duty *d, struct bf_buf *out) {
    key(out, "extensions");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < d->extension_count; i++) {
        open_object(out, i);
        put_int(out, "count", d->extensions[i].count);
        put_int(out, "unit", d->extensions[i].unit);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

static void pauses_json(const struct bf_case_duty *d, struct bf_buf *out) {
    key(out, "pauses");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < d->pause_count; i++) {
        open_object(out, i);
        put_day(out, "from", d->pauses[i].from);
        put_at(out, "from_at", d->pauses[i].from_at);
        put_day(out, "to", d->pauses[i].to);
        put_at(out, "to_at", d->pauses[i].to_at);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

static void duty_json(const struct bf_case_duty *d, struct bf_buf *out) {
    bool day = d->due.kind == BF_DUE_DAY;
    bf_buf_char(out, '{');
    put_row(out, "by", d->by);
    put_int(out, "comings", d->comings);
    put_int(out, "count", d->count);
    put_day(out, "date", d->date);
    put_day(out, "due", day ? d->due.last : BF_DAY_NONE);
    put_at(out, "due_at", day ? d->due.at : BF_INSTANT_NONE);
    put_int(out, "due_kind", d->due.kind);
    put_int(out, "epoch", d->epoch);
    ledger_json(d, out);
    put_int(out, "happened", d->happened);
    put_int(out, "left", d->left);
    put_int(out, "limit", d->limit);
    pauses_json(d, out);
    put_int(out, "provisional", day && d->due.provisional);
    put_day(out, "start", d->start);
    put_at(out, "start_at", d->epoch ? d->start_at : BF_INSTANT_NONE);
    put_int(out, "status", d->status);
    put_int(out, "unit", d->unit);
    bf_buf_char(out, '}');
}

static void duties_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out) {
    key(out, "duties");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < m->proc[c->proc].duties.count; i++) {
        if (i)
            bf_buf_char(out, ',');
        duty_json(&c->duties[i], out);
    }
    bf_buf_char(out, ']');
}

/* Cases that have none say nothing of them. */
static void members_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out) {
    if (!c->member_count)
        return;
    key(out, "members");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < c->member_count; i++) {
        const struct bf_case_member *x = c->members[i];
        open_object(out, i);
        put_row(out, "duty", x->duty);
        put_int(out, "gone", x->gone);
        key(out, "his");
        duty_json(&x->d, out);
        put_int(out, "round", x->round);
        put_int(out, "spared", x->spared);
        key(out, "used");
        bf_buf_char(out, '[');
        for (uint32_t k = 0; x->used && k < m->proc[c->proc].offers.count; k++)
            bf_buf_fmt(out, k ? ",%u" : "%u", (unsigned)x->used[k]);
        bf_buf_char(out, ']');
        put_value(out, m, "who", x->who);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

/* As members: most cases have none. */
static void gone_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out) {
    if (!c->gone_count)
        return;
    key(out, "gone");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < c->gone_count; i++) {
        open_object(out, i);
        put_value(out, m, "among", c->gone[i].among);
        put_value(out, m, "who", c->gone[i].who);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

static void requests_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out) {
    key(out, "requests");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < c->request_count; i++) {
        const struct bf_case_request *r = &c->requests[i];
        open_object(out, i);
        put_value(out, m, "args",
                  bf_list_value(r->args, m->act[m->offer[r->offer].act].params.count));
        put_at(out, "at", r->at);
        put_persons(out, m, r->by);
        put_day(out, "day", r->day);
        put_int(out, "given", r->given);
        if (bf_present(r->member))
            put_value(out, m, "member", r->member);
        put_row(out, "offer", r->offer);
        put_int(out, "status", r->status);
        put_value(out, m, "who", r->who);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

static void states_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out) {
    key(out, "states");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < m->proc[c->proc].states.count; i++) {
        open_object(out, i);
        put_at(out, "at", c->states[i].at);
        put_day(out, "day", c->states[i].day);
        put_row(out, "from", c->states[i].from);
        put_int(out, "times", c->states[i].times);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

static void subs_json(const struct bf_case *c, struct bf_buf *out) {
    key(out, "subs");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < c->sub_count; i++) {
        const struct bf_case_sub *s = &c->subs[i];
        open_object(out, i);
        key(out, "end");
        if (s->end >= BF_SUB_FAILED)
            bf_buf_quoted(out, bf_sub_word(s->end));
        else
            bf_buf_int(out, s->end);
        put_int(out, "number", s->number);
        put_row(out, "state", s->state);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

static void violations_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out) {
    key(out, "violations");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < c->violation_count; i++) {
        const struct bf_case_violation *v = &c->violations[i];
        open_object(out, i);
        put_value(out, m, "by", v->by);
        put_day(out, "day", v->day);
        put_row(out, "duty", v->duty);
        put_int(out, "epoch", v->epoch);
        put_int(out, "excused", v->excused);
        if (bf_present(v->member))
            put_value(out, m, "member", v->member);
        put_row(out, "src", v->src);
        put_row(out, "violation", v->violation);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

void bf_case_json(const struct bf_image *m, const struct bf_case *c, struct bf_buf *out) {
    const struct bf_i_proc *p = &m->proc[c->proc];
    bf_buf_char(out, '{');
    acts_json(m, c, out);
    put_value(out, m, "assume", bf_list_value(c->assume, c->assume ? m->assume_count : 0));
    put_at(out, "at", c->at);
    put_value(out, m, "data", bf_list_value(c->data, p->data.count));
    put_day(out, "day", c->day);
    duties_json(m, c, out);
    gone_json(m, c, out);
    members_json(m, c, out);
    put_int(out, "number", c->number);
    if (c->parent)
        put_int(out, "parent", c->parent);
    put_row(out, "procedure", c->proc);
    requests_json(m, c, out);
    put_at(out, "start_at", c->start_at);
    put_day(out, "start_day", c->start_day);
    put_value(out, m, "starter", c->starter);
    put_row(out, "state", c->state);
    states_json(m, c, out);
    if (c->sub_count)
        subs_json(c, out);
    key(out, "used");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < p->offers.count; i++)
        bf_buf_fmt(out, i ? ",%u" : "%u", (unsigned)c->used[i]);
    bf_buf_char(out, ']');
    violations_json(m, c, out);
    bf_buf_char(out, '}');
}
