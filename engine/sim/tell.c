/* tell: see tell.h. */
#include "engine/sim/tell.h"

#include <stdlib.h>

#include "engine/core/sealed.h"

#define TEXT0(w, id) bf_words_text((w), (id), BF_NOARGS)
#define TEXT1(w, id, x) bf_words_text((w), (id), BF_ARGS(bf_arg_str(x)))
#define TEXT2(w, id, x, y) bf_words_text((w), (id), BF_ARGS(bf_arg_str(x), bf_arg_str(y)))
#define TEXT4(w, id, x, y, z, u) \
    bf_words_text((w), (id), BF_ARGS(bf_arg_str(x), bf_arg_str(y), bf_arg_str(z), bf_arg_str(u)))
#define TEXT3(w, id, x, y, z) \
    bf_words_text((w), (id), BF_ARGS(bf_arg_str(x), bf_arg_str(y), bf_arg_str(z)))

static bf_str number_of(const struct bf_words *w, uint32_t n) {
    return bf_words_value(w, bf_int(n));
}

/* ---- heads ---- */

/* "ACT(label: value, …)", without arguments that were not given. */
static bf_str act_with_args(const struct bf_tale *t) {
    const struct bf_words *w = t->words;
    const struct bf_event *e = t->event;
    if (e->what == BF_NONE)
        return bf_words_act(w, e->what);
    const struct bf_i_act *a = &w->image->act[e->what];
    bool zh = w->lang == BF_LANG_ZH;
    bf_str list = {"", 0};
    if (t->hides && bf_act_is_sealed(w->image, e->what, (struct bf_unsealed){false, false}))
        return bf_words_act(w, e->what);
    for (uint32_t i = 0; i < e->nargs && i < a->params.count; i++) {
        if (!bf_present(e->args[i]))
            continue;
        const struct bf_i_field *f = &w->image->field[a->params.first + i];
        bf_str value = bf_words_value(w, e->args[i]);
        if (a->extends == BF_NONE)
            value =
                bf_words_join(w, bf_i_label(w->image, f->name, f->label), zh ? "：" : ": ", value);
        list = bf_words_join(w, list, zh ? "，" : ", ", value);
    }
    bf_str name = bf_words_act(w, e->what);
    if (!list.len)
        return name;
    return bf_words_join(w, bf_words_join(w, name, zh ? "（" : " (", list), "",
                         bf_str_of(zh ? "）" : ")"));
}

static bf_str event_name(const struct bf_words *w, const struct bf_event *e) {
    if (e->start == BF_NONE)
        return TEXT0(w, BF_T_SIM_AN_EVENT);
    if (w->image->start[e->start].every)
        return TEXT0(w, BF_T_SIM_THE_CALENDAR);
    const struct bf_i_event *ev = &w->image->event[w->image->start[e->start].event];
    return bf_i_label(w->image, ev->name, ev->label);
}

bf_str bf_tell_head(const struct bf_tale *t) {
    const struct bf_words *w = t->words;
    const struct bf_event *ev = t->event;
    bf_str actor = bf_words_doer(w, ev->actor, ev->by), proc = bf_words_proc(w, t->proc);
    bf_str number = number_of(w, t->number);
    switch (ev->kind) {
    case BF_EVENT_OPEN: {
        if (ev->parent)
            return TEXT3(w, t->refused ? BF_T_SIM_WOULD_RUN : BF_T_SIM_RUNS,
                         number_of(w, ev->parent), proc, number);
        bool by_event = ev->start != BF_NONE || !bf_present(ev->actor);
        if (by_event)
            actor = event_name(w, ev);
        if (t->refused)
            return TEXT2(w, by_event ? BF_T_SIM_WOULD_START : BF_T_SIM_WOULD_OPEN, actor, proc);
        return TEXT3(w, by_event ? BF_T_SIM_STARTS : BF_T_SIM_OPENS, actor, proc, number);
    }
    case BF_EVENT_ACT: return TEXT3(w, BF_T_SIM_DOES, number, actor, act_with_args(t));
    case BF_EVENT_CONSENT:
        return TEXT3(w, BF_T_SIM_CONSENTS, number, actor, bf_words_act(w, ev->what));
    case BF_EVENT_DECLINE:
        return TEXT3(w, BF_T_SIM_DECLINES, number, actor, bf_words_act(w, ev->what));
    case BF_EVENT_BEGUN: return TEXT2(w, BF_T_SIM_BEGUN, number, number_of(w, ev->number));
    case BF_EVENT_RETURN: return TEXT2(w, BF_T_SIM_RETURNS, number, number_of(w, ev->number));
    case BF_EVENT_CANCEL: return TEXT1(w, BF_T_SIM_CANCELS, number);
    case BF_EVENT_MIGRATE:
        return TEXT2(w, BF_T_SIM_GOES_OVER, number, bf_i_text(w->image, w->image->policy.title));
    case BF_EVENT_TICK:
    case BF_EVENT_EXCUSE:
    case BF_EVENT_CALENDAR:
    case BF_EVENT_SUCCEED: break;
    case BF_EVENT_ASSIGN:
        if (ev->nargs < 2)
            break;
        return TEXT3(w, BF_T_SIM_ASSIGNS, number, bf_words_value(w, ev->args[0]),
                     bf_words_value(w, ev->args[1]));
    }
    return TEXT1(w, BF_T_SIM_TIME, number);
}

