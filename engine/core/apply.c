/* apply: see apply.h. */
#include "engine/core/apply.h"

#include <string.h>

#include "engine/core/succession.h"

/* Where a fact is applied to. */
struct at {
    const struct bf_image *m;
    const struct bf_i_proc *p;
    struct bf_arena *a;
    struct bf_case *c;
    const struct bf_fact *f;
};

static bool in(struct bf_i_range r, uint32_t row) { return row - r.first < r.count; }

/* A copy of an array one longer, since copies of the case share the old one. */
static void *grown(struct bf_arena *a, const void *old, uint32_t count, size_t size) {
    char *copy = bf_arena_alloc(a, (count + 1) * size);
    if (count)
        memcpy(copy, old, count * size);
    return copy;
}

static bool started(const struct at *t) {
    const struct bf_fact *f = t->f;
    struct bf_case *c = t->c;
    uint32_t data = t->p->data.count;
    uint32_t own = 2 + data + t->m->assume_count;
    bool run = f->n == own + 1 && f->v[own].kind == BF_K_INT;
    if (c->state != BF_NONE || f->a != c->proc || (f->n != own && !run) || f->v[1].kind != BF_K_INT)
        return false;
    c->parent = run ? (uint32_t)f->v[own].u.i : 0;
    c->starter = f->v[0];
    c->number = (uint32_t)f->v[1].u.i;
    c->start_day = f->day;
    c->start_at = f->at;
    if (data)
        memcpy(c->data, f->v + 2, data * sizeof *c->data);
    c->assume = f->v + 2 + data;
    return true;
}

static bool asked(const struct at *t) {
    if (!in(t->p->offers, t->f->a) || t->f->n < 1)
        return false;
    struct bf_case *c = t->c;
    struct bf_value member = t->f->member ? *t->f->member : BF_ABSENT;
    const struct bf_case_request *before = bf_case_request(c, t->f->a, member);
    uint32_t i = before ? (uint32_t)(before - c->requests) : c->request_count;
    struct bf_case_request *list = grown(t->a, c->requests, c->request_count, sizeof *list);
    list[i] = (struct bf_case_request){.offer = t->f->a,
                                       .status = BF_REQUEST_PENDING,
                                       .given = t->f->c,
                                       .who = t->f->v[0],
                                       .by = t->f->by,
                                       .member = member,
                                       .args = t->f->v + 1,
                                       .day = t->f->day,
                                       .at = t->f->at};
    c->requests = list;
    c->request_count += i == c->request_count;
    return true;
}

static bool request_becomes(const struct at *t, enum bf_request_status status) {
    const struct bf_case_request *old =
        bf_case_request(t->c, t->f->a, t->f->member ? *t->f->member : BF_ABSENT);
    if (!old)
        return false;
    struct bf_case_request *list =
        bf_arena_copy(t->a, t->c->requests, t->c->request_count * sizeof *list);
    struct bf_case_request *r = list + (old - t->c->requests);
    r->status = status;
    if (t->f->kind == BF_FACT_CONSENTED)
        r->given |= UINT32_C(1) << (t->f->c & 31);
    t->c->requests = list;
    return true;
}

/* What a member has of a duty of each, to be changed: copies of the case share the old. NULL: none can be. */
static struct bf_case_member *member_of(const struct at *t, uint32_t duty) {
    struct bf_case *c = t->c;
    if (!t->m->duty[duty].each || !t->f->member || !bf_is_party(*t->f->member))
        return NULL;
    uint32_t i = 0;
    while (i < c->member_count &&
           (c->members[i]->duty != duty || !bf_value_equal(c->members[i]->who, *t->f->member)))
        i++;
    struct bf_case_member *x;
    const struct bf_case_member **list = grown(t->a, c->members, c->member_count, sizeof *list);
    if (i < c->member_count) {
        x = bf_arena_copy(t->a, c->members[i], sizeof *x);
    } else {
        if (c->member_count >= BF_LEDGER_MAX)
            return NULL;
        c->member_count++;
        x = bf_new(t->a, struct bf_case_member);
        *x = (struct bf_case_member){.duty = duty, .who = *t->f->member};
        x->d.by = BF_NONE;
        x->d.start = x->d.date = BF_DAY_NONE;
        x->d.due.kind = BF_DUE_NONE;
    }
    list[i] = x;
    c->members = list;
    return x;
}

