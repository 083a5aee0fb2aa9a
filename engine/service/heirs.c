/* heirs: see heirs.h. */
#include "engine/service/heirs.h"

#include <string.h>

#include "engine/core/canon.h"
#include "lang/base/mem.h"

struct row {
    struct row *before; /* put before it */
    uint64_t seq;
    bf_str id, json;
    char bytes[];
};

struct view {
    struct view *next;
    const struct bf_image *m;
    const struct bf_calendar *c;
    uint64_t version;
    struct bf_arena *arena;
    struct past *past;
    struct bf_heirs_view v;
};
/* An arena whose values facts may still share. */
struct past {
    struct past *before;
    struct bf_arena *arena;
};

struct bf_heirs {
    struct row *last;
    uint64_t version;
    struct view *views;
};

struct bf_heirs *bf_heirs_new(void) {
    struct bf_heirs *h = bf_malloc(sizeof *h);
    if (h)
        *h = (struct bf_heirs){0};
    return h;
}

void bf_heirs_free(struct bf_heirs *h) {
    if (!h)
        return;
    bf_heirs_take_back(h, 0);
    for (struct view *v = h->views, *next; v; v = next) {
        next = v->next;
        for (struct past *p = v->past, *before; p; p = before) {
            before = p->before;
            bf_arena_free(p->arena);
            bf_free(p);
        }
        bf_arena_free(v->arena);
        bf_free(v);
    }
    bf_free(h);
}

bool bf_heirs_put(struct bf_heirs *h, bf_str id, bf_str json, uint64_t seq) {
    for (const struct row *r = h->last; r; r = r->before)
        if (r->seq == seq && bf_str_eq(r->id, id))
            return true;
    struct row *r = bf_malloc(sizeof *r + id.len + json.len);
    if (!r)
        return false;
    *r = (struct row){.before = h->last, .seq = seq};
    r->id = (bf_str){memcpy(r->bytes, id.p, id.len), id.len};
    r->json = (bf_str){r->bytes + id.len, json.len};
    if (json.len)
        memcpy(r->bytes + id.len, json.p, json.len);
    h->last = r;
    h->version++;
    return true;
}

void bf_heirs_take_back(struct bf_heirs *h, uint64_t seq) {
    while (h->last && h->last->seq > seq) {
        struct row *r = h->last;
        h->last = r->before;
        bf_free(r);
        h->version++;
    }
}

uint64_t bf_heirs_version(const struct bf_heirs *h) { return h->version; }

/* ---- a view ---- */

/* A level that the image has not is left out. */
static struct bf_value party(const struct bf_image *m, struct bf_arena *a,
                             const struct bf_canon *j) {
    struct bf_value v = BF_ABSENT, parts[BF_PARTY_PARTS] = {0};
    const struct bf_canon *code = j ? bf_canon_member(j, "code") : NULL;
    const struct bf_canon *name = j ? bf_canon_member(j, "name") : NULL;
    if (!j || !bf_value_read_party(m, a, j, &v))
        return v;
    if (code && code->kind == BF_CANON_TEXT)
        parts[BF_PARTY_CODE] = bf_text_value(BF_K_TEXT, code->text);
    if (name && name->kind == BF_CANON_TEXT)
        parts[BF_PARTY_NAME] = bf_text_value(BF_K_TEXT, name->text);
    return bf_party_value(BF_K_DEPARTMENT, bf_values_copy(a, parts, BF_PARTY_PARTS));
}

