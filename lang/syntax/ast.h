/* The tree: what the parser makes of one file. Nothing writes to it afterwards; the checker keeps
** what it finds out in side tables by node id (lang/check/program.h).
**
** Nodes, names and texts live in the compilation's arena. Ids are dense over a compilation.
*/
#ifndef BF_AST_H
#define BF_AST_H

#include "lang/base/cite.h"
#include "lang/base/diag.h"
#include "lang/defs/common.h"

enum bf_node_kind {
#define NODE(kind, slots) BF_N_##kind,
#include "lang/syntax/ast.def"
    BF_NODE_KINDS
};

enum bf_node_flag {
    BF_F_NOT = 1,
    BF_F_OPTIONAL = 2,
    BF_F_OPEN = 4,
    BF_F_SEALED = 8,
    BF_F_BACK = 16,
    BF_F_ZH = 32,        /* written in the Chinese surface (fmt without --keywords keeps it) */
    BF_F_BROKEN = 64,    /* holds a syntax error already reported: be silent about it */
    BF_F_QUOTED = 128,   /* NAME written in quotes: '目的' */
    BF_F_PARENS = 256,   /* an expression written in parentheses */
    BF_F_LARGER = 512,   /* PERIOD written in years (of months) or weeks (of days) */
    BF_F_DERIVED = 1024, /* PROCEDURE that stands in no text: made of a norm's rule */
    BF_F_AMENDED =
        2048, /* by amend.c: a part that an amendment put there, a citation of the amended policy */
    BF_F_KEPT = 4096 /* ASSERT: if every duty is done in time */
};

enum bf_count_op { BF_COUNT_NEXT_DAY, BF_COUNT_SAME_DAY };
enum bf_roll_op { BF_ROLL_NEXT, BF_ROLL_NONE };
enum bf_amends_op { BF_AMENDS_NEW, BF_AMENDS_ALL };   /* which cases follow the amended text */
enum bf_office_op { BF_OFFICE_BODY, BF_OFFICE_POST }; /* 机构, 岗位 */
enum bf_rule_op { BF_RULE_WHEN, BF_RULE_OTHERWISE, BF_RULE_OVERRIDE };
enum bf_assert_op { BF_ASSERT_ENDS, BF_ASSERT_LEAVES, BF_ASSERT_NEVER };
enum bf_subject_op {
    BF_SUBJECT_ONE,
    BF_SUBJECT_ANY,     /* any Department */
    BF_SUBJECT_EACH,    /* each m in LIST … */
    BF_SUBJECT_IN_TURN, /* … in turn */
    BF_SUBJECT_ANY_OF   /* any m in LIST */
};
enum bf_over_op { BF_OVER_ALL, BF_OVER_ANY };
enum bf_add_op { BF_ADD_LAST, BF_ADD_AFTER, BF_ADD_BEFORE };

/* A name, interned: equal texts of one compilation are one bf_name. */
struct bf_name {
    bf_str text;
    uint32_t hash;
    uint32_t index; /* dense, in order of first use */
    uint32_t word;  /* enum bf_word; BF_W_NAME if it is none of the language's words */
    bool lost;      /* stands in what no tree holds */
    struct bf_name *next_lost;
    struct bf_sym *sym; /* the checker's: innermost meaning in scope */
};

struct bf_node {
    uint8_t kind; /* enum bf_node_kind */
    uint8_t op;
    uint16_t flags;
    uint32_t id;
    bf_span span;   /* without comments and citations */
    uint32_t depth; /* of an expression or type: how deep it nests; bounded */
    struct bf_node *next;
    struct bf_node *a, *b, *c, *d, *e;
    struct bf_node *cites;
    union {
        struct bf_name *name;
        bf_str text;
        int64_t num;
    };
};

/* What stands between the nodes: comments, documentation, blank lines. In order of position. */
struct bf_trivia {
    uint8_t kind; /* BF_TRIVIA_… */
    bool own_line;
    uint32_t start, end;
};
enum { BF_TRIVIA_COMMENT, BF_TRIVIA_DOC, BF_TRIVIA_BLANK };

