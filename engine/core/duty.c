/* duty: the life of duties. See step_parts.h; docs/LANGUAGE.md draws the same:
**
**                      arm                     meet (effect.c)
**   (nothing) ───────────────▶  open  ─────────────────────────▶  met
**       │                       │  ▲ │
**       │ wait      pause/resume│  │ │ lapse (step.c)                meet
**       ▼                       ▼  │ └──────────────▶  lapsed  ─────────────────▶  late
**    waiting ── arm ──▶ open   paused                    │
**                                                        └── leave: its acts are closed
**   waiting, open, paused ─── leave ───▶ void
*/
#include "engine/core/step_parts.h"

static void emit(struct bf_stepper *s, enum bf_fact_kind kind, uint32_t duty, uint32_t b,
                 uint32_t src) {
    BF_STEP_EMIT(s, .kind = (uint16_t)kind, .src = src, .a = duty, .b = b, .c = BF_NONE,
                 .member = bf_step_member(s, s->m->duty[duty].each));
}

/* The duty as it is now; of one of each what the member at hand has. */
static const struct bf_case_duty *now_of(const struct bf_stepper *s, uint32_t duty) {
    return bf_judge_duty(&s->judge, duty);
}

static enum bf_why due_of(struct bf_stepper *s, const struct bf_term *t, struct bf_due *due) {
    enum bf_days known = bf_term_due(s->w->calendar, &s->judge.rule, t, due);
    return bf_days_known(known) ? BF_WHY_NOTHING : BF_WHY_CALENDAR;
}

/* ---- arming ---- */

/* From when its days are counted: its event, or (anew) this step's day. */
static enum bf_why read_start(struct bf_stepper *s, const struct bf_i_duty *d, bool anew,
                              bf_day *day, bf_instant *at) {
    *day = s->judge.env.today;
    *at = s->judge.at;
    if (anew || d->from == BF_FROM_ENTRY)
        return BF_WHY_NOTHING;
    if (d->from == BF_FROM_START) {
        *day = s->c->start_day;
        *at = s->c->start_at;
    } else if (d->from == BF_FROM_ACT) {
        *day = bf_case_act(s->m, s->c, d->from_ref)->day;
        *at = bf_case_act(s->m, s->c, d->from_ref)->at;
    } else if (d->from == BF_FROM_STATE) {
        *day = bf_case_state(s->m, s->c, d->from_ref)->day;
        *at = bf_case_state(s->m, s->c, d->from_ref)->at;
    } else {
        struct bf_value date;
        enum bf_why why = bf_eval(&s->judge.env, d->from_ref, &date);
        if (why)
            return why;
        if (!bf_present(date))
            return BF_WHY_ABSENT;
        *day = (bf_day)date.u.i;
        *at = BF_INSTANT_NONE;
    }
    return BF_WHY_NOTHING;
}

/* anew: counted from this step's day, whatever its event. */
static enum bf_why arm(struct bf_stepper *s, uint32_t duty, enum bf_fact_kind kind, bool anew,
                       uint32_t src) {
    const struct bf_i_duty *d = &s->m->duty[duty];
    struct bf_value limit;
    bf_day day;
    bf_instant at;
    enum bf_why why = read_start(s, d, anew, &day, &at);
    if (why || (why = bf_judge_limit(&s->judge, d, day, &limit)))
        return why;
    struct bf_term t = {.limit = BF_LIMIT_NONE, .start = day, .start_at = at};
    if (limit.kind == BF_K_PERIOD) {
        t.limit = BF_LIMIT_PERIOD;
        t.period = (struct bf_period){(enum bf_unit)limit.aux, limit.u.i};
    } else if (limit.kind == BF_K_DATE) {
        t.limit = BF_LIMIT_DATE;
        t.date = (bf_day)limit.u.i;
    }
    struct bf_due due;
    if ((why = due_of(s, &t, &due)))
        return why;
    struct bf_value *v = bf_arena_alloc(s->a, 3 * sizeof *v);
    v[0] = bf_date(day);
    v[1] = at == BF_INSTANT_NONE ? BF_ABSENT : bf_instant_value(at);
    v[2] = limit;
    BF_STEP_EMIT(s, .kind = (uint16_t)kind, .src = src, .a = duty,
                 .b = bf_case_happened(s->m, s->c, duty), .c = BF_NONE, .due = due, .n = 3, .v = v,
                 .member = bf_step_member(s, d->each));
    return BF_WHY_NOTHING;
}

