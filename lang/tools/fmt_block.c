/* Declarations and their blocks. */
#include "lang/tools/fmt_internal.h"

#include <string.h>

#include "lang/base/mem.h"

/* ---- statements without a block ---- */

void bf_lay_inside_block_end(struct bf_layout *o, uint32_t end, uint32_t indent) {
    bf_lay_leading(o, end, indent);
    o->blank = false;
}

uint32_t bf_lay_columns(bf_str s) { return bf_str_width(s, 1); }

void bf_lay_one_row(struct bf_layout *o, const struct bf_node *n, uint32_t indent,
                    struct bf_line *l, const struct bf_node *table, const struct bf_node *cites) {
    bf_str behind = bf_lay_inner(o, bf_lay_full_end(n), indent);
    bool zh = l->zh;
    struct bf_row *r = bf_lay_row_of(o, indent, l);
    r->table = table;
    r->cites = bf_lay_cite_text(o, cites, zh);
    r->comment = behind;
}

static void colon_type(struct bf_line *l, const struct bf_node *type) {
    bf_put_sign(l, ":", "：", BF_GLUE_CLOSE);
    bf_put_type(l, type);
}

/* `: Type` as a cell of its own in English */
void bf_lay_type_cell(struct bf_line *l, const struct bf_node *n, bool sealed) {
    if (!l->zh)
        bf_line_cell(l);
    colon_type(l, n->c);
    if (sealed)
        bf_put_word(l, BF_W_SEALED);
}

void bf_lay_label_cell(struct bf_line *l, const struct bf_node *label) {
    bf_line_cell(l);
    bf_put_label(l, label);
}

void bf_lay_equals(struct bf_line *l, const struct bf_node *value, bool sum) {
    l->space = true;
    bf_put_sign(l, "=", "＝", BF_GLUE_WORD);
    l->space = true;
    if (value->kind == BF_N_OPENS || value->kind == BF_N_DOES || value->kind == BF_N_REPORTS)
        bf_put_act(l, value);
    else if (sum)
        bf_put_operand(l, value);
    else
        bf_put_expr(l, value);
}

/* Citations that stand in the line: of a declaration with a block before the brace. */
void bf_lay_head_cites(struct bf_line *l, const struct bf_node *cites) {
    if (!cites)
        return;
    l->space = true;
    bf_put_cites(l, cites);
}

/* The units that stand still, of their bits. */
static void put_still(struct bf_line *l, uint32_t units) {
    static const char *const word[][2] = {[BF_UNIT_WORKING_DAYS] = {"working days", "工作日"},
                                          [BF_UNIT_DAYS] = {"days", "日"},
                                          [BF_UNIT_MONTHS] = {"months", "月"}};
    static const uint8_t order[] = {BF_UNIT_DAYS, BF_UNIT_MONTHS, BF_UNIT_WORKING_DAYS};
    bool first = true;
    for (size_t i = 0; i < sizeof order; i++) {
        if (!(units >> order[i] & 1))
            continue;
        if (!first)
            bf_put_list_comma(l);
        bf_put_sign(l, word[order[i]][0], word[order[i]][1], BF_GLUE_WORD);
        first = false;
    }
}

