/* flow: what can happen in a procedure, and what the text leaves open.
**
** Mistakes of the encoding are errors: states no case gets into or out of, duties that never begin,
** effects that miss their duty. What the regulation itself leaves open is a gap: a state in which
** nobody is bound by a day, a duty whose lapse has no consequence, a limit that is none. A note that
** cites the paragraph declares the silence, and with it no gap is reported (coverage.h).
*/
#include <string.h>

#include "lang/check/coverage.h"
#include "lang/check/flow.h"

static struct bf_diags *diags(const struct bf_flow *f) { return f->p->parse->diags; }

static bf_arg name_arg(const struct bf_sym *s) {
    return bf_arg_str(s && s->name ? s->name->text : (bf_str){0});
}

static bf_arg state_arg(const struct bf_flow *f, uint32_t s) {
    return name_arg(bf_flow_sym(f, f->state[s]));
}

static bool is_zh(const struct bf_node *n) { return n->flags & BF_F_ZH; }

/* ---- states no case gets into ---- */

struct suspect {
    const struct bf_node *goal, *item; /* item: what the goal stands in */
    uint32_t distance;
    bool self;
};

/* The goal most likely meant for the state: one nearly of its name, or one that leads nowhere else. */
static void suspect_goal(struct bf_flow *f, struct suspect *best, bf_str name, uint32_t from,
                         const struct bf_node *item, const struct bf_node *goal) {
    uint32_t to = bf_goal_state(f, goal);
    if (to == BF_NONE)
        return;
    bf_str other = bf_flow_sym(f, f->state[to])->name->text;
    uint32_t most = bf_utf8_count(name) / 3 + 1, distance = bf_str_distance(name, other, most);
    bool self = to == from;
    if (distance > most && !self)
        return;
    if (!best->goal || (self && !best->self) || (self == best->self && distance < best->distance))
        *best = (struct suspect){goal, item, distance, self};
}

static struct suspect find_suspect(struct bf_flow *f, bf_str name) {
    struct suspect best = {0};
    for (uint32_t i = 0; i < f->offers; i++) {
        const struct bf_offering *o = &f->offer[i];
        suspect_goal(f, &best, name, o->state, o->must ? o->must : o->node, o->goal);
    }
    for (uint32_t i = 0; i < f->duties; i++)
        suspect_goal(f, &best, name, f->duty_state[i], f->duty[i], bf_lapse_goal(f, i));
    return best;
}

static void report_unreached(struct bf_flow *f, uint32_t s) {
    struct bf_diags *ds = diags(f);
    const struct bf_node *n = f->state[s];
    bf_arg name = state_arg(f, s);
    bool zh = is_zh(n);
    enum bf_text_id what = bf_is_end(f, s) ? BF_T_WORD_END : BF_T_WORD_STATE;
    struct bf_diag *d =
        bf_diag(ds, BF_E0502_UNREACHED, n->a->span, BF_ARGS(bf_arg_text(what), name));
    bf_diag_label(ds, d, n->a->span, BF_T_NO_WAY_HERE, BF_ARGS(name_arg(f->proc)));
    struct suspect it = find_suspect(f, name.s);
    if (it.goal) {
        bf_arg to = state_arg(f, bf_goal_state(f, it.goal));
        bf_diag_label(ds, d, it.goal->a->span, it.self ? BF_T_GOES_BACK_TO : BF_T_GOES_TO,
                      BF_ARGS(to, name));
        bf_diag_hint(ds, d, is_zh(it.item) ? BF_T_WRITE_GOAL_ZH : BF_T_WRITE_GOAL_EN,
                     BF_ARGS(name));
    } else {
        bf_diag_hint(ds, d, zh ? BF_T_LEAD_THERE_ZH : BF_T_LEAD_THERE_EN, BF_ARGS(name));
    }
    bf_diag_hint(ds, d, BF_T_COMMENT_OUT, BF_NOARGS);
}

