/* verify_code: the programs of an image, run over kinds instead of values.
**
** Code is read once, front to back. Jumps go forward and nest, and while one is under way the values
** below it may not be touched: so where it lands, what was there when it left is there still, and one
** look at depth and top tells that both ways agree. Nothing else need be remembered.
*/
#include "lang/base/assert.h"
#include "lang/image/verify.h"

enum { JUMPS = BF_STACK, SELVES = 8 };

/* A jump under way. */
struct jump {
    uint32_t target;
    uint32_t depth; /* of the stack without what it leaves */
    uint32_t selves;
    bool keeps; /* AND, OR: a Bool is on top where it lands */
};

struct run {
    struct bf_v *v;
    const struct bf_v_context *c;
    uint32_t pc, next; /* of the instruction at hand, of the one after it */
    struct bf_v_slot stack[BF_STACK];
    uint32_t depth;
    struct jump jump[JUMPS];
    uint32_t jumps;
    uint32_t self[SELVES]; /* procedures of the cases entered */
    uint32_t selves;
};

#define RNEED(cond, what) \
    do { \
        if (!(cond)) \
            return bad(r, what); \
    } while (0)

static bool bad(struct run *r, const char *what) {
    const struct bf_image *m = r->v->m;
    uint32_t word = r->pc < m->code_count ? m->code[r->pc] : BF_OPCODES;
    bf_fail(r->v->e, BF_EFORMAT, "image damaged: %s %u: code %u, %s: %s", r->c->table, r->c->row,
            r->pc, bf_opcode_z(bf_i_op(word)), what);
    return false;
}

/* The author's, not the image's: more than a program may need. */
static bool beyond(struct run *r, enum bf_text_id limit, const char *what) {
    return bf_v_limit(r->v, r->c->table, r->c->row, r->c->src, limit, what);
}

static const struct bf_v_slot slot_bool = {BF_K_BOOL, 0, 0}, slot_date = {BF_K_DATE, 0, 0},
                              slot_int = {BF_K_INT, 0, 0}, slot_text = {BF_K_TEXT, 0, 0},
                              slot_party = {BF_K_PARTY, 0, 0},
                              slot_violation = {BF_K_VIOLATION, 0, 0}, slot_any = {BF_V_ANY, 0, 0};

static struct bf_v_slot level_slot(const struct bf_v *v) {
    uint32_t level = v->m->policy.level;
    return level == BF_NONE ? (struct bf_v_slot){BF_K_NONE, 0, 0}
                            : (struct bf_v_slot){BF_K_ENUM, level, 0};
}

/* ---- the stack ---- */

static bool push(struct run *r, struct bf_v_slot s) {
    if (r->depth >= BF_STACK)
        return beyond(r, BF_T_LIMIT_VALUES, "too many values");
    r->stack[r->depth++] = s;
    return true;
}

/* Pops n values; what is below a jump under way stays. */
static bool pop_n(struct run *r, uint32_t n) {
    uint32_t floor = r->jumps ? r->jump[r->jumps - 1].depth : 0;
    RNEED(r->depth >= n && r->depth - n >= floor, "a value is missing");
    r->depth -= n;
    return true;
}

static bool pop(struct run *r, struct bf_v_slot want) {
    if (!pop_n(r, 1))
        return false;
    RNEED(bf_v_fits(r->v, want, r->stack[r->depth]), "a value of another type is needed");
    return true;
}

static bool pop_fields(struct run *r, struct bf_i_range fields) {
    if (!pop_n(r, fields.count))
        return false;
    for (uint32_t i = 0; i < fields.count; i++)
        RNEED(bf_v_fits(r->v, bf_v_slot_of(r->v, r->v->m->field[fields.first + i].type),
                        r->stack[r->depth + i]),
              "a value of another type is needed");
    return true;
}

/* Pops `times` values of one type, then pushes one. */
static bool apply(struct run *r, struct bf_v_slot want, int times, struct bf_v_slot result) {
    for (int i = 0; i < times; i++)
        if (!pop(r, want))
            return false;
    return push(r, result);
}

/* ---- operands ---- */

