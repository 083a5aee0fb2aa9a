/* diag: the collector of diag.h.
**
** The limit is kept for errors apart from the rest, so that many gaps cannot hide the one error.
** Strings given as arguments come from sources that may hold anything: they are cut after ARG_MAX
** bytes and made printable when they are copied, so that no renderer need think of it.
*/
#include <stdlib.h>
#include <string.h>

#include "lang/base/assert.h"
#include "lang/base/diag_parts.h"

enum { ARG_BYTES_MAX = 1000 };

struct bf_diags *bf_diags_new(struct bf_arena *a, struct bf_sources *sources, uint32_t max_shown) {
    struct bf_diags *ds = bf_new(a, struct bf_diags);
    ds->arena = a;
    ds->sources = sources;
    ds->max_shown = max_shown;
    return ds;
}

/* The string with what a terminal or JSON cannot take replaced by "?", and cut if too long. */
static bf_str printable(struct bf_arena *a, bf_str s) {
    char text[ARG_BYTES_MAX + 8];
    uint32_t n = 0, cp;
    const char *p = s.p, *end = s.p + s.len;
    while (p < end && n < ARG_BYTES_MAX) {
        int len = bf_utf8_decode(p, end, &cp);
        if (len == 0 || cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
            text[n++] = '?';
        else
            memcpy(text + n, p, (size_t)len), n += (uint32_t)len;
        p += len ? len : 1;
    }
    if (p < end)
        memcpy(text + n, "...", 3), n += 3;
    return bf_str_dup(a, (bf_str){text, n});
}

static bf_arg *copy_args(struct bf_arena *a, const bf_arg *args, int nargs) {
    bf_arg *copy = nargs ? bf_new_array(a, bf_arg, nargs) : NULL;
    for (int i = 0; i < nargs; i++) {
        copy[i] = args[i];
        if (args[i].kind == BF_ARG_STR || args[i].kind == BF_ARG_BOTH)
            copy[i].s = printable(a, args[i].s);
        if (args[i].kind == BF_ARG_BOTH)
            copy[i].zh = printable(a, args[i].zh);
    }
    return copy;
}

static void keep(struct bf_diags *ds, struct bf_diag *d) {
    if (ds->shown_count == ds->shown_cap) {
        uint32_t cap = ds->shown_cap ? ds->shown_cap * 2 : 16;
        struct bf_diag **shown = bf_new_array(ds->arena, struct bf_diag *, cap);
        if (ds->shown_count)
            memcpy(shown, ds->shown, sizeof *shown * ds->shown_count);
        ds->shown = shown;
        ds->shown_cap = cap;
    }
    ds->shown[ds->shown_count++] = d;
}

static bool is_full(const struct bf_diags *ds, enum bf_severity sev) {
    uint32_t kept[BF_SEVERITIES], others = 0;
    for (int i = 0; i < BF_SEVERITIES; i++) {
        kept[i] = ds->count[i] - ds->hidden[i];
        others += i == BF_SEV_ERROR ? 0 : kept[i];
    }
    return ds->max_shown && (sev == BF_SEV_ERROR ? kept[sev] : others) >= ds->max_shown;
}

struct bf_diag *bf_diag(struct bf_diags *ds, enum bf_diag_code code, bf_span span,
                        const bf_arg *args, int nargs) {
    enum bf_severity sev = bf_diag_severity(code);
    bool full = is_full(ds, sev);
    ds->count[sev]++;
    if (full) {
        ds->hidden[sev]++;
        return &ds->scratch;
    }
    struct bf_diag *d = bf_new(ds->arena, struct bf_diag);
    *d = (struct bf_diag){.code = code,
                          .sev = sev,
                          .span = span,
                          .args = copy_args(ds->arena, args, nargs),
                          .nargs = nargs,
                          .order = ds->shown_count};
    keep(ds, d);
    return d;
}

static void append(struct bf_diags *ds, struct bf_diag_label **list, bf_span span,
                   enum bf_text_id text, const bf_arg *args, int nargs) {
    while (*list)
        list = &(*list)->next;
    struct bf_diag_label *label = bf_new(ds->arena, struct bf_diag_label);
    *label = (struct bf_diag_label){
        .span = span, .text = text, .args = copy_args(ds->arena, args, nargs), .nargs = nargs};
    *list = label;
}

void bf_diag_label(struct bf_diags *ds, struct bf_diag *d, bf_span span, enum bf_text_id text,
                   const bf_arg *args, int nargs) {
    if (d != &ds->scratch)
        append(ds, &d->labels, span, text, args, nargs);
}

void bf_diag_hint(struct bf_diags *ds, struct bf_diag *d, enum bf_text_id text, const bf_arg *args,
                  int nargs) {
    if (d != &ds->scratch)
        append(ds, &d->hints, BF_NO_SPAN, text, args, nargs);
}

uint32_t bf_diags_count(const struct bf_diags *ds, enum bf_severity sev) { return ds->count[sev]; }

uint32_t bf_diags_shown(const struct bf_diags *ds) { return ds->shown_count; }

const struct bf_diag *bf_diags_get(const struct bf_diags *ds, uint32_t i) {
    BF_ASSERT(i < ds->shown_count);
    return ds->shown[i];
}

static int compare_u32(uint32_t x, uint32_t y) { return (x > y) - (x < y); }

static int compare_args(const struct bf_diag *x, const struct bf_diag *y) {
    int c = compare_u32((uint32_t)x->nargs, (uint32_t)y->nargs);
    for (int i = 0; !c && i < x->nargs; i++) {
        const bf_arg *a = &x->args[i], *b = &y->args[i];
        c = compare_u32(a->kind, b->kind);
        if (c)
            break;
        switch (a->kind) {
        case BF_ARG_STR:
        case BF_ARG_BOTH: c = bf_str_cmp(a->s, b->s); break;
        case BF_ARG_INT: c = (a->i > b->i) - (a->i < b->i); break;
        case BF_ARG_TEXT: c = compare_u32(a->text, b->text); break;
        }
    }
    return c;
}

/* By place, then what is said; 0 means an exact repeat. */
static int compare(const struct bf_diag *x, const struct bf_diag *y) {
    int c = compare_u32(x->span.file, y->span.file);
    c = c ? c : compare_u32(x->span.start, y->span.start);
    c = c ? c : compare_u32(x->span.end, y->span.end);
    c = c ? c : compare_u32(x->code, y->code);
    return c ? c : compare_args(x, y);
}

static int compare_in_order(const void *x, const void *y) {
    const struct bf_diag *a = *(struct bf_diag *const *)x, *b = *(struct bf_diag *const *)y;
    int c = compare(a, b);
    return c ? c : compare_u32(a->order, b->order);
}

void bf_diags_sort(struct bf_diags *ds) {
    uint32_t n = 0;
    if (ds->shown_count == 0)
        return;
    qsort(ds->shown, ds->shown_count, sizeof *ds->shown, compare_in_order);
    for (uint32_t i = 0; i < ds->shown_count; i++) {
        if (n > 0 && compare(ds->shown[n - 1], ds->shown[i]) == 0)
            ds->count[ds->shown[i]->sev]--;
        else
            ds->shown[n++] = ds->shown[i];
    }
    ds->shown_count = n;
}

bool bf_diag_first_is_primary(const struct bf_diag *d) {
    const struct bf_diag_label *l = d->labels;
    return l && l->span.file == d->span.file && l->span.start == d->span.start &&
           l->span.end == d->span.end;
}

static void render_hidden(const struct bf_diags *ds, const struct bf_render *how, uint32_t hidden,
                          struct bf_buf *out) {
    struct bf_buf text;
    bf_buf_init(&text);
    bf_text_render(&text, how->lang, BF_T_MORE_NOT_SHOWN,
                   BF_ARGS(bf_arg_int(hidden), bf_arg_int(ds->max_shown)));
    if (how->json) {
        bf_hidden_to_json(hidden, ds->max_shown, bf_buf_view(&text), out);
    } else {
        bf_buf_z(out, out->len ? "\n" : "");
        bf_buf_str(out, bf_buf_view(&text));
        bf_buf_char(out, '\n');
    }
    out->failed |= text.failed;
    bf_buf_fini(&text);
}

void bf_diags_render(const struct bf_diags *ds, const struct bf_render *how, unsigned mask,
                     struct bf_buf *out) {
    uint32_t hidden = 0;
    for (uint32_t i = 0; i < ds->shown_count; i++) {
        const struct bf_diag *d = ds->shown[i];
        if (!(mask & 1u << d->sev))
            continue;
        if (how->json)
            bf_diag_to_json(ds, d, how->lang, out);
        else
            bf_diag_to_terminal(ds, d, how, out);
    }
    for (int sev = 0; sev < BF_SEVERITIES; sev++)
        hidden += mask & 1u << sev ? ds->hidden[sev] : 0;
    if (hidden)
        render_hidden(ds, how, hidden, out);
}
