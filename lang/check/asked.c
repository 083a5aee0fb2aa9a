/* asked: a start that needs consent, in other words, so that nothing further down knows of it.
**
** `starts by X with consent of Y` puts two states behind those of its procedure:
**
**     state asked {
**       X may start with consent of Y -> FIRST
**       X may withdraw_start -> declined
**     }
**     end declined
**
** A case that X opens enters `asked` and asks for `start` there; it starts, and its first state is entered, with the
** last consent (step.c). What stands outside states does not stand in `asked`: the case has not started.
*/
#include "lang/check/amend.h"

static struct bf_node *made(struct bf_parse *p, enum bf_node_kind kind, bf_span at) {
    struct bf_node *n = bf_new(p->arena, struct bf_node);
    n->kind = kind;
    n->id = p->next_id++;
    n->span = at;
    n->flags = BF_F_DERIVED;
    return n;
}

static struct bf_node *named(struct bf_parse *p, bf_span at, const char *z) {
    struct bf_node *n = made(p, BF_N_NAME, at);
    n->name = bf_name_intern(p->names, bf_str_of(z));
    return n;
}

static struct bf_node *label(struct bf_parse *p, const struct bf_node *starts, const char *en,
                             const char *zh) {
    struct bf_node *n = made(p, BF_N_STRING, starts->span);
    n->text = bf_str_of(starts->flags & BF_F_ZH ? zh : en);
    return n;
}

static struct bf_node *goal(struct bf_parse *p, bf_span at, struct bf_node *name) {
    struct bf_node *n = made(p, BF_N_GOAL, at);
    n->a = name;
    return n;
}

/* X may ACT … -> GOAL */
static struct bf_node *permission(struct bf_parse *p, const struct bf_node *starts,
                                  struct bf_node *subjects, const char *act, struct bf_node *text,
                                  struct bf_node *to) {
    struct bf_node *n = made(p, BF_N_MAY, starts->span);
    n->a = subjects;
    n->b = made(p, BF_N_ACT, starts->span);
    n->b->a = named(p, starts->span, act);
    n->b->b = text;
    n->d = goal(p, starts->span, to);
    return n;
}

static struct bf_node *first_state(struct bf_node *proc) {
    for (struct bf_node *n = proc->c; n; n = n->next)
        if (n->kind == BF_N_STATE && n->a && n->a->kind == BF_N_NAME)
            return n;
    return NULL;
}

static void derive(struct bf_parse *p, struct bf_node *proc, struct bf_node *starts) {
    bf_span at = starts->b->span;
    struct bf_node *first = first_state(proc), **end = &proc->c;
    if (!first)
        return;
    struct bf_node *state = made(p, BF_N_STATE, at), *declined = made(p, BF_N_END, at);
    struct bf_node *to = named(p, at, "");
    to->name = first->a->name;
    state->a = named(p, at, "asked");
    state->b = label(p, starts, "consent awaited", "待同意启动");
    state->cites = declined->cites = starts->cites;
    state->c = permission(p, starts, starts->a, "start", label(p, starts, "start", "启动"), to);
    state->c->c = starts->b;
    state->c->next = permission(p, starts, starts->a, "withdraw_start",
                                label(p, starts, "withdraw", "撤回申请"), named(p, at, "declined"));
    declined->a = named(p, at, "declined");
    declined->b = label(p, starts, "not started", "未予启动");
    state->next = declined;
    while (*end)
        end = &(*end)->next;
    *end = state;
}

static void procedure(struct bf_parse *p, struct bf_node *proc) {
    struct bf_node *asked = NULL;
    for (struct bf_node *n = proc->c; n; n = n->next) {
        if (n->kind != BF_N_STARTS_BY || !n->b || (n->flags & BF_F_BROKEN))
            continue;
        if (asked) {
            struct bf_diag *d = bf_diag(p->diags, BF_E0366_ASKED_TWICE, n->span, BF_NOARGS);
            bf_diag_label(p->diags, d, asked->span, BF_T_ALREADY_HERE, BF_NOARGS);
            bf_diag_hint(p->diags, d, BF_T_HINT_ASKED, BF_NOARGS);
            return;
        }
        asked = n;
    }
    if (asked)
        derive(p, proc, asked);
}

void bf_asked(struct bf_parse *p, struct bf_tree *const *trees, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        for (struct bf_node *n = trees[i]->root->a; n; n = n->next)
            if (n->kind == BF_N_PROCEDURE)
                procedure(p, n);
}
