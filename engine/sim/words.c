/* Words; see words.h. */
#include "engine/sim/words.h"

#include "lang/base/cite.h"

/* What a buffer in the words' arena holds: when that runs out it jumps, so a text is never cut short. */
static bf_str told(const struct bf_buf *b) { return b->len ? bf_buf_view(b) : BF_STR(""); }

bf_str bf_words_text(const struct bf_words *w, enum bf_text_id id, const bf_arg *args, int nargs) {
    struct bf_buf b;
    bf_buf_in(&b, w->arena);
    bf_text_render(&b, w->lang, id, args, nargs);
    return told(&b);
}

bf_str bf_words_join(const struct bf_words *w, bf_str x, const char *between, bf_str y) {
    if (!x.len)
        return y;
    if (!y.len)
        return x;
    struct bf_buf b;
    bf_buf_in(&b, w->arena);
    bf_buf_str(&b, x);
    bf_buf_z(&b, between);
    bf_buf_str(&b, y);
    return told(&b);
}

/* ---- days ---- */

static const enum bf_text_id weekday[] = {BF_T_SIM_MON, BF_T_SIM_TUE, BF_T_SIM_WED, BF_T_SIM_THU,
                                          BF_T_SIM_FRI, BF_T_SIM_SAT, BF_T_SIM_SUN};

static const char *weekday_z(const struct bf_words *w, bf_day day) {
    return bf_text_z(w->lang, weekday[bf_day_weekday(day) - 1]);
}

bf_str bf_words_day(const struct bf_words *w, bf_day day) {
    char text[BF_DAY_TEXT];
    struct bf_buf b;
    bf_buf_in(&b, w->arena);
    bf_buf_fmt(&b, "%s %s", bf_day_print(day, text), weekday_z(w, day));
    return told(&b);
}

bf_str bf_words_instant(const struct bf_words *w, bf_instant at) {
    bf_day day;
    int32_t s;
    char text[BF_DAY_TEXT];
    bf_calendar_local(w->calendar, at, &day, &s);
    struct bf_buf b;
    bf_buf_in(&b, w->arena);
    bf_buf_fmt(&b, "%s %s %02d:%02d", bf_day_print(day, text), weekday_z(w, day), s / 3600,
               s / 60 % 60);
    if (s % 60)
        bf_buf_fmt(&b, ":%02d", s % 60);
    return told(&b);
}

