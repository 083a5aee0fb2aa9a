/* explain: see explain.h. */
#include "engine/sim/explain.h"

#include "engine/core/offers.h"
#include "engine/core/sealed.h"
#include "engine/sim/words.h"
#include "lang/base/cite.h"

static bf_str say(const struct bf_words *w, enum bf_text_id id, bf_str x, bf_str y, bf_str z) {
    return bf_words_text(w, id, BF_ARGS(bf_arg_str(x), bf_arg_str(y), bf_arg_str(z)));
}
#define NIL ((bf_str){"", 0})

static void line(const struct bf_words *w, struct bf_buf *out, const char *indent, bf_str text,
                 uint32_t src) {
    bf_str cites = bf_words_cites(w, src);
    bf_buf_z(out, indent);
    bf_buf_str(out, text);
    if (cites.len)
        bf_buf_str(out, say(w, BF_T_SIM_CITED, cites, NIL, NIL));
    bf_buf_char(out, '\n');
}

static void heading(const struct bf_words *w, struct bf_buf *out, enum bf_text_id id) {
    bf_buf_z(out, "  ");
    bf_buf_str(out, say(w, id, NIL, NIL, NIL));
    bf_buf_char(out, '\n');
}

/* ---- how it came here ---- */

/* What moved the case: the act of the same step, or the duty that lapsed; NONE for a `when`. */
static bf_str cause_of(const struct bf_words *w, const struct bf_told *e, uint32_t moved,
                       uint32_t *src) {
    *src = e->facts[moved].src;
    for (uint32_t i = moved; i-- > 0;) {
        const struct bf_fact *f = &e->facts[i];
        if (f->kind == BF_FACT_MOVED)
            break;
        if (f->kind == BF_FACT_LAPSED) {
            *src = *src == BF_NONE ? f->src : *src;
            return say(w, BF_T_SIM_F_LAPSED, bf_words_duty(w, f->a), bf_words_day(w, f->day), NIL);
        }
        if (f->kind == BF_FACT_RETURNED) {
            uint32_t end = w->image->offer[f->a].outcome - 1;
            *src = *src == BF_NONE ? f->src : *src;
            return say(w, BF_T_SIM_F_RETURNED, bf_words_act(w, w->image->offer[f->a].act),
                       bf_words_value(w, f->v[0]), bf_words_state(w, end));
        }
        if (f->kind == BF_FACT_ACTED && f->a != BF_NONE && w->image->offer[f->a].outcome)
            continue; /* nobody did it: RETURNED stands before it */
        if (f->kind == BF_FACT_ACTED) {
            *src = *src == BF_NONE ? f->src : *src;
            return say(w, BF_T_SIM_CHOICE, bf_words_doer(w, f->v[0], f->by), bf_words_act(w, f->b),
                       NIL);
        }
    }
    return NIL;
}

/* Told so far of a case: what its dates were counted by, and what they were. */
struct way {
    const struct bf_image *image;
    const struct bf_calendar *calendar;
    const struct bf_fact **due; /* by duty of the image: the fact that last gave it one; NULL */
    uint64_t gone;
};

/* Why a date moved: the day of the fact, old and new, and what is otherwise in the calendar. */
static void recounted(const struct bf_words *w, const struct way *way, const struct bf_fact *f,
                      bool migrated, struct bf_buf *out) {
    const struct bf_fact *old = way->due[f->a];
    bf_str due = bf_words_due(w, &f->due), was = old ? bf_words_due(w, &old->due) : NIL;
    bf_str what = old ? say(w, BF_T_SIM_RECOUNTED_FROM, bf_words_duty(w, f->a), due, was)
                      : say(w, BF_T_SIM_CHOICE, bf_words_duty(w, f->a), due, NIL);
    bf_str why = NIL;
    if (migrated) {
        line(w, out, "    ", say(w, BF_T_SIM_RECOUNTED_TEXT, bf_words_day(w, f->day), what, NIL),
             f->src);
        return;
    }
    if (way->calendar && way->calendar != w->calendar && old && old->due.kind == BF_DUE_DAY &&
        f->due.kind == BF_DUE_DAY)
        why = bf_words_calendar_change(w, way->calendar, f->due.last, old->due.last);
    if (!why.len)
        why = bf_calendar_name(w->calendar);
    line(w, out, "    ", say(w, BF_T_SIM_RECOUNTED, bf_words_day(w, f->day), what, why), f->src);
}

