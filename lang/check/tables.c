/* tables: do the rules of a decision contradict each other, leave an input without a result, or say
** what never applies?
**
** Of the highest tier with a rule that fits, all rules that fit fire, and must agree. So an overlap is
** looked for where no higher tier has a rule that fits, and a rule is dead if a higher tier has one
** wherever it fits itself. A table is one group of conditions (logic.h); its cubes are listed by tier,
** highest first, so that those above a tier are a prefix of the list.
*/
#include <string.h>

#include "lang/check/internal.h"
#include "lang/check/logic.h"

/* The work a table may cost: so much, and so much a rule. */
enum { TABLE_STEPS = 1000000, RULE_STEPS = 10000 };
enum { TIERS = 3, SHOWN_COVERS = 3 };
static const uint32_t NOT = UINT32_MAX;

struct rule {
    const struct bf_node *node;
    uint32_t tier;   /* 0 otherwise, 1 when, 2 override */
    uint32_t result; /* rules of equal results have equal numbers */
    struct bf_cubes cubes;
    bool dead;
    uint32_t against; /* the first rule before it with which it disagrees; NOT: none */
    bool sure;        /* it certainly does */
    const struct bf_cube *mine, *theirs; /* the cubes in which they meet */
};

/* Cubes by tier, highest first; above[t]: how many belong to tiers higher than t. */
struct ranking {
    const struct bf_cube **cube;
    uint32_t n, above[TIERS];
};

struct table {
    struct bf_program *p;
    struct bf_logic *l;
    struct bf_sym *decision;
    struct rule *rule;
    uint32_t rules;
    struct ranking all, possible;
    bool sure; /* looking for what certainly happens */
};

static bf_span span_of(const struct rule *r) {
    return r->node->a ? r->node->a->span : r->node->span;
}

static bf_arg text_arg(const struct table *t, const struct bf_node *n) {
    const struct bf_sources *s = t->p->parse->sources;
    if (n->span.file >= s->count || n->span.end <= n->span.start)
        return bf_arg_str((bf_str){0});
    const char *text = s->file[n->span.file].text.p;
    return bf_arg_str((bf_str){text + n->span.start, n->span.end - n->span.start});
}

static bool is_zh(const struct rule *r) { return r->node->flags & BF_F_ZH; }

/* ---- reading ---- */

static uint32_t tier_of(const struct bf_node *rule) {
    switch ((enum bf_rule_op)rule->op) {
    case BF_RULE_OTHERWISE: return 0;
    case BF_RULE_WHEN: return 1;
    case BF_RULE_OVERRIDE: return 2;
    }
    return 0;
}

/* Numbers the results: equal ones get the number of the first rule that has it. */
static void number_results(struct table *t) {
    uint32_t slots = 8;
    while (slots < t->rules * 2)
        slots *= 2;
    uint32_t *slot = bf_logic_alloc(t->l, sizeof *slot * slots);
    memset(slot, 0, sizeof *slot * slots);
    for (uint32_t r = 0; r < t->rules; r++) {
        const struct bf_node *result = t->rule[r].node->b;
        uint32_t i = bf_logic_hash(t->l, result) & (slots - 1);
        while (slot[i] && !bf_logic_same(t->l, t->rule[slot[i] - 1].node->b, result))
            i = (i + 1) & (slots - 1);
        if (!slot[i])
            slot[i] = r + 1;
        t->rule[r].result = slot[i] - 1;
    }
}

static void read_rules(struct table *t) {
    for (const struct bf_node *n = t->decision->node->e; n; n = n->next)
        t->rules++;
    bf_logic_begin(t->l, TABLE_STEPS + (uint64_t)RULE_STEPS * t->rules);
    t->rule = bf_logic_alloc(t->l, sizeof *t->rule * t->rules);
    struct bf_formula **f = bf_logic_alloc(t->l, sizeof *f * t->rules);
    uint32_t r = 0;
    for (const struct bf_node *n = t->decision->node->e; n; n = n->next, r++) {
        t->rule[r] = (struct rule){.node = n, .tier = tier_of(n), .against = NOT};
        f[r] = bf_logic_read(t->l, n->a);
    }
    bf_logic_settle(t->l);
    for (r = 0; r < t->rules; r++)
        t->rule[r].cubes = bf_logic_cubes(t->l, f[r], r);
    number_results(t);
}

