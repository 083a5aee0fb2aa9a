/* derive: see derive.h. */
#include "engine/service/derive.h"

#include <string.h>

#include "engine/core/canon.h"
#include "engine/core/eval.h"

static void add(struct bf_derived *d, enum bf_table table, bool del, const void *row, size_t size) {
    d->op = bf_arena_grow(d->arena, d->op, d->count, &d->cap, sizeof *d->op);
    d->op[d->count++] = (struct bf_batch_op){table, del, bf_arena_copy(d->arena, row, size)};
}

/* ---- a case ---- */

struct bf_row_cases bf_derive_case(struct bf_arena *a, const struct bf_image *m,
                                   const struct bf_case *c, uint64_t number, uint64_t last_seq,
                                   uint64_t epoch) {
    bf_instant due = BF_INSTANT_NONE;
    uint32_t duty = bf_case_next_lapse(m, c, &due);
    bool provisional = false;
    for (uint32_t i = 0; i < m->proc[c->proc].duties.count; i++)
        provisional |= c->duties[i].status == BF_STATUS_OPEN && c->duties[i].due.provisional;
    for (uint32_t i = 0; i < c->member_count; i++)
        provisional |=
            c->members[i]->d.status == BF_STATUS_OPEN && c->members[i]->d.due.provisional;
    return (struct bf_row_cases){
        .number = number,
        .ended = bf_case_ended(m, c),
        .provisional = provisional,
        .last_seq = last_seq,
        .due = duty == BF_NONE ? BF_INSTANT_NONE : due,
        .due_seq = duty == BF_NONE ? 0 : duty,
        .epoch = epoch,
        .policy = {bf_arena_copy(a, m->hash, sizeof m->hash), sizeof m->hash}};
}

/* ---- worklists ---- */

struct work_list {
    struct bf_arena *arena;
    const struct bf_image *m;
    const struct bf_case *c;
    uint64_t number;
    struct bf_value member; /* of a list, whom an offer is to */
    struct bf_row_work *row;
    uint32_t count, cap;
};

static void add_work(struct work_list *l, const struct bf_row_work *row) {
    l->row = bf_arena_grow(l->arena, l->row, l->count, &l->cap, sizeof *l->row);
    l->row[l->count++] = *row;
}

bf_str bf_derive_who(struct bf_arena *a, const struct bf_image *m, struct bf_value v) {
    struct bf_buf b;
    bf_buf_in(&b, a);
    if (v.n) {
        struct bf_value code = v.u.items[BF_PARTY_CODE];
        bf_str known = bf_value_text(bf_present(code) && code.n ? code : v.u.items[BF_PARTY_NAME]);
        if (v.aux == BF_NO_OFFICE)
            return known;
        bf_buf_str(&b, known);
    }
    bf_buf_char(&b, '/');
    bf_buf_str(&b, bf_i_text(m, m->office[v.aux].name));
    return bf_buf_view(&b);
}

static bf_str any_text(const struct bf_image *m, uint32_t type) {
    switch (m->type[type].kind) {
    case BF_K_PERSON: return BF_STR("*person");
    case BF_K_ORGANISATION: return BF_STR("*organisation");
    case BF_K_DEPARTMENT: return BF_STR("*department");
    default: return BF_STR("*party");
    }
}

/* What a program says; nobody, where it reads what is not there, or a calendar. */
static struct bf_value party_of(struct work_list *l, uint32_t code) {
    struct bf_env env = {.image = l->m,
                         .arena = l->arena,
                         .self = l->c,
                         .today = l->c->day,
                         .member = l->member,
                         .budget = BF_STEP_BUDGET};
    struct bf_value v = BF_ABSENT;
    return code != BF_NONE && bf_eval(&env, code, &v) == BF_WHY_NOTHING && bf_is_party(v)
               ? v
               : BF_ABSENT;
}

