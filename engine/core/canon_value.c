/* canon_value: values and facts out of canonical JSON; see canon.h. */
#include <string.h>

#include "engine/core/canon.h"

struct ctx {
    const struct bf_image *m;
    struct bf_arena *a;
};

static const char *kind_value(const struct ctx *x, const struct bf_canon *j,
                              const struct bf_i_type *t, struct bf_value *v);

static bool is_text(const struct bf_canon *j, const char *z) {
    return j && j->kind == BF_CANON_TEXT && bf_str_eq(j->text, bf_str_of(z));
}

/* ---- names ---- */

/* The row of a range that has the name; name_of tells where the table keeps it. */
static uint32_t named(const struct bf_image *m,
                      uint32_t (*name_of)(const struct bf_image *, uint32_t), struct bf_i_range r,
                      const struct bf_canon *j) {
    for (uint32_t i = 0; j->kind == BF_CANON_TEXT && i < r.count; i++)
        if (bf_str_eq(bf_i_text(m, name_of(m, r.first + i)), j->text))
            return r.first + i;
    return BF_NONE;
}

#define NAME_OF(table) \
    static uint32_t table##_name(const struct bf_image *m, uint32_t i) { return m->table[i].name; }
NAME_OF(proc)
NAME_OF(act)
NAME_OF(state)
NAME_OF(data)
NAME_OF(violation)
NAME_OF(reg)
NAME_OF(record)
NAME_OF(event)
NAME_OF(office)
NAME_OF(member)
#undef NAME_OF

/* ---- parts ---- */

static const char *read_member(const struct ctx *x, const struct bf_canon *j, uint32_t row,
                               struct bf_value *v) {
    struct bf_i_range members = x->m->enums[row].members;
    uint32_t i = named(x->m, member_name, members, j);
    if (i == BF_NONE)
        return "no member of its enumeration";
    *v = bf_enum_value(row, i - members.first);
    return NULL;
}

static const char *read_text(const struct bf_canon *j, enum bf_kind kind, struct bf_value *v) {
    if (j->kind != BF_CANON_TEXT)
        return "not a text";
    *v = bf_text_value(kind, j->text);
    return NULL;
}

static const char *read_violation(const struct ctx *x, const struct bf_canon *j,
                                  struct bf_value *v) {
    static const char *const known[] = {"at", "case", "name", NULL};
    const struct bf_canon *name = j;
    int64_t place = 0, number = 0;
    if (j->kind == BF_CANON_OBJECT) {
        const struct bf_canon *at = bf_canon_member(j, "at"), *of = bf_canon_member(j, "case");
        name = bf_canon_member(j, "name");
        if (!at || !of || !name || bf_canon_stranger(j, known) || at->kind != BF_CANON_INT ||
            of->kind != BF_CANON_INT)
            return "not a violation";
        place = at->i;
        number = of->i;
        if (place < 0 || place > 0xFFFFFF || number < 1 || number > UINT32_MAX)
            return "a violation of no case";
    }
    uint32_t row = named(x->m, violation_name, (struct bf_i_range){0, x->m->violation_count}, name);
    if (row == BF_NONE)
        return "no violation of the policy";
    *v = (struct bf_value){
        .kind = BF_K_VIOLATION, .aux = place & 0xFFFFFF, .n = (uint32_t)number, .u.i = row};
    return NULL;
}

static const char *read_period(const struct bf_canon *j, struct bf_value *v) {
    static const char *const words[] = {"working_days", "days", "months", "hours"};
    static const char *const known[] = {"count", "unit", NULL};
    const struct bf_canon *count = bf_canon_member(j, "count"), *unit = bf_canon_member(j, "unit");
    if (!count || !unit || bf_canon_stranger(j, known) || count->kind != BF_CANON_INT)
        return "not a period";
    for (uint32_t i = 0; i < 4; i++)
        if (is_text(unit, words[i])) {
            *v = bf_period_value((enum bf_unit)i, count->i);
            return NULL;
        }
    return "not a period";
}

