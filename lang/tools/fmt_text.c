/* What a line says: tokens with the spaces each surface wants, expressions, clauses, effects. */
#include "lang/tools/fmt_internal.h"

#include <string.h>

#include "lang/base/date.h"
#include "lang/base/mem.h"

/* ---- lines and spaces ---- */

void bf_line_init(struct bf_line *l, struct bf_fmt *f, bool zh) {
    *l = (struct bf_line){.f = f, .zh = zh};
    bf_buf_init(&l->text);
}

void bf_line_fini(struct bf_line *l) {
    bf_buf_fini(&l->text);
    bf_free(l->mark);
}

static void add_mark(struct bf_line *l, enum bf_mark_kind kind) {
    if (l->marks == l->cap) {
        uint32_t cap = l->cap ? l->cap * 2 : 16;
        struct bf_mark *m = bf_realloc(l->mark, sizeof *m * cap);
        if (!m) {
            l->text.failed = true;
            return;
        }
        l->mark = m;
        l->cap = cap;
    }
    l->mark[l->marks++] = (struct bf_mark){(uint32_t)l->text.len, kind};
}

void bf_line_break(struct bf_line *l) {
    if (l->text.len)
        add_mark(l, BF_MARK_BREAK);
}

void bf_line_cell(struct bf_line *l) {
    add_mark(l, BF_MARK_CELL);
    l->last = BF_GLUE_NONE;
    l->space = l->tight = false;
}

/* Would x, with y right after it, be cut into x and y by the word rule? */
static bool cuts_apart(bf_str x, bool x_hinge, bf_str y) {
    char text[256];
    if (x.len + y.len + 1 > sizeof text)
        return false;
    memcpy(text, x.p, x.len);
    memcpy(text + x.len, y.p, y.len);
    text[x.len + y.len] = 0;
    enum bf_word word;
    if (x_hinge)
        return bf_hinge(text, &word) == x.len;
    for (uint32_t i = 1; i < x.len; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80 && bf_hinge(text + i, &word))
            return false;
    return bf_hinge(text + x.len, &word) == y.len;
}

static bool zh_space(const struct bf_line *l, enum bf_glue glue, bf_str s) {
    bf_str last = {l->text.p + l->last_start, (uint32_t)l->text.len - l->last_start};
    if (glue == BF_GLUE_CLOSE || l->last == BF_GLUE_OPEN)
        return false;
    if (l->last ==
        BF_GLUE_CLOSE) /* of these only ） and ｝ are followed by a space, before a text */
        return glue == BF_GLUE_TEXT &&
               (bf_str_eq(last, BF_STR("）")) || bf_str_eq(last, BF_STR("（选填）")) ||
                bf_str_eq(last, BF_STR("】")) || bf_str_eq(last, BF_STR("｝")));
    if (glue == BF_GLUE_OPEN)
        return false;
    if (l->last == BF_GLUE_HINGE && (glue == BF_GLUE_WORD || glue == BF_GLUE_HINGE))
        return !cuts_apart(last, true, s);
    if (glue == BF_GLUE_HINGE && l->last == BF_GLUE_WORD)
        return !cuts_apart(last, false, s);
    return l->last != BF_GLUE_HINGE && glue != BF_GLUE_HINGE;
}

static void put(struct bf_line *l, bf_str s, enum bf_glue glue) {
    bool space;
    if (l->last == BF_GLUE_NONE)
        space = false;
    else if (l->space || l->tight)
        space = l->space;
    else if (l->zh)
        space = zh_space(l, glue, s);
    else
        space = glue != BF_GLUE_CLOSE && l->last != BF_GLUE_OPEN;
    if (space)
        bf_buf_char(&l->text, ' ');
    l->space = l->tight = false;
    l->last_start = (uint32_t)l->text.len;
    l->last = glue;
    bf_buf_str(&l->text, s);
}