/* Only the first of those that lead to each other: mending it may mend the rest. */
static void check_unreached(struct bf_flow *f) {
    uint32_t *told = bf_logic_alloc(f->l, sizeof *told * f->words);
    memset(told, 0, sizeof *told * f->words);
    for (int round = 0; round < 2; round++)
        for (uint32_t s = 0; s < f->states; s++) {
            if (bf_in(f->reached, s) || bf_in(told, s) ||
                (f->proc->cancelled && f->proc->cancelled->node == f->state[s]))
                continue;
            bool led_to = false;
            for (uint32_t t = 0; t < f->states && round == 0; t++)
                led_to |= t != s && !bf_in(f->reached, t) && bf_in(bf_edges(f, t), s);
            if (led_to)
                continue;
            report_unreached(f, s);
            for (uint32_t w = 0; w < f->words; w++)
                told[w] |= f->info->reach[(size_t)s * f->words + w];
            bf_put(told, s);
        }
}

/* ---- states nobody gets out of ---- */

static bool has_exit(const struct bf_flow *f, uint32_t s) {
    for (uint32_t t = 0; t < f->states; t++)
        if (t != s && bf_in(bf_edges(f, s), t))
            return true;
    return false;
}

/* Does the case leave the state at once, whatever happened? */
static bool passes_through(const struct bf_flow *f, uint32_t s) {
    for (const struct bf_node *n = f->state[s]->c; n; n = n->next)
        if (n->kind == BF_N_WHEN && !n->a)
            return true;
    return false;
}

static bool reaches_end(const struct bf_flow *f, uint32_t s) {
    for (uint32_t t = 0; t < f->states; t++)
        if (bf_is_end(f, t) && bf_reaches(f, s, t))
            return true;
    return false;
}

static void check_exits(struct bf_flow *f) {
    struct bf_diags *ds = diags(f);
    bool stuck = false;
    for (uint32_t s = 0; s < f->states; s++) {
        if (bf_is_end(f, s) || !bf_in(f->reached, s) || has_exit(f, s))
            continue;
        stuck = true;
        const struct bf_node *n = f->state[s];
        struct bf_diag *d = bf_diag(ds, BF_E0503_NO_EXIT, n->a->span, BF_ARGS(state_arg(f, s)));
        bf_diag_label(ds, d, n->a->span, BF_T_STAYS_HERE, BF_NOARGS);
        bf_diag_hint(ds, d, is_zh(n) ? BF_T_MAKE_END_ZH : BF_T_MAKE_END_EN,
                     BF_ARGS(state_arg(f, s)));
        bf_diag_hint(ds, d, is_zh(n) ? BF_T_ADD_GOAL_ZH : BF_T_ADD_GOAL_EN, BF_NOARGS);
    }
    for (uint32_t s = 0; s < f->states && !stuck; s++)
        if (!bf_is_end(f, s) && bf_in(f->reached, s) && !reaches_end(f, s)) {
            struct bf_diag *d =
                bf_diag(ds, BF_W0504_NO_END, f->state[s]->a->span, BF_ARGS(state_arg(f, s)));
            bf_diag_hint(ds, d, BF_T_NO_END_MEND, BF_NOARGS);
            return; /* what it leads to has none either */
        }
}

/* ---- duties ---- */

/* After the act done in s: may the case be where the duty lives, then or later? */
static bool comes_to_life(const struct bf_flow *f, uint32_t duty, uint32_t s) {
    for (uint32_t t = 0; t < f->states; t++)
        if (bf_lives(f, duty, t) && (t == s || bf_reaches(f, s, t)))
            return true;
    return false;
}

static bool is_banned(const struct bf_flow *f, const struct bf_node *n, const struct bf_sym *act) {
    for (; n; n = n->next) {
        if (n->kind == BF_N_MUST_NOT && bf_flow_sym(f, n->b) == act)
            return true;
        if (n->kind == BF_N_STATE && is_banned(f, n->c, act))
            return true;
    }
    return false;
}

