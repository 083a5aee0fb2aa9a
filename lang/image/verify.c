/* verify: the rows of an image.
**
** Every index leads somewhere; what belongs to a procedure stays in it; rows of sub-tables, index
** entries and words of code have one owner each, so that the work is linear in the size of the image
** however its ranges are drawn. Programs are verify_code.c's.
*/
#include "lang/image/verify.h"

#include <string.h>

#include "lang/base/date.h"

static const struct bf_v_slot slot_bool = {BF_K_BOOL, 0, 0}, slot_date = {BF_K_DATE, 0, 0},
                              slot_party = {BF_K_PARTY, 0, 0}, slot_any = {BF_V_ANY, 0, 0},
                              slot_text = {BF_K_TEXT, 0, 0};

bool bf_v_bad(struct bf_v *v, const char *table, uint32_t row, const char *what) {
    bf_fail(v->e, BF_EFORMAT, "image damaged: %s %u: %s", table, row, what);
    return false;
}

bool bf_v_limit(struct bf_v *v, const char *table, uint32_t row, uint32_t src,
                enum bf_text_id limit, const char *what) {
    const struct bf_image *m = v->m;
    *v->at = (struct bf_image_at){.limit = limit};
    if (src < m->place_count) {
        v->at->file = bf_i_text(m, m->place[src].file);
        v->at->line = m->place[src].line;
    }
    bf_fail(v->e, BF_ELIMIT, "image damaged: %s %u: %s", table, row, what);
    return false;
}

static void count_rows(struct bf_v *v) {
    const uint32_t count[] = {
#define TABLE(name, type) v->m->name##_count,
#include "lang/image/image.def"
    };
    memcpy(v->count, count, sizeof count);
}

bool bf_v_claim(struct bf_v *v, enum bf_i_table_id table, struct bf_i_range r) {
    uint32_t count = v->count[table];
    NEED(r.first <= count && r.count <= count - r.first, bf_i_table_z(table), r.first,
         "a range leads beyond the table");
    if (!v->claimed[table])
        v->claimed[table] = bf_arena_zalloc(v->arena, (size_t)count + 1);
    uint8_t *claimed = v->claimed[table] + r.first;
    for (uint32_t i = 0; i < r.count; i++) {
        NEED(!claimed[i], bf_i_table_z(table), r.first + i, "belongs to two rows");
        claimed[i] = 1;
    }
    return true;
}

static bool all_claimed(struct bf_v *v, enum bf_i_table_id table) {
    uint32_t count = v->count[table];
    if (!count)
        return true;
    const uint8_t *free_row =
        v->claimed[table] ? memchr(v->claimed[table], 0, count) : (const uint8_t *)"";
    NEED(!free_row, bf_i_table_z(table),
         v->claimed[table] ? (uint32_t)(free_row - v->claimed[table]) : 0, "belongs to nothing");
    return true;
}

struct bf_v_slot bf_v_slot_of(const struct bf_v *v, uint32_t type) {
    const struct bf_i_type *t = &v->m->type[type];
    bool party = t->kind >= BF_K_PARTY && t->kind <= BF_K_DEPARTMENT;
    bool refers = t->kind == BF_K_PERIOD || t->kind == BF_K_ENUM || t->kind == BF_K_RECORD ||
                  t->kind == BF_K_LIST;
    return (struct bf_v_slot){party ? BF_K_PARTY : t->kind, refers ? t->ref : 0, 0};
}

bool bf_v_fits(const struct bf_v *v, struct bf_v_slot want, struct bf_v_slot got) {
    while (want.kind == BF_K_LIST && got.kind == BF_K_LIST && want.ref != got.ref) {
        want = bf_v_slot_of(v, want.ref);
        got = bf_v_slot_of(v, got.ref);
    }
    return want.kind == BF_V_ANY || got.kind == BF_K_NONE ||
           (want.kind == got.kind && want.ref == got.ref && want.kind != BF_V_TUPLE);
}

/* ---- checks of one cell ---- */

#define STR(n, table, row) NEED((n) < v->m->str_count, table, row, "text")
#define NAMED(x, table, row) \
    do { \
        STR((x)->name, table, row); \
        STR((x)->label, table, row); \
    } while (0)
#define SRC(x, table, row) NEED((x)->src < v->m->src_count, table, row, "source")
#define TYPE(n, table, row) NEED((n) < v->m->type_count, table, row, "type")

static bool program(struct bf_v *v, uint32_t at, const struct bf_v_context *c,
                    struct bf_v_slot want) {
    return bf_v_program(v, at, c, want, NULL);
}

/* A program that may be missing. */
static bool may_program(struct bf_v *v, uint32_t at, const struct bf_v_context *c,
                        struct bf_v_slot want) {
    return at == BF_NONE || bf_v_program(v, at, c, want, NULL);
}

static bool is_party(const struct bf_v *v, uint32_t type) {
    return type < v->m->type_count && bf_v_slot_of(v, type).kind == BF_K_PARTY;
}

/* ---- texts, constants, types ---- */

static bool verify_strs(struct bf_v *v) {
    const struct bf_image *m = v->m;
    NEED(m->str_count && !m->str[0].len, "str", 0, "the first text is the empty one");
    uint32_t at = 0;
    for (uint32_t i = 0; i < m->str_count; i++) {
        const struct bf_i_str *s = &m->str[i];
        NEED(s->off == at && s->len <= m->text_count - at, "str", i, "bounds");
        NEED(bf_utf8_check(m->text + at, s->len) == s->len, "str", i, "is not UTF-8");
        at += s->len;
    }
    NEED(at == m->text_count, "text", at, "belongs to nothing");
    return true;
}

static bool konst_ok(const struct bf_image *m, const struct bf_i_const *k) {
    switch ((enum bf_kind)k->kind) {
    case BF_K_NONE: return k->i == 0 && k->aux == 0;
    case BF_K_BOOL: return k->i == 0 || k->i == 1;
    case BF_K_INT: return true;
    case BF_K_DECIMAL: return k->i > -1000000000000000000 && k->i < 1000000000000000000;
    case BF_K_TEXT:
    case BF_K_DOCUMENT:
    case BF_K_CITIZEN_ID:
    case BF_K_CREDIT_CODE: return k->i >= 0 && k->i < m->str_count;
    case BF_K_DATE: return bf_day_ok(k->i);
    case BF_K_PERIOD: return k->aux <= BF_UNIT_HOURS && k->i >= INT32_MIN && k->i <= INT32_MAX;
    case BF_K_ENUM:
        return k->aux < m->enums_count && k->i >= 0 && k->i < m->enums[k->aux].members.count;
    case BF_K_INSTANT:
    case BF_K_PARTY:
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT:
    case BF_K_VIOLATION:
    case BF_K_RECORD:
    case BF_K_LIST:
    case BF_K_CASE:
    case BF_KINDS: return false;
    }
    return false;
}