static void add_may(struct work_list *l, const struct bf_i_actor *actor) {
    struct bf_row_work row = {
        .due = BF_DUE_NEVER, .number = l->number, .item = BF_STR("may"), .kind = BF_WORK_MAY};
    struct bf_value v = actor->any ? BF_ABSENT : party_of(l, actor->ref);
    if (!actor->any && !bf_present(v))
        return;
    row.who = actor->any ? any_text(l->m, actor->ref) : bf_derive_who(l->arena, l->m, v);
    add_work(l, &row);
}

static void add_duty(struct work_list *l, uint32_t duty, const struct bf_case_duty *d) {
    bool overdue = d->status == BF_STATUS_LAPSED && !d->left;
    if (d->status != BF_STATUS_OPEN && d->status != BF_STATUS_PAUSED && !overdue)
        return;
    struct bf_value bearer = party_of(l, l->m->duty[duty].bearer);
    if (!bf_present(bearer))
        return;
    bool dated = d->status != BF_STATUS_PAUSED && d->due.kind == BF_DUE_DAY;
    struct bf_buf item;
    bf_buf_in(&item, l->arena);
    bf_buf_z(&item, "duty.");
    bf_buf_int(&item, duty);
    add_work(l, &(struct bf_row_work){.who = bf_derive_who(l->arena, l->m, bearer),
                                      .due = dated ? d->due.at : BF_DUE_NEVER,
                                      .number = l->number,
                                      .item = bf_buf_view(&item),
                                      .kind = BF_WORK_MUST,
                                      .provisional = dated && d->due.provisional});
}

/* Does a permission stand, whatever window and guard say? */
static bool stands(const struct work_list *l, uint32_t offer) {
    const struct bf_i_offer *o = &l->m->offer[offer];
    bool among = !o->in.count;
    if (o->kind == BF_OFFER_DUTY || (o->state != BF_NONE && o->state != l->c->state) ||
        (o->times && l->c->used[offer - l->m->proc[l->c->proc].offers.first] >= o->times))
        return false;
    for (uint32_t i = 0; i < o->in.count; i++)
        among |= l->m->index[o->in.first + i] == l->c->state;
    return among && (o->kind == BF_OFFER_MAY ||
                     bf_case_duty_of(l->m, l->c, o->duty, l->member)->status == BF_STATUS_OPEN);
}

static void add_one(struct work_list *l, uint32_t offer) {
    const struct bf_i_offer *o = &l->m->offer[offer];
    const struct bf_case_request *q = bf_case_request(l->c, offer, l->member);
    for (uint32_t i = 0; i < o->actors.count && stands(l, offer); i++)
        add_may(l, &l->m->actor[o->actors.first + i]);
    for (uint32_t i = 0; q && q->status == BF_REQUEST_PENDING && i < o->consents.count; i++)
        if (i >= 32 || !(q->given >> i & 1))
            add_may(l, &l->m->actor[o->consents.first + i]);
}

/* One to the members of a list is to each of them. */
static void add_offer(struct work_list *l, uint32_t offer) {
    const struct bf_i_offer *o = &l->m->offer[offer];
    struct bf_env env = {.image = l->m,
                         .arena = l->arena,
                         .self = l->c,
                         .today = l->c->day,
                         .budget = BF_STEP_BUDGET};
    struct bf_value list = BF_ABSENT;
    if (!o->each)
        add_one(l, offer);
    else if (bf_members(&env, o->members, &list) != BF_WHY_NOTHING)
        return;
    for (uint32_t i = 0; i < list.n; i++) {
        l->member = list.u.items[i];
        add_one(l, offer);
    }
    l->member = BF_ABSENT;
}

static int compare_work(const struct bf_row_work *x, const struct bf_row_work *y) {
    int order = bf_str_cmp(x->who, y->who);
    if (!order)
        order = (x->due > y->due) - (x->due < y->due);
    return order ? order : bf_str_cmp(x->item, y->item);
}

