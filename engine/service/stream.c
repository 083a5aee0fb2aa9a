/* stream: see stream.h. Callbacks of store and engine only note what came; listeners move in bf_stream_turn. */
#include "engine/service/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/service/api.h"
#include "engine/service/events.h"
#include "engine/service/rights.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum { PAGE_BYTES = 4 << 20 }; /* it ends with the row that reaches them */

/* Rows behind `after`, rendered. It lives while somebody is at it. */
struct page {
    struct page *next;
    struct bf_stream *hub;
    struct bf_arena *arena;
    uint64_t after, last;
    uint32_t users, count;
    bool ready, failed;
    struct bf_event_told row[BF_STREAM_PAGE];
};

struct listener {
    struct listener *next;
    struct bf_stream *hub;
    struct bf_call *c;
    uint64_t after;
    uint64_t number; /* only of this case; 0: of all */
    struct page *page;
    struct bf_sights sights;
    struct bf_sight sight[BF_STREAM_PAGE];
    bool open;   /* its answer has begun */
    bool asking; /* about rights */
    bool asked;  /* of this page */
    bool gone;   /* the client */
};

struct bf_stream {
    struct bf_service *service;
    struct page *pages;
    struct listener *listeners;
    uint32_t count;
    int64_t beat_us;
};

static int64_t now_us(const struct bf_stream *h) {
    struct bf_clock_source source = h->service->clock_source;
    return source.read(source.ctx).boot_us;
}

/* ---- pages ---- */

static void page_drop(struct page *p) {
    BF_ASSERT(p->users);
    if (--p->users)
        return;
    struct page **at = &p->hub->pages;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    bf_arena_free(p->arena);
    bf_free(p);
}

static enum bf_err take_rows(struct page *p, const struct bf_rows *rows) {
    const struct bf_row_journal *row = rows->row;
    struct bf_error e;
    jmp_buf jump;
    volatile enum bf_err err = BF_OK;
    if (setjmp(jump))
        return BF_ENOMEM;
    bf_arena_on_exhausted(p->arena, &jump);
    for (uint32_t i = 0; i < rows->count && !err; i++) {
        err = bf_event_tell(p->hub->service, &row[i], p->arena, &p->row[i], &e);
        p->last = row[i].seq;
        p->count = i + 1;
        if (bf_arena_used(p->arena) > PAGE_BYTES)
            break;
    }
    bf_arena_on_exhausted(p->arena, NULL);
    return err;
}

static void page_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct page *p = ctx;
    (void)e;
    if (!err)
        err = rows->count ? take_rows(p, rows) : BF_ENOENT;
    p->failed = err != BF_OK;
    p->ready = true;
    page_drop(p); /* the read's own */
}

/* The page that holds the row after `after`, which is committed. NULL: out of memory. */
static struct page *page_at(struct bf_stream *h, uint64_t after) {
    for (struct page *p = h->pages; p; p = p->next)
        if (p->ready ? !p->failed && p->after <= after && after < p->last : p->after == after) {
            p->users++;
            return p;
        }
    struct page *p = bf_malloc(sizeof *p);
    if (!p)
        return NULL;
    *p = (struct page){.next = h->pages,
                       .hub = h,
                       .arena = bf_arena_new(0),
                       .after = after,
                       .last = after,
                       .users = 2}; /* who asks, and the read */
    if (!p->arena) {
        bf_free(p);
        return NULL;
    }
    h->pages = p;
    struct bf_row_journal at = {.seq = after};
    struct bf_query q = {.table = BF_TABLE_JOURNAL,
                         .at = &at,
                         .after = true,
                         .limit = BF_STREAM_PAGE,
                         .bytes = PAGE_BYTES};
    bf_store_read(h->service->store, &q, page_read, p);
    return p;
}

/* ---- listeners ---- */