/* Can the act be done so that the duty begins? */
static bool act_arms(const struct bf_flow *f, uint32_t duty, const struct bf_sym *act) {
    for (uint32_t i = 0; i < f->offers; i++) {
        const struct bf_offering *o = &f->offer[i];
        uint32_t to = bf_goal_state(f, o->goal);
        for (uint32_t s = 0; s < f->states && o->act == act; s++) {
            if (!bf_in(f->reached, s) || !bf_stands(f, o->state, o->clauses, s))
                continue;
            bool back = o->goal && o->goal->flags & BF_F_BACK;
            if (comes_to_life(f, duty, to == BF_NONE || back ? s : to))
                return true;
        }
    }
    return is_banned(f, f->proc->node->c, act);
}

static bool can_begin(const struct bf_flow *f, uint32_t i) {
    const struct bf_node *from = bf_clause(f->duty[i]->c, BF_N_C_FROM);
    struct bf_sym *e = from && from->a->kind == BF_N_NAME ? bf_flow_sym(f, from->a) : NULL;
    if (e && e->kind == BF_SYM_ACT)
        return act_arms(f, i, e);
    if (e && e->kind == BF_SYM_STATE)
        return e->index < f->states && bf_in(f->reached, e->index) && comes_to_life(f, i, e->index);
    return true;
}

static bool is_reached(const struct bf_flow *f, uint32_t state) {
    return state == BF_NONE || bf_in(f->reached, state);
}

/* A limit that never passes by itself: literally none, or an assumption left open without a reason. */
static bool is_open(const struct bf_flow *f, const struct bf_node *limit) {
    struct bf_sym *s = limit && limit->kind == BF_N_NAME ? bf_flow_sym(f, limit) : NULL;
    if (s && s->kind == BF_SYM_ASSUME && s->node && s->node->d)
        return s->node->d->kind == BF_N_NONE && !s->node->e;
    return limit && limit->kind == BF_N_NONE;
}

static const struct bf_node *limit_of(const struct bf_node *duty) {
    if (duty->kind == BF_N_LASTS)
        return duty->a;
    const struct bf_node *within = bf_clause(duty->c, BF_N_C_WITHIN);
    const struct bf_node *by = within ? within : bf_clause(duty->c, BF_N_C_BY);
    return by ? by->a : NULL;
}

/* From the duty's name to where its block begins. */
static bf_span head_of(const struct bf_node *duty) {
    bf_span span = duty->span;
    if (duty->kind == BF_N_LASTS)
        return duty->a->span;
    span.start = duty->b->span.start;
    span.end = duty->b->span.end;
    for (const struct bf_node *c = duty->c; c; c = c->next) {
        span.start = c->span.start < span.start ? c->span.start : span.start;
        span.end = c->span.end > span.end ? c->span.end : span.end;
    }
    return span;
}

static bf_span last_character(const struct bf_flow *f, bf_span span) {
    bf_str text = f->p->parse->sources->file[span.file].text;
    bf_span last = {span.file, span.end, span.end};
    while (last.start > span.start && (text.p[--last.start] & 0xC0) == 0x80)
        continue;
    return last;
}

static bf_arg duty_arg(const struct bf_flow *f, uint32_t i) {
    if (f->duty[i]->kind == BF_N_LASTS && f->duty_state[i] != BF_NONE)
        return state_arg(f, f->duty_state[i]);
    return name_arg(bf_flow_sym(f, f->duty[i]));
}

static void hint_note(struct bf_flow *f, struct bf_diag *d, const struct bf_node *n) {
    int64_t cite;
    bool zh = is_zh(n);
    if (bf_cites_of(f->p, f->tree, n, f->proc->node, &cite, 1) < 1)
        cite = 0;
    struct bf_cite c = bf_cite_unpack(cite);
    struct bf_buf code;
    bf_buf_in(&code, f->p->arena);
    bf_buf_char(&code, '@');
    const struct bf_node *own = n->cites ? n->cites : f->proc->node->cites;
    if (cite && own && own->kind == BF_N_CITE && own->a) { /* of the policy that is amended */
        bf_buf_str(&code, own->a->name->text);
        bf_buf_char(&code, ':');
    }
    if (cite)
        (zh ? bf_cite_zh : bf_cite_code)(&code, c);
    else
        bf_buf_z(&code, "…");
    bf_diag_hint(diags(f), d, zh ? BF_T_LEAVE_GAP_ZH : BF_T_LEAVE_GAP_EN,
                 BF_ARGS(bf_arg_str(bf_buf_view(&code))));
}

