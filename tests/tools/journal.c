/* journal IMAGE: every scenario of a compiled policy as a journal file. Read again, each row is written as it was; the
** cases they rebuild are those of the scenario, byte for byte. Prints what was seen. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/journal_file.h"
#include "engine/core/refused.h"
#include "engine/sim/record.h"
#include "lang/base/stdlib.h"

static struct bf_error failure;
static unsigned rows, facts, refusals, cases, gone;

static void broken(const struct bf_image *m, uint32_t scenario, const char *what) {
    bf_str title = bf_i_text(m, m->scenario[scenario].title);
    fprintf(stderr, "%.*s: %s: %s\n", (int)title.len, title.p, what, failure.text);
    exit(1);
}

/* A journal file in memory, read while it is compared. */
struct journal {
    const struct bf_image *m;
    struct bf_arena *a;
    uint32_t scenario;
    struct bf_buf file;
    size_t at;
    struct bf_journal_in *in;
};

static enum bf_err write_file(void *ctx, const void *p, size_t n, struct bf_error *e) {
    (void)e;
    bf_buf_put(&((struct journal *)ctx)->file, p, n);
    return BF_OK;
}

/* In small pieces, so that lines lie across them. */
static enum bf_err read_file(void *ctx, void *p, size_t n, size_t *got, struct bf_error *e) {
    struct journal *j = ctx;
    size_t left = j->file.len - j->at, most = 1000;
    (void)e;
    *got = left < most ? left : most;
    *got = *got < n ? *got : n;
    memcpy(p, j->file.p + j->at, *got);
    j->at += *got;
    return BF_OK;
}

static bf_str body_of(struct bf_arena *a, const struct bf_entry *n) {
    struct bf_buf out;
    bf_buf_in(&out, a);
    bf_entry_body(n, &out);
    return bf_buf_view(&out);
}

static void write_rows(struct journal *j, const struct bf_sim *s) {
    const struct bf_sink sink = {write_file, j};
    const uint8_t salt[BF_MERKLE_SALT] = {1, 2, 3};
    struct bf_journal_out *o = NULL;
    bf_buf_in(&j->file, j->a);
    if (bf_journal_out_open(&sink, BF_HASH_SHA256, &o, &failure) ||
        bf_journal_out_calendar(o, bf_calendar_name(s->calendar), bf_calendar_bytes(s->calendar),
                                &failure))
        broken(j->m, j->scenario, "not written");
    for (uint32_t i = 0; i < s->texts; i++)
        if (bf_journal_out_image(o, s->text[i].image, &failure))
            broken(j->m, j->scenario, "not written");
    for (uint32_t i = 0; i < bf_record_count(s); i++) {
        uint8_t head[BF_ENTRY_HEAD];
        struct bf_entry n;
        bf_record_entry(s, i, &n);
        bf_entry_head_write(&n.head, head);
        if (bf_journal_out_row(o, head, salt, body_of(j->a, &n), &failure))
            broken(j->m, j->scenario, "a row is not written");
        rows++;
        facts += n.fact_count;
        refusals += n.head.kind == BF_ENTRY_REFUSAL;
    }
    if (bf_journal_out_end(o, &failure))
        broken(j->m, j->scenario, "not ended");
    bf_journal_out_free(o);
}

/* Is all that was said of a refusal in its row? */
static void same_refusal(const struct journal *j, const struct bf_entry *n) {
    struct bf_refused r;
    struct bf_buf again;
    bf_buf_in(&again, j->a);
    if (bf_refused_read(n->image, n->proc, j->a, n->facts, n->fact_count, n->data, &r, &failure))
        broken(j->m, j->scenario, "a refusal is not read");
    bf_refused_json(n->image, &r, &again);
    if (!bf_str_eq(bf_buf_view(&again), n->data))
        broken(j->m, j->scenario, "a refusal read is written otherwise");
}

static bool next(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e) {
    struct journal *j = ctx;
    uint8_t again[BF_ENTRY_HEAD];
    if (!bf_journal_in_next(j->in, n, err, e))
        return false;
    const struct bf_journal_row *row = bf_journal_in_row(j->in);
    bf_str body = body_of(j->a, n);
    bf_entry_head_write(&n->head, again);
    if (memcmp(again, row->head, sizeof again) != 0 || !bf_str_eq(body, row->body)) {
        fprintf(stderr, "%.*s\n%.*s\n", (int)row->body.len, row->body.p, (int)body.len, body.p);
        broken(j->m, j->scenario, "a row read is written otherwise");
    }
    if (n->head.kind == BF_ENTRY_REFUSAL)
        same_refusal(j, n);
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
        const struct bf_image *m = bf_sim_text_of(s, i + 1)->image;
        bf_case_json(m, s->cases[i], &x);
        bf_case_json(l->cases[i].image, l->cases[i].c, &y);
        if (l->cases[i].number != i + 1 || !bf_str_eq(bf_buf_view(&x), bf_buf_view(&y))) {
            fprintf(stderr, "%.*s\n%.*s\n", (int)x.len, x.p, (int)y.len, y.p);
            broken(j->m, j->scenario, "a case is rebuilt otherwise");
        }
        struct bf_canon read;
        struct bf_case *again;
        if (bf_canon_read(j->a, bf_buf_view(&x), &read, &failure) ||
            bf_case_read(m, j->a, &read, &again, &failure))
            broken(j->m, j->scenario, "a case is not read as it is written");
        cases++;
    }
}

