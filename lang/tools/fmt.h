/* The formatter: one layout for every file, in the surface it is written in or in another.
**
** Formatting twice changes nothing. Keywords, built-in names and word order follow the surface; an
** author's own names are never translated. Comments stay where they are, but one in the middle of a
** statement moves above it. In a literate file only the fences change.
*/
#ifndef BF_FMT_H
#define BF_FMT_H

#include "lang/syntax/ast.h"

enum bf_fmt_words { BF_FMT_KEEP, BF_FMT_EN, BF_FMT_ZH };

/* Appends the formatted file to out. The tree must be of p's file without errors: false (and nothing
** appended) if it is broken, or if a statement of a literate file goes over the end of its fence. */
bool bf_fmt(struct bf_parse *p, const struct bf_tree *tree, enum bf_fmt_words words,
            struct bf_buf *out);

#endif
