/* dump: an image as text, for people and for goldens. Rows are shown by the names they refer to, under what
** owns them; a number stands only where a row has no name. */
#include <string.h>

#include "lang/base/cite.h"
#include "lang/base/date.h"
#include "lang/image/format.h"

struct dump {
    const struct bf_image *m;
    struct bf_buf *out;
};

static void put(struct dump *d, const char *z) { bf_buf_z(d->out, z); }

static void put_text(struct dump *d, uint32_t str) { bf_buf_str(d->out, bf_i_text(d->m, str)); }

static void put_quoted(struct dump *d, bf_str s) {
    bf_buf_char(d->out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\')
            bf_buf_char(d->out, '\\');
        if (s.p[i] == '\n')
            put(d, "\\n");
        else
            bf_buf_char(d->out, s.p[i]);
    }
    bf_buf_char(d->out, '"');
}

static void put_named(struct dump *d, uint32_t name, uint32_t label) {
    put_text(d, name);
    if (d->m->str[label].len) {
        bf_buf_char(d->out, ' ');
        put_quoted(d, bf_i_text(d->m, label));
    }
}

/* ---- types, constants, sources ---- */

static const char *kind_z(uint32_t kind) {
    static const char *const name[] = {[BF_K_NONE] = "None",
                                       [BF_K_BOOL] = "Bool",
                                       [BF_K_INT] = "Int",
                                       [BF_K_DECIMAL] = "Decimal",
                                       [BF_K_TEXT] = "Text",
                                       [BF_K_DATE] = "Date",
                                       [BF_K_INSTANT] = "Instant",
                                       [BF_K_DOCUMENT] = "Document",
                                       [BF_K_CITIZEN_ID] = "CitizenId",
                                       [BF_K_CREDIT_CODE] = "CreditCode",
                                       [BF_K_PARTY] = "Party",
                                       [BF_K_PERSON] = "Person",
                                       [BF_K_ORGANISATION] = "Organisation",
                                       [BF_K_DEPARTMENT] = "Department",
                                       [BF_K_VIOLATION] = "Violation",
                                       [BF_K_PERIOD] = "period",
                                       [BF_K_ENUM] = "enum",
                                       [BF_K_RECORD] = "record",
                                       [BF_K_LIST] = "list",
                                       [BF_K_CASE] = "case"};
    return name[kind];
}

static const char *unit_z(uint32_t unit) {
    static const char *const name[] = {"working days", "days", "months", "hours"};
    return name[unit];
}

static void put_type(struct dump *d, uint32_t type) {
    const struct bf_i_type *t = &d->m->type[type];
    switch (t->kind) {
    case BF_K_PERIOD: put(d, unit_z(t->ref)); break;
    case BF_K_ENUM: put_text(d, d->m->enums[t->ref].name); break;
    case BF_K_RECORD: put_text(d, d->m->record[t->ref].name); break;
    case BF_K_LIST:
        put(d, "list of ");
        if (t->max)
            bf_buf_fmt(d->out, "at most %u ", t->max);
        put_type(d, t->ref);
        break;
    default: put(d, kind_z(t->kind));
    }
    if (t->optional)
        bf_buf_char(d->out, '?');
}

static void put_day(struct dump *d, int64_t day) {
    char text[BF_DAY_TEXT];
    put(d, bf_day_print((bf_day)day, text));
}

static void put_const(struct dump *d, uint32_t k) {
    const struct bf_i_const *c = &d->m->konst[k];
    switch (c->kind) {
    case BF_K_NONE: put(d, "none"); break;
    case BF_K_BOOL: put(d, c->i ? "yes" : "no"); break;
    case BF_K_INT: bf_buf_int(d->out, c->i); break;
    case BF_K_DECIMAL: {
        int64_t whole = c->i / 1000000, part = c->i % 1000000;
        bf_buf_fmt(d->out, "%s%lld.%06lld", c->i < 0 ? "-" : "",
                   (long long)(whole < 0 ? -whole : whole), (long long)(part < 0 ? -part : part));
        break;
    }
    case BF_K_DATE: put_day(d, c->i); break;
    case BF_K_PERIOD:
        bf_buf_int(d->out, c->i);
        bf_buf_char(d->out, ' ');
        put(d, unit_z(c->aux));
        break;
    case BF_K_ENUM:
        put_text(d, d->m->enums[c->aux].name);
        bf_buf_char(d->out, '.');
        put_text(d, d->m->member[d->m->enums[c->aux].members.first + (uint32_t)c->i].name);
        break;
    default: put_quoted(d, bf_i_text(d->m, (uint32_t)c->i));
    }
}

