/* directory: one table of rows by (kind, id), and a second chain through it: holdings and deputies by person, tokens by hash. */
#include <jansson.h>
#include <string.h>

#include "engine/service/auth.h"
#include "lang/base/assert.h"
#include "lang/base/mem.h"

enum member {
    M_NAME,
    M_LEVEL,
    M_DEPARTMENT,
    M_OFFICE,
    M_PERSON,
    M_POST,
    M_PRINCIPAL,
    M_POLICY,
    M_HASH,
    M_DAY,
    M_INSTRUMENT,
    M_SUCCESSORS,
    M_TEXTS
};
enum flag { F_ACTS, F_ENTERS, F_ACTIVE, F_OPERATOR, F_REVOKED, F_FLAGS };
enum when { W_FROM, W_UNTIL, W_EXPIRES, W_WHENS };

struct row {
    struct row *next, *next_by;
    enum bf_directory_kind kind;
    bf_str id, text[M_TEXTS];
    bool flag[F_FLAGS];
    bf_instant when[W_WHENS]; /* BF_INSTANT_NONE: not limited */
    struct bf_token_hash hash;
    char bytes[]; /* of the texts */
};

struct bf_directory {
    struct row **rows, **by;
    uint32_t count, mask;
};

static const char *const words[] = {"department", "post",  "person",    "holding",
                                    "deputy",     "token", "succession"};

static const struct field {
    const char *name;
    enum { TEXT, FLAG, WHEN, PARTY, PARTIES } type;
    int index;
    unsigned kinds, needed; /* 1 << kind */
} fields[] = {
#define IN(kind) (1u << BF_DIR_##kind)
    {"name", TEXT, M_NAME, IN(DEPARTMENT) | IN(POST) | IN(PERSON) | IN(TOKEN),
     IN(DEPARTMENT) | IN(POST) | IN(PERSON) | IN(TOKEN)},
    {"level", TEXT, M_LEVEL, IN(DEPARTMENT), 0},
    {"department", TEXT, M_DEPARTMENT, IN(POST), IN(POST)},
    {"office", TEXT, M_OFFICE, IN(POST), 0},
    {"acts", FLAG, F_ACTS, IN(POST), IN(POST)},
    {"enters", FLAG, F_ENTERS, IN(POST), 0},
    {"active", FLAG, F_ACTIVE, IN(PERSON), IN(PERSON)},
    {"operator", FLAG, F_OPERATOR, IN(PERSON), IN(PERSON)},
    {"person", TEXT, M_PERSON, IN(HOLDING) | IN(DEPUTY) | IN(TOKEN),
     IN(HOLDING) | IN(DEPUTY) | IN(TOKEN)},
    {"post", TEXT, M_POST, IN(HOLDING) | IN(DEPUTY), IN(HOLDING) | IN(DEPUTY)},
    {"principal", TEXT, M_PRINCIPAL, IN(DEPUTY), IN(DEPUTY)},
    {"policy", TEXT, M_POLICY, IN(DEPUTY), 0},
    {"from", WHEN, W_FROM, IN(HOLDING) | IN(DEPUTY), 0},
    {"until", WHEN, W_UNTIL, IN(HOLDING) | IN(DEPUTY), IN(DEPUTY)},
    {"hash", TEXT, M_HASH, IN(TOKEN), IN(TOKEN)},
    {"expires", WHEN, W_EXPIRES, IN(TOKEN), 0},
    {"revoked", FLAG, F_REVOKED, IN(TOKEN), IN(TOKEN)},
    {"at", WHEN, W_FROM, IN(SUCCESSION), IN(SUCCESSION)},
    {"day", TEXT, M_DAY, IN(SUCCESSION), IN(SUCCESSION)},
    {"department", PARTY, M_DEPARTMENT, IN(SUCCESSION), IN(SUCCESSION)},
    {"instrument", TEXT, M_INSTRUMENT, IN(SUCCESSION), 0},
    {"successors", PARTIES, M_SUCCESSORS, IN(SUCCESSION), IN(SUCCESSION)},
#undef IN
};
enum { FIELDS = sizeof fields / sizeof *fields };

