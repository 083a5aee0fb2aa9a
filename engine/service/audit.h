/* Audit: what can be proved of a running service's journal: checkpoints, signed for committed sizes only, and
** receipts of its rows. (verify.h holds a closed store against them.)
*/
#ifndef BF_AUDIT_H
#define BF_AUDIT_H

#include "engine/service/service.h"

/* The last checkpoint, in the folder of data; put there whole or not at all. */
#define BF_AUDIT_FILE "checkpoint"

/* The signed note of a head row. BF_EIO: there is no key. */
enum bf_err bf_audit_note(struct bf_service *s, const struct bf_row_head *head, struct bf_buf *out,
                          struct bf_error *e);
/* Each turn of the service: once in a CHECKPOINT_INTERVAL in which rows were written, a checkpoint. What goes wrong
** is logged and tried again after the next interval. */
void bf_audit_turn(struct bf_service *s, int64_t boot_us);

#endif
