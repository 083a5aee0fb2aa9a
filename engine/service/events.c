/* events: see events.h. */
#include "engine/service/events.h"

#include <inttypes.h>
#include <string.h>

#include "engine/service/api_parts.h"
#include "engine/sim/words.h"

/* Members of an object, written in the order of their keys. */
static void key(struct bf_buf *out, const char *name) {
    if (out->len && out->p[out->len - 1] != '{')
        bf_buf_char(out, ',');
    bf_buf_quoted(out, name);
    bf_buf_char(out, ':');
}

static void put_text(struct bf_buf *out, const char *name, bf_str text) {
    key(out, name);
    bf_json_text(text, out);
}

static void put_instant(struct bf_buf *out, const char *name, bf_instant at) {
    key(out, name);
    bf_json_instant(at, out);
}

static void put_number(struct bf_buf *out, const char *name, uint64_t n) {
    key(out, name);
    bf_buf_fmt(out, "%" PRIu64, n);
}

/* ---- a fact ---- */

/* What a row is called; numbers and rows without a name say nothing to a reader. */
static bf_str row_name(const struct bf_image *m, enum bf_row_kind kind, uint32_t row) {
    switch (kind) {
    case BF_ROW_PROC: return bf_i_text(m, m->proc[row].name);
    case BF_ROW_ACT: return bf_i_text(m, m->act[row].name);
    case BF_ROW_STATE: return bf_i_text(m, m->state[row].name);
    case BF_ROW_DATA: return bf_i_text(m, m->data[row].name);
    case BF_ROW_VIOLATION: return bf_i_text(m, m->violation[row].name);
    case BF_ROW_REGISTER: return bf_i_text(m, m->reg[row].name);
    case BF_ROW_EVENT: return bf_i_text(m, m->event[row].name);
    case BF_ROW_RECORD: return bf_i_text(m, m->record[row].name);
    case BF_ROW_DUTY: return bf_i_label(m, m->duty[row].name, m->duty[row].label);
    case BF_ROW_NONE:
    case BF_ROW_NUMBER:
    case BF_ROW_START:
    case BF_ROW_OFFER: break;
    }
    return (bf_str){NULL, 0};
}

/* A fact and the keys under which it keeps its rows. */
struct shown_fact {
    const struct bf_image *m;
    const struct bf_fact *f;
    const char *key[3]; /* NULL: there is none */
};

/* The row that a fact keeps under this key, if any. */
static void put_row(const struct shown_fact *s, const char *name, struct bf_buf *out) {
    const struct bf_fact *f = s->f;
    const uint32_t row[] = {f->a, f->b, f->c};
    for (int i = 0; i < 3; i++)
        if (s->key[i] && s->key[i][0] == name[0] && strcmp(s->key[i], name) == 0)
            put_text(out, name, row_name(s->m, bf_fact_row((enum bf_fact_kind)f->kind, i), row[i]));
}

/* Is its first value who did it, or to whom it was? */
static bool names_party(const struct bf_fact *f) {
    switch ((enum bf_fact_kind)f->kind) {
    case BF_FACT_STARTED:
    case BF_FACT_ASKED:
    case BF_FACT_ACTED:
    case BF_FACT_CONSENTED:
    case BF_FACT_DECLINED:
    case BF_FACT_VIOLATED:
    case BF_FACT_NOTIFIED:
    case BF_FACT_ISSUED:
    case BF_FACT_FILED:
    case BF_FACT_REFUSED: return f->n && bf_is_party(f->v[0]);
    case BF_FACT_REQUEST_DIED:
    case BF_FACT_SET:
    case BF_FACT_MOVED:
    case BF_FACT_WAITING:
    case BF_FACT_SPARED:
    case BF_FACT_ARMED:
    case BF_FACT_MET:
    case BF_FACT_LATE:
    case BF_FACT_LAPSED:
    case BF_FACT_VOIDED:
    case BF_FACT_LEFT:
    case BF_FACT_PAUSED:
    case BF_FACT_RESUMED:
    case BF_FACT_EXTENDED:
    case BF_FACT_RESTARTED:
    case BF_FACT_RECOMPUTED:
    case BF_FACT_EXCUSED:
    case BF_FACT_PUT:
    case BF_FACT_OPENED:
    case BF_FACT_RAISED:
    case BF_FACT_ENDED:
    case BF_FACT_FAILED:
    case BF_FACT_RUN:
    case BF_FACT_BEGUN:
    case BF_FACT_RETURNED:
    case BF_FACT_CANCELLED:
    case BF_FACT_ROUND:
    case BF_FACT_GONE:
    case BF_FACT_SUCCEEDED:
    case BF_FACT_KINDS: break;
    }
    return false;
}

