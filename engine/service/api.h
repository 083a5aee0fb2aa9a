/* Api: from an HTTP request to its answer. What each route does is in api_*.c, one function a route, on_NAME.
**
** A call is one request under way. Whoever holds it answers it exactly once, now or later, with one of the
** functions below; that the client has gone meanwhile is the call's own business.
**
** Before a handler runs: the route was found, the caller is known and within his rate, the body is JSON if the route
** takes JSON, and a route marked KEY carries an Idempotency-Key.
**
** 1. A client may go while a call is under way: then `request` is NULL, and what is answered goes nowhere. So what a
**    handler needs of the request's own bytes (query, headers, a body of bytes) it takes before it waits.
** 2. When the call's arena is exhausted, whatever bf_call_run was running is left and the call answered 503. So what
**    will answer later (a command, a look, a read) is started last, and a callback from it enters by bf_call_run.
** 3. A call ends with its answer and must not be touched after it, nor may its arena.
*/
#ifndef BF_API_H
#define BF_API_H

#include <jansson.h>

#include "engine/service/auth.h"
#include "engine/service/log.h"
#include "engine/service/router.h"
#include "engine/service/service.h"

struct bf_call {
    struct bf_service *service;
    struct bf_http_request *request; /* NULL: the client has gone */
    void (*gone)(struct bf_call *c); /* the handler's: the client has just gone. May be NULL */
    struct bf_arena *arena;          /* freed with the call; exhausted: the call is answered 503 */
    struct bf_arena *scratch[2];     /* beside it; see bf_call_scratch */
    struct bf_match match;           /* parts are in the arena */
    struct bf_trace trace;
    struct bf_principal principal;
    bool local;   /* by the local socket, whose owner is an operator (person "@local") */
    json_t *body; /* an object; NULL if the route takes none */
    uint8_t body_hash[BF_SHA256_LEN]; /* of method, path and body */
    bf_str key, request_id;
    enum bf_lang lang; /* Accept-Language; English unless Chinese is preferred */
    int64_t started_us;
    void *own; /* the handler's, in the arena */
};

/* ctx is the service. Of struct bf_http_shared. */
void bf_api_request(void *ctx, struct bf_http_request *r);
void bf_api_gone(void *ctx, struct bf_http_request *r);

typedef void bf_api_handler(struct bf_call *c);
#define ROUTE(name, method, template, who, flags) bf_api_handler bf_on_##name;
#include "engine/service/routes.def"

/* Calls under way that this handler has. */
uint32_t bf_call_count(const struct bf_service *s, bf_api_handler *handler);

/* ---- answers; each ends the call ---- */
/* A full buffer (out of memory) becomes a 503. The buffer's bytes are copied. */
void bf_call_json(struct bf_call *c, int status, const struct bf_buf *json);
void bf_call_bytes(struct bf_call *c, int status, const char *type, bf_str bytes);
/* application/problem+json (RFC 9457): "type" is /problems/NAME, "title" and "detail" in the call's language. */
void bf_call_problem(struct bf_call *c, int status, const char *name, enum bf_text_id detail,
                     const bf_arg *args, int nargs);
/* The same with more members: ",\"at\":…", canonical JSON beginning with a comma. */
void bf_call_problem_with(struct bf_call *c, int status, const char *name, enum bf_text_id detail,
                          const bf_arg *args, int nargs, bf_str members);
/* What the engine said, where it is no answer of the rules: 404, 422, 503, 507. True if it was that. */
bool bf_call_engine_problem(struct bf_call *c, const struct bf_answer *a);

/* Who is signed in is told no, by `then`, which answers: first that is made a row of the journal (denied.c). reason: one of
** DENIED's words from RIGHT on; about: the number of the case, or row, that he asked about; 0: none. To be called last. */
void bf_call_deny(struct bf_call *c, enum bf_label_word reason, uint64_t about,
                  void (*then)(struct bf_call *c));

/* A header of the answer to come. */
void bf_call_header(struct bf_call *c, const char *name, bf_str value);
/* The call was answered past this module (bf_http_stream), or its client went meanwhile. */
void bf_call_close(struct bf_call *c, int status);

/* Runs f(c) with the arena's exhaustion caught: then the call ends with a 503. For callbacks of engine and store. */
void bf_call_run(struct bf_call *c, void (*f)(struct bf_call *c, void *arg), void *arg);
/* The same where no answer may be given yet (a look): false if the arena was exhausted. */
bool bf_call_try(struct bf_call *c, void (*f)(struct bf_call *c, void *arg), void *arg);
/* Makes the scratch arenas of a handler that has to give memory back before its call ends: it resets them as it likes,
** and they are exhausted and freed as the arena is. False: out of memory. */
bool bf_call_scratch(struct bf_call *c);

/* ---- of the request ---- */
const char *bf_call_route(const struct bf_call *c);          /* its name in routes.def; "": none */
bool bf_read_number(bf_str text, uint64_t max, uint64_t *n); /* digits, no needless 0 */
bool bf_call_number(struct bf_call *c, bf_str text, uint64_t *n); /* else answers 404 */
/* ?after=SEQ&limit=N, defaults 0 and 100, at most 1000; else answers 400. */
bool bf_call_page(struct bf_call *c, uint64_t *after, uint32_t *limit);
bool bf_call_limit(struct bf_call *c, uint32_t *limit); /* of these the second alone */
/* Who acts: "as" of the body ({"department":CODE,"office":NAME,"deputy_of":PERSON}, {"person":true},
** {"paper_of":PARTY}), else the only capacity there is; who has none acts for himself. Who may act for a party both by a
** post of his and as a deputy does so by his post, unless he says otherwise. */
enum bf_actor_end {
    BF_ACTOR_FOUND,
    BF_ACTOR_MALFORMED, /* "as" is none */
    BF_ACTOR_NOT_HIS,
    BF_ACTOR_WHICH
};
/* Answers nothing: some may not answer where they ask. */
enum bf_actor_end bf_call_actor_find(struct bf_call *c, const struct bf_image *m,
                                     struct bf_arena *a, struct bf_event *e); /* actor, by */
/* Is what a clerk enters in a case that names a department for which he does so? The case's data, or those of an opening.
** True also where nothing is a clerk's. */
bool bf_call_may_enter(struct bf_call *c, const struct bf_event *e, const struct bf_value *data,
                       uint32_t count);
/* Not FOUND: 403, 422. about: the case's number, or 0. */
void bf_call_actor_problem(struct bf_call *c, enum bf_actor_end end, uint64_t about);
/* A capacity as a party of an image: the department, or an office of it. False: the image has no such office, or the
** capacity is not for its policy. */
bool bf_capacity_party(const struct bf_image *m, const struct bf_capacity *c, struct bf_arena *a,
                       struct bf_value *party);
/* The person himself. */
struct bf_value bf_person_party(bf_str person, struct bf_arena *a);

/* ---- how things are written in JSON ---- */
void bf_json_instant(bf_instant at, struct bf_buf *out); /* "2026-11-24T12:00:00Z", null */
void bf_json_day(bf_day day, struct bf_buf *out);        /* "2026-11-24", null */
void bf_json_hex(const void *p, size_t n, struct bf_buf *out);

#endif
