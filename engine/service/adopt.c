/* Adopt: which calendar is current, who still counts by an older one, and the sweep that leaves nobody behind; that
** sweep also brings each case to who took a department's place.
**
** A head knows the calendar of its last row. An adoption that moves none of its dates leaves no row: the case is then
** found behind again when it is read anew, counted again, and found as it was. So how far a sweep has come need not be
** exact, only never too far.
**
** A sweep goes through the cases by number. A page's heads are brought forward in attempts of their own, and stay
** pinned until that is durable; a full disk takes heads back, and then the page is done again.
*/
#include <string.h>

#include "engine/service/engine_parts.h"
#include "lang/base/mem.h"

enum { PAGES_KEPT = 16 }; /* pages between two of them */

/* ---- calendars ---- */

const struct bf_calendar *bf_adopt_calendar_of(const struct bf_engine *e,
                                               const uint8_t hash[BF_SHA256_LEN]) {
    for (uint32_t i = 0; i < e->calendar_count; i++)
        if (memcmp(bf_calendar_hash(e->calendars[i]), hash, BF_SHA256_LEN) == 0)
            return e->calendars[i];
    return NULL;
}

/* Room for a pointer behind so many. */
static bool room(void *list, uint32_t count, uint32_t *cap) {
    void **old = *(void ***)list;
    if (count < *cap)
        return true;
    uint32_t more = (count + 4) * 2;
    void *bigger = bf_realloc(old, more * sizeof *old);
    if (!bigger)
        return false;
    *(void **)list = bigger;
    *cap = more;
    return true;
}

bool bf_engine_know_calendar(struct bf_engine *e, const struct bf_calendar *c) {
    if (bf_adopt_calendar_of(e, bf_calendar_hash(c)))
        return true;
    if (!room(&e->calendars, e->calendar_count, &e->calendar_cap))
        return false;
    e->calendars[e->calendar_count++] = c;
    return true;
}

static bool of_name(const struct bf_adoption *a, const struct bf_image *m) {
    return a->calendar &&
           bf_str_eq(bf_calendar_name(a->calendar), bf_i_text(m, m->policy.calendar));
}

const struct bf_calendar *bf_adopt_current(const struct bf_engine *e, const struct bf_image *m,
                                           const struct bf_calendar *given) {
    for (uint32_t i = e->adoption_count; i-- > 0;)
        if (of_name(e->adoptions[i], m))
            return e->adoptions[i]->calendar;
    return given;
}

const struct bf_adoption *bf_adopt_next(const struct bf_engine *e, const struct bf_head *h,
                                        bf_instant now, struct bf_adoption *unrecorded) {
    const struct bf_image *m = h->policy->image;
    const struct bf_adoption *next = NULL;
    if (h->calendar == h->policy->calendar || bf_case_ended(m, h->c))
        return NULL;
    for (uint32_t i = e->adoption_count; i-- > 0;) {
        if (!of_name(e->adoptions[i], m))
            continue;
        if (e->adoptions[i]->calendar == h->calendar)
            break;
        next = e->adoptions[i];
    }
    if (next)
        return next;
    *unrecorded = (struct bf_adoption){.calendar = h->policy->calendar, .at = now};
    return unrecorded;
}

/* ---- adopting ---- */

static void adoption_failed(struct bf_engine *e, enum bf_err err, const struct bf_error *error) {
    struct bf_error none;
    bf_fail(&none, err, "a calendar's row cannot be read");
    bf_engine_die(e, error ? error : &none);
}

/* In its place among the rows; it counts from now on. */
static void counts(struct bf_adoption *a) {
    struct bf_engine *e = a->engine;
    uint32_t at = e->adoption_count++;
    for (; at > 0 && e->adoptions[at - 1]->seq > a->seq; at--)
        e->adoptions[at] = e->adoptions[at - 1];
    e->adoptions[at] = a;
    for (uint32_t i = 0; i < e->policy_count; i++) {
        struct bf_engine_policy *p = e->policies[i];
        p->calendar = bf_adopt_current(e, p->image, p->calendar);
    }
    bf_engine_resume(e);
}

