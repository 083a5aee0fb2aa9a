/* Api of departments that are no more: the directory's rows of kind "succession", as they are put.
**
** Who keeps the directory says {"day":DAY,"instrument":TEXT?,"successors":[CODE…]} of a department, the row's id; what is
** written speaks for itself (heirs.h). Dates are held against what is recorded already, so that nobody goes in a circle:
** who takes a place on a day is there on that day.
*/
#include <string.h>

#include "engine/service/api_parts.h"
#include "engine/service/notice.h"

/* A row that is put, and what it is held against. */
struct put {
    struct bf_call *call;
    const struct bf_directory *fresh; /* rows put with it */
    bf_str id, day;
    bool one; /* it names one successor */
    bf_day today;
    struct bf_buf *why;
};

static bool wrong(const struct put *x, enum bf_text_id text, const bf_arg *args, int nargs) {
    if (!x->why->len)
        bf_text_render(x->why, x->call->lang, text, args, nargs);
    return false;
}

static bf_str text_of(const json_t *j) {
    return json_is_string(j) ? (bf_str){json_string_value(j), (uint32_t)json_string_length(j)}
                             : (bf_str){NULL, 0};
}

/* By the first policy's calendar: which day it is matters only for what was recorded before. */
static bf_day today(struct bf_call *c) {
    struct bf_service *s = c->service;
    bf_instant now = bf_service_now(s);
    const struct bf_engine_policy *p = s->policy_count ? s->policies[0].engine : NULL;
    return p ? bf_calendar_day_of(p->calendar, now, (int32_t)p->image->policy.day_ends)
             : (bf_day)(now / BF_DAY_SECONDS);
}

static bool is_day(bf_str s, bf_day *day) { return s.len && bf_day_parse(s, day); }

/* ---- against what is recorded ---- */

static bool among(bf_str codes, bf_str code) {
    bf_str one;
    while (bf_next_line(&codes, &one))
        if (bf_str_eq(one, code))
            return true;
    return false;
}

static bf_str listed(const struct put *x, bf_str codes) {
    struct bf_buf b;
    bf_str one;
    bf_buf_in(&b, x->call->arena);
    while (bf_next_line(&codes, &one)) {
        bf_buf_z(&b, b.len ? ", " : "");
        bf_buf_str(&b, one);
    }
    return bf_buf_view(&b);
}

/* A department's own row, while it is in effect: only one that takes the place of what is left can follow it. */
static bool follows(const struct put *x, const struct bf_directory_heirs *h, bf_day was,
                    bf_day is) {
    bf_str rest = h->successors, one;
    bool settled = bf_next_line(&rest, &one) && !rest.len;
    if (was > x->today)
        return true;
    if (settled)
        return wrong(x, BF_T_ADMIN_GONE_SETTLED,
                     BF_ARGS(bf_arg_str(x->id), bf_arg_str(h->day), bf_arg_str(one)));
    return (x->one && is <= x->today) ||
           wrong(x, BF_T_ADMIN_GONE_REST, BF_ARGS(bf_arg_str(x->id), bf_arg_str(h->day)));
}

/* Does another row let this one be? */
static bool lets(void *ctx, const struct bf_directory_heirs *h) {
    struct put *x = ctx;
    bf_day was, is;
    if (!is_day(h->day, &was) || !is_day(x->day, &is))
        return true;
    if (bf_str_eq(h->department, x->id))
        return follows(x, h, was, is);
    if (among(h->successors, x->id) && was >= is)
        return wrong(x, BF_T_ADMIN_GONE_BEFORE,
                     BF_ARGS(bf_arg_str(x->id), bf_arg_str(h->department), bf_arg_str(h->day),
                             bf_arg_str(x->day)));
    return true;
}

struct heir {
    struct put *put;
    bf_str code;
};

static bool there_then(void *ctx, const struct bf_directory_heirs *h) {
    struct heir *x = ctx;
    bf_day was, is;
    return !bf_str_eq(h->department, x->code) || !is_day(h->day, &was) ||
           !is_day(x->put->day, &is) || was > is ||
           wrong(x->put, BF_T_ADMIN_GONE_HEIR,
                 BF_ARGS(bf_arg_str(x->code), bf_arg_str(h->day),
                         bf_arg_str(listed(x->put, h->successors))));
}