static void check_consequence(struct bf_flow *f, uint32_t i) {
    const struct bf_node *n = f->duty[i];
    const struct bf_node *limit = limit_of(n);
    if (is_open(f, limit) && !bf_silence_declared(f->p, f->tree, n, f->proc->node)) {
        struct bf_diag *d =
            bf_diag(diags(f), BF_G0103_OPEN_LIMIT, limit->span, BF_ARGS(duty_arg(f, i)));
        bf_diag_hint(diags(f), d, is_zh(n) ? BF_T_OPEN_LIMIT_ZH : BF_T_OPEN_LIMIT_EN, BF_NOARGS);
        hint_note(f, d, n);
    }
    if (n->kind != BF_N_MUST || n->e || !limit || limit->kind == BF_N_NONE ||
        bf_silence_declared(f->p, f->tree, n, f->proc->node))
        return;
    struct bf_diags *ds = diags(f);
    bf_span head = head_of(n), end = last_character(f, n->span);
    struct bf_diag *d = bf_diag(ds, BF_G0102_NO_CONSEQUENCE, head, BF_ARGS(duty_arg(f, i)));
    bf_diag_label(ds, d, head, BF_T_NO_OTHERWISE, BF_NOARGS);
    bf_diag_label(ds, d, end, BF_T_OTHERWISE_HERE, BF_NOARGS);
    bf_diag_hint(ds, d, BF_T_NOT_YOUR_MISTAKE, BF_NOARGS);
    bf_diag_hint(ds, d, is_zh(n) ? BF_T_FILL_GAP_ZH : BF_T_FILL_GAP_EN, BF_NOARGS);
    hint_note(f, d, n);
}

/* A deemed act happens without anybody: nothing may be asked of it. */
static void check_deemed(struct bf_flow *f, uint32_t i) {
    const struct bf_node *duty = f->duty[i];
    const struct bf_node *o = duty->kind == BF_N_MUST ? duty->e : NULL;
    struct bf_sym *act = o && o->op == BF_OTHERWISE_DEEMED ? bf_flow_sym(f, o->a) : NULL;
    if (!act)
        return;
    const struct bf_offering *deemed = bf_deemed(f, i);
    struct bf_diag *d;
    if (!deemed) {
        d = bf_diag(diags(f), BF_E0517_DEEMED_NOWHERE, o->a->span, BF_ARGS(name_arg(act)));
        bf_diag_label(diags(f), d, duty->b->span, BF_T_DUTY_LIVES_HERE, BF_NOARGS);
        bf_diag_hint(diags(f), d, BF_T_DEEMED_NOWHERE_MEND, BF_NOARGS);
        return;
    }
    const struct bf_node *why = bf_clause(deemed->clauses, BF_N_C_IF);
    why = why ? why : bf_clause(deemed->clauses, BF_N_C_CONSENT);
    for (const struct bf_node *param = deemed->node->b->c; param && !why; param = param->next)
        if (param->c && !(param->c->flags & BF_F_OPTIONAL))
            why = param;
    if (!why)
        return;
    d = bf_diag(diags(f), BF_E0513_DEEMED, o->a->span, BF_ARGS(name_arg(act)));
    bf_diag_label(diags(f), d, why->span, BF_T_ASKS_FOR, BF_NOARGS);
    bf_diag_hint(diags(f), d, BF_T_DEEMED_MEND, BF_NOARGS);
}

