/* succession: see succession.h. */
#include "engine/core/succession.h"

#include <string.h>

/* ---- values ---- */

static bool any_names(const struct bf_value *v, uint32_t n, struct bf_value party) {
    for (uint32_t i = 0; i < n; i++)
        if (bf_value_names(v[i], party))
            return true;
    return false;
}

bool bf_value_names(struct bf_value v, struct bf_value party) {
    if (bf_is_party(v))
        return bf_same_party(v, party);
    return (v.kind == BF_K_RECORD || v.kind == BF_K_LIST) && any_names(v.u.items, v.n, party);
}

static bool stands_in(const struct bf_value *v, uint32_t n, struct bf_value x) {
    for (uint32_t i = 0; i < n; i++)
        if (bf_value_equal(v[i], x))
            return true;
    return false;
}

static const struct bf_value *all_succeed(struct bf_arena *a, const struct bf_value *v, uint32_t n,
                                          struct bf_value old, struct bf_value to) {
    if (!any_names(v, n, old))
        return v;
    struct bf_value *out = bf_new_array(a, struct bf_value, n);
    for (uint32_t i = 0; i < n; i++)
        out[i] = bf_value_succeed(a, v[i], old, to);
    return out;
}

struct bf_value bf_value_succeed(struct bf_arena *a, struct bf_value v, struct bf_value old,
                                 struct bf_value to) {
    if (!bf_value_names(v, old))
        return v;
    if (bf_is_party(v))
        return bf_office_of(to, v.aux);
    const struct bf_value *was = v.u.items;
    struct bf_value *now = bf_new_array(a, struct bf_value, v.n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < v.n; i++) {
        struct bf_value x = bf_value_succeed(a, was[i], old, to);
        bool came = v.kind == BF_K_LIST && bf_is_party(x) && bf_value_names(was[i], old);
        if (!came || !(stands_in(was, v.n, x) || stands_in(now, n, x)))
            now[n++] = x;
    }
    v.u.items = now;
    v.n = n;
    return v;
}

struct bf_value bf_world_value(const struct bf_world *w, struct bf_arena *a, struct bf_value v) {
    for (uint32_t i = 0; i < w->succession_count; i++)
        if (bf_present(w->successions[i].to))
            v = bf_value_succeed(a, v, w->successions[i].old, w->successions[i].to);
    return v;
}

bool bf_world_gone(const struct bf_world *w, struct bf_value party) {
    for (uint32_t i = 0; i < w->succession_count; i++)
        if (bf_same_party(w->successions[i].old, party))
            return true;
    return false;
}

bool bf_succession_ok(const struct bf_world *w, struct bf_value old, struct bf_value list) {
    for (uint32_t i = 0; i < list.n; i++)
        if (list.u.items[i].kind != old.kind || bf_same_party(list.u.items[i], old) ||
            bf_world_gone(w, list.u.items[i]))
            return false;
    for (uint32_t i = 0; i < w->succession_count; i++)
        if (bf_same_party(w->successions[i].old, old) && bf_present(w->successions[i].to))
            return false;
    return bf_is_party(old) && old.n && old.aux == BF_NO_OFFICE;
}

/* ---- cases ---- */

bool bf_case_names(const struct bf_image *m, const struct bf_case *c, struct bf_value party) {
    const struct bf_i_proc *p = &m->proc[c->proc];
    bool is = bf_value_names(c->starter, party) || any_names(c->data, p->data.count, party);
    for (uint32_t i = 0; i < p->acts.count && !is; i++)
        is = c->acts[i].times &&
             (bf_value_names(c->acts[i].who, party) ||
              any_names(c->acts[i].args, m->act[p->acts.first + i].params.count, party));
    for (uint32_t i = 0; i < c->request_count && !is; i++) {
        const struct bf_case_request *q = &c->requests[i];
        is = bf_value_names(q->who, party) || bf_value_names(q->member, party) ||
             any_names(q->args, m->act[m->offer[q->offer].act].params.count, party);
    }
    for (uint32_t i = 0; i < c->member_count && !is; i++)
        is = bf_value_names(c->members[i]->who, party);
    return is;
}

const struct bf_case_gone *bf_case_gone(const struct bf_case *c, struct bf_value party) {
    for (uint32_t i = 0; i < c->gone_count; i++)
        if (bf_same_party(c->gone[i].who, party))
            return &c->gone[i];
    return NULL;
}

/* Who succeeds whom, and where. */
struct change {
    const struct bf_image *m;
    struct bf_arena *a;
    struct bf_case *c;
    struct bf_value old, to;
};