static void put_z(struct bf_line *l, const char *z, enum bf_glue glue) {
    put(l, bf_str_of(z), glue);
}
void bf_line_tight(struct bf_line *l) { l->tight = true; }
void bf_line_space(struct bf_line *l) { l->space = true; }

void bf_put_sign(struct bf_line *l, const char *en, const char *zh, enum bf_glue glue) {
    put_z(l, l->zh ? zh : en, glue);
}

static bool is_hinge(const char *z) {
    enum bf_word word;
    return *z && bf_hinge(z, &word) == strlen(z);
}

void bf_put_word(struct bf_line *l, enum bf_word word) {
    const char *z = bf_word_z(word, l->zh);
    if (!*z)
        z = bf_word_z(word, !l->zh);
    put_z(l, z, l->zh && is_hinge(z) ? BF_GLUE_HINGE : BF_GLUE_WORD);
}

/* A Chinese word of the language, wherever it stands. */
void bf_put_zh(struct bf_line *l, const char *z) {
    put_z(l, z, is_hinge(z) ? BF_GLUE_HINGE : BF_GLUE_WORD);
}
void bf_put_en(struct bf_line *l, const char *z) { put_z(l, z, BF_GLUE_WORD); }

void bf_put_comma(struct bf_line *l) { bf_put_sign(l, ",", "，", BF_GLUE_CLOSE); }
/* 、 between what is only listed */
void bf_put_list_comma(struct bf_line *l) { bf_put_sign(l, ",", "、", BF_GLUE_CLOSE); }
void bf_put_open_paren(struct bf_line *l) { bf_put_sign(l, "(", "（", BF_GLUE_OPEN); }
void bf_put_close_paren(struct bf_line *l) { bf_put_sign(l, ")", "）", BF_GLUE_CLOSE); }

void bf_put_open(struct bf_line *l) {
    bf_line_space(l);
    bf_put_sign(l, "{", "｛", BF_GLUE_OPEN);
}
void bf_put_close(struct bf_line *l) { bf_put_sign(l, "}", "｝", BF_GLUE_CLOSE); }

/* An operator with a space on each side. */
static void operator(struct bf_line *l, const char *en, const char *zh) {
    bf_line_space(l);
    bf_put_sign(l, en, zh, BF_GLUE_WORD);
    bf_line_space(l);
}

/* ---- names ---- */

struct builtin {
    enum bf_stand place;
    const char *en, *zh;
};
#define PLACE_TYPE BF_PLACE_TYPE
#define PLACE_VALUE BF_PLACE_VALUE
#define PLACE_FUNCTION BF_PLACE_CALL
#define PLACE_FIELD BF_PLACE_PART
#define PLACE_EVENT BF_PLACE_EVENT
#define PLACE_ACT BF_PLACE_ACT
#define PLACE_STATUS BF_PLACE_STATUS
#define PLACE_STATE BF_PLACE_STATE
#define PLACE_PREFIX BF_PLACE_PREFIX
#define PLACE_MODULE BF_PLACE_MODULE
static const struct builtin builtins[] = {
#define BUILTIN(id, class, en, zh) {PLACE_##class, en, zh},
#include "lang/defs/builtins.def"
};
enum {
#define BUILTIN(id, class, en, zh) LIB_##id,
#include "lang/defs/builtins.def"
    ROWS
};
/* Names of the library's own modules, for files that use them. */
static const struct {
    int module;
    const char *en, *zh;
} library[] = {
#define LIBRARY(module, en, zh) {LIB_##module, en, zh},
#include "lang/defs/builtins.def"
};
static const char *in_table(const struct builtin *t, size_t n, enum bf_stand place, bf_str text,
                            bool zh) {
    for (size_t i = 0; i < n; i++)
        if (t[i].place == place &&
            (bf_str_eq(text, bf_str_of(t[i].en)) || bf_str_eq(text, bf_str_of(t[i].zh))))
            return zh ? t[i].zh : t[i].en;
    return NULL;
}
#define IN_TABLE(t, place, text, zh) in_table(t, sizeof(t) / sizeof *(t), place, text, zh)