/* In order, without those that come again. */
static void sort_work(struct work_list *l) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        struct bf_row_work row = l->row[i];
        uint32_t at = kept;
        while (at && compare_work(&l->row[at - 1], &row) > 0)
            at--;
        if (at && compare_work(&l->row[at - 1], &row) == 0)
            continue;
        memmove(l->row + at + 1, l->row + at, (kept - at) * sizeof row);
        l->row[at] = row;
        kept++;
    }
    l->count = kept;
}

static struct work_list work_of(struct bf_arena *a, const struct bf_image *m,
                                const struct bf_case *c, uint64_t number) {
    struct work_list l = {.arena = a, .m = m, .c = c, .number = number};
    if (!c || c->state == BF_NONE)
        return l;
    const struct bf_i_proc *p = &m->proc[c->proc];
    for (uint32_t i = 0; i < p->duties.count; i++)
        add_duty(&l, p->duties.first + i, &c->duties[i]);
    for (uint32_t i = 0; i < c->member_count; i++) {
        l.member = c->members[i]->who;
        if (bf_case_member_now(m, c, c->members[i]))
            add_duty(&l, c->members[i]->duty, &c->members[i]->d);
    }
    l.member = BF_ABSENT;
    if (c->gone_count && !bf_case_ended(m, c))
        add_work(&l, &(struct bf_row_work){.who = BF_STR("*unassigned"),
                                           .due = BF_DUE_NEVER,
                                           .number = number,
                                           .item = BF_STR("assign"),
                                           .kind = BF_WORK_MAY});
    for (uint32_t i = 0; i < p->offers.count && !bf_case_ended(m, c); i++)
        add_offer(&l, p->offers.first + i);
    sort_work(&l);
    return l;
}

void bf_derive_work(struct bf_derived *d, const struct bf_image *m, const struct bf_case *before,
                    const struct bf_case *after, uint64_t number) {
    struct work_list x = work_of(d->arena, m, before, number);
    struct work_list y = work_of(d->arena, m, after, number);
    for (uint32_t i = 0, k = 0; i < x.count || k < y.count;) {
        int order = i == x.count ? 1 : k == y.count ? -1 : compare_work(&x.row[i], &y.row[k]);
        if (order < 0)
            add(d, BF_TABLE_WORK, true, &x.row[i], sizeof *x.row);
        else if (order > 0 || x.row[i].provisional != y.row[k].provisional)
            add(d, BF_TABLE_WORK, false, &y.row[k], sizeof *y.row);
        i += order <= 0;
        k += order >= 0;
    }
}

/* ---- registers ---- */

bf_str bf_derive_register_name(struct bf_arena *a, const struct bf_image *m, uint32_t reg) {
    struct bf_buf b;
    bf_buf_in(&b, a);
    bf_buf_str(&b, bf_i_owner(m, reg));
    bf_buf_char(&b, '.');
    bf_buf_str(&b, bf_i_text(m, m->reg[reg].name));
    return bf_buf_view(&b);
}

bf_str bf_derive_register_key(struct bf_arena *a, const struct bf_image *m,
                              const struct bf_value *keys, uint32_t n) {
    struct bf_buf b;
    bf_buf_in(&b, a);
    bf_value_json(m, bf_value_identity(a, bf_list_value(keys, n)), &b);
    return bf_buf_view(&b);
}

struct bf_row_register bf_derive_register(struct bf_arena *a, const struct bf_image *m,
                                          uint32_t reg, struct bf_value row, uint64_t seq) {
    struct bf_i_range fields = m->reg[reg].keys;
    struct bf_value *keys = bf_new_array(a, struct bf_value, fields.count + 1);
    struct bf_buf text;
    for (uint32_t i = 0; i < fields.count; i++)
        keys[i] = row.u.items[m->key[fields.first + i]];
    bf_buf_in(&text, a);
    bf_value_json(m, row, &text);
    return (struct bf_row_register){.name = bf_derive_register_name(a, m, reg),
                                    .key = bf_derive_register_key(a, m, keys, fields.count),
                                    .row = bf_buf_view(&text),
                                    .seq = seq};
}

/* ---- settings ---- */

