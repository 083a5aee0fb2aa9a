/* lower_expr: expressions and effects become programs. */
#include "lang/image/lower.h"

#include <string.h>

#include "lang/base/assert.h"

static void op(struct bf_lower *l, enum bf_opcode o, uint32_t operand) {
    bf_build_op(&l->b, o, operand);
}

static void constant(struct bf_lower *l, enum bf_kind kind, uint32_t aux, int64_t i) {
    op(l, BF_OP_CONST, bf_build_const(&l->b, kind, aux, i));
}

static void absent(struct bf_lower *l) { constant(l, BF_K_NONE, 0, 0); }

static struct bf_sym *sym(const struct bf_lower *l, const struct bf_node *n) {
    return n ? bf_sym_of(l->p, n) : NULL;
}

static bool is_builtin(const struct bf_sym *s, enum bf_builtin b) {
    return s && s->kind == BF_SYM_BUILTIN && s->builtin == (uint32_t)b;
}

static uint32_t duty_row(const struct bf_lower *l, const struct bf_sym *s) {
    return l->base[s->owner->index].duty + s->index;
}

static uint32_t act_row(const struct bf_lower *l, const struct bf_sym *s) {
    return l->base[s->owner->index].act + s->index;
}

static uint32_t data_row(const struct bf_lower *l, const struct bf_sym *s) {
    return l->base[s->owner->index].data + s->index;
}

/* ---- constants ---- */

/* "Bool 1", also of `not` before one: -1 if the condition is none. */
static int known(const struct bf_node *n) {
    if (n->kind == BF_N_BOOL)
        return n->num != 0;
    if (n->kind != BF_N_NOT)
        return -1;
    int x = known(n->a);
    return x < 0 ? -1 : !x;
}

/* CitizenId("…"), CreditCode("…"). */
static uint32_t id_const(struct bf_lower *l, const struct bf_node *call) {
    const struct bf_sym *s = sym(l, call->a);
    const struct bf_node *text = call->b ? call->b->b : NULL;
    bool id = s && s->kind == BF_SYM_TYPE && text &&
              (s->builtin == BF_B_CITIZEN_ID || s->builtin == BF_B_CREDIT_CODE);
    if (!id)
        return BF_NONE;
    enum bf_kind kind = s->builtin == BF_B_CITIZEN_ID ? BF_K_CITIZEN_ID : BF_K_CREDIT_CODE;
    return bf_build_const(&l->b, kind, 0, bf_build_text(&l->b, text->text));
}

uint32_t bf_lower_const(struct bf_lower *l, const struct bf_node *n) {
    struct bf_build *b = &l->b;
    const struct bf_type *t = bf_type_of(l->p, n);
    switch (n->kind) {
    case BF_N_STRING:
        return bf_build_const(b, t && t->kind == BF_K_DOCUMENT ? BF_K_DOCUMENT : BF_K_TEXT, 0,
                              bf_build_text(b, n->text));
    case BF_N_INT:
        if (t && t->kind == BF_K_DECIMAL)
            return bf_build_const(b, BF_K_DECIMAL, 0, n->num * 1000000);
        return bf_build_const(b, BF_K_INT, 0, n->num);
    case BF_N_DECIMAL: return bf_build_const(b, BF_K_DECIMAL, 0, n->num);
    case BF_N_DATE: return bf_build_const(b, BF_K_DATE, 0, n->num);
    case BF_N_PERIOD: return bf_build_const(b, BF_K_PERIOD, n->op, n->num);
    case BF_N_BOOL: return bf_build_const(b, BF_K_BOOL, 0, n->num != 0);
    case BF_N_NONE: return bf_build_const(b, BF_K_NONE, 0, 0);
    case BF_N_NOT: {
        int yes = known(n);
        return yes < 0 ? BF_NONE : bf_build_const(b, BF_K_BOOL, 0, yes);
    }
    case BF_N_NAME: {
        const struct bf_sym *s = sym(l, n);
        if (!s || s->kind != BF_SYM_MEMBER)
            return BF_NONE;
        return bf_build_const(b, BF_K_ENUM, s->owner->index, s->index);
    }
    case BF_N_CALL: return id_const(l, n);
    default: return BF_NONE; /* computed */
    }
}

