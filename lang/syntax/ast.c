#include "lang/syntax/ast.h"

#include <string.h>

const char *bf_node_kind_z(enum bf_node_kind kind) {
    static const char *const names[] = {
#define NODE(kind, slots) #kind,
#include "lang/syntax/ast.def"
    };
    return names[kind];
}

/* What ast.def says a kind's slots hold. */
static const char *slots_of(enum bf_node_kind kind) {
    static const char *const slots[] = {
#define NODE(kind, slots) slots,
#include "lang/syntax/ast.def"
    };
    return slots[kind];
}

#define SLOTS 5
static struct bf_node *slot(const struct bf_node *n, int i) {
    struct bf_node *const all[SLOTS] = {n->a, n->b, n->c, n->d, n->e};
    return all[i];
}

/* ---- the same tree? ---- */

/* What of op is meaning, not surface. */
static uint8_t op_of(const struct bf_node *n) {
    return n->kind == BF_N_C_IF || n->kind == BF_N_C_ONCE || n->kind == BF_N_OFFICE ? 0 : n->op;
}

static bool has_num(enum bf_node_kind kind) {
    switch (kind) {
    case BF_N_CITE:
    case BF_N_C_ONCE:
    case BF_N_INT:
    case BF_N_DECIMAL:
    case BF_N_DATE:
    case BF_N_MONTH_DAY:
    case BF_N_TIME:
    case BF_N_PERIOD:
    case BF_N_BOOL:
    case BF_N_LOAD:
    case BF_N_CHANCE:
    case BF_N_LIST_TYPE: return true;
    default: return false;
    }
}

static bool same(const struct bf_node *x, const struct bf_node *y, bool names_too,
                 const struct bf_node **where);

static bool differ(const struct bf_node *x, const struct bf_node **where) {
    if (where)
        *where = x;
    return false;
}

static bool same_list(const struct bf_node *x, const struct bf_node *y, bool names_too,
                      const struct bf_node *owner, const struct bf_node **where) {
    for (; x && y; x = x->next, y = y->next)
        if (!same(x, y, names_too, where))
            return false;
    return x || y ? differ(x ? x : owner, where) : true;
}

static bool is_clause(const struct bf_node *n) {
    return n && n->kind >= BF_N_C_ONCE && n->kind <= BF_N_C_UNLESS;
}

/* Clauses of different kinds stand in any order. Of one kind there is at most one, unless that was told
** as a mistake: those are compared in their order. */
static bool same_clauses(const struct bf_node *x, const struct bf_node *y, bool names_too,
                         const struct bf_node *owner, const struct bf_node **where) {
    const struct bf_node *rest[BF_NODE_KINDS]; /* by kind: of y, what was not compared yet */
    int more = 0;                              /* clauses of y than of x */
    for (int kind = 0; kind < BF_NODE_KINDS; kind++)
        rest[kind] = y;
    for (const struct bf_node *j = y; j; j = j->next)
        more++;
    for (const struct bf_node *i = x; i; i = i->next, more--) {
        const struct bf_node *j = rest[i->kind];
        while (j && j->kind != i->kind)
            j = j->next;
        if (!j)
            return differ(i, where);
        if (!same(i, j, names_too, where))
            return false;
        rest[i->kind] = j->next;
    }
    return more ? differ(owner, where) : true;
}

