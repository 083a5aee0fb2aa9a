/* step: the order of things. See step.h; what an event brings about is in effect.c, what becomes of duties in
** duty.c, whether it is lawful in judge.c.
*/
#include "engine/core/step.h"

#include <string.h>

#include "engine/core/step_parts.h"
#include "engine/core/succession.h"

/* A step under way: what was given, and how it ends. */
struct run {
    struct bf_stepper s;
    const struct bf_world *w; /* as given */
    struct bf_world later;    /* the same, with the rows that lapses of this call have put */
    uint32_t settled;         /* facts of lapses that are done */
    const struct bf_case *given;
    const struct bf_event *e;
    bf_instant now; /* the event's stamp; the stepper's is that of the lapse at hand */
    bf_day today;
    struct bf_outcome *out;
};

static void stamp(struct bf_stepper *s, bf_instant at, bf_day day) {
    s->judge.at = at;
    s->judge.env.today = day;
}

static void use_case(struct bf_stepper *s, struct bf_case *c) {
    s->c = c;
    s->judge.env.self = c;
    s->judge.proc = &s->m->proc[c->proc];
}

/* ---- lapses ---- */

static enum bf_why otherwise(struct bf_stepper *s, uint32_t duty) {
    const struct bf_i_duty *d = &s->m->duty[duty];
    uint32_t src = d->otherwise_src == BF_NONE ? d->src : d->otherwise_src;
    struct bf_value bearer = BF_ABSENT;
    enum bf_why why = BF_WHY_NOTHING;
    switch ((enum bf_otherwise_op)d->otherwise) {
    case BF_OTHERWISE_NONE: return bf_step_goes(s, BF_NONE, src);
    case BF_OTHERWISE_STAYS:
        why = bf_step_effects(s, d->effects, NULL, 0, src);
        return why ? why : bf_step_goes(s, BF_NONE, src);
    case BF_OTHERWISE_GOTO:
        why = bf_step_effects(s, d->effects, NULL, 0, src);
        return why ? why : bf_step_goes(s, d->target, src);
    case BF_OTHERWISE_DEEMED: break;
    }
    if (d->bearer != BF_NONE)
        why = bf_eval(&s->judge.env, d->bearer, &bearer);
    uint32_t n = s->m->act[s->m->offer[d->target].act].params.count;
    struct bf_value *args = bf_new_array(s->a, struct bf_value, n);
    return why ? why : bf_step_takes_effect(s, d->target, bearer, args, true);
}

/* One lapse, a full step. What it brings about either all happens or not at all. alone: the budget was spent on
** it only. */
static enum bf_why lapse(struct bf_stepper *s, uint32_t duty, const struct bf_case_member *whose,
                         bool alone) {
    struct bf_value member = whose ? whose->who : BF_ABSENT;
    const struct bf_case_duty *d = bf_case_duty_of(s->m, s->c, duty, member);
    const struct bf_i_duty *row = &s->m->duty[duty];
    bool early = s->c->at != BF_INSTANT_NONE && /* armed when already over */
                 (d->due.at < s->c->at || (d->due.at == s->c->at && d->due.last < s->c->day));
    stamp(s, early ? s->c->at : d->due.at, early ? s->c->day : d->due.last);
    s->lapsing = duty;
    s->lapsing_of = s->judge.env.member = member;
    const struct bf_value *of = bf_step_member(s, row->each);
    BF_STEP_EMIT(s, .kind = BF_FACT_LAPSED, .src = row->src, .a = duty, .b = BF_NONE, .c = BF_NONE,
                 .member = of);
    struct bf_case *before = bf_case_fork(s->a, s->c);
    uint32_t count = s->fact_count;
    enum bf_why why = (enum bf_why)s->judge.env.world->lapse_fails;
    if (!why)
        why = otherwise(s, duty);
    if (why && why != BF_WHY_NEEDS && (why != BF_WHY_BUDGET || alone)) {
        use_case(s, before);
        s->fact_count = count;
        s->restarts = NULL;
        BF_STEP_EMIT(s, .kind = BF_FACT_FAILED, .src = row->src, .a = duty, .b = BF_NONE, .c = why,
                     .member = of);
        why = BF_WHY_NOTHING;
    }
    s->lapsing = BF_NONE;
    s->lapsing_of = s->judge.env.member = BF_ABSENT;
    return why;
}

/* A row as the lapses before this step left it. */
static enum bf_lookup row_by_now(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                                 struct bf_value *row) {
    const struct run *r = ctx;
    const struct bf_i_register *g = &r->s.m->reg[reg];
    for (uint32_t i = r->settled; i-- > 0;) {
        const struct bf_fact *f = &r->s.facts[i];
        bool same = f->kind == BF_FACT_PUT && f->a == reg;
        for (uint32_t k = 0; same && k < n; k++)
            same = bf_value_equal(f->v[0].u.items[r->s.m->key[g->keys.first + k]], keys[k]);
        if (same) {
            *row = f->v[0];
            return BF_LOOKUP_FOUND;
        }
    }
    return r->w->row ? r->w->row(r->w->ctx, reg, keys, n, row) : BF_LOOKUP_ABSENT;
}

/* What a lapse put, the next step reads, though the caller has not heard of it yet. */
static void settle(struct run *r) {
    struct bf_stepper *s = &r->s;
    for (uint32_t i = r->settled; i < s->fact_count && s->w == r->w; i++)
        if (s->facts[i].kind == BF_FACT_PUT) {
            r->later = *r->w;
            r->later.row = row_by_now;
            r->later.ctx = r;
            s->w = s->judge.env.world = &r->later;
        }
    r->settled = s->fact_count;
}

/* All lapses due by now. NEEDS and BUDGET stop before the lapse they befell. */
static enum bf_why lapses(struct run *r) {
    struct bf_stepper *s = &r->s;
    bf_instant at;
    for (;;) {
        const struct bf_case_member *whose;
        uint32_t duty = bf_case_next_lapse_of(s->m, s->c, &at, &whose);
        if (duty == BF_NONE || at > r->now)
            break;
        if (s->judge.env.budget < LAPSE_COST)
            return BF_WHY_BUDGET;
        s->judge.env.budget -= LAPSE_COST;
        struct bf_case *before = bf_case_fork(s->a, s->c);
        uint32_t count = s->fact_count;
        enum bf_why why = lapse(s, duty, whose, count == 0);
        if (why) {
            use_case(s, before);
            s->fact_count = count;
            s->restarts = NULL;
            return why;
        }
        settle(r);
    }
    stamp(s, r->now, r->today);
    return BF_WHY_NOTHING;
}

