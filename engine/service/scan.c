/* Scan: what is due by now is fired, in the order of (due, written order, case).
**
** A pass goes through the cases that are due, a page at a time; the next page is read while this one's rows are
** written. A page fires what comes before its last row in that order; what its cases, or those that its lapses concern,
** have in store after that stays on it for the next. So the order holds across pages, and a consequence that is overdue
** too is fired in its place, in the same pass.
**
** While requests wait, a round takes lapses up to a quarter of a batch, else up to a whole one. What cannot be stepped (its
** policy is not known) is passed over and counted: it is nobody's wait.
*/
#include "engine/service/engine_parts.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

/* ---- when to look again ---- */

void bf_scan_heard(struct bf_engine *e, bf_instant due) {
    e->wake = due < e->wake ? due : e->wake;
    e->wake_since = due < e->wake_since ? due : e->wake_since;
}

static bf_instant wake(const struct bf_engine *e) {
    if (e->dead || e->scan.active || e->committed < e->wake_after || e->starters_unknown)
        return BF_DUE_NEVER;
    if (e->starting.busy && !e->held)
        return e->starting.sent ? BF_DUE_NEVER : BF_INSTANT_NONE;
    uint32_t which;
    return !e->scan.whole || e->wake <= bf_starts_fence(e, &which) ? e->wake : bf_starts_wake(e);
}

bf_instant bf_engine_wake(const struct bf_engine *e) {
    bf_instant due = wake(e), sweep = bf_sweep_wake(e);
    return due < sweep ? due : sweep;
}

/* Something failed that may not fail the next time. */
void bf_scan_again(struct bf_engine *e) {
    e->scan.whole = false;
    bf_scan_heard(e, e->o.now(e->o.ctx) + 1);
}

/* ---- what comes next ---- */

void bf_lapse_offer(struct bf_lapse *next, struct bf_head *h) {
    bf_instant at;
    uint32_t duty = h->c ? bf_case_next_lapse(h->policy->image, h->c, &at) : BF_NONE;
    if (duty == BF_NONE || at > next->by)
        return;
    if (next->head && (at > next->at || (at == next->at && duty > next->duty) ||
                       (at == next->at && duty == next->duty && h->number > next->head->number)))
        return;
    next->head = h;
    next->at = at;
    next->duty = duty;
}

void bf_early_offer(struct bf_lapse *next, struct bf_head *h) {
    bf_instant at = h->c ? bf_early_next(&h->early) : BF_INSTANT_NONE;
    if (at == BF_INSTANT_NONE || at > next->by || (next->head && next->at <= at))
        return;
    next->head = h;
    next->at = at;
    next->duty = BF_NONE;
}

static void let_go(struct bf_engine *e, struct bf_head *h) {
    h->pins--;
    if (!h->c)
        bf_engine_forget(e, h);
}

static void end_pass(struct bf_engine *e) {
    struct bf_scan *s = &e->scan;
    for (uint32_t i = 0; i < s->count; i++)
        let_go(e, s->page[i].head);
    s->count = 0;
    s->active = s->reading = false;
    e->wake = e->wake_since;
    bf_scan_heard(e, s->next);
    e->wake_after = e->seq; /* what is due by rows that are not durable yet */
}

void bf_scan_fini(struct bf_engine *e) {
    for (uint32_t i = 0; i < e->scan.count; i++)
        e->scan.page[i].head->pins--;
    bf_free(e->scan.page);
}

/* ---- a page ---- */

static void renew(struct bf_due_case *d) {
    bf_instant at = BF_DUE_NEVER;
    const struct bf_head *h = d->head;
    d->duty = bf_case_next_lapse(h->policy->image, h->c, &at);
    d->at = d->duty == BF_NONE ? BF_DUE_NEVER : at;
    at = bf_early_next(&h->early);
    if (at != BF_INSTANT_NONE && at < d->at) {
        d->at = at;
        d->duty = BF_NONE; /* behind all duties */
    }
    d->seq = h->last_seq;
}

static bool add_head(struct bf_engine *e, struct bf_head *h) {
    struct bf_scan *s = &e->scan;
    for (uint32_t i = 0; i < s->count; i++)
        if (s->page[i].head == h)
            return true;
    if (s->count == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 64;
        struct bf_due_case *bigger = bf_realloc(s->page, cap * sizeof *bigger);
        if (!bigger)
            return false;
        s->page = bigger;
        s->cap = cap;
    }
    h->pins++;
    s->page[s->count++] = (struct bf_due_case){.head = h};
    return true;
}

void bf_scan_touched(struct bf_engine *e, struct bf_head *h) {
    struct bf_due_case d = {.head = h};
    if (e->scan.active)
        renew(&d);
    if (e->scan.active && d.at <= e->scan.until && !add_head(e, h))
        bf_scan_again(e);
}

static bool before(const struct bf_due_case *d, const struct bf_due_mark *m) {
    if (d->at != m->at)
        return d->at < m->at;
    return d->duty != m->duty ? d->duty < m->duty : d->head->number <= m->number;
}

/* The lapse that comes next on the page; NULL: none before its end. */
static struct bf_due_case *next_of_page(struct bf_scan *s) {
    struct bf_due_case *next = NULL;
    struct bf_due_mark best = s->bound;
    for (uint32_t i = 0; i < s->count; i++) {
        struct bf_due_case *d = &s->page[i];
        if (!d->head->c)
            continue; /* not to be read, or a full disk took it back */
        if (d->seq != d->head->last_seq)
            renew(d);
        if (d->at == BF_DUE_NEVER || !before(d, &best))
            continue;
        next = d;
        best = (struct bf_due_mark){d->at, d->duty, d->head->number};
    }
    return next;
}

