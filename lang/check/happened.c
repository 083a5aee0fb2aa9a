/* happened: has an act happened on every path into a state?
**
** It has not if the state can be reached from the first one by moves none of which is that act. `back`
** needs no edge: it returns to a state the path came through. Asked for one act at a time, when a
** rule reads what an act carried; the answer is kept.
*/
#include <string.h>

#include "lang/check/checker.h"

struct edge {
    const struct bf_sym *act; /* NULL: no act */
    uint32_t to, next;        /* next edge of the same state, + 1 */
};

/* The moves of one procedure, made when first asked. */
struct bf_moves {
    uint32_t *first; /* by state; [count]: from every state */
    struct edge *edge;
    uint32_t edges, cap, states;
    struct answer *answers;
};

struct answer {
    const struct bf_sym *act;
    uint8_t *avoids; /* by state: reached without the act */
    bool everywhere; /* no state is */
    struct answer *next;
};

static void add_edge(struct bf_checker *c, struct bf_moves *m, uint32_t from,
                     const struct bf_node *goal, const struct bf_sym *act) {
    const struct bf_sym *to = goal && goal->a ? c->info[goal->a->id].sym : NULL;
    if (!to || to->kind != BF_SYM_STATE)
        return;
    m->edge = bf_arena_grow(c->arena, m->edge, m->edges, &m->cap, sizeof *m->edge);
    m->edge[m->edges++] = (struct edge){act, to->index, m->first[from]};
    m->first[from] = m->edges;
}

static const struct bf_sym *act_of(struct bf_checker *c, const struct bf_node *act) {
    return act ? c->info[act->id].sym : NULL;
}

static void add_move(struct bf_checker *c, struct bf_moves *m, uint32_t from,
                     const struct bf_node *goal, const struct bf_node *act,
                     const struct bf_node *clauses) {
    bool narrowed = false;
    for (const struct bf_node *k = clauses; from == m->states && k; k = k->next)
        for (const struct bf_node *s = k->kind == BF_N_C_IN ? k->a : NULL; s; s = s->next) {
            narrowed = true;
            if (c->info[s->id].sym)
                add_edge(c, m, c->info[s->id].sym->index, goal, act_of(c, act));
        }
    if (!narrowed)
        add_edge(c, m, from, goal, act_of(c, act));
}

static void add_item(struct bf_checker *c, struct bf_moves *m, uint32_t from,
                     const struct bf_node *n) {
    switch (n->kind) {
    case BF_N_MAY: add_move(c, m, from, n->d, n->b, n->c); break;
    case BF_N_MUST:
        /* A deemed act moves as its own ALT does, which has its edge. */
        for (const struct bf_node *alt = n->d; alt; alt = alt->next)
            add_move(c, m, from, alt->d, alt->b, alt->c);
        if (n->e && n->e->op == BF_OTHERWISE_GOTO)
            add_edge(c, m, from, n->e->d, NULL);
        break;
    case BF_N_LASTS:
    case BF_N_WHEN: add_edge(c, m, from, n->d, NULL); break;
    case BF_N_RUN:
        for (const struct bf_node *x = n->c; x; x = x->next)
            add_edge(c, m, from, x->d, c->info[n->id].sym);
        break;
    default: break; /* does not move the case */
    }
}

static struct bf_moves *moves_of(struct bf_checker *c, struct bf_sym *proc) {
    struct bf_proc_info *info = proc->proc;
    if (info->moves)
        return info->moves;
    struct bf_moves *m = bf_new(c->arena, struct bf_moves);
    m->states = info->states.count;
    m->first = bf_new_array(c->arena, uint32_t, m->states + 1);
    for (const struct bf_node *n = proc->node->c; n; n = n->next) {
        if (n->kind != BF_N_STATE) {
            add_item(c, m, m->states, n);
            continue;
        }
        const struct bf_sym *state = c->info[n->id].sym;
        for (const struct bf_node *i = n->c; state && i; i = i->next)
            add_item(c, m, state->index, i);
    }
    return info->moves = m;
}

static struct answer *ask(struct bf_checker *c, struct bf_moves *m, const struct bf_sym *act,
                          uint32_t initial) {
    struct answer *a = bf_new(c->arena, struct answer);
    a->act = act;
    a->avoids = bf_new_array(c->arena, uint8_t, m->states + 1);
    uint32_t *todo = bf_new_array(c->arena, uint32_t, m->states + 1);
    uint32_t n = 0;
    bool global_done = false;
    if (initial < m->states) {
        a->avoids[initial] = 1;
        todo[n++] = initial;
    } else {
        a->everywhere = true;
    }
    while (n) {
        uint32_t s = todo[--n];
        for (int round = 0; round < 2; round++) {
            if (round == 1 && global_done)
                break;
            for (uint32_t e = m->first[round ? m->states : s]; e; e = m->edge[e - 1].next) {
                const struct edge *x = &m->edge[e - 1];
                if (x->act == act || a->avoids[x->to])
                    continue;
                a->avoids[x->to] = 1;
                todo[n++] = x->to;
            }
            if (round == 1)
                global_done = true;
        }
    }
    a->next = m->answers;
    return m->answers = a;
}

bool bf_happened(struct bf_checker *c, struct bf_sym *proc, const struct bf_sym *act,
                 uint32_t state) {
    struct bf_moves *m = moves_of(c, proc);
    struct answer *a = m->answers;
    while (a && a->act != act)
        a = a->next;
    if (!a)
        a = ask(c, m, act, proc->proc->initial);
    if (state == BF_NONE)
        return a->everywhere; /* the first state is reached by no act */
    return state < m->states && !a->avoids[state];
}