/* ---- refusal ---- */

/* What is said cold here lies apart, so that the code of what is lawful is short. */
__attribute__((cold)) static struct bf_refused *refused(struct run *r, enum bf_refusal kind,
                                                        enum bf_why why, uint32_t src) {
    struct bf_refused *f = &r->out->refused;
    *f = (struct bf_refused){.kind = kind,
                             .why = why,
                             .src = src,
                             .offer = BF_NONE,
                             .duty = BF_NONE,
                             .ban = BF_NONE,
                             .require = BF_NONE,
                             .part_first = BF_NONE,
                             .part_end = BF_NONE,
                             .arg = BF_NONE,
                             .state = BF_NONE,
                             .window.kind = BF_DUE_NONE};
    r->out->kind = BF_REFUSED;
    return f;
}

/* A rule that could not be worked out refuses the act; a row that is not at hand ends the step. */
__attribute__((cold)) static void fault(struct run *r, enum bf_why why, uint32_t src) {
    if (why != BF_WHY_NEEDS) {
        refused(r, BF_REFUSAL_MALFORMED, why, src);
        return;
    }
    r->out->kind = BF_NEEDS;
    r->out->need = r->s.judge.env.need;
}

static void refuse_by(struct run *r, const struct bf_verdict *v, uint32_t offer) {
    const struct bf_i_offer *o = &r->s.m->offer[offer];
    static const enum bf_refusal kind[] = {[BF_CLOSED] = BF_REFUSAL_TOO_LATE,
                                           [BF_LATER] = BF_REFUSAL_NOT_YET,
                                           [BF_GUARDED] = BF_REFUSAL_NOT_PERMITTED,
                                           [BF_OPEN] = BF_REFUSAL_NONE};
    struct bf_refused *f = refused(r, kind[v->open], v->why, o->src);
    f->offer = offer;
    f->duty = o->kind == BF_OFFER_MAY ? BF_NONE : o->duty;
    f->done = v->why == BF_WHY_SAME ? bf_judge_done(&r->s.judge, offer, v->from_act) : NULL;
    f->window = v->window;
    f->part_first = v->part_first;
    f->part_end = v->part_end;
}

/* ---- judging an act ---- */

static bool malformed(struct run *r, bool args_too) {
    const struct bf_event *e = r->e;
    const struct bf_image *m = r->s.m;
    struct bf_i_range acts = r->s.judge.proc->acts;
    if (e->what - acts.first >= acts.count)
        return refused(r, BF_REFUSAL_MALFORMED, BF_WHY_UNKNOWN, BF_NONE);
    if (!bf_is_party(e->actor) || bf_value_check_party(m, e->actor))
        return refused(r, BF_REFUSAL_MALFORMED, BF_WHY_ACTOR, BF_NONE);
    if (bf_world_gone(r->w, e->actor))
        return refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_GONE, BF_NONE);
    struct bf_i_range params = m->act[e->what].params;
    if (!args_too)
        return false;
    if (e->nargs != params.count)
        return refused(r, BF_REFUSAL_MALFORMED, BF_WHY_ARGUMENTS, BF_NONE);
    for (uint32_t i = 0; i < params.count; i++) {
        const char *wrong = bf_value_check(m, e->args[i], m->field[params.first + i].type);
        if (!wrong)
            continue;
        struct bf_refused *f = refused(r, BF_REFUSAL_MALFORMED, BF_WHY_ARGUMENTS, BF_NONE);
        f->arg = i;
        f->detail = wrong;
        return true;
    }
    return false;
}

/* Is the act forbidden to him here? Then it is refused, and true returned. */
static bool forbidden(struct run *r, uint32_t act, struct bf_value actor,
                      const struct bf_value *args, uint32_t nargs) {
    struct bf_judge *j = &r->s.judge;
    const struct bf_image *m = r->s.m;
    struct bf_i_range bans = j->proc->bans;
    for (uint32_t i = 0; i < bans.count; i++) {
        const struct bf_i_ban *ban = &m->ban[bans.first + i];
        bool his, spared = false;
        if (ban->act != act || (ban->state != BF_NONE && ban->state != r->s.c->state))
            continue;
        struct bf_value party;
        enum bf_why why = bf_judge_party(j, &ban->subject, &party);
        his = ban->subject.any ? bf_acts_as_any(m, actor, ban->subject.ref)
                               : bf_acts_as(actor, party);
        if (!why && his && ban->unless != BF_NONE) {
            j->env.args = args;
            j->env.nargs = nargs;
            why = bf_holds(&j->env, ban->unless, &spared);
        }
        if (why) {
            fault(r, why, ban->src);
            return true;
        }
        if (!his || spared)
            continue;
        struct bf_refused *f = refused(r, BF_REFUSAL_FORBIDDEN, BF_WHY_BAN, ban->src);
        f->ban = bans.first + i;
        if (ban->unless != BF_NONE)
            bf_guard_part(&j->env, ban->unless, &f->part_first, &f->part_end);
        j->env.args = NULL;
        j->env.nargs = 0;
        return true;
    }
    j->env.args = NULL;
    j->env.nargs = 0;
    return false;
}

/* The nearest of the act's offers to this actor, among those made to him; BF_NONE: there is none. False: a fault,
** or a prohibition, which is looked at only if the act is offered to him at all. */
static bool nearest(struct run *r, uint32_t act, struct bf_value actor, const struct bf_value *args,
                    uint32_t nargs, uint32_t *offer, struct bf_verdict *best) {
    struct bf_judge *j = &r->s.judge;
    const struct bf_image *m = r->s.m;
    struct bf_i_range offers = m->act[act].offers;
    struct bf_value member = BF_ABSENT;
    *offer = BF_NONE;
    for (uint32_t i = 0; i < offers.count; i++) {
        uint32_t row = m->index[offers.first + i];
        struct bf_verdict v;
        bool his;
        enum bf_why why = bf_judge_offered(j, row, actor, &his);
        if (!why && !his)
            continue;
        if (!why && *offer == BF_NONE && forbidden(r, act, actor, args, nargs))
            return false;
        j->env.args = args;
        j->env.nargs = nargs;
        if (!why)
            why = bf_judge_offer(j, row, true, &v);
        if (!why)
            bf_judge_distinct(j, row, actor, r->e->by, &v);
        j->env.args = NULL;
        j->env.nargs = 0;
        if (why) {
            fault(r, why, m->offer[row].src);
            return false;
        }
        if (*offer == BF_NONE || v.open > best->open) {
            *offer = row;
            *best = v;
            member = j->env.member;
        }
    }
    j->env.member = member;
    return true;
}

