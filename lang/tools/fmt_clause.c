/* What rules and effects say: word order and punctuation of each surface. */
#include "lang/tools/fmt_internal.h"

#include <string.h>

/* ---- goals and effects ---- */

void bf_put_goal(struct bf_line *l, const struct bf_node *goal, bool with_comma) {
    if (!goal)
        return;
    if (l->zh) {
        if (with_comma)
            bf_put_comma(l);
        bf_line_break(l);
        bf_put_zh(l, "转入");
        if (goal->flags & BF_F_BACK)
            bf_put_zh(l, "原状态");
    } else {
        bf_line_break(l);
        bf_put_en(l, "->");
        if (goal->flags & BF_F_BACK)
            bf_put_en(l, "back");
    }
    if (!(goal->flags & BF_F_BACK))
        bf_put_name(l, goal->a, BF_PLACE_OWN);
}

/* 将 x 改为 y and its kin */
static void put_take(struct bf_line *l, const struct bf_node *what, const char *verb) {
    bf_put_zh(l, "将");
    bf_put_operand(l, what);
    bf_put_zh(l, verb);
}

/* Where in the list it goes: after m; ，排在 m 之后 */
static void put_place(struct bf_line *l, const struct bf_node *n) {
    if (!n->d)
        return;
    if (l->zh) {
        bf_put_comma(l);
        bf_put_word(l, BF_W_PLACED);
        bf_put_primary(l, n->d);
        bf_put_word(l, n->op == BF_ADD_AFTER ? BF_W_AFTER_ZH : BF_W_BEFORE_ZH);
    } else {
        bf_put_word(l, n->op == BF_ADD_AFTER ? BF_W_AFTER : BF_W_BEFORE);
        bf_put_primary(l, n->d);
    }
}

static void effect_zh(struct bf_line *l, const struct bf_node *n) {
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_E_SET:
        put_take(l, n->a, "改为");
        bf_put_operand(l, n->b);
        break;
    case BF_N_E_ADD:
        put_take(l, n->b, "加入");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        put_place(l, n);
        break;
    case BF_N_E_REMOVE:
        put_take(l, n->b, "移出");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        break;
    case BF_N_E_PUT:
        put_take(l, n->b, "记入");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        break;
    case BF_N_E_NOTIFY:
        bf_put_zh(l, "通知");
        bf_put_operand(l, n->a);
        if (n->b) {
            bf_put_comma(l);
            bf_put_zh(l, "并说明");
            bf_put_operand(l, n->b);
        }
        break;
    case BF_N_E_VIOLATE:
        bf_put_zh(l, "认定");
        if (n->b)
            bf_put_operand(l, n->b);
        bf_put_zh(l, "构成");
        bf_put_name(l, n->a, BF_PLACE_GLOBAL);
        break;
    case BF_N_E_EXCUSE:
        bf_put_zh(l, "免除");
        bf_put_operand(l, n->a);
        break;
    case BF_N_E_OPEN:
        bf_put_zh(l, "启动");
        bf_put_name(l, n->a, BF_PLACE_GLOBAL);
        bf_put_args(l, n->b, false);
        break;
    case BF_N_E_ISSUE:
        bf_put_zh(l, "制发");
        bf_put_operand(l, n->a);
        if (n->b) {
            bf_put_comma(l);
            bf_put_zh(l, "并送达");
            bf_put_operand(l, n->b);
        }
        break;
    case BF_N_E_RESTART:
        bf_put_zh(l, "重新计算");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        break;
    case BF_N_E_EXTEND:
        put_take(l, n->a, n->op ? "延长至" : "延长");
        if (n->b->kind == BF_N_PERIOD || n->b->kind == BF_N_DATE)
            bf_line_tight(l);
        bf_put_operand(l, n->b);
        break;
    default: break;
    }
}

