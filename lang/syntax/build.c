/* What the grammar's builders do rarely: check clauses, tell the two readings of mixed and/or, stop at
** the nesting limit. */
#include "lang/syntax/state.h"

#include <string.h>

#include "lang/syntax/build.h"

static struct bf_range range_of(const struct bf_node *n) {
    return (struct bf_range){n->span.start, n->span.end};
}

/* ---- clauses ---- */

#define BIT(kind) (1u << (BF_N_##kind - BF_N_C_ONCE))

/* The clauses a rule of this kind may have. */
static unsigned allowed_clauses(enum bf_node_kind rule) {
    if (rule == BF_N_MAY)
        return BIT(C_ONCE) | BIT(C_WITHIN) | BIT(C_FROM) | BIT(C_BY) | BIT(C_NOT_BEFORE) |
               BIT(C_IN) | BIT(C_CONSENT) | BIT(C_REPORTING) | BIT(C_IF) | BIT(C_DATED) |
               BIT(C_DISTINCT);
    if (rule == BF_N_MUST)
        return BIT(C_WITHIN) | BIT(C_FROM) | BIT(C_BY) | BIT(C_IF) | BIT(C_UNTIL);
    if (rule == BF_N_ALT)
        return BIT(C_ONCE) | BIT(C_NOT_BEFORE) | BIT(C_CONSENT) | BIT(C_REPORTING) | BIT(C_IF) |
               BIT(C_DATED) | BIT(C_DISTINCT);
    if (rule == BF_N_MUST_NOT || rule == BF_N_NORM_MUST)
        return BIT(C_UNLESS);
    if (rule == BF_N_MAY_EXTEND)
        return BIT(C_ONCE) | BIT(C_CONSENT) | BIT(C_REPORTING) | BIT(C_IF) | BIT(C_DISTINCT);
    return BIT(C_FROM) | BIT(C_IF); /* LASTS */
}

void bf_build_check_clauses(struct bf_lexer *lx, struct bf_node *rule) {
    unsigned allowed = allowed_clauses((enum bf_node_kind)rule->kind);
    const struct bf_node *seen[BF_N_C_UNLESS - BF_N_C_ONCE + 1] = {0};
    for (const struct bf_node *c = rule->c; c; c = c->next) {
        bool window = c->kind == BF_N_C_WITHIN || c->kind == BF_N_C_BY ||
                      c->kind == BF_N_C_NOT_BEFORE; /* one of them */
        const struct bf_node **before = &seen[(window ? BF_N_C_WITHIN : c->kind) - BF_N_C_ONCE];
        if (!(allowed & 1u << (c->kind - BF_N_C_ONCE))) {
            struct bf_diag *d = bf_lexer_error(lx, BF_E0021_CLAUSE_MISPLACED, range_of(c),
                                               BF_ARGS(bf_arg_str(bf_lexer_text(lx, range_of(c)))));
            if (c->kind == BF_N_C_UNLESS && rule->kind == BF_N_MAY)
                bf_diag_hint(lx->p->diags, d, BF_T_UNLESS_HINT, BF_NOARGS);
        } else if (*before) {
            enum bf_diag_code code =
                c->kind == (*before)->kind ? BF_E0022_CLAUSE_TWICE : BF_E0022_WINDOW;
            struct bf_diag *d = bf_lexer_error(lx, code, range_of(c), BF_NOARGS);
            bf_diag_label(lx->p->diags, d, c->span, BF_T_SAID_AGAIN, BF_NOARGS);
            bf_diag_label(lx->p->diags, d, (*before)->span, BF_T_SAID_FIRST, BF_NOARGS);
            if (c->kind == BF_N_C_IF)
                bf_diag_hint(lx->p->diags, d, BF_T_JOIN_WITH_AND, BF_NOARGS);
        } else {
            *before = c;
            continue;
        }
        rule->flags |= BF_F_BROKEN;
    }
}

struct bf_node *bf_build_guarded(struct bf_lexer *lx, struct bf_list guard, struct bf_node *rule) {
    rule->flags |= BF_F_ZH;
    if (rule->kind == BF_N_PAUSES) {
        if (guard.first->kind != BF_N_C_IF || guard.first->next || rule->b)
            bf_lexer_error(lx, BF_E0021_CLAUSE_MISPLACED, range_of(guard.first),
                           BF_ARGS(bf_arg_str(bf_lexer_text(lx, range_of(guard.first)))));
        else
            rule->b = guard.first->a;
        return rule;
    }
    guard.last->next = rule->c;
    rule->c = guard.first;
    bf_build_check_clauses(lx, rule);
    return rule;
}

