/* The glue. A client is one connection with its socket; it lies in up to four lists:
**   all    every one
**   quiet  those that idle, the latest first, so that the last is the one to close at the cap
**   wheel  by deadline, coarsely: a slot is visited in its turn and who has time left moves on
**   dirty  answered since the loop last looked
** Its memory ends in on_closed and nowhere else.
*/
#include "engine/service/http_server.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum {
    READ_BYTES = 1 << 16,
    WRITE_BYTES = 1 << 16, /* copied for a write that waits; its end is progress */
    SLOTS = 256,
    SLOT_MS = 250,
    BACKLOG = 1024,
};

const struct bf_http_server_config bf_http_server_defaults = {
    .address = "127.0.0.1",
    .connections = 16384,
    .idle_grace_ms = 1000,
    .drain_ms = 10000,
};

struct link {
    struct link *next, *prev;
};

struct client {
    struct link all, quiet, wheel, dirty;
    union socket {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } socket;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct bf_http_server *server;
    struct bf_http_conn *http;
    char *writing;
    size_t writing_len;
    int64_t quiet_ms, armed_ms;
    bool reading, ended, closing;
};

struct bf_http_server {
    struct bf_http_server_config config;
    struct bf_http_shared shared;
    uv_loop_t *loop;
    union socket listener;
    uv_timer_t timer;
    uv_check_t check;
    uv_idle_t idle; /* active while there are dirty clients: then polling does not wait */
    unsigned handles;
    struct link all, quiet, dirty, slots[SLOTS];
    struct bf_http_server_stats stats;
    int64_t ticked; /* slots visited so far: time / SLOT_MS */
    int64_t date_s, drain_at_ms;
    uint16_t port;
    bool draining, accept_waits;
    char read_buf[READ_BYTES];
};

#define OF(link_ptr, member) \
    ((struct client *)(void *)((char *)(link_ptr)-offsetof(struct client, member)))

static void link_init(struct link *l) { l->next = l->prev = l; }

static void link_out(struct link *l) {
    l->next->prev = l->prev;
    l->prev->next = l->next;
    link_init(l);
}

static void link_after(struct link *at, struct link *l) {
    link_out(l);
    l->next = at->next;
    l->prev = at;
    at->next->prev = l;
    at->next = l;
}

static bool link_empty(const struct link *l) { return l->next == l; }

static int64_t now_of(const struct bf_http_server *s) { return (int64_t)uv_now(s->loop); }

/* ---- the end of things ---- */

static void server_handle_closed(uv_handle_t *h) {
    struct bf_http_server *s = h->data;
    if (--s->handles == 0 && s->config.drained)
        s->config.drained(s->config.ctx);
}

static void close_if_drained(struct bf_http_server *s) {
    if (!s->draining || s->stats.open || uv_is_closing((uv_handle_t *)&s->timer))
        return;
    uv_close((uv_handle_t *)&s->timer, server_handle_closed);
    uv_close((uv_handle_t *)&s->check, server_handle_closed);
    uv_close((uv_handle_t *)&s->idle, server_handle_closed);
}

static void on_closed(uv_handle_t *h) {
    struct client *k = h->data;
    struct bf_http_server *s = k->server;
    bf_free(k->writing);
    bf_free(k);
    s->stats.open--;
    close_if_drained(s);
}

static void client_close(struct client *k) {
    if (k->closing)
        return;
    k->closing = true;
    link_out(&k->all);
    link_out(&k->quiet);
    link_out(&k->wheel);
    link_out(&k->dirty);
    bf_http_conn_free(k->http);
    k->http = NULL;
    uv_close(&k->socket.handle, on_closed);
}

/* ---- deadlines ---- */

static void arm(struct client *k) {
    struct bf_http_server *s = k->server;
    int64_t at = bf_http_conn_deadline(k->http);
    if (!link_empty(&k->wheel) && k->armed_ms <= at)
        return; /* it is visited in time, and asked again */
    k->armed_ms = at;
    int64_t slot = at / SLOT_MS + 1;
    if (at == INT64_MAX || slot > s->ticked + SLOTS - 1)
        slot = s->ticked + SLOTS - 1;
    if (slot <= s->ticked)
        slot = s->ticked + 1;
    link_after(&s->slots[slot % SLOTS], &k->wheel);
}

/* ---- a client's turn ---- */

static void client_turn(struct client *k);

static void on_written(uv_write_t *w, int status) {
    struct client *k = w->data;
    bf_free(k->writing);
    k->writing = NULL;
    if (k->closing)
        return;
    if (status < 0) {
        client_close(k);
        return;
    }
    bf_http_conn_sent(k->http, k->writing_len, now_of(k->server));
    client_turn(k);
}

