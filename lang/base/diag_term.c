/* diag_term: a diagnostic for a terminal.
**
**     FILE:LINE:COLUMN: error[E0201]: what is wrong
**         |
**      63 |   the line of a secondary span
**         |          -------- its label
**      81 |   the line of the primary span
**         |     ^^^^^^^^ its label
**       --> OTHER-FILE
**      12 |   …
**         |
**         = hints, the first one first
**
** The frame is ASCII, because box characters are of ambiguous width. Lines ascend, the primary
** span's file first; of several marks on one line the rightmost comes first. Carets are placed by
** terminal columns. A line too long to show is cut around each mark; a span of several lines is
** marked on its first.
*/
#include <string.h>
#include <utf8proc.h>

#include "lang/base/diag_parts.h"

enum {
    LINE_COLUMNS_MAX = 160, /* longer lines are cut: */
    CUT_BEFORE = 40,        /* columns kept before the mark */
    CUT_COLUMNS = 120,      /* columns kept in all */
    TAB = 4,
};
#define CUT "..."

struct mark {
    bf_span span;
    bool primary;
    const struct bf_diag_label *label; /* NULL: nothing to say */
    uint32_t line;
};

/* The part of a line that is shown; offsets are of the file. */
struct view {
    const char *text; /* of the file, at offset 0 */
    uint32_t start, end;
    bool cut_before, cut_after;
};

struct painter {
    const struct bf_diags *ds;
    const struct bf_render *how;
    struct bf_buf *out;
    int gutter; /* digits of the largest line number */
};

/* Would a terminal show it as something of a known width? */
static bool is_showable(uint32_t cp) {
    if (cp < 0x7F)
        return cp >= 0x20;
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    default: return true;
    }
}

/* One character at p: its length to *len, its columns when it stands in this column. */
static int cell(const char *p, const char *end, int column, int ambiguous, int *len, bool *shown) {
    uint32_t cp;
    *len = bf_utf8_decode(p, end, &cp);
    *shown = *len > 0 && is_showable(cp);
    if (*len == 0)
        *len = 1;
    else if (cp == '\t')
        return TAB - column % TAB;
    return *shown ? bf_utf8_width(cp, ambiguous) : 1;
}

static int columns(const struct painter *pt, const char *p, const char *end, int limit) {
    int column = 0;
    while (p < end && column <= limit) {
        int len;
        bool shown;
        column += cell(p, end, column, pt->how->ambiguous_width, &len, &shown);
        p += len;
    }
    return column;
}

static void put_spaces(struct bf_buf *out, int n) {
    while (n-- > 0)
        bf_buf_char(out, ' ');
}

static void put_cells(const struct painter *pt, const char *p, const char *end) {
    int column = 0;
    while (p < end) {
        int len;
        bool shown;
        int w = cell(p, end, column, pt->how->ambiguous_width, &len, &shown);
        if (*p == '\t')
            put_spaces(pt->out, w);
        else
            bf_buf_put(pt->out, shown ? p : "?", shown ? (size_t)len : 1);
        p += len;
        column += w;
    }
}

/* What to show of a line so that the offset focus is seen. */
static struct view view_of(const struct painter *pt, uint32_t file, uint32_t line, uint32_t focus) {
    bf_str s = bf_source_line(pt->ds->sources, file, line);
    const char *text = pt->ds->sources->file[file].text.p, *end = s.p + s.len;
    struct view v = {text, (uint32_t)(s.p - text), (uint32_t)(end - text), false, false};
    if (columns(pt, s.p, end, LINE_COLUMNS_MAX) <= LINE_COLUMNS_MAX)
        return v;
    const char *from = text + (focus < v.end ? focus : v.end), *to, *p;
    for (int kept = 0; from > s.p && kept < CUT_BEFORE; kept++) {
        for (p = from - 1; p > s.p && ((unsigned char)*p & 0xC0) == 0x80 && from - p < 4;)
            p--;
        kept += columns(pt, p, from, 2) > 1;
        from = p;
    }
    to = from;
    for (int column = 0; to < end && column < CUT_COLUMNS;) {
        int len;
        bool shown;
        column += cell(to, end, column, pt->how->ambiguous_width, &len, &shown);
        to += len;
    }
    v.cut_before = from > s.p;
    v.cut_after = to < end;
    v.start = (uint32_t)(from - text);
    v.end = (uint32_t)(to - text);
    return v;
}