/* Out of the list; its call ends. The request, if the client is there, is the caller's to end. */
static void listener_free(struct listener *l) {
    struct bf_stream *h = l->hub;
    struct listener **at = &h->listeners;
    BF_ASSERT(!l->asking);
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    h->count--;
    bf_metric_set(h->service->metrics, BF_METRIC_STREAMS, BF_LABEL_NONE_ALL, h->count);
    if (l->page)
        page_drop(l->page);
    bf_free(l);
}

static void listener_end(struct listener *l) {
    struct bf_call *c = l->c;
    struct bf_http_request *r = c->request;
    listener_free(l);
    c->started_us = now_us(c->service->stream); /* how long one listens is no time of an answer */
    bf_call_close(c, 200);
    if (r)
        bf_http_stream_end(r);
}

static void client_gone(struct bf_call *c) {
    struct listener *l = c->own;
    l->gone = true;
    if (!l->asking && l->open)
        listener_end(l);
}

/* Is the token still good, and is he still an operator? The local socket's owner has none. */
static bool still_may(struct listener *l) {
    struct bf_principal now;
    struct bf_call *c = l->c;
    if (c->local && !c->principal.token.len)
        return true;
    if (bf_directory_still(c->service->directory, c->principal.token, bf_service_now(c->service),
                           &now) != BF_SIGN_IN_OK ||
        !bf_str_eq(now.person, c->principal.person))
        return false;
    c->principal.is_operator = now.is_operator;
    return true;
}

static bool concerns(const struct listener *l, const struct bf_event_told *t) {
    return t->seq > l->after && (!l->number || t->number == l->number);
}

static bool sees(const struct listener *l, const struct bf_event_told *t) {
    if (l->c->principal.is_operator || bf_event_is_his(t, l->c->principal.person))
        return true;
    for (uint32_t i = 0; i < l->sights.count; i++)
        if (l->sight[i].number == t->number)
            return l->sight[i].sees;
    return false;
}

static void sights_told(struct bf_sights *q) {
    struct listener *l = q->ctx;
    l->asking = false;
}

/* Asks about the cases of the page. */
static void ask(struct listener *l) {
    l->sights = (struct bf_sights){.service = l->hub->service,
                                   .person = l->c->principal.person,
                                   .sight = l->sight,
                                   .done = sights_told,
                                   .ctx = l};
    for (uint32_t i = 0; i < l->page->count; i++) {
        const struct bf_event_told *t = &l->page->row[i];
        bool known = !t->number || !concerns(l, t);
        for (uint32_t j = 0; j < l->sights.count && !known; j++)
            known = l->sight[j].number == t->number;
        if (!known)
            l->sight[l->sights.count++].number = t->number;
    }
    l->asking = l->asked = true;
    bf_rights_ask(&l->sights);
}

static bool write_event(struct listener *l, const struct bf_event_told *t) {
    struct bf_buf b;
    bf_buf_init(&b);
    bf_buf_fmt(&b, "id: %" PRIu64 "\nevent: ", t->seq);
    bf_buf_str(&b, t->kind);
    bf_buf_z(&b, "\ndata: ");
    bf_buf_str(&b, t->json);
    bf_buf_z(&b, "\n\n");
    bool sent = !b.failed && bf_http_stream_write(l->c->request, bf_buf_view(&b));
    bf_buf_fini(&b);
    return sent;
}

/* Writes the page. False: the stream is over. */
static bool write_page(struct listener *l) {
    struct page *p = l->page;
    for (uint32_t i = 0; i < p->count; i++) {
        const struct bf_event_told *t = &p->row[i];
        if (concerns(l, t) && sees(l, t) && !write_event(l, t))
            return false;
        if (t->seq > l->after)
            l->after = t->seq;
    }
    l->page = NULL;
    l->asked = false;
    page_drop(p);
    return true;
}

enum pace { AT_REST, MORE, OVER };

