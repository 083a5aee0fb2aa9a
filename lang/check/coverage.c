/* coverage: see coverage.h.
**
** A citation covers what it names and what is below that: `@31.1` its items too. That of a
** procedure or a policy, and a heading that names an article only, stand for everything below them,
** so they count for an article of one paragraph, but hide no other. Scenarios encode nothing.
*/
#include "lang/check/coverage.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lang/check/internal.h"

enum { LISTED = 12, CITES = 16 };

struct coverage {
    struct bf_program *p;
    const struct bf_outline *o;
    uint8_t *exact, *whole; /* by outline entry */
};

/* ---- declared silence ---- */

/* An item without a paragraph is of the first; the only paragraph is the article. */
static int64_t plain(const struct bf_program *p, int64_t packed) {
    struct bf_cite c = bf_cite_unpack(packed);
    if (c.item && !c.paragraph)
        c.paragraph = 1;
    const struct bf_outline_entry *article =
        p->outline ? bf_outline_find(p->outline, (struct bf_cite){c.article, c.suffix, 0, 0})
                   : NULL;
    if (!c.item && c.paragraph == 1 && article && article->paragraphs <= 1)
        c.paragraph = 0;
    return bf_cite_pack(c);
}

static int cmp_cites(const void *x, const void *y) {
    uint64_t a, b;
    memcpy(&a, x, sizeof a);
    memcpy(&b, y, sizeof b);
    return (a > b) - (a < b);
}

/* Goes over the citations of the policy's notes. With out NULL it counts. */
static uint32_t each_noted(const struct bf_program *p, int64_t *out) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->own_count; i++)
        for (const struct bf_node *n = p->trees[i]->root->a; n; n = n->next) {
            int64_t cites[CITES];
            if (n->kind != BF_N_NOTE || n->flags & BF_F_BROKEN)
                continue;
            int found = bf_cites_of(p, p->trees[i], n, NULL, cites, CITES);
            for (int k = 0; k < found && k < CITES; k++, count++)
                if (out)
                    out[count] = plain(p, cites[k]);
        }
    return count;
}

void bf_note_silences(struct bf_program *p) {
    p->noted_count = each_noted(p, NULL);
    p->noted = bf_new_array(p->arena, int64_t, p->noted_count + 1);
    each_noted(p, p->noted);
    qsort(p->noted, p->noted_count, sizeof *p->noted, cmp_cites);
}

static bool is_noted(const struct bf_program *p, struct bf_cite c) {
    int64_t key = bf_cite_pack(c);
    return p->noted_count && bsearch(&key, p->noted, p->noted_count, sizeof key, cmp_cites) != NULL;
}

bool bf_silence_declared(const struct bf_program *p, const struct bf_tree *t,
                         const struct bf_node *n, const struct bf_node *outer) {
    int64_t cites[CITES];
    int count = bf_cites_of(p, t, n, outer, cites, CITES);
    for (int i = 0; i < count && i < CITES; i++) {
        struct bf_cite c = bf_cite_unpack(plain(p, cites[i]));
        if (is_noted(p, c) || is_noted(p, (struct bf_cite){c.article, c.suffix, c.paragraph, 0}) ||
            is_noted(p, (struct bf_cite){c.article, c.suffix, 0, 0}))
            return true;
    }
    return false;
}

/* ---- what is cited ---- */

static void mark(struct coverage *k, int64_t packed, bool whole) {
    struct bf_cite c = bf_cite_unpack(packed);
    if (c.item && !c.paragraph)
        c.paragraph = 1;
    const struct bf_outline_entry *e = bf_outline_find(k->o, c);
    if (!e && !c.item && c.paragraph == 1)
        e = bf_outline_find(k->o, (struct bf_cite){c.article, c.suffix, 0, 0});
    if (e)
        (whole ? k->whole : k->exact)[e - k->o->entry] = 1;
}

static void mark_cites(struct coverage *k, const struct bf_node *n) {
    bool whole = n->kind != BF_N_PROCEDURE && n->kind != BF_N_POLICY;
    for (const struct bf_node *c = n->cites; c; c = c->next)
        if (c->kind == BF_N_CITE && !c->a)
            mark(k, c->num, whole);
}

/* Nothing within an expression has a citation. */
static bool is_expression(const struct bf_node *n) {
    return n->kind >= BF_N_NAME && n->kind <= BF_N_BEFORE;
}