/* code, name, level of a party */
static const char *read_parts(const struct ctx *x, const struct bf_canon *j,
                              struct bf_value parts[BF_PARTY_PARTS]) {
    const struct bf_canon *code = bf_canon_member(j, "code"), *name = bf_canon_member(j, "name"),
                          *level = bf_canon_member(j, "level");
    if ((code && read_text(code, BF_K_TEXT, &parts[BF_PARTY_CODE])) ||
        (name && read_text(name, BF_K_TEXT, &parts[BF_PARTY_NAME])))
        return "a party whose code or name is not a text";
    if (level && (x->m->policy.level == BF_NONE ||
                  read_member(x, level, x->m->policy.level, &parts[BF_PARTY_LEVEL])))
        return "a party of no level there is";
    return NULL;
}

static const char *read_party(const struct ctx *x, const struct bf_canon *j, struct bf_value *v) {
    static const char *const words[] = {"office", "person", "organisation", "department"};
    static const char *const known[] = {"code", "kind", "level", "name", "office", NULL};
    const struct bf_canon *kind = bf_canon_member(j, "kind"),
                          *office = bf_canon_member(j, "office");
    uint32_t k = 0, row = BF_NONE;
    if (!kind || bf_canon_stranger(j, known))
        return "not a party";
    while (k < 4 && !is_text(kind, words[k]))
        k++;
    if (k == 4)
        return "not a party";
    if (office) {
        row = named(x->m, office_name, (struct bf_i_range){0, x->m->office_count}, office);
        if (row == BF_NONE)
            return "an office there is none of";
    }
    if (k == 0) {
        if (!office || j->count != 2)
            return "not an office";
        *v = bf_office_value(row);
        return NULL;
    }
    struct bf_value *parts = bf_new_array(x->a, struct bf_value, BF_PARTY_PARTS);
    const char *wrong = read_parts(x, j, parts);
    *v = bf_party_value((enum bf_kind)(BF_K_PARTY + k), parts);
    if (office)
        v->aux = row;
    return wrong;
}

static const char *read_list(const struct ctx *x, const struct bf_canon *j, uint32_t elem,
                             struct bf_value *v) {
    if (j->kind != BF_CANON_LIST)
        return "not a list";
    struct bf_value *items = bf_new_array(x->a, struct bf_value, j->count ? j->count : 1);
    for (uint32_t i = 0; i < j->count; i++) {
        const char *wrong = bf_value_read(x->m, x->a, &j->items[i], elem, &items[i]);
        if (wrong)
            return wrong;
    }
    *v = bf_list_value(items, j->count);
    return NULL;
}

/* The member that is field i of a record; NULL if there is none. */
static const struct bf_canon *field_of(const struct bf_image *m, const struct bf_canon *j,
                                       uint32_t field) {
    bf_str name = bf_i_text(m, m->field[field].name);
    for (uint32_t i = 0; i < j->count; i++)
        if (bf_str_eq(j->keys[i], name))
            return &j->items[i];
    return NULL;
}

static const char *read_record(const struct ctx *x, const struct bf_canon *j, uint32_t row,
                               struct bf_value *v) {
    struct bf_i_range fields = x->m->record[row].fields;
    if (j->kind != BF_CANON_OBJECT || j->count != fields.count)
        return "not a record of its kind";
    struct bf_value *values = bf_new_array(x->a, struct bf_value, fields.count ? fields.count : 1);
    for (uint32_t i = 0; i < fields.count; i++) {
        const struct bf_canon *part = field_of(x->m, j, fields.first + i);
        if (!part)
            return "a record without one of its fields";
        const char *wrong =
            bf_value_read(x->m, x->a, part, x->m->field[fields.first + i].type, &values[i]);
        if (wrong)
            return wrong;
    }
    *v = bf_record_value(row, values, fields.count);
    return NULL;
}

static const char *read_integer(const struct bf_canon *j, enum bf_kind kind, struct bf_value *v) {
    if (j->kind != BF_CANON_INT)
        return "not an integer";
    *v = bf_value_of(kind, j->i);
    return NULL;
}