static void put_cites(struct dump *d, struct bf_i_range cites) {
    for (uint32_t i = cites.first; i < cites.first + cites.count; i++) {
        const struct bf_i_cite *c = &d->m->cite[i];
        put(d, " @");
        if (c->policy != BF_NONE) {
            put_text(d, c->policy);
            bf_buf_char(d->out, ':');
        }
        bf_cite_code(d->out, (struct bf_cite){c->article, c->suffix, c->paragraph, c->item});
    }
}

/* Ends the line: citations and place. */
static void put_src(struct dump *d, uint32_t src) {
    const struct bf_i_place *at = &d->m->place[src];
    put_cites(d, d->m->src[src].cites);
    if (at->line) {
        put(d, "  # ");
        put_text(d, at->file);
        bf_buf_fmt(d->out, ":%u", at->line);
    }
    bf_buf_char(d->out, '\n');
}

/* ---- programs ---- */

static void put_duty(struct dump *d, uint32_t n) {
    const struct bf_i_duty *duty = &d->m->duty[n];
    if (d->m->str[duty->name].len)
        put_text(d, duty->name);
    else
        bf_buf_fmt(d->out, "limit %u", n);
}

static const char *status_z(uint32_t status) {
    static const char *const name[] = {"none", "waiting", "open",   "paused",
                                       "met",  "late",    "lapsed", "void"};
    return name[status];
}

static void put_operand(struct dump *d, char kind, enum bf_opcode op, uint32_t n) {
    const struct bf_image *m = d->m;
    static const char *const compare[] = {"=", "!=", "<", "<=", ">", ">="};
    bf_buf_char(d->out, ' ');
    switch (kind) {
    case 'K': put_const(d, n); return;
    case 'D': put_text(d, m->data[n].name); return;
    case 'A': put_text(d, m->act[n].name); return;
    case 'S': put_text(d, m->state[n].name); return;
    case 'U': put_duty(d, n); return;
    case 'V': put_text(d, m->violation[n].name); return;
    case 'R': put_text(d, m->reg[n].name); return;
    case 'P': put_text(d, m->proc[n].name); return;
    case 'F': put_text(d, m->decision[n].name); return;
    case 'O': put_text(d, m->office[n].name); return;
    case 'T': put_text(d, m->record[n].name); return;
    case 'M': put_text(d, m->assume[n].name); return;
    case 'Y': put_type(d, n); return;
    case 'J': bf_buf_fmt(d->out, "+%u", n); return;
    }
    if (op == BF_OP_COMPARE)
        put(d, compare[n]);
    else if (op == BF_OP_PARTY)
        put(d, kind_z(n));
    else if (op == BF_OP_STATUS_IS || op == BF_OP_MEMBER_STATUS || op == BF_OP_MEMBERS_STATUS)
        put(d, status_z(n));
    else
        bf_buf_int(d->out, n);
}

static void put_code(struct dump *d, uint32_t pc) {
    static const char *const operands[] = {
#define OP(name, pops, pushes, ops) ops,
#include "lang/image/opcode.def"
    };
    for (;;) {
        uint32_t word = d->m->code[pc++];
        enum bf_opcode op = (enum bf_opcode)bf_i_op(word);
        const char *kinds = operands[op];
        put(d, bf_opcode_z(op));
        if (*kinds)
            put_operand(d, kinds[0], op, bf_i_operand(word));
        if (*kinds && kinds[1]) {
            bf_buf_char(d->out, ',');
            put_operand(d, kinds[2], op, d->m->code[pc++]);
        }
        if (op == BF_OP_RETURN || op == BF_OP_DONE)
            return;
        put(d, "; ");
    }
}

/* "  word: program" on a line of its own, if there is one. */
static void put_program(struct dump *d, const char *word, uint32_t code) {
    if (code == BF_NONE)
        return;
    put(d, word);
    put(d, ": ");
    put_code(d, code);
    bf_buf_char(d->out, '\n');
}

/* ---- declarations ---- */

