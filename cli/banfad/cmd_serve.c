/* banfad serve: the daemon. It starts or says why not; once serving it talks in log lines on stderr. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cli/banfad/banfad.h"
#include "engine/service/loop.h"

enum { LINES_BYTES = 4096 };
_Static_assert(LINES_BYTES >= BF_LOG_LINE && LINES_BYTES <= PIPE_BUF,
               "a line fits, a pipe takes it");

struct daemon {
    struct bf_cli *cli;
    struct bf_settings settings;
    struct bf_log log;
    struct bf_sd sd;
    struct bf_metrics *metrics;
    struct bf_loop *loop;
    char lines[LINES_BYTES]; /* not written yet */
    size_t lines_len;
    uint64_t line_count;
};

/* ---- the log ---- */
static int64_t wall_ms(void *ctx) {
    struct timespec t;
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What is written at once is no longer than what a pipe takes as a whole once it is writable at all; a socket is asked
** not to block. */
static bool write_now(const char *p, size_t len) {
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&fd, 1, 0) != 1 || !(fd.revents & POLLOUT))
        return false;
    ssize_t n = send(STDERR_FILENO, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK)
        n = write(STDERR_FILENO, p, len);
    return n == (ssize_t)len;
}

static void write_lines(void *ctx) {
    struct daemon *d = ctx;
    if (d->lines_len && !write_now(d->lines, d->lines_len))
        d->log.dropped += d->line_count;
    d->lines_len = 0;
    d->line_count = 0;
}

/* Lines of one turn of the loop leave together. */
static bool add_line(void *ctx, const char *line, size_t len) {
    struct daemon *d = ctx;
    if (d->lines_len + len > sizeof d->lines)
        write_lines(d);
    memcpy(d->lines + d->lines_len, line, len);
    d->lines_len += len;
    d->line_count++;
    return true;
}

/* ---- SIGHUP ---- */
static void reload(void *ctx) {
    struct daemon *d = ctx;
    struct bf_config *now = &d->settings.r.config;
    struct bf_config before = *now;
    struct bf_config_result fresh;
    struct bf_buf text;
    bf_buf_init(&text);
    /* In the arena of the settings, since texts that are taken over are of it: a reload leaks a few of them. */
    if (!bf_settings_again(&d->settings, d->settings.arena, &fresh, d->cli->lang, &text)) {
        bf_log(&d->log, BF_LOG_ERROR, "reload_failed", NULL,
               BF_LOG_FIELDS(BF_LOG_STR("why", bf_buf_view(&text))));
    } else {
        struct bf_config_reload r = bf_config_reload(now, &fresh.config);
        bf_config_reload_print(r, &before, &fresh.config, d->cli->lang, &text);
        bf_log(&d->log, BF_LOG_INFO, "reloaded", NULL,
               BF_LOG_FIELDS(BF_LOG_STR("what", bf_buf_view(&text))));
    }
    bf_buf_fini(&text);
}

/* ---- starting ---- */
/* Before anything is opened: the service itself would run without. */
static enum bf_err check_key(const struct bf_settings *s, struct bf_error *e) {
    uint8_t seed[BF_SEED_LEN];
    enum bf_err err = bf_service_read_key(&s->r.config, seed, e);
    explicit_bzero(seed, sizeof seed);
    return err;
}

static enum bf_err start(struct daemon *d, struct bf_error *e) {
    struct bf_loop_options o = {
        .service = {.config = &d->settings.r.config, .log = &d->log, .clock = bf_clock_system()},
        .reload = reload,
        .turned = write_lines,
        .ctx = d,
        .sd = &d->sd,
        .watchdog_us =
            bf_sd_watchdog_us(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"), getpid())};
    d->log = (struct bf_log){
        .level = (enum bf_log_level)bf_config_int(&d->settings.r.config, BF_CONFIG_LOG_LEVEL),
        .now_ms = wall_ms,
        .write = add_line,
        .ctx = d};
    enum bf_err err = bf_sd_open(&d->sd, getenv("NOTIFY_SOCKET"), e);
    if (!err)
        err = check_key(&d->settings, e);
    if (!err && !(d->metrics = bf_metrics_new()))
        err = bf_fail(e, BF_ENOMEM, "out of memory");
    if (err)
        return err;
    o.service.metrics = d->metrics;
    return bf_loop_open(&d->loop, &o, e);
}

/* What failed dies with the process: nothing half open is closed in some other way than a crash would. */
static _Noreturn void end(struct daemon *d, int status) {
    write_lines(d);
    fflush(stdout);
    _exit(status);
}

/* What to do about what is not there. A database whose key is missing must not be made anew. */
static void advise(const struct daemon *d) {
    const char *database = bf_setting_z(&d->settings, BF_CONFIG_DATABASE);
    bf_str data = bf_config_text(&d->settings.r.config, BF_CONFIG_DATA);
    struct bf_buf out;
    bf_buf_in(&out, d->settings.arena);
    if (access(database, F_OK) == 0)
        bf_text_render(&out, d->cli->lang, BF_T_DAEMON_KEY_BACK,
                       BF_ARGS(bf_arg_str(bf_str_of(database)), bf_arg_str(data)));
    else
        bf_buf_z(&out, bf_text_z(d->cli->lang, BF_T_DAEMON_INIT_FIRST));
    fprintf(stderr, "%.*s\n", (int)out.len, out.p);
}

static int serve(struct daemon *d) {
    struct bf_error e;
    if (start(d, &e)) {
        bf_cli_fail(d->cli, &e);
        if (e.code == BF_ENOENT)
            advise(d);
        end(d, BF_EXIT_USAGE);
    }
    if (bf_loop_run(d->loop, &e)) {
        bf_cli_fail(d->cli, &e);
        end(d, BF_EXIT_ERRORS);
    }
    bf_loop_close(d->loop);
    bf_log(&d->log, BF_LOG_INFO, "stopped", NULL, NULL, 0);
    write_lines(d);
    bf_metrics_free(d->metrics);
    bf_sd_close(&d->sd);
    return BF_EXIT_FINE;
}

static int print_config(struct bf_cli *cli, const struct bf_config *c) {
    struct bf_buf out;
    bf_buf_init(&out);
    bf_config_print(c, cli->lang, &out);
    bool written = bf_cli_write(cli, &out);
    bf_buf_fini(&out);
    return written ? BF_EXIT_FINE : BF_EXIT_USAGE;
}

int bf_daemon_serve(struct bf_cli *cli, int argc, char **argv) {
    struct daemon d = {.cli = cli};
    bool print = bf_cli_flag(&argc, argv, "--print-config");
    int status = BF_EXIT_USAGE;
    if (bf_settings_take(cli, true, &argc, argv, &d.settings) &&
        bf_cli_operands(cli, &argc, argv, 0, 0))
        status = print ? print_config(cli, &d.settings.r.config) : serve(&d);
    bf_settings_fini(&d.settings);
    return status;
}
