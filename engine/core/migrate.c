/* migrate: see migrate.h. */
#include "engine/core/migrate.h"

#include <string.h>

#include "engine/core/canon.h"
#include "engine/core/carry.h"
#include "engine/core/judge.h"

const char *bf_change_word(enum bf_change change) {
    static const char *const word[BF_CHANGES] = {
#define CHANGE(name, word) word,
#include "engine/core/migrate.def"
    };
    return word[change];
}

const char *bf_obstacle_word(enum bf_obstacle obstacle) {
    static const char *const word[BF_OBSTACLES] = {
        "",
#define OBSTACLE(name, word) word,
#include "engine/core/migrate.def"
    };
    return word[obstacle];
}

/* From one image, x, to another, y. */
struct move {
    const struct bf_image *mx, *my;
    const struct bf_i_proc *px, *py;
    const struct bf_case *x;
    struct bf_case *y;
    const struct bf_migrate_choice *choice;
    const struct bf_world *w;
    struct bf_arena *a;
    struct bf_carry k; /* from mx to my */
    struct bf_migrated *out;
    struct bf_changed *changed;
    uint32_t changed_cap;
    bf_str *voided, *recomputed;
    uint32_t *duty; /* by duty of x: that of y, BF_NONE */
    bool view;      /* it is only read */
};

static bool obstacle(struct move *v, enum bf_obstacle what, bf_str name) {
    v->out->obstacle = what;
    v->out->name = name;
    return false;
}

static struct bf_changed *changes(struct move *v, enum bf_change change, bf_str name,
                                  bf_str label) {
    if (v->out->changed_count == v->changed_cap) {
        v->changed_cap = v->changed_cap ? v->changed_cap * 2 : 16;
        struct bf_changed *bigger = bf_new_array(v->a, struct bf_changed, v->changed_cap);
        if (v->out->changed_count)
            memcpy(bigger, v->changed, v->out->changed_count * sizeof *bigger);
        v->out->changed = v->changed = bigger;
    }
    struct bf_changed *c = &v->changed[v->out->changed_count++];
    *c = (struct bf_changed){.change = change,
                             .name = name,
                             .label = label,
                             .before.kind = BF_DUE_NONE,
                             .after.kind = BF_DUE_NONE};
    return c;
}

static bool same_name(const struct move *v, uint32_t x, uint32_t y) {
    return bf_str_eq(bf_i_text(v->mx, x), bf_i_text(v->my, y));
}

/* ---- the same thing there ---- */

static bf_str state_name(const struct move *v, uint32_t state) {
    bf_str name = bf_i_text(v->mx, v->mx->state[state].name);
    for (uint32_t i = 0; i < v->choice->count; i++)
        if (bf_str_eq(v->choice->from[i], name))
            return v->choice->to[i];
    return name;
}

static uint32_t state_there(const struct move *v, uint32_t state) {
    if (state == BF_NONE)
        return BF_NONE;
    bf_str name = state_name(v, state);
    for (uint32_t i = 0; i < v->py->states.count; i++)
        if (bf_str_eq(bf_i_text(v->my, v->my->state[v->py->states.first + i].name), name))
            return v->py->states.first + i;
    return BF_NONE;
}

static uint32_t act_there(const struct move *v, uint32_t act) {
    for (uint32_t i = 0; act != BF_NONE && i < v->py->acts.count; i++)
        if (same_name(v, v->mx->act[act].name, v->my->act[v->py->acts.first + i].name))
            return v->py->acts.first + i;
    return BF_NONE;
}

/* Is a duty of one written where one of the other is, under the same name? A state limit has none but its state's. */
static bool same_duty(const struct move *v, uint32_t x, uint32_t y) {
    const struct bf_i_duty *dx = &v->mx->duty[x], *dy = &v->my->duty[y];
    return same_name(v, dx->name, dy->name) && (dx->bearer == BF_NONE) == (dy->bearer == BF_NONE) &&
           !dx->each == !dy->each && (dx->state == BF_NONE) == (dy->state == BF_NONE) &&
           state_there(v, dx->state) == dy->state;
}

