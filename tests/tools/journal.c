/* journal IMAGE: every scenario of a compiled policy as journal rows. Read again, each row is written as it was; the
** cases they rebuild are those of the scenario, byte for byte. Prints what was seen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sim/record.h"
#include "lang/base/stdlib.h"

static struct bf_error failure;
static unsigned rows, facts, refusals, cases;

static void broken(const struct bf_image *m, uint32_t scenario, const char *what) {
    bf_str title = bf_i_text(m, m->scenario[scenario].title);
    fprintf(stderr, "%.*s: %s: %s\n", (int)title.len, title.p, what, failure.text);
    exit(1);
}

static const struct bf_image *find(void *ctx, const uint8_t hash[BF_SHA256_LEN]) {
    const struct bf_image *m = ctx;
    return memcmp(m->hash, hash, BF_SHA256_LEN) == 0 ? m : NULL;
}

/* The rows of a run, as bytes. */
struct journal {
    const struct bf_image *m;
    struct bf_arena *a;
    uint32_t scenario, count, next;
    struct {
        uint8_t head[BF_ENTRY_HEAD];
        bf_str body;
    } * row;
};

static bf_str body_of(struct bf_arena *a, const struct bf_entry *n) {
    struct bf_buf out;
    bf_buf_in(&out, a);
    bf_entry_body(n, &out);
    return bf_buf_view(&out);
}

static void write_rows(struct journal *j, const struct bf_sim *s) {
    j->count = bf_record_count(s);
    j->row = bf_arena_zalloc(j->a, (j->count + 1) * sizeof *j->row);
    for (uint32_t i = 0; i < j->count; i++) {
        struct bf_entry n;
        bf_record_entry(s, i, &n);
        bf_entry_head_write(&n.head, j->row[i].head);
        j->row[i].body = body_of(j->a, &n);
        rows++;
        facts += n.fact_count;
        refusals += n.head.kind == BF_ENTRY_REFUSAL;
    }
}

static bool next(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e) {
    struct journal *j = ctx;
    const struct bf_images images = {find, (void *)(uintptr_t)j->m};
    struct bf_entry_head head;
    uint8_t again[BF_ENTRY_HEAD];
    if (j->next == j->count)
        return false;
    uint32_t i = j->next++;
    *err = bf_entry_head_read(j->row[i].head, &head, e);
    if (!*err)
        *err = bf_entry_read(&images, j->a, &head, j->row[i].body, n, e);
    if (*err)
        return false;
    bf_entry_head_write(&n->head, again);
    bf_str body = body_of(j->a, n);
    if (memcmp(again, j->row[i].head, sizeof again) != 0 || !bf_str_eq(body, j->row[i].body)) {
        fprintf(stderr, "%.*s\n%.*s\n", (int)j->row[i].body.len, j->row[i].body.p, (int)body.len,
                body.p);
        broken(j->m, j->scenario, "a row read is written otherwise");
    }
    return true;
}

static void same_cases(const struct journal *j, const struct bf_sim *s,
                       const struct bf_journal_cases *l) {
    if (l->count != s->case_count)
        broken(j->m, j->scenario, "another number of cases");
    for (uint32_t i = 0; i < l->count; i++) {
        struct bf_buf x, y;
        bf_buf_in(&x, j->a);
        bf_buf_in(&y, j->a);
        bf_case_json(j->m, s->cases[i], &x);
        bf_case_json(j->m, l->cases[i].c, &y);
        if (l->cases[i].number != i + 1 || !bf_str_eq(bf_buf_view(&x), bf_buf_view(&y))) {
            fprintf(stderr, "%.*s\n%.*s\n", (int)x.len, x.p, (int)y.len, y.p);
            broken(j->m, j->scenario, "a case is rebuilt otherwise");
        }
        cases++;
    }
}

static void scenario(const struct bf_image *m, const struct bf_calendar *c, uint32_t i) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_sim *s = bf_sim_run(a, m, c, i, NULL);
    struct journal j = {.m = m, .a = a, .scenario = i};
    const struct bf_entries entries = {next, &j};
    struct bf_journal_cases l;
    write_rows(&j, s);
    if (bf_journal_rebuild(a, &entries, BF_INSTANT_NONE, &l, &failure))
        broken(m, i, "not rebuilt");
    same_cases(&j, s, &l);
    bf_arena_free(a);
}

int main(int argc, char **argv) {
    struct bf_arena *a = bf_arena_new(0);
    const struct bf_calendar *c;
    struct bf_image *m;
    bf_str bytes;
    if (argc != 2 || !a || bf_file_read(a, argv[1], 64 << 20, &bytes, &failure) ||
        bf_image_load(a, bytes.p, bytes.len, &m, &failure) ||
        bf_calendar_open(a, bf_i_text(m, m->policy.calendar), BF_DAY_MAX, &c, &failure)) {
        fprintf(stderr, "journal: %s\n", argc == 2 && a ? failure.text : "an image, please");
        return 2;
    }
    for (uint32_t i = 0; i < m->scenario_count; i++)
        scenario(m, c, i);
    printf("%u scenarios: %u rows, %u of them refusals, %u facts, %u cases\n",
           (unsigned)m->scenario_count, rows, refusals, facts, cases);
    bf_arena_free(a);
    return rows > 0 ? 0 : 1;
}
