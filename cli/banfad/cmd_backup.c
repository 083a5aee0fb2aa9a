/* banfad backup, restore. A backup is a whole database of one instant. A restored one is a database of its own: its
** tree gets an origin that no other has, and it delivers nothing until it is activated, since the one it was taken
** from may still be alive.
*/
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/banfad/client.h"
#include "engine/service/audit.h"
#include "engine/service/engine.h"
#include "engine/service/service.h"
#include "lang/base/stdlib.h"

static int fail(struct bf_client *c, const struct bf_error *e) {
    bf_cli_fail(c->cli, e);
    return BF_EXIT_USAGE;
}

/* ---- backup ---- */
static const char *absolute(struct bf_client *c, const char *path) {
    char here[BF_PATH_MAX];
    struct bf_buf out;
    bf_buf_in(&out, c->settings.arena);
    if (path[0] != '/' && getcwd(here, sizeof here))
        bf_buf_fmt(&out, "%s/", here);
    bf_buf_z(&out, path);
    bf_buf_char(&out, 0);
    return out.p;
}

int bf_daemon_backup(struct bf_cli *cli, int argc, char **argv) {
    struct bf_client c;
    struct bf_buf body;
    struct bf_reply r;
    int status = BF_EXIT_USAGE;
    if (bf_client_take(&c, cli, &argc, argv, 1, 1)) {
        bf_buf_in(&body, c.settings.arena);
        bf_buf_z(&body, "{\"path\":");
        bf_json_text(bf_str_of(absolute(&c, argv[1])), &body);
        bf_buf_char(&body, '}');
        if (bf_client_send(&c, "POST", "/v1/backups", "application/json", bf_buf_view(&body), &r)) {
            if (bf_client_answer(&c, &r, &status))
                bf_client_say(&c, false, BF_T_ADMIN_BACKED_UP,
                              BF_ARGS(bf_arg_str(bf_str_of(argv[1]))));
            json_decref(r.json);
        }
    }
    bf_client_fini(&c);
    return status;
}

/* ---- restore ---- */
static enum bf_err copy_bytes(int from, int to, struct bf_error *e) {
    char piece[1 << 16];
    ssize_t n;
    while ((n = read(from, piece, sizeof piece)) > 0)
        for (ssize_t at = 0, m; at < n; at += m)
            if ((m = write(to, piece + at, (size_t)(n - at))) < 0)
                return bf_fail(e, errno == ENOSPC ? BF_EFULL : BF_EIO, "write: %s",
                               strerror(errno));
    return n < 0 || fsync(to) != 0 ? bf_fail(e, BF_EIO, "copy: %s", strerror(errno)) : BF_OK;
}

static enum bf_err copy_file(const char *from, const char *to, struct bf_error *e) {
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "%s: %s", from, strerror(errno));
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum bf_err err =
        out < 0 ? bf_fail(e, errno == EEXIST ? BF_EBUSY : BF_EIO, "%s: %s", to, strerror(errno))
                : copy_bytes(in, out, e);
    close(in);
    if (out >= 0)
        close(out);
    if (err && out >= 0)
        unlink(to);
    return err;
}

/* ---- the rows a restored copy begins with ---- */
struct first {
    bool ready, refused;
    uint32_t told;
    enum bf_err died;
    struct bf_error *e;
    bf_instant last; /* stamp of the copy's last row */
};

static bf_instant now(void *ctx) { /* `recorded` never goes back */
    const struct first *f = ctx;
    bf_instant t = (bf_instant)time(NULL);
    return t > f->last ? t : f->last;
}

static void salt(void *ctx, uint8_t *out, size_t n) {
    (void)ctx;
    while (getrandom(out, n, 0) != (ssize_t)n)
        ;
}

static void died(void *ctx, const struct bf_error *e) {
    struct first *f = ctx;
    f->died = e->code;
    *f->e = *e;
}

static void ready(void *ctx) { ((struct first *)ctx)->ready = true; }

static void told(void *ctx, const struct bf_answer *a) {
    struct first *f = ctx;
    f->told++;
    f->refused |= a->kind != BF_ANSWER_DONE;
}

