/* flow_moves: what stands in a procedure, and where a case can go. See flow.h. */
#include <string.h>

#include "lang/base/assert.h"
#include "lang/check/flow.h"

uint32_t bf_goal_state(const struct bf_flow *f, const struct bf_node *goal) {
    struct bf_sym *s = goal ? bf_flow_sym(f, goal->a) : NULL;
    return s && s->kind == BF_SYM_STATE && s->index < f->states ? s->index : BF_NONE;
}

const struct bf_node *bf_clause(const struct bf_node *clauses, enum bf_node_kind kind) {
    for (; clauses; clauses = clauses->next)
        if (clauses->kind == kind)
            return clauses;
    return NULL;
}

bool bf_stands(const struct bf_flow *f, uint32_t state, const struct bf_node *clauses, uint32_t s) {
    if (state == BF_NONE ? bf_is_end(f, s) : state != s)
        return false;
    const struct bf_node *in = bf_clause(clauses, BF_N_C_IN);
    if (!in)
        return true;
    for (const struct bf_node *n = in->a; n; n = n->next) {
        struct bf_sym *sym = bf_flow_sym(f, n);
        if (sym && sym->index == s)
            return true;
    }
    return false;
}

const struct bf_offering *bf_deemed(const struct bf_flow *f, uint32_t duty) {
    const struct bf_node *must = f->duty[duty];
    const struct bf_sym *act = bf_flow_sym(f, must->e->a);
    uint32_t state = f->duty_state[duty];
    const struct bf_offering *found = NULL;
    for (uint32_t i = f->offers; act && i-- > 0;) {
        const struct bf_offering *o = &f->offer[i];
        if (o->act != act)
            continue;
        if (o->must == must)
            return o;
        bool here = state == BF_NONE ? !bf_clause(o->clauses, BF_N_C_IN) && o->state == BF_NONE
                                     : bf_stands(f, o->state, o->clauses, state);
        if (o->node->kind == BF_N_MAY && here && !o->subjects->b) /* a member's are his own */
            found = o;
    }
    return found;
}

const struct bf_node *bf_lapse_goal(const struct bf_flow *f, uint32_t i) {
    const struct bf_node *duty = f->duty[i];
    if (duty->kind == BF_N_LASTS)
        return duty->d;
    const struct bf_node *o = duty->e;
    switch (o ? (enum bf_otherwise_op)o->op : BF_OTHERWISE_NONE) {
    case BF_OTHERWISE_NONE:
    case BF_OTHERWISE_STAYS: return NULL;
    case BF_OTHERWISE_GOTO: return o->d;
    case BF_OTHERWISE_DEEMED: {
        const struct bf_offering *deemed = bf_deemed(f, i);
        return deemed ? deemed->goal : NULL;
    }
    }
    return NULL;
}

/* Does the state pause the duty? */
static bool pauses(const struct bf_flow *f, uint32_t s, uint32_t duty) {
    for (const struct bf_node *n = f->state[s]->kind == BF_N_STATE ? f->state[s]->c : NULL; n;
         n = n->next) {
        if (n->kind != BF_N_PAUSES)
            continue;
        if (!n->a && f->duty_state[duty] != s)
            return true;
        for (const struct bf_node *d = n->a; d; d = d->next) {
            struct bf_sym *sym = bf_flow_sym(f, d);
            if (sym && sym->node == f->duty[duty])
                return true;
        }
    }
    return false;
}

bool bf_lives(const struct bf_flow *f, uint32_t duty, uint32_t s) {
    uint32_t own = f->duty_state[duty];
    if (bf_is_end(f, s))
        return false;
    return own == BF_NONE || own == s || pauses(f, s, duty);
}

/* ---- collecting ---- */

struct sizes {
    uint32_t offers, duties;
};

static void count_items(const struct bf_node *n, struct sizes *z) {
    for (; n; n = n->next)
        switch (n->kind) {
        case BF_N_STATE: count_items(n->c, z); break;
        case BF_N_MAY:
        case BF_N_MAY_EXTEND: z->offers++; break;
        case BF_N_MUST:
            for (const struct bf_node *alt = n->d; alt; alt = alt->next)
                z->offers++;
            z->duties++;
            break;
        case BF_N_LASTS: z->duties++; break;
        case BF_N_RUN:
            for (const struct bf_node *x = n->c; x; x = x->next)
                z->offers++;
            break;
        default: break; /* offers nothing */
        }
}

