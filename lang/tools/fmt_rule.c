/* What stands in procedures, states and scenarios. */
#include "lang/tools/fmt_internal.h"

#include <string.h>

#include "lang/base/mem.h"

/* ---- rules of procedures ---- */

static const struct bf_node *clause(const struct bf_node *n, enum bf_node_kind kind) {
    for (const struct bf_node *c = n->c; c; c = c->next)
        if (c->kind == kind)
            return c;
    return NULL;
}

/* Effects in braces behind a line if they fit there, else each on a row; false: they did not fit. */
static bool effects_behind(struct bf_layout *o, struct bf_line *l, const struct bf_node *n,
                           uint32_t indent) {
    struct bf_line try;
    if (!n->e)
        return true;
    if (bf_lay_comments_before(o, n->span.end))
        return false;
    bf_line_init(&try, &o->f, l->zh);
    bf_put_effects(&try, n->e);
    bool fits = indent + bf_lay_columns(bf_buf_view(&l->text)) + 1 +
                    bf_lay_columns(bf_buf_view(&try.text)) <=
                WIDTH;
    bf_line_fini(&try);
    if (fits)
        bf_put_effects(l, n->e);
    return fits;
}

static void effect_rows(struct bf_layout *o, const struct bf_node *effects, uint32_t end,
                        uint32_t indent, bool zh) {
    for (const struct bf_node *e = effects; e; e = e->next) {
        struct bf_line l;
        bf_lay_leading(o, e->span.start, indent);
        bf_line_init(&l, &o->f, zh);
        bf_put_effect(&l, e);
        bf_lay_one_row(o, e, indent, &l, NULL, e->cites);
        bf_lay_trailing(o, bf_lay_next_start(e, end));
    }
    bf_lay_inside_block_end(o, end, indent);
}

/* Ends a statement whose text is in l: its effects and citations. close: what follows the block. */
static void finish(struct bf_layout *o, const struct bf_node *n, struct bf_line *l, uint32_t indent,
                   const struct bf_node *table, bool cells) {
    bool zh = l->zh;
    bf_str cites = bf_lay_cite_text(o, n->cites, zh);
    if (cells && n->e)
        bf_line_cell(l);
    if (effects_behind(o, l, n, indent)) {
        bf_str behind = bf_lay_inner(o, bf_lay_full_end(n), indent);
        struct bf_row *r = bf_lay_row_of(o, indent, l);
        r->table = table;
        r->cites = cites;
        r->comment = behind;
        return;
    }
    if (cells) { /* the cell just begun */
        l->marks--;
        l->last = BF_GLUE_WORD;
    }
    bf_str behind = bf_lay_inner(o, n->e->span.start, indent);
    bf_put_open(l);
    struct bf_row *r = bf_lay_row_of(o, indent, l);
    r->cites = cites;
    r->comment = behind;
    o->blank = false;
    effect_rows(o, n->e, n->span.end, indent + INDENT, zh);
    struct bf_line close;
    bf_line_init(&close, &o->f, zh);
    bf_put_close(&close);
    bf_lay_row_of(o, indent, &close);
}

static void alt_text(struct bf_layout *o, struct bf_line *l, const struct bf_node *n, bool labels,
                     bool cells) {
    (void)o;
    const struct bf_node *head = n->b;
    bf_put_name(l, head->a, BF_PLACE_OWN);
    if (!cells) {
        bf_put_label(l, head->b);
        bf_put_params(l, head->c, head->b != NULL && !l->zh);
    } else {
        if (head->b) {
            bf_lay_label_cell(l, head->b);
            bf_line_cell(l);
        } else if (labels) {
            bf_put_params(l, head->c, false);
            bf_line_cell(l);
            bf_line_cell(l);
        }
        if (head->b || !labels)
            bf_put_params(l, head->c, false);
    }
    bf_put_act_clauses(l, n->c, head->c, false);
    if (cells && n->d)
        bf_line_cell(l);
    bf_put_goal(l, n->d, true);
}