static const struct bf_i_proc *self_of(const struct run *r) {
    uint32_t p = r->selves ? r->self[r->selves - 1] : r->c->proc;
    return p == BF_NONE ? NULL : &r->v->m->proc[p];
}

static bool needs_what(struct run *r, unsigned mask) {
    RNEED(mask >> r->c->what & 1, "not in this kind of program");
    return true;
}

static bool needs_self(struct run *r, const struct bf_i_proc **p) {
    *p = self_of(r);
    RNEED(*p, "there is no case");
    return true;
}

static bool data_of(struct run *r, uint32_t d, struct bf_v_slot *slot) {
    const struct bf_i_proc *p;
    if (!needs_self(r, &p))
        return false;
    RNEED(bf_v_in(p->data, d), "data of another procedure");
    RNEED(r->selves || d < r->c->data_end || r->v->m->data[d].init == BF_NONE,
          "data not there yet");
    *slot = bf_v_slot_of(r->v, r->v->m->data[d].type);
    return true;
}

static bool kept(struct run *r, uint32_t d, struct bf_v_slot *slot) {
    if (!data_of(r, d, slot))
        return false;
    RNEED(r->v->m->data[d].role == BF_DATA_KEEP, "data that does not change");
    return true;
}

static bool act_of(struct run *r, uint32_t a) {
    const struct bf_i_proc *p;
    if (!needs_self(r, &p))
        return false;
    RNEED(bf_v_in(p->acts, a), "act of another procedure");
    return true;
}

static bool duty_of(struct run *r, uint32_t d) {
    const struct bf_i_proc *p;
    if (!needs_self(r, &p))
        return false;
    RNEED(bf_v_in(p->duties, d), "duty of another procedure");
    return true;
}

static bool second(struct run *r, uint32_t *word) {
    *word = BF_NONE;
    RNEED(r->next < r->v->m->code_count, "cut off");
    *word = r->v->m->code[r->next++];
    return true;
}

static struct bf_v_slot const_slot(const struct bf_v *v, uint32_t k) {
    const struct bf_i_const *c = &v->m->konst[k];
    bool party = c->kind >= BF_K_PARTY && c->kind <= BF_K_DEPARTMENT;
    return (struct bf_v_slot){party ? BF_K_PARTY : c->kind,
                              c->kind == BF_K_PERIOD || c->kind == BF_K_ENUM ? c->aux : 0, 0};
}

/* ---- instructions of values ---- */

static bool act_arg(struct run *r, uint32_t a) {
    uint32_t n;
    if (!act_of(r, a) || !second(r, &n))
        return false;
    const struct bf_i_range params = r->v->m->act[a].params;
    RNEED(n < params.count, "no such argument");
    return push(r, bf_v_slot_of(r->v, r->v->m->field[params.first + n].type));
}

static bool status_is(struct run *r, uint32_t d) {
    uint32_t status;
    if (!duty_of(r, d) || !second(r, &status))
        return false;
    RNEED(status < BF_STATUSES, "no such status");
    return push(r, slot_bool);
}

static bool duty_of_each(struct run *r, uint32_t d) {
    if (!duty_of(r, d))
        return false;
    RNEED(r->v->m->duty[d].each, "a duty that no list's members have");
    return true;
}

/* What became of what one member has; n is of its second word. */
static bool of_member(struct run *r, uint32_t d, bool act) {
    uint32_t n;
    if (!duty_of_each(r, d) || !second(r, &n))
        return false;
    RNEED(act || n < BF_STATUSES, "no such status");
    return !act || act_of(r, n);
}

static bool pop_list(struct run *r, bool of_parties) {
    if (!pop(r, slot_any))
        return false;
    struct bf_v_slot list = r->stack[r->depth];
    RNEED(list.kind == BF_K_LIST, "a list is needed");
    RNEED(!of_parties || bf_v_slot_of(r->v, list.ref).kind == BF_K_PARTY,
          "a list of parties is needed");
    return true;
}

static bool member_due(struct run *r, uint32_t d) {
    return duty_of_each(r, d) && apply(r, slot_party, 1, slot_date);
}