static bool same(const struct bf_node *x, const struct bf_node *y, bool names_too,
                 const struct bf_node **where) {
    const unsigned meaning =
        BF_F_NOT | BF_F_OPTIONAL | BF_F_OPEN | BF_F_SEALED | BF_F_BACK | BF_F_KEPT;
    if (x->kind != y->kind || op_of(x) != op_of(y) || ((x->flags ^ y->flags) & meaning))
        return differ(x, where);
    if (x->kind == BF_N_NAME)
        return !names_too || x->name == y->name || bf_str_eq(x->name->text, y->name->text)
                   ? true
                   : differ(x, where);
    if (x->kind == BF_N_STRING)
        return bf_str_eq(x->text, y->text) ? true : differ(x, where);
    if (has_num((enum bf_node_kind)x->kind) && x->num != y->num)
        return differ(x, where);
    bool labelled = strstr(slots_of((enum bf_node_kind)x->kind), "b label?") != NULL;
    for (int i = 0; i < SLOTS; i++) {
        const struct bf_node *p = slot(x, i), *q = slot(y, i);
        if (i == 1 && labelled && !names_too)
            continue;
        if (i == 2 && (is_clause(p) || is_clause(q)) ? !same_clauses(p, q, names_too, x, where)
                                                     : !same_list(p, q, names_too, x, where))
            return false;
    }
    return same_list(x->cites, y->cites, names_too, x, where);
}

bool bf_node_same(const struct bf_node *x, const struct bf_node *y, bool names_too,
                  const struct bf_node **where) {
    if (where)
        *where = NULL;
    return same(x, y, names_too, where);
}

/* ---- what the parser lost ---- */

void bf_node_lose(struct bf_names *names, const struct bf_node *list) {
    for (const struct bf_node *n = list; n; n = n->next) {
        if (n->kind == BF_N_NAME)
            bf_name_lose(names, n->name);
        else if (n->kind == BF_N_STRING && n->text.len) /* a label is a name too */
            bf_name_lose(names, bf_name_intern(names, n->text));
        for (int i = 0; i < SLOTS; i++)
            if (i == 0 || (n->kind != BF_N_AND && n->kind != BF_N_OR)) /* b: the last of a */
                bf_node_lose(names, slot(n, i));
    }
}

/* ---- dump ---- */

static void dump_cite(const struct bf_node *c, struct bf_buf *out) {
    bf_buf_z(out, " @");
    if (c->a) {
        bf_buf_str(out, c->a->name->text);
        bf_buf_char(out, ':');
    }
    bf_cite_code(out, bf_cite_unpack(c->num));
}

static void dump(const struct bf_node *n, char letter, int indent, struct bf_buf *out) {
    static const struct {
        unsigned flag;
        const char *z;
    } flags[] = {{BF_F_NOT, "not"},       {BF_F_OPTIONAL, "optional"}, {BF_F_OPEN, "open"},
                 {BF_F_SEALED, "sealed"}, {BF_F_BACK, "back"},         {BF_F_BROKEN, "broken"}};
    for (int i = 0; i < indent; i++)
        bf_buf_z(out, "  ");
    if (letter)
        bf_buf_fmt(out, "%c ", letter);
    bf_buf_z(out, bf_node_kind_z((enum bf_node_kind)n->kind));
    if (n->op)
        bf_buf_fmt(out, " op=%d", n->op);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (n->flags & flags[i].flag)
            bf_buf_fmt(out, " %s", flags[i].z);
    if (n->kind == BF_N_NAME) {
        bf_buf_char(out, ' ');
        bf_buf_str(out, n->name->text);
    } else if (n->kind == BF_N_STRING) {
        bf_buf_z(out, " \"");
        bf_buf_str(out, n->text);
        bf_buf_char(out, '"');
    } else if (n->kind == BF_N_CITE) {
        dump_cite(n, out);
    } else if (has_num((enum bf_node_kind)n->kind)) {
        bf_buf_char(out, ' ');
        bf_buf_int(out, n->num);
    }
    for (const struct bf_node *c = n->cites; c; c = c->next)
        dump_cite(c, out);
    bf_buf_char(out, '\n');
    if (n->kind == BF_N_CITE)
        return;
    for (int i = 0; i < SLOTS; i++)
        for (const struct bf_node *s = slot(n, i); s; s = s->next)
            dump(s, (char)('a' + i), indent + 1, out);
}

void bf_node_dump(const struct bf_node *n, struct bf_buf *out) { dump(n, 0, 0, out); }
