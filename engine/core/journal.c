/* journal: see journal.h. The body's members are those of docs/STORE.md, "The journal line". */
#include "engine/core/journal.h"

#include <string.h>

#include "lang/base/assert.h"

enum { BODY_USUAL = 1400 }; /* bytes: most bodies grow no further */

const char *bf_entry_word(enum bf_entry_kind kind) {
    static const char *const word[BF_ENTRY_KINDS] = {
#define ENTRY(name, word) word,
#include "engine/core/entry.def"
    };
    return word[kind];
}

const char *bf_event_word(enum bf_event_kind kind) {
    switch (kind) {
    case BF_EVENT_OPEN: return "open";
    case BF_EVENT_ACT: return "act";
    case BF_EVENT_CONSENT: return "consent";
    case BF_EVENT_DECLINE: return "decline";
    case BF_EVENT_TICK: return "tick";
    case BF_EVENT_EXCUSE: return "excuse";
    case BF_EVENT_CALENDAR: return "calendar";
    case BF_EVENT_BEGUN: return "begun";
    case BF_EVENT_RETURN: return "return";
    case BF_EVENT_CANCEL: return "cancel";
    case BF_EVENT_SUCCEED: return "succeed";
    case BF_EVENT_ASSIGN: return "assign";
    case BF_EVENT_MIGRATE: break; /* stands in no row: a MIGRATE row has no event */
    }
    return NULL;
}

/* ---- header ---- */

static uint8_t *put(uint8_t *p, uint64_t n, int bytes) {
    for (int i = bytes; i-- > 0; n >>= 8)
        p[i] = (uint8_t)n;
    return p + bytes;
}

static uint64_t get(const uint8_t **p, int bytes) {
    uint64_t n = 0;
    while (bytes-- > 0)
        n = n << 8 | *(*p)++;
    return n;
}

void bf_entry_head_write(const struct bf_entry_head *h, uint8_t out[BF_ENTRY_HEAD]) {
    uint8_t *p = put(out, h->format, 2);
    p = put(p, h->kind, 2);
    p = put(p, h->partition, 4);
    p = put(p, h->seq, 8);
    p = put(p, (uint64_t)h->recorded, 8);
    p = put(p, h->number, 8);
    put(p, h->epoch, 8);
}

enum bf_err bf_entry_head_read(const uint8_t in[BF_ENTRY_HEAD], struct bf_entry_head *h,
                               struct bf_error *e) {
    struct bf_entry_head head = {.format = (uint16_t)get(&in, 2),
                                 .kind = (uint16_t)get(&in, 2),
                                 .partition = (uint32_t)get(&in, 4)};
    head.seq = get(&in, 8);
    head.recorded = (bf_instant)get(&in, 8);
    head.number = get(&in, 8);
    head.epoch = get(&in, 8);
    if (head.format != BF_JOURNAL_FORMAT)
        return bf_fail(e, BF_EFORMAT, "format %u: this program reads format %d", head.format,
                       BF_JOURNAL_FORMAT);
    if (head.kind >= BF_ENTRY_KINDS)
        return bf_fail(e, BF_EFORMAT, "kind %u: no kind of row there is", head.kind);
    *h = head;
    return BF_OK;
}

/* ---- what an event is about ---- */

static bool in(struct bf_i_range r, uint32_t row) { return row - r.first < r.count; }

static bool has_act(enum bf_event_kind kind) {
    return kind == BF_EVENT_ACT || kind == BF_EVENT_CONSENT || kind == BF_EVENT_DECLINE;
}

/* Of a case: a new one, or one that is run. */
static bool has_number(enum bf_event_kind kind) {
    return kind == BF_EVENT_OPEN || kind == BF_EVENT_BEGUN || kind == BF_EVENT_RETURN;
}

