/* Who acts: from the directory's posts to the parties of a policy. */
#include <string.h>

#include "engine/service/api_parts.h"

static bool is_called(const struct bf_image *m, uint32_t name, uint32_t label, bf_str s) {
    return bf_str_eq(bf_i_text(m, name), s) ||
           (m->str[label].len && bf_str_eq(bf_i_text(m, label), s));
}

static struct bf_value text_part(struct bf_arena *a, bf_str s) {
    return s.len ? bf_text_value(BF_K_TEXT, bf_str_dup(a, s)) : BF_ABSENT;
}

/* A level that the policy has no word for says nothing to it. */
static struct bf_value level_part(const struct bf_image *m, bf_str level) {
    uint32_t row = m->policy.level;
    for (uint32_t i = 0; row != BF_NONE && level.len && i < m->enums[row].members.count; i++) {
        const struct bf_i_member *e = &m->member[m->enums[row].members.first + i];
        if (is_called(m, e->name, e->label, level))
            return bf_enum_value(row, i);
    }
    return BF_ABSENT;
}

struct bf_level bf_api_level(const struct bf_service *s, bf_str level) {
    struct bf_level found = {level, {"", 0}};
    bool any = false;
    for (uint32_t i = 0; i < s->policy_count; i++) {
        const struct bf_image *m = s->policies[i].image;
        struct bf_value v = s->policies[i].active ? level_part(m, level) : BF_ABSENT;
        if (!bf_present(v))
            continue;
        const struct bf_i_member *e = &m->member[m->enums[v.aux].members.first + (uint32_t)v.u.i];
        bf_str name = bf_i_text(m, e->name);
        if (any && !bf_str_eq(found.code, name))
            return (struct bf_level){level, {"", 0}};
        found = (struct bf_level){name, bf_i_text(m, e->label)};
        any = true;
    }
    return found;
}

/* ---- parties that are sent ---- */

static bf_str part(struct bf_value party, int i) {
    struct bf_value v = party.u.items[i];
    return v.kind == BF_K_TEXT ? bf_value_text(v) : (bf_str){"", 0};
}

/* A person may bear the code of a department; whom the directory knows as one does. */
static bool is_person(const struct bf_directory *d, const struct bf_value *v, bf_str code) {
    bf_str name, level;
    return v->kind == BF_K_PERSON && bf_directory_called(d, BF_DIR_PERSON, code, &name, &level);
}