static bool type_ok(const struct bf_image *m, uint32_t n) {
    const struct bf_i_type *t = &m->type[n];
    switch ((enum bf_kind)t->kind) {
    case BF_K_PERIOD: return t->ref <= BF_UNIT_HOURS;
    case BF_K_ENUM: return t->ref < m->enums_count;
    case BF_K_RECORD: return t->ref < m->record_count;
    case BF_K_LIST: return t->ref < n;
    case BF_K_BOOL:
    case BF_K_INT:
    case BF_K_DECIMAL:
    case BF_K_TEXT:
    case BF_K_DATE:
    case BF_K_INSTANT:
    case BF_K_DOCUMENT:
    case BF_K_CITIZEN_ID:
    case BF_K_CREDIT_CODE:
    case BF_K_PARTY:
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT:
    case BF_K_VIOLATION: return true;
    case BF_K_NONE:
    case BF_K_CASE:
    case BF_KINDS: return false;
    }
    return false;
}

static bool verify_basics(struct bf_v *v) {
    const struct bf_image *m = v->m;
    for (uint32_t i = 0; i < m->enums_count; i++) {
        NAMED(&m->enums[i], "enum", i);
        NEED(m->enums[i].open <= 1, "enum", i, "open");
        if (!bf_v_claim(v, BF_I_member, m->enums[i].members))
            return false;
    }
    for (uint32_t i = 0; i < m->member_count; i++)
        NAMED(&m->member[i], "member", i);
    for (uint32_t i = 0; i < m->konst_count; i++)
        NEED(konst_ok(m, &m->konst[i]), "konst", i, "value");
    for (uint32_t i = 0; i < m->type_count; i++)
        NEED(type_ok(m, i) && m->type[i].optional <= 1, "type", i, "what it refers to");
    for (uint32_t i = 0; i < m->field_count; i++) {
        NAMED(&m->field[i], "field", i);
        TYPE(m->field[i].type, "field", i);
    }
    for (uint32_t i = 0; i < m->cite_count; i++) {
        const struct bf_i_cite *c = &m->cite[i];
        NEED(c->policy == BF_NONE || c->policy < m->str_count, "cite", i, "policy");
    }
    NEED(m->place_count == m->src_count, "place", m->place_count, "one is needed for each source");
    for (uint32_t i = 0; i < m->src_count; i++) {
        struct bf_i_range r = m->src[i].cites;
        NEED(r.first <= m->cite_count && r.count <= m->cite_count - r.first, "src", i, "cites");
        STR(m->place[i].file, "place", i);
    }
    for (uint32_t i = 0; i < m->part_count; i++) {
        const struct bf_i_part *t = &m->part[i];
        STR(t->text, "part", i);
        NEED(t->first < t->end && t->end <= m->code_count, "part", i, "bounds");
        NEED(!i || t->first > t[-1].first, "part", i, "order");
    }
    return true;
}

/* Units that can stand still. */
#define STILL (1u << BF_UNIT_WORKING_DAYS | 1u << BF_UNIT_DAYS | 1u << BF_UNIT_MONTHS)

static bool verify_policy(struct bf_v *v) {
    const struct bf_i_policy *p = &v->m->policy;
    STR(p->name, "policy", 0);
    STR(p->title, "policy", 0);
    STR(p->number, "policy", 0);
    STR(p->rank_label, "policy", 0);
    STR(p->calendar, "policy", 0);
    NEED((p->force_from == INT32_MIN || bf_day_ok(p->force_from)) &&
             (p->force_to == INT32_MAX || bf_day_ok(p->force_to)),
         "policy", 0, "dates in force");
    NEED(p->count_same_day <= 1 && p->roll_none <= 1 && !(p->still & ~STILL) && p->day_ends >= 1 &&
             p->day_ends <= 86400,
         "policy", 0, "counting of days");
    NEED(p->retain_unit <= BF_UNIT_HOURS, "policy", 0, "retention");
    NEED(p->level == BF_NONE || p->level < v->m->enums_count, "policy", 0, "level");
    return true;
}

/* The text it amends is verified where it is loaded (image.c). */
static bool verify_amend(struct bf_v *v) {
    const struct bf_image *m = v->m;
    NEED(m->amend_count <= 1 && !m->amend_count == !m->base_count, "amend", 0, "how many");
    for (uint32_t i = 0; i < m->amend_count; i++) {
        STR(m->amend[i].policy, "amend", i);
        STR(m->amend[i].because, "amend", i);
        SRC(&m->amend[i], "amend", i);
        NEED(m->str[m->amend[i].policy].len && m->amend[i].policy != m->policy.name, "amend", i,
             "which policy");
        NEED(m->amend[i].cases <= BF_CASES_ALL, "amend", i, "which cases");
    }
    return true;
}

/* Rows that instructions and values number must fit an operand. */
static bool verify_counts(struct bf_v *v) {
    static const uint8_t numbered[] = {BF_I_konst,    BF_I_enums,  BF_I_record, BF_I_reg,
                                       BF_I_assume,   BF_I_office, BF_I_act,    BF_I_violation,
                                       BF_I_decision, BF_I_proc,   BF_I_data,   BF_I_state,
                                       BF_I_duty,     BF_I_event,  BF_I_field};
    for (size_t i = 0; i < sizeof numbered; i++)
        if (v->count[numbered[i]] >= BF_OPERAND)
            return bf_v_limit(v, bf_i_table_z(numbered[i]), BF_OPERAND, BF_NONE, BF_T_LIMIT_SIZE,
                              "too many rows");
    return true;
}

/* ---- declarations ---- */

static bool konst_fits(const struct bf_v *v, uint32_t type, uint32_t k) {
    const struct bf_i_const *c = &v->m->konst[k];
    bool refers = c->kind == BF_K_PERIOD || c->kind == BF_K_ENUM;
    return bf_v_fits(v, bf_v_slot_of(v, type), (struct bf_v_slot){c->kind, refers ? c->aux : 0, 0});
}

static bool verify_registers(struct bf_v *v) {
    const struct bf_image *m = v->m;
    for (uint32_t i = 0; i < m->record_count; i++) {
        NAMED(&m->record[i], "record", i);
        if (!bf_v_claim(v, BF_I_field, m->record[i].fields))
            return false;
    }
    for (uint32_t i = 0; i < m->reg_count; i++) {
        const struct bf_i_register *g = &m->reg[i];
        NAMED(g, "register", i);
        SRC(g, "register", i);
        NEED(g->record < m->record_count, "register", i, "record");
        NEED(g->owner <= m->str_count, "register", i, "owner");
        NEED(g->keys.count >= 1, "register", i, "has no key");
        if (!bf_v_claim(v, BF_I_key, g->keys))
            return false;
        for (uint32_t k = 0; k < g->keys.count; k++)
            NEED(m->key[g->keys.first + k] < m->record[g->record].fields.count, "key",
                 g->keys.first + k, "no field of the record");
    }
    return true;
}

static bool verify_simple(struct bf_v *v) {
    const struct bf_image *m = v->m;
    for (uint32_t i = 0; i < m->assume_count; i++) {
        const struct bf_i_assume *x = &m->assume[i];
        NAMED(x, "assume", i);
        SRC(x, "assume", i);
        STR(x->because, "assume", i);
        TYPE(x->type, "assume", i);
        NEED(x->konst < m->konst_count && konst_fits(v, x->type, x->konst), "assume", i, "default");
    }
    for (uint32_t i = 0; i < m->office_count; i++) {
        NAMED(&m->office[i], "office", i);
        SRC(&m->office[i], "office", i);
        NEED(m->office[i].per == BF_NONE || is_party(v, m->office[i].per), "office", i, "per");
    }
    for (uint32_t i = 0; i < m->violation_count; i++) {
        NAMED(&m->violation[i], "violation", i);
        SRC(&m->violation[i], "violation", i);
    }
    for (uint32_t i = 0; i < m->note_count; i++) {
        STR(m->note[i].text, "note", i);
        SRC(&m->note[i], "note", i);
    }
    for (uint32_t i = 0; i < m->event_count; i++) {
        NAMED(&m->event[i], "event", i);
        SRC(&m->event[i], "event", i);
        if (!bf_v_claim(v, BF_I_field, m->event[i].params))
            return false;
    }
    NEED(m->event_count >= 1 && m->event[0].params.count == 2, "event", 0, "violated is missing");
    const struct bf_i_field *f = &m->field[m->event[0].params.first];
    NEED(bf_v_slot_of(v, f[0].type).kind == BF_K_VIOLATION && is_party(v, f[1].type), "event", 0,
         "violated has other parameters");
    return true;
}