/* The type row of an event's i-th argument; BF_NONE: it has none by itself. */
static uint32_t arg_type(const struct bf_image *m, uint32_t proc, const struct bf_event *v,
                         uint32_t i) {
    struct bf_i_range fields = {0, 0};
    if (v->kind == BF_EVENT_OPEN && v->start == BF_NONE)
        return i < m->proc[proc].data.count ? m->data[m->proc[proc].data.first + i].type : BF_NONE;
    if (v->kind == BF_EVENT_OPEN && m->start[v->start].member_reg)
        return i ? BF_NONE : m->data[m->start[v->start].member_data].type;
    if (v->kind == BF_EVENT_OPEN && m->start[v->start].event != BF_NONE)
        fields = m->event[m->start[v->start].event].params;
    else if ((v->kind == BF_EVENT_ACT || v->kind == BF_EVENT_RETURN) && v->what != BF_NONE)
        fields = m->act[v->what].params;
    return i < fields.count ? m->field[fields.first + i].type : BF_NONE;
}

/* ---- body ---- */

static void key(struct bf_buf *out, const char *name) {
    if (out->p[out->len - 1] != '{')
        bf_buf_char(out, ',');
    bf_buf_quoted(out, name);
    bf_buf_char(out, ':');
}

static bool zero(const uint8_t hash[BF_SHA256_LEN]) {
    static const uint8_t none[BF_SHA256_LEN];
    return memcmp(hash, none, BF_SHA256_LEN) == 0;
}

static void put_hash(struct bf_buf *out, const char *name, const uint8_t hash[BF_SHA256_LEN]) {
    char text[2 * BF_SHA256_LEN + 1];
    if (zero(hash))
        return;
    bf_hex(hash, BF_SHA256_LEN, text);
    key(out, name);
    bf_buf_quoted(out, text);
}

static void put_text(struct bf_buf *out, const char *name, bf_str s) {
    if (!s.len)
        return;
    key(out, name);
    bf_json_text(s, out);
}

static void put_int(struct bf_buf *out, const char *name, int64_t i) {
    key(out, name);
    bf_buf_int(out, i);
}

static void put_value(struct bf_buf *out, const struct bf_image *m, const char *name,
                      struct bf_value v) {
    if (!bf_present(v))
        return;
    key(out, name);
    bf_value_json(m, v, out);
}

static void put_event(const struct bf_entry *n, struct bf_buf *out) {
    const struct bf_image *m = n->image;
    const struct bf_event *v = &n->event;
    const struct bf_i_proc *p = &m->proc[n->proc];
    char day[BF_DAY_TEXT];
    key(out, "event");
    bf_buf_char(out, '{');
    if (has_act(v->kind) && in(p->acts, v->what))
        put_text(out, "act", bf_i_text(m, m->act[v->what].name));
    put_value(out, m, "actor", v->actor);
    if (v->nargs) {
        key(out, "args");
        bf_value_json(m, bf_list_value(v->args, v->nargs), out);
    }
    if (v->by) {
        key(out, "by");
        bf_persons_json(m, v->by, out);
    }
    key(out, "day");
    bf_buf_quoted(out, bf_day_print(n->day, day));
    put_int(out, "effective", v->effective);
    key(out, "kind");
    bf_buf_quoted(out, bf_event_word(v->kind));
    if (has_number(v->kind) && v->number)
        put_int(out, "number", v->number);
    if (v->kind == BF_EVENT_RETURN)
        put_int(out, "offer", v->offer);
    if (v->kind == BF_EVENT_OPEN && v->parent)
        put_int(out, "parent", v->parent);
    if (v->kind == BF_EVENT_OPEN && in(p->starts, v->start))
        put_int(out, "start", v->start);
    put_value(out, m, "who", v->who);
    bf_buf_char(out, '}');
}