/* A day within a list: month and year only where they change. 9月30日、10月9日、10日; 30 Sep, 9 Oct, 10. */
static void short_day(const struct bf_words *w, struct bf_buf *b, bf_day day, int *month) {
    struct bf_civil c = bf_day_civil(day);
    static const char *const en[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    bool zh = w->lang == BF_LANG_ZH, year = *month && *month / 12 != c.year;
    int this = c.year * 12 + c.month - 1;
    bool named = this == *month;
    *month = this;
    if (zh && year)
        bf_buf_fmt(b, "%d年", c.year);
    if (zh)
        named ? bf_buf_fmt(b, "%d日", c.day) : bf_buf_fmt(b, "%d月%d日", c.month, c.day);
    else
        named ? bf_buf_fmt(b, "%d", c.day) : bf_buf_fmt(b, "%d %s", c.day, en[c.month - 1]);
    if (!zh && year)
        bf_buf_fmt(b, " %d", c.year);
}

/* ---- values ---- */

static bf_str label_of(const struct bf_words *w, uint32_t name, uint32_t label) {
    return bf_i_label(w->image, name, label);
}

bf_str bf_words_period(const struct bf_words *w, struct bf_value v) {
    static const enum bf_text_id unit[] = {BF_T_SIM_WORKING_DAYS, BF_T_SIM_DAYS, BF_T_SIM_MONTHS,
                                           BF_T_SIM_HOURS};
    return bf_words_text(w, unit[v.aux], BF_ARGS(bf_arg_int(v.u.i)));
}

bf_str bf_words_party(const struct bf_words *w, struct bf_value v) {
    if (!bf_is_party(v))
        return bf_words_text(w, BF_T_SIM_NOBODY, BF_NOARGS);
    bf_str party = {"", 0}, office = {"", 0};
    if (v.kind != BF_K_PARTY) {
        struct bf_value name = v.u.items[BF_PARTY_NAME], code = v.u.items[BF_PARTY_CODE];
        party = bf_value_text(bf_present(name) && name.n ? name : code);
    }
    if (v.aux != BF_NO_OFFICE)
        office = label_of(w, w->image->office[v.aux].name, w->image->office[v.aux].label);
    if (party.len && office.len)
        return bf_words_text(w, BF_T_SIM_OFFICE_OF, BF_ARGS(bf_arg_str(party), bf_arg_str(office)));
    return party.len ? party : office;
}

bf_str bf_words_doer(const struct bf_words *w, struct bf_value who, const struct bf_persons *by) {
    bf_str doer = bf_words_party(w, who);
    if (by && bf_present(by->person) && bf_present(by->principal))
        doer = bf_words_text(w, BF_T_SIM_BY_DEPUTY,
                             BF_ARGS(bf_arg_str(doer), bf_arg_str(bf_words_party(w, by->person)),
                                     bf_arg_str(bf_words_party(w, by->principal))));
    else if (by && bf_present(by->person))
        doer = bf_words_text(w, BF_T_SIM_BY,
                             BF_ARGS(bf_arg_str(doer), bf_arg_str(bf_words_party(w, by->person))));
    if (by && bf_present(by->clerk))
        doer = bf_words_text(w, BF_T_SIM_BY_CLERK,
                             BF_ARGS(bf_arg_str(doer), bf_arg_str(bf_words_party(w, by->clerk))));
    return doer;
}

/* Fields or elements; a record inside a record is told by its first field only. */
static void put_items(const struct bf_words *w, struct bf_buf *b, struct bf_value v, int depth);

static void put_value(const struct bf_words *w, struct bf_buf *b, struct bf_value v, int depth) {
    char text[BF_DECIMAL_TEXT], day[BF_DAY_TEXT];
    switch ((enum bf_kind)v.kind) {
    case BF_K_NONE: bf_buf_z(b, bf_text_z(w->lang, BF_T_SIM_ABSENT)); break;
    case BF_K_BOOL: bf_buf_z(b, bf_text_z(w->lang, v.u.i ? BF_T_SIM_YES : BF_T_SIM_NO)); break;
    case BF_K_INT: bf_buf_int(b, v.u.i); break;
    case BF_K_DECIMAL: bf_buf_z(b, bf_decimal_print(v.u.i, text)); break;
    case BF_K_TEXT:
    case BF_K_DOCUMENT:
    case BF_K_CITIZEN_ID:
    case BF_K_CREDIT_CODE:
        bf_buf_z(b, w->lang == BF_LANG_ZH ? "“" : "\"");
        bf_buf_str(b, bf_value_text(v));
        bf_buf_z(b, w->lang == BF_LANG_ZH ? "”" : "\"");
        break;
    case BF_K_DATE: bf_buf_z(b, bf_day_print((bf_day)v.u.i, day)); break;
    case BF_K_INSTANT: bf_buf_str(b, bf_words_instant(w, v.u.i)); break;
    case BF_K_PARTY:
    case BF_K_PERSON:
    case BF_K_ORGANISATION:
    case BF_K_DEPARTMENT: bf_buf_str(b, bf_words_party(w, v)); break;
    case BF_K_VIOLATION: bf_buf_str(b, bf_words_violation(w, (uint32_t)v.u.i)); break;
    case BF_K_PERIOD: bf_buf_str(b, bf_words_period(w, v)); break;
    case BF_K_ENUM: {
        const struct bf_i_member *m =
            &w->image->member[w->image->enums[v.aux].members.first + (uint32_t)v.u.i];
        bf_buf_str(b, label_of(w, m->name, m->label));
        break;
    }
    case BF_K_RECORD:
    case BF_K_LIST: put_items(w, b, v, depth); break;
    case BF_K_CASE:
        bf_buf_str(b, bf_words_proc(w, v.aux));
        bf_buf_fmt(b, " #%d", (int)v.u.i);
        break;
    case BF_KINDS: break;
    }
}

static void put_items(const struct bf_words *w, struct bf_buf *b, struct bf_value v, int depth) {
    const struct bf_i_record *r =
        v.kind == BF_K_RECORD && v.aux != BF_TUPLE ? &w->image->record[v.aux] : NULL;
    if (r)
        bf_buf_str(b, label_of(w, r->name, r->label));
    bool zh = w->lang == BF_LANG_ZH;
    bf_buf_z(b, !r ? (zh ? "" : "[") : zh ? "（" : "(");
    if (zh && !r && !v.n)
        bf_buf_z(b, bf_text_z(w->lang, BF_T_SIM_NOTHING));
    uint32_t n = depth && r && v.n > 1 ? 1 : v.n;
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            bf_buf_z(b, !zh ? ", " : r ? "，" : "、");
        if (r) {
            const struct bf_i_field *f = &w->image->field[r->fields.first + i];
            bf_buf_str(b, label_of(w, f->name, f->label));
            bf_buf_z(b, w->lang == BF_LANG_ZH ? "：" : ": ");
        }
        put_value(w, b, v.u.items[i], depth + 1);
    }
    if (n < v.n)
        bf_buf_z(b, w->lang == BF_LANG_ZH ? "，……" : ", ...");
    bf_buf_z(b, !r ? (zh ? "" : "]") : zh ? "）" : ")");
}

