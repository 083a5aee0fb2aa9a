/* disk IMAGE [EVERY]: the engine over SQLite on a disk that fails (tests/store/faultvfs.c). A few cases are acted out
** with a clock of their own; in each run one write, cut or sync fails, in each way there is: an error, no room, no
** room halfway, power gone with what was not synced, whole or by sectors. What was not answered is sent again with
** its key, after a start if the engine died. In the end the journal is, byte for byte, that of the run without a
** fault: every step once, every limit passed once, in the same order; tree, derived tables and rules hold.
**
** EVERY: only every so many-th place fails; 1, the default, means all.
*/
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/core/calendar.h"
#include "engine/service/engine.h"
#include "engine/service/verify.h"
#include "lang/base/stdlib.h"
#include "tests/store/faultvfs.h"

enum { DEEDS = 13, TRIES = 4, SCANS = 4, PAGES = 12, PATH_BYTES = 64 };
#define T0 INT64_C(1795000000)

static const struct deed {
    int64_t at;      /* hours from T0 */
    uint64_t number; /* of the case; 0: an opening */
} deeds[DEEDS] = {
    {0, 0}, {0, 0}, {0, 1}, {0, 0}, {1, 1},                 /* 1 is granted */
    {1, 2}, {2, 0}, {3, 2}, {3, 3}, {3, 0}, {4, 5}, {5, 0}, /* 2 and 3 are too late */
    {9, 6},                                                 /* the limits of 4 to 6 are past */
};

static struct bf_arena *arena;
static struct bf_image *image;
static const struct bf_calendar *calendar;
static char path[PATH_BYTES];

/* ---- an engine over the file ---- */

struct run {
    struct bf_store *store;
    struct bf_engine *engine;
    struct bf_engine_policy *policy;
    sem_t more;
    bf_instant now;
    bool ready, dead, answered, read;
    enum bf_answer_kind kind;
    uint64_t seq;
    struct bf_error error;
    const struct deed *deed;
};

static _Noreturn void broken(const char *what, const struct bf_error *e) {
    fprintf(stderr, "disk: %s: %s\n", what, e ? e->text : "");
    exit(1);
}

static bf_instant now(void *ctx) { return ((struct run *)ctx)->now; }

static void salt(void *ctx, uint8_t *out, size_t n) {
    (void)ctx;
    memset(out, 7, n);
}

static void fatal(void *ctx, const struct bf_error *e) {
    struct run *r = ctx;
    r->dead = true;
    r->error = *e;
}

static void ready(void *ctx) { ((struct run *)ctx)->ready = true; }
static void wake(void *ctx) { sem_post(&((struct run *)ctx)->more); }

static void wait_for(struct run *r) {
    sem_wait(&r->more);
    bf_store_poll(r->store);
}

static void open_run(struct run *r) {
    struct bf_store_options so = {
        .wake = wake, .wake_ctx = r, .vfs = FAULT_VFS, .checkpoint_pages = PAGES};
    const struct bf_engine_options o = {
        .now = now, .random = salt, .fatal = fatal, .ctx = r, .cached_cases = 2, .batch_rows = 4};
    struct bf_store_opened opened;
    struct bf_error e;
    r->ready = r->dead = false;
    sem_init(&r->more, 0, 0);
    if (bf_store_open_sqlite(path, &so, &r->store, &opened, &e))
        broken("open", &e);
    if (bf_engine_new(r->store, &o, &r->engine, &e))
        broken("engine", &e);
    r->policy = bf_engine_add_policy(r->engine, image, calendar);
    bf_engine_start(r->engine, ready, r);
    while (!r->ready && !r->dead)
        wait_for(r);
    if (r->dead)
        broken("start", &r->error);
}

static void pump(struct run *r) {
    bf_engine_flush(r->engine);
    while (!r->dead && !bf_engine_idle(r->engine)) {
        wait_for(r);
        bf_engine_flush(r->engine);
    }
}

static void close_run(struct run *r) {
    if (!r->dead) {
        bf_engine_free(r->engine);
        bf_store_close(r->store);
    } else {
        bf_store_close(r->store);
        bf_engine_free(r->engine);
    }
    sem_destroy(&r->more);
}

/* As after a crash: what was not synced is gone. */
static void recover(struct run *r) {
    faultvfs_disarm();
    close_run(r);
    faultvfs_lose();
    open_run(r);
}

/* ---- deeds ---- */

static bool reader(void *ctx, const struct bf_image *m, const struct bf_case *c, struct bf_arena *a,
                   struct bf_event *e) {
    struct bf_value *parts = bf_new_array(a, struct bf_value, BF_PARTY_PARTS);
    struct bf_value *args = bf_new_array(a, struct bf_value, 2);
    (void)ctx, (void)m;
    memset(parts, 0, sizeof *parts * BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, BF_STR("d1"));
    e->actor = bf_party_value(BF_K_DEPARTMENT, parts);
    e->start = BF_NONE;
    e->what = 0;
    args[0] = c ? bf_text_value(BF_K_TEXT, BF_STR("a note")) : e->actor;
    args[1] = bf_text_value(BF_K_TEXT, BF_STR("a matter"));
    e->args = args;
    e->nargs = c ? 1 : 2;
    return true;
}

static void told(void *ctx, const struct bf_answer *a) {
    struct run *r = ctx;
    r->answered = true;
    r->kind = a->kind;
    r->seq = a->seq;
}