static const char *in_library(const struct bf_fmt *f, bf_str text, bool zh) {
    for (size_t i = 0; i < sizeof library / sizeof *library; i++)
        if (f->uses[library[i].module] && (bf_str_eq(text, bf_str_of(library[i].en)) ||
                                           bf_str_eq(text, bf_str_of(library[i].zh))))
            return zh ? library[i].zh : library[i].en;
    return NULL;
}

static const char *translated(const struct bf_fmt *f, const struct bf_name *name,
                              enum bf_stand place, bool zh) {
    if (f->words == BF_FMT_KEEP || place == BF_PLACE_OWN)
        return NULL;
    if (name->index < f->names && f->declared[name->index])
        return NULL;
    if (place == BF_PLACE_FIELD)
        return IN_TABLE(builtins, BF_PLACE_PART, name->text, zh);
    const char *z = IN_TABLE(builtins, place, name->text, zh);
    if (!z && place == BF_PLACE_CALL)
        z = IN_TABLE(builtins, BF_PLACE_TYPE, name->text, zh);
    bool global = place == BF_PLACE_GLOBAL || place == BF_PLACE_VALUE || place == BF_PLACE_CALL ||
                  place == BF_PLACE_STATUS || place == BF_PLACE_TYPE;
    return !z && global ? in_library(f, name->text, zh) : z;
}

static bool is_type_name(bf_str text) {
    return IN_TABLE(builtins, BF_PLACE_TYPE, text, false) != NULL;
}

/* extend_check, 延长校核: the act that extends a duty */
static bool put_extension(struct bf_line *l, const struct bf_name *name) {
    bf_str en = BF_STR("extend_"), zh = BF_STR("延长"), from = l->zh ? en : zh, text = name->text;
    if (l->f->words == BF_FMT_KEEP || !bf_str_starts(text, from) || text.len == from.len)
        return false;
    if (name->index < l->f->names && l->f->declared[name->index])
        return false;
    struct bf_buf b;
    bf_buf_init(&b);
    bf_buf_str(&b, l->zh ? zh : en);
    bf_buf_put(&b, text.p + from.len, text.len - from.len);
    put(l, bf_buf_view(&b), BF_GLUE_WORD);
    bf_buf_fini(&b);
    return true;
}

void bf_put_name(struct bf_line *l, const struct bf_node *n, enum bf_stand place) {
    const struct bf_name *name = n->name;
    const char *z = translated(l->f, name, place, l->zh);
    if (z) {
        put_z(l, z, BF_GLUE_WORD);
        return;
    }
    if (place == BF_PLACE_ACT && put_extension(l, name))
        return;
    if (!(n->flags & BF_F_QUOTED) || bf_name_plain(l->f->p->names, name->text)) {
        put(l, name->text, BF_GLUE_WORD);
        return;
    }
    put_z(l, "'", BF_GLUE_WORD);
    bf_buf_str(&l->text, name->text);
    bf_buf_char(&l->text, '\'');
    l->last = BF_GLUE_TEXT;
}

void bf_put_names(struct bf_line *l, const struct bf_node *names, enum bf_stand place) {
    for (const struct bf_node *n = names; n; n = n->next) {
        bf_put_name(l, n, place);
        if (n->next)
            bf_put_list_comma(l);
    }
}

static void dotted(struct bf_buf *b, const struct bf_node *module) {
    for (const struct bf_node *n = module->a; n; n = n->next) {
        bf_buf_str(b, n->name->text);
        if (n->next)
            bf_buf_char(b, '.');
    }
}