static void add_duty(struct bf_flow *f, const struct bf_node *n, uint32_t state) {
    f->duty[f->duties] = n;
    f->duty_state[f->duties++] = state;
    for (const struct bf_node *alt = n->kind == BF_N_MUST ? n->d : NULL; alt; alt = alt->next)
        f->offer[f->offers++] = (struct bf_offering){.node = alt,
                                                     .must = n,
                                                     .act = bf_flow_sym(f, alt->b),
                                                     .subjects = n->a,
                                                     .clauses = alt->c,
                                                     .goal = alt->d,
                                                     .effects = alt->e,
                                                     .state = state};
}

/* How what is run ends: nobody's act. */
static void add_outcomes(struct bf_flow *f, const struct bf_node *n, uint32_t state) {
    for (const struct bf_node *x = n->c; x; x = x->next)
        f->offer[f->offers++] = (struct bf_offering){
            .node = x, .act = bf_flow_sym(f, n), .goal = x->d, .effects = x->e, .state = state};
}

static void collect(struct bf_flow *f, const struct bf_node *n, uint32_t state) {
    for (; n; n = n->next)
        switch (n->kind) {
        case BF_N_STATE:
        case BF_N_END: {
            const struct bf_sym *sym = bf_flow_sym(f, n);
            BF_ASSERT(sym && sym->index < f->states);
            f->state[sym->index] = n;
            if (n->kind == BF_N_STATE)
                collect(f, n->c, sym->index);
            break;
        }
        case BF_N_MAY:
            f->offer[f->offers++] = (struct bf_offering){.node = n,
                                                         .act = bf_flow_sym(f, n->b),
                                                         .subjects = n->a,
                                                         .clauses = n->c,
                                                         .goal = n->d,
                                                         .effects = n->e,
                                                         .state = state};
            break;
        case BF_N_MAY_EXTEND:
            f->offer[f->offers++] = (struct bf_offering){.node = n,
                                                         .act = bf_flow_sym(f, n),
                                                         .subjects = n->a,
                                                         .clauses = n->c,
                                                         .effects = n->e,
                                                         .state = state};
            break;
        case BF_N_MUST:
        case BF_N_LASTS: add_duty(f, n, state); break;
        case BF_N_RUN: add_outcomes(f, n, state); break;
        default: break; /* moves nothing */
        }
}

/* ---- moves ---- */

static void add_move(struct bf_flow *f, uint32_t state, const struct bf_node *clauses,
                     const struct bf_node *goal) {
    uint32_t to = bf_goal_state(f, goal);
    bool back = goal && goal->flags & BF_F_BACK;
    if (to == BF_NONE && !back)
        return;
    uint32_t first = state == BF_NONE ? 0 : state, end = state == BF_NONE ? f->states : state + 1;
    for (uint32_t s = first; s < end; s++) {
        if (!bf_stands(f, state, clauses, s))
            continue;
        if (back)
            bf_put(f->backs, s);
        else
            bf_put(bf_edges(f, s), to);
    }
}

static void add_whens(struct bf_flow *f, const struct bf_node *n, uint32_t state) {
    for (; n; n = n->next)
        if (n->kind == BF_N_WHEN)
            add_move(f, state, NULL, n->d);
}

/* With an amendment of all cases a case may come over in any state of the amended text, be it changed or not. */
static bool comes_over(const struct bf_flow *f, uint32_t s) {
    const struct bf_program *p = f->p;
    const struct bf_node *amends = bf_amends_of(p->policy);
    if (!amends || amends->op != BF_AMENDS_ALL)
        return false;
    if (f->state[s]->flags & BF_F_AMENDED)
        return true; /* in the place of one */
    for (uint32_t i = 0; i < p->own_count; i++)
        if (p->trees[i]->file == f->state[s]->span.file)
            return p->amended_in[i] != NULL;
    return false;
}