/* A heading of a literate file that names an article: the citation of what follows it. */
struct bf_heading {
    uint32_t offset;
    struct bf_cite cite;
};

/* The words of the language: rows of lang/defs/keywords.def. */
enum bf_word {
    BF_W_NAME, /* none of them */
#define KEYWORD(id, token, kind, en, zh, variants) BF_W_##id,
#include "lang/defs/keywords.def"
    BF_WORDS
};
/* The spelling fmt writes; "" if the surface has none. */
const char *bf_word_z(enum bf_word word, bool zh);

struct bf_names; /* the compilation's name table */
struct bf_names *bf_names_new(struct bf_arena *a);
struct bf_name *bf_name_intern(struct bf_names *n, bf_str text);
uint32_t bf_names_count(const struct bf_names *n); /* words of the language included */
/* Names that stand in what no tree holds may be declared there: one, those and the labels of a list of
** nodes, or any (text that was not even cut into words). */
void bf_name_lose(struct bf_names *n, struct bf_name *name);
void bf_node_lose(struct bf_names *n, const struct bf_node *list);
void bf_names_lose_any(struct bf_names *n);
/* Written without spaces a name may also be part of a lost word. */
bool bf_name_may_be_lost(const struct bf_names *n, const struct bf_name *name);

struct bf_tree {
    uint32_t file;
    bool literate;
    bool amended;         /* of a policy that the one read amends */
    bool module_zh;       /* most statements are in the Chinese surface */
    struct bf_node *root; /* FILE; never NULL, may be partly broken */
    struct bf_trivia *trivia;
    uint32_t trivia_count;
    struct bf_heading *headings;
    uint32_t heading_count;
    bf_span *fences; /* literate: the source blocks, without their fence lines */
    uint32_t fence_count;
};

/* Everything one compilation shares. */
struct bf_parse {
    struct bf_arena *arena;
    struct bf_sources *sources;
    struct bf_diags *diags;
    struct bf_names *names;
    uint32_t next_id; /* 1 at first; node ids are below it */
};

/* Reads source text that was added to p->sources as file; "*.md" is literate. Mistakes become
** diagnostics; the tree holds everything that could be read. */
struct bf_tree *bf_parse_file(struct bf_parse *p, uint32_t file);

const char *bf_node_kind_z(enum bf_node_kind kind);
/* Same tree? Spans, comments, quotes, surface and order of commuting clauses apart. When not,
** *where (may be NULL) is the first node of x that differs. names_too false: names and labels are
** not compared either (to hold a Chinese sample against the English one). */
bool bf_node_same(const struct bf_node *x, const struct bf_node *y, bool names_too,
                  const struct bf_node **where);
/* Indented text of a tree, for tests and for the curious. */
void bf_node_dump(const struct bf_node *n, struct bf_buf *out);

/* The citation of the nearest heading above offset, if any. */
bool bf_tree_heading(const struct bf_tree *t, uint32_t offset, struct bf_cite *cite);

/* ---- outline files ---- */
/* `第三章 …` `第十五条 gist`, paragraphs indented by two spaces, items by four; `Chapter 3 …`,
** `Article 15 …`, `  Paragraph 1 …`, `    Item 1 …` in English. An article without paragraph lines has
** one paragraph. */
struct bf_outline_entry {
    struct bf_cite cite; /* paragraph and item 0: the article itself */
    bf_str gist;
    bf_span span;
    uint16_t paragraphs; /* of an article: how many */
    uint16_t items;      /* of a paragraph: how many */
};
struct bf_outline {
    uint32_t file;
    struct bf_outline_entry *entry; /* sorted by citation */
    uint32_t count;
    bool broken; /* mistakes were told: what it lacks may be what could not be read */
};
struct bf_outline *bf_outline_read(struct bf_parse *p, uint32_t file);
const struct bf_outline_entry *bf_outline_find(const struct bf_outline *o, struct bf_cite cite);

#endif