static void put_fields(struct dump *d, struct bf_i_range fields) {
    for (uint32_t i = 0; i < fields.count; i++) {
        const struct bf_i_field *f = &d->m->field[fields.first + i];
        put(d, i ? ", " : "");
        put_named(d, f->name, f->label);
        put(d, ": ");
        put_type(d, f->type);
    }
}

static void put_policy(struct dump *d) {
    const struct bf_i_policy *p = &d->m->policy;
    char hex[2 * BF_SHA256_LEN + 1];
    bf_hex(d->m->hash, BF_SHA256_LEN, hex);
    bf_buf_fmt(d->out, "image %s\npolicy ", hex);
    put_named(d, p->name, p->title);
    put(d, "\n  number ");
    put_quoted(d, bf_i_text(d->m, p->number));
    bf_buf_fmt(d->out, "\n  rank %u ", p->rank);
    put_quoted(d, bf_i_text(d->m, p->rank_label));
    put(d, "\n  in force ");
    if (p->force_from != INT32_MIN)
        put_day(d, p->force_from);
    put(d, " .. ");
    if (p->force_to != INT32_MAX)
        put_day(d, p->force_to);
    put(d, "\n  calendar ");
    put_text(d, p->calendar);
    bf_buf_fmt(d->out, "\n  count from %s day, roll %s, day ends %02u:%02u:%02u\n",
               p->count_same_day ? "same" : "next", p->roll_none ? "none" : "next",
               p->day_ends / 3600, p->day_ends / 60 % 60, p->day_ends % 60);
    for (uint32_t u = 0; u <= BF_UNIT_HOURS; u++)
        if (p->still >> u & 1)
            bf_buf_fmt(d->out, "  standstill of %s\n", unit_z(u));
    if (p->retain_count)
        bf_buf_fmt(d->out, "  retain %u %s\n", p->retain_count, unit_z(p->retain_unit));
    if (p->level != BF_NONE) {
        put(d, "  levels ");
        put_text(d, d->m->enums[p->level].name);
        bf_buf_char(d->out, '\n');
    }
    if (!d->m->amend_count)
        return;
    const struct bf_i_amend *a = d->m->amend;
    bf_hex(a->hash, BF_SHA256_LEN, hex);
    put(d, "  amends ");
    put_text(d, a->policy);
    bf_buf_fmt(d->out, " %s, %s", hex, a->cases == BF_CASES_ALL ? "all cases" : "new cases");
    if (a->because) {
        put(d, " because ");
        put_quoted(d, bf_i_text(d->m, a->because));
    }
    put_src(d, a->src);
}

static void put_types(struct dump *d) {
    const struct bf_image *m = d->m;
    for (uint32_t i = 0; i < m->enums_count; i++) {
        const struct bf_i_enum *e = &m->enums[i];
        put(d, e->open ? "open enum " : "enum ");
        put_named(d, e->name, e->label);
        for (uint32_t k = 0; k < e->members.count; k++) {
            const struct bf_i_member *x = &m->member[e->members.first + k];
            put(d, k ? ", " : ": ");
            put_named(d, x->name, x->label);
        }
        bf_buf_char(d->out, '\n');
    }
    for (uint32_t i = 0; i < m->record_count; i++) {
        put(d, "record ");
        put_named(d, m->record[i].name, m->record[i].label);
        put(d, ": ");
        put_fields(d, m->record[i].fields);
        bf_buf_char(d->out, '\n');
    }
    for (uint32_t i = 0; i < m->reg_count; i++) {
        const struct bf_i_register *r = &m->reg[i];
        put(d, "register ");
        put_named(d, r->name, r->label);
        if (r->owner) {
            put(d, " of policy ");
            put_text(d, r->owner - 1);
        }
        put(d, " of ");
        put_text(d, m->record[r->record].name);
        for (uint32_t k = 0; k < r->keys.count; k++) {
            put(d, k ? ", " : " by ");
            put_text(d,
                     m->field[m->record[r->record].fields.first + m->key[r->keys.first + k]].name);
        }
        put_src(d, r->src);
    }
}