static struct ranking rank(struct table *t, bool possible) {
    struct ranking k = {0};
    for (uint32_t r = 0; r < t->rules; r++)
        k.n += t->rule[r].cubes.n;
    k.cube = bf_logic_alloc(t->l, sizeof *k.cube * k.n);
    k.n = 0;
    for (uint32_t tier = TIERS; tier-- > 0;) {
        k.above[tier] = k.n;
        for (uint32_t r = 0; r < t->rules; r++) {
            if (t->rule[r].tier != tier)
                continue;
            struct bf_cubes cs = t->rule[r].cubes;
            if (possible)
                cs = bf_cubes_possible(t->l, cs);
            for (uint32_t i = 0; i < cs.n; i++)
                k.cube[k.n++] = &cs.cube[i];
        }
    }
    return k;
}

/* ---- overlap ---- */

/* Is there an input in both for which no higher tier has a rule? */
static bool disagree_in(struct table *t, uint32_t tier, bool sure, const struct bf_cube *x,
                        const struct bf_cube *y) {
    const struct ranking *k = sure ? &t->possible : &t->all;
    return bf_logic_covered(t->l, x, y, k->cube, k->above[tier]) == BF_UNCOVERED;
}

static void look_at_pair(void *ctx, const struct bf_cube *x, const struct bf_cube *y) {
    struct table *t = ctx;
    if (x->rule > y->rule) {
        const struct bf_cube *z = x;
        x = y, y = z;
    }
    struct rule *first = &t->rule[x->rule], *second = &t->rule[y->rule];
    if (first->result == second->result || second->against <= x->rule ||
        (second->sure && !t->sure) || !bf_cubes_meet(t->l, x, y))
        return;
    if (!disagree_in(t, first->tier, t->sure, x, y))
        return;
    second->against = x->rule;
    second->sure = t->sure;
    second->mine = y;
    second->theirs = x;
}

static void find_overlaps(struct table *t, bool sure) {
    t->sure = sure;
    for (uint32_t tier = 0; tier < TIERS; tier++) {
        uint32_t n = 0;
        for (uint32_t r = 0; r < t->rules; r++)
            n += t->rule[r].tier == tier ? t->rule[r].cubes.n : 0;
        const struct bf_cube **list = bf_logic_alloc(t->l, sizeof *list * n);
        n = 0;
        for (uint32_t r = 0; r < t->rules; r++) {
            if (t->rule[r].tier != tier)
                continue;
            const struct bf_cubes cs = t->rule[r].cubes;
            for (uint32_t i = 0; i < cs.n; i++)
                if (!sure || !cs.cube[i].opaque)
                    list[n++] = &cs.cube[i];
        }
        bf_logic_pairs(t->l, list, n, look_at_pair, t);
    }
}

/* "and r.declared is conditional": what would keep one of the two rules away from the other. */
static void hint_narrow(struct table *t, struct bf_diag *d, const struct rule *first,
                        const struct rule *second) {
    struct bf_diags *ds = t->p->parse->diags;
    const struct bf_node *expr;
    const struct bf_sym *member;
    const struct rule *narrowed = second;
    if (!bf_logic_apart(t->l, second->theirs, second->mine, &expr, &member)) {
        narrowed = first;
        if (!bf_logic_apart(t->l, second->mine, second->theirs, &expr, &member)) {
            bf_diag_hint(ds, d, BF_T_NARROW_ANY, BF_NOARGS);
            return;
        }
    }
    const struct bf_node *result = narrowed->node->b;
    const struct bf_sym *own = result->kind == BF_N_NAME ? bf_sym_of(t->p, result) : NULL;
    bool is = own && own->kind == BF_SYM_MEMBER && own->owner == member->owner && own != member;
    struct bf_buf code;
    bf_buf_in(&code, t->p->arena);
    bf_buf_z(&code, is_zh(narrowed) ? "并且" : "and ");
    bf_buf_str(&code, text_arg(t, expr).s);
    if (is_zh(narrowed))
        bf_buf_z(&code, is ? "属于" : "不属于");
    else
        bf_buf_z(&code, is ? " is " : " is not ");
    bf_buf_str(&code, (is ? own : member)->name->text);
    bf_diag_hint(ds, d, BF_T_NARROW, BF_ARGS(bf_arg_str(bf_buf_view(&code))));
}

