/* link: which offers and duties are where. What is written outside states is in all of them (ends
** apart, where nothing happens any more); a duty written in a state lives there and in the states
** that pause it, and its acts stand where it lives. Each list is in written order, which is the
** order of numbers. Work and memory are linear in what is written out. */
#include <string.h>

#include "lang/image/build.h"

/* A step of a chain: a state in which a duty lives. */
struct home {
    uint32_t state, next;
};

struct link {
    struct bf_build *b;
    struct bf_arena *a;
    struct bf_i_proc p;
    uint32_t *first_home; /* by duty; into home */
    struct home *home;
    uint32_t homes;
    struct bf_i_range *list; /* by state: the list being made */
    bool filling;            /* second round: entries are written, not counted */
};

static void put(struct link *l, uint32_t state, uint32_t n) {
    struct bf_i_range *r = &l->list[state - l->p.states.first];
    if (l->filling)
        *bf_build_at_index(l->b, r->first + r->count) = n;
    r->count++;
}

static void put_everywhere(struct link *l, uint32_t n) {
    for (uint32_t i = 0; i < l->p.states.count; i++)
        if (!bf_build_at_state(l->b, l->p.states.first + i)->is_end &&
            !bf_build_at_state(l->b, l->p.states.first + i)->asks)
            put(l, l->p.states.first + i, n);
}

static void put_where_lives(struct link *l, uint32_t duty, uint32_t n) {
    if (bf_build_at_duty(l->b, duty)->state == BF_NONE) {
        put_everywhere(l, n);
        return;
    }
    for (uint32_t h = l->first_home[duty - l->p.duties.first]; h != BF_NONE; h = l->home[h].next)
        put(l, l->home[h].state, n);
}

static void each_offer(struct link *l) {
    for (uint32_t i = 0; i < l->p.offers.count; i++) {
        uint32_t n = l->p.offers.first + i;
        const struct bf_i_offer o = *bf_build_at_offer(l->b, n);
        if (o.kind == BF_OFFER_OUTCOME)
            continue; /* nobody does it */
        if (o.kind == BF_OFFER_DUTY)
            put_where_lives(l, o.duty, n);
        else if (o.in.count)
            for (uint32_t k = 0; k < o.in.count; k++)
                put(l, *bf_build_at_index(l->b, o.in.first + k), n);
        else if (o.state != BF_NONE)
            put(l, o.state, n);
        else
            put_everywhere(l, n);
    }
}

static void each_duty(struct link *l) {
    for (uint32_t i = 0; i < l->p.duties.count; i++)
        put_where_lives(l, l->p.duties.first + i, l->p.duties.first + i);
}

static void make_lists(struct link *l, void (*each)(struct link *)) {
    memset(l->list, 0, l->p.states.count * sizeof *l->list);
    l->filling = false;
    each(l);
    for (uint32_t i = 0; i < l->p.states.count; i++) {
        l->list[i].first = bf_build_count_index(l->b);
        for (uint32_t k = 0; k < l->list[i].count; k++)
            bf_build_add_index(l->b, BF_NONE);
        l->list[i].count = 0;
    }
    l->filling = true;
    each(l);
}

static void add_home(struct link *l, uint32_t duty, uint32_t state) {
    uint32_t *first = &l->first_home[duty - l->p.duties.first];
    if (*first != BF_NONE && l->home[*first].state == state)
        return;
    l->home[l->homes] = (struct home){state, *first};
    *first = l->homes++;
}

