/* deputy: see deputy.h. */
#include "engine/service/deputy.h"

static bool before(bf_instant from, bf_instant until) {
    return from == BF_INSTANT_NONE || until == BF_INSTANT_NONE || from < until;
}

/* Of the same post, and at some instant both in force. */
static bool beside(const struct bf_grant *x, const struct bf_grant *g) {
    bool same = x->principal.len && bf_str_eq(x->id, g->id);
    return !same && bf_str_eq(x->post, g->post) && before(x->from, g->until) &&
           before(g->from, x->until);
}

static bool is_held(const struct bf_grant *all, uint32_t count, const struct bf_grant *g) {
    for (uint32_t i = 0; i < count; i++)
        if (!all[i].principal.len && bf_str_eq(all[i].person, g->principal) && beside(&all[i], g))
            return true;
    return false;
}

static bool among(const bf_str *who, uint32_t n, bf_str person) {
    for (uint32_t i = 0; i < n; i++)
        if (bf_str_eq(who[i], person))
            return true;
    return false;
}

/* From the principal to whose deputy he is in turn, the nearest first: all who can be reached, each with the one before. */
struct reach {
    bf_str *who;
    uint32_t *from;
    uint32_t count;
};

static void reach(struct bf_arena *a, const struct bf_grant *all, uint32_t count,
                  const struct bf_grant *g, struct reach *r) {
    r->who = bf_new_array(a, bf_str, count + 1);
    r->from = bf_new_array(a, uint32_t, count + 1);
    r->who[0] = g->principal;
    r->count = 1;
    for (uint32_t at = 0; at < r->count; at++)
        for (uint32_t i = 0; i < count; i++) {
            const struct bf_grant *x = &all[i];
            if (!x->principal.len || !bf_str_eq(x->person, r->who[at]) || !beside(x, g) ||
                among(r->who, r->count, x->principal))
                continue;
            r->who[r->count] = x->principal;
            r->from[r->count++] = at;
        }
}

/* The way from the principal to one who was reached, both included. */
static void way(struct bf_arena *a, const struct reach *r, uint32_t at, const bf_str **path,
                uint32_t *count) {
    uint32_t n = 1;
    for (uint32_t i = at; i; i = r->from[i])
        n++;
    bf_str *list = bf_new_array(a, bf_str, n);
    *count = n;
    *path = list;
    for (;; at = r->from[at]) {
        list[--n] = r->who[at];
        if (!n)
            return;
    }
}

enum bf_deputy_end bf_deputy_check(struct bf_arena *a, const struct bf_grant *all, uint32_t count,
                                   const struct bf_grant *g, const bf_str **path,
                                   uint32_t *path_count) {
    struct reach r;
    *path = NULL;
    *path_count = 0;
    if (bf_str_eq(g->person, g->principal))
        return BF_DEPUTY_SELF;
    if (!before(g->from, g->until))
        return BF_DEPUTY_NEVER;
    reach(a, all, count, g, &r);
    for (uint32_t i = 1; i < r.count; i++)
        if (bf_str_eq(r.who[i], g->person)) {
            way(a, &r, i, path, path_count);
            return BF_DEPUTY_CIRCLE;
        }
    if (is_held(all, count, g))
        return BF_DEPUTY_FINE;
    if (r.count == 1)
        return BF_DEPUTY_NOT_HELD;
    way(a, &r, 1, path, path_count);
    return BF_DEPUTY_CHAIN;
}