static bool member(struct run *r) {
    RNEED(r->c->member, "no member is at hand");
    return push(r, slot_party);
}

static bool last_act_is(struct run *r, uint32_t d) {
    uint32_t a;
    return duty_of(r, d) && second(r, &a) && act_of(r, a) && push(r, slot_bool);
}

/* The type of field n of what is on top, which is popped. */
static bool pop_field(struct run *r, uint32_t n, struct bf_v_slot *slot) {
    const struct bf_image *m = r->v->m;
    if (!pop(r, slot_any))
        return false;
    struct bf_v_slot top = r->stack[r->depth];
    if (top.kind == BF_K_PARTY) {
        RNEED(n < 2 || (n == 2 && m->policy.level != BF_NONE), "no such field of a party");
        *slot = n < 2 ? slot_text : level_slot(r->v);
        return true;
    }
    RNEED(top.kind == BF_K_RECORD, "a record or a party is needed");
    RNEED(n < m->record[top.ref].fields.count, "no such field");
    *slot = bf_v_slot_of(r->v, m->field[m->record[top.ref].fields.first + n].type);
    return true;
}

static bool field_is(struct run *r, uint32_t n) {
    struct bf_v_slot slot;
    uint32_t k;
    if (!second(r, &k) || !pop_field(r, n, &slot))
        return false;
    RNEED(k < r->v->m->konst_count, "no such constant");
    RNEED(bf_v_fits(r->v, slot, const_slot(r->v, k)), "a constant of another type");
    return push(r, slot_bool);
}

static bool row_by_key(struct run *r, uint32_t reg) {
    const struct bf_image *m = r->v->m;
    RNEED(reg < m->reg_count, "no such register");
    const struct bf_i_register *g = &m->reg[reg];
    const struct bf_i_range fields = m->record[g->record].fields;
    if (!pop_n(r, g->keys.count))
        return false;
    for (uint32_t i = 0; i < g->keys.count; i++) {
        uint32_t f = fields.first + m->key[g->keys.first + i];
        RNEED(bf_v_fits(r->v, bf_v_slot_of(r->v, m->field[f].type), r->stack[r->depth + i]),
              "a key of another type");
    }
    return push(r, (struct bf_v_slot){BF_K_RECORD, g->record, 0});
}

/* A decision called is verified first, so that its depth and cost are known. */
static bool call(struct run *r, uint32_t f) {
    struct bf_v *v = r->v;
    RNEED(f < v->m->decision_count, "no such decision");
    RNEED(v->decision[f].seen != 1, "decisions call each other in a circle");
    uint32_t depth = v->depth, cost = v->cost, tuples_used = v->tuples_used;
    if (!bf_v_decision(v, f))
        return false;
    v->tuples_used = tuples_used;
    uint32_t below = v->decision[f].depth + 1;
    v->depth = below > depth ? below : depth;
    v->cost = cost + v->decision[f].cost;
    if (v->depth > BF_CALL_DEPTH)
        return beyond(r, BF_T_LIMIT_CALLS, "decisions call each other too deep");
    if (v->cost > BF_COST)
        return beyond(r, BF_T_LIMIT_COST, "costs too many instructions");
    return pop_fields(r, v->m->decision[f].params) &&
           push(r, bf_v_slot_of(v, v->m->decision[f].type));
}

static bool make_list(struct run *r, uint32_t n) {
    const struct bf_image *m = r->v->m;
    uint32_t type;
    if (!second(r, &type))
        return false;
    RNEED(type < m->type_count && m->type[type].kind == BF_K_LIST, "a list type is needed");
    struct bf_v_slot list = bf_v_slot_of(r->v, type), elem = bf_v_slot_of(r->v, list.ref);
    if (!pop_n(r, n))
        return false;
    for (uint32_t i = 0; i < n; i++)
        RNEED(bf_v_fits(r->v, elem, r->stack[r->depth + i]), "an element of another type");
    return push(r, list);
}

