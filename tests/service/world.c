/* world: see world.h. */
#include "tests/service/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/journal_file.h"
#include "engine/service/verify.h"
#include "lang/base/stdlib.h"

_Noreturn void world_broken(const struct world *w, const char *what) {
    if (getenv("BANFA_SHOW") && w->store) {
        struct bf_arena *a = bf_arena_new(0);
        struct world_rows rows = world_rows((struct world *)(uintptr_t)w, a);
        for (uint32_t i = 0; i < rows.count; i++) {
            struct bf_buf body;
            bf_buf_in(&body, a);
            bf_entry_body(&rows.row[i], &body);
            fprintf(stderr, "%llu case %llu %s at %lld %.*s\n", (unsigned long long)i + 1,
                    (unsigned long long)rows.row[i].head.number,
                    bf_entry_word((enum bf_entry_kind)rows.row[i].head.kind),
                    (long long)rows.row[i].head.recorded, (int)body.len, body.p);
        }
    }
    fprintf(stderr, "%s: %s\n", what, w->error.text);
    exit(1);
}

const struct bf_image *world_image(struct world *w, const char *path) {
    bf_str bytes;
    struct bf_image *m;
    if (bf_file_read(w->a, path, 64 << 20, &bytes, &w->error) ||
        bf_image_load(w->a, bytes.p, bytes.len, &m, &w->error))
        world_broken(w, path);
    return w->image[w->policies++] = m;
}

const struct bf_calendar *world_calendar(struct world *w, const char *name, const char *text) {
    const struct bf_calendar *c;
    if (bf_calendar_load(w->a, bf_str_of(name), text, strlen(text), BF_DAY_MAX, &c, &w->error))
        world_broken(w, text);
    return w->calendar[w->calendars++] = c;
}

static bf_instant now(void *ctx) { return ((struct world *)ctx)->now; }

static void salt(void *ctx, uint8_t *out, size_t n) {
    (void)ctx;
    memset(out, 7, n);
}

static void fatal(void *ctx, const struct bf_error *e) {
    struct world *w = ctx;
    w->dead = true;
    w->error = *e;
}

static void ready(void *ctx) { ((struct world *)ctx)->ready = true; }

void world_pump(struct world *w) {
    bf_engine_flush(w->e);
    for (int i = 0; !w->dead && !bf_engine_idle(w->e); i++) {
        if (i > 1000000)
            world_broken(w, "it does not come to rest");
        bf_store_poll(w->store);
        bf_engine_flush(w->e);
    }
}

static int digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

static void calendars_read(void *ctx, enum bf_err err, const struct bf_error *e,
                           const struct bf_rows *rows) {
    struct world *w = ctx;
    if (err) {
        w->error = *e;
        world_broken(w, "no settings");
    }
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct bf_row_setting *row = (const struct bf_row_setting *)rows->row + i;
        const char *hex = row->json.p + strlen("{\"calendar\":\"");
        uint8_t hash[BF_SHA256_LEN];
        for (int k = 0; k < BF_SHA256_LEN; k++)
            hash[k] = (uint8_t)(digit(hex[2 * k]) << 4 | digit(hex[2 * k + 1]));
        for (uint32_t k = 0; k < w->calendars; k++)
            if (memcmp(bf_calendar_hash(w->calendar[k]), hash, sizeof hash) == 0)
                bf_engine_adopt_calendar(w->e, w->calendar[k], row->seq);
    }
}

void world_open(struct world *w) {
    const struct bf_engine_options o = {.now = now,
                                        .random = salt,
                                        .fatal = fatal,
                                        .ctx = w,
                                        .cached_cases = w->cached_cases,
                                        .batch_rows = w->batch_rows ? w->batch_rows : 8};
    struct bf_row_setting at = {.kind = BF_STR("calendar")};
    struct bf_query q = {.table = BF_TABLE_SETTING, .at = &at, .same = 1, .limit = WORLD_CALENDARS};
    w->ready = w->dead = false;
    if ((!w->memory && !(w->memory = bf_memory_new())) ||
        bf_store_open_memory(w->memory, &(struct bf_store_options){0}, &w->store, &w->error) ||
        bf_engine_new(w->store, &o, &w->e, &w->error))
        world_broken(w, "no engine");
    for (uint32_t i = 0; i < w->policies; i++)
        if (!(w->policy[i] = bf_engine_add_policy(w->e, w->image[i], w->calendar[0])))
            world_broken(w, "no policy");
    for (uint32_t i = 0; i < w->calendars; i++)
        if (!bf_engine_know_calendar(w->e, w->calendar[i]))
            world_broken(w, "no calendar");
    bf_engine_start(w->e, ready, w);
    world_pump(w);
    bf_store_read(w->store, &q, calendars_read, w);
    bf_store_poll(w->store);
    if (!w->ready)
        world_broken(w, "not ready");
}