/* How many values a column's table must have. */
static uint32_t column_values(const struct bf_v *v, uint32_t type) {
    struct bf_v_slot s = bf_v_slot_of(v, type);
    if (s.kind == BF_K_BOOL)
        return 3;
    return s.kind == BF_K_ENUM ? v->m->enums[s.ref].members.count + 1 : 2;
}

static bool verify_column(struct bf_v *v, const struct bf_i_decision *d, uint32_t n,
                          uint64_t rules) {
    const struct bf_image *m = v->m;
    const struct bf_i_column *c = &m->column[n];
    NEED(c->param < d->params.count, "column", n, "parameter");
    uint32_t type = m->field[d->params.first + c->param].type;
    if (c->field != BF_NONE) {
        struct bf_v_slot s = bf_v_slot_of(v, type);
        NEED(s.kind == BF_K_RECORD && c->field < m->record[s.ref].fields.count, "column", n,
             "field");
        type = m->field[m->record[s.ref].fields.first + c->field].type;
    }
    NEED(c->masks.count == column_values(v, type), "column", n, "number of values");
    if (!bf_v_claim(v, BF_I_mask, c->masks))
        return false;
    for (uint32_t i = c->masks.first; i < c->masks.first + c->masks.count; i++)
        NEED(!(m->mask[i] & ~rules), "mask", i, "rules that are not there");
    return true;
}

static bool verify_table(struct bf_v *v, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_decision *d = &m->decision[n];
    if (d->table == BF_NONE)
        return true;
    if (!bf_v_claim(v, BF_I_table, (struct bf_i_range){d->table, 1}))
        return false;
    const struct bf_i_table *t = &m->table[d->table];
    NEED(d->rules.count >= 1 && d->rules.count <= 64, "table", d->table, "number of rules");
    NEED(t->columns.count >= 1, "table", d->table, "has no column");
    if (!bf_v_claim(v, BF_I_column, t->columns))
        return false;
    uint64_t all = d->rules.count == 64 ? UINT64_MAX : ((uint64_t)1 << d->rules.count) - 1;
    uint64_t tier[3] = {0};
    for (uint32_t i = 0; i < d->rules.count; i++)
        tier[m->rule[d->rules.first + i].tier] |= (uint64_t)1 << i;
    NEED(memcmp(tier, t->tier, sizeof tier) == 0, "table", d->table, "tiers");
    for (uint32_t i = t->columns.first; i < t->columns.first + t->columns.count; i++)
        if (!verify_column(v, d, i, all))
            return false;
    return true;
}

static bool verify_decisions(struct bf_v *v) {
    const struct bf_image *m = v->m;
    v->decision = bf_new_array(v->arena, struct bf_v_decision, m->decision_count + 1);
    for (uint32_t i = 0; i < m->decision_count; i++) {
        const struct bf_i_decision *d = &m->decision[i];
        NAMED(d, "decision", i);
        SRC(d, "decision", i);
        TYPE(d->type, "decision", i);
        if (!bf_v_claim(v, BF_I_field, d->params))
            return false;
    }
    for (uint32_t i = 0; i < m->rule_count; i++)
        SRC(&m->rule[i], "rule", i);
    for (uint32_t i = 0; i < m->decision_count; i++)
        if (!bf_v_decision(v, i) || !verify_table(v, i))
            return false;
    return true;
}

/* ---- procedures ---- */

static struct bf_v_context context(enum bf_v_what what, uint32_t proc, const struct bf_image *m,
                                   const char *table, uint32_t row) {
    const struct bf_i_range data = m->proc[proc].data;
    return (struct bf_v_context){what,  proc, data.first + data.count, {0, 0},
                                 table, row,  m->proc[proc].src,       false};
}

static bool verify_actors(struct bf_v *v, struct bf_i_range actors, uint32_t proc, bool member) {
    if (!bf_v_claim(v, BF_I_actor, actors))
        return false;
    for (uint32_t i = actors.first; i < actors.first + actors.count; i++) {
        const struct bf_i_actor *a = &v->m->actor[i];
        struct bf_v_context c = context(BF_V_GUARD, proc, v->m, "actor", i);
        c.member = member;
        NEED(a->any <= 1, "actor", i, "any");
        if (a->any)
            NEED(is_party(v, a->ref), "actor", i, "type");
        else if (!program(v, a->ref, &c, slot_party))
            return false;
    }
    return true;
}

/* Entries of `index` that name rows of one procedure. */
static bool verify_index(struct bf_v *v, struct bf_i_range index, struct bf_i_range whole,
                         const char *table, uint32_t row) {
    if (!bf_v_claim(v, BF_I_index, index))
        return false;
    for (uint32_t i = 0; i < index.count; i++)
        NEED(bf_v_in(whole, v->m->index[index.first + i]), table, row,
             "names a row of another procedure");
    return true;
}

static bool verify_data(struct bf_v *v, uint32_t p) {
    const struct bf_image *m = v->m;
    const struct bf_i_range r = m->proc[p].data;
    for (uint32_t i = r.first; i < r.first + r.count; i++) {
        const struct bf_i_data *d = &m->data[i];
        struct bf_v_context c = context(BF_V_GUARD, p, m, "data", i);
        c.data_end = i;
        NAMED(d, "data", i);
        NEED(d->role <= BF_DATA_KEEP && d->sealed <= 1, "data", i, "role");
        NEED(d->role != BF_DATA_PARTY || is_party(v, d->type), "data", i, "type");
        if (!may_program(v, d->init, &c, bf_v_slot_of(v, d->type)))
            return false;
    }
    return true;
}

/* Types of all data, before any program reads them. */
static bool verify_data_types(struct bf_v *v) {
    for (uint32_t i = 0; i < v->m->data_count; i++)
        TYPE(v->m->data[i].type, "data", i);
    return true;
}

static bool verify_binds(struct bf_v *v, const struct bf_i_start *s, uint32_t n, uint32_t p) {
    const struct bf_image *m = v->m;
    if (!bf_v_claim(v, BF_I_index, s->binds))
        return false;
    NEED(s->binds.count % 2 == 0, "start", n, "binds");
    NEED(s->event != BF_NONE || !s->binds.count, "start", n, "binds without an event");
    for (uint32_t i = 0; i < s->binds.count; i += 2) {
        uint32_t param = m->index[s->binds.first + i], data = m->index[s->binds.first + i + 1];
        const struct bf_i_range params = m->event[s->event].params;
        NEED(param < params.count && bf_v_in(m->proc[p].data, data), "start", n, "binds");
        NEED(bf_v_fits(v, bf_v_slot_of(v, m->data[data].type),
                       bf_v_slot_of(v, m->field[params.first + param].type)),
             "start", n, "binds data of another type");
    }
    return true;
}