/* ---- names ---- */

static void name(struct bf_lower *l, const struct bf_sym *s) {
    switch (s->kind) {
    case BF_SYM_DATA: op(l, BF_OP_DATA, data_row(l, s)); return;
    case BF_SYM_PARAM: op(l, BF_OP_ARG, s->index); return;
    case BF_SYM_EACH: op(l, BF_OP_MEMBER, 0); return;
    case BF_SYM_ASSUME: op(l, BF_OP_ASSUME, s->index); return;
    case BF_SYM_OFFICE: op(l, BF_OP_OFFICE, s->index); return;
    case BF_SYM_VIOLATION: op(l, BF_OP_VIOLATION, s->index); return;
    case BF_SYM_FIXTURE: op(l, BF_OP_LOCAL, s->index); return;
    case BF_SYM_LOCAL: op(l, BF_OP_LOCAL, l->p->fixtures.count + s->index); return;
    case BF_SYM_PROCEDURE: op(l, BF_OP_CASE, s->index); return;
    case BF_SYM_BUILTIN: op(l, s->builtin == BF_B_TODAY ? BF_OP_TODAY : BF_OP_START_DAY, 0); return;
    case BF_SYM_MODULE:
    case BF_SYM_TYPE:
    case BF_SYM_ENUM:
    case BF_SYM_MEMBER: /* a constant */
    case BF_SYM_RECORD:
    case BF_SYM_FIELD:
    case BF_SYM_REGISTER:
    case BF_SYM_DECISION:
    case BF_SYM_EVENT:
    case BF_SYM_MEASURE:
    case BF_SYM_MODEL:
    case BF_SYM_STATE:
    case BF_SYM_ACT:
    case BF_SYM_DUTY: break; /* no value by itself */
    }
    bf_assert_failed("a name without a value", __FILE__, __LINE__);
}

/* ---- parts: a.b ---- */

/* What a name means, or the PART of CASE.PART. */
static struct bf_sym *part_of(const struct bf_lower *l, const struct bf_node *n) {
    return sym(l, n->kind == BF_N_DOT ? n->b : n);
}

/* Enters a case; the one that a measure counts is self. */
static bool enter_case(struct bf_lower *l, const struct bf_node *n) {
    if (l->counted)
        return false;
    bf_lower_expr(l, n);
    op(l, BF_OP_ENTER, 0);
    return true;
}

/* Of CASE.PART the case is entered first; of a bare PART the case is self. */
static bool enter(struct bf_lower *l, const struct bf_node *part) {
    return part->kind == BF_N_DOT && enter_case(l, part->a);
}

static void leave(struct bf_lower *l, bool entered) {
    if (entered)
        op(l, BF_OP_LEAVE, 0);
}

static void act_part(struct bf_lower *l, const struct bf_node *n, const struct bf_sym *act) {
    const struct bf_sym *part = sym(l, n->b);
    bool entered = enter(l, n->a);
    if (part->kind == BF_SYM_PARAM)
        bf_build_op2(&l->b, BF_OP_ACT_ARG, act_row(l, act), part->index);
    else if (part->builtin == BF_B_WHO)
        op(l, BF_OP_ACT_WHO, act_row(l, act));
    else
        op(l, part->builtin == BF_B_FILED ? BF_OP_ACT_FILED : BF_OP_ACT_DAY, act_row(l, act));
    leave(l, entered);
}

static void party_part(struct bf_lower *l, const struct bf_sym *part) {
    if (part->kind == BF_SYM_OFFICE)
        op(l, BF_OP_OFFICE_OF, part->index);
    else
        op(l, BF_OP_FIELD, part->builtin == BF_B_CODE ? 0 : part->builtin == BF_B_NAME ? 1 : 2);
}

/* D[m] or CASE.D[m]: the member, with the case entered; NULL: it is none. */
static const struct bf_sym *duty_member(struct bf_lower *l, const struct bf_node *n) {
    const struct bf_sym *duty = n->kind == BF_N_INDEX ? part_of(l, n->a) : NULL;
    return duty && duty->kind == BF_SYM_DUTY ? duty : NULL;
}