/* Who started it is told with the case's data; by whom, here. */
static bf_str started(const struct bf_words *w, const struct bf_fact *f, bf_str day) {
    if (!f->by)
        return say(w, BF_T_SIM_STARTED_LINE, day, NIL, NIL);
    return say(w, BF_T_SIM_STARTED_LINE_BY, day, bf_words_doer(w, f->v[0], f->by), NIL);
}

static void path_fact(const struct bf_words *w, struct way *way, const struct bf_told *e,
                      uint32_t i, struct bf_buf *out) {
    const struct bf_fact *f = &e->facts[i];
    bf_str day = bf_words_day(w, f->day);
    uint32_t src;
    if (f->kind == BF_FACT_STARTED) {
        line(w, out, "    ", started(w, f, day), f->src);
    } else if (f->kind == BF_FACT_MOVED) {
        bf_str cause = cause_of(w, e, i, &src);
        line(w, out, "    ",
             say(w, cause.len ? BF_T_SIM_MOVED_BY : BF_T_SIM_MOVED_LINE, day,
                 bf_words_state(w, f->b), cause),
             src);
    } else if (f->kind == BF_FACT_RECOMPUTED) {
        recounted(w, way, f, e->migrated, out);
    }
    if (bf_fact_has_due((enum bf_fact_kind)f->kind))
        way->due[f->a] = f;
}

static void path_row(const struct bf_standing *s, const struct bf_words *words, struct way *way,
                     const struct bf_told *e, struct bf_buf *out) {
    struct bf_words w = *words;
    w.image = e->image ? e->image : s->image;
    w.calendar = e->calendar ? e->calendar : s->calendar;
    const struct bf_image *before = way->image;
    if (way->image != w.image || e->migrated) {
        way->image = w.image;
        way->due = bf_new_array(s->arena, const struct bf_fact *, w.image->duty_count + 1);
    }
    if (e->migrated && before && w.image->amend_count &&
        bf_str_eq(bf_i_text(w.image, w.image->amend->policy),
                  bf_i_text(before, before->policy.name))) {
        bf_str why = bf_i_text(w.image, w.image->amend->because);
        line(&w, out, "    ",
             say(&w, why.len ? BF_T_SIM_AMENDED_BECAUSE : BF_T_SIM_AMENDED_LINE,
                 bf_words_day(&w, e->day), bf_i_text(w.image, w.image->policy.title), why),
             w.image->amend->src);
    } else if (e->migrated) {
        char hash[2 * BF_SHA256_LEN + 1];
        bf_hex(w.image->hash, BF_SHA256_LEN, hash);
        line(&w, out, "    ",
             say(&w, BF_T_SIM_MIGRATED_LINE, bf_words_day(&w, e->day),
                 bf_i_text(w.image, w.image->policy.title),
                 bf_str_dup(s->arena, (bf_str){hash, 12})),
             BF_NONE);
    }
    for (uint32_t i = 0; i < e->fact_count; i++)
        path_fact(&w, way, e, i, out);
    way->calendar = w.calendar;
}

static void path(const struct bf_standing *s, const struct bf_words *w, uint32_t number,
                 struct bf_buf *out) {
    struct way way = {0};
    if (!s->told_count) /* who asks tells the rows himself */
        return;
    heading(w, out, BF_T_SIM_WHY);
    for (uint32_t i = 0; i < s->told_count; i++)
        way.gone += s->told[i].number == number && s->told[i].gone;
    if (way.gone) {
        bf_buf_z(out, "    ");
        bf_buf_str(out,
                   bf_words_text(w, BF_T_SIM_GONE_LINE, BF_ARGS(bf_arg_int((int64_t)way.gone))));
        bf_buf_char(out, '\n');
    }
    for (uint32_t i = 0; i < s->told_count; i++)
        if (s->told[i].number == number && !s->told[i].gone)
            path_row(s, w, &way, &s->told[i], out);
}

/* ---- duties and breaches ---- */