void bf_put_module(struct bf_line *l, const struct bf_node *module) {
    struct bf_buf b;
    bf_buf_init(&b);
    dotted(&b, module);
    const char *z = l->f->words == BF_FMT_KEEP
                        ? NULL
                        : IN_TABLE(builtins, BF_PLACE_MODULE, bf_buf_view(&b), l->zh);
    if (z) {
        b.len = 0;
        bf_buf_z(&b, z);
    }
    put(l, bf_buf_view(&b), BF_GLUE_WORD);
    bf_buf_fini(&b);
}

static void note_name(struct bf_fmt *f, const struct bf_node *n) {
    if (n && n->kind == BF_N_NAME && n->name->index < f->names)
        f->declared[n->name->index] = true;
}

/* Kinds whose slot a introduces a name. */
static bool introduces(enum bf_node_kind kind) {
    switch (kind) {
    case BF_N_POLICY:
    case BF_N_ASSUME:
    case BF_N_OFFICE:
    case BF_N_ENUM:
    case BF_N_MEMBER:
    case BF_N_RECORD:
    case BF_N_FIELD:
    case BF_N_REGISTER:
    case BF_N_DECIDE:
    case BF_N_PARAM:
    case BF_N_VIOLATION:
    case BF_N_LET:
    case BF_N_PROCEDURE:
    case BF_N_NORM:
    case BF_N_MEASURE:
    case BF_N_MODEL:
    case BF_N_PARTY:
    case BF_N_GIVEN:
    case BF_N_KEEP:
    case BF_N_STATE:
    case BF_N_END:
    case BF_N_ACT: return true;
    default: return false;
    }
}

static void note_module(struct bf_fmt *f, const struct bf_node *module) {
    struct bf_buf b;
    bf_buf_init(&b);
    dotted(&b, module);
    for (int i = 0; i < ROWS; i++)
        if (builtins[i].place == BF_PLACE_MODULE &&
            (bf_str_eq(bf_buf_view(&b), bf_str_of(builtins[i].en)) ||
             bf_str_eq(bf_buf_view(&b), bf_str_of(builtins[i].zh))))
            f->uses[i] = true;
    bf_buf_fini(&b);
}

static void note_declared(struct bf_fmt *f, const struct bf_node *n) {
    for (; n; n = n->next) {
        if (introduces((enum bf_node_kind)n->kind))
            note_name(f, n->a);
        if (n->kind == BF_N_SUBJECT && n->b) /* a member of a list */
            note_name(f, n->a);
        if (n->kind == BF_N_USE)
            note_module(f, n->a);
        note_declared(f, n->a);
        note_declared(f, n->b);
        note_declared(f, n->c);
        note_declared(f, n->d);
        if (n->kind != BF_N_NORM) /* what it comes to is not written */
            note_declared(f, n->e);
    }
}

void bf_fmt_names(struct bf_fmt *f) {
    f->names = bf_names_count(f->p->names);
    f->declared = bf_new_array(f->p->arena, bool, f->names);
    f->uses = bf_new_array(f->p->arena, bool, ROWS);
    note_declared(f, f->tree->root->a);
}

bool bf_fmt_zh(const struct bf_fmt *f, const struct bf_node *n, bool outer) {
    if (f->words != BF_FMT_KEEP)
        return f->words == BF_FMT_ZH;
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_MEMBER:
    case BF_N_FIELD:
    case BF_N_ALT:
    case BF_N_OTHERWISE: return outer;
    default: return n->flags & BF_F_ZH;
    }
}

/* ---- literals ---- */

void bf_put_string(struct bf_line *l, const struct bf_node *n) {
    bool wide = l->zh;
    for (uint32_t i = 0; i < n->text.len; i++) {
        bf_str rest = {n->text.p + i, n->text.len - i};
        if (*rest.p == '"' || bf_str_starts(rest, BF_STR("“")) || bf_str_starts(rest, BF_STR("”")))
            wide = n->flags & BF_F_ZH;
    }
    put_z(l, wide ? "“" : "\"", BF_GLUE_TEXT);
    bf_buf_str(&l->text, n->text);
    bf_buf_z(&l->text, wide ? "”" : "\"");
}