static struct bf_value renamed(const struct change *x, struct bf_value v) {
    return bf_value_succeed(x->a, v, x->old, x->to);
}

static void acts(const struct change *x) {
    struct bf_i_range acts = x->m->proc[x->c->proc].acts;
    for (uint32_t i = 0; i < acts.count; i++) {
        struct bf_case_act *act = &x->c->acts[i];
        if (!act->times)
            continue;
        act->who = renamed(x, act->who);
        act->args =
            all_succeed(x->a, act->args, x->m->act[acts.first + i].params.count, x->old, x->to);
    }
}

/* Of two requests that become one member's, the one that waits stands. */
static void requests(const struct change *x) {
    struct bf_case *c = x->c;
    if (!c->request_count)
        return;
    struct bf_case_request *list = bf_new_array(x->a, struct bf_case_request, c->request_count);
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->request_count; i++) {
        struct bf_case_request q = c->requests[i];
        uint32_t k = 0;
        q.who = renamed(x, q.who);
        q.member = renamed(x, q.member);
        q.args = all_succeed(x->a, q.args, x->m->act[x->m->offer[q.offer].act].params.count, x->old,
                             x->to);
        while (k < n && (list[k].offer != q.offer || !bf_value_equal(list[k].member, q.member)))
            k++;
        if (k == n || q.status == BF_REQUEST_PENDING)
            list[k] = q;
        n += k == n;
    }
    c->requests = list;
    c->request_count = n;
}

static bool to_do(const struct bf_image *m, const struct bf_case *c,
                  const struct bf_case_member *x) {
    return bf_case_member_now(m, c, x) &&
           (x->d.status == BF_STATUS_WAITING || x->d.status == BF_STATUS_OPEN ||
            x->d.status == BF_STATUS_PAUSED);
}

/* Does what `old` has of a duty go on as the successor's, who has `his` (NULL: nothing)? */
static bool goes_on(const struct change *x, const struct bf_case_member *old,
                    const struct bf_case_member *his) {
    if (!his || !bf_case_member_now(x->m, x->c, his))
        return true;
    return to_do(x->m, x->c, old) && !to_do(x->m, x->c, his);
}

static void members(const struct change *x) {
    struct bf_case *c = x->c;
    if (!c->member_count)
        return;
    const struct bf_case_member **list =
        bf_new_array(x->a, const struct bf_case_member *, c->member_count);
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->member_count; i++) {
        const struct bf_case_member *was = c->members[i];
        if (bf_same_party(was->who, x->old)) {
            const struct bf_case_member *his = bf_case_member(c, was->duty, renamed(x, was->who));
            if (!goes_on(x, was, his))
                continue;
            struct bf_case_member *now = bf_arena_copy(x->a, was, sizeof *now);
            now->who = renamed(x, was->who);
            list[n++] = now;
            continue;
        }
        const struct bf_case_member *from =
            bf_same_party(was->who, x->to)
                ? bf_case_member(c, was->duty, bf_office_of(x->old, was->who.aux))
                : NULL;
        if (!from || !goes_on(x, from, was))
            list[n++] = was;
    }
    c->members = list;
    c->member_count = n;
}

static void violations(const struct change *x) {
    struct bf_case *c = x->c;
    if (!c->violation_count)
        return;
    struct bf_case_violation *list =
        bf_arena_copy(x->a, c->violations, c->violation_count * sizeof *list);
    for (uint32_t i = 0; i < c->violation_count; i++)
        list[i].member = renamed(x, list[i].member); /* whose duty it is still says whose lapse */
    c->violations = list;
}

static void no_longer_gone(const struct change *x) {
    struct bf_case *c = x->c;
    const struct bf_case_gone *g = bf_case_gone(c, x->old);
    if (!g)
        return;
    struct bf_case_gone *list = bf_new_array(x->a, struct bf_case_gone, c->gone_count);
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->gone_count; i++)
        if (&c->gone[i] != g)
            list[n++] = c->gone[i];
    c->gone = list;
    c->gone_count = n;
}

void bf_case_succeed(const struct bf_image *m, struct bf_arena *a, struct bf_case *c,
                     struct bf_value old, struct bf_value to) {
    const struct change x = {m, a, c, old, to};
    c->starter = renamed(&x, c->starter);
    for (uint32_t i = 0; i < m->proc[c->proc].data.count; i++)
        c->data[i] = renamed(&x, c->data[i]);
    acts(&x);
    requests(&x);
    members(&x);
    violations(&x);
    no_longer_gone(&x);
}
