/* judge: see judge.h. */
#include "engine/core/judge.h"

void bf_judge_init(struct bf_judge *j, const struct bf_image *m, const struct bf_world *w,
                   const struct bf_case *c, bf_instant at, struct bf_arena *a) {
    *j = (struct bf_judge){
        .env = {.image = m,
                .world = w,
                .arena = a,
                .self = c,
                .assume = w->assume,
                .budget = w->budget ? w->budget : BF_STEP_BUDGET},
        .rule = bf_count_rule_of(m),
        .at = at,
    };
    j->proc = c ? &m->proc[c->proc] : NULL;
    j->env.today = bf_calendar_day_of(w->calendar, at, j->rule.day_ends);
}

/* ---- who ---- */

bool bf_acts_as(struct bf_value actor, struct bf_value offered) {
    return actor.kind == offered.kind && bf_is_party(actor) && bf_value_equal(actor, offered);
}

bool bf_acts_as_any(const struct bf_image *m, struct bf_value actor, uint32_t type) {
    uint32_t kind = m->type[type].kind;
    return bf_is_party(actor) && (kind == BF_K_PARTY || kind == actor.kind) &&
           actor.aux == BF_NO_OFFICE;
}

/* A program that reads what is not there names nobody. */
static enum bf_why party_of(struct bf_judge *j, uint32_t code, struct bf_value *party) {
    const uint32_t *program = j->env.image->code + code;
    if (bf_i_op(program[0]) == BF_OP_DATA && bf_i_op(program[1]) == BF_OP_RETURN && j->env.self) {
        *party = j->env.self->data[bf_i_operand(program[0]) - j->proc->data.first];
        return BF_WHY_NOTHING; /* nearly all there are */
    }
    enum bf_why why = bf_eval(&j->env, code, party);
    if (why == BF_WHY_ABSENT)
        *party = BF_ABSENT;
    return why == BF_WHY_ABSENT ? BF_WHY_NOTHING : why;
}

enum bf_why bf_judge_party(struct bf_judge *j, const struct bf_i_actor *row,
                           struct bf_value *party) {
    *party = BF_ABSENT;
    return row->any ? BF_WHY_NOTHING : party_of(j, row->ref, party);
}

enum bf_why bf_judge_actor(struct bf_judge *j, struct bf_i_range actors, struct bf_value actor,
                           bool *yes) {
    const struct bf_image *m = j->env.image;
    *yes = false;
    for (uint32_t i = 0; i < actors.count && !*yes; i++) {
        const struct bf_i_actor *row = &m->actor[actors.first + i];
        struct bf_value party;
        enum bf_why why = bf_judge_party(j, row, &party);
        if (why)
            return why;
        *yes = row->any ? bf_acts_as_any(m, actor, row->ref) : bf_acts_as(actor, party);
    }
    return BF_WHY_NOTHING;
}

/* Which of the list he is, himself or by holding a post of his. */
static enum bf_why bind_member(struct bf_judge *j, const struct bf_i_offer *o,
                               struct bf_value actor, bool *yes) {
    bool post = o->consents.count && actor.n && actor.aux != BF_NO_OFFICE;
    struct bf_value list;
    *yes = false;
    enum bf_why why = bf_eval(&j->env, o->members, &list);
    for (int by_post = 0; !why && by_post <= post && !*yes; by_post++) {
        struct bf_value who = by_post ? bf_office_of(actor, BF_NO_OFFICE) : actor;
        for (uint32_t i = 0; i < list.n && !*yes; i++)
            if ((*yes = bf_acts_as(who, list.u.items[i])))
                j->env.member = list.u.items[i];
    }
    return why == BF_WHY_ABSENT ? BF_WHY_NOTHING : why;
}