static const char *read_date(const struct bf_canon *j, struct bf_value *v) {
    bf_day day;
    if (j->kind != BF_CANON_TEXT || !bf_day_parse(j->text, &day))
        return "not a date";
    *v = bf_date(day);
    return NULL;
}

static const char *read_decimal(const struct bf_canon *j, struct bf_value *v) {
    char text[BF_DECIMAL_TEXT];
    int64_t d;
    if (j->kind != BF_CANON_TEXT || !bf_decimal_parse(j->text, &d) ||
        !bf_str_eq(j->text, bf_str_of(bf_decimal_print(d, text))))
        return "not a decimal without needless zeros";
    *v = bf_value_of(BF_K_DECIMAL, d);
    return NULL;
}

static const char *read_bool(const struct bf_canon *j, struct bf_value *v) {
    if (j->kind != BF_CANON_TRUE && j->kind != BF_CANON_FALSE)
        return "neither true nor false";
    *v = bf_bool(j->kind == BF_CANON_TRUE);
    return NULL;
}

/* ---- values ---- */

static const char *kind_value(const struct ctx *x, const struct bf_canon *j,
                              const struct bf_i_type *t, struct bf_value *v) {
    const char *wrong;
    switch ((enum bf_kind)t->kind) {
    case BF_K_BOOL: return read_bool(j, v);
    case BF_K_INT:
    case BF_K_INSTANT:
    case BF_K_CASE: return read_integer(j, (enum bf_kind)t->kind, v);
    case BF_K_DECIMAL: return read_decimal(j, v);
    case BF_K_DATE: return read_date(j, v);
    case BF_K_TEXT:
    case BF_K_DOCUMENT:
    case BF_K_CITIZEN_ID:
    case BF_K_CREDIT_CODE: return read_text(j, (enum bf_kind)t->kind, v);
    case BF_K_PARTY: return read_party(x, j, v);
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT:
        wrong = read_party(x, j, v);
        return !wrong && v->kind != t->kind ? "a party of another kind" : wrong;
    case BF_K_VIOLATION: return read_violation(x, j, v);
    case BF_K_PERIOD:
        wrong = read_period(j, v);
        return !wrong && v->aux != t->ref ? "a period of another unit" : wrong;
    case BF_K_ENUM: return read_member(x, j, t->ref, v);
    case BF_K_RECORD: return read_record(x, j, t->ref, v);
    case BF_K_LIST: return read_list(x, j, t->ref, v);
    case BF_K_NONE:
    case BF_KINDS: break;
    }
    return "a value where there can be none";
}

const char *bf_value_read(const struct bf_image *m, struct bf_arena *a, const struct bf_canon *j,
                          uint32_t type, struct bf_value *v) {
    const struct ctx x = {m, a};
    *v = BF_ABSENT;
    return j->kind == BF_CANON_NULL ? NULL : kind_value(&x, j, &m->type[type], v);
}

const char *bf_value_read_record(const struct bf_image *m, struct bf_arena *a,
                                 const struct bf_canon *j, uint32_t record, struct bf_value *v) {
    const struct ctx x = {m, a};
    return read_record(&x, j, record, v);
}

const char *bf_value_read_party(const struct bf_image *m, struct bf_arena *a,
                                const struct bf_canon *j, struct bf_value *v) {
    const struct ctx x = {m, a};
    *v = BF_ABSENT;
    return j->kind == BF_CANON_NULL ? NULL : read_party(&x, j, v);
}

const char *bf_value_read_persons(const struct bf_image *m, struct bf_arena *a,
                                  const struct bf_canon *j, const struct bf_persons **out) {
    static const char *const known[] = {"clerk", "person", "principal", NULL};
    struct bf_persons *h = bf_new(a, struct bf_persons);
    struct bf_value *const part[] = {&h->clerk, &h->person, &h->principal};
    if (j->kind != BF_CANON_OBJECT || !j->count || bf_canon_stranger(j, known))
        return "not the persons behind a deed";
    for (int i = 0; i < 3; i++) {
        const struct bf_canon *p = bf_canon_member(j, known[i]);
        if (p && (bf_value_read_party(m, a, p, part[i]) || part[i]->kind != BF_K_PERSON ||
                  part[i]->aux != BF_NO_OFFICE))
            return "not a person";
    }
    *out = h;
    return NULL;
}

