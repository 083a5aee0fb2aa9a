/* eval: a stack machine over the image's code.
**
** The image was verified: operands name rows that exist, the stack stays within bounds, programs end and are
** never long. So the loop looks only at what cannot be known before: absent values, overflow, days, rows. A
** program is charged to the budget when it ends, since none can run long.
*/
#include "engine/core/eval.h"

#include <string.h>

#include "engine/core/succession.h"

enum { SELVES = 8 }; /* of ENTER */

const char *bf_why_word(enum bf_why why) {
    static const char *const word[BF_WHYS] = {
#define WHY(name, word) word,
#include "engine/core/why.def"
    };
    return word[why];
}

const char *bf_refusal_word(enum bf_refusal kind) {
    static const char *const word[] = {"",         "malformed", "not_permitted", "forbidden",
                                       "too_late", "not_yet",   "refused"};
    return word[kind];
}

struct bf_count_rule bf_count_rule_of(const struct bf_image *m) {
    return (struct bf_count_rule){.day_ends = (int32_t)m->policy.day_ends,
                                  .same_day = m->policy.count_same_day,
                                  .roll = !m->policy.roll_none,
                                  .still = m->policy.still};
}

struct bf_value *bf_assume_defaults(struct bf_arena *a, const struct bf_image *m) {
    struct bf_value *v = bf_new_array(a, struct bf_value, m->assume_count);
    for (uint32_t i = 0; i < m->assume_count; i++)
        v[i] = bf_const_value(m, m->assume[i].konst);
    return v;
}

/* ---- values of the case ---- */

static inline uint32_t words_of(uint32_t op) {
    static const uint8_t words[BF_OPCODES] = {
#define OP(name, pops, pushes, operands) sizeof(operands) > 2 ? 2 : 1,
#include "lang/image/opcode.def"
    };
    return words[op];
}

static bool in(struct bf_i_range r, uint32_t row) { return row - r.first < r.count; }

/* In a scenario the case at hand may be of another procedure than its program was written for. */
static bool self_has(const struct bf_env *env, const struct bf_case *self, enum bf_opcode op,
                     uint32_t row) {
    if (!self)
        return false;
    const struct bf_i_proc *p = bf_case_proc(env->image, self);
    if (op == BF_OP_DATA)
        return in(p->data, row);
    if (op == BF_OP_STATUS_IS || op == BF_OP_LAST_ACT_IS || op == BF_OP_DUE ||
        (op >= BF_OP_MEMBER_STATUS && op <= BF_OP_MEMBERS_ACT))
        return in(p->duties, row);
    return in(p->acts, row);
}

static struct bf_value act_value(const struct bf_env *env, const struct bf_case *self,
                                 enum bf_opcode op, uint32_t row, uint32_t param) {
    const struct bf_case_act *act = bf_case_act(env->image, self, row);
    if (!act->times)
        return BF_ABSENT;
    if (op == BF_OP_ACT_ARG)
        return act->args[param];
    if (op == BF_OP_ACT_WHO)
        return act->who;
    bf_day day = op == BF_OP_ACT_DAY ? act->day : act->filed;
    return day == BF_DAY_NONE ? BF_ABSENT : bf_date(day);
}

static struct bf_value due_value(const struct bf_env *env, const struct bf_case *self,
                                 uint32_t row) {
    struct bf_due due = bf_case_due(env->image, self, row);
    if (bf_case_duty(env->image, self, row)->status != BF_STATUS_OPEN || due.kind != BF_DUE_DAY)
        return BF_ABSENT;
    return bf_date(due.last);
}

/* ---- members of a list ---- */

/* Equal parties have equal ones. */
static uint32_t party_hash(struct bf_value v) {
    uint32_t h = (uint32_t)v.kind * 31 + (uint32_t)v.aux * 17;
    if (v.n != BF_PARTY_PARTS || !bf_is_party(v))
        return h;
    struct bf_value code = v.u.items[BF_PARTY_CODE];
    bool known = bf_present(code) && code.n;
    return h ^ bf_str_hash(bf_value_text(known ? code : v.u.items[BF_PARTY_NAME]));
}

