/* swallowed: tells of clauses that were written into a new name, where they say nothing (lang/syntax/swallow.c). Only
** of names that clauses stand beside: acts, duties, members of lists, offices, the last of an enumeration. */
#include "lang/check/checker.h"
#include "lang/syntax/names.h"

static bool looked_at(const struct bf_node *name) {
    return name && name->kind == BF_N_NAME && !(name->flags & (BF_F_QUOTED | BF_F_BROKEN)) &&
           name->name->text.len && name->name->text.p[0] & 0x80;
}

/* 延长答复, 延长答复一次: the duty that an act's name means to extend. */
static const struct bf_name *extended(struct bf_checker *c, const struct bf_sym *proc,
                                      bf_str name) {
    bf_str prefix = bf_builtin_text(BF_B_EXTEND, BF_LANG_ZH);
    if (!proc || !bf_str_starts(name, prefix))
        return NULL;
    bf_str duty = {name.p + prefix.len, name.len - prefix.len};
    struct bf_swallowed w = {.apart = NULL};
    if (bf_swallowed(duty, false, &w))
        duty = w.before;
    const struct bf_name *n = bf_name_intern(c->p->parse->names, duty);
    return bf_scope_find(c, proc, BF_C_DUTY, n) ? n : NULL;
}

static void hint_apart(struct bf_checker *c, struct bf_diag *d, const struct bf_swallowed *w) {
    bf_arg apart = bf_arg_str(bf_buf_view(w->apart));
    if (w->turn)
        bf_hint(c, d, BF_T_HINT_APART_TURN, BF_NOARGS);
    else if (w->window)
        bf_hint(c, d, BF_T_HINT_APART_WINDOW, BF_NOARGS);
    else if (w->notice)
        bf_hint(c, d, BF_T_HINT_APART_EFFECT, BF_ARGS(bf_arg_str(w->before)));
    else
        bf_hint(c, d, BF_T_HINT_APART, BF_ARGS(apart));
}

void bf_name_swallowed(struct bf_checker *c, const struct bf_node *name, const struct bf_sym *proc,
                       bool office) {
    struct bf_buf apart;
    struct bf_swallowed w = {.apart = &apart};
    if (!looked_at(name))
        return;
    bf_buf_in(&apart, c->arena);
    const struct bf_name *duty = extended(c, proc, name->name->text);
    bool swallowed = bf_swallowed(name->name->text, office, &w);
    if (!swallowed && !duty)
        return;
    enum bf_diag_code code = w.notice && !duty ? BF_W0213_SWALLOWED_NOTICE : BF_E0212_SWALLOWED;
    bf_str word = duty ? bf_builtin_text(BF_B_EXTEND, BF_LANG_ZH) : w.word;
    struct bf_diag *d =
        bf_report(c, code, name->span, BF_ARGS(bf_arg_name(name->name), bf_arg_str(word)));
    if (duty)
        bf_hint(c, d, BF_T_HINT_APART_EXTEND, BF_ARGS(bf_arg_name(duty)));
    else
        hint_apart(c, d, &w);
    bf_hint(c, d, BF_T_HINT_QUOTE_NAME, BF_ARGS(bf_arg_name(name->name)));
}

void bf_names_swallowed(struct bf_checker *c, const struct bf_sym *proc) {
    for (const struct bf_sym *s = proc->proc->duties.first; s; s = s->next)
        if (s->node->kind == BF_N_MUST && s->node->b)
            bf_name_swallowed(c, s->node->b->a, proc, false);
    for (const struct bf_sym *s = proc->proc->acts.first; s; s = s->next) {
        const struct bf_sym *duty = bf_scope_find(c, proc, BF_C_DUTY, s->name);
        if (s->node->kind == BF_N_ACT && !duty)
            bf_name_swallowed(c, s->node->a, proc, false);
    }
}

bool bf_limit_swallowed(const struct bf_node *must) {
    struct bf_swallowed w = {.apart = NULL};
    return must->b && looked_at(must->b->a) && bf_swallowed(must->b->a->name->text, false, &w) &&
           (w.limit || w.window);
}

/* 人口、法人等: is the list open? Words of two letters (高等, 平等) are words. */
void bf_list_swallowed(struct bf_checker *c, const struct bf_sym *list) {
    const struct bf_sym *last = list->last;
    bf_str etc = bf_str_of(bf_word_z(BF_W_ETC, true));
    const struct bf_node *name = last ? last->node->a : NULL;
    if (!looked_at(name) || name->name->text.len <= 2 * etc.len)
        return;
    bf_str text = name->name->text, end = {text.p + text.len - etc.len, etc.len};
    if (!bf_str_eq(end, etc))
        return;
    struct bf_diag *d = bf_report(c, BF_E0212_SWALLOWED, name->span,
                                  BF_ARGS(bf_arg_name(name->name), bf_arg_str(etc)));
    bf_hint(c, d, BF_T_HINT_OPEN_ENUM, BF_ARGS(bf_arg_str((bf_str){text.p, text.len - etc.len})));
    bf_hint(c, d, BF_T_HINT_QUOTE_NAME, BF_ARGS(bf_arg_name(name->name)));
}