/* Of several alike the k-th is the k-th there. */
static uint32_t duty_there(const struct move *v, uint32_t duty) {
    uint32_t k = 0;
    for (uint32_t i = v->px->duties.first; i < duty; i++)
        k += same_name(v, v->mx->duty[i].name, v->mx->duty[duty].name) &&
             v->mx->duty[i].state == v->mx->duty[duty].state;
    for (uint32_t i = 0; i < v->py->duties.count; i++)
        if (same_duty(v, duty, v->py->duties.first + i) && k-- == 0)
            return v->py->duties.first + i;
    return BF_NONE;
}

static bool same_offer(const struct move *v, uint32_t x, uint32_t y) {
    const struct bf_i_offer *ox = &v->mx->offer[x], *oy = &v->my->offer[y];
    return ox->kind == oy->kind && ox->each == oy->each && act_there(v, ox->act) == oy->act &&
           (ox->state == BF_NONE) == (oy->state == BF_NONE) &&
           state_there(v, ox->state) == oy->state;
}

static uint32_t offer_there(const struct move *v, uint32_t offer) {
    uint32_t k = 0;
    for (uint32_t i = v->px->offers.first; i < offer; i++)
        k += v->mx->offer[i].kind == v->mx->offer[offer].kind &&
             v->mx->offer[i].act == v->mx->offer[offer].act &&
             v->mx->offer[i].state == v->mx->offer[offer].state;
    for (uint32_t i = 0; i < v->py->offers.count; i++)
        if (same_offer(v, offer, v->py->offers.first + i) && k-- == 0)
            return v->py->offers.first + i;
    return BF_NONE;
}

/* ---- data ---- */

/* A datum that the old text has not: what it begins with. */
static bool new_datum(struct move *v, uint32_t y) {
    const struct bf_i_data *d = &v->my->data[y];
    struct bf_value *value = &v->y->data[y - v->py->data.first];
    bf_str name = bf_i_text(v->my, d->name);
    if (d->init != BF_NONE) {
        struct bf_env env = {.image = v->my,
                             .world = v->w,
                             .arena = v->a,
                             .self = v->y,
                             .today = v->y->day,
                             .budget = BF_STEP_BUDGET};
        enum bf_why why = bf_eval(&env, d->init, value);
        if (why == BF_WHY_NEEDS) {
            v->out->needs = true;
            v->out->need = env.need;
            return false;
        }
        if (why && why != BF_WHY_ABSENT)
            return obstacle(v, BF_OBSTACLE_RULE, name);
    }
    if (bf_value_check(v->my, *value, d->type))
        return obstacle(v, BF_OBSTACLE_DATUM, name);
    changes(v, BF_CHANGE_DATUM_NEW, name, bf_i_label(v->my, d->name, d->label));
    return true;
}

static bool data(struct move *v) {
    for (uint32_t i = 0; i < v->px->data.count; i++) {
        const struct bf_i_data *d = &v->mx->data[v->px->data.first + i];
        bool there = false;
        for (uint32_t k = 0; k < v->py->data.count; k++)
            there |= same_name(v, d->name, v->my->data[v->py->data.first + k].name);
        if (!there && bf_present(v->x->data[i]))
            changes(v, BF_CHANGE_DATUM_DROPPED, bf_i_text(v->mx, d->name),
                    bf_i_label(v->mx, d->name, d->label));
    }
    for (uint32_t k = 0; k < v->py->data.count; k++) {
        const struct bf_i_data *d = &v->my->data[v->py->data.first + k];
        uint32_t i = 0;
        while (i < v->px->data.count &&
               !same_name(v, v->mx->data[v->px->data.first + i].name, d->name))
            i++;
        if (i == v->px->data.count) {
            if (!new_datum(v, v->py->data.first + k))
                return false;
            continue;
        }
        bf_str name = bf_i_text(v->my, d->name);
        if (!bf_carry_value(&v->k, v->mx->data[v->px->data.first + i].type, d->type, v->x->data[i],
                            &v->y->data[k]))
            return obstacle(v, BF_OBSTACLE_TYPE, name);
        if (bf_value_check(v->my, v->y->data[k], d->type))
            return obstacle(v, BF_OBSTACLE_DATUM, name);
    }
    return true;
}