/* Of a list of parties, in order, each once. */
static enum bf_why distinct(struct bf_env *env, struct bf_value *list) {
    if (!bf_present(*list))
        return BF_WHY_ABSENT;
    if (list->n > BF_MEMBERS_MAX)
        return BF_WHY_TOO_LONG;
    if (env->budget < list->n / 16)
        return BF_WHY_BUDGET;
    env->budget -= list->n / 16;
    uint32_t size = 4, n = 0;
    while (size < 2 * list->n)
        size *= 2;
    uint32_t *slot = bf_new_array(env->arena, uint32_t, size); /* place in items, + 1 */
    struct bf_value *items = bf_new_array(env->arena, struct bf_value, list->n + 1);
    for (uint32_t i = 0; i < list->n; i++) {
        struct bf_value v = list->u.items[i];
        uint32_t k = party_hash(v) & (size - 1);
        while (slot[k] && !bf_value_equal(items[slot[k] - 1], v))
            k = (k + 1) & (size - 1);
        if (slot[k] || !bf_present(v))
            continue;
        items[n++] = v;
        slot[k] = n;
    }
    *list = bf_list_value(items, n);
    return BF_WHY_NOTHING;
}

static bool said_of(const struct bf_case_duty *d, enum bf_opcode op, uint32_t what) {
    return op == BF_OP_MEMBER_STATUS || op == BF_OP_MEMBERS_STATUS ? d->status == what
                                                                   : d->by == what;
}

/* How many members of a list have a duty, or of how many it can be said. Whom the guard spared has none. */
static enum bf_why count_members(struct bf_env *env, const struct bf_case *self, uint32_t duty,
                                 enum bf_opcode op, uint32_t what, struct bf_value *v) {
    enum bf_why why = distinct(env, v);
    if (why)
        return why;
    int64_t n = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < v->n; i++) {
        const struct bf_case_member *x = bf_case_next_member(self, duty, v->u.items[i], &at);
        bool now = bf_case_member_now(env->image, self, x);
        if (now && x->spared)
            continue;
        n += op == BF_OP_MEMBERS || (now && said_of(&x->d, op, what));
    }
    *v = bf_int(n);
    return BF_WHY_NOTHING;
}

static struct bf_value member_due(const struct bf_case_duty *d) {
    return d->status == BF_STATUS_OPEN && d->due.kind == BF_DUE_DAY ? bf_date(d->due.last)
                                                                    : BF_ABSENT;
}

static struct bf_value assume_value(const struct bf_env *env, const struct bf_case *self,
                                    uint32_t row) {
    if (self && self->assume)
        return self->assume[row];
    return env->assume ? env->assume[row]
                       : bf_const_value(env->image, env->image->assume[row].konst);
}

static struct bf_value field_of(struct bf_value v, uint32_t field) {
    return field < v.n ? v.u.items[field] : BF_ABSENT;
}

static enum bf_why row_of(struct bf_env *env, uint32_t reg, const struct bf_value *keys,
                          struct bf_value *out) {
    uint32_t n = env->image->reg[reg].keys.count;
    *out = BF_ABSENT;
    enum bf_lookup found = env->world && env->world->row
                               ? env->world->row(env->world->ctx, reg, keys, n, out)
                               : BF_LOOKUP_ABSENT;
    switch (found) {
    case BF_LOOKUP_FOUND: return BF_WHY_NOTHING;
    case BF_LOOKUP_ABSENT: *out = BF_ABSENT; return BF_WHY_NOTHING;
    case BF_LOOKUP_NEEDS: break;
    }
    env->need = (struct bf_need){reg, n, bf_values_copy(env->arena, keys, n)};
    return BF_WHY_NEEDS;
}