uint32_t bf_tell_src(const struct bf_fact *facts, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (facts[i].kind == BF_FACT_STARTED || facts[i].kind == BF_FACT_ACTED ||
            facts[i].kind == BF_FACT_ASKED || facts[i].kind == BF_FACT_CONSENTED ||
            facts[i].kind == BF_FACT_DECLINED)
            return facts[i].src;
    return BF_NONE;
}

/* ---- facts ---- */

/* Of one of each: whose. */
static bf_str duty_of(const struct bf_words *w, const struct bf_fact *f) {
    bf_str duty = bf_words_duty(w, f->a);
    return f->member ? TEXT2(w, BF_T_SIM_DUTY_BORNE, duty, bf_words_party(w, *f->member)) : duty;
}

static bf_str armed(const struct bf_tale *t, const struct bf_fact *f) {
    const struct bf_words *w = t->words;
    bf_str due = bf_words_due(w, &f->due), duty = bf_words_duty(w, f->a);
    if (w->image->duty[f->a].bearer == BF_NONE || !t->after)
        return TEXT2(w, BF_T_SIM_F_ARMED_STATE, duty, due);
    struct bf_value bearer =
        f->member ? *f->member : bf_duty_bearer(w->image, t->world, t->after, f->a, w->arena);
    return TEXT3(w, BF_T_SIM_F_ARMED, bf_words_party(w, bearer), duty, due);
}

static bf_str violated(const struct bf_words *w, const struct bf_fact *f) {
    bf_str v = bf_words_violation(w, f->a);
    if (f->n && bf_present(f->v[0]))
        return TEXT2(w, BF_T_SIM_F_VIOLATED, v, bf_words_party(w, f->v[0]));
    return TEXT1(w, BF_T_SIM_F_VIOLATED_ONLY, v);
}

static bf_str notified(const struct bf_words *w, const struct bf_fact *f) {
    bf_str to = bf_words_party(w, f->v[0]);
    if (f->n > 1 && bf_present(f->v[1]))
        return TEXT2(w, BF_T_SIM_F_NOTIFIED_SAYING, to, bf_words_value(w, f->v[1]));
    return TEXT1(w, BF_T_SIM_F_NOTIFIED, to);
}

/* "the Data Bureau takes the place of the Big Data Office (No. 3)" */
static bf_str succeeded(const struct bf_words *w, const struct bf_fact *f) {
    bf_str by = bf_present(f->v[2]) ? TEXT1(w, BF_T_SIM_F_INSTRUMENT, bf_value_text(f->v[2]))
                                    : (bf_str){"", 0};
    bf_str old = bf_words_party(w, f->v[0]), day = bf_words_day(w, f->day);
    if (f->how && !f->v[1].n)
        return TEXT3(w, BF_T_SIM_F_DISSOLVED, old, day, by);
    bf_str who = bf_words_value(w, f->v[1]);
    return f->how ? TEXT4(w, BF_T_SIM_F_DIVIDED, old, day, who, by)
                  : TEXT4(w, BF_T_SIM_F_SUCCEEDED, old, day, who, by);
}

static bf_str name_row(const struct bf_words *w, uint32_t name, uint32_t label) {
    return bf_i_label(w->image, name, label);
}