/* bf_json_read's know. */
static bool known_party(struct bf_json_read *r, const char *path, struct bf_value *v) {
    const struct bf_call *c = r->ctx;
    const struct bf_directory *directory = c->service->directory;
    bool department = v->kind == BF_K_DEPARTMENT;
    if (v->kind == BF_K_PARTY) /* an office */
        return true;
    bf_str code = part(*v, BF_PARTY_CODE), said = part(*v, BF_PARTY_NAME), name, level;
    if (!department && code.len && !is_person(directory, v, code) &&
        bf_directory_called(directory, BF_DIR_DEPARTMENT, code, &name, &level))
        return bf_json_wrong(r, path, "kind", BF_T_API_PARTY_KIND,
                             BF_ARGS(bf_arg_str(code), bf_arg_str(name)));
    if (v->kind == BF_K_ORGANISATION)
        return true;
    if (department && !code.len)
        return bf_json_wrong(r, path, "code", BF_T_API_PARTY_CODE, BF_NOARGS);
    if (!bf_directory_called(directory, department ? BF_DIR_DEPARTMENT : BF_DIR_PERSON, code, &name,
                             &level))
        return !department ||
               bf_json_wrong(r, path, "code", BF_T_API_PARTY_UNKNOWN, BF_ARGS(bf_arg_str(code)));
    if (said.len && !bf_str_eq(said, name))
        return bf_json_wrong(r, path, "name", BF_T_API_PARTY_NAME,
                             BF_ARGS(bf_arg_str(code), bf_arg_str(name)));
    if (!department)
        return true;
    struct bf_value is = level_part(r->image, level), given = v->u.items[BF_PARTY_LEVEL];
    if (bf_present(given) && !bf_value_equal(given, is))
        return bf_json_wrong(r, path, "level",
                             bf_present(is) ? BF_T_API_PARTY_LEVEL : BF_T_API_PARTY_NO_LEVEL,
                             BF_ARGS(bf_arg_str(code), bf_arg_str(level)));
    uint32_t office = v->aux;
    struct bf_value *parts = bf_new_array(r->arena, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = v->u.items[BF_PARTY_CODE];
    parts[BF_PARTY_NAME] = text_part(r->arena, name);
    parts[BF_PARTY_LEVEL] = is;
    *v = bf_party_value(BF_K_DEPARTMENT, parts);
    v->aux = office;
    return true;
}

struct bf_json_read bf_api_reader(struct bf_call *c, const struct bf_image *m, struct bf_arena *a,
                                  struct bf_buf *error) {
    return (struct bf_json_read){.image = m,
                                 .arena = a,
                                 .lang = c->lang,
                                 .error = error,
                                 .where = "",
                                 .know = known_party,
                                 .ctx = c};
}

/* ---- who acts ---- */

bool bf_capacity_party(const struct bf_image *m, const struct bf_capacity *c, struct bf_arena *a,
                       struct bf_value *party) {
    uint32_t office = 0;
    if (c->policy.len && !bf_str_eq(c->policy, bf_i_text(m, m->policy.name)))
        return false;
    for (; c->office.len && office < m->office_count; office++)
        if (is_called(m, m->office[office].name, m->office[office].label, c->office))
            break;
    if (c->office.len && office == m->office_count)
        return false;
    if (c->office.len && m->office[office].per == BF_NONE) {
        *party = bf_office_value(office);
        return true;
    }
    struct bf_value *parts = bf_new_array(a, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = text_part(a, c->department);
    parts[BF_PARTY_NAME] = text_part(a, c->name);
    parts[BF_PARTY_LEVEL] = level_part(m, c->level);
    *party = bf_party_value(BF_K_DEPARTMENT, parts);
    if (c->office.len)
        *party = bf_office_of(*party, office);
    return true;
}

struct bf_value bf_person_party(bf_str person, struct bf_arena *a) {
    struct bf_value *parts = bf_new_array(a, struct bf_value, BF_PARTY_PARTS);
    parts[BF_PARTY_CODE] = text_part(a, person);
    return bf_party_value(BF_K_PERSON, parts);
}

/* A person as the directory calls him. */
static struct bf_value called(const struct bf_call *c, bf_str person, struct bf_arena *a) {
    struct bf_value *parts = bf_new_array(a, struct bf_value, BF_PARTY_PARTS);
    bf_str name, level;
    parts[BF_PARTY_CODE] = text_part(a, person);
    if (bf_directory_called(c->service->directory, BF_DIR_PERSON, person, &name, &level))
        parts[BF_PARTY_NAME] = text_part(a, name);
    return bf_party_value(BF_K_PERSON, parts);
}

bool bf_api_role(struct bf_call *c, const struct bf_image *m, bf_str person,
                 const struct bf_capacity *k, struct bf_arena *a, struct bf_role *role) {
    if (!bf_capacity_party(m, k, a, &role->party))
        return false;
    struct bf_persons *by = bf_new(a, struct bf_persons);
    *by = (struct bf_persons){.person = called(c, person, a)};
    if (k->principal.len)
        by->principal = called(c, k->principal, a);
    role->by = by;
    return true;
}

/* What "as" asks for. */
struct wanted {
    struct bf_call *call;
    const struct bf_image *m;
    struct bf_arena *arena;
    bf_str department, office, principal;
    bool any; /* "as" is not there: whichever there is */
    struct bf_role found;
    bool own;       /* by a post of his */
    uint32_t count; /* of parties unlike each other; of one as the deputy of several, of these */
};

static bool consider(void *ctx, const struct bf_capacity *k) {
    struct wanted *w = ctx;
    struct bf_role role;
    if (!w->any && !(bf_str_eq(k->department, w->department) && bf_str_eq(k->office, w->office)))
        return true;
    if ((w->principal.len && !bf_str_eq(k->principal, w->principal)) ||
        !bf_api_role(w->call, w->m, w->call->principal.person, k, w->arena, &role))
        return true;
    bool same = w->count && bf_value_equal(role.party, w->found.party);
    if (same && (w->own || bf_value_equal(role.by->principal, w->found.by->principal)))
        return true;
    w->count++;
    w->found = role;
    w->own = !k->principal.len;
    return true;
}

static bool text_member(json_t *as, const char *name, bf_str *out) {
    json_t *j = json_object_get(as, name);
    *out = (bf_str){"", 0};
    if (!j)
        return true;
    *out = (bf_str){json_string_value(j), (uint32_t)json_string_length(j)};
    return json_is_string(j) && out->len;
}

/* {"department":…}, with "office" and "deputy_of" or without. */
static bool read_as(json_t *as, struct wanted *w) {
    size_t known = (size_t)(json_object_get(as, "department") != NULL) +
                   (size_t)(json_object_get(as, "office") != NULL) +
                   (size_t)(json_object_get(as, "deputy_of") != NULL);
    return json_is_object(as) && text_member(as, "department", &w->department) &&
           w->department.len && text_member(as, "office", &w->office) &&
           text_member(as, "deputy_of", &w->principal) && json_object_size(as) == known;
}

/* A clerk enters a paper of a person or an organisation, who is nobody that acts here by a post. */
static enum bf_actor_end paper(struct bf_call *c, const struct bf_image *m, struct bf_arena *a,
                               json_t *as, struct bf_event *e) {
    struct bf_buf error;
    bf_buf_in(&error, a);
    struct bf_json_read r = bf_api_reader(c, m, a, &error);
    if (json_object_size(as) != 1 ||
        !bf_json_party(&r, "as.paper_of", json_object_get(as, "paper_of"), &e->actor) ||
        (e->actor.kind != BF_K_PERSON && e->actor.kind != BF_K_ORGANISATION) ||
        e->actor.aux != BF_NO_OFFICE)
        return BF_ACTOR_MALFORMED;
    if (e->actor.kind == BF_K_PERSON &&
        bf_directory_holds(c->service->directory, part(e->actor, BF_PARTY_CODE),
                           bf_service_now(c->service)))
        return BF_ACTOR_NOT_HIS;
    struct bf_persons *by = bf_new(a, struct bf_persons);
    *by = (struct bf_persons){.clerk = called(c, c->principal.person, a)};
    e->by = by;
    return BF_ACTOR_FOUND;
}

enum bf_actor_end bf_call_actor_find(struct bf_call *c, const struct bf_image *m,
                                     struct bf_arena *a, struct bf_event *e) {
    json_t *as = json_object_get(c->body, "as");
    struct wanted w = {.call = c, .m = m, .arena = a, .any = !as || json_is_null(as)};
    bool person = json_is_true(json_object_get(as, "person"));
    if (json_object_get(as, "paper_of"))
        return paper(c, m, a, as, e);
    if (person ? json_object_size(as) != 1 : !w.any && !read_as(as, &w))
        return BF_ACTOR_MALFORMED;
    if (!person)
        bf_directory_capacities(c->service->directory, c->principal.person,
                                bf_service_now(c->service), consider, &w);
    if (w.count > 1)
        return BF_ACTOR_WHICH;
    if (!w.count && !person && !w.any)
        return BF_ACTOR_NOT_HIS;
    e->actor = w.count ? w.found.party : bf_person_party(c->principal.person, a);
    e->by = w.count ? w.found.by : NULL; /* for himself he needs none */
    return BF_ACTOR_FOUND;
}

/* ---- papers ---- */
struct papers {
    const struct bf_value *data;
    uint32_t count;
    bool named;
};

static bool names(struct bf_value v, bf_str department) {
    bool list = v.kind == BF_K_LIST || v.kind == BF_K_RECORD;
    if (v.kind == BF_K_DEPARTMENT)
        return bf_str_eq(part(v, BF_PARTY_CODE), department);
    for (uint32_t i = 0; list && i < v.n; i++)
        if (names(v.u.items[i], department))
            return true;
    return false;
}

static bool look_for(void *ctx, bf_str department) {
    struct papers *p = ctx;
    for (uint32_t i = 0; i < p->count && !p->named; i++)
        p->named = names(p->data[i], department);
    return !p->named;
}

bool bf_call_may_enter(struct bf_call *c, const struct bf_event *e, const struct bf_value *data,
                       uint32_t count) {
    struct papers p = {data, count, false};
    if (!e->by || !bf_present(e->by->clerk))
        return true;
    bf_directory_enters(c->service->directory, c->principal.person, bf_service_now(c->service),
                        look_for, &p);
    return p.named;
}

static void not_his(struct bf_call *c) {
    bf_call_problem(c, 403, "capacity", BF_T_API_AS_NOT_YOURS, BF_NOARGS);
}

void bf_call_actor_problem(struct bf_call *c, enum bf_actor_end end, uint64_t about) {
    switch (end) {
    case BF_ACTOR_FOUND: break;
    case BF_ACTOR_MALFORMED:
        bf_call_problem(c, 422, "capacity", BF_T_API_AS_MALFORMED, BF_NOARGS);
        break;
    case BF_ACTOR_NOT_HIS: bf_call_deny(c, BF_LABEL_DENIED_CAPACITY, about, not_his); break;
    case BF_ACTOR_WHICH: bf_call_problem(c, 422, "capacity", BF_T_API_AS_WHICH, BF_NOARGS); break;
    }
}

/* ---- all that one is ---- */

struct gathered {
    struct bf_call *call;
    const struct bf_image *m;
    struct bf_arena *arena;
    struct bf_role *role;
    uint32_t count, cap;
};

static void gather(struct gathered *g, struct bf_role role) {
    g->role = bf_arena_grow(g->arena, g->role, g->count, &g->cap, sizeof *g->role);
    g->role[g->count++] = role;
}

static bool gather_capacity(void *ctx, const struct bf_capacity *k) {
    struct gathered *g = ctx;
    struct bf_role role;
    if (bf_api_role(g->call, g->m, g->call->principal.person, k, g->arena, &role))
        gather(g, role);
    return true;
}

struct bf_mine bf_api_mine(struct bf_call *c, const struct bf_image *m, struct bf_arena *a) {
    struct gathered g = {.call = c, .m = m, .arena = a};
    gather(&g, (struct bf_role){bf_person_party(c->principal.person, a), NULL});
    bf_directory_capacities(c->service->directory, c->principal.person, bf_service_now(c->service),
                            gather_capacity, &g);
    return (struct bf_mine){g.role, g.count};
}

const struct bf_role *bf_api_is_mine(const struct bf_image *m, const struct bf_case *of,
                                     const struct bf_mine *mine, struct bf_choice *c) {
    const struct bf_role *first = NULL;
    uint32_t done = BF_NONE;
    for (uint32_t i = 0; i < mine->count; i++) {
        const struct bf_role *r = &mine->role[i];
        if (!(c->any == BF_NONE ? bf_acts_as(r->party, c->actor)
                                : bf_acts_as_any(m, r->party, c->any)))
            continue;
        if (c->open != BF_OPEN || c->kind != BF_CHOICE_ACT)
            return r;
        done = bf_done_by_same(m, of, c->offer, r->party, r->by);
        if (done == BF_NONE)
            return r;
        first = first ? first : r;
    }
    if (!first)
        return NULL;
    c->open = BF_GUARDED;
    c->why = BF_WHY_SAME;
    c->from_act = done;
    return first;
}

bool bf_api_strangers(struct bf_call *c, json_t *object, const char *const *known) {
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) {
        size_t i = 0;
        while (known[i] && strcmp(known[i], name) != 0)
            i++;
        if (known[i])
            continue;
        struct bf_buf members;
        bf_buf_in(&members, c->arena);
        bf_buf_z(&members, ",\"member\":");
        bf_json_text(bf_str_of(name), &members);
        bf_call_problem_with(c, 422, "member", BF_T_API_NO_MEMBER,
                             BF_ARGS(bf_arg_str(bf_str_of(name))), bf_buf_view(&members));
        return true;
    }
    return false;
}