/* Of the input last found. */
static void hint_example(struct table *t, struct bf_diag *d, bool opaque) {
    bf_str en = bf_logic_example(t->l, BF_LANG_EN, opaque);
    bf_str zh = bf_logic_example(t->l, BF_LANG_ZH, opaque);
    bf_diag_hint(t->p->parse->diags, d, BF_T_EXAMPLE, BF_ARGS(bf_arg_both(en, zh)));
}

static void report_overlap(struct table *t, const struct rule *second) {
    struct bf_diags *ds = t->p->parse->diags;
    const struct rule *first = &t->rule[second->against];
    struct bf_diag *d = bf_diag(ds, second->sure ? BF_E0401_OVERLAP : BF_W0407_MAY_OVERLAP,
                                span_of(second), BF_NOARGS);
    bf_diag_label(ds, d, span_of(second), BF_T_GIVES, BF_ARGS(text_arg(t, second->node->b)));
    bf_diag_label(ds, d, first->node->b->span, BF_T_GIVES, BF_ARGS(text_arg(t, first->node->b)));
    if (disagree_in(t, second->tier, second->sure, second->theirs, second->mine))
        hint_example(t, d, !second->sure);
    if (!second->sure) {
        bf_str name = bf_logic_opaque_name(t->l, second->mine);
        if (!name.len)
            name = bf_logic_opaque_name(t->l, second->theirs);
        if (name.len)
            bf_diag_hint(ds, d, BF_T_NOT_LOOKED_INTO, BF_ARGS(bf_arg_str(name)));
        bf_diag_hint(ds, d, BF_T_MAY_OVERLAP_MEND, BF_NOARGS);
        return;
    }
    hint_narrow(t, d, first, second);
    if (second->tier == 1)
        bf_diag_hint(ds, d, is_zh(second) ? BF_T_OVERRIDE_ZH : BF_T_OVERRIDE_EN, BF_NOARGS);
}

/* ---- dead rules ---- */

static bool all_covered(struct table *t, struct bf_cubes cs, const struct bf_cube *const *by,
                        uint32_t n) {
    for (uint32_t i = 0; i < cs.n; i++)
        if (bf_logic_covered(t->l, &cs.cube[i], NULL, by, n) != BF_COVERED)
            return false;
    return true;
}

/* Labels the first few rules among the cubes that meet r's. */
static void label_covers(struct table *t, struct bf_diag *d, const struct rule *r,
                         const struct bf_cube *const *by, uint32_t n, enum bf_text_id text) {
    uint32_t last = NOT, shown = 0;
    for (uint32_t i = 0; i < n && shown < SHOWN_COVERS; i++) {
        bool meets = false;
        for (uint32_t j = 0; j < r->cubes.n && !meets; j++)
            meets = bf_cubes_meet(t->l, &r->cubes.cube[j], by[i]);
        if (!meets || by[i]->rule == last)
            continue;
        last = by[i]->rule;
        shown++;
        bf_diag_label(t->p->parse->diags, d, span_of(&t->rule[last]), text, BF_NOARGS);
    }
}

static void report_dead(struct table *t, const struct rule *r) {
    struct bf_diags *ds = t->p->parse->diags;
    enum bf_diag_code code = r->tier ? BF_E0402_DEAD_RULE : BF_W0404_IDLE_OTHERWISE;
    struct bf_diag *d = bf_diag(ds, code, span_of(r), BF_NOARGS);
    if (!r->tier) {
        bf_diag_hint(ds, d, BF_T_IDLE_OTHERWISE_MEND, BF_NOARGS);
    } else if (!r->cubes.n) {
        bf_diag_label(ds, d, span_of(r), BF_T_CONTRADICTS_ITSELF, BF_NOARGS);
        bf_diag_hint(ds, d, BF_T_CONTRADICTION_MEND, BF_NOARGS);
    } else {
        bf_diag_label(ds, d, span_of(r), BF_T_ALWAYS_BEATEN, BF_NOARGS);
        label_covers(t, d, r, t->all.cube, t->all.above[r->tier], BF_T_BEATS_IT);
        bf_diag_hint(ds, d, BF_T_DEAD_RULE_MEND, BF_NOARGS);
    }
}

static void find_dead(struct table *t) {
    for (uint32_t r = 0; r < t->rules; r++) {
        struct rule *rule = &t->rule[r];
        uint32_t above = t->all.above[rule->tier];
        rule->dead = (above || !rule->cubes.n) && all_covered(t, rule->cubes, t->all.cube, above) &&
                     !bf_logic_limited(t->l);
        if (rule->dead)
            report_dead(t, rule);
    }
}