static void policy_item(struct bf_layout *o, const struct bf_node *n, const struct bf_node *owner,
                        uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_P_NUMBER:
        bf_put_word(&l, BF_W_NUMBER);
        if (!l.zh)
            bf_line_cell(&l);
        bf_put_string(&l, n->a);
        break;
    case BF_N_P_RANK:
        bf_put_word(&l, BF_W_RANK);
        if (!l.zh)
            bf_line_cell(&l);
        bf_put_literal(&l, n->a);
        bf_put_label(&l, n->b);
        break;
    case BF_N_P_IN_FORCE:
        if (l.zh) {
            bf_put_word(&l, BF_W_FROM);
            l.tight = true;
            bf_put_literal(&l, n->a);
            l.tight = true;
            bf_put_word(&l, BF_W_FORCE_SUFFIX);
            if (n->b) {
                bf_put_sign(&l, ",", "，", BF_GLUE_CLOSE);
                bf_put_word(&l, BF_W_TO);
                l.tight = true;
                bf_put_literal(&l, n->b);
            }
        } else {
            bf_put_word(&l, BF_W_IN);
            bf_put_word(&l, BF_W_FORCE);
            bf_line_cell(&l);
            bf_put_literal(&l, n->a);
            if (n->b) {
                bf_put_word(&l, BF_W_TO);
                bf_put_literal(&l, n->b);
            }
        }
        break;
    case BF_N_P_REPLACES:
        if (l.zh) {
            bf_put_string(&l, n->a);
            l.tight = true;
            bf_put_sign(&l, "", "同时废止", BF_GLUE_WORD);
        } else {
            bf_put_word(&l, BF_W_REPLACES);
            bf_line_cell(&l);
            bf_put_string(&l, n->a);
        }
        break;
    case BF_N_P_CALENDAR:
        bf_put_word(&l, BF_W_CALENDAR);
        if (!l.zh)
            bf_line_cell(&l);
        for (const struct bf_node *m = n->a; m; m = m->next) {
            if (m != n->a)
                bf_put_list_comma(&l);
            bf_put_module(&l, m);
        }
        break;
    case BF_N_P_COUNT:
        bf_put_word(&l, BF_W_COUNT);
        if (!l.zh)
            bf_line_cell(&l);
        bf_put_sign(&l, n->op == BF_COUNT_NEXT_DAY ? "from next day" : "from same day",
                    n->op == BF_COUNT_NEXT_DAY ? "自次日起" : "自当日起", BF_GLUE_WORD);
        break;
    case BF_N_P_ROLL:
        if (l.zh) {
            bf_put_word(&l, n->op == BF_ROLL_NONE ? BF_W_ROLL_NONE : BF_W_ROLL);
        } else {
            bf_put_word(&l, BF_W_ROLL);
            bf_line_cell(&l);
            bf_put_word(&l, n->op == BF_ROLL_NONE ? BF_W_NONE : BF_W_NEXT);
        }
        break;
    case BF_N_P_STANDSTILL:
        bf_put_word(&l, BF_W_STANDSTILL);
        if (!l.zh)
            bf_line_cell(&l);
        put_still(&l, n->op);
        break;
    case BF_N_P_DAY_ENDS:
        if (l.zh) {
            bf_put_word(&l, BF_W_DAILY);
            l.tight = true;
            bf_put_literal(&l, n->a);
            l.tight = true;
            bf_put_word(&l, BF_W_CUTOFF);
        } else {
            bf_put_word(&l, BF_W_DAY);
            bf_put_word(&l, BF_W_ENDS);
            bf_line_cell(&l);
            bf_put_literal(&l, n->a);
        }
        break;
    case BF_N_P_AMENDS:
        bf_put_word(&l, BF_W_AMENDS);
        if (!l.zh)
            bf_line_cell(&l);
        bf_put_name(&l, n->a, BF_PLACE_OWN);
        if (l.zh)
            bf_put_comma(&l);
        bf_put_sign(&l, n->op == BF_AMENDS_NEW ? "with new cases" : "with all cases",
                    n->op == BF_AMENDS_NEW ? "适用于新立案件" : "适用于全部案件", BF_GLUE_WORD);
        if (n->b) {
            bf_put_word(&l, BF_W_BECAUSE);
            bf_put_string(&l, n->b);
        }
        break;
    case BF_N_P_RETAIN:
        bf_put_word(&l, BF_W_RETAIN);
        if (!l.zh)
            bf_line_cell(&l);
        bf_put_literal(&l, n->a);
        break;
    default: break;
    }
    bf_lay_head_cites(&l, n->cites);
    bf_lay_one_row(o, n, indent, &l, owner, NULL);
}

static void member(struct bf_layout *o, const struct bf_node *n, const struct bf_node *owner,
                   bool zh, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, zh);
    bf_put_name(&l, n->a, BF_PLACE_OWN);
    if (n->b)
        bf_lay_label_cell(&l, n->b);
    bf_lay_one_row(o, n, indent, &l, owner, n->cites);
}

static void field_text(struct bf_line *l, const struct bf_node *n, bool table) {
    bf_put_name(l, n->a, BF_PLACE_OWN);
    if (table)
        bf_lay_type_cell(l, n, false);
    else {
        if (!l->zh)
            l->space = true;
        colon_type(l, n->c);
    }
    if (!n->b)
        return;
    if (table && !l->zh)
        bf_lay_label_cell(l, n->b);
    else
        bf_put_label(l, n->b);
}

