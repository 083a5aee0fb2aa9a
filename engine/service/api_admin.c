/* Api of what operators bring: policies, calendars, rows of registers. All of it counts without a restart. */
#include <inttypes.h>
#include <string.h>

#include "engine/core/canon.h"
#include "engine/service/api_parts.h"
#include "engine/service/notice.h"

enum { PREFIX_MIN = 4 }; /* of a hash: shorter ones are too likely meant otherwise */

/* ---- how policies and calendars are told ---- */
static void put_text(struct bf_buf *out, const char *before, bf_str text) {
    bf_buf_z(out, before);
    bf_json_text(text, out);
}

static void put_policy(const struct bf_policy_known *p, bool whole, struct bf_buf *out) {
    const struct bf_image *m = p->image;
    bf_buf_z(out, p->active ? "{\"active\":true" : "{\"active\":false");
    if (m->amend_count) {
        bf_buf_fmt(out, ",\"amends\":{\"cases\":\"%s\",\"hash\":",
                   m->amend->cases == BF_CASES_ALL ? "all" : "new");
        bf_json_hex(m->amend->hash, BF_SHA256_LEN, out);
        put_text(out, ",\"policy\":", bf_i_text(m, m->amend->policy));
        bf_buf_char(out, '}');
    }
    put_text(out, ",\"calendar\":", bf_i_text(m, m->policy.calendar));
    bf_buf_z(out, ",\"hash\":");
    bf_json_hex(m->hash, BF_SHA256_LEN, out);
    put_text(out, ",\"name\":", bf_i_text(m, m->policy.name));
    put_text(out, ",\"number\":", bf_i_text(m, m->policy.number));
    for (uint32_t i = 0; whole && i < m->proc_count; i++) {
        put_text(out, i ? ",{\"label\":" : ",\"procedures\":[{\"label\":",
                 bf_i_label(m, m->proc[i].name, m->proc[i].label));
        put_text(out, ",\"name\":", bf_i_text(m, m->proc[i].name));
        bf_buf_char(out, '}');
    }
    bf_buf_z(out, whole && m->proc_count ? "]" : "");
    bf_buf_fmt(out, ",\"seq\":%" PRIu64, p->seq);
    put_text(out, ",\"title\":", bf_i_text(m, m->policy.title));
    bf_buf_char(out, '}');
}

static void put_calendar(const struct bf_calendar_known *k, struct bf_buf *out) {
    const struct bf_calendar *c = k->calendar;
    bf_day horizon = bf_calendar_horizon(c);
    bf_buf_z(out, "{\"first\":");
    bf_json_day(bf_calendar_first(c), out);
    bf_buf_z(out, ",\"hash\":");
    bf_json_hex(bf_calendar_hash(c), BF_SHA256_LEN, out);
    bf_buf_z(out, ",\"horizon\":");
    bf_json_day(horizon == BF_DAY_MAX ? BF_DAY_NONE : horizon, out);
    bf_buf_z(out, ",\"known_on\":");
    bf_json_day(bf_calendar_known_on(c), out);
    put_text(out, ",\"name\":", bf_calendar_name(c));
    bf_buf_fmt(out, ",\"seq\":%" PRIu64 "}", k->seq);
}

/* ---- policies ---- */
/* What was brought and is not durable yet has no seq. */
void bf_on_policies_list(struct bf_call *c) {
    const struct bf_service *s = c->service;
    struct bf_buf out;
    bool first = true;
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"policies\":[");
    for (uint32_t i = 0; i < s->policy_count; i++) {
        if (!s->policies[i].seq)
            continue;
        bf_buf_z(&out, first ? "" : ",");
        put_policy(&s->policies[i], false, &out);
        first = false;
    }
    bf_buf_z(&out, "]}");
    bf_call_json(c, 200, &out);
}

static struct bf_policy_known *loaded_last(struct bf_service *s, bf_str name) {
    struct bf_policy_known *best = NULL;
    for (uint32_t i = 0; i < s->policy_count; i++) {
        struct bf_policy_known *p = &s->policies[i];
        if (p->seq && bf_str_eq(bf_i_text(p->image, p->image->policy.name), name) &&
            (!best || p->seq > best->seq))
            best = p;
    }
    return best;
}