static void effect_en(struct bf_line *l, const struct bf_node *n) {
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_E_SET:
        bf_put_en(l, "set");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        bf_put_en(l, "=");
        bf_put_operand(l, n->b);
        break;
    case BF_N_E_ADD:
    case BF_N_E_REMOVE:
        bf_put_en(l, n->kind == BF_N_E_ADD ? "add" : "remove");
        bf_put_operand(l, n->b);
        bf_put_en(l, n->kind == BF_N_E_ADD ? "to" : "from");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        put_place(l, n);
        break;
    case BF_N_E_PUT:
        bf_put_en(l, "put");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        bf_put_operand(l, n->b);
        break;
    case BF_N_E_NOTIFY:
        bf_put_en(l, "notify");
        bf_put_operand(l, n->a);
        if (n->b) {
            bf_put_en(l, "saying");
            bf_put_operand(l, n->b);
        }
        break;
    case BF_N_E_VIOLATE:
        bf_put_en(l, "violate");
        bf_put_name(l, n->a, BF_PLACE_GLOBAL);
        if (n->b) {
            bf_put_en(l, "by");
            bf_put_operand(l, n->b);
        }
        break;
    case BF_N_E_EXCUSE:
        bf_put_en(l, "excuse");
        bf_put_operand(l, n->a);
        break;
    case BF_N_E_OPEN:
        bf_put_en(l, "open");
        bf_put_name(l, n->a, BF_PLACE_GLOBAL);
        bf_put_args(l, n->b, false);
        break;
    case BF_N_E_ISSUE:
        bf_put_en(l, "issue");
        bf_put_operand(l, n->a);
        if (n->b) {
            bf_put_en(l, "to");
            bf_put_operand(l, n->b);
        }
        break;
    case BF_N_E_RESTART:
        bf_put_en(l, "restart");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        break;
    case BF_N_E_EXTEND:
        bf_put_en(l, "extend");
        bf_put_name(l, n->a, BF_PLACE_OWN);
        bf_put_en(l, n->op ? "to" : "by");
        bf_put_operand(l, n->b);
        break;
    default: break;
    }
}

void bf_put_effect(struct bf_line *l, const struct bf_node *n) {
    bool outer = l->zh;
    l->zh = bf_fmt_zh(l->f, n, outer);
    if (l->zh) {
        if (n->c) {
            bf_put_zh(l, "如");
            bf_put_expr(l, n->c);
            bf_put_zh(l, "的");
            bf_put_comma(l);
        }
        effect_zh(l, n);
    } else {
        effect_en(l, n);
        if (n->c) {
            bf_put_en(l, "if");
            bf_put_expr(l, n->c);
        }
    }
    l->zh = outer;
}

void bf_put_effects(struct bf_line *l, const struct bf_node *effects) {
    if (!effects)
        return;
    bf_put_open(l);
    if (!l->zh)
        bf_line_space(l);
    for (const struct bf_node *e = effects; e; e = e->next) {
        bf_put_effect(l, e);
        if (e->cites) {
            bf_line_space(l);
            bf_put_cites(l, e->cites);
        }
        if (e->next)
            bf_put_sign(l, ";", "；", BF_GLUE_CLOSE);
    }
    if (!l->zh)
        bf_line_space(l);
    bf_put_close(l);
}

/* ---- rules ---- */

static const struct bf_node *find(const struct bf_node *clauses, enum bf_node_kind kind) {
    for (; clauses; clauses = clauses->next)
        if (clauses->kind == kind)
            return clauses;
    return NULL;
}

/* each m in LIST in turn; LIST 内各 m依次 */
static void put_subject_of_list(struct bf_line *l, const struct bf_node *s) {
    bool any = s->op == BF_SUBJECT_ANY_OF;
    if (l->zh) {
        bf_put_expr(l, s->b);
        bf_put_word(l, any ? BF_W_ANY_OF : BF_W_EACH_ZH);
        bf_put_name(l, s->a, BF_PLACE_OWN);
        if (s->op == BF_SUBJECT_IN_TURN)
            bf_put_word(l, BF_W_IN_TURN);
        return;
    }
    bf_put_word(l, any ? BF_W_ANY : BF_W_EACH);
    bf_put_name(l, s->a, BF_PLACE_OWN);
    bf_put_word(l, BF_W_IN);
    bf_put_expr(l, s->b);
    if (s->op == BF_SUBJECT_IN_TURN)
        bf_put_en(l, "in turn");
}

