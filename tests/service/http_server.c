/* A server with four resources, for http_server.py:
**   GET /static   a text          POST /echo   the body
**   GET /late     after 200 ms    GET /stream  an event every 50 ms
**   http_server CONNECTIONS HEAD_MS     prints its port; SIGTERM drains.
** Prints its counts when it ends, and ends with 1 if a request was neither answered nor gone.
*/
#include "engine/service/http_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

struct waiting {
    uv_timer_t timer;
    struct bf_http_request *request; /* NULL: gone */
};

static struct bf_http_server *server;
static uv_signal_t term;
static long in_flight;

static void on_timer_closed(uv_handle_t *h) { free(h->data); }

static void on_timer(uv_timer_t *timer) {
    struct waiting *w = timer->data;
    struct bf_http_request *r = w->request;
    if (r && bf_str_eq(r->path, BF_STR("/stream")) &&
        bf_http_stream_write(r, BF_STR("data: tick\n\n")))
        return;
    if (w->request && !bf_str_eq(r->path, BF_STR("/stream"))) {
        bf_http_answer(r, 200, "text/plain", BF_STR("late\n"));
        in_flight--;
    } else if (w->request) {
        return; /* cut: gone follows */
    }
    uv_close((uv_handle_t *)timer, on_timer_closed);
}

static void wait_for(struct bf_http_request *r, uint64_t ms, uint64_t again) {
    struct waiting *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->request = r;
    w->timer.data = r->user = w;
    in_flight++;
    uv_timer_init(term.loop, &w->timer);
    uv_timer_start(&w->timer, on_timer, ms, again);
}

static void on_request(void *ctx, struct bf_http_request *r) {
    (void)ctx;
    if (bf_str_eq(r->path, BF_STR("/static")))
        bf_http_answer(r, 200, "text/plain", BF_STR("static\n"));
    else if (bf_str_eq(r->path, BF_STR("/echo")))
        bf_http_answer(r, 200, "application/octet-stream", r->body);
    else if (bf_str_eq(r->path, BF_STR("/late")))
        wait_for(r, 200, 0);
    else if (!bf_str_eq(r->path, BF_STR("/stream")))
        bf_http_problem(r, 404, BF_STR("there is no such resource"));
    else if (bf_http_stream(r, 200, "text/event-stream"))
        wait_for(r, 1, 50);
}

static void on_gone(void *ctx, struct bf_http_request *r) {
    struct waiting *w = r->user;
    (void)ctx;
    w->request = NULL;
    in_flight--;
    uv_timer_start(&w->timer, on_timer, 0, 0);
}

static void on_drained(void *ctx) {
    struct bf_http_server_stats s = bf_http_server_stats(server);
    (void)ctx;
    printf("accepted %lu refused %lu evicted %lu\n", (unsigned long)s.accepted,
           (unsigned long)s.limits[BF_HTTP_LIMIT_CONNECTIONS], (unsigned long)s.evicted);
    bf_http_server_free(server);
}

static void on_term(uv_signal_t *signal, int number) {
    (void)number;
    uv_close((uv_handle_t *)signal, NULL);
    bf_http_server_drain(server);
}

int main(int argc, char **argv) {
    if (argc < 3)
        return 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    uv_loop_t *loop = uv_default_loop();
    uv_signal_init(loop, &term);
    uv_signal_start(&term, on_term, SIGTERM);
    struct bf_http_server_config config = bf_http_server_defaults;
    config.connections = (uint32_t)atol(argv[1]);
    config.limits = bf_http_limits_default;
    config.limits.head_ms = atol(argv[2]);
    config.limits.body_grace_ms = atol(argv[2]);
    config.idle_grace_ms = 100;
    config.request = on_request;
    config.gone = on_gone;
    config.drained = on_drained;
    struct bf_error e;
    if (bf_http_server_open(&server, loop, &config, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    printf("%u\n", (unsigned)bf_http_server_port(server));
    fflush(stdout);
    uv_run(loop, UV_RUN_DEFAULT);
    return uv_loop_close(loop) || in_flight;
}
