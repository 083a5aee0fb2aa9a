/* fuzz_journal: any bytes are a journal file or an error that names a line; each row read is written again as it
** stood, the cases it rebuilds can be printed, and a changed row is noticed by the end. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "engine/core/journal_file.h"
#include "engine/core/refused.h"

struct input {
    const uint8_t *p;
    size_t left;
    struct bf_arena *a;
    struct bf_journal_in *in;
};

static enum bf_err give(void *ctx, void *p, size_t n, size_t *got, struct bf_error *e) {
    struct input *i = ctx;
    (void)e;
    *got = i->left < n ? i->left : n;
    if (*got)
        memcpy(p, i->p, *got);
    i->p += *got;
    i->left -= *got;
    return BF_OK;
}

static bool next(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e) {
    struct input *i = ctx;
    uint8_t head[BF_ENTRY_HEAD];
    struct bf_buf body;
    if (!bf_journal_in_next(i->in, n, err, e))
        return false;
    const struct bf_journal_row *row = bf_journal_in_row(i->in);
    bf_entry_head_write(&n->head, head);
    FUZZ_CHECK(memcmp(head, row->head, sizeof head) == 0);
    if (row->gone)
        return true;
    bf_buf_init(&body);
    bf_entry_body(n, &body);
    FUZZ_CHECK(bf_str_eq(bf_buf_view(&body), row->body));
    body.len = 0;
    struct bf_refused refused;
    struct bf_error wrong;
    if (n->head.kind == BF_ENTRY_REFUSAL && n->image &&
        !bf_refused_read(n->image, n->proc, i->a, n->facts, n->fact_count, n->data, &refused,
                         &wrong))
        bf_refused_json(n->image, &refused, &body);
    bf_buf_fini(&body);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input i = {data, size, bf_arena_new(0), NULL};
    const struct bf_supply supply = {give, &i};
    const struct bf_entries entries = {next, &i};
    struct bf_error e = {.code = BF_OK, .text = ""};
    struct bf_journal_cases l = {NULL, 0};
    FUZZ_CHECK(i.a);
    enum bf_err err = bf_journal_in_open(&supply, &i.in, &e);
    if (!err)
        err = bf_journal_rebuild(i.a, &entries, BF_INSTANT_NONE, &l, &e);
    if (err)
        FUZZ_CHECK(strstr(e.text, "line ") || strstr(e.text, "row "));
    bool damaged = err && strncmp(e.text, "row ", 4) == 0; /* a case is of no use then */
    for (uint32_t c = 0; !damaged && c < l.count; c++) {
        struct bf_buf json;
        FUZZ_CHECK(err || l.cases[c].c);
        if (!l.cases[c].c) /* its rows are dropped, and the file ends before its seal */
            continue;
        bf_buf_init(&json);
        bf_case_json(l.cases[c].image, l.cases[c].c, &json);
        FUZZ_CHECK(!json.failed);
        bf_buf_fini(&json);
    }
    bf_journal_in_free(i.in);
    bf_arena_free(i.a);
    return 0;
}
