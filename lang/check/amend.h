/* Amend: makes one text of a policy and what amends it, before the checker reads either. See amend.c. */
#ifndef BF_AMEND_H
#define BF_AMEND_H

#include "lang/syntax/ast.h"

/* The `policy` declaration among trees, or NULL; its `amends` clause, or NULL. */
struct bf_node *bf_policy_in(struct bf_tree *const *trees, uint32_t count);
struct bf_node *bf_amends_of(const struct bf_node *policy);
/* The amending policy's trees (own) change those of the policy they amend (base); both have a `policy`. Mistakes
** are diagnostics. */
void bf_amend(struct bf_parse *parse, struct bf_tree **own, uint32_t own_count,
              struct bf_tree **base, uint32_t base_count);
/* Another policy (other) stands beside one that amends (own), whose trees were not changed yet: does it amend the same text at
** the same time? Its sources are those of parse. */
void bf_rivals(struct bf_parse *parse, struct bf_tree *const *own, uint32_t own_count,
               struct bf_tree *const *other, uint32_t other_count);
/* Tells of every `replace`, `drop` and `amend` that is left: there is nothing they could change. */
void bf_amend_nothing(struct bf_parse *parse, struct bf_tree *const *trees, uint32_t count);

/* What `starts by … with consent of` comes to is put behind its procedure's states (asked.c). */
void bf_asked(struct bf_parse *parse, struct bf_tree *const *trees, uint32_t count);

#endif