/* A row kept under the key of a party that is no more is its successor's, unless that has one of its own. known:
** successions that may still be looked back through. */
static enum bf_why row_before(struct bf_env *env, uint32_t reg, const struct bf_value *keys,
                              uint32_t known, struct bf_value *out) {
    uint32_t n = env->image->reg[reg].keys.count;
    enum bf_why why = row_of(env, reg, keys, out);
    for (uint32_t i = known; i-- > 0 && !why && !bf_present(*out);) {
        const struct bf_succession *s = &env->world->successions[i];
        struct bf_value list = bf_list_value(keys, n);
        if (!bf_present(s->to) || !bf_value_names(list, s->to))
            continue;
        struct bf_value *old = bf_new_array(env->arena, struct bf_value, n);
        for (uint32_t k = 0; k < n; k++)
            old[k] = bf_value_succeed(env->arena, keys[k], s->to, s->old);
        why = row_before(env, reg, old, i, out);
    }
    return why;
}

static enum bf_why row_value(struct bf_env *env, uint32_t reg, const struct bf_value *keys,
                             struct bf_value *out) {
    if (!env->world || !env->world->succession_count)
        return row_of(env, reg, keys, out);
    enum bf_why why = row_before(env, reg, keys, env->world->succession_count, out);
    if (!why)
        *out = bf_world_value(env->world, env->arena, *out);
    return why;
}

/* ---- operators ---- */

static enum bf_why add(struct bf_value x, struct bf_value y, bool minus, struct bf_value *out) {
    if (!bf_present(x) || !bf_present(y))
        return BF_WHY_ABSENT;
    int64_t sum;
    if (minus ? __builtin_sub_overflow(x.u.i, y.u.i, &sum)
              : __builtin_add_overflow(x.u.i, y.u.i, &sum))
        return BF_WHY_OVERFLOW;
    if (x.kind == BF_K_DECIMAL && (sum > BF_DECIMAL_MAX || sum < -BF_DECIMAL_MAX))
        return BF_WHY_OVERFLOW;
    *out = x;
    out->u.i = sum;
    return BF_WHY_NOTHING;
}

static enum bf_why compare(struct bf_value x, struct bf_value y, enum bf_compare_op op,
                           struct bf_value *out) {
    int order = 0;
    if (op != BF_EQ && op != BF_NE && !bf_value_order(x, y, &order))
        return BF_WHY_ABSENT;
    bool yes = false;
    switch (op) {
    case BF_EQ: yes = bf_value_equal(x, y); break;
    case BF_NE: yes = !bf_value_equal(x, y); break;
    case BF_LT: yes = order < 0; break;
    case BF_LE: yes = order <= 0; break;
    case BF_GT: yes = order > 0; break;
    case BF_GE: yes = order >= 0; break;
    }
    *out = bf_bool(yes);
    return BF_WHY_NOTHING;
}

static enum bf_why dates(struct bf_env *env, enum bf_opcode op, struct bf_value x,
                         struct bf_value y, struct bf_value *out) {
    if (!bf_present(x) || !bf_present(y))
        return BF_WHY_ABSENT;
    if (op == BF_OP_EARLIER || op == BF_OP_LATER) {
        *out = (x.u.i <= y.u.i) == (op == BF_OP_EARLIER) ? x : y;
        return BF_WHY_NOTHING;
    }
    if (op == BF_OP_DAYS_BETWEEN) {
        *out = bf_int(bf_days_between((bf_day)x.u.i, (bf_day)y.u.i));
        return BF_WHY_NOTHING;
    }
    const struct bf_calendar *cal = env->world ? env->world->calendar : NULL;
    struct bf_count_rule rule = bf_count_rule_of(env->image);
    bool moved = op == BF_OP_PLUS || op == BF_OP_MINUS; /* these have the date first */
    struct bf_value p = moved ? y : x;
    struct bf_period period = {(enum bf_unit)p.aux, p.u.i};
    enum bf_days known = BF_DAYS_UNKNOWN;
    bf_day day = 0;
    int64_t n = 0;
    if (!cal)
        return BF_WHY_CALENDAR;
    if (op == BF_OP_AFTER)
        known = bf_period_after(cal, &rule, period, (bf_day)y.u.i, &day);
    else if (op == BF_OP_BEFORE)
        known = bf_period_before(cal, &rule, period, (bf_day)y.u.i, &day);
    else if (moved)
        known = bf_day_moved(cal, period, (bf_day)x.u.i, op == BF_OP_MINUS, &day);
    else if (op == BF_OP_WORKDAY)
        known = bf_workday(cal, (bf_day)x.u.i, &day);
    else if (op == BF_OP_NEXT_WORKDAY)
        known = bf_next_workday(cal, (bf_day)x.u.i, &day);
    else
        known = bf_working_days_between(cal, (bf_day)x.u.i, (bf_day)y.u.i, &n);
    if (!bf_days_known(known))
        return BF_WHY_CALENDAR;
    env->provisional |= known == BF_DAYS_PROVISIONAL;
    *out = op == BF_OP_WORKING_DAYS_BETWEEN ? bf_int(n) : bf_date(day);
    return BF_WHY_NOTHING;
}

