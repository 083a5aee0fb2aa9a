/* standing: see standing.h. */
#include "engine/sim/standing.h"

#include <string.h>

/* A row of a register, the latest first: of whatever version of the policy, as the service keeps it. */
struct put {
    struct put *before;
    const struct bf_image *image; /* that put it */
    uint32_t reg;
    struct bf_value row;
    struct bf_value told; /* as the case's image has it, once it was asked for */
    bool read;
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
    bool bad_at, later, gone;
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

/* The register of that name, in another version of the policy too, and in what amends it. */
static bool same_register(const struct put *p, const struct bf_image *m, uint32_t reg) {
    return bf_str_eq(bf_i_owner(p->image, p->reg), bf_i_owner(m, reg)) &&
           bf_str_eq(bf_i_text(p->image, p->image->reg[p->reg].name),
                     bf_i_text(m, m->reg[reg].name));
}

/* The row as a record of the case's image; false: it is none. */
static bool as_read(const struct reading *r, struct put *p, uint32_t reg) {
    struct bf_buf text;
    struct bf_canon j;
    struct bf_error e;
    if (p->read)
        return true;
    if (p->image == r->image) {
        p->told = p->row;
        return p->read = true;
    }
    bf_buf_in(&text, r->a);
    bf_value_json(p->image, p->row, &text);
    p->read = bf_canon_read(r->a, bf_buf_view(&text), &j, &e) == BF_OK &&
              !bf_value_read_record(r->image, r->a, &j, r->image->reg[reg].record, &p->told);
    return p->read;
}

static enum bf_lookup row_of(void *ctx, uint32_t reg, const struct bf_value *keys, uint32_t n,
                             struct bf_value *row) {
    const struct reading *r = ctx;
    (void)n;
    for (struct put *p = r->latest; p; p = p->before)
        if (same_register(p, r->image, reg) && as_read(r, p, reg) &&
            key_is(r->image, reg, p->told, keys)) {
            *row = p->told;
            return BF_LOOKUP_FOUND;
        }
    return BF_LOOKUP_ABSENT;
}

static void keep_row(struct reading *r, const struct bf_image *m, uint32_t reg,
                     struct bf_value row) {
    struct put *p = bf_new(r->a, struct put);
    *p = (struct put){.before = r->latest, .image = m, .reg = reg, .row = bf_value_copy(r->a, row)};
    r->latest = p;
}

/* {"register":NAME,"row":RECORD,…} */
static enum bf_err read_put(struct reading *r, const struct bf_image *m, const struct bf_canon *j,
                            struct bf_error *e) {
    const struct bf_canon *name = bf_canon_member(j, "register"), *row = bf_canon_member(j, "row");
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
    return bf_fail(e, BF_EFORMAT, "data: not a row of a register");
}

/* Rows that an operator put, or (of a sealed case) that stand though the bodies of its rows may be gone. */
static enum bf_err read_puts(struct reading *r, const struct bf_entry *n, struct bf_error *e) {
    struct bf_canon j;
    enum bf_err err = bf_canon_read(r->a, n->data, &j, e);
    const struct bf_canon *puts = err ? NULL : bf_canon_member(&j, "puts");
    if (!err && n->head.kind == BF_ENTRY_REGISTER)
        err = read_put(r, n->image, &j, e);
    for (uint32_t i = 0; !err && puts && puts->kind == BF_CANON_LIST && i < puts->count; i++)
        err = read_put(r, n->image, &puts->items[i], e);
    return err;
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
    r->told[r->told_count++] = (struct bf_told){
        .number = n->head.number,
        .facts = facts,
        .fact_count = n->fact_count,
        .image = n->image,
        .calendar = bf_journal_in_calendar(r->in, n->calendar),
        .migrated = n->head.kind == BF_ENTRY_MIGRATE,
        .gone = n->gone,
        .day = r->calendar ? bf_calendar_day_of(r->calendar, n->head.recorded, BF_DAY_SECONDS)
                           : BF_DAY_NONE};
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
    bool starts = mine && !r->image && n->head.kind != BF_ENTRY_REFUSAL;
    if (starts && n->gone) {
        r->gone = true;
        tell(r, n);
        return BF_OK;
    }
    enum bf_err err = starts ? first_row(r, n, at, e) : BF_OK;
    if (!err && starts && r->gone && r->later)
        return bf_fail(e, BF_EFORMAT, "what the case was at that time was dropped");
    if (err || r->bad_at || (r->image && at->read && n->head.recorded > r->until))
        return err;
    r->last = n->head.recorded;
    if (n->head.kind == BF_ENTRY_REGISTER)
        return read_puts(r, n, e);
    if (n->head.kind == BF_ENTRY_SEAL && !n->gone && (err = read_puts(r, n, e)) != BF_OK)
        return err;
    for (uint32_t i = 0; i < n->fact_count; i++)
        if (n->facts[i].kind == BF_FACT_PUT)
            keep_row(r, n->image, n->facts[i].a, n->facts[i].v[0]);
    if (!mine || !r->image)
        return BF_OK;
    if (n->head.kind == BF_ENTRY_MIGRATE && !n->gone) {
        r->image = n->image;
        for (struct put *p = r->latest; p; p = p->before)
            p->read = false;
    }
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
    if (!r->c)
        return bf_fail(e, BF_EFORMAT,
                       "rows of the case were dropped, and no later one says what it was");
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
