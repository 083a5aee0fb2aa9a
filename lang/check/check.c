/* check: the order of the checks, and the declarations that have no rules. See internal.h. */
#include "lang/check/checker.h"

enum { CALL_DEPTH = 16 }; /* as the image's BF_CALL_DEPTH, which the loader holds to */

static void check_assume(struct bf_checker *c, struct bf_sym *s) {
    struct bf_node *e = s->node->d;
    c->at = (struct bf_ctx){.where = BF_IN_CONSTANT, .state = BF_NONE};
    if (e && bf_expect(c, e, s->type ? s->type : c->broken) && !bf_is_constant(c->p, e))
        bf_report(c, BF_E0314_CONSTANT, e->span, BF_NOARGS);
    c->at = (struct bf_ctx){0};
}

static void check_norm(struct bf_checker *c, struct bf_node *n) {
    bf_check_cites(c, n);
    for (struct bf_node *rule = n->c; rule; rule = rule->next) {
        bf_check_cites(c, rule);
        for (struct bf_node *k = rule->c; k; k = k->next)
            bf_check_cites(c, k);
    }
    for (struct bf_node *proc = n->e; proc; proc = proc->next)
        if (c->info[proc->id].sym)
            bf_body_procedure(c, c->info[proc->id].sym);
}

static void check_declaration(struct bf_checker *c, struct bf_node *n) {
    struct bf_sym *s = c->info[n->id].sym;
    if (n->kind == BF_N_NORM)
        check_norm(c, n);
    if (n->kind == BF_N_NOTE)
        bf_check_cites(c, n);
    if (n->kind == BF_N_MEASURE || n->kind == BF_N_MODEL || n->kind == BF_N_ASSERT)
        bf_check_figure(c, n);
    if (!s || s->node != n)
        return;
    switch (n->kind) {
    case BF_N_ASSUME:
        bf_check_cites(c, n);
        bf_want_cite(c, n, NULL);
        check_assume(c, s);
        break;
    case BF_N_OFFICE:
    case BF_N_REGISTER:
    case BF_N_VIOLATION:
        bf_check_cites(c, n);
        bf_want_cite(c, n, NULL);
        break;
    case BF_N_ENUM:
    case BF_N_RECORD:
        bf_check_cites(c, n);
        for (struct bf_node *x = n->c; x; x = x->next)
            bf_check_cites(c, x);
        break;
    case BF_N_DECIDE: bf_body_decision(c, s); break;
    case BF_N_PROCEDURE: bf_body_procedure(c, s); break;
    case BF_N_LET: bf_body_fixture(c, s); break;
    default: break; /* policy and scenarios have their own turn */
    }
}

/* ---- circles ---- */

/* Records that hold each other, decisions that call, procedures that run each other or start each other at once. Depth first, without recursion: a
** chain of declarations may be as long as a file. */
enum edges { HOLDS, CALLS, RUNS, STARTS };
struct graph {
    struct bf_checker *c;
    enum edges edges;
    uint32_t count;
    struct bf_sym **node;
    uint8_t *state;  /* 1: on the way, 2: done */
    uint32_t *depth; /* longest chain of calls below */
    uint32_t *way;
    void **cursor;
    uint32_t length;
};

static const struct bf_sym *held_record(const struct bf_type *t) {
    while (t && t->kind == BF_K_LIST)
        t = t->elem;
    return t && t->kind == BF_K_RECORD ? t->sym : NULL;
}

/* The next record that the one at the end of the way holds, and where. */
static const struct bf_sym *next_held(struct graph *g, bf_span *at) {
    struct bf_sym *f = g->cursor[g->length - 1];
    for (; f; f = f->next) {
        const struct bf_sym *held = held_record(f->type);
        if (held && held->index < g->count && g->node[held->index] == held) {
            g->cursor[g->length - 1] = f->next;
            *at = bf_sym_span(f);
            return held;
        }
    }
    g->cursor[g->length - 1] = NULL;
    return NULL;
}

static const struct bf_sym *next_called(struct graph *g, bf_span *at) {
    struct bf_call *call = g->cursor[g->length - 1];
    if (!call)
        return NULL;
    g->cursor[g->length - 1] = call->next;
    *at = call->at->span;
    return call->to;
}

/* The next procedure that the one at the end of the way runs. */
static const struct bf_sym *next_run(struct graph *g, bf_span *at) {
    struct bf_sym *act = g->cursor[g->length - 1];
    while (act && !act->runs)
        act = act->next;
    g->cursor[g->length - 1] = act ? act->next : NULL;
    if (!act)
        return NULL;
    *at = bf_sym_span(act);
    return act->runs;
}

static const struct bf_sym *next_of(struct graph *g, bf_span *at) {
    switch (g->edges) {
    case HOLDS: return next_held(g, at);
    case CALLS:
    case STARTS: return next_called(g, at);
    case RUNS: return next_run(g, at);
    }
    return NULL;
}

/* Where on the way the circle that closes at `to` begins. */
static uint32_t circle_start(const struct graph *g, uint32_t to) {
    uint32_t i = g->length - 1;
    while (g->way[i] != to)
        i--;
    return i;
}