static bool month_day_ok(uint32_t day) {
    return bf_civil_ok(2024, day / 100, day % 100); /* a leap year: 29 February is one */
}

static bool verify_every(struct bf_v *v, const struct bf_i_start *s, uint32_t n, uint32_t p) {
    const struct bf_image *m = v->m;
    if (s->every == BF_EVERY_NONE) {
        NEED(!s->every_count && !s->every_unit && !s->member_reg && !s->member_data &&
                 !s->member_field,
             "start", n, "a calendar's, of no calendar start");
        return true;
    }
    NEED(s->event == BF_NONE && !s->actors.count && !s->consents.count, "start", n, "of two kinds");
    NEED(m->policy.force_from != INT32_MIN, "start", n, "a calendar start without a first day");
    if (s->every == BF_EVERY_YEAR)
        NEED(month_day_ok(s->every_count) && !s->every_unit, "start", n, "day of the year");
    else
        NEED(s->every == BF_EVERY_PERIOD && s->every_count >= 1 && s->every_count <= INT32_MAX &&
                 s->every_unit < BF_UNIT_HOURS,
             "start", n, "period");
    if (!s->member_reg) {
        NEED(!s->member_data && !s->member_field, "start", n, "member of no register");
        return true;
    }
    NEED(s->member_reg <= m->reg_count && bf_v_in(m->proc[p].data, s->member_data), "start", n,
         "member");
    const struct bf_i_range fields = m->record[m->reg[s->member_reg - 1].record].fields;
    uint32_t type = m->data[s->member_data].type;
    NEED(s->member_field <= fields.count, "start", n, "member");
    if (s->member_field)
        NEED(bf_v_fits(v, bf_v_slot_of(v, type),
                       bf_v_slot_of(v, m->field[fields.first + s->member_field - 1].type)),
             "start", n, "member of another type");
    else
        NEED(m->type[type].kind == BF_K_RECORD &&
                 m->type[type].ref == m->reg[s->member_reg - 1].record,
             "start", n, "member of another type");
    return true;
}

static bool verify_asked(struct bf_v *v, const struct bf_i_start *s, uint32_t n, uint32_t p) {
    const struct bf_image *m = v->m;
    if (!s->asked_in) {
        NEED(!s->declined, "start", n, "declined, and never asked for");
        return true;
    }
    NEED(s->event == BF_NONE && !s->every, "start", n, "asked for by nobody");
    NEED(bf_v_in(m->proc[p].states, s->asked_in - 1) && m->state[s->asked_in - 1].asks, "start", n,
         "asked for in another state");
    NEED(bf_v_in(m->proc[p].states, s->declined) && m->state[s->declined].is_end, "start", n,
         "declined, and no end");
    return true;
}

static bool verify_starts(struct bf_v *v, uint32_t p) {
    const struct bf_image *m = v->m;
    const struct bf_i_range r = m->proc[p].starts, q = m->proc[p].requires;
    for (uint32_t i = r.first; i < r.first + r.count; i++) {
        const struct bf_i_start *s = &m->start[i];
        SRC(s, "start", i);
        NEED(s->event == BF_NONE || s->event < m->event_count, "start", i, "event");
        NEED(s->event != BF_NONE || s->actors.count || s->every, "start", i, "nobody may start");
        if (!verify_every(v, s, i, p) || !verify_asked(v, s, i, p))
            return false;
        if (!verify_actors(v, s->actors, p, false) || !verify_actors(v, s->consents, p, false) ||
            !verify_binds(v, s, i, p))
            return false;
    }
    for (uint32_t i = q.first; i < q.first + q.count; i++) {
        struct bf_v_context c = context(BF_V_GUARD, p, m, "require", i);
        c.src = m->require[i].src;
        SRC(&m->require[i], "require", i);
        STR(m->require[i].text, "require", i);
        if (!program(v, m->require[i].cond, &c, slot_bool))
            return false;
    }
    return true;
}

static bool goal_ok(const struct bf_i_proc *p, uint32_t target) {
    return target == BF_NONE || target == BF_BACK || bf_v_in(p->states, target);
}

/* What a state runs: its data, and the act that takes what it keeps. */
static bool verify_run(struct bf_v *v, uint32_t p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_state *s = &m->state[n];
    struct bf_v_context c = context(BF_V_RUN, p, m, "state", n);
    struct bf_v_slot got;
    if (!s->runs)
        return true;
    NEED(!s->is_end && s->runs <= m->proc_count && m->proc[s->runs - 1].cancelled, "state", n,
         "runs no procedure");
    NEED(s->run_src < m->src_count && bf_v_in(m->proc[p].acts, s->run_act), "state", n, "run");
    c.src = s->run_src;
    const struct bf_i_range data = m->proc[s->runs - 1].data, params = m->act[s->run_act].params;
    uint32_t kept = 0;
    if (!bf_v_program(v, s->run_args, &c, slot_any, &got))
        return false;
    NEED(got.kind == BF_V_TUPLE && got.count == data.count, "state", n,
         "another number of data than what is run has");
    for (uint32_t i = 0; i < data.count; i++) {
        struct bf_v_slot slot = bf_v_slot_of(v, m->data[data.first + i].type);
        NEED(bf_v_fits(v, slot, v->tuples[got.ref + i]), "state", n, "data of another type");
        if (m->data[data.first + i].role != BF_DATA_KEEP)
            continue;
        NEED(kept < params.count &&
                 bf_v_fits(v, bf_v_slot_of(v, m->field[params.first + kept].type), slot),
             "state", n, "keeps another type");
        kept++;
    }
    NEED(kept == params.count, "state", n, "keeps less");
    return true;
}

static bool verify_state(struct bf_v *v, uint32_t p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_proc *proc = &m->proc[p];
    const struct bf_i_state *s = &m->state[n];
    struct bf_v_context enter = context(BF_V_EFFECTS, p, m, "state", n);
    enter.src = s->src;
    NAMED(s, "state", n);
    SRC(s, "state", n);
    NEED(s->is_end <= 1, "state", n, "is_end");
    if (s->asks) {
        NEED(bf_v_in(proc->offers, s->asks - 1) && !s->is_end && n != proc->initial, "state", n,
             "asks");
        const struct bf_i_offer *o = &m->offer[s->asks - 1];
        NEED(o->kind == BF_OFFER_MAY && o->state == n && o->consents.count &&
                 bf_v_in(proc->acts, o->act) && !m->act[o->act].params.count &&
                 o->target == proc->initial,
             "state", n, "asks for something else than the start");
    }
    if (!may_program(v, s->enter, &enter, slot_any) ||
        !verify_index(v, s->offers, proc->offers, "state", n) ||
        !verify_index(v, s->duties, proc->duties, "state", n) ||
        !bf_v_claim(v, BF_I_when, s->whens) || !bf_v_claim(v, BF_I_pause, s->pauses) ||
        !verify_run(v, p, n))
        return false;
    for (uint32_t i = s->whens.first; i < s->whens.first + s->whens.count; i++) {
        struct bf_v_context c = context(BF_V_GUARD, p, m, "when", i);
        c.src = m->when[i].src;
        SRC(&m->when[i], "when", i);
        NEED(m->when[i].target != BF_NONE && goal_ok(proc, m->when[i].target), "when", i, "target");
        if (!may_program(v, m->when[i].cond, &c, slot_bool))
            return false;
    }
    for (uint32_t i = s->pauses.first; i < s->pauses.first + s->pauses.count; i++) {
        struct bf_v_context c = context(BF_V_GUARD, p, m, "pause", i);
        c.src = m->pause[i].src;
        SRC(&m->pause[i], "pause", i);
        NEED(m->pause[i].duty == BF_NONE || bf_v_in(proc->duties, m->pause[i].duty), "pause", i,
             "duty");
        if (!may_program(v, m->pause[i].guard, &c, slot_bool))
            return false;
    }
    return true;
}