bf_str bf_tell_fact(const struct bf_tale *t, const struct bf_fact *f) {
    const struct bf_words *w = t->words;
    const struct bf_image *m = w->image;
    switch ((enum bf_fact_kind)f->kind) {
    case BF_FACT_STARTED:
    case BF_FACT_CONSENTED:
    case BF_FACT_DECLINED:
    case BF_FACT_RAISED:
    case BF_FACT_REFUSED:
    case BF_FACT_KINDS: break;
    case BF_FACT_ASKED: return TEXT0(w, BF_T_SIM_F_ASKED);
    case BF_FACT_ACTED:
        if (f->how == 1)
            return TEXT1(w, BF_T_SIM_F_DEEMED, bf_words_act(w, f->b));
        if (f->a != BF_NONE && m->offer[f->a].outcome)
            break; /* RETURNED says it */
        if (t->event->kind != BF_EVENT_ACT)
            return TEXT1(w, BF_T_SIM_F_ACTED, bf_words_act(w, f->b));
        break;
    case BF_FACT_REQUEST_DIED: return TEXT1(w, BF_T_SIM_F_DIED, bf_words_act(w, f->b));
    case BF_FACT_SET:
        if (t->hides && m->data[f->a].sealed)
            return TEXT1(w, BF_T_SIM_F_SEALED,
                         name_row(w, m->data[f->a].name, m->data[f->a].label));
        return TEXT2(w, BF_T_SIM_F_SET, name_row(w, m->data[f->a].name, m->data[f->a].label),
                     bf_words_value(w, f->v[0]));
    case BF_FACT_MOVED:
        return TEXT1(w, f->how == 1 ? BF_T_SIM_F_BACK : BF_T_SIM_F_MOVED, bf_words_state(w, f->b));
    case BF_FACT_WAITING:
        return TEXT1(w,
                     f->member && m->duty[f->a].each == BF_EACH_IN_TURN ? BF_T_SIM_F_TURN
                                                                        : BF_T_SIM_F_WAITING,
                     duty_of(w, f));
    case BF_FACT_SPARED: return TEXT1(w, BF_T_SIM_F_SPARED, duty_of(w, f));
    case BF_FACT_ARMED: return armed(t, f);
    case BF_FACT_MET: return TEXT1(w, BF_T_SIM_F_MET, duty_of(w, f));
    case BF_FACT_LATE: return TEXT1(w, BF_T_SIM_F_LATE, duty_of(w, f));
    case BF_FACT_LAPSED: return TEXT2(w, BF_T_SIM_F_LAPSED, duty_of(w, f), bf_words_day(w, f->day));
    case BF_FACT_VOIDED: return TEXT1(w, BF_T_SIM_F_VOIDED, duty_of(w, f));
    case BF_FACT_LEFT:
        if (m->duty[f->a].bearer == BF_NONE)
            break; /* nobody could have made it good */
        return TEXT1(w, m->duty[f->a].each && !f->member ? BF_T_SIM_F_ROUND_OVER : BF_T_SIM_F_LEFT,
                     duty_of(w, f));
    case BF_FACT_PAUSED: return TEXT1(w, BF_T_SIM_F_PAUSED, duty_of(w, f));
    case BF_FACT_RESUMED:
        return TEXT2(w, BF_T_SIM_F_RESUMED, duty_of(w, f), bf_words_due(w, &f->due));
    case BF_FACT_EXTENDED:
        return TEXT3(w, BF_T_SIM_F_EXTENDED, duty_of(w, f), bf_words_value(w, f->v[0]),
                     bf_words_due(w, &f->due));
    case BF_FACT_RESTARTED:
        return TEXT2(w, BF_T_SIM_F_RESTARTED, duty_of(w, f), bf_words_due(w, &f->due));
    case BF_FACT_RECOMPUTED:
        return TEXT2(w, BF_T_SIM_F_RECOMPUTED, duty_of(w, f), bf_words_due(w, &f->due));
    case BF_FACT_ROUND:
        return TEXT1(w, f->how ? BF_T_SIM_F_ROUND_ANEW : BF_T_SIM_F_ROUND, duty_of(w, f));
    case BF_FACT_GONE: return TEXT1(w, BF_T_SIM_F_GONE, duty_of(w, f));
    case BF_FACT_VIOLATED: return violated(w, f);
    case BF_FACT_EXCUSED: return TEXT1(w, BF_T_SIM_F_EXCUSED, bf_words_violation(w, f->a));
    case BF_FACT_NOTIFIED: return notified(w, f);
    case BF_FACT_ISSUED: {
        bf_str what = name_row(w, m->record[f->a].name, m->record[f->a].label);
        bf_str says = bf_words_value(w, f->v[1]);
        return bf_present(f->v[0])
                   ? TEXT3(w, BF_T_SIM_F_ISSUED_TO, what, bf_words_party(w, f->v[0]), says)
                   : TEXT2(w, BF_T_SIM_F_ISSUED, what, says);
    }
    case BF_FACT_FILED: return TEXT1(w, BF_T_SIM_F_FILED, bf_words_party(w, f->v[0]));
    case BF_FACT_PUT:
        return TEXT2(w, BF_T_SIM_F_PUT, name_row(w, m->reg[f->a].name, m->reg[f->a].label),
                     bf_words_value(w, f->v[0]));
    case BF_FACT_OPENED: return TEXT1(w, BF_T_SIM_F_OPENED, bf_words_proc(w, f->a));
    case BF_FACT_ENDED: return TEXT1(w, BF_T_SIM_F_ENDED, bf_words_state(w, f->a));
    case BF_FACT_RUN: return TEXT1(w, BF_T_SIM_F_RUN, bf_words_proc(w, f->a));
    case BF_FACT_BEGUN:
        return f->how ? TEXT1(w, BF_T_SIM_F_NOT_BEGUN, bf_words_proc(w, f->a))
                      : TEXT2(w, BF_T_SIM_F_BEGUN, bf_words_proc(w, f->a),
                              number_of(w, (uint32_t)f->v[0].u.i));
    case BF_FACT_RETURNED:
        return TEXT3(w, BF_T_SIM_F_RETURNED, bf_words_act(w, m->offer[f->a].act),
                     number_of(w, (uint32_t)f->v[0].u.i),
                     bf_words_state(w, m->offer[f->a].outcome - 1));
    case BF_FACT_CANCELLED:
        return TEXT2(w, BF_T_SIM_F_CANCELLED, bf_words_proc(w, f->a),
                     number_of(w, (uint32_t)f->v[0].u.i));
    case BF_FACT_SUCCEEDED: return succeeded(w, f);
    case BF_FACT_FAILED:
        return TEXT1(w, BF_T_SIM_F_FAILED, bf_str_of(bf_why_word((enum bf_why)f->c)));
    }
    return (bf_str){"", 0};
}