void world_close(struct world *w) {
    if (w->dead) {
        bf_store_close(w->store);
        bf_engine_free(w->e);
        return;
    }
    bf_engine_free(w->e);
    bf_store_close(w->store);
}

void world_reopen(struct world *w) {
    world_close(w);
    world_open(w);
}

struct adopted {
    bool told;
    enum bf_answer_kind kind;
    uint64_t seq;
};

static void adopted(void *ctx, const struct bf_answer *a) {
    struct adopted *x = ctx;
    *x = (struct adopted){true, a->kind, a->seq};
}

bool world_adopt(struct world *w, uint32_t calendar) {
    const struct bf_calendar *c = w->calendar[calendar];
    struct adopted x = {0};
    char hash[2 * BF_SHA256_LEN + 1], data[200];
    bf_str name = bf_calendar_name(c);
    bf_hex(bf_calendar_hash(c), BF_SHA256_LEN, hash);
    int n = snprintf(data, sizeof data, "{\"calendar\":\"%s\",\"name\":\"%.*s\"}", hash,
                     (int)name.len, name.p);
    bf_engine_notice(w->e, &(struct bf_notice){.kind = BF_ENTRY_CALENDAR,
                                               .data = {data, (uint32_t)n},
                                               .answer = adopted,
                                               .ctx = &x});
    world_pump(w);
    if (w->dead)
        return false;
    if (!x.told)
        world_broken(w, "an adoption was not answered");
    if (x.kind == BF_ANSWER_DONE)
        bf_engine_adopt_calendar(w->e, c, x.seq);
    return x.kind == BF_ANSWER_DONE;
}

/* ---- what is there ---- */

struct reading {
    struct world *w;
    struct bf_arena *a;
    struct world_rows *rows;
};

static const struct bf_image *find(void *ctx, const uint8_t hash[BF_SHA256_LEN]) {
    struct world *w = ctx;
    for (uint32_t i = 0; i < w->policies; i++)
        if (memcmp(w->image[i]->hash, hash, BF_SHA256_LEN) == 0)
            return w->image[i];
    return NULL;
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct reading *r = ctx;
    struct bf_images images = {find, r->w};
    if (err) {
        r->w->error = *e;
        world_broken(r->w, "no journal");
    }
    r->rows->count = rows->count;
    r->rows->row = bf_new_array(r->a, struct bf_entry, rows->count + 1);
    r->rows->before = bf_new_array(r->a, uint64_t, rows->count + 1);
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct bf_row_journal *row = (const struct bf_row_journal *)rows->row + i;
        struct bf_entry_head head;
        r->rows->before[i] = row->before;
        if (bf_entry_head_read((const uint8_t *)row->head.p, &head, &r->w->error) ||
            bf_entry_read(&images, r->a, &head, bf_str_dup(r->a, row->body), &r->rows->row[i],
                          &r->w->error))
            world_broken(r->w, "a row cannot be read");
        if (head.seq != i + 1)
            world_broken(r->w, "rows are not numbered from 1 without a gap");
        if (i && head.recorded < r->rows->row[i - 1].head.recorded)
            world_broken(r->w, "recorded went back");
    }
}

struct world_rows world_rows(struct world *w, struct bf_arena *a) {
    struct world_rows out = {0};
    struct reading r = {w, a, &out};
    struct bf_query q = {.table = BF_TABLE_JOURNAL, .limit = UINT32_MAX};
    bf_store_read(w->store, &q, rows_read, &r);
    bf_store_poll(w->store);
    return out;
}

struct replay {
    const struct world_rows *rows;
    uint32_t at;
};

static bool next_row(void *ctx, struct bf_entry *n, enum bf_err *err, struct bf_error *e) {
    struct replay *r = ctx;
    (void)err, (void)e;
    if (r->at == r->rows->count)
        return false;
    *n = r->rows->row[r->at++];
    return true;
}

struct bf_journal_cases world_cases(struct world *w, struct bf_arena *a,
                                    const struct world_rows *rows) {
    struct bf_journal_cases out;
    struct replay r = {rows, 0};
    const struct bf_entries entries = {next_row, &r};
    if (bf_journal_rebuild(a, &entries, BF_INSTANT_NONE, &out, &w->error))
        world_broken(w, "the journal does not rebuild");
    return out;
}