static bool make_tuple(struct run *r, uint32_t n) {
    struct bf_v *v = r->v;
    if (!needs_what(r, 1 << BF_V_EFFECTS | 1 << BF_V_SCENARIO | 1 << BF_V_RUN) || !pop_n(r, n))
        return false;
    if (n > BF_STACK - v->tuples_used)
        return beyond(r, BF_T_LIMIT_VALUES, "too many values in tuples");
    struct bf_v_slot tuple = {BF_V_TUPLE, v->tuples_used, n};
    for (uint32_t i = 0; i < n; i++) {
        struct bf_v_slot s = r->stack[r->depth + i];
        RNEED(s.kind != BF_V_TUPLE, "a tuple in a tuple");
        v->tuples[v->tuples_used++] = s;
    }
    return push(r, tuple);
}

static bool make_party(struct run *r, uint32_t kind) {
    if (!needs_what(r, 1 << BF_V_SCENARIO))
        return false;
    RNEED(kind == BF_K_PERSON || kind == BF_K_ORGANISATION || kind == BF_K_DEPARTMENT,
          "no kind of party");
    return pop(r, level_slot(r->v)) && apply(r, slot_text, 2, slot_party);
}

static bool enter(struct run *r) {
    if (!needs_what(r, 1 << BF_V_SCENARIO) || !pop(r, slot_any))
        return false;
    struct bf_v_slot top = r->stack[r->depth];
    RNEED(top.kind == BF_K_CASE, "a case is needed");
    RNEED(r->selves < SELVES, "too many cases entered");
    r->self[r->selves++] = top.ref;
    return true;
}

static bool leave(struct run *r) {
    uint32_t floor = r->jumps ? r->jump[r->jumps - 1].selves : 0;
    RNEED(r->selves > floor, "no case entered");
    r->selves--;
    return true;
}

/* ---- operators and control ---- */

static bool ordered(uint32_t kind) {
    return kind == BF_K_INT || kind == BF_K_DECIMAL || kind == BF_K_DATE || kind == BF_K_INSTANT ||
           kind == BF_K_PERIOD;
}

static bool compare(struct run *r, uint32_t op) {
    RNEED(op <= BF_GE, "no such comparison");
    if (!pop(r, slot_any) || !pop(r, slot_any))
        return false;
    struct bf_v_slot x = r->stack[r->depth], y = r->stack[r->depth + 1];
    RNEED(x.kind != BF_V_TUPLE && y.kind != BF_V_TUPLE, "a tuple is no value to compare");
    RNEED(bf_v_fits(r->v, x, y) || bf_v_fits(r->v, y, x), "values of two types");
    RNEED(op <= BF_NE || ((ordered(x.kind) || x.kind == BF_K_NONE) &&
                          (ordered(y.kind) || y.kind == BF_K_NONE)),
          "values without an order");
    return push(r, slot_bool);
}

static bool add(struct run *r) {
    if (!pop(r, slot_any) || !pop(r, slot_any))
        return false;
    struct bf_v_slot x = r->stack[r->depth], y = r->stack[r->depth + 1];
    RNEED(x.kind == BF_K_INT || x.kind == BF_K_DECIMAL || x.kind == BF_K_PERIOD,
          "a number or a period is needed");
    RNEED(bf_v_fits(r->v, x, y), "values of two types");
    return push(r, x);
}

static bool pop_period(struct run *r, uint32_t unit) {
    if (!pop(r, slot_any))
        return false;
    struct bf_v_slot s = r->stack[r->depth];
    RNEED(s.kind == BF_K_NONE || (s.kind == BF_K_PERIOD && (unit == BF_NONE || s.ref == unit)),
          "a period is needed, of the unit of its duty");
    return true;
}

static bool earlier_or_later(struct run *r) {
    if (!pop(r, slot_any))
        return false;
    struct bf_v_slot y = r->stack[r->depth];
    RNEED(y.kind == BF_K_DATE || y.kind == BF_K_INSTANT || y.kind == BF_K_NONE,
          "a Date or an Instant is needed");
    return apply(r, y.kind == BF_K_INSTANT ? y : slot_date, 1,
                 y.kind == BF_K_INSTANT ? y : slot_date);
}

