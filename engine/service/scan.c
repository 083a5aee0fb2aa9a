/* Scan: what is due by now is fired, a page of cases at a time. */
#include "engine/service/engine_parts.h"

#include <string.h>

#include "lang/base/mem.h"

/* ---- lapses ---- */

static void end_page(struct bf_engine *e) {
    for (uint32_t i = 0; i < e->page_count; i++)
        e->page[i]->pins--;
    bf_free(e->page);
    e->page = NULL;
    e->page_count = 0;
    e->scanning = false;
    e->wake_after = e->seq;
}

void bf_scan_run(struct bf_engine *e) {
    if (!e->page || e->dead)
        return;
    for (uint32_t i = 0; i < e->page_count; i++)
        if (e->page[i]->loading)
            return;
    for (;;) {
        struct bf_lapse next = {.by = e->o.now(e->o.ctx)};
        for (uint32_t i = 0; i < e->page_count; i++)
            bf_lapse_offer(&next, e->page[i]);
        if (!next.head)
            break;
        struct bf_error error;
        switch (bf_engine_attempt(e, &(struct bf_deed){.head = next.head, .lapse_at = next.at})) {
        case BF_ATTEMPT_DONE: break;
        case BF_ATTEMPT_WAIT: return;
        case BF_ATTEMPT_MEMORY: end_page(e); return; /* the next scan tries again */
        case BF_ATTEMPT_CHAIN:
        case BF_ATTEMPT_UNREADABLE:
        case BF_ATTEMPT_MALFORMED:
            bf_fail(&error, BF_ELIMIT, "case %llu: what its lapse brings about cannot be done",
                    (unsigned long long)next.head->number);
            bf_engine_die(e, &error);
            return;
        }
    }
    end_page(e);
}

/* Rows by due, also of cases that are not due yet: the first of those says when to look again. */
static void due_read(void *ctx, enum bf_err err, const struct bf_error *error,
                     const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    const struct bf_row_cases *row = err ? NULL : rows->row;
    bf_instant now = e->o.now(e->o.ctx);
    uint32_t due = 0;
    e->under_way--;
    e->scanning = false;
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        bf_engine_die(e, error);
    while (!err && due < rows->count && row[due].due <= now)
        due++;
    e->wake = e->wake_since;
    if (err || (due && due == rows->count))
        bf_scan_heard(e, now + (err ? 1 : 0));
    else if (due < rows->count)
        bf_scan_heard(e, row[due].due);
    e->wake_after = e->seq; /* what is due by rows that are not durable yet */
    if (err || e->dead || !due || !(e->page = bf_malloc(due * sizeof *e->page)))
        return;
    e->scanning = true;
    for (uint32_t i = 0; i < due; i++) {
        struct bf_head *h = bf_engine_head(e, row[i].number);
        if (!h)
            break;
        h->pins++;
        e->page[e->page_count++] = h;
    }
    bf_scan_run(e);
}

void bf_scan_heard(struct bf_engine *e, bf_instant due) {
    e->wake = due < e->wake ? due : e->wake;
    e->wake_since = due < e->wake_since ? due : e->wake_since;
}

bf_instant bf_engine_wake(const struct bf_engine *e) {
    return e->dead || e->scanning || e->committed < e->wake_after ? BF_DUE_NEVER : e->wake;
}

void bf_engine_scan(struct bf_engine *e) {
    e->held = false;
    bf_sweep_run(e);
    if (e->dead || e->scanning)
        return;
    struct bf_query q = {.partition = e->o.partition,
                         .table = BF_TABLE_CASES,
                         .order = BF_BY_DUE,
                         .limit = e->o.batch_rows / 4 + 1};
    e->scanning = true;
    e->under_way++;
    e->wake_since = BF_DUE_NEVER;
    if (e->flying)
        bf_scan_heard(e, e->flying->due);
    if (e->forming)
        bf_scan_heard(e, e->forming->due);
    bf_store_read(e->store, &q, due_read, e);
}