/* A setting; json NULL or `null`: it is removed. */
static void set(struct bf_derived *d, bf_str kind, bf_str id, const struct bf_canon *json,
                uint64_t seq) {
    struct bf_row_setting row = {
        .kind = bf_str_dup(d->arena, kind), .id = bf_str_dup(d->arena, id), .seq = seq};
    bool gone = !json || json->kind == BF_CANON_NULL;
    if (!gone)
        row.json = bf_str_dup(d->arena, json->bytes);
    add(d, BF_TABLE_SETTING, gone, &row, sizeof row);
}

static void set_text(struct bf_derived *d, bf_str kind, bf_str id, bf_str json, uint64_t seq) {
    struct bf_canon value = {.kind = BF_CANON_OBJECT, .bytes = json};
    set(d, kind, id, &value, seq);
}

/* A text that is not empty; NULL: the member is none. */
static const bf_str *text_of(const struct bf_canon *object, const char *key) {
    const struct bf_canon *v = bf_canon_member(object, key);
    return v && v->kind == BF_CANON_TEXT && v->text.len ? &v->text : NULL;
}

static bool is_hash(const bf_str *s) {
    if (!s || s->len != 2 * BF_SHA256_LEN)
        return false;
    for (uint32_t i = 0; i < s->len; i++)
        if (!memchr("0123456789abcdef", s->p[i], 16))
            return false;
    return true;
}

static enum bf_err wrong(struct bf_error *e, const char *member) {
    return bf_fail(e, BF_EFORMAT, "\"%s\" is missing or not as it must be", member);
}

static enum bf_err only(const struct bf_canon *j, const char *const *known, struct bf_error *e) {
    const bf_str *stranger = bf_canon_stranger(j, known);
    if (j->kind != BF_CANON_OBJECT)
        return bf_fail(e, BF_EFORMAT, "not an object");
    return stranger
               ? bf_fail(e, BF_EFORMAT, "\"%.*s\": no such member", (int)stranger->len, stranger->p)
               : BF_OK;
}

static const char *const directory_kinds[] = {"department", "deputy",     "holding", "person",
                                              "post",       "succession", "token"};

static bool is_directory_kind(bf_str kind) {
    for (size_t i = 0; i < sizeof directory_kinds / sizeof *directory_kinds; i++)
        if (bf_str_eq(kind, bf_str_of(directory_kinds[i])))
            return true;
    return false;
}

static enum bf_err one_setting(struct bf_derived *d, const struct bf_canon *j, bool directory,
                               uint64_t seq, struct bf_error *e) {
    static const char *const known[] = {"id", "json", "kind", NULL};
    const bf_str *kind = text_of(j, "kind"), *id = text_of(j, "id");
    const struct bf_canon *json = bf_canon_member(j, "json");
    enum bf_err err = only(j, known, e);
    if (err)
        return err;
    if (!kind || is_directory_kind(*kind) != directory || bf_str_eq(*kind, BF_STR("policy")) ||
        bf_str_eq(*kind, BF_STR("calendar")))
        return wrong(e, "kind");
    if (!id)
        return wrong(e, "id");
    if (!json || (json->kind != BF_CANON_OBJECT && json->kind != BF_CANON_NULL))
        return wrong(e, "json");
    set(d, *kind, *id, json, seq);
    return BF_OK;
}

static enum bf_err directory(struct bf_derived *d, const struct bf_canon *j, uint64_t seq,
                             struct bf_error *e) {
    static const char *const known[] = {"rows", NULL};
    const struct bf_canon *rows = bf_canon_member(j, "rows");
    enum bf_err err = only(j, known, e);
    if (!err && (!rows || rows->kind != BF_CANON_LIST || !rows->count))
        err = wrong(e, "rows");
    for (uint32_t i = 0; !err && i < rows->count; i++)
        err = one_setting(d, &rows->items[i], true, seq, e);
    return err;
}