enum bf_why bf_judge_offered(struct bf_judge *j, uint32_t offer, struct bf_value actor, bool *yes) {
    const struct bf_i_offer *o = &j->env.image->offer[offer];
    enum bf_why why = BF_WHY_NOTHING;
    j->env.member = BF_ABSENT;
    if (o->each && ((why = bind_member(j, o, actor, yes)) || !*yes))
        return why;
    why = bf_judge_actor(j, o->actors, actor, yes);
    if (why || *yes || !o->consents.count || actor.n == 0 || actor.aux == BF_NO_OFFICE)
        return why;
    why = bf_judge_actor(j, o->consents, actor, yes);
    if (why || !*yes)
        return why;
    return bf_judge_actor(j, o->actors, bf_office_of(actor, BF_NO_OFFICE), yes);
}

uint32_t bf_done_by_same(const struct bf_image *m, const struct bf_case *c, uint32_t offer,
                         struct bf_value actor, const struct bf_persons *by) {
    struct bf_i_range acts = m->offer[offer].distinct;
    for (uint32_t i = 0; i < acts.count; i++) {
        uint32_t act = m->index[acts.first + i];
        const struct bf_case_act *done = bf_case_act(m, c, act);
        if (done->times && bf_present(done->who) && bf_persons_same(done->who, done->by, actor, by))
            return act;
    }
    return BF_NONE;
}

void bf_judge_distinct(struct bf_judge *j, uint32_t offer, struct bf_value actor,
                       const struct bf_persons *by, struct bf_verdict *v) {
    uint32_t act =
        v->open == BF_OPEN ? bf_done_by_same(j->env.image, j->env.self, offer, actor, by) : BF_NONE;
    if (act == BF_NONE)
        return;
    v->open = BF_GUARDED;
    v->why = BF_WHY_SAME;
    v->from_act = act;
}

const struct bf_done *bf_judge_done(struct bf_judge *j, uint32_t offer, uint32_t act) {
    const struct bf_image *m = j->env.image;
    const struct bf_case *c = j->env.self;
    const struct bf_i_offer *o = &m->offer[offer];
    const struct bf_case_act *before = bf_case_act(m, c, act);
    struct bf_done *d = bf_new(j->env.arena, struct bf_done);
    struct bf_value *instead = bf_new_array(j->env.arena, struct bf_value, BF_INSTEAD_MAX);
    struct bf_value list = BF_ABSENT;
    *d = (struct bf_done){
        .act = act, .day = before->day, .who = before->who, .by = before->by, .instead = instead};
    if (o->each && bf_members(&j->env, o->members, &list))
        return d;
    for (uint32_t i = 0; i < (o->each ? list.n : o->actors.count); i++) {
        struct bf_value party = o->each ? list.u.items[i] : BF_ABSENT;
        const struct bf_i_actor *row = &m->actor[o->actors.first + i];
        if (!o->each && (bf_judge_party(j, row, &party) || (!row->any && !bf_present(party))))
            continue;
        bool his =
            bf_present(party) && bf_done_by_same(m, c, offer, party, &bf_persons_anyone) != BF_NONE;
        if (!his && d->instead_count < BF_INSTEAD_MAX)
            instead[d->instead_count++] = party;
    }
    return d;
}

struct bf_value bf_duty_bearer(const struct bf_image *m, const struct bf_world *w,
                               const struct bf_case *c, uint32_t duty, struct bf_arena *a) {
    struct bf_judge j;
    struct bf_value bearer = BF_ABSENT;
    bf_judge_init(&j, m, w, c, c->at, a);
    if (m->duty[duty].bearer != BF_NONE && party_of(&j, m->duty[duty].bearer, &bearer))
        bearer = BF_ABSENT;
    return bearer;
}

/* ---- where ---- */

static enum bf_why closed(struct bf_verdict *v, enum bf_why why) {
    v->open = BF_CLOSED;
    v->why = why;
    return BF_WHY_NOTHING;
}

static enum bf_why later(struct bf_verdict *v, enum bf_why why, uint32_t state, uint32_t act) {
    v->open = BF_LATER;
    v->why = why;
    v->from_state = state;
    v->from_act = act;
    return BF_WHY_NOTHING;
}

static bool reaches(const struct bf_judge *j, uint32_t state) {
    return bf_i_reaches(j->env.image, j->proc, j->env.self->state, state);
}

