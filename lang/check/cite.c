/* cite: citations against the outline, and which one a rule has.
**
** A rule has its own citations, else those of what it stands in, else that of the heading above it.
*/
#include "lang/check/checker.h"
#include "lang/syntax/lexer.h"

/* ---- against the outline ---- */

static bf_str cite_text(struct bf_checker *c, struct bf_cite cite,
                        void (*write)(struct bf_buf *, struct bf_cite)) {
    struct bf_buf out;
    bf_buf_in(&out, c->arena);
    write(&out, cite);
    return bf_buf_view(&out);
}

static bf_arg cite_arg(struct bf_checker *c, struct bf_cite cite) {
    return bf_arg_both(cite_text(c, cite, bf_cite_en), cite_text(c, cite, bf_cite_zh));
}

static bf_arg number_arg(struct bf_checker *c, uint32_t n) {
    struct bf_buf en, zh;
    bf_buf_in(&en, c->arena);
    bf_buf_in(&zh, c->arena);
    bf_buf_int(&en, n);
    bf_zh_number(&zh, n);
    return bf_arg_both(bf_buf_view(&en), bf_buf_view(&zh));
}

static void label_outline(struct bf_checker *c, struct bf_diag *d, bf_span span,
                          const struct bf_outline_entry *entry) {
    bf_label(c, d, span, BF_T_NOT_IN_OUTLINE, BF_NOARGS);
    if (entry)
        bf_label(c, d, entry->span, BF_T_OUTLINE_SAYS, BF_NOARGS);
}

/* Lists up to four parts of an entry, ready to copy. */
static void hint_parts(struct bf_checker *c, struct bf_diag *d,
                       const struct bf_outline_entry *entry) {
    const struct bf_outline *o = c->p->outline;
    uint32_t shown = 0;
    for (const struct bf_outline_entry *x = entry + 1; x < o->entry + o->count && shown < 4; x++) {
        bool inside =
            x->cite.article == entry->cite.article && x->cite.suffix == entry->cite.suffix &&
            (entry->cite.paragraph ? x->cite.paragraph == entry->cite.paragraph && x->cite.item
                                   : x->cite.paragraph && !x->cite.item);
        if (!inside && (entry->cite.paragraph || x->cite.article != entry->cite.article ||
                        x->cite.suffix != entry->cite.suffix))
            break;
        if (!inside)
            continue;
        bf_hint(c, d, BF_T_HINT_PART,
                BF_ARGS(bf_arg_both(cite_text(c, x->cite, bf_cite_code),
                                    cite_text(c, x->cite, bf_cite_zh)),
                        bf_arg_str(x->gist)));
        shown++;
    }
    bf_hint(c, d, BF_T_HINT_MEND_OUTLINE, BF_NOARGS);
}

static void no_article(struct bf_checker *c, struct bf_cite cite, bf_span span) {
    const struct bf_outline *o = c->p->outline;
    bf_arg wanted = cite_arg(c, (struct bf_cite){.article = cite.article, .suffix = cite.suffix});
    struct bf_diag *d;
    if (o->count) {
        struct bf_cite last = o->entry[o->count - 1].cite;
        last.paragraph = last.item = 0;
        d = bf_report(c, BF_E0110_NO_ARTICLE, span, BF_ARGS(wanted, cite_arg(c, last)));
    } else {
        d = bf_report(c, BF_E0110_EMPTY, span, BF_ARGS(wanted));
    }
    label_outline(c, d, span, o->count ? &o->entry[o->count - 1] : NULL);
    bf_hint(c, d, BF_T_HINT_MEND_OUTLINE, BF_NOARGS);
}

