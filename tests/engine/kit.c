/* kit: see kit.h. */
#include "tests/engine/kit.h"

#include <time.h>
#include <unistd.h>

#include "engine/core/merkle.h"
#include "engine/store/maker.h"
#include "lang/base/mem.h"
#include "lang/base/stdlib.h"
#include "lang/image/compile.h"

static bf_str replaced(struct bf_arena *a, bf_str text, const char *old, const char *by) {
    const char *at = memmem(text.p, text.len, old, strlen(old));
    struct bf_buf b;
    assert_non_null(at);
    bf_buf_in(&b, a);
    bf_buf_put(&b, text.p, (size_t)(at - text.p));
    bf_buf_z(&b, by);
    at += strlen(old);
    bf_buf_put(&b, at, (size_t)(text.p + text.len - at));
    return bf_buf_view(&b);
}

const struct bf_image *kit_image(struct bf_arena *a, const char *number) {
    struct bf_sources sources = {.arena = a};
    struct bf_parse parse = {a, &sources, bf_diags_new(a, &sources, 0), bf_names_new(a), 1};
    struct bf_program *program;
    struct bf_image *m;
    struct bf_error e;
    char path[4096], scratch[64];
    const uint8_t *bytes;
    size_t size;
    snprintf(path, sizeof path, "%s/tests/engine/kit.banfa", getenv("srcdir"));
    if (number) {
        bf_str text;
        assert_int_equal(bf_file_read(a, path, 1 << 20, &text, &e), BF_OK);
        text = replaced(a, text, "number \"test\"", number);
        snprintf(scratch, sizeof scratch, "engine_kit_%ld.banfa", (long)getpid());
        snprintf(path, sizeof path, "%s", scratch);
        FILE *f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(text.p, 1, text.len, f), text.len);
        assert_int_equal(fclose(f), 0);
    }
    assert_int_equal(bf_load_policy(&parse, path, getenv("BANFA_STDLIB"), &program, &e), BF_OK);
    if (number)
        remove(path);
    bf_check(program);
    assert_int_equal(bf_diags_count(parse.diags, BF_SEV_ERROR), 0);
    assert_true(bf_lower(program, true, &bytes, &size));
    assert_int_equal(bf_image_load(a, bytes, size, &m, &e), BF_OK);
    return m;
}

/* ---- life ---- */

static bf_instant now(void *ctx) { return ((struct kit *)ctx)->now; }

static void salts(void *ctx, uint8_t *out, size_t n) {
    struct kit *k = ctx;
    for (size_t i = 0; i < n; i++)
        out[i] = (uint8_t)test_random(&k->random);
}

static void fatal(void *ctx, const struct bf_error *e) {
    struct kit *k = ctx;
    k->died++;
    k->error = *e;
}

static void ready(void *ctx) { ((struct kit *)ctx)->ready++; }

bf_instant kit_at(const char *text) {
    struct tm tm = {0};
    assert_int_equal(sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
                            &tm.tm_hour, &tm.tm_min, &tm.tm_sec),
                     6);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    return (bf_instant)timegm(&tm) - 8 * 3600;
}

void kit_init(struct kit *k) {
    struct bf_error e;
    memset(k, 0, sizeof *k);
    k->a = bf_arena_new(0);
    k->m = kit_image(k->a, NULL);
    assert_int_equal(bf_calendar_open(k->a, bf_i_text(k->m, k->m->policy.calendar), BF_DAY_MAX,
                                      &k->calendar, &e),
                     BF_OK);
    k->memory = bf_memory_new();
    k->now = kit_at("2025-11-03 10:00:00"); /* a Monday */
    k->o = (struct bf_engine_options){.now = now,
                                      .random = salts,
                                      .fatal = fatal,
                                      .ctx = k,
                                      .cached_cases = 100,
                                      .batch_rows = 16};
}

void kit_more(struct kit *k) {
    struct bf_buf text;
    bf_buf_in(&text, k->a);
    bf_buf_str(&text, bf_calendar_bytes(k->calendar));
    k->other = kit_image(k->a, "number \"other\"");
    for (int i = 0; i < KIT_NEWER; i++) {
        struct bf_error e;
        bf_buf_fmt(&text, "notice K%d of 2025-12-0%d amends 2025\n", i, i + 1);
        for (int month = 1; month <= 12; month++) /* three working days off, no two alike */
            bf_buf_fmt(&text, "rest 2025-%02d-%02d\n", month, 11 + 3 * i + month % 3);
        bf_str copy = bf_str_dup(k->a, bf_buf_view(&text));
        enum bf_err err = bf_calendar_load(k->a, bf_calendar_name(k->calendar), copy.p, copy.len,
                                           BF_DAY_MAX, &k->newer[i], &e);
        if (err)
            fail_msg("%s", e.text);
    }
    k->newer_count = KIT_NEWER;
}