static void duty(const struct bf_standing *s, const struct bf_words *w, const struct bf_case *c,
                 uint32_t row, const struct bf_case_member *whose, struct bf_buf *out) {
    const struct bf_i_duty *d = &s->image->duty[row];
    const struct bf_case_duty *cd = whose ? &whose->d : bf_case_duty(s->image, c, row);
    bf_str name = bf_words_duty(w, row), status = bf_words_status(w, cd->status), counted, left_out;
    if (whose && d->each == BF_EACH_IN_TURN && cd->status == BF_STATUS_WAITING)
        status = say(w, BF_T_SIM_IS_TURN, NIL, NIL, NIL);
    if (whose || (d->bearer != BF_NONE && !d->each))
        name = say(w, BF_T_SIM_DUTY_BORNE, name,
                   bf_words_party(w, whose ? whose->who
                                           : bf_duty_bearer(s->image, &s->world, c, row, s->arena)),
                   NIL);
    bool runs = cd->status != BF_STATUS_VOID && cd->status != BF_STATUS_WAITING;
    line(w, out, "    ",
         runs ? say(w, BF_T_SIM_DUTY_LINE, name, status, bf_words_due(w, &cd->due))
              : say(w, BF_T_SIM_CHOICE, name, status, NIL),
         d->src);
    if (!runs)
        return;
    struct bf_term term = bf_case_term(cd);
    bf_words_days(w, &term, &cd->due, &counted, &left_out);
    if (counted.len)
        line(w, out, "      ", say(w, BF_T_SIM_COUNTED, counted, NIL, NIL), BF_NONE);
    if (left_out.len)
        line(w, out, "      ", say(w, BF_T_SIM_LEFT_OUT, left_out, NIL, NIL), BF_NONE);
}

static void duties(const struct bf_standing *s, const struct bf_words *w, const struct bf_case *c,
                   struct bf_buf *out) {
    struct bf_i_range rows = bf_case_proc(s->image, c)->duties;
    bool any = false;
    for (uint32_t i = rows.first; i < rows.first + rows.count; i++) {
        if (bf_case_duty(s->image, c, i)->status == BF_STATUS_NONE)
            continue;
        if (!any)
            heading(w, out, BF_T_SIM_DUTIES);
        any = true;
        uint32_t told = 0;
        for (uint32_t k = 0; k < c->member_count; k++) {
            const struct bf_case_member *x = c->members[k];
            if (x->duty == i && !x->spared && bf_case_member_now(s->image, c, x)) {
                duty(s, w, c, i, x, out);
                told++;
            }
        }
        if (!told)
            duty(s, w, c, i, NULL, out);
    }
}

static void breaches(const struct bf_words *w, const struct bf_case *c, struct bf_buf *out) {
    if (c->violation_count)
        heading(w, out, BF_T_SIM_BREACHES);
    for (uint32_t i = 0; i < c->violation_count; i++) {
        const struct bf_case_violation *v = &c->violations[i];
        bf_str text = say(w, BF_T_SIM_BREACH_LINE, bf_words_violation(w, v->violation),
                          bf_words_party(w, v->by), bf_words_day(w, v->day));
        if (v->excused)
            text = say(w, BF_T_SIM_BREACH_EXCUSED, text, NIL, NIL);
        line(w, out, "    ", text, v->src);
    }
}

/* ---- what it runs, and what runs it ---- */

static bf_str sub_end(const struct bf_words *w, const struct bf_case_sub *s) {
    switch (s->end) {
    case BF_SUB_RUNNING: return say(w, BF_T_SIM_SUB_RUNNING, NIL, NIL, NIL);
    case BF_SUB_CANCELLED: return say(w, BF_T_SIM_SUB_CANCELLED, NIL, NIL, NIL);
    case BF_SUB_FAILED: return say(w, BF_T_SIM_SUB_FAILED, NIL, NIL, NIL);
    }
    return say(w, BF_T_SIM_F_ENDED, bf_words_state(w, s->end), NIL, NIL);
}

static void family(const struct bf_words *w, const struct bf_case *c, struct bf_buf *out) {
    if (c->parent || c->sub_count)
        heading(w, out, BF_T_SIM_FAMILY);
    if (c->parent)
        line(w, out, "    ",
             say(w, BF_T_SIM_PARENT, bf_words_value(w, bf_int(c->parent)), NIL, NIL), BF_NONE);
    for (uint32_t i = 0; i < c->sub_count; i++) {
        const struct bf_case_sub *s = &c->subs[i];
        const struct bf_i_state *state = &w->image->state[s->state];
        line(w, out, "    ",
             say(w, BF_T_SIM_SUB_LINE, bf_words_proc(w, state->runs - 1),
                 bf_words_value(w, bf_int(s->number)), sub_end(w, s)),
             state->run_src);
    }
}