static uint32_t *counts_of(const struct at *t, struct bf_case_member *x) {
    uint32_t *used = bf_new_array(t->a, uint32_t, t->p->offers.count);
    if (x->used)
        memcpy(used, x->used, t->p->offers.count * sizeof *used);
    x->used = used;
    return used;
}

/* An act of a duty counts for its member. Deemed, the duty stays lapsed, but the act counts as its. */
static bool acted_for(const struct at *t, const struct bf_i_offer *o, uint32_t duty) {
    const struct bf_fact *f = t->f;
    struct bf_case_member *x = o->each && (f->how || o->times) ? member_of(t, duty) : NULL;
    if (o->each && (f->how || o->times) && !x)
        return false;
    if (f->how)
        (x ? &x->d : &t->c->duties[duty - t->p->duties.first])->by = f->b;
    if (x && o->times)
        counts_of(t, x)[f->a - t->p->offers.first]++;
    return true;
}

static bool acted(const struct at *t) {
    const struct bf_fact *f = t->f;
    if (!in(t->p->acts, f->b) || f->n != 1 + t->m->act[f->b].params.count ||
        (f->a != BF_NONE && !in(t->p->offers, f->a)))
        return false;
    struct bf_case_act *act = &t->c->acts[f->b - t->p->acts.first];
    act->times++;
    act->day = f->day;
    act->at = f->at;
    act->who = f->v[0];
    act->by = f->by;
    act->args = f->v + 1;
    if (f->a == BF_NONE)
        return true;
    uint32_t dated = t->m->offer[f->a].dated;
    if (dated && bf_present(act->args[dated - 1]) && act->args[dated - 1].u.i != f->day) {
        act->day = (bf_day)act->args[dated - 1].u.i;
        act->at = BF_INSTANT_NONE; /* hours from it run from that day's end */
    }
    t->c->used[f->a - t->p->offers.first]++;
    uint32_t duty = t->m->offer[f->a].duty;
    if (in(t->p->duties, duty) && !acted_for(t, &t->m->offer[f->a], duty))
        return false;
    const struct bf_case_request *r =
        bf_case_request(t->c, f->a, f->member ? *f->member : BF_ABSENT);
    return !r || r->status != BF_REQUEST_PENDING || request_becomes(t, BF_REQUEST_DONE);
}

static bool moved(const struct at *t) {
    const struct bf_fact *f = t->f;
    if (f->a != t->c->state || !in(t->p->states, f->b))
        return false;
    struct bf_case_state *s = &t->c->states[f->b - t->p->states.first];
    s->times++;
    s->day = f->day;
    s->at = f->at;
    bool starts = in(t->p->states, f->a) && t->m->state[f->a].asks;
    if (!f->how)
        s->from = starts ? BF_NONE : f->a;
    t->c->state = f->b;
    if (starts) { /* what it waited for has come: it starts now */
        t->c->start_day = f->day;
        t->c->start_at = f->at;
    }
    const uint32_t *d = t->m->index + t->m->state[f->b].duties.first;
    for (uint32_t i = 0; i < t->m->state[f->b].duties.count; i++)
        if (!bf_duty_lives(t->m, f->a, d[i]))
            t->c->duties[d[i] - t->p->duties.first].comings++;
    return true;
}

static bool armed(const struct at *t, struct bf_case_duty *d) {
    const struct bf_fact *f = t->f;
    if (f->n != 3 || f->v[0].kind != BF_K_DATE)
        return false;
    struct bf_value start = f->v[0], start_at = f->v[1], limit = f->v[2];
    d->status = BF_STATUS_OPEN;
    d->left = false;
    d->epoch++;
    d->happened = f->b;
    d->by = BF_NONE;
    d->start = (bf_day)start.u.i;
    d->start_at = bf_present(start_at) ? start_at.u.i : BF_INSTANT_NONE;
    bf_case_set_limit(d, limit);
    d->extension_count = d->pause_count = 0;
    d->due = f->due;
    return true;
}

