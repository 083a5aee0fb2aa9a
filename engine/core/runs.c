/* runs: what a case hears of the case that it runs. See step.h. */
#include <string.h>

#include "engine/core/canon.h"
#include "engine/core/step.h"

/* The outcome that an end of the child is, by name: its image may be another. BF_NONE: nothing follows from it. */
static uint32_t outcome(const struct bf_image *m, uint32_t state, bf_str end) {
    struct bf_i_range offers = m->act[m->state[state].run_act].offers;
    for (uint32_t i = 0; i < offers.count; i++) {
        uint32_t n = m->index[offers.first + i];
        const struct bf_i_offer *o = &m->offer[n];
        if (o->state == state && o->outcome &&
            bf_str_eq(bf_i_text(m, m->state[o->outcome - 1].name), end))
            return n;
    }
    return BF_NONE;
}

/* What the child keeps, in order. */
static const struct bf_value *kept(const struct bf_image *m, const struct bf_case *c,
                                   struct bf_arena *a, uint32_t *n) {
    struct bf_i_range data = m->proc[c->proc].data;
    struct bf_value *v = bf_new_array(a, struct bf_value, data.count + 1);
    *n = 0;
    for (uint32_t i = 0; i < data.count; i++)
        if (m->data[data.first + i].role == BF_DATA_KEEP)
            v[(*n)++] = c->data[i];
    return v;
}

/* The same where the two images differ: by name, each value written in one and read in the other. What does not go over
** is absent. */
static const struct bf_value *carried(const struct bf_image *m, uint32_t act,
                                      const struct bf_image *child_m, const struct bf_case *child,
                                      struct bf_arena *a, uint32_t *n) {
    struct bf_i_range params = m->act[act].params, data = child_m->proc[child->proc].data;
    struct bf_value *v = bf_new_array(a, struct bf_value, params.count + 1);
    *n = params.count;
    for (uint32_t i = 0; i < params.count; i++)
        for (uint32_t k = 0; k < data.count; k++) {
            struct bf_buf text;
            struct bf_canon j;
            struct bf_error e;
            const struct bf_i_field *param = &m->field[params.first + i];
            if (!bf_str_eq(bf_i_text(m, param->name),
                           bf_i_text(child_m, child_m->data[data.first + k].name)))
                continue;
            bf_buf_in(&text, a);
            bf_value_json(child_m, child->data[k], &text);
            if (bf_canon_read(a, bf_buf_view(&text), &j, &e) != BF_OK ||
                bf_value_read(m, a, &j, param->type, &v[i]))
                v[i] = BF_ABSENT;
        }
    return v;
}

bool bf_returns(const struct bf_image *m, const struct bf_case *c, const struct bf_image *child_m,
                const struct bf_case *child, struct bf_arena *a, struct bf_event *e) {
    const struct bf_case_sub *sub = bf_case_running(c);
    if (!sub || sub->number != child->number || !bf_case_ended(child_m, child))
        return false;
    e->offer = outcome(m, sub->state, bf_i_text(child_m, child_m->state[child->state].name));
    if (e->offer == BF_NONE)
        return false;
    e->kind = BF_EVENT_RETURN;
    e->number = child->number;
    e->what = m->offer[e->offer].act;
    e->args = m == child_m ? kept(m, child, a, &e->nargs)
                           : carried(m, e->what, child_m, child, a, &e->nargs);
    return true;
}