/* One page at the most, so that all get their turn. */
static enum pace go_on(struct listener *l) {
    struct bf_stream *h = l->hub;
    if (l->asking || !l->open)
        return AT_REST;
    if (l->gone || !still_may(l))
        return OVER;
    if (!l->page && l->after >= h->service->committed)
        return AT_REST;
    if (bf_http_stream_unsent(l->c->request) > BF_STREAM_UNSENT)
        return AT_REST;
    if (!l->page && !(l->page = page_at(h, l->after)))
        return OVER;
    if (!l->page->ready)
        return AT_REST;
    if (l->page->failed)
        return OVER;
    if (!l->asked && !l->c->principal.is_operator)
        ask(l);
    if (l->asking)
        return AT_REST;
    if (l->asked && l->sights.failed)
        return OVER;
    return write_page(l) ? MORE : OVER;
}

/* A comment: whoever takes nothing is found out by the connection. */
static bool beat(struct listener *l) {
    return !l->open || l->asking || l->gone ||
           (still_may(l) && bf_http_stream_write(l->c->request, BF_STR(":\n\n")));
}

int64_t bf_stream_turn(struct bf_stream *h) {
    if (!h->listeners)
        return INT64_MAX;
    int64_t now = now_us(h);
    bool beats = now >= h->beat_us, more = false;
    for (struct listener *l = h->listeners, *next; l; l = next) {
        next = l->next;
        enum pace pace = go_on(l);
        if (pace == OVER || (beats && !beat(l)))
            listener_end(l);
        more = more || pace == MORE;
    }
    if (beats)
        h->beat_us = now + INT64_C(1000) * BF_STREAM_BEAT_MS;
    return more ? 0 : h->listeners ? (h->beat_us - now) / 1000 + 1 : INT64_MAX;
}

/* ---- a newcomer ---- */

static void begin(struct listener *l) {
    struct bf_call *c = l->c;
    struct bf_http_request *r = c->request;
    bool head = r->method == BF_HTTP_HEAD;
    bf_call_header(c, "Cache-Control", BF_STR("no-store"));
    bf_call_header(c, "X-Accel-Buffering", BF_STR("no"));
    if (head) {
        listener_free(l);
        bf_call_close(c, 200);
    }
    if (!bf_http_stream(r, 200, "text/event-stream"))
        return;
    l->open = true;
    bf_http_stream_write(r, BF_STR("retry: 2000\n\n"));
}

static void refuse(struct listener *l, int status, const char *name, enum bf_text_id detail) {
    struct bf_call *c = l->c;
    char number[24];
    int n = snprintf(number, sizeof number, "%" PRIu64, l->number);
    listener_free(l);
    bf_call_problem(c, status, name, detail, BF_ARGS(bf_arg_str((bf_str){number, (uint32_t)n})));
}

/* Of a case that he may not see, or that is not there: the same to him. */
static void no_case(struct bf_call *c) {
    bf_call_problem(c, 404, "no-case", BF_T_API_NO_CASE_NUMBER,
                    BF_ARGS(bf_arg_int((int64_t) * (const uint64_t *)c->own)));
}

static void deny(struct bf_call *c, void *arg) {
    uint64_t number = *(const uint64_t *)arg;
    c->own = bf_arena_copy(c->arena, &number, sizeof number);
    bf_call_deny(c, BF_LABEL_DENIED_UNSEEN, number, no_case);
}

static void turn_away(struct listener *l) {
    struct bf_call *c = l->c;
    uint64_t number = l->number;
    if (c->principal.is_operator || l->gone) {
        refuse(l, 404, "no-case", BF_T_API_NO_CASE_NUMBER);
        return;
    }
    listener_free(l);
    c->gone = NULL;
    bf_call_run(c, deny, &number);
}

/* Of one case: may he see it? */
static void case_told(struct bf_sights *q) {
    struct listener *l = q->ctx;
    bool sees = q->sight->sees || (l->c->principal.is_operator && q->sight->is);
    l->asking = false;
    if (q->failed)
        refuse(l, 503, "unavailable", BF_T_API_NO_STORE);
    else if (!sees || l->gone)
        turn_away(l);
    else
        begin(l);
}

