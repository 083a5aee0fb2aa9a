/* value: see value.h. */
#include "engine/core/value.h"

#include <string.h>

#include "lang/base/ids.h"

static bool text_equal(struct bf_value x, struct bf_value y) {
    return x.n == y.n && (x.n == 0 || memcmp(x.u.text, y.u.text, x.n) == 0);
}

bool bf_same_party(struct bf_value x, struct bf_value y) {
    if (x.kind != y.kind || x.n != y.n)
        return false;
    if (x.n == 0) /* an office there is one of */
        return x.aux == y.aux;
    if (x.u.items == y.u.items)
        return true;
    struct bf_value cx = x.u.items[BF_PARTY_CODE], cy = y.u.items[BF_PARTY_CODE];
    if (bf_present(cx) || bf_present(cy))
        return bf_value_equal(cx, cy);
    return bf_value_equal(x.u.items[BF_PARTY_NAME], y.u.items[BF_PARTY_NAME]);
}

static bool items_equal(struct bf_value x, struct bf_value y) {
    if (x.n != y.n)
        return false;
    if (x.u.items == y.u.items)
        return true;
    for (uint32_t i = 0; i < x.n; i++)
        if (!bf_value_equal(x.u.items[i], y.u.items[i]))
            return false;
    return true;
}

bool bf_value_equal(struct bf_value x, struct bf_value y) {
    if (x.kind != y.kind)
        return false;
    switch ((enum bf_kind)x.kind) {
    case BF_K_NONE: return true;
    case BF_K_BOOL:
    case BF_K_INT:
    case BF_K_DECIMAL:
    case BF_K_DATE:
    case BF_K_INSTANT:
    case BF_K_VIOLATION: return x.u.i == y.u.i;
    case BF_K_PERIOD:
    case BF_K_ENUM:
    case BF_K_CASE: return x.u.i == y.u.i && x.aux == y.aux;
    case BF_K_TEXT:
    case BF_K_DOCUMENT:
    case BF_K_CITIZEN_ID:
    case BF_K_CREDIT_CODE: return text_equal(x, y);
    case BF_K_PARTY:
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT: return x.aux == y.aux && bf_same_party(x, y);
    case BF_K_RECORD: return x.aux == y.aux && items_equal(x, y);
    case BF_K_LIST: return items_equal(x, y);
    case BF_KINDS: break;
    }
    return false;
}

struct bf_value bf_value_identity(struct bf_arena *a, struct bf_value v) {
    bool party = bf_is_party(v);
    if (!v.n || !(party || v.kind == BF_K_RECORD || v.kind == BF_K_LIST))
        return v;
    struct bf_value *items = bf_new_array(a, struct bf_value, v.n);
    for (uint32_t i = 0; i < v.n; i++)
        items[i] = party ? BF_ABSENT : bf_value_identity(a, v.u.items[i]);
    if (party) {
        uint32_t known = bf_present(v.u.items[BF_PARTY_CODE]) ? BF_PARTY_CODE : BF_PARTY_NAME;
        items[known] = v.u.items[known];
    }
    v.u.items = items;
    return v;
}

bool bf_value_order(struct bf_value x, struct bf_value y, int *order) {
    bool ordered = x.kind == BF_K_INT || x.kind == BF_K_DECIMAL || x.kind == BF_K_DATE ||
                   x.kind == BF_K_INSTANT || x.kind == BF_K_PERIOD;
    if (!ordered || x.kind != y.kind || x.aux != y.aux)
        return false;
    *order = (x.u.i > y.u.i) - (x.u.i < y.u.i);
    return true;
}

static bool has_items(struct bf_value v) {
    return v.kind == BF_K_RECORD || v.kind == BF_K_LIST || bf_is_party(v);
}

struct bf_value bf_value_copy(struct bf_arena *a, struct bf_value v) {
    if (has_items(v) && v.n)
        v.u.items = bf_values_copy(a, v.u.items, v.n);
    else if (bf_is_text(v) && v.n)
        v.u.text = bf_arena_copy(a, v.u.text, v.n);
    return v;
}

struct bf_value *bf_values_copy(struct bf_arena *a, const struct bf_value *v, uint32_t n) {
    if (!n)
        return NULL;
    struct bf_value *copy = bf_new_array(a, struct bf_value, n);
    for (uint32_t i = 0; i < n; i++)
        copy[i] = bf_value_copy(a, v[i]);
    return copy;
}

