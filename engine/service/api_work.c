/* Worklist: what somebody may or must do, soonest first. The rows of WORK say where to look (derive.h); what is told is
** the case's, as it is now.
**
**   GET /v1/worklist?person=ID | post=ID | department=CODE[&office=NAME]   whose; without any: the caller's
**   GET /v1/worklist?unassigned=true   of an operator: cases that wait for who takes the place of a department that is no more
**       &overdue=true, &due_within=DAYS, &provisional=true, &any=true      any: also what anyone of his kind may do
**       &limit=N&after=NEXT
**
** A page may be shorter than asked for, also empty, with more to come: what was found not to be so any more is left out.
*/
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/service/api_parts.h"
#include "engine/service/derive.h"

enum { DAYS_MAX = 3660, LOOKS_MAX = 200 /* each may be answered within the one before */ };

/* A row of WORK as candidate. */
struct item {
    bf_instant due;
    uint64_t number;
    bf_str item;
    bool provisional;
};

struct worklist {
    struct bf_call *call;
    struct bf_capacity *capacity;
    uint32_t capacities, capacity_cap;
    bf_str person; /* empty: not in his own name */
    bf_str of;     /* whose capacities they are; empty: nobody's, an operator asks of a post */
    bool overdue, soon, provisional, any, unassigned;
    bf_instant now, until;
    struct item after; /* number 0: from the beginning */
    uint32_t limit;
    bf_str *key;
    uint32_t keys, key_cap, key_at;
    struct item *item;
    uint32_t items, item_cap, item_at;
    bool more;
    struct bf_rows rows;
    enum bf_err err;
    struct bf_api_look look;
    struct bf_buf out;
    uint32_t told;
};

/* ---- whose ---- */

static void add_capacity(struct worklist *w, const struct bf_capacity *c) {
    struct bf_arena *a = w->call->arena;
    w->capacity = bf_arena_grow(w->call->arena, w->capacity, w->capacities, &w->capacity_cap,
                                sizeof *w->capacity);
    w->capacity[w->capacities++] = (struct bf_capacity){.department = bf_str_dup(a, c->department),
                                                        .name = bf_str_dup(a, c->name),
                                                        .level = bf_str_dup(a, c->level),
                                                        .office = bf_str_dup(a, c->office),
                                                        .post = bf_str_dup(a, c->post),
                                                        .principal = bf_str_dup(a, c->principal),
                                                        .policy = bf_str_dup(a, c->policy)};
}

/* Which of a person's capacities are asked for; p is NULL where it does not matter. */
struct whose {
    struct worklist *list;
    bf_str post, department, office;
};

static bool same(bf_str asked, bf_str is) { return !asked.p || bf_str_eq(asked, is); }

static bool choose(void *ctx, const struct bf_capacity *c) {
    struct whose *w = ctx;
    if (same(w->post, c->post) && same(w->department, c->department) && same(w->office, c->office))
        add_capacity(w->list, c);
    return true;
}

static void tell_not_yours(struct bf_call *c) {
    bf_call_problem(c, 403, "no-right", BF_T_API_NOT_YOUR_WORK, BF_NOARGS);
}

static bool not_yours(struct bf_call *c) {
    bf_call_deny(c, BF_LABEL_DENIED_RIGHT, 0, tell_not_yours);
    return false;
}

/* An operator asks about any post or department, whoever holds it. */
static void of_operator(struct worklist *w, const struct whose *whose) {
    struct bf_capacity c = {.department = whose->department};
    if (whose->post.p && !bf_directory_post(w->call->service->directory, whose->post, &c))
        return;
    if (!same(whose->department, c.department))
        return;
    if (whose->office.p)
        c.office = whose->office;
    add_capacity(w, &c);
}

static bool find_whose(struct worklist *w) {
    struct bf_call *c = w->call;
    if (w->unassigned) /* of whoever keeps the directory */
        return c->principal.is_operator || not_yours(c);
    bf_str person = bf_http_query(c->request, "person");
    struct whose whose = {w, bf_http_query(c->request, "post"),
                          bf_http_query(c->request, "department"),
                          bf_http_query(c->request, "office")};
    bool narrowed = whose.post.p || whose.department.p || whose.office.p;
    if (person.p && !bf_str_eq(person, c->principal.person) && !c->principal.is_operator)
        return not_yours(c);
    bf_str of = bf_str_dup(c->arena, person.p ? person : c->principal.person);
    if (narrowed && !person.p && c->principal.is_operator)
        of_operator(w, &whose);
    else
        bf_directory_capacities(c->service->directory, of, w->now, choose, &whose);
    if (narrowed && !w->capacities && !c->principal.is_operator)
        return not_yours(c);
    w->person = narrowed ? (bf_str){"", 0} : of;
    w->of = narrowed && !person.p && c->principal.is_operator ? (bf_str){"", 0} : of;
    return true;
}