/* A duty that runs until a state: some move must lead there from where it lives. */
static void check_until(struct bf_flow *f, uint32_t i) {
    const struct bf_node *until = bf_clause(f->duty[i]->c, BF_N_C_UNTIL);
    for (const struct bf_node *n = until ? until->a : NULL; n; n = n->next) {
        struct bf_sym *goal = bf_flow_sym(f, n);
        bool leads = !goal || goal->index >= f->states;
        for (uint32_t s = 0; s < f->states && !leads; s++)
            leads = bf_in(f->reached, s) && bf_lives(f, i, s) && bf_in(bf_edges(f, s), goal->index);
        if (leads || !bf_in(f->reached, goal->index))
            continue;
        struct bf_diag *d = bf_diag(diags(f), BF_E0518_UNTIL_AWAY, n->span,
                                    BF_ARGS(duty_arg(f, i), name_arg(goal)));
        bf_diag_label(diags(f), d, f->duty[i]->b->span, BF_T_DUTY_LIVES_HERE, BF_NOARGS);
        bf_diag_hint(diags(f), d, BF_T_UNTIL_MEND, BF_NOARGS);
    }
}

static void check_duties(struct bf_flow *f) {
    for (uint32_t i = 0; i < f->duties; i++) {
        if (!is_reached(f, f->duty_state[i]))
            continue;
        const struct bf_node *n = f->duty[i];
        check_deemed(f, i);
        check_until(f, i);
        if (can_begin(f, i)) {
            check_consequence(f, i);
            continue;
        }
        const struct bf_node *from = bf_clause(n->c, BF_N_C_FROM);
        struct bf_diag *d =
            bf_diag(diags(f), BF_E0508_NEVER_BEGINS, from->a->span, BF_ARGS(duty_arg(f, i)));
        bf_diag_label(diags(f), d, from->a->span, BF_T_NEVER_HAPPENS, BF_NOARGS);
        bf_diag_hint(diags(f), d, BF_T_NEVER_BEGINS_MEND, BF_NOARGS);
    }
}

/* ---- states without a day ---- */

static bool runs_in(const struct bf_flow *f, uint32_t i, uint32_t s) {
    const struct bf_node *limit = limit_of(f->duty[i]);
    if (!limit || limit->kind == BF_N_NONE || !bf_lives(f, i, s))
        return false;
    for (const struct bf_node *n = f->state[s]->c; n && f->duty_state[i] != s; n = n->next) {
        if (n->kind != BF_N_PAUSES || n->b)
            continue;
        for (const struct bf_node *d = n->a; d; d = d->next)
            if (bf_flow_sym(f, d) == bf_flow_sym(f, f->duty[i]))
                return false;
        if (!n->a)
            return false;
    }
    return true;
}

static bool silence_in_state(struct bf_flow *f, uint32_t s) {
    const struct bf_node *n = f->state[s];
    if (bf_silence_declared(f->p, f->tree, n, f->proc->node))
        return true;
    for (const struct bf_node *c = n->c; c && !n->cites; c = c->next)
        if (c->cites && bf_silence_declared(f->p, f->tree, c, NULL))
            return true;
    return false;
}

/* What cites for a state: itself, else the first thing in it that does. */
static const struct bf_node *citing(const struct bf_node *state) {
    for (const struct bf_node *c = state->c; c && !state->cites; c = c->next)
        if (c->cites)
            return c;
    return state;
}

/* What is run there has limits of its own. */
static bool runs_another(const struct bf_flow *f, uint32_t s) {
    for (const struct bf_node *n = f->state[s]->c; n; n = n->next)
        if (n->kind == BF_N_RUN)
            return true;
    return false;
}

static void check_limits(struct bf_flow *f) {
    for (uint32_t s = 0; s < f->states; s++) {
        if (bf_is_end(f, s) || !bf_in(f->reached, s) || !has_exit(f, s) || passes_through(f, s))
            continue;
        bool limited = runs_another(f, s);
        for (uint32_t i = 0; i < f->duties && !limited; i++)
            limited = runs_in(f, i, s);
        const struct bf_node *n = f->state[s];
        if (limited || (n->flags & BF_F_DERIVED) || silence_in_state(f, s))
            continue;
        struct bf_diags *ds = diags(f);
        struct bf_diag *d = bf_diag(ds, BF_G0101_NO_LIMIT, n->a->span, BF_ARGS(state_arg(f, s)));
        bf_diag_label(ds, d, n->a->span, BF_T_NO_LIMIT_HERE, BF_NOARGS);
        bf_diag_hint(ds, d, is_zh(n) ? BF_T_FILL_LIMIT_ZH : BF_T_FILL_LIMIT_EN, BF_NOARGS);
        hint_note(f, d, citing(n));
    }
}

