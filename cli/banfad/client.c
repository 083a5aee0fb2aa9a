/* client: see client.h. */
#include "cli/banfad/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "engine/service/api.h"
#include "engine/service/copies.h"
#include "engine/service/loop.h"
#include "lang/base/stdlib.h"

bf_str bf_json_member(const json_t *j, const char *name) {
    const json_t *m = json_object_get(j, name);
    return json_is_string(m) ? (bf_str){json_string_value(m), (uint32_t)json_string_length(m)}
                             : (bf_str){"", 0};
}

/* ---- taking and ending ---- */
bool bf_client_take(struct bf_client *c, struct bf_cli *cli, int *argc, char **argv, int min,
                    int max) {
    *c = (struct bf_client){.cli = cli};
    if (!bf_settings_take(cli, false, argc, argv, &c->settings) ||
        !bf_cli_operands(cli, argc, argv, min, max))
        return false;
    c->database = bf_setting_z(&c->settings, BF_CONFIG_DATABASE);
    return true;
}

void bf_client_fini(struct bf_client *c) { bf_settings_fini(&c->settings); }

static bool fail(struct bf_client *c, const struct bf_error *e) {
    bf_cli_fail(c->cli, e);
    return false;
}

/* ---- the request's bytes ---- */
static void put_key(struct bf_buf *out) {
    uint8_t key[16];
    char hex[2 * sizeof key + 1];
    while (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        ;
    bf_hex(key, sizeof key, hex);
    bf_buf_fmt(out, "Idempotency-Key: %s\r\n", hex);
}

static bf_str request_bytes(struct bf_client *c, const char *method, const char *path,
                            const char *type, bf_str body) {
    struct bf_buf out;
    bf_buf_in(&out, c->settings.arena);
    bf_buf_fmt(&out,
               "%s %s HTTP/1.1\r\nHost: banfad\r\nConnection: close\r\nAccept-Language: %s\r\n",
               method, path, c->cli->lang == BF_LANG_ZH ? "zh" : "en");
    if (strcmp(method, "GET") != 0)
        put_key(&out);
    if (type)
        bf_buf_fmt(&out, "Content-Type: %s\r\n", type);
    if (type || strcmp(method, "POST") == 0)
        bf_buf_fmt(&out, "Content-Length: %u\r\n", (unsigned)body.len);
    bf_buf_z(&out, "\r\n");
    bf_buf_put(&out, body.p, body.len);
    return bf_buf_view(&out);
}

const char *bf_client_path(struct bf_client *c, const char *before, const char *name,
                           const char *after) {
    struct bf_buf out;
    bf_buf_in(&out, c->settings.arena);
    bf_buf_z(&out, before);
    for (const char *p = name; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("-._~", *p);
        if (plain)
            bf_buf_char(&out, *p);
        else
            bf_buf_fmt(&out, "%%%02X", (unsigned char)*p);
    }
    bf_buf_z(&out, after);
    bf_buf_char(&out, 0);
    return out.p;
}

/* ---- over the socket ---- */
/* A connected socket, or -1: nobody is there (*there false), or it failed. */
static int connect_daemon(struct bf_client *c, bool *there, struct bf_error *e) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    *there = true;
    if (bf_loop_socket_path(bf_str_of(c->database), at.sun_path, e))
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        close(fd);
    *there = why != ENOENT && why != ECONNREFUSED;
    bf_fail(e, BF_EIO, "%s: %s", at.sun_path, strerror(why));
    return -1;
}