/* Parameters of all acts, before any program reads them. */
static bool verify_act_params(struct bf_v *v) {
    for (uint32_t i = 0; i < v->m->act_count; i++) {
        NAMED(&v->m->act[i], "act", i);
        if (!bf_v_claim(v, BF_I_field, v->m->act[i].params))
            return false;
    }
    return true;
}

static bool verify_act(struct bf_v *v, uint32_t p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_act *a = &m->act[n];
    if (!verify_index(v, a->offers, m->proc[p].offers, "act", n))
        return false;
    for (uint32_t i = 0; i < a->offers.count; i++)
        NEED(m->offer[m->index[a->offers.first + i]].act == n, "act", n, "names another's offer");
    if (a->extends == BF_NONE)
        return true;
    NEED(bf_v_in(m->proc[p].duties, a->extends), "act", n, "duty");
    NEED(a->params.count == 1 &&
             bf_v_slot_of(v, m->field[a->params.first].type).kind == BF_K_PERIOD,
         "act", n, "extends by one period");
    uint32_t unit = bf_v_slot_of(v, m->field[a->params.first].type).ref;
    NEED(v->duty_unit[a->extends] == BF_NONE || v->duty_unit[a->extends] == unit, "act", n,
         "extends in another unit");
    return true;
}

/* `from` of a window or a limit. */
static bool verify_from(struct bf_v *v, const struct bf_v_context *c, uint32_t from, uint32_t ref) {
    const struct bf_i_proc *p = &v->m->proc[c->proc];
    NEED(from <= BF_FROM_DATE, c->table, c->row, "from");
    switch (from) {
    case BF_FROM_ACT:
        NEED(bf_v_in(p->acts, ref), c->table, c->row, "from an act of another procedure");
        return true;
    case BF_FROM_STATE:
        NEED(bf_v_in(p->states, ref), c->table, c->row, "from a state of another procedure");
        return true;
    case BF_FROM_DATE: return program(v, ref, c, slot_date);
    }
    NEED(ref == BF_NONE, c->table, c->row, "from");
    return true;
}

static bool verify_window(struct bf_v *v, const struct bf_i_offer *o,
                          const struct bf_v_context *c) {
    NEED(o->window <= BF_WINDOW_AFTER, "offer", c->row, "window");
    if (!verify_from(v, c, o->from, o->from_ref))
        return false;
    if (o->window == BF_WINDOW_NONE) {
        NEED(o->window_code == BF_NONE, "offer", c->row, "window");
        return true;
    }
    if (bf_i_window_of_year(o->window)) {
        NEED(month_day_ok(o->window_code), "offer", c->row, "day of the year");
        return true;
    }
    struct bf_v_slot got;
    if (!bf_v_program(v, o->window_code, c, slot_any, &got))
        return false;
    NEED(got.kind == BF_K_NONE ||
             got.kind == (bf_i_window_counted(o->window) ? BF_K_PERIOD : BF_K_DATE),
         "offer", c->row, "window of another type");
    return true;
}

/* A way in which what its state runs can end. */
static bool verify_outcome(struct bf_v *v, const struct bf_i_proc *p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_offer *o = &m->offer[n];
    NEED(o->state != BF_NONE && bf_v_in(p->states, o->state) && m->state[o->state].runs &&
             m->state[o->state].runs <= m->proc_count && m->state[o->state].run_act == o->act,
         "offer", n, "an end of what its state does not run");
    const struct bf_i_range ends = m->proc[m->state[o->state].runs - 1].states;
    NEED(o->outcome && bf_v_in(ends, o->outcome - 1) && m->state[o->outcome - 1].is_end, "offer", n,
         "no end of what is run");
    NEED(!o->actors.count && !o->consents.count && !o->in.count && o->guard == BF_NONE &&
             o->window == BF_WINDOW_NONE && o->report == BF_NONE && !o->dated && !o->times &&
             !o->distinct.count && !o->each,
         "offer", n, "somebody would do what ends by itself");
    return true;
}

/* The list whose members a row speaks of. */
static bool verify_members(struct bf_v *v, uint32_t each, uint32_t code,
                           const struct bf_v_context *c) {
    struct bf_v_slot list;
    if (!each) {
        NEED(!code, c->table, c->row, "members of no list");
        return true;
    }
    if (!bf_v_program(v, code, c, slot_any, &list))
        return false;
    NEED(list.kind == BF_K_LIST && bf_v_slot_of(v, list.ref).kind == BF_K_PARTY, c->table, c->row,
         "members that are no parties");
    return true;
}

/* What an extension and an act of a duty's block have beside a permission. */
static bool verify_offer_kind(struct bf_v *v, const struct bf_i_proc *p, uint32_t n,
                              const struct bf_v_context *c) {
    const struct bf_image *m = v->m;
    const struct bf_i_offer *o = &m->offer[n];
    NEED(o->kind <= BF_OFFER_OUTCOME, "offer", n, "kind");
    if (o->kind == BF_OFFER_OUTCOME ? !verify_outcome(v, p, n) : o->outcome)
        return o->kind != BF_OFFER_OUTCOME ? bf_v_bad(v, "offer", n, "an end, and nothing is run")
                                           : false;
    NEED(o->kind == BF_OFFER_MAY || o->kind == BF_OFFER_OUTCOME ? o->duty == BF_NONE
                                                                : bf_v_in(p->duties, o->duty),
         "offer", n, "duty");
    NEED((o->kind == BF_OFFER_EXTEND) == (o->at_most != BF_NONE), "offer", n, "at most");
    if (o->kind == BF_OFFER_DUTY || o->kind == BF_OFFER_EXTEND) {
        bool of_each = m->duty[o->duty].each;
        NEED(o->kind == BF_OFFER_DUTY ? o->each == of_each : o->each <= of_each, "offer", n,
             "each");
    }
    if (o->kind != BF_OFFER_EXTEND)
        return true;
    NEED(m->act[o->act].extends == o->duty, "offer", n, "its act extends another duty");
    NEED(m->duty[o->duty].limit != BF_I_LIMIT_NONE, "offer", n, "extends what has no limit");
    struct bf_v_slot got, arg = bf_v_slot_of(v, m->field[m->act[o->act].params.first].type);
    if (!bf_v_program(v, o->at_most, c, slot_any, &got))
        return false;
    NEED(got.kind == BF_K_NONE || (got.kind == BF_K_PERIOD && got.ref == arg.ref), "offer", n,
         "at most so much of another unit");
    return true;
}