struct checking {
    struct world *w;
    struct bf_arena *a;
    const struct world_rows *rows;
};

static void cases_read(void *ctx, enum bf_err err, const struct bf_error *e,
                       const struct bf_rows *rows) {
    struct checking *k = ctx;
    struct bf_journal_cases cases = world_cases(k->w, k->a, k->rows);
    if (err) {
        k->w->error = *e;
        world_broken(k->w, "no cases");
    }
    if (rows->count != cases.count)
        world_broken(k->w, "another number of cases");
    for (uint32_t i = 0; i < rows->count; i++) {
        const struct bf_row_cases *row = (const struct bf_row_cases *)rows->row + i;
        const struct bf_journal_case *c = &cases.cases[i];
        uint64_t count = 0, last = 0;
        for (uint32_t k2 = 0; k2 < k->rows->count; k2++)
            if (k->rows->row[k2].head.number == row->number) {
                if (k->rows->before[k2] != last)
                    world_broken(k->w, "a case's rows are not chained");
                last = k2 + 1;
                count++;
            }
        if (row->number != c->number || row->last_seq != last || row->epoch != count ||
            c->last_seq != last || memcmp(row->policy.p, c->image->hash, BF_SHA256_LEN) != 0 ||
            row->ended != bf_case_ended(c->image, c->c))
            world_broken(k->w, "a case's row is not what its journal rows say");
    }
}

void world_check_cases(struct world *w, struct bf_arena *a, const struct world_rows *rows) {
    struct checking k = {w, a, rows};
    struct bf_query q = {.table = BF_TABLE_CASES, .limit = UINT32_MAX};
    bf_store_read(w->store, &q, cases_read, &k);
    bf_store_poll(w->store);
}

struct exporting {
    struct world *w;
    struct bf_journal_out *out;
};

static enum bf_err write_file(void *ctx, const void *p, size_t n, struct bf_error *e) {
    return fwrite(p, 1, n, ctx) == n ? BF_OK : bf_fail(e, BF_EIO, "not written");
}

static void rows_exported(void *ctx, enum bf_err err, const struct bf_error *e,
                          const struct bf_rows *rows) {
    struct exporting *x = ctx;
    (void)e;
    for (uint32_t i = 0; !err && i < rows->count; i++) {
        const struct bf_row_journal *row = (const struct bf_row_journal *)rows->row + i;
        const uint8_t *head = (const uint8_t *)row->head.p, *salt = (const uint8_t *)row->salt.p;
        err = row->body.len ? bf_journal_out_row(x->out, head, salt, row->body, &x->w->error)
                            : bf_journal_out_gone(x->out, head, salt, &x->w->error);
    }
    if (err)
        world_broken(x->w, "not exported");
}

void world_export(struct world *w, const char *path) {
    FILE *f = fopen(path, "wb");
    const struct bf_sink sink = {write_file, f};
    struct exporting x = {.w = w};
    struct bf_query q = {.table = BF_TABLE_JOURNAL, .limit = UINT32_MAX};
    bool fine = f && !bf_journal_out_open(&sink, BF_HASH_SHA256, &x.out, &w->error);
    for (uint32_t i = 0; fine && i < w->policies; i++)
        fine = !bf_journal_out_image(x.out, w->image[i], &w->error);
    for (uint32_t i = 0; fine && i < w->calendars; i++)
        fine = !bf_journal_out_calendar(x.out, bf_calendar_name(w->calendar[i]),
                                        bf_calendar_bytes(w->calendar[i]), &w->error);
    if (!fine)
        world_broken(w, path);
    bf_store_read(w->store, &q, rows_exported, &x);
    bf_store_poll(w->store);
    if (bf_journal_out_end(x.out, &w->error) || fclose(f))
        world_broken(w, path);
    bf_journal_out_free(x.out);
}

static void found(void *ctx, enum bf_text_id text, const bf_arg *args, int nargs) {
    struct bf_buf out;
    (void)ctx;
    bf_buf_init(&out);
    bf_text_render(&out, BF_LANG_EN, text, args, nargs);
    fprintf(stderr, "%.*s\n", (int)out.len, out.p);
    bf_buf_fini(&out);
}