enum bf_why bf_judge_pauses(struct bf_judge *j, uint32_t duty, bool *yes, uint32_t *src) {
    const struct bf_image *m = j->env.image;
    uint32_t state = j->env.self->state;
    const struct bf_i_state *s = &m->state[state];
    *yes = false;
    for (uint32_t i = 0; i < s->pauses.count; i++) {
        const struct bf_i_pause *p = &m->pause[s->pauses.first + i];
        if (p->duty != duty && (p->duty != BF_NONE || m->duty[duty].state == state))
            continue;
        enum bf_why why = bf_holds(&j->env, p->guard, yes);
        *src = p->src;
        if (why || *yes)
            return why;
    }
    return BF_WHY_NOTHING;
}

/* May an act still be done: where the case is, or where it can come? One that is only reported always may. */
static bool may_come(const struct bf_judge *j, uint32_t act) {
    const struct bf_image *m = j->env.image;
    struct bf_i_range offers = m->act[act].offers;
    for (uint32_t i = 0; i < offers.count; i++) {
        const struct bf_i_offer *o = &m->offer[m->index[offers.first + i]];
        bool narrowed = o->in.count > 0;
        if (!narrowed &&
            (o->state == BF_NONE || o->state == j->env.self->state || reaches(j, o->state)))
            return true;
        for (uint32_t k = 0; k < o->in.count; k++) {
            uint32_t s = m->index[o->in.first + k];
            if (s == j->env.self->state || reaches(j, s))
                return true;
        }
    }
    return !offers.count;
}

/* A duty that is not open: may it still be, and what would open it? */
static enum bf_why duty_later(struct bf_judge *j, uint32_t duty, struct bf_verdict *v) {
    const struct bf_image *m = j->env.image;
    const struct bf_case *c = j->env.self;
    const struct bf_i_duty *d = &m->duty[duty];
    bool dealt = bf_case_happened(m, c, duty) <= bf_case_duty(m, c, duty)->happened;
    if (d->from == BF_FROM_ACT && dealt && !may_come(j, d->from_ref))
        return closed(v, BF_WHY_DUTY);
    if (d->from == BF_FROM_ACT && dealt) {
        bool here = bf_duty_lives(m, c->state, duty);
        if (here || (d->state != BF_NONE && reaches(j, d->state)))
            return later(v, BF_WHY_DUTY, here ? BF_NONE : d->state, d->from_ref);
        return closed(v, BF_WHY_DUTY);
    }
    if (d->from == BF_FROM_STATE && dealt)
        return reaches(j, d->from_ref) ? later(v, BF_WHY_DUTY, d->from_ref, BF_NONE)
                                       : closed(v, BF_WHY_DUTY);
    if ((d->from == BF_FROM_START && dealt) || d->state == BF_NONE || !reaches(j, d->state))
        return closed(v, BF_WHY_DUTY);
    return later(v, BF_WHY_DUTY, d->state, BF_NONE);
}

/* The acts of a duty stand while it is open, or lapsed and not left; never while it stands still. */
static enum bf_why duty_standing(struct bf_judge *j, uint32_t duty, bool lapsed_too,
                                 struct bf_verdict *v) {
    const struct bf_case_duty *d = bf_judge_duty(j, duty);
    if (d->status == BF_STATUS_OPEN)
        return BF_WHY_NOTHING;
    if (d->status == BF_STATUS_WAITING && bf_present(j->env.member))
        return later(v, BF_WHY_TURN, BF_NONE, BF_NONE);
    if (d->status == BF_STATUS_PAUSED)
        return later(v, BF_WHY_DUTY, BF_NONE, BF_NONE);
    if (lapsed_too && d->status == BF_STATUS_LAPSED && !d->left) {
        bool still;
        uint32_t src;
        enum bf_why why = bf_judge_pauses(j, duty, &still, &src);
        return why || !still ? why : later(v, BF_WHY_DUTY, BF_NONE, BF_NONE);
    }
    return duty_later(j, duty, v);
}