/* The offer by which this actor may do the act now; if there is none it is refused, and BF_NONE. */
static uint32_t judge(struct run *r, uint32_t act, struct bf_value actor,
                      const struct bf_value *args, uint32_t nargs) {
    const struct bf_image *m = r->s.m;
    struct bf_verdict best;
    uint32_t offer;
    if (!nearest(r, act, actor, args, nargs, &offer, &best))
        return BF_NONE;
    if (offer == BF_NONE) {
        refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_ACTOR,
                m->offer[m->index[m->act[act].offers.first]].src);
        return BF_NONE;
    }
    if (best.open == BF_OPEN)
        return offer;
    refuse_by(r, &best, offer);
    return BF_NONE;
}

/* An extension stays below its cap. */
static bool beyond_cap(struct run *r, uint32_t offer, const struct bf_value *args) {
    const struct bf_i_offer *o = &r->s.m->offer[offer];
    struct bf_value most;
    if (o->kind != BF_OFFER_EXTEND)
        return false;
    if (args[0].u.i < 1) {
        refused(r, BF_REFUSAL_MALFORMED, BF_WHY_LIMIT, o->src)->offer = offer;
        return true;
    }
    if (o->at_most == BF_NONE)
        return false;
    enum bf_why why = bf_eval(&r->s.judge.env, o->at_most, &most);
    if (why) {
        fault(r, why, o->src);
        return true;
    }
    if (!bf_present(most) || args[0].u.i <= most.u.i)
        return false;
    struct bf_refused *f = refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_AT_MOST, o->src);
    f->offer = offer;
    f->duty = o->duty;
    struct bf_buf cap;
    bf_buf_in(&cap, r->s.a);
    bf_buf_int(&cap, most.u.i);
    bf_buf_char(&cap, '\0');
    f->detail = cap.p;
    return true;
}

/* The day an act bears is not after its stamp, nor before its duty's event. */
static bool misdated(struct run *r, uint32_t offer, const struct bf_value *args) {
    const struct bf_i_offer *o = &r->s.m->offer[offer];
    bf_day day = bf_judge_day(&r->s.judge, o, args);
    bool early = o->kind == BF_OFFER_DUTY && day < bf_judge_duty(&r->s.judge, o->duty)->start;
    if (!o->dated || (day <= r->today && !early))
        return false;
    struct bf_refused *f = refused(r, BF_REFUSAL_MALFORMED, BF_WHY_DATED, o->src);
    f->offer = offer;
    f->arg = o->dated - 1;
    return true;
}

/* ---- acts ---- */

/* Consents given when this actor asks; all: none is missing. */
static enum bf_why given_by(struct run *r, uint32_t offer, struct bf_value actor, uint32_t *given,
                            bool *all) {
    struct bf_i_range consents = r->s.m->offer[offer].consents;
    *all = true;
    for (uint32_t i = 0; i < consents.count; i++) {
        bool his;
        struct bf_i_range one = {consents.first + i, 1};
        enum bf_why why = bf_judge_actor(&r->s.judge, one, actor, &his);
        if (why)
            return why;
        if (his && i < 32)
            *given |= UINT32_C(1) << i;
        else if (i >= 32 || !(*given >> i & 1))
            *all = false;
    }
    return BF_WHY_NOTHING;
}

static void emit_request(struct bf_stepper *s, enum bf_fact_kind kind, uint32_t offer,
                         uint32_t number, uint32_t how, uint32_t n, const struct bf_value *v) {
    const struct bf_i_offer *o = &s->m->offer[offer];
    bool died = kind == BF_FACT_REQUEST_DIED;
    BF_STEP_EMIT(s, .kind = (uint16_t)kind, .how = (uint16_t)how, .src = o->src, .a = offer,
                 .b = o->act, .c = number, .n = n, .v = v, .member = bf_step_member(s, o->each),
                 .by = died ? NULL : s->by);
}

static enum bf_why ask(struct run *r, uint32_t offer, uint32_t given) {
    struct bf_stepper *s = &r->s;
    const struct bf_event *e = r->e;
    const struct bf_case_request *before = bf_case_request(s->c, offer, s->judge.env.member);
    if (before && before->status == BF_REQUEST_PENDING)
        emit_request(s, BF_FACT_REQUEST_DIED, offer, BF_NONE, BF_DEATH_REPLACED, 0, NULL);
    emit_request(s, BF_FACT_ASKED, offer, given, 0, e->nargs + 1,
                 bf_step_deed(s, e->actor, e->args, e->nargs));
    return bf_step_goes(s, BF_NONE, BF_NONE);
}

/* Who brings the report of an act outside: its bearer, or any office. */
static bool may_report(struct run *r, uint32_t *src) {
    struct bf_judge *j = &r->s.judge;
    struct bf_value actor = r->e->actor;
    struct bf_i_range bans = j->proc->bans;
    bool office = actor.kind == BF_K_PARTY || actor.aux != BF_NO_OFFICE, his = false;
    for (uint32_t i = 0; i < bans.count && !his; i++) {
        const struct bf_i_ban *ban = &r->s.m->ban[bans.first + i];
        struct bf_value party;
        if (ban->act != r->e->what || bf_judge_party(j, &ban->subject, &party))
            continue;
        *src = ban->src;
        his = office || (ban->subject.any ? bf_acts_as_any(r->s.m, actor, ban->subject.ref)
                                          : bf_acts_as(actor, party));
    }
    return his;
}