static bool write_later(struct client *k, bf_str out) {
    k->writing_len = out.len < WRITE_BYTES ? out.len : WRITE_BYTES;
    k->writing = bf_malloc(k->writing_len);
    if (!k->writing)
        return false;
    memcpy(k->writing, out.p, k->writing_len);
    uv_buf_t buf = uv_buf_init(k->writing, (unsigned)k->writing_len);
    k->write.data = k;
    return uv_write(&k->write, &k->socket.stream, &buf, 1, on_written) == 0;
}

/* Sends what there is. False: the socket is of no use any more. */
static bool client_write(struct client *k) {
    int64_t now = now_of(k->server);
    for (bf_str out; !k->writing && (out = bf_http_conn_output(k->http)).len;) {
        uv_buf_t buf = uv_buf_init((char *)(uintptr_t)out.p, out.len);
        int n = uv_try_write(&k->socket.stream, &buf, 1);
        if (n == UV_EAGAIN)
            return write_later(k, out);
        if (n < 0)
            return false;
        bf_http_conn_sent(k->http, (size_t)n, now);
        bf_http_conn_resume(k->http, now);
    }
    return true;
}

static void on_shutdown(uv_shutdown_t *req, int status) {
    (void)req;
    (void)status; /* a socket that cannot be shut is closed in its time */
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *buf) {
    struct client *k = h->data;
    (void)size;
    *buf = uv_buf_init(k->server->read_buf, READ_BYTES);
}

