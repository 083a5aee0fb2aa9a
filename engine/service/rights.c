/* rights: see rights.h. */
#include "engine/service/rights.h"

#include "engine/core/offers.h"
#include "engine/service/api.h"

/* What a person may act as under an image, and the case it is held against. */
struct look {
    const struct bf_view *v;
    const struct bf_image *m;
    struct bf_arena *arena;
    struct bf_value *role;
    uint32_t count, cap;
};

static void add_role(struct look *k, struct bf_value role) {
    k->role = bf_arena_grow(k->arena, k->role, k->count, &k->cap, sizeof *k->role);
    k->role[k->count++] = role;
}

static bool add_capacity(void *ctx, const struct bf_capacity *c) {
    struct look *k = ctx;
    struct bf_value role;
    if (bf_capacity_party(k->m, c, k->arena, &role))
        add_role(k, role);
    return true;
}

static bool is_one_of(const struct look *k, struct bf_value party) {
    for (uint32_t i = 0; i < k->count && bf_is_party(party); i++)
        if (bf_same_party(k->role[i], party))
            return true;
    return false;
}

/* A party of the case may be several. */
static bool named_in(const struct look *k, struct bf_value v) {
    for (uint32_t i = 0; v.kind == BF_K_LIST && i < v.n; i++)
        if (named_in(k, v.u.items[i]))
            return true;
    return is_one_of(k, v);
}

static bool took_part(const struct look *k) {
    const struct bf_case *c = k->v->c;
    const struct bf_i_proc *p = bf_case_proc(k->m, c);
    if (is_one_of(k, c->starter))
        return true;
    for (uint32_t i = 0; i < p->data.count; i++)
        if (k->m->data[p->data.first + i].role == BF_DATA_PARTY && named_in(k, c->data[i]))
            return true;
    for (uint32_t i = 0; i < p->acts.count; i++)
        if (c->acts[i].times && is_one_of(k, c->acts[i].who))
            return true;
    for (uint32_t i = 0; i < c->request_count; i++)
        if (is_one_of(k, c->requests[i].who))
            return true;
    for (uint32_t i = 0; i < c->gone_count; i++) /* it may become his */
        if (named_in(k, c->gone[i].among))
            return true;
    return false;
}

static bool bears_duty(const struct look *k) {
    const struct bf_i_proc *p = bf_case_proc(k->m, k->v->c);
    for (uint32_t i = 0; i < p->duties.count; i++)
        if (k->v->c->duties[i].epoch &&
            is_one_of(k, bf_duty_bearer(k->m, k->v->world, k->v->c, p->duties.first + i, k->arena)))
            return true;
    for (uint32_t i = 0; i < k->v->c->member_count; i++)
        if (is_one_of(k, k->v->c->members[i]->who))
            return true;
    return false;
}

static bool may_act(const struct look *k, const struct bf_choice *c) {
    for (uint32_t i = 0; i < k->count; i++)
        if (c->any == BF_NONE ? bf_same_party(k->role[i], c->actor)
                              : bf_acts_as_any(k->m, k->role[i], c->any))
            return true;
    return false;
}

static struct look look_of(const struct bf_directory *d, bf_str person, const struct bf_view *v,
                           struct bf_arena *a) {
    struct look k = {.v = v, .m = v->policy->image, .arena = a};
    bf_directory_capacities(d, person, v->now, add_capacity, &k);
    add_role(&k, bf_person_party(person, a));
    return k;
}

/* False: a row of a register is needed. */
static bool is_concerned(const struct look *k, bool *is) {
    struct bf_choices all;
    *is = took_part(k) || bears_duty(k);
    if (*is)
        return true;
    bf_offers(k->m, k->v->world, k->v->c, k->v->now, false, k->arena, &all);
    for (uint32_t i = 0; i < all.count && !*is; i++)
        *is = all.choice[i].open == BF_OPEN && may_act(k, &all.choice[i]);
    return *is || all.fault == BF_WHY_NOTHING;
}

bool bf_rights_sees(const struct bf_directory *d, bf_str person, const struct bf_view *v,
                    struct bf_arena *a, bool *sees) {
    struct look k = look_of(d, person, v, a);
    return is_concerned(&k, sees);
}

bool bf_rights_unsealed(const struct bf_directory *d, bf_str person, const struct bf_view *v,
                        struct bf_arena *a, struct bf_unsealed *to) {
    struct look all = look_of(d, person, v, a), bodies = all;
    *to = (struct bf_unsealed){false, false};
    bodies.role = bf_new_array(a, struct bf_value, all.count);
    bodies.count = 0;
    for (uint32_t i = 0; i < all.count; i++)
        if (bf_is_public(all.role[i]))
            bodies.role[bodies.count++] = all.role[i];
        else
            to->given |= bf_same_party(v->c->starter, all.role[i]);
    bool known = is_concerned(&bodies, &to->kept);
    to->given |= to->kept;
    return known;
}

/* ---- several cases ---- */

static bool look(void *ctx, const struct bf_view *v, struct bf_arena *scratch) {
    struct bf_sight *s = ctx;
    return bf_rights_sees(s->of->service->directory, s->of->person, v, scratch, &s->sees);
}

static void one_less(struct bf_sights *q) {
    if (--q->pending == 0)
        q->done(q);
}

/* No room for a lapse that came first: the right stands all the same. */
static void answered(void *ctx, const struct bf_answer *a) {
    struct bf_sight *s = ctx;
    bool known = a->kind == BF_ANSWER_DONE || a->kind == BF_ANSWER_FULL;
    s->is = known;
    s->sees = s->sees && known;
    s->of->failed = s->of->failed || !(known || a->kind == BF_ANSWER_NO_CASE);
    one_less(s->of);
}

void bf_rights_ask(struct bf_sights *q) {
    q->failed = false;
    q->pending = q->count + 1; /* ours: no answer ends it before all are asked */
    for (uint32_t i = 0; i < q->count; i++) {
        struct bf_look l = {
            .number = q->sight[i].number, .look = look, .answer = answered, .ctx = &q->sight[i]};
        q->sight[i].of = q;
        q->sight[i].sees = false;
        bf_engine_look(q->service->engine, &l);
    }
    one_less(q);
}