/* What happened outside: recorded, and judged by every prohibition that holds here. */
static enum bf_why outside(struct run *r) {
    struct bf_stepper *s = &r->s;
    struct bf_judge *j = &s->judge;
    const struct bf_event *e = r->e;
    struct bf_value who = bf_present(e->who) ? e->who : e->actor;
    struct bf_i_range bans = j->proc->bans;
    uint32_t src = BF_NONE;
    if (!may_report(r, &src)) {
        refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_ACTOR, src);
        return BF_WHY_NOTHING;
    }
    BF_STEP_EMIT(s, .kind = BF_FACT_ACTED, .src = src, .a = BF_NONE, .b = e->what, .c = BF_NONE,
                 .n = e->nargs + 1, .v = bf_step_deed(s, who, e->args, e->nargs), .by = s->by);
    for (uint32_t i = 0; i < bans.count; i++) {
        const struct bf_i_ban *ban = &s->m->ban[bans.first + i];
        struct bf_value party;
        bool spared = false;
        if (ban->act != e->what || (ban->state != BF_NONE && ban->state != s->c->state))
            continue;
        enum bf_why why = bf_judge_party(j, &ban->subject, &party);
        if (why)
            return why;
        if (!(ban->subject.any ? bf_acts_as_any(s->m, who, ban->subject.ref)
                               : bf_acts_as(who, party)))
            continue;
        j->env.args = e->args;
        j->env.nargs = e->nargs;
        why = bf_holds(&j->env, ban->unless, &spared);
        j->env.args = NULL;
        j->env.nargs = 0;
        if (why)
            return why;
        spared = spared && ban->unless != BF_NONE;
        if (!spared && ban->violation != BF_NONE && s->c->violation_count < BF_LEDGER_MAX)
            bf_step_violate(s, ban->violation, who, ban->src);
    }
    return bf_case_ended(s->m, s->c) ? BF_WHY_NOTHING : bf_step_goes(s, BF_NONE, BF_NONE);
}

static enum bf_why act(struct run *r) {
    const struct bf_event *e = r->e;
    struct bf_stepper *s = &r->s;
    uint32_t given = 0;
    bool all;
    if (malformed(r, true))
        return BF_WHY_NOTHING;
    if (!s->m->act[e->what].offers.count)
        return outside(r);
    uint32_t offer = judge(r, e->what, e->actor, e->args, e->nargs);
    if (offer == BF_NONE || beyond_cap(r, offer, e->args) || misdated(r, offer, e->args))
        return BF_WHY_NOTHING;
    enum bf_why why = given_by(r, offer, e->actor, &given, &all);
    if (why)
        return why;
    return all ? bf_step_takes_effect(s, offer, e->actor, e->args, false) : ask(r, offer, given);
}

/* ---- consent ---- */

/* A request looked for: found is the consent of it that waits for the actor; else the first offer, and member, of
** which he might give one. */
struct sought {
    uint32_t offer, which;
    struct bf_value member;
    bool found, asked_before;
};

static const struct bf_value nobody = {.kind = BF_K_NONE};

/* In the requests of one offer, of one to the members of a list in that of one member. */
static enum bf_why seek(struct run *r, uint32_t offer, struct bf_value member, struct sought *x) {
    struct bf_judge *j = &r->s.judge;
    struct bf_i_range consents = r->s.m->offer[offer].consents;
    const struct bf_case_request *q = bf_case_request(r->s.c, offer, member);
    j->env.member = member;
    for (uint32_t k = 0; k < consents.count && k < 32; k++) {
        bool his;
        enum bf_why why =
            bf_judge_actor(j, (struct bf_i_range){consents.first + k, 1}, r->e->actor, &his);
        if (why)
            return why;
        if (!his)
            continue;
        if (x->offer == BF_NONE) {
            x->offer = offer;
            x->member = member;
        }
        x->asked_before |= q != NULL;
        x->found = q && q->status == BF_REQUEST_PENDING && !(q->given >> k & 1);
        x->which = k;
        if (x->found)
            break;
    }
    return BF_WHY_NOTHING;
}

/* The request that waits for this actor: its offer, and which consent he gives; the member who asked is at hand. (Of
** several the first in the list, unless `who` says whose.) Otherwise it is refused. */
static uint32_t request_for(struct run *r, uint32_t *which) {
    struct bf_stepper *s = &r->s;
    const struct bf_image *m = s->m;
    struct bf_i_range offers = m->act[r->e->what].offers;
    struct sought x = {.offer = BF_NONE};
    for (uint32_t i = 0; i < offers.count; i++) {
        uint32_t offer = m->index[offers.first + i];
        const struct bf_i_offer *o = &m->offer[offer];
        struct bf_value list = bf_list_value(&nobody, 1);
        enum bf_why why = o->each ? bf_members(&s->judge.env, o->members, &list) : BF_WHY_NOTHING;
        for (uint32_t k = 0; k < list.n && !why && !x.found; k++)
            if (!o->each || !bf_present(r->e->who) || bf_acts_as(r->e->who, list.u.items[k]))
                why = seek(r, offer, list.u.items[k], &x);
        if (why) {
            fault(r, why, o->src);
            return BF_NONE;
        }
        if (x.found) {
            *which = x.which;
            return offer;
        }
    }
    s->judge.env.member = x.member;
    if (x.offer == BF_NONE) {
        uint32_t src = offers.count ? m->offer[m->index[offers.first]].src : BF_NONE;
        refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_ACTOR, src);
        return BF_NONE;
    }
    struct bf_verdict v;
    enum bf_why why = bf_judge_offer(&s->judge, x.offer, false, &v);
    bool over = x.asked_before || why || v.open == BF_CLOSED;
    refused(r, over ? BF_REFUSAL_TOO_LATE : BF_REFUSAL_NOT_YET, BF_WHY_NO_REQUEST,
            m->offer[x.offer].src)
        ->offer = x.offer;
    return BF_NONE;
}

/* How the act, as it was asked for, stands now. */
static enum bf_why judge_asked(struct run *r, const struct bf_case_request *q,
                               struct bf_verdict *v) {
    struct bf_judge *j = &r->s.judge;
    j->env.args = q->args;
    j->env.nargs = r->s.m->act[r->s.m->offer[q->offer].act].params.count;
    enum bf_why why = bf_judge_offer(j, q->offer, true, v);
    j->env.args = NULL;
    j->env.nargs = 0;
    return why;
}

/* Declining, or a consent that is not the last: a request whose act is closed for good is dead, whether or not that was noticed yet. */
static bool still_asked(struct run *r, const struct bf_case_request *q) {
    struct bf_verdict v;
    enum bf_why why = judge_asked(r, q, &v);
    if (why)
        fault(r, why, r->s.m->offer[q->offer].src);
    else if (v.open == BF_CLOSED)
        refuse_by(r, &v, q->offer);
    return !why && v.open != BF_CLOSED;
}