/* `once` of an extension counts anew with each arming; used: the case's, or a member's. */
static void forget_extensions(const struct at *t, uint32_t *used) {
    for (uint32_t i = 0; i < t->p->offers.count; i++) {
        const struct bf_i_offer *o = &t->m->offer[t->p->offers.first + i];
        if (o->kind == BF_OFFER_EXTEND && o->duty == t->f->a)
            used[i] = 0;
    }
}

static bool paused(const struct at *t, struct bf_case_duty *d) {
    struct bf_pause *list = grown(t->a, d->pauses, d->pause_count, sizeof *list);
    list[d->pause_count++] = (struct bf_pause){t->f->day, BF_DAY_NONE, t->f->at, BF_INSTANT_NONE};
    d->pauses = list;
    d->status = BF_STATUS_PAUSED;
    d->due = t->f->due;
    return true;
}

static bool resumed(const struct at *t, struct bf_case_duty *d) {
    if (!d->pause_count)
        return false;
    struct bf_pause *list = bf_arena_copy(t->a, d->pauses, d->pause_count * sizeof *list);
    list[d->pause_count - 1].to = t->f->day;
    list[d->pause_count - 1].to_at = t->f->at;
    d->pauses = list;
    d->status = BF_STATUS_OPEN;
    d->due = t->f->due;
    return true;
}

static bool extended(const struct at *t, struct bf_case_duty *d) {
    if (t->f->n != 1 || t->f->v[0].kind != BF_K_PERIOD)
        return false;
    struct bf_period *list = grown(t->a, d->extensions, d->extension_count, sizeof *list);
    list[d->extension_count++] = (struct bf_period){(enum bf_unit)t->f->v[0].aux, t->f->v[0].u.i};
    d->extensions = list;
    d->due = t->f->due;
    return true;
}

static bool violated(const struct at *t) {
    const struct bf_fact *f = t->f;
    struct bf_case *c = t->c;
    if (f->a >= t->m->violation_count || f->n != 1)
        return false;
    struct bf_value member = f->member ? *f->member : BF_ABSENT;
    uint32_t epoch = in(t->p->duties, f->b) ? bf_case_duty_of(t->m, c, f->b, member)->epoch : 0;
    struct bf_case_violation *list = grown(t->a, c->violations, c->violation_count, sizeof *list);
    list[c->violation_count++] = (struct bf_case_violation){.violation = f->a,
                                                            .duty = f->b,
                                                            .epoch = epoch,
                                                            .src = f->src,
                                                            .by = f->v[0],
                                                            .member = member,
                                                            .day = f->day};
    c->violations = list;
    return true;
}

/* A violation of this case is struck out; one of another case is that case's affair. */
static bool excused(const struct at *t) {
    struct bf_case *c = t->c;
    if (t->f->n != 1)
        return false;
    struct bf_value v = t->f->v[0];
    if ((v.n && v.n != c->number) || !c->violation_count)
        return true;
    struct bf_case_violation *list =
        bf_arena_copy(t->a, c->violations, c->violation_count * sizeof *list);
    for (uint32_t i = 0; i < c->violation_count; i++)
        if (list[i].violation == t->f->a && (!v.n || v.aux == i))
            list[i].excused = true;
    c->violations = list;
    return true;
}

/* ---- what is run ---- */

static bool run(const struct at *t) {
    const struct bf_fact *f = t->f;
    struct bf_case *c = t->c;
    if (!in(t->p->states, f->b) || t->m->state[f->b].runs != f->a + 1)
        return false;
    struct bf_case_sub *list = grown(t->a, c->subs, c->sub_count, sizeof *list);
    list[c->sub_count++] = (struct bf_case_sub){f->b, 0, BF_SUB_RUNNING};
    c->subs = list;
    return true;
}