/* The calendar that is current by the settings, as a service adopts it when it starts. */
static void adopt_current(struct kit *k) {
    const struct bf_row_setting *row;
    uint32_t n = kit_rows(k, BF_TABLE_SETTING, (const void **)&row);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t c = 0; c < k->newer_count; c++) {
            char hex[2 * BF_SHA256_LEN + 1];
            bf_hex(bf_calendar_hash(k->newer[c]), BF_SHA256_LEN, hex);
            if (bf_str_eq(row[i].kind, BF_STR("calendar")) &&
                bf_str_contains(row[i].json, bf_str_of(hex)))
                bf_engine_adopt_calendar(k->e, k->newer[c], row[i].seq);
        }
}

void kit_reopen(struct kit *k) {
    struct bf_error e;
    assert_int_equal(bf_store_open_memory(k->memory, &(struct bf_store_options){0}, &k->store, &e),
                     BF_OK);
    k->e = NULL;
}

void kit_open(struct kit *k) {
    struct bf_error e;
    k->ready = k->died = 0;
    kit_reopen(k);
    assert_int_equal(bf_engine_new(k->store, &k->o, &k->e, &e), BF_OK);
    k->policy = bf_engine_add_policy(k->e, k->m, k->calendar);
    assert_non_null(k->policy);
    if (k->other)
        k->other_policy = bf_engine_add_policy(k->e, k->other, k->calendar);
    for (uint32_t i = 0; i < k->newer_count; i++)
        assert_true(bf_engine_know_calendar(k->e, k->newer[i]));
    bf_engine_start(k->e, ready, k);
    kit_run(k);
    if (k->newer_count && k->ready) {
        adopt_current(k);
        kit_run(k);
    }
}

void kit_close(struct kit *k) {
    if (k->e)
        bf_engine_free(k->e);
    bf_store_close(k->store);
    k->e = NULL;
}

void kit_fini(struct kit *k) {
    kit_close(k);
    bf_memory_free(k->memory);
    bf_arena_free(k->a);
}

void kit_run(struct kit *k) {
    bf_engine_flush(k->e);
    for (int i = 0; !bf_engine_idle(k->e) && !k->died; i++) {
        assert_true(i < 100000); /* it does not come to rest */
        bf_store_poll(k->store);
        bf_engine_flush(k->e);
    }
}

/* ---- sending ---- */

static struct bf_value party(struct kit *k, enum bf_kind kind, const char *code, const char *name) {
    struct bf_value *parts = bf_new_array(k->a, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, bf_str_of(code));
    parts[BF_PARTY_NAME] = bf_text_value(BF_K_TEXT, bf_str_of(name));
    if (kind == BF_K_DEPARTMENT && k->m->policy.level != BF_NONE)
        parts[BF_PARTY_LEVEL] = bf_enum_value(k->m->policy.level, 0);
    return bf_party_value(kind, parts);
}

struct bf_value kit_ann(struct kit *k) {
    return party(k, BF_K_PERSON, "A", "Ann");
}
struct bf_value kit_town(struct kit *k, const char *code) {
    return party(k, BF_K_DEPARTMENT, code, code);
}
struct bf_value kit_council(struct kit *k) {
    for (uint32_t i = 0; i < k->m->office_count; i++)
        if (bf_str_eq(bf_i_text(k->m, k->m->office[i].name), BF_STR("council")))
            return bf_office_value(i);
    fail_msg("no council");
    return BF_ABSENT;
}

static void told(void *ctx, const struct bf_answer *a) {
    struct kit_told *t = ctx;
    t->times++;
    t->answer = *a;
    t->refusal = a->refused ? a->refused->kind : 0;
}

static uint32_t row_named(const struct bf_image *m, bool proc, const char *name) {
    uint32_t n = proc ? m->proc_count : m->act_count;
    for (uint32_t i = 0; i < n; i++)
        if (bf_str_eq(bf_i_text(m, proc ? m->proc[i].name : m->act[i].name), bf_str_of(name)))
            return i;
    return BF_NONE;
}