static enum bf_err last_stamp(void *ctx, const void *row, struct bf_error *e) {
    struct bf_entry_head head;
    const struct bf_row_journal *r = row;
    if (r->head.len != BF_ENTRY_HEAD)
        return bf_fail(e, BF_EFORMAT, "its last row is damaged");
    enum bf_err err = bf_entry_head_read((const uint8_t *)r->head.p, &head, e);
    if (!err)
        ((struct first *)ctx)->last = head.recorded;
    return err;
}

static void set(struct bf_engine *e, struct first *f, const char *data) {
    struct bf_notice n = {.kind = BF_ENTRY_SETTING,
                          .data = bf_str_of(data),
                          .principal = BF_STR("@local"),
                          .answer = told,
                          .ctx = f};
    bf_engine_notice(e, &n);
}

static void pump(struct bf_closed *c, struct bf_engine *e, const struct first *f, uint32_t wanted) {
    static const struct timespec little = {.tv_nsec = 200000};
    while (!f->died && (!f->ready || f->told < wanted || !bf_engine_idle(e))) {
        bf_engine_flush(e);
        bf_store_poll(bf_closed_store(c));
        nanosleep(&little, NULL);
    }
}

static enum bf_err write_first(struct bf_closed *c, const char *origin, const char *held,
                               struct bf_error *e) {
    struct bf_engine *engine;
    struct bf_row_head head;
    struct first f = {.e = e};
    struct bf_arena *a = bf_arena_new(0);
    enum bf_err err = a ? bf_closed_head(c, a, &head, e) : bf_fail(e, BF_ENOMEM, "out of memory");
    struct bf_row_journal at = {.seq = err ? 0 : head.seq};
    struct bf_query q = {.table = BF_TABLE_JOURNAL, .at = &at, .same = 1, .limit = 1};
    struct bf_engine_options o = {
        .now = now, .random = salt, .fatal = died, .ctx = &f, .cached_cases = 16, .batch_rows = 16};
    if (!err)
        err = bf_closed_read(c, &q, last_stamp, &f, e);
    bf_arena_free(a);
    if (!err)
        err = bf_engine_new(bf_closed_store(c), &o, &engine, e);
    if (err)
        return err;
    bf_engine_start(engine, ready, &f);
    pump(c, engine, &f, 0);
    set(engine, &f, held); /* first: a copy with its old origin delivers nothing either */
    set(engine, &f, origin);
    pump(c, engine, &f, 2);
    if (f.died)
        return f.died; /* not freed: what is under way in it cannot end any more */
    bf_engine_free(engine);
    return f.refused ? bf_fail(e, BF_EIO, "its first rows were not written") : BF_OK;
}

/* The old origin, and behind it what no other copy has. */
static enum bf_err new_origin(struct bf_client *c, struct bf_closed *store, const char **row,
                              bf_str *origin, struct bf_error *e) {
    struct bf_arena *a = c->settings.arena;
    uint8_t own[6];
    char hex[2 * sizeof own + 1];
    struct bf_buf text, data;
    bf_str json;
    enum bf_err err =
        bf_closed_setting(store, a, BF_SERVICE_SETTING, BF_SETTING_ORIGIN, &json, NULL, e);
    if (err)
        return err;
    json_t *j = json_loadb(json.p ? json.p : "", json.len, 0, NULL);
    bf_str old = bf_json_member(j, BF_SETTING_ORIGIN);
    const char *again = old.len ? memmem(old.p, old.len, BF_RESTORED, strlen(BF_RESTORED)) : NULL;
    bf_buf_in(&text, a);
    bf_buf_put(&text, old.p, again ? (size_t)(again - old.p) : old.len);
    salt(NULL, own, sizeof own);
    bf_hex(own, sizeof own, hex);
    bf_buf_fmt(&text, "%s%s", text.len ? BF_RESTORED : &BF_RESTORED[1], hex);
    json_decref(j);
    *origin = bf_buf_view(&text);
    bf_buf_in(&data, a);
    bf_buf_z(&data, "{\"id\":\"" BF_SETTING_ORIGIN "\",\"json\":{\"" BF_SETTING_ORIGIN "\":");
    bf_json_text(*origin, &data);
    bf_buf_z(&data, "},\"kind\":\"" BF_SERVICE_SETTING "\"}");
    bf_buf_char(&data, 0);
    *row = data.p;
    return BF_OK;
}