static void put_simple(struct dump *d) {
    const struct bf_image *m = d->m;
    for (uint32_t i = 0; i < m->assume_count; i++) {
        const struct bf_i_assume *x = &m->assume[i];
        put(d, "assume ");
        put_named(d, x->name, x->label);
        put(d, ": ");
        put_type(d, x->type);
        put(d, " = ");
        put_const(d, x->konst);
        put(d, " because ");
        put_quoted(d, bf_i_text(m, x->because));
        put_src(d, x->src);
    }
    for (uint32_t i = 0; i < m->office_count; i++) {
        put(d, "office ");
        put_named(d, m->office[i].name, m->office[i].label);
        if (m->office[i].per != BF_NONE) {
            put(d, " per ");
            put_type(d, m->office[i].per);
        }
        put_src(d, m->office[i].src);
    }
    for (uint32_t i = 0; i < m->violation_count; i++) {
        put(d, "violation ");
        put_named(d, m->violation[i].name, m->violation[i].label);
        put_src(d, m->violation[i].src);
    }
    for (uint32_t i = 0; i < m->event_count; i++) {
        put(d, "event ");
        put_named(d, m->event[i].name, m->event[i].label);
        put(d, " (");
        put_fields(d, m->event[i].params);
        put(d, ")");
        put_src(d, m->event[i].src);
    }
}

/* Which rules each value of a column lets fit. */
static void put_table(struct dump *d, const struct bf_i_decision *x) {
    const struct bf_image *m = d->m;
    const struct bf_i_table *t = &m->table[x->table];
    for (uint32_t i = 0; i < t->columns.count; i++) {
        const struct bf_i_column *c = &m->column[t->columns.first + i];
        uint32_t type = m->field[x->params.first + c->param].type;
        put(d, "  column ");
        put_text(d, m->field[x->params.first + c->param].name);
        if (c->field != BF_NONE) {
            bf_buf_char(d->out, '.');
            put_text(d, m->field[m->record[m->type[type].ref].fields.first + c->field].name);
        }
        for (uint32_t v = 0; v < c->masks.count; v++) {
            put(d, v ? " |" : ":");
            for (uint32_t r = 0; r < x->rules.count; r++)
                if (m->mask[c->masks.first + v] >> r & 1)
                    bf_buf_fmt(d->out, " %u", r);
        }
        bf_buf_char(d->out, '\n');
    }
}

static void put_decisions(struct dump *d) {
    static const char *const tier[] = {"otherwise", "when", "override"};
    const struct bf_image *m = d->m;
    for (uint32_t i = 0; i < m->decision_count; i++) {
        const struct bf_i_decision *x = &m->decision[i];
        put(d, "decide ");
        put_named(d, x->name, x->label);
        put(d, " (");
        put_fields(d, x->params);
        put(d, "): ");
        put_type(d, x->type);
        put_src(d, x->src);
        for (uint32_t r = 0; r < x->rules.count; r++) {
            const struct bf_i_rule *rule = &m->rule[x->rules.first + r];
            bf_buf_fmt(d->out, "  rule %u %s", r, tier[rule->tier]);
            put_src(d, rule->src);
            put_program(d, "    if", rule->cond);
            put_program(d, "    then", rule->result);
        }
        if (x->table != BF_NONE)
            put_table(d, x);
    }
}

/* ---- procedures ---- */

static void put_actors(struct dump *d, const char *word, struct bf_i_range actors) {
    for (uint32_t i = actors.first; i < actors.first + actors.count; i++) {
        const struct bf_i_actor *a = &d->m->actor[i];
        if (!a->any) {
            put_program(d, word, a->ref);
            continue;
        }
        put(d, word);
        put(d, ": any ");
        put_type(d, a->ref);
        bf_buf_char(d->out, '\n');
    }
}

static void put_target(struct dump *d, uint32_t target) {
    if (target == BF_NONE)
        return;
    put(d, " -> ");
    if (target == BF_BACK)
        put(d, "back");
    else
        put_text(d, d->m->state[target].name);
}

static void put_index(struct dump *d, const char *word, struct bf_i_range r,
                      void (*show)(struct dump *, uint32_t)) {
    if (!r.count)
        return;
    put(d, word);
    for (uint32_t i = 0; i < r.count; i++) {
        put(d, i ? ", " : " ");
        show(d, d->m->index[r.first + i]);
    }
    bf_buf_char(d->out, '\n');
}

static void put_state_name(struct dump *d, uint32_t n) { put_text(d, d->m->state[n].name); }

