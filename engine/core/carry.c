/* carry: see carry.h. */
#include "engine/core/carry.h"

#include "engine/core/canon.h"

/* ---- values ---- */

/* Types alike as far as a value can tell; enumerations and records by what is in them, when it is read. */
static bool same_type(const struct bf_carry *k, uint32_t x, uint32_t y) {
    const struct bf_i_type *tx = &k->x->type[x], *ty = &k->y->type[y];
    if (tx->kind != ty->kind || (tx->kind == BF_K_PERIOD && tx->ref != ty->ref))
        return false;
    return tx->kind != BF_K_LIST || same_type(k, tx->ref, ty->ref);
}

/* By its canonical form, which names what is of an image. */
bool bf_carry_value(const struct bf_carry *k, uint32_t tx, uint32_t ty, struct bf_value value,
                    struct bf_value *out) {
    struct bf_buf text;
    struct bf_canon j;
    struct bf_error e;
    *out = BF_ABSENT;
    if (!bf_present(value))
        return true;
    bf_buf_in(&text, k->a);
    bf_value_json(k->x, value, &text);
    return same_type(k, tx, ty) && bf_canon_read(k->a, bf_buf_view(&text), &j, &e) == BF_OK &&
           !bf_value_read(k->y, k->a, &j, ty, out);
}

struct bf_value bf_carry_party(const struct bf_carry *k, struct bf_value party) {
    struct bf_value out = BF_ABSENT;
    struct bf_buf text;
    struct bf_canon j;
    struct bf_error e;
    if (!bf_present(party))
        return out;
    for (int whole = 1; whole >= 0; whole--) {
        bf_buf_in(&text, k->a);
        bf_value_json(k->x, whole ? party : bf_office_of(party, BF_NO_OFFICE), &text);
        if (bf_canon_read(k->a, bf_buf_view(&text), &j, &e) == BF_OK &&
            !bf_value_read_party(k->y, k->a, &j, &out))
            break;
        out = BF_ABSENT;
    }
    return out;
}

/* ---- events ---- */

static bool same_name(const struct bf_carry *k, uint32_t x, uint32_t y) {
    return bf_str_eq(bf_i_text(k->x, x), bf_i_text(k->y, y));
}

uint32_t bf_carry_proc(const struct bf_carry *k, uint32_t proc) {
    for (uint32_t i = 0; i < k->y->proc_count; i++)
        if (same_name(k, k->x->proc[proc].name, k->y->proc[i].name))
            return i;
    return BF_NONE;
}

static bool carry_args(const struct bf_carry *k, struct bf_i_range px, struct bf_i_range py,
                       struct bf_event *e) {
    struct bf_value *args = bf_new_array(k->a, struct bf_value, py.count + 1);
    for (uint32_t i = 0; i < py.count; i++)
        for (uint32_t n = 0; n < px.count && n < e->nargs; n++)
            if (same_name(k, k->x->field[px.first + n].name, k->y->field[py.first + i].name) &&
                !bf_carry_value(k, k->x->field[px.first + n].type, k->y->field[py.first + i].type,
                                e->args[n], &args[i]))
                return false;
    e->args = args;
    e->nargs = py.count;
    return true;
}

static bool carry_act(const struct bf_carry *k, uint32_t proc, struct bf_event *e) {
    struct bf_i_range acts = k->y->proc[proc].acts;
    uint32_t x = e->what;
    e->what = BF_NONE;
    for (uint32_t i = 0; x != BF_NONE && i < acts.count; i++)
        if (same_name(k, k->x->act[x].name, k->y->act[acts.first + i].name))
            e->what = acts.first + i;
    if (e->what != BF_NONE && e->kind == BF_EVENT_ACT)
        return carry_args(k, k->x->act[x].params, k->y->act[e->what].params, e);
    e->args = NULL;
    e->nargs = 0;
    return true;
}

static bool carry_opening(const struct bf_carry *k, struct bf_event *e) {
    struct bf_i_range dx = k->x->proc[e->what].data;
    uint32_t proc = bf_carry_proc(k, e->what);
    if (proc == BF_NONE)
        return false;
    struct bf_i_range dy = k->y->proc[proc].data;
    struct bf_value *args = bf_new_array(k->a, struct bf_value, dy.count + 1);
    for (uint32_t i = 0; i < dy.count; i++)
        for (uint32_t n = 0; n < dx.count && n < e->nargs; n++)
            if (same_name(k, k->x->data[dx.first + n].name, k->y->data[dy.first + i].name) &&
                !bf_carry_value(k, k->x->data[dx.first + n].type, k->y->data[dy.first + i].type,
                                e->args[n], &args[i]))
                return false;
    e->what = proc;
    e->args = args;
    e->nargs = dy.count;
    return true;
}

bool bf_carry_event(const struct bf_carry *k, uint32_t proc, struct bf_event *e) {
    e->actor = bf_carry_party(k, e->actor);
    e->who = bf_carry_party(k, e->who);
    return e->kind == BF_EVENT_OPEN ? carry_opening(k, e) : carry_act(k, proc, e);
}

bool bf_carry_raised(const struct bf_carry *k, uint32_t *event, struct bf_event *e) {
    for (uint32_t i = 0; i < k->y->event_count; i++)
        if (same_name(k, k->x->event[*event].name, k->y->event[i].name)) {
            bool carried = carry_args(k, k->x->event[*event].params, k->y->event[i].params, e);
            *event = i;
            return carried;
        }
    return false;
}
