/* banfad init: everything a first start needs, or nothing: the data folder, the signing key, the database with the
** origin of its tree, and the first person, an operator, with a token that is printed once and kept nowhere.
**
** Key and database are made beside their places and moved there last. What exists is never overwritten.
*/
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/banfad/banfad.h"
#include "engine/service/service.h"

static const char new_tail[] = ".new";

struct init {
    struct bf_cli *cli;
    struct bf_settings settings;
    const char *database, *data, *key, *new_database, *new_key;
    const char *person, *name, *origin;
    char token[BF_TOKEN_LEN + 1], token_id[20];
    struct bf_log log;
    struct bf_metrics *metrics;
    struct bf_service *service;
    uint32_t asked, told;
    bool dead, refused;
    struct bf_error why;
};

/* ---- files ---- */
static const char *join(struct bf_arena *a, const char *x, const char *y) {
    struct bf_buf b;
    bf_buf_in(&b, a);
    bf_buf_fmt(&b, "%s%s", x, y);
    bf_buf_char(&b, 0);
    return b.p;
}

static enum bf_err must_not_be_there(const char *path, struct bf_error *e) {
    struct stat st;
    if (lstat(path, &st) == 0)
        return bf_fail(e, BF_EBUSY, "%s is there already: nothing was made", path);
    return errno == ENOENT ? BF_OK : bf_fail(e, BF_EIO, "%s: %s", path, strerror(errno));
}

static enum bf_err make_folder(const char *path, struct bf_error *e) {
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return BF_OK;
    return bf_fail(e, BF_EIO, "make the folder %s: %s", path, strerror(errno));
}

static enum bf_err write_key(const char *path, struct bf_error *e) {
    uint8_t seed[BF_SEED_LEN];
    enum bf_err err = bf_seed_new(seed, e);
    int fd = err ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (err)
        return err;
    bool fine = fd >= 0 && write(fd, seed, sizeof seed) == (ssize_t)sizeof seed && fsync(fd) == 0;
    int why = errno;
    explicit_bzero(seed, sizeof seed);
    if (fd >= 0 && close(fd) != 0 && fine) {
        fine = false;
        why = errno;
    }
    return fine ? BF_OK : bf_fail(e, BF_EIO, "write %s: %s", path, strerror(why));
}

static enum bf_err sync_folder(const char *path, struct bf_error *e) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return fine ? BF_OK : bf_fail(e, BF_EIO, "sync %s: %s", path, strerror(why));
}

/* renameat2 would say NOREPLACE, but not on every file system; link fails where the name is taken. */
static enum bf_err move(const char *from, const char *to, struct bf_error *e) {
    if (link(from, to) == 0 && unlink(from) == 0)
        return BF_OK;
    return bf_fail(e, errno == EEXIST ? BF_EBUSY : BF_EIO, "make %s: %s", to, strerror(errno));
}

/* ---- the first rows ---- */
static bool write_nothing(void *ctx, const char *line, size_t len) {
    (void)ctx;
    (void)line;
    (void)len;
    return true;
}

static int64_t no_time(void *ctx) {
    (void)ctx;
    return 0;
}

static void on_ready(void *ctx) { (void)ctx; }

static void on_dead(void *ctx, const struct bf_error *e) {
    struct init *t = ctx;
    t->dead = true;
    t->why = *e;
}

static void on_answer(void *ctx, const struct bf_answer *a) {
    struct init *t = ctx;
    t->told++;
    t->refused |= a->kind != BF_ANSWER_DONE;
}

static void put_member(struct bf_buf *out, const char *before, const char *text) {
    bf_buf_z(out, before);
    bf_json_text(bf_str_of(text), out);
}

static void notice(struct init *t, enum bf_entry_kind kind, const struct bf_buf *data) {
    struct bf_notice n = {.kind = kind,
                          .data = bf_buf_view(data),
                          .principal = BF_STR("@local"),
                          .answer = on_answer,
                          .ctx = t};
    t->asked++;
    bf_engine_notice(t->service->engine, &n);
}

