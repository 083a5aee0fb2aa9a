/* json_value: values of the language from JSON, as people, scripts and clients write them.
**
** Bool true or false; Int a whole number; Decimal a string ("1.10": a number with a point is not exact); Date
** "2025-09-29"; Instant its seconds; texts a string; enum and violation a name or a label; a period a whole
** number of its unit, or {"count":5,"unit":"working_days"}; a party {"code":…,"name":…,"level":…,"office":…},
** with "kind" ("person", "organisation", "department", "office") where the type does not say it; a record an
** object by field name; a list an array; null what is absent.
*/
#ifndef BF_JSON_VALUE_H
#define BF_JSON_VALUE_H

#include <jansson.h>

#include "engine/core/value.h"
#include "lang/base/diag.h"

struct bf_json_read {
    const struct bf_image *image;
    struct bf_arena *arena;
    enum bf_lang lang;
    struct bf_buf *error; /* what is wrong, for people */
    const char
        *where; /* out: its place; "" where it is the whole. In the arena, or the path given */
    /* Makes a party that was read what is known of it, or says that it is unknown (bf_json_wrong). NULL: it is as it was
    ** written. */
    bool (*know)(struct bf_json_read *r, const char *path, struct bf_value *party);
    const void *ctx; /* of who asked */
};

/* Reads j as a value of type row `type`. path names the place for messages ("r.declared"). The value shares
** texts with j. False, having said why: it is none. */
bool bf_json_value(struct bf_json_read *r, const char *path, json_t *j, uint32_t type,
                   struct bf_value *v);
/* Reads the fields of an object (NULL: an empty one), in order; v has room for them. A name no field has is an error. */
bool bf_json_fields(struct bf_json_read *r, const char *path, json_t *j, struct bf_i_range fields,
                    struct bf_value *v);

/* Says what is wrong with the member `name` of what stands at the path. False. */
bool bf_json_wrong(struct bf_json_read *r, const char *path, const char *name, enum bf_text_id text,
                   const bf_arg *args, int nargs);

/* Reads any party or office. */
bool bf_json_party(struct bf_json_read *r, const char *path, json_t *j, struct bf_value *v);

#endif
