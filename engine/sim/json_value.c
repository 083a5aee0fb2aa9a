/* json_value: see json_value.h. */
#include "engine/sim/json_value.h"

#include <string.h>

/* ---- complaints ---- */

static bool say(struct bf_json_read *r, const char *path, enum bf_text_id text, const bf_arg *args,
                int nargs) {
    r->where = path;
    if (*path) {
        bf_buf_z(r->error, path);
        bf_buf_z(r->error, r->lang == BF_LANG_ZH ? "：" : ": ");
    }
    bf_text_render(r->error, r->lang, text, args, nargs);
    return false;
}

static bool wrong(struct bf_json_read *r, const char *path, enum bf_text_id text, bf_str what) {
    return say(r, path, text, BF_ARGS(bf_arg_str(what)));
}

static const char *joined(struct bf_json_read *r, const char *path, bf_str name) {
    size_t n = strlen(path);
    char *z = bf_arena_alloc(r->arena, n + name.len + 2);
    memcpy(z, path, n);
    if (n)
        z[n++] = '.';
    memcpy(z + n, name.p, name.len);
    z[n + name.len] = '\0';
    return z;
}

bool bf_json_wrong(struct bf_json_read *r, const char *path, const char *name, enum bf_text_id text,
                   const bf_arg *args, int nargs) {
    return say(r, joined(r, path, bf_str_of(name)), text, args, nargs);
}

/* A list of names for a message; bounded, whoever declares thousands. */
static bf_str names_of(struct bf_json_read *r, bf_str (*name)(const struct bf_image *m, uint32_t i),
                       uint32_t first, uint32_t count) {
    enum { SHOWN = 20 };
    struct bf_buf b;
    bf_buf_init(&b);
    for (uint32_t i = 0; i < count && i < SHOWN; i++) {
        bf_buf_z(&b, i ? ", " : "");
        bf_buf_str(&b, name(r->image, first + i));
    }
    if (count > SHOWN)
        bf_buf_z(&b, ", …");
    bf_str s = b.failed ? BF_STR("") : bf_str_dup(r->arena, bf_buf_view(&b));
    bf_buf_fini(&b);
    return s;
}

static bf_str field_name(const struct bf_image *m, uint32_t i) {
    return bf_i_text(m, m->field[i].name);
}

static bf_str member_name(const struct bf_image *m, uint32_t i) {
    return bf_i_text(m, m->member[i].name);
}

static bf_str violation_name(const struct bf_image *m, uint32_t i) {
    return bf_i_text(m, m->violation[i].name);
}

static bf_str text_of(json_t *j) {
    return (bf_str){json_string_value(j), (uint32_t)json_string_length(j)};
}

/* ---- kinds ---- */

static bool named(const struct bf_image *m, uint32_t name, uint32_t label, bf_str s) {
    return bf_str_eq(bf_i_text(m, name), s) ||
           (m->str[label].len && bf_str_eq(bf_i_text(m, label), s));
}

static bool read_member(struct bf_json_read *r, const char *path, json_t *j, uint32_t row,
                        struct bf_value *v) {
    const struct bf_image *m = r->image;
    struct bf_i_range members = m->enums[row].members;
    for (uint32_t i = 0; json_is_string(j) && i < members.count; i++) {
        const struct bf_i_member *e = &m->member[members.first + i];
        if (named(m, e->name, e->label, text_of(j))) {
            *v = bf_enum_value(row, i);
            return true;
        }
    }
    return wrong(r, path, BF_T_JSON_ONE_OF, names_of(r, member_name, members.first, members.count));
}

static bool read_violation(struct bf_json_read *r, const char *path, json_t *j,
                           struct bf_value *v) {
    const struct bf_image *m = r->image;
    for (uint32_t i = 0; json_is_string(j) && i < m->violation_count; i++)
        if (named(m, m->violation[i].name, m->violation[i].label, text_of(j))) {
            *v = bf_value_of(BF_K_VIOLATION, i);
            return true;
        }
    return wrong(r, path, BF_T_JSON_ONE_OF, names_of(r, violation_name, 0, m->violation_count));
}

static bool read_period(struct bf_json_read *r, const char *path, json_t *j, uint32_t unit,
                        struct bf_value *v) {
    static const char *const words[] = {"working_days", "days", "months", "hours"};
    if (json_is_object(j)) {
        const char *word = json_string_value(json_object_get(j, "unit"));
        if (json_object_size(j) != 2 || !word || strcmp(word, words[unit]) != 0)
            return wrong(r, path, BF_T_JSON_PERIOD, bf_str_of(words[unit]));
        j = json_object_get(j, "count");
    }
    if (!json_is_integer(j))
        return wrong(r, path, BF_T_JSON_PERIOD, bf_str_of(words[unit]));
    *v = bf_period_value((enum bf_unit)unit, json_integer_value(j));
    return true;
}

