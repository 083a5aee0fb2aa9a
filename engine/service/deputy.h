/* Deputy: may one be made another's deputy in a post, with the holdings and deputies there are?
**
** What a deputy may do is his principal's, and never more (auth.h): so the principal must hold the post himself. A chain (a
** deputy's deputy) is refused, and a circle in one post is named as what it is. In different posts two people may well be
** each other's deputy. */
#ifndef BF_DEPUTY_H
#define BF_DEPUTY_H

#include "engine/service/auth.h"
#include "lang/base/arena.h"

enum bf_deputy_end {
    BF_DEPUTY_FINE,
    BF_DEPUTY_SELF,     /* his own */
    BF_DEPUTY_NEVER,    /* it ends before it begins */
    BF_DEPUTY_NOT_HELD, /* the principal does not hold the post in that time */
    BF_DEPUTY_CHAIN,    /* … but is another's deputy there: path has that one */
    BF_DEPUTY_CIRCLE    /* path has those who lead back to him, from the principal on */
};
/* g is not among them, or a row of the same id is passed over. */
enum bf_deputy_end bf_deputy_check(struct bf_arena *a, const struct bf_grant *all, uint32_t count,
                                   const struct bf_grant *g, const bf_str **path,
                                   uint32_t *path_count);

#endif