static void put_subject(struct bf_line *l, const struct bf_node *s) {
    switch ((enum bf_subject_op)s->op) {
    case BF_SUBJECT_ONE: bf_put_expr(l, s->a); return;
    case BF_SUBJECT_ANY:
        bf_put_word(l, BF_W_ANY);
        bf_put_type(l, s->a);
        return;
    case BF_SUBJECT_EACH:
    case BF_SUBJECT_IN_TURN:
    case BF_SUBJECT_ANY_OF: put_subject_of_list(l, s); return;
    }
}

void bf_put_subjects(struct bf_line *l, const struct bf_node *subjects) {
    for (const struct bf_node *s = subjects; s; s = s->next) {
        put_subject(l, s);
        if (s->next)
            bf_put_word(l, BF_W_OR);
    }
}

static void put_consenters(struct bf_line *l, const struct bf_node *subjects) {
    for (const struct bf_node *s = subjects; s; s = s->next) {
        put_subject(l, s);
        if (s->next)
            bf_put_list_comma(l);
    }
}

static void put_once(struct bf_line *l, const struct bf_node *n) {
    if (n->op) {
        bf_put_number(l, n->num);
        bf_line_tight(l);
        if (!l->zh)
            bf_line_space(l);
        bf_put_sign(l, "times", "次", BF_GLUE_WORD);
    } else {
        bf_put_word(l, BF_W_ONCE);
    }
}

/* Does the expression read one of the act's own arguments? */
static bool reads(const struct bf_node *n, const struct bf_node *params) {
    for (; n; n = n->next) {
        if (n->kind == BF_N_NAME)
            for (const struct bf_node *p = params; p; p = p->next)
                if (p->a->name == n->name)
                    return true;
        if (n->kind == BF_N_DOT ? reads(n->a, params) : reads(n->a, params) || reads(n->b, params))
            return true;
    }
    return false;
}

/* Names joined by 的, all of them Chinese. */
static bool is_path(const struct bf_line *l, const struct bf_node *n) {
    if (n->kind == BF_N_NAME)
        return bf_put_begins_chinese(l, n, BF_PLACE_VALUE);
    return n->kind == BF_N_DOT && is_path(l, n->a) && bf_put_begins_chinese(l, n->b, BF_PLACE_PART);
}

/* 自 or 在, what it opens, and its closer: without spaces where the word rule can cut them apart. */
static void put_opened(struct bf_line *l, const char *opener, const struct bf_node *n,
                       const char *closer) {
    bf_put_zh(l, opener);
    size_t len = l->text.len;
    enum bf_glue last = l->last;
    uint32_t last_start = l->last_start;
    bool tight = is_path(l, n);
    if (tight)
        bf_line_tight(l);
    bf_put_operand(l, n);
    if (tight && memchr(l->text.p + len, ' ', l->text.len - len)) {
        l->text.len = len; /* 的 除外条件 needs its space, and so the opener one too */
        l->last = last;
        l->last_start = last_start;
        bf_put_operand(l, n);
        tight = false;
    }
    if (!tight)
        bf_line_space(l); /* or the closer would free what only looks like an opener */
    bf_put_zh(l, closer);
}