/* The office that a party acts through, if the object names one. */
static bool read_office(struct bf_json_read *r, const char *path, json_t *j, struct bf_value *v) {
    const struct bf_image *m = r->image;
    json_t *name = json_object_get(j, "office");
    if (!name)
        return true;
    for (uint32_t i = 0; json_is_string(name) && i < m->office_count; i++)
        if (named(m, m->office[i].name, m->office[i].label, text_of(name))) {
            v->aux = i;
            return true;
        }
    return wrong(r, path, BF_T_JSON_OFFICE, BF_STR(""));
}

/* What the type leaves open must be said; what it says may be. */
static bool read_party_kind(struct bf_json_read *r, const char *path, json_t *party,
                            uint32_t *kind) {
    json_t *j = json_object_get(party, "kind");
    static const char *const words[] = {"office", "person", "organisation", "department"};
    bool any = *kind == BF_K_PARTY;
    for (uint32_t k = 0; json_is_string(j) && k < 4; k++)
        if (strcmp(json_string_value(j), words[k]) == 0 && (any || *kind == BF_K_PARTY + k)) {
            *kind = BF_K_PARTY + k;
            return true;
        }
    bool needless = !j && (!any || json_object_get(party, "office"));
    return needless || wrong(r, joined(r, path, BF_STR("kind")), BF_T_JSON_ONE_OF,
                             any ? BF_STR("office, person, organisation, department")
                                 : bf_str_of(words[*kind - BF_K_PARTY]));
}

static bool read_party(struct bf_json_read *r, const char *path, json_t *j, uint32_t kind,
                       struct bf_value *v) {
    const char *key;
    json_t *part;
    if (!json_is_object(j))
        return wrong(r, path, BF_T_JSON_PARTY, BF_STR(""));
    if (!read_party_kind(r, path, j, &kind))
        return false;
    struct bf_value *parts = bf_new_array(r->arena, struct bf_value, BF_PARTY_PARTS);
    json_object_foreach(j, key, part) {
        bool code = strcmp(key, "code") == 0, name = strcmp(key, "name") == 0;
        if (code || name) {
            if (!json_is_string(part))
                return wrong(r, joined(r, path, bf_str_of(key)), BF_T_JSON_TEXT, BF_STR(""));
            parts[name ? BF_PARTY_NAME : BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, text_of(part));
        } else if (strcmp(key, "level") == 0 && r->image->policy.level != BF_NONE) {
            if (!read_member(r, joined(r, path, bf_str_of(key)), part, r->image->policy.level,
                             &parts[BF_PARTY_LEVEL]))
                return false;
        } else if (strcmp(key, "kind") != 0 && strcmp(key, "office") != 0) {
            return wrong(r, joined(r, path, bf_str_of(key)), BF_T_JSON_NO_FIELD,
                         BF_STR("kind, code, name, level, office"));
        }
    }
    *v = kind == BF_K_PARTY ? bf_office_value(BF_NO_OFFICE)
                            : bf_party_value((enum bf_kind)kind, parts);
    return read_office(r, path, j, v) && (!r->know || r->know(r, path, v));
}

static bool read_decimal(struct bf_json_read *r, const char *path, json_t *j, struct bf_value *v) {
    int64_t d;
    if (json_is_integer(j)) {
        if (__builtin_mul_overflow(json_integer_value(j), BF_DECIMAL_ONE, &d))
            return wrong(r, path, BF_T_JSON_DECIMAL, BF_STR(""));
    } else if (!json_is_string(j) || !bf_decimal_parse(text_of(j), &d)) {
        return wrong(r, path, BF_T_JSON_DECIMAL, BF_STR(""));
    }
    *v = bf_value_of(BF_K_DECIMAL, d);
    return true;
}

static bool read_list(struct bf_json_read *r, const char *path, json_t *j, uint32_t elem,
                      struct bf_value *v) {
    if (!json_is_array(j))
        return wrong(r, path, BF_T_JSON_LIST, BF_STR(""));
    size_t n = json_array_size(j);
    struct bf_value *items = bf_new_array(r->arena, struct bf_value, n);
    for (size_t i = 0; i < n; i++)
        if (!bf_json_value(r, path, json_array_get(j, i), elem, &items[i]))
            return false;
    *v = bf_list_value(items, (uint32_t)n);
    return true;
}