static void otherwise_text(struct bf_line *l, const struct bf_node *n) {
    if (l->zh) {
        bf_put_word(l, BF_W_OVERDUE);
        bf_put_word(l, BF_W_DE);
        bf_put_sign(l, ",", "，", BF_GLUE_CLOSE);
    } else {
        bf_put_word(l, BF_W_OTHERWISE);
    }
    if (n->op == BF_OTHERWISE_STAYS) {
        bf_put_word(l, BF_W_STAYS);
    } else if (n->op == BF_OTHERWISE_GOTO) {
        bf_put_goal(l, n->d, false);
    } else {
        bf_put_word(l, BF_W_DEEMED);
        bf_put_name(l, n->a, BF_PLACE_OWN);
    }
}

/* ｝逾期的，… or, after a block on one line, a row of its own. */
static void otherwise_part(struct bf_layout *o, const struct bf_node *n, struct bf_line *l,
                           uint32_t indent) {
    otherwise_text(l, n);
    finish(o, n, l, indent, NULL, false);
}

static bool one_line_duty(struct bf_layout *o, const struct bf_node *n, struct bf_line *head,
                          struct bf_line *alt, uint32_t indent) {
    const struct bf_node *a = n->d;
    if (!a || a->next || a->cites ||
        bf_lay_comments_before(o, n->e ? n->e->span.start : n->span.end))
        return false;
    alt_text(o, alt, a, false, false);
    bf_put_effects(alt, a->e);
    return indent + bf_lay_columns(bf_buf_view(&head->text)) +
               bf_lay_columns(bf_buf_view(&alt->text)) + 6 <=
           WIDTH;
}

/* A duty without a block: its consequence on the same row, or on one of its own if there are effects. */
static void duty_until(struct bf_layout *o, const struct bf_node *n, struct bf_line *l,
                       uint32_t indent, bf_str cites) {
    bool zh = l->zh;
    bf_str behind = bf_lay_inner(o, n->e ? n->e->span.start : bf_lay_full_end(n), indent);
    struct bf_row *r = bf_lay_row_of(o, indent, l);
    r->cites = cites;
    r->comment = behind;
    if (!n->e)
        return;
    bf_line_init(l, &o->f, zh);
    bf_lay_leading(o, n->e->span.start, indent + INDENT);
    otherwise_part(o, n->e, l, indent + INDENT);
}

static void duty(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l, alt;
    bool labels = false, zh = bf_fmt_zh(&o->f, n, false);
    bf_str cites = bf_lay_cite_text(o, n->cites, zh);
    bf_line_init(&l, &o->f, zh);
    bf_line_init(&alt, &o->f, zh);
    bf_put_rule_head(&l, n);
    if (clause(n, BF_N_C_UNTIL)) {
        bf_line_fini(&alt);
        duty_until(o, n, &l, indent, cites);
        return;
    }
    if (one_line_duty(o, n, &l, &alt, indent)) {
        bf_put_open(&l);
        if (!zh)
            l.space = true;
        bf_put_sign(&l, "", "", BF_GLUE_WORD);
        bf_buf_str(&l.text, bf_buf_view(&alt.text));
        if (!zh)
            bf_buf_char(&l.text, ' ');
        l.tight = true;
        bf_put_close(&l);
        bf_line_fini(&alt);
        bf_lay_row_of(o, indent, &l)->cites = cites;
        if (!n->e)
            return;
        bf_lay_trailing(o, n->e->span.start);
        bf_line_init(&l, &o->f, zh);
        bf_lay_leading(o, n->e->span.start, indent + INDENT);
        otherwise_part(o, n->e, &l, indent + INDENT);
        return;
    }
    bf_line_fini(&alt);
    uint32_t end = n->e ? n->e->span.start : n->span.end;
    bf_str behind = bf_lay_inner(o, n->d ? n->c ? n->c->span.start : n->b->span.end : end, indent);
    bf_put_open(&l);
    struct bf_row *head = bf_lay_row_of(o, indent, &l);
    head->cites = cites;
    head->comment = behind;
    o->blank = false;
    bf_lay_trailing(o, n->d ? n->d->span.start : end);
    for (const struct bf_node *a = n->d; a; a = a->next)
        labels = labels || a->b->b;
    for (const struct bf_node *a = n->d; a; a = a->next) {
        if (a != n->d)
            bf_lay_leading(o, a->span.start, indent + INDENT);
        else
            while (bf_lay_trivia(o) && bf_lay_trivia(o)->start < a->span.start) {
                const struct bf_trivia *t = bf_lay_trivia(o);
                if (t->kind != BF_TRIVIA_BLANK)
                    bf_lay_add_comment(o, t, indent + INDENT);
                o->next++;
            }
        bf_line_init(&l, &o->f, zh);
        alt_text(o, &l, a, labels, !zh);
        finish(o, a, &l, indent + INDENT, n->d, !zh);
        bf_lay_trailing(o, bf_lay_next_start(a, end));
    }
    bf_lay_inside_block_end(o, end, indent + INDENT);
    bf_line_init(&l, &o->f, zh);
    bf_put_close(&l);
    if (n->e) {
        if (!zh)
            l.space = true;
        otherwise_part(o, n->e, &l, indent);
    } else {
        bf_lay_row_of(o, indent, &l);
    }
}

