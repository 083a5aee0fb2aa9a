/* What the files of http_conn share; nobody else includes it. */
#ifndef BF_HTTP_PARTS_H
#define BF_HTTP_PARTS_H

#include <llhttp.h>

#include "engine/service/http_conn.h"

struct span {
    uint32_t at, len;
};
struct pair {
    struct span name, value;
};

struct request {
    struct bf_http_request pub; /* first: the handler's pointer is ours */
    struct bf_http_conn *conn;
    struct request *next;
    struct bf_buf head;    /* the request line, then names and values */
    struct bf_buf headers; /* of struct pair, into head */
    struct bf_buf target;  /* path and query, decoded */
    struct bf_buf query;   /* of struct pair, into target */
    struct bf_buf body;
    struct bf_buf extra; /* header lines of the answer */
    struct bf_buf out;   /* the answer, while those before it are not finished */
    uint32_t line_len;
    bool handed;    /* the handler has it */
    bool streaming; /* and answers in pieces */
    bool answered;
    bool close; /* the connection ends with its answer */
    bool want_continue;
};

/* Where the parser stands. Bytes reach llhttp in pieces that never cross from one to the next: lines
** one by one, past a gate of our own, and data by its length. So both always agree where a message
** ends, or the request is refused. */
enum phase {
    PHASE_START,
    PHASE_LINE,
    PHASE_HEADER,
    PHASE_BODY,
    PHASE_CHUNK_SIZE,
    PHASE_CHUNK_DATA,
    PHASE_CHUNK_END,
    PHASE_TRAILER,
};

struct bf_http_conn {
    struct bf_http_shared *shared;
    void *owner;
    struct bf_http_peer peer;
    llhttp_t parser;
    enum phase phase;
    struct request *first, *tail; /* in order of arrival; the tail may be being read */
    uint32_t requests;
    struct bf_buf held; /* input that waits */
    struct bf_buf out;
    size_t out_at; /* sent of it */

    uint32_t head_len, line_len, extension_len;
    bool cr, colon, extension;
    uint64_t left; /* of the body or chunk */
    struct span name, value;
    int fault; /* status of a refusal that a parser's callback asks for */
    const char *fault_text;

    int64_t now_ms, since_ms; /* since: of the idling, head or body */
    int64_t progress_ms, linger_ms;
    size_t progress;
    bool complete, parsing, last, shut, refused, eof, dead;
};

static inline struct request *request_of(const struct bf_http_request *r) {
    return (struct request *)(uintptr_t)r;
}

/* http_parse.c */
size_t http_parse(struct bf_http_conn *c, const char *p, size_t n); /* consumed; 0: it must wait */
/* http_target.c: NULL, or what is wrong. Out of memory leaves a buffer failed. */
const char *http_read_target(struct request *r, bf_str raw, bf_str host, uint32_t parts_max);
bool http_host_valid(bf_str host);
/* http_conn.c */
struct request *http_begin(struct bf_http_conn *c); /* NULL: no memory; the connection ends */
void http_refuse(struct bf_http_conn *c, int status, const char *detail);
void http_head_done(struct bf_http_conn *c);
void http_deliver(struct bf_http_conn *c);
bool http_may_parse(const struct bf_http_conn *c);

#endif
