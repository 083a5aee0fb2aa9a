/* rows: what banfad writes for the steps of a two-approval case (approval.banfa), written by plain SQLite.
**
** The same tables (the store makes the empty file), the same rows of the same sizes, a transaction for many steps,
** synced at its end, the log folded in as the store does; and no policy, no JSON, no tree.
*/
#ifndef BF_STORE_STEP_ROWS_H
#define BF_STORE_STEP_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum { ROWS_STAGES = 3 }; /* submit, approve, approve */

struct rows;
struct rows_step {
    uint64_t number; /* of the case */
    uint64_t before; /* the case's row before */
    uint32_t stage;
    const char *principal, *key; /* idempotency key */
    const char *text;            /* what was sent */
    size_t len;
};

struct rows *rows_open(const char *path); /* a new file; dies if it cannot */
void rows_close(struct rows *r);
void rows_begin(struct rows *r);
uint64_t rows_step(struct rows *r, const struct rows_step *s); /* the journal row's seq */
/* `cases`: how many there are by now. */
void rows_commit(struct rows *r, uint64_t cases);

#endif