static bool among(const struct bf_image *m, struct bf_i_range states, uint32_t state) {
    for (uint32_t i = 0; i < states.count; i++)
        if (m->index[states.first + i] == state)
            return true;
    return false;
}

/* A permission stands in its state, or in those it is narrowed to, or everywhere. */
static enum bf_why state_standing(struct bf_judge *j, const struct bf_i_offer *o,
                                  struct bf_verdict *v) {
    const struct bf_image *m = j->env.image;
    uint32_t state = j->env.self->state;
    bool narrowed = o->in.count > 0;
    if (m->state[state].asks && o->state != state) /* it has not started */
        return later(v, BF_WHY_STATE, o->state, BF_NONE);
    if ((o->state == BF_NONE || o->state == state) && (!narrowed || among(m, o->in, state)))
        return BF_WHY_NOTHING;
    if (!narrowed)
        return reaches(j, o->state) ? later(v, BF_WHY_STATE, o->state, BF_NONE)
                                    : closed(v, BF_WHY_STATE);
    for (uint32_t i = 0; i < o->in.count; i++) {
        uint32_t s = m->index[o->in.first + i];
        if ((o->state == BF_NONE || o->state == s) && reaches(j, s))
            return later(v, BF_WHY_STATE, s, BF_NONE);
    }
    return closed(v, BF_WHY_STATE);
}

/* How often it was done: of a duty of each and its extension by the member at hand. */
static uint32_t used(const struct bf_judge *j, const struct bf_i_offer *o, uint32_t offer) {
    uint32_t i = offer - j->proc->offers.first;
    if (!o->each || o->kind == BF_OFFER_MAY)
        return j->env.self->used[i];
    const struct bf_case_member *x = bf_case_member(j->env.self, o->duty, j->env.member);
    return x && x->used ? x->used[i] : 0;
}

enum bf_why bf_judge_standing(struct bf_judge *j, uint32_t offer, struct bf_verdict *v) {
    const struct bf_image *m = j->env.image;
    const struct bf_i_offer *o = &m->offer[offer];
    *v = (struct bf_verdict){.open = BF_OPEN,
                             .window.kind = BF_DUE_NONE,
                             .from_state = BF_NONE,
                             .from_act = BF_NONE,
                             .part_first = BF_NONE,
                             .part_end = BF_NONE};
    if (bf_case_ended(m, j->env.self))
        return closed(v, BF_WHY_ENDED);
    if (o->times && used(j, o, offer) >= o->times)
        return closed(v, BF_WHY_USED);
    if (o->kind == BF_OFFER_DUTY)
        return duty_standing(j, o->duty, true, v);
    enum bf_why why = state_standing(j, o, v);
    if (why || v->open != BF_OPEN || o->kind != BF_OFFER_EXTEND)
        return why;
    return duty_standing(j, o->duty, false, v);
}

/* ---- when ---- */

bool bf_judge_bears(const struct bf_i_offer *o, const struct bf_value *args) {
    return o->dated && args && bf_present(args[o->dated - 1]);
}

bf_day bf_judge_day(const struct bf_judge *j, const struct bf_i_offer *o,
                    const struct bf_value *args) {
    return bf_judge_bears(o, args) ? (bf_day)args[o->dated - 1].u.i : j->env.today;
}

/* From when a window runs; false if its event has not happened. */
static enum bf_why window_start(struct bf_judge *j, const struct bf_i_offer *o, struct bf_term *t,
                                bool *happened) {
    const struct bf_image *m = j->env.image;
    const struct bf_case *c = j->env.self;
    *happened = true;
    t->start = c->start_day;
    t->start_at = c->start_at;
    switch (o->from) {
    case BF_FROM_START: return BF_WHY_NOTHING;
    case BF_FROM_ACT: {
        const struct bf_case_act *act = bf_case_act(m, c, o->from_ref);
        *happened = act->times > 0;
        t->start = act->day;
        t->start_at = act->at;
        return BF_WHY_NOTHING;
    }
    case BF_FROM_DATE: {
        struct bf_value date;
        enum bf_why why = bf_eval(&j->env, o->from_ref, &date);
        if (why)
            return why;
        if (!bf_present(date))
            return BF_WHY_ABSENT;
        t->start = (bf_day)date.u.i;
        t->start_at = BF_INSTANT_NONE;
        return BF_WHY_NOTHING;
    }
    }
    uint32_t state = o->from == BF_FROM_STATE ? o->from_ref : o->state;
    if (state == BF_NONE)
        return BF_WHY_NOTHING;
    const struct bf_case_state *s = bf_case_state(m, c, state);
    *happened = s->times > 0;
    t->start = s->day;
    t->start_at = s->at;
    return BF_WHY_NOTHING;
}