static void policy_row(struct bf_derived *d, bf_str hash, bf_str name, bool active, uint64_t seq) {
    struct bf_buf b;
    bf_buf_in(&b, d->arena);
    bf_buf_z(&b, active ? "{\"active\":true,\"name\":" : "{\"active\":false,\"name\":");
    bf_json_text(name, &b);
    bf_buf_char(&b, '}');
    set_text(d, BF_STR("policy"), hash, bf_buf_view(&b), seq);
}

/* {"active":bool,"deactivated":[HEX…]?,"name":…,"policy":HEX} */
static enum bf_err policy(struct bf_derived *d, const struct bf_canon *j, uint64_t seq,
                          struct bf_error *e) {
    static const char *const known[] = {"active", "deactivated", "name", "policy", NULL};
    const struct bf_canon *active = bf_canon_member(j, "active");
    const struct bf_canon *off = bf_canon_member(j, "deactivated");
    const bf_str *name = text_of(j, "name"), *hash = text_of(j, "policy");
    enum bf_err err = only(j, known, e);
    if (err)
        return err;
    if (!active || (active->kind != BF_CANON_TRUE && active->kind != BF_CANON_FALSE))
        return wrong(e, "active");
    if (!name)
        return wrong(e, "name");
    if (!is_hash(hash))
        return wrong(e, "policy");
    if (off && off->kind != BF_CANON_LIST)
        return wrong(e, "deactivated");
    for (uint32_t i = 0; off && i < off->count; i++) {
        if (off->items[i].kind != BF_CANON_TEXT || !is_hash(&off->items[i].text) ||
            bf_str_eq(off->items[i].text, *hash))
            return wrong(e, "deactivated");
        policy_row(d, off->items[i].text, *name, false, seq);
    }
    policy_row(d, *hash, *name, active->kind == BF_CANON_TRUE, seq);
    return BF_OK;
}

/* {"calendar":HEX,"name":…} */
static enum bf_err calendar(struct bf_derived *d, const struct bf_canon *j, uint64_t seq,
                            struct bf_error *e) {
    static const char *const known[] = {"calendar", "name", NULL};
    const bf_str *name = text_of(j, "name"), *hash = text_of(j, "calendar");
    struct bf_buf b;
    enum bf_err err = only(j, known, e);
    if (err)
        return err;
    if (!name)
        return wrong(e, "name");
    if (!is_hash(hash))
        return wrong(e, "calendar");
    bf_buf_in(&b, d->arena);
    bf_buf_z(&b, "{\"calendar\":");
    bf_json_text(*hash, &b);
    bf_buf_char(&b, '}');
    set_text(d, BF_STR("calendar"), *name, bf_buf_view(&b), seq);
    return BF_OK;
}

enum bf_err bf_derive_settings(struct bf_derived *d, const struct bf_entry *n, struct bf_error *e) {
    struct bf_canon j;
    enum bf_err err = bf_canon_read(d->arena, n->data, &j, e);
    if (err)
        return err;
    if (j.kind != BF_CANON_OBJECT)
        return bf_fail(e, BF_EFORMAT, "not an object");
    switch ((enum bf_entry_kind)n->head.kind) {
    case BF_ENTRY_POLICY: return policy(d, &j, n->head.seq, e);
    case BF_ENTRY_CALENDAR: return calendar(d, &j, n->head.seq, e);
    case BF_ENTRY_DIRECTORY: return directory(d, &j, n->head.seq, e);
    case BF_ENTRY_SETTING: return one_setting(d, &j, false, n->head.seq, e);
    case BF_ENTRY_CLOCK:
    case BF_ENTRY_DENIED: return BF_OK;
    case BF_ENTRY_STEP:
    case BF_ENTRY_REFUSAL:
    case BF_ENTRY_EARLY:
    case BF_ENTRY_REGISTER:
    case BF_ENTRY_MIGRATE:
    case BF_ENTRY_SEAL:
    case BF_ENTRY_KINDS: break;
    }
    return bf_fail(e, BF_EFORMAT, "a row of this kind sets nothing");
}