const char *bf_value_read_violation(const struct bf_image *m, struct bf_arena *a,
                                    const struct bf_canon *j, struct bf_value *v) {
    const struct ctx x = {m, a};
    *v = BF_ABSENT;
    return read_violation(&x, j, v);
}

/* A record by its fields' names; what they hold is of any shape again. */
static const char *shape_record(const struct ctx *x, const struct bf_canon *j, struct bf_value *v) {
    for (uint32_t row = 0; row < x->m->record_count; row++) {
        struct bf_i_range fields = x->m->record[row].fields;
        uint32_t i = 0;
        while (i < fields.count && field_of(x->m, j, fields.first + i))
            i++;
        if (i < fields.count || i != j->count)
            continue;
        struct bf_value *values = bf_new_array(x->a, struct bf_value, i ? i : 1);
        for (i = 0; i < fields.count; i++) {
            const char *wrong =
                bf_value_read_shape(x->m, x->a, field_of(x->m, j, fields.first + i), &values[i]);
            if (wrong)
                return wrong;
        }
        *v = bf_record_value(row, values, fields.count);
        return NULL;
    }
    return "an object that is no value";
}

const char *bf_value_read_shape(const struct bf_image *m, struct bf_arena *a,
                                const struct bf_canon *j, struct bf_value *v) {
    const struct ctx x = {m, a};
    *v = BF_ABSENT;
    switch (j->kind) {
    case BF_CANON_NULL: return NULL;
    case BF_CANON_TRUE:
    case BF_CANON_FALSE: return read_bool(j, v);
    case BF_CANON_INT: return read_integer(j, BF_K_INT, v);
    case BF_CANON_TEXT: return read_text(j, BF_K_TEXT, v);
    case BF_CANON_OBJECT:
        return read_party(&x, j, v) && read_violation(&x, j, v) && read_period(j, v)
                   ? shape_record(&x, j, v)
                   : NULL;
    case BF_CANON_LIST: break;
    }
    struct bf_value *items = bf_new_array(a, struct bf_value, j->count ? j->count : 1);
    for (uint32_t i = 0; i < j->count; i++) {
        const char *wrong = bf_value_read_shape(m, a, &j->items[i], &items[i]);
        if (wrong)
            return wrong;
    }
    *v = bf_list_value(items, j->count);
    return NULL;
}

/* ---- facts ---- */

struct fact_reader {
    struct ctx x;
    const struct bf_i_proc *p;
    const struct bf_canon *j;
    struct bf_fact *f;
    struct bf_error *e;
};

static enum bf_err bad(const struct fact_reader *r, const char *member, const char *what) {
    return bf_fail(r->e, BF_EFORMAT, "%s: %s", member, what);
}

static bool in(struct bf_i_range r, int64_t row) {
    return row >= r.first && row - r.first < r.count;
}

/* A row by name or number, as bf_fact_json writes it; BF_NONE: there is no such one. */
static uint32_t row_of(const struct fact_reader *r, enum bf_row_kind kind,
                       const struct bf_canon *j) {
    const struct bf_image *m = r->x.m;
    int64_t i = j->kind == BF_CANON_INT ? j->i : -1;
    switch (kind) {
    case BF_ROW_NONE: break;
    case BF_ROW_NUMBER: return i >= 0 && i < BF_NONE ? (uint32_t)i : BF_NONE;
    case BF_ROW_START: return in(r->p->starts, i) ? (uint32_t)i : BF_NONE;
    case BF_ROW_OFFER: return in(r->p->offers, i) ? (uint32_t)i : BF_NONE;
    case BF_ROW_DUTY: return in(r->p->duties, i) ? (uint32_t)i : BF_NONE;
    case BF_ROW_PROC: return named(m, proc_name, (struct bf_i_range){0, m->proc_count}, j);
    case BF_ROW_ACT: return named(m, act_name, r->p->acts, j);
    case BF_ROW_STATE: return named(m, state_name, r->p->states, j);
    case BF_ROW_DATA: return named(m, data_name, r->p->data, j);
    case BF_ROW_VIOLATION:
        return named(m, violation_name, (struct bf_i_range){0, m->violation_count}, j);
    case BF_ROW_REGISTER: return named(m, reg_name, (struct bf_i_range){0, m->reg_count}, j);
    case BF_ROW_RECORD: return named(m, record_name, (struct bf_i_range){0, m->record_count}, j);
    case BF_ROW_EVENT: return named(m, event_name, (struct bf_i_range){0, m->event_count}, j);
    }
    return BF_NONE;
}