void bf_put_label(struct bf_line *l, const struct bf_node *label) {
    if (label)
        bf_put_string(l, label);
}

void bf_put_number(struct bf_line *l, int64_t n) {
    struct bf_buf b;
    bf_buf_init(&b);
    bf_buf_int(&b, n);
    put(l, bf_buf_view(&b), BF_GLUE_NUMBER);
    bf_buf_fini(&b);
}

static void put_period(struct bf_buf *b, const struct bf_node *n, bool zh) {
    static const char *const en[] = {"working day", "day", "month", "hour"};
    static const char *const cn[] = {"个工作日", "日", "个月", "小时"};
    bool larger = n->flags & BF_F_LARGER, weeks = n->op == BF_UNIT_DAYS;
    int64_t num = larger ? n->num / (weeks ? 7 : 12) : n->num;
    bf_buf_int(b, num);
    if (zh) {
        bf_buf_z(b, !larger ? cn[n->op] : weeks ? "周" : "年");
    } else {
        bf_buf_char(b, ' ');
        bf_buf_z(b, !larger ? en[n->op] : weeks ? "week" : "year");
        if (num != 1)
            bf_buf_char(b, 's');
    }
}

static void put_decimal(struct bf_buf *b, int64_t n) {
    uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    char digits[8];
    int len = 6;
    if (n < 0)
        bf_buf_char(b, '-');
    bf_buf_int(b, (int64_t)(u / 1000000));
    bf_buf_char(b, '.');
    for (int i = 5; i >= 0; i--, u /= 10)
        digits[i] = (char)('0' + u % 10);
    while (len > 1 && digits[len - 1] == '0')
        len--;
    bf_buf_put(b, digits, (size_t)len);
}

void bf_put_literal(struct bf_line *l, const struct bf_node *n) {
    struct bf_buf b;
    struct bf_civil c;
    bf_buf_init(&b);
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_INT: bf_buf_int(&b, n->num); break;
    case BF_N_DECIMAL: put_decimal(&b, n->num); break;
    case BF_N_DATE:
        c = bf_day_civil((bf_day)n->num);
        if (l->zh)
            bf_buf_fmt(&b, "%d年%d月%d日", c.year, c.month, c.day);
        else
            bf_buf_fmt(&b, "%04d-%02d-%02d", c.year, c.month, c.day);
        break;
    case BF_N_MONTH_DAY:
        bf_buf_fmt(&b, l->zh ? "%d月%d日" : "%02d-%02d", (int)(n->num / 100), (int)(n->num % 100));
        break;
    case BF_N_TIME:
        bf_buf_fmt(&b, "%02d:%02d", (int)(n->num / 3600), (int)(n->num / 60 % 60));
        break;
    case BF_N_PERIOD: put_period(&b, n, l->zh); break;
    default: break;
    }
    put(l, bf_buf_view(&b), BF_GLUE_NUMBER);
    bf_buf_fini(&b);
}

void bf_put_cites(struct bf_line *l, const struct bf_node *cites) {
    struct bf_buf b;
    bf_buf_init(&b);
    for (const struct bf_node *c = cites; c; c = c->next) {
        bf_buf_char(&b, '@');
        if (c->a) {
            bf_buf_str(&b, c->a->name->text);
            bf_buf_z(&b, l->zh ? "：" : ":");
        }
        if (l->zh)
            bf_cite_zh(&b, bf_cite_unpack(c->num));
        else
            bf_cite_code(&b, bf_cite_unpack(c->num));
        if (c->next)
            bf_buf_z(&b, l->zh ? "、" : ", ");
    }
    put(l, bf_buf_view(&b), BF_GLUE_TEXT);
    bf_buf_fini(&b);
}

/* ---- types and arguments ---- */

