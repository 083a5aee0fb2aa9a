/* Measures over the cases of this service, as `banfa measure` tells them of its journal (engine/sim/figures.h).
**
** Cases are taken in the order of their numbers, and of each its rows, which are chained from the newest, a page at a
** time: down, keeping only where each page begins, then up, into the case. So what is kept is a page, a case and a row
** a party, whatever the number of cases; and between two pages the service serves others.
**
** An operator is told everything. Another person is told the rows of the departments for which he may act, and no total:
** of two departments it would say how the other one does. */
#include "engine/service/api_parts.h"
#include "engine/sim/figures.h"

enum { CASES_AT_ONCE = 256, ROWS_AT_ONCE = 256, SCRATCH_AT_ONCE = 4 << 20 }; /* the last in bytes */
enum { WALKS = 4 }; /* at once; each keeps a reader busy */

struct asked {
    struct bf_call *call;
    struct bf_figures figures;
    const bf_str *department; /* for which he may act; not of an operator */
    uint32_t department_count, department_cap;
    uint64_t number; /* of the case taken last, or being taken */
    struct {
        uint64_t number, last_seq;
    } todo[CASES_AT_ONCE]; /* of the page at hand */
    uint32_t todo_count, todo_at;
    bool more; /* there are pages behind it */
    /* of the case being taken */
    uint64_t next;  /* row to read */
    uint64_t *page; /* where the pages begin that were not taken yet, newest first */
    uint32_t page_count, page_cap;
    bool up, gone;
    const struct bf_image *image;
    const struct bf_calendar *calendar;
    struct bf_case *c; /* it and what is made of its rows are in scratch[half] */
    unsigned half;
    /* of one read */
    enum bf_err err;
    struct bf_rows rows;
};

static void take_next(struct asked *q);

static void stop(struct asked *q) {
    bf_call_engine_problem(q->call, &(struct bf_answer){.kind = BF_ANSWER_STORE});
}

/* ---- what he is told ---- */

static bool add_department(void *ctx, const struct bf_capacity *c) {
    struct asked *q = ctx;
    struct bf_arena *a = q->call->arena;
    if (c->policy.len) /* figures are told of departments, in whatever policy */
        return true;
    bf_str *all = bf_arena_grow(a, q->department, q->department_count, &q->department_cap,
                                sizeof *q->department);
    all[q->department_count++] = bf_str_dup(a, c->department);
    q->department = all;
    return true;
}

static bool his(void *ctx, struct bf_value who) {
    const struct asked *q = ctx;
    if (who.kind != BF_K_DEPARTMENT)
        return false;
    for (uint32_t i = 0; i < q->department_count; i++)
        if (bf_str_eq(bf_value_text(who.u.items[BF_PARTY_CODE]), q->department[i]))
            return true;
    return false;
}

static void answer(struct asked *q) {
    struct bf_buf out;
    bf_buf_in(&out, q->call->arena);
    bf_figures_json(&q->figures, &out);
    bf_call_json(q->call, 200, &out);
}

/* ---- the rows of a case ---- */

static enum bf_err take_row(struct asked *q, const struct bf_row_journal *r, struct bf_error *e) {
    struct bf_images images = {bf_service_image, q->call->service};
    struct bf_arena *a = q->call->scratch[q->half];
    struct bf_entry_head head;
    struct bf_entry n;
    if (r->head.len != BF_ENTRY_HEAD)
        return BF_EFORMAT;
    enum bf_err err = bf_entry_head_read((const uint8_t *)r->head.p, &head, e);
    if (!err && r->body.len)
        err = bf_entry_read(&images, a, &head, r->body, &n, e);
    else
        n = (struct bf_entry){.head = head, .gone = true, .proc = BF_NONE};
    if (err)
        return err;
    const struct bf_calendar *calendar = bf_service_calendar_of(q->call->service, n.calendar);
    q->calendar = calendar ? calendar : q->calendar;
    q->gone = q->gone || n.gone;
    bool seal = head.kind == BF_ENTRY_SEAL && !n.gone;
    if (seal ? !q->gone : bf_figures_after(&q->figures, &n, q->calendar))
        return BF_OK;
    q->image = n.image ? n.image : q->image;
    return bf_entry_apply(a, &n, &q->c, e);
}

/* Gives back what was made of rows; the case stays. */
static void tidy(struct asked *q) {
    struct bf_arena *from = q->call->scratch[q->half], *to = q->call->scratch[!q->half];
    if (bf_arena_used(from) < SCRATCH_AT_ONCE)
        return;
    bf_arena_reset(to);
    q->c = q->c ? bf_case_clone(to, q->image, q->c) : NULL;
    q->half = !q->half;
    bf_arena_reset(from);
}

static void case_done(struct asked *q) {
    if (q->c && q->c->day <= q->figures.to)
        bf_figures_add(&q->figures, q->image, q->calendar, q->c, q->call->scratch[!q->half]);
    else if (q->c || q->gone)
        q->figures.unknown++;
    take_next(q);
}

static void read_rows(struct asked *q);