/* ---- the state it is in ---- */

static void leave(struct bf_stepper *s, uint32_t duty) {
    const struct bf_case_duty *d = now_of(s, duty);
    uint32_t src = s->m->duty[duty].src;
    if (d->status == BF_STATUS_WAITING || d->status == BF_STATUS_OPEN ||
        d->status == BF_STATUS_PAUSED)
        emit(s, BF_FACT_VOIDED, duty, BF_NONE, src);
    else if (d->status == BF_STATUS_LAPSED && !d->left)
        emit(s, BF_FACT_LEFT, duty, BF_NONE, src);
}

static enum bf_why pause(struct bf_stepper *s, uint32_t duty, uint32_t src) {
    if (now_of(s, duty)->pause_count >= BF_LEDGER_MAX)
        return BF_WHY_TOO_LONG;
    BF_STEP_EMIT(s, .kind = BF_FACT_PAUSED, .src = src, .a = duty, .b = BF_NONE, .c = BF_NONE,
                 .member = bf_step_member(s, s->m->duty[duty].each), .due.kind = BF_DUE_PAUSED);
    return BF_WHY_NOTHING;
}

/* Its term, where it stands still as if it ran on from now. */
static struct bf_term running_term(struct bf_stepper *s, const struct bf_case_duty *d) {
    struct bf_term t = bf_case_term(d);
    if (d->status != BF_STATUS_PAUSED)
        return t;
    struct bf_pause *pauses = bf_arena_copy(s->a, d->pauses, d->pause_count * sizeof *pauses);
    pauses[d->pause_count - 1].to = s->judge.env.today;
    pauses[d->pause_count - 1].to_at = s->judge.at;
    t.pauses = pauses;
    return t;
}

static enum bf_why resume(struct bf_stepper *s, uint32_t duty) {
    const struct bf_case_duty *d = now_of(s, duty);
    struct bf_term t = running_term(s, d);
    struct bf_due due;
    enum bf_why why = due_of(s, &t, &due);
    if (!why)
        BF_STEP_EMIT(s, .kind = BF_FACT_RESUMED, .src = s->m->duty[duty].src, .a = duty,
                     .b = BF_NONE, .c = BF_NONE, .due = due,
                     .member = bf_step_member(s, s->m->duty[duty].each));
    return why;
}

/* Its event happened: armed, if its guard says so. */
static enum bf_why happen(struct bf_stepper *s, uint32_t duty, enum bf_fact_kind kind, bool anew,
                          uint32_t src) {
    const struct bf_i_duty *d = &s->m->duty[duty];
    bool yes;
    enum bf_why why = bf_holds(&s->judge.env, d->guard, &yes);
    if (why)
        return why;
    if (yes)
        return arm(s, duty, kind, anew, src);
    emit(s, BF_FACT_SPARED, duty, bf_case_happened(s->m, s->c, duty), d->src);
    return BF_WHY_NOTHING;
}

static bool running(const struct bf_case_duty *d) {
    return d->status == BF_STATUS_OPEN || d->status == BF_STATUS_PAUSED;
}

static const struct bf_restart *restart_of(const struct bf_stepper *s, uint32_t duty) {
    const struct bf_restart *r = s->restarts;
    while (r && r->duty != duty)
        r = r->next;
    return r;
}

/* The state just entered meets a duty that ran until it, if late when it had lapsed; not where its own lapse leads. */
static void reached(struct bf_stepper *s, uint32_t duty) {
    const struct bf_i_duty *d = &s->m->duty[duty];
    const struct bf_case_duty *now = now_of(s, duty);
    bool own = s->lapsing == duty && bf_value_equal(s->lapsing_of, s->judge.env.member);
    bool lapsed = now->status == BF_STATUS_LAPSED && !now->left && !own;
    if (!running(now) && !lapsed)
        return;
    for (uint32_t i = 0; i < d->until.count; i++)
        if (s->m->index[d->until.first + i] == s->c->state) {
            emit(s, lapsed ? BF_FACT_LATE : BF_FACT_MET, duty, BF_NONE, d->src);
            return;
        }
}