static enum bf_err exchange(int fd, bf_str request, struct bf_buf *reply, struct bf_error *e) {
    char piece[16384];
    ssize_t n = 0;
    for (uint32_t at = 0; at < request.len; at += (uint32_t)n) {
        n = send(fd, request.p + at, request.len - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            n = 0;
        else if (n < 0)
            break; /* a refusal may be there to be read all the same */
    }
    for (;;) {
        n = recv(fd, piece, sizeof piece, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        bf_buf_put(reply, piece, (size_t)n);
    }
    return n < 0 && !reply->len ? bf_fail(e, BF_EIO, "ask the service: %s", strerror(errno))
                                : BF_OK;
}

/* ---- in this process ---- */
struct local {
    struct bf_client *client;
    struct bf_log log;
    struct bf_metrics *metrics;
    struct bf_service *service;
    struct bf_http_shared shared;
    struct bf_http_conn *conn;
    bool dead;
    struct bf_error why;
};

static int64_t now_ms(void *ctx) {
    struct timespec t;
    (void)ctx;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool write_log(void *ctx, const char *line, size_t len) {
    (void)ctx;
    return fwrite(line, 1, len, stderr) == len;
}

static void on_ready(void *ctx) { (void)ctx; }

static void on_dead(void *ctx, const struct bf_error *e) {
    struct local *l = ctx;
    l->dead = true;
    l->why = *e;
}

static void turn(struct local *l) {
    static const struct timespec little = {.tv_nsec = 500000};
    bf_service_turn(l->service);
    nanosleep(&little, NULL);
}

static enum bf_err open_local(struct local *l, struct bf_error *e) {
    struct bf_config *config = &l->client->settings.r.config;
    struct bf_store_options so = {.must_exist = true};
    struct bf_store_opened opened = {0};
    struct bf_service_options o = {.config = config,
                                   .log = &l->log,
                                   .clock = bf_clock_system(),
                                   .on_ready = on_ready,
                                   .on_dead = on_dead,
                                   .ctx = l};
    if (access(l->client->database, F_OK) != 0)
        return bf_fail(e, errno == ENOENT ? BF_ENOENT : BF_EIO, "%s: %s", l->client->database,
                       strerror(errno));
    config->v[BF_CONFIG_LOG_LEVEL].n = BF_LOG_ERROR; /* people read what is told here */
    l->log = (struct bf_log){.level = BF_LOG_ERROR, .now_ms = now_ms, .write = write_log};
    o.metrics = l->metrics = bf_metrics_new();
    if (!l->metrics)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    enum bf_err err = bf_store_open_sqlite(l->client->database, &so, &o.store, &opened, e);
    if (!err && opened.rebuild) {
        bf_store_close(o.store);
        err = bf_fail(e, BF_EFORMAT, "%s is of an older version: run banfad rebuild first",
                      l->client->database);
    }
    if (!err)
        err = bf_service_open(&l->service, &o, e);
    while (!err && !l->dead && !l->service->ready)
        turn(l);
    return err;
}

static void converse(struct local *l, bf_str request, struct bf_buf *reply) {
    static const struct bf_http_peer local = {.local = true};
    l->shared = (struct bf_http_shared){.limits = bf_http_limits_default,
                                        .ctx = l->service,
                                        .request = bf_api_request,
                                        .gone = bf_api_gone,
                                        .next_id = 1};
    l->shared.limits.body_bytes = UINT32_MAX / 2;
    l->conn = bf_http_conn_new(&l->shared, NULL, 0);
    if (!l->conn) {
        l->dead = true;
        bf_fail(&l->why, BF_ENOMEM, "out of memory");
        return;
    }
    bf_http_conn_from(l->conn, &local);
    bf_http_conn_input(l->conn, request.p, request.len, 0);
    bf_http_conn_eof(l->conn, 0);
    while (!l->dead && !bf_http_conn_done(l->conn)) {
        turn(l);
        bf_http_conn_resume(l->conn, 0);
        bf_str out = bf_http_conn_output(l->conn);
        bf_buf_put(reply, out.p, out.len);
        bf_http_conn_sent(l->conn, out.len, 0);
    }
    while (!l->dead && !bf_service_idle(l->service))
        turn(l);
    bf_http_conn_free(l->conn);
}

/* A dead service is not closed: what was not durable dies with this process, as it would with a daemon. */
static enum bf_err ask_local(struct bf_client *c, bf_str request, struct bf_buf *reply,
                             struct bf_error *e) {
    struct local *l = bf_new(c->settings.arena, struct local);
    l->client = c;
    enum bf_err err = open_local(l, e);
    if (!err && !l->dead)
        converse(l, request, reply);
    if (!err && l->dead) {
        *e = l->why;
        return e->code;
    }
    if (!err)
        bf_service_close(l->service);
    bf_metrics_free(l->metrics);
    return err;
}

/* ---- the reply ---- */
static bool starts_line(const char *p, const char *end, const char *name) {
    size_t n = strlen(name);
    return (size_t)(end - p) > n && strncasecmp(p, name, n) == 0;
}

/* Takes a reply apart. False: it is not whole. */
static bool read_reply(bf_str bytes, struct bf_reply *r) {
    const char *end = bytes.p ? bytes.p + bytes.len : NULL;
    const char *body = bytes.len ? memmem(bytes.p, bytes.len, "\r\n\r\n", 4) : NULL;
    size_t length = 0;
    *r = (struct bf_reply){0};
    if (!body || bytes.len < 12 || memcmp(bytes.p, "HTTP/1.1 ", 9) != 0)
        return false;
    r->status = atoi(bytes.p + 9);
    for (const char *p = bytes.p, *eol; p < body; p = eol + 2) {
        eol = memmem(p, (size_t)(body + 2 - p), "\r\n", 2);
        if (starts_line(p, eol, "content-type: "))
            r->type = (bf_str){p + 14, (uint32_t)(eol - p - 14)};
        if (starts_line(p, eol, "content-length: "))
            length = strtoul(p + 16, NULL, 10);
    }
    body += 4;
    r->body = (bf_str){body, (uint32_t)length};
    if (length > (size_t)(end - body))
        return false;
    if (bf_str_contains(r->type, BF_STR("json")))
        r->json = json_loadb(body, length, 0, NULL);
    return true;
}

bool bf_client_send(struct bf_client *c, const char *method, const char *path, const char *type,
                    bf_str body, struct bf_reply *r) {
    bf_str request = request_bytes(c, method, path, type, body);
    struct bf_buf reply;
    struct bf_error e;
    bool there;
    int fd = connect_daemon(c, &there, &e);
    enum bf_err err = e.code;
    bf_buf_in(&reply, c->settings.arena);
    if (fd >= 0) {
        err = exchange(fd, request, &reply, &e);
        close(fd);
    } else if (!there) {
        err = ask_local(c, request, &reply, &e);
    }
    if (err)
        return fail(c, &e);
    if (!read_reply(bf_buf_view(&reply), r)) {
        bf_fail(&e, BF_EIO, "the service ended before it had answered");
        return fail(c, &e);
    }
    return true;
}

/* ---- a store to read at leisure ---- */
/* Not begun where it cannot end. */
static bool copy_fits(struct bf_client *c) {
    uint64_t needed, there;
    if (bf_copy_fits(c->database, &needed, &there))
        return true;
    bf_client_say(
        c, true, BF_T_ADMIN_COPY_NO_ROOM,
        BF_ARGS(bf_arg_int((int64_t)(needed >> 20) + 1), bf_arg_int((int64_t)(there >> 20))));
    return false;
}

static bool order_copy(struct bf_client *c, const char *path) {
    struct bf_buf body;
    struct bf_reply r;
    int status;
    bf_buf_in(&body, c->settings.arena);
    bf_buf_z(&body, "{\"path\":");
    bf_json_text(bf_str_of(path), &body);
    bf_buf_char(&body, '}');
    if (!bf_client_send(c, "POST", "/v1/backups", "application/json", bf_buf_view(&body), &r))
        return false;
    bool fine = r.status == 201;
    if (!fine)
        bf_client_answer(c, &r, &status);
    json_decref(r.json);
    return fine;
}

bool bf_client_snapshot(struct bf_client *c, struct bf_snapshot *out) {
    struct bf_error e;
    bool there;
    int fd = connect_daemon(c, &there, &e);
    *out = (struct bf_snapshot){0};
    if (fd >= 0) {
        close(fd);
        char copy[BF_PATH_MAX];
        if (bf_copy_name(c->database, copy, &e))
            return fail(c, &e);
        if (!copy_fits(c) || !order_copy(c, copy))
            return false;
        out->copy = bf_str_z(c->settings.arena, bf_str_of(copy));
    } else if (there) {
        return fail(c, &e);
    }
    if (bf_closed_open(out->copy ? out->copy : c->database, &out->store, &e)) {
        bf_snapshot_close(out);
        return fail(c, &e);
    }
    return true;
}

void bf_snapshot_close(struct bf_snapshot *s) {
    bf_closed_close(s->store);
    if (s->copy)
        bf_copy_remove(s->copy);
}

/* ---- telling ---- */
void bf_client_say(struct bf_client *c, bool wrong, enum bf_text_id text, const bf_arg *args,
                   int nargs) {
    struct bf_buf out;
    bf_buf_in(&out, c->settings.arena);
    bf_text_render(&out, c->cli->lang, text, args, nargs);
    fprintf(wrong ? stderr : stdout, "%.*s\n", (int)out.len, out.p);
}

bool bf_client_answer(struct bf_client *c, const struct bf_reply *r, int *status) {
    bool fine = r->status >= 200 && r->status < 300;
    *status = fine ? BF_EXIT_FINE : BF_EXIT_ERRORS;
    if (c->cli->json) {
        printf("%.*s\n", (int)r->body.len, r->body.p);
        return false;
    }
    if (fine)
        return true;
    bf_str title = bf_json_member(r->json, "title"), detail = bf_json_member(r->json, "detail");
    fprintf(stderr, "banfad %s: %.*s: %.*s\n", c->cli->command->name,
            title.len ? (int)title.len : 11, title.len ? title.p : "HTTP status", (int)detail.len,
            detail.len ? detail.p : "");
    return false;
}

static bf_str cell_text(struct bf_client *c, const json_t *j) {
    struct bf_buf out;
    bf_buf_in(&out, c->settings.arena);
    if (json_is_string(j))
        bf_buf_put(&out, json_string_value(j), json_string_length(j));
    else if (json_is_integer(j))
        bf_buf_int(&out, json_integer_value(j));
    else if (json_is_boolean(j))
        bf_buf_z(&out, bf_text_z(c->cli->lang, json_is_true(j) ? BF_T_ADMIN_YES : BF_T_ADMIN_NO));
    else
        bf_buf_char(&out, '-');
    return bf_buf_view(&out);
}

static void pad(bf_str text, uint32_t to, int ambiguous, bool last) {
    uint32_t width = bf_str_width(text, ambiguous);
    printf("%.*s", (int)text.len, text.p);
    for (; !last && width < to + 2; width++)
        putchar(' ');
}

void bf_client_table(struct bf_client *c, const json_t *rows, const struct bf_column *columns,
                     int count) {
    uint32_t *wide = bf_new_array(c->settings.arena, uint32_t, count);
    int ambiguous = c->cli->ambiguous_width;
    size_t i;
    json_t *row;
    for (int k = 0; k < count; k++) {
        wide[k] = bf_str_width(bf_str_of(bf_text_z(c->cli->lang, columns[k].title)), ambiguous);
        json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
            uint32_t w =
                bf_str_width(cell_text(c, json_object_get(row, columns[k].member)), ambiguous);
            wide[k] = w > wide[k] ? w : wide[k];
        }
    }
    for (int k = 0; k < count; k++)
        pad(bf_str_of(bf_text_z(c->cli->lang, columns[k].title)), wide[k], ambiguous,
            k == count - 1);
    putchar('\n');
    json_array_foreach((json_t *)(uintptr_t)rows, i, row) {
        for (int k = 0; k < count; k++)
            pad(cell_text(c, json_object_get(row, columns[k].member)), wide[k], ambiguous,
                k == count - 1);
        putchar('\n');
    }
}
