/* What fmt.c (where lines go) and fmt_text.c (what a line says) share. */
#ifndef BF_FMT_INTERNAL_H
#define BF_FMT_INTERNAL_H

#include "lang/syntax/names.h"
#include "lang/tools/fmt.h"

/* Where a name stands: decides whether its built-in spelling follows the surface. */
enum bf_stand {
    BF_PLACE_OWN, /* introduced here, or of the author's */
    BF_PLACE_TYPE,
    BF_PLACE_VALUE,
    BF_PLACE_CALL,
    BF_PLACE_PART,  /* after a dot */
    BF_PLACE_FIELD, /* an argument's name, in Department(…) */
    BF_PLACE_EVENT,
    BF_PLACE_ACT,
    BF_PLACE_STATUS,
    BF_PLACE_GLOBAL, /* a procedure, register, violation: of the file's own text or of the library */
    BF_PLACE_STATE,
    BF_PLACE_MODULE,
    BF_PLACE_PREFIX
};

struct bf_fmt {
    struct bf_parse *p;
    const struct bf_tree *tree;
    enum bf_fmt_words words;
    bool *declared; /* by name index: the file introduces it */
    uint32_t names; /* length of declared */
    bool *uses;     /* by module of builtins.def: the file uses it */
};

/* ---- a line under construction ---- */

/* Marks stand between bytes of a line: where it may break, and where a column of a table ends. */
enum bf_mark_kind { BF_MARK_BREAK, BF_MARK_CELL };
struct bf_mark {
    uint32_t at;
    enum bf_mark_kind kind;
};
enum bf_glue {
    BF_GLUE_NONE,
    BF_GLUE_WORD,
    BF_GLUE_HINGE,
    BF_GLUE_NUMBER,
    BF_GLUE_TEXT,
    BF_GLUE_OPEN,
    BF_GLUE_CLOSE
};

struct bf_line {
    struct bf_fmt *f;
    bool zh;
    struct bf_buf text;
    struct bf_mark *mark;
    uint32_t marks, cap;
    enum bf_glue last;   /* what the text ends in */
    uint32_t last_start; /* where that begins */
    bool space, tight;   /* before the next: forced, or none */
};

void bf_line_init(struct bf_line *l, struct bf_fmt *f, bool zh);
void bf_line_fini(struct bf_line *l);
void bf_line_break(struct bf_line *l); /* the line may go on below */
void bf_line_cell(struct bf_line *l);  /* the next column of a table */

void bf_line_tight(struct bf_line *l); /* no space before what comes next */
void bf_line_space(struct bf_line *l); /* a space before it */

/* ---- pieces of text, in the line's surface ---- */
void bf_put_zh(struct bf_line *l, const char *word); /* a Chinese word of the language */
void bf_put_en(struct bf_line *l, const char *words);
void bf_put_comma(struct bf_line *l);
void bf_put_list_comma(struct bf_line *l); /* 、 between what is only listed */
void bf_put_open_paren(struct bf_line *l);
void bf_put_close_paren(struct bf_line *l);
void bf_put_operand(struct bf_line *l, const struct bf_node *n);
void bf_put_primary(struct bf_line *l, const struct bf_node *n);
bool bf_put_begins_chinese(const struct bf_line *l, const struct bf_node *name,
                           enum bf_stand place);
bool bf_fmt_is_builtin(bf_str text, enum bf_stand place);
void bf_put_word(struct bf_line *l, enum bf_word word);
void bf_put_name(struct bf_line *l, const struct bf_node *name, enum bf_stand place);
void bf_put_string(struct bf_line *l, const struct bf_node *string);
void bf_put_label(struct bf_line *l, const struct bf_node *label); /* may be NULL */
void bf_put_open(struct bf_line *l);                               /* { with a space before */
void bf_put_close(struct bf_line *l);                              /* } */
void bf_put_sign(struct bf_line *l, const char *en, const char *zh, enum bf_glue glue);
void bf_put_cites(struct bf_line *l, const struct bf_node *cites);
void bf_put_type(struct bf_line *l, const struct bf_node *type);
void bf_put_params(struct bf_line *l, const struct bf_node *params, bool space);
void bf_put_expr(struct bf_line *l, const struct bf_node *expr);
void bf_put_args(struct bf_line *l, const struct bf_node *args, bool fields);
void bf_put_names(struct bf_line *l, const struct bf_node *names, enum bf_stand place);
void bf_put_module(struct bf_line *l, const struct bf_node *module);
void bf_put_number(struct bf_line *l, int64_t n);
void bf_put_literal(struct bf_line *l, const struct bf_node *n);
void bf_put_goal(struct bf_line *l, const struct bf_node *goal, bool comma);
/* … or … */
void bf_put_subjects(struct bf_line *l, const struct bf_node *subjects);
void bf_put_effect(struct bf_line *l, const struct bf_node *effect);
void bf_put_effects(struct bf_line *l,
                    const struct bf_node *effects); /* on one line, with braces */