static void limit_zh(struct bf_line *l, const struct bf_node *clauses) {
    const struct bf_node *within = find(clauses, BF_N_C_WITHIN), *from = find(clauses, BF_N_C_FROM),
                         *by = find(clauses, BF_N_C_BY);
    const struct bf_node *after = find(clauses, BF_N_C_NOT_BEFORE);
    if (after && from) {
        bool literal = after->a->kind == BF_N_PERIOD;
        put_opened(l, "自", from->a, "之日起");
        if (literal)
            bf_line_tight(l);
        bf_put_operand(l, after->a);
        if (literal)
            bf_line_tight(l);
        bf_put_zh(l, "届满后");
    } else if (within) {
        bool literal = within->a->kind == BF_N_PERIOD;
        if (from)
            put_opened(l, "自", from->a, "之日起");
        else
            bf_put_zh(l, "在");
        if (literal)
            bf_line_tight(l);
        bf_put_operand(l, within->a);
        if (literal)
            bf_line_tight(l);
        bf_put_zh(l, "内");
        if (literal)
            bf_line_tight(l);
    } else if (by) {
        const struct bf_node *d = by->a;
        if (d->kind == BF_N_DATE || d->kind == BF_N_MONTH_DAY) {
            bf_put_zh(l, "在");
            bf_line_tight(l);
            bf_put_literal(l, d);
            bf_line_tight(l);
            bf_put_zh(l, "前");
            bf_line_tight(l);
        } else if (d->kind == BF_N_BEFORE && d->a->kind == BF_N_PERIOD) {
            put_opened(l, "在", d->b, "之日");
            bf_put_literal(l, d->a);
            bf_line_tight(l);
            bf_put_zh(l, "前");
            bf_line_tight(l);
        } else {
            put_opened(l, "在", d, "届满前");
        }
    }
}

static void put_date(struct bf_line *l, const struct bf_node *n) {
    if (n->kind == BF_N_MONTH_DAY)
        bf_put_literal(l, n);
    else
        bf_put_operand(l, n);
}

static void limit_en(struct bf_line *l, const struct bf_node *clauses) {
    const struct bf_node *c;
    if ((c = find(clauses, BF_N_C_WITHIN))) {
        bf_line_break(l);
        bf_put_en(l, "within");
        bf_put_operand(l, c->a);
    }
    if ((c = find(clauses, BF_N_C_NOT_BEFORE))) {
        bf_line_break(l);
        bf_put_en(l, "not before");
        put_date(l, c->a);
    }
    if ((c = find(clauses, BF_N_C_FROM))) {
        bf_put_en(l, "from");
        bf_put_operand(l, c->a);
    }
    if ((c = find(clauses, BF_N_C_BY))) {
        bf_line_break(l);
        bf_put_en(l, "by");
        put_date(l, c->a);
    }
}

static void put_if_en(struct bf_line *l, const struct bf_node *clauses) {
    const struct bf_node *c = find(clauses, BF_N_C_IF);
    if (!c)
        return;
    bf_line_break(l);
    bf_put_en(l, "if");
    bf_put_expr(l, c->a);
}

static void act_clauses_en(struct bf_line *l, const struct bf_node *clauses) {
    const struct bf_node *c, *consent;
    if ((c = find(clauses, BF_N_C_IN))) {
        bf_put_en(l, "in");
        bf_put_names(l, c->a, BF_PLACE_OWN);
    }
    if ((c = find(clauses, BF_N_C_ONCE)))
        put_once(l, c);
    limit_en(l, clauses);
    if ((c = find(clauses, BF_N_C_DATED))) {
        bf_line_break(l);
        bf_put_word(l, BF_W_DATED);
        bf_put_name(l, c->a, BF_PLACE_OWN);
    }
    if ((c = find(clauses, BF_N_C_DISTINCT))) {
        bf_line_break(l);
        bf_put_en(l, "distinct from");
        bf_put_names(l, c->a, BF_PLACE_OWN);
    }
    if ((consent = find(clauses, BF_N_C_CONSENT))) {
        bf_line_break(l);
        bf_put_en(l, "with consent of");
        put_consenters(l, consent->a);
    }
    if ((c = find(clauses, BF_N_C_REPORTING))) {
        if (consent)
            bf_put_comma(l);
        bf_line_break(l);
        bf_put_en(l, "reporting to");
        put_consenters(l, c->a);
    }
    put_if_en(l, clauses);
    if ((c = find(clauses, BF_N_C_UNLESS))) {
        bf_line_break(l);
        bf_put_en(l, "unless");
        bf_put_expr(l, c->a);
    }
}