static void put_act_name(struct dump *d, uint32_t n) { put_text(d, d->m->act[n].name); }

static void put_offer_name(struct dump *d, uint32_t n) {
    put_text(d, d->m->act[d->m->offer[n].act].name);
}

static void put_from(struct dump *d, uint32_t from, uint32_t ref, const char *word) {
    static const char *const name[] = {"entry", "start", "act", "state", "date"};
    put(d, word);
    put(d, " from ");
    put(d, name[from]);
    if (from >= BF_FROM_ACT)
        bf_buf_char(d->out, ' ');
    if (from == BF_FROM_ACT)
        put_text(d, d->m->act[ref].name);
    else if (from == BF_FROM_STATE)
        put_text(d, d->m->state[ref].name);
    else if (from == BF_FROM_DATE)
        put_code(d, ref);
    bf_buf_char(d->out, '\n');
}

static void put_where(struct dump *d, uint32_t state) {
    put(d, state == BF_NONE ? " everywhere" : " in ");
    if (state != BF_NONE)
        put_state_name(d, state);
}

static void put_offer(struct dump *d, uint32_t n) {
    static const char *const kind[] = {"may", "duty's", "extend", "outcome"};
    static const char *const window[] = {"",   "within",     "by",   "not before",
                                         "by", "not before", "after"};
    const struct bf_i_offer *o = &d->m->offer[n];
    bf_buf_fmt(d->out, "  offer %s ", kind[o->kind]);
    put_offer_name(d, n);
    if (o->duty != BF_NONE) {
        put(d, " of ");
        put_duty(d, o->duty);
    }
    if (o->outcome) {
        put(d, " ");
        put_state_name(d, o->outcome - 1);
    }
    put_where(d, o->state);
    put_target(d, o->target);
    if (o->times)
        bf_buf_fmt(d->out, " %u times", o->times);
    put_src(d, o->src);
    if (o->each)
        put_program(d, "    any of", o->members);
    put_actors(d, "    by", o->actors);
    put_index(d, "    in", o->in, put_state_name);
    put_program(d, "    if", o->guard);
    if (bf_i_window_of_year(o->window))
        bf_buf_fmt(d->out, "    %s %02u-%02u\n", window[o->window], o->window_code / 100,
                   o->window_code % 100);
    else if (o->window != BF_WINDOW_NONE) {
        bf_buf_fmt(d->out, "    %s: ", window[o->window]);
        put_code(d, o->window_code);
        bf_buf_char(d->out, '\n');
    }
    if (bf_i_window_counted(o->window))
        put_from(d, o->from, o->from_ref, "   ");
    if (o->dated) {
        put(d, "    dated ");
        put_text(d, d->m->field[d->m->act[o->act].params.first + o->dated - 1].name);
        bf_buf_char(d->out, '\n');
    }
    put_index(d, "    distinct from", o->distinct, put_act_name);
    put_program(d, "    at most", o->at_most);
    put_actors(d, "    consent of", o->consents);
    put_program(d, "    reporting to", o->report);
    put_program(d, "    effects", o->effects);
}

static void put_limit(struct dump *d, const struct bf_i_duty *x) {
    if (x->limit == BF_I_LIMIT_BY_MONTH_DAY)
        bf_buf_fmt(d->out, "    by %02u-%02u\n", x->limit_code / 100, x->limit_code % 100);
    else
        put_program(d, x->limit == BF_I_LIMIT_WITHIN ? "    within" : "    by", x->limit_code);
    put_from(d, x->from, x->from_ref, "   ");
}

static void put_duty_row(struct dump *d, uint32_t n) {
    static const char *const otherwise[] = {"", "stays", "goes", "deemed"};
    const struct bf_i_duty *x = &d->m->duty[n];
    put(d, "  duty ");
    put_duty(d, n);
    if (d->m->str[x->label].len) {
        bf_buf_char(d->out, ' ');
        put_quoted(d, bf_i_text(d->m, x->label));
    }
    put_where(d, x->state);
    put_src(d, x->src);
    if (x->each)
        put_program(d, x->each == BF_EACH_ALL ? "    each of" : "    in turn, each of", x->members);
    put_program(d, "    of", x->bearer);
    put_program(d, "    if", x->guard);
    put_limit(d, x);
    put_index(d, "    acts", x->offers, put_offer_name);
    put_index(d, "    until", x->until, put_state_name);
    if (x->otherwise == BF_OTHERWISE_NONE)
        return;
    bf_buf_fmt(d->out, "    otherwise %s", otherwise[x->otherwise]);
    if (x->otherwise == BF_OTHERWISE_DEEMED) {
        bf_buf_char(d->out, ' ');
        put_offer_name(d, x->target);
    } else {
        put_target(d, x->target);
    }
    put_src(d, x->otherwise_src);
    put_program(d, "    effects", x->effects);
}