static int view_column(const struct painter *pt, const struct view *v, uint32_t offset) {
    if (offset > v->end)
        offset = v->end;
    int before = v->cut_before ? (int)strlen(CUT) : 0;
    return before + columns(pt, v->text + v->start, v->text + offset, LINE_COLUMNS_MAX);
}

static bool in_view(const struct view *v, uint32_t offset) {
    return offset >= v->start && (offset < v->end || !v->cut_after);
}

static void put_color(const struct painter *pt, const char *ansi) {
    if (pt->how->color)
        bf_buf_z(pt->out, ansi);
}

static const char *mark_color(enum bf_severity sev) {
    switch (sev) {
    case BF_SEV_ERROR: return "\033[1;31m";
    case BF_SEV_WARNING: return "\033[1;33m";
    case BF_SEV_GAP: return "\033[1;35m";
    case BF_SEV_NOTE: return "\033[1;36m";
    }
    return "";
}
#define PLAIN "\033[0m"
#define SECONDARY "\033[34m"

/* "    |", and what follows is the caller's. */
static void put_gutter(const struct painter *pt) {
    put_spaces(pt->out, pt->gutter + 2);
    bf_buf_char(pt->out, '|');
}

static void put_source_line(const struct painter *pt, uint32_t line, const struct view *v) {
    bf_buf_fmt(pt->out, " %*u |", pt->gutter, line);
    if (v->start < v->end)
        bf_buf_char(pt->out, ' ');
    if (v->cut_before)
        bf_buf_z(pt->out, CUT);
    put_cells(pt, v->text + v->start, v->text + v->end);
    if (v->cut_after)
        bf_buf_z(pt->out, CUT);
    bf_buf_char(pt->out, '\n');
}

static void put_label_text(const struct painter *pt, const struct bf_diag_label *l) {
    bf_text_render(pt->out, pt->how->lang, l->text, l->args, l->nargs);
}

static void put_mark(const struct painter *pt, const struct view *v, const struct mark *m,
                     enum bf_severity sev) {
    int from = view_column(pt, v, m->span.start), to = view_column(pt, v, m->span.end);
    put_gutter(pt);
    put_spaces(pt->out, from + 1);
    put_color(pt, m->primary ? mark_color(sev) : SECONDARY);
    do
        bf_buf_char(pt->out, m->primary ? '^' : '-');
    while (++from < to);
    if (m->label) {
        bf_buf_char(pt->out, ' ');
        put_label_text(pt, m->label);
    }
    put_color(pt, PLAIN);
    bf_buf_char(pt->out, '\n');
}

/* Is x to be shown before y? home is the primary span's file. */
static bool goes_before(const struct mark *x, const struct mark *y, uint32_t home) {
    if (x->span.file != y->span.file) {
        if (x->span.file == home || y->span.file == home)
            return x->span.file == home;
        return x->span.file < y->span.file;
    }
    if (x->line != y->line)
        return x->line < y->line;
    return x->span.start > y->span.start;
}

static void insert_mark(struct mark *marks, int n, struct mark m, uint32_t home) {
    while (n > 0 && goes_before(&m, &marks[n - 1], home)) {
        marks[n] = marks[n - 1];
        n--;
    }
    marks[n] = m;
}

/* Fills marks, sorted; returns how many. Labels without a place are not among them. */
static int collect(const struct bf_diags *ds, const struct bf_diag *d, struct mark *marks) {
    const struct bf_diag_label *l = d->labels;
    int n = 0;
    if (d->span.file != BF_NO_FILE) {
        bool labelled = bf_diag_first_is_primary(d);
        uint32_t line = bf_source_place(ds->sources, d->span.file, d->span.start).line;
        marks[n++] = (struct mark){d->span, true, labelled ? l : NULL, line};
        if (labelled)
            l = l->next;
    }
    for (; l; l = l->next) {
        if (l->span.file == BF_NO_FILE)
            continue;
        uint32_t line = bf_source_place(ds->sources, l->span.file, l->span.start).line;
        insert_mark(marks, n++, (struct mark){l->span, false, l, line}, d->span.file);
    }
    return n;
}