static bool assumptions(struct move *v) {
    struct bf_value *assume = bf_assume_defaults(v->a, v->my);
    for (uint32_t k = 0; k < v->my->assume_count; k++) {
        const struct bf_i_assume *s = &v->my->assume[k];
        uint32_t i = 0;
        while (i < v->mx->assume_count && !same_name(v, v->mx->assume[i].name, s->name))
            i++;
        if (i == v->mx->assume_count)
            changes(v, BF_CHANGE_ASSUMPTION_NEW, bf_i_text(v->my, s->name),
                    bf_i_label(v->my, s->name, s->label));
        else if (!bf_carry_value(&v->k, v->mx->assume[i].type, s->type, v->x->assume[i],
                                 &assume[k]))
            return obstacle(v, BF_OBSTACLE_TYPE, bf_i_text(v->my, s->name));
    }
    v->y->assume = assume;
    return true;
}

/* ---- what was done ---- */

static bool act_args(struct move *v, uint32_t x, uint32_t y, const struct bf_value *from,
                     const struct bf_value **to) {
    struct bf_i_range px = v->mx->act[x].params, py = v->my->act[y].params;
    struct bf_value *args = bf_new_array(v->a, struct bf_value, py.count + 1);
    for (uint32_t k = 0; k < py.count; k++) {
        const struct bf_i_field *f = &v->my->field[py.first + k];
        args[k] = BF_ABSENT;
        for (uint32_t i = 0; i < px.count; i++)
            if (same_name(v, v->mx->field[px.first + i].name, f->name) &&
                !bf_carry_value(&v->k, v->mx->field[px.first + i].type, f->type, from[i], &args[k]))
                return obstacle(v, BF_OBSTACLE_TYPE, bf_i_text(v->my, f->name));
    }
    *to = args;
    return true;
}

static bool acts(struct move *v) {
    for (uint32_t i = 0; i < v->px->acts.count; i++) {
        const struct bf_case_act *from = &v->x->acts[i];
        const struct bf_i_act *act = &v->mx->act[v->px->acts.first + i];
        uint32_t there = act_there(v, v->px->acts.first + i);
        if (there == BF_NONE && from->times)
            changes(v, BF_CHANGE_ACT_DROPPED, bf_i_text(v->mx, act->name),
                    bf_i_label(v->mx, act->name, act->label));
        if (there == BF_NONE || !from->times)
            continue;
        struct bf_case_act *to = &v->y->acts[there - v->py->acts.first];
        *to = *from;
        to->who = bf_carry_party(&v->k, from->who);
        to->by = bf_persons_copy(v->a, from->by);
        if (!act_args(v, v->px->acts.first + i, there, from->args, &to->args))
            return false;
    }
    for (uint32_t i = 0; i < v->px->offers.count; i++) {
        uint32_t there = offer_there(v, v->px->offers.first + i);
        if (there != BF_NONE)
            v->y->used[there - v->py->offers.first] = v->x->used[i];
    }
    return true;
}

static void gone(struct move *v) {
    struct bf_case_gone *list = bf_new_array(v->a, struct bf_case_gone, v->x->gone_count);
    for (uint32_t i = 0; i < v->x->gone_count; i++) {
        const struct bf_case_gone *g = &v->x->gone[i];
        struct bf_value *among = bf_new_array(v->a, struct bf_value, g->among.n);
        for (uint32_t k = 0; k < g->among.n; k++)
            among[k] = bf_carry_party(&v->k, g->among.u.items[k]);
        list[i] =
            (struct bf_case_gone){bf_carry_party(&v->k, g->who), bf_list_value(among, g->among.n)};
    }
    v->y->gone = list;
    v->y->gone_count = v->x->gone_count;
}