static void check_one(struct bf_checker *c, struct bf_cite cite, bf_span span) {
    const struct bf_outline *o = c->p->outline;
    const struct bf_outline_entry *article =
        bf_outline_find(o, (struct bf_cite){.article = cite.article, .suffix = cite.suffix});
    uint32_t paragraph = cite.paragraph ? cite.paragraph : cite.item ? 1 : 0;
    struct bf_cite wanted = {cite.article, cite.suffix, (uint16_t)paragraph, cite.item};
    if (o->broken)
        return; /* it may be in a line that could not be read */
    if (!article) {
        no_article(c, cite, span);
        return;
    }
    if (paragraph > (article->paragraphs ? article->paragraphs : 1u)) {
        struct bf_diag *d =
            bf_report(c, BF_E0110_NO_PARAGRAPH, span,
                      BF_ARGS(cite_arg(c, article->cite), number_arg(c, article->paragraphs),
                              number_arg(c, paragraph)));
        label_outline(c, d, span, article);
        hint_parts(c, d, article);
        return;
    }
    wanted.item = 0;
    const struct bf_outline_entry *entry = paragraph ? bf_outline_find(o, wanted) : article;
    uint32_t items = entry ? entry->items : 0;
    if (cite.item > items) {
        struct bf_diag *d =
            bf_report(c, BF_E0110_NO_ITEM, span,
                      BF_ARGS(cite_arg(c, wanted), number_arg(c, items), number_arg(c, cite.item)));
        label_outline(c, d, span, entry ? entry : article);
        if (entry)
            hint_parts(c, d, entry);
    }
}

void bf_check_cites(struct bf_checker *c, const struct bf_node *n) {
    if (c->unit != c->units)
        return; /* the library cites no outline */
    for (const struct bf_node *x = n->cites; x; x = x->next) {
        if (x->kind != BF_N_CITE || x->a || (x->flags & BF_F_BROKEN))
            continue; /* another policy's outline is not at hand */
        c->cited = true;
        if (c->p->outline)
            check_one(c, bf_cite_unpack(x->num), x->span);
    }
}

/* The article that a heading names: "## Article 8 …", "## 第八条 …". */
static bf_span heading_span(const struct bf_checker *c, const struct bf_tree *t, uint32_t offset) {
    bf_str text = c->p->parse->sources->file[t->file].text;
    const char *p = text.p + offset, *end = text.p + text.len;
    struct bf_cite cite;
    while (p < end && (*p == '#' || *p == ' '))
        p++;
    const char *number =
        bf_str_starts((bf_str){p, (uint32_t)(end - p)}, BF_STR("Article ")) ? p + 8 : p;
    const char *after = bf_cite_read(number, end, &cite);
    return (bf_span){t->file, (uint32_t)(p - text.p), (uint32_t)((after ? after : p) - text.p)};
}

void bf_check_headings(struct bf_checker *c) {
    const struct bf_tree *t = c->tree;
    for (uint32_t i = 0; i < t->heading_count && c->p->outline; i++)
        if (t->headings[i].cite.article) /* 0: a heading that names none ends the one above */
            check_one(c, t->headings[i].cite, heading_span(c, t, t->headings[i].offset));
}

/* ---- which one a rule has ---- */

static int own_cites(const struct bf_node *n, int64_t *out, int max) {
    int count = 0;
    for (const struct bf_node *x = n ? n->cites : NULL; x; x = x->next)
        if (x->kind == BF_N_CITE && (!x->a || (x->flags & BF_F_AMENDED))) {
            if (count < max)
                out[count] = x->num;
            count++;
        }
    return count;
}

int bf_cites_of(const struct bf_program *p, const struct bf_tree *t, const struct bf_node *n,
                const struct bf_node *outer, int64_t *out, int max) {
    struct bf_cite heading;
    (void)p;
    int count = own_cites(n, out, max);
    if (count == 0)
        count = own_cites(outer, out, max);
    if (count == 0 && t && bf_tree_heading(t, n->span.start, &heading)) {
        if (max > 0)
            out[0] = bf_cite_pack(heading);
        count = 1;
    }
    return count;
}

void bf_want_cite(struct bf_checker *c, const struct bf_node *rule, const struct bf_node *outer) {
    int64_t one;
    if (!c->p->outline || c->unit != c->units || rule->cites || (outer && outer->cites) ||
        bf_cites_of(c->p, c->tree, rule, outer, &one, 1) > 0)
        return;
    struct bf_diag *d = bf_report(c, BF_W0112_NO_CITE, rule->span, BF_NOARGS);
    bf_hint(c, d, BF_T_HINT_CITE, BF_NOARGS);
}

void bf_note_outline(struct bf_checker *c) {
    if (!c->p->outline && c->cited && c->p->policy)
        bf_report(c, BF_N0111_NO_OUTLINE,
                  c->p->policy->a ? c->p->policy->a->span : c->p->policy->span, BF_NOARGS);
}