void bf_tell_days(const struct bf_tale *t, const struct bf_fact *f, bf_str *counted,
                  bf_str *left_out) {
    bool counts = f->kind == BF_FACT_ARMED || f->kind == BF_FACT_RESUMED ||
                  f->kind == BF_FACT_EXTENDED || f->kind == BF_FACT_RESTARTED ||
                  f->kind == BF_FACT_RECOMPUTED;
    *counted = *left_out = (bf_str){"", 0};
    if (!counts || !t->after)
        return;
    const struct bf_case_duty *d =
        bf_case_duty_of(t->words->image, t->after, f->a, f->member ? *f->member : BF_ABSENT);
    struct bf_term term = bf_case_term(d);
    if (d->status == BF_STATUS_OPEN) /* else the same step closed it again */
        bf_words_days(t->words, &term, &d->due, counted, left_out);
}

/* ---- refusals ---- */

static bf_str window_reason(const struct bf_words *w, const struct bf_refused *r) {
    if (r->window.kind != BF_DUE_DAY)
        return TEXT0(w, BF_T_SIM_R_WINDOW);
    return TEXT1(w,
                 r->kind == BF_REFUSAL_TOO_LATE ? BF_T_SIM_R_WINDOW_OVER : BF_T_SIM_R_WINDOW_OPENS,
                 bf_words_day(w, r->window.last));
}

/* Which argument it was that is missing or of another type; empty if their number is wrong. */
static bf_str bad_argument(const struct bf_tale *t) {
    const struct bf_words *w = t->words;
    const struct bf_image *m = w->image;
    const struct bf_event *ev = t->event;
    uint32_t arg = t->refused->arg;
    if (arg == BF_NONE)
        return (bf_str){"", 0};
    if (ev->kind == BF_EVENT_OPEN && ev->start == BF_NONE) {
        const struct bf_i_data *d = &m->data[m->proc[t->proc].data.first + arg];
        return name_row(w, d->name, d->label);
    }
    if (ev->kind == BF_EVENT_OPEN && m->start[ev->start].every) {
        const struct bf_i_data *d = &m->data[m->start[ev->start].member_data];
        return name_row(w, d->name, d->label);
    }
    struct bf_i_range params = ev->kind == BF_EVENT_OPEN
                                   ? m->event[m->start[ev->start].event].params
                                   : m->act[ev->what].params;
    const struct bf_i_field *f = &m->field[params.first + (arg < params.count ? arg : 0)];
    return arg < params.count ? name_row(w, f->name, f->label) : (bf_str){"", 0};
}