static bool requests(struct move *v) {
    struct bf_case_request *list =
        bf_new_array(v->a, struct bf_case_request, v->x->request_count + 1);
    for (uint32_t i = 0; i < v->x->request_count; i++) {
        const struct bf_case_request *q = &v->x->requests[i];
        const struct bf_i_act *act = &v->mx->act[v->mx->offer[q->offer].act];
        uint32_t there = offer_there(v, q->offer);
        bool same = there != BF_NONE &&
                    v->mx->offer[q->offer].consents.count == v->my->offer[there].consents.count;
        if (!same) {
            if (q->status == BF_REQUEST_PENDING)
                changes(v, BF_CHANGE_REQUEST_DROPPED, bf_i_text(v->mx, act->name),
                        bf_i_label(v->mx, act->name, act->label));
            continue;
        }
        struct bf_case_request *to = &list[v->y->request_count++];
        *to = *q;
        to->offer = there;
        to->who = bf_carry_party(&v->k, q->who);
        to->by = bf_persons_copy(v->a, q->by);
        to->member = bf_carry_party(&v->k, q->member);
        if (!act_args(v, v->mx->offer[q->offer].act, v->my->offer[there].act, q->args, &to->args))
            return false;
    }
    v->y->requests = list;
    return true;
}

static bool violations(struct move *v) {
    struct bf_case_violation *list =
        bf_new_array(v->a, struct bf_case_violation, v->x->violation_count + 1);
    for (uint32_t i = 0; i < v->x->violation_count; i++) {
        const struct bf_case_violation *x = &v->x->violations[i];
        uint32_t y = 0;
        while (y < v->my->violation_count &&
               !same_name(v, v->mx->violation[x->violation].name, v->my->violation[y].name))
            y++;
        if (y == v->my->violation_count)
            return obstacle(v, BF_OBSTACLE_VIOLATION,
                            bf_i_text(v->mx, v->mx->violation[x->violation].name));
        list[i] = *x;
        list[i].violation = y;
        list[i].src = v->my->violation[y].src;
        list[i].by = bf_carry_party(&v->k, x->by);
        list[i].member = bf_carry_party(&v->k, x->member);
        list[i].duty = x->duty == BF_NONE ? BF_NONE : v->duty[x->duty - v->px->duties.first];
    }
    v->y->violations = list;
    v->y->violation_count = v->x->violation_count;
    return true;
}

/* ---- cases that it runs ---- */

/* An end of what is run, in the new text. */
static uint32_t end_there(const struct move *v, uint32_t end, uint32_t proc) {
    if (end >= BF_SUB_FAILED)
        return end;
    struct bf_i_range states = v->my->proc[proc].states;
    for (uint32_t i = states.first; i < states.first + states.count; i++)
        if (same_name(v, v->mx->state[end].name, v->my->state[i].name))
            return i;
    return BF_SUB_FAILED;
}

/* Ends of a procedure that has the same name in both texts, and which the other has not: whose case ended there, who runs
** it would not hear of it. mine: ends of the new text that the old one has not; else of the old one. */
static bool same_ends(struct move *v, uint32_t old, uint32_t now, bool mine) {
    const struct bf_image *m = mine ? v->my : v->mx, *other = mine ? v->mx : v->my;
    struct bf_i_range ends = m->proc[mine ? now : old].states;
    struct bf_i_range theirs = other->proc[mine ? old : now].states;
    for (uint32_t i = ends.first; i < ends.first + ends.count; i++) {
        bf_str name = bf_i_text(m, m->state[i].name);
        bool found = !m->state[i].is_end || m->proc[mine ? now : old].cancelled == i + 1;
        for (uint32_t k = theirs.first; k < theirs.first + theirs.count && !found; k++)
            found =
                other->state[k].is_end && bf_str_eq(bf_i_text(other, other->state[k].name), name);
        if (!found)
            return obstacle(v, BF_OBSTACLE_STATE, name);
    }
    return true;
}

