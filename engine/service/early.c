/* early: see early.h. */
#include "engine/service/early.h"

#include <string.h>

static bf_instant again_of(struct bf_arena *a, bf_str data) {
    struct bf_canon j;
    struct bf_error e;
    if (!data.len || bf_canon_read(a, data, &j, &e) != BF_OK)
        return BF_INSTANT_NONE;
    const struct bf_canon *again = bf_canon_member(&j, "again");
    return again && again->kind == BF_CANON_INT ? again->i : BF_INSTANT_NONE;
}

void bf_early_row(struct bf_arena *a, struct bf_earlies *l, const struct bf_entry *n, bf_str body) {
    enum bf_entry_kind kind = (enum bf_entry_kind)n->head.kind;
    bool keeps = kind == BF_ENTRY_EARLY && !n->gone, ends = false;
    for (uint32_t i = 0; i < l->count && n->cause && bf_entry_has_event(kind); i++)
        ends |= l->list[i].seq == n->cause;
    if (!keeps && !ends)
        return;
    struct bf_early *list = bf_new_array(a, struct bf_early, l->count + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->count; i++)
        if (l->list[i].seq != n->cause)
            list[count++] = l->list[i];
    if (keeps)
        list[count++] = (struct bf_early){n->head.seq, again_of(a, n->data), body};
    *l = (struct bf_earlies){list, count};
}

bf_instant bf_early_next(const struct bf_earlies *l) {
    bf_instant next = BF_INSTANT_NONE;
    for (uint32_t i = 0; i < l->count; i++)
        if (l->list[i].again != BF_INSTANT_NONE &&
            (next == BF_INSTANT_NONE || l->list[i].again < next))
            next = l->list[i].again;
    return next;
}

struct bf_earlies bf_early_copy(struct bf_arena *a, const struct bf_earlies *l) {
    if (!l->count)
        return (struct bf_earlies){0};
    struct bf_early *list = bf_arena_copy(a, l->list, l->count * sizeof *list);
    for (uint32_t i = 0; i < l->count; i++)
        list[i].body = bf_str_dup(a, list[i].body);
    return (struct bf_earlies){list, l->count};
}

void bf_early_due(struct bf_row_cases *row, const struct bf_earlies *l) {
    bf_instant next = bf_early_next(l);
    if (next == BF_INSTANT_NONE || (row->due != BF_INSTANT_NONE && row->due <= next))
        return;
    row->due = next;
    row->due_seq = BF_NONE;
}