/* The sub that a fact speaks of, in a copy of its own: that of a number; 0: the oldest that is awaited. NULL: none. */
static struct bf_case_sub *sub(const struct at *t, uint32_t number) {
    struct bf_case *c = t->c;
    uint32_t i = 0;
    while (i < c->sub_count &&
           (c->subs[i].number != number || (!number && c->subs[i].end == BF_SUB_FAILED)))
        i++;
    if (i == c->sub_count)
        return NULL;
    struct bf_case_sub *list = bf_arena_copy(t->a, c->subs, c->sub_count * sizeof *list);
    c->subs = list;
    return &list[i];
}

static bool begun(const struct at *t) {
    struct bf_case_sub *s = t->f->n == 1 ? sub(t, 0) : NULL;
    if (!s)
        return false;
    s->number = (uint32_t)t->f->v[0].u.i;
    if (!s->number)
        s->end = BF_SUB_FAILED;
    return true;
}

static bool ended(const struct at *t, uint32_t end) {
    struct bf_case_sub *s = t->f->n == 1 ? sub(t, (uint32_t)t->f->v[0].u.i) : NULL;
    if (!s)
        return false;
    s->end = end;
    return true;
}

/* Before it has begun only the latest can be left. */
static bool cancelled(const struct at *t) {
    struct bf_case *c = t->c;
    if (t->f->n == 1 && t->f->v[0].u.i)
        return ended(t, BF_SUB_CANCELLED);
    if (t->f->n != 1 || !c->sub_count)
        return false;
    struct bf_case_sub *list = bf_arena_copy(t->a, c->subs, c->sub_count * sizeof *list);
    list[c->sub_count - 1].end = BF_SUB_CANCELLED;
    c->subs = list;
    return true;
}

static bool returned(const struct at *t) {
    uint32_t offer = t->f->a;
    return in(t->p->offers, offer) && t->m->offer[offer].outcome &&
           ended(t, t->m->offer[offer].outcome - 1);
}

static bool filed(const struct at *t) {
    if (!in(t->p->acts, t->f->b))
        return false;
    t->c->acts[t->f->b - t->p->acts.first].filed = t->f->day;
    return true;
}

static bool set(const struct at *t) {
    if (!in(t->p->data, t->f->a) || t->f->n != 1)
        return false;
    t->c->data[t->f->a - t->p->data.first] = t->f->v[0];
    return true;
}

/* A duty that closes has dealt with all that happened so far: what happened while it was open arms none. */
static bool closes(const struct at *t, struct bf_case_duty *d, enum bf_status status) {
    d->status = status;
    d->happened = bf_case_happened(t->m, t->c, t->f->a);
    return true;
}

static bool met(const struct at *t, struct bf_case_duty *d, enum bf_status status) {
    if (!in(t->p->acts, t->f->b) && (t->f->b != BF_NONE || !t->m->duty[t->f->a].until.count))
        return false;
    d->by = t->f->b;
    return closes(t, d, status);
}

/* A duty of each is asked anew: what became of it before is over. */
static bool new_round(const struct at *t, struct bf_case_duty *d) {
    d->epoch++;
    d->left = false;
    d->happened = t->f->b;
    d->status = BF_STATUS_VOID;
    forget_extensions(t, t->c->used);
    return true;
}

static bool gone(const struct at *t, struct bf_case_duty *d) {
    if (d->status == BF_STATUS_WAITING || d->status == BF_STATUS_OPEN ||
        d->status == BF_STATUS_PAUSED)
        return closes(t, d, BF_STATUS_VOID);
    d->left |= d->status == BF_STATUS_LAPSED;
    return true;
}

static void sum_up(const struct at *t, uint32_t duty);

static bool is_list_of_parties(struct bf_value v) {
    for (uint32_t i = 0; v.kind == BF_K_LIST && i < v.n; i++)
        if (!bf_is_party(v.u.items[i]))
            return false;
    return v.kind == BF_K_LIST;
}