/* The last consent: is the act, as asked for, still lawful? */
static bool still_lawful(struct run *r, uint32_t offer, const struct bf_case_request *q) {
    const struct bf_i_offer *o = &r->s.m->offer[offer];
    struct bf_verdict v;
    if (forbidden(r, o->act, q->who, q->args, r->s.m->act[o->act].params.count))
        return false;
    enum bf_why why = judge_asked(r, q, &v);
    if (why)
        fault(r, why, o->src);
    else
        bf_judge_distinct(&r->s.judge, offer, q->who, q->by, &v);
    if (!why && v.open != BF_OPEN)
        refuse_by(r, &v, offer);
    return !why && v.open == BF_OPEN && !beyond_cap(r, offer, q->args) &&
           !misdated(r, offer, q->args);
}

static bool in_force(struct run *r);
static bool requires_hold(struct run *r);

/* Where a case goes whose start was declined; BF_NONE: the offer is no start. */
static uint32_t declined_end(const struct run *r, uint32_t offer) {
    const struct bf_image *m = r->s.m;
    struct bf_i_range starts = r->s.judge.proc->starts;
    for (uint32_t i = 0; m->state[r->s.c->state].asks == offer + 1 && i < starts.count; i++)
        if (m->start[starts.first + i].asked_in == r->s.c->state + 1)
            return m->start[starts.first + i].declined;
    return BF_NONE;
}

static enum bf_why consent(struct run *r) {
    struct bf_stepper *s = &r->s;
    const struct bf_event *e = r->e;
    uint32_t which;
    if (malformed(r, false))
        return BF_WHY_NOTHING;
    uint32_t offer = request_for(r, &which);
    if (offer == BF_NONE)
        return BF_WHY_NOTHING;
    const struct bf_value *who = bf_step_values(s, e->actor, BF_ABSENT);
    struct bf_case_request q = *bf_case_request(s->c, offer, s->judge.env.member);
    if (e->kind == BF_EVENT_DECLINE) {
        if (!still_asked(r, &q))
            return BF_WHY_NOTHING;
        emit_request(s, BF_FACT_DECLINED, offer, which, 0, 1, who);
        return bf_step_goes(s, declined_end(r, offer), s->m->offer[offer].src);
    }
    uint32_t given = q.given;
    bool all;
    enum bf_why why = given_by(r, offer, e->actor, &given, &all);
    if (why || !(all ? still_lawful(r, offer, &q) : still_asked(r, &q)))
        return why;
    bool starts = s->m->state[s->c->state].asks == offer + 1;
    if (all && starts && (!in_force(r) || !requires_hold(r)))
        return BF_WHY_NOTHING;
    for (uint32_t k = 0; k < 32; k++) /* who holds two posts consents for both */
        if ((given & ~q.given) >> k & 1)
            emit_request(s, BF_FACT_CONSENTED, offer, k, 0, 1, who);
    s->by = q.by; /* what takes effect is the act of who asked for it */
    return all ? bf_step_takes_effect(s, offer, q.who, q.args, false)
               : bf_step_goes(s, BF_NONE, BF_NONE);
}

/* ---- opening a case ---- */

uint32_t bf_starts_on(const struct bf_image *m, uint32_t event, uint32_t i, uint32_t *proc) {
    for (uint32_t p = 0; p < m->proc_count; p++)
        for (uint32_t k = 0; k < m->proc[p].starts.count; k++) {
            uint32_t start = m->proc[p].starts.first + k;
            if (m->start[start].event != event || i-- > 0)
                continue;
            *proc = p;
            return start;
        }
    return BF_NONE;
}

static bool bad_datum(struct run *r, uint32_t i, const char *wrong) {
    struct bf_refused *f = refused(r, BF_REFUSAL_MALFORMED, BF_WHY_ARGUMENTS, BF_NONE);
    f->arg = i;
    f->detail = wrong;
    return true;
}

/* An event's fields become data of the case. */
static bool bind_event(struct run *r, const struct bf_i_start *start) {
    const struct bf_image *m = r->s.m;
    const struct bf_event *e = r->e;
    struct bf_i_range params = m->event[start->event].params, data = r->s.judge.proc->data;
    if (e->nargs != params.count)
        return !bad_datum(r, BF_NONE, NULL);
    for (uint32_t i = 0; i < params.count; i++) {
        const char *wrong = bf_value_check(m, e->args[i], m->field[params.first + i].type);
        if (wrong)
            return !bad_datum(r, i, wrong);
    }
    for (uint32_t i = 0; i + 1 < start->binds.count; i += 2) {
        const uint32_t *pair = m->index + start->binds.first + i;
        r->s.c->data[pair[1] - data.first] = e->args[pair[0]];
    }
    return true;
}

/* A calendar start brings its member, which its data's type must take, or nothing. */
static bool bind_member(struct run *r, const struct bf_i_start *start) {
    const struct bf_image *m = r->s.m;
    const struct bf_event *e = r->e;
    if (e->nargs != (start->member_reg ? 1 : 0))
        return !bad_datum(r, BF_NONE, NULL);
    if (!start->member_reg)
        return true;
    const char *wrong = bf_value_check(m, e->args[0], m->data[start->member_data].type);
    if (wrong)
        return !bad_datum(r, 0, wrong);
    r->s.c->data[start->member_data - r->s.judge.proc->data.first] = e->args[0];
    return true;
}

/* `starts by requester or requester.head`: who opens the case is the requester, or his head, if nobody else was
** named. */
static bool opener_is(struct run *r, const struct bf_i_actor *row) {
    const struct bf_image *m = r->s.m;
    const uint32_t *code = m->code + row->ref;
    if (row->any || bf_i_op(code[0]) != BF_OP_DATA)
        return false;
    uint32_t data = bf_i_operand(code[0]);
    struct bf_value who = r->e->actor;
    struct bf_value *datum = &r->s.c->data[data - r->s.judge.proc->data.first];
    if (bf_i_op(code[1]) == BF_OP_OFFICE_OF && bf_i_op(code[2]) == BF_OP_RETURN &&
        who.aux == bf_i_operand(code[1]) && who.n)
        who.aux = BF_NO_OFFICE;
    else if (bf_i_op(code[1]) != BF_OP_RETURN)
        return false;
    if (bf_present(*datum) || m->data[data].init != BF_NONE ||
        bf_value_check(m, who, m->data[data].type))
        return false;
    *datum = who;
    return true;
}

static void name_opener(struct run *r) {
    const struct bf_image *m = r->s.m;
    struct bf_i_range starts = r->s.judge.proc->starts;
    for (uint32_t i = 0; i < starts.count; i++) {
        const struct bf_i_start *start = &m->start[starts.first + i];
        for (uint32_t k = 0; start->event == BF_NONE && k < start->actors.count; k++)
            if (opener_is(r, &m->actor[start->actors.first + k]))
                return;
    }
}