static void put_state(struct dump *d, uint32_t n) {
    const struct bf_image *m = d->m;
    const struct bf_i_state *s = &m->state[n];
    put(d, s->is_end ? "  end " : "  state ");
    put_named(d, s->name, s->label);
    put_src(d, s->src);
    put_program(d, "    effects", s->enter);
    put_index(d, "    offers", s->offers, put_offer_name);
    put_index(d, "    duties", s->duties, put_duty);
    for (uint32_t i = s->whens.first; i < s->whens.first + s->whens.count; i++) {
        put(d, m->when[i].cond == BF_NONE ? "    else" : "    when");
        put_target(d, m->when[i].target);
        put_src(d, m->when[i].src);
        put_program(d, "      if", m->when[i].cond);
    }
    for (uint32_t i = s->pauses.first; i < s->pauses.first + s->pauses.count; i++) {
        put(d, "    pauses ");
        if (m->pause[i].duty == BF_NONE)
            put(d, "all");
        else
            put_duty(d, m->pause[i].duty);
        put_src(d, m->pause[i].src);
        put_program(d, "      if", m->pause[i].guard);
    }
    if (s->runs) {
        put(d, "    runs ");
        put_text(d, m->proc[s->runs - 1].name);
        put(d, " ended by ");
        put_act_name(d, s->run_act);
        put_src(d, s->run_src);
        put_program(d, "      with", s->run_args);
    }
}

static void put_reach(struct dump *d, const struct bf_i_proc *p) {
    for (uint32_t s = p->states.first; s < p->states.first + p->states.count; s++) {
        bool first = true;
        for (uint32_t t = p->states.first; t < p->states.first + p->states.count; t++) {
            if (!bf_i_reaches(d->m, p, s, t))
                continue;
            if (first) {
                put(d, "  reach ");
                put_state_name(d, s);
            }
            put(d, first ? ": " : ", ");
            put_state_name(d, t);
            first = false;
        }
        if (!first)
            bf_buf_char(d->out, '\n');
    }
}

static void put_ban(struct dump *d, uint32_t n) {
    const struct bf_i_ban *b = &d->m->ban[n];
    put(d, "  must not ");
    put_text(d, d->m->act[b->act].name);
    put_where(d, b->state);
    if (b->violation != BF_NONE) {
        put(d, " otherwise ");
        put_text(d, d->m->violation[b->violation].name);
    }
    put_src(d, b->src);
    if (b->subject.any) {
        put(d, "    by: any ");
        put_type(d, b->subject.ref);
        bf_buf_char(d->out, '\n');
    } else {
        put_program(d, "    by", b->subject.ref);
    }
    put_program(d, "    unless", b->unless);
}

static void put_every(struct dump *d, const struct bf_i_start *s) {
    static const char *const unit[] = {"working days", "days", "months", "hours"};
    const struct bf_image *m = d->m;
    put(d, "  starts every ");
    if (s->every == BF_EVERY_YEAR)
        bf_buf_fmt(d->out, "year on %02u-%02u", s->every_count / 100, s->every_count % 100);
    else
        bf_buf_fmt(d->out, "%u %s", s->every_count, unit[s->every_unit]);
    if (!s->member_reg)
        return;
    put(d, " with each ");
    put_text(d, m->data[s->member_data].name);
    put(d, " in ");
    put_text(d, m->reg[s->member_reg - 1].name);
    if (!s->member_field)
        return;
    put(d, ".");
    put_text(
        d, m->field[m->record[m->reg[s->member_reg - 1].record].fields.first + s->member_field - 1]
               .name);
}