/* A party is no more, and who takes its place is still to be said. */
static bool is_gone(const struct at *t) {
    struct bf_case *c = t->c;
    if (bf_case_gone(c, t->f->v[0]) || !is_list_of_parties(t->f->v[1]))
        return false;
    struct bf_case_gone *list = grown(t->a, c->gone, c->gone_count, sizeof *list);
    list[c->gone_count++] = (struct bf_case_gone){t->f->v[0], t->f->v[1]};
    c->gone = list;
    return true;
}

static bool succeeded(const struct at *t) {
    const struct bf_fact *f = t->f;
    if (f->n != 3 || !bf_is_party(f->v[0]) || !f->v[0].n)
        return false;
    if (f->how)
        return is_gone(t);
    if (f->v[1].kind != f->v[0].kind || bf_same_party(f->v[0], f->v[1]))
        return false;
    bf_case_succeed(t->m, t->a, t->c, f->v[0], f->v[1]);
    for (uint32_t i = 0; i < t->c->member_count; i++)
        if (bf_same_party(t->c->members[i]->who, f->v[1]))
            sum_up(t, t->c->members[i]->duty);
    return true;
}

/* d: the duty `a`, if the fact is about one. */
static bool changes(const struct at *t, struct bf_case_duty *d) {
    switch ((enum bf_fact_kind)t->f->kind) {
    case BF_FACT_STARTED: return started(t);
    case BF_FACT_ASKED: return asked(t);
    case BF_FACT_ACTED: return acted(t);
    case BF_FACT_CONSENTED: return request_becomes(t, BF_REQUEST_PENDING);
    case BF_FACT_DECLINED: return request_becomes(t, BF_REQUEST_DECLINED);
    case BF_FACT_REQUEST_DIED: return request_becomes(t, BF_REQUEST_DEAD);
    case BF_FACT_SET: return set(t);
    case BF_FACT_MOVED: return moved(t);
    case BF_FACT_WAITING: d->status = BF_STATUS_WAITING; return true;
    case BF_FACT_SPARED: d->happened = t->f->b; return true;
    case BF_FACT_ARMED: d->happened = t->f->b; return armed(t, d);
    case BF_FACT_ROUND: return new_round(t, d);
    case BF_FACT_GONE: return gone(t, d);
    case BF_FACT_RESTARTED: return armed(t, d);
    case BF_FACT_MET: return met(t, d, BF_STATUS_MET);
    case BF_FACT_LATE: return met(t, d, BF_STATUS_LATE);
    case BF_FACT_LAPSED: return closes(t, d, BF_STATUS_LAPSED);
    case BF_FACT_VOIDED: return closes(t, d, BF_STATUS_VOID);
    case BF_FACT_LEFT: d->left = true; return true;
    case BF_FACT_PAUSED: return paused(t, d);
    case BF_FACT_RESUMED: return resumed(t, d);
    case BF_FACT_EXTENDED: return extended(t, d);
    case BF_FACT_RECOMPUTED: d->due = t->f->due; return true;
    case BF_FACT_VIOLATED: return violated(t);
    case BF_FACT_EXCUSED: return excused(t);
    case BF_FACT_FILED: return filed(t);
    case BF_FACT_RUN: return run(t);
    case BF_FACT_BEGUN: return begun(t);
    case BF_FACT_RETURNED: return returned(t);
    case BF_FACT_CANCELLED: return cancelled(t);
    case BF_FACT_SUCCEEDED: return succeeded(t);
    case BF_FACT_NOTIFIED:
    case BF_FACT_PUT:
    case BF_FACT_OPENED:
    case BF_FACT_RAISED:
    case BF_FACT_ENDED:
    case BF_FACT_REFUSED:
    case BF_FACT_FAILED:
    case BF_FACT_ISSUED: return true;
    case BF_FACT_KINDS: break;
    }
    return false;
}