/* The member is the reader's own: it is worked out before the case is entered. */
static bool enter_member(struct bf_lower *l, const struct bf_node *n) {
    bf_lower_expr(l, n->b);
    return enter(l, n->a);
}

static void dot(struct bf_lower *l, const struct bf_node *n) {
    const struct bf_sym *whole = part_of(l, n->a), *part = sym(l, n->b);
    const struct bf_sym *his = duty_member(l, n->a);
    if (his && is_builtin(part, BF_B_DUE)) {
        bool entered = enter_member(l, n->a);
        op(l, BF_OP_MEMBER_DUE, duty_row(l, his));
        leave(l, entered);
        return;
    }
    if (whole && whole->kind == BF_SYM_DUTY && is_builtin(part, BF_B_DUE)) {
        bool entered = enter(l, n->a);
        op(l, BF_OP_DUE, duty_row(l, whole));
        leave(l, entered);
        return;
    }
    if (whole && whole->kind == BF_SYM_ACT) {
        act_part(l, n, whole);
        return;
    }
    if (part->kind == BF_SYM_DATA) {
        bool entered = enter_case(l, n->a);
        op(l, BF_OP_DATA, data_row(l, part));
        leave(l, entered);
        return;
    }
    bf_lower_expr(l, n->a);
    if (is_builtin(whole, BF_B_START) && is_builtin(part, BF_B_DAY))
        return; /* start is its day */
    if (part->kind == BF_SYM_FIELD) {
        op(l, BF_OP_FIELD, part->index);
    } else {
        party_part(l, part);
    }
}

/* ---- calls ---- */

void bf_lower_maybe(struct bf_lower *l, const struct bf_node *n) {
    if (n)
        bf_lower_expr(l, n);
    else
        absent(l);
}

uint32_t bf_lower_args(struct bf_lower *l, const struct bf_node *args, const struct bf_sym *first) {
    uint32_t count = 0;
    for (const struct bf_sym *s = first; s; s = s->next)
        count++;
    const struct bf_node **given = bf_new_array(l->a, const struct bf_node *, count);
    for (const struct bf_node *x = args; x; x = x->next)
        if (sym(l, x)->kind != BF_SYM_BUILTIN) /* who: no argument, but whom a report is about */
            given[sym(l, x)->index] = x->b;
    for (uint32_t i = 0; i < count; i++)
        bf_lower_maybe(l, given[i]);
    return count;
}

static void count(struct bf_lower *l, const struct bf_node *x);

static void function(struct bf_lower *l, const struct bf_node *n, enum bf_builtin f) {
    if (f == BF_B_COUNT) {
        count(l, n->b->b);
        return;
    }
    for (const struct bf_node *x = n->b; x; x = x->next)
        bf_lower_expr(l, x->b);
    switch ((int)f) {
    case BF_B_WORKDAY: op(l, BF_OP_WORKDAY, 0); return;
    case BF_B_NEXT_WORKDAY: op(l, BF_OP_NEXT_WORKDAY, 0); return;
    case BF_B_DAYS_BETWEEN: op(l, BF_OP_DAYS_BETWEEN, 0); return;
    case BF_B_WORKING_DAYS_BETWEEN: op(l, BF_OP_WORKING_DAYS_BETWEEN, 0); return;
    case BF_B_EARLIER: op(l, BF_OP_EARLIER, 0); return;
    case BF_B_LATER: op(l, BF_OP_LATER, 0); return;
    }
    bf_assert_failed("a function without code", __FILE__, __LINE__);
}

