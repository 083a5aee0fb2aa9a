/* Loop: a service on libuv: its sockets, its timers, its signals.
**
**   bf_loop_open ──▶ starting ──ready──▶ serving ──SIGTERM, SIGINT──▶ draining ──▶ bf_loop_run returns
**                        └────────────────── dead: bf_loop_run returns BF_EIO ◀──┘
**
** 1. Sockets are open from bf_loop_open on, so that a port in use is told at once; until the service is ready they
**    answer 503, but for /healthz.
** 2. A drain answers every request that was read, within DRAIN_TIME, and refuses connections.
** 3. SIGHUP reads the configuration again (`reload`); what may change while running does.
** 4. The service manager hears READY when all may be asked, and is told to be alive only while the writer answers in time.
** 5. Dead, nothing more is written or answered: the process is to end, and recovery is the next start.
*/
#ifndef BF_LOOP_H
#define BF_LOOP_H

#include "engine/service/sd_notify.h"
#include "engine/service/service.h"

struct bf_loop;

struct bf_loop_options {
    struct bf_service_options service; /* without store and callbacks */
    /* SIGHUP: reads the settings again into the configuration. */
    void (*reload)(void *ctx);
    void (*turned)(void *ctx); /* after each turn */
    void *ctx;
    struct bf_sd *sd;
    int64_t watchdog_us; /* 0: nobody watches */
};

/* Opens the database of the configuration, the service and its sockets. After a failure the process is to end. */
enum bf_err bf_loop_open(struct bf_loop **out, const struct bf_loop_options *o, struct bf_error *e);
/* Until the service is drained (BF_OK) or dead. */
enum bf_err bf_loop_run(struct bf_loop *l, struct bf_error *e);
/* After bf_loop_run said BF_OK. Of a dead one nothing is freed. */
void bf_loop_close(struct bf_loop *l);

/* Where the local socket of a database is: PATH.sock. */
enum bf_err bf_loop_socket_path(bf_str database, char out[108], struct bf_error *e);

#endif
