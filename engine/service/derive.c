/* derive: see derive.h. */
#include "engine/service/derive.h"

#include <string.h>

#include "engine/core/canon.h"

static void add(struct bf_derived *d, enum bf_table table, bool del, const void *row, size_t size) {
    if (d->count == d->cap) {
        uint32_t cap = d->cap ? d->cap * 2 : 8;
        struct bf_batch_op *op = bf_new_array(d->arena, struct bf_batch_op, cap);
        if (d->count)
            memcpy(op, d->op, d->count * sizeof *op);
        d->op = op;
        d->cap = cap;
    }
    d->op[d->count++] = (struct bf_batch_op){table, del, bf_arena_copy(d->arena, row, size)};
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

static const char *const directory_kinds[] = {"department", "holding", "person", "post", "token"};

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
    case BF_ENTRY_CLOCK: return BF_OK;
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