static enum bf_why make_list(struct bf_env *env, const struct bf_value *v, uint32_t n,
                             uint32_t type, struct bf_value *out) {
    uint32_t max = env->image->type[type].max;
    if (max && n > max)
        return BF_WHY_TOO_LONG;
    *out = bf_list_value(n ? bf_arena_copy(env->arena, v, n * sizeof *v) : NULL, n);
    return BF_WHY_NOTHING;
}

static struct bf_value make_record(struct bf_env *env, const struct bf_value *v, uint32_t n,
                                   uint32_t record) {
    return bf_record_value(record, n ? bf_arena_copy(env->arena, v, n * sizeof *v) : NULL, n);
}

/* The `no` that this `and` keeps is the program's result: nothing but other `and`s follows. */
static bool ends_program(const uint32_t *code, uint32_t at) {
    while (bf_i_op(code[at]) == BF_OP_AND)
        at += bf_i_operand(code[at]);
    return bf_i_op(code[at]) == BF_OP_RETURN;
}

/* ---- the machine ---- */

static enum bf_why machine(struct bf_env *env, uint32_t start, struct bf_value *result) {
    const struct bf_image *m = env->image;
    const uint32_t *code = m->code;
    const struct bf_case *selves[SELVES], *self = env->self;
    int depth = 0;
    struct bf_value stack[BF_STACK], *sp = stack; /* sp: the first free */
    uint32_t pc = start;
    enum bf_why why = BF_WHY_NOTHING;
#define CHECK(expression) \
    do { \
        if ((why = (expression)) != BF_WHY_NOTHING) \
            goto fault; \
    } while (0)
#define SELF_HAS(row) CHECK(self_has(env, self, op, row) ? BF_WHY_NOTHING : BF_WHY_ABSENT)
#define HERE(v) CHECK(bf_present(v) ? BF_WHY_NOTHING : BF_WHY_ABSENT)
#define EFFECT(pops) \
    do { \
        sp -= (pops); \
        CHECK(env->effect(env->effect_ctx, op, x, sp, (pops))); \
    } while (0)
    for (;;) {
        uint32_t word = code[pc], x = bf_i_operand(word), n;
        enum bf_opcode op = (enum bf_opcode)bf_i_op(word);
        switch (op) {
        case BF_OP_CONST: *sp++ = bf_const_value(m, x); break;
        case BF_OP_DATA:
            SELF_HAS(x);
            *sp++ = self->data[x - m->proc[self->proc].data.first];
            break;
        case BF_OP_ARG: *sp++ = x < env->nargs ? env->args[x] : BF_ABSENT; break;
        case BF_OP_LOCAL: *sp++ = env->locals ? env->locals[x] : BF_ABSENT; break;
        case BF_OP_ASSUME: *sp++ = assume_value(env, self, x); break;
        case BF_OP_TODAY: *sp++ = bf_date(env->today); break;
        case BF_OP_START_DAY:
            CHECK(self ? BF_WHY_NOTHING : BF_WHY_ABSENT);
            *sp++ = bf_date(self->start_day);
            break;
        case BF_OP_ACT_ARG:
            SELF_HAS(x);
            *sp++ = act_value(env, self, op, x, code[++pc]);
            break;
        case BF_OP_ACT_DAY:
        case BF_OP_ACT_WHO:
        case BF_OP_ACT_FILED:
            SELF_HAS(x);
            *sp++ = act_value(env, self, op, x, 0);
            break;
        case BF_OP_STATUS_IS:
            SELF_HAS(x);
            *sp++ = bf_bool(bf_case_duty(m, self, x)->status == code[++pc]);
            break;
        case BF_OP_LAST_ACT_IS:
            SELF_HAS(x);
            *sp++ = bf_bool(bf_case_duty(m, self, x)->by == code[++pc]);
            break;
        case BF_OP_DUE:
            SELF_HAS(x);
            *sp++ = due_value(env, self, x);
            break;
        case BF_OP_IN_STATE:
            CHECK(self ? BF_WHY_NOTHING : BF_WHY_ABSENT);
            *sp++ = bf_bool(self->state == x);
            break;
        case BF_OP_HAS:
            CHECK(self ? BF_WHY_NOTHING : BF_WHY_ABSENT);
            *sp++ = bf_bool(bf_case_has(self, x));
            break;
        case BF_OP_VIOLATION: *sp++ = bf_value_of(BF_K_VIOLATION, x); break;
        case BF_OP_FIELD:
            HERE(sp[-1]);
            sp[-1] = field_of(sp[-1], x);
            break;
        case BF_OP_OFFICE: *sp++ = bf_office_value(x); break;
        case BF_OP_OFFICE_OF:
            HERE(sp[-1]);
            sp[-1] = bf_office_of(sp[-1], x);
            break;
        case BF_OP_ROW: {
            struct bf_value row;
            sp -= m->reg[x].keys.count;
            CHECK(row_value(env, x, sp, &row));
            *sp++ = row;
            break;
        }
        case BF_OP_CALL: {
            struct bf_decided d;
            sp -= m->decision[x].params.count;
            CHECK(bf_decide(env, x, sp, &d));
            *sp++ = d.result;
            break;
        }
        case BF_OP_LIST: {
            struct bf_value list;
            sp -= x;
            CHECK(make_list(env, sp, x, code[++pc], &list));
            *sp++ = list;
            break;
        }
        case BF_OP_RECORD:
            n = m->record[x].fields.count;
            sp -= n;
            *sp = make_record(env, sp, n, x);
            sp++;
            break;
        case BF_OP_TUPLE:
            sp -= x;
            *sp = make_record(env, sp, x, BF_TUPLE);
            sp++;
            break;
        case BF_OP_PARTY:
            sp -= BF_PARTY_PARTS;
            *sp = bf_party_value((enum bf_kind)x,
                                 bf_arena_copy(env->arena, sp, BF_PARTY_PARTS * sizeof *sp));
            sp++;
            break;
        case BF_OP_CASE: {
            const struct bf_case *c = env->latest ? env->latest(env->ctx, x) : NULL;
            *sp++ = c ? (struct bf_value){.kind = BF_K_CASE, .aux = c->proc, .u.i = c->number}
                      : BF_ABSENT;
            break;
        }
        case BF_OP_ENTER: {
            struct bf_value c = *--sp;
            HERE(c);
            const struct bf_case *found =
                env->find && depth < SELVES ? env->find(env->ctx, (uint32_t)c.u.i) : NULL;
            CHECK(found ? BF_WHY_NOTHING : BF_WHY_ABSENT);
            selves[depth++] = self;
            self = found;
            break;
        }
        case BF_OP_LEAVE: self = selves[--depth]; break;
        case BF_OP_NOT:
            HERE(sp[-1]);
            sp[-1] = bf_bool(!sp[-1].u.i);
            break;
        case BF_OP_COMPARE:
            sp--;
            CHECK(compare(sp[-1], sp[0], (enum bf_compare_op)x, &sp[-1]));
            break;
        case BF_OP_PRESENT: sp[-1] = bf_bool(bf_present(sp[-1])); break;
        case BF_OP_ADD:
        case BF_OP_SUB:
            sp--;
            CHECK(add(sp[-1], sp[0], op == BF_OP_SUB, &sp[-1]));
            break;
        case BF_OP_AFTER:
        case BF_OP_BEFORE:
        case BF_OP_PLUS:
        case BF_OP_MINUS:
        case BF_OP_DAYS_BETWEEN:
        case BF_OP_WORKING_DAYS_BETWEEN:
        case BF_OP_EARLIER:
        case BF_OP_LATER:
            sp--;
            CHECK(dates(env, op, sp[-1], sp[0], &sp[-1]));
            break;
        case BF_OP_WORKDAY:
        case BF_OP_NEXT_WORKDAY: CHECK(dates(env, op, sp[-1], sp[-1], &sp[-1])); break;
        case BF_OP_FIELD_IS: {
            HERE(sp[-1]);
            struct bf_value field = field_of(sp[-1], x), k = bf_const_value(m, code[++pc]);
            sp[-1] = bf_bool(bf_present(field) && bf_value_equal(field, k));
            break;
        }
        case BF_OP_ELSE:
            sp--;
            HERE(*sp);
            if (!sp->u.i) {
                pc += x;
                continue;
            }
            break;
        case BF_OP_AND:
            HERE(sp[-1]);
            if (!sp[-1].u.i) {
                if (env->part && ends_program(code, pc)) {
                    env->part[1] = pc;
                    goto done;
                }
                pc += x;
                continue;
            }
            sp--;
            if (env->part && ends_program(code, pc))
                env->part[0] = pc + 1;
            break;
        case BF_OP_OR:
            HERE(sp[-1]);
            if (sp[-1].u.i) {
                pc += x;
                continue;
            }
            sp--;
            break;
        case BF_OP_RETURN:
            if (env->part)
                env->part[1] = pc;
            goto done;
        case BF_OP_DONE: goto done;
        case BF_OP_SET:
        case BF_OP_PUT:
        case BF_OP_ADD_TO:
        case BF_OP_REMOVE_FROM:
        case BF_OP_VIOLATE:
        case BF_OP_EXCUSE:
        case BF_OP_OPEN:
        case BF_OP_EXTEND_BY:
        case BF_OP_EXTEND_TO: EFFECT(1); break;
        case BF_OP_ADD_AFTER:
        case BF_OP_ADD_BEFORE:
        case BF_OP_NOTIFY:
        case BF_OP_ISSUE: EFFECT(2); break;
        case BF_OP_MEMBER:
            HERE(env->member);
            *sp++ = env->member;
            break;
        case BF_OP_MEMBER_STATUS:
        case BF_OP_MEMBER_ACT:
            SELF_HAS(x);
            HERE(sp[-1]);
            sp[-1] = bf_bool(said_of(bf_case_duty_of(m, self, x, sp[-1]), op, code[++pc]));
            break;
        case BF_OP_MEMBER_DUE:
            SELF_HAS(x);
            HERE(sp[-1]);
            sp[-1] = member_due(bf_case_duty_of(m, self, x, sp[-1]));
            break;
        case BF_OP_LENGTH:
            HERE(sp[-1]);
            sp[-1] = bf_int(sp[-1].n);
            break;
        case BF_OP_MEMBERS:
            SELF_HAS(x);
            CHECK(count_members(env, self, x, op, 0, &sp[-1]));
            break;
        case BF_OP_MEMBERS_STATUS:
        case BF_OP_MEMBERS_ACT:
            SELF_HAS(x);
            CHECK(count_members(env, self, x, op, code[++pc], &sp[-1]));
            break;
        case BF_OP_RESTART: EFFECT(0); break;
        case BF_OPCODES: break;
        }
        pc++;
    }
#undef CHECK
#undef SELF_HAS
#undef HERE
#undef EFFECT
done:
    if (env->budget < pc - start)
        return BF_WHY_BUDGET;
    env->budget -= pc - start;
    if (result)
        *result = sp[-1];
    return BF_WHY_NOTHING;
fault:
    env->fault_at = pc;
    return why;
}