/* Is its value the number of a case that is run? */
static bool tells_case(const struct bf_fact *f) {
    return f->n && (f->kind == BF_FACT_BEGUN || f->kind == BF_FACT_RETURNED ||
                    f->kind == BF_FACT_CANCELLED);
}

void bf_json_fact(const struct bf_image *m, const struct bf_fact *f, struct bf_buf *out) {
    struct shown_fact s = {m, f, {NULL, NULL, NULL}};
    const uint32_t row[] = {f->a, f->b, f->c};
    for (int i = 0; i < 3; i++)
        s.key[i] = row[i] == BF_NONE ? NULL : bf_fact_row_key((enum bf_fact_kind)f->kind, i);
    bf_buf_char(out, '{');
    put_row(&s, "act", out);
    if (f->by) {
        key(out, "by");
        bf_persons_json(m, f->by, out);
    }
    if (tells_case(f) && f->v[0].u.i)
        put_number(out, "case", (uint64_t)f->v[0].u.i);
    key(out, "cites");
    bf_words_cites_json(m, f->src, out);
    put_row(&s, "data", out);
    key(out, "day");
    bf_json_day(f->day, out);
    if (bf_fact_has_due((enum bf_fact_kind)f->kind)) {
        key(out, "due");
        bf_api_due_json(&f->due, out);
    }
    put_row(&s, "duty", out);
    put_row(&s, "event", out);
    put_text(out, "fact", bf_str_of(bf_fact_word((enum bf_fact_kind)f->kind)));
    put_row(&s, "from", out);
    if (f->member) {
        key(out, "member");
        bf_value_json(m, *f->member, out);
    }
    if (names_party(f)) {
        key(out, "party");
        bf_value_json(m, f->v[0], out);
    }
    put_row(&s, "procedure", out);
    put_row(&s, "register", out);
    if (f->kind == BF_FACT_RETURNED)
        put_text(out, "state", bf_i_text(m, m->state[m->offer[f->a].outcome - 1].name));
    put_row(&s, "state", out);
    put_row(&s, "violation", out);
    if (f->kind == BF_FACT_REFUSED || f->kind == BF_FACT_FAILED)
        put_text(out, "why", bf_str_of(bf_why_word((enum bf_why)f->c)));
    bf_buf_char(out, '}');
}

/* ---- a row ---- */

static const struct bf_fact *refusal_of(const struct bf_entry *n) {
    const struct bf_fact *last = n->fact_count ? &n->facts[n->fact_count - 1] : NULL;
    return last && last->kind == BF_FACT_REFUSED ? last : NULL;
}

/* Of the directory's rows only which they are: a token's row holds its hash. */
static void put_data(const struct bf_entry *n, struct bf_arena *a, struct bf_buf *out) {
    struct bf_canon j;
    struct bf_error e;
    const struct bf_canon *rows = NULL;
    if (n->head.kind != BF_ENTRY_DIRECTORY) {
        bf_buf_str(out, n->data);
        return;
    }
    if (bf_canon_read(a, n->data, &j, &e) == BF_OK)
        rows = bf_canon_member(&j, "rows");
    bf_buf_z(out, "{\"rows\":[");
    for (uint32_t i = 0; rows && rows->kind == BF_CANON_LIST && i < rows->count; i++) {
        const struct bf_canon *id = bf_canon_member(&rows->items[i], "id"),
                              *kind = bf_canon_member(&rows->items[i], "kind");
        if (!id || !kind)
            continue;
        bf_buf_z(out, out->p[out->len - 1] == '[' ? "{" : ",{");
        put_text(out, "id", id->text);
        put_text(out, "kind", kind->text);
        bf_buf_char(out, '}');
    }
    bf_buf_z(out, "]}");
}