static void put_plain_type(struct bf_line *l, const struct bf_node *t) {
    if (t->kind == BF_N_TYPE) {
        bf_put_name(l, t->a, BF_PLACE_TYPE);
        return;
    }
    if (l->zh) {
        bf_put_zh(l, "若干");
        if (t->num) {
            bf_put_open_paren(l);
            bf_put_word(l, BF_W_AT_MOST);
            bf_line_tight(l);
            bf_put_number(l, t->num);
            bf_put_close_paren(l);
        }
    } else {
        bf_put_en(l, "list of");
        if (t->num) {
            bf_put_en(l, "at most");
            bf_put_number(l, t->num);
        }
    }
    put_plain_type(l, t->a);
}

void bf_put_type(struct bf_line *l, const struct bf_node *t) {
    put_plain_type(l, t);
    if (t->flags & BF_F_OPTIONAL)
        bf_put_sign(l, "?", "（选填）", BF_GLUE_CLOSE);
}

void bf_put_params(struct bf_line *l, const struct bf_node *params, bool space_before) {
    if (!params)
        return;
    if (space_before)
        bf_line_space(l);
    else
        bf_line_tight(l);
    bf_put_open_paren(l);
    for (const struct bf_node *p = params; p; p = p->next) {
        bf_put_name(l, p->a, BF_PLACE_OWN);
        bf_put_sign(l, ":", "：", BF_GLUE_CLOSE);
        bf_put_type(l, p->c);
        bf_put_label(l, p->b);
        if (p->next) {
            bf_put_comma(l);
            bf_line_break(l);
        }
    }
    bf_put_close_paren(l);
}

void bf_put_args(struct bf_line *l, const struct bf_node *args, bool fields) {
    bf_line_tight(l);
    bf_put_open_paren(l);
    for (const struct bf_node *a = args; a; a = a->next) {
        if (a->a) {
            bf_put_name(l, a->a, fields ? BF_PLACE_FIELD : BF_PLACE_OWN);
            bf_put_sign(l, ":", "：", BF_GLUE_CLOSE);
        }
        bf_put_expr(l, a->b);
        if (a->next) {
            bf_put_comma(l);
            bf_line_break(l);
        }
    }
    bf_put_close_paren(l);
}

/* ---- expressions ---- */

/* How tightly an expression holds together. */
enum level { CHAIN, NEGATION, COMPARISON, SUM, OFFSET, PRIMARY, PATH };

static enum level level_of(const struct bf_node *n) {
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_AND:
    case BF_N_OR: return CHAIN;
    case BF_N_NOT:
    case BF_N_OVER: return NEGATION;
    case BF_N_COMPARE:
    case BF_N_IS:
    case BF_N_PRESENT:
    case BF_N_HAS:
    case BF_N_IN: return COMPARISON;
    case BF_N_ADD:
    case BF_N_SUB: return SUM;
    case BF_N_AFTER:
    case BF_N_BEFORE: return OFFSET;
    case BF_N_NAME:
    case BF_N_DOT:
    case BF_N_CALL:
    case BF_N_INDEX: return PATH;
    default: return PRIMARY;
    }
}

static void expr_at(struct bf_line *l, const struct bf_node *n, enum level least) {
    bool parens = level_of(n) < least;
    if (parens) {
        if (l->zh)
            bf_line_tight(l);
        bf_put_open_paren(l);
    }
    bf_put_expr(l, n);
    if (parens)
        bf_put_close_paren(l);
}

static void put_chain(struct bf_line *l, const struct bf_node *n) {
    for (const struct bf_node *i = n->a; i; i = i->next) {
        /* `not` may stand bare only where nothing can follow it */
        expr_at(l, i, i->next ? COMPARISON : NEGATION);
        if (!i->next)
            break;
        bf_line_break(l);
        bf_put_word(l, n->kind == BF_N_AND ? BF_W_AND : BF_W_OR);
    }
}