static void keep_date(struct bf_http_server *s) {
    int64_t second = now_of(s) / 1000;
    if (second == s->date_s)
        return;
    s->date_s = second;
    time_t t = time(NULL);
    struct tm tm;
    gmtime_r(&t, &tm);
    strftime(s->shared.date, sizeof s->shared.date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    struct client *k = stream->data;
    struct bf_http_server *s = k->server;
    if (n == 0)
        return;
    if (n < 0 && n != UV_EOF) {
        client_close(k);
        return;
    }
    keep_date(s);
    int64_t now = now_of(s);
    link_out(&k->quiet); /* and to its head, if it idles again */
    if (n == UV_EOF)
        bf_http_conn_eof(k->http, now);
    else
        bf_http_conn_input(k->http, buf->base, (size_t)n, now);
    client_turn(k);
}

static bool client_read(struct client *k) {
    bool wants = bf_http_conn_wants_input(k->http);
    if (wants == k->reading)
        return true;
    k->reading = wants;
    if (wants)
        return uv_read_start(&k->socket.stream, on_alloc, on_read) == 0;
    uv_read_stop(&k->socket.stream);
    return true;
}

/* After anything happened to it: write, end, close, read or wait, as it needs. */
static void client_turn(struct client *k) {
    bf_http_conn_resume(k->http, now_of(k->server));
    if (!client_write(k) || bf_http_conn_done(k->http)) {
        client_close(k);
        return;
    }
    if (!k->ended && !k->writing && bf_http_conn_half_closed(k->http)) {
        k->ended = true;
        if (uv_shutdown(&k->shutdown, &k->socket.stream, on_shutdown)) {
            client_close(k);
            return;
        }
    }
    if (!client_read(k)) {
        client_close(k);
        return;
    }
    arm(k);
    if (!bf_http_conn_idle(k->http)) {
        link_out(&k->quiet);
    } else if (link_empty(&k->quiet)) {
        k->quiet_ms = now_of(k->server);
        link_after(&k->server->quiet, &k->quiet);
    }
}

static void on_idle(uv_idle_t *h) { (void)h; }

static void on_wake(void *owner) {
    struct client *k = owner;
    if (k->closing)
        return;
    link_after(&k->server->dirty, &k->dirty);
    uv_idle_start(&k->server->idle, on_idle);
}

static void turn_dirty(struct bf_http_server *s) {
    while (!link_empty(&s->dirty)) {
        struct client *k = OF(s->dirty.next, dirty);
        link_out(&k->dirty);
        client_turn(k);
    }
    uv_idle_stop(&s->idle);
}

static void on_check(uv_check_t *h) { turn_dirty(h->data); }

/* ---- newcomers ---- */

/* Makes room at the cap by closing who has idled the longest, if anyone has. */
static bool evict(struct bf_http_server *s) {
    if (link_empty(&s->quiet))
        return false;
    struct client *k = OF(s->quiet.prev, quiet);
    if (k->quiet_ms > now_of(s) - s->config.idle_grace_ms)
        return false;
    client_close(k);
    s->stats.evicted++;
    return true;
}

static void turn_away(struct client *k) {
    static char text[] = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
                         "Retry-After: 1\r\nConnection: close\r\n\r\n";
    uv_buf_t buf = uv_buf_init(text, sizeof text - 1);
    uv_try_write(&k->socket.stream, &buf, 1); /* if it can be told */
    k->server->shared.reached[BF_HTTP_LIMIT_CONNECTIONS]++;
    client_close(k);
}

static int init_socket(struct bf_http_server *s, union socket *socket) {
    return s->config.path ? uv_pipe_init(s->loop, &socket->pipe, 0)
                          : uv_tcp_init(s->loop, &socket->tcp);
}

static struct client *client_new(struct bf_http_server *s) {
    struct client *k = bf_malloc(sizeof *k);
    if (!k)
        return NULL;
    *k = (struct client){.server = s};
    k->http = bf_http_conn_new(&s->shared, k, now_of(s));
    if (!k->http || init_socket(s, &k->socket)) {
        bf_http_conn_free(k->http);
        bf_free(k);
        return NULL;
    }
    k->socket.handle.data = k;
    link_init(&k->all);
    link_init(&k->quiet);
    link_init(&k->wheel);
    link_init(&k->dirty);
    link_after(&s->all, &k->all);
    s->stats.open++;
    return k;
}

/* Who limits by address must know it. */
static void tell_peer(struct client *k) {
    struct sockaddr_storage from;
    int len = sizeof from;
    struct bf_http_peer peer = {.local = k->server->config.path != NULL};
    if (!peer.local && uv_tcp_getpeername(&k->socket.tcp, (struct sockaddr *)&from, &len) == 0) {
        bool four = from.ss_family == AF_INET;
        peer.address_len = four ? 4 : 16;
        if (four)
            memcpy(peer.address, &((struct sockaddr_in *)(void *)&from)->sin_addr, 4);
        else
            memcpy(peer.address, &((struct sockaddr_in6 *)(void *)&from)->sin6_addr, 16);
    }
    bf_http_conn_from(k->http, &peer);
}

/* Without memory the newcomer waits in libuv, which listens no further; the timer tries again. */
static void take(struct bf_http_server *s) {
    bool full = s->stats.open >= s->config.connections && !evict(s);
    struct client *k = client_new(s);
    s->accept_waits = !k;
    if (!k)
        return;
    if (uv_accept(&s->listener.stream, &k->socket.stream)) {
        client_close(k);
        return;
    }
    s->stats.accepted++;
    tell_peer(k);
    if (!s->config.path)
        uv_tcp_nodelay(&k->socket.tcp, 1);
    if (full)
        turn_away(k);
    else
        client_turn(k);
}

static void on_connection(uv_stream_t *listener, int status) {
    if (status == 0)
        take(listener->data);
}

/* ---- the clock ---- */

static void visit(struct link *slot, int64_t now) {
    struct link due;
    link_init(&due);
    if (link_empty(slot))
        return;
    due = *slot; /* moved whole, since who has time left may come back to this slot */
    due.next->prev = due.prev->next = &due;
    link_init(slot);
    while (!link_empty(&due)) {
        struct client *k = OF(due.next, wheel);
        link_out(&k->wheel);
        bf_http_conn_tick(k->http, now);
        client_turn(k);
    }
}

static void on_timer(uv_timer_t *timer) {
    struct bf_http_server *s = timer->data;
    int64_t now = now_of(s), until = now / SLOT_MS;
    if (until - s->ticked > SLOTS)
        s->ticked = until - SLOTS;
    while (s->ticked < until) {
        s->ticked++;
        visit(&s->slots[s->ticked % SLOTS], now);
    }
    if (s->accept_waits && !s->draining)
        take(s);
    while (s->draining && now >= s->drain_at_ms && !link_empty(&s->all))
        client_close(OF(s->all.next, all));
}

/* ---- from outside ---- */

/* Nobody can connect between bind and listen, so that the mode is in force from the first connection on. */
static enum bf_err listen_at_path(struct bf_http_server *s, struct bf_error *e) {
    const char *path = s->config.path;
    int rc = unlink(path) && errno != ENOENT ? uv_translate_sys_error(errno) : 0;
    if (!rc)
        rc = uv_pipe_bind(&s->listener.pipe, path);
    if (!rc && chmod(path, 0600))
        rc = uv_translate_sys_error(errno);
    if (!rc)
        rc = uv_listen(&s->listener.stream, BACKLOG, on_connection);
    return rc ? bf_fail(e, BF_EIO, "listen on %s: %s", path, uv_strerror(rc)) : BF_OK;
}

static enum bf_err listen_on(struct bf_http_server *s, struct bf_error *e) {
    struct sockaddr_storage at;
    int len = sizeof at, rc;
    const struct bf_http_server_config *c = &s->config;
    if ((rc = uv_ip4_addr(c->address, c->port, (struct sockaddr_in *)&at)) != 0)
        rc = uv_ip6_addr(c->address, c->port, (struct sockaddr_in6 *)&at);
    if (!rc)
        rc = uv_tcp_bind(&s->listener.tcp, (const struct sockaddr *)&at, 0);
    if (!rc)
        rc = uv_listen(&s->listener.stream, BACKLOG, on_connection);
    if (!rc)
        rc = uv_tcp_getsockname(&s->listener.tcp, (struct sockaddr *)&at, &len);
    if (rc)
        return bf_fail(e, BF_EIO, "listen on %s, port %u: %s", c->address, (unsigned)c->port,
                       uv_strerror(rc));
    s->port = ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                             : ((struct sockaddr_in *)&at)->sin_port);
    return BF_OK;
}