/* ---- effects, pauses, goals ---- */

static uint32_t duty_number(const struct bf_flow *f, const struct bf_sym *duty) {
    for (uint32_t i = 0; duty && i < f->duties; i++)
        if (f->duty[i] == duty->node)
            return i;
    return BF_NONE;
}

/* Restarts among the effects of something that stands in `state` and leads to `goal`. */
static void check_restarts(struct bf_flow *f, const struct bf_node *effects, uint32_t state,
                           const struct bf_node *clauses, const struct bf_node *goal) {
    for (const struct bf_node *e = effects; e; e = e->next) {
        uint32_t duty = e->kind == BF_N_E_RESTART ? duty_number(f, bf_flow_sym(f, e->a)) : BF_NONE;
        if (duty == BF_NONE)
            continue;
        uint32_t to = bf_goal_state(f, goal), there = BF_NONE;
        bool back = goal && goal->flags & BF_F_BACK, lives = to != BF_NONE && bf_lives(f, duty, to);
        for (uint32_t s = 0; s < f->states && to == BF_NONE && !lives; s++) {
            if (!bf_stands(f, state, clauses, s))
                continue;
            there = s;
            lives = !back && bf_lives(f, duty, s);
            for (uint32_t t = 0; back && t < f->states && !lives; t++)
                lives = bf_in(bf_edges(f, t), s) && bf_lives(f, duty, t);
        }
        if (lives)
            continue;
        there = to != BF_NONE ? to : there;
        struct bf_diag *d = bf_diag(diags(f), BF_E0509_RESTART_AWAY, e->span,
                                    BF_ARGS(name_arg(bf_flow_sym(f, e->a))));
        if (there != BF_NONE)
            bf_diag_label(diags(f), d, e->span, BF_T_CASE_IS_THEN, BF_ARGS(state_arg(f, there)));
        bf_diag_label(diags(f), d, f->duty[duty]->b->span, BF_T_DUTY_LIVES_HERE, BF_NOARGS);
        bf_diag_hint(diags(f), d, BF_T_RESTART_MEND, BF_NOARGS);
    }
}

static void check_back(struct bf_flow *f, const struct bf_node *goal, uint32_t state,
                       const struct bf_node *clauses) {
    if (!goal || !(goal->flags & BF_F_BACK))
        return;
    for (uint32_t s = 0; s < f->states; s++) {
        if (!bf_in(f->reached, s) || !bf_stands(f, state, clauses, s))
            continue;
        bool comes = false;
        for (uint32_t t = 0; t < f->states; t++)
            comes |= bf_in(f->reached, t) && bf_in(bf_edges(f, t), s);
        if (comes && s != f->info->initial)
            continue;
        struct bf_diag *d =
            bf_diag(diags(f), BF_E0510_BACK_NOWHERE, goal->span, BF_ARGS(state_arg(f, s)));
        bf_diag_label(diags(f), d, f->state[s]->a->span, BF_T_STARTS_HERE, BF_NOARGS);
        bf_diag_hint(diags(f), d, BF_T_BACK_MEND, BF_NOARGS);
        return;
    }
}

