/* fill: see fill.h. */
#include "tests/bench/fill.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/core/calendar.h"
#include "engine/service/engine.h"

enum { AT_ONCE = 1024, IMAGE_MAX = 1 << 20 };

struct fill {
    struct bf_engine *engine;
    struct bf_engine_policy *policy;
    struct bf_store *store;
    struct bf_arena *arena;
    sem_t sem;
    bool ready, dead;
    bf_instant now;
    uint64_t asked, told, cases;
};

static bf_instant now(void *ctx) { return ((struct fill *)ctx)->now; }

static void salt(void *ctx, uint8_t *out, size_t n) {
    (void)ctx;
    memset(out, 7, n);
}

static void fatal(void *ctx, const struct bf_error *e) {
    fprintf(stderr, "fill: %s\n", e->text);
    ((struct fill *)ctx)->dead = true;
}

static void ready(void *ctx) { ((struct fill *)ctx)->ready = true; }

static void wake(void *ctx) { sem_post(&((struct fill *)ctx)->sem); }

/* ---- a case ---- */

static struct bf_value party(struct bf_arena *a, const char *code) {
    struct bf_value *parts = bf_new_array(a, struct bf_value, BF_PARTY_PARTS);
    memset(parts, 0, sizeof *parts * BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, bf_str_of(code));
    return bf_party_value(BF_K_DEPARTMENT, parts);
}

static bool opening(void *ctx, const struct bf_image *m, const struct bf_case *c,
                    struct bf_arena *a, struct bf_event *e) {
    static const char *const codes[] = {"91410600MA22222224", "91410600MA33333332",
                                        "91410600MA44444442"};
    struct bf_value *args = bf_new_array(a, struct bf_value, 5);
    (void)ctx, (void)m, (void)c;
    for (int i = 0; i < 3; i++)
        args[i] = party(a, codes[i]);
    args[3] = bf_text_value(BF_K_TEXT, BF_STR("land use of the old mill"));
    args[4] = bf_int(3);
    e->actor = args[0];
    e->start = BF_NONE;
    e->what = 0;
    e->args = args;
    e->nargs = 5;
    return true;
}

static void told(void *ctx, const struct bf_answer *a) {
    struct fill *f = ctx;
    f->told++;
    if (a->kind == BF_ANSWER_DONE)
        return;
    fprintf(stderr, "fill: a case was not opened: answer %d\n", (int)a->kind);
    f->dead = true;
}

static void open_one(struct fill *f) {
    char key[32];
    int n = snprintf(key, sizeof key, "fill-%llu", (unsigned long long)f->asked++);
    struct bf_command c = {.kind = BF_EVENT_OPEN,
                           .policy = f->policy,
                           .effective = BF_INSTANT_NONE,
                           .principal = BF_STR("fill"),
                           .key = {key, (uint32_t)n},
                           .read = opening,
                           .answer = told,
                           .ctx = f};
    bf_engine_command(f->engine, &c);
}

/* ---- all ---- */

static struct bf_image *image_of(struct fill *f, const char *path, struct bf_error *e) {
    char *bytes = bf_arena_alloc(f->arena, IMAGE_MAX);
    FILE *file = fopen(path, "rb");
    size_t n = file ? fread(bytes, 1, IMAGE_MAX, file) : 0;
    struct bf_image *m = NULL;
    if (file)
        fclose(file);
    return bf_image_load(f->arena, bytes, n, &m, e) == BF_OK ? m : NULL;
}

static bool prepare(struct fill *f, const char *path, const char *image, struct bf_error *e) {
    struct bf_store_options so = {.wake = wake, .wake_ctx = f};
    struct bf_store_opened opened;
    struct bf_engine_options o = {.now = now,
                                  .random = salt,
                                  .fatal = fatal,
                                  .ctx = f,
                                  .cached_cases = AT_ONCE,
                                  .batch_rows = AT_ONCE};
    const struct bf_calendar *calendar;
    struct bf_image *m = image_of(f, image, e);
    if (!m ||
        bf_calendar_open(f->arena, bf_i_text(m, m->policy.calendar), BF_DAY_MAX, &calendar, e) ||
        bf_store_open_sqlite(path, &so, &f->store, &opened, e) ||
        bf_engine_new(f->store, &o, &f->engine, e))
        return false;
    f->policy = bf_engine_add_policy(f->engine, m, calendar);
    return f->policy != NULL;
}

static void run(struct fill *f) {
    bf_engine_start(f->engine, ready, f);
    while (!f->dead && f->told < f->cases) {
        bf_store_poll(f->store);
        while (f->ready && !f->dead && f->asked < f->cases && f->asked - f->told < AT_ONCE)
            open_one(f);
        bf_engine_flush(f->engine);
        if (f->told < f->cases)
            sem_wait(&f->sem);
    }
    while (!f->dead && !bf_engine_idle(f->engine)) {
        sem_wait(&f->sem);
        bf_store_poll(f->store);
        bf_engine_flush(f->engine);
    }
}

bool fill_database(const char *path, const char *image, uint64_t cases, int64_t at) {
    struct fill f = {.arena = bf_arena_new(0), .now = at, .cases = cases};
    struct bf_error e = {.code = BF_ENOMEM, .text = "out of memory"};
    sem_init(&f.sem, 0, 0);
    bool ok = f.arena && prepare(&f, path, image, &e);
    if (ok)
        run(&f);
    else
        fprintf(stderr, "fill: %s\n", e.text);
    if (f.store)
        bf_store_close(f.store);
    bf_engine_free(f.engine);
    bf_arena_free(f.arena);
    sem_destroy(&f.sem);
    return ok && !f.dead;
}