/* Where the case is it stands still, or runs on. */
static enum bf_why stand(struct bf_stepper *s, uint32_t duty) {
    uint8_t status = now_of(s, duty)->status;
    uint32_t src;
    bool still;
    enum bf_why why = bf_judge_pauses(&s->judge, duty, &still, &src);
    if (why)
        return why;
    if (still && status == BF_STATUS_OPEN)
        return pause(s, duty, src);
    return !still && status == BF_STATUS_PAUSED ? resume(s, duty) : BF_WHY_NOTHING;
}

/* It lives where the case is. */
static enum bf_why live(struct bf_stepper *s, uint32_t duty, bool entered) {
    const struct bf_i_duty *d = &s->m->duty[duty];
    const struct bf_case_duty *now = bf_case_duty(s->m, s->c, duty);
    const struct bf_restart *restart = restart_of(s, duty);
    uint32_t epoch = now->epoch, happened = bf_case_happened(s->m, s->c, duty);
    enum bf_why why = BF_WHY_NOTHING;
    if (restart)
        why = arm(s, duty, BF_FACT_RESTARTED, true, restart->src);
    else if (!running(now) && happened > now->happened)
        why = happen(s, duty, BF_FACT_ARMED, false, d->src);
    if (!why && running(now) && (entered || now->epoch != epoch))
        why = stand(s, duty);
    bool none = now->status == BF_STATUS_NONE || now->status == BF_STATUS_VOID;
    if (!why && none && !happened && (d->from == BF_FROM_ACT || d->from == BF_FROM_STATE))
        emit(s, BF_FACT_WAITING, duty, BF_NONE, d->src);
    return why;
}

/* ---- a duty that each member of a list has ---- */

/* at: where he is looked for first. */
static bool asked_now(const struct bf_stepper *s, uint32_t duty, struct bf_value who,
                      uint32_t *at) {
    return bf_case_member_now(s->m, s->c, bf_case_next_member(s->c, duty, who, at));
}

/* at: where he is looked for first. */
static bool in_list(struct bf_value list, struct bf_value who, uint32_t *at) {
    for (uint32_t k = 0, i = *at; k < list.n; k++, i++) {
        i = i < list.n ? i : 0;
        if (!bf_value_equal(list.u.items[i], who))
            continue;
        *at = i + 1;
        return true;
    }
    return false;
}

/* The list, once anybody was asked. Who is no longer in it has the duty no longer. */
static enum bf_why who_is_left(struct bf_stepper *s, uint32_t duty, struct bf_value *now) {
    uint32_t at = 0;
    struct bf_value list = BF_ABSENT;
    if (!bf_case_duty(s->m, s->c, duty)->epoch)
        return BF_WHY_NOTHING;
    enum bf_why why = bf_members(&s->judge.env, s->m->duty[duty].members, &list);
    *now = list;
    for (uint32_t i = 0; i < s->c->member_count && !why; i++) {
        const struct bf_case_member *x = s->c->members[i];
        if (x->duty != duty || !bf_case_member_now(s->m, s->c, x) || in_list(list, x->who, &at))
            continue;
        s->judge.env.member = x->who;
        emit(s, BF_FACT_GONE, duty, BF_NONE, s->m->duty[duty].src);
    }
    return why;
}

/* What the asking of members is about. */
struct asking {
    uint32_t duty, src;
    enum bf_fact_kind kind; /* ARMED or RESTARTED */
    bool anew;              /* counted from this step's day */
};

static enum bf_why ask(struct bf_stepper *s, const struct asking *a, struct bf_value who) {
    if (s->c->member_count >= BF_LEDGER_MAX)
        return BF_WHY_TOO_LONG;
    s->judge.env.member = who;
    enum bf_why why = happen(s, a->duty, a->kind, a->anew, a->src);
    return why || now_of(s, a->duty)->status != BF_STATUS_OPEN ? why : stand(s, a->duty);
}