static void datum(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, n->kind == BF_N_PARTY   ? BF_W_PARTY
                   : n->kind == BF_N_GIVEN ? BF_W_GIVEN
                                           : BF_W_KEEP);
    if (!l->zh)
        bf_line_cell(l);
    bf_put_name(l, n->a, BF_PLACE_OWN);
    bf_lay_type_cell(l, n, n->flags & BF_F_SEALED);
    if (n->b && !l->zh)
        bf_lay_label_cell(l, n->b);
    else
        bf_put_label(l, n->b);
    if (n->d) {
        if (!l->zh && !n->b)
            bf_line_cell(l);
        bf_lay_equals(l, n->d, true);
    }
}

static void starts(struct bf_line *l, const struct bf_node *n) {
    bool by = n->kind == BF_N_STARTS_BY;
    if (l->zh) {
        bf_put_word(l, by ? BF_W_BY_ZH : BF_W_ON_ZH);
    } else {
        bf_put_word(l, BF_W_STARTS);
        bf_put_word(l, by ? BF_W_BY : BF_W_ON);
    }
    if (by) {
        bf_put_subjects(l, n->a);
    } else {
        bf_put_name(l, n->a, BF_PLACE_EVENT);
        bf_put_label(l, n->b);
        bf_put_params(l, n->c, n->b != NULL && !l->zh);
    }
    if (l->zh)
        bf_put_word(l, BF_W_STARTS_ZH);
    if (by)
        bf_put_act_clauses(l, n->b, NULL, false);
}

/* starts every year on 01-01 with each dept in departments; 每年1月1日对 部门名录 内各 部门 启动 */
static void starts_every(struct bf_line *l, const struct bf_node *n) {
    bool year = n->a->kind == BF_N_MONTH_DAY;
    if (l->zh) {
        bf_put_word(l, year ? BF_W_EVERY_YEAR : BF_W_EVERY);
        l->tight = true;
    } else {
        bf_put_word(l, BF_W_STARTS);
        bf_put_word(l, BF_W_EVERY);
        if (year)
            bf_put_sign(l, "year on", "", BF_GLUE_WORD);
    }
    bf_put_expr(l, n->a);
    if (n->b && l->zh) {
        l->tight = true;
        bf_put_word(l, BF_W_UPON);
        bf_put_name(l, n->b->next, BF_PLACE_OWN);
        bf_put_word(l, BF_W_EACH_ZH);
        bf_put_name(l, n->b, BF_PLACE_OWN);
    } else if (n->b) {
        bf_put_word(l, BF_W_WITH);
        bf_put_word(l, BF_W_EACH);
        bf_put_name(l, n->b, BF_PLACE_OWN);
        bf_put_word(l, BF_W_IN);
        bf_put_name(l, n->b->next, BF_PLACE_OWN);
    } else if (l->zh) {
        l->tight = true;
    }
    if (l->zh)
        bf_put_word(l, BF_W_STARTS_ZH);
}