static void call(struct bf_lower *l, const struct bf_node *n) {
    const struct bf_sym *s = sym(l, n->a);
    switch ((int)s->kind) {
    case BF_SYM_DECISION:
        bf_lower_args(l, n->b, s->first);
        op(l, BF_OP_CALL, s->index);
        return;
    case BF_SYM_RECORD:
        bf_lower_args(l, n->b, s->first);
        op(l, BF_OP_RECORD, s->index);
        return;
    case BF_SYM_TYPE:
        for (uint32_t count = bf_lower_args(l, n->b, s->first); count < 3; count++)
            absent(l);
        op(l, BF_OP_PARTY, s->type->kind);
        return;
    case BF_SYM_BUILTIN: function(l, n, (enum bf_builtin)s->builtin); return;
    }
    bf_assert_failed("a call without code", __FILE__, __LINE__);
}

static void row(struct bf_lower *l, const struct bf_node *n) {
    for (const struct bf_node *k = n->b; k; k = k->next)
        bf_lower_expr(l, k);
    op(l, BF_OP_ROW, sym(l, n->a)->index);
}

static void list(struct bf_lower *l, const struct bf_node *n) {
    uint32_t count = 0, type = bf_lower_type(l, bf_type_of(l->p, n)->base);
    for (const struct bf_node *x = n->a; x; x = x->next, count++)
        bf_lower_expr(l, x);
    bf_build_op2(&l->b, BF_OP_LIST, count, type);
}

/* ---- conditions ---- */

static void negate(struct bf_lower *l, const struct bf_node *n) {
    if (n->flags & BF_F_NOT)
        op(l, BF_OP_NOT, 0);
}

/* Jumps to one place not yet reached: a list through their own operands (how far back the one before is). */
struct exits {
    uint32_t last, count;
};

static void add_exit(struct bf_lower *l, struct exits *x, enum bf_opcode o) {
    uint32_t at = bf_build_jump(&l->b, o);
    *bf_build_at_code(&l->b, at) |= (x->count++ ? at - x->last : 0) << 8;
    x->last = at;
}

static void land_exits(struct bf_lower *l, struct exits *x) {
    for (; x->count; x->count--) {
        uint32_t *code = bf_build_at_code(&l->b, x->last), back = bf_i_operand(*code);
        *code = bf_i_op(*code);
        bf_build_land(&l->b, x->last);
        x->last -= back;
    }
}

/* Each condition but the last jumps to the end of the chain once it settles the matter. What is known to
** settle nothing is left out. */
static void chain(struct bf_lower *l, const struct bf_node *n) {
    bool conjunction = n->kind == BF_N_AND;
    const struct bf_node *last = NULL;
    struct exits exits = {0, 0};
    for (const struct bf_node *x = n->a; x; x = x->next)
        if (known(x) != conjunction)
            last = x;
    if (!last) {
        constant(l, BF_K_BOOL, 0, conjunction);
        return;
    }
    for (const struct bf_node *x = n->a; x != last->next; x = x->next) {
        if (known(x) == conjunction)
            continue;
        bf_lower_expr(l, x);
        if (x != last)
            add_exit(l, &exits, conjunction ? BF_OP_AND : BF_OP_OR);
    }
    land_exits(l, &exits);
}

/* RECORD.FIELD = constant, in one instruction. */
static bool field_is(struct bf_lower *l, const struct bf_node *x, const struct bf_node *y) {
    const struct bf_sym *field = x->kind == BF_N_DOT ? sym(l, x->b) : NULL;
    if (!field || field->kind != BF_SYM_FIELD)
        return false;
    uint32_t k = y->kind == BF_N_NONE ? BF_NONE : bf_lower_const(l, y);
    if (k == BF_NONE)
        return false;
    bf_lower_expr(l, x->a);
    bf_build_op2(&l->b, BF_OP_FIELD_IS, field->index, k);
    return true;
}

static void compare(struct bf_lower *l, const struct bf_node *n, enum bf_compare_op how) {
    if (how <= BF_NE && field_is(l, n->a, n->b)) {
        if (how == BF_NE)
            op(l, BF_OP_NOT, 0);
        return;
    }
    bf_lower_expr(l, n->a);
    bf_lower_expr(l, n->b);
    op(l, BF_OP_COMPARE, how);
}