static bool jump(struct run *r, uint32_t distance, bool keeps) {
    if (!pop(r, slot_bool))
        return false;
    struct jump j = {r->pc + distance, r->depth, r->selves, keeps};
    RNEED(distance > 0 && distance < r->v->m->code_count - r->pc, "jumps too far");
    if (r->jumps) {
        const struct jump *top = &r->jump[r->jumps - 1];
        if (top->target == j.target && top->depth == j.depth && top->selves == j.selves &&
            top->keeps == j.keeps)
            return true;
        RNEED(j.target <= top->target, "jumps across another jump");
    }
    if (r->jumps >= JUMPS)
        return beyond(r, BF_T_LIMIT_VALUES, "too many jumps under way");
    r->jump[r->jumps++] = j;
    return true;
}

/* Jumps that lead to the next instruction end here. */
static bool land(struct run *r) {
    while (r->jumps && r->jump[r->jumps - 1].target <= r->next) {
        struct jump j = r->jump[--r->jumps];
        RNEED(j.target == r->next, "jumps into an instruction");
        RNEED(r->selves == j.selves, "a jump lands in another case");
        RNEED(r->depth == j.depth + j.keeps, "a jump lands with another number of values");
        if (!j.keeps)
            continue;
        RNEED(bf_v_fits(r->v, slot_bool, r->stack[r->depth - 1]), "a jump lands with another type");
        r->stack[r->depth - 1] = slot_bool;
    }
    return true;
}

/* ---- effects ---- */

static bool open_case(struct run *r, uint32_t p) {
    struct bf_v *v = r->v;
    RNEED(p < v->m->proc_count, "no such procedure");
    if (!pop(r, slot_any))
        return false;
    struct bf_v_slot tuple = r->stack[r->depth];
    struct bf_i_range data = v->m->proc[p].data;
    RNEED(tuple.kind == BF_V_TUPLE && tuple.count == data.count, "the data of a case are needed");
    for (uint32_t i = 0; i < data.count; i++)
        RNEED(bf_v_fits(v, bf_v_slot_of(v, v->m->data[data.first + i].type),
                        v->tuples[tuple.ref + i]),
              "data of another type");
    v->tuples_used = tuple.ref;
    return true;
}

static bool change_list(struct run *r, uint32_t d) {
    struct bf_v_slot list;
    if (!kept(r, d, &list))
        return false;
    RNEED(list.kind == BF_K_LIST, "a list is needed");
    return pop(r, bf_v_slot_of(r->v, list.ref));
}

static bool insert(struct run *r, uint32_t d) {
    struct bf_v_slot list;
    return change_list(r, d) && kept(r, d, &list) && pop(r, bf_v_slot_of(r->v, list.ref));
}

static bool effect(struct run *r, enum bf_opcode op, uint32_t n) {
    struct bf_v *v = r->v;
    struct bf_v_slot slot;
    if (!needs_what(r, 1 << BF_V_EFFECTS))
        return false;
    switch ((int)op) {
    case BF_OP_SET: return kept(r, n, &slot) && pop(r, slot);
    case BF_OP_PUT:
        RNEED(n < v->m->reg_count, "no such register");
        return pop(r, (struct bf_v_slot){BF_K_RECORD, v->m->reg[n].record, 0});
    case BF_OP_ADD_TO:
    case BF_OP_REMOVE_FROM: return change_list(r, n);
    case BF_OP_ADD_AFTER:
    case BF_OP_ADD_BEFORE: return insert(r, n);
    case BF_OP_NOTIFY: return pop(r, slot_text) && pop(r, slot_party);
    case BF_OP_ISSUE:
        RNEED(n < v->m->record_count, "no such record");
        return pop(r, slot_party) && pop(r, (struct bf_v_slot){BF_K_RECORD, n, 0});
    case BF_OP_VIOLATE:
        RNEED(n < v->m->violation_count, "no such violation");
        return pop(r, slot_party);
    case BF_OP_EXCUSE: return pop(r, slot_violation);
    case BF_OP_OPEN: return open_case(r, n);
    case BF_OP_RESTART: return duty_of(r, n);
    case BF_OP_EXTEND_BY: return duty_of(r, n) && pop_period(r, v->duty_unit[n]);
    case BF_OP_EXTEND_TO: return duty_of(r, n) && pop(r, slot_date);
    }
    return bad(r, "no such effect");
}

