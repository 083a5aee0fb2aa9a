/* Verify: whether a closed store is what it says it is. Nothing is changed.
**
** The tree: every row is read, the tree built anew from headers and hashes of bodies, and compared with what is
** kept: the hashes of the leaves (so that a row that was changed is named), tiles, head, and checkpoints, which must
** be of this tree's beginning. Images and calendars must be what the hashes that rows name them by say.
** The derived tables: made again from the journal (rebuild.h) in memory, and compared byte for byte.
** The rules: every event is stepped again on its case as the journal has it, with the image, the calendar and the
** registers it was stepped with; the facts must be the same. A difference is no damage: a mended rule of the engine
** makes one, too.
*/
#ifndef BF_VERIFY_H
#define BF_VERIFY_H

#include "engine/core/checkpoint.h"
#include "engine/service/closed.h"
#include "lang/base/diag.h"

/* A checkpoint whose signature was verified, and what to call it: a file's name. */
struct bf_verify_note {
    bf_str name;
    struct bf_checkpoint checkpoint;
    bool other; /* of a tree that this one was restored from, or that was restored from it */
};

struct bf_verify {
    struct bf_closed *store;
    /* Hears of each thing found; texts AUDIT_…, VERIFY_…. */
    void (*found)(void *ctx, enum bf_text_id text, const bf_arg *args, int nargs);
    void *ctx;
    const struct bf_verify_note *notes;
    uint32_t note_count;
    uint64_t findings, rows; /* counted here; of the last check */
    uint8_t root[BF_HASH_LEN];
};

/* What fails is reading the store, or memory; what is wrong with it is found. */
enum bf_err bf_verify_tree(struct bf_verify *v, struct bf_error *e);
enum bf_err bf_verify_derived(struct bf_verify *v, struct bf_error *e);
enum bf_err bf_verify_rules(struct bf_verify *v, struct bf_error *e);

#endif