static uint32_t status_of(const struct bf_sym *builtin) {
    switch ((int)builtin->builtin) {
    case BF_B_WAITING: return BF_STATUS_WAITING;
    case BF_B_OPEN: return BF_STATUS_OPEN;
    case BF_B_PAUSED: return BF_STATUS_PAUSED;
    case BF_B_MET: return BF_STATUS_MET;
    case BF_B_LATE: return BF_STATUS_LATE;
    case BF_B_LAPSED: return BF_STATUS_LAPSED;
    case BF_B_VOID: return BF_STATUS_VOID;
    }
    bf_assert_failed("no status", __FILE__, __LINE__);
}

/* What became of a duty: a status, or the act that met it. */
static void said(struct bf_lower *l, const struct bf_sym *duty, const struct bf_sym *what,
                 enum bf_opcode status, enum bf_opcode act) {
    if (what->kind == BF_SYM_BUILTIN)
        bf_build_op2(&l->b, status, duty_row(l, duty), status_of(what));
    else
        bf_build_op2(&l->b, act, duty_row(l, duty), act_row(l, what));
}

static void is(struct bf_lower *l, const struct bf_node *n) {
    const struct bf_sym *duty = part_of(l, n->a), *what = sym(l, n->b);
    const struct bf_sym *his = duty_member(l, n->a);
    if (his) {
        bool entered = enter_member(l, n->a);
        said(l, his, what, BF_OP_MEMBER_STATUS, BF_OP_MEMBER_ACT);
        leave(l, entered);
        negate(l, n);
        return;
    }
    if (!duty || duty->kind != BF_SYM_DUTY) {
        compare(l, n, n->flags & BF_F_NOT ? BF_NE : BF_EQ);
        return;
    }
    bool entered = enter(l, n->a);
    said(l, duty, what, BF_OP_STATUS_IS, BF_OP_LAST_ACT_IS);
    leave(l, entered);
    negate(l, n);
}

/* How many members of the list a duty has (n: the duty), or of how many `D is X` holds (n: IS). */
static void count_members(struct bf_lower *l, const struct bf_node *n) {
    const struct bf_node *part = n->kind == BF_N_IS ? n->a : n;
    const struct bf_sym *duty = part_of(l, part);
    bool entered = enter(l, part), not = n->kind == BF_N_IS && n->flags & BF_F_NOT;
    if (n->kind != BF_N_IS || not ) {
        bf_lower_expr(l, duty->member->node->b);
        op(l, BF_OP_MEMBERS, duty_row(l, duty));
    }
    if (n->kind == BF_N_IS) {
        bf_lower_expr(l, duty->member->node->b);
        said(l, duty, sym(l, n->b), BF_OP_MEMBERS_STATUS, BF_OP_MEMBERS_ACT);
    }
    if (not )
        op(l, BF_OP_SUB, 0);
    leave(l, entered);
}

/* All: there is none of whom it does not hold. */
static void over(struct bf_lower *l, const struct bf_node *n) {
    struct bf_node is = *n->a;
    bool all = n->op == BF_OVER_ALL;
    if (all)
        is.flags ^= BF_F_NOT;
    count_members(l, &is);
    constant(l, BF_K_INT, 0, 0);
    op(l, BF_OP_COMPARE, all ? BF_EQ : BF_GT);
}

static void count(struct bf_lower *l, const struct bf_node *x) {
    const struct bf_sym *duty = x->kind == BF_N_NAME || x->kind == BF_N_DOT ? part_of(l, x) : NULL;
    if (x->kind == BF_N_IS || (duty && duty->kind == BF_SYM_DUTY)) {
        count_members(l, x);
        return;
    }
    bf_lower_expr(l, x);
    op(l, BF_OP_LENGTH, 0);
}

/* CASE in S, S */
static void in(struct bf_lower *l, const struct bf_node *n) {
    struct exits exits = {0, 0};
    bool entered = enter_case(l, n->a);
    for (const struct bf_node *s = n->b; s; s = s->next) {
        const struct bf_sym *state = sym(l, s);
        op(l, BF_OP_IN_STATE, l->base[state->owner->index].state + state->index);
        if (s->next)
            add_exit(l, &exits, BF_OP_OR);
    }
    land_exits(l, &exits);
    leave(l, entered);
    negate(l, n);
}

