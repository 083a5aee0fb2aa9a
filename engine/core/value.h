/* Value: what the rules compute with.
**
** A value is 16 bytes, passed and kept by value. What it points to (texts, the fields of records, the
** parts of parties, the elements of lists) is immutable and owned by whoever made it: an arena, an
** image, the caller. Values share such parts freely; bf_value_copy makes one that stands alone.
**
**   kind                           aux                 n          u
**   NONE (absent)                  0                   0          0
**   BOOL INT DATE INSTANT          0                   0          i; a Date is a bf_day
**   DECIMAL                        0                   0          i, in millionths
**   VIOLATION                      place in its case   case       i: row of `violation`; n 0: no certain one
**   PERIOD                         enum bf_unit        0          i
**   ENUM                           row of `enums`      0          i: number of the member in it
**   TEXT DOCUMENT CITIZEN_ID …     0                   bytes      text (UTF-8; NULL if n is 0)
**   RECORD                         row of `record`, or fields     items
**                                  BF_TUPLE
**   LIST                           0                   elements   items
**   PERSON ORGANISATION DEPARTMENT row of `office`, or 3          items: code, name, level
**                                  BF_NO_OFFICE
**   PARTY (an office there is      row of `office`     0          NULL
**          one of)
**   CASE (scenarios)               row of `proc`       0          i: the case's number
**
** A party is known by its kind, its code (without one, by its name) and the office it acts through; name
** and level say more about it and do not tell two parties apart.
*/
#ifndef BF_VALUE_H
#define BF_VALUE_H

#include "lang/base/date.h"
#include "lang/image/image.h"

struct bf_value {
    uint32_t kind : 8; /* enum bf_kind */
    uint32_t aux : 24;
    uint32_t n;
    union {
        int64_t i;
        const char *text;
        const struct bf_value *items;
    } u;
};

#define BF_NO_OFFICE 0xFFFFFFu
#define BF_TUPLE 0xFFFFFFu /* RECORD: unnamed */
#define BF_DECIMAL_ONE 1000000
#define BF_DECIMAL_MAX INT64_C(999999999999999999) /* 18 digits, 6 of them after the point */
enum { BF_PARTY_CODE, BF_PARTY_NAME, BF_PARTY_LEVEL, BF_PARTY_PARTS };

#define BF_ABSENT ((struct bf_value){0})

static inline bool bf_present(struct bf_value v) { return v.kind != BF_K_NONE; }
static inline struct bf_value bf_value_of(enum bf_kind kind, int64_t i) {
    return (struct bf_value){.kind = kind, .u.i = i};
}
static inline struct bf_value bf_bool(bool yes) { return bf_value_of(BF_K_BOOL, yes); }
static inline struct bf_value bf_int(int64_t i) { return bf_value_of(BF_K_INT, i); }
static inline struct bf_value bf_date(bf_day day) { return bf_value_of(BF_K_DATE, day); }
static inline struct bf_value bf_instant_value(bf_instant at) {
    return bf_value_of(BF_K_INSTANT, at);
}
static inline struct bf_value bf_period_value(enum bf_unit unit, int64_t count) {
    return (struct bf_value){.kind = BF_K_PERIOD, .aux = unit, .u.i = count};
}
static inline struct bf_value bf_enum_value(uint32_t row, uint32_t member) {
    return (struct bf_value){.kind = BF_K_ENUM, .aux = row, .u.i = member};
}
/* kind: TEXT, DOCUMENT, CITIZEN_ID or CREDIT_CODE. The text is not copied. */
static inline struct bf_value bf_text_value(enum bf_kind kind, bf_str s) {
    return (struct bf_value){.kind = kind, .n = s.len, .u.text = s.len ? s.p : NULL};
}
static inline struct bf_value bf_record_value(uint32_t record, const struct bf_value *fields,
                                              uint32_t n) {
    return (struct bf_value){.kind = BF_K_RECORD, .aux = record, .n = n, .u.items = fields};
}
static inline struct bf_value bf_list_value(const struct bf_value *items, uint32_t n) {
    return (struct bf_value){.kind = BF_K_LIST, .n = n, .u.items = n ? items : NULL};
}
/* kind: PERSON, ORGANISATION or DEPARTMENT; parts: code, name, level, not copied. */
static inline struct bf_value bf_party_value(enum bf_kind kind,
                                             const struct bf_value parts[BF_PARTY_PARTS]) {
    return (struct bf_value){
        .kind = kind, .aux = BF_NO_OFFICE, .n = BF_PARTY_PARTS, .u.items = parts};
}
/* The office of a party (`police.head`); an office of which there is one. */
static inline struct bf_value bf_office_of(struct bf_value party, uint32_t office) {
    party.aux = office;
    return party;
}
static inline struct bf_value bf_office_value(uint32_t office) {
    return (struct bf_value){.kind = BF_K_PARTY, .aux = office};
}
static inline bool bf_is_party(struct bf_value v) {
    return v.kind >= BF_K_PARTY && v.kind <= BF_K_DEPARTMENT;
}
static inline bool bf_is_text(struct bf_value v) {
    return v.kind == BF_K_TEXT || (v.kind >= BF_K_DOCUMENT && v.kind <= BF_K_CREDIT_CODE);
}
static inline bf_str bf_value_text(struct bf_value v) { return (bf_str){v.u.text, v.n}; }
static inline bool bf_is_yes(struct bf_value v) { return v.kind == BF_K_BOOL && v.u.i; }

