/* lower: from the checked program to the rows of an image.
**
** Rows follow the order of declarations, so the numbers that the checker gave to symbols are those of the
** image. Nothing of the machine goes in: no address, no path but file names relative to the policy,
** no order of a hash table.
*/
#include "lang/image/lower.h"

#include <string.h>

#include "lang/base/assert.h"
#include "lang/check/amend.h"

/* ---- texts, types, sources ---- */

uint32_t bf_lower_name(struct bf_lower *l, const struct bf_name *name) {
    if (!name)
        return 0;
    uint32_t *text = &l->text_of[name->index];
    if (!*text)
        *text = bf_build_text(&l->b, name->text) + 1;
    return *text - 1;
}

uint32_t bf_lower_label(struct bf_lower *l, const struct bf_node *label) {
    return label && label->kind == BF_N_STRING ? bf_build_text(&l->b, label->text) : 0;
}

uint32_t bf_lower_type(struct bf_lower *l, const struct bf_type *t) {
    uint32_t *row = &l->type_of[t->index];
    if (*row)
        return *row - 1;
    struct bf_i_type type = {t->kind, BF_NONE, t->optional, t->max};
    if (t->kind == BF_K_PERIOD)
        type.ref = t->unit;
    else if (t->kind == BF_K_LIST)
        type.ref = bf_lower_type(l, t->elem);
    else if (t->sym)
        type.ref = t->sym->index;
    *row = bf_build_add_type(&l->b, type) + 1;
    return *row - 1;
}

struct bf_i_range bf_lower_fields(struct bf_lower *l, const struct bf_sym *owner) {
    struct bf_i_range r = {bf_build_count_field(&l->b), 0};
    for (const struct bf_sym *s = owner->first; s; s = s->next, r.count++) {
        struct bf_i_field f;
        f.name = bf_lower_name(l, s->name);
        f.label = s->node ? bf_lower_label(l, s->node->b) : 0;
        f.type = bf_lower_type(l, s->type);
        bf_build_add_field(&l->b, f);
    }
    return r;
}

static void add_cite(struct bf_lower *l, int64_t packed, uint32_t policy) {
    struct bf_cite c = bf_cite_unpack(packed);
    bf_build_add_cite(&l->b, (struct bf_i_cite){policy, c.article, c.suffix, c.paragraph, c.item});
}

struct bf_i_range bf_lower_own_cites(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_range r = {bf_build_count_cite(&l->b), 0};
    for (const struct bf_node *c = n->cites; c; c = c->next, r.count++)
        add_cite(l, c->num, c->a ? bf_lower_name(l, c->a->name) : BF_NONE);
    return r;
}

/* Places are asked for roughly in order, so the next one is near the last. */
static uint32_t line_of(struct bf_lower *l, bf_span span) {
    struct bf_source *s = &l->p->parse->sources->file[span.file];
    if (!s->lines)
        bf_source_place(l->p->parse->sources, span.file, 0);
    uint32_t low = 0, high = s->line_count;
    uint32_t near = l->line < high ? l->line : 0, step = 1;
    if (s->lines[near] <= span.start) {
        low = near;
        while (low + step < high && s->lines[low + step] <= span.start) {
            low += step;
            step *= 2;
        }
        high = low + step < high ? low + step : high;
    } else {
        high = near;
    }
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (s->lines[mid] <= span.start)
            low = mid;
        else
            high = mid;
    }
    l->line = low;
    return low + 1;
}

static uint32_t src_at(struct bf_lower *l, struct bf_i_range cites, bf_span span) {
    if (span.file == BF_NO_FILE)
        return bf_build_src(&l->b, cites, BF_STR(""), 0);
    return bf_build_src(&l->b, cites, l->p->parse->sources->file[span.file].name, line_of(l, span));
}

static const struct bf_node *state_with(const struct bf_sym *proc, const struct bf_node *item) {
    for (const struct bf_node *n = proc->node->c; n; n = n->next)
        for (const struct bf_node *i = n->kind == BF_N_STATE ? n->c : NULL; i; i = i->next)
            if (i == item)
                return n;
    return NULL;
}