/* What the whole of a duty of each says: open while one of those in the list is; of nobody, void. */
static void sum_up(const struct at *t, uint32_t duty) {
    static const uint8_t weight[BF_STATUSES] = {
        [BF_STATUS_OPEN] = 6,   [BF_STATUS_PAUSED] = 5, [BF_STATUS_WAITING] = 4,
        [BF_STATUS_LAPSED] = 3, [BF_STATUS_LATE] = 2,   [BF_STATUS_MET] = 1,
    };
    struct bf_case_duty *whole = bf_case_duty(t->m, t->c, duty);
    uint8_t status = BF_STATUS_VOID;
    for (uint32_t i = 0; i < t->c->member_count; i++) {
        const struct bf_case_member *x = t->c->members[i];
        if (x->duty == duty && !x->spared && bf_case_member_now(t->m, t->c, x) &&
            weight[x->d.status] > weight[status])
            status = x->d.status;
    }
    whole->status = status;
    if (weight[status] < weight[BF_STATUS_WAITING])
        whole->happened = bf_case_happened(t->m, t->c, duty);
}

/* A fact about what one member has of a duty of each. */
static bool changes_member(const struct at *t) {
    enum bf_fact_kind kind = (enum bf_fact_kind)t->f->kind;
    bool asked = kind == BF_FACT_WAITING || kind == BF_FACT_SPARED || kind == BF_FACT_ARMED ||
                 kind == BF_FACT_RESTARTED;
    struct bf_case_member *x = member_of(t, t->f->a);
    if (!x || kind == BF_FACT_ROUND)
        return false;
    if (asked) {
        x->round = bf_case_duty(t->m, t->c, t->f->a)->epoch;
        x->gone = false;
        x->spared = kind == BF_FACT_SPARED;
        x->d.by = BF_NONE; /* what he did when he was asked before is not said of this */
    }
    if (x->spared) {
        x->d.status = BF_STATUS_NONE;
        x->d.left = false;
    }
    if ((kind == BF_FACT_ARMED || kind == BF_FACT_RESTARTED) && x->used)
        forget_extensions(t, counts_of(t, x));
    x->gone |= kind == BF_FACT_GONE;
    if (!changes(t, &x->d))
        return false;
    sum_up(t, t->f->a);
    return true;
}

/* What becomes of one of each is told member by member, but for its beginning and its end. */
static bool changes_whole(const struct at *t, struct bf_case_duty *d) {
    enum bf_fact_kind kind = (enum bf_fact_kind)t->f->kind;
    bool whole = kind == BF_FACT_ROUND || kind == BF_FACT_WAITING || kind == BF_FACT_VOIDED ||
                 kind == BF_FACT_LEFT;
    return whole && changes(t, d);
}

/* A fact about a duty. */
static bool changes_duty(const struct at *t) {
    enum bf_fact_kind kind = (enum bf_fact_kind)t->f->kind;
    struct bf_case_duty *d = &t->c->duties[t->f->a - t->p->duties.first];
    if (t->f->member)
        return changes_member(t);
    if (t->m->duty[t->f->a].each)
        return changes_whole(t, d);
    if (kind == BF_FACT_ROUND || kind == BF_FACT_GONE)
        return false;
    if (kind == BF_FACT_ARMED || kind == BF_FACT_RESTARTED)
        forget_extensions(t, t->c->used);
    return changes(t, d);
}

bool bf_apply(const struct bf_image *m, struct bf_arena *a, struct bf_case *c,
              const struct bf_fact *f) {
    static const uint8_t row_a[BF_FACT_KINDS] = {
#define FACT(name, word, a, b, c) BF_ROW_##a,
#include "engine/core/fact.def"
    };
    const struct at t = {m, &m->proc[c->proc], a, c, f};
    if (f->kind >= BF_FACT_KINDS)
        return false;
    bool of_duty = row_a[f->kind] == BF_ROW_DUTY && (f->kind != BF_FACT_FAILED || f->a != BF_NONE);
    if (of_duty && !in(t.p->duties, f->a))
        return false;
    if (!(of_duty ? changes_duty(&t) : changes(&t, NULL)))
        return false;
    /* Counting anew is no event of the case: what was done before and is entered after it is still in time. */
    if (f->kind != BF_FACT_REFUSED && f->kind != BF_FACT_RECOMPUTED) {
        c->day = f->day;
        c->at = f->at;
    }
    return true;
}