/* In turn: the first of the list who waits, once nobody's runs. Those the guard spares are passed over; only the first
** of all counts from the event. */
static enum bf_why next_in_turn(struct bf_stepper *s, struct asking *a, struct bf_value list) {
    enum bf_why why = BF_WHY_NOTHING;
    if (running(bf_case_duty(s->m, s->c, a->duty)))
        return why;
    for (uint32_t i = 0; i < list.n && !why; i++) {
        s->judge.env.member = list.u.items[i];
        if (now_of(s, a->duty)->status != BF_STATUS_WAITING)
            continue;
        why = ask(s, a, list.u.items[i]);
        if (running(now_of(s, a->duty)))
            return why;
    }
    return why;
}

/* Who has come to the list is asked; in turn he waits. */
static enum bf_why ask_new(struct bf_stepper *s, struct asking *a, struct bf_value list) {
    bool in_turn = s->m->duty[a->duty].each == BF_EACH_IN_TURN;
    enum bf_why why = BF_WHY_NOTHING;
    uint32_t at = 0;
    for (uint32_t i = 0; i < list.n && !why; i++) {
        if (asked_now(s, a->duty, list.u.items[i], &at))
            continue;
        if (!in_turn) {
            why = ask(s, a, list.u.items[i]);
            continue;
        }
        if (s->c->member_count >= BF_LEDGER_MAX)
            return BF_WHY_TOO_LONG;
        s->judge.env.member = list.u.items[i];
        emit(s, BF_FACT_WAITING, a->duty, BF_NONE, s->m->duty[a->duty].src);
    }
    return why || !in_turn ? why : next_in_turn(s, a, list);
}

static enum bf_why live_each(struct bf_stepper *s, uint32_t duty, bool entered) {
    const struct bf_i_duty *d = &s->m->duty[duty];
    const struct bf_case_duty *whole = bf_case_duty(s->m, s->c, duty);
    const struct bf_restart *restart = restart_of(s, duty);
    struct asking a = {duty, restart ? restart->src : d->src,
                       restart ? BF_FACT_RESTARTED : BF_FACT_ARMED, true};
    uint32_t happened = bf_case_happened(s->m, s->c, duty), old = s->c->member_count;
    if (restart || (!running(whole) && happened > whole->happened)) {
        a.anew = restart != NULL;
        BF_STEP_EMIT(s, .kind = BF_FACT_ROUND, .how = restart != NULL, .src = a.src, .a = duty,
                     .b = happened, .c = BF_NONE);
    }
    bool asked = whole->epoch && !whole->left;
    if (!asked && !happened && (d->from == BF_FROM_ACT || d->from == BF_FROM_STATE) &&
        (whole->status == BF_STATUS_NONE || whole->status == BF_STATUS_VOID))
        emit(s, BF_FACT_WAITING, duty, BF_NONE, d->src);
    struct bf_value list;
    enum bf_why why = who_is_left(s, duty, &list);
    if (why || !asked)
        return why;
    for (uint32_t i = 0; entered && i < old && !why; i++) {
        s->judge.env.member = s->c->members[i]->who;
        if (s->c->members[i]->duty == duty && running(now_of(s, duty)))
            why = stand(s, duty);
    }
    return why ? why : ask_new(s, &a, list);
}

/* Where it does not live what each has is void, or closed; then nobody who comes to the list is asked any more, but who
** leaves it has nothing there either. */
static enum bf_why leave_each(struct bf_stepper *s, uint32_t duty) {
    const struct bf_case_duty *whole = bf_case_duty(s->m, s->c, duty);
    struct bf_value list;
    enum bf_why why = who_is_left(s, duty, &list);
    if (why)
        return why;
    for (uint32_t i = 0; i < s->c->member_count; i++) {
        const struct bf_case_member *x = s->c->members[i];
        if (x->duty != duty || !bf_case_member_now(s->m, s->c, x))
            continue;
        s->judge.env.member = x->who;
        leave(s, duty);
    }
    s->judge.env.member = BF_ABSENT;
    if (whole->status == BF_STATUS_WAITING)
        emit(s, BF_FACT_VOIDED, duty, BF_NONE, s->m->duty[duty].src);
    else if (whole->epoch && !whole->left)
        emit(s, BF_FACT_LEFT, duty, BF_NONE, s->m->duty[duty].src);
    return BF_WHY_NOTHING;
}

