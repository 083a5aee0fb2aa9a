/* Notice: how handlers send what an operator sets: canonical JSON made from what came, a row, and its answer. */
#ifndef BF_SERVICE_NOTICE_H
#define BF_SERVICE_NOTICE_H

#include "engine/service/api.h"

/* A notice of the call, under its key, principal and body. When it is durable its settings count, whether or not the
** client is still there, and then(c, answer) runs; the answer is none of those of bf_call_engine_problem. To be called
** last: nothing of the call may be touched after it. */
enum bf_notice_part {
    BF_NOTICE_WHOLE,
    BF_NOTICE_ASIDE, /* it goes before the call's own: without its key */
    BF_NOTICE_BEGIN, /* much follows, and then END. Told again it says only that it was begun */
    BF_NOTICE_END    /* what came of it, under a key beside that of BEGIN: it is there once */
};
struct bf_call_notice {
    enum bf_entry_kind kind;
    const struct bf_engine_policy *policy; /* REGISTER; else NULL */
    bf_str data;
    const struct bf_row_blob *blobs;
    uint32_t blob_count;
    enum bf_notice_part part;
};
void bf_call_notice(struct bf_call *c, const struct bf_call_notice *n,
                    void (*then)(struct bf_call *c, const struct bf_answer *a));

/* Was the call's key used? Then its answer is told again by told(c, answer), or 422; else fresh(c) goes on, before what is
** sent is held against what there is by now. To be called last. */
void bf_call_first(struct bf_call *c, void (*told)(struct bf_call *c, const struct bf_answer *a),
                   void (*fresh)(struct bf_call *c));
/* … has what its key began come to its end? */
void bf_call_ended(struct bf_call *c, void (*told)(struct bf_call *c, const struct bf_answer *a),
                   void (*fresh)(struct bf_call *c));

/* JSON in the spelling of the journal. False: it has a number that is no integer, or is nested too deep. */
bool bf_json_canonical(const json_t *j, struct bf_buf *out);
/* A row that says that a department is no more (api_succession.c): held against the directory and rows put with it, and made
** whole. False: `why` says what is wrong. */
bool bf_api_succession(struct bf_call *c, const struct bf_directory *fresh, bf_str id, json_t *json,
                       struct bf_buf *why);
bool bf_api_succession_removed(struct bf_call *c, bf_str id, struct bf_buf *why);
/* "2026-11-24T12:00:00Z", or with +08:00. */
bool bf_instant_read(bf_str s, bf_instant *at);

#endif
