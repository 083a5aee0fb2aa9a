/* Rebuild: derived tables, made from the journal alone by the functions the engine makes them with (derive.h). No
** rule is run.
**
** The journal is read twice: once from the first row on, for tree, keys, registers and settings; then case by case.
** Memory: the largest case, and eight bytes a case.
*/
#ifndef BF_REBUILD_H
#define BF_REBUILD_H

#include "engine/core/checkpoint.h"
#include "engine/service/closed.h"

struct bf_rebuilt {
    uint64_t rows, cases;
    /* Of bf_rebuild_file: the first size at which the rows' tree is another than what was kept; 0: none. */
    uint64_t conflict;
    bool conflict_signed; /* what was kept is the checkpoint; else the old head */
    uint64_t first_row;   /* the first row that the old tree has otherwise; 0: not known */
};

/* Into `to`, which is empty. With `truth`, what is derived from is copied too, and what is still to be delivered: then `to`
** is the whole store. BF_EFORMAT names the row that does not fit. */
enum bf_err bf_rebuild(struct bf_closed *from, struct bf_closed *to, bool truth,
                       struct bf_rebuilt *out, struct bf_error *e);

/* The rows of registers that an entry put, as the table keeps them, in the arena. BF_EFORMAT: its data name none. */
enum bf_err bf_entry_puts(struct bf_arena *a, const struct bf_entry *n,
                          enum bf_err (*each)(void *ctx, const struct bf_row_register *row,
                                              struct bf_error *e),
                          void *ctx, struct bf_error *e);

/* A store's file anew: made beside it and put in its place when it is complete and synced, so that a rebuild cut off
** leaves the old one. BF_EBUSY: somebody serves it.
** The rows' tree must be that of the old head, as far as it can be read, and begin with the last checkpoint's (NULL: there is
** none): else, unless forced, BF_EFORMAT with a conflict, and nothing is changed. */
enum bf_err bf_rebuild_file(const char *path, const struct bf_checkpoint *last, bool force,
                            struct bf_rebuilt *out, struct bf_error *e);

#endif