static void mark_all(struct coverage *k, const struct bf_node *n) {
    for (; n; n = n->next) {
        if (is_expression(n))
            continue;
        mark_cites(k, n);
        mark_all(k, n->a);
        mark_all(k, n->b);
        mark_all(k, n->c);
        mark_all(k, n->d);
        mark_all(k, n->e);
    }
}

static void mark_declaration(struct coverage *k, const struct bf_tree *t, const struct bf_node *n) {
    struct bf_cite heading;
    if (n->kind == BF_N_SCENARIO || n->kind == BF_N_LET || n->kind == BF_N_USE ||
        n->kind == BF_N_MODEL || n->kind == BF_N_ASSERT)
        return;
    mark_cites(k, n);
    mark_all(k, n->a);
    mark_all(k, n->b);
    mark_all(k, n->c);
    mark_all(k, n->d);
    mark_all(k, n->e);
    if (n->cites || n->kind == BF_N_POLICY || !bf_tree_heading(t, n->span.start, &heading))
        return;
    bool says = n->kind == BF_N_NOTE || n->kind == BF_N_ASSUME || heading.paragraph || heading.item;
    mark(k, bf_cite_pack(heading), says);
}

/* ---- what is not ---- */

struct missing {
    struct bf_buf en, zh;
    uint32_t count;
    const struct bf_outline_entry *first;
};

static void add_missing(struct missing *m, const struct bf_outline_entry *e) {
    if (!m->count)
        m->first = e;
    if (++m->count > LISTED + 1)
        return;
    bf_buf_z(&m->en, m->count > 1 ? ", " : "");
    bf_buf_z(&m->zh, m->count > 1 ? "、" : "");
    if (m->count > LISTED) {
        bf_buf_z(&m->en, "…");
        bf_buf_z(&m->zh, "……");
        return;
    }
    bf_cite_en(&m->en, e->cite);
    bf_cite_zh(&m->zh, e->cite);
}

/* Entries of one level end where the citation has no more of the parent's. */
static uint32_t end_of_article(const struct bf_outline *o, uint32_t i) {
    uint32_t j = i + 1;
    while (j < o->count && o->entry[j].cite.article == o->entry[i].cite.article &&
           o->entry[j].cite.suffix == o->entry[i].cite.suffix)
        j++;
    return j;
}

static uint32_t end_of_paragraph(const struct bf_outline *o, uint32_t i, uint32_t end) {
    uint32_t j = i + 1;
    while (j < end && o->entry[j].cite.paragraph == o->entry[i].cite.paragraph)
        j++;
    return j;
}

static bool cited(const struct coverage *k, uint32_t i) { return k->exact[i] || k->whole[i]; }

static void look_at_paragraph(struct coverage *k, struct missing *m, uint32_t i, uint32_t end) {
    bool any = cited(k, i);
    for (uint32_t j = i + 1; j < end; j++)
        any |= cited(k, j);
    if (!any)
        add_missing(m, &k->o->entry[i]);
    for (uint32_t j = i + 1; j < end && any && !k->whole[i]; j++)
        if (!cited(k, j))
            add_missing(m, &k->o->entry[j]);
}

static void look_at_article(struct coverage *k, struct missing *m, uint32_t i, uint32_t end) {
    bool any = false;
    for (uint32_t j = i + 1; j < end; j++)
        any |= cited(k, j);
    if (k->whole[i])
        return;
    if (!any) {
        if (!k->exact[i] || end > i + 1)
            add_missing(m, &k->o->entry[i]);
        return;
    }
    for (uint32_t j = i + 1, next; j < end; j = next) {
        next = end_of_paragraph(k->o, j, end);
        look_at_paragraph(k, m, j, next);
    }
}

static void report_missing(struct coverage *k) {
    struct bf_diags *ds = k->p->parse->diags;
    for (uint32_t i = 0, end; i < k->o->count; i = end) {
        struct missing m = {0};
        end = end_of_article(k->o, i);
        bf_buf_in(&m.en, k->p->arena);
        bf_buf_in(&m.zh, k->p->arena);
        look_at_article(k, &m, i, end);
        if (m.count) {
            struct bf_diag *d =
                bf_diag(ds, BF_G0104_NOT_ENCODED, m.first->span,
                        BF_ARGS(bf_arg_both(bf_buf_view(&m.en), bf_buf_view(&m.zh))));
            bf_diag_label(ds, d, m.first->span, BF_T_NOBODY_CITES, BF_NOARGS);
            bf_diag_hint(ds, d, BF_T_ENCODE_OR_NOTE, BF_NOARGS);
        }
    }
}