static void put_start(struct dump *d, uint32_t n) {
    const struct bf_image *m = d->m;
    const struct bf_i_start *s = &m->start[n];
    if (s->every)
        put_every(d, s);
    else
        put(d, s->event == BF_NONE ? "  starts by" : "  starts on ");
    if (s->event != BF_NONE)
        put_text(d, m->event[s->event].name);
    for (uint32_t i = s->binds.first; i < s->binds.first + s->binds.count; i += 2) {
        put(d, i == s->binds.first ? " " : ", ");
        put_text(d, m->field[m->event[s->event].params.first + m->index[i]].name);
        put(d, " to ");
        put_text(d, m->data[m->index[i + 1]].name);
    }
    put_src(d, s->src);
    put_actors(d, "    by", s->actors);
    put_actors(d, "    consent of", s->consents);
    if (!s->asked_in)
        return;
    put(d, "    asked for in ");
    put_text(d, m->state[s->asked_in - 1].name);
    put(d, ", declined ");
    put_text(d, m->state[s->declined].name);
    bf_buf_char(d->out, '\n');
}

static void put_data(struct dump *d, uint32_t n) {
    static const char *const role[] = {"party", "given", "keep"};
    const struct bf_i_data *x = &d->m->data[n];
    bf_buf_fmt(d->out, "  %s ", role[x->role]);
    put_named(d, x->name, x->label);
    put(d, ": ");
    put_type(d, x->type);
    put(d, x->sealed ? " sealed\n" : "\n");
    put_program(d, "    =", x->init);
}

static void put_act(struct dump *d, uint32_t n) {
    const struct bf_i_act *a = &d->m->act[n];
    put(d, "  act ");
    put_named(d, a->name, a->label);
    put(d, " (");
    put_fields(d, a->params);
    put(d, ")");
    if (a->extends != BF_NONE) {
        put(d, " extends ");
        put_duty(d, a->extends);
    }
    bf_buf_fmt(d->out, ", offered %u times\n", a->offers.count);
}

static void each(struct dump *d, struct bf_i_range r, void (*show)(struct dump *, uint32_t)) {
    for (uint32_t i = r.first; i < r.first + r.count; i++)
        show(d, i);
}

static void put_require(struct dump *d, uint32_t n) {
    put(d, "  require ");
    put_quoted(d, bf_i_text(d->m, d->m->require[n].text));
    put_src(d, d->m->require[n].src);
    put_program(d, "    if", d->m->require[n].cond);
}

static void put_proc(struct dump *d, const struct bf_i_proc *p) {
    put(d, "procedure ");
    put_named(d, p->name, p->label);
    put_src(d, p->src);
    each(d, p->data, put_data);
    each(d, p->starts, put_start);
    each(d, p->requires, put_require);
    put(d, "  begins in ");
    put_state_name(d, p->initial);
    bf_buf_char(d->out, '\n');
    each(d, p->acts, put_act);
    each(d, p->offers, put_offer);
    each(d, p->duties, put_duty_row);
    each(d, p->bans, put_ban);
    each(d, p->states, put_state);
    put_reach(d, p);
}

/* ---- scenarios ---- */

static void put_local(struct dump *d, uint32_t local) {
    if (local != BF_NONE)
        bf_buf_fmt(d->out, " local %u", local);
}

