/* Measures, models, asserts. */
#include "lang/tools/fmt_internal.h"

static void tally(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, l->zh ? BF_W_COUNT_ZH : BF_W_COUNT);
    bf_line_tight(l);
    bf_put_open_paren(l);
    bf_put_name(l, n->a, BF_PLACE_OWN);
    if (n->b) {
        if (l->zh)
            bf_put_comma(l);
        bf_put_word(l, BF_W_WHERE);
        bf_put_expr(l, n->b);
    }
    bf_put_close_paren(l);
}

static void measure_head(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, BF_W_MEASURE);
    bf_put_name(l, n->a, BF_PLACE_OWN);
    bf_put_label(l, n->b);
    bf_lay_head_cites(l, n->cites);
    if (n->c) {
        bf_put_word(l, BF_W_PER);
        bf_put_name(l, n->c, BF_PLACE_OWN);
        if (l->zh)
            bf_put_word(l, BF_W_TALLIED);
    }
}

static void measure_value(struct bf_line *l, const struct bf_node *n) {
    if (l->text.len)
        bf_line_space(l);
    bf_put_sign(l, "=", "＝", BF_GLUE_WORD);
    bf_line_space(l);
    tally(l, n->d);
    if (!n->e)
        return;
    bf_line_break(l);
    if (l->zh)
        bf_line_tight(l);
    bf_put_sign(l, "/", "／", l->zh ? BF_GLUE_OPEN : BF_GLUE_WORD);
    tally(l, n->e);
}

void bf_lay_measure(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    bool zh = bf_fmt_zh(&o->f, n, false);
    struct bf_line l, whole;
    bf_line_init(&l, &o->f, zh);
    measure_head(&l, n);
    bf_line_init(&whole, &o->f, zh);
    measure_head(&whole, n);
    measure_value(&whole, n);
    if (indent + bf_lay_columns(bf_buf_view(&whole.text)) > WIDTH) {
        bf_str behind = bf_lay_inner(o, bf_lay_full_end(n), indent);
        bf_lay_row_of(o, indent, &l);
        bf_line_fini(&whole);
        bf_line_init(&whole, &o->f, zh);
        measure_value(&whole, n);
        struct bf_row *r = bf_lay_row_of(o, indent + INDENT, &whole);
        r->comment = behind;
        return;
    }
    bf_line_fini(&l);
    bf_lay_one_row(o, n, indent, &whole, NULL, NULL);
}

static void without(struct bf_line *l, const struct bf_node *act) {
    if (!act)
        return;
    bf_put_word(l, BF_W_WITHOUT);
    bf_put_name(l, act, BF_PLACE_ACT);
}

/* 在20个工作日内离开 待答复 */
static void chinese(struct bf_line *l, const struct bf_node *n) {
    if (n->op == BF_ASSERT_NEVER) {
        without(l, n->d);
        bf_put_word(l, BF_W_NEVER);
        bf_put_name(l, n->b, BF_PLACE_OWN);
        return;
    }
    bool literal = n->c->kind == BF_N_PERIOD;
    bf_put_word(l, BF_W_IN_ZH);
    if (literal)
        bf_line_tight(l);
    bf_put_operand(l, n->c);
    if (literal)
        bf_line_tight(l);
    bf_put_word(l, BF_W_WITHIN_ZH);
    if (literal)
        bf_line_tight(l);
    bf_put_word(l, n->op == BF_ASSERT_ENDS ? BF_W_END : BF_W_LEAVES);
    if (n->b)
        bf_put_name(l, n->b, BF_PLACE_OWN);
    if (n->flags & BF_F_KEPT) {
        bf_put_comma(l);
        bf_put_word(l, BF_W_ALL_KEPT);
    }
}

static void english(struct bf_line *l, const struct bf_node *n) {
    static const enum bf_word words[] = {BF_W_ENDS, BF_W_LEAVES, BF_W_NEVER};
    bf_put_word(l, words[n->op]);
    if (n->b)
        bf_put_name(l, n->b, BF_PLACE_OWN);
    without(l, n->d);
    if (n->op == BF_ASSERT_NEVER)
        return;
    bf_put_word(l, BF_W_WITHIN);
    bf_put_operand(l, n->c);
    if (n->flags & BF_F_KEPT)
        bf_put_en(l, "if kept");
}

void bf_put_assert(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, BF_W_ASSERT);
    bf_put_name(l, n->a, BF_PLACE_OWN);
    if (l->zh)
        chinese(l, n);
    else
        english(l, n);
}

/* ---- models ---- */

static void load(struct bf_line *l, const struct bf_node *n) {
    static const enum bf_word zh[] = {BF_W_EVERY_WORKING_DAY, BF_W_DAILY, BF_W_EVERY_MONTH};
    static const char *const en[] = {"per working day", "per day", "per month"};
    if (l->zh) {
        bf_put_word(l, zh[n->op]);
        bf_put_word(l, BF_W_STARTS_ZH);
    } else {
        bf_put_word(l, BF_W_OPEN);
    }
    bf_put_name(l, n->a, BF_PLACE_OWN);
    bf_put_number(l, n->num);
    if (l->zh) {
        bf_line_tight(l);
        bf_put_zh(l, "件");
    } else {
        bf_put_en(l, en[n->op]);
    }
}

static void answer(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, l->zh ? BF_W_IN_ZH : BF_W_IN);
    bf_put_expr(l, n->a);
    bf_put_comma(l);
    bf_put_expr(l, n->b);
    bf_put_word(l, BF_W_DOES);
    for (const struct bf_node *c = n->c; c; c = c->next) {
        if (c->a)
            bf_put_name(l, c->a, BF_PLACE_ACT);
        else
            bf_put_word(l, l->zh ? BF_W_NONE_OF : BF_W_NONE);
        bf_put_number(l, c->num);
        if (c->next) {
            bf_put_list_comma(l);
            bf_line_break(l);
        }
    }
    if (l->zh)
        bf_put_comma(l);
    bf_line_break(l);
    bf_put_word(l, l->zh ? BF_W_LASTING : BF_W_AFTER);
    if (l->zh)
        bf_line_tight(l);
    if (n->d) {
        bf_put_literal(l, n->d);
        if (l->zh)
            bf_line_tight(l);
        bf_put_word(l, BF_W_TO);
        if (l->zh)
            bf_line_tight(l);
    }
    bf_put_literal(l, n->e);
}

void bf_lay_model(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    bool zh = l.zh;
    bf_put_word(&l, BF_W_MODEL);
    bf_put_name(&l, n->a, BF_PLACE_OWN);
    bf_put_label(&l, n->b);
    bf_lay_head_cites(&l, n->cites);
    bf_lay_open_block(o, &l, n->c, n->span.end, indent);
    for (const struct bf_node *m = n->c; m; m = m->next) {
        bf_lay_leading(o, m->span.start, indent + INDENT);
        bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, m, zh));
        if (m->kind == BF_N_LOAD)
            load(&l, m);
        else
            answer(&l, m);
        bf_lay_one_row(o, m, indent + INDENT, &l, NULL, m->cites);
        bf_lay_trailing(o, bf_lay_next_start(m, n->span.end));
    }
    bf_lay_close_block(o, n, zh, indent);
}