static void put_compare(struct bf_line *l, const struct bf_node *n) {
    expr_at(l, n->a, SUM);
    switch ((enum bf_compare_op)n->op) {
    case BF_EQ: operator(l, "=", "＝"); break;
    case BF_NE: operator(l, "!=", "不等于"); break;
    case BF_LT: operator(l, "<", "小于"); break;
    case BF_LE: operator(l, "<=", "不超过"); break;
    case BF_GT: operator(l, ">", "大于"); break;
    case BF_GE: operator(l, ">=", "不少于"); break;
    }
    expr_at(l, n->b, SUM);
}

static const char *status_word(const struct bf_line *l, const struct bf_node *n) {
    const struct bf_name *name = n->b->name;
    if (n->b->kind != BF_N_NAME || (n->flags & BF_F_NOT))
        return NULL;
    if (name->index < l->f->names && l->f->declared[name->index])
        return NULL;
    const char *z = IN_TABLE(builtins, BF_PLACE_STATUS, name->text, true);
    if (!z || !strcmp(z, "进行中"))
        return NULL;
    return l->f->words == BF_FMT_KEEP && !bf_str_eq(name->text, bf_str_of(z)) ? NULL : z;
}

static void put_is(struct bf_line *l, const struct bf_node *n, bool of_all) {
    bool not = n->flags & BF_F_NOT;
    const char *status = status_word(l, n);
    expr_at(l, n->a, SUM);
    if (!l->zh) {
        bf_put_en(l, not ? "is not" : "is");
    } else if (status) {
        bf_put_zh(l, status);
        return;
    } else {
        /* 属于 before a name, 为 before a literal and 进行中 */
        bool running =
            n->b->kind == BF_N_NAME && IN_TABLE(builtins, BF_PLACE_STATUS, n->b->name->text, true);
        bool name = level_of(n->b) == PATH && !running;
        bf_put_zh(l, not ? "不属于" : of_all ? "均为" : name ? "属于" : "为");
    }
    if (n->b->kind == BF_N_NAME)
        bf_put_name(l, n->b, BF_PLACE_STATUS);
    else
        expr_at(l, n->b, SUM);
}

/* all D is X; 全部 D 均为 X, 任一 D 属于 X */
static void put_over(struct bf_line *l, const struct bf_node *n) {
    bool all = n->op == BF_OVER_ALL;
    bf_put_word(l, all ? BF_W_ALL : l->zh ? BF_W_ANY_ONE : BF_W_ANY);
    if (n->a->kind == BF_N_IS)
        put_is(l, n->a, all);
    else
        expr_at(l, n->a, COMPARISON);
}

static void put_case_test(struct bf_line *l, const struct bf_node *n, const char *en,
                          const char *en_not, const char *zh, const char *zh_not) {
    bool not = n->flags & BF_F_NOT;
    expr_at(l, n->a, SUM);
    if (l->zh)
        bf_put_zh(l, not ? zh_not : zh);
    else
        bf_put_en(l, not ? en_not : en);
}

static void put_offset(struct bf_line *l, const struct bf_node *n, const char *en, const char *zh) {
    const struct bf_node *first = l->zh ? n->b : n->a, *second = l->zh ? n->a : n->b;
    expr_at(l, first, PRIMARY);
    put_z(l, l->zh ? zh : en, BF_GLUE_WORD);
    if (l->zh && second->kind == BF_N_PERIOD)
        bf_line_tight(l);
    expr_at(l, second, PRIMARY);
}