static bool reader(void *ctx, const struct bf_image *m, const struct bf_case *c, struct bf_arena *a,
                   struct bf_event *e) {
    struct kit_told *t = ctx;
    (void)a;
    e->what = row_named(m, e->kind == BF_EVENT_OPEN, t->what);
    e->actor = t->actor;
    e->args = t->args;
    e->nargs =
        e->kind == BF_EVENT_OPEN && e->what != BF_NONE ? m->proc[e->what].data.count : t->nargs;
    (void)c;
    return e->what != BF_NONE;
}

static struct bf_command command(struct kit *k, struct kit_told *t, struct bf_value actor,
                                 const char *what, const char *key, uint32_t nargs,
                                 const struct bf_value *args) {
    *t = (struct kit_told){.k = k, .actor = actor, .what = what, .nargs = nargs};
    for (uint32_t i = 0; i < nargs; i++)
        t->args[i] = args[i];
    struct bf_command c = {.policy = k->opens_other ? k->other_policy : k->policy,
                           .effective = BF_INSTANT_NONE,
                           .principal = BF_STR("somebody"),
                           .key = key ? bf_str_of(key) : (bf_str){0},
                           .read = reader,
                           .answer = told,
                           .ctx = t};
    memset(c.body_hash, 1 + (what[0] & 15), sizeof c.body_hash);
    return c;
}

void kit_opens(struct kit *k, struct kit_told *t, struct bf_value actor, const char *proc,
               const char *key, uint32_t nargs, const struct bf_value *args) {
    struct bf_command c = command(k, t, actor, proc, key, nargs, args);
    c.kind = BF_EVENT_OPEN;
    bf_engine_command(k->e, &c);
}

void kit_does(struct kit *k, struct kit_told *t, struct bf_value actor, const char *act,
              uint64_t number, const char *key, uint32_t nargs, const struct bf_value *args) {
    struct bf_command c = command(k, t, actor, act, key, nargs, args);
    c.kind = BF_EVENT_ACT;
    c.keep_early = k->keeps_early;
    c.number = number;
    bf_engine_command(k->e, &c);
}

static bool look(void *ctx, const struct bf_view *v, struct bf_arena *scratch) {
    struct kit_told *t = ctx;
    (void)scratch;
    t->shown++;
    t->number = v->number;
    t->last_seq = v->last_seq;
    if (v->c) {
        t->answer_status = (enum bf_status)v->c->duties[0].status;
        for (uint32_t i = 0; i < t->k->m->proc[v->c->proc].duties.count; i++) {
            const struct bf_case_duty *d = &v->c->duties[i];
            assert_false(d->status == BF_STATUS_OPEN && d->due.kind == BF_DUE_DAY &&
                         !d->due.provisional && d->due.at <= v->now);
        }
    }
    if (t->key) {
        struct bf_value row;
        uint32_t reg = 0;
        while (!bf_str_eq(bf_i_text(t->k->m, t->k->m->reg[reg].name), BF_STR("marks")))
            reg++;
        enum bf_lookup found = v->world->row(v->world->ctx, reg, t->key, 1, &row);
        t->found = found == BF_LOOKUP_FOUND;
        return found != BF_LOOKUP_NEEDS;
    }
    return true;
}

void kit_looks(struct kit *k, struct kit_told *t, uint64_t number) {
    const struct bf_value *key = t->key;
    *t = (struct kit_told){.k = k, .key = key};
    bf_engine_look(
        k->e, &(struct bf_look){
                  .number = number, .policy = k->policy, .look = look, .answer = told, .ctx = t});
}

void kit_notices(struct kit *k, struct kit_told *t, enum bf_entry_kind kind, const char *key,
                 const char *data) {
    *t = (struct kit_told){.k = k};
    struct bf_notice n = {.kind = kind,
                          .policy = kind == BF_ENTRY_REGISTER ? k->policy : NULL,
                          .data = bf_str_of(data),
                          .principal = BF_STR("operator"),
                          .key = key ? bf_str_of(key) : (bf_str){0},
                          .answer = told,
                          .ctx = t};
    bf_sha256(data, strlen(data), n.body_hash);
    bf_engine_notice(k->e, &n);
}

uint64_t kit_matter(struct kit *k) {
    struct kit_told t;
    struct bf_value args[] = {kit_ann(k), kit_town(k, "T")};
    kit_opens(k, &t, args[0], "matter", NULL, 2, args);
    kit_run(k);
    assert_int_equal(t.times, 1);
    assert_int_equal(t.answer.kind, BF_ANSWER_DONE);
    return t.answer.number;
}