/* One under way must go on being run; what is over is kept as far as the new text knows it. */
static bool subs(struct move *v) {
    struct bf_case_sub *list = bf_new_array(v->a, struct bf_case_sub, v->x->sub_count + 1);
    for (uint32_t i = 0; i < v->x->sub_count; i++) {
        const struct bf_case_sub *s = &v->x->subs[i];
        uint32_t state = state_there(v, s->state);
        uint32_t name = v->mx->proc[v->mx->state[s->state].runs - 1].name;
        uint32_t runs = state == BF_NONE ? 0 : v->my->state[state].runs;
        bool same = runs && same_name(v, name, v->my->proc[runs - 1].name);
        if (!same && s->end == BF_SUB_RUNNING)
            return obstacle(v, BF_OBSTACLE_PROCEDURE, bf_i_text(v->mx, name));
        if (s->end == BF_SUB_RUNNING &&
            !same_ends(v, v->mx->state[s->state].runs - 1, runs - 1, false))
            return false;
        if (same)
            list[v->y->sub_count++] =
                (struct bf_case_sub){state, s->number, end_there(v, s->end, runs - 1)};
    }
    v->y->subs = list;
    uint32_t old = (uint32_t)(v->px - v->mx->proc), now = (uint32_t)(v->py - v->my->proc);
    return !v->x->parent || same_ends(v, old, now, true);
}

/* ---- where it is, and what runs ---- */

static bool states(struct move *v) {
    for (uint32_t i = 0; i < v->px->states.count; i++) {
        uint32_t there = state_there(v, v->px->states.first + i);
        if (there == BF_NONE)
            continue;
        struct bf_case_state *to = &v->y->states[there - v->py->states.first];
        struct bf_case_state from = v->x->states[i];
        uint32_t times = to->times + from.times;
        if (!to->times || from.at > to->at) { /* two that became one: the later visit counts */
            *to = from;
            to->from = state_there(v, from.from);
        }
        to->times = times;
    }
    const struct bf_i_state *s = &v->mx->state[v->x->state];
    v->y->state = state_there(v, v->x->state);
    if (v->y->state == BF_NONE && v->view)
        return true;
    if (v->y->state == BF_NONE)
        return obstacle(v, BF_OBSTACLE_STATE, state_name(v, v->x->state));
    if (!same_name(v, s->name, v->my->state[v->y->state].name))
        changes(v, BF_CHANGE_STATE, bf_i_text(v->mx, s->name), bf_i_label(v->mx, s->name, s->label))
            ->now = bf_i_text(v->my, v->my->state[v->y->state].name);
    return true;
}

static bool running(const struct bf_case_duty *d) {
    return d->status == BF_STATUS_OPEN || d->status == BF_STATUS_PAUSED;
}

static struct bf_case_duty duty(struct move *v, const struct bf_case_duty *from) {
    struct bf_case_duty to = *from;
    to.by = act_there(v, from->by);
    to.extensions = from->extension_count
                        ? bf_arena_copy(v->a, from->extensions,
                                        from->extension_count * sizeof *from->extensions)
                        : NULL;
    to.pauses = from->pause_count
                    ? bf_arena_copy(v->a, from->pauses, from->pause_count * sizeof *from->pauses)
                    : NULL;
    return to;
}

static const uint32_t *counts(struct move *v, const uint32_t *from) {
    if (!from)
        return NULL;
    uint32_t *to = bf_new_array(v->a, uint32_t, v->py->offers.count + 1);
    for (uint32_t i = 0; i < v->px->offers.count; i++) {
        uint32_t there = offer_there(v, v->px->offers.first + i);
        if (there != BF_NONE)
            to[there - v->py->offers.first] = from[i];
    }
    return to;
}