/* ---- what an outsider sent ---- */

bool bf_citizen_id_ok(bf_str s) {
    uint32_t at;
    char expected;
    return bf_citizen_id_check(s, &at, &expected) == BF_ID_OK;
}

bool bf_credit_code_ok(bf_str s) {
    uint32_t at;
    char expected;
    return bf_credit_code_check(s, &at, &expected) == BF_ID_OK;
}

/* Codes and names are short and mostly plain: each act looks at them. */
static bool is_utf8(bf_str s) {
    uint32_t plain = 0;
    while (plain < s.len && plain < 32 && (unsigned char)s.p[plain] < 0x80)
        plain++;
    return plain == s.len || bf_utf8_check(s.p, s.len) == s.len;
}

static const char *check_text(struct bf_value v) {
    bf_str s = bf_value_text(v);
    if (!is_utf8(s))
        return "is not UTF-8";
    if (v.kind == BF_K_CITIZEN_ID && !bf_citizen_id_ok(s))
        return "is not a citizen id (GB 11643)";
    if (v.kind == BF_K_CREDIT_CODE && !bf_credit_code_ok(s))
        return "is not a credit code (GB 32100)";
    return NULL;
}

static const char *check_party(const struct bf_image *m, struct bf_value v, bool office) {
    if (v.kind == BF_K_PARTY)
        return office && v.n == 0 && v.aux < m->office_count ? NULL : "is not a party";
    if (v.n != BF_PARTY_PARTS)
        return "is not a party";
    if (v.aux != BF_NO_OFFICE && (!office || v.aux >= m->office_count))
        return "is an office, not a party";
    struct bf_value code = v.u.items[BF_PARTY_CODE], name = v.u.items[BF_PARTY_NAME],
                    level = v.u.items[BF_PARTY_LEVEL];
    if (!bf_present(code) && !bf_present(name))
        return "has neither code nor name";
    if (bf_present(code) && (code.kind != BF_K_TEXT || check_text(code)))
        return "has a code that is not a text";
    if (bf_present(name) && (name.kind != BF_K_TEXT || check_text(name)))
        return "has a name that is not a text";
    if (bf_present(level) && (level.kind != BF_K_ENUM || level.aux != m->policy.level ||
                              level.u.i < 0 || level.u.i >= m->enums[level.aux].members.count))
        return "has a level that is not one";
    return NULL;
}

static const char *check_record(const struct bf_image *m, struct bf_value v, uint32_t record) {
    struct bf_i_range fields = m->record[record].fields;
    if (v.aux != record || v.n != fields.count)
        return "is another record";
    for (uint32_t i = 0; i < v.n; i++)
        if (bf_value_check(m, v.u.items[i], m->field[fields.first + i].type))
            return "has a field of another type";
    return NULL;
}

static const char *check_list(const struct bf_image *m, struct bf_value v,
                              const struct bf_i_type *type) {
    if (type->max && v.n > type->max)
        return "is too long a list";
    for (uint32_t i = 0; i < v.n; i++)
        if (bf_value_check(m, v.u.items[i], type->ref))
            return "has an element of another type";
    return NULL;
}

const char *bf_value_check_party(const struct bf_image *m, struct bf_value v) {
    return check_party(m, v, true);
}