static void take_rows(struct bf_call *c, void *arg) {
    struct asked *q = arg;
    const struct bf_row_journal *row = q->rows.row;
    struct bf_error e;
    if (q->err || !q->rows.count || !c->request) {
        stop(q);
        return;
    }
    uint64_t before = row[q->rows.count - 1].before;
    if (!q->up && before) {
        q->page = bf_arena_grow(c->arena, q->page, q->page_count, &q->page_cap, sizeof *q->page);
        q->page[q->page_count++] = q->next;
        q->next = before;
        read_rows(q);
        return;
    }
    q->up = true;
    for (uint32_t i = q->rows.count; i-- > 0;)
        if (take_row(q, &row[i], &e)) {
            stop(q);
            return;
        }
    tidy(q);
    if (q->page_count) {
        q->next = q->page[--q->page_count];
        read_rows(q);
    } else {
        case_done(q);
    }
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct asked *q = ctx;
    (void)e;
    q->err = err;
    q->rows = err ? (struct bf_rows){0} : *rows;
    bf_call_run(q->call, take_rows, q);
}

static void read_rows(struct asked *q) {
    struct bf_row_journal at = {.seq = q->next};
    struct bf_query query = {.table = BF_TABLE_JOURNAL,
                             .at = &at,
                             .chain = true,
                             .limit = ROWS_AT_ONCE,
                             .bytes = BF_PAGE_BYTES};
    bf_store_read(q->call->service->store, &query, rows_read, q);
}

/* ---- the cases ---- */

static bool has_measure(const struct asked *q, const struct bf_image *m) {
    for (uint32_t i = 0; i < m->measure_count; i++)
        if (!q->figures.only.len || bf_str_eq(bf_i_text(m, m->measure[i].name), q->figures.only))
            return true;
    return false;
}

static void take_cases(struct bf_call *c, void *arg) {
    struct asked *q = arg;
    const struct bf_row_cases *row = q->rows.row;
    if (q->err || !c->request) {
        stop(q);
        return;
    }
    q->todo_count = q->todo_at = 0;
    q->more = q->rows.count == CASES_AT_ONCE;
    for (uint32_t i = 0; i < q->rows.count; i++) {
        const struct bf_image *m =
            row[i].policy.len == BF_SHA256_LEN
                ? bf_service_image(c->service, (const uint8_t *)row[i].policy.p)
                : NULL;
        q->number = row[i].number;
        if (!m || !has_measure(q, m))
            continue;
        q->todo[q->todo_count].number = row[i].number;
        q->todo[q->todo_count++].last_seq = row[i].last_seq;
    }
    take_next(q);
}

static void cases_read(void *ctx, enum bf_err err, const struct bf_error *e,
                       const struct bf_rows *rows) {
    struct asked *q = ctx;
    (void)e;
    q->err = err;
    q->rows = err ? (struct bf_rows){0} : *rows;
    bf_call_run(q->call, take_cases, q);
}

static void read_cases(struct asked *q) {
    struct bf_row_cases at = {.number = q->number};
    struct bf_query query = {
        .table = BF_TABLE_CASES, .at = &at, .after = true, .limit = CASES_AT_ONCE};
    bf_store_read(q->call->service->store, &query, cases_read, q);
}

static void take_next(struct asked *q) {
    q->half = 0;
    bf_arena_reset(q->call->scratch[0]);
    bf_arena_reset(q->call->scratch[1]);
    if (q->todo_at < q->todo_count) {
        q->next = q->todo[q->todo_at++].last_seq;
        q->page_count = 0;
        q->up = q->gone = false;
        q->c = NULL;
        q->image = NULL;
        read_rows(q);
    } else if (q->more) {
        read_cases(q);
    } else {
        answer(q);
    }
}

/* ---- asking ---- */

static bool read_day(struct bf_call *c, const char *name, bf_day *day) {
    bf_str text = bf_http_query(c->request, name);
    if (!text.p || bf_day_parse(text, day))
        return true;
    bf_call_problem(c, 400, "query", BF_T_API_QUERY_DAY, BF_ARGS(bf_arg_str(bf_str_of(name))));
    return false;
}

static void figures(struct bf_call *c, bf_str only) {
    struct bf_service *s = c->service;
    struct asked *q = bf_new(c->arena, struct asked);
    bf_day from = BF_DAY_ANY_FROM, to = BF_DAY_ANY_TO;
    q->call = c;
    if (!read_day(c, "from", &from) || !read_day(c, "to", &to))
        return;
    bf_figures_init(&q->figures, c->arena, from, to, only);
    for (uint32_t i = 0; i < s->policy_count; i++)
        if (s->policies[i].seq)
            bf_figures_know(&q->figures, s->policies[i].image);
    for (uint32_t i = 0; i < s->policy_count; i++) /* told in the words of the active version */
        if (s->policies[i].active)
            bf_figures_know(&q->figures, s->policies[i].image);
    if (only.len && !q->figures.count) {
        bf_call_problem(c, 404, "no-measure", BF_T_API_NO_MEASURE_NAME, BF_ARGS(bf_arg_str(only)));
        return;
    }
    if (!c->principal.is_operator) {
        bf_directory_capacities(s->directory, c->principal.person, bf_service_now(s),
                                add_department, q);
        q->figures.sees = his;
        q->figures.sees_ctx = q;
    }
    if (q->figures.sees && !q->department_count) { /* nothing is his: nothing is read */
        answer(q);
        return;
    }
    if (bf_call_count(s, bf_on_measures_list) + bf_call_count(s, bf_on_measure_read) > WALKS) {
        bf_call_header(c, "Retry-After", BF_STR("1"));
        bf_call_problem(c, 503, "unavailable", BF_T_API_COUNTING, BF_NOARGS);
        return;
    }
    if (!bf_call_scratch(c)) {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
        return;
    }
    read_cases(q);
}

void bf_on_measures_list(struct bf_call *c) { figures(c, (bf_str){"", 0}); }

void bf_on_measure_read(struct bf_call *c) { figures(c, c->match.parts[0]); }