/* False: it says nothing. */
static bool read_row(const struct view *v, const struct row *r, struct bf_heir *out) {
    struct bf_canon j;
    struct bf_error e;
    bf_day day;
    if (!r->json.len || bf_canon_read(v->arena, r->json, &j, &e) != BF_OK)
        return false;
    const struct bf_canon *at = bf_canon_member(&j, "at"), *from = bf_canon_member(&j, "day"),
                          *by = bf_canon_member(&j, "instrument"),
                          *list = bf_canon_member(&j, "successors");
    if (!at || at->kind != BF_CANON_INT || !from || from->kind != BF_CANON_TEXT ||
        !bf_day_parse(from->text, &day) || !list || list->kind != BF_CANON_LIST)
        return false;
    *out = (struct bf_heir){.seq = r->seq,
                            .old = party(v->m, v->arena, bf_canon_member(&j, "department"))};
    out->from = day > BF_DAY_MIN
                    ? bf_calendar_day_end(v->c, day - 1, (int32_t)v->m->policy.day_ends)
                    : at->i;
    out->from = out->from > at->i ? out->from : at->i;
    if (by && by->kind == BF_CANON_TEXT)
        out->instrument = bf_text_value(BF_K_TEXT, by->text);
    struct bf_value *to = bf_new_array(v->arena, struct bf_value, list->count);
    for (uint32_t i = 0; i < list->count; i++)
        to[i] = party(v->m, v->arena, &list->items[i]);
    out->to = list->count == 1 ? to[0] : bf_list_value(to, list->count);
    return bf_is_party(out->old);
}

/* A later row has its id. */
static bool replaced(const struct bf_heirs *h, const struct row *r) {
    for (const struct row *x = h->last; x != r; x = x->before)
        if (bf_str_eq(x->id, r->id))
            return true;
    return false;
}

static void fill(const struct bf_heirs *h, struct view *v) {
    uint32_t count = 0, n = 0;
    for (const struct row *r = h->last; r; r = r->before)
        count++;
    struct bf_heir *heir = bf_new_array(v->arena, struct bf_heir, count), x;
    struct bf_succession *world = bf_new_array(v->arena, struct bf_succession, count);
    for (const struct row *r = h->last; r; r = r->before) {
        if (replaced(h, r) || !read_row(v, r, &x))
            continue;
        uint32_t at = n++;
        for (; at > 0 && (heir[at - 1].from > x.from ||
                          (heir[at - 1].from == x.from && heir[at - 1].seq > x.seq));
             at--)
            heir[at] = heir[at - 1];
        heir[at] = x;
    }
    for (uint32_t i = 0; i < n; i++)
        world[i] =
            (struct bf_succession){heir[i].old, bf_is_party(heir[i].to) ? heir[i].to : BF_ABSENT};
    v->v = (struct bf_heirs_view){heir, world, n};
}

static struct view *view_of(struct bf_heirs *h, const struct bf_image *m,
                            const struct bf_calendar *c) {
    struct view *v = h->views;
    while (v && (v->m != m || v->c != c))
        v = v->next;
    if (v || !(v = bf_malloc(sizeof *v)))
        return v;
    *v = (struct view){.next = h->views, .m = m, .c = c};
    return h->views = v;
}

/* A fresh view in an arena of its own. False: out of memory. */
static bool made(const struct bf_heirs *h, struct view *v) {
    jmp_buf jump;
    if (!(v->arena = bf_arena_new(0)))
        return false;
    bf_arena_on_exhausted(v->arena, &jump);
    if (setjmp(jump)) {
        bf_arena_free(v->arena);
        return false;
    }
    fill(h, v);
    bf_arena_on_exhausted(v->arena, NULL);
    return true;
}

const struct bf_heirs_view *bf_heirs_view(struct bf_heirs *h, const struct bf_image *m,
                                          const struct bf_calendar *c) {
    struct view *v = view_of(h, m, c), fresh = {.m = m, .c = c};
    if (!v || v->version == h->version)
        return v ? &v->v : NULL;
    struct past *past = bf_malloc(sizeof *past);
    if (!past || !made(h, &fresh)) {
        bf_free(past);
        return NULL;
    }
    *past = (struct past){v->past, v->arena};
    v->past = past;
    v->arena = fresh.arena;
    v->v = fresh.v;
    v->version = h->version;
    return &v->v;
}

bool bf_heirs_know(struct bf_heirs *h, const struct bf_image *m, const struct bf_calendar *c,
                   struct bf_world *w, bf_instant at) {
    if (!h->version)
        return true;
    const struct bf_heirs_view *v = bf_heirs_view(h, m, c);
    if (!v)
        return false;
    w->successions = v->world;
    w->succession_count = v->count;
    while (w->succession_count && v->heir[w->succession_count - 1].from > at)
        w->succession_count--;
    return true;
}