/* Whose hashes begin so, each behind a blank. one: the last of them; NULL: there is none. */
static bf_str begin_so(struct bf_call *c, bf_str start, struct bf_policy_known **one,
                       uint32_t *count) {
    struct bf_service *s = c->service;
    struct bf_buf all;
    bf_buf_in(&all, c->arena);
    *one = NULL;
    *count = 0;
    for (uint32_t i = 0; i < s->policy_count && start.len >= PREFIX_MIN; i++) {
        char hex[2 * BF_SHA256_LEN + 1];
        bf_hex(s->policies[i].image->hash, BF_SHA256_LEN, hex);
        if (!s->policies[i].seq || start.len >= sizeof hex || memcmp(hex, start.p, start.len) != 0)
            continue;
        *one = &s->policies[i];
        ++*count;
        bf_buf_fmt(&all, " %.16s", hex);
    }
    return bf_buf_view(&all);
}

struct bf_policy_known *bf_api_policy_named(struct bf_call *c, bf_str wanted) {
    struct bf_policy_known *p = bf_service_policy(c->service, wanted);
    uint32_t count = 0;
    if (!p)
        p = loaded_last(c->service, wanted);
    if (p)
        return p;
    bf_str like = begin_so(c, wanted, &p, &count);
    if (count == 1)
        return p;
    if (count)
        bf_call_problem(c, 404, "no-policy", BF_T_ADMIN_POLICIES_LIKE,
                        BF_ARGS(bf_arg_str(wanted), bf_arg_str(like)));
    else
        bf_call_problem(c, 404, "no-policy", BF_T_ADMIN_NO_POLICY, BF_ARGS(bf_arg_str(wanted)));
    return NULL;
}

static void tell_policy(struct bf_call *c, int status, const struct bf_policy_known *p) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    put_policy(p, true, &out);
    bf_call_json(c, status, &out);
}

void bf_on_policy_read(struct bf_call *c) {
    const struct bf_policy_known *p = bf_api_policy_named(c, c->match.parts[0]);
    if (p)
        tell_policy(c, 200, p);
}

static struct bf_policy_known *policy_of(struct bf_call *c, const uint8_t hash[BF_SHA256_LEN]) {
    for (uint32_t i = 0; i < c->service->policy_count; i++)
        if (memcmp(c->service->policies[i].image->hash, hash, BF_SHA256_LEN) == 0)
            return &c->service->policies[i];
    return NULL;
}

static bf_str policy_data(struct bf_call *c, const struct bf_image *m, bool active,
                          bool deactivates) {
    const struct bf_service *s = c->service;
    bf_str name = bf_i_text(m, m->policy.name);
    struct bf_buf data;
    bool first = true;
    bf_buf_in(&data, c->arena);
    bf_buf_z(&data, active ? "{\"active\":true" : "{\"active\":false");
    for (uint32_t i = 0; deactivates && i < s->policy_count; i++) {
        const struct bf_image *o = s->policies[i].image;
        if (o == m || !s->policies[i].seq || !bf_str_eq(bf_i_text(o, o->policy.name), name))
            continue;
        bf_buf_z(&data, first ? ",\"deactivated\":[" : ",");
        bf_json_hex(o->hash, BF_SHA256_LEN, &data);
        first = false;
    }
    bf_buf_z(&data, first ? "" : "]");
    put_text(&data, ",\"name\":", name);
    bf_buf_z(&data, ",\"policy\":");
    bf_json_hex(m->hash, BF_SHA256_LEN, &data);
    bf_buf_char(&data, '}');
    return bf_buf_view(&data);
}

/* The policy the call is about, as its row left it: the same again, whatever came since. */
static void tell_row(struct bf_call *c, const struct bf_answer *a, bool active) {
    struct bf_policy_known p = *policy_of(c, c->own);
    p.active = active;
    p.seq = a->seq;
    tell_policy(c, 201, &p);
}

