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
/* Size and root of a head row. */
enum bf_err bf_audit_root(const struct bf_row_head *head, struct bf_checkpoint *c,
                          struct bf_error *e);

/* ---- audit_last.c ---- */
/* The last checkpoint of the data folder, verified by the key there, under whatever origin it was signed with (a
** restored copy goes on under another). Its texts are in the arena. *there false: there is none. BF_ENOENT: there is no
** key. BF_EFORMAT: the key has not signed it. */
enum bf_err bf_audit_last(const struct bf_config *config, struct bf_arena *a, bool *there,
                          struct bf_checkpoint *out, struct bf_error *e);
/* Does the tree that is there go on from it, and are the last rows those of the tree? then: once; BF_EFORMAT says what is
** wrong. */
typedef void bf_audit_looked(struct bf_service *s, enum bf_err err, const struct bf_error *e,
                             uint64_t signed_size, uint64_t size);
void bf_audit_look(struct bf_service *s, bf_audit_looked *then);

/* ---- audit.c ---- */
/* Before the first checkpoint after a start, the tree must go on from the last one: else that one stays, the only witness
** of what was there; the alarm "checkpoint_conflict" is logged, and it is looked at again after the next interval.
** Each turn of the service: once in a CHECKPOINT_INTERVAL in which rows were written, and when a drained one comes to rest, a
** checkpoint. What goes wrong
** is logged and tried again after the next interval. */
void bf_audit_turn(struct bf_service *s, int64_t boot_us);
/* Nothing is signed, for nobody, before it was looked at: then(ctx) as soon as it was, perhaps at once; `looked` says what came
** of it. */
struct bf_audit_wait {
    struct bf_audit_wait *next;
    void (*then)(void *ctx);
    void *ctx;
};
void bf_audit_when_looked(struct bf_service *s, struct bf_audit_wait *w);
/* Of a service that is being drained: the last rows are signed too, or cannot be. */
bool bf_audit_settled(const struct bf_service *s);

#endif