/* ---- what may be done next ---- */

enum group { MUST_NOW, MAY_NOW, WAITS, GUARDED, LATER, GROUPS };

static enum group group_of(const struct bf_choice *c) {
    if (c->kind == BF_CHOICE_CONSENT)
        return WAITS;
    if (c->open == BF_OPEN)
        return c->must ? MUST_NOW : MAY_NOW;
    return c->open == BF_GUARDED ? GUARDED : LATER;
}

static bf_str choice_actor(const struct bf_words *w, const struct bf_choice *c) {
    static const enum bf_kind kinds[] = {BF_K_PERSON, BF_K_ORGANISATION, BF_K_DEPARTMENT};
    static const enum bf_text_id words[] = {BF_T_SIM_PERSON, BF_T_SIM_ORGANISATION,
                                            BF_T_SIM_DEPARTMENT};
    if (bf_present(c->actor))
        return bf_words_party(w, c->actor);
    bf_str type = say(w, BF_T_SIM_PARTY, NIL, NIL, NIL);
    for (int i = 0; i < 3; i++)
        if (w->image->type[c->any].kind == kinds[i])
            type = say(w, words[i], NIL, NIL, NIL);
    return say(w, BF_T_SIM_ANYONE, type, NIL, NIL);
}

/* The acts of one duty are told together: any of them will do. False: an earlier choice told this one. */
static bool acts_of_duty(const struct bf_words *w, const struct bf_choices *all, uint32_t i,
                         bf_str *what) {
    const struct bf_choice *c = &all->choice[i];
    *what = bf_words_act(w, c->act);
    if (group_of(c) != MUST_NOW)
        return true;
    for (uint32_t k = 0; k < all->count; k++) {
        const struct bf_choice *other = &all->choice[k];
        if (k == i || group_of(other) != MUST_NOW || other->duty != c->duty ||
            !bf_value_equal(other->member, c->member))
            continue;
        if (k < i)
            return false;
        *what =
            bf_words_join(w, *what, bf_text_z(w->lang, BF_T_SIM_OR), bf_words_act(w, other->act));
    }
    return true;
}

static bf_str choice_text(const struct bf_words *w, const struct bf_choice *c, bf_str what) {
    bf_str who = choice_actor(w, c);
    if (c->asked)
        what = say(w, BF_T_SIM_CHOICE_ASKED, what, NIL, NIL);
    if (c->kind == BF_CHOICE_CONSENT && bf_present(c->member))
        what = say(w, BF_T_SIM_DUTY_BORNE, what, bf_words_party(w, c->member), NIL);
    if (c->kind == BF_CHOICE_CONSENT)
        return say(w, BF_T_SIM_CHOICE_CONSENT, who, what, NIL);
    bf_str part = bf_words_guard_part(w, c->part_first, c->part_end);
    if (c->open == BF_GUARDED && part.len)
        return say(w, BF_T_SIM_CHOICE_GUARD, who, what, part);
    if (c->open == BF_LATER && c->from_act != BF_NONE)
        return say(w, BF_T_SIM_CHOICE_AFTER, who, what, bf_words_act(w, c->from_act));
    if (c->open == BF_LATER && c->from_state != BF_NONE)
        return say(w, BF_T_SIM_CHOICE_STATE, who, what, bf_words_state(w, c->from_state));
    if (c->until.kind != BF_DUE_NONE)
        return say(w, BF_T_SIM_CHOICE_UNTIL, who, what, bf_words_due(w, &c->until));
    return say(w, BF_T_SIM_CHOICE, who, what, NIL);
}

