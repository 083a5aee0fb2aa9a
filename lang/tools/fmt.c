/* Where lines go: blocks, tables, the citation column, comments.
**
** The tree is walked in the order of the source. Every statement makes a row (or several, when it has
** a block); comments and blank lines come from the tree's trivia as their places are passed. Rows that
** follow each other and belong to one table are then aligned, rows that are too long broken.
*/
#include "lang/tools/fmt_internal.h"

#include <string.h>

#include "lang/base/mem.h"

/* ---- writing rows ---- */

struct cells {
    bf_str cell[CELLS];
    uint32_t count;
};

static struct cells cells_of(const struct bf_row *r) {
    struct cells c = {.count = 0};
    uint32_t from = 0;
    for (uint32_t i = 0; i < r->marks && c.count < CELLS - 2; i++) {
        if (r->mark[i].kind != BF_MARK_CELL)
            continue;
        c.cell[c.count++] = (bf_str){r->text.p + from, r->mark[i].at - from};
        from = r->mark[i].at;
    }
    c.cell[c.count++] = (bf_str){r->text.p + from, r->text.len - from};
    if (r->cites.len)
        c.cell[c.count++] = r->cites;
    return c;
}

/* Width on one line, cells apart by one space. */
static uint32_t plain_width(const struct bf_row *r) {
    struct cells c = cells_of(r);
    uint32_t w = r->indent;
    for (uint32_t i = 0; i < c.count; i++)
        w += bf_lay_columns(c.cell[i]) + (i && c.cell[i].len ? 1 : 0);
    return w;
}

static void spaces(struct bf_buf *out, uint32_t n) {
    while (n--)
        bf_buf_char(out, ' ');
}

static void end_row(const struct bf_row *r, struct bf_buf *out, uint32_t at) {
    if (r->comment.len) {
        spaces(out, at + 2 <= NOTE_COLUMN ? NOTE_COLUMN - at : 2);
        bf_buf_str(out, r->comment);
    }
    bf_buf_char(out, '\n');
}

/* A row broken where it must be, its cells at their columns (width NULL: one space apart), citations at
** theirs. */
static void write_broken(const struct bf_row *r, const uint32_t *width, struct bf_buf *out) {
    uint32_t at = r->indent, from = 0, column = r->indent, cell = 0;
    bool apart = false; /* a cell has begun: what comes next stands at its column */
    spaces(out, r->indent);
    for (uint32_t i = 0; i <= r->marks; i++) {
        uint32_t to = i < r->marks ? r->mark[i].at : r->text.len;
        bf_str piece = {r->text.p + from, to - from}, trimmed = piece;
        if (trimmed.len && *trimmed.p == ' ')
            trimmed.p++, trimmed.len--;
        if (i && r->mark[i - 1].kind == BF_MARK_CELL) {
            if (width)
                column += width[cell] ? width[cell] + 1 : 0;
            cell++;
            apart = true;
        } else if (i && !apart && at + bf_lay_columns(piece) > WIDTH && trimmed.len) {
            bf_buf_char(out, '\n');
            at = r->indent + INDENT;
            spaces(out, at);
            piece = trimmed;
        }
        if (apart && piece.len) {
            uint32_t gap = width && column > at ? column - at : at > r->indent;
            spaces(out, gap);
            at += gap;
            apart = false;
        }
        bf_buf_str(out, piece);
        at += bf_lay_columns(piece);
        from = to;
    }
    if (r->cites.len) {
        uint32_t gap = r->table ? 1 : at + 2 <= CITE_COLUMN ? CITE_COLUMN - at : 2;
        spaces(out, gap);
        bf_buf_str(out, r->cites);
        at += gap + bf_lay_columns(r->cites);
    }
    end_row(r, out, at);
}