/* 如 C 的，转入 S */
struct bf_node *bf_build_route(struct bf_lexer *lx, struct bf_range at, struct bf_list guard,
                               struct bf_node *to) {
    struct bf_node *n = bf_node_make(lx, BF_N_WHEN, at);
    n->flags |= BF_F_ZH;
    n->d = to;
    n->a = guard.last->a;
    if (guard.first->kind != BF_N_C_IF) {
        bf_lexer_error(lx, BF_E0021_CLAUSE_MISPLACED, range_of(guard.first),
                       BF_ARGS(bf_arg_str(bf_lexer_text(lx, range_of(guard.first)))));
        n->flags |= BF_F_BROKEN;
        if (guard.last->kind != BF_N_C_IF)
            n->a = nil;
    }
    return n;
}

void bf_build_one_bearer(struct bf_lexer *lx, struct bf_list subjects) {
    struct bf_range at = {subjects.first->span.start, subjects.last->span.end};
    struct bf_diag *d = bf_lexer_error(lx, BF_E0023_ONE_BEARER, at, BF_NOARGS);
    bf_diag_hint(lx->p->diags, d, BF_T_ONE_BEARER_HINT, BF_NOARGS);
}

void bf_build_no_params(struct bf_lexer *lx, struct bf_node *head) {
    bf_lexer_error(lx, BF_E0024_DUTY_PARAMS, range_of(head->c), BF_NOARGS);
    bf_node_lose(lx->names, head->c);
}

bool bf_build_is_back(struct bf_lexer *lx, const struct bf_node *n) {
    (void)lx;
    if (n->flags & BF_F_QUOTED)
        return false;
    return bf_str_eq(n->name->text, BF_STR("back")) || bf_str_eq(n->name->text, BF_STR("原状态"));
}

int64_t bf_build_rate(struct bf_lexer *lx, struct bf_range at, const struct bf_node *word,
                      bool then_day) {
    bf_str text = word->name->text;
    if (then_day && bf_str_eq(text, BF_STR("working")))
        return BF_UNIT_WORKING_DAYS;
    if (!then_day && bf_str_eq(text, BF_STR("day")))
        return BF_UNIT_DAYS;
    if (!then_day && bf_str_eq(text, BF_STR("month")))
        return BF_UNIT_MONTHS;
    bf_lexer_error(lx, BF_E0026_RATE, at, BF_ARGS(bf_arg_str(text)));
    return BF_UNIT_DAYS;
}

