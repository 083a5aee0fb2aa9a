/* Rows, and the comments and blank lines between them. */
#include "lang/tools/fmt_internal.h"

#include <string.h>

#include "lang/base/mem.h"

/* ---- rows ---- */

static struct bf_row *add_row(struct bf_layout *o, enum row_kind kind, uint32_t indent) {
    static struct bf_row lost;
    if (o->rows == o->cap) {
        uint32_t cap = o->cap ? o->cap * 2 : 256;
        struct bf_row *r = bf_realloc(o->row, sizeof *r * cap);
        if (!r) {
            o->failed = true;
            return &lost;
        }
        o->row = r;
        o->cap = cap;
    }
    o->row[o->rows] = (struct bf_row){.kind = kind, .indent = indent};
    return &o->row[o->rows++];
}

static void flush_blank(struct bf_layout *o) {
    if (o->blank)
        add_row(o, ROW_BLANK, 0);
    o->blank = false;
}

/* Takes the line over. */
struct bf_row *bf_lay_row_of(struct bf_layout *o, uint32_t indent, struct bf_line *l) {
    flush_blank(o);
    struct bf_row *r = add_row(o, ROW_TEXT, indent);
    o->failed = o->failed || l->text.failed;
    r->text = bf_str_dup(o->f.p->arena, bf_buf_view(&l->text));
    r->mark = bf_arena_copy(o->f.p->arena, l->mark, sizeof *l->mark * l->marks);
    r->marks = l->marks;
    bf_line_fini(l);
    return r;
}

bf_str bf_lay_cite_text(struct bf_layout *o, const struct bf_node *cites, bool zh) {
    struct bf_line l;
    if (!cites)
        return (bf_str){NULL, 0};
    bf_line_init(&l, &o->f, zh);
    bf_put_cites(&l, cites);
    bf_str s = bf_str_dup(o->f.p->arena, bf_buf_view(&l.text));
    bf_line_fini(&l);
    return s;
}

/* ---- comments and blank lines ---- */

const struct bf_trivia *bf_lay_trivia(const struct bf_layout *o) {
    return o->next < o->f.tree->trivia_count ? &o->f.tree->trivia[o->next] : NULL;
}

static bf_str comment_text(const struct bf_layout *o, const struct bf_trivia *t) {
    bf_str s = o->f.p->sources->file[o->f.tree->file].text;
    s = (bf_str){s.p + t->start, t->end - t->start};
    return s;
}

void bf_lay_add_comment(struct bf_layout *o, const struct bf_trivia *t, uint32_t indent) {
    flush_blank(o);
    add_row(o, ROW_COMMENT, indent)->text = comment_text(o, t);
}

/* What stands before offset `end`: blank lines and comments. first: at the beginning of a block, where
** a blank line is dropped. */
void bf_lay_leading(struct bf_layout *o, uint32_t end, uint32_t indent) {
    const struct bf_trivia *t;
    for (; (t = bf_lay_trivia(o)) && t->start < end; o->next++) {
        if (t->kind != BF_TRIVIA_BLANK)
            bf_lay_add_comment(o, t, indent);
        else if (o->rows && o->row[o->rows - 1].kind != ROW_BLANK)
            o->blank = true;
    }
}

/* Comments inside a statement, up to `end`: those on lines of their own go above it, the first behind
** a line is given back, to stand behind the row. */
bf_str bf_lay_inner(struct bf_layout *o, uint32_t end, uint32_t indent) {
    const struct bf_trivia *t;
    bf_str behind = {NULL, 0};
    for (; (t = bf_lay_trivia(o)) && t->start < end; o->next++) {
        if (t->kind == BF_TRIVIA_BLANK)
            continue;
        if (!t->own_line && !behind.len)
            behind = comment_text(o, t);
        else
            bf_lay_add_comment(o, t, indent);
    }
    return behind;
}

/* A comment behind the row just made, before `limit`. */
void bf_lay_trailing(struct bf_layout *o, uint32_t limit) {
    const struct bf_trivia *t = bf_lay_trivia(o);
    if (!t || t->start >= limit || t->own_line || t->kind == BF_TRIVIA_BLANK || o->failed)
        return;
    struct bf_row *r = &o->row[o->rows - 1];
    if (r->kind != ROW_TEXT || r->comment.len)
        return;
    r->comment = comment_text(o, t);
    o->next++;
}

bool bf_lay_comments_before(const struct bf_layout *o, uint32_t end) {
    for (uint32_t i = o->next; i < o->f.tree->trivia_count && o->f.tree->trivia[i].start < end; i++)
        if (o->f.tree->trivia[i].kind != BF_TRIVIA_BLANK)
            return true;
    return false;
}

/* ---- ends ---- */

uint32_t bf_lay_full_end(const struct bf_node *n) {
    uint32_t end = n->span.end;
    for (const struct bf_node *c = n->cites; c; c = c->next)
        if (c->span.end > end)
            end = c->span.end;
    return end;
}