static void add_key(struct worklist *w, bf_str key) {
    for (uint32_t i = 0; i < w->keys; i++)
        if (bf_str_eq(w->key[i], key))
            return;
    w->key = bf_arena_grow(w->call->arena, w->key, w->keys, &w->key_cap, sizeof *w->key);
    w->key[w->keys++] = key;
}

/* Offices are called by each policy in its own words. */
static void find_keys(struct worklist *w) {
    const struct bf_service *s = w->call->service;
    bool acts = false;
    if (w->unassigned) {
        add_key(w, BF_STR("*unassigned"));
        return;
    }
    if (w->person.len)
        add_key(w, w->person);
    for (uint32_t i = 0; i < w->capacities; i++) {
        acts |= !w->capacity[i].office.len;
        for (uint32_t k = 0; k < s->policy_count; k++) {
            struct bf_value party;
            const struct bf_image *m = s->policies[k].image;
            if (bf_capacity_party(m, &w->capacity[i], w->call->arena, &party))
                add_key(w, bf_derive_who(w->call->arena, m, party));
        }
    }
    if (w->any && acts)
        add_key(w, BF_STR("*department"));
    if (w->any && w->person.len)
        add_key(w, BF_STR("*person"));
    if (w->any)
        add_key(w, BF_STR("*party"));
}

/* ---- candidates ---- */

static int compare(const struct item *x, const struct item *y) {
    int order = (x->due > y->due) - (x->due < y->due);
    if (!order)
        order = (x->number > y->number) - (x->number < y->number);
    return order ? order : bf_str_cmp(x->item, y->item);
}

static void add_item(struct worklist *w, const struct bf_row_work *row) {
    struct item x = {row->due, row->number, row->item, row->provisional != 0};
    uint32_t at = w->items;
    if ((w->provisional && !x.provisional) || (w->soon && x.due <= w->now))
        return;
    while (at && compare(&w->item[at - 1], &x) > 0)
        at--;
    if (at && compare(&w->item[at - 1], &x) == 0)
        return;
    w->item = bf_arena_grow(w->call->arena, w->item, w->items, &w->item_cap, sizeof *w->item);
    x.item = bf_str_dup(w->call->arena, x.item);
    memmove(w->item + at + 1, w->item + at, (w->items - at) * sizeof x);
    w->item[at] = x;
    w->items++;
}

static void read_key(struct worklist *w);
static void look_next(struct worklist *w);

static void take_rows(struct bf_call *c, void *arg) {
    struct worklist *w = arg;
    const struct bf_row_work *row = w->rows.row;
    if (w->err) {
        bf_call_engine_problem(
            c,
            &(struct bf_answer){.kind = w->err == BF_ENOMEM ? BF_ANSWER_MEMORY : BF_ANSWER_STORE});
        return;
    }
    for (uint32_t i = 0; i < w->rows.count; i++)
        add_item(w, &row[i]);
    w->more |= w->rows.count > w->limit;
    if (++w->key_at < w->keys) {
        read_key(w);
        return;
    }
    w->more |= w->items > w->limit;
    if (w->items > w->limit)
        w->items = w->limit;
    look_next(w);
}

static void rows_read(void *ctx, enum bf_err err, const struct bf_error *e,
                      const struct bf_rows *rows) {
    struct worklist *w = ctx;
    (void)e;
    w->err = err;
    w->rows = err ? (struct bf_rows){0} : *rows;
    bf_call_run(w->call, take_rows, w);
}

static void read_key(struct worklist *w) {
    struct bf_row_work at = {.who = w->key[w->key_at],
                             .due = w->after.due,
                             .number = w->after.number,
                             .item = w->after.item};
    struct bf_query q = {.table = BF_TABLE_WORK,
                         .at = &at,
                         .same = 1,
                         .after = w->after.number != 0,
                         .bounded = w->overdue || w->soon,
                         .until = w->until,
                         .limit = w->limit + 1};
    bf_store_read(w->call->service->store, &q, rows_read, w);
}

/* ---- what is so ---- */

static struct bf_mine roles(const struct worklist *w, const struct bf_image *m,
                            struct bf_arena *a) {
    struct bf_role *role = bf_new_array(a, struct bf_role, w->capacities + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->capacities; i++) {
        if (!bf_api_role(w->call, m, w->of, &w->capacity[i], a, &role[n]))
            continue;
        if (!w->of.len)
            role[n].by = &bf_persons_anyone;
        n++;
    }
    if (w->person.len)
        role[n++] = (struct bf_role){bf_person_party(w->person, a), NULL};
    return (struct bf_mine){role, n};
}