static bool of_library(const struct bf_program *p, const struct bf_tree *t) {
    for (uint32_t i = p->own_count; i < p->tree_count; i++)
        if (p->trees[i] == t)
            return true;
    return false;
}

/* A procedure of the library stands under no article: that of the place which runs it (first) is its own. */
static int runner_cites(struct bf_lower *l, const struct bf_sym *proc, int64_t *out, int max) {
    int count = 0;
    while (count == 0 && proc && proc->run && of_library(l->p, proc->tree)) {
        const struct bf_sym *by = bf_sym_of(l->p, proc->run)->owner;
        const struct bf_node *state = state_with(by, proc->run);
        const struct bf_node *outer = state && state->cites ? state : by->node;
        count = bf_cites_of(l->p, proc->run_in, proc->run, outer, out, max);
        proc = by;
    }
    return count;
}

uint32_t bf_lower_src(struct bf_lower *l, const struct bf_node *n, const struct bf_node *outer) {
    if (n->cites)
        return src_at(l, bf_lower_own_cites(l, n), n->span);
    int64_t cites[32];
    int count = bf_cites_of(l->p, l->tree, n, outer ? outer : l->outer, cites, 32);
    if (count == 0)
        count = runner_cites(l, l->proc, cites, 32);
    struct bf_i_range r = {bf_build_count_cite(&l->b), (uint32_t)count};
    for (int i = 0; i < count; i++)
        add_cite(l, cites[i], BF_NONE);
    return src_at(l, r, n->span);
}

/* ---- the policy's header ---- */

static void lower_clause(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_policy *to = &l->b.policy;
    switch (n->kind) {
    case BF_N_P_NUMBER: to->number = bf_lower_label(l, n->a); break;
    case BF_N_P_RANK:
        to->rank = (uint32_t)n->a->num;
        to->rank_label = bf_lower_label(l, n->b);
        break;
    case BF_N_P_IN_FORCE:
        to->force_from = (int32_t)n->a->num;
        to->force_to = n->b ? (int32_t)n->b->num : INT32_MAX;
        break;
    case BF_N_P_COUNT: to->count_same_day = n->op == BF_COUNT_SAME_DAY; break;
    case BF_N_P_ROLL: to->roll_none = n->op == BF_ROLL_NONE; break;
    case BF_N_P_STANDSTILL: to->still = n->op; break;
    case BF_N_P_DAY_ENDS: to->day_ends = (uint32_t)n->a->num; break;
    case BF_N_P_RETAIN:
        to->retain_unit = n->a->op;
        to->retain_count = (uint32_t)n->a->num;
        break;
    default: break; /* replaces: for readers of the text; calendar: the program has it */
    }
}

static void lower_policy(struct bf_lower *l) {
    const struct bf_node *n = l->p->policy;
    struct bf_i_policy *to = &l->b.policy;
    to->calendar = bf_build_text(&l->b, bf_str_of(l->p->calendar));
    if (!n)
        return;
    to->name = bf_lower_name(l, n->a->name);
    to->title = bf_lower_label(l, n->b);
    for (const struct bf_node *c = n->c; c; c = c->next)
        lower_clause(l, c);
}

static bf_str builtin_zh(uint32_t builtin) {
    static const char *const zh[] = {
#define BUILTIN(id, class, en, zh) zh,
#include "lang/defs/builtins.def"
    };
    return bf_str_of(zh[builtin]);
}

/* The enum of a department's level: Level of std.government, where it is used. */
static struct bf_sym *find_level(const struct bf_lower *l) {
    const struct bf_program *p = l->p;
    for (struct bf_sym *s = p->enums.first; s; s = s->next)
        for (uint32_t i = p->own_count; i < p->tree_count; i++)
            if (s->tree == p->trees[i] && bf_str_eq(p->modules_of[i], BF_STR("std.government")) &&
                bf_str_eq(s->name->text, BF_STR("Level")))
                return s;
    return NULL;
}

/* ---- declarations ---- */

