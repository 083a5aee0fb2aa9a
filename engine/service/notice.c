/* notice: see notice.h. */
#include "engine/service/notice.h"

#include <string.h>

#include "engine/core/canon.h"

struct sent {
    struct bf_call *call;
    enum bf_notice_part part;
    void (*then)(struct bf_call *c, const struct bf_answer *a);
    void (*fresh)(struct bf_call *c); /* NULL, unless it is only asked */
    const struct bf_answer *answer;
};

static void go_on(struct bf_call *c, void *arg) {
    const struct sent *s = arg;
    if (s->answer->again && s->part != BF_NOTICE_BEGIN)
        bf_call_header(c, "Idempotency-Replayed", BF_STR("true"));
    if (bf_call_engine_problem(c, s->answer))
        return;
    if (s->fresh && !s->answer->seq)
        s->fresh(c);
    else
        s->then(c, s->answer);
}

static void answered(void *ctx, const struct bf_answer *a) {
    struct sent *s = ctx;
    if (a->kind == BF_ANSWER_DONE && !a->again)
        bf_service_learn(s->call->service, a->settings, a->setting_count);
    s->answer = a;
    bf_call_run(s->call, go_on, s);
}

/* No client can send the key of an end: a blank is in it. */
static bf_str key_of(struct bf_call *c, enum bf_notice_part part) {
    struct bf_buf key;
    if (part != BF_NOTICE_END)
        return part == BF_NOTICE_ASIDE ? BF_STR("") : c->key;
    bf_buf_in(&key, c->arena);
    bf_buf_str(&key, c->key);
    bf_buf_z(&key, " end");
    return bf_buf_view(&key);
}

static void send(const struct sent *how, struct bf_notice *n) {
    struct bf_call *c = how->call;
    struct sent *s = bf_new(c->arena, struct sent);
    *s = *how;
    n->principal = c->principal.person;
    n->request = c->request_id;
    n->answer = answered;
    n->ctx = s;
    n->key = key_of(c, how->part);
    memcpy(n->body_hash, c->body_hash, sizeof n->body_hash);
    bf_engine_notice(c->service->engine, n);
}

void bf_call_notice(struct bf_call *c, const struct bf_call_notice *n,
                    void (*then)(struct bf_call *c, const struct bf_answer *a)) {
    struct bf_notice notice = {.kind = n->kind,
                               .policy = n->policy,
                               .data = n->data,
                               .blobs = n->blobs,
                               .blob_count = n->blob_count};
    send(&(struct sent){.call = c, .part = n->part, .then = then}, &notice);
}

void bf_call_first(struct bf_call *c, void (*told)(struct bf_call *c, const struct bf_answer *a),
                   void (*fresh)(struct bf_call *c)) {
    struct bf_notice notice = {.kind = BF_ENTRY_SETTING, .ask = true};
    send(&(struct sent){.call = c, .then = told, .fresh = fresh}, &notice);
}

void bf_call_ended(struct bf_call *c, void (*told)(struct bf_call *c, const struct bf_answer *a),
                   void (*fresh)(struct bf_call *c)) {
    struct bf_notice notice = {.kind = BF_ENTRY_SETTING, .ask = true};
    send(&(struct sent){.call = c, .part = BF_NOTICE_END, .then = told, .fresh = fresh}, &notice);
}

/* ---- canonical JSON ---- */
struct member {
    bf_str key;
    const json_t *value;
};

static int by_key(const void *x, const void *y) {
    return bf_str_cmp(((const struct member *)x)->key, ((const struct member *)y)->key);
}

static bool put(const json_t *j, struct bf_buf *out, int depth);

static bool put_object(const json_t *j, struct bf_buf *out, int depth) {
    struct bf_buf all; /* of struct member */
    const char *key;
    json_t *value;
    size_t count = json_object_size(j), i = 0;
    bool fine = true;
    if (out->arena) /* whose exhaustion would lose what the heap holds */
        bf_buf_in(&all, out->arena);
    else
        bf_buf_init(&all);
    json_object_foreach((json_t *)(uintptr_t)j, key, value) {
        struct member m = {bf_str_of(key), value};
        bf_buf_put(&all, &m, sizeof m);
    }
    if (all.failed)
        out->failed = true;
    else if (count)
        qsort(all.p, count, sizeof(struct member), by_key);
    bf_buf_char(out, '{');
    for (; fine && !all.failed && i < count; i++) {
        struct member m;
        memcpy(&m, all.p + i * sizeof m, sizeof m);
        if (i)
            bf_buf_char(out, ',');
        bf_json_text(m.key, out);
        bf_buf_char(out, ':');
        fine = put(m.value, out, depth + 1);
    }
    bf_buf_char(out, '}');
    bf_buf_fini(&all);
    return fine;
}

static bool put_array(const json_t *j, struct bf_buf *out, int depth) {
    bool fine = true;
    bf_buf_char(out, '[');
    for (size_t i = 0; fine && i < json_array_size(j); i++) {
        if (i)
            bf_buf_char(out, ',');
        fine = put(json_array_get(j, i), out, depth + 1);
    }
    bf_buf_char(out, ']');
    return fine;
}

static bool put(const json_t *j, struct bf_buf *out, int depth) {
    if (depth > BF_CANON_DEPTH)
        return false;
    switch (json_typeof(j)) {
    case JSON_OBJECT: return put_object(j, out, depth);
    case JSON_ARRAY: return put_array(j, out, depth);
    case JSON_STRING:
        bf_json_text((bf_str){json_string_value(j), (uint32_t)json_string_length(j)}, out);
        return true;
    case JSON_INTEGER: bf_buf_int(out, json_integer_value(j)); return true;
    case JSON_TRUE: bf_buf_z(out, "true"); return true;
    case JSON_FALSE: bf_buf_z(out, "false"); return true;
    case JSON_NULL: bf_buf_z(out, "null"); return true;
    case JSON_REAL: return false;
    }
    return false;
}

bool bf_json_canonical(const json_t *j, struct bf_buf *out) { return put(j, out, 0); }

/* ---- instants ---- */
bool bf_instant_read(bf_str s, bf_instant *at) {
    bf_day day;
    int32_t seconds, zone = 0;
    char sign;
    if (s.len < 20 || (s.p[10] != 'T' && s.p[10] != 't') ||
        !bf_day_parse((bf_str){s.p, 10}, &day) || !bf_clock_parse((bf_str){s.p + 11, 8}, &seconds))
        return false;
    sign = s.p[19];
    if (sign == '+' || sign == '-') {
        if (s.len != 25 || !bf_clock_parse((bf_str){s.p + 20, 5}, &zone))
            return false;
        zone = sign == '-' ? -zone : zone;
    } else if (s.len != 20 || (sign != 'Z' && sign != 'z')) {
        return false;
    }
    *at = (bf_instant)day * BF_DAY_SECONDS + seconds - zone;
    return true;
}