static void rule(struct bf_layout *o, const struct bf_node *n, const struct bf_node *owner,
                 uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    if (l.zh) {
        if (n->op == BF_RULE_OTHERWISE) {
            bf_put_word(&l, BF_W_OTHERWISE_IS);
        } else {
            bf_put_word(&l, n->op == BF_RULE_WHEN ? BF_W_WHEN : BF_W_OVERRIDE_WHEN);
            bf_put_expr(&l, n->a);
            bf_put_word(&l, BF_W_DE);
            bf_put_sign(&l, ",", "，", BF_GLUE_CLOSE);
            bf_line_break(&l);
            bf_put_word(&l, BF_W_IS_WEI);
        }
    } else {
        if (n->op == BF_RULE_OVERRIDE)
            bf_put_word(&l, BF_W_OVERRIDE);
        bf_put_word(&l, n->op == BF_RULE_OTHERWISE ? BF_W_OTHERWISE : BF_W_WHEN);
        if (n->a) {
            bf_put_expr(&l, n->a);
            bf_line_break(&l);
            bf_put_word(&l, BF_W_THEN);
        }
    }
    bf_put_operand(&l, n->b);
    bf_lay_one_row(o, n, indent, &l, owner, n->cites);
}

/* ---- blocks ---- */

void bf_lay_close_block(struct bf_layout *o, const struct bf_node *n, bool zh, uint32_t indent) {
    struct bf_line l;
    bf_lay_inside_block_end(o, n->span.end, indent + INDENT);
    bf_line_init(&l, &o->f, zh);
    bf_put_close(&l);
    bf_lay_row_of(o, indent, &l);
}

/* The row of a head that ends in {, with the comment behind it. */
void bf_lay_open_block(struct bf_layout *o, struct bf_line *l, const struct bf_node *first,
                       uint32_t end, uint32_t indent) {
    uint32_t limit = first ? first->span.start : end;
    bf_put_open(l);
    bf_lay_row_of(o, indent, l);
    o->blank = false;
    bf_lay_trailing(o, limit);
    /* a blank line at the beginning of a block is dropped */
    while (bf_lay_trivia(o) && bf_lay_trivia(o)->kind == BF_TRIVIA_BLANK &&
           bf_lay_trivia(o)->start < limit)
        o->next++;
}

uint32_t bf_lay_next_start(const struct bf_node *n, uint32_t end) {
    return n->next ? n->next->span.start : end;
}

static bool any_labels_or_cites(const struct bf_node *n) {
    for (; n; n = n->next)
        if (n->b || n->cites)
            return true;
    return false;
}

/* A short list of names or fields stands on one line. */
static bool short_block(struct bf_layout *o, const struct bf_node *n, struct bf_line *head) {
    struct bf_line l;
    if (any_labels_or_cites(n->c) || bf_lay_comments_before(o, n->span.end) || !n->c)
        return false;
    bf_line_init(&l, &o->f, head->zh);
    for (const struct bf_node *m = n->c; m; m = m->next) {
        if (n->kind == BF_N_RECORD)
            field_text(&l, m, false);
        else
            bf_put_name(&l, m->a, BF_PLACE_OWN);
        if (!m->next)
            break;
        if (l.zh)
            bf_put_sign(&l, ",", "、", BF_GLUE_CLOSE);
        else
            l.space = true;
    }
    if (l.zh && (n->flags & BF_F_OPEN))
        bf_put_word(&l, BF_W_ETC);
    bool fits =
        bf_lay_columns(bf_buf_view(&head->text)) + bf_lay_columns(bf_buf_view(&l.text)) + 6 <=
        WIDTH;
    if (fits) {
        bf_put_open(head);
        head->space = true;
        bf_put_sign(head, "", "", BF_GLUE_WORD);
        bf_buf_str(&head->text, bf_buf_view(&l.text));
        bf_buf_char(&head->text, ' ');
        head->tight = true;
        bf_put_close(head);
    }
    bf_line_fini(&l);
    return fits;
}

static void enum_or_record(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    if (!l.zh && (n->flags & BF_F_OPEN))
        bf_put_word(&l, BF_W_OPEN);
    bf_put_word(&l, n->kind == BF_N_ENUM ? BF_W_ENUM : BF_W_RECORD);
    bf_put_name(&l, n->a, BF_PLACE_OWN);
    bf_put_label(&l, n->b);
    bf_lay_head_cites(&l, n->cites);
    bool zh = l.zh;
    if (short_block(o, n, &l)) {
        bf_lay_row_of(o, indent, &l);
        return;
    }
    bf_lay_open_block(o, &l, n->c, n->span.end, indent);
    for (const struct bf_node *m = n->c; m; m = m->next) {
        bf_lay_leading(o, m->span.start, indent + INDENT);
        if (n->kind == BF_N_ENUM) {
            member(o, m, n, zh, indent + INDENT);
        } else {
            struct bf_line line;
            bf_line_init(&line, &o->f, zh);
            field_text(&line, m, true);
            bf_lay_one_row(o, m, indent + INDENT, &line, n, m->cites);
        }
        bf_lay_trailing(o, bf_lay_next_start(m, n->span.end));
    }
    if (zh && (n->flags & BF_F_OPEN)) {
        struct bf_line etc;
        bf_line_init(&etc, &o->f, zh);
        bf_put_word(&etc, BF_W_ETC);
        bf_lay_inside_block_end(o, n->span.end, indent + INDENT);
        bf_lay_row_of(o, indent + INDENT, &etc);
    }
    bf_lay_close_block(o, n, zh, indent);
}

