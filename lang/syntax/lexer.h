/* Lexer: text to tokens, and what to do after a mistake.
**
** Three layers. lexer.l (flex) cuts the text; words, numbers and citations that no regular expression
** says well are cut by hand (scan.c). tokens.c stands between flex and the parser: it drops commas that
** are only prosody, joins `not in`, `at most`, closes what was left open at the end, and after a
** mistake skips to where the next statement begins.
**
** Everything is read from one buffer that ends in two NULs; nothing is allocated per token but names
** met for the first time and literals.
*/
#ifndef BF_LEXER_H
#define BF_LEXER_H

#include "lang/syntax/names.h"

#define BF_NESTING_LIMIT 200 /* of brackets, and of expressions */

struct bf_range {
    uint32_t start, end;
};

/* A list under construction, and citations that stood at the beginning of its block. */
struct bf_list {
    struct bf_node *first, *last;
    struct bf_node *cites;
};
struct bf_sealed {
    struct bf_node *label;
    unsigned mark; /* BF_F_SEALED or 0 */
};

union BF_YYSTYPE;
struct bf_lexer;

/* ---- for flex and its helpers ---- */

/* Each cuts one token that begins at p, puts its length into *n and its value into *value; 0: it was none.
** Those that are given the length read a whole match. */
int bf_scan_ascii(struct bf_lexer *lx, const char *p, uint32_t len, union BF_YYSTYPE *value);
int bf_scan_word(struct bf_lexer *lx, const char *p, union BF_YYSTYPE *value, uint32_t *n);
int bf_scan_wide(struct bf_lexer *lx, const char *p, union BF_YYSTYPE *value, uint32_t *n);
int bf_scan_cite(struct bf_lexer *lx, const char *p, union BF_YYSTYPE *value, uint32_t *n);
int bf_scan_number(struct bf_lexer *lx, const char *p, uint32_t digits, union BF_YYSTYPE *value,
                   uint32_t *n);
int bf_scan_decimal(struct bf_lexer *lx, const char *p, uint32_t len, union BF_YYSTYPE *value);
int bf_scan_date(struct bf_lexer *lx, const char *p, uint32_t len, union BF_YYSTYPE *value);
int bf_scan_time(struct bf_lexer *lx, const char *p, uint32_t len, union BF_YYSTYPE *value);
int bf_scan_string(struct bf_lexer *lx, const char *p, union BF_YYSTYPE *value, uint32_t *n);
int bf_scan_quoted_name(struct bf_lexer *lx, const char *p, union BF_YYSTYPE *value, uint32_t *n);
void bf_scan_comment(struct bf_lexer *lx, const char *p, uint32_t len);
void bf_scan_blank(struct bf_lexer *lx, const char *p, uint32_t len);
void bf_scan_stray(struct bf_lexer *lx, const char *p,
                   uint32_t len); /* a sign that has no place here */

uint32_t bf_scan_letter(const char *p); /* bytes of the letter at p; 0: none */

/* A citation at p, in either form; where it ends, NULL if none stands there. A NUL stands at end. */
const char *bf_cite_read(const char *p, const char *end, struct bf_cite *cite);

/* Markdown: makes spaces of all that is not source; notes fences and headings in the tree. text has len
** bytes and may be written to. */
void bf_literate(struct bf_arena *a, char *text, uint32_t len, struct bf_tree *t);

/* ---- for the parser ---- */

#define BF_EXPECTED_MAX 8
#define BF_TOKEN_END 512 /* above every token number */
struct bf_expected {
    int token[BF_EXPECTED_MAX];
    int count;  /* 0: too many to say */
    bool named; /* a name is among them */
};

int bf_yylex(union BF_YYSTYPE *value, struct bf_range *at, struct bf_lexer *lx);
bool bf_lexer_wants_expected(const struct bf_lexer *lx);
void bf_lexer_syntax_error(struct bf_lexer *lx, struct bf_range at,
                           const struct bf_expected *expected);
void bf_lexer_unexpected(
    struct bf_lexer *lx); /* the same for the token read last, where none is expected */
void bf_lexer_too_deep(struct bf_lexer *lx, struct bf_range at);
void bf_lexer_resume(struct bf_lexer *lx);
/* The parser drops what begins at `at`: a word, or nodes. */
void bf_lexer_lose_word(struct bf_lexer *lx, struct bf_range at, struct bf_name *word);
void bf_lexer_lose(struct bf_lexer *lx, struct bf_range at, const struct bf_node *n);

#endif