static enum bf_why each(struct bf_stepper *s, uint32_t duty, bool lives, bool entered) {
    enum bf_why why;
    for (uint32_t i = 0; entered && i < s->c->member_count; i++) {
        const struct bf_case_member *x = s->c->members[i];
        if (x->duty != duty || !bf_case_member_now(s->m, s->c, x))
            continue;
        s->judge.env.member = x->who;
        reached(s, duty);
    }
    s->judge.env.member = BF_ABSENT;
    why = lives ? live_each(s, duty, entered) : leave_each(s, duty);
    s->judge.env.member = BF_ABSENT;
    return why;
}

enum bf_why bf_step_duties(struct bf_stepper *s, bool entered) {
    struct bf_i_range duties = s->judge.proc->duties;
    bool ended = bf_case_ended(s->m, s->c);
    enum bf_why why = BF_WHY_NOTHING;
    for (uint32_t i = 0; i < duties.count && !why; i++) {
        uint32_t duty = duties.first + i;
        bool lives = !ended && bf_duty_lives(s->m, s->c->state, duty);
        if (s->m->duty[duty].each) {
            why = each(s, duty, lives, entered);
            continue;
        }
        if (entered)
            reached(s, duty);
        if (lives)
            why = live(s, duty, entered);
        else
            leave(s, duty);
    }
    s->restarts = NULL;
    return why;
}

/* ---- lengthening ---- */

/* By a period (offer: the permission used, or BF_NONE), or to a date. */
struct lengthening {
    struct bf_period by;
    bf_day date;
    uint32_t offer, src;
};

/* Does one thing to what each member has that is asked of him now. */
static enum bf_why every(struct bf_stepper *s, uint32_t duty, const struct lengthening *how,
                         enum bf_why (*one)(struct bf_stepper *s, uint32_t duty,
                                            const struct lengthening *how)) {
    enum bf_why why = BF_WHY_NOTHING;
    for (uint32_t i = 0; i < s->c->member_count && !why; i++) {
        const struct bf_case_member *x = s->c->members[i];
        if (x->duty != duty || !bf_case_member_now(s->m, s->c, x))
            continue;
        s->judge.env.member = x->who;
        why = one(s, duty, how);
    }
    s->judge.env.member = BF_ABSENT;
    return why;
}

static bool of_all(const struct bf_stepper *s, uint32_t duty) {
    return s->m->duty[duty].each && !bf_present(s->judge.env.member);
}

static enum bf_why extend(struct bf_stepper *s, uint32_t duty, const struct lengthening *how) {
    struct bf_period by = how->by;
    uint32_t offer = how->offer, src = how->src;
    const struct bf_case_duty *d = now_of(s, duty);
    if (!running(d))
        return BF_WHY_NOTHING;
    bool unit = d->limit == BF_LIMIT_PERIOD ? by.unit == d->unit : by.unit != BF_UNIT_HOURS;
    if (by.count < 1 || !unit)
        return BF_WHY_LIMIT;
    if (d->extension_count >= BF_LEDGER_MAX)
        return BF_WHY_TOO_LONG;
    struct bf_term t = bf_case_term(d);
    struct bf_period *list = bf_new_array(s->a, struct bf_period, d->extension_count + 1);
    for (uint32_t i = 0; i < d->extension_count; i++)
        list[i] = d->extensions[i];
    list[d->extension_count] = by;
    t.extensions = list;
    t.extension_count++;
    struct bf_due due;
    enum bf_why why = due_of(s, &t, &due);
    if (!why)
        BF_STEP_EMIT(s, .kind = BF_FACT_EXTENDED, .src = src, .a = duty, .b = offer, .c = BF_NONE,
                     .due = due, .n = 1,
                     .v = bf_step_values(s, bf_period_value(by.unit, by.count), BF_ABSENT),
                     .member = bf_step_member(s, s->m->duty[duty].each));
    return why;
}