/* What is given fills its data; then the others are worked out in written order. One that is both must agree. */
static bool fill(struct run *r) {
    struct bf_stepper *s = &r->s;
    const struct bf_image *m = s->m;
    const struct bf_event *e = r->e;
    struct bf_i_range data = s->judge.proc->data;
    bool by_event = e->start != BF_NONE;
    if (by_event && !(m->start[e->start].every ? bind_member : bind_event)(r, &m->start[e->start]))
        return false;
    if (!by_event && e->nargs != data.count)
        return !bad_datum(r, BF_NONE, NULL);
    for (uint32_t i = 0; i < data.count && !by_event; i++) {
        if (bf_present(e->args[i]) && m->data[data.first + i].role == BF_DATA_KEEP)
            return !bad_datum(r, i, "is kept, not given");
        s->c->data[i] = e->args[i];
    }
    if (!by_event && bf_present(e->actor))
        name_opener(r);
    for (uint32_t i = 0; i < data.count; i++) {
        const struct bf_i_data *d = &m->data[data.first + i];
        struct bf_value given = s->c->data[i], v;
        if (d->init != BF_NONE) {
            enum bf_why why = bf_eval(&s->judge.env, d->init, &v);
            if (why && (why != BF_WHY_ABSENT || !bf_present(given))) {
                fault(r, why, s->judge.proc->src);
                return false;
            }
            if (!why && bf_present(given) && !bf_value_equal(given, v))
                return !bad_datum(r, i, "is not what it must be");
            if (!why)
                s->c->data[i] = v;
        }
        const char *wrong = bf_value_check(m, s->c->data[i], d->type);
        if (wrong)
            return !bad_datum(r, i, wrong);
    }
    return true;
}

/* An event is raised inside, or reported by an office or a party named in it. */
static bool may_raise(const struct bf_event *e) {
    if (!bf_present(e->actor) || e->actor.kind == BF_K_PARTY || e->actor.aux != BF_NO_OFFICE)
        return true;
    for (uint32_t i = 0; i < e->nargs; i++)
        if (bf_is_party(e->args[i]) && bf_same_party(e->args[i], e->actor))
            return true;
    return false;
}

/* The start that lets this event open the case goes to *start: BF_NONE if an effect opens it. False: refused. */
static bool start_of(struct run *r, uint32_t *start_row) {
    const struct bf_image *m = r->s.m;
    const struct bf_event *e = r->e;
    struct bf_i_range starts = r->s.judge.proc->starts;
    uint32_t src = r->s.judge.proc->src;
    *start_row = e->start;
    if (e->start == BF_NONE && !bf_present(e->actor))
        return true;
    bool calendar = e->start != BF_NONE && m->start[e->start].every;
    if (e->start != BF_NONE && (calendar ? !bf_present(e->actor) : may_raise(e)))
        return true;
    if (e->start != BF_NONE)
        return !refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_ACTOR, m->start[e->start].src);
    for (uint32_t i = 0; i < starts.count; i++) {
        const struct bf_i_start *start = &m->start[starts.first + i];
        bool his = false, consented = true;
        if (start->event != BF_NONE || start->every)
            continue;
        src = start->src;
        enum bf_why why = bf_judge_actor(&r->s.judge, start->actors, e->actor, &his);
        for (uint32_t k = 0; !why && his && consented && k < start->consents.count; k++)
            why = bf_judge_actor(&r->s.judge, (struct bf_i_range){start->consents.first + k, 1},
                                 e->actor, &consented);
        if (why) {
            fault(r, why, start->src);
            return false;
        }
        *start_row = starts.first + i;
        if (his && consented)
            return true;
    }
    return !refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_ACTOR, src);
}

static bool in_force(struct run *r) {
    const struct bf_i_policy *p = &r->s.m->policy;
    if (r->e->parent)
        return true; /* the case that runs it is there */
    if (r->today < p->force_from)
        refused(r, BF_REFUSAL_NOT_YET, BF_WHY_FORCE, BF_NONE)->window =
            (struct bf_due){.kind = BF_DUE_DAY, .last = p->force_from};
    else if (r->today > p->force_to)
        refused(r, BF_REFUSAL_TOO_LATE, BF_WHY_FORCE, BF_NONE)->window =
            (struct bf_due){.kind = BF_DUE_DAY, .last = p->force_to};
    return r->today >= p->force_from && r->today <= p->force_to;
}

static bool requires_hold(struct run *r) {
    struct bf_i_range requires = r->s.judge.proc->requires;
    for (uint32_t i = 0; i < requires.count; i++) {
        const struct bf_i_require *q = &r->s.m->require[requires.first + i];
        bool yes;
        enum bf_why why = bf_holds(&r->s.judge.env, q->cond, &yes);
        if (why) {
            fault(r, why, q->src);
            return false;
        }
        if (yes)
            continue;
        struct bf_refused *f = refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_REQUIRE, q->src);
        f->require = requires.first + i;
        bf_guard_part(&r->s.judge.env, q->cond, &f->part_first, &f->part_end);
        return false;
    }
    return true;
}

static bool opens_malformed(struct run *r) {
    const struct bf_image *m = r->s.m;
    const struct bf_event *e = r->e;
    if (e->what >= m->proc_count)
        return refused(r, BF_REFUSAL_MALFORMED, BF_WHY_UNKNOWN, BF_NONE);
    if (e->start != BF_NONE &&
        (e->start - m->proc[e->what].starts.first >= m->proc[e->what].starts.count ||
         (m->start[e->start].event == BF_NONE && !m->start[e->start].every)))
        return refused(r, BF_REFUSAL_MALFORMED, BF_WHY_UNKNOWN, BF_NONE);
    if (bf_present(e->actor) && (!bf_is_party(e->actor) || bf_value_check_party(m, e->actor)))
        return refused(r, BF_REFUSAL_MALFORMED, BF_WHY_ACTOR, BF_NONE);
    if (bf_present(e->actor) && bf_world_gone(r->w, e->actor))
        return refused(r, BF_REFUSAL_NOT_PERMITTED, BF_WHY_GONE, BF_NONE);
    return false;
}