static bool verify_offer(struct bf_v *v, uint32_t p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_proc *proc = &m->proc[p];
    const struct bf_i_offer *o = &m->offer[n];
    struct bf_v_context c = context(BF_V_GUARD, p, m, "offer", n);
    c.src = o->src;
    SRC(o, "offer", n);
    NEED(bf_v_in(proc->acts, o->act), "offer", n, "act");
    NEED(o->state == BF_NONE || bf_v_in(proc->states, o->state), "offer", n, "state");
    NEED(goal_ok(proc, o->target), "offer", n, "target");
    NEED(o->each <= 1, "offer", n, "each");
    if (!verify_members(v, o->each, o->members, &c))
        return false;
    c.member = o->each;
    if (!verify_actors(v, o->actors, p, o->each) || !verify_actors(v, o->consents, p, o->each) ||
        !verify_index(v, o->in, proc->states, "offer", n) || !verify_window(v, o, &c) ||
        !may_program(v, o->report, &c, slot_party) || !verify_offer_kind(v, proc, n, &c))
        return false;
    c.params = m->act[o->act].params;
    NEED(o->dated <= c.params.count &&
             (!o->dated ||
              bf_v_slot_of(v, m->field[c.params.first + o->dated - 1].type).kind == BF_K_DATE),
         "offer", n, "dated by no Date");
    if (!verify_index(v, o->distinct, proc->acts, "offer", n))
        return false;
    if (!may_program(v, o->guard, &c, slot_bool))
        return false;
    c.what = BF_V_EFFECTS;
    return may_program(v, o->effects, &c, slot_any);
}

static bool verify_limit(struct bf_v *v, uint32_t p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_duty *d = &m->duty[n];
    struct bf_v_context c = context(BF_V_GUARD, p, m, "duty", n);
    c.src = d->src;
    c.member = d->each;
    struct bf_v_slot got;
    NEED(d->limit <= BF_I_LIMIT_BY_MONTH_DAY, "duty", n, "limit");
    v->duty_unit[n] = BF_NONE;
    switch (d->limit) {
    case BF_I_LIMIT_NONE: NEED(d->limit_code == BF_NONE, "duty", n, "limit"); return true;
    case BF_I_LIMIT_BY_MONTH_DAY:
        NEED(month_day_ok(d->limit_code), "duty", n, "day of the year");
        return true;
    case BF_I_LIMIT_BY: return program(v, d->limit_code, &c, slot_date);
    }
    if (!bf_v_program(v, d->limit_code, &c, slot_any, &got))
        return false;
    NEED(got.kind == BF_K_PERIOD || got.kind == BF_K_NONE, "duty", n, "limit of another type");
    v->duty_unit[n] = got.kind == BF_K_PERIOD ? got.ref : BF_NONE;
    return true;
}

static bool verify_otherwise(struct bf_v *v, uint32_t p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_proc *proc = &m->proc[p];
    const struct bf_i_duty *d = &m->duty[n];
    struct bf_v_context c = context(BF_V_EFFECTS, p, m, "duty", n);
    c.src = d->otherwise_src;
    c.member = d->each;
    NEED(d->otherwise <= BF_OTHERWISE_DEEMED, "duty", n, "otherwise");
    NEED(d->otherwise_src < m->src_count, "duty", n, "source");
    switch ((enum bf_otherwise_op)d->otherwise) {
    case BF_OTHERWISE_NONE:
        NEED(d->target == BF_NONE && d->effects == BF_NONE, "duty", n, "otherwise");
        break;
    case BF_OTHERWISE_STAYS: NEED(d->target == BF_NONE, "duty", n, "otherwise"); break;
    case BF_OTHERWISE_GOTO:
        NEED(d->target != BF_NONE && goal_ok(proc, d->target), "duty", n, "target");
        break;
    case BF_OTHERWISE_DEEMED:
        NEED(bf_v_in(proc->offers, d->target) && d->effects == BF_NONE, "duty", n, "deemed act");
        NEED(m->offer[d->target].guard == BF_NONE && !m->offer[d->target].consents.count, "duty", n,
             "deemed act with a guard or a consent");
        NEED(d->each || !m->offer[d->target].each, "duty", n, "deemed act of a member");
        break;
    }
    return may_program(v, d->effects, &c, slot_any);
}

static bool verify_duty(struct bf_v *v, uint32_t p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_proc *proc = &m->proc[p];
    const struct bf_i_duty *d = &m->duty[n];
    struct bf_v_context c = context(BF_V_GUARD, p, m, "duty", n);
    c.src = d->src;
    NAMED(d, "duty", n);
    SRC(d, "duty", n);
    NEED(d->state == BF_NONE || bf_v_in(proc->states, d->state), "duty", n, "state");
    NEED(d->each <= BF_EACH_IN_TURN && (!d->each || d->bearer != BF_NONE), "duty", n, "each");
    if (!verify_members(v, d->each, d->members, &c))
        return false;
    c.member = d->each;
    if (!may_program(v, d->bearer, &c, slot_party) || !may_program(v, d->guard, &c, slot_bool) ||
        !verify_from(v, &c, d->from, d->from_ref) || !verify_otherwise(v, p, n) ||
        !verify_index(v, d->offers, proc->offers, "duty", n) ||
        !verify_index(v, d->until, proc->states, "duty", n))
        return false;
    for (uint32_t i = 0; i < d->offers.count; i++)
        NEED(m->offer[m->index[d->offers.first + i]].duty == n, "duty", n, "an act of another");
    return true;
}

static bool verify_ban(struct bf_v *v, uint32_t p, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_proc *proc = &m->proc[p];
    const struct bf_i_ban *b = &m->ban[n];
    struct bf_v_context c = context(BF_V_GUARD, p, m, "ban", n);
    c.src = b->src;
    SRC(b, "ban", n);
    NEED(bf_v_in(proc->acts, b->act), "ban", n, "act");
    NEED(b->state == BF_NONE || bf_v_in(proc->states, b->state), "ban", n, "state");
    NEED(b->violation == BF_NONE || b->violation < m->violation_count, "ban", n, "violation");
    NEED(b->subject.any <= 1 && (!b->subject.any || is_party(v, b->subject.ref)), "ban", n,
         "subject");
    if (!b->subject.any && !program(v, b->subject.ref, &c, slot_party))
        return false;
    c.params = m->act[b->act].params;
    return may_program(v, b->unless, &c, slot_bool);
}

static bool claim_proc(struct bf_v *v, uint32_t n) {
    const struct bf_i_proc *p = &v->m->proc[n];
    NAMED(p, "proc", n);
    SRC(p, "proc", n);
    if (!bf_v_claim(v, BF_I_data, p->data) || !bf_v_claim(v, BF_I_start, p->starts) ||
        !bf_v_claim(v, BF_I_require, p->requires) || !bf_v_claim(v, BF_I_state, p->states) ||
        !bf_v_claim(v, BF_I_act, p->acts) || !bf_v_claim(v, BF_I_offer, p->offers) ||
        !bf_v_claim(v, BF_I_duty, p->duties) || !bf_v_claim(v, BF_I_ban, p->bans))
        return false;
    NEED(bf_v_in(p->states, p->initial), "proc", n, "first state");
    NEED(!p->cancelled ||
             (bf_v_in(p->states, p->cancelled - 1) && v->m->state[p->cancelled - 1].is_end),
         "proc", n, "cancelled");
    NEED(p->reach_words == (p->states.count + 31) / 32, "proc", n, "reach");
    uint64_t words = (uint64_t)p->states.count * p->reach_words;
    NEED(words <= v->m->reach_count, "proc", n, "reach");
    return bf_v_claim(v, BF_I_reach, (struct bf_i_range){p->reach, (uint32_t)words});
}