static void has(struct bf_lower *l, const struct bf_node *n) {
    bool entered = enter_case(l, n->a);
    op(l, BF_OP_HAS, sym(l, n->b)->index);
    leave(l, entered);
    negate(l, n);
}

/* ---- the expression ---- */

static void binary(struct bf_lower *l, const struct bf_node *n, enum bf_opcode o) {
    bf_lower_expr(l, n->a);
    bf_lower_expr(l, n->b);
    op(l, o, 0);
}

/* Numbers and periods are added, a date is moved. */
static void sum(struct bf_lower *l, const struct bf_node *n) {
    bool minus = n->kind == BF_N_SUB;
    if (bf_type_of(l->p, n->a)->base->kind == BF_K_DATE)
        binary(l, n, minus ? BF_OP_MINUS : BF_OP_PLUS);
    else
        binary(l, n, minus ? BF_OP_SUB : BF_OP_ADD);
}

static void present(struct bf_lower *l, const struct bf_node *n) {
    bf_lower_expr(l, n->a);
    op(l, BF_OP_PRESENT, 0);
    negate(l, n);
}

void bf_lower_expr(struct bf_lower *l, const struct bf_node *n) {
    uint32_t k = bf_lower_const(l, n);
    if (k != BF_NONE) {
        op(l, BF_OP_CONST, k);
        return;
    }
    switch (n->kind) {
    case BF_N_NAME: name(l, sym(l, n)); return;
    case BF_N_LIST: list(l, n); return;
    case BF_N_DOT: dot(l, n); return;
    case BF_N_CALL: call(l, n); return;
    case BF_N_INDEX: row(l, n); return;
    case BF_N_AND:
    case BF_N_OR: chain(l, n); return;
    case BF_N_NOT:
        bf_lower_expr(l, n->a);
        op(l, BF_OP_NOT, 0);
        return;
    case BF_N_COMPARE: compare(l, n, (enum bf_compare_op)n->op); return;
    case BF_N_OVER: over(l, n); return;
    case BF_N_IS: is(l, n); return;
    case BF_N_PRESENT: present(l, n); return;
    case BF_N_HAS: has(l, n); return;
    case BF_N_IN: in(l, n); return;
    case BF_N_ADD:
    case BF_N_SUB: sum(l, n); return;
    case BF_N_AFTER: binary(l, n, BF_OP_AFTER); return;
    case BF_N_BEFORE: binary(l, n, BF_OP_BEFORE); return;
    default: break;
    }
    bf_assert_failed(bf_node_kind_z(n->kind), __FILE__, __LINE__);
}

uint32_t bf_lower_value(struct bf_lower *l, const struct bf_node *n) {
    if (!n)
        return BF_NONE;
    uint32_t start = bf_lower_here(l);
    bf_lower_expr(l, n);
    op(l, BF_OP_RETURN, 0);
    return start;
}

/* ---- guards ---- */