static void act_clauses_zh(struct bf_line *l, const struct bf_node *clauses, bool guard) {
    const struct bf_node *c;
    if ((c = find(clauses, BF_N_C_FROM)) && !find(clauses, BF_N_C_WITHIN) &&
        !find(clauses, BF_N_C_NOT_BEFORE)) {
        bf_line_space(l); /* a mistake, but the author's to mend */
        put_opened(l, "自", c->a, "之日起");
    }
    if ((c = find(clauses, BF_N_C_ONCE))) {
        if (c->op == 0 || l->last != BF_GLUE_CLOSE)
            bf_line_space(l);
        if (l->last == BF_GLUE_CLOSE)
            l->space = false, bf_line_tight(l);
        put_once(l, c);
    }
    if (guard && (c = find(clauses, BF_N_C_IF))) {
        bf_put_comma(l);
        bf_line_break(l);
        bf_put_zh(l, "限于");
        bf_put_expr(l, c->a);
    }
    if ((c = find(clauses, BF_N_C_DATED))) {
        bf_put_comma(l);
        bf_line_break(l);
        bf_put_zh(l, "以");
        bf_put_name(l, c->a, BF_PLACE_OWN);
        bf_put_zh(l, "为准");
    }
    if ((c = find(clauses, BF_N_C_DISTINCT))) {
        bf_put_comma(l);
        bf_line_break(l);
        bf_put_zh(l, "与");
        bf_put_names(l, c->a, BF_PLACE_OWN);
        bf_put_zh(l, "非同一人");
    }
    if ((c = find(clauses, BF_N_C_CONSENT))) {
        bf_put_comma(l);
        bf_line_break(l);
        bf_put_zh(l, "须经");
        put_consenters(l, c->a);
        bf_put_zh(l, "同意");
    }
    if ((c = find(clauses, BF_N_C_REPORTING))) {
        bf_put_comma(l);
        bf_line_break(l);
        bf_put_zh(l, "并向");
        put_consenters(l, c->a);
        bf_put_zh(l, "报备");
    }
    if ((c = find(clauses, BF_N_C_NOT_BEFORE)) && !find(clauses, BF_N_C_FROM)) {
        bf_put_comma(l);
        bf_line_break(l);
        bf_put_zh(l, "不早于");
        put_date(l, c->a);
    }
    if ((c = find(clauses, BF_N_C_UNLESS))) {
        bf_put_comma(l);
        bf_line_break(l);
        bf_put_zh(l, "但");
        bf_put_expr(l, c->a);
        bf_put_zh(l, "的除外");
    }
}

void bf_put_act_clauses(struct bf_line *l, const struct bf_node *clauses,
                        const struct bf_node *params, bool guard_done) {
    (void)params;
    if (l->zh)
        act_clauses_zh(l, clauses, !guard_done);
    else
        act_clauses_en(l, clauses);
}

static void put_head(struct bf_line *l, const struct bf_node *act) {
    bf_put_name(l, act->a, BF_PLACE_OWN);
    bf_put_label(l, act->b);
    bf_put_params(l, act->c, act->b != NULL && !l->zh);
}