static void when(struct bf_line *l, const struct bf_node *n) {
    if (l->zh) {
        if (n->a) {
            bf_put_word(l, BF_W_IF_ZH);
            bf_put_expr(l, n->a);
            bf_put_word(l, BF_W_DE);
        } else {
            bf_put_word(l, BF_W_OTHERWISE_ZH);
        }
    } else {
        bf_put_word(l, n->a ? BF_W_WHEN : BF_W_ELSE);
        if (n->a)
            bf_put_expr(l, n->a);
    }
    bf_put_goal(l, n->d, true);
}

static void guard_prefix(struct bf_line *l, const struct bf_node *cond) {
    if (!cond || !l->zh)
        return;
    bf_put_word(l, BF_W_IF_ZH);
    bf_put_expr(l, cond);
    bf_put_word(l, BF_W_DE);
    bf_put_sign(l, ",", "，", BF_GLUE_CLOSE);
}

static void guard_suffix(struct bf_line *l, const struct bf_node *cond) {
    if (!cond || l->zh)
        return;
    bf_put_word(l, BF_W_IF);
    bf_put_expr(l, cond);
}

static void lasts(struct bf_line *l, const struct bf_node *n) {
    const struct bf_node *guard = clause(n, BF_N_C_IF), *from = clause(n, BF_N_C_FROM);
    guard_prefix(l, guard ? guard->a : NULL);
    if (l->zh) {
        bf_put_word(l, BF_W_LASTS_ZH);
        if (n->a->kind == BF_N_PERIOD)
            l->tight = true;
    } else {
        bf_put_word(l, BF_W_LASTS);
        bf_put_sign(l, "at most", "", BF_GLUE_WORD);
    }
    bf_put_operand(l, n->a);
    if (from) {
        bf_put_word(l, BF_W_FROM);
        bf_put_expr(l, from->a);
        if (l->zh)
            bf_put_word(l, BF_W_FROM_DAY);
    }
    guard_suffix(l, guard ? guard->a : NULL);
    if (l->zh) {
        bf_put_sign(l, ",", "，", BF_GLUE_CLOSE);
        bf_line_break(l);
        bf_put_word(l, BF_W_OVERDUE);
        bf_put_word(l, BF_W_DE);
        bf_put_sign(l, ",", "，", BF_GLUE_CLOSE);
    } else {
        bf_line_break(l);
        bf_put_word(l, BF_W_OTHERWISE);
    }
    bf_put_goal(l, n->d, false);
}

/* The table's columns: the end, where it leads, what follows. */
static void run(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    bool zh = l.zh;
    bf_str cites = bf_lay_cite_text(o, n->cites, zh);
    bf_put_word(&l, BF_W_RUN);
    bf_put_name(&l, n->a, BF_PLACE_GLOBAL);
    bf_put_args(&l, n->b, false);
    bf_lay_open_block(o, &l, n->c, n->span.end, indent);
    o->row[o->rows - 1].cites = cites;
    for (const struct bf_node *x = n->c; x; x = x->next) {
        bf_lay_leading(o, x->span.start, indent + INDENT);
        bf_line_init(&l, &o->f, zh);
        bf_put_name(&l, x->a, BF_PLACE_OWN);
        if (x->d && !zh)
            bf_line_cell(&l);
        bf_put_goal(&l, x->d, true);
        finish(o, x, &l, indent + INDENT, n->c, !zh);
        bf_lay_trailing(o, bf_lay_next_start(x, n->span.end));
    }
    bf_lay_close_block(o, n, zh, indent);
}

static void items(struct bf_layout *o, const struct bf_node *n, const struct bf_node *first,
                  uint32_t indent);