bf_str bf_words_value(const struct bf_words *w, struct bf_value v) {
    struct bf_buf b;
    bf_buf_in(&b, w->arena);
    put_value(w, &b, v, 0);
    return told(&b);
}

/* ---- names ---- */

bf_str bf_words_cite_range(const struct bf_words *w, struct bf_i_range cites) {
    struct bf_buf b;
    bf_buf_in(&b, w->arena);
    for (uint32_t i = 0; i < cites.count; i++) {
        const struct bf_i_cite *c = &w->image->cite[cites.first + i];
        struct bf_cite cite = {c->article, c->suffix, c->paragraph, c->item};
        if (i)
            bf_buf_z(&b, w->lang == BF_LANG_ZH ? "、" : ", ");
        if (c->policy != BF_NONE) {
            bf_buf_str(&b, bf_i_text(w->image, c->policy));
            bf_buf_char(&b, ' ');
        }
        w->lang == BF_LANG_ZH ? bf_cite_zh(&b, cite) : bf_cite_en(&b, cite);
    }
    return told(&b);
}

bf_str bf_words_cites(const struct bf_words *w, uint32_t src) {
    return src == BF_NONE ? (bf_str){"", 0} : bf_words_cite_range(w, w->image->src[src].cites);
}

bf_str bf_words_act(const struct bf_words *w, uint32_t act) {
    if (act == BF_NONE)
        return BF_STR("–"); /* the text of the case has no such act */
    const struct bf_i_act *a = &w->image->act[act];
    if (a->extends == BF_NONE)
        return label_of(w, a->name, a->label);
    return bf_words_text(w, BF_T_SIM_EXTEND_ACT, BF_ARGS(bf_arg_str(bf_words_duty(w, a->extends))));
}

bf_str bf_words_state(const struct bf_words *w, uint32_t state) {
    return label_of(w, w->image->state[state].name, w->image->state[state].label);
}

bf_str bf_words_duty(const struct bf_words *w, uint32_t duty) {
    const struct bf_i_duty *d = &w->image->duty[duty];
    if (d->bearer == BF_NONE && d->state != BF_NONE)
        return bf_words_text(w, BF_T_SIM_STATE_LIMIT,
                             BF_ARGS(bf_arg_str(bf_words_state(w, d->state))));
    return label_of(w, d->name, d->label);
}

bf_str bf_words_status(const struct bf_words *w, enum bf_status status) {
    static const enum bf_text_id text[BF_STATUSES] = {
        BF_T_SIM_IS_NONE, BF_T_SIM_IS_WAITING, BF_T_SIM_IS_OPEN,   BF_T_SIM_IS_PAUSED,
        BF_T_SIM_IS_MET,  BF_T_SIM_IS_LATE,    BF_T_SIM_IS_LAPSED, BF_T_SIM_IS_VOID};
    return bf_str_of(bf_text_z(w->lang, text[status]));
}

bf_str bf_words_refusal(const struct bf_words *w, enum bf_refusal kind) {
    static const enum bf_text_id text[] = {
        BF_T_SIM_NOTHING,  BF_T_SIM_MALFORMED, BF_T_SIM_NOT_PERMITTED, BF_T_SIM_FORBIDDEN,
        BF_T_SIM_TOO_LATE, BF_T_SIM_NOT_YET,   BF_T_SIM_REFUSED};
    return bf_str_of(bf_text_z(w->lang, text[kind]));
}