/* Rows a fact cannot be without. */
static bool must_have(enum bf_fact_kind kind, int which) {
    enum bf_row_kind row = bf_fact_row(kind, which);
    switch (kind) {
    case BF_FACT_STARTED: return which == 0;
    case BF_FACT_ACTED: return which == 1;
    case BF_FACT_MOVED: return which == 1;
    case BF_FACT_MET:
    case BF_FACT_LATE:
    case BF_FACT_EXTENDED: return which == 0;
    case BF_FACT_VIOLATED: return which == 0;
    case BF_FACT_FILED: return which == 1;
    case BF_FACT_REFUSED:
    case BF_FACT_FAILED: return which == 2;
    case BF_FACT_ASKED:
    case BF_FACT_CONSENTED:
    case BF_FACT_DECLINED:
    case BF_FACT_REQUEST_DIED:
    case BF_FACT_SET:
    case BF_FACT_WAITING:
    case BF_FACT_SPARED:
    case BF_FACT_ARMED:
    case BF_FACT_LAPSED:
    case BF_FACT_VOIDED:
    case BF_FACT_LEFT:
    case BF_FACT_PAUSED:
    case BF_FACT_RESUMED:
    case BF_FACT_RESTARTED:
    case BF_FACT_RECOMPUTED:
    case BF_FACT_EXCUSED:
    case BF_FACT_NOTIFIED:
    case BF_FACT_PUT:
    case BF_FACT_OPENED:
    case BF_FACT_RAISED:
    case BF_FACT_ENDED:
    case BF_FACT_RUN:
    case BF_FACT_BEGUN:
    case BF_FACT_RETURNED:
    case BF_FACT_CANCELLED:
    case BF_FACT_ROUND:
    case BF_FACT_GONE:
    case BF_FACT_SUCCEEDED:
    case BF_FACT_ISSUED: return row != BF_ROW_NONE;
    case BF_FACT_KINDS: break;
    }
    return false;
}

static enum bf_err rows(const struct fact_reader *r, const char *known[]) {
    uint32_t *row[] = {&r->f->a, &r->f->b, &r->f->c};
    for (int i = 0; i < 3; i++) {
        enum bf_fact_kind kind = (enum bf_fact_kind)r->f->kind;
        const char *key = bf_fact_row_key(kind, i);
        const struct bf_canon *j = key ? bf_canon_member(r->j, key) : NULL;
        *row[i] = BF_NONE;
        if (key)
            *known++ = key;
        if (!j && !must_have(kind, i))
            continue;
        if (!j)
            return bad(r, key, "missing");
        *row[i] = row_of(r, bf_fact_row(kind, i), j);
        if (*row[i] == BF_NONE)
            return bad(r, key, "no such one");
    }
    *known = NULL;
    return BF_OK;
}

static enum bf_err stamp(const struct fact_reader *r) {
    const struct bf_canon *at = bf_canon_member(r->j, "at"), *day = bf_canon_member(r->j, "day"),
                          *how = bf_canon_member(r->j, "how"), *src = bf_canon_member(r->j, "src");
    if (!at || at->kind != BF_CANON_INT)
        return bad(r, "at", "not an instant");
    if (!day || day->kind != BF_CANON_TEXT || !bf_day_parse(day->text, &r->f->day))
        return bad(r, "day", "not a date");
    if (how && (how->kind != BF_CANON_INT || how->i < 1 || how->i > UINT16_MAX))
        return bad(r, "how", "not a number from 1 to 65535");
    if (src && (src->kind != BF_CANON_INT || src->i < 0 || src->i >= r->x.m->src_count))
        return bad(r, "src", "no such one");
    r->f->at = at->i;
    r->f->how = how ? (uint16_t)how->i : 0;
    r->f->src = src ? (uint32_t)src->i : BF_NONE;
    return BF_OK;
}