/* Statement after statement, here and in all of the lowering: C does not say in which order the parts of
** one expression are evaluated, and each adds rows. */

#define NAMES(row, s) \
    ((row).name = bf_lower_name(l, (s)->name), \
     (row).label = (s)->node ? bf_lower_label(l, (s)->node->b) : 0)

static void lower_enum(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_enum e = {.open = (s->node->flags & BF_F_OPEN) != 0};
    NAMES(e, s);
    e.members.first = bf_build_count_member(&l->b);
    for (const struct bf_sym *m = s->first; m; m = m->next, e.members.count++) {
        struct bf_i_member member;
        NAMES(member, m);
        bf_build_add_member(&l->b, member);
    }
    bf_build_add_enums(&l->b, e);
}

static void lower_record(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_record r;
    NAMES(r, s);
    r.fields = bf_lower_fields(l, s);
    bf_build_add_record(&l->b, r);
}

/* The policy that has what stands in a tree; NULL: this one. A file of the library is had by the innermost text that uses
** it, since amending is no reason to have its registers anew. */
static const struct bf_node *owner_of(const struct bf_program *p, const struct bf_tree *tree) {
    const struct bf_node *owner = NULL;
    uint32_t own = 0;
    while (own < p->own_count && p->trees[own] != tree)
        own++;
    if (own < p->own_count)
        return p->amended_in[own];
    for (uint32_t i = 0; i < p->tree_count; i++)
        for (const struct bf_node *u = p->trees[i]->root->a; u; u = u->next) {
            const struct bf_sym *s = u->kind == BF_N_USE ? p->info[u->id].sym : NULL;
            if (!s || s->index == BF_NONE || p->trees[s->index] != tree)
                continue;
            const struct bf_node *by = owner_of(p, p->trees[i]);
            owner = by ? by : owner; /* of texts, the later in the list is the inner one */
        }
    return owner;
}

static void lower_register(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_register r = {.record = s->type->sym->index};
    NAMES(r, s);
    r.keys.first = bf_build_count_key(&l->b);
    for (const struct bf_node *k = s->node->d; k; k = k->next, r.keys.count++)
        bf_build_add_key(&l->b, bf_sym_of(l->p, k)->index);
    r.src = bf_lower_src(l, s->node, NULL);
    const struct bf_node *owner = owner_of(l->p, s->tree);
    if (owner)
        r.owner = bf_lower_name(l, owner->a->name) + 1;
    bf_build_add_reg(&l->b, r);
}

static void lower_assume(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_assume x;
    NAMES(x, s);
    x.type = bf_lower_type(l, s->type);
    x.konst = bf_lower_const(l, s->node->d);
    x.because = bf_lower_label(l, s->node->e);
    x.src = bf_lower_src(l, s->node, NULL);
    bf_build_add_assume(&l->b, x);
}

static void lower_office(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_office o;
    NAMES(o, s);
    o.per = s->type ? bf_lower_type(l, s->type) : BF_NONE;
    o.src = bf_lower_src(l, s->node, NULL);
    bf_build_add_office(&l->b, o);
}

static void lower_violation(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_violation v;
    NAMES(v, s);
    v.src = bf_lower_src(l, s->node, NULL);
    bf_build_add_violation(&l->b, v);
}

static void lower_event(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_event e;
    NAMES(e, s);
    if (!s->node)
        e.label = bf_build_text(&l->b, builtin_zh(s->builtin));
    e.params = bf_lower_fields(l, s);
    e.src =
        s->node ? bf_lower_src(l, s->node, NULL) : src_at(l, (struct bf_i_range){0, 0}, BF_NO_SPAN);
    bf_build_add_event(&l->b, e);
}

static struct bf_i_range lower_rules(struct bf_lower *l, const struct bf_sym *decision) {
    static const uint8_t tier[] = {
        [BF_RULE_OTHERWISE] = 0, [BF_RULE_WHEN] = 1, [BF_RULE_OVERRIDE] = 2};
    struct bf_i_range r = {bf_build_count_rule(&l->b), 0};
    for (const struct bf_node *n = decision->node->e; n; n = n->next, r.count++) {
        struct bf_i_rule rule = {.tier = tier[n->op]};
        rule.cond = bf_lower_value(l, n->a);
        rule.result = bf_lower_value(l, n->b);
        rule.src = bf_lower_src(l, n, decision->node);
        bf_build_add_rule(&l->b, rule);
    }
    return r;
}

