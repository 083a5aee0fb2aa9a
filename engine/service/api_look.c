/* Looking at a case, and who may. */
#include "engine/service/api_parts.h"

/* A world that tells whether it had to be waited for: not everybody who asks it says so. */
struct watch {
    const struct bf_world *world;
    bool needs;
};

static enum bf_lookup watched(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                              struct bf_value *row) {
    struct watch *w = ctx;
    if (!w->world->row)
        return BF_LOOKUP_ABSENT;
    enum bf_lookup found = w->world->row(w->world->ctx, reg, keys, n, row);
    w->needs |= found == BF_LOOKUP_NEEDS;
    return found;
}

/* ---- who may see ---- */

static bool is_one_of(const struct bf_mine *mine, struct bf_value v) {
    for (uint32_t i = 0; v.kind == BF_K_LIST && i < v.n; i++)
        if (is_one_of(mine, v.u.items[i]))
            return true;
    for (uint32_t i = 0; bf_is_party(v) && i < mine->count; i++)
        if (bf_same_party(mine->party[i], v))
            return true;
    return false;
}

bool bf_api_sees(const struct bf_sight *s) {
    const struct bf_case *c = s->view->c;
    const struct bf_image *m = s->image;
    const struct bf_i_proc *p = bf_case_proc(m, c);
    struct bf_arena *a = s->words.arena;
    struct bf_choices all = {0};
    if (s->call->principal.is_operator)
        return true;
    struct bf_mine mine = bf_api_mine(s->call, m, a, true);
    if (is_one_of(&mine, c->starter))
        return true;
    for (uint32_t i = 0; i < p->data.count; i++)
        if (m->data[p->data.first + i].role == BF_DATA_PARTY && is_one_of(&mine, c->data[i]))
            return true;
    for (uint32_t i = 0; i < p->duties.count; i++)
        if (c->duties[i].status != BF_STATUS_NONE &&
            is_one_of(&mine, bf_duty_bearer(m, s->world, c, p->duties.first + i, a)))
            return true;
    if (!bf_case_ended(m, c))
        bf_offers(m, s->world, c, s->view->now, false, a, &all);
    for (uint32_t i = 0; i < all.count; i++)
        if (all.choice[i].open == BF_OPEN && bf_api_is_mine(m, &mine, &all.choice[i]))
            return true;
    return false;
}

/* ---- looking ---- */

struct keeping {
    struct bf_api_look *look;
    bf_str text;
};

static void keep(struct bf_call *c, void *arg) {
    struct keeping *k = arg;
    k->look->text = bf_str_dup(c->arena, k->text);
}

static bool look(void *ctx, const struct bf_view *v, struct bf_arena *scratch) {
    struct bf_api_look *l = ctx;
    struct watch watch = {v->world, false};
    struct bf_world world = *v->world;
    world.row = watched;
    world.ctx = &watch;
    struct bf_sight s = {.call = l->call,
                         .view = v,
                         .world = &world,
                         .image = v->policy->image,
                         .words = {scratch, v->policy->image, world.calendar, l->call->lang}};
    struct bf_buf out;
    bf_buf_in(&out, scratch);
    l->hidden = v->c && !bf_api_sees(&s);
    if (!l->hidden || l->unseen_too)
        l->show(l, &s, &out);
    if (watch.needs)
        return false;
    l->failed = !bf_call_try(l->call, keep, &(struct keeping){l, bf_buf_view(&out)});
    return true;
}

static void not_there(struct bf_call *c) {
    bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_NO_CASE});
}

struct answered {
    struct bf_api_look *look;
    const struct bf_answer *answer;
};

static void answer(struct bf_call *c, void *arg) {
    const struct answered *x = arg;
    struct bf_api_look *l = x->look;
    l->missing = x->answer->kind == BF_ANSWER_NO_CASE;
    l->seq = x->answer->seq;
    if (l->failed)
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
    else if (l->missing && l->unseen_too)
        l->then(l);
    else if (l->hidden && !l->unseen_too)
        not_there(c);
    else if (!bf_call_engine_problem(c, x->answer))
        l->then(l);
}

static void looked(void *ctx, const struct bf_answer *a) {
    struct bf_api_look *l = ctx;
    bf_call_run(l->call, answer, &(struct answered){l, a});
}

void bf_api_look(struct bf_api_look *l) {
    l->text = (bf_str){"", 0};
    l->hidden = l->missing = l->failed = false;
    bf_engine_look(
        l->call->service->engine,
        &(struct bf_look){
            .number = l->number, .policy = l->policy, .look = look, .answer = looked, .ctx = l});
}
