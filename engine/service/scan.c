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

static void due_read(void *ctx, enum bf_err err, const struct bf_error *error,
                     const struct bf_rows *rows) {
    struct bf_engine *e = ctx;
    e->under_way--;
    e->scanning = false;
    if (err && err != BF_ENOMEM && err != BF_ELIMIT)
        bf_engine_die(e, error);
    if (err || e->dead || !rows->count)
        return;
    if (!(e->page = bf_malloc(rows->count * sizeof *e->page)))
        return;
    e->scanning = true;
    for (uint32_t i = 0; i < rows->count; i++) {
        struct bf_head *h = bf_engine_head(e, ((const struct bf_row_cases *)rows->row)[i].number);
        if (!h)
            break;
        h->pins++;
        e->page[e->page_count++] = h;
    }
    bf_scan_run(e);
}

void bf_engine_scan(struct bf_engine *e) {
    if (e->dead || e->scanning)
        return;
    struct bf_query q = {.partition = e->o.partition,
                         .table = BF_TABLE_CASES,
                         .order = BF_BY_DUE,
                         .bounded = true,
                         .until = e->o.now(e->o.ctx),
                         .limit = e->o.batch_rows / 4 ? e->o.batch_rows / 4 : 1};
    e->scanning = true;
    e->under_way++;
    bf_store_read(e->store, &q, due_read, e);
}
