/* rich_image: one procedure with a bit of everything a step knows, made by hand. */
#ifndef RICH_IMAGE_H
#define RICH_IMAGE_H

#include "tests/unit/make_image.h"

enum {
    RICH_ROUTING,
    RICH_REPLY,
    RICH_SUPPLEMENT,
    RICH_TALKS,
    RICH_ORDERED,
    RICH_DONE,
    RICH_CLOSED
};
enum {
    RICH_APPROVE,
    RICH_REFUSE,
    RICH_EXTEND,
    RICH_ASK,
    RICH_SUPPLY,
    RICH_ESCALATE,
    RICH_SETTLE,
    RICH_ORDER,
    RICH_OBEY,
    RICH_TURN_AWAY,
    RICH_WITHDRAW,
    RICH_AGREE,
    RICH_NUDGE,
    RICH_RENEW
};
enum { RICH_ANSWER, RICH_SUPPLEMENT_LIMIT, RICH_TALKS_LIMIT, RICH_OBEYED, RICH_REACT, RICH_WATCH };

void rich_build(struct mk *k, struct bf_arena *a);
struct bf_image *rich_image(struct bf_arena *a);

#endif
