/* logic_text: which variables are opaque, and inputs as people read them. See logic.h. */
#include <string.h>

#include "lang/base/date.h"
#include "lang/check/logic_parts.h"

enum { EXAMPLE_VARS = 12, CALL_PAIRS = 4096 };

static struct bf_sym *sym_of(const struct bf_logic *l, const struct bf_node *n) {
    return l->program->info[n->id].sym;
}

/* ---- opaque variables ----
** A path (data, arguments, assumptions, a row's or a record's fields) takes any value whatever the
** other paths do. Two rows of one register may be one row, a decision gives what its arguments make it
** give, and a built-in function is not looked into. */

static bool is_path(const struct bf_logic *l, const struct bf_node *n) {
    for (;;) {
        struct bf_sym *s = n->kind == BF_N_NAME ? sym_of(l, n) : NULL;
        switch (n->kind) {
        case BF_N_NAME:
            return s &&
                   (s->kind == BF_SYM_DATA || s->kind == BF_SYM_PARAM || s->kind == BF_SYM_ASSUME ||
                    s->kind == BF_SYM_ACT || s->kind == BF_SYM_OFFICE || s->kind == BF_SYM_BUILTIN);
        case BF_N_DOT: n = n->a; break;
        case BF_N_INDEX:
            for (const struct bf_node *k = n->b; k; k = k->next)
                if (k->kind != BF_N_STRING && !is_path(l, k))
                    return false;
            return true;
        default: return false;
        }
    }
}

static const struct bf_node *index_in(const struct bf_node *n) {
    while (n->kind == BF_N_DOT)
        n = n->a;
    return n->kind == BF_N_INDEX ? n : NULL;
}

/* Rows of one register by different keys. */
static void find_aliases(struct bf_logic *l) {
    for (uint32_t i = 0; i < l->vars; i++) {
        const struct bf_node *x = l->var[i].expr ? index_in(l->var[i].expr) : NULL;
        for (uint32_t j = 0; x && j < i && j < CALL_PAIRS; j++) {
            const struct bf_node *y = l->var[j].expr ? index_in(l->var[j].expr) : NULL;
            if (y && sym_of(l, x->a) == sym_of(l, y->a) && !bf_logic_same(l, x, y))
                l->var[i].opaque = l->var[j].opaque = true;
        }
    }
}

static bool only_arguments(const struct bf_logic *l, const struct bf_node *n) {
    if (!n)
        return true;
    if (n->kind == BF_N_INDEX || n->kind == BF_N_CALL)
        return false;
    if (n->kind == BF_N_NAME) {
        const struct bf_sym *s = sym_of(l, n);
        return s &&
               (s->kind == BF_SYM_PARAM || s->kind == BF_SYM_MEMBER || s->kind == BF_SYM_FIELD);
    }
    for (const struct bf_node *c = n->a; c; c = c->next)
        if (!only_arguments(l, c))
            return false;
    for (const struct bf_node *c = n->kind == BF_N_DOT ? NULL : n->b; c; c = c->next)
        if (!only_arguments(l, c))
            return false;
    return true;
}

static struct callee *callee_of(struct bf_logic *l, const struct bf_sym *decision) {
    if (!l->callee)
        l->callee = bf_new_array(l->program->arena, struct callee, l->program->decisions.count);
    return &l->callee[decision->index];
}

/* Does the decision read nothing but its arguments? */
static bool is_closed(struct bf_logic *l, const struct bf_sym *decision) {
    struct callee *c = callee_of(l, decision);
    if (c->looked)
        return c->closed;
    c->looked = true;
    c->closed = !decision->broken;
    for (const struct bf_node *r = decision->node->e; r && c->closed; r = r->next)
        c->closed = only_arguments(l, r->a) && only_arguments(l, r->b);
    return c->closed;
}

/* The results that stand in its rules, as values of v, which is a call of it; NULL: any. */
static const uint64_t *results_of(struct bf_logic *l, const struct bf_sym *decision,
                                  const struct variable *v) {
    struct callee *c = callee_of(l, decision);
    if (c->known)
        return c->base == v->base ? c->results : NULL;
    c->known = true;
    c->base = v->base;
    c->results = bf_new_array(l->program->arena, uint64_t, v->words);
    for (const struct bf_node *r = decision->node->e; r; r = r->next) {
        struct constant k;
        if (!bf_logic_constant(l, r->b, &k))
            return c->results = NULL;
        bf_set_bit(c->results, k.kind ? v->base + (uint32_t)k.num : 0);
    }
    return c->results;
}