static void tell_circle(struct graph *g, uint32_t to, bf_span at) {
    static const enum bf_diag_code code[] = {[HOLDS] = BF_E0354_RECORD_CIRCLE,
                                             [CALLS] = BF_E0353_DECISION_CIRCLE,
                                             [RUNS] = BF_E0360_RUN_CIRCLE,
                                             [STARTS] = BF_E0360_START_CIRCLE};
    uint32_t start = circle_start(g, to);
    struct bf_buf l;
    bf_buf_in(&l, g->c->arena);
    for (uint32_t i = start; i < g->length && i < start + 8; i++) {
        bf_buf_str(&l, g->node[g->way[i]]->name->text);
        bf_buf_z(&l, " -> ");
    }
    bf_buf_z(&l, g->length > start + 8 ? "… -> " : "");
    bf_buf_str(&l, g->node[to]->name->text);
    for (uint32_t i = start; i < g->length; i++)
        g->node[g->way[i]]->broken = true;
    bf_report(g->c, code[g->edges], at, BF_ARGS(bf_arg_str(bf_buf_view(&l))));
}

static void *first_cursor(const struct graph *g, uint32_t i) {
    struct bf_call *started = NULL;
    switch (g->edges) {
    case HOLDS: return g->node[i]->first;
    case CALLS: return g->c->calls[i];
    case STARTS: bf_started_at_once(g->c, g->node[i], &started); return started;
    case RUNS: return g->node[i]->proc ? g->node[i]->proc->acts.first : NULL;
    }
    return NULL;
}

static void push(struct graph *g, uint32_t i) {
    g->state[i] = 1;
    g->way[g->length] = i;
    g->cursor[g->length++] = first_cursor(g, i);
}

static void walk(struct graph *g, uint32_t start) {
    push(g, start);
    while (g->length) {
        uint32_t i = g->way[g->length - 1];
        bf_span at;
        const struct bf_sym *to = next_of(g, &at);
        if (!to) {
            g->state[i] = 2;
            g->length--;
            if (g->length && g->depth[g->way[g->length - 1]] <= g->depth[i])
                g->depth[g->way[g->length - 1]] = g->depth[i] + 1;
            continue;
        }
        if (g->state[to->index] == 1)
            tell_circle(g, to->index, at);
        else if (g->state[to->index] == 0)
            push(g, to->index);
        else if (g->depth[i] <= g->depth[to->index])
            g->depth[i] = g->depth[to->index] + 1;
    }
}

static void find_circles(struct bf_checker *c, const struct bf_sym_list *list, enum edges edges) {
    struct graph g = {.c = c, .edges = edges, .count = list->count};
    g.node = bf_new_array(c->arena, struct bf_sym *, list->count + 1);
    g.state = bf_new_array(c->arena, uint8_t, list->count + 1);
    g.depth = bf_new_array(c->arena, uint32_t, list->count + 1);
    g.way = bf_new_array(c->arena, uint32_t, list->count + 1);
    g.cursor = bf_new_array(c->arena, void *, list->count + 1);
    for (struct bf_sym *s = list->first; s; s = s->next)
        g.node[s->index] = s;
    for (uint32_t i = 0; i < list->count; i++)
        if (g.state[i] == 0)
            walk(&g, i);
    for (uint32_t i = 0; edges == CALLS && i < list->count; i++)
        if (g.depth[i] == CALL_DEPTH && !g.node[i]->broken)
            bf_report(c, BF_E0355_CALL_DEPTH, bf_sym_span(g.node[i]),
                      BF_ARGS(bf_arg_name(g.node[i]->name), bf_arg_int(CALL_DEPTH)));
}

/* ---- the entries ---- */

void bf_check_types(struct bf_program *p) {
    struct bf_checker *c = p->checker;
    c->calls = bf_new_array(c->arena, struct bf_call *, p->decisions.count + 1);
    find_circles(c, &p->records, HOLDS);
    for (uint32_t i = 0; i < p->tree_count; i++) {
        bf_enter_tree(c, p->trees[i]);
        for (struct bf_node *n = p->trees[i]->root->a; n; n = n->next)
            check_declaration(c, n);
    }
    find_circles(c, &p->decisions, CALLS);
    find_circles(c, &p->procedures, RUNS);
    find_circles(c, &p->procedures, STARTS);
    for (uint32_t i = 0; i < p->own_count; i++) {
        bf_enter_tree(c, p->trees[i]);
        bf_check_headings(c);
        for (struct bf_node *n = p->trees[i]->root->a; n; n = n->next)
            if (n->kind == BF_N_SCENARIO)
                bf_body_scenario(c, n);
    }
    c->unit = c->units;
    bf_check_policy(c);
    bf_note_outline(c);
}

void bf_check(struct bf_program *p) {
    bf_resolve(p);
    bf_check_types(p);
    bf_check_flow(p);
    bf_check_tables(p);
    bf_check_coverage(p);
    bf_check_base(p);
    p->errors = bf_diags_count(p->parse->diags, BF_SEV_ERROR);
}