/* Only what is due after the page's end, but by the pass's, stays on it. */
static void clear_page(struct bf_engine *e) {
    struct bf_scan *s = &e->scan;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->count; i++) {
        struct bf_due_case *d = &s->page[i];
        if (d->head->c && d->at <= s->until && !d->passed)
            s->page[kept++] = *d;
        else
            let_go(e, d->head);
    }
    s->count = kept;
}

static bool is_loading(const struct bf_scan *s) {
    for (uint32_t i = 0; i < s->count; i++)
        if (s->page[i].head->loading)
            return true;
    return false;
}

/* May the forming round take more lapses? */
static bool has_room(const struct bf_engine *e) {
    bool waits = e->openings || e->waiting || (e->forming && e->forming->first) ||
                 (e->flying && e->flying->first);
    return !e->forming || e->forming->fired < e->o.batch_rows / (waits ? 4 : 1) + 1;
}

/* False: it does not go on now. */
static bool fire_page(struct bf_engine *e) {
    struct bf_scan *s = &e->scan;
    for (struct bf_due_case *d; (d = next_of_page(s)) != NULL;) {
        struct bf_head *h = d->head;
        uint32_t place = (uint32_t)(d - s->page);
        enum bf_attempt_end end = bf_engine_fire(
            e, &(struct bf_deed){.head = h, .lapse_at = d->at, .early = d->duty == BF_NONE});
        d = &s->page[place]; /* the page may have grown */
        BF_ASSERT(d->head == h);
        if (e->dead || end == BF_ATTEMPT_WAIT)
            return false;
        if (end == BF_ATTEMPT_MEMORY) {
            bf_scan_again(e);
            end_pass(e);
            return false;
        }
        if (end != BF_ATTEMPT_DONE || d->seq == h->last_seq) {
            d->at = BF_DUE_NEVER;
            d->passed = true;
            s->stuck += end != BF_ATTEMPT_DONE;
        }
    }
    return true;
}

static void read_page(struct bf_engine *e);

void bf_scan_run(struct bf_engine *e) {
    struct bf_scan *s = &e->scan;
    if (!s->active || s->reading || s->running || e->dead)
        return;
    if (e->held) { /* the disk is full */
        end_pass(e);
        return;
    }
    if (is_loading(s) || !has_room(e))
        return;
    s->running = true;
    bool done = fire_page(e);
    s->running = false;
    if (!done)
        return;
    for (uint32_t i = 0; i < s->count; i++)
        if (!s->page[i].head->c && s->page[i].head->failed == BF_ENOENT)
            s->stuck++;
        else if (!s->page[i].head->c)
            bf_scan_again(e);
    clear_page(e);
    if (!s->last) {
        read_page(e);
        return;
    }
    e->counts.stuck = s->stuck;
    end_pass(e);
}

/* Rows by due, also of cases that are not due yet: the first of those says when to look again. */
static void page_read(void *ctx, enum bf_err err, const struct bf_error *error,
                      const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    struct bf_scan *s = &e->scan;
    const struct bf_row_cases *row = err ? NULL : rows->row;
    uint32_t due = 0;
    e->under_way--;
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        bf_engine_die(e, error);
    if (err || e->dead) {
        bf_scan_again(e);
        end_pass(e);
        return;
    }
    while (due < rows->count && row[due].due <= s->until)
        due++;
    for (uint32_t i = 0; i < due; i++) {
        struct bf_head *h = bf_engine_head(e, row[i].number);
        if (!h || !add_head(e, h))
            bf_scan_again(e);
    }
    s->last = due < rows->count || !due;
    s->bound = (struct bf_due_mark){s->until, UINT64_MAX, UINT64_MAX};
    if (due < rows->count) {
        s->next = row[due].due;
    } else if (due) {
        const struct bf_row_cases *last = &row[due - 1]; /* of its texts none outlives this call */
        s->end = (struct bf_row_cases){
            .number = last->number, .due = last->due, .due_seq = last->due_seq};
        s->bound = (struct bf_due_mark){s->end.due, s->end.due_seq, s->end.number};
    }
    s->reading = false;
    bf_scan_run(e);
}

static void read_page(struct bf_engine *e) {
    struct bf_scan *s = &e->scan;
    struct bf_query q = {.partition = e->o.partition,
                         .table = BF_TABLE_CASES,
                         .order = BF_BY_DUE,
                         .at = &s->end,
                         .after = s->end.number != 0,
                         .limit = e->o.batch_rows / 4 + 1};
    s->reading = true;
    e->under_way++;
    bf_store_read(e->store, &q, page_read, e);
}

void bf_engine_scan(struct bf_engine *e) {
    struct bf_scan *s = &e->scan;
    e->held = false;
    bf_sweep_run(e);
    bf_starts_run(e);
    if (e->dead || s->active || bf_starts_hold(e))
        return;
    uint32_t which;
    bf_instant now = e->o.now(e->o.ctx), fence = bf_starts_fence(e, &which);
    if (fence <= now && s->whole && e->wake > fence && e->committed >= e->wake_after &&
        bf_starts_begin(e, now))
        return;
    e->wake_since = BF_DUE_NEVER;
    if (e->flying)
        bf_scan_heard(e, e->flying->due);
    if (e->forming)
        bf_scan_heard(e, e->forming->due);
    s->active = s->whole = true;
    s->last = false;
    s->until = now < fence ? now : fence;
    s->next = BF_DUE_NEVER;
    s->stuck = 0;
    s->end = (struct bf_row_cases){0};
    read_page(e);
}
