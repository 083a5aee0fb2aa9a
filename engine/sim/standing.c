/* standing: see standing.h. */
#include "engine/sim/standing.h"

#include <string.h>

/* A row of a register, the latest first. */
struct put {
    struct put *before;
    const struct bf_image *image; /* whose register it is */
    uint32_t reg;
    struct bf_value row;
};

struct reading {
    struct bf_arena *a;
    struct bf_journal_in *in;
    uint64_t number;
    const struct bf_image *image; /* the case's */
    const struct bf_calendar *calendar;
    struct bf_case *c;
    struct bf_told *told;
    uint32_t told_count, told_cap;
    struct put *latest;
    bf_instant until, last;
    bool bad_at, later;
};

/* ---- registers ---- */

static bool key_is(const struct bf_image *m, uint32_t reg, struct bf_value row,
                   const struct bf_value *keys) {
    struct bf_i_range fields = m->reg[reg].keys;
    for (uint32_t i = 0; i < fields.count; i++)
        if (!bf_value_equal(row.u.items[m->key[fields.first + i]], keys[i]))
            return false;
    return true;
}

static enum bf_lookup row_of(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                             struct bf_value *row) {
    const struct reading *r = ctx;
    (void)n;
    for (const struct put *p = r->latest; p; p = p->before)
        if (p->image == r->image && p->reg == reg && key_is(p->image, reg, p->row, keys)) {
            *row = p->row;
            return BF_LOOKUP_FOUND;
        }
    return BF_LOOKUP_ABSENT;
}

static void keep_row(struct reading *r, const struct bf_image *m, uint32_t reg,
                     struct bf_value row) {
    struct put *p = bf_new(r->a, struct put);
    *p = (struct put){r->latest, m, reg, bf_value_copy(r->a, row)};
    r->latest = p;
}

/* What an operator put: {"register":NAME,"row":RECORD} */
static enum bf_err read_put(struct reading *r, const struct bf_entry *n, struct bf_error *e) {
    struct bf_canon j;
    const struct bf_image *m = n->image;
    enum bf_err err = bf_canon_read(r->a, n->data, &j, e);
    const struct bf_canon *name = err ? NULL : bf_canon_member(&j, "register"),
                          *row = err ? NULL : bf_canon_member(&j, "row");
    for (uint32_t i = 0; m && name && row && name->kind == BF_CANON_TEXT && i < m->reg_count; i++) {
        struct bf_value v;
        if (!bf_str_eq(bf_i_text(m, m->reg[i].name), name->text))
            continue;
        const char *wrong = bf_value_read_record(m, r->a, row, m->reg[i].record, &v);
        if (wrong)
            return bf_fail(e, BF_EFORMAT, "data: row: %s", wrong);
        keep_row(r, m, i, v);
        return BF_OK;
    }
    return err ? err : bf_fail(e, BF_EFORMAT, "data: not a row of a register");
}

/* ---- rows ---- */

static void tell(struct reading *r, const struct bf_entry *n) {
    if (r->told_count == r->told_cap) {
        r->told_cap = r->told_cap ? r->told_cap * 2 : 8;
        struct bf_told *bigger = bf_new_array(r->a, struct bf_told, r->told_cap);
        if (r->told_count)
            memcpy(bigger, r->told, r->told_count * sizeof *bigger);
        r->told = bigger;
    }
    struct bf_fact *facts = bf_new_array(r->a, struct bf_fact, n->fact_count + 1);
    for (uint32_t i = 0; i < n->fact_count; i++)
        facts[i] = bf_fact_copy(r->a, &n->facts[i]);
    r->told[r->told_count++] = (struct bf_told){n->head.number, facts, n->fact_count};
}

static enum bf_err first_row(struct reading *r, const struct bf_entry *n,
                             const struct bf_asked_at *at, struct bf_error *e) {
    r->image = n->image;
    r->calendar = bf_journal_in_calendar(r->in, n->calendar);
    if (!r->image || !r->calendar)
        return bf_fail(e, BF_EFORMAT, "its image or calendar is not in the file");
    if (at->read && !at->read(at->ctx, r->calendar, &r->until))
        r->bad_at = true;
    r->later = at->read && r->until < n->head.recorded;
    return BF_OK;
}

static enum bf_err row(struct reading *r, const struct bf_entry *n, const struct bf_asked_at *at,
                       struct bf_error *e) {
    bool mine = n->head.number == r->number;
    enum bf_err err =
        mine && !r->image && n->head.kind != BF_ENTRY_REFUSAL ? first_row(r, n, at, e) : BF_OK;
    if (err || r->bad_at || (r->image && at->read && n->head.recorded > r->until))
        return err;
    r->last = n->head.recorded;
    if (n->head.kind == BF_ENTRY_REGISTER)
        return read_put(r, n, e);
    for (uint32_t i = 0; i < n->fact_count; i++)
        if (n->facts[i].kind == BF_FACT_PUT)
            keep_row(r, n->image, n->facts[i].a, n->facts[i].v[0]);
    if (!mine || !r->image)
        return BF_OK;
    if (n->gone || n->head.kind == BF_ENTRY_MIGRATE || n->head.kind == BF_ENTRY_SEAL)
        return bf_fail(e, BF_EFORMAT, "the case cannot be told past this row");
    const struct bf_calendar *newer = bf_journal_in_calendar(r->in, n->calendar);
    r->calendar = newer ? newer : r->calendar;
    tell(r, n);
    return bf_entry_apply(r->a, n, &r->c, e);
}

enum bf_err bf_standing_read(struct bf_arena *a, struct bf_journal_in *in, uint64_t number,
                             const struct bf_asked_at *at, struct bf_standing *out,
                             enum bf_standing_verdict *verdict, struct bf_error *e) {
    struct reading *r = bf_new(a, struct reading);
    struct bf_entry n;
    enum bf_err err = BF_OK;
    bf_instant due;
    *r = (struct reading){.a = a, .in = in, .number = number, .until = BF_INSTANT_NONE};
    while (bf_journal_in_next(in, &n, &err, e))
        if ((err = row(r, &n, at, e)) != BF_OK)
            return bf_error_wrap(e, "row %llu", (unsigned long long)n.head.seq);
    *verdict = r->bad_at   ? BF_STANDING_BAD_AT
               : !r->image ? BF_STANDING_NO_CASE
               : r->later  ? BF_STANDING_EARLIER
                           : BF_STANDING_READ;
    if (err || *verdict != BF_STANDING_READ)
        return err;
    bf_instant now = at->read ? r->until : r->last;
    if (bf_case_next_lapse(r->image, r->c, &due) != BF_NONE && due <= now)
        now = due - 1;
    struct bf_case **cases = bf_new(a, struct bf_case *);
    *cases = r->c;
    *out = (struct bf_standing){.arena = a,
                                .image = r->image,
                                .calendar = r->calendar,
                                .world = {.calendar = r->calendar, .row = row_of, .ctx = r},
                                .now = now,
                                .cases = cases,
                                .case_count = 1,
                                .told = r->told,
                                .told_count = r->told_count};
    return BF_OK;
}