static void tell_loaded(struct bf_call *c, const struct bf_answer *a) { tell_row(c, a, false); }
/* What is known already leaves no row. */
static void tell_known(struct bf_call *c) { tell_policy(c, 200, policy_of(c, c->own)); }

static void tell_active(struct bf_call *c, const struct bf_answer *a) { tell_row(c, a, true); }

static void send_policy(struct bf_call *c, const struct bf_answer *a) {
    const struct bf_image *m = policy_of(c, c->own)->image;
    struct bf_row_blob *blob = bf_new(c->arena, struct bf_row_blob);
    *blob = (struct bf_row_blob){.hash = {(const char *)m->hash, BF_SHA256_LEN},
                                 .kind = BF_BLOB_IMAGE,
                                 .bytes = {(const char *)m->bytes, (uint32_t)m->size}};
    struct bf_call_notice n = {.kind = BF_ENTRY_POLICY,
                               .data = policy_data(c, m, false, false),
                               .blobs = blob,
                               .blob_count = 1};
    (void)a;
    bf_call_notice(c, &n, tell_loaded);
}

static bf_str calendar_data(struct bf_call *c, const struct bf_calendar *cal) {
    struct bf_buf data;
    bf_buf_in(&data, c->arena);
    bf_buf_z(&data, "{\"calendar\":");
    bf_json_hex(bf_calendar_hash(cal), BF_SHA256_LEN, &data);
    put_text(&data, ",\"name\":", bf_calendar_name(cal));
    bf_buf_char(&data, '}');
    return bf_buf_view(&data);
}

static struct bf_call_notice calendar_notice(struct bf_call *c, const struct bf_calendar *cal) {
    struct bf_row_blob *blob = bf_new(c->arena, struct bf_row_blob);
    *blob = (struct bf_row_blob){.hash = {(const char *)bf_calendar_hash(cal), BF_SHA256_LEN},
                                 .kind = BF_BLOB_CALENDAR,
                                 .bytes = bf_calendar_bytes(cal)};
    return (struct bf_call_notice){
        .kind = BF_ENTRY_CALENDAR, .data = calendar_data(c, cal), .blobs = blob, .blob_count = 1};
}

/* The calendar an image counts by is adopted with its first policy, if none of its name was: the one that comes with
** the program. */
static void adopt_shipped(struct bf_call *c, bf_str name) {
    const struct bf_calendar *shipped;
    struct bf_calendar_known *known;
    struct bf_error e;
    if (bf_calendar_open(c->arena, name, BF_DAY_MAX, &shipped, &e) ||
        bf_service_bring_calendar(c->service, bf_calendar_name(shipped), bf_calendar_bytes(shipped),
                                  &known, &e)) {
        bf_call_problem(c, 422, "no-calendar", BF_T_ADMIN_NO_CALENDAR, BF_ARGS(bf_arg_str(name)));
        return;
    }
    struct bf_call_notice n = calendar_notice(c, known->calendar);
    n.part = BF_NOTICE_ASIDE;
    bf_call_notice(c, &n, send_policy);
}

void bf_on_policies_load(struct bf_call *c) {
    struct bf_service *s = c->service;
    struct bf_policy_known *p;
    struct bf_error e;
    enum bf_err err = bf_service_bring_policy(s, c->request->body, &p, &e);
    if (err == BF_ENOMEM) {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
        return;
    }
    if (err) {
        bf_call_problem(c, 422, "image", BF_T_ADMIN_IMAGE, BF_ARGS(bf_arg_str(bf_str_of(e.text))));
        return;
    }
    c->own = bf_arena_copy(c->arena, p->image->hash, BF_SHA256_LEN);
    if (p->seq) {
        bf_call_first(c, tell_loaded, tell_known);
        return;
    }
    bf_str calendar = bf_i_text(p->image, p->image->policy.calendar);
    if (bf_service_calendar(s, calendar))
        send_policy(c, NULL);
    else
        adopt_shipped(c, calendar);
}