static bool of_one(struct bf_stream *h, bf_str person) {
    uint32_t n = 0;
    for (struct listener *l = h->listeners; l; l = l->next)
        n += bf_str_eq(l->c->principal.person, person);
    return n >= BF_STREAM_OF_ONE;
}

/* Where he was: what his EventSource says, else ?after. */
static bool read_after(struct bf_call *c, uint64_t *after) {
    bf_str id = bf_http_header(c->request, "last-event-id");
    uint32_t limit;
    if (!id.len)
        return bf_call_page(c, after, &limit);
    if (bf_read_number(id, BF_SEQ_MAX, after))
        return true;
    bf_call_problem(c, 400, "query", BF_T_API_QUERY_NUMBER,
                    BF_ARGS(bf_arg_str(BF_STR("Last-Event-ID")), bf_arg_int(0),
                            bf_arg_int((int64_t)BF_SEQ_MAX)));
    return false;
}

static void listen(struct bf_call *c, uint64_t after, uint64_t number) {
    struct bf_stream *h = c->service->stream;
    struct listener *l = bf_malloc(sizeof *l);
    if (!l) {
        bf_call_problem(c, 503, "unavailable", BF_T_API_NO_MEMORY, BF_NOARGS);
        return;
    }
    *l =
        (struct listener){.next = h->listeners, .hub = h, .c = c, .after = after, .number = number};
    if (!h->listeners)
        h->beat_us = now_us(h) + INT64_C(1000) * BF_STREAM_BEAT_MS;
    h->listeners = l;
    h->count++;
    bf_metric_set(h->service->metrics, BF_METRIC_STREAMS, BF_LABEL_NONE_ALL, h->count);
    c->own = l;
    c->gone = client_gone;
    if (!number) {
        begin(l);
        return;
    }
    l->asking = true;
    l->sight[0].number = number;
    l->sights = (struct bf_sights){.service = c->service,
                                   .person = c->principal.person,
                                   .sight = l->sight,
                                   .count = 1,
                                   .done = case_told,
                                   .ctx = l};
    bf_rights_ask(&l->sights);
}

void bf_on_stream(struct bf_call *c) {
    struct bf_stream *h = c->service->stream;
    uint64_t after, number = 0;
    bf_str of = bf_http_query(c->request, "case");
    if (!read_after(c, &after) || (of.p && !bf_call_number(c, of, &number)))
        return;
    if (of.p && !number) {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_NO_CASE});
    } else if (c->service->draining) {
        bf_call_problem(c, 503, "unavailable", BF_T_API_STARTING, BF_NOARGS);
    } else if (h->count >= BF_STREAM_MAX) {
        bf_call_header(c, "Retry-After", BF_STR("30"));
        bf_call_problem(c, 503, "unavailable", BF_T_API_STREAMS,
                        BF_ARGS(bf_arg_int(BF_STREAM_MAX)));
    } else if (of_one(h, c->principal.person)) {
        bf_call_header(c, "Retry-After", BF_STR("30"));
        bf_call_problem(c, 429, "too-many", BF_T_API_STREAMS_OF_ONE,
                        BF_ARGS(bf_arg_int(BF_STREAM_OF_ONE)));
    } else {
        listen(c, after, number);
    }
}

/* ---- the hub ---- */

struct bf_stream *bf_stream_new(struct bf_service *s) {
    struct bf_stream *h = bf_malloc(sizeof *h);
    if (h)
        *h = (struct bf_stream){.service = s};
    return h;
}

void bf_stream_free(struct bf_stream *h) {
    if (!h)
        return;
    while (h->listeners)
        listener_end(h->listeners); /* their clients went while something was asked for them */
    BF_ASSERT(!h->pages);
    bf_free(h);
}