const char *bf_directory_word(enum bf_directory_kind kind) {
    BF_ASSERT(kind < BF_DIR_KINDS);
    return words[kind];
}

/* ---- the table ---- */
struct bf_directory *bf_directory_new(void) {
    struct bf_directory *d = bf_malloc(sizeof *d);
    if (d)
        *d = (struct bf_directory){0};
    return d;
}

static void free_row(struct row *r) { bf_free(r); }

void bf_directory_free(struct bf_directory *d) {
    if (!d)
        return;
    for (uint32_t i = 0; d->rows && i <= d->mask; i++)
        for (struct row *r = d->rows[i], *next; r; r = next) {
            next = r->next;
            free_row(r);
        }
    bf_free(d->rows);
    bf_free(d->by);
    bf_free(d);
}

static struct row **slot(const struct bf_directory *d, enum bf_directory_kind kind, bf_str id) {
    return &d->rows[(bf_str_hash(id) * 31 + (uint32_t)kind) & d->mask];
}

static uint32_t hash_word(const struct bf_token_hash *h) { /* as random as it is secret */
    uint32_t n;
    memcpy(&n, h->p, sizeof n);
    return n;
}

static struct row **slot_by(const struct bf_directory *d, const struct row *r) {
    uint32_t h = r->kind == BF_DIR_TOKEN ? hash_word(&r->hash) : bf_str_hash(r->text[M_PERSON]);
    return &d->by[h & d->mask];
}

static bool has_by(const struct row *r) {
    return r->kind == BF_DIR_HOLDING || r->kind == BF_DIR_DEPUTY || r->kind == BF_DIR_TOKEN;
}

static struct row *find(const struct bf_directory *d, enum bf_directory_kind kind, bf_str id) {
    for (struct row *r = d->rows ? *slot(d, kind, id) : NULL; r; r = r->next)
        if (r->kind == kind && bf_str_eq(r->id, id))
            return r;
    return NULL;
}

static void link_row(struct bf_directory *d, struct row *r) {
    struct row **at = slot(d, r->kind, r->id);
    r->next = *at, *at = r;
    if (has_by(r))
        at = slot_by(d, r), r->next_by = *at, *at = r;
    d->count++;
}

static void unlink_row(struct bf_directory *d, struct row *r) {
    struct row **at = slot(d, r->kind, r->id);
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    if (has_by(r)) {
        for (at = slot_by(d, r); *at != r;)
            at = &(*at)->next_by;
        *at = r->next_by;
    }
    d->count--;
}

/* Room for one more row; false when out of memory, and all is as before. */
static bool grow(struct bf_directory *d) {
    if (d->rows && d->count <= d->mask)
        return true;
    uint32_t size = d->rows ? (d->mask + 1) * 2 : 64;
    struct bf_directory wider = {bf_malloc(size * sizeof *d->rows), bf_malloc(size * sizeof *d->by),
                                 0, size - 1};
    if (!wider.rows || !wider.by) {
        bf_free(wider.rows);
        bf_free(wider.by);
        return false;
    }
    memset(wider.rows, 0, size * sizeof *d->rows);
    memset(wider.by, 0, size * sizeof *d->by);
    for (uint32_t i = 0; d->rows && i <= d->mask; i++)
        for (struct row *r = d->rows[i], *next; r; r = next) {
            next = r->next;
            link_row(&wider, r);
        }
    bf_free(d->rows);
    bf_free(d->by);
    *d = wider;
    return true;
}