void world_verify(struct world *w) {
    struct bf_store *s;
    if (bf_store_open_memory(w->memory, &(struct bf_store_options){0}, &s, &w->error))
        world_broken(w, "not opened to verify");
    struct bf_verify v = {.store = bf_closed_over(s), .found = found};
    for (uint32_t i = 0; i < w->policies; i++)
        bf_closed_bring(v.store, w->image[i], w->calendar[0]);
    for (uint32_t i = 0; i < w->calendars; i++)
        bf_closed_bring(v.store, w->image[0], w->calendar[i]);
    if (bf_verify_tree(&v, &w->error) || v.findings)
        world_broken(w, "the tree is not that of the rows");
    if (bf_verify_derived(&v, &w->error) || v.findings)
        world_broken(w, "the derived tables are not what the journal makes");
    if (bf_verify_rules(&v, &w->error) || v.findings)
        world_broken(w, "stepped again, it gives something else");
    bf_closed_close(v.store);
}

/* ---- commands ---- */

struct bf_value world_party(struct bf_arena *a, enum bf_kind kind, const char *code) {
    struct bf_value *parts = bf_new_array(a, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, bf_str_of(code));
    parts[BF_PARTY_NAME] = bf_text_value(BF_K_TEXT, bf_str_of(code));
    return bf_party_value(kind, parts);
}

static bool reader(void *ctx, const struct bf_image *m, const struct bf_case *c, struct bf_arena *a,
                   struct bf_event *e) {
    const struct world_sent *x = ctx;
    struct bf_i_range acts = c ? m->proc[c->proc].acts : (struct bf_i_range){0, 0};
    e->args = bf_values_copy(a, x->args, x->nargs);
    e->nargs = x->nargs;
    e->actor = x->actor;
    e->start = BF_NONE;
    if (!x->act)
        return true; /* what: procedure 0 */
    for (uint32_t i = acts.first; i < acts.first + acts.count; i++)
        if (bf_str_eq(bf_i_text(m, m->act[i].name), bf_str_of(x->act))) {
            e->what = i;
            return true;
        }
    return false;
}

static void told(void *ctx, const struct bf_answer *a) {
    struct world_sent *x = ctx;
    x->answered = true;
    x->again = a->again;
    x->kind = a->kind;
    x->seq = a->seq;
    x->number = a->number;
    x->refusal = a->refused ? a->refused->kind : BF_REFUSAL_NONE;
}

void world_send(struct world *w, struct world_sent *x, uint64_t number) {
    x->answered = false;
    bf_engine_command(w->e, &(struct bf_command){.kind = x->act ? BF_EVENT_ACT : BF_EVENT_OPEN,
                                                 .number = number,
                                                 .policy = w->policy[x->policy],
                                                 .effective = BF_INSTANT_NONE,
                                                 .principal = BF_STR("somebody"),
                                                 .key = bf_str_of(x->key ? x->key : ""),
                                                 .keep_early = x->if_early,
                                                 .read = reader,
                                                 .answer = told,
                                                 .ctx = x});
    world_pump(w);
}

void world_scan(struct world *w) {
    while (!w->dead && bf_engine_wake(w->e) <= w->now) {
        bf_engine_scan(w->e);
        world_pump(w);
    }
}

/* ---- a story ---- */

/* False: it has fewer than n batches. */
static bool one_telling(const struct world_story *s, char **paths, uint32_t n,
                        enum bf_memory_fault fault) {
    struct world w = {.a = bf_arena_new(0), .cached_cases = s->cached_cases, .batch_rows = 8};
    struct bf_arena *a = bf_arena_new(0);
    unsigned before = *s->faults;
    for (char **path = paths; *path; path++)
        world_image(&w, *path);
    world_calendar(&w, "cn.workdays", s->calendar);
    world_open(&w);
    if (n)
        bf_memory_fail(w.memory, n - 1, fault);
    s->happens(&w);
    bool hit = *s->faults > before || (n && fault == BF_MEMORY_FULL && n < s->unnoticed);
    s->holds(&w, a);
    world_close(&w);
    bf_memory_free(w.memory);
    bf_arena_free(a);
    bf_arena_free(w.a);
    return hit;
}

int world_tell(const struct world_story *s, char **paths) {
    uint32_t step = 1;
    one_telling(s, paths, 0, BF_MEMORY_FULL);
    for (int fault = BF_MEMORY_FULL; fault <= BF_MEMORY_DOUBTFUL; fault++)
        for (uint32_t n = 1; one_telling(s, paths, n, (enum bf_memory_fault)fault); n += step)
            step = s->thinner ? 1 + n / 8 : 1;
    printf("%u faults\n", *s->faults);
    return *s->faults ? 0 : 1;
}