static void send(struct run *r, int i) {
    char key[8];
    int n = snprintf(key, sizeof key, "k%d", i);
    struct bf_command c = {.kind = deeds[i].number ? BF_EVENT_ACT : BF_EVENT_OPEN,
                           .number = deeds[i].number,
                           .policy = r->policy,
                           .effective = BF_INSTANT_NONE,
                           .principal = BF_STR("somebody"),
                           .key = {key, (uint32_t)n},
                           .read = reader,
                           .answer = told,
                           .ctx = r};
    r->answered = false;
    r->kind = BF_ANSWER_STORE;
    bf_engine_command(r->engine, &c);
    pump(r);
}

/* Until it is answered; its row. */
static uint64_t insist(struct run *r, int i) {
    r->now = T0 + deeds[i].at * 3600;
    for (int try = 0; try < TRIES; try++) {
        send(r, i);
        if (r->dead)
            recover(r);
        else if (!r->answered)
            broken("no answer", NULL);
        else if (r->kind == BF_ANSWER_DONE || r->kind == BF_ANSWER_REFUSED)
            return r->seq;
        else if (r->kind != BF_ANSWER_FULL)
            broken("another answer", NULL);
    }
    broken("the same deed fails again and again", &r->error);
}

/* Some times, since the engine lets a second pass after a full disk, and this clock stands. */
static void scan_all(struct run *r) {
    r->now = T0 + 10 * 3600;
    for (int i = 0; i < SCANS || bf_engine_wake(r->engine) <= r->now; i++) {
        bf_engine_scan(r->engine);
        pump(r);
        if (r->dead)
            recover(r);
    }
}

/* ---- what is there ---- */

struct journal {
    struct bf_buf text; /* headers and bodies */
    uint64_t rows;
};

static enum bf_err add_row(void *ctx, const void *row, struct bf_error *e) {
    struct journal *j = ctx;
    const struct bf_row_journal *r = row;
    (void)e;
    bf_buf_str(&j->text, r->head);
    bf_buf_str(&j->text, r->body);
    j->rows++;
    return BF_OK;
}

static void found(void *ctx, enum bf_text_id text, const bf_arg *args, int nargs) {
    struct bf_buf out;
    (void)ctx;
    bf_buf_init(&out);
    bf_text_render(&out, BF_LANG_EN, text, args, nargs);
    fprintf(stderr, "disk: %.*s\n", (int)out.len, out.p);
    bf_buf_fini(&out);
}

static struct journal look(void) {
    struct journal j = {.rows = 0};
    struct bf_verify v = {.found = found};
    struct bf_error e;
    bf_buf_init(&j.text);
    if (bf_closed_open(path, &v.store, &e))
        broken("open to verify", &e);
    bf_closed_bring(v.store, image, calendar);
    if (bf_closed_check(v.store, &e) || bf_verify_tree(&v, &e) || v.findings ||
        bf_verify_derived(&v, &e) || v.findings || bf_verify_rules(&v, &e) || v.findings ||
        bf_closed_walk(v.store, BF_TABLE_JOURNAL, add_row, &j, &e))
        broken("what is left", &e);
    bf_closed_close(v.store);
    return j;
}

static void remove_file(void) {
    static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    char name[PATH_BYTES + 8];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%s%s", path, tails[i]);
        unlink(name);
    }
}

/* One run; the journal it leaves. *hit: the fault came. */
static struct journal act_out(enum fault_kind kind, long nth, bool *hit) {
    struct run r = {.now = T0};
    uint64_t row[DEEDS];
    remove_file();
    open_run(&r);
    if (nth >= 0)
        faultvfs_arm(kind, nth, (uint64_t)nth);
    for (int i = 0; i < DEEDS; i++)
        row[i] = insist(&r, i);
    scan_all(&r);
    *hit = faultvfs_disarm();
    /* What was answered is answered again from the same row, wherever a fault came. */
    for (int i = 0; i < DEEDS; i++)
        if (insist(&r, i) != row[i])
            broken("another row under the same key", NULL);
    close_run(&r);
    faultvfs_lose();
    return look();
}

static void load(const char *name) {
    struct bf_error e;
    bf_str bytes;
    arena = bf_arena_new(0);
    if (!arena || bf_file_read(arena, name, 1 << 20, &bytes, &e) ||
        bf_image_load(arena, bytes.p, bytes.len, &image, &e) ||
        bf_calendar_open(arena, bf_i_text(image, image->policy.calendar), BF_DAY_MAX, &calendar,
                         &e))
        broken(name, &e);
}

int main(int argc, char **argv) {
    char dir[] = "/tmp/disk.XXXXXX";
    long every = argc > 2 ? atol(argv[2]) : 1, runs = 0;
    bool hit;
    if (argc < 2 || every < 1 || !mkdtemp(dir))
        return 2;
    load(argv[1]);
    snprintf(path, sizeof path, "%s/b.db", dir);
    faultvfs_register();
    struct journal sound = act_out(FAULT_EIO, -1, &hit);
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
        hit = true;
        for (long nth = kind % every; hit; nth += every, runs++) {
            struct journal j = act_out((enum fault_kind)kind, nth, &hit);
            if (j.rows != sound.rows || j.text.len != sound.text.len ||
                memcmp(j.text.p, sound.text.p, j.text.len) != 0) {
                fprintf(stderr, "disk: fault %d at %ld: another journal, %llu rows, not %llu\n",
                        kind, nth, (unsigned long long)j.rows, (unsigned long long)sound.rows);
                return 1;
            }
            bf_buf_fini(&j.text);
        }
    }
    printf("%ld runs, one fault each, %llu rows\n", runs, (unsigned long long)sound.rows);
    bf_buf_fini(&sound.text);
    bf_arena_free(arena);
    remove_file();
    rmdir(dir);
    return 0;
}