/* Rows [from, to) of one table. What is too long counts with all its cells but the last. */
static void write_table(const struct bf_row *row, uint32_t from, uint32_t to, struct bf_buf *out) {
    uint32_t width[CELLS] = {0}, cite_at = 0;
    for (uint32_t i = from; i < to; i++) {
        struct cells c = cells_of(&row[i]);
        uint32_t texts = c.count - (row[i].cites.len ? 1 : 0);
        if (plain_width(&row[i]) > WIDTH)
            texts--;
        for (uint32_t k = 0; k < texts; k++)
            if (bf_lay_columns(c.cell[k]) > width[k])
                width[k] = bf_lay_columns(c.cell[k]);
    }
    for (uint32_t k = 0; k < CELLS; k++)
        cite_at += width[k] ? width[k] + 1 : 0;
    for (uint32_t i = from; i < to; i++) {
        const struct bf_row *r = &row[i];
        struct cells c = cells_of(r);
        if (plain_width(r) > WIDTH) {
            write_broken(r, width, out);
            continue;
        }
        uint32_t at = 0, column = 0, texts = c.count - (r->cites.len ? 1 : 0);
        spaces(out, r->indent);
        for (uint32_t k = 0; k < texts; k++) {
            if (c.cell[k].len) {
                spaces(out, column - at);
                bf_buf_str(out, c.cell[k]);
                at = column + bf_lay_columns(c.cell[k]);
            }
            column += width[k] ? width[k] + 1 : 0;
        }
        if (r->cites.len) {
            spaces(out, cite_at - at);
            bf_buf_str(out, r->cites);
            at = cite_at + bf_lay_columns(r->cites);
        }
        end_row(r, out, r->indent + at);
    }
}

static void write_rows(struct bf_layout *o, struct bf_buf *out) {
    for (uint32_t i = 0, to; i < o->rows; i = to) {
        const struct bf_row *r = &o->row[i];
        to = i + 1;
        if (r->kind == ROW_BLANK) {
            bf_buf_char(out, '\n');
        } else if (r->kind == ROW_COMMENT) {
            spaces(out, r->indent);
            bf_buf_str(out, r->text);
            bf_buf_char(out, '\n');
        } else if (!r->table) {
            write_broken(r, NULL, out);
        } else {
            while (to < o->rows && o->row[to].kind == ROW_TEXT && o->row[to].table == r->table &&
                   o->row[to].indent == r->indent)
                to++;
            write_table(o->row, i, to, out);
        }
    }
    o->rows = 0;
}

/* Declarations that begin in [start, end), with the comments there. */
static const struct bf_node *part(struct bf_layout *o, const struct bf_node *n, uint32_t start,
                                  uint32_t end, struct bf_buf *out) {
    while (bf_lay_trivia(o) && bf_lay_trivia(o)->start < start)
        o->next++;
    o->blank = false;
    for (; n && n->span.start < end; n = n->next) {
        if (bf_lay_full_end(n) > end)
            o->failed = true;
        bf_lay_leading(o, n->span.start, 0);
        bf_lay_declaration(o, n);
        bf_lay_trailing(o, bf_lay_next_start(n, end) < end ? bf_lay_next_start(n, end) : end);
    }
    bf_lay_leading(o, end, 0);
    o->blank = false;
    write_rows(o, out);
    return n;
}

static void with_line_ends(struct bf_buf *out, const struct bf_buf *from, bool crlf) {
    for (size_t i = 0; i < from->len; i++) {
        if (crlf && from->p[i] == '\n')
            bf_buf_char(out, '\r');
        bf_buf_char(out, from->p[i]);
    }
}

bool bf_fmt(struct bf_parse *p, const struct bf_tree *tree, enum bf_fmt_words words,
            struct bf_buf *out) {
    struct bf_layout o = {.f = {.p = p, .tree = tree, .words = words}};
    bf_str text = p->sources->file[tree->file].text;
    struct bf_buf b;
    if (tree->root->flags & BF_F_BROKEN)
        return false;
    bf_fmt_names(&o.f);
    bf_buf_init(&b);
    const char *eol = memchr(text.p, '\n', text.len);
    bool crlf = eol && eol > text.p && eol[-1] == '\r';
    const struct bf_node *n = tree->root->a;
    if (tree->literate) {
        uint32_t at = 0;
        for (uint32_t i = 0; i < tree->fence_count; i++) {
            bf_span f = tree->fences[i];
            bf_buf_put(&b, text.p + at, f.start - at);
            struct bf_buf fence;
            bf_buf_init(&fence);
            n = part(&o, n, f.start, f.end, &fence);
            with_line_ends(&b, &fence, crlf);
            o.failed = o.failed || fence.failed;
            bf_buf_fini(&fence);
            at = f.end;
        }
        bf_buf_put(&b, text.p + at, text.len - at);
    } else {
        part(&o, n, 0, text.len + 1, &b);
    }
    bool fine = !o.failed && !b.failed && !(tree->literate && n);
    if (fine) {
        if (tree->literate)
            bf_buf_put(out, b.p, b.len);
        else
            with_line_ends(out, &b, crlf);
    }
    bf_buf_fini(&b);
    bf_free(o.row);
    return fine && !out->failed;
}
