/* Looking at a case. */
#include "engine/service/api_parts.h"
#include "engine/service/rights.h"

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
    struct bf_shown s = {.call = l->call,
                         .view = v,
                         .world = &world,
                         .image = v->policy->image,
                         .words = {scratch, v->policy->image, world.calendar, l->call->lang},
                         .unsealed = BF_UNSEALED_ALL};
    struct bf_view seen = *v;
    struct bf_buf out;
    seen.world = &world;
    bf_buf_in(&out, scratch);
    bool sees = true;
    if (v->c && !l->call->principal.is_operator) {
        const struct bf_directory *d = l->call->service->directory;
        bf_rights_sees(d, l->call->principal.person, &seen, scratch, &sees);
        bf_rights_unsealed(d, l->call->principal.person, &seen, scratch, &s.unsealed);
    }
    l->hidden = !sees;
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