/* ---- one instruction ---- */

static bool operate(struct run *r, enum bf_opcode op, uint32_t n) {
    switch ((int)op) {
    case BF_OP_NOT: return apply(r, slot_bool, 1, slot_bool);
    case BF_OP_COMPARE: return compare(r, n);
    case BF_OP_PRESENT:
        if (!pop(r, slot_any))
            return false;
        RNEED(r->stack[r->depth].kind != BF_V_TUPLE, "a tuple is no value");
        return push(r, slot_bool);
    case BF_OP_ADD:
    case BF_OP_SUB: return add(r);
    case BF_OP_AFTER:
    case BF_OP_BEFORE: return pop(r, slot_date) && pop_period(r, BF_NONE) && push(r, slot_date);
    case BF_OP_PLUS:
    case BF_OP_MINUS: return pop_period(r, BF_NONE) && pop(r, slot_date) && push(r, slot_date);
    case BF_OP_WORKDAY:
    case BF_OP_NEXT_WORKDAY: return apply(r, slot_date, 1, slot_date);
    case BF_OP_DAYS_BETWEEN:
    case BF_OP_WORKING_DAYS_BETWEEN: return apply(r, slot_date, 2, slot_int);
    case BF_OP_EARLIER:
    case BF_OP_LATER: return earlier_or_later(r);
    }
    return bad(r, "no such operator");
}

static bool push_local(struct run *r, uint32_t n) {
    struct bf_v *v = r->v;
    if (!needs_what(r, 1 << BF_V_SCENARIO))
        return false;
    RNEED(n < v->locals && v->local[n].kind != BF_K_NONE, "a local that is not set");
    return push(r, v->local[n]);
}

static bool push_arg(struct run *r, uint32_t n) {
    RNEED(n < r->c->params.count, "no such argument");
    return push(r, bf_v_slot_of(r->v, r->v->m->field[r->c->params.first + n].type));
}

static bool push_data(struct run *r, uint32_t n) {
    struct bf_v_slot slot;
    return data_of(r, n, &slot) && push(r, slot);
}

static bool push_field(struct run *r, uint32_t n) {
    struct bf_v_slot slot;
    return pop_field(r, n, &slot) && push(r, slot);
}

static bool push_day(struct run *r, bool of_case) {
    const struct bf_i_proc *p;
    return needs_what(r, ~(1u << BF_V_DECISION)) && (!of_case || needs_self(r, &p)) &&
           push(r, slot_date);
}

static bool in_state(struct run *r, uint32_t s) {
    const struct bf_i_proc *p;
    if (!needs_self(r, &p))
        return false;
    RNEED(bf_v_in(p->states, s), "state of another procedure");
    return push(r, slot_bool);
}

static bool violation(struct run *r, uint32_t n, bool of_case) {
    const struct bf_i_proc *p;
    RNEED(n < r->v->m->violation_count, "no such violation");
    if (of_case && !needs_self(r, &p))
        return false;
    return push(r, of_case ? slot_bool : slot_violation);
}

static bool office(struct run *r, uint32_t n, bool per_party) {
    RNEED(n < r->v->m->office_count, "no such office");
    RNEED((r->v->m->office[n].per != BF_NONE) == per_party, "an office of another kind");
    return (!per_party || pop(r, slot_party)) && push(r, slot_party);
}

static bool push_case(struct run *r, uint32_t p) {
    RNEED(p < r->v->m->proc_count, "no such procedure");
    return needs_what(r, 1 << BF_V_SCENARIO) && push(r, (struct bf_v_slot){BF_K_CASE, p, 0});
}