static bool read_record(struct bf_json_read *r, const char *path, json_t *j, uint32_t row,
                        struct bf_value *v) {
    struct bf_i_range fields = r->image->record[row].fields;
    struct bf_value *values = bf_new_array(r->arena, struct bf_value, fields.count);
    if (!bf_json_fields(r, path, j, fields, values))
        return false;
    *v = bf_record_value(row, values, fields.count);
    return true;
}

static bool read_kind(struct bf_json_read *r, const char *path, json_t *j,
                      const struct bf_i_type *t, struct bf_value *v) {
    bf_day day;
    switch ((enum bf_kind)t->kind) {
    case BF_K_BOOL:
        if (!json_is_boolean(j))
            return wrong(r, path, BF_T_JSON_BOOL, BF_STR(""));
        *v = bf_bool(json_is_true(j));
        return true;
    case BF_K_INT:
    case BF_K_INSTANT:
        if (!json_is_integer(j))
            return wrong(r, path, BF_T_JSON_INT, BF_STR(""));
        *v = bf_value_of((enum bf_kind)t->kind, json_integer_value(j));
        return true;
    case BF_K_DECIMAL: return read_decimal(r, path, j, v);
    case BF_K_TEXT:
    case BF_K_DOCUMENT:
    case BF_K_CITIZEN_ID:
    case BF_K_CREDIT_CODE:
        if (!json_is_string(j))
            return wrong(r, path, BF_T_JSON_TEXT, BF_STR(""));
        *v = bf_text_value((enum bf_kind)t->kind, text_of(j));
        return true;
    case BF_K_DATE:
        if (!json_is_string(j) || !bf_day_parse(text_of(j), &day))
            return wrong(r, path, BF_T_JSON_DATE, BF_STR(""));
        *v = bf_date(day);
        return true;
    case BF_K_PARTY:
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT: return read_party(r, path, j, t->kind, v);
    case BF_K_VIOLATION: return read_violation(r, path, j, v);
    case BF_K_PERIOD: return read_period(r, path, j, t->ref, v);
    case BF_K_ENUM: return read_member(r, path, j, t->ref, v);
    case BF_K_RECORD: return read_record(r, path, j, t->ref, v);
    case BF_K_LIST: return read_list(r, path, j, t->ref, v);
    case BF_K_NONE:
    case BF_K_CASE:
    case BF_KINDS: break;
    }
    return wrong(r, path, BF_T_JSON_INVALID, BF_STR(""));
}

bool bf_json_value(struct bf_json_read *r, const char *path, json_t *j, uint32_t type,
                   struct bf_value *v) {
    const struct bf_i_type *t = &r->image->type[type];
    *v = BF_ABSENT;
    if (!j || json_is_null(j))
        return t->optional || wrong(r, path, BF_T_JSON_MISSING, BF_STR(""));
    if (json_is_real(j))
        return wrong(r, path, BF_T_JSON_REAL, BF_STR(""));
    if (!read_kind(r, path, j, t, v))
        return false;
    const char *invalid = bf_value_check(r->image, *v, type);
    return !invalid || wrong(r, path, BF_T_JSON_INVALID, BF_STR(""));
}

static uint32_t field_of(const struct bf_image *m, struct bf_i_range fields, const char *key) {
    for (uint32_t i = 0; i < fields.count; i++)
        if (bf_str_eq(field_name(m, fields.first + i), bf_str_of(key)))
            return i;
    return BF_NONE;
}

bool bf_json_fields(struct bf_json_read *r, const char *path, json_t *j, struct bf_i_range fields,
                    struct bf_value *v) {
    const struct bf_image *m = r->image;
    const char *key;
    json_t *value;
    if (j && !json_is_object(j))
        return wrong(r, path, BF_T_JSON_OBJECT, BF_STR(""));
    json_object_foreach(j, key, value) {
        if (field_of(m, fields, key) == BF_NONE)
            return wrong(r, joined(r, path, bf_str_of(key)), BF_T_JSON_NO_FIELD,
                         names_of(r, field_name, fields.first, fields.count));
    }
    for (uint32_t i = 0; i < fields.count; i++) {
        bf_str name = field_name(m, fields.first + i);
        value = json_object_get(j, bf_str_z(r->arena, name));
        if (!bf_json_value(r, joined(r, path, name), value, m->field[fields.first + i].type, &v[i]))
            return false;
    }
    return true;
}

bool bf_json_party(struct bf_json_read *r, const char *path, json_t *j, struct bf_value *v) {
    if (!read_party(r, path, j, BF_K_PARTY, v))
        return false;
    return !bf_value_check_party(r->image, *v) || wrong(r, path, BF_T_JSON_PARTY, BF_STR(""));
}