/* 在 A、B 期间，如 C 的， ; says whether the guard is written */
static bool prefix_zh(struct bf_line *l, const struct bf_node *clauses,
                      const struct bf_node *params) {
    const struct bf_node *in = find(clauses, BF_N_C_IN), *guard = find(clauses, BF_N_C_IF);
    if (in) {
        bf_put_zh(l, "在");
        bf_put_names(l, in->a, BF_PLACE_OWN);
        bf_put_zh(l, "期间");
        bf_put_comma(l);
    }
    if (!guard || (params && reads(guard->a, params)))
        return false;
    bf_put_zh(l, "如");
    bf_put_expr(l, guard->a);
    bf_put_zh(l, "的");
    bf_put_comma(l);
    bf_line_break(l);
    return true;
}

static void must_not(struct bf_line *l, const struct bf_node *n) {
    if (n->kind == BF_N_NORM_MUST && n->a->op == BF_SUBJECT_ANY && l->zh) {
        bf_put_word(l, BF_W_ANY_ZH_EACH);
        bf_put_type(l, n->a->a);
    } else {
        bf_put_subjects(l, n->a);
    }
    if (n->kind == BF_N_NORM_MUST)
        bf_put_word(l, BF_W_MUST);
    else if (l->zh)
        bf_put_zh(l, "不得");
    else
        bf_put_en(l, "must not");
    put_head(l, n->b);
    bf_put_act_clauses(l, n->c, n->b->c, true);
    if (!n->d)
        return;
    if (l->zh) {
        bf_line_break(l);
        bf_put_sign(l, ";", "；", BF_GLUE_CLOSE);
        bf_put_zh(l, "违反");
        bf_put_zh(l, "的");
        bf_put_comma(l);
        bf_put_zh(l, "认定");
        bf_put_zh(l, "构成");
    } else {
        bf_line_break(l);
        bf_put_en(l, "otherwise violate");
    }
    bf_put_name(l, n->d, BF_PLACE_GLOBAL);
}

static void may_extend(struct bf_line *l, const struct bf_node *n) {
    const struct bf_node *once = find(n->c, BF_N_C_ONCE);
    bool guarded = l->zh && prefix_zh(l, n->c, NULL);
    bf_put_subjects(l, n->a);
    bf_put_word(l, BF_W_MAY);
    bf_put_word(l, BF_W_EXTEND);
    bf_put_name(l, n->b, BF_PLACE_OWN);
    if (once)
        put_once(l, once);
    if (l->zh) {
        bf_put_comma(l);
        bf_put_zh(l, "不超过");
        if (n->d->kind == BF_N_PERIOD)
            bf_line_tight(l);
        bf_put_operand(l, n->d);
    } else {
        bf_put_en(l, "by at most");
        bf_put_operand(l, n->d);
    }
    struct bf_node rest[BF_N_C_UNLESS - BF_N_C_ONCE + 1],
        *clauses = NULL; /* all but once, which is said */
    uint32_t count = 0;
    for (const struct bf_node *c = n->c; c; c = c->next) {
        if (c->kind == BF_N_C_ONCE)
            continue;
        rest[count] = *c;
        rest[count].next = clauses;
        clauses = &rest[count++];
    }
    bf_put_act_clauses(l, clauses, NULL, guarded);
}

/* until granted, refused; ，直至 已准予、已驳回 */
static void put_until(struct bf_line *l, const struct bf_node *clauses) {
    const struct bf_node *until = find(clauses, BF_N_C_UNTIL);
    if (!until)
        return;
    if (l->zh)
        bf_put_comma(l);
    bf_line_break(l);
    bf_put_word(l, BF_W_UNTIL);
    bf_put_names(l, until->a, BF_PLACE_OWN);
}

void bf_put_rule_head(struct bf_line *l, const struct bf_node *n) {
    bool guarded = false;
    if (n->kind == BF_N_MUST_NOT || n->kind == BF_N_NORM_MUST) {
        must_not(l, n);
        return;
    }
    if (n->kind == BF_N_MAY_EXTEND) {
        may_extend(l, n);
        return;
    }
    if (l->zh)
        guarded = prefix_zh(l, n->c, n->b->c);
    bf_put_subjects(l, n->a);
    bf_put_word(l, n->kind == BF_N_MUST ? BF_W_MUST : BF_W_MAY);
    if (l->zh)
        limit_zh(l, n->c);
    put_head(l, n->b);
    if (n->kind == BF_N_MUST && !l->zh)
        put_if_en(l, n->c), limit_en(l, n->c);
    else
        bf_put_act_clauses(l, n->c, n->b->c, guarded);
    put_until(l, n->c);
}