/* The case waits for consents before it is in its first state, unless who opens it holds all of them. */
static enum bf_why ask_to_start(struct run *r, uint32_t state, uint32_t src) {
    struct bf_stepper *s = &r->s;
    uint32_t offer = s->m->state[state].asks - 1, given = 0;
    bool all;
    enum bf_why why = bf_step_goes(s, state, src);
    if (!why)
        why = given_by(r, offer, r->e->actor, &given, &all);
    if (why)
        return why;
    if (all)
        return bf_step_takes_effect(s, offer, r->e->actor, NULL, false);
    emit_request(s, BF_FACT_ASKED, offer, given, 0, 1, bf_step_deed(s, r->e->actor, NULL, 0));
    return bf_step_goes(s, BF_NONE, BF_NONE);
}

/* The draft becomes the case: STARTED sets all that was worked out in it. */
static enum bf_why begin(struct run *r, uint32_t start) {
    struct bf_stepper *s = &r->s;
    const struct bf_case *draft = s->c;
    const struct bf_image *m = s->m;
    uint32_t data = s->judge.proc->data.count, n = 2 + data + m->assume_count;
    uint32_t src = start == BF_NONE ? s->judge.proc->src : m->start[start].src;
    struct bf_value *v = bf_new_array(s->a, struct bf_value, n + 1);
    v[0] = r->e->actor;
    v[1] = bf_int(r->e->number);
    for (uint32_t i = 0; i < data; i++)
        v[2 + i] = draft->data[i];
    for (uint32_t i = 0; i < m->assume_count; i++)
        v[2 + data + i] = draft->assume[i];
    if (r->e->parent)
        v[n++] = bf_int(r->e->parent);
    BF_STEP_EMIT(s, .kind = BF_FACT_STARTED, .src = src, .a = r->e->what, .b = start, .c = BF_NONE,
                 .n = n, .v = v, .by = s->by);
    uint32_t asked = start == BF_NONE ? 0 : m->start[start].asked_in;
    if (asked)
        return ask_to_start(r, asked - 1, src);
    return bf_step_goes(s, s->judge.proc->initial, src);
}

static enum bf_why open_case(struct run *r) {
    struct bf_stepper *s = &r->s;
    const struct bf_image *m = s->m;
    if (opens_malformed(r))
        return BF_WHY_NOTHING;
    struct bf_case *draft = bf_case_new(s->a, m, r->e->what);
    draft->assume = s->w->assume ? s->w->assume : bf_assume_defaults(s->a, m);
    draft->start_day = r->today;
    use_case(s, draft);
    if (!fill(r))
        return BF_WHY_NOTHING;
    uint32_t start;
    if (!start_of(r, &start) || !in_force(r) || !requires_hold(r))
        return BF_WHY_NOTHING;
    return begin(r, start);
}

/* ---- the step ---- */

static enum bf_why excuse(struct run *r) {
    struct bf_stepper *s = &r->s;
    const struct bf_event *e = r->e;
    if (e->nargs != 1 || e->args[0].kind != BF_K_VIOLATION ||
        e->args[0].u.i >= s->m->violation_count) {
        refused(r, BF_REFUSAL_MALFORMED, BF_WHY_ARGUMENTS, BF_NONE);
        return BF_WHY_NOTHING;
    }
    uint32_t violation = (uint32_t)e->args[0].u.i;
    BF_STEP_EMIT(s, .kind = BF_FACT_EXCUSED, .src = s->m->violation[violation].src, .a = violation,
                 .b = BF_NONE, .c = BF_NONE, .n = 1, .v = bf_step_values(s, e->args[0], BF_ABSENT));
    return bf_case_ended(s->m, s->c) ? BF_WHY_NOTHING : bf_step_goes(s, BF_NONE, BF_NONE);
}

/* ---- what is run ---- */

static enum bf_why begun(struct run *r) {
    struct bf_stepper *s = &r->s;
    const struct bf_case *c = s->c;
    uint32_t i = 0;
    while (i < c->sub_count && (c->subs[i].number || c->subs[i].end == BF_SUB_FAILED))
        i++;
    if (i == c->sub_count)
        return BF_WHY_NOTHING;
    const struct bf_i_state *state = &s->m->state[c->subs[i].state];
    bool left = c->subs[i].end == BF_SUB_CANCELLED;
    const struct bf_value *number = bf_step_values(s, bf_int(r->e->number), BF_ABSENT);
    BF_STEP_EMIT(s, .kind = BF_FACT_BEGUN, .how = r->e->number == 0, .src = state->run_src,
                 .a = state->runs - 1, .b = BF_NONE, .c = BF_NONE, .n = 1, .v = number);
    if (left && r->e->number)
        BF_STEP_EMIT(s, .kind = BF_FACT_CANCELLED, .src = state->run_src, .a = state->runs - 1,
                     .b = BF_NONE, .c = BF_NONE, .n = 1, .v = number);
    return BF_WHY_NOTHING;
}

/* Does this case run it still, and is this an end of it? */
static bool outcome_ok(const struct run *r) {
    const struct bf_case_sub *sub = bf_case_running(r->s.c);
    struct bf_i_range offers = r->s.judge.proc->offers;
    if (!sub || sub->number != r->e->number || r->e->offer - offers.first >= offers.count)
        return false;
    const struct bf_i_offer *o = &r->s.m->offer[r->e->offer];
    return o->outcome && o->state == sub->state;
}

/* What it kept, of the types that are asked for: its text may have been another, and not have kept all of it. */
static bool kept_ok(const struct run *r) {
    const struct bf_image *m = r->s.m;
    struct bf_i_range params = m->act[m->offer[r->e->offer].act].params;
    bool ok = r->e->nargs == params.count;
    for (uint32_t i = 0; ok && i < params.count; i++)
        ok = !bf_present(r->e->args[i]) ||
             !bf_value_check(m, r->e->args[i], m->field[params.first + i].type);
    return ok;
}

/* What cannot be done of what should follow must not hide that it has ended. */
static enum bf_why returned(struct run *r) {
    struct bf_stepper *s = &r->s;
    const struct bf_event *e = r->e;
    if (!outcome_ok(r))
        return BF_WHY_NOTHING;
    uint32_t src = s->m->offer[e->offer].src;
    BF_STEP_EMIT(s, .kind = BF_FACT_RETURNED, .src = src, .a = e->offer, .b = BF_NONE, .c = BF_NONE,
                 .n = 1, .v = bf_step_values(s, bf_int(e->number), BF_ABSENT));
    struct bf_case *before = bf_case_fork(s->a, s->c);
    uint32_t count = s->fact_count;
    enum bf_why why = BF_WHY_ARGUMENTS;
    if (kept_ok(r))
        why = bf_step_takes_effect(s, e->offer, BF_ABSENT, e->args, false);
    if (!why || why == BF_WHY_NEEDS)
        return why;
    use_case(s, before);
    s->fact_count = count;
    s->restarts = NULL;
    BF_STEP_EMIT(s, .kind = BF_FACT_FAILED, .src = src, .a = BF_NONE, .b = BF_NONE, .c = why);
    return BF_WHY_NOTHING;
}