static enum bf_err due(const struct fact_reader *r) {
    static const char *const known[] = {"at", "last", "provisional", NULL};
    const struct bf_canon *j = bf_canon_member(r->j, "due");
    r->f->due = (struct bf_due){.kind = BF_DUE_NONE};
    if (!j)
        return BF_OK;
    if (!bf_fact_has_due((enum bf_fact_kind)r->f->kind))
        return bad(r, "due", "no member of this fact");
    if (is_text(j, "paused")) {
        r->f->due.kind = BF_DUE_PAUSED;
        return BF_OK;
    }
    const struct bf_canon *at = bf_canon_member(j, "at"), *last = bf_canon_member(j, "last"),
                          *provisional = bf_canon_member(j, "provisional");
    struct bf_value yes;
    if (!at || at->kind != BF_CANON_INT || !last || last->kind != BF_CANON_TEXT ||
        !bf_day_parse(last->text, &r->f->due.last) || !provisional ||
        read_bool(provisional, &yes) || bf_canon_stranger(j, known))
        return bad(r, "due", "not a due date");
    r->f->due.kind = BF_DUE_DAY;
    r->f->due.at = at->i;
    r->f->due.provisional = bf_is_yes(yes);
    return BF_OK;
}

/* What the values of a fact are, one letter each: p party, n Int, d Date, i Instant, l limit, e period,
** v violation, t text, s party or a list of parties; the last may be one of these for all that remain: A arguments of act `b`, D data of
** procedure `a` (S of a start: and assumptions), E arguments of event `a`, R a row of register `a`, I a record `a`, T of the type of
** datum `a`. */
static const char *values_of(enum bf_fact_kind kind) {
    switch (kind) {
    case BF_FACT_STARTED: return "pnS";
    case BF_FACT_ASKED:
    case BF_FACT_ACTED: return "pA";
    case BF_FACT_CONSENTED:
    case BF_FACT_DECLINED:
    case BF_FACT_VIOLATED:
    case BF_FACT_FILED: return "p";
    case BF_FACT_SET: return "T";
    case BF_FACT_ARMED:
    case BF_FACT_RESTARTED: return "dil";
    case BF_FACT_EXTENDED: return "e";
    case BF_FACT_EXCUSED: return "v";
    case BF_FACT_NOTIFIED: return "pt";
    case BF_FACT_ISSUED: return "pI";
    case BF_FACT_PUT: return "R";
    case BF_FACT_OPENED:
    case BF_FACT_RUN: return "D";
    case BF_FACT_BEGUN:
    case BF_FACT_RETURNED:
    case BF_FACT_CANCELLED: return "n";
    case BF_FACT_RAISED: return "E";
    case BF_FACT_SUCCEEDED: return "pst";
    case BF_FACT_REFUSED:
    case BF_FACT_REQUEST_DIED:
    case BF_FACT_MOVED:
    case BF_FACT_WAITING:
    case BF_FACT_SPARED:
    case BF_FACT_MET:
    case BF_FACT_LATE:
    case BF_FACT_LAPSED:
    case BF_FACT_VOIDED:
    case BF_FACT_LEFT:
    case BF_FACT_PAUSED:
    case BF_FACT_RESUMED:
    case BF_FACT_RECOMPUTED:
    case BF_FACT_ENDED:
    case BF_FACT_FAILED:
    case BF_FACT_ROUND:
    case BF_FACT_GONE:
    case BF_FACT_KINDS: break;
    }
    return "";
}

static const char *limit(const struct bf_canon *j, struct bf_value *v) {
    return j->kind == BF_CANON_OBJECT ? read_period(j, v) : read_date(j, v);
}