/* Equal as the language has it: absent equals absent only, parties as said above, all else part by
** part. Values of two kinds are never equal. */
bool bf_value_equal(struct bf_value x, struct bf_value y);
/* What alone tells v from others: equal values have equal identities, part by part and so in JSON too. (Of a party
** name and level are left out where there is a code.) Shares with v. */
struct bf_value bf_value_identity(struct bf_arena *a, struct bf_value v);
/* Order of two values of one ordered kind (Int, Decimal, Date, Instant, periods of one unit): less than,
** equal to, greater than 0. False if they have none. */
bool bf_value_order(struct bf_value x, struct bf_value y, int *order);
/* Is it the same party, through whatever office? */
bool bf_same_party(struct bf_value x, struct bf_value y);

/* A copy that shares nothing with v. */
struct bf_value bf_value_copy(struct bf_arena *a, struct bf_value v);
struct bf_value *bf_values_copy(struct bf_arena *a, const struct bf_value *v, uint32_t n);

/* The value of a constant of the image. */
static inline struct bf_value bf_const_value(const struct bf_image *m, uint32_t konst) {
    const struct bf_i_const *k = &m->konst[konst];
    struct bf_value v = {.kind = k->kind, .u.i = k->i};
    if (k->kind == BF_K_PERIOD || k->kind == BF_K_ENUM)
        v.aux = k->aux;
    else if (bf_is_text(v))
        v = bf_text_value((enum bf_kind)k->kind, bf_i_text(m, (uint32_t)k->i));
    return v;
}

/* May a value stand where type row `type` is asked for? Absent only if the type is optional; lists within
** their cap; every part is looked at. Checksums of identifiers and UTF-8 included, so that what an outsider
** sent is a value of the language afterwards. NULL: it may; else what is wrong, in English. */
const char *bf_value_check(const struct bf_image *m, struct bf_value v, uint32_t type);

/* The same of an actor: any party or office. */
const char *bf_value_check_party(const struct bf_image *m, struct bf_value v);

/* Check characters of GB 11643 and GB 32100. */
bool bf_citizen_id_ok(bf_str s);
bool bf_credit_code_ok(bf_str s);

/* Canonical JSON: keys sorted, no blanks, integers and strings only besides true, false and null (absent).
** A Decimal is a string without needless zeros, a Date "2025-09-29", an Instant its seconds, an enum member
** and a violation its name, a period {"count":5,"unit":"working_days"}, a party {"code":…,"kind":
** "department","level":…,"name":…,"office":…} without what it has not. */
void bf_value_json(const struct bf_image *m, struct bf_value v, struct bf_buf *out);
/* A JSON string, quotes included; escapes only what JSON demands. */
void bf_json_text(bf_str s, struct bf_buf *out);
/* "1.1", "-0.000001" */
#define BF_DECIMAL_TEXT 24
const char *bf_decimal_print(int64_t millionths, char out[BF_DECIMAL_TEXT]);
bool bf_decimal_parse(bf_str s, int64_t *millionths);

#endif