/* The head of may, must, must not, may extend: up to where its block, goal or effects begin. */
void bf_put_rule_head(struct bf_line *l, const struct bf_node *rule);
void bf_put_act_clauses(struct bf_line *l, const struct bf_node *clauses,
                        const struct bf_node *params, bool guard_done);
void bf_put_act(struct bf_line *l, const struct bf_node *act); /* OPENS, DOES, REPORTS */
void bf_put_assert(struct bf_line *l, const struct bf_node *assertion);

/* Which surface the node is written in under this formatter; outer is its owner's. */
bool bf_fmt_zh(const struct bf_fmt *f, const struct bf_node *n, bool outer);
void bf_fmt_names(struct bf_fmt *f); /* notes what the file declares */

/* ---- rows: what fmt_rows.c, fmt_block.c and fmt_rule.c make and fmt.c writes ---- */

#define WIDTH 110      /* columns a line should not go over */
#define CITE_COLUMN 81 /* where citations stand in procedures */
#define NOTE_COLUMN 60 /* where comments behind a line stand */
#define INDENT 2
#define CELLS 8

enum row_kind { ROW_TEXT, ROW_COMMENT, ROW_BLANK };
struct bf_row {
    enum row_kind kind;
    const struct bf_node *table; /* rows in a row of one table are aligned; NULL: none */
    uint32_t indent;
    bf_str text;
    struct bf_mark *mark;
    uint32_t marks;
    bf_str cites;   /* at the citation column, or as the table's last cell */
    bf_str comment; /* behind the line */
};

struct bf_layout {
    struct bf_fmt f;
    struct bf_row *row;
    uint32_t rows, cap;
    uint32_t next; /* the trivia not yet passed */
    bool blank;    /* a blank line waits to be written */
    bool failed;
};

struct bf_row *bf_lay_row_of(struct bf_layout *o, uint32_t indent, struct bf_line *l);
bf_str bf_lay_cite_text(struct bf_layout *o, const struct bf_node *cites, bool zh);
/* On one line, or from the sign of equality on below it. */
void bf_lay_measure(struct bf_layout *o, const struct bf_node *measure, uint32_t indent);
void bf_lay_model(struct bf_layout *o, const struct bf_node *model, uint32_t indent);
void bf_lay_add_comment(struct bf_layout *o, const struct bf_trivia *t, uint32_t indent);
void bf_lay_leading(struct bf_layout *o, uint32_t end, uint32_t indent);
bf_str bf_lay_inner(struct bf_layout *o, uint32_t end, uint32_t indent);
void bf_lay_trailing(struct bf_layout *o, uint32_t limit);
bool bf_lay_comments_before(const struct bf_layout *o, uint32_t end);
uint32_t bf_lay_full_end(const struct bf_node *n);
void bf_lay_inside_block_end(struct bf_layout *o, uint32_t end, uint32_t indent);
uint32_t bf_lay_columns(bf_str s);
void bf_lay_one_row(struct bf_layout *o, const struct bf_node *n, uint32_t indent,
                    struct bf_line *l, const struct bf_node *table, const struct bf_node *cites);
void bf_lay_type_cell(struct bf_line *l, const struct bf_node *n, bool sealed);
void bf_lay_label_cell(struct bf_line *l, const struct bf_node *label);
void bf_lay_equals(struct bf_line *l, const struct bf_node *value, bool sum);
void bf_lay_head_cites(struct bf_line *l, const struct bf_node *cites);
void bf_lay_close_block(struct bf_layout *o, const struct bf_node *n, bool zh, uint32_t indent);
void bf_lay_open_block(struct bf_layout *o, struct bf_line *l, const struct bf_node *first,
                       uint32_t end, uint32_t indent);
uint32_t bf_lay_next_start(const struct bf_node *n, uint32_t end);
void bf_lay_declaration(struct bf_layout *o, const struct bf_node *n);
void bf_lay_item(struct bf_layout *o, const struct bf_node *n, const struct bf_node *owner,
                 uint32_t indent);
/* owner NULL: of a declaration */
void bf_lay_replace(struct bf_layout *o, const struct bf_node *n, uint32_t indent,
                    const struct bf_node *owner);
void bf_lay_drop(struct bf_layout *o, const struct bf_node *n, uint32_t indent);
void bf_lay_state(struct bf_layout *o, const struct bf_node *n, uint32_t indent);
void bf_lay_statement(struct bf_layout *o, const struct bf_node *n, const struct bf_node *owner,
                      uint32_t indent);
void bf_lay_scenario(struct bf_layout *o, const struct bf_node *n, uint32_t indent);

/* The comment or blank line not yet passed; NULL at the end. */
const struct bf_trivia *bf_lay_trivia(const struct bf_layout *o);

#endif
