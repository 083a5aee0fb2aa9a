/* fact: see fact.h. */
#include "engine/core/fact.h"

#include <string.h>

enum bf_row_kind bf_fact_row(enum bf_fact_kind kind, int which) {
    static const uint8_t row[BF_FACT_KINDS][3] = {
#define FACT(name, word, a, b, c) {BF_ROW_##a, BF_ROW_##b, BF_ROW_##c},
#include "engine/core/fact.def"
    };
    return (enum bf_row_kind)row[kind][which];
}

const char *bf_fact_word(enum bf_fact_kind kind) {
    static const char *const word[BF_FACT_KINDS] = {
#define FACT(name, word, a, b, c) word,
#include "engine/core/fact.def"
    };
    return word[kind];
}

bool bf_fact_has_due(enum bf_fact_kind kind) {
    return kind == BF_FACT_ARMED || kind == BF_FACT_RESTARTED || kind == BF_FACT_PAUSED ||
           kind == BF_FACT_RESUMED || kind == BF_FACT_EXTENDED || kind == BF_FACT_RECOMPUTED;
}

struct bf_fact bf_fact_copy(struct bf_arena *a, const struct bf_fact *f) {
    struct bf_fact copy = *f;
    copy.v = bf_values_copy(a, f->v, f->n);
    if (f->member)
        copy.member = bf_values_copy(a, f->member, 1);
    copy.by = bf_persons_copy(a, f->by);
    return copy;
}

/* ---- JSON ---- */

const char *bf_fact_row_key(enum bf_fact_kind kind, int which) {
    switch (bf_fact_row(kind, which)) {
    case BF_ROW_NONE: return NULL;
    case BF_ROW_NUMBER: return "number";
    case BF_ROW_PROC: return "procedure";
    case BF_ROW_START: return "start";
    case BF_ROW_OFFER: return "offer";
    case BF_ROW_ACT: return "act";
    case BF_ROW_STATE: return kind == BF_FACT_MOVED && which == 0 ? "from" : "state";
    case BF_ROW_DUTY: return "duty";
    case BF_ROW_DATA: return "data";
    case BF_ROW_VIOLATION: return "violation";
    case BF_ROW_REGISTER: return "register";
    case BF_ROW_EVENT: return "event";
    case BF_ROW_RECORD: return "document";
    }
    return NULL;
}

/* The names of rows that have one; BF_NONE: print the number. */
static uint32_t row_name(const struct bf_image *m, enum bf_row_kind kind, uint32_t row) {
    switch (kind) {
    case BF_ROW_PROC: return m->proc[row].name;
    case BF_ROW_ACT: return m->act[row].name;
    case BF_ROW_STATE: return m->state[row].name;
    case BF_ROW_DATA: return m->data[row].name;
    case BF_ROW_VIOLATION: return m->violation[row].name;
    case BF_ROW_REGISTER: return m->reg[row].name;
    case BF_ROW_EVENT: return m->event[row].name;
    case BF_ROW_RECORD: return m->record[row].name;
    case BF_ROW_NONE:
    case BF_ROW_NUMBER:
    case BF_ROW_START:
    case BF_ROW_OFFER:
    case BF_ROW_DUTY: break;
    }
    return BF_NONE;
}

static void row_json(const struct bf_image *m, enum bf_row_kind kind, uint32_t row,
                     struct bf_buf *out) {
    uint32_t name = row_name(m, kind, row);
    if (name == BF_NONE)
        bf_buf_int(out, row);
    else
        bf_json_text(bf_i_text(m, name), out);
}

static void due_json(const struct bf_due *due, struct bf_buf *out) {
    char day[BF_DAY_TEXT];
    if (due->kind == BF_DUE_PAUSED) {
        bf_buf_z(out, "\"paused\"");
        return;
    }
    bf_buf_z(out, "{\"at\":");
    bf_buf_int(out, due->at);
    bf_buf_z(out, ",\"last\":");
    bf_buf_quoted(out, bf_day_print(due->last, day));
    bf_buf_z(out, due->provisional ? ",\"provisional\":true}" : ",\"provisional\":false}");
}

/* The keys of a fact, each with what prints it. */
struct entry {
    const char *key;
    int what; /* 0, 1, 2: a, b, c; else one of these */
};
enum { AT = 3, BY, DAY, DUE, FACT_, HOW, MEMBER, SRC, V };

static int keys_of(const struct bf_fact *f, struct entry *e) {
    int n = 0;
    const uint32_t row[] = {f->a, f->b, f->c};
    for (int i = 0; i < 3; i++) {
        const char *key = bf_fact_row_key((enum bf_fact_kind)f->kind, i);
        if (key && row[i] != BF_NONE)
            e[n++] = (struct entry){key, i};
    }
    e[n++] = (struct entry){"at", AT};
    if (f->by)
        e[n++] = (struct entry){"by", BY};
    e[n++] = (struct entry){"day", DAY};
    if (bf_fact_has_due((enum bf_fact_kind)f->kind) && f->due.kind != BF_DUE_NONE)
        e[n++] = (struct entry){"due", DUE};
    e[n++] = (struct entry){"fact", FACT_};
    if (f->how)
        e[n++] = (struct entry){"how", HOW};
    if (f->member)
        e[n++] = (struct entry){"member", MEMBER};
    if (f->src != BF_NONE)
        e[n++] = (struct entry){"src", SRC};
    if (f->n)
        e[n++] = (struct entry){"v", V};
    for (int i = 1; i < n; i++)
        for (int j = i; j > 0 && strcmp(e[j - 1].key, e[j].key) > 0; j--) {
            struct entry swap = e[j];
            e[j] = e[j - 1];
            e[j - 1] = swap;
        }
    return n;
}

void bf_fact_json(const struct bf_image *m, const struct bf_fact *f, struct bf_buf *out) {
    const uint32_t row[] = {f->a, f->b, f->c};
    char day[BF_DAY_TEXT];
    struct entry e[12];
    int n = keys_of(f, e);
    for (int i = 0; i < n; i++) {
        bf_buf_char(out, i ? ',' : '{');
        bf_buf_quoted(out, e[i].key);
        bf_buf_char(out, ':');
        switch (e[i].what) {
        case AT: bf_buf_int(out, f->at); break;
        case BY: bf_persons_json(m, f->by, out); break;
        case DAY: bf_buf_quoted(out, bf_day_print(f->day, day)); break;
        case DUE: due_json(&f->due, out); break;
        case FACT_: bf_buf_quoted(out, bf_fact_word((enum bf_fact_kind)f->kind)); break;
        case HOW: bf_buf_int(out, f->how); break;
        case MEMBER: bf_value_json(m, *f->member, out); break;
        case SRC: bf_buf_int(out, f->src); break;
        case V: bf_value_json(m, bf_list_value(f->v, f->n), out); break;
        default:
            row_json(m, bf_fact_row((enum bf_fact_kind)f->kind, e[i].what), row[e[i].what], out);
        }
    }
    bf_buf_char(out, '}');
}