enum bf_why bf_eval(struct bf_env *env, uint32_t code, struct bf_value *result) {
    const uint32_t *program = env->image->code + code;
    if (bf_i_op(program[0]) == BF_OP_CONST && bf_i_op(program[1]) == BF_OP_RETURN) {
        *result = bf_const_value(env->image, bf_i_operand(program[0])); /* most limits */
        return BF_WHY_NOTHING;
    }
    return machine(env, code, result);
}

enum bf_why bf_members(struct bf_env *env, uint32_t code, struct bf_value *list) {
    enum bf_why why = bf_eval(env, code, list);
    return why ? why : distinct(env, list);
}

enum bf_why bf_run(struct bf_env *env, uint32_t code) { return machine(env, code, NULL); }

enum bf_why bf_holds(struct bf_env *env, uint32_t code, bool *yes) {
    *yes = true;
    if (code == BF_NONE)
        return BF_WHY_NOTHING;
    struct bf_value v;
    enum bf_why why = machine(env, code, &v);
    if (why)
        return why;
    if (!bf_present(v))
        return BF_WHY_ABSENT;
    *yes = v.u.i != 0;
    return BF_WHY_NOTHING;
}

void bf_guard_part(struct bf_env *env, uint32_t code, uint32_t *first, uint32_t *end) {
    uint32_t part[2] = {code, code};
    struct bf_value v;
    env->part = part;
    if (machine(env, code, &v) != BF_WHY_NOTHING)
        part[1] = env->fault_at;
    env->part = NULL;
    *first = part[0];
    *end = part[1];
}