static void choices(const struct bf_standing *s, const struct bf_words *w, const struct bf_case *c,
                    struct bf_buf *out) {
    static const enum bf_text_id head[GROUPS] = {
        BF_T_SIM_MUST_NOW, BF_T_SIM_MAY_NOW, BF_T_SIM_WAITS_NOW, BF_T_SIM_GUARDED, BF_T_SIM_LATER};
    struct bf_choices all;
    bf_offers(s->image, &s->world, c, s->now, false, s->arena, &all);
    for (int g = 0; g < GROUPS; g++) {
        bool any = false;
        for (uint32_t i = 0; i < all.count; i++) {
            bf_str what;
            if (group_of(&all.choice[i]) != (enum group)g || !acts_of_duty(w, &all, i, &what))
                continue;
            if (!any)
                heading(w, out, head[g]);
            any = true;
            line(w, out, "    ", choice_text(w, &all.choice[i], what), all.choice[i].src);
        }
    }
}

/* ---- gaps that were filled ---- */

/* Does anything of the procedure read the assumption? */
static bool reads(const struct bf_image *m, const struct bf_i_proc *p, uint32_t assume) {
    for (uint32_t i = p->data.first; i < p->data.first + p->data.count; i++)
        if (bf_reads_assume(m, m->data[i].init, assume))
            return true;
    for (uint32_t i = p->requires.first; i < p->requires.first + p->requires.count; i++)
        if (bf_reads_assume(m, m->require[i].cond, assume))
            return true;
    for (uint32_t i = p->offers.first; i < p->offers.first + p->offers.count; i++) {
        const struct bf_i_offer *o = &m->offer[i];
        if (bf_reads_assume(m, o->guard, assume) || bf_reads_assume(m, o->window_code, assume) ||
            bf_reads_assume(m, o->at_most, assume) || bf_reads_assume(m, o->effects, assume))
            return true;
    }
    for (uint32_t i = p->duties.first; i < p->duties.first + p->duties.count; i++) {
        const struct bf_i_duty *d = &m->duty[i];
        bool program = d->limit == BF_I_LIMIT_WITHIN || d->limit == BF_I_LIMIT_BY;
        if (bf_reads_assume(m, d->guard, assume) || bf_reads_assume(m, d->effects, assume) ||
            (program && bf_reads_assume(m, d->limit_code, assume)))
            return true;
    }
    for (uint32_t i = p->bans.first; i < p->bans.first + p->bans.count; i++)
        if (bf_reads_assume(m, m->ban[i].unless, assume))
            return true;
    for (uint32_t i = p->states.first; i < p->states.first + p->states.count; i++) {
        struct bf_i_range w = m->state[i].whens, q = m->state[i].pauses;
        for (uint32_t k = w.first; k < w.first + w.count; k++)
            if (bf_reads_assume(m, m->when[k].cond, assume))
                return true;
        for (uint32_t k = q.first; k < q.first + q.count; k++)
            if (bf_reads_assume(m, m->pause[k].guard, assume))
                return true;
        if (bf_reads_assume(m, m->state[i].enter, assume) ||
            (m->state[i].runs && bf_reads_assume(m, m->state[i].run_args, assume)))
            return true;
    }
    return false;
}

static void assumptions(const struct bf_standing *s, const struct bf_words *w,
                        const struct bf_case *c, struct bf_buf *out) {
    const struct bf_image *m = s->image;
    bool any = false;
    for (uint32_t i = 0; i < m->assume_count; i++) {
        if (!reads(m, bf_case_proc(m, c), i))
            continue;
        if (!any)
            heading(w, out, BF_T_SIM_ASSUMED);
        any = true;
        line(w, out, "    ",
             say(w, BF_T_SIM_ASSUME_LINE, bf_i_label(m, m->assume[i].name, m->assume[i].label),
                 bf_words_value(w, c->assume[i]), bf_i_text(m, m->assume[i].because)),
             m->assume[i].src);
    }
}

/* Of one of the cases, by the text it goes by. */
static struct bf_standing standing_of(const struct bf_standing *all, uint32_t i) {
    struct bf_standing one = *all;
    if (all->sim) {
        const struct bf_sim_text *text = bf_sim_text_of(all->sim, i + 1);
        one.image = text->image;
        one.world = text->world;
    }
    return one;
}