/* What each member has of a duty of each; what was carried before to the same duty is of a state that became one with
** this one. */
static void members(struct move *v, uint32_t row, uint32_t there) {
    const struct bf_case_member **list = bf_new_array(v->a, const struct bf_case_member *,
                                                      v->y->member_count + v->x->member_count + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->y->member_count; i++)
        if (v->y->members[i]->duty != there)
            list[n++] = v->y->members[i];
    for (uint32_t i = 0; i < v->x->member_count; i++) {
        const struct bf_case_member *from = v->x->members[i];
        struct bf_case_member *to = bf_new(v->a, struct bf_case_member);
        if (from->duty != row)
            continue;
        *to = *from;
        to->duty = there;
        to->who = bf_carry_party(&v->k, from->who);
        to->d = duty(v, &from->d);
        to->used = counts(v, from->used);
        list[n++] = to;
    }
    v->y->members = list;
    v->y->member_count = n;
}

static void duties(struct move *v) {
    for (uint32_t i = 0; i < v->px->duties.count; i++) {
        const struct bf_case_duty *from = &v->x->duties[i];
        uint32_t row = v->px->duties.first + i, there = duty_there(v, row);
        v->duty[i] = there;
        if (there == BF_NONE) {
            if (running(from))
                v->voided[v->out->voided_count++] = bf_i_text(v->mx, v->mx->duty[row].name);
            continue;
        }
        const struct bf_i_duty *dx = &v->mx->duty[row], *dy = &v->my->duty[there];
        struct bf_case_duty *to = &v->y->duties[there - v->py->duties.first];
        if (running(to) && !running(from)) /* two states that became one */
            continue;
        *to = duty(v, from);
        if (dx->each)
            members(v, row, there);
        /* Another event: what of it happened before is over, unless the duty is still to come. */
        bool same = dx->from == dy->from &&
                    (dx->from != BF_FROM_ACT || act_there(v, dx->from_ref) == dy->from_ref) &&
                    (dx->from != BF_FROM_STATE || state_there(v, dx->from_ref) == dy->from_ref);
        if (!same && from->epoch)
            to->happened = bf_case_happened(v->my, v->y, there);
    }
    v->out->voided = v->voided;
}

/* Duties that the old text has not come into being with the migration. */
static void new_duties(struct move *v) {
    for (uint32_t k = 0; k < v->py->duties.count; k++) {
        uint32_t row = v->py->duties.first + k;
        bool old = false;
        for (uint32_t i = 0; i < v->px->duties.count; i++)
            old |= v->duty[i] == row;
        if (!old && bf_duty_lives(v->my, v->y->state, row))
            v->y->duties[k].comings = 1;
    }
}

/* ---- periods that are not kept ---- */

static bool is_chosen(const struct move *v, uint32_t row) {
    bf_str name = bf_i_text(v->my, v->my->duty[row].name);
    bool chosen = v->choice->recompute_all;
    for (uint32_t i = 0; i < v->choice->recompute_count && !chosen; i++)
        chosen = bf_str_eq(v->choice->recompute[i], name);
    return chosen;
}

static enum bf_why limit(struct move *v, struct bf_judge *j, uint32_t row, struct bf_value member,
                         struct bf_case_duty *d) {
    struct bf_value value;
    if (!running(d))
        return BF_WHY_NOTHING;
    j->env.member = member;
    enum bf_why why = bf_judge_limit(j, &v->my->duty[row], d->start, &value);
    if (!why)
        bf_case_set_limit(d, value);
    return why;
}

static enum bf_why limits_of(struct move *v, struct bf_judge *j, uint32_t row) {
    struct bf_case_duty *whole = &v->y->duties[row - v->py->duties.first];
    if (!v->my->duty[row].each)
        return limit(v, j, row, BF_ABSENT, whole);
    enum bf_why why = BF_WHY_NOTHING;
    for (uint32_t i = 0; i < v->y->member_count && !why; i++) {
        struct bf_case_member *x = (struct bf_case_member *)(uintptr_t)v->y->members[i];
        if (x->duty == row) /* made here, by members() */
            why = limit(v, j, row, x->who, &x->d);
    }
    return why;
}