static enum bf_why window_due(struct bf_judge *j, const struct bf_term *t, struct bf_due *due) {
    enum bf_days known = bf_term_due(j->env.world->calendar, &j->rule, t, due);
    return bf_days_known(known) ? BF_WHY_NOTHING : BF_WHY_CALENDAR;
}

bool bf_judge_month_day(bf_day from, uint32_t month_day, bf_day *out) {
    struct bf_civil c = bf_day_civil(from);
    int month = (int)(month_day / 100), day = (int)(month_day % 100);
    for (int year = c.year; year <= c.year + 1; year++) {
        int last = bf_month_length(year, month);
        if (year > 9999)
            return false;
        *out = bf_day_from_civil(year, month, day < last ? day : last);
        if (*out >= from)
            return true;
    }
    return false;
}

enum bf_why bf_judge_limit(struct bf_judge *j, const struct bf_i_duty *d, bf_day start,
                           struct bf_value *v) {
    *v = BF_ABSENT;
    if (d->limit == BF_I_LIMIT_NONE)
        return BF_WHY_NOTHING;
    if (d->limit == BF_I_LIMIT_BY_MONTH_DAY) {
        bf_day day;
        if (!bf_judge_month_day(start, d->limit_code, &day))
            return BF_WHY_CALENDAR;
        *v = bf_date(day);
        return BF_WHY_NOTHING;
    }
    enum bf_why why = bf_eval(&j->env, d->limit_code, v);
    if (!why && v->kind == BF_K_PERIOD && v->u.i < 1)
        why = BF_WHY_LIMIT;
    return why;
}

static enum bf_why window_limit(struct bf_judge *j, const struct bf_i_offer *o,
                                struct bf_value *limit) {
    bf_day day;
    if (!bf_i_window_of_year(o->window))
        return bf_eval(&j->env, o->window_code, limit);
    if (!bf_judge_month_day(j->env.self->start_day, o->window_code, &day))
        return BF_WHY_CALENDAR;
    *limit = bf_date(day);
    return BF_WHY_NOTHING;
}

/* Not until the period is over: of days, from the day behind its last; of hours, on the day they end. */
static enum bf_why opens_after(const struct bf_judge *j, struct bf_verdict *v) {
    v->window.last = bf_calendar_day_of(j->env.world->calendar, v->window.at, j->rule.day_ends);
    return later(v, BF_WHY_WINDOW, BF_NONE, BF_NONE);
}