static void put_facts(const struct bf_entry *n, struct bf_buf *out) {
    key(out, "facts");
    bf_buf_char(out, '[');
    for (uint32_t i = 0; i < n->fact_count; i++) {
        if (i)
            bf_buf_char(out, ',');
        bf_json_fact(n->image, &n->facts[i], out);
    }
    bf_buf_char(out, ']');
}

static void put_party(const struct bf_image *m, const char *name, struct bf_value party,
                      struct bf_buf *out) {
    if (!bf_present(party))
        return;
    key(out, name);
    bf_value_json(m, party, out);
}

static bool is_of_an_act(const struct bf_entry *n) {
    return n->event.kind == BF_EVENT_ACT || n->event.kind == BF_EVENT_CONSENT ||
           n->event.kind == BF_EVENT_DECLINE;
}

static void put_entry(const struct bf_entry *n, struct bf_arena *a, struct bf_buf *out) {
    bool event = bf_entry_has_event((enum bf_entry_kind)n->head.kind) && !n->gone;
    bf_buf_char(out, '{');
    /* an act nobody knows is refused, and has no name here */
    if (event && is_of_an_act(n) && n->event.what != BF_NONE)
        put_text(out, "act", bf_i_text(n->image, n->image->act[n->event.what].name));
    if (event)
        put_party(n->image, "actor", n->event.actor, out);
    if (n->head.number)
        put_number(out, "case", n->head.number);
    if (n->cause)
        put_number(out, "cause", n->cause);
    bool whole = n->head.kind == BF_ENTRY_MIGRATE || n->head.kind == BF_ENTRY_SEAL;
    if (n->data.len && !event &&
        !whole) { /* a refusal's says what its facts do not, at length; whole: the case,
                                              which is told to whom it concerns, and its sealed data not to all */
        key(out, "data");
        put_data(n, a, out);
    }
    if (event) {
        put_instant(out, "effective", n->event.effective);
        put_text(out, "event", bf_str_of(bf_event_word(n->event.kind)));
    }
    if (event || n->fact_count)
        put_facts(n, out);
    if (n->gone) {
        key(out, "gone");
        bf_buf_z(out, "true");
    }
    put_text(out, "kind", bf_str_of(bf_entry_word((enum bf_entry_kind)n->head.kind)));
    if (n->principal.len)
        put_text(out, "person", n->principal);
    if (n->image) {
        key(out, "policy");
        bf_json_hex(n->policy, sizeof n->policy, out);
    }
    if (n->image && n->proc != BF_NONE)
        put_text(out, "procedure", bf_i_text(n->image, n->image->proc[n->proc].name));
    put_instant(out, "recorded", n->head.recorded);
    if (refusal_of(n))
        put_text(out, "refusal", bf_str_of(bf_refusal_word((enum bf_refusal)refusal_of(n)->how)));
    put_number(out, "seq", n->head.seq);
    if (event)
        put_party(n->image, "who", n->event.who, out);
    bf_buf_char(out, '}');
}

enum bf_err bf_event_tell(const struct bf_service *s, const struct bf_row_journal *row,
                          struct bf_arena *a, struct bf_event_told *out, struct bf_error *e) {
    struct bf_images images = {bf_service_image, (void *)(uintptr_t)s};
    struct bf_entry_head head;
    struct bf_entry n;
    struct bf_buf text;
    if (row->head.len != BF_ENTRY_HEAD)
        return bf_fail(e, BF_EFORMAT, "row %" PRIu64 ": its header is damaged", row->seq);
    enum bf_err err = bf_entry_head_read((const uint8_t *)row->head.p, &head, e);
    n = (struct bf_entry){.head = head, .proc = BF_NONE, .gone = !row->body.len};
    if (err == BF_OK && !n.gone)
        err = bf_entry_read(&images, a, &head, bf_str_dup(a, row->body), &n, e);
    if (err)
        return err;
    bf_buf_in(&text, a);
    put_entry(&n, a, &text);
    *out = (struct bf_event_told){head.seq, head.number,
                                  bf_str_of(bf_entry_word((enum bf_entry_kind)head.kind)),
                                  n.principal, bf_buf_view(&text)};
    return BF_OK;
}
