/* Stream: Server-Sent Events of what is committed, to whoever listens on /v1/stream.
**
**   Last-Event-ID or ?after ──▶ behind ──a page of rows, rights, written──▶ behind … ──▶ at the end ──commit──▶ behind
**     any ──token no longer good, drain, a page that cannot be read──▶ ended    any ──client gone, cut──▶ ended
**
** 1. A listener gets each row behind his id once, in order, and only what he may see when it is sent.
** 2. Rows are read and rendered once for all who stand at the same place.
** 3. A listener with more than STREAM_UNSENT bytes on the way waits; one who takes nothing is cut by the connection.
** 4. Nothing is done while nothing is committed, but a comment to each every STREAM_BEAT_US, which finds the dead ones
**    and the tokens that ran out.
** 5. So many streams at once, so many of one person, no more.
*/
#ifndef BF_STREAM_H
#define BF_STREAM_H

#include "engine/service/service.h"

enum {
    BF_STREAM_MAX = 256,
    BF_STREAM_OF_ONE = 16,
    BF_STREAM_PAGE = 64, /* rows */
    BF_STREAM_UNSENT = 64 << 10,
    BF_STREAM_BEAT_MS = 15000
};

struct bf_stream *bf_stream_new(struct bf_service *s); /* NULL when out of memory */
/* Goes on with every listener who can; part of bf_service_turn, after what was committed and learnt, before the engine's
** flush. Returns in how many ms to call again at the latest. */
int64_t bf_stream_turn(struct bf_stream *h);
/* No listener is left, and the store is closed. NULL is fine. */
void bf_stream_free(struct bf_stream *h);

#endif
