/* site: a whole service without sockets and loop, over a store in memory and a clock of its own. Requests go in as the
** bytes a client would send. */
#ifndef SITE_H
#define SITE_H

#include "engine/service/http_conn.h"
#include "engine/service/service.h"

struct site {
    struct bf_arena *a; /* as long as the site */
    struct bf_config config;
    struct bf_log log;
    struct bf_metrics *metrics;
    struct bf_clock_virtual clock;
    struct bf_memory *disk;
    struct bf_service *service;
    struct bf_http_shared http;
    unsigned ready, dead; /* how often it said so since its start */
    struct bf_error why;  /* it is dead, or did not start */
    int64_t now_ms;
    uint32_t keys;
    /* the last answer */
    int status; /* 0: none came */
    struct bf_buf answer;
    bf_str body; /* in it */
};

/* An empty disk, and settings (flags, besides those of every site), at an instant. */
void site_init(struct site *t, bf_instant at, const char *const *flags, int flag_count);
/* A service over the disk as it is: until it is ready, or dead. False: it is not ready, `why` says why. What fails after a
** start is not the start's: a hook on allocations goes when it is ready. */
bool site_start(struct site *t);
void site_stop(struct site *t);
void site_fini(struct site *t);
/* The two first and the two last, at once. Opening ends the program where it fails. */
void site_open(struct site *t, bf_instant at);
void site_close(struct site *t);
/* The service goes, whatever is under way, and comes again from the disk. */
void site_reopen(struct site *t);
void site_pass(struct site *t, int64_t seconds); /* and what falls due meanwhile */
/* Polls until nothing is left to do. */
void site_rest(struct site *t);

/* A request under way; token NULL: by the local socket. key NULL: none. */
struct bf_http_conn *site_send(struct site *t, const char *token, const char *method,
                               const char *path, const char *key, bf_str body);
/* Waits and takes its answer: the status; 0: there is none. c NULL: could not be sent. */
int site_take(struct site *t, struct bf_http_conn *c);
/* Sends, waits and takes the answer: its status. */
int site_ask(struct site *t, const char *token, const char *method, const char *path,
             const char *key, bf_str body);
/* The same with a fresh key, which must succeed. */
void site_do(struct site *t, const char *token, const char *method, const char *path,
             const char *body);
bool site_said(const struct site *t, const char *text); /* is it in the answer's body? */

/* Loads and activates an image, by its policy's name. */
void site_load(struct site *t, const char *name, bf_str image);
/* A person's token. */
char *site_token(struct site *t, const char *person);

#endif