/* ---- reading a row ---- */
static const struct field *field_of(enum bf_directory_kind kind, const char *name) {
    for (int i = 0; i < FIELDS; i++)
        if (fields[i].kinds >> kind & 1 && strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

static enum bf_err bad(enum bf_directory_kind kind, const char *member, const char *what,
                       struct bf_error *e) {
    return bf_fail(e, BF_EFORMAT, "%s: %.60s: %s", words[kind], member, what);
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hash(bf_str s, struct bf_token_hash *out) {
    if (s.len != 2 * BF_SHA256_LEN)
        return false;
    for (int i = 0; i < BF_SHA256_LEN; i++) {
        int high = hex_digit(s.p[2 * i]), low = hex_digit(s.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out->p[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* The codes of a list, each with a newline behind it: no longer than what they were read from. */
static const char *take_codes(struct row *r, const struct field *f, const json_t *j, char **end) {
    char *first = *end;
    if (!json_is_array(j))
        return "a list of departments is needed";
    for (size_t i = 0; i < json_array_size(j); i++) {
        const json_t *code = json_object_get(json_array_get(j, i), "code");
        if (!json_is_string(code) || !json_string_length(code))
            return "departments with their codes are needed";
        memcpy(*end, json_string_value(code), json_string_length(code));
        *end += json_string_length(code);
        *(*end)++ = '\n';
    }
    r->text[f->index] = (bf_str){first, (uint32_t)(*end - first)};
    return NULL;
}

/* Takes a member into the row; `end` is where its texts go on. NULL, or what is wrong. */
static const char *take(struct row *r, const struct field *f, const json_t *j, char **end) {
    switch (f->type) {
    case TEXT:
        if (!json_is_string(j) || json_string_length(j) == 0)
            return "a text is needed";
        r->text[f->index] = (bf_str){*end, (uint32_t)json_string_length(j)};
        memcpy(*end, json_string_value(j), json_string_length(j));
        *end += json_string_length(j);
        break;
    case FLAG:
        if (!json_is_boolean(j))
            return "true or false is needed";
        r->flag[f->index] = json_is_true(j);
        break;
    case WHEN:
        if (!json_is_integer(j))
            return "an instant is needed";
        r->when[f->index] = json_integer_value(j);
        break;
    case PARTY:
        if (!json_is_string(json_object_get(j, "code")))
            return "a department with its code is needed";
        break; /* the row's id is that code */
    case PARTIES: return take_codes(r, f, j, end);
    }
    return NULL;
}

static enum bf_err fill_row(struct row *r, json_t *j, struct bf_error *e) {
    char *end = r->bytes + r->id.len;
    const char *name, *what;
    json_t *value;
    json_object_foreach(j, name, value) {
        const struct field *f = field_of(r->kind, name);
        if (!f)
            return bad(r->kind, name, "there is no such member", e);
        if ((what = take(r, f, value, &end)))
            return bad(r->kind, name, what, e);
    }
    for (int i = 0; i < FIELDS; i++)
        if (fields[i].needed >> r->kind & 1 && !json_object_get(j, fields[i].name))
            return bad(r->kind, fields[i].name, "this member is needed", e);
    if (r->kind == BF_DIR_TOKEN && !read_hash(r->text[M_HASH], &r->hash))
        return bad(r->kind, "hash", "64 hexadecimal digits are needed", e);
    return BF_OK;
}

enum bf_err bf_directory_put(struct bf_directory *d, enum bf_directory_kind kind, bf_str id,
                             bf_str json, struct bf_error *e) {
    BF_ASSERT(kind < BF_DIR_KINDS);
    if (id.len == 0)
        return bad(kind, "id", "a text is needed", e);
    json_error_t why;
    json_t *j = json_loadb(json.p ? json.p : "", json.len, JSON_REJECT_DUPLICATES, &why);
    if (!j && (!why.text[0] || json_error_code(&why) == json_error_out_of_memory))
        return bf_fail(e, BF_ENOMEM, "out of memory");
    if (!json_is_object(j)) {
        json_decref(j);
        return bf_fail(e, BF_EFORMAT, "%s: %s", words[kind], j ? "an object is needed" : why.text);
    }
    /* Unescaped, its texts are no longer than the JSON. */
    struct row *r = bf_malloc(sizeof *r + id.len + json.len), *old = find(d, kind, id);
    enum bf_err err = !r || !grow(d) ? bf_fail(e, BF_ENOMEM, "out of memory") : BF_OK;
    if (err == BF_OK) {
        *r = (struct row){.kind = kind, .id = {r->bytes, id.len}};
        for (int i = 0; i < W_WHENS; i++)
            r->when[i] = BF_INSTANT_NONE;
        memcpy(r->bytes, id.p, id.len);
        err = fill_row(r, j, e);
    }
    json_decref(j);
    if (err != BF_OK) {
        bf_free(r);
        return err;
    }
    if (old) {
        unlink_row(d, old);
        free_row(old);
    }
    link_row(d, r);
    return BF_OK;
}

bool bf_directory_remove(struct bf_directory *d, enum bf_directory_kind kind, bf_str id) {
    struct row *r = find(d, kind, id);
    if (!r)
        return false;
    unlink_row(d, r);
    free_row(r);
    return true;
}

/* ---- questions ---- */
static const struct row *active(const struct bf_directory *d, bf_str person) {
    const struct row *r = find(d, BF_DIR_PERSON, person);
    return r && r->flag[F_ACTIVE] ? r : NULL;
}

static enum bf_sign_in judge(const struct bf_directory *d, const struct row *r, bf_instant now,
                             struct bf_principal *out) {
    if (!r)
        return BF_SIGN_IN_UNKNOWN;
    const struct row *person = active(d, r->text[M_PERSON]);
    *out = (struct bf_principal){r->id, r->text[M_PERSON], person && person->flag[F_OPERATOR]};
    if (r->flag[F_REVOKED])
        return BF_SIGN_IN_REVOKED;
    if (r->when[W_EXPIRES] != BF_INSTANT_NONE && now >= r->when[W_EXPIRES])
        return BF_SIGN_IN_EXPIRED;
    return person ? BF_SIGN_IN_OK : BF_SIGN_IN_INACTIVE;
}

enum bf_sign_in bf_directory_sign_in(const struct bf_directory *d, const struct bf_token_hash *hash,
                                     bf_instant now, struct bf_principal *out) {
    const struct row *r = d->by ? d->by[hash_word(hash) & d->mask] : NULL;
    while (r && !(r->kind == BF_DIR_TOKEN && bf_bytes_equal(r->hash.p, hash->p, sizeof hash->p)))
        r = r->next_by;
    return judge(d, r, now, out);
}

enum bf_sign_in bf_directory_still(const struct bf_directory *d, bf_str token, bf_instant now,
                                   struct bf_principal *out) {
    return judge(d, find(d, BF_DIR_TOKEN, token), now, out);
}

/* Is it in force, of a holding or a deputy? */
static bool runs(const struct row *r, bf_instant now) {
    return (r->when[W_FROM] == BF_INSTANT_NONE || now >= r->when[W_FROM]) &&
           (r->when[W_UNTIL] == BF_INSTANT_NONE || now < r->when[W_UNTIL]);
}

/* A person's first row of a kind that is in force, or the next after one. */
static const struct row *his(const struct bf_directory *d, bf_str person,
                             enum bf_directory_kind kind, bf_instant now, const struct row *after) {
    const struct row *r = after   ? after->next_by
                          : d->by ? d->by[bf_str_hash(person) & d->mask]
                                  : NULL;
    while (r && !(r->kind == kind && bf_str_eq(r->text[M_PERSON], person) && runs(r, now)))
        r = r->next_by;
    return r;
}

static bool holds_post(const struct bf_directory *d, bf_str person, bf_str post, bf_instant now) {
    const struct row *h = active(d, person) ? his(d, person, BF_DIR_HOLDING, now, NULL) : NULL;
    while (h && !bf_str_eq(h->text[M_POST], post))
        h = his(d, person, BF_DIR_HOLDING, now, h);
    return h != NULL;
}

static const struct row *department_of(const struct bf_directory *d, const struct row *post) {
    return post ? find(d, BF_DIR_DEPARTMENT, post->text[M_DEPARTMENT]) : NULL;
}

/* What a row gives: a holding its post, a deputy that of his principal. False: enough was told. */
static bool tell_capacities(const struct bf_directory *d, const struct row *r,
                            bool (*each)(void *ctx, const struct bf_capacity *c), void *ctx) {
    const struct row *post = find(d, BF_DIR_POST, r->text[M_POST]), *of = department_of(d, post);
    if (!of)
        return true;
    struct bf_capacity c = {.department = of->id,
                            .name = of->text[M_NAME],
                            .level = of->text[M_LEVEL],
                            .post = post->id,
                            .principal = r->text[M_PRINCIPAL],
                            .policy = r->text[M_POLICY],
                            .until = r->when[W_UNTIL]};
    if (post->flag[F_ACTS] && !each(ctx, &c))
        return false;
    c.office = post->text[M_OFFICE];
    return !c.office.len || each(ctx, &c);
}

void bf_directory_capacities(const struct bf_directory *d, bf_str person, bf_instant now,
                             bool (*each)(void *ctx, const struct bf_capacity *c), void *ctx) {
    if (!active(d, person))
        return;
    for (const struct row *h = NULL; (h = his(d, person, BF_DIR_HOLDING, now, h));)
        if (!tell_capacities(d, h, each, ctx))
            return;
    for (const struct row *r = NULL; (r = his(d, person, BF_DIR_DEPUTY, now, r));)
        if (holds_post(d, r->text[M_PRINCIPAL], r->text[M_POST], now) &&
            !tell_capacities(d, r, each, ctx))
            return;
}

void bf_directory_enters(const struct bf_directory *d, bf_str person, bf_instant now,
                         bool (*each)(void *ctx, bf_str department), void *ctx) {
    if (!active(d, person))
        return;
    for (const struct row *h = NULL; (h = his(d, person, BF_DIR_HOLDING, now, h));) {
        const struct row *post = find(d, BF_DIR_POST, h->text[M_POST]);
        if (department_of(d, post) && post->flag[F_ENTERS] && !each(ctx, post->text[M_DEPARTMENT]))
            return;
    }
}

bool bf_directory_holds(const struct bf_directory *d, bf_str person, bf_instant now) {
    return active(d, person) && his(d, person, BF_DIR_HOLDING, now, NULL);
}

static struct bf_grant grant_of(const struct row *r) {
    return (struct bf_grant){.id = r->id,
                             .person = r->text[M_PERSON],
                             .principal = r->text[M_PRINCIPAL],
                             .post = r->text[M_POST],
                             .policy = r->text[M_POLICY],
                             .from = r->when[W_FROM],
                             .until = r->when[W_UNTIL]};
}

void bf_directory_grants(const struct bf_directory *d,
                         bool (*each)(void *ctx, const struct bf_grant *g), void *ctx) {
    for (uint32_t i = 0; d->rows && i <= d->mask; i++)
        for (const struct row *r = d->rows[i]; r; r = r->next) {
            struct bf_grant g = grant_of(r);
            if ((r->kind == BF_DIR_HOLDING || r->kind == BF_DIR_DEPUTY) && !each(ctx, &g))
                return;
        }
}

bool bf_directory_deputy(const struct bf_directory *d, bf_str id, struct bf_grant *g) {
    const struct row *r = find(d, BF_DIR_DEPUTY, id);
    if (r)
        *g = grant_of(r);
    return r != NULL;
}

bool bf_next_line(bf_str *rest, bf_str *line) {
    const char *end = rest->len ? memchr(rest->p, '\n', rest->len) : NULL;
    if (!end)
        return false;
    *line = (bf_str){rest->p, (uint32_t)(end - rest->p)};
    *rest = (bf_str){end + 1, rest->len - line->len - 1};
    return true;
}

static bool tell_references(const struct row *r,
                            bool (*each)(void *ctx, enum bf_directory_kind kind, bf_str id,
                                         enum bf_directory_kind of, bf_str named),
                            void *ctx) {
    if (r->kind == BF_DIR_POST)
        return each(ctx, r->kind, r->id, BF_DIR_DEPARTMENT, r->text[M_DEPARTMENT]);
    bf_str rest = r->text[M_SUCCESSORS], one;
    if (r->kind == BF_DIR_SUCCESSION && !each(ctx, r->kind, r->id, BF_DIR_DEPARTMENT, r->id))
        return false;
    while (bf_next_line(&rest, &one))
        if (!each(ctx, r->kind, r->id, BF_DIR_DEPARTMENT, one))
            return false;
    if (r->kind != BF_DIR_HOLDING && r->kind != BF_DIR_DEPUTY)
        return true;
    return each(ctx, r->kind, r->id, BF_DIR_PERSON, r->text[M_PERSON]) &&
           each(ctx, r->kind, r->id, BF_DIR_POST, r->text[M_POST]) &&
           (r->kind == BF_DIR_HOLDING ||
            each(ctx, r->kind, r->id, BF_DIR_PERSON, r->text[M_PRINCIPAL]));
}

void bf_directory_successions(const struct bf_directory *d,
                              bool (*each)(void *ctx, const struct bf_directory_heirs *h),
                              void *ctx) {
    for (uint32_t i = 0; d->rows && i <= d->mask; i++)
        for (const struct row *r = d->rows[i]; r; r = r->next) {
            struct bf_directory_heirs h = {r->id, r->text[M_DAY], r->text[M_SUCCESSORS]};
            if (r->kind == BF_DIR_SUCCESSION && !each(ctx, &h))
                return;
        }
}

void bf_directory_references(const struct bf_directory *d,
                             bool (*each)(void *ctx, enum bf_directory_kind kind, bf_str id,
                                          enum bf_directory_kind of, bf_str named),
                             void *ctx) {
    for (uint32_t i = 0; d->rows && i <= d->mask; i++)
        for (const struct row *r = d->rows[i]; r; r = r->next)
            if (!tell_references(r, each, ctx))
                return;
}

bool bf_directory_called(const struct bf_directory *d, enum bf_directory_kind kind, bf_str id,
                         bf_str *name, bf_str *level) {
    const struct row *r = find(d, kind, id);
    if (r) {
        *name = r->text[M_NAME];
        *level = r->text[M_LEVEL];
    }
    return r != NULL;
}

bool bf_directory_post(const struct bf_directory *d, bf_str id, struct bf_capacity *c) {
    const struct row *post = find(d, BF_DIR_POST, id);
    const struct row *of = department_of(d, post);
    if (of)
        *c = (struct bf_capacity){.department = of->id,
                                  .name = of->text[M_NAME],
                                  .level = of->text[M_LEVEL],
                                  .office = post->text[M_OFFICE],
                                  .post = post->id};
    return of != NULL;
}

struct wanted {
    bf_str department, office;
    bool found;
};

static bool compare(void *ctx, const struct bf_capacity *c) {
    struct wanted *w = ctx;
    w->found = bf_str_eq(c->department, w->department) && bf_str_eq(c->office, w->office);
    return !w->found;
}

bool bf_directory_may(const struct bf_directory *d, bf_str person, bf_str department, bf_str office,
                      bf_instant now) {
    struct wanted w = {department, office, false};
    bf_directory_capacities(d, person, now, compare, &w);
    return w.found;
}