void bf_entry_body(const struct bf_entry *n, struct bf_buf *out) {
    bool event = bf_entry_has_event((enum bf_entry_kind)n->head.kind);
    BF_ASSERT((!event && !n->fact_count) || (n->image && n->proc < n->image->proc_count));
    BF_ASSERT(!n->image || memcmp(n->image->hash, n->policy, BF_SHA256_LEN) == 0);
    bf_buf_reserve(out, BODY_USUAL);
    bf_buf_char(out, '{');
    if (out->failed)
        return;
    put_hash(out, "body_hash", n->body_hash);
    put_hash(out, "calendar", n->calendar);
    if (n->cause)
        put_int(out, "cause", (int64_t)n->cause);
    if (n->data.len) {
        key(out, "data");
        bf_buf_str(out, n->data);
    }
    if (event)
        put_event(n, out);
    if (n->fact_count) {
        key(out, "facts");
        for (uint32_t i = 0; i < n->fact_count; i++) {
            bf_buf_char(out, i ? ',' : '[');
            bf_fact_json(n->image, &n->facts[i], out);
        }
        bf_buf_char(out, ']');
    }
    put_text(out, "key", n->key);
    put_hash(out, "policy", n->policy);
    put_text(out, "principal", n->principal);
    if (n->proc != BF_NONE)
        put_text(out, "procedure", bf_i_text(n->image, n->image->proc[n->proc].name));
    put_text(out, "request", n->request);
    bf_buf_char(out, '}');
}

/* ---- reading a body ---- */

struct reader {
    const struct bf_images *images;
    struct bf_arena *a;
    const struct bf_canon *j;
    struct bf_entry *n;
    struct bf_error *e;
};

static enum bf_err bad(const struct reader *r, const char *member, const char *what) {
    return bf_fail(r->e, BF_EFORMAT, "%s: %s", member, what);
}

static enum bf_err strangers(const struct reader *r, const struct bf_canon *j,
                             const char *const *known) {
    const bf_str *s = bf_canon_stranger(j, known);
    if (!s)
        return BF_OK;
    return bf_fail(r->e, BF_EFORMAT, "%.*s: no member of a row", (int)(s->len < 40 ? s->len : 40),
                   s->p);
}