static bool amend_one(const struct bf_image *x, const struct bf_image *y) {
    const struct bf_i_policy *p = &x->policy, *q = &y->policy;
    return x->amend_count && y->amend_count &&
           bf_str_eq(bf_i_text(x, x->amend->policy), bf_i_text(y, y->amend->policy)) &&
           !bf_str_eq(bf_i_text(x, p->name), bf_i_text(y, q->name)) &&
           p->force_from <= q->force_to && q->force_from <= p->force_to;
}

/* A day has one text. What two amendments of one come to together, whoever writes the later has to say. */
static void activate(struct bf_call *c) {
    const struct bf_service *s = c->service;
    const struct bf_image *m = policy_of(c, c->own)->image;
    for (uint32_t i = 0; i < s->policy_count; i++) {
        const struct bf_image *o = s->policies[i].image;
        if (!s->policies[i].active || !amend_one(m, o))
            continue;
        bf_call_problem(c, 422, "amended-twice", BF_T_ADMIN_AMENDED_BOTH,
                        BF_ARGS(bf_arg_str(bf_i_text(o, o->policy.name)),
                                bf_arg_str(bf_i_text(o, o->amend->policy))));
        return;
    }
    struct bf_call_notice n = {.kind = BF_ENTRY_POLICY, .data = policy_data(c, m, true, true)};
    bf_call_notice(c, &n, tell_active);
}

/* All others of its name are named, active or not: of two activations under way at once the later then wins whole. */
void bf_on_policy_activate(struct bf_call *c) {
    struct bf_policy_known *p = bf_api_policy_named(c, c->match.parts[0]);
    if (!p)
        return;
    c->own = bf_arena_copy(c->arena, p->image->hash, BF_SHA256_LEN);
    bf_call_first(c, tell_active, activate);
}

/* ---- calendars ---- */
void bf_on_calendars_list(struct bf_call *c) {
    const struct bf_service *s = c->service;
    struct bf_buf out;
    bool first = true;
    bf_buf_in(&out, c->arena);
    bf_buf_z(&out, "{\"calendars\":[");
    for (uint32_t i = 0; i < s->calendar_count; i++) {
        if (!s->calendars[i].adopted) /* superseded ones are kept for the rows that name them */
            continue;
        bf_buf_z(&out, first ? "" : ",");
        put_calendar(&s->calendars[i], &out);
        first = false;
    }
    bf_buf_z(&out, "]}");
    bf_call_json(c, 200, &out);
}

/* As its row left it. */
static void tell_adopted(struct bf_call *c, const struct bf_answer *a) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    for (uint32_t i = 0; i < c->service->calendar_count; i++) {
        struct bf_calendar_known k = c->service->calendars[i];
        if (memcmp(bf_calendar_hash(k.calendar), c->own, BF_SHA256_LEN) == 0) {
            k.seq = a->seq;
            put_calendar(&k, &out);
            break;
        }
    }
    bf_call_json(c, 200, &out);
}

void bf_on_calendars_adopt(struct bf_call *c) {
    struct bf_calendar_known *k;
    struct bf_error e;
    enum bf_err err =
        bf_service_bring_calendar(c->service, c->match.parts[0], c->request->body, &k, &e);
    if (err == BF_ENOMEM) {
        bf_call_engine_problem(c, &(struct bf_answer){.kind = BF_ANSWER_MEMORY});
        return;
    }
    if (err) {
        bf_call_problem(c, 422, "calendar", BF_T_ADMIN_CALENDAR,
                        BF_ARGS(bf_arg_str(bf_str_of(e.text))));
        return;
    }
    c->own = bf_arena_copy(c->arena, bf_calendar_hash(k->calendar), BF_SHA256_LEN);
    struct bf_call_notice n = calendar_notice(c, k->calendar);
    bf_call_notice(c, &n, tell_adopted);
}