const char *bf_value_check(const struct bf_image *m, struct bf_value v, uint32_t type) {
    const struct bf_i_type *t = &m->type[type];
    if (!bf_present(v))
        return t->optional ? NULL : "is missing";
    if (t->kind == BF_K_PARTY)
        return bf_is_party(v) ? check_party(m, v, true) : "is not a party";
    if (v.kind != t->kind)
        return "is of another type";
    switch ((enum bf_kind)t->kind) {
    case BF_K_BOOL: return v.u.i == 0 || v.u.i == 1 ? NULL : "is neither yes nor no";
    case BF_K_INT: return NULL;
    case BF_K_DECIMAL:
        return v.u.i >= -BF_DECIMAL_MAX && v.u.i <= BF_DECIMAL_MAX ? NULL : "has too many digits";
    case BF_K_TEXT:
    case BF_K_DOCUMENT:
    case BF_K_CITIZEN_ID:
    case BF_K_CREDIT_CODE: return check_text(v);
    case BF_K_DATE: return bf_day_ok(v.u.i) ? NULL : "is outside years 1 to 9999";
    case BF_K_INSTANT:
        return v.u.i >= (int64_t)BF_DAY_MIN * BF_DAY_SECONDS &&
                       v.u.i < ((int64_t)BF_DAY_MAX + 1) * BF_DAY_SECONDS
                   ? NULL
                   : "is outside years 1 to 9999";
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT: return check_party(m, v, false);
    case BF_K_VIOLATION: return v.u.i >= 0 && v.u.i < m->violation_count ? NULL : "is unknown";
    case BF_K_PERIOD:
        if (v.aux != t->ref)
            return "is in another unit";
        return v.u.i >= 0 ? NULL : "is below 0";
    case BF_K_ENUM:
        return v.aux == t->ref && v.u.i >= 0 && v.u.i < m->enums[t->ref].members.count
                   ? NULL
                   : "is not a member";
    case BF_K_RECORD: return check_record(m, v, t->ref);
    case BF_K_LIST: return check_list(m, v, t);
    case BF_K_NONE:
    case BF_K_PARTY:
    case BF_K_CASE:
    case BF_KINDS: break;
    }
    return "cannot be given from outside";
}

/* ---- text ---- */

const char *bf_decimal_print(int64_t millionths, char out[BF_DECIMAL_TEXT]) {
    uint64_t abs = millionths < 0 ? 0 - (uint64_t)millionths : (uint64_t)millionths;
    char digits[BF_DECIMAL_TEXT];
    int n = 0, places = 6;
    while (places > 0 && abs % 10 == 0) {
        abs /= 10;
        places--;
    }
    do {
        digits[n++] = (char)('0' + abs % 10);
        abs /= 10;
        if (--places == 0)
            digits[n++] = '.';
    } while (abs || places >= 0);
    char *p = out;
    if (millionths < 0)
        *p++ = '-';
    while (n > 0)
        *p++ = digits[--n];
    *p = '\0';
    return out;
}

bool bf_decimal_parse(bf_str s, int64_t *millionths) {
    const char *p = s.p ? s.p : "", *end = p + s.len;
    bool negative = p < end && *p == '-';
    p += negative;
    int64_t v = 0;
    int whole = 0, places = -1; /* -1: before the point */
    for (; p < end; p++) {
        if (*p == '.' && places < 0 && whole > 0) {
            places = 0;
            continue;
        }
        if (*p < '0' || *p > '9' || places == 6 || (places < 0 && whole == 12))
            return false;
        v = v * 10 + (*p - '0');
        if (places >= 0)
            places++;
        else
            whole++;
    }
    if (whole == 0 || places == 0)
        return false;
    for (int i = places < 0 ? 0 : places; i < 6; i++)
        v *= 10;
    *millionths = negative ? -v : v;
    return true;
}

void bf_json_text(bf_str s, struct bf_buf *out) {
    bf_buf_char(out, '"');
    for (uint32_t i = 0; i < s.len; i++) {
        size_t plain = bf_json_plain(s.p + i, s.len - i);
        bf_buf_put(out, s.p + i, plain);
        i += (uint32_t)plain;
        if (i < s.len)
            bf_buf_fmt(out, (unsigned char)s.p[i] < 0x20 ? "\\u%04x" : "\\%c", s.p[i]);
    }
    bf_buf_char(out, '"');
}

static const char *unit_word(uint32_t unit) {
    switch ((enum bf_unit)unit) {
    case BF_UNIT_WORKING_DAYS: return "working_days";
    case BF_UNIT_DAYS: return "days";
    case BF_UNIT_MONTHS: return "months";
    case BF_UNIT_HOURS: return "hours";
    }
    return "?";
}