static void put_acts(const struct bf_shown *s, const struct bf_mine *mine, uint32_t duty,
                     struct bf_buf *out) {
    struct bf_choices all;
    bool any = false;
    bf_offers(s->image, s->world, s->view->c, s->view->now, false, s->words.arena, &all);
    for (uint32_t i = 0; i < all.count; i++) {
        struct bf_choice c = all.choice[i];
        bool of_duty = duty == BF_NONE ? !c.must : c.must && c.duty == duty;
        const struct bf_role *his =
            c.open == BF_OPEN && of_duty ? bf_api_is_mine(s->image, s->view->c, mine, &c) : NULL;
        if (!his || c.open != BF_OPEN)
            continue;
        if (any)
            bf_buf_char(out, ',');
        any = true;
        bf_api_choice_json(&s->words, &c, his, out);
    }
}

static void put_head(const struct bf_shown *s, const char *kind, struct bf_buf *out) {
    const struct bf_image *m = s->image;
    const struct bf_case *c = s->view->c;
    const struct bf_i_proc *p = bf_case_proc(m, c);
    bf_buf_fmt(out, "{\"case\":%" PRIu64 ",\"seq\":%" PRIu64 ",\"kind\":\"%s\",", s->view->number,
               s->view->last_seq, kind);
    bf_api_named(out, m, "procedure", p->name, p->label);
    bf_buf_z(out, ",\"state\":{");
    bf_api_named(out, m, "name", m->state[c->state].name, m->state[c->state].label);
    bf_buf_z(out, "},\"acts\":[");
}

/* N of "duty.N"; BF_NONE: "may", or no duty of the case. */
static uint32_t duty_of(const struct bf_shown *s, bf_str item) {
    struct bf_i_range duties = bf_case_proc(s->image, s->view->c)->duties;
    uint64_t n = 0;
    for (uint32_t i = sizeof "duty." - 1; i < item.len; i++)
        n = n * 10 + (uint64_t)(item.p[i] - '0');
    return bf_str_starts(item, BF_STR("duty.")) && n >= duties.first &&
                   n < duties.first + duties.count
               ? (uint32_t)n
               : BF_NONE;
}

static bool show_one(const struct worklist *w, const struct bf_shown *s, const struct bf_mine *mine,
                     uint32_t duty, const struct bf_case_member *whose, struct bf_buf *out) {
    const struct bf_case_duty *d = whose ? &whose->d : bf_case_duty(s->image, s->view->c, duty);
    bool lapsed = d->status == BF_STATUS_LAPSED && !d->left;
    bool runs = d->status == BF_STATUS_OPEN || d->status == BF_STATUS_PAUSED || lapsed;
    struct bf_value bearer =
        whose ? whose->who : bf_duty_bearer(s->image, s->world, s->view->c, duty, s->words.arena);
    bool his = false;
    for (uint32_t i = 0; i < mine->count && !his; i++)
        his = bf_is_party(bearer) && bf_acts_as(mine->role[i].party, bearer);
    bool overdue = lapsed || (d->due.kind == BF_DUE_DAY && d->due.at <= s->view->now);
    if (!runs || !his || (w->overdue && !overdue) || (w->soon && overdue))
        return false;
    put_head(s, "must", out);
    put_acts(s, mine, duty, out);
    bf_buf_fmt(out, "],\"overdue\":%s,\"duty\":", overdue ? "true" : "false");
    bf_api_duty_json(s, duty, whose, out);
    bf_buf_char(out, '}');
    return true;
}

/* Of one of each the first that is his. */
static void show_duty(const struct worklist *w, const struct bf_shown *s,
                      const struct bf_mine *mine, uint32_t duty, struct bf_buf *out) {
    const struct bf_case *c = s->view->c;
    bool shown = !s->image->duty[duty].each && show_one(w, s, mine, duty, NULL, out);
    for (uint32_t i = 0; i < c->member_count && !shown; i++)
        if (c->members[i]->duty == duty && bf_case_member_now(s->image, c, c->members[i]))
            shown = show_one(w, s, mine, duty, c->members[i], out);
}