static void lower_decision(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_decision d;
    NAMES(d, s);
    d.params = bf_lower_fields(l, s);
    d.type = bf_lower_type(l, s->type);
    d.rules = lower_rules(l, s);
    d.src = bf_lower_src(l, s->node, NULL);
    d.table = bf_lower_table(l, s);
    bf_build_add_decision(&l->b, d);
}

static void each(struct bf_lower *l, const struct bf_sym_list *list,
                 void (*lower)(struct bf_lower *, const struct bf_sym *)) {
    for (const struct bf_sym *s = list->first; s; s = s->next) {
        l->tree = s->tree;
        lower(l, s);
    }
}

static void lower_notes(struct bf_lower *l) {
    for (uint32_t i = 0; i < l->p->own_count; i++) {
        l->tree = l->p->trees[i];
        for (const struct bf_node *n = l->tree->root->a; n; n = n->next)
            if (n->kind == BF_N_NOTE) {
                struct bf_i_note note;
                note.text = bf_lower_label(l, n->a);
                note.src = bf_lower_src(l, n, NULL);
                bf_build_add_note(&l->b, note);
            }
    }
}

static struct bf_i_tally lower_tally(struct bf_lower *l, const struct bf_node *n) {
    struct bf_i_tally t = {BF_NONE, BF_NONE, BF_NONE};
    if (!n)
        return t;
    const struct bf_sym *per = bf_sym_of(l->p, n);
    t.proc = bf_sym_of(l->p, n->a)->index;
    t.where = bf_lower_value(l, n->b);
    if (per)
        t.per = l->base[per->owner->index].data + per->index;
    return t;
}

static void lower_measure(struct bf_lower *l, const struct bf_sym *s) {
    struct bf_i_measure m;
    NAMES(m, s);
    l->counted = true;
    m.counted = lower_tally(l, s->node->d);
    m.over = lower_tally(l, s->node->e);
    l->counted = false;
    m.src = bf_lower_src(l, s->node, NULL);
    bf_build_add_measure(&l->b, m);
}

static void lower_amends(struct bf_lower *l) {
    const struct bf_node *n = bf_amends_of(l->p->policy);
    struct bf_i_amend a = {.cases = BF_CASES_NEW};
    if (!n || !l->base_bytes)
        return;
    a.policy = bf_lower_name(l, l->p->amended->a->name);
    a.cases = n->op == BF_AMENDS_ALL ? BF_CASES_ALL : BF_CASES_NEW;
    a.because = bf_lower_label(l, n->b);
    a.src = bf_lower_src(l, n, NULL);
    const struct bf_i_header *base = (const void *)l->base_bytes;
    memcpy(a.hash, base->hash, sizeof a.hash);
    bf_build_add_amend(&l->b, a);
}

/* Rows of procedures are numbered before any is lowered, since they name each other's. */
static void number_procs(struct bf_lower *l) {
    struct bf_lower_base at = {0, 0, 0, 0};
    l->base = bf_new_array(l->a, struct bf_lower_base, l->p->procedures.count + 1);
    for (const struct bf_sym *s = l->p->procedures.first; s; s = s->next) {
        l->base[s->index] = at;
        at.data += s->proc->data.count;
        at.state += bf_lower_states(s);
        at.act += s->proc->acts.count;
        at.duty += s->proc->duties.count;
    }
}