static void party_json(const struct bf_image *m, struct bf_value v, struct bf_buf *out) {
    static const char *const word[] = {"office", "person", "organisation", "department"};
    bf_buf_char(out, '{');
    if (v.n && bf_present(v.u.items[BF_PARTY_CODE])) {
        bf_buf_z(out, "\"code\":");
        bf_value_json(m, v.u.items[BF_PARTY_CODE], out);
        bf_buf_char(out, ',');
    }
    bf_buf_z(out, "\"kind\":");
    bf_buf_quoted(out, word[v.kind - BF_K_PARTY]);
    if (v.n && bf_present(v.u.items[BF_PARTY_LEVEL])) {
        bf_buf_z(out, ",\"level\":");
        bf_value_json(m, v.u.items[BF_PARTY_LEVEL], out);
    }
    if (v.n && bf_present(v.u.items[BF_PARTY_NAME])) {
        bf_buf_z(out, ",\"name\":");
        bf_value_json(m, v.u.items[BF_PARTY_NAME], out);
    }
    if (v.aux != BF_NO_OFFICE) {
        bf_buf_z(out, ",\"office\":");
        bf_json_text(bf_i_text(m, m->office[v.aux].name), out);
    }
    bf_buf_char(out, '}');
}

static void items_json(const struct bf_image *m, struct bf_value v, struct bf_buf *out) {
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < v.n; i++) {
        if (i)
            bf_buf_char(out, ',');
        bf_value_json(m, v.u.items[i], out);
    }
    bf_buf_char(out, ']');
}

/* Fields in the order of their names' bytes. A record has few. */
static void record_json(const struct bf_image *m, struct bf_value v, struct bf_buf *out) {
    const struct bf_i_field *field = m->field + m->record[v.aux].fields.first;
    bf_str last = {NULL, 0};
    bf_buf_char(out, '{');
    for (uint32_t done = 0; done < v.n; done++) {
        uint32_t next = BF_NONE;
        for (uint32_t i = 0; i < v.n; i++) {
            bf_str name = bf_i_text(m, field[i].name);
            if (done && bf_str_cmp(name, last) <= 0)
                continue;
            if (next == BF_NONE || bf_str_cmp(name, bf_i_text(m, field[next].name)) < 0)
                next = i;
        }
        if (next == BF_NONE)
            break;
        last = bf_i_text(m, field[next].name);
        if (done)
            bf_buf_char(out, ',');
        bf_json_text(last, out);
        bf_buf_char(out, ':');
        bf_value_json(m, v.u.items[next], out);
    }
    bf_buf_char(out, '}');
}

static void violation_json(const struct bf_image *m, struct bf_value v, struct bf_buf *out) {
    bf_str name = bf_i_text(m, m->violation[v.u.i].name);
    if (!v.n) {
        bf_json_text(name, out);
        return;
    }
    bf_buf_fmt(out, "{\"at\":%u,\"case\":%u,\"name\":", (unsigned)v.aux, (unsigned)v.n);
    bf_json_text(name, out);
    bf_buf_char(out, '}');
}

void bf_value_json(const struct bf_image *m, struct bf_value v, struct bf_buf *out) {
    char text[BF_DECIMAL_TEXT], day[BF_DAY_TEXT];
    switch ((enum bf_kind)v.kind) {
    case BF_K_NONE: bf_buf_z(out, "null"); break;
    case BF_K_BOOL: bf_buf_z(out, v.u.i ? "true" : "false"); break;
    case BF_K_INT:
    case BF_K_INSTANT:
    case BF_K_CASE: bf_buf_int(out, v.u.i); break;
    case BF_K_DECIMAL: bf_buf_quoted(out, bf_decimal_print(v.u.i, text)); break;
    case BF_K_DATE: bf_buf_quoted(out, bf_day_print((bf_day)v.u.i, day)); break;
    case BF_K_TEXT:
    case BF_K_DOCUMENT:
    case BF_K_CITIZEN_ID:
    case BF_K_CREDIT_CODE: bf_json_text(bf_value_text(v), out); break;
    case BF_K_PARTY:
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT: party_json(m, v, out); break;
    case BF_K_VIOLATION: violation_json(m, v, out); break;
    case BF_K_PERIOD:
        bf_buf_z(out, "{\"count\":");
        bf_buf_int(out, v.u.i);
        bf_buf_z(out, ",\"unit\":");
        bf_buf_quoted(out, unit_word(v.aux));
        bf_buf_char(out, '}');
        break;
    case BF_K_ENUM:
        bf_json_text(bf_i_text(m, m->member[m->enums[v.aux].members.first + (uint32_t)v.u.i].name),
                     out);
        break;
    case BF_K_RECORD:
        if (v.aux == BF_TUPLE)
            items_json(m, v, out);
        else
            record_json(m, v, out);
        break;
    case BF_K_LIST: items_json(m, v, out); break;
    case BF_KINDS: break;
    }
}