#define EACH(range, f) \
    for (uint32_t i = (range).first; i < (range).first + (range).count; i++) \
        if (!f(v, n, i)) \
    return false

static bool verify_proc(struct bf_v *v, uint32_t n) {
    const struct bf_i_proc *p = &v->m->proc[n];
    if (!verify_data(v, n) || !verify_starts(v, n))
        return false;
    EACH(p->acts, verify_act);
    EACH(p->states, verify_state);
    EACH(p->offers, verify_offer);
    EACH(p->duties, verify_duty);
    EACH(p->bans, verify_ban);
    return true;
}

static bool verify_procs(struct bf_v *v) {
    const struct bf_image *m = v->m;
    v->duty_unit = bf_new_array(v->arena, uint32_t, m->duty_count + 1);
    if (!verify_data_types(v) || !verify_act_params(v))
        return false;
    for (uint32_t n = 0; n < m->proc_count; n++)
        if (!claim_proc(v, n))
            return false;
    for (uint32_t n = 0; n < m->proc_count; n++)
        EACH(m->proc[n].duties, verify_limit);
    for (uint32_t n = 0; n < m->proc_count; n++)
        if (!verify_proc(v, n))
            return false;
    return true;
}

/* ---- scenarios ---- */

static bool case_local(struct bf_v *v, uint32_t local, uint32_t proc, uint32_t n) {
    if (local == BF_NONE)
        return true;
    NEED(local >= v->m->fixture_count && local < v->locals, "stmt", n, "local");
    v->local[local] = (struct bf_v_slot){BF_K_CASE, proc, 0};
    return true;
}

static bool verify_args(struct bf_v *v, uint32_t at, const struct bf_v_context *c,
                        struct bf_i_range fields, bool of_data) {
    struct bf_v_slot got;
    const struct bf_image *m = v->m;
    if (!bf_v_program(v, at, c, slot_any, &got))
        return false;
    NEED(got.kind == BF_V_TUPLE && got.count == fields.count, "stmt", c->row,
         "another number of arguments");
    for (uint32_t i = 0; i < fields.count; i++) {
        uint32_t f = fields.first + i, type = of_data ? m->data[f].type : m->field[f].type;
        NEED(bf_v_fits(v, bf_v_slot_of(v, type), v->tuples[got.ref + i]), "stmt", c->row,
             "an argument of another type");
    }
    return true;
}

/* DO, CONSENT, DECLINE: a case, an actor, an act of the case's procedure. */
static bool verify_do(struct bf_v *v, const struct bf_i_stmt *s, const struct bf_v_context *c) {
    struct bf_v_slot kase;
    if (!bf_v_program(v, s->a, c, slot_any, &kase) || !program(v, s->b, c, slot_party))
        return false;
    NEED(kase.kind == BF_K_CASE && bf_v_in(v->m->proc[kase.ref].acts, s->c), "stmt", c->row,
         "act of another procedure");
    return (s->op != BF_S_DO || verify_args(v, s->d, c, v->m->act[s->c].params, false)) &&
           (s->e == BF_NONE || program(v, s->e, c, slot_party));
}

static bool verify_let(struct bf_v *v, const struct bf_i_stmt *s, const struct bf_v_context *c) {
    struct bf_v_slot got;
    NEED(s->a >= v->m->fixture_count && s->a < v->locals, "stmt", c->row, "local");
    if (!bf_v_program(v, s->b, c, slot_any, &got))
        return false;
    NEED(got.kind != BF_V_TUPLE && got.kind != BF_K_NONE, "stmt", c->row, "let of no value");
    v->local[s->a] = got;
    return true;
}

static bool verify_succeed(struct bf_v *v, const struct bf_i_stmt *s,
                           const struct bf_v_context *c) {
    struct bf_v_slot kase, whom;
    if (s->a != BF_NONE && !bf_v_program(v, s->a, c, slot_any, &kase))
        return false;
    NEED(s->a == BF_NONE || kase.kind == BF_K_CASE, "stmt", c->row, "a case is needed");
    if (!bf_v_program(v, s->b, c, slot_any, &whom) || !program(v, s->d, c, slot_party))
        return false;
    NEED(whom.kind == BF_K_LIST && bf_v_slot_of(v, whom.ref).kind == BF_K_PARTY, "stmt", c->row,
         "a list of parties is needed");
    return s->e == BF_NONE || program(v, s->e, c, slot_text);
}

/* Which of a, b, c, d, e a statement has; the others are BF_NONE. */
static bool cells_ok(const struct bf_i_stmt *s) {
    static const uint8_t cells[] = {
        [BF_S_AT] = 3,       [BF_S_WAIT] = 1,    [BF_S_LET] = 3,     [BF_S_ASSUME] = 3,
        [BF_S_PUT] = 3,      [BF_S_OPEN] = 15,   [BF_S_DO] = 31,     [BF_S_CONSENT] = 23,
        [BF_S_DECLINE] = 23, [BF_S_REPORT] = 31, [BF_S_EXPECT] = 17, [BF_S_REFUSED] = 7,
        [BF_S_BY] = 1,       [BF_S_SUCCEED] = 27};
    const uint32_t cell[] = {s->a, s->b, s->c, s->d, s->e};
    for (int i = 0; i < 5; i++)
        if (!(cells[s->op] >> i & 1) && cell[i] != BF_NONE)
            return false;
    return true;
}

static bool acts(uint32_t op) {
    return op == BF_S_OPEN || op == BF_S_DO || op == BF_S_CONSENT || op == BF_S_DECLINE ||
           op == BF_S_REPORT;
}

static bool verify_by(struct bf_v *v, const struct bf_i_range stmts, const struct bf_v_context *c) {
    const struct bf_image *m = v->m;
    struct bf_v_slot got;
    if (!bf_v_program(v, m->stmt[c->row].a, c, slot_any, &got))
        return false;
    NEED(got.kind == BF_V_TUPLE && got.count == 3, "stmt", c->row, "three persons are needed");
    for (uint32_t i = 0; i < 3; i++)
        NEED(bf_v_fits(v, slot_party, v->tuples[got.ref + i]), "stmt", c->row, "no person");
    NEED(bf_v_in(stmts, c->row + 1) &&
             (acts(m->stmt[c->row + 1].op) || m->stmt[c->row + 1].op == BF_S_REFUSED),
         "stmt", c->row, "by whom is what done?");
    return true;
}