bf_str bf_words_violation(const struct bf_words *w, uint32_t violation) {
    return label_of(w, w->image->violation[violation].name, w->image->violation[violation].label);
}

bf_str bf_words_proc(const struct bf_words *w, uint32_t proc) {
    return label_of(w, w->image->proc[proc].name, w->image->proc[proc].label);
}

bf_str bf_words_guard_part(const struct bf_words *w, uint32_t first, uint32_t end) {
    for (uint32_t i = 0; i < w->image->part_count; i++)
        if (w->image->part[i].first == first && w->image->part[i].end == end)
            return bf_i_text(w->image, w->image->part[i].text);
    return (bf_str){"", 0};
}

void bf_words_cite_code(const struct bf_image *m, const struct bf_i_cite *c, struct bf_buf *out) {
    if (c->policy != BF_NONE) {
        bf_buf_str(out, bf_i_text(m, c->policy));
        bf_buf_char(out, ':');
    }
    bf_cite_code(out, (struct bf_cite){c->article, c->suffix, c->paragraph, c->item});
}

void bf_words_cites_json(const struct bf_image *m, uint32_t src, struct bf_buf *out) {
    bf_buf_char(out, '[');
    struct bf_i_range r = src == BF_NONE ? (struct bf_i_range){0, 0} : m->src[src].cites;
    for (uint32_t i = 0; i < r.count; i++) {
        bf_buf_z(out, i ? ",\"" : "\"");
        bf_words_cite_code(m, &m->cite[r.first + i], out);
        bf_buf_char(out, '"');
    }
    bf_buf_char(out, ']');
}

/* ---- deadlines ---- */

bf_str bf_words_due(const struct bf_words *w, const struct bf_due *due) {
    switch (due->kind) {
    case BF_DUE_NONE: return bf_words_text(w, BF_T_SIM_DUE_NONE, BF_NOARGS);
    case BF_DUE_PAUSED: return bf_words_text(w, BF_T_SIM_DUE_PAUSED, BF_NOARGS);
    case BF_DUE_DAY: break;
    }
    return bf_words_text(w, due->provisional ? BF_T_SIM_DUE_PROVISIONAL : BF_T_SIM_DUE,
                         BF_ARGS(bf_arg_str(bf_words_day(w, due->last))));
}

/* A run of days that are told together: counted days in a row, or days left out for one reason. */
struct run {
    bf_day first, last;
    bool counted;
    bf_str why; /* of days left out: 国庆节, weekend …; of counted ones: make-up day, or empty */
};

struct day_list {
    const struct bf_words *w;
    struct bf_buf counted, left_out;
    int counted_month, left_out_month;
    struct run run; /* the one being gathered; first BF_DAY_NONE: none */
};

static void put_run(struct day_list *l) {
    const struct run *r = &l->run;
    if (r->first == BF_DAY_NONE)
        return;
    bool zh = l->w->lang == BF_LANG_ZH;
    struct bf_buf *b = r->counted ? &l->counted : &l->left_out;
    int *month = r->counted ? &l->counted_month : &l->left_out_month;
    if (b->len)
        bf_buf_z(b, zh ? "、" : ", ");
    short_day(l->w, b, r->first, month);
    if (r->last == r->first + 1) {
        bf_buf_z(b, zh ? "、" : ", ");
        short_day(l->w, b, r->last, month);
    } else if (r->last > r->first) {
        bf_buf_z(b, zh ? "至" : " to ");
        short_day(l->w, b, r->last, month);
    }
    if (r->why.len) {
        bf_buf_z(b, zh ? "（" : " (");
        bf_buf_str(b, r->why);
        bf_buf_z(b, zh ? "）" : ")");
    }
}

static bf_str reason(const struct bf_words *w, const struct bf_counted_day *d) {
    struct bf_day_reason why;
    switch (d->mark) {
    case BF_MARK_EVENT: return bf_str_of(bf_text_z(w->lang, BF_T_SIM_EVENT_DAY));
    case BF_MARK_PAUSED: return bf_str_of(bf_text_z(w->lang, BF_T_SIM_PAUSED_DAY));
    case BF_MARK_STILL: return bf_str_of(bf_text_z(w->lang, BF_T_SIM_STILL_DAY));
    case BF_MARK_ROLLED:
    case BF_MARK_REST:
    case BF_MARK_COUNTED:
    case BF_MARK_RUNNING: break;
    }
    if (!bf_days_known(bf_calendar_reason(w->calendar, d->day, &why)))
        return (bf_str){"", 0};
    if (why.working) /* a Saturday or Sunday that is worked */
        return why.set && bf_day_weekday(d->day) > 5
                   ? bf_words_text(w, BF_T_SIM_MAKE_UP,
                                   BF_ARGS(bf_arg_str(bf_str_of(weekday_z(w, d->day)))))
                   : (bf_str){"", 0};
    return why.name.len ? why.name : bf_str_of(bf_text_z(w->lang, BF_T_SIM_WEEKEND));
}