static void show(struct bf_api_look *l, const struct bf_shown *s, struct bf_buf *out) {
    const struct worklist *w = l->own;
    bf_str item = w->item[w->item_at].item;
    struct bf_mine mine = roles(w, s->image, s->words.arena);
    uint32_t duty = duty_of(s, item);
    if (bf_case_ended(s->image, s->view->c))
        return;
    if (bf_str_eq(item, BF_STR("assign"))) {
        put_head(s, "assign", out);
        bf_buf_z(out, "],\"gone\":");
        bf_api_gone_json(s, out);
        bf_buf_char(out, '}');
    } else if (duty != BF_NONE) {
        show_duty(w, s, &mine, duty, out);
    } else if (bf_str_eq(item, BF_STR("may"))) {
        put_head(s, "may", out);
        size_t before = out->len;
        put_acts(s, &mine, BF_NONE, out);
        if (out->len == before)
            out->len = 0;
        else
            bf_buf_z(out, "]}");
    }
}

static void answer(struct worklist *w) {
    bf_buf_z(&w->out, "],\"next\":");
    if (w->more && w->items) {
        const struct item *last = &w->item[w->items - 1];
        bf_buf_fmt(&w->out, "\"%" PRId64 ":%" PRIu64 ":%.*s\"", last->due, last->number,
                   (int)last->item.len, last->item.p);
    } else {
        bf_buf_z(&w->out, "null");
    }
    bf_buf_char(&w->out, '}');
    bf_call_json(w->call, 200, &w->out);
}

static void looked(struct bf_api_look *l) {
    struct worklist *w = l->own;
    if (!l->missing && l->text.len) {
        if (w->told++)
            bf_buf_char(&w->out, ',');
        bf_buf_str(&w->out, l->text);
    }
    w->item_at++;
    look_next(w);
}

static void look_next(struct worklist *w) {
    if (w->item_at == w->items) {
        answer(w);
        return;
    }
    w->look = (struct bf_api_look){.call = w->call,
                                   .number = w->item[w->item_at].number,
                                   .unseen_too = true,
                                   .show = show,
                                   .then = looked,
                                   .own = w};
    bf_api_look(&w->look);
}

/* ---- what is asked ---- */

static bool bad_query(struct bf_call *c, enum bf_text_id text, const char *name) {
    bf_call_problem(c, 400, "query", text, BF_ARGS(bf_arg_str(bf_str_of(name))));
    return false;
}

static bool yes(struct bf_call *c, const char *name, bool *out) {
    bf_str s = bf_http_query(c->request, name);
    *out = bf_str_eq(s, BF_STR("true"));
    return !s.p || *out || bf_str_eq(s, BF_STR("false")) || bad_query(c, BF_T_API_YES_NO, name);
}

static bool read_days(struct worklist *w) {
    bf_str s = bf_http_query(w->call->request, "due_within");
    int64_t days = 0;
    bool fine = s.len && s.len < 5;
    for (uint32_t i = 0; i < s.len && fine; i++) {
        fine = s.p[i] >= '0' && s.p[i] <= '9';
        days = days * 10 + (s.p[i] - '0');
    }
    w->soon = s.p != NULL;
    w->until = w->now + (w->soon ? days * BF_DAY_SECONDS : 0);
    return !s.p || (fine && days <= DAYS_MAX) ||
           bad_query(w->call, BF_T_API_DUE_WITHIN, "due_within");
}

/* "DUE:NUMBER:ITEM" of a page's last. */
static bool read_after(struct worklist *w) {
    bf_str s = bf_http_query(w->call->request, "after");
    char z[80], *end;
    if (!s.p)
        return true;
    bf_api_fit(z, sizeof z, s);
    w->after.due = strtoll(z, &end, 10);
    if (*end == ':')
        w->after.number = strtoull(end + 1, &end, 10);
    if (*end == ':')
        w->after.item = bf_str_dup(w->call->arena, bf_str_of(end + 1));
    return (w->after.item.len && w->after.number && w->after.number <= INT64_MAX) ||
           bad_query(w->call, BF_T_API_WORK_CURSOR, "after");
}

void bf_on_worklist(struct bf_call *c) {
    struct worklist *w = bf_new(c->arena, struct worklist);
    w->call = c;
    w->now = bf_service_now(c->service);
    if (!bf_call_limit(c, &w->limit) || !read_after(w) || !read_days(w) ||
        !yes(c, "overdue", &w->overdue) || !yes(c, "provisional", &w->provisional) ||
        !yes(c, "any", &w->any) || !yes(c, "unassigned", &w->unassigned) || !find_whose(w))
        return;
    w->limit = w->limit < LOOKS_MAX ? w->limit : LOOKS_MAX;
    bf_buf_in(&w->out, c->arena);
    bf_buf_z(&w->out, "{\"now\":");
    bf_json_instant(w->now, &w->out);
    bf_buf_z(&w->out, ",\"work\":[");
    find_keys(w);
    if (w->keys)
        read_key(w);
    else
        answer(w);
}