/* Does the expression read a thing of this root, or anything but arguments and data? */
static bool reads(struct bf_logic *l, const struct bf_node *n, const struct bf_sym *root) {
    if (n->kind == BF_N_CALL) {
        const struct bf_sym *decision = sym_of(l, n->a);
        if (!decision || decision->kind != BF_SYM_DECISION || !is_closed(l, decision))
            return true;
        for (const struct bf_node *arg = n->b; arg; arg = arg->next)
            if (reads(l, arg->b, root))
                return true;
        return false;
    }
    if (n->kind == BF_N_NAME) {
        const struct bf_sym *s = sym_of(l, n);
        return !s || s == root || (s->kind != BF_SYM_PARAM && s->kind != BF_SYM_DATA);
    }
    return n->kind == BF_N_DOT ? reads(l, n->a, root) : true;
}

/* A decision called on one argument that nothing else here reads gives any of its results. */
static void look_at_call(struct bf_logic *l, uint32_t i) {
    struct variable *v = &l->var[i];
    const struct bf_node *arg = v->expr->b;
    const struct bf_sym *decision = sym_of(l, v->expr->a);
    v->opaque = true;
    if (!decision || decision->kind != BF_SYM_DECISION ||
        (v->kind != VAR_BOOL && v->kind != VAR_ENUM) ||
        decision->index >= l->program->decisions.count)
        return;
    const uint64_t *results = results_of(l, decision, v);
    if (results)
        memcpy(v->full, results, sizeof *v->full * v->words);
    if (!is_closed(l, decision) || !arg || arg->next || arg->b->kind != BF_N_NAME ||
        l->vars > CALL_PAIRS)
        return;
    const struct bf_sym *root = sym_of(l, arg->b);
    if (!root || (root->kind != BF_SYM_PARAM && root->kind != BF_SYM_DATA))
        return;
    for (uint32_t j = 0; j < l->vars; j++) {
        const struct variable *w = &l->var[j];
        if (j != i && (w->duty || w->other || reads(l, w->expr, root)))
            return;
    }
    v->opaque = false;
}

void bf_logic_find_opaque(struct bf_logic *l) {
    for (uint32_t i = 0; i < l->vars; i++) {
        struct variable *v = &l->var[i];
        if (v->duty || v->other)
            continue;
        if (v->expr->kind == BF_N_CALL)
            look_at_call(l, i);
        else if (!is_path(l, v->expr))
            v->opaque = true;
    }
    find_aliases(l);
}

/* ---- an input, as people read it ---- */

/* Without n bytes at the head and m at the tail, and without the space after and before them. */
static bf_str inner(bf_str s, uint32_t n, uint32_t m) {
    s = (bf_str){s.p + n, s.len - n - m};
    while (s.len && s.p[0] == ' ')
        s.p++, s.len--;
    while (s.len && s.p[s.len - 1] == ' ')
        s.len--;
    return s;
}

/* As written, but for parentheses around the whole: no variable begins with one. */
static bf_str source_text(const struct bf_logic *l, const struct bf_node *n) {
    const struct bf_sources *s = l->program->parse->sources;
    if (n->span.file >= s->count || n->span.end <= n->span.start)
        return (bf_str){0};
    bf_str t = {s->file[n->span.file].text.p + n->span.start, n->span.end - n->span.start};
    for (;;) {
        uint32_t head = bf_str_starts(t, BF_STR("(")) ? 1 : bf_str_starts(t, BF_STR("（")) ? 3 : 0;
        uint32_t tail = t.len && t.p[t.len - 1] == ')' ? 1 : 3;
        if (!head || t.len < head + tail)
            return t;
        t = inner(t, head, tail);
    }
}

/* Does every path begin at the same argument? Then its fields are named alone. */
static bool one_root(const struct bf_logic *l) {
    const struct bf_sym *root = NULL;
    for (uint32_t i = 0; i < l->vars; i++) {
        const struct bf_node *n = l->var[i].expr;
        if (!n || n->kind != BF_N_DOT || n->a->kind != BF_N_NAME)
            continue;
        const struct bf_sym *s = sym_of(l, n->a);
        if (!s || s->kind != BF_SYM_PARAM || (root && s != root))
            return false;
        root = s;
    }
    return root != NULL;
}