static bool execute(struct run *r, enum bf_opcode op, uint32_t n) {
    const struct bf_image *m = r->v->m;
    switch (op) {
    case BF_OP_CONST:
        RNEED(n < m->konst_count, "no such constant");
        return push(r, const_slot(r->v, n));
    case BF_OP_DATA: return push_data(r, n);
    case BF_OP_ARG: return push_arg(r, n);
    case BF_OP_LOCAL: return push_local(r, n);
    case BF_OP_ASSUME:
        RNEED(n < m->assume_count, "no such assumption");
        return push(r, bf_v_slot_of(r->v, m->assume[n].type));
    case BF_OP_TODAY: return push_day(r, false);
    case BF_OP_START_DAY: return push_day(r, true);
    case BF_OP_ACT_ARG: return act_arg(r, n);
    case BF_OP_ACT_DAY:
    case BF_OP_ACT_FILED: return act_of(r, n) && push(r, slot_date);
    case BF_OP_ACT_WHO: return act_of(r, n) && push(r, slot_party);
    case BF_OP_STATUS_IS: return status_is(r, n);
    case BF_OP_LAST_ACT_IS: return last_act_is(r, n);
    case BF_OP_DUE: return duty_of(r, n) && push(r, slot_date);
    case BF_OP_IN_STATE: return in_state(r, n);
    case BF_OP_HAS: return violation(r, n, true);
    case BF_OP_VIOLATION: return violation(r, n, false);
    case BF_OP_FIELD: return push_field(r, n);
    case BF_OP_OFFICE: return office(r, n, false);
    case BF_OP_OFFICE_OF: return office(r, n, true);
    case BF_OP_ROW: return row_by_key(r, n);
    case BF_OP_CALL: return call(r, n);
    case BF_OP_LIST: return make_list(r, n);
    case BF_OP_RECORD:
        RNEED(n < m->record_count, "no such record");
        return pop_fields(r, m->record[n].fields) && push(r, (struct bf_v_slot){BF_K_RECORD, n, 0});
    case BF_OP_TUPLE: return make_tuple(r, n);
    case BF_OP_PARTY: return make_party(r, n);
    case BF_OP_CASE: return push_case(r, n);
    case BF_OP_ENTER: return enter(r);
    case BF_OP_LEAVE: return leave(r);
    case BF_OP_NOT:
    case BF_OP_COMPARE:
    case BF_OP_PRESENT:
    case BF_OP_ADD:
    case BF_OP_SUB:
    case BF_OP_AFTER:
    case BF_OP_BEFORE:
    case BF_OP_PLUS:
    case BF_OP_MINUS:
    case BF_OP_WORKDAY:
    case BF_OP_NEXT_WORKDAY:
    case BF_OP_DAYS_BETWEEN:
    case BF_OP_WORKING_DAYS_BETWEEN:
    case BF_OP_EARLIER:
    case BF_OP_LATER: return operate(r, op, n);
    case BF_OP_FIELD_IS: return field_is(r, n);
    case BF_OP_ELSE: return jump(r, n, false);
    case BF_OP_AND:
    case BF_OP_OR: return jump(r, n, true);
    case BF_OP_RETURN:
    case BF_OP_DONE: break; /* ends the loop */
    case BF_OP_SET:
    case BF_OP_PUT:
    case BF_OP_ADD_TO:
    case BF_OP_REMOVE_FROM:
    case BF_OP_NOTIFY:
    case BF_OP_VIOLATE:
    case BF_OP_EXCUSE:
    case BF_OP_OPEN:
    case BF_OP_RESTART:
    case BF_OP_EXTEND_BY:
    case BF_OP_EXTEND_TO:
    case BF_OP_ADD_AFTER:
    case BF_OP_ADD_BEFORE:
    case BF_OP_ISSUE: return effect(r, op, n);
    case BF_OP_MEMBER: return member(r);
    case BF_OP_MEMBER_STATUS:
    case BF_OP_MEMBER_ACT:
        return of_member(r, n, op == BF_OP_MEMBER_ACT) && apply(r, slot_party, 1, slot_bool);
    case BF_OP_MEMBER_DUE: return member_due(r, n);
    case BF_OP_LENGTH: return pop_list(r, false) && push(r, slot_int);
    case BF_OP_MEMBERS: return duty_of_each(r, n) && pop_list(r, true) && push(r, slot_int);
    case BF_OP_MEMBERS_STATUS:
    case BF_OP_MEMBERS_ACT:
        return of_member(r, n, op == BF_OP_MEMBERS_ACT) && pop_list(r, true) && push(r, slot_int);
    case BF_OPCODES: break;
    }
    return bad(r, "no such instruction");
}