static void policy(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    bool zh = l.zh;
    bf_put_word(&l, BF_W_POLICY);
    bf_put_name(&l, n->a, BF_PLACE_OWN);
    bf_put_label(&l, n->b);
    bf_lay_head_cites(&l, n->cites);
    bf_lay_open_block(o, &l, n->c, n->span.end, indent);
    for (const struct bf_node *m = n->c; m; m = m->next) {
        bf_lay_leading(o, m->span.start, indent + INDENT);
        policy_item(o, m, n, indent + INDENT);
        bf_lay_trailing(o, bf_lay_next_start(m, n->span.end));
    }
    bf_lay_close_block(o, n, zh, indent);
}

static void decision(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    bool zh = l.zh;
    bf_put_word(&l, BF_W_DECIDE);
    bf_put_name(&l, n->a, BF_PLACE_OWN);
    bf_put_label(&l, n->b);
    if (n->c) {
        bf_put_params(&l, n->c, !zh);
    } else {
        l.tight = zh;
        bf_put_sign(&l, "()", "（）", BF_GLUE_CLOSE);
    }
    colon_type(&l, n->d);
    bf_lay_head_cites(&l, n->cites);
    bf_lay_open_block(o, &l, n->e, n->span.end, indent);
    for (const struct bf_node *m = n->e; m; m = m->next) {
        bf_lay_leading(o, m->span.start, indent + INDENT);
        rule(o, m, n, indent + INDENT);
        bf_lay_trailing(o, bf_lay_next_start(m, n->span.end));
    }
    bf_lay_close_block(o, n, zh, indent);
}

/* ---- declarations ---- */

static void use(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, BF_W_USE);
    bf_put_module(l, n->a);
    if (n->b)
        bf_put_sign(l, ":", "：", BF_GLUE_CLOSE);
    for (const struct bf_node *i = n->b; i; i = i->next) {
        bf_put_name(l, i->a, BF_PLACE_GLOBAL);
        if (i->b) {
            bf_put_word(l, BF_W_AS);
            bf_put_name(l, i->b, BF_PLACE_OWN);
        }
        if (i->next)
            bf_put_sign(l, ",", "、", BF_GLUE_CLOSE);
    }
}

static void assume(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, BF_W_ASSUME);
    bf_put_name(l, n->a, BF_PLACE_OWN);
    bf_put_label(l, n->b);
    if (!l->zh)
        l->space = true;
    colon_type(l, n->c);
    bf_lay_equals(l, n->d, false);
    bf_lay_head_cites(l, n->cites);
    if (!n->e)
        return;
    bf_line_break(l);
    bf_put_word(l, BF_W_BECAUSE);
    bf_put_string(l, n->e);
}

/* The second and third cells of an office: its label, and one per what. */
static void office(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, l->zh && n->op == BF_OFFICE_POST ? BF_W_OFFICE_POST : BF_W_OFFICE);
    bf_put_name(l, n->a, BF_PLACE_OWN);
    if (n->b)
        bf_lay_label_cell(l, n->b);
    else if (!l->zh)
        bf_line_cell(l);
    if (!n->c)
        return;
    bf_line_cell(l);
    bf_put_word(l, BF_W_PER);
    bf_put_type(l, n->c);
    if (l->zh)
        bf_put_word(l, BF_W_SETTLED);
}

static void register_(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, BF_W_REGISTER);
    bf_put_name(l, n->a, BF_PLACE_OWN);
    if (n->b)
        bf_lay_label_cell(l, n->b);
    bf_line_cell(l);
    if (l->zh) {
        bf_put_word(l, BF_W_OF_ZH);
        bf_put_type(l, n->c);
        bf_put_sign(l, ",", "，", BF_GLUE_CLOSE);
        bf_put_word(l, BF_W_KEYED);
        bf_put_names(l, n->d, BF_PLACE_OWN);
        bf_put_word(l, BF_W_AS_KEY);
    } else {
        bf_put_word(l, BF_W_OF);
        bf_put_type(l, n->c);
        bf_put_word(l, BF_W_BY);
        bf_put_names(l, n->d, BF_PLACE_OWN);
    }
}