static void first_rows(struct init *t, const struct bf_token_hash *hash) {
    char hex[2 * BF_SHA256_LEN + 1];
    struct bf_buf data;
    bf_hex(hash->p, sizeof hash->p, hex);
    bf_buf_in(&data, t->settings.arena);
    put_member(&data, "{\"id\":\"" BF_SETTING_ORIGIN "\",\"json\":{\"origin\":", t->origin);
    bf_buf_z(&data, "},\"kind\":\"" BF_SERVICE_SETTING "\"}");
    notice(t, BF_ENTRY_SETTING, &data);
    bf_buf_in(&data, t->settings.arena);
    put_member(&data, "{\"rows\":[{\"id\":", t->person);
    put_member(&data, ",\"json\":{\"active\":true,\"name\":", t->name);
    put_member(&data, ",\"operator\":true},\"kind\":\"person\"},{\"id\":", t->token_id);
    put_member(&data, ",\"json\":{\"hash\":", hex);
    put_member(&data, ",\"name\":\"init\",\"person\":", t->person);
    bf_buf_z(&data, ",\"revoked\":false},\"kind\":\"token\"}]}");
    notice(t, BF_ENTRY_DIRECTORY, &data);
}

static void turn(struct init *t) {
    static const struct timespec little = {.tv_nsec = 1000000};
    bf_service_turn(t->service);
    nanosleep(&little, NULL);
}

static enum bf_err make_database(struct init *t, const struct bf_token_hash *hash,
                                 struct bf_error *e) {
    struct bf_store_options so = {0};
    struct bf_store_opened opened;
    struct bf_service_options o = {.config = &t->settings.r.config,
                                   .log = &t->log,
                                   .clock = bf_clock_system(),
                                   .on_ready = on_ready,
                                   .on_dead = on_dead,
                                   .ctx = t};
    t->log = (struct bf_log){.level = BF_LOG_ERROR, .now_ms = no_time, .write = write_nothing};
    o.metrics = t->metrics = bf_metrics_new();
    if (!t->metrics)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    enum bf_err err = bf_store_open_sqlite(t->new_database, &so, &o.store, &opened, e);
    if (!err)
        err = bf_service_open(&t->service, &o, e);
    if (err)
        return bf_error_wrap(e, "make %s", t->new_database);
    while (!t->dead && !t->service->ready)
        turn(t);
    if (!t->dead)
        first_rows(t, hash);
    while (!t->dead && (t->told < t->asked || !bf_service_idle(t->service)))
        turn(t);
    bf_service_close(t->service);
    if (!t->dead && t->refused)
        bf_fail(&t->why, BF_EIO, "the first rows were not written");
    if (t->dead || t->refused) {
        *e = t->why;
        return bf_error_wrap(e, "make %s", t->new_database);
    }
    return chmod(t->new_database, 0600)
               ? bf_fail(e, BF_EIO, "%s: %s", t->new_database, strerror(errno))
               : BF_OK;
}