/* ---- what is never used ---- */

static void report_unused(struct bf_program *p, const struct bf_sym_list *list,
                          const uint8_t *own) {
    for (const struct bf_sym *s = list->first; s; s = s->next) {
        if (s->uses || s->broken || !s->name || !s->node || !s->node->a || !s->tree ||
            !own[s->tree->file])
            continue;
        struct bf_diags *ds = p->parse->diags;
        struct bf_diag *d =
            bf_diag(ds, BF_N0602_UNUSED, s->node->a->span, BF_ARGS(bf_arg_str(s->name->text)));
        bf_diag_hint(ds, d, BF_T_UNUSED_MEND, BF_NOARGS);
    }
}

static void check_unused(struct bf_program *p) {
    uint8_t *own = bf_new_array(p->arena, uint8_t, p->parse->sources->count + 1);
    for (uint32_t i = 0; i < p->own_count; i++)
        own[p->trees[i]->file] = 1;
    report_unused(p, &p->enums, own);
    report_unused(p, &p->records, own);
    report_unused(p, &p->registers, own);
    report_unused(p, &p->assumes, own);
    report_unused(p, &p->offices, own);
    report_unused(p, &p->violations, own);
    if (p->procedures.count) /* else the decisions are there to be asked */
        report_unused(p, &p->decisions, own);
    for (uint32_t i = 0; i < p->own_count; i++) /* those of an amended text are there to be used */
        own[p->trees[i]->file] = !p->trees[i]->amended;
    report_unused(p, &p->fixtures, own);
}

void bf_check_coverage(struct bf_program *p) {
    if (p->policy && !bf_diags_count(p->parse->diags, BF_SEV_ERROR))
        check_unused(p);
    if (!p->outline)
        return;
    struct coverage k = {.p = p, .o = p->outline};
    k.exact = bf_new_array(p->arena, uint8_t, k.o->count + 1);
    k.whole = bf_new_array(p->arena, uint8_t, k.o->count + 1);
    for (uint32_t i = 0; i < p->own_count; i++)
        for (const struct bf_node *n = p->trees[i]->root->a; n; n = n->next)
            mark_declaration(&k, p->trees[i], n);
    report_missing(&k);
}

/* ---- what an encoding declares ---- */

static bf_str source_text(const struct bf_program *p, const struct bf_node *n) {
    const struct bf_sources *s = p->parse->sources;
    if (!n || n->span.file >= s->count || n->span.end <= n->span.start)
        return (bf_str){0};
    return (bf_str){s->file[n->span.file].text.p + n->span.start, n->span.end - n->span.start};
}

/* One citation in words (of another policy: after its name); NULL lang: as the source has it. */
static void put_cite(struct bf_buf *b, const struct bf_node *policy, int64_t packed,
                     const enum bf_lang *lang) {
    if (policy) {
        bf_buf_str(b, policy->name->text);
        bf_buf_char(b, lang ? ' ' : ':');
    }
    (!lang                 ? bf_cite_code
     : *lang == BF_LANG_ZH ? bf_cite_zh
                           : bf_cite_en)(b, bf_cite_unpack(packed));
}

static void put_cites(struct bf_buf *b, const struct bf_program *p, const struct bf_tree *t,
                      const struct bf_node *n, enum bf_lang lang) {
    int64_t heading;
    const char *comma = "";
    for (const struct bf_node *x = n->cites; x; x = x->next, comma = lang ? "、" : ", ")
        if (x->kind == BF_N_CITE) {
            bf_buf_z(b, comma);
            put_cite(b, x->a, x->num, &lang);
        }
    if (!n->cites && bf_cites_of(p, t, n, NULL, &heading, 1) > 0)
        put_cite(b, NULL, heading, &lang);
}

static void put_place(struct bf_buf *b, const struct bf_program *p, const struct bf_node *n) {
    struct bf_place at = bf_source_place(p->parse->sources, n->span.file, n->span.start);
    bf_buf_str(b, p->parse->sources->file[n->span.file].name);
    bf_buf_fmt(b, ":%u", at.line);
}