static bf_str name_of(const struct bf_logic *l, const struct variable *v, bool short_names) {
    if (v->duty)
        return v->duty->name ? v->duty->name->text : (bf_str){0};
    if (short_names && v->expr->kind == BF_N_DOT && v->expr->a->kind == BF_N_NAME)
        return v->expr->b->name->text;
    return source_text(l, v->expr);
}

static void put_text(struct bf_buf *b, enum bf_lang lang, enum bf_text_id id) {
    bf_buf_z(b, bf_text_z(lang, id));
}

static void put_decimal(struct bf_buf *b, int64_t n) {
    uint64_t u = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
    unsigned digits = 6, fraction = (unsigned)(u % 1000000);
    while (digits > 1 && fraction % 10 == 0)
        fraction /= 10, digits--;
    bf_buf_fmt(b, "%s%llu.%0*u", n < 0 ? "-" : "", (unsigned long long)(u / 1000000), (int)digits,
               fraction);
}

static void put_date(struct bf_buf *b, enum bf_lang lang, int64_t day) {
    char text[BF_DAY_TEXT];
    struct bf_civil c = bf_day_civil((bf_day)day);
    if (lang == BF_LANG_ZH)
        bf_buf_fmt(b, "%d年%d月%d日", c.year, c.month, c.day);
    else
        bf_buf_z(b, bf_day_print((bf_day)day, text));
}

static void put_period(struct bf_buf *b, enum bf_lang lang, enum bf_unit unit, int64_t n) {
    static const enum bf_text_id text[] = {BF_T_EXAMPLE_WORKING_DAYS, BF_T_EXAMPLE_DAYS,
                                           BF_T_EXAMPLE_MONTHS, BF_T_EXAMPLE_HOURS};
    bf_text_render(b, lang, text[unit], BF_ARGS(bf_arg_int(n)));
}

/* A number of the region: the literal itself, or one beside it, a whole step away if there is room. */
static int64_t number_in(const struct variable *v, uint32_t region) {
    uint32_t i = region / 2;
    int64_t step = v->type->kind == BF_K_DECIMAL ? 1000000 : 1, x;
    if (region % 2)
        return v->lit[i].num;
    if (v->lits == 0)
        return 0;
    if (i == 0)
        return __builtin_sub_overflow(v->lit[0].num, step, &x) ? INT64_MIN : x;
    if (__builtin_add_overflow(v->lit[i - 1].num, step, &x))
        return INT64_MAX;
    if (i == v->lits || x < v->lit[i].num)
        return x;
    return v->lit[i - 1].num + (v->lit[i].num - v->lit[i - 1].num) / 2;
}

static void put_ordered(struct bf_buf *b, enum bf_lang lang, const struct variable *v,
                        uint32_t region) {
    int64_t n = number_in(v, region);
    switch (v->type->kind) {
    case BF_K_DECIMAL: put_decimal(b, n); break;
    case BF_K_DATE: put_date(b, lang, n); break;
    case BF_K_PERIOD: put_period(b, lang, v->type->unit, n); break;
    default: bf_buf_int(b, n); break;
    }
}

static void put_member(struct bf_buf *b, enum bf_lang lang, const struct bf_type *t, uint32_t i) {
    const struct bf_sym *m = t->sym->first;
    while (m && i > 0)
        m = m->next, i--;
    if (m)
        bf_buf_str(b, m->name->text);
    else
        put_text(b, lang, BF_T_EXAMPLE_OTHER);
}

static void put_value(struct bf_buf *b, enum bf_lang lang, const struct variable *v, uint32_t i) {
    switch (v->kind) {
    case VAR_BOOL: put_text(b, lang, i ? BF_T_EXAMPLE_YES : BF_T_EXAMPLE_NO); break;
    case VAR_ENUM: put_member(b, lang, v->type, i); break;
    case VAR_TEXT:
        if (i < v->lits) {
            bf_buf_z(b, lang == BF_LANG_ZH ? "“" : "\"");
            bf_buf_str(b, v->lit[i].text);
            bf_buf_z(b, lang == BF_LANG_ZH ? "”" : "\"");
        } else {
            put_text(b, lang, BF_T_EXAMPLE_TEXT);
        }
        break;
    case VAR_ORDERED: put_ordered(b, lang, v, i); break;
    case VAR_OTHER:
    case VAR_PAIR:
    case VAR_DUTY: break;
    }
}