/* The window of an offer that stands. A window whose expression is absent, or counts with what is absent, is none: of
** the latter the offer's guard, looked at afterwards, has made sure. */
static enum bf_why judge_window(struct bf_judge *j, const struct bf_i_offer *o,
                                struct bf_verdict *v) {
    struct bf_value limit;
    if (o->window == BF_WINDOW_NONE)
        return BF_WHY_NOTHING;
    enum bf_why why = window_limit(j, o, &limit);
    if (why || !bf_present(limit))
        return why == BF_WHY_ABSENT ? BF_WHY_NOTHING : why;
    struct bf_term t = {.limit = BF_LIMIT_DATE, .date = (bf_day)limit.u.i};
    bool happened = true;
    if (bf_i_window_counted(o->window)) {
        t.limit = BF_LIMIT_PERIOD;
        t.period = (struct bf_period){(enum bf_unit)limit.aux, limit.u.i};
        if ((why = window_start(j, o, &t, &happened)))
            return why == BF_WHY_ABSENT ? BF_WHY_NOTHING : why;
        if (!happened)
            return later(v, BF_WHY_WINDOW, o->from == BF_FROM_STATE ? o->from_ref : BF_NONE,
                         o->from == BF_FROM_ACT ? o->from_ref : BF_NONE);
    } else {
        t.start = j->env.self->start_day;
        t.start_at = j->env.self->start_at;
    }
    if ((why = window_due(j, &t, &v->window)))
        return why;
    bf_day day = bf_judge_day(j, o, j->env.args);
    bool bears = bf_judge_bears(o, j->env.args);
    if (o->window == BF_WINDOW_AFTER) {
        bool over =
            !v->window.provisional && (bears ? day > v->window.last : j->at >= v->window.at);
        if (!over)
            return opens_after(j, v);
        v->window = (struct bf_due){.kind = BF_DUE_NONE};
        return BF_WHY_NOTHING;
    }
    if (o->window == BF_WINDOW_NOT_BEFORE || o->window == BF_WINDOW_NOT_BEFORE_MONTH_DAY) {
        if (day < v->window.last)
            return later(v, BF_WHY_WINDOW, BF_NONE, BF_NONE);
        v->window = (struct bf_due){.kind = BF_DUE_NONE};
        return BF_WHY_NOTHING;
    }
    if (v->window.provisional || j->at < v->window.at || (bears && day <= v->window.last))
        return BF_WHY_NOTHING;
    if (!o->dated || j->env.args)
        return closed(v, BF_WHY_WINDOW);
    v->maybe = true; /* if it bears a day in time */
    return BF_WHY_NOTHING;
}

static enum bf_why judge_guard(struct bf_judge *j, const struct bf_i_offer *o, bool args_known,
                               struct bf_verdict *v) {
    bool yes;
    if (!args_known && bf_reads_args(j->env.image, o->guard)) {
        v->maybe = true;
        return BF_WHY_NOTHING;
    }
    enum bf_why why = bf_holds(&j->env, o->guard, &yes);
    if (why || yes)
        return why;
    v->open = BF_GUARDED;
    v->why = BF_WHY_GUARD;
    bf_guard_part(&j->env, o->guard, &v->part_first, &v->part_end);
    return BF_WHY_NOTHING;
}

/* Where the case is elsewhere: a window that has closed for good comes before a state that can come
** again. */
static void judge_shut(struct bf_judge *j, const struct bf_i_offer *o, struct bf_verdict *v) {
    struct bf_verdict w = *v;
    bool for_good = o->window == BF_WINDOW_BY || o->window == BF_WINDOW_BY_MONTH_DAY ||
                    (o->window == BF_WINDOW_WITHIN && o->from == BF_FROM_START);
    if (v->open == BF_LATER && o->kind == BF_OFFER_MAY && for_good && !judge_window(j, o, &w) &&
        w.open == BF_CLOSED)
        *v = w;
}

enum bf_why bf_judge_offer(struct bf_judge *j, uint32_t offer, bool args_known,
                           struct bf_verdict *v) {
    const struct bf_image *m = j->env.image;
    const struct bf_i_offer *o = &m->offer[offer];
    enum bf_why why = bf_judge_standing(j, offer, v);
    if (!why)
        judge_shut(j, o, v);
    if (why || v->open != BF_OPEN || (why = judge_window(j, o, v)) || v->open != BF_OPEN ||
        (why = judge_guard(j, o, args_known, v)) || v->open != BF_OPEN || o->kind == BF_OFFER_MAY)
        return why;
    const struct bf_case_duty *d = bf_judge_duty(j, o->duty);
    bool sooner = v->window.kind != BF_DUE_DAY || d->due.at < v->window.at;
    if (d->status == BF_STATUS_OPEN && d->due.kind == BF_DUE_DAY && sooner)
        v->window = d->due;
    return BF_WHY_NOTHING;
}