static void put_declared(struct bf_buf *b, const struct bf_program *p, const struct bf_tree *t,
                         const struct bf_node *n, enum bf_lang lang) {
    const struct bf_node *reason = n->kind == BF_N_ASSUME ? n->e : n->a;
    bf_buf_z(b, "  ");
    put_cites(b, p, t, n, lang);
    if (n->kind == BF_N_ASSUME) {
        bf_buf_char(b, ' ');
        bf_buf_str(b, n->a->name->text);
        bf_buf_z(b, lang == BF_LANG_ZH ? "＝" : " = ");
        if (n->d && n->d->kind != BF_N_NONE)
            bf_buf_str(b, source_text(p, n->d));
        else
            bf_buf_z(b, bf_text_z(lang, BF_T_DECLARED_OPEN));
    }
    bf_buf_z(b, lang == BF_LANG_ZH ? "：" : ": ");
    if (reason)
        bf_buf_str(b, reason->text);
    bf_buf_z(b, lang == BF_LANG_ZH ? "（" : " (");
    put_place(b, p, n);
    bf_buf_z(b, lang == BF_LANG_ZH ? "）\n" : ")\n");
}

static json_t *json_text(bf_str s) { return json_stringn(s.p ? s.p : "", s.len); }

static int put_chunk(const char *p, size_t len, void *out) {
    bf_buf_put(out, p, len);
    return 0;
}

static void put_json(struct bf_buf *b, const struct bf_program *p, const struct bf_tree *t,
                     const struct bf_node *n) {
    const struct bf_node *reason = n->kind == BF_N_ASSUME ? n->e : n->a;
    struct bf_place at = bf_source_place(p->parse->sources, n->span.file, n->span.start);
    int64_t heading;
    int count = n->cites ? 0 : bf_cites_of(p, t, n, NULL, &heading, 1);
    json_t *o = json_object(), *list = json_array();
    int bad = 0;
    for (const struct bf_node *x = n->cites; x || count > 0; x = x ? x->next : NULL, count = 0) {
        struct bf_buf code;
        bf_buf_init(&code);
        put_cite(&code, x ? x->a : NULL, x ? x->num : heading, NULL);
        bad |= json_array_append_new(list, json_text(bf_buf_view(&code)));
        bf_buf_fini(&code);
    }
    bad |=
        json_object_set_new(o, "declared", json_string(n->kind == BF_N_NOTE ? "note" : "assume"));
    if (n->kind == BF_N_ASSUME) {
        bool open = !n->d || n->d->kind == BF_N_NONE;
        bad |= json_object_set_new(o, "name", json_text(n->a->name->text));
        bad |=
            json_object_set_new(o, "default", open ? json_null() : json_text(source_text(p, n->d)));
    }
    bad |= json_object_set_new(o, "cites", list);
    bad |= json_object_set_new(o, "reason", json_text(reason ? reason->text : (bf_str){0}));
    bad |= json_object_set_new(o, "file", json_text(p->parse->sources->file[n->span.file].name));
    bad |= json_object_set_new(o, "line", json_integer(at.line));
    bad |= json_dump_callback(o, put_chunk, b, JSON_COMPACT);
    bf_buf_char(b, '\n');
    b->failed |= bad != 0;
    json_decref(o);
}

/* All of one kind. With out NULL it counts. */
static uint32_t each_declared(const struct bf_program *p, enum bf_node_kind kind, enum bf_lang lang,
                              bool json, struct bf_buf *out) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->own_count; i++)
        for (const struct bf_node *n = p->trees[i]->root->a; n; n = n->next) {
            if (n->kind != kind || n->flags & BF_F_BROKEN)
                continue;
            count++;
            if (out && json)
                put_json(out, p, p->trees[i], n);
            else if (out)
                put_declared(out, p, p->trees[i], n, lang);
        }
    return count;
}

void bf_coverage_report(const struct bf_program *p, enum bf_lang lang, bool json,
                        struct bf_buf *out) {
    static const struct {
        enum bf_node_kind kind;
        enum bf_text_id title;
    } part[] = {{BF_N_ASSUME, BF_T_DECLARED_ASSUMES}, {BF_N_NOTE, BF_T_DECLARED_NOTES}};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        uint32_t count = each_declared(p, part[i].kind, lang, json, NULL);
        if (!json && count) {
            bf_text_render(out, lang, part[i].title, BF_ARGS(bf_arg_int(count)));
            bf_buf_char(out, '\n');
        }
        each_declared(p, part[i].kind, lang, json, out);
    }
}
