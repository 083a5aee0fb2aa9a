/* Events: GET /v1/events: committed rows in order, those the caller may see. A page is so many rows of the journal;
** a caller who may not see all is told fewer, and from where to go on. */
#include <inttypes.h>
#include <string.h>

#include "engine/service/api.h"
#include "engine/service/events.h"
#include "engine/service/rights.h"

enum { PAGE_BYTES = 8 << 20 }; /* a page that reaches them ends there */

struct asked {
    uint64_t after;
    uint32_t limit;
    struct bf_event_told *told;
    uint32_t count;
    bool more;
    struct bf_sights sights;
};

static void unavailable(struct bf_call *c) {
    bf_call_header(c, "Retry-After", BF_STR("1"));
    bf_call_problem(c, 503, "unavailable", BF_T_API_NO_STORE, BF_NOARGS);
}

static bool sees(const struct bf_call *c, const struct asked *q, const struct bf_event_told *t) {
    if (c->principal.is_operator || bf_event_is_his(t, c->principal.person))
        return true;
    for (uint32_t i = 0; i < q->sights.count; i++)
        if (q->sights.sight[i].number == t->number)
            return q->sights.sight[i].sees;
    return false;
}

static void tell(struct bf_call *c, void *arg) {
    struct asked *q = arg;
    struct bf_buf out;
    bool first = true;
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"events\":[");
    for (uint32_t i = 0; i < q->count; i++) {
        if (!sees(c, q, &q->told[i]))
            continue;
        if (!first)
            bf_buf_char(&out, ',');
        bf_buf_str(&out, q->told[i].json);
        first = false;
    }
    bf_buf_fmt(&out, "],\"more\":%s,\"next\":%" PRIu64 "}", q->more ? "true" : "false",
               q->count ? q->told[q->count - 1].seq : q->after);
    bf_call_json(c, 200, &out);
}

static void sights_told(struct bf_sights *s) {
    struct bf_call *c = s->ctx;
    if (s->failed)
        unavailable(c);
    else
        bf_call_run(c, tell, c->own);
}

static void ask_for_cases(struct bf_call *c, struct asked *q) {
    uint64_t before = 0;
    q->sights = (struct bf_sights){.service = c->service,
                                   .person = c->principal.person,
                                   .sight = bf_new_array(c->arena, struct bf_sight, q->count + 1),
                                   .done = sights_told,
                                   .ctx = c};
    for (uint32_t i = 0; i < q->count; i++) {
        uint64_t number = q->told[i].number;
        bool known = number == 0 || number == before;
        for (uint32_t j = 0; j < q->sights.count && !known; j++)
            known = q->sights.sight[j].number == number;
        if (!known)
            q->sights.sight[q->sights.count++].number = number;
        before = number;
    }
    bf_rights_ask(&q->sights);
}

struct brought {
    enum bf_err err;
    const struct bf_rows *rows;
};

static void take_rows(struct bf_call *c, void *arg) {
    const struct brought *b = arg;
    struct asked *q = c->own;
    struct bf_error e;
    const struct bf_row_journal *row = b->err ? NULL : b->rows->row;
    enum bf_err err = b->err;
    q->told = bf_new_array(c->arena, struct bf_event_told, q->limit);
    q->more = !err && (b->rows->count == q->limit || b->rows->cut);
    for (uint32_t i = 0; !err && i < b->rows->count; i++) {
        if (bf_arena_used(c->arena) > PAGE_BYTES) {
            q->more = true;
            break;
        }
        err = bf_event_tell(c->service, &row[i], c->arena, &q->told[q->count++], &e);
    }
    if (err)
        unavailable(c);
    else if (c->principal.is_operator)
        tell(c, q);
    else
        ask_for_cases(c, q);
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    (void)e;
    bf_call_run(ctx, take_rows, &(struct brought){err, rows});
}

void bf_on_events(struct bf_call *c) {
    struct asked *q = bf_new(c->arena, struct asked);
    if (!bf_call_page(c, &q->after, &q->limit))
        return;
    c->own = q;
    struct bf_row_journal at = {.seq = q->after};
    struct bf_query query = {.table = BF_TABLE_JOURNAL,
                             .at = &at,
                             .after = true,
                             .limit = q->limit,
                             .bytes = PAGE_BYTES};
    bf_store_read(c->service->store, &query, rows_read, c);
}