void bf_put_expr(struct bf_line *l, const struct bf_node *n) {
    switch ((enum bf_node_kind)n->kind) {
    case BF_N_NAME: bf_put_name(l, n, BF_PLACE_VALUE); break;
    case BF_N_STRING: bf_put_string(l, n); break;
    case BF_N_BOOL:
        put_z(l, l->zh ? (n->num ? "是" : "否") : n->num ? "yes" : "no", BF_GLUE_WORD);
        break;
    case BF_N_NONE: bf_put_word(l, BF_W_NONE); break;
    case BF_N_LIST:
    case BF_N_INDEX:
        if (n->kind == BF_N_INDEX) {
            if (n->a->kind == BF_N_NAME)
                bf_put_name(l, n->a, BF_PLACE_OWN);
            else
                bf_put_expr(l, n->a);
            bf_line_tight(l);
        }
        bf_put_sign(l, "[", "【", BF_GLUE_OPEN);
        for (const struct bf_node *i = n->kind == BF_N_LIST ? n->a : n->b; i; i = i->next) {
            bf_put_expr(l, i);
            if (!i->next)
                break;
            if (n->kind == BF_N_LIST)
                bf_put_list_comma(l);
            else
                bf_put_comma(l);
        }
        bf_put_sign(l, "]", "】", BF_GLUE_CLOSE);
        break;
    case BF_N_DOT:
        expr_at(l, n->a, PATH);
        if (l->zh) {
            bf_put_zh(l, "的");
        } else {
            bf_line_tight(l);
            put_z(l, ".", BF_GLUE_OPEN);
        }
        bf_put_name(l, n->b, BF_PLACE_PART);
        break;
    case BF_N_CALL: {
        bool act = bf_str_eq(n->a->name->text, BF_STR("consent")) ||
                   bf_str_eq(n->a->name->text, BF_STR("同意"));
        bf_put_name(l, n->a, act ? BF_PLACE_ACT : BF_PLACE_CALL);
        bf_put_args(l, n->b, is_type_name(n->a->name->text));
        break;
    }
    case BF_N_AND:
    case BF_N_OR: put_chain(l, n); break;
    case BF_N_NOT:
        bf_put_word(l, BF_W_NOT);
        expr_at(l, n->a, NEGATION);
        break;
    case BF_N_OVER: put_over(l, n); break;
    case BF_N_COMPARE: put_compare(l, n); break;
    case BF_N_IS: put_is(l, n, false); break;
    case BF_N_PRESENT: put_case_test(l, n, "is present", "is absent", "已提供", "未提供"); break;
    case BF_N_HAS:
        put_case_test(l, n, "has", "has no", "有", "没有");
        bf_put_name(l, n->b, BF_PLACE_OWN);
        break;
    case BF_N_IN:
        put_case_test(l, n, "in", "not in", "处于", "不处于");
        bf_put_names(l, n->b, BF_PLACE_STATE);
        break;
    case BF_N_ADD:
    case BF_N_SUB:
        expr_at(l, n->a, SUM);
        operator(l, n->kind == BF_N_ADD ? "+" : "-", n->kind == BF_N_ADD ? "＋" : "－");
        expr_at(l, n->b, PRIMARY);
        break;
    case BF_N_AFTER: put_offset(l, n, "after", "之后"); break;
    case BF_N_BEFORE: put_offset(l, n, "before", "之前"); break;
    default: bf_put_literal(l, n); break;
    }
}

/* An expression where a sum may stand. */
void bf_put_operand(struct bf_line *l, const struct bf_node *n) { expr_at(l, n, SUM); }

/* … where no operator may stand bare. */
void bf_put_primary(struct bf_line *l, const struct bf_node *n) { expr_at(l, n, PRIMARY); }

bool bf_fmt_is_builtin(bf_str text, enum bf_stand place) {
    return IN_TABLE(builtins, place, text, true) != NULL;
}

/* Would the name, in the Chinese surface, begin with a Chinese letter and stand without quotes? */
bool bf_put_begins_chinese(const struct bf_line *l, const struct bf_node *name,
                           enum bf_stand place) {
    const char *z = translated(l->f, name->name, place, true);
    return !(name->flags & BF_F_QUOTED) && ((z ? *z : *name->name->text.p) & 0x80);
}