static enum bf_err prepare(struct bf_client *c, const char *copy, bf_str *origin,
                           struct bf_error *e) {
    struct bf_closed *store;
    const char *row;
    enum bf_err err = bf_closed_open(copy, &store, e);
    if (err)
        return err;
    if (bf_closed_outdated(store))
        err = bf_fail(e, BF_EFORMAT,
                      "it is of an older version: restore it with the banfad that "
                      "made it, or put it in place by hand and run banfad rebuild");
    if (!err)
        err = bf_closed_check(store, e);
    if (!err)
        err = new_origin(c, store, &row, origin, e);
    if (!err)
        err = write_first(store, row,
                          "{\"id\":\"" BF_SETTING_HELD "\",\"json\":{\"" BF_SETTING_HELD
                          "\":true},\"kind\":\"" BF_SERVICE_SETTING "\"}",
                          e);
    bf_closed_close(store);
    return err;
}

static void remove_all(const char *path) {
    static const char *const tail[] = {"", "-wal", "-shm", ".lock"};
    char name[BF_PATH_MAX + 8];
    for (size_t i = 0; i < sizeof tail / sizeof *tail; i++) {
        snprintf(name, sizeof name, "%s%s", path, tail[i]);
        unlink(name);
    }
}

static enum bf_err make_data(struct bf_client *c, struct bf_error *e) {
    const char *data = bf_setting_z(&c->settings, BF_CONFIG_DATA);
    if (mkdir(data, 0700) == 0 || errno == EEXIST)
        return BF_OK;
    return bf_fail(e, BF_EIO, "make the folder %s: %s", data, strerror(errno));
}

static enum bf_err restore(struct bf_client *c, const char *from, bf_str *origin,
                           struct bf_error *e) {
    struct bf_buf copy;
    bf_buf_in(&copy, c->settings.arena);
    bf_buf_fmt(&copy, "%s.restore", c->database);
    bf_buf_char(&copy, 0);
    if (access(c->database, F_OK) == 0)
        return bf_fail(e, BF_EBUSY,
                       "%s is there already: move it away, or name another by --database=FILE",
                       c->database);
    remove_all(copy.p); /* of one that was cut off */
    enum bf_err err = copy_file(from, copy.p, e);
    if (!err && (err = prepare(c, copy.p, origin, e)) != BF_OK)
        bf_error_wrap(e, "restore %s", from);
    if (!err)
        err = make_data(c, e);
    /* link fails where the name was taken meanwhile */
    if (!err && link(copy.p, c->database) != 0)
        err =
            bf_fail(e, errno == EEXIST ? BF_EBUSY : BF_EIO, "%s: %s", c->database, strerror(errno));
    remove_all(copy.p);
    return err;
}

/* A checkpoint in the data folder is of the tree before: it is kept, under another name. */
static enum bf_err put_note_aside(struct bf_client *c, struct bf_error *e) {
    const char *data = bf_setting_z(&c->settings, BF_CONFIG_DATA);
    char note[BF_PATH_MAX], aside[BF_PATH_MAX];
    if (snprintf(aside, sizeof aside, "%s/" BF_AUDIT_FILE ".before-restore", data) >=
        (int)sizeof aside)
        return bf_fail(e, BF_ELIMIT, "the path is longer than %d bytes", BF_PATH_MAX);
    snprintf(note, sizeof note, "%s/" BF_AUDIT_FILE, data);
    if (rename(note, aside) == 0 || errno == ENOENT)
        return BF_OK;
    return bf_fail(e, BF_EIO, "%s: %s", note, strerror(errno));
}

int bf_daemon_restore(struct bf_cli *cli, int argc, char **argv) {
    struct bf_client c;
    struct bf_error e;
    bf_str origin;
    int status = BF_EXIT_USAGE;
    if (bf_client_take(&c, cli, &argc, argv, 1, 1)) {
        enum bf_err err = restore(&c, argv[1], &origin, &e);
        if (!err)
            err = put_note_aside(&c, &e);
        status = err ? fail(&c, &e) : BF_EXIT_FINE;
        if (err == BF_EFORMAT)
            status = BF_EXIT_ERRORS;
        if (!err)
            bf_client_say(&c, false, BF_T_ADMIN_RESTORED,
                          BF_ARGS(bf_arg_str(bf_str_of(argv[1])), bf_arg_str(bf_str_of(c.database)),
                                  bf_arg_str(origin)));
    }
    bf_client_fini(&c);
    return status;
}