static void put_stmt(struct dump *d, uint32_t n) {
    static const char *const name[] = {"at",     "wait",    "let",     "assume",  "put",
                                       "open",   "do",      "consent", "decline", "report",
                                       "expect", "refused", "by",      "succeed"};
    static const char *const refusal[] = {"none",     "malformed", "not permitted", "forbidden",
                                          "too late", "not yet",   "refused"};
    const struct bf_image *m = d->m;
    const struct bf_i_stmt *s = &m->stmt[n];
    bf_buf_fmt(d->out, "  %s", name[s->op]);
    switch ((enum bf_stmt_op)s->op) {
    case BF_S_AT:
        bf_buf_char(d->out, ' ');
        put_day(d, (int32_t)s->a);
        if (s->b != BF_NONE)
            bf_buf_fmt(d->out, " %02u:%02u:%02u", s->b / 3600, s->b / 60 % 60, s->b % 60);
        break;
    case BF_S_WAIT:
    case BF_S_BY:
    case BF_S_SUCCEED:
    case BF_S_EXPECT: break;
    case BF_S_LET: put_local(d, s->a); break;
    case BF_S_ASSUME:
        bf_buf_char(d->out, ' ');
        put_text(d, m->assume[s->a].name);
        break;
    case BF_S_PUT:
        bf_buf_char(d->out, ' ');
        put_text(d, m->reg[s->a].name);
        break;
    case BF_S_OPEN:
        bf_buf_char(d->out, ' ');
        put_text(d, m->proc[s->c].name);
        put_local(d, s->a);
        break;
    case BF_S_DO:
    case BF_S_CONSENT:
    case BF_S_DECLINE:
        bf_buf_char(d->out, ' ');
        put_text(d, m->act[s->c].name);
        break;
    case BF_S_REPORT:
        bf_buf_char(d->out, ' ');
        put_text(d, m->event[s->c].name);
        put_local(d, s->a);
        break;
    case BF_S_REFUSED:
        bf_buf_fmt(d->out, " %s", refusal[s->a]);
        put_cites(d, (struct bf_i_range){s->b, s->c});
        break;
    }
    put_src(d, s->src);
    bool first = s->op == BF_S_WAIT || s->op == BF_S_BY || s->op == BF_S_EXPECT ||
                 s->op == BF_S_DO || s->op == BF_S_CONSENT || s->op == BF_S_DECLINE ||
                 s->op == BF_S_SUCCEED;
    bool timed = s->op == BF_S_AT || s->op == BF_S_REFUSED;
    put_program(d, "    on", first ? s->a : BF_NONE);
    put_program(d, "    value", timed ? BF_NONE : s->b);
    put_program(d, "    with", timed ? BF_NONE : s->d);
    put_program(d, "    who",
                s->op == BF_S_DO || s->op == BF_S_CONSENT || s->op == BF_S_DECLINE ? s->e
                                                                                   : BF_NONE);
    put_program(d, "    by", s->op == BF_S_SUCCEED ? s->e : BF_NONE);
    put_program(d, "    shows", s->op == BF_S_EXPECT ? s->e : BF_NONE);
}

static void put_scenarios(struct dump *d) {
    const struct bf_image *m = d->m;
    for (uint32_t i = 0; i < m->fixture_count; i++) {
        bf_buf_fmt(d->out, "fixture %u ", i);
        put_text(d, m->fixture[i].name);
        put_src(d, m->fixture[i].src);
        put_program(d, "  =", m->fixture[i].code);
    }
    for (uint32_t i = 0; i < m->scenario_count; i++) {
        put(d, "scenario ");
        put_quoted(d, bf_i_text(m, m->scenario[i].title));
        put_src(d, m->scenario[i].src);
        each(d, m->scenario[i].stmts, put_stmt);
    }
}

static void put_tally(struct dump *d, const char *what, const struct bf_i_tally *t) {
    if (t->proc == BF_NONE)
        return;
    put(d, what);
    put_text(d, d->m->proc[t->proc].name);
    if (t->per != BF_NONE) {
        put(d, " per ");
        put_text(d, d->m->data[t->per].name);
    }
    put(d, "\n");
    put_program(d, "    where", t->where);
}

static void put_measures(struct dump *d) {
    for (uint32_t i = 0; i < d->m->measure_count; i++) {
        const struct bf_i_measure *x = &d->m->measure[i];
        put(d, "measure ");
        put_named(d, x->name, x->label);
        put_src(d, x->src);
        put_tally(d, "  count ", &x->counted);
        put_tally(d, "  over ", &x->over);
    }
}

void bf_image_dump(const struct bf_image *m, struct bf_buf *out) {
    struct dump d = {m, out};
    put_policy(&d);
    put_types(&d);
    put_simple(&d);
    put_decisions(&d);
    for (uint32_t i = 0; i < m->proc_count; i++)
        put_proc(&d, &m->proc[i]);
    for (uint32_t i = 0; i < m->note_count; i++) {
        put(&d, "note ");
        put_quoted(&d, bf_i_text(m, m->note[i].text));
        put_src(&d, m->note[i].src);
    }
    for (uint32_t i = 0; i < m->part_count; i++) {
        bf_buf_fmt(out, "part %u-%u ", m->part[i].first, m->part[i].end);
        put_quoted(&d, bf_i_text(m, m->part[i].text));
        bf_buf_char(out, '\n');
    }
    put_measures(&d);
    put_scenarios(&d);
}