/* ---- scenarios ---- */

/* by ann, deputy of bob; ，经办人 ann，代理 bob */
static void put_persons(struct bf_line *l, const struct bf_node *n) {
    if (n->a) {
        if (l->zh)
            bf_put_comma(l), bf_put_word(l, BF_W_HANDLER);
        else
            bf_put_en(l, "by");
        bf_put_expr(l, n->a);
    }
    if (n->b) {
        bf_put_comma(l);
        bf_put_word(l, BF_W_DEPUTY);
        if (!l->zh)
            bf_put_en(l, "of");
        bf_put_expr(l, n->b);
    }
    if (n->c) {
        bf_put_comma(l);
        bf_put_word(l, BF_W_ENTERED);
        if (!l->zh)
            bf_put_en(l, "by");
        bf_put_expr(l, n->c);
    }
}

/* a, b succeed c in d because "No. 3"; a 对 d 承继 c 因为 “3号” */
static void put_succeeds(struct bf_line *l, const struct bf_node *n) {
    const struct bf_node *first = n->a->a;
    for (const struct bf_node *x = first; x; x = x->next) {
        bf_put_expr(l, x);
        if (x->next)
            bf_put_sign(l, ",", "、", BF_GLUE_CLOSE);
    }
    if (!first)
        bf_put_word(l, l->zh ? BF_W_NONE_OF : BF_W_NONE);
    if (n->d && l->zh) {
        bf_put_zh(l, "对");
        bf_put_expr(l, n->d);
    }
    bf_put_word(l, first && first->next && !l->zh ? BF_W_SUCCEED : BF_W_SUCCEEDS);
    bf_put_expr(l, n->b);
    if (n->d && !l->zh) {
        bf_put_en(l, "in");
        bf_put_expr(l, n->d);
    }
    if (n->c) {
        bf_put_word(l, BF_W_BECAUSE);
        bf_put_string(l, n->c);
    }
}

void bf_put_act(struct bf_line *l, const struct bf_node *n) {
    if (n->kind == BF_N_SUCCEEDS) {
        put_succeeds(l, n);
        return;
    }
    bool parens = n->c != NULL || n->kind == BF_N_OPENS;
    bf_put_expr(l, n->a);
    if (n->kind == BF_N_DOES) {
        if (n->d && l->zh) {
            bf_put_zh(l, "对");
            bf_put_expr(l, n->d);
        }
        bf_put_word(l, BF_W_DOES);
        bf_put_name(l, n->b, BF_PLACE_ACT);
    } else {
        bf_put_word(l, n->kind == BF_N_OPENS ? BF_W_OPENS : BF_W_REPORTS);
        bf_put_name(l, n->b, n->kind == BF_N_OPENS ? BF_PLACE_GLOBAL : BF_PLACE_EVENT);
    }
    if (parens) {
        /* the argument of consent and decline is an act */
        if (n->kind == BF_N_DOES && bf_fmt_is_builtin(n->b->name->text, BF_PLACE_ACT) && n->c &&
            !n->c->next && n->c->b->kind == BF_N_NAME) {
            bf_line_tight(l);
            bf_put_open_paren(l);
            bf_put_name(l, n->c->b, BF_PLACE_ACT);
            bf_put_close_paren(l);
        } else {
            bf_put_args(l, n->c, false);
        }
    }
    if (n->kind == BF_N_DOES && n->d && !l->zh) {
        bf_put_en(l, "to");
        bf_put_expr(l, n->d);
    }
    if (n->e)
        put_persons(l, n->e);
}