/* The author's words, on one line. */
static bf_str words(struct bf_lower *l, bf_span span) {
    bf_str s = l->p->parse->sources->file[span.file].text;
    s = (bf_str){s.p + span.start, span.end - span.start};
    if (!memchr(s.p, '\n', s.len))
        return s;
    char *out = bf_arena_alloc(l->a, s.len + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < s.len; i++) {
        bool blank = s.p[i] == ' ' || s.p[i] == '\n' || s.p[i] == '\r' || s.p[i] == '\t';
        if (!blank)
            out[n++] = s.p[i];
        else if (n && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    return (bf_str){out, n};
}

struct parts {
    struct exits exits;
    bool with_words;
};

/* One conjunct of a guard; those before it jump to the end if they say no. */
static void conjunct(struct bf_lower *l, struct parts *p, const struct bf_node *n, bool last) {
    uint32_t first = bf_lower_here(l);
    bf_lower_expr(l, n);
    if (p->with_words)
        bf_build_part(&l->b, first, bf_lower_here(l), words(l, n->span));
    if (!last)
        add_exit(l, &p->exits, BF_OP_AND);
}

static void conjuncts(struct bf_lower *l, struct parts *p, const struct bf_node *n, bool last) {
    if (n->kind != BF_N_AND) {
        conjunct(l, p, n, last);
        return;
    }
    for (const struct bf_node *x = n->a; x; x = x->next)
        conjunct(l, p, x, last && !x->next);
}

uint32_t bf_lower_guard(struct bf_lower *l, const struct bf_node *clauses, int kind,
                        bool with_parts) {
    const struct bf_node *final = NULL;
    struct parts p = {.with_words = with_parts};
    for (const struct bf_node *c = clauses; c; c = c->next)
        if (c->kind == kind)
            final = c;
    if (!final)
        return BF_NONE;
    uint32_t start = bf_lower_here(l);
    for (const struct bf_node *c = clauses; c; c = c->next)
        if (c->kind == kind)
            conjuncts(l, &p, c->a, c == final);
    land_exits(l, &p.exits);
    op(l, BF_OP_RETURN, 0);
    return start;
}

/* ---- effects ---- */

static void effect_body(struct bf_lower *l, const struct bf_node *e) {
    const struct bf_sym *s = sym(l, e->a);
    switch (e->kind) {
    case BF_N_E_SET:
    case BF_N_E_ADD:
    case BF_N_E_REMOVE:
        bf_lower_expr(l, e->b);
        if (e->d) {
            bf_lower_expr(l, e->d);
            op(l, e->op == BF_ADD_AFTER ? BF_OP_ADD_AFTER : BF_OP_ADD_BEFORE, data_row(l, s));
            return;
        }
        op(l,
           e->kind == BF_N_E_SET   ? BF_OP_SET
           : e->kind == BF_N_E_ADD ? BF_OP_ADD_TO
                                   : BF_OP_REMOVE_FROM,
           data_row(l, s));
        return;
    case BF_N_E_PUT:
        bf_lower_expr(l, e->b);
        op(l, BF_OP_PUT, s->index);
        return;
    case BF_N_E_NOTIFY:
        bf_lower_expr(l, e->a);
        if (e->b)
            bf_lower_expr(l, e->b);
        else
            absent(l);
        op(l, BF_OP_NOTIFY, 0);
        return;
    case BF_N_E_ISSUE:
        bf_lower_expr(l, e->a);
        if (e->b)
            bf_lower_expr(l, e->b);
        else
            absent(l);
        op(l, BF_OP_ISSUE, bf_type_of(l->p, e->a)->base->sym->index);
        return;
    case BF_N_E_VIOLATE:
        if (e->b)
            bf_lower_expr(l, e->b);
        else
            absent(l);
        op(l, BF_OP_VIOLATE, s->index);
        return;
    case BF_N_E_EXCUSE:
        bf_lower_expr(l, e->a);
        op(l, BF_OP_EXCUSE, 0);
        return;
    case BF_N_E_OPEN:
        op(l, BF_OP_TUPLE, bf_lower_args(l, e->b, s->proc->data.first));
        op(l, BF_OP_OPEN, s->index);
        return;
    case BF_N_E_RESTART: op(l, BF_OP_RESTART, duty_row(l, s)); return;
    case BF_N_E_EXTEND:
        bf_lower_expr(l, e->b);
        op(l, e->op ? BF_OP_EXTEND_TO : BF_OP_EXTEND_BY, duty_row(l, s));
        return;
    default: break;
    }
    bf_assert_failed(bf_node_kind_z(e->kind), __FILE__, __LINE__);
}

uint32_t bf_lower_effects(struct bf_lower *l, const struct bf_node *effects) {
    if (!effects)
        return BF_NONE;
    uint32_t start = bf_lower_here(l);
    for (const struct bf_node *e = effects; e; e = e->next) {
        uint32_t skip = 0;
        if (e->c) {
            bf_lower_expr(l, e->c);
            skip = bf_build_jump(&l->b, BF_OP_ELSE);
        }
        effect_body(l, e);
        if (e->c)
            bf_build_land(&l->b, skip);
    }
    op(l, BF_OP_DONE, 0);
    return start;
}