/* The states a case can be in: back never leads to a new one. */
static void find_reached(struct bf_flow *f) {
    uint32_t *stack = bf_logic_alloc(f->l, sizeof *stack * f->states), n = 0;
    bf_put(f->reached, f->info->initial);
    stack[n++] = f->info->initial;
    for (uint32_t s = 0; s < f->states; s++) {
        /* where a start waits for consent: a case begins there too */
        bool asked = f->state[s]->kind == BF_N_STATE && f->state[s]->flags & BF_F_DERIVED;
        if ((asked || comes_over(f, s)) && !bf_in(f->reached, s)) {
            bf_put(f->reached, s);
            stack[n++] = s;
        }
    }
    while (n > 0) {
        const uint32_t *row = bf_edges(f, stack[--n]);
        for (uint32_t t = 0; t < f->states; t++)
            if (bf_in(row, t) && !bf_in(f->reached, t)) {
                bf_put(f->reached, t);
                stack[n++] = t;
            }
    }
}

/* Back leads to any state a case can come from; also to one from which it came back itself. */
static void add_backs(struct bf_flow *f) {
    for (bool more = true; more;) {
        more = false;
        for (uint32_t s = 0; s < f->states; s++) {
            if (!bf_in(f->backs, s) || !bf_in(f->reached, s))
                continue;
            for (uint32_t t = 0; t < f->states; t++)
                if (bf_in(f->reached, t) && bf_in(bf_edges(f, t), s) && !bf_in(bf_edges(f, s), t)) {
                    bf_put(bf_edges(f, s), t);
                    more = true;
                }
        }
    }
}

static void close_moves(struct bf_flow *f) {
    size_t size = sizeof *f->edge * f->states * f->words;
    uint32_t *reach = bf_arena_copy(f->p->arena, f->edge, size);
    for (uint32_t k = 0; k < f->states; k++)
        for (uint32_t s = 0; s < f->states; s++) {
            uint32_t *row = reach + (size_t)s * f->words;
            if (bf_in(row, k))
                for (uint32_t w = 0; w < f->words; w++)
                    row[w] |= reach[(size_t)k * f->words + w];
        }
    f->info->reach = reach;
    f->info->words = f->words;
}

static uint32_t *zeros(struct bf_flow *f, size_t words) {
    return memset(bf_logic_alloc(f->l, sizeof(uint32_t) * words), 0, sizeof(uint32_t) * words);
}

bool bf_flow_init(struct bf_flow *f, struct bf_program *p, struct bf_sym *proc,
                  struct bf_logic *l) {
    *f = (struct bf_flow){.p = p, .l = l, .proc = proc, .info = proc->proc, .tree = proc->tree};
    const struct bf_node *items = proc->node->c;
    struct sizes z = {0};
    f->states = f->info->states.count;
    if (f->states == 0 || f->states > BF_STATES_MAX)
        return false;
    bf_logic_forget(l);
    count_items(items, &z);
    f->words = (f->states + 31) / 32;
    f->state = bf_logic_alloc(l, sizeof *f->state * f->states);
    f->offer = bf_logic_alloc(l, sizeof *f->offer * z.offers);
    f->duty = bf_logic_alloc(l, sizeof *f->duty * z.duties);
    f->duty_state = bf_logic_alloc(l, sizeof *f->duty_state * z.duties);
    collect(f, items, BF_NONE);
    f->edge = zeros(f, (size_t)f->states * f->words);
    f->reached = zeros(f, f->words);
    f->backs = zeros(f, f->words);
    for (uint32_t i = 0; i < f->offers; i++)
        add_move(f, f->offer[i].state, f->offer[i].clauses, f->offer[i].goal);
    for (uint32_t i = 0; i < f->duties; i++)
        add_move(f, f->duty_state[i], NULL, bf_lapse_goal(f, i));
    add_whens(f, items, BF_NONE);
    for (uint32_t s = 0; s < f->states; s++)
        if (!bf_is_end(f, s))
            add_whens(f, f->state[s]->c, s);
    find_reached(f);
    add_backs(f);
    close_moves(f);
    bf_logic_keep(l);
    return true;
}