void bf_lay_state(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    bool zh = l.zh;
    if (n->kind == BF_N_AMEND)
        bf_put_word(&l, BF_W_AMEND);
    bf_put_word(&l, n->kind == BF_N_STATE  ? BF_W_STATE
                    : n->kind == BF_N_NORM ? BF_W_NORM
                                           : BF_W_PROCEDURE);
    bf_put_name(&l, n->a, BF_PLACE_OWN);
    bf_put_label(&l, n->b);
    bf_lay_head_cites(&l, n->cites);
    bf_lay_open_block(o, &l, n->c, n->span.end, indent);
    items(o, n, n->c, indent + INDENT);
    bf_lay_close_block(o, n, zh, indent);
}

void bf_lay_item(struct bf_layout *o, const struct bf_node *n, const struct bf_node *owner,
                 uint32_t indent) {
    struct bf_line l;
    if (n->kind == BF_N_REPLACE) {
        bf_lay_replace(o, n, indent, owner);
        return;
    }
    if (n->kind == BF_N_DROP) {
        bf_lay_drop(o, n, indent);
        return;
    }
    if (n->kind == BF_N_STATE) {
        bf_lay_state(o, n, indent);
        return;
    }
    if (n->kind == BF_N_MUST) {
        duty(o, n, indent);
        return;
    }
    if (n->kind == BF_N_RUN) {
        run(o, n, indent);
        return;
    }
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_PARTY:
    case BF_N_GIVEN:
    case BF_N_KEEP:
        datum(&l, n);
        bf_lay_one_row(o, n, indent, &l, owner, n->cites);
        return;
    case BF_N_STARTS_BY:
    case BF_N_STARTS_ON: starts(&l, n); break;
    case BF_N_STARTS_EVERY: starts_every(&l, n); break;
    case BF_N_REQUIRE:
        bf_put_word(&l, BF_W_REQUIRE);
        if (l.zh)
            bf_put_sign(&l, "", "：", BF_GLUE_CLOSE);
        bf_put_expr(&l, n->a);
        if (l.zh)
            bf_put_sign(&l, ",", "，", BF_GLUE_CLOSE);
        bf_line_break(&l);
        bf_put_word(&l, l.zh ? BF_W_OTHERWISE_REFUSED : BF_W_OTHERWISE);
        bf_put_string(&l, n->b);
        break;
    case BF_N_END:
        bf_put_word(&l, BF_W_END);
        bf_put_name(&l, n->a, BF_PLACE_OWN);
        if (n->c || n->b) {
            struct bf_node shown = *n; /* an end's effects are in c */
            shown.e = n->c;
            if (n->b)
                bf_lay_label_cell(&l, n->b);
            else if (!l.zh)
                bf_line_cell(&l);
            finish(o, &shown, &l, indent, n->cites || n->c ? NULL : owner, false);
            return;
        }
        break;
    case BF_N_MAY:
        bf_put_rule_head(&l, n);
        bf_put_goal(&l, n->d, true);
        finish(o, n, &l, indent, NULL, false);
        return;
    case BF_N_MAY_EXTEND:
        bf_put_rule_head(&l, n);
        finish(o, n, &l, indent, NULL, false);
        return;
    case BF_N_MUST_NOT:
    case BF_N_NORM_MUST: bf_put_rule_head(&l, n); break;
    case BF_N_PAUSES:
        guard_prefix(&l, n->b);
        bf_put_word(&l, BF_W_PAUSES);
        if (n->a)
            bf_put_names(&l, n->a, BF_PLACE_OWN);
        else
            bf_put_word(&l, BF_W_ALL);
        guard_suffix(&l, n->b);
        break;
    case BF_N_LASTS:
        lasts(&l, n);
        finish(o, n, &l, indent, NULL, false);
        return;
    case BF_N_WHEN: when(&l, n); break;
    default: break;
    }
    bf_lay_one_row(o, n, indent, &l, n->kind == BF_N_END ? owner : NULL, n->cites);
}

static void items(struct bf_layout *o, const struct bf_node *n, const struct bf_node *first,
                  uint32_t indent) {
    for (const struct bf_node *m = first; m; m = m->next) {
        bf_lay_leading(o, m->span.start, indent);
        bf_lay_item(o, m, n, indent);
        bf_lay_trailing(o, bf_lay_next_start(m, n->span.end));
    }
}