/* `days`, `working days`, … as bit of its unit. second: NULL, or what follows the word. */
int64_t bf_build_still_unit(struct bf_lexer *lx, struct bf_range at, const struct bf_name *word,
                            const struct bf_name *second) {
    static const struct {
        const char *word, *second;
        enum bf_unit unit;
    } units[] = {{"days", NULL, BF_UNIT_DAYS},
                 {"months", NULL, BF_UNIT_MONTHS},
                 {"working", "days", BF_UNIT_WORKING_DAYS},
                 {"日", NULL, BF_UNIT_DAYS},
                 {"月", NULL, BF_UNIT_MONTHS},
                 {"工作日", NULL, BF_UNIT_WORKING_DAYS}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (bf_str_eq(word->text, bf_str_of(units[i].word)) && !second == !units[i].second &&
            (!second || bf_str_eq(second->text, bf_str_of(units[i].second))))
            return 1 << units[i].unit;
    bf_lexer_error(lx, BF_E0027_STILL_UNIT, at, BF_ARGS(bf_arg_str(bf_lexer_text(lx, at))));
    return 0;
}

struct bf_node *bf_build_as_name(struct bf_lexer *lx, struct bf_node *n) {
    bf_lexer_error(lx, BF_E0025_NAME_WANTED, range_of(n), BF_NOARGS);
    bf_node_lose(lx->names, n);
    struct bf_node *broken_name = bf_node_make(lx, BF_N_NAME, range_of(n));
    broken_name->name = bf_name_intern(lx->names, BF_STR("?"));
    broken_name->flags |= BF_F_BROKEN;
    return broken_name;
}

/* Cuts the tree off: whoever walks it may recurse. */
struct bf_node *bf_build_too_deep(struct bf_lexer *lx, struct bf_node *n) {
    if (!lx->deep)
        bf_lexer_error(lx, BF_E0004_TOO_DEEP, range_of(n), BF_ARGS(bf_arg_int(BF_NESTING_LIMIT)));
    lx->deep = true;
    struct bf_node *cut =
        bf_node_make(lx, n->kind == BF_N_LIST_TYPE ? BF_N_TYPE : BF_N_NONE, range_of(n));
    cut->flags |= BF_F_BROKEN;
    if (cut->kind == BF_N_TYPE) {
        cut->a = bf_node_make(lx, BF_N_NAME, range_of(n));
        cut->a->name = bf_name_intern(lx->names, BF_STR("?"));
        cut->a->flags |= BF_F_BROKEN;
    }
    return cut;
}

/* ---- and, or, not ---- */

/* Source text with brackets put around [open, close), line ends made spaces. */
static bf_arg reading(struct bf_lexer *lx, struct bf_range whole, struct bf_range inner, bool zh) {
    const char *open = zh ? "（" : "(", *close = zh ? "）" : ")";
    size_t mark = strlen(open);
    char *out = bf_arena_alloc(lx->p->arena, whole.end - whole.start + 2 * mark), *end = out;
    bool space = false;
    for (uint32_t i = whole.start; i <= whole.end; i++) {
        if (i == inner.end)
            end = (char *)memcpy(end, close, mark) + mark;
        if (i == whole.end)
            break;
        char c = lx->base[i];
        bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
        if (blank && space)
            continue;
        space = blank;
        if (i == inner.start)
            end = (char *)memcpy(end, open, mark) + mark;
        *end++ = blank ? ' ' : c;
    }
    return bf_arg_str((bf_str){out, (uint32_t)(end - out)});
}

#define READING_MAX 400 /* longer conditions are not repeated in the hints */

static void mixed(struct bf_lexer *lx, enum bf_diag_code code, struct bf_range op_at,
                  struct bf_range before_at, struct bf_range whole, struct bf_range left,
                  struct bf_range right, bool right_first) {
    struct bf_diags *ds = lx->p->diags;
    bool zh = lx->base[op_at.start] & 0x80;
    struct bf_diag *d = bf_lexer_error(
        lx, code, op_at,
        BF_ARGS(bf_arg_str(bf_lexer_text(lx, before_at)), bf_arg_str(bf_lexer_text(lx, op_at))));
    bf_diag_label(ds, d, bf_lexer_span(lx, op_at), BF_T_THIS_FIRST, BF_NOARGS);
    bf_diag_label(ds, d, bf_lexer_span(lx, before_at), BF_T_OR_THIS_FIRST, BF_NOARGS);
    if (whole.end - whole.start <= READING_MAX) {
        struct bf_range one = right_first ? right : left, two = right_first ? left : right;
        bf_diag_hint(ds, d, BF_T_READ_EITHER, BF_ARGS(reading(lx, whole, one, zh)));
        bf_diag_hint(ds, d, BF_T_READ_OR, BF_ARGS(reading(lx, whole, two, zh)));
    }
    bf_diag_hint(ds, d, BF_T_READ_AMBIGUOUS, BF_NOARGS);
}

static struct bf_range packed(int64_t n) {
    return (struct bf_range){(uint32_t)((uint64_t)n >> 32), (uint32_t)n};
}

static bool bare(const struct bf_node *n, enum bf_node_kind kind) {
    return n->kind == kind && !(n->flags & BF_F_PARENS);
}

struct bf_node *bf_build_joined(struct bf_lexer *lx, struct bf_range at, struct bf_node *x,
                                struct bf_range op_at, enum bf_node_kind kind, struct bf_node *y) {
    bool growing = bare(x, BF_N_AND) || bare(x, BF_N_OR);
    struct bf_node *last = growing ? x->b : x;
    bool known = x->flags & BF_F_BROKEN;
    bool broken_now = false;
    if (bare(last, BF_N_NOT) && !known) {
        /* not a and b: does `not` cover b too? */
        struct bf_range not_at = {last->span.start, last->a->span.start};
        while (not_at.end > not_at.start &&
               ((unsigned char)lx->base[not_at.end - 1] <= ' ' || lx->base[not_at.end - 1] == '('))
            not_at.end--;
        mixed(lx, BF_E0031_MIXED_AND_OR, op_at, not_at, at, range_of(last),
              (struct bf_range){last->a->span.start, at.end}, false);
        broken_now = true;
    }
    if (growing && x->kind == kind) {
        x->b->next = y;
        x->b = y;
        x->num = (int64_t)((uint64_t)op_at.start << 32 | op_at.end);
        x->span.end = at.end;
        if (y->depth + 1 > x->depth)
            x->depth = y->depth + 1;
        if (broken_now)
            x->flags |= BF_F_BROKEN;
        return x->depth > BF_NESTING_LIMIT ? bf_build_too_deep(lx, x) : x;
    }
    if (growing && !known && !broken_now) {
        mixed(lx, BF_E0031_MIXED_AND_OR, op_at, packed(x->num), at,
              (struct bf_range){at.start, x->span.end}, (struct bf_range){last->span.start, at.end},
              kind == BF_N_AND);
        broken_now = true;
    }
    struct bf_node *n = bf_node_make(lx, kind, at);
    n->a = chain_end(x);
    x->next = y;
    n->b = y;
    n->num = (int64_t)((uint64_t)op_at.start << 32 | op_at.end);
    if (known || broken_now)
        n->flags |= BF_F_BROKEN;
    return deepened(lx, n, x, y);
}