/* ---- in order ---- */
static void random_hex(char *out, size_t digits) {
    uint8_t bytes[16];
    char hex[sizeof bytes * 2 + 1];
    while (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        ;
    bf_hex(bytes, sizeof bytes, hex);
    memcpy(out, hex, digits);
    out[digits] = 0;
}

static enum bf_err names(struct init *t, struct bf_error *e) {
    static const struct bf_signer none;
    struct bf_arena *a = t->settings.arena;
    struct bf_signer s = none;
    static const uint8_t seed[BF_SEED_LEN];
    char own[17];
    t->database = bf_setting_z(&t->settings, BF_CONFIG_DATABASE);
    t->data = bf_setting_z(&t->settings, BF_CONFIG_DATA);
    t->key = join(a, t->data, "/" BF_SERVICE_KEY);
    t->new_key = join(a, t->key, new_tail);
    t->new_database = join(a, t->database, new_tail);
    random_hex(own, 16);
    if (!t->origin)
        t->origin = join(a, "banfad/", own);
    memcpy(t->token_id, "init-", 6);
    random_hex(t->token_id + 5, 8);
    if (!*t->person || *t->person == '@') /* "@local" is the owner of the local socket */
        return bf_fail(e, BF_EFORMAT, "--person %s: %s", t->person,
                       bf_text_z(t->cli->lang, BF_T_ADMIN_ROW_AT));
    enum bf_err err = bf_signer_open(bf_str_of(t->origin), seed, sizeof seed, &s, e);
    if (!err)
        bf_signer_fini(&s);
    return err ? bf_error_wrap(e, "--origin %s", t->origin) : BF_OK;
}

static enum bf_err init(struct init *t, struct bf_error *e) {
    struct bf_arena *a = t->settings.arena;
    struct bf_token_hash hash;
    const char *parent = dirname(bf_str_z(a, bf_str_of(t->database)));
    const char *const left[] = {t->new_key, t->new_database, join(a, t->new_database, ".lock"),
                                join(a, t->new_database, "-wal"), join(a, t->new_database, "-shm")};
    enum bf_err err = must_not_be_there(t->database, e);
    if (!err)
        err = must_not_be_there(t->key, e);
    if (!err)
        err = make_folder(t->data, e);
    for (size_t i = 0; !err && i < sizeof left / sizeof *left; i++)
        if (unlink(left[i]) && errno != ENOENT)
            err = bf_fail(e, BF_EIO, "%s: %s", left[i], strerror(errno));
    if (!err)
        err = bf_token_make(t->token, &hash, e);
    if (!err)
        err = write_key(t->new_key, e);
    if (!err)
        err = make_database(t, &hash, e);
    if (!err)
        err = move(t->new_key, t->key, e);
    if (!err)
        err = move(t->new_database, t->database, e);
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        unlink(left[i]); /* the lock; and what a failure leaves */
    if (!err)
        err = sync_folder(t->data, e);
    return err ? err : sync_folder(parent, e);
}

static bool tell(const struct init *t) {
    struct bf_buf out;
    bf_buf_in(&out, t->settings.arena);
    if (t->cli->json) {
        put_member(&out, "{\"database\":", t->database);
        put_member(&out, ",\"key\":", t->key);
        put_member(&out, ",\"origin\":", t->origin);
        put_member(&out, ",\"person\":", t->person);
        put_member(&out, ",\"token\":", t->token);
        bf_buf_z(&out, "}\n");
    } else {
        bf_text_render(&out, t->cli->lang, BF_T_DAEMON_INIT_DONE,
                       BF_ARGS(bf_arg_str(bf_str_of(t->database)), bf_arg_str(bf_str_of(t->key)),
                               bf_arg_str(bf_str_of(t->person)), bf_arg_str(bf_str_of(t->token))));
        bf_buf_char(&out, '\n');
    }
    return bf_cli_write(t->cli, &out);
}

int bf_daemon_init(struct bf_cli *cli, int argc, char **argv) {
    struct init t = {.cli = cli, .person = "admin", .name = "admin"};
    struct bf_error e;
    int status = BF_EXIT_USAGE;
    const char *person = bf_cli_value(&argc, argv, "--person");
    const char *name = bf_cli_value(&argc, argv, "--name");
    t.origin = bf_cli_value(&argc, argv, "--origin");
    t.person = person ? person : "admin";
    t.name = name ? name : t.person;
    if (bf_settings_take(cli, false, &argc, argv, &t.settings) &&
        bf_cli_operands(cli, &argc, argv, 0, 0)) {
        if (names(&t, &e) || init(&t, &e))
            status = bf_cli_fail(cli, &e);
        else
            status = tell(&t) ? BF_EXIT_FINE : BF_EXIT_USAGE;
    }
    bf_metrics_free(t.metrics);
    bf_settings_fini(&t.settings);
    return status;
}