static enum bf_why cancel(struct run *r) {
    struct bf_stepper *s = &r->s;
    const struct bf_i_proc *p = s->judge.proc;
    if (!s->c->parent || !p->cancelled || bf_case_ended(s->m, s->c))
        return BF_WHY_NOTHING;
    return bf_step_goes(s, p->cancelled - 1, p->src);
}

static bool ran(const struct bf_case *c) {
    for (uint32_t i = 0; i < c->sub_count; i++)
        if (c->subs[i].state == c->state)
            return true;
    return false;
}

/* Pauses are looked at as on entering; then all else follows as after any event. */
static enum bf_why migrated(struct run *r) {
    enum bf_why why = bf_step_recompute(&r->s);
    if (!why)
        why = bf_step_duties(&r->s, true);
    if (!why)
        why = bf_step_goes(&r->s, BF_NONE, BF_NONE);
    return !why && !ran(r->s.c) ? bf_step_run(&r->s) : why; /* what the text did not run before */
}

static enum bf_why event(struct run *r) {
    switch (r->e->kind) {
    case BF_EVENT_OPEN: return open_case(r);
    case BF_EVENT_ACT: return act(r);
    case BF_EVENT_CONSENT:
    case BF_EVENT_DECLINE: return consent(r);
    case BF_EVENT_TICK: return BF_WHY_NOTHING;
    case BF_EVENT_EXCUSE: return excuse(r);
    case BF_EVENT_CALENDAR: return bf_step_recompute(&r->s);
    case BF_EVENT_BEGUN: return begun(r);
    case BF_EVENT_RETURN: return returned(r);
    case BF_EVENT_CANCEL: return cancel(r);
    case BF_EVENT_MIGRATE: return migrated(r);
    case BF_EVENT_SUCCEED:
    case BF_EVENT_ASSIGN: return bf_step_succeed(&r->s, r->e);
    }
    return BF_WHY_NOTHING;
}

/* As it was given, with all lapses due by now. What of them does not fit the budget waits for the next step. */
static enum bf_why begin_again(struct run *r) {
    struct bf_stepper *s = &r->s;
    /* it was not looked at for long: fetch it meanwhile */
    for (size_t i = 0; r->given && i < 8; i++)
        __builtin_prefetch((const char *)r->given + i * 64);
    s->w = r->w;
    r->settled = 0;
    bf_judge_init(&s->judge, s->m, s->w, NULL, r->now, s->a);
    r->today = s->judge.env.today;
    s->c = NULL;
    s->restarts = NULL;
    s->fact_count = 0;
    if (!r->given)
        return BF_WHY_NOTHING;
    use_case(s, bf_case_fork(s->a, r->given));
    return lapses(r);
}

/* The REFUSED fact, and what would be lawful instead. Arguments that are no values of the language are not kept. */
static void record_refusal(struct run *r) {
    struct bf_stepper *s = &r->s;
    struct bf_refused *f = &r->out->refused;
    const struct bf_event *e = r->e;
    bool time = e->kind == BF_EVENT_TICK || e->kind == BF_EVENT_CALENDAR ||
                e->kind == BF_EVENT_MIGRATE || bf_event_succeeds(e->kind);
    bool known =
        !time && f->why != BF_WHY_ARGUMENTS && f->why != BF_WHY_UNKNOWN && f->why != BF_WHY_ACTOR;
    bool act = known && s->c && e->kind != BF_EVENT_EXCUSE;
    bool who = bf_is_party(e->actor) && !bf_value_check_party(s->m, e->actor);
    uint32_t n = known && (e->kind == BF_EVENT_ACT || e->kind == BF_EVENT_OPEN) ? e->nargs : 0;
    struct bf_choices lawful = {0};
    stamp(s, r->now, r->today);
    s->judge.env.budget = BF_STEP_BUDGET;
    if (s->c && f->duty != BF_NONE)
        f->status = bf_judge_duty(&s->judge, f->duty)->status;
    if (s->c && who)
        bf_judge_lawful(&s->judge, e->actor, e->by, &lawful);
    if (s->c)
        f->state = s->c->state;
    f->lawful = lawful.choice;
    f->lawful_count = lawful.count;
    BF_STEP_EMIT(s, .kind = BF_FACT_REFUSED, .how = (uint16_t)f->kind, .src = f->src, .a = f->offer,
                 .b = act ? e->what : BF_NONE, .c = f->why, .n = n + 1,
                 .v = bf_step_deed(s, who ? e->actor : BF_ABSENT, e->args, n), .by = e->by);
}

void bf_step(const struct bf_image *m, const struct bf_world *w, const struct bf_case *c,
             const struct bf_event *e, struct bf_arena *scratch, struct bf_outcome *out) {
    struct run r;
    struct bf_stepper *s = &r.s;
    s->m = m;
    s->a = scratch;
    s->src = s->lapsing = BF_NONE;
    s->lapsing_of = BF_ABSENT;
    s->facts = NULL;
    s->fact_cap = 0;
    s->by = e->by;
    r.w = w;
    r.given = c;
    r.e = e = bf_step_as_named_now(w, scratch, e);
    r.now = e->effective;
    r.out = out;
    out->kind = BF_DONE;
    enum bf_why why = begin_again(&r);
    uint32_t lapsed = s->fact_count;
    if (why == BF_WHY_BUDGET && e->kind == BF_EVENT_TICK)
        why = BF_WHY_NOTHING;
    else if (!why && c && e->effective < s->c->at)
        refused(&r, BF_REFUSAL_MALFORMED, BF_WHY_STAMP, BF_NONE);
    else if (!why)
        why = event(&r);
    if (why)
        fault(&r, why, BF_NONE);
    if (out->kind == BF_NEEDS)
        return;
    if (out->kind == BF_REFUSED) {
        if (!c) { /* no case came of it */
            s->c = NULL;
            s->fact_count = 0;
        } else if (s->fact_count != lapsed) { /* nothing of the act stands */
            begin_again(&r);
        }
        record_refusal(&r);
    }
    out->facts = s->facts;
    out->fact_count = s->fact_count;
    out->next = s->c;
}