bool bf_reads_args(const struct bf_image *m, uint32_t code) {
    if (code == BF_NONE)
        return false;
    for (uint32_t pc = code;;) {
        uint32_t op = bf_i_op(m->code[pc]);
        if (op == BF_OP_ARG)
            return true;
        if (op == BF_OP_RETURN || op == BF_OP_DONE)
            return false;
        pc += words_of(op);
    }
}

bool bf_sets_sealed(const struct bf_image *m, uint32_t code) {
    if (code == BF_NONE)
        return false;
    for (uint32_t pc = code;;) {
        uint32_t op = bf_i_op(m->code[pc]);
        bool sets = op == BF_OP_SET || op == BF_OP_ADD_TO || op == BF_OP_REMOVE_FROM;
        if (sets && m->data[bf_i_operand(m->code[pc])].sealed)
            return true;
        if (op == BF_OP_RETURN || op == BF_OP_DONE)
            return false;
        pc += words_of(op);
    }
}

bool bf_reads_assume(const struct bf_image *m, uint32_t code, uint32_t assume) {
    if (code == BF_NONE)
        return false;
    for (uint32_t pc = code;;) {
        uint32_t op = bf_i_op(m->code[pc]), operand = bf_i_operand(m->code[pc]);
        if (op == BF_OP_ASSUME && operand == assume)
            return true;
        if (op == BF_OP_CALL) { /* decisions call each other in no circle */
            struct bf_i_range rules = m->decision[operand].rules;
            for (uint32_t i = rules.first; i < rules.first + rules.count; i++)
                if (bf_reads_assume(m, m->rule[i].cond, assume) ||
                    bf_reads_assume(m, m->rule[i].result, assume))
                    return true;
        }
        if (op == BF_OP_RETURN || op == BF_OP_DONE)
            return false;
        pc += words_of(op);
    }
}