/* All of the case is there that the new text may ask for. */
static bool limits(struct move *v, bf_instant at) {
    struct bf_judge j;
    bf_judge_init(&j, v->my, v->w, v->y, at > v->y->at ? at : v->y->at, v->a);
    for (uint32_t i = 0; i < v->px->duties.count; i++) {
        uint32_t row = v->duty[i];
        if (row == BF_NONE || !running(&v->x->duties[i]) || !is_chosen(v, row))
            continue;
        enum bf_why why = limits_of(v, &j, row);
        if (why == BF_WHY_NEEDS) {
            v->out->needs = true;
            v->out->need = j.env.need;
            return false;
        }
        if (why)
            return obstacle(v, BF_OBSTACLE_RULE, bf_str_of(bf_why_word(why)));
        v->recomputed[v->out->recomputed_count++] = bf_i_text(v->my, v->my->duty[row].name);
    }
    v->out->recomputed = v->recomputed;
    return true;
}

/* ---- what the new rules make of it ---- */

static bool look(struct move *v, bf_instant at) {
    struct bf_event e = {.kind = BF_EVENT_MIGRATE,
                         .effective = at > v->y->at ? at : v->y->at,
                         .start = BF_NONE,
                         .what = BF_NONE};
    struct bf_outcome out;
    bf_step(v->my, v->w, v->y, &e, v->a, &out);
    if (out.kind == BF_NEEDS) {
        v->out->needs = true;
        v->out->need = out.need;
        return false;
    }
    if (out.kind == BF_REFUSED)
        return obstacle(v, BF_OBSTACLE_RULE, bf_str_of(bf_why_word(out.refused.why)));
    v->out->mapped = v->y;
    v->out->facts = out.facts;
    v->out->fact_count = out.fact_count;
    v->out->c = out.next;
    return true;
}

static bool same_due(const struct bf_due *x, const struct bf_due *y) {
    return x->kind == y->kind && (x->kind != BF_DUE_DAY || (x->last == y->last && x->at == y->at &&
                                                            x->provisional == y->provisional));
}

static void tell_duties(struct move *v) {
    for (uint32_t i = 0; i < v->px->duties.count; i++) {
        const struct bf_i_duty *d = &v->mx->duty[v->px->duties.first + i];
        const struct bf_case_duty *x = &v->x->duties[i];
        const struct bf_case_duty *y =
            v->duty[i] == BF_NONE ? NULL : bf_case_duty(v->my, v->out->c, v->duty[i]);
        if (!running(x))
            continue;
        bool kept = y && running(y);
        struct bf_due before = bf_case_due(v->mx, v->x, v->px->duties.first + i);
        struct bf_due after =
            kept ? bf_case_due(v->my, v->out->c, v->duty[i]) : (struct bf_due){.kind = BF_DUE_NONE};
        enum bf_change change = !kept                       ? BF_CHANGE_DUTY_VOIDED
                                : same_due(&before, &after) ? BF_CHANGE_DUTY_KEPT
                                                            : BF_CHANGE_DUTY_RECOMPUTED;
        struct bf_changed *told =
            changes(v, change, bf_i_text(v->mx, d->name), bf_i_label(v->mx, d->name, d->label));
        told->before = before;
        told->after = after;
    }
    for (uint32_t k = 0; k < v->py->duties.count; k++) {
        uint32_t row = v->py->duties.first + k;
        const struct bf_i_duty *d = &v->my->duty[row];
        const struct bf_case_duty *y = bf_case_duty(v->my, v->out->c, row);
        bool ran = false;
        for (uint32_t i = 0; i < v->px->duties.count; i++)
            ran |= v->duty[i] == row && running(&v->x->duties[i]);
        if (running(y) && !ran)
            changes(v, BF_CHANGE_DUTY_NEW, bf_i_text(v->my, d->name),
                    bf_i_label(v->my, d->name, d->label))
                ->after = bf_case_due(v->my, v->out->c, row);
    }
}