/* ---- what is there ---- */

struct rows_read {
    struct kit *k;
    const void **rows;
    uint32_t count;
    bool done;
};

static void rows_told(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct rows_read *r = ctx;
    const struct bf_table_shape *shape = &bf_shapes[rows->table];
    (void)e;
    assert_int_equal(err, BF_OK);
    char *copy = bf_arena_copy(r->k->a, rows->row, rows->count * shape->size);
    for (uint32_t i = 0; i < rows->count; i++)
        for (uint32_t c = 0; c < shape->count; c++)
            if (!bf_cell_is_number(&shape->column[c])) {
                char *row = copy + i * shape->size;
                bf_str s = bf_str_dup(r->k->a, bf_cell_bytes(&shape->column[c], row));
                bf_cell_set_bytes(&shape->column[c], row, s);
            }
    *r->rows = copy;
    r->count = rows->count;
    r->done = true;
}

uint32_t kit_rows(struct kit *k, enum bf_table table, const void **rows) {
    struct rows_read r = {.k = k, .rows = rows};
    struct bf_query q = {.table = table, .limit = 1000000};
    bf_store_read(k->store, &q, rows_told, &r);
    for (int i = 0; i < 1000 && !r.done; i++)
        bf_store_poll(k->store);
    assert_true(r.done);
    return r.count;
}

const char *kit_body(struct kit *k, uint64_t seq) {
    const void *rows;
    uint32_t n = kit_rows(k, BF_TABLE_JOURNAL, &rows);
    return seq && seq <= n ? ((const struct bf_row_journal *)rows)[seq - 1].body.p : "";
}

uint64_t kit_seq(struct kit *k) {
    const void *rows;
    uint32_t n = kit_rows(k, BF_TABLE_HEAD, &rows);
    return n ? ((const struct bf_row_head *)rows)->seq : 0;
}

static enum bf_err read_tile(void *ctx, uint32_t level, uint64_t index, uint32_t width,
                             uint8_t *out, struct bf_error *e) {
    struct kit *k = ctx;
    const struct bf_row_tile *row;
    uint32_t n = kit_rows(k, BF_TABLE_TILE, (const void **)&row);
    for (uint32_t i = 0; i < n; i++)
        if (row[i].level == level && row[i].place == index) {
            assert_true(row[i].bytes.len >= width * BF_HASH_LEN);
            memcpy(out, row[i].bytes.p, (size_t)width * BF_HASH_LEN);
            return BF_OK;
        }
    return bf_fail(e, BF_ENOENT, "no tile");
}

void kit_tree(struct kit *k, enum bf_hash hash) {
    const struct bf_row_journal *row;
    const struct bf_row_head *head;
    struct bf_hasher *h = bf_hasher_new(hash);
    struct bf_tiles tiles = {read_tile, k};
    struct bf_merkle made, kept, of_tiles;
    struct bf_error e;
    uint8_t put[BF_TILE_LEVELS][BF_HASH_LEN], roots[3][BF_HASH_LEN];
    uint32_t n = kit_rows(k, BF_TABLE_JOURNAL, (const void **)&row);
    bf_merkle_init(&made, h);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t body[BF_HASH_LEN], leaf[BF_HASH_LEN];
        assert_int_equal(row[i].salt.len, BF_MERKLE_SALT);
        assert_true(!i || memcmp(row[i].salt.p, row[i - 1].salt.p, BF_MERKLE_SALT) != 0);
        bf_merkle_body(h, (const uint8_t *)row[i].salt.p, row[i].body.p, row[i].body.len, body);
        bf_merkle_leaf(h, row[i].head.p, row[i].head.len, body, leaf);
        bf_merkle_append(&made, leaf, put);
    }
    assert_int_equal(kit_rows(k, BF_TABLE_HEAD, (const void **)&head), 1);
    assert_int_equal(bf_merkle_read(&kept, h, head->tree.p, head->tree.len, &e), BF_OK);
    assert_int_equal(kept.size, n);
    assert_int_equal(head->size, n);
    assert_int_equal(bf_merkle_load(&of_tiles, h, &tiles, n, &e), BF_OK);
    bf_merkle_root(&made, roots[0]);
    bf_merkle_root(&kept, roots[1]);
    bf_merkle_root(&of_tiles, roots[2]);
    assert_memory_equal(roots[0], roots[1], BF_HASH_LEN);
    assert_memory_equal(roots[0], roots[2], BF_HASH_LEN);
    bf_hasher_free(h);
}