static void check_pauses(struct bf_flow *f, uint32_t s) {
    for (const struct bf_node *n = f->state[s]->c; n; n = n->next)
        for (const struct bf_node *name = n->kind == BF_N_PAUSES ? n->a : NULL; name;
             name = name->next) {
            uint32_t duty = duty_number(f, bf_flow_sym(f, name));
            if (duty == BF_NONE || f->duty_state[duty] == BF_NONE)
                continue;
            bool runs = false;
            for (uint32_t t = 0; t < f->states; t++)
                runs |= t != s && bf_in(f->reached, t) && bf_in(bf_edges(f, t), s) &&
                        bf_lives(f, duty, t);
            if (runs && f->duty_state[duty] != s)
                continue;
            struct bf_diag *d = bf_diag(diags(f), BF_W0511_PAUSES_NOTHING, name->span,
                                        BF_ARGS(name_arg(bf_flow_sym(f, name)), state_arg(f, s)));
            bf_diag_label(diags(f), d, f->duty[duty]->b->span, BF_T_DUTY_LIVES_HERE, BF_NOARGS);
            bf_diag_hint(diags(f), d, BF_T_PAUSES_MEND, BF_NOARGS);
        }
}

static void check_when_goals(struct bf_flow *f, uint32_t s) {
    for (const struct bf_node *n = f->state[s]->c; n; n = n->next)
        if (n->kind == BF_N_WHEN)
            check_back(f, n->d, s, NULL);
}

static void check_offers(struct bf_flow *f) {
    for (uint32_t i = 0; i < f->offers; i++) {
        const struct bf_offering *o = &f->offer[i];
        bool stands = false;
        for (uint32_t s = 0; s < f->states && !stands; s++)
            stands = bf_stands(f, o->state, o->clauses, s);
        const struct bf_node *in = bf_clause(o->clauses, BF_N_C_IN);
        if (!stands && in) {
            struct bf_diag *d =
                bf_diag(diags(f), BF_E0515_NOWHERE, in->span, BF_ARGS(name_arg(o->act)));
            bf_diag_hint(diags(f), d, BF_T_NOWHERE_MEND, BF_NOARGS);
        }
        check_back(f, o->goal, o->state, o->clauses);
        if (is_reached(f, o->state))
            check_restarts(f, o->effects, o->state, o->clauses, o->goal);
    }
}

static void check_lapses(struct bf_flow *f) {
    for (uint32_t i = 0; i < f->duties; i++) {
        const struct bf_node *n = f->duty[i], *goal = bf_lapse_goal(f, i);
        const struct bf_node *o = n->kind == BF_N_MUST ? n->e : n;
        if (!o || !is_reached(f, f->duty_state[i]))
            continue;
        if (n->kind == BF_N_LASTS || o->op != BF_OTHERWISE_DEEMED) {
            check_back(f, goal, f->duty_state[i], NULL);
            check_restarts(f, o->e, f->duty_state[i], NULL, goal);
        }
    }
}

static void check_states(struct bf_flow *f) {
    for (uint32_t s = 0; s < f->states; s++) {
        if (bf_is_end(f, s)) {
            for (const struct bf_node *e = f->state[s]->c; e; e = e->next)
                if (e->kind == BF_N_E_RESTART)
                    bf_diag(diags(f), BF_E0509_RESTART_AWAY, e->span,
                            BF_ARGS(name_arg(bf_flow_sym(f, e->a))));
        } else if (bf_in(f->reached, s)) {
            check_pauses(f, s);
            check_when_goals(f, s);
        }
    }
}

static void check_procedure(struct bf_program *p, struct bf_sym *proc, struct bf_logic *l) {
    struct bf_flow f;
    if (!bf_flow_init(&f, p, proc, l)) {
        if (f.states > BF_STATES_MAX)
            bf_diag(p->parse->diags, BF_E0514_TOO_MANY_STATES, proc->node->a->span,
                    BF_ARGS(bf_arg_int(BF_STATES_MAX)));
        return;
    }
    check_unreached(&f);
    check_exits(&f);
    check_limits(&f);
    check_duties(&f);
    check_offers(&f);
    check_lapses(&f);
    check_states(&f);
    bf_flow_guards(&f);
}

void bf_check_flow(struct bf_program *p) {
    struct bf_logic *l = NULL;
    bf_note_silences(p);
    for (struct bf_sym *s = p->procedures.first; s; s = s->next) {
        if (s->broken || !s->node || !s->proc || s->node->flags & BF_F_BROKEN)
            continue;
        if (!l)
            l = bf_logic_new(p);
        check_procedure(p, s, l);
    }
}
