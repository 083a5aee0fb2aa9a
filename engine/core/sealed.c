/* sealed: see sealed.h. */
#include "engine/core/sealed.h"

#include <string.h>

struct bf_unsealed bf_unsealed_to(const struct bf_case *c, struct bf_value party) {
    bool body = bf_is_public(party);
    return (struct bf_unsealed){body || (c && bf_same_party(c->starter, party)), body};
}

/* Data of a procedure, from v on. */
static void blank(const struct bf_image *m, uint32_t proc, struct bf_value *v, uint32_t n,
                  struct bf_unsealed to) {
    struct bf_i_range data = m->proc[proc].data;
    for (uint32_t i = 0; i < data.count && i < n; i++)
        if (bf_is_sealed(m, data.first + i, to))
            v[i] = BF_ABSENT;
}

/* Has the procedure of a state data that are kept sealed? They are what an outcome carries. */
static bool keeps_sealed(const struct bf_image *m, uint32_t state) {
    for (uint32_t p = 0; p < m->proc_count; p++) {
        struct bf_i_range states = m->proc[p].states, data = m->proc[p].data;
        if (state - states.first >= states.count)
            continue;
        for (uint32_t i = data.first; i < data.first + data.count; i++)
            if (m->data[i].sealed && m->data[i].role == BF_DATA_KEEP)
                return true;
    }
    return false;
}

bool bf_act_is_sealed(const struct bf_image *m, uint32_t act, struct bf_unsealed to) {
    struct bf_i_range offers = m->act[act].offers;
    for (uint32_t i = offers.first; !to.kept && i < offers.first + offers.count; i++) {
        const struct bf_i_offer *o = &m->offer[m->index[i]];
        if (bf_sets_sealed(m, o->effects) || (o->outcome && keeps_sealed(m, o->outcome - 1)))
            return true;
    }
    return false;
}

static const struct bf_value *blanks(struct bf_arena *a, uint32_t n) {
    return bf_new_array(a, struct bf_value, n + 1);
}

/* What was carried by acts done and asked for. */
static void blank_acts(struct bf_arena *a, const struct bf_image *m, struct bf_case *c,
                       struct bf_unsealed to) {
    struct bf_i_range acts = m->proc[c->proc].acts;
    for (uint32_t i = 0; i < acts.count; i++)
        if (c->acts[i].args && bf_act_is_sealed(m, acts.first + i, to))
            c->acts[i].args = blanks(a, m->act[acts.first + i].params.count);
    if (!c->request_count)
        return;
    struct bf_case_request *r = bf_arena_copy(a, c->requests, c->request_count * sizeof *r);
    for (uint32_t i = 0; i < c->request_count; i++) {
        uint32_t act = m->offer[r[i].offer].act;
        if (r[i].args && bf_act_is_sealed(m, act, to))
            r[i].args = blanks(a, m->act[act].params.count);
    }
    c->requests = r;
}

const struct bf_case *bf_case_unsealed(struct bf_arena *a, const struct bf_image *m,
                                       const struct bf_case *c, struct bf_unsealed to) {
    struct bf_case *copy = bf_case_fork(a, c);
    blank(m, c->proc, copy->data, m->proc[c->proc].data.count, to);
    blank_acts(a, m, copy, to);
    return copy;
}

struct bf_fact bf_fact_unsealed(struct bf_arena *a, const struct bf_image *m, uint32_t proc,
                                const struct bf_fact *f, struct bf_unsealed to) {
    struct bf_fact told = *f;
    uint32_t before = 0; /* values that come before the data */
    bool one = f->kind == BF_FACT_SET && bf_is_sealed(m, f->a, to);
    bool act =
        (f->kind == BF_FACT_ASKED || f->kind == BF_FACT_ACTED || f->kind == BF_FACT_REFUSED) &&
        f->b != BF_NONE && bf_act_is_sealed(m, f->b, to);
    if (act) {
        told.n = 1; /* who */
        return told;
    }
    if (f->kind == BF_FACT_STARTED)
        before = 2;
    else if (f->kind == BF_FACT_REFUSED && f->b == BF_NONE)
        before = 1;
    else if (f->kind == BF_FACT_OPENED || f->kind == BF_FACT_RUN)
        proc = f->a;
    else if (!one)
        return told;
    if (f->n <= before)
        return told;
    struct bf_value *v = bf_arena_copy(a, f->v, f->n * sizeof *v);
    if (one)
        v[0] = BF_ABSENT;
    else
        blank(m, proc, v + before, f->n - before, to);
    told.v = v;
    return told;
}