/* ---- what is written ---- */

static json_t *party(const struct put *x, bf_str code) {
    bf_str name, level;
    if (!bf_directory_called(x->fresh, BF_DIR_DEPARTMENT, code, &name, &level) &&
        !bf_directory_called(x->call->service->directory, BF_DIR_DEPARTMENT, code, &name, &level)) {
        wrong(x, BF_T_ADMIN_GONE_UNKNOWN, BF_ARGS(bf_arg_str(code)));
        return NULL;
    }
    json_t *j = json_pack("{s:s%,s:s,s:s%}", "code", code.p, (size_t)code.len, "kind", "department",
                          "name", name.p, (size_t)name.len);
    if (j && level.len)
        json_object_set_new(j, "level", json_stringn(level.p, level.len));
    return j;
}

/* NULL: `why` says what is wrong, or memory is short. */
static json_t *successors(struct put *x, const json_t *list) {
    json_t *out = json_is_array(list) ? json_array() : NULL;
    if (!out) {
        wrong(x, BF_T_ADMIN_GONE_LIST, BF_NOARGS);
        return NULL;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *j = json_array_get(list, i), *code = json_object_get(j, "code");
        struct heir h = {x, text_of(code ? code : j)};
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again |= bf_str_eq(h.code, text_of(json_object_get(json_array_get(out, k), "code")));
        if (!h.code.len || again)
            wrong(x, BF_T_ADMIN_GONE_LIST, BF_NOARGS);
        else if (bf_str_eq(h.code, x->id))
            wrong(x, BF_T_ADMIN_GONE_SELF, BF_ARGS(bf_arg_str(x->id)));
        bf_directory_successions(x->fresh, there_then, &h);
        bf_directory_successions(x->call->service->directory, there_then, &h);
        json_t *one = x->why->len ? NULL : party(x, h.code);
        if (!one || json_array_append_new(out, one) != 0) {
            json_decref(out);
            return NULL;
        }
    }
    x->one = json_array_size(out) == 1;
    return out;
}

static bool no_memory(const struct put *x) {
    return x->why->len ? false : wrong(x, BF_T_ADMIN_ROW_WHOLE, BF_NOARGS);
}

bool bf_api_succession(struct bf_call *c, const struct bf_directory *fresh, bf_str id, json_t *json,
                       struct bf_buf *why) {
    struct put x = {.call = c,
                    .fresh = fresh,
                    .id = id,
                    .day = text_of(json_object_get(json, "day")),
                    .today = today(c),
                    .why = why};
    bf_day day;
    if (!is_day(x.day, &day))
        return wrong(&x, BF_T_ADMIN_GONE_DAY, BF_NOARGS);
    json_t *old = party(&x, id),
           *list = old ? successors(&x, json_object_get(json, "successors")) : NULL;
    if (list) {
        bf_directory_successions(fresh, lets, &x);
        bf_directory_successions(c->service->directory, lets, &x);
    }
    if (!list || x.why->len) {
        json_decref(old);
        json_decref(list);
        return no_memory(&x);
    }
    json_t *at = json_integer(bf_service_now(c->service));
    bool done = json_object_set_new(json, "at", at) == 0;
    done &= json_object_set_new(json, "department", old) == 0;
    done &= json_object_set_new(json, "successors", list) == 0;
    return done || no_memory(&x);
}

/* ---- taken back ---- */

static bool not_yet(void *ctx, const struct bf_directory_heirs *h) {
    struct put *x = ctx;
    bf_day day;
    return !bf_str_eq(h->department, x->id) || !is_day(h->day, &day) || day > x->today ||
           wrong(x, BF_T_ADMIN_GONE_STANDS, BF_ARGS(bf_arg_str(x->id), bf_arg_str(h->day)));
}

bool bf_api_succession_removed(struct bf_call *c, bf_str id, struct bf_buf *why) {
    struct put x = {.call = c, .id = id, .today = today(c), .why = why};
    bf_directory_successions(c->service->directory, not_yet, &x);
    return !why->len;
}