static const char *status_word(enum bf_lang lang, enum bf_status s) {
    static const struct {
        enum bf_status status;
        const char *word[2];
    } words[] = {
#define BUILTIN(id, class, en, zh) BUILTIN_##class(id, en, zh)
#define BUILTIN_STATUS(id, en, zh) {BF_STATUS_##id, {en, zh}},
#define BUILTIN_TYPE(id, en, zh)
#define BUILTIN_VALUE(id, en, zh)
#define BUILTIN_FUNCTION(id, en, zh)
#define BUILTIN_FIELD(id, en, zh)
#define BUILTIN_EVENT(id, en, zh)
#define BUILTIN_ACT(id, en, zh)
#define BUILTIN_PREFIX(id, en, zh)
#define BUILTIN_STATE(id, en, zh)
#define BUILTIN_MODULE(id, en, zh)
#include "lang/defs/builtins.def"
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].status == s)
            return words[i].word[lang];
    return bf_text_z(lang, BF_T_EXAMPLE_NOT_BEGUN);
}

static void put_var(struct bf_buf *b, enum bf_lang lang, const struct bf_logic *l,
                    const struct variable *v, uint32_t value, bool short_names) {
    static const char *const sign[2][3] = {{" < ", " = ", " > "}, {"＜", "＝", "＞"}};
    bf_arg name = bf_arg_str(name_of(l, v, short_names));
    if (v->optional && value == 0) {
        bf_text_render(b, lang, BF_T_EXAMPLE_ABSENT, &name, 1);
    } else if (v->kind == VAR_OTHER) {
        bf_text_render(b, lang, BF_T_EXAMPLE_PRESENT, &name, 1);
    } else if (v->kind == VAR_PAIR) {
        bf_buf_str(b, name.s);
        bf_buf_z(b, sign[lang][value]);
        bf_buf_str(b, source_text(l, v->other));
    } else if (v->kind == VAR_DUTY) {
        bf_str word = bf_str_of(status_word(lang, value % BF_STATUSES));
        bf_text_render(b, lang, BF_T_EXAMPLE_STATUS, BF_ARGS(name, bf_arg_str(word)));
    } else {
        bf_text_render(b, lang, BF_T_EXAMPLE_EQUALS, &name, 1);
        put_value(b, lang, v, value - v->base);
    }
}

/* Is what the path goes through absent? Then it is not there to have a value. */
static bool base_absent(struct bf_logic *l, const struct variable *v) {
    for (const struct bf_node *n = v->expr; n && n->kind == BF_N_DOT;) {
        n = n->a;
        for (uint32_t i = 0; i < l->vars; i++)
            if (l->var[i].optional && l->point[i] == 0 && !l->var[i].other &&
                bf_logic_same(l, l->var[i].expr, n))
                return true;
    }
    return false;
}

bf_str bf_logic_example(struct bf_logic *l, enum bf_lang lang, bool opaque) {
    struct bf_buf b;
    bf_buf_in(&b, l->program->arena);
    bool short_names = one_root(l);
    uint32_t shown = 0;
    for (uint32_t i = 0; i < l->vars && shown <= EXAMPLE_VARS; i++) {
        const struct variable *v = &l->var[i];
        if ((v->opaque && !opaque) || base_absent(l, v))
            continue;
        if (shown)
            put_text(&b, lang, BF_T_EXAMPLE_AND);
        if (shown++ == EXAMPLE_VARS)
            bf_buf_z(&b, "…");
        else
            put_var(&b, lang, l, v, l->point[i], short_names);
    }
    if (!shown)
        put_text(&b, lang, BF_T_EXAMPLE_ANY);
    bf_str text = bf_buf_view(&b);
    return text;
}

bf_str bf_logic_opaque_name(struct bf_logic *l, const struct bf_cube *x) {
    for (uint32_t i = 0; i < x->n; i++) {
        const struct variable *v = &l->var[x->lit[i].var];
        if (!v->opaque || v->duty)
            continue;
        bf_str name = source_text(l, v->expr);
        if (!v->other || v->other == v->expr)
            return name;
        struct bf_buf b;
        bf_buf_in(&b, l->program->arena);
        bf_buf_str(&b, name);
        bf_buf_z(&b, ", ");
        bf_buf_str(&b, source_text(l, v->other));
        name = bf_buf_view(&b);
        return name;
    }
    return (bf_str){0};
}