/* ---- rows of registers ---- */
/* "POLICY.REGISTER", of the active policy of that name, or of the text in force that amends it. */
static struct bf_policy_known *register_named(struct bf_call *c, uint32_t *reg) {
    bf_str name = c->match.parts[0];
    const char *dot = memrchr(name.p, '.', name.len);
    struct bf_policy_known *p =
        dot ? bf_service_text(c->service, (bf_str){name.p, (uint32_t)(dot - name.p)}) : NULL;
    bf_str own = dot ? (bf_str){dot + 1, (uint32_t)(name.p + name.len - dot - 1)} : name;
    for (*reg = 0; p && p->engine && *reg < p->image->reg_count; (*reg)++)
        if (bf_str_eq(bf_i_text(p->image, p->image->reg[*reg].name), own))
            return p;
    bf_call_problem(c, 404, "no-register", BF_T_ADMIN_NO_REGISTER, BF_ARGS(bf_arg_str(name)));
    return NULL;
}

static void tell_put(struct bf_call *c, const struct bf_answer *a) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    bf_buf_fmt(&out, "{\"seq\":%" PRIu64 "}", a->seq);
    bf_call_json(c, 200, &out);
}

/* A row of the register's record: each field of its type, keys present. False: answered. */
static bool read_row(struct bf_call *c, const struct bf_image *m, uint32_t reg,
                     struct bf_value *row) {
    struct bf_i_range fields = m->record[m->reg[reg].record].fields;
    struct bf_value *v = bf_new_array(c->arena, struct bf_value, fields.count + 1);
    json_t *j = json_object_get(c->body, "row");
    struct bf_buf why;
    bf_buf_in(&why, c->arena);
    struct bf_json_read r = bf_api_reader(c, m, c->arena, &why);
    bool fine = json_is_object(j) && bf_json_fields(&r, "row", j, fields, v);
    const char *wrong = NULL;
    uint32_t at = 0;
    for (uint32_t i = 0; fine && !wrong && i < fields.count; i++) {
        wrong = bf_value_check(m, v[i], m->field[fields.first + i].type);
        at = i;
    }
    if (fine && !wrong) {
        *row = bf_record_value(m->reg[reg].record, v, fields.count);
        return true;
    }
    if (fine) {
        bf_buf_str(&why, bf_i_text(m, m->field[fields.first + at].name));
        bf_buf_z(&why, ": ");
        bf_buf_z(&why, wrong);
    }
    bf_call_problem(c, 422, "member", BF_T_ADMIN_ROW,
                    BF_ARGS(bf_arg_str(why.len ? bf_buf_view(&why) : BF_STR("row"))));
    return false;
}

static void put_fresh(struct bf_call *c) {
    uint32_t reg;
    struct bf_policy_known *p = register_named(c, &reg);
    struct bf_value row;
    struct bf_buf data;
    if (!p || !read_row(c, p->image, reg, &row))
        return;
    bf_buf_in(&data, c->arena);
    put_text(&data, "{\"register\":", bf_i_text(p->image, p->image->reg[reg].name));
    bf_buf_z(&data, ",\"row\":");
    bf_value_json(p->image, row, &data);
    bf_buf_char(&data, '}');
    struct bf_call_notice n = {
        .kind = BF_ENTRY_REGISTER, .policy = p->engine, .data = bf_buf_view(&data)};
    bf_call_notice(c, &n, tell_put);
}

void bf_on_register_put(struct bf_call *c) { bf_call_first(c, tell_put, put_fresh); }

/* ---- a restored copy begins to deliver ---- */
static void tell_activated(struct bf_call *c, const struct bf_answer *a) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    bf_buf_fmt(&out, "{\"held\":false,\"seq\":%" PRIu64 "}", a->seq);
    bf_call_json(c, 200, &out);
}

void bf_on_activate(struct bf_call *c) {
    struct bf_call_notice n = {.kind = BF_ENTRY_SETTING,
                               .data = BF_STR("{\"id\":\"" BF_SETTING_HELD
                                              "\",\"json\":{\"" BF_SETTING_HELD
                                              "\":false},\"kind\":\"" BF_SERVICE_SETTING "\"}")};
    bf_call_notice(c, &n, tell_activated);
}