static void lower_program(struct bf_lower *l, bool scenarios) {
    const struct bf_program *p = l->p;
    l->text_of = bf_new_array(l->a, uint32_t, bf_names_count(p->parse->names));
    l->type_of = bf_new_array(l->a, uint32_t, p->type_count);
    struct bf_sym *level = find_level(l);
    bf_lower_used(l, level);
    number_procs(l);
    lower_policy(l);
    each(l, &p->enums, lower_enum);
    l->b.policy.level = level ? level->index : BF_NONE;
    each(l, &p->records, lower_record);
    each(l, &p->registers, lower_register);
    each(l, &p->assumes, lower_assume);
    each(l, &p->offices, lower_office);
    each(l, &p->violations, lower_violation);
    each(l, &p->events, lower_event);
    each(l, &p->decisions, lower_decision);
    each(l, &p->procedures, bf_lower_proc);
    lower_notes(l);
    lower_amends(l);
    bf_build_policy_ends(&l->b);
    bf_build_bytes(&l->b, BF_I_base, l->base_bytes, l->base_size);
    each(l, &p->measures, lower_measure);
    if (scenarios)
        bf_lower_scenarios(l);
}

/* ---- the entry ---- */

/* The builder's memory is not the arena's: what runs out of either is told in one way. */
static _Noreturn void exhausted(struct bf_arena *a) {
    bf_arena_alloc(a, SIZE_MAX);
    bf_assert_failed("the arena gave what no machine has", __FILE__, __LINE__);
}

/* What the author wrote is too much for an image: a diagnostic where it stands. */
static void tell_limit(struct bf_lower *l, const struct bf_image_at *at) {
    bf_span span = l->p->policy ? l->p->policy->span : BF_NO_SPAN;
    struct bf_sources *sources = l->p->parse->sources;
    for (uint32_t i = 0; at->line && i < sources->count; i++) {
        if (!bf_str_eq(sources->file[i].name, at->file) || at->line > sources->file[i].line_count)
            continue;
        uint32_t start = sources->file[i].lines[at->line - 1];
        span = (bf_span){i, start, start + bf_source_line(sources, i, at->line).len};
    }
    bf_diag(l->p->parse->diags, BF_E0901_TOO_LARGE, span, BF_ARGS(bf_arg_text(at->limit)));
    l->p->errors++;
}

/* Proves the image. What is refused for a limit is the author's; all else would be our bug. */
static bool prove(struct bf_lower *l, const uint8_t *bytes, size_t size) {
    struct bf_error e;
    struct bf_image_at at;
    enum bf_err err = bf_image_prove(bytes, size, &at, &e);
    if (err == BF_OK)
        return true;
    if (err == BF_ENOMEM)
        exhausted(l->a);
    if (err != BF_ELIMIT)
        bf_assert_failed(e.text, __FILE__, __LINE__);
    tell_limit(l, &at);
    return false;
}

bool bf_lower(struct bf_program *p, bool scenarios, const uint8_t **bytes, size_t *size) {
    struct bf_lower *l = bf_new(p->arena, struct bf_lower);
    struct bf_error e;
    jmp_buf jump, *outer;
    *bytes = NULL;
    *size = 0;
    l->p = p;
    l->a = p->arena;
    if (p->base && !bf_lower(p->base, false, &l->base_bytes, &l->base_size)) {
        bf_diag(p->parse->diags, BF_E0137_BASE_BROKEN, p->policy->span,
                BF_ARGS(bf_arg_str(p->amended->a->name->text)));
        p->errors++;
        return false;
    }
    outer = bf_arena_on_exhausted(l->a, &jump);
    if (setjmp(jump)) {
        bf_build_fini(&l->b);
        bf_arena_on_exhausted(l->a, outer);
        exhausted(l->a);
    }
    bf_build_init(&l->b);
    lower_program(l, scenarios);
    enum bf_err err = bf_build_finish(&l->b, l->a, bytes, size, &e);
    if (err == BF_ENOMEM)
        exhausted(l->a);
    if (err == BF_ELIMIT) {
        struct bf_image_at at = {.limit = BF_T_LIMIT_SIZE};
        tell_limit(l, &at);
    } else if (!prove(l, *bytes, *size)) {
        *bytes = NULL;
    }
    bf_build_fini(&l->b);
    bf_arena_on_exhausted(l->a, outer);
    return *bytes != NULL;
}
