/* offers: see offers.h. */
#include "engine/core/offers.h"

#include "engine/core/judge.h"

/* A growing list in the arena. */
struct list {
    struct bf_judge *j;
    struct bf_choice *choice;
    uint32_t count, cap;
};

static void append(struct list *l, struct bf_choice c) {
    l->choice = bf_arena_grow(l->j->env.arena, l->choice, l->count, &l->cap, sizeof *l->choice);
    l->choice[l->count++] = c;
}

static bool must(const struct bf_judge *j, const struct bf_i_offer *o) {
    if (o->kind != BF_OFFER_DUTY)
        return false;
    const struct bf_case_duty *d = bf_judge_duty(j, o->duty);
    return d->status == BF_STATUS_OPEN || d->status == BF_STATUS_PAUSED ||
           (d->status == BF_STATUS_LAPSED && !d->left);
}

/* How many consents an offer needs beyond the asking by this actor. */
static uint32_t consents_left(struct bf_judge *j, const struct bf_i_offer *o,
                              struct bf_value actor) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < o->consents.count; i++) {
        bool his = false;
        struct bf_i_range one = {o->consents.first + i, 1};
        if (bf_judge_actor(j, one, actor, &his) || !his)
            left++;
    }
    return left;
}

/* One choice for each actor the offer is made to. */
static enum bf_why add_acts(struct list *l, uint32_t offer, const struct bf_verdict *v) {
    const struct bf_image *m = l->j->env.image;
    const struct bf_i_offer *o = &m->offer[offer];
    const struct bf_case_request *q = bf_case_request(l->j->env.self, offer, l->j->env.member);
    for (uint32_t i = 0; i < o->actors.count; i++) {
        const struct bf_i_actor *row = &m->actor[o->actors.first + i];
        struct bf_choice c = {.kind = BF_CHOICE_ACT,
                              .open = v->open,
                              .why = v->why,
                              .offer = offer,
                              .act = o->act,
                              .duty = o->kind == BF_OFFER_MAY ? BF_NONE : o->duty,
                              .must = must(l->j, o),
                              .asked = q && q->status == BF_REQUEST_PENDING,
                              .maybe = v->maybe,
                              .member = l->j->env.member,
                              .any = row->any ? row->ref : BF_NONE,
                              .until = v->window,
                              .from_state = v->from_state,
                              .from_act = v->from_act,
                              .part_first = v->part_first,
                              .part_end = v->part_end,
                              .src = o->src};
        enum bf_why why = bf_judge_party(l->j, row, &c.actor);
        if (why)
            return why;
        if (!row->any && !bf_present(c.actor))
            continue;
        struct bf_verdict his = *v;
        if (!row->any)
            bf_judge_distinct(l->j, offer, c.actor, &bf_persons_anyone, &his);
        c.open = his.open;
        c.why = his.why;
        c.from_act = his.from_act;
        c.consents_left = consents_left(l->j, o, c.actor);
        append(l, c);
    }
    return BF_WHY_NOTHING;
}

/* Those whose consent a pending request still lacks. */
static enum bf_why add_consents(struct list *l, uint32_t offer, const struct bf_verdict *v) {
    const struct bf_image *m = l->j->env.image;
    const struct bf_i_offer *o = &m->offer[offer];
    const struct bf_case_request *q = bf_case_request(l->j->env.self, offer, l->j->env.member);
    if (!q || q->status != BF_REQUEST_PENDING || v->open == BF_CLOSED)
        return BF_WHY_NOTHING;
    for (uint32_t i = 0; i < o->consents.count && i < 32; i++) {
        const struct bf_i_actor *row = &m->actor[o->consents.first + i];
        if (q->given >> i & 1)
            continue;
        struct bf_choice c = {.kind = BF_CHOICE_CONSENT,
                              .open = BF_OPEN,
                              .offer = offer,
                              .act = o->act,
                              .duty = o->kind == BF_OFFER_MAY ? BF_NONE : o->duty,
                              .member = l->j->env.member,
                              .any = row->any ? row->ref : BF_NONE,
                              .until = v->window,
                              .from_state = BF_NONE,
                              .from_act = BF_NONE,
                              .part_first = BF_NONE,
                              .part_end = BF_NONE,
                              .src = o->src};
        enum bf_why why = bf_judge_party(l->j, row, &c.actor);
        if (why)
            return why;
        append(l, c);
    }
    return BF_WHY_NOTHING;
}

/* An offer whose window or guard cannot be worked out is not open, and says why. */
static enum bf_why add_one(struct list *l, uint32_t offer, bool closed_too) {
    struct bf_verdict v;
    if (l->j->env.image->offer[offer].kind == BF_OFFER_OUTCOME)
        return BF_WHY_NOTHING; /* nobody does it */
    enum bf_why why = bf_judge_offer(l->j, offer, false, &v);
    if (why == BF_WHY_NEEDS)
        return why;
    if (why) {
        v.open = BF_GUARDED;
        v.why = why;
    }
    if (v.open != BF_CLOSED || closed_too)
        if ((why = add_acts(l, offer, &v)))
            return why;
    return add_consents(l, offer, &v);
}

/* An offer to the members of a list is one to each of them. */
static enum bf_why add_offer(struct list *l, uint32_t offer, bool closed_too) {
    const struct bf_i_offer *o = &l->j->env.image->offer[offer];
    struct bf_env *env = &l->j->env;
    struct bf_value members;
    if (!o->each)
        return add_one(l, offer, closed_too);
    enum bf_why why = bf_members(env, o->members, &members);
    for (uint32_t i = 0; !why && i < members.n; i++) {
        env->member = members.u.items[i];
        why = add_one(l, offer, closed_too);
    }
    env->member = BF_ABSENT;
    return why == BF_WHY_NEEDS ? why : BF_WHY_NOTHING;
}

static void finish(struct list *l, enum bf_why why, struct bf_choices *out) {
    *out = (struct bf_choices){.choice = l->choice, .count = l->count};
    if (why == BF_WHY_NEEDS) {
        out->fault = why;
        out->need = l->j->env.need;
    }
}

void bf_offers(const struct bf_image *m, const struct bf_world *w, const struct bf_case *c,
               bf_instant at, bool closed_too, struct bf_arena *a, struct bf_choices *out) {
    struct bf_judge j;
    struct list l = {.j = &j};
    bf_judge_init(&j, m, w, c, at, a);
    enum bf_why why = BF_WHY_NOTHING;
    for (uint32_t i = 0; i < j.proc->offers.count && !why; i++)
        why = add_offer(&l, j.proc->offers.first + i, closed_too);
    finish(&l, why, out);
}

void bf_judge_lawful(struct bf_judge *j, struct bf_value actor, const struct bf_persons *by,
                     struct bf_choices *out) {
    struct list l = {.j = j};
    enum bf_why why = BF_WHY_NOTHING;
    for (uint32_t i = 0; i < j->proc->offers.count && !why; i++)
        why = add_offer(&l, j->proc->offers.first + i, false);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l.count; i++) {
        const struct bf_choice *c = &l.choice[i];
        bool his = c->any == BF_NONE ? bf_acts_as(actor, c->actor)
                                     : bf_acts_as_any(j->env.image, actor, c->any);
        struct bf_verdict v = {.open = c->open};
        if (his && c->kind == BF_CHOICE_ACT)
            bf_judge_distinct(j, c->offer, actor, by, &v);
        if (his && v.open == BF_OPEN)
            l.choice[kept++] = *c;
    }
    l.count = kept;
    finish(&l, why, out);
}
