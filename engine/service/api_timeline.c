/* Timeline: the rows of a case told in words, oldest first, with articles and the days counted; and how the case stands,
** as `banfa explain` says it. The look comes first: it says who may see, and where the rows end.
**
** A case's rows are chained from the newest, and told from the oldest, each with the case as it was then. So the chain
** is walked twice, a page at a time: down, keeping only where each page begins; then up, taking its rows into the case.
** Whatever the number and size of the rows, what is kept is one page, the case and what is told: an answer ends early
** where that grows long. */
#include "engine/core/refused.h"
#include "engine/service/api_parts.h"
#include "engine/service/events.h"
#include "engine/sim/explain.h"
#include "engine/sim/tell.h"

enum {
    ROWS_AT_ONCE = 256,
    TOLD_AT_ONCE = 4 << 20,
    SCRATCH_AT_ONCE = 4 << 20
}; /* bytes, but for the rows */

struct timeline {
    struct bf_call *call;
    struct bf_api_look look;
    bool hides; /* what sealed data were set to */
    const struct bf_engine_policy *policy;
    uint64_t after, next; /* next: the row to read */
    uint32_t limit;
    uint64_t *page; /* where the pages begin that are not told yet, newest first */
    uint32_t page_count, page_cap;
    bool up;
    struct bf_rows rows; /* of one read */
    enum bf_err err;
    struct bf_buf out;
    uint32_t told;
    uint64_t last; /* told */
    bool more;     /* there are rows after it */
    /* As the rows so far leave it; NULL: not known. It and what is made of a row are in scratch[half]. */
    struct bf_case *c;
    const struct bf_image *image; /* of c */
    unsigned half;
    size_t kept; /* bytes that c took there */
};

/* ---- how it stands ---- */

static void show(struct bf_api_look *l, const struct bf_shown *s, struct bf_buf *out) {
    struct timeline *t = l->own;
    struct bf_case *c = bf_case_fork(s->words.arena, s->view->c);
    struct bf_standing standing = {.arena = s->words.arena,
                                   .image = s->image,
                                   .calendar = s->words.calendar,
                                   .world = *s->world,
                                   .now = s->view->now,
                                   .cases = &c,
                                   .case_count = 1};
    t->policy = s->view->policy;
    t->hides = !s->unsealed.kept;
    t->next = s->view->last_seq;
    bf_explain_text(&standing, l->call->lang, out);
}

/* ---- one row ---- */

/* What the row was counted by. */
static const struct bf_calendar *calendar_of(const struct timeline *t,
                                             const uint8_t hash[BF_SHA256_LEN]) {
    const struct bf_calendar *c = bf_service_calendar_of(t->call->service, hash);
    return c ? c : t->policy->calendar;
}

static void text_member(struct bf_buf *out, const char *key, bf_str s) {
    if (!s.len)
        return;
    bf_buf_fmt(out, ",\"%s\":", key);
    bf_json_text(s, out);
}

static void facts_json(const struct bf_tale *tale, const struct bf_entry *n, struct bf_buf *out) {
    bf_buf_z(out, ",\"facts\":[");
    for (uint32_t i = 0; i < n->fact_count; i++) {
        const struct bf_fact *f = &n->facts[i];
        bf_str counted, left_out;
        bf_buf_z(out, i ? ",{\"fact\":" : "{\"fact\":");
        bf_json_fact(n->image, f, out);
        text_member(out, "text", bf_tell_fact(tale, f));
        bf_tell_days(tale, f, &counted, &left_out);
        text_member(out, "counted", counted);
        text_member(out, "left_out", left_out);
        bf_buf_char(out, '}');
    }
    bf_buf_char(out, ']');
}

static void refusal_json(const struct bf_tale *tale, struct bf_buf *out) {
    const struct bf_refused *r = tale->refused;
    bf_buf_fmt(out, ",\"refused\":{\"refusal\":\"%s\",\"why\":\"%s\",\"cites\":",
               bf_refusal_word(r->kind), bf_why_word(r->why));
    bf_words_cites_json(tale->words->image, r->src, out);
    text_member(out, "because", bf_tell_reason(tale));
    bf_buf_char(out, '}');
}

static void event_json(struct timeline *t, const struct bf_entry *n, struct bf_buf *out) {
    struct bf_arena *a = t->call->scratch[t->half];
    struct bf_words words = {a, n->image, calendar_of(t, n->calendar), t->call->lang};
    struct bf_world world = {.calendar =
                                 words.calendar}; /* its registers as of then are not known */
    struct bf_refused refused;
    struct bf_error e;
    struct bf_tale tale = {.words = &words,
                           .world = &world,
                           .event = &n->event,
                           .proc = n->proc,
                           .number = (uint32_t)n->head.number,
                           .after = t->c,
                           .hides = t->hides};
    if (n->head.kind == BF_ENTRY_REFUSAL &&
        !bf_refused_read(n->image, n->proc, a, n->facts, n->fact_count, n->data, &refused, &e))
        tale.refused = &refused;
    bf_buf_z(out, ",\"effective\":");
    bf_json_instant(n->event.effective, out);
    bf_buf_z(out, ",\"day\":");
    bf_json_day(n->day, out);
    bf_buf_fmt(out, ",\"event\":\"%s\"", bf_event_word(n->event.kind));
    text_member(out, "text", bf_tell_head(&tale));
    bf_buf_z(out, ",\"cites\":");
    bf_words_cites_json(n->image, bf_tell_src(n->facts, n->fact_count), out);
    facts_json(&tale, n, out);
    if (tale.refused)
        refusal_json(&tale, out);
}

