/* HTTP on a libuv loop: sockets around the connections of http_conn.h.
**
** What it promises: a connection costs one structure while it idles; at the cap the longest idle is
** closed for a newcomer, or the newcomer is told 503; answers given in one turn of the loop leave in
** one write; all is closed before `drained` is called. Everything happens on the loop's thread.
**
**   open ──▶ serving ──drain──▶ draining ──last connection closed, or drain_ms──▶ drained ──▶ free
*/
#ifndef BF_HTTP_SERVER_H
#define BF_HTTP_SERVER_H

#include "engine/service/http_conn.h"

struct uv_loop_s;
struct bf_http_server;

struct bf_http_server_config {
    const char *address; /* numeric */
    uint16_t port;       /* 0: any that is free */
    const char
        *path; /* a local socket there instead, of mode 0600; what was there before is replaced */
    uint32_t connections;
    int64_t idle_grace_ms;        /* at the cap, who has idled for less is left alone */
    int64_t drain_ms;             /* then what is still in flight is cut */
    struct bf_http_limits limits; /* all zero: bf_http_limits_default */
    void *ctx;                    /* of the three, see struct bf_http_shared */
    void (*request)(void *ctx, struct bf_http_request *r);
    void (*gone)(void *ctx, struct bf_http_request *r);
    void (*drained)(void *ctx); /* may call bf_http_server_free */
};
extern const struct bf_http_server_config bf_http_server_defaults; /* no port, no callbacks */

struct bf_http_server_stats {
    uint64_t accepted, evicted;
    uint64_t limits[BF_HTTP_LIMITS]; /* refusals */
    uint32_t open;
};

/* Refuses a lenient parser. After a failure the loop must run once more before it is closed. */
enum bf_err bf_http_server_open(struct bf_http_server **out, struct uv_loop_s *loop,
                                const struct bf_http_server_config *config, struct bf_error *e);
uint16_t bf_http_server_port(const struct bf_http_server *s);
struct bf_http_server_stats bf_http_server_stats(const struct bf_http_server *s);
/* Takes over connections, idle_grace_ms, drain_ms and limits, for the connections there are too. */
void bf_http_server_configure(struct bf_http_server *s, const struct bf_http_server_config *config);
void bf_http_server_drain(struct bf_http_server *s); /* not from within `request` or `gone` */
void bf_http_server_free(struct bf_http_server *s);  /* drained */

#endif
