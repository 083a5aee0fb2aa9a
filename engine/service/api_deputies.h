/* What api_deputies.c and api_directory.c share: a deputy that cannot be made, in words. */
#ifndef BF_API_DEPUTIES_H
#define BF_API_DEPUTIES_H

#include "engine/service/api_parts.h"
#include "engine/service/deputy.h"

/* end is not FINE. */
void bf_deputy_told(struct bf_call *c, enum bf_deputy_end end, const struct bf_grant *g,
                    const bf_str *path, uint32_t path_count, struct bf_buf *why);

#endif
