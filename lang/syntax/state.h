/* The state of reading one file, shared by lexer.l, scan.c, tokens.c, build.h and parse.c only. */
#ifndef BF_SYNTAX_STATE_H
#define BF_SYNTAX_STATE_H

#include "lang/base/assert.h"
#include "lang/syntax/lexer.h"
#include "lang/syntax/parser.h"

struct bf_token {
    int kind;
    BF_YYSTYPE value;
    struct bf_range at;
};

struct bf_lexer {
    struct bf_parse *p;
    struct bf_names *names;
    uint32_t file;
    void *scanner;    /* flex */
    const char *base; /* the text as flex reads it; a NUL stands after it */
    uint32_t len;

    /* nodes come from slabs: a bump each */
    struct bf_node *slab, *slab_end;
    struct bf_node *root;
    struct bf_node *last_decl;
    bool deep;       /* told that expressions nest too deep */
    bool etc;        /* 等 was read: the enumeration is open */
    uint32_t zh, en; /* statements in either surface so far */

    /* tokens.c */
    struct bf_token last; /* delivered last */
    int before_kind;      /* delivered before it */
    struct bf_range before_at;
    struct bf_token queue[4]; /* to be delivered first, [queued - 1] next */
    unsigned queued;
    uint32_t prev_end; /* the token flex cut last: decides what a unit word is */
    int prev_kind;
    uint32_t depth;   /* open braces */
    uint32_t nesting; /* open brackets of all kinds */
    uint32_t opener[BF_NESTING_LIMIT + 1];
    bool closed_nothing; /* the last token was a brace that closes none */
    bool fatal;          /* gave up: be silent, say the end */
    bool silent;         /* an unclosed brace was reported: what it leads to is not */

    /* skipping to the next statement */
    bool sync;
    bool sync_first;     /* the offending token itself may begin it */
    uint32_t sync_depth; /* braces around the statement */
    uint32_t sync_inner; /* braces opened since */
    uint32_t sync_indent;
    uint32_t sync_from; /* where the last mistake was, plus one; 0: nowhere yet */

    uint32_t stuck;                  /* how often in a row it was there */
    uint32_t line_start, line_first; /* of the line looked at last: its begin, its first sign */
    uint32_t line_seen;

    uint32_t errors;    /* reported */
    uint32_t error_end; /* end of the last mistake; 0: none */
    uint32_t stray_end; /* end of the last sign that is none of the language; 0: none */

    struct bf_trivia *trivia;
    uint32_t trivia_count, trivia_cap;
};

int bf_lex(BF_YYSTYPE *value, struct bf_range *at, void *scanner);
struct bf_node *bf_node_slab(struct bf_lexer *lx);

static inline bf_span bf_lexer_span(const struct bf_lexer *lx, struct bf_range at) {
    return (bf_span){lx->file, at.start, at.end};
}
static inline bf_str bf_lexer_text(const struct bf_lexer *lx, struct bf_range at) {
    return (bf_str){lx->base + at.start, at.end - at.start};
}

static inline struct bf_node *bf_node_make(struct bf_lexer *lx, enum bf_node_kind kind,
                                           struct bf_range at) {
    struct bf_node *n = lx->slab == lx->slab_end ? bf_node_slab(lx) : lx->slab++;
    n->kind = (uint8_t)kind;
    n->id = lx->p->next_id++;
    n->span = bf_lexer_span(lx, at);
    return n;
}

/* Reports; what is written between from and its end is broken. */
struct bf_diag *bf_lexer_error(struct bf_lexer *lx, enum bf_diag_code code, struct bf_range at,
                               const bf_arg *args, int nargs);

#endif