const char *bf_value_read_parties(const struct bf_image *m, struct bf_arena *a,
                                  const struct bf_canon *j, struct bf_value *v) {
    const struct ctx x = {m, a};
    if (j->kind != BF_CANON_LIST)
        return read_party(&x, j, v);
    struct bf_value *items = bf_new_array(a, struct bf_value, j->count);
    for (uint32_t i = 0; i < j->count; i++) {
        const char *wrong = read_party(&x, &j->items[i], &items[i]);
        if (wrong)
            return wrong;
    }
    *v = bf_list_value(items, j->count);
    return NULL;
}

static const char *letter_value(const struct ctx *x, char letter, const struct bf_canon *j,
                                struct bf_value *v) {
    *v = BF_ABSENT;
    if (letter == 'n')
        return read_integer(j, BF_K_INT, v);
    if (letter == 'd')
        return read_date(j, v);
    if (letter == 'e')
        return read_period(j, v);
    if (letter == 'v')
        return read_violation(x, j, v);
    if (j->kind == BF_CANON_NULL)
        return NULL;
    switch (letter) {
    case 'p': return read_party(x, j, v);
    case 's': return bf_value_read_parties(x->m, x->a, j, v);
    case 'i': return read_integer(j, BF_K_INSTANT, v);
    case 'l': return limit(j, v);
    case 't': return read_text(j, BF_K_TEXT, v);
    }
    return "a value where there can be none";
}

const char *bf_value_read_succession(const struct bf_image *m, struct bf_arena *a,
                                     const struct bf_canon *j, uint32_t i, struct bf_value *v) {
    const struct ctx x = {m, a};
    return letter_value(&x, "pst"[i], j, v);
}

/* The types of the values after those with a letter of their own: types[i], count of them. */
static uint32_t rest_types(const struct ctx *x, char letter, uint32_t row, const uint32_t **types) {
    const struct bf_image *m = x->m;
    struct bf_i_range fields = {0, 0}, data = {0, 0};
    uint32_t assumed = letter == 'S' ? m->assume_count : 0, n = 0;
    if (letter == 'A')
        fields = m->act[row].params;
    else if (letter == 'E')
        fields = m->event[row].params;
    else if (letter == 'D' || letter == 'S')
        data = m->proc[row].data;
    else if (letter == 'T')
        data = (struct bf_i_range){row, 1};
    uint32_t *t = bf_new_array(x->a, uint32_t, fields.count + data.count + assumed + 1);
    for (uint32_t i = 0; i < fields.count; i++)
        t[n++] = m->field[fields.first + i].type;
    for (uint32_t i = 0; i < data.count; i++)
        t[n++] = m->data[data.first + i].type;
    for (uint32_t i = 0; i < assumed; i++)
        t[n++] = m->assume[i].type;
    *types = t;
    return n;
}

static enum bf_err bad_value(const struct fact_reader *r, uint32_t i, const char *what) {
    return bf_fail(r->e, BF_EFORMAT, "v[%u]: %s", (unsigned)i, what);
}

static enum bf_err known_values(const struct fact_reader *r, const struct bf_canon *j,
                                struct bf_value *v) {
    const char *letters = values_of((enum bf_fact_kind)r->f->kind);
    uint32_t own = 0, n = 1;
    const uint32_t *types = NULL;
    while (letters[own] >= 'a')
        own++;
    if (!letters[own])
        n = 0;
    else if (letters[own] != 'R' && letters[own] != 'I')
        n = rest_types(&r->x, letters[own], letters[own] == 'A' ? r->f->b : r->f->a, &types);
    bool run = r->f->kind == BF_FACT_STARTED && j->count == own + n + 1;
    if (j->count != own + n && !run)
        return bad(r, "v", "another number of values than the fact has");
    for (uint32_t i = 0; i < j->count; i++) {
        const char *wrong;
        if (i < own || i == own + n)
            wrong = letter_value(&r->x, i < own ? letters[i] : 'n', &j->items[i], &v[i]);
        else if (types)
            wrong = bf_value_read(r->x.m, r->x.a, &j->items[i], types[i - own], &v[i]);
        else
            wrong = read_record(&r->x, &j->items[i],
                                letters[own] == 'I' ? r->f->a : r->x.m->reg[r->f->a].record, &v[i]);
        if (wrong)
            return bad_value(r, i, wrong);
    }
    return BF_OK;
}