static bool ends(struct run *r, enum bf_opcode op) {
    RNEED((op == BF_OP_DONE) == (r->c->what == BF_V_EFFECTS), "a program of another kind");
    RNEED(!r->jumps, "a jump leaves the program");
    RNEED(!r->selves, "a case is still entered");
    RNEED(r->depth == (op == BF_OP_RETURN), "values are left over, or none");
    return true;
}

static bool run_program(struct run *r) {
    struct bf_v *v = r->v;
    const struct bf_image *m = v->m;
    for (;;) {
        RNEED(r->pc < m->code_count, "runs out of the code");
        uint32_t word = m->code[r->pc];
        enum bf_opcode op = (enum bf_opcode)bf_i_op(word);
        RNEED((uint32_t)op < BF_OPCODES, "no such instruction");
        r->next = r->pc + 1;
        if (++v->cost > BF_COST)
            return beyond(r, BF_T_LIMIT_COST, "costs too many instructions");
        if (op == BF_OP_RETURN || op == BF_OP_DONE)
            return ends(r, op);
        if (!execute(r, op, bf_i_operand(word)) || !land(r))
            return false;
        r->pc = r->next;
    }
}

bool bf_v_program(struct bf_v *v, uint32_t at, const struct bf_v_context *c, struct bf_v_slot want,
                  struct bf_v_slot *got) {
    struct run run, *r = &run;
    r->v = v;
    r->c = c;
    r->pc = at;
    r->depth = r->jumps = r->selves = 0;
    v->tuples_used = 0;
    v->depth = v->cost = 0;
    if (!run_program(r))
        return false;
    if (!bf_v_claim(v, BF_I_code, (struct bf_i_range){at, r->next - at}))
        return false;
    if (c->what == BF_V_EFFECTS)
        return true;
    struct bf_v_slot s = r->stack[0];
    RNEED(want.kind == BF_V_ANY || bf_v_fits(v, want, s), "gives a value of another type");
    if (got)
        *got = s;
    return true;
}

/* ---- decisions ---- */

static bool verify_rules(struct bf_v *v, uint32_t n) {
    const struct bf_i_decision *d = &v->m->decision[n];
    struct bf_v_decision *known = &v->decision[n];
    for (uint32_t i = d->rules.first; i < d->rules.first + d->rules.count; i++) {
        const struct bf_i_rule *rule = &v->m->rule[i];
        const struct bf_v_context c = {BF_V_DECISION, BF_NONE, 0,         d->params,
                                       "rule",        i,       rule->src, false};
        NEED(rule->tier <= 2 && (rule->cond == BF_NONE) == (rule->tier == 0), "rule", i, "tier");
        for (int part = 0; part < 2; part++) {
            if (!part && rule->cond == BF_NONE)
                continue;
            if (!bf_v_program(v, part ? rule->result : rule->cond, &c,
                              part ? bf_v_slot_of(v, d->type) : slot_bool, NULL))
                return false;
            known->cost += v->cost;
            known->depth = v->depth > known->depth ? v->depth : known->depth;
            if (known->cost > BF_COST)
                return bf_v_limit(v, "decision", n, d->src, BF_T_LIMIT_COST,
                                  "costs too many instructions");
        }
    }
    return true;
}

bool bf_v_decision(struct bf_v *v, uint32_t n) {
    struct bf_v_decision *known = &v->decision[n];
    if (known->seen)
        return true;
    if (v->level > BF_CALL_DEPTH)
        return bf_v_limit(v, "decision", n, v->m->decision[n].src, BF_T_LIMIT_CALLS,
                          "decisions call each other too deep");
    known->seen = 1;
    v->level++;
    if (!bf_v_claim(v, BF_I_rule, v->m->decision[n].rules) || !verify_rules(v, n))
        return false;
    v->level--;
    known->seen = 2;
    return true;
}