static void failed_listener_closed(uv_handle_t *h) { bf_free(h->data); }

static void start_handles(struct bf_http_server *s) {
    uv_timer_init(s->loop, &s->timer);
    uv_check_init(s->loop, &s->check);
    uv_idle_init(s->loop, &s->idle);
    s->timer.data = s->check.data = s->idle.data = s;
    s->handles = 4;
    s->ticked = now_of(s) / SLOT_MS;
    uv_timer_start(&s->timer, on_timer, SLOT_MS, SLOT_MS);
    uv_check_start(&s->check, on_check);
}

enum bf_err bf_http_server_open(struct bf_http_server **out, struct uv_loop_s *loop,
                                const struct bf_http_server_config *config, struct bf_error *e) {
    enum bf_err err = bf_http_self_test(e);
    if (err)
        return err;
    struct bf_http_server *s = bf_malloc(sizeof *s);
    if (!s)
        return bf_fail(e, BF_ENOMEM, "out of memory");
    memset(s, 0, sizeof *s);
    s->config = *config;
    s->loop = loop;
    s->date_s = -1;
    s->shared = (struct bf_http_shared){.limits = config->limits.pipeline ? config->limits
                                                                          : bf_http_limits_default,
                                        .ctx = config->ctx,
                                        .request = config->request,
                                        .gone = config->gone,
                                        .wake = on_wake,
                                        .next_id = uv_hrtime()};
    link_init(&s->all);
    link_init(&s->quiet);
    link_init(&s->dirty);
    for (int i = 0; i < SLOTS; i++)
        link_init(&s->slots[i]);
    int rc = init_socket(s, &s->listener);
    if (rc) {
        bf_free(s);
        return bf_fail(e, BF_EIO, "open a socket: %s", uv_strerror(rc));
    }
    s->listener.handle.data = s;
    err = config->path ? listen_at_path(s, e) : listen_on(s, e);
    if (err) {
        uv_close(&s->listener.handle, failed_listener_closed);
        return err;
    }
    start_handles(s);
    *out = s;
    return BF_OK;
}

uint16_t bf_http_server_port(const struct bf_http_server *s) { return s->port; }

struct bf_http_server_stats bf_http_server_stats(const struct bf_http_server *s) {
    struct bf_http_server_stats stats = s->stats;
    memcpy(stats.limits, s->shared.reached, sizeof stats.limits);
    return stats;
}

void bf_http_server_configure(struct bf_http_server *s,
                              const struct bf_http_server_config *config) {
    s->config.connections = config->connections;
    s->config.idle_grace_ms = config->idle_grace_ms;
    s->config.drain_ms = config->drain_ms;
    s->shared.limits = config->limits;
}

void bf_http_server_drain(struct bf_http_server *s) {
    if (s->draining)
        return;
    s->draining = true;
    s->drain_at_ms = now_of(s) + s->config.drain_ms;
    uv_close(&s->listener.handle, server_handle_closed);
    for (struct link *at = s->all.next, *next; at != &s->all; at = next) {
        struct client *k = OF(at, all);
        next = at->next;
        bf_http_conn_drain(k->http);
        client_turn(k);
    }
    close_if_drained(s);
}

void bf_http_server_free(struct bf_http_server *s) {
    BF_ASSERT(!s || s->handles == 0);
    bf_free(s);
}