/* The case as a SEAL row holds it. */
static void seal_row(struct journal *j, struct bf_journal_out *o, const struct bf_sim *s,
                     uint32_t number, uint64_t seq) {
    const uint8_t salt[BF_MERKLE_SALT] = {1, 2, 3};
    uint8_t head[BF_ENTRY_HEAD];
    struct bf_entry n;
    struct bf_buf data;
    bf_record_entry(s, bf_record_count(s) - 1, &n);
    const struct bf_image *m = bf_sim_text_of(s, number)->image;
    n = (struct bf_entry){.head = n.head, .image = m, .proc = BF_NONE, .day = BF_DAY_NONE};
    n.head.kind = BF_ENTRY_SEAL;
    n.head.seq = seq;
    n.head.number = number;
    memcpy(n.policy, m->hash, BF_SHA256_LEN);
    memcpy(n.calendar, bf_calendar_hash(s->calendar), BF_SHA256_LEN);
    bf_buf_in(&data, j->a);
    bf_buf_z(&data, "{\"case\":");
    bf_case_json(m, s->cases[number - 1], &data);
    bf_buf_z(&data, ",\"puts\":[]}");
    n.data = bf_buf_view(&data);
    bf_entry_head_write(&n.head, head);
    if (bf_journal_out_row(o, head, salt, body_of(j->a, &n), &failure))
        broken(j->m, j->scenario, "a seal is not written");
}

static bool is_ended(const struct journal *j, const struct bf_sim *s, uint64_t number) {
    (void)j;
    return number &&
           bf_case_ended(bf_sim_text_of(s, (uint32_t)number)->image, s->cases[number - 1]);
}

/* The same journal when retention has been over it: of ended cases nothing is left but what they came to. Without the
** seals it rebuilds nothing. */
static unsigned write_sealed(struct journal *j, const struct bf_sim *s, bool seals) {
    const struct bf_sink sink = {write_file, j};
    const uint8_t salt[BF_MERKLE_SALT] = {1, 2, 3};
    struct bf_hasher *hasher = bf_hasher_new(BF_HASH_SHA256);
    struct bf_journal_out *o = NULL;
    uint64_t seq = bf_record_count(s);
    unsigned dropped = 0;
    bf_buf_in(&j->file, j->a);
    if (bf_journal_out_open(&sink, BF_HASH_SHA256, &o, &failure) ||
        bf_journal_out_calendar(o, bf_calendar_name(s->calendar), bf_calendar_bytes(s->calendar),
                                &failure))
        broken(j->m, j->scenario, "not written");
    for (uint32_t i = 0; i < s->texts; i++)
        if (bf_journal_out_image(o, s->text[i].image, &failure))
            broken(j->m, j->scenario, "not written");
    for (uint32_t i = 0; i < bf_record_count(s); i++) {
        uint8_t head[BF_ENTRY_HEAD], hash[BF_HASH_LEN];
        struct bf_entry n;
        bf_record_entry(s, i, &n);
        bf_entry_head_write(&n.head, head);
        bf_str body = body_of(j->a, &n);
        bf_merkle_body(hasher, salt, body.p, body.len, hash);
        bool drop = is_ended(j, s, n.head.number);
        if (drop ? bf_journal_out_gone(o, head, hash, &failure)
                 : bf_journal_out_row(o, head, salt, body, &failure))
            broken(j->m, j->scenario, "a row is not written");
        dropped += drop;
    }
    for (uint32_t i = 1; seals && i <= s->case_count; i++)
        if (is_ended(j, s, i))
            seal_row(j, o, s, i, ++seq);
    if (bf_journal_out_end(o, &failure))
        broken(j->m, j->scenario, "not ended");
    bf_journal_out_free(o);
    bf_hasher_free(hasher);
    j->at = 0;
    return dropped;
}

static bool next_plain(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e) {
    return bf_journal_in_next(((struct journal *)ctx)->in, n, err, e);
}

static void sealed(struct journal *j, const struct bf_sim *s) {
    const struct bf_entries entries = {next_plain, j};
    const struct bf_supply supply = {read_file, j};
    struct bf_journal_cases l;
    for (int seals = 1; seals >= 0; seals--) {
        unsigned dropped = write_sealed(j, s, seals);
        gone += dropped;
        if (bf_journal_in_open(&supply, &j->in, &failure))
            broken(j->m, j->scenario, "not opened");
        enum bf_err err = bf_journal_rebuild(j->a, &entries, BF_INSTANT_NONE, &l, &failure);
        if (seals ? err != BF_OK : (err != BF_EFORMAT) != (dropped == 0))
            broken(j->m, j->scenario,
                   "rebuilt from seals, or without them, otherwise than it must be");
        if (seals)
            same_cases(j, s, &l);
        bf_journal_in_free(j->in);
    }
}

static void scenario(const struct bf_image *m, const struct bf_calendar *c, uint32_t i) {
    struct bf_arena *a = bf_arena_new(0);
    struct bf_sim *s = bf_sim_run(a, m, c, i, NULL);
    struct journal j = {.m = m, .a = a, .scenario = i};
    const struct bf_entries entries = {next, &j};
    const struct bf_supply supply = {read_file, &j};
    struct bf_journal_cases l;
    write_rows(&j, s);
    if (bf_journal_in_open(&supply, &j.in, &failure) ||
        bf_journal_rebuild(a, &entries, BF_INSTANT_NONE, &l, &failure))
        broken(m, i, "not rebuilt");
    same_cases(&j, s, &l);
    bf_journal_in_free(j.in);
    sealed(&j, s);
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
    printf("%u scenarios: %u rows, %u of them refusals, %u facts, %u cases; %u gone\n",
           (unsigned)m->scenario_count, rows, refusals, facts, cases, gone);
    bf_arena_free(a);
    return rows > 0 ? 0 : 1;
}