/* The states in which each duty that is written in one lives. */
static void find_homes(struct link *l) {
    const struct bf_i_range duties = l->p.duties, states = l->p.states;
    size_t most = 0;
    for (uint32_t i = 0; i < states.count; i++) {
        const struct bf_i_range r = bf_build_at_state(l->b, states.first + i)->pauses;
        for (uint32_t k = 0; k < r.count; k++)
            most += bf_build_at_pause(l->b, r.first + k)->duty == BF_NONE ? duties.count : 1;
    }
    l->first_home = bf_arena_alloc(l->a, duties.count * sizeof *l->first_home);
    memset(l->first_home, 0xFF, duties.count * sizeof *l->first_home);
    l->home = bf_new_array(l->a, struct home, most + duties.count);
    l->homes = 0;
    for (uint32_t i = 0; i < states.count; i++) {
        uint32_t s = states.first + i;
        const struct bf_i_range r = bf_build_at_state(l->b, s)->pauses;
        for (uint32_t k = 0; k < r.count; k++) {
            uint32_t d = bf_build_at_pause(l->b, r.first + k)->duty;
            for (uint32_t n = 0; d == BF_NONE && n < duties.count; n++)
                if (bf_build_at_duty(l->b, duties.first + n)->state != s)
                    add_home(l, duties.first + n, s);
            if (d != BF_NONE && bf_build_at_duty(l->b, d)->state != s)
                add_home(l, d, s);
        }
    }
    for (uint32_t n = 0; n < duties.count; n++) {
        uint32_t s = bf_build_at_duty(l->b, duties.first + n)->state;
        if (s != BF_NONE)
            add_home(l, duties.first + n, s);
    }
}

/* What offers an act, what is of a duty's block. `of` tells the group of an offer, or BF_NONE. */
static void group_offers(struct link *l, struct bf_i_range groups,
                         uint32_t (*of)(const struct bf_i_offer *), struct bf_i_range *list) {
    const struct bf_i_range offers = l->p.offers;
    memset(list, 0, groups.count * sizeof *list);
    for (uint32_t i = 0; i < offers.count; i++) {
        uint32_t g = of(bf_build_at_offer(l->b, offers.first + i));
        if (g != BF_NONE)
            list[g - groups.first].count++;
    }
    for (uint32_t g = 0; g < groups.count; g++) {
        list[g].first = bf_build_count_index(l->b);
        for (; list[g].count; list[g].count--)
            bf_build_add_index(l->b, BF_NONE);
    }
    for (uint32_t i = 0; i < offers.count; i++) {
        uint32_t g = of(bf_build_at_offer(l->b, offers.first + i));
        if (g == BF_NONE)
            continue;
        struct bf_i_range *r = &list[g - groups.first];
        *bf_build_at_index(l->b, r->first + r->count++) = offers.first + i;
    }
}

static uint32_t act_of(const struct bf_i_offer *o) { return o->act; }

static uint32_t duty_of(const struct bf_i_offer *o) {
    return o->kind == BF_OFFER_DUTY ? o->duty : BF_NONE;
}

void bf_build_link(struct bf_build *b, struct bf_arena *scratch, uint32_t proc) {
    struct link l = {.b = b, .a = scratch, .p = *bf_build_at_proc(b, proc)};
    l.list = bf_new_array(scratch, struct bf_i_range, l.p.states.count);
    find_homes(&l);
    make_lists(&l, each_offer);
    for (uint32_t i = 0; i < l.p.states.count; i++)
        bf_build_at_state(b, l.p.states.first + i)->offers = l.list[i];
    make_lists(&l, each_duty);
    for (uint32_t i = 0; i < l.p.states.count; i++)
        bf_build_at_state(b, l.p.states.first + i)->duties = l.list[i];
    struct bf_i_range *acts = bf_new_array(scratch, struct bf_i_range, l.p.acts.count);
    group_offers(&l, l.p.acts, act_of, acts);
    for (uint32_t i = 0; i < l.p.acts.count; i++)
        bf_build_at_act(b, l.p.acts.first + i)->offers = acts[i];
    struct bf_i_range *duties = bf_new_array(scratch, struct bf_i_range, l.p.duties.count);
    group_offers(&l, l.p.duties, duty_of, duties);
    for (uint32_t i = 0; i < l.p.duties.count; i++)
        bf_build_at_duty(b, l.p.duties.first + i)->offers = duties[i];
}