static bool each_day(void *ctx, const struct bf_counted_day *d) {
    struct day_list *l = ctx;
    bool counted = d->mark == BF_MARK_COUNTED || d->mark == BF_MARK_RUNNING;
    if (d->mark == BF_MARK_ROLLED && d->last)
        counted = true; /* the working day a period was moved to */
    bf_str why = reason(l->w, d);
    if (counted && d->mark == BF_MARK_RUNNING)
        why = (bf_str){"", 0};
    if (l->run.first != BF_DAY_NONE && l->run.last + 1 == d->day && l->run.counted == counted &&
        bf_str_eq(l->run.why, why)) {
        l->run.last = d->day;
        return true;
    }
    put_run(l);
    l->run = (struct run){d->day, d->day, counted, why};
    return true;
}

void bf_words_days(const struct bf_words *w, const struct bf_term *term, const struct bf_due *due,
                   bf_str *counted, bf_str *left_out) {
    *counted = *left_out = (bf_str){"", 0};
    if (due->kind != BF_DUE_DAY || term->limit != BF_LIMIT_PERIOD)
        return;
    struct day_list l = {.w = w, .run.first = BF_DAY_NONE};
    struct bf_count_rule rule = bf_count_rule_of(w->image);
    bf_buf_in(&l.counted, w->arena);
    bf_buf_in(&l.left_out, w->arena);
    if (bf_days_known(bf_term_each_day(w->calendar, &rule, term, due->last, each_day, &l)))
        put_run(&l);
    *counted = told(&l.counted);
    *left_out = told(&l.left_out);
}

/* ---- what changed in a calendar ---- */

enum { DAYS_TOLD = 3, DAYS_BACK = 370 };

bf_str bf_words_calendar_change(const struct bf_words *w, const struct bf_calendar *old, bf_day x,
                                bf_day y) {
    bf_day last = x > y ? x : y;
    bf_str all = {"", 0}, notice = {"", 0};
    int told = 0;
    for (bf_day d = last > BF_DAY_MIN + DAYS_BACK ? last - DAYS_BACK : BF_DAY_MIN;
         d <= last && told < DAYS_TOLD; d++) {
        struct bf_day_reason then, now;
        if (!bf_days_known(bf_calendar_reason(old, d, &then)) ||
            !bf_days_known(bf_calendar_reason(w->calendar, d, &now)))
            continue;
        bool heeded = w->image->policy.still != 0;
        bool was = heeded && bf_calendar_is_still(old, d);
        bool still = heeded && bf_calendar_is_still(w->calendar, d);
        enum bf_text_id what = then.working != now.working
                                   ? (now.working ? BF_T_SIM_DAY_WORKED : BF_T_SIM_DAY_RESTS)
                                   : (still ? BF_T_SIM_DAY_STILL : BF_T_SIM_DAY_RUNS);
        if (then.working == now.working && was == still)
            continue;
        bf_str day = bf_words_text(w, what, BF_ARGS(bf_arg_str(bf_words_day(w, d))));
        all = told++ ? bf_words_join(w, all, w->lang == BF_LANG_ZH ? "，" : ", ", day) : day;
        if (now.set && !notice.len)
            notice = now.notice;
    }
    if (!told && bf_calendar_horizon(old) < last &&
        bf_calendar_horizon(old) < bf_calendar_horizon(w->calendar))
        return bf_words_text(
            w, BF_T_SIM_HORIZON_MOVED,
            BF_ARGS(bf_arg_str(bf_words_day(w, bf_calendar_horizon(w->calendar)))));
    return notice.len
               ? bf_words_text(w, BF_T_SIM_DAYS_BY, BF_ARGS(bf_arg_str(all), bf_arg_str(notice)))
               : all;
}