static bool verify_stmt(struct bf_v *v, const struct bf_i_range stmts, uint32_t n) {
    const struct bf_image *m = v->m;
    const struct bf_i_stmt *s = &m->stmt[n];
    const struct bf_v_context c = {BF_V_SCENARIO, BF_NONE, 0, {0, 0}, "stmt", n, s->src, false};
    struct bf_v_slot got;
    SRC(s, "stmt", n);
    NEED(s->op <= BF_S_SUCCEED, "stmt", n, "no such statement");
    NEED(cells_ok(s), "stmt", n, "a cell it has not");
    switch ((enum bf_stmt_op)s->op) {
    case BF_S_AT:
        NEED(bf_day_ok((int32_t)s->a) && (s->b == BF_NONE || s->b <= 86400), "stmt", n, "instant");
        return true;
    case BF_S_WAIT:
        if (!bf_v_program(v, s->a, &c, slot_any, &got))
            return false;
        NEED(got.kind == BF_K_PERIOD, "stmt", n, "a period is needed");
        return true;
    case BF_S_LET: return verify_let(v, s, &c);
    case BF_S_ASSUME:
        NEED(s->a < m->assume_count, "stmt", n, "assumption");
        return program(v, s->b, &c, bf_v_slot_of(v, m->assume[s->a].type));
    case BF_S_PUT:
        NEED(s->a < m->reg_count, "stmt", n, "register");
        return program(v, s->b, &c, (struct bf_v_slot){BF_K_RECORD, m->reg[s->a].record, 0});
    case BF_S_OPEN:
        NEED(s->c < m->proc_count, "stmt", n, "procedure");
        return program(v, s->b, &c, slot_party) &&
               verify_args(v, s->d, &c, m->proc[s->c].data, true) && case_local(v, s->a, s->c, n);
    case BF_S_DO:
    case BF_S_CONSENT:
    case BF_S_DECLINE: return verify_do(v, s, &c);
    case BF_S_REPORT:
        NEED(s->c < m->event_count, "stmt", n, "event");
        NEED(s->a == BF_NONE ? s->e == BF_NONE : s->e < m->proc_count, "stmt", n, "procedure");
        return program(v, s->b, &c, slot_party) &&
               verify_args(v, s->d, &c, m->event[s->c].params, false) &&
               case_local(v, s->a, s->e, n);
    case BF_S_EXPECT:
        if (!program(v, s->a, &c, slot_bool))
            return false;
        if (s->e != BF_NONE && !bf_v_program(v, s->e, &c, slot_any, &got))
            return false;
        NEED(s->e == BF_NONE || got.kind != BF_V_TUPLE, "stmt", n, "a tuple is no value");
        return true;
    case BF_S_SUCCEED: return verify_succeed(v, s, &c);
    case BF_S_REFUSED:
        NEED(s->a >= BF_REFUSAL_MALFORMED && s->a <= BF_REFUSAL_REFUSED, "stmt", n, "refusal");
        NEED(s->b <= m->cite_count && s->c <= m->cite_count - s->b, "stmt", n, "cites");
        NEED(bf_v_in(stmts, n + 1), "stmt", n, "what is refused?");
        NEED(acts(m->stmt[n + 1].op) || m->stmt[n + 1].op == BF_S_SUCCEED, "stmt", n,
             "what is refused?");
        return true;
    case BF_S_BY: return verify_by(v, stmts, &c);
    }
    return false;
}

static bool verify_scenarios(struct bf_v *v) {
    const struct bf_image *m = v->m;
    uint32_t most = 0;
    for (uint32_t i = 0; i < m->scenario_count; i++) {
        uint32_t locals = m->scenario[i].locals;
        NEED(locals <= m->scenario[i].stmts.count && locals <= m->stmt_count, "scenario", i,
             "number of locals");
        most = locals > most ? locals : most;
    }
    v->local = bf_new_array(v->arena, struct bf_v_slot, (size_t)m->fixture_count + most + 1);
    for (uint32_t i = 0; i < m->fixture_count; i++) {
        const struct bf_v_context c = {BF_V_SCENARIO,     BF_NONE, 0, {0, 0}, "fixture", i,
                                       m->fixture[i].src, false};
        STR(m->fixture[i].name, "fixture", i);
        SRC(&m->fixture[i], "fixture", i);
        v->locals = i;
        if (!bf_v_program(v, m->fixture[i].code, &c, slot_any, &v->local[i]))
            return false;
        NEED(v->local[i].kind != BF_V_TUPLE && v->local[i].kind != BF_K_NONE, "fixture", i,
             "no value");
    }
    for (uint32_t i = 0; i < m->scenario_count; i++) {
        const struct bf_i_scenario *s = &m->scenario[i];
        STR(s->title, "scenario", i);
        SRC(s, "scenario", i);
        if (!bf_v_claim(v, BF_I_stmt, s->stmts))
            return false;
        v->locals = m->fixture_count + s->locals;
        for (uint32_t k = 0; k < s->locals; k++)
            v->local[m->fixture_count + k].kind = BF_K_NONE;
        for (uint32_t k = s->stmts.first; k < s->stmts.first + s->stmts.count; k++)
            if (!verify_stmt(v, s->stmts, k))
                return false;
    }
    return true;
}

/* ---- measures ---- */

static bool verify_tally(struct bf_v *v, uint32_t i, const struct bf_i_tally *t) {
    const struct bf_image *m = v->m;
    NEED(t->proc < m->proc_count, "measure", i, "procedure");
    const struct bf_i_proc *p = &m->proc[t->proc];
    const struct bf_v_context c = {
        BF_V_GUARD,        t->proc, p->data.first + p->data.count, {0, 0}, "measure", i,
        m->measure[i].src, false};
    NEED(t->per == BF_NONE || (bf_v_in(p->data, t->per) && is_party(v, m->data[t->per].type)),
         "measure", i, "per");
    return may_program(v, t->where, &c, slot_bool);
}

static bool verify_measures(struct bf_v *v) {
    const struct bf_image *m = v->m;
    for (uint32_t i = 0; i < m->measure_count; i++) {
        const struct bf_i_measure *x = &m->measure[i];
        NAMED(x, "measure", i);
        SRC(x, "measure", i);
        if (!verify_tally(v, i, &x->counted))
            return false;
        NEED(x->over.proc == BF_NONE || (x->over.per == BF_NONE) == (x->counted.per == BF_NONE),
             "measure", i, "per");
        if (x->over.proc != BF_NONE && !verify_tally(v, i, &x->over))
            return false;
    }
    return true;
}

/* Tables whose rows must all have an owner: no other way leads to them. */
static bool verify_owners(struct bf_v *v) {
    static const uint8_t owned[] = {BF_I_code,  BF_I_field, BF_I_member,  BF_I_key,   BF_I_rule,
                                    BF_I_data,  BF_I_start, BF_I_require, BF_I_state, BF_I_act,
                                    BF_I_offer, BF_I_actor, BF_I_duty,    BF_I_ban,   BF_I_when,
                                    BF_I_pause, BF_I_reach, BF_I_index,   BF_I_table, BF_I_column,
                                    BF_I_mask,  BF_I_stmt};
    for (size_t i = 0; i < sizeof owned; i++)
        if (!all_claimed(v, owned[i]))
            return false;
    return true;
}

enum bf_err bf_image_verify(struct bf_arena *scratch, const struct bf_image *m,
                            struct bf_image_at *at, struct bf_error *e) {
    struct bf_v v = {.arena = scratch, .m = m, .e = e, .at = at};
    count_rows(&v);
    v.tuples = bf_new_array(scratch, struct bf_v_slot, BF_STACK);
    bool ok = verify_counts(&v) && verify_strs(&v) && verify_policy(&v) && verify_basics(&v) &&
              verify_amend(&v) && verify_registers(&v) && verify_simple(&v) &&
              verify_decisions(&v) && verify_procs(&v) && verify_scenarios(&v) &&
              verify_measures(&v) && verify_owners(&v);
    return ok ? BF_OK : e->code;
}