/* Who did before what this must be another's than, and for whom others may do this. */
static bf_str same(const struct bf_words *w, const struct bf_done *d) {
    bf_str who = bf_words_doer(w, d->who, d->by), act = bf_words_act(w, d->act),
           day = bf_words_day(w, d->day), whom = {"", 0};
    for (uint32_t i = 0; i < d->instead_count; i++)
        whom = bf_words_join(w, whom, bf_text_z(w->lang, BF_T_SIM_OR),
                             bf_present(d->instead[i]) ? bf_words_party(w, d->instead[i])
                                                       : TEXT0(w, BF_T_SIM_ANOTHER));
    if (!whom.len)
        return TEXT3(w, BF_T_SIM_R_SAME, who, act, day);
    return bf_words_text(
        w, BF_T_SIM_R_SAME_INSTEAD,
        BF_ARGS(bf_arg_str(who), bf_arg_str(act), bf_arg_str(day), bf_arg_str(whom)));
}

bf_str bf_tell_reason(const struct bf_tale *t) {
    const struct bf_words *w = t->words;
    const struct bf_refused *r = t->refused;
    static const enum bf_text_id plain[BF_WHYS] = {
        [BF_WHY_UNKNOWN] = BF_T_SIM_R_UNKNOWN,   [BF_WHY_ARGUMENTS] = BF_T_SIM_R_ARGUMENTS,
        [BF_WHY_STAMP] = BF_T_SIM_R_STAMP,       [BF_WHY_LIMIT] = BF_T_SIM_R_LIMIT,
        [BF_WHY_OVERFLOW] = BF_T_SIM_R_OVERFLOW, [BF_WHY_ABSENT] = BF_T_SIM_R_ABSENT,
        [BF_WHY_CALENDAR] = BF_T_SIM_R_CALENDAR, [BF_WHY_BUDGET] = BF_T_SIM_R_BUDGET,
        [BF_WHY_TOO_LONG] = BF_T_SIM_R_TOO_LONG, [BF_WHY_GAP] = BF_T_SIM_R_GAP,
        [BF_WHY_BAN] = BF_T_SIM_R_BAN,           [BF_WHY_USED] = BF_T_SIM_R_USED,
        [BF_WHY_AT_MOST] = BF_T_SIM_R_AT_MOST,   [BF_WHY_NO_REQUEST] = BF_T_SIM_R_NO_REQUEST,
        [BF_WHY_FORCE] = BF_T_SIM_R_FORCE,       [BF_WHY_DATED] = BF_T_SIM_R_DATED,
        [BF_WHY_TURN] = BF_T_SIM_R_TURN,         [BF_WHY_SUCCESSOR] = BF_T_SIM_R_SUCCESSOR};
    bf_str arg = r->why == BF_WHY_ARGUMENTS ? bad_argument(t) : (bf_str){"", 0};
    if (arg.len)
        return TEXT1(w, BF_T_SIM_R_ARGUMENT, arg);
    if (r->why == BF_WHY_AT_MOST && r->detail) {
        struct bf_value most = t->event->args[0];
        most.u.i = strtoll(r->detail, NULL, 10);
        return TEXT1(w, BF_T_SIM_R_AT_MOST_THAT, bf_words_period(w, most));
    }
    if (plain[r->why])
        return TEXT0(w, plain[r->why]);
    if (r->why == BF_WHY_GONE)
        return TEXT1(w, BF_T_SIM_R_GONE, bf_words_party(w, t->event->actor));
    if (r->why == BF_WHY_ACTOR)
        return TEXT1(w, BF_T_SIM_R_ACTOR, bf_words_party(w, t->event->actor));
    if (r->why == BF_WHY_SAME && r->done)
        return same(w, r->done);
    if (r->why == BF_WHY_WINDOW)
        return window_reason(w, r);
    if ((r->why == BF_WHY_STATE || r->why == BF_WHY_ENDED) && r->state != BF_NONE)
        return TEXT1(w, r->why == BF_WHY_STATE ? BF_T_SIM_R_STATE : BF_T_SIM_R_ENDED,
                     bf_words_state(w, r->state));
    if (r->why == BF_WHY_DUTY && r->duty != BF_NONE)
        return TEXT2(w, BF_T_SIM_R_DUTY, bf_words_duty(w, r->duty),
                     bf_words_status(w, (enum bf_status)r->status));
    if (r->why == BF_WHY_REQUIRE && r->require != BF_NONE)
        return bf_i_text(w->image, w->image->require[r->require].text);
    if (r->why == BF_WHY_SAME)
        return TEXT0(w, BF_T_SIM_R_SAME_ONLY);
    bf_str part = bf_words_guard_part(w, r->part_first, r->part_end);
    if (r->why == BF_WHY_GUARD && part.len)
        return TEXT1(w, BF_T_SIM_R_GUARD, part);
    return r->why == BF_WHY_GUARD ? TEXT0(w, BF_T_SIM_R_GUARD_ONLY)
                                  : bf_str_of(bf_why_word(r->why));
}