static bool proc_there(struct move *v, uint32_t *proc) {
    *proc = bf_carry_proc(&v->k, v->x->proc);
    return *proc != BF_NONE || obstacle(v, BF_OBSTACLE_PROCEDURE, bf_i_text(v->mx, v->px->name));
}

/* Nothing where there is none. */
static void put_names(struct bf_buf *b, const char *before, const bf_str *names, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        bf_buf_z(b, i ? "," : before);
        bf_json_text(names[i], b);
    }
    bf_buf_z(b, count ? "]" : "");
}

void bf_migrate_json(const struct bf_image *from, const struct bf_image *to,
                     const struct bf_migrated *m, struct bf_buf *out) {
    char hash[2 * BF_SHA256_LEN + 1];
    bf_hex(from->hash, BF_SHA256_LEN, hash);
    bf_buf_z(out, "{\"case\":");
    bf_case_json(to, m->mapped, out);
    bf_buf_fmt(out, ",\"from\":\"%s\"", hash);
    put_names(out, ",\"recomputed\":[", m->recomputed, m->recomputed_count);
    put_names(out, ",\"voided\":[", m->voided, m->voided_count);
    bf_buf_char(out, '}');
}

/* All that needs no look at the new rules. False: something is in the way. */
static bool carry_over(struct move *v) {
    const struct bf_case *c = v->x;
    uint32_t proc;
    if (!proc_there(v, &proc))
        return false;
    v->py = &v->my->proc[proc];
    v->y = bf_case_new(v->a, v->my, proc);
    v->duty = bf_new_array(v->a, uint32_t, v->px->duties.count + 1);
    v->voided = bf_new_array(v->a, bf_str, v->px->duties.count + 1);
    v->recomputed = bf_new_array(v->a, bf_str, v->px->duties.count + 1);
    v->y->number = c->number;
    v->y->parent = c->parent;
    v->y->start_day = c->start_day;
    v->y->start_at = c->start_at;
    v->y->day = c->day;
    v->y->at = c->at;
    v->y->starter = bf_carry_party(&v->k, c->starter);
    if (!states(v) || !assumptions(v) || !acts(v))
        return false;
    gone(v);
    duties(v);
    if (!v->view)
        new_duties(v);
    return violations(v) && requests(v) && subs(v) && data(v);
}

const struct bf_case *bf_migrate_view(const struct bf_image *m, const struct bf_case *c,
                                      const struct bf_image *to, const struct bf_world *w,
                                      struct bf_arena *a) {
    const struct bf_migrate_choice none = {.count = 0};
    struct bf_migrated out = {.obstacle = BF_OBSTACLE_NONE};
    struct move v = {.mx = m,
                     .my = to,
                     .px = &m->proc[c->proc],
                     .x = c,
                     .choice = &none,
                     .w = w,
                     .a = a,
                     .k = {m, to, a},
                     .out = &out,
                     .view = true};
    return carry_over(&v) ? v.y : NULL;
}

void bf_migrate(const struct bf_image *m, const struct bf_case *c, const struct bf_image *to,
                const struct bf_world *w, const struct bf_migrate_choice *choice, bf_instant at,
                struct bf_arena *a, struct bf_migrated *out) {
    struct move v = {.mx = m,
                     .my = to,
                     .px = &m->proc[c->proc],
                     .x = c,
                     .choice = choice,
                     .w = w,
                     .a = a,
                     .k = {m, to, a},
                     .out = out};
    *out = (struct bf_migrated){.obstacle = BF_OBSTACLE_NONE};
    if (carry_over(&v) && limits(&v, at) && look(&v, at))
        tell_duties(&v);
}
