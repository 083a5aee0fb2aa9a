/* Names: the words of one compilation, interned, with the words of the language among them.
**
** One look-up tells a name from a keyword. The Chinese word rule needs to know which words cut a run
** of letters (hinges); bf_hinge finds one at a place.
*/
#ifndef BF_NAMES_H
#define BF_NAMES_H

#include "lang/syntax/ast.h"

/* The word `text` is, or BF_W_NAME: for a lexer that interns nothing. */
enum bf_word bf_names_word(const struct bf_names *n, bf_str text);
/* The name of a word's usual spelling. */
struct bf_name *bf_word_name(const struct bf_names *n, enum bf_word word, bool zh);

/* Can a hinge or a Chinese numeral begin with these three bytes? Cheap, may say yes wrongly. */
bool bf_may_cut(const struct bf_names *n, const char *p);
/* Bytes of the longest hinge at p (0: none) and which. A NUL follows the text. */
uint32_t bf_hinge(const char *p, enum bf_word *word);

bool bf_token_is_word(int token); /* of the language */
bool bf_token_soft(int token);    /* one that is a name wherever a name fits */
bool bf_word_soft(enum bf_word word);
int bf_word_token(enum bf_word word); /* the parser's token; 0 for BF_W_NAME */

/* Has an act's name (or an office's) swallowed a clause? (swallow.c) `apart` gets the text as it would be written;
** it and w may be NULL. */
struct bf_swallowed {
    struct bf_buf *apart;
    bf_str before, word; /* the first clause, as it stands in the name, and what stands before it */
    bf_str inside;       /* of two words */
    bool notice;         /* 并告知 …: what follows an act, and can well be part of its name */
    bool window;         /* 在…前, 在…期间: not said by these words alone */
    bool limit;          /* 在…内 */
    bool consent;        /* 经…同意 */
    bool turn;           /* 依次 at the beginning */
};
bool bf_swallowed(bf_str name, bool office, struct bf_swallowed *w);
/* The same for a word that may begin with a clause; false: none is in it, or nothing else. */
bool bf_set_apart(bf_str s, struct bf_buf *apart);

/* 三个月, which is a name: with digits, 3个月. s must not end its memory. (scan.c) */
bool bf_zh_period(bf_str s, struct bf_buf *digits);

/* Can the text stand as a name without quotes? (scan.c) */
bool bf_name_plain(struct bf_names *n, bf_str text);

#endif