/* How far its sweep came before a restart. */
static void swept_read(void *ctx, enum bf_err err, const struct bf_error *error,
                       const struct bf_rows *rows) {
    struct bf_adoption *a = ctx;
    struct bf_engine *e = a->engine;
    const struct bf_row_setting *row = !err && rows->count ? rows->row : NULL;
    struct bf_error bad;
    struct bf_canon j;
    jmp_buf jump;
    struct bf_arena *arena = row ? bf_arena_new(1 << 16) : NULL;
    e->under_way--;
    e->adopting--;
    if (err)
        adoption_failed(e, err, error);
    if (arena) {
        bf_arena_on_exhausted(arena, &jump);
        if (setjmp(jump) == 0 && bf_canon_read(arena, row->json, &j, &bad) == BF_OK) {
            const struct bf_canon *seq = bf_canon_member(&j, "calendar"),
                                  *done = bf_canon_member(&j, "done"),
                                  *through = bf_canon_member(&j, "through");
            bool same = seq && seq->kind == BF_CANON_INT && (uint64_t)seq->i == a->seq;
            a->swept = same && done && done->kind == BF_CANON_TRUE;
            if (same && through && through->kind == BF_CANON_INT)
                a->through = (uint64_t)through->i;
        }
        bf_arena_free(arena);
    }
    counts(a);
}

static bf_str swept_id(const struct bf_adoption *a) {
    return a->calendar ? bf_calendar_name(a->calendar) : a->id;
}

static void read_swept(struct bf_adoption *a) {
    struct bf_engine *e = a->engine;
    struct bf_row_setting at = {.kind = BF_STR("swept"), .id = swept_id(a)};
    struct bf_query q = {
        .partition = e->o.partition, .table = BF_TABLE_SETTING, .at = &at, .same = 2, .limit = 1};
    e->under_way++;
    e->adopting++;
    bf_store_read(e->store, &q, swept_read, a);
}

static void row_read(void *ctx, enum bf_err err, const struct bf_error *error,
                     const struct bf_rows *rows) {
    struct bf_adoption *a = ctx;
    struct bf_engine *e = a->engine;
    const struct bf_row_journal *row = !err && rows->count ? rows->row : NULL;
    struct bf_entry_head head;
    struct bf_error bad;
    e->under_way--;
    e->adopting--;
    if (!row || row->head.len != BF_ENTRY_HEAD ||
        bf_entry_head_read((const uint8_t *)row->head.p, &head, &bad) ||
        head.kind != BF_ENTRY_CALENDAR ||
        !room(&e->adoptions, e->adoption_count + e->adopting, &e->adoption_cap)) {
        adoption_failed(e, err ? err : BF_EFORMAT, error);
        bf_free(a);
        return;
    }
    a->at = head.recorded;
    read_swept(a);
}

void bf_engine_adopt_calendar(struct bf_engine *e, const struct bf_calendar *c, uint64_t seq) {
    struct bf_adoption *a = bf_engine_know_calendar(e, c) ? bf_malloc(sizeof *a) : NULL;
    if (!a) {
        adoption_failed(e, BF_ENOMEM, NULL);
        return;
    }
    *a = (struct bf_adoption){
        .calendar = bf_adopt_calendar_of(e, bf_calendar_hash(c)), .seq = seq, .engine = e};
    struct bf_row_journal at = {.seq = seq};
    struct bf_query q = {
        .partition = e->o.partition, .table = BF_TABLE_JOURNAL, .at = &at, .same = 1, .limit = 1};
    e->under_way++;
    e->adopting++;
    bf_store_read(e->store, &q, row_read, a);
}

/* ---- successors ---- */

/* When it counts for each policy that is known. */
static bool from_of(const struct bf_engine *e, uint64_t seq, bf_instant *from) {
    *from = BF_INSTANT_NONE;
    for (uint32_t i = 0; i < e->policy_count; i++) {
        const struct bf_engine_policy *p = e->policies[i];
        const struct bf_heirs_view *v = bf_heirs_view(e->heirs, p->image, p->calendar);
        if (!v)
            return false;
        for (uint32_t k = 0; k < v->count; k++)
            if (v->heir[k].seq == seq && v->heir[k].from > *from)
                *from = v->heir[k].from;
    }
    return true;
}