void bf_explain_text(const struct bf_standing *s, enum bf_lang lang, struct bf_buf *out) {
    struct bf_words words = {s->arena, s->image, s->calendar, lang}, *w = &words;
    const struct bf_standing *all = s;
    if (s->now != BF_INSTANT_NONE)
        line(w, out, "", say(w, BF_T_SIM_NOW, bf_words_instant(w, s->now), NIL, NIL), BF_NONE);
    if (!s->case_count)
        line(w, out, "", say(w, BF_T_SIM_NO_CASES, NIL, NIL, NIL), BF_NONE);
    for (uint32_t i = 0; i < all->case_count; i++) {
        const struct bf_case *c = all->cases[i];
        struct bf_standing one = standing_of(all, i);
        s = &one;
        words.image = one.image;
        bool ended = bf_case_ended(s->image, c);
        bf_buf_char(out, '\n');
        bf_buf_str(
            out,
            bf_words_text(
                w, ended ? BF_T_SIM_STANDS_ENDED : BF_T_SIM_STANDS,
                BF_ARGS(bf_arg_int(c->number), bf_arg_str(bf_words_proc(w, c->proc)),
                        bf_arg_str(bf_words_state(w, c->state)),
                        bf_arg_str(bf_words_day(w, bf_case_state(s->image, c, c->state)->day)))));
        bf_buf_char(out, '\n');
        path(s, w, c->number, out);
        duties(s, w, c, out);
        breaches(w, c, out);
        family(w, c, out);
        if (!ended)
            choices(s, w, c, out);
        assumptions(s, w, c, out);
    }
}

/* ---- JSON ---- */

static const char *openness_z(enum bf_openness o) {
    static const char *const word[] = {"closed", "later", "guarded", "open"};
    return word[o];
}

static void json_choice(const struct bf_image *m, const struct bf_choice *c, struct bf_buf *out) {
    char day[BF_DAY_TEXT];
    bf_buf_z(out, "{\"act\":");
    bf_json_text(bf_i_text(m, m->act[c->act].name), out);
    bf_buf_fmt(out, ",\"consent\":%s,\"must\":%s,\"open\":\"%s\"",
               c->kind == BF_CHOICE_CONSENT ? "true" : "false", c->must ? "true" : "false",
               openness_z(c->open));
    if (c->until.kind == BF_DUE_DAY)
        bf_buf_fmt(out, ",\"provisional\":%s,\"until\":\"%s\"",
                   c->until.provisional ? "true" : "false", bf_day_print(c->until.last, day));
    bf_buf_z(out, ",\"who\":");
    bf_value_json(m, c->actor, out);
    bf_buf_z(out, "}");
}

void bf_explain_json(const struct bf_standing *whole, struct bf_buf *out) {
    for (uint32_t i = 0; i < whole->case_count; i++) {
        struct bf_choices all = {0};
        struct bf_standing one = standing_of(whole, i), *s = &one;
        const struct bf_case *told = s->cases[i];
        if (s->reader)
            told = bf_case_unsealed(s->arena, s->image, told, bf_unsealed_to(told, *s->reader));
        bf_buf_z(out, "{\"case\":");
        bf_case_json(s->image, told, out);
        bf_buf_z(out, ",\"choices\":[");
        if (!bf_case_ended(s->image, s->cases[i]))
            bf_offers(s->image, &s->world, s->cases[i], s->now, false, s->arena, &all);
        for (uint32_t k = 0; k < all.count; k++) {
            if (k)
                bf_buf_char(out, ',');
            json_choice(s->image, &all.choice[k], out);
        }
        bf_buf_z(out, "]}\n");
    }
}

struct bf_standing bf_sim_standing(const struct bf_sim *s) {
    struct bf_told *told = bf_new_array(s->arena, struct bf_told, s->entry_count + 1);
    for (uint32_t i = 0; i < s->entry_count; i++)
        told[i] = (struct bf_told){
            .number = s->entries[i].number,
            .facts = s->entries[i].facts,
            .fact_count = s->entries[i].fact_count,
            .image = s->text[s->entries[i].text].image,
            .migrated = s->entries[i].over != NULL,
            .day = bf_calendar_day_of(s->calendar, s->entries[i].event.recorded, BF_DAY_SECONDS)};
    return (struct bf_standing){.arena = s->arena,
                                .image = s->image,
                                .calendar = s->calendar,
                                .world = s->text[0].world,
                                .sim = s,
                                .now = s->now,
                                .cases = s->cases,
                                .case_count = s->case_count,
                                .told = told,
                                .told_count = s->entry_count,
                                .reader = s->reader};
}