/* ---- decisions ---- */

/* Which mask of a column. Without branches: inputs are not to be guessed. Of a column of two masks only
** whether it is there is asked, or its one member is 0. */
static inline uint32_t column_value(const struct bf_i_column *c, const struct bf_value *args) {
    struct bf_value v = args[c->param];
    if (c->field != BF_NONE)
        v = field_of(v, c->field);
    uint32_t there = 0 - (uint32_t)bf_present(v);
    uint32_t value = (c->masks.count > 2 ? (uint32_t)v.u.i + 1 : 1) & there;
    return value < c->masks.count ? value : 0;
}

static inline uint64_t table_fits(const struct bf_image *m, const struct bf_i_table *t,
                                  const struct bf_value *args, uint8_t *tier) {
    uint64_t fits = ~UINT64_C(0);
    const struct bf_i_column *c = m->column + t->columns.first;
    for (uint32_t i = 0; i < t->columns.count; i++)
        fits &= m->mask[c[i].masks.first + column_value(&c[i], args)];
    uint64_t override = fits & t->tier[2], when = fits & t->tier[1];
    *tier = override ? 2 : when != 0;
    return override ? override : when ? when : fits & t->tier[0];
}

/* Of the highest tier with a rule that fits: which of its rules fit, and the first. */
static enum bf_why rules_fit(struct bf_env *env, struct bf_i_range rules, struct bf_decided *out,
                             uint32_t *first) {
    const struct bf_i_rule *rule = env->image->rule + rules.first;
    for (uint8_t tier = 3; tier-- > 0;) {
        out->tier = tier;
        for (uint32_t i = 0; i < rules.count; i++) {
            bool yes;
            if (rule[i].tier != tier)
                continue;
            enum bf_why why = bf_holds(env, rule[i].cond, &yes);
            if (why)
                return why;
            if (!yes)
                continue;
            if (*first == BF_NONE)
                *first = i;
            if (i < 64)
                out->fired |= UINT64_C(1) << i;
        }
        if (*first != BF_NONE)
            return BF_WHY_NOTHING;
    }
    return BF_WHY_GAP;
}

