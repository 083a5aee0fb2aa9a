/* base: the text that a policy amends, checked for itself. Cases of before go by it, so its image goes into that of the
** amending policy (bf_lower), in which what was changed is gone. It is read anew, since amending changed its trees. */
#include "lang/check/internal.h"

static void tell_broken(struct bf_program *p) {
    const struct bf_node *amends = bf_amends_of(p->policy);
    struct bf_diag *d = bf_diag(p->parse->diags, BF_E0137_BASE_BROKEN, amends->span,
                                BF_ARGS(bf_arg_str(p->amended->a->name->text)));
    bf_diag_hint(p->parse->diags, d, BF_T_HINT_CHECK_BASE,
                 BF_ARGS(bf_arg_str(bf_str_of(p->amended_path))));
}

void bf_check_base(struct bf_program *p) {
    struct bf_error e;
    if (!p->amended || !p->policy || bf_diags_count(p->parse->diags, BF_SEV_ERROR))
        return;
    struct bf_sources *sources = bf_new(p->arena, struct bf_sources);
    struct bf_parse *parse = bf_new(p->arena, struct bf_parse);
    sources->arena = p->arena;
    *parse = (struct bf_parse){p->arena, sources, bf_diags_new(p->arena, sources, 1),
                               bf_names_new(p->arena), 1};
    if (bf_load_policy(parse, p->amended_path, p->stdlib, &p->base, &e) == BF_OK)
        bf_check(p->base);
    if (!p->base || p->base->errors)
        tell_broken(p);
}