static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum bf_err get_hash(const struct reader *r, const char *name, uint8_t hash[BF_SHA256_LEN]) {
    const struct bf_canon *j = bf_canon_member(r->j, name);
    if (!j)
        return BF_OK;
    if (j->kind != BF_CANON_TEXT || j->text.len != 2 * BF_SHA256_LEN)
        return bad(r, name, "not a hash");
    for (int i = 0; i < BF_SHA256_LEN; i++) {
        int high = digit(j->text.p[2 * i]), low = digit(j->text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return bad(r, name, "not a hash");
        hash[i] = (uint8_t)(high << 4 | low);
    }
    return zero(hash) ? bad(r, name, "zero") : BF_OK;
}

static enum bf_err get_text(const struct reader *r, const char *name, bf_str *s) {
    const struct bf_canon *j = bf_canon_member(r->j, name);
    if (j && (j->kind != BF_CANON_TEXT || !j->text.len))
        return bad(r, name, "not a text that says something");
    if (j)
        *s = j->text;
    return BF_OK;
}

static enum bf_err get_policy(const struct reader *r) {
    struct bf_entry *n = r->n;
    const struct bf_canon *j = bf_canon_member(r->j, "procedure");
    enum bf_err err = get_hash(r, "policy", n->policy);
    if (err)
        return err;
    if (!zero(n->policy))
        n->image = r->images->find(r->images->ctx, n->policy);
    bool needed =
        bf_entry_has_event((enum bf_entry_kind)n->head.kind) || j || bf_canon_member(r->j, "facts");
    if (!needed)
        return BF_OK;
    if (!n->image)
        return bad(r, "policy", zero(n->policy) ? "missing" : "no image of this hash is known");
    if (!j)
        return bad(r, "procedure", "missing");
    for (uint32_t i = 0; j->kind == BF_CANON_TEXT && i < n->image->proc_count; i++)
        if (bf_str_eq(bf_i_text(n->image, n->image->proc[i].name), j->text)) {
            n->proc = i;
            return BF_OK;
        }
    return bad(r, "procedure", "no such one");
}

static enum bf_err get_event_kind(const struct reader *r, const struct bf_canon *j) {
    const struct bf_canon *kind = bf_canon_member(j, "kind");
    for (int k = 0; kind && kind->kind == BF_CANON_TEXT && k < BF_EVENT_MIGRATE; k++)
        if (bf_str_eq(kind->text, bf_str_of(bf_event_word((enum bf_event_kind)k)))) {
            r->n->event.kind = (enum bf_event_kind)k;
            return BF_OK;
        }
    return bad(r, "event: kind", "no kind of event there is");
}

/* The case that runs the one opened; how what a case runs has ended. */
static enum bf_err get_run(const struct reader *r, const struct bf_canon *j) {
    const struct bf_canon *parent = bf_canon_member(j, "parent"),
                          *offer = bf_canon_member(j, "offer");
    const struct bf_image *m = r->n->image;
    struct bf_event *v = &r->n->event;
    if (parent) {
        if (v->kind != BF_EVENT_OPEN || parent->kind != BF_CANON_INT || parent->i < 1 ||
            parent->i > UINT32_MAX)
            return bad(r, "event: parent", "not a case's number");
        v->parent = (uint32_t)parent->i;
    }
    if (!offer)
        return v->kind == BF_EVENT_RETURN ? bad(r, "event: offer", "missing") : BF_OK;
    if (v->kind != BF_EVENT_RETURN || offer->kind != BF_CANON_INT || offer->i < 0 ||
        offer->i >= BF_NONE || !in(m->proc[r->n->proc].offers, (uint32_t)offer->i))
        return bad(r, "event: offer", "no such one");
    v->offer = (uint32_t)offer->i;
    v->what = m->offer[v->offer].act;
    return BF_OK;
}

/* What the event is about: an act, or a procedure and how it starts. */
static enum bf_err get_what(const struct reader *r, const struct bf_canon *j) {
    const struct bf_canon *act = bf_canon_member(j, "act"), *start = bf_canon_member(j, "start"),
                          *number = bf_canon_member(j, "number");
    const struct bf_image *m = r->n->image;
    const struct bf_i_proc *p = &m->proc[r->n->proc];
    struct bf_event *v = &r->n->event;
    bool opens = v->kind == BF_EVENT_OPEN;
    v->what = opens ? r->n->proc : BF_NONE;
    v->start = BF_NONE;
    if (act) {
        for (uint32_t i = 0; act->kind == BF_CANON_TEXT && i < p->acts.count; i++)
            if (bf_str_eq(bf_i_text(m, m->act[p->acts.first + i].name), act->text))
                v->what = p->acts.first + i;
        if (!has_act(v->kind) || v->what == BF_NONE)
            return bad(r, "event: act", "no such one");
    }
    if (has_act(v->kind) && !act && r->n->head.kind != BF_ENTRY_REFUSAL)
        return bad(r, "event: act", "missing");
    if (start) {
        if (!opens || start->kind != BF_CANON_INT || start->i < 0 || start->i >= BF_NONE ||
            !in(p->starts, (uint32_t)start->i))
            return bad(r, "event: start", "no such one");
        v->start = (uint32_t)start->i;
    }
    if (number) {
        if (!has_number(v->kind) || number->kind != BF_CANON_INT || number->i < 1 ||
            number->i > UINT32_MAX)
            return bad(r, "event: number", "not a case's number");
        v->number = (uint32_t)number->i;
    }
    return get_run(r, j);
}

/* By its type; what was refused, if it does not fit, by its shape. */
static const char *get_arg(const struct reader *r, const struct bf_canon *j, uint32_t i,
                           struct bf_value *v) {
    const struct bf_entry *n = r->n;
    uint32_t type = arg_type(n->image, n->proc, &n->event, i);
    const char *wrong = "more arguments than it has";
    if (type != BF_NONE)
        wrong = bf_value_read(n->image, r->a, j, type, v);
    if (bf_event_succeeds(n->event.kind) && i < 3)
        wrong = bf_value_read_succession(n->image, r->a, j, i, v);
    if (n->event.kind == BF_EVENT_EXCUSE)
        wrong = bf_value_read_violation(n->image, r->a, j, v);
    if (wrong && n->head.kind == BF_ENTRY_REFUSAL)
        wrong = bf_value_read_shape(n->image, r->a, j, v);
    return wrong;
}

static enum bf_err get_args(const struct reader *r, const struct bf_canon *j) {
    const struct bf_canon *args = bf_canon_member(j, "args");
    if (!args)
        return BF_OK;
    if (args->kind != BF_CANON_LIST || !args->count)
        return bad(r, "event: args", "not a list of values");
    struct bf_value *v = bf_new_array(r->a, struct bf_value, args->count);
    for (uint32_t i = 0; i < args->count; i++) {
        const char *wrong = get_arg(r, &args->items[i], i, &v[i]);
        if (wrong)
            return bf_fail(r->e, BF_EFORMAT, "event: args[%u]: %s", (unsigned)i, wrong);
    }
    r->n->event.args = v;
    r->n->event.nargs = args->count;
    return BF_OK;
}

static enum bf_err get_party(const struct reader *r, const struct bf_canon *j, const char *name,
                             struct bf_value *v) {
    const struct bf_canon *party = bf_canon_member(j, name);
    const char *wrong = NULL;
    if (party && party->kind == BF_CANON_NULL)
        wrong = "null";
    else if (party)
        wrong = bf_value_read_party(r->n->image, r->a, party, v);
    if (wrong && party->kind != BF_CANON_NULL && r->n->head.kind == BF_ENTRY_REFUSAL)
        wrong = bf_value_read_shape(r->n->image, r->a, party, v);
    return wrong ? bf_fail(r->e, BF_EFORMAT, "event: %s: %s", name, wrong) : BF_OK;
}

static enum bf_err get_persons(const struct reader *r, const struct bf_canon *j) {
    const struct bf_canon *by = bf_canon_member(j, "by");
    const char *wrong = by ? bf_value_read_persons(r->n->image, r->a, by, &r->n->event.by) : NULL;
    return wrong ? bad(r, "event: by", wrong) : BF_OK;
}

static enum bf_err get_event(const struct reader *r) {
    static const char *const known[] = {"act",       "actor", "args",   "by",    "day",
                                        "effective", "kind",  "number", "offer", "parent",
                                        "start",     "who",   NULL};
    const struct bf_canon *j = bf_canon_member(r->j, "event");
    struct bf_entry *n = r->n;
    enum bf_err err;
    if (!bf_entry_has_event((enum bf_entry_kind)n->head.kind))
        return j ? bad(r, "event", "no member of such a row") : BF_OK;
    if (!j || j->kind != BF_CANON_OBJECT)
        return bad(r, "event", "missing");
    if ((err = get_event_kind(r, j)) || (err = get_what(r, j)) ||
        (err = get_party(r, j, "actor", &n->event.actor)) ||
        (err = get_party(r, j, "who", &n->event.who)) || (err = get_persons(r, j)) ||
        (err = get_args(r, j)))
        return err;
    const struct bf_canon *at = bf_canon_member(j, "effective"), *day = bf_canon_member(j, "day");
    if (!at || at->kind != BF_CANON_INT)
        return bad(r, "event: effective", "not an instant");
    if (!day || day->kind != BF_CANON_TEXT || !bf_day_parse(day->text, &n->day))
        return bad(r, "event: day", "not a date");
    n->event.effective = at->i;
    n->event.recorded = n->head.recorded;
    return strangers(r, j, known);
}

static enum bf_err get_facts(const struct reader *r) {
    const struct bf_canon *j = bf_canon_member(r->j, "facts");
    struct bf_entry *n = r->n;
    if (!j)
        return BF_OK;
    if (j->kind != BF_CANON_LIST || !j->count)
        return bad(r, "facts", "not a list of facts");
    struct bf_fact *f = bf_new_array(r->a, struct bf_fact, j->count);
    for (uint32_t i = 0; i < j->count; i++)
        if (bf_fact_read(n->image, n->proc, r->a, &j->items[i], &f[i], r->e))
            return bf_error_wrap(r->e, "facts[%u]", (unsigned)i);
    n->facts = f;
    n->fact_count = j->count;
    return BF_OK;
}

static enum bf_err get_data(const struct reader *r) {
    const struct bf_canon *j = bf_canon_member(r->j, "data"),
                          *cause = bf_canon_member(r->j, "cause");
    if (cause && (cause->kind != BF_CANON_INT || cause->i < 1))
        return bad(r, "cause", "not a row's number");
    if (cause)
        r->n->cause = (uint64_t)cause->i;
    if (j)
        r->n->data = j->bytes;
    return BF_OK;
}

enum bf_err bf_entry_read(const struct bf_images *images, struct bf_arena *a,
                          const struct bf_entry_head *head, bf_str body, struct bf_entry *n,
                          struct bf_error *e) {
    static const char *const known[] = {"body_hash", "calendar",  "cause",   "data",
                                        "event",     "facts",     "key",     "policy",
                                        "principal", "procedure", "request", NULL};
    struct bf_canon j;
    const struct reader r = {images, a, &j, n, e};
    enum bf_err err;
    if (body.len > BF_ENTRY_BODY_MAX)
        return bf_fail(e, BF_ELIMIT, "a body of more than %u bytes", BF_ENTRY_BODY_MAX);
    if ((err = bf_canon_read(a, body, &j, e)) != BF_OK)
        return err;
    if (j.kind != BF_CANON_OBJECT)
        return bf_fail(e, BF_EFORMAT, "byte 1: not an object");
    *n = (struct bf_entry){.head = *head, .proc = BF_NONE, .day = BF_DAY_NONE};
    if ((err = get_policy(&r)) || (err = get_hash(&r, "calendar", n->calendar)) ||
        (err = get_hash(&r, "body_hash", n->body_hash)) || (err = get_text(&r, "key", &n->key)) ||
        (err = get_text(&r, "principal", &n->principal)) ||
        (err = get_text(&r, "request", &n->request)) || (err = get_data(&r)) ||
        (err = get_event(&r)) || (err = get_facts(&r)))
        return err;
    return strangers(&r, &j, known);
}

/* ---- cases from rows ---- */

/* Rows that hold the whole case. */
static bool holds_case(const struct bf_entry *n) {
    return n->head.kind == BF_ENTRY_MIGRATE || n->head.kind == BF_ENTRY_SEAL;
}

static enum bf_err read_case(struct bf_arena *a, const struct bf_entry *n, struct bf_case **c,
                             struct bf_error *e) {
    struct bf_canon j;
    if (!n->image)
        return bf_fail(e, BF_EFORMAT, "policy: missing");
    enum bf_err err = bf_canon_read(a, bf_str_dup(a, n->data), &j, e);
    const struct bf_canon *kept = err ? NULL : bf_canon_member(&j, "case");
    if (!err && !kept)
        err = bf_fail(e, BF_EFORMAT, "missing");
    if (!err)
        err = bf_case_read(n->image, a, kept, c, e);
    if (!err && (*c)->number != n->head.number)
        err = bf_fail(e, BF_EFORMAT, "of another number than the row's");
    return err ? bf_error_wrap(e, "data: case") : BF_OK;
}

/* Is the row about the case as it stands? */
static enum bf_err fits(const struct bf_entry *n, const struct bf_case *c, struct bf_error *e) {
    if (!n->image || n->proc == BF_NONE)
        return bf_fail(e, BF_EFORMAT, "facts of no procedure");
    if (c && c->proc != n->proc)
        return bf_fail(e, BF_EFORMAT, "procedure: another than the case's");
    if (!c && n->facts[0].kind != BF_FACT_STARTED)
        return bf_fail(e, BF_EFORMAT, "facts[0]: of a case that was never started");
    return BF_OK;
}

enum bf_err bf_entry_apply(struct bf_arena *a, const struct bf_entry *n, struct bf_case **c,
                           struct bf_error *e) {
    enum bf_err err;
    if (n->gone)
        *c = NULL;
    if (holds_case(n) && !n->gone && (err = read_case(a, n, c, e)) != BF_OK)
        return err;
    if (!n->fact_count || (!*c && n->head.kind == BF_ENTRY_REFUSAL))
        return BF_OK; /* an opening that was refused leaves no case */
    if ((err = fits(n, *c, e)) != BF_OK)
        return err;
    if (!*c)
        *c = bf_case_new(a, n->image, n->proc);
    for (uint32_t i = 0; i < n->fact_count; i++) {
        struct bf_fact f = bf_fact_copy(a, &n->facts[i]);
        if (!bf_apply(n->image, a, *c, &f))
            return bf_fail(e, BF_EFORMAT, "facts[%u]: %s: does not fit the case", (unsigned)i,
                           bf_fact_word((enum bf_fact_kind)f.kind));
    }
    if ((*c)->number != n->head.number)
        return bf_fail(e, BF_EFORMAT, "facts[0]: of a case of another number than the row's");
    return BF_OK;
}

/* Where the case with a number is, or belongs. Rows mostly go up. */
static uint32_t place_of(const struct bf_journal_cases *l, uint64_t number) {
    uint32_t low = 0, high = l->count;
    if (high && l->cases[high - 1].number < number)
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (l->cases[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void make_room(struct bf_arena *a, struct bf_journal_cases *l, uint32_t *cap, uint32_t at) {
    if (l->count == *cap) {
        *cap = *cap ? *cap * 2 : 16;
        struct bf_journal_case *bigger = bf_arena_alloc(a, *cap * sizeof *bigger);
        if (l->count)
            memcpy(bigger, l->cases, l->count * sizeof *bigger);
        l->cases = bigger;
    }
    memmove(l->cases + at + 1, l->cases + at, (l->count - at) * sizeof *l->cases);
    l->count++;
}

static enum bf_err rebuild_row(struct bf_arena *a, struct bf_journal_cases *l, uint32_t *cap,
                               const struct bf_entry *n, struct bf_error *e) {
    uint32_t at = place_of(l, n->head.number);
    bool there = at < l->count && l->cases[at].number == n->head.number;
    struct bf_case *c = there ? l->cases[at].c : NULL;
    if (there && c && n->image && n->image != l->cases[at].image &&
        n->head.kind != BF_ENTRY_MIGRATE)
        return bf_fail(e, BF_EFORMAT, "policy: another than the case's");
    enum bf_err err = bf_entry_apply(a, n, &c, e);
    if (err || (!c && !n->gone))
        return err;
    if (there) {
        l->cases[at].c = c;
        l->cases[at].image = n->image ? n->image : l->cases[at].image;
    } else {
        make_room(a, l, cap, at);
        l->cases[at] =
            (struct bf_journal_case){.number = n->head.number, .image = n->image, .c = c};
    }
    l->cases[at].last_seq = n->head.seq;
    l->cases[at].epoch = n->head.epoch;
    return BF_OK;
}

enum bf_err bf_journal_rebuild(struct bf_arena *a, const struct bf_entries *rows, bf_instant until,
                               struct bf_journal_cases *out, struct bf_error *e) {
    struct bf_entry n;
    uint32_t cap = 0;
    enum bf_err err = BF_OK;
    *out = (struct bf_journal_cases){NULL, 0};
    while (rows->next(rows->ctx, &n, &err, e)) {
        if (until != BF_INSTANT_NONE && n.head.recorded > until)
            break; /* recorded never goes back */
        if (!n.head.number)
            continue;
        err = rebuild_row(a, out, &cap, &n, e);
        if (err) {
            bf_error_wrap(e, "row %llu", (unsigned long long)n.head.seq);
            break;
        }
    }
    for (uint32_t i = 0; !err && i < out->count; i++)
        if (!out->cases[i].c)
            err =
                bf_fail(e, BF_EFORMAT,
                        "row %llu: its body was dropped, and no later row says what case %llu was",
                        (unsigned long long)out->cases[i].last_seq,
                        (unsigned long long)out->cases[i].number);
    return err;
}