/* who and what was asked for */
static enum bf_err refused_values(const struct fact_reader *r, const struct bf_canon *j,
                                  struct bf_value *v) {
    const struct bf_image *m = r->x.m;
    const uint32_t *types;
    uint32_t n = r->f->b != BF_NONE ? rest_types(&r->x, 'A', r->f->b, &types)
                                    : rest_types(&r->x, 'D', (uint32_t)(r->p - m->proc), &types);
    for (uint32_t i = 0; i < j->count; i++) {
        const char *wrong = i ? "not typed" : bf_value_read_party(m, r->x.a, &j->items[0], v);
        if (i && j->count == n + 1)
            wrong = bf_value_read(m, r->x.a, &j->items[i], types[i - 1], &v[i]);
        if (i && wrong)
            wrong = bf_value_read_shape(m, r->x.a, &j->items[i], &v[i]);
        if (wrong)
            return bad_value(r, i, wrong);
    }
    return BF_OK;
}

static enum bf_err values(const struct fact_reader *r) {
    static const struct bf_canon none = {.kind = BF_CANON_LIST};
    const struct bf_canon *j = bf_canon_member(r->j, "v");
    if (j && (j->kind != BF_CANON_LIST || !j->count))
        return bad(r, "v", "not a list of values");
    if (!j)
        j = &none;
    struct bf_value *v = bf_new_array(r->x.a, struct bf_value, j->count ? j->count : 1);
    enum bf_err err =
        r->f->kind == BF_FACT_REFUSED ? refused_values(r, j, v) : known_values(r, j, v);
    r->f->n = j->count;
    r->f->v = j->count ? v : NULL;
    return err;
}

static enum bf_err member(const struct fact_reader *r) {
    const struct bf_canon *j = bf_canon_member(r->j, "member");
    struct bf_value v;
    if (!j)
        return BF_OK;
    if (bf_value_read_party(r->x.m, r->x.a, j, &v) || !bf_present(v))
        return bad(r, "member", "not a party");
    r->f->member = bf_arena_copy(r->x.a, &v, sizeof v);
    return BF_OK;
}

static enum bf_err by(const struct fact_reader *r) {
    const struct bf_canon *j = bf_canon_member(r->j, "by");
    const char *wrong = j ? bf_value_read_persons(r->x.m, r->x.a, j, &r->f->by) : NULL;
    return wrong ? bad(r, "by", wrong) : BF_OK;
}

enum bf_err bf_fact_read(const struct bf_image *m, uint32_t proc, struct bf_arena *a,
                         const struct bf_canon *j, struct bf_fact *f, struct bf_error *e) {
    struct fact_reader r = {{m, a}, &m->proc[proc], j, f, e};
    const struct bf_canon *word = bf_canon_member(j, "fact");
    const char *rest[] = {"at", "by", "day", "due", "fact", "how", "member", "src", "v", NULL};
    const char *known[4 + sizeof rest / sizeof *rest];
    enum bf_err err;
    *f = (struct bf_fact){.kind = 0};
    while (word && f->kind < BF_FACT_KINDS &&
           !is_text(word, bf_fact_word((enum bf_fact_kind)f->kind)))
        f->kind++;
    if (!word || f->kind == BF_FACT_KINDS)
        return bad(&r, "fact", "no kind of fact there is");
    if ((err = rows(&r, known)) || (err = stamp(&r)) || (err = due(&r)) || (err = member(&r)) ||
        (err = by(&r)) || (err = values(&r)))
        return err;
    size_t n = 0;
    while (known[n])
        n++;
    memcpy(known + n, rest, sizeof rest);
    const bf_str *stranger = bf_canon_stranger(j, known);
    return stranger ? bf_fail(e, BF_EFORMAT, "%.*s: no member of this fact",
                              (int)(stranger->len < 40 ? stranger->len : 40), stranger->p)
                    : BF_OK;
}