void bf_engine_succession(struct bf_engine *e, bf_str id, bf_str json, uint64_t seq) {
    static const char kind[] = "department ";
    enum { KIND = sizeof kind - 1 };
    bf_instant from;
    struct bf_adoption *a = bf_malloc(sizeof *a + KIND + id.len);
    if (!a || !bf_heirs_put(e->heirs, id, json, seq) || !from_of(e, seq, &from) ||
        !room(&e->adoptions, e->adoption_count + e->adopting + 1, &e->adoption_cap)) {
        bf_free(a);
        adoption_failed(e, BF_ENOMEM, NULL);
        return;
    }
    char *name = (char *)(a + 1);
    *a = (struct bf_adoption){.from = from, .id = {name, KIND + id.len}, .seq = seq, .engine = e};
    memcpy(name, kind, KIND);
    memcpy(name + KIND, id.p, id.len);
    read_swept(a);
}

/* Those it has looked at are of one state of the rows, and of one text. */
static uint32_t seen_of(const struct bf_engine *e, const struct bf_head *h) {
    bool same = h->heirs_version == bf_heirs_version(e->heirs) && h->heirs_of == h->policy;
    return same ? h->heirs_seen : 0;
}

bool bf_heirs_next(struct bf_engine *e, struct bf_head *h, bf_instant by,
                   const struct bf_heir **next) {
    const struct bf_heirs_view *v = bf_heirs_view(e->heirs, h->policy->image, h->policy->calendar);
    *next = NULL;
    if (!v)
        return false;
    h->heirs_seen = seen_of(e, h);
    h->heirs_version = bf_heirs_version(e->heirs);
    h->heirs_of = h->policy;
    if (h->heirs_seen < v->count && v->heir[h->heirs_seen].from <= by)
        *next = &v->heir[h->heirs_seen++];
    return true;
}

bool bf_heirs_due(struct bf_engine *e, const struct bf_head *h, bf_instant by) {
    if (!bf_heirs_version(e->heirs))
        return false;
    const struct bf_heirs_view *v = bf_heirs_view(e->heirs, h->policy->image, h->policy->calendar);
    return !v || (seen_of(e, h) < v->count && v->heir[seen_of(e, h)].from <= by);
}

bf_instant bf_sweep_wake(const struct bf_engine *e) {
    bf_instant next = BF_DUE_NEVER, now = e->adoption_count ? e->o.now(e->o.ctx) : 0;
    for (uint32_t i = 0; i < e->adoption_count; i++) {
        const struct bf_adoption *a = e->adoptions[i];
        if (!a->calendar && !a->swept && a->from > now && a->from < next)
            next = a->from;
    }
    return next;
}

void bf_adopt_fini(struct bf_engine *e) {
    for (uint32_t i = 0; i < e->adoption_count; i++)
        bf_free(e->adoptions[i]);
    bf_free(e->adoptions);
    bf_free(e->calendars);
    bf_free(e->sweep.page);
}

/* ---- the sweep ---- */

static struct bf_adoption *unswept(const struct bf_engine *e) {
    bf_instant now = e->adoption_count ? e->o.now(e->o.ctx) : 0;
    for (uint32_t i = 0; i < e->adoption_count; i++)
        if (!e->adoptions[i]->swept && (e->adoptions[i]->calendar || e->adoptions[i]->from <= now))
            return e->adoptions[i];
    return NULL;
}

void bf_engine_rest(struct bf_engine *e) { e->resting = true; }

bool bf_engine_sweeping(const struct bf_engine *e) { return e->adopting || unswept(e); }

static void end_page(struct bf_engine *e) {
    struct bf_sweep *s = &e->sweep;
    for (uint32_t i = 0; i < s->page_count; i++)
        s->page[i]->pins--;
    bf_free(s->page);
    s->page = NULL;
    s->page_count = 0;
}

/* Open cases whose policy counts by a calendar of that name; of a department all, since any may name it. */
static bool concerned(const struct bf_engine *e, const struct bf_adoption *a,
                      const struct bf_row_cases *row) {
    const struct bf_engine_policy *p = row->ended ? NULL : bf_engine_policy_of(e, row->policy);
    return p && (!a->calendar || of_name(a, p->image));
}

static void nobody(void *ctx, const struct bf_answer *a) { (void)ctx, (void)a; }