static void note(struct bf_line *l, const struct bf_node *n) {
    bf_put_word(l, BF_W_NOTE);
    if (n->cites)
        bf_put_cites(l, n->cites);
    bf_line_cell(l);
    bf_put_string(l, n->a);
}

/* Rows from `first` on: the first of them with text begins with a word. */
static void begin_with(struct bf_layout *o, uint32_t first, enum bf_word word, bool zh) {
    while (first < o->rows && o->row[first].kind != ROW_TEXT)
        first++;
    if (first == o->rows || o->failed)
        return;
    struct bf_row *r = &o->row[first];
    struct bf_line l;
    bf_line_init(&l, &o->f, zh);
    bf_put_word(&l, word);
    bf_buf_char(&l.text, ' ');
    uint32_t more = (uint32_t)l.text.len;
    bf_buf_str(&l.text, r->text);
    o->failed = o->failed || l.text.failed;
    r->text = bf_str_dup(o->f.p->arena, bf_buf_view(&l.text));
    for (uint32_t i = 0; i < r->marks; i++)
        r->mark[i].at += more;
    r->table = NULL;
    bf_line_fini(&l);
}

void bf_lay_replace(struct bf_layout *o, const struct bf_node *n, uint32_t indent,
                    const struct bf_node *owner) {
    uint32_t first = o->rows;
    if (owner)
        bf_lay_item(o, n->a, owner, indent);
    else
        bf_lay_declaration(o, n->a);
    begin_with(o, first, BF_W_REPLACE, bf_fmt_zh(&o->f, n, false));
}

void bf_lay_drop(struct bf_layout *o, const struct bf_node *n, uint32_t indent) {
    struct bf_line l;
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    bf_put_word(&l, BF_W_DROP);
    bf_put_name(&l, n->a, BF_PLACE_OWN);
    bf_lay_one_row(o, n, indent, &l, NULL, n->cites);
}

void bf_lay_declaration(struct bf_layout *o, const struct bf_node *n) {
    /* one-line declarations of a kind in a row are one table: any node stands for it */
    static const struct bf_node offices, registers, violations, notes, lets, asserts;
    const struct bf_node *table = NULL, *cites = n->cites;
    struct bf_line l;
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_POLICY: policy(o, n, 0); return;
    case BF_N_ENUM:
    case BF_N_RECORD: enum_or_record(o, n, 0); return;
    case BF_N_DECIDE: decision(o, n, 0); return;
    case BF_N_REPLACE: bf_lay_replace(o, n, 0, NULL); return;
    case BF_N_DROP: bf_lay_drop(o, n, 0); return;
    case BF_N_AMEND:
    case BF_N_NORM:
    case BF_N_PROCEDURE: bf_lay_state(o, n, 0); return;
    case BF_N_SCENARIO: bf_lay_scenario(o, n, 0); return;
    case BF_N_MEASURE: bf_lay_measure(o, n, 0); return;
    case BF_N_MODEL: bf_lay_model(o, n, 0); return;
    case BF_N_LET: bf_lay_statement(o, n, &lets, 0); return;
    default: break;
    }
    bf_line_init(&l, &o->f, bf_fmt_zh(&o->f, n, false));
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_USE: use(&l, n); break;
    case BF_N_ASSUME:
        assume(&l, n);
        cites = NULL;
        break;
    case BF_N_OFFICE:
        office(&l, n);
        table = &offices;
        break;
    case BF_N_REGISTER:
        register_(&l, n);
        table = &registers;
        break;
    case BF_N_VIOLATION:
        bf_put_word(&l, BF_W_VIOLATION);
        bf_put_name(&l, n->a, BF_PLACE_OWN);
        if (n->b)
            bf_lay_label_cell(&l, n->b);
        table = &violations;
        break;
    case BF_N_ASSERT:
        bf_put_assert(&l, n);
        table = &asserts;
        break;
    case BF_N_NOTE:
        note(&l, n);
        table = &notes;
        cites = NULL;
        break;
    default: break;
    }
    if (cites && n->kind == BF_N_USE) {
        bf_lay_head_cites(&l, cites);
        cites = NULL;
    }
    bf_lay_one_row(o, n, 0, &l, table, cites);
}