/* ---- scenarios ---- */

static void refusal(struct bf_line *l, enum bf_refusal kind) {
    switch (kind) {
    case BF_REFUSAL_FORBIDDEN: bf_put_sign(l, "forbidden", "禁止事项", BF_GLUE_WORD); break;
    case BF_REFUSAL_NOT_PERMITTED: bf_put_sign(l, "not permitted", "无权", BF_GLUE_WORD); break;
    case BF_REFUSAL_NOT_YET: bf_put_sign(l, "not yet", "尚早", BF_GLUE_WORD); break;
    case BF_REFUSAL_TOO_LATE: bf_put_sign(l, "too late", "已过期", BF_GLUE_WORD); break;
    case BF_REFUSAL_REFUSED: bf_put_sign(l, "refused", "被拒绝", BF_GLUE_WORD); break;
    case BF_REFUSAL_NONE:
    case BF_REFUSAL_MALFORMED: break;
    }
    bf_put_sign(l, ":", "：", BF_GLUE_CLOSE);
}

void bf_lay_statement(struct bf_layout *o, const struct bf_node *n, const struct bf_node *owner,
                      uint32_t indent) {
    struct bf_line l;
    const struct bf_node *table = NULL;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_S_AT:
        bf_put_word(&l, l.zh ? BF_W_AT_ZH : BF_W_AT);
        l.tight = l.zh;
        bf_put_literal(&l, n->a);
        if (n->b) {
            l.tight = l.zh;
            bf_put_literal(&l, n->b);
        }
        break;
    case BF_N_S_WAIT:
        bf_put_word(&l, BF_W_WAIT);
        l.tight = l.zh;
        bf_put_literal(&l, n->a);
        break;
    case BF_N_S_ASSUME:
        bf_put_word(&l, BF_W_ASSUME);
        bf_put_name(&l, n->a, BF_PLACE_OWN);
        bf_lay_equals(&l, n->b, false);
        break;
    case BF_N_S_PUT:
        if (l.zh) {
            bf_put_word(&l, BF_W_TAKE);
            bf_put_operand(&l, n->b);
            bf_put_word(&l, BF_W_INTO_REGISTER);
            bf_put_name(&l, n->a, BF_PLACE_OWN);
        } else {
            bf_put_word(&l, BF_W_PUT);
            bf_put_name(&l, n->a, BF_PLACE_OWN);
            bf_put_operand(&l, n->b);
        }
        break;
    case BF_N_LET:
        bf_put_word(&l, BF_W_LET);
        bf_put_name(&l, n->a, BF_PLACE_OWN);
        bf_line_cell(&l);
        bf_lay_equals(&l, n->b, false);
        table = owner;
        break;
    case BF_N_S_EXPECT:
        bf_put_word(&l, BF_W_EXPECT);
        bf_put_expr(&l, n->a);
        break;
    case BF_N_S_REFUSED:
        bf_put_word(&l, BF_W_EXPECT);
        refusal(&l, (enum bf_refusal)n->op);
        bf_put_act(&l, n->a);
        break;
    default: bf_put_act(&l, n); break;
    }
    if (n->cites) {
        l.space = true;
        bf_line_break(&l);
        bf_put_cites(&l, n->cites);
    }
    bf_lay_one_row(o, n, indent, &l, table, NULL);
}

void bf_lay_scenario(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    bool zh = l.zh;
    bf_put_word(&l, BF_W_SCENARIO);
    bf_put_string(&l, n->a);
    bf_lay_head_cites(&l, n->cites);
    bf_lay_open_block(o, &l, n->b, n->span.end, indent);
    for (const struct bf_node *m = n->b; m; m = m->next) {
        bf_lay_leading(o, m->span.start, indent + INDENT);
        bf_lay_statement(o, m, n, indent + INDENT);
        bf_lay_trailing(o, bf_lay_next_start(m, n->span.end));
    }
    bf_lay_close_block(o, n, zh, indent);
}