/* Gives back what was made of rows; the case stays. */
static void tidy(struct timeline *t) {
    struct bf_arena *from = t->call->scratch[t->half], *to = t->call->scratch[!t->half];
    bf_arena_reset(to);
    t->c = t->c ? bf_case_clone(to, t->image, t->c) : NULL;
    t->kept = bf_arena_used(to);
    t->half = !t->half;
    bf_arena_reset(from);
}

/* The row is taken into the case, and told if it is of the page asked for. */
static enum bf_err tell_row(struct timeline *t, const struct bf_row_journal *r, bool told,
                            struct bf_error *e) {
    struct bf_images images = {bf_service_image, t->call->service};
    struct bf_arena *a = t->call->scratch[t->half];
    struct bf_entry_head head;
    struct bf_entry n;
    enum bf_err err = r->head.len == BF_ENTRY_HEAD
                          ? bf_entry_head_read((const uint8_t *)r->head.p, &head, e)
                          : BF_EFORMAT;
    if (!err && r->body.len)
        err = bf_entry_read(&images, a, &head, r->body, &n, e);
    else if (!err)
        n = (struct bf_entry){.head = head, .gone = true};
    if (!err && (n.fact_count || head.kind == BF_ENTRY_MIGRATE)) {
        if (bf_entry_apply(a, &n, &t->c, e))
            t->c = NULL; /* told without the case, then */
        t->image = n.image;
    }
    if (err || !told)
        return err;
    bf_buf_fmt(&t->out, "%s{\"seq\":%llu,\"kind\":\"%s\",\"recorded\":", t->told ? "," : "",
               (unsigned long long)r->seq, bf_entry_word((enum bf_entry_kind)head.kind));
    bf_json_instant(head.recorded, &t->out);
    if (n.cause)
        bf_buf_fmt(&t->out, ",\"cause\":%llu", (unsigned long long)n.cause);
    if (!n.gone && bf_entry_has_event((enum bf_entry_kind)head.kind))
        event_json(t, &n, &t->out);
    bf_buf_char(&t->out, '}');
    t->told++;
    t->last = r->seq;
    return BF_OK;
}

/* A page, which came newest first. Until it is known that there is more than was asked for. */
static enum bf_err tell_rows(struct timeline *t) {
    const struct bf_row_journal *row = t->rows.row;
    struct bf_error e;
    for (uint32_t i = t->rows.count; i-- > 0;) {
        bool asked = row[i].seq > t->after;
        t->more = asked && (t->told == t->limit || t->out.len > TOLD_AT_ONCE);
        if (t->more)
            return BF_OK;
        enum bf_err err = tell_row(t, &row[i], asked, &e);
        if (err)
            return err;
        if (i == 0 || bf_arena_used(t->call->scratch[t->half]) > t->kept + SCRATCH_AT_ONCE)
            tidy(t);
    }
    return BF_OK;
}

/* ---- all of them ---- */

static void answer(struct timeline *t) {
    struct bf_buf *out = &t->out;
    bf_buf_z(out, "],\"next\":");
    if (t->more)
        bf_buf_fmt(out, "%llu", (unsigned long long)t->last);
    else
        bf_buf_z(out, "null");
    bf_buf_z(out, ",\"explanation\":");
    bf_json_text(t->look.text, out);
    bf_buf_char(out, '}');
    bf_call_json(t->call, 200, out);
}

static void add_page(struct timeline *t, uint64_t seq) {
    t->page = bf_arena_grow(t->call->arena, t->page, t->page_count, &t->page_cap, sizeof *t->page);
    t->page[t->page_count++] = seq;
}

static void read_rows(struct timeline *t);

static void take_rows(struct bf_call *c, void *arg) {
    struct timeline *t = arg;
    const struct bf_row_journal *row = t->rows.row;
    enum bf_err err = t->err ? t->err : t->rows.count ? BF_OK : BF_EFORMAT;
    uint64_t before = err ? 0 : row[t->rows.count - 1].before;
    if (!err && !t->up && before) {
        add_page(t, t->next);
        t->next = before;
        read_rows(t);
        return;
    }
    t->up = true;
    if (!err)
        err = tell_rows(t);
    if (err) {
        bf_call_engine_problem(
            c, &(struct bf_answer){.kind = err == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE});
    } else if (t->page_count && !t->more) {
        t->next = t->page[--t->page_count];
        read_rows(t);
    } else {
        answer(t);
    }
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct timeline *t = ctx;
    (void)e;
    t->err = err;
    t->rows = err ? (struct bf_rows){0} : *rows;
    bf_call_run(t->call, take_rows, t);
}

static void read_rows(struct timeline *t) {
    struct bf_row_journal at = {.seq = t->next};
    struct bf_query q = {.table = BF_TABLE_JOURNAL,
                         .at = &at,
                         .chain = true,
                         .limit = ROWS_AT_ONCE,
                         .bytes = BF_PAGE_BYTES};
    bf_store_read(t->call->service->store, &q, rows_read, t);
}

static void then(struct bf_api_look *l) {
    struct timeline *t = l->own;
    if (!bf_call_scratch(t->call)) {
        bf_call_engine_problem(t->call, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
        return;
    }
    bf_buf_in(&t->out, t->call->arena);
    bf_buf_fmt(&t->out, "{\"case\":%llu,\"rows\":[", (unsigned long long)l->number);
    read_rows(t);
}

void bf_on_case_timeline(struct bf_call *c) {
    struct timeline *t = bf_new(c->arena, struct timeline);
    uint64_t number;
    t->call = c;
    if (!bf_call_number(c, c->match.parts[0], &number) || !bf_call_page(c, &t->after, &t->limit))
        return;
    t->look =
        (struct bf_api_look){.call = c, .number = number, .show = show, .then = then, .own = t};
    bf_api_look(&t->look);
}