/* With the decision's own arguments in the environment. */
static enum bf_why within(struct bf_env *env, const struct bf_value *args, uint32_t n,
                          enum bf_why (*work)(struct bf_env *env, void *ctx), void *ctx) {
    const struct bf_value *outer = env->args;
    uint32_t outer_n = env->nargs, *part = env->part;
    env->args = args;
    env->nargs = n;
    env->part = NULL;
    enum bf_why why = work(env, ctx);
    env->args = outer;
    env->nargs = outer_n;
    env->part = part;
    return why;
}

struct deciding {
    const struct bf_i_decision *d;
    struct bf_decided *out;
    uint32_t first; /* rule that fired first; BF_NONE: to be found */
};

static enum bf_why decide(struct bf_env *env, void *ctx) {
    struct deciding *w = ctx;
    if (w->first == BF_NONE) {
        enum bf_why why = rules_fit(env, w->d->rules, w->out, &w->first);
        if (why)
            return why;
    }
    return machine(env, env->image->rule[w->d->rules.first + w->first].result, &w->out->result);
}

enum bf_why bf_decide(struct bf_env *env, uint32_t decision, const struct bf_value *args,
                      struct bf_decided *out) {
    const struct bf_image *m = env->image;
    struct deciding w = {&m->decision[decision], out, BF_NONE};
    out->fired = 0;
    if (w.d->table != BF_NONE) {
        out->fired = table_fits(m, &m->table[w.d->table], args, &out->tier);
        if (!out->fired)
            return BF_WHY_GAP;
        w.first = (uint32_t)__builtin_ctzll(out->fired);
        const uint32_t *result = m->code + m->rule[w.d->rules.first + w.first].result;
        if (bf_i_op(result[0]) == BF_OP_CONST && bf_i_op(result[1]) == BF_OP_RETURN) {
            out->result = bf_const_value(m, bf_i_operand(result[0]));
            return BF_WHY_NOTHING;
        }
    }
    return within(env, args, w.d->params.count, decide, &w);
}

bool bf_rule_fired(struct bf_env *env, uint32_t decision, const struct bf_value *args,
                   const struct bf_decided *decided, uint32_t rule) {
    const struct bf_i_decision *d = &env->image->decision[decision];
    const struct bf_i_rule *r = &env->image->rule[d->rules.first + rule];
    if (rule < 64)
        return decided->fired >> rule & 1;
    if (r->tier != decided->tier)
        return false;
    struct bf_env inner = *env;
    bool yes;
    inner.args = args;
    inner.nargs = d->params.count;
    inner.part = NULL;
    return bf_holds(&inner, r->cond, &yes) == BF_WHY_NOTHING && yes;
}