/* If it is not kept, a restart begins a bit earlier. */
static void keep_progress(struct bf_engine *e, const struct bf_adoption *a) {
    struct bf_buf data;
    bf_buf_init(&data);
    bf_buf_z(&data, "{\"id\":");
    bf_json_text(swept_id(a), &data);
    bf_buf_fmt(&data, ",\"json\":{\"calendar\":%llu,\"done\":%s,\"through\":%llu},",
               (unsigned long long)a->seq, a->swept ? "true" : "false",
               (unsigned long long)a->through);
    bf_buf_z(&data, "\"kind\":\"swept\"}");
    if (!data.failed)
        bf_engine_notice(e, &(struct bf_notice){.kind = BF_ENTRY_SETTING,
                                                .data = bf_buf_view(&data),
                                                .answer = nobody});
    bf_buf_fini(&data);
}

/* The heads of a page. False: there is no memory for them; the next scan tries again. */
static bool make_page(struct bf_engine *e, const struct bf_rows *rows) {
    struct bf_sweep *s = &e->sweep;
    const struct bf_row_cases *row = rows->row;
    if (!(s->page = bf_malloc(rows->count * sizeof *s->page)))
        return false;
    for (uint32_t i = 0; i < rows->count; i++) {
        if (!concerned(e, s->of, &row[i]))
            continue;
        struct bf_head *h = bf_engine_head(e, row[i].number);
        if (!h) {
            end_page(e);
            return false;
        }
        h->pins++;
        s->page[s->page_count++] = h;
    }
    s->page_end = row[rows->count - 1].number;
    return true;
}

static void page_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    struct bf_sweep *s = &e->sweep;
    e->under_way--;
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        bf_engine_die(e, error);
    bool fine = !err && !e->dead;
    if (fine && !rows->count) {
        s->of->swept = true;
        keep_progress(e, s->of);
    } else if (fine) {
        fine = make_page(e, rows);
    }
    s->reading = false; /* not before: a head whose read ends at once has others go on */
    if (fine)
        bf_sweep_run(e); /* else the next scan tries again */
}

static void read_page(struct bf_engine *e, struct bf_adoption *a) {
    struct bf_row_cases at = {.number = a->through};
    struct bf_query q = {.partition = e->o.partition,
                         .table = BF_TABLE_CASES,
                         .at = &at,
                         .after = true,
                         .limit = e->o.batch_rows / 4 ? e->o.batch_rows / 4 : 1};
    e->sweep.of = a;
    e->sweep.reading = true;
    e->under_way++;
    bf_store_read(e->store, &q, page_read, e);
}

/* Brings a head forward. False: it cannot be done now. */
static bool bring(struct bf_engine *e, struct bf_head *h) {
    struct bf_adoption unrecorded;
    struct bf_error error;
    if (h->loading || (!h->c && !h->failed && !bf_engine_load(e, h)) || h->loading)
        return false;
    if (!h->c)
        return h->failed == BF_ENOENT; /* its policy is gone */
    if (!bf_adopt_next(e, h, BF_INSTANT_NONE, &unrecorded) &&
        !bf_heirs_due(e, h, e->o.now(e->o.ctx)))
        return true;
    switch (bf_engine_fire(e, &(struct bf_deed){.head = h, .adopt = true})) {
    case BF_ATTEMPT_DONE: return true;
    case BF_ATTEMPT_WAIT:
    case BF_ATTEMPT_MEMORY: return false;
    case BF_ATTEMPT_CHAIN:
    case BF_ATTEMPT_UNREADABLE:
    case BF_ATTEMPT_MALFORMED: break;
    }
    bf_fail(&error, BF_ELIMIT, "case %llu: what its lapse brings about cannot be done",
            (unsigned long long)h->number);
    bf_engine_die(e, &error);
    return false;
}

static bool page_is_durable(struct bf_engine *e) {
    const struct bf_sweep *s = &e->sweep;
    bool done = true;
    for (uint32_t i = 0; i < s->page_count && !e->dead; i++)
        done &= bring(e, s->page[i]);
    for (uint32_t i = 0; i < s->page_count && done; i++)
        done = s->page[i]->last_seq <= e->committed;
    return done && !e->dead;
}

void bf_sweep_run(struct bf_engine *e) {
    struct bf_sweep *s = &e->sweep;
    if (e->dead || e->held || s->reading || s->running || e->adopting || !unswept(e))
        return;
    s->running = true;
    if (s->page && page_is_durable(e)) {
        s->of->through = s->page_end;
        if (++s->pages % PAGES_KEPT == 0)
            keep_progress(e, s->of);
        end_page(e);
    }
    if (!s->page && !e->dead && !e->resting && unswept(e))
        read_page(e, unswept(e));
    s->running = false;
}