enum bf_why bf_step_extend(struct bf_stepper *s, uint32_t duty, uint32_t offer, struct bf_period by,
                           uint32_t src) {
    struct lengthening how = {.by = by, .offer = offer, .src = src};
    return of_all(s, duty) ? every(s, duty, &how, extend) : extend(s, duty, &how);
}

static enum bf_why extend_to(struct bf_stepper *s, uint32_t duty, const struct lengthening *how) {
    bf_day date = how->date;
    uint32_t src = how->src;
    const struct bf_case_duty *d = now_of(s, duty);
    if (!running(d) || d->limit == BF_LIMIT_NONE)
        return BF_WHY_NOTHING;
    struct bf_term t = running_term(s, d);
    int64_t units = 0;
    enum bf_days known = bf_term_units_to(s->w->calendar, &s->judge.rule, &t, date, &units);
    if (!bf_days_known(known))
        return BF_WHY_CALENDAR;
    if (units < 1)
        return BF_WHY_NOTHING;
    enum bf_unit unit = d->limit == BF_LIMIT_PERIOD ? (enum bf_unit)d->unit : BF_UNIT_DAYS;
    return extend(s, duty,
                  &(struct lengthening){.by = {unit, units}, .offer = BF_NONE, .src = src});
}

enum bf_why bf_step_extend_to(struct bf_stepper *s, uint32_t duty, bf_day date, uint32_t src) {
    struct lengthening how = {.date = date, .src = src};
    return of_all(s, duty) ? every(s, duty, &how, extend_to) : extend_to(s, duty, &how);
}

static enum bf_why recompute(struct bf_stepper *s, uint32_t duty, const struct lengthening *how) {
    const struct bf_case_duty *d = now_of(s, duty);
    (void)how;
    if (d->status != BF_STATUS_OPEN)
        return BF_WHY_NOTHING;
    struct bf_term t = bf_case_term(d);
    struct bf_due due;
    enum bf_why why = due_of(s, &t, &due);
    if (why || (due.kind == d->due.kind && due.last == d->due.last && due.at == d->due.at &&
                due.provisional == d->due.provisional))
        return why;
    BF_STEP_EMIT(s, .kind = BF_FACT_RECOMPUTED, .src = s->m->duty[duty].src, .a = duty,
                 .b = BF_NONE, .c = BF_NONE, .due = due,
                 .member = bf_step_member(s, s->m->duty[duty].each));
    return BF_WHY_NOTHING;
}

enum bf_why bf_step_recompute(struct bf_stepper *s) {
    struct bf_i_range duties = s->judge.proc->duties;
    enum bf_why why = BF_WHY_NOTHING;
    for (uint32_t i = 0; i < duties.count && !why; i++) {
        uint32_t duty = duties.first + i;
        why = of_all(s, duty) ? every(s, duty, NULL, recompute) : recompute(s, duty, NULL);
    }
    return why;
}

enum bf_why bf_step_requests(struct bf_stepper *s) {
    for (uint32_t i = 0; i < s->c->request_count; i++) {
        const struct bf_case_request *r = &s->c->requests[i];
        if (r->status != BF_REQUEST_PENDING)
            continue;
        const struct bf_i_offer *o = &s->m->offer[r->offer];
        struct bf_verdict v;
        s->judge.env.member = r->member;
        enum bf_why why = bf_judge_standing(&s->judge, r->offer, &v);
        const struct bf_value *member = bf_step_member(s, o->each);
        s->judge.env.member = BF_ABSENT;
        if (why)
            return why;
        bool lapsed = o->kind != BF_OFFER_MAY && o->duty == s->lapsing &&
                      (!o->each || bf_value_equal(r->member, s->lapsing_of));
        if (v.open == BF_OPEN && !lapsed)
            continue;
        BF_STEP_EMIT(s, .kind = BF_FACT_REQUEST_DIED, .how = BF_DEATH_CLOSED, .src = o->src,
                     .a = r->offer, .b = o->act, .c = BF_NONE, .member = member);
    }
    return BF_WHY_NOTHING;
}