/* Is all that r decides decided so by earlier rules of its tier? */
static void find_idle(struct table *t) {
    const struct bf_cube **by = bf_logic_alloc(t->l, sizeof *by * t->all.n);
    for (uint32_t r = 1; r < t->rules; r++) {
        const struct rule *rule = &t->rule[r];
        if (rule->dead || rule->against != NOT || rule->result == r)
            continue;
        uint32_t above = t->all.above[rule->tier], n = 0;
        uint32_t end = rule->tier ? t->all.above[rule->tier - 1] : t->all.n;
        for (uint32_t i = above; i < end; i++)
            if (t->all.cube[i]->rule < r && t->rule[t->all.cube[i]->rule].result == rule->result)
                by[n++] = t->all.cube[i];
        uint32_t same = n;
        if (!same || bf_logic_spent(t->l, same + above))
            continue;
        memcpy(by + n, t->all.cube, sizeof *by * above);
        if (!all_covered(t, rule->cubes, by, n + above) || bf_logic_limited(t->l))
            continue;
        struct bf_diags *ds = t->p->parse->diags;
        struct bf_diag *d = bf_diag(ds, BF_W0405_ADDS_NOTHING, span_of(rule), BF_NOARGS);
        label_covers(t, d, rule, by, same, BF_T_SAYS_IT_ALREADY);
        bf_diag_hint(ds, d, BF_T_ADDS_NOTHING_MEND, BF_NOARGS);
    }
}

/* ---- inputs without a rule ---- */

static void find_gap(struct table *t) {
    for (uint32_t r = 0; r < t->rules; r++)
        if (t->rule[r].tier == 0)
            return;
    bool sure = true;
    enum bf_cover c = bf_logic_covered(t->l, NULL, NULL, t->possible.cube, t->possible.n);
    if (c == BF_COVERED && bf_logic_has_opaque(t->l)) {
        sure = false;
        c = bf_logic_covered(t->l, NULL, NULL, t->all.cube, t->all.n);
    }
    if (c != BF_UNCOVERED)
        return;
    struct bf_diags *ds = t->p->parse->diags;
    const struct bf_node *name = t->decision->node->a;
    struct bf_diag *d = bf_diag(ds, sure ? BF_E0403_NO_RULE : BF_W0408_MAY_LACK_RULE, name->span,
                                BF_ARGS(bf_arg_str(t->decision->name->text)));
    bf_diag_label(ds, d, name->span, BF_T_MUST_ANSWER, BF_NOARGS);
    hint_example(t, d, !sure);
    bool zh = t->decision->node->flags & BF_F_ZH;
    bf_diag_hint(ds, d, zh ? BF_T_NO_RULE_ZH : BF_T_NO_RULE_EN, BF_NOARGS);
}

static void check_decision(struct bf_logic *l, struct bf_program *p, struct bf_sym *decision) {
    struct table t = {.p = p, .l = l, .decision = decision};
    bf_logic_forget(l);
    read_rules(&t);
    if (!bf_logic_limited(l)) {
        t.all = rank(&t, false);
        t.possible = bf_logic_has_opaque(l) ? rank(&t, true) : t.all;
        find_overlaps(&t, true);
        if (bf_logic_has_opaque(l))
            find_overlaps(&t, false);
        for (uint32_t r = 0; r < t.rules; r++)
            if (t.rule[r].against != NOT)
                report_overlap(&t, &t.rule[r]);
        find_dead(&t);
        find_idle(&t);
        find_gap(&t);
    }
    if (bf_logic_limited(l)) {
        struct bf_diags *ds = p->parse->diags;
        struct bf_diag *d = bf_diag(ds, BF_W0406_TOO_MUCH, decision->node->a->span,
                                    BF_ARGS(bf_arg_int(TABLE_STEPS + (int64_t)RULE_STEPS * t.rules),
                                            bf_arg_int(BF_LOGIC_CUBES)));
        bf_diag_hint(ds, d, BF_T_TOO_MUCH_MEND, BF_NOARGS);
    }
}

void bf_check_tables(struct bf_program *p) {
    struct bf_logic *l = NULL;
    for (struct bf_sym *d = p->decisions.first; d; d = d->next) {
        if (d->broken || !d->node || d->node->flags & BF_F_BROKEN)
            continue;
        if (!l)
            l = bf_logic_new(p);
        check_decision(l, p, d);
    }
}