static void put_marks(const struct painter *pt, const struct mark *marks, int n,
                      const struct bf_diag *d) {
    struct view view = {0};
    uint32_t file = d->span.file, line = 0;
    for (int i = 0; i < n; i++) {
        const struct mark *m = &marks[i];
        if (m->span.file != file) {
            put_spaces(pt->out, pt->gutter);
            bf_buf_z(pt->out, "--> ");
            bf_buf_str(pt->out, pt->ds->sources->file[m->span.file].name);
            bf_buf_char(pt->out, '\n');
        }
        if (m->span.file != file || m->line != line || !in_view(&view, m->span.start)) {
            view = view_of(pt, m->span.file, m->line, m->span.start);
            put_source_line(pt, m->line, &view);
        }
        file = m->span.file;
        line = m->line;
        put_mark(pt, &view, m, d->sev);
    }
}

static enum bf_text_id severity_text(enum bf_severity sev) {
    switch (sev) {
    case BF_SEV_ERROR: return BF_T_SEV_ERROR;
    case BF_SEV_WARNING: return BF_T_SEV_WARNING;
    case BF_SEV_GAP: return BF_T_SEV_GAP;
    case BF_SEV_NOTE: return BF_T_SEV_NOTE;
    }
    return BF_T_SEV_ERROR;
}

static void put_header(const struct painter *pt, const struct bf_diag *d) {
    enum bf_lang lang = pt->how->lang;
    if (d->span.file != BF_NO_FILE) {
        struct bf_place at = bf_source_place(pt->ds->sources, d->span.file, d->span.start);
        bf_buf_str(pt->out, pt->ds->sources->file[d->span.file].name);
        bf_buf_fmt(pt->out, ":%u:%u: ", at.line, at.column);
    }
    put_color(pt, mark_color(d->sev));
    bf_buf_fmt(pt->out, "%s[%s]", bf_text_z(lang, severity_text(d->sev)), bf_diag_code_z(d->code));
    put_color(pt, PLAIN);
    bf_buf_z(pt->out, lang == BF_LANG_ZH ? " " : ": ");
    bf_template_render(pt->out, lang, bf_diag_template(lang, d->code), d->args, d->nargs);
    bf_buf_char(pt->out, '\n');
}

static void put_hint(const struct painter *pt, const struct bf_diag_label *hint) {
    put_spaces(pt->out, pt->gutter + 2);
    bf_buf_z(pt->out, "= ");
    put_label_text(pt, hint);
    bf_buf_char(pt->out, '\n');
}

static int digits_of(uint32_t n) {
    int digits = 1;
    while (n /= 10)
        digits++;
    return digits;
}

void bf_diag_to_terminal(const struct bf_diags *ds, const struct bf_diag *d,
                         const struct bf_render *how, struct bf_buf *out) {
    struct painter pt = {ds, how, out, 0};
    int most = 1;
    for (const struct bf_diag_label *l = d->labels; l; l = l->next)
        most++;
    struct mark *marks = bf_new_array(ds->arena, struct mark, most);
    int n = collect(ds, d, marks);
    for (int i = 0; i < n; i++) {
        int digits = digits_of(marks[i].line);
        pt.gutter = digits > pt.gutter ? digits : pt.gutter;
    }
    if (out->len)
        bf_buf_char(out, '\n');
    put_header(&pt, d);
    if (n > 0) {
        put_gutter(&pt);
        bf_buf_char(out, '\n');
        put_marks(&pt, marks, n, d);
        if (d->hints) {
            put_gutter(&pt);
            bf_buf_char(out, '\n');
        }
    }
    for (const struct bf_diag_label *l = d->labels; l; l = l->next)
        if (l->span.file == BF_NO_FILE && !(l == d->labels && bf_diag_first_is_primary(d)))
            put_hint(&pt, l);
    for (const struct bf_diag_label *h = d->hints; h; h = h->next)
        put_hint(&pt, h);
}
